import Foundation
import Logging
import PostboxCore
import TestSupport
import Testing

@testable import postbox

@Suite("Log lines")
struct LineLogTests {
    private static let facts: Logger.Metadata = [
        "event": "file_done", "file": "a \"b\"\n.csv", "rows": "12", "why": "", "dot": "a=b",
    ]

    private static func line(_ form: LineLog.Form, _ facts: Logger.Metadata) -> String {
        LineLog(form: form).line(at: 1_795_000_000_000_001, .warning, "it is \u{1b}[2J done", facts)
    }

    @Test("As text: time, level, event, message, then the facts by name")
    func text() {
        #expect(
            Self.line(.lines, Self.facts)
                == "2026-11-18T11:06:40.000001Z warning file_done \"it is \\u001b[2J done\" dot=\"a=b\" "
                + "file=\"a \\\"b\\\"\\n.csv\" rows=12 why=\"\"")
        #expect(Self.line(.lines, [:]) == "2026-11-18T11:06:40.000001Z warning - \"it is \\u001b[2J done\"")
    }

    @Test("As JSON: one object a line with the same, every value as it was")
    func json() throws {
        let line = Self.line(.objects, Self.facts)
        #expect(VisibleText.isVisible(line) && !line.contains("\n"))
        let tree = try #require(JSONValue.parse(line))
        #expect(tree.keys == ["time", "level", "event", "message", "dot", "file", "rows", "why"])
        #expect(tree["time"]?.text == "2026-11-18T11:06:40.000001Z" && tree["level"]?.text == "warning")
        #expect(tree["event"]?.text == "file_done" && tree["message"]?.text == "it is \u{1b}[2J done")
        #expect(tree["file"]?.text == "a \"b\"\n.csv" && tree["rows"]?.text == "12" && tree["why"]?.text == "")
    }

    @Test("No fact takes the place of time, level, event or message")
    func taken() throws {
        let tree = try #require(JSONValue.parse(Self.line(.objects, ["event": "fault", "time": "x", "level": "y"])))
        #expect(tree.keys == ["time", "level", "event", "message", "fact_level", "fact_time"])
        #expect(tree["level"]?.text == "warning" && tree["fact_level"]?.text == "y")
    }
}

@Suite("The log of a run, end to end", .serialized, .ownThreads)
struct RunLogTests {
    private static func run(_ arguments: [String]) async throws -> [String] {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [B.TST]")
        try desk.configure([simulator.url])
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nB.TST,2\n")
        #expect(try await desk.once(arguments) == 2)
        let path = desk.folder.appendingPathComponent("run-1.stderr")
        return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test("--log json writes an object a line, from the start to the stop")
    func json() async throws {
        let events = try await Self.run(["--log", "json"]).map { line in
            try #require(JSONValue.parse(line), "\(line)")
        }
        let words = events.map { $0["event"]?.text }
        for word in ["started", "claimed", "file_partial", "stopped"] { #expect(words.contains(word)) }
        #expect(events.allSatisfy { $0["time"]?.text != nil && $0["message"]?.text != nil })
        let levels = Set(events.compactMap { $0["level"]?.text })
        #expect(levels.isSuperset(of: ["info", "warning"]))
        #expect(events.first { $0["event"]?.text == "file_partial" }?["file"]?.text == "a.csv")
    }

    @Test("--log-level leaves out what is not as loud")
    func level() async throws {
        let lines = try await Self.run(["--log-level", "warning"])
        #expect(!lines.isEmpty && lines.allSatisfy { $0.contains(" warning ") }, "\(lines)")
        #expect(try await Self.run(["--log-level", "error"]).isEmpty)
    }

    /// A run whose standard error is said to lead to a journal. What the journal got, and what standard error has.
    private static func journaled(
        _ arguments: [String] = [], place: String = "journal", stream: String? = nil
    ) async throws -> (entries: [String], lines: [String]) {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [B.TST]")
        try desk.configure([simulator.url])
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nB.TST,2\n")
        let journal = try #require(DatagramListener(desk.folder.appendingPathComponent("journal").path))
        // As systemd does it, the file is there before the program.
        let error = desk.folder.appendingPathComponent("run-1.stderr").path
        try Data().write(to: URL(fileURLWithPath: error))
        var status = stat()
        #expect(stat(error, &status) == 0)
        let service = try desk.start(
            ["--once"] + arguments,
            environment: [
                "JOURNAL_STREAM": stream ?? "\(status.st_dev):\(status.st_ino)",
                "POSTBOX_JOURNAL": desk.folder.appendingPathComponent(place).path,
            ])
        // The socket holds some ten entries: it is read all the time.
        try await eventually("it ends", within: .seconds(300)) {
            journal.look()
            return !service.isRunning
        }
        return (journal.look(), service.errorOutput.split(separator: "\n").map(String.init))
    }

    @Test("Under systemd each line is an entry of the journal, with its facts as fields")
    func journal() async throws {
        let (entries, lines) = try await Self.journaled()
        let claimed = entries.first { $0.contains("POSTBOX_EVENT=claimed\n") }
        let fallen = lines.contains { $0.contains(" claimed ") }
        if let claimed {
            #expect(claimed.hasPrefix("MESSAGE=claimed \"claimed\" drop=1 file=a.csv\nPRIORITY=6\n"), "\(claimed)")
            #expect(claimed.contains("\nPOSTBOX_FILE=a.csv\n") && claimed.contains("\nPOSTBOX_DROP=1\n"))
        }
        // Each line stands in one of the two: what the journal cannot keep up with is not lost.
        #expect((claimed != nil) != fallen)
        for word in ["started", "posting", "file_partial", "stopped"] {
            let count =
                entries.count { $0.contains("POSTBOX_EVENT=\(word)\n") } + lines.count { $0.contains(" \(word) ") }
            #expect(count == 1, "\(word): \(entries) \(lines)")
        }
        #expect(!entries.isEmpty)
    }

    @Test(
        "Where no journal listens, where standard error leads elsewhere, or where a form was asked for, lines are written"
    )
    func noJournal() async throws {
        for (entries, lines) in [
            try await Self.journaled(place: "nowhere"), try await Self.journaled(stream: "1:2"),
            try await Self.journaled(["--log", "text"]),
        ] {
            #expect(entries.isEmpty)
            for word in ["started", "claimed", "file_partial", "stopped"] {
                #expect(lines.count { $0.contains(" \(word) ") } == 1, "\(word): \(lines)")
            }
        }
    }

    @Test("What is no level or no form, or both --quiet and --log-level, is told with 64")
    func usage() async throws {
        let desk = try Desk()
        for arguments in [["--log", "xml"], ["--log-level", "loud"], ["--quiet", "--log-level", "info"]] {
            let answer = try await desk.command(["run"] + arguments)
            #expect(answer.code == 64, "\(answer.errorOutput)")
        }
    }
}

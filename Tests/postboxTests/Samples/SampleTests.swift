import Foundation
import TestSupport
import Testing

@Suite("The samples", .serialized, .ownThreads)
struct SampleTests {
    /// A price file of samples/ and what becomes of it.
    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var check: Int32
        var run: Int32
        var verdict: String

        var isDone: Bool { verdict == "done" }
        var testDescription: String { name }
    }

    static let all = [
        Sample(name: "eod_prices.csv", check: 0, run: 0, verdict: "done"),
        Sample(name: "intraday.json", check: 0, run: 0, verdict: "done"),
        Sample(name: "intraday.jsonl", check: 0, run: 0, verdict: "done"),
        Sample(name: "fixings_attributes.xml", check: 0, run: 0, verdict: "done"),
        Sample(name: "fixings_elements.xml", check: 0, run: 0, verdict: "done"),
        Sample(name: "bad_rows.csv", check: 2, run: 2, verdict: "partial"),
        Sample(name: "bad_types.csv", check: 2, run: 2, verdict: "partial"),
        Sample(name: "kurse_20260304.csv", check: 2, run: 2, verdict: "partial"),
        Sample(name: "rates_hist.csv", check: 0, run: 0, verdict: "done"),
        Sample(name: "closing.csv.gz", check: 0, run: 0, verdict: "done"),
        Sample(name: "daily_rates.xml", check: 0, run: 0, verdict: "done"),
        Sample(name: "chart.json", check: 0, run: 0, verdict: "done"),
    ]

    @Test("Every price file of samples/ is tested here")
    func complete() throws {
        let names = FileManager.default.names(in: try Self.folder()).filter {
            !$0.hasSuffix(".yaml") && $0.contains(".")
        }
        #expect(names == Self.all.map(\.name).sorted())
    }

    @Test("The desk's configuration is valid")
    func configuration() async throws {
        let desk = try Desk()
        let answer = try await desk.command(
            ["config", "check", "samples/postbox.yaml"], workingFolder: try BuiltProgram.packageFolder())
        #expect(answer.code == 0)
        #expect(answer.output.hasSuffix("samples/postbox.yaml is valid\n"))
        #expect(answer.errorOutput.isEmpty)
    }

    @Test("check --json prints the expected posts, and every problem with its place", arguments: all)
    func check(_ sample: Sample) async throws {
        let desk = try Desk()
        let answer = try await desk.command(
            ["check", "--config", "samples/postbox.yaml", "--json", "samples/\(sample.name)"],
            workingFolder: try BuiltProgram.packageFolder())
        #expect(answer.code == sample.check)
        try Expected.matches(answer.output, sample.name + ".posts.jsonl")
        if sample.check == 0 {
            #expect(answer.errorOutput.isEmpty)
        } else {
            try Expected.matches(answer.errorOutput, sample.name + ".problems.txt")
        }
        for line in answer.output.split(separator: "\n") {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }

    @Test("run --once posts what check has shown and brings the expected result", arguments: all)
    func contribute(_ sample: Sample) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(try Self.text("scenario.yaml"))
        try Self.configure(desk, simulator)
        try desk.drop(sample.name, try Data(contentsOf: try Self.folder().appendingPathComponent(sample.name)))

        #expect(try await desk.once() == sample.run)
        let file = try desk.finished(sample.name, in: sample.isDone ? .done : .failed)
        #expect(file.summary.verdict == sample.verdict)
        #expect(file.summary.rows - (file.summary.skipped ?? 0) == file.result.lines.count)
        #expect(desk.names(in: .inbox).isEmpty)
        try Expected.matches(try Self.withoutTimes(file), sample.name + ".result.csv")
        if sample.isDone {
            #expect(file.rejects == nil)
        } else {
            try Expected.matches(try #require(file.rejects), Self.rejects(of: sample.name))
        }

        // What the server saw is what check had printed.
        let seen = try simulator.posts().map { [$0.ric, $0.service, $0.kind ?? "", $0.fields ?? ""] }
        #expect(Set(seen) == Set(try Self.checkedPosts(sample.name)))
        #expect(seen.count == file.result.lines.filter { $0["outcome"] != "rejected" }.count)
    }

    @Test("The rows of bad_rows.csv, corrected and dropped again, go through")
    func corrected() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(try Self.text("scenario.yaml"))
        try Self.configure(desk, simulator)
        try desk.drop("bad_rows.csv", try Data(contentsOf: try Self.folder().appendingPathComponent("bad_rows.csv")))
        #expect(try await desk.once() == 2)
        let rejects = Self.rejects(of: "bad_rows.csv")

        try desk.drop(
            rejects, try Data(contentsOf: try Self.folder().appendingPathComponent("corrected/\(rejects)")))
        #expect(try await desk.once() == 0)
        let file = try desk.finished(rejects, in: .done)
        #expect(file.summary.verdict == "done")
        #expect(Set(file.result["outcome"]) == ["acked"])
        #expect(file.summary.rows == 15)
    }

    @Test("The demo contributes every sample and shows what became of it")
    func demo() async throws {
        let desk = try Desk()
        let spool = desk.folder.appendingPathComponent("demo")
        let answer = try await desk.command(
            ["demo", "--samples", try Self.folder().path, "--spool", spool.path])
        #expect(answer.code == 0, "\(answer.errorOutput)")
        for sample in Self.all { #expect(answer.output.contains(sample.name)) }
        for word in ["not_a_decimal", "unknown_service", "AccessDenied", "SymbolUnknown", "ragged_row"] {
            #expect(answer.output.contains(word), "the demo does not show \(word)")
        }
        let finished = ["done", "failed"].flatMap {
            FileManager.default.names(in: spool.appendingPathComponent($0)).filter { $0.hasSuffix(".summary.json") }
        }
        #expect(finished.sorted() == Self.all.map { $0.name + ".summary.json" }.sorted())
    }

    // MARK: - Helpers

    private static func folder() throws -> URL {
        try BuiltProgram.packageFolder().appendingPathComponent("samples")
    }

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder().appendingPathComponent(name), encoding: .utf8)
    }

    private static func rejects(of name: String) -> String {
        "\(name).rejects-1.\(name.split(separator: ".").last.map(String.init) ?? "")"
    }

    /// The desk's own configuration, with this test's folders and port.
    private static func configure(_ desk: Desk, _ simulator: RunningSimulator) throws {
        let yaml = try text("postbox.yaml")
            .replacingOccurrences(of: "spool: ../.build/spool", with: "spool: spool")
            .replacingOccurrences(of: "inbox: ../inbox", with: "inbox: spool/inbox")
            .replacingOccurrences(of: "ws://127.0.0.1:15000/WebSocket", with: simulator.url)
        try #require(yaml.contains("\nspool: spool ") && yaml.contains("\ninbox: spool/inbox "))
        try #require(yaml.contains("[\(simulator.url)]"))
        try desk.write(yaml)
        for name in ["tables", "dictionary"] {
            try FileManager.default.copyItem(
                at: folder().appendingPathComponent(name), to: desk.folder.appendingPathComponent(name))
        }
    }

    /// RIC, service, kind and Fields of the expected posts.
    private static func checkedPosts(_ name: String) throws -> [[String]] {
        try text("expected/\(name).posts.jsonl").split(separator: "\n").map { line in
            let post = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let key = try #require(post["Key"] as? [String: Any])
            let message = try #require(post["Message"] as? [String: Any])
            let start = try #require(line.range(of: "\"Fields\":"))
            return [
                try #require(key["Name"] as? String), try #require(key["Service"] as? String),
                try #require(message["Type"] as? String),
                // Fields are the last member of the inner message, which is the last of the post.
                String(line[start.upperBound...].dropLast(2)),
            ]
        }
    }

    /// The result file's own bytes in the order of the rows, with times and PostIDs blank.
    private static func withoutTimes(_ file: Desk.Finished) throws -> String {
        func quoted(_ text: String) -> String {
            text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
                ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
        }
        let url = file.folder.appendingPathComponent(file.name + ".result.csv")
        let bytes = try String(contentsOf: url, encoding: .utf8)
        let header = file.result.header
        // Written again as it was read it must be the same, so that what is compared below is the file byte for byte.
        let again = ([header] + file.result.lines.map { line in header.map { line[$0] ?? "" } })
            .map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
        #expect(again == bytes)
        let blank: Set<String> = ["post_id", "sent_at", "settled_at"]
        return ([header] + file.rows.map { line in header.map { blank.contains($0) ? "" : line[$0] ?? "" } })
            .map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
    }
}

/// Files of samples/expected. With UPDATE_EXPECTED=1 in the environment they are written instead, for a look at the change.
private enum Expected {
    static func matches(_ text: String, _ name: String) throws { try matches(Data(text.utf8), name) }

    static func matches(_ bytes: Data, _ name: String) throws {
        let file = try BuiltProgram.packageFolder().appendingPathComponent("samples/expected/\(name)")
        if ProcessInfo.processInfo.environment["UPDATE_EXPECTED"] == "1" {
            try bytes.write(to: file)
            Issue.record(
                "samples/expected/\(name) was written; look at the change and run again without UPDATE_EXPECTED")
            return
        }
        let expected = try Data(contentsOf: file)
        guard bytes != expected else { return }
        func lines(_ data: Data) -> [Substring] {
            String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        }
        let (left, right) = (lines(bytes), lines(expected))
        for index in 0..<max(left.count, right.count) {
            let (came, wanted) = (index < left.count ? left[index] : "", index < right.count ? right[index] : "")
            if came != wanted {
                Issue.record("\(name), line \(index + 1)\ncame:   \(came)\nwanted: \(wanted)")
                return
            }
        }
        Issue.record("\(name) differs in its bytes alone")
    }
}

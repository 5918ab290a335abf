import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

@Suite("A cold standby, end to end", .serialized, .ownThreads)
struct ColdStandbyTests {
    private static let slow = "window: 10\nmax_posts_per_second: 50"

    private static func acts(_ desk: Desk) throws -> [RecordAct] {
        let path = desk.path(.done).deletingLastPathComponent().appendingPathComponent("record.jsonl").path
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap {
            if case .act(let act)? = RecordLine(String($0))?.entry { act } else { nil }
        }
    }

    private static func board(_ desk: Desk) async throws -> JSONValue? {
        JSONValue.parse(try await desk.command(["status", "--json"]).output)
    }

    private static func resume(_ desk: Desk, _ words: String...) async throws {
        let end = try await desk.command(["resume"] + words)
        #expect(end.code == 0, "\(end.errorOutput)")
    }

    @Test("Started held, it logs in, and nothing goes before somebody resumes it; the record says who held it and why")
    func held() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("a.csv", "RIC,BID\nR1.TST,1\n")
        let service = try desk.start(["--held"])
        try await eventually("it is logged in") { service.errorOutput.contains(" logged_in ") }
        #expect(service.errorOutput.contains(" started_held "))
        var board: JSONValue?
        for _ in 0..<2 {
            board = try await Self.board(desk)
            #expect(board?["inbox"]?["held"]?.flag == true)
            #expect(board?["destinations"]?.items.first?["held"]?.flag == true)
        }
        try await Self.resume(desk, "inbox")
        #expect(desk.names(in: .inbox) == ["a.csv"])
        try await Self.resume(desk, "destination", "cache")
        _ = try await desk.finish("a.csv", in: .done)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        let holds = try Self.acts(desk).filter { $0.act == "hold" }
        #expect(holds.map(\.subject).sorted { ($0 ?? "") < ($1 ?? "") } == ["the destination cache", "the inbox"])
        #expect(holds.allSatisfy { $0.why == "started held" && $0.by.hasPrefix("unix:") })
    }

    /// A spool that was copied while a file was in mid-work: the other machine goes on with it.
    private static func copy() async throws -> (Desk, RunningSimulator) {
        let first = try Desk()
        let simulator = try await first.simulate(name: "first")
        try first.configure([simulator.url], destination: slow)
        let service = try first.start()
        try first.drop("a.csv", ServedDesk.file(rows: 400))
        try await eventually("rows went") { try simulator.posts().count >= 30 }
        service.send(SIGSTOP)
        let second = try Desk()
        // Whoever copies a disk copies files.
        try FileManager.default.removeItem(at: first.path(.state).appendingPathComponent("postbox.sock"))
        let spool = second.path(.inbox).deletingLastPathComponent()
        try FileManager.default.removeItem(at: spool)
        try FileManager.default.copyItem(at: first.path(.inbox).deletingLastPathComponent(), to: spool)
        service.send(SIGKILL)
        _ = try await service.exitCode()
        // The machine is another one.
        try IdentityFile(stateDirectory: second.path(.state).path).write(SpoolIdentity(machine: "b2", host: "desk2"))
        let other = try await second.simulate(name: "second")
        try second.configure([other.url])
        return (second, other)
    }

    @Test(
        "A spool that was copied in mid-file holds everything by itself: what was in work is in doubt, and goes when somebody resumes it",
        arguments: [nil, "start_held"])
    func copied(label: String?) async throws {
        let (desk, simulator) = try await Self.copy()
        if let label {
            let killed = try desk.start(environment: ["POSTBOX_FAIL_POINT": label])
            #expect(try await killed.exitCode() == 137)
        }
        let service = try desk.start()
        try await eventually("it is logged in") { service.errorOutput.contains(" logged_in ") }
        let told = service.errorOutput.split(separator: "\n").filter { $0.contains(" spool_copied ") }
        #expect(told.count == 1 && told[0].contains("copied from desk2") && told[0].contains("drops=1"), "\(told)")
        let file = try await Self.board(desk)?["work"]?["files"]?.items.first
        #expect(file?["state"]?.text == "held" && file?["in_doubt"]?.flag == true)
        #expect(file?["why"]?.text?.contains("copied from desk2") == true)
        // Nothing goes before its destination is resumed; then others go, and of that one not even what may have been sent.
        try await Self.resume(desk, "inbox")
        try desk.drop("b.csv", "RIC,BID\nNEW.TST,1\n")
        #expect(try simulator.posts().isEmpty)
        try await Self.resume(desk, "destination", "cache")
        _ = try await desk.finish("b.csv", in: .done)
        #expect(try simulator.posts().map(\.ric) == ["NEW.TST"])
        // It is this machine's own now: a restart holds nothing anew, and keeps what is held.
        service.send(SIGTERM)
        #expect([0, 75].contains(try await service.exitCode()))
        let again = try desk.start()
        try await eventually("it is logged in") { again.errorOutput.contains(" logged_in ") }
        #expect(!again.errorOutput.contains(" spool_copied "))
        #expect(try await Self.board(desk)?["inbox"]?["held"]?.flag == false)
        let left = try await Self.board(desk)?["work"]?["files"]?.items.first
        #expect(left?["state"]?.text == "held" && left?["in_doubt"]?.flag == true)
        #expect(try simulator.posts().count == 1)
        try await Self.resume(desk, "drop", "1")
        let finished = try await desk.finish("a.csv", in: .done)
        #expect(finished.column("row") == (1...400).map(String.init) && Set(finished.column("outcome")) == ["acked"])
        again.send(SIGTERM)
        #expect(try await again.exitCode() == 0)
        let holds = try Self.acts(desk).filter { $0.act == "hold" }
        #expect(holds.count == 3 && holds.contains { $0.drop == 1 && $0.why?.contains("desk2") == true }, "\(holds)")
    }

    @Test("A rehearsal logs in and checks everything, and posts nothing; no file of it is done")
    func rehearsal() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url], destination: "rehearse: true",
            files: "  - {match: \"*\", destination: cache, tolerate: {rehearsed: 100%, no_ric: 100%}}")
        try desk.drop("a.csv", "RIC,BID\nR1.TST,1\n,2\nR3.TST,3\n")
        #expect(try await desk.once() == 3)
        let finished = try desk.finished("a.csv", in: .failed)
        #expect(finished.column("outcome") == ["unsent", "rejected", "unsent"])
        #expect(finished.column("reason") == ["rehearsed", "no_ric", "rehearsed"])
        #expect(
            finished.summary.verdict == "failed"
                && finished.summary.outcomes.filter { $0.value > 0 } == ["unsent": 2, "rejected": 1])
        #expect(try simulator.posts().isEmpty && desk.log().contains(" logged_in "))
        #expect(desk.log().contains(" rehearsing "))
        // The same file goes for real when the rehearsal is over.
        try desk.configure([simulator.url])
        try desk.drop("a.csv", "RIC,BID\nR1.TST,1\nR3.TST,3\n")
        #expect(try await desk.once() == 0)
        #expect(try simulator.posts().count == 2)
    }

    @Test("What was rehearsed goes for real when somebody sends it again after the rehearsal")
    func sentAfterwards() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: "rehearse: true")
        try desk.drop("a.csv", "RIC,BID\nR1.TST,1\nR3.TST,3\n")
        #expect(try await desk.once() == 3)
        #expect(try simulator.posts().isEmpty)
        try desk.configure([simulator.url])
        let service = try desk.start()
        try await eventually("it is logged in") { service.errorOutput.contains(" logged_in ") }
        let sent = try await desk.command(["resend", "1", "--why", "the rehearsal is over", "--config", "postbox.yaml"])
        #expect(sent.code == 0, "\(sent)")
        let finished = try await desk.finish("a.csv.rejects-1.csv", in: .done)
        #expect(finished.column("outcome") == ["acked", "acked"])
        #expect(try simulator.posts().map(\.ric).sorted() == ["R1.TST", "R3.TST"])
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("A spool that was copied reads its own results, and not those of the one that it was copied from")
    func ownResults() async throws {
        let first = try Desk()
        let simulator = try await first.simulate()
        try first.configure([simulator.url])
        try first.drop("a.csv", "RIC,BID\nR1.TST,1\n")
        #expect(try await first.once() == 0)
        let second = try Desk()
        let spool = second.path(.inbox).deletingLastPathComponent()
        try? FileManager.default.removeItem(at: spool)
        try FileManager.default.moveItem(at: first.path(.inbox).deletingLastPathComponent(), to: spool)
        try second.configure([simulator.url])
        for words in [["show", "1", "--outcome", "acked"], ["audit", "--ric", "R1.TST"], ["audit", "verify"]] {
            let answer = try await second.command(words + ["--config", "postbox.yaml"])
            #expect(answer.code == 0, "\(answer)")
            #expect(words.last == "verify" || answer.output.contains("R1.TST"), "\(answer)")
        }
    }

    @Test("A destination that rehearses beside one that does not leaves the file partial")
    func beside() async throws {
        let desk = try Desk()
        let simulators = [try await desk.simulate(name: "first"), try await desk.simulate(name: "second")]
        try desk.configure(simulators.map(\.url), files: "  - {match: \"*\", destination: [cache, second]}")
        let path = desk.folder.appendingPathComponent("postbox.yaml")
        let yaml = try String(contentsOf: path, encoding: .utf8)
        try desk.write(yaml.replacing("  second:\n", with: "  second:\n    rehearse: true\n"))
        try desk.drop("a.csv", "RIC,BID\nR1.TST,1\n")
        #expect(try await desk.once() == 2)
        let finished = try desk.finished("a.csv", in: .failed)
        #expect(finished.column("outcome") == ["acked", "unsent"] && finished.column("reason") == ["", "rehearsed"])
        #expect(try simulators.map { try $0.posts().count } == [1, 0])
    }

    @Test(
        "What was in mid-work when a rehearsal began: rows that may have been sent end unknown, the rest unsent, and nothing is posted"
    )
    func midWork() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow)
        let service = try desk.start()
        try desk.drop("a.csv", ServedDesk.file(rows: 400))
        try await eventually("rows went") { try simulator.posts().count >= 30 }
        service.send(SIGKILL)
        _ = try await service.exitCode()
        let before = try simulator.posts().count
        try desk.configure([simulator.url], destination: Self.slow + "\nrehearse: true")
        _ = try await desk.once()
        let finished = try desk.finished("a.csv", in: .failed)
        #expect(try simulator.posts().count == before)
        #expect(finished.column("row") == (1...400).map(String.init))
        let outcomes = Dictionary(grouping: finished.column("outcome"), by: { $0 }).mapValues(\.count)
        #expect((outcomes["acked"] ?? 0) > 0 && (outcomes["unsent"] ?? 0) > 0, "\(outcomes)")
        #expect(Set(outcomes.keys).isSubset(of: ["acked", "unknown", "unsent"]))
    }
}

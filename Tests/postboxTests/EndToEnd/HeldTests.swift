import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

/// Rows that wait for a person: how they come there, and what a release, a refusal and the end of their time make of them.
@Suite("Held drops, end to end", .serialized, .ownThreads)
struct HeldTests {
    /// Thursday's file with two rows to be corrected, Friday's with one of them, and Thursday's correction: of its rows 1 to 3 the
    /// second one is new to the server.
    private static func correct(_ desk: Desk) async throws {
        try desk.drop("eod.csv", "RIC,BID\nA.TST,1\nX.TST,1e5\nY.TST,1e5\nZ.TST,1e5\n")
        #expect(try await desk.once() == 2)
        try desk.drop("eod.csv", "RIC,BID\nA.TST,20\nX.TST,30\nZ.TST,50\n")
        #expect(try await desk.once() == 0)
        try desk.drop("eod.csv.rejects-1.csv", "RIC,BID\nX.TST,3\nY.TST,4\nZ.TST,5\n")
    }

    private static let held = "eod.csv.rejects-1.csv.rejects-3.csv"

    private static func ledger(_ desk: Desk) throws -> Ledger {
        let directories = Settings.Directories(spool: desk.path(.inbox).deletingLastPathComponent().path)
        return try Ledger(in: directories, firstNumber: 1)
    }

    /// What a person decides while no service runs.
    private static func decide(_ desk: Desk, _ drop: Int, _ decision: Hold.Decision) async throws {
        let ledger = try ledger(desk)
        let record = try #require(try await ledger.record(of: drop))
        var hold = try #require(record.hold)
        hold.decision = decision
        var snapshot = record.snapshot
        if case .released(_, _, _, _, true) = decision {
            snapshot.isNew = true
            snapshot.age = Clock.wall()
        }
        #expect(try await ledger.decide(drop, hold, snapshot))
    }

    private static func values(_ simulator: RunningSimulator, _ ric: String) throws -> [String?] {
        try simulator.posts().filter { $0.ric == ric }.map(\.fields)
    }

    private static func json(_ desk: Desk, _ name: String, in folder: Desk.Folder) throws -> [String: Any] {
        let data = try Data(contentsOf: desk.path(folder).appendingPathComponent(name + ".summary.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Names of directories in `work/`, hidden ones too.
    private static func work(_ desk: Desk) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: desk.path(.work).path).filter { $0 != "guard" }.sorted()
    }

    @Test(
        "Rows of a correction that something newer has overtaken are held as a drop of their own, with a kill on the way or without",
        arguments: [
            nil, "claimed", "planned", "rejects_written", "held_written", "summary_written", "result_complete",
            "settled", "made_placed", "guarded", "placed", "moved", "closed",
        ] as [String?])
    func overtaken(label: String?) async throws {
        let (desk, simulator) = try await Desk.withSimulator()
        try await Self.correct(desk)
        if let label { #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137) }
        #expect(try await desk.once() == 75, "\(desk.log())")
        let file = try desk.finished("eod.csv.rejects-1.2.csv", in: .failed)
        #expect(file.column("outcome") == ["unsent", "acked", "unsent"])
        #expect(file.column("reason") == ["held", "", "held"])
        // What is held is no reject: it would go twice.
        #expect(file.rejects == nil)
        #expect(try Self.values(simulator, "X.TST") == [#"{"BID":30}"#])

        let held = try await Self.ledger(desk).held()
        #expect(held.count == 1)
        let drop = try #require(held.first)
        #expect(drop.name == Self.held && drop.snapshot.original == 3 && drop.hold?.rows == 2)
        #expect(try Self.work(desk) == ["\(drop.number)"])
        let bytes = try Data(contentsOf: desk.path(.work).appendingPathComponent("\(drop.number)/\(Self.held)"))
        #expect(String(decoding: bytes, as: UTF8.self) == "RIC,BID\nX.TST,3\nZ.TST,5\n")
        // Old value beside new.
        let rows = try String(
            contentsOf: desk.path(.work).appendingPathComponent("\(drop.number)/.held.rows"), encoding: .utf8)
        #expect(rows.contains(#""old":"{\"BID\":30}""#) && rows.contains(#""new":"{\"BID\":3}""#), "\(rows)")
        let summary = try Self.json(desk, "eod.csv.rejects-1.2.csv", in: .failed)
        let parts = try #require(summary["held"] as? [[String: Any]])
        #expect(parts.count == 1 && parts[0]["drop"] as? Int == drop.number && parts[0]["rows"] as? Int == 2)
        #expect(summary["original"] as? Int == 1)
        #expect(desk.log().contains(" held_for_release ") || label != nil)

        // A start changes nothing about it.
        #expect(try await desk.once() == 75)
        #expect(try await Self.ledger(desk).held() == held)

        // Released, it goes over what was newer.
        try await Self.decide(
            desk, drop.number,
            .released(by: "unix:alice", proposedBy: nil, at: Clock.wall(), rows: .only([1...1]), isNew: true))
        #expect(try await desk.once() == 2, "\(desk.log())")
        let released = try desk.finished(Self.held, in: .failed)
        #expect(released.column("outcome") == ["acked", "unsent"])
        #expect(released.column("reason") == ["", "left_out"])
        #expect(try Self.values(simulator, "X.TST") == [#"{"BID":30}"#, #"{"BID":3}"#])
        let story = try #require(try Self.json(desk, Self.held, in: .failed)["hold"] as? [String: Any])
        #expect(story["released_by"] as? String == "unix:alice" && story["rows"] as? String == "rows 1")
        #expect(try Self.work(desk).isEmpty)
        // Its own rejects are the row that was left out.
        #expect(released.rejects.map { String(decoding: $0, as: UTF8.self) } == "RIC,BID\nZ.TST,5\n")
    }

    @Test(
        "Killed at every step of a release, each row has its outcome once and goes at most twice",
        arguments: [
            "planned", "advanced", "offered", "outcomes_written", "rejects_written", "result_complete", "settled",
            "placed", "moved",
        ])
    func released(label: String) async throws {
        let (desk, simulator) = try await Desk.withSimulator()
        try await Self.correct(desk)
        #expect(try await desk.once() == 75)
        let drop = try #require(try await Self.ledger(desk).held().first?.number)
        try await Self.decide(
            desk, drop,
            .released(by: "unix:alice", proposedBy: "unix:bob", at: Clock.wall(), rows: .except([2...2]), isNew: true))
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        _ = try await desk.once()
        let file = try desk.finished(Self.held, in: .failed)
        #expect(file.column("outcome") == ["acked", "unsent"] && file.column("reason") == ["", "left_out"])
        // The one that was left out never went.
        #expect(try Self.values(simulator, "Z.TST") == [#"{"BID":50}"#])
        #expect(Set(try Self.values(simulator, "X.TST")) == [#"{"BID":30}"#, #"{"BID":3}"#])
        #expect(try Self.work(desk).isEmpty)
    }

    @Test(
        "Refused, nothing of it is sent, with a kill on the way or without, also when its destination is gone",
        arguments: [nil, "rejects_written", "settled", "moved", "gone"] as [String?])
    func refused(label: String?) async throws {
        let (desk, simulator) = try await Desk.withSimulator()
        try await Self.correct(desk)
        #expect(try await desk.once() == 75)
        let drop = try #require(try await Self.ledger(desk).held().first?.number)
        try await Self.decide(desk, drop, .refused(by: "unix:alice", at: Clock.wall(), why: "old"))
        if label == "gone" {
            try desk.write(
                "spool: spool\nsettle: 0s\ndestinations:\n  other:\n    urls: [\"\(simulator.url)\"]\n    user: tester\n    service: NIPROV\n"
            )
        } else if let label {
            #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        }
        _ = try await desk.once()
        let file = try desk.finished(Self.held, in: .failed)
        #expect(file.summary.verdict == "refused" && file.summary.reason == "refused_by_desk")
        #expect(file.column("outcome") == ["unsent", "unsent"])
        #expect(file.column("reason") == ["refused_by_desk", "refused_by_desk"])
        #expect(try simulator.posts().allSatisfy { $0.fields != #"{"BID":3}"# })
        #expect(try Self.work(desk).isEmpty)
    }

    @Test("What nobody releases in time is refused, and what is held for long reminds of itself")
    func timedOut() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: "  - {match: \"*\", release: {within: 2s}}")
        try await Self.correct(desk)
        let service = try desk.start()
        let file = try await desk.finish(Self.held, in: .failed)
        #expect(file.summary.verdict == "refused" && file.summary.reason == "not_released")
        #expect(file.column("reason") == ["not_released", "not_released"])
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(desk.log().contains(" release_at_risk ") && desk.log().contains(" release_refused "))
        #expect(try Self.values(simulator, "X.TST") == [#"{"BID":30}"#])
    }

    @Test("Its time may be over while no service runs, and a kill where that is recorded changes nothing")
    func timedOutLater() async throws {
        let (desk, _) = try await Desk.withSimulator(files: "  - {match: \"*\", release: {within: 1s}}")
        try await Self.correct(desk)
        _ = try await desk.once(environment: ["POSTBOX_FAIL_POINT": "closed"])
        let until = try #require(try await Self.ledger(desk).held().first?.hold?.until)
        try await eventually("its time is over") { Clock.wall() > until }
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": "timed_out"]) == 137)
        #expect(try await desk.once() == 3)
        #expect(try desk.finished(Self.held, in: .failed).summary.reason == "not_released")
    }

    @Test("corrections: skip sends nothing that was overtaken, and send sends everything as new")
    func otherRules() async throws {
        for (word, outcomes, last) in [
            ("skip", ["superseded", "acked", "superseded"], #"{"BID":30}"#),
            ("send", ["acked", "acked", "acked"], #"{"BID":3}"#),
        ] {
            let (desk, simulator) = try await Desk.withSimulator(files: "  - {match: \"*\", corrections: \(word)}")
            try await Self.correct(desk)
            #expect(try await desk.once() == 0)
            let file = try desk.finished("eod.csv.rejects-1.csv", in: .done)
            #expect(file.column("outcome") == outcomes)
            #expect(try Self.values(simulator, "X.TST").last == last)
            #expect(try Self.work(desk).isEmpty)
        }
    }

    @Test("With two destinations each has its own held drop")
    func twoDestinations() async throws {
        let desk = try Desk()
        let first = try await desk.simulate(name: "first")
        let second = try await desk.simulate(name: "second")
        try desk.configure([first.url, second.url], files: "  - {match: \"*\", destination: [cache, second]}")
        try desk.drop("eod.csv", "RIC,BID\nX.TST,1e5\nY.TST,1e5\n")
        #expect(try await desk.once() == 3)
        try desk.drop("eod.csv", "RIC,BID\nX.TST,30\n")
        #expect(try await desk.once() == 0)
        try desk.drop("eod.csv.rejects-1@second.csv", "RIC,BID\nX.TST,3\n")
        #expect(try await desk.once() == 75)
        let held = try await Self.ledger(desk).held()
        #expect(held.map(\.snapshot.rule.destinations) == [["second"]])
        #expect(held.map(\.name) == ["eod.csv.rejects-1@second.csv.rejects-3.csv"])
    }

    @Test("cancel and hold do not end what is held: they say what does")
    func cancelled() async throws {
        let (desk, _) = try await Desk.withSimulator()
        try await Self.correct(desk)
        #expect(try await desk.once() == 75)
        let drop = try #require(try await Self.ledger(desk).held().first?.number)
        let cancel = try await desk.command(["cancel", "\(drop)"])
        #expect(cancel.code == 64 && cancel.errorOutput.contains("postbox refuse \(drop)"))
        #expect(try await desk.once() == 75)
        #expect(try await Self.ledger(desk).held().map(\.number) == [drop])
    }

    @Test("When the ledger is lost, what is held is held again and not sent")
    func ledgerLost() async throws {
        let (desk, simulator) = try await Desk.withSimulator()
        try await Self.correct(desk)
        #expect(try await desk.once() == 75)
        for name in desk.names(in: .state) where name.hasPrefix("ledger") {
            try FileManager.default.removeItem(at: desk.path(.state).appendingPathComponent(name))
        }
        #expect(try await desk.once() == 75)
        #expect(try await Self.ledger(desk).held().map(\.name) == [Self.held])
        #expect(try Self.values(simulator, "X.TST") == [#"{"BID":30}"#])
    }

    @Test("A later file is not kept waiting by what is held, and a hold of it stays through a reload of the rules")
    func blocksNothing() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: "  - {match: \"*\", ric: RIC, fields: {BID: BID}}")
        try await Self.correct(desk)
        #expect(try await desk.once() == 75)
        try desk.configure([simulator.url], files: "  - {match: \"*\", ric: RIC, fields: {ASK: BID}}")
        try desk.drop("later.csv", "RIC,BID\nX.TST,31\n")
        #expect(try await desk.once() == 75)
        _ = try desk.finished("later.csv", in: .done)
        let drop = try #require(try await Self.ledger(desk).held().first?.number)
        try await Self.decide(
            desk, drop, .released(by: "unix:alice", proposedBy: nil, at: Clock.wall(), rows: .all, isNew: true))
        #expect(try await desk.once() == 0)
        // By the rule that the rows came under.
        #expect(try Self.values(simulator, "X.TST") == [#"{"BID":30}"#, #"{"ASK":31}"#, #"{"BID":3}"#])
    }
}

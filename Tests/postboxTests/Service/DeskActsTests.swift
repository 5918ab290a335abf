import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

/// What people ask for, asked of a spool between two runs of the program, which then goes on with what was decided.
@Suite("Acts of people on drops", .serialized, .ownThreads)
struct DeskActsTests {
    static let alice = Person(text: "unix:alice", isNamed: true)
    private static let bob = Person(text: "unix:bob", isNamed: true)
    static let root = Person(text: "unix:root", isNamed: false)

    /// The service's view of a desk's spool, without destinations that it talks to.
    static func acts(_ desk: Desk) throws -> DeskActs {
        let loaded = try SettingsLoader.load(path: desk.folder.appendingPathComponent("postbox.yaml").path)
        let settings = loaded.settings
        let directories = settings.directories
        let disk = DiskThreads(label: "disk", count: 2)
        let ledger = try Ledger(in: directories, firstNumber: 1)
        let alerts = Alerts(command: nil, environment: [:], logger: LineLog.silent)
        let context = Context(
            view: .now(
                InForce(
                    InForce.Configuration(settings: settings, sha256: SHA256Text.of(loaded.sourceBytes), since: 0))),
            ledger: ledger, lanes: Lanes(),
            bases: PostIDBases(next: 0), guardBook: try GuardBook(directories.work),
            older: OlderBook(destinations: settings.destinations.map(\.name)),
            folders: SpoolFolders(
                syncs: try SyncGroup(on: directories.work), spares: SpareDirectories(threads: disk), names: NameBook()),
            shelves: Shelves(
                tables: TableShelf(settings), dictionaries: DictionaryShelf(settings, [:]),
                configurations: ConfigurationShelf(state: directories.state, inForce: "")),
            record: RecordBook(
                settings, key: nil, ledger: ledger, alerts: alerts, disk: disk, logger: LineLog.silent),
            index: IndexBook(directories, logger: LineLog.silent),
            results: ResultWriting(thread: DiskThread(label: "results"), trouble: ResultTrouble()), disk: disk,
            alerts: alerts,
            progress: Progress(),
            logger: LineLog.silent)
        return DeskActs(context: context) { _ in }
    }

    static func word(_ answer: DeskAnswer) -> String {
        switch answer {
        case .done(_, let facts, _):
            (["done"] + facts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }).joined(separator: " ")
        case .shown: "shown"
        case .proposed: "proposed"
        case .refused(let why, _): why.rawValue
        }
    }

    /// Two of three rows of Thursday's correction are held, as drop 4.
    private static func hold(_ desk: Desk) async throws {
        try desk.drop("eod.csv", "RIC,BID\nA.TST,1\nX.TST,1e5\nY.TST,1e5\nZ.TST,1e5\n")
        #expect(try await desk.once() == 2)
        try desk.drop("eod.csv", "RIC,BID\nA.TST,20\nX.TST,30\nZ.TST,50\n")
        #expect(try await desk.once() == 0)
        try desk.drop("eod.csv.rejects-1.csv", "RIC,BID\nX.TST,3\nY.TST,4\nZ.TST,5\n")
        #expect(try await desk.once() == 75)
    }

    private static let held = "eod.csv.rejects-1.csv.rejects-3.csv"

    @Test("What is held is shown, old value beside new, and one release ends it; whoever comes later changes nothing")
    func release() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try await Self.hold(desk)
        let acts = try Self.acts(desk)
        let shown = await acts.held()
        #expect(shown.map(\.drop) == [4] && shown.map(\.original) == [3] && shown.map(\.rows) == [2])
        let without = shown.map { drop in
            var drop = drop
            drop.examples = []
            return drop
        }
        #expect(await acts.held(withRows: false) == without)
        #expect(
            shown.first?.examples == [
                HeldRow(
                    row: 1, ric: "X.TST", field: "", old: #"{"BID":30}"#, new: #"{"BID":3}"#, reason: "overtaken",
                    service: 0),
                HeldRow(
                    row: 2, ric: "Z.TST", field: "", old: #"{"BID":50}"#, new: #"{"BID":5}"#, reason: "overtaken",
                    service: 0),
            ])
        for (act, answer) in [
            (DeskAct.release(drop: 9, .all), "unknown_drop"), (.release(drop: 1, .all), "wrong_stage"),
            (.release(drop: 4, .only([7...9])), "wrong_stage"), (.refuse(drop: 4, why: " "), "needs_why"),
            (.release(drop: 4, .except([2...2])), "done left_out 1 overtaken 1 released 1"),
            (.release(drop: 4, .all), "wrong_stage"), (.refuse(drop: 4, why: "late"), "wrong_stage"),
            (.noAction(drop: 9, why: "x"), "unknown_drop"), (.noAction(drop: 2, why: "x"), "wrong_stage"),
            (.noAction(drop: 4, why: "x"), "wrong_stage"),
        ] {
            #expect(Self.word(await acts.act(act, by: Self.root)) == answer)
        }
        #expect(await acts.held().isEmpty)
        #expect(try await desk.once() == 2)
        let file = try desk.finished(Self.held, in: .failed)
        #expect(file.column("reason") == ["", "left_out"])
        #expect(Self.word(await acts.act(.noAction(drop: 4, why: "a holiday"), by: Self.root)) == "done")
    }

    @Test("With four eyes one person proposes and another releases; a refusal needs one")
    func fourEyes() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: "  - {match: \"*\", release: {by: [alice, bob], four_eyes: true}}")
        try await Self.hold(desk)
        let acts = try Self.acts(desk)
        #expect(Self.word(await acts.act(.release(drop: 4, .all), by: Self.root)) == "not_allowed")
        #expect(Self.word(await acts.act(.release(drop: 4, .all), by: Self.alice)) == "proposed")
        #expect(await acts.held().map(\.proposedBy?.text) == ["unix:alice"])
        #expect(Self.word(await acts.act(.release(drop: 4, .all), by: Self.alice)) == "proposed")
        #expect(Self.word(await acts.act(.release(drop: 4, .all), by: Self.bob)) == "done overtaken 2 released 2")
        #expect(try await desk.once() == 0)
        #expect(try desk.finished(Self.held, in: .done).column("outcome") == ["acked", "acked"])
    }

    @Test("A refused file is contributed again under today's rules, as a drop of its own")
    func retry() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], files: "  - {match: \"*\", max_rejected: 0, checksum: sha256}")
        let text = "RIC,BID\nA.TST,1\nX.TST,1e5\n"
        let digest = SHA256Text.of(Array(text.utf8))
        try desk.drop("eod.csv.sha256", "\(digest)\n")
        try desk.drop("eod.csv", text)
        #expect(try await desk.once() == 3)
        try desk.drop("good.csv.sha256", "\(SHA256Text.of(Array("RIC,BID\nA.TST,2\n".utf8)))\n")
        try desk.drop("good.csv", "RIC,BID\nA.TST,2\n")
        #expect(try await desk.once() == 0)
        try desk.configure([simulator.url], files: "  - {match: \"*\", checksum: sha256}")
        let acts = try Self.acts(desk)
        #expect(Self.word(await acts.act(.retry(drop: 2, why: nil), by: Self.alice)) == "wrong_stage")
        #expect(Self.word(await acts.act(.retry(drop: 1, why: "rule mended"), by: Self.alice)) == "done")
        /// Its rows are on their way, and after the next run wait for a release: nobody sends them a second time.
        func again() async {
            for act in [
                DeskAct.retry(drop: 1, why: nil),
                .resend(drop: 1, outcomes: DeskAct.resent, why: nil, force: false),
            ] {
                let answer = await acts.act(act, by: Self.bob)
                guard case .refused(.wrongStage, let text) = answer else {
                    Issue.record("\(answer)")
                    continue
                }
                #expect(text.contains("was contributed again already by alice, as drop 3, which"), "\(text)")
            }
        }
        await again()
        // Today's value of A came since, and that of the refused file is older.
        #expect(try await desk.once() == 75)
        await again()
        let file = try desk.finished("eod.2.csv", in: .failed)
        #expect(file.summary.drop == 3 && file.column("outcome") == ["unsent", "rejected"])
        #expect(file.column("reason").first == "held")
        let summary = try String(
            contentsOf: desk.path(.failed).appendingPathComponent("eod.2.csv.summary.json"), encoding: .utf8)
        #expect(summary.contains(#""original": 1"#) && summary.contains(#""why": "rule mended""#), "\(summary)")
        #expect(desk.names(in: .failed).contains("eod.csv"))
    }

    @Test("Rows of a finished file are sent again in its own bytes, as old as they were or as new")
    func resend() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("naks: [{ric: NO.TST, code: AccessDenied}]")
        try desk.configure([simulator.url])
        try desk.drop("eod.csv", "RIC,BID\nA.TST,1\nNO.TST,2\nX.TST,1e5\n")
        #expect(try await desk.once() == 2)
        let acts = try Self.acts(desk)
        let resent = DeskAct.resend(drop: 1, outcomes: DeskAct.resent, why: nil, force: false)
        #expect(Self.word(await acts.act(resent, by: Self.alice)) == "done rows 1")
        // It is on its way.
        #expect(Self.word(await acts.act(resent, by: Self.bob)) == "wrong_stage")
        _ = try await desk.once()
        let folder: Desk.Folder = desk.names(in: .done).isEmpty ? .failed : .done
        let name =
            desk.names(in: folder).contains("eod.csv.rejects-1.2.csv")
            ? "eod.csv.rejects-1.2.csv" : "eod.csv.rejects-1.csv"
        let again = try desk.finished(name, in: folder)
        #expect(again.column("ric") == ["NO.TST"] && again.summary.drop == 2)
        // The file as it lies in failed/ is the one that was posted, or nothing of it goes.
        #expect(
            Self.word(
                await acts.act(.resend(drop: 1, outcomes: [.unknown], why: nil, force: false), by: Self.alice))
                == "wrong_stage")
        // It was refused once more.
        #expect(Self.word(await acts.act(resent, by: Self.alice)) == "done rows 1")
        let all = DeskAct.resend(drop: 1, outcomes: [.acked], why: "the cache lost it", force: true)
        #expect(Self.word(await acts.act(all, by: Self.alice)) == "done rows 1")
        _ = try await desk.once()
        #expect(try simulator.posts().filter { $0.ric == "A.TST" }.count == 2)
        // What arrived goes once more only for somebody who orders it as new.
        let arrived = await acts.act(
            .resend(drop: 1, outcomes: [.acked], why: nil, force: false), by: Self.bob)
        guard case .refused(.wrongStage, let text) = arrived else {
            Issue.record("\(arrived)")
            return
        }
        #expect(text.contains("was sent again already by alice, as drop 4, which ended done"), "\(text)")
        try Data("RIC,BID\nA.TST,9\nNO.TST,2\nX.TST,1e5\n".utf8).write(
            to: desk.path(.failed).appendingPathComponent("eod.csv"))
        #expect(Self.word(await acts.act(all, by: Self.alice)) == "wrong_stage")
        #expect(try FileManager.default.contentsOfDirectory(atPath: desk.path(.work).path).allSatisfy { $0 == "guard" })
    }

    @Test("Of a drop that was being made a start keeps what the ledger has, and removes what it does not have")
    func killed() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("eod.csv", "RIC,BID\nA.TST,1\n")
        #expect(try await desk.once() == 0)
        let acts = try Self.acts(desk)
        let made = MadeDrops(context: acts.context)
        let record = try #require(try await acts.context.ledger.record(of: 1))
        let numbers = try await acts.context.ledger.reserve(2)
        for number in numbers {
            let directory = try made.begin(number, of: 1)
            try Data("RIC,BID\nB.TST,1\n".utf8).write(to: URL(fileURLWithPath: directory + "/b\(number).csv"))
        }
        var snapshot = MadeDrops.snapshot(
            record.snapshot, of: 1, claimedAt: record.claimedAt, rows: RowSet(rows: 1), destination: nil)
        snapshot.asked = AskedFor(.retry(drop: 1, why: nil), by: Self.alice, at: 1)
        try await acts.context.ledger.make(
            [MadeDrop(number: numbers[0], name: "b\(numbers[0]).csv", snapshot: snapshot, hold: nil)], at: 1)
        #expect(try await desk.once() == 0)
        #expect(try desk.finished("b\(numbers[0]).csv", in: .done).column("outcome") == ["acked"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: desk.path(.work).path).allSatisfy { $0 == "guard" })
        #expect(try simulator.posts().count == 2)
    }
}

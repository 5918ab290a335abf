import Foundation
import GRDB
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@Suite("The ledger on a real file")
struct LedgerTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("ledger.sqlite")
    }

    private func snapshot(_ match: String = "*.csv") -> DropSnapshot {
        DropSnapshot(
            rule: MappingRule(
                match: match, destinations: ["cache", "rcc"], tolerate: [:], maxAge: .milliseconds(86_400_500),
                delimiter: UInt8(ascii: ";"), encoding: .cp1252, finalNewline: .optional),
            services: ["cache": ["NIPROV", "OTHER"], "rcc": ["DDS_TRCE"]], updateOnly: ["cache": false, "rcc": true])
    }

    private func claim(_ ledger: Ledger, _ names: String..., at now: Int64 = 1_000) async throws -> [Int] {
        try await ledger.claim(names.map { ($0, snapshot()) }, at: now)
    }

    private func settle(
        _ ledger: Ledger, _ drop: Int, verdict: Verdict = .done, target: String = "a.csv", sha256: String = "abc",
        size: Int = 10, isSent: Bool = true, at now: Int64 = 5_000
    ) async throws {
        try await ledger.settle(
            drop, verdict: verdict, folder: "/spool/done", target: target, summary: Array("{}".utf8), size: size,
            sha256: sha256, firstSentAt: 3_000, isSent: isSent,
            proof: SettledProof(path: "done/" + target, resultSHA256: String(repeating: "1", count: 64)), at: now)
    }

    @Test("Another program reads it while it is written, and makes nothing where there is none")
    func readElsewhere() async throws {
        #expect(try LedgerReading(path: path) == nil)
        #expect(!folder.exists("ledger.sqlite"))
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drops = try await claim(ledger, "a.csv", "b.csv", "a.csv")
        let reading = try #require(try LedgerReading(path: path))
        try await settle(ledger, drops[0], verdict: .partial, target: "a.2.csv")
        let first = try #require(try reading.drop(drops[0]))
        #expect(
            first.isFinished && first.verdict == .partial && first.folder == "/spool/done" && first.target == "a.2.csv")
        #expect(try reading.drops(named: "a.csv").map(\.number) == [drops[0], drops[2]])
        #expect(try reading.drops(named: "a.csv").map(\.isFinished) == [true, false])
        #expect(try reading.drop(99) == nil)
        #expect(try reading.lastNumber() == drops[2])

        #expect(try await ledger.isFinished(drops[0]) == true)
        #expect(try await ledger.isFinished(drops[1]) == false)
        #expect(try await ledger.isFinished(99) == nil)
        // Behind a number it is the first that came, whatever became of it; else one that is not finished.
        #expect(try await ledger.drop(named: "a.csv", after: 0) == drops[0])
        #expect(try await ledger.drop(named: "a.csv", after: drops[0]) == drops[2])
        #expect(try await ledger.drop(named: "a.csv", after: drops[2]) == nil)
        #expect(try await ledger.drop(named: "a.csv", after: nil) == drops[2])
    }

    @Test(
        "What ended badly is listed until somebody notes that it is put right; drops of its rows are found by an index")
    func corrected() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drops = try await claim(ledger, "a.csv", "b.csv", "c.csv")
        for drop in drops { try await settle(ledger, drop, verdict: drop == drops[2] ? .done : .partial) }
        let reading = try #require(try LedgerReading(path: path))
        func open(withFamily: Bool = false) throws -> [Int] {
            var choice = LedgerReading.Choice(state: .open)
            choice.withFamily = withFamily
            return try reading.list(choice).map(\.drop)
        }
        #expect(try open() == [drops[1], drops[0]] && open(withFamily: true).isEmpty)
        var correction = snapshot()
        correction.original = drops[0]
        let refused = try await ledger.claim([("a.csv.rejects-1.csv", correction)], at: 2_000)
        try await settle(ledger, refused[0], verdict: .refused)
        let later = try await ledger.claim([("a.csv.rejects-1.csv", correction)], at: 3_000)
        // One row that was put right says nothing of the others.
        #expect(try open() == [refused[0], drops[1], drops[0]] && open(withFamily: true) == [refused[0], drops[0]])
        #expect(try reading.list().allSatisfy { !$0.isCorrected })
        #expect(try reading.list().filter(\.hasLater).map(\.drop) == [drops[0]])
        try await ledger.keep([StandingThing(.putRight, "\(drops[0])", "")], at: 4_000)
        #expect(try open() == [refused[0], drops[1]] && open(withFamily: true) == [refused[0]])
        #expect(try reading.list().filter(\.isCorrected).map(\.drop) == [drops[0]])
        #expect(try reading.line(of: drops[0])?.hasLater == false)
        let queue = try DatabaseQueue(path: path)
        let plan = try await queue.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    EXPLAIN QUERY PLAN SELECT number FROM "drop" WHERE verdict IN ('partial', 'failed', 'refused')
                    AND EXISTS (SELECT 1 FROM "drop" AS later WHERE later.original = "drop".number)
                    """
            ).map { $0["detail"] as String }
        }
        #expect(
            plan.contains { $0.contains("drop_bad") } && plan.contains { $0.contains("drop_original") }, "\(plan)")
        #expect(later.count == 1)
    }

    @Test("Drops of a drop's rows, and of theirs, are found branch by branch; what takes values back is none of them")
    func later() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let first = try await claim(ledger, "a.csv")[0]
        func made(_ original: Int, _ change: (inout DropSnapshot) -> Void = { _ in }) async throws -> Int {
            var facts = snapshot()
            facts.original = original
            change(&facts)
            return try await ledger.claim([("b.csv", facts)], at: 2_000)[0]
        }
        let dropped = try await made(first)
        let resend = DeskAct.resend(drop: first, outcomes: [.nacked], why: nil, force: false)
        let resent = try await made(first) {
            $0.isMade = true
            $0.asked = AskedFor(resend, by: Person(text: "unix:alice", isNamed: true), at: 1)
        }
        let held = try await made(dropped) { $0.isMade = true }
        _ = try await made(first) {
            $0.isMade = true
            $0.asked = AskedFor(
                .withdraw(Withdrawal(.drop(first), why: "wrong")), by: Person(text: "unix:alice", isNamed: true), at: 1)
        }
        try await ledger.hold(held, Hold(reason: "x", text: "y", rows: 3, since: 1, within: .seconds(60)))
        try await settle(ledger, dropped, verdict: .partial, target: "b.csv")
        let reading = try #require(try LedgerReading(path: path))
        let later = try reading.later(than: first)
        #expect(later.map(\.drop) == [dropped, held, resent] && later.map(\.branch) == [dropped, dropped, resent])
        #expect(later.map(\.origin) == [.dropped, .held, .resent])
        #expect(later.map(\.stage) == [.settled, .held, .claimed] && later.map(\.heldLines) == [0, 6, 0])
        #expect(later[0].target == "b.csv" && later[0].verdict == .partial && !later[0].isClosed)
        #expect(try reading.later(than: dropped).map(\.drop) == [held])
        // Rows of what is held are known before it is read.
        #expect(try reading.line(of: held)?.rows == 3)
    }

    @Test("Its file is in WAL mode, its schema has a version, and what it promises outlives it")
    func reopened() async throws {
        let drops: [Int]
        do {
            let ledger = try Ledger(path: path, firstNumber: 1)
            drops = try await claim(ledger, "a.csv", "b.csv")
            try await ledger.plan(
                drops[0], size: 1234, sha256: "ff00", digests: Array(repeating: 7, count: 32), rows: 42,
                postings: [
                    .init(destination: "rcc", postIDBase: 4_294_967_295, postedThrough: 0),
                    .init(destination: "cache", postIDBase: 17, postedThrough: 3),
                ])
        }
        let queue = try DatabaseQueue(path: path)
        let (mode, version) = try await queue.read { db in
            (
                try String.fetchOne(db, sql: "PRAGMA journal_mode"), try Int.fetchOne(db, sql: "PRAGMA user_version")
            )
        }
        #expect(mode == "wal")
        #expect(version == 5)
        try queue.close()

        let ledger = try Ledger(path: path, firstNumber: 1)
        let records = try await ledger.open()
        #expect(records.map(\.number) == drops)
        #expect(records.map(\.name) == ["a.csv", "b.csv"])
        #expect(records.map(\.stage) == [.posting, .claimed])
        #expect(records[0].snapshot == snapshot())
        #expect(records[0].size == 1234)
        #expect(records[0].sha256 == "ff00")
        #expect(records[0].digests == Array(repeating: 7, count: 32))
        #expect(records[0].rows == 42)
        #expect(records[0].claimedAt == 1_000)
        #expect(
            records[0].postings == [
                .init(destination: "cache", postIDBase: 17, postedThrough: 3),
                .init(destination: "rcc", postIDBase: 4_294_967_295, postedThrough: 0),
            ])
        #expect(records[1].postings == [])
    }

    @Test(
        "A ledger that an earlier start left empty counts from the first number, too; one with drops does not ask for it"
    )
    func emptyLedger() async throws {
        try Data().write(to: URL(fileURLWithPath: path))
        do {
            let ledger = try Ledger(path: path, firstNumber: 100)
            #expect(try await claim(ledger, "a") == [100])
        }
        func unwanted() throws -> Int { throw CancellationError() }
        let ledger = try Ledger(path: path, firstNumber: try unwanted())
        #expect(try await claim(ledger, "b") == [101])
    }

    @Test("A number is never given again, whether its claim was forgotten or its drop closed")
    func numbers() async throws {
        do {
            let ledger = try Ledger(path: path, firstNumber: 100)
            #expect(try await ledger.lastNumber() == 99)
            #expect(try await claim(ledger, "a", "b", "c") == [100, 101, 102])
            try await ledger.forget(102)
            #expect(try await claim(ledger, "d") == [103])
            try await settle(ledger, 103)
            try await ledger.close([103])
            try await ledger.forget(101)
            try await ledger.forget(100)
            #expect(try await ledger.open() == [])
        }
        let ledger = try Ledger(path: path, firstNumber: 1)
        #expect(try await ledger.lastNumber() == 103)
        #expect(try await claim(ledger, "e") == [104])
        try await ledger.adopt(200, name: "found.csv", snapshot: snapshot(), at: 1)
        #expect(try await claim(ledger, "f") == [201])
    }

    @Test("Only a claim can be forgotten, and a number is adopted once")
    func refusals() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drop = try await claim(ledger, "a")[0]
        try await ledger.plan(drop, size: 1, sha256: "", digests: [], rows: 1, postings: [])
        try await ledger.forget(drop)
        #expect(try await ledger.open().map(\.number) == [drop])
        await #expect(throws: LedgerError.self) {
            try await ledger.adopt(drop, name: "a", snapshot: snapshot(), at: 1)
        }
        await #expect(throws: LedgerError.self) {
            try await ledger.plan(
                999, size: 1, sha256: "", digests: [], rows: 1,
                postings: [.init(destination: "cache", postIDBase: 1, postedThrough: 0)])
        }
        // A refused change leaves the ledger as it was, and usable.
        #expect(try await ledger.open().map(\.stage) == [.posting])
        #expect(try await claim(ledger, "b") == [drop + 1])
    }

    @Test("Rows that may have been sent only ever become more")
    func monotonic() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drop = try await claim(ledger, "a")[0]
        let posting = DropRecord.Posting(destination: "cache", postIDBase: 1, postedThrough: 0)
        try await ledger.plan(drop, size: 1, sha256: "", digests: [], rows: 900, postings: [posting])
        for (row, known) in [(100, 100), (50, 100), (300, 300), (299, 300)] {
            try await ledger.advance(drop, destination: "cache", through: row, isFirst: false)
            #expect(try await ledger.open()[0].postings[0].postedThrough == known)
        }
        try await ledger.advance(drop, destination: "rcc", through: 800, isFirst: false)
        // Planning it again, after a restart, takes nothing back.
        try await ledger.plan(drop, size: 1, sha256: "", digests: [], rows: 900, postings: [posting])
        #expect(try await ledger.open()[0].postings.map(\.postedThrough) == [300])
    }

    @Test("A drop's dangerous steps are counted until they are seen to end")
    func starts() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drop = try await claim(ledger, "a")[0]
        func starts() async throws -> Int { try await ledger.open()[0].starts }
        #expect(try await starts() == 1)
        try await ledger.begin(drop)
        #expect(try await starts() == 2)
        try await ledger.readThrough(drop)
        try await ledger.plan(
            drop, size: 1, sha256: "", digests: [], rows: 9,
            postings: [.init(destination: "cache", postIDBase: 1, postedThrough: 0)])
        #expect(try await starts() == 0)
        try await ledger.readThrough(drop)
        #expect(try await starts() == 0)
        try await ledger.advance(drop, destination: "cache", through: 1, isFirst: true)
        #expect(try await starts() == 1)
        try await ledger.advance(drop, destination: "cache", through: 2, isFirst: false)
        #expect(try await starts() == 0)
        try await ledger.begin(drop)
        try await ledger.progressed(drop)
        #expect(try await starts() == 0)
    }

    @Test("Calls that come together share a transaction, and each is durable when it returns")
    func groupCommit() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let before = await ledger.commits
        let numbers = try await withThrowingTaskGroup(of: [Int].self) { group in
            for number in 0..<400 {
                group.addTask { try await ledger.claim([("f\(number)", snapshot())], at: Int64(number)) }
            }
            return try await group.reduce(into: [Int]()) { $0 += $1 }
        }
        #expect(numbers.sorted() == Array(1...400))
        let commits = await ledger.commits - before
        #expect(commits >= 1)
        #expect(commits < 200)
        let count = try await DatabaseQueue(path: path).read {
            try Int.fetchOne($0, sql: #"SELECT count(*) FROM "drop""#)
        }
        #expect(count == 400)
    }

    @Test("A settled drop keeps its verdict, names and summary until it is closed")
    func settled() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drops = try await claim(ledger, "a.csv", "b.csv", "c.csv")
        try await settle(ledger, drops[1], verdict: .partial, target: "b.2.csv")
        let record = try await ledger.open()[1]
        #expect(record.stage == .settled)
        #expect(record.verdict == .partial)
        #expect(record.folder == "/spool/done")
        #expect(record.target == "b.2.csv")
        #expect(record.summary == Array("{}".utf8))
        #expect(record.firstSentAt == 3_000)
        #expect(record.settledAt == 5_000)
        #expect(try await !ledger.isClosed(drops[1]))
        try await settle(ledger, drops[0])
        try await ledger.close([drops[0], drops[1]])
        #expect(try await ledger.open().map(\.number) == [drops[2]])
        #expect(try await ledger.isClosed(drops[1]))
        #expect(try await !ledger.isClosed(drops[2]))
        #expect(try await !ledger.isClosed(drops[2] + 1))
        let finished = try #require(try await ledger.finished(drops[1]))
        #expect(finished.name == "b.csv" && finished.claimedAt == 1_000 && finished.snapshot == snapshot())
        // Not every row of it has its outcome; there is none.
        for number in [drops[2], drops[2] + 1] { #expect(try await ledger.finished(number) == nil) }
    }

    @Test("The last drop of a name, and of a rule, is the newest of which a row may have been sent; an open one counts")
    func predecessors() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        func claim(_ name: String, _ rule: String) async throws -> Int {
            try await ledger.claim([(name, snapshot(rule))], at: 1)[0]
        }
        func last(_ name: String, _ rule: String, before drop: Int = 100) async throws -> [Int] {
            try await ledger.predecessors(of: drop, name: name, rule: rule).map(\.drop)
        }
        let first = try await claim("px_1001.csv", "px_*.csv")
        #expect(try await last("px_1001.csv", "px_*.csv", before: first) == [])
        #expect(
            try await ledger.predecessors(of: 100, name: "px_1001.csv", rule: "px_*.csv").map(\.verdict) == [nil, nil])
        try await settle(ledger, first, sha256: "a", at: 1_000)
        let settled = Predecessor(
            drop: first, verdict: .done, sha256: "a", size: 10, settledAt: 1_000, destinations: ["cache", "rcc"])
        #expect(
            try await ledger.predecessors(of: 100, name: "px_1001.csv", rule: "px_*.csv") == [settled, settled])
        try await ledger.close([first])
        #expect(
            try await ledger.predecessors(of: 100, name: "px_1001.csv", rule: "px_*.csv") == [settled, settled])
        #expect(try await last("px_1002.csv", "px_*.csv") == [first])
        #expect(try await last("px_1001.csv", "other") == [first])
        #expect(try await last("px_1002.csv", "other") == [])
        // The plain mapping is no rule that files have in common.
        let plain = try await claim("a.csv", "")
        try await settle(ledger, plain)
        #expect(try await last("b.csv", "") == [])
        // Refused: nothing was sent.
        let refused = try await claim("px_1001.csv", "px_*.csv")
        try await settle(ledger, refused, verdict: .refused, isSent: false)
        #expect(try await last("px_1001.csv", "px_*.csv") == [first, first])
        let partial = try await claim("px_1002.csv", "px_*.csv")
        try await settle(ledger, partial, verdict: .partial)
        try await ledger.close([refused, partial])
        #expect(try await last("px_1001.csv", "px_*.csv") == [first, partial])
        // It will be posted: what it replaces is not the last one for those behind it.
        let open = try await claim("px_1003.csv", "px_*.csv")
        #expect(try await last("px_1003.csv", "px_*.csv") == [open, open])
        #expect(try await last("px_1001.csv", "px_*.csv", before: open) == [first, partial])
    }

    @Test("The good files of a rule are those that ended done or partial, the newest first, and no corrections")
    func goodFiles() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        func end(_ name: String, _ verdict: Verdict, rule: String = "px_*.csv", original: Int? = nil, rows: Int)
            async throws
            -> Int
        {
            var snapshot = snapshot(rule)
            snapshot.original = original
            let drop = try await ledger.claim([(name, snapshot)], at: Int64(rows) * 1000)[0]
            try await ledger.plan(drop, size: 1, sha256: "a", digests: [], rows: rows, postings: [])
            try await settle(ledger, drop, verdict: verdict, isSent: verdict != .refused)
            try await ledger.close([drop])
            return drop
        }
        let first = try await end("px_1.csv", .done, rows: 10)
        _ = try await end("px_2.csv", .refused, rows: 11)
        let partial = try await end("px_3.csv", .partial, rows: 12)
        _ = try await end("px_4.csv", .failed, rows: 13)
        _ = try await end("px_1.csv.rejects-1.csv", .done, original: first, rows: 1)
        _ = try await end("other.csv", .done, rule: "other*.csv", rows: 14)
        let good = [
            RulePast.File(drop: partial, name: "px_3.csv", rows: 12, claimedAt: 12_000),
            RulePast.File(drop: first, name: "px_1.csv", rows: 10, claimedAt: 10_000),
        ]
        #expect(try await ledger.goodFiles(ofRule: "px_*.csv", before: 100) == good)
        #expect(try await ledger.goodFiles(ofRule: "px_*.csv", before: partial) == [good[1]])
        #expect(try #require(try LedgerReading(path: path)).goodFiles(ofRule: "px_*.csv") == good)
    }

    @Test("Who was last is found by an index, however many drops are closed")
    func predecessorsByIndex() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let encoded = try JSONEncoder().encode(snapshot("px_*.csv"))
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO "drop" (name, stage, claimed_at, rule, snapshot, verdict, sent, settled_at)
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
                    SELECT 'px_' || i || '.csv', 'closed', i, 'px_*.csv', ?, 'refused', i % 1000 = 1, i FROM n
                    """, arguments: [encoded])
        }
        let drop = try await claim(ledger, "px_7.csv")[0]
        // The quickest of each: what else the machine does then is in neither.
        let clock = ContinuousClock()
        var lookup = Duration.seconds(3600)
        for _ in 0..<100 {
            let begin = clock.now
            let found = try await ledger.predecessors(of: drop, name: "px_7.csv", rule: "px_*.csv")
            lookup = min(lookup, clock.now - begin)
            #expect(found.map(\.drop) == [199_001])
        }
        var scan = Duration.seconds(3600)
        let sql = "SELECT count(*) FROM \"drop\" WHERE sha256 = 'x' OR settled_at = -1"
        for _ in 0..<3 {
            let begin = clock.now
            #expect(try await queue.read { try Int.fetchOne($0, sql: sql) } == 0)
            scan = min(scan, clock.now - begin)
        }
        print("ledger of 200,000 drops: \(lookup) for who was last, \(scan) for a scan")
        #expect(lookup < scan / 3)
    }

    @Test("A ledger from before has what it lacks filled in when it is opened, and goes on")
    func older() async throws {
        let queue = try DatabaseQueue(path: path)
        let encoded = try JSONEncoder().encode(snapshot("px_*.csv"))
        try await queue.write { db in
            // The first schema, as version 0.1.0 wrote it.
            try db.execute(
                sql: """
                    CREATE TABLE "drop" (
                        number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, stage TEXT NOT NULL,
                        claimed_at INTEGER NOT NULL, snapshot BLOB NOT NULL, starts INTEGER NOT NULL DEFAULT 0,
                        size INTEGER NOT NULL DEFAULT 0, sha256 TEXT NOT NULL DEFAULT '',
                        digests BLOB NOT NULL DEFAULT x'', rows INTEGER NOT NULL DEFAULT 0,
                        first_sent_at INTEGER NOT NULL DEFAULT 0, verdict TEXT, folder TEXT NOT NULL DEFAULT '',
                        target TEXT NOT NULL DEFAULT '', summary BLOB NOT NULL DEFAULT x'',
                        settled_at INTEGER NOT NULL DEFAULT 0
                    ) STRICT;
                    CREATE INDEX drop_open ON "drop" (number) WHERE stage != 'closed';
                    CREATE INDEX drop_content ON "drop" (sha256) WHERE stage = 'closed';
                    CREATE INDEX drop_target ON "drop" (target);
                    CREATE TABLE posting (
                        "drop" INTEGER NOT NULL, destination TEXT NOT NULL, post_id_base INTEGER NOT NULL,
                        posted_through INTEGER NOT NULL DEFAULT 0, PRIMARY KEY ("drop", destination)
                    ) STRICT, WITHOUT ROWID;
                    PRAGMA user_version = 1;
                    """)
            for (name, stage, sent, verdict) in [
                ("px_1.csv", "closed", 9, "done"), ("px_2.csv", "closed", 0, "refused"),
            ] {
                try db.execute(
                    sql: """
                        INSERT INTO "drop" (name, stage, claimed_at, snapshot, first_sent_at, verdict, sha256, size)
                        VALUES (?, ?, 1, ?, ?, ?, 'abc', 10)
                        """, arguments: [name, stage, encoded, sent, verdict])
            }
            try db.execute(
                sql: """
                    INSERT INTO "drop" (name, stage, claimed_at, snapshot) VALUES ('x.csv', 'posting', 1, ?);
                    INSERT INTO posting ("drop", destination, post_id_base, posted_through) VALUES (3, 'cache', 5, 2);
                    """, arguments: [encoded])
        }
        try queue.close()
        for _ in 1...2 {
            let ledger = try Ledger(path: path, firstNumber: 1)
            #expect(
                try await ledger.open().map(\.postings) == [
                    [.init(destination: "cache", postIDBase: 5, postedThrough: 2)]
                ])
            let known = try await ledger.predecessors(of: 3, name: "px_3.csv", rule: "px_*.csv")
            #expect(known.map(\.drop) == [1])
            #expect(known.first?.isRepeated(bySHA256: "abc", size: 10, at: ["cache"], since: 0) == true)
            #expect(try await ledger.finished(2)?.snapshot == snapshot("px_*.csv"))
        }
    }

    // MARK: - Schema 1

    /// A ledger as version 0.1.0 left it under schema 1: drop 1 closed, 3 settled, 4 posting, 5 claimed, and 6, which is claimed
    /// and corrects drop 1. The numbers 2 and 7 were given and forgotten.
    private func copyOfSchema1() throws {
        let kept = try BuiltProgram.packageFolder()
            .appendingPathComponent("Tests/PostboxIOTests/Ledger/ledger-1.sqlite").path
        try FileManager.default.copyItem(atPath: kept, toPath: path)
    }

    private static let schema1 = (
        arrivedAt: Int64(1_764_300_000_000_000),
        sha256: "8f5ea72fe1834c4f70f8ee0a934e594bf0e55428072ea928ffe598cf689e14fb"
    )

    private func snapshotOfSchema1(_ later: Int64, age: Int64? = nil, original: Int? = nil) -> DropSnapshot {
        let arrivedAt = Self.schema1.arrivedAt + later
        var snapshot = DropSnapshot(
            rule: MappingRule(match: "*.csv", destinations: ["cache"]), services: ["cache": ["NIPROV"]],
            updateOnly: ["cache": false], arrivedAt: arrivedAt, configSHA256: String(repeating: "c", count: 64))
        snapshot.age = age ?? arrivedAt
        snapshot.original = original
        return snapshot
    }

    @Test("A ledger of schema 1 is opened with all that it knew, and a drop of every stage goes forward to its end")
    func schema1() async throws {
        try copyOfSchema1()
        for _ in 1...2 {
            let ledger = try Ledger(path: path, firstNumber: 1_000)
            let open = try await ledger.open()
            #expect(open.map(\.number) == [3, 4, 5, 6])
            #expect(open.map(\.name) == ["settled.csv", "posting.csv", "claimed.csv", "closed.csv.rejects-1.csv"])
            #expect(open.map(\.stage) == [.settled, .posting, .claimed, .claimed])
            #expect(
                open.map(\.snapshot) == [
                    snapshotOfSchema1(2), snapshotOfSchema1(3), snapshotOfSchema1(4),
                    snapshotOfSchema1(5, age: Self.schema1.arrivedAt, original: 1),
                ])
            #expect(open.map(\.starts) == [1, 1, 1, 1])
            #expect(open.map(\.rows) == [3, 3, 0, 0])
            #expect(open.map(\.sha256) == [Self.schema1.sha256, Self.schema1.sha256, "", ""])
            #expect(open.map(\.digests.count) == [16, 16, 0, 0])
            #expect(open[0].verdict == .done && open[0].folder == "spool/done" && open[0].target == "settled.csv")
            #expect(FileSummary.outcomes(in: open[0].summary).total == 0 && open[0].summary.count > 300)
            #expect(
                open.map(\.postings) == [
                    [.init(destination: "cache", postIDBase: 300, postedThrough: 3, login: #"{"user":"me"}"#)],
                    [.init(destination: "cache", postIDBase: 400, postedThrough: 2, login: #"{"user":"me"}"#)], [], [],
                ])
            #expect(try await ledger.isClosed(1))
            #expect(try await ledger.finished(1)?.snapshot == snapshotOfSchema1(0))
            #expect(try await ledger.lastNumber() == 7)
            let sent = try #require(try LedgerReading(path: path)).sent(since: Self.schema1.arrivedAt)
            #expect(sent.map(\.place.age) == [Self.schema1.arrivedAt, Self.schema1.arrivedAt + 2])
        }
        let ledger = try Ledger(path: path, firstNumber: 1_000)
        #expect(try await claim(ledger, "new.csv") == [8])
        for drop in [5, 6] {
            try await ledger.plan(
                drop, size: 32, sha256: Self.schema1.sha256, digests: [], rows: 3,
                postings: [.init(destination: "cache", postIDBase: UInt32(drop * 100), postedThrough: 0)])
        }
        for drop in [4, 5, 6] {
            try await ledger.advance(drop, destination: "cache", through: 3, isFirst: false)
            #expect(try await ledger.open().first { $0.number == drop }?.postings.first?.postedThrough == 3)
            try await settle(ledger, drop)
        }
        try await ledger.close([3, 4, 5, 6])
        #expect(try await ledger.open().map(\.number) == [8])
    }

    @Test("A migration that fails leaves the ledger as it was, for the next try or for the version before")
    func failedMigration() async throws {
        try copyOfSchema1()
        // A posting without its drop: the copied tables do not hold together, which is found before the commit.
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try await queue.write { db in
            try db.execute(sql: #"INSERT INTO posting ("drop", destination, post_id_base) VALUES (99, 'cache', 1)"#)
        }
        func tables() async throws -> [String] {
            try await queue.read { db in
                try String.fetchAll(
                    db, sql: "SELECT sql FROM sqlite_master WHERE name IN ('drop', 'posting') ORDER BY name")
                    + String.fetchAll(
                        db, sql: #"SELECT number || name || stage || hex(snapshot) FROM "drop" ORDER BY number"#)
                    + String.fetchAll(db, sql: "PRAGMA user_version")
            }
        }
        let before = try await tables()
        #expect(throws: LedgerError.self) { try Ledger(path: path, firstNumber: 1) }
        #expect(try await tables() == before)
        try await queue.write { db in try db.execute(sql: #"DELETE FROM posting WHERE "drop" = 99"#) }
        let ledger = try Ledger(path: path, firstNumber: 1)
        #expect(try await ledger.open().map(\.number) == [3, 4, 5, 6])
    }

    @Test("Folders of the spool are kept without its path: a copy finds its own files, wherever the first one is")
    func folders() async throws {
        let first = Settings.Directories(spool: "/srv/first")
        let ledger = try Ledger(path: path, folders: KeptFolders(first), firstNumber: 1)
        let drop = try await claim(ledger, "a.csv")[0]
        try await ledger.settle(
            drop, verdict: .done, folder: "/srv/first/done/2026-11-29", target: "a.csv", summary: [], size: 1,
            sha256: "abc", firstSentAt: 1, isSent: true, proof: SettledProof(path: "", resultSHA256: "1"), at: 2)
        for spool in ["/srv/first", "/mnt/copy"] {
            let copy = KeptFolders(Settings.Directories(spool: spool))
            let reading = try #require(try LedgerReading(path: path, folders: copy))
            let folder = spool + "/done/2026-11-29"
            #expect(try reading.sent(since: 0).map(\.folder) == [folder] && reading.list().map(\.folder) == [folder])
            #expect(try reading.drop(drop)?.folder == folder && reading.open().map(\.folder) == [folder])
            #expect(try await Ledger(path: path, folders: copy, firstNumber: 1).open().map(\.folder) == [folder])
        }
    }

    @Test(
        "A ledger that had whole paths goes forward: those of its own spool, and of one that it was copied from; others stay. Who reads it before finds the same"
    )
    func foldersOfSchema4() async throws {
        let spool = folder.path("spool")
        let copy = Settings.Directories(spool: spool, state: folder.path("."))
        for name in ["done/2026-11-29", "failed"] {
            try FileManager.default.createDirectory(
                atPath: spool + "/" + name, withIntermediateDirectories: true)
        }
        do {
            let ledger = try Ledger(path: path, firstNumber: 1)
            let drops = try await claim(ledger, "a.csv", "b.csv", "c.csv", "d.csv")
            let folders = [
                "/srv/first/done/2026-11-29", "/srv/first/failed", "/data/done", spool + "/done",
            ]
            for (drop, folder) in zip(drops, folders) {
                try await ledger.settle(
                    drop, verdict: .done, folder: folder, target: "\(drop).csv", summary: Array("{}".utf8), size: 1,
                    sha256: "abc", firstSentAt: 1, isSent: true, proof: SettledProof(path: "", resultSHA256: "1"), at: 2
                )
            }
            try await ledger.close(drops)
            // The first two lie here; what stands in the second's place is another file.
            try Data("{}".utf8).write(
                to: URL(fileURLWithPath: spool + "/done/2026-11-29/" + FileNames.summary("\(drops[0]).csv")))
            try Data("{ }".utf8).write(
                to: URL(fileURLWithPath: spool + "/failed/" + FileNames.summary("\(drops[1]).csv")))
        }
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: "DELETE FROM grdb_migrations WHERE identifier = 'v5'; PRAGMA user_version = 4")
        }
        try queue.close()
        let folders = [spool + "/done/2026-11-29", "/srv/first/failed", "/data/done", spool + "/done"]
        // Whoever only reads finds them before anybody has opened the ledger to write, and takes nothing forward.
        let early = try #require(try LedgerReading(path: path, folders: KeptFolders(copy)))
        #expect(try early.sent(since: 0).map(\.folder) == folders)
        #expect(try early.list().map(\.folder) == folders.reversed())
        let version = try await DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
        #expect(version == 4)
        _ = try Ledger(path: path, folders: KeptFolders(copy), firstNumber: 1)
        let reading = try #require(try LedgerReading(path: path, folders: KeptFolders(copy)))
        #expect(try reading.sent(since: 0).map(\.folder) == folders)
    }

    @Test("A withdrawal is known to the next file of the name, until it is withdrawn itself")
    func withdrawn() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drop = try await claim(ledger, "a.csv")[0]
        try await settle(ledger, drop)
        try await ledger.close([drop])
        func withdrawnAt() async throws -> Set<String>? {
            try await ledger.predecessors(of: 99, name: "a.csv", rule: "").first?.withdrawnAt
        }
        func withdraw(_ original: Int, refused: Bool = false) async throws -> Int {
            let number = try await ledger.reserve(1)[0]
            var made = snapshot()
            made.original = original
            made.isMade = true
            made.asked = AskedFor(
                .withdraw(Withdrawal(.drop(original), why: "wrong")), by: Person(text: "unix:a", isNamed: true),
                at: Int64(number))
            try await ledger.make([MadeDrop(number: number, name: "w", snapshot: made, hold: nil)], at: 1)
            if refused { try await settle(ledger, number, verdict: .refused, isSent: false) }
            return number
        }
        #expect(try await withdrawnAt() == [])
        _ = try await withdraw(drop, refused: true)
        #expect(try await withdrawnAt() == [])
        let number = try await withdraw(drop)
        #expect(try await withdrawnAt() == Set(snapshot().rule.destinations))
        let makers = try #require(try LedgerReading(path: path)).lineage()
        #expect(makers.map(\.number).last == number && makers.count == 2)
        let undoing = try await withdraw(number)
        #expect(try await withdrawnAt() == [])
        // The same is told of each of them, around whichever drop it is asked for.
        let reading = try #require(try LedgerReading(path: path))
        let told = try reading.withdrawals(of: drop)
        #expect(told.withdrawals.map(\.state) == [.refused, .undone] && told.withdrawals.last?.drop == number)
        #expect(told.withdrawals.last?.withdrawals.map(\.drop) == [undoing])
        #expect(told.withdrawals.allSatisfy { $0.by == "unix:a" && $0.why == "wrong" })
        #expect(try reading.withdrawals(of: undoing).withdrawn == [number, drop])
        #expect(try reading.withdrawals(of: number).withdrawals.map(\.state) == [.posting])
        #expect(try reading.withdrawals(of: 99) == DropWithdrawals())
    }

    @Test("What an auditor asks for stays when a drop is closed: PostIDs, logins and digests")
    func audit() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        var correction = snapshot()
        correction.arrivedAt = 800
        correction.age = 700
        correction.original = 1
        let drops = try await ledger.claim([("a.csv", snapshot()), ("b.csv", correction)], at: 1_000)
        for drop in drops {
            try await ledger.plan(
                drop, size: 10, sha256: "abc", digests: [1], rows: 2,
                postings: [.init(destination: "cache", postIDBase: UInt32(drop * 10), postedThrough: 2, login: "{}")])
            try await settle(ledger, drop)
        }
        try await ledger.close(drops)
        let queue = try DatabaseQueue(path: path)
        func lines(_ columns: String, of table: String) async throws -> [String] {
            try await queue.read { db in
                try String.fetchAll(db, sql: "SELECT json_array(\(columns)) FROM \(table) ORDER BY 1")
            }
        }
        let digest = SHA256Text.of(Array("{}".utf8))
        let result = String(repeating: "1", count: 64)
        let columns =
            "number, arrived_at, age, original, summary_sha256, result_sha256, length(summary), length(digests)"
        #expect(
            try await lines(columns, of: #""drop""#) == [
                #"[1,null,null,null,"\#(digest)","\#(result)",0,0]"#, #"[2,800,700,1,"\#(digest)","\#(result)",0,0]"#,
            ])
        #expect(
            try await lines(#""drop", destination, post_id_base, posted_through, login"#, of: "posting") == [
                #"[1,"cache",10,2,"{}"]"#, #"[2,"cache",20,2,"{}"]"#,
            ])
        #expect(try await ledger.open() == [])
    }

    @Test("A stage that this version does not know is told with its drop")
    func unknownStage() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drop = try await claim(ledger, "a.csv")[0]
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: #"UPDATE "drop" SET stage = 'parked'"#) }
        let words =
            "the ledger has drop \(drop) in the stage parked, which this version of Postbox does not know; use the version that wrote it"
        await #expect {
            try await ledger.open()
        } throws: { error in
            "\(error)" == words
        }
        let reading = try #require(try LedgerReading(path: path))
        #expect {
            try reading.drop(drop)
        } throws: { error in
            "\(error)" == words
        }
    }

    @Test("Another program is told of the finished drops that sent something since then, with their places")
    func sentSince() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        var urgent = snapshot()
        urgent.rule.priority = 5
        urgent.age = 77
        let drops = try await ledger.claim(
            [("a", snapshot()), ("b", urgent), ("c", snapshot()), ("d", snapshot())], at: 1)
        try await settle(ledger, drops[0], target: "a", at: 999)
        try await settle(ledger, drops[1], target: "b.2", at: 1_000)
        try await settle(ledger, drops[2], verdict: .refused, target: "c", isSent: false, at: 1_001)
        try await ledger.close([drops[1]])
        let sent = try #require(try LedgerReading(path: path)).sent(since: 1_000)
        #expect(sent.map(\.place) == [DropPlace(drop: drops[1], age: 77, priority: 5)])
        #expect(sent.map(\.destinations) == [["cache", "rcc"]])
        #expect(sent.map(\.folder) == ["/spool/done"] && sent.map(\.target) == ["b.2"])
    }

    @Test("A ledger of a newer Postbox, and a file that is none, are refused in words")
    func foreign() async throws {
        for version in ["0.8.0", "0.9.1", "0.8.0", "0.9.1"] {
            _ = try Ledger(path: path, version: version, firstNumber: 1)
        }
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: "PRAGMA user_version = 6") }
        #expect {
            try Ledger(path: path, firstNumber: 1)
        } throws: { error in
            "\(error)" == "the ledger \(path) was written by a newer Postbox, 0.9.1 (schema 6); use that one"
        }
        #expect(try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM writer") } == 2)
        // One that does not tell.
        try await queue.write { try $0.execute(sql: "DROP TABLE writer") }
        try queue.close()
        #expect {
            try Ledger(path: path, firstNumber: 1)
        } throws: { error in
            "\(error)" == "the ledger \(path) was written by a newer Postbox (schema 6); use that one"
        }
        let noise = try folder.write(String(repeating: "no database ", count: 400), to: "noise.sqlite")
        #expect {
            try Ledger(path: noise, firstNumber: 1)
        } throws: { error in
            "\(error)".hasPrefix("the ledger \(noise) cannot be opened: ")
        }
        #expect {
            try Ledger(path: folder.path("nowhere/ledger.sqlite"), firstNumber: 1)
        } throws: { error in
            (error as? LedgerError)?.isDiskFault == true
        }
    }

    // MARK: - What is held

    private func hold(_ since: Int64 = 1_000) -> Hold {
        Hold(reason: Hold.overtaken, text: "older than what came since", rows: 2, since: since, within: .seconds(60))
    }

    @Test("A drop is held until one decision comes; a second one changes nothing")
    func held() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drop = try await claim(ledger, "a.csv")[0]
        try await ledger.hold(drop, hold())
        #expect(try await ledger.held().map(\.number) == [drop])
        #expect(try await ledger.isHeld(drop))
        #expect(try await ledger.isFinished(drop) == false)
        // It is none that a newer one of its name could repeat, and no file that a command could mean.
        #expect(try await ledger.predecessors(of: 99, name: "a.csv", rule: "").isEmpty)
        #expect(try await ledger.drop(named: "a.csv", after: nil) == nil)

        var proposed = hold()
        proposed.proposal = Hold.Proposal(by: "unix:alice", at: 5, rows: .only([1...1]))
        #expect(try await ledger.propose(drop, proposed, by: RecordAct("propose_release", by: "unix:a", from: "here")))
        #expect(try await ledger.record(of: drop)?.hold == proposed)
        var decided = proposed
        decided.decision = .released(by: "unix:bob", proposedBy: "unix:alice", at: 9, rows: .only([1...1]), isNew: true)
        var new = snapshot()
        new.isNew = true
        new.age = 77
        #expect(try await ledger.decide(drop, decided, new))
        var other = hold()
        other.decision = .refused(by: "unix:carol", at: 10, why: "late")
        #expect(try await !ledger.decide(drop, other, snapshot()))
        #expect(try await !ledger.propose(drop, other, by: RecordAct("propose_release", by: "unix:b", from: "here")))
        let record = try #require(try await ledger.record(of: drop))
        #expect(record.stage == .claimed && record.hold == decided && record.snapshot == new && record.starts == 0)
        #expect(try await ledger.held().isEmpty)
        let asked = try await claim(ledger, "b.csv")[0]
        var resent = snapshot()
        resent.original = drop
        resent.asked = AskedFor(.retry(drop: drop, why: nil), by: Person(text: "page:dora", isNamed: true), at: 8)
        let made = try await ledger.reserve(1)[0]
        try await ledger.make([MadeDrop(number: made, name: "c.csv", snapshot: resent, hold: nil)], at: 9)
        #expect(
            try LedgerReading(path: path)?.people(of: [drop, asked, made, 99])
                == [drop: "released by bob, proposed by alice", made: "retry by dora"])
        // What is not claimed any more is not held.
        try await ledger.plan(drop, size: 1, sha256: "", digests: [], rows: 1, postings: [])
        try await ledger.hold(drop, hold())
        #expect(try await ledger.record(of: drop)?.stage == .posting)
    }

    @Test("Drops of a file's rows are made with its end, all or none, under numbers that no other drop gets")
    func made() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drop = try await claim(ledger, "a.csv")[0]
        let numbers = try await ledger.reserve(2)
        #expect(numbers == [drop + 1, drop + 2])
        #expect(try await claim(ledger, "b.csv") == [drop + 3])
        var made = snapshot()
        made.original = drop
        made.age = 5
        made.isMade = true
        try await ledger.settle(
            drop, verdict: .partial, folder: "/f", target: "a.csv", summary: [], size: 1, sha256: "",
            firstSentAt: 0, isSent: true,
            made: [MadeDrop(number: numbers[0], name: "h.csv", snapshot: made, hold: hold())],
            proof: SettledProof(path: "failed/a.csv", resultSHA256: "r"), at: 9)
        let held = try #require(try await ledger.record(of: numbers[0]))
        #expect(held.stage == .held && held.hold == hold() && held.snapshot == made && held.name == "h.csv")
        #expect(try await ledger.record(of: drop)?.stage == .settled)
        // One that cannot be made: nothing changes.
        let pair = [
            MadeDrop(number: numbers[1], name: "c.csv", snapshot: made, hold: nil),
            MadeDrop(number: numbers[0], name: "d.csv", snapshot: made, hold: nil),
        ]
        await #expect(throws: LedgerError.self) { try await ledger.make(pair, at: 9) }
        #expect(try await ledger.record(of: numbers[1]) == nil)
        // Somebody else had one made meanwhile.
        #expect(try await !ledger.make([pair[0]], seen: [], at: 9))
        #expect(try await ledger.record(of: numbers[1]) == nil)
        #expect(try await ledger.make([pair[0]], seen: [numbers[0]], at: 9))
        #expect(try await ledger.record(of: numbers[1])?.stage == .claimed)
        #expect(try await ledger.claim([("e.csv", snapshot())], at: 9) == [drop + 4])
    }

    @Test("The schema itself refuses what makes no sense")
    func schema() async throws {
        _ = try Ledger(path: path, firstNumber: 1)
        let queue = try DatabaseQueue(path: path)
        for sql in [
            #"INSERT INTO "drop" (name, stage, claimed_at, rule, snapshot) VALUES ('a', 'settled', 1, '', x'')"#,
            #"INSERT INTO "drop" (name, stage, claimed_at, rule, snapshot) VALUES ('a', 'held', 1, '', x'')"#,
            #"INSERT INTO "drop" (name, stage, claimed_at, rule, snapshot) VALUES (NULL, 'claimed', 1, '', x'')"#,
            #"INSERT INTO posting ("drop", destination, post_id_base) VALUES (7, 'cache', 1)"#,
        ] {
            await #expect(throws: DatabaseError.self) { try await queue.write { try $0.execute(sql: sql) } }
        }
        try await queue.write {
            try $0.execute(
                sql:
                    #"INSERT INTO "drop" (name, stage, claimed_at, rule, snapshot) VALUES ('a', 'claimed', 1, '', x'')"#
            )
        }
    }
}

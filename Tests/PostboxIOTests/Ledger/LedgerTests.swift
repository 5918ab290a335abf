import Foundation
import GRDB
import PostboxCore
import PostboxIO
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
        size: Int = 10, at now: Int64 = 5_000
    ) async throws {
        try await ledger.settle(
            drop, verdict: verdict, folder: "/spool/done", target: target, summary: Array("{}".utf8), size: size,
            sha256: sha256, firstSentAt: 3_000, at: now)
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
        #expect(version == 1)
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
        #expect(try await ledger.originalName(ofTarget: "b.2.csv") == "b.csv")
        #expect(try await ledger.originalName(ofTarget: "b.3.csv") == nil)
    }

    @Test("A file is a duplicate by content, size and name, when the earlier one ended done and recently")
    func earlier() async throws {
        let ledger = try Ledger(path: path, firstNumber: 1)
        let drops = try await claim(ledger, "eod.csv", "eod.csv", "other.csv", "bad.csv", "eod.csv")
        try await settle(ledger, drops[0], at: 1_000)
        try await settle(ledger, drops[1], at: 2_000)
        try await settle(ledger, drops[2], at: 2_000)
        try await settle(ledger, drops[3], verdict: .partial, at: 2_000)
        try await settle(ledger, drops[4], at: 3_000)
        try await ledger.close([drops[0], drops[1], drops[2], drops[3]])
        func earlier(
            _ name: String = "eod.csv", sha256: String = "abc", size: Int = 10, since: Int64 = 0
        ) async throws -> Int? {
            try await ledger.earlier(sha256: sha256, size: size, name: name, since: since)
        }
        // The newest that is closed; the last one is not yet.
        #expect(try await earlier() == drops[1])
        #expect(try await earlier("other.csv") == drops[2])
        #expect(try await earlier("bad.csv") == nil)
        #expect(try await earlier("unknown.csv") == nil)
        #expect(try await earlier(sha256: "abd") == nil)
        #expect(try await earlier(size: 11) == nil)
        #expect(try await earlier(since: 2_000) == drops[1])
        #expect(try await earlier(since: 2_001) == nil)
    }

    @Test("A ledger of a newer Postbox, and a file that is none, are refused in words")
    func foreign() async throws {
        _ = try Ledger(path: path, firstNumber: 1)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: "PRAGMA user_version = 2") }
        try queue.close()
        #expect {
            try Ledger(path: path, firstNumber: 1)
        } throws: { error in
            "\(error)".contains("was written by a newer Postbox (schema 2)")
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

    @Test("The schema itself refuses what makes no sense")
    func schema() async throws {
        _ = try Ledger(path: path, firstNumber: 1)
        let queue = try DatabaseQueue(path: path)
        for sql in [
            #"INSERT INTO "drop" (name, stage, claimed_at, snapshot) VALUES ('a', 'lost', 1, x'')"#,
            #"INSERT INTO "drop" (name, stage, claimed_at, snapshot) VALUES ('a', 'settled', 1, x'')"#,
            #"INSERT INTO "drop" (name, stage, claimed_at, snapshot) VALUES (NULL, 'claimed', 1, x'')"#,
            #"INSERT INTO posting ("drop", destination, post_id_base) VALUES (7, 'cache', 1)"#,
        ] {
            await #expect(throws: DatabaseError.self) { try await queue.write { try $0.execute(sql: sql) } }
        }
        try await queue.write {
            try $0.execute(
                sql: #"INSERT INTO "drop" (name, stage, claimed_at, snapshot) VALUES ('a', 'claimed', 1, x'')"#)
        }
    }
}

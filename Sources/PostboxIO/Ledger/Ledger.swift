internal import Foundation
internal import GRDB
package import PostboxCore
internal import Synchronization

/// The rules a drop was claimed with: it is finished under them, whatever the configuration says later.
package struct DropSnapshot: Sendable, Equatable, Codable {
    package var rule: MappingRule
    /// By destination: its services, the default first.
    package var services: [String: [String]]
    package var updateOnly: [String: Bool]
    /// When the file was last changed in the inbox, microseconds since 1970: its age counts from here.
    package var arrivedAt: Int64?
    /// How old its values are among those of other drops; see `DropPlace`. nil in older ledgers.
    package var age: Int64?
    /// The drop whose bad rows the file holds, corrected; nil: they are nobody's.
    package var original: Int?
    /// SHA-256 of the configuration that the rule comes from. nil in older ledgers.
    package var configSHA256: String?
    /// By name: the tables that its values are looked up in, as they were at its claim. nil: none.
    package var tables: [String: TableCopy]?
    /// The dictionary that its values are held to, as it was at its claim. nil: none.
    package var dictionary: DictionaryCopy?
    /// Its rows were in another drop, and go as new ones all the same. nil: they are as old as they were there.
    package var isNew: Bool?
    /// It was made of rows of another drop, and never lay in the inbox. nil: it did.
    package var isMade: Bool?
    /// It was held as a whole while others went: what is newer by now stands against its rows, as it does against those of a correction.
    /// nil: it was not.
    package var isLate: Bool?
    /// Drops with newer values were through before it was claimed: what they had accepted stands against its rows. nil: none was.
    package var wasPassed: Bool?
    /// Who had it made of rows of another drop. nil: nobody; it lay in the inbox, or holds rows that were held.
    package var asked: AskedFor?
    /// Destinations that only rehearsed when it was claimed: nothing of it is posted there. nil: none.
    package var rehearsed: [String]?
    /// Of a drop that was made of last accepted values: what was known then. Whatever was accepted since stands against its rows. nil: its
    /// values are a file's.
    package var known: KnownResults?
    /// What was found in the file for the rule's `take`; of a drop with rows of another one, what was found there, until it is read
    /// itself. nil: the rule asks for nothing of the kind, or the file was not read.
    package var taken: RowScan?
    /// Where the rule takes `$row`: the numbers that the drop's rows had in the file that they come from. nil: they come from this one.
    package var numbers: RowSet?
    /// Where the rule takes `$row`, by destination: the numbers of the rows that are in its files of rejects. nil: there are none.
    package var rejected: [String: RowSet]?

    /// What is kept as one text. The rest has columns of its own, which can be asked for.
    private enum CodingKeys: CodingKey {
        case rule, services, updateOnly, configSHA256, tables, dictionary, isNew, isMade, isLate, asked, rehearsed,
            known, taken, numbers, rejected, wasPassed
    }

    package init(
        rule: MappingRule, services: [String: [String]], updateOnly: [String: Bool], arrivedAt: Int64? = nil,
        configSHA256: String? = nil
    ) {
        self.configSHA256 = configSHA256
        self.arrivedAt = arrivedAt
        self.rule = rule
        self.services = services
        self.updateOnly = updateOnly
    }

    /// Its rows were in another drop, or were held, and are as old as they were there.
    package var isCorrection: Bool { (original != nil || isLate == true || known != nil) && isNew != true }

    /// It says what servers hold already, and nobody waits for it who compares with what they hold.
    package var isRepublication: Bool { asked?.isRepublication == true }

    /// Rows of it that newer ones have overtaken are held.
    package var holdsOvertaken: Bool { isCorrection && (rule.corrections ?? .hold) == .hold }

    /// The numbers that some of its rows had in the file that they come from first; nil: the rule does not ask.
    package func originalNumbers(of rows: RowSet) -> RowSet? {
        guard rule.takesRowNumbers else { return nil }
        return numbers.map { RowNumbers($0).numbers(of: rows) } ?? rows
    }

    /// Where the drop of that number stands among others.
    package func place(of drop: Int) -> DropPlace {
        DropPlace(drop: drop, age: age ?? 0, priority: rule.priority ?? 0)
    }
}

/// A drop as the ledger holds it.
package struct DropRecord: Sendable, Equatable {
    package struct Posting: Sendable, Equatable {
        package var destination: String
        package var postIDBase: UInt32
        /// Rows up to this one may have been sent; 0: none.
        package var postedThrough: Int
        /// How the destination was logged in when the contribution was begun, as the summary tells it; empty: not known.
        package var login: String

        package init(destination: String, postIDBase: UInt32, postedThrough: Int, login: String = "") {
            self.destination = destination
            self.postIDBase = postIDBase
            self.postedThrough = postedThrough
            self.login = login
        }
    }

    package var number: Int
    package var name: String
    package var stage: FileStage
    /// Microseconds since 1970.
    package var claimedAt: Int64
    package var snapshot: DropSnapshot
    /// Times its contribution was begun.
    package var starts: Int
    package var size: Int
    package var sha256: String
    /// Sixteen bytes for each chunk.
    package var digests: [UInt8]
    package var rows: Int
    package var firstSentAt: Int64
    package var verdict: Verdict?
    /// Where it goes: a directory.
    package var folder: String
    /// The name it gets there.
    package var target: String
    /// The bytes of its summary file.
    package var summary: [UInt8]
    package var settledAt: Int64
    package var postings: [Posting]
    /// Why it is or was held; nil: it never was.
    package var hold: Hold?
}

/// A drop that is made of rows of another one, and never lay in the inbox.
package struct MadeDrop: Sendable {
    /// As `Ledger.reserve` gave it.
    package var number: Int
    package var name: String
    package var snapshot: DropSnapshot
    /// nil: it goes on at once.
    package var hold: Hold?

    package init(number: Int, name: String, snapshot: DropSnapshot, hold: Hold?) {
        self.number = number
        self.name = name
        self.snapshot = snapshot
        self.hold = hold
    }
}

/// The one type in front of SQLite: what was promised about every drop, durably.
///
/// Changes of many drops that come together are one transaction and one sync. A change is durable when its call returns.
package actor Ledger {
    private let thread = DiskThread(label: "ledger")
    let database: DatabaseQueue
    let folders: KeptFolders?
    private var pending: [Pending] = []
    private var isScheduled = false
    private var pause = GroupPause()
    /// Transactions committed so far.
    package private(set) var commits = 0

    /// Numbers that this run has kept for drops which are not made. They are noted within the transaction that keeps them: nobody finds
    /// one that is given and not noted.
    let unmade = UnmadeNumbers()

    /// Called after each transaction that the record has lines of.
    private var recorded: (@Sendable () -> Void)?

    private struct Pending {
        /// Returns what is called once the transaction is committed.
        var change: @Sendable (Database) throws -> @Sendable () -> Void
        var isRecorded: Bool
        /// Called where it is not.
        var fail: @Sendable (any Error) -> Void
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Opens or creates a ledger by itself, and makes one of an earlier schema today's.
    ///
    /// - Parameters:
    ///   - folders: How it keeps the folders of finished files; nil: as they are.
    ///   - version: Of this Postbox, as an older one is told it that cannot read the ledger any more; nil: it is not noted.
    ///   - firstNumber: What a new ledger counts from, so that a number is never used again although an older ledger was lost; asked
    ///     for when there is nothing in the ledger, also where an earlier start left an empty one.
    ///
    /// Throws `LedgerError` when it cannot be used.
    package init(
        path: String, folders: KeptFolders? = nil, version: String? = nil, firstNumber: @autoclosure () throws -> Int
    ) throws {
        self.folders = folders
        do {
            var configuration = Configuration()
            configuration.foreignKeysEnabled = true
            configuration.busyMode = .timeout(5)
            database = try DatabaseQueue(path: path, configuration: configuration)
            let isDurable = Disk.isDurable
            try database.writeWithoutTransaction { db in
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                guard mode == "wal" else {
                    throw LedgerError(
                        message: "the ledger \(path) cannot be put into WAL mode; is state/ a local disk?")
                }
                try db.execute(sql: "PRAGMA synchronous = \(isDurable ? "FULL" : "OFF")")
                let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
                guard synchronous == (isDurable ? 2 : 0) else {
                    throw LedgerError(message: "the ledger \(path) does not sync as it must")
                }
            }
            let schema = try database.read(LedgerSchema.version)
            guard schema <= LedgerSchema.current else {
                let writer = try database.read(LedgerSchema.writer).map { ", \($0)" } ?? ""
                throw LedgerError(
                    message:
                        "the ledger \(path) was written by a newer Postbox\(writer) (schema \(schema)); use that one")
            }
            try LedgerSchema.migrator(firstNumber: schema == 0 ? try firstNumber() : 1, folders).migrate(database)
            if let version {
                try database.write { db in try LedgerSchema.note(writer: version, at: Clock.wall(), in: db) }
            }
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(message: "the ledger \(path) cannot be opened: \(error)", isDiskFault: true)
        }
    }

    // MARK: - What happens to a drop

    /// Gives each name a number, in order; recorded before the files are moved.
    package func claim(
        _ files: [(name: String, snapshot: DropSnapshot)], at now: Int64
    ) async throws -> [Int] {
        let encoded = try files.map { ($0.name, $0.snapshot, try JSONEncoder().encode($0.snapshot)) }
        return try await commit { db in
            try encoded.map { name, snapshot, encoded in
                try db.insert(nil, name, snapshot, encoded, starts: 1, at: now)
                return Int(db.lastInsertedRowID)
            }
        }
    }

    /// The claim came to nothing: its file was gone before it could be moved.
    package func forget(_ drop: Int) async throws {
        try await commit(recorded: true) { db in
            try db.run(sql: #"DELETE FROM "drop" WHERE number = ? AND stage = 'claimed'"#, arguments: [drop])
            if db.changesCount > 0 { try db.record(.forgotten(drop: drop), at: Clock.wall()) }
        }
    }

    /// Numbers for drops that are to be made; no other drop gets them.
    package func reserve(_ count: Int) async throws -> [Int] {
        try await commit(recorded: true) { [unmade] db in
            try db.run(
                sql: """
                    INSERT INTO sqlite_sequence (name, seq) SELECT 'drop', 0
                    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'drop')
                    """, arguments: [])
            let last = try Int.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'drop'") ?? 0
            try db.run(sql: "UPDATE sqlite_sequence SET seq = ? WHERE name = 'drop'", arguments: [last + count])
            let numbers = (0..<count).map { last + 1 + $0 }
            unmade.insert(numbers)
            try db.record(.reserved(first: last + 1, last: last + count), at: Clock.wall())
            return numbers
        }
    }

    /// Makes drops, all or none. False: more drops were made of the same ones meanwhile, and none of these is.
    ///
    /// - Parameters:
    ///   - act: what a person did to have them made; nil: nobody asked for them.
    ///   - seen: what had been made of the same ones when this was decided; nil: that does not matter.
    @discardableResult
    package func make(
        _ drops: [MadeDrop], by act: RecordAct? = nil, seen: Set<Int>? = nil, at now: Int64
    ) async throws -> Bool {
        let encoded = try drops.map { try EncodedDrop($0) }
        let originals = Set(drops.compactMap(\.snapshot.original))
        let isMade = try await commit(recorded: true) { db -> Bool in
            if let seen {
                for original in originals {
                    let made = try Int.fetchAll(
                        db, sql: #"SELECT number FROM "drop" WHERE original = ?"#, arguments: [original])
                    guard seen.isSuperset(of: made) else { return false }
                }
            }
            if let act { try db.record(.act(act), at: now) }
            for drop in encoded { try db.insert(drop, at: now) }
            return true
        }
        if isMade { unmade.remove(drops.map(\.number)) }
        return isMade
    }

    /// A file found in `work/` that the ledger does not know gets a row under its directory's number.
    package func adopt(_ drop: Int, name: String, snapshot: DropSnapshot, at now: Int64) async throws {
        let encoded = try JSONEncoder().encode(snapshot)
        try await commit { db in
            try db.insert(drop, name, snapshot, encoded, starts: 0, at: now)
        }
    }

    // A file that brings the program down must not do so for ever. `starts` counts the times that one of its dangerous steps
    // was begun and not seen to end: reading it, and sending its first rows. Whoever was killed from outside while it
    // waited is not blamed.

    /// A dangerous step of a drop that an earlier run left begins.
    package func begin(_ drop: Int) async throws {
        try await commit { db in
            try db.run(sql: #"UPDATE "drop" SET starts = starts + 1 WHERE number = ?"#, arguments: [drop])
        }
    }

    /// The drop's first pass ended well.
    package func readThrough(_ drop: Int) async throws {
        try await commit { db in
            try db.run(
                sql: #"UPDATE "drop" SET starts = max(starts - 1, 0) WHERE number = ?"#, arguments: [drop])
        }
    }

    /// The drop goes forward: it is not the one that brings the program down.
    package func progressed(_ drop: Int) async throws {
        try await commit { db in
            try db.run(sql: #"UPDATE "drop" SET starts = 0 WHERE number = ?"#, arguments: [drop])
        }
    }

    /// The first pass found this for the rule's `take`: rows of the drop that come again are held to it.
    package func note(_ drop: Int, taken: RowScan) async throws { try await note(drop, taken, as: "taken") }

    /// Files of rejects have these rows, by destination: rows that come again have their numbers.
    package func note(_ drop: Int, rejected: [String: RowSet]) async throws {
        try await note(drop, rejected, as: "rejected")
    }

    /// Adds a member to what the drop was claimed with.
    private func note(_ drop: Int, _ value: some Encodable, as member: String) async throws {
        let encoded = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        try await commit { db in
            try db.run(
                sql: """
                    UPDATE "drop" SET snapshot = CAST(json_set(CAST(snapshot AS TEXT), ?, json(?)) AS BLOB)
                    WHERE number = ?
                    """, arguments: ["$.\(member)", encoded, drop])
        }
    }

    /// The first pass is through: rows may be sent from now on, once `postedThrough` covers them.
    package func plan(
        _ drop: Int, size: Int, sha256: String, digests: [UInt8], rows: Int, postings: [DropRecord.Posting]
    ) async throws {
        try await commit { db in
            try db.run(
                sql: """
                    UPDATE "drop" SET stage = 'posting', size = ?, sha256 = ?, digests = ?, rows = ?,
                    starts = max(starts - 1, 0) WHERE number = ?
                    """, arguments: [size, sha256, Data(digests), rows, drop])
            for posting in postings {
                try db.run(
                    sql: """
                        INSERT INTO posting ("drop", destination, post_id_base, posted_through, login)
                        VALUES (?, ?, ?, ?, ?)
                        ON CONFLICT DO UPDATE SET posted_through = max(posted_through, excluded.posted_through)
                        """,
                    arguments: [
                        drop, posting.destination, Int64(posting.postIDBase), posting.postedThrough, posting.login,
                    ])
            }
        }
    }

    /// Rows up to this one may be sent when the call returns. `isFirst`: nothing of the drop was sent by this run before.
    package func advance(_ drop: Int, destination: String, through row: Int, isFirst: Bool) async throws {
        try await commit { db in
            try db.run(
                sql: isFirst
                    ? #"UPDATE "drop" SET starts = starts + 1 WHERE number = ?"#
                    : #"UPDATE "drop" SET starts = 0 WHERE number = ? AND starts > 0"#, arguments: [drop])
            try db.run(
                sql: """
                    UPDATE posting SET posted_through = max(posted_through, ?) WHERE "drop" = ? AND destination = ?
                    """, arguments: [row, drop, destination])
        }
    }

    /// A stop that was waited for: rows behind this one were certainly not sent.
    package func rewind(_ drop: Int, destination: String, to row: Int) async throws {
        try await commit { db in
            try db.run(
                sql: """
                    UPDATE posting SET posted_through = min(posted_through, ?) WHERE "drop" = ? AND destination = ?
                    """, arguments: [row, drop, destination])
        }
    }

    /// Every row has its outcome, durably, and what the server stores of them is read back from now on. `note`: what the
    /// summary is to tell, whichever run writes it.
    package func verify(_ drop: Int, _ note: ReadBackNote) async throws {
        try await commit { db in
            try db.run(
                sql: #"UPDATE "drop" SET stage = 'verifying', starts = 0, summary = ? WHERE number = ?"#,
                arguments: [Data(note.text.utf8), drop])
        }
    }

    // MARK: - What is held

    /// A claimed drop, of which nothing was sent, is held from now on.
    package func hold(_ drop: Int, _ hold: Hold) async throws {
        let encoded = try Self.text(of: hold)
        try await commit { db in
            try db.run(
                sql: #"UPDATE "drop" SET stage = 'held', hold = ?, starts = 0 WHERE number = ? AND stage = 'claimed'"#,
                arguments: [encoded, drop])
        }
    }

    /// Notes what somebody wants of a held drop, and in the record who. False: it is not held, and nothing changes.
    package func propose(_ drop: Int, _ hold: Hold, by act: RecordAct) async throws -> Bool {
        let encoded = try Self.text(of: hold)
        return try await commit(recorded: true) { db in
            try db.run(
                sql: #"UPDATE "drop" SET hold = ? WHERE number = ? AND stage = 'held'"#, arguments: [encoded, drop])
            guard db.changesCount > 0 else { return false }
            try db.record(.act(act), at: Clock.wall())
            return true
        }
    }

    /// What was decided about a held drop: it goes on as a claimed one, with that snapshot. False: it is not held any more, and
    /// nothing changes: somebody else was first. `act`: who decided it; nil: its time was over.
    package func decide(
        _ drop: Int, _ hold: Hold, _ snapshot: DropSnapshot, by act: RecordAct? = nil
    ) async throws -> Bool {
        let encoded = try Self.text(of: hold)
        let facts = try JSONEncoder().encode(snapshot)
        let age = snapshot.age
        return try await commit(recorded: act != nil) { db in
            try db.run(
                sql: """
                    UPDATE "drop" SET stage = 'claimed', hold = ?, snapshot = ?, age = ?, starts = 0
                    WHERE number = ? AND stage = 'held'
                    """, arguments: [encoded, facts, age, drop])
            guard db.changesCount > 0 else { return false }
            if let act { try db.record(.act(act), at: Clock.wall()) }
            return true
        }
    }

    private static func text(of hold: Hold) throws -> String {
        String(decoding: try JSONEncoder().encode(hold), as: UTF8.self)
    }

    /// Every row has its outcome: the verdict and the names stand, the moves may begin. `rows`: of the file, which is not known before
    /// where nothing of it was to be sent. `isSent`: a row of it was or may have been sent. `made`: drops of its rows, which begin with it. `proof`: what the record tells of it besides.
    package func settle(
        _ drop: Int, verdict: Verdict, folder: String, target: String, summary: [UInt8], size: Int, sha256: String,
        rows: Int = 0, firstSentAt: Int64, isSent: Bool, made: [MadeDrop] = [], proof: SettledProof, at now: Int64
    ) async throws {
        let summarySHA256 = SHA256Text.of(summary)
        let encoded = try made.map { try EncodedDrop($0) }
        let line = RecordEntry.Settled(
            drop: drop, file: "", verdict: verdict, path: proof.path, summarySHA256: summarySHA256,
            resultSHA256: proof.resultSHA256)
        let kept = folders?.kept(folder) ?? folder
        try await commit(recorded: true) { db in
            for drop in encoded { try db.insert(drop, at: now) }
            try db.run(
                sql: """
                    UPDATE "drop" SET stage = 'settled', verdict = ?, folder = ?, target = ?, summary = ?,
                    summary_sha256 = ?, result_sha256 = ?, size = ?, sha256 = ?, rows = max(rows, ?), first_sent_at = ?,
                    sent = ?, settled_at = ? WHERE number = ?
                    """,
                arguments: [
                    verdict.rawValue, kept, target, Data(summary), summarySHA256, proof.resultSHA256, size, sha256,
                    rows, firstSentAt, isSent, now, drop,
                ])
            try db.record(settled: line, at: Clock.wall())
        }
        unmade.remove(made.map(\.number))
    }

    /// Moved, durably. What an auditor asks for stays: the file's and the summary's digests, and by destination the PostIDs and the
    /// login.
    package func close(_ drops: [Int]) async throws {
        try await commit { db in
            for drop in drops {
                try db.run(
                    sql: #"UPDATE "drop" SET stage = 'closed', digests = x'', summary = x'' WHERE number = ?"#,
                    arguments: [drop])
            }
        }
    }

    // MARK: - Group commit

    /// Tells `body` of every transaction that the record has lines of, once it is durable.
    package func watchRecord(_ body: @escaping @Sendable () -> Void) { recorded = body }

    /// `recorded`: the record may get lines by it.
    func commit<Value: Sendable>(
        recorded: Bool = false, _ change: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            pending.append(
                Pending(
                    change: { db in
                        let value = try change(db)
                        return { continuation.resume(returning: value) }
                    }, isRecorded: recorded, fail: { continuation.resume(throwing: $0) }))
            guard !isScheduled else { return }
            isScheduled = true
            schedule()
        }
    }

    /// Behind the calls that wait for this actor already: their changes share one transaction.
    private func schedule() {
        Task { self.flush() }
    }

    private static func advice(_ code: ResultCode?) -> String {
        switch code {
        case .SQLITE_FULL: "; free some space, work goes on by itself"
        case .SQLITE_IOERR, .SQLITE_CANTOPEN: "; look after the disk of state/, work goes on by itself"
        case .SQLITE_READONLY: "; make state/ writable again, work goes on by itself"
        default: ""
        }
    }

    private func flush() {
        if pause.isDue {
            pause.wait()
            return schedule()
        }
        isScheduled = false
        let batch = pending
        pending = []
        pause.served(batch.count)
        do {
            let ends = try database.write { db in try batch.map { try $0.change(db) } }
            commits += 1
            for end in ends { end() }
            if batch.contains(where: \.isRecorded) { recorded?() }
        } catch {
            let code = (error as? DatabaseError)?.resultCode
            let wrapped = LedgerError(
                message: "the ledger refused a change: \(error)" + Self.advice(code),
                isDiskFault: [.SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN].contains(code))
            for entry in batch { entry.fail(wrapped) }
        }
    }
}

/// A made drop as the ledger takes it.
private struct EncodedDrop: Sendable {
    let drop: MadeDrop
    let snapshot: Data
    let hold: String?

    init(_ drop: MadeDrop) throws {
        self.drop = drop
        snapshot = try JSONEncoder().encode(drop.snapshot)
        hold = try drop.hold.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    }
}

/// What proves a settled drop, beside its summary.
package struct SettledProof: Sendable, Equatable {
    /// Where its file goes, as the record has it; see `RecordEntry.Settled`.
    package var path: String
    /// SHA-256 of the result in hexadecimal digits.
    package var resultSHA256: String

    package init(path: String, resultSHA256: String) {
        self.path = path
        self.resultSHA256 = resultSHA256
    }
}

/// Numbers of drops that are to be made.
final class UnmadeNumbers: Sendable {
    private let numbers = Mutex<Set<Int>>([])

    func insert(_ new: [Int]) { numbers.withLock { $0.formUnion(new) } }
    func remove(_ made: [Int]) { numbers.withLock { $0.subtract(made) } }
    var all: Set<Int> { numbers.withLock { $0 } }
}

extension Database {
    /// As `execute(sql:arguments:)`, but the statement is compiled once.
    func run(sql: String, arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// A drop that was made: claimed, or held.
    fileprivate func insert(_ made: EncodedDrop, at now: Int64) throws {
        let drop = made.drop
        try run(
            sql: """
                INSERT INTO "drop" (number, name, stage, hold, claimed_at, arrived_at, age, original, rule, snapshot)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                drop.number, drop.name, made.hold == nil ? "claimed" : "held", made.hold, now, drop.snapshot.arrivedAt,
                drop.snapshot.age, drop.snapshot.original, drop.snapshot.rule.match, made.snapshot,
            ])
        try record(.made(drop: drop.number, original: drop.snapshot.original), at: now)
    }

    /// A claimed drop. `number`: nil: the next one.
    fileprivate func insert(
        _ number: Int?, _ name: String, _ snapshot: DropSnapshot, _ encoded: Data, starts: Int, at now: Int64
    ) throws {
        try run(
            sql: """
                INSERT INTO "drop" (number, name, stage, claimed_at, arrived_at, age, original, rule, snapshot, starts)
                VALUES (?, ?, 'claimed', ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                number, name, now, snapshot.arrivedAt, snapshot.age, snapshot.original, snapshot.rule.match, encoded,
                starts,
            ])
    }
}

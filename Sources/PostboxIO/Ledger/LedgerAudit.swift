internal import Foundation
internal import GRDB
package import PostboxCore

extension LedgerReading {
    /// What the ledger knows of the record's end.
    package struct RecordState: Sendable, Equatable {
        /// The last line.
        package var number: Int
        package var sha256: String
        /// Lines that may be missing in the file, by number, without their line feeds.
        package var pending: [Pending]

        package struct Pending: Sendable, Equatable {
            package var number: Int
            package var line: String
            package var sha256: String
        }
    }

    /// nil: there is no record yet. Throws `LedgerError`.
    package func recordState() throws -> RecordState? {
        try read { db in
            guard try db.tableExists("record_head"),
                let head = try Row.fetchOne(db, sql: "SELECT number, sha256 FROM record_head")
            else { return nil }
            let rows = try Row.fetchAll(db, sql: "SELECT number, line, sha256 FROM record_line ORDER BY number")
            return RecordState(
                number: head["number"], sha256: head["sha256"],
                pending: rows.map {
                    RecordState.Pending(number: $0["number"], line: $0["line"], sha256: $0["sha256"])
                })
        }
    }

    /// Which drops to list, of those that are finished; nil: any.
    package struct Choice: Sendable, Equatable {
        package var numbers: [Int]?
        /// A name in the inbox; `*` and `?` as in a rule's `match`.
        package var name: String?
        package var verdict: Verdict?
        /// Settled in this time, microseconds since 1970.
        package var from: Int64?
        package var to: Int64?
        /// Newest first, and no more than so many.
        package var most: Int?
        /// Numbers below this one alone: the next page of a list.
        package var below: Int?
        /// Numbers above this one alone.
        package var above: Int?

        package init(
            numbers: [Int]? = nil, name: String? = nil, verdict: Verdict? = nil, from: Int64? = nil, to: Int64? = nil,
            most: Int? = nil, below: Int? = nil
        ) {
            self.numbers = numbers
            self.name = name
            self.verdict = verdict
            self.from = from
            self.to = to
            self.most = most
            self.below = below
        }
    }

    /// What is known of a drop beside its summary.
    package struct Listed: Sendable, Equatable {
        package var number: Int
        package var name: String
        package var stage: FileStage
        package var verdict: Verdict?
        /// The rule's `match`; empty: the plain mapping.
        package var rule: String
        package var rows: Int
        /// Microseconds since 1970; 0: not yet.
        package var claimedAt: Int64
        /// When it came: when the file was last changed in the inbox, else when it was claimed.
        package var arrivedAt: Int64
        package var settledAt: Int64
        /// The directory that it went to, and its name there; empty while it is not settled.
        package var folder: String
        package var target: String
        package var original: Int?
        package var resultSHA256: String?
        /// Its files were removed because their time was over, all but the summary.
        package var removedAt: Int64?
        /// Why nothing more is to be done about it, and who said so; nil: nobody did.
        package var noAction: NoAction?

        package var isFinished: Bool { stage == .settled || stage == .closed }
        /// Where its result lies.
        package var resultPath: String { folder + "/" + FileNames.result(target) }
        package var summaryPath: String { folder + "/" + FileNames.summary(target) }
    }

    /// Drops, the newest first; those in work and held ones too, where nothing is said of verdict and time. Throws `LedgerError`.
    package func list(_ choice: Choice = Choice()) throws -> [Listed] {
        try read { db in
            var conditions: [String] = []
            var arguments: [any DatabaseValueConvertible] = []
            func add(_ condition: String, _ argument: (any DatabaseValueConvertible)?) {
                guard let argument else { return }
                conditions.append(condition)
                arguments.append(argument)
            }
            if let numbers = choice.numbers {
                conditions.append("number IN (\(numbers.map(String.init).joined(separator: ",")))")
            }
            add("name GLOB ?", choice.name.map(Self.glob))
            add("verdict = ?", choice.verdict?.rawValue)
            add("settled_at >= ?", choice.from)
            add("settled_at < ?", choice.to)
            add("number < ?", choice.below)
            add("number > ?", choice.above)
            if choice.from != nil || choice.to != nil { conditions.append("stage IN ('settled', 'closed')") }
            // A service that is just making the ledger, or taking it forward.
            guard try db.tableExists("drop") else { return [] }
            let columns = Set(try db.columns(in: "drop").map(\.name))
            guard columns.contains("result_sha256") else { return [] }
            let isNew = columns.contains("no_action")
            let sql = """
                SELECT number, name, stage, verdict, rule, rows, claimed_at, COALESCE(arrived_at, claimed_at) AS came, settled_at, folder, target, original,
                result_sha256\(isNew ? ", no_action, removed_at" : "")
                FROM "drop"\(conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
                ORDER BY number DESC\(choice.most.map { " LIMIT \($0)" } ?? "")
                """
            return try Row.fetchAll(db, sql: sql, arguments: StatementArguments(arguments)).map { row in
                let verdict: String? = row["verdict"]
                let noAction: String? = isNew ? row["no_action"] : nil
                return Listed(
                    number: row["number"], name: row["name"],
                    stage: try FileStage(inLedger: row["stage"], of: row["number"]),
                    verdict: verdict.flatMap(Verdict.init(rawValue:)), rule: row["rule"], rows: row["rows"],
                    claimedAt: row["claimed_at"], arrivedAt: row["came"], settledAt: row["settled_at"],
                    folder: row["folder"],
                    target: row["target"], original: row["original"], resultSHA256: row["result_sha256"],
                    removedAt: isNew ? row["removed_at"] : nil, noAction: noAction.flatMap(NoAction.init(json:)))
            }
        }
    }

    /// SQLite's GLOB knows more than `*` and `?`.
    private static func glob(_ pattern: String) -> String { pattern.replacing("[", with: "[[]") }
}

/// What retention must not remove.
package enum NotRemoved: Sendable, Hashable {
    case drop(Int)
    /// Every result that has a row of it.
    case ric(String)

    package init?(kind: String, name: String) {
        switch kind {
        case "drop":
            guard let drop = Int(name) else { return nil }
            self = .drop(drop)
        case "ric": self = .ric(name)
        default: return nil
        }
    }

    package var kind: String { if case .drop = self { "drop" } else { "ric" } }

    package var name: String {
        switch self {
        case .drop(let drop): "\(drop)"
        case .ric(let ric): ric
        }
    }
}

extension LedgerReading {
    /// What is kept, whatever its age. Throws `LedgerError`.
    package func kept() throws -> Set<NotRemoved> {
        try read { db in
            guard try db.tableExists("keep") else { return [] }
            return Set(
                try Row.fetchAll(db, sql: "SELECT kind, name FROM keep").compactMap {
                    NotRemoved(kind: $0["kind"], name: $0["name"])
                })
        }
    }
}

extension Ledger {
    /// Keeps a drop's files, or all results with a RIC, from being removed, and tells the record who wanted that. False: it is kept
    /// already. Throws `LedgerError`.
    package func keep(_ kept: NotRemoved, by act: RecordAct, at now: Int64) async throws -> Bool {
        try await commitCounting { db in
            try db.run(
                sql: "INSERT OR IGNORE INTO keep (kind, name, since, by, why) VALUES (?, ?, ?, ?, ?)",
                arguments: [kept.kind, kept.name, now, act.by, act.why ?? ""])
            guard db.changesCount > 0 else { return false }
            try db.record(.act(act), at: now)
            return true
        }
    }

    /// Nothing more is to be done about a drop that is closed and did not end well. False: it is no such drop, and nothing changes.
    /// Throws `LedgerError`.
    package func noAction(_ drop: Int, _ why: NoAction, by act: RecordAct) async throws -> Bool {
        let text = why.json
        return try await commitCounting { db in
            try db.run(
                sql: #"UPDATE "drop" SET no_action = ? WHERE number = ? AND stage = 'closed' AND verdict != 'done'"#,
                arguments: [text, drop])
            guard db.changesCount > 0 else { return false }
            try db.record(.act(act), at: why.at)
            return true
        }
    }

    /// Files of a drop were removed because their time was over; called before they are, so that none goes untold. `files`: as the
    /// record has paths. Throws `LedgerError`.
    package func removed(_ drop: Int, files: [String], at now: Int64) async throws {
        try await commit(recorded: true) { db in
            try db.run(sql: #"UPDATE "drop" SET removed_at = ? WHERE number = ?"#, arguments: [now, drop])
            try db.record(.removed(drop: drop, files: files), at: now)
        }
    }

    private func commitCounting(_ change: @escaping @Sendable (Database) throws -> Bool) async throws -> Bool {
        let isDone = Flag()
        try await commit(recorded: true) { db in isDone.value = try change(db) }
        return isDone.value
    }
}

/// Carries an answer out of a transaction that runs as a closure.
// Written inside the ledger's transaction and read after it has ended: never at the same time.
private final class Flag: @unchecked Sendable {
    var value = false
}

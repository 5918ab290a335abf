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
        try await commit(recorded: true) { db in
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
    package func noAction(_ drop: Int, _ why: PersonNote, by act: RecordAct) async throws -> Bool {
        let text = why.json
        return try await commit(recorded: true) { db in
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
}

internal import GRDB
package import PostboxCore

/// Things that stand for a while and that the ledger keeps by kind and name: alerts of the day, who has them, what is muted, what was
/// told of a day.
package enum StandingKind: String, Sendable {
    case alert
    /// By the alert's number: who has it.
    case alertAck = "alert_ack"
    case mute
    /// What was told of a rule on a day; see `ScheduleTold`.
    case told
    /// Nothing is expected of a rule on a day; see `ScheduleSkip`.
    case skip
    /// By day: who answers for it; see `PersonNote`.
    case signedDay = "signed_day"
    /// By drop: each of its bad rows has been put right. Nothing takes that back.
    case putRight = "put_right"
    /// The configuration that one person wants in force; see `ReloadProposal`. Its name is empty.
    case reloadProposal = "reload_proposal"
}

/// One of them, as it is kept or taken away.
package struct StandingThing: Sendable, Equatable {
    package var kind: StandingKind
    package var name: String
    /// nil: it stands no more.
    package var value: String?

    package init(_ kind: StandingKind, _ name: String, _ value: String?) {
        self.kind = kind
        self.name = name
        self.value = value
    }
}

extension Ledger {
    /// Keeps things, or takes them away, and tells the record who wanted that, in one transaction. `act`: nil: nobody did it. Throws
    /// `LedgerError`.
    package func keep(_ things: [StandingThing], by act: RecordAct? = nil, at now: Int64) async throws {
        guard !things.isEmpty else { return }
        try await commit(recorded: act != nil) { db in
            for thing in things {
                if let value = thing.value {
                    try db.run(
                        sql: "INSERT OR REPLACE INTO in_force (kind, name, value) VALUES (?, ?, ?)",
                        arguments: [thing.kind.rawValue, thing.name, value])
                } else {
                    try db.run(
                        sql: "DELETE FROM in_force WHERE kind = ? AND name = ?",
                        arguments: [thing.kind.rawValue, thing.name])
                }
            }
            if let act { try db.record(.act(act), at: now) }
        }
    }

    /// All things of a kind, by name. Throws a fault of the database.
    package func standing(_ kind: StandingKind) throws -> [String: String] {
        try database.read { db in try Self.standing(kind, in: db) }
    }

    static func standing(_ kind: StandingKind, in db: Database) throws -> [String: String] {
        let rows = try Row.fetchAll(
            db, sql: "SELECT name, value FROM in_force WHERE kind = ?", arguments: [kind.rawValue])
        return Dictionary(rows.map { ($0["name"], $0["value"]) }, uniquingKeysWith: { first, _ in first })
    }
}

extension LedgerReading {
    /// All things of a kind, by name. Throws `LedgerError`.
    package func standing(_ kind: StandingKind) throws -> [String: String] {
        try read { db in
            guard try db.tableExists("in_force") else { return [:] }
            return try Ledger.standing(kind, in: db)
        }
    }
}

internal import Foundation
internal import GRDB
package import PostboxCore

/// What the ledger knows of drops.
extension Ledger {
    /// The highest number that was given, drops that are not closed, and numbers that are kept for drops which are to be made: all
    /// others are closed, or came to nothing.
    package func known() throws -> (last: Int, open: [DropRecord], unmade: Set<Int>) {
        // Nothing is changed between these: only this actor changes anything.
        (try lastNumber(), try open(), unmade.all)
    }

    /// Drops that are not closed, by number.
    package func open() throws -> [DropRecord] { try records("stage != 'closed'", []) }

    /// Drops that are held, by number.
    package func held() throws -> [DropRecord] { try records("stage != 'closed' AND stage = 'held'", []) }

    /// The drop of that number; nil: there is none.
    package func record(of drop: Int) throws -> DropRecord? { try records("number = ?", [drop]).first }

    private func records(_ condition: String, _ arguments: StatementArguments) throws -> [DropRecord] {
        try database.read { db in
            let rows = try Row.fetchAll(
                db, sql: #"SELECT * FROM "drop" WHERE \#(condition) ORDER BY number"#, arguments: arguments)
            return try rows.map { row in
                let number: Int = row["number"]
                let postings = try Row.fetchAll(
                    db, sql: #"SELECT * FROM posting WHERE "drop" = ? ORDER BY destination"#, arguments: [number])
                return try record(row, postings)
            }
        }
    }

    /// Whether there is a drop of that number that is closed.
    package func isClosed(_ drop: Int) throws -> Bool {
        try database.read { db in
            try Bool.fetchOne(
                db, sql: #"SELECT EXISTS (SELECT 1 FROM "drop" WHERE stage = 'closed' AND number = ?)"#,
                arguments: [drop]) ?? false
        }
    }

    /// The newest of the drops that sent something and ended last; nil: there is none. An older one may have ended behind very many.
    package func newestSent() throws -> DropPlace? {
        try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT number, age FROM "drop" WHERE sent = 1 AND settled_at > 0 AND age IS NOT NULL
                    ORDER BY settled_at DESC LIMIT 1000
                    """
            ).map { DropPlace(drop: $0["number"], age: $0["age"]) }.reduce(nil) { (newest: DropPlace?, place) in
                newest.map { place.isNewer(than: $0) ? place : $0 } ?? place
            }
        }
    }

    /// Whether every row of a drop has its outcome; nil: there is no such drop.
    package func isFinished(_ drop: Int) throws -> Bool? {
        try database.read { db in
            try Bool.fetchOne(
                db, sql: #"SELECT stage IN ('settled', 'closed') FROM "drop" WHERE number = ?"#, arguments: [drop])
        }
    }

    /// Whether a drop is held for release.
    package func isHeld(_ drop: Int) throws -> Bool {
        try database.read { db in
            try Bool.fetchOne(db, sql: #"SELECT stage = 'held' FROM "drop" WHERE number = ?"#, arguments: [drop])
                ?? false
        }
    }

    /// The first drop of that name behind a number; with nil, the first that is not finished.
    package func drop(named name: String, after number: Int?) throws -> Int? {
        try database.read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT number FROM "drop" WHERE name = ? AND number > ?
                    AND (? OR stage IN ('claimed', 'posting', 'verifying')) ORDER BY number LIMIT 1
                    """, arguments: [name, number ?? 0, number != nil])
        }
    }

    /// What a drop was called and claimed under; nil: there is no such drop, or not every row of it has its outcome.
    package func finished(_ drop: Int) throws -> (name: String, claimedAt: Int64, snapshot: DropSnapshot)? {
        try database.read { db in try Self.finished(drop, in: db) }
    }

    static func finished(
        _ drop: Int, in db: Database
    ) throws -> (name: String, claimedAt: Int64, snapshot: DropSnapshot)? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT name, claimed_at, arrived_at, age, original, snapshot FROM "drop"
                WHERE number = ? AND stage IN ('settled', 'closed')
                """, arguments: [drop])
        guard let row else { return nil }
        return (row["name"], row["claimed_at"], try snapshot(row))
    }

    /// What a drop may be the same as: the last one of its name before it, and the last one of its rule; see `Predecessor`. Drops
    /// of the plain mapping, whose `rule` is empty, have a name alone in common.
    package func predecessors(of drop: Int, name: String, rule: String) throws -> [Predecessor] {
        try database.read { db in
            var found: [Predecessor] = []
            let asked = [(name, Self.lastOfName)] + (rule.isEmpty ? [] : [(rule, Self.lastOfRule)])
            for (value, questions) in asked {
                let last = try questions.compactMap { sql in
                    try Row.fetchOne(db, cached: sql, arguments: [value, drop])
                }.max { ($0["number"] as Int) < $1["number"] }
                guard let last else { continue }
                let verdict: String? = last["verdict"]
                let destinations: String? = last["destinations"]
                found.append(
                    Predecessor(
                        drop: last["number"], verdict: verdict.flatMap(Verdict.init(rawValue:)),
                        sha256: last["sha256"], size: last["size"], settledAt: last["settled_at"],
                        destinations: try destinations.map {
                            try JSONDecoder().decode([String].self, from: Data($0.utf8))
                        }
                            ?? [], withdrawnAt: try Self.withdrawn(last["number"], in: db)))
            }
            return found
        }
    }

    /// Destinations at which somebody has withdrawn what a drop said. By an index, however many drops are closed.
    private static func withdrawn(_ drop: Int, in db: Database) throws -> Set<String> {
        var drops: [DropLineage.Drop] = []
        var looked: Set<Int> = []
        var next = [drop]
        // Also whether a withdrawal was withdrawn itself.
        while let original = next.popLast() {
            guard looked.insert(original).inserted else { continue }
            let made = try Row.fetchAll(
                db, sql: LedgerReading.lineageColumns + "WHERE original = ?", arguments: [original]
            ).compactMap { try LedgerReading.drop(ofLineage: $0) }
            drops += made
            next += made.map(\.number)
        }
        let lineage = DropLineage(drops)
        return Set(drops.flatMap(\.destinations)).filter { lineage.isWithdrawn(drop, at: $0) }
    }

    // The last that is settled and sent something, and the last that is open: each by an index, however many drops are closed.

    private static let lastOfName = [lastSent("name"), lastOpen("name")]
    private static let lastOfRule = [lastSent("rule"), lastOpen("rule")]

    private static func lastSent(_ column: String) -> String {
        """
        SELECT number, verdict, sha256, size, settled_at,
        json_extract(CAST(snapshot AS TEXT), '$.rule.destinations') AS destinations FROM "drop"
        WHERE \(column) = ? AND number < ? AND sent = 1 ORDER BY number DESC LIMIT 1
        """
    }

    private static func lastOpen(_ column: String) -> String {
        """
        SELECT number, verdict, sha256, size, settled_at,
        json_extract(CAST(snapshot AS TEXT), '$.rule.destinations') AS destinations FROM "drop"
        WHERE \(column) = ? AND number < ? AND stage != 'closed' AND stage IN ('claimed', 'posting', 'verifying')
        ORDER BY number DESC LIMIT 1
        """
    }

    /// The last good files of a rule before a drop, the newest first; those of corrections, which hold some rows alone, are none.
    package func goodFiles(ofRule match: String, before drop: Int) throws -> [RulePast.File] {
        try database.read { db in try Self.goodFiles(ofRule: match, before: drop, in: db) }
    }

    static func goodFiles(ofRule match: String, before drop: Int, in db: Database) throws -> [RulePast.File] {
        // By an index, however many drops are closed.
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT number, name, rows, claimed_at FROM "drop" WHERE rule = ? AND number < ? AND sent = 1
                AND original IS NULL AND verdict IN ('done', 'partial') ORDER BY number DESC LIMIT ?
                """, arguments: [match, drop, RulePast.filesMax])
        return rows.map {
            RulePast.File(drop: $0["number"], name: $0["name"], rows: $0["rows"], claimedAt: $0["claimed_at"])
        }
    }

    /// The highest number ever given.
    package func lastNumber() throws -> Int {
        try database.read { db in
            try Int.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'drop'") ?? 0
        }
    }

    /// Of a row that has the snapshot and the columns that belong to it.
    private static func snapshot(_ row: Row) throws -> DropSnapshot {
        let encoded: Data = row["snapshot"]
        var snapshot = try JSONDecoder().decode(DropSnapshot.self, from: encoded)
        snapshot.arrivedAt = row["arrived_at"]
        snapshot.age = row["age"]
        snapshot.original = row["original"]
        return snapshot
    }

    private nonisolated func record(_ row: Row, _ postings: [Row]) throws -> DropRecord {
        let folder: String = row["folder"]
        let verdict: String? = row["verdict"]
        let digests: Data = row["digests"]
        let summary: Data = row["summary"]
        let hold: String? = row["hold"]
        return DropRecord(
            number: row["number"], name: row["name"],
            stage: try FileStage(inLedger: row["stage"], of: row["number"]), claimedAt: row["claimed_at"],
            snapshot: try Self.snapshot(row), starts: row["starts"],
            size: row["size"], sha256: row["sha256"], digests: Array(digests), rows: row["rows"],
            firstSentAt: row["first_sent_at"], verdict: verdict.flatMap(Verdict.init(rawValue:)),
            folder: folders?.folder(folder) ?? folder, target: row["target"], summary: Array(summary),
            settledAt: row["settled_at"],
            postings: postings.map { posting in
                let base: Int64 = posting["post_id_base"]
                return DropRecord.Posting(
                    destination: posting["destination"], postIDBase: UInt32(truncatingIfNeeded: base),
                    postedThrough: posting["posted_through"], login: posting["login"])
            },
            hold: try hold.map { try JSONDecoder().decode(Hold.self, from: Data($0.utf8)) })
    }
}

extension Row {
    /// As `fetchOne(_:sql:arguments:)`, but the statement is compiled once.
    fileprivate static func fetchOne(
        _ db: Database, cached sql: String, arguments: StatementArguments
    ) throws -> Row? {
        try fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }
}

internal import Foundation
internal import GRDB
package import PostboxCore

extension LedgerReading {
    /// Which drops to list; nil: any.
    package struct Choice: Sendable, Equatable {
        package var numbers: [Int]?
        package var state: DropQuery.State?
        /// A name in the inbox; `*` and `?` as in a rule's `match`.
        package var name: String?
        /// What a name is like: a part of it, or with stars the whole of it; capital or small letters alike.
        package var like: String?
        package var verdict: Verdict?
        /// Settled from then on, before then: microseconds since 1970.
        package var from: Int64?
        package var to: Int64?
        /// Claimed from then on, before then.
        package var claimedFrom: Int64?
        package var claimedBefore: Int64?
        /// No more than so many.
        package var most: Int?
        /// Numbers below this one alone: the next page of a list.
        package var below: Int?
        /// Numbers above this one alone.
        package var above: Int?
        /// The destinations of each are told: they stand in what it was claimed with, which takes longer.
        package var withDestinations = false
        /// Those alone of whose rows drops were made, or that were made of rows of others.
        package var withFamily = false

        package init(
            numbers: [Int]? = nil, state: DropQuery.State? = nil, name: String? = nil, verdict: Verdict? = nil,
            from: Int64? = nil, to: Int64? = nil, most: Int? = nil
        ) {
            self.numbers = numbers
            self.state = state
            self.name = name
            self.verdict = verdict
            self.from = from
            self.to = to
            self.most = most
        }

        /// A page of what was asked for, and one more that tells whether there is a next one.
        package init(_ query: DropQuery) {
            state = query.state
            like = query.name
            verdict = query.verdict
            claimedFrom = query.from
            claimedBefore = query.before
            below = query.page
            most = DropQuery.pageSize + 1
            withDestinations = true
        }
    }

    /// Drops, the newest first; those in work and held ones too, where nothing is said that they have not. Open ones are all that ended
    /// badly and of which nobody noted that they are done with: some of them may have been put right since. Throws `LedgerError`.
    package func list(_ choice: Choice = Choice()) throws -> [DropLine] {
        try read { db in
            // A service that is just making the ledger, or taking it forward.
            guard try db.tableExists("drop") else { return [] }
            let columns = Set(try db.columns(in: "drop").map(\.name))
            guard columns.contains("result_sha256") else { return [] }
            let isNew = columns.contains("no_action")
            let (conditions, arguments) = Self.conditions(choice, isNew: isNew)
            let sql = """
                SELECT number, name, rule, stage, verdict, claimed_at, COALESCE(arrived_at, claimed_at) AS came, settled_at, size,
                \(columns.contains("hold") ? Self.rows : "rows"),
                original, folder, target, result_sha256, COALESCE(\(Self.hasLater), 0) AS has_later,
                \(isNew ? "COALESCE(\(Self.isPutRight), 0) AS put_right, no_action, removed_at" : "0 AS put_right")\(choice.withDestinations ? Self.destinations : "")
                FROM "drop"\(conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
                ORDER BY number DESC\(choice.most.map { " LIMIT \($0)" } ?? "")
                """
            return try Row.fetchAll(db, sql: sql, arguments: StatementArguments(arguments)).map { row in
                try line(row, isNew: isNew, withDestinations: choice.withDestinations)
            }
        }
    }

    /// One drop, as it is listed; nil: there is none of that number. Throws `LedgerError`.
    package func line(of drop: Int) throws -> DropLine? {
        var choice = Choice(numbers: [drop])
        choice.withDestinations = true
        return try list(choice).first
    }

    /// Drops that were made of rows of another one, or to withdraw it, by number. Throws `LedgerError`.
    package func corrections(of drop: Int) throws -> [Drop] { try drops("original = ?", [drop]) }

    /// Rows of a drop that was held before it was read are told by its hold.
    private static let rows =
        #"iif("drop".rows = 0 AND json_valid(hold), json_extract(hold, '$.rows'), "drop".rows) AS rows"#

    private static let endedBadly = "verdict IN ('partial', 'failed', 'refused')"

    // Looked up by an index for each drop that is listed, however many there were.

    /// A drop was made of its rows, and nothing tells that each is put right.
    private static let hasLater =
        #"\#(endedBadly) AND EXISTS (SELECT 1 FROM "drop" AS later WHERE later.original = "drop".number)"#

    /// Each of its bad rows has been put right, as somebody found out and noted.
    private static let isPutRight =
        #"\#(endedBadly) AND EXISTS (SELECT 1 FROM in_force WHERE kind = '\#(StandingKind.putRight.rawValue)' AND name = CAST("drop".number AS TEXT))"#

    private static let destinations =
        ", iif(json_valid(CAST(snapshot AS TEXT)), json_extract(CAST(snapshot AS TEXT), '$.rule.destinations'), NULL) AS destinations"
        + ", iif(json_valid(CAST(snapshot AS TEXT)), COALESCE(json_extract(CAST(snapshot AS TEXT), '$.isMade'), 0), 0) AS made"

    private static func conditions(
        _ choice: Choice, isNew: Bool
    ) -> (conditions: [String], arguments: [any DatabaseValueConvertible]) {
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
        switch choice.state {
        case .work: conditions.append("stage NOT IN ('settled', 'closed', 'held')")
        case .held: conditions.append("stage = 'held'")
        case .finished: conditions.append("stage IN ('settled', 'closed')")
        case .open:
            conditions.append(endedBadly)
            if isNew { conditions.append("no_action IS NULL AND NOT (\(isPutRight))") }
        case nil: break
        }
        if choice.withFamily { conditions.append("(\(hasLater) OR original IS NOT NULL)") }
        add("name GLOB ?", choice.name.map(glob))
        add("name LIKE ? ESCAPE '\\'", choice.like.map(pattern))
        add("verdict = ?", choice.verdict?.rawValue)
        add("settled_at >= ?", choice.from)
        add("settled_at < ?", choice.to)
        if choice.from != nil || choice.to != nil { conditions.append("stage IN ('settled', 'closed')") }
        add("claimed_at >= ?", choice.claimedFrom)
        add("claimed_at < ?", choice.claimedBefore)
        add("number < ?", choice.below)
        add("number > ?", choice.above)
        return (conditions, arguments)
    }

    private func line(_ row: Row, isNew: Bool, withDestinations: Bool) throws -> DropLine {
        let names: String? = withDestinations ? row["destinations"] : nil
        let verdict: String? = row["verdict"]
        var line = DropLine(
            drop: row["number"], name: row["name"], rule: row["rule"],
            destinations: try names.map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? [],
            stage: try FileStage(inLedger: row["stage"], of: row["number"]),
            verdict: verdict.flatMap(Verdict.init(rawValue:)), claimedAt: row["claimed_at"],
            settledAt: row["settled_at"], size: row["size"], rows: row["rows"], original: row["original"],
            isCorrected: row["put_right"], folder: folder(row["folder"]), target: row["target"])
        line.hasLater = (row["has_later"] as Bool) && !line.isCorrected
        line.arrivedAt = row["came"]
        if withDestinations { line.isMade = row["made"] }
        line.resultSHA256 = row["result_sha256"]
        if isNew {
            line.removedAt = row["removed_at"]
            line.noAction = (row["no_action"] as String?).flatMap { PersonNote(json: $0) }
        }
        return line
    }

    /// SQLite's GLOB knows more than `*` and `?`.
    private static func glob(_ pattern: String) -> String { pattern.replacing("[", with: "[[]") }

    /// A name, or what it is like: with stars the whole of it, without any part.
    private static func pattern(_ name: String) -> String {
        let escaped = name.map { "%_\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        return name.contains("*") ? escaped.replacing("*", with: "%") : "%\(escaped)%"
    }
}

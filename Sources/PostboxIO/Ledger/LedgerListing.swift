internal import Foundation
internal import GRDB
package import PostboxCore

extension LedgerReading {
    /// A page of the drops that are looked for, the last one first. Throws `LedgerError`.
    package func list(_ query: DropQuery) throws -> DropList {
        let lines = try read { db in
            var (conditions, arguments): ([String], StatementArguments) = ([], [])
            func need(_ condition: String, _ values: (any DatabaseValueConvertible)...) {
                conditions.append(condition)
                arguments += StatementArguments(values)
            }
            switch query.state {
            case .work: need("stage NOT IN ('settled', 'closed', 'held')")
            case .held: need("stage = 'held'")
            case .finished: need("stage IN ('settled', 'closed')")
            case .open:
                need("verdict IN ('partial', 'failed', 'refused') AND no_action IS NULL AND NOT \(Self.isCorrected)")
            case nil: break
            }
            if let name = query.name { need("name LIKE ? ESCAPE '\\'", Self.pattern(name)) }
            if let verdict = query.verdict { need("verdict = ?", verdict.rawValue) }
            if let from = query.from { need("claimed_at >= ?", from) }
            if let before = query.before { need("claimed_at < ?", before) }
            if let page = query.page { need("number < ?", page) }
            let cursor = try Row.fetchCursor(
                db,
                sql: Self.lineColumns + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
                    + " ORDER BY number DESC",
                arguments: arguments)
            var lines: [DropLine] = []
            while lines.count <= DropQuery.pageSize, let row = try cursor.next() { lines.append(try Self.line(row)) }
            return lines
        }
        guard lines.count > DropQuery.pageSize else { return DropList(drops: lines, next: nil) }
        let shown = Array(lines.prefix(DropQuery.pageSize))
        return DropList(drops: shown, next: shown.last?.drop)
    }

    /// One drop, as it is listed; nil: there is none of that number. Throws `LedgerError`.
    package func line(of drop: Int) throws -> DropLine? {
        try read { db in
            guard let row = try Row.fetchOne(db, sql: Self.lineColumns + " WHERE number = ?", arguments: [drop]) else {
                return nil
            }
            return try Self.line(row)
        }
    }

    /// Drops that were made of rows of another one, by number. Throws `LedgerError`.
    package func corrections(of drop: Int) throws -> [Drop] { try drops("original = ?", [drop]) }

    private static let lineColumns = """
        SELECT number, name, rule, stage, verdict, claimed_at, settled_at, size, rows, original, folder, target,
        iif(json_valid(CAST(snapshot AS TEXT)), json_extract(CAST(snapshot AS TEXT), '$.rule.destinations'), NULL) AS destinations,
        \(isCorrected) AS corrected
        FROM "drop"
        """

    /// A later drop was made of its rows that was not refused itself: looked up for each drop that is listed, however many there were.
    private static let isCorrected = """
        EXISTS (SELECT 1 FROM "drop" AS later WHERE later.original = "drop".number AND later.verdict IS NOT 'refused')
        """

    /// Of drops, by number, those of whose rows a later one was made that was not refused itself: nothing more is to be done about them.
    /// Throws `LedgerError`.
    package func corrected(of drops: ClosedRange<Int>) throws -> Set<Int> {
        try read { db in
            Set(
                try Int.fetchAll(
                    db,
                    sql:
                        "SELECT DISTINCT original FROM \"drop\" WHERE original BETWEEN ? AND ? AND verdict IS NOT 'refused'",
                    arguments: [drops.lowerBound, drops.upperBound]))
        }
    }

    private static func line(_ row: Row) throws -> DropLine {
        let names: String? = row["destinations"]
        let verdict: String? = row["verdict"]
        return DropLine(
            drop: row["number"], name: row["name"], rule: row["rule"],
            destinations: try names.map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? [],
            stage: try FileStage(inLedger: row["stage"], of: row["number"]),
            verdict: verdict.flatMap(Verdict.init(rawValue:)), claimedAt: row["claimed_at"],
            settledAt: row["settled_at"], size: row["size"], rows: row["rows"], original: row["original"],
            isCorrected: row["corrected"], folder: row["folder"], target: row["target"])
    }

    /// A name, or what it is like: with stars the whole of it, without any part.
    private static func pattern(_ name: String) -> String {
        let escaped = name.map { "%_\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        return name.contains("*") ? escaped.replacing("*", with: "%") : "%\(escaped)%"
    }
}

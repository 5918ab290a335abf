internal import Foundation
internal import GRDB
package import PostboxCore

extension LedgerReading {
    /// What the ledger tells of withdrawals around a drop. Nothing of one that it does not have. Throws `LedgerError`.
    package func withdrawals(of drop: Int) throws -> DropWithdrawals {
        let links = try read { db -> [DropWithdrawals.Link] in
            let facts = "iif(json_valid(CAST(one.snapshot AS TEXT)), CAST(one.snapshot AS TEXT), '{}')"
            let sql = """
                WITH RECURSIVE origin (number) AS (
                    SELECT one.number FROM "drop" AS one WHERE one.number = ?
                    UNION
                    SELECT one.original FROM origin JOIN "drop" AS one ON one.number = origin.number
                    WHERE one.original < one.number
                ), family (number) AS (
                    SELECT number FROM origin
                    UNION
                    SELECT one.number FROM family JOIN "drop" AS one ON one.original = family.number
                    WHERE one.number > family.number AND json_extract(\(facts), '$.asked.act') = 'withdraw'
                )
                SELECT one.number, one.name, one.stage, one.verdict, one.original, one.age, one.rows,
                json_extract(\(facts), '$.isMade') AS made, json_extract(\(facts), '$.asked.act') AS act,
                json_extract(\(facts), '$.asked.at') AS asked_at, json_extract(\(facts), '$.asked.by') AS asked_by,
                json_extract(\(facts), '$.asked.why') AS asked_why,
                json_extract(\(facts), '$.rehearsed') AS rehearsed,
                json_extract(\(facts), '$.rule.destinations') AS destinations
                FROM family JOIN "drop" AS one ON one.number = family.number ORDER BY one.number
                """
            return try Row.fetchAll(db, sql: sql, arguments: [drop]).map { row in
                let destinations: String? = row["destinations"]
                let names = try destinations.map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? []
                let verdict: String? = row["verdict"]
                return DropWithdrawals.Link(
                    number: row["number"], name: row["name"], lineage: try Self.drop(ofLineage: row),
                    destinations: Set(names), stage: try FileStage(inLedger: row["stage"], of: row["number"]),
                    verdict: verdict.flatMap(Verdict.init(rawValue:)), rows: row["rows"],
                    isRehearsed: (row["rehearsed"] as String?) != nil, by: (row["asked_by"] as String?) ?? "",
                    at: row["asked_at"] ?? 0, why: row["asked_why"])
            }
        }
        return DropWithdrawals(of: drop, in: links)
    }
}

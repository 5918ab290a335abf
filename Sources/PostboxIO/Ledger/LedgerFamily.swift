internal import GRDB
package import PostboxCore

/// A drop that was made of rows of another one, at first hand or not.
package struct LaterDrop: Sendable, Equatable {
    package var drop: Int
    /// The drop at first hand that it is, or comes from.
    package var branch: Int
    package var origin: PutRight.Origin
    package var stage: FileStage
    /// nil: it is not finished.
    package var verdict: Verdict?
    /// A person said that nothing more is to be done about it.
    package var hasNoAction: Bool
    /// Lines of a result that wait for a release, while it is held.
    package var heldLines: Int
    /// The directory that it went to and its name there; empty while it is not settled.
    package var folder: String
    package var target: String

    /// Its rows need nothing more, however they ended.
    package var isClosed: Bool { verdict == .done || hasNoAction }
}

extension LedgerReading {
    /// All drops that were made of rows of a drop, and of theirs, branch by branch. What says that values were wrong, or says them once
    /// more (`withdraw`, `republish`), is none of them. Throws `LedgerError`.
    package func later(than drop: Int) throws -> [LaterDrop] {
        try read { db in
            let columns = Set(try db.columns(in: "drop").map(\.name))
            let facts = "iif(json_valid(CAST(one.snapshot AS TEXT)), CAST(one.snapshot AS TEXT), '{}')"
            let isOfRows = "COALESCE(json_extract(\(facts), '$.asked.act'), '') NOT IN ('withdraw', 'republish')"
            let sql = """
                WITH RECURSIVE family (number, branch) AS (
                    SELECT one.number, one.number FROM "drop" AS one
                    WHERE one.original = ? AND one.number > ? AND \(isOfRows)
                    UNION ALL
                    SELECT one.number, family.branch FROM family JOIN "drop" AS one ON one.original = family.number
                    WHERE one.number > family.number AND \(isOfRows)
                )
                SELECT one.number, family.branch, one.stage, one.verdict, one.folder, one.target,
                json_extract(\(facts), '$.asked.act') AS act, COALESCE(json_extract(\(facts), '$.isMade'), 0) AS made,
                COALESCE(json_array_length(\(facts), '$.rule.destinations'), 1) AS destinations,
                \(columns.contains("hold") ? "iif(json_valid(one.hold), COALESCE(json_extract(one.hold, '$.rows'), 0), 0)" : "0") AS held,
                \(columns.contains("no_action") ? "one.no_action IS NOT NULL" : "0") AS no_action
                FROM family JOIN "drop" AS one ON one.number = family.number ORDER BY family.branch, one.number
                """
            return try Row.fetchAll(db, sql: sql, arguments: [drop, drop]).map { row in
                let stage = try FileStage(inLedger: row["stage"], of: row["number"])
                let act: String? = row["act"]
                let isMade: Bool = row["made"]
                let origin: PutRight.Origin =
                    act == DeskVerb.resend.rawValue ? .resent : act == nil && isMade ? .held : .dropped
                let held: Int = row["held"]
                let destinations: Int = row["destinations"]
                return LaterDrop(
                    drop: row["number"], branch: row["branch"], origin: origin, stage: stage,
                    verdict: (row["verdict"] as String?).flatMap(Verdict.init(rawValue:)),
                    hasNoAction: row["no_action"],
                    heldLines: stage == .held ? held * destinations : 0,
                    folder: folder(row["folder"]), target: row["target"])
            }
        }
    }
}

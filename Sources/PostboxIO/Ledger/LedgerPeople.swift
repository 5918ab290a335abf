internal import GRDB
internal import PostboxCore

extension LedgerReading {
    /// Who is behind drops, in words such as `resend by alice`: whoever had one made of rows of another, and whoever released one. Drops
    /// that came through the inbox and that nobody had to release are left out. Throws `LedgerError`.
    package func people(of drops: Set<Int>) throws -> [Int: String] {
        guard !drops.isEmpty else { return [:] }
        return try read { db -> [Int: String] in
            guard try db.tableExists("drop") else { return [:] }
            let columns = Set(try db.columns(in: "drop").map(\.name))
            let facts = "iif(json_valid(CAST(snapshot AS TEXT)), CAST(snapshot AS TEXT), '{}')"
            let hold = columns.contains("hold") ? "iif(json_valid(hold), hold, '{}')" : "'{}'"
            let sql = """
                SELECT number, json_extract(\(facts), '$.asked.act') AS act, json_extract(\(facts), '$.asked.by') AS asker,
                json_extract(\(hold), '$.decision.released.by') AS releaser,
                json_extract(\(hold), '$.decision.released.proposedBy') AS proposer
                FROM "drop" WHERE number IN (\(drops.sorted().map(String.init).joined(separator: ",")))
                """
            return try Row.fetchAll(db, sql: sql).reduce(into: [Int: String]()) { people, row in
                func name(_ column: String) -> String? { (row[column] as String?).map { ReleaseRule.name($0) } }
                let act: String? = row["act"]
                let words = [
                    name("asker").map { "\(act ?? "asked") by \($0)" },
                    name("releaser").map { releaser in
                        "released by \(releaser)" + (name("proposer").map { ", proposed by \($0)" } ?? "")
                    },
                ].compactMap { $0 }
                if !words.isEmpty { people[row["number"]] = words.joined(separator: "; ") }
            }
        }
    }
}

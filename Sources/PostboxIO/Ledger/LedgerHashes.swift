internal import Foundation
internal import GRDB
package import PostboxCore

/// What drops were claimed with, by hash.
package struct ClaimedWith: Sendable, Equatable {
    package var configurations: Set<String> = []
    package var tables: Set<String> = []
    /// Both files of each dictionary.
    package var dictionaries: Set<String> = []

    package init(configurations: Set<String> = [], tables: Set<String> = [], dictionaries: Set<String> = []) {
        self.configurations = configurations
        self.tables = tables
        self.dictionaries = dictionaries
    }
}

extension LedgerReading {
    /// What all drops were claimed with of which files are there. Throws `LedgerError`.
    package func claimedWith() throws -> ClaimedWith {
        try read { db in
            func all(_ value: String, from more: String = "") throws -> Set<String> {
                Set(
                    try String.fetchAll(
                        db,
                        sql: """
                            SELECT DISTINCT \(value) AS hash FROM "drop" \(more)
                            WHERE removed_at IS NULL AND json_valid(CAST(snapshot AS TEXT)) AND hash IS NOT NULL
                            """))
            }
            func member(_ path: String) -> String { "json_extract(CAST(snapshot AS TEXT), '$.\(path)')" }
            return ClaimedWith(
                configurations: try all(member("configSHA256")),
                tables: try all(
                    "json_extract(one.value, '$.sha256')",
                    from:
                        ", json_each(iif(json_valid(CAST(snapshot AS TEXT)), CAST(snapshot AS TEXT), '{}'), '$.tables') AS one"
                ),
                dictionaries: try all(member("dictionary.fields")).union(try all(member("dictionary.enums"))))
        }
    }
}

/// What one drop was claimed with.
package struct DropCopies: Sendable, Equatable, Decodable {
    /// SHA-256; nil: an older Postbox claimed it.
    package var configuration: String?
    /// By name.
    package var tables: [String: TableCopy]?
    package var dictionary: DictionaryCopy?

    private enum CodingKeys: String, CodingKey {
        case configuration = "configSHA256"
        case tables, dictionary
    }
}

extension LedgerReading {
    /// What a drop was claimed with; nil: there is no such drop. Throws `LedgerError`.
    package func copies(of drop: Int) throws -> DropCopies? {
        try read { db in
            let snapshot = try Data.fetchOne(
                db, sql: #"SELECT snapshot FROM "drop" WHERE number = ?"#, arguments: [drop])
            return try snapshot.map { try JSONDecoder().decode(DropCopies.self, from: $0) }
        }
    }
}

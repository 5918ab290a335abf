internal import Foundation
internal import GRDB
package import PostboxCore

extension LedgerReading {
    /// Why drops are held and since when, by number: of those that are held now. Throws `LedgerError`.
    package func holds() throws -> [Int: Hold] {
        try read { db in
            guard try db.tableExists("drop"), try db.columns(in: "drop").contains(where: { $0.name == "hold" }) else {
                return [:]
            }
            return try Row.fetchAll(
                db,
                sql: #"SELECT number, hold FROM "drop" WHERE stage != 'closed' AND stage = 'held' AND hold IS NOT NULL"#
            ).reduce(into: [Int: Hold]()) { holds, row in
                let text: String = row["hold"]
                // Of one that cannot be read it is known that it is held.
                holds[row["number"]] = try? JSONDecoder().decode(Hold.self, from: Data(text.utf8))
            }
        }
    }
}

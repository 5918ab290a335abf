internal import Foundation
internal import GRDB
package import PostboxCore

/// The ledger as another program may read it while the service writes it: nothing is changed, nothing is created.
package struct LedgerReading: Sendable {
    /// What is known about a drop.
    package struct Drop: Sendable, Equatable {
        package var number: Int
        package var name: String
        package var stage: FileStage
        package var verdict: Verdict?
        /// The directory it went to, and its name there; empty while it is not settled.
        package var folder: String
        package var target: String

        package init(
            number: Int, name: String, stage: FileStage, verdict: Verdict? = nil, folder: String = "",
            target: String = ""
        ) {
            self.number = number
            self.name = name
            self.stage = stage
            self.verdict = verdict
            self.folder = folder
            self.target = target
        }

        /// Every row has its outcome.
        package var isFinished: Bool { stage == .settled || stage == .closed }
    }

    private let database: DatabaseQueue
    private let folders: KeptFolders?
    /// Of a ledger that an earlier version wrote, and that nobody has opened to write since: what it would keep its folders as today.
    private let moved: [String: String]

    /// Opens the ledger of a spool; nil: there is none. Throws `LedgerError` when it cannot be read.
    package init?(in directories: Settings.Directories) throws {
        try self.init(path: directories.ledger, folders: KeptFolders(directories))
    }

    /// Opens a ledger by itself. `folders`: how it keeps folders; nil: as they are.
    package init?(path: String, folders: KeptFolders? = nil) throws {
        self.folders = folders
        guard try Disk.exists(path) else { return nil }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            self.database = database
            moved =
                try folders.map { folders in
                    try database.read { db in
                        // Nothing tells in the first schema what a summary has in it: whoever writes takes such a ledger forward.
                        (2..<5).contains(try LedgerSchema.version(of: db))
                            ? try LedgerSchema.kept(folders, in: db) : [:]
                    }
                } ?? [:]
        } catch let error as DiskError {
            throw error
        } catch {
            throw LedgerError(message: "the ledger \(path) cannot be read: \(error)")
        }
    }

    /// The drop of that number; nil: there is none. Throws `LedgerError`.
    package func drop(_ number: Int) throws -> Drop? {
        try drops("number = ?", [number]).first
    }

    /// Drops of that name, by number. Throws `LedgerError`.
    package func drops(named name: String) throws -> [Drop] {
        try drops("name = ?", [name])
    }

    /// The highest number ever given. Throws `LedgerError`.
    package func lastNumber() throws -> Int {
        try read { db in try Int.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'drop'") ?? 0 }
    }

    /// A finished drop of which rows were or may have been sent, and where its result lies.
    package struct Sent: Sendable {
        package var place: DropPlace
        package var destinations: [String]
        /// The directory it went to, and its name there.
        package var folder: String
        package var target: String
        /// Rows of its file.
        package var rows: Int
    }

    /// Closed ones from a number on, the last ones first, at most so many. Throws `LedgerError`.
    package func lastSent(from number: Int, atMost most: Int) throws -> [Sent] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: Self.sentColumns
                    + "WHERE sent = 1 AND stage = 'closed' AND number >= ? ORDER BY number DESC LIMIT ?",
                arguments: [number, most]
            ).map { try sent($0) }
        }
    }

    /// A folder that the ledger keeps so.
    func folder(_ kept: String) -> String {
        let kept = moved[kept] ?? kept
        return folders?.folder(kept) ?? kept
    }

    /// A drop that is not closed.
    package struct Open: Sendable {
        package var place: DropPlace
        /// Where it goes, once that is certain: a directory, and its name there.
        package var folder: String
        package var target: String
    }

    /// Drops that are not closed, by number. Throws `LedgerError`.
    package func open() throws -> [Open] {
        try read { db in
            try Row.fetchAll(
                db, sql: Self.sentColumns + "WHERE stage != 'closed' ORDER BY number"
            ).map { row in
                let sent = try sent(row)
                return Open(place: sent.place, folder: sent.folder, target: sent.target)
            }
        }
    }

    private static let sentColumns = """
        SELECT number, folder, target, age, rows,
        json_extract(CAST(snapshot AS TEXT), '$.rule.priority') AS priority,
        json_extract(CAST(snapshot AS TEXT), '$.rule.destinations') AS destinations
        FROM "drop"

        """

    private func sent(_ row: Row) throws -> Sent {
        let destinations: String? = row["destinations"]
        let names = try destinations.map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) }
        return Sent(
            place: DropPlace(drop: row["number"], age: row["age"] ?? 0, priority: row["priority"] ?? 0),
            destinations: names ?? [], folder: folder(row["folder"]), target: row["target"], rows: row["rows"])
    }

    /// Those that were finished since then (microseconds since 1970), by number. Throws `LedgerError`.
    package func sent(since: Int64) throws -> [Sent] {
        try read { db in
            try Row.fetchAll(
                db, sql: Self.sentColumns + "WHERE sent = 1 AND settled_at >= ? ORDER BY number", arguments: [since]
            ).map { try sent($0) }
        }
    }

    /// Drops that say values of others, by number. Throws `LedgerError`.
    package func lineage() throws -> [DropLineage.Drop] {
        try read { db in
            try Row.fetchAll(
                db, sql: Self.lineageColumns + "WHERE original IS NOT NULL OR rule = ? ORDER BY number",
                arguments: [DeskVerb.republish.rawValue]
            ).compactMap { try Self.drop(ofLineage: $0) }
        }
    }

    static let lineageColumns = """
        SELECT number, stage, verdict, original, age,
        json_extract(CAST(snapshot AS TEXT), '$.isMade') AS made,
        json_extract(CAST(snapshot AS TEXT), '$.asked.act') AS act,
        json_extract(CAST(snapshot AS TEXT), '$.asked.at') AS asked_at,
        json_extract(CAST(snapshot AS TEXT), '$.rehearsed') AS rehearsed,
        json_extract(CAST(snapshot AS TEXT), '$.rule.destinations') AS destinations
        FROM "drop"

        """

    /// nil: it says values of its own.
    static func drop(ofLineage row: Row) throws -> DropLineage.Drop? {
        let original: Int? = row["original"]
        let act = (row["act"] as String?).flatMap(DeskVerb.init(rawValue:))
        let stage: String = row["stage"]
        let verdict: String? = row["verdict"]
        let maker: DropLineage.Maker
        switch (act, original) {
        case (.republish, _): maker = .republication
        case (.withdraw, let original?):
            maker = .withdrawal(
                of: original, act: row["asked_at"] ?? 0,
                isInForce: stage != FileStage.held.rawValue && verdict != Verdict.refused.rawValue
                    && (row["rehearsed"] as String?) == nil)
        case (_, let original?) where (row["made"] as Bool?) == true: maker = .rows(of: original)
        default: return nil
        }
        let destinations: String? = row["destinations"]
        let names = try destinations.map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? []
        let ended = [FileStage.held, .settled, .closed].map(\.rawValue)
        return DropLineage.Drop(
            number: row["number"], maker: maker, destinations: Set(names), age: row["age"] ?? 0,
            isOpen: !ended.contains(stage))
    }

    /// The highest number of a drop that was claimed before a time, microseconds since 1970; 0: none was. Throws `LedgerError`.
    package func lastNumber(claimedBefore time: Int64) throws -> Int {
        try read { db in
            // Numbers grow with the time: few looks find it, where an index would cost every claim.
            func isBefore(_ number: Int) throws -> Bool {
                let claimed = try Int64.fetchOne(
                    db, sql: "SELECT claimed_at FROM \"drop\" WHERE number <= ? ORDER BY number DESC LIMIT 1",
                    arguments: [number])
                return claimed.map { $0 < time } ?? true
            }
            var low = 0
            var high = try Int.fetchOne(db, sql: "SELECT MAX(number) FROM \"drop\"") ?? 0
            while low < high {
                let middle = low + (high - low + 1) / 2
                if try isBefore(middle) { low = middle } else { high = middle - 1 }
            }
            return low
        }
    }

    /// How the files of some rules stand: of drops with higher numbers than one, and of some others by number; and the highest
    /// number of any drop. Drops that were made of rows of others are no files of their own. Throws `LedgerError`.
    package func scheduled(
        after number: Int, besides others: [Int], rules: Set<String>
    ) throws -> (files: [ScheduledFile], newest: Int) {
        try read { db in
            let columns = """
                SELECT number, name, rule, stage, verdict, original, COALESCE(arrived_at, claimed_at) AS at FROM "drop"

                """
            var rows = try Row.fetchAll(db, sql: columns + "WHERE number > ?", arguments: [number])
            for drop in others {
                rows += try Row.fetchAll(db, sql: columns + "WHERE number = ?", arguments: [drop])
            }
            let newest = rows.map { $0["number"] as Int }.max() ?? number
            let files = rows.compactMap { row -> ScheduledFile? in
                let rule: String = row["rule"]
                guard rules.contains(rule), row["original"] as Int? == nil else { return nil }
                let verdict = (row["verdict"] as String?).flatMap(Verdict.init(rawValue:))
                let stage = FileStage(rawValue: row["stage"])
                let place: ScheduledFile.Place =
                    if stage == .held { .held } else if let verdict, stage == .settled || stage == .closed {
                        .ended(verdict)
                    } else { .work(secondsLeft: nil) }
                return ScheduledFile(drop: row["number"], name: row["name"], rule: rule, at: row["at"], place: place)
            }
            return (files, newest)
        }
    }

    /// What a drop was called and claimed under; nil: there is no such drop, or not every row of it has its outcome. Throws
    /// `LedgerError`.
    package func finished(_ drop: Int) throws -> (name: String, claimedAt: Int64, snapshot: DropSnapshot)? {
        try read { db in try Ledger.finished(drop, in: db) }
    }

    /// The rule that a drop was claimed under, and the drop that its rows were in before; nil: there is no such drop. Throws
    /// `LedgerError`.
    package func rule(of drop: Int) throws -> (rule: MappingRule, original: Int?)? {
        try read { db in
            guard
                let row = try Row.fetchOne(
                    db, sql: "SELECT snapshot, original FROM \"drop\" WHERE number = ?", arguments: [drop])
            else { return nil }
            let snapshot = try JSONDecoder().decode(DropSnapshot.self, from: row["snapshot"] as Data)
            return (snapshot.rule, row["original"])
        }
    }

    /// As ``Ledger/goodFiles(ofRule:before:)``, of all drops. Throws `LedgerError`.
    package func goodFiles(ofRule match: String) throws -> [RulePast.File] {
        try read { db in try Ledger.goodFiles(ofRule: match, before: .max, in: db) }
    }

    /// The drops that the rows of a drop were in before, the last one first: a correction has one, a correction of that one two.
    /// Throws `LedgerError`.
    package func originals(of drop: Int) throws -> [Int] {
        try read { db in
            var found: [Int] = []
            var drop = drop
            while let original = try Int.fetchOne(
                db, sql: "SELECT original FROM \"drop\" WHERE number = ?", arguments: [drop]), original < drop
            {
                found.append(original)
                drop = original
            }
            return found
        }
    }

    func drops(_ condition: String, _ arguments: StatementArguments) throws -> [Drop] {
        try read { db in
            try Row.fetchAll(
                db,
                sql:
                    "SELECT number, name, stage, verdict, folder, target FROM \"drop\" WHERE \(condition) ORDER BY number",
                arguments: arguments
            ).map { row in
                let verdict: String? = row["verdict"]
                return Drop(
                    number: row["number"], name: row["name"],
                    stage: try FileStage(inLedger: row["stage"], of: row["number"]),
                    verdict: verdict.flatMap(Verdict.init(rawValue:)), folder: folder(row["folder"]),
                    target: row["target"])
            }
        }
    }

    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) throws -> Value {
        do {
            return try database.read(body)
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(message: "the ledger cannot be read: \(error)")
        }
    }
}

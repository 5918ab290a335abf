internal import GRDB
internal import PostboxCore

/// The ledger's tables, and how those of an earlier schema become today's. A schema is never changed once a version of Postbox
/// had it: what comes next is a migration of its own, and each is one transaction, so that a crash leaves the old or the new.
///
/// The schema refuses nonsense: a settled drop without a verdict, a posting without its drop, two drops of one number.
enum LedgerSchema {
    /// As `PRAGMA user_version` says it; a Postbox that knows no migrations goes by it.
    static let current = 5

    /// `firstNumber`: what a ledger counts from that has no tables yet. `folders`: how it keeps folders; nil: as they are.
    static func migrator(firstNumber: Int, _ folders: KeptFolders?) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            // Before there were migrations, ledgers said by their version alone that they have these tables.
            if try version(of: db) == 0 { try createFirst(db, firstNumber: firstNumber) }
            try complete(db)
        }
        // What refers to a table must not be looked at while the table is made anew; it is checked before the commit.
        migrator.registerMigration("v2", foreignKeyChecks: .deferred) { db in
            try createSecond(db)
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        migrator.registerMigration("v3", foreignKeyChecks: .immediate) { db in
            try addThird(db)
            try db.execute(sql: "PRAGMA user_version = 3")
        }
        migrator.registerMigration("v4", foreignKeyChecks: .immediate) { db in
            try addFourth(db)
            try db.execute(sql: "PRAGMA user_version = 4")
        }
        migrator.registerMigration("v5", foreignKeyChecks: .immediate) { db in
            if let folders { try keep(folders, in: db) }
            try db.execute(sql: "PRAGMA user_version = 5")
        }
        return migrator
    }

    /// 0: there is nothing in the ledger.
    static func version(of db: Database) throws -> Int { try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }

    /// Which Postbox made the ledger what it is; nil: nothing tells.
    static func writer(of db: Database) throws -> String? {
        guard try db.tableExists("writer") else { return nil }
        return try String.fetchOne(db, sql: "SELECT version FROM writer ORDER BY since DESC, rowid DESC LIMIT 1")
    }

    /// Notes which Postbox writes the ledger from now on.
    static func note(writer version: String, at now: Int64, in db: Database) throws {
        guard try writer(of: db) != version else { return }
        try db.execute(
            sql: "INSERT OR REPLACE INTO writer (version, since) VALUES (?, ?)", arguments: [version, now])
    }

    // MARK: - 5

    /// Until then folders had their whole paths. A spool that was copied has those of the other one, and its own files.
    private static func keep(_ folders: KeptFolders, in db: Database) throws {
        for (folder, kept) in try kept(folders, in: db) {
            try db.execute(sql: #"UPDATE "drop" SET folder = ? WHERE folder = ?"#, arguments: [kept, folder])
        }
    }

    /// By folders as a ledger before schema 5 has them: as it would keep them today. None for those that stay as they are.
    static func kept(_ folders: KeptFolders, in db: Database) throws -> [String: String] {
        var found: [String: String] = [:]
        for folder in try String.fetchAll(db, sql: #"SELECT DISTINCT folder FROM "drop" WHERE folder != ''"#) {
            let here = try folders.elsewhere(folder).first {
                try !folder.hasPrefix("/") || isMoved(folder, to: $0, folders, db)
            }
            let kept = folders.kept(here ?? folder)
            if kept != folder { found[folder] = kept }
        }
        return found
    }

    /// Whether the files that went to a folder, as the ledger has it, lie in another one: the summary of a late one does, or one that was not
    /// moved yet lies in this spool.
    private static func isMoved(
        _ folder: String, to other: String, _ folders: KeptFolders, _ db: Database
    ) throws -> Bool {
        let late = try Row.fetchAll(
            db,
            sql: """
                SELECT number, stage, target, summary_sha256 FROM "drop" WHERE folder = ? ORDER BY number DESC LIMIT 100
                """, arguments: [folder])
        return try late.contains { row in
            let stage: String = row["stage"]
            guard stage == FileStage.closed.rawValue else {
                return try Disk.exists(folders.work + "/\(row["number"] as Int)")
            }
            let summary = other + "/" + FileNames.summary(row["target"])
            guard try Disk.exists(summary) else { return false }
            let known: String? = row["summary_sha256"]
            return try known.map { try SHA256Text.of(Disk.contents(summary)) == $0 } ?? true
        }
    }

    // MARK: - 4

    private static func addFourth(_ db: Database) throws {
        try db.execute(
            sql: """
                -- Lines of the record that are not known to be durable in its file. `line`: without its line feed.
                CREATE TABLE record_line (number INTEGER PRIMARY KEY, line TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT;
                -- The record's last line: its number, its hash and its day (UTC), and how many bytes its file has up to the last line
                -- that is durable there.
                CREATE TABLE record_head (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    number INTEGER NOT NULL,
                    sha256 TEXT NOT NULL,
                    day TEXT NOT NULL,
                    file_bytes INTEGER NOT NULL
                ) STRICT;
                -- The last line of each day that is over, until it was signed and told to whoever anchors it.
                CREATE TABLE record_day (day TEXT PRIMARY KEY, number INTEGER NOT NULL, sha256 TEXT NOT NULL) STRICT;
                -- What was told last of a thing that stands for a while: the hash of a configuration, since when something is held.
                CREATE TABLE in_force (
                    kind TEXT NOT NULL,
                    name TEXT NOT NULL,
                    value TEXT NOT NULL,
                    PRIMARY KEY (kind, name)
                ) STRICT, WITHOUT ROWID;
                -- What retention must not remove: a drop by its number, or all results with rows of a RIC.
                CREATE TABLE keep (
                    kind TEXT NOT NULL CHECK (kind IN ('drop', 'ric')),
                    name TEXT NOT NULL,
                    since INTEGER NOT NULL,
                    by TEXT NOT NULL,
                    why TEXT NOT NULL,
                    PRIMARY KEY (kind, name)
                ) STRICT, WITHOUT ROWID;
                -- A person said that nothing more is to be done about a drop that ended badly: an object. NULL: nobody did.
                ALTER TABLE "drop" ADD COLUMN no_action TEXT;
                -- Files of it were removed because their time was over, microseconds since 1970. NULL: they are there.
                ALTER TABLE "drop" ADD COLUMN removed_at INTEGER;
                CREATE INDEX drop_settled ON "drop" (settled_at) WHERE stage = 'closed';
                -- Few drops are made of rows of another one, and few end badly: both are looked up every few seconds.
                CREATE INDEX drop_original ON "drop" (original, verdict) WHERE original IS NOT NULL;
                CREATE INDEX drop_bad ON "drop" (number) WHERE verdict IN ('partial', 'failed', 'refused');
                """)
    }

    // MARK: - 3

    private static func addThird(_ db: Database) throws {
        // Why a drop is or was held, and what was decided about it: an object. NULL: it never was.
        try db.execute(sql: #"ALTER TABLE "drop" ADD COLUMN hold TEXT CHECK (hold IS NOT NULL OR stage != 'held')"#)
    }

    // MARK: - 2

    private static func createSecond(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE new_drop (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    name TEXT NOT NULL,
                    -- As FileStage says it. No list here: a later version may know more of them.
                    stage TEXT NOT NULL,
                    claimed_at INTEGER NOT NULL,
                    -- When the file was last changed in the inbox. Times are microseconds since 1970.
                    arrived_at INTEGER,
                    -- How old its values are among those of other drops.
                    age INTEGER,
                    -- The drop whose bad rows the file holds, corrected.
                    original INTEGER,
                    -- The rule's `match`; empty: the plain mapping.
                    rule TEXT NOT NULL,
                    snapshot BLOB NOT NULL,
                    starts INTEGER NOT NULL DEFAULT 0,
                    size INTEGER NOT NULL DEFAULT 0,
                    sha256 TEXT NOT NULL DEFAULT '',
                    digests BLOB NOT NULL DEFAULT x'',
                    rows INTEGER NOT NULL DEFAULT 0,
                    first_sent_at INTEGER NOT NULL DEFAULT 0,
                    verdict TEXT CHECK (verdict IN ('done', 'partial', 'failed', 'refused')),
                    folder TEXT NOT NULL DEFAULT '',
                    target TEXT NOT NULL DEFAULT '',
                    summary BLOB NOT NULL DEFAULT x'',
                    -- Of the summary file; NULL: it was settled under schema 1.
                    summary_sha256 TEXT,
                    -- Of the result file; NULL: not known yet. Nobody reads a result again to fill it while files are posted.
                    result_sha256 TEXT,
                    -- A row of it was or may have been sent.
                    sent INTEGER NOT NULL DEFAULT 0,
                    settled_at INTEGER NOT NULL DEFAULT 0,
                    CHECK (stage NOT IN ('settled', 'closed') OR verdict IS NOT NULL)
                ) STRICT;
                INSERT INTO new_drop (
                    number, name, stage, claimed_at, arrived_at, age, original, rule, snapshot, starts, size, sha256, digests,
                    rows, first_sent_at, verdict, folder, target, summary, sent, settled_at
                ) SELECT
                    number, name, stage, claimed_at, json_extract(facts, '$.arrivedAt'), json_extract(facts, '$.age'),
                    json_extract(facts, '$.original'), rule, snapshot, starts, size, sha256, digests,
                    rows, first_sent_at, verdict, folder, target, summary, sent, settled_at
                FROM (SELECT *, iif(json_valid(CAST(snapshot AS TEXT)), CAST(snapshot AS TEXT), '{}') AS facts FROM "drop");
                -- No number is given again, also not one that was given last and forgotten.
                UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'drop')
                WHERE name = 'new_drop' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'drop');
                INSERT INTO sqlite_sequence (name, seq) SELECT 'new_drop', seq FROM sqlite_sequence
                WHERE name = 'drop' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'new_drop');
                DROP TABLE "drop";
                ALTER TABLE new_drop RENAME TO "drop";
                CREATE INDEX drop_open ON "drop" (number) WHERE stage != 'closed';
                CREATE INDEX drop_sent_name ON "drop" (name, number) WHERE sent = 1;
                CREATE INDEX drop_sent_rule ON "drop" (rule, number) WHERE sent = 1;
                CREATE INDEX drop_sent ON "drop" (settled_at) WHERE sent = 1;
                -- The versions of Postbox that wrote the ledger, and since when.
                CREATE TABLE writer (version TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT;
                """)
    }

    // MARK: - 1

    /// As the first versions of Postbox made them.
    private static func createFirst(_ db: Database, firstNumber: Int) throws {
        try db.execute(
            sql: """
                CREATE TABLE "drop" (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    name TEXT NOT NULL,
                    stage TEXT NOT NULL CHECK (stage IN ('claimed', 'posting', 'settled', 'closed')),
                    claimed_at INTEGER NOT NULL,
                    snapshot BLOB NOT NULL,
                    starts INTEGER NOT NULL DEFAULT 0,
                    size INTEGER NOT NULL DEFAULT 0,
                    sha256 TEXT NOT NULL DEFAULT '',
                    digests BLOB NOT NULL DEFAULT x'',
                    rows INTEGER NOT NULL DEFAULT 0,
                    first_sent_at INTEGER NOT NULL DEFAULT 0,
                    verdict TEXT CHECK (verdict IN ('done', 'partial', 'failed', 'refused')),
                    folder TEXT NOT NULL DEFAULT '',
                    target TEXT NOT NULL DEFAULT '',
                    summary BLOB NOT NULL DEFAULT x'',
                    settled_at INTEGER NOT NULL DEFAULT 0,
                    CHECK (stage NOT IN ('settled', 'closed') OR verdict IS NOT NULL)
                ) STRICT;
                CREATE INDEX drop_open ON "drop" (number) WHERE stage != 'closed';
                CREATE TABLE posting (
                    "drop" INTEGER NOT NULL REFERENCES "drop" (number) ON DELETE CASCADE,
                    destination TEXT NOT NULL,
                    post_id_base INTEGER NOT NULL CHECK (post_id_base BETWEEN 0 AND 4294967295),
                    posted_through INTEGER NOT NULL DEFAULT 0,
                    PRIMARY KEY ("drop", destination)
                ) STRICT, WITHOUT ROWID;
                PRAGMA user_version = 1;
                """)
        if firstNumber > 1 {
            try db.execute(
                sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('drop', ?)", arguments: [firstNumber - 1])
        }
    }

    /// Adds what schema 1 got since it was first written, where it is missing: columns with what is known of them, and indexes.
    private static func complete(_ db: Database) throws {
        let columns = Set(try db.columns(in: "drop").map(\.name))
        if !columns.contains("rule") {
            // The rule's `match`; empty: the plain mapping.
            try db.execute(
                sql: """
                    ALTER TABLE "drop" ADD COLUMN rule TEXT NOT NULL DEFAULT '';
                    UPDATE "drop" SET rule = coalesce(json_extract(CAST(snapshot AS TEXT), '$.rule.match'), '')
                    WHERE json_valid(CAST(snapshot AS TEXT));
                    """)
        }
        if !columns.contains("sent") {
            // Settled, and a row of it was or may have been sent.
            try db.execute(
                sql: """
                    ALTER TABLE "drop" ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;
                    UPDATE "drop" SET sent = 1 WHERE first_sent_at > 0 AND stage IN ('settled', 'closed');
                    """)
        }
        if try !db.columns(in: "posting").contains(where: { $0.name == "login" }) {
            // How the destination was logged in, as the summary tells it: an object.
            try db.execute(sql: "ALTER TABLE posting ADD COLUMN login TEXT NOT NULL DEFAULT ''")
        }
        try db.execute(
            sql: """
                CREATE INDEX IF NOT EXISTS drop_sent_name ON "drop" (name, number) WHERE sent = 1;
                CREATE INDEX IF NOT EXISTS drop_sent_rule ON "drop" (rule, number) WHERE sent = 1;
                CREATE INDEX IF NOT EXISTS drop_sent ON "drop" (settled_at) WHERE sent = 1;
                DROP INDEX IF EXISTS drop_content;
                DROP INDEX IF EXISTS drop_target;
                """)
    }
}

internal import GRDB

/// The ledger's tables. The schema refuses nonsense: a stage that is none, a posting without its drop, two drops of one number.
enum LedgerSchema {
    static let current = 1

    static func create(_ db: Database) throws {
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
                PRAGMA user_version = \(current);
                """)
        try complete(db)
    }

    /// Adds what this schema has got since it was first written, where it is missing: columns with what is known of them, and
    /// indexes. A Postbox from before that knows nothing of them, and they do not trouble it.
    static func complete(_ db: Database) throws {
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

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
                CREATE INDEX drop_content ON "drop" (sha256) WHERE stage = 'closed';
                CREATE INDEX drop_target ON "drop" (target);
                CREATE TABLE posting (
                    "drop" INTEGER NOT NULL REFERENCES "drop" (number) ON DELETE CASCADE,
                    destination TEXT NOT NULL,
                    post_id_base INTEGER NOT NULL CHECK (post_id_base BETWEEN 0 AND 4294967295),
                    posted_through INTEGER NOT NULL DEFAULT 0,
                    PRIMARY KEY ("drop", destination)
                ) STRICT, WITHOUT ROWID;
                PRAGMA user_version = \(current);
                """)
    }
}

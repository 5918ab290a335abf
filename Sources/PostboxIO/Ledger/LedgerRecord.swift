internal import GRDB
package import PostboxCore

extension Database {
    /// Adds a line to the record, in the transaction of what it tells.
    func record(_ entry: RecordEntry, at now: Int64) throws {
        let head = try Row.fetchOne(cachedStatement(sql: "SELECT number, sha256, day FROM record_head"))
        let line = RecordLine(
            number: (head?["number"] ?? 0) + 1, previous: head?["sha256"] ?? RecordLine.noHash, at: now, entry: entry)
        let text = line.text
        let sha256 = SHA256Text.of(Array(text.utf8) + [UInt8(ascii: "\n")])
        let day = TimeText.day(now)
        try run(
            sql: "INSERT INTO record_line (number, line, sha256) VALUES (?, ?, ?)",
            arguments: [line.number, text, sha256])
        if let head, head["day"] as String != day {
            try run(
                sql: """
                    INSERT INTO record_day (day, number, sha256) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET number = excluded.number, sha256 = excluded.sha256
                    """, arguments: [head["day"] as String, head["number"] as Int, head["sha256"] as String])
        }
        try run(
            sql: """
                INSERT INTO record_head (id, number, sha256, day, file_bytes) VALUES (1, ?, ?, ?, 0)
                ON CONFLICT DO UPDATE SET number = excluded.number, sha256 = excluded.sha256, day = excluded.day
                """, arguments: [line.number, sha256, day])
    }

    /// Adds the line of a settled drop, whose name the ledger has.
    func record(settled: RecordEntry.Settled, at now: Int64) throws {
        var settled = settled
        settled.file =
            try String.fetchOne(
                cachedStatement(sql: #"SELECT name FROM "drop" WHERE number = ?"#), arguments: [settled.drop]) ?? ""
        try record(.settled(settled), at: now)
    }
}

/// Lines of the record that are to be appended to its file.
package struct PendingRecord: Sendable, Equatable {
    /// How many bytes the file has up to the last line that is durable there.
    package var fileBytes: Int
    /// Without their line feeds.
    package var lines: [String]
    /// Of the last of them.
    package var lastNumber: Int
}

/// The last line of a day that is over.
package struct RecordDay: Sendable, Equatable {
    package var day: String
    package var number: Int
    package var sha256: String
}

extension Ledger {
    /// The record has its first line from here on. `tail`: the end of a file that an earlier ledger wrote; asked for when this one has
    /// no record. Throws what it throws, and `LedgerError`.
    package func beginRecord(version: String, after tail: @Sendable () throws -> RecordTail) async throws {
        guard try !hasRecord() else { return }
        let tail = try tail()
        try await commit(recorded: true) { db in
            let now = Clock.wall()
            let last = try Int.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'drop'") ?? 0
            let open = try Int.fetchAll(
                db, sql: #"SELECT number FROM "drop" WHERE stage NOT IN ('settled', 'closed') ORDER BY number"#)
            if tail.number > 0 {
                try db.run(
                    sql: "INSERT INTO record_head (id, number, sha256, day, file_bytes) VALUES (1, ?, ?, ?, ?)",
                    arguments: [tail.number, tail.sha256, TimeText.day(now), tail.bytes])
            }
            try db.record(.began(last: last, open: open, version: version), at: now)
        }
    }

    private func hasRecord() throws -> Bool {
        try database.read { db in try Bool.fetchOne(db, sql: "SELECT count(*) > 0 FROM record_head") ?? false }
    }

    /// Adds a line to the record. Throws `LedgerError`.
    package func record(_ entry: RecordEntry, at now: Int64) async throws {
        try await commit(recorded: true) { db in try db.record(entry, at: now) }
    }

    /// A line of the record about a thing that stands for a while.
    package struct Step: Sendable, Equatable {
        package var entry: RecordEntry
        /// What is noted of the thing when it is told; nil: it stands no more.
        package var value: String?

        package init(_ entry: RecordEntry, _ value: String?) {
            self.entry = entry
            self.value = value
        }
    }

    /// Adds a line to the record when a thing that stands for a while is not what was told last of it. `value`: nil: it stands no more,
    /// which is told when it stood. Throws `LedgerError`.
    package func record(
        _ entry: RecordEntry, ifNew value: String?, of kind: String, _ name: String, at now: Int64
    ) async throws {
        try await record([Step(entry, value)], of: kind, name, at: now)
    }

    /// Adds lines about a thing to the record, in their order: those behind the one that was told last. Throws `LedgerError`.
    package func record(_ steps: [Step], of kind: String, _ name: String, at now: Int64) async throws {
        try await commit(recorded: true) { db in
            let known = try String.fetchOne(
                db, sql: "SELECT value FROM in_force WHERE kind = ? AND name = ?", arguments: [kind, name])
            let new = steps[(steps.lastIndex { $0.value == known }.map { $0 + 1 } ?? 0)...]
            guard let last = new.last else { return }
            if let value = last.value {
                try db.run(
                    sql: "INSERT OR REPLACE INTO in_force (kind, name, value) VALUES (?, ?, ?)",
                    arguments: [kind, name, value])
            } else {
                try db.run(sql: "DELETE FROM in_force WHERE kind = ? AND name = ?", arguments: [kind, name])
            }
            for step in new { try db.record(step.entry, at: now) }
        }
    }

    /// Notes what was told of a thing, without a line of the record. Throws `LedgerError`.
    package func note(_ value: String, of kind: String, _ name: String) async throws {
        try await commit { db in
            try db.run(
                sql: "INSERT OR REPLACE INTO in_force (kind, name, value) VALUES (?, ?, ?)",
                arguments: [kind, name, value])
        }
    }

    /// What was told last of a thing; nil: nothing.
    package func inForce(_ kind: String, _ name: String) throws -> String? {
        try database.read { db in
            try String.fetchOne(
                db, sql: "SELECT value FROM in_force WHERE kind = ? AND name = ?", arguments: [kind, name])
        }
    }

    /// Lines that the record's file lacks; nil: none. At most so many at once.
    package func pendingRecord(atMost most: Int = 10_000) throws -> PendingRecord? {
        try database.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT number, line FROM record_line ORDER BY number LIMIT ?", arguments: [most])
            guard let last = rows.last else { return nil }
            let bytes = try Int.fetchOne(db, sql: "SELECT file_bytes FROM record_head") ?? 0
            return PendingRecord(fileBytes: bytes, lines: rows.map { $0["line"] }, lastNumber: last["number"])
        }
    }

    /// Lines up to that number are durable in the file, which ends behind them. Throws `LedgerError`.
    package func recordWritten(through number: Int, fileBytes: Int) async throws {
        try await commit { db in
            try db.run(sql: "DELETE FROM record_line WHERE number <= ?", arguments: [number])
            try db.run(sql: "UPDATE record_head SET file_bytes = ?", arguments: [fileBytes])
        }
    }

    /// Days before that one whose last lines were not signed yet, by day. A day is over once the record has a line of a later one.
    package func unsignedDays(before day: String) throws -> [RecordDay] {
        try database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT day, number, sha256 FROM record_day WHERE day < ? ORDER BY day", arguments: [day]
            ).map { RecordDay(day: $0["day"], number: $0["number"], sha256: $0["sha256"]) }
        }
    }

    /// A day's last line was signed and told; `signature`: the line of it, nil: there is no key. Throws `LedgerError`.
    package func signed(_ day: RecordDay, _ signature: RecordEntry?, at now: Int64) async throws {
        try await commit(recorded: true) { db in
            // The day's end goes there when the new line comes, unless it is there.
            if let signature { try db.record(signature, at: now) }
            try db.run(sql: "DELETE FROM record_day WHERE day = ?", arguments: [day.day])
        }
    }
}

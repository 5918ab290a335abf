internal import PostboxCore

/// Makes one run of new rows and of some runs of a store: a record for each key, with all that is known of it.
struct LastMerger: ~Copyable {
    /// Runs that become part of the new one, the newest first.
    private let newer: [LastRun]
    /// Runs that stay, the newest first.
    private let older: [LastRun]
    private let rooms: [LastRun.Room]
    private let rows: RowSpill
    /// By the rows' ordinals.
    private let places: [DropPlace]
    private var fold = LastFold()
    private var key = RawBytes()

    init(newer: [LastRun], older: [LastRun], rows: RowSpill, places: [DropPlace]) {
        self.newer = newer
        self.older = older
        rooms = older.map { _ in LastRun.Room() }
        self.rows = rows
        self.places = places
    }

    /// Writes the run, durable but for its name. Throws `LastRun.Damaged` and `DiskError`.
    mutating func write(number: Int, path: String) throws -> LastRun {
        var writer = try LastRun.Writer(number: number, path: path)
        let cursors = try newer.map { try LastRun.Cursor($0) }
        while true {
            // Of two with one key the newer one.
            var first: LastRecord?
            for cursor in cursors {
                guard let record = cursor.record else { continue }
                if let known = first, !record.comesBefore(known) { continue }
                first = record
            }
            if let row = rows.row {
                var order = 1
                if let first {
                    order = row.hash < first.hash ? -1 : row.hash > first.hash ? 1 : LastKey.order(row.key, first.key)
                } else {
                    order = -1
                }
                if order <= 0 {
                    try lay(row, over: order == 0 ? first : nil, known: order == 0, &writer)
                    if order < 0 { continue }
                } else if let first {
                    try writer.add(first)
                }
            } else if let first {
                try writer.add(first)
            } else {
                break
            }
            if let first { try pass(first, cursors) }
        }
        return try writer.finish()
    }

    /// Every cursor goes on that has this record's key.
    private mutating func pass(_ first: LastRecord, _ cursors: [LastRun.Cursor]) throws {
        if cursors.count == 1 { return try cursors[0].step() }
        let hash = first.hash
        key.removeAll()
        key.append(first.key)
        for cursor in cursors {
            guard let record = cursor.record, record.hash == hash, LastKey.order(record.key, key.written) == 0 else {
                continue
            }
            try cursor.step()
        }
    }

    /// Writes what the rows of one key make of what is known of it. `isKnown`: that is `record`; else it is looked for.
    private mutating func lay(
        _ row: LastRow, over record: LastRecord?, known isKnown: Bool, _ writer: inout LastRun.Writer
    ) throws {
        let hash = row.hash
        key.removeAll()
        key.append(row.key)
        var isBegun = false
        if let record {
            isBegun = fold.begin(record.body, keyCount: record.key.count)
            if !isBegun { throw LastRun.Damaged(path: newer.first?.path ?? "") }
        } else if !isKnown {
            for index in older.indices where !isBegun {
                isBegun = try begin(hash, in: index)
            }
        }
        if !isBegun { fold.begin(key: key.written) }
        var next: LastRow? = row
        while let row = next, row.hash == hash, LastKey.order(row.key, key.written) == 0 {
            guard row.ordinal < places.count, fold.take(row, of: places[row.ordinal]) else {
                throw LastRun.Damaged(path: newer.first?.path ?? "")
            }
            try rows.step()
            next = rows.row
        }
        try writer.add(hash, &fold)
    }

    private mutating func begin(_ hash: UInt64, in index: Int) throws -> Bool {
        let run = older[index]
        var known = RawBytes(capacity: 0)
        var keyCount = 0
        guard
            try run.find(
                hash, key.written, in: rooms[index],
                { record in
                    known.append(record.body)
                    keyCount = record.key.count
                })
        else { return false }
        guard fold.begin(known.written, keyCount: keyCount) else { throw LastRun.Damaged(path: run.path) }
        return true
    }
}

/// Makes one run of new rows and of some runs of a store: a record for each key, with all that is known of it.
///
/// It reads and writes nothing itself: rows and records come through `SortedRows` and `SortedRecords`, and what it makes waits in a
/// `LastRunText`.
package struct LastMerge: ~Copyable {
    /// Looks a key up in the runs that stay: appends what is known of it, the body of a record, and returns how long its key is; nil:
    /// nothing is known.
    package typealias LookUp = (
        _ hash: UInt64, _ key: UnsafeRawBufferPointer, _ body: inout RawBytes
    ) throws -> Int?

    private var rows: SortedRows
    private var records: SortedRecords
    /// By the rows' ordinals.
    private let places: [DropPlace]
    private let lookUp: LookUp?
    private var fold = LastFold()
    /// The row that is being laid, while the next one is looked at.
    private var held = RawBytes()
    private var known = RawBytes()

    /// - Parameter lookUp: nil: no runs stay.
    package init(
        rows: consuming SortedRows, records: consuming SortedRecords, places: [DropPlace], lookUp: LookUp?
    ) {
        self.rows = rows
        self.records = records
        self.places = places
        self.lookUp = lookUp
    }

    /// Goes on until so many bytes wait in `out`. False: that was all. Throws `SortedRows.Damaged`, `SortedRecords.Damaged`,
    /// `LastRecord.Damaged`, and what reading throws.
    package mutating func run(to out: inout LastRunText, until bytes: Int) throws -> Bool {
        while out.waiting < bytes {
            guard !rows.isAtEnd else {
                guard !records.isAtEnd else { return false }
                out.add(records.record)
                try records.step()
                continue
            }
            guard let row = rows.row else { throw SortedRows.Damaged() }
            guard !records.isAtEnd else {
                try lay(row, over: nil, &out)
                continue
            }
            let record = records.record
            var order = row.hash < record.hash ? -1 : row.hash > record.hash ? 1 : 0
            if order == 0 { order = LastKey.order(row.key, record.key) }
            if order > 0 {
                out.add(record)
                try records.step()
            } else if order < 0 {
                try lay(row, over: nil, &out)
            } else {
                try lay(row, over: record, &out)
                try records.step()
            }
        }
        return true
    }

    /// Writes what the rows of one key make of what is known of it, and goes on behind them.
    @inline(__always)
    private mutating func lay(_ row: LastRow, over record: LastRecord?, _ out: inout LastRunText) throws {
        held.removeAll()
        held.append(row.bytes)
        try rows.step()
        guard let row = LastRow(held.written, at: 0), row.ordinal < places.count else { throw SortedRows.Damaged() }
        out.begin(row.hash)
        if record != nil || lookUp == nil, !isNext(row.hash, row.key) {
            let place = places[row.ordinal]
            let origin = LastOrigin(drop: place.drop, age: place.age, acceptedAt: row.acceptedAt)
            if let record {
                if PlainRecord.write(row, origin, over: record, to: &out.bytes) { return }
            } else if PlainRecord.write(row, origin, to: &out.bytes) {
                return
            }
        }
        try layOneByOne(row, over: record, &out)
    }

    /// Whether the next row is of that key, too.
    @inline(__always)
    private func isNext(_ hash: UInt64, _ key: UnsafeRawBufferPointer) -> Bool {
        guard rows.hash == hash, let next = rows.row else { return false }
        return LastKey.order(next.key, key) == 0
    }

    @inline(never)
    private mutating func layOneByOne(_ row: LastRow, over record: LastRecord?, _ out: inout LastRunText) throws {
        if let record {
            guard fold.begin(record.body, keyCount: record.key.count) else { throw LastRecord.Damaged() }
        } else {
            known.removeAll()
            if let keyCount = try lookUp?(row.hash, row.key, &known) {
                guard fold.begin(known.written, keyCount: keyCount) else { throw LastRecord.Damaged() }
            } else {
                fold.begin(key: row.key)
            }
        }
        guard fold.take(row, of: places[row.ordinal]) else { throw SortedRows.Damaged() }
        while isNext(row.hash, row.key), let next = rows.row {
            guard next.ordinal < places.count, fold.take(next, of: places[next.ordinal]) else {
                throw SortedRows.Damaged()
            }
            try rows.step()
        }
        fold.write(hash: row.hash, to: &out.bytes)
    }
}

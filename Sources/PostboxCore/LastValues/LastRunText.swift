/// The bytes of a run as they are made, record by record, and where its blocks begin.
package struct LastRunText: ~Copyable {
    /// What a block has at least, but for the last one.
    package static let blockBytes = 4096

    /// Those that were not taken yet.
    var bytes = RawBytes(capacity: 1 << 12)
    private var sum = RawSum()
    /// Bytes that were taken.
    private var taken = 0
    private var blockStart = -1
    private var records = 0
    private var hashes: ContiguousArray<UInt64> = []
    private var starts: ContiguousArray<Int> = []

    package init() {}

    /// Bytes that wait to be taken.
    package var waiting: Int { bytes.count }

    /// Notes that the next record begins here.
    @inline(__always)
    mutating func begin(_ hash: UInt64) {
        let at = taken &+ bytes.count
        records &+= 1
        if blockStart < 0 || at &- blockStart >= Self.blockBytes { beginBlock(hash, at) }
    }

    @inline(never)
    private mutating func beginBlock(_ hash: UInt64, _ at: Int) {
        hashes.append(hash)
        starts.append(at)
        blockStart = at
    }

    /// Appends a record as another run has it.
    @inline(__always)
    mutating func add(_ record: LastRecord) {
        begin(record.hash)
        bytes.append(record.bytes)
    }

    /// Hands out what waits, all but the last bytes that are no whole piece: they wait for the next ones.
    package mutating func take(
        pieces: Int, _ body: (UnsafeRawBufferPointer, _ at: Int) throws -> Void
    ) rethrows {
        precondition(pieces % 8 == 0, "the sum is of whole words: it is of the file, however that is cut")
        let whole = bytes.count / pieces * pieces
        guard whole > 0 else { return }
        let piece = UnsafeRawBufferPointer(rebasing: bytes.written[..<whole])
        sum.take(piece)
        try body(piece, taken)
        taken += whole
        bytes.removeFirst(whole)
    }

    /// What the end of a run tells of it.
    package struct End {
        package var index: LastRunIndex
        /// How many records there are.
        package var records: Int
        /// Bytes of the whole file, and their sum.
        package var size: Int
        package var sum: UInt64
    }

    /// Hands out the records that wait, and forgets them: of whoever wants records and no run. Throws `LastRecord.Damaged`, and what
    /// `body` throws.
    package mutating func takeRecords(_ body: (LastRecord) throws -> Void) throws {
        let text = bytes.written
        var at = 0
        while at < text.count {
            guard let record = LastRecord(text, at: at) else { throw LastRecord.Damaged() }
            try body(record)
            at += record.bytes.count
        }
        taken += bytes.count
        bytes.removeAll()
    }

    /// No record follows: the index and the foot do, and are handed out with what waits.
    package mutating func finish(
        magic: UInt64, _ body: (UnsafeRawBufferPointer, _ at: Int) throws -> Void
    ) rethrows -> End {
        let recordBytes = taken + bytes.count
        let index = LastRunIndex(recordBytes: recordBytes, hashes: hashes, starts: starts)
        index.write(to: &bytes)
        bytes.append(fixed: UInt64(recordBytes))
        bytes.append(fixed: UInt64(hashes.count))
        bytes.append(fixed: magic)
        sum.take(bytes.written)
        try body(bytes.written, taken)
        let size = taken + bytes.count
        bytes.removeAll()
        taken = size
        return End(index: index, records: records, size: size, sum: sum.value)
    }
}

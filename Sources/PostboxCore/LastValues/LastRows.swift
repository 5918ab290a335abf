/// A row that was accepted, as the store of last values takes it from a result file. Its bytes lie in memory that is somebody else's.
///
/// A head of 32 bytes, then the key, then place, run and value of each field as they stand in a record: a row of a RIC that nothing is
/// known of becomes a record by being copied.
package struct LastRow {
    /// Of the key; see `LastKey`.
    package let hash: UInt64
    /// All of its bytes, as `LastRows` wrote them.
    package let bytes: UnsafeRawBufferPointer
    let row: UInt32
    /// Which of the drops that are applied together.
    package let ordinal: Int
    let acceptedAt: Int64
    let isRefresh: Bool
    package let key: UnsafeRawBufferPointer
    /// So many fields, each once; nil: they have to be looked at one by one.
    let fieldCount: Int?
    /// Place, run and value of each field.
    let fields: UnsafeRawBufferPointer

    /// The row that begins at a place; nil: there is none, or not all of it.
    @inline(__always)
    package init?(_ text: UnsafeRawBufferPointer, at start: Int) {
        guard let base = text.baseAddress, start >= 0, start < text.count else { return nil }
        self.init(base + start, count: text.count &- start)
    }

    /// The row that begins there; nil: not all of it is among so many bytes.
    @inline(__always)
    init?(_ base: UnsafeRawPointer, count: Int) {
        guard count >= Self.headBytes else { return nil }
        let size = Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: Place.size, as: UInt32.self)))
        let keyCount = Int(UInt16(littleEndian: base.loadUnaligned(fromByteOffset: Place.keyCount, as: UInt16.self)))
        guard size <= count, size >= Self.headBytes &+ keyCount else { return nil }
        let mark = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: Place.ordinal, as: UInt32.self))
        let fieldCount = UInt16(littleEndian: base.loadUnaligned(fromByteOffset: Place.fieldCount, as: UInt16.self))
        hash = Self.hash(at: base)
        acceptedAt = Int64(littleEndian: base.loadUnaligned(fromByteOffset: Place.acceptedAt, as: Int64.self))
        row = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: Place.row, as: UInt32.self))
        ordinal = Int(mark & ~Self.refreshMark)
        isRefresh = mark & Self.refreshMark != 0
        self.fieldCount = fieldCount == .max ? nil : Int(fieldCount)
        key = UnsafeRawBufferPointer(start: base + Self.headBytes, count: keyCount)
        fields = UnsafeRawBufferPointer(
            start: base + Self.headBytes + keyCount, count: size &- Self.headBytes &- keyCount)
        bytes = UnsafeRawBufferPointer(start: base, count: size)
    }

    /// Bytes before the key.
    static let headBytes = 32
    static let refreshMark: UInt32 = 1 << 31

    /// Where in the head what stands.
    enum Place {
        static let hash = 0
        static let acceptedAt = 8
        static let size = 16
        static let row = 20
        static let ordinal = 24
        static let keyCount = 28
        static let fieldCount = 30
    }

    @inline(__always)
    static func hash(at base: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: Place.hash, as: UInt64.self))
    }

    /// Whether it stands before another one: by the key, then by the drops' order, then by the file's.
    @inline(__always)
    package func comesBefore(_ other: LastRow) -> Bool {
        if hash != other.hash { return hash < other.hash }
        let order = LastKey.order(key, other.key)
        if order != 0 { return order < 0 }
        return (ordinal, row) < (other.ordinal, other.row)
    }
}

/// What a record is found by: the target's place in the lists of names, and the RIC.
package enum LastKey {
    /// Stays the same for as long as there are stores: they are sorted by it.
    @inline(__always)
    package static func hash(target: Int, ric: UnsafeRawBufferPointer) -> UInt64 { keyHash(ric: ric, service: target) }

    /// Writes the key as it stands in rows and records.
    package static func write(target: Int, ric: UnsafeRawBufferPointer, to out: inout RawBytes) {
        out.append(number: UInt64(target))
        out.append(number: UInt64(ric.count))
        out.append(ric)
    }

    /// The RIC of a key that was written; nil: it is none.
    package static func ric(_ key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard var reader = RawReader(key), reader.number() != nil, let count = reader.number() else { return nil }
        return reader.bytes(count)
    }

    /// Below zero: the first one stands before the other; zero: they are the same.
    @inline(__always)
    package static func order(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Int {
        if one.count == other.count, isSameBytes(one, other) { return 0 }
        for index in 0..<min(one.count, other.count) where one[index] != other[index] {
            return Int(one[index]) - Int(other[index])
        }
        return one.count - other.count
    }
}

/// Accepted rows in memory, to be had in the order of their keys.
package struct LastRows: ~Copyable {
    private var text: RawBytes
    /// The first 32 bits of the hash, then the place.
    private var entries: ContiguousArray<UInt64> = []
    private var fieldCount: UInt16 = 0
    /// Places of the row's fields: those below 64, the last of the others, and whether one may have come twice.
    private var seen: UInt64 = 0
    private var last = 63
    private var isOdd = false
    /// What `read` has passed: rows, and bytes of the next one.
    private var readIndex = 0
    private var readOffset = 0

    /// - Parameter capacity: Bytes of rows that there is room for at first.
    package init(capacity: Int = 1 << 12) {
        text = RawBytes(capacity: capacity)
    }

    package var count: Int { entries.count }
    /// Memory that it takes once it is sorted.
    package var bytes: Int { text.count + 2 * entries.count * MemoryLayout<UInt64>.stride }
    /// Bytes of the rows alone.
    package var textBytes: Int { text.count }

    package mutating func removeAll() {
        text.removeAll()
        entries.removeAll(keepingCapacity: true)
        readIndex = 0
        readOffset = 0
    }

    private static func place(_ entry: UInt64) -> Int { Int(entry & 0xFFFF_FFFF) }

    // MARK: - Writing

    /// Begins a row, whose fields follow.
    @inline(__always)
    mutating func begin(
        target: Int, ric: UnsafeRawBufferPointer, row: UInt32, ordinal: Int, acceptedAt: Int64, isRefresh: Bool
    ) {
        let hash = LastKey.hash(target: target, ric: ric)
        let start = text.count
        precondition(start <= UInt32.max, "many rows go to a file before they take so much memory")
        entries.append(hash & ~0xFFFF_FFFF | UInt64(start))
        let base = text.pointer(for: LastRow.headBytes + ric.count + 20)
        base.storeBytes(of: hash.littleEndian, toByteOffset: LastRow.Place.hash, as: UInt64.self)
        base.storeBytes(of: acceptedAt.littleEndian, toByteOffset: LastRow.Place.acceptedAt, as: Int64.self)
        base.storeBytes(of: row.littleEndian, toByteOffset: LastRow.Place.row, as: UInt32.self)
        let mark = UInt32(truncatingIfNeeded: ordinal) | (isRefresh ? LastRow.refreshMark : 0)
        base.storeBytes(of: mark.littleEndian, toByteOffset: LastRow.Place.ordinal, as: UInt32.self)
        var at = base + LastRow.headBytes
        at = RawBytes.write(number: UInt64(target), at: at)
        at = RawBytes.write(number: UInt64(ric.count), at: at)
        if let from = ric.baseAddress { copyShort(from, to: at, ric.count) }
        at += ric.count
        let keyCount = UInt16(truncatingIfNeeded: at - base - LastRow.headBytes)
        base.storeBytes(of: keyCount.littleEndian, toByteOffset: LastRow.Place.keyCount, as: UInt16.self)
        text.added(at - base)
        fieldCount = 0
        seen = 0
        last = 63
        isOdd = false
    }

    /// A field of the row that was begun.
    @inline(__always)
    mutating func add(field: Int, value: UnsafeRawBufferPointer) {
        let base = text.pointer(for: value.count + 21)
        var at = RawBytes.write(number: UInt64(field), at: base)
        at.storeBytes(of: 1, as: UInt8.self)
        at = RawBytes.write(number: UInt64(value.count), at: at + 1)
        if let from = value.baseAddress { copyShort(from, to: at, value.count) }
        text.added(at - base + value.count)
        note(field)
    }

    /// A field of the row that was begun, whose value is a text: what stands between two quotes.
    @inline(__always)
    mutating func add(field: Int, textBetweenQuotes value: UnsafeRawBufferPointer) {
        let base = text.pointer(for: value.count + 23)
        var at = RawBytes.write(number: UInt64(field), at: base)
        at.storeBytes(of: 1, as: UInt8.self)
        at = RawBytes.write(number: UInt64(value.count &+ 2), at: at + 1)
        at.storeBytes(of: Byte.quote, as: UInt8.self)
        if let from = value.baseAddress { copyShort(from, to: at + 1, value.count) }
        at.storeBytes(of: Byte.quote, toByteOffset: value.count &+ 1, as: UInt8.self)
        text.added(at - base + value.count &+ 2)
        note(field)
    }

    @inline(__always)
    private mutating func note(_ field: Int) {
        if field < 64 {
            let bit = 1 as UInt64 &<< UInt64(truncatingIfNeeded: field)
            if seen & bit != 0 { isOdd = true }
            seen |= bit
        } else {
            if field <= last { isOdd = true }
            last = field
        }
        if fieldCount == .max { isOdd = true }
        fieldCount &+= 1
    }

    /// The row has all its fields.
    @inline(__always)
    mutating func end() {
        guard let last = entries.last else { return }
        let start = Self.place(last)
        text.store(fixed: UInt32(truncatingIfNeeded: text.count - start), at: start + LastRow.Place.size)
        text.store(fixed: isOdd ? .max : fieldCount, at: start + LastRow.Place.fieldCount)
    }

    /// The row that was begun is none.
    mutating func takeBack() {
        guard let last = entries.popLast() else { return }
        text.truncate(to: Self.place(last))
    }

    // MARK: - Order

    /// Puts them in order: a place for each of the hashes' first bits, and within a place, where there are one or two, by
    /// comparing.
    package mutating func sort() {
        let count = entries.count
        guard count > 1 else { return }
        let bits = min(32, Int.bitWidth - count.leadingZeroBitCount - 1)
        let shift = UInt64(64 - bits)
        let all = text.written
        var next = ContiguousArray<Int32>(repeating: 0, count: 1 << bits + 1)
        var sorted = ContiguousArray<UInt64>(repeating: 0, count: count)
        entries.withUnsafeBufferPointer { entries in
            next.withUnsafeMutableBufferPointer { next in
                sorted.withUnsafeMutableBufferPointer { sorted in
                    for entry in entries { next[Int(entry &>> shift) &+ 1] &+= 1 }
                    for index in 1..<next.count { next[index] &+= next[index &- 1] }
                    for entry in entries {
                        let bucket = Int(entry &>> shift)
                        sorted[Int(next[bucket])] = entry
                        next[bucket] &+= 1
                    }
                    // From here on a bucket's place is where it ends.
                    var start = 0
                    for end in next {
                        let end = Int(end)
                        if end &- start > 1 { Self.order(&sorted, start, end, all) }
                        start = end
                    }
                }
            }
        }
        entries = sorted
    }

    @inline(__always)
    private static func order(
        _ sorted: inout UnsafeMutableBufferPointer<UInt64>, _ start: Int, _ end: Int, _ text: UnsafeRawBufferPointer
    ) {
        guard end &- start <= 32 else {
            sorted[start..<end].sort { comesBefore($0, $1, text) }
            return
        }
        for index in start &+ 1..<end {
            let entry = sorted[index]
            var at = index
            while at > start, comesBefore(entry, sorted[at &- 1], text) {
                sorted[at] = sorted[at &- 1]
                at &-= 1
            }
            sorted[at] = entry
        }
    }

    @inline(__always)
    private static func comesBefore(_ one: UInt64, _ other: UInt64, _ text: UnsafeRawBufferPointer) -> Bool {
        if (one ^ other) &>> 32 != 0 { return one < other }
        return isBefore(one, other, text)
    }

    @inline(never)
    private static func isBefore(_ one: UInt64, _ other: UInt64, _ text: UnsafeRawBufferPointer) -> Bool {
        guard let first = LastRow(text, at: place(one)), let second = LastRow(text, at: place(other)) else {
            return false
        }
        return first.comesBefore(second)
    }

    /// The row at an index, in order after `sort`; nil: that was the last one. It holds until the next row is begun.
    @inline(__always)
    package func row(_ index: Int) -> LastRow? {
        index < entries.count ? LastRow(text.written, at: Self.place(entries[index])) : nil
    }

    /// Fills the room with the rows' bytes, in order and one after the other, from where the last call ended. Returns how many; 0: that
    /// was all.
    package mutating func read(into room: UnsafeMutableRawBufferPointer) -> Int {
        guard let target = room.baseAddress else { return 0 }
        var filled = 0
        while filled < room.count, let row = row(readIndex) {
            let count = min(room.count &- filled, row.bytes.count &- readOffset)
            if let from = row.bytes.baseAddress { copyShort(from + readOffset, to: target + filled, count) }
            filled &+= count
            readOffset &+= count
            guard readOffset == row.bytes.count else { break }
            readOffset = 0
            readIndex &+= 1
        }
        return filled
    }
}

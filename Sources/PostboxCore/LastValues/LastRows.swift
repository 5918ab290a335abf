/// A row that was accepted, as the store of last values takes it from a result file. Its bytes lie in memory that is somebody else's.
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
    /// Place and value of each field.
    let fields: UnsafeRawBufferPointer

    /// The row that begins at a place; nil: there is none, or not all of it.
    @inline(__always)
    package init?(_ text: UnsafeRawBufferPointer, at start: Int) {
        guard var reader = RawReader(text, from: start), let hash = reader.fixed(UInt64.self),
            let size = reader.fixed(UInt32.self), let row = reader.fixed(UInt32.self),
            let ordinal = reader.fixed(UInt32.self), let acceptedAt = reader.fixed(Int64.self),
            let kind = reader.fixed(UInt16.self), let keyCount = reader.fixed(UInt16.self),
            size >= UInt32(Self.headBytes), let key = reader.bytes(UInt64(keyCount)),
            let fields = reader.bytes(UInt64(size) &- UInt64(Self.headBytes) &- UInt64(keyCount))
        else { return nil }
        self.hash = hash
        self.row = row
        self.ordinal = Int(ordinal)
        self.acceptedAt = acceptedAt
        isRefresh = kind != 0
        self.key = key
        self.fields = fields
        bytes = UnsafeRawBufferPointer(rebasing: text[start..<start + Int(size)])
    }

    /// Bytes before the key.
    static let headBytes = 32

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
    private struct Entry {
        var hash: UInt64
        var place: Int
    }

    private var text: RawBytes
    private var entries: ContiguousArray<Entry> = []

    package init() {
        text = RawBytes(capacity: 1 << 16)
    }

    package var count: Int { entries.count }
    /// Memory that it takes.
    package var bytes: Int { text.count + 2 * entries.count * MemoryLayout<Entry>.stride }

    package mutating func removeAll() {
        text.removeAll()
        entries.removeAll(keepingCapacity: true)
    }

    /// Begins a row, whose fields follow.
    mutating func begin(
        target: Int, ric: UnsafeRawBufferPointer, row: UInt32, ordinal: Int, acceptedAt: Int64, isRefresh: Bool
    ) {
        let hash = LastKey.hash(target: target, ric: ric)
        entries.append(Entry(hash: hash, place: text.count))
        text.append(fixed: hash)
        text.append(fixed: UInt32(0))
        text.append(fixed: row)
        text.append(fixed: UInt32(truncatingIfNeeded: ordinal))
        text.append(fixed: acceptedAt)
        text.append(fixed: UInt16(isRefresh ? 1 : 0))
        text.append(fixed: UInt16(0))
        let start = text.count
        LastKey.write(target: target, ric: ric, to: &text)
        text.store(fixed: UInt16(truncatingIfNeeded: text.count - start), at: start - 2)
    }

    /// A field of the row that was begun.
    @inline(__always)
    mutating func add(field: Int, value: UnsafeRawBufferPointer) {
        text.append(number: UInt64(field))
        text.append(number: UInt64(value.count))
        text.append(value)
    }

    /// A field of the row that was begun, whose value's bytes `body` appends.
    mutating func add(field: Int, _ value: borrowing RawBytes) {
        add(field: field, value: value.written)
    }

    /// The row has all its fields.
    @inline(__always)
    mutating func end() {
        guard let start = entries.last?.place else { return }
        text.store(fixed: UInt32(truncatingIfNeeded: text.count - start), at: start + 8)
    }

    /// The row that was begun is none.
    mutating func takeBack() {
        guard let start = entries.popLast()?.place else { return }
        text.truncate(to: start)
    }

    /// Puts them in order: a place for each of the hashes' first bits, and within a place, where there are one or two, by
    /// comparing.
    package mutating func sort() {
        let count = entries.count
        guard count > 1 else { return }
        let bits = Int.bitWidth - count.leadingZeroBitCount - 1
        let shift = UInt64(64 - bits)
        let all = text.written
        var next = ContiguousArray<Int32>(repeating: 0, count: 1 << bits + 1)
        for entry in entries { next[Int(entry.hash &>> shift) + 1] += 1 }
        for index in 1..<next.count { next[index] += next[index - 1] }
        var sorted = entries
        for entry in entries {
            let bucket = Int(entry.hash &>> shift)
            sorted[Int(next[bucket])] = entry
            next[bucket] += 1
        }
        // From here on a bucket's place is where it ends.
        var start = 0
        for end in next.lazy.map({ Int($0) }) where end > start {
            if end - start > 32 {
                sorted[start..<end].sort { Self.comesBefore($0, $1, all) }
            } else {
                for index in start + 1..<max(start + 1, end) {
                    let entry = sorted[index]
                    var at = index
                    while at > start, Self.comesBefore(entry, sorted[at - 1], all) {
                        sorted[at] = sorted[at - 1]
                        at -= 1
                    }
                    sorted[at] = entry
                }
            }
            start = end
        }
        entries = sorted
    }

    @inline(__always)
    private static func comesBefore(_ one: Entry, _ other: Entry, _ text: UnsafeRawBufferPointer) -> Bool {
        if one.hash != other.hash { return one.hash < other.hash }
        guard let first = LastRow(text, at: one.place), let second = LastRow(text, at: other.place) else {
            return false
        }
        return first.comesBefore(second)
    }

    /// The row at an index, in order after `sort`; nil: that was the last one. It holds until the next row is begun.
    @inline(__always)
    package func row(_ index: Int) -> LastRow? {
        index < entries.count ? LastRow(text.written, at: entries[index].place) : nil
    }
}

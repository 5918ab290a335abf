internal import Glibc

/// Rows of texts, found by their first one; all bytes lie in one array, so that a million rows cost little more than their bytes.
///
/// A row is its cells one behind the other, each with its length in front. The slots hold where rows begin, by the hash of their keys;
/// a slot with another key is followed by the next one.
struct FlatTable: Sendable {
    /// Rows are told by 32 bits of a slot.
    static let bytesMax = Int(UInt32.max) - 1

    private var bytes: [UInt8] = []
    /// The upper half of the key's hash, and the place of its row plus one; 0: free.
    private var slots: [UInt64] = Array(repeating: 0, count: 16)
    private(set) var count = 0
    /// Where the row begins that is being made.
    private var rowStart = 0

    init() {}

    /// Whether no more bytes can be told apart.
    var isFull: Bool { bytes.count > Self.bytesMax }

    // MARK: - Filling

    /// Adds the next cell of the row that is being made; its first is the key.
    mutating func append(_ cell: UnsafeRawBufferPointer) {
        var length = cell.count
        while length >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: length))
        bytes.append(contentsOf: cell)
    }

    /// Ends the row. False: a row with its key is there already, and this one is forgotten.
    mutating func endRow() -> Bool {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        let start = rowStart
        let (hash, slot) = bytes.withUnsafeBytes { bytes in
            let key = Self.cell(in: bytes, at: start)
            return find(UnsafeRawBufferPointer(rebasing: bytes[key]), in: bytes)
        }
        guard slots[slot] == 0, !isFull else {
            bytes.removeLast(bytes.count - start)
            return false
        }
        slots[slot] = (hash >> 32) << 32 | UInt64(start + 1)
        count += 1
        rowStart = bytes.count
        return true
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: slots.count * 2)
        bytes.withUnsafeBytes { bytes in
            for slot in slots where slot != 0 {
                let key = Self.cell(in: bytes, at: Self.start(slot))
                var at = Int(truncatingIfNeeded: Self.hash(UnsafeRawBufferPointer(rebasing: bytes[key])))
                at &= larger.count - 1
                while larger[at] != 0 { at = (at + 1) & (larger.count - 1) }
                larger[at] = slot
            }
        }
        slots = larger
    }

    // MARK: - Finding

    /// Where the row with this key begins; nil: there is none.
    func row(_ key: Span<UInt8>) -> Int? {
        let slot = key.withUnsafeBytes { key in
            bytes.withUnsafeBytes { slots[find(key, in: $0).slot] }
        }
        return slot == 0 ? nil : Self.start(slot)
    }

    /// Where the rows with these keys begin, below 0: there is none.
    ///
    /// In a large table each step of a look-up waits for memory: the slot, then the row. Here all keys take a step before the next
    /// one, and the machine fetches many at once.
    func find(_ keys: [RowBatch.Cell], in text: [UInt8], into found: inout [Int]) {
        found.removeAll(keepingCapacity: true)
        text.withUnsafeBytes { text in
            bytes.withUnsafeBytes { bytes in
                slots.withUnsafeBufferPointer { slots in
                    let mask = slots.count &- 1
                    // The slots that the keys' own hashes stand for: nothing but memory decides how fast.
                    for key in keys {
                        let hash = Self.hash(UnsafeRawBufferPointer(rebasing: text[key.bytes]))
                        found.append(Int(truncatingIfNeeded: slots[Int(truncatingIfNeeded: hash) & mask]))
                    }
                    // From there on to a row with the same hash, as far as a slot tells.
                    for index in keys.indices {
                        let hash = Self.hash(UnsafeRawBufferPointer(rebasing: text[keys[index].bytes]))
                        var at = Int(truncatingIfNeeded: hash) & mask
                        while slots[at] != 0, slots[at] >> 32 != hash >> 32 { at = (at &+ 1) & mask }
                        found[index] = slots[at] == 0 ? -1 : Self.start(slots[at])
                    }
                }
                // The rows: short keys have their length in one byte, and another length is another key's.
                for index in found.indices where found[index] >= 0 {
                    if Int(bytes[found[index]]) != Int(keys[index].length) { found[index] = Self.isUnsure }
                }
                for index in found.indices where found[index] != -1 {
                    let key = UnsafeRawBufferPointer(rebasing: text[keys[index].bytes])
                    if found[index] >= 0, key.count < 0x80, isEqual(bytes, found[index] &+ 1, key) { continue }
                    // Two keys of one hash, or a long one.
                    let slot = slots[find(key, in: bytes).slot]
                    found[index] = slot == 0 ? -1 : Self.start(slot)
                }
            }
        }
    }

    /// In place of a row that is still to be looked for.
    private static let isUnsure = -2

    /// Bytes in all: more than any place of a row.
    var byteCount: Int { bytes.count }

    /// Goes through the places of rows in their order, each of which has so many cells, until `body` says false.
    func eachRow(cells: Int, _ body: (Int) -> Bool) {
        var at = 0
        for _ in 0..<count {
            guard body(at) else { return }
            at = bytes.withUnsafeBytes { bytes in
                (0..<cells).reduce(at) { at, _ in Self.cell(in: bytes, at: at).upperBound }
            }
        }
    }

    /// Appends a cell of a row; 0 is its key.
    func append(cell number: Int, ofRowAt start: Int, into out: inout [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var cell = Self.cell(in: bytes, at: start)
            for _ in 0..<number { cell = Self.cell(in: bytes, at: cell.upperBound) }
            out.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[cell]))
        }
    }

    /// The slot of a key, or the free one that would be its.
    @inline(__always)
    private func find(_ key: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> (hash: UInt64, slot: Int) {
        let hash = Self.hash(key)
        return slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            var at = Int(truncatingIfNeeded: hash) & mask
            while slots[at] != 0 {
                if slots[at] >> 32 == hash >> 32 {
                    let known = Self.cell(in: bytes, at: Self.start(slots[at]))
                    if known.count == key.count, isEqual(bytes, known.lowerBound, key) { break }
                }
                at = (at + 1) & mask
            }
            return (hash, at)
        }
    }

    @inline(__always)
    private func isEqual(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ key: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, let other = key.baseAddress else { return true }
        return memcmp(base + start, other, key.count) == 0
    }

    private static func start(_ slot: UInt64) -> Int { Int(slot & 0xFFFF_FFFF) - 1 }

    private static func hash(_ key: UnsafeRawBufferPointer) -> UInt64 { keyHash(ric: key, service: 0) }

    /// Where the bytes of the cell lie whose length stands at that place.
    @inline(__always)
    private static func cell(in bytes: UnsafeRawBufferPointer, at start: Int) -> Range<Int> {
        var length = 0
        var shift = 0
        var at = start
        while true {
            let byte = bytes[at]
            length |= Int(byte & 0x7F) << shift
            at += 1
            if byte < 0x80 { break }
            shift += 7
        }
        return at..<at + length
    }
}

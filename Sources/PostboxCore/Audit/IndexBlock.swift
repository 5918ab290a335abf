/// A block of a run of the index: some entries in their order, each as its difference from the one before, in as few bytes as that needs.
///
/// A block is its length in bytes and its number of entries (32 bits each), the entries, and a sum over all that.
package struct IndexBlock: ~Copyable {
    /// A block is ended when it has so many bytes.
    package static let bytesMax = 8192

    private var bytes = RawBytes(capacity: IndexBlock.bytesMax + 64)
    private var last = IndexEntry(hash: 0, drop: 0, place: 0)
    package private(set) var count = 0
    /// Hash of its first entry.
    package private(set) var first: UInt64 = 0

    package init() { begin() }

    package var isFull: Bool { bytes.count >= Self.bytesMax }

    private mutating func begin() {
        bytes.removeAll()
        bytes.append(fixed: UInt64(0))
        last = IndexEntry(hash: 0, drop: 0, place: 0)
        count = 0
    }

    /// Adds an entry, which comes behind those that are there.
    @inline(__always)
    package mutating func append(_ entry: IndexEntry) {
        if count == 0 { first = entry.hash }
        let isSameHash = entry.hash == last.hash && count > 0
        bytes.append(number: count == 0 ? entry.hash : entry.hash &- last.hash)
        let isSameDrop = isSameHash && entry.drop == last.drop
        bytes.append(number: UInt64(isSameHash ? entry.drop &- last.drop : entry.drop))
        bytes.append(number: isSameDrop ? entry.place &- last.place : entry.place)
        last = entry
        count &+= 1
    }

    /// Gives `body` the block's bytes and begins the next one.
    package mutating func end<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure)
    {
        bytes.store(fixed: UInt64(UInt32(bytes.count + 8)) | UInt64(UInt32(count)) << 32, at: 0)
        var sum = RawSum()
        sum.take(bytes.written)
        bytes.append(fixed: sum.value)
        try body(bytes.written)
        begin()
    }

    /// How many bytes the block that begins there has; nil: there is none.
    package static func length(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard var reader = RawReader(bytes), let head = reader.fixed(UInt64.self) else { return nil }
        let length = Int(head & 0xFFFF_FFFF)
        return length > 16 && length <= 2 * bytesMax ? length : nil
    }

    /// Gives `body` each entry of a block, until it returns false. False: the bytes are no block.
    package static func read(_ bytes: UnsafeRawBufferPointer, _ body: (IndexEntry) -> Bool) -> Bool {
        guard let length = length(bytes), length == bytes.count else { return false }
        let payload = UnsafeRawBufferPointer(rebasing: bytes[..<(length - 8)])
        var sum = RawSum()
        sum.take(payload)
        guard bytes.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self).littleEndian == sum.value,
            var reader = RawReader(payload), let head = reader.fixed(UInt64.self)
        else { return false }
        var last = IndexEntry(hash: 0, drop: 0, place: 0)
        let count = Int(head >> 32)
        for index in 0..<count {
            guard let hash = reader.number(), let drop = reader.number(), let place = reader.number() else {
                return false
            }
            let isSameHash = hash == 0 && index > 0
            var entry = IndexEntry(
                hash: index == 0 ? hash : last.hash &+ hash,
                drop: UInt32(truncatingIfNeeded: isSameHash ? UInt64(last.drop) &+ drop : drop), place: place)
            if isSameHash, entry.drop == last.drop { entry.place = last.place &+ place }
            guard body(entry) else { return true }
            last = entry
        }
        return true
    }
}

/// A drop in a run of the index: which part of its files the run has the rows of.
package struct IndexedPart: Sendable, Equatable {
    package var drop: Int
    /// Bytes of the whole unpacked result.
    package var size: Int
    /// The first 64 bits of the result's SHA-256; a run that tells another one than the ledger is not trusted with this drop.
    package var check: UInt64
    /// The rows of these bytes are in the run: of the list of skipped rows and behind that of the result.
    package var bytes: Range<Int>
    /// Bytes of the list of skipped rows; -1: there is none.
    package var skippedSize: Int

    package var skippedBytes: Int { max(0, skippedSize) }
    /// Bytes of both.
    package var wholeBytes: Int { skippedBytes + size }

    package init(drop: Int, size: Int, check: UInt64, bytes: Range<Int>, skippedSize: Int) {
        self.drop = drop
        self.size = size
        self.check = check
        self.bytes = bytes
        self.skippedSize = skippedSize
    }

    /// The first 64 bits of a hash in hexadecimal digits; nil: it is none.
    package static func check(_ sha256: String) -> UInt64? { UInt64(sha256.prefix(16), radix: 16) }

    package static let byteCount = 48

    package func write(to bytes: inout RawBytes) {
        for number in [drop, size, self.bytes.lowerBound, self.bytes.upperBound, skippedSize] {
            bytes.append(fixed: Int64(number))
        }
        bytes.append(fixed: check)
    }

    package init?(_ reader: inout RawReader) {
        guard let drop = reader.fixed(Int64.self), let size = reader.fixed(Int64.self),
            let start = reader.fixed(Int64.self), let end = reader.fixed(Int64.self),
            let skipped = reader.fixed(Int64.self), let check = reader.fixed(UInt64.self), start <= end, start >= 0
        else { return nil }
        self.init(
            drop: Int(drop), size: Int(size), check: check, bytes: Int(start)..<Int(end), skippedSize: Int(skipped))
    }

    /// The drops of which every row is in these parts, with their whole result as one part.
    package static func whole(_ parts: [IndexedPart]) -> [Int: IndexedPart] {
        var whole: [Int: IndexedPart] = [:]
        for (drop, parts) in Dictionary(grouping: parts, by: \.drop) {
            var end = 0
            for part in parts.sorted(by: { $0.bytes.lowerBound < $1.bytes.lowerBound })
            where part.bytes.lowerBound <= end {
                end = max(end, part.bytes.upperBound)
            }
            guard let first = parts.first, end == first.wholeBytes,
                parts.allSatisfy({
                    $0.size == first.size && $0.check == first.check && $0.skippedSize == first.skippedSize
                })
            else { continue }
            var all = first
            all.bytes = 0..<end
            whole[drop] = all
        }
        return whole
    }
}

/// Where the blocks of a run begin, and with which hashes: what is kept in memory of it.
package struct LastRunIndex: Sendable {
    /// Bytes of records.
    package let recordBytes: Int
    /// Where blocks begin, and the hashes of their first records.
    private let hashes: ContiguousArray<UInt64>
    private let starts: ContiguousArray<Int>

    init(recordBytes: Int, hashes: ContiguousArray<UInt64>, starts: ContiguousArray<Int>) {
        self.recordBytes = recordBytes
        self.hashes = hashes
        self.starts = starts
    }

    /// Of the bytes that `write` appended; nil: they are not that.
    package init?(_ bytes: UnsafeRawBufferPointer, recordBytes: Int) {
        self.recordBytes = recordBytes
        var hashes: ContiguousArray<UInt64> = []
        var starts: ContiguousArray<Int> = []
        hashes.reserveCapacity(bytes.count / Self.entryBytes)
        starts.reserveCapacity(bytes.count / Self.entryBytes)
        if var reader = RawReader(bytes) {
            while let hash = reader.fixed(UInt64.self), let start = reader.fixed(UInt64.self) {
                hashes.append(hash)
                starts.append(Int(truncatingIfNeeded: start))
            }
        }
        guard zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }), starts.first ?? 0 == 0,
            starts.last ?? -1 < recordBytes
        else { return nil }
        self.hashes = hashes
        self.starts = starts
    }

    /// Bytes of each block's entry.
    package static let entryBytes = 16

    func write(to out: inout RawBytes) {
        for (hash, start) in zip(hashes, starts) {
            out.append(fixed: hash)
            out.append(fixed: UInt64(start))
        }
    }

    /// How many blocks there are.
    var count: Int { hashes.count }

    /// The hash that a block begins with.
    @inline(__always)
    func hash(_ block: Int) -> UInt64 { hashes[block] }

    @inline(__always)
    func start(_ block: Int) -> Int { block < starts.count ? starts[block] : recordBytes }

    /// The first block that may have a hash: the last one that begins with a smaller one.
    func firstBlock(_ hash: UInt64) -> Int {
        hashes.withUnsafeBufferPointer { hashes in
            var low = 0
            var high = hashes.count
            while low < high {
                let middle = (low &+ high) / 2
                if hashes[middle] < hash { low = middle &+ 1 } else { high = middle }
            }
            return max(0, low &- 1)
        }
    }
}

/// What was read of a run last: some of its blocks, in which keys that come in the store's order are found one behind the other.
package final class LastWindow {
    /// Reads bytes of the run from a place on; the room is as large as they are.
    package typealias Read = (_ at: Int, _ room: UnsafeMutableRawBufferPointer) throws -> Void

    private var text = RawBytes(capacity: LastRunText.blockBytes)
    /// The blocks that are in `text`.
    private var blocks = 0..<0
    /// So many blocks are read at once: the more, the nearer keys come one after the other.
    private var width = 1
    /// What was looked for last, and the bytes in `text` of records that stand before it.
    private var last: UInt64 = 0
    private var at = 0
    /// The block that `at` lies in, or an earlier one.
    private var block = 0

    package init() {}

    /// Gives `body` the record of a key. False: there is none. Throws `LastRecord.Damaged`, and what `read` and `body` throw.
    package func find(
        _ hash: UInt64, _ key: UnsafeRawBufferPointer, in index: LastRunIndex, read: Read,
        _ body: (LastRecord) throws -> Void
    ) throws -> Bool {
        if !isBehind(hash, index) { try fill(index.firstBlock(hash), of: index, read) }
        while !blocks.isEmpty {
            let finding = LastBlock.find(hash, key, in: text.written, from: start(of: hash, index))
            last = hash
            switch finding {
            case .found(let record, let place):
                at = place
                try body(record)
                return true
            case .none(let place):
                at = place
                let next = blocks.upperBound
                guard place == text.count, next < index.count, index.hash(next) <= hash else { return false }
                try fill(next, of: index, read)
            case .damaged: throw LastRecord.Damaged()
            }
        }
        return false
    }

    /// Reads blocks from one on. Until they are read nothing is in memory.
    private func fill(_ first: Int, of index: LastRunIndex, _ read: Read) throws {
        let isNear = !blocks.isEmpty && first >= blocks.lowerBound && first - blocks.upperBound < 2
        width = isNear ? min(2 * width, Self.widthMax) : 1
        blocks = 0..<0
        text.removeAll()
        at = 0
        last = 0
        block = first
        let wanted = first..<min(index.count, first + width)
        guard !wanted.isEmpty else { return }
        let (start, end) = (index.start(wanted.lowerBound), index.start(wanted.upperBound))
        try read(start, UnsafeMutableRawBufferPointer(rebasing: text.room(for: end - start)[..<(end - start)]))
        text.added(end - start)
        blocks = wanted
    }

    /// The record of that hash, if there is one, begins in what was read, and not before what was passed.
    @inline(__always)
    private func isBehind(_ hash: UInt64, _ index: LastRunIndex) -> Bool {
        guard !blocks.isEmpty, hash >= last else { return false }
        if last == 0, blocks.lowerBound > 0, hash <= index.hash(blocks.lowerBound) { return false }
        return blocks.upperBound == index.count || hash <= index.hash(blocks.upperBound)
    }

    /// Where in `text` the search for a hash begins.
    @inline(__always)
    private func start(of hash: UInt64, _ index: LastRunIndex) -> Int {
        guard block &+ 1 < blocks.upperBound, index.hash(block &+ 1) < hash else { return at }
        while block &+ 1 < blocks.upperBound, index.hash(block &+ 1) < hash { block &+= 1 }
        return max(at, index.start(block) &- index.start(blocks.lowerBound))
    }

    private static let widthMax = 16
}

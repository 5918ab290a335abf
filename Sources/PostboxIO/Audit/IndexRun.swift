internal import Glibc
internal import PostboxCore

/// A run of the index: a file of blocks of entries in their order, the place of each block, the drops whose rows it has, and an end that
/// tells where these are. It never changes once it has its name.
final class IndexRun: Sendable {
    /// A run does not hold what was written to it.
    struct Damaged: Error, CustomStringConvertible {
        var path: String
        var description: String { "\(path) does not hold what was written to it" }
    }

    struct Block: Sendable {
        /// Hash of its first entry.
        var first: UInt64
        var offset: Int
    }

    let number: Int
    let path: String
    /// Bytes of its blocks.
    let blockBytes: Int
    let rows: Int
    /// Bytes of the file.
    let size: Int
    let parts: [IndexedPart]
    let blocks: [Block]
    private let descriptor: Int32

    /// Eight letters of the format.
    fileprivate static let magic: UInt64 = 0x3178_6449_786f_6250
    fileprivate static let endBytes = 7 * 8

    /// Opens a run. Throws `Damaged` and `DiskError`.
    init(number: Int, folder: String) throws {
        self.number = number
        path = folder + "/" + IndexFiles.name(of: number)
        descriptor = try Disk.open(path, O_RDONLY | O_NOFOLLOW)
        do {
            size = try Disk.status(of: descriptor, path: path).size
            guard size >= Self.endBytes else { throw Damaged(path: path) }
            let end = try Disk.read(descriptor, at: size - Self.endBytes, count: Self.endBytes, path: path)
            let numbers = end.withUnsafeBytes { bytes in
                (0..<7).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
            }
            let (blockBytes, blockCount, partCount) = (numbers[0], numbers[1], numbers[2])
            let tableBytes = UInt64(size - Self.endBytes) &- blockBytes
            guard numbers[6] == Self.magic, blockBytes <= UInt64(size), blockCount <= UInt64(size),
                partCount <= UInt64(size),
                tableBytes == blockCount * 16 + partCount * UInt64(IndexedPart.byteCount)
            else { throw Damaged(path: path) }
            let table = try Disk.read(descriptor, at: Int(blockBytes), count: Int(tableBytes), path: path)
            var sum = RawSum()
            table.withUnsafeBytes { sum.take($0) }
            guard sum.value == numbers[4], numbers[5] == UInt64(size) else { throw Damaged(path: path) }
            var blocks: [Block] = []
            var parts: [IndexedPart] = []
            table.withUnsafeBytes { bytes in
                guard var reader = RawReader(bytes) else { return }
                for _ in 0..<Int(blockCount) {
                    guard let first = reader.fixed(UInt64.self), let offset = reader.fixed(UInt64.self) else { return }
                    blocks.append(Block(first: first, offset: Int(truncatingIfNeeded: offset)))
                }
                while let part = IndexedPart(&reader) { parts.append(part) }
            }
            guard blocks.count == Int(blockCount), parts.count == Int(partCount) else { throw Damaged(path: path) }
            self.blocks = blocks
            self.parts = parts
            self.blockBytes = Int(blockBytes)
            rows = Int(numbers[3])
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        // Only read from: nothing can be lost by closing it.
        _ = Glibc.close(descriptor)
    }

    func read(block index: Int) throws -> [UInt8] {
        let start = blocks[index].offset
        let end = index + 1 < blocks.count ? blocks[index + 1].offset : blockBytes
        guard start >= 0, end > start, end <= blockBytes, end - start <= 4 * IndexBlock.bytesMax else {
            throw Damaged(path: path)
        }
        return try Disk.read(descriptor, at: start, count: end - start, path: path)
    }

    /// Gives `body` each entry of a hash. Throws `Damaged` and `DiskError`.
    func find(_ hash: UInt64, _ body: (IndexEntry) -> Void) throws {
        // The last block that begins before it may have its first entries.
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].first < hash { low = middle + 1 } else { high = middle }
        }
        var index = max(0, low - 1)
        while index < blocks.count, blocks[index].first <= hash {
            let bytes = try read(block: index)
            let isWhole = bytes.withUnsafeBytes { bytes in
                IndexBlock.read(bytes) { entry in
                    if entry.hash == hash { body(entry) }
                    return entry.hash <= hash
                }
            }
            guard isWhole else { throw Damaged(path: path) }
            index += 1
        }
    }

    /// Reads a run's entries in order.
    struct Cursor {
        let run: IndexRun
        private var next = 0
        private var entries: ContiguousArray<IndexEntry> = []
        private var at = 0
        /// By the run's own list of drops: the index in that of the run that is written.
        private let drops: [UInt32]

        init(_ run: IndexRun, drops: [UInt32]) throws {
            self.run = run
            self.drops = drops
            try fill()
        }

        /// The entry that is reached; nil: that was the last one.
        var entry: IndexEntry? { at < entries.count ? entries[at] : nil }

        /// Goes on to the next. Throws `Damaged` and `DiskError`.
        mutating func step() throws {
            at += 1
            if at >= entries.count { try fill() }
        }

        private mutating func fill() throws {
            at = 0
            entries.removeAll(keepingCapacity: true)
            while entries.isEmpty, next < run.blocks.count {
                let bytes = try run.read(block: next)
                next += 1
                var isKnown = true
                let isWhole = bytes.withUnsafeBytes { bytes in
                    IndexBlock.read(bytes) { entry in
                        guard Int(entry.drop) < drops.count else {
                            isKnown = false
                            return false
                        }
                        var entry = entry
                        entry.drop = drops[Int(entry.drop)]
                        if entry.drop != .max { entries.append(entry) }
                        return true
                    }
                }
                guard isWhole, isKnown else { throw Damaged(path: run.path) }
            }
        }
    }
}

/// Writes a run.
struct IndexRunWriter: ~Copyable {
    private let number: Int
    private let folder: String
    private let path: String
    private let parts: [IndexedPart]
    private let descriptor: Int32
    private var isOpen = true
    private var text = RawBytes(capacity: 1 << 18)
    private var written = 0
    private var block = IndexBlock()
    private var table = RawBytes(capacity: 1 << 12)
    private var blocks = 0
    private var rows = 0

    /// - Parameter parts: The drops, in the order that entries number them in.
    init(number: Int, folder: String, parts: [IndexedPart]) throws(DiskError) {
        self.number = number
        self.folder = folder
        self.parts = parts
        path = folder + "/" + IndexFiles.name(of: number)
        descriptor = try Disk.open(path, O_RDWR | O_CREAT | O_TRUNC, mode: 0o640)
    }

    deinit {
        if isOpen { _ = Glibc.close(descriptor) }
    }

    @inline(__always)
    mutating func add(_ entry: IndexEntry) throws(DiskError) {
        block.append(entry)
        rows &+= 1
        if block.isFull { try endBlock() }
    }

    private mutating func endBlock() throws(DiskError) {
        guard block.count > 0 else { return }
        table.append(fixed: block.first)
        table.append(fixed: UInt64(written + text.count))
        blocks += 1
        block.end { text.append($0) }
        if text.count > 1 << 17 { try flush() }
    }

    private mutating func flush() throws(DiskError) {
        try Disk.write(descriptor, text.written, at: written, path: path)
        written += text.count
        text.removeAll()
    }

    /// Ends the file, durably but for its name.
    mutating func finish() throws -> IndexRun {
        try endBlock()
        try flush()
        let blockBytes = written
        for part in parts { part.write(to: &table) }
        var sum = RawSum()
        sum.take(table.written)
        text.append(table.written)
        let size = written + text.count + IndexRun.endBytes
        for number in [blockBytes, blocks, parts.count, rows] { text.append(fixed: UInt64(number)) }
        text.append(fixed: sum.value)
        text.append(fixed: UInt64(size))
        text.append(fixed: IndexRun.magic)
        try flush()
        try Disk.fdatasync(descriptor, path: path)
        isOpen = false
        try Disk.close(descriptor, path: path)
        return try IndexRun(number: number, folder: folder)
    }
}

/// The names in `state/index/`.
enum IndexFiles {
    static let manifest = "manifest"
    static let newManifest = "manifest.new"

    static func name(of number: Int) -> String { "\(number).rows" }

    static func number(_ name: String) -> Int? { name.hasSuffix(".rows") ? Int(name.dropLast(5)) : nil }

    /// Reads which runs count, the oldest first, and the next run's number; nil: it is no manifest.
    static func read(_ bytes: [UInt8]) -> (runs: [Int], next: Int)? {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
        guard lines.count == 3, lines[0] == ["postbox", "index", "1"], lines[1].first == "next", lines[1].count == 2,
            let next = Int(lines[1][1]), lines[2].first == "runs"
        else { return nil }
        let runs = lines[2].dropFirst().map { Int($0) }
        guard !runs.contains(nil) else { return nil }
        return (runs.compactMap { $0 }, next)
    }

    static func text(runs: [Int], next: Int) -> [UInt8] {
        Array(("postbox index 1\nnext \(next)\nruns" + runs.map { " \($0)" }.joined() + "\n").utf8)
    }
}

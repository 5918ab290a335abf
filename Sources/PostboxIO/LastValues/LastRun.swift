internal import Glibc
internal import PostboxCore

/// A file of sorted records, which never changes: records in blocks, an index of the blocks, and a foot that tells where what is.
///
/// It is read by `pread`: a disk that fails is an error, never a fault of the program, as it would be of a file that is mapped.
package final class LastRun: Sendable {
    /// What a block has at least, but for the last one.
    static let blockBytes = 4096
    static let footBytes = 24
    private static let magic: UInt64 = 0x3130_5453_4C42_5350

    let run: LastManifest.Run
    let path: String
    /// Bytes of records.
    let recordBytes: Int
    /// Where blocks begin, and the hashes of their first records.
    private let hashes: ContiguousArray<UInt64>
    private let starts: ContiguousArray<Int>
    private let descriptor: Int32

    /// The file does not hold what was written to it.
    package struct Damaged: Error, CustomStringConvertible {
        var path: String
        package var description: String { "\(path) does not hold what was written to it" }
    }

    deinit {
        // Only read from: nothing can be lost by closing it.
        _ = Glibc.close(descriptor)
    }

    /// Opens a run and reads it through once. Throws `Damaged` when it is not what was written, and `DiskError`.
    init(_ run: LastManifest.Run, path: String) throws {
        self.run = run
        self.path = path
        let descriptor = try Disk.open(path, O_RDONLY)
        do {
            guard try Disk.status(of: descriptor, path: path).size == run.size, run.size >= Self.footBytes else {
                throw Damaged(path: path)
            }
            var sum = RawSum()
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
            defer { piece.deallocate() }
            var at = 0
            while at < run.size {
                let room = UnsafeMutableRawBufferPointer(rebasing: piece[..<min(piece.count, run.size - at)])
                guard try Disk.read(descriptor, into: room, at: at, path: path) == room.count else {
                    throw Damaged(path: path)
                }
                sum.take(UnsafeRawBufferPointer(room))
                at += room.count
            }
            guard sum.value == run.sum else { throw Damaged(path: path) }
            let foot = try Self.bytes(descriptor, run.size - Self.footBytes, Self.footBytes, path)
            let numbers = foot.withUnsafeBytes { raw -> [UInt64] in
                guard var reader = RawReader(raw) else { return [] }
                return (0..<3).compactMap { _ in reader.fixed(UInt64.self) }
            }
            guard numbers.count == 3, numbers[2] == Self.magic, numbers[0] <= UInt64(run.size),
                numbers[1] <= UInt64(run.size) / 16,
                Int(numbers[0]) + Int(numbers[1]) * 16 + Self.footBytes == run.size
            else { throw Damaged(path: path) }
            recordBytes = Int(numbers[0])
            let index = try Self.bytes(descriptor, recordBytes, Int(numbers[1]) * 16, path)
            var hashes: ContiguousArray<UInt64> = []
            var starts: ContiguousArray<Int> = []
            index.withUnsafeBytes { raw in
                guard var reader = RawReader(raw) else { return }
                while let hash = reader.fixed(UInt64.self), let start = reader.fixed(UInt64.self) {
                    hashes.append(hash)
                    starts.append(Int(truncatingIfNeeded: start))
                }
            }
            self.hashes = hashes
            self.starts = starts
            guard zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }), starts.last ?? -1 < recordBytes else {
                throw Damaged(path: path)
            }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    /// Of a run that was written just now.
    fileprivate init(
        _ run: LastManifest.Run, path: String, recordBytes: Int, hashes: ContiguousArray<UInt64>,
        starts: ContiguousArray<Int>
    ) throws(DiskError) {
        self.run = run
        self.path = path
        self.recordBytes = recordBytes
        self.hashes = hashes
        self.starts = starts
        descriptor = try Disk.open(path, O_RDONLY)
    }

    private static func bytes(_ descriptor: Int32, _ at: Int, _ count: Int, _ path: String) throws -> [UInt8] {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 16)
        defer { room.deallocate() }
        let wanted = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
        guard try Disk.read(descriptor, into: wanted, at: at, path: path) == count else { throw Damaged(path: path) }
        return Array(wanted)
    }

    /// Reads from a place on as many bytes as there are. Throws `DiskError`.
    func read(_ at: Int, into room: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        let count = min(room.count, recordBytes - at)
        guard count > 0 else { return 0 }
        return try Disk.read(
            descriptor, into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]), at: at, path: path)
    }

    /// Gives `body` the record of a key. False: there is none. `room` is kept from one search to the next, and the block that
    /// lies in it. Throws `Damaged` and `DiskError`.
    func find(
        _ hash: UInt64, _ key: UnsafeRawBufferPointer, in room: Room, _ body: (LastRecord) throws -> Void
    ) throws -> Bool {
        var block = firstBlock(hash)
        while block < hashes.count, hashes[block] <= hash {
            let text = try room.text(of: block, from: starts[block], to: end(of: block), self)
            var at = 0
            while at < text.count {
                guard let record = LastRecord(text, at: at) else { throw Damaged(path: path) }
                if record.hash > hash { return false }
                if record.hash == hash, LastKey.order(record.key, key) == 0 {
                    try body(record)
                    return true
                }
                at += record.bytes.count
            }
            block += 1
        }
        return false
    }

    private func end(of block: Int) -> Int { block + 1 < starts.count ? starts[block + 1] : recordBytes }

    /// The first block that may have a hash: the last one that begins with a smaller one.
    private func firstBlock(_ hash: UInt64) -> Int {
        var low = 0
        var high = hashes.count
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    /// The block of a run that was read last.
    final class Room {
        private var text = RawBytes(capacity: 2 * LastRun.blockBytes)
        private var block = -1

        fileprivate func text(
            of block: Int, from start: Int, to end: Int, _ run: LastRun
        ) throws -> UnsafeRawBufferPointer {
            if block == self.block { return text.written }
            self.block = -1
            text.removeAll()
            let room = UnsafeMutableRawBufferPointer(rebasing: text.room(for: end - start)[..<(end - start)])
            guard try run.read(start, into: room) == end - start else { throw Damaged(path: run.path) }
            text.added(end - start)
            self.block = block
            return text.written
        }
    }

    /// Writes a run's records in order.
    struct Writer: ~Copyable {
        private let path: String
        private let number: Int
        private let descriptor: Int32
        private var isOpen = true
        private var text = RawBytes(capacity: 1 << 19)
        private var sum = RawSum()
        /// Bytes in the file.
        private var written = 0
        private var blockStart = -1
        private var hashes: ContiguousArray<UInt64> = []
        private var starts: ContiguousArray<Int> = []

        /// Throws `DiskError`.
        init(number: Int, path: String) throws(DiskError) {
            self.number = number
            self.path = path
            descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640)
        }

        deinit {
            // What is not finished counts for nothing.
            if isOpen { _ = Glibc.close(descriptor) }
        }

        /// Bytes of the records so far.
        var bytes: Int { written + text.count }

        /// Appends a record as another run has it. Throws `DiskError`.
        @inline(__always)
        mutating func add(_ record: LastRecord) throws(DiskError) {
            noteBlock(record.hash)
            text.append(record.bytes)
            if text.count >= Self.flushBytes { try flush() }
        }

        /// Appends what a fold came to. Throws `DiskError`.
        @inline(__always)
        mutating func add(_ hash: UInt64, _ fold: inout LastFold) throws(DiskError) {
            noteBlock(hash)
            fold.write(hash: hash, to: &text)
            if text.count >= Self.flushBytes { try flush() }
        }

        @inline(__always)
        private mutating func noteBlock(_ hash: UInt64) {
            let at = written &+ text.count
            guard blockStart < 0 || at &- blockStart >= blockBytes else { return }
            hashes.append(hash)
            starts.append(at)
            blockStart = at
        }

        private static let flushBytes = 1 << 18

        /// Whole words alone: the sum is of the file, however it is cut.
        private mutating func flush() throws(DiskError) {
            let whole = text.count / 8 * 8
            let bytes = UnsafeRawBufferPointer(rebasing: text.written[..<whole])
            sum.take(bytes)
            try Disk.write(descriptor, bytes, at: written, path: path)
            written += whole
            text.removeFirst(whole)
        }

        /// Ends the file, durably, but for its name. Throws `DiskError`.
        mutating func finish() throws(DiskError) -> LastRun {
            let recordBytes = bytes
            for (hash, start) in zip(hashes, starts) {
                text.append(fixed: hash)
                text.append(fixed: UInt64(start))
                if text.count >= Self.flushBytes { try flush() }
            }
            text.append(fixed: UInt64(recordBytes))
            text.append(fixed: UInt64(hashes.count))
            text.append(fixed: magic)
            try flush()
            sum.take(text.written)
            try Disk.write(descriptor, text.written, at: written, path: path)
            written += text.count
            text.removeAll()
            try Disk.fdatasync(descriptor, path: path)
            isOpen = false
            try Disk.close(descriptor, path: path)
            return try LastRun(
                LastManifest.Run(number: number, size: written, sum: sum.value), path: path, recordBytes: recordBytes,
                hashes: hashes, starts: starts)
        }
    }

    /// Reads a run's records in order.
    final class Cursor {
        private let run: LastRun
        private var text = RawBytes(capacity: 1 << 18)
        private var at = 0
        private var next = 0
        /// The record that is reached; nil: that was the last one. It holds until the next step.
        private(set) var record: LastRecord?

        /// Throws `Damaged` and `DiskError`.
        init(_ run: LastRun) throws {
            self.run = run
            try step()
        }

        /// Goes on to the next record. Throws as `init`.
        @inline(__always)
        func step() throws {
            if let record { at &+= record.bytes.count }
            record = LastRecord(text.written, at: at)
            if record == nil { try fill() }
        }

        @inline(never)
        private func fill() throws {
            text.removeFirst(at)
            at = 0
            while record == nil {
                guard next < run.recordBytes else {
                    guard text.count == 0 else { throw Damaged(path: run.path) }
                    return
                }
                let room = text.room(for: 1 << 17)
                let got = try run.read(next, into: room)
                guard got > 0 else { throw Damaged(path: run.path) }
                text.added(got)
                next += got
                record = LastRecord(text.written, at: 0)
            }
        }
    }
}

internal import Glibc
internal import PostboxCore

/// A file of sorted records, which never changes: records in blocks, an index of the blocks, and a foot that tells where what is.
///
/// It is read by `pread`: a disk that fails is an error, never a fault of the program, as it would be of a file that is mapped.
package final class LastRun: Sendable {
    static let footBytes = 24
    static let magic: UInt64 = 0x3130_5453_4C42_5350

    let run: LastManifest.Run
    let path: String
    private let index: LastRunIndex
    private let descriptor: Int32

    /// The file does not hold what was written to it.
    package struct Damaged: Error, CustomStringConvertible {
        var path: String
        package var description: String { "\(path) does not hold what was written to it" }
    }

    /// Bytes of records.
    var recordBytes: Int { index.recordBytes }

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
                numbers[1] <= UInt64(run.size) / UInt64(LastRunIndex.entryBytes),
                Int(numbers[0]) + Int(numbers[1]) * LastRunIndex.entryBytes + Self.footBytes == run.size
            else { throw Damaged(path: path) }
            let recordBytes = Int(numbers[0])
            let bytes = try Self.bytes(
                descriptor, recordBytes, Int(numbers[1]) * LastRunIndex.entryBytes, path)
            guard let index = bytes.withUnsafeBytes({ LastRunIndex($0, recordBytes: recordBytes) }) else {
                throw Damaged(path: path)
            }
            self.index = index
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    /// Of a run that was written just now.
    init(number: Int, path: String, _ end: LastRunText.End) throws(DiskError) {
        run = LastManifest.Run(number: number, size: end.size, sum: end.sum)
        self.path = path
        index = end.index
        descriptor = try Disk.open(path, O_RDONLY)
    }

    /// A descriptor of somebody's own, also where the store has put another run in its place and removed the file. Throws `DiskError`.
    func opened() throws(DiskError) -> Int32 {
        do throws(DiskError) {
            return try Disk.open(path, O_RDONLY)
        } catch {
            // No number is given twice: that name is this file's or nobody's.
            guard error.code == ENOENT else { throw error }
            return try Disk.open("/proc/self/fd/\(descriptor)", O_RDONLY)
        }
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

    /// What was read of a run last. It is kept from one search of the run to the next.
    typealias Room = LastWindow

    /// Gives `body` the record of a key. False: there is none. Throws `Damaged` and `DiskError`.
    func find(
        _ hash: UInt64, _ key: UnsafeRawBufferPointer, in room: Room, _ body: (LastRecord) throws -> Void
    ) throws -> Bool {
        do {
            return try room.find(
                hash, key, in: index,
                read: { at, room in
                    guard try read(at, into: room) == room.count else { throw Damaged(path: path) }
                }, body)
        } catch is LastRecord.Damaged {
            throw Damaged(path: path)
        }
    }
}

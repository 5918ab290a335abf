internal import Glibc
internal import PostboxCore

/// The result of a closed drop, held open so that it can be read although somebody takes it away.
package final class AppliedResult: Sendable {
    /// Where it lies, packed or not.
    package let path: String
    /// Bytes, unpacked.
    package let size: Int
    /// -1: it is packed.
    private let descriptor: Int32
    /// nil: it is not packed.
    private let packed: ResultBytes?

    /// What stands behind `size` is not read.
    private let isGrowing: Bool

    /// The beginning of a result that may be growing still: so many bytes, which are whole lines. Throws `DiskError`.
    package init(path: String, whole bytes: Int) throws(DiskError) {
        descriptor = try Disk.open(path, O_RDONLY | O_NOFOLLOW)
        packed = nil
        self.path = path
        size = bytes
        isGrowing = true
    }

    /// - Parameter path: Where it lies when it is not packed.
    ///
    /// Throws `DiskError`, and what is wrong with a packed one that cannot be unpacked.
    package init(path: String) throws {
        isGrowing = false
        do throws(DiskError) {
            let descriptor = try Disk.open(path, O_RDONLY | O_NOFOLLOW)
            self.descriptor = descriptor
        } catch {
            guard error.code == ENOENT, let packed = try ResultBytes(path: path), packed.isPacked else { throw error }
            self.packed = packed
            self.path = packed.path
            size = packed.size
            descriptor = -1
            return
        }
        packed = nil
        self.path = path
        do throws(DiskError) {
            size = try Disk.status(of: descriptor, path: path).size
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        // Only read from: nothing can be lost by closing it.
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }

    /// Takes its accepted rows. `spill` is called when many are in memory. Returns false when it does not read as a whole result of the
    /// drop; what stands before that place was taken. Throws `DiskError` and what `spill` throws.
    func read(
        _ rows: inout AcceptedRows, into taken: inout LastRows, _ words: inout LastWords,
        spill: (inout LastRows) throws -> Void
    ) throws -> Bool {
        let piece = max(Self.pageBytes, min(Self.pieceBytes, (size + Self.pageBytes) / Self.pageBytes * Self.pageBytes))
        var room = PieceRoom(pieceBytes: piece)
        // Long results went past the page cache when they were written, and nobody reads them a second time soon.
        let isDirect = packed == nil && !isGrowing && size >= Self.directMin && Disk.goDirectly(descriptor, true)
        defer { if isDirect { _ = Disk.goDirectly(descriptor, false) } }
        var at = 0
        while true {
            let got: Int
            do {
                got = try read(at, into: room.next, isDirect)
            } catch is ResultBytes.Damaged {
                return false
            }
            guard got > 0 else { break }
            at += got
            room.added(got)
            room.pass(rows.take(room.bytes, into: &taken, &words))
            if rows.isBroken { return false }
            try spill(&taken)
        }
        return room.bytes.isEmpty
    }

    /// Reads at a place that is a multiple of a page. Throws `DiskError`, and what is wrong with a packed result.
    private func read(_ at: Int, into room: UnsafeMutableRawBufferPointer, _ isDirect: Bool) throws -> Int {
        if let packed { return try packed.read(at: at, into: room) }
        if isGrowing {
            let part = UnsafeMutableRawBufferPointer(rebasing: room[..<min(room.count, max(0, size - at))])
            return part.isEmpty ? 0 : try Disk.read(descriptor, into: part, at: at, path: path)
        }
        guard isDirect else { return try Disk.read(descriptor, into: room, at: at, path: path) }
        guard at < size else { return 0 }
        while true {
            let got = pread(descriptor, room.baseAddress, room.count, off_t(at))
            if got >= 0 {
                guard got % Self.pageBytes != 0, at + got < size else { return got }
                // A page that came in part was the last one, unless a signal cut it short.
                let page = got / Self.pageBytes * Self.pageBytes
                if page > 0 { return page }
            } else if errno != EINTR {
                // A disk that is broken is so either way; any other code says that this is no way to read it.
                guard errno != EIO, Disk.goDirectly(descriptor, false) else {
                    throw DiskError(code: errno, call: "pread", path: path)
                }
                defer { _ = Disk.goDirectly(descriptor, true) }
                return try Disk.read(descriptor, into: room, at: at, path: path)
            }
        }
    }

    private static let pageBytes = 4096
    private static let pieceBytes = 1 << 18
    private static let directMin = 1 << 20
}

/// Memory for a file's next piece, which lies in whole pages; before it the bytes of the last one that were not taken yet.
private struct PieceRoom: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    /// Bytes before the piece.
    private var lead: Int
    private let pieceBytes: Int
    private var start: Int
    private var end: Int

    init(pieceBytes: Int) {
        self.pieceBytes = pieceBytes
        lead = Self.leadBytes
        memory = Self.make(lead + pieceBytes)
        start = lead
        end = lead
    }

    deinit {
        memory.deallocate()
    }

    /// What waits to be taken. Behind it memory of ours can be read.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory + start, count: end - start) }

    /// Where the next piece goes.
    var next: UnsafeMutableRawBufferPointer {
        mutating get {
            let left = end - start
            if left > lead { grow(to: 2 * left) }
            (memory + lead - left).copyMemory(from: memory + start, byteCount: left)
            start = lead - left
            end = lead
            return UnsafeMutableRawBufferPointer(start: memory + lead, count: pieceBytes)
        }
    }

    mutating func added(_ bytes: Int) { end += bytes }

    mutating func pass(_ bytes: Int) { start += bytes }

    private mutating func grow(to wanted: Int) {
        let pages = (wanted + Self.leadBytes) / Self.leadBytes * Self.leadBytes
        let larger = Self.make(pages + pieceBytes)
        (larger + pages).copyMemory(from: memory + start, byteCount: end - start)
        memory.deallocate()
        memory = larger
        end = pages + end - start
        start = pages
        lead = pages
    }

    private static func make(_ bytes: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: bytes + AcceptedRows.padding, alignment: leadBytes)
    }

    /// A page.
    private static let leadBytes = 4096
}

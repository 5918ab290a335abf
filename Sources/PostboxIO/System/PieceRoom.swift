internal import Glibc
internal import PostboxCore

/// Memory for a file's next piece, which lies in whole pages; before it the bytes of the last one that were not taken yet.
///
/// A long result went past the page cache when it was written, and whoever reads it once, from its beginning to its end, does so, too: else
/// the kernel would read it into the cache only to copy it from there.
struct PieceRoom: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    /// Bytes before the piece.
    private var lead: Int
    private let pieceBytes: Int
    private var start: Int
    private var end: Int

    /// For pieces of a file of so many bytes.
    init(for size: Int) {
        let page = Self.leadBytes
        pieceBytes = max(page, min(Self.pieceBytesMax, (size + page) / page * page))
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
    private static let pieceBytesMax = 1 << 18
    private static let directMin = 1 << 20

    // MARK: - Past the page cache

    /// Has what is read from a descriptor go past the page cache, where the file is long and its file system can do that; false: it does not.
    static func goDirectly(_ descriptor: Int32, size: Int) -> Bool {
        size >= directMin && Disk.goDirectly(descriptor, true)
    }

    /// Reads past the page cache, at a place that is a multiple of a page, into such memory as `next`. Returns how many bytes there were: 0 at
    /// the end. Throws `DiskError`.
    static func readDirectly(
        _ descriptor: Int32, into room: UnsafeMutableRawBufferPointer, at: Int, size: Int, path: String
    ) throws(DiskError) -> Int {
        guard at < size else { return 0 }
        while true {
            let got = pread(descriptor, room.baseAddress, room.count, off_t(at))
            if got >= 0 {
                guard got % leadBytes != 0, at + got < size else { return got }
                // A page that came in part was the last one, unless a signal cut it short.
                let page = got / leadBytes * leadBytes
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
}

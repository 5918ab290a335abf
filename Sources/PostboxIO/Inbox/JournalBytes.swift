internal import Glibc
internal import PostboxCore

/// The bytes of a growing result: those that are durable lie in the file alone, those behind them are kept until they are.
struct JournalBytes: ~Copyable {
    let path: String
    private let descriptor: Int32
    private var isOpen = true
    /// For writing past the page cache; nil: not opened yet, or not to be had.
    private var direct: Int32?
    private var mayWriteDirectly = Disk.isDurable
    /// Bytes that are known to be durable.
    private var durable: Int
    /// Bytes that the page cache was told to forget, and what went through it since.
    private var released: Int
    private var cached = 0
    /// What comes after the durable ones: lines that no sync has made durable yet, and after those that are written the others.
    var buffer: LineBuffer
    /// Bytes of `buffer` that are known to be written whole.
    private(set) var written: Int

    /// Makes the file with its header, or goes on after the first `keeping` bytes of one that is there. `mode`: the permission bits of
    /// a new one. Throws `DiskError`.
    init(path: String, header: String, keeping: Int, mode: UInt32) throws(DiskError) {
        var first = LineBuffer(offset: keeping)
        if keeping == 0 { first.append(contentsOf: header.utf8) }
        descriptor = try Self.open(path, keeping: keeping, first.bytes, mode: mode)
        self.path = path
        durable = keeping
        released = keeping / Self.pageBytes * Self.pageBytes
        written = first.count
        buffer = first
    }

    /// The file's descriptor, once its first bytes lie there.
    private static func open(
        _ path: String, keeping: Int, _ first: [UInt8], mode: UInt32
    ) throws(DiskError) -> Int32 {
        let descriptor = try Disk.open(path, O_RDWR | O_CREAT, mode: mode)
        do throws(DiskError) {
            guard ftruncate(descriptor, off_t(keeping)) == 0 else {
                throw DiskError(code: errno, call: "ftruncate", path: path)
            }
            if keeping == 0 {
                try first.span.withUnsafeBytes { (bytes) throws(DiskError) in
                    try Disk.write(descriptor, bytes, at: 0, path: path)
                }
            } else {
                try Disk.fdatasync(descriptor, path: path)
            }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    deinit {
        // Of a contribution that ended with a fault: it opens the file again, and every byte counts as not synced then.
        if isOpen { _ = Glibc.close(descriptor) }
        if let direct { _ = Glibc.close(direct) }
    }

    /// Closes the file, which is complete. Throws `DiskError`.
    mutating func close() throws(DiskError) {
        try closeDirect()
        isOpen = false
        try Disk.close(descriptor, path: path)
    }

    /// Bytes that lie there from a place on. Throws `DiskError`.
    func read(at place: Int, count: Int) throws(DiskError) -> [UInt8] {
        try Disk.read(descriptor, at: place, count: count, path: path)
    }

    /// Writes what is not written yet, up to that many bytes of `buffer`. Throws `DiskError`: then it is to be tried again.
    mutating func write(upTo end: Int) throws(DiskError) { try write(written..<end) }

    /// So many bytes of `buffer` are written whole.
    mutating func wrote(upTo end: Int) { written = end }

    /// Makes the bytes of `buffer` that are written durable in the file, the first of `count`. A sync that failed may have been the only
    /// one to learn of it: the kernel then takes the bytes for written. So they are written `again` before it is tried again. Throws
    /// `DiskError`.
    mutating func sync(_ count: Int, again: Bool) throws(DiskError) {
        if again { try write(0..<count) }
        try Disk.fdatasync(descriptor, path: path)
    }

    /// The first so many bytes of `buffer`, all that is written, are durable: they need not be kept.
    mutating func synced(_ count: Int) {
        durable += count
        buffer.removeFirst(count)
        written = 0
        release()
    }

    /// Whole pages go past the page cache where there are many: hardly anybody reads them soon, and copies and fresh memory for
    /// them would cost as much as all else about their lines. The first and the last page, which are shared with other
    /// lines, go through it. Where a page lies in the cache that is written directly, as when lines are written again after a
    /// sync that failed, the kernel writes it back and drops it first (open(2), NOTES).
    private mutating func write(_ range: Range<Int>) throws(DiskError) {
        let page = LineBuffer.pageBytes
        let (start, end) = (durable + range.lowerBound, durable + range.upperBound)
        let first = (start + page - 1) / page * page
        let pages = first..<max(first, end / page * page)
        guard pages.count >= Self.directMin, let direct = openDirectly() else {
            return try write(start..<end, to: descriptor)
        }
        try write(start..<pages.lowerBound, to: descriptor)
        do {
            try write(pages, to: direct)
        } catch {
            // A disk that is full or broken is so either way; any other code says that this is no way to write to it.
            guard ![ENOSPC, EDQUOT, EIO].contains(error.code) else { throw error }
            mayWriteDirectly = false
            try closeDirect()
            try write(pages, to: descriptor)
        }
        try write(pages.upperBound..<end, to: descriptor)
    }

    private mutating func closeDirect() throws(DiskError) {
        guard let descriptor = direct else { return }
        direct = nil
        try Disk.close(descriptor, path: path)
    }

    private static let directMin = 1 << 16

    private mutating func openDirectly() -> Int32? {
        guard mayWriteDirectly else { return nil }
        if direct == nil {
            do {
                direct = try Disk.openDirectly(path)
            } catch {
                mayWriteDirectly = false
            }
        }
        return direct
    }

    /// Writes what stands at these places of the file.
    private mutating func write(_ places: Range<Int>, to descriptor: Int32) throws(DiskError) {
        guard !places.isEmpty else { return }
        if descriptor == self.descriptor { cached += places.count }
        let (durable, path) = (durable, path)
        try buffer.withUnsafeBytes { (bytes) throws(DiskError) in
            let range = places.lowerBound - durable..<places.upperBound - durable
            try Disk.write(
                descriptor, UnsafeRawBufferPointer(rebasing: bytes[range]), at: places.lowerBound, path: path)
        }
    }

    /// Takes what is durable out of the page cache: hardly anybody reads it soon, and the next lines find memory that is there
    /// already. A fresh page costs as much as all else about its lines where a machine has to ask its host for it.
    private mutating func release() {
        // A page that is not full yet would have to be read again.
        let end = durable / Self.pageBytes * Self.pageBytes
        guard cached >= Self.releasedMin, end > released else { return }
        Disk.release(descriptor, released..<end)
        released = end
        cached = 0
    }

    /// A multiple of every page size.
    private static let pageBytes = 1 << 16
    private static let releasedMin = 1 << 20
}

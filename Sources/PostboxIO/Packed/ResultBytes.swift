internal import Glibc
package import PostboxCore
internal import Synchronization

/// A result as it lies in `done/` or `failed/`, packed or not, by the bytes that it was written with.
package final class ResultBytes: Sendable {
    /// What a packed result's name ends with.
    package static let packedSuffix = ".zst"

    /// A packed result is none, or no longer what was packed.
    package struct Damaged: Error, Sendable, Equatable, CustomStringConvertible {
        package var path: String

        package init(path: String) { self.path = path }

        package var description: String { "\(path) cannot be unpacked: it is not what was packed" }
    }

    /// Where it lies.
    package let path: String
    /// Bytes, unpacked.
    package let size: Int
    /// It lies there packed.
    package var isPacked: Bool { frames != nil }
    private let descriptor: Int32
    /// nil: it is not packed.
    private let frames: [SeekableZstd.Frame]?
    /// The frame that was unpacked last.
    private let last = Mutex<(index: Int, bytes: [UInt8])?>(nil)

    /// - Parameter path: Where it lies when it is not packed; packed it lies beside that.
    ///
    /// nil: it is not there. Throws `DiskError`, and `Damaged`.
    package init?(path: String) throws {
        var path = path
        guard let descriptor = try Self.open(&path) else { return nil }
        self.path = path
        self.descriptor = descriptor
        do {
            let bytes = try Disk.status(of: descriptor, path: path).size
            if path.hasSuffix(Self.packedSuffix) {
                let frames = try SeekableZstd.frames(descriptor, size: bytes, path: path)
                self.frames = frames
                size = frames.last.map { $0.start + $0.count } ?? 0
            } else {
                frames = nil
                size = bytes
            }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    /// The one that is not packed goes first: a crash leaves both when it was not removed yet.
    private static func open(_ path: inout String) throws(DiskError) -> Int32? {
        // Between two looks it may be packed.
        for name in [path, path + packedSuffix, path] {
            do throws(DiskError) {
                let descriptor = try Disk.open(name, O_RDONLY | O_NOFOLLOW)
                path = name
                return descriptor
            } catch {
                guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
            }
        }
        return nil
    }

    deinit {
        // Only read from: nothing can be lost by closing it.
        _ = Glibc.close(descriptor)
    }

    /// Bytes of the unpacked result that lies there; nil: it is not there. Throws as `init`.
    package static func size(path: String) throws -> Int? {
        if let status = try Disk.status(path) { return status.size }
        return try ResultBytes(path: path)?.size
    }

    /// The bytes at a place; fewer than asked for mean the end. Throws as `init`.
    package func read(at offset: Int, count: Int) throws -> [UInt8] {
        guard let frames else { return try Disk.read(descriptor, at: offset, count: count, path: path) }
        var bytes: [UInt8] = []
        var at = offset
        let end = min(size, offset + count)
        while at < end {
            let index = Self.frame(at, in: frames)
            let frame = frames[index]
            let unpacked = try self.unpacked(index, frame)
            let from = at - frame.start
            let to = min(frame.count, end - frame.start)
            bytes += unpacked[from..<to]
            at = frame.start + to
        }
        return bytes
    }

    /// The same into room that is there. Returns how many bytes it were; fewer than there is room for mean the end.
    package func read(at offset: Int, into room: UnsafeMutableRawBufferPointer) throws -> Int {
        guard frames != nil else { return try Disk.read(descriptor, into: room, at: offset, path: path) }
        let bytes = try read(at: offset, count: room.count)
        room.copyBytes(from: bytes)
        return bytes.count
    }

    /// Gives `body` all bytes, piece by piece. Throws what it throws, and as `init`.
    package func eachChunk(_ body: (_ bytes: UnsafeRawBufferPointer, _ isLast: Bool) throws -> Void) throws {
        var at = 0
        repeat {
            let piece = try read(at: at, count: Self.pieceBytes)
            at += piece.count
            try piece.withUnsafeBytes { try body($0, at >= size || piece.isEmpty) }
            if piece.isEmpty { break }
        } while at < size
    }

    private static func frame(_ place: Int, in frames: [SeekableZstd.Frame]) -> Int {
        var (low, high) = (0, frames.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if frames[middle].start <= place { low = middle } else { high = middle - 1 }
        }
        return low
    }

    private func unpacked(_ index: Int, _ frame: SeekableZstd.Frame) throws -> [UInt8] {
        if let known = last.withLock({ $0?.index == index ? $0?.bytes : nil }) { return known }
        let bytes = try SeekableZstd.unpack(frame, descriptor, path: path)
        last.withLock { $0 = (index, bytes) }
        return bytes
    }

    /// SHA-256 of all of it, in hexadecimal digits. Throws as `init`.
    package func sha256() throws -> String {
        var hash = SHA256Stream()
        var at = 0
        while at < size {
            let piece = try read(at: at, count: Self.pieceBytes)
            guard !piece.isEmpty else { break }
            hash.take(piece)
            at += piece.count
        }
        return hash.text
    }

    // MARK: - Lines

    /// It does not read as a result of its drop, or as a list of skipped rows.
    package struct Broken: Error {}

    /// The line that begins at a place, with its line end; nil: none ends behind it. A line of a result ends where a line feed is, since
    /// no text in it has one.
    package func line(at offset: Int) throws -> [UInt8]? {
        var count = 1 << 10
        while true {
            let bytes = try read(at: offset, count: count)
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) { return Array(bytes[...end]) }
            guard bytes.count == count, count < 64 << 20 else { return nil }
            count *= 8
        }
    }

    /// Gives `body` each line: its RIC, and where it begins and ends. `once`: as of `eachPiece`. Throws `Broken`, what `body` throws, and as
    /// `init`.
    package func eachLine(
        _ rows: inout ResultRows, once: Bool = false,
        _ body: (_ ric: UnsafeRawBufferPointer, _ offset: Int, _ end: Int) throws -> Void
    ) throws {
        try eachPiece(&rows, once: once) { ric, line, _, offset in try body(ric, offset, offset + line.count) }
    }

    /// The same with the line's place in the bytes that were read: `text`.
    ///
    /// - Parameter once: Nobody reads them a second time soon, and nothing else reads them by this object now.
    package func eachPiece(
        _ rows: inout ResultRows, once: Bool = false,
        _ body: (
            _ ric: UnsafeRawBufferPointer, _ line: Range<Int>, _ text: UnsafeRawBufferPointer, _ offset: Int
        ) throws -> Void
    ) throws {
        let isDirect = once && !isPacked && PieceRoom.goDirectly(descriptor, size: size)
        defer { if isDirect { _ = Disk.goDirectly(descriptor, false) } }
        var room = PieceRoom(for: size)
        // Where what lies in the room begins and ends.
        var (start, end) = (0, 0)
        while true {
            let next = room.next
            let got =
                isDirect
                ? try PieceRoom.readDirectly(descriptor, into: next, at: end, size: size, path: path)
                : try read(at: end, into: next)
            room.added(got)
            end += got
            let (text, isLast) = (room.bytes, end >= size)
            let taken = try rows.take(text, isLast: isLast) { ric, line in
                try body(ric, line, text, start + line.lowerBound)
            }
            guard !rows.isBroken, got > 0 || isLast else { throw Broken() }
            if isLast {
                guard taken == text.count else { throw Broken() }
                return
            }
            room.pass(taken)
            start += taken
        }
    }

    private static let pieceBytes = 1 << 18
}

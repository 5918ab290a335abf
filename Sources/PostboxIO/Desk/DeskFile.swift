internal import Glibc
package import PostboxCore
internal import Synchronization

/// A file that is read for the desk, piece by piece.
package final class DeskFile: Sendable {
    package let size: Int
    private let path: String
    private let descriptor: Int32

    /// Bytes of a piece.
    private static let pieceBytes = 256 << 10

    /// Opens it; nil: there is no such file. Throws `DiskError`.
    package init?(_ path: String) throws(DiskError) {
        guard try Disk.status(path)?.isRegular == true else { return nil }
        self.path = path
        descriptor = try Disk.open(path, O_RDONLY | O_NOFOLLOW)
        do throws(DiskError) {
            size = try Disk.status(of: descriptor, path: path).size
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Its bytes, from one to before another, as they are taken; read on `threads`. It ends early where the file has become shorter.
    package func pieces(_ range: Range<Int>, on threads: DiskThreads) -> @Sendable () async -> [UInt8]? {
        let at = Mutex(range.lowerBound)
        return { [self] in
            let from = at.withLock { $0 }
            guard from < range.upperBound else { return nil }
            let count = min(Self.pieceBytes, range.upperBound - from)
            let piece = try? await threads.run { () throws(DiskError) in try self.read(from, count) }
            guard let piece, !piece.isEmpty else { return nil }
            at.withLock { $0 = from + piece.count }
            return piece
        }
    }

    /// A page of its lines, where it is a result. `offset`: where an earlier page says that it begins; nil: at the beginning. nil:
    /// no line begins there. Throws `DiskError`. It blocks.
    package func page(_ filter: ResultFilter, from offset: Int?) throws(DiskError) -> ResultPage? {
        let head = try read(0, 4096)
        guard let end = head.firstIndex(of: UInt8(ascii: "\n")) else {
            return offset == nil ? ResultPage(filter, header: "", from: 0) : nil
        }
        var at = offset ?? end + 1
        guard at > end, at <= size, try read(at - 1, 1) == [UInt8(ascii: "\n")] else { return nil }
        var page = ResultPage(filter, header: String(decoding: head[..<end], as: UTF8.self), from: at)
        while at < size {
            let piece = try read(at, Self.pieceBytes)
            guard !piece.isEmpty, piece.withUnsafeBytes({ page.take($0) }) else { break }
            at += piece.count
        }
        return page
    }

    private func read(_ offset: Int, _ count: Int) throws(DiskError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try Self.fill(&bytes, descriptor, offset, path)
        bytes.removeLast(count - got)
        return bytes
    }
    private static func fill(
        _ bytes: inout [UInt8], _ descriptor: Int32, _ offset: Int, _ path: String
    ) throws(DiskError) -> Int {
        var result: Result<Int, DiskError> = .success(0)
        bytes.withUnsafeMutableBytes { raw in
            result = Result { () throws(DiskError) in
                try Disk.read(descriptor, into: raw, at: offset, path: path)
            }
        }
        return try result.get()
    }
}

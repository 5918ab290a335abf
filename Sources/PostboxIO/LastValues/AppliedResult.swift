internal import Glibc
internal import PostboxCore

/// The result of a closed drop, held open so that it can be read although somebody takes it away.
package final class AppliedResult: Sendable {
    package let path: String
    /// Bytes.
    package let size: Int
    private let descriptor: Int32

    /// Throws `DiskError`.
    package init(path: String) throws(DiskError) {
        self.path = path
        descriptor = try Disk.open(path, O_RDONLY | O_NOFOLLOW)
        do throws(DiskError) {
            size = try Disk.status(of: descriptor, path: path).size
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        // Only read from: nothing can be lost by closing it.
        _ = Glibc.close(descriptor)
    }

    /// Takes its accepted rows. `spill` is called when many are in memory. Returns false when it does not read as a whole result of the
    /// drop; what stands before that place was taken. Throws `DiskError` and what `spill` throws.
    func read(
        _ rows: inout AcceptedRows, into taken: inout LastRows, _ words: inout LastWords,
        spill: (inout LastRows) throws -> Void
    ) throws -> Bool {
        var text = RawBytes(capacity: Self.pieceBytes + AcceptedRows.padding)
        var at = 0
        while true {
            let room = text.room(for: Self.pieceBytes + AcceptedRows.padding)
            let got = try Disk.read(
                descriptor, into: UnsafeMutableRawBufferPointer(rebasing: room[..<Self.pieceBytes]), at: at, path: path)
            guard got > 0 else { break }
            text.added(got)
            at += got
            // Room behind what was read is memory of ours.
            _ = text.room(for: AcceptedRows.padding)
            text.removeFirst(rows.take(text.written, into: &taken, &words))
            if rows.isBroken { return false }
            try spill(&taken)
        }
        return text.count == 0
    }

    private static let pieceBytes = 1 << 18
}

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
        var room = PieceRoom(for: size)
        let isDirect = packed == nil && !isGrowing && PieceRoom.goDirectly(descriptor, size: size)
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
        return try PieceRoom.readDirectly(descriptor, into: room, at: at, size: size, path: path)
    }
}

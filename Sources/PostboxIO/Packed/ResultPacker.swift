internal import Glibc

/// Packs results in place: `NAME.result.csv` becomes `NAME.result.csv.zst`, whole and proved, before it goes.
package struct ResultPacker: Sendable {
    /// A result was not packed.
    package enum Trouble: Error, Equatable, CustomStringConvertible {
        /// It does not have the hash that the ledger has.
        case altered(String)

        package var description: String {
            switch self {
            case .altered(let path):
                "\(path) is not what was written: it is not packed; postbox audit verify tells more"
            }
        }
    }

    package init() {}

    /// Packs a result. May be called again after a crash. Returns its size before and after; nil: it is not there, or packed already.
    /// Throws `Trouble`, `DiskError`, and what the library says.
    package func pack(_ path: String, sha256: String) throws -> (from: Int, to: Int)? {
        guard let status = try Disk.status(path), status.isRegular, let result = try ResultBytes(path: path),
            !result.isPacked
        else { return nil }
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let folder = String(path[..<slash])
        // Of no name that anybody looks for.
        let part = folder + "/." + path[path.index(after: slash)...].prefix(200) + ".packing"
        let descriptor = try Disk.open(part, O_RDWR | O_CREAT | O_TRUNC, mode: status.mode & 0o777)
        var isOpen = true
        do {
            let size = try write(result, to: descriptor, part, sha256: sha256, of: path)
            try Disk.fsync(descriptor, path: part)
            try prove(descriptor, size: size, part, sha256: sha256)
            isOpen = false
            try Disk.close(descriptor, path: part)
            try Disk.rename(part, path + ResultBytes.packedSuffix)
            try Disk.syncDirectory(folder)
            try Disk.remove(path)
            try Disk.syncDirectory(folder)
            return (result.size, size)
        } catch {
            if isOpen { _ = Glibc.close(descriptor) }
            // Left lying it is written over by the next try.
            try? Disk.remove(part)
            throw error
        }
    }

    private func write(
        _ result: ResultBytes, to descriptor: Int32, _ part: String, sha256: String, of path: String
    ) throws -> Int {
        var frames: [SeekableZstd.Frame] = []
        var hash = SHA256Stream()
        var (at, written) = (0, 0)
        while at < result.size {
            let bytes = try result.read(at: at, count: SeekableZstd.frameBytes)
            guard !bytes.isEmpty else { break }
            hash.take(bytes)
            let packed = try bytes.withUnsafeBytes { bytes in try SeekableZstd.pack(bytes) }
            try Disk.write(descriptor, packed, path: part)
            frames.append(
                SeekableZstd.Frame(packedStart: written, packedCount: packed.count, start: at, count: bytes.count))
            at += bytes.count
            written += packed.count
        }
        guard hash.text == sha256 else { throw Trouble.altered(path) }
        let table = SeekableZstd.table(frames)
        try Disk.write(descriptor, table, path: part)
        return written + table.count
    }

    /// What was written unpacks to what it was.
    private func prove(_ descriptor: Int32, size: Int, _ part: String, sha256: String) throws {
        var hash = SHA256Stream()
        for frame in try SeekableZstd.frames(descriptor, size: size, path: part) {
            hash.take(try SeekableZstd.unpack(frame, descriptor, path: part))
        }
        guard hash.text == sha256 else { throw ResultBytes.Damaged(path: part) }
    }

    /// Writes the unpacked bytes of a result to another place, durably. False: it is not there. Throws as `pack`.
    package func unpack(_ path: String, to target: String) throws -> Bool {
        guard let result = try ResultBytes(path: path) else { return false }
        let part = target + ".part"
        let descriptor = try Disk.open(part, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640)
        do {
            var at = 0
            while at < result.size {
                let bytes = try result.read(at: at, count: 1 << 20)
                guard !bytes.isEmpty else { break }
                try Disk.write(descriptor, bytes, path: part)
                at += bytes.count
            }
            try Disk.fsync(descriptor, path: part)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        try Disk.close(descriptor, path: part)
        try Disk.rename(part, target)
        return true
    }
}

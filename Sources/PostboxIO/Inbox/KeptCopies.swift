internal import Glibc

/// A folder of `state/` with copies of files as they once were, each under the SHA-256 of its bytes. A copy is whole and durable as
/// soon as it has its name.
struct KeptCopies: Sendable {
    let folder: String

    private var partPath: String { folder + "/part" }

    /// Where the copy with these bytes lies.
    func path(_ sha256: String) -> String { folder + "/" + sha256 }

    /// Keeps a copy, unless it is there; `body` gets what writes its bytes. Throws what `body` throws, and `DiskError`.
    func keep<Result>(
        _ sha256: String, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Result
    ) throws -> Result {
        guard try !Disk.exists(path(sha256)) else { return try body { _ in } }
        try Disk.makeDirectory(folder)
        let part = try Disk.open(partPath, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        var isOpen = true
        defer { if isOpen { _ = Glibc.close(part) } }
        let result: Result
        do {
            result = try body { bytes in try Disk.write(part, Array(bytes), path: partPath) }
        } catch {
            try Disk.remove(partPath)
            throw error
        }
        try Disk.fsync(part, path: partPath)
        isOpen = false
        try Disk.close(part, path: partPath)
        try Disk.rename(partPath, path(sha256))
        try Disk.syncDirectory(folder)
        return result
    }

    /// Removes copies that nobody needs. `needed`: SHA-256 of the others. Throws `DiskError`.
    func remove(besides needed: Set<String>) throws(DiskError) {
        guard try Disk.exists(folder) else { return }
        for name in try Disk.names(in: folder).names where Self.isCopy(name) && !needed.contains(name) {
            try Disk.remove(folder + "/" + name)
        }
    }

    private static func isCopy(_ name: String) -> Bool {
        name.utf8.count == 64 && name.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 }
    }
}

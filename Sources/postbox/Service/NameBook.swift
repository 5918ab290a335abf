internal import PostboxIO
internal import Synchronization

/// Names given out in `done/` and `failed/` whose files have not arrived there yet.
final class NameBook: Sendable {
    private let reserved = Mutex<Set<String>>([])

    /// A free name in the folder, kept for the caller until `release`; with those suffixes it is free as well. It is looked for on
    /// the disk. Throws `DiskError`.
    func reserve(_ name: String, in folder: String, suffixes: [String]) throws -> String {
        if try Disk.target(folder)?.isDirectory != true { try Disk.makeDirectory(folder, asAbove: true) }
        return try reserved.withLock { reserved in
            let free = try FileMover().freeName(name, in: folder, suffixes: suffixes) { reserved.contains($0) }
            reserved.insert(folder + "/" + free)
            return free
        }
    }

    /// Keeps a name that an earlier run chose.
    func keep(_ name: String, in folder: String) {
        reserved.withLock { _ = $0.insert(folder + "/" + name) }
    }

    func release(_ name: String, in folder: String) {
        reserved.withLock { _ = $0.remove(folder + "/" + name) }
    }
}

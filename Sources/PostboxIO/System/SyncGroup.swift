internal import CLinux
internal import Glibc

/// Makes files and directories durable, those of many drops at once: a disk takes nearly as long for one as for all.
package actor SyncGroup {
    private struct Pending {
        var paths: [String]
        var continuation: CheckedContinuation<Void, any Error>
    }

    /// From so many paths on the whole file system is synced instead of each.
    private static let manyPaths = 16

    private let thread = DiskThread(label: "syncs")
    /// A directory on the file system of all paths, kept open: the kernel tells an error to every descriptor that was open then.
    private let descriptor: Int32
    private let directory: String
    private var pending: [Pending] = []
    private var isScheduled = false
    private var pause = GroupPause()

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// `directory`: one on the file system of all that will be synced. Throws `DiskError`.
    package init(on directory: String) throws {
        self.directory = directory
        descriptor = try Disk.open(directory, O_RDONLY | O_DIRECTORY)
    }

    deinit {
        // Only synced by: nothing can be lost by closing it.
        _ = Glibc.close(descriptor)
    }

    /// What was written to these files, and the names in these directories, is durable when the call returns. Throws
    /// `DiskError` for a path that cannot be synced.
    package func sync(_ paths: [String]) async throws {
        guard Disk.isDurable else { return }
        try await withCheckedThrowingContinuation { continuation in
            pending.append(Pending(paths: paths, continuation: continuation))
            guard !isScheduled else { return }
            isScheduled = true
            schedule()
        }
    }

    /// Behind the calls that wait for this actor already: they are served together.
    private func schedule() {
        Task { self.flush() }
    }

    private func flush() {
        if pause.isDue {
            pause.wait()
            return schedule()
        }
        isScheduled = false
        let batch = pending
        pending = []
        pause.served(batch.count)
        let paths = batch.reduce(into: Set<String>()) { $0.formUnion($1.paths) }
        if paths.count >= Self.manyPaths {
            do {
                try Disk.syncFileSystem(descriptor, path: directory)
                for entry in batch { entry.continuation.resume() }
                return
            } catch {
                // Whose fault it is, each path tells by itself.
            }
        }
        var done: [String: Result<Void, any Error>] = [:]
        for path in paths { done[path] = Result { try Disk.sync(path) } }
        for entry in batch {
            entry.continuation.resume(
                with: Result { for path in entry.paths { try done[path]?.get() } })
        }
    }
}

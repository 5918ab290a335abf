internal import Glibc
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Directories of closed drops, empty, that the next claims take over: of very many small files, making and removing a directory
/// for each would cost more than all else.
///
/// One that is left lying by a crash is an empty directory of a closed drop, which every start clears away.
final class SpareDirectories: Sendable {
    private struct State {
        var paths: [String] = []
        var wanted = 0
    }

    private let threads: DiskThreads
    private let state = Mutex(State())

    /// `threads`: where directories are removed that nobody wants.
    init(threads: DiskThreads) {
        self.threads = threads
    }

    /// Files wait to be claimed, so that directories will be kept.
    var isWanted: Bool { state.withLock { $0.paths.count < $0.wanted } }

    /// So many files wait to be claimed. What they do not need is removed. Returns those in which something else lies by now,
    /// which stay. Throws `DiskError` for the first that cannot be removed, after all were tried.
    func want(_ count: Int) async throws -> [String] {
        let surplus = state.withLock { state -> [String] in
            state.wanted = count
            let surplus = Array(state.paths.dropFirst(count))
            state.paths.removeLast(surplus.count)
            return surplus
        }
        guard !surplus.isEmpty else { return [] }
        return try await threads.run { try Self.remove(surplus) }
    }

    private static func remove(_ paths: [String]) throws(DiskError) -> [String] {
        var foreign: [String] = []
        var fault: DiskError?
        for path in paths {
            do throws(DiskError) {
                try Disk.removeDirectory(path)
            } catch {
                if error.code == ENOTEMPTY || error.code == EEXIST {
                    foreign.append(path)
                } else {
                    fault = fault ?? error
                }
            }
        }
        if let fault { throw fault }
        return foreign
    }

    /// Keeps a drop's directory when one is wanted and nothing lies in it. Throws `DiskError`.
    func keep(_ directory: String) throws(DiskError) -> Bool {
        guard isWanted, try Disk.exists(directory) else { return false }
        let found = try Disk.names(in: directory)
        guard found.names.isEmpty, found.unreadable.isEmpty else { return false }
        state.withLock { $0.paths.append(directory) }
        FailPoint.reach("directory_kept")
        return true
    }

    /// Makes a drop's directory of a spare one. False: there is none. Throws `DiskError`.
    func become(_ directory: String) throws(DiskError) -> Bool {
        while let spare = state.withLock({ $0.paths.popLast() }) {
            do throws(DiskError) {
                if try Disk.renameNew(spare, directory) { return true }
                try Disk.removeDirectory(spare)
                return false
            } catch {
                // The closing of its drop, done again after a fault of the ledger, has removed it.
                guard error.code == ENOENT else { throw error }
            }
        }
        return false
    }
}

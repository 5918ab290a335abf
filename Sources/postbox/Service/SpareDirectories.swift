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

    private let state = Mutex(State())

    /// So many files wait to be claimed. What they do not need is removed. Throws `DiskError`.
    func want(_ count: Int) throws(DiskError) {
        let surplus = state.withLock { state -> [String] in
            state.wanted = count
            let surplus = Array(state.paths.dropFirst(count))
            state.paths.removeLast(surplus.count)
            return surplus
        }
        for path in surplus { try Disk.removeDirectory(path) }
    }

    /// Keeps a drop's directory when one is wanted and nothing lies in it. Throws `DiskError`.
    func keep(_ directory: String) throws(DiskError) -> Bool {
        let (isKept, isWanted) = state.withLock { ($0.paths.contains(directory), $0.paths.count < $0.wanted) }
        // The closing of a drop is done again after a fault of the ledger.
        if isKept { return true }
        guard isWanted, try Disk.isEmpty(directory) else { return false }
        state.withLock { $0.paths.append(directory) }
        FailPoint.reach("directory_kept")
        return true
    }

    /// Makes a drop's directory of a spare one. False: there is none. Throws `DiskError`.
    func become(_ directory: String) throws(DiskError) -> Bool {
        guard let spare = state.withLock({ $0.paths.popLast() }) else { return false }
        guard try Disk.renameNew(spare, directory) else {
            try Disk.removeDirectory(spare)
            return false
        }
        return true
    }
}

internal import PostboxCore
internal import PostboxIO

/// Makes the index of rows anew from all results, each held against its hash.
struct Reindexing {
    let directories: Settings.Directories

    init(_ directories: Settings.Directories) { self.directories = directories }

    struct Done: Sendable, Equatable {
        var drops = 0
        var rows = 0
        var bytes = 0
        /// Results that are not there.
        var gone = 0
        /// Drops whose results do not have the hash that the ledger has.
        var altered: [Int] = []
    }

    /// Does it. Nobody else may write the index meanwhile. Throws `DiskError` and `LedgerError`.
    func run() async throws -> Done {
        var done = Done()
        let ledger = try LedgerReading(in: directories)
        let store = RowIndexStore(folder: directories.state + "/index")
        try await store.clear()
        _ = try await store.open()
        var some: [RowIndexStore.Closed] = []
        for drop in (try ledger?.list() ?? []).reversed() where drop.stage == .closed {
            guard let closed = drop.forIndex else { continue }
            do {
                guard let result = try ResultBytes(path: closed.result) else {
                    done.gone += 1
                    continue
                }
                guard try result.sha256() == closed.resultSHA256 else {
                    done.altered.append(drop.drop)
                    continue
                }
            } catch is ResultBytes.Damaged {
                done.altered.append(drop.drop)
                continue
            }
            some.append(closed)
            done.drops += 1
            if some.count >= 1000 {
                done.altered += try await store.add(some)
                some = []
            }
        }
        done.altered += try await store.add(some)
        let size = await store.size
        done.rows = size.rows
        done.bytes = size.bytes
        return done
    }
}

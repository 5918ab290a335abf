internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Keeps the index of rows up with the drops that are closed: behind their backs, on a thread of the index's own.
actor IndexBook {
    private let store: RowIndexStore
    private let logger: Logger
    private let directories: Settings.Directories
    /// Drops that are closed, by number.
    private var waiting: [Int] = []
    private var isOpen = false
    private var work: Task<Void, Never>?
    private var isEnding = false
    private var isFaulty = false

    /// So many results are read together at most; many small files are indexed together.
    private static let atOnce = 1000
    private static let gathering = Duration.milliseconds(500)
    private static let afterFault = Duration.seconds(2)
    /// What an earlier run left is made good up to so many rows; the rest is for `postbox audit reindex`.
    private static let leftRowsMax = 10_000_000
    private static let leftDropsMax = 10_000

    init(_ directories: Settings.Directories, logger: Logger) {
        self.directories = directories
        store = RowIndexStore(folder: directories.state + "/index") { FailPoint.reach($0) }
        self.logger = logger
    }

    /// Opens the index, and goes on with what an earlier run left. Nothing waits for it.
    func start() {
        work = Task {
            await openStore()
            await run()
        }
    }

    private func openStore() async {
        while !isOpen {
            do {
                for path in try await store.open() {
                    logger.warning(
                        "\(path) does not hold what was written to it; rows are looked up in the results until postbox audit reindex has run",
                        metadata: ["event": .event(.diskFault), "path": "\(path)"])
                }
                let left = try await left()
                waiting = left.filter { !waiting.contains($0) } + waiting
                isOpen = true
            } catch {
                tell(error)
                if isEnding { return }
                await sleep(Self.afterFault)
            }
        }
    }

    /// Closed drops that a crash, or an older version, left without an index: the newest.
    private func left() async throws -> [Int] {
        let indexed = await store.indexed
        guard let ledger = try LedgerReading(in: directories) else { return [] }
        var rows = 0
        var left: [Int] = []
        for drop in try ledger.list(LedgerReading.Choice(most: Self.leftDropsMax))
        where drop.stage == .closed && !indexed.contains(drop.drop) && drop.removedAt == nil {
            rows += drop.rows
            guard rows <= Self.leftRowsMax else { break }
            if drop.forIndex != nil { left.append(drop.drop) }
        }
        return left.reversed()
    }

    /// A drop is closed.
    func closed(_ drop: Int) {
        waiting.append(drop)
        guard work == nil else { return }
        work = Task {
            await sleep(Self.gathering)
            await run()
        }
    }

    /// Indexes what is closed, and ends.
    func finish() async {
        isEnding = true
        work?.cancel()
        await work?.value
        await run()
    }

    private func sleep(_ time: Duration) async {
        guard !isEnding else { return }
        // Ended early it is only done sooner.
        try? await Task.sleep(for: time)
    }

    private func run() async {
        while isOpen, !waiting.isEmpty {
            let some = Array(waiting.prefix(Self.atOnce))
            waiting.removeFirst(some.count)
            do {
                let drops = try LedgerReading(in: directories)?.list(LedgerReading.Choice(numbers: some)) ?? []
                _ = try await store.add(drops.compactMap(\.forIndex))
                isFaulty = false
            } catch {
                tell(error)
                waiting = some + waiting
                // The next start makes it good.
                if isEnding { break }
                await sleep(Self.afterFault)
            }
        }
        work = nil
    }

    /// Once until it is over.
    private func tell(_ error: any Error) {
        guard !isFaulty else { return }
        isFaulty = true
        logger.warning(
            "rows cannot be indexed for now, they are looked up in the results: \(Words.of(error))",
            metadata: ["event": .event(.diskFault)])
    }
}

extension DropLine {
    /// What is indexed of it; nil: it was settled before hashes of results were kept, so that nothing would tell whether an index is
    /// still its own.
    var forIndex: RowIndexStore.Closed? {
        guard let resultSHA256, !target.isEmpty else { return nil }
        return RowIndexStore.Closed(
            drop: drop, result: resultPath, skipped: folder + "/" + FileNames.skipped(target),
            resultSHA256: resultSHA256)
    }
}

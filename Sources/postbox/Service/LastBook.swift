internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Keeps the store of last accepted values up with the drops that are closed: behind their backs, on a thread of the store's own.
///
/// A drop waits until no older one is open, so that files are counted in the order in which their values are; when many wait, or
/// somebody asks, it waits no longer.
actor LastBook {
    private let store: LastValuesStore
    private let guardBook: GuardBook
    private let logger: Logger
    private var waiting: [Waiting] = []
    private var isOpen = false
    /// Somebody waits for everything that is closed by now.
    private var asking: [CheckedContinuation<Void, Never>] = []
    private var work: Task<Void, Never>?
    private var pause: Task<Void, Never>?
    private var isEnding = false
    private var isFaulty = false

    /// A closed drop whose values are not in the store yet.
    private struct Waiting {
        var place: DropPlace
        /// Where its result lies when it is not packed; nil: nothing of it was sent.
        var path: String?
        /// Held open, so that it can be read although somebody takes it away; nil: it is opened when it is its turn.
        var result: AppliedResult?
    }

    init(state: String, guardBook: GuardBook, logger: Logger) {
        store = LastValuesStore(folder: state + "/last") { FailPoint.reach($0) }
        self.guardBook = guardBook
        self.logger = logger
    }

    /// Results of so many rows at most are read when a store is made, or made good: the newest.
    private static let rowsMax = 10_000_000
    private static let dropsMax = 10_000
    /// So many drops, or bytes of results, wait for older ones at most.
    private static let waitingMax = 64
    private static let waitingBytesMax = 64 << 20
    /// So many are applied together, and so many results are held open, at most: descriptors are for files in work first.
    private static let heldOpenMax = 256
    /// Many small files are applied together.
    private static let gathering = Duration.milliseconds(500)
    private static let afterFault = Duration.seconds(2)

    // MARK: - What is closed

    /// Opens the store, and begins to apply what an earlier run left. To be called before anything is claimed; nothing waits for it.
    ///
    /// - Parameters:
    ///   - open: Drops that are not closed.
    ///   - last: The last number that was ever given.
    func start(in directories: Settings.Directories, open: Set<Int>, last: Int) {
        work = Task {
            await openStore(directories, open, last)
            await self.run()
        }
    }

    private func openStore(_ directories: Settings.Directories, _ open: Set<Int>, _ last: Int) async {
        while !isOpen {
            do {
                let opening = try await store.open()
                for path in opening.damaged {
                    logger.error(
                        "\(path) does not hold what was written to it; the last accepted values are made good from results that are still there",
                        metadata: ["event": .event(.diskFault), "path": "\(path)"])
                }
                let left = try await leftByEarlierRun(directories)
                await store.settle(through: last, besides: open.union(left.map(\.place.drop)))
                try await store.note()
                waiting += left
                isOpen = true
            } catch {
                tell(error)
                // Whoever asks is told so, and may ask again.
                answerAll()
                if isEnding { return }
                await sleep(Self.afterFault)
            }
        }
    }

    /// Closed drops that are not applied: those that a crash left, and all of the last ones for a store that is new or was damaged.
    private func leftByEarlierRun(_ directories: Settings.Directories) async throws -> [Waiting] {
        let applied = await store.applied
        guard let ledger = try LedgerReading(in: directories) else { return [] }
        var left: [Waiting] = []
        var rows = 0
        let sent = try ledger.lastSent(from: applied.firstMissing, atMost: Self.dropsMax)
        for drop in sent where !applied.contains(drop.place.drop) {
            rows += drop.rows
            guard rows <= Self.rowsMax || left.isEmpty else { break }
            left.append(Waiting(place: drop.place, path: drop.folder + "/" + FileNames.result(drop.target)))
        }
        return left
    }

    /// A drop is closed. `result`: its result file; nil: it has none, or nothing of it was sent.
    func closed(_ place: DropPlace, result: AppliedResult?) {
        let isHeld = waiting.count { $0.result != nil } < Self.heldOpenMax
        waiting.append(Waiting(place: place, path: result?.path, result: isHeld ? result : nil))
        begin(after: Self.gathering)
    }

    /// What was accepted of drops that are closed by now. Throws what keeps it from being known: then nothing is.
    func answers() async throws -> LastAnswers {
        await applyAll()
        guard isOpen, !isFaulty else { throw Unknown() }
        return await store.answers()
    }

    /// The store cannot be brought up to date.
    struct Unknown: Error, CustomStringConvertible {
        var description: String { "the last accepted values in state/last cannot be read or written for now" }
    }

    /// Applies what is closed, and ends.
    func finish() async {
        isEnding = true
        await applyAll()
        do {
            try await store.note()
        } catch {
            tell(error)
        }
    }

    private func applyAll() async {
        pause?.cancel()
        await withCheckedContinuation { continuation in
            asking.append(continuation)
            begin(after: .zero)
        }
    }

    // MARK: - Applying

    private func begin(after time: Duration) {
        guard work == nil else { return }
        // Before the start nothing can be put away.
        guard isOpen else { return answerAll() }
        work = Task {
            if asking.isEmpty, time > .zero { await sleep(time) }
            await run()
        }
    }

    private func sleep(_ time: Duration) async {
        let sleeping = Task<Void, Never> { try? await Task.sleep(for: time) }
        pause = sleeping
        await sleeping.value
        pause = nil
    }

    private func run() async {
        while isOpen {
            let ready = takeReady()
            guard !ready.isEmpty else { break }
            guard await apply(ready) else {
                waiting += ready
                // Whoever asks is told so, and a service that ends leaves it to the next start.
                if isEnding || !asking.isEmpty { break }
                await sleep(Self.afterFault)
                continue
            }
        }
        work = nil
        answerAll()
    }

    private func answerAll() {
        let answered = asking
        asking = []
        for continuation in answered { continuation.resume() }
    }

    /// The drops that need wait no longer, the oldest first; of very many the first ones.
    private func takeReady() -> [Waiting] {
        waiting.sort { $1.place.isNewer(than: $0.place) }
        let bytes = waiting.reduce(0) { $0 + ($1.result?.size ?? 0) }
        let isUrgent = !asking.isEmpty || waiting.count > Self.waitingMax || bytes > Self.waitingBytesMax
        let ready = (isUrgent ? waiting : waiting.filter { !guardBook.isOlderOpen(than: $0.place) })
            .prefix(Self.heldOpenMax)
        let taken = Set(ready.map(\.place.drop))
        waiting.removeAll { taken.contains($0.place.drop) }
        return Array(ready)
    }

    /// With the result of one that is not held open. One that somebody has taken away tells nothing any more. Throws `Unreadable`, and
    /// `DiskError` where no file at all can be opened for now.
    private static func opened(_ drop: Waiting) throws -> LastValuesStore.Closed {
        guard drop.result == nil, let path = drop.path else {
            return LastValuesStore.Closed(drop.place, result: drop.result)
        }
        do {
            return LastValuesStore.Closed(drop.place, result: try AppliedResult(path: path))
        } catch let error as DiskError {
            switch error.code {
            case ENOENT, ENOTDIR: return LastValuesStore.Closed(drop.place, result: nil)
            case EMFILE, ENFILE, ENOMEM: throw error
            default: throw LastValuesStore.Unreadable(drop: drop.place.drop, cause: error)
            }
        } catch is ResultBytes.Damaged {
            let cause = DiskError(code: EBADMSG, call: "read", path: path)
            throw LastValuesStore.Unreadable(drop: drop.place.drop, cause: cause)
        }
    }

    /// False: it has to be tried again.
    private func apply(_ drops: [Waiting]) async -> Bool {
        do {
            for drop in try await store.apply(try drops.map(Self.opened)) {
                logger.warning(
                    "the result of drop \(drop) ends with a line that is none; what stands behind it is missing among the last accepted values",
                    metadata: ["event": .event(.diskFault), "drop": "\(drop)"])
            }
            isFaulty = false
            return true
        } catch let error as LastValuesStore.Unreadable {
            logger.warning(
                "the result of drop \(error.drop) cannot be read, its values are missing among the last accepted ones until the next start: \(error.cause)",
                metadata: ["event": .event(.diskFault), "drop": "\(error.drop)"])
            let others = drops.filter { $0.place.drop != error.drop }
            return await apply(others)
        } catch {
            tell(error)
            return false
        }
    }

    /// Once until it is over.
    private func tell(_ error: any Error) {
        guard !isFaulty else { return }
        isFaulty = true
        logger.warning(
            "the last accepted values cannot be kept for now: \(Words.of(error))",
            metadata: ["event": .event(.diskFault)])
    }
}

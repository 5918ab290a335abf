internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Looks every few seconds whether files that ended badly have been put right, row by row, and notes it in the ledger: so whoever lists
/// them reads no results of what is done with. What a kill keeps it from noting the next look notes. Alerts of files that nobody has to
/// deal with any more, since each bad row was put right or a person said so, are over then.
actor FailureWatch {
    private static let pause = Duration.seconds(5)
    /// What tells that a file ended badly.
    private static let endings: [Event] = [.filePartial, .fileFailed, .fileRefused]

    private let context: Context
    private let reading: DiskThreads
    private let known: KnownFailures
    /// The ledger could not be used, which was said.
    private var isBlind = false

    init(_ context: Context, reading: DiskThreads, known: KnownFailures) {
        (self.context, self.reading, self.known) = (context, reading, known)
    }

    /// Looks until its task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await look()
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    private func look() async {
        let told = context.alerts.book.withLock { $0.drops(of: Self.endings) }
        do {
            let (right, over) = try await reading.run {
                [directories = context.settings.directories, known] () -> (right: [Int], over: [Int]) in
                guard let ledger = try LedgerReading(in: directories) else { return ([], []) }
                let lookup = FailureLookup(ledger, in: directories, known: known)
                let right = try lookup.newlyRight()
                guard !told.isEmpty else { return (right, []) }
                // A file is told a moment before the ledger has how it ended.
                let over = try lookup.list(.init(numbers: told)).filter { $0.endedBadly && !$0.isOpen }
                return (right, over.map(\.drop))
            }
            try await context.ledger.keep(right.map { StandingThing(.putRight, "\($0)", "") }, at: Clock.wall())
            for drop in over { context.alerts.isOver(Self.endings, ["drop": "\(drop)"]) }
            isBlind = false
        } catch {
            if !isBlind {
                context.logger.warning(
                    "whether files that ended badly have been put right cannot be noted for now: \(Words.of(error))",
                    metadata: ["event": .event(.ledgerFault)])
            }
            isBlind = true
        }
    }
}

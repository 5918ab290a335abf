internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Looks every few seconds whether files that ended badly have been put right, row by row, and notes it in the ledger: so whoever lists
/// them reads no results of what is done with. What a kill keeps it from noting the next look notes.
actor FailureWatch {
    private static let pause = Duration.seconds(5)

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
        do {
            let right = try await reading.run { [directories = context.settings.directories, known] in
                try LedgerReading(in: directories).map {
                    try FailureLookup($0, in: directories, known: known).newlyRight()
                } ?? []
            }
            try await context.ledger.keep(right.map { StandingThing(.putRight, "\($0)", "") }, at: Clock.wall())
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

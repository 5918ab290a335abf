internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// What asks the service to stop: the first signal drains it, the second one ends the process at once.
struct StopSignals: Sendable {
    /// Nanoseconds within which two signals are one: one stop often comes twice at once, to the process and to its group.
    private static let sameStop: Int64 = 300_000_000

    private let signals: AsyncStream<Void>

    init(_ signals: AsyncStream<Void>) {
        self.signals = signals
    }

    /// Calls `stop` for the first one.
    func listen(_ stop: @Sendable () -> Void) async {
        var first: Int64?
        for await _ in signals {
            let now = Clock.monotonic()
            guard let first else {
                first = now
                stop()
                continue
            }
            // Nothing is lost: the next start goes on.
            if now - first >= Self.sameStop { _exit(ExitCode.interrupted) }
        }
    }
}

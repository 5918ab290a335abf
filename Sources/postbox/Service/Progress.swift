internal import Synchronization

/// Running totals for the progress line.
final class Progress: Sendable {
    struct Totals: Sendable {
        /// Result lines expected of the files in work.
        var expected = 0
        var settled = 0
        var acked = 0
        var bad = 0
        var files = 0
    }

    private let totals = Mutex(Totals())

    func beginFile() { totals.withLock { $0.files += 1 } }

    func add(expected: Int) { totals.withLock { $0.expected += expected } }

    func add(settled: Int, acked: Int, bad: Int) {
        totals.withLock {
            $0.settled += settled
            $0.acked += acked
            $0.bad += bad
        }
    }

    func endFile() { totals.withLock { $0.files -= 1 } }

    var now: Totals { totals.withLock { $0 } }
}

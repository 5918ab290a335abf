/// Pauses between tries: doubling from the first to the most, with jitter so that many clients do not come back at once.
///
/// | attempt | first 1 s, most 30 s, jitter 0 | jitter 1 |
/// |---|---|---|
/// | 1 | 0.5 s | 1 s |
/// | 2 | 1 s | 2 s |
/// | 6 and more | 15 s | 30 s |
package struct ReconnectBackoff: Sendable, Equatable {
    private let first: Int64
    private let most: Int64

    package init(first: Duration, most: Duration) {
        self.first = first.nanoseconds
        self.most = most.nanoseconds
    }

    /// Nanoseconds to wait after that many tries (from 1). `jitter` from 0 to 1 picks from the upper half of the pause.
    package func delay(attempt: Int, jitter: Double) -> Int64 {
        var pause = first
        for _ in 1..<max(2, min(attempt, 40)) where attempt > 1 {
            pause = min(pause * 2, most)
        }
        pause = min(pause, most)
        return pause / 2 + Int64(Double(pause / 2) * jitter)
    }
}

extension Duration {
    /// Whole nanoseconds, at most 292 years.
    package var nanoseconds: Int64 {
        let parts = components
        return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    }
}

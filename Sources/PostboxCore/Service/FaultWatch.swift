/// Faults of disk and ledger: how long nothing new is begun after one, and when `--once`, or a stop, no longer waits for the end
/// of them.
package struct FaultWatch: Sendable, Equatable {
    /// Nanoseconds for which nothing is begun after a fault.
    static let pause: Int64 = 2_000_000_000
    /// Faults that are further apart do not follow each other; nanoseconds.
    static let apart: Int64 = 10_000_000_000

    /// Nothing is begun before that time; nil: nothing stands against it.
    package private(set) var until: Int64?
    /// The first and the last of faults that follow each other.
    private var since: Int64?
    private var lastAt: Int64 = 0

    package init() {}

    /// A fault: nothing new is begun for a while.
    package mutating func met(at now: Int64) {
        until = now + Self.pause
        metInbox(at: now)
    }

    /// The inbox cannot be read. What was found before may be begun all the same.
    package mutating func metInbox(at now: Int64) {
        if since == nil { since = now }
        lastAt = now
    }

    /// Nothing new is begun for a while, and nothing is wrong with the disk.
    package mutating func wait(at now: Int64) { until = now + Self.pause }

    /// A file was finished: the disk works.
    package mutating func worked() { since = nil }

    package mutating func timePassed(to now: Int64) {
        if let until, now >= until { self.until = nil }
        if now - lastAt > Self.apart { since = nil }
    }

    /// Whether faults have lasted for so long that nobody waits for their end any more. `resultsSince`: since when results cannot be
    /// written; nil: they can. `patience`: for how long faults are waited for, in nanoseconds; nil: for ever.
    package func givesUp(at now: Int64, resultsSince: Int64?, patience: Int64?) -> Bool {
        guard let patience, let since = [resultsSince, since].compactMap({ $0 }).min() else { return false }
        return now - since >= patience
    }
}

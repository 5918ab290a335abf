internal import PostboxCore
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
        /// By destination, by `PostOutcome`.
        var rows: [String: [Int]] = [:]
    }

    private let totals = Mutex(Totals())

    func beginFile() { totals.withLock { $0.files += 1 } }

    func add(expected: Int) { totals.withLock { $0.expected += expected } }

    /// Rows got their outcomes at a destination: so many of each, by `PostOutcome`.
    func add(_ outcomes: [Int], at destination: String) {
        let settled = outcomes.reduce(0, +)
        let good = PostOutcome.allCases.reduce(0) { $0 + ($1.isGood ? outcomes[Int($1.rawValue)] : 0) }
        totals.withLock { totals in
            totals.settled += settled
            totals.acked += good
            totals.bad += settled - good
            var rows = totals.rows[destination] ?? Self.none
            for (at, count) in outcomes.enumerated() { rows[at] += count }
            totals.rows[destination] = rows
        }
    }

    /// Rows got their outcomes at a destination that nobody expected to be posted: those of a file that is refused, or gone.
    func add(unexpected outcomes: [Int], at destination: String) {
        add(expected: outcomes.reduce(0, +))
        add(outcomes, at: destination)
    }

    /// So many of each, by `PostOutcome`.
    static func counts(_ rows: [RowEnd]) -> [Int] {
        rows.reduce(into: none) { $0[Int($1.outcome.rawValue)] += 1 }
    }

    /// No row of any outcome.
    static let none = Array(repeating: 0, count: PostOutcome.allCases.count)

    func endFile() { totals.withLock { $0.files -= 1 } }

    var now: Totals { totals.withLock { $0 } }
}

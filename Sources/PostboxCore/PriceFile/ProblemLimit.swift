/// Lets the first problems of each reason through, so that a file of a million bad rows does not hide the one that is different.
package struct ProblemLimit: Sendable {
    /// nil: all.
    private let most: Int?
    private var counts: [String: Int] = [:]

    /// So many of each reason; nil: all.
    package init(most: Int?) {
        self.most = most
    }

    /// Whether the next problem of that reason is shown.
    package mutating func shows(_ reason: String) -> Bool {
        counts[reason, default: 0] += 1
        return most.map { counts[reason, default: 0] <= $0 } ?? true
    }

    /// How many were not shown, by reason; the most frequent first.
    package var rest: [(reason: String, count: Int)] {
        guard let most else { return [] }
        return counts.filter { $0.value > most }.map { (reason: $0.key, count: $0.value - most) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.reason < $1.reason }
    }
}

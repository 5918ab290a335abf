/// How long posts waited for their Ack, counted by the time.
///
/// A time falls into a bucket that is at most an eighth wide, from a microsecond to minutes. Counting one is an addition, so that it
/// costs the posting nothing.
package struct AckLatency: Sendable, Equatable {
    private static let buckets = 240
    /// By bucket; empty as long as nothing was counted.
    private var counts: [Int] = []
    /// All times together, nanoseconds.
    package private(set) var sum: Int64 = 0

    package init() {}

    /// Counts a post that was acknowledged after that many nanoseconds.
    @inline(__always)
    mutating func add(_ nanoseconds: Int64) {
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.buckets) }
        counts[Self.bucket(nanoseconds / 1000)] &+= 1
        sum &+= nanoseconds
    }

    /// Posts that were counted.
    package var count: Int { counts.reduce(0, +) }

    /// Posts counted so far, of this and another one; `add` on both.
    package static func + (one: AckLatency, other: AckLatency) -> AckLatency { combined(one, other, &+) }

    /// What was counted since `earlier`, which is the same one as it was before.
    package static func - (later: AckLatency, earlier: AckLatency) -> AckLatency { combined(later, earlier, &-) }

    private static func combined(_ one: AckLatency, _ other: AckLatency, _ join: (Int, Int) -> Int) -> AckLatency {
        guard !one.counts.isEmpty || !other.counts.isEmpty else { return one }
        let none = Array(repeating: 0, count: buckets)
        var out = AckLatency()
        out.counts = zip(one.counts.isEmpty ? none : one.counts, other.counts.isEmpty ? none : other.counts).map(join)
        out.sum = Int64(join(Int(one.sum), Int(other.sum)))
        return out
    }

    /// The time that so much of the posts, 0 to 1, did not exceed, in microseconds: the upper end of its bucket; nil: none was counted.
    package func quantile(_ share: Double) -> Int? {
        let all = count
        guard all > 0 else { return nil }
        let wanted = max(1, Int((Double(all) * share).rounded(.up)))
        var seen = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if seen >= wanted { return Self.first(of: bucket + 1) }
        }
        return nil
    }

    /// Bounds in microseconds, each twice the one before, from about half a millisecond to about a minute, and how many posts took less
    /// than each: a histogram as Prometheus counts it. The bounds are ends of buckets, so that no post is counted wrongly.
    package var cumulative: [(bound: Int, count: Int)] {
        var seen = 0
        var next = 0
        return (9...26).map { power in
            let bound = 1 << power
            while next < counts.count, Self.first(of: next + 1) <= bound {
                seen += counts[next]
                next += 1
            }
            return (bound, seen)
        }
    }

    private static func bucket(_ microseconds: Int64) -> Int {
        guard microseconds >= 8 else { return max(0, Int(microseconds)) }
        let power = 63 - microseconds.leadingZeroBitCount
        return min(buckets - 1, (power - 2) * 8 + Int(microseconds >> Int64(power - 3)) & 7)
    }

    /// The least time of a bucket, in microseconds.
    private static func first(of bucket: Int) -> Int {
        guard bucket >= 8 else { return bucket }
        return (8 + bucket & 7) << (bucket / 8 - 1)
    }
}

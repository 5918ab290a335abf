internal import DequeModule

/// How fast a count grows while there is something to do, from samples of it.
package struct RateHistory: Sendable, Equatable {
    /// Nanoseconds that are looked back.
    package static let span: Int64 = 10_000_000_000

    private struct Sample: Equatable {
        var count: Int
        var at: Int64
    }

    private var samples: Deque<Sample> = []

    package init() {}

    /// The count as it is at a time, in nanoseconds. `isBusy` false: nothing is to be done, and the time until more comes does not count.
    package mutating func add(_ count: Int, at now: Int64, isBusy: Bool) {
        if !isBusy, samples.last?.count == count { samples = [] }
        while samples.count > 1, samples[1].at <= now - Self.span { samples.removeFirst() }
        samples.append(Sample(count: count, at: now))
    }

    /// So many a second in the last seconds; nil: it is not known yet, or nothing is to be done.
    package var perSecond: Double? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        return Double(last.count - first.count) / (Double(last.at - first.at) / 1e9)
    }
}

/// What went over a destination's connection in the last minute.
package struct TrafficHistory: Sendable, Equatable {
    private static let step: Int64 = 10_000_000_000
    private static let steps = 6

    private var sent = RateHistory()
    private var answered = RateHistory()
    /// As the latencies were, the oldest first, with the time in nanoseconds.
    private var latencies: Deque<Past> = []
    private var latest = AckLatency()

    private struct Past: Equatable {
        var latency: AckLatency
        var at: Int64
    }

    package init() {}

    /// The traffic as it is at a time, in nanoseconds.
    package mutating func add(_ traffic: StatusBoard.Traffic, at now: Int64) {
        let isBusy = traffic.inFlight > 0 || traffic.queued > 0
        sent.add(traffic.sent, at: now, isBusy: isBusy)
        answered.add(traffic.acked + traffic.nacked, at: now, isBusy: isBusy)
        latest = traffic.latency
        if latencies.last.map({ now - $0.at >= Self.step }) ?? true {
            if latencies.count > Self.steps { latencies.removeFirst() }
            latencies.append(Past(latency: latest, at: now))
        }
    }

    /// Fills in what only the past tells.
    package func complete(_ traffic: inout StatusBoard.Traffic) {
        traffic.postsPerSecond = sent.perSecond ?? 0
        traffic.answersPerSecond = answered.perSecond ?? 0
        // Of the last minute, or of all that was counted where that tells nothing.
        let recent = latencies.first.map { traffic.latency - $0.latency } ?? traffic.latency
        let shown = recent.count > 0 ? recent : traffic.latency
        traffic.p50 = shown.quantile(0.5)
        traffic.p99 = shown.quantile(0.99)
    }
}

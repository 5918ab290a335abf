import Testing

@testable import PostboxCore

@Suite("How long Acks take")
struct AckLatencyTests {
    @Test("A time is told to an eighth, never as shorter than it was")
    func quantiles() {
        var latency = AckLatency()
        #expect(latency.quantile(0.5) == nil && latency.count == 0)
        for microseconds in 1...1000 { latency.add(Int64(microseconds) * 1000) }
        #expect(latency.count == 1000 && latency.sum == 500_500_000)
        for (share, exact) in [(0.5, 500), (0.99, 990), (1.0, 1000), (0.001, 1)] {
            let told = latency.quantile(share) ?? 0
            #expect(told >= exact && told * 8 <= exact * 9 + 8, "\(share): \(told)")
        }
    }

    @Test("A histogram's bounds double, and what took less than a bound is counted below it", arguments: 9...26)
    func bounds(power: Int) {
        var latency = AckLatency()
        let bound = 1 << power
        for microseconds in [bound - 1, bound, bound + 1] { latency.add(Int64(microseconds) * 1000) }
        let counts = latency.cumulative
        #expect(counts.count == 18 && counts.first?.bound == 512 && counts.last?.bound == 67_108_864)
        #expect(counts[power - 9].count == 1)
        if power < 26 { #expect(counts[power - 8].count == 3) }
        if power > 9 { #expect(counts[power - 10].count == 0) }
    }

    @Test("What came since is the difference, and any time has a bucket")
    func difference() {
        var latency = AckLatency()
        for time in [Int64.max, 0, -5] { latency.add(time) }
        let before = latency
        latency.add(3_000_000)
        let since = latency - before
        #expect(since.count == 1 && since.sum == 3_000_000 && since.quantile(0.5) == 3072)
        #expect((before + since).count == 4)
        #expect((before - before).quantile(0.5) == nil)
    }
}

import PostboxCore
import TestSupport
import Testing

@Suite("Posting window: random lives", .computing)
struct PostingWalkTests {
    /// Seeds that once showed a fault.
    static let known: [UInt64] = [596, 1119, 2099, 2705, 2908, 2957]

    @Test("The promise holds in the lives that once broke it", arguments: known)
    func regressions(seed: UInt64) {
        #expect(PostingWalk(seed: seed).run() == [])
    }

    @Test("The promise holds in thousands of lives, the same ones every time")
    func fixed() {
        var outcomes: [PostOutcome: Int] = [:]
        var faults: [String] = []
        for seed in 1...UInt64(3000) where faults.count < 10 {
            let walk = PostingWalk(seed: seed)
            faults += walk.run()
            outcomes.merge(walk.outcomes, uniquingKeysWith: +)
        }
        #expect(faults == [])
        // The walk is worth something only as long as it sees every kind of end often.
        for outcome in PostOutcome.allCases where outcome != .rejected {
            #expect(outcomes[outcome, default: 0] > 200, "\(outcome.word)")
        }
    }

    @Test("The promise holds in lives never seen before")
    func fresh() {
        let start = UInt64.random(in: 1_000_000...UInt64.max / 2)
        print("random lives from seed \(start)")
        var faults: [String] = []
        for seed in start..<start + 1000 where faults.count < 10 { faults += PostingWalk(seed: seed).run() }
        #expect(faults == [])
    }
}

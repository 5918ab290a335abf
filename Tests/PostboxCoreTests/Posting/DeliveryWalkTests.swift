import PostboxCore
import TestSupport
import Testing

@Suite("Deliveries whose surroundings answer at random", .computing)
struct DeliveryWalkTests {
    @Test(
        "Every row is handed over or ended once, committed before, in its turn, by the latest news; the lane is left once"
    )
    func walks() {
        var faults: [String] = []
        var ends: [String: Int] = [:]
        for seed in 1...5000 as ClosedRange<UInt64> where faults.count < 5 {
            var walk = DeliveryWalk(seed: seed)
            walk.run()
            if let fault = walk.faults.first {
                if faults.isEmpty { print(walk.trace.joined(separator: "\n")) }
                faults.append("seed \(seed): \(fault)")
            }
            switch walk.end {
            case .complete: ends["complete", default: 0] += 1
            case .changed: ends["changed", default: 0] += 1
            case .interrupted: ends["interrupted", default: 0] += 1
            case .faulty: ends["faulty", default: 0] += 1
            case nil: ends["none", default: 0] += 1
            }
        }
        #expect(faults == [])
        // The walk is worth something only as long as it sees every kind of end often.
        for end in ["complete", "changed", "interrupted", "faulty"] { #expect(ends[end, default: 0] > 250, "\(ends)") }
    }
}

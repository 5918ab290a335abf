import PostboxCore
import Testing

@Suite("Which drops were applied")
struct AppliedDropsTests {
    @Test("Numbers become ranges, in whatever order they come")
    func ranges() {
        var applied = AppliedDrops()
        for drop in [5, 3, 4, 9, 1, 9, 10, 7] { applied.insert(drop) }
        #expect(applied.ranges == [1...1, 3...5, 7...7, 9...10])
        #expect(applied.firstMissing == 2)
        applied.insert(2)
        applied.insert(8)
        applied.insert(6)
        #expect(applied.ranges == [1...10])
        #expect(applied.firstMissing == 11)
        applied.insert(0...20)
        #expect(applied.ranges == [0...20])
    }

    @Test("What is settled are all numbers but the open ones")
    func settling() {
        var applied = AppliedDrops([4...4])
        applied.settle(through: 10, besides: [3, 7, 7, 12])
        #expect(applied.ranges == [1...2, 4...6, 8...10])
        applied.settle(through: 0, besides: [])
        applied.settle(through: 10, besides: [10])
        #expect(applied.ranges == [1...10])
    }

    @Test("A set of numbers is the model")
    func model() {
        struct Choices: SeededChoices { var state: UInt64 }
        for seed in 0..<200 {
            var random = Choices(state: UInt64(seed))
            var applied = AppliedDrops()
            var model: Set<Int> = []
            for _ in 0..<60 {
                let low = 1 + random.number(80)
                let high = low + random.number(5)
                applied.insert(low...high)
                model.formUnion(low...high)
                #expect(
                    zip(applied.ranges, applied.ranges.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound })
            }
            for drop in 0...90 where applied.contains(drop) != model.contains(drop) {
                Issue.record("seed \(seed): \(drop)")
            }
            #expect(applied.firstMissing == (1...200).first { !model.contains($0) })
        }
    }
}

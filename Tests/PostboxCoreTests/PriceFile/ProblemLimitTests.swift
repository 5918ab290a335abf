import PostboxCore
import Testing

@Suite("Problems that are shown")
struct ProblemLimitTests {
    @Test("The first of each reason are shown, and how many more there are")
    func limited() {
        var limit = ProblemLimit(most: 2)
        let shown = ["a", "a", "b", "a", "c", "a", "b", "b"].map { limit.shows($0) }
        #expect(shown == [true, true, true, false, true, false, true, false])
        #expect(limit.rest.map(\.reason) == ["a", "b"] && limit.rest.map(\.count) == [2, 1])
    }

    @Test("Without a limit all are shown")
    func unlimited() {
        var limit = ProblemLimit(most: nil)
        #expect((0..<100).allSatisfy { _ in limit.shows("a") })
        #expect(limit.rest.isEmpty)
    }
}

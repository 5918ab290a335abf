import PostboxCore
import Testing

@Suite("Log lines that a server can cause without end")
struct LogLimitTests {
    private let second: Int64 = 1_000_000_000

    @Test("Five a minute are written, the others counted and told with the next one")
    func limited() {
        var limit = LogLimit()
        for at in 0..<5 { #expect(limit.line(at: Int64(at) * second) == 0) }
        for _ in 0..<1000 { #expect(limit.line(at: 6 * second) == nil) }
        #expect(limit.line(at: 59 * second) == nil)
        #expect(limit.line(at: 60 * second) == 1001)
        #expect(limit.line(at: 61 * second) == 0)
    }

    @Test("What no later line tells is told once, when the minute is over or all ends")
    func rest() {
        var limit = LogLimit()
        #expect(limit.rest(at: .max) == nil)
        for _ in 0..<8 { _ = limit.line(at: second) }
        #expect(limit.rest(at: 60 * second) == nil)
        #expect(limit.rest(at: 61 * second) == 3)
        #expect(limit.rest(at: .max) == nil)
        for _ in 0..<8 { _ = limit.line(at: 100 * second) }
        #expect(limit.rest(at: .max) == 3)
    }
}

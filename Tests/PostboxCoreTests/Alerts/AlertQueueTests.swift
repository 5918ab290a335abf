import PostboxCore
import Testing

@Suite("What waits for a webhook")
struct AlertQueueTests {
    private static let second: Int64 = 1_000_000_000

    private static func queue(_ messages: ClosedRange<Int>) -> AlertQueue<Int> {
        var queue = AlertQueue<Int>(backoff: ReconnectBackoff(first: .seconds(2), most: .seconds(60)))
        for message in messages { queue.add(message) }
        return queue
    }

    private static func sent(_ step: AlertQueue<Int>.Step) -> [Int]? {
        if case .send(let message, let missed) = step { [message, missed] } else { nil }
    }

    private static func waits(_ step: AlertQueue<Int>.Step) -> Int64? {
        if case .wait(let until) = step { until } else { nil }
    }

    @Test("One after the other, and none while one is on its way")
    func order() {
        var queue = Self.queue(1...2)
        #expect(Self.sent(queue.next(at: 0)) == [1, 0])
        if case .nothing = queue.next(at: 0) {} else { Issue.record("two at once") }
        #expect(queue.answered(.taken, at: 1, jitter: 0) == nil)
        #expect(Self.sent(queue.next(at: 1)) == [2, 0])
        #expect(queue.answered(.taken, at: 2, jitter: 0) == nil && queue.isEmpty)
        #expect(queue.answered(.taken, at: 2, jitter: 0) == nil)
    }

    @Test("What does not arrive is tried again after pauses that double; it is said once, and once that it works")
    func again() {
        var queue = Self.queue(1...1)
        var now: Int64 = 0
        for (tries, pause) in [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 60), (7, 60)] {
            #expect(Self.sent(queue.next(at: now)) == [1, 0])
            let said = queue.answered(.later("away", after: nil), at: now, jitter: 1)
            #expect(said == (tries == 1 ? .failing("away") : nil))
            #expect(Self.waits(queue.next(at: now)) == now + Int64(pause) * Self.second)
            now += Int64(pause) * Self.second
        }
        #expect(Self.sent(queue.next(at: now)) == [1, 0])
        #expect(queue.answered(.taken, at: now, jitter: 1) == .works(after: now, missed: 0))
    }

    @Test("An hour away: a thousand wait, the oldest go, and the next message that arrives tells how many, once")
    func away() {
        var queue = Self.queue(1...1)
        _ = queue.next(at: 0)
        _ = queue.answered(.later("away", after: nil), at: 0, jitter: 0)
        for message in 2...3600 { queue.add(message) }
        #expect(queue.count == 1000)
        let later = 3600 * Self.second
        #expect(Self.sent(queue.next(at: later)) == [2601, 2600])
        // It fails once more while others come.
        queue.add(3601)
        #expect(queue.answered(.later("away", after: nil), at: later, jitter: 0) == nil)
        #expect(Self.sent(queue.next(at: 2 * later)) == [2602, 2601])
        #expect(queue.answered(.taken, at: 2 * later, jitter: 0) == .works(after: 2 * later, missed: 2601))
        #expect(Self.sent(queue.next(at: 2 * later)) == [2603, 0])
    }

    @Test("What is not wanted is lost and said; what comes after it tells so")
    func unwanted() {
        var queue = Self.queue(1...2)
        _ = queue.next(at: 0)
        #expect(queue.answered(.unwanted("no"), at: 0, jitter: 0) == .lost("no"))
        #expect(Self.sent(queue.next(at: 0)) == [2, 1])
        #expect(queue.answered(.taken, at: 0, jitter: 0) == nil)
    }

    @Test(
        "What an answer means",
        arguments: [
            (200, nil, "taken"), (204, nil, "taken"), (500, nil, "later nil"), (503, 7, "later 7"), (429, 3, "later 3"),
            (408, nil, "later nil"), (302, nil, "later 60"), (308, nil, "later 60"), (401, nil, "later 60"),
            (404, 5, "later 5"), (400, nil, "unwanted"), (413, nil, "unwanted"), (422, nil, "unwanted"),
        ])
    func answers(status: Int, retryAfter: Int?, meaning: String) {
        let found =
            switch AlertQueue<Int>.answer(status: status, retryAfter: retryAfter) {
            case .taken: "taken"
            case .later(_, let after): "later \(after.map(String.init) ?? "nil")"
            case .unwanted: "unwanted"
            }
        #expect(found == meaning)
    }

    @Test("Whoever answers is believed when he says how long to wait, five minutes at most")
    func retryAfter() {
        for (seconds, pause) in [(10, 10), (0, 1), (-5, 1), (86_400, 300)] {
            var queue = Self.queue(1...1)
            _ = queue.next(at: 0)
            _ = queue.answered(.later("busy", after: seconds), at: 0, jitter: 0)
            #expect(Self.waits(queue.next(at: 0)) == Int64(pause) * Self.second)
        }
    }
}

import PostboxCore
import Testing

/// A client that posts as fast as the pacer lets it, and a server that notes when each post came. Pretend time throughout.
private struct PacedRun {
    var limit: Int
    /// Nanoseconds from sending to the server, and the same back.
    var oneWay: Int64
    var seconds: Double
    /// The way to the server stands still from the first to the second time (nanoseconds).
    var stall: Range<Int64>?
    var window = 10_000
    /// No answers at all.
    var isSilent = false

    /// Times at which posts came to the server, in nanoseconds.
    func arrivals(_ pacer: inout PostPacer, from start: Int64 = 5_000_000_000) -> [Int64] {
        var now = start
        let end = start + Int64(seconds * 1e9)
        var arrivals: [Int64] = []
        var answers: [(at: Int64, number: UInt64)] = []
        var firstAnswer = 0
        var lastArrival: Int64 = 0
        var inFlight = 0
        while now < end {
            while firstAnswer < answers.count, answers[firstAnswer].at <= now {
                pacer.answered(answers[firstAnswer].number, at: now)
                firstAnswer += 1
                inFlight -= 1
            }
            let wanted = window - inFlight
            let allowed = pacer.allowance(wanted, at: now)
            for _ in 0..<allowed.count {
                let number = pacer.sent(at: now)
                var at = now + oneWay
                if let stall, stall.contains(at - start) { at = start + stall.upperBound }
                at = max(at, lastArrival)
                lastArrival = at
                arrivals.append(at)
                if !isSilent {
                    answers.append((at + oneWay, number))
                    inFlight += 1
                }
            }
            var next = allowed.count < wanted ? allowed.next ?? end : end
            if firstAnswer < answers.count { next = min(next, answers[firstAnswer].at) }
            now = max(next, now + 1000)
        }
        return arrivals
    }

    /// The most posts in any second that begins with a post.
    static func most(_ arrivals: [Int64]) -> Int {
        var first = 0
        var most = 0
        for (last, time) in arrivals.enumerated() {
            while arrivals[first] <= time - 1_000_000_000 { first += 1 }
            most = max(most, last - first + 1)
        }
        return most
    }
}

@Suite("Post pacer")
struct PostPacerTests {
    @Test(
        "No sliding second at the server holds more than the limit",
        arguments: [1, 10, 1000, 5000], [100_000, 5_000_000, 20_000_000] as [Int64])
    func slidingSecond(limit: Int, roundTrip: Int64) {
        var pacer = PostPacer(limit: limit)
        let arrivals = PacedRun(limit: limit, oneWay: roundTrip / 2, seconds: 4).arrivals(&pacer)
        #expect(PacedRun.most(arrivals) <= limit)
        #expect(arrivals.count >= limit * 3)
    }

    @Test("A stall of 300 ms that lets go at once breaks nothing", arguments: [10, 1000, 5000])
    func stall(limit: Int) {
        for start in stride(from: Int64(1_000_000_000), to: 2_000_000_000, by: 130_000_000) {
            var pacer = PostPacer(limit: limit)
            let run = PacedRun(
                limit: limit, oneWay: 2_500_000, seconds: 5, stall: start..<start + 300_000_000)
            #expect(PacedRun.most(run.arrivals(&pacer)) <= limit)
        }
    }

    @Test(
        "The allowed rate is used while there is work",
        arguments: [(100_000, 99.0), (5_000_000, 99), (20_000_000, 97)] as [(Int64, Double)])
    func utilisation(roundTrip: Int64, percent: Double) {
        var pacer = PostPacer(limit: 1000)
        let arrivals = PacedRun(limit: 1000, oneWay: roundTrip / 2, seconds: 10).arrivals(&pacer)
        #expect(Double(arrivals.count) / 100 >= percent)
        #expect(PacedRun.most(arrivals) <= 1000)
    }

    @Test("Posts go evenly: never more than a hundredth of a second's worth at once")
    func even() {
        var pacer = PostPacer(limit: 1000)
        let idle = pacer.allowance(10_000, at: 1_000_000_000_000)
        #expect(idle.count == 10)
        for _ in 0..<idle.count { _ = pacer.sent(at: 1_000_000_000_000) }
        let later = pacer.allowance(10_000, at: 1_000_001_000_000)
        #expect(later.count == 1)
    }

    @Test("Without a limit everything may go")
    func noLimit() {
        var pacer = PostPacer(limit: nil)
        let allowed = pacer.allowance(12_345, at: 0)
        #expect(allowed.count == 12_345)
        #expect(allowed.next == nil)
    }

    @Test("Unanswered posts free their places a second and the margin after they were sent")
    func unanswered() {
        var pacer = PostPacer(limit: 2)
        let start: Int64 = 5_000_000_000
        for step in [Int64(0), 600_000_000] {
            let allowed = pacer.allowance(1, at: start + step)
            #expect(allowed.count == 1)
            _ = pacer.sent(at: start + step)
        }
        let early = pacer.allowance(1, at: start + 1_499_999_999)
        let late = pacer.allowance(1, at: start + 1_500_000_000)
        #expect(early.count == 0)
        #expect(late.count == 1)
    }

    @Test("An answered post frees its place a second after the answer")
    func answered() {
        var pacer = PostPacer(limit: 1)
        let start: Int64 = 5_000_000_000
        _ = pacer.allowance(1, at: start)
        let number = pacer.sent(at: start)
        pacer.answered(number, at: start + 20_000_000)
        let early = pacer.allowance(1, at: start + 1_019_999_999)
        let late = pacer.allowance(1, at: start + 1_020_000_000)
        #expect(early.count == 0)
        #expect(early.next == start + 1_020_000_000)
        #expect(late.count == 1)
    }

    @Test("A server that never answers holds the rate down and breaks no limit")
    func silent() {
        var pacer = PostPacer(limit: 100)
        let run = PacedRun(limit: 100, oneWay: 1_000_000, seconds: 6, isSilent: true)
        let arrivals = run.arrivals(&pacer)
        #expect(PacedRun.most(arrivals) <= 100)
        #expect(arrivals.count >= 380)
    }

    @Test(
        "What was sent before a new limit or a reconnect still counts", arguments: [(1000, 200), (200, 1000), (50, 50)])
    func limitChange(first: Int, second: Int) {
        var pacer = PostPacer(limit: first)
        let start: Int64 = 5_000_000_000
        let before = PacedRun(limit: first, oneWay: 100_000, seconds: 1.5).arrivals(&pacer, from: start)
        pacer.set(limit: second)
        let after = PacedRun(limit: second, oneWay: 100_000, seconds: 3)
            .arrivals(&pacer, from: start + 1_500_000_000)
        // A second that reaches back may hold what the first limit allowed in it, but nothing new on top of that.
        let added = after.filter { time in
            (before + after).filter { $0 > time - 1_000_000_000 && $0 <= time }.count > max(second, 1)
        }
        #expect(added.isEmpty)
        #expect(PacedRun.most(after) <= second)
        #expect(after.count > second)
    }

    @Test("Posts that were allowed and not sent may go later")
    func giveBack() {
        var pacer = PostPacer(limit: 100)
        let allowed = pacer.allowance(5, at: 1_000_000_000)
        pacer.giveBack(allowed.count)
        let again = pacer.allowance(5, at: 1_000_000_000)
        #expect(allowed.count == 1)
        #expect(again.count == 1)
    }
}

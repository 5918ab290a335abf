import Testing

@testable import PostboxCore

@Suite("Rates, and when files are through")
struct ForecastTests {
    private static let second: Int64 = 1_000_000_000

    @Test("A rate is of the last ten seconds in which there was something to do")
    func rate() {
        var history = RateHistory()
        #expect(history.perSecond == nil)
        history.add(0, at: 0, isBusy: true)
        #expect(history.perSecond == nil)
        for second in 1...20 {
            history.add(second * (second <= 10 ? 100 : 200), at: Int64(second) * Self.second, isBusy: true)
        }
        // From 1,000 at the tenth second to 4,000 at the twentieth.
        #expect(history.perSecond == 300)
        for second in 21...60 { history.add(4000, at: Int64(second) * Self.second, isBusy: false) }
        #expect(history.perSecond == nil)
        history.add(4050, at: 61 * Self.second, isBusy: true)
        #expect(history.perSecond == 50)
        // It stands still although there is something to do.
        for second in 62...75 { history.add(4050, at: Int64(second) * Self.second, isBusy: true) }
        #expect(history.perSecond == 0)
    }

    @Test("The latency that is shown is of the last minute, or the last that is known")
    func latency() {
        var traffic = StatusBoard.Traffic()
        var history = TrafficHistory()
        func shown() -> Int? {
            var out = traffic
            history.complete(&out)
            return out.p99
        }
        #expect(shown() == nil)
        history.add(traffic, at: 0)
        traffic.sent = 10
        traffic.acked = 10
        traffic.latency = .of([10_000])
        for second in 1...30 { history.add(traffic, at: Int64(second) * Self.second) }
        #expect(shown() == 10240)
        traffic.latency = .of([10_000, 100])
        for second in 31...120 { history.add(traffic, at: Int64(second) * Self.second) }
        // Nothing in the last minute: of all.
        #expect(shown() == 10240)
        traffic.latency = .of([10_000, 100, 100])
        history.add(traffic, at: 121 * Self.second)
        #expect(shown() == 104)
    }

    private static func lane(_ name: String, _ rate: Double, _ state: LaneState = .ready, held: Bool = false)
        -> StatusBoard.Lane
    {
        var lane = StatusBoard.Lane(name: name, state: state, isHeld: held, since: 0, lastTrouble: nil)
        lane.traffic.answersPerSecond = rate
        return lane
    }

    private static func file(_ drop: Int, _ destinations: [String], lines: Int, acked: Int) -> StatusBoard.File {
        var file = StatusBoard.File(drop: drop, name: "f", destinations: destinations, state: .posting(lines: lines))
        file.outcomes = [acked, 0, 0, 0, 0, 0]
        return file
    }

    @Test("A file is through when the rows before it are, at its slowest destination")
    func order() {
        let lanes = [Self.lane("a", 100), Self.lane("b", 10)]
        let files = [
            Self.file(1, ["a"], lines: 1000, acked: 500), Self.file(2, ["a"], lines: 100, acked: 0),
            Self.file(3, ["a", "b"], lines: 200, acked: 100), Self.file(4, ["b"], lines: 1, acked: 1),
        ]
        // 500, 600 and 650 rows at a; 50 at b.
        #expect(Forecast.seconds(files, lanes) == [1: 5, 2: 6, 3: 7, 4: 5])
    }

    @Test("Where nothing goes, or a file was not read yet, nobody knows")
    func unknown() {
        let file = Self.file(1, ["a"], lines: 10, acked: 0)
        for lane in [
            Self.lane("a", 0), Self.lane("a", 9, .paused("x")), Self.lane("a", 9, held: true), Self.lane("b", 9),
        ] { #expect(Forecast.seconds([file], [lane]) == [:]) }
        var reading = file
        reading.state = .reading
        #expect(Forecast.seconds([reading], [Self.lane("a", 9)]) == [:])
    }

    @Test("Words from elsewhere are told apart up to a bound")
    func words() {
        var counts = WordCounts()
        for number in 0..<100 { counts.add("w\(number)") }
        counts.add("w3", count: 2)
        #expect(counts.counts.count == WordCounts.most + 1)
        #expect(counts.counts["w3"] == 3 && counts.counts[WordCounts.others] == 36)
        #expect(counts.sorted.map(\.word) == counts.counts.keys.sorted())
    }

    @Test(
        "A span is told in two words at most",
        arguments: [
            (0, "0 s"), (59, "59 s"), (60, "1 min"), (710, "11 min 50 s"), (3600, "1 h"), (7500, "2 h 5 min"),
        ])
    func spans(seconds: Int, text: String) { #expect(StatusText.span(seconds) == text) }
}

extension AckLatency {
    /// Of posts that took so many microseconds.
    fileprivate static func of(_ microseconds: [Int64]) -> AckLatency {
        var out = AckLatency()
        for time in microseconds { out.add(time * 1000) }
        return out
    }
}

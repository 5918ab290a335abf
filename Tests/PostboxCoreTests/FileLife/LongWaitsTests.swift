import Testing

@testable import PostboxCore

@Suite("What has been out of order for long")
struct LongWaitsTests {
    @Test(
        "A destination is told once an outage, after the limit, and its end once; a short outage is nobody's business")
    func down() {
        var watch = DownWatch(limit: 300)
        #expect(watch.nextDeadline == nil)
        watch.isDown("cache", at: 10)
        // Further tries are the same outage.
        watch.isDown("cache", at: 200)
        watch.isDown("b", at: 200)
        #expect(watch.nextDeadline == 310)
        #expect(watch.due(at: 309).isEmpty)
        #expect(watch.isUp("b", at: 309) == nil)
        let due = watch.due(at: 311)
        #expect(due.map(\.name) == ["cache"] && due.map(\.for) == [301])
        #expect(watch.due(at: 5000).isEmpty)
        #expect(watch.nextDeadline == nil)
        #expect(watch.isUp("cache", at: 710) == 700)
        #expect(watch.isUp("cache", at: 711) == nil)
        // The next outage is another one.
        watch.isDown("cache", at: 1000)
        #expect(watch.due(at: 1300).map(\.name) == ["cache"])
    }

    @Test("A file of the same name that comes after one was claimed waits anew")
    func takenMeanwhile() {
        var watch = WaitWatch(limit: 300)
        #expect(watch.look(["a"], at: 0) == nil)
        watch.taken("a")
        #expect(watch.look(["a"], at: 200) == nil)
        #expect(watch.look(["a"], at: 400) == nil)
        #expect(watch.look(["a"], at: 500) == .waiting(["a"], all: 1))
        watch.taken("a")
        #expect(watch.look(["a"], at: 600) == .over)
        #expect(watch.look(["a"], at: 700) == nil)
    }

    @Test("Files that wait are told together, new ones after the limit at the earliest, and the end once")
    func waiting() {
        var watch = WaitWatch(limit: 300)
        #expect(watch.look(["b", "a"], at: 0) == nil)
        #expect(watch.look(["a", "b", "c"], at: 299) == nil)
        #expect(watch.look(["b", "a", "c"], at: 300) == .waiting(["a", "b"], all: 2))
        #expect(watch.look(["a", "b", "c"], at: 310) == nil)
        // c is due at 599, but the last alert was at 300.
        #expect(watch.look(["a", "b", "c"], at: 599) == nil)
        #expect(watch.look(["b", "c"], at: 600) == .waiting(["c"], all: 2))
        #expect(watch.look(["c"], at: 900) == nil)
        #expect(watch.look(["new"], at: 910) == .over)
        #expect(watch.look([], at: 911) == nil)
        // It went and came again: it waits from then on.
        #expect(watch.look(["new"], at: 912) == nil)
        #expect(watch.look(["new"], at: 1211) == nil)
        #expect(watch.look(["new"], at: 1212) == .waiting(["new"], all: 1))
    }

    @Test("However many files come, there is one alert at most for each limit")
    func storm() {
        var watch = WaitWatch(limit: 100)
        var alerts = 0
        for now in 0..<10_000 {
            let files = (max(0, now - 500)...now).map { "f\($0)" }
            if case .waiting = watch.look(files, at: Int64(now)) { alerts += 1 }
        }
        #expect(alerts > 90 && alerts <= 100)
    }

    @Test("Progress is told for each minute of work, with the rate since the last line and what is left")
    func progress() {
        let second: Int64 = 1_000_000_000
        var report = ProgressReport(every: 60 * second)
        #expect(report.look(isBusy: false, settled: 100, expected: 100, at: 0) == nil)
        #expect(report.nextDeadline == nil)
        #expect(report.look(isBusy: true, settled: 100, expected: 100, at: 5 * second) == nil)
        #expect(report.nextDeadline == 65 * second)
        #expect(report.look(isBusy: true, settled: 400, expected: 3100, at: 64 * second) == nil)
        #expect(
            report.look(isBusy: true, settled: 700, expected: 3100, at: 65 * second)
                == .init(rows: 600, of: 3000, rate: 10, remaining: 240))
        // Nothing moves: there is no telling how long.
        #expect(
            report.look(isBusy: true, settled: 700, expected: 3100, at: 125 * second)
                == .init(rows: 600, of: 3000, rate: 0, remaining: nil))
        #expect(
            report.look(isBusy: true, settled: 3100, expected: 3100, at: 185 * second)
                == .init(rows: 3000, of: 3000, rate: 40, remaining: 0))
        #expect(report.look(isBusy: false, settled: 3100, expected: 3100, at: 186 * second) == nil)
        #expect(report.look(isBusy: true, settled: 3100, expected: 3100, at: 400 * second) == nil)
    }
}

import Testing

@testable import PostboxCore

@Suite("Expected files and deadlines")
struct ScheduleBookTests {
    private static let minute: Int64 = 60_000_000
    /// Friday, 2026-11-27.
    private static let midnight: Int64 = 20784 * DayText.microseconds

    private static func at(_ hours: Int, _ minutes: Int, day: Int64 = 0) -> Int64 {
        midnight + day * DayText.microseconds + (Int64(hours) * 60 + Int64(minutes)) * minute
    }

    private static func book(count: Int = 1, by: Int? = 17 * 60 + 30, deadline: Int? = 17 * 60 + 45) -> ScheduleBook {
        ScheduleBook([RuleSchedule(rule: "eod_*", by: by, count: count, deadline: deadline)])
    }

    private static func file(
        _ place: ScheduledFile.Place, at time: Int64, drop: Int? = 1, name: String = "eod_1.csv", isClosed: Bool = false
    ) -> ScheduledFile {
        ScheduledFile(drop: drop, name: name, rule: "eod_*", at: time, place: place, isClosed: isClosed)
    }

    @Test("A day as it should be: expected, in work, done, and nothing is said")
    func good() {
        var book = Self.book()
        func state(_ files: [ScheduledFile], _ now: Int64) -> ScheduleBook.Line.State {
            #expect(book.alerts(files, at: now).isEmpty)
            return book.lines(files, at: now)[0].state
        }
        #expect(state([], Self.at(9, 0)) == .expected)
        let came = Self.at(17, 20)
        #expect(state([Self.file(.inbox, at: came, drop: nil)], came) == .inWork)
        #expect(state([Self.file(.work(secondsLeft: nil), at: came)], came) == .inWork)
        #expect(state([Self.file(.work(secondsLeft: 600), at: came)], Self.at(17, 21)) == .inWork)
        #expect(state([Self.file(.ended(.done), at: came)], Self.at(17, 40)) == .done)
        #expect(state([Self.file(.ended(.done), at: came)], Self.at(23, 0)) == .done)
        // Saturday; the file of Friday is none of today's.
        #expect(state([Self.file(.ended(.done), at: came)], Self.at(23, 0, day: 1)) == .idle)
        #expect(state([], Self.at(9, 0, day: 3)) == .expected)
        let line = book.lines([], at: Self.at(9, 0))[0]
        #expect(line.byText == "17:30 UTC" && line.deadline == Self.at(17, 45) && line.count == 1)
    }

    @Test("A file that is not there is told once, and once that it came")
    func missing() {
        var book = Self.book(count: 2)
        let one = Self.file(.ended(.done), at: Self.at(17, 0))
        #expect(book.alerts([one], at: Self.at(17, 29)).isEmpty)
        let first = book.alerts([one], at: Self.at(17, 30))
        #expect(first.map(\.event) == [.fileMissing])
        #expect(first.first?.message == "eod_*: 1 of 2 expected files came by 17:30 UTC")
        #expect(book.alerts([one], at: Self.at(17, 31)).isEmpty)
        #expect(book.lines([one], at: Self.at(17, 31))[0].state == .missing)
        #expect(book.lines([one], at: Self.at(17, 31))[0].why == "1 missing")
        let late = Self.file(.ended(.done), at: Self.at(17, 42), drop: 2, name: "eod_2.csv")
        let told = book.alerts([one, late], at: Self.at(17, 43))
        #expect(told.map(\.event) == [.fileArrivedLate] && told.first?.message == "eod_2.csv came 12 min late")
        #expect(book.alerts([one, late], at: Self.at(18, 0)).isEmpty)
        // The next business day it is told anew.
        #expect(book.alerts([], at: Self.at(17, 30, day: 3)).map(\.event) == [.fileMissing])
    }

    @Test("Many done files may be counted as one entry")
    func counted() {
        var many = Self.file(.ended(.done), at: Self.at(10, 0), drop: nil)
        many.count = 5
        let line = Self.book(count: 6).lines([many], at: Self.at(18, 0))[0]
        #expect(line.arrived == 5 && line.done == 5 && line.why == "1 missing")
    }

    @Test("A deadline that will be missed is told with by how much, then that it was missed")
    func deadline() {
        var book = Self.book(by: nil)
        let came = Self.at(17, 0)
        func work(_ seconds: Int?) -> [ScheduledFile] { [Self.file(.work(secondsLeft: seconds), at: came)] }
        #expect(book.alerts([], at: Self.at(17, 50)).isEmpty)
        #expect(book.alerts(work(nil), at: Self.at(17, 40)).isEmpty)
        #expect(book.alerts(work(300), at: Self.at(17, 40)).isEmpty)
        let risk = book.alerts(work(510), at: Self.at(17, 40))
        #expect(risk.map(\.event) == [.deadlineAtRisk])
        #expect(
            risk.first?.message
                == "eod_*: eod_1.csv (drop 1) takes 8 min 30 s at the present rate and misses by 3 min 30 s; its deadline is 17:45 UTC"
        )
        #expect(book.alerts(work(520), at: Self.at(17, 41)).isEmpty)
        let missed = book.alerts(work(210), at: Self.at(17, 45))
        #expect(missed.map(\.event) == [.deadlineMissed])
        #expect(missed.first?.message == "eod_* is not done by its deadline, 17:45 UTC: eod_1.csv (drop 1) is in work")
        #expect(book.alerts(work(210), at: Self.at(17, 46)).isEmpty)
    }

    @Test(
        "Whatever is not done counts, wherever it stands",
        arguments: [
            (ScheduledFile.Place.inbox, "eod_1.csv waits in the inbox"), (.held, "eod_1.csv (drop 1) is held"),
            (.ended(.refused), "eod_1.csv (drop 1) ended refused"),
            (.ended(.partial), "eod_1.csv (drop 1) ended partial"),
        ])
    func places(place: ScheduledFile.Place, words: String) {
        var book = Self.book()
        let files = [Self.file(place, at: Self.at(17, 0), drop: place == .inbox ? nil : 1)]
        let told = book.alerts(files, at: Self.at(17, 45))
        #expect(told.map(\.event) == [.deadlineMissed] && told.first?.message.hasSuffix(": \(words)") == true)
        #expect(book.lines(files, at: Self.at(17, 45))[0].why == words)
    }

    @Test("A file that ended badly is open before its deadline and late behind it; put right it is done")
    func corrected() {
        let partial = Self.file(.ended(.partial), at: Self.at(17, 0))
        let before = Self.book().lines([partial], at: Self.at(17, 40))[0]
        #expect(before.state == .open && before.why == "eod_1.csv (drop 1) ended partial" && before.done == 0)
        #expect(Self.book().lines([partial], at: Self.at(18, 0))[0].state == .late)
        let right = Self.file(.ended(.partial), at: Self.at(17, 0), isClosed: true)
        for time in [Self.at(17, 40), Self.at(18, 0)] {
            let line = Self.book().lines([right], at: time)[0]
            #expect(line.state == .done && line.arrived == 1 && line.done == 1 && line.why == nil)
        }
        // Another one is still in work.
        let work = Self.file(.work(secondsLeft: nil), at: Self.at(17, 1), drop: 2, name: "eod_2.csv")
        #expect(Self.book().lines([partial, work], at: Self.at(17, 40))[0].state == .inWork)
    }

    @Test(
        "A missed deadline is over when everything is done or put right, and not before; one that was at risk when it is missed or kept"
    )
    func over() {
        var book = Self.book(by: nil)
        let came = Self.at(17, 0)
        let facts = ["rule": "eod_*", "day": "2026-11-27"]
        func over(_ place: ScheduledFile.Place, _ now: Int64, isClosed: Bool = false) -> [ScheduleBook.Over] {
            let files = [Self.file(place, at: came, isClosed: isClosed)]
            _ = book.alerts(files, at: now)
            return book.over(files, at: now)
        }
        #expect(over(.work(secondsLeft: 60), Self.at(17, 40)).isEmpty)
        #expect(over(.work(secondsLeft: 510), Self.at(17, 40)).isEmpty)
        #expect(
            over(.ended(.done), Self.at(17, 44)) == [ScheduleBook.Over(events: [.deadlineAtRisk], facts: facts)])
        #expect(
            over(.work(secondsLeft: 1), Self.at(17, 45)) == [ScheduleBook.Over(events: [.deadlineAtRisk], facts: facts)]
        )
        let both = [ScheduleBook.Over(events: [.deadlineAtRisk, .deadlineMissed], facts: facts)]
        #expect(over(.ended(.partial), Self.at(17, 50)) != both)
        #expect(over(.ended(.partial), Self.at(18, 50), isClosed: true) == both)
        #expect(over(.ended(.done), Self.at(18, 50)) == both)
        // They are the facts of the alert that stands.
        var alerts = AlertBook([])
        var late = Self.book(by: nil)
        for alert in late.alerts([Self.file(.held, at: came)], at: Self.at(17, 45)) { _ = alerts.raise(alert, at: 1) }
        #expect(alerts.end([.deadlineMissed], about: facts, at: 2).map(\.id) == [1])
        // Of the next day's files nothing was told.
        #expect(book.over([], at: Self.at(9, 0, day: 3)).isEmpty)
    }

    @Test("A file has the deadline of the day on which it came, unless it is done or the day is skipped")
    func deadlines() {
        var book = Self.book()
        let files = [
            Self.file(.work(secondsLeft: 5), at: Self.at(17, 0), drop: 1),
            Self.file(.held, at: Self.at(9, 0, day: 3), drop: 2),
            Self.file(.ended(.done), at: Self.at(9, 0), drop: 3), Self.file(.inbox, at: Self.at(9, 0), drop: nil),
        ]
        let first = ScheduleBook.Deadline(at: Self.at(17, 45), text: "17:45 UTC")
        #expect(book.deadlines(files) == [1: first, 2: .init(at: Self.at(17, 45, day: 3), text: "17:45 UTC")])
        book.skips = [ScheduleSkip(rule: "eod_*", day: 20787, by: "unix:alice", why: "a holiday")]
        #expect(book.deadlines(files) == [1: first])
        #expect(Self.book(deadline: nil).deadlines(files).isEmpty)
    }

    @Test(
        "What is not done at midnight keeps its rule late until it is done, closed, or its day is skipped; nothing more is told of it"
    )
    func midnight() {
        var book = Self.book()
        let held = Self.file(.held, at: Self.at(17, 0))
        #expect(book.alerts([held], at: Self.at(17, 45)).map(\.event) == [.deadlineMissed])
        // Saturday is no day of the rule.
        for now in [Self.at(0, 1, day: 1), Self.at(9, 0, day: 2)] {
            let line = book.lines([held], at: now)[0]
            #expect(
                line.state == .late && line.why == "of earlier days: eod_1.csv (drop 1) is held" && line.arrived == 0)
            #expect(line.deadline == Self.at(17, 45) && line.deadlineText == "17:45 UTC on 2026-11-27")
            #expect(book.alerts([held], at: now).isEmpty)
        }
        // Monday has a deadline of its own, and is told by itself.
        let monday = book.lines([held], at: Self.at(9, 0, day: 3))[0]
        #expect(monday.state == .late && monday.deadline == Self.at(17, 45, day: 3))
        let missing = book.lines([held], at: Self.at(17, 40, day: 3))[0]
        #expect(
            missing.why == "of earlier days: eod_1.csv (drop 1) is held; today: 1 missing"
                && missing.isMissing(at: Self.at(17, 40, day: 3)))
        #expect(!monday.isMissing(at: Self.at(9, 0, day: 3)))
        for file in [
            Self.file(.ended(.done), at: Self.at(17, 0)),
            Self.file(.ended(.partial), at: Self.at(17, 0), isClosed: true),
        ] {
            #expect(book.lines([file], at: Self.at(9, 0, day: 1))[0].state == .idle)
        }
        #expect(Self.book(deadline: nil).lines([held], at: Self.at(9, 0, day: 1))[0].state == .idle)
        book.skips = [ScheduleSkip(rule: "eod_*", day: 20784, by: "unix:alice", why: "a holiday")]
        #expect(book.lines([held], at: Self.at(9, 0, day: 1))[0].state == .idle)
    }

    @Test("What never came is missing over midnight, until somebody has it, its day is skipped, or it comes")
    func missingOverMidnight() throws {
        var book = Self.book()
        let told = book.alerts([], at: Self.at(17, 30))
        let day = try #require(told.compactMap { MissingDay($0) }.first)
        #expect(day == MissingDay(rule: "eod_*", day: 20784, lacking: 1))
        // On its own day it is what the line says by itself.
        #expect(book.lines([], missing: [day], at: Self.at(18, 0))[0].missingDays.isEmpty)
        #expect(book.arrivals(of: [day], [], at: Self.at(18, 0)).isEmpty)
        let saturday = Self.at(0, 1, day: 1)
        let line = book.lines([], missing: [day], at: saturday)[0]
        #expect(line.state == .late && line.missingDays == [day])
        #expect(line.why == "of earlier days: files of 2026-11-27 never came")
        #expect(line.deadline == Self.at(17, 45) && line.deadlineText == "17:45 UTC on 2026-11-27")
        #expect(!line.isMissing(at: saturday))
        #expect(book.alerts([], at: saturday).isEmpty)
        let plain = Self.book(deadline: nil).lines([], missing: [day], at: Self.at(9, 0, day: 10))[0]
        #expect(plain.state == .missing && plain.missingDays == [day] && plain.deadline == nil)
        let both = book.lines([], missing: [day], at: Self.at(17, 40, day: 3))[0]
        #expect(both.why == "of earlier days: files of 2026-11-27 never came; today: 1 missing")
        // Somebody has it.
        #expect(book.lines([], at: saturday)[0].state == .idle)

        // Of another rule, or of a day that somebody skips, nothing is missing.
        #expect(book.unexpected([day]).isEmpty)
        let over = ScheduleBook.Over(events: [.fileMissing], facts: ["rule": "eod_*", "day": "2026-11-27"])
        #expect(Self.book(by: nil).unexpected([day]) == [over] && ScheduleBook([]).unexpected([day]) == [over])
        book.skips = [ScheduleSkip(rule: "eod_*", day: 20784, by: "unix:alice", why: "a holiday")]
        #expect(book.unexpected([day]) == [over])
    }

    @Test(
        "What was missing has come when more came than the days behind it expect, and not before; that ends its alert")
    func cameAfterMidnight() throws {
        let friday = MissingDay(rule: "eod_*", day: 20784, lacking: 1)
        func came(_ missing: [MissingDay], _ times: [Int64], at now: Int64) -> [String?] {
            let files = times.enumerated().map { Self.file(.held, at: $1, drop: $0 + 1, name: "eod_\($0 + 1).csv") }
            return Self.book().arrivals(of: missing, files, at: now).map { $0.facts["day"] }
        }
        // Saturday expects none: what comes is Friday's. So it is when it came on Friday, and was seen on Saturday.
        #expect(came([friday], [Self.at(2, 0, day: 1)], at: Self.at(2, 1, day: 1)) == ["2026-11-27"])
        #expect(came([friday], [Self.at(23, 59)], at: Self.at(0, 1, day: 1)) == ["2026-11-27"])
        #expect(came([friday], [], at: Self.at(2, 1, day: 1)).isEmpty)
        // Monday expects one of its own, whichever comes first.
        let (one, two) = (Self.at(2, 0, day: 3), Self.at(17, 0, day: 3))
        #expect(came([friday], [one], at: two).isEmpty)
        #expect(came([friday], [one, two], at: two) == ["2026-11-27"])
        // Of two days' files one is wanting still.
        let monday = MissingDay(rule: "eod_*", day: 20787, lacking: 1)
        let tuesday = (1...3).map { Self.at(9, $0, day: 4) }
        #expect(came([friday, monday], Array(tuesday.prefix(2)), at: Self.at(10, 0, day: 4)).isEmpty)
        #expect(came([friday, monday], tuesday, at: Self.at(10, 0, day: 4)) == ["2026-11-27", "2026-11-30"])

        var alerts = AlertBook([])
        var book = Self.book()
        for alert in book.alerts([], at: Self.at(17, 30)) { _ = alerts.raise(alert, at: Self.at(17, 30)) }
        let late = try #require(
            book.arrivals(of: [friday], [Self.file(.held, at: Self.at(2, 0, day: 1))], at: Self.at(2, 0, day: 1)).first)
        #expect(late.message == "eod_*: what was missing on 2026-11-27 has come, last eod_1.csv")
        #expect(late.facts["file"] == "eod_1.csv" && late.facts["by"] == TimeText.text(Self.at(17, 30)))
        #expect(alerts.raise(late, at: Self.at(2, 0, day: 1)).id == 1 && alerts.standing(.fileMissing).isEmpty)
    }

    @Test(
        "What is expected next is today's as long as it may come, then that of the next day on which something is due")
    func next() {
        var book = Self.book(count: 2)
        func next(_ files: [ScheduledFile], _ now: Int64) -> String? { book.lines(files, at: now)[0].next?.text }
        let one = Self.file(.work(secondsLeft: nil), at: Self.at(9, 0))
        #expect(next([], Self.at(9, 0)) == "17:30 UTC" && next([one], Self.at(9, 1)) == "17:30 UTC")
        // Behind Friday comes Monday.
        let monday = "17:30 UTC on 2026-11-30"
        #expect(next([one, Self.file(.held, at: Self.at(9, 1), drop: 2)], Self.at(9, 2)) == monday)
        #expect(next([], Self.at(17, 30)) == monday && next([], Self.at(9, 0, day: 1)) == monday)
        #expect(book.lines([], at: Self.at(18, 0))[0].next?.at == Self.at(17, 30, day: 3))
        book.skips = [ScheduleSkip(rule: "eod_*", day: 20787, by: "unix:alice", why: "a holiday")]
        #expect(next([], Self.at(17, 30)) == "17:30 UTC on 2026-12-01")
        let ends = ScheduleBook([RuleSchedule(rule: "m", by: 60, days: .monthEnd)])
        #expect(ends.lines([], at: Self.at(9, 0, day: 4))[0].next?.text == "01:00 UTC on 2026-12-31")
        #expect(Self.book(by: nil).lines([], at: Self.at(9, 0))[0].next == nil)
    }

    @Test("What came is named with its drop and its fate, also while others are missing; the page links it")
    func fates() {
        let bad = Self.file(.ended(.failed), at: Self.at(17, 0), drop: 12)
        let work = Self.file(.work(secondsLeft: nil), at: Self.at(17, 1), drop: 13, name: "eod_2.csv")
        func line(_ files: [ScheduledFile], count: Int = 1, _ now: Int64) -> ScheduleBook.Line {
            Self.book(count: count).lines(files, at: now)[0]
        }
        let missing = line([bad, work], count: 3, Self.at(17, 31))
        #expect(missing.state == .missing && missing.why == "1 missing, eod_1.csv (drop 12) ended failed")
        #expect(
            missing.html == "1 missing, eod_1.csv (<a href=\"/drops/12\">drop 12</a>) ended failed")
        // One is expected and one is done: what is in work is told beside the numbers.
        let done = Self.file(.ended(.done), at: Self.at(16, 0), drop: 11, name: "eod_0.csv")
        let both = line([done, work], Self.at(17, 2))
        #expect(both.state == .inWork && both.done == 1 && both.why == "eod_2.csv (drop 13) is in work")
        let early = line([work], count: 2, Self.at(17, 2))
        #expect(early.state == .expected && early.why == "eod_2.csv (drop 13) is in work")
        #expect(line([done], Self.at(17, 2)).why == nil && line([], Self.at(17, 2)).why == nil)
    }

    @Test("A deadline that was missed yesterday is over when everything is done today")
    func overNextDay() {
        var book = Self.book(by: nil)
        let held = Self.file(.held, at: Self.at(17, 0))
        #expect(book.alerts([held], at: Self.at(17, 45)).map(\.event) == [.deadlineMissed])
        let saturday = Self.at(8, 0, day: 1)
        #expect(book.alerts([held], at: saturday).isEmpty && book.over([held], at: saturday).isEmpty)
        let done = Self.file(.ended(.done), at: Self.at(17, 0))
        let over = ScheduleBook.Over(events: [.deadlineMissed], facts: ["rule": "eod_*", "day": "2026-11-27"])
        #expect(book.over([done], at: saturday) == [over])
        #expect(book.begin(at: saturday) == Self.midnight)
        // Of what was told before that nothing stands any more.
        #expect(
            book.alerts([], at: Self.at(8, 0, day: 2)).isEmpty && book.over([done], at: Self.at(8, 0, day: 2)).isEmpty)
    }

    @Test("A calendar that ends soon is told once")
    func calendarEnds() {
        var calendar = BusinessCalendar()
        calendar.name = "london"
        calendar.holidays = [20784 + 29]
        var book = ScheduleBook([RuleSchedule(rule: "a", by: 1439, calendar: calendar)])
        #expect(book.alerts([], at: Self.at(9, 0)).map(\.event) == [.calendarEnds])
        #expect(book.alerts([], at: Self.at(9, 1)).isEmpty)
        calendar.holidays = [20784 + 30]
        var later = ScheduleBook([RuleSchedule(rule: "a", by: 1439, calendar: calendar)])
        #expect(later.alerts([], at: Self.at(9, 0)).isEmpty)
    }
}

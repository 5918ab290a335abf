import Testing

@testable import PostboxCore

@Suite("What is remembered of expected files")
struct ScheduleMemoryTests {
    private static let minute: Int64 = 60_000_000
    /// Friday, 2026-11-27.
    private static let friday = 20784

    private static func at(_ hours: Int, _ minutes: Int, day: Int = friday) -> Int64 {
        Int64(day) * DayText.microseconds + (Int64(hours) * 60 + Int64(minutes)) * minute
    }

    private static func book() -> ScheduleBook {
        ScheduleBook([RuleSchedule(rule: "eod _*", by: 17 * 60 + 30, count: 1, deadline: 17 * 60 + 45)])
    }

    @Test("What was told is not told again by a later run that knows of it, and what comes next is")
    func recalled() {
        var first = Self.book()
        #expect(first.alerts([], at: Self.at(17, 30)).map(\.event) == [.fileMissing])
        let changes = first.takeChanges()
        #expect(changes.new.count == 1 && changes.gone.isEmpty && first.takeChanges().new.isEmpty)
        first.giveBack(changes)
        #expect(first.takeChanges().new == changes.new)
        var second = Self.book()
        second.recall(changes.new.compactMap { ScheduleTold(name: $0.name) })
        #expect(second.alerts([], at: Self.at(17, 31)).isEmpty)
        #expect(second.alerts([], at: Self.at(17, 45)).map(\.event) == [.deadlineMissed])
        let late = ScheduledFile(drop: 1, name: "a", rule: "eod _*", at: Self.at(17, 50), place: .ended(.done))
        #expect(second.alerts([late], at: Self.at(17, 51)).map(\.event) == [.fileArrivedLate])
        _ = second.takeChanges()
        // The next business day what was told is forgotten, and told anew.
        #expect(second.alerts([], at: Self.at(17, 30, day: Self.friday + 3)).map(\.event) == [.fileMissing])
        #expect(second.takeChanges().gone.count == 3)
    }

    @Test("A calendar's end is told once, whatever restarts come")
    func calendar() {
        var calendar = BusinessCalendar()
        calendar.name = "london"
        calendar.holidays = [Self.friday + 10]
        let schedule = RuleSchedule(rule: "a", deadline: 60, calendar: calendar)
        var first = ScheduleBook([schedule])
        #expect(first.alerts([], at: Self.at(0, 1)).map(\.event) == [.calendarEnds])
        var second = ScheduleBook([schedule])
        second.recall(Array(first.takeChanges().new))
        #expect(second.alerts([], at: Self.at(0, 2)).isEmpty)
    }

    @Test("What somebody skips is neither missing nor late that day, and a file that comes all the same counts")
    func skipped() throws {
        var book = Self.book()
        let skip = ScheduleSkip(rule: "eod _*", day: Self.friday, by: "unix:alice", why: "a \"holiday\"")
        #expect(ScheduleSkip(name: skip.name, json: skip.json) == skip)
        #expect(ScheduleSkip(name: "x", json: skip.json) == nil && ScheduleSkip(name: skip.name, json: "{}") == nil)
        book.skips = [skip]
        #expect(book.alerts([], at: Self.at(18, 0)).isEmpty)
        let line = try #require(book.lines([], at: Self.at(18, 0)).first)
        #expect(line.state == .skipped && line.count == 0 && line.why?.contains("alice: a \"holiday\"") == true)
        let came = ScheduledFile(drop: 1, name: "a", rule: "eod _*", at: Self.at(17, 0), place: .held)
        #expect(book.alerts([came], at: Self.at(18, 0)).isEmpty)
        #expect(book.lines([came], at: Self.at(18, 0))[0].state == .inWork)
        #expect(book.alerts([], at: Self.at(17, 30, day: Self.friday + 3)).map(\.event) == [.fileMissing])
    }

    @Test("What is no name of anything told is none", arguments: ["", "1", "x file_missing a", "1 nothing a"])
    func names(name: String) { #expect(ScheduleTold(name: name) == nil) }
}

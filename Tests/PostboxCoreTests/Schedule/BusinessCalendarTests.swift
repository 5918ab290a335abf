import Testing

@testable import PostboxCore

@Suite("Business days, and times of the day in a zone")
struct BusinessCalendarTests {
    private static func day(_ text: String) throws -> Int { try ScheduleText.day(text) }

    private static func london() throws -> BusinessCalendar {
        var calendar = BusinessCalendar()
        calendar.name = "london"
        calendar.holidays = [try day("2026-12-25"), try day("2026-12-28")]
        calendar.close = 16 * 60 + 30
        calendar.early = [try day("2026-12-24"): 12 * 60 + 30]
        return calendar
    }

    @Test(
        "Weekends and holidays are passed over, in both directions",
        arguments: [
            ("2026-12-29", 1, "2026-12-24"), ("2026-12-29", 2, "2026-12-23"), ("2026-12-29", 0, "2026-12-29"),
            ("2026-12-24", -1, "2026-12-29"), ("2026-12-26", 1, "2026-12-24"), ("2026-12-27", -1, "2026-12-29"),
            ("2026-11-30", 1, "2026-11-27"),
        ])
    func before(day: String, count: Int, wanted: String) throws {
        #expect(try BusinessCalendar.text(ofDay: Self.london().before(Self.day(day), count)) == wanted)
    }

    @Test("A calendar without any business day ends the search")
    func none() throws {
        var calendar = BusinessCalendar()
        calendar.weekdays = []
        let day = try Self.day("2026-01-01")
        #expect(calendar.before(day, 2) == day - 2 * 3653 && !calendar.isMonthEnd(day))
    }

    @Test("The last business day of a month, whatever the month's last day is")
    func monthEnd() throws {
        let calendar = try Self.london()
        for (text, isLast) in [
            ("2026-11-30", true), ("2026-10-30", true), ("2026-10-29", false), ("2026-10-31", false),
            ("2027-02-26", true), ("2026-12-31", true),
        ] { #expect(try calendar.isMonthEnd(Self.day(text)) == isLast, "\(text)") }
    }

    @Test("On days of an early close all is as much earlier as the close")
    func early() throws {
        let calendar = try Self.london()
        let schedule = RuleSchedule(rule: "eod", by: 17 * 60 + 30, calendar: calendar)
        let day = try Self.day("2026-12-24")
        #expect(schedule.text(17 * 60 + 30, on: day) == "13:30 UTC")
        #expect(
            schedule.time(17 * 60 + 30, on: day) == Int64(day) * DayText.microseconds + 13 * 3_600_000_000
                + 1_800_000_000)
        #expect(schedule.text(17 * 60 + 30, on: day - 1) == "17:30 UTC")
        #expect(try calendar.lastDay == Self.day("2026-12-28"))
        #expect(BusinessCalendar.plain.lastDay == nil)
    }

    @Test(
        "A time of the day in a zone, also on the days on which clocks are set",
        arguments: [
            ("2026-11-27", 17 * 60 + 30, "2026-11-27T17:30:00.000000Z"),
            ("2026-07-01", 17 * 60 + 30, "2026-07-01T16:30:00.000000Z"),
            // Set forward at 01:00 UTC: 01:30 is passed over. Set back at 01:00 UTC: 01:30 comes twice.
            ("2026-03-29", 90, "2026-03-29T01:30:00.000000Z"), ("2026-03-29", 180, "2026-03-29T02:00:00.000000Z"),
            ("2026-10-25", 90, "2026-10-25T00:30:00.000000Z"), ("2026-10-25", 180, "2026-10-25T03:00:00.000000Z"),
        ])
    func zone(day: String, minutes: Int, wanted: String) throws {
        let zone = try TimeZoneRules(parsing: ZonesForTests.file(footer: "GMT0BST,M3.5.0/1,M10.5.0"))
        let time = BusinessCalendar.time(minutes, on: try Self.day(day), in: zone)
        #expect(TimeText.text(time) == wanted)
        #expect(try BusinessCalendar.today(at: time, in: zone) == Self.day(day))
    }

    @Test("Days and times are read as they are written, and what is none is told")
    func texts() throws {
        #expect(try ScheduleText.minutes("00:00") == 0)
        #expect(try ScheduleText.minutes("23:59") == 1439)
        for text in ["24:00", "7:30", "17:60", "17", "17:30:00", ""] {
            #expect(throws: SettingsMistake.self) { try ScheduleText.minutes(text) }
        }
        #expect(try ScheduleText.weekdays("mon-fri") == [1, 2, 3, 4, 5])
        #expect(try ScheduleText.weekdays("sun,mon-thu") == [7, 1, 2, 3, 4])
        for text in ["fri-mon", "monday", "", "mon,", "mon-tue-wed"] {
            #expect(throws: SettingsMistake.self) { try ScheduleText.weekdays(text) }
        }
        #expect(try ScheduleText.days("month-end") == .monthEnd)
        #expect(try ScheduleText.days("daily") == .weekdays(Set(1...7)))
        let list = try ScheduleText.holidays("# London\n2026-12-25\n\n2026-12-24 12:30  # early\r\n")
        #expect(try list.holidays == [Self.day("2026-12-25")])
        #expect(try list.early == [Self.day("2026-12-24"): 750])
        #expect(throws: SettingsMistake("a list of holidays: its line 2 is not a day such as 2026-12-25")) {
            try ScheduleText.holidays("2026-12-25\n25.12.2026\n")
        }
    }
}

import Testing

@testable import PostboxCore

@Suite("Rules of time zones")
struct TimeZoneRulesTests {
    private func offset(_ footer: String, _ second: Int) throws -> Int {
        try TimeZoneRules(parsing: ZonesForTests.file(footer: footer)).interval(at: second).offset
    }

    @Test(
        "The last line of a zone's file is the rule for the years behind its table",
        arguments: [
            // 2026-01-01 and 2026-07-01, and the same in 2426.
            ("CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200), ("EST5EDT,M3.2.0,M11.1.0", -18000, -14400),
            ("IST-5:30", 19800, 19800),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3600), ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 39600, 37800),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600), ("UTC0", 0, 0), ("XXX-3:30:15", 12615, 12615),
            ("AAA0BBB,J60/0,J300", 0, 3600), ("AAA0BBB-2,59,299/-24", 0, 7200),
            ("XXX3EDT4,0/0,J365/23", -14400, -14400),
            ("IST-0GMT0,M10.5.0,M3.5.0/1", 0, 0),
        ])
    func footers(_ footer: String, _ winter: Int, _ summer: Int) throws {
        for era in [0, 1, 20] {
            let shift = era * DateCalendar.daysPerEra * 86400
            #expect(try offset(footer, 1_767_225_600 + shift) == winter)
            #expect(try offset(footer, 1_782_864_000 + shift) == summer)
        }
    }

    @Test(
        "The days of a rule are those of the calendar",
        arguments: [
            // The last Sunday of March 2026 is the 29th; day J60 is the 1st of March in any year, day 59 the 29th of February in
            // one that has it.
            ("AAA0BBB,M3.5.0/0,M10.5.0/0", 2026, 3, 29), ("AAA0BBB,M3.1.0/0,M10.5.0/0", 2026, 3, 1),
            ("AAA0BBB,M3.2.0/0,M10.5.0/0", 2026, 3, 8), ("AAA0BBB,M3.4.4/50,M10.4.4/50", 2026, 3, 28),
            ("AAA0BBB,J60/0,M10.5.0/0", 2026, 3, 1), ("AAA0BBB,J60/0,M10.5.0/0", 2024, 3, 1),
            ("AAA0BBB,59/0,M10.5.0/0", 2026, 3, 1), ("AAA0BBB,59/0,M10.5.0/0", 2024, 2, 29),
            ("AAA0BBB,J59/0,M10.5.0/0", 2024, 2, 28),
        ])
    func days(_ footer: String, _ year: Int, _ month: Int, _ day: Int) throws {
        let midnight = try #require(DateCalendar.day(year: year, month: month, day: day)) * 86400
        // `/50` is two o'clock on the second day after.
        let change = footer.contains("/50") ? midnight + 7200 : midnight
        #expect(try offset(footer, change - 1) == 0 && offset(footer, change) == 3600)
    }

    @Test("A table's changes stand before its rule, and changes of the name alone are none")
    func table() throws {
        let file = ZonesForTests.file(
            before: -500, changes: [(-1000, 3600), (1000, 3600), (2000, 7200)], footer: "AAA-2")
        let rules = try TimeZoneRules(parsing: file)
        #expect(rules.interval(at: -1001) == .init(start: .min, end: -1000, offset: -500))
        #expect(rules.interval(at: -1000) == .init(start: -1000, end: 2000, offset: 3600))
        #expect(rules.interval(at: 1999).offset == 3600)
        #expect(rules.interval(at: 2000) == .init(start: 2000, end: .max, offset: 7200))
        #expect(rules.constantOffset == nil)
        #expect(try TimeZoneRules(parsing: ZonesForTests.file(footer: "IST-5:30")).constantOffset == 19800)
    }

    @Test("Local times before, in and behind a gap and a fold")
    func localTimes() throws {
        // Forward by an hour at 10 000, back by an hour at 100 000.
        let rules = try TimeZoneRules(
            parsing: ZonesForTests.file(changes: [(10_000, 3600), (100_000, 0)], footer: "AAA0"))
        var cursor = TimeZoneCursor(rules)
        let expected: [(Int, TimeZoneRules.Instant)] = [
            (9_999, .one(9_999)), (10_000, .none), (13_599, .none), (13_600, .one(10_000)), (99_999, .one(96_399)),
            (100_000, .twice), (103_599, .twice), (103_600, .one(103_600)), (-5_000_000, .one(-5_000_000)),
            (5_000_000, .one(5_000_000)),
        ]
        for (local, instant) in expected + expected.reversed() {
            #expect(rules.instant(ofLocal: local) == instant, "\(local)")
            #expect(cursor.instant(ofLocal: local) == instant, "\(local)")
        }
    }

    @Test("A day that a zone left out does not exist")
    func dateLine() throws {
        // Samoa left out the 30th of December 2011.
        let change = try #require(DateCalendar.day(year: 2011, month: 12, day: 30)) * 86400 + 10 * 3600
        let file = ZonesForTests.file(before: -36000, changes: [(change, 14 * 3600)], footer: "<+14>-14")
        let rules = try TimeZoneRules(parsing: file)
        let midnight = change - 10 * 3600
        #expect(rules.instant(ofLocal: midnight - 1) == .one(change - 1))
        #expect(rules.instant(ofLocal: midnight) == .none)
        #expect(rules.instant(ofLocal: midnight + 86399) == .none)
        #expect(rules.instant(ofLocal: midnight + 86400) == .one(change))
    }

    @Test("A file that is none, is cut off, counts leap seconds or has a rule that cannot be read is refused")
    func damaged() throws {
        let good = ZonesForTests.file(changes: [(1000, 3600), (2000, 0)], footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        _ = try TimeZoneRules(parsing: good)
        // The last line end may not be missed either.
        for count in good.indices {
            #expect(throws: SettingsMistake.self) { try TimeZoneRules(parsing: Array(good[..<count])) }
        }
        let bad = [
            ZonesForTests.file(footer: "UTC0", version: "1"), ZonesForTests.file(footer: "UTC0", leaps: 1),
            ZonesForTests.file(changes: [(2000, 0), (1000, 1)], footer: "UTC0"),
            ZonesForTests.file(changes: [(2000, 30 * 3600)], footer: "UTC0"), Array("# tz zone descriptions".utf8), [],
        ]
        for file in bad { #expect(throws: SettingsMistake.self) { try TimeZoneRules(parsing: file) } }
        for footer in [
            "CET", "CE-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J5", "CET-1CEST,366,5", "CET-1CEST,M3.5.0,M10.5.0/168", "<CET-1",
            "CET-1x",
            "CET-26", "AAA0BBB,J1/-167,J365/167", "CET-1CEST,M3.5.0,M10.5.0 ",
        ] {
            #expect(throws: SettingsMistake.self, "\(footer)") {
                try TimeZoneRules(parsing: ZonesForTests.file(footer: footer))
            }
        }
    }

    @Test(
        "A zone's name leads nowhere but to a zone",
        arguments: [
            ("Europe/Zurich", true), ("America/Argentina/Buenos_Aires", true), ("Etc/GMT+12", true), ("UTC", true),
            ("", false),
            ("/etc/passwd", false), ("../passwd", false), ("Europe/../Zurich", false), ("Europe//Zurich", false),
            ("Europe/", false), (".hidden", false), ("Europe/Zürich", false), ("a\0b", false), ("Europe Zurich", false),
            (String(repeating: "a", count: 65), false),
        ])
    func names(_ name: String, _ isName: Bool) {
        #expect(TimeZoneRules.isName(name) == isName)
    }

    @Test("Days and their numbers, back and forth")
    func calendar() throws {
        #expect(DateCalendar.number(year: 1970, month: 1, day: 1) == 0)
        #expect(DateCalendar.weekday(ofDay: 0) == 4)
        var expected = try #require(DateCalendar.day(year: 1, month: 1, day: 1))
        for year in 1...9999 {
            for month in 1...12 {
                for day in [1, DateCalendar.days(inMonth: month, year: year)] {
                    let number = DateCalendar.number(year: year, month: month, day: day)
                    #expect(day > 1 || number == expected)
                    #expect(DateCalendar.date(ofDay: number) == (year, month, day))
                    expected = number + 1
                }
            }
        }
        #expect(expected == DateCalendar.number(year: 10000, month: 1, day: 1))
    }
}

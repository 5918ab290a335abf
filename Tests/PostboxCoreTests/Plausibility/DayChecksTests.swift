import Testing

@testable import PostboxCore

@Suite("Checks of dates")
struct DayChecksTests {
    /// Microseconds since 1970 of a day at noon, UTC.
    private func noon(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        Int64(DateCalendar.number(year: year, month: month, day: day) * 86_400 + 43_200) * 1_000_000
    }

    private func of(_ date: TestCell, at time: Int64, zone: String? = nil) throws -> String {
        let zones = try zone.map { [$0: try ZonesForTests.rules($0)] } ?? [:]
        return judged(
            [CheckRule(.day(field: "TRADE_DATE", age: 1, future: 2, zone: zone))], columns: ["RIC", "TRADE_DATE"],
            [["A.TST", date]], claimedAt: time, zones: zones)[0]
    }

    @Test(
        "Older than a business day, or later than two, does not go; a week-end is none",
        arguments: [
            // A Wednesday.
            (25, "2026-11-23", "too_old"), (25, "2026-11-24", "posted"), (25, "2026-11-25", "posted"),
            (25, "2026-11-27", "posted"), (25, "2026-11-28", "in_the_future"),
            // A Monday: the last business day was Friday.
            (23, "2026-11-19", "too_old"), (23, "2026-11-20", "posted"), (23, "2026-11-21", "posted"),
            (23, "2026-11-25", "posted"), (23, "2026-11-26", "in_the_future"),
            // A Friday: two on is Tuesday.
            (27, "2026-12-01", "posted"), (27, "2026-12-02", "in_the_future"), (27, "2026-11-25", "too_old"),
            // A Saturday and a Sunday.
            (28, "2026-11-26", "too_old"), (28, "2026-11-27", "posted"), (29, "2026-11-27", "posted"),
            (29, "2026-12-01", "posted"), (29, "2026-12-02", "in_the_future"),
            // Other ways to write a date.
            (25, "20261124", "posted"), (25, "20261123", "too_old"), (25, "24 NOV 2026", "posted"),
            (25, "23-Nov-2026", "too_old"), (25, "0001-01-01", "too_old"), (25, "9999-12-31", "in_the_future"),
        ] as [(Int, TestCell, String)])
    func days(_ day: Int, _ date: TestCell, _ reason: String) throws {
        #expect(try of(date, at: noon(2026, 11, day)) == reason)
    }

    @Test("What day it is is told by the rule's zone, at the time of the claim")
    func zones() throws {
        // 23:30 on the 24th in UTC is the 25th in Zurich, and the 24th in New York.
        let time = noon(2026, 11, 24) + 11 * 3_600_000_000 + 1_800_000_000
        #expect(try of("2026-11-23", at: time) == "posted")
        #expect(try of("2026-11-23", at: time, zone: "Europe/Zurich") == "too_old")
        #expect(try of("2026-11-23", at: time, zone: "America/New_York") == "posted")
        #expect(try of("2026-11-27", at: time) == "in_the_future")
        #expect(try of("2026-11-27", at: time, zone: "Europe/Zurich") == "posted")
    }

    @Test("The text tells the day that would do")
    func text() {
        let batch = judgedBatch(
            [CheckRule(.day(field: "D", age: 0, future: nil, zone: nil))], columns: ["RIC", "D"],
            [["A", "2026-11-24"]], claimedAt: noon(2026, 11, 25))
        #expect(
            batch.problems.first?.what
                == "D: 2026-11-24 is older than 2026-11-25, the earliest day that the rule allows today.")
    }
}

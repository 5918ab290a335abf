import Testing

@testable import PostboxCore

@Suite("Dates and times from zone to zone")
struct DateZoneTests {
    private static let stamp = "yyyy-MM-dd HH:mm:ss"

    @Test(
        "In the nights when clocks change, a time that does not exist or exists twice is rejected",
        arguments: [
            ("29.03.2026 01:59:59", "00:59:59"), ("29.03.2026 02:00:00", "(ambiguous_time)"),
            ("29.03.2026 02:30:00", "(ambiguous_time)"), ("29.03.2026 02:59:59", "(ambiguous_time)"),
            ("29.03.2026 03:00:00", "01:00:00"), ("25.10.2026 01:59:59", "23:59:59"),
            ("25.10.2026 02:00:00", "(ambiguous_time)"), ("25.10.2026 02:59:59", "(ambiguous_time)"),
            ("25.10.2026 03:00:00", "02:00:00"), ("26.03.3026 02:30:00", "(ambiguous_time)"),
            ("26.03.3026 03:00:00", "01:00:00"), ("01.07.2426 12:00:00", "10:00:00"),
        ])
    func nights(_ text: String, _ expected: String) {
        #expect(dateText(text, .time, "dd.MM.yyyy HH:mm:ss", zone: "Europe/Zurich", to: "UTC") == expected)
    }

    @Test(
        "The date follows the time over midnight",
        arguments: [
            ("2026-03-04 21:30:15", "America/New_York", nil, "2026-03-05", "02:30:15"),
            ("2026-03-09 20:30:15", "America/New_York", nil, "2026-03-10", "00:30:15"),
            ("2026-12-31 19:00:01", "America/New_York", nil, "2027-01-01", "00:00:01"),
            ("2026-03-04 10:00:15", "America/New_York", nil, "2026-03-04", "15:00:15"),
            ("2028-02-28 22:10:05", "America/New_York", nil, "2028-02-29", "03:10:05"),
            ("2026-03-04 00:30:10", "Europe/Zurich", nil, "2026-03-03", "23:30:10"),
            ("2026-07-04 01:30:10", "Europe/Zurich", nil, "2026-07-03", "23:30:10"),
            ("2026-07-04 01:30:10", "Europe/Zurich", "Asia/Tokyo", "2026-07-04", "08:30:10"),
            ("2026-07-04 22:30:10", "UTC", "Asia/Kolkata", "2026-07-05", "04:00:10"),
            ("2026-07-04 22:30:10", "UTC", nil, "2026-07-04", "22:30:10"),
            ("9999-12-31 22:30:10", "America/New_York", nil, "(not_a_date)", "03:30:10"),
            ("0001-01-01 00:30:10", "Asia/Tokyo", nil, "(not_a_date)", "15:30:10"),
        ] as [(String, String, String?, String, String)])
    func midnight(_ text: String, _ zone: String, _ to: String?, _ date: String, _ time: String) {
        #expect(dateText(text, .date, Self.stamp, zone: zone, to: to) == date)
        #expect(dateText(text, .time, Self.stamp, zone: zone, to: to) == time)
    }

    @Test("An hour alone moves its day as well")
    func hourAlone() {
        #expect(dateText("2026-03-04 23", .date, "yyyy-MM-dd HH", zone: "America/New_York") == "2026-03-05")
        #expect(dateText("2026-03-04 18", .date, "yyyy-MM-dd HH", zone: "America/New_York") == "2026-03-04")
    }

    @Test("Without a zone a stamp is written as it stands")
    func asItStands() {
        #expect(dateText("2026-03-29 02:30:00", .date, Self.stamp) == "2026-03-29")
        #expect(dateText("2026-03-29 02:30:00", .time, Self.stamp) == "02:30:00")
    }

    @Test("A value's own offset counts more than the zone, and makes a time certain that exists twice")
    func ownOffset() {
        let pattern = Self.stamp + "XXX"
        #expect(dateText("2026-10-25 02:30:00+01:00", .time, pattern, zone: "Europe/Zurich") == "01:30:00")
        #expect(dateText("2026-10-25 02:30:00+02:00", .time, pattern, zone: "Europe/Zurich") == "00:30:00")
        #expect(dateText("2022-06-06 00:00:00+01:00", .date, pattern, to: "UTC") == "2022-06-05")
        #expect(dateText("2022-06-06 00:00:00+01:00", .date, pattern, zone: "Asia/Tokyo") == "2022-06-05")
        #expect(dateText("2022-06-06 00:00:00+01:00", .date, pattern, to: "Asia/Tokyo") == "2022-06-06")
        #expect(dateText("2022-06-06 00:00:00+01:00", .time, pattern) == "23:00:00")
        #expect(dateText("2022-06-06+01:00", .date, "yyyy-MM-ddXXX", to: "UTC") == "2022-06-05")
        #expect(dateText("1654470000", .date, "epoch_s", to: "Asia/Tokyo") == "2022-06-06")
        #expect(dateText("1654470000", .date, "epoch_s", zone: "Asia/Tokyo") == "2022-06-05")
    }

    @Test("A date without a time stays the day that it is, whatever the rule's zone says for the times beside it")
    func dayAlone() {
        #expect(dateText("04.03.2026", .date, "dd.MM.yyyy", zone: "Asia/Tokyo", to: "UTC") == "2026-03-04")
        #expect(dateText("04.03.2026", .date, "dd.MM.yyyy", to: "UTC") == "2026-03-04")
    }

    @Test(
        "Of a whole number of Excel's under a zone nobody knows whether it is a day or a midnight, unless both are the same day"
    )
    func excelUnderAZone() {
        #expect(dateText("46085", .date, "excel", zone: "Europe/Zurich", to: "Europe/Zurich") == "2026-03-04")
        #expect(dateText("46085", .date, "excel", zone: "UTC", to: "Asia/Tokyo") == "2026-03-04")
        #expect(dateText("46085", .time, "excel", zone: "Europe/Zurich") == "23:00:00")
        #expect(dateText("46085", .date, "excel", zone: "Europe/Zurich") == "(not_a_date)")
        #expect(dateText("46085.0", .date, "excel", zone: "Europe/Zurich") == "2026-03-03")
        #expect(dateText("46085.5", .date, "excel", zone: "Europe/Zurich") == "2026-03-04")
        #expect(dateText("46085.5", .time, "excel", zone: "Europe/Zurich") == "11:00:00")
        #expect(dateText("0.5", .time, "excel", zone: "Europe/Zurich") == "(not_a_date)")
    }
}

import Testing

@testable import PostboxCore

@Suite("The order of dates")
struct DateOrderTests {
    private func iso(_ text: String) -> DateOrder? { DateOrder(iso: Array(text.utf8).span) }

    @Test(
        "Without a pattern, ISO dates and stamps alone are read",
        arguments: [
            ("2026-03-04", DateOrder(kind: .day, seconds: 1_772_582_400)),
            ("2026-03-04T10:00", DateOrder(kind: .local, seconds: 1_772_618_400)),
            ("2026-03-04 10:00:01", DateOrder(kind: .local, seconds: 1_772_618_401)),
            ("2026-03-04T10:00:01.25", DateOrder(kind: .local, seconds: 1_772_618_401, nanoseconds: 250_000_000)),
            ("2026-03-04T10:00:01,000000001", DateOrder(kind: .local, seconds: 1_772_618_401, nanoseconds: 1)),
            ("2026-03-04T10:00Z", DateOrder(kind: .instant, seconds: 1_772_618_400)),
            ("2026-03-04T10:00:00+01:00", DateOrder(kind: .instant, seconds: 1_772_614_800)),
            ("2026-03-04T10:00:00-0100", DateOrder(kind: .instant, seconds: 1_772_622_000)),
            ("2026-03-04T10:00:00+01", DateOrder(kind: .instant, seconds: 1_772_614_800)),
            ("20260304", nil), ("04.03.2026", nil), ("03/04/2026", nil), ("2026-3-4", nil), ("2026-02-29", nil),
            ("2026-03-04T", nil), ("2026-03-04T10", nil), ("2026-03-04T24:00", nil), ("2026-03-04T10:60", nil),
            ("2026-03-04T10:00:60", nil), ("2026-03-04T10:00:00.", nil), ("2026-03-04T10:00:00.1234567891", nil),
            ("2026-03-04T10:00+1", nil), ("2026-03-04T10:00+01:", nil), ("2026-03-04T10:00+15:00", nil),
            ("2026-03-04T10:00Zx", nil), ("2026-03-04x", nil), ("", nil), ("2026-03-04 ", nil),
        ] as [(String, DateOrder?)])
    func isoTexts(_ text: String, _ expected: DateOrder?) {
        #expect(iso(text) == expected)
    }

    @Test("The later of two is the greater")
    func comparison() throws {
        let ascending = [
            "2026-03-04T09:00Z", "2026-03-04T10:00:00.5+00:00", "2026-03-04T12:00+01:00", "2026-03-04T11:00:00.1Z",
        ]
        let orders = try ascending.map { try #require(iso($0)) }
        #expect(orders == orders.sorted() && Set(orders.map(\.seconds)).count == 3)
    }

    @Test("By a pattern: days, clocks on the wall and moments, without a zone to go to")
    func patterns() throws {
        func order(_ text: String, _ pattern: String, zone: String? = nil) throws -> DateOrder? {
            let form = DateForm(target: .time, pattern: pattern, zone: zone, to: "no zone at all")
            var reader = try DateReader(ordering: form, zones: ZonesForTests.rules)
            return reader.order(of: Array(text.utf8).span)
        }
        #expect(try order("04.03.2026", "dd.MM.yyyy") == DateOrder(kind: .day, seconds: 1_772_582_400))
        #expect(
            try order("04.03.2026", "dd.MM.yyyy", zone: "Asia/Tokyo") == DateOrder(kind: .day, seconds: 1_772_582_400))
        #expect(try order("31.02.2026", "dd.MM.yyyy") == nil)
        #expect(
            try order("04.03.2026 10:00:00.25", "dd.MM.yyyy HH:mm:ss.SS")
                == DateOrder(kind: .local, seconds: 1_772_618_400, nanoseconds: 250_000_000))
        #expect(
            try order("04.03.2026 10:00", "dd.MM.yyyy HH:mm", zone: "Europe/Zurich")
                == DateOrder(kind: .instant, seconds: 1_772_614_800))
        #expect(try order("29.03.2026 02:30", "dd.MM.yyyy HH:mm", zone: "Europe/Zurich") == nil)
        #expect(
            try order("2026-03-04T10:00+01:00", "yyyy-MM-dd'T'HH:mmXXX")
                == DateOrder(kind: .instant, seconds: 1_772_614_800))
        #expect(
            try order("1772614800123", "epoch_ms")
                == DateOrder(kind: .instant, seconds: 1_772_614_800, nanoseconds: 123_000_000))
        #expect(try order("46085", "excel") == DateOrder(kind: .local, seconds: 1_772_582_400))
        #expect(try order("46085", "excel", zone: "Europe/Zurich") == DateOrder(kind: .instant, seconds: 1_772_578_800))
        #expect(throws: SettingsMistake.self) { try order("10:00", "HH:mm") }
    }
}

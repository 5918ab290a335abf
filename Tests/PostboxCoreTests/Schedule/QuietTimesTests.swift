import PostboxCore
import Testing

@Suite("When a destination may be down")
struct QuietTimesTests {
    private static func time(_ text: String) throws -> Int64 {
        try #require(TimeText.microseconds(text + ":00.000000Z"))
    }

    @Test(
        "A time of the week is quiet until it ends",
        arguments: [
            // 2026-11-28 is a Saturday.
            ("2026-11-27T21:59", nil), ("2026-11-27T22:00", "2026-11-30T05:30"),
            ("2026-11-28T12:00", "2026-11-30T05:30"),
            ("2026-11-29T23:59", "2026-11-30T05:30"), ("2026-11-30T05:29", "2026-11-30T05:30"),
            ("2026-11-30T05:30", nil),
            ("2026-12-01T23:00", nil),
        ])
    func weekend(now: String, until: String?) throws {
        let quiet = [
            QuietTime(days: [5], from: 22 * 60, to: 0), QuietTime(days: [6, 7]),
            QuietTime(days: [1], from: 0, to: 5 * 60 + 30),
        ]
        #expect(quiet.quietUntil(at: try Self.time(now)) == (try until.map(Self.time)))
    }

    @Test("A time over midnight belongs to the day on which it begins")
    func midnight() throws {
        let quiet = [QuietTime(days: [1], from: 22 * 60, to: 5 * 60)]
        #expect(quiet.quietUntil(at: try Self.time("2026-12-01T04:00")) == (try Self.time("2026-12-01T05:00")))
        #expect(quiet.quietUntil(at: try Self.time("2026-11-30T04:00")) == nil)
        #expect([QuietTime]().quietUntil(at: 0) == nil)
    }

    @Test("Every day is quiet for ever, and is looked at again after a week")
    func always() throws {
        let now = try Self.time("2026-11-30T04:00")
        #expect(([QuietTime()].quietUntil(at: now) ?? 0) > now)
    }
}

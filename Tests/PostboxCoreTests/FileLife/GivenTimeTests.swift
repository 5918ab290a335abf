import Testing

@testable import PostboxCore

@Suite("Times as they are given")
struct GivenTimeTests {
    /// 13:00 in Zurich.
    private static let now = "2026-11-29T12:00:00.000000Z"

    private static func at(_ text: String, _ bound: GivenTime.Bound, now: String = now) throws -> String? {
        let now = try #require(TimeText.microseconds(now))
        let zurich = try ZonesForTests.rules("Europe/Zurich")
        return GivenTime(text).map { TimeText.text($0.at(bound, now: now) { zurich }) }
    }

    @Test(
        "What says its zone is that instant, whatever it bounds",
        arguments: [
            ("2026-12-24T17:30Z", "2026-12-24T17:30:00.000000Z"),
            ("2026-12-24T17:30:05Z", "2026-12-24T17:30:05.000000Z"),
            ("2026-12-24t17:30:05.25z", "2026-12-24T17:30:05.250000Z"),
            ("2026-12-24 8:00Z", "2026-12-24T08:00:00.000000Z"),
            ("2026-12-24T00:30:00+05:30", "2026-12-23T19:00:00.000000Z"),
            ("2026-12-24T20:00:00-05:00", "2026-12-25T01:00:00.000000Z"),
        ])
    func instants(text: String, time: String) throws {
        for bound in GivenTime.Bound.allCases { #expect(try Self.at(text, bound) == time) }
        #expect(GivenTime(text)?.instant == TimeText.microseconds(time))
        #expect(GivenTime(text)?.inUTC(.until) == TimeText.microseconds(time))
    }

    @Test(
        "What says none is one of the zone: a day begins and ends there, a time of the day is the last or the next one",
        arguments: [
            ("2026-12-24T08:15", "2026-12-24T07:15", "2026-12-24T07:15", "2026-12-24T07:15"),
            ("2026-12-24", "2026-12-23T23:00", "2026-12-24T23:00", "2026-12-24T23:00"),
            ("13:00", "2026-11-29T12:00", "2026-11-29T12:00", "2026-11-30T12:00"),
            ("17:30", "2026-11-28T16:30", "2026-11-28T16:30", "2026-11-29T16:30"),
            ("9:00", "2026-11-29T08:00", "2026-11-29T08:00", "2026-11-30T08:00"),
            ("2h", "2026-11-29T10:00", "2026-11-29T10:00", "2026-11-29T14:00"),
            ("90m", "2026-11-29T10:30", "2026-11-29T10:30", "2026-11-29T13:30"),
            ("7d", "2026-11-22T12:00", "2026-11-22T12:00", "2026-12-06T12:00"),
        ])
    func local(text: String, since: String, to: String, until: String) throws {
        #expect(try Self.at(text, .since) == since + ":00.000000Z")
        #expect(try Self.at(text, .to) == to + ":00.000000Z")
        #expect(try Self.at(text, .until) == until + ":00.000000Z")
        #expect(GivenTime(text)?.instant == nil)
    }

    @Test("A day has as many hours as the zone's clocks give it, and a time that they pass over counts by those before")
    func clockChanges() throws {
        // Forward on 2026-03-29 at 01:00Z, back on 2026-10-25 at 01:00Z.
        #expect(try Self.at("2026-03-29", .since) == "2026-03-28T23:00:00.000000Z")
        #expect(try Self.at("2026-03-29", .to) == "2026-03-29T22:00:00.000000Z")
        #expect(try Self.at("2026-03-29T02:30", .since) == "2026-03-29T01:30:00.000000Z")
        #expect(try Self.at("2026-10-25T02:30", .since) == "2026-10-25T00:30:00.000000Z")
        #expect(try Self.at("17:30", .until, now: "2026-10-24T16:00:00.000000Z") == "2026-10-25T16:30:00.000000Z")
    }

    @Test(
        "What has none of the forms is no time",
        arguments: [
            "", "noon", "yesterday", "25:00", "17:3", "17:30:60", "17", "-2h", "2 h", "2w", "2026-12-24T", "2026-13-01",
            "2026-02-30",
            "2026-12-24T24:00", "2026-12-24T17:30+01", "2026-12-24T17:30+0100", "2026-12-24T17:30:00+25:00",
            "2026-12-24T17:30.5",
            "2026-12-24T17:30:00.1234567Z", "2026-12-24T17:30ZZ", "2026-12-24Z", "99999999999d", "１７:３０",
        ])
    func none(text: String) { #expect(GivenTime(text) == nil) }

    @Test("Where no zone is known days are those of UTC, and nothing else of a zone is taken")
    func utc() {
        #expect(GivenTime("1970-01-02")?.inUTC(.since) == 86_400_000_000)
        #expect(GivenTime("1970-01-02")?.inUTC(.to) == 172_800_000_000)
        #expect(GivenTime("1970-01-02")?.inUTC(.until) == 172_800_000_000)
        for text in ["17:30", "1970-01-02T17:30", "2h"] { #expect(GivenTime(text)?.inUTC(.since) == nil) }
    }

    @Test("The forms that people are told are forms")
    func forms() {
        let words = GivenTime.forms.split { " ,()".contains($0) }.map(String.init).filter {
            $0.contains(where: \.isNumber)
        }
        #expect(words.count == 8 && words.allSatisfy { GivenTime($0) != nil }, "\(words)")
    }
}

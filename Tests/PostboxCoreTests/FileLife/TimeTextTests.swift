import PostboxCore
import Testing

@Suite("Times in results")
struct TimeTextTests {
    @Test(
        "Known seconds have their known dates",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (68_169_599, "1972-02-28T23:59:59.000000Z"),
            (68_169_600, "1972-02-29T00:00:00.000000Z"), (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000Z"), (946_684_799, "1999-12-31T23:59:59.000000Z"),
            (946_684_800, "2000-01-01T00:00:00.000000Z"), (1_234_567_890, "2009-02-13T23:31:30.000000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.000000Z"), (1_735_689_599, "2024-12-31T23:59:59.000000Z"),
            (1_735_689_600, "2025-01-01T00:00:00.000000Z"), (1_740_787_200, "2025-03-01T00:00:00.000000Z"),
            (2_147_483_648, "2038-01-19T03:14:08.000000Z"), (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
            (4_107_456_000, "2100-02-28T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.000000Z"),
        ] as [(Int64, String)])
    func known(seconds: Int64, text: String) {
        #expect(TimeText.text(seconds * 1_000_000) == text)
    }

    @Test("Microseconds have six digits")
    func microseconds() {
        #expect(TimeText.text(1) == "1970-01-01T00:00:00.000001Z")
        #expect(TimeText.text(1_000_000_999_999) == "1970-01-12T13:46:40.999999Z")
        #expect(TimeText.text(100_000) == "1970-01-01T00:00:00.100000Z")
        #expect(TimeText.text(-1) == "1969-12-31T23:59:59.999999Z")
    }

    @Test("One clock writes times in any order")
    func anyOrder() {
        var clock = TimeText()
        var out: [UInt8] = []
        for time in [1_000_000, 1_500_000, 86_400_000_000, 1_000_001] as [Int64] {
            clock.append(time, to: &out)
            out.append(UInt8(ascii: "\n"))
        }
        #expect(
            String(decoding: out, as: UTF8.self) == """
                1970-01-01T00:00:01.000000Z
                1970-01-01T00:00:01.500000Z
                1970-01-02T00:00:00.000000Z
                1970-01-01T00:00:01.000001Z

                """)
    }

    @Test("Every day of four centuries follows the one before")
    func everyDay() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var day: Int64 = 0
        var wrong: [String] = []
        for year in 1970..<2370 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for month in 1...12 {
                for date in 1...lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) {
                    let expected = "\(year)-\(month < 10 ? "0" : "")\(month)-\(date < 10 ? "0" : "")\(date)"
                    let text = TimeText.day(day * 86_400_000_000 + 86_399_999_999)
                    if text != expected { wrong.append("\(text) for \(expected)") }
                    day += 1
                }
            }
        }
        #expect(wrong.isEmpty)
        #expect(day == 146_097)
    }
}

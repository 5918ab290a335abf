/// The business days of a place: an entry of `calendars`. Days are counted from 1970-01-01.
package struct BusinessCalendar: Sendable, Equatable, Codable {
    /// Monday to Friday, without holidays.
    package static let plain = BusinessCalendar()

    /// As the configuration calls it; empty: it has no name.
    package var name = ""
    /// 1 for Monday to 7 for Sunday.
    package var weekdays: Set<Int> = [1, 2, 3, 4, 5]
    package var holidays: Set<Int> = []
    /// Minutes of the day when business ends; nil: not said.
    package var close: Int?
    /// Days on which business ends earlier, and when.
    package var early: [Int: Int] = [:]

    package init() {}

    /// The last day that it says something of; nil: it names no day.
    package var lastDay: Int? { [holidays.max(), early.keys.max()].compactMap(\.self).max() }

    package func isBusinessDay(_ day: Int) -> Bool {
        weekdays.contains(DateCalendar.weekday(ofDay: day)) && !holidays.contains(day)
    }

    /// It is the month's last business day.
    package func isMonthEnd(_ day: Int) -> Bool {
        guard isBusinessDay(day) else { return false }
        let month = DateCalendar.date(ofDay: day).month
        var next = day + 1
        while DateCalendar.date(ofDay: next).month == month {
            if isBusinessDay(next) { return false }
            next += 1
        }
        return true
    }

    /// By how many minutes business ends earlier than usual on a day.
    package func minutesEarlier(on day: Int) -> Int {
        guard let close, let early = early[day] else { return 0 }
        return max(0, close - early)
    }

    /// The business day so many before a day, or behind it where `count` is below zero; the day itself for 0. Where a calendar has no
    /// business day for ten years, the day ten years away.
    package func before(_ day: Int, _ count: Int) -> Int {
        var day = day
        for _ in 0..<abs(count) {
            var steps = 0
            repeat {
                day -= count.signum()
                steps += 1
            } while !isBusinessDay(day) && steps < 3653
        }
        return day
    }

    /// The day that it is at a time, microseconds since 1970, in a zone.
    package static func today(at time: Int64, in zone: TimeZoneRules) -> Int {
        let seconds = DateCalendar.floorDivide(Int(time), 1_000_000)
        return DateCalendar.floorDivide(seconds + zone.interval(at: seconds).offset, DateCalendar.secondsPerDay)
    }

    /// When it is so many minutes past midnight on a day in a zone, microseconds since 1970. A time that the clocks pass over counts
    /// by the offset before it, one that comes twice is the first of both.
    package static func time(_ minutes: Int, on day: Int, in zone: TimeZoneRules) -> Int64 {
        time(second: minutes * 60, on: day, in: zone)
    }

    /// The same of microseconds past midnight.
    static func time(microseconds: Int64, on day: Int, in zone: TimeZoneRules) -> Int64 {
        time(second: Int(microseconds / 1_000_000), on: day, in: zone) + microseconds % 1_000_000
    }

    private static func time(second: Int, on day: Int, in zone: TimeZoneRules) -> Int64 {
        let local = day * DateCalendar.secondsPerDay + second
        // Before a change of the clocks the older offset holds.
        let before = zone.interval(at: local - DateCalendar.secondsPerDay).offset
        let first = local - before
        if zone.interval(at: first).offset == before { return Int64(first) * 1_000_000 }
        let after = zone.interval(at: first).offset
        let second = local - after
        return Int64(zone.interval(at: second).offset == after ? second : first) * 1_000_000
    }

    /// `2026-11-21`.
    package static func text(ofDay day: Int) -> String {
        let date = DateCalendar.date(ofDay: day)
        func padded(_ number: Int, _ digits: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    }
}

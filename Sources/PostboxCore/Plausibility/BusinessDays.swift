/// Business days, Monday to Friday; days are counted from 1970-01-01.
enum BusinessDays {
    /// The business day so many before a day, or behind it where `count` is below zero; the day itself for 0.
    static func before(_ day: Int, _ count: Int) -> Int {
        var day = day
        for _ in 0..<abs(count) {
            repeat { day -= count.signum() } while DateCalendar.weekday(ofDay: day) > 5
        }
        return day
    }

    /// The day that it is at a time, microseconds since 1970, in a zone.
    static func today(at time: Int64, in zone: TimeZoneRules) -> Int {
        let seconds = DateCalendar.floorDivide(Int(time), 1_000_000)
        return DateCalendar.floorDivide(seconds + zone.interval(at: seconds).offset, DateCalendar.secondsPerDay)
    }

    /// `2026-11-21`.
    static func text(ofDay day: Int) -> String {
        let date = DateCalendar.date(ofDay: day)
        func padded(_ number: Int, _ digits: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    }
}

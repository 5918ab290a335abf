/// A day and time that the file writes as one number.
enum DateSerial: String, Sendable {
    /// Seconds since 1970.
    case seconds = "epoch_s"
    /// Milliseconds since 1970.
    case milliseconds = "epoch_ms"
    /// Days of Excel's calendar of 1900; what stands behind the point is the time.
    case excel

    /// A moment, as UTC or as the clock on the wall.
    struct Moment: Equatable {
        /// Days since 1970.
        var day: Int
        /// Of the day.
        var second: Int
        var milliseconds = 0
        /// Excel's number has a day: from 1 on.
        var hasDay = true
        /// There is something behind the point.
        var hasTime = true
    }

    /// The decimals that a time of it has.
    var decimals: Int { self == .milliseconds ? 3 : 0 }

    /// Nil: no such number, or one outside the years 1 to 9999.
    func read(_ text: Span<UInt8>) -> Moment? {
        switch self {
        case .seconds: epoch(text, unitsPerSecond: 1)
        case .milliseconds: epoch(text, unitsPerSecond: 1000)
        case .excel: excel(text)
        }
    }

    /// A whole number, before 1970 below zero.
    private func epoch(_ text: Span<UInt8>, unitsPerSecond: Int) -> Moment? {
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        // The years to 9999 take 15 digits in milliseconds.
        guard text.count > start, text.count - start <= 18 else { return nil }
        var value = 0
        for index in start..<text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ Int(digit)
        }
        if isNegative { value = -value }
        let seconds = DateCalendar.floorDivide(value, unitsPerSecond)
        let day = DateCalendar.floorDivide(seconds, DateCalendar.secondsPerDay)
        guard DateCalendar.days.contains(day) else { return nil }
        return Moment(
            day: day, second: seconds - day * DateCalendar.secondsPerDay, milliseconds: value - seconds * unitsPerSecond
        )
    }

    /// A number of days, to the nearest second: Excel stores a binary fraction of the day, of which no time is exact, and shows
    /// that second.
    private func excel(_ text: Span<UInt8>) -> Moment? {
        var serial = 0
        var index = 0
        while index < text.count, text[index] &- UInt8(ascii: "0") <= 9 {
            // 2958465 is the last day of 9999.
            guard index < 12, serial <= 2_958_465 else { return nil }
            serial = serial * 10 + Int(text[index] - UInt8(ascii: "0"))
            index += 1
        }
        guard index > 0, serial <= 2_958_465 else { return nil }
        var second = 0
        let hasTime = index < text.count
        if hasTime {
            let decimals = text.count - index - 1
            guard text[index] == UInt8(ascii: "."), decimals >= 1, decimals <= 30 else { return nil }
            var fraction: UInt128 = 0
            var one: UInt128 = 1
            for place in index + 1..<text.count {
                let digit = text[place] &- UInt8(ascii: "0")
                guard digit <= 9 else { return nil }
                fraction = fraction * 10 + UInt128(digit)
                one *= 10
            }
            second = Int((fraction * UInt128(DateCalendar.secondsPerDay) * 2 + one) / (one * 2))
        }
        // Lotus took 1900 for a leap year, and Excel does as Lotus did: day 60 is one that the calendar does not have.
        guard serial != 60 else { return nil }
        let carried = second / DateCalendar.secondsPerDay
        return Moment(
            day: serial - (serial < 60 ? 25_568 : 25_569) + carried,
            second: second - carried * DateCalendar.secondsPerDay,
            hasDay: serial >= 1, hasTime: hasTime)
    }
}

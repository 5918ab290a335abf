/// The rule for the years behind a zone's table, as POSIX writes it in TZ: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct TimeZoneRule: Sendable, Equatable {
    /// A day of each year.
    enum Day: Sendable, Equatable {
        /// The last such weekday of a month with week 5, else the first, second …; weekday 0 is Sunday.
        case weekday(Int, week: Int, month: Int)
        /// 1 to 365: the 29th of February is not counted.
        case numberWithoutLeapDay(Int)
        /// 0 to 365.
        case number(Int)

        /// Days since 1970.
        func day(in year: Int) -> Int {
            let newYear = DateCalendar.number(year: year, month: 1, day: 1)
            switch self {
            case .number(let number): return newYear + number
            case .numberWithoutLeapDay(let number):
                return newYear + number - 1 + (DateCalendar.isLeap(year) && number >= 60 ? 1 : 0)
            case .weekday(let weekday, let week, let month):
                let first = DateCalendar.number(year: year, month: month, day: 1)
                let ahead = (weekday - DateCalendar.weekday(ofDay: first) + 7) % 7
                var day = 1 + ahead + (week - 1) * 7
                if day > DateCalendar.days(inMonth: month, year: year) { day -= 7 }
                return first + day - 1
            }
        }
    }

    /// A change of the clocks each year.
    struct Change: Sendable, Equatable {
        var day: Day
        /// Seconds after local midnight, by the clocks before the change; may be below zero or above a day.
        var time: Int
    }

    struct Summer: Sendable, Equatable {
        /// Seconds ahead of UTC.
        var offset: Int
        var start: Change
        var end: Change

        /// Both changes of a year, in their order.
        func changes(in year: Int, winterOffset: Int) -> [TimeZoneFile.Change] {
            let on = start.day.day(in: year) * DateCalendar.secondsPerDay + start.time - winterOffset
            let off = end.day.day(in: year) * DateCalendar.secondsPerDay + end.time - offset
            let changes = [TimeZoneFile.Change(at: on, offset: offset), .init(at: off, offset: winterOffset)]
            return on <= off ? changes : changes.reversed()
        }
    }

    /// Seconds ahead of UTC.
    var offset: Int
    /// Nil: the clocks are never set.
    var summer: Summer?

    /// Nil: no such rule.
    init?(_ text: [UInt8]) {
        var cursor = Cursor(text: text)
        guard cursor.skipName(), let behind = cursor.time(hoursMax: 25) else { return nil }
        offset = -behind
        if cursor.isAtEnd { return }
        guard cursor.skipName() else { return nil }
        var summerOffset = offset + 3600
        if !cursor.isAt(UInt8(ascii: ",")) {
            guard let behind = cursor.time(hoursMax: 25) else { return nil }
            summerOffset = -behind
        }
        guard cursor.take(UInt8(ascii: ",")), let start = cursor.change(), cursor.take(UInt8(ascii: ",")),
            let end = cursor.change(), cursor.isAtEnd
        else { return nil }
        summer = Summer(offset: summerOffset, start: start, end: end)
    }

    private struct Cursor {
        let text: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == text.count }

        func isAt(_ byte: UInt8) -> Bool { index < text.count && text[index] == byte }

        mutating func take(_ byte: UInt8) -> Bool {
            guard isAt(byte) else { return false }
            index += 1
            return true
        }

        /// `CET`, or `<+0330>`.
        mutating func skipName() -> Bool {
            let start = index
            if take(UInt8(ascii: "<")) {
                while !isAtEnd, !isAt(UInt8(ascii: ">")) { index += 1 }
                return take(UInt8(ascii: ">")) && index - start > 2
            }
            while !isAtEnd, (text[index] | 0x20) &- UInt8(ascii: "a") <= 25 { index += 1 }
            return index - start >= 3
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let start = index
            var value = 0
            while !isAtEnd, index - start < 4, text[index] &- UInt8(ascii: "0") <= 9 {
                value = value * 10 + Int(text[index] - UInt8(ascii: "0"))
                index += 1
            }
            return index > start && range.contains(value) ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time(hoursMax: Int) -> Int? {
            let isNegative = isAt(UInt8(ascii: "-"))
            if isNegative || isAt(UInt8(ascii: "+")) { index += 1 }
            guard var seconds = number(0...hoursMax).map({ $0 * 3600 }) else { return nil }
            for unit in [60, 1] {
                guard take(UInt8(ascii: ":")) else { break }
                guard let part = number(0...59) else { return nil }
                seconds += part * unit
            }
            return isNegative ? -seconds : seconds
        }

        mutating func change() -> Change? {
            let day: Day
            if take(UInt8(ascii: "M")) {
                guard let month = number(1...12), take(UInt8(ascii: ".")), let week = number(1...5),
                    take(UInt8(ascii: ".")), let weekday = number(0...6)
                else { return nil }
                day = .weekday(weekday, week: week, month: month)
            } else if take(UInt8(ascii: "J")) {
                guard let number = number(1...365) else { return nil }
                day = .numberWithoutLeapDay(number)
            } else {
                guard let number = number(0...365) else { return nil }
                day = .number(number)
            }
            guard take(UInt8(ascii: "/")) else { return Change(day: day, time: 2 * 3600) }
            return time(hoursMax: 167).map { Change(day: day, time: $0) }
        }
    }
}

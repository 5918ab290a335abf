/// Where a date stands among others of its column: the greatest is the latest.
///
/// Only orders of one kind can be compared: nobody knows whether a stamp without an offset is before one that has one. Whoever
/// compares refuses a column of several kinds.
package struct DateOrder: Sendable, Comparable, Codable {
    package enum Kind: UInt8, Sendable, Codable {
        /// A date alone.
        case day
        /// A date and a time by the clock on the wall.
        case local
        /// A moment: the value has an offset, or its zone is known.
        case instant
    }

    package var kind: Kind
    /// Since 1970, by the clock on the wall or in UTC.
    var seconds: Int
    /// Below a second.
    var nanoseconds: Int

    init(kind: Kind, seconds: Int, nanoseconds: Int = 0) {
        self.kind = kind
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Of an ISO date (`2026-03-04`) or stamp (`2026-03-04T10:00`, with `:30`, decimals and `Z` or `+01:00` where it has them; a
    /// blank may stand for the `T`). Nil: any other text, or no date of the calendar.
    package init?(iso text: Span<UInt8>) {
        var cursor = Cursor(index: 0)
        guard let year = cursor.number(text, 4), cursor.take("-", text), let month = cursor.number(text, 2),
            cursor.take("-", text), let day = cursor.number(text, 2),
            let number = DateCalendar.day(year: year, month: month, day: day)
        else { return nil }
        let midnight = number * DateCalendar.secondsPerDay
        guard cursor.index < text.count else {
            self.init(kind: .day, seconds: midnight)
            return
        }
        guard cursor.take("T", text) || cursor.take(" ", text) || cursor.take("t", text),
            let hour = cursor.number(text, 2),
            hour <= 23, cursor.take(":", text), let minute = cursor.number(text, 2), minute <= 59
        else { return nil }
        var seconds = midnight + hour * 3600 + minute * 60
        var nanoseconds = 0
        if cursor.take(":", text) {
            guard let second = cursor.number(text, 2), second <= 59 else { return nil }
            seconds += second
            if cursor.take(".", text) || cursor.take(",", text) {
                guard let decimals = cursor.decimals(text) else { return nil }
                nanoseconds = decimals
            }
        }
        guard cursor.index < text.count else {
            self.init(kind: .local, seconds: seconds, nanoseconds: nanoseconds)
            return
        }
        guard let offset = cursor.offset(text), cursor.index == text.count else { return nil }
        self.init(kind: .instant, seconds: seconds - offset, nanoseconds: nanoseconds)
    }

    package static func < (a: DateOrder, b: DateOrder) -> Bool {
        (a.seconds, a.nanoseconds, a.kind.rawValue) < (b.seconds, b.nanoseconds, b.kind.rawValue)
    }

    private struct Cursor {
        var index: Int

        mutating func take(_ character: Unicode.Scalar, _ text: Span<UInt8>) -> Bool {
            guard index < text.count, UInt32(text[index]) == character.value else { return false }
            index += 1
            return true
        }

        mutating func number(_ text: Span<UInt8>, _ length: Int) -> Int? {
            guard text.count - index >= length else { return nil }
            var value = 0
            for place in index..<index + length {
                let digit = text[place] &- UInt8(ascii: "0")
                guard digit <= 9 else { return nil }
                value = value * 10 + Int(digit)
            }
            index += length
            return value
        }

        /// One to nine decimals, as nanoseconds.
        mutating func decimals(_ text: Span<UInt8>) -> Int? {
            var value = 0
            var count = 0
            while count < 9, let digit = number(text, 1) {
                value = value * 10 + digit
                count += 1
            }
            guard count > 0 else { return nil }
            for _ in count..<9 { value *= 10 }
            return value
        }

        /// `Z`, `+01`, `+0100` or `+01:00` in seconds.
        mutating func offset(_ text: Span<UInt8>) -> Int? {
            if take("Z", text) || take("z", text) { return 0 }
            let isBehind = take("-", text)
            guard isBehind || take("+", text), let hours = number(text, 2) else { return nil }
            var minutes = 0
            if index < text.count {
                _ = take(":", text)
                guard let value = number(text, 2), value <= 59 else { return nil }
                minutes = value
            }
            let seconds = hours * 3600 + minutes * 60
            guard seconds <= 14 * 3600 else { return nil }
            return isBehind ? -seconds : seconds
        }
    }
}

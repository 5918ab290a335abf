/// What a text says of a day and a time, as its pattern reads it.
struct DateParts {
    /// What a pattern can hold.
    struct Set: OptionSet, Sendable {
        let rawValue: UInt16

        static let era = Set(rawValue: 1)
        static let year = Set(rawValue: 2)
        static let month = Set(rawValue: 4)
        static let day = Set(rawValue: 8)
        static let weekday = Set(rawValue: 16)
        /// 0 to 23.
        static let hour = Set(rawValue: 32)
        /// 1 to 12.
        static let hourOfHalf = Set(rawValue: 64)
        static let half = Set(rawValue: 128)
        static let minute = Set(rawValue: 256)
        static let second = Set(rawValue: 512)
        static let decimals = Set(rawValue: 1024)
        static let offset = Set(rawValue: 2048)

        static let date: Set = [.year, .month, .day]

        /// It says something of the time of day.
        var hasHour: Bool { !isDisjoint(with: [.hour, .hourOfHalf]) }
    }

    // What the pattern has not, is what makes no difference: 1972 has a 29th of February.
    /// 1 to 5, Meiji to Reiwa; 0: none.
    var era = 0
    var year = 1972
    var month = 1
    var day = 1
    /// 1 for Monday; 0: none.
    var weekday = 0
    var hour = 0
    /// 1 in the morning; 0: none.
    var half = 0
    var minute = 0
    var second = 0
    /// Behind the second, as many as the pattern has.
    var decimals = 0
    /// Seconds ahead of UTC.
    var offset = 0

    /// Makes a year and an hour of what they are written in, and says whether the calendar and the clock have all of it.
    mutating func settle(_ has: Set) -> Bool {
        if has.contains(.era) {
            guard let year = DateNames.year(ofEra: era, year, month: month, day: day) else { return false }
            self.year = year
        }
        guard DateCalendar.has(year: year, month: month, day: day) else { return false }
        if has.contains(.hourOfHalf) {
            guard hour >= 1, hour <= 12 else { return false }
            hour = hour % 12 + (half == 2 ? 12 : 0)
        } else if has.contains(.half) {
            // `14:30 PM` says the same twice.
            guard (half == 2) == (hour >= 12) else { return false }
        }
        guard hour <= 23, minute <= 59, second <= 59 else { return false }
        if has.contains(.weekday), has.isSuperset(of: .date) {
            let number = DateCalendar.number(year: year, month: month, day: day)
            guard weekday == DateCalendar.weekday(ofDay: number) else { return false }
        }
        return true
    }
}

/// Days of the Gregorian calendar, counted from 1970-01-01, in years 1 to 9999.
enum DateCalendar {
    static let secondsPerDay = 86_400
    /// Days of 400 years, after which the calendar repeats, days of the week included.
    static let daysPerEra = 146_097
    /// The numbers of the first and the last day.
    static let days = number(year: 1, month: 1, day: 1)...number(year: 9999, month: 12, day: 31)

    /// The day's number, or nil when the calendar has no such day.
    static func day(year: Int, month: Int, day: Int) -> Int? {
        guard has(year: year, month: month, day: day) else { return nil }
        return number(year: year, month: month, day: day)
    }

    static func has(year: Int, month: Int, day: Int) -> Bool {
        guard year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1 else { return false }
        return day <= days(inMonth: month, year: year)
    }

    static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// The number of a day that the calendar has. Years begin in March here, in eras of 400.
    static func number(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * daysPerEra + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func date(ofDay number: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = floorDivide(shifted, daysPerEra)
        let dayOfEra = shifted - era * daysPerEra
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// 1 for Monday … 7 for Sunday.
    static func weekday(ofDay number: Int) -> Int {
        let fromMonday = number + 3
        return fromMonday - floorDivide(fromMonday, 7) * 7 + 1
    }

    /// The quotient rounded down; the divisor is above zero.
    static func floorDivide(_ value: Int, _ divisor: Int) -> Int {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }
}

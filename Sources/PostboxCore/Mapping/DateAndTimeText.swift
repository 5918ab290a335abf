/// How a calendar date is written. A server acks a date that no calendar has and stores it wrong
/// (What servers do §2.5), and reads `05/11/2026` with the month first whatever its writer meant
/// (What servers do §2.9), so all of it is checked here.
enum DateText: Equatable {
    /// `YYYY-MM-DD` or `YYYYMMDD`: a server reads it as it is.
    case asItIs
    /// `5 NOV 2026`, `05-Nov-2026`: where day, month and year stand.
    case dayMonthYear(day: Range<Int>, month: Range<Int>, year: Range<Int>)
    /// Numbers with slashes or points between them: which is the month, is anybody's guess.
    case ambiguous

    /// nil: no date of the calendar in any of these forms.
    init?(_ text: Span<UInt8>) {
        switch text.count {
        case 8 where number(text, 0..<8) >= 0:
            guard isInCalendar(number(text, 0..<4), number(text, 4..<6), number(text, 6..<8)) else { return nil }
            self = .asItIs
        case 10 where text[4] == UInt8(ascii: "-"):
            guard text[7] == UInt8(ascii: "-"),
                isInCalendar(number(text, 0..<4), number(text, 5..<7), number(text, 8..<10))
            else { return nil }
            self = .asItIs
        case 10...11 where text[text.count - 9] == text[text.count - 5] && !isDigit(text[text.count - 9]):
            self.init(text, separator: text.count - 9)
        default:
            guard isAmbiguous(text) else { return nil }
            self = .ambiguous
        }
    }

    private init?(_ text: Span<UInt8>, separator: Int) {
        let month = separator + 1..<separator + 4
        if text[separator] == Byte.space || text[separator] == UInt8(ascii: "-") {
            let year = text.count - 4..<text.count
            guard
                isInCalendar(
                    number(text, year),
                    monthNamed(text[month.lowerBound], text[month.lowerBound + 1], text[month.lowerBound + 2]),
                    number(text, 0..<separator))
            else { return nil }
            self = .dayMonthYear(day: 0..<separator, month: month, year: year)
        } else {
            guard isAmbiguous(text) else { return nil }
            self = .ambiguous
        }
    }
}

extension DateText {
    /// Days from 1970-01-01 to a date as it is written in a post; nil: it is no date that can be read in one way only.
    static func day(of text: Span<UInt8>) -> Int? {
        switch DateText(text) {
        case .asItIs:
            let dash = text.count == 10 ? 1 : 0
            return DateCalendar.day(
                year: number(text, 0..<4), month: number(text, 4 + dash..<6 + dash),
                day: number(text, 6 + 2 * dash..<8 + 2 * dash))
        case .dayMonthYear(let day, let month, let year):
            let at = month.lowerBound
            return DateCalendar.day(
                year: number(text, year), month: monthNamed(text[at], text[at + 1], text[at + 2]),
                day: number(text, day))
        case .ambiguous, nil: return nil
        }
    }
}

/// Whether text is three numbers with two slashes, or two points, between them.
private func isAmbiguous(_ text: Span<UInt8>) -> Bool {
    var separators = 0
    var separator: UInt8 = 0
    var digits = 0
    for index in text.indices {
        let byte = text[index]
        if isDigit(byte) {
            digits += 1
            continue
        }
        guard byte == UInt8(ascii: "/") || byte == UInt8(ascii: "."), digits > 0, separators == 0 || byte == separator
        else { return false }
        separator = byte
        separators += 1
        digits = 0
    }
    return separators == 2 && digits > 0
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

private func isInCalendar(_ year: Int, _ month: Int, _ day: Int) -> Bool {
    guard year >= 1, (1...12).contains(month), day >= 1 else { return false }
    return day <= daysIn(month: month, year: year)
}

/// Whether text is a time of day as a server reads it right: `HH:MM`, `HH:MM:SS` or that with a point or comma and one to nine
/// digits, no zone; the hour may have one digit, and a minute a leap second. A server acks `24:00:00` and stores a zoned time
/// wrong (What servers do §2.5, §2.9), so it is checked here.
func isTime(_ text: Span<UInt8>) -> Bool {
    guard text.count >= 4 else { return false }
    let colon = text[1] == UInt8(ascii: ":") ? 1 : 2
    let minutes = colon + 1..<colon + 3
    guard text.count >= minutes.upperBound, text[colon] == UInt8(ascii: ":"),
        (0...23).contains(number(text, 0..<colon)), (0...59).contains(number(text, minutes))
    else { return false }
    if text.count == minutes.upperBound { return true }
    let seconds = minutes.upperBound + 1..<minutes.upperBound + 3
    guard text.count >= seconds.upperBound, text[minutes.upperBound] == UInt8(ascii: ":"),
        (0...(number(text, minutes) == 59 ? 60 : 59)).contains(number(text, seconds))
    else { return false }
    if text.count == seconds.upperBound { return true }
    let decimals = seconds.upperBound + 1..<text.count
    return (1...9).contains(decimals.count)
        && (text[seconds.upperBound] == UInt8(ascii: ".") || text[seconds.upperBound] == UInt8(ascii: ","))
        && number(text, decimals) >= 0
}

/// The number that the digits in `range` are, or -1 when one of them is no digit. At most 18 digits.
private func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
    var value = 0
    for index in range {
        let digit = text[index] &- UInt8(ascii: "0")
        guard digit <= 9 else { return -1 }
        value = value * 10 + Int(digit)
    }
    return value
}

/// 1…12 for an English month's three letters in any case, else -1.
private func monthNamed(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
    // Setting the bit that tells cases apart turns no character into a letter but a letter or one of `@[\]^_`, and those
    // become characters that are in no month.
    let word = UInt32(first | 0x20) << 16 | UInt32(second | 0x20) << 8 | UInt32(third | 0x20)
    let names: StaticString = "janfebmaraprmayjunjulaugsepoctnovdec"
    for month in 0..<12 {
        let name = names.utf8Start + 3 * month
        if word == UInt32(name[0]) << 16 | UInt32(name[1]) << 8 | UInt32(name[2]) { return month + 1 }
    }
    return -1
}

private func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

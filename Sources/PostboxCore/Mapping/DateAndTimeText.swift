/// Whether text is a calendar date as a server understands it: `YYYY-MM-DD`, `YYYYMMDD`, `DD MMM YYYY` or `MM/DD/YYYY`
/// (protocol §8.1). A server acks a date that no calendar has and stores it wrong (observed §2.5), so it is checked here.
func isDate(_ text: Span<UInt8>) -> Bool {
    let parts: (year: Int, month: Int, day: Int)
    switch text.count {
    case 8:
        parts = (number(text, 0..<4), number(text, 4..<6), number(text, 6..<8))
    case 10 where text[4] == UInt8(ascii: "-"):
        guard text[7] == UInt8(ascii: "-") else { return false }
        parts = (number(text, 0..<4), number(text, 5..<7), number(text, 8..<10))
    case 10 where text[2] == UInt8(ascii: "/"):
        guard text[5] == UInt8(ascii: "/") else { return false }
        parts = (number(text, 6..<10), number(text, 0..<2), number(text, 3..<5))
    case 11:
        guard text[2] == UInt8(ascii: " "), text[6] == UInt8(ascii: " ") else { return false }
        parts = (number(text, 7..<11), monthNamed(text[3], text[4], text[5]), number(text, 0..<2))
    default:
        return false
    }
    guard parts.year >= 1, (1...12).contains(parts.month), parts.day >= 1 else { return false }
    return parts.day <= daysIn(month: parts.month, year: parts.year)
}

/// Whether text is a time of day as a server understands it: `HH:MM`, `HH:MM:SS` or that with a point and one to nine
/// digits, no zone. A server acks `24:00:00` and stores a zoned time wrong (observed §2.5), so it is checked here.
func isTime(_ text: Span<UInt8>) -> Bool {
    guard text.count >= 5, text[2] == UInt8(ascii: ":"), (0...23).contains(number(text, 0..<2)),
        (0...59).contains(number(text, 3..<5))
    else { return false }
    if text.count == 5 { return true }
    guard text.count >= 8, text[5] == UInt8(ascii: ":"), (0...59).contains(number(text, 6..<8)) else { return false }
    if text.count == 8 { return true }
    return text.count >= 10 && text.count <= 18 && text[8] == UInt8(ascii: ".") && number(text, 9..<text.count) >= 0
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

/// A DATE: several ways of writing are taken, and one that names no day is acknowledged and unreadable, or another day
/// (What servers do §2.5, §2.9):
///
///     2026-11-21, 20261121, 21 NOV 2026, 11/21/2026    2026-11-21
///     21 Nov 2026     2026-00-21, as months are upper case    01/02/2026    2026-01-02, the month first
///     11/21/26        1926-11-21                              00000000      blank
///     21/11/2026, 31 FEB 2026, 2026-02-29, a blank in front   Invalid date
enum DateValue {
    static func stored(_ literal: FieldLiteral) throws(ConversionError) -> String {
        guard literal.kind == .string else { throw literal.wrongToken(expected: .string) }
        let text = literal.text
        if text.isEmpty { return "null" }
        if text.hasPrefix(" ") { return "\"Invalid date\"" }
        guard let date = parsed(text) else { throw .rssl(-29) }
        if date.year == 0, date.month ?? 0 == 0, date.day ?? 0 == 0 { return "null" }
        guard let month = date.month else { return "\"\(padded(date.year, 4))\"" }
        // A month or a day of 0 is one that is not told.
        guard month <= 12 else { return "\"Invalid date\"" }
        guard let day = date.day else { return "\"\(padded(date.year, 4))-\(padded(month, 2))\"" }
        guard day <= days(in: month, of: date.year) else { return "\"Invalid date\"" }
        return "\"\(padded(date.year, 4))-\(padded(month, 2))-\(padded(day, 2))\""
    }

    private struct Parts {
        var year: Int
        var month: Int?
        var day: Int?
    }

    private static func parsed(_ text: String) -> Parts? {
        let dashed = text.split(separator: "-", omittingEmptySubsequences: false)
        let slashed = text.split(separator: "/", omittingEmptySubsequences: false)
        let spaced = text.split(separator: " ", omittingEmptySubsequences: false)
        if slashed.count == 3 {
            guard let month = digits(slashed[0], 2), let day = digits(slashed[1], 2) else { return nil }
            if let year = digits(slashed[2], 4) { return Parts(year: year, month: month, day: day) }
            guard let year = digits(slashed[2], 2) else { return nil }
            return Parts(year: 1900 + year, month: month, day: day)
        }
        if spaced.count == 3 {
            guard let day = digits(spaced[0], 2), let year = digits(spaced[2], 4), spaced[1].utf8.count == 3 else {
                return nil
            }
            let month = months.firstIndex(of: String(spaced[1])).map { $0 + 1 }
            return Parts(year: year, month: month ?? 0, day: day)
        }
        if dashed.count == 1, let whole = digits(dashed[0], 8) {
            return Parts(year: whole / 10000, month: whole / 100 % 100, day: whole % 100)
        }
        guard let year = digits(dashed[0], 4), dashed.count <= 3 else { return nil }
        var parts = Parts(year: year)
        if dashed.count > 1 {
            guard let month = digits(dashed[1], 2) else { return nil }
            parts.month = month
        }
        if dashed.count > 2 {
            guard let day = digits(dashed[2], 2) else { return nil }
            parts.day = day
        }
        return parts
    }

    private static let months = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// A TIME: a day's end of 24:00 and nonsense like 99:99 pass as they are, and what follows a time that was found is ignored,
/// so that a zone is dropped, and an ISO date-time is taken for the hour and minute that its year looks like
/// (What servers do §2.5, §2.9).
enum TimeValue {
    static func stored(_ literal: FieldLiteral) throws(ConversionError) -> String {
        guard literal.kind == .string else { throw literal.wrongToken(expected: .string) }
        let text = literal.text
        if text.isEmpty { return "null" }
        let leading = text.prefix(while: { $0.isASCII && $0.isNumber })
        switch leading.count {
        case 6:
            let hour = leading.prefix(2)
            let minute = leading.dropFirst(2).prefix(2)
            return "\"\(hour):\(minute):\(leading.suffix(2))\""
        case 4:
            return "\"\(leading.prefix(2)):\(leading.suffix(2)):00\""
        case 1, 2:
            return try colons(text)
        default:
            throw .rssl(-29)
        }
    }

    private static func colons(_ text: String) throws(ConversionError) -> String {
        // The zone at the end is ignored (The wire §8.1).
        let zoneless = text.prefix(while: { $0.isASCII && $0.isNumber || ":.,".contains($0) })
        let parts = zoneless.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.count <= 6, let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 100
        else {
            throw .rssl(-29)
        }
        let start = "\(padded(hour, 2)):\(padded(minute, 2))"
        guard parts.count > 2 else { return "\"\(start):00\"" }
        let seconds = parts[2].split(omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
        guard seconds.count <= 2, let second = Int(seconds[0]), second < 100 else { throw .rssl(-29) }
        var stored = "\(start):\(padded(second, 2))"
        if seconds.count == 2 {
            // Nanoseconds are all that it holds.
            guard !seconds[1].isEmpty else { throw .rssl(-29) }
            stored += "." + seconds[1].prefix(9)
        }
        for part in parts.dropFirst(3) {
            guard let value = digits(part, 3) else { throw .rssl(-29) }
            stored += ":" + padded(value, 3)
        }
        return "\"\(stored)\""
    }
}

/// A DATETIME: a day in ISO 8601, a `T`, and a time, whose zone is ignored (The wire §8.1).
enum DateTimeValue {
    static func stored(_ literal: FieldLiteral) throws(ConversionError) -> String {
        guard literal.kind == .string else { throw literal.wrongToken(expected: .string) }
        if literal.bytes.isEmpty { return "null" }
        guard let mark = literal.bytes.firstIndex(of: UInt8(ascii: "T")) else { throw .rssl(-29) }
        func part(_ bytes: ArraySlice<UInt8>) -> FieldLiteral {
            FieldLiteral(name: literal.name, kind: .string, bytes: bytes, offset: literal.offset)
        }
        let date = try DateValue.stored(part(literal.bytes[..<mark]))
        let time = try TimeValue.stored(part(literal.bytes[(mark + 1)...]))
        guard date.utf8.count == 12, time != "null" else { throw .rssl(-29) }
        return date.dropLast() + "T" + time.dropFirst()
    }
}

/// The value of exactly `count` digits.
private func digits(_ text: Substring, _ count: Int) -> Int? {
    guard text.utf8.count == count, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(text)
}

private func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}

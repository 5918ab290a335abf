/// What a value that was read back says about the value that was sent.
enum StoredLook: Equatable, Sendable {
    case same
    case differs
    /// It cannot be told: an enum's number and its text, and no dictionary that knows both.
    case unsure
}

/// Holds what a server stored of a field against what was sent, as values: a server writes many a value in its own way.
///
/// Both are JSON literals. No number goes through a binary float: decimals are compared by their digits.
struct StoredValue {
    /// What a dictionary says that the field is; nil: nothing is known of it, and the literals' look decides.
    var type: RWFType?
    /// Of an ENUM: the field's values.
    var enums: EnumTables?
    var table: Int?

    /// Compares two literals; nil: the field is not there.
    func compare(sent: UnsafeRawBufferPointer, stored: UnsafeRawBufferPointer?) -> StoredLook {
        guard let stored else { return Self.isBlank(sent) ? .same : .differs }
        if matches(sent, stored) {
            // Text whose switch reads back was stored as text that begins with it (What servers do §2.9).
            return Self.beginsWithSwitch(stored) ? .differs : .same
        }
        switch (Self.isBlank(sent), Self.isBlank(stored)) {
        case (true, true): return .same
        case (true, false), (false, true): return .differs
        case (false, false): break
        }
        switch type?.target {
        case nil, .look, .wire: return byLook(sent, stored)
        case .real, .int, .uint: return Self.areEqualDecimals(Self.content(sent), Self.content(stored))
        case .enum: return ofEnum(sent, stored)
        case .date: return told(DateOfValue(Self.content(sent)), DateOfValue(Self.content(stored)), sent, stored)
        case .time: return told(TimeOfValue(Self.content(sent)), TimeOfValue(Self.content(stored)), sent, stored)
        case .dateTime:
            return told(DateTimeOfValue(Self.content(sent)), DateTimeOfValue(Self.content(stored)), sent, stored)
        case .text, .ascii, .notPostable: return Self.areEqualTexts(sent, stored)
        }
    }

    /// Without a dictionary: numbers as decimals, texts as texts, or as dates or times where both are some.
    private func byLook(_ sent: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer) -> StoredLook {
        let (isSentText, isStoredText) = (Self.isText(sent), Self.isText(stored))
        let (one, other) = (Self.content(sent), Self.content(stored))
        if isSentText, isStoredText {
            if Self.areEqualTexts(sent, stored) == .same { return .same }
            if let date = DateOfValue(one), date == DateOfValue(other) { return .same }
            if one.contains(UInt8(ascii: ":")), let time = DateTimeOfValue(one), time == DateTimeOfValue(other) {
                return .same
            }
            guard one.contains(UInt8(ascii: ":")), let time = TimeOfValue(one) else { return .differs }
            return time == TimeOfValue(other) ? .same : .differs
        }
        guard isSentText || isStoredText else { return Self.areEqualDecimals(one, other) }
        if Self.areEqualDecimals(one, other) == .same { return .same }
        // One is a text and one a number: an enum, if it is not one of the words for what is no number.
        let word = String(decoding: isSentText ? one : other, as: UTF8.self)
        return ["NaN", "Inf", "-Inf"].contains(word) ? .differs : .unsure
    }

    private func ofEnum(_ sent: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer) -> StoredLook {
        let (one, other) = (Self.content(sent), Self.content(stored))
        let (isSentText, isStoredText) = (Self.isText(sent), Self.isText(stored))
        if isSentText == isStoredText {
            return isSentText ? (one == other ? .same : .differs) : Self.areEqualDecimals(one, other)
        }
        let (digits, text) = isSentText ? (other, one) : (one, other)
        guard let enums, let table, let number = Int(String(decoding: digits, as: UTF8.self)) else { return .unsure }
        if enums.isText(text.span, of: number, in: table) { return .same }
        // Texts with bytes beyond ASCII are shown in another encoding than the dictionary has them in.
        return text.allSatisfy { $0 < 0x80 } ? .differs : .unsure
    }

    /// Two values that are what the dictionary says, or texts that are not.
    private func told<Value: Equatable>(
        _ one: Value?, _ other: Value?, _ sent: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer
    ) -> StoredLook {
        guard let one, let other else { return Self.areEqualTexts(sent, stored) }
        return one == other ? .same : .differs
    }

    // MARK: - Literals

    private static func isText(_ literal: UnsafeRawBufferPointer) -> Bool { literal.first == Byte.quote }

    /// Null, or a text without a character.
    static func isBlank(_ literal: UnsafeRawBufferPointer) -> Bool {
        matches(literal, "null") || matches(literal, "\"\"")
    }

    private static func beginsWithSwitch(_ literal: UnsafeRawBufferPointer) -> Bool {
        guard literal.count > 1, literal[1] == Byte.backslash else { return false }
        return content(literal).starts(with: switchToUTF8)
    }

    /// ESC % 0.
    private static let switchToUTF8: [UInt8] = [0x1b, 0x25, 0x30]

    /// A text's characters without quotes and escapes; the literal itself of anything else.
    static func content(_ literal: UnsafeRawBufferPointer) -> [UInt8] {
        guard isText(literal), literal.count >= 2 else { return Array(literal) }
        let inner = UnsafeRawBufferPointer(rebasing: literal[1..<literal.count - 1])
        guard inner.contains(Byte.backslash) else { return Array(inner) }
        // Rare enough for the one place that knows all escapes.
        return JSONValue.parse(literal)?.text.map { Array($0.utf8) } ?? Array(inner)
    }

    private static func areEqualTexts(
        _ sent: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer
    ) -> StoredLook {
        guard isText(sent), isText(stored) else { return .differs }
        var text = content(sent)
        let read = content(stored)
        if text.starts(with: switchToUTF8) {
            text.removeFirst(switchToUTF8.count)
            return text == read ? .same : .differs
        }
        return text == read || oneBackslashFewer(text) == read ? .same : .differs
    }

    /// How a server shows a text without the switch to UTF-8: a backslash before a backslash or a quote is lost in its output, not in
    /// what it stores (What servers do §2.9).
    private static func oneBackslashFewer(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var at = 0
        while at < text.count {
            if text[at] == Byte.backslash, at + 1 < text.count,
                text[at + 1] == Byte.backslash || text[at + 1] == Byte.quote
            {
                at += 1
            }
            out.append(text[at])
            at += 1
        }
        return out
    }

    // MARK: - Numbers

    static func areEqualDecimals(_ one: [UInt8], _ other: [UInt8]) -> StoredLook {
        guard let left = DecimalOfValue(one), let right = DecimalOfValue(other) else { return .differs }
        return left == right ? .same : .differs
    }
}

/// A decimal as its digits: equal for every way to write one value.
private struct DecimalOfValue: Equatable {
    private var isNegative = false
    /// Without zeros at either end; empty: zero.
    private var digits: [UInt8] = []
    /// The power of ten that the last digit counts.
    private var exponent = 0

    /// nil: it is no number.
    init?(_ text: [UInt8]) {
        var at = 0
        if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            at = 1
        }
        var seen = 0
        var decimals: Int?
        while at < text.count {
            if text[at] &- UInt8(ascii: "0") <= 9 {
                seen += 1
                if let count = decimals { decimals = count + 1 }
                digits.append(text[at])
            } else if text[at] == UInt8(ascii: "."), decimals == nil {
                decimals = 0
            } else {
                break
            }
            at += 1
        }
        guard seen > 0 else { return nil }
        exponent = -(decimals ?? 0)
        if at < text.count {
            guard text[at] | 0x20 == UInt8(ascii: "e"), text.count - at <= 8,
                let power = Int(String(decoding: text[(at + 1)...], as: UTF8.self))
            else { return nil }
            exponent += power
        }
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(zeros)
        if digits.isEmpty {
            isNegative = false
            exponent = 0
        }
    }
}

// MARK: - Dates and times

/// A day in one of the forms that servers take and show (What servers do §2.5).
struct DateOfValue: Equatable {
    private var year: Int
    private var month: Int
    private var day: Int

    /// nil: it is in none of them.
    init?(_ text: [UInt8]) {
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for index in range {
                let digit = text[index] &- UInt8(ascii: "0")
                guard digit <= 9 else { return nil }
                value = value * 10 + Int(digit)
            }
            return value
        }
        let parts: (Int?, Int?, Int?)
        switch text.count {
        case 8: parts = (number(0..<4), number(4..<6), number(6..<8))
        case 10 where text[4] == UInt8(ascii: "-") && text[7] == UInt8(ascii: "-"):
            parts = (number(0..<4), number(5..<7), number(8..<10))
        case 10 where text[2] == UInt8(ascii: "/") && text[5] == UInt8(ascii: "/"):
            parts = (number(6..<10), number(0..<2), number(3..<5))
        case 11 where text[2] == Byte.space && text[6] == Byte.space:
            let name = String(decoding: text[3..<6], as: UTF8.self).uppercased()
            parts = (number(7..<11), Self.months.firstIndex(of: name).map { $0 + 1 }, number(0..<2))
        default: return nil
        }
        guard let year = parts.0, let month = parts.1, let day = parts.2 else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    private static let months = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
}

/// A time of day in one of the forms that servers take and show; `12:34` is `12:34:00.000` is `12:34:00:000:000:000`.
struct TimeOfValue: Equatable {
    /// Hour, minute, second, nanosecond.
    private var parts: [Int]

    /// nil: it is in none of them.
    init?(_ text: [UInt8]) {
        if !text.contains(UInt8(ascii: ":")) {
            guard text.count == 4 || text.count == 6, text.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else {
                return nil
            }
            var pairs: [Int] = []
            for at in stride(from: 0, to: text.count, by: 2) {
                let tens = Int(text[at] &- UInt8(ascii: "0"))
                pairs.append(tens * 10 + Int(text[at + 1] &- UInt8(ascii: "0")))
            }
            while pairs.count < 4 { pairs.append(0) }
            parts = pairs
            return
        }
        let whole = text.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: ",") }
        let fields = whole.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (2...6).contains(fields.count), fields.count <= 3 || whole.count == text.count else { return nil }
        var numbers: [Int] = []
        for (index, field) in fields.enumerated() {
            let lengths = index == 0 ? 1...2 : index < 3 ? 2...2 : 3...3
            guard lengths.contains(field.count), let number = Int(String(decoding: field, as: UTF8.self)),
                field.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 })
            else { return nil }
            numbers.append(number)
        }
        var nanoseconds = 0
        for (number, unit) in zip(numbers.dropFirst(3), [1_000_000, 1000, 1]) { nanoseconds += number * unit }
        if whole.count < text.count {
            // A server keeps nine decimals.
            let decimals = text[(whole.count + 1)...].prefix(9)
            guard !decimals.isEmpty, text[(whole.count + 1)...].allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else {
                return nil
            }
            for digit in decimals { nanoseconds = nanoseconds * 10 + Int(digit &- UInt8(ascii: "0")) }
            for _ in decimals.count..<9 { nanoseconds *= 10 }
        }
        let clock = Array(numbers.prefix(3))
        parts = clock + Array(repeating: 0, count: 3 - clock.count) + [nanoseconds]
    }
}

/// A day, and behind `T` or a blank a time of day; without one it is midnight.
struct DateTimeOfValue: Equatable {
    private var date: DateOfValue
    private var time: TimeOfValue

    /// nil: it is none.
    init?(_ text: [UInt8]) {
        guard text.count >= 10, let date = DateOfValue(Array(text[..<10])) else { return nil }
        var rest = text[10...]
        if rest.last == UInt8(ascii: "Z") { rest.removeLast() }
        guard let first = rest.first else {
            guard let midnight = TimeOfValue(Array("00:00".utf8)) else { return nil }
            (self.date, time) = (date, midnight)
            return
        }
        guard first == UInt8(ascii: "T") || first == Byte.space, let time = TimeOfValue(Array(rest.dropFirst())) else {
            return nil
        }
        (self.date, self.time) = (date, time)
    }
}

extension EnumTables {
    /// Whether a text is that of a number, without the blanks around either.
    func isText(_ text: Span<UInt8>, of number: Int, in table: Int) -> Bool {
        guard let value = value(of: number, in: table) else { return false }
        return value[withoutSpaces(value.span)].elementsEqual(Array(text.extracting(withoutSpaces(text))))
    }
}

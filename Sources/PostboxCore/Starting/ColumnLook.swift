/// What the values of a column look like.
enum ColumnLook: Equatable {
    case empty
    case ric
    case isin
    /// With a decimal point, and nothing else.
    case number
    /// The keys that read it: `decimal: ","`.
    case numberOfForm([String])
    /// Such as `1,234`: a thousand, or a little more than one?
    case ambiguousNumber(String)
    /// The same of a point, such as `1.234`, where the file may have decimal commas.
    case ambiguousPoint(String)
    /// Both marks stand before decimals.
    case mixedMarks
    case percent
    /// Such as `99-16`; `isOpen`: a tail means different things in different markets.
    case fraction(isOpen: Bool)
    /// Such as `384'6`.
    case eighths
    case date(DateLook)
    /// Both patterns fit all values, such as this.
    case ambiguousDate(String, [String])
    case time(String)
    case text

    /// Which of a number's signs is the decimal one is not known.
    var hasOpenSigns: Bool {
        switch self {
        case .ambiguousNumber, .ambiguousPoint, .mixedMarks: true
        default: false
        }
    }

    /// The values can be read in two ways, and nothing tells which is meant.
    var isOpen: Bool {
        switch self {
        case .ambiguousDate, .fraction(isOpen: true): true
        default: hasOpenSigns
        }
    }
}

/// Words that stand where there is no value.
let nullWords = ["N/A", "#N/A", "n/a", "N.A.", "n.a.", "NA", "NULL", "null", "-", "--", "---", "----", "NaN", "."]

/// The look of single values.
enum ValueLook {
    static func isNumber(_ value: String) -> Bool {
        let text = value.trimmed
        guard text.contains(where: \.isASCIIDigit) else { return false }
        return text.allSatisfy { $0.isASCIIDigit || "+-.,' \u{a0}\u{202f}eE%".contains($0) } && text.first != "e"
            && text.first != "E"
    }

    static func isISIN(_ value: String) -> Bool {
        let text = Array(value.utf8)
        guard text.count == 12, text[0].isUpper, text[1].isUpper, text.allSatisfy({ $0.isUpper || $0.isDigit }),
            text[11].isDigit
        else { return false }
        var digits: [Int] = []
        for byte in text {
            let number = byte.isDigit ? Int(byte) - 48 : Int(byte) - 55
            if number > 9 { digits.append(number / 10) }
            digits.append(number % 10)
        }
        var sum = 0
        for (index, digit) in digits.reversed().enumerated() {
            let doubled = index % 2 == 1 ? digit * 2 : digit
            sum += doubled / 10 + doubled % 10
        }
        return sum % 10 == 0
    }

    /// With a point or an equals sign, as RICs have them, and no number.
    static func isRIC(_ value: String) -> Bool {
        guard value.count <= 32, value.contains(where: { $0 == "." || $0 == "=" }), !isNumber(value) else {
            return false
        }
        return value.contains(where: \.isLetter) && date(value) == nil
            && value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._=^/-".contains($0)) }
            && value.last != "."
    }

    /// It may name an instrument: a short word, and no currency's.
    static func isKey(_ value: String) -> Bool {
        let isCurrency = value.count == 3 && value.allSatisfy { $0.isASCII && $0.isUppercase }
        return (value.isEmpty || value.count <= 32) && !isCurrency && !value.contains { $0.isWhitespace || $0 == ":" }
    }

    /// A date's pattern; nil: it is none.
    static func date(_ value: String) -> DateLook? { DateLook(of: value) }

    /// A time's pattern; nil: it is none.
    static func time(_ value: String) -> String? {
        let parts = value.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, parts.dropLast().allSatisfy({ $0.count == 2 && $0.isDigits }),
            let last = parts.last
        else { return nil }
        let seconds = last.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = seconds.first, whole.count == 2, whole.isDigits, seconds.count <= 2 else { return nil }
        var pattern = parts.count == 2 ? "HH:mm" : "HH:mm:ss"
        if seconds.count == 2 {
            guard parts.count == 3, seconds[1].isDigits, (1...9).contains(seconds[1].count) else { return nil }
            pattern += "." + String(repeating: "S", count: seconds[1].count)
        }
        return pattern
    }

    /// `384'6`: no thousands, which have three digits behind the sign.
    static func isEighths(_ value: String) -> Bool {
        let parts = value.split(omittingEmptySubsequences: false) { $0 == "'" || $0 == "\u{2019}" }
        guard parts.count == 2, let whole = parts.first, let tick = parts.last, tick.count == 1 else { return false }
        return whole.isDigits && tick.isDigits && tick < "8"
    }

    /// `99-16`, `99-16+`, `99-162`, with whether its tail is open.
    static func fraction(_ value: String) -> Bool? {
        let parts = value.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let whole = parts.first, whole.isDigits, (1...3).contains(whole.count),
            let rest = parts.last
        else { return nil }
        let ticks = rest.prefix(2)
        let tail = rest.dropFirst(2)
        guard ticks.count == 2, ticks.isDigits, let number = Int(ticks), number < 32 else { return nil }
        if tail.isEmpty || tail == "+" { return false }
        return tail.count == 1 && tail.isDigits ? true : nil
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { self >= "0" && self <= "9" && isASCII }
}

extension StringProtocol {
    var isDigits: Bool { !isEmpty && allSatisfy { $0 >= "0" && $0 <= "9" && $0.isASCII } }
}

extension UInt8 {
    fileprivate var isUpper: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}

/// How a date is written, as far as one value shows it.
struct DateLook: Equatable {
    /// What a rule writes; the first where day and month may have changed places.
    var patterns: [String]
    /// It has a time behind it.
    var hasTime = false
    /// It says its distance from UTC.
    var hasOffset = false

    init?(of value: String) {
        var date = value[...]
        var tail = ""
        if let mark = value.firstIndex(where: { $0 == "T" || $0 == " " }), value[..<mark].count >= 8,
            value[value.index(after: mark)...].prefix(2).isDigits, !value[..<mark].contains(" "),
            value[value.index(after: mark)...].contains(":")
        {
            var time = value[value.index(after: mark)...]
            var offset = ""
            if time.last == "Z" {
                offset = "XXX"
                time.removeLast()
            } else if let sign = time.lastIndex(where: { $0 == "+" || $0 == "-" }) {
                let digits = time[time.index(after: sign)...]
                guard digits.count == 5, digits.dropFirst(2).first == ":" else { return nil }
                offset = "XXX"
                time = time[..<sign]
            }
            guard let pattern = ValueLook.time(String(time)) else { return nil }
            hasTime = true
            hasOffset = !offset.isEmpty
            tail = (value[mark] == "T" ? "'T'" : " ") + pattern + offset
            date = value[..<mark]
        }
        guard let heads = Self.patterns(of: date) else { return nil }
        patterns = heads.map { $0 + tail }
    }

    private static func patterns(of date: Substring) -> [String]? {
        if date.count == 8, date.isDigits {
            guard let year = Int(date.prefix(4)), let month = Int(date.dropFirst(4).prefix(2)),
                let day = Int(date.suffix(2)), (1950...2069).contains(year), (1...12).contains(month),
                (1...31).contains(day)
            else { return nil }
            return ["yyyyMMdd"]
        }
        guard let separator = date.first(where: { "-./ ".contains($0) }) else { return nil }
        let parts = date.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let sign = String(separator)
        if parts[1].count >= 3, parts[1].allSatisfy(\.isLetter), parts[0].isDigits, parts[2].isDigits {
            guard parts[0].count <= 2, parts[2].count == 2 || parts[2].count == 4 else { return nil }
            let month = parts[1].count > 3 ? "MMMM" : "MMM"
            return [
                [parts[0].count == 1 ? "d" : "dd", month, parts[2].count == 2 ? "yy" : "yyyy"].joined(separator: sign)
            ]
        }
        guard parts.allSatisfy(\.isDigits), let first = Int(parts[0]), let second = Int(parts[1]) else { return nil }
        if parts[0].count == 4 {
            guard parts[1].count <= 2, parts[2].count <= 2, (1...12).contains(second) else { return nil }
            return [
                ["yyyy", parts[1].count == 1 ? "M" : "MM", parts[2].count == 1 ? "d" : "dd"].joined(separator: sign)
            ]
        }
        guard parts[0].count <= 2, parts[1].count <= 2, parts[2].count == 4 || parts[2].count == 2 else { return nil }
        let year = parts[2].count == 2 ? "yy" : "yyyy"
        let isShort = parts[0].count == 1 || parts[1].count == 1
        let dayFirst = [isShort ? "d" : "dd", isShort ? "M" : "MM", year].joined(separator: sign)
        let monthFirst = [isShort ? "M" : "MM", isShort ? "d" : "dd", year].joined(separator: sign)
        let (asDay, asMonth) = ((1...31).contains(first), (1...12).contains(first))
        var found: [String] = []
        if asDay, (1...12).contains(second) { found.append(dayFirst) }
        // With points the day stands first wherever dates are written so.
        if asMonth, (1...31).contains(second), separator != "." || found.isEmpty { found.append(monthFirst) }
        return found.isEmpty ? nil : found
    }
}

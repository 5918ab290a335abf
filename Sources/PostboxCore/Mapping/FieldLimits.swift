/// What a dictionary says of a field's values.
struct FieldLimits: Sendable {
    /// The RMTES switch to UTF-8, ESC % 0, which a server stores with the text.
    static let switchBytes = 3

    var type: RWFType
    /// RWF LEN: bytes at most. 0: the dictionary does not say.
    var length: Int
    /// The field's table among the dictionary's enumerations, or -1.
    var table: Int
    var tooLong: TooLong

    /// Whether a whole number fits the field's bytes.
    func holds(_ integer: (isNegative: Bool, magnitude: UInt64), isSigned: Bool) -> Bool {
        guard (1...7).contains(length) else { return true }
        let values = UInt64(1) << UInt64(8 * length)
        guard isSigned else { return integer.magnitude < values }
        return integer.isNegative ? integer.magnitude <= values / 2 : integer.magnitude < values / 2
    }

    /// The numbers that the field holds.
    var range: String {
        guard (1...7).contains(length) else {
            return switch type.target {
            case .uint: "0 to 18446744073709551615"
            case .enum: "0 to 65535"
            default: "-9223372036854775808 to 9223372036854775807"
            }
        }
        let values = UInt64(1) << UInt64(8 * length)
        switch type.target {
        case .int: return "-\(values / 2) to \(values / 2 - 1)"
        case .enum: return "0 to \(enumMax)"
        case .real: return "-9223372036854775808 to 9223372036854775807"
        default: return "0 to \(values - 1)"
        }
    }

    /// The highest number of an ENUM.
    var enumMax: UInt64 { length == 1 ? 255 : 65535 }

    /// Decimals of a second that a TIME or a DATETIME holds.
    var timeDecimals: Int {
        let time = type.target == .dateTime ? max(0, length - 4) : length
        return switch time {
        case 1...4: 0
        case 5, 6: 3
        case 7: 6
        default: 9
        }
    }

    /// How many bytes of a time are to be sent: zeros that the field does not hold are not. nil: it holds less than the time says.
    func timeBytes(of time: Span<UInt8>) -> Int? {
        guard let point = time.indices.first(where: { time[$0] == UInt8(ascii: ".") || time[$0] == UInt8(ascii: ",") })
        else { return time.count }
        let end = timeDecimals == 0 ? point : point + 1 + timeDecimals
        guard end < time.count else { return time.count }
        for index in max(end, point + 1)..<time.count where time[index] != UInt8(ascii: "0") { return nil }
        return end
    }
}

extension FieldConversion {
    /// A text that is longer than the field goes, and somebody is to be told.
    var sendsLongTexts: Bool {
        guard let limits, target == .text || target == .ascii else { return false }
        return limits.tooLong == .warn && limits.length > 0
    }

    /// Whether blanks alone are one of the field's display texts.
    func areText(blanks value: Span<UInt8>, _ table: borrowing DisplayTable) -> Bool {
        if table.number(of: value, in: displays, isWhole: true) != nil { return true }
        guard let limits else { return false }
        return table.enums.reading(of: value, in: limits.table) != .none
    }

    /// The number of a value of the field, always: a server takes the first table line whose text fits, and that may be the wrong one
    /// (What servers do §2.9). Texts that the rule lists are looked up before those of the dictionary.
    func writeEnum(
        _ value: Span<UInt8>, _ trimmed: Span<UInt8>, _ kind: RowBatch.Kind, _ limits: FieldLimits,
        _ table: borrowing DisplayTable, into out: inout MappedBytes
    ) -> FieldOutcome {
        let number: UInt64
        if let listed = table.number(of: value, or: trimmed, in: displays) {
            number = UInt64(listed)
        } else {
            let digits = areDigits(trimmed) ? DecimalText(trimmed)?.integer(isSigned: false)?.magnitude ?? .max : nil
            // A JSON number is a number, and a JSON string a text, although it be digits.
            switch kind == .number ? .none : table.enums.reading(of: value, in: limits.table) {
            case .number(let read):
                if let digits, kind != .string, digits != read, digits <= limits.enumMax,
                    table.enums.has(Int(digits), in: limits.table)
                {
                    return .faulty(.ambiguousEnum)
                }
                number = UInt64(read)
            case .ambiguous: return .faulty(.ambiguousEnum)
            case .none:
                guard let digits, kind != .string else {
                    let isBelow = kind == .number && trimmed[0] == UInt8(ascii: "-")
                    return .faulty(isBelow ? .outOfRange : .notInEnum)
                }
                number = digits
            }
        }
        guard number <= limits.enumMax else { return .faulty(.outOfRange) }
        guard table.enums.has(Int(number), in: limits.table) else { return .faulty(.notInEnum) }
        writeDigits(number, decimals: 0, into: &out)
        return .written
    }

    /// What the field says about a value with this fault, for the words that tell it; empty: nothing.
    ///
    /// - Parameter isLiteral: a number of JSON, which has one decimal sign.
    func detail(
        of fault: ValueFault, _ value: Span<UInt8>, isLiteral: Bool = false, _ table: borrowing DisplayTable
    ) -> [String] {
        if fault == .notAnInteger, doubtsPoints, !isLiteral, mayPartThousands(value) { return ["thousands"] }
        if fault == .notADecimal, target == .real { return ["real"] }
        if fault == .decimalTooLong { return hint(ofTooLong: value).map { [$0] } ?? [] }
        guard let limits else { return [] }
        switch fault {
        case .outOfRange: return ["\(limits.range)"]
        case .notInEnum:
            guard limits.table >= 0 else { return ["the dictionary has no values for it"] }
            let nearest = table.enums.nearest(to: Array(value), in: limits.table)
            return nearest.map { ["the nearest is \($0.shown), which is \($0.number)"] } ?? []
        case .ambiguousEnum:
            switch table.enums.reading(of: value, in: limits.table) {
            case .number(let number): return ["the number of one value and the text of \(number)"]
            case .ambiguous(let numbers):
                return ["the text of each of \(numbers.map { "\($0)" }.joined(separator: ", "))"]
            case .none: return []
            }
        case .textTooLong: return ["\(limits.length)"]
        case .fieldNotPostable: return [limits.type.rawValue]
        case .badTime where isTime(value): return ["\(limits.timeDecimals)"]
        default: return []
        }
    }
}

extension FieldConversion {
    /// What to do about a number that does not fit, where it is not only to be rounded; nil: that may help.
    private func hint(ofTooLong value: Span<UInt8>) -> String? {
        let shorter = "Write fewer digits."
        if target == .int || target == .uint { return shorter }
        guard var decimal = DecimalText(value) else { return nil }
        if isScaled, !decimal.multiply(by: scale) { return shorter }
        if decimal.exceedsReal {
            return "Correct it: no price is larger than \(DecimalText.mantissaMax), however few decimals it has."
        }
        guard round >= 0 else { return nil }
        if rounding == .none, !decimal.round(to: round, .none) {
            return
                "By `rounding: none` nothing may be rounded away: write decimals as `round: \(round)` keeps them, or "
                + "choose another `rounding`."
        }
        return "Write fewer digits, or keep fewer decimals than `round: \(round)`."
    }
}

extension Array where Element == UInt8 {
    /// The bytes of a span.
    init(_ bytes: Span<UInt8>) {
        self.init()
        append(bytes)
    }
}

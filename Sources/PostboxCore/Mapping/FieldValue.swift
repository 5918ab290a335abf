/// What came of turning a value into JSON.
enum FieldOutcome: Equatable, Sendable {
    case written
    /// There is no value: the rule's `empty` decides. Nothing was written.
    case empty
    /// The row is to be rejected. What was written does not count.
    case faulty(ValueFault)
}

/// Why a value cannot go on the wire; its name in snake case is the reason in a result file.
enum ValueFault: String, Sendable, Equatable, CaseIterable {
    case notADecimal = "not_a_decimal"
    case notANumber = "not_a_number"
    case decimalTooLong = "decimal_too_long"
    case notAnInteger = "not_an_integer"
    case booleanValue = "boolean_value"
    case nestedValue = "nested_value"
    case badEnum = "bad_enum"
    case unknownEnumValue = "unknown_enum_value"
    case badDate = "bad_date"
    case badTime = "bad_time"
}

/// How a field's values become JSON. A server acks many a value that it then stores wrong or blank (observed §2.5), so
/// whatever is written here is checked first.
struct FieldConversion: Sendable {
    enum Target: UInt8, Sendable {
        case look
        case real
        case int
        case text
        case `enum`
        case date
        case time
    }

    var target: Target = .look
    /// Decimals kept, or -1 to keep all.
    var round = -1
    /// Whether `scale` is other than 1 by the rule.
    var isScaled = false
    var scale = DecimalText.Scale.one
    /// The entries of the enum's display texts.
    var displays = 0..<0

    /// By look.
    init() {}

    /// As a field's rule says. A scale or a rounding makes the field a number although its type is not given.
    init(_ rule: FieldRule) {
        switch rule.type {
        case .real: target = .real
        case .int: target = .int
        case .text: target = .text
        case .enum: target = .enum
        case .date: target = .date
        case .time: target = .time
        case nil: target = rule.scale != nil || rule.round != nil ? .real : .look
        }
        round = rule.round ?? -1
        if let scale = rule.scale.flatMap(DecimalText.Scale.init) {
            isScaled = true
            self.scale = scale
        }
    }

    /// Writes the value as JSON.
    func write(
        _ value: Span<UInt8>, kind: RowBatch.Kind, displays table: borrowing DisplayTable, into out: inout MappedBytes
    ) -> FieldOutcome {
        switch kind {
        case .bool: return .faulty(.booleanValue)
        case .nested: return .faulty(.nestedValue)
        case .null: return .empty
        case .plain, .string, .number: break
        }
        if value.isEmpty { return .empty }
        switch target {
        case .look:
            switch kind {
            case .plain: return writeByLook(value, into: &out)
            case .number: return writeReal(value, into: &out)
            default:
                writeText(value, into: &out)
                return .written
            }
        case .text:
            writeText(value, into: &out)
            return .written
        case .real, .int, .enum, .date, .time:
            let core = withoutSpaces(value)
            if core.isEmpty { return .empty }
            let trimmed = value.extracting(core)
            switch target {
            case .real: return writeReal(trimmed, into: &out)
            case .int: return writeInt(trimmed, into: &out)
            case .enum: return writeEnum(trimmed, table, into: &out)
            case .date: return writeDate(trimmed, into: &out)
            default: return writeTime(trimmed, into: &out)
            }
        }
    }

    private func writeByLook(_ value: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        if isCanonical(value) {
            out.append(value)
            return .written
        }
        if isWordAtALook(value[0], value[value.count - 1], value.count) {
            writeText(value, into: &out)
            return .written
        }
        let core = withoutSpaces(value)
        if core.isEmpty { return .empty }
        let trimmed = value.extracting(core)
        switch look(of: trimmed) {
        case .text: writeText(value, into: &out)
        case .number: return writeReal(trimmed, into: &out)
        case .faulty(let fault): return .faulty(fault)
        }
        return .written
    }

    private func writeReal(_ value: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        if !isScaled, round < 0, isCanonical(value) {
            out.append(value)
            return .written
        }
        guard var decimal = DecimalText(value) else {
            return .faulty(isNotANumber(value) ? .notANumber : .notADecimal)
        }
        if isScaled, !decimal.multiply(by: scale) { return .faulty(.decimalTooLong) }
        if round >= 0, !decimal.round(to: round) { return .faulty(.decimalTooLong) }
        guard decimal.fit() else { return .faulty(.decimalTooLong) }
        decimal.write(into: &out)
        return .written
    }

    private func writeInt(_ value: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        guard var decimal = DecimalText(value) else {
            return .faulty(isNotANumber(value) ? .notANumber : .notAnInteger)
        }
        if isScaled || round >= 0 {
            if isScaled, !decimal.multiply(by: scale) { return .faulty(.decimalTooLong) }
            if round >= 0, !decimal.round(to: round) { return .faulty(.decimalTooLong) }
        } else {
            // A point or an exponent says that the column holds something else, even where the value would be whole.
            for index in value.indices where value[index] == UInt8(ascii: ".") || value[index] | 0x20 == 0x65 {
                return .faulty(.notAnInteger)
            }
        }
        guard let integer = decimal.integer() else { return .faulty(.notAnInteger) }
        if integer.isNegative { out.append(UInt8(ascii: "-")) }
        writeDigits(integer.magnitude, decimals: 0, into: &out)
        return .written
    }

    private func writeEnum(
        _ value: Span<UInt8>, _ table: borrowing DisplayTable, into out: inout MappedBytes
    ) -> FieldOutcome {
        if let number = table.number(of: value, in: displays) {
            writeDigits(UInt64(number), decimals: 0, into: &out)
            return .written
        }
        if let decimal = DecimalText(value) {
            for index in value.indices where value[index] &- UInt8(ascii: "0") > 9 { return .faulty(.badEnum) }
            guard let integer = decimal.integer(), integer.magnitude <= 65535 else { return .faulty(.badEnum) }
            writeDigits(integer.magnitude, decimals: 0, into: &out)
            return .written
        }
        if !displays.isEmpty { return .faulty(.unknownEnumValue) }
        for index in value.indices where value[index] < 0x20 || value[index] > 0x7e { return .faulty(.badEnum) }
        writeText(value, into: &out)
        return .written
    }

    private func writeDate(_ value: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        guard isDate(value) else { return .faulty(.badDate) }
        out.append(UInt8(ascii: "\""))
        for index in value.indices {
            let byte = value[index]
            // The only letters in a date are its month's.
            out.append(byte >= UInt8(ascii: "a") ? byte - 0x20 : byte)
        }
        out.append(UInt8(ascii: "\""))
        return .written
    }

    private func writeTime(_ value: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        guard isTime(value) else { return .faulty(.badTime) }
        out.append(UInt8(ascii: "\""))
        out.append(value)
        out.append(UInt8(ascii: "\""))
        return .written
    }
}

/// The display texts of all enum fields of a rule and the numbers they stand for; a field's entries lie together, sorted.
struct DisplayTable: Sendable {
    private struct Entry {
        var start: Int
        var length: Int
        var number: Int
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    /// Adds a field's display texts. Spaces around them do not count.
    mutating func add(_ values: [String: Int]) -> Range<Int> {
        var texts: [(text: [UInt8], number: Int)] = []
        for (text, number) in values {
            let utf8 = Array(text.utf8)
            texts.append((Array(utf8[withoutSpaces(utf8.span)]), number))
        }
        texts.sort { $0.text.lexicographicallyPrecedes($1.text) }
        let first = entries.count
        for (text, number) in texts {
            entries.append(Entry(start: bytes.count, length: text.count, number: number))
            bytes += text
        }
        return first..<entries.count
    }

    func number(of text: Span<UInt8>, in range: Range<Int>) -> Int? {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            let entry = entries[middle]
            switch order(text, entry) {
            case 0: return entry.number
            case ..<0: high = middle
            default: low = middle + 1
            }
        }
        return nil
    }

    private func order(_ text: Span<UInt8>, _ entry: Entry) -> Int {
        for index in 0..<min(text.count, entry.length) {
            let difference = Int(text[index]) - Int(bytes[entry.start + index])
            if difference != 0 { return difference }
        }
        return text.count - entry.length
    }
}

/// Writes text as a JSON string.
///
/// A server fails a whole message over an escape of a character beyond ASCII and reads raw UTF-8 as its default character
/// set, unless the text begins with the RMTES switch to UTF-8, ESC % 0 (observed §2.5, §3).
func writeText(_ text: Span<UInt8>, into out: inout MappedBytes) {
    out.append(UInt8(ascii: "\""))
    var isASCII = true
    var isPlain = true
    for index in text.indices {
        let byte = text[index]
        if byte >= 0x80 { isASCII = false }
        if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { isPlain = false }
    }
    if !isASCII { out.append("\\u001b%0") }
    if isPlain {
        out.append(text)
    } else {
        for index in text.indices { writeEscaped(text[index], into: &out) }
    }
    out.append(UInt8(ascii: "\""))
}

private func writeEscaped(_ byte: UInt8, into out: inout MappedBytes) {
    switch byte {
    case UInt8(ascii: "\""): out.append("\\\"")
    case UInt8(ascii: "\\"): out.append("\\\\")
    case 0x08: out.append("\\b")
    case 0x09: out.append("\\t")
    case 0x0a: out.append("\\n")
    case 0x0c: out.append("\\f")
    case 0x0d: out.append("\\r")
    case ..<0x20:
        let digits: StaticString = "0123456789abcdef"
        out.append("\\u00")
        out.append(digits.utf8Start[Int(byte >> 4)])
        out.append(digits.utf8Start[Int(byte & 15)])
    default: out.append(byte)
    }
}

/// Where the text lies without the ASCII spaces and tabs around it.
func withoutSpaces(_ text: Span<UInt8>) -> Range<Int> {
    var start = 0
    var end = text.count
    while start < end, isSpace(text[start]) { start += 1 }
    while start < end, isSpace(text[end - 1]) { end -= 1 }
    return start..<end
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
}

private enum Look {
    case number
    case text
    case faulty(ValueFault)
}

/// What a value without spaces around it is by its look; `isCanonical` said no to it or to it with its spaces.
private func look(of value: Span<UInt8>) -> Look {
    if isNotANumber(value) { return .faulty(.notANumber) }
    // What begins with a letter is a word, `E5` too; only after that does an `e` make an exponent.
    if value[0] >= UInt8(ascii: "A") { return .text }
    for index in value.indices {
        switch value[index] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: ","), UInt8(ascii: "e"), UInt8(ascii: "E"):
            continue
        default: return .text
        }
    }
    switch plainDecimal(value) {
    case .exact: return .number
    case .leadingZeros: return .text
    case .none: return value.count == 10 && isDate(value) ? .text : .faulty(.notADecimal)
    }
}

private enum PlainDecimal {
    case exact
    case leadingZeros
    case none
}

/// Whether the value is an optional `-`, digits and an optional fraction with digits.
private func plainDecimal(_ value: Span<UInt8>) -> PlainDecimal {
    var index = value[0] == UInt8(ascii: "-") ? 1 : 0
    let start = index
    while index < value.count, value[index] &- UInt8(ascii: "0") <= 9 { index += 1 }
    guard index > start else { return .none }
    let hasLeadingZeros = index - start > 1 && value[start] == UInt8(ascii: "0")
    if index < value.count {
        guard value[index] == UInt8(ascii: "."), index + 1 < value.count else { return .none }
        index += 1
        while index < value.count, value[index] &- UInt8(ascii: "0") <= 9 { index += 1 }
        guard index == value.count else { return .none }
    }
    return hasLeadingZeros ? .leadingZeros : .exact
}

/// Whether the value can go on the wire as the number it is: a plain decimal without superfluous leading zeros that is no
/// `-0` and surely fits. False for some that fit as well, which then take the longer way.
@inline(__always)
private func isCanonical(_ value: Span<UInt8>) -> Bool {
    value.count <= 8 ? isCanonicalShort(value) : value.withUnsafeBytes { isCanonicalLong($0) }
}

/// Values that a look told already never come here: it need not be fast.
private func isCanonicalShort(_ value: Span<UInt8>) -> Bool {
    value.withUnsafeBytes { isCanonicalWord(shortWord($0, 0, $0.count), $0.count) }
}

/// All bytes at once, the first in the lowest byte and zeros behind the last: most prices have no more than eight.
@inline(__always)
func isCanonicalWord(_ word: UInt64, _ count: Int) -> Bool {
    var word = word
    var length = count
    let isNegative = UInt8(truncatingIfNeeded: word) == UInt8(ascii: "-")
    if isNegative {
        word &>>= 8
        length &-= 1
    }
    guard length > 0 else { return false }
    let highs: UInt64 = 0x8080_8080_8080_8080
    let used = leadingBytes(length)
    // With the high bits clear no addition below carries into the next byte.
    guard word & highs == 0 else { return false }
    let zeros: UInt64 = 0x3030_3030_3030_3030
    let differences = word ^ (zeros & used)
    // The high bit of each byte that is no digit.
    let others = (differences &+ 0x7676_7676_7676_7676) & highs & used
    if others == 0 {
        guard length == 1 || UInt8(truncatingIfNeeded: word) != UInt8(ascii: "0") else { return false }
        return !(isNegative && differences == 0)
    }
    let point = others.trailingZeroBitCount &>> 3
    guard others & (others &- 1) == 0, point > 0, point < length &- 1,
        UInt8(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: point &* 8)) == UInt8(ascii: "."),
        point == 1 || UInt8(truncatingIfNeeded: word) != UInt8(ascii: "0")
    else { return false }
    // Eight bytes hold fewer digits than a Real takes.
    return !(isNegative && differences == 0x1e &<< UInt64(truncatingIfNeeded: point &* 8))
}

/// The same, byte by byte.
func isCanonicalLong(_ value: UnsafeRawBufferPointer) -> Bool {
    let count = value.count
    guard count <= 20 else { return false }
    var index = 0
    let isNegative = value[0] == UInt8(ascii: "-")
    if isNegative { index = 1 }
    guard index < count else { return false }
    let start = index
    var digitsSeen: UInt8 = 0
    while index < count {
        let digit = value[index] &- UInt8(ascii: "0")
        guard digit <= 9 else { break }
        digitsSeen |= digit
        index += 1
    }
    let whole = index - start
    guard whole == 1 || (whole > 1 && value[start] != UInt8(ascii: "0")) else { return false }
    var fraction = 0
    if index < count {
        guard value[index] == UInt8(ascii: ".") else { return false }
        index += 1
        let fractionStart = index
        while index < count {
            let digit = value[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return false }
            digitsSeen |= digit
            index += 1
        }
        fraction = index - fractionStart
        guard fraction > 0 else { return false }
    }
    return fraction <= DecimalText.decimalsMax && whole + fraction <= DecimalText.digitsMax
        && !(isNegative && digitsSeen == 0)
}

/// Whether a value with this first and last byte, and so many in all, is surely a text: no number, and no `NaN` or `Inf`.
@inline(__always)
func isWordAtALook(_ first: UInt8, _ last: UInt8, _ count: Int) -> Bool {
    guard first > UInt8(ascii: "9") else { return false }
    let mayBeNone = first | 0x20 == UInt8(ascii: "n") || first | 0x20 == UInt8(ascii: "i")
    // Neither `NaN`, `Inf` nor `Infinity`, nor one of them with spaces behind it.
    return !mayBeNone || (count != 3 && count != 8 && last > Byte.space)
}

/// Whether the value says in words that it is no finite number: `NaN`, `Inf`, `Infinity` in any case, with or without sign.
func isNotANumber(_ value: Span<UInt8>) -> Bool {
    let start = value[0] == UInt8(ascii: "-") || value[0] == UInt8(ascii: "+") ? 1 : 0
    return isWord(value, from: start, "nan") || isWord(value, from: start, "inf")
        || isWord(value, from: start, "infinity")
}

private func isWord(_ value: Span<UInt8>, from start: Int, _ word: StaticString) -> Bool {
    guard value.count - start == word.utf8CodeUnitCount else { return false }
    for index in start..<value.count where value[index] | 0x20 != word.utf8Start[index - start] { return false }
    return true
}

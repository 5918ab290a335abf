/// What came of turning a value into JSON.
enum FieldOutcome: Equatable, Sendable {
    case written
    /// Written, and somebody is to be told this of it.
    case warned(ValueFault)
    /// There is no value: the rule's `empty` decides. Nothing was written.
    case empty
    /// The row is to be rejected. What was written does not count.
    case faulty(ValueFault)
}

/// Why a value cannot go on the wire; its name in snake case is the reason in a result file.
enum ValueFault: String, Sendable, Equatable, CaseIterable {
    case notADecimal = "not_a_decimal"
    case notANumber = "not_a_number"
    case likeNoNumber = "like_no_number"
    case decimalTooLong = "decimal_too_long"
    case notAnInteger = "not_an_integer"
    case controlInText = "control_in_text"
    case spreadsheetError = "spreadsheet_error"
    case lineBreak = "line_break"
    case booleanValue = "boolean_value"
    case nestedValue = "nested_value"
    case badEnum = "bad_enum"
    case unknownEnumValue = "unknown_enum_value"
    case uncheckedEnum = "unchecked_enum"
    // Of what a dictionary says of the field.
    case outOfRange = "out_of_range"
    case notInEnum = "not_in_enum"
    case ambiguousEnum = "ambiguous_enum"
    case textTooLong = "text_too_long"
    case notASCII = "not_ascii"
    case fieldNotPostable = "field_not_postable"
    case badDate = "bad_date"
    case ambiguousDate = "ambiguous_date"
    case badTime = "bad_time"
    // Of what a rule makes of a value.
    case badGrouping = "bad_grouping"
    case ambiguousFraction = "ambiguous_fraction"
    case notADate = "not_a_date"
    case ambiguousTime = "ambiguous_time"
    case notInMap = "not_in_map"
    case notInTable = "not_in_table"
    case divisionByZero = "division_by_zero"
    case noMatch = "no_match"
    case damagedText = "damaged_text"
}

/// How a field's values become JSON. A server acks many a value that it then stores wrong or blank
/// (What servers do §2.5), so whatever is written here is checked first.
struct FieldConversion: Sendable {
    enum Target: UInt8, Sendable {
        case look
        case real
        case int
        case uint
        case text
        case ascii
        case `enum`
        case date
        case time
        // By a dictionary alone.
        case dateTime
        /// What nobody can write into a price file.
        case notPostable
        /// It stands there as it went on the wire, and goes so again.
        case wire
    }

    var target: Target = .look
    /// Decimals kept, or -1 to keep all.
    var round = -1
    /// What becomes of the others.
    var rounding = Rounding.halfUp
    /// Whether `scale` is other than 1 by the rule.
    var isScaled = false
    var scale = DecimalText.Scale.one
    /// The entries of the enum's display texts.
    var displays = 0..<0
    /// A display text goes as it is, unchecked.
    var takesAnyText = false
    /// What a line break in a value means.
    var lineBreaks = LineBreaks.reject
    /// Nothing says which sign is the decimal one: of a whole number a point before three digits may part thousands.
    var doubtsPoints = false
    /// Values are dates that Postbox wrote itself, of a rule's pattern: they need no second look.
    var isMadeDate = false
    /// What the dictionary says of the field; nil: there is no dictionary.
    var limits: FieldLimits?

    /// By look.
    init() {}

    /// As the dictionary has the field, which no rule names.
    init(_ field: FieldDictionary.Field, tooLong: TooLong) {
        adopt(field, tooLong: tooLong)
    }

    /// As a field's rule says. A scale or a rounding makes the field a number although its type is not given.
    ///
    /// - Parameter field: what the dictionary says of it, which has the last word on its type; nil: there is no dictionary.
    init(_ rule: FieldRule, as field: FieldDictionary.Field? = nil) {
        switch rule.type {
        case .real: target = .real
        case .int: target = .int
        case .uint: target = .uint
        case .text: target = .text
        case .ascii: target = .ascii
        case .enum: target = .enum
        case .date: target = .date
        case .time: target = .time
        case nil: target = rule.scale != nil || rule.round != nil ? .real : .look
        }
        round = rule.round ?? -1
        rounding = rule.rounding ?? .halfUp
        takesAnyText = rule.takesAnyText ?? false
        if let scale = rule.scale.flatMap(DecimalText.Scale.init) {
            isScaled = true
            self.scale = scale
        }
        if let field { adopt(field, tooLong: rule.tooLong ?? .reject) }
    }

    private mutating func adopt(_ field: FieldDictionary.Field, tooLong: TooLong) {
        target = field.type.target
        limits = FieldLimits(type: field.type, length: field.length, table: field.table ?? -1, tooLong: tooLong)
    }

    /// Writes the value as JSON.
    func write(
        _ value: Span<UInt8>, kind: RowBatch.Kind, displays table: borrowing DisplayTable, into out: inout MappedBytes
    ) -> FieldOutcome {
        if target == .notPostable, kind == .nested || kind == .bool || !value.isEmpty && kind != .null {
            return .faulty(.fieldNotPostable)
        }
        switch kind {
        case .bool: return .faulty(.booleanValue)
        // What is wrong with a faulty one is told by its own problem.
        case .nested, .faulty: return .faulty(.nestedValue)
        case .null: return .empty
        case .padded: return writePadded(value, displays: table, into: &out)
        case .plain, .string, .number: break
        }
        if target == .wire { return writeAgain(value, isText: kind != .number, into: &out) }
        if value.isEmpty { return .empty }
        if isSpoiled(value) { return .faulty(.spreadsheetError) }
        switch target {
        case .look:
            switch kind {
            case .plain: return writeByLook(value, into: &out)
            case .number: return writeReal(value, into: &out)
            default: return isLikeNoNumber(string: value) ? .faulty(.likeNoNumber) : writeText(value, into: &out)
            }
        case .text, .ascii:
            return writeText(value, into: &out)
        case .notPostable:
            return .faulty(.fieldNotPostable)
        case .wire:
            return writeAgain(value, isText: kind != .number, into: &out)
        case .real, .int, .uint, .enum, .date, .time, .dateTime:
            let core = withoutSpaces(value)
            if core.isEmpty, target != .enum || !areText(blanks: value, table) { return .empty }
            let trimmed = value.extracting(core)
            if lineBreaks == .reject, hasLineBreak(value) { return .faulty(.lineBreak) }
            switch target {
            case .real: return writeReal(trimmed, into: &out)
            case .int, .uint: return writeInt(trimmed, isLiteral: kind == .number, into: &out)
            case .enum:
                return limits.map { writeEnum(value, trimmed, kind, $0, table, into: &out) }
                    ?? writeEnum(value, trimmed, isText: kind == .string, table, into: &out)
            case .date: return writeDate(trimmed, into: &out)
            case .dateTime: return writeDateTime(trimmed, into: &out)
            default: return writeTime(trimmed, into: &out)
            }
        }
    }

    /// A line break around a value is none of the value's own, except of a text's.
    private func writePadded(
        _ value: Span<UInt8>, displays table: borrowing DisplayTable, into out: inout MappedBytes
    ) -> FieldOutcome {
        let core = value.extracting(withoutSpaces(value))
        let isText =
            switch target {
            case .text, .ascii: true
            case .look: !core.isEmpty && isText(byLook: core)
            case .real, .int, .uint, .enum, .date, .time, .dateTime, .notPostable, .wire: false
            }
        // Blanks alone are dealt with as everywhere: they may belong to an enum's text.
        return write(isText || !hasLineBreak(value) ? value : core, kind: .plain, displays: table, into: &out)
    }

    private func writeByLook(_ value: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        if isCanonical(value) {
            out.append(value)
            return .written
        }
        let core = withoutSpaces(value)
        if core.isEmpty { return .empty }
        let trimmed = value.extracting(core)
        switch look(of: trimmed) {
        case .text: return writeText(value, into: &out)
        case .number:
            return lineBreaks == .reject && hasLineBreak(value)
                ? .faulty(.lineBreak) : writeReal(trimmed, into: &out)
        case .faulty(let fault): return .faulty(fault)
        }
    }

    /// Writes text as a JSON string.
    ///
    /// A server fails a whole message over an escape of a character beyond ASCII and reads raw UTF-8 as its default character
    /// set, unless the text begins with the RMTES switch to UTF-8, ESC % 0 (What servers do §2.5, §3). Behind that
    /// switch it also reads SO, SI, DEL, NUL and a backslash before a quote or backslash as they are, which it does not
    /// without (What servers do §2.9). An ESC of the text's own would be read as a switch. A field of ASCII takes the
    /// switch's three characters for text.
    func writeText(_ text: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        var needsSwitch = false
        var hasShift = false
        var isPlain = true
        var isWide = false
        for index in text.indices {
            switch text[index] {
            case 0x1b: return .faulty(.controlInText)
            case 0x00, 0x0e, 0x0f, 0x7f:
                hasShift = true
                isPlain = false
            case Byte.lineFeed, Byte.carriageReturn:
                if lineBreaks != .keep { return .faulty(.lineBreak) }
                isPlain = false
            case Byte.backslash:
                isPlain = false
                if index + 1 < text.count, text[index + 1] == Byte.backslash || text[index + 1] == Byte.quote {
                    needsSwitch = true
                }
            case Byte.quote, ..<0x20: isPlain = false
            case 0xEF where isDamage(text, index): return .faulty(.damagedText)
            case 0x80...:
                needsSwitch = true
                isWide = true
            default: break
            }
        }
        if hasShift, target == .ascii { return .faulty(.controlInText) }
        let isSwitched = (needsSwitch || hasShift) && target != .ascii
        var outcome = FieldOutcome.written
        if let limits {
            if isWide, target == .ascii { return .faulty(.notASCII) }
            let prefix = isSwitched ? FieldLimits.switchBytes : 0
            if limits.length > 0, text.count + prefix > limits.length {
                switch limits.tooLong {
                case .reject: return .faulty(.textTooLong)
                case .warn: outcome = .warned(.textTooLong)
                case .cut:
                    let kept = TextCut.bytes(within: limits.length - prefix, of: text)
                    return kept > 0 ? writeText(text.extracting(0..<kept), into: &out) : .faulty(.textTooLong)
                }
            }
        }
        out.append(UInt8(ascii: "\""))
        if isSwitched { out.append(utf8Switch) }
        if isPlain {
            out.append(text)
        } else {
            for index in text.indices { writeEscaped(text[index], into: &out) }
        }
        out.append(UInt8(ascii: "\""))
        return outcome
    }

    /// Writes a JSON value as it was read: a text with the switch that it went with, or without one.
    private func writeAgain(_ value: Span<UInt8>, isText: Bool, into out: inout MappedBytes) -> FieldOutcome {
        guard isText else {
            out.append(value)
            return .written
        }
        out.append(UInt8(ascii: "\""))
        for index in value.indices { writeEscaped(value[index], into: &out) }
        out.append(UInt8(ascii: "\""))
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
        if round >= 0, !decimal.round(to: round, rounding) { return .faulty(.decimalTooLong) }
        let whole = decimal
        guard decimal.fit() else { return .faulty(limits != nil && whole.exceedsReal ? .outOfRange : .decimalTooLong) }
        decimal.write(into: &out)
        return .written
    }

    /// - Parameter isLiteral: a number of JSON, which has one decimal sign.
    private func writeInt(_ value: Span<UInt8>, isLiteral: Bool, into out: inout MappedBytes) -> FieldOutcome {
        guard var decimal = DecimalText(value) else {
            return .faulty(isNotANumber(value) ? .notANumber : .notAnInteger)
        }
        if isScaled || round >= 0 {
            if isScaled, !decimal.multiply(by: scale) { return .faulty(.decimalTooLong) }
            if round >= 0, !decimal.round(to: round, rounding) { return .faulty(.decimalTooLong) }
        } else {
            // 1, or a thousand in a file of decimal commas. What is scaled or rounded has decimals.
            if doubtsPoints, !isLiteral, mayPartThousands(value) { return .faulty(.notAnInteger) }
            // An exponent says that the column holds something else, even where the value would be whole.
            for index in value.indices where value[index] | 0x20 == UInt8(ascii: "e") {
                return .faulty(.notAnInteger)
            }
        }
        guard let integer = decimal.integer(isSigned: target != .uint) else {
            return .faulty(limits != nil && decimal.isWhole ? .outOfRange : .notAnInteger)
        }
        if let limits, !limits.holds(integer, isSigned: target != .uint) { return .faulty(.outOfRange) }
        if integer.isNegative { out.append(UInt8(ascii: "-")) }
        writeDigits(integer.magnitude, decimals: 0, into: &out)
        return .written
    }

    /// The listed number of a display text; else a number as it is. What is a JSON string is a text, although it be digits: a
    /// dictionary has texts that are the digits of another value's number (What servers do §2.9).
    private func writeEnum(
        _ value: Span<UInt8>, _ trimmed: Span<UInt8>, isText: Bool, _ table: borrowing DisplayTable,
        into out: inout MappedBytes
    ) -> FieldOutcome {
        if let number = table.number(of: value, or: trimmed, in: displays) {
            writeDigits(UInt64(number), decimals: 0, into: &out)
            return .written
        }
        if !isText, let decimal = DecimalText(trimmed),
            !takesAnyText || isCanonical(trimmed) && areDigits(trimmed) && decimal.mantissa <= 65535
        {
            guard areDigits(trimmed) else { return .faulty(.badEnum) }
            guard let integer = decimal.integer(), integer.magnitude <= 65535 else { return .faulty(.badEnum) }
            writeDigits(integer.magnitude, decimals: 0, into: &out)
            return .written
        }
        guard takesAnyText else { return .faulty(displays.isEmpty ? .uncheckedEnum : .unknownEnumValue) }
        for index in value.indices where value[index] < 0x20 || value[index] > 0x7e { return .faulty(.badEnum) }
        return writeText(value, into: &out)
    }

    private func writeDate(_ value: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        switch DateText(value) {
        case .none: return .faulty(.badDate)
        case .ambiguous: return .faulty(.ambiguousDate)
        case .asItIs:
            out.append(UInt8(ascii: "\""))
            out.append(value)
        case .dayMonthYear(let day, let month, let year):
            out.append(UInt8(ascii: "\""))
            if value.extracting(day).count < 2 { out.append(UInt8(ascii: "0")) }
            out.append(value.extracting(day))
            out.append(UInt8(ascii: " "))
            // The server reads a month's name in capitals alone (What servers do §2.9).
            for index in month { out.append(value[index] & ~0x20) }
            out.append(UInt8(ascii: " "))
            out.append(value.extracting(year))
        }
        out.append(UInt8(ascii: "\""))
        return .written
    }

    private func writeTime(_ value: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        guard isTime(value), let kept = limits.map({ $0.timeBytes(of: value) }) ?? value.count else {
            return .faulty(.badTime)
        }
        out.append(UInt8(ascii: "\""))
        out.append(value.extracting(0..<kept))
        out.append(UInt8(ascii: "\""))
        return .written
    }

    /// `2026-11-21T12:34:56.789`: the date and the time are each what a field of its own would take.
    private func writeDateTime(_ value: Span<UInt8>, into out: inout MappedBytes) -> FieldOutcome {
        guard value.count > 11, value[10] == UInt8(ascii: "T") || value[10] == Byte.space,
            case .asItIs = DateText(value.extracting(0..<10))
        else { return .faulty(.badDate) }
        let time = value.extracting(11..<value.count)
        guard time.count >= 5, time[2] == UInt8(ascii: ":"), isTime(time),
            let kept = limits.map({ $0.timeBytes(of: time) }) ?? time.count
        else { return .faulty(.badTime) }
        out.append(UInt8(ascii: "\""))
        out.append(value.extracting(0..<10))
        out.append(UInt8(ascii: "T"))
        out.append(time.extracting(0..<kept))
        out.append(UInt8(ascii: "\""))
        return .written
    }
}

/// What a text begins with that is UTF-8 (What servers do §2.5), as JSON.
let utf8Switch: StaticString = "\\u001b%0"

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

/// Where the text lies without the ASCII white space around it.
func withoutSpaces(_ text: Span<UInt8>) -> Range<Int> {
    var start = 0
    var end = text.count
    while start < end, isSpace(text[start]) { start += 1 }
    while start < end, isSpace(text[end - 1]) { end -= 1 }
    return start..<end
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == Byte.space || byte == Byte.tab || byte == Byte.lineFeed || byte == Byte.carriageReturn
}

func areDigits(_ value: Span<UInt8>) -> Bool {
    for index in value.indices where value[index] &- UInt8(ascii: "0") > 9 { return false }
    return true
}

/// Whether a number's only point stands where one that parts thousands would, as in `1.000`.
func mayPartThousands(_ value: Span<UInt8>) -> Bool {
    let core = withoutSpaces(value)
    var start = core.lowerBound
    if start < core.upperBound, value[start] == UInt8(ascii: "-") || value[start] == UInt8(ascii: "+") { start += 1 }
    let point = core.upperBound - 4
    guard 1...3 ~= point - start, value[point] == UInt8(ascii: "."), value[start] != UInt8(ascii: "0") else {
        return false
    }
    return areDigits(value.extracting(start..<point)) && areDigits(value.extracting(point + 1..<core.upperBound))
}

/// Whether a line ends within the value.
func hasLineBreak(_ value: Span<UInt8>) -> Bool {
    for index in value.indices where value[index] == Byte.lineFeed || value[index] == Byte.carriageReturn {
        return true
    }
    return false
}

/// Whether a value without white space around it is a text by its look.
private func isText(byLook value: Span<UInt8>) -> Bool {
    if case .text = look(of: value) { true } else { false }
}

private enum Look {
    case number
    case text
    case faulty(ValueFault)
}

/// What a value without spaces around it is by its look; `isCanonical` said no to it or to it with its spaces.
private func look(of value: Span<UInt8>) -> Look {
    if isNotANumber(value) { return .faulty(.notANumber) }
    if isLikeNoNumber(value) { return .faulty(.likeNoNumber) }
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
    case .none:
        if value.count == 10, case .asItIs = DateText(value) { return .text }
        return .faulty(.notADecimal)
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
    return fraction <= DecimalText.decimalsMax && whole + fraction <= DecimalText.digitsSure
        && !(isNegative && digitsSeen == 0)
}

/// Whether a value that begins with these bytes, four at least of which can be read, is surely a text: no number, nothing that
/// begins like `NaN` or `Inf`, no formula.
@inline(__always)
func isWordAtALook(_ value: UnsafeRawPointer) -> Bool {
    let head = UInt32(littleEndian: value.loadUnaligned(as: UInt32.self))
    guard UInt8(truncatingIfNeeded: head) >= UInt8(ascii: "A") else { return false }
    let letters = head & 0xFF_FFFF | 0x20_2020
    return letters != 0x6e_616e && letters != 0x66_6e69
}

/// Whether a first byte may begin what a spreadsheet leaves behind in place of a value: a formula or an error.
@inline(__always)
func mayBeSpoiled(_ first: UInt8) -> Bool { first == UInt8(ascii: "#") || first == UInt8(ascii: "=") }

/// Whether the value is what a spreadsheet leaves behind in place of one: a formula (`="912828XY1"`) or an error (`#N/A`).
func isSpoiled(_ value: Span<UInt8>) -> Bool {
    guard !value.isEmpty else { return false }
    let core = isSpace(value[0]) ? withoutSpaces(value) : value.indices
    guard let start = core.first, mayBeSpoiled(value[start]) else { return false }
    if value[start] == UInt8(ascii: "=") { return core.count > 1 }
    let rest = value.extracting(core)
    for error in spreadsheetErrors where begins(rest, with: error) { return true }
    // In any language: `#WERT!`, `#NOMBRE!`, `#NOM?`.
    let last = rest[rest.count - 1]
    if rest.count > 2, last == UInt8(ascii: "!") || last == UInt8(ascii: "?") {
        var isWord = true
        for index in 1..<rest.count - 1 {
            let byte = rest[index]
            if byte &- UInt8(ascii: "A") >= 26, byte &- UInt8(ascii: "/") > 10, byte != UInt8(ascii: "_") {
                isWord = false
            }
        }
        if isWord { return true }
    }
    var isTooNarrow = core.count > 1
    for index in core where value[index] != UInt8(ascii: "#") { isTooNarrow = false }
    return isTooNarrow
}

/// `#N/A` may go on with words (`#N/A Invalid Security`). What is all `#` was too wide for its column.
private let spreadsheetErrors: [StaticString] = ["#N/A", "#NV", "#GETTING_DATA"]

private func begins(_ value: Span<UInt8>, with word: StaticString) -> Bool {
    guard value.count >= word.utf8CodeUnitCount else { return false }
    for index in 0..<word.utf8CodeUnitCount where value[index] != word.utf8Start[index] { return false }
    return true
}

/// Whether a value begins like no number, after a sign or not, in any case of letters: a server stores `Info` and `-NANO` as
/// Inf and NaN in a REAL, and acks them (What servers do §2.9).
private func isLikeNoNumber(_ value: Span<UInt8>) -> Bool {
    var start = 0
    while start < value.count, isSpace(value[start]) { start += 1 }
    if start < value.count, value[start] == UInt8(ascii: "-") || value[start] == UInt8(ascii: "+") { start += 1 }
    guard value.count - start >= 3 else { return false }
    let letters = (value[start] | 0x20, value[start + 1] | 0x20, value[start + 2] | 0x20)
    return letters == (0x6e, 0x61, 0x6e) || letters == (0x69, 0x6e, 0x66)
}

/// Whether a JSON string would be stored in a REAL as a number that it does not say: one that begins like no number, and one
/// that a minus begins, made as a number is, which is none (`-` is stored blank, `-.` as 0) or is too long
/// (What servers do §2.9).
private func isLikeNoNumber(string value: Span<UInt8>) -> Bool {
    if isLikeNoNumber(value) { return true }
    guard value[0] == UInt8(ascii: "-") else { return false }
    for index in value.indices {
        switch value[index] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: ","), UInt8(ascii: "e"), UInt8(ascii: "E"):
            continue
        default: return false
        }
    }
    guard case .exact = plainDecimal(value), var decimal = DecimalText(value) else { return true }
    return !decimal.fit()
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

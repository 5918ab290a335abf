/// What a field holds, which decides which JSON values the server takes for it (The wire §8.1).
package enum FieldType: Sendable, Equatable {
    /// A decimal: a 64-bit mantissa with up to 14 decimals (The wire §8.2).
    case real
    /// A signed integer of 64 bits.
    case int
    /// An unsigned integer of 64 bits.
    case uint
    /// An RMTES string.
    case text
    /// An ASCII string; a UTF8_STRING is stored alike.
    case ascii
    /// A number from 0 to 65535, with display texts that stand for some of them.
    case enumeration(EnumTable)
    case date
    case time
    /// A day and a time.
    case dateTime
    /// A binary floating-point number.
    case double
    /// Any bytes, in base64.
    case buffer
    /// What has parts of its own: an array, a map, a state, and so on. A JSON object, which is not looked into.
    case container
    /// Whatever its JSON value looks like: a number is a real, a string is a text.
    case any
}

/// One JSON value of a field, as it stands in the frame.
struct FieldLiteral {
    let name: String
    let kind: JSONToken.Kind
    let bytes: ArraySlice<UInt8>
    let offset: Int

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var isNull: Bool { kind == .primitive && bytes.first == UInt8(ascii: "n") }
    var isBoolean: Bool {
        kind == .primitive && (bytes.first == UInt8(ascii: "t") || bytes.first == UInt8(ascii: "f"))
    }

    func wrongToken(expected: JSONToken.Kind) -> ConversionError {
        .tokenType(expected: expected, key: name, received: kind, offset: offset)
    }

    var unexpected: ConversionError { .unexpectedValue(text, key: name, offset: offset) }
}

extension FieldType {
    /// What the server stores for a value, as the JSON literal that an item request reads back; `null` is a blank.
    ///
    /// Values that a real server acknowledges and stores wrong are stored wrong here as well (What servers do §2.5,
    /// §2.9).
    func stored(_ literal: FieldLiteral) throws(ConversionError) -> String {
        // `null` means blank for every type (The wire §8.1).
        if literal.isNull { return "null" }
        switch self {
        case .real: return try RealValue.stored(literal)
        case .int: return try integer(literal, as: Int64.self)
        case .uint: return try integer(literal, as: UInt64.self)
        case .text: return try TextValue.stored(literal)
        case .ascii: return try TextValue.storedASCII(literal)
        case .enumeration(let table): return try enumeration(literal, table)
        case .date: return try DateValue.stored(literal)
        case .time: return try TimeValue.stored(literal)
        case .dateTime: return try DateTimeValue.stored(literal)
        case .double: return try double(literal)
        case .buffer: return try TextValue.storedBase64(literal)
        case .container:
            guard literal.kind == .object else { throw literal.wrongToken(expected: .object) }
            return literal.text
        case .any:
            switch literal.kind {
            case .primitive: return try RealValue.stored(literal)
            case .string: return try TextValue.stored(literal)
            case .object, .array: throw literal.wrongToken(expected: .primitive)
            }
        }
    }

    private func integer<Value: FixedWidthInteger>(
        _ literal: FieldLiteral, as type: Value.Type
    ) throws(ConversionError) -> String {
        guard literal.kind == .primitive, let value = plainInteger(literal.bytes, as: type) else {
            throw literal.wrongToken(expected: .primitive)
        }
        return String(value)
    }

    /// A number, or `Inf`, `-Inf` and `NaN` as strings (The wire §8.1).
    private func double(_ literal: FieldLiteral) throws(ConversionError) -> String {
        switch literal.kind {
        case .primitive:
            guard let value = Double(literal.text) else { throw literal.unexpected }
            return String(value)
        case .string where ["Inf", "-Inf", "NaN"].contains(literal.text): return "\"\(literal.text)\""
        case .string, .object, .array: throw literal.wrongToken(expected: .primitive)
        }
    }

    private func enumeration(
        _ literal: FieldLiteral, _ table: EnumTable
    ) throws(ConversionError) -> String {
        switch literal.kind {
        case .primitive:
            guard let value = plainInteger(literal.bytes, as: UInt16.self) else {
                throw literal.wrongToken(expected: .primitive)
            }
            return String(value)
        case .string:
            // Texts are compared byte for byte, and an unknown one is stored blank without a word
            // (What servers do §2.5, §2.9).
            return table.number(of: literal.bytes).map { String($0) } ?? "null"
        case .object, .array:
            throw literal.wrongToken(expected: .primitive)
        }
    }
}

/// An integer written in digits alone, with a minus sign where the type has one: no `+`, decimal point or exponent.
func plainInteger<Value: FixedWidthInteger>(_ bytes: some Collection<UInt8>, as type: Value.Type) -> Value? {
    guard let first = bytes.first, first != UInt8(ascii: "+"),
        bytes.dropFirst().allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { return nil }
    return Value(String(decoding: bytes, as: UTF8.self))
}

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
    /// An ASCII string.
    case ascii
    /// A number from 0 to 65535, with display texts that stand for some of them, the blanks that pad them included.
    case enumeration([String: UInt16])
    case date
    case time
    /// Whatever its JSON value looks like: a number is a real, a string is a text.
    case any

    /// An enumeration in the order of its table: where a text stands twice, the first is found (What servers do §2.9).
    static func enumeration(inOrder displays: [(String, UInt16)]) -> FieldType {
        .enumeration(Dictionary(displays) { first, _ in first })
    }
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
        case .enumeration(let displays): return try enumeration(literal, displays)
        case .date: return try DateValue.stored(literal)
        case .time: return try TimeValue.stored(literal)
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

    private func enumeration(
        _ literal: FieldLiteral, _ displays: [String: UInt16]
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
            return displays[literal.text].map { String($0) } ?? "null"
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

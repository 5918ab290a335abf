/// A REAL64 as the server's converter makes it from JSON text (The wire §8.2, What servers do §2.5, §2.9).
enum RealValue {
    static func stored(_ literal: FieldLiteral) throws(ConversionError) -> String {
        switch literal.kind {
        case .primitive:
            if literal.isBoolean { return "0" }
            return try number(literal)
        case .string:
            return try text(literal)
        case .object, .array:
            throw literal.wrongToken(expected: .primitive)
        }
    }

    /// A string: only one that begins like a negative number, `Inf` or `NaN` is looked at, and what follows the three
    /// letters is not, so that many a word is acknowledged as a number that is none (What servers do §2.9):
    ///
    ///     Info, INFLATION, Inf.   Inf        -           blank
    ///     -Info                   -Inf       -.          0
    ///     NANO, NaN1, nan%        NaN        1.5, NOK    an Error
    private static func text(_ literal: FieldLiteral) throws(ConversionError) -> String {
        let isNegative = literal.bytes.first == UInt8(ascii: "-")
        let rest = isNegative ? literal.bytes.dropFirst() : literal.bytes
        switch String(decoding: rest.prefix(3), as: UTF8.self).lowercased() {
        case "inf": return isNegative ? "\"-Inf\"" : "\"Inf\""
        case "nan": return "\"NaN\""
        case "" where isNegative: return "null"
        default: break
        }
        if isNegative { return try number(literal) }
        switch literal.bytes.first {
        case UInt8(ascii: "I"), UInt8(ascii: "i"), UInt8(ascii: "N"), UInt8(ascii: "n"): throw .rssl(-29)
        default: throw literal.wrongToken(expected: .primitive)
        }
    }

    private static func number(_ literal: FieldLiteral) throws(ConversionError) -> String {
        var rest = literal.bytes
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var decimals = rest[rest.startIndex..<rest.startIndex]
        let hasPoint = rest.first == UInt8(ascii: ".")
        if hasPoint {
            decimals = rest.dropFirst().prefix(while: isDigit)
            rest = rest.dropFirst(1 + decimals.count)
        }
        guard !whole.isEmpty || hasPoint else { throw .rssl(-29) }
        if rest.isEmpty { return try plain(isNegative, whole, decimals) }

        guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { throw .rssl(-29) }
        rest = rest.dropFirst()
        let isSmall = rest.first == UInt8(ascii: "-")
        if isSmall || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard rest.allSatisfy(isDigit), rest.count <= 4 else { throw literal.unexpected }
        let size = Int(String(decoding: rest, as: UTF8.self)) ?? 0
        return try scientific(isNegative, whole, decimals, exponent: isSmall ? -size : size, literal)
    }

    /// Plain notation: 14 characters after the point at most, all digits together within 64 bits, except that superfluous
    /// zeros at the end give way.
    private static func plain(
        _ isNegative: Bool, _ whole: ArraySlice<UInt8>, _ decimals: ArraySlice<UInt8>
    ) throws(ConversionError) -> String {
        guard decimals.count <= 14 else { throw .rssl(-29) }
        var digits = Array(whole.drop(while: { $0 == UInt8(ascii: "0") })) + decimals
        var exponent = -decimals.count
        // One above the largest mantissa, or below the smallest, wraps around and is acknowledged
        // (What servers do §2.5, §2.9).
        let limit = UInt64(Int64.max) + (isNegative ? 2 : 1)
        while true {
            if digits.isEmpty { return render(0, exponent) }
            if let magnitude = UInt64(String(decoding: digits, as: UTF8.self)), magnitude <= limit {
                let mantissa = Int64(bitPattern: magnitude)
                return render(isNegative ? 0 &- mantissa : mantissa, exponent)
            }
            guard digits.last == UInt8(ascii: "0"), exponent < 7 else { throw .rssl(-29) }
            digits.removeLast()
            exponent += 1
        }
    }

    /// Exponent notation. The power of ten that joins the digits before and after the point is computed in 32 bits there
    /// and is the smallest integer from ten decimals on, so that the value comes out wrong (What servers do §2.5):
    ///
    ///     1.23456789012e5   1 * -2147483648 + 23456789012 = 21309305364, six decimals:   21309.305364
    private static func scientific(
        _ isNegative: Bool, _ whole: ArraySlice<UInt8>, _ decimals: ArraySlice<UInt8>, exponent: Int,
        _ literal: FieldLiteral
    ) throws(ConversionError) -> String {
        let hint = exponent - decimals.count
        guard hint <= 7 else { throw literal.unexpected }
        guard hint >= -14, decimals.count <= 18, let front = Int64(String(decoding: whole, as: UTF8.self)) else {
            throw .rssl(-29)
        }
        let power = decimals.count >= 10 ? Int64(Int32.min) : (0..<decimals.count).reduce(1) { power, _ in power * 10 }
        let mantissa = front &* power &+ (Int64(String(decoding: decimals, as: UTF8.self)) ?? 0)
        return render(isNegative ? 0 &- mantissa : mantissa, hint)
    }

    /// Prints `mantissa` × 10^`exponent` in plain notation, with the decimals that the exponent stands for.
    private static func render(_ mantissa: Int64, _ exponent: Int) -> String {
        var digits = String(mantissa.magnitude)
        if exponent > 0 && mantissa != 0 {
            digits += String(repeating: "0", count: exponent)
        } else if exponent < 0 {
            digits = String(repeating: "0", count: max(0, 1 - exponent - digits.count)) + digits
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: exponent))
        }
        return mantissa < 0 ? "-" + digits : digits
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}

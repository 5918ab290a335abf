/// How many decimal digits a number below 10¹⁹ has.
@inline(__always)
func decimalDigits(_ number: UInt64) -> Int {
    var digits = 1
    var power: UInt64 = 10
    while number >= power, digits < 19 {
        digits += 1
        power &*= 10
    }
    return digits
}

/// Writes the last `digits` decimal digits of a number to `start`, where there is room for them.
@inline(__always)
func writeDecimal(_ number: UInt64, digits: Int, to start: UnsafeMutableRawPointer) {
    var rest = number
    var place = digits
    while place > 0 {
        place &-= 1
        start.storeBytes(of: UInt8(truncatingIfNeeded: 0x30 &+ rest % 10), toByteOffset: place, as: UInt8.self)
        rest /= 10
    }
}

/// Numbers written one after the other, most of them one more than the one before: then only the last digit changes.
///
/// The digits are kept as the words they are written with. A byte changed in memory could be read back as part of a word only
/// once it has left the processor's store buffer, which takes longer than all else here.
struct CountingText: Sendable {
    private var number: UInt64 = .max
    private var digits = 0
    /// The last eight digits, or all that there are, and those before them; the first digit in the lowest byte.
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    /// One more in the last digit; 0: the number is too long for two words.
    private var one: UInt64 = 0

    /// Writes the number's decimal digits and returns how many they are; there is room for 24.
    @inline(__always)
    mutating func write(_ next: UInt64, to out: UnsafeMutableRawPointer) -> Int {
        // Zero has no one before it, and behind a nine more than one digit changes.
        if next &- 1 == number, one != 0, next != 0, low & (one &* 0x0f) != one &* 0x09 {
            number = next
            low &+= one
        } else {
            number = next
            digits = decimalDigits(next)
            one = digits <= 16 ? 1 &<< UInt64(min(digits, 8) &* 8 &- 8) : 0
            low = Self.text(next, min(digits, 8))
            high = digits > 8 ? Self.text(next / 100_000_000, min(digits &- 8, 8)) : 0
        }
        guard digits > 8 else {
            out.storeBytes(of: low.littleEndian, as: UInt64.self)
            return digits
        }
        guard one != 0 else {
            writeDecimal(next, digits: digits, to: out)
            return digits
        }
        out.storeBytes(of: high.littleEndian, as: UInt64.self)
        out.storeBytes(of: low.littleEndian, toByteOffset: digits &- 8, as: UInt64.self)
        return digits
    }

    /// The last digits of a number.
    private static func text(_ number: UInt64, _ digits: Int) -> UInt64 {
        var text: UInt64 = 0
        var rest = number
        for _ in 0..<digits {
            text = text &<< 8 | 0x30 &+ rest % 10
            rest /= 10
        }
        return text
    }
}

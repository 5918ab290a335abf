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

/// Numbers written one after the other, most of them one more than the one before: then only the last digits change.
struct CountingText: Sendable {
    private var number: UInt64 = .max
    /// Sixteen bytes, the last `digits` of which are the number's, and sixteen that are only copied with them.
    private var text: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var digits = 0

    /// Writes the number's decimal digits and returns how many they are; there is room for 20.
    @inline(__always)
    mutating func write(_ next: UInt64, to out: UnsafeMutableRawPointer) -> Int {
        // Zero has no one before it.
        guard next &- 1 == number, next != 0, digits < 16 else {
            digits = decimalDigits(next)
            number = next
            guard digits <= 16 else {
                writeDecimal(next, digits: digits, to: out)
                return digits
            }
            withUnsafeMutableBytes(of: &text) { raw in
                guard let base = raw.baseAddress else { return }
                writeDecimal(next, digits: digits, to: base + (16 - digits))
            }
            return copy(to: out)
        }
        number = next
        withUnsafeMutableBytes(of: &text) { raw in
            var at = 15
            while at >= 16 &- digits, raw[at] == UInt8(ascii: "9") {
                raw[at] = UInt8(ascii: "0")
                at &-= 1
            }
            if at < 16 &- digits {
                raw[at] = UInt8(ascii: "1")
                digits &+= 1
            } else {
                raw[at] &+= 1
            }
        }
        return copy(to: out)
    }

    @inline(__always)
    private func copy(to out: UnsafeMutableRawPointer) -> Int {
        withUnsafeBytes(of: text) { raw in
            out.storeBytes(
                of: raw.loadUnaligned(fromByteOffset: 16 &- digits, as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
        }
        return digits
    }
}

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

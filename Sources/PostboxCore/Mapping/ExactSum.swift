/// A sum of decimals, exact: fixed point with 90 digits before the point and 54 after it.
struct ExactSum: Sendable {
    private static let limbDigits = 18
    private static let limb: UInt64 = 1_000_000_000_000_000_000
    private static let fractionDigits = 54
    /// Places by which a value of up to 38 digits may be moved: the sum of more rows than there can be still fits.
    private static let shiftMax = 88

    /// Eighteen digits each, the lowest first; what is positive and what is negative apart, so that adding never borrows.
    private var gains = [UInt64](repeating: 0, count: 8)
    private var losses = [UInt64](repeating: 0, count: 8)

    init() {}

    /// False: the value is too long to be added exactly, and was not added.
    mutating func add(_ decimal: DecimalText) -> Bool {
        if decimal.isCut { return false }
        var mantissa = decimal.mantissa
        guard mantissa != 0 else { return true }
        var decimals = decimal.decimals
        while decimals > Self.fractionDigits, mantissa % 10 == 0 {
            mantissa /= 10
            decimals -= 1
        }
        let shift = Self.fractionDigits - decimals
        guard (0...Self.shiftMax).contains(shift) else { return false }
        if decimal.isNegative {
            Self.add(mantissa, shift, to: &losses)
        } else {
            Self.add(mantissa, shift, to: &gains)
        }
        return true
    }

    /// Whether both are the same number.
    func equals(_ other: ExactSum) -> Bool {
        // a - b = c - d without subtracting.
        Self.total(gains, other.losses) == Self.total(other.gains, losses)
    }

    /// In plain notation, without superfluous zeros.
    var text: String {
        let isNegative = Self.isLess(gains, losses)
        let digits = Self.digits(isNegative ? Self.difference(losses, gains) : Self.difference(gains, losses))
        let whole = digits.dropLast(Self.fractionDigits).drop { $0 == "0" }
        var fraction = digits.suffix(Self.fractionDigits)
        while fraction.last == "0" { fraction.removeLast() }
        return (isNegative ? "-" : "") + (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// Adds `mantissa` times 10 to the `shift`.
    private static func add(_ mantissa: UInt128, _ shift: Int, to limbs: inout [UInt64]) {
        var factor: UInt64 = 1
        for _ in 0..<shift % limbDigits { factor *= 10 }
        var at = shift / limbDigits
        var rest = mantissa
        var carry: UInt64 = 0
        while rest != 0 || carry != 0 {
            let low: UInt64
            if rest < UInt128(limb) {
                low = UInt64(rest)
                rest = 0
            } else {
                low = UInt64(rest % UInt128(limb))
                rest /= UInt128(limb)
            }
            let (quotient, remainder) = limb.dividingFullWidth(low.multipliedFullWidth(by: factor))
            let sum = limbs[at] + remainder + carry
            limbs[at] = sum % limb
            carry = quotient + sum / limb
            at += 1
        }
    }

    private static func total(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
        var carry: UInt64 = 0
        return zip(a, b).map { a, b in
            let sum = a + b + carry
            carry = sum / limb
            return sum % limb
        }
    }

    /// `a` must not be less than `b`.
    private static func difference(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
        var borrow: UInt64 = 0
        return zip(a, b).map { a, b in
            let taken = b + borrow
            borrow = a < taken ? 1 : 0
            return a + borrow * limb - taken
        }
    }

    private static func isLess(_ a: [UInt64], _ b: [UInt64]) -> Bool {
        a.reversed().lexicographicallyPrecedes(b.reversed())
    }

    private static func digits(_ limbs: [UInt64]) -> String {
        limbs.reversed().map { limb in
            let text = String(limb)
            return String(repeating: "0", count: limbDigits - text.utf8.count) + text
        }.joined()
    }
}

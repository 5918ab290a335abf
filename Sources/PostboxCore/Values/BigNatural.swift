/// A whole number of up to 4,096 bits, for formulas over numbers that do not fit 128: some 1,200 digits, which is 32 operands
/// of the longest kind multiplied.
struct BigNatural: Natural {
    private static let limbsMax = 64
    /// Beyond this no power fits.
    private static let exponentMax = 1233

    /// The lowest first; the last one is not zero.
    private var limbs: [UInt64]

    init(_ value: UInt128) {
        limbs = [UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64)]
        trim()
    }

    private init(limbs: [UInt64]) {
        self.limbs = limbs
        trim()
    }

    private mutating func trim() {
        while limbs.last == 0 { limbs.removeLast() }
    }

    var isZero: Bool { limbs.isEmpty }

    var isOdd: Bool { limb(0) & 1 == 1 }

    var short: UInt64? { limbs.count <= 1 ? limb(0) : nil }

    func isLess(than other: BigNatural) -> Bool {
        guard limbs.count == other.limbs.count else { return limbs.count < other.limbs.count }
        for index in limbs.indices.reversed() where limbs[index] != other.limbs[index] {
            return limbs[index] < other.limbs[index]
        }
        return false
    }

    func plus(_ other: BigNatural) -> BigNatural? {
        var sum: [UInt64] = []
        var carry: UInt64 = 0
        for index in 0..<max(limbs.count, other.limbs.count) {
            let (first, overflow) = limb(index).addingReportingOverflow(other.limb(index))
            let (total, more) = first.addingReportingOverflow(carry)
            sum.append(total)
            carry = overflow || more ? 1 : 0
        }
        if carry > 0 { sum.append(carry) }
        return sum.count <= Self.limbsMax ? BigNatural(limbs: sum) : nil
    }

    func minus(_ other: BigNatural) -> BigNatural {
        var difference = self
        difference.subtract(other)
        return difference
    }

    private mutating func subtract(_ other: BigNatural) {
        var borrow: UInt64 = 0
        for index in limbs.indices {
            let (first, underflow) = limbs[index].subtractingReportingOverflow(other.limb(index))
            let (total, more) = first.subtractingReportingOverflow(borrow)
            limbs[index] = total
            borrow = underflow || more ? 1 : 0
        }
        trim()
    }

    func times(_ other: BigNatural) -> BigNatural? {
        if isZero || other.isZero { return BigNatural(0) }
        guard limbs.count + other.limbs.count <= Self.limbsMax + 1 else { return nil }
        var product = [UInt64](repeating: 0, count: limbs.count + other.limbs.count)
        for (index, limb) in limbs.enumerated() {
            var carry: UInt64 = 0
            for (place, its) in other.limbs.enumerated() {
                // The largest that this can be fits 128 bits.
                let value = UInt128(limb) * UInt128(its) + UInt128(product[index + place]) + UInt128(carry)
                product[index + place] = UInt64(truncatingIfNeeded: value)
                carry = UInt64(truncatingIfNeeded: value >> 64)
            }
            product[index + other.limbs.count] = carry
        }
        let number = BigNatural(limbs: product)
        return number.limbs.count <= Self.limbsMax ? number : nil
    }

    /// Bit by bit: quotients are short, and such numbers seldom.
    func divided(by other: BigNatural) -> (quotient: BigNatural, remainder: BigNatural) {
        let shift = bits - other.bits
        guard shift >= 0 else { return (BigNatural(0), self) }
        var rest = self
        var part = other.shiftedUp(by: shift)
        var quotient = [UInt64](repeating: 0, count: shift / 64 + 1)
        for bit in stride(from: shift, through: 0, by: -1) {
            if !rest.isLess(than: part) {
                rest.subtract(part)
                quotient[bit / 64] |= 1 << UInt64(bit % 64)
            }
            part.halve()
        }
        return (BigNatural(limbs: quotient), rest)
    }

    static func powerOfTen(_ exponent: Int) -> BigNatural? {
        guard exponent <= exponentMax else { return nil }
        var power = BigNatural(1)
        var base = BigNatural(10)
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 {
                guard let next = power.times(base) else { return nil }
                power = next
            }
            rest >>= 1
            guard rest > 0 else { break }
            guard let square = base.times(base) else { return nil }
            base = square
        }
        return power
    }

    private func limb(_ index: Int) -> UInt64 { index < limbs.count ? limbs[index] : 0 }

    private var bits: Int {
        guard let last = limbs.last else { return 0 }
        return limbs.count * 64 - last.leadingZeroBitCount
    }

    private func shiftedUp(by count: Int) -> BigNatural {
        var shifted = [UInt64](repeating: 0, count: count / 64)
        let bits = UInt64(count % 64)
        var carry: UInt64 = 0
        for limb in limbs {
            shifted.append(limb << bits | carry)
            carry = bits == 0 ? 0 : limb >> (64 - bits)
        }
        shifted.append(carry)
        return BigNatural(limbs: shifted)
    }

    private mutating func halve() {
        var carry: UInt64 = 0
        for index in limbs.indices.reversed() {
            let limb = limbs[index]
            limbs[index] = limb >> 1 | carry
            carry = limb << 63
        }
        trim()
    }
}

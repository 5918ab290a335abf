/// An exact decimal that two of its kind are compared with: `mantissa / 10^decimals`, at most 14 decimals.
///
/// Brought to the same number of decimals two of them fit 128 bits (2^64 · 10^14), and products of these are compared in 256, so
/// that nothing is ever rounded and nothing overflows.
struct CheckNumber: Sendable, Equatable {
    private(set) var isNegative: Bool
    private(set) var mantissa: UInt64
    private(set) var decimals: Int

    /// Reads a number as it goes on the wire. nil: it is none, or more than a field holds.
    init?(_ text: Span<UInt8>) {
        guard var decimal = DecimalText(text) else { return nil }
        if !(0...DecimalText.decimalsMax).contains(decimal.decimals) || decimal.mantissa > UInt128(UInt64.max) {
            guard decimal.fit() else { return nil }
        }
        guard !decimal.isCut, let mantissa = UInt64(exactly: decimal.mantissa) else { return nil }
        self.mantissa = mantissa
        isNegative = decimal.isNegative && mantissa != 0
        decimals = decimal.decimals
    }

    /// Reads a plain decimal of the configuration. nil: it is none.
    init?(_ text: String) { self.init(Array(text.utf8).span) }

    /// -1, 0 or 1.
    var sign: Int { mantissa == 0 ? 0 : isNegative ? -1 : 1 }

    /// Both magnitudes with the same number of decimals.
    private static func aligned(_ a: CheckNumber, _ b: CheckNumber) -> (UInt128, UInt128) {
        let common = max(a.decimals, b.decimals)
        return (
            shifted(UInt128(a.mantissa), by: common &- a.decimals),
            shifted(UInt128(b.mantissa), by: common &- b.decimals)
        )
    }

    /// Whether `self` is less than `other`.
    func isLess(than other: CheckNumber) -> Bool {
        if sign != other.sign { return sign < other.sign }
        let (mine, its) = Self.aligned(self, other)
        return isNegative ? its < mine : mine < its
    }

    /// How far the two are apart, and how large both are together: of the same number of decimals.
    private static func distance(_ a: CheckNumber, _ b: CheckNumber) -> (apart: UInt128, together: UInt128) {
        let (mine, its) = aligned(a, b)
        let difference = mine < its ? its &- mine : mine &- its
        return a.isNegative == b.isNegative ? (difference, mine &+ its) : (mine &+ its, difference)
    }

    /// How far this one is from an older value, as a part of that.
    func move(from old: CheckNumber) -> Share {
        Share(part: Self.distance(self, old).apart, whole: Self.aligned(self, old).1)
    }

    /// How far the two are apart, as a part of their middle.
    func spread(to other: CheckNumber) -> Share {
        let (apart, together) = Self.distance(self, other)
        return Share(part: apart &* 2, whole: together)
    }

    /// Whether it is about `factor` times `old`, or about that part of it: between half of that and its double.
    func isOff(by factor: CheckNumber, from old: CheckNumber) -> (isTimes: Bool, isPart: Bool) {
        guard sign != 0, sign == old.sign else { return (false, false) }
        let (mine, its) = Self.aligned(self, old)
        func isAbout(_ large: UInt128, _ small: UInt128) -> Bool {
            let unit = shifted(1, by: factor.decimals)
            let wanted = Product(small, UInt128(factor.mantissa))
            // large / small against factor / unit, both halved or doubled.
            return !(Product(large &* 2, unit) < wanted)
                && !(Product(small &* 2, UInt128(factor.mantissa)) < Product(large, unit))
        }
        return (isAbout(mine, its), isAbout(its, mine))
    }
}

/// A part of a whole, which is not negative.
struct Share: Sendable {
    let part: UInt128
    let whole: UInt128

    /// Of nothing, anything is more than any part of it.
    func isMore(than percent: CheckNumber) -> Bool {
        Product(UInt128(percent.mantissa), whole) < Product(part, shifted(100, by: percent.decimals))
    }

    /// For people, with at most two decimals: `12.5 %`; nil: of nothing.
    var text: String? {
        guard whole > 0 else { return nil }
        // Both have at most 2 · 2^65 · 10^14, so that four more digits fit.
        let (quotient, rest) = (part &* 10_000).quotientAndRemainder(dividingBy: whole)
        let hundredths = rest >= whole &- rest ? quotient &+ 1 : quotient
        var digits = String(hundredths / 100)
        let decimals = Int(hundredths % 100)
        if decimals > 0 {
            digits += decimals % 10 == 0 ? ".\(decimals / 10)" : decimals < 10 ? ".0\(decimals)" : ".\(decimals)"
        }
        return digits + " %"
    }
}

/// Two numbers multiplied, whole.
private struct Product {
    let high: UInt128
    let low: UInt128

    init(_ a: UInt128, _ b: UInt128) { (high, low) = a.multipliedFullWidth(by: b) }

    static func < (a: Product, b: Product) -> Bool { a.high == b.high ? a.low < b.low : a.high < b.high }
}

private func shifted(_ value: UInt128, by places: Int) -> UInt128 {
    var value = value
    for _ in 0..<places { value &*= 10 }
    return value
}

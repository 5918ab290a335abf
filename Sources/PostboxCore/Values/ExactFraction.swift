/// Why a formula has no result for a row.
enum FormulaFault: Error {
    /// More digits than can be computed with, or than the result may have.
    case tooLong
    case divisionByZero
}

/// A number without a sign, exact or not at all: what does not fit is nil.
protocol Natural: Sendable, Equatable {
    init(_ value: UInt128)
    var isZero: Bool { get }
    var isOdd: Bool { get }
    /// The same number in 64 bits, if it fits.
    var short: UInt64? { get }
    func isLess(than other: Self) -> Bool
    func plus(_ other: Self) -> Self?
    /// `other` is not greater.
    func minus(_ other: Self) -> Self
    func times(_ other: Self) -> Self?
    /// `other` is not zero.
    func divided(by other: Self) -> (quotient: Self, remainder: Self)
    /// 10 to the `exponent`, which is not negative.
    static func powerOfTen(_ exponent: Int) -> Self?
}

/// A number of a formula: `top / bottom / 10^decimals`, exact.
struct ExactFraction<Number: Natural> {
    private(set) var isNegative: Bool
    private var top: Number
    private var bottom: Number
    /// May be negative.
    private var decimals: Int

    init(isNegative: Bool, _ top: UInt128, decimals: Int) {
        self.isNegative = isNegative
        self.top = Number(top)
        bottom = Number(1)
        self.decimals = decimals
    }

    init(_ decimal: DecimalText) {
        // Zero has no decimals that others would have to follow.
        self.init(
            isNegative: decimal.isNegative, decimal.mantissa, decimals: decimal.mantissa == 0 ? 0 : decimal.decimals)
    }

    private init(_ isNegative: Bool, _ top: Number, _ bottom: Number, _ decimals: Int) {
        self.isNegative = isNegative
        self.top = top
        self.bottom = bottom
        self.decimals = top.isZero ? 0 : decimals
    }

    func negated() -> Self { Self(!isNegative, top, bottom, decimals) }

    func plus(_ other: Self) throws(FormulaFault) -> Self {
        let common = max(decimals, other.decimals)
        var mine = try Self.shifted(top, by: common - decimals)
        var its = try Self.shifted(other.top, by: common - other.decimals)
        var below = bottom
        if bottom != other.bottom {
            mine = try Self.fitting(mine.times(other.bottom))
            its = try Self.fitting(its.times(bottom))
            below = try Self.fitting(bottom.times(other.bottom))
        }
        if isNegative == other.isNegative { return Self(isNegative, try Self.fitting(mine.plus(its)), below, common) }
        if mine.isLess(than: its) { return Self(other.isNegative, its.minus(mine), below, common) }
        return Self(isNegative, mine.minus(its), below, common)
    }

    func times(_ other: Self) throws(FormulaFault) -> Self {
        Self(
            isNegative != other.isNegative, try Self.fitting(top.times(other.top)),
            try Self.fitting(bottom.times(other.bottom)), decimals + other.decimals)
    }

    func divided(by other: Self) throws(FormulaFault) -> Self {
        guard !other.top.isZero else { throw .divisionByZero }
        return Self(
            isNegative != other.isNegative, try Self.fitting(top.times(other.bottom)),
            try Self.fitting(bottom.times(other.top)), decimals - other.decimals)
    }

    func isLess(than other: Self) throws(FormulaFault) -> Bool {
        let difference = try plus(other.negated())
        return difference.isNegative && !difference.top.isZero
    }

    /// At most `kept` decimals, and no fraction.
    func rounded(to kept: Int, _ rounding: Rounding) throws(FormulaFault) -> Self {
        let one = Number(1)
        if bottom == one, decimals <= kept { return self }
        let shift = kept - decimals
        let above = try Self.shifted(top, by: max(shift, 0))
        let below = try Self.shifted(bottom, by: max(-shift, 0))
        let (quotient, rest) = above.divided(by: below)
        let isUp = try isUp(rest, of: below, after: quotient, rounding)
        return Self(isNegative, isUp ? try Self.fitting(quotient.plus(one)) : quotient, one, kept)
    }

    private func isUp(
        _ rest: Number, of whole: Number, after quotient: Number, _ rounding: Rounding
    ) throws(FormulaFault) -> Bool {
        if rest.isZero { return false }
        let other = whole.minus(rest)
        switch rounding {
        case .halfUp: return !rest.isLess(than: other)
        case .halfEven: return other.isLess(than: rest) || rest == other && quotient.isOdd
        case .down: return false
        case .none: throw .tooLong
        }
    }

    /// What a field can be: it has at most 14 decimals and 64 bits without its point, and nothing is rounded away.
    func plain() throws(FormulaFault) -> PlainResult {
        let value = try rounded(to: DecimalText.decimalsMax, .none)
        var decimals = max(value.decimals, 0)
        var whole = try Self.shifted(value.top, by: max(-value.decimals, 0))
        while whole.short == nil, decimals > 0 {
            let (quotient, rest) = whole.divided(by: Number(10))
            guard rest.isZero else { throw .tooLong }
            whole = quotient
            decimals -= 1
        }
        guard let mantissa = whole.short else { throw .tooLong }
        return PlainResult(isNegative: value.isNegative, mantissa: mantissa, decimals: decimals)
    }

    private static func shifted(_ number: Number, by places: Int) throws(FormulaFault) -> Number {
        if places == 0 || number.isZero { return number }
        guard let power = Number.powerOfTen(places) else { throw .tooLong }
        return try fitting(number.times(power))
    }

    private static func fitting(_ number: Number?) throws(FormulaFault) -> Number {
        guard let number else { throw .tooLong }
        return number
    }
}

/// A formula's result: `mantissa / 10^decimals`.
struct PlainResult {
    var isNegative: Bool
    var mantissa: UInt64
    var decimals: Int

    /// Writes it without zeros at the end of its decimals, and without the sign of a zero.
    func write(into out: inout [UInt8]) {
        var rest = mantissa
        var decimals = decimals
        while decimals > 0, rest % 10 == 0 {
            rest /= 10
            decimals -= 1
        }
        let isBelowZero = isNegative && rest != 0
        // Twenty digits, as many zeros in front as the point needs, the point, and the sign.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24 + decimals) { room in
            // From the last digit to the first.
            var at = room.count
            var digits = 0
            repeat {
                if digits == decimals, digits > 0 {
                    at -= 1
                    room[at] = UInt8(ascii: ".")
                }
                at -= 1
                room[at] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
                digits += 1
            } while rest > 0 || digits <= decimals
            if isBelowZero {
                at -= 1
                room[at] = UInt8(ascii: "-")
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: room[at...]))
        }
    }
}

/// Whoever computes with it makes sure that what it starts with fits.
extension UInt64: Natural {
    var isZero: Bool { self == 0 }

    var isOdd: Bool { self & 1 == 1 }

    var short: UInt64? { self }

    func isLess(than other: UInt64) -> Bool { self < other }

    func plus(_ other: UInt64) -> UInt64? {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    func minus(_ other: UInt64) -> UInt64 { self &- other }

    func times(_ other: UInt64) -> UInt64? {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : product
    }

    func divided(by other: UInt64) -> (quotient: UInt64, remainder: UInt64) {
        quotientAndRemainder(dividingBy: other)
    }

    static func powerOfTen(_ exponent: Int) -> UInt64? {
        guard exponent <= 19 else { return nil }
        var power: UInt64 = 1
        for _ in 0..<Swift.max(exponent, 0) { power &*= 10 }
        return power
    }
}

extension UInt128: Natural {
    private var isShort: Bool { self <= UInt128(UInt64.max) }

    var isZero: Bool { self == 0 }

    var isOdd: Bool { self & 1 == 1 }

    var short: UInt64? { UInt64(exactly: self) }

    func isLess(than other: UInt128) -> Bool { self < other }

    func plus(_ other: UInt128) -> UInt128? {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    func minus(_ other: UInt128) -> UInt128 { self &- other }

    func times(_ other: UInt128) -> UInt128? {
        if isShort, other.isShort { return self &* other }
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : product
    }

    func divided(by other: UInt128) -> (quotient: UInt128, remainder: UInt128) {
        if isShort, other.isShort {
            let (quotient, remainder) = UInt64(truncatingIfNeeded: self)
                .quotientAndRemainder(dividingBy: UInt64(truncatingIfNeeded: other))
            return (UInt128(quotient), UInt128(remainder))
        }
        return quotientAndRemainder(dividingBy: other)
    }

    static func powerOfTen(_ exponent: Int) -> UInt128? {
        guard exponent <= 38 else { return nil }
        var power: UInt128 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}

/// A decimal as it was read from text, exactly: never a binary fraction on the way.
///
/// The value is `mantissa / 10^decimals`, negative when the sign says so. What goes on the wire holds at most
/// `decimalsMax` decimals, and a mantissa of at most `mantissaMax`: that is what every server of LSEG's stores exactly
/// (The wire §8.2, What servers do §2.5, §2.9).
struct DecimalText {
    /// Digits after the point that a REAL can hold.
    static let decimalsMax = 14
    /// So many digits from the first that is not zero fit a REAL's 64-bit mantissa, whatever they are.
    static let digitsSure = 18
    /// The largest number that a REAL holds, its point left out.
    static let mantissaMax = UInt128(Int64.max)
    /// Digits that `mantissa` takes while reading.
    static let digitsReadMax = 38

    var isNegative = false
    var mantissa: UInt128 = 0
    /// Below zero after an exponent such as in `1e5`.
    var decimals = 0
    /// Digits that are not zero were left out behind the mantissa's last one: the true value is a little larger.
    var isCut = false

    init() {}

    /// Reads a decimal: an optional sign, digits with at most one point among, before or after them, an optional
    /// exponent. Leading zeros are fine; anything else is nil.
    init?(_ text: Span<UInt8>) {
        var index = 0
        let end = text.count
        if index < end, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        var small: UInt64 = 0
        var large: UInt128 = 0
        var significant = 0
        var digits = 0
        var pointSeen = false
        while index < end {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit <= 9 {
                digits += 1
                if pointSeen { decimals += 1 }
                if significant < 18 {
                    small = small &* 10 &+ UInt64(digit)
                    if small != 0 { significant += 1 }
                } else if significant < Self.digitsReadMax {
                    if significant == 18 { large = UInt128(small) }
                    large = large * 10 + UInt128(digit)
                    significant += 1
                } else {
                    decimals -= 1
                    if digit != 0 { isCut = true }
                }
            } else if text[index] == UInt8(ascii: "."), !pointSeen {
                pointSeen = true
            } else {
                break
            }
            index += 1
        }
        guard digits > 0 else { return nil }
        mantissa = significant > 18 ? large : UInt128(small)
        if index == end { return }

        guard text[index] | 0x20 == UInt8(ascii: "e") else { return nil }
        index += 1
        var exponentIsNegative = false
        if index < end, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            exponentIsNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < end else { return nil }
        var exponent = 0
        while index < end {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            // No row is long enough to bring an exponent beyond this back into range.
            exponent = min(exponent * 10 + Int(digit), 1 << 40)
            index += 1
        }
        decimals += exponentIsNegative ? exponent : -exponent
    }

    /// Multiplies exactly; false when the product has more digits than can be held.
    mutating func multiply(by scale: Scale) -> Bool {
        guard !isCut else { return false }
        if scale.isNegative { isNegative.toggle() }
        while true {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: UInt128(scale.mantissa))
            if !overflow {
                mantissa = product
                decimals += scale.decimals
                return true
            }
            guard decimals > 0, mantissa % 10 == 0 else { return false }
            mantissa /= 10
            decimals -= 1
        }
    }

    /// Keeps at most so many decimals; false when digits that were cut decide, or when nothing may be lost and something would.
    mutating func round(to kept: Int, _ rounding: Rounding = .halfUp) -> Bool {
        guard decimals > kept else { return !isCut }
        // Behind what is known there is a little more.
        let isMore = isCut
        isCut = false
        let excess = decimals - kept
        decimals = kept
        guard excess <= Self.digitsReadMax else {
            let isLost = mantissa != 0 || isMore
            mantissa = 0
            return !isLost || rounding != .none
        }
        let unit = powerOfTen(excess)
        let (quotient, remainder) = mantissa.quotientAndRemainder(dividingBy: unit)
        let isUp: Bool
        switch rounding {
        case .halfUp: isUp = remainder >= unit - remainder
        case .halfEven:
            let isHalf = remainder == unit - remainder && !isMore
            isUp = isHalf ? quotient % 2 == 1 : remainder >= unit - remainder
        case .down: isUp = false
        case .none:
            if remainder != 0 || isMore { return false }
            isUp = false
        }
        mantissa = isUp ? quotient + 1 : quotient
        return true
    }

    /// Makes it fit the wire without changing its value: an exponent is written out, and zeros at the end of the
    /// fraction go, but only as many as must. False when it cannot fit.
    mutating func fit() -> Bool {
        guard !isCut else { return false }
        if mantissa == 0 {
            isNegative = false
            decimals = min(max(decimals, 0), Self.decimalsMax)
            return true
        }
        if decimals < 0 {
            guard -decimals <= Self.digitsSure else { return false }
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: powerOfTen(-decimals))
            guard !overflow else { return false }
            mantissa = product
            decimals = 0
        }
        while decimals > Self.decimalsMax || mantissa > Self.mantissaMax {
            guard decimals > 0, mantissa % 10 == 0 else { return false }
            mantissa /= 10
            decimals -= 1
        }
        return true
    }

    /// Makes it an integer of 64 bits, with a sign or without, and without changing its value; nil when it is none.
    func integer(isSigned: Bool = true) -> (isNegative: Bool, magnitude: UInt64)? {
        var whole = self
        guard !whole.isCut else { return nil }
        if whole.mantissa == 0 { return (false, 0) }
        while whole.decimals > 0 {
            guard whole.mantissa % 10 == 0 else { return nil }
            whole.mantissa /= 10
            whole.decimals -= 1
        }
        guard -whole.decimals <= 19 else { return nil }
        let (product, overflow) = whole.mantissa.multipliedReportingOverflow(by: powerOfTen(-whole.decimals))
        if isNegative, !isSigned { return nil }
        let limit = isSigned ? UInt128(Int64.max) + (isNegative ? 1 : 0) : UInt128(UInt64.max)
        guard !overflow, product <= limit else { return nil }
        return (isNegative, UInt64(product))
    }

    /// Whether no digit stands behind its point but zeros.
    var isWhole: Bool {
        var whole = self
        return whole.round(to: 0, .none)
    }

    /// Whether it is too large for a REAL, however few decimals were kept.
    var exceedsReal: Bool {
        var whole = self
        _ = whole.round(to: 0, .down)
        whole.isCut = false
        return !whole.fit()
    }

    /// Writes it in plain notation; `fit` must have said that it can be.
    func write(into out: inout MappedBytes) {
        if isNegative { out.append(UInt8(ascii: "-")) }
        writeDigits(UInt64(mantissa), decimals: decimals, into: &out)
    }

    /// What a rule's `scale:` multiplies by: `mantissa / 10^decimals`.
    struct Scale: Sendable {
        var isNegative: Bool
        var mantissa: UInt64
        var decimals: Int

        static let one = Scale(isNegative: false, mantissa: 1, decimals: 0)

        /// Reads a plain decimal (an optional `-`, digits, an optional fraction) that is not zero and fits the wire.
        init?(_ text: String) {
            let utf8 = Array(text.utf8)
            guard utf8.allSatisfy({ $0 | 0x20 != UInt8(ascii: "e") && $0 != UInt8(ascii: "+") }),
                var decimal = DecimalText(utf8.span), decimal.fit(), decimal.mantissa != 0,
                decimal.mantissa < powerOfTen(DecimalText.digitsSure)
            else { return nil }
            isNegative = decimal.isNegative
            mantissa = UInt64(decimal.mantissa)
            decimals = decimal.decimals
        }

        private init(isNegative: Bool, mantissa: UInt64, decimals: Int) {
            self.isNegative = isNegative
            self.mantissa = mantissa
            self.decimals = decimals
        }
    }
}

/// Writes an unsigned integer's digits with a point before the last `decimals` of them.
func writeDigits(_ value: UInt64, decimals: Int, into out: inout MappedBytes) {
    var digits = 1
    var rest = value
    while rest >= 10 {
        rest /= 10
        digits += 1
    }
    digits = max(digits, decimals + 1)
    let start = out.count
    let length = decimals > 0 ? digits + 1 : digits
    for _ in 0..<length { out.append(UInt8(ascii: "0")) }
    rest = value
    var index = start + length - 1
    for position in 0..<digits {
        if decimals > 0, position == decimals {
            out[index] = UInt8(ascii: ".")
            index -= 1
        }
        let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
        out[index] = UInt8(ascii: "0") + UInt8(digit)
        rest = quotient
        index -= 1
    }
}

/// 10 to the `exponent`, which is 0…38.
private func powerOfTen(_ exponent: Int) -> UInt128 {
    var power: UInt128 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
}

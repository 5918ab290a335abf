/// The number of a cell as it is stored: decimal digits, and where the point is. No binary fraction comes near it.
struct CellNumber: Equatable {
    private(set) var isNegative = false
    /// From 0 to 9 each, the first not 0; empty: the number is zero.
    private(set) var digits: [UInt8] = []
    /// So many of the digits stand before the point; may be negative.
    private(set) var point = 0

    /// Larger exponents than any number of a workbook has.
    private static let exponentMax = 400
    private static let digitsMax = 400

    /// Nil: the text is no plain number, with or without an exponent.
    init?(_ text: ArraySlice<UInt8>) {
        var rest = text
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        var (seen, isPastPoint) = (0, false)
        while let byte = rest.first {
            if byte == UInt8(ascii: "."), !isPastPoint {
                isPastPoint = true
            } else if byte &- UInt8(ascii: "0") <= 9 {
                seen += 1
                if seen > Self.digitsMax { return nil }
                if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte - UInt8(ascii: "0")) }
                if !isPastPoint { point += digits.isEmpty ? 0 : 1 } else if digits.isEmpty { point -= 1 }
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard seen > 0 else { return nil }
        if let mark = rest.first {
            guard mark | 0x20 == UInt8(ascii: "e"),
                let exponent = Int(String(decoding: rest.dropFirst(), as: UTF8.self)),
                abs(exponent) <= Self.exponentMax
            else { return nil }
            point += exponent
        }
        trim()
    }

    private mutating func trim() {
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { (point, isNegative) = (0, false) }
    }

    /// As Excel shows it: so many significant digits at most, a half rounded up.
    mutating func round(toDigits count: Int) {
        guard digits.count > count else { return }
        let isUp = digits[count] >= 5
        digits.removeLast(digits.count - count)
        if isUp { addOneUnit() }
        trim()
    }

    /// One more in the last digit.
    private mutating func addOneUnit() {
        var index = digits.count - 1
        while index >= 0 {
            if digits[index] < 9 {
                digits[index] += 1
                return
            }
            digits[index] = 0
            index -= 1
        }
        digits.insert(1, at: 0)
        point += 1
    }

    /// Plain digits, with a point where there is a fraction.
    func write(into out: inout [UInt8]) {
        guard !digits.isEmpty else { return out.append(UInt8(ascii: "0")) }
        if isNegative { out.append(UInt8(ascii: "-")) }
        if point <= 0 { out.append(UInt8(ascii: "0")) }
        for index in 0..<max(point, 0) { out.append(UInt8(ascii: "0") + (index < digits.count ? digits[index] : 0)) }
        guard digits.count > point else { return }
        out.append(UInt8(ascii: "."))
        if point < 0 { out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -point)) }
        for digit in digits[max(point, 0)...] { out.append(UInt8(ascii: "0") + digit) }
    }

    /// Whole days and the milliseconds of the day behind them, a half rounded up; nil: it is negative, or beyond all calendars.
    var daysAndMilliseconds: (days: Int, milliseconds: Int)? {
        guard !isNegative, point <= 7 else { return nil }
        var days = 0
        for index in 0..<max(point, 0) { days = days * 10 + (index < digits.count ? Int(digits[index]) : 0) }
        // Twenty decimals of a day are far below a millisecond; what lies behind them only decides a half.
        var fraction: [UInt8] = point < 0 ? Array(repeating: 0, count: min(-point, 20)) : []
        if digits.count > max(point, 0) { fraction += digits[max(point, 0)...] }
        fraction = Array(fraction.prefix(20))
        // Long multiplication by the milliseconds of a day; what is carried out of the first decimal is whole.
        var carry = 0
        var product = fraction
        for index in product.indices.reversed() {
            let value = Int(product[index]) * 86_400_000 + carry
            product[index] = UInt8(value % 10)
            carry = value / 10
        }
        if let first = product.first, first >= 5 { carry += 1 }
        return carry == 86_400_000 ? (days + 1, 0) : (days, carry)
    }
}

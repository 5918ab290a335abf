/// Reads numbers as a file writes them and gives them as plain decimals: `1.234,50` becomes `1234.50`. Digits are copied, never
/// computed with, so nothing is lost; zeros at the end are kept.
///
/// What is no number of the form is a fault, never a guess: where the comma is the decimal sign, `1.234` is not passed on.
struct NumberReader: Sendable {
    let decimal: UInt8
    let thousands: Thousands
    let isIndian: Bool
    private let readsExponent: Bool
    /// The rule says that there is none. Else one of a typed value is for the type to judge.
    let refusesExponent: Bool
    let isPercent: Bool
    let fraction: NumberForm.Fraction?
    /// Else a text may stand where a number does, and what it is goes by its look.
    private let isTyped: Bool
    /// A line break around a number is fine, as the rule has it for all values.
    private let keepsLineBreaks: Bool
    /// Numbers of the form are those that `DecimalText` reads.
    private let isPlain: Bool

    /// - Parameter isTyped: the field's type is a number's. Else what is no number at all is passed on as it is, except by
    ///   `percent` and `fraction`, which only a number has.
    ///   `keepsLineBreaks`: a line break around it does not matter.
    init(_ form: NumberForm, isTyped: Bool, keepsLineBreaks: Bool = false) {
        self.keepsLineBreaks = keepsLineBreaks
        decimal = form.decimal == "," ? UInt8(ascii: ",") : UInt8(ascii: ".")
        thousands = Thousands(form.thousands)
        isIndian = form.isIndian ?? false
        readsExponent = form.exponent ?? false
        refusesExponent = form.exponent == false
        isPercent = form.percent ?? false
        fraction = form.fraction.flatMap { NumberForm.Fraction($0, form.fractionTail) }
        self.isTyped = isTyped || isPercent || fraction != nil
        isPlain =
            decimal == UInt8(ascii: ".") && thousands == .none && !isPercent && fraction == nil && !refusesExponent
    }

    /// Appends the number as a plain decimal; nothing where the value is blank, and the value as it is where it is a text by its
    /// look.
    ///
    /// Of a typed value an exponent that the form does not name stays as it is: it is for the type to say whether it takes one.
    ///
    /// - Returns: what is wrong with it; nothing was appended then.
    func convert(_ text: Span<UInt8>, into out: inout [UInt8]) -> ValueFault? {
        if copyUsual(text, into: &out) { return nil }
        let value = text.extracting(withoutSpaces(text))
        if value.isEmpty || !isTyped && isTextByLook(value) {
            if !isTyped { text.withUnsafeBufferPointer { out.append(contentsOf: $0) } }
            return nil
        }
        // As of a plain number: a quote may be one too many.
        if value.count < text.count, !keepsLineBreaks, hasLineBreak(text) { return .lineBreak }
        let start = out.count
        guard let fault = read(value, into: &out) else { return nil }
        out.removeLast(out.count - start)
        return isTyped ? faultOfNumber(value) ?? fault : fault
    }

    /// The value as an operand of a formula, which is typed always.
    ///
    /// - Parameter scratch: memory to use, so that no value needs its own; what stood in it is gone.
    func operand(_ text: Span<UInt8>, scratch: inout [UInt8]) -> Formula.Operand {
        if let decimal = usualDecimal(text) { return .number(decimal) }
        let value = text.extracting(withoutSpaces(text))
        if value.isEmpty { return .empty }
        if value.count < text.count, !keepsLineBreaks, hasLineBreak(text) { return .fault(.lineBreak) }
        if isPlain {
            guard let decimal = DecimalText(value) else { return .fault(faultOfNumber(value) ?? .notADecimal) }
            return .number(decimal)
        }
        scratch.removeAll(keepingCapacity: true)
        if let fault = convert(value, into: &scratch) { return .fault(fault) }
        guard let decimal = DecimalText(scratch.span) else { return .fault(faultOfNumber(value) ?? .notADecimal) }
        return .number(decimal)
    }

    /// Most values: an optional minus, digits, and at most one decimal sign with digits on both sides. False: anything else,
    /// and nothing was appended.
    @inline(__always)
    private func copyUsual(_ text: Span<UInt8>, into out: inout [UInt8]) -> Bool {
        let before = out.count
        text.withUnsafeBufferPointer { text in
            out.append(addingCapacity: text.count) { span in
                span.withUnsafeMutableBufferPointer { memory, count in
                    if copyUsual(text, to: memory) { count = text.count }
                }
            }
        }
        return out.count > before
    }

    /// The same to memory that has room for as many bytes; false: what it holds then counts for nothing.
    @inline(__always)
    func copyUsual(_ text: UnsafeBufferPointer<UInt8>, to memory: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        guard !isPercent, let from = text.baseAddress, let to = memory.baseAddress, memory.count >= text.count else {
            return false
        }
        let count = text.count
        var index = 0
        if count > 0, from[0] == UInt8(ascii: "-") {
            to[0] = UInt8(ascii: "-")
            index = 1
        }
        let first = index
        var point = -1
        while index < count {
            var byte = from[index]
            if byte &- UInt8(ascii: "0") > 9 {
                guard byte == decimal, point < 0, index > first else { return false }
                point = index
                byte = UInt8(ascii: ".")
            }
            to[index] = byte
            index &+= 1
        }
        // Zeros in front make a text by its look.
        return count > first && point < count &- 1
            && (from[first] != UInt8(ascii: "0") || count == first &+ 1 || point == first &+ 1)
    }

    /// The same of an operand, of as many digits as surely fit 64 bits; nil: anything else.
    @inline(__always)
    private func usualDecimal(_ text: Span<UInt8>) -> DecimalText? {
        if isPercent { return nil }
        let count = text.count
        let isNegative = count > 0 && text[0] == UInt8(ascii: "-")
        let first = isNegative ? 1 : 0
        guard count > first, count <= first &+ DecimalText.digitsSure else { return nil }
        var mantissa: UInt64 = 0
        var point = -1
        for index in first..<count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit <= 9 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
            } else {
                guard text[index] == decimal, point < 0, index > first, index < count &- 1 else { return nil }
                point = index
            }
        }
        var value = DecimalText()
        value.isNegative = isNegative
        value.mantissa = UInt128(mantissa)
        value.decimals = point < 0 ? 0 : count &- 1 &- point
        return value
    }

    private func read(_ value: Span<UInt8>, into out: inout [UInt8]) -> ValueFault? {
        var value = value
        if isPercent {
            guard value[value.count - 1] == UInt8(ascii: "%") else { return .notADecimal }
            value = value.extracting(..<withoutBlanks(at: value.count - 1, of: value))
        }
        if let fraction, let fault = fraction.read(value, by: self, into: &out) {
            switch fault {
            case .written: return nil
            case .faulty(let fault): return fault
            }
        }
        switch scan(value) {
        case .none: return .notADecimal
        case .badGrouping: return .badGrouping
        case .number(let places): return write(value, places, into: &out)
        }
    }

    private func write(_ value: Span<UInt8>, _ places: NumberPlaces, into out: inout [UInt8]) -> ValueFault? {
        if !isTyped {
            // As of a plain number: a sign in front and a point without digits around it make no number by its look.
            guard !places.hasPlus, places.wholeDigits > 0, !places.hasPoint || !places.fraction.isEmpty else {
                return .notADecimal
            }
            if value[places.whole.lowerBound] == UInt8(ascii: "0"), places.wholeDigits > 1 {
                return .notADecimal
            }
        }
        if places.isNegative { out.append(UInt8(ascii: "-")) }
        if readsExponent, places.exponent != 0 {
            return writeShifted(value, places, into: &out) ? nil : .decimalTooLong
        }
        appendWhole(value, places.whole, into: &out)
        if !places.fraction.isEmpty {
            out.append(UInt8(ascii: "."))
            append(value.extracting(places.fraction), to: &out)
        }
        if !readsExponent { append(value.extracting(places.exponentText), to: &out) }
        return nil
    }

    /// Digits before a point, without the separators between them and without zeros in front: one digit at least.
    func appendWhole(_ value: Span<UInt8>, _ whole: Range<Int>, into out: inout [UInt8]) {
        let start = out.count
        for index in whole {
            let byte = value[index]
            guard byte &- UInt8(ascii: "0") <= 9 else { continue }
            if byte != UInt8(ascii: "0") || out.count > start { out.append(byte) }
        }
        if out.count == start { out.append(UInt8(ascii: "0")) }
    }

    /// Writes an exponent out. False: that is too long for any price.
    private func writeShifted(_ value: Span<UInt8>, _ places: NumberPlaces, into out: inout [UInt8]) -> Bool {
        var digits: [UInt8] = []
        append(value.extracting(places.whole), to: &digits)
        append(value.extracting(places.fraction), to: &digits)
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        guard zeros < digits.count else {
            out.append(UInt8(ascii: "0"))
            return true
        }
        guard abs(places.exponent) <= NumberPlaces.exponentMax else { return false }
        let significant = digits[zeros...]
        // Digits of the result that stand before the point.
        let whole = places.wholeDigits + places.exponent - zeros
        func fill(_ count: Int) { out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: count)) }
        if whole <= 0 {
            out += [UInt8(ascii: "0"), UInt8(ascii: ".")]
            fill(-whole)
            out += significant
        } else if whole >= significant.count {
            out += significant
            fill(whole - significant.count)
        } else {
            out += significant.prefix(whole)
            out.append(UInt8(ascii: "."))
            out += significant.dropFirst(whole)
        }
        return true
    }

    private func append(_ bytes: Span<UInt8>, to out: inout [UInt8]) {
        bytes.withUnsafeBufferPointer { out.append(contentsOf: $0) }
    }

    /// Whether a value is a text by its look: it has something that no number has, or digits and signs alone, which mean the
    /// same in every form and are for the field to judge (`2026-11-21` is a text, `007` is one).
    private func isTextByLook(_ value: Span<UInt8>) -> Bool {
        var isOfTheForm = false
        var index = 0
        while index < value.count {
            let byte = value[index]
            let length = thousands.length(in: value, at: index)
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"): break
            case UInt8(ascii: "."), UInt8(ascii: ","): isOfTheForm = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                // What begins with a letter is a word.
                guard readsExponent, index > 0 else { return true }
                isOfTheForm = true
            default:
                guard length > 0 else { return true }
                isOfTheForm = true
            }
            index += max(length, 1)
        }
        return !isOfTheForm
    }
}

/// Where the parts of a number stand in its text.
struct NumberPlaces {
    /// Zeros that an exponent may make: more than any number of a computer's has.
    static let exponentMax = 400

    var isNegative = false
    var hasPlus = false
    /// Digits before the point, separators between them.
    var whole = 0..<0
    var wholeDigits = 0
    var hasPoint = false
    var fraction = 0..<0
    /// The exponent with its `e`.
    var exponentText = 0..<0
    var exponent = 0
}

enum ScannedNumber {
    case number(NumberPlaces)
    /// It would be one if its separators stood elsewhere.
    case badGrouping
    case none
}

extension NumberReader {
    /// Finds the parts of a number: a sign, digits with separators, a decimal sign with digits behind it, an exponent.
    func scan(_ value: Span<UInt8>) -> ScannedNumber {
        var places = NumberPlaces()
        var index = 0
        if index < value.count, value[index] == UInt8(ascii: "-") || value[index] == UInt8(ascii: "+") {
            places.isNegative = value[index] == UInt8(ascii: "-")
            places.hasPlus = !places.isNegative
            index += 1
        }
        var grouping = Grouping(isIndian: isIndian)
        let start = index
        while index < value.count {
            if isDecimalDigit(value[index]) {
                grouping.digit(isZero: value[index] == UInt8(ascii: "0"))
                index += 1
            } else {
                let length = thousands.length(in: value, at: index)
                guard length > 0 else { break }
                grouping.separator()
                index += length
            }
        }
        places.whole = start..<index
        places.wholeDigits = grouping.digits
        if index < value.count, value[index] == decimal {
            places.hasPoint = true
            index += 1
            let start = index
            while index < value.count {
                let length = isDecimalDigit(value[index]) ? 1 : thousands.length(in: value, at: index)
                guard length > 0 else { break }
                if !isDecimalDigit(value[index]) { grouping.isBad = true }
                index += length
            }
            places.fraction = start..<index
        }
        guard places.wholeDigits > 0 || !places.fraction.isEmpty else { return .none }
        if index < value.count {
            guard scanExponent(value, at: index, into: &places) else { return .none }
            // `1.234e5`, where the point parts thousands, comes of somebody to whom it does not.
            if grouping.isGrouped { grouping.isBad = true }
        }
        return grouping.isRight ? .number(places) : .badGrouping
    }

    private func scanExponent(_ value: Span<UInt8>, at start: Int, into places: inout NumberPlaces) -> Bool {
        guard readsExponent || isTyped && !refusesExponent, value[start] | 0x20 == UInt8(ascii: "e") else {
            return false
        }
        var index = start + 1
        var isNegative = false
        if index < value.count, value[index] == UInt8(ascii: "-") || value[index] == UInt8(ascii: "+") {
            isNegative = value[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < value.count else { return false }
        while index < value.count {
            guard isDecimalDigit(value[index]) else { return false }
            places.exponent = min(places.exponent * 10 + Int(value[index] &- UInt8(ascii: "0")), 1 << 20)
            index += 1
        }
        if isNegative { places.exponent = -places.exponent }
        places.exponentText = start..<index
        return true
    }

    /// Whether separators stand where they must.
    private struct Grouping {
        let isIndian: Bool
        var isBad = false
        private(set) var isGrouped = false
        private(set) var digits = 0
        private var digitsOfGroup = 0
        private var beginsWithZero = false

        init(isIndian: Bool) { self.isIndian = isIndian }

        mutating func digit(isZero: Bool) {
            if digits == 0 { beginsWithZero = isZero }
            digits += 1
            digitsOfGroup += 1
        }

        mutating func separator() {
            if isGrouped {
                if digitsOfGroup != (isIndian ? 2 : 3) { isBad = true }
            } else if !(1...(isIndian ? 2 : 3)).contains(digitsOfGroup) || beginsWithZero {
                // `0.125` is no 125.
                isBad = true
            }
            isGrouped = true
            digitsOfGroup = 0
        }

        var isRight: Bool { !isBad && (!isGrouped || digitsOfGroup == 3) }
    }
}

/// What parts groups of digits.
enum Thousands: Sendable, Equatable {
    case none
    case byte(UInt8)
    /// A blank; also one that breaks no line, as both look alike.
    case blank
    /// U+00A0 or U+202F. No usual blank: it may part two values.
    case noBreakBlank
    /// `'` or U+2019, which word processors make of it.
    case apostrophe

    /// - Parameter sign: as the configuration has it.
    init(_ sign: String?) {
        switch sign {
        case nil: self = .none
        case " ": self = .blank
        case "\u{a0}", "\u{202f}": self = .noBreakBlank
        case "'", "\u{2019}": self = .apostrophe
        case let sign?: self = sign.utf8.count == 1 ? sign.utf8.first.map { .byte($0) } ?? .none : .none
        }
    }

    /// Bytes of the separator that stands there; 0: none does.
    @inline(__always)
    func length(in value: Span<UInt8>, at index: Int) -> Int {
        switch self {
        case .none: 0
        case .byte(let byte): value[index] == byte ? 1 : 0
        case .blank: value[index] == Byte.space ? 1 : noBreakBlankLength(value, at: index)
        case .noBreakBlank: noBreakBlankLength(value, at: index)
        case .apostrophe: apostropheLength(value, at: index)
        }
    }
}

@inline(__always)
func isDecimalDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

/// Bytes of the blank U+00A0 or U+202F that stands there; 0: none does.
func noBreakBlankLength(_ value: Span<UInt8>, at index: Int) -> Int {
    if value[index] == 0xc2, index + 1 < value.count, value[index + 1] == 0xa0 { return 2 }
    if value[index] == 0xe2, index + 2 < value.count, value[index + 1] == 0x80, value[index + 2] == 0xaf { return 3 }
    return 0
}

/// Bytes of the apostrophe that stands there, `'` or U+2019; 0: none does.
func apostropheLength(_ value: Span<UInt8>, at index: Int) -> Int {
    if value[index] == UInt8(ascii: "'") { return 1 }
    if value[index] == 0xe2, index + 2 < value.count, value[index + 1] == 0x80, value[index + 2] == 0x99 { return 3 }
    return 0
}

/// Where the blanks begin that end at `end`, of any kind: `end` when there is none.
func withoutBlanks(at end: Int, of value: Span<UInt8>) -> Int {
    var end = end
    while end > 0 {
        if value[end - 1] == Byte.space || value[end - 1] == Byte.tab {
            end -= 1
        } else if end >= 2, noBreakBlankLength(value, at: end - 2) == 2 {
            end -= 2
        } else if end >= 3, noBreakBlankLength(value, at: end - 3) == 3 {
            end -= 3
        } else {
            break
        }
    }
    return end
}

/// What is wrong with a value that should be a number and is none, where its look tells more than that.
private func faultOfNumber(_ value: Span<UInt8>) -> ValueFault? {
    if isNotANumber(value) { return .notANumber }
    if isSpoiled(value) { return .spreadsheetError }
    return hasLineBreak(value) ? .lineBreak : nil
}

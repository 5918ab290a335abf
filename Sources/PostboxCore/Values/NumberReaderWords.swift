/// What is said of numbers that could not be read. Made for a problem alone.
extension NumberReader {
    /// What is said of a value that this reader did not take; nil: nothing that depends on how the rule's numbers are written.
    ///
    /// - Parameter isWhole: the field takes whole numbers alone.
    func words(of fault: ValueFault, _ value: Span<UInt8>, isWhole: Bool = false) -> ValueWords? {
        let value = value.extracting(withoutSpaces(value))
        guard !value.isEmpty else { return nil }
        switch fault {
        case .notADecimal: return wordsOfNoNumber(value, isWhole: isWhole)
        case .badGrouping: return wordsOfGroups(value, isWhole: isWhole)
        // Every other number is written out; whether it fits is for the field to say.
        case .decimalTooLong:
            let most = NumberPlaces.exponentMax
            return ValueWords(
                what: "has an exponent further from 0 than \(most), which no price needs",
                hint: "Correct the exponent, or write the number without one.")
        default: return nil
        }
    }

    /// A number that is read, as the rule has it.
    func example(isWhole: Bool = false) -> String {
        let number = fraction.map { $0.example } ?? plainExample(isWhole: isWhole)
        return isPercent ? number + "%" : number
    }

    private func plainExample(isWhole: Bool) -> String {
        let sign = String(decoding: [decimal], as: UTF8.self)
        if isPercent { return isWhole ? "5" : "1\(sign)25" }
        let part = isWhole ? "" : "\(sign)5"
        guard let sign = thousands.sign else { return "1234\(part)" }
        return (isIndian ? ["12", "34", "567"] : ["1", "234"]).joined(separator: sign) + part
    }

    private func wordsOfNoNumber(_ value: Span<UInt8>, isWhole: Bool) -> ValueWords {
        let example = example(isWhole: isWhole)
        if isPercent, value[value.count - 1] != UInt8(ascii: "%") {
            return ValueWords(
                what: "has no percent sign, and the field has `percent: true`",
                hint: "Write the sign behind the number, such as \(example).")
        }
        if refusesExponent, hasExponent(value) {
            return ValueWords(
                what: "has an exponent, and the rule says `exponent: false`",
                hint: "Write it without an exponent, such as \(example).")
        }
        let what = "is not a number of the rule's form"
        if let fraction {
            let half = String(decoding: [decimal, UInt8(ascii: "5")], as: UTF8.self)
            let sign = isPercent ? "%" : ""
            return ValueWords(what: what, hint: fraction.hint(of: value, decimal: "99\(half)", sign: sign))
        }
        let mark = decimal == UInt8(ascii: ",") ? "a decimal comma" : "a decimal point"
        let groups = thousands.plural.map { "\($0) between thousands" }
        let form =
            isWhole
            ? groups.map { "digits with \($0)" } ?? "digits alone"
            : "digits with \(mark) and \(groups ?? "without thousands separators")"
        let percent = isPercent ? ", and a percent sign behind them" : ""
        let isUsual = decimal == UInt8(ascii: ".") && thousands == .none && !isPercent
        return ValueWords(
            what: isUsual ? nil : what,
            hint: "Write \(form)\(percent), such as \(example); "
                + "leave it empty when there is no value.")
    }

    private func wordsOfGroups(_ value: Span<UInt8>, isWhole: Bool) -> ValueWords? {
        if hasExponent(value) {
            return ValueWords(
                what: "has separators of thousands and an exponent, which do not go together",
                hint:
                    "Write it without the one or the other: the rule's `decimal` and `thousands` must be those of the file."
            )
        }
        guard isIndian else { return nil }
        return ValueWords(
            what:
                "has separators that do not part groups as `indian: true` says, three digits at the end and two in each before",
            hint:
                "Write the groups as in \(example(isWhole: isWhole)), or take `indian: true` away where all have three digits; "
                + "the rule's `decimal` and `thousands` must be those of the file.")
    }

    /// Whether an exponent ends it.
    private func hasExponent(_ value: Span<UInt8>) -> Bool {
        var end = value.count
        while end > 0, isDecimalDigit(value[end - 1]) { end -= 1 }
        guard end > 0, end < value.count else { return false }
        if value[end - 1] == UInt8(ascii: "-") || value[end - 1] == UInt8(ascii: "+") { end -= 1 }
        guard end > 1 else { return false }
        return value[end - 1] | 0x20 == UInt8(ascii: "e")
    }
}

extension NumberForm.Fraction {
    /// A price of it: a half.
    var example: String { "99-\(padded(parts / 2))" }

    /// How a price with such a fraction is written.
    ///
    /// - Parameters:
    ///   - value: what was written instead.
    ///   - decimal: 99.5 as the rule has it.
    ///   - sign: what stands behind every number.
    fileprivate func hint(of value: Span<UInt8>, decimal: String, sign: String) -> String {
        for index in value.indices where value[index] == UInt8(ascii: "/") {
            return
                "Write a fraction below one that is an exact decimal, such as 99 1/2\(sign), or \(plural) behind a dash, "
                + "such as \(example)\(sign)."
        }
        let digits = ["one digit", "two digits", "three digits"][min(width, 3) - 1]
        return
            "Write \(plural) behind a dash as \(digits) from \(padded(0)) to \(padded(parts - 1)), such as \(example)\(sign). "
            + "A + behind them is half \(one)\(tailHint). \(decimal)\(sign) and 99 1/2\(sign) are read as well."
    }

    /// What one more digit means.
    private var tailHint: String {
        let digit = width == 2 ? "a third digit" : "a fourth digit"
        return switch tail {
        case .eighths: "; \(digit) from 0 to 7 is eighths of one"
        case .quarters: "; \(digit), 0, 2, 5 or 7, is none, one, two or three quarters of one"
        // What it means of 128ths and 256ths only a rule says.
        case nil: width == 2 ? "; \(digit) from 0 to 7 is a part of one (5 and 7 need `fraction_tail` in the rule)" : ""
        }
    }

    private var plural: String { parts == 8 ? "eighths" : parts == 32 ? "32nds" : "\(parts)ths" }
    private var one: String { parts == 8 ? "an eighth" : parts == 32 ? "a 32nd" : "a \(parts)th" }

    private func padded(_ number: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension Thousands {
    /// The separator as a file has it; nil: there is none.
    fileprivate var sign: String? {
        switch self {
        case .none: nil
        case .byte(let byte): String(decoding: [byte], as: UTF8.self)
        case .blank: " "
        case .noBreakBlank: "\u{a0}"
        case .apostrophe: "'"
        }
    }

    /// Several of it, in words; nil: there is none.
    fileprivate var plural: String? {
        switch self {
        case .none: nil
        case .byte(let byte) where byte == UInt8(ascii: ","): "commas"
        case .byte(let byte) where byte == UInt8(ascii: "."): "points"
        case .byte(let byte): "`\(String(decoding: [byte], as: UTF8.self))`"
        case .blank: "blanks"
        case .noBreakBlank: "no-break blanks"
        case .apostrophe: "apostrophes"
        }
    }
}

import TestSupport
import Testing

@testable import PostboxCore

/// Bytes of no sense for whatever reads numbers and formulas.
@Suite("Numbers and formulas of no sense", .computing)
struct ValuesFuzzTests {
    private static let forms: [NumberForm] = {
        var forms: [NumberForm] = []
        for decimal in [nil, ","] {
            for thousands in [nil, ".", ",", " ", "\u{a0}", "'"] where thousands != decimal ?? "." {
                for change in 0..<6 {
                    var form = NumberForm()
                    form.decimal = decimal
                    form.thousands = thousands
                    form.isIndian = change == 1
                    form.exponent = change == 2
                    form.percent = change == 3
                    form.fraction = change > 3 ? [8, 32][change - 4] : nil
                    form.fractionTail = change == 5 ? .quarters : nil
                    forms.append(form)
                }
            }
        }
        return forms
    }()

    @Test("A number is refused, or a decimal that is read again as the same")
    func numbers() throws {
        let seeds = [
            "1.234,50", "1,234.50", "-0,125", "1'234'567.25", "1 234", "1\u{a0}234", "12,34,567", "1.5e-7", "1.25 %",
            "99-16", "99-16+", "99-165", "384'6", "99 16/32", "+.61", "5.", "NaN", "#N/A", "2026-11-21", "Alfa 4,25%",
        ].map { Array($0.utf8) }
        let plain = NumberReader(NumberForm(), isTyped: true)
        try Fuzz.run(
            "numbers", seeds: seeds, words: [".", ",", "-", "/", " 1/2", "e9", "%", "\u{2019}"].map { Array($0.utf8) }
        ) { input in
            for form in Self.forms {
                var out: [UInt8] = []
                guard NumberReader(form, isTyped: true).convert(input.span, into: &out) == nil else {
                    guard out.isEmpty else { return "\(form) left \(out)" }
                    continue
                }
                if out.isEmpty {
                    guard withoutSpaces(input.span).isEmpty else { return "\(form) made nothing of it" }
                    continue
                }
                var again: [UInt8] = []
                guard plain.convert(out.span, into: &again) == nil, again == out, DecimalText(out.span) != nil else {
                    return "\(form) made \(String(decoding: out, as: UTF8.self)) of it"
                }
                // By its look it is the same number, or a text as it is, or refused.
                var looked: [UInt8] = []
                if NumberReader(form, isTyped: false).convert(input.span, into: &looked) == nil,
                    looked != out, looked != input
                {
                    return "\(form) made \(String(decoding: looked, as: UTF8.self)) of its look"
                }
            }
            return nil
        }
    }

    @Test("A formula is refused with a place, or has the same result with 128 bits and with more")
    func formulas() throws {
        let seeds = [
            "(bid + ask) / 2", "1 / rate", "min(bid, last)", "abs(-a)", "max(a, b, [Px Bid])", "round(x / 3, 4)",
            "a*b-c/d", "quote.bid*$rate", "field[name=BID].value", "((((a))))", "----a", "0.1 + 0.2",
        ].map { Array($0.utf8) }
        let words = ["(", ")", "[", "]", "round(", ", 2)", "min(", "/", "1.5", "a", "\u{a0}"].map { Array($0.utf8) }
        try Fuzz.run("formulas", seeds: seeds, words: words, lengthMax: 2100) { input in
            let text = String(decoding: input, as: UTF8.self)
            let formula: Formula
            do throws(SettingsMistake) {
                formula = try Formula(parsing: text)
            } catch {
                return error.expected.hasPrefix("a formula: ") ? nil : error.expected
            }
            let values = ["1.5", "-0.07", "123456789012345678", "0", "3e20"]
            let operands = formula.columns.indices.map { values[$0 % values.count] }
            let quick = formula.answer(operands, round: 6)
            guard quick == formula.answer(operands, round: 6, isQuick: false) else { return "128 bits are not enough" }
            if ["decimal_too_long", "division_by_zero"].contains(quick) { return nil }
            return DecimalText(Array(quick.utf8).span) == nil ? "the result is \(quick)" : nil
        }
    }
}

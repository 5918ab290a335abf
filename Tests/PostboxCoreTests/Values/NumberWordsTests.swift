import Testing

@testable import PostboxCore

@Suite("What is said of numbers that cannot be read")
struct NumberWordsTests {
    private static func reader(_ change: (inout NumberForm) -> Void) -> NumberReader {
        var form = NumberForm()
        change(&form)
        return NumberReader(form, isTyped: true)
    }

    private static func words(_ text: String, isWhole: Bool = false, _ reader: NumberReader) -> ValueWords? {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        guard let fault = reader.convert(bytes.span, into: &out) else { return nil }
        return reader.words(of: fault, bytes.span, isWhole: isWhole)
    }

    @Test("The example in a hint is a number that the same form reads")
    func examples() {
        let separators: [String?] = [nil, ",", ".", " ", "'", "\u{a0}", "_"]
        for decimal in [".", ","] {
            for thousands in separators where thousands != decimal {
                for fraction in [nil, 8, 32, 64, 128, 256] as [Int?] {
                    for (isPercent, isIndian, isWhole) in [
                        (false, false, false), (true, false, false), (false, true, false), (true, true, true),
                        (false, false, true), (false, true, true),
                    ] {
                        let reader = Self.reader {
                            $0.decimal = decimal
                            $0.thousands = thousands
                            $0.fraction = fraction
                            $0.percent = isPercent
                            $0.isIndian = isIndian
                            $0.exponent = false
                        }
                        let example = reader.example(isWhole: isWhole)
                        let read = reader.answer(example)
                        let digits = Array(read.utf8)
                        let isNumber = DecimalText(digits.span) != nil
                        #expect(isNumber, "\(example): \(read)")
                        #expect(!isWhole || fraction != nil || !read.contains("."), "\(example): \(read)")
                    }
                }
            }
        }
    }

    @Test("A number without its percent sign is told so")
    func percent() {
        let reader = Self.reader { $0.percent = true }
        #expect(
            Self.words("1.25", reader)
                == ValueWords(
                    what: "has no percent sign, and the field has `percent: true`",
                    hint: "Write the sign behind the number, such as 1.25%."))
        #expect(Self.words("1.25%", reader) == nil)
        #expect(
            Self.words("1,25%", reader)?.hint
                == "Write digits with a decimal point and without thousands separators, and a percent sign behind them, "
                + "such as 1.25%; leave it empty when there is no value.")
    }

    @Test("The marks of the form are named, with a number that has them")
    func marks() {
        let comma = Self.reader { $0.decimal = "," }
        for text in ["1.5", "1.234,5", "abc"] {
            #expect(
                Self.words(text, comma)
                    == ValueWords(
                        what: "is not a number of the rule's form",
                        hint:
                            "Write digits with a decimal comma and without thousands separators, such as 1234,5; leave it "
                            + "empty when there is no value."))
        }
        let grouped = Self.reader {
            $0.decimal = ","
            $0.thousands = "."
        }
        #expect(
            Self.words("1'5", grouped)?.hint
                == "Write digits with a decimal comma and points between thousands, such as 1.234,5; leave it empty when there "
                + "is no value.")
        #expect(
            Self.words("1'5", isWhole: true, grouped)?.hint
                == "Write digits with points between thousands, such as 1.234; leave it empty when there is no value.")
        let plain = Self.reader { $0.exponent = true }
        #expect(Self.words("1,5", plain)?.what == nil)
        #expect(Self.words("1,5", plain)?.hint.contains("such as 1234.5;") == true)
        #expect(Self.words("1,5", isWhole: true, plain)?.hint.hasPrefix("Write digits alone, such as 1234;") == true)
    }

    @Test("An exponent that the rule does not have is told so, and one that is too far")
    func exponents() {
        #expect(
            Self.words("1e5", Self.reader { $0.exponent = false })
                == ValueWords(
                    what: "has an exponent, and the rule says `exponent: false`",
                    hint: "Write it without an exponent, such as 1234.5."))
        let reader = Self.reader { $0.exponent = true }
        #expect(
            Self.words("1e-5000", reader)
                == ValueWords(
                    what: "has an exponent further from 0 than 400, which no price needs",
                    hint: "Correct the exponent, or write the number without one."))
        #expect(Self.words("1e-400", reader) == nil)
    }

    @Test(
        "How a fraction is written is told, with what may stand behind it",
        arguments: [
            (8, nil, "384-8", "as one digit from 0 to 7, such as 99-4. A + behind them is half an eighth."),
            (
                32, nil, "99-32",
                "Write 32nds behind a dash as two digits from 00 to 31, such as 99-16. A + behind them is half a 32nd; a third "
                    + "digit from 0 to 7 is a part of one (5 and 7 need `fraction_tail` in the rule). 99.5 and 99 1/2 are "
                    + "read as well."
            ),
            (32, nil, "99-5", "two digits from 00 to 31"), (32, nil, "1.2.3", "two digits from 00 to 31"),
            (32, .eighths, "99-168", "; a third digit from 0 to 7 is eighths of one."),
            (32, .quarters, "99-163", "; a third digit, 0, 2, 5 or 7, is none, one, two or three quarters of one."),
            (64, nil, "99-64", "Write 64ths behind a dash as two digits from 00 to 63, such as 99-32."),
            (128, nil, "99-128", "three digits from 000 to 127, such as 99-064. A + behind them is half a 128th. 99.5"),
            (
                256, .eighths, "99-300",
                "three digits from 000 to 255, such as 99-128. A + behind them is half a 256th; a fourth"
            ),
            (
                32, nil, "1/0",
                "Write a fraction below one that is an exact decimal, such as 99 1/2, or 32nds behind a dash, such as 99-16."
            ),
        ] as [(Int, NumberForm.FractionTail?, String, String)])
    func fractions(_ parts: Int, _ tail: NumberForm.FractionTail?, _ text: String, _ expected: String) {
        let words = Self.words(
            text,
            Self.reader {
                $0.fraction = parts
                $0.fractionTail = tail
            })
        #expect(words?.what == "is not a number of the rule's form")
        #expect(words?.hint.contains(expected) == true, "\(words?.hint ?? "")")
    }

    @Test("Groups as India has them are named where they are missing; others are told as ever")
    func groups() {
        let indian = Self.reader {
            $0.thousands = ","
            $0.isIndian = true
        }
        let words = Self.words("1,234,567", indian)
        #expect(words?.what?.contains("as `indian: true` says") == true)
        #expect(words?.hint.hasPrefix("Write the groups as in 12,34,567.5, or take `indian: true` away") == true)
        let western = Self.reader { $0.thousands = "," }
        #expect(Self.words("12,34,567", western) == nil)
        #expect(
            Self.words("1,234e5", western)?.what
                == "has separators of thousands and an exponent, which do not go together")
    }
}

import Testing

@testable import PostboxCore

@Suite("Numbers as files write them")
struct NumberReaderTests {
    /// The plain decimal, or the reason of the fault.
    private func read(_ text: String, isTyped: Bool = true, _ change: (inout NumberForm) -> Void) -> String {
        var form = NumberForm()
        change(&form)
        return NumberReader(form, isTyped: isTyped).answer(text)
    }

    @Test(
        "A decimal comma and points between thousands",
        arguments: [
            ("1.234,50", "1234.50"), ("987,6", "987.6"), ("988,0", "988.0"), ("1234567,5", "1234567.5"),
            ("1.234.567,00", "1234567.00"), ("-0,125", "-0.125"), ("-1.234,5", "-1234.5"), ("1.234", "1234"),
            ("1234", "1234"), ("0", "0"), ("0,0", "0.0"), ("-0,0", "-0.0"), ("+1,5", "1.5"), (",5", "0.5"),
            ("-,5", "-0.5"), ("5,", "5"), ("007,5", "7.5"), (" 1,5\t", "1.5"), ("", ""), ("  ", ""),
            ("123.456.789.012.345.678,12345678901234", "123456789012345678.12345678901234"),
            ("12.34,50", "bad_grouping"), ("1.5", "bad_grouping"), ("1234.567", "bad_grouping"),
            ("1.234567", "bad_grouping"), ("1..234", "bad_grouping"), (".123", "bad_grouping"),
            ("1.234.", "bad_grouping"), ("1.234.,5", "bad_grouping"), ("0.125", "bad_grouping"),
            ("012.345", "bad_grouping"), ("1,234.567", "bad_grouping"), ("1,2.", "bad_grouping"),
            ("-1.5", "bad_grouping"), ("1.234e5", "bad_grouping"),
            ("1,5,", "not_a_decimal"), ("1,,5", "not_a_decimal"), ("1'234", "not_a_decimal"),
            ("1 234", "not_a_decimal"), ("(1,5)", "not_a_decimal"), ("1,5-", "not_a_decimal"),
            ("--1", "not_a_decimal"), ("- 1", "not_a_decimal"), ("1-", "not_a_decimal"), ("abc", "not_a_decimal"),
            (",", "not_a_decimal"), (".", "not_a_decimal"), ("-", "not_a_decimal"), ("+", "not_a_decimal"),
            ("1,5 EUR", "not_a_decimal"), ("€1,5", "not_a_decimal"), ("1,5%", "not_a_decimal"),
            ("\u{2212}1,5", "not_a_decimal"), ("١,٥", "not_a_decimal"), ("0x1", "not_a_decimal"),
            ("NaN", "not_a_number"), ("-inf", "not_a_number"), ("#N/A", "spreadsheet_error"),
            ("1,5\n2,5", "line_break"), ("1,5\n", "line_break"), ("1e", "not_a_decimal"), ("1,5e+", "not_a_decimal"),
            ("e5", "not_a_decimal"),
        ])
    func commas(_ text: String, _ expected: String) {
        let answer = read(text) {
            $0.decimal = ","
            $0.thousands = "."
        }
        #expect(answer == expected)
    }

    @Test(
        "Separators of every kind, with a point as the decimal sign",
        arguments: [
            (",", "1,234,567.25", "1234567.25"), (",", "1,23", "bad_grouping"), (",", "1.234,567", "bad_grouping"),
            ("'", "1'234'567.25", "1234567.25"), ("'", "1\u{2019}234\u{2019}567", "1234567"),
            ("'", "1'234\u{2019}567", "1234567"), ("\u{2019}", "1'234.5", "1234.5"), ("'", "12'34.5", "bad_grouping"),
            ("'", "'123", "bad_grouping"), ("'", "123'", "bad_grouping"), ("'", "1''234", "bad_grouping"),
            ("'", "1\u{2018}234", "not_a_decimal"), ("'", "-1'234.05", "-1234.05"), ("'", "-'234", "bad_grouping"),
            (" ", "1 234 567.5", "1234567.5"), (" ", "1\u{a0}234", "1234"), (" ", "1\u{202f}234.5", "1234.5"),
            (" ", "1 23", "bad_grouping"), (" ", "1  234", "bad_grouping"), (" ", "1.5 2", "bad_grouping"),
            ("\u{a0}", "12\u{a0}345.5", "12345.5"), ("\u{a0}", "12\u{202f}345.5", "12345.5"),
            ("\u{202f}", "12\u{a0}345.5", "12345.5"), ("\u{a0}", "12 345.5", "not_a_decimal"),
            ("_", "1_234", "1234"), ("_", "1_23", "bad_grouping"),
        ])
    func separators(_ sign: String, _ text: String, _ expected: String) {
        #expect(read(text) { $0.thousands = sign } == expected)
    }

    @Test(
        "Groups of two before the last three",
        arguments: [
            ("12,34,567", "1234567"), ("1,234", "1234"), ("12,345.50", "12345.50"), ("1,23,45,678.5", "12345678.5"),
            ("1234567", "1234567"), ("123,456", "bad_grouping"), ("1,234,567", "bad_grouping"),
            ("12,34,56", "bad_grouping"), ("1,2,345", "bad_grouping"), ("12,34", "bad_grouping"),
        ])
    func indian(_ text: String, _ expected: String) {
        let answer = read(text) {
            $0.thousands = ","
            $0.isIndian = true
        }
        #expect(answer == expected)
    }

    @Test(
        "An exponent is written out",
        arguments: [
            ("1.5e-7", "0.00000015"), ("2.5E3", "2500"), ("7E+02", "700"), ("1.50e1", "15.0"), ("1.5e0", "1.5"),
            ("12.345e1", "123.45"), ("-1.5e-2", "-0.015"), ("+.61", "0.61"), ("-.5", "-0.5"), ("5.", "5"),
            (".5e1", "5"), ("5.e-1", "0.5"), ("0e99999", "0"), ("0.00e-3", "0"), ("0.05e2", "5"), ("001e2", "100"),
            ("1e-20", "0.00000000000000000001"), ("1e401", "decimal_too_long"), ("1e-999999999999", "decimal_too_long"),
            ("1e", "not_a_decimal"), ("1e1.5", "not_a_decimal"), ("1e5e5", "not_a_decimal"), ("e5", "not_a_decimal"),
        ])
    func exponents(_ text: String, _ expected: String) {
        #expect(read(text) { $0.exponent = true } == expected)
    }

    @Test("Of a number by its type, an exponent that the form does not name is left to the type")
    func exponentsOfOthers() {
        #expect(read("1,5e-7") { $0.decimal = "," } == "1.5e-7")
        #expect(read("2E3") { $0.thousands = "'" } == "2E3")
    }

    @Test(
        "Per cent, with the sign or not at all",
        arguments: [
            ("1,25%", "1.25"), ("-0,5%", "-0.5"), ("40%", "40"), ("1,25 %", "1.25"), ("1,25\u{a0}%", "1.25"),
            ("1.234,5%", "1234.5"), ("0,12745768%", "0.12745768"), ("", ""),
            ("1,25", "not_a_decimal"), ("1,2,5%", "not_a_decimal"), ("%", "not_a_decimal"), ("%5", "not_a_decimal"),
            ("5%%", "not_a_decimal"), ("5 % p.a.", "not_a_decimal"), ("n/a", "not_a_decimal"),
            ("1.25%", "bad_grouping"), ("5\u{2030}", "not_a_decimal"),
        ])
    func percents(_ text: String, _ expected: String) {
        let answer = read(text, isTyped: false) {
            $0.decimal = ","
            $0.thousands = "."
            $0.percent = true
        }
        #expect(answer == expected)
    }

    @Test(
        "By its look: what is no number passes as it is, what looks like one must be one of the form",
        arguments: [
            ("1.234,50", "1234.50"), ("Alfa 4,25% 2031", "Alfa 4,25% 2031"), (" Alfa ", " Alfa "), ("Alfa\n", "Alfa\n"),
            ("1,5\n", "line_break"), ("\n", "\n"), ("  ", "  "),
            ("2026-11-21", "2026-11-21"), ("007", "007"), ("-", "-"), ("12:30", "12:30"), ("1,5%", "1,5%"),
            ("E5", "E5"), ("NaN", "NaN"), ("1e5", "1e5"), ("#N/A", "#N/A"),
            ("1.5", "bad_grouping"), ("1,2,3", "not_a_decimal"), ("21.11.2026", "bad_grouping"),
            ("007,5", "not_a_decimal"), ("+1,5", "not_a_decimal"), (",5", "not_a_decimal"), ("5,", "not_a_decimal"),
            (",", "not_a_decimal"), ("1,5-", "not_a_decimal"), (" 1,5 ", "1.5"),
        ])
    func looks(_ text: String, _ expected: String) {
        let answer = read(text, isTyped: false) {
            $0.decimal = ","
            $0.thousands = "."
        }
        #expect(answer == expected)
    }

    @Test("By its look an exponent that the form names makes a number, and one without it does not")
    func looksOfExponents() {
        for (text, expected) in [
            ("1e5", "100000"), ("1.5e-3", "0.0015"), ("E5", "E5"), ("037833E10", "not_a_decimal"),
            ("12e", "not_a_decimal"), ("1.50", "1.50"),
        ] {
            #expect(read(text, isTyped: false) { $0.exponent = true } == expected, "\(text)")
        }
    }

    @Test("What was appended before stays, whatever comes of the value")
    func appends() {
        var form = NumberForm()
        form.decimal = ","
        form.thousands = "."
        let reader = NumberReader(form, isTyped: true)
        var out = Array("x".utf8)
        #expect(reader.convert(Array("1.234,5".utf8).span, into: &out) == nil)
        #expect(reader.convert(Array("1.23".utf8).span, into: &out) == .badGrouping)
        #expect(reader.convert(Array("2,5".utf8).span, into: &out) == nil)
        #expect(String(decoding: out, as: UTF8.self) == "x1234.52.5")
    }
}

@Suite("Prices with fractions")
struct FractionTextTests {
    private func read(
        _ text: String, _ parts: Int, _ tail: NumberForm.FractionTail? = nil, thousands: String? = nil
    ) -> String {
        var form = NumberForm()
        form.fraction = parts
        form.fractionTail = tail
        form.thousands = thousands
        return NumberReader(form, isTyped: false).answer(text)
    }

    @Test(
        "32nds",
        arguments: [
            ("99-16", "99.5"), ("99-16+", "99.515625"), ("99-00", "99"), ("100-01", "100.03125"),
            ("99-31+", "99.984375"), ("-1-16", "-1.5"), ("+0-08", "0.25"), ("-0-08", "-0.25"), ("110'16", "110.5"),
            ("110\u{2019}16", "110.5"), ("99 1/2", "99.5"), ("99 16/32", "99.5"), ("-99 1/2", "-99.5"),
            ("1/2", "0.5"), ("-1/2", "-0.5"), ("99  1/8", "99.125"), ("99\u{a0}1/2", "99.5"), ("99 0/32", "99"),
            ("99 3/6", "99.5"), ("99 1/5", "99.2"), ("99 5/256", "99.01953125"), ("99.5", "99.5"), ("-16", "-16"),
            ("99", "99"), ("", ""), ("99-160", "99.5"), ("99-162", "99.5078125"), ("99-161", "99.50390625"),
            ("99-163", "99.51171875"), ("99-164", "99.515625"), ("99-166", "99.5234375"),
            ("99-165", "ambiguous_fraction"), ("99-167", "ambiguous_fraction"),
            ("99-32", "not_a_decimal"), ("1/0", "not_a_decimal"), ("0/0", "not_a_decimal"), ("99 1/0", "not_a_decimal"),
            ("99 3/2", "not_a_decimal"), ("99 32/32", "not_a_decimal"), ("3/2", "not_a_decimal"),
            ("99 1/3", "not_a_decimal"), ("99-325", "not_a_decimal"), ("99-168", "not_a_decimal"),
            ("99-5", "not_a_decimal"), ("99-", "not_a_decimal"), ("99-+", "not_a_decimal"), ("99+", "not_a_decimal"),
            ("99-16-", "not_a_decimal"), ("99-16++", "not_a_decimal"), ("99-162+", "not_a_decimal"),
            ("99-1625", "not_a_decimal"), ("99-1/2", "not_a_decimal"), ("99 16", "not_a_decimal"),
            ("99-xx", "not_a_decimal"), ("-99-16-", "not_a_decimal"), ("--16", "not_a_decimal"),
            ("99.5-16", "not_a_decimal"), ("99.5 1/2", "not_a_decimal"), ("99 -1/2", "not_a_decimal"),
            ("99 1/-2", "not_a_decimal"), ("99 1/", "not_a_decimal"), ("99 /2", "not_a_decimal"),
            ("1/2/4", "not_a_decimal"), ("99 1/2 1/2", "not_a_decimal"), ("1 234 1/2", "not_a_decimal"),
            ("99-16.5", "not_a_decimal"), ("99\u{bd}", "not_a_decimal"), ("n/a", "not_a_decimal"),
            ("99-16 ", "99.5"), (" 99-16", "99.5"), ("'16", "not_a_decimal"),
        ])
    func thirtySeconds(_ text: String, _ expected: String) { #expect(read(text, 32) == expected) }

    @Test("The third digit, in eighths or in quarters")
    func tails() {
        let eighths = (0...9).map { read("99-16\($0)", 32, .eighths) }
        #expect(
            eighths == [
                "99.5", "99.50390625", "99.5078125", "99.51171875", "99.515625", "99.51953125", "99.5234375",
                "99.52734375", "not_a_decimal", "not_a_decimal",
            ])
        let quarters = (0...9).map { read("110-16\($0)", 32, .quarters) }
        let no = "not_a_decimal"
        #expect(quarters == ["110.5", no, "110.5078125", no, no, "110.515625", no, "110.5234375", no, no])
        #expect(read("101-007", 32, .eighths) == "101.02734375")
    }

    @Test(
        "Other parts than 32",
        arguments: [
            (8, "384'6", "384.75"), (8, "384-6", "384.75"), (8, "384'6+", "384.8125"), (8, "384'8", "not_a_decimal"),
            (8, "384'62", "not_a_decimal"), (8, "384 3/4", "384.75"), (64, "99-63", "99.984375"),
            (64, "99-64", "not_a_decimal"), (64, "99-33+", "99.5234375"), (128, "99-064", "99.5"),
            (128, "99-64", "99.5"), (128, "99-128", "not_a_decimal"), (128, "99-0645", "not_a_decimal"),
            (256, "99-255", "99.99609375"), (256, "99-256", "not_a_decimal"), (256, "99 5/256", "99.01953125"),
        ])
    func others(_ parts: Int, _ text: String, _ expected: String) { #expect(read(text, parts) == expected) }

    @Test("Thousands in front of a fraction, and an apostrophe that cannot be both")
    func thousands() {
        #expect(read("1,234-16", 32, thousands: ",") == "1234.5")
        #expect(read("1,23-16", 32, thousands: ",") == "bad_grouping")
        #expect(read("1 234 1/2", 8, thousands: " ") == "1234.5")
        #expect(read("384'6", 8, thousands: "'") == "bad_grouping")
        #expect(read("1'384-6", 8, thousands: "'") == "1384.75")
    }
}

extension NumberReader {
    /// The plain decimal, or the reason of the fault.
    func answer(_ text: String) -> String {
        var out: [UInt8] = []
        if let fault = convert(Array(text.utf8).span, into: &out) { return fault.rawValue }
        return String(decoding: out, as: UTF8.self)
    }
}

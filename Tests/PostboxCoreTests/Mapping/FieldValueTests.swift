import PostboxCore
import Testing

@Suite("What a value becomes on the wire")
struct FieldValueTests {
    @Test(
        "CSV and XML text is a number, a text or an error by its look",
        arguments: [
            ("1.5", "1.5"), ("0", "0"), ("0.1", "0.1"), ("1.10", "1.10"), ("24.50", "24.50"), ("-3", "-3"),
            ("-0.5", "-0.5"), ("0.0", "0.0"), ("100", "100"), ("20261121", "20261121"), ("-0", "0"), ("-0.00", "0.00"),
            (" 1.5", "1.5"), ("1.5 ", "1.5"), ("  7  ", "7"), ("\t7", "7"), ("9", "9"),
            ("123456789012345678", "123456789012345678"), ("1234.56789012345678", "1234.56789012345678"),
            ("0.00000000000001", "0.00000000000001"), ("-0.00000000000001", "-0.00000000000001"),
            ("1.00000000000000", "1.00000000000000"), ("1.000000000000000", "1.00000000000000"),
            ("1.000000000000000000000", "1.00000000000000"), ("12345678901234567.80", "12345678901234567.80"),
            ("0.000000000000000", "0.00000000000000"),
            ("007", "\"007\""), ("00", "\"00\""), ("-007", "\"-007\""), ("00.5", "\"00.5\""), ("01.50", "\"01.50\""),
            (" 007", "\" 007\""),
            ("2026-11-21", "\"2026-11-21\""), ("12:34:56", "\"12:34:56\""), ("12:34", "\"12:34\""),
            ("11/21/2026", "\"11/21/2026\""), ("05.11.2026", "not_a_decimal"), ("21 NOV 2026", "\"21 NOV 2026\""),
            ("2026-11-21T12:34:56Z", "\"2026-11-21T12:34:56Z\""),
            ("EOD", "\"EOD\""), ("E5", "\"E5\""), ("e5", "\"e5\""), ("E", "\"E\""), ("FIRM", "\"FIRM\""),
            ("n", "\"n\""), ("na", "\"na\""), ("NA", "\"NA\""), ("in", "\"in\""), ("IN", "\"IN\""),
            ("Indium", "\"Indium\""),
            ("NYSE", "\"NYSE\""), ("i", "\"i\""), ("a nan", "\"a nan\""), ("=", "\"=\""), ("#1", "\"#1\""),
            ("#", "\"#\""),
            ("3M", "\"3M\""), ("1Y", "\"1Y\""), ("5%", "\"5%\""), ("$5", "\"$5\""), ("1 234", "\"1 234\""),
            ("1'234", "\"1'234\""), ("0x10", "\"0x10\""), ("(5)", "\"(5)\""), ("true", "\"true\""),
            ("null", "\"null\""),
            ("-x", "\"-x\""), ("a,b", "\"a,b\""), (" text ", "\" text \""),
            ("1e5", "not_a_decimal"), ("1E5", "not_a_decimal"), ("1.5e-7", "not_a_decimal"), ("-1e5", "not_a_decimal"),
            ("1,234.5", "not_a_decimal"), ("1.234,5", "not_a_decimal"), ("1,5", "not_a_decimal"),
            (",", "not_a_decimal"),
            ("+5", "not_a_decimal"), ("+1.5", "not_a_decimal"), ("+007", "not_a_decimal"), (".5", "not_a_decimal"),
            ("-.5", "not_a_decimal"), ("5.", "not_a_decimal"), ("-5.", "not_a_decimal"), ("-", "not_a_decimal"),
            ("--", "not_a_decimal"), ("---", "not_a_decimal"), (".", "not_a_decimal"), ("+", "not_a_decimal"),
            ("1-2-3", "not_a_decimal"), ("5-", "not_a_decimal"), ("1.2.3", "not_a_decimal"), ("--5", "not_a_decimal"),
            ("5E", "not_a_decimal"), ("-e", "not_a_decimal"), ("1..2", "not_a_decimal"), (" 1e5 ", "not_a_decimal"),
            ("2026-13-41", "not_a_decimal"), ("2026-02-29", "not_a_decimal"),
            ("NaN", "not_a_number"), ("nan", "not_a_number"), ("NAN", "not_a_number"), ("-NaN", "not_a_number"),
            ("Inf", "not_a_number"), ("inf", "not_a_number"), ("-Inf", "not_a_number"), ("+inf", "not_a_number"),
            ("Infinity", "not_a_number"), ("-INFINITY", "not_a_number"), (" NaN", "not_a_number"),
            ("inf ", "not_a_number"),
            ("Info", "like_no_number"), ("INFLATION", "like_no_number"), ("Inf.", "like_no_number"),
            ("-Info", "like_no_number"), ("+Info", "like_no_number"), ("NANO", "like_no_number"),
            ("NaN1", "like_no_number"), ("nan%", "like_no_number"), ("Nancy", "like_no_number"),
            ("Infinite", "like_no_number"), ("-inferior", "like_no_number"), (" Info", "like_no_number"),
            ("Information on the bond", "like_no_number"),
            ("#N/A", "spreadsheet_error"), ("#N/A Invalid Security", "spreadsheet_error"),
            (" #REF! ", "spreadsheet_error"),
            ("#VALUE!", "spreadsheet_error"), ("#DIV/0!", "spreadsheet_error"), ("#NAME?", "spreadsheet_error"),
            ("#NUM!", "spreadsheet_error"), ("#NULL!", "spreadsheet_error"), ("#####", "spreadsheet_error"),
            ("#WERT!", "spreadsheet_error"), ("#NOM?", "spreadsheet_error"), ("#NV", "spreadsheet_error"),
            ("#1 pick!", "\"#1 pick!\""),
            ("=A1+B1", "spreadsheet_error"), ("=\"912828XY1\"", "spreadsheet_error"),
            ("a\nb", "line_break"), ("1.5\n", "line_break"), ("\r\nFIRM", "line_break"), ("A\r", "line_break"),
            ("a\u{1b}b", "control_in_text"),
            ("0.30000000000000004", "decimal_too_long"), ("33.333333333333336", "decimal_too_long"),
            ("1.234567890123456", "decimal_too_long"), ("1234567890123456789", "1234567890123456789"),
            ("1000000000000000000", "1000000000000000000"), ("0.000000000000001", "decimal_too_long"),
            ("12345678901234567.89", "12345678901234567.89"),
            ("922337203685477580.7", "922337203685477580.7"), ("92233.72036854775807", "92233.72036854775807"),
            ("9223372036854775807", "9223372036854775807"), ("-9223372036854775807", "-9223372036854775807"),
            ("9223372036854775808", "decimal_too_long"), ("92233.72036854775808", "decimal_too_long"),
            ("-9223372036854775808", "decimal_too_long"), ("922337203685477580.70", "922337203685477580.7"),
            ("99999999999999999999999999999999999999999999999999", "decimal_too_long"),
            ("", "-"), ("   ", "-"), ("\t", "-"),
        ])
    func byLook(text: String, expected: String) {
        #expect(value(.plain(text)) == expected)
    }

    @Test("Whatever digits, signs and points make up a value, it is a number exactly when it is written as one")
    func everyShortValue() {
        var texts = [""]
        var longest = texts
        for _ in 1...5 {
            longest = longest.flatMap { text in ["-", "0", "7", ".", "e"].map { text + $0 } }
            texts += longest
        }
        // Seven to nine bytes: around the length that is looked at in one word.
        texts += longest.flatMap { ["12" + $0, "305" + $0, "-0.1" + $0] }
        let columns = ["RIC", "F", "M"]
        let results = map(plainRule(), columns: columns, texts.map { ["A", .plain($0), "1"] })
        for (text, mapped) in zip(texts, results) where !text.isEmpty {
            let number = "{\"F\":\(Self.withoutMinusZero(text)),\"M\":1}"
            if Self.isNumber(text) {
                #expect(mapped.result == number)
            } else {
                #expect(!mapped.result.hasPrefix("{") || mapped.result.hasPrefix("{\"F\":\""), "\(text)")
            }
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        var rest = Substring(text)
        if rest.first == "-" { rest = rest.dropFirst() }
        let whole = rest.prefix { $0.isNumber }
        guard !whole.isEmpty, whole == "0" || !whole.hasPrefix("0") else { return false }
        rest = rest.dropFirst(whole.count)
        guard !rest.isEmpty else { return true }
        return rest.first == "." && rest.count > 1 && rest.dropFirst().allSatisfy(\.isNumber)
    }

    private static func withoutMinusZero(_ text: String) -> String {
        text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) } ? String(text.dropFirst()) : text
    }

    @Test(
        "A JSON number is a number with its exponent written out",
        arguments: [
            ("1.5", "1.5"), ("0", "0"), ("-0", "0"), ("-0.0", "0.0"), ("1.10", "1.10"), ("1e5", "100000"),
            ("1E+5", "100000"),
            ("1e-5", "0.00001"), ("1.5e-7", "0.00000015"), ("1.50e1", "15.0"), ("1.50e2", "150"), ("1.50e3", "1500"),
            ("-1.1234567891E-4", "-0.00011234567891"), ("1.23456789012e5", "123456.789012"),
            ("1e-14", "0.00000000000001"),
            ("1e17", "100000000000000000"), ("123e-2", "1.23"), ("100e-2", "1.00"), ("0e5", "0"), ("0e-3", "0.000"),
            ("0e999999999999999999999", "0"), ("1e18", "1000000000000000000"), ("1e19", "decimal_too_long"),
            ("1e400", "decimal_too_long"),
            ("1e-15", "decimal_too_long"), ("1e-99999999999999999999", "decimal_too_long"),
            ("10e-15", "0.00000000000001"), ("0.30000000000000004", "decimal_too_long"),
        ])
    func jsonNumber(text: String, expected: String) {
        #expect(value(.number(text)) == expected)
    }

    @Test(
        "A JSON string is text, whatever it looks like, unless a server would take it for a number that it is not",
        arguments: [
            ("1.5", "\"1.5\""), ("1e5", "\"1e5\""), ("1,234.5", "\"1,234.5\""), (" ", "\" \""), ("-1.5", "\"-1.5\""),
            ("-x", "\"-x\""), ("5-", "\"5-\""), ("", "-"),
            ("NaN", "like_no_number"), ("Info", "like_no_number"), (" nano", "like_no_number"),
            ("-Inf", "like_no_number"),
            ("-", "like_no_number"), ("-.", "like_no_number"), ("--", "like_no_number"), ("-1e5", "like_no_number"),
            ("-1.", "like_no_number"), ("-9223372036854775807", "\"-9223372036854775807\""),
            ("-9223372036854775809", "like_no_number"), ("#N/A", "spreadsheet_error"), ("=1+1", "spreadsheet_error"),
            ("a\nb", "line_break"), ("a\u{1b}[0m", "control_in_text"),
        ])
    func jsonString(text: String, expected: String) {
        #expect(value(.string(text)) == expected)
    }

    @Test("A JSON bool or array is rejected under every type, and null is empty", arguments: [nil] + FieldType.allCases)
    func otherJSON(type: FieldType?) {
        #expect(value(.bool("true"), field(type)) == "boolean_value")
        #expect(value(.bool("false"), field(type)) == "boolean_value")
        #expect(value(.nested("[1]"), field(type)) == "nested_value")
        #expect(value(.null, field(type)) == "-")
        #expect(value(.plain(""), field(type)) == "-")
    }

    @Test(
        "A real is read generously and written plainly",
        arguments: [
            ("1.5", "1.5"), ("+1.5", "1.5"), ("007", "7"), ("-007.50", "-7.50"), (".5", "0.5"), ("-.5", "-0.5"),
            ("5.", "5"),
            ("1e5", "100000"), ("1.5E-3", "0.0015"), ("+1e+2", "100"), (" 1.10 ", "1.10"), ("-0", "0"), ("+0.0", "0.0"),
            ("00000000000000000000000000000000000000000000001", "1"), ("0.100000000000000000000", "0.10000000000000"),
            ("100000000000000000.000", "100000000000000000.0"),
            ("12345678901234.123400000", "12345678901234.12340"),
            ("1,234.5", "not_a_decimal"), ("1 234", "not_a_decimal"), ("abc", "not_a_decimal"), ("1e", "not_a_decimal"),
            ("e5", "not_a_decimal"), (".", "not_a_decimal"), ("-", "not_a_decimal"), ("1.2.3", "not_a_decimal"),
            ("1e5.5", "not_a_decimal"), ("--1", "not_a_decimal"), ("0x10", "not_a_decimal"), ("1e+", "not_a_decimal"),
            ("5%", "not_a_decimal"), ("١", "not_a_decimal"), ("NaN", "not_a_number"), ("-inf", "not_a_number"),
            ("0.123456789012345", "decimal_too_long"), ("1234567890123456789", "1234567890123456789"),
            ("9223372036854775808", "decimal_too_long"), ("Info", "not_a_decimal"), ("   ", "-"),
        ])
    func real(text: String, expected: String) {
        #expect(value(.plain(text), field(.real)) == expected)
        #expect(value(.string(text), field(.real)) == expected)
    }

    @Test(
        "A scale multiplies exactly",
        arguments: [
            ("1.10", "0.01", "0.0110"), ("1.10", "100", "110.00"), ("148.65", "0.01", "1.4865"), ("0.1", "3", "0.3"),
            ("0.1", "0.2", "0.02"), ("-5", "0.5", "-2.5"), ("5", "-1", "-5"), ("0", "-1", "0"),
            ("0.00", "-7.5", "0.000"),
            ("1e3", "0.001", "1"), ("123456789012345678", "0.00000000000001", "1234.56789012345678"),
            ("99999999.99", "0.0001", "9999.999999"), ("0.00000000000001", "10", "0.00000000000010"),
            ("0.00000000000001", "0.1", "decimal_too_long"), ("123456789012345678", "10", "1234567890123456780"),
            ("923456789012345678", "10", "decimal_too_long"),
            ("123456789012345678", "123456789012345678", "decimal_too_long"),
            ("99999999999999999999999999999999999999", "123456789012345678", "decimal_too_long"),
            ("1.0000000000000000000000000000000000000", "0.99999999999999", "0.99999999999999"),
            ("EOD", "0.01", "not_a_decimal"), ("NaN", "0.01", "not_a_number"),
        ])
    func scaled(text: String, scale: String, expected: String) {
        #expect(value(.plain(text), field(nil, scale: scale)) == expected)
        #expect(value(.plain(text), field(.real, scale: scale)) == expected)
    }

    @Test(
        "A rounding goes half away from zero, and only where there are more decimals",
        arguments: [
            ("1.005", 2, "1.01"), ("-1.005", 2, "-1.01"), ("1.004999999999999999999", 2, "1.00"), ("1.1", 2, "1.1"),
            ("1.10", 2, "1.10"), ("0.5", 0, "1"), ("-0.5", 0, "-1"), ("0.4", 0, "0"), ("-0.4", 0, "0"),
            ("-0.004", 2, "0.00"),
            ("9.995", 2, "10.00"), ("0.30000000000000004", 4, "0.3000"),
            ("33.333333333333336", 14, "33.33333333333334"),
            ("0.00000000000000000000000000000000000000000000000001", 4, "0.0000"),
            ("0.33333333333333333333333333333333333333333333333333333333", 4, "0.3333"),
            ("0.66666666666666666666666666666666666666666666666666666666", 4, "0.6667"),
            ("1e-30", 3, "0.000"), ("1e-60", 3, "0.000"), ("5e3", 0, "5000"),
            ("1234567890123456789.5", 0, "1234567890123456790"), ("999999999999999999.5", 0, "1000000000000000000"),
            ("9223372036854775807.5", 0, "decimal_too_long"),
            ("12345678901234567.89", 1, "12345678901234567.9"), ("1.15", 1, "1.2"), ("2.5", 0, "3"),
            ("abc", 2, "not_a_decimal"),
        ])
    func rounded(text: String, round: Int, expected: String) {
        #expect(value(.plain(text), field(nil, round: round)) == expected)
    }

    @Test(
        "An int is a whole number of 64 bits",
        arguments: [
            ("0", "0"), ("5", "5"), ("-5", "-5"), ("+5", "5"), ("007", "7"), ("-0", "0"), (" 12 ", "12"),
            ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
            ("1000000000000000000", "1000000000000000000"), ("00009223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "not_an_integer"), ("-9223372036854775809", "not_an_integer"),
            ("18446744073709551616", "not_an_integer"), ("5.0", "5"), ("5.", "5"), ("100.0", "100"),
            ("-100.00", "-100"),
            ("100.5", "not_an_integer"),
            ("1e3", "not_an_integer"), ("1.5", "not_an_integer"), ("abc", "not_an_integer"),
            ("1,000", "not_an_integer"),
            ("-", "not_an_integer"), ("NaN", "not_a_number"),
            ("999999999999999999999999999999999999999999999", "not_an_integer"),
        ])
    func int(text: String, expected: String) {
        #expect(value(.plain(text), field(.int)) == expected)
        #expect(value(.number(text), field(.int)) == expected)
    }

    @Test(
        "A uint is a whole number of 64 bits without a sign",
        arguments: [
            ("0", "0"), ("5", "5"), ("100.0", "100"), ("18446744073709551615", "18446744073709551615"), ("-0", "0"),
            ("18446744073709551616", "not_an_integer"), ("-1", "not_an_integer"), ("1.5", "not_an_integer"),
            ("1e3", "not_an_integer"), ("NaN", "not_a_number"), ("  ", "-"),
        ])
    func uint(text: String, expected: String) {
        #expect(value(.plain(text), field(.uint)) == expected)
        #expect(value(.number(text), field(.uint)) == expected)
        #expect(value(.string(text), field(.uint)) == expected)
    }

    @Test(
        "A scaled or rounded int must come out whole",
        arguments: [
            ("1.25", "100", Int?.none, "125"), ("1.255", "100", nil, "not_an_integer"), ("1.255", "100", 0, "126"),
            ("50", "0.1", nil, "5"), ("55", "0.1", nil, "not_an_integer"),
        ])
    func scaledInt(text: String, scale: String, round: Int?, expected: String) {
        #expect(value(.plain(text), field(.int, scale: scale, round: round)) == expected)
    }

    @Test(
        "Text is escaped as JSON, and beyond ASCII it begins with the switch to UTF-8",
        arguments: [
            ("abc", "\"abc\""), ("1.5", "\"1.5\""), ("007", "\"007\""), (" a ", "\" a \""), ("  ", "\"  \""),
            ("a\"b", "\"a\\\"b\""), ("a\\b", "\"a\\\\b\""), ("a/b", "\"a/b\""),
            ("a\tb", "\"a\\tb\""), ("\u{8}\u{c}", "\"\\b\\f\""), ("\u{1f}", "\"\\u001f\""),
            // Read as something else, or one backslash too few, without the switch.
            ("\0", "\"\\u001b%0\\u0000\""), ("a\u{7f}", "\"\\u001b%0a\u{7f}\""), ("\u{e}x", "\"\\u001b%0\\u000ex\""),
            ("x\u{f}", "\"\\u001b%0x\\u000f\""), ("a\\\\b", "\"\\u001b%0a\\\\\\\\b\""),
            ("a\\\"b", "\"\\u001b%0a\\\\\\\"b\""), ("a\\", "\"a\\\\\""),
            ("é", "\"\\u001b%0é\""), ("€日本", "\"\\u001b%0€日本\""), ("a\"é", "\"\\u001b%0a\\\"é\""),
            ("😀", "\"\\u001b%0😀\""),
        ])
    func text(text: String, expected: String) {
        #expect(value(.plain(text), field(.text)) == expected)
        #expect(value(.string(text)) == expected)
    }

    @Test("A text with an ESC of its own is rejected: a server would read it as a switch of character sets")
    func escape() {
        for type in [FieldType.text, .ascii] {
            #expect(value(.plain("a\u{1b}[0m"), field(type)) == "control_in_text")
            #expect(value(.string("a\u{1b}%0b"), field(type)) == "control_in_text")
        }
        #expect(value(.plain("a\u{1b}b")) == "control_in_text")
    }

    @Test(
        "A field of ASCII gets no switch, which it would store as text",
        arguments: [
            ("abc", "\"abc\""), ("é", "\"é\""), ("a\\\\b", "\"a\\\\\\\\b\""), ("a\tb", "\"a\\tb\""),
            ("a\u{7f}", "control_in_text"), ("\0", "control_in_text"), ("\u{e}", "control_in_text"),
            ("Info", "\"Info\""), ("#N/A", "spreadsheet_error"),
        ])
    func ascii(text: String, expected: String) {
        #expect(value(.plain(text), field(.ascii)) == expected)
        #expect(value(.string(text), field(.ascii)) == expected)
    }

    @Test("What begins like no number goes where the rule says that it is a text")
    func likeNoNumberAsText() {
        for text in ["Info", "NANO", "-Info", "nan%", "NaN", "-", "-."] {
            #expect(value(.plain(text), field(.text)) == "\"\(text)\"")
            #expect(value(.string(text), field(.text)) == "\"\(text)\"")
        }
    }

    @Test("A line break in a value rejects it under every type, and stays in a text where the rule keeps it")
    func lineBreaks() {
        for type in FieldType.allCases {
            #expect(value(.plain("1\n2"), field(type)) == "line_break")
            #expect(value(.plain("1\r"), field(type)) == "line_break")
        }
        #expect(value(.plain("a\nb"), field(.text), lineBreaks: .keep) == "\"a\\nb\"")
        #expect(value(.plain("a\r\nb"), lineBreaks: .keep) == "\"a\\r\\nb\"")
        #expect(value(.plain("\n1.5\n"), field(.real), lineBreaks: .keep) == "1.5")
    }

    @Test("A JSON number for a text field is its literal")
    func numberAsText() {
        #expect(value(.number("1.50e3"), field(.text)) == "\"1.50e3\"")
        #expect(value(.number("007"), field(.text)) == "\"007\"")
    }

    @Test(
        "An enum without values is a number from 0 to 65535: no display text can be checked",
        arguments: [
            ("0", "0"), ("840", "840"), ("65535", "65535"), ("0840", "840"), (" 5 ", "5"), ("USD", "unchecked_enum"),
            (" USD ", "unchecked_enum"), ("A B", "unchecked_enum"), ("1/2", "unchecked_enum"), ("é", "unchecked_enum"),
            ("65536", "bad_enum"), ("-1", "bad_enum"),
            ("1.0", "bad_enum"), ("1e2", "bad_enum"), ("+5", "bad_enum"), ("99999999999999999999999", "bad_enum"),
            ("  ", "-"),
        ])
    func enumeration(text: String, expected: String) {
        #expect(value(.plain(text), field(.enum)) == expected)
    }

    @Test("A JSON string of digits is a display text of an enum, a JSON number its number")
    func enumerationInJSON() {
        #expect(value(.number("431"), field(.enum)) == "431")
        #expect(value(.string("431"), field(.enum)) == "unchecked_enum")
        #expect(value(.string("431"), field(.enum, values: ["431": 1431])) == "1431")
        #expect(value(.plain("431"), field(.enum, values: ["431": 1431])) == "1431")
        #expect(value(.string("432"), field(.enum, values: ["431": 1431])) == "unknown_enum_value")
    }

    @Test(
        "With values: any a display text goes as it is",
        arguments: [
            ("USD", "\"USD\""), ("NR ", "\"NR \""), ("1/2", "\"1/2\""), ("840", "840"), ("é", "bad_enum"),
            ("a\tb", "bad_enum"),
            ("a\u{7f}", "bad_enum"), ("70000", "\"70000\""), ("01", "\"01\""), ("-1", "\"-1\""), ("1.0", "\"1.0\""),
        ])
    func enumerationUnchecked(text: String, expected: String) {
        #expect(value(.plain(text), field(.enum, takesAnyText: true)) == expected)
    }

    @Test("A display text's padding belongs to it, and may be left out where nothing else is meant then")
    func paddedEnumeration() {
        let values = ["NR ": 32692, "AB": 1, "AB ": 2, " C": 3, "C ": 4, " ": 0]
        func number(_ text: String) -> String { value(.plain(text), field(.enum, values: values)) }
        #expect(number("NR ") == "32692")
        #expect(number("NR") == "32692")
        #expect(number(" NR") == "32692")
        #expect(number("AB") == "1")
        #expect(number("AB ") == "2")
        #expect(number(" C") == "3")
        #expect(number("C") == "unknown_enum_value")
        // Neither `AB` nor `AB `: nobody knows which is meant.
        #expect(number("AB  ") == "unknown_enum_value")
        #expect(number(" ") == "0")
        #expect(number("  ") == "-")
    }

    @Test(
        "An enum with values is a number or one of them",
        arguments: [
            ("USD", "840"), ("EUR", "978"), ("€", "978"), ("US", "1"), ("USDX", "2"), ("7", "70"), ("8", "8"),
            (" EUR ", "978"),
            ("usd", "unknown_enum_value"), ("GBP", "unknown_enum_value"), ("U", "unknown_enum_value"),
            ("Z", "unknown_enum_value"), ("70000", "bad_enum"), ("-1", "bad_enum"), ("1.5", "bad_enum"),
        ])
    func enumerationWithValues(text: String, expected: String) {
        let values = ["USD": 840, "EUR": 978, "€": 978, "US": 1, "USDX": 2, "7": 70]
        #expect(value(.plain(text), field(.enum, values: values)) == expected)
    }

    @Test(
        "A date is one of the calendar in a form that servers know",
        arguments: [
            ("2026-11-21", "\"2026-11-21\""), ("20261121", "\"20261121\""), ("21 NOV 2026", "\"21 NOV 2026\""),
            ("21 Nov 2026", "\"21 NOV 2026\""), ("01 feb 2026", "\"01 FEB 2026\""), ("11/21/2026", "ambiguous_date"),
            ("5 NOV 2026", "\"05 NOV 2026\""), ("5-Nov-2026", "\"05 NOV 2026\""), ("21-NOV-2026", "\"21 NOV 2026\""),
            ("05/11/2026", "ambiguous_date"), ("13/11/2026", "ambiguous_date"), ("5/11/26", "ambiguous_date"),
            ("05.11.2026", "ambiguous_date"), ("5.11.2026", "ambiguous_date"), ("2026/11/05", "ambiguous_date"),
            ("05/11.2026", "bad_date"), ("05/11/", "bad_date"), ("05/11", "bad_date"), ("5/Nov/2026", "bad_date"),
            ("31-JUN-2026", "bad_date"), ("0-Nov-2026", "bad_date"), ("5-Nov 2026", "bad_date"),
            ("2024-02-29", "\"2024-02-29\""), ("2000-02-29", "\"2000-02-29\""), (" 2026-11-21 ", "\"2026-11-21\""),
            ("2026-12-31", "\"2026-12-31\""), ("0001-01-01", "\"0001-01-01\""),
            ("2026-02-29", "bad_date"), ("1900-02-29", "bad_date"), ("2100-02-29", "bad_date"),
            ("2026-13-01", "bad_date"),
            ("2026-00-01", "bad_date"), ("2026-01-00", "bad_date"), ("2026-04-31", "bad_date"),
            ("2026-1-2", "bad_date"),
            ("0000-01-01", "bad_date"), ("21/11/2026", "ambiguous_date"),
            ("2026-11-21T00:00:00Z", "bad_date"), ("21 NOX 2026", "bad_date"), ("31 JUN 2026", "bad_date"),
            ("2026-11", "bad_date"), ("2026", "bad_date"),
            ("20261301", "bad_date"), ("today", "bad_date"), ("2026-11 21", "bad_date"), ("2026é1121", "bad_date"),
            ("  ", "-"),
        ])
    func date(text: String, expected: String) {
        #expect(value(.plain(text), field(.date)) == expected)
        #expect(value(.string(text), field(.date)) == expected)
    }

    @Test("A JSON number for a date is its digits as text")
    func numberAsDate() {
        #expect(value(.number("20261121"), field(.date)) == "\"20261121\"")
        #expect(value(.number("20261141"), field(.date)) == "bad_date")
    }

    @Test(
        "A time is one of the day without a zone",
        arguments: [
            ("12:34", "\"12:34\""), ("12:34:56", "\"12:34:56\""), ("12:34:56.7", "\"12:34:56.7\""),
            ("12:34:56.123456789", "\"12:34:56.123456789\""), ("00:00", "\"00:00\""), ("23:59:59", "\"23:59:59\""),
            (" 12:34 ", "\"12:34\""), ("24:00:00", "bad_time"), ("24:00", "bad_time"), ("12:60", "bad_time"),
            ("23:59:60", "\"23:59:60\""), ("1:02:03", "\"1:02:03\""), ("1:34", "\"1:34\""),
            ("12:34:56,789", "\"12:34:56,789\""),
            ("12:34:60", "bad_time"), ("23:59:61", "bad_time"), ("99:99", "bad_time"), ("12:3", "bad_time"),
            ("1:2:03", "bad_time"), (":12", "bad_time"),
            ("12:34:5", "bad_time"), ("12:34:56.", "bad_time"), ("12:34:56.1234567890", "bad_time"),
            ("12:34:56Z", "bad_time"), ("12:34:56+01:00", "bad_time"), ("2026-11-21T12:34:56Z", "bad_time"),
            ("1234", "bad_time"), ("12-34", "bad_time"), ("12:34:56,", "bad_time"), ("12:34:56.7x", "bad_time"),
            ("12:34 PM", "bad_time"), ("ab:cd", "bad_time"), ("  ", "-"),
        ])
    func time(text: String, expected: String) {
        #expect(value(.plain(text), field(.time)) == expected)
        #expect(value(.string(text), field(.time)) == expected)
    }
}

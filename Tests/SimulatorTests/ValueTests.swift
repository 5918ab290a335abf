import Testing

@testable import Simulator

@Suite("Values, as real servers do it (What servers do §2.5 and §2.9)")
struct ValueTests {
    /// What is stored for a literal of a field, or nil when the converter refuses it.
    private func stored(_ literal: String, in field: String) throws -> String? {
        let json = try JSONTokens(Array(RawClient.post(1, fields: #"{"\#(field)":\#(literal)}"#).utf8))
        let converter = MessageConverter(
            json: json, fields: FieldDictionary(additional: ["ANY": .any], acceptsAnyName: false),
            services: ["NIPROV": 1])
        guard case .post(let post)? = try? converter.message(at: 0) else { return nil }
        return post.payload.fields.first?.literal
    }

    @Test(
        "A real keeps its decimals, up to what it can hold",
        arguments: [
            ("1.23456789012345", "1.23456789012345"), ("1.234567890123456", nil), ("1.000000000000000", nil),
            ("1.00000000000000", "1.00000000000000"), ("24.50", "24.50"), ("0.0", "0.0"), ("-0", "0"), ("-0.5", "-0.5"),
            ("null", "null"), (#""NaN""#, #""NaN""#), (#""Inf""#, #""Inf""#), (#""-Inf""#, #""-Inf""#), ("true", "0"),
            ("false", "0"), (#""1.5""#, nil), (#""-1.5""#, "-1.5"), ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "-9223372036854775808"), ("9223372036854775809", nil),
            ("12345678901234567890", "12345678901234567890"), ("12345678901234567891", nil),
            ("0.30000000000000004", nil), ("22.110000000000003", nil), ("33.333333333333336", nil),
            ("7.000000000000001", nil), ("1151194421449.10009766", nil), ("1e-10", "0.0000000001"),
            ("1e-14", "0.00000000000001"), ("1e-15", nil), ("1e7", "10000000"), ("1e8", nil), ("1e16", nil),
            ("1e+16", nil), ("1.0E16", nil), ("1e+3", "1000"), ("1.5e-7", "0.00000015"), ("1.5e-14", nil),
            ("{}", nil), ("[1]", nil), ("-", nil), ("1x", nil),
        ] as [(String, String?)])
    func real(literal: String, expected: String?) throws {
        #expect(try stored(literal, in: "BID") == expected)
    }

    @Test(
        "A string is a real by its first letters, and many a word is taken for one",
        arguments: [
            (#""Info""#, #""Inf""#), (#""INFLATION""#, #""Inf""#), (#""Inf.""#, #""Inf""#), (#""inf""#, #""Inf""#),
            (#""-Info""#, #""-Inf""#), (#""-inf""#, #""-Inf""#), (#""NANO""#, #""NaN""#), (#""NaN1""#, #""NaN""#),
            (#""nan%""#, #""NaN""#), (#""-""#, "null"), (#""-.""#, "0"), (#""-24.50""#, "-24.50"),
            (#""-9223372036854775808""#, "-9223372036854775808"), (#""-9223372036854775809""#, "9223372036854775807"),
            (#""-9223372036854775811""#, nil), (#""24.50""#, nil), (#""+1""#, nil), (#""In""#, nil), (#""NOK""#, nil),
            (#""-x""#, nil), (#""""#, nil), (#""\n 1.5\n""#, nil), (#"" -1.5""#, nil), (##""#N/A""##, nil),
        ] as [(String, String?)])
    func realByLook(literal: String, expected: String?) throws {
        #expect(try stored(literal, in: "MY_REAL") == expected)
    }

    @Test(
        "Nineteen digits are exact within 64 bits, and one more than these is acknowledged with the other sign",
        arguments: [
            ("922337203685477580.7", "922337203685477580.7"), ("92233.72036854775807", "92233.72036854775807"),
            ("92233.72036854775808", "-92233.72036854775808"), ("92233.72036854775809", nil),
            ("-9223372036854775808", "-9223372036854775808"), ("9223372036854775807.0", "9223372036854775807"),
            ("922337203685477580.70", "922337203685477580.7"), ("92233720368547758070", "92233720368547758070"),
        ] as [(String, String?)])
    func nineteenDigits(literal: String, expected: String?) throws {
        #expect(try stored(literal, in: "MY_REAL") == expected)
    }

    @Test(
        "An exponent after ten decimals or more is stored wrong, as a real server does it",
        arguments: [
            ("1.1234567891E-4", "-0.00000912915757"), ("1.123456789123e-1", "0.0121309305475"),
            ("9.99999999999e2", "80.672647167"), ("1.23456789012e5", "21309.305364"),
            ("-1.1234567891e-3", "0.0000912915757"), ("1.123456789e-3", "0.001123456789"),
        ])
    func wrongReal(literal: String, expected: String) throws {
        #expect(try stored(literal, in: "BID") == expected)
    }

    @Test(
        "A text is any string that needs no escape above 0x7F",
        arguments: [
            (#""\t\n\"\\\/\u0041""#, #""\t\n\"\\/A""#), (#""\u00e9""#, nil), (#""\u65e5""#, nil), (#""é""#, #""Ã©""#),
            (#""\u001b%0é€日本""#, #""é€日本""#), ("5", nil), ("true", nil), (#""""#, "null"), ("null", "null"),
            ("\"\(String(repeating: "x", count: 300))\"", "\"\(String(repeating: "x", count: 300))\""),
        ] as [(String, String?)])
    func text(literal: String, expected: String?) throws {
        #expect(try stored(literal, in: "GEN_TEXT16") == expected)
    }

    @Test(
        "An ESC of its own makes a text blank, and ESC % 0 turns to UTF-8 wherever it stands",
        arguments: [
            (#""\u001b[0m""#, "null"), (#""\u001b%""#, "null"), (#""\u001b$B""#, "null"), (#""red \u001b[0m""#, "null"),
            (#""\u001b%0red \u001b[0m""#, "null"), (#""a\u001b%0b""#, #""ab""#), (#""é\u001b%0é""#, #""Ã©é""#),
            (#""\u001b%0é\u001b%0é""#, #""éé""#), (#""\u001b%0""#, "null"),
        ])
    func escapes(literal: String, expected: String) throws {
        #expect(try stored(literal, in: "MY_TEXT") == expected)
    }

    @Test(
        "SO, SI, DEL, NUL and a backslash before a backslash or a quote read back otherwise, and right behind ESC % 0",
        arguments: [
            (#"a\u000eb"#, "a\u{FFFD}b", #"a\u000eb"#), (#"a\u000fb"#, "a\u{FFFD}b", #"a\u000fb"#),
            (#"a\u007fb"#, "a\u{FFFD}b", "a\u{7F}b"), (#"a\u0000b"#, "a\u{FFFD}b", #"a\u0000b"#),
            (#"a\\\\b"#, #"a\\b"#, #"a\\\\b"#), (#"a\\\"b"#, #"a\"b"#, #"a\\\"b"#),
            (#"\\\\\\"#, #"\\\\"#, #"\\\\\\"#), (#"a\\b"#, #"a\\b"#, #"a\\b"#), (#"a\"b\\"#, #"a\"b\\"#, #"a\"b\\"#),
            (#"\t\n\r\b\f"#, #"\t\n\r\b\f"#, #"\t\n\r\b\f"#), (#"=+-@/"#, "=+-@/", "=+-@/"),
        ])
    func readBack(content: String, plain: String, turned: String) throws {
        #expect(try stored("\"\(content)\"", in: "MY_TEXT") == "\"\(plain)\"")
        #expect(try stored("\"\\u001b%0\(content)\"", in: "MY_TEXT") == "\"\(turned)\"")
    }

    @Test(
        "An ASCII text is stored as its bytes are: UTF-8 is right, and ESC % 0 is three more characters",
        arguments: [
            (#""é€日本""#, #""é€日本""#), (#""\u001b%0abc""#, #""\u001b%0abc""#), (#""plain""#, #""plain""#),
            (#""\u001b[0m""#, #""\u001b[0m""#), (#""a\u000e\u0000b""#, #""a\u000e\u0000b""#),
            (#""a\\\\b""#, #""a\\\\b""#),
            (#""\u00e9""#, nil), ("5", nil), ("true", nil), (#""""#, "null"), ("null", "null"),
        ] as [(String, String?)])
    func ascii(literal: String, expected: String?) throws {
        #expect(try stored(literal, in: "MY_ASCII") == expected)
    }

    @Test(
        "A display text is found byte for byte, its blanks included, and of two that are alike the first",
        arguments: [
            ("MY_RATING", #""NR ""#, "32692"), ("MY_RATING", #""NR""#, "null"), ("MY_RATING", #"" NR""#, "null"),
            ("MY_RATING", #""AA ""#, "2"), ("MY_RATING", #""AA""#, "null"), ("MY_RATING", #""A""#, "4"),
            ("MY_RATING", #""A  ""#, "3"), ("MY_RATING", #""   ""#, "0"), ("MY_RATING", #""""#, "null"),
            ("MY_RATING", #""431""#, "1431"), ("MY_RATING", "431", "431"), ("MY_RATING", #""1431""#, "null"),
            ("CURRENCY", #""BRL""#, "76"), ("CURRENCY", "986", "986"), ("MY_SIDE", #""BUY""#, "1"),
            ("MY_SIDE", #""\n BUY\n""#, "null"), ("MY_SIDE", "65535", "65535"), ("MY_SIDE", "65536", nil),
        ] as [(String, String, String?)])
    func displays(field: String, literal: String, expected: String?) throws {
        #expect(try stored(literal, in: field) == expected)
    }

    @Test(
        "An enum is a number or an exact display text, and an unknown text is stored blank",
        arguments: [
            ("840", "840"), ("99", "99"), (#""USD""#, "840"), (#""EUR""#, "978"), (#""usd""#, "null"),
            (#""1""#, "null"),
            (#""nonsense""#, "null"), ("-1", nil), ("70000", nil), ("1.0", nil),
        ] as [(String, String?)])
    func enumeration(literal: String, expected: String?) throws {
        #expect(try stored(literal, in: "CURRENCY") == expected)
    }

    @Test(
        "Whole numbers are digits alone",
        arguments: [
            ("NUM_MOVES", "5", "5"), ("NUM_MOVES", "-5", nil), ("NUM_MOVES", "1.5", nil), ("NUM_MOVES", #""5""#, nil),
            ("NUM_MOVES", "1e3", nil), ("NUM_MOVES", "true", nil), ("NUM_MOVES", "null", "null"),
            ("MY_INT", "-5", "-5"), ("MY_INT", "-9223372036854775808", "-9223372036854775808"),
            ("MY_INT", "9223372036854775807", "9223372036854775807"), ("MY_INT", "9223372036854775808", nil),
            ("MY_INT", "100.0", nil), ("MY_UINT", "18446744073709551615", "18446744073709551615"),
            ("MY_UINT", "18446744073709551616", nil), ("MY_UINT", "0", "0"), ("MY_UINT", "-1", nil),
        ] as [(String, String, String?)])
    func integers(field: String, literal: String, expected: String?) throws {
        #expect(try stored(literal, in: field) == expected)
    }

    @Test(
        "Dates are taken in several ways, and one that is no day is stored as such",
        arguments: [
            (#""2026-11-21""#, #""2026-11-21""#), (#""21 NOV 2026""#, #""2026-11-21""#),
            (#""11/21/2026""#, #""2026-11-21""#), (#""20261121""#, #""2026-11-21""#),
            (#""2026-11-21T00:00:00Z""#, nil), (#""2026-1-2""#, nil), ("20261121", nil),
            (#""2026-13-41""#, #""Invalid date""#), (#""""#, "null"), (#""soon""#, nil),
            (#""21 Nov 2026""#, #""2026-00-21""#), (#""21 nov 2026""#, #""2026-00-21""#),
            (#""11/21/26""#, #""1926-11-21""#), (#""21/11/2026""#, #""Invalid date""#),
            (#""31 FEB 2026""#, #""Invalid date""#), (#"" 2026-11-21""#, #""Invalid date""#),
            (#""2026-02-29""#, #""Invalid date""#), (#""2028-02-29""#, #""2028-02-29""#),
            (#""01/02/2026""#, #""2026-01-02""#), (#""05/11/2026""#, #""2026-05-11""#),
            (#""13/11/2026""#, #""Invalid date""#), (#""00000000""#, "null"), (#""0000-00-00""#, "null"),
            (#""21.11.2026""#, nil), (#""5-Nov-2026""#, nil),
        ] as [(String, String?)])
    func date(literal: String, expected: String?) throws {
        #expect(try stored(literal, in: "TRADE_DATE") == expected)
    }

    @Test(
        "Times pass as they are, and an ISO date-time is taken for the time its year looks like",
        arguments: [
            (#""12:34:56""#, #""12:34:56""#), (#""12:34""#, #""12:34:00""#), (#""12:34:56.789""#, #""12:34:56.789""#),
            (#""24:00:00""#, #""24:00:00""#), (#""99:99""#, #""99:99:00""#),
            (#""2026-11-21T12:34:56Z""#, #""20:26:00""#), ("123456", nil), (#""""#, "null"), (#""noon""#, nil),
            (#""2026-11-21 12:34:56""#, #""20:26:00""#), (#""12:34:56Z""#, #""12:34:56""#),
            (#""12:34:56+01:00""#, #""12:34:56""#), (#""12:34:56 GMT""#, #""12:34:56""#),
            (#""25:00:00""#, #""25:00:00""#), (#""12:60:00""#, #""12:60:00""#), (#""23:59:60""#, #""23:59:60""#),
            (#""1:02:03""#, #""01:02:03""#), (#""12:34:56,789""#, #""12:34:56.789""#),
            (#""12:34:56.123456789""#, #""12:34:56.123456789""#), (#""12:34:56.1234567891""#, #""12:34:56.123456789""#),
            (#""123456""#, #""12:34:56""#),
        ] as [(String, String?)])
    func time(literal: String, expected: String?) throws {
        #expect(try stored(literal, in: "SALTIM") == expected)
    }

    @Test("A field that may be any is a real or a text by its value's kind")
    func any() throws {
        #expect(try stored("24.50", in: "ANY") == "24.50")
        #expect(try stored(#""Info""#, in: "ANY") == #""Info""#)
        #expect(try stored("{}", in: "ANY") == nil)
    }

    @Test("Of unknown names a dictionary that accepts any takes those that look like fields")
    func anyName() {
        let fields = FieldDictionary(additional: ["ASK": .text], acceptsAnyName: true)
        #expect(fields.type(of: "GV7_TEXT") == .any)
        #expect(fields.type(of: "bid") == nil)
        #expect(fields.type(of: "22") == nil)
        #expect(fields.type(of: "ASK") == .text)
    }
}

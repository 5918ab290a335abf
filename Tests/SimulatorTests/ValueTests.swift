import Testing

@testable import Simulator

@Suite("Values, as observed.md §2.5 has it")
struct ValueTests {
    /// What is stored for a literal of a field, or nil when the converter refuses it.
    private func stored(_ literal: String, in field: String) throws -> String? {
        let json = try JSONTokens(Array(RawClient.post(1, fields: #"{"\#(field)":\#(literal)}"#).utf8))
        let converter = MessageConverter(
            json: json, fields: FieldDictionary(additional: ["MY_INT": .int], acceptsAnyName: false),
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
            ("MY_INT", "-5", "-5"),
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
        ] as [(String, String?)])
    func time(literal: String, expected: String?) throws {
        #expect(try stored(literal, in: "SALTIM") == expected)
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

import Testing

@testable import Simulator

@Suite("What a post stores and a request reads back, line by line (What servers do §2.5 and §2.9)")
struct ReadBackTests {
    /// What a literal leads to.
    enum Outcome {
        /// An Ack, and this JSON text when it is read back.
        case stored(String)
        /// An Error, and nothing stored.
        case error
        /// Close frame 1000, and nothing stored.
        case close
    }

    @Test("REAL")
    func real() async throws {
        let rows: [(String, Outcome)] = [
            ("1.23456789012345", .stored("1.23456789012345")), ("1.234567890123456", .error),
            ("1.000000000000000", .error),
            ("92233720368547758081", .error), ("9223372036854775808", .stored("-9223372036854775808")),
            ("24.50", .stored("24.50")), ("0.0", .stored("0.0")), ("-0", .stored("0")), ("null", .stored("null")),
            (#""NaN""#, .stored(#""NaN""#)), (#""Inf""#, .stored(#""Inf""#)), (#""-Inf""#, .stored(#""-Inf""#)),
            ("true", .stored("0")), ("false", .stored("0")), (#""1.5""#, .error), (#""-1.5""#, .stored("-1.5")),
            ("1e-10", .stored("0.0000000001")), ("1e-14", .stored("0.00000000000001")), ("1e-15", .error),
            ("1e7", .stored("10000000")), ("1e8", .error), ("1e16", .error), ("1e+16", .error), ("1.0E16", .error),
            ("1e+3", .stored("1000")), ("1.5e-7", .stored("0.00000015")),
            ("1.1234567891E-4", .stored("-0.00000912915757")), ("1.123456789123e-1", .stored("0.0121309305475")),
            ("9.99999999999e2", .stored("80.672647167")), ("1.23456789012e5", .stored("21309.305364")),
            ("-1.1234567891e-3", .stored("0.0000912915757")), ("1.123456789e-3", .stored("0.001123456789")),
            ("1.123456789e-6", .error), ("0.30000000000000004", .error), ("22.110000000000003", .error),
            ("33.333333333333336", .error), ("7.000000000000001", .error), ("NaN", .close), ("Infinity", .close),
            ("+1", .close), (".5", .close), ("01", .stored("1")), ("1.", .stored("1")), ("1e", .stored("1")),
            (#""Info""#, .stored(#""Inf""#)), (#""INFLATION""#, .stored(#""Inf""#)), (#""Inf.""#, .stored(#""Inf""#)),
            (#""-Info""#, .stored(#""-Inf""#)), (#""NANO""#, .stored(#""NaN""#)), (#""NaN1""#, .stored(#""NaN""#)),
            (#""nan%""#, .stored(#""NaN""#)), (#""-""#, .stored("null")), (#""-.""#, .stored("0")),
            (#""-9223372036854775809""#, .stored("9223372036854775807")),
            ("922337203685477580.7", .stored("922337203685477580.7")),
            ("92233.72036854775808", .stored("-92233.72036854775808")), (#""\n 1.5\n""#, .error),
        ]
        try await check(rows, in: "MY_REAL")
    }

    @Test("RMTES_STRING")
    func text() async throws {
        let rows: [(String, Outcome)] = [
            ("\"\(String(repeating: "x", count: 300))\"", .stored("\"\(String(repeating: "x", count: 300))\"")),
            (#""\t\n\"\\\/\u0041""#, .stored(#""\t\n\"\\/A""#)), (#""\u00e9""#, .error), (#""\u65e5""#, .error),
            (#""é""#, .stored(#""Ã©""#)), (#""\u001b%0é€日本""#, .stored(#""é€日本""#)), ("5", .error), ("true", .error),
            (#""""#, .stored("null")), ("null", .stored("null")), (#""\u001b[0m""#, .stored("null")),
            (#""\u001b%""#, .stored("null")), (#""\u001b$B""#, .stored("null")), (#""a\u001b%0b""#, .stored(#""ab""#)),
            (#""a\u000e\u000f\u007f\u0000""#, .stored("\"a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\"")),
            (#""\u001b%0a\u000e\u000f\u0000""#, .stored(#""a\u000e\u000f\u0000""#)),
            (#""a\\\\b""#, .stored(#""a\\b""#)), (#""a\\\"b""#, .stored(#""a\"b""#)), (#""a\\b""#, .stored(#""a\\b""#)),
            (#""\u001b%0a\\\\b""#, .stored(#""a\\\\b""#)), (#""\x""#, .close),
        ]
        try await check(rows, in: "MY_TEXT")
    }

    @Test("ASCII_STRING")
    func ascii() async throws {
        let rows: [(String, Outcome)] = [
            (#""\u001b%0abc""#, .stored(#""\u001b%0abc""#)), (#""é€日本""#, .stored(#""é€日本""#)), ("5", .error),
            (#""\u00e9""#, .error), (#""""#, .stored("null")), (#""a\\\\b""#, .stored(#""a\\\\b""#)),
        ]
        try await check(rows, in: "MY_ASCII")
    }

    @Test("ENUM")
    func enumeration() async throws {
        let rows: [(String, Outcome)] = [
            ("2", .stored("2")), ("99", .stored("99")), (#""AA ""#, .stored("2")), (#""AA""#, .stored("null")),
            (#""NR""#, .stored("null")), (#""NR ""#, .stored("32692")), (#""431""#, .stored("1431")),
            ("431", .stored("431")), (#""nonsense""#, .stored("null")), (#""1""#, .stored("null")),
            (#""aaa""#, .stored("null")), (#""""#, .stored("null")), ("null", .stored("null")),
            (#""\n A\n""#, .stored("null")), ("-1", .error), ("70000", .error), ("1.0", .error),
            ("65535", .stored("65535")),
        ]
        try await check(rows, in: "MY_RATING")
    }

    @Test("UINT64")
    func uint() async throws {
        let rows: [(String, Outcome)] = [
            ("-5", .error), ("1.5", .error), (#""5""#, .error), ("1e3", .error), ("true", .error), ("5", .stored("5")),
            ("18446744073709551615", .stored("18446744073709551615")), ("18446744073709551616", .error),
        ]
        try await check(rows, in: "MY_UINT")
    }

    @Test("DATE")
    func date() async throws {
        let rows: [(String, Outcome)] = [
            (#""2026-11-21""#, .stored(#""2026-11-21""#)), (#""21 NOV 2026""#, .stored(#""2026-11-21""#)),
            (#""11/21/2026""#, .stored(#""2026-11-21""#)), (#""20261121""#, .stored(#""2026-11-21""#)),
            (#""2026-11-21T00:00:00Z""#, .error), (#""2026-1-2""#, .error), ("20261121", .error),
            (#""2026-13-41""#, .stored(#""Invalid date""#)), (#""""#, .stored("null")), ("null", .stored("null")),
            (#""21 Nov 2026""#, .stored(#""2026-00-21""#)), (#""11/21/26""#, .stored(#""1926-11-21""#)),
            (#""21/11/2026""#, .stored(#""Invalid date""#)), (#""31 FEB 2026""#, .stored(#""Invalid date""#)),
            (#"" 2026-11-21""#, .stored(#""Invalid date""#)), (#""2026-02-29""#, .stored(#""Invalid date""#)),
            (#""01/02/2026""#, .stored(#""2026-01-02""#)), (#""00000000""#, .stored("null")),
        ]
        try await check(rows, in: "MY_DATE")
    }

    @Test("TIME")
    func time() async throws {
        let rows: [(String, Outcome)] = [
            (#""12:34:56""#, .stored(#""12:34:56""#)), (#""12:34""#, .stored(#""12:34:00""#)),
            (#""12:34:56.789""#, .stored(#""12:34:56.789""#)), (#""24:00:00""#, .stored(#""24:00:00""#)),
            (#""99:99""#, .stored(#""99:99:00""#)), (#""2026-11-21T12:34:56Z""#, .stored(#""20:26:00""#)),
            ("123456", .error), (#""12:34:56+01:00""#, .stored(#""12:34:56""#)),
            (#""2026-11-21 12:34:56""#, .stored(#""20:26:00""#)), (#""25:00:00""#, .stored(#""25:00:00""#)),
            (#""12:60:00""#, .stored(#""12:60:00""#)), (#""12:34:56.1234567891""#, .stored(#""12:34:56.123456789""#)),
            (#""23:59:60""#, .stored(#""23:59:60""#)), (#""1:02:03""#, .stored(#""01:02:03""#)),
            (#""12:34:56,789""#, .stored(#""12:34:56.789""#)), ("null", .stored("null")),
        ]
        try await check(rows, in: "MY_TIME")
    }

    /// Posts each literal to an item of its own, and reads it back with a snapshot.
    private func check(_ rows: [(String, Outcome)], in field: String) async throws {
        try await withSimulator { (server, first) async throws in
            var client = first
            _ = try client.logIn()
            for (number, (literal, outcome)) in rows.enumerated() {
                let ric = "RIC\(number).TST"
                try client.sendText(RawClient.post(number + 1, ric: ric, fields: #"{"\#(field)":\#(literal)}"#))
                var fields = ""
                switch outcome {
                case .stored(let json):
                    let ack = #"[{"ID":1,"Type":"Ack","AckID":\#(number + 1),"Key":{"Service":1,"Name":"\#(ric)"}}]"#
                    #expect(try client.message() == ack, "\(literal)")
                    fields = #""\#(field)":\#(json)"#
                case .error:
                    #expect(try client.message().hasPrefix(#"[{"ID":1,"Type":"Error","Text":"JSON "#), "\(literal)")
                case .close:
                    #expect(try client.next() == .close(1000), "\(literal)")
                    client = try RawClient(port: server.port)
                    _ = try client.logIn()
                }
                let answer = try client.ask(#"{"ID":5,"Key":{"Name":"\#(ric)","Service":"NIPROV"},"Streaming":false}"#)
                #expect(answer.hasSuffix(#""Fields":{\#(fields)}}]"#), "\(literal): \(answer)")
            }
        }
    }
}

import Testing

@testable import PostboxCore

@Suite("What is stored is held against what was sent, value by value (What servers do §2.5 and §2.9)")
struct StoredFieldsTests {
    private static let dictionary = """
        !tag Version   1
        MY_REAL   "R"   1  NULL  PRICE        17       REAL64        7
        MY_UINT   "U"   2  NULL  INTEGER      15       UINT64        8
        MY_ENUM   "E"   3  NULL  ENUMERATED   5 ( 3 )  ENUM          2
        MY_DATE   "D"   4  NULL  DATE         11       DATE          4
        MY_TIME   "T"   5  NULL  TIME_SECONDS 8        TIME          8
        MY_BOTH   "B"   6  NULL  ALPHANUMERIC 20       DATETIME     12
        MY_TEXT   "X"   7  NULL  ALPHANUMERIC 40       RMTES_STRING 40
        MY_ASCII  "A"   8  NULL  ALPHANUMERIC 40       ASCII_STRING 40

        """
    private static let enums = """
        !tag DT_Version   1
        MY_ENUM 3
             76  "BRL"   cruzeiro (deprecated)
            840  "USD"   dollar
            986  "BRL"   real
          32692  "NR "   not rated

        """

    private func fields(_ hasDictionary: Bool) throws -> StoredFields {
        guard hasDictionary else { return StoredFields(nil) }
        return StoredFields(
            try DictionaryReader.read(fields: Array(Self.dictionary.utf8), enums: Array(Self.enums.utf8)))
    }

    private func compare(_ sent: String, _ stored: String, dictionary: Bool = true) throws -> StoredRow {
        let fields = try fields(dictionary)
        return Array(sent.utf8).withUnsafeBytes { one in
            Array(stored.utf8).withUnsafeBytes { fields.compare(sent: one, stored: $0) }
        }
    }

    @Test(
        "The same value in another form is the same, with a dictionary",
        arguments: [
            ("MY_REAL", "1.5", "1.50"), ("MY_REAL", "-0.5", "-0.500"), ("MY_REAL", "0", "0.0"), ("MY_REAL", "0", "-0"),
            ("MY_REAL", "92233720368547758.07", "92233720368547758.070"), ("MY_REAL", "100", "1e2"),
            ("MY_REAL", "0.00000000000001", "1e-14"), ("MY_REAL", "null", "null"), ("MY_REAL", "null", "\"\""),
            ("MY_UINT", "18446744073709551615", "18446744073709551615"),
            ("MY_ENUM", "840", "840"), ("MY_ENUM", "840", "\"USD\""), ("MY_ENUM", "986", "\"BRL\""),
            ("MY_ENUM", "76", "\"BRL\""), ("MY_ENUM", "32692", "\"NR \""), ("MY_ENUM", "32692", "\"NR\""),
            ("MY_DATE", "\"2026-11-21\"", "\"21 NOV 2026\""), ("MY_DATE", "\"20261121\"", "\"11/21/2026\""),
            ("MY_TIME", "\"12:34\"", "\"12:34:00\""), ("MY_TIME", "\"12:34:56\"", "\"12:34:56:000:000:000\""),
            ("MY_TIME", "\"12:34:56.789\"", "\"12:34:56:789\""), ("MY_TIME", "\"1:02:03\"", "\"01:02:03\""),
            ("MY_TIME", "\"123456\"", "\"12:34:56.000\""), ("MY_TIME", "\"12:34:56,5\"", "\"12:34:56.500\""),
            ("MY_BOTH", "\"2026-11-21T12:34:56\"", "\"2026-11-21T12:34:56.000Z\""),
            ("MY_TEXT", "\"\\u001b%0é€日本\"", "\"é€日本\""), ("MY_TEXT", "\"a/b\"", "\"a\\/b\""),
            ("MY_TEXT", "\"\\u001b%0a\\\\\\\\b\"", "\"a\\\\\\\\b\""), ("MY_TEXT", "\"a\\\\\\\\b\"", "\"a\\\\b\""),
            ("MY_TEXT", "\"\"", "null"), ("MY_ASCII", "\"abc\"", "\"abc\""), ("NO_FIELD", "1.0", "1"),
        ])
    func same(field: String, sent: String, stored: String) throws {
        #expect(try compare("{\"\(field)\":\(sent)}", "{\"\(field)\":\(stored)}") == .same)
    }

    @Test(
        "Another value differs, and what is stored is told as it stands there",
        arguments: [
            ("MY_REAL", "1.1234567891", "-0.00000912915757"),
            ("MY_REAL", "9223372036854775807", "-9223372036854775808"),
            ("MY_REAL", "1.5", "null"), ("MY_REAL", "null", "1.5"), ("MY_REAL", "1.5", "\"NaN\""),
            ("MY_REAL", "1.5", "15"), ("MY_REAL", "1.5", "-1.5"), ("MY_REAL", "0.1", "0.10000000000000001"),
            ("MY_ENUM", "840", "76"), ("MY_ENUM", "840", "\"BRL\""), ("MY_ENUM", "1", "\"USD\""),
            ("MY_DATE", "\"2026-11-21\"", "\"Invalid date\""), ("MY_DATE", "\"2026-11-21\"", "\"2026-11-22\""),
            ("MY_TIME", "\"12:34:56\"", "\"20:26:00\""), ("MY_TIME", "\"12:34:56\"", "\"12:34:56.001\""),
            ("MY_BOTH", "\"2026-11-21T12:34:56\"", "\"2026-11-21T12:34:57\""),
            ("MY_TEXT", "\"\\u001b%0é\"", "\"Ã©\""), ("MY_TEXT", "\"a b\"", "\"a  b\""),
            // An ASCII field takes the switch for text: what is stored is three characters longer.
            ("MY_ASCII", "\"\\u001b%0abc\"", "\"\\u001b%0abc\""), ("MY_TEXT", "\"12:34\"", "\"12:34:00\""),
        ])
    func differs(field: String, sent: String, stored: String) throws {
        let text = "{\"\(field)\":\(stored)}"
        #expect(try compare("{\"\(field)\":\(sent)}", text) == .differs(Array(text.utf8)))
    }

    @Test(
        "Without a dictionary literals go by their look; an enum's number against its text cannot be told",
        arguments: [
            ("1.5", "1.50", StoredRow.same), ("\"2026-11-21\"", "\"21 NOV 2026\"", .same),
            ("\"12:34\"", "\"12:34:00\"", .same), ("\"2026-11-21T12:34\"", "\"2026-11-21 12:34:00\"", .same),
            ("840", "\"USD\"", .unsure), ("\"USD\"", "840", .unsure), ("\"a\"", "\"b\"", .differs([])),
            ("1.5", "\"NaN\"", .differs([])), ("5", "\"5\"", .same), ("\"USD\"", "null", .differs([])),
        ])
    func byLook(sent: String, stored: String, expected: StoredRow) throws {
        let found = try compare("{\"F\":\(sent)}", "{\"F\":\(stored)}", dictionary: false)
        guard case .differs = expected else {
            #expect(found == expected)
            return
        }
        #expect(found == .differs(Array("{\"F\":\(stored)}".utf8)))
    }

    @Test("Every field that was sent has to be there, in any order; others do not matter")
    func rows() throws {
        #expect(try compare(#"{"A":1,"B":2}"#, #"{ "B" : 2.0 , "Z":{"x":[1,"}"]}, "A":1 }"#) == .same)
        #expect(try compare(#"{"A":1,"B":2,"C":null}"#, #"{"B":2}"#) == .differs(Array(#"{"A":null}"#.utf8)))
        #expect(
            try compare(#"{"A":1,"B":"x","C":3}"#, #"{"A":2,"B":"x\"y","C":3}"#)
                == .differs(Array(#"{"A":2,"B":"x\"y"}"#.utf8)))
        #expect(try compare("{}", "{}") == .same)
        // A field that differs weighs more than one of which it cannot be told.
        #expect(
            try compare(#"{"A":840,"B":1}"#, #"{"A":"USD","B":2}"#, dictionary: false)
                == .differs(Array(#"{"B":2}"#.utf8)))
        #expect(try compare(#"{"B":1}"#, #"{"A":1"#) == .unsure)
    }

    @Test("A share of the RICs is the same at every look, and about as large as it says")
    func share() throws {
        let share = try VerifyShare("12.5%")
        let chosen = (0..<20_000).filter { share.holds(UInt64($0) &* 0x9e37, drop: 7) }
        #expect(chosen == (0..<20_000).filter { share.holds(UInt64($0) &* 0x9e37, drop: 7) })
        #expect((2300...2700).contains(chosen.count), "\(chosen.count)")
        #expect(chosen != (0..<20_000).filter { share.holds(UInt64($0) &* 0x9e37, drop: 8) })
        #expect(share.text == "12.5%")
        #expect(try VerifyShare("100%").holds(5, drop: 1) && VerifyShare("all").holds(5, drop: 1))
        for wrong in ["0%", "101%", "5", "some", ""] {
            #expect(throws: SettingsMistake.self) { try VerifyShare(wrong) }
        }
    }
}

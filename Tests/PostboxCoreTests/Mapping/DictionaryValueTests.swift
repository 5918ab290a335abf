import PostboxCore
import TestSupport
import Testing

@Suite("Values by the dictionary", .computing)
struct DictionaryValueTests {
    private static let dictionary = Result { try SampleDictionary.load() }

    /// What one value becomes in the plain mapping, and in a rule that names the field: its JSON, or the reason of a rejection.
    private func mapped(_ field: String, _ cell: TestCell, tooLong: TooLong? = nil) throws -> String {
        let dictionary = try Self.dictionary.get()
        var plain = MappingRule(destinations: ["D"])
        plain.tooLong = tooLong
        var named = plain
        named.fields = [
            FieldRule(name: field, source: .column(field), tooLong: tooLong),
            FieldRule(name: "ASK", source: .column("ASK")),
        ]
        var found: [String] = []
        for rule in [plain, named] {
            let batch = mapToBatch(rowBatch([["X.TST", cell, "1"]])) {
                (
                    RowMapper(
                        rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: true, dictionary: dictionary),
                    testColumns(["RIC", field, "ASK"])
                )
            }
            found.append(Mapped(batch.rows[0], of: batch).result)
        }
        #expect(found[0] == found[1])
        if found[0] == "{\"ASK\":1}" { return "-" }
        let head = "{\"\(field)\":"
        return found[0].hasPrefix(head)
            ? String(found[0].dropFirst(head.count).dropLast(",\"ASK\":1}".count)) : found[0]
    }

    @Test(
        "Each type takes what it holds, and rejects the rest",
        arguments: [
            // REAL
            ("BID", "1.5", "1.5"), ("BID", "24.50", "24.50"), ("BID", "-0", "0"), ("BID", "007", "7"),
            ("BID", " 1.5 ", "1.5"),
            ("BID", "1e2", "100"), ("BID", "1.1234567891E-4", "0.00011234567891"), ("BID", "+5", "5"),
            ("BID", "9223372036854775807", "9223372036854775807"),
            ("BID", "9223372036854775808", "out_of_range"), ("BID", "-9223372036854775809", "out_of_range"),
            ("BID", "1e19", "out_of_range"), ("BID", "1e400", "out_of_range"),
            ("BID", "12345678901234567890.5", "out_of_range"),
            ("BID", "1.123456789012345", "decimal_too_long"), ("BID", "0.30000000000000004", "decimal_too_long"),
            ("BID", "92233.72036854775808", "decimal_too_long"), ("BID", "1.000000000000000", "1.00000000000000"),
            ("BID", "NaN", "not_a_number"), ("BID", "Inf", "not_a_number"), ("BID", "Info", "not_a_decimal"),
            ("BID", "abc", "not_a_decimal"), ("BID", "-", "not_a_decimal"), ("BID", "#N/A", "spreadsheet_error"),
            ("BID", "1,5", "not_a_decimal"),
            // An INTEGER of the older format.
            ("ACVOL_1", "1.5", "1.5"),
            // UINT and INT
            ("NUM_MOVES", "0", "0"), ("NUM_MOVES", "4294967295", "4294967295"),
            ("NUM_MOVES", "4294967296", "out_of_range"),
            ("NUM_MOVES", "-5", "out_of_range"), ("NUM_MOVES", "-0", "0"), ("NUM_MOVES", "1.5", "not_an_integer"),
            ("NUM_MOVES", "5.0", "5"), ("NUM_MOVES", "5.000", "not_an_integer"), ("NUM_MOVES", "0.000", "0"),
            ("NUM_MOVES", "1e3", "not_an_integer"), ("NUM_MOVES", "x", "not_an_integer"),
            ("NUM_MOVES", "18446744073709551616", "out_of_range"), ("NUM_MOVES", "007", "7"),
            ("PROD_PERM", "65535", "65535"), ("PROD_PERM", "65536", "out_of_range"),
            ("DEPTH_CHG", "-128", "-128"), ("DEPTH_CHG", "127", "127"), ("DEPTH_CHG", "128", "out_of_range"),
            ("DEPTH_CHG", "-129", "out_of_range"),
            ("OPN_CHG", "140737488355327", "140737488355327"), ("OPN_CHG", "140737488355328", "out_of_range"),
            ("OPN_CHG", "-140737488355328", "-140737488355328"), ("OPN_CHG", "-140737488355329", "out_of_range"),
            // ENUM: the number, always
            ("CURRENCY", "840", "840"), ("CURRENCY", "USD", "840"), ("CURRENCY", " USD ", "840"),
            ("CURRENCY", "usd", "not_in_enum"),
            ("CURRENCY", "999", "not_in_enum"), ("CURRENCY", "70000", "out_of_range"),
            ("CURRENCY", "-1", "not_in_enum"),
            ("CURRENCY", "840.0", "not_in_enum"), ("CURRENCY", "nonsense", "not_in_enum"), ("CURRENCY", "0", "0"),
            ("CURRENCY", "BRL", "986"), ("CURRENCY", "RUB", "643"), ("CURRENCY", "GBp", "2008"),
            ("CURRENCY", "DEM", "276"),
            ("CURRENCY", "76", "76"), ("CURRENCY", "USc", "ambiguous_enum"), ("CURRENCY", "841", "841"),
            ("CURRENCY", "   ", "0"), ("CURRENCY", " ", "-"), ("CURRENCY", "", "-"),
            ("RATING", "AAA", "1"), ("RATING", "AAA     ", "1"), ("RATING", "AAA  ", "1"), ("RATING", "AA+", "2"),
            ("RATING", "NR", "4"), ("RATING", "NR      ", "5"), ("RATING", " NR", "ambiguous_enum"),
            ("RATING", "WD", "9"),
            ("RATING", "300", "out_of_range"), ("RATING", "200", "200"), ("RATING", "255", "not_in_enum"),
            ("RATING", "A", "not_in_enum"),
            ("RATING_2", "D", "200"), ("RATING", "        ", "0"),
            ("VENUE", "431", "ambiguous_enum"), ("VENUE", "43", "43"), ("VENUE", "7", "1500"),
            ("VENUE", "1431", "1431"),
            ("VENUE", "OTC", "431"), ("VENUE", "1/2", "2001"), ("VENUE", "Z#1", "2000"), ("VENUE", "2000", "2000"),
            ("VENUE", "#5A2331#", "not_in_enum"), ("VENUE", "99999999999999999999999", "out_of_range"),
            ("PRCTCK_1", "1", "1"), ("PRCTCK_1", "=", "3"), ("PRCTCK_1", "\u{fffd}", "damaged_text"),
            // DATE
            ("TRADE_DATE", "2026-11-21", "\"2026-11-21\""), ("TRADE_DATE", "20261121", "\"20261121\""),
            ("TRADE_DATE", "21 Nov 2026", "\"21 NOV 2026\""), ("TRADE_DATE", " 2026-11-21", "\"2026-11-21\""),
            ("TRADE_DATE", "2026-02-29", "bad_date"), ("TRADE_DATE", "2026-13-41", "bad_date"),
            ("TRADE_DATE", "00000000", "bad_date"),
            ("TRADE_DATE", "31 FEB 2026", "bad_date"), ("TRADE_DATE", "11/21/26", "ambiguous_date"),
            ("TRADE_DATE", "01/02/2026", "ambiguous_date"), ("TRADE_DATE", "2026-11-21T00:00:00Z", "bad_date"),
            ("TRADE_DATE", "2026-1-2", "bad_date"), ("TRADE_DATE", "EOD", "bad_date"), ("TRADE_DATE", "0", "bad_date"),
            // TIME
            ("SALTIM", "12:34:56", "\"12:34:56\""), ("SALTIM", "12:34", "\"12:34\""),
            ("SALTIM", "1:02:03", "\"1:02:03\""),
            ("SALTIM", "12:34:56.789", "\"12:34:56.789\""), ("SALTIM", "12:34:56.7890000", "\"12:34:56.789\""),
            ("SALTIM", "12:34:56.7891", "bad_time"), ("SALTIM", "12:34:56,789", "\"12:34:56,789\""),
            ("QUOTIM_NS", "12:34:56.123456789", "\"12:34:56.123456789\""),
            ("QUOTIM_NS", "12:34:56.1234567891", "bad_time"),
            ("SALTIM", "23:59:60", "\"23:59:60\""), ("SALTIM", "24:00:00", "bad_time"),
            ("SALTIM", "25:00:00", "bad_time"),
            ("SALTIM", "12:60:00", "bad_time"), ("SALTIM", "12:00:60", "bad_time"),
            ("SALTIM", "2026-11-21T12:34:56Z", "bad_time"),
            ("SALTIM", "12:34:56Z", "bad_time"), ("SALTIM", "123456", "bad_time"),
            ("QUOTIM_MS", "45296789", "45296789"),
            // DATETIME
            ("STAMP", "2026-11-21T12:34:56", "\"2026-11-21T12:34:56\""),
            ("STAMP", "2026-11-21 12:34", "\"2026-11-21T12:34\""),
            ("STAMP", "2026-11-21T12:34:56.123456789", "\"2026-11-21T12:34:56.123456789\""),
            ("STAMP", "2026-02-29T12:34:56", "bad_date"), ("STAMP", "2026-11-21T24:00:00", "bad_time"),
            ("STAMP", "2026-11-21", "bad_date"), ("STAMP", "2026-11-21T12:34:56Z", "bad_time"),
            ("STAMP", "20261121 123456", "bad_date"),
            // Texts
            ("CTBTR_1", "EOD DESK", "\"EOD DESK\""), ("CTBTR_1", "1.50", "\"1.50\""), ("CTBTR_1", "1,5", "\"1,5\""),
            ("CTBTR_1", "NaN", "\"NaN\""), ("CTBTR_1", "Info", "\"Info\""), ("CTBTR_1", "-", "\"-\""),
            ("CTBTR_1", "007", "\"007\""),
            ("CTBTR_1", "1234567890123456", "\"1234567890123456\""), ("CTBTR_1", "12345678901234567", "text_too_long"),
            ("CTBTR_1", "é3456789012", "\"\\u001b%0é3456789012\""), ("CTBTR_1", "é3456789012345", "text_too_long"),
            ("CTBTR_1", "a\\\"b", "\"\\u001b%0a\\\\\\\"b\""), ("CTBTR_1", "\u{1b}[0m", "control_in_text"),
            ("CTBTR_1", "a\nb", "line_break"),
            ("CTBTR_1", "#N/A", "spreadsheet_error"),
            ("OFFCL_CODE", "DE0001102580", "\"DE0001102580\""), ("OFFCL_CODE", "DE0001102580X", "text_too_long"),
            ("OFFCL_CODE", "é", "not_ascii"), ("OFFCL_CODE", "912828", "\"912828\""),
            ("OFFCL_CODE", "a\u{7f}", "control_in_text"),
            ("OFFCL_CODE", "a\\\\b", "\"a\\\\\\\\b\""),
            // What nobody can write
            ("RAW_DATA", "x", "field_not_postable"), ("LEGS", "1", "field_not_postable"),
            ("PARTS", "x", "field_not_postable"),
            ("BOOK", "x", "field_not_postable"), ("CURVE", "x", "field_not_postable"),
            ("HISTORY", "x", "field_not_postable"),
            ("RAW_DATA", "", "-"), ("RAW_DATA", "#N/A", "field_not_postable"),
        ])
    func csv(_ field: String, _ value: String, _ wanted: String) throws {
        #expect(try mapped(field, .plain(value)) == wanted)
    }

    @Test(
        "JSON says itself what is a number and what a text",
        arguments: [
            ("BID", .number("1.5"), "1.5"), ("BID", .string("1.5"), "1.5"), ("BID", .string("Info"), "not_a_decimal"),
            ("BID", .bool("true"), "boolean_value"), ("BID", .null, "-"),
            ("BID", .nested("[1]"), "nested_value"),
            ("VENUE", .number("431"), "431"), ("VENUE", .string("431"), "1431"), ("VENUE", .number("7"), "not_in_enum"),
            ("VENUE", .string("7"), "1500"), ("VENUE", .string("43"), "43"),
            ("CURRENCY", .number("840"), "840"), ("CURRENCY", .string("840"), "not_in_enum"),
            ("CURRENCY", .string("USD"), "840"),
            ("CURRENCY", .number("-1"), "out_of_range"), ("CURRENCY", .number("840.0"), "not_in_enum"),
            ("CURRENCY", .number("1e2"), "not_in_enum"), ("CURRENCY", .number("70000"), "out_of_range"),
            ("CTBTR_1", .number("1.50"), "\"1.50\""), ("CTBTR_1", .string("x"), "\"x\""),
            ("TRADE_DATE", .number("20261121"), "\"20261121\""),
            ("NUM_MOVES", .string("5"), "5"), ("NUM_MOVES", .number("5.0"), "5"), ("SALTIM", .number("5"), "bad_time"),
            ("RAW_DATA", .nested("[1]"), "field_not_postable"), ("RAW_DATA", .bool("true"), "field_not_postable"),
            ("RAW_DATA", .null, "-"),
        ] as [(String, TestCell, String)])
    func json(_ field: String, _ cell: TestCell, _ wanted: String) throws {
        #expect(try mapped(field, cell) == wanted)
    }

    @Test(
        "A text that is too long is cut between two characters, or goes as it is, where the rule says so",
        arguments: [
            ("CTBTR_1", "12345678901234567", TooLong.cut, "\"1234567890123456\""),
            ("CTBTR_1", "12345678901234567", .warn, "\"12345678901234567\""),
            ("CTBTR_1", "short", .cut, "\"short\""),
            // Thirteen bytes are left behind the prefix, and the flag takes eight.
            ("CTBTR_1", "éééé\u{1F1E8}\u{1F1ED}", .cut, "\"\\u001b%0éééé\""),
            ("CTBTR_1", "ééééééé", .cut, "\"\\u001b%0éééééé\""),
            ("OFFCL_CODE", "DE0001102580X", .cut, "\"DE0001102580\""), ("OFFCL_CODE", "é", .cut, "not_ascii"),
        ] as [(String, String, TooLong, String)])
    func tooLong(_ field: String, _ value: String, _ rule: TooLong, _ wanted: String) throws {
        #expect(try mapped(field, .plain(value), tooLong: rule) == wanted)
    }

    @Test(
        "A text that goes although it is too long is told of, once in either pass; other rows and rejected ones are not"
    )
    func longTexts() throws {
        let dictionary = try Self.dictionary.get()
        var plain = MappingRule(destinations: ["D"])
        plain.tooLong = .warn
        var named = plain
        named.fields = [
            FieldRule(name: "CTBTR_1", source: .column("CTBTR_1"), tooLong: .warn),
            FieldRule(name: "OFFCL_CODE", source: .column("OFFCL_CODE"), tooLong: .cut),
            FieldRule(name: "BID", source: .column("BID")),
        ]
        let long = "12345678901234567"
        let rows: [[TestCell]] = [
            ["A", "short", "", "1"], ["B", .plain(long), "", "1"], ["C", .plain(long), "", "x1"],
            ["D", "ééééééé", "", "1"], ["E", "1234567890123456", "", "1"], ["F", .plain(long), "", "2"],
        ]
        var batch = rowBatch(rows)
        batch.text += Array(repeating: UInt8(ascii: "7"), count: 16)
        let columns = testColumns(["RIC", "CTBTR_1", "OFFCL_CODE", "BID"])
        for rule in [plain, named] {
            var mapper = RowMapper(
                rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: true, dictionary: dictionary)
            var (mapped, doubtful) = (PostBatch(), PostBatch())
            mapper.map(batch, columns: columns, into: &mapped)
            mapper.mapDoubtful(batch, columns: columns, bytesMax: 60_000, into: &doubtful)
            #expect(mapped.warnings == doubtful.warnings)
            #expect(mapped.warnings.keys.sorted() == [2, 4, 6])
            #expect(mapped.problems.count == 1)
            let told = try #require(mapped.warnings[2]?.first)
            #expect(told.reason == "text_too_long" && told.line == 3 && told.columnName == "CTBTR_1")
            #expect(told.what == #""CTBTR_1": "12345678901234567" is longer than the field, which has 16 bytes."#)
            #expect(mapped.warnings.values.allSatisfy { $0.count == 1 })
        }
        plain.tooLong = .reject
        var mapper = RowMapper(
            rule: plain, services: ["S"], updateOnly: false, columnsAreFixed: true, dictionary: dictionary)
        var mapped = PostBatch()
        mapper.map(batch, columns: columns, into: &mapped)
        #expect(mapped.warnings.isEmpty && mapped.problems.count == 4)
    }

    @Test("A rule's own text that is too long for its field goes whole where the rule says so, and every row says it")
    func longConstant() throws {
        let dictionary = try Self.dictionary.get()
        var rule = MappingRule(destinations: ["D"])
        rule.fields = [
            FieldRule(name: "CTBTR_1", source: .value("12345678901234567", isText: true), tooLong: .warn),
            FieldRule(name: "BID", source: .column("BID")),
        ]
        var mapper = RowMapper(
            rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: true, dictionary: dictionary)
        var mapped = PostBatch()
        mapper.map(rowBatch([["A", "1"], ["B", "2"]]), columns: testColumns(["RIC", "BID"]), into: &mapped)
        #expect(Mapped(mapped.rows[0], of: mapped).result == #"{"CTBTR_1":"12345678901234567","BID":1}"#)
        #expect(mapped.warnings.keys.sorted() == [1, 2])
    }

    @Test("A rejection says what the field holds, and the nearest of its values")
    func words() throws {
        let dictionary = try Self.dictionary.get()
        let columns = ["RIC", "CURRENCY", "NUM_MOVES", "CTBTR_1", "SALTIM", "LEGS", "VENUE", "RATING"]
        func sentence(_ column: String, _ value: String) throws -> String {
            let row = columns.map { $0 == "RIC" ? TestCell.plain("X") : $0 == column ? .plain(value) : .plain("") }
            var mapper = RowMapper(
                rule: MappingRule(destinations: ["D"]), services: ["S"], updateOnly: false, columnsAreFixed: true,
                dictionary: dictionary)
            var out = PostBatch()
            mapper.map(rowBatch([row]), columns: testColumns(columns), into: &out)
            return try #require(out.problems.first).what
        }
        for (column, value, words) in [
            ("CURRENCY", "EUX", "the nearest is \"EUR\", which is 978"), ("CURRENCY", "usd", "\"USD\", which is 840"),
            ("CURRENCY", "USc", "the text of each of 841, 2009"),
            ("VENUE", "431", "the number of one value and the text of 1431"),
            ("RATING", " NR", "the text of each of 4, 5"),
            ("NUM_MOVES", "-1", "0 to 4294967295"), ("CTBTR_1", String(repeating: "x", count: 20), "has 16 bytes"),
            ("SALTIM", "12:00:00.1234", "more decimals"), ("LEGS", "1", "ARRAY"), ("RATING", "256", "0 to 255"),
        ] {
            let told = try sentence(column, value)
            #expect(told.contains(words), "\(told)")
        }
    }

    @Test("A file with a column that is no field is refused, and the nearest field is told")
    func unknownField() throws {
        let dictionary = try Self.dictionary.get()
        func problem(_ columns: [String], _ rule: MappingRule = MappingRule(destinations: ["D"])) -> FileProblem? {
            var mapper = RowMapper(
                rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: true, dictionary: dictionary)
            return mapper.missingColumn(among: testColumns(columns))
        }
        #expect(problem(["RIC", "Post", "Service", "BID"]) == nil)
        let found = try #require(problem(["RIC", "BIDD", "BID", "bid"]))
        #expect(found.reason == "unknown_field")
        #expect(found.what == "The column \"BIDD\" is no field of the dictionary; the nearest is BID. Nor is \"bid\".")
        #expect(problem(["RIC", "a b"])?.reason == "unknown_field")
        #expect(problem(["BIDD"])?.reason == "unknown_column")
        // The rule says which columns are fields.
        let named = MappingRule(destinations: ["D"], fields: [FieldRule(name: "BID", source: .column("Px"))])
        #expect(problem(["RIC", "Px", "BIDD"], named) == nil)
        let renamed = MappingRule(destinations: ["D"], ric: .column("Name"))
        #expect(problem(["Name", "RIC", "BID"], renamed) == nil)
    }

    @Test(
        "What a rule says against the dictionary is found, with the key",
        arguments: [
            (FieldRule(name: "BIDD", source: .column("b")), "BIDD", "the nearest is BID"),
            (
                FieldRule(name: "BID", source: .column("b"), type: .int), "type",
                "leave `type` out, or write `type: real`"
            ),
            (FieldRule(name: "NUM_MOVES", source: .column("b"), type: .int), "type", "`type: uint`"),
            (FieldRule(name: "LEGS", source: .column("b"), type: .text), "type", "ARRAY"),
            (FieldRule(name: "CTBTR_1", source: .column("b"), scale: "2"), "scale", "RMTES_STRING"),
            (FieldRule(name: "SALTIM", source: .column("b"), round: 2), "round", "TIME"),
            (
                FieldRule(name: "CURRENCY", source: .column("b"), type: .enum, values: ["US": 841, "X": 1]), "values",
                "\"X\" stands for 1"
            ),
            (
                FieldRule(name: "CURRENCY", source: .column("b"), type: .enum, takesAnyText: true), "values",
                "leave `values: any` out"
            ),
            (FieldRule(name: "CURRENCY", source: .value("EUX", isText: true)), "value", "the nearest is \"EUR\""),
            (FieldRule(name: "NUM_MOVES", source: .value("-1", isText: false)), "value", "0 to 4294967295"),
        ])
    func contradictions(_ field: FieldRule, _ key: String, _ words: String) throws {
        let rule = MappingRule(destinations: ["D"], fields: [field])
        let problems = RowMapper.check(rule, try Self.dictionary.get())
        #expect(problems.map(\.path.last) == [key])
        #expect(problems.first?.what.contains(words) == true, "\(problems.map(\.what))")
        // A drop that was claimed with it has no row that could be posted.
        var mapper = RowMapper(
            rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: true, dictionary: try Self.dictionary.get()
        )
        var out = PostBatch()
        mapper.map(rowBatch([["X", "1"]]), columns: testColumns(["RIC", "b"]), into: &out)
        #expect(out.problems.map(\.reason) == ["bad_rule"])
    }

    @Test("A rule that agrees with the dictionary is right, and its own display texts go before the dictionary's")
    func agreement() throws {
        let fields = [
            FieldRule(name: "BID", source: .column("b"), scale: "0.01", type: .real, round: 2),
            FieldRule(name: "CURRENCY", source: .column("c"), type: .enum, values: ["USc": 2009, "euro": 978]),
            FieldRule(name: "CTBTR_1", source: .value("EOD DESK", isText: true)),
            FieldRule(name: "VENUE", source: .value("OTC", isText: true)),
            FieldRule(name: "QUOTIM_MS", source: .value("5", isText: false), type: .uint),
        ]
        let rule = MappingRule(destinations: ["D"], fields: fields)
        let dictionary = try Self.dictionary.get()
        #expect(RowMapper.check(rule, dictionary).isEmpty)
        let batch = mapToBatch(
            rowBatch([["X", "12345", "USc"], ["X", "100", "euro"], ["X", "100", "GBP"], ["X", "1", "USD "]])
        ) {
            (
                RowMapper(
                    rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: true, dictionary: dictionary),
                testColumns(["RIC", "b", "c"])
            )
        }
        let rest = ",\"CTBTR_1\":\"EOD DESK\",\"VENUE\":431,\"QUOTIM_MS\":5}"
        #expect(
            batch.rows.map { Mapped($0, of: batch).result } == [
                "{\"BID\":123.45,\"CURRENCY\":2009" + rest, "{\"BID\":1.00,\"CURRENCY\":978" + rest,
                "{\"BID\":1.00,\"CURRENCY\":826" + rest, "{\"BID\":0.01,\"CURRENCY\":840" + rest,
            ])
    }

    @Test("All that is wrong with a row is told with what the dictionary says")
    func all() throws {
        let dictionary = try Self.dictionary.get()
        var mapper = RowMapper(
            rule: MappingRule(destinations: ["D"]), services: ["S"], updateOnly: false, columnsAreFixed: true,
            dictionary: dictionary)
        mapper.tellsAll = true
        var out = PostBatch()
        mapper.map(
            rowBatch([["X", "x", "EUX", "2026-02-30"]]),
            columns: testColumns(["RIC", "BID", "CURRENCY", "TRADE_DATE"]),
            into: &out)
        let first = try #require(out.problems.first)
        #expect(([first] + first.more).map(\.reason) == ["not_a_decimal", "not_in_enum", "bad_date"])
        #expect(first.more.first?.what.contains("\"EUR\"") == true)
    }

    @Test("The rules of many columns are told at a look where all is surely right")
    func sure() throws {
        let dictionary = try Self.dictionary.get()
        var batch = rowBatch([["X.TST", "1.5", "EOD", "DE0001", ""], ["X.TST", "1.5", Self.cell, "DE0001", ""]])
        batch.text += Array(repeating: 0x37, count: 16)
        var mapper = RowMapper(
            rule: MappingRule(destinations: ["D"]), services: ["S"], updateOnly: false, columnsAreFixed: true,
            dictionary: dictionary)
        var out = PostBatch()
        mapper.mapDoubtful(
            batch, columns: testColumns(["RIC", "BID", "CTBTR_1", "OFFCL_CODE", "ASK"]), bytesMax: 60_000, into: &out)
        // The first was no row to look at twice.
        #expect(out.rows.map(\.row) == [2] && out.problems.map(\.reason) == ["text_too_long"])
    }

    private static let cell = TestCell.plain(String(repeating: "x", count: 17))
}

import PostboxCore
import Testing

@Suite("Checks of rows")
struct RowChecksTests {
    /// The reason against a row with this BID; `posted`: none.
    private func of(_ bid: TestCell, _ kind: CheckRule.Kind, tables: [String: LookupTable] = [:]) -> String {
        judged([CheckRule(kind)], columns: ["RIC", "BID", "ASK"], [["A.TST", bid, "7"]], tables: tables)[0]
    }

    @Test(
        "A value at a border passes, one beyond it does not, however both are written",
        arguments: [
            ("0.0001", "posted"), ("0.00010000", "posted"), ("0.00009999999999", "below_min"), ("100000", "posted"),
            ("100000.0", "posted"), ("100000.00000000000", "posted"), ("100000.0000000001", "above_max"),
            ("0", "below_min"), ("-0.0", "below_min"), ("-5", "below_min"), ("99999.9999999999", "posted"),
            ("9223372036854775807", "above_max"),
        ] as [(TestCell, String)])
    func range(_ value: TestCell, _ reason: String) {
        #expect(of(value, .range(field: "BID", min: "0.0001", max: "100000")) == reason)
    }

    @Test(
        "Borders may be below zero, and one of them may be missing",
        arguments: [
            ("-1.5", "posted"), ("-1.50000000000001", "below_min"), ("-1.4", "posted"), ("-0.5", "posted"),
            ("-0.4999", "above_max"), ("0", "above_max"), ("3", "above_max"),
        ] as [(TestCell, String)])
    func negative(_ value: TestCell, _ reason: String) {
        #expect(of(value, .range(field: "BID", min: "-1.5", max: "-0.5")) == reason)
        if reason != "above_max" { #expect(of(value, .range(field: "BID", min: "-1.5", max: nil)) == reason) }
        if reason != "below_min" { #expect(of(value, .range(field: "BID", min: nil, max: "-0.5")) == reason) }
    }

    @Test("What is empty or not there is passed over, by every check")
    func empty() throws {
        let closes = try lookupTable("RIC,CLOSE\nA.TST,1\n", key: "RIC", columns: ["CLOSE"])
        let known = CheckRule.Known(table: "closes", by: nil, take: "CLOSE")
        let kinds: [CheckRule.Kind] = [
            .range(field: "BID", min: "5", max: "6"), .ordered(["ASK", "BID"]),
            .spread(low: "BID", high: "ASK", percent: "1"), .move(field: "BID", percent: "1", known),
            .factor(field: "BID", factor: "100", known), .day(field: "BID", age: 0, future: 0, zone: nil),
        ]
        for kind in kinds {
            for value in [TestCell.plain(""), .null, .missing] {
                #expect(of(value, kind, tables: ["closes": closes]) == "posted", "\(kind)")
            }
        }
    }

    @Test(
        "A value that is no number fails a check of numbers, and a date that is none one of dates",
        arguments: [
            ("abc", .range(field: "BID", min: "1", max: nil), "not_a_decimal"),
            ("abc", .ordered(["BID", "ASK"]), "not_a_decimal"),
            ("abc", .spread(low: "ASK", high: "BID", percent: "1"), "not_a_decimal"),
            ("12:30:00", .range(field: "BID", min: "1", max: nil), "not_a_decimal"),
            (.string("1.5"), .range(field: "BID", min: "1", max: nil), "not_a_decimal"),
            ("abc", .day(field: "BID", age: 1, future: 1, zone: nil), "not_a_date"),
            ("1.5", .day(field: "BID", age: 1, future: 1, zone: nil), "not_a_date"),
            ("01/02/1970", .day(field: "BID", age: 1, future: 1, zone: nil), "not_a_date"),
        ] as [(TestCell, CheckRule.Kind, String)])
    func otherKinds(_ value: TestCell, _ kind: CheckRule.Kind, _ reason: String) {
        #expect(of(value, kind) == reason)
    }

    @Test(
        "Each field is at most the next that is not empty",
        arguments: [
            ("1", "2", "3", "posted"), ("1", "1", "1.0", "posted"), ("1", "", "3", "posted"),
            ("3", "", "1", "not_ordered"),
            ("1", "3", "2", "not_ordered"), ("2", "1", "3", "not_ordered"), ("-1", "-2", "0", "not_ordered"),
            ("-2", "-1", "0", "posted"), ("1.00000000000001", "1", "2", "not_ordered"), ("", "", "", "posted"),
            ("0", "-0", "0.0", "posted"),
        ])
    func ordered(_ bid: String, _ last: String, _ ask: String, _ reason: String) {
        let check = CheckRule(.ordered(["BID", "TRDPRC_1", "ASK"]))
        let row: [TestCell] = ["A.TST", .plain(bid), .plain(last), .plain(ask), "7"]
        #expect(judged([check], columns: ["RIC", "BID", "TRDPRC_1", "ASK", "X"], [row]) == [reason])
    }

    @Test(
        "Two prices are no further apart than so many per cent of their middle, exactly",
        arguments: [
            ("97.5", "102.5", "posted"), ("97.5", "102.50000000001", "spread_too_wide"), ("102.5", "97.5", "posted"),
            ("-102.5", "-97.5", "posted"), ("-102.6", "-97.5", "spread_too_wide"), ("0", "0", "posted"),
            ("0", "0.01", "spread_too_wide"), ("-1", "1", "spread_too_wide"), ("100", "", "posted"),
            ("0.00000000000001", "0.00000000000002", "spread_too_wide"),
            ("9223372036854775807", "1", "spread_too_wide"),
        ])
    func spread(_ bid: String, _ ask: String, _ reason: String) {
        let check = CheckRule(.spread(low: "BID", high: "ASK", percent: "5"))
        let row: [TestCell] = ["A.TST", .plain(bid), .plain(ask), "7"]
        #expect(judged([check], columns: ["RIC", "BID", "ASK", "X"], [row]) == [reason])
    }

    @Test(
        "A value is no further than so many per cent from the one that a table has",
        arguments: [
            ("100", "110", "posted"), ("100", "110.00000000000001", "moved_too_far"), ("100", "90", "posted"),
            ("100", "89.9999", "moved_too_far"), ("100.0", "100", "posted"), ("100", "-100", "moved_too_far"),
            // Below zero by the absolute value, unless the sign changes.
            ("-100", "-110", "posted"), ("-100", "-111", "moved_too_far"), ("-100", "-90", "posted"),
            ("-100", "100", "moved_too_far"), ("-0.01", "0", "moved_too_far"), ("-0.01", "0.001", "moved_too_far"),
            ("0", "0", "posted"), ("0", "0.0", "posted"), ("0.00", "0.01", "moved_too_far"),
            ("0", "-0.01", "moved_too_far"), ("0.00000000000001", "0.00000000000001", "posted"),
            ("9223372036854775807", "9223372036854775806", "posted"), ("1", "9223372036854775807", "moved_too_far"),
            // A table may be wrong, too, or know nothing.
            ("n/a", "100", "not_a_decimal"), ("1e400", "100", "not_a_decimal"), ("1e2", "100", "posted"),
            ("", "100", "!no_last_value"),
        ])
    func move(_ old: String, _ new: String, _ reason: String) throws {
        let closes = try lookupTable("RIC,CLOSE\nA.TST,\(old)\n", key: "RIC", columns: ["CLOSE"])
        let known = CheckRule.Known(table: "closes", by: nil, take: "CLOSE")
        #expect(
            of(.plain(new), .move(field: "BID", percent: "10", known), tables: ["closes": closes]) == reason)
    }

    @Test(
        "A value is not about so many times the one that a table has, nor that part of it",
        arguments: [
            ("1.5", "150", "off_by_factor"), ("1.5", "151.2", "off_by_factor"), ("150", "1.5", "off_by_factor"),
            ("150", "1.62", "off_by_factor"), ("1", "50", "off_by_factor"), ("1", "49.999", "posted"),
            ("1", "200", "off_by_factor"), ("1", "200.001", "posted"), ("1", "1", "posted"), ("1", "2", "posted"),
            ("-1.5", "-150", "off_by_factor"), ("-1.5", "150", "posted"), ("0", "100", "posted"), ("1", "0", "posted"),
            ("0.00000000000001", "0.000000000001", "off_by_factor"),
        ])
    func factor(_ old: String, _ new: String, _ reason: String) throws {
        let closes = try lookupTable("RIC,CLOSE\nA.TST,\(old)\n", key: "RIC", columns: ["CLOSE"])
        let known = CheckRule.Known(table: "closes", by: nil, take: "CLOSE")
        #expect(
            of(.plain(new), .factor(field: "BID", factor: "100", known), tables: ["closes": closes]) == reason)
    }

    @Test("An instrument that the table does not know goes with a warning, or is rejected where the rule says so")
    func first() throws {
        let closes = try lookupTable("ISIN,CLOSE\nXS1,100\n", key: "ISIN", columns: ["CLOSE"])
        for (first, reason) in [(CheckRule.Action.warn, "!no_last_value"), (.reject, "no_last_value")] {
            let known = CheckRule.Known(table: "closes", by: "ISIN", take: "CLOSE", first: first)
            #expect(
                judged(
                    [CheckRule(.move(field: "BID", percent: "10", known))], columns: ["RIC", "ISIN", "BID"],
                    [["A", "XS1", "100"], ["B", "XS2", "100"], ["C", "XS1", "200"], ["D", "", "100"]],
                    tables: ["closes": closes]) == ["posted", reason, "moved_too_far", reason])
        }
    }

    @Test("The text of a move names both values, the per cent and where the old one is from")
    func text() throws {
        let closes = try lookupTable("RIC,CLOSE\nA.TST,120.00\n", key: "RIC", columns: ["CLOSE"])
        let known = CheckRule.Known(table: "closes", by: nil, take: "CLOSE")
        let batch = judgedBatch(
            [CheckRule(.move(field: "BID", percent: "10", known))], columns: ["RIC", "BID"], [["A.TST", "135.05"]],
            tables: ["closes": closes])
        #expect(
            batch.problems.first?.what
                == "BID: 135.05 is 12.54 % away from the old value 120.00, more than 10 %; that is from the column CLOSE of the "
                + "table closes, for \"A.TST\".")
        #expect(batch.problems.first?.columnName == "BID")
        #expect(batch.rows.first?.fieldsLength == 0)
    }

    @Test("A RIC has to be in the table where others are not allowed")
    func listed() throws {
        let rics = try lookupTable("ISIN,RIC\nXS1,A\nXS2,B\nXS3,A\nXS4,\n", key: "ISIN", columns: ["RIC"])
        let check = CheckRule(.listed(table: "rics", key: "RIC"))
        #expect(
            judged(
                [check], columns: ["RIC", "BID"], [["A", "1"], ["B", "1"], ["a", "1"], ["XS1", "1"]],
                tables: ["rics": rics]) == ["posted", "posted", "unknown_instrument", "unknown_instrument"])
        let byKey = CheckRule(.listed(table: "rics", key: "ISIN"))
        #expect(
            judged([byKey], columns: ["RIC", "BID"], [["A", "1"], ["XS1", "1"]], tables: ["rics": rics])
                == ["unknown_instrument", "posted"])
    }

    @Test("The first failure rejects; all are told where all is asked for; warnings of a rejected row are not")
    func several() {
        let checks = [
            CheckRule(.range(field: "BID", min: "1", max: nil), .warn),
            CheckRule(.range(field: "BID", min: "0", max: nil)),
            CheckRule(.ordered(["ASK", "BID"])),
        ]
        let rows: [[TestCell]] = [["A", "0.5", "0.5"], ["B", "-1", "5"], ["C", "2", "1"]]
        #expect(
            judged(checks, columns: ["RIC", "BID", "ASK"], rows) == ["!below_min", "below_min", "posted"])
        #expect(
            judged(checks, columns: ["RIC", "BID", "ASK"], rows, tellsAll: true)
                == ["!below_min", "below_min not_ordered", "posted"])
    }

    @Test("What holds a row is told whole, unless the row is rejected; of a row that was released it warns")
    func holds() {
        let checks = [
            CheckRule(.range(field: "BID", min: "1", max: nil), .hold),
            CheckRule(.range(field: "BID", min: "2", max: nil), .warn),
            CheckRule(.ordered(["BID", "ASK"]), .hold),
            CheckRule(.range(field: "ASK", min: "0", max: nil)),
        ]
        let rows: [[TestCell]] = [
            ["A", "0.5", "7"], ["B", "0.5", "0.1"], ["C", "0.5", "-1"], ["D", "1.5", "7"], ["E", "3", "7"],
        ]
        #expect(
            judged(checks, columns: ["RIC", "BID", "ASK"], rows) == [
                "?below_min", "?below_min ?not_ordered", "below_min", "!below_min", "posted",
            ])
        #expect(
            judged(checks, columns: ["RIC", "BID", "ASK"], rows, isReleased: true) == [
                "!below_min !below_min", "!below_min !below_min !not_ordered", "below_min", "!below_min", "posted",
            ])
    }

    @Test("Of a row that is held the old value stands beside the new one, and nothing of it is lost")
    func heldValues() throws {
        let closes = try lookupTable("RIC,CLOSE\nA.TST,120.00\n", key: "RIC", columns: ["CLOSE"])
        let known = CheckRule.Known(table: "closes", by: nil, take: "CLOSE", first: .hold)
        let batch = judgedBatch(
            [CheckRule(.move(field: "BID", percent: "10", known), .hold)], columns: ["RIC", "BID"],
            [["A.TST", "135.05"], ["B.TST", "5"]], tables: ["closes": closes])
        let first = try #require(batch.holds[1]?.first)
        #expect(first.field == "BID" && first.old == "120.00" && first.new == "135.05")
        #expect(batch.holds[2]?.map(\.problem.reason) == ["no_last_value"])
        #expect(batch.rows.allSatisfy { $0.problem < 0 && $0.fieldsLength > 0 } && batch.problems.isEmpty)
        #expect(batch.only([batch.rows[1]]).holds.keys.sorted() == [2])
    }

    @Test("Names in values and values in names mislead nobody")
    func names() {
        let check = CheckRule(.range(field: "BID", min: "1", max: nil))
        #expect(
            judged(
                [check], columns: ["RIC", "NAME", "XBID", "BID"],
                [["A", #"","BID":5,"X":""#, "0", "0.5"], ["B", #"\"#, "0", "2"], ["C", #"\",\"BID\":0"#, "0", "2"]])
                == ["below_min", "posted", "posted"])
    }

    @Test("A table that is not there rejects every row; nothing is silently unchecked")
    func withoutTable() {
        let known = CheckRule.Known(table: "closes", by: nil, take: "CLOSE")
        #expect(of("1", .move(field: "BID", percent: "10", known)) == "bad_rule")
    }

    @Test("A value that a rule makes is checked as it is posted")
    func made() {
        let fields = [
            FieldRule(name: "BID", source: .column("Px"), scale: "0.01"),
            FieldRule(name: "ASK", source: .value("5", isText: false)),
        ]
        let check = CheckRule(.range(field: "BID", min: "1", max: "2"))
        let batch = judgedBatch([check], columns: ["RIC", "Px"], [["A", "150"], ["B", "201"]], fields: fields)
        #expect(batch.problems.map(\.what) == ["BID: 2.01 is above 2, the most that the rule allows."])
        #expect(batch.problems.map(\.columnName) == ["Px"])
    }
}

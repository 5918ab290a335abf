import Testing

@testable import PostboxCore

@Suite("Formulas")
struct FormulaTests {
    @Test(
        "Arithmetic is exact, and its result has no zeros at the end",
        arguments: [
            ("(a + b) / 2", "1.07,1.08", "1.075"), ("(a + b) / 2", "-3,1.01", "-0.995"), ("1 / a", "1.07", "0.934579"),
            ("1 / a", "-3", "-0.333333"), ("a + b * c", "1,2,3", "7"), ("(a + b) * c", "1,2,3", "9"),
            ("a - b - c", "10,3,2", "5"), ("a / b / c", "12,3,2", "2"), ("a - (b - c)", "10,3,2", "9"),
            ("-a", "1.50", "-1.5"), ("--a", "1.5", "1.5"), ("-a * -b", "2,3", "6"), ("a * -b", "2,3", "-6"),
            ("a - -b", "2,3", "5"), ("-a + b", "2,3", "1"), ("min(a, b)", "1.5,1.50", "1.5"),
            ("min(a, b, c)", "3,1,2", "1"), ("max(a, b, c)", "3,1,2", "3"), ("max(a, b)", "-1,-2", "-1"),
            ("min(a, b)", "-1,-2", "-2"), ("abs(a)", "-1.5", "1.5"), ("abs(a)", "1.5", "1.5"),
            ("abs(a - b)", "1,3", "2"), ("round(a, 2)", "1.005", "1.01"), ("round(a, 0) * 2", "2.5", "6"),
            ("round(a, 4)", "1.5", "1.5"), ("round(1 / a, 4) * 3", "3", "0.9999"), ("a - a", "1.5", "0"),
            ("a * 0", "-1.5", "0"), ("-a", "0", "0"), ("a * 1.10", "100", "110"), ("a + 0.1 + 0.2", "0", "0.3"),
            ("a * b", "1.00000000000000000000,1.00000000000000000000", "1"), ("a", "+.5", "0.5"), ("a", "5.", "5"),
            ("a", "1.5e3", "1500"), ("a + b", "1e20,-1e20", "0"), ("1 / (1 / a)", "3", "3"),
            ("(a / 3 + b / 3) * 3", "1,2", "3"), ("a / b", "2,3", "0.666667"), ("a / b", "-2,3", "-0.666667"),
            ("min(1 / a, 1 / b)", "3,4", "0.25"), ("12345678901234567890 * a / 12345678901234567890", "1.25", "1.25"),
            ("a * b / (a * b)", "99999999999999999999999999999999999999,99999999999999999999999999999999999998", "1"),
        ])
    func arithmetic(_ formula: String, _ values: String, _ expected: String) throws {
        let formula = try Formula(parsing: formula)
        for isQuick in [true, false] {
            let answer = formula.answer(values.split(separator: ",").map(String.init), round: 6, isQuick: isQuick)
            #expect(answer == expected, "with 128 bits: \(isQuick)")
        }
    }

    @Test("Columns are told once each, in their order, by every kind of name")
    func names() throws {
        #expect(try Formula(parsing: "(bid+ask)/2 - bid").columns == ["bid", "ask"])
        #expect(try Formula(parsing: "[Px Bid] + [bid-2] + [a[0]]").columns == ["Px Bid", "bid-2", "a[0]"])
        #expect(try Formula(parsing: "quote.bid*$rate/px[0]").columns == ["quote.bid", "$rate", "px[0]"])
        #expect(
            try Formula(parsing: "field[name=BID].value + bid@time + @x + [/a/b@c]").columns
                == ["field[name=BID].value", "bid@time", "@x", "/a/b@c"])
        #expect(try Formula(parsing: "min + max(min, Größe)").columns == ["min", "Größe"])
        #expect(try Formula(parsing: "a\u{a0}+\u{202f}b\n*\tc").columns == ["a", "b", "c"])
        #expect(try Formula(parsing: "1 + 2").columns == [])
    }

    @Test("A rule tells the columns of its formula")
    func columnsOfRules() {
        var rule = ValueRule()
        rule.formula = "(Bid + [Px Ask]) / 2"
        #expect(rule.columns == ["Bid", "Px Ask"])
        rule.formula = "(Bid +"
        #expect(rule.columns == [])
    }

    @Test(
        "A division asks for decimals unless a round encloses it",
        arguments: [
            ("a / b", true), ("(a + b) / 2", true), ("round(a / b, 4)", false), ("round(1 / a, 4) + b", false),
            ("round(a / b, 4) / 2", true), ("a * b - 1", false), ("min(a, 1 / b)", true),
            ("abs(-round(min(a, 1 / b), 2))", false), ("round(a, 2) + 1 / b", true),
        ])
    func divisions(_ formula: String, _ divides: Bool) throws {
        #expect(try Formula(parsing: formula).divides == divides)
    }

    @Test(
        "What is wrong with a formula is told with its place",
        arguments: [
            ("", "at character 1, a number or a column is missing"),
            ("a +", "at character 4, a number or a column is missing"),
            ("a + * b", "at character 5, a number or a column is missing"),
            ("a b", "at character 3, an operator is missing"), ("ä b", "at character 3, an operator is missing"),
            ("(a + b", "at character 1, there is no `)` for this `(`"),
            ("(a b)", "at character 4, an operator is missing"),
            ("a)", "at character 2, there is a `)` without its `(`"),
            ("1,5 * a", "at character 2, there is a `,`: a decimal has a point"),
            ("(1,5) * a", "at character 3, there is a `,` too many"),
            ("1. * a", "at character 3, a digit is missing behind the point"),
            (".5 * a", "at character 1, a number or a column is missing"),
            ("1e5 * a", "at character 1, a number ends in something else"),
            ("52W * a", "at character 1, a number ends in something else"),
            ("[] + a", "at character 1, there is no name between the brackets"),
            ("a + [b", "at character 5, there is no `]` for this `[`"),
            ("sqrt(a)", "at character 1, only min, max, abs and round have arguments"),
            ("MIN(a, b)", "at character 1, only min, max, abs and round have arguments"),
            ("min(a)", "at character 6, min needs two values"),
            ("abs(a, b)", "at character 6, there is a `,` too many"),
            ("abs()", "at character 5, a number or a column is missing"),
            ("round(a)", "at character 8, round needs a number of decimals"),
            ("round(a, b)", "at character 10, round needs a number of decimals"),
            ("round(a, 15)", "at character 10, round needs a number of decimals"),
            ("round(a, 99999999999999999999)", "at character 10, round needs a number of decimals"),
            ("a / 0", "at character 5, it divides by zero"), ("a / 0.00", "at character 5, it divides by zero"),
            ("a ^ 2", "at character 3, an operator is missing"), ("a % 2", "at character 3, an operator is missing"),
            ("a + #b", "at character 5, a number or a column is missing"),
            ("123456789012345678901234567890123456789 * a", "at character 1, a number has more than 38 digits"),
            (String(repeating: "(", count: 300), "its parts lie deeper in each other than 200"),
            (String(repeating: "-", count: 300) + "a", "its parts lie deeper in each other than 200"),
            ("a" + String(repeating: "+a", count: 300), "its parts lie deeper in each other than 200"),
            (String(repeating: "a", count: 3000), "it is longer than 2000 bytes"),
        ])
    func mistakes(_ formula: String, _ expected: String) {
        let mistake = #expect(throws: SettingsMistake.self) { try Formula(parsing: formula) }
        #expect(mistake?.expected.hasPrefix("a formula: " + expected) == true, "\(mistake?.expected ?? "")")
    }

    @Test("An empty operand makes the result empty; a fault of any operand comes before it")
    func operands() throws {
        let formula = try Formula(parsing: "a / b")
        #expect(
            formula.answer(["", "2"]) == "" && formula.answer(["1", ""]) == "" && formula.answer([" ", "0"]) == "")
        #expect(
            formula.answer(["1", "0"]) == "division_by_zero" && formula.answer(["0", "0.00"]) == "division_by_zero")
        #expect(formula.answer(["", "abc"]) == "not_a_decimal" && formula.answer(["abc", ""]) == "not_a_decimal")
        #expect(
            formula.answer(["NaN", "1"]) == "not_a_number" && formula.answer(["1", "#N/A"]) == "spreadsheet_error")
        #expect(formula.answer(["123456789012345678901234567890123456789", "1"]) == "decimal_too_long")
        #expect(try Formula(parsing: "1 / (a - b)").answer(["1.5", "1.50"]) == "division_by_zero")
    }

    @Test("Operands are read as the file writes them")
    func forms() throws {
        var form = NumberForm()
        form.decimal = ","
        form.thousands = "."
        let reader = NumberReader(form, isTyped: true)
        let formula = try Formula(parsing: "a + b")
        #expect(formula.answer(["1.234,5", "1,25"], reader: reader) == "1235.75")
        #expect(formula.answer(["1.5", "1"], reader: reader) == "bad_grouping")
        #expect(formula.answer(["1,5e2", "1"], reader: reader) == "151")
        #expect(formula.answer(["", "1"], reader: reader) == "")
    }

    @Test("Scale, then round, by every mode; what is not kept decides exactly")
    func lastSteps() throws {
        let formula = try Formula(parsing: "a")
        func answer(_ value: String, _ round: Int, _ rounding: Rounding, scale: String? = nil) -> String {
            formula.answer([value], scale: scale.flatMap { DecimalText.Scale($0) }, round: round, rounding: rounding)
        }
        let table: [(String, halfUp: String, halfEven: String, down: String, none: String)] = [
            ("1.005", "1.01", "1", "1", "decimal_too_long"), ("1.015", "1.02", "1.02", "1.01", "decimal_too_long"),
            ("-1.015", "-1.02", "-1.02", "-1.01", "decimal_too_long"),
            ("2.665", "2.67", "2.66", "2.66", "decimal_too_long"),
            ("2.6650000000000000001", "2.67", "2.67", "2.66", "decimal_too_long"),
            ("-0.009", "-0.01", "-0.01", "0", "decimal_too_long"), ("1.5", "1.5", "1.5", "1.5", "1.5"),
            ("1.2500", "1.25", "1.25", "1.25", "1.25"), ("0.0001", "0", "0", "0", "decimal_too_long"),
            ("1e-300", "0", "0", "0", "decimal_too_long"),
        ]
        for row in table {
            #expect(answer(row.0, 2, .halfUp) == row.halfUp, "\(row.0)")
            #expect(answer(row.0, 2, .halfEven) == row.halfEven, "\(row.0)")
            #expect(answer(row.0, 2, .down) == row.down, "\(row.0)")
            #expect(answer(row.0, 2, .none) == row.none, "\(row.0)")
        }
        #expect(answer("1.005", 2, .halfUp, scale: "0.01") == "0.01")
        #expect(answer("1.5", -1, .halfUp, scale: "-100") == "-150")
        #expect(try Formula(parsing: "a / 3").answer(["1"], scale: DecimalText.Scale("3"), round: 2) == "1")
        #expect(try Formula(parsing: "round(a / 3, 2)").answer(["2"], rounding: .down) == "0.66")
        #expect(try Formula(parsing: "round(a / 3, 2)").answer(["2"], rounding: .none) == "decimal_too_long")
    }

    @Test("Nothing is lost beyond 128 bits, and what is too long for a price or for us is told")
    func bounds() throws {
        let nines = String(repeating: "9", count: 38)
        let square = try Formula(parsing: "a * a - b")
        #expect(square.answer([nines, "1"]) == "decimal_too_long")
        let identity = try Formula(parsing: "(a * a - 1) / (a - 1) - a")
        #expect(identity.answer([nines], round: 0) == "1")
        #expect(try Formula(parsing: "a * b").answer(["1e-200", "1e200"]) == "1")
        #expect(try Formula(parsing: "a + b").answer(["1e1300", "1"]) == "decimal_too_long")
        #expect(try Formula(parsing: "a * b").answer(["1e-99999999999", "0"]) == "0")
        #expect(try Formula(parsing: "a * b").answer(["1e-99999999999", "1"], round: 2) == "decimal_too_long")
        #expect(try Formula(parsing: "a").answer(["0.000000000000001"]) == "decimal_too_long")
        let power = try Formula(parsing: Array(repeating: "a", count: 100).joined(separator: "*"))
        #expect(power.answer([nines], round: 0) == "decimal_too_long")
        #expect(power.answer(["1.0"]) == "1")
        let sum = try Formula(parsing: Array(repeating: "a", count: 190).joined(separator: "+"))
        #expect(sum.answer(["1.5"]) == "285" && sum.answer([nines]) == "decimal_too_long")
    }
}

extension Formula {
    /// The result for these values of its columns, or the reason of the fault.
    func answer(
        _ values: [String], reader: NumberReader = NumberReader(NumberForm(), isTyped: true),
        scale: DecimalText.Scale? = nil, round: Int = -1, rounding: Rounding = .halfUp, isQuick: Bool = true
    ) -> String {
        var out: [UInt8] = []
        var scratch: [UInt8] = []
        let fault = evaluate(
            { reader.operand(Array(values[$0].utf8).span, scratch: &scratch) }, scale: scale, round: round,
            rounding: rounding, isQuick: isQuick, into: &out)
        return fault?.rawValue ?? String(decoding: out, as: UTF8.self)
    }
}

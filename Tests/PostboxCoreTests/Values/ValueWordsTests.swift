import PostboxCore
import Testing

@Suite("What is said of values that a rule makes")
struct ValueWordsTests {
    private static let price =
        "does not fit a price exactly: 14 decimals at most, and 9223372036854775807 at most without its point."

    private static func rule(
        _ source: ColumnSource = .column("b"), type: FieldType? = nil, round: Int? = nil, rounding: Rounding? = nil,
        _ change: (inout ValueRule) throws -> Void
    ) rethrows -> MappingRule {
        var value = ValueRule()
        try change(&value)
        let field = FieldRule(
            name: "F", source: .derived(source, value), type: type, round: round, rounding: rounding)
        return MappingRule(destinations: ["d"], post: .update, ric: .column("RIC"), fields: [field])
    }

    private static func problem(_ rule: MappingRule, _ text: String) throws -> RowProblem {
        let problems = try Shaping(rule: rule).problems(text)
        #expect(problems.count == 1)
        return try #require(problems.first)
    }

    @Test("A number is shown as it stands in the file, however it is written out")
    func written() throws {
        let rule = Self.rule { value in
            var form = NumberForm()
            form.exponent = true
            value.number = form
        }
        let small = try Self.problem(rule, "RIC,b\nA.T,12e-400\n")
        #expect(small.what == "\"b\": \"12e-400\" \(Self.price)")
        #expect(small.hint == "Write fewer digits, or let the rule round it with `round: N`.")
        #expect(small.column == 5)
        let large = try Self.problem(rule, "RIC,b\nA.T,1e19\n")
        #expect(large.what == "\"b\": \"1e19\" \(Self.price)")
        #expect(large.hint == "Correct it: no price is larger than 9223372036854775807, however few decimals it has.")
    }

    @Test("An exponent that is too far is told, and not that the number could be rounded")
    func exponents() throws {
        let rule = Self.rule(round: 2) { value in
            var form = NumberForm()
            form.exponent = true
            value.number = form
        }
        let problem = try Self.problem(rule, "RIC,b\nA.T,1e-5000\n")
        #expect(problem.reason == "decimal_too_long")
        #expect(problem.what == "\"b\": \"1e-5000\" has an exponent further from 0 than 400, which no price needs.")
        #expect(problem.hint?.contains("round") == false)
    }

    @Test("A formula's result is told as that, and not as the value of its column")
    func formulas() throws {
        let text = "RIC,a,b\nA.T,0.123456789012345,1\n"
        var rule = Self.rule(.none) { $0.formula = "a + b" }
        let problem = try Self.problem(rule, text)
        #expect(problem.what == "The result of the formula \"a + b\" \(Self.price)")
        #expect(problem.hint == "Correct the values that it is made of, or let the rule round it with `round: N`.")
        #expect(problem.columnName == "a" && problem.column == 5)
        rule.fields?[0].round = 2
        rule.fields?[0].rounding = Rounding.none
        #expect(try Self.problem(rule, text).hint?.hasPrefix("By `rounding: none` nothing may be rounded away") == true)

        let whole = Self.rule(.none, type: .int) { $0.formula = "a + b" }
        #expect(
            try Self.problem(whole, "RIC,a,b\nA.T,0.5,1\n").what
                == "The result of the formula \"a + b\": \"1.5\" is not a whole number that fits 64 bits.")
        let digits = try Self.problem(rule, "RIC,a,b\nA.T,1,1.\(String(repeating: "1", count: 40))\n")
        #expect(digits.reason == "decimal_too_long" && digits.columnName == "b" && digits.column == 7)
        #expect(digits.what.hasSuffix("has more than 38 digits, and a formula takes no more."))
    }

    @Test("A value that may not be rounded has no hint to round it")
    func unrounded() throws {
        let rule = Self.rule(round: 2, rounding: Rounding.none) { $0.number = NumberForm() }
        let problem = try Self.problem(rule, "RIC,b\nA.T,1.234\n")
        #expect(problem.reason == "decimal_too_long")
        #expect(
            problem.hint
                == "By `rounding: none` nothing may be rounded away: write decimals as `round: 2` keeps them, or "
                + "choose another `rounding`.")
    }

    @Test("All columns of a template are named, at the place of the first")
    func templates() throws {
        let made = try Self.rule(.none, type: .date) {
            $0.template = try TemplatePiece.parse("{p} {q}")
            $0.date = DateForm(target: .date, pattern: "yyyy-MM-dd HH:mm")
        }
        let problem = try Self.problem(made, "RIC,p,q\nA.T,2026-13-01,10:00\n")
        #expect(
            problem.what
                == "\"p\" and \"q\" together: \"2026-13-01 10:00\" is not a date or time of the rule's form, or not one "
                + "of the calendar.")
        #expect(problem.columnName == "p" && problem.line == 2 && problem.column == 5)

        let mapped = try Self.rule(.none, type: .int) { $0.template = try TemplatePiece.parse("{p}{q}{r}") }
        let other = try Self.problem(mapped, "RIC,p,q,r\nA.T,1,x,2\n")
        #expect(other.what.hasPrefix("\"p\", \"q\" and \"r\" together: \"1x2\" is not a whole number"))
        #expect(other.column == 5)
    }

    @Test("A RIC without one of its parts names the column that is empty")
    func emptyRIC() throws {
        var ric = ValueRule()
        ric.template = try TemplatePiece.parse("{p:optional}{RIC}{q}")
        var rule = MappingRule(destinations: ["d"], post: .update, ric: .derived(.none, ric))
        rule.fields = [FieldRule(name: "F", source: .column("b"))]
        let problem = try Self.problem(rule, "RIC,p,q,b\nA.T,,,1\n")
        #expect(problem.what == "The row has no RIC: the column \"q\" is empty.")
    }

    @Test(
        "What is a date in a workbook already needs no `excel`, and is told so",
        arguments: [
            (DateForm.Target.date, "2026-03-04", "give the field `type: date`, and take `date: excel` away."),
            (.time, "12:34:56.500", "give the field `type: time`, and take `time: excel` away."),
            (
                .date, "2026-03-04T12:34:56",
                "give the field `date: \"yyyy-MM-dd'T'HH:mm:ss\"`, and take `date: excel` away."
            ),
            (.date, "12:34:56", "The cell holds a time without a day: name another column, or correct the cell."),
            (.date, "4.3.2026", "Correct it, or the pattern at `date` or `time` of the field in its rule."),
        ])
    func workbookDates(_ target: DateForm.Target, _ text: String, _ hint: String) throws {
        let rule = Self.rule(type: target == .date ? .date : .time) {
            $0.date = DateForm(target: target, pattern: "excel")
        }
        let problem = try Self.problem(rule, "RIC,b\nA.T,\(text)\n")
        #expect(problem.reason == "not_a_date")
        #expect(problem.hint?.hasSuffix(hint) == true, "\(problem.hint ?? "")")
    }

    @Test(
        "A number of Excel's that has no day says so",
        arguments: [
            (DateForm.Target.date, "Name another column, or correct the cell."),
            (.time, "take `zone` and `to` away, or correct the cell."),
        ])
    func timeAlone(_ target: DateForm.Target, _ hint: String) throws {
        let rule = Self.rule(type: target == .date ? .date : .time) {
            $0.date = DateForm(target: target, pattern: "excel", zone: "UTC", to: "UTC")
        }
        let problem = try Self.problem(rule, "RIC,b\nA.T,0.5\n")
        #expect(problem.reason == "not_a_date" && problem.what == "\"b\": \"0.5\" is a time without a day.")
        #expect(problem.hint?.hasSuffix(hint) == true, "\(problem.hint ?? "")")
    }

    @Test("A value of the type real is not told to become one")
    func real() {
        var rule = MappingRule(destinations: ["d"], post: .update, ric: .column("RIC"))
        func hint(_ text: String, _ type: FieldType?) -> String? {
            rule.fields = [FieldRule(name: "F", source: .column("b"), type: type)]
            return mapToBatch(rule, columns: ["RIC", "b"], [["A", .plain(text)]]).problems.first?.hint
        }
        #expect(hint("1e5", nil)?.contains("type real") == true)
        #expect(hint("1e5e5", .real)?.contains("type real") == false)
    }
}

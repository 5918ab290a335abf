import PostboxCore
import Testing

@Suite("Checks of a whole file")
struct FileChecksTests {
    private func findings(
        _ checks: [CheckRule], rics: [[String]], counted: Int = 0, tables: [String: LookupTable] = [:]
    ) -> [CheckFinding] {
        var rule = MappingRule(destinations: ["cache"])
        rule.checks = checks
        guard var file = FileChecks(rule, sources: RowSources(tables: tables)) else { return [] }
        for chunk in rics {
            let rows: [[TestCell]] = chunk.map { [.plain($0), $0 == "BAD" ? .nested("[]") : "1"] }
            var posts = PostBatch()
            var mapper = RowMapper(rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: true)
            mapper.map(rowBatch(rows), columns: testColumns(["RIC", "BID"]), into: &posts)
            file.take(posts)
        }
        return file.findings(rows: counted, counted: counted)
    }

    @Test(
        "Every instrument of a table has to be in the file, but for as many as may be missing",
        arguments: [
            (["A", "B", "C", "BAD"], RowLimit.rows(0), 0), (["A", "B", "C"], .rows(0), 1),
            (["A", "A", "A", "A"], .rows(2), 3),
            (["A", "B"], .rows(2), 0), (["C", "B", "BAD"], .percent(value: 25, decimals: 0), 0),
            (["C", "B"], .percent(value: 25, decimals: 0), 2), ([], .rows(0), 4),
            (["A", "B", "C", "BAD", "X"], .rows(0), 0),
        ])
    func universe(_ rics: [String], _ missing: RowLimit, _ count: Int) throws {
        let text = "ISIN,RIC\nXS1,A\nXS2,B\nXS3,C\nXS4,BAD\nXS5,A\nXS6,\n"
        let byOther = try lookupTable(text, key: "ISIN", columns: ["RIC"])
        let byKey = try lookupTable("RIC\nA\nB\nC\nBAD\n", key: "RIC", columns: ["RIC"])
        for table in [byOther, byKey] {
            let check = CheckRule(.universe(table: "rics", key: "RIC", missing: missing))
            let found = findings([check], rics: rics.map { [$0] }, tables: ["rics": table])
            #expect(found.map(\.problem.reason) == (count > 0 ? ["missing_instruments"] : []))
            if let first = found.first {
                #expect(first.problem.what.hasPrefix("\(count) of the 4 instruments"), "\(first.problem.what)")
                #expect(first.action == .reject)
            }
        }
    }

    @Test("The first ten that are missing are named")
    func names() throws {
        let table = try lookupTable("RIC\n" + (1...12).map { "R\($0)\n" }.joined(), key: "RIC", columns: [])
        let check = CheckRule(.universe(table: "rics", key: "RIC", missing: .rows(0)), .warn)
        let found = findings([check], rics: [["R3"]], tables: ["rics": table])
        #expect(found.map(\.action) == [.warn])
        #expect(found.first?.problem.what.hasSuffix("R1, R2, R4, R5, R6, R7, R8, R9, R10, R11, ….") == true)
    }

    @Test("Fewer rows than the rule wants are too few", arguments: [(899, 1), (900, 0), (901, 0)])
    func rows(_ counted: Int, _ count: Int) {
        #expect(findings([CheckRule(.rows(min: 900))], rics: [], counted: counted).count == count)
    }

    private func findings(_ kind: CheckRule.Kind, past: RulePast, rows: Int = 0, layout: SeenLayout? = nil) -> [String]
    {
        var rule = MappingRule(destinations: ["cache"])
        rule.checks = [CheckRule(kind)]
        var sources = RowSources()
        sources.past = past
        let found = FileChecks(rule, sources: sources)?.findings(rows: rows, counted: 0, layout: layout) ?? []
        return found.map { "\($0.action): \($0.problem.what)" }
    }

    @Test(
        "More than so many per cent fewer rows than in the last such file are too few, exactly",
        arguments: [
            (1000, 900, true), (1000, 899, false), (1000, 2000, true), (1000, 0, false), (0, 0, true), (3, 3, true),
            (3, 2, false),
        ])
    func againstLast(_ last: Int, _ rows: Int, _ isFine: Bool) {
        var past = RulePast()
        past.files = [RulePast.File(drop: 7, name: "eod.csv", rows: last, claimedAt: 0)]
        let found = findings(.rowsAgainstLast(percent: "10", zone: nil), past: past, rows: rows)
        #expect(found.isEmpty == isFine)
        if last == 1000, rows == 899 {
            #expect(
                found == [
                    "reject: The file has 899 rows, 10.1 % fewer than 1000 in eod.csv (drop 7), the last file of the rule on such a "
                        + "day; the rule allows 10 %."
                ])
        }
        #expect(findings(.rowsAgainstLast(percent: "10", zone: nil), past: RulePast(), rows: rows).isEmpty)
    }

    @Test("A file that looks other than the last good one is told what changed; the first one is compared with nothing")
    func layout() {
        let old = SeenLayout(columns: [.init(name: "RIC", kind: .text), .init(name: "BID", kind: .number)])
        let new = SeenLayout(columns: [.init(name: "RIC", kind: .text), .init(name: "BID", kind: .text)])
        var past = RulePast()
        #expect(findings(.layout, past: past, layout: new).isEmpty)
        past.layout = .known(old, file: "eod.csv", drop: 7)
        #expect(findings(.layout, past: past, layout: old).isEmpty)
        #expect(
            findings(.layout, past: past, layout: new) == [
                "reject: The file looks other than the last good one of the rule, eod.csv (drop 7): BID holds text in place of numbers."
            ])
        past.layout = .unreadable("x holds something else")
        #expect(findings(.layout, past: past, layout: new).first?.hasPrefix("warn: ") == true)
    }

    @Test("What holds a file warns once somebody released it; what refuses it still does")
    func released() {
        var rule = MappingRule(destinations: ["cache"])
        rule.checks = [CheckRule(.rows(min: 9), .hold), CheckRule(.rows(min: 8), .reject)]
        var sources = RowSources()
        func actions() -> [CheckRule.Action]? {
            FileChecks(rule, sources: sources)?.findings(rows: 1, counted: 1).map(\.action)
        }
        #expect(actions() == [.hold, .reject])
        sources.isReleased = true
        #expect(actions() == [.warn, .reject])
    }

    @Test("A table that is not there refuses the file")
    func withoutTable() {
        let check = CheckRule(.universe(table: "rics", key: "RIC", missing: .rows(0)), .warn)
        #expect(findings([check], rics: [["A"]]).map(\.problem.reason) == ["bad_rule"])
    }

    @Test("Rejects of a file are some of its rows: they are not asked whether they are all")
    func rejects() {
        var rule = MappingRule(destinations: ["cache"])
        rule.checks = [
            CheckRule(.rows(min: 9)), CheckRule(.ordered(["A", "B"])), CheckRule(.layout),
            CheckRule(.rowsAgainstLast(percent: "10", zone: nil)),
        ]
        #expect(rule.forRejects().checks == [CheckRule(.ordered(["A", "B"]))])
    }
}

import PostboxCore
import Testing

@Suite("Rows are shaped before their fields take their values")
struct RowShaperTests {
    private static func rule(
        _ fields: [(String, FieldRule.Source)] = [("BID", .column("Bid"))], ric: RICRule = .column("RIC"),
        _ change: (inout RowShape) -> Void = { _ in }
    ) -> MappingRule {
        var rule = MappingRule(
            destinations: ["d"], post: .update, ric: ric, fields: fields.map { FieldRule(name: $0.0, source: $0.1) })
        var shape = RowShape()
        change(&shape)
        rule.shape = shape
        return rule
    }

    private static func column(_ name: String, _ change: (inout ValueRule) -> Void) -> FieldRule.Source {
        var value = ValueRule()
        change(&value)
        return .derived(.column(name), value)
    }

    private static func template(_ text: String) throws -> RICRule {
        var value = ValueRule()
        value.template = try TemplatePiece.parse(text)
        return .derived(.none, value)
    }

    // MARK: - carry

    @Test("An empty value takes the one above it, each column for itself")
    func carry() {
        let rule = Self.rule([("A", .column("Desk")), ("B", .column("Ccy")), ("BID", .column("Bid"))]) {
            $0.carried = ["Desk", "Ccy"]
        }
        let text = "Desk,Ccy,RIC,Bid\nR,T,A.T,1\n,,B.T,2\n,U,C.T,\nF,,D.T,4\n"
        #expect(
            shapedRows(text, Shaping(rule: rule)) == [
                #"1 2 A.T {"A":"R","B":"T","BID":1}"#, #"2 3 B.T {"A":"R","B":"T","BID":2}"#,
                #"3 4 C.T {"A":"R","B":"U"}"#, #"4 5 D.T {"A":"F","B":"U","BID":4}"#,
            ])
    }

    @Test("Nothing is carried over a line that cannot be read")
    func carryOverBroken() {
        let rule = Self.rule([("A", .column("Desk")), ("BID", .column("Bid"))]) { $0.carried = ["Desk"] }
        let text = "Desk,RIC,Bid\nR,A.T,1\nF,B.T\n,C.T,3\nG,D.T,4\n,E.T,5\n"
        #expect(
            shapedRows(text, Shaping(rule: rule)) == [
                #"1 2 A.T {"A":"R","BID":1}"#, "2 3 ragged_row@3:0", "3 4 ragged_row@4:0",
                #"4 5 D.T {"A":"G","BID":4}"#, #"5 6 E.T {"A":"G","BID":5}"#,
            ])
    }

    @Test("A problem beside a carried value has its place")
    func carryPlace() {
        let rule = Self.rule([("A", .column("Desk")), ("BID", Self.column("Bid") { $0.number = NumberForm() })]) {
            $0.carried = ["Desk"]
        }
        var typed = rule
        typed.fields?[1].type = .real
        #expect(
            shapedRows("Desk,RIC,Bid\nR,A.T,1\n,B.T,x\n", Shaping(rule: typed)) == [
                #"1 2 A.T {"A":"R","BID":1}"#, "2 3 not_a_decimal@3:6",
            ])
    }

    // MARK: - unpivot

    private static func wide(_ change: (inout RowShape) -> Void = { _ in }) throws -> MappingRule {
        rule([("PX", .column("$rate")), ("D", .column("Date"))], ric: try template("{$ccy}=T")) {
            $0.unpivot = Unpivot(keep: ["Date"], name: "$ccy", value: "$rate")
            change(&$0)
        }
    }

    @Test("A line of many columns becomes a row of each, numbered over all cells")
    func unpivot() throws {
        let text = "Date,USD,JPY\nm,1.5,2\nn,,4\n"
        #expect(
            shapedRows(text, Shaping(rule: try Self.wide())) == [
                #"1 2 USD=T {"PX":1.5,"D":"m"}"#, #"2 2 JPY=T {"PX":2,"D":"m"}"#, #"3 3 USD=T {"D":"n"}"#,
                #"4 3 JPY=T {"PX":4,"D":"n"}"#,
            ])
    }

    @Test("Rows that a condition leaves out have a number and no place in the result")
    func unpivotWhere() throws {
        let rule = try Self.wide { $0.conditions = [RowCondition(column: .column("$rate"), test: .isEmpty(false))] }
        let shaping = Shaping(rule: rule)
        let text = "Date,USD,JPY\nm,1.5,\nn,,4\n"
        #expect(shapedRows(text, shaping) == [#"1 2 USD=T {"PX":1.5,"D":"m"}"#, #"4 3 JPY=T {"PX":4,"D":"n"}"#])
        #expect(try shaping.skipped(text) == ["2 $rate is empty", "3 $rate is empty"])
    }

    @Test(
        "The columns that become rows are named, or fit a pattern",
        arguments: [Unpivot.Columns.named(["JPY", "USD"]), .like("[UJ]*")])
    func unpivotSome(_ columns: Unpivot.Columns) throws {
        let rule = try Self.wide { $0.unpivot?.columns = columns }
        #expect(
            shapedRows("Date,USD,Note,JPY\nm,1.5,x,2\n", Shaping(rule: rule)) == [
                #"1 2 USD=T {"PX":1.5,"D":"m"}"#, #"2 2 JPY=T {"PX":2,"D":"m"}"#,
            ])
    }

    @Test(
        "A column that `unpivot` needs and that is not there refuses the file",
        arguments: [Unpivot.Columns.named(["CHF"]), .like("CHF*")])
    func unpivotNone(_ columns: Unpivot.Columns) throws {
        let rule = try Self.wide { $0.unpivot?.columns = columns }
        #expect(shapedRows("Date,USD\nm,1.5\n", Shaping(rule: rule)) == ["refused unknown_column@0"])
    }

    @Test("In a file of rejects the row of an empty cell is skipped and has its number, whatever the rule says")
    func unpivotRejects() throws {
        var rule = try Self.wide { $0.conditions = [RowCondition(column: .column("$rate"), test: .isEmpty(true))] }
        rule.isForRejects = true
        #expect(rule.maySkipRows)
        let text = "Date,USD,JPY\nm,,2\nn,,\n"
        let shaping = Shaping(rule: rule)
        #expect(
            try shaping.skipped(text) == [
                "1 the cell is empty", "2 $rate is not empty", "3 the cell is empty", "4 the cell is empty",
            ])
        rule.shape?.conditions = nil
        #expect(shapedRows(text, Shaping(rule: rule)) == [#"2 2 JPY=T {"PX":2,"D":"m"}"#])
    }

    @Test(
        "Rows of several cells that come again have their numbers, whatever groups the file of rejects leaves out before them"
    )
    func unpivotGroupRejects() throws {
        func part(_ pattern: String) -> ValueRule {
            var value = ValueRule()
            value.extract = pattern
            return value
        }
        var rule = Self.rule(
            [("BID", .column("BID")), ("ASK", .column("ASK"))], ric: try Self.template("ID{$row}=")
        ) {
            $0.unpivot = Unpivot(keep: ["Date"], name: "$column", value: "$price")
            $0.lets = [
                DerivedColumn(name: "$pair", source: .column("$column"), value: part("^(.*) [A-Z]+$")),
                DerivedColumn(name: "$side", source: .column("$column"), value: part("^.* ([A-Z]+)$")),
            ]
            $0.group = RowGroup(by: ["Date", "$pair"], field: "$side", value: "$price")
        }
        rule.isForRejects = true
        var shaping = Shaping(rule: rule)
        var written = RowSet(rows: 8)
        for row in [2, 4, 5, 8] { written.insert(row) }
        shaping.context.numbers = RowNumbers(written)
        let text = """
            Date,A BID,A ASK,B BID,B ASK,C BID,C ASK,D BID,D ASK
            m,,,1,2,,,3,4
            n,5,6,,,,,7,8

            """
        #expect(
            shapedRows(text, shaping) == [
                #"1 2 ID2= {"BID":1,"ASK":2}"#, #"2 2 ID4= {"BID":3,"ASK":4}"#, #"3 3 ID5= {"BID":5,"ASK":6}"#,
                #"4 3 ID8= {"BID":7,"ASK":8}"#,
            ])
    }

    @Test(
        "A byte that is no text is the matter of its cell where that becomes a row, and else of the whole line",
        arguments: [false, true])
    func unpivotBadByte(tellsAll: Bool) throws {
        let text = "Date,USD,JPY\nm,1,2\nn,\0,3\n\0,4,5\no,6,\"x\0\"\np,\0\nq,\0,\0\n"
        #expect(
            shapedRows(text, Shaping(rule: try Self.wide(), tellsAll: tellsAll)) == [
                #"1 2 USD=T {"PX":1,"D":"m"}"#, #"2 2 JPY=T {"PX":2,"D":"m"}"#,
                "3 3 bad_byte@3:3", #"4 3 JPY=T {"PX":3,"D":"n"}"#,
                "5 4 bad_byte@4:1",
                #"6 5 USD=T {"PX":6,"D":"o"}"#, "7 5 bad_byte@5:7",
                // More is wrong with it: nobody knows which cell is which.
                "8 6 bad_byte@6:3",
                "9 7 bad_byte@7:3", "10 7 bad_byte@7:5",
            ])
    }

    @Test("Such a byte is its cell's in lines with marks and in rejects, and the line's where characters are counted")
    func unpivotBadByteElsewhere() throws {
        var marked = try Self.wide()
        marked.layout = FileLayout(lines: lines { $0.comment = "#" })
        #expect(
            shapedRows("Date,USD,JPY\n# x\nn,\0,3\n", Shaping(rule: marked)) == [
                "1 3 bad_byte@3:3", #"2 3 JPY=T {"PX":3,"D":"n"}"#,
            ])
        var rejects = try Self.wide()
        rejects.isForRejects = true
        #expect(shapedRows("Date,USD,JPY\nn,\0,\n", Shaping(rule: rejects)) == ["1 2 bad_byte@2:3"])
        #expect(shapedRows("Date,USD,JPY\nn,,\0\n", Shaping(rule: rejects)) == ["2 2 bad_byte@2:4"])
        var placed = try Self.wide()
        placed.layout = FileLayout(
            lines: lines {
                $0.fixed = [
                    .init(name: "Date", first: 1, last: 1), .init(name: "USD", first: 3, last: 3),
                    .init(name: "JPY", first: 5, last: 5),
                ]
            })
        #expect(shapedRows("n \0 3\n", Shaping(rule: placed, format: .fixed)) == ["1 1 bad_byte@1:3"])
    }

    @Test(
        "An element that is nil and holds something is the matter of its row where it becomes one, and else of the whole line",
        arguments: [false, true])
    func unpivotFilledNil(byPath: Bool) throws {
        var rule = try Self.wide { $0.unpivot?.columns = .named(["USD", "JPY"]) }
        if byPath { rule.layout = FileLayout(rows: .path("/d/r")) }
        let text =
            "<d><r><Date>m</Date><USD nil='true'>1</USD><JPY>2</JPY></r>"
            + "<r><Date nil='true'>n</Date><USD>3</USD><JPY>4</JPY></r>"
            + "<r><Date>o</Date><USD>5</USD><JPY null='true'><x/></JPY></r></d>"
        #expect(
            shapedRows(text, Shaping(rule: rule, format: .xml)) == [
                "1 1 filled_nil@1:0", #"2 1 JPY=T {"PX":2,"D":"m"}"#, "3 1 filled_nil@1:0",
                #"4 1 USD=T {"PX":5,"D":"o"}"#, "5 1 filled_nil@1:0",
            ])
    }

    @Test("What a line has for those below it is carried on, also where one of its cells cannot be read")
    func unpivotBadByteCarried() throws {
        let rule = try Self.wide { $0.carried = ["Date"] }
        #expect(
            shapedRows("Date,USD,JPY\nm,\0,2\n,3,4\n", Shaping(rule: rule)) == [
                "1 2 bad_byte@2:3", #"2 2 JPY=T {"PX":2,"D":"m"}"#, #"3 3 USD=T {"PX":3,"D":"m"}"#,
                #"4 3 JPY=T {"PX":4,"D":"m"}"#,
            ])
    }

    @Test("A column that becomes rows may be carried: an empty cell takes the one above it, and then it is a row")
    func unpivotCarried() throws {
        let rule = try Self.wide { $0.carried = ["USD"] }
        #expect(
            shapedRows("Date,USD,JPY\nm,,1\nn,2,3\no,,\n", Shaping(rule: rule)) == [
                #"1 2 USD=T {"D":"m"}"#, #"2 2 JPY=T {"PX":1,"D":"m"}"#, #"3 3 USD=T {"PX":2,"D":"n"}"#,
                #"4 3 JPY=T {"PX":3,"D":"n"}"#, #"5 4 USD=T {"PX":2,"D":"o"}"#, #"6 4 JPY=T {"D":"o"}"#,
            ])
    }

    @Test("Where the cell above cannot be read, the row of that cell alone is rejected")
    func unpivotCarriedFromBroken() throws {
        let rule = try Self.wide { $0.carried = ["USD"] }
        #expect(
            shapedRows("Date,USD,JPY\nm,\0,1\nn,,2\no,3,4\np,,5\n", Shaping(rule: rule)).map { String($0.prefix(12)) }
                == [
                    "1 2 bad_byte", "2 2 JPY=T {\"", "3 3 bad_byte", "4 3 JPY=T {\"", "5 4 USD=T {\"", "6 4 JPY=T {\"",
                    "7 5 USD=T {\"", "8 5 JPY=T {\"",
                ])
    }

    @Test("In JSON the columns that become rows are paths, each of which every row has")
    func unpivotJSON() throws {
        let rule = try Self.wide { $0.unpivot?.columns = .named(["px.USD", "px.JPY"]) }
        let text = #"[{"Date":"m","px":{"JPY":2,"USD":1.5}},{"Date":"n","px":{"JPY":4}}]"#
        #expect(
            shapedRows(text, Shaping(rule: rule, format: .json)) == [
                #"1 1 px.USD=T {"PX":1.5,"D":"m"}"#, #"2 1 px.JPY=T {"PX":2,"D":"m"}"#, #"3 1 px.USD=T {"D":"n"}"#,
                #"4 1 px.JPY=T {"PX":4,"D":"n"}"#,
            ])
    }

    // MARK: - let and where

    @Test("A column of the rule's own is made before `where`, and what is wrong in it is its row's")
    func lets() throws {
        var value = ValueRule()
        value.map = WordMap(words: ["1": "C", "0": "P"], otherwise: .reject)
        let rule = Self.rule([("BID", .column("Bid")), ("S", .column("$side"))]) {
            $0.lets = [DerivedColumn(name: "$side", source: .column("PutCall"), value: value)]
            $0.conditions = [RowCondition(column: .column("$side"), test: .isOneOf(["C"]))]
        }
        #expect(
            shapedRows("RIC,PutCall,Bid\nA.T,1,1\nB.T,0,2\nC.T,9,3\n", Shaping(rule: rule)) == [
                #"1 2 A.T {"BID":1,"S":"C"}"#, "3 4 not_in_map@4:5",
            ])
    }

    @Test(
        "A condition",
        arguments: [
            (RowCondition.Test.isOneOf(["ACTIVE", "NEW"]), ["1", "2"]), (.isNoneOf(["TEST"]), ["1", "2", "4"]),
            (.isEmpty(false), ["1", "2", "3"]), (.isEmpty(true), ["4"]), (.like("[AN]*"), ["1", "2"]),
        ])
    func conditions(_ test: RowCondition.Test, _ numbers: [String]) {
        let rule = Self.rule { $0.conditions = [RowCondition(column: .column("Status"), test: test)] }
        let text = "RIC,Status,Bid\nA.T,ACTIVE,1\nB.T,NEW,2\nC.T,TEST,3\nD.T,,4\n"
        #expect(shapedRows(text, Shaping(rule: rule)).map { String($0.prefix { $0 != " " }) } == numbers)
    }

    @Test("A row that fails a condition with `otherwise: reject` is rejected, unless it does not count anyway")
    func rejectingCondition() {
        let rule = Self.rule {
            $0.conditions = [
                RowCondition(column: .column("Code"), test: .isOneOf(["0"]), rejects: true),
                RowCondition(column: .column("Status"), test: .isNoneOf(["TEST"])),
            ]
        }
        let text = "RIC,Code,Status,Bid\nA.T,0,OK,1\nB.T,7,OK,2\nC.T,7,TEST,3\n"
        #expect(
            shapedRows(text, Shaping(rule: rule)) == [#"1 2 A.T {"BID":1}"#, "2 3 row_condition@3:5"])
    }

    @Test("A column that a condition names and the file lacks refuses the file")
    func conditionOfNone() {
        let rule = Self.rule { $0.conditions = [RowCondition(column: .column("Staus"), test: .isEmpty(false))] }
        #expect(shapedRows("RIC,Status,Bid\nA.T,X,1\n", Shaping(rule: rule)) == ["refused unknown_column@0"])
    }

    @Test("Values that mean empty are empty for `where` and `carry`")
    func nulls() {
        var rule = Self.rule([("A", .column("Desk")), ("BID", .column("Bid"))]) {
            $0.carried = ["Desk"]
            $0.conditions = [RowCondition(column: .column("Bid"), test: .isEmpty(false))]
        }
        rule.layout = FileLayout(blanks: BlankValues(nulls: ["N/A", "-"]))
        #expect(
            shapedRows("Desk,RIC,Bid\nR,A.T,1\n N/A ,B.T,2\n-,C.T,-\n", Shaping(rule: rule)) == [
                #"1 2 A.T {"A":"R","BID":1}"#, #"2 3 B.T {"A":"R","BID":2}"#,
            ])
    }

    // MARK: - group

    private static let grouped = rule([("PX", .column("Px")), ("V", .column("Vol"))], ric: .column("Sec")) {
        $0.group = RowGroup(by: ["Sec"], field: "F", value: "Value")
    }

    @Test("Lines of one key that follow each other are one row, whatever batches they fall into")
    func group() {
        let text = "Sec,F,Value\nA.T,Px,1.5\nA.T,Vol,7\nA.T,Other,x\nB.T,Px,2\nC.T,Vol,3\nC.T,Px,4\n"
        #expect(
            shapedRows(text, Shaping(rule: Self.grouped)) == [
                #"1 2 A.T {"PX":1.5,"V":7}"#, #"2 5 B.T {"PX":2}"#, #"3 6 C.T {"PX":4,"V":3}"#,
            ])
    }

    @Test("A group that comes again later refuses the file")
    func groupSplit() {
        let text = "Sec,F,Value\nA.T,Px,1.5\nB.T,Px,2\nA.T,Vol,7\n"
        #expect(shapedRows(text, Shaping(rule: Self.grouped)) == ["refused group_split@4"])
    }

    @Test("A field that stands twice in a group, or another column that differs, rejects the group")
    func groupDiffers() {
        var rule = Self.grouped
        rule.fields?.append(FieldRule(name: "D", source: .column("Day")))
        let text = "Sec,Day,F,Value\nA.T,m,Px,1\nA.T,m,Px,1\nB.T,m,Px,2\nB.T,n,Vol,2\nC.T,m,Px,3\nC.T,m,Vol,3\n"
        #expect(
            shapedRows(text, Shaping(rule: rule)) == [
                "1 2 group_differs@3:7", "2 4 group_differs@5:5", #"3 6 C.T {"PX":3,"V":3,"D":"m"}"#,
            ])
    }

    @Test("A line that `where` leaves out counts as one row; one that cannot be read rejects the group around it")
    func groupOfOdd() {
        var rule = Self.grouped
        rule.shape?.conditions = [RowCondition(column: .column("F"), test: .isNoneOf(["Skip"]))]
        let text = "Sec,F,Value\nA.T,Px,1\nA.T,Skip,9\nA.T,Vol,7\nB.T,Px,2\nB.T\nC.T,Px,3\nC.T\nC.T,Vol,3\n"
        #expect(
            shapedRows(text, Shaping(rule: rule)) == [
                #"1 2 A.T {"PX":1,"V":7}"#, "3 5 ragged_row@6:0", "4 6 ragged_row@6:0", "5 7 ragged_row@6:0",
            ])
    }

    @Test(
        "A line that cannot be read may be of the group before it or of the one behind it: neither is sent",
        arguments: [
            // Between two, the first line, the last one, and two of them.
            (
                "A.T,Px,1\nA.T,Vol,2\nB.T\nC.T,Px,3\nD.T,Px,4\n",
                ["1 2 ragged_row@4:0", "2 4 ragged_row@4:0", "3 5 ragged_row@4:0", #"4 6 D.T {"PX":4}"#]
            ),
            (
                "A.T\nB.T,Px,1\nB.T,Vol,2\nC.T,Vol,3\n",
                ["1 2 ragged_row@2:0", "2 3 ragged_row@2:0", #"3 5 C.T {"V":3}"#]
            ),
            (
                "A.T,Vol,1\nB.T,Px,2\nB.T\n",
                [#"1 2 A.T {"V":1}"#, "2 3 ragged_row@4:0", "3 4 ragged_row@4:0"]
            ),
            (
                "A.T,Vol,1\nA.T\nB.T\nB.T,Px,2\nB.T,Vol,3\n",
                ["1 2 ragged_row@3:0", "2 3 ragged_row@3:0", "3 4 ragged_row@4:0", "4 5 ragged_row@4:0"]
            ),
            // One that was inside a group is none beside the next.
            (
                "A.T,Vol,1\nA.T\nA.T,Px,2\nB.T,Px,3\n",
                ["1 2 ragged_row@3:0", #"2 5 B.T {"PX":3}"#]
            ),
            // The header once more is no line of a group.
            (
                "A.T,Vol,1\nSec,F,Value\nB.T,Px,3\n",
                [#"1 2 A.T {"V":1}"#, "2 3 repeated_header@3:0", #"3 4 B.T {"PX":3}"#]
            ),
        ])
    func groupBesideUnreadable(_ lines: String, _ expected: [String]) {
        #expect(shapedRows("Sec,F,Value\n" + lines, Shaping(rule: Self.grouped)) == expected)
    }

    @Test("However many lines that cannot be read stand between two groups, neither group is sent")
    func groupBesideManyUnreadable() {
        let lines = String(repeating: "X\n", count: 1500)
        let rows = shapedRows("Sec,F,Value\nA.T,Vol,1\n\(lines)B.T,Px,2\nC.T,Px,3\n", Shaping(rule: Self.grouped))
        #expect(rows.count == 1503)
        #expect(rows.first == "1 2 ragged_row@3:0")
        #expect(rows.suffix(2) == ["1502 1503 ragged_row@1502:0", #"1503 1504 C.T {"PX":3}"#])
    }

    @Test("A column that no group of the file has refuses it")
    func groupLacksColumn() {
        #expect(
            shapedRows("Sec,F,Value\nA.T,Px,1\n", Shaping(rule: Self.grouped)) == ["refused unknown_column@0"])
    }

    // MARK: - take

    @Test(
        "Of the rows that count some are taken",
        arguments: [
            (TakeRule.first(2), ["1", "3"]), (.last(2), ["3", "5"]), (.last(9), ["1", "3", "5"]),
            (.latest(column: .column("Day"), date: nil), ["3", "5"]),
        ])
    func take(_ take: TakeRule, _ numbers: [String]) {
        let rule = Self.rule {
            $0.conditions = [RowCondition(column: .column("Bid"), test: .isEmpty(false))]
            $0.take = take
        }
        let text =
            "RIC,Day,Bid\nA.T,2026-03-03,1\nB.T,2026-03-05,\nC.T,2026-03-04,3\nD.T,2026-03-05,\nE.T,2026-03-04,5\n"
        #expect(shapedRows(text, Shaping(rule: rule)).map { String($0.prefix { $0 != " " }) } == numbers)
    }

    @Test(
        "A line that cannot be read may be any row, but none behind the first or before the last ones",
        arguments: [
            (TakeRule.first(1), [#"1 2 A.T {"BID":1}"#]),
            (.first(2), [#"1 2 A.T {"BID":1}"#, "2 3 ragged_row@3:0", #"3 4 B.T {"BID":2}"#]),
            (.last(1), [#"3 4 B.T {"BID":2}"#, "4 5 ragged_row@5:0"]),
        ])
    func brokenOutside(_ take: TakeRule, _ expected: [String]) {
        let rule = Self.rule { $0.take = take }
        #expect(shapedRows("RIC,Bid\nA.T,1\nx\nB.T,2\ny\n", Shaping(rule: rule)) == expected)
    }

    @Test(
        "The latest is told of ISO dates alone where no pattern says how a date is read",
        arguments: [
            ("2026-03-04T10:00:00+02:00", "2026-03-04T09:30:00+00:00", ["2 3 B.T {\"BID\":2}"]),
            ("2026-02-30", "2026-03-04", ["1 2 not_a_date@2:5", "2 3 B.T {\"BID\":2}"]),
            ("", "2026-03-04", ["1 2 not_a_date@2:5", "2 3 B.T {\"BID\":2}"]),
            ("03/04/2026", "2026-03-04", ["refused ambiguous_date@2"]),
            ("2026-03-04T10:00:00", "2026-03-04T09:30:00Z", ["refused ambiguous_date@3"]),
        ])
    func latest(_ first: String, _ second: String, _ expected: [String]) {
        let rule = Self.rule { $0.take = .latest(column: .column("Day"), date: nil) }
        #expect(shapedRows("RIC,Day,Bid\nA.T,\(first),1\nB.T,\(second),2\n", Shaping(rule: rule)) == expected)
    }

    @Test("The latest is read by the rule's pattern")
    func latestByPattern() {
        let rule = Self.rule {
            $0.take = .latest(column: .column("Day"), date: DateForm(target: .date, pattern: "dd.MM.yyyy"))
        }
        #expect(
            shapedRows("RIC,Day,Bid\nA.T,05.02.2026,1\nB.T,04.03.2026,2\n", Shaping(rule: rule)) == [
                #"2 3 B.T {"BID":2}"#
            ])
    }

    // MARK: - Columns

    @Test("Of several names the file has one")
    func oneOfSeveral() {
        let rule = Self.rule([("PX", .derived(.anyOf(["Px", "CLOSE"]), ValueRule()))])
        #expect(shapedRows("RIC,CLOSE\nA.T,2\n", Shaping(rule: rule)) == [#"1 2 A.T {"PX":2}"#])
        #expect(shapedRows("RIC,CLOSE,Px\nA.T,2,3\n", Shaping(rule: rule)) == ["refused ambiguous_column@0"])
        #expect(shapedRows("RIC,Last\nA.T,2\n", Shaping(rule: rule)) == ["refused unknown_column@0"])
    }

    @Test("Columns of Postbox's own")
    func owns() throws {
        var rule = Self.rule(
            [
                ("F", .column("$file")), ("N", .column("$DAY")), ("R", .column("$row")), ("L", .column("$line")),
                ("C", .column("$claimed")),
            ])
        rule.match = "eod_{DAY}.csv"
        let context = rule.rowContext(file: "eod_20260304.csv.rejects-7.csv", claimedAt: 1_772_617_800_000_000)
        let rows = shapedRows("RIC,Bid\nA.T,1\nB.T,2\n", Shaping(rule: rule, context: context))
        let rest = #""C":"2026-03-04T09:50:00.000000Z"}"#
        #expect(
            rows == [
                #"1 2 A.T {"F":"eod_20260304.csv","N":20260304,"R":1,"L":2,"# + rest,
                #"2 3 B.T {"F":"eod_20260304.csv","N":20260304,"R":2,"L":3,"# + rest,
            ])
    }

    @Test("A row that repeats the header is rejected, although columns were added to it")
    func repeatedHeader() {
        let rule = Self.rule([("BID", Self.column("Bid") { $0.number = NumberForm() })])
        #expect(
            shapedRows("RIC,Bid\nA.T,1\nRIC,Bid\n", Shaping(rule: rule)) == [
                #"1 2 A.T {"BID":1}"#, "2 3 repeated_header@3:0",
            ])
    }

    @Test("So is one below a heading, whose value no header has")
    func repeatedHeaderBelowHeading() {
        var lines = LineLayout()
        lines.headings = [LineLayout.Heading(patterns: ["* FUT"], name: "$product")]
        var rule = Self.rule([
            ("BID", Self.column("Bid") { $0.number = NumberForm() }), ("P", .column("$product")),
        ])
        rule.layout = FileLayout(lines: lines)
        #expect(
            shapedRows("RIC,Bid\nOIL FUT\nA.T,1\nRIC,Bid\nB.T,2\n", Shaping(rule: rule)) == [
                #"1 3 A.T {"BID":1,"P":"OIL FUT"}"#, "2 4 repeated_header@4:0", #"3 5 B.T {"BID":2,"P":"OIL FUT"}"#,
            ])
    }

    @Test("A dot in the name of a grouped column is a character as any other")
    func dottedNames() {
        let rule = Self.rule([("PX", .column("px")), ("V", .column("px.last"))], ric: .column("Sec")) {
            $0.group = RowGroup(by: ["Sec"], field: "F", value: "Value")
        }
        #expect(
            shapedRows("Sec,F,Value\nA.T,px,1.5\nA.T,px.last,7\nB.T,px,2\nC.T,px.last,3\n", Shaping(rule: rule)) == [
                #"1 2 A.T {"PX":1.5,"V":7}"#, #"2 4 B.T {"PX":2}"#, #"3 5 C.T {"V":3}"#,
            ])
    }

    @Test("A line break around a number of the rule's own form is as fine as around a plain one, where they are kept")
    func keptLineBreaks() {
        var form = NumberForm()
        form.decimal = ","
        let text = "RIC,Bid,Ask\nA.T,\"1,5\n\",\"\n2\"\nB.T,\"1\n,5\",3\n"
        var rule = Self.rule([
            ("BID", Self.column("Bid") { $0.number = form }), ("ASK", .column("Ask")),
        ])
        rule.fields?[0].type = .real
        rule.fields?[1].type = .real
        #expect(
            shapedRows(text, Shaping(rule: rule)) == ["1 2 line_break@2:6", "2 5 line_break@5:6"])
        rule.lineBreaks = .keep
        #expect(shapedRows(text, Shaping(rule: rule)).first == #"1 2 A.T {"BID":1.5,"ASK":2}"#)
        #expect(shapedRows(text, Shaping(rule: rule)).last?.hasPrefix("2 5 ") == true)
        var sum = ValueRule()
        (sum.formula, sum.number) = ("Bid + Ask", form)
        rule.fields?[0].source = .derived(.none, sum)
        #expect(shapedRows(text, Shaping(rule: rule)).first == #"1 2 A.T {"BID":3.5,"ASK":2}"#)
    }

    @Test("An optional field that the file lacks, or that a row lacks, is skipped; another's empty value is blanked")
    func optional() {
        var rule = Self.rule([
            ("BID", .column("Bid")), ("OPT", Self.column("Opt") { $0.strip = "%" }),
            ("EMP", Self.column("Emp") { $0.strip = "%" }),
        ])
        rule.fields?[1].isOptional = true
        rule.post = .refresh
        #expect(
            shapedRows("RIC,Bid,Emp\nA.T,1,\n", Shaping(rule: rule)) == [#"1 2 A.T {"BID":1,"EMP":null}"#])
        let json = #"[{"RIC":"A.T","Bid":1,"Emp":"%2%","Opt":"3"},{"RIC":"B.T","Bid":1}]"#
        #expect(
            shapedRows(json, Shaping(rule: rule, format: .json)) == [
                #"1 1 A.T {"BID":1,"OPT":"3","EMP":"2"}"#, #"2 1 B.T {"BID":1,"EMP":null}"#,
            ])
    }

    @Test("The plain mapping reads its numbers as the rule says")
    func plainNumbers() {
        var rule = MappingRule(destinations: ["d"])
        var form = NumberForm()
        form.decimal = ","
        form.thousands = "."
        rule.number = form
        #expect(
            shapedRows("RIC;Bid;Name\nA.T;1.234,50;a.b\nB.T;1.23;x\n".replacing(";", with: "\t"), tabbed(rule)) == [
                #"1 2 A.T {"Bid":1234.50,"Name":"a.b"}"#, "2 3 bad_grouping@3:5",
            ])
    }

    private func tabbed(_ rule: MappingRule) -> Shaping {
        var rule = rule
        rule.delimiter = 9
        return Shaping(rule: rule)
    }

    // MARK: - All that is wrong

    @Test("All that is wrong with a row is told where that is asked for, a value's fault once")
    func tellsAll() {
        var rule = Self.rule([
            ("BID", .column("Bid")), ("ASK", Self.column("Ask") { $0.number = NumberForm() }),
            ("MID", Self.column("Ask") { $0.number = NumberForm() }),
        ])
        for index in 0..<3 { rule.fields?[index].type = .real }
        var shaping = Shaping(rule: rule)
        let text = "RIC,Bid,Ask\n,x,1;6\nB.T,1,y\n"
        #expect(shapedRows(text, shaping) == ["1 2 no_ric@2:1", "2 3 not_a_decimal@3:7"])
        shaping.tellsAll = true
        #expect(
            shapedRows(text, shaping) == [
                "1 2 no_ric@2:1 not_a_decimal@2:2 not_a_decimal@2:4", "2 3 not_a_decimal@3:7",
            ])
    }
}

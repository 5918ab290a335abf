import PostboxCore
import Testing

@Suite("Rows become posts")
struct RowMapperTests {
    // MARK: The plain mapping

    @Test("Without a rule every column but RIC, Post and Service is the field of its name")
    func plain() {
        let got = map(
            plainRule(), columns: ["Ric", "BID", "POST", "ASK", "service", "TEXT"],
            [
                ["EUR=", "1.5", "Refresh", "", "B", "x"],
                ["GBP=", "1.5", "update", "", "", "x"],
                ["JPY=", "148.65", "", "148.68", "A", ""],
                ["CHF=", "1", " REFRESH ", "2", " B ", "y"],
            ], services: ["A", "B"])
        #expect(
            got == [
                Mapped("EUR=", .refresh, service: 1, #"{"BID":1.5,"ASK":null,"TEXT":"x"}"#),
                Mapped("GBP=", #"{"BID":1.5,"TEXT":"x"}"#),
                Mapped("JPY=", #"{"BID":148.65,"ASK":148.68}"#),
                Mapped("CHF=", .refresh, service: 1, #"{"BID":1,"ASK":2,"TEXT":"y"}"#),
            ])
    }

    @Test("A post or service that is none rejects its row", arguments: ["Delete", "Refreshed", "1", "Upd"])
    func badPost(word: String) {
        #expect(map(plainRule(), columns: ["RIC", "Post", "BID"], [["A", .plain(word), "1"]])[0].result == "bad_post")
        #expect(
            map(plainRule(), columns: ["RIC", "Service", "BID"], [["A", .plain(word), "1"]])[0].result
                == "unknown_service")
    }

    @Test("Services are compared exactly, and JSON bools and arrays are none")
    func services() {
        func service(_ cell: TestCell) -> Mapped {
            map(plainRule(), columns: ["RIC", "Service", "BID"], [["A", cell, "1"]], services: ["S", "T"])[0]
        }
        #expect(service(.string("T")) == Mapped("A", service: 1, #"{"BID":1}"#))
        #expect(service(.string("S")) == Mapped("A", #"{"BID":1}"#))
        #expect(service(.null) == Mapped("A", #"{"BID":1}"#))
        #expect(service(.missing) == Mapped("A", #"{"BID":1}"#))
        #expect(service(.string("t")).result == "unknown_service")
        #expect(service(.bool("true")).result == "unknown_service")
        #expect(service(.nested("[]")).result == "unknown_service")
    }

    @Test("A row with two columns that mean the same is rejected, and only such a row")
    func duplicates() {
        let rows: [[TestCell]] = [["A", "A", "1"], ["A", .missing, "1"], [.missing, "B", "1"]]
        #expect(
            map(plainRule(), columns: ["RIC", "ric", "BID"], rows, fixed: false).map(\.result)
                == ["duplicate_column", #"{"BID":1}"#, #"{"BID":1}"#])
        #expect(
            map(plainRule(), columns: ["RIC", "Post", "post", "B"], [["A", "", "", "1"]])[0].result
                == "duplicate_column")
        #expect(map(plainRule(), columns: ["RIC", "BID", "BID"], [["A", "1", "2"]])[0].result == "duplicate_column")
    }

    @Test("A nested value is rejected in the plain mapping and used where a rule names its path")
    func nested() {
        let columns = ["RIC", "quote.bid", "quote.ask"]
        let rows: [[TestCell]] = [["A", .number("1.5"), .number("2")]]
        #expect(map(plainRule(), columns: columns, rows, fixed: false) == [Mapped("A", "nested_value")])
        let configured = rule([FieldRule(name: "BID", source: .column("quote.bid"))])
        #expect(map(configured, columns: columns, rows, fixed: false) == [Mapped("A", #"{"BID":1.5}"#)])
    }

    @Test("A nested RIC is not the row's RIC")
    func nestedRIC() {
        let batch = {
            var mapper = RowMapper(rule: plainRule(), services: ["S"], updateOnly: false, columnsAreFixed: false)
            var out = PostBatch()
            mapper.map(
                rowBatch([["A", "1"]]), columns: [Column(name: "RIC", isNested: true), Column(name: "BID")], into: &out)
            return out
        }()
        #expect(batch.problems.map(\.reason) == ["no_ric"])
    }

    @Test(
        "A field name that a server could not know rejects the row",
        arguments: ["", "Prix é", "A\"B", "A\\B", "A B", "A\u{7f}"]
    )
    func badFieldName(name: String) {
        #expect(map(plainRule(), columns: ["RIC", name], [["A", "1"]]) == [Mapped("A", "bad_field_name")])
    }

    @Test("A row without any value is rejected, in a Refresh too, unless the rule blanks in words")
    func noFields() {
        let columns = ["RIC", "Post", "BID"]
        #expect(map(plainRule(), columns: columns, [["A", "", ""]]) == [Mapped("A", "no_fields")])
        #expect(map(plainRule(), columns: columns, [["A", "Refresh", ""]]) == [Mapped("A", .refresh, "no_fields")])
        #expect(
            map(rule(post: .refresh, nil, empty: .blank), columns: ["RIC", "BID"], [["A", ""]])
                == [Mapped("A", .refresh, #"{"BID":null}"#)])
        #expect(map(plainRule(), columns: ["RIC"], [["A"]]) == [Mapped("A", "no_fields")])
        #expect(map(rule(post: .refresh, nil), columns: ["RIC"], [["A"]]) == [Mapped("A", .refresh, "no_fields")])
        #expect(
            map(rule(post: .refresh, nil), columns: ["RIC", "BID"], [["A", .null]], fixed: false)
                == [Mapped("A", .refresh, "no_fields")])
    }

    @Test("A constant makes no post of a row that has no value, but needs none where the rule has no column")
    func constants() {
        let text = FieldRule(name: "GEN_TEXT16", source: .value("EOD", isText: true))
        let bid = FieldRule(name: "BID", source: .column("BID"))
        let footer: [[TestCell]] = [["File Creation Time: 20:31", ""]]
        for post in [PostRule.refresh, .update] {
            #expect(map(rule(post: post, [bid, text]), columns: ["RIC", "BID"], footer)[0].result == "no_fields")
            #expect(
                map(rule(post: post, [text]), columns: ["RIC", "BID"], footer)[0].result == #"{"GEN_TEXT16":"EOD"}"#)
        }
    }

    @Test("A row that equals the header is rejected in CSV, one that only begins like it is not")
    func repeatedHeader() {
        let columns = ["RIC", "BID", "NAME"]
        let rows: [[TestCell]] = [
            ["A", "1", "x"], ["RIC", "BID", "NAME"], ["\u{feff}RIC", "BID", "NAME"], ["RIC", "1", "NAME"],
        ]
        #expect(
            map(plainRule(), columns: columns, rows).map(\.result) == [
                #"{"BID":1,"NAME":"x"}"#, "repeated_header", "repeated_header", #"{"BID":1,"NAME":"NAME"}"#,
            ])
        // The blanks around a name in the header are none of it.
        #expect(
            map(plainRule(), columns: columns, [["RIC", " BID", "NAME "]])[0].result == "repeated_header")
        let template = rule(
            ric: .template([.column("RIC"), .text(".TST")]), [FieldRule(name: "NAME", source: .column("NAME"))])
        #expect(map(template, columns: columns, rows)[1].result == "repeated_header")
        #expect(
            map(plainRule(), columns: columns, [["RIC", "BID", "NAME"]], fixed: false)[0].result
                == #"{"BID":"BID","NAME":"NAME"}"#)
    }

    @Test("An object where a value is wanted rejects its row; attributes of an element without a value do not")
    func objectForValue() {
        let bid = rule(
            post: .refresh,
            [FieldRule(name: "BID", source: .column("bid")), FieldRule(name: "ASK", source: .column("ask"))])
        let rows: [[TestCell]] = [["A", .number("1"), "2", .missing], ["B", .missing, "2", .number("1")]]
        #expect(
            map(bid, columns: ["RIC", "bid", "ask", "bid.px"], rows, fixed: false).map(\.result)
                == [#"{"BID":1,"ASK":2}"#, "nested_value"])
        #expect(
            map(bid, columns: ["RIC", "bid", "ask", "bid.a.px"], rows, fixed: false).map(\.result)
                == [#"{"BID":1,"ASK":2}"#, "nested_value"])
        let attribute = mapToBatch(rowBatch(rows)) {
            (
                RowMapper(rule: bid, services: ["S"], updateOnly: false, columnsAreFixed: false),
                testColumns(["RIC", "bid", "ask"]) + [Column(name: "bid.ccy", isNested: true, isAttribute: true)]
            )
        }
        #expect(
            attribute.rows.map { Mapped($0, of: attribute).result }
                == [#"{"BID":1,"ASK":2}"#, #"{"BID":null,"ASK":2}"#])
    }

    @Test("What is told of an object where a value is wanted names the object, and the other way round the value")
    func wordsOfNesting() {
        func problem(_ column: String, _ columns: [String], _ row: [TestCell]) -> RowProblem? {
            let fields = [FieldRule(name: "BID", source: .column(column))]
            let batch = mapToBatch(rowBatch([row])) {
                (
                    RowMapper(rule: rule(fields), services: ["S"], updateOnly: false, columnsAreFixed: false),
                    testColumns(columns)
                )
            }
            return batch.problems.first
        }
        let object = problem("bid", ["RIC", "bid.v"], ["A", .number("1")])
        #expect(object?.what == "\"bid\" is no value: it holds \"bid.v\".")
        #expect(object?.columnName == "bid")
        let value = problem("bid.v", ["RIC", "bid.v", "bid"], ["A", .missing, .number("3")])
        #expect(value?.what == "\"bid\": \"3\" is no object that holds \"bid.v\", which the rule names.")
        #expect(value?.columnName == "bid")
        let list = problem("bid", ["RIC", "bid"], ["A", .nested("[3]")])
        #expect(list?.what == "\"bid\": \"[3]\" is a list or an object, not one value.")
        let onTheWay = problem("bid[0]", ["RIC", "bid[0]"], ["A", .nested("3")])
        #expect(onTheWay?.what == "\"bid[0]\": \"3\" stands where the path leads into a list or an object.")
    }

    @Test("A list or a value where the rule expects an object rejects its row, null and an empty element do not")
    func valueForObject() {
        let fields = [FieldRule(name: "BID", source: .column("q.bid")), FieldRule(name: "ASK", source: .column("ask"))]
        let rows: [[TestCell]] = [
            ["A", .number("1"), "2", .missing], ["B", .missing, "2", .nested("[1]")],
            ["C", .missing, "2", .number("3")],
            ["D", .missing, "2", .null], ["E", .missing, "2", ""],
        ]
        #expect(
            map(rule(post: .refresh, fields), columns: ["RIC", "q.bid", "ask", "q"], rows, fixed: false).map(\.result)
                == [
                    #"{"BID":1,"ASK":2}"#, "nested_value", "nested_value", #"{"BID":null,"ASK":2}"#,
                    #"{"BID":null,"ASK":2}"#,
                ])
    }

    @Test("A text of blanks is no value that makes a post")
    func blanks() {
        let fields = [
            FieldRule(name: "T", source: .column("t"), type: .text), FieldRule(name: "BID", source: .column("bid")),
        ]
        for cell in [TestCell.plain("  "), .string("  ")] {
            #expect(
                map(rule(post: .refresh, fields), columns: ["RIC", "t", "bid"], [["A", cell, ""]])[0].result
                    == "no_fields")
            #expect(
                map(rule(post: .refresh, fields), columns: ["RIC", "t", "bid"], [["A", cell, "1"]])[0].result
                    == #"{"T":"  ","BID":1}"#)
        }
        #expect(
            map(plainRule(), columns: ["RIC", "T"], [["A", .string("  ")]], fixed: false)[0].result == "no_fields")
    }

    @Test("An optional column that a row lacks is skipped, never blanked; an empty value in it is as any other")
    func optional() {
        let fields = [
            FieldRule(name: "BID", source: .column("bid")),
            FieldRule(name: "ASK", source: .column("ask"), isOptional: true),
        ]
        let rows: [[TestCell]] = [["A", "1", .missing], ["B", "1", .null], ["C", "1", "2"], ["D", .missing, "2"]]
        #expect(
            map(rule(post: .refresh, fields), columns: ["RIC", "bid", "ask"], rows, fixed: false).map(\.result) == [
                #"{"BID":1}"#, #"{"BID":1,"ASK":null}"#, #"{"BID":1,"ASK":2}"#, #"{"BID":null,"ASK":2}"#,
            ])
        #expect(
            map(rule(post: .refresh, fields, empty: .blank), columns: ["RIC", "bid"], [["A", "1"]])[0].result
                == #"{"BID":1}"#)
    }

    @Test("The rule for empty values overrides what the post says")
    func empty() {
        let columns = ["RIC", "BID", "ASK"]
        let row: [[TestCell]] = [["A", "1", ""]]
        #expect(
            map(rule(post: .update, nil, empty: .blank), columns: columns, row)[0].result == #"{"BID":1,"ASK":null}"#)
        #expect(map(rule(post: .refresh, nil, empty: .skip), columns: columns, row)[0].result == #"{"BID":1}"#)
        #expect(map(rule(post: .refresh, nil), columns: columns, row)[0].result == #"{"BID":1,"ASK":null}"#)
        #expect(map(rule(post: .update, nil), columns: columns, row)[0].result == #"{"BID":1}"#)
    }

    @Test("A Refresh for a destination that takes Updates only is rejected")
    func updateOnly() {
        let rows: [[TestCell]] = [["A", "Refresh", "1"], ["B", "Update", "1"]]
        #expect(
            map(plainRule(), columns: ["RIC", "Post", "BID"], rows, updateOnly: true)
                == [Mapped("A", .refresh, "refresh_not_allowed"), Mapped("B", #"{"BID":1}"#)])
    }

    @Test("A rule without fields says RIC and post itself; columns that it takes them from are no fields")
    func ruleWithoutFields() {
        let partly = rule(post: .column("ACTION", refresh: ["NEW"], update: ["CHG"]), ric: .column("Instrument"), nil)
        let columns = ["Instrument", "ACTION", "BID", "Service"]
        #expect(
            map(partly, columns: columns, [["A", "NEW", "1", "T"], ["B", "CHG", "2", ""]], services: ["S", "T"])
                == [Mapped("A", .refresh, service: 1, #"{"BID":1}"#), Mapped("B", #"{"BID":2}"#)])
    }

    // MARK: Configured rules

    @Test("Fields come in the rule's order, constants among them, other columns do not count")
    func configured() {
        let fields = [
            FieldRule(name: "ASK", source: .column("ask"), scale: "0.01"),
            FieldRule(name: "GEN_TEXT16", source: .value("EOD", isText: false)),
            FieldRule(name: "NUM", source: .value("1.50", isText: false)),
            FieldRule(name: "CODE", source: .value("1.50", isText: true)),
            FieldRule(name: "BID", source: .column("bid")),
            FieldRule(name: "BID2", source: .column("bid"), type: .text),
            FieldRule(name: "NONE", source: .value("", isText: true)),
        ]
        let columns = ["bid", "Instrument", "junk", "ask", "Service"]
        let row: [[TestCell]] = [["1.5", "EUR=", "1e5", "150", "nonsense"]]
        #expect(
            map(rule(post: .refresh, ric: .column("Instrument"), fields), columns: columns, row) == [
                Mapped(
                    "EUR=", .refresh,
                    #"{"ASK":1.50,"GEN_TEXT16":"EOD","NUM":1.50,"CODE":"1.50","BID":1.5,"BID2":"1.5","NONE":null}"#)
            ])
        #expect(
            map(rule(post: .update, ric: .column("Instrument"), Array(fields.prefix(2))), columns: columns, row)
                == [Mapped("EUR=", #"{"ASK":1.50,"GEN_TEXT16":"EOD"}"#)])
    }

    @Test("A post by column compares the words exactly")
    func postByColumn() {
        let byColumn = rule(
            post: .column("ACTION", refresh: ["NEW", "1"], update: ["CHG", ""]),
            [FieldRule(name: "BID", source: .column("BID"))])
        func post(_ cell: TestCell) -> Mapped {
            map(byColumn, columns: ["RIC", "ACTION", "BID"], [["A", cell, "1"]])[0]
        }
        #expect(post("NEW").post == .refresh)
        #expect(post(.number("1")).post == .refresh)
        #expect(post("CHG") == Mapped("A", #"{"BID":1}"#))
        #expect(post("") == Mapped("A", #"{"BID":1}"#))
        #expect(post(.missing) == Mapped("A", #"{"BID":1}"#))
        #expect(post("new").result == "bad_post")
        #expect(post(" NEW").result == "bad_post")
        #expect(post(.nested("[]")).result == "bad_post")
    }

    @Test("A template puts the RIC together and needs all of its columns")
    func template() {
        let template = rule(
            ric: .template([.column("isin"), .text("."), .column("mic"), .text("=X")]),
            [FieldRule(name: "BID", source: .column("BID"))])
        let columns = ["isin", "mic", "BID"]
        #expect(
            map(
                template, columns: columns,
                [
                    ["DE1", "XETR", "1"], ["DE1", "", "1"], ["", "X", "1"], [.bool("true"), "X", "1"],
                    [" D", "X", "1"],
                ])
                == [
                    Mapped("DE1.XETR=X", #"{"BID":1}"#), Mapped("", "no_ric"), Mapped("", "no_ric"),
                    Mapped("", "bad_ric"),
                    Mapped("", "bad_ric"),
                ])
    }

    // MARK: The RIC

    @Test("A RIC is raw text without control characters and without spaces around it")
    func ric() {
        func ric(_ cell: TestCell) -> Mapped {
            map(plainRule(), columns: ["RIC", "BID"], [[cell, "1"]], fixed: false)[0]
        }
        let fine = #"{"BID":1}"#
        #expect(ric("0#.SPX") == Mapped("0#.SPX", fine))
        #expect(ric("2E10") == Mapped("2E10", fine))
        #expect(ric("日本") == Mapped("日本", fine))
        #expect(ric("EUR=") == Mapped("EUR=", fine))
        #expect(ric("0700.HK") == Mapped("0700.HK", fine))
        #expect(ric("1e5") == Mapped("1e5", fine))
        #expect(ric(.number("700")) == Mapped("700", fine))
        #expect(ric("A B\"\\é") == Mapped("A B\"\\é", fine))
        #expect(ric(.plain(String(repeating: "x", count: 255))).result == fine)
        #expect(ric(.plain(String(repeating: "x", count: 256))) == Mapped("", "ric_too_long"))
        #expect(ric(.plain(String(repeating: "é", count: 128))) == Mapped("", "ric_too_long"))
        // Controls, format characters and blanks that nobody can see or meant.
        for text in [
            " A", "A ", "A\tB", "\u{7f}", "\0", "A\u{85}", "A\u{a0}", "\u{a0}A", "A\u{a0}B", "A\u{200b}", "A\u{200d}B",
            "\u{feff}A",
            "A\u{202e}B", "A\u{2066}B", "A\u{ad}B", "A\u{3000}", "A\u{2028}B", "A\u{2003}B", "A\u{115f}B", "A\u{fe0f}",
        ] {
            #expect(ric(.plain(text)) == Mapped("", "bad_ric"), "\(text.unicodeScalars.map(\.value))")
            #expect(ric(.string(text)) == Mapped("", "bad_ric"))
        }
        #expect(ric("A\nB") == Mapped("", "line_break"))
        #expect(ric("A\r") == Mapped("", "line_break"))
        for text in ["#N/A", "#REF!", "#NAME?", "=\"912828XY1\"", "=A1", "#N/A N/A"] {
            #expect(ric(.plain(text)) == Mapped("", "spreadsheet_error"))
        }
        for text in [
            "9.13E+13", "9,13E+13", "9E+13", "9.13e13", "1E-05", "9.13E+13.TST", "9.13E+13=", "-9.13E+13", "+1E+05",
        ] {
            #expect(ric(.plain(text)) == Mapped("", "spoiled_identifier"))
        }
        #expect(ric(.number("1e5")) == Mapped("", "spoiled_identifier"))
        for text in ["2E10.L", "3.EX", "1.TO", "5E", "9.13E+13X"] { #expect(ric(.plain(text)) == Mapped(text, fine)) }
        #expect(ric("") == Mapped("", "no_ric"))
        #expect(ric(.null) == Mapped("", "no_ric"))
        #expect(ric(.missing) == Mapped("", "no_ric"))
        #expect(ric(.bool("true")) == Mapped("", "bad_ric"))
        #expect(ric(.nested("{}")) == Mapped("", "bad_ric"))
    }

    // MARK: Columns that are not there

    @Test("A column that the rule names and the file lacks is told once, whatever the format")
    func missingColumns() {
        let bid = [FieldRule(name: "BID", source: .column("bid")), FieldRule(name: "ASK", source: .column("ask"))]
        func problem(_ rule: MappingRule, _ columns: [String], fixed: Bool) -> FileProblem? {
            var mapper = RowMapper(rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: fixed)
            return mapper.missingColumn(among: testColumns(columns))
        }
        for fixed in [true, false] {
            #expect(problem(plainRule(), ["Code", "BID"], fixed: fixed)?.reason == "unknown_column")
            #expect(problem(plainRule(), ["rIC", "BID"], fixed: fixed) == nil)
            #expect(
                problem(rule(ric: .column("isin"), bid), ["ISIN", "bid", "ask"], fixed: fixed)?.reason
                    == "unknown_column")
            #expect(problem(rule(bid), ["RIC", "bid", "ask"], fixed: fixed) == nil)
            let template = rule(ric: .template([.column("isin"), .text(".T")]), bid)
            #expect(problem(template, ["RIC", "bid", "ask"], fixed: fixed)?.what.contains("\"isin\"") == true)
            let post = rule(post: .column("x", refresh: ["R"], update: []), nil)
            #expect(problem(post, ["RIC", "BID"], fixed: fixed)?.reason == "unknown_column")
            let missing = problem(rule(bid), ["RIC", "bidPrice", "ASK"], fixed: fixed)
            #expect(
                missing?.what
                    == "No row has the column \"bid\", which the field BID comes from; nor \"ask\". The file has: \"RIC\", \"bidPrice\", \"ASK\"."
            )
            #expect(missing?.hint?.contains("optional: true") == true)
            #expect(problem(plainRule(), ["Code", "BID"], fixed: fixed)?.hint?.contains("optional") == false)
        }
        #expect(problem(rule(bid), ["RIC", "bid.px", "ask"], fixed: false) == nil)
        // The blank behind the name is seen.
        #expect(problem(rule(bid), ["RIC", "bid ", "ask"], fixed: true)?.what.hasSuffix("\"bid \", \"ask\".") == true)
    }

    @Test("Where the columns are but those that the rule names, a missing one is told with what the rows have")
    func missingAmongMembers() {
        var mapper = RowMapper(
            rule: rule([FieldRule(name: "BID", source: .column("a[1]"))]), services: ["S"], updateOnly: false,
            columnsAreFixed: false)
        let problem = mapper.missingColumn(
            among: testColumns(["RIC", "end"]), besides: [1], members: ["RIC", "a", "end"])
        #expect(
            problem?.what
                == "No row has the column \"a[1]\", which the field BID comes from. The rows have: \"RIC\", \"a\".")
    }

    @Test("An optional column may be missing, unless another field needs it")
    func missingOptional() {
        func problem(_ fields: [FieldRule]) -> FileProblem? {
            var mapper = RowMapper(rule: rule(fields), services: ["S"], updateOnly: false, columnsAreFixed: true)
            return mapper.missingColumn(among: testColumns(["RIC", "ask"]))
        }
        let optional = FieldRule(name: "BID", source: .column("bid"), isOptional: true)
        let needed = FieldRule(name: "BID_2", source: .column("bid"))
        let ask = FieldRule(name: "ASK", source: .column("ask"))
        #expect(problem([optional, ask]) == nil)
        #expect(problem([optional, needed])?.reason == "unknown_column")
        #expect(problem([needed, optional])?.reason == "unknown_column")
    }

    @Test("A column that only rows have which are no data is missing")
    func missingBesides() {
        var mapper = RowMapper(
            rule: rule([FieldRule(name: "BID", source: .column("bid"))]), services: ["S"], updateOnly: false,
            columnsAreFixed: false)
        let columns = testColumns(["RIC", "bidPrice", "end", "bid"])
        #expect(mapper.missingColumn(among: columns) == nil)
        #expect(mapper.missingColumn(among: columns, besides: [2, 3])?.reason == "unknown_column")
    }

    @Test("A column that only rows have which cannot be read is not missing, and none of two of which the file has one")
    func broken() {
        var mapper = RowMapper(
            rule: rule([FieldRule(name: "BID", source: .column("bid"))]), services: ["S"], updateOnly: false,
            columnsAreFixed: false)
        #expect(mapper.missingColumn(among: testColumns(["RIC", "bid"]), broken: [1]) == nil)
        let either = FieldRule(name: "BID", source: .derived(.anyOf(["bid", "close"]), ValueRule()))
        var second = RowMapper(rule: rule([either]), services: ["S"], updateOnly: false, columnsAreFixed: false)
        let columns = testColumns(["RIC", "bid", "close"])
        #expect(second.missingColumn(among: columns)?.reason == "ambiguous_column")
        #expect(second.missingColumn(among: columns, broken: [2]) == nil)
    }

    @Test("Rejects of JSON and XML may lack a column that other rows of their file had, but not the RIC")
    func missingInRejects() {
        func problem(_ columns: [String], fixed: Bool) -> FileProblem? {
            let rule = rule([
                FieldRule(name: "BID", source: .column("bid")), FieldRule(name: "ASK", source: .column("ask")),
            ])
            var mapper = RowMapper(
                rule: rule.forRejects(), services: ["S"], updateOnly: false, columnsAreFixed: fixed)
            return mapper.missingColumn(among: testColumns(columns))
        }
        #expect(problem(["RIC", "bid"], fixed: false) == nil)
        #expect(problem(["bid"], fixed: false)?.reason == "unknown_column")
        #expect(problem(["RIC", "bid"], fixed: true)?.reason == "unknown_column")
    }

    @Test("A header of one column with another delimiter in it leads to that")
    func missingForDelimiter() {
        var mapper = RowMapper(rule: plainRule(), services: ["S"], updateOnly: false, columnsAreFixed: true)
        #expect(mapper.missingColumn(among: testColumns(["RIC;BID"]))?.hint?.contains("delimiter: \";\"") == true)
    }

    @Test("A value over several lines tells which lines")
    func spannedLines() {
        var batch = rowBatch([["A", "1\nB,2\nC"]])
        batch.sourceBytes = batch.text.count
        var mapper = RowMapper(rule: plainRule(), services: ["S"], updateOnly: false, columnsAreFixed: true)
        var out = PostBatch()
        mapper.map(batch, columns: testColumns(["RIC", "BID"]), into: &out)
        #expect(out.problems.map(\.reason) == ["line_break"])
        #expect(out.problems[0].what.hasSuffix("It spans the lines 2 to 4."))
    }

    @Test("Columns that come later are taken in, and batches append")
    func growingColumns() {
        var mapper = RowMapper(rule: plainRule(), services: ["S"], updateOnly: false, columnsAreFixed: false)
        var out = PostBatch()
        mapper.map(rowBatch([["A", "1"]]), columns: testColumns(["RIC", "BID"]), into: &out)
        mapper.map(
            rowBatch([["B", .missing, "2"], ["C", "3", "4"]], firstRow: 2),
            columns: testColumns(["RIC", "BID", "ASK"]),
            into: &out)
        #expect(
            out.rows.map { Mapped($0, of: out) } == [
                Mapped("A", #"{"BID":1}"#), Mapped("B", #"{"ASK":2}"#), Mapped("C", #"{"BID":3,"ASK":4}"#),
            ])
        #expect(out.rows.map(\.row) == [1, 2, 3])
        #expect(out.rows.map(\.line) == [2, 3, 4])
    }

    // MARK: Rejected rows

    @Test("A row that the reader rejected keeps its problem and its place among the others")
    func readerProblem() {
        var batch = rowBatch([["A", "1"], ["B", "2"], ["C", "x,y"]])
        batch.rows[1].problem = 0
        batch.rows[1].cellCount = 0
        batch.problems = [RowProblem(reason: "ragged_row", line: 3, what: "The row has 1 value instead of 2.")]
        let out = mapToBatch(batch) {
            (
                RowMapper(rule: plainRule(), services: ["S"], updateOnly: false, columnsAreFixed: true),
                testColumns(["RIC", "BID"])
            )
        }
        #expect(
            out.rows.map { Mapped($0, of: out) } == [
                Mapped("A", #"{"BID":1}"#), Mapped("", "ragged_row"), Mapped("C", #"{"BID":"x,y"}"#),
            ])
        #expect(out.problems == batch.problems)
        #expect(out.rows[1].fieldsLength == 0)
    }

    @Test("A rejected row leaves nothing of its fields behind")
    func nothingLeft() {
        let out = mapToBatch(plainRule(), columns: ["RIC", "BID", "ASK"], [["AB", "1", "1e5"], ["C", "1", "2"]])
        #expect(String(decoding: out.bytes, as: UTF8.self) == #"ABC{"BID":1,"ASK":2}"#)
    }

    @Test("A problem names line, column, value and remedy in words")
    func words() {
        let out = mapToBatch(
            plainRule(), columns: ["RIC", "BID"],
            [
                ["A", "1,234.5"], ["A", .plain("+" + String(repeating: "1", count: 60))], ["A\u{1}", "1"], ["", "1"],
            ])
        #expect(
            out.problems[0]
                == RowProblem(
                    reason: "not_a_decimal", line: 2, columnName: "BID",
                    what: "\"BID\": \"1,234.5\" is not a plain decimal.",
                    hint: "Write it without thousands separators and with a decimal point, such as 1234.5."))
        #expect(out.problems[1].what.contains("\"+" + String(repeating: "1", count: 39) + "…\""))
        #expect(out.problems[2].what.contains("\"A\\x01\""))
        #expect(out.problems[3].reason == "no_ric")
        #expect(out.problems.allSatisfy { $0.hint != nil && $0.what.hasSuffix(".") })
        #expect(out.problems.map(\.line) == [2, 3, 4, 5])
    }

    // MARK: Keys

    @Test("The key is the same for the same RIC and service, and another for any other")
    func keys() {
        var rows: [[TestCell]] = []
        for length in 1...40 {
            for last in ["a", "b"] {
                for service in ["S", "T"] {
                    rows.append([.plain(String(repeating: "x", count: length) + last), .plain(service), "1"])
                }
            }
        }
        func hashes(_ bid: String) -> [UInt64] {
            mapToBatch(
                plainRule(), columns: ["RIC", "Service", "BID"], rows.map { [$0[0], $0[1], .plain(bid)] },
                services: ["S", "T"]
            ).rows.map(\.keyHash)
        }
        #expect(hashes("1") == hashes("2"))
        #expect(Set(hashes("1")).count == rows.count)
    }

    // MARK: Rules that cannot be followed

    @Test("What is wrong with a rule is told with its place, and every row is rejected")
    func badRules() {
        func paths(_ rule: MappingRule) -> [[String]] { RowMapper.check(rule).map(\.path) }
        func one(_ field: FieldRule) -> [[String]] { paths(rule([field])) }
        #expect(paths(plainRule()).isEmpty)
        #expect(one(field(.enum, values: ["USD": 840])).isEmpty)
        for scale in ["x", "", "1e2", "0", "0.0", "1,5", "+1", "1234567890123456789", "0.000000000000001"] {
            #expect(one(field(.real, scale: scale)) == [["fields", "F", "scale"]], "scale \(scale)")
        }
        #expect(one(field(.text, scale: "0.1")) == [["fields", "F", "scale"]])
        #expect(one(field(.real, round: 15)) == [["fields", "F", "round"]])
        #expect(one(field(.real, round: -1)) == [["fields", "F", "round"]])
        #expect(one(field(.date, round: 2)) == [["fields", "F", "round"]])
        #expect(one(field(.text, values: ["A": 1])) == [["fields", "F", "values"]])
        #expect(one(field(.text, takesAnyText: true)) == [["fields", "F", "values"]])
        #expect(one(field(.enum, takesAnyText: true)).isEmpty)
        #expect(
            one(FieldRule(name: "F", source: .value("1", isText: false), isOptional: true)) == [
                ["fields", "F", "optional"]
            ])
        #expect(one(FieldRule(name: "F", source: .value("Info", isText: true))) == [["fields", "F", "value"]])
        #expect(
            one(FieldRule(name: "F", source: .value("USD", isText: true), type: .enum)) == [["fields", "F", "value"]])
        #expect(one(field(.enum, values: ["A": 65536])) == [["fields", "F", "values"]])
        #expect(one(field(.enum, values: [:])) == [["fields", "F", "values"]])
        #expect(one(FieldRule(name: "é", source: .column("v"))) == [["fields", "é"]])
        #expect(
            one(FieldRule(name: "F", source: .value("1,5", isText: false))) == [["fields", "F", "value"]])
        #expect(
            one(FieldRule(name: "F", source: .value("2026-02-30", isText: true), type: .date)) == [
                ["fields", "F", "value"]
            ])
        #expect(paths(rule([])) == [["fields"]])
        #expect(paths(rule(ric: .template([.text("A")]), nil)) == [["ric", "template"]])
        #expect(paths(rule(post: .column("p", refresh: ["R"], update: ["R"]), nil)) == [["post"]])
        #expect(paths(rule(post: .column("p", refresh: [], update: []), nil)) == [["post"]])
        #expect(map(rule([field(.real, scale: "x")]), columns: ["RIC", "v"], [["A", "1"]])[0].result == "bad_rule")
    }
}

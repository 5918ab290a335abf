import PostboxCore
import Testing

@Suite("JSON whose rows lie deeper")
struct JSONTreeReaderTests {
    private func read(
        _ text: String, _ columns: [String], rows: RowsPath?, format: PriceFileFormat = .json, takesAll: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> ReadFile {
        readDocument(
            text, format, ruleOf(columns, rows: rows), takesAll: takesAll, sourceLocation: sourceLocation)
    }

    private static let members = """
        {"source": "DESK 7",
         "quotes": {
          "ALFA.TST": {"px": {"bid": 1.10, "levels": [{"ask": 1.30}, {"ask": 1.40}]}},
          "BRAV.TST": {"px": {"bid": null, "levels": []}},
          "CHAR\\u002eTST": {"px": {"bid": 2.5, "levels": [{"ask": 2.75}]}}
         }}
        """

    @Test("Members are rows: their names, paths below them and values of the document are columns")
    func membersAreRows() {
        let file = read(
            Self.members, ["$key", "px.bid", "px.levels[0].ask", "/source"], rows: .path("quotes.*"))
        #expect(file.problem == nil)
        #expect(
            file.cells == [
                [
                    "px.bid=number:1.10", "px.levels[0].ask=number:1.30", "$key=string:ALFA.TST",
                    "/source=string:DESK 7",
                ],
                ["px.bid=null:", "$key=string:BRAV.TST", "/source=string:DESK 7"],
                ["px.bid=number:2.5", "px.levels[0].ask=number:2.75", "$key=string:CHAR.TST", "/source=string:DESK 7"],
            ])
        #expect(file.rows.map(\.line) == [3, 4, 5])
        #expect(file.sources[1] == #""BRAV.TST": {"px": {"bid": null, "levels": []}}"#)
    }

    @Test("The one of a list that says so")
    func named() {
        let text = """
            {"data":{"items":[
            {"id":"ALFA.TST","field":[{"name":"ASK","value":1.60},{"name":"BID","value":1.50}],"trades":[{"px":7.50},{"px":8}]},
            {"id":"BRAV.TST","field":[],"trades":[{"px":8.5}]}
            ]}}
            """
        let file = read(text, ["id", "field[name=BID].value", "trades[0].px"], rows: .path("data.items"))
        #expect(
            file.cells == [
                ["field[name=BID].value=number:1.50", "id=string:ALFA.TST", "trades[0].px=number:7.50"],
                ["id=string:BRAV.TST", "trades[0].px=number:8.5"],
            ])
        #expect(file.rows.map(\.line) == [2, 3])
    }

    @Test(
        "Each form of a path finds its value, and nothing else",
        arguments: [
            ("bid", #"{"bid":1}"#, "bid=number:1"), ("a.b", #"{"a":{"b":1}}"#, "a.b=number:1"),
            ("a.b", #"{"a.b":1}"#, "a.b=number:1"), ("a.b", #"{"a":1}"#, "a.b=nested:1"),
            ("a.b", #"{"a":[{"b":1}]}"#, #"a.b=nested:[{"b":1}]"#), ("a.b", #"{"a":null}"#, ""),
            ("a.b", #"{"a":{}}"#, ""), ("a", #"{"a":{"b":1}}"#, #"a=nested:{"b":1}"#),
            ("a", #"{"a":[]}"#, "a=nested:[]"),
            ("px[1]", #"{"px":[1,"x\n"]}"#, "px[1]=string:x\n"), ("px[1]", #"{"px":[1]}"#, ""),
            ("px[0]", #"{"px":{"0":1}}"#, #"px[0]=nested:{"0":1}"#),
            ("px[0][1]", #"{"px":[[1,true]]}"#, "px[0][1]=bool:true"),
            ("f[n=B].v", #"{"f":[{"v":1,"n":"B"},{"n":"A","v":2}]}"#, "f[n=B].v=number:1"),
            ("f[n=7].v", #"{"f":[{"v":1,"n":7}]}"#, "f[n=7].v=number:1"),
            ("f[n=B].v", #"{"f":{"v":1,"n":"B"}}"#, "f[n=B].v=number:1"),
            ("f[n=B].v", #"{"f":[{"v":1,"n":"\u0042"}]}"#, "f[n=B].v=number:1"),
            ("f[n=B].v", #"{"f":[{"v":1}]}"#, ""), ("f[n=B].v", #"{"f":["B"]}"#, ""),
            ("@id", #"{"@id":"x"}"#, "@id=string:x"), ("a@b", #"{"a":{"@b":2}}"#, "a@b=number:2"),
            ("\"a.b\"", #"{"a.b":1,"a":{"b":2}}"#, "\"a.b\"=number:1"), ("a[", #"{"a[":1}"#, "a[=number:1"),
            ("a", #"{"\u0061":1}"#, "a=number:1"), ("a", #"{"b":1}"#, ""),
        ])
    func paths(_ path: String, _ row: String, _ cell: String) {
        for (text, rows) in [("{\"r\":[\(row)]}", RowsPath.path("r")), ("[\(row)]", nil)] {
            // A path that is a dotted name is read without a tree where rows lie at the top.
            let columns = rows == nil ? [path, "$key"] : [path]
            let file = read(text, columns, rows: rows)
            #expect(file.problem == nil)
            #expect(file.rows.first?.problem == nil)
            #expect(file.cells == [cell.isEmpty ? [] : [cell]])
        }
    }

    @Test(
        "Several values at one path are told, never the first",
        arguments: [
            ("a", #"{"a":1,"b":2,"a":3}"#, "duplicate_key@1:20"),
            ("a.b", #"{"a":{"b":1},"a":{"c":1}}"#, "duplicate_key@1:20"),
            ("a.b", #"{"a":{"b":1},"a.b":2}"#, "duplicate_column@1:20"),
            ("f[n=B].v", #"{"f":[{"n":"B","v":1},{"n":"B","v":2}]}"#, "duplicate_column@1:38"),
        ])
    func several(_ path: String, _ row: String, _ problem: String) {
        let file = read("{\"r\":[\(row)]}", [path], rows: .path("r"))
        #expect(summary(file.rows.first?.problem) == problem)
        #expect(file.rows.first?.problem?.columnName == path)
    }

    @Test("Members that are single values are a column, where the rule asks for it")
    func singleValues() {
        let text = #"{"r":{"A":1.50,"B":"x","C":null,"D":{"a":2},"E":3}}"#
        let file = read(text, ["$key", "$value"], rows: .path("r.*"))
        #expect(
            file.cells == [
                ["$value=number:1.50", "$key=string:A"], ["$value=string:x", "$key=string:B"],
                ["$value=null:", "$key=string:C"],
                ["$value=nested:{\"a\":2}", "$key=string:D"], ["$value=number:3", "$key=string:E"],
            ])
        let without = read(text, ["$key"], rows: .path("r.*"))
        #expect(without.rows.first.map { summary($0.problem) } == "not_an_object@1:11")
    }

    @Test("What comes twice and is not used does not matter")
    func unused() {
        #expect(read(#"{"r":[{"a":1,"a":2,"b":3}]}"#, ["b"], rows: .path("r")).cells == [["b=number:3"]])
    }

    @Test(
        "Rows are found at exactly their place",
        arguments: [
            ("a.b", #"{"x":{"b":[{"v":0}]},"a":{"c":[{"v":0}],"b":[{"v":1},{"v":2}]},"b":[{"v":0}]}"#, ["1", "2"]),
            ("[1]", #"[{"page":1},[{"v":1},{"v":2}]]"#, ["1", "2"]), ("*", #"{"a":{"v":1},"b":{"v":2}}"#, ["1", "2"]),
            ("a[1].b", #"{"a":[{"b":[{"v":0}]},{"b":[{"v":1}]}]}"#, ["1"]),
            ("a.b", #"{"a":[{"b":[{"v":1}]},{"c":0},{"b":[{"v":2}]}]}"#, ["1", "2"]),
            ("a.*.b", #"{"a":{"x":{"b":[{"v":1}]},"y":{"b":[{"v":2}]}}}"#, ["1", "2"]),
            ("/a/b", #"{"a":{"b":[{"v":1}]}}"#, ["1"]), ("a", "{\"a\": [ ] }", []), ("a.*", "{\"a\": { } }", []),
            ("/", #"[{"v":1},{"v":2}]"#, ["1", "2"]),
        ])
    func places(_ path: String, _ text: String, _ values: [String]) {
        let file = read(text, ["v"], rows: .path(path))
        #expect(file.problem == nil)
        #expect(file.values.map { $0.joined() } == values)
    }

    @Test(
        "A document without the rows, or that is broken, is refused",
        arguments: [
            (#"{"error": {"code": 503}, "quotes": {"count": 0}}"#, "rows_missing@0:0"),
            (#"{"quotes": null}"#, "rows_missing@0:0"), (#"{"quotes": {"items": null}}"#, "rows_missing@0:0"),
            ("[]", "rows_missing@0:0"), ("7", "rows_missing@0:0"),
            (#"{"quotes": {"items": {"a": 1}}}"#, "not_an_array@1:22"),
            (#"{"quotes": {"items": 5}}"#, "not_an_array@1:22"),
            (#"{"quotes": {"items": [], "items": []}}"#, "duplicate_key@1:26"), ("", "empty_file@0:0"),
            (" \n ", "empty_file@0:0"), (#"{"quotes": {"items": [{"a": 1}"#, "truncated@1:31"),
            (#"{"quotes": {"items": [{"a": 1}]}"#, "truncated@1:33"),
            (#"{"quotes": {"items": [{"a": 1}"# + "\n,]}}", "bad_json@2:2"),
            (#"{"quotes": {"items": [{"a": 1}]}} x"#, "bad_json@1:35"), (#"{"quotes" {}}"#, "bad_json@1:11"),
            (#"{"quotes": {"items": [{"a": 1} {"a": 2}]}}"#, "bad_json@1:32"),
            (#"{"x": 01, "quotes": 1}"#, "bad_json@1:7"),
            (String(repeating: "[", count: 33), "too_deep@1:33"),
            (#"{"quotes": {"items": ["# + String(repeating: "[", count: 30), "too_deep@1:52"),
        ])
    func refused(_ text: String, _ place: String) {
        #expect(summary(read(text, ["a"], rows: .path("quotes.items")).problem) == place)
    }

    @Test("What stands behind the document is refused with what to do about it", arguments: ["x", "{}", "]"])
    func behindTheDocument(_ rest: String) {
        let problem = read(#"{"quotes": {"items": [{"a": 1}]}}"# + rest, ["a"], rows: .path("quotes.items")).problem
        #expect(problem?.hint?.hasPrefix("Two files may") == true)
    }

    @Test("A star takes members, and an array has none")
    func starOfArray() {
        #expect(
            summary(read(#"{"q": [{"a": {}}]}"#, ["a"], rows: .path("q.*")).problem) == "rows_missing@1:7")
    }

    @Test("A row that is no object, or that holds a broken byte, is its own problem")
    func badRows() {
        var bytes = Array(#"{"r": [5, {"a": "x"}, [], {"a": "yy"}]}"#.utf8)
        bytes[34] = 0xE9
        let file = readInEveryWay(bytes) {
            PriceFileReaders.make(
                format: .json, layout: FileLayout(rows: .path("r")), usedColumns: ruleOf(["a"], rows: nil).usedColumns,
                namedColumns: ruleOf(["a"], rows: nil).namedColumns)
        }
        #expect(
            file.rows.map { summary($0.problem) } == [
                "not_an_object@1:8", "none", "not_an_object@1:23", "bad_byte@1:35",
            ])
    }

    @Test("Rows that are arrays have the names that stand elsewhere, or in the rule")
    func arrays() {
        let text = """
            {"dataset":{"id":7,"column_names":["Code","Bid","Ask Px"],
            "data":[
            ["ALFA.TST",1.10,null],
            ["BRAV.TST","2,5"],
            {"Code": 1}
            ]}}
            """
        for (names, columns) in [("dataset.column_names", nil), (nil, ["Code", "Bid", "Ask Px"])] {
            let file = read(
                text, ["Code", "Bid", "Ask Px"],
                rows: .arrays(rows: "dataset.data", names: names, columns: columns))
            #expect(file.cells == [["Ask Px=null:", "Bid=number:1.10", "Code=string:ALFA.TST"], [], []])
            #expect(
                file.rows.map { summary($0.problem) } == ["none", "ragged_row@4:1", "not_an_object@5:1"])
        }
        #expect(
            read(text, ["Code"], rows: .arrays(rows: "dataset.data", names: "nope", columns: nil)).problem?.reason
                == "rows_missing")
    }

    @Test("Names may stand one in each of several objects")
    func namesInObjects() {
        let text = #"{"d":[[1,2]],"columns":[{"name":"a","type":"x"},{"name":"b","type":"y"}]}"#
        let file = read(text, ["b", "a"], rows: .arrays(rows: "d", names: "columns.name", columns: nil))
        #expect(file.cells == [["a=number:1", "b=number:2"]])
    }

    @Test(
        "What rows have is known where a rule names none of it, for words about a column that is missing",
        arguments: [
            (PriceFileFormat.json, RowsPath.path("d"), #"{"d":[{"a":1,"b":{"c":2}},{"\u0061":1,"d":2}]}"#),
            (.json, nil, #"[{"a":1,"b":{"c":2}},{"a":1,"d":2}]"#),
            (.jsonLines, nil, #"{"a":1,"b":{"c":2}}"# + "\n" + #"{"a":1,"d":2}"# + "\n"),
            (.json, .arrays(rows: "/", names: nil, columns: ["a", "b", "d"]), "[[1,2,3],[4,5,6]]"),
            (.xml, nil, "<x><r a='1'><b><c>2</c></b></r><r a='1'><d>2</d></r></x>"),
        ] as [(PriceFileFormat, RowsPath?, String)])
    func memberNames(_ format: PriceFileFormat, _ rows: RowsPath?, _ text: String) throws {
        let rule = ruleOf(["z[0]"], rows: rows)
        let bytes = Array(text.utf8)
        let found = try scan(bytes, inChunksOf: bytes.count, rule, format)
        var reader = PriceFileReaders.make(
            format: format, finalNewline: .optional, layout: rule.layout, usedColumns: rule.usedColumns,
            namedColumns: rule.namedColumns, scan: found)
        var batch = RowBatch()
        try bytes.withUnsafeBytes { try reader.read($0, isLast: true, into: &batch) }
        #expect(reader.columns == [])
        #expect(reader.memberNames == ["a", "b", "d"])
    }

    @Test("A name that stands twice among those of the elements refuses the file, where the rule uses it")
    func namesTwice() {
        let text = "{\"columns\":[\"RIC\",\"BID\",\"x\",\"x\",\"\",\"\",\n \"BID\"],\"d\":[[\"A\",1,2,3,4,5,6]]}"
        let rows = RowsPath.arrays(rows: "d", names: "columns", columns: nil)
        let file = read(text, ["RIC", "BID"], rows: rows)
        #expect(summary(file.problem) == "duplicate_column@2:2")
        #expect(file.problem?.what == "The names at \"columns\" have the column \"BID\" twice.")
        #expect(summary(read(text, ["RIC", "BID.v"], rows: rows).problem) == "duplicate_column@2:2")
        let unused = read(text, ["RIC"], rows: rows)
        #expect(unused.problem == nil)
        #expect(unused.cells == [["RIC=string:A"]])
    }

    @Test("Without fields, every member of a row is a column; what lies in them is not passed over")
    func takesAll() {
        let file = read(
            #"{"r":[{"RIC":"A","BID":1,"x":{"y":1},"z":[1]}]}"#, ["$key"], rows: .path("r"), takesAll: true)
        #expect(file.cells == [["RIC=string:A", "BID=number:1", #"x=nested:{"y":1}"#, "z=nested:[1]"]])
    }

    @Test("Objects a line are read by paths too")
    func lines() {
        let file = read(
            #"{"a":[1,2]}"# + "\n" + #"{"a":[3}"# + "\n" + #"{"a":[5,6]}"# + "\n", ["a[1]"], rows: nil,
            format: .jsonLines)
        #expect(file.cells == [["a[1]=number:2"], [], ["a[1]=number:6"]])
        #expect(file.rows.map { summary($0.problem) } == ["none", "bad_json@2:8", "none"])
    }
}

import PostboxCore
import Testing

@Suite("JSON reader")
struct JSONReaderTests {
    private func json(
        _ text: String, layout: JSONReader.Layout = .byFirstByte, finalNewline: FinalNewline = .required,
        using usedColumns: UsedColumns? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) -> ReadFile {
        readInEveryWay(text, sourceLocation: sourceLocation) {
            JSONReader(layout: layout, finalNewline: finalNewline, usedColumns: usedColumns)
        }
    }

    @Test(
        "Values keep their kind and their text",
        arguments: [
            (#"{"a":"x"}"#, ["a=string:x"]), (#"{"a":1.10}"#, ["a=number:1.10"]),
            (#"{"a":-0e+10}"#, ["a=number:-0e+10"]),
            (#"{ "a" : true , "b":false}"#, ["a=bool:true", "b=bool:false"]), (#"{"a":null}"#, ["a=null:"]),
            (#"{"a":NaN,"b":Infinity,"c":-Infinity}"#, ["a=plain:NaN", "b=plain:Infinity", "c=plain:-Infinity"]),
            (#"{"a":""}"#, ["a=string:"]), (#"{}"#, []), (#"{"é😀":"ü"}"#, ["é😀=string:ü"]),
            (#"{"a":"\"\\\/\b\f\n\r\t"}"#, ["a=string:\"\\/\u{8}\u{C}\n\r\t"]),
            (#"{"a":"\u00e9\u20AC\ud83d\uDE00x"}"#, ["a=string:é€😀x"]), (#"{"\u0061":1}"#, ["a=number:1"]),
            (#"{"a":{"b":1,"c":{"d":"x"}},"e":2}"#, ["a.b=number:1", "a.c.d=string:x", "e=number:2"]),
            (#"{"a":[1, {"b":"]"}, []]}"#, [#"a=nested:[1, {"b":"]"}, []]"#]),
            (#"{"a":{},"b":[ ],"c":{"d":{ }}}"#, ["a=nested:{}", "b=nested:[ ]", "c.d=nested:{ }"]),
        ])
    func values(_ row: String, _ expected: [String]) {
        let array = json("[\(row),\n\(row)]")
        #expect(array.problem == nil)
        #expect(array.cells == [expected, expected])
        #expect(array.rows.map(\.line) == [1, 2])
        #expect(array.sources == [row, row])
        let lines = json("{\"z\":0}\n\n\(row)\r\n", layout: .byFirstByte)
        #expect(lines.cells == [["z=number:0"], expected])
        #expect(lines.sources.last == row + "\r\n")
        #expect(lines.rows.map(\.line) == [1, 3])
    }

    @Test("Columns are learned as rows bring them, in any order")
    func columns() {
        let file = json(#"[{"a":1,"q":{"b":2}},{"q":{"b":3,"c":4},"a":5},{"c":6},{"a":{"x":7}}]"#)
        #expect(
            file.columns == [
                Column(name: "a"), Column(name: "q.b", isNested: true), Column(name: "q.c", isNested: true),
                Column(name: "c"), Column(name: "a.x", isNested: true),
            ])
        #expect(
            file.cells == [
                ["a=number:1", "q.b=number:2"], ["q.b=number:3", "q.c=number:4", "a=number:5"], ["c=number:6"],
                ["a.x=number:7"],
            ])
    }

    @Test("A byte order mark is skipped, and kept for a file of rejected rows")
    func byteOrderMark() {
        let array = json("\u{FEFF} [{\"a\":1}]")
        #expect(array.cells == [["a=number:1"]])
        #expect(array.prologue == "\u{FEFF}")
        #expect(array.sources == ["{\"a\":1}"])
        #expect(json("\u{FEFF}{\"a\":1}\n").cells == [["a=number:1"]])
        #expect(json("\u{FEFF}{\"a\":1}\n", layout: .lines).prologue == "\u{FEFF}")
    }

    @Test("An empty array has no rows")
    func emptyArray() {
        let file = json(" [ ] \n")
        #expect(file.problem == nil)
        #expect(file.rows.isEmpty)
    }

    @Test(
        "A broken array is refused with the place",
        arguments: [
            ("", "empty_file@0:0"), (" \n ", "empty_file@0:0"), ("5", "bad_json@1:1"), ("\n \"x\"", "bad_json@2:2"),
            ("[", "truncated@1:2"), ("[{\"a\":1}", "truncated@1:9"), ("[{\"a\":1},", "truncated@1:10"),
            ("[{\"é\":\n\"x", "truncated@2:3"), ("[{\"a\":1", "truncated@1:8"), ("[tru", "truncated@1:5"),
            ("[1]x", "bad_json@1:4"), ("[1]]", "bad_json@1:4"), ("[{\"a\":1},]", "bad_json@1:10"),
            ("[,]", "bad_json@1:2"),
            ("[{\"a\":1} {\"a\":2}]", "bad_json@1:10"), ("[{\"a\":01}]", "bad_json@1:7"),
            ("[{\"a\":1.}]", "bad_json@1:9"),
            ("[{\"a\":.5}]", "bad_json@1:7"), ("[{\"a\":+5}]", "bad_json@1:7"), ("[{\"a\":1e}]", "bad_json@1:9"),
            ("[{\"a\":-}]", "bad_json@1:8"), ("[{\"a\":1x}]", "bad_json@1:8"), ("[{\"a\":'x'}]", "bad_json@1:7"),
            ("[{a:1}]", "bad_json@1:3"), ("[{\"a\" 1}]", "bad_json@1:7"), ("[{\"a\":1,}]", "bad_json@1:9"),
            ("[{\"a\":\"x\ny\"}]", "bad_json@1:9"), ("[{\"a\":\"\\x\"}]", "bad_json@1:8"),
            ("[{\"a\":\"\\u12g4\"}]", "bad_json@1:12"), ("[{\"a\":tru}]", "bad_json@1:7"),
            ("[{\"a\":[1,]}]", "bad_json@1:10"),
            ("[\n{\"é\":1}\n,{\"b\":]}]", "bad_json@3:7"), ("[{\"a\":nan}]", "bad_json@1:7"),
        ])
    func brokenArray(_ text: String, _ expected: String) {
        #expect(summary(json(text, layout: .byFirstByte).problem) == expected)
    }

    @Test("What stands behind the rows' end is refused with what to do about it", arguments: ["x", "[{\"a\":2}]", "]"])
    func behindTheEnd(_ rest: String) {
        #expect(json("[{\"a\":1}]\n\(rest)", layout: .array).problem?.hint?.hasPrefix("Two files may") == true)
    }

    @Test(
        "A bad row is named, and the rows around it are read",
        arguments: [
            (#"5"#, "not_an_object@2:1"), (#"null"#, "not_an_object@2:1"), (#"[{"a":1}]"#, "not_an_object@2:1"),
            (#""é""#, "not_an_object@2:1"), (#"{"a":1,"b":2,"a":3}"#, "duplicate_key@2:14"),
            (#"{"q":{"b":1,"b":2}}"#, "duplicate_key@2:13"), (#"{"q.b":1,"q":{"b":2}}"#, "duplicate_key@2:15"),
            (#"{"a":"é\ud800"}"#, "bad_escape@2:7"), (#"{"a":"\udc00\ud800"}"#, "bad_escape@2:7"),
            (#"{"a":"\ud800\u0041"}"#, "bad_escape@2:7"),
        ])
    func badRow(_ row: String, _ expected: String) {
        for text in ["[{\"a\":1},\n\(row),{\"a\":2}]", "{\"a\":1}\n\(row)\n{\"a\":2}\n"] {
            let file = json(text)
            #expect(file.problem == nil)
            #expect(file.cells == [["a=number:1"], [], ["a=number:2"]])
            #expect(summary(file.rows.dropFirst().first?.problem) == expected)
        }
    }

    @Test("A byte that is no UTF-8 spoils its row alone")
    func badByte() {
        for (head, middle, tail) in [("[{\"a\":1},\n", ",", "]"), ("{\"a\":1}\n", "\n", "\n")] {
            let bytes = Array("\(head){\"é\":\"x".utf8) + [0xE9] + Array("\"}\(middle){\"a\":2}\(tail)".utf8)
            let file = readInEveryWay(bytes) { JSONReader(layout: .byFirstByte) }
            #expect(file.cells == [["a=number:1"], [], ["a=number:2"]])
            #expect(summary(file.rows.dropFirst().first?.problem) == "bad_byte@2:8")
        }
    }

    @Test(
        "A broken line is a bad row, and the lines after it are read",
        arguments: [
            ("{\"a\":", "bad_json@2:6"), ("{\"a\":1} x", "bad_json@2:9"), ("{\"a\":1}{\"a\":2}", "bad_json@2:8"),
            ("x", "bad_json@2:1"),
            ("{\"a\":\"x", "bad_json@2:8"), ("]", "bad_json@2:1"), ("{\"a\":1,}", "bad_json@2:8"),
            ("{\"é\":\"\0\"}", "bad_byte@2:7"),
        ])
    func brokenLine(_ line: String, _ expected: String) {
        let file = json("{\"a\":1}\n\(line)\n  \n{\"a\":2}\n", layout: .lines)
        #expect(file.problem == nil)
        #expect(file.cells == [["a=number:1"], [], ["a=number:2"]])
        #expect(summary(file.rows.dropFirst().first?.problem) == expected)
        #expect(file.sources.dropFirst().first == line + "\n")
        #expect(file.rows.last?.line == 4)
    }

    private static let twoArrays = """
        { "withdrawn": [
        {"RIC":"OLD","BID":1}
        ],
          "meta": {"more": {"prices": [ {"RIC":"A","BID":1.1},
        {"RIC":"B","BID":{"no": [{"x": "]"}]}}
        ]}, "none": [1, 2], "also": []}
        }

        """

    @Test(
        "A file that begins with an object over several lines is refused, and its inner lines are no rows",
        arguments: [
            (
                twoArrays, "not_an_array@1:1",
                "\"withdrawn\" (line 1) and \"meta.more.prices\" (line 4) hold arrays of objects"
            ),
            ("\n {\n\"RIC\": \"A\",\n\"BID\": 1\n}\n", "not_an_array@2:2", "Put the object into an array"),
            (
                "{\"rows\":[\r\n{\"RIC\":\"A\"}\r\n]}\r\n", "not_an_array@1:1",
                "\"rows\" (line 1) holds an array of objects"
            ),
            ("{\"a\":1\n{\"a\":2}\n", "not_an_array@1:1", "Put the object into an array"),
            ("{\"a\":\"}\n{\"a\":2}\n", "not_an_array@1:1", "Put the object into an array"),
            ("{\"a\":1},\n{\"a\":2}\n", "not_an_array@1:8", "object on a line of its own"),
            ("{\"a\":1} {\"a\":2}", "not_an_array@1:9", "object on a line of its own"),
        ])
    func objectOverLines(_ text: String, _ expected: String, _ hint: String) {
        let file = json(text)
        #expect(summary(file.problem) == expected)
        #expect(file.problem?.hint?.contains(hint) == true, "\(file.problem?.hint ?? "no hint")")
        #expect(file.rows.isEmpty)
    }

    @Test(
        "An object that stands on a line of its own is a row, whatever is in it",
        arguments: [
            "{\"a\":1}\n", "\n\n  {\"a\":1} \t \r\n\n", "{\"a\":[{\"b\":\"\\\"}]\"}],\"c\":{}}\n",
            "{\"a\":\"{[\\\\\"}\n",
        ])
    func objectOnOneLine(_ text: String) {
        let file = json(text)
        #expect(file.problem == nil)
        #expect(file.rows.map(\.problem) == [nil])
        let twice = json(text + "{\"a\":2}\n")
        #expect(twice.rows.count == 2)
    }

    @Test("An object on one line that is longer than a row is refused as no array", arguments: [65_536, 10_000_000])
    func longObject(_ size: Int) {
        let rows = Array(repeating: "{\"RIC\":\"A.TST\",\"BID\":1.10}", count: rowBytesMax / 20).joined(separator: ",")
        let file = read(Array("{\"prices\":[\(rows)]}\n".utf8), inChunksOf: size) { JSONReader(layout: .byFirstByte) }
        #expect(summary(file.problem) == "not_an_array@1:1")
        #expect(file.problem?.hint?.hasPrefix("\"prices\" (line 1) holds an array of objects") == true)
    }

    @Test(
        "Of very many arrays some are named, however the file comes in chunks", arguments: [1000, 65_536, 10_000_000])
    func manyArrays(_ size: Int) {
        let text = "{\n" + (1...9000).map { "\"n\($0)\": [{\"RIC\":\"A\"}],\n" }.joined() + "\"end\":0}\n"
        let file = read(Array(text.utf8), inChunksOf: size) { JSONReader(layout: .byFirstByte) }
        #expect(summary(file.problem) == "not_an_array@1:1")
        #expect(file.problem?.hint?.contains("\"n8\" (line 9) and others hold arrays of objects") == true)
        let far = "{\n" + String(repeating: "\"x\": 1,\n", count: 9000) + "\"rows\": [{}]}\n"
        let other = read(Array(far.utf8), inChunksOf: size) { JSONReader(layout: .byFirstByte) }
        #expect(other.problem?.hint?.hasPrefix("Put the object into an array") == true)
    }

    @Test(
        "Lines that belong to an object or array over several lines are no rows",
        arguments: [
            (twoArrays, "not_json_lines@1:1"), ("[\n{\"a\":1}\n]\n", "not_json_lines@1:1"),
            ("[{\"a\":1},\n{\"a\":2}]\n", "not_json_lines@1:1"), ("\n {\"a\":{\n", "not_json_lines@2:2"),
            ("{\"z\":0}\n{ \"q\": [\n{\"a\":1}\n]}\n{\"a\":2}\n", "not_json_lines@2:1"),
            ("{\"z\":0}\nx\n  { q: [\n{\"a\":1}\n  ]\n}\n", "not_json_lines@3:3"),
        ])
    func documentInLines(_ text: String, _ expected: String) {
        #expect(summary(json(text, layout: .lines).problem) == expected)
    }

    @Test("A broken line that may stand for itself is a bad row alone, also as the first or the last one")
    func brokenLineAlone() {
        let first = json("{\"a\":\"x\"y\"}\n{\"a\":1}\n", layout: .lines)
        #expect(first.rows.map { $0.problem?.reason } == ["bad_json", nil])
        let cutOff = json("{\"a\":0}\n{\"a\":{\n{\"a\":1}\n", layout: .lines)
        #expect(cutOff.rows.map { $0.problem?.reason } == [nil, "bad_json", nil])
        let only = json("{\"a\":{", layout: .lines, finalNewline: .optional)
        #expect(only.rows.map { $0.problem?.reason } == ["bad_json"])
    }

    @Test("A member that no rule uses may come twice")
    func unusedMembers() {
        let rule = MappingRule(
            destinations: ["cache"], fields: [FieldRule(name: "BID", source: .column("q.bid"))])
        func reasons(_ row: String) -> [String?] {
            json("[\(row)]", using: rule.usedColumns).rows.map { $0.problem?.reason }
        }
        #expect(reasons(#"{"RIC":"A","q":{"bid":1,"x":2,"x":3},"note":{"b":1},"note":2,"note":[]}"#) == [nil])
        #expect(reasons(#"{"RIC":"A","q":{"bid":1,"bid":2}}"#) == ["duplicate_key"])
        #expect(reasons(#"{"RIC":"A","q":{"bid":1},"q":{"ask":2}}"#) == ["duplicate_key"])
        #expect(reasons(#"{"ric":"A","ric":"B","q":{"bid":1}}"#) == ["duplicate_key"])
    }

    @Test("A last line without a line end is refused, unless the rule allows it")
    func finalNewline() {
        #expect(summary(json("{\"a\":1}\n{\"a\":2}").problem) == "no_final_newline@2:8")
        #expect(json("{\"a\":1}\n{\"a\":2}", finalNewline: .optional).cells == [["a=number:1"], ["a=number:2"]])
        #expect(json("{\"a\":1}\n  ").cells == [["a=number:1"]])
        #expect(summary(json("", layout: .lines).problem) == "empty_file@0:0")
        #expect(summary(json("\n\n", layout: .lines).problem) == "empty_file@0:0")
    }

    @Test("32 objects and arrays may stand inside each other, not 33", arguments: ["[", "{\"x\":"])
    func depth(_ opening: String) {
        func row(_ depth: Int) -> String {
            let close = opening == "[" ? "]" : "}"
            return "{\"a\":" + String(repeating: opening, count: depth - 1) + "1"
                + String(repeating: close, count: depth - 1) + "}"
        }
        #expect(json("[\(row(32))]").problem == nil)
        #expect(json("[\(row(32))]").rows.count == 1)
        #expect(json("[\(row(33))]").problem?.reason == "too_deep")
        let lines = json("{\"b\":1}\n\(row(33))\n{\"b\":2}\n")
        #expect(lines.rows.map { $0.problem?.reason } == [nil, "too_deep", nil])
    }

    @Test("Names made of data are refused before they fill the memory")
    func tooManyColumns() {
        let text = "[" + (0..<20_000).map { "{\"n\($0)\":1}" }.joined(separator: ",\n") + "]"
        #expect(
            read(Array(text.utf8), inChunksOf: 4096) { JSONReader(layout: .array) }.problem?.reason
                == "too_many_columns")
    }

    @Test("A row without end is refused", arguments: [65_536, 10_000_000])
    func longRow(_ size: Int) {
        for head in ["[\n", "{}\n"] {
            let text = head + "{\"a\":\"" + String(repeating: "x", count: rowBytesMax + 1)
            let file = read(Array(text.utf8), inChunksOf: size) { JSONReader(layout: .byFirstByte) }
            #expect(summary(file.problem) == "row_too_long@2:0")
        }
    }

    @Test("Rejected rows of an array make an array again")
    func frame() {
        let file = json("[{\"a\":1},\n  {\"a\":2} ]")
        let text =
            file.prologue + file.frame.opening + file.sources.joined(separator: file.frame.separator)
            + file.frame.closing
        #expect(text == "[\n{\"a\":1},\n{\"a\":2}\n]\n")
        #expect(json(text).cells == file.cells)
    }
}

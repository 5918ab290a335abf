import PostboxCore
import Testing

@Suite("Values of a document")
struct DocumentScanTests {
    @Test(
        "A value that encloses the row, or the only one of the file",
        arguments: [
            // Before and behind the rows, and in what encloses them.
            (#"{"r":[{"a":1}],"m":{"x":"v"}}"#, "/m/x", "v"), (#"{"m":{"x":"v"},"r":[{"a":1}]}"#, "/m.x", "v"),
            (#"{"x":null,"r":[{"a":1}]}"#, "/x", ""), (#"{"r":[{"a":1}]}"#, "/x", "-"),
            (#"{"m":[{"x":"v"}],"r":[{"a":1}]}"#, "/m/x", "v"),
            (#"{"m":[{"x":"v"},{"x":"w"}],"r":[{"a":1}]}"#, "/m[1].x", "w"),
            (#"{"m":[{"x":"v"},{"x":"w"}],"r":[{"a":1}]}"#, "/m/x", "ambiguous_path"),
            (#"{"f":[{"v":1,"n":"A"},{"v":2,"n":"B"}],"r":[{"a":1}]}"#, "/f[n=B].v", "2"),
            (#"{"f":[{"v":1,"n":"B"},{"v":2,"n":"B"}],"r":[{"a":1}]}"#, "/f[n=B].v", "ambiguous_path"),
            (#"{"f":[{"v":1,"n":"C"}],"r":[{"a":1}]}"#, "/f[n=B].v", "-"),
            (#"{"x":"a\u0062","r":[{"a":1}]}"#, "/x", "ab"),
            (#"{"m":{"x":1},"m":{"y":2},"r":[{"a":1}]}"#, "/m/x", "duplicate_key"),
            (#"{"r":[{"a":1}]"#, "/x", "truncated"),
        ])
    func json(_ text: String, _ path: String, _ value: String) {
        #expect(value == outcome(readDocument(text, .json, ruleOf(["a", path], rows: .path("r"))), path))
    }

    @Test(
        "The same of XML",
        arguments: [
            ("<d><r a='1'/><m x='v'/></d>", "/d/m@x", "v"), ("<d><m><x> v </x></m><r a='1'/></d>", "/d/m/x", " v "),
            ("<d x='v'><r a='1'/></d>", "/d@x", "v"), ("<d x='v'><r a='1'/></d>", "/d/x", "v"),
            ("<d><m><x>1</x></m><m><x>2</x></m><r a='1'/></d>", "/d/m/x", "ambiguous_path"),
            ("<d><m><x>1</x></m><m><x>2</x></m><r a='1'/></d>", "/d/m[1]/x", "2"),
            ("<d><m t='a'><x>1</x></m><m t='b'><x>2</x></m><r a='1'/></d>", "/d/m[@t=b]/x", "2"),
            ("<d><m><x>1</x><t>a</t></m><m><x>2</x><t>b</t></m><r a='1'/></d>", "/d/m[t=a]/x", "1"),
            ("<d><x/><r a='1'/></d>", "/d/x", ""), ("<d><x t='1'/><r a='1'/></d>", "/d/x", "-"),
            ("<d><r a='1'/></d>", "/d/x", "-"), ("<d><m><x><y/></x></m><r a='1'/></d>", "/d/m/x", ""),
            ("<d><x>1</x><x>2</x><r a='1'/></d>", "/d/x", "ambiguous_path"),
        ])
    func xml(_ text: String, _ path: String, _ value: String) {
        #expect(value == outcome(readDocument(text, .xml, ruleOf(["@a", path], rows: .path("/d/r"))), path))
    }

    /// The value of the first row; `-`: it has none; the reason when the file is refused.
    private func outcome(_ file: ReadFile, _ path: String) -> String {
        if let problem = file.problem { return problem.reason }
        let cell = file.cells.first?.first { $0.hasPrefix(path + "=") }
        return cell.map { String($0.dropFirst(path.count + 1).drop { $0 != ":" }.dropFirst()) } ?? "-"
    }

    @Test("A row in an element that lacks the value has none, though another element has the only one")
    func lacking() {
        let text = "<d><g t='1'><r a='1'/></g><g><r a='2'/></g></d>"
        let file = readDocument(text, .xml, ruleOf(["@a", "/d/g@t"], rows: .path("/d/g/r")))
        #expect(file.values == [["1", "1"], ["2"]])
    }

    @Test("A value may stand deep in what encloses the row")
    func deep() {
        let text = """
            <d><g><k><v n='f' x='0'/><v n='c' x='1'/></k><r a='1'/><r a='2'/></g>\
            <g><r a='3'/><k><v n='c' x='2'/></k></g><g><k/><r a='4'/></g></d>
            """
        let file = readDocument(text, .xml, ruleOf(["@a", "/d/g/k/v[@n=c]@x"], rows: .path("/d/g/r")))
        #expect(file.values == [["1", "1"], ["2", "1"], ["3", "2"], ["4"]])
        let json = #"{"g":[{"m":{"c":"x"},"r":[{"a":1}]},{"r":[{"a":2}],"m":{"c":"y"}},{"r":[{"a":3}]}]}"#
        let same = readDocument(json, .json, ruleOf(["a", "/g.m.c"], rows: .path("g.r")))
        #expect(same.values == [["1", "x"], ["2", "y"], ["3"]])
        let two = "<d><g><k x='1'/><k x='2'/><r a='1'/></g></d>"
        #expect(
            outcome(readDocument(two, .xml, ruleOf(["@a", "/d/g/k@x"], rows: .path("/d/g/r"))), "") == "ambiguous_path")
    }

    @Test("Too many values are refused with words, not kept")
    func bounds() {
        let text = "<d>" + String(repeating: "<x>1</x>", count: 100_001) + "<r a='1'/></d>"
        let rule = ruleOf(["@a", "/d/x"], rows: .path("/d/r"))
        #expect(throws: FileProblem.self) { try scan(Array(text.utf8), inChunksOf: 1 << 16, rule, .xml) }
    }

    @Test("Arrays side by side are rows")
    func zip() {
        let text = #"{"symbol":"A","t":[1,2,3],"c":{"q":[{"bid":[1.50,null,"x"]}]}}"#
        let file = readDocument(text, .json, ruleOf(["/symbol"], rows: .zip(["t", "c.q[0].bid"])))
        #expect(
            file.cells == [
                ["t=number:1", "c.q[0].bid=number:1.50", "/symbol=string:A"],
                ["t=number:2", "c.q[0].bid=null:", "/symbol=string:A"],
                ["t=number:3", "c.q[0].bid=string:x", "/symbol=string:A"],
            ])
        #expect(file.sources == ["1", "2", "3"])
    }

    @Test(
        "Arrays that do not go together are refused",
        arguments: [
            (#"{"t":[1,2],"b":[1]}"#, "arrays_differ"), (#"{"t":[1,2]}"#, "rows_missing"),
            (#"{"t":[1,2],"b":null}"#, "rows_missing"),
            (#"{"t":[1,2],"b":5}"#, "not_an_array"), (#"{"t":[1,2],"b":{}}"#, "not_an_array"),
            (#"{"t":[1],"b":[1],"b":[2]}"#, "duplicate_key"),
            (#"[{"t":[1],"b":[1]},{"t":[1]}]"#, "ambiguous_path"),
        ])
    func zipRefused(_ text: String, _ reason: String) {
        #expect(readDocument(text, .json, ruleOf([], rows: .zip(["t", "b"]))).problem?.reason == reason)
    }
}

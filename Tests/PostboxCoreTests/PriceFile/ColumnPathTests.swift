import PostboxCore
import Testing

@Suite("Paths of columns")
struct ColumnPathTests {
    typealias Step = ColumnPath.Step

    @Test(
        "Each form is read",
        arguments: [
            ("bid", false, [.name(utf8("bid"))]),
            ("quote.bid", false, [.name(utf8("quote")), .name(utf8("bid"))]),
            ("bid@time", false, [.name(utf8("bid")), .attribute(utf8("time"))]),
            ("@time", false, [.attribute(utf8("time"))]),
            ("px[0]", false, [.name(utf8("px")), .index(0)]),
            ("px[1][2].a", false, [.name(utf8("px")), .index(1), .index(2), .name(utf8("a"))]),
            (
                "field[name=BID].value", false,
                [
                    .name(utf8("field")), .member(isAttribute: false, name: utf8("name"), value: utf8("BID")),
                    .name(utf8("value")),
                ]
            ),
            (
                "Full[@Typ=6]@Px", false,
                [
                    .name(utf8("Full")), .member(isAttribute: true, name: utf8("Typ"), value: utf8("6")),
                    .attribute(utf8("Px")),
                ]
            ),
            (
                "f[n='a]b'].v", false,
                [.name(utf8("f")), .member(isAttribute: false, name: utf8("n"), value: utf8("a]b")), .name(utf8("v"))]
            ),
            (
                "/Envelope/Cube@time", true,
                [.name(utf8("Envelope")), .name(utf8("Cube")), .attribute(utf8("time"))]
            ),
            ("/meta/asof", true, [.name(utf8("meta")), .name(utf8("asof"))]),
            ("/meta.asof", true, [.name(utf8("meta")), .name(utf8("asof"))]),
            ("Ask Px", false, [.name(utf8("Ask Px"))]),
            ("bid/ask", false, [.name(utf8("bid/ask"))]),
            ("\"Px [EUR]\".bid", false, [.name(utf8("Px [EUR]")), .name(utf8("bid"))]),
            ("\"say \"\"hi\"\"\"", false, [.name(utf8("say \"hi\""))]),
            ("*", false, [.name(utf8("*"))]),
            ("Größe", false, [.name(utf8("Größe"))]),
        ] as [(String, Bool, [ColumnPath.Step])])
    func forms(_ text: String, _ isFromRoot: Bool, _ steps: [ColumnPath.Step]) throws {
        let path = try ColumnPath(parsing: text)
        #expect(path.steps == steps)
        #expect(path.isFromRoot == isFromRoot)
    }

    @Test(
        "What is no path is told with its place",
        arguments: [
            ("", "character 1 a name"), ("a..b", "character 3 a name"), ("a.", "character 3 a name"),
            ("/", "character 2 a name"), ("a[", "character 3 a name"), ("a[x]", "character 4 an ="),
            ("a[x=1", "character 2 the bracket"), ("a[]", "character 3 a number"), ("a]b", "character 2 a dot"),
            ("@", "character 2 a name"), ("a@b.c", "character 4 nothing"), ("\"a", "character 1 the quote"),
            ("Größe[", "character 7 a name"), ("a[99999999999999999999]", "character 3 a number"),
        ])
    func mistakes(_ text: String, _ words: String) {
        let mistake = #expect(throws: SettingsMistake.self) { try ColumnPath(parsing: text) }
        #expect(mistake?.expected.contains(words) == true, "\(mistake?.expected ?? "")")
    }

    @Test("The rows' path begins at the root, and a star in it is each member")
    func ofRows() throws {
        let path = try ColumnPath(ofRows: "quotes.*")
        #expect(path == (try ColumnPath(ofRows: "/quotes/*")))
        #expect(path.isFromRoot)
        #expect(path.steps == [.name(utf8("quotes")), .any])
        #expect(try ColumnPath(ofRows: "\"*\".a").steps == [.name(utf8("*")), .name(utf8("a"))])
        #expect(try ColumnPath(ofRows: "[1]").steps == [.index(1)])
        #expect(throws: SettingsMistake.self) { try ColumnPath(ofRows: "a[@b=1]") }
    }

    @Test("A rule tells which of its paths are none")
    func ofRule() {
        var rule = ruleOf(["/a[", "b[", "$x[", "c"], rows: .path("a..b"))
        #expect(rule.pathMistakes.map(\.path) == ["a..b"])
        rule.format = .json
        #expect(rule.pathMistakes.map(\.path) == ["a..b", "/a[", "b["])
        #expect(rule.pathMistakes.map(\.key) == [.rows, .fields, .fields])
        rule.layout = nil
        #expect(rule.pathMistakes.map(\.path) == ["/a[", "b["])
        rule.format = .csv
        #expect(rule.pathMistakes.isEmpty)
        rule.layout = FileLayout(rows: .zip(["a", "b["]))
        #expect(rule.pathMistakes.map(\.path) == ["b["])
    }

    @Test(
        "A name that only looks like a path is none: a member's, an element's as long as none is looked for by path, a cell's of a group"
    )
    func names() {
        var rule = ruleOf(["a.", "b..c", "Px [EUR]", "x]"], rows: nil)
        rule.format = .json
        #expect(rule.pathMistakes.isEmpty)
        rule.fields = ["'b['", "c"].map { FieldRule(name: "F", source: .column($0)) }
        #expect(rule.pathMistakes.isEmpty)
        rule = ruleOf(["a.", "b..c", ".d", "x]"], rows: nil)
        rule.format = .xml
        #expect(rule.pathMistakes.map(\.path) == [".d", "x]"])
        rule.fields = ["a.", "@t"].map { FieldRule(name: "F", source: .column($0)) }
        #expect(rule.pathMistakes.map(\.path) == ["a."])
        rule.fields = ["'a.'", "@t"].map { FieldRule(name: "F", source: .column($0)) }
        #expect(rule.pathMistakes.isEmpty)
        rule = ruleOf(["a.", "x]"], rows: .path("/d/q"))
        rule.format = .xml
        #expect(rule.pathMistakes.map(\.path) == ["a.", "x]"])
        var shape = RowShape()
        shape.group = RowGroup(by: ["R"], field: "F", value: "V")
        rule.shape = shape
        #expect(rule.pathMistakes.isEmpty)
    }

    @Test(
        "A dotted name needs no tree",
        arguments: [
            ("quote.bid", false), ("Ask Px", false), ("bid/ask", false), ("$file", false), ("$key", true),
            ("@time", true), ("px[0]", true), ("/a", true), ("\"a.b\"", true),
        ])
    func needed(_ text: String, _ isNeeded: Bool) {
        #expect(ColumnPath.isNeeded(for: text) == isNeeded)
    }
}

private func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

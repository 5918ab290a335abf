import PostboxCore
import Testing

@Suite("XML reader")
struct XMLReaderTests {
    private func xml(
        _ text: String, rowElement: String? = nil, using usedColumns: UsedColumns? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> ReadFile {
        let file = readInEveryWay(text, sourceLocation: sourceLocation) {
            XMLReader(rowElement: rowElement, usedColumns: usedColumns)
        }
        for piece in [1, nil] {
            let other = read(Array(text.utf8), inChunksOf: max(text.utf8.count, 1)) {
                XMLReader(rowElement: rowElement, usedColumns: usedColumns, pieceBytes: piece)
            }
            if file.problem == nil { #expect(other == file, sourceLocation: sourceLocation) }
        }
        return file
    }

    @Test(
        "Attributes and child elements are columns, their text as it is",
        arguments: [
            ("<r><a>1</a><b> x </b></r>", ["a=plain:1", "b=padded: x "]),
            ("<r><a>\n  6.85\n</a><b>\t</b><c>x </c></r>", ["a=padded:\n  6.85\n", "b=padded:\t", "c=padded:x "]),
            ("<r a=' x' b='y&#10;' c='x y'/>", ["a=padded: x", "b=padded:y\n", "c=plain:x y"]),
            ("<r a='1' b=\"2\"/>", ["a=plain:1", "b=plain:2"]),
            ("<r a='>' b='/>'><c>></c></r>", ["a=plain:>", "b=plain:/>", "c=plain:>"]), ("<r/>", []), ("<r></r>", []),
            ("<r><a/><b></b></r>", ["a=plain:", "b=plain:"]), ("<r>\n <a>1</a>\n</r>", ["a=plain:1"]),
            ("<r><a>&lt;&amp;&gt;&quot;&apos;&#233;&#x20AC;</a></r>", ["a=plain:<&>\"'é€"]),
            ("<r b='&lt;&#10;&amp;'/>", ["b=plain:<\n&"]),
            ("<r><a>x<![CDATA[<&>]]>y</a></r>", ["a=plain:x<&>y"]),
            ("<r><a>1<!-- - -->2</a><?pi x?></r>", ["a=plain:12"]),
            (
                "<r><q ccy='EUR'><bid>1</bid> <ask s='x'>2</ask></q><z>3</z></r>",
                ["q.ccy=plain:EUR", "q.bid=plain:1", "q.ask.s=plain:x", "q.ask=plain:2", "z=plain:3"]
            ),
            ("<r><q bid='1'/></r>", ["q.bid=plain:1"]), ("<r><a>Zürich 😀</a></r>", ["a=plain:Zürich 😀"]),
            ("<r\n  a='1'\n>\n<b>2</b ></r\n>", ["a=plain:1", "b=plain:2"]),
            (
                "<r><a>\(String(repeating: "é", count: 2000))</a></r>",
                ["a=plain:\(String(repeating: "é", count: 2000))"]
            ),
        ])
    func values(_ row: String, _ expected: [String]) {
        let file = xml(
            "<?xml version='1.0' encoding='utf-8'?>\n<!-- é -->\n<root x='1'>\n  \(row)\n\(row)<!-- > -->\(row)\n</root>\n"
        )
        #expect(file.problem == nil)
        #expect(file.cells == [expected, expected, expected])
        #expect(file.sources == [row, row, row])
        let height = row.filter { $0 == "\n" }.count
        #expect(file.rows.map(\.line) == [4, 5 + height, 5 + 2 * height])
        #expect(file.prologue == "<?xml version='1.0' encoding='utf-8'?>\n<!-- é -->\n<root x='1'>\n  ")
    }

    @Test("Namespaces do not matter to columns, and rejected rows keep them")
    func namespaces() {
        let file = xml(
            "\u{FEFF}<p:data xmlns:p='urn:x'><p:row p:a='1'><p:b>2</p:b></p:row><p:row><p:b>3</p:b></p:row></p:data>")
        #expect(file.cells == [["a=plain:1", "b=plain:2"], ["b=plain:3"]])
        let text =
            file.prologue + file.frame.opening + file.sources.joined(separator: file.frame.separator)
            + file.frame.closing
        #expect(
            text
                == "\u{FEFF}<p:data xmlns:p='urn:x'><p:row p:a='1'><p:b>2</p:b></p:row>\n<p:row><p:b>3</p:b></p:row>\n</p:data>\n"
        )
        #expect(xml(text).cells == file.cells)
    }

    private static let head =
        "<d xmlns='urn:x' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='urn:x x.xsd'>\n"

    @Test(
        "An element that is nil by XML Schema is null",
        arguments: [
            "<r><RIC>A</RIC><BID xsi:nil='true'/></r>", "<r><RIC>A</RIC><BID xsi:nil=\"1\"></BID></r>",
            "<r xsi:type='row' xml:lang='en'><RIC xsi:nil='false'>A</RIC><BID xsi:nil=' true '>\n </BID></r>",
            "<r><RIC xml:space='preserve'>A</RIC><BID xmlns:s='http://www.w3.org/2001/XMLSchema-instance' s:nil='1'/></r>",
        ])
    func nilElements(_ row: String) {
        let file = xml(Self.head + row + "\n" + row + "\n</d>")
        #expect(file.problem == nil)
        #expect(file.columns.map(\.name) == ["RIC", "BID"])
        #expect(file.cells == Array(repeating: ["RIC=plain:A", "BID=null:"], count: 2))
        #expect(file.sources == [row, row])
    }

    @Test("A nil element keeps its other attributes, and a prefix that nobody declared is known by its usual name")
    func nilElementDetails() {
        #expect(
            xml("<d><r><BID xsi:nil='true' src='x'/></r><r><BID>1</BID></r></d>").cells
                == [["BID.src=plain:x", "BID=null:"], ["BID=plain:1"]])
        // Nil by another namespace's word, in so many letters, or by none's.
        for mark in ["p:nil='true'", "p:null='true'", "null='true'", "nil=\"true\""] {
            #expect(xml("<d xmlns:p='urn:p'><r><BID \(mark)/></r></d>").cells == [["BID=null:"]])
        }
        #expect(xml("<d xmlns:p='urn:p'><r><BID p:null='no'/></r></d>").cells == [["BID.null=plain:no"]])
        #expect(xml("<d><r nil='true'><BID xml:lang='en'/></r></d>").cells == [["nil=plain:true", "BID=plain:"]])
    }

    @Test("An element that says it is nil and holds a value is a bad row")
    func filledNil() {
        let file = xml(Self.head + "<r><BID xsi:nil='true'>1</BID></r><r><BID xsi:nil='1'><x/></BID></r><r/></d>")
        #expect(file.rows.map { $0.problem?.reason } == ["filled_nil", "filled_nil", nil])
        #expect(file.rows.first?.problem?.columnName == "BID")
    }

    @Test("An element or attribute that no rule uses may come twice, and hold both text and elements")
    func unusedElements() {
        let rule = MappingRule(
            destinations: ["cache"], fields: [FieldRule(name: "BID", source: .column("q.bid"))])
        let file = xml(
            """
            <d><r RIC='A' note='1'><q><bid>1</bid><x/><x/></q><note>some <b>bold</b> <b>text</b></note></r>
            <r RIC='A'><q><bid>1</bid><bid>2</bid></q></r>
            <r RIC='A'><q><bid>1</bid></q><q><ask>2</ask></q></r>
            <r RIC='A'><q>text<bid>1</bid></q></r>
            <r RIC='A' ric='B'><q><bid>1</bid></q></r>
            <r RIC='A'>text<q><bid>1</bid></q></r></d>
            """, using: rule.usedColumns)
        #expect(file.problem == nil)
        #expect(
            file.rows.map { $0.problem?.reason }
                == [nil, "duplicate_column", "duplicate_column", "stray_text", nil, "stray_text"])
    }

    @Test("Columns below the first level are nested")
    func nestedColumns() {
        let file = xml("<d><r a='1'><b><c>2</c></b></r></d>")
        #expect(file.columns == [Column(name: "a", isAttribute: true), Column(name: "b.c", isNested: true)])
    }

    @Test("A named row element is taken from among others, and they are skipped with all they hold")
    func rowElement() {
        let file = xml("<d><head>text<row>no</row></head><row a='1'/><x/><row a='2'/>\n</d>", rowElement: "row")
        #expect(file.cells == [["a=plain:1"], ["a=plain:2"]])
        #expect(file.prologue == "<d><head>text<row>no</row></head>")
    }

    @Test(
        "A broken file is refused with the place",
        arguments: [
            ("", "empty_file@0:0"), (" \n", "empty_file@0:0"), ("<d>", "truncated@1:4"),
            ("<d>\n<r><a>1</a></r>", "truncated@2:16"),
            ("<d>\n<r><a>é", "truncated@2:8"), ("<d><r", "truncated@1:6"), ("<!-- x", "truncated@1:7"),
            ("<!DOCTYPE d><d/>", "doctype@1:1"),
            ("\n<!-- x --> <!DOCTYPE d [<!ENTITY e 'x'>]><d><r>&e;</r></d>", "doctype@2:12"),
            ("<d><r/>\n <é/></d>", "mixed_elements@2:2"), ("<d>\n<r/>x</d>", "stray_text@2:0"),
            ("<d><r a='1' a='2'/></d>", "bad_xml"),
            ("<d><r><a>1</b></r></d>", "bad_xml"), ("<d><r><a>&eacute;</a></r></d>", "unknown_entity"),
            ("<d/>x", "bad_xml"),
            ("x", "bad_xml"), ("<d><r a=1/></d>", "bad_xml"), ("<d><r><a>1 & 2</a></r></d>", "bad_xml"),
            ("<d/><d/>", "bad_xml"),
            ("<d><r a='<'/></d>", "bad_xml"),
        ])
    func brokenFile(_ text: String, _ expected: String) {
        let problem = readReasonInEveryWay(text)
        #expect(summary(problem).hasPrefix(expected))
        #expect(problem?.what.contains("\n") == false)
    }

    /// libxml2's own words may depend on the chunks; the reason must not.
    private func readReasonInEveryWay(_ text: String) -> FileProblem? {
        let whole = read(Array(text.utf8), inChunksOf: max(text.utf8.count, 1)) { XMLReader() }
        for size in [1, 2, 3, 7] {
            let part = read(Array(text.utf8), inChunksOf: size) { XMLReader() }
            #expect(part.problem?.reason == whole.problem?.reason, "in chunks of \(size)")
            #expect(part.problem?.line == whole.problem?.line, "in chunks of \(size)")
        }
        return whole.problem
    }

    @Test("Mixed elements are both named")
    func mixedElementsWords() {
        let problem = xml("<d><row/><line/></d>").problem
        #expect(problem?.what.contains("row and line") == true)
        #expect(problem?.hint?.contains("row_element") == true)
    }

    @Test("An element that is not closed is told in libxml2's words, on one line")
    func mismatchWords() {
        let problem = xml("<d>\n<r><a>1</b></r></d>").problem
        #expect(problem?.line == 2)
        #expect(problem?.what.contains("mismatch") == true)
    }

    @Test("A file that was cut off anywhere is told to be cut off, whatever the chunks")
    func everyTruncation() {
        let text = Array(
            "<?xml version='1.0'?><!-- c --><d x='&lt;'>\n<r a='1' ><b>é&amp;&#233;x</b><c/><!-- c --></r><r><b><![CDATA[x]]></b></r></d>"
                .utf8)
        for count in 1..<text.count {
            for size in [1, 2, 3, 7, 1000] {
                let file = read(Array(text[..<count]), inChunksOf: size) { XMLReader() }
                let isMidCharacter = text[count] & 0xC0 == 0x80
                let reason = file.problem?.reason
                #expect(
                    reason == (isMidCharacter ? "bad_byte" : "truncated"), "after \(count) bytes, chunks of \(size)")
            }
        }
    }

    @Test("An & by itself is named, also when no semicolon follows for long")
    func loneAmpersand() {
        let text = "<d>\n<r><a>1 & 2</a></r>" + String(repeating: "<r><a>12345</a></r>\n", count: rowBytesMax / 16)
        let problem = read(Array(text.utf8), inChunksOf: 65_536) { XMLReader() }.problem
        #expect(problem?.reason == "bad_xml")
        #expect(problem?.line == 2)
    }

    @Test("Nothing outside the file is read")
    func externalEntity() {
        let text = "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><d><r><a>&e;</a></r></d>"
        #expect(xml(text).problem?.reason == "doctype")
    }

    @Test(
        "A bad row is named, and the rows around it are read",
        arguments: [
            ("<r><a>1</a><a>2</a></r>", "duplicate_column@2:12"), ("<r a='1'><a>2</a></r>", "duplicate_column@2:10"),
            ("<r>x<a>2</a></r>", "stray_text@2:0"), ("<r><a>2</a>é</r>", "stray_text@2:0"),
            ("<r><a>x<b>1</b></a></r>", "stray_text@2:0"), ("<r><a><b>1</b>x</a></r>", "stray_text@2:0"),
            ("<r><a><b>1</b><b>2</b></a></r>", "duplicate_column@2:15"),
        ])
    func badRow(_ row: String, _ expected: String) {
        let file = xml("<d><r><a>1</a></r>\n\(row)<r><a>2</a></r></d>")
        #expect(file.problem == nil)
        #expect(file.cells == [["a=plain:1"], [], ["a=plain:2"]])
        #expect(summary(file.rows.dropFirst().first?.problem) == expected)
        #expect(file.sources == ["<r><a>1</a></r>", row, "<r><a>2</a></r>"])
    }

    @Test("32 elements may stand inside each other, not 33")
    func depth() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + "1" + String(repeating: "</a>", count: depth)
        }
        #expect(xml(nested(32)).rows.count == 1)
        #expect(xml(nested(33)).problem?.reason == "too_deep")
    }

    @Test("A row without end is refused", arguments: [65_536, 10_000_000])
    func longRow(_ size: Int) {
        let text = "<d>\n<r>" + String(repeating: "<a>123456</a>", count: rowBytesMax / 8)
        let file = read(Array(text.utf8), inChunksOf: size) { XMLReader() }
        #expect(summary(file.problem) == "row_too_long@2:0")
    }

    @Test(
        "Rows keep their exact bytes over a file much larger than libxml2's buffer",
        arguments: [1000, 4096, 262_144, 10_000_000])
    func manyRows(_ size: Int) {
        let rows = (0..<20_000).map { "<row id='>\($0)'><bid>\($0).5</bid><name>Zürich &amp; \($0)</name></row>" }
        let text = "<d>\n" + rows.joined(separator: "\n") + "\n</d>"
        let file = read(Array(text.utf8), inChunksOf: size) { XMLReader() }
        #expect(file.sources == rows)
        #expect(file.rows.map(\.line) == Array(2...20_001))
        #expect(file.rows.last?.cells == ["id=plain:>19999", "bid=plain:19999.5", "name=plain:Zürich & 19999"])
    }
}

import PostboxCore
import Testing

@Suite("XML whose rows lie deeper")
struct XMLTreeReaderTests {
    private func read(
        _ text: String, _ columns: [String], rows: String?, rowElement: String? = nil, takesAll: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> ReadFile {
        readDocument(
            text, .xml, ruleOf(columns, rows: rows.map { .path($0) }, rowElement: rowElement), takesAll: takesAll,
            sourceLocation: sourceLocation)
    }

    private static let cubes = """
        <?xml version="1.0" encoding="UTF-8"?>
        <g:Envelope xmlns:g="urn:test:envelope" xmlns="urn:test:rates">
        \t<g:Sender>
        \t\t<g:name>Bank of Nowhere</g:name>
        \t</g:Sender>
        \t<Cube>
        \t\t<Cube time='2026-03-04'>
        \t\t\t<Cube currency='USD' rate='1.0725'/>
        \t\t\t<Cube currency='JPY' rate='164.21'/>
        \t\t</Cube>
        \t\t<Cube time='2026-03-03'>
        \t\t\t<Cube currency='USD' rate='1.0731'/>
        \t\t</Cube>
        \t</Cube>
        </g:Envelope>
        """

    @Test("Rows at exactly one place, each with the value of what encloses it")
    func nestedCubes() {
        let file = read(
            Self.cubes, ["@currency", "@rate", "/Envelope/Cube/Cube@time", "/Envelope/Sender/name"],
            rows: "/Envelope/Cube/Cube/Cube")
        #expect(file.problem == nil)
        #expect(
            file.values == [
                ["USD", "1.0725", "2026-03-04", "Bank of Nowhere"], ["JPY", "164.21", "2026-03-04", "Bank of Nowhere"],
                ["USD", "1.0731", "2026-03-03", "Bank of Nowhere"],
            ])
        #expect(file.rows.map(\.line) == [8, 9, 12])
        #expect(file.sources[1] == "<Cube currency='JPY' rate='164.21'/>")
    }

    @Test("Children of one name are told apart by what they say")
    func childrenByType() {
        let text = """
            <FIXML>
            <Batch>
              <M BizDt="2026-03-04">
                <I Sym="A"><E T="121" Dt="2026-03-06"/><E T="114" Dt="2026-03-04"/></I>
                <Full Typ="6" Px="1.24315"/><Full Typ="B" Sz="0"/>
              </M>
              <M BizDt="2026-03-05">
                <I Sym="B"/>
                <Full Typ="B" Sz="12"/>
              </M>
            </Batch>
            </FIXML>
            """
        let file = read(
            text, ["@BizDt", "Full[@Typ=6]@Px", "Full[@Typ=B]@Sz", "I.E[@T=121]@Dt", "I@Sym"], rows: "/FIXML/Batch/M")
        #expect(
            file.cells == [
                [
                    "@BizDt=plain:2026-03-04", "Full[@Typ=6]@Px=plain:1.24315", "Full[@Typ=B]@Sz=plain:0",
                    "I.E[@T=121]@Dt=plain:2026-03-06", "I@Sym=plain:A",
                ],
                ["@BizDt=plain:2026-03-05", "Full[@Typ=B]@Sz=plain:12", "I@Sym=plain:B"],
            ])
    }

    @Test(
        "Each form of a path finds its value, and nothing else",
        arguments: [
            ("bid", "<r bid='1'/>", "bid=plain:1"), ("bid", "<r><bid>1</bid></r>", "bid=plain:1"),
            ("bid", "<r><p:bid xmlns:p='x'>1</p:bid></r>", "bid=plain:1"),
            ("p:bid", "<r><bid>1</bid></r>", "p:bid=plain:1"),
            ("@bid", "<r><bid>1</bid></r>", ""), ("@bid", "<r bid='1'><bid>2</bid></r>", "@bid=plain:1"),
            ("bid", "<r><bid> 1\n</bid></r>", "bid=padded: 1\n"), ("bid", "<r><bid/></r>", "bid=plain:"),
            ("bid", "<r><bid t='x'/></r>", "bid=plain:"), ("bid@t", "<r><bid t='x'>5</bid></r>", "bid@t=plain:x"),
            ("a.b", "<r><a><b>1</b></a></r>", "a.b=plain:1"), ("a.b", "<r><a>1</a></r>", "a.b=nested:1"),
            ("a", "<r><a><b>1</b></a></r>", "a=nested:"), ("a.b", "<r><a> </a></r>", ""),
            ("a.b", "<r><a b='1'/></r>", "a.b=plain:1"), ("a[1]", "<r><a>1</a><c/><a>2</a></r>", "a[1]=plain:2"),
            ("a[2]", "<r><a>1</a><a>2</a></r>", ""),
            ("a[0].b", "<r><a><b>1</b></a><a><b>2</b></a></r>", "a[0].b=plain:1"),
            ("f[n=B].v", "<r><f><v>1</v><n>B</n></f><f><v>2</v><n>C</n></f></r>", "f[n=B].v=plain:1"),
            ("f[n=B].v", "<r><f n='B'><v>1</v></f></r>", "f[n=B].v=plain:1"),
            ("f[n='a b'].v", "<r><f n='a b'><v>1</v></f></r>", "f[n='a b'].v=plain:1"),
            ("f[n=B].v", "<r><f><n> B\n</n><v>1</v></f></r>", "f[n=B].v=plain:1"),
            ("a", "<r><a><![CDATA[x<y]]></a></r>", "a=plain:x<y"),
            ("a", "<r><a>x&amp;&#233;<!-- c -->z</a></r>", "a=plain:x&éz"),
            ("a", "<r><a i:nil='true' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'/></r>", "a=null:"),
            ("a", "<r xmlns:m='y'><a m:null='true' m:type='z'/></r>", "a=null:"),
            ("a", "<r><a nil='true'> </a></r>", "a=null:"),
            ("a", "<r xmlns:m='y'><a m:null='false'>1</a></r>", "a=plain:1"),
        ])
    func paths(_ path: String, _ row: String, _ cell: String) {
        for (text, rows) in [("<d><l>\(row)</l></d>", "/d/l/r"), ("<d>\(row)</d>", nil)] {
            let file = read(text, rows == nil ? [path, "$key"] : [path], rows: rows)
            #expect(file.problem == nil)
            #expect(file.rows.first?.problem == nil)
            #expect(file.cells == [cell.isEmpty ? [] : [cell]])
        }
    }

    @Test(
        "A row that cannot be read for certain is told",
        arguments: [
            ("a", "<r><a>1</a>\n<a>2</a></r>", "duplicate_column@2:0"),
            ("a", "<r a='1'><a>2</a></r>", "duplicate_column@1:0"),
            ("a@b", "<r><a b='1'/><a b='2'/></r>", "duplicate_column@1:0"),
            ("a[@t=1]", "<r><a t='1'>1</a><a t='1'>2</a></r>", "duplicate_column@1:0"),
            ("a", "<r>text<a>1</a></r>", "stray_text@1:0"), ("a.b", "<r><a>x<b>1</b></a></r>", "stray_text@1:0"),
            ("a", "<r xmlns:m='y'><a m:null='true'>1</a></r>", "filled_nil@1:0"),
            ("b", "<r><a>x<b/></a><b>1</b></r>", "none"),
        ])
    func badRows(_ path: String, _ row: String, _ problem: String) {
        #expect(summary(read("<d><l>\(row)</l></d>", [path], rows: "/d/l/r").rows.first?.problem) == problem)
    }

    @Test(
        "A document that is broken, or has no such rows, is refused",
        arguments: [
            ("<d><x><r a='1'/></x></d>", "rows_missing"), ("", "empty_file"), ("<d><l><r a='1'/></l>", "truncated"),
            ("<d><l><r a='1'></l></d>", "bad_xml"), ("<!DOCTYPE d><d/>", "doctype"),
            ("<d><l>&foo;<r a='1'/></l></d>", "unknown_entity"),
            ("<d><l>text<r a='1'/></l></d>", "stray_text"), (String(repeating: "<d>", count: 33), "too_deep"),
            ("{}", "bad_xml"), ("<d><l><r a='1'/></l></d><e/>", "bad_xml"), ("<d><l><r a='1 & 2'/></l></d>", "bad_xml"),
        ])
    func refused(_ text: String, _ reason: String) {
        #expect(read(text, ["@a"], rows: "/d/l/r").problem?.reason == reason)
    }

    @Test("Below the root, rows are of one name, or of the one that the rule names")
    func children() {
        #expect(read("<d><r a='1'/><s a='2'/></d>", ["@a"], rows: nil).problem?.reason == "mixed_elements")
        let file = read("<d><s a='2'/>\n<r a='1'/></d>", ["@a"], rows: nil, rowElement: "r")
        #expect(file.cells == [["@a=plain:1"]])
    }

    @Test("Without fields, every attribute and child of a row is a column; what lies in them is not passed over")
    func takesAll() {
        let file = read(
            "<d><l><r RIC='A'><BID t='1'>2</BID><x><y>1</y></x></r></l></d>", ["$key"], rows: "/d/l/r", takesAll: true)
        #expect(file.cells == [["RIC=plain:A", "BID=plain:2", "BID@t=plain:1", "x=nested:"]])
    }
}

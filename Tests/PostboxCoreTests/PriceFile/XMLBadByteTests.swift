import TestSupport
import Testing

@testable import PostboxCore

@Suite("Bytes in XML that are no text", .computing)
struct XMLBadByteTests {
    /// The bytes with 0xFF at each `~`.
    private static func bytes(_ text: String) -> [UInt8] { text.utf8.map { $0 == UInt8(ascii: "~") ? 0xFF : $0 } }

    private static func plain(_ element: String? = nil) -> () -> any PriceFileReader {
        { XMLReader(rowElement: element) }
    }

    private static func tree(_ rows: String) -> () -> any PriceFileReader {
        { XMLTreeReader(rows: rows, rowElement: nil, used: UsedColumns(["a", "@n"]), takesAll: true, document: nil) }
    }

    @Test("A row that has one is rejected with its place, in a value or in an attribute's; the others are read")
    func ownRow() {
        let text = """
            <d>
            <r n='1'><a>caf~</a></r>
            <r n='2'><a>tea</a></r>
            <r n='~~'>
            <a>~</a></r>
            <r n='4'><a>water</a></r>
            <r n='5'><a>\0</a></r><r n='6'><a>é</a></r>
            </d>
            """
        for make in [Self.plain(), Self.tree("/d/r")] {
            let file = readInEveryWay(Self.bytes(text), with: make)
            #expect(file.problem == nil)
            #expect(
                file.rows.map { summary($0.problem) } == [
                    "bad_byte@2:16", "none", "bad_byte@4:7", "none", "bad_byte@7:13", "none",
                ])
            #expect(file.rows.filter { $0.problem == nil }.map(\.line) == [3, 6, 7])
            #expect(file.sources[3] == "<r n='4'><a>water</a></r>")
            #expect(file.rows[0].problem?.what == "The byte 0xFF is not valid UTF-8 here.")
        }
    }

    @Test("Among many plain rows too, in any chunks")
    func manyRows() {
        let rows = (0..<3000).map { "<r n='\($0)'><a>\($0 % 500 == 7 ? "~" : "x")</a></r>\n" }
        let bytes = Self.bytes("<d>" + rows.joined() + "</d>")
        for size in [bytes.count, 1000, 4096] {
            for make in [Self.plain(), Self.tree("/d/r")] {
                let file = read(bytes, inChunksOf: size, with: make)
                #expect(file.problem == nil && file.rows.count == 3000)
                let bad = file.rows.filter { $0.problem != nil }
                #expect(bad.map(\.number) == [8, 508, 1008, 1508, 2008, 2508])
                #expect(bad.map(\.line) == bad.map(\.number))
                #expect(bad.allSatisfy { $0.problem?.line == $0.line && $0.problem?.reason == "bad_byte" })
            }
        }
    }

    @Test(
        "Where it may have damaged markup, or is no row's, the file is refused with the byte's place",
        arguments: [
            "<d><r n='1'/>~<r n='2'/></d>", "<d><r n='1'/></d>~", "~<d><r n='1'/></d>", "<d~><r n='1'/></d>",
            "<d><r n='1'/><!-- ~ --><r n='2'/></d>", "<d><!-- x -~><r n='1'/><!-- y --></d>",
            "<d><r><a><![CDATA[x]~></a></r><r><a><![CDATA[x]]></a></r></d>", "<?xml version='1.0'?~><d><r/></d>",
            // One that stands for a `<`: two rows become one, or a tag a text.
            "<d><r><a>1~/a></r></d>", "<d><r><a>1</a>~/r>~r><a>2</a></r></d>", "<d><r><a~1</a></r></d>",
            "<d><r n='1~></r></d>", "<d><r n=~1'></r></d>", "<d><r ~ n='1'/></d>", "<d><r><a>&am~;</a></r></d>",
            "<d><r><a>1</~></r></d>", "<d><r><~>1</a></r></d>", "<d><r><a>1</a></r></~>", "<d><r><a>caf~",
        ])
    func doubt(_ text: String) {
        for make in [Self.plain(), Self.tree("/d/r")] {
            let problem = readInEveryWay(Self.bytes(text), with: make).problem
            #expect(problem?.reason == "bad_byte", "\(text): \(problem?.text ?? "none")")
            #expect(problem?.line == 1, "\(text)")
        }
    }

    @Test("In an element that is no row it is the file's")
    func skippedElement() {
        let text = "<d><head>caf~</head><r n='1'/></d>"
        #expect(readInEveryWay(Self.bytes(text), with: Self.plain("r")).problem?.reason == "bad_byte")
        #expect(readInEveryWay(Self.bytes(text), with: Self.tree("/d/r")).problem?.reason == "bad_byte")
    }

    /// Any one byte of a document may be damaged: its row alone is rejected then, or the file is refused.
    @Test("No byte, wherever it stands, changes another row or adds or takes one unseen")
    func everyPlace() {
        let text = Array(
            """
            <?xml version="1.0"?>
            <d>
            <r n='1'><a>x&amp;é</a><b c="2"/></r>
            <!-- c --><r n='2'><a><![CDATA[<y>]]></a></r><r n="3"/>
            <r n='4'>
              <a>z</a>
            </r>
            </d>

            """.utf8)
        for (name, make) in [("plain", Self.plain()), ("named", Self.plain("r")), ("tree", Self.tree("/d/r"))] {
            let whole = read(text, inChunksOf: 1000, with: make)
            #expect(whole.rows.count == 4 && whole.problem == nil)
            var rejected = 0
            for index in text.indices {
                var damaged = text
                damaged[index] = 0xFF
                for size in [1000, 3] {
                    let file = read(damaged, inChunksOf: size, with: make)
                    if let problem = file.problem {
                        #expect(
                            ["bad_byte", "mixed_elements"].contains(problem.reason),
                            "\(name), byte \(index): \(problem.text)")
                        continue
                    }
                    rejected += 1
                    let bad = file.rows.filter { $0.problem != nil }
                    #expect(file.rows.count == 4 && bad.count == 1, "\(name), byte \(index)")
                    #expect(bad.first?.problem?.reason == "bad_byte", "\(name), byte \(index)")
                    let (ours, theirs) = (file.rows.filter { $0.problem == nil }, whole.rows)
                    #expect(ours.allSatisfy { row in theirs.contains { $0 == row } }, "\(name), byte \(index)")
                }
            }
            #expect(rejected > 30, "\(name)")
        }
    }

    @Test("A byte that the file's own encoding does not have is told as such, and its row lies where it did")
    func ownEncoding() throws {
        let text = "<?xml version='1.0' encoding='windows-1253'?><d><r n='1'><a>~</a></r><r n='2'><a>x</a></r></d>"
        var decoder = SourceDecoder(encoding: .utf8, format: .xml)
        var decoded: [UInt8] = []
        let source = text.utf8.map { $0 == UInt8(ascii: "~") ? 0xD2 : $0 }
        try source.withUnsafeBytes { bytes in
            try decoder.decode(bytes, isLast: true) { (piece, _) in decoded += piece }
        }
        for make in [Self.plain(), Self.tree("/d/r")] {
            let file = readInEveryWay(decoded, with: make)
            #expect(file.problem == nil)
            #expect(file.rows.map { $0.problem?.reason } == ["bad_byte", nil])
            #expect(file.rows.first?.problem?.what.contains("0xD2 stands for no character") == true)
            #expect(file.sources.last == "<r n='2'><a>x</a></r>")
        }
    }

    @Test(
        "In a value that a rule takes from the document it is the file's; elsewhere the scan leaves it to the rows' reader"
    )
    func documentValues() throws {
        func values(_ text: String) throws -> DocumentValues {
            var scan = try DocumentScan(xml: DocumentBuilder.Wanted(values: ["/d/h/at", "/d/h@by"]))
            try Self.bytes(text).withUnsafeBytes { try scan.take($0, isLast: true) }
            return try scan.finish()
        }
        for text in ["<d><h by='x'><at>1~</at></h><r/></d>", "<d><h by='~'><at>1</at></h><r/></d>"] {
            let found = #expect(throws: FileProblem.self) { _ = try values(text) }
            #expect(found?.reason == "bad_byte")
        }
        let sound = try values("<d><h by='x'><at>1</at></h><r n='~'><a>~</a></r></d>")
        guard case .value = sound.find("/d/h/at", of: 30..<40) else { return #expect(Bool(false), "no value") }
    }
}

import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

/// Packed files that nobody packed: whatever stands in them, they are read to their end or refused in our own words, and what was
/// read is what was packed.
@Suite(
    "Packed files at random", .computing,
    .enabled(if: PackingTool.endings.count == 5, "python3 or zstd is missing: nothing can be packed"))
struct PackedFuzzTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let text = Data("Instrument,bid\nALFA.TST,1.25\nBRAV.TST,2.5\n".utf8)
    private static let reasons: Set<String> = [
        "archive_damaged", "archive_members", "expands_too_far", "rows_missing", "looks_like_a_spreadsheet",
        "looks_packed", "looks_like_html", "is_binary",
    ]

    /// What is read of the file; nil: it was refused, in words that are known.
    private func read(_ bytes: [UInt8], _ name: String, _ wrapping: Wrapping, chunkBytes: Int = 64 << 10) throws
        -> Data?
    {
        let path = folder.path(name)
        try Spawning.write(Data(bytes), to: URL(fileURLWithPath: path))
        var text = Data()
        do {
            try SourceFile(path: path, chunkBytes: chunkBytes, wrapping: wrapping)
                .eachChunk { _, bytes, _ in text.append(contentsOf: bytes) }
            return text
        } catch let problem as FileProblem where Self.reasons.contains(problem.reason) {
            return nil
        }
    }

    @Test("gz, bz2, xz and zst", arguments: ["gz", "bz2", "xz", "zst"])
    func streams(_ ending: String) throws {
        let packed = Array(try PackingTool.pack(Self.text, ending))
        let empty = Array(try PackingTool.pack(Data(), ending))
        let nested = Array(try PackingTool.pack(Data(packed), ending))
        let zeros = Array(try PackingTool.pack(Data(count: 200_000), ending))
        let words: [[UInt8]] = [packed, empty, Array(packed.prefix(12)), Array(packed.suffix(12)), [0, 0, 0, 0]]
        let packing = try #require(Packing(fileName: "eod.csv.\(ending)"))
        try Fuzz.run(
            "packed as \(ending)", seeds: [packed, packed + empty + packed, nested, zeros], words: words, rounds: 150
        ) { input in
            let rule = ContainerRule(maxExpanded: 100_000)
            guard let text = try read(input, "eod.csv.\(ending)", .packed(packing, rule)) else { return nil }
            if text.count > 100_000 { return "unpacked to \(text.count) bytes" }
            // Of zst a checksum is its packer's choice, so that none is missed.
            if ending == "zst" { return nil }
            // Several members are one file: what was packed may come one behind the other.
            var rest = text[...]
            while let piece = [Self.text, Data(packed)].first(where: { rest.starts(with: $0) }) {
                rest = rest.dropFirst(piece.count)
            }
            return rest.isEmpty ? nil : "read what nobody packed"
        }
    }

    @Test("Zips, by one pattern and by none")
    func zips() throws {
        let one = try PackingTool.zip([("eod.csv", Self.text)])
        let seeds = try [
            one, PackingTool.zip([("d/", Data()), ("d/eod.csv", Self.text), ("read.me", Data("x".utf8))]),
            PackingTool.zip([("inner.zip", one)]), PackingTool.zip((0..<30).map { ("\($0).txt", Data()) }),
            PackingTool.zip([("../../etc/passwd", Self.text)]), PackingTool.zip([("eod.csv", Data(count: 200_000))]),
        ]
        let marks = ["PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "PK\u{6}\u{7}", "PK\u{7}\u{8}"]
        let words =
            marks.map { Array($0.utf8) } + [
                Array(one), Array(one.suffix(22)), [1, 0, 16, 0], [0xFF, 0xFF, 0xFF, 0xFF],
            ]
        try Fuzz.run("zips", seeds: seeds.map { Array($0) }, words: words, rounds: 300) { input in
            for pattern in [nil, "*.csv", "*"] {
                let rule = ContainerRule(member: pattern, maxExpanded: 100_000)
                guard let text = try read(input, "eod.csv.zip", .packed(.zip, rule)) else { continue }
                if text != Self.text, text != one, !text.isEmpty, text != Data("x".utf8) {
                    return "read what nobody packed"
                }
            }
            return nil
        }
    }

    private static let parts: [(name: String, text: String)] = [
        (
            "_rels/.rels",
            "<Relationships><Relationship Id='1' Type='http://x/officeDocument' Target='xl/workbook.xml'/></Relationships>"
        ),
        (
            "xl/workbook.xml",
            "<workbook xmlns:r='urn:r'><workbookPr date1904='0'/><sheets><sheet name='One' r:id='a'/></sheets></workbook>"
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id='a' Type='x/worksheet' Target='s.xml'/><Relationship Id='s' Type='x/styles' Target='y.xml'/><Relationship Id='t' Type='x/sharedStrings' Target='t.xml'/></Relationships>"
        ),
        (
            "xl/y.xml",
            "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='yyyy-mm-dd'/></numFmts><cellXfs><xf numFmtId='0'/><xf numFmtId='170'/><xf numFmtId='22'/></cellXfs></styleSheet>"
        ),
        (
            "xl/t.xml",
            "<sst><si><t>RIC</t></si><si><r><t>B</t></r><r><t>ID</t></r></si><si><t>A_x000D_\n\"T</t><rPh><t>a</t></rPh></si></sst>"
        ),
        (
            "xl/s.xml",
            "<worksheet><sheetData><row r='1'><c r='A1' t='s'><v>0</v></c><c t='s'><v>1</v></c></row><row r='3'><c r='A3' t='s'><v>2</v></c><c r='C3' s='1'><v>46085.5</v></c><c s='2'><v>-1.5E-7</v></c><c t='b'><v>1</v></c><c t='e'><v>#N/A</v></c><c t='inlineStr'><is><t>é</t></is></c></row></sheetData></worksheet>"
        ),
    ]

    @Test("A workbook's container")
    func workbooks() throws {
        let seed = Array(try PackingTool.zip(Self.parts.map { ($0.name, Data($0.text.utf8)) }))
        let rule = ContainerRule(maxExpanded: 1_000_000)
        let whole = try #require(try read(seed, "book.xlsx", .workbook(rule, delimiter: 0x2C)))
        try Fuzz.run("a workbook's container", seeds: [seed], words: [Array("PK\u{1}\u{2}".utf8)], rounds: 150) {
            input in
            guard let text = try read(input, "book.xlsx", .workbook(rule, delimiter: 0x2C)) else { return nil }
            return text == whole ? nil : "read what nobody wrote"
        }
    }

    /// The sheet's text when the parts are these, given in pieces of so many bytes; nil: refused.
    private func text(_ parts: [[UInt8]], _ pieceBytes: Int) throws -> [UInt8]? {
        let book = Workbook(sheet: nil, delimiter: 0x2C)
        var text: [UInt8] = []
        var index = 0
        do {
            while let part = try book.next() {
                // Parts that are asked for by no name are not there.
                let bytes = part.name.isEmpty || index >= parts.count ? [] : parts[index]
                index += 1
                if part.name.isEmpty { continue }
                for start in stride(from: 0, to: max(bytes.count, 1), by: pieceBytes) {
                    let end = min(start + pieceBytes, bytes.count)
                    try bytes[start..<end].withUnsafeBytes { try book.take($0, isLast: end == bytes.count) }
                    text += book.takeText()
                }
            }
            return text
        } catch let problem as FileProblem where Self.reasons.contains(problem.reason) {
            return nil
        }
    }

    @Test("A workbook's parts: however they come in pieces the text is the same, whole lines of UTF-8")
    func parts() throws {
        let mark: UInt8 = 0x1E
        let seed = Array(Self.parts.map { Array($0.text.utf8) }.joined(separator: [mark]))
        let words = [
            "<row r='2'>", "<c t='s'>", "<v>", "</v>", "</c>", "</row>", "1e308", "99999999999999999999", "-0.5",
            "AAAA1",
            "<t>", "_x0009_", "&#10;", "<![CDATA[x]]>", "<!DOCTYPE x>", "s='1'", "<rPh>", "formatCode='[h]:mm'",
        ].map { Array($0.utf8) }
        #expect(try text(seed.split(separator: mark).map { Array($0) }, 1000) != nil)
        try Fuzz.run("a workbook's parts", seeds: [seed], words: words, rounds: 1500) { input in
            let parts = input.split(separator: mark, omittingEmptySubsequences: false).map { Array($0) }
            let whole = try text(parts, 1 << 16)
            guard whole == (try text(parts, 1)), whole == (try text(parts, 7)) else { return "differs by its pieces" }
            guard let whole else { return nil }
            guard String(validating: whole, as: UTF8.self) != nil else { return "no UTF-8" }
            return whole.isEmpty || whole.last == 0x0A ? nil : "the last line does not end"
        }
    }
}

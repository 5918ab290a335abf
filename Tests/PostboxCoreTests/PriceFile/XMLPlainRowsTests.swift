import Foundation
import PostboxCore
import TestSupport
import Testing

/// Rows that are read without libxml2 against the same rows read by it.
@Suite("Plain XML rows", .computing)
struct XMLPlainRowsTests {
    private static let seeds: [UInt64] = [1, 2, 3, 1_795_915_624, 1_796_080_192, UInt64(Date().timeIntervalSince1970)]

    @Test(
        "Plain rows read as libxml2 reads them, whatever stands between them and however they are damaged",
        arguments: seeds)
    func asLibxml2(_ seed: UInt64) {
        var generator = OddXML(seed: seed)
        var sound = 0
        for number in 0..<1500 {
            let bytes = number % 3 == 0 ? generator.document() : generator.damagedDocument()
            let rowElement = number % 5 == 0 ? "r" : nil
            let expected = read(bytes, inChunksOf: max(bytes.count, 1)) {
                XMLReader(rowElement: rowElement, pieceBytes: nil)
            }
            if expected.problem == nil { sound += 1 }
            for (size, piece) in [(bytes.count, 1), (bytes.count, 200), (1, 1), (5, 1), (64, 1024), (300, 1024)] {
                let file = read(bytes, inChunksOf: max(size, 1)) {
                    XMLReader(rowElement: rowElement, pieceBytes: piece)
                }
                compare(
                    file, expected, isCutSmall: size <= 64 || piece == 1,
                    "seed \(seed), pieces of \(piece), chunks of \(size): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(sound > 300)
    }

    /// - Parameter isCutSmall: libxml2 may then have waited for the end of a tag that has none, until the file's end.
    private func compare(_ file: ReadFile, _ expected: ReadFile, isCutSmall: Bool, _ comment: Comment) {
        guard let problem = expected.problem else {
            #expect(file == expected, comment)
            return
        }
        if isCutSmall && problem.reason == "bad_xml" && file.problem?.reason == "truncated" { return }
        #expect(file.problem?.reason == problem.reason, comment)
        #expect(file.problem?.line == problem.line, comment)
        // libxml2's own columns are only nearly right.
        if problem.reason == "mixed_elements" { #expect(file.problem?.column == problem.column, comment) }
    }

    @Test(
        "A comment that begins with what looks like its end goes on to its end, wherever the file is cut",
        arguments: [
            "<d><!--> <r><a>0</a></r> --><r><a>1</a></r></d>", "<d><r><a>1</a></r><!---><r><a>0</a></r>--></d>",
            "<!--> --><d><r><a>1</a></r><!---></d>--></d>\n<!-->-->", "<d><!-- <!--><r><a>1</a></r><!----></d>",
            "<d><r><a><!--> -->1<!----></a></r><!--->--></d>",
            "<d><r><a><![CDATA[<!--]]>1</a></r><!-->\(String(repeating: " ", count: 3000))<r/>--></d>",
        ])
    func oddComments(_ text: String) {
        let expected = read(Array(text.utf8), inChunksOf: 10_000) { XMLReader(pieceBytes: nil) }
        for size in 1...80 {
            for piece in [1, 20, nil] as [Int?] {
                let file = read(Array(text.utf8), inChunksOf: size) { XMLReader(pieceBytes: piece) }
                #expect(file == expected, "in chunks of \(size), pieces of \(piece ?? 0)")
            }
        }
    }

    @Test("A comment that begins so and has no end is refused as cut off", arguments: [3, 100, 10_000])
    func endlessComment(_ size: Int) {
        let file = read(Array("<d><r><a>1</a></r><!--> </d>".utf8), inChunksOf: size) { XMLReader(pieceBytes: 20) }
        #expect(file.problem != nil)
    }

    @Test(
        "A column is named rightly behind plain rows on the same line",
        arguments: [
            ("<d><r a='1'/><r a='2'/><q/></d>", "mixed_elements@1:24"),
            ("<d>\n <r a='é'/> <r a='é'/> <q/></d>", "mixed_elements@2:24"),
            ("<d><r a='1'/>\n<r a='2'/>\n  <r a='3'/><q/></d>", "mixed_elements@3:13"),
        ])
    func columns(_ text: String, _ expected: String) {
        for size in [1, 4, 1000] {
            let file = read(Array(text.utf8), inChunksOf: size) { XMLReader(pieceBytes: 1) }
            #expect(summary(file.problem) == expected, "in chunks of \(size)")
        }
    }

    @Test(
        "The line of a start tag that libxml2 names is the file's, also behind plain rows",
        arguments: [
            ("<d>\n<r>\n<a>1</a></r>\n<r><a>2</a>\n</r>\n<r>\n<a>3</b></r>\n</d>\n", "a line 7 and b", "bad_xml@7:9"),
            ("<d>\n<r>\n<a>1</a></r>\n<r><a>2</a>\n</r>\n<r>\n<a>3</a></q>\n</d>\n", "r line 6 and q", "bad_xml@7:13"),
            ("<d>\n<r>\n<a>1</a></r>\n<r><a>2</a>\n</r>\n</q>\n", "d line 1 and q", "bad_xml@6:5"),
        ])
    func startTags(_ text: String, _ words: String, _ place: String) {
        for size in [4, 1000] {
            for piece in [1, 20, nil] as [Int?] {
                let file = read(Array(text.utf8), inChunksOf: size) { XMLReader(pieceBytes: piece) }
                #expect(file.problem?.what == "The XML is broken: Opening and ending tag mismatch: \(words).")
                #expect(summary(file.problem) == place, "in chunks of \(size), pieces of \(piece ?? 0)")
            }
        }
    }

    @Test("The place of an & that begins no reference is its own, however many rows and characters stand before it")
    func ampersand() {
        let rows = String(repeating: "<r><a>é</a></r>", count: 3)
        let file = read(Array("<d>\n\(rows)<r><a>long text that& has no semicolon</a></r></d>".utf8), inChunksOf: 1000)
        {
            XMLReader(pieceBytes: 1)
        }
        #expect(summary(file.problem) == "bad_xml@2:66")
    }
}

/// XML documents that are mostly plain.
private struct OddXML: SeededChoices {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func document() -> [UInt8] {
        var text = pick(["", "<?xml version='1.0'?>\n", "\u{FEFF}", "<!-- <r> -->"])
        text += pick([
            "<d>", "<d x='1'>", "<d xmlns='urn:x' xmlns:p='urn:p'>\n",
            "<d xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>",
        ])
        for _ in 0..<number(9) {
            text += pick(["", "", "\n", "\n  ", " ", "\r\n"])
            if number(14) == 0 { text += pick(["<!-- <r><a>1</a></r> -->", "<?pi <r/> ?>", "<!---->"]) }
            if number(60) == 0 { text += pick(["<q/>", "x", "<r:r/>", "<![CDATA[ ]]>", "<![CDATA[<r>]]>", "&#32;"]) }
            text += row()
        }
        text += pick(["", "\n", " "]) + "</d>" + pick(["", "\n", "<!-- end -->"])
        return Array(text.utf8)
    }

    mutating func damagedDocument() -> [UInt8] {
        var bytes = document()
        let pieces = Array("<>/='\"&;]![-?abrx: \n\r\t\u{1}".utf8)
        for _ in 0..<(1 + number(2)) {
            let at = number(bytes.count)
            guard bytes[at] < 0x80 else { continue }
            switch number(4) {
            case 0: bytes.remove(at: at)
            case 1: bytes.insert(pick(pieces), at: at)
            case 2: bytes[at] = pick(pieces)
            default: bytes.removeLast(number(min(bytes.count, 30)))
            }
            if bytes.isEmpty { return [pick(pieces)] }
        }
        return bytes
    }

    private mutating func row() -> String {
        if number(25) == 0 { return "<p:r><a>1</a></p:r>" }
        if number(25) == 0 {
            return "<r xml:lang='en'><a xsi:nil='\(pick(["true", "0"]))'>\(pick(["", " ", "1"]))</a></r>"
        }
        let attributes = ["a", "id", "b", "xmlns"].filter { _ in number(6) == 0 }.map { name in
            let quote = pick(["'", "\""])
            return pick([" ", " ", "  ", "\n", "\t"]) + name + pick(["=", "=", "=", "=", " ="]) + quote
                + pick(["", "1", "x>y", "é", "&amp;", "a\tb", "a\nb", "12345678901234567890", "]]>", "\u{FFFD}"])
                + quote
        }.joined()
        if number(12) == 0 { return "<r\(attributes)\(pick(["", " ", "\n"]))/>" }
        return "<r\(attributes)\(pick(["", "", "", " "]))>" + children(1) + "</r\(pick(["", "", "", "", " "]))>"
    }

    private mutating func children(_ depth: Int) -> String {
        let names =
            [
                "a", "b", "bid", "ask", "é", "q", "a.b", "xmlns", "bid.x", "eight_ch", "nine_char", "fifteen_charact",
                "sixteen_characte", "seventeen_charact",
            ].filter { _ in number(3) != 0 } + (number(20) == 0 ? [pick(["p:c", "x:p:c", "c", ":c", "p:"])] : [])
        let blank = pick(["", "", "", "\n  ", " ", "\r\n"])
        return names.suffix(2 + number(9)).map { name in
            switch number(12) {
            case 0: return "\(blank)<\(name)/>"
            case 1: return "\(blank)<\(name) s='\(pick(["", "1"]))'>\(value())</\(name)>"
            case 2 where depth < 3: return "\(blank)<\(name)>" + children(depth + 1) + "\(blank)</\(name)>"
            default: return "\(blank)<\(name)>\(value())</\(name)>"
            }
        }.joined() + blank + (number(40) == 0 ? pick(["x", "<!-- -->", "<a>1</a>"]) : "")
    }

    private mutating func value() -> String {
        if number(12) == 0 {
            return pick([
                "&lt;", "&#65;", "<![CDATA[x]]>", "1<!-- -->2", "]]", "]", "a\rb", "a\r\nb", "\u{FFFD}", " \r\n ",
                "&x;",
                "]]>", "\u{7F}\u{85}",
            ])
        }
        return pick([
            "", "1", "101.25", "-0.5", " ", "  x", "x ", "\n", "a\nb", "a\tb", ">", "Zürich", "😀", "1234567",
            "12345678",
            "123456789", "12345678901234567", "a long text that has more than one word of eight",
        ])
    }
}

import Testing

@testable import PostboxCore

@Suite("Templates")
struct TemplateTests {
    @Test(
        "A template is text with columns in braces, and changes behind colons",
        arguments: [
            ("{isin}.TST", [.column("isin", []), .text(".TST")]),
            ("{issuer} {coupon}%", [.column("issuer", []), .text(" "), .column("coupon", []), .text("%")]),
            ("{isin:upper}", [.column("isin", [.upper])]),
            ("{Px Bid}", [.column("Px Bid", [])]),
            ("{num:trim:pad(8,0)}/", [.column("num", [.trim, .pad(8, "0")]), .text("/")]),
            ("{s:optional:left(4):right(2):lower}", [.column("s", [.optional, .left(4), .right(2), .lower])]),
            ("{n:pad(3,))}", [.column("n", [.pad(3, ")")])]), ("{n:pad(3, )}", [.column("n", [.pad(3, " ")])]),
            ("{n:pad(3, 0)}", [.column("n", [.pad(3, "0")])]),
            ("{f[t=a:b}].v:upper}", [.column("f[t=a:b}].v", [.upper])]),
            ("{{{a}}}", [.text("{"), .column("a", []), .text("}")]),
            (#"{"a:b":upper}"#, [.column("a:b", [.upper])]), (#"{"a""}"}"#, [.column("a\"}", [])]),
            ("{'{x}'}", [.column("{x}", [])]), ("{/Envelope/Cube@time}", [.column("/Envelope/Cube@time", [])]),
            ("{field[name=BID].value}", [.column("field[name=BID].value", [])]), ("{$DAY}", [.column("$DAY", [])]),
        ] as [(String, [TemplatePiece])])
    func parse(text: String, pieces: [TemplatePiece]) throws {
        #expect(try TemplatePiece.parse(text) == pieces)
    }

    @Test(
        "What is none says what one looks like",
        arguments: [
            ("isin", "every row would have the same text"), ("", "every row"), ("{{a}}", "every row"),
            ("{isin", "matching braces"), ("isin}", "matching braces"), ("{a{b}}", "matching braces"),
            ("{}", "a column's name"), ("{:upper}", "a column's name"), ("{a:uper}", "alone"), ("{a:}", "alone"),
            ("{a:left}", "a length"), ("{a:left(0)}", "a length"), ("{a:left(99999)}", "a length"),
            ("{a:left(1,)}", "a length"), ("{a:pad(8)}", "a length"), ("{a:pad(8,)}", "a length and one character"),
            ("{a:pad(8,00)}", "a length and one character"), ("{a:left(٣)}", "a length"), ("{\"a}", "quoted names"),
            ("{'a'b}", "matching braces"), ("{a:upper", "matching braces"), ("{a:upper{b}}", "matching braces"),
        ])
    func mistakes(text: String, words: String) {
        do throws(SettingsMistake) {
            let pieces = try TemplatePiece.parse(text)
            Issue.record("\(pieces)")
        } catch {
            #expect(error.expected.contains(words), "\(error.expected)")
        }
    }

    @Test(
        "A row's text is made of whole characters; one empty column makes it empty unless it may be",
        arguments: [
            ("{a} {b}%", "Alfa Corp", "4.25", "Alfa Corp 4.25%"), ("{a} {b}%", "Alfa", "", nil),
            ("{a}{b:optional}!", "x", "", "x!"),
            ("{a:optional}{b:optional}", "", "", ""), ("{a:upper}=TST", "xt0007ß", "", "XT0007SS=TST"),
            ("{a:lower}", "ÄB", "", "äb"), ("{a:pad(8,0)}/{b:left(4)}", "77", "Alfa Corp", "00000077/Alfa"),
            ("{a:pad(8,0)}", "123456789", "", "123456789"), ("{a:left(2)}", "Zu\u{308}rich", "", "Zu\u{308}"),
            ("{a:right(2)}", "Zürich", "", "ch"), ("{a:right(2)}", "x👩‍👩‍👧‍👦y", "", "👩‍👩‍👧‍👦y"), ("{a:right(9)}", "ab", "", "ab"),
            ("{a:pad(3,€)}", "é", "", "€€é"), ("{a:trim}", " x ", "", "x"), ("{a:trim}", "  ", "", nil),
            ("{a:trim:optional}.", "  ", "", "."), ("{a:optional:pad(4,0)}.", "", "", "."), ("{a}{a}", "x", "", "xx"),
            ("{a:trim:left(1):upper:pad(3,-)}", " ab", "", "--A"),
        ] as [(String, String, String, String?)])
    func write(template: String, a: String, b: String, expected: String?) throws {
        let writer = TemplateWriter(try TemplatePiece.parse(template))
        let values = ["a": a, "b": b]
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        for column in writer.columns {
            let start = bytes.count
            bytes += Array((values[column] ?? "").utf8)
            ranges.append(start..<bytes.count)
        }
        var out = Array("before ".utf8)
        let isWritten = writer.write(ranges, in: bytes.span, into: &out)
        #expect(isWritten == (expected != nil))
        #expect(out.elementsEqual(("before " + (expected ?? "")).utf8))
    }

    @Test("Whatever text is read as a template, it is a mistake or its columns can be written")
    func anything() {
        var random = ValueRandom(state: 7)
        let parts = [
            "{", "}", ":", "a", "\"", "'", "left(2)", "pad(3,0)", "optional", "upper", "é", "(", ")", ",", "{a}", " ",
        ]
        var written = 0
        for _ in 0..<50_000 {
            guard let pieces = try? TemplatePiece.parse(random.text(of: parts, upTo: 9)) else { continue }
            let writer = TemplateWriter(pieces)
            let value = Array(random.text(of: ["x", "é", " ", "🇨🇭"], upTo: 3).utf8)
            var out: [UInt8] = []
            guard writer.write(writer.columns.map { _ in 0..<value.count }, in: value.span, into: &out) else {
                #expect(out.isEmpty)
                continue
            }
            written += 1
            #expect(String(validating: out, as: UTF8.self) != nil)
        }
        #expect(written > 1000)
    }
}

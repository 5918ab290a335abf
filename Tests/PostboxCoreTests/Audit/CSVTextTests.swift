import Testing

@testable import PostboxCore

@Suite("CSV that is written for people and programs")
struct CSVTextTests {
    @Test(
        "A cell reads back as it was, whatever stands in it",
        arguments: [
            "", "plain", "a,b", "say \"x\"", "two\nlines", "two\r\nlines", " blank ", "'", "a,\u{301}b", "\"\u{301}",
            "\u{85}\u{2028}", "\u{1F600},",
        ])
    func cells(text: String) {
        let line = Array(CSVText.line(["first", text, "last"]).utf8)
        let cells = line.withUnsafeBytes { AuditRow.cells($0) }
        #expect(cells == ["first", text, "last"])
    }

    @Test("What needs no quotes has none, so that old and new files are alike")
    func plain() {
        #expect(CSVText.line(["a b", "1.5", "=x", "a,b", "\"", ""]) == "a b,1.5,=x,\"a,b\",\"\"\"\",")
    }

    @Test("A guarded cell is no formula, and all others are as they were")
    func guarded() {
        for text in ["=1+1", "+1+1", "-x", "--1", "@x", "\t=1", "\r=1", "\u{FF1D}1", "=\u{301}1", "-inf", "+0x10"] {
            #expect(CSVText.guarded(text) == "'" + text)
        }
        for text in ["", "plain", "-1.5", "+1", "-1e-5", "a=b", "'", "{\"BID\":1}", "VOD.L"] {
            #expect(CSVText.guarded(text) == text)
        }
    }

    @Test("No cell that people see in a spreadsheet is a formula, or has a second line")
    func shown() {
        for text in ["=1+1", "+1", "-1", "@x"] { #expect(CSVText.shown(text) == "'" + text) }
        #expect(CSVText.shown("=\u{301}1").utf8.first == UInt8(ascii: "'"))
        #expect(CSVText.shown("plain") == "plain" && CSVText.shown("") == "")
        #expect(!CSVText.shown("a\nb").contains("\n"))
    }
}

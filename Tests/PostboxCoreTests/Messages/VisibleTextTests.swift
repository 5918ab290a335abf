import PostboxCore
import Testing

@Suite("Text from outside in a line")
struct VisibleTextTests {
    @Test(
        "What cannot be seen or moves its neighbours is escaped; everything else stands as it is",
        arguments: [
            ("eod.csv", "eod.csv"), ("Kurse Zürich €.csv", "Kurse Zürich €.csv"), ("a\\b \"c\"", "a\\b \"c\""),
            ("a\nb\r\n\tc", "a\\nb\\r\\n\\tc"), ("\u{1b}[2J", "\\u001b[2J"), ("a\u{0}b\u{7f}", "a\\u0000b\\u007f"),
            ("a\u{85}b\u{9b}2J", "a\\u0085b\\u009b2J"), ("a\u{2028}b\u{2029}", "a\\u2028b\\u2029"),
            ("gnp\u{202e}vsc.exe", "gnp\\u202evsc.exe"),
            ("\u{2066}x\u{2069}\u{200f}\u{61c}", "\\u2066x\\u2069\\u200f\\u061c"),
            ("A\u{200b}B\u{feff}", "A\\u200bB\\ufeff"), ("\u{e0001}", "\\udb40\\udc01"), ("", ""),
        ])
    func escaped(text: String, expected: String) {
        #expect(VisibleText.line(text) == expected)
        #expect(VisibleText.isVisible(text) == (text == expected))
        // Done twice it is the same.
        #expect(VisibleText.line(expected) == expected)
    }

    @Test(
        "As JSON it is one string in one line that reads back as it was",
        arguments: ["a\\b \"c\"", "a\nb\t\u{1b}", "\u{85}\u{2028}\"\\\u{202e}", "\u{e0001}x", "plain", ""])
    func quoted(text: String) {
        let quoted = VisibleText.quoted(text)
        #expect(JSONValue.parse("{\"a\":\(quoted)}")?["a"]?.text == text)
        #expect(VisibleText.isVisible(quoted))
    }
}

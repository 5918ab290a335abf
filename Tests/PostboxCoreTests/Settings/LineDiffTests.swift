import Testing

@testable import PostboxCore

@Suite("Two texts, line by line")
struct LineDiffTests {
    @Test(
        "What differs is told with its line, in order, and nothing else is",
        arguments: [
            ("a\nb\nc\n", "a\nb\nc\n", []), ("a\nb\nc\n", "a\nB\nc\n", ["-2 b", "+2 B"]),
            ("a\nc\n", "a\nb\nc\n", ["+2 b"]), ("a\nb\nc\n", "a\nc\n", ["-2 b"]), ("", "a\n", ["-1 ", "+1 a", "+2 "]),
            ("a\nb", "b\na", nil), ("a\r\nb\r\n", "a\nb\n", []),
        ] as [(String, String, [String]?)])
    func differences(old: String, new: String, lines: [String]?) {
        let found = LineDiff.lines(from: old, to: new)
        // Of several ways to tell it any one does, as long as it leads from one text to the other.
        if let lines, !old.isEmpty { #expect(found == lines) }
        #expect(Self.applied(found, to: old) == new.replacing("\r\n", with: "\n"))
    }

    /// What the lines make of a text.
    private static func applied(_ lines: [String], to old: String) -> String {
        var text = old.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        func parts(_ line: String) -> (at: Int, text: String)? {
            guard let blank = line.firstIndex(of: " "), let number = Int(line.dropFirst().prefix(upTo: blank)) else {
                return nil
            }
            return (number - 1, String(line[line.index(after: blank)...]))
        }
        for line in lines.filter({ $0.hasPrefix("-") }).reversed() {
            guard let (at, _) = parts(line), text.indices.contains(at) else { return "no such line" }
            text.remove(at: at)
        }
        for line in lines where line.hasPrefix("+") {
            guard let (at, added) = parts(line), at <= text.count else { return "no such place" }
            text.insert(added, at: at)
        }
        return text.joined(separator: "\n")
    }
}

import PostboxCore
import Testing

@Suite("Which rule a file falls under")
struct FileMatchTests {
    @Test(
        "A pattern matches as in a shell",
        arguments: [
            ("*", "eod.csv", true), ("*", "", true), ("eod_*.csv", "eod_1.csv", true), ("eod_*.csv", "eod_.csv", true),
            ("eod_*.csv", "EOD_1.csv", false), ("eod_*.csv", "eod_1.csv.bak", false),
            ("eod_*.csv", "xeod_1.csv", false),
            ("e?d.csv", "eod.csv", true), ("e?d.csv", "ed.csv", false), ("?", "", false), ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true), ("[!a-c]x", "bx", false), ("[abc]", "c", true),
            ("[]]", "]", true), ("[!]]", "]", false), ("[!]]", "a", true), ("[a-]", "-", true), ("[", "[", true),
            ("[a", "[a", true), ("[!", "[!", true), ("a[", "a[", true), ("*a*b*c*", "xxaxxbxxcxx", true),
            ("*a*b*c*", "xxaxxcxxbxx", false), ("*.csv", ".csv", true), ("a**b", "ab", true), ("", "", true),
            ("", "a", false),
            ("*aab", "aaaaab", true), ("é*", "é1", true), ("[*]", "*", true), ("[*]", "a", false),
            ("[0-9][0-9]", "42", true),
            ("[0-9][0-9]", "4", false),
        ])
    func pattern(pattern: String, name: String, expected: Bool) {
        #expect(MappingRule(match: pattern, destinations: []).matches(name) == expected)
    }

    @Test("A pattern of many stars is answered soon")
    func manyStars() {
        let pattern = String(repeating: "a*", count: 60) + "b"
        #expect(!MappingRule(match: pattern, destinations: []).matches(String(repeating: "a", count: 5000)))
    }

    @Test(
        "A rejects file is matched by its original's name",
        arguments: [
            ("eod.csv.rejects.csv", "eod.csv"), ("eod.csv.rejects.2.csv", "eod.csv"),
            ("eod.csv.rejects.csv.rejects.csv", "eod.csv"), ("eod.csv.rejects.12.csv.rejects.3.csv", "eod.csv"),
            ("a.rejects.jsonl", "a"), ("eod.2.csv.rejects.csv", "eod.2.csv"), ("eod.csv", nil), ("eod.rejects", nil),
            (".rejects.csv", nil), ("eod.csv.rejects.", nil), ("eod.csv.rejects.x2.csv", nil), ("rejects.csv", nil),
            ("eod.csvrejects.csv", nil), ("", nil),
        ] as [(String, String?)])
    func rejects(name: String, original: String?) {
        #expect(originalName(ofRejects: name) == original)
    }
}

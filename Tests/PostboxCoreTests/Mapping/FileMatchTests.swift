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
}

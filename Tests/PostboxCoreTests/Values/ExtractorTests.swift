import PostboxCore
import Testing

@Suite("What a regular expression takes out of a text")
struct ExtractorTests {
    @Test(
        "The first group is the value, empty where it took no part; nil: no match",
        arguments: [
            ("^([0-9.]+)[AB]?$", "101.25A", "101.25"), ("^([0-9.]+)[AB]?$", "101.25C", nil),
            ("^([0-9.]+)[AB]?$", "----", nil), ("^FX/RATE/(...)/", "FX/RATE/USD/x", "USD"), ("^(..)", "H7", "H7"),
            ("^(..)", "é7x", "é7"), ("^x(y)?$", "x", ""), ("(a)|b", "b", ""), ("()", "abc", ""), ("^(.*)$", "", ""),
            ("^(a)(b)(c)(d)$", "abcd", "a"), ("(?<name>b+)", "abba", "bb"), ("^(?:a|b)(c)$", "bc", "c"),
            ("^([0-9]+)$", "12\n", nil), (#"^(\d+)$"#, "٣", nil), ("a\\K(b)", "ab", "b"), ("(?=(ab))a", "ab", "ab"),
            ("(?i)^(usd)$", "USD", "USD"), ("(?|x(a)|y(b))", "yb", "b"),
        ] as [(String, String, String?)])
    func group(pattern: String, text: String, value: String?) throws {
        let extractor = try Extractor(pattern)
        for _ in 0..<2 { #expect(taken(extractor, text) == value) }
    }

    @Test(
        "What is no pattern, or has no group, is a mistake of the configuration, with its place",
        arguments: [
            ("[0-9.]+", "with a group in parentheses"), ("", "with a group in parentheses"),
            ("(?:a)", "with a group in parentheses"), ("([0-9]+", "missing closing parenthesis (behind character 7)"),
            ("é([z-a])", "(behind character 5)"), ("(a)**+{", nil), (#"(\C)"#, "behind character"),
            ("((a{1000}){1000}){1000}", "too large"), (String(repeating: "(", count: 5000), "at most 4096 bytes"),
        ] as [(String, String?)])
    func mistakes(pattern: String, words: String?) {
        do throws(SettingsMistake) {
            _ = try Extractor(pattern)
            #expect(words == nil)
        } catch {
            if let words { #expect(error.expected.contains(words), "\(error.expected)") }
        }
    }

    @Test("A text that takes too many steps or too much room does not match, soon")
    func limits() throws {
        let long = String(repeating: "a", count: 1 << 20)
        #expect(taken(try Extractor("^(a+)+$"), String(repeating: "a", count: 40) + "b") == nil)
        #expect(taken(try Extractor("^((a|b)*)c$"), long) == nil)
        #expect(taken(try Extractor("(.*)(.*)(.*)x"), String(long.prefix(5000))) == nil)
        // A long text by itself is none of it.
        #expect(taken(try Extractor("^(a*)$"), long) == long)
    }

    @Test("Bytes that are no UTF-8 do not match")
    func brokenBytes() throws {
        let extractor = try Extractor("^(.*)$")
        let bytes: [UInt8] = [0x61, 0xFF]
        let group = extractor.group(in: bytes.span)
        #expect(group == nil)
    }

    @Test("Whatever pattern meets whatever text, the value lies within it")
    func anything() {
        var random = ValueRandom(state: 14)
        let parts = [
            "(", ")", "a", "é", "*", "+", "?", "[", "]", "^", "$", "|", "{1,3}", "\\d", "\\b", "(?:", ".", "(a)",
        ]
        var matched = 0
        for _ in 0..<20_000 {
            let pattern = random.text(of: parts, upTo: 8)
            guard let extractor = try? Extractor(pattern) else { continue }
            let text = Array(random.text(of: ["a", "1", "é", " ", "aa"], upTo: 12).utf8)
            guard let range = extractor.group(in: text.span) else { continue }
            matched += 1
            #expect(range.upperBound <= text.count, "\(pattern)")
            #expect(String(validating: text[range], as: UTF8.self) != nil, "\(pattern)")
        }
        #expect(matched > 200)
    }

    private func taken(_ extractor: Extractor, _ text: String) -> String? {
        let bytes = Array(text.utf8)
        return extractor.group(in: bytes.span).map { String(decoding: bytes[$0], as: UTF8.self) }
    }
}

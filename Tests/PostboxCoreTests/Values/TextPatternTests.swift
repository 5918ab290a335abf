import PostboxCore
import Testing

@Suite("Patterns of texts")
struct TextPatternTests {
    @Test(
        "A question mark and a set are one character, however many bytes it has",
        arguments: [
            ("?", "é", true), ("??", "é", false), ("[é]", "é", true), ("[à-ü]", "é", true), ("[!a]", "€", true),
            ("[!€]", "€", false), ("[😀-😂]", "😁", true), ("*é", "étè", false), ("*é", "aé", true),
            ("Z?rich*", "Zürich Bank", true), ("[A-Z][0-9]", "A7", true), ("[A-Z0-9]", "7", true),
            ("[z-a]", "m", false), ("[a-]", "-", true), ("* FUT *", "SOYBEAN FUT CBT", true),
            ("* FUT *", "FUT CBT", false), ("{A}", "{A}", true), ("{A}", "x", false),
        ])
    func characters(pattern: String, text: String, fits: Bool) {
        #expect(TextPattern(pattern).matches(text) == fits)
    }

    @Test("Bytes that are no character count as one each, and no set has them")
    func brokenBytes() {
        let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0x62]
        let fits = TextPattern("a??b").matches(bytes.span)
        #expect(fits)
        let isShort = TextPattern("a?b").matches(bytes.span)
        #expect(!isShort)
        let isInSet = TextPattern("a[é-😀]?b").matches(bytes.span)
        #expect(!isInSet)
    }

    @Test(
        "A name stands for one or more characters, the first one for as few as can be",
        arguments: [
            ("eod_{DAY}.csv", "eod_20260304.csv", ["DAY": "20260304"]),
            ("px_{DAY}_{DESK}.csv", "px_20260304_FX1.csv", ["DAY": "20260304", "DESK": "FX1"]),
            ("{A}_{B}", "x_y_z", ["A": "x", "B": "y_z"]),
            ("{A}{B}", "xyz", ["A": "x", "B": "yz"]),
            ("{A}*", "é.csv", ["A": "é"]),
            ("*_{A}", "a_b_c", ["A": "b_c"]),
            ("*{A}*.csv", "ab.csv", ["A": "a"]),
            ("[A-Z]{N}_?.{E}", "Xab_c.d.e", ["N": "ab", "E": "d.e"]),
            ("{x1_y}", "q", ["x1_y": "q"]),
        ] as [(String, String, [String: String])])
    func names(pattern: String, text: String, values: [String: String]) {
        #expect(TextPattern(pattern, isNaming: true).values(in: text) == values)
    }

    @Test(
        "What does not fit has no values, and braces without a name between them stand for themselves",
        arguments: [
            ("eod_{DAY}.csv", "eod_.csv", nil), ("{A}{B}", "x", nil), ("{A}b", "ab.", nil), ("{}", "{}", [:]),
            ("{1}", "{1}", [:]), ("{A", "{A", [:]), ("{A B}", "{A B}", [:]), ("{1}", "x", nil),
        ] as [(String, String, [String: String]?)])
    func noValues(pattern: String, text: String, values: [String: String]?) {
        #expect(TextPattern(pattern, isNaming: true).values(in: text) == values)
    }

    @Test("The rule of a file knows its parts by name")
    func ofRule() {
        let rule = MappingRule(match: "px_{DAY}_{DESK}.csv", destinations: ["d"])
        #expect(rule.matches("px_1_2.csv"))
        #expect(!rule.matches("px__2.csv"))
        #expect(rule.partsOfName("px_20260304_FX1.csv") == ["DAY": "20260304", "DESK": "FX1"])
    }

    @Test(
        "A name that stands twice, or is a column of every file, is a fault of the configuration",
        arguments: [("{A}_{A}", "which one"), ("{file}.csv", "choose another name"), ("{A}_{B}", nil)]
            as [(String, String?)])
    func faults(match: String, word: String?) {
        var settings = Settings(directories: Settings.Directories(spool: "/s"), destinations: [])
        settings.destinations = [Destination(name: "d", urls: [], user: "u", service: "S")]
        settings.rules = [MappingRule(match: match, destinations: ["d"])]
        let found = settings.faults.filter { $0.place == .rule(0, .match) }
        #expect(found.count == (word == nil ? 0 : 1))
        if let word { #expect(found.first?.what.contains(word) == true) }
    }

    @Test("A pattern fits exactly when trying all ways finds one, and names get the shortest ones first")
    func allWays() {
        var random = ValueRandom(state: 20_261_128)
        let parts = ["a", "b", "é", "*", "?", "[ab]", "[!a]", "{X}", "{Y}", "*", "[", "]"]
        for _ in 0..<20_000 {
            var pattern = ""
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let part = parts.randomElement(using: &random) ?? "a"
                if !part.hasPrefix("{") || !pattern.contains(part) { pattern += part }
            }
            var text = ""
            for _ in 0..<Int.random(in: 0...7, using: &random) {
                text += ["a", "b", "é"].randomElement(using: &random) ?? "a"
            }
            let expected = Slow.values(Slow.elements(Array(pattern)), Array(text))
            let found = TextPattern(pattern, isNaming: true).values(in: text)
            #expect(found == expected, "\(pattern) on \(text)")
        }
    }

    @Test("A pattern of many stars, or names, is answered soon")
    func bounded() {
        let text = String(repeating: "a", count: 5000)
        #expect(!TextPattern(String(repeating: "a*", count: 60) + "b").matches(text))
        let names = (0..<60).map { "a{N\($0)}" }.joined()
        #expect(TextPattern(names + "b", isNaming: true).values(in: text) == nil)
    }
}

/// The same by trying all ways.
private enum Slow {
    enum Element { case one((Character) -> Bool), run, name(String) }

    static func elements(_ pattern: [Character]) -> [Element] {
        guard let first = pattern.first else { return [] }
        let rest = Array(pattern.dropFirst())
        switch first {
        case "*": return [.run] + elements(rest)
        case "?": return [.one { _ in true }] + elements(rest)
        case "{":
            guard let close = rest.firstIndex(of: "}") else { break }
            return [.name(String(rest[..<close]))] + elements(Array(rest[(close + 1)...]))
        case "[":
            let isNegated = rest.first == "!"
            let inner = isNegated ? Array(rest.dropFirst()) : rest
            guard inner.count > 1, let close = inner[1...].firstIndex(of: "]") else { break }
            let set = Set(inner[..<close])
            return [.one { set.contains($0) != isNegated }] + elements(Array(inner[(close + 1)...]))
        default: break
        }
        return [.one { $0 == first }] + elements(rest)
    }

    static func values(_ elements: [Element], _ text: [Character]) -> [String: String]? {
        guard let first = elements.first else { return text.isEmpty ? [:] : nil }
        let rest = Array(elements.dropFirst())
        switch first {
        case .one(let fits):
            guard let character = text.first, fits(character) else { return nil }
            return values(rest, Array(text.dropFirst()))
        case .run:
            for count in 0...text.count {
                if let found = values(rest, Array(text.dropFirst(count))) { return found }
            }
            return nil
        case .name(let name):
            guard !text.isEmpty else { return nil }
            for count in 1...text.count {
                if var found = values(rest, Array(text.dropFirst(count))) {
                    found[name] = String(text.prefix(count))
                    return found
                }
            }
            return nil
        }
    }
}

import TestSupport
import Testing

@testable import PostboxCore

/// Patterns, templates and regular expressions of any bytes, on texts of any bytes; a line feed parts the two in an input.
@Suite("Mutated patterns, templates and regular expressions", .computing)
struct TextFuzzTests {
    private static func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    private static func parts(_ input: [UInt8]) -> (rule: String, text: [UInt8]) {
        let end = input.firstIndex(of: 0x0A) ?? input.count
        return (String(decoding: input[..<end], as: UTF8.self), Array(input[min(end + 1, input.count)...]))
    }

    @Test("A pattern ends on any text, and the parts that it names are in the text, one behind the other")
    func pattern() throws {
        try Fuzz.run(
            "pattern",
            seeds: Self.bytes([
                "eod_{DAY}.csv\neod_20260304.csv", "* FUT *\nSOY FUT CBT", "[A-Z0-9][!a-z]?\nA7é", "{A}_{B}*{C}\nx_y_z",
                "[]]\n]",
            ]), words: Self.bytes(["*", "?", "[!", "]", "{N}", "é", "\n", "{", "}"])
        ) { input in
            let (rule, text) = Self.parts(input)
            let pattern = TextPattern(rule, isNaming: true)
            let fits = pattern.matches(text.span)
            let string = String(decoding: text, as: UTF8.self)
            guard string.utf8.elementsEqual(text) else { return nil }
            let values = pattern.values(in: string)
            if (values != nil) != fits { return "it fits and has no values, or the reverse" }
            return values?.values.allSatisfy { !$0.isEmpty && string.utf8.contains($0.utf8) } ?? true
                ? nil : "a part is not in the text"
        }
    }

    @Test("A template is a mistake, or writes text of whole characters")
    func template() throws {
        try Fuzz.run(
            "template",
            seeds: Self.bytes([
                "{isin:upper}=TST\nxt07", "{a} {b:optional}%\nAlfa", "{n:pad(8,0)}/{i:left(4)}\n77",
                "{\"a:b\":right(2)}\né🇨🇭",
                "{{{a:trim:lower}}}\n X ",
            ]), words: Self.bytes(["{", "}", ":", "left(", "pad(3,é)", "optional", "\"", "\n"])
        ) { input in
            let (rule, text) = Self.parts(input)
            guard let pieces = try? TemplatePiece.parse(rule) else { return nil }
            let writer = TemplateWriter(pieces)
            guard !writer.columns.isEmpty else { return "it has no column" }
            let value = Array(String(decoding: text, as: UTF8.self).utf8)
            var out: [UInt8] = [0x41]
            let isWritten = writer.write(writer.columns.map { _ in 0..<value.count }, in: value.span, into: &out)
            if !isWritten, out != [0x41] { return "an empty text leaves something" }
            return String(validating: out, as: UTF8.self) == nil ? "it is no UTF-8" : nil
        }
    }

    @Test("A regular expression is a mistake, or ends soon with a value that lies in the text")
    func extract() throws {
        try Fuzz.run(
            "extract",
            seeds: Self.bytes([
                "^([0-9.]+)[AB]?$\n101.25A", "^(..)\nH7", "(a+)+$\naaaaaaaaaaaaaaaaaaaaaaaab", "(?i)(usd|eur)\\b\nxEUR",
                "(?<=a)(\\d{2,3})\na123",
            ]), words: Self.bytes(["(", ")", "*", "+", "{2,9}", "\\d", "[^", "(?", "|", "\n", "(*", "\\1", "(?R)"]),
            lengthMax: 512
        ) { input in
            let (rule, text) = Self.parts(input)
            guard let extractor = try? Extractor(rule), let found = extractor.group(in: text.span) else { return nil }
            return found.lowerBound >= 0 && found.upperBound <= text.count ? nil : "the value lies outside the text"
        }
    }
}

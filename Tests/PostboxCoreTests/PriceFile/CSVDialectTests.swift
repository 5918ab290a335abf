import Foundation
import PostboxCore
import TestSupport
import Testing

/// The line reader against Python's `csv`, in every dialect that both know, on generated nasty files.
///
/// `POSTBOX_DIFFERENTIAL=all` tries many more.
@Suite(
    "CSV dialects against Python", .computing,
    .enabled(if: PythonScript.isInstalled, "python3 is not installed: nothing to compare with")
)
struct CSVDialectTests {
    private static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["POSTBOX_DIFFERENTIAL"] == "all"
        ? Array(1...40) + [UInt64(Date().timeIntervalSince1970)] : [1, 2]

    @Test("Any delimiter and quote read as Python's csv reads them", arguments: seeds)
    func dialects(_ seed: UInt64) throws {
        var generator = DialectFiles(state: seed)
        let files = (0..<400).map { _ in generator.next() }
        let answers = try answers(files)
        try #require(answers.count == files.count)
        for (file, answer) in zip(files, answers) { compare(file, answer, seed) }
    }

    private func answers(_ files: [DialectFile]) throws -> [String] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Differential/csv_dialects.py")
        return try PythonScript.run(
            try String(contentsOf: script, encoding: .utf8),
            lines: files.map { "\(hex([$0.delimiter])) \($0.quoteByte.map { hex([$0]) } ?? "-") \(hex($0.bytes))" })
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func unhex(_ text: Substring) -> String {
        let digits = Array(text.utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func compare(_ file: DialectFile, _ answer: String, _ seed: UInt64) {
        let comment: Comment = "seed \(seed): \(file)"
        let layout = lines {
            $0.hasOwnDelimiter = true
            $0.quote = file.quote
            $0.header = LineLayout.Header.none
            $0.columns = ["a", "b", "c"]
        }
        let read = readInEveryWay(file.bytes) {
            LineReader(layout, delimiter: file.delimiter, finalNewline: .optional)
        }
        // Rows without a value are none.
        let expected = answer.split(separator: ";").map { row in
            row.split(separator: ",", omittingEmptySubsequences: false).dropLast().map(unhex)
        }.filter { row in row.contains { !$0.isEmpty } }
        if let problem = read.problem {
            #expect(problem.reason == "unclosed_quote", comment)
        } else {
            #expect(read.rows.count == expected.count, comment)
        }
        for (row, cells) in zip(read.rows, expected) {
            switch row.problem?.reason {
            case nil:
                let values = row.cells.map {
                    String($0[$0.index($0.firstIndex(of: ":") ?? $0.startIndex, offsetBy: 1)...])
                }
                #expect(values == cells, comment)
            case "ragged_row": #expect(cells.count != 3, comment)
            case "bad_quote": #expect(file.quoteByte.map { row.source.utf8.contains($0) } == true, comment)
            default: Issue.record("Unexpected: \(summary(row.problem)). \(comment)")
            }
        }
    }
}

private struct DialectFile: CustomStringConvertible {
    let delimiter: UInt8
    let quote: LineLayout.Quote
    let bytes: [UInt8]

    var quoteByte: UInt8? { quote == .none ? nil : quote.rawValue.utf8.first }
    var description: String {
        "delimiter \(delimiter), quote \(quote), \(String(decoding: bytes, as: UTF8.self).debugDescription)"
    }
}

/// Files of three columns, most of which are right by the letter; the others are noise.
private struct DialectFiles: SeededChoices {
    var state: UInt64

    mutating func next() -> DialectFile {
        let delimiter = pick([",", ";", "\t", "|", " ", ":", "^", "~", "a", "0"])
        let quote = pick(LineLayout.Quote.allCases)
        let text = number(3) == 0 ? noise(delimiter, quote) : rows(delimiter, quote)
        return DialectFile(
            delimiter: Array(delimiter.utf8)[0], quote: quote, bytes: Array((pick(["", "", "\u{FEFF}"]) + text).utf8))
    }

    private mutating func rows(_ delimiter: String, _ quote: LineLayout.Quote) -> String {
        let lineEnds = ["\n", "\r\n", "\r"]
        let pieces = [
            "", "x", " ", "\"", "'", "\"\"", "''", ",", ";", "\t", "|", "\n", "\r\n", "\r", "é", "😀", "x\"y", "0.10",
            "sep=;", "bcdefghijklmn",
        ]
        var text = ""
        for _ in 0..<number(12) {
            if number(5) == 0 { text += pick(lineEnds) }
            let cells = (0..<3).map { _ -> String in
                var value = (0..<number(3)).map { _ in pick(pieces) }.joined()
                guard quote != .none else {
                    value.removeAll { "\n\r".contains($0) || $0 == "\r\n" || String($0) == delimiter }
                    return value
                }
                let mark = quote.rawValue
                let needsQuotes =
                    value.hasPrefix(mark) || value.contains(delimiter)
                    || value.unicodeScalars.contains { $0 == "\n" || $0 == "\r" }
                let isQuoted = needsQuotes || number(3) == 0
                return isQuoted ? mark + value.replacing(mark, with: mark + mark) + mark : value
            }
            text += cells.joined(separator: delimiter) + pick(lineEnds)
        }
        return text
    }

    private mutating func noise(_ delimiter: String, _ quote: LineLayout.Quote) -> String {
        let pieces = ["x", "bc", delimiter, delimiter, "\"", "'", "\n", "\r\n", "\r", "é", " "]
        return (0..<number(40)).map { _ in pick(pieces) }.joined()
    }
}

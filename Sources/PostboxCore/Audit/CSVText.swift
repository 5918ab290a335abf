/// How lines of CSV are written (RFC 4180); a result's own lines are written by `ResultLines`.
package enum CSVText {
    /// Cells as a line, without a line end.
    package static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") }

    /// A text as a cell: between quotes where it would be another one without them.
    package static func cell(_ text: String) -> String {
        // By bytes: to a letter-wise look a comma with an accent behind it is no comma.
        let quote = UInt8(ascii: "\"")
        guard text.utf8.contains(where: { $0 == quote || $0 == UInt8(ascii: ",") || $0 == 0x0A || $0 == 0x0D }) else {
            return text
        }
        let bytes = text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] }
        return String(decoding: [quote] + bytes + [quote], as: UTF8.self)
    }

    /// A cell whose text no spreadsheet takes for a formula; a number stays one, and all else is left as it is.
    package static func guarded(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, formulas.contains(first), !isNumber(text) else { return text }
        return "'" + text
    }

    /// What makes a spreadsheet take a cell for a formula, or hides that: the signs, also as wide letters, and what it passes over.
    private static let formulas: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
    ]

    /// `-12.5`, `+1`, `-1e5`: digits with a point and an exponent at most.
    private static func isNumber(_ text: String) -> Bool {
        text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) } && Double(text) != nil
    }

    /// A text as people are to see it in a spreadsheet: on one line, and never a formula.
    package static func shown(_ text: String) -> String {
        let text = VisibleText.line(text)
        return text.utf8.first.map { "=+-@".utf8.contains($0) } == true ? "'" + text : text
    }
}

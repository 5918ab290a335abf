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

    /// A text as people are to see it in a spreadsheet: on one line, and never a formula.
    package static func shown(_ text: String) -> String {
        let text = VisibleText.line(text)
        return text.utf8.first.map { "=+-@".utf8.contains($0) } == true ? "'" + text : text
    }
}

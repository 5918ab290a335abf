/// A result file's lines by their column names, read as RFC 4180 has it.
package struct DelimitedText: Sendable, Equatable {
    package var header: [String]
    package var lines: [[String: String]]

    /// What cannot be read.
    package struct Malformed: Error, CustomStringConvertible {
        package var description: String
    }

    /// Every line has as many cells as the header and a line end, or it throws ``Malformed``.
    package init(_ text: String) throws {
        var records: [[String]] = []
        var record: [String] = []
        var cell = ""
        var isQuoted = false
        var wasQuoted = false
        for character in text.unicodeScalars {
            if isQuoted {
                if character == "\"" {
                    isQuoted = false
                    wasQuoted = true
                } else {
                    cell.unicodeScalars.append(character)
                }
                continue
            }
            switch character {
            case "\"":
                // A second quote right after a closing one stands for a quote.
                if wasQuoted { cell += "\"" } else if !cell.isEmpty { throw Malformed(description: "a stray quote") }
                isQuoted = true
            case ",", "\n":
                record.append(cell)
                cell = ""
                wasQuoted = false
                if character == "\n" {
                    records.append(record)
                    record = []
                }
            default:
                guard !wasQuoted else { throw Malformed(description: "text after a quote: \(cell)") }
                cell.unicodeScalars.append(character)
            }
        }
        guard record.isEmpty, cell.isEmpty, !isQuoted else {
            throw Malformed(description: "the last line has no end: \(record) \(cell)")
        }
        guard let first = records.first else { throw Malformed(description: "there is no header") }
        header = first
        lines = try records.dropFirst().map { record in
            guard record.count == first.count else {
                throw Malformed(description: "\(record.count) cells below \(first.count) columns: \(record)")
            }
            return Dictionary(zip(first, record)) { old, _ in old }
        }
    }

    /// A column from top to bottom.
    package subscript(_ column: String) -> [String] { lines.map { $0[column] ?? "" } }
}

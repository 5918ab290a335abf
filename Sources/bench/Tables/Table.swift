/// Figures side by side: the first column is text, all others are numbers.
struct Table {
    let title: String
    let columns: [String]
    private(set) var rows: [[String]] = []
    /// What a reader has to know of the figures.
    var note = ""

    init(_ title: String, _ columns: [String]) {
        self.title = title
        self.columns = columns
    }

    mutating func add(_ cells: String..., more: [String] = []) {
        add(cells + more)
    }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append(cells)
    }

    /// As Markdown that lines up where it is read as text.
    var markdown: String {
        let widths = columns.indices.map { column in
            ([columns] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.enumerated().map { index, cell in
                let blanks = String(repeating: " ", count: widths[index] - cell.count)
                return index == 0 ? cell + blanks : blanks + cell
            }
            return "| " + padded.joined(separator: " | ") + " |\n"
        }
        let rule = widths.enumerated().map { index, width in
            index == 0 ? String(repeating: "-", count: width) : String(repeating: "-", count: width - 1) + ":"
        }
        let head = "**\(title)**\n\n" + line(columns) + "| " + rule.joined(separator: " | ") + " |\n"
        return head + rows.map(line).joined() + (note.isEmpty ? "" : "\n\(note)\n")
    }
}

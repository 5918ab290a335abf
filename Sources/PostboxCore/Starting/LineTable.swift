/// A line of a table, or several that a quoted cell joins.
struct LineRecord {
    var text: String
    var cells: [String]
    /// The number of its first line, from 0.
    var line: Int

    var isBlank: Bool { text.allSatisfy(\.isWhitespace) }

    /// It is drawn below a header: `-----+-----`.
    var isRuler: Bool {
        text.count { "-=_+".contains($0) } > 2 && text.allSatisfy { "-=_+|".contains($0) || $0.isWhitespace }
    }
}

/// The lines of a file, parted in one way, and how much speaks for that way.
struct LineTable {
    let parting: LineParting
    let records: [LineRecord]
    /// As many cells as most records have.
    let width: Int
    let score: Int
    let isGood: Bool
    /// Nearly all lines but remarks have as many cells.
    let isEven: Bool
    /// What remarks begin with; nil: there are none.
    let comment: String?

    /// Characters that remarks begin with.
    private static let remarks = ["#", "//", "%", "*"]
    /// Lines that one quoted cell may take.
    private static let linesOfOneMax = 20

    /// - Parameter isWorkbook: the quotes of its text are known.
    init(_ lines: [String], _ delimiter: LineParting.Delimiter, isWorkbook: Bool = false) {
        let parting = isWorkbook ? LineParting(delimiter) : LineParting(delimiter, of: lines)
        let records = Self.records(lines, parting)
        var counts: [Int: Int] = [:]
        for record in records where record.cells.count > 1 { counts[record.cells.count, default: 0] += 1 }
        let most = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }
        let width = most?.key ?? 0
        self.parting = parting
        self.records = records
        self.width = width
        let full = records.count { !$0.isBlank }
        score = (most?.value ?? 0) * min(width, 20)
        isGood = width > 1 && (most?.value ?? 0) * 5 >= full * 2
        let data = records.filter { record in
            !record.isBlank && !record.isRuler && !Self.remarks.contains { record.text.hasPrefix($0) }
        }
        isEven = width > 1 && data.count > 1 && data.count { $0.cells.count == width } * 10 >= data.count * 9
        comment = Self.remarks.first { mark in
            let marked = records.filter { $0.text.hasPrefix(mark) }
            return !marked.isEmpty && (mark == "#" || marked.allSatisfy { $0.cells.count != width })
        }
    }

    private static func records(_ lines: [String], _ parting: LineParting) -> [LineRecord] {
        var records: [LineRecord] = []
        var index = 0
        while index < lines.count {
            var (cells, isOpen) = parting.cells(lines[index])
            var (text, next) = (lines[index], index + 1)
            while isOpen, next < lines.count, next - index < linesOfOneMax {
                text += "\n" + lines[next]
                (cells, isOpen) = parting.cells(text)
                next += 1
            }
            if isOpen, next - index > 1 {
                // Nothing closes it: no more than its own line is lost.
                (text, next) = (lines[index], index + 1)
                cells = parting.cells(text).cells
            }
            records.append(LineRecord(text: text, cells: cells, line: index))
            index = next
        }
        return records
    }

    func isRemark(_ index: Int) -> Bool { comment.map(records[index].text.hasPrefix) ?? false }

    func isRow(_ index: Int) -> Bool {
        records[index].cells.count == width && !isRemark(index) && !records[index].isRuler
    }

    /// Rows from there on, no more than a look needs.
    func rows(from index: Int) -> [[String]] {
        records.indices.dropFirst(index).lazy.filter(isRow).prefix(FileSketch.rowsMax).map { records[$0].cells }
    }
}

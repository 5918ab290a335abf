/// Whether a column of numbers is written with two decimal marks, `1,0845` and `24.150`: then nobody knows which values mean
/// what they seem to, and the file may not be sent.
///
/// A mark with three digits behind it may part thousands instead: `1,234` beside `99.5` is only a value that cannot be read,
/// but beside `24.150` it makes that one doubtful, as `1.234.567` does.
package struct DecimalMarks {
    /// Where a value of a kind was seen first; line 0: nowhere.
    private typealias Example = (line: Int, value: String)

    private struct Use {
        var isNumber: Bool
        /// Values whose comma is a decimal mark, and whose comma may be one.
        var comma: Example = (0, "")
        var commaPerhaps: Example = (0, "")
        /// Values whose point is a decimal mark, and whose point may be one.
        var point: Example = (0, "")
        var pointPerhaps: Example = (0, "")
        /// A value whose points part thousands.
        var pointsPart: Example = (0, "")
    }

    /// nil: the plain mapping, every column may be a number.
    private let numbers: Set<String>?
    private var uses: [Use] = []
    private var names: [String] = []

    package init(_ rule: MappingRule) {
        guard let fields = rule.fields else {
            numbers = nil
            return
        }
        var numbers: Set<String> = []
        for field in fields {
            guard case .column(let name) = field.source else { continue }
            switch field.type {
            case nil, .real, .int, .uint: numbers.insert(name)
            case .text, .ascii, .enum, .date, .time: break
            }
        }
        self.numbers = numbers
    }

    /// Takes the rows of a batch that a reader has filled.
    package mutating func take(_ batch: borrowing RowBatch, columns: [Column]) {
        for column in columns[uses.count...] {
            names.append(column.name)
            uses.append(Use(isNumber: numbers?.contains(column.name) ?? true))
        }
        let text = batch.text.span
        for row in batch.rows where row.problem < 0 {
            for index in row.firstCell..<row.firstCell + row.cellCount {
                let cell = batch.cells[index]
                let column = Int(cell.column)
                let isWord = cell.kind == .bool || cell.kind == .null || cell.kind == .nested
                guard uses[column].isNumber, !isWord else { continue }
                take(text.extracting(cell.bytes), line: row.line, of: column)
            }
        }
    }

    /// Why the file is refused; nil: no column has both marks.
    package var problem: FileProblem? {
        for (name, use) in zip(names, uses) {
            let posted = use.pointPerhaps.line > 0 ? use.pointPerhaps : use.point
            let other = [use.comma, use.pointsPart, use.point.line > 0 ? (0, "") : use.commaPerhaps]
                .first { $0.line > 0 }
            guard posted.line > 0, let other else { continue }
            return FileProblem(
                reason: "mixed_decimal_marks", line: min(posted.line, other.line),
                what: "The column \(name) has \(other.value) in line \(other.line) and \(posted.value) in line "
                    + "\(posted.line): nobody can tell which mark is the decimal one.",
                hint: "Write all numbers of the column with a decimal point and without thousands separators.")
        }
        return nil
    }

    private mutating func take(_ value: Span<UInt8>, line: Int, of column: Int) {
        let core = withoutSpaces(value)
        var groups: [Int] = [0]
        var marks: [UInt8] = []
        for index in core {
            switch value[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): groups[groups.count - 1] += 1
            case UInt8(ascii: ","), UInt8(ascii: "."):
                marks.append(value[index])
                groups.append(0)
            case UInt8(ascii: "-"), UInt8(ascii: "+"): guard index == core.lowerBound else { return }
            default: return
            }
        }
        guard let mark = marks.last, groups.allSatisfy({ $0 > 0 }) else { return }
        let example = (line: line, value: shown(value.extracting(core)))
        func note(_ place: inout Example) { if place.line == 0 { place = example } }
        let isPoint = mark == UInt8(ascii: ".")
        if marks.count == 1 {
            let digit = value[core.lowerBound] &- UInt8(ascii: "0") <= 9 ? core.lowerBound : core.lowerBound + 1
            let mayPart = groups[1] == 3 && groups[0] <= 3 && value[digit] != UInt8(ascii: "0")
            switch (isPoint, mayPart) {
            case (true, true): note(&uses[column].pointPerhaps)
            case (true, false): note(&uses[column].point)
            case (false, true): note(&uses[column].commaPerhaps)
            case (false, false): note(&uses[column].comma)
            }
        } else if Set(marks).count == 1 {
            guard groups.dropFirst().allSatisfy({ $0 == 3 }), groups[0] <= 3 else { return }
            if isPoint { note(&uses[column].pointsPart) } else { note(&uses[column].commaPerhaps) }
        } else if marks.dropLast().allSatisfy({ $0 != mark }) {
            // `1.234,50` or `1,234.50`: the last mark is the decimal one, but the value with the point is not posted.
            if !isPoint { note(&uses[column].comma) }
        }
    }
}

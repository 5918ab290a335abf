/// `unpivot`: one line of many columns becomes many rows.
struct Unpivoting: Sendable {
    private let rule: Unpivot
    /// Columns that are none of the others.
    private let kept: Set<String>
    /// The columns are known before the first row, and every row has them all.
    private let hasHeader: Bool
    let nameSlot: Int
    let valueSlot: Int
    /// By column of the file: it becomes rows.
    private(set) var becomesRows: [Bool] = []
    /// Columns that every line has a row of, in their order; -1: the file has none of that name yet.
    private(set) var fixed: [Int]
    /// By column of the file, where its name lies in the text of the batch at hand; -1: nowhere yet.
    private var nameStarts: [Int] = []

    init(_ rule: Unpivot, besides others: [String], hasHeader: Bool, nameSlot: Int, valueSlot: Int) {
        self.rule = rule
        kept = Set(rule.keep + others)
        self.hasHeader = hasHeader
        self.nameSlot = nameSlot
        self.valueSlot = valueSlot
        fixed = []
        if case .named(let names) = rule.columns, !hasHeader { fixed = names.map { _ in -1 } }
    }

    /// Which of a line's rows there are: one for each of `fixed`; else one for each cell of a column that becomes rows.
    var isFixed: Bool {
        if hasHeader { return true }
        if case .named = rule.columns { return true }
        return false
    }

    /// Takes in columns of the file from that one on.
    mutating func learn(_ columns: [Column], from first: Int) {
        for index in first..<max(first, columns.count) {
            becomesRows.append(isRow(columns[index]))
            nameStarts.append(-1)
            guard becomesRows[index] else { continue }
            if hasHeader {
                fixed.append(index)
            } else if case .named(let names) = rule.columns {
                for at in names.indices where names[at] == columns[index].name && fixed[at] < 0 { fixed[at] = index }
            }
        }
    }

    private func isRow(_ column: Column) -> Bool {
        // A column without a name is none.
        if hasHeader, column.name.isEmpty { return false }
        if column.isNested, case .others = rule.columns { return false }
        return rule.makesRows(of: column.name, besides: kept)
    }

    /// The name of a column that is to be there but is not in the file yet.
    func name(ofFixed at: Int, _ columns: [Column]) -> String {
        if fixed[at] >= 0 { return columns[fixed[at]].name }
        if case .named(let names) = rule.columns { return names[at] }
        return ""
    }

    mutating func beginBatch() {
        for index in nameStarts.indices { nameStarts[index] = -1 }
    }

    /// The cell of a column's name.
    mutating func nameCell(_ column: Int, _ name: String, _ text: inout [UInt8]) -> RowBatch.Cell {
        var start = column >= 0 ? nameStarts[column] : -1
        if start < 0 {
            start = text.count
            text.append(contentsOf: name.utf8)
            if column >= 0 { nameStarts[column] = start }
        }
        return RowBatch.Cell(
            column: 0, start: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: name.utf8.count),
            kind: .plain)
    }

    /// What stands against a file whose columns are these: none of them becomes a row, or two of one name do.
    func problem(_ columns: [Column]) -> FileProblem? {
        if hasHeader {
            var seen: Set<String> = []
            for (column, isRow) in zip(columns, becomesRows) where isRow {
                guard seen.insert(column.name).inserted else {
                    return FileProblem(
                        reason: "duplicate_column",
                        what:
                            "The header names the column \(shown(Array(column.name.utf8).span)) twice, and `unpivot` makes a row of each.",
                        hint: "Each column needs a name of its own.")
                }
            }
        }
        guard case .like(let text) = rule.columns, hasHeader, !columns.isEmpty, !becomesRows.contains(true) else {
            return nil
        }
        return FileProblem(
            reason: "unknown_column",
            what: "The file has no column whose name is like \(shown(Array(text.utf8).span)), which `unpivot` needs.",
            hint: "Check the header's spelling, or the rule.")
    }
}

/// `carry`: an empty value takes the one above it.
struct Carrying {
    /// The last value of a column.
    private enum Above {
        case none
        case bytes([UInt8], RowBatch.Kind)
        /// The line that might have had one cannot be read.
        case unknown(RowProblem)
    }

    let slots: [Int]
    private var above: [Above]
    /// Where the value lies in the text of the batch at hand.
    private var cells: [RowBatch.Cell?]

    init(_ slots: [Int]) {
        self.slots = slots
        above = slots.map { _ in .none }
        cells = slots.map { _ in nil }
    }

    mutating func beginBatch() {
        for index in cells.indices { cells[index] = nil }
    }

    /// A line that cannot be read: what it would have given to those below it is unknown.
    mutating func lose(_ problem: RowProblem) {
        for index in above.indices {
            above[index] = .unknown(problem)
            cells[index] = nil
        }
    }

    /// The same of one value, by its index among the slots, that cannot be read.
    mutating func lose(_ problem: RowProblem, at index: Int) {
        above[index] = .unknown(problem)
        cells[index] = nil
    }

    /// Fills the empty ones. Returns what is wrong with values that would have to come from a line that cannot be read, with their slots.
    mutating func fill(
        _ work: inout [RowBatch.Cell], _ names: [String], _ line: LinePlace, _ text: inout [UInt8]
    ) -> [(slot: Int, problem: RowProblem)] {
        var problems: [(slot: Int, problem: RowProblem)] = []
        for (index, slot) in slots.enumerated() {
            let cell = work[slot]
            if cell.kind == .faulty { continue }
            guard cell.column == .max || cell.kind == .null || cell.length == 0 else {
                let range = cell.text(in: text)
                if range.isEmpty { continue }
                above[index] = .bytes(Array(text[range]), cell.kind == .padded ? .plain : cell.kind)
                cells[index] = nil
                continue
            }
            switch above[index] {
            case .none: break
            case .unknown(let broken):
                let problem = RowProblem(
                    reason: broken.reason, line: line.number, columnName: names[slot],
                    what:
                        "\(shown(Array(names[slot].utf8).span)) is empty, and the value above it stands in line \(broken.line), which cannot be read.",
                    hint: broken.hint)
                problems.append((slot, problem))
            case .bytes(let bytes, let kind):
                if cells[index] == nil {
                    cells[index] = RowBatch.Cell(
                        column: 0, start: UInt32(truncatingIfNeeded: text.count),
                        length: UInt32(truncatingIfNeeded: bytes.count), kind: kind)
                    text.append(contentsOf: bytes)
                }
                if let cell = cells[index] { work[slot] = cell }
            }
        }
        return problems
    }
}

/// Makes the rows of a rule of the file's lines, and the values that its fields and its RIC are made of.
///
/// In this order: blanks and values that mean empty, `carry`, `unpivot`, `let`, `where`, `group`, `take`, and then what fields and the
/// RIC are made of. What it makes stands in the batch behind the file's own bytes, as cells of columns of its own. Rows that do not
/// count are left out; they have a number all the same, so that numbers behind it have gaps. However a file falls into batches, the
/// same rows come out.
package struct RowShaper {
    /// What a reading is for.
    package enum Purpose: Sendable {
        /// Rows to be mapped.
        case rows
        /// What `take` has to know before.
        case scan
        /// The rows that do not count, in place of those that do.
        case skipped
        /// How the file writes its numbers: they stand as they do there, also those of a group that no field takes.
        case marks
    }

    private var shape: ShapeColumns
    private var maker: RowMaker
    private let cleaner: BlankCleaner?
    /// A line says what its bad rows need, in a file of rejects; nil: no such file is written.
    package var editing: RowEditing?
    /// Columns of the line at hand that have bad rows; of one that is not unpivoted, any.
    private var badColumns: Set<Int> = []
    private var carrying: Carrying?
    private var unpivoting: Unpivoting?
    private let header: HeaderCheck?
    private var work: [RowBatch.Cell] = []
    /// Cells of a line that its rows share.
    private var base: [RowBatch.Cell] = []
    private var cellOfColumn: [Int] = []
    /// Cells of the line at hand that become rows and take the value above them, by their columns.
    private var carriedCells: [Int: RowBatch.Cell] = [:]
    private var given = GivenLines()
    /// Rows of empty cells of an unpivoted line are skipped: it comes from a file of rejects.
    private let skipsEmpty: Bool
    /// What such a cell holds where nothing can be empty.
    private var emptiedText: [UInt8]?
    private let maySkip: Bool
    /// Nil: the rule does more than make values of a header's columns.
    private var quick: QuickValues?

    /// nil: rows of the rule are the file's, and their values too.
    ///
    /// - Parameter hasHeader: the file's columns are known before its first row.
    package init?(rule: MappingRule, hasHeader: Bool, sources: RowSources, for purpose: Purpose = .rows) {
        guard rule.needsShaping else { return nil }
        let rule = rule.typed(by: sources.dictionary)
        var shape = ShapeColumns()
        for spellings in rule.shape?.spellings ?? [] { shape.join(spellings) }
        // Each line of a file of rejects has its values; what is above it there is none of its own.
        let carried = rule.isForRejects == true ? nil : rule.shape?.carried
        carrying = carried.map { names in Carrying(names.map { shape.slot($0) }) }
        unpivoting = rule.shape?.spelledUnpivot.map { unpivot in
            var headings = (rule.layout?.lines?.headings ?? []).map(\.name)
            // A carried value from deeper in a row stands in it as a member of its own.
            if rule.isForRejects == true { headings += Self.carriedNames(rule).filter { $0.contains(".") } }
            return Unpivoting(
                unpivot, besides: headings + ["$key"], hasHeader: hasHeader, nameSlot: shape.slot(unpivot.name),
                valueSlot: shape.slot(unpivot.value))
        }
        maker = RowMaker(rule: rule, sources: sources, purpose: purpose, shape: &shape)
        if hasHeader, carried == nil, unpivoting == nil { quick = maker.quickValues }
        self.shape = shape
        cleaner = BlankCleaner(rule)
        header = hasHeader ? HeaderCheck() : nil
        skipsEmpty = rule.isForRejects == true
        if skipsEmpty, rule.layout?.lines?.partsAtBlanks == true {
            emptiedText = LineEditing.emptyBetweenBlanks(quote: nil)
        }
        maySkip = rule.maySkipRows
    }

    private static func carriedNames(_ rule: MappingRule) -> [String] {
        rule.shape.map { shape in (shape.carried ?? []).flatMap(shape.names) } ?? []
    }

    /// The columns of the rows that it makes: the file's and its own. Empty as long as no column of the file is known.
    package var columns: [Column] { shape.all }
    /// For each column of the file its place among `columns`.
    package var places: [UInt32] { shape.places }
    /// Of `columns` those of the file that no row has any more, as far as it was read: `unpivot` made rows of them.
    package var usedUp: Set<Int> { shape.usedUp }
    /// Whether lines that cannot be read may name columns that are among none of these.
    package var mayHideColumns: Bool { maker.mayHideColumns }
    /// The highest number of the rows that came out, or were left out, so far.
    package var rowCount: Int { maker.rowCount }
    /// Which of them do not count; nil: the rule has nothing by which one would not.
    package var skippedRows: RowSet? { maySkip ? maker.skipped : nil }
    /// Where the first line begins of which no row came out yet; nil: there is none.
    package var heldStart: Int? { maker.heldStart }
    /// Whether a value that the mapper never sees had marks that no number on the wire has.
    package var hasSeenOddMarks: Bool { maker.hasSeenOddMarks }
    /// Why each row of the last batch is skipped; only when they are read for that.
    package var reasons: [String] { maker.reasons }
    /// What was found for `take`, once all was read.
    package var found: RowScan? { maker.found }

    /// Shapes the rows of a batch that a reader has filled, and whose trailers are taken out, in the order of the file.
    ///
    /// - Parameter columns: the reader's; they may have grown since the last call.
    /// - Throws: what is wrong with the file: `group_split`, `ambiguous_date`, `unknown_column`, `row_too_long`.
    package mutating func shape(
        _ batch: inout RowBatch, columns: [Column], isLast: Bool
    ) throws(FileProblem) {
        try learn(columns)
        swap(&given.lines, &batch.rows)
        swap(&given.cells, &batch.cells)
        batch.rows.removeAll(keepingCapacity: true)
        batch.cells.removeAll(keepingCapacity: true)
        batch.isShaped = true
        maker.begin(&batch)
        carrying?.beginBatch()
        unpivoting?.beginBatch()
        if editing != nil {
            given.original = given.cells
            editing?.begin(batch)
        }
        if let unpivoting, !batch.spoiled.isEmpty { given.part(unpivoting.becomesRows, columns, &batch) }
        given.clean(cleaner, header, columns, batch.text)
        quick?.make(given.lines, given.cells, width: columns.count, &batch)
        try takeLines(columns, &batch)
        if isLast { try maker.finish(&shape, &batch) }
        // Values are read in words.
        for _ in 0..<8 { batch.text.append(0) }
    }

    private mutating func learn(_ columns: [Column]) throws(FileProblem) {
        guard columns.count > shape.places.count else { return }
        let first = shape.learn(columns)
        if first == 0 { maker.placeColumns(&shape) }
        unpivoting?.learn(columns, from: first)
        if let problem = unpivoting?.problem(columns) { throw problem }
        for index in first..<columns.count where unpivoting?.becomesRows[index] == true { shape.unpivot(index) }
        while cellOfColumn.count < columns.count { cellOfColumn.append(-1) }
        quick?.learn(shape.slots)
    }

    private mutating func takeLines(_ columns: [Column], _ batch: inout RowBatch) throws(FileProblem) {
        guard let quick, let starts = maker.placeQuickly(quick, &shape) else {
            for index in given.lines.indices { try take(given.lines[index], index, columns, &batch) }
            return
        }
        // Lines are rows as they stand.
        let (values, places) = (quick.cells, shape.places)
        for index in given.lines.indices {
            let line = given.lines[index]
            if line.problem == -1, maker.addQuickly(line, index, given.cells, values, starts, places, &batch) {
                continue
            }
            try take(line, index, columns, &batch)
        }
    }

    private mutating func take(
        _ row: RowBatch.Row, _ index: Int, _ columns: [Column], _ batch: inout RowBatch
    ) throws(FileProblem) {
        if row.problem >= 0 {
            if carrying != nil, row.problem < batch.problems.count { carrying?.lose(batch.problems[row.problem]) }
            return try maker.addBroken(row, &shape, &batch)
        }
        let range = row.firstCell..<row.firstCell + row.cellCount
        if row.problem == GivenLines.repeatsHeader {
            var broken = row
            broken.problem = batch.problems.count
            let line = LinePlace(number: row.line, start: .max)
            let problem = batch.problem(.repeatedHeader, on: line, at: ShapeColumns.none, nil)
            batch.problems.append(problem)
            return try maker.addBroken(broken, isHeader: true, &shape, &batch)
        }
        work.removeAll(keepingCapacity: true)
        for _ in shape.names { work.append(ShapeColumns.none) }
        base.removeAll(keepingCapacity: true)
        var line = LinePlace(number: row.line, start: .max)
        var faults: [RowBatch.Cell] = []
        if index < given.starts.count { line.start = given.starts[index] }
        for index in range {
            var cell = given.cells[index]
            let column = Int(cell.column)
            line.start = min(line.start, Int(cell.start))
            let slot = shape.slots[column]
            cell.column = shape.places[column]
            let becomesRow = unpivoting?.becomesRows[column] == true
            if slot >= 0, !becomesRow || carrying?.slots.contains(slot) == true {
                if work[slot].column != .max {
                    let problem = batch.problem(.duplicateColumn, on: line, at: cell, shape.names[slot])
                    faults.append(batch.faulty(problem))
                }
                work[slot] = cell
            }
            if becomesRow {
                cellOfColumn[column] = index
            } else {
                base.append(cell)
            }
        }
        if carrying != nil { carry(line, &batch, &faults) }
        guard unpivoting != nil else {
            try maker.add(row, line, base, work, faults, &shape, &batch)
            if editing?.isBad(maker.lastNumber) == true { badColumns.insert(0) }
            return edit(row, columns, &batch)
        }
        let first = maker.number + 1
        try unpivot(row, line, columns, faults, &batch)
        edit(row, rows: maker.groups ? nil : first..<maker.number + 1, columns, &batch)
        for index in cellOfColumn.indices { cellOfColumn[index] = -1 }
        carriedCells.removeAll(keepingCapacity: true)
    }

    /// Carried values stand in their rows; of an unpivoted row that has bad ones, the other cells are empty.
    ///
    /// - Parameter rows: the rows that its cells became; nil: they became none of their own.
    private mutating func edit(
        _ row: RowBatch.Row, rows: Range<Int>? = nil, _ columns: [Column], _ batch: inout RowBatch
    ) {
        guard editing != nil else { return }
        let range = row.firstCell..<row.firstCell + row.cellCount
        var emptied: [Int] = []
        if let unpivoting, !badColumns.isEmpty {
            emptied = range.filter {
                let column = Int(given.original[$0].column)
                return unpivoting.becomesRows[column] && !badColumns.contains(column)
            }
        }
        let carried = carriedValues(range, columns, batch)
        if let rows, !badColumns.isEmpty {
            let isBlank = range.allSatisfy {
                let (column, length) = (Int(given.original[$0].column), given.original[$0].length)
                return length == 0 || unpivoting?.becomesRows[column] == true && !badColumns.contains(column)
            }
            editing?.noteLine(rows, isBlank: isBlank && carried.isEmpty)
        }
        editing?.edit(
            row, isBad: !badColumns.isEmpty, given.original, columns, emptied: emptied,
            carried: carried, &batch)
        badColumns.removeAll(keepingCapacity: true)
    }

    /// What a row has from rows above it.
    private func carriedValues(
        _ range: Range<Int>, _ columns: [Column], _ batch: borrowing RowBatch
    ) -> [RowEditing.Carried] {
        guard let carrying else { return [] }
        return carrying.slots.compactMap { slot in
            var value = work[slot]
            if let column = unpivotedColumn(slot) {
                // Of cells that become rows the bad ones alone are there.
                guard badColumns.contains(column), let cell = carriedCells[column] else { return nil }
                value = cell
            }
            guard value.column != .max, value.kind != .null, value.kind != .faulty, value.length > 0 else { return nil }
            let cell = range.first { shape.slots[Int(given.original[$0].column)] == slot }
            // It is its own, with or without the blanks around it.
            if let cell, given.original[cell].length > 0, given.original[cell].bytes.contains(Int(value.start)) {
                return nil
            }
            let column = cell.map { columns[Int(given.original[$0].column)] } ?? Column(name: shape.names[slot])
            return RowEditing.Carried(column: column, cell: cell, value: batch.text[value.bytes], kind: value.kind)
        }
    }

    /// The file's column that becomes rows and has this slot; nil: rows have the slot's column, or the file has none of it yet.
    private func unpivotedColumn(_ slot: Int) -> Int? {
        shape.unpivoted.contains(slot) ? shape.slots.firstIndex(of: slot) : nil
    }

    /// Whether the file of rejects says that a cell is empty.
    private func isEmptied(_ cell: RowBatch.Cell, _ text: [UInt8]) -> Bool {
        emptiedText.map { text[cell.text(in: text)].elementsEqual($0) } ?? false
    }

    private mutating func carry(_ line: LinePlace, _ batch: inout RowBatch, _ faults: inout [RowBatch.Cell]) {
        guard let slots = carrying?.slots else { return }
        for (index, slot) in slots.enumerated() where work[slot].kind == .faulty {
            let problem = batch.problemIndex(of: work[slot])
            if problem >= 0 { carrying?.lose(batch.problems[problem], at: index) }
        }
        let problems = carrying?.fill(&work, shape.names, line, &batch.text) ?? []
        for (slot, problem) in problems {
            let faulty = batch.faulty(problem)
            // What becomes rows is the matter of its own row.
            if shape.unpivoted.contains(slot) { work[slot] = faulty } else { faults.append(faulty) }
        }
        for slot in slots {
            guard let column = unpivotedColumn(slot) else { continue }
            if work[slot].column != .max { carriedCells[column] = work[slot] }
            // No row has the column.
            work[slot] = ShapeColumns.none
        }
        for slot in slots where work[slot].kind != .null && work[slot].length > 0 {
            guard let place = shape.place(of: shape.names[slot]) else { continue }
            work[slot].column = place
            if let at = base.firstIndex(where: { $0.column == place }) {
                base[at] = work[slot]
            } else {
                base.append(work[slot])
            }
        }
    }

    private mutating func unpivot(
        _ row: RowBatch.Row, _ line: LinePlace, _ columns: [Column], _ faults: [RowBatch.Cell], _ batch: inout RowBatch
    ) throws(FileProblem) {
        guard var unpivoting else { return }
        self.unpivoting = nil
        defer { self.unpivoting = unpivoting }
        if unpivoting.isFixed {
            for at in unpivoting.fixed.indices {
                let column = unpivoting.fixed[at]
                let index = column >= 0 ? cellOfColumn[column] : -1
                let cell =
                    carriedCells[column]
                    ?? (index >= 0
                        ? given.cells[index] : RowBatch.Cell(column: 0, start: 0, length: 0, kind: .null))
                try addRow(row, line, column, unpivoting.name(ofFixed: at, columns), cell, &unpivoting, faults, &batch)
            }
        } else {
            for index in row.firstCell..<row.firstCell + row.cellCount {
                guard let column = cellOfColumn.firstIndex(of: index) else { continue }
                let cell = carriedCells[column] ?? given.cells[index]
                try addRow(row, line, column, columns[column].name, cell, &unpivoting, faults, &batch)
            }
        }
    }

    private mutating func addRow(
        _ row: RowBatch.Row, _ line: LinePlace, _ column: Int, _ name: String, _ cell: RowBatch.Cell,
        _ unpivoting: inout Unpivoting, _ faults: [RowBatch.Cell], _ batch: inout RowBatch
    ) throws(FileProblem) {
        work[unpivoting.nameSlot] = unpivoting.nameCell(column, name, &batch.text)
        work[unpivoting.valueSlot] = cell
        // Not the sign of a cell that a row lacks.
        if cell.column == .max { work[unpivoting.valueSlot].column = 0 }
        let faults = cell.kind == .faulty ? faults + [cell] : faults
        let isLeftOut = skipsEmpty && (cell.kind == .null || cell.length == 0 || isEmptied(cell, batch.text))
        try maker.add(row, line, base, work, faults, isLeftOut: isLeftOut, &shape, &batch)
        if editing?.isBad(maker.lastNumber) == true { badColumns.insert(column) }
    }
}

/// A batch's lines as the reader gave them.
private struct GivenLines {
    /// In place of a line's problem.
    static let repeatsHeader = -2

    var lines: [RowBatch.Row] = []
    var cells: [RowBatch.Cell] = []
    /// The cells before they were cleaned, where lines are edited.
    var original: [RowBatch.Cell] = []
    /// Where the lines began before blanks were taken out of their cells; empty: none were.
    private(set) var starts: [Int] = []

    /// Makes bytes that are no text, and what else is wrong with single cells, the matter of these, in lines of which nothing else is wrong:
    /// the other cells become rows all the same. A line where a cell that all its rows share is such a one stays broken as a whole.
    mutating func part(_ becomesRows: [Bool], _ columns: [Column], _ batch: inout RowBatch) {
        for index in lines.indices where batch.spoiled.contains(lines[index].problem) {
            let range = lines[index].firstCell..<lines[index].firstCell + lines[index].cellCount
            let line = LinePlace(number: lines[index].line, start: range.map { Int(cells[$0].start) }.min() ?? .max)
            let bad = range.filter { batch.cellProblems[$0] != nil || batch.badByte(in: cells[$0]) != nil }
            guard !bad.isEmpty, bad.allSatisfy({ becomesRows[Int(cells[$0].column)] }) else { continue }
            for at in bad {
                let column = cells[at].column
                let problem =
                    batch.cellProblems[at] ?? batch.badByteProblem(of: cells[at], on: line, columns[Int(column)].name)
                cells[at] = batch.faulty(problem)
                cells[at].column = column
            }
            lines[index].problem = -1
        }
    }

    /// Takes blanks and texts that mean empty out of the cells, and marks the lines that repeat the header.
    mutating func clean(_ cleaner: BlankCleaner?, _ header: HeaderCheck?, _ columns: [Column], _ text: [UInt8]) {
        starts.removeAll(keepingCapacity: true)
        for index in lines.indices {
            var start = Int.max
            defer { if cleaner != nil { starts.append(start) } }
            guard lines[index].problem < 0 else { continue }
            let range = lines[index].firstCell..<lines[index].firstCell + lines[index].cellCount
            if let header, header.repeats(columns, cells[range], text) {
                lines[index].problem = Self.repeatsHeader
            } else if let cleaner {
                for at in range {
                    start = min(start, Int(cells[at].start))
                    cleaner.clean(&cells[at], text)
                }
            }
        }
    }
}

extension MappingRule {
    /// Whether its rows, or their values, are not simply the file's.
    package var needsShaping: Bool {
        if let shape, !shape.isEmpty { return true }
        if let blanks = layout?.blanks, blanks.trims == true || blanks.nulls?.isEmpty == false { return true }
        if layout?.lines?.fixed != nil { return true }
        if fields == nil, number?.isEmpty == false { return true }
        if checkedColumns.contains(where: isOwn) { return true }
        switch ric {
        case .derived: return true
        case .column(let name): if isOwn(name) { return true }
        case .template(let parts): for case .column(let name) in parts where isOwn(name) { return true }
        case .plain: break
        }
        if case .column(let name, _, _) = post, isOwn(name) { return true }
        for field in fields ?? [] {
            switch field.source {
            case .derived: return true
            case .column(let name): if isOwn(name) { return true }
            case .value: break
            }
        }
        return false
    }
}

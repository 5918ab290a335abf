/// Values of a batch that need no second look, made a column at a time before the batch's rows are: nothing has to be asked again
/// for each row, and look-ups in a large table do not wait for each other.
///
/// It makes the cells that `ValueStage` would make; what is not usual about a value is left to that, which alone knows what is wrong
/// with it. It needs lines that are rows as they stand.
struct QuickValues {
    /// How a value is made.
    private enum Making {
        case number(NumberReader)
        case date(DateReader)
        case lookup(LookupTable, column: Int, keepsLineBreaks: Bool)
        case formula(FormulaStep)
    }

    private struct Maker {
        var making: Making
        /// The slots that it looks into.
        let slots: [Int]
        /// The file's columns in these slots; empty: the file has not all of them.
        var columns: [Int] = []
    }

    /// The sign of a value that is left to the stage; cells that are made have the column 0.
    fileprivate static let leftOut = RowBatch.Cell(column: 1, start: 0, length: 0, kind: .null)

    private var makers: [Maker] = []
    /// By index in the stage: the index among `makers`, or -1.
    private var places: [Int]
    private var made = MadeValues()
    private var lineCount = 0
    // Memory that is used again.
    private var scratch: [UInt8] = []
    private var operands: [RowBatch.Cell] = []
    private var found: [Int] = []

    init(_ stage: ValueStage) {
        places = Array(repeating: -1, count: stage.makers.count)
        for (index, maker) in stage.makers.enumerated() {
            guard let (slots, making) = Self.making(maker, stage) else { continue }
            places[index] = makers.count
            makers.append(Maker(making: making, slots: slots))
        }
    }

    private static func making(_ maker: ValueStage.Maker, _ stage: ValueStage) -> (slots: [Int], Making)? {
        switch maker.origin {
        case .formula(let formula): return maker.steps.isEmpty ? (formula.slots, .formula(formula)) : nil
        case .slot(let slot):
            guard maker.steps.count == 1 else { return nil }
            switch maker.steps[0] {
            case .number(let step): return ([slot], .number(step.reader))
            case .date(let at): return ([slot], .date(stage.dates[at]))
            case .lookup(let table?, let column, by: -1):
                return ([slot], .lookup(table, column: column, keepsLineBreaks: maker.keepsLineBreaks))
            default: return nil
            }
        case .anyOf, .template: return nil
        }
    }

    /// Looks for the columns of the slots.
    ///
    /// - Parameter slots: for each column of the file its slot, or -1.
    mutating func learn(_ slots: [Int]) {
        for index in makers.indices {
            let columns = makers[index].slots.map { slot in
                // Of two columns of one name none is it.
                slots.firstIndex(of: slot).flatMap { slots[($0 + 1)...].contains(slot) ? nil : $0 } ?? -1
            }
            makers[index].columns = columns.contains(-1) ? [] : columns
        }
    }

    /// Makes what it can of a batch's lines, whose cells are cleaned of blanks and of texts that mean empty, and appends it to the
    /// batch's text.
    ///
    /// - Parameter width: cells of a line; one with more or fewer is left out.
    mutating func make(_ lines: [RowBatch.Row], _ given: [RowBatch.Cell], width: Int, _ batch: inout RowBatch) {
        made.removeAll(base: batch.text.count)
        lineCount = lines.count
        for index in makers.indices {
            let columns = makers[index].columns
            guard let column = columns.first else {
                made.leaveOut(lines.count)
                continue
            }
            operands.removeAll(keepingCapacity: true)
            for line in lines { operands.append(Self.cell(column, of: line, given, width)) }
            switch makers[index].making {
            case .number(let reader): made.addNumbers(operands, batch.text, reader)
            case .date(var reader):
                for cell in operands {
                    made.add(cell, kind: cell.length == 0 ? .plain : .string) { out in
                        cell.length == 0 || reader.convert(batch.text.span.extracting(cell.bytes), into: &out) == nil
                    }
                }
                // It remembers what it found last.
                makers[index].making = .date(reader)
            case .lookup(let table, let taken, let keepsLineBreaks):
                table.find(operands, in: batch.text, into: &found)
                for (cell, row) in zip(operands, found) {
                    // What is wrong with a key is the stage's to tell, also where the table has the same.
                    let key = batch.text.span.extracting(cell.bytes)
                    let isWhole = row < 0 || cellFault(key, keepsLineBreaks: keepsLineBreaks) == nil
                    made.add(cell, kind: .plain) { out in
                        guard isWhole else { return false }
                        if row >= 0 { table.append(taken, ofRowAt: row, into: &out) }
                        return row >= 0 || cell.length == 0
                    }
                }
            case .formula(let formula):
                for line in lines {
                    operands.removeAll(keepingCapacity: true)
                    for column in columns { operands.append(Self.cell(column, of: line, given, width)) }
                    let isWhole = !operands.contains { Self.isLeftOut($0) }
                    made.add(isWhole ? operands[0] : Self.leftOut, kind: .plain) { out in
                        formula.evaluate(inOrder: operands, batch.text, scratch: &scratch, into: &out) == nil
                    }
                }
            }
        }
        batch.text.append(contentsOf: made.text)
    }

    /// The cells of the values that were made of the batch's lines.
    var cells: [RowBatch.Cell] { made.cells }

    /// Where in `cells` those of a maker of the stage begin, one for each line; nil: it is none that is made here.
    func start(of maker: Int) -> Int? {
        let place = places[maker]
        return place < 0 ? nil : place * lineCount
    }

    /// Whether the stage has to make that value.
    @inline(__always)
    static func isLeftOut(_ cell: RowBatch.Cell) -> Bool { cell.column == leftOut.column }

    /// The cell of a column, with the column 0; `leftOut` where the line is an odd one, or the value no plain text.
    @inline(__always)
    private static func cell(
        _ column: Int, of line: RowBatch.Row, _ cells: [RowBatch.Cell], _ width: Int
    ) -> RowBatch.Cell {
        guard line.problem == -1, line.cellCount == width, column < width else { return leftOut }
        var cell = cells[line.firstCell + column]
        guard cell.kind == .plain, Int(cell.column) == column else { return leftOut }
        cell.column = 0
        return cell
    }
}

/// What was made of a batch's lines.
private struct MadeValues {
    /// The bytes of all values.
    private(set) var text: [UInt8] = []
    /// For each maker the cells of all lines, one maker behind the other.
    private(set) var cells: [RowBatch.Cell] = []
    /// Where `text` will begin in the batch's text.
    private var base = 0

    mutating func removeAll(base: Int) {
        self.base = base
        text.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
    }

    mutating func leaveOut(_ count: Int) {
        cells.append(contentsOf: repeatElement(QuickValues.leftOut, count: count))
    }

    /// Adds what `body` appends for a cell; nothing where it says false.
    @inline(__always)
    mutating func add(_ cell: RowBatch.Cell, kind: RowBatch.Kind, _ body: (inout [UInt8]) -> Bool) {
        guard cell.column == 0 else { return cells.append(QuickValues.leftOut) }
        let start = text.count
        guard body(&text) else {
            if text.count > start { text.removeLast(text.count - start) }
            return cells.append(QuickValues.leftOut)
        }
        cells.append(made(start, text.count &- start, kind))
    }

    private func made(_ start: Int, _ count: Int, _ kind: RowBatch.Kind) -> RowBatch.Cell {
        RowBatch.Cell(
            column: 0, start: UInt32(truncatingIfNeeded: base &+ start), length: UInt32(truncatingIfNeeded: count),
            kind: kind)
    }

    /// Adds numbers: the usual ones as they are copied, in one go, then the others.
    mutating func addNumbers(_ given: [RowBatch.Cell], _ source: [UInt8], _ reader: NumberReader) {
        let first = cells.count
        let before = text.count
        var room = 0
        for cell in given where cell.column == 0 { room += Int(cell.length) }
        var (cells, text): ([RowBatch.Cell], [UInt8]) = ([], [])
        swap(&cells, &self.cells)
        swap(&text, &self.text)
        source.withUnsafeBufferPointer { source in
            text.append(addingCapacity: room) { span in
                span.withUnsafeMutableBufferPointer { memory, count in
                    for cell in given {
                        let value = UnsafeBufferPointer(rebasing: source[cell.bytes])
                        let rest = UnsafeMutableBufferPointer(rebasing: memory[count...])
                        if cell.column == 0, value.isEmpty || reader.copyUsual(value, to: rest) {
                            cells.append(made(before + count, value.count, .plain))
                            count += value.count
                        } else {
                            cells.append(QuickValues.leftOut)
                        }
                    }
                }
            }
        }
        for (index, cell) in given.enumerated()
        where cell.column == 0 && QuickValues.isLeftOut(cells[first + index]) {
            let start = text.count
            if reader.convert(source.span.extracting(cell.bytes), into: &text) == nil {
                cells[first + index] = made(start, text.count - start, .plain)
            }
        }
        swap(&cells, &self.cells)
        swap(&text, &self.text)
    }
}

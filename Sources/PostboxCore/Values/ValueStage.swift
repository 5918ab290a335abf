/// Makes the values that no column of the file holds as they are wanted: `let`, and what fields and the RIC are made of.
///
/// Each goes through the steps of its rule in the order trim, strip, nulls, extract, nulls again, map or lookup, default, parse, formula;
/// scale, rounding and type are the mapper's, except of a formula, which is scaled and rounded as it is computed. Blanks around the
/// file's values and values that mean empty are gone before.
struct ValueStage {
    /// A value that is made. Rows share it as it is: nothing of it is copied.
    final class Maker {
        let origin: Origin
        var steps: [Step] = []
        /// The slot whose cell a problem is at, or -1.
        var place = -1
        /// A row or a file may lack what it is made of: there is no value then, not an empty one.
        var isOptional = false
        /// Its result is a number, whatever it was made of.
        var isNumber = false
        /// Its field takes whole numbers alone.
        var isWhole = false
        /// Line breaks may stand in what it is made of.
        var keepsLineBreaks = false
        /// What its value is taken from, for words about it.
        var lookup: Lookup?

        init(origin: Origin, place: Int = -1) {
            self.origin = origin
            self.place = place
        }
    }

    /// Where a value comes from.
    enum Origin {
        case slot(Int)
        /// The one of these that the row has.
        case anyOf([Int])
        case template(TemplateStep)
        case formula(FormulaStep)
    }

    /// What becomes of it.
    enum Step {
        case strip(Stripper)
        case nulls(NullTexts)
        case extract(Extractor)
        case map(WordMapper, takesEmpty: Bool)
        /// `by`: the slot of its key, or -1 where the value is the key.
        case lookup(LookupTable?, column: Int, by: Int)
        case whenEmpty([UInt8])
        case number(NumberStep)
        /// Its index among those of the stage.
        case date(Int)
        case cut(Int)
    }

    /// Numbers are read; else a value ends as the text that would be read as one.
    var readsNumbers = true
    /// A number could not be read, or was not, that has marks which no number on the wire has, and nothing says which is which.
    private(set) var hasSeenOddMarks = false
    private(set) var makers: [Maker] = []
    /// They remember what they found last.
    private(set) var dates: [DateReader] = []
    /// By maker: its steps may hide what is wrong with a cell, so that the cell is looked at before them.
    private var hides: [Bool] = []
    private var value: [UInt8] = []
    private var next: [UInt8] = []
    private var places: [Range<Int>] = []
    /// The row of the table that the value at hand was taken from; -1: of none.
    private var takenRow = -1

    init() {}

    /// Adds a value; `date`: what reads it, where it is a date.
    mutating func add(_ maker: Maker, date: DateReader?) {
        if let date {
            dates.append(date)
            maker.steps.append(.date(dates.count - 1))
        }
        makers.append(maker)
        hides.append(maker.steps.contains(where: \.hides))
    }

    /// Makes the value for a row whose slots hold these cells. Its bytes are appended to the batch's text; its column is not set, and
    /// it is `ShapeColumns.none` where the row lacks what it is made of and may. A value with something wrong is a `faulty` cell.
    mutating func make(
        _ index: Int, _ work: [RowBatch.Cell], _ names: [String], _ line: LinePlace, _ batch: inout RowBatch
    ) -> RowBatch.Cell {
        let maker = makers[index]
        value.removeAll(keepingCapacity: true)
        var kind = RowBatch.Kind.plain
        var place = maker.place
        switch maker.origin {
        case .slot(let slot):
            let cell = work[slot]
            if cell.kind == .faulty { return cell }
            if cell.column == .max, maker.isOptional { return ShapeColumns.none }
            if let made = plainNumber(maker, cell, &batch) { return made }
            kind = take(cell, batch.text)
            if hides[index], let fault = hiddenFault(maker, kind) {
                return faulty(fault, cell, names[slot], line, &batch)
            }
        case .anyOf(let slots):
            place = slots.first { work[$0].column != .max } ?? -1
            guard place >= 0 else {
                if maker.isOptional { return ShapeColumns.none }
                break
            }
            if work[place].kind == .faulty { return work[place] }
            kind = take(work[place], batch.text)
            if hides[index], let fault = hiddenFault(maker, kind) {
                return faulty(fault, work[place], names[place], line, &batch)
            }
        case .template(let template):
            if let faulty = template.slots.first(where: { work[$0].kind == .faulty }) { return work[faulty] }
            if maker.isOptional, template.slots.contains(where: { work[$0].column == .max }) {
                return ShapeColumns.none
            }
            if let slot = template.slots.first(where: { work[$0].kind == .nested }) {
                return faulty(.nestedValue, work[slot], names[slot], line, &batch)
            }
            places.removeAll(keepingCapacity: true)
            for slot in template.slots {
                places.append(work[slot].text(in: batch.text))
                let fault = cellFault(
                    batch.text.span.extracting(work[slot].text(in: batch.text)), keepsLineBreaks: maker.keepsLineBreaks)
                if let fault { return faulty(fault, work[slot], names[slot], line, &batch) }
            }
            _ = template.writer.write(places, in: batch.text.span, into: &value)
        case .formula(let formula):
            next.removeAll(keepingCapacity: true)
            if let faulty = formula.slots.first(where: { work[$0].kind == .faulty }) { return work[faulty] }
            if maker.isOptional, formula.slots.contains(where: { work[$0].column == .max }) {
                noteMarks(formula, work, batch.text)
                return ShapeColumns.none
            }
            if let (fault, slot) = formula.evaluate(work, batch.text, scratch: &next, into: &value) {
                guard slot < 0 else {
                    let said = formula.words(of: fault, work[slot], batch.text)
                    return faulty(fault, work[slot], names[slot], line, &batch, said)
                }
                return faulty(fault, formula, work, names, line, &batch)
            }
        }
        if kind == .nested, !value.isEmpty {
            return faulty(.nestedValue, work[place], names[place], line, &batch)
        }
        var isOfJSON =
            (!maker.steps.isEmpty || !readsNumbers) && isWrittenByJSON(maker.origin, kind, work, batch.text)
        // Its point is no sign of how the file writes numbers.
        if isOfJSON, !readsNumbers { kind = .number }
        if let fault = run(maker, &kind, &isOfJSON, work, batch.text) {
            let said = words(of: fault, maker, isOfJSON: isOfJSON)
            if let taken = placeOfTaken(maker) {
                let cell = place < 0 ? ShapeColumns.none : work[place]
                var problem = rowProblem(
                    .value(fault), line: line.number, columnName: place < 0 ? nil : names[place], value: value.span,
                    in: taken, said: said)
                if cell.column != .max { problem.place(cell.bytes, rowStart: line.start, in: batch) }
                return batch.faulty(problem)
            }
            // The key of a lookup has a column of its own.
            if case .template(let template) = maker.origin, place < 0 || template.slots.contains(place) {
                return faulty(fault, template, said, work, names, line, &batch)
            }
            return faulty(
                fault, place < 0 ? ShapeColumns.none : work[place], place < 0 ? nil : names[place], line, &batch, said)
        }
        let start = batch.text.count
        batch.text.append(contentsOf: value)
        return RowBatch.Cell(
            column: 0, start: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: value.count),
            kind: maker.isNumber ? .plain : kind)
    }

    /// Where the value at hand stands in a table; nil: in none.
    private func placeOfTaken(_ maker: Maker) -> TakenValue.Place? {
        guard takenRow >= 0, let lookup = maker.lookup else { return nil }
        for case .lookup(let table?, let column, _) in maker.steps {
            return TakenValue.place(lookup, table, column: column, row: takenRow, isEmpty: value.isEmpty)
        }
        return nil
    }

    /// Whether a number in the value has the point of JSON, which writes its numbers in one way, whatever the rule says of texts.
    private func isWrittenByJSON(
        _ origin: Origin, _ kind: RowBatch.Kind, _ work: [RowBatch.Cell], _ text: [UInt8]
    ) -> Bool {
        guard case .template(let template) = origin else { return kind == .number }
        return template.slots.contains { slot in
            work[slot].kind == .number && text[work[slot].bytes].contains(UInt8(ascii: "."))
        }
    }

    /// A number that is only read, straight from its cell; nil: more is to be done.
    private mutating func plainNumber(
        _ maker: Maker, _ cell: RowBatch.Cell, _ batch: inout RowBatch
    ) -> RowBatch.Cell? {
        guard maker.steps.count == 1, case .number(let step) = maker.steps[0],
            cell.kind == .plain || cell.kind == .string, cell.length > 0
        else { return nil }
        guard step.reader.convert(batch.text.span.extracting(cell.bytes), into: &value) == nil else {
            value.removeAll(keepingCapacity: true)
            return nil
        }
        let start = batch.text.count
        batch.text.append(contentsOf: value)
        return RowBatch.Cell(
            column: 0, start: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: value.count),
            kind: maker.isNumber || step.isRead(value.span, from: cell.kind) ? .plain : cell.kind)
    }

    /// Takes over a cell's bytes.
    private mutating func take(_ cell: RowBatch.Cell, _ text: [UInt8]) -> RowBatch.Kind {
        guard cell.kind != .null, cell.length > 0 else { return .plain }
        value.append(contentsOf: text[cell.bytes])
        guard cell.kind == .padded else { return cell.kind }
        value.keep(withoutSpaces(value.span))
        return .plain
    }

    /// What is wrong with the value that was taken, and what the steps might hide.
    private func hiddenFault(_ maker: Maker, _ kind: RowBatch.Kind) -> ValueFault? {
        guard kind == .plain || kind == .string, !value.isEmpty,
            let fault = cellFault(value.span, keepsLineBreaks: maker.keepsLineBreaks, isWhole: false)
        else { return nil }
        // A word that the rule lists by itself is meant.
        if case .map(let mapper, _)? = maker.steps.first, mapper.lists(value.span) { return nil }
        return fault
    }

    private mutating func run(
        _ maker: Maker, _ kind: inout RowBatch.Kind, _ isOfJSON: inout Bool, _ work: [RowBatch.Cell], _ text: [UInt8]
    ) -> ValueFault? {
        if maker.steps.isEmpty { return nil }
        takenRow = -1
        // Apart from each other: what is read of one is written to the other.
        var (value, next, dates): ([UInt8], [UInt8], [DateReader]) = ([], [], [])
        swap(&value, &self.value)
        swap(&next, &self.next)
        swap(&dates, &self.dates)
        defer {
            swap(&value, &self.value)
            swap(&next, &self.next)
            swap(&dates, &self.dates)
        }
        for step in maker.steps {
            switch step {
            case .strip(let stripper): value.keep(stripper.stripped(value.span))
            case .nulls(let nulls): if nulls.contains(value.span) { value.removeAll(keepingCapacity: true) }
            case .extract(let extractor):
                guard !value.isEmpty else { continue }
                guard let group = extractor.group(in: value.span) else { return .noMatch }
                value.keep(group)
                if kind == .number || kind == .bool { kind = .plain }
            case .map(let mapper, let takesEmpty):
                guard !value.isEmpty || takesEmpty else { continue }
                next.removeAll(keepingCapacity: true)
                guard mapper.convert(value.span, into: &next) else { return .notInMap }
                if next != value {
                    if kind == .number || kind == .bool { kind = .plain }
                    isOfJSON = false
                }
                swap(&value, &next)
            case .lookup(let table, let column, let by):
                next.removeAll(keepingCapacity: true)
                if by >= 0 {
                    let cell = work[by]
                    guard cell.kind != .null, cell.length > 0 else {
                        value.removeAll(keepingCapacity: true)
                        continue
                    }
                    let key = text.span.extracting(cell.text(in: text))
                    if let fault = cellFault(key, keepsLineBreaks: maker.keepsLineBreaks) { return fault }
                    guard let table, let row = table.row(key) else { return .notInTable }
                    table.append(column, ofRowAt: row, into: &next)
                    takenRow = row
                } else {
                    guard !value.isEmpty else { continue }
                    if let fault = cellFault(value.span, keepsLineBreaks: maker.keepsLineBreaks) { return fault }
                    guard let table, let row = table.row(value.span) else { return .notInTable }
                    table.append(column, ofRowAt: row, into: &next)
                    takenRow = row
                }
                kind = .plain
                isOfJSON = false
                swap(&value, &next)
            case .whenEmpty(let text):
                guard value.isEmpty else { continue }
                value.append(contentsOf: text)
                if kind == .number { kind = .plain }
                isOfJSON = false
            case .number(let step):
                guard !value.isEmpty, kind != .bool else { continue }
                next.removeAll(keepingCapacity: true)
                let reader = isOfJSON ? step.ofJSON : step.reader
                if let fault = reader.convert(value.span, into: &next) {
                    if step.leavesMarksOpen, holdsOddMarks(value.span) { hasSeenOddMarks = true }
                    return fault
                }
                if step.isRead(next.span, from: kind) { kind = .plain }
                swap(&value, &next)
            case .date(let at):
                guard !value.isEmpty else { continue }
                next.removeAll(keepingCapacity: true)
                if let fault = dates[at].convert(value.span, into: &next) { return fault }
                kind = .string
                swap(&value, &next)
            case .cut(let most):
                let end = TextCut.bytes(ofFirst: most, in: value.span)
                if end < value.count { value.removeSubrange(end...) }
            }
        }
        return nil
    }

    /// Looks at what a formula is not computed of, as something else is missing: nobody reads it, and it tells all the same.
    private mutating func noteMarks(_ formula: FormulaStep, _ work: [RowBatch.Cell], _ text: [UInt8]) {
        guard !hasSeenOddMarks, formula.number.leavesMarksOpen else { return }
        hasSeenOddMarks = formula.slots.contains { slot in
            switch work[slot].kind {
            case .plain, .padded, .string:
                work[slot].column != .max && holdsOddMarks(text.span.extracting(work[slot].bytes))
            case .number, .bool, .null, .nested, .faulty: false
            }
        }
    }

    // MARK: - What is wrong

    private func faulty(
        _ fault: ValueFault, _ cell: RowBatch.Cell, _ name: String?, _ line: LinePlace, _ batch: inout RowBatch,
        _ said: ValueWords? = nil
    ) -> RowBatch.Cell {
        let problem = batch.problem(.value(fault), on: line, at: cell, name, said: said)
        return batch.faulty(problem)
    }

    /// What the step says of the value that it could not read.
    private func words(of fault: ValueFault, _ maker: Maker, isOfJSON: Bool) -> ValueWords? {
        for step in maker.steps {
            switch step {
            case .number(let step): return step.words(of: fault, value.span, isOfJSON: isOfJSON, isWhole: maker.isWhole)
            case .date(let at): return dates[at].words(of: fault, value.span)
            case .strip, .nulls, .extract, .map, .lookup, .whenEmpty, .cut: continue
            }
        }
        return nil
    }

    /// Of a formula's result: at its first column.
    private func faulty(
        _ fault: ValueFault, _ formula: FormulaStep, _ work: [RowBatch.Cell], _ names: [String], _ line: LinePlace,
        _ batch: inout RowBatch
    ) -> RowBatch.Cell {
        let text = Array(formula.formula.text.utf8)
        let shown = shown(text.span)
        let (what, hint) = explanation(of: fault, for: "The result of the formula \(shown)", text.span)
        var problem = RowProblem(
            reason: fault.rawValue, line: line.number, columnName: formula.slots.first.map { names[$0] },
            what: fault == .divisionByZero ? "The formula \(shown) divides by zero." : "\(what).",
            hint: formula.hint(of: fault) ?? hint)
        guard let slot = formula.slots.first else { return batch.faulty(problem) }
        let cell = work[slot]
        if cell.column != .max { problem.place(cell.bytes, rowStart: line.start, in: batch) }
        return batch.faulty(problem)
    }

    /// Of a value that was put together: where the first of its parts stands that the row has.
    private func faulty(
        _ fault: ValueFault, _ template: TemplateStep, _ said: ValueWords?, _ work: [RowBatch.Cell], _ names: [String],
        _ line: LinePlace, _ batch: inout RowBatch
    ) -> RowBatch.Cell {
        let slot = template.slots.first { work[$0].column != .max } ?? template.slots.first
        let pieces = template.slots.map { TemplatePiece.column(names[$0], []) }
        var problem = rowProblem(
            .value(fault), line: line.number, columnName: slot.map { names[$0] }, value: value.span, said: said,
            making: .template(pieces))
        if let slot, work[slot].column != .max { problem.place(work[slot].bytes, rowStart: line.start, in: batch) }
        return batch.faulty(problem)
    }
}

extension ValueStage.Step {
    /// It may take away, or put something else in the place of, what is wrong with a value.
    fileprivate var hides: Bool {
        switch self {
        case .strip, .extract, .map, .cut: true
        case .nulls, .lookup, .whenEmpty, .number, .date: false
        }
    }
}

extension [UInt8] {
    /// Keeps this part alone.
    fileprivate mutating func keep(_ range: Range<Int>) {
        if range.upperBound < count { removeSubrange(range.upperBound...) }
        if range.lowerBound > 0 { removeSubrange(..<range.lowerBound) }
    }
}

/// Numbers as the rule says they are written, and as JSON writes them.
struct NumberStep {
    let reader: NumberReader
    let ofJSON: NumberReader
    /// Nothing says which sign is the decimal one.
    let leavesMarksOpen: Bool

    init(_ form: NumberForm, isTyped: Bool, keepsLineBreaks: Bool) {
        reader = NumberReader(form, isTyped: isTyped, keepsLineBreaks: keepsLineBreaks)
        leavesMarksOpen = !form.saysMarks
        var plain = form
        plain.decimal = nil
        plain.thousands = nil
        plain.isIndian = nil
        ofJSON = NumberReader(plain, isTyped: isTyped, keepsLineBreaks: keepsLineBreaks)
    }

    /// A cell as an operand of a formula. `scratch`: memory to use.
    func operand(_ cell: RowBatch.Cell, _ text: [UInt8], _ scratch: inout [UInt8]) -> Formula.Operand {
        switch cell.kind {
        case .null: return .empty
        case .bool: return .fault(.booleanValue)
        case .nested, .faulty: return .fault(.nestedValue)
        case .number: return ofJSON.operand(text.span.extracting(cell.bytes), scratch: &scratch)
        case .plain, .padded, .string:
            return reader.operand(text.span.extracting(cell.text(in: text)), scratch: &scratch)
        }
    }

    /// What is said of a value that was not read; nil: nothing that depends on how numbers are written.
    func words(of fault: ValueFault, _ value: Span<UInt8>, isOfJSON: Bool, isWhole: Bool = false) -> ValueWords? {
        // No number of JSON has a percent sign: a text has it, which is written as the rule says.
        (isOfJSON && !reader.isPercent ? ofJSON : reader).words(of: fault, value, isWhole: isWhole)
    }

    /// Whether a JSON text became a number: then it is one, as the same text is in CSV. One that looks like none stays a text.
    func isRead(_ value: Span<UInt8>, from kind: RowBatch.Kind) -> Bool {
        guard kind == .string else { return false }
        let start = !value.isEmpty && value[0] == UInt8(ascii: "-") ? 1 : 0
        var whole = start
        while whole < value.count, isDecimalDigit(value[whole]) { whole += 1 }
        guard whole > start, value[start] != UInt8(ascii: "0") || whole == start + 1 else { return false }
        guard whole < value.count else { return true }
        guard value[whole] == UInt8(ascii: "."), whole + 1 < value.count else { return false }
        for index in whole + 1..<value.count where !isDecimalDigit(value[index]) { return false }
        return true
    }
}

/// A template, and the slots of its columns.
struct TemplateStep {
    let writer: TemplateWriter
    let slots: [Int]
}

/// A formula, and what its numbers become.
struct FormulaStep {
    let formula: Formula
    /// The slots of its columns, in the order of `Formula.columns`.
    let slots: [Int]
    let number: NumberStep
    let scale: DecimalText.Scale?
    /// Below 0: all decimals are kept.
    let round: Int
    let rounding: Rounding

    /// Appends the result; nothing where an operand is empty. Returns what is wrong, and the slot of the operand that it is wrong with,
    /// or -1.
    func evaluate(
        _ work: [RowBatch.Cell], _ text: [UInt8], scratch: inout [UInt8], into out: inout [UInt8]
    ) -> (fault: ValueFault, slot: Int)? {
        var wrong = -1
        let fault = formula.evaluate(
            { index in
                let operand = number.operand(work[slots[index]], text, &scratch)
                if case .fault = operand, wrong < 0 { wrong = slots[index] }
                return operand
            }, scale: scale, round: round, rounding: rounding, into: &out)
        if fault == .divisionByZero, wrong < 0 { wrong = divisor(work, text, &scratch) }
        if fault == .decimalTooLong { wrong = tooLong(work, text, &scratch) }
        return fault.map { ($0, wrong) }
    }

    /// The same of cells that stand in the order of the formula's columns.
    func evaluate(
        inOrder cells: [RowBatch.Cell], _ text: [UInt8], scratch: inout [UInt8], into out: inout [UInt8]
    ) -> ValueFault? {
        // Not all of the step is copied for what reads its numbers.
        let number = number
        return formula.evaluate(
            { number.operand(cells[$0], text, &scratch) }, scale: scale, round: round, rounding: rounding, into: &out)
    }

    /// The slot of a column whose number is too long to be computed with. -1: there is none, the result is too long.
    private func tooLong(_ work: [RowBatch.Cell], _ text: [UInt8], _ scratch: inout [UInt8]) -> Int {
        let slot = slots.first { slot in
            switch number.operand(work[slot], text, &scratch) {
            case .number(let decimal): decimal.isCut
            case .fault(let fault): fault == .decimalTooLong
            case .empty: false
            }
        }
        return slot ?? -1
    }

    /// What is said of an operand.
    func words(of fault: ValueFault, _ cell: RowBatch.Cell, _ text: [UInt8]) -> ValueWords? {
        guard cell.kind != .faulty, cell.kind != .nested else { return nil }
        let value = text.span.extracting(cell.text(in: text))
        var scratch: [UInt8] = []
        if fault == .decimalTooLong, case .number = number.operand(cell, text, &scratch) {
            return ValueWords(
                what: "has more than \(DecimalText.digitsReadMax) digits, and a formula takes no more",
                hint: "Write fewer digits.")
        }
        return number.words(of: fault, value, isOfJSON: cell.kind == .number)
    }

    /// What to do about a result that cannot be sent; nil: what is always to do.
    func hint(of fault: ValueFault) -> String? {
        guard fault == .decimalTooLong else { return nil }
        if rounding == .none, round >= 0 || formula.rounds {
            return
                "By `rounding: none` nothing may be rounded away: round to more decimals, or choose another `rounding`."
        }
        return round < 0
            ? "Correct the values that it is made of, or let the rule round it with `round: N`."
            : "Correct the values that it is made of, or keep fewer decimals than `round: \(round)`."
    }

    /// The slot of a column that was divided by: one that is zero before others. -1: there is none.
    private func divisor(_ work: [RowBatch.Cell], _ text: [UInt8], _ scratch: inout [UInt8]) -> Int {
        let divisors = formula.divisors.map { slots[$0] }
        let zero = divisors.first { slot in
            if case .number(let decimal) = number.operand(work[slot], text, &scratch) {
                decimal.mantissa == 0
            } else {
                false
            }
        }
        return zero ?? divisors.first ?? -1
    }
}

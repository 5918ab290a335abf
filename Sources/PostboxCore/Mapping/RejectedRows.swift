/// What is told of rows that are rejected, or that go with a warning. Off the way of all others.
extension RowMapper {
    /// What is wrong with a row, for people.
    func problem(
        _ rejection: Rejection, _ cells: Span<RowBatch.Cell>, _ slots: [Int], in batch: borrowing RowBatch,
        _ columns: [Column], line: Int
    ) -> RowProblem {
        var name: String?
        var range = 0..<0
        var value = 0..<0
        var written: Range<Int>?
        var making = ValueMaking.column
        if rejection.cell >= 0 {
            let cell = cells[rejection.cell]
            // What a rule could not make says itself what is wrong.
            let told = batch.problemIndex(of: cell)
            if told >= 0 { return batch.problems[told] }
            name = columns[Int(cell.column)].name
            range = cell.bytes
            value = range
            if DerivedColumn.isName(name ?? "") {
                // The file's own column, where the value was made of one.
                let slot = plan.uses[Int(cell.column)].slot
                making = plan.making(of: slot)
                let source = source(of: slot, rejection.fault, making, cells, slots)
                name = source.map { columns[Int(cells[$0].column)].name }
                range = source.map { cells[$0].bytes } ?? range
                if let source { written = writtenNumber(cells[source], rejection.fault, making, in: batch) }
            }
        } else if rejection.slot >= 0 {
            name = plan.columnName(ofSlot: rejection.slot)
        }
        let taken = placeInTable(rejection, cells, slots, in: batch)
        var words: [String] = []
        switch rejection.fault {
        case .unknownService: words = services
        case .badPost: words = plan.postWords
        case .objectForValue:
            // The outer one is what is wrong, and the cell lies in it.
            words = [name].compactMap { $0 }
            name = plan.columnName(ofSlot: rejection.slot)
            value = 0..<0
        case .valueForObject: words = [plan.columnName(ofSlot: rejection.slot)].compactMap { $0 }
        case .value(let fault) where rejection.field >= 0:
            let conversion =
                plan.mapsColumnsPlainly ? plan.typed[rejection.field] : plan.fields[rejection.field].conversion
            // No `&&`: the optimizer refuses a span in its right half.
            let isLiteral = if rejection.cell >= 0 { cells[rejection.cell].kind == .number } else { false }
            words = conversion.detail(
                of: fault, batch.text.span.extracting(value), isLiteral: isLiteral, plan.displays)
        default: break
        }
        let text = batch.text.span.extracting(written ?? value)
        var problem =
            taken.map {
                rowProblem(rejection.fault, line: line, columnName: name, value: text, in: $0, words: words)
            }
            ?? rowProblem(
                rejection.fault, line: line, columnName: name, value: text, words: words, making: making)
        if rejection.cell >= 0 { problem.place(range, rowStart: rowStart(cells, in: batch), in: batch) }
        if case .value(.lineBreak) = rejection.fault, batch.sourceBytes > 0, !batch.isSheet { problem.sayLines(text) }
        return problem
    }

    /// The cell that a problem with a made value is at: the first that the row has of what it is made of, or of a RIC that is empty
    /// the first that is empty and must not be.
    private func source(
        of slot: Int, _ fault: RowFault, _ making: ValueMaking, _ cells: Span<RowBatch.Cell>, _ slots: [Int]
    ) -> Int? {
        let sources = plan.sources(of: slot)
        if fault == .noRIC, let needed = making.needed {
            for source in sources where slots[source] >= 0 {
                // No `&&`: the optimizer refuses a span in its right half.
                guard cells[slots[source]].length == 0 else { continue }
                if let name = plan.columnName(ofSlot: source), needed.contains(name) { return slots[source] }
            }
        }
        return sources.lazy.map { slots[$0] }.first { $0 >= 0 }
    }

    /// Where the number stands as the file has it that was read and yet does not fit; nil: it is shown as it was made.
    private func writtenNumber(
        _ cell: RowBatch.Cell, _ fault: RowFault, _ making: ValueMaking, in batch: borrowing RowBatch
    ) -> Range<Int>? {
        guard making == .number, case .value(let fault) = fault,
            fault == .decimalTooLong || fault == .outOfRange || fault == .notAnInteger
        else { return nil }
        let written = cell.text(in: batch.text)
        // What is empty has the rule's `default`.
        return written.isEmpty ? nil : written
    }

    /// Where the value that a row is rejected for stands in a table; nil: it is of no table.
    private func placeInTable(
        _ rejection: Rejection, _ cells: Span<RowBatch.Cell>, _ slots: [Int], in batch: borrowing RowBatch
    ) -> TakenValue.Place? {
        guard rejection.cell >= 0 else { return nil }
        let cell = cells[rejection.cell]
        guard let taken = plan.taken(in: plan.uses[Int(cell.column)].slot),
            let key = taken.keys.lazy.map({ slots[$0] }).first(where: { $0 >= 0 })
        else { return nil }
        let text = batch.text[cells[key].text(in: batch.text)]
        return taken.value.place(ofKey: Array(text), value: batch.text.span.extracting(cell.bytes))
    }

    /// Where the row's first value lies.
    private func rowStart(_ cells: Span<RowBatch.Cell>, in batch: borrowing RowBatch) -> Int {
        guard batch.isShaped else { return cells.isEmpty ? .max : Int(cells[0].start) }
        var start = Int.max
        for index in cells.indices { start = min(start, Int(cells[index].start)) }
        return start
    }

    /// Tells of the rows that were mapped, behind the first so many, which of their texts are longer than their fields: the rule has
    /// them sent all the same (`too_long: warn`).
    func noteLongTexts(
        _ batch: borrowing RowBatch, _ columns: [Column], from first: Int, into out: inout PostBatch
    ) {
        var slots = Slots(count: plan.slotCount)
        let (text, cells, rows) = (batch.text.span, batch.cells.span, batch.rows.span)
        var at = first
        for index in rows.indices {
            let row = rows[index]
            // Rows that surely are posts may have been left out: none of their texts is too long.
            guard at < out.rows.count else { return }
            guard out.rows[at].row == row.number else { continue }
            at += 1
            guard out.rows[at - 1].problem < 0 else { continue }
            let rowCells = cells.extracting(row.firstCell..<row.firstCell + row.cellCount)
            guard fill(&slots, rowCells) == nil else { continue }
            var warnings: [RowProblem] = []
            if plan.mapsColumnsPlainly {
                for cell in rowCells.indices {
                    let use = plan.uses[Int(rowCells[cell].column)]
                    guard use.role == .field, use.typed >= 0,
                        let fault = longText(plan.typed[use.typed], rowCells[cell], text)
                    else { continue }
                    let rejection = Rejection(.value(fault), cell: cell, field: use.typed)
                    warnings.append(problem(rejection, rowCells, slots.cells, in: batch, columns, line: row.line))
                }
            } else {
                for position in plan.fields.indices {
                    let field = plan.fields[position]
                    if case .warned(let fault) = field.constantOutcome {
                        let length = field.conversion.limits?.length ?? 0
                        warnings.append(
                            rowProblem(
                                .value(fault), line: row.line, columnName: nil,
                                value: plan.bytes.span.extracting(field.constant), words: ["\(length)"]))
                    }
                    guard field.slot >= 0, slots.cells[field.slot] >= 0,
                        let fault = longText(field.conversion, rowCells[slots.cells[field.slot]], text)
                    else { continue }
                    let rejection = Rejection(.value(fault), cell: slots.cells[field.slot], field: position)
                    warnings.append(problem(rejection, rowCells, slots.cells, in: batch, columns, line: row.line))
                }
            }
            if !warnings.isEmpty { out.warnings[row.number] = warnings }
        }
    }

    /// That a text is longer than its field and goes; nil: it is not.
    private func longText(_ conversion: FieldConversion, _ cell: RowBatch.Cell, _ text: Span<UInt8>) -> ValueFault? {
        guard conversion.sendsLongTexts, let limits = conversion.limits,
            Int(cell.length) + FieldLimits.switchBytes > limits.length
        else { return nil }
        var bytes = MappedBytes()
        let outcome = conversion.write(
            text.extracting(cell.bytes), kind: cell.kind, displays: plan.displays, into: &bytes)
        if case .warned(let fault) = outcome { return fault }
        return nil
    }

    /// All that is wrong with a row, in the order in which it is looked at: its RIC, its post, its service, each field.
    func allProblems(
        _ first: Rejection, _ cells: Span<RowBatch.Cell>, _ slots: [Int], in batch: borrowing RowBatch,
        _ columns: [Column], line: Int
    ) -> RowProblem {
        var found = problem(first, cells, slots, in: batch, columns, line: line)
        switch first.fault {
        // Of such rows nothing else can be told.
        case .badRule, .duplicateColumn, .nestedColumn, .badFieldName, .repeatedHeader, .noFields: return found
        default: break
        }
        let (text, planBytes) = (batch.text.span, plan.bytes.span)
        var bytes = MappedBytes()
        var rejections: [Rejection] = []
        if let rejection = writeRIC(cells, text, planBytes, slots, &bytes) { rejections.append(rejection) }
        var post = PostKind.update
        var service = 0
        if let rejection = readPost(cells, text, planBytes, slots, &post) { rejections.append(rejection) }
        if let rejection = readService(cells, text, slots, &service) { rejections.append(rejection) }
        if updateOnly, post == .refresh { rejections.append(Rejection(.refreshNotAllowed)) }
        var hasValue = false
        if plan.mapsColumnsPlainly {
            for index in cells.indices {
                let one = cells.extracting(index..<index + 1)
                if var rejection = writeCells(one, text, planBytes, false, &bytes, &hasValue) {
                    rejection.cell = index
                    rejections.append(rejection)
                }
            }
        } else {
            for position in plan.fields.indices {
                if let rejection = writeField(position, cells, text, planBytes, slots, false, &bytes, &hasValue) {
                    rejections.append(rejection)
                }
            }
        }
        for index in cells.indices where cells[index].kind == .faulty {
            rejections.append(Rejection(.value(.nestedValue), cell: index))
        }
        for rejection in rejections {
            found.add(problem(rejection, cells, slots, in: batch, columns, line: line))
        }
        return found
    }
}

/// Makes rows of lines that were carried and unpivoted: `let`, `where`, `group`, `take`, numbers, and the values of fields and RIC.
struct RowMaker {
    /// A column of Postbox's own that the rule looks into.
    private struct Own {
        let column: OwnColumn
        let slot: Int
        /// Where its text lies in the batch at hand, if it is the same for all rows.
        var cell: RowBatch.Cell?
    }

    /// A made value that goes to the mapper.
    private struct Made {
        let maker: Int
        let name: String
        let isOptional: Bool
        var place: UInt32?
    }

    private let purpose: RowShaper.Purpose
    private let tellsAll: Bool
    private let context: RowContext
    private var stage = ValueStage()
    private var lets: [(maker: Int, slot: Int, name: String)] = []
    /// Of the name that `unpivot` gives a row; nil: nothing is unpivoted.
    private let unpivotedName: Int?
    private var owns: [Own] = []
    /// Columns of the rule's own and of Postbox's that the mapper looks into.
    private var passed: [(slot: Int, name: String, place: UInt32)] = []
    private var made: [Made] = []
    private let filter: RowFilter
    private var group: LineGroup?
    private var taking: Taking?
    /// The plain mapping's numbers.
    private let plainNumbers: PlainNumbers?
    /// Of the last row.
    private(set) var number = 0
    /// Of the row that the last line became, or a part of it.
    private(set) var lastNumber = 0
    private(set) var skipped = RowSet(rows: 0)
    private(set) var reasons: [String] = []
    /// What looks at rows that the mapper never sees; nil: nothing does, or nothing needs to.
    private var watch: MarkWatch?
    private var sawOddMarks = false
    /// Lines of groups that cannot be read may name columns that no other line names.
    private(set) var mayHideColumns = false
    /// A value that the mapper never sees has marks that no number on the wire has.
    var hasSeenOddMarks: Bool { sawOddMarks || stage.hasSeenOddMarks }

    /// Declares the slots of all that the rule looks into.
    init(rule: MappingRule, sources: RowSources, purpose: RowShaper.Purpose, shape: inout ShapeColumns) {
        self.purpose = purpose
        tellsAll = sources.tellsAll
        context = sources.context
        let plan = MappingPlan(rule)
        var columns = shape
        let slot = { (name: String) in columns.slot(name) }
        let makers = ValueMakers(
            blanks: rule.layout?.blanks, keepsLineBreaks: rule.lineBreaks == .keep, readsNumbers: purpose != .marks,
            sources: sources, slot: slot)
        stage.readsNumbers = purpose != .marks
        unpivotedName = rule.shape?.unpivot.map { slot($0.name) }
        for made in rule.shape?.lets ?? [] {
            lets.append((stage.makers.count, slot(made.name), made.name))
            stage.add(makers.maker(made.source, made.value), date: makers.date(made.value))
        }
        if purpose == .rows {
            let unpivoted = (rule.shape?.unpivot).map { [(slot: slot($0.value), name: $0.value)] } ?? []
            watch = MarkWatch(rule, sources.dictionary, own: lets.map { ($0.slot, $0.name) } + unpivoted)
        }
        filter = RowFilter(
            rule.shape?.conditions ?? [], keepsLineBreaks: rule.lineBreaks == .keep, slot: slot)
        group = rule.shape?.group.map {
            LineGroup(
                by: $0.by.map(slot), field: slot($0.field), value: slot($0.value), comparesAll: rule.fields == nil)
        }
        let before = columns.names.count
        taking = rule.shape?.take.map { Taking($0, sources: sources, slot: slot) }
        if case .derived(let source, let value) = rule.ric {
            made.append(Made(maker: stage.makers.count, name: DerivedColumn.nameOfRIC, isOptional: false))
            stage.add(makers.maker(source, value), date: makers.date(value))
        }
        for field in rule.fields ?? [] {
            guard case .derived(let source, let value) = field.source else { continue }
            made.append(
                Made(
                    maker: stage.makers.count, name: DerivedColumn.name(ofField: field.name),
                    isOptional: field.isOptional ?? false))
            stage.add(makers.maker(source, value, of: field), date: makers.date(value))
        }
        // Checks look into some of them behind the mapper.
        let names = plan.names + rule.checkedColumns.filter { !plan.takes($0) }
        if let known = group {
            // What is looked into behind `group`: also what was looked into before.
            let after = Set((names + rule.takenColumns).map(slot))
            group?.compared = columns.names.indices.filter {
                (after.contains($0) || $0 >= before) && $0 != known.field && $0 != known.value
                    && !["$row", "$line"].contains(columns.names[$0])
            }
        }
        for name in columns.names {
            guard let column = OwnColumn(name, sources.context), !lets.contains(where: { $0.name == name }) else {
                continue
            }
            owns.append(Own(column: column, slot: slot(name)))
        }
        for name in names where !DerivedColumn.isName(name) {
            // Own columns that the mapper alone looks into have no slot yet.
            if let column = OwnColumn(name, sources.context), columns.known(name) == nil {
                owns.append(Own(column: column, slot: slot(name)))
            }
            if rule.isMade(name), let known = columns.known(name) { passed.append((known, name, 0)) }
        }
        plainNumbers =
            rule.fields == nil && purpose != .marks
            ? rule.number.flatMap { PlainNumbers($0, plan: plan, sources.dictionary) } : nil
        shape = columns
    }

    private var makesRows: Bool { purpose == .rows || purpose == .marks }
    /// Up to that number all rows came out, or were left out.
    var rowCount: Int { group?.pending.map { $0.number - 1 } ?? number }
    var found: RowScan? { taking?.found }
    var heldStart: Int? { group?.pending?.sourceStart }

    /// Places the columns that every row has.
    mutating func placeColumns(_ shape: inout ShapeColumns) {
        for index in passed.indices { passed[index].place = shape.place(ofMade: passed[index].name) }
        for index in made.indices where !made[index].isOptional {
            made[index].place = shape.place(ofMade: made[index].name)
        }
    }

    /// What makes values a column at a time; nil: rows are more than lines with values made of them.
    var quickValues: QuickValues? {
        guard purpose == .rows, lets.isEmpty, owns.isEmpty, passed.isEmpty, filter.isEmpty, group == nil, taking == nil,
            plainNumbers == nil
        else { return nil }
        return QuickValues(stage)
    }

    /// Places the columns of all values, and says where the cells of each stand that were made of a batch's lines; nil: not all were
    /// made so.
    mutating func placeQuickly(_ quick: borrowing QuickValues, _ shape: inout ShapeColumns) -> [Int]? {
        var starts: [Int] = []
        for index in made.indices {
            guard let start = quick.start(of: made[index].maker) else { return nil }
            starts.append(start)
        }
        for index in made.indices where made[index].place == nil {
            made[index].place = shape.place(ofMade: made[index].name)
        }
        return starts
    }

    /// Adds a line as a row, with the values that were made of it; false: one was left out, and nothing is added.
    ///
    /// - Parameters:
    ///   - cells: the reader's, cleaned.
    ///   - values: the cells that were made, those of each value from one of `starts` on.
    ///   - places: for each column of the file its place behind the shaper.
    mutating func addQuickly(
        _ line: RowBatch.Row, _ index: Int, _ cells: [RowBatch.Cell], _ values: [RowBatch.Cell], _ starts: [Int],
        _ places: [UInt32], _ batch: inout RowBatch
    ) -> Bool {
        for start in starts where QuickValues.isLeftOut(values[start + index]) { return false }
        var row = line
        number += 1
        row.number = number
        row.firstCell = batch.cells.count
        row.cellCount = line.cellCount + starts.count
        batch.cells.append(addingCapacity: row.cellCount) { span in
            span.withUnsafeMutableBufferPointer { room, count in
                for at in line.firstCell..<line.firstCell + line.cellCount {
                    var cell = cells[at]
                    cell.column = places[Int(cell.column)]
                    room.initializeElement(at: count, to: cell)
                    count += 1
                }
                for at in starts.indices {
                    var cell = values[starts[at] + index]
                    cell.column = made[at].place ?? .max
                    room.initializeElement(at: count, to: cell)
                    count += 1
                }
            }
        }
        batch.rows.append(row)
        return true
    }

    mutating func begin(_ batch: inout RowBatch) {
        reasons.removeAll(keepingCapacity: true)
        for index in owns.indices {
            guard let text = owns[index].column.text(context) else { continue }
            owns[index].cell = RowBatch.Cell(
                column: 0, start: UInt32(truncatingIfNeeded: batch.text.count),
                length: UInt32(truncatingIfNeeded: text.count), kind: .plain)
            batch.text.append(contentsOf: text)
        }
    }

    /// A line that is no row, as the reader has it: it has a problem.
    ///
    /// - Parameter isHeader: it is the header once more, and no line of a group.
    mutating func addBroken(
        _ row: RowBatch.Row, isHeader: Bool = false, _ shape: inout ShapeColumns, _ batch: inout RowBatch
    ) throws(FileProblem) {
        if group != nil, !isHeader, row.problem < batch.problems.count {
            group?.unreadable = batch.problems[row.problem]
            mayHideColumns = true
        }
        if var pending = group?.pending, row.problem < batch.problems.count {
            pending.broken.append((row, batch.problems[row.problem], isHeader))
            if pending.broken.count < LineGroup.brokenMax {
                group?.pending = pending
            } else {
                try close(pending, &shape, &batch)
            }
            return
        }
        emitBroken(row, &shape, &batch)
    }

    private mutating func emitBroken(_ row: RowBatch.Row, _ shape: inout ShapeColumns, _ batch: inout RowBatch) {
        number += 1
        if let why = taking?.whyBrokenIsSkipped {
            let line = LinePlace(number: row.line, start: .max)
            let work = shape.names.map { _ in ShapeColumns.none }
            return leaveOut(row, line, [], work, number, why, &shape, &batch)
        }
        // What cannot be read may be any row: it counts in nothing but the rejected ones.
        guard makesRows else { return }
        var row = row
        row.number = number
        row.firstCell = batch.cells.count
        row.cellCount = 0
        batch.rows.append(row)
    }

    /// Whether several lines, or cells of one, become one row.
    var groups: Bool { group != nil }

    /// A row with these cells. `base`: those of the file; `faults`: what is wrong with it already.
    ///
    /// - Parameter isLeftOut: it is a cell that a file of rejects leaves out, or one of a bad group that was empty in its file. Its row
    ///   is skipped; of groups only one that has another cell is there.
    mutating func add(
        _ row: RowBatch.Row, _ line: LinePlace, _ base: [RowBatch.Cell], _ given: [RowBatch.Cell],
        _ faults: [RowBatch.Cell], isLeftOut: Bool = false, _ shape: inout ShapeColumns, _ batch: inout RowBatch
    ) throws(FileProblem) {
        var work = given
        var faults = faults
        fill(&work, nextNumber, line, &batch)
        for entry in lets {
            work[entry.slot] = stage.make(entry.maker, work, shape.names, line, &batch)
            if work[entry.slot].kind == .faulty { faults.append(work[entry.slot]) }
        }
        if isLeftOut, group == nil {
            return skip(row, line, base, work, "the cell is empty", &shape, &batch)
        }
        switch filter.verdict(work, batch.text) {
        case .counts: break
        case .faulty: break
        case .damaged(let slot, let fault):
            let problem = batch.problem(.value(fault), on: line, at: work[slot], shape.names[slot])
            faults.append(batch.faulty(problem))
        case .rejected(let index):
            let problem = condition(index, work, line, shape.names, batch)
            faults.append(batch.faulty(problem))
        case .skipped where isLeftOut: return
        case .skipped(let index):
            let (slot, text) = filter.explanation(index, work)
            let why = purpose == .skipped ? "\(slot < 0 ? "a column" : shape.names[slot]) \(text)" : ""
            return skip(row, line, base, work, why, &shape, &batch)
        }
        if group != nil { return try addToGroup(row, line, base, work, faults, isLeftOut: isLeftOut, &shape, &batch) }
        number += 1
        lastNumber = number
        try take(row, line, base, work, faults, number, &shape, &batch)
    }

    private func condition(
        _ index: Int, _ work: [RowBatch.Cell], _ line: LinePlace, _ names: [String], _ batch: RowBatch
    ) -> RowProblem {
        let (slot, text) = filter.explanation(index, work)
        let name = slot < 0 ? "" : names[slot]
        let cell = slot < 0 ? ShapeColumns.none : work[slot]
        let value = cell.column == .max ? 0..<0 : cell.text(in: batch.text)
        var problem = RowProblem(
            reason: "row_condition", line: line.number, columnName: name,
            what:
                "\(shown(Array(name.utf8).span)): \(shown(batch.text.span.extracting(value))) \(text), which the rule's `where` rejects.",
            hint: "Correct the row, or the condition.")
        if cell.column != .max { problem.place(cell.bytes, rowStart: line.start, in: batch) }
        return problem
    }

    /// The number of the row that the next line becomes, or begins: one that a group of nothing but left-out cells gives back counts.
    private var nextNumber: Int {
        guard let pending = group?.pending, !pending.isThere, pending.number == number else { return number + 1 }
        return number
    }

    /// Fills the slots of Postbox's own columns.
    private func fill(_ work: inout [RowBatch.Cell], _ number: Int, _ line: LinePlace, _ batch: inout RowBatch) {
        for own in owns {
            if let cell = own.cell {
                work[own.slot] = cell
                continue
            }
            let start = batch.text.count
            let shown = own.column == .row ? context.numbers?.number(of: number) ?? number : line.number
            batch.text.append(contentsOf: String(shown).utf8)
            work[own.slot] = RowBatch.Cell(
                column: 0, start: UInt32(truncatingIfNeeded: start),
                length: UInt32(truncatingIfNeeded: batch.text.count - start), kind: .plain)
        }
    }

    /// A line that does not count names a column all the same: the file has it.
    private func noteName(_ work: [RowBatch.Cell], _ shape: inout ShapeColumns, _ batch: RowBatch) {
        guard let group, work[group.field].kind != .faulty else { return }
        let name = String(decoding: batch.text[work[group.field].text(in: batch.text)], as: UTF8.self)
        if shape.known(name) != nil { _ = shape.place(ofMade: name) }
    }

    /// A row that does not count.
    private mutating func skip(
        _ row: RowBatch.Row, _ line: LinePlace, _ base: [RowBatch.Cell], _ work: [RowBatch.Cell], _ why: String,
        _ shape: inout ShapeColumns, _ batch: inout RowBatch
    ) {
        number += 1
        lastNumber = number
        noteName(work, &shape, batch)
        leaveOut(row, line, base, work, number, why, &shape, &batch)
    }

    private mutating func leaveOut(
        _ row: RowBatch.Row, _ line: LinePlace, _ base: [RowBatch.Cell], _ work: [RowBatch.Cell], _ number: Int,
        _ why: String, _ shape: inout ShapeColumns, _ batch: inout RowBatch
    ) {
        skipped.grow(toHold: number)
        skipped.insert(number)
        switch purpose {
        case .skipped: reasons.append(why)
        case .marks: break
        case .rows: return noteMarks(base, work, shape, batch, isSkipped: true)
        case .scan: return
        }
        emit(row, line, base, work, [], number, &shape, &batch)
    }

    private mutating func take(
        _ row: RowBatch.Row, _ line: LinePlace, _ base: [RowBatch.Cell], _ given: [RowBatch.Cell],
        _ faults: [RowBatch.Cell], _ number: Int, _ shape: inout ShapeColumns, _ batch: inout RowBatch
    ) throws(FileProblem) {
        var work = given
        var faults = faults
        if lets.isEmpty, !owns.isEmpty { fill(&work, number, line, &batch) }
        switch try taking?.take(work, shape.names, line, batch) ?? .takes {
        case .takes: break
        case .skipped(let why): return leaveOut(row, line, base, work, number, why, &shape, &batch)
        case .faulty(let slot):
            if work[slot].kind == .faulty {
                faults.append(work[slot])
            } else {
                let problem = batch.problem(.value(.notADate), on: line, at: work[slot], shape.names[slot])
                faults.append(batch.faulty(problem))
            }
        }
        guard makesRows else { return }
        emit(row, line, base, work, faults, number, &shape, &batch)
    }

    // MARK: - Rows for the mapper

    private mutating func emit(
        _ row: RowBatch.Row, _ line: LinePlace, _ base: [RowBatch.Cell], _ work: [RowBatch.Cell],
        _ faults: [RowBatch.Cell], _ number: Int, _ shape: inout ShapeColumns, _ batch: inout RowBatch
    ) {
        var row = row
        row.number = number
        row.firstCell = batch.cells.count
        row.problem = -1
        // What is wrong elsewhere in a row does not matter to how its numbers are written.
        let faults = purpose == .marks ? [] : faults
        if !faults.isEmpty { noteMarks(base, work, shape, batch, isSkipped: false) }
        if !faults.isEmpty, !tellsAll {
            row.problem = batch.problemIndex(of: faults[0])
            row.cellCount = 0
            batch.rows.append(row)
            return
        }
        if let plainNumbers {
            for cell in base {
                let number = plainNumbers.converted(cell, shape, line, &batch)
                if number.kind == .faulty, cell.kind != .faulty { sawOddMarks = true }
                batch.cells.append(number)
            }
        } else {
            batch.cells.append(contentsOf: base)
        }
        for entry in passed where work[entry.slot].column != .max {
            var cell = work[entry.slot]
            cell.column = entry.place
            batch.cells.append(cell)
        }
        for index in made.indices {
            var cell = stage.make(made[index].maker, work, shape.names, line, &batch)
            if cell.column == .max { continue }
            let place = made[index].place ?? shape.place(ofMade: made[index].name)
            made[index].place = place
            cell.column = place
            batch.cells.append(cell)
        }
        for fault in faults {
            var cell = fault
            cell.column = shape.place(ofMade: DerivedColumn.nameOfFaults)
            batch.cells.append(cell)
        }
        row.cellCount = batch.cells.count - row.firstCell
        batch.rows.append(row)
    }

    /// Looks at a row for its decimal marks which the mapper does not see.
    private mutating func noteMarks(
        _ base: [RowBatch.Cell], _ work: [RowBatch.Cell], _ shape: ShapeColumns, _ batch: RowBatch, isSkipped: Bool
    ) {
        guard !hasSeenOddMarks else { return }
        if watch?.isOdd(base, work, shape.all, isSkipped: isSkipped, in: batch.text) == true { sawOddMarks = true }
    }

    // MARK: - Groups

    private mutating func addToGroup(
        _ row: RowBatch.Row, _ line: LinePlace, _ base: [RowBatch.Cell], _ work: [RowBatch.Cell],
        _ faults: [RowBatch.Cell], isLeftOut: Bool, _ shape: inout ShapeColumns, _ batch: inout RowBatch
    ) throws(FileProblem) {
        guard let group else { return }
        let key = group.key(work, batch.text, next: number + 1)
        if var pending = group.pending {
            if pending.key == key {
                self.group?.pending = nil
                lastNumber = pending.number
                if !isLeftOut { pending.isThere = true }
                for broken in pending.broken { pending.problems.append(broken.problem) }
                pending.broken.removeAll()
                self.group?.unreadable = nil
                compare(&pending, group, base, work, line, shape, batch)
                for fault in faults { pending.problems.append(batch.problems[batch.problemIndex(of: fault)]) }
                pending.sourceEnd = max(pending.sourceEnd, row.sourceStart + row.sourceLength)
                addValue(&pending, group, work, line, &shape, batch)
                guard pending.text.count <= rowBytesMax else {
                    throw FileProblem(
                        reason: "row_too_long", line: pending.line,
                        what: "The lines of a group are together longer than \(rowBytesMax) bytes.",
                        hint: "Check which columns `group` is `by`.")
                }
                self.group?.pending = pending
                return
            }
            try close(pending, &shape, &batch)
        }
        number += 1
        lastNumber = number
        var pending = LineGroup.Pending(
            number: number, line: row.line, sourceStart: row.sourceStart, sourceEnd: row.sourceStart + row.sourceLength,
            key: key)
        pending.isThere = !isLeftOut
        if let unreadable = group.unreadable { pending.problems.append(LineGroup.besideUnreadable(unreadable)) }
        self.group?.unreadable = nil
        for fault in faults { pending.problems.append(batch.problems[batch.problemIndex(of: fault)]) }
        let own = [shape.place(of: shape.names[group.field]), shape.place(of: shape.names[group.value])]
        for cell in base where !own.contains(cell.column) {
            pending.cells.append(copy(cell, line, batch, to: &pending))
        }
        pending.ownCells = pending.cells.count
        for slot in work.indices {
            let isOwn = slot == group.field || slot == group.value
            pending.work.append(
                isOwn || work[slot].column == .max ? ShapeColumns.none : copy(work[slot], line, batch, to: &pending))
        }
        let words = group.by.map {
            work[$0].kind == .faulty ? "?" : shown(batch.text.span.extracting(work[$0].text(in: batch.text)))
        }.joined(separator: ", ")
        addValue(&pending, group, work, line, &shape, batch)
        try self.group?.begin(pending, words)
    }

    /// Copies a cell to the group's own text, with its place.
    private func copy(
        _ cell: RowBatch.Cell, _ line: LinePlace, _ batch: RowBatch, to pending: inout LineGroup.Pending
    ) -> RowBatch.Cell {
        var copied = cell
        let range = cell.kind == .faulty ? 0..<0 : cell.bytes
        copied.start = UInt32(truncatingIfNeeded: pending.text.count)
        pending.text.append(contentsOf: batch.text[range])
        if cell.kind == .faulty {
            // Its problem is the row's already.
            copied.kind = .null
            copied.length = 0
        } else if range.lowerBound < batch.sourceBytes {
            var place = RowProblem(reason: "", line: line.number, what: "")
            place.place(range, rowStart: line.start, in: batch)
            // Each has a byte of its own, so that no two have one place.
            if range.isEmpty { pending.text.append(0) }
            pending.places[copied.start] = RowPlace(line: place.line, column: place.column)
        }
        return copied
    }

    /// What must not differ in a group.
    private func compare(
        _ pending: inout LineGroup.Pending, _ group: LineGroup, _ base: [RowBatch.Cell], _ work: [RowBatch.Cell],
        _ line: LinePlace, _ shape: ShapeColumns, _ batch: RowBatch
    ) {
        func differ(_ name: String, _ cell: RowBatch.Cell) {
            pending.problems.append(
                differing(
                    name, cell, "differs from that of line \(pending.line), with which it is one row", line, batch))
        }
        func isSame(_ a: RowBatch.Cell, _ b: RowBatch.Cell) -> Bool {
            batch.text[a.text(in: batch.text)] == pending.text[b.text(in: pending.text)]
        }
        for slot in group.compared where slot < pending.work.count {
            // A column that lines name has a value of one of them.
            let isOfLine =
                shape.slots.contains(slot) && !shape.unpivoted.contains(slot) || slot == unpivotedName
            guard isOfLine || lets.contains(where: { $0.slot == slot }) else { continue }
            if !isSame(work[slot], pending.work[slot]), work[slot].kind != .faulty {
                differ(shape.names[slot], work[slot])
            }
        }
        guard group.comparesAll else { return }
        let own = [shape.place(of: shape.names[group.field]), shape.place(of: shape.names[group.value])]
        for cell in base where !own.contains(cell.column) && (cell.length > 0) {
            let first = pending.cells.first { $0.column == cell.column }
            if first.map({ isSame(cell, $0) }) != true { differ(shape.all[Int(cell.column)].name, cell) }
        }
    }

    private func differing(
        _ name: String, _ cell: RowBatch.Cell, _ text: String, _ line: LinePlace, _ batch: RowBatch
    ) -> RowProblem {
        let value = cell.column == .max ? 0..<0 : cell.text(in: batch.text)
        var problem = RowProblem(
            reason: "group_differs", line: line.number, columnName: name,
            what: "\(shown(Array(name.utf8).span)): \(shown(batch.text.span.extracting(value))) \(text).",
            hint: "Correct the lines, or add the column to `by` of the rule's `group`.")
        if cell.column != .max { problem.place(cell.bytes, rowStart: line.start, in: batch) }
        return problem
    }

    /// Adds what a line says: a column by the name of its field.
    private mutating func addValue(
        _ pending: inout LineGroup.Pending, _ group: LineGroup, _ work: [RowBatch.Cell], _ line: LinePlace,
        _ shape: inout ShapeColumns, _ batch: RowBatch
    ) {
        let field = work[group.field]
        let range = field.kind == .faulty ? 0..<0 : field.text(in: batch.text)
        let value = work[group.value]
        // It could not be made, which is told already.
        if field.kind == .faulty { return noteUnnamed(value, &pending, group, line, &shape, batch) }
        guard !range.isEmpty else {
            noteUnnamed(value, &pending, group, line, &shape, batch)
            if value.kind != .null, value.length > 0 {
                pending.problems.append(
                    differing(shape.names[group.field], field, "names no field for the line's value", line, batch))
            }
            return
        }
        let name = String(decoding: batch.text[range], as: UTF8.self)
        let slot = shape.known(name)
        guard slot != nil || group.comparesAll else {
            return noteUnnamed(value, &pending, group, line, &shape, batch)
        }
        let place = shape.place(ofMade: name)
        if let known = pending.cells.firstIndex(where: { $0.column == place }) {
            noteUnnamed(value, &pending, group, line, &shape, batch)
            var problem = differing(
                shape.names[group.field], field, "stands twice in the group that begins in line \(pending.line)", line,
                batch)
            if known < pending.ownCells {
                problem = differing(
                    shape.names[group.field], field, "is no name of a field here: the file has a column of that name",
                    line, batch)
                problem.hint = "Give the column another name in the file, or the field."
            }
            pending.problems.append(problem)
            return
        }
        var cell = value.column == .max ? RowBatch.Cell(column: 0, start: 0, length: 0, kind: .null) : value
        cell = copy(cell, line, batch, to: &pending)
        cell.column = place
        pending.cells.append(cell)
        if let slot { pending.work[slot] = cell }
    }

    /// A value of a group that no field takes, and that yet tells how the column's numbers are written.
    private mutating func noteUnnamed(
        _ value: RowBatch.Cell, _ pending: inout LineGroup.Pending, _ group: LineGroup, _ line: LinePlace,
        _ shape: inout ShapeColumns, _ batch: RowBatch
    ) {
        guard value.column != .max, value.kind != .faulty else { return }
        if holdsOddMarks(batch.text.span.extracting(value.text(in: batch.text))) { sawOddMarks = true }
        guard purpose == .marks else { return }
        var cell = copy(value, line, batch, to: &pending)
        // Of a column that `unpivot` makes there is none yet.
        cell.column = shape.place(ofMade: shape.names[group.value])
        pending.cells.append(cell)
    }

    /// The group is whole.
    private mutating func close(
        _ pending: LineGroup.Pending, _ shape: inout ShapeColumns, _ batch: inout RowBatch
    ) throws(FileProblem) {
        group?.pending = nil
        var pending = pending
        if let unreadable = pending.broken.first(where: { !$0.isHeader }) {
            pending.problems.append(LineGroup.besideUnreadable(unreadable.problem))
        }
        let start = UInt32(truncatingIfNeeded: batch.text.count)
        batch.text.append(contentsOf: pending.text)
        for (place, at) in pending.places { batch.places[place &+ start] = at }
        func moved(_ cells: [RowBatch.Cell]) -> [RowBatch.Cell] {
            cells.map {
                var cell = $0
                if cell.column != .max { cell.start &+= start }
                return cell
            }
        }
        let faults = pending.problems.map { batch.faulty($0) }
        let row = RowBatch.Row(
            number: pending.number, line: pending.line, sourceStart: pending.sourceStart,
            sourceLength: pending.sourceEnd - pending.sourceStart, firstCell: 0, cellCount: 0)
        let place = LinePlace(number: pending.line, start: .max)
        if pending.isThere {
            try take(row, place, moved(pending.cells), moved(pending.work), faults, pending.number, &shape, &batch)
        } else if number == pending.number {
            // The next one has its number.
            number -= 1
        } else {
            leaveOut(
                row, place, moved(pending.cells), moved(pending.work), pending.number, "the cells are empty", &shape,
                &batch)
        }
        for broken in pending.broken {
            var row = broken.row
            row.problem = batch.problems.count
            batch.problems.append(broken.problem)
            emitBroken(row, &shape, &batch)
        }
    }

    /// There are no more lines.
    mutating func finish(_ shape: inout ShapeColumns, _ batch: inout RowBatch) throws(FileProblem) {
        if let pending = group?.pending { try close(pending, &shape, &batch) }
    }
}

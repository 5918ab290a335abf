/// Makes posts of a price file's rows, as a rule says: a value becomes JSON without ever being a binary number, and a row
/// that a server would refuse or store wrong is rejected with the reason.
///
/// What a row becomes depends on that row, the rule and the columns alone, never on how rows fell into batches, so that
/// both passes over a file make the same posts.
package struct RowMapper: Sendable {
    var plan: MappingPlan
    let services: [String]
    private let serviceNames: [[UInt8]]
    let updateOnly: Bool
    let columnsAreFixed: Bool
    let delimiter: UInt8
    /// Rows of the file may lack a column that other files of the rule have.
    let mayLackColumns: Bool
    /// Whether a row was rejected for a value, where a number is wanted, with marks that a number on the wire does not have
    /// (`1,5`, `1.234.567`): only then a file can have two decimal marks in a column.
    package private(set) var hasSeenOddMarks = false
    /// A rejected row's problem tells all that is wrong with it (`RowProblem.more`), not only what is found first.
    package var tellsAll = false
    /// What a row of the batch before took of `PostBatch.bytes`; 0: there was none.
    private var bytesPerRow = 0

    /// Bytes of a RIC: a server answers a longer name with an Error (What servers do §2.4).
    static let ricBytesMax = 255

    /// - Parameters:
    ///   - rule: with something wrong in it (`mappingRuleProblems`), every row is rejected as `bad_rule`.
    ///   - services: the destination's default service, then those that a row may name.
    ///   - updateOnly: the destination takes no Refresh.
    ///   - columnsAreFixed: the file's columns are known before its first row, by a header (CSV).
    ///   - mayNest: a column may lie in another one, which its name tells (JSON, XML); else a dot in a name is a character.
    ///   - dictionary: what the servers know of fields; nil: the rule's types and a value's look decide.
    ///   - tables: the configuration's, by name, for words about what is wrong with a value of theirs.
    package init(
        rule: MappingRule, services: [String], updateOnly: Bool, columnsAreFixed: Bool, mayNest: Bool = true,
        dictionary: FieldDictionary? = nil, tables: [String: LookupTable] = [:]
    ) {
        plan = MappingPlan(rule, mayNest: mayNest, dictionary: dictionary, tables: tables)
        self.services = services
        serviceNames = services.map { Array($0.utf8) }
        self.updateOnly = updateOnly
        self.columnsAreFixed = columnsAreFixed
        delimiter = rule.delimiter
        mayLackColumns = rule.isForRejects == true && !columnsAreFixed
    }

    /// What is wrong with a rule itself; see `mappingRuleProblems`.
    package static func check(_ rule: MappingRule, _ dictionary: FieldDictionary? = nil) -> [MappingRuleProblem] {
        mappingRuleProblems(rule, dictionary)
    }

    /// Appends one mapped row for each row of the batch, in order, rejected ones too.
    ///
    /// - Parameter columns: the reader's columns; they may have grown since the last call, and only grown.
    package mutating func map(_ batch: borrowing RowBatch, columns: [Column], into out: inout PostBatch) {
        map(batch, columns: columns, onlyDoubtfulWithin: nil, into: &out)
    }

    /// Appends one mapped row, in order, for each row of the batch that may have something wrong. The rows left out are
    /// posts, told by a look at their values without writing them: no row that `map` would reject is among them, and none
    /// whose Fields, with four times its RIC, would be longer than `bytesMax`.
    ///
    /// Reading a file the first time asks only which rows will be rejected.
    ///
    /// - Parameter columns: as in `map`.
    package mutating func mapDoubtful(
        _ batch: borrowing RowBatch, columns: [Column], bytesMax: Int, into out: inout PostBatch
    ) {
        map(batch, columns: columns, onlyDoubtfulWithin: bytesMax, into: &out)
    }

    private mutating func map(
        _ batch: borrowing RowBatch, columns: [Column], onlyDoubtfulWithin bytesMax: Int?, into out: inout PostBatch
    ) {
        plan.extend(to: columns, areHeader: columnsAreFixed)
        var (text, rows, problems): ([UInt8], [MappedRow], [RowProblem]) = ([], [], [])
        swap(&text, &out.bytes)
        swap(&rows, &out.rows)
        swap(&problems, &out.problems)
        let base = text.count
        let before = rows.count
        // Written where they stay. Rows grow by their field names: like those before them, or else twofold.
        var room = bytesPerRow == 0 ? 2 * batch.text.count : batch.rows.count * bytesPerRow * 17 / 16
        if bytesMax != nil { room = 0 }
        var spilled: [UInt8]?
        var oddMarks = false
        text.append(addingCapacity: room + 256) { span in
            span.withUnsafeMutableBufferPointer { memory, count in
                var bytes = MappedBytes(lent: memory)
                rows.append(addingCapacity: batch.rows.count) { span in
                    span.withUnsafeMutableBufferPointer { rows, count in
                        count = mapRows(
                            batch, columns, onlyDoubtfulWithin: bytesMax, &bytes, base, to: rows, &problems, &oddMarks)
                    }
                }
                if bytes.isLent { count = bytes.count } else { spilled = bytes.withWritten { Array($0) } }
            }
        }
        if oddMarks { hasSeenOddMarks = true }
        if let spilled { text.append(contentsOf: spilled) }
        if !batch.rows.isEmpty { bytesPerRow = (text.count - base) / batch.rows.count + 1 }
        swap(&text, &out.bytes)
        swap(&rows, &out.rows)
        swap(&problems, &out.problems)
        if plan.sendsLongTexts { noteLongTexts(batch, columns, from: before, into: &out) }
    }

    /// Maps the batch's rows, and returns how many of `mapped` it filled.
    private func mapRows(
        _ batch: borrowing RowBatch, _ columns: [Column], onlyDoubtfulWithin bytesMax: Int?,
        _ bytes: inout MappedBytes, _ base: Int, to mapped: UnsafeMutableBufferPointer<MappedRow>,
        _ problems: inout [RowProblem], _ oddMarks: inout Bool
    ) -> Int {
        let (plan, text, cells, rows) = (plan, batch.text, batch.cells, batch.rows)
        return plan.bytes.withUnsafeBytes { planBytes in
            plan.uses.withUnsafeBufferPointer { uses in
                plan.fields.withUnsafeBufferPointer { fields in
                    plan.typed.withUnsafeBufferPointer { typed in
                        text.withUnsafeBytes { text in
                            cells.withUnsafeBufferPointer { cells in
                                rows.withUnsafeBufferPointer { rows in
                                    let sure = SureRows(
                                        text: text, cells: cells, rows: rows, planBytes: planBytes, uses: uses,
                                        fields: fields, typed: typed, mapsColumnsPlainly: plan.mapsColumnsPlainly)
                                    return mapRows(
                                        batch, columns, sure, onlyDoubtfulWithin: bytesMax, &bytes, base, to: mapped,
                                        &problems, &oddMarks)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private func mapRows(
        _ batch: borrowing RowBatch, _ columns: [Column], _ sure: SureRows, onlyDoubtfulWithin bytesMax: Int?,
        _ bytes: inout MappedBytes, _ base: Int, to mapped: UnsafeMutableBufferPointer<MappedRow>,
        _ problems: inout [RowProblem], _ oddMarks: inout Bool
    ) -> Int {
        var slots = Slots(count: plan.slotCount)
        let text = batch.text.span
        let cells = batch.cells.span
        let rows = batch.rows.span
        let planBytes = plan.bytes.span
        var kind = PostKind.update
        if case .always(let always) = plan.post { kind = always }
        precondition(mapped.count >= rows.count, "there is room for every row")
        var count = 0
        var index = 0
        while index < rows.count {
            // Most rows of most files are posts at a look, and what is known of one is known of the next: taken together.
            var isLookedAt = false
            if slots.areFixed, !tellsAll, let look = slots.look {
                index += sureRows(
                    sure, index..<rows.count, look, slots.cells, within: bytesMax, &bytes, base, mapped, &count)
                if index == rows.count { break }
                isLookedAt = rows[index].cellCount == look.cellCount
            }
            let row = rows[index]
            var misfit: Rejection?
            var faulty: Int?
            let hasCells = row.problem < 0
            let rowCells = cells.extracting(hasCells ? row.firstCell..<row.firstCell + row.cellCount : 0..<0)
            if hasCells {
                misfit = fill(&slots, rowCells)
                // What was found before the mapper stands in cells only where all is told; the row is none to be posted.
                if tellsAll { faulty = rowCells.indices.first { rowCells[$0].kind == .faulty } }
                if !isLookedAt, misfit == nil, faulty == nil, let look = slots.look,
                    sureRows(sure, index..<index + 1, look, slots.cells, within: bytesMax, &bytes, base, mapped, &count)
                        > 0
                {
                    index += 1
                    continue
                }
            }
            index += 1
            // Made where it stays: copied, it would have to be waited for, as it was just written in other pieces.
            mapped.initializeElement(
                at: count,
                to: MappedRow(
                    row: row.number, line: row.line, post: kind, service: 0, ricStart: base + bytes.count,
                    ricLength: 0, fieldsStart: base + bytes.count, fieldsLength: 0, keyHash: 0))
            if hasCells {
                var rejection = misfit ?? mapRow(rowCells, text, planBytes, &bytes, slots.cells, base, &mapped[count])
                if let faulty, rejection == nil || rejection?.isNoFields == true {
                    // That nothing is left to post is no news of a row that was found wrong before.
                    rejection = Rejection(.value(.nestedValue), cell: faulty)
                }
                if let rejection {
                    oddMarks = oddMarks || hasOddMarks(rejection, rowCells, text)
                    mapped[count].problem = problems.count
                    problems.append(
                        tellsAll && misfit == nil
                            ? allProblems(rejection, rowCells, slots.cells, in: batch, columns, line: row.line)
                            : problem(rejection, rowCells, slots.cells, in: batch, columns, line: row.line))
                }
            } else {
                mapped[count].problem = problems.count
                problems.append(batch.problems[row.problem])
            }
            count += 1
        }
        return count
    }

    /// How many of the rows in this range, from its first on, are posts at a look. They are written, or left out where only the
    /// doubtful ones are asked for.
    @inline(__always)
    private func sureRows(
        _ sure: SureRows, _ range: Range<Int>, _ look: SureRows.Look, _ slots: [Int], within bytesMax: Int?,
        _ bytes: inout MappedBytes, _ base: Int, _ mapped: UnsafeMutableBufferPointer<MappedRow>, _ count: inout Int
    ) -> Int {
        if let bytesMax { return sure.sure(range, look, slots, bytesMax: bytesMax) }
        guard let start = mapped.baseAddress, range.count <= mapped.count - count else { return 0 }
        let written = sure.write(range, look, slots, &bytes, to: start + count, base)
        count += written
        return written
    }

    /// For each slot of the plan the cell that fills it in the row at hand, or -1.
    struct Slots {
        var cells: [Int]
        /// Whether the next row fills them alike: where every row has a cell for every column, in order, all do.
        var areFixed = false
        /// The columns of the row that filled them, where another one of the same columns fills them alike; empty: none does.
        var columns: [UInt32] = []
        /// How a look can tell that a row is a post; nil: it cannot.
        var look: SureRows.Look?

        init(count: Int) { cells = Array(repeating: -1, count: count) }
    }

    /// Why a row is rejected, and by which of its cells or by which name.
    struct Rejection {
        var fault: RowFault
        /// Index among the row's cells, or -1.
        var cell = -1
        /// A slot that no cell fills, or -1: where the cell lies in what should have filled it, or should hold it, that one's.
        var slot = -1
        /// The field that its value was for, among the rule's, or of the plain mapping among the plan's `typed`; or -1.
        var field = -1

        init(_ fault: RowFault, cell: Int = -1, slot: Int = -1, field: Int = -1) {
            self.fault = fault
            self.cell = cell
            self.slot = slot
            self.field = field
        }

        var isNoFields: Bool { if case .noFields = fault { true } else { false } }
    }

    private func mapRow(
        _ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>, _ planBytes: Span<UInt8>, _ bytes: inout MappedBytes,
        _ slots: [Int], _ base: Int, _ mapped: inout MappedRow
    ) -> Rejection? {
        if isHeader(cells, text) { return Rejection(.repeatedHeader) }
        let ricStart = bytes.count
        if let rejection = writeRIC(cells, text, planBytes, slots, &bytes) {
            bytes.rewind(to: ricStart)
            return rejection
        }
        mapped.ricLength = bytes.count - ricStart
        mapped.fieldsStart = base + bytes.count

        if let rejection = readPost(cells, text, planBytes, slots, &mapped.post) { return rejection }
        if let rejection = readService(cells, text, slots, &mapped.service) { return rejection }
        mapped.keyHash = bytes.withWritten {
            keyHash(ric: UnsafeRawBufferPointer(rebasing: $0[ricStart...]), service: mapped.service)
        }
        if updateOnly, mapped.post == .refresh { return Rejection(.refreshNotAllowed) }

        let fieldsStart = bytes.count
        let isBlank = emptyBecomesNull(in: mapped.post)
        var hasValue = false
        let rejection =
            plan.mapsColumnsPlainly
            ? writeCells(cells, text, planBytes, isBlank, &bytes, &hasValue)
            : writeFields(cells, text, planBytes, slots, isBlank, &bytes, &hasValue)
        if let rejection {
            bytes.rewind(to: fieldsStart)
            return rejection
        }
        if bytes.count == fieldsStart || !hasValue && plan.empty != .blank { return Rejection(.noFields) }
        // Every field was written with a comma before it; the first one's place is the brace's.
        bytes[fieldsStart] = UInt8(ascii: "{")
        bytes.append(UInt8(ascii: "}"))
        mapped.fieldsLength = bytes.count - fieldsStart
        return nil
    }

    func fill(_ slots: inout Slots, _ cells: Span<RowBatch.Cell>) -> Rejection? {
        if slots.areFixed, cells.count == plan.uses.count { return nil }
        if !slots.columns.isEmpty {
            if areColumns(slots.columns, of: cells) { return nil }
            slots.columns.removeAll(keepingCapacity: true)
        }
        slots.areFixed = false
        slots.look = nil
        if let obstacle = plan.obstacle { return Rejection(obstacle) }
        if let rejection = fillSlots(&slots.cells, cells) { return rejection }
        if plan.hasParents, let rejection = nested(slots.cells, cells) { return rejection }
        slots.areFixed = columnsAreFixed && cells.count == plan.uses.count
        if !columnsAreFixed, !plan.hasParents {
            for index in cells.indices { slots.columns.append(cells[index].column) }
        }
        slots.look = look(slots.cells, cellCount: cells.count)
        return nil
    }

    private func areColumns(_ columns: [UInt32], of cells: Span<RowBatch.Cell>) -> Bool {
        guard columns.count == cells.count else { return false }
        for index in cells.indices where cells[index].column != columns[index] { return false }
        return true
    }

    /// How a look can tell that a row with these slots is a post.
    private func look(_ slots: [Int], cellCount: Int) -> SureRows.Look? {
        guard case .slot(let ric) = plan.ric, slots[ric] >= 0 else { return nil }
        let kind: PostKind
        switch plan.post {
        case .always(let always): kind = always
        case .plain(let slot):
            guard slots[slot] < 0 else { return nil }
            kind = .update
        case .column: return nil
        }
        if updateOnly, kind == .refresh { return nil }
        // A look makes something of a text.
        if plan.sendsAsIs { return nil }
        if plan.serviceSlot >= 0, slots[plan.serviceSlot] >= 0 { return nil }
        var look = SureRows.Look(
            cellCount: cellCount, ric: slots[ric], headerCount: 0, headerHead: 0, kind: kind,
            writesNull: emptyBecomesNull(in: kind))
        if plan.header.indices.contains(slots[ric]) {
            let name = plan.header[slots[ric]]
            look.headerCount = name.count
            look.headerHead = name.withUnsafeBytes { shortWord($0, 0, min($0.count, 8)) }
        }
        return look
    }

    /// Whether the row says once more what its columns are called: two files may have been put together.
    private func isHeader(_ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>) -> Bool {
        guard !plan.header.isEmpty, cells.count == plan.header.count else { return false }
        var isNamed = false
        for index in cells.indices {
            let name = plan.header[index]
            // What a heading or the rule adds stands in no header.
            if name.first == UInt8(ascii: "$") { continue }
            isNamed = true
            let cell = text.extracting(cells[index].bytes)
            // The blanks around a name are none of it.
            let value = cell.extracting(withoutSpaces(cell))
            if isSame(value, name.span) { continue }
            guard index == 0, value.count == byteOrderMark.count + name.count,
                isSame(value, (byteOrderMark + name).span)
            else { return false }
        }
        return isNamed
    }

    /// An object, or an element with others in it, where a value is wanted; or a value or a list where such an object is.
    private func nested(_ slots: [Int], _ cells: Span<RowBatch.Cell>) -> Rejection? {
        for index in cells.indices {
            let cell = cells[index]
            let parent = plan.uses[Int(cell.column)].parentSlot
            if parent >= 0, slots[parent] < 0 { return Rejection(.objectForValue, cell: index, slot: parent) }
            guard cell.kind != .null, cell.length > 0, let children = plan.children[Int(cell.column)] else { continue }
            for child in children where slots[child] < 0 {
                return Rejection(.valueForObject, cell: index, slot: child)
            }
        }
        return nil
    }

    /// Whether a value of a rejected row has a comma, more points than one, or, where a whole number is wanted, one: whatever
    /// the row was rejected for.
    private func hasOddMarks(_ rejection: Rejection, _ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>) -> Bool {
        let points = rejection.fault == .value(.notAnInteger) ? 1 : 0
        for index in cells.indices
        where holdsOddMarks(text.extracting(cells[index].bytes), points: points) {
            return true
        }
        return false
    }

    private func fillSlots(_ slots: inout [Int], _ cells: Span<RowBatch.Cell>) -> Rejection? {
        for slot in slots.indices { slots[slot] = -1 }
        let uses = plan.uses.span
        for index in cells.indices {
            let use = uses[Int(cells[index].column)]
            if use.slot >= 0 {
                if slots[use.slot] >= 0 { return Rejection(.duplicateColumn, cell: index) }
                slots[use.slot] = index
            }
            if use.plainSlot >= 0 {
                if slots[use.plainSlot] >= 0 { return Rejection(.duplicateColumn, cell: index) }
                slots[use.plainSlot] = index
            }
        }
        return nil
    }

    func writeRIC(
        _ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>, _ planBytes: Span<UInt8>, _ slots: [Int],
        _ bytes: inout MappedBytes
    ) -> Rejection? {
        let start = bytes.count
        var cell = -1
        switch plan.ric {
        case .slot(let slot):
            if let rejection = writeRICPart(slot, isWhole: true, cells, text, slots, &bytes) { return rejection }
            cell = slots[slot]
        case .template(let parts):
            for part in parts {
                switch part {
                case .text(let range): bytes.append(planBytes.extracting(range))
                case .slot(let slot):
                    if let rejection = writeRICPart(slot, isWhole: false, cells, text, slots, &bytes) {
                        return rejection
                    }
                    cell = slots[slot]
                }
            }
        }
        let end = bytes.count
        if end - start > RowMapper.ricBytesMax { return Rejection(.ricTooLong, cell: cell) }
        let canBeName = bytes.withWritten {
            isPlainName($0, start, end - start)
                || isName(UnsafeRawBufferPointer(rebasing: $0[start..<end]).bindMemory(to: UInt8.self).span)
        }
        return canBeName ? nil : Rejection(.badRIC, cell: cell)
    }

    /// - Parameter isWhole: nothing stands beside it; a part may be a suffix such as `=FX`, and not what names a cell (`=B2`).
    private func writeRICPart(
        _ slot: Int, isWhole: Bool, _ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>, _ slots: [Int],
        _ bytes: inout MappedBytes
    ) -> Rejection? {
        let index = slots[slot]
        guard index >= 0 else { return Rejection(.noRIC, slot: slot) }
        let cell = cells[index]
        switch cell.kind {
        case .bool, .nested, .faulty: return Rejection(.badRIC, cell: index)
        case .null: return Rejection(.noRIC, cell: index)
        case .plain, .padded, .string, .number: break
        }
        var value = text.extracting(cell.bytes)
        if cell.kind == .padded { value = value.extracting(withoutSpaces(value)) }
        if value.isEmpty { return Rejection(.noRIC, cell: index) }
        if isSpoiled(value), isWhole || isConstantFormula(value) || !isWord(behindEquals: value, mayNameCell: false) {
            return Rejection(.value(.spreadsheetError), cell: index)
        }
        if hasLineBreak(value) { return Rejection(.value(.lineBreak), cell: index) }
        if isScientific(value, isNumber: cell.kind == .number) { return Rejection(.spoiledIdentifier, cell: index) }
        // Of a template's part as well: a blank that ends it is none that anybody meant.
        guard isName(value) else { return Rejection(.badRIC, cell: index) }
        bytes.append(value)
        return nil
    }

    func readPost(
        _ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>, _ planBytes: Span<UInt8>, _ slots: [Int],
        _ post: inout PostKind
    ) -> Rejection? {
        switch plan.post {
        case .always(let kind):
            post = kind
        case .plain(let slot):
            post = .update
            let index = slots[slot]
            guard index >= 0 else { return nil }
            let cell = cells[index]
            if cell.kind == .bool || cell.kind == .nested { return Rejection(.badPost, cell: index) }
            let value = text.extracting(cell.bytes)
            let word = value.extracting(withoutSpaces(value))
            if word.isEmpty || isWord(word, "update") { return nil }
            guard isWord(word, "refresh") else { return Rejection(.badPost, cell: index) }
            post = .refresh
        case .column(let slot, let words):
            let index = slots[slot]
            // Nothing there compares as an empty text, which a rule may name.
            var range = 0..<0
            var isPadded = false
            if index >= 0 {
                let cell = cells[index]
                if cell.kind == .nested { return Rejection(.badPost, cell: index) }
                range = cell.bytes
                isPadded = cell.kind == .padded
            }
            let value = text.extracting(range)
            let core = isPadded ? value.extracting(withoutSpaces(value)) : value
            for entry in words {
                let word = planBytes.extracting(entry.word)
                if isSame(value, word) || isSame(core, word) {
                    post = entry.kind
                    return nil
                }
            }
            return Rejection(.badPost, cell: index, slot: slot)
        }
        return nil
    }

    func readService(
        _ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>, _ slots: [Int], _ service: inout Int
    ) -> Rejection? {
        guard plan.serviceSlot >= 0 else { return nil }
        let index = slots[plan.serviceSlot]
        guard index >= 0 else { return nil }
        let cell = cells[index]
        if cell.kind == .bool || cell.kind == .nested { return Rejection(.unknownService, cell: index) }
        let value = text.extracting(cell.bytes)
        let name = value.extracting(withoutSpaces(value))
        if name.isEmpty { return nil }
        for candidate in serviceNames.indices {
            let known = serviceNames[candidate]
            if isSame(name, known.span) {
                service = candidate
                return nil
            }
        }
        return Rejection(.unknownService, cell: index)
    }

    /// The plain mapping: every column is the field of its name.
    ///
    /// - Parameter hasValue: Gets true when a column of the row has a value.
    func writeCells(
        _ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>, _ planBytes: Span<UInt8>, _ isBlank: Bool,
        _ bytes: inout MappedBytes, _ hasValue: inout Bool
    ) -> Rejection? {
        var byLook = FieldConversion()
        byLook.lineBreaks = plan.lineBreaks
        if plan.sendsAsIs { byLook.target = .wire }
        let uses = plan.uses.span
        for index in cells.indices {
            let cell = cells[index]
            let use = uses[Int(cell.column)]
            switch use.role {
            case .field: break
            // A file with an unknown field is refused as a whole.
            case .ignored, .unknown: continue
            case .nested: return Rejection(.nestedColumn, cell: index)
            case .badName: return Rejection(.badFieldName, cell: index)
            case .duplicate: return Rejection(.duplicateColumn, cell: index)
            }
            let start = bytes.count
            bytes.append(planBytes.extracting(use.prefix))
            let value = text.extracting(cell.bytes)
            let outcome =
                use.typed < 0
                ? byLook.write(value, kind: cell.kind, displays: plan.displays, into: &bytes)
                : plan.typed[use.typed].write(value, kind: cell.kind, displays: plan.displays, into: &bytes)
            switch outcome {
            case .written, .warned: if !withoutSpaces(value).isEmpty { hasValue = true }
            case .empty: if isBlank { bytes.append("null") } else { bytes.rewind(to: start) }
            case .faulty(let fault): return Rejection(.value(fault), cell: index, field: use.typed)
            }
        }
        return nil
    }

    /// A configured mapping: the rule's fields in its order. A rule of constants alone needs no value of the row.
    ///
    /// - Parameter hasValue: As in `writeCells`.
    private func writeFields(
        _ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>, _ planBytes: Span<UInt8>, _ slots: [Int], _ isBlank: Bool,
        _ bytes: inout MappedBytes, _ hasValue: inout Bool
    ) -> Rejection? {
        hasValue = plan.hasConstantsAlone
        for position in plan.fields.indices {
            if let rejection = writeField(position, cells, text, planBytes, slots, isBlank, &bytes, &hasValue) {
                return rejection
            }
        }
        return nil
    }

    @inline(__always)
    func writeField(
        _ position: Int, _ cells: Span<RowBatch.Cell>, _ text: Span<UInt8>, _ planBytes: Span<UInt8>, _ slots: [Int],
        _ isBlank: Bool, _ bytes: inout MappedBytes, _ hasValue: inout Bool
    ) -> Rejection? {
        let field = plan.fields[position]
        let start = bytes.count
        bytes.append(planBytes.extracting(field.prefix))
        var outcome = FieldOutcome.empty
        var index = -1
        if field.slot < 0 {
            outcome = field.constantOutcome
            bytes.append(planBytes.extracting(field.constant))
        } else {
            index = slots[field.slot]
            if index >= 0 {
                let cell = cells[index]
                let value = text.extracting(cell.bytes)
                outcome = field.conversion.write(value, kind: cell.kind, displays: plan.displays, into: &bytes)
                switch outcome {
                case .written, .warned: if !withoutSpaces(value).isEmpty { hasValue = true }
                case .empty, .faulty: break
                }
            } else if field.isOptional {
                bytes.rewind(to: start)
                return nil
            }
        }
        switch outcome {
        case .written, .warned: break
        case .empty: if isBlank { bytes.append("null") } else { bytes.rewind(to: start) }
        case .faulty(let fault): return Rejection(.value(fault), cell: index, field: position)
        }
        return nil
    }

    /// Whether an empty value is sent as null: as the rule says, else in a Refresh.
    private func emptyBecomesNull(in post: PostKind) -> Bool {
        switch plan.empty {
        case .skip: false
        case .blank: true
        case nil: post == .refresh
        }
    }
}

extension RowBatch.Cell {
    /// Where its bytes lie in the batch's text.
    var bytes: Range<Int> { Int(start)..<Int(start) + Int(length) }
}

/// Whether a value is the word, which is given in small letters, in any case.
private func isWord(_ value: Span<UInt8>, _ word: StaticString) -> Bool {
    guard value.count == word.utf8CodeUnitCount else { return false }
    for index in value.indices where value[index] | 0x20 != word.utf8Start[index] { return false }
    return true
}

private func isSame(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    for index in a.indices where a[index] != b[index] { return false }
    return true
}

/// Whether a RIC of one byte or more is surely one: plain ASCII, nothing a spreadsheet left, no blank at an end.
@inline(__always)
func isPlainName(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Bool {
    guard bytes[start] != Byte.space, bytes[start &+ count &- 1] != Byte.space else { return false }
    // Neither below the space nor DEL, nor beyond ASCII.
    return areAllPlain(bytes, start, count) {
        nonzeroBytes($0 & repeated(0xE0)) & nonzeroBytes($0 ^ repeated(0x7F)) & ~$0
    }
}

/// Whether a RIC, or a part of it, of one byte or more can be a name on the wire: no control and no format character, no
/// blank but the ASCII space, and none at an end. What people cannot see they cannot have meant.
func isName(_ value: Span<UInt8>) -> Bool {
    guard value[0] != Byte.space, value[value.count - 1] != Byte.space else { return false }
    var isPlain = true
    for index in value.indices {
        let byte = value[index]
        if byte < 0x20 || byte == 0x7f { return false }
        if byte >= 0x80 { isPlain = false }
    }
    if isPlain { return true }
    let scalars = value.withUnsafeBytes { String(decoding: $0, as: UTF8.self).unicodeScalars }
    return scalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
        case .spaceSeparator: scalar == " "
        // Somebody before us could not decode what stood there.
        case .otherSymbol where scalar == "\u{FFFD}": false
        default: !scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}

/// Whether an identifier was turned into a number, as spreadsheets write it: `9.13E+13`, whatever stands behind it in a RIC. A
/// JSON number with an exponent was always one.
private func isScientific(_ value: Span<UInt8>, isNumber: Bool) -> Bool {
    func isDigit(_ index: Int) -> Bool { index < value.count && value[index] &- UInt8(ascii: "0") <= 9 }
    var index = value[0] == UInt8(ascii: "-") || value[0] == UInt8(ascii: "+") ? 1 : 0
    guard isDigit(index) else { return false }
    index += 1
    var isSure = isNumber
    if isNumber {
        while isDigit(index) { index += 1 }
    }
    if index < value.count, value[index] == UInt8(ascii: ".") || value[index] == UInt8(ascii: ",") {
        index += 1
        guard isDigit(index) else { return false }
        while isDigit(index) { index += 1 }
        isSure = true
    }
    guard index < value.count, value[index] | 0x20 == UInt8(ascii: "e") else { return false }
    index += 1
    if index < value.count, value[index] == UInt8(ascii: "+") || value[index] == UInt8(ascii: "-") {
        index += 1
        isSure = true
    }
    guard isDigit(index) else { return false }
    while isDigit(index) { index += 1 }
    // Without point and sign it may be a code of somebody's own, such as 2E10.
    return isSure && (index == value.count || !isLetter(value[index]))
}

private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

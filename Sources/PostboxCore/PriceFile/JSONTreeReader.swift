/// Reads a JSON document whose rows lie at a path from its root: the elements of an array, or the members of an object.
///
/// Each row is a small tree; nothing else of the document is held. Strict RFC 8259, as ``JSONReader``.
package struct JSONTreeReader: PriceFileReader {
    package var columns: [Column] { tree.columns }
    package var memberNames: [String] { tree.members.names }
    package var frame: RowFrame { RowFrame(separator: ",\n") }
    package private(set) var rowCount = 0

    /// The rows' path as the rule writes it.
    private let path: String
    private let badRule: FileProblem?
    private var tree: JSONRowTree
    private let documentColumns: [String]
    private var indexOfDocumentColumn: [Int]
    private let document: DocumentValues?
    private let wantsKey: Bool
    private var keyColumn = -1

    private var states: PathStates
    private var walk = JSONWalk()
    private var source = JSONSource()
    /// Objects and arrays that are open while rows are read; 0: what is read are none.
    private var rowsDepth = 0
    private var hasFoundRows = false
    /// Of each object and array that is open, outermost first: names of members that the path takes whatever they are called.
    private var names: [KeyTable?] = []
    /// Where in the file what is not yet told as kept begins.
    private var keptFrom = 0

    /// - Parameters:
    ///   - path: Where the rows are; empty: the document is their array.
    ///   - used: The columns that the rule names.
    ///   - takesAll: All members of a row are columns besides.
    ///   - elementNames: Rows are arrays, and these are the names of their elements.
    ///   - document: What the document has at the columns that begin with a slash.
    ///   - notesOrigins: Where values lie in the file is told, also of those that do not stand in the batch as in the file.
    package init(
        path: String, used: UsedColumns, takesAll: Bool, elementNames: [[UInt8]]? = nil, document: DocumentValues?,
        notesOrigins: Bool = false
    ) {
        self.path = path
        self.document = document
        tree = JSONRowTree(used: used, takesAll: takesAll, elementNames: elementNames)
        tree.notesEscapes = notesOrigins
        documentColumns = used.written.filter { $0.hasPrefix("/") }
        indexOfDocumentColumn = documentColumns.map { _ in -1 }
        wantsKey = used.isWritten(ColumnPath.keyName)
        var steps: [ColumnPath.Step] = []
        var badRule: FileProblem?
        if !path.isEmpty {
            do throws(SettingsMistake) {
                steps = try ColumnPath(ofRows: path).steps
            } catch {
                badRule = .notAPath(path, error)
            }
        }
        states = PathStates([steps])
        self.badRule = badRule
    }

    /// See ``PriceFileReader``. Throws `empty_file`, `bad_json`, `truncated`, `too_deep`, `too_many_columns`, `row_too_long`,
    /// `bad_byte`, `duplicate_key`, `not_an_array`, `rows_missing`, `ambiguous_path` and `bad_rule`.
    package mutating func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem) {
        batch.removeAll()
        if let badRule { throw badRule }
        var text: [UInt8] = []
        swap(&text, &batch.text)
        guard let start = source.begin(chunk, isLast: isLast, &text) else { return source.end(text, consumed: 0) }
        batch.sourceOffset = source.offset
        var unescaped: [UInt8] = []
        let consumed = try text.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
            try readRows(bytes, from: start, isLast: isLast, into: &batch, &unescaped)
        }
        source.end(text, consumed: consumed)
        text.append(contentsOf: unescaped)
        swap(&text, &batch.text)
        if isLast, !hasFoundRows { throw .rowsMissing(path) }
    }

    private mutating func readRows(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, isLast: Bool, into batch: inout RowBatch,
        _ unescaped: inout [UInt8]
    ) throws(FileProblem) -> Int {
        guard let base = text.baseAddress else {
            if isLast { throw walk.isUntouched ? source.isEmpty : source.problem(.isCutOff, text) }
            return 0
        }
        var cursor = JSONCursor(base, count: text.count, at: start, line: source.line)
        let cleanEnd = firstUnusualByte(text)
        while true {
            let step: Step?
            var begin = cursor
            do throws(JSONFault) {
                step = try next(text, &cursor, &begin, isLast: isLast, into: &batch, &unescaped)
            } catch {
                guard case .isCutOff = error, !isLast else { throw source.problem(error, text) }
                try source.limit(text.count - begin.at, line: begin.line)
                return begin.at
            }
            switch step {
            case nil:
                if isLast, !walk.isOver { throw walk.isUntouched ? source.isEmpty : source.problem(.isCutOff, text) }
                if isLast { keep(to: source.offset + text.count, in: &batch) }
                return text.count
            case .row(let row):
                try source.limit(cursor.at - begin.at, line: begin.line)
                try append(row, begin, end: cursor.at, text, cleanEnd: cleanEnd, to: &batch, &unescaped)
            case .event(let event, let isElement):
                try source.check(text, begin.at..<cursor.at, cleanEnd: cleanEnd)
                if rowsDepth > 0 { keptFrom = source.offset + begin.at }
                if isElement { states.nextElement() }
                try take(event, text, at: begin.at)
                keep(to: source.offset + cursor.at, in: &batch)
            }
        }
    }

    /// What was read next.
    private enum Step {
        case row(ReadRow)
        /// `isElement`: a value in an array.
        case event(JSONWalk.Event, isElement: Bool)
    }

    private struct ReadRow {
        var firstCell: Int
        var key: (start: Int, length: Int, hasEscapes: Bool)?
        var fault: JSONRowTree.Fault?
    }

    /// Reads what comes next; nil: the text ends before it. `begin`: where it begins.
    private mutating func next(
        _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout JSONCursor, _ begin: inout JSONCursor, isLast: Bool,
        into batch: inout RowBatch, _ unescaped: inout [UInt8]
    ) throws(JSONFault) -> Step? {
        guard let upcoming = try walk.upcoming(&cursor) else { return nil }
        begin = cursor
        if case .close = upcoming {
            return .event(try walk.pass(upcoming, &cursor, isLast: isLast), isElement: false)
        }
        guard rowsDepth > 0 else {
            var isElement = false
            if case .value = upcoming { isElement = walk.isInArray }
            return .event(try walk.pass(upcoming, &cursor, isLast: isLast), isElement: isElement)
        }
        var row = ReadRow(firstCell: batch.cells.count)
        let unescapedCount = unescaped.count
        do throws(JSONFault) {
            if case .name = upcoming {
                row.key = try cursor.passName()
                _ = try cursor.neededByte()
            }
            row.fault = try tree.read(text, &cursor, depth: walk.depth + 1, into: &batch.cells, &unescaped)
            // More digits may follow in the next chunk.
            if cursor.at == cursor.count, !isLast, !tree.isRowClosed { throw .isCutOff }
        } catch {
            // The row is read again as a whole: nothing of this attempt may stay.
            batch.cells.removeLast(batch.cells.count - row.firstCell)
            unescaped.removeLast(unescaped.count - unescapedCount)
            throw error
        }
        for (cell, place) in tree.escapes { batch.origins[cell] = .literal(place.moved(by: source.offset)) }
        walk.passedValue()
        return .row(row)
    }

    /// Follows the path to the rows.
    private mutating func take(
        _ event: JSONWalk.Event, _ text: UnsafeBufferPointer<UInt8>, at index: Int
    ) throws(FileProblem) {
        switch event {
        case .objectStart:
            names.append(nil)
            if states.hasTarget { throw notAnArray("an object", text, at: index) }
            states.openObject()
            if leadsToMembers { foundRows() }
        case .arrayStart:
            let isRows = states.hasTarget
            names.append(nil)
            states.openArray()
            if isRows { foundRows() }
            if !isRows, leadsToMembers {
                var problem = source.problem(
                    "rows_missing", text, at: index,
                    what: "What \(path) takes the members of is an array, and has none.")
                problem.hint = "Its elements are the rows without `.*` at the path's end."
                throw problem
            }
        case .end:
            names.removeLast()
            states.close()
            if walk.depth < rowsDepth { rowsDepth = 0 }
        case .name(let start, let length, let hasEscapes):
            let name = textOfJSON(UnsafeBufferPointer(rebasing: text[start..<start + length]), hasEscapes: hasEscapes)
            if takesAnyMember { try note(name, text, at: index) }
            guard name.withUnsafeBufferPointer({ states.nextMember($0) }) != nil else { break }
            var problem = source.problem(
                "duplicate_key", text, at: index,
                what: "An object has this member twice, which lies on the path of the rows, \(path).")
            problem.hint = "Nobody knows which rows are meant: ask for the file again."
            throw problem
        case .scalar(let kind, _, _, _):
            if states.hasTarget, kind != .null { throw notAnArray("a single value", text, at: index) }
        }
    }

    /// Whether the path takes members of what was opened last whatever they are called.
    private var takesAnyMember: Bool {
        states.top.contains {
            $0.position < states.paths[$0.path].count && states.paths[$0.path][$0.position] == .any
        }
    }

    /// Notes a member that the path takes whatever it is called. Throws `duplicate_key` when its object had one of that name before,
    /// or when that can no longer be told.
    private mutating func note(
        _ name: [UInt8], _ text: UnsafeBufferPointer<UInt8>, at index: Int
    ) throws(FileProblem) {
        guard let last = names.indices.last else { return }
        if names[last] == nil { names[last] = KeyTable() }
        var problem: FileProblem
        switch names[last]?.insert(name.withUnsafeBytes { keyHash(ric: $0, service: 0) }) {
        case .new, nil: return
        case .known:
            problem = source.problem(
                "duplicate_key", text, at: index,
                what: "An object has the member \(shown(name.span)) twice, and \(path) takes each of its members.")
            problem.hint = "Nobody knows which of the two is meant: ask for the file again."
        case .full:
            problem = source.problem(
                "duplicate_key", text, at: index,
                what: "An object has more than \(KeyTable.countMax) members: whether one comes twice cannot be told.")
            problem.hint = "Split the file."
        }
        throw problem
    }

    private mutating func foundRows() {
        rowsDepth = walk.depth
        hasFoundRows = true
    }

    /// Whether the members of what was opened last are the rows.
    private var leadsToMembers: Bool {
        states.top.contains {
            $0.position == states.paths[$0.path].count - 1 && states.paths[$0.path][$0.position] == .any
        }
    }

    private mutating func keep(to end: Int, in batch: inout RowBatch) {
        guard end > keptFrom else { return }
        if let last = batch.kept.last, last.upperBound == keptFrom {
            batch.kept[batch.kept.count - 1] = last.lowerBound..<end
        } else {
            batch.kept.append(keptFrom..<end)
        }
        keptFrom = end
    }

    private mutating func append(
        _ read: ReadRow, _ begin: JSONCursor, end: Int, _ text: UnsafeBufferPointer<UInt8>, cleanEnd: Int,
        to batch: inout RowBatch, _ unescaped: inout [UInt8]
    ) throws(FileProblem) {
        rowCount += 1
        let place = source.offset + begin.at..<source.offset + end
        keptFrom = place.upperBound
        if let key = read.key {
            let content = UnsafeBufferPointer(rebasing: text[key.start..<key.start + key.length])
            try note(textOfJSON(content, hasEscapes: key.hasEscapes), text, at: begin.at)
        }
        var problem = read.fault.map { self.problem($0, text) }
        if wantsKey, let key = read.key { appendKey(key, text, &batch.cells, &unescaped) }
        try appendDocumentCells(place, line: begin.line, behind: text.count, &batch.cells, &unescaped)
        if let bad = source.badByte(text, begin.at..<end, cleanEnd: cleanEnd) { problem = bad }
        var row = RowBatch.Row(
            number: rowCount, line: begin.line, sourceStart: place.lowerBound, sourceLength: place.count,
            firstCell: read.firstCell, cellCount: batch.cells.count - read.firstCell)
        if let problem {
            row.problem = batch.problems.count
            batch.problems.append(problem)
        }
        batch.rows.append(row)
    }

    private mutating func appendKey(
        _ key: (start: Int, length: Int, hasEscapes: Bool), _ text: UnsafeBufferPointer<UInt8>,
        _ cells: inout [RowBatch.Cell], _ unescaped: inout [UInt8]
    ) {
        if keyColumn < 0 { keyColumn = tree.addColumn(Column(name: ColumnPath.keyName)) }
        var (start, length) = (key.start, key.length)
        if key.hasEscapes {
            start = text.count + unescaped.count
            let content = UnsafeBufferPointer(rebasing: text[key.start..<key.start + key.length])
            _ = appendUnescaped(content, to: &unescaped)
            length = text.count + unescaped.count - start
        }
        cells.append(
            RowBatch.Cell(
                column: UInt32(truncatingIfNeeded: keyColumn), start: UInt32(truncatingIfNeeded: start),
                length: UInt32(truncatingIfNeeded: length), kind: .string))
    }

    private mutating func appendDocumentCells(
        _ place: Range<Int>, line: Int, behind textCount: Int, _ cells: inout [RowBatch.Cell],
        _ unescaped: inout [UInt8]
    ) throws(FileProblem) {
        guard let document else { return }
        for (index, name) in documentColumns.enumerated() {
            switch document.find(name, of: place) {
            case .nothing: break
            case .several: throw document.severalValues(name, line: line)
            case .value(let value):
                if indexOfDocumentColumn[index] < 0 {
                    indexOfDocumentColumn[index] = tree.addColumn(Column(name: name, isNested: true))
                }
                cells.append(
                    document.cell(
                        value, column: indexOfDocumentColumn[index], start: textCount + unescaped.count,
                        into: &unescaped))
            }
        }
    }

    private func problem(_ fault: JSONRowTree.Fault, _ text: UnsafeBufferPointer<UInt8>) -> RowProblem {
        source.rowProblem(
            fault.reason, text, at: fault.at, columnName: fault.columnName, what: fault.what, hint: fault.hint)
    }

    private func notAnArray(_ what: String, _ text: UnsafeBufferPointer<UInt8>, at index: Int) -> FileProblem {
        var problem = source.problem(
            "not_an_array", text, at: index,
            what:
                "What stands at \(path.isEmpty ? "the document's root" : path), where the rule says that its rows are, is \(what) and no array."
        )
        problem.hint = "Where each member of an object is a row, the path ends in `.*`."
        return problem
    }
}

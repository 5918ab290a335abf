internal import Glibc

/// Reads JSON: an array of objects, or one object a line.
///
/// Strict RFC 8259; only NaN, Infinity and -Infinity pass as `.plain` values, so that their row is refused and not the
/// whole file. Nested objects become columns with dotted names.
package struct JSONReader: PriceFileReader {
    /// How the objects are laid out.
    package enum Layout: Sendable {
        /// `[ {...}, {...} ]`
        case array
        /// One object a line.
        case lines
        /// Lines when the file begins with an object that stands on a line of its own, else an array.
        case byFirstByte
    }

    package var columns: [Column] { rowTree?.columns ?? tree.columns }
    package var memberNames: [String] { rowTree?.members.names ?? [] }
    package private(set) var frame = RowFrame()
    package private(set) var rowCount = 0

    private var layout: Layout
    private let finalNewline: FinalNewline
    private let usedColumns: UsedColumns?
    private var tree = ColumnTree()
    /// Finds the values where the rule's columns are more than dotted names. Nil: they are not.
    private var rowTree: JSONRowTree?
    private let hasRowTree: Bool
    private var stage = Stage.beforeArray
    private var source = JSONSource()
    /// Where strings with escapes lie is noted in the batch.
    private let notesOrigins: Bool
    /// Rows begun: one that is cut off by a chunk's end is begun again, and its names have not come twice then.
    private var attempt = 0
    /// Lines: the first broken one that leaves a bracket open, and its place; nil: there is none.
    private var openLine: TextPlace?

    private enum Stage {
        case beforeArray
        case beforeFirstElement
        case beforeElement
        case afterElement
        case afterArray
    }

    /// - Parameters:
    ///   - finalNewline: Whether a last line without a line end is a `FileProblem`, where each line is an object.
    ///   - usedColumns: The others may come twice in a row. Nil: all columns are used.
    ///   - pathColumns: The columns that the rule names, some of which are more than dotted names. Nil: none are.
    ///   - notesOrigins: Where values lie in the file is told, also of those that do not stand in the batch as in the file.
    package init(
        layout: Layout, finalNewline: FinalNewline = .required, usedColumns: UsedColumns? = nil,
        pathColumns: UsedColumns? = nil, notesOrigins: Bool = false
    ) {
        rowTree = pathColumns.map { JSONRowTree(used: $0, takesAll: usedColumns == nil) }
        hasRowTree = pathColumns != nil
        rowTree?.notesEscapes = notesOrigins
        self.notesOrigins = notesOrigins
        self.layout = layout
        self.finalNewline = finalNewline
        self.usedColumns = usedColumns
    }

    /// See ``PriceFileReader``. Throws `empty_file`, `bad_json`, `truncated`, `too_deep`, `too_many_columns`, `row_too_long`,
    /// `no_final_newline`, `not_an_array` and `not_json_lines`.
    package mutating func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem) {
        batch.removeAll()
        var text: [UInt8] = []
        swap(&text, &batch.text)
        guard let start = source.begin(chunk, isLast: isLast, &text) else { return source.end(text, consumed: 0) }
        batch.sourceOffset = source.offset
        var unescaped: [UInt8] = []
        let consumed = try text.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
            try readRows(bytes, from: start, isLast: isLast, into: &batch, unescaped: &unescaped)
        }
        source.end(text, consumed: consumed)
        text.append(contentsOf: unescaped)
        swap(&text, &batch.text)
    }

    /// Reads the whole rows of the text and returns how many bytes of it are done with.
    private mutating func readRows(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, isLast: Bool, into batch: inout RowBatch,
        unescaped: inout [UInt8]
    ) throws(FileProblem) -> Int {
        guard let base = text.baseAddress else {
            if isLast { try finish(text, at: 0) }
            return 0
        }
        var pass = Pass(
            cursor: JSONCursor(base, count: text.count, at: start, line: source.line),
            cleanEnd: firstUnusualByte(text))
        if stage == .beforeArray && layout != .lines && rowCount == 0 {
            guard let first = pass.cursor.nextByte() else {
                if isLast { try finish(text, at: text.count) }
                try source.limit(text.count - start, line: source.line)
                return start
            }
            guard try open(text, from: start, &pass, first, isLast: isLast) else { return start }
        }
        let consumed: Int
        if layout == .lines {
            consumed = try readLines(text, &pass, isLast: isLast, into: &batch, unescaped: &unescaped)
        } else {
            consumed = try readElements(text, &pass, isLast: isLast, into: &batch, unescaped: &unescaped)
        }
        if isLast { try finish(text, at: text.count) }
        return consumed
    }

    /// Sees how the rows are laid out; false: more of the file is needed for that.
    private mutating func open(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, _ pass: inout Pass, _ first: UInt8, isLast: Bool
    ) throws(FileProblem) -> Bool {
        if first == UInt8(ascii: "{") && layout == .byFirstByte {
            guard try isObjectALine(text, at: pass.cursor.at, isLast: isLast) else { return false }
            layout = .lines
            pass.cursor = JSONCursor(pass.cursor.bytes, count: text.count, at: start, line: source.line)
            return true
        }
        guard first == UInt8(ascii: "[") else {
            throw source.problem(
                "bad_json", text, at: pass.cursor.at,
                what: "The file must be an array of objects: it must begin with [.")
        }
        layout = .array
        pass.cursor.at += 1
        stage = .beforeFirstElement
        frame = RowFrame(prologue: prologue, opening: "[\n", separator: ",\n", closing: "\n]\n")
        return true
    }

    /// So much of a file that is refused is looked through for what to do about it.
    private static let outlineBytes = 1 << 16

    /// Whether the object that the file begins with stands on a line of its own, so that each line should be one; false: more
    /// of the file is needed to tell. Else throws `not_an_array`: the lines of such an object are no rows.
    private func isObjectALine(
        _ text: UnsafeBufferPointer<UInt8>, at start: Int, isLast: Bool
    ) throws(FileProblem) -> Bool {
        let head = text[start...].prefix(rowBytesMax + 1)
        let layout = JSONOutline(UnsafeBufferPointer(rebasing: head)).layout(
            isWhole: isLast && head.endIndex == text.endIndex)
        if layout == .ownLine { return true }
        if layout == .unknown, head.count <= rowBytesMax {
            // A last line that is cut off is told as such.
            return isLast
        }
        // As much is looked at, however the file comes in chunks.
        guard isLast || text.count - start >= Self.outlineBytes else { return false }
        throw notAnArray(text, at: start, layout)
    }

    private var prologue: Range<Int> { 0..<(source.markBytes ?? 0) }

    /// What the file must have brought when it ends here.
    private func finish(_ text: UnsafeBufferPointer<UInt8>, at end: Int) throws(FileProblem) {
        if layout == .lines && rowCount > 0 || stage == .afterArray { return }
        if stage == .beforeArray && rowCount == 0 {
            throw FileProblem(
                reason: "empty_file", what: "The file is empty: it holds no JSON.",
                hint: "It must hold an array of objects, or one object a line.")
        }
        throw truncated(text, at: end)
    }
}

/// What one call reads with.
private struct Pass {
    var cursor: JSONCursor
    /// Before this byte all is ASCII without NUL.
    var cleanEnd: Int
}

// MARK: An array of objects

extension JSONReader {
    private mutating func readElements(
        _ text: UnsafeBufferPointer<UInt8>, _ pass: inout Pass, isLast: Bool, into batch: inout RowBatch,
        unescaped: inout [UInt8]
    ) throws(FileProblem) -> Int {
        while let byte = pass.cursor.nextByte() {
            switch stage {
            case .beforeArray: assertionFailure("The array has been opened.")
            case .beforeFirstElement where byte == UInt8(ascii: "]"), .afterElement where byte == UInt8(ascii: "]"):
                stage = .afterArray
                pass.cursor.at += 1
            case .afterElement:
                guard byte == UInt8(ascii: ",") else {
                    throw source.problem(
                        "bad_json", text, at: pass.cursor.at, what: "A comma or the closing ] is missing after a row.")
                }
                stage = .beforeElement
                pass.cursor.at += 1
            case .afterArray:
                var problem = source.problem(
                    "bad_json", text, at: pass.cursor.at, what: "Something stands after the array's closing bracket.")
                problem.hint = JSONSource.goesOnHint
                throw problem
            case .beforeFirstElement, .beforeElement:
                let start = pass.cursor.at
                let line = pass.cursor.line
                do throws(JSONFault) {
                    try readElement(text, &pass, byte, isLast: isLast, into: &batch, unescaped: &unescaped)
                } catch {
                    if case .isCutOff = error {
                        try source.limit(text.count - start, line: line)
                        if isLast { throw truncated(text, at: text.count) }
                        return start
                    }
                    throw problem(error, text)
                }
                try source.limit(pass.cursor.at - start, line: line)
                stage = .afterElement
            }
        }
        return text.count
    }

    /// Reads one row, or whatever stands in a row's place.
    @inline(__always)
    private mutating func readElement(
        _ text: UnsafeBufferPointer<UInt8>, _ pass: inout Pass, _ first: UInt8, isLast: Bool,
        into batch: inout RowBatch,
        unescaped: inout [UInt8]
    ) throws(JSONFault) {
        let start = pass.cursor.at
        let line = pass.cursor.line
        let firstCell = batch.cells.count
        let unescapedCount = unescaped.count
        let problems = batch.problems.count
        do throws(JSONFault) {
            if first == UInt8(ascii: "{") {
                try readRow(text, &pass.cursor, into: &batch, &unescaped, problems)
            } else {
                try passForeignElement(&pass.cursor, isLast: isLast)
                batch.problems.append(notAnObject(text, at: start))
            }
        } catch {
            // The row is read again as a whole: nothing of this attempt may stay.
            batch.cells.removeLast(batch.cells.count - firstCell)
            batch.problems.removeLast(batch.problems.count - problems)
            unescaped.removeLast(unescaped.count - unescapedCount)
            attempt &+= 1
            throw error
        }
        let end = pass.cursor.at
        if end > pass.cleanEnd { noteBadByte(text, start..<end, problems, in: &batch) }
        appendRow(
            start..<end, line: line, cells: firstCell..<batch.cells.count, problems: problems, to: &batch)
    }

    private func passForeignElement(_ cursor: inout JSONCursor, isLast: Bool) throws(JSONFault) {
        try cursor.passValue(depth: 1)
        // More digits may follow in the next chunk.
        if cursor.at == cursor.count && !isLast { throw .isCutOff }
    }

    /// Bytes that are no UTF-8 are what is wrong with a row, whatever else is.
    @inline(never)
    private func noteBadByte(
        _ text: UnsafeBufferPointer<UInt8>, _ row: Range<Int>, _ problems: Int, in batch: inout RowBatch
    ) {
        guard let bad = source.badByte(text, row, cleanEnd: 0) else { return }
        batch.problems.removeLast(batch.problems.count - problems)
        batch.problems.append(bad)
    }

    /// Reads a row's object into the batch.
    ///
    /// - Parameter problems: so many are in the batch of the rows before; this row gets one, the first that is found.
    @inline(__always)
    private mutating func readRow(
        _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout JSONCursor, into batch: inout RowBatch,
        _ unescaped: inout [UInt8], _ problems: Int
    ) throws(JSONFault) {
        if hasRowTree { return try readTree(text, &cursor, into: &batch, &unescaped) }
        try readObject(text, &cursor, below: ColumnTree.root, depth: 1, into: &batch, &unescaped, problems)
    }

    @inline(never)
    private mutating func readTree(
        _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout JSONCursor, into batch: inout RowBatch,
        _ unescaped: inout [UInt8]
    ) throws(JSONFault) {
        let found = try rowTree?.read(text, &cursor, depth: 1, into: &batch.cells, &unescaped)
        for (cell, place) in rowTree?.escapes ?? [] { batch.origins[cell] = .literal(place.moved(by: source.offset)) }
        guard let fault = found else { return }
        batch.problems.append(
            source.rowProblem(
                fault.reason, text, at: fault.at, columnName: fault.columnName, what: fault.what, hint: fault.hint))
    }

    /// Reads an object's members into the batch.
    private mutating func readObject(
        _ text: UnsafeBufferPointer<UInt8>, _ cursor: inout JSONCursor, below parent: ColumnTree.Node, depth: Int,
        into batch: inout RowBatch, _ unescaped: inout [UInt8], _ problems: Int
    ) throws(JSONFault) {
        let bytes = cursor.bytes
        var previous: ColumnTree.Node = -1
        cursor.at &+= 1
        if try cursor.neededByte() == UInt8(ascii: "}") {
            cursor.at &+= 1
            return
        }
        while true {
            _ = try cursor.neededByte()
            let nameAt = cursor.at
            let node: ColumnTree.Node
            if let expected = passExpectedName(&cursor, below: parent, after: previous) {
                node = expected
            } else {
                let name = try cursor.passName()
                let found =
                    name.hasEscapes
                    ? escapedNode(text, name, below: parent, after: previous, at: nameAt, problems, in: &batch)
                    : tree.node(
                        UnsafeBufferPointer(start: bytes + name.start, count: name.length), below: parent,
                        after: previous)
                guard let found else { throw .hasTooManyColumns(at: nameAt) }
                node = found
            }
            previous = node
            if !tree.mark(node, row: attempt), batch.problems.count == problems,
                usedColumns?.reaches(tree.path(node)) != false
            {
                batch.problems.append(duplicate(text, node, at: nameAt))
            }

            let first = try cursor.neededByte()
            var start = cursor.at
            var length: Int
            var kind: RowBatch.Kind
            switch first {
            case Byte.quote:
                let string = try cursor.passString()
                kind = .string
                start = string.start
                length = string.length
                if string.hasEscapes {
                    if notesOrigins {
                        batch.origins[batch.cells.count] = .literal(
                            source.offset + start - 1..<source.offset + start + length + 1)
                    }
                    let unescapedStart = unescaped.count
                    let content = UnsafeBufferPointer(start: bytes + start, count: length)
                    if !appendUnescaped(content, to: &unescaped), batch.problems.count == problems {
                        batch.problems.append(badEscape(text, node, at: start))
                    }
                    start = text.count + unescapedStart
                    length = unescaped.count - unescapedStart
                }
            case UInt8(ascii: "{") where try !isEmptyObject(cursor):
                if depth >= JSONCursor.depthMax { throw .isTooDeep(at: start) }
                try readObject(
                    text, &cursor, below: node, depth: depth + 1, into: &batch, &unescaped, problems)
                if try cursor.passSeparator(orClose: UInt8(ascii: "}")) { return }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                try cursor.passValue(depth: depth)
                kind = .nested
                length = cursor.at - start
            default:
                kind = cursor.passPlainNumber() ? .number : try cursor.passScalar(first)
                length = kind == .null ? 0 : cursor.at &- start
            }
            batch.cells.append(
                RowBatch.Cell(
                    column: tree.column(node), start: UInt32(truncatingIfNeeded: start),
                    length: UInt32(truncatingIfNeeded: length), kind: kind))
            if try cursor.passSeparator(orClose: UInt8(ascii: "}")) { return }
        }
    }

    /// Passes a member's name and its colon if the name is the one that came here last time, with nothing around it.
    @inline(__always)
    private func passExpectedName(
        _ cursor: inout JSONCursor, below parent: ColumnTree.Node, after previous: ColumnTree.Node
    ) -> ColumnTree.Node? {
        let start = cursor.bytes + cursor.at
        guard cursor.at &+ ColumnTree.expectedBytes &+ 3 <= cursor.count, start[0] == Byte.quote,
            let (node, length) = tree.expected(at: start + 1, below: parent, after: previous),
            start[1 &+ length] == Byte.quote, start[2 &+ length] == UInt8(ascii: ":")
        else { return nil }
        cursor.at &+= 3 &+ length
        return node
    }

    private func isEmptyObject(_ cursor: JSONCursor) throws(JSONFault) -> Bool {
        var ahead = cursor
        ahead.at += 1
        return try ahead.neededByte() == UInt8(ascii: "}")
    }

    private mutating func escapedNode(
        _ text: UnsafeBufferPointer<UInt8>, _ name: (start: Int, length: Int, hasEscapes: Bool),
        below parent: ColumnTree.Node, after previous: ColumnTree.Node, at: Int, _ problems: Int,
        in batch: inout RowBatch
    ) -> ColumnTree.Node? {
        var bytes: [UInt8] = []
        let content = UnsafeBufferPointer(rebasing: text[name.start..<name.start + name.length])
        let isWhole = appendUnescaped(content, to: &bytes)
        let node = bytes.withUnsafeBufferPointer { tree.node($0, below: parent, after: previous) }
        if !isWhole, batch.problems.count == problems, let node { batch.problems.append(badEscape(text, node, at: at)) }
        return node
    }

    @inline(__always)
    private mutating func appendRow(
        _ place: Range<Int>, line: Int, cells: Range<Int>, problems: Int, to batch: inout RowBatch
    ) {
        rowCount &+= 1
        attempt &+= 1
        var row = RowBatch.Row(
            number: rowCount, line: line, sourceStart: source.offset &+ place.lowerBound, sourceLength: place.count,
            firstCell: cells.lowerBound, cellCount: cells.count)
        if batch.problems.count > problems { row.problem = problems }
        batch.rows.append(row)
    }
}

// MARK: An object a line

extension JSONReader {
    private mutating func readLines(
        _ text: UnsafeBufferPointer<UInt8>, _ pass: inout Pass, isLast: Bool, into batch: inout RowBatch,
        unescaped: inout [UInt8]
    ) throws(FileProblem) -> Int {
        frame = RowFrame(prologue: prologue)
        var start = pass.cursor.at
        var line = pass.cursor.line
        while start < text.count {
            let newline = firstLineFeed(text, from: start)
            if newline == nil { try source.limit(text.count - start, line: line) }
            guard newline != nil || isLast else { return start }
            let end = newline.map { $0 + 1 } ?? text.count
            try source.limit(end - start, line: line)
            pass.cursor = JSONCursor(pass.cursor.bytes, count: newline ?? end, at: start, line: line)
            if let first = pass.cursor.nextByte() {
                if newline == nil && finalNewline == .required {
                    var problem = source.problem("no_final_newline", text, at: end, what: "")
                    problem.what = "The last line has no line end: the file may have been cut off."
                    problem.hint =
                        "End the last line, or set `final_newline: optional` when the file is always written so."
                    throw problem
                }
                let row = (source: start..<end, line: line)
                try readLine(text, &pass, first, row, into: &batch, unescaped: &unescaped)
            }
            start = end
            line += 1
        }
        return start
    }

    private mutating func readLine(
        _ text: UnsafeBufferPointer<UInt8>, _ pass: inout Pass, _ first: UInt8, _ row: (source: Range<Int>, line: Int),
        into batch: inout RowBatch, unescaped: inout [UInt8]
    ) throws(FileProblem) {
        let firstCell = batch.cells.count
        let valueStart = pass.cursor.at
        let problems = batch.problems.count
        do throws(JSONFault) {
            if first == UInt8(ascii: "{") {
                try readRow(text, &pass.cursor, into: &batch, &unescaped, problems)
            } else {
                try pass.cursor.passValue(depth: 1)
                batch.problems.append(notAnObject(text, at: valueStart))
            }
            if pass.cursor.nextByte() != nil {
                throw .syntax(at: pass.cursor.at, what: "Something stands after the line's object.")
            }
        } catch {
            let fault = problem(error, text, cutOffAt: pass.cursor.count)
            if case .hasTooManyColumns = error { throw fault }
            try lookForDocument(
                text, valueStart..<pass.cursor.count, isEnded: pass.cursor.count < row.source.upperBound)
            batch.problems.removeLast(batch.problems.count - problems)
            batch.problems.append(
                RowProblem(
                    reason: fault.reason, line: fault.line, column: fault.column, what: fault.what, hint: fault.hint))
        }
        if row.source.upperBound > pass.cleanEnd { noteBadByte(text, row.source, problems, in: &batch) }
        appendRow(
            row.source, line: row.line, cells: firstCell..<batch.cells.count, problems: problems, to: &batch)
    }

    /// Throws `not_json_lines` when a broken line shows that it is one of an object or array over several lines: what such a
    /// one holds on a line of its own would be taken for a row.
    ///
    /// - Parameter isEnded: The line has a line end.
    private mutating func lookForDocument(
        _ text: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, isEnded: Bool
    ) throws(FileProblem) {
        switch text[line.lowerBound] {
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            if let openLine { throw notJSONLines(from: openLine, isClosed: true) }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard openLine == nil, JSONOutline(UnsafeBufferPointer(rebasing: text[line])).leavesBracketsOpen else {
                return
            }
            openLine = source.place(text, at: line.lowerBound)
            if let openLine, rowCount == 0, isEnded { throw notJSONLines(from: openLine, isClosed: false) }
        default: break
        }
    }
}

// MARK: Words for what is wrong

extension JSONReader {
    private func problem(_ fault: JSONFault, _ text: UnsafeBufferPointer<UInt8>, cutOffAt end: Int = 0) -> FileProblem {
        guard case .isCutOff = fault else { return source.problem(fault, text) }
        var problem = source.problem("bad_json", text, at: end, what: "The line ends before its object does.")
        problem.hint =
            "Each line must hold one whole object; a file of objects over several lines must be an array."
        return problem
    }

    private func notAnArray(
        _ text: UnsafeBufferPointer<UInt8>, at start: Int, _ layout: JSONOutline.Layout
    ) -> FileProblem {
        if case .crowdedLine(let at) = layout {
            var problem = source.problem(
                "not_an_array", text, at: start + at,
                what: "Something stands behind the file's first object, on its line.")
            problem.hint = "Make an array of the objects, [ {…}, {…} ], or write each object on a line of its own."
            return problem
        }
        var problem = source.problem(
            "not_an_array", text, at: start,
            what: layout == .manyLines
                ? "The file is one object over several lines, and no array of objects."
                : "The file is one object of more than \(rowBytesMax) bytes, and no array of objects.")
        let arrays = JSONOutline(UnsafeBufferPointer(rebasing: text[start...].prefix(Self.outlineBytes)))
            .arraysOfObjects(line: problem.line, most: Self.arraysShownMax + 1)
        problem.hint =
            arrays.isEmpty
            ? "Put the object into an array, [ {…} ], or write it on one line."
            : "\(words(arrays)) of objects: write the rows as an array of their own, [ {…}, {…} ], or one object a line."
        return problem
    }

    private static let arraysShownMax = 8

    private func words(_ arrays: [JSONOutline.FoundArray]) -> String {
        let shownArrays = arrays.prefix(Self.arraysShownMax).map {
            "\(shown(Array($0.name.utf8).span)) (line \($0.line))"
        }
        let names = arrays.count > Self.arraysShownMax ? shownArrays + ["others"] : shownArrays
        guard names.count > 1 else { return "\(names.joined()) holds an array" }
        return "\(names.dropLast().joined(separator: ", ")) and \(names.suffix(1).joined()) hold arrays"
    }

    private func notJSONLines(from place: TextPlace, isClosed: Bool) -> FileProblem {
        FileProblem(
            reason: "not_json_lines", line: place.line, column: place.column,
            what: isClosed
                ? "What begins here goes over several lines, so the lines in it are no rows."
                : "The file's first line does not close what it opens, so the lines behind it are no rows.",
            hint: "Write each object on one line. A file that is an array is read with `format: json`.")
    }

    private func truncated(_ text: UnsafeBufferPointer<UInt8>, at end: Int) -> FileProblem {
        var problem = source.problem("truncated", text, at: end, what: "The file ends before its array is closed.")
        problem.hint = "The file may have been cut off; send it again."
        return problem
    }

    private func duplicate(_ text: UnsafeBufferPointer<UInt8>, _ node: ColumnTree.Node, at index: Int) -> RowProblem {
        source.rowProblem(
            "duplicate_key", text, at: index, columnName: tree.path(node),
            what: "The row has \(tree.path(node)) twice.")
    }

    private func badEscape(_ text: UnsafeBufferPointer<UInt8>, _ node: ColumnTree.Node, at index: Int) -> RowProblem {
        source.rowProblem(
            "bad_escape", text, at: index, columnName: tree.path(node),
            what:
                "The text holds \\u0000, or half a surrogate pair (\\uD800 to \\uDFFF): neither is a character of a text."
        )
    }

    private func notAnObject(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> RowProblem {
        source.rowProblem(
            "not_an_object", text, at: index,
            what: "A row must be an object: { with named values }.")
    }
}

private func firstLineFeed(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard let base = text.baseAddress,
        let found = memchr(base + start, Int32(Byte.lineFeed), text.count - start)
    else { return nil }
    return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
}

/// Reads lines of text as a rule says they lie: CSV with any key of ``LineLayout``, and columns by position.
///
/// What is the same as in RFC 4180 is as in ``CSVReader``: line ends, quotes, empty lines and rows, the words for what is wrong.
/// A row has a cell for each column, in the columns' order; those of headings come last. A row with a problem has the cells
/// of its line.
package struct LineReader: PriceFileReader {
    package private(set) var columns: [Column] = []
    package private(set) var frame = RowFrame()
    package private(set) var rowCount = 0

    private let layout: LineLayout
    private let marks: LineMarks
    private let finalNewline: FinalNewline
    private let usedColumns: UsedColumns?
    private let fillsRows: Bool
    private var cutter: LineCutter
    private var phase: Phase
    /// A line behind which the rows begin was passed.
    private var isStarted = false
    /// The line behind which the rows at hand begin; 0: they begin with the file.
    private var startLine = 0
    /// That line is the one that the rule names, and not the header.
    private var startsAtMark = false
    private var headings: HeadingValues
    private var firstLines = FirstLines()
    private var tail = Tail()
    private var carry = Carry()
    private var line = 1

    private enum Phase {
        /// So many lines are left that have to be skipped.
        case skipping(Int)
        case header(HeaderSearch)
        /// Before the line behind which rows begin, or behind the one that ends them.
        case outside(hasEnded: Bool)
        case rows
    }

    /// Cells that the header gives no name.
    private struct Tail {
        /// Columns that stand in the line: all but those of headings.
        var columns = 0
        /// Such cells are fine while they are empty.
        var mayBeBlank = false
        /// Indices of columns before the last one that have no name: nothing may stand in them.
        var nameless: [Int] = []
        var isNamedByRule = false

        var namer: String { isNamedByRule ? "the rule" : "the header" }
    }

    /// What is left of the chunk before.
    private struct Carry {
        var bytes: [UInt8] = []
        /// Where they begin in the file.
        var offset = 0
        var isPastByteOrderMark = false
    }

    /// - Parameters:
    ///   - layout: How the lines lie.
    ///   - delimiter: The ASCII byte between two cells, where the layout names no other way.
    ///   - finalNewline: Whether a last line without a line end is a `FileProblem`.
    ///   - usedColumns: The others may have the same name. Nil: all columns are used.
    ///   - fillsRows: As of ``CSVReader``.
    package init(
        _ layout: LineLayout, delimiter: UInt8 = UInt8(ascii: ","), finalNewline: FinalNewline = .required,
        usedColumns: UsedColumns? = nil, fillsRows: Bool = false
    ) {
        self.fillsRows = fillsRows
        self.layout = layout
        self.finalNewline = finalNewline
        self.usedColumns = usedColumns
        marks = LineMarks(layout)
        cutter = LineCutter(layout, delimiter: delimiter)
        headings = HeadingValues(marks.headingNames)
        let skipped = layout.skipped ?? 0
        phase = .rows
        if let search = HeaderSearch(layout) {
            phase = .header(search)
        } else {
            let names = layout.fixed?.map(\.name) ?? layout.columns ?? []
            setColumns(names.map { Column(name: $0) }, namelessTail: 0, isNamedByRule: true)
            phase = behindHeader
        }
        if skipped > 0 { phase = .skipping(skipped) }
    }

    /// See ``PriceFileReader``. Throws `empty_file`, `duplicate_column`, `bad_byte` and `bad_quote` (in the
    /// header), `header_missing`, `start_marker_missing`, `end_marker_missing`, `trailer_misplaced` (a second header behind the
    /// rows' end), `unclosed_quote`, `no_final_newline` and `row_too_long`.
    package mutating func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem) {
        batch.removeAll()
        headings.beginBatch()
        var text: [UInt8] = []
        swap(&text, &batch.text)
        text.reserveCapacity(carry.bytes.count + chunk.count + StructuralScan.padding)
        text.append(contentsOf: carry.bytes)
        text.append(contentsOf: chunk)
        let count = text.count
        batch.sourceOffset = carry.offset
        text.append(contentsOf: repeatElement(0, count: StructuralScan.padding))

        var extra: [UInt8] = []
        let consumed = try text.withUnsafeBufferPointer { (padded) throws(FileProblem) in
            try readLines(UnsafeBufferPointer(rebasing: padded[..<count]), isLast: isLast, into: &batch, extra: &extra)
        }
        text.removeLast(StructuralScan.padding)
        carry.bytes.removeAll(keepingCapacity: true)
        carry.bytes.append(contentsOf: text[consumed...])
        carry.offset += consumed
        text.append(contentsOf: extra)
        swap(&text, &batch.text)
        batch.sourceBytes = count
        batch.isSheet = fillsRows
        if isLast, let problem = problemAtEnd { throw problem }
    }

    /// Reads the whole lines of the text and returns how many bytes of it they take.
    private mutating func readLines(
        _ text: UnsafeBufferPointer<UInt8>, isLast: Bool, into batch: inout RowBatch, extra: inout [UInt8]
    ) throws(FileProblem) -> Int {
        var start = 0
        if !carry.isPastByteOrderMark {
            guard let hasMark = startsWithByteOrderMark(text, isLast: isLast) else { return 0 }
            carry.isPastByteOrderMark = true
            if hasMark { start = byteOrderMark.count }
        }
        let cleanEnd = firstBadByte(text, from: start) ?? text.count
        var looks = looksAtLines
        while start < text.count {
            var isHeader = false
            if looks {
                let place = RowOfLines(text: text, start: start, line: line, isOfSheet: fillsRows)
                guard
                    let whole = WholeLine(
                        text, from: start, isLast: isLast, quote: cutter.lineQuote, isOfSheet: fillsRows)
                else {
                    if text.count - start > rowBytesMax { throw place.tooLong(openQuote: -1) }
                    return start
                }
                if !whole.hasLineEnd, finalNewline == .required { throw place.missingLineEnd }
                if whole.end - start > rowBytesMax { throw place.tooLong(openQuote: -1) }
                if try pass(whole, place, cleanEnd: cleanEnd, &batch) {
                    start = whole.end
                    line += 1
                    looks = looksAtLines
                    continue
                }
                if case .header = phase { isHeader = true }
            }
            guard
                let end = try readRow(
                    text, start, isHeader: isHeader, isLast: isLast, cleanEnd: cleanEnd, into: &batch, extra: &extra)
            else { return start }
            start = end
            if looks { looks = looksAtLines }
        }
        return start
    }

    /// Whether the next line may be anything but a row.
    private var looksAtLines: Bool {
        guard case .rows = phase else { return true }
        return marks.areAmongRows || line == 1
    }
}

extension LineReader {
    /// Takes a line that is no row and no header; false: it has to be cut.
    private mutating func pass(
        _ whole: WholeLine, _ place: RowOfLines, cleanEnd: Int, _ batch: inout RowBatch
    ) throws(FileProblem) -> Bool {
        if rowCount == 0 { firstLines.note(whole) }
        if line == 1, takeSeparator(whole) {
            if case .skipping(let left) = phase { skipped(left) }
            return true
        }
        switch phase {
        case .skipping(let left):
            passOver(whole, place, cleanEnd: cleanEnd)
            skipped(left)
            return true
        case .header(let search):
            return try seek(search, whole, place, cleanEnd: cleanEnd)
        case .outside(let hasEnded):
            if hasEnded, let search = HeaderSearch(layout), search.begins(at: whole, cutter: cutter) {
                throw FileProblem(
                    reason: "trailer_misplaced", line: line,
                    what: "A header comes again behind the line that ends the rows.",
                    hint: "Two files may have been put together: send each by itself.")
            }
            if marks.after?.fits(whole) == true {
                phase = .rows
                (startLine, startsAtMark) = (line, true)
            } else {
                passOver(whole, place, cleanEnd: cleanEnd)
            }
            return true
        case .rows:
            if marks.before?.fits(whole) == true {
                phase = .outside(hasEnded: true)
                let marker = place.text[place.start..<whole.end]
                frame.closing = String(decoding: marker, as: UTF8.self) + (whole.hasLineEnd ? "" : "\n")
                return true
            }
            guard let mark = marks.mark(of: whole) else { return false }
            note(mark, whole, place, cleanEnd: cleanEnd)
            if case .heading = mark, rowCount > 0 {
                batch.kept.append(carry.offset + place.start..<carry.offset + whole.end)
            }
            return true
        }
    }

    private mutating func skipped(_ left: Int) {
        if left > 1 {
            phase = .skipping(left - 1)
        } else {
            phase = HeaderSearch(layout).map { .header($0) } ?? behindHeader
            startLine = line
        }
    }

    /// Takes the file's first line if it is Excel's, and obeyed.
    private mutating func takeSeparator(_ whole: WholeLine) -> Bool {
        guard layout.hasOwnDelimiter != true, cutter.delimiter != nil else { return false }
        // A tab or a blank as the delimiter is no blank at the line's end.
        let start = whole.text.baseAddress
        let length = max(whole.text.count, min("sep=".utf8.count + 1, whole.length))
        guard let byte = separatorOfExcel(UnsafeBufferPointer(start: start, count: length)), byte != cutter.quote else {
            return false
        }
        cutter.form = .delimited(byte)
        return true
    }

    /// Looks for the header in a line; false: it is the header, and has to be cut.
    private mutating func seek(
        _ search: HeaderSearch, _ whole: WholeLine, _ place: RowOfLines, cleanEnd: Int
    ) throws(FileProblem) -> Bool {
        switch search {
        case .line:
            if marks.after?.fits(whole) == true {
                isStarted = true
                return true
            }
            switch marks.mark(of: whole) {
            // What is dropped may be a header that comes again on each page.
            case nil, .dropped?: return false
            case .comment?: return true
            case .heading?:
                passOver(whole, place, cleanEnd: cleanEnd)
                return true
            }
        case .firstCell(let text):
            if cutter.firstCell(of: whole) == text { return false }
            passOver(whole, place, cleanEnd: cleanEnd)
        case .marker(let pattern):
            if pattern.fits(whole) { phase = .header(.line) }
            passOver(whole, place, cleanEnd: cleanEnd)
        case .list(let pattern, let end):
            if pattern.fits(whole) { phase = .header(.names([], end: end)) }
            passOver(whole, place, cleanEnd: cleanEnd)
        case .names(var names, let end):
            if end.fits(whole) {
                try setHeader(
                    (layout.columns ?? []).map { (Array($0.utf8), TextPlace(line: line, countsCarriageReturns: true)) }
                        + names)
                return true
            }
            guard !marks.isComment(whole), !whole.value.isEmpty else { return true }
            if let bad = badByte(in: place, before: whole.contentEnd, cleanEnd: cleanEnd) {
                throw place.badByte(at: bad).inHeader
            }
            guard names.count < HeaderSearch.namesMax else { throw headerMissing(search) }
            // Not held twice while it grows.
            phase = .header(.line)
            names.append((Array(whole.value), TextPlace(line: line, countsCarriageReturns: true)))
            phase = .header(.names(names, end: end))
        }
        return true
    }

    /// A line that is passed over may still be a heading, or the one behind which rows begin.
    private mutating func passOver(_ whole: WholeLine, _ place: RowOfLines, cleanEnd: Int) {
        if marks.after?.fits(whole) == true { isStarted = true }
        if let mark = marks.mark(of: whole) { note(mark, whole, place, cleanEnd: cleanEnd) }
    }

    private mutating func note(_ mark: LineMarks.Mark, _ whole: WholeLine, _ place: RowOfLines, cleanEnd: Int) {
        guard case .heading(let names) = mark else { return }
        let bad = badByte(in: place, before: whole.contentEnd, cleanEnd: cleanEnd)
        for name in names { headings.set(name, to: whole.value, problem: bad.map { place.badByte(at: $0) }) }
    }

    /// The first byte of a line that is no text.
    private func badByte(in place: RowOfLines, before end: Int, cleanEnd: Int) -> Int? {
        guard end > cleanEnd else { return nil }
        return firstBadByte(UnsafeBufferPointer(rebasing: place.text[place.start..<end])).map { place.start + $0 }
    }
}

extension LineReader {
    /// Cuts the row, or the header, that starts at `start`, and returns where the next line begins; nil: it is not whole.
    private mutating func readRow(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, isHeader: Bool, isLast: Bool, cleanEnd: Int,
        into batch: inout RowBatch, extra: inout [UInt8]
    ) throws(FileProblem) -> Int? {
        var cut = cutter.cut(text, from: start, line: line, isLast: isLast, into: &batch.cells, extra: &extra)
        if fillsRows { cut.nextLine = line + 1 }
        // Most rows have nothing about them that needs a second look.
        let isPlain =
            cut.ending == .line && !isHeader && !cut.isEmpty && cut.end <= cleanEnd && cut.strayText < 0
            && cut.cellCount == tail.columns && tail.nameless.isEmpty && cut.fault == nil && cut.nextLine == line &+ 1
            && !headings.haveProblem
            && cut.end - start <= rowBytesMax
        if isPlain {
            headings.append(to: &batch.cells, &extra, columns: columns.count, behind: text.count)
            takeRow(start, cut, problem: -1, into: &batch)
        } else {
            let place = RowOfLines(text: text, start: start, line: line, isOfSheet: fillsRows)
            guard
                try readOddRow(
                    place, cut, isHeader: isHeader, isLast: isLast, cleanEnd: cleanEnd, into: &batch, extra: &extra)
            else { return nil }
        }
        line = cut.nextLine
        return cut.end
    }

    /// A row, or the header, that may have something wrong; false: it is not whole.
    private mutating func readOddRow(
        _ place: RowOfLines, _ cut: CutRow, isHeader: Bool, isLast: Bool, cleanEnd: Int, into batch: inout RowBatch,
        extra: inout [UInt8]
    ) throws(FileProblem) -> Bool {
        let count = place.text.count
        if (cut.ending == .open ? count : cut.end) - place.start > rowBytesMax {
            throw place.tooLong(openQuote: cut.openQuote)
        }
        guard cut.ending != .open else {
            batch.cells.removeLast(batch.cells.count - cut.firstCell)
            if isLast { throw place.unclosedQuote(at: max(cut.openQuote, place.start)) }
            return false
        }
        if cut.ending == .file, finalNewline == .required { throw place.missingLineEnd }
        if cut.isEmpty {
            batch.cells.removeLast(batch.cells.count - cut.firstCell)
            return true
        }
        let bad = badByte(in: place, before: cut.end, cleanEnd: cleanEnd)
        if isHeader {
            try takeHeader(place, cut, badByte: bad, from: &batch, extra: extra)
            return true
        }
        var cut = cut
        if fillsRows { cut.fill(to: tail.columns, &batch.cells) }
        let fault = fault(place, cut, &batch, extra: extra) ?? headings.problem(ofRowIn: line)
        if fault == nil { headings.append(to: &batch.cells, &extra, columns: columns.count, behind: count) }
        guard let problem = bad.map({ place.badByte(at: $0) }) ?? fault else {
            takeRow(place.start, cut, problem: -1, into: &batch)
            return true
        }
        // What stands in a place of a line is not known when a byte before it is no character.
        if fault == nil, !cutter.isByPlace { batch.spoiled.insert(batch.problems.count) }
        batch.problems.append(problem)
        takeRow(place.start, cut, problem: batch.problems.count - 1, into: &batch)
        return true
    }

    private mutating func takeRow(_ first: Int, _ cut: CutRow, problem: Int, into batch: inout RowBatch) {
        let start = carry.offset + first
        if rowCount == 0 { frame.prologue = 0..<start }
        rowCount += 1
        batch.rows.append(
            RowBatch.Row(
                number: rowCount, line: line, sourceStart: start, sourceLength: cut.end - first,
                firstCell: cut.firstCell, cellCount: batch.cells.count - cut.firstCell, problem: problem))
    }

    /// What is wrong with the row besides its bytes; nil: nothing, and its empty cells without a column are gone from the batch.
    private func fault(
        _ place: RowOfLines, _ cut: CutRow, _ batch: inout RowBatch, extra: [UInt8]
    ) -> RowProblem? {
        if cut.strayText >= 0 { return place.badQuote(at: cut.strayText, quote: cutter.quote ?? Byte.quote) }
        if let fault = cut.fault, case .byPlace(let columns) = cutter.form { return columns.problem(fault, of: place) }
        let misfit = place.misfit(
            cut, &batch.cells, columns: tail.columns, mayBeBlank: tail.mayBeBlank, namedBy: tail.namer)
        if let misfit = misfit ?? place.namelessValue(cut, batch.cells, at: tail.nameless) { return misfit }
        guard cut.nextLine - line > 1, let delimiter = cutter.delimiter else { return nil }
        return place.swallowedRows(
            batch.cells[cut.firstCell...], columns: columns, cells: tail.columns, delimiter: delimiter,
            usedColumns: usedColumns, extra: extra)
    }

    private mutating func takeHeader(
        _ place: RowOfLines, _ cut: CutRow, badByte: Int?, from batch: inout RowBatch, extra: [UInt8]
    ) throws(FileProblem) {
        if let badByte { throw place.badByte(at: badByte).inHeader }
        if cut.strayText >= 0 {
            throw place.badQuote(at: cut.strayText, quote: cutter.quote ?? Byte.quote).inHeader
        }
        try setHeader(place.names(cut, batch.cells, extra: extra))
        batch.cells.removeLast(batch.cells.count - cut.firstCell)
    }

    private mutating func setHeader(_ names: [(bytes: [UInt8], place: TextPlace)]) throws(FileProblem) {
        let header = try HeaderNames(names, usedColumns: usedColumns)
        for name in marks.headingNames where header.columns.contains(where: { $0.name == name }) {
            throw FileProblem(
                reason: "duplicate_column", line: line,
                what: "The header names the column \(name), which the rule gives to headings.",
                hint: "Give the rule's column another name.")
        }
        setColumns(header.columns, namelessTail: header.namelessTail, isNamedByRule: false)
        tail.nameless = header.nameless
        phase = behindHeader
        startLine = line
    }

    private mutating func setColumns(_ named: [Column], namelessTail: Int, isNamedByRule: Bool) {
        columns = named + marks.headingNames.map { Column(name: $0) }
        tail = Tail(
            columns: named.count, mayBeBlank: layout.ragged == .blankTail || namelessTail > 0,
            isNamedByRule: isNamedByRule)
    }

    private var behindHeader: Phase { marks.after == nil || isStarted ? .rows : .outside(hasEnded: false) }

    private func headerMissing(_ search: HeaderSearch) -> FileProblem {
        FileProblem(
            reason: "header_missing", what: search.missing + firstLines.words,
            hint: "Check `header` and `skip_lines` of the file's rule, or whether it is the right file.")
    }

    /// What is not there, now that the file has ended.
    private var problemAtEnd: FileProblem? {
        switch phase {
        case .skipping, .header:
            guard let search = HeaderSearch(layout) else { return nil }
            if firstLines.areEmpty {
                return FileProblem(
                    reason: "empty_file", what: "The file is empty: it has no header line.",
                    hint: "Its first line must hold the column names.")
            }
            if case .header(let reached) = phase { return headerMissing(reached) }
            return headerMissing(search)
        case .outside(hasEnded: false):
            return FileProblem(
                reason: "start_marker_missing",
                what: "No line is \(shown(Array((layout.after ?? "").utf8).span)), behind which the rows begin."
                    + firstLines.words,
                hint: "Check `rows` of the file's rule, or whether it is the right file.")
        case .rows:
            guard let before = layout.before else { return nil }
            return FileProblem(
                reason: "end_marker_missing",
                what:
                    "The file ends, and no line\(behindStart) was \(shown(Array(before.utf8).span)), which ends the rows.",
                hint: "It may have been cut off: send the whole file again.")
        case .outside(hasEnded: true): return nil
        }
    }

    /// Words for the lines behind the one where the rows begin: such a line as ends them may stand before it.
    private var behindStart: String {
        if startLine == 0 { return "" }
        if startsAtMark { return " behind the \(shown(Array((layout.after ?? "").utf8).span)) in line \(startLine)" }
        return " behind line \(startLine), where the rows begin,"
    }
}

/// The values that headings give to the rows below them.
private struct HeadingValues: Sendable {
    private struct Value {
        var bytes: [UInt8] = []
        /// The heading cannot be read: neither can the rows below it.
        var problem: RowProblem?
        /// Where it stands among what this batch has behind its own text, or -1.
        var place = -1
    }

    private let names: [String]
    private var values: [Value]

    init(_ names: [String]) {
        self.names = names
        values = names.map { _ in Value() }
    }

    /// Whether one of them cannot be read.
    private(set) var haveProblem = false

    /// What a row below them lacks, as one of them cannot be read; nil: nothing.
    func problem(ofRowIn line: Int) -> RowProblem? {
        guard haveProblem else { return nil }
        for (name, value) in zip(names, values) {
            guard let heading = value.problem else { continue }
            return RowProblem(
                reason: heading.reason, line: line, columnName: name,
                what:
                    "\(shown(Array(name.utf8).span)) comes from the heading above, in line \(heading.line), which cannot be read.",
                hint: heading.hint)
        }
        return nil
    }

    mutating func beginBatch() {
        for index in values.indices { values[index].place = -1 }
    }

    mutating func set(_ index: Int, to text: UnsafeBufferPointer<UInt8>, problem: RowProblem?) {
        values[index] = Value(bytes: Array(text), problem: problem)
        haveProblem = values.contains { $0.problem != nil }
    }

    /// Gives the row that was cut last a cell for each heading.
    mutating func append(to cells: inout [RowBatch.Cell], _ extra: inout [UInt8], columns: Int, behind count: Int) {
        for index in values.indices {
            if values[index].place < 0 {
                values[index].place = extra.count
                extra.append(contentsOf: values[index].bytes)
            }
            cells.append(
                RowBatch.Cell(
                    column: UInt32(truncatingIfNeeded: columns - values.count + index),
                    start: UInt32(truncatingIfNeeded: count + values[index].place),
                    length: UInt32(truncatingIfNeeded: values[index].bytes.count), kind: .plain))
        }
    }
}

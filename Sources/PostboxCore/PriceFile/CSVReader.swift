/// Reads RFC 4180 CSV with a header line.
///
/// Cells point into the batch's text as the file has them; only a quoted cell with doubled quotes is written anew. Line
/// ends are LF, CRLF or CR; empty lines, and rows whose every cell is empty, are skipped wherever they stand; a quote inside an
/// unquoted cell is a character as any other. A row with more cells than columns has a problem, and all its cells: a
/// trailer's count may stand there. Cells that the header gives no name are no columns while they are empty.
package struct CSVReader: PriceFileReader {
    package private(set) var columns: [Column] = []
    package private(set) var frame = RowFrame()
    package private(set) var rowCount = 0

    private var delimiter: UInt8
    private let obeysSeparatorLine: Bool
    private let finalNewline: FinalNewline
    private let usedColumns: UsedColumns?
    private let fillsRows: Bool
    private var carry: [UInt8] = []
    private var carryOffset = 0
    private var line = 1
    private var isPastByteOrderMark = false
    /// So many cells of the header have no name and stand at its end.
    private var namelessTail = 0
    /// Indices of those that stand before a name.
    private var nameless: [Int] = []

    /// - Parameters:
    ///   - delimiter: The ASCII byte between two cells; no quote and no line end.
    ///   - obeysSeparatorLine: A first line `sep=;` says what the delimiter is.
    ///   - finalNewline: Whether a last line without a line end is a `FileProblem`.
    ///   - usedColumns: The others may have the same name. Nil: all columns are used.
    ///   - fillsRows: The text is that of a workbook's sheet: cells that a row lacks at its end are empty, as only what holds something
    ///     is stored, and a row is one line, also where a cell has several.
    package init(
        delimiter: UInt8 = UInt8(ascii: ","), obeysSeparatorLine: Bool = false,
        finalNewline: FinalNewline = .required, usedColumns: UsedColumns? = nil, fillsRows: Bool = false
    ) {
        self.fillsRows = fillsRows
        self.delimiter = delimiter
        self.obeysSeparatorLine = obeysSeparatorLine
        self.finalNewline = finalNewline
        self.usedColumns = usedColumns
    }

    /// See ``PriceFileReader``. Throws `empty_file`, `duplicate_column`, `bad_byte` and `bad_quote` (in
    /// the header), `unclosed_quote`, `no_final_newline` and `row_too_long`.
    package mutating func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem) {
        batch.removeAll()
        var text: [UInt8] = []
        swap(&text, &batch.text)
        text.reserveCapacity(carry.count + chunk.count + StructuralScan.padding)
        text.append(contentsOf: carry)
        text.append(contentsOf: chunk)
        let count = text.count
        batch.sourceOffset = carryOffset
        text.append(contentsOf: repeatElement(0, count: StructuralScan.padding))

        var unescaped: [UInt8] = []
        let consumed = try text.withUnsafeBufferPointer { (padded) throws(FileProblem) in
            try readRows(
                UnsafeBufferPointer(rebasing: padded[..<count]), isLast: isLast, into: &batch, unescaped: &unescaped)
        }
        text.removeLast(StructuralScan.padding)
        carry.removeAll(keepingCapacity: true)
        carry.append(contentsOf: text[consumed...])
        carryOffset += consumed
        text.append(contentsOf: unescaped)
        swap(&text, &batch.text)
        batch.sourceBytes = count
        batch.isSheet = fillsRows
        if isLast && columns.isEmpty {
            throw FileProblem(
                reason: "empty_file", what: "The file is empty: it has no header line.",
                hint: "Its first line must hold the column names.")
        }
    }

    /// Reads the whole rows of the text and returns how many bytes of it they take.
    private mutating func readRows(
        _ text: UnsafeBufferPointer<UInt8>, isLast: Bool, into batch: inout RowBatch, unescaped: inout [UInt8]
    ) throws(FileProblem) -> Int {
        var start = 0
        if !isPastByteOrderMark {
            guard let hasMark = startsWithByteOrderMark(text, isLast: isLast) else { return 0 }
            isPastByteOrderMark = true
            if hasMark { start = byteOrderMark.count }
        }
        guard let base = text.baseAddress else { return 0 }
        let cleanEnd = firstBadByte(text, from: start) ?? text.count
        var scan = StructuralScan(base, count: text.count, from: start, delimiter: delimiter)

        // After a row that is not plain the next one is not expected to be.
        var mayBePlain = true
        while start < text.count {
            if mayBePlain, !columns.isEmpty {
                start = readPlainRows(base, &scan, from: start, cleanEnd: cleanEnd, into: &batch)
                guard start < text.count else { break }
            }
            var shape = readCells(
                base, &scan, from: start, isLast: isLast, into: &batch, unescaped: &unescaped, isPlain: &mayBePlain)
            if fillsRows { shape.nextLine = line + 1 }
            let row = RowOfLines(text: text, start: start, line: line, isOfSheet: fillsRows)
            if text.count - start > rowBytesMax,
                (shape.ending == .open ? text.count : shape.end) - start > rowBytesMax
            {
                throw row.tooLong(openQuote: shape.openQuote)
            }
            switch shape.ending {
            case .open:
                batch.cells.removeLast(batch.cells.count - shape.firstCell)
                guard isLast else { return start }
                if shape.openQuote >= 0 { throw row.unclosedQuote(at: shape.openQuote) }
                assertionFailure("The last line of a file always ends.")
            case .line, .file:
                defer {
                    start = shape.end
                    line = shape.nextLine
                }
                if shape.ending == .file && finalNewline == .required { throw row.missingLineEnd }
                if shape.isEmpty {
                    batch.cells.removeLast(batch.cells.count - shape.firstCell)
                    continue
                }
                let bytes = UnsafeBufferPointer(rebasing: text[start..<shape.end])
                let badByte = shape.end > cleanEnd ? firstBadByte(bytes) : nil
                if columns.isEmpty {
                    if obeysSeparatorLine, line == 1, let named = separatorLine(text, start, shape) {
                        delimiter = named
                        scan = StructuralScan(base, count: text.count, from: shape.end, delimiter: named)
                        batch.cells.removeAll(keepingCapacity: true)
                    } else {
                        try takeHeader(row, shape, badByte: badByte, from: &batch, unescaped: unescaped)
                    }
                    continue
                }
                if fillsRows { shape.fill(to: columns.count, &batch.cells) }
                rowCount += 1
                let fault = fault(row, shape, &batch, extra: unescaped)
                if badByte != nil, fault == nil { batch.spoiled.insert(batch.problems.count) }
                let problem = badByte.map { row.badByte(at: row.start + $0) } ?? fault
                if let problem { batch.problems.append(problem) }
                batch.rows.append(
                    RowBatch.Row(
                        number: rowCount, line: line, sourceStart: carryOffset + start,
                        sourceLength: shape.end - start, firstCell: shape.firstCell,
                        cellCount: batch.cells.count - shape.firstCell,
                        problem: problem == nil ? -1 : batch.problems.count - 1))
            }
        }
        return start
    }
}

extension CSVReader {
    /// Reads rows as long as they are plain: as many cells as columns, none of them quoted, ended by LF or CRLF. Returns
    /// where the first one begins that is not, or is not whole.
    @inline(never)
    private mutating func readPlainRows(
        _ base: UnsafePointer<UInt8>, _ scan: inout StructuralScan, from first: Int, cleanEnd: Int,
        into batch: inout RowBatch
    ) -> Int {
        let width = columns.count &+ namelessTail
        let named = columns.count
        let nameless = nameless
        let count = scan.count
        let delimiter = delimiter
        var (cells, rows): ([RowBatch.Cell], [RowBatch.Row]) = ([], [])
        swap(&cells, &batch.cells)
        swap(&rows, &batch.rows)
        defer {
            swap(&cells, &batch.cells)
            swap(&rows, &batch.rows)
        }
        var at = scan
        var start = first
        var isPlain = true
        while isPlain {
            let before = cells.count
            // No cell is shorter than what stands behind it: a small file takes no more than it needs.
            cells.append(addingCapacity: max(width, min(1024, count &- start))) { room in
                room.withUnsafeMutableBufferPointer { room, used in
                    while used &+ width <= room.count {
                        scan = at
                        guard
                            let end = readPlainRow(
                                base, &at, from: start, count, delimiter, width, to: room, from: used)
                        else {
                            isPlain = false
                            return
                        }
                        let length = end &- start
                        // With nothing but delimiters and a line end, the row is an empty one.
                        guard end <= cleanEnd, length <= rowBytesMax, length > width &+ 1 else {
                            isPlain = false
                            return
                        }
                        if named < width, !areEmpty(room, used &+ named..<used &+ width) {
                            isPlain = false
                            return
                        }
                        for index in nameless where room[used &+ index].length > 0 {
                            isPlain = false
                            return
                        }
                        rowCount &+= 1
                        rows.append(
                            RowBatch.Row(
                                number: rowCount, line: line, sourceStart: carryOffset &+ start, sourceLength: length,
                                firstCell: before &+ used, cellCount: named))
                        used &+= width
                        line &+= 1
                        start = end
                    }
                }
            }
            if before == 0, isPlain {
                // And a little more, as rows differ in length.
                let times = Double(count &- first) / Double(start &- first) * 1.125
                cells.reserveCapacity(Int(Double(cells.count) * times))
                rows.reserveCapacity(Int(Double(rows.count) * times))
            }
        }
        return start
    }

    /// Whether nothing stands in any of these cells.
    private func areEmpty(_ cells: UnsafeMutableBufferPointer<RowBatch.Cell>, _ range: Range<Int>) -> Bool {
        for index in range where cells[index].length > 0 { return false }
        return true
    }

    /// Reads one plain row's cells and returns where the next row begins; nil: it is not plain, or not whole.
    @inline(__always)
    private func readPlainRow(
        _ base: UnsafePointer<UInt8>, _ scan: inout StructuralScan, from start: Int, _ count: Int, _ delimiter: UInt8,
        _ width: Int, to cells: UnsafeMutableBufferPointer<RowBatch.Cell>, from first: Int
    ) -> Int? {
        var cellStart = start
        var column = 0
        while true {
            // Behind the text lies padding.
            if base[cellStart] == Byte.quote { return nil }
            let stop = scan.next()
            guard stop < count, column < width else { return nil }
            cells[first &+ column] = RowBatch.Cell(
                column: UInt32(truncatingIfNeeded: column), start: UInt32(truncatingIfNeeded: cellStart),
                length: UInt32(truncatingIfNeeded: stop &- cellStart), kind: .plain)
            column &+= 1
            let byte = base[stop]
            if byte == delimiter {
                cellStart = stop &+ 1
                continue
            }
            guard column == width else { return nil }
            let end = stop &+ 1
            if byte == Byte.lineFeed { return end }
            guard byte == Byte.carriageReturn, end < count, base[end] == Byte.lineFeed else { return nil }
            return scan.next() &+ 1
        }
    }

    /// Reads one row's cells, up to and with its line end, into the batch. `isPlain`: no cell is quoted, and the line ends with an LF.
    @inline(__always)
    private func readCells(
        _ base: UnsafePointer<UInt8>, _ scan: inout StructuralScan, from start: Int, isLast: Bool,
        into batch: inout RowBatch, unescaped: inout [UInt8], isPlain: inout Bool
    ) -> CutRow {
        isPlain = true
        let count = scan.count
        let delimiter = delimiter
        var shape = CutRow()
        shape.firstCell = batch.cells.count
        shape.nextLine = line
        var cellStart = start
        var cellCount = 0
        while true {
            var contentStart = cellStart
            var contentLength: Int
            var stop: Int
            if cellStart < count && base[cellStart] == Byte.quote {
                isPlain = false
                guard let cell = readQuoted(base, &scan, at: cellStart, into: &unescaped, &shape) else {
                    shape.openQuote = cellStart
                    return shape
                }
                contentStart = cell.start
                contentLength = cell.length
                stop = cell.end
                let isEnd =
                    stop >= count || base[stop] == delimiter || base[stop] == Byte.lineFeed
                    || base[stop] == Byte.carriageReturn
                if !isEnd && shape.strayText < 0 { shape.strayText = stop }
                stop = scan.next()
                while stop < count && base[stop] == Byte.quote { stop = scan.next() }
            } else {
                stop = scan.next()
                while stop < count && base[stop] == Byte.quote { stop = scan.next() }
                contentLength = stop &- cellStart
            }
            batch.cells.append(
                RowBatch.Cell(
                    column: UInt32(truncatingIfNeeded: cellCount), start: UInt32(truncatingIfNeeded: contentStart),
                    length: UInt32(truncatingIfNeeded: contentLength), kind: .plain))
            cellCount &+= 1
            if contentLength > 0 || shape.strayText >= 0 { shape.isEmpty = false }
            if stop < count && base[stop] == delimiter {
                cellStart = stop &+ 1
                continue
            }

            shape.cellCount = cellCount
            shape.end(base, count, at: stop, isLast: isLast)
            guard stop < count, base[stop] == Byte.carriageReturn else { return shape }
            if stop &+ 1 < count, base[stop &+ 1] == Byte.lineFeed { _ = scan.next() } else { isPlain = false }
            return shape
        }
    }

    /// Reads the quoted cell whose opening quote is at `open`: where its content lies and where its closing quote is behind.
    /// Nil when it is not closed in this text.
    private func readQuoted(
        _ base: UnsafePointer<UInt8>, _ scan: inout StructuralScan, at open: Int, into unescaped: inout [UInt8],
        _ shape: inout CutRow
    ) -> (start: Int, length: Int, end: Int)? {
        let count = scan.count
        _ = scan.next()
        var pieceStart = open &+ 1
        var unescapedStart = -1
        while true {
            let at = scan.next()
            guard at < count else { return nil }
            switch base[at] {
            case Byte.carriageReturn: shape.nextLine &+= 1
            case Byte.lineFeed: if base[at &- 1] != Byte.carriageReturn { shape.nextLine &+= 1 }
            case Byte.quote:
                let isDoubled = at &+ 1 < count && base[at &+ 1] == Byte.quote
                if isDoubled {
                    if unescapedStart < 0 { unescapedStart = unescaped.count }
                    unescaped.append(
                        contentsOf: UnsafeBufferPointer(start: base + pieceStart, count: at + 1 - pieceStart))
                    pieceStart = scan.next() &+ 1
                } else if unescapedStart < 0 {
                    return (pieceStart, at &- pieceStart, at &+ 1)
                } else {
                    unescaped.append(contentsOf: UnsafeBufferPointer(start: base + pieceStart, count: at - pieceStart))
                    return (count + unescapedStart, unescaped.count - unescapedStart, at &+ 1)
                }
            default: break
            }
        }
    }
}

extension CSVReader {
    /// The delimiter that the row, the file's first line, names; nil: it names none.
    private func separatorLine(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ shape: CutRow) -> UInt8? {
        var end = shape.end
        while end > start, text[end - 1] == Byte.lineFeed || text[end - 1] == Byte.carriageReturn { end -= 1 }
        return separatorOfExcel(UnsafeBufferPointer(rebasing: text[start..<end]))
    }

    private mutating func takeHeader(
        _ row: RowOfLines, _ shape: CutRow, badByte: Int?, from batch: inout RowBatch, unescaped: [UInt8]
    ) throws(FileProblem) {
        if let badByte { throw row.badByte(at: row.start + badByte).inHeader }
        if shape.strayText >= 0 { throw row.badQuote(at: shape.strayText).inHeader }
        let names = try HeaderNames(row.names(shape, batch.cells, extra: unescaped), usedColumns: usedColumns)
        columns = names.columns
        namelessTail = names.namelessTail
        nameless = names.nameless
        frame = RowFrame(prologue: 0..<(carryOffset + shape.end))
        batch.cells.removeAll(keepingCapacity: true)
    }

    /// What is wrong with the row besides its bytes; nil: nothing, and its empty cells without a column are gone from the batch.
    private func fault(
        _ row: RowOfLines, _ shape: CutRow, _ batch: inout RowBatch, extra: [UInt8]
    ) -> RowProblem? {
        if shape.strayText >= 0 { return row.badQuote(at: shape.strayText) }
        let misfit = row.misfit(shape, &batch.cells, columns: columns.count, mayBeBlank: namelessTail > 0)
        if let misfit = misfit ?? row.namelessValue(shape, batch.cells, at: nameless) { return misfit }
        guard shape.nextLine - line > 1 else { return nil }
        return row.swallowedRows(
            batch.cells[shape.firstCell...], columns: columns, cells: columns.count + namelessTail,
            delimiter: delimiter, usedColumns: usedColumns, extra: extra)
    }
}

/// A row of lines that a problem is found in: its words and places are the same for every reader of delimited text.
struct RowOfLines {
    let text: UnsafeBufferPointer<UInt8>
    /// Where the row begins in the text.
    let start: Int
    /// The line that it begins on, from 1.
    let line: Int
    /// Whether it is a row of a workbook's sheet, which is one line however many its cells hold.
    var isOfSheet = false

    /// The place of a byte of the row.
    func place(of index: Int) -> TextPlace {
        var place = TextPlace(line: line, countsCarriageReturns: true)
        place.advance(over: UnsafeBufferPointer(rebasing: text[start..<index]))
        if isOfSheet { place.line = line }
        return place
    }

    /// The row holds a byte that is no text.
    func badByte(at index: Int) -> RowProblem {
        let at = place(of: index)
        let (what, hint) = badByteWords(text, at: index)
        return RowProblem(reason: "bad_byte", line: at.line, column: at.column, what: what, hint: hint)
    }

    /// Text stands between a closing quote and the next delimiter.
    func badQuote(at index: Int, quote: UInt8 = Byte.quote) -> RowProblem {
        let at = place(of: index)
        let word = String(UnicodeScalar(quote))
        return RowProblem(
            reason: "bad_quote", line: at.line, column: at.column, what: "Text follows the closing quote of a cell.",
            hint: "A quote inside a quoted cell is written twice (\(word + word)).")
    }

    /// The row has other cells than the header.
    func ragged(cells: Int, columns: Int, namedBy header: String = "the header") -> RowProblem {
        RowProblem(
            reason: "ragged_row", line: line,
            what: "The row has \(Plural.text(cells, "cell")), but \(header) names \(columns).",
            hint: cells > columns
                ? "A cell that holds the delimiter must be quoted." : "The row may have been cut off.")
    }

    /// A value stands in a cell that no column is for.
    func surplus(at index: Int, cell: Int, columns: Int, namedBy header: String = "the header") -> RowProblem {
        let at = place(of: index)
        return RowProblem(
            reason: "ragged_row", line: at.line, column: at.column,
            what: "A value stands in cell \(cell), but \(header) names only \(Plural.text(columns, "column")).",
            hint: "Cells without a column must be empty; a cell that holds the delimiter must be quoted.")
    }

    /// What is wrong with a row that has more or fewer cells than there are columns; nil: nothing, and those beyond, which are empty, are
    /// gone. `mayBeBlank`: there may be such.
    func misfit(
        _ cut: CutRow, _ cells: inout [RowBatch.Cell], columns: Int, mayBeBlank: Bool,
        namedBy header: String = "the header"
    ) -> RowProblem? {
        guard cut.cellCount != columns else { return nil }
        guard mayBeBlank, cut.cellCount > columns, let base = text.baseAddress else {
            return ragged(cells: cut.cellCount, columns: columns, namedBy: header)
        }
        for index in columns..<cut.cellCount {
            let cell = cells[cut.firstCell + index]
            let from = Int(cell.start)
            let isWritten = from + Int(cell.length) <= text.count
            if isWritten, isBlank(base, from, Int(cell.length)) { continue }
            return surplus(at: isWritten ? from : start, cell: index + 1, columns: columns, namedBy: header)
        }
        cells.removeLast(cut.cellCount - columns)
        return nil
    }

    /// A value stands in one of the columns at these indices, which the header gives no name; nil: none does.
    func namelessValue(
        _ cut: CutRow, _ cells: [RowBatch.Cell], at nameless: [Int], namedBy header: String = "the header"
    ) -> RowProblem? {
        guard let base = text.baseAddress else { return nil }
        for index in nameless where index < cut.cellCount {
            let cell = cells[cut.firstCell + index]
            let from = Int(cell.start)
            let isWritten = from + Int(cell.length) <= text.count
            if isWritten, isBlank(base, from, Int(cell.length)) { continue }
            let at = place(of: isWritten ? from : start)
            return RowProblem(
                reason: "ragged_row", line: at.line, column: isWritten ? at.column : 0,
                what: "A value stands in cell \(index + 1), whose column \(header) gives no name.",
                hint: "Give the column a name in the header, or leave it empty.")
        }
        return nil
    }

    /// What stands in the row's cells, the columns' names, each with its place. `extra`: what stands behind the text.
    func names(
        _ cut: CutRow, _ cells: [RowBatch.Cell], extra: [UInt8]
    ) -> [(bytes: [UInt8], place: TextPlace)] {
        // From name to name: a header of thousands of columns is gone through once.
        var at = start
        var place = TextPlace(line: line, countsCarriageReturns: true)
        return cells[cut.firstCell...].map { cell in
            let from = Int(cell.start)
            let bytes =
                from < text.count || cell.length == 0
                ? Array(text[min(from, text.count)...].prefix(Int(cell.length)))
                : Array(extra[(from - text.count)...].prefix(Int(cell.length)))
            let next = max(min(from, text.count - 1), start)
            guard next >= at else { return (bytes, self.place(of: next)) }
            place.advance(over: UnsafeBufferPointer(rebasing: text[at..<next]))
            if isOfSheet { place.line = line }
            at = next
            return (bytes, place)
        }
    }

    /// The row is longer than one can be. `openQuote`: a quote in it that is not closed, or -1.
    func tooLong(openQuote: Int) -> FileProblem {
        var hint = "Check the line ends of the file."
        if openQuote >= 0 {
            let at = place(of: openQuote)
            hint = "The quote opened in line \(at.line), column \(at.column) may not be closed."
        }
        return FileProblem(
            reason: "row_too_long", line: line, what: "A row is longer than \(rowBytesMax) bytes.", hint: hint)
    }

    /// The file ends before the quote is closed.
    func unclosedQuote(at quote: Int) -> FileProblem {
        let at = place(of: quote)
        return FileProblem(
            reason: "unclosed_quote", line: at.line, column: at.column,
            what: "A quote is opened here and not closed before the file ends.",
            hint: "Close the quote; the file may also have been cut off.")
    }

    /// The file ends without a line end.
    var missingLineEnd: FileProblem {
        let at = place(of: text.count)
        return FileProblem(
            reason: "no_final_newline", line: at.line, column: at.column,
            what: "The last line has no line end: the file may have been cut off.",
            hint: "End the last line, or set `final_newline: optional` when the file is always written so.")
    }

    /// A stray quote makes a text of whole rows, which nobody would miss where no rule uses the column, or takes a part of it. Of a column
    /// that is the field of its name, and of texts that may hold line breaks, it is the mapping's matter. Lines look like rows where as many
    /// delimiters stand in them as that many rows of so many cells have; where nothing uses the column, delimiters for one row are enough:
    /// empty lines and remarks may stand between. `extra`: what stands behind the text.
    func swallowedRows(
        _ row: ArraySlice<RowBatch.Cell>, columns: [Column], cells: Int, delimiter: UInt8, usedColumns: UsedColumns?,
        extra: [UInt8]
    ) -> RowProblem? {
        guard let usedColumns else { return nil }
        for cell in row where Int(cell.column) < columns.count {
            let name = columns[Int(cell.column)].name
            guard !usedColumns.takesLines(name) else { continue }
            let from = Int(cell.start)
            let isWritten = from + Int(cell.length) <= text.count
            let value =
                isWritten
                ? Array(text[from..<from + Int(cell.length)])
                : Array(extra.dropFirst(from - text.count).prefix(Int(cell.length)))
            let breaks = Self.lineBreaks(in: value)
            guard breaks > 0 else { continue }
            let delimiters = value.count { $0 == delimiter }
            let areLikeRows = delimiters == breaks * (cells - 1)
            guard areLikeRows || usedColumns.doubtsLines(name) && delimiters >= cells - 1 else { continue }
            let at = place(of: isWritten ? from : start)
            return RowProblem(
                reason: "line_break", line: at.line, column: isWritten ? at.column : 0, columnName: name,
                what: "The column \(name) holds the lines \(at.line) to \(at.line + breaks), "
                    + (areLikeRows ? "which look like rows." : "among which may be rows."),
                hint: "A quote may be missing or one too many"
                    + (areLikeRows
                        ? "." : "; where texts of the file have lines, write `line_breaks: keep` in the rule."))
        }
        return nil
    }

    /// Line ends in a value: LF, CRLF or CR.
    private static func lineBreaks(in value: [UInt8]) -> Int {
        value.indices.count { index in
            switch value[index] {
            case Byte.lineFeed: true
            case Byte.carriageReturn: index + 1 == value.count || value[index + 1] != Byte.lineFeed
            default: false
            }
        }
    }
}

extension RowProblem {
    /// The problem as that of a file whose header it is in.
    var inHeader: FileProblem {
        FileProblem(reason: reason, line: line, column: column, what: "In the header: \(what)", hint: hint)
    }
}

/// The columns that a header's line names.
struct HeaderNames {
    /// Those with a name, and those without one that stand before one.
    private(set) var columns: [Column] = []
    /// Cells without a name at the end of the header: no columns while they are empty.
    private(set) var namelessTail = 0
    /// Indices of those without a name that stand before one: no columns either while they are empty.
    private(set) var nameless: [Int] = []

    /// - Parameters:
    ///   - names: As they stand in the header, each with the place where it begins.
    ///   - usedColumns: The others may have the same name. Nil: all columns are used.
    ///
    /// Throws `damaged_text` and `duplicate_column`.
    init(_ names: [(bytes: [UInt8], place: TextPlace)], usedColumns: UsedColumns?) throws(FileProblem) {
        let texts = names.map { Self.trimmed($0.bytes) }
        let count = (texts.lastIndex { !$0.isEmpty } ?? -1) + 1
        namelessTail = texts.count - count
        var known: Set<String> = []
        for (index, name) in texts.prefix(count).enumerated() {
            let at = names[index].place
            if name.unicodeScalars.contains("\u{FFFD}") {
                throw FileProblem(
                    reason: "damaged_text", line: at.line, column: at.column,
                    what:
                        "The name of column \(index + 1) of the header was decoded wrongly before it came here: it holds U+FFFD.",
                    hint: "Have the file written again, in UTF-8 or in the encoding that its rule names.")
            }
            if name.isEmpty {
                nameless.append(index)
            } else if !known.insert(name).inserted && usedColumns?.contains(name) != false {
                throw FileProblem(
                    reason: "duplicate_column", line: at.line, column: at.column,
                    what: "The header names the column \(name) twice.",
                    hint: "Each column needs a name of its own.")
            }
            columns.append(Column(name: name))
        }
    }

    /// Without blanks at both ends.
    static func trimmed(_ bytes: [UInt8]) -> String {
        var name = bytes[...].drop(while: isBlank)
        while let last = name.last, isBlank(last) { name.removeLast() }
        return String(decoding: name, as: UTF8.self)
    }
}

/// The delimiter that Excel's first line `sep=;` names; nil: the line is another.
func separatorOfExcel(_ line: UnsafeBufferPointer<UInt8>) -> UInt8? {
    let word = Array("sep=".utf8)
    guard line.count == word.count + 1 else { return nil }
    for (index, byte) in word.enumerated() where line[index] | 0x20 != byte | 0x20 { return nil }
    let delimiter = line[word.count]
    switch delimiter {
    case Byte.tab, Byte.space..<0x7f: break
    default: return nil
    }
    let isNameLike =
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(delimiter)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(delimiter | 0x20)
    return isNameLike || delimiter == Byte.quote ? nil : delimiter
}

/// Whether a byte is a space or a tab.
@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == Byte.space || byte == Byte.tab }

/// Whether nothing but spaces and tabs stands there.
func isBlank(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ length: Int) -> Bool {
    for index in start..<start &+ max(length, 0) where !isBlank(bytes[index]) { return false }
    return true
}

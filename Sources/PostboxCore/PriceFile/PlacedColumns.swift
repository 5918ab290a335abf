/// Columns that are told by their place in the line: characters from a first to a last one.
struct PlacedColumns: Sendable {
    private struct Place {
        /// Characters from 0; `end` is behind the last.
        var (start, end): (Int, Int)
        /// Whether the character before it, and the one behind it, is of no column.
        var (isOpenBefore, isOpenBehind): (Bool, Bool)
    }

    let columns: [LineLayout.FixedColumn]
    private let places: [Place]
    /// Behind the last character of any column.
    private let width: Int

    init(_ columns: [LineLayout.FixedColumn]) {
        self.columns = columns
        func isFree(_ character: Int) -> Bool {
            character >= 1 && !columns.contains { $0.first <= character && character <= $0.last }
        }
        places = columns.map {
            Place(
                start: max($0.first &- 1, 0), end: max($0.last, $0.first, 1), isOpenBefore: isFree($0.first &- 1),
                isOpenBehind: isFree($0.last &+ 1))
        }
        width = places.map(\.end).max() ?? 0
    }

    /// Reads one line's cells, a cell for each column, without the blanks around them. A line of nothing but blanks is empty; one
    /// that has something outside of the columns alone is a row without values.
    func cut(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, isLast: Bool, _ row: inout CutRow,
        _ cells: inout [RowBatch.Cell]
    ) {
        guard let base = text.baseAddress else { return }
        let tabs = LineStops(first: repeated(Byte.tab), second: repeated(Byte.tab))
        var stop = nextStop(base, from: start, text.count, tabs)
        var tab = -1
        while stop < text.count, base[stop] == Byte.tab {
            if tab < 0 { tab = stop }
            stop = nextStop(base, from: stop &+ 1, text.count, tabs)
        }
        row.end(base, text.count, at: stop, isLast: isLast)
        guard row.ending != .open else { return }
        row.isEmpty = isBlank(base, start, stop &- start)

        let line = UnsafeBufferPointer(rebasing: text[start..<stop])
        if areAllPlain(UnsafeRawBufferPointer(line), 0, line.count, { ~$0 }) {
            cut(base, start, length: line.count, &row, &cells) { start &+ $0 }
            if tab >= 0, tab &- start < width { row.fault = .tab(at: tab) }
        } else {
            let starts = line.indices.filter { line[$0] & 0xC0 != 0x80 }
            cut(base, start, length: starts.count, &row, &cells) { $0 < starts.count ? start + starts[$0] : stop }
            let isInColumns = starts.count < width || width > 0 && tab <= start + starts[width - 1]
            if tab >= 0, isInColumns { row.fault = .tab(at: tab) }
        }
    }

    /// - Parameters:
    ///   - length: Characters of the line.
    ///   - byte: Where a character begins; that behind the last one: where the line ends.
    @inline(__always)
    private func cut(
        _ base: UnsafePointer<UInt8>, _ start: Int, length: Int, _ row: inout CutRow, _ cells: inout [RowBatch.Cell],
        byte: (Int) -> Int
    ) {
        for (index, place) in places.enumerated() {
            var from = byte(min(place.start, length))
            var to = byte(min(place.end, length))
            if place.start < length {
                if place.end > length, row.fault == nil { row.fault = .endsInside(index, length: length) }
                if place.isOpenBefore, from < to, !isBlank(base[from]), !isBlank(base[from &- 1]), row.fault == nil {
                    row.fault = .touches(index, at: byte(place.start &- 1))
                }
                if place.isOpenBehind, place.end < length, from < to, !isBlank(base[to]), !isBlank(base[to &- 1]),
                    row.fault == nil
                {
                    row.fault = .touches(index, at: to)
                }
            }
            while from < to, base[from] == Byte.space { from &+= 1 }
            while to > from, base[to &- 1] == Byte.space { to &-= 1 }
            cells.append(
                RowBatch.Cell(
                    column: UInt32(truncatingIfNeeded: index), start: UInt32(truncatingIfNeeded: from),
                    length: UInt32(truncatingIfNeeded: to &- from), kind: .plain))
        }
        row.cellCount = places.count
    }

    /// The words for a line that does not lie as the columns do.
    func problem(_ fault: CutRow.Fault, of row: RowOfLines) -> RowProblem {
        let what: String
        let hint: String
        let column: Int
        var name: String?
        switch fault {
        case .endsInside(let index, let length):
            name = columns[index].name
            column = length
            what = "The line ends with character \(length), inside the column \(words(index))."
            hint = "The line may have been cut off, or a border in `columns` may be wrong."
        case .touches(let index, let at):
            name = columns[index].name
            column = row.place(of: at).column
            what = "Character \(column) is outside of all columns and touches the value of \(words(index))."
            hint = "A border in `columns` may be one character off."
        case .tab(let at):
            column = row.place(of: at).column
            what = "A tab stands in the line: nobody can say how many characters it is for."
            hint = "Have the file written with blanks, or use `format: csv` with a `delimiter`."
        }
        return RowProblem(
            reason: "ragged_row", line: row.line, column: column, columnName: name, what: what, hint: hint)
    }

    private func words(_ index: Int) -> String {
        "\(columns[index].name) (\(columns[index].first)-\(columns[index].last))"
    }
}

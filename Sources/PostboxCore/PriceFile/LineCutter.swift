/// Cuts lines of text into the cells of a row.
struct LineCutter: Sendable {
    enum Form: Sendable {
        case delimited(UInt8)
        /// By runs of blanks; at both ends of a line they part nothing.
        case blanks
        case byPlace(PlacedColumns)
    }

    var form: Form
    /// What a value may stand in; nil: in nothing.
    let quote: UInt8?

    init(_ layout: LineLayout, delimiter: UInt8) {
        quote =
            switch layout.quote {
            case nil, .double?: Byte.quote
            case .single?: UInt8(ascii: "'")
            case Optional.some(.none): nil
            }
        if let columns = layout.fixed {
            form = .byPlace(PlacedColumns(columns))
        } else {
            form = layout.partsAtBlanks == true ? .blanks : .delimited(delimiter)
        }
    }

    /// Characters are counted for where a cell is.
    var isByPlace: Bool { if case .byPlace = form { true } else { false } }

    /// The quote around the only cell of a line.
    var lineQuote: UInt8? {
        if case .byPlace = form { return nil }
        return quote
    }

    /// One byte parts two cells, wherever it stands.
    var delimiter: UInt8? {
        if case .delimited(let byte) = form { return byte }
        return nil
    }

    /// Reads one row's cells, up to and with its line end, into `cells`; texts with doubled quotes are written to `extra`, as
    /// if that stood behind the text.
    ///
    /// - Parameters:
    ///   - text: Behind it `StructuralScan.padding` bytes can be read.
    ///   - line: The line that the row begins on.
    @inline(__always)
    func cut(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, line: Int, isLast: Bool, into cells: inout [RowBatch.Cell],
        extra: inout [UInt8]
    ) -> CutRow {
        var row = CutRow()
        row.firstCell = cells.count
        row.nextLine = line
        guard let base = text.baseAddress else { return row }
        switch form {
        case .delimited(let byte):
            cut(base, text.count, start, byte, byte, areRuns: false, isLast: isLast, &row, &cells, &extra)
        case .blanks:
            cut(base, text.count, start, Byte.space, Byte.tab, areRuns: true, isLast: isLast, &row, &cells, &extra)
        case .byPlace(let columns):
            columns.cut(text, start, isLast: isLast, &row, &cells)
        }
        return row
    }

    @inline(__always)
    private func cut(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ start: Int, _ first: UInt8, _ second: UInt8, areRuns: Bool,
        isLast: Bool, _ row: inout CutRow, _ cells: inout [RowBatch.Cell], _ extra: inout [UInt8]
    ) {
        let stops = LineStops(first: repeated(first), second: repeated(second))
        var at = start
        if areRuns { at = behindBlanks(base, at, count) }
        while true {
            var stop = at
            let isBehindLastBlank =
                areRuns && (at >= count || base[at] == Byte.lineFeed || base[at] == Byte.carriageReturn)
            if !isBehindLastBlank {
                var cell = RowBatch.Cell(
                    column: UInt32(truncatingIfNeeded: row.cellCount), start: UInt32(truncatingIfNeeded: at), length: 0,
                    kind: .plain)
                if let quote, at < count, base[at] == quote {
                    guard let quoted = quotedCell(base, count, at, quote, &row, &extra) else {
                        row.openQuote = at
                        return
                    }
                    cell.start = UInt32(truncatingIfNeeded: quoted.start)
                    cell.length = UInt32(truncatingIfNeeded: quoted.length)
                    stop = nextStop(base, from: quoted.end, count, stops)
                    if stop > quoted.end, row.strayText < 0 { row.strayText = quoted.end }
                } else {
                    stop = nextStop(base, from: at, count, stops)
                    cell.length = UInt32(truncatingIfNeeded: stop &- at)
                }
                cells.append(cell)
                row.cellCount &+= 1
                if cell.length > 0 || row.strayText >= 0 { row.isEmpty = false }
            }
            guard stop < count, base[stop] == first || base[stop] == second else {
                row.end(base, count, at: stop, isLast: isLast)
                return
            }
            at = stop &+ 1
            if areRuns { at = behindBlanks(base, at, count) }
        }
    }

    @inline(__always)
    private func behindBlanks(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var at = start
        while at < count, isBlank(base[at]) { at &+= 1 }
        return at
    }

    /// The quoted cell whose opening quote is at `open`: where its content lies and where its closing quote is behind. Nil when
    /// it is not closed in this text.
    private func quotedCell(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ open: Int, _ quote: UInt8, _ row: inout CutRow,
        _ extra: inout [UInt8]
    ) -> (start: Int, length: Int, end: Int)? {
        let stops = LineStops(first: repeated(quote), second: repeated(quote))
        var pieceStart = open &+ 1
        var extraStart = -1
        var from = pieceStart
        while true {
            let at = nextStop(base, from: from, count, stops)
            guard at < count else { return nil }
            from = at &+ 1
            switch base[at] {
            case Byte.carriageReturn: row.nextLine &+= 1
            case Byte.lineFeed: if base[at &- 1] != Byte.carriageReturn { row.nextLine &+= 1 }
            default:
                let isDoubled = from < count && base[from] == quote
                if !isDoubled, extraStart < 0 { return (pieceStart, at &- pieceStart, from) }
                if extraStart < 0 { extraStart = extra.count }
                extra.append(
                    contentsOf: UnsafeBufferPointer(
                        start: base + pieceStart, count: at &- pieceStart &+ (isDoubled ? 1 : 0)))
                if !isDoubled { return (count &+ extraStart, extra.count &- extraStart, from) }
                from &+= 1
                pieceStart = from
            }
        }
    }
}

/// One row as it lies in the text.
struct CutRow {
    enum Ending {
        /// The text ends before the row does.
        case open
        case line
        /// The file ends, without a line end.
        case file
    }

    /// What is wrong with a line whose columns are told by their place.
    enum Fault {
        /// The line ends inside this column, so many characters long.
        case endsInside(Int, length: Int)
        /// A character that is of no column touches the value of this one.
        case touches(Int, at: Int)
        case tab(at: Int)
    }

    var ending = Ending.open
    /// After the line end.
    var end = 0
    var nextLine = 0
    var firstCell = 0
    /// Cells in the row, also those that no column stands for.
    var cellCount = 0
    /// There is nothing in any of its cells.
    var isEmpty = true
    /// Where text follows a closing quote, or -1.
    var strayText = -1
    /// The quote that is not closed, or -1.
    var openQuote = -1
    var fault: Fault?

    /// Gives the row cells that are empty, up to so many.
    mutating func fill(to count: Int, _ cells: inout [RowBatch.Cell]) {
        while cellCount < count {
            cells.append(
                RowBatch.Cell(
                    column: UInt32(truncatingIfNeeded: cellCount), start: UInt32(truncatingIfNeeded: max(end - 1, 0)),
                    length: 0, kind: .plain))
            cellCount += 1
        }
    }

    /// Ends the row where its last cell does, if the text goes so far.
    @inline(__always)
    mutating func end(_ base: UnsafePointer<UInt8>, _ count: Int, at stop: Int, isLast: Bool) {
        guard stop < count else {
            if isLast { (ending, end) = (.file, count) }
            return
        }
        end = stop &+ 1
        if base[stop] == Byte.carriageReturn {
            if end < count {
                if base[end] == Byte.lineFeed { end &+= 1 }
            } else if !isLast {
                // The LF that may belong to this CR is not here yet.
                return
            }
        }
        ending = .line
        nextLine &+= 1
    }
}

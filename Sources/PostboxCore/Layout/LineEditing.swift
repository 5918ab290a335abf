/// Edits lines of delimited cells: the text between two delimiters is a cell, with its quotes.
struct LineEditing: Sendable {
    private var delimiter: UInt8
    /// nil: no value stands in quotes.
    private let quote: UInt8?
    /// A run of blanks parts two cells.
    private let areRuns: Bool
    private let obeysSeparatorLine: Bool

    init(_ rule: MappingRule, format: PriceFileFormat) {
        let lines = rule.layout?.lines
        delimiter = rule.delimiter
        areRuns = lines?.partsAtBlanks == true
        obeysSeparatorLine = !areRuns && lines?.hasOwnDelimiter != true && !format.traits.isWorkbook
        switch lines?.quote ?? .double {
        case .double: quote = Byte.quote
        case .single: quote = UInt8(ascii: "'")
        case .none: quote = nil
        }
    }

    /// Whether a line is blank whose cells are all empty: what stands for an empty one between blanks is text where no value stands in quotes.
    var leavesNothing: Bool { !areRuns || quote != nil }

    /// What stands for an empty cell between blanks: `""`, also where no value stands in quotes.
    static func emptyBetweenBlanks(quote: UInt8?) -> [UInt8] { [quote ?? Byte.quote, quote ?? Byte.quote] }

    /// A first line `sep=;` names the delimiter.
    mutating func begin(_ batch: borrowing RowBatch) {
        guard obeysSeparatorLine, batch.sourceOffset == 0 else { return }
        let text = batch.text[..<batch.sourceBytes]
        let start = text.starts(with: byteOrderMark) ? byteOrderMark.count : 0
        var line = text[start...].prefix { $0 != Byte.lineFeed && $0 != Byte.carriageReturn }
        while line.count > "sep=;".utf8.count, let last = line.last, isBlank(last) { line.removeLast() }
        if let named = line.withUnsafeBufferPointer({ separatorOfExcel($0) }) { delimiter = named }
    }

    func edits(
        _ row: RowBatch.Row, _ cells: [RowBatch.Cell], _ emptied: [Int], _ carried: [RowEditing.Carried],
        _ batch: borrowing RowBatch
    ) -> [SourceEdit] {
        guard let line = batch.lineText(of: row) else { return [] }
        let places = places(line, batch.text)
        let offset = batch.sourceOffset
        var edits: [SourceEdit] = []
        for index in emptied {
            let column = Int(cells[index].column)
            guard column < places.count, !places[column].isEmpty else { continue }
            let place = places[column]
            var bytes: [UInt8] = []
            if areRuns {
                bytes = Self.emptyBetweenBlanks(quote: quote)
            } else if let quote, batch.text[place.lowerBound] == quote {
                bytes = [quote, quote]
            }
            edits.append(SourceEdit(range: place.moved(by: offset), bytes: bytes))
        }
        // Cells that the line lacks at its end, as those of a workbook may.
        var added: [(column: Int, bytes: [UInt8])] = []
        for entry in carried {
            guard let index = entry.cell else { continue }
            let column = Int(cells[index].column)
            guard column < places.count else {
                added.append((column, written(entry.value, inQuotes: false)))
                continue
            }
            let isQuoted = places[column].first.map { batch.text[$0] == quote } ?? false
            edits.append(
                SourceEdit(
                    range: places[column].moved(by: offset), bytes: written(entry.value, inQuotes: isQuoted)))
        }
        var bytes: [UInt8] = []
        var count = places.count
        for (column, value) in added.sorted(by: { $0.column < $1.column }) {
            while count <= column {
                bytes.append(delimiter)
                count += 1
            }
            bytes += value
        }
        let end = offset + (places.last?.upperBound ?? line.lowerBound)
        if !bytes.isEmpty { edits.append(SourceEdit(range: end..<end, bytes: bytes)) }
        return edits
    }

    /// A value as a cell.
    private func written(_ value: ArraySlice<UInt8>, inQuotes isQuoted: Bool) -> [UInt8] {
        guard let quote else { return Array(value) }
        let isOdd = value.contains {
            $0 == quote || $0 == Byte.lineFeed || $0 == Byte.carriageReturn
                || (areRuns ? isBlank($0) : $0 == delimiter)
        }
        guard isOdd || isQuoted else { return Array(value) }
        var bytes = [quote]
        for byte in value { bytes += byte == quote ? [quote, quote] : [byte] }
        return bytes + [quote]
    }

    /// Where a line's cells lie, with their quotes.
    private func places(_ line: Range<Int>, _ text: [UInt8]) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var at = line.lowerBound
        func isDelimiter(_ byte: UInt8) -> Bool { areRuns ? isBlank(byte) : byte == delimiter }
        while true {
            if areRuns {
                while at < line.upperBound, isBlank(text[at]) { at += 1 }
                if at == line.upperBound { return places }
            }
            let start = at
            if let quote, at < line.upperBound, text[at] == quote {
                at += 1
                while at < line.upperBound {
                    if text[at] == quote {
                        guard at + 1 < line.upperBound, text[at + 1] == quote else { break }
                        at += 1
                    }
                    at += 1
                }
            }
            while at < line.upperBound, !isDelimiter(text[at]) { at += 1 }
            places.append(start..<at)
            if at == line.upperBound { return places }
            at += 1
        }
    }
}

/// Edits lines whose columns are told by their place: the others stay where they are.
struct FixedEditing: Sendable {
    private let columns: [LineLayout.FixedColumn]

    init(_ columns: [LineLayout.FixedColumn]) { self.columns = columns }

    func edits(
        _ row: RowBatch.Row, _ cells: [RowBatch.Cell], _ emptied: [Int], _ carried: [RowEditing.Carried],
        _ batch: borrowing RowBatch
    ) -> [SourceEdit] {
        guard let line = batch.lineText(of: row) else { return [] }
        let offset = batch.sourceOffset
        var starts = line.filter { batch.text[$0] & 0xC0 != 0x80 }
        let length = starts.count
        starts.append(line.upperBound)
        var edits: [SourceEdit] = []
        for index in emptied {
            guard let place = columns.place(of: cells[index]), place.first <= length else { continue }
            let (first, last) = (max(place.first, 1) - 1, min(place.last, length))
            guard first < last else { continue }
            edits.append(
                SourceEdit(
                    range: offset + starts[first]..<offset + starts[last],
                    bytes: Array(repeating: Byte.space, count: last - first)))
        }
        var behind: [UInt8] = []
        var end = length
        let wanted = carried.compactMap { entry in
            entry.cell.flatMap { columns.place(of: cells[$0]) }.map { (place: $0, value: entry.value) }
        }
        for (place, value) in wanted.sorted(by: { $0.place.first < $1.place.first }) {
            let (first, width) = (max(place.first, 1) - 1, place.last - max(place.first, 1) + 1)
            let characters = value.count { $0 & 0xC0 != 0x80 }
            guard characters <= width else { continue }
            let bytes = Array(value) + Array(repeating: Byte.space, count: width - characters)
            if place.last <= length {
                edits.append(
                    SourceEdit(range: offset + starts[first]..<offset + starts[place.last], bytes: bytes))
            } else if first >= end {
                behind += Array(repeating: Byte.space, count: first - end) + bytes
                end = place.last
            }
        }
        let at = offset + line.upperBound
        if !behind.isEmpty { edits.append(SourceEdit(range: at..<at, bytes: behind)) }
        return edits
    }
}

extension [LineLayout.FixedColumn] {
    fileprivate func place(of cell: RowBatch.Cell) -> LineLayout.FixedColumn? {
        let column = Int(cell.column)
        return column < count ? self[column] : nil
    }
}

extension Range<Int> {
    func moved(by count: Int) -> Range<Int> { lowerBound + count..<upperBound + count }
}

extension RowBatch {
    /// Where a row's bytes lie in `text`; nil: they are not there as they stand in the file.
    func sourceText(of row: Row) -> Range<Int>? {
        guard sourceOffset >= 0 else { return nil }
        let start = row.sourceStart - sourceOffset
        guard start >= 0, start + row.sourceLength <= text.count else { return nil }
        return start..<start + row.sourceLength
    }

    /// The same without the line end.
    func lineText(of row: Row) -> Range<Int>? {
        guard var range = sourceText(of: row) else { return nil }
        while let last = range.last, text[last] == Byte.lineFeed || text[last] == Byte.carriageReturn {
            range = range.lowerBound..<range.upperBound - 1
        }
        return range
    }
}

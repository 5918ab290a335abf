/// Blanks around values, and values that mean empty.
struct BlankCleaner: Sendable {
    private let trims: Bool
    private let nulls: NullTexts?
    private let firsts: NullTexts.Firsts

    /// nil: values are as they stand.
    init?(_ rule: MappingRule) {
        let blanks = rule.layout?.blanks
        trims = blanks?.trims ?? (rule.layout?.lines?.fixed != nil)
        nulls = blanks?.nulls.flatMap { $0.isEmpty ? nil : NullTexts($0) }
        firsts = nulls?.firsts ?? NullTexts.Firsts()
        if !trims, nulls == nil { return nil }
    }

    @inline(__always)
    func clean(_ cell: inout RowBatch.Cell, _ text: [UInt8]) {
        guard cell.length > 0, cell.kind != .null, cell.kind != .nested, cell.kind != .faulty else { return }
        // Most values neither begin nor end with a blank, and none of the texts begins as they do.
        let (first, last) = (text[Int(cell.start)], text[Int(cell.start) + Int(cell.length) - 1])
        if !firsts.mayBegin(with: first), !trims || TextEnds.isNoBlank(last) { return }
        cleanSlowly(&cell, text)
    }

    private func cleanSlowly(_ cell: inout RowBatch.Cell, _ text: [UInt8]) {
        if trims {
            let core = TextEnds.trimmed(text.span.extracting(cell.bytes))
            cell.start &+= UInt32(truncatingIfNeeded: core.lowerBound)
            cell.length = UInt32(truncatingIfNeeded: core.count)
        }
        if let nulls, nulls.contains(text.span.extracting(cell.bytes)) { cell.length = 0 }
        if cell.length == 0, cell.kind != .plain { cell.kind = .null }
    }
}

/// Whether a row repeats the header.
struct HeaderCheck: Sendable {
    func repeats(_ columns: [Column], _ cells: ArraySlice<RowBatch.Cell>, _ text: [UInt8]) -> Bool {
        guard cells.count == columns.count else { return false }
        // At a look, most rows begin with something else than their header does.
        if let first = cells.first, first.length > 0, let column = columns.first?.name.utf8.first,
            column != UInt8(ascii: "$")
        {
            let byte = text[Int(first.start)]
            if byte != column, TextEnds.isNoBlank(byte), TextEnds.isNoBlank(column) { return false }
        }
        var isNamed = false
        for (index, cell) in cells.enumerated() {
            let name = columns[index].name.utf8
            // What a heading adds stands in no header.
            if name.first == UInt8(ascii: "$") { continue }
            isNamed = true
            let bytes = cell.bytes
            // Most rows differ in their first cell.
            let value = text.span.extracting(bytes)
            let core = withoutSpaces(value)
            if core.count == name.count,
                text[bytes][(bytes.lowerBound + core.lowerBound)...].prefix(core.count).elementsEqual(name)
            {
                continue
            }
            guard index == 0, text[bytes].elementsEqual(byteOrderMark + Array(name)) else { return false }
        }
        return isNamed
    }
}

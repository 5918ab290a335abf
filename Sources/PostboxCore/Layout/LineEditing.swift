/// What a line of CSV becomes in a file of rejects: of an unpivoted line the bad cells alone, and carried values in their places, so
/// that the line says by itself what it said in its file.
package struct LineEditing: Sendable {
    /// The rows that are bad.
    private let bad: RowSet
    private let delimiter: UInt8
    /// nil: no value stands in quotes.
    private let quote: UInt8?

    /// nil: lines of the rule stand as they are.
    package init?(_ rule: MappingRule, format: PriceFileFormat, bad: RowSet) {
        let lines = rule.layout?.lines
        guard format.traits.hasHeader, lines?.fixed == nil, lines?.partsAtBlanks != true,
            rule.shape?.carried != nil || rule.shape?.unpivot != nil
        else { return nil }
        self.bad = bad
        delimiter = rule.delimiter
        switch lines?.quote ?? .double {
        case .double: quote = Byte.quote
        case .single: quote = UInt8(ascii: "'")
        case .none: quote = nil
        }
    }

    func isBad(_ row: Int) -> Bool { bad.contains(row) }

    /// A cell without its value.
    func emptied(_ cell: RowBatch.Cell, in batch: borrowing RowBatch) -> SourceEdit? {
        guard cell.length > 0, let range = place(of: cell, in: batch) else { return nil }
        return SourceEdit(range: range, bytes: [])
    }

    /// A cell with another value.
    func filled(_ cell: RowBatch.Cell, with value: ArraySlice<UInt8>, in batch: borrowing RowBatch) -> SourceEdit? {
        guard let range = place(of: cell, in: batch) else { return nil }
        let start = Int(cell.start)
        let isOdd = value.contains {
            $0 == delimiter || $0 == quote || $0 == Byte.lineFeed || $0 == Byte.carriageReturn
        }
        guard isOdd else { return SourceEdit(range: range, bytes: Array(value)) }
        guard let quote else { return nil }
        var bytes: [UInt8] = []
        for byte in value { bytes += byte == quote ? [quote, quote] : [byte] }
        let isQuoted = start > 0 && batch.text[start - 1] == quote
        return SourceEdit(range: range, bytes: isQuoted ? bytes : [quote] + bytes + [quote])
    }

    /// Where a cell's bytes lie in the file; nil: they are not as the file has them.
    private func place(of cell: RowBatch.Cell, in batch: borrowing RowBatch) -> Range<Int>? {
        let end = Int(cell.start) + Int(cell.length)
        guard batch.sourceOffset >= 0, end <= batch.sourceBytes else { return nil }
        return batch.sourceOffset + Int(cell.start)..<batch.sourceOffset + end
    }
}

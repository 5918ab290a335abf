/// Gives the rows of JSON that holds a column an array: what a scan of the document found, one value of each array a row.
///
/// Rows come while the file is read, as many as there are for each byte of it: a batch is no longer than those of other readers.
package struct JSONZipReader: PriceFileReader {
    package private(set) var columns: [Column]
    package var frame: RowFrame { RowFrame() }
    package private(set) var rowCount = 0

    private let document: DocumentValues
    private let documentColumns: [(name: String, column: Int)]
    private var seen = 0

    /// - Parameters:
    ///   - document: Nil, or without the arrays: the file has no rows.
    ///   - used: The columns that the rule names.
    package init(document: DocumentValues?, used: UsedColumns) {
        let found = document ?? DocumentValues()
        self.document = found
        columns = found.columns.map { Column(name: $0.name) }
        var others: [(name: String, column: Int)] = []
        for name in used.written where found.paths[name]?.values.isEmpty == false {
            others.append((name: name, column: columns.count))
            columns.append(Column(name: name, isNested: true))
        }
        documentColumns = others
    }

    /// See ``PriceFileReader``. Throws `ambiguous_path`.
    package mutating func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem) {
        batch.removeAll()
        seen += chunk.count
        let count = document.columns.first?.count ?? 0
        let end = isLast ? count : count * min(seen, document.size) / max(document.size, 1)
        while rowCount < end { try append(rowCount, to: &batch) }
    }

    private mutating func append(_ index: Int, to batch: inout RowBatch) throws(FileProblem) {
        let firstCell = batch.cells.count
        for (column, array) in document.columns.enumerated() {
            let bytes = array.bytes(index)
            batch.cells.append(
                RowBatch.Cell(
                    column: UInt32(truncatingIfNeeded: column), start: UInt32(truncatingIfNeeded: batch.text.count),
                    length: UInt32(truncatingIfNeeded: bytes.count), kind: array.kind(index)))
            batch.text.append(contentsOf: array.text[bytes])
        }
        let place = document.columns.first?.place(index) ?? (source: 0..<0, line: 1)
        for (name, column) in documentColumns {
            switch document.find(name, of: place.source) {
            case .nothing: break
            case .several: throw document.severalValues(name, line: place.line)
            case .value(let value):
                batch.cells.append(
                    document.cell(value, column: column, start: batch.text.count, into: &batch.text))
            }
        }
        rowCount += 1
        batch.rows.append(
            RowBatch.Row(
                number: rowCount, line: place.line, sourceStart: place.source.lowerBound,
                sourceLength: place.source.count, firstCell: firstCell, cellCount: batch.cells.count - firstCell))
    }
}

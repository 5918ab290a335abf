/// Reads a file once more for its rejects: which rows it has, and what of them is edited.
package struct RejectsReading {
    private var reader: any PriceFileReader
    private var trailer: TrailerCheck?
    private var shaper: RowShaper?
    /// The rows of what was read last.
    package private(set) var batch = RowBatch()
    /// Where the last of them ends that the reader gave; nil: it gave none.
    package private(set) var readTo: Int?

    /// - Parameters:
    ///   - sources: as when its rows were numbered.
    ///   - editing: nil: all rows stand as they are.
    package init(_ rule: MappingRule, format: PriceFileFormat, sources: RowSources, editing: RowEditing?) {
        reader = PriceFileReaders.make(
            format: format, delimiter: rule.delimiter, finalNewline: .optional, rowElement: rule.rowElement,
            layout: rule.layout, usedColumns: rule.usedColumns, namedColumns: rule.namedColumns, scan: sources.scan,
            notesOrigins: editing != nil)
        trailer = TrailerCheck(rule, format: format)
        shaper = RowShaper(rule: rule, hasHeader: format.traits.hasHeader, sources: sources)
        shaper?.editing = editing
    }

    package var frame: RowFrame { reader.frame }
    /// Where the first line begins of which no row came out yet; nil: there is none.
    package var heldFrom: Int? { shaper?.heldStart }
    /// The rows that the file of rejects has, by their numbers in this one, as far as this one was read; nil: all rows stand as they are.
    package var rowsWritten: RowSet? { shaper?.editing?.rowsWritten }
    /// What becomes of the entries of a document that holds a column an array, once all was read.
    package var entries: EntryEdits? { shaper?.editing?.entries }

    /// Takes the file's next piece, decoded to UTF-8. Throws what is wrong with the file.
    package mutating func read(_ piece: UnsafeRawBufferPointer, isLast: Bool) throws(FileProblem) {
        try reader.read(piece, isLast: isLast, into: &batch)
        trailer?.take(&batch, columns: reader.columns)
        readTo = batch.rows.last.map { $0.sourceStart + $0.sourceLength }
        if shaper != nil { try shaper?.shape(&batch, columns: reader.columns, isLast: isLast) }
    }
}

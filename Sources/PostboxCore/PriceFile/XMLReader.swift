/// Reads XML: each child element of the root is a row; its attributes and child elements are the columns.
///
/// No DTD, no entities but the five, nothing from outside the file. Deeper elements become columns with dotted names. An
/// element that has attributes, but neither text nor children, has no value of its own. Attributes of XML's own namespace and
/// of XML Schema's for documents (`xsi`) are no columns; an element that such a one says is nil has the value null.
///
/// Copies share one parser; use one of them, and from one task at a time.
package struct XMLReader: PriceFileReader {
    package var columns: [Column] { parser.context.pointee.tree.columns }
    package var frame: RowFrame { parser.context.pointee.frame }
    package var rowCount: Int { parser.context.pointee.rowCount }

    private let parser: XMLDocumentParser<XMLRowContext>

    /// - Parameters:
    ///   - rowElement: The local name of the row elements; other children of the root are skipped. Nil: all children of the
    ///     root are rows and must have the same name.
    ///   - usedColumns: The others may come twice in a row, or hold both text and elements. Nil: all columns are used.
    ///   - pieceBytes: Where a row is not plain, at least so many bytes go to libxml2 before rows are read without it again
    ///     (libxml2 judges what is broken better when it sees what follows). Nil: all bytes of the file go to it.
    ///   - notesOrigins: Where values lie in the file is told, of those that libxml2 reads.
    package init(
        rowElement: String? = nil, usedColumns: UsedColumns? = nil, pieceBytes: Int? = 1 << 10,
        notesOrigins: Bool = false
    ) {
        parser = XMLDocumentParser(
            XMLRowContext(
                rowElement: rowElement, usedColumns: usedColumns, pieceBytes: pieceBytes,
                notesOrigins: notesOrigins))
    }

    /// See ``PriceFileReader``. Throws `empty_file`, `bad_xml`, `truncated`, `bad_byte`, `doctype`, `unknown_entity`,
    /// `too_deep`, `mixed_elements`, `stray_text`, `too_many_columns` and `row_too_long`.
    package mutating func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem) {
        batch.removeAll()
        try parser.read(chunk, isLast: isLast)
        parser.context.pointee.deliver(into: &batch)
    }
}

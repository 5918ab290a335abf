/// What has to be known of a whole file before its first row can be read: found by a reading of its own, before the first
/// pass, and only where the rule needs it. The same value serves both passes.
package struct FileScan: Sendable {
    /// What `take` has to know of all rows. Nil: it has to know nothing.
    package var rows: RowScan?
    /// The values at the rule's paths from the document's root, and the arrays that are read side by side. Nil: none are wanted.
    package var document: DocumentValues?

    package init(rows: RowScan? = nil, document: DocumentValues? = nil) {
        self.rows = rows
        self.document = document
    }
}

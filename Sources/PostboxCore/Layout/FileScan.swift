/// What has to be known of a whole file before its first row can be read: found by a reading of its own, before the first
/// pass, and only where the rule needs it. The same value serves both passes.
package struct FileScan: Sendable {
    /// What `take` has to know of all rows. Nil: it has to know nothing.
    package var rows: RowScan?

    package init(rows: RowScan? = nil) {
        self.rows = rows
    }
}

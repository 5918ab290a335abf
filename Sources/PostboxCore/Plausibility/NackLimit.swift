/// Stops a file of which a server refuses too many rows: the wrong file, or one for another server.
///
/// It counts the rows of one destination.
package struct NackLimit: Sendable, Equatable {
    /// So many refused rows are needed at least.
    package static let rowsMin = 20

    private let limit: RowLimit
    /// Rows of the file that count.
    private let rows: Int
    private var refused: Int

    /// - Parameters:
    ///   - limit: More refused rows than this stop the file.
    ///   - rows: Rows of the file that count.
    ///   - refused: Rows that an earlier run saw refused.
    package init(_ limit: RowLimit, rows: Int, refused: Int = 0) {
        self.limit = limit
        self.rows = rows
        self.refused = refused
    }

    /// So many more rows were refused.
    package mutating func add(_ count: Int) { refused += count }

    /// Why nothing more of the file is sent; nil: it goes on.
    package var stop: OutcomeDetail? {
        guard refused >= Self.rowsMin, !limit.allows(refused, of: rows) else { return nil }
        return OutcomeDetail(
            reason: "too_many_nacked",
            text:
                "the server refused \(refused) of \(rows) rows, more than `max_nacked` of the rule allows; it may be the wrong file, "
                + "or the wrong destination")
    }
}

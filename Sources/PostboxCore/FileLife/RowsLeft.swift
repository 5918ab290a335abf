/// How many rows of a file that ended badly are still not put right: lines of its result, as its outcomes are counted.
package struct RowsLeft: Sendable, Equatable {
    package var rows: Int
    /// Of these, how many wait in a drop that somebody has to release.
    package var held: Int

    package init(rows: Int, held: Int = 0) {
        self.rows = rows
        self.held = min(held, rows)
    }

    /// Each of its bad rows has been put right.
    package var isNone: Bool { rows == 0 }

    /// Nothing but a release is wanting.
    package var isHeld: Bool { rows > 0 && held == rows }

    /// `3 rows`, `3 rows, 1 of them held`; as people are told it.
    package var words: String {
        Plural.text(rows, "row") + (held == 0 ? "" : isHeld ? ", held" : ", \(held) of them held")
    }
}

/// How many rows of a file that ended badly are still not put right: lines of its result, as its outcomes are counted.
package struct RowsLeft: Sendable, Equatable {
    package var rows: Int
    /// Of these, how many wait in a drop that somebody has to release.
    package var held: Int
    /// Of these, how many a later drop brought again, where they were bad as well: they count there.
    package var again: Int

    package init(rows: Int, held: Int = 0, again: Int = 0) {
        self.rows = rows
        self.held = min(held, rows)
        self.again = min(again, rows)
    }

    /// How many count with this file: the newest drop of a row has it.
    package var here: Int { rows - again }

    /// Each of its bad rows has been put right.
    package var isNone: Bool { rows == 0 }

    /// Nothing but a release is wanting.
    package var isHeld: Bool { rows > 0 && held == rows }

    /// `3 rows`, `3 rows, 1 of them held, 1 of them bad again in a later drop`; as people are told it.
    package var words: String {
        func part(_ count: Int, _ what: String) -> String {
            count == 0 ? "" : count == rows ? ", \(what)" : ", \(count) of them \(what)"
        }
        return Plural.text(rows, "row") + part(held, "held") + part(again, "bad again in a later drop")
    }
}

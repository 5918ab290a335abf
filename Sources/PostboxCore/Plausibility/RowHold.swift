/// Why a check keeps a row back until somebody releases it.
package struct RowHold: Sendable, Equatable {
    /// What is said against the row.
    package var problem: RowProblem
    /// The field that was looked at, of several the first; empty: the row as a whole.
    package var field: String
    /// The value that the row's own was compared with; nil: it was compared with none, or none is known.
    package var old: String?
    /// The row's own; nil: it is not about a value.
    package var new: String?

    package init(problem: RowProblem, field: String, old: String? = nil, new: String? = nil) {
        self.problem = problem
        self.field = field
        self.old = old
        self.new = new
    }

    /// All that holds one row, as the text of its line in the result.
    static func text(of holds: [RowHold]) -> String {
        holds.map { "\($0.problem.reason): \($0.problem.what)" }.joined(separator: " ")
    }
}

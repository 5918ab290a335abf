/// What is wrong with one row of a price file, with its place, in words a desk understands.
package struct RowProblem: Sendable, Equatable {
    /// A stable word that scripts may rely on, such as `decimal_too_long`.
    package var reason: String
    /// The line it is on, from 1.
    package var line: Int
    /// The place in that line, in characters from 1; 0 when the row as a whole is meant.
    package var column: Int
    /// The price file's column (or path) concerned, where there is one.
    package var columnName: String?
    /// One sentence for people.
    package var what: String
    /// What to do about it.
    package var hint: String?
    /// What else is wrong with the row; only where all of it was asked for.
    package var more: [RowProblem] = []

    package init(
        reason: String, line: Int, column: Int = 0, columnName: String? = nil, what: String, hint: String? = nil
    ) {
        self.reason = reason
        self.line = line
        self.column = column
        self.columnName = columnName
        self.what = what
        self.hint = hint
    }
}

extension RowProblem {
    /// The sentence with its hint, for a result line.
    package var text: String {
        what + (hint.map { " (\($0))" } ?? "")
    }

    /// Notes another problem of the same row, once: a value that two fields take is wrong but once, whatever each would rather have.
    mutating func add(_ other: RowProblem) {
        func isSame(_ known: RowProblem) -> Bool {
            var known = known
            known.hint = other.hint
            return known == other
        }
        guard !isSame(alone), !more.contains(where: isSame) else { return }
        more.append(other)
    }

    /// The problem without the others of its row.
    package var alone: RowProblem {
        var problem = self
        problem.more = []
        return problem
    }
}

/// What makes a whole price file unreadable: nothing of it may be sent.
package struct FileProblem: Error, Sendable, Equatable {
    /// A stable word that scripts may rely on, such as `unclosed_quote`.
    package var reason: String
    /// The line it was found on, from 1; 0 when it has no place.
    package var line: Int
    /// The place in that line, in characters from 1; 0 when it has none.
    package var column: Int
    /// One sentence for people.
    package var what: String
    /// What to do about it.
    package var hint: String?

    package init(reason: String, line: Int = 0, column: Int = 0, what: String, hint: String? = nil) {
        self.reason = reason
        self.line = line
        self.column = column
        self.what = what
        self.hint = hint
    }
}

extension FileProblem {
    /// The sentence with its place before it and its hint behind it.
    package var text: String {
        var place = ""
        if line > 0 { place = "line \(line)" + (column > 0 ? ", column \(column)" : "") + ": " }
        return place + what + (hint.map { " (\($0))" } ?? "")
    }
}

/// The numbers that a file's rows had in the file that they come from: `$row` of a row that comes again is the one that it had there.
package struct RowNumbers: Sendable, Equatable {
    private let numbers: [Int]

    /// - Parameter rows: the rows that the file has, in the order of their numbers.
    package init(_ rows: RowSet) {
        numbers = rows.sorted
    }

    package var count: Int { numbers.count }

    /// The number that the row had, which is the file's `row`th; its own where the file has more rows than were written.
    func number(of row: Int) -> Int { numbers.indices.contains(row - 1) ? numbers[row - 1] : row }

    /// The numbers that some of the file's rows had.
    package func numbers(of rows: RowSet) -> RowSet {
        var found = RowSet(rows: numbers.last ?? 0)
        for row in rows.sorted { found.insert(number(of: row)) }
        return found
    }

    /// Which of the file's rows had these numbers.
    package func places(of rows: RowSet) -> RowSet {
        var found = RowSet(rows: numbers.count)
        for (index, number) in numbers.enumerated() where rows.contains(number) { found.insert(index + 1) }
        return found
    }

    /// What stands against a file with so many rows: without each of those that were written nobody can tell which is which.
    ///
    /// - Parameter rows: those that it has.
    func problem(ofFileWith rows: Int) -> FileProblem? {
        guard rows != count else { return nil }
        return FileProblem(
            reason: "rows_differ",
            what:
                "The file has \(Plural.text(rows, "row")), and Postbox wrote \(Plural.text(count, "row")): the rule takes `$row`, and which number each had in the original file cannot be told.",
            hint: "Drop it with all its rows, in their order. Rows that stay as they are are rejected again.")
    }

    /// What stands against rows of another file whose numbers there are not known.
    static let unknown = FileProblem(
        reason: "rows_differ",
        what: "The rule takes `$row`, and the numbers that the rows had in the original file are not known any more.",
        hint: "Drop the rows as a file of its own, under another name.")
}

extension MappingRule {
    /// Whether something of the rule goes by the rows' numbers.
    package var takesRowNumbers: Bool { namedColumns.isWritten("$row") }

    /// What stands against a file whose rows come from another one, once it was read.
    ///
    /// - Parameters:
    ///   - rows: those that it has.
    ///   - numbers: what they had in the file that they come from; nil: not known.
    package func numberProblem(ofFileWith rows: Int, _ numbers: RowNumbers?) -> FileProblem? {
        guard isForRejects == true, takesRowNumbers else { return nil }
        guard let numbers else { return RowNumbers.unknown }
        return numbers.problem(ofFileWith: rows)
    }
}

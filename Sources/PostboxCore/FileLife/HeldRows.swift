/// Why a check holds a whole file.
package struct FileHold: Sendable, Equatable {
    /// A stable word.
    package var reason: String
    /// The same for people.
    package var text: String
    /// Rows that need a look; by the numbers that they have in the file.
    package var examples: [HeldRow]

    package init(reason: String, text: String, examples: [HeldRow] = []) {
        self.reason = reason
        self.text = text
        self.examples = examples
    }
}

/// Rows of a file that checks hold back at one destination, while the others go.
package struct HeldRows: Sendable, Equatable {
    package var rows: RowSet
    /// A stable word: what most of them are held for.
    package var reason: String
    /// The same for people.
    package var text: String
    /// Of some of the rows: what their lines say.
    package var texts: [Int: String]
    /// Rows that need a look; by the numbers that they have in the file.
    package var examples: [HeldRow]

    package init(
        rows: RowSet, reason: String, text: String, texts: [Int: String] = [:], examples: [HeldRow] = []
    ) {
        self.rows = rows
        self.reason = reason
        self.text = text
        self.texts = texts
        self.examples = examples
    }

    /// As the second pass takes them.
    package var keptBack: KeptBack {
        KeptBack(rows: rows, detail: OutcomeDetail(reason: Hold.held, text: text), texts: texts)
    }
}

/// What rows of a finished drop are sent again, destination by destination; and how people are told.
package struct ResentCount: Sendable, Equatable {
    /// What goes to one destination.
    package struct Part: Sendable, Equatable {
        package var destination: String
        package var rows: Int
        /// The new drop.
        package var drop: Int

        package init(destination: String, rows: Int, drop: Int) {
            self.destination = destination
            self.rows = rows
            self.drop = drop
        }
    }

    private let parts: [Part]
    private let leftOut: Int
    private let sentBy: Int?

    /// - Parameters:
    ///   - leftOut: rows that were asked for, and are not sent twice.
    ///   - sentBy: the drop that has sent some of these, or is about to.
    package init(_ parts: [Part], leftOut: Int = 0, sentBy: Int? = nil) {
        self.parts = parts
        self.leftOut = leftOut
        self.sentBy = sentBy
    }

    /// A row counts at each destination.
    package var rows: Int { parts.reduce(0) { $0 + $1.rows } }

    /// For people, who are told before any of it is sent.
    package var text: String {
        func words(_ part: Part) -> String {
            "\(PageWords.count(part.rows, "row")) will be sent again"
        }
        let rest =
            leftOut > 0
            ? "; \(PageWords.count(leftOut, "row is", "rows are")) left out, as \(sentBy.map { "drop \($0)" } ?? "another drop") has sent \(Plural.word(leftOut, "it", "them")) or is about to"
            : ""
        guard parts.count > 1 else { return parts.map { "\(words($0)), as drop \($0.drop)" }.joined() + rest }
        return parts.map { "\(words($0)) to \($0.destination), as drop \($0.drop)" }.joined(separator: "; ") + rest
    }
}

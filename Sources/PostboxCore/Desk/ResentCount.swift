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

    package init(_ parts: [Part]) { self.parts = parts }

    /// A row counts at each destination.
    package var rows: Int { parts.reduce(0) { $0 + $1.rows } }

    /// For people.
    package var text: String {
        func words(_ part: Part) -> String {
            "\(PageWords.count(part.rows, "row")) \(Plural.word(part.rows, "is", "are")) sent again"
        }
        guard parts.count > 1 else { return parts.map { "\(words($0)), as drop \($0.drop)" }.joined() }
        return parts.map { "\(words($0)) to \($0.destination), as drop \($0.drop)" }.joined(separator: "; ")
    }
}

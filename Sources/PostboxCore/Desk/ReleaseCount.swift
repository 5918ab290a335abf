/// What a look at rows that are to be released finds, and how people are told. Each row has one fate: one that newer files have overtaken
/// does not go, whatever checks say of it.
package struct ReleaseCount: Sendable, Equatable {
    /// Rows that go although a check that held them still fails.
    package private(set) var failing = 0
    /// Rows for whose RIC something newer was accepted since.
    package private(set) var overtaken = 0
    /// Rows that are to be released.
    private var released = 0
    /// What becomes of those that were overtaken.
    private var rule: CorrectionRule

    /// Nothing is to be told.
    ///
    /// - Parameter rule: what becomes of rows that were overtaken.
    package init(rule: CorrectionRule) { self.rule = rule }

    /// Takes a row that is to be released.
    package mutating func take(isFailing: Bool, isOvertaken: Bool) {
        released += 1
        if isOvertaken {
            overtaken += 1
        } else if isFailing {
            failing += 1
        }
    }

    /// For people, behind another sentence; empty: there is nothing to tell.
    package var words: String {
        func some(_ count: Int) -> String { released == 1 ? "the row" : "\(count) of them" }
        var words = ""
        if failing > 0 {
            let goes = Plural.word(failing, "fails a check and goes", "fail checks and go")
            words += "; \(some(failing)) still \(goes) all the same"
        }
        if overtaken > 0 {
            let are = Plural.word(overtaken, "is", "are")
            words += "; \(some(overtaken)) \(are) older than what was accepted since, and \(are) not sent"
            words += rule == .skip ? "" : " but held once more, to be released as new"
        }
        return words
    }
}

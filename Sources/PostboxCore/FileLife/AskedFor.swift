/// Who had a drop made of rows of another one, and why: a part of its story, as ledger and summary keep it.
package struct AskedFor: Sendable, Equatable, Codable {
    /// `retry`, `resend`, `republish` or `withdraw`.
    package var act: String
    /// As `Person.text`.
    package var by: String
    /// Microseconds since 1970.
    package var at: Int64
    package var why: String?
    /// Which rows; empty: all.
    package var rows: String
    /// The numbers that the rows had in the drop that they were in; nil: it is all of them, or an earlier version did not note them.
    package var numbers: RowSet?

    package init(_ act: DeskAct, by person: Person, at now: Int64, numbers: RowSet? = nil) {
        self.numbers = numbers
        self.act = act.verb.rawValue
        by = person.text
        at = now
        why = act.why.flatMap { $0.contains { !$0.isWhitespace } ? $0 : nil }
        rows = act.rows
    }

    /// The rows are said once more as they were: that this is a repetition is no news to whoever asked for it.
    package var repeats: Bool { act != DeskVerb.retry.rawValue }

    /// The drop has rows of the one that it was made of, as they were there.
    package var isOfRows: Bool { act == DeskVerb.retry.rawValue || act == DeskVerb.resend.rawValue }

    /// Which rows some of the drop's are in the drop that they were in. Where nobody can tell which is which, all that it may have are meant.
    ///
    /// - Parameters:
    ///   - taken: rows of the drop that was made; nil: all of it.
    ///   - rows: how many it has.
    ///   - all: how many the drop has that they were in.
    package func originals(of taken: RowSet?, rows: Int, among all: Int) -> RowSet {
        var whole = RowSet(rows: all)
        for row in 1..<all + 1 { whole.insert(row) }
        let numbers = numbers ?? whole
        guard let taken, rows == numbers.count, act == DeskVerb.retry.rawValue || self.numbers != nil else {
            return numbers
        }
        return RowNumbers(numbers).numbers(of: taken)
    }

    /// That it was done already, and is not done once more, to go on with behind the drop's name.
    ///
    /// - Parameters:
    ///   - drop: the one that was made.
    ///   - stage: how far that is.
    ///   - verdict: how it ended; nil: it has not.
    package func already(as drop: Int, _ stage: FileStage, _ verdict: Verdict?) -> String {
        let what = act == DeskVerb.retry.rawValue ? "was contributed again" : "was sent again"
        let state =
            stage == .held
            ? "waits until somebody releases or refuses it"
            : verdict.map { $0 == .done ? "ended done" : "ended \($0.rawValue): go on with that one" }
                ?? "is not finished yet"
        return "\(what) already by \(ReleaseRule.name(by)), as drop \(drop), which \(state)"
    }

    /// The drop says what servers hold already: it makes nothing newer.
    package var isRepublication: Bool { act == DeskVerb.republish.rawValue }

    /// The drop takes wrong values back.
    package var isWithdrawal: Bool { act == DeskVerb.withdraw.rawValue }

    /// What a summary tells of it.
    func members(_ quoted: (String) -> String) -> [String] {
        [
            "\"act\": \(quoted(act))", "\"by\": \(quoted(by))", "\"at\": \(quoted(TimeText.text(at)))",
            why.map { "\"why\": \(quoted($0))" }, rows.isEmpty ? nil : "\"rows\": \(quoted(rows))",
        ].compactMap { $0 }
    }
}

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

    package init(_ act: DeskAct, by person: Person, at now: Int64) {
        self.act = act.verb.rawValue
        by = person.text
        at = now
        why = act.why.flatMap { $0.contains { !$0.isWhitespace } ? $0 : nil }
        rows = act.rows
    }

    /// The rows are said once more as they were: that this is a repetition is no news to whoever asked for it.
    package var repeats: Bool { act != DeskVerb.retry.rawValue }

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

/// Who said something, when and why: that nothing more is to be done about a file that ended badly, that he has an alert, that he
/// answers for a day.
package struct PersonNote: Sendable, Equatable {
    /// See `Person.text`.
    package var by: String
    /// Microseconds since 1970.
    package var at: Int64
    /// Empty: nothing was said.
    package var why: String

    package init(by: String, at: Int64, why: String) {
        self.by = by
        self.at = at
        self.why = why
    }

    /// As the ledger keeps it, and as answers show it.
    package var json: String {
        "{\"by\":\(VisibleText.quoted(by)),\"at\":\"\(TimeText.text(at))\",\"why\":\(VisibleText.quoted(why))}"
    }

    /// nil: it is none.
    package init?(json: String) {
        guard let value = JSONValue.parse(json) else { return nil }
        self.init(value)
    }

    /// nil: it is none.
    init?(_ value: JSONValue) {
        guard let by = value["by"]?.text, let at = value["at"]?.text.flatMap(TimeText.microseconds),
            let why = value["why"]?.text
        else { return nil }
        self.init(by: by, at: at, why: why)
    }

    /// Several of them as the ledger keeps them.
    package static func json(_ all: [PersonNote]) -> String { "[\(all.map(\.json).joined(separator: ","))]" }

    /// Reads several; none where there are none.
    package static func all(json: String) -> [PersonNote] {
        (JSONValue.parse(json)?.items ?? []).compactMap(PersonNote.init)
    }
}

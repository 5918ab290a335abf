/// Somebody said that nothing more is to be done about a file that ended badly.
package struct NoAction: Sendable, Equatable {
    package var by: String
    /// Microseconds since 1970.
    package var at: Int64
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
        let value = JSONValue.parse(json)
        guard let by = value?["by"]?.text, let at = value?["at"]?.text.flatMap(TimeText.microseconds),
            let why = value?["why"]?.text
        else { return nil }
        self.init(by: by, at: at, why: why)
    }
}

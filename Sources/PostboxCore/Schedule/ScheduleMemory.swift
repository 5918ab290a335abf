/// Something that was told of a rule on a day, and is not told again that day.
package struct ScheduleTold: Sendable, Hashable {
    /// The rule's `match`; of a calendar its name.
    package var rule: String
    /// Days since 1970-01-01.
    package var day: Int
    package var event: Event

    package init(rule: String, day: Int, event: Event) {
        self.rule = rule
        self.day = day
        self.event = event
    }

    /// As the ledger calls it.
    package var name: String { "\(day) \(event.word) \(rule)" }

    /// nil: it is none.
    package init?(name: String) {
        let parts = name.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let day = Int(parts[0]), let event = Event.named(parts[1]) else { return nil }
        self.init(rule: parts[2], day: day, event: event)
    }
}

/// Somebody said that no file of a rule is expected on a day.
package struct ScheduleSkip: Sendable, Equatable {
    package var rule: String
    /// Days since 1970-01-01.
    package var day: Int
    package var by: String
    package var why: String

    package init(rule: String, day: Int, by: String, why: String) {
        self.rule = rule
        self.day = day
        self.by = by
        self.why = why
    }

    /// As the ledger calls it.
    package var name: String { "\(day) \(rule)" }

    /// As the ledger keeps it.
    package var json: String { "{\"by\":\(VisibleText.quoted(by)),\"why\":\(VisibleText.quoted(why))}" }

    /// nil: it is none.
    package init?(name: String, json: String) {
        let parts = name.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let value = JSONValue.parse(json)
        guard parts.count == 2, let day = Int(parts[0]), let by = value?["by"]?.text, let why = value?["why"]?.text
        else { return nil }
        self.init(rule: parts[1], day: day, by: by, why: why)
    }
}

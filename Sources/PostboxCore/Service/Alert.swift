/// Something a desk should know at once.
package struct Alert: Sendable, Equatable {
    package var event: Event
    package var isError: Bool
    package var message: String
    package var facts: [String: String]
    /// How often what was wrong: NakCodes and reasons of rows, or what files wait for.
    package var reasons: [String: Int]
    /// The `match` of the rule that it is about; nil: it is about none.
    package var rule: String?
    /// Bad rows of the file that it is about; nil: it is about no file, or not about its rows.
    package var badRows: Int?

    package init(
        event: Event, isError: Bool = true, message: String, facts: [String: String] = [:],
        reasons: [String: Int] = [:]
    ) {
        self.event = event
        self.isError = isError
        self.message = message
        self.facts = facts
        self.reasons = reasons
        rule = facts["rule"]
    }

    /// The same, about a file of a rule. `match`: empty for the plain mapping, which is no rule.
    package func of(rule match: String, badRows: Int? = nil) -> Alert {
        var alert = self
        alert.rule = match.isEmpty ? nil : match
        alert.badRows = badRows
        return alert
    }

    /// The same about what is held of a rule's files, which its facts name. `destinations`: where it was to go; of several none is named, since
    /// the fact stands for one.
    package func of(heldRule match: String, at destinations: [String]) -> Alert {
        var alert = of(rule: match, badRows: badRows)
        if !match.isEmpty { alert.facts["rule"] = match }
        if destinations.count == 1 { alert.facts["destination"] = destinations[0] }
        return alert
    }
}

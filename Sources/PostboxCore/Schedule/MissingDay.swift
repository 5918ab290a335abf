/// A rule's day on which files were missing, as the alert of it says: no midnight makes them come.
package struct MissingDay: Sendable, Equatable {
    /// The rule's `match`.
    package var rule: String
    /// Days since 1970-01-01.
    package var day: Int
    /// Files that had not come when that was told.
    package var lacking: Int

    package init(rule: String, day: Int, lacking: Int) {
        self.rule = rule
        self.day = day
        self.lacking = lacking
    }

    /// nil: the alert is of something else.
    package init?(_ alert: Alert) {
        guard alert.event == .fileMissing, let rule = alert.facts["rule"],
            let day = alert.facts["day"].flatMap(GivenTime.day),
            let expected = alert.facts["expected"].flatMap({ Int($0) }),
            let arrived = alert.facts["arrived"].flatMap({ Int($0) })
        else { return nil }
        self.init(rule: rule, day: day, lacking: max(1, expected - arrived))
    }
}

internal import DequeModule

/// A file that is finished, as it is listed.
package struct FinishedDrop: Sendable, Equatable {
    package var drop: Int
    package var name: String
    package var verdict: Verdict
    /// Microseconds since 1970.
    package var at: Int64
    /// What Postbox made it for; nil: a person or a system dropped it.
    package var made: MadeFor?
    /// What its rule's times count it as; nil: its rows were another drop's, or that is not known.
    package var scheduled: ScheduledFile?

    package init(
        drop: Int, name: String, verdict: Verdict, at: Int64, made: MadeFor? = nil, scheduled: ScheduledFile? = nil
    ) {
        self.drop = drop
        self.name = name
        self.verdict = verdict
        self.at = at
        self.made = made
        self.scheduled = scheduled
    }

    var json: String {
        "{\"drop\":\(drop),\"file\":\(VisibleText.quoted(name)),\"verdict\":\"\(verdict.rawValue)\","
            + "\"at\":\(VisibleText.quoted(TimeText.text(at)))"
            + (made.map { ",\"made\":\"\($0.rawValue)\"" } ?? "") + "}"
    }
}

/// The files that were finished last.
package struct RecentlyFinished: Sendable, Equatable {
    /// Files that are kept in mind.
    package static let most = 50

    private var drops: Deque<FinishedDrop> = []

    package init() {}

    package mutating func add(_ drop: FinishedDrop) {
        if drops.count == Self.most { drops.removeFirst() }
        drops.append(drop)
    }

    /// The last one first.
    package var all: [FinishedDrop] { drops.reversed() }
}

/// What the desk's commands mean now, for whoever decides what is claimed and begun.
package struct Standing: Sendable, Equatable {
    /// False: the commands could not be read; nothing new may begin before they are.
    package var isKnown = false
    package var isInboxHeld = false
    /// Destinations that are held.
    package var destinations: Set<String> = []
    /// Rules that are held, by `match`.
    package var rules: Set<String> = []
    /// Drops that are held: by themselves, or because their rule is.
    package var drops: Set<Int> = []
    /// What is held, and why: in the order of its commands' names.
    package var holds: [DeskHold] = []
    /// Drops that are given up and not closed yet.
    package var cancelled: Set<Int> = []
    /// Files in the inbox that are to be claimed and given up.
    package var cancelledFiles: Set<String> = []

    /// Nothing is held or cancelled, and nothing is known yet.
    package init() {}

    /// Whether the inbox, a destination, a rule or a drop is held.
    package var holdsAnything: Bool { isInboxHeld || !destinations.isEmpty || !rules.isEmpty || !drops.isEmpty }

    /// Whether files of a rule are held, by its `match`.
    package func holds(rule match: String?) -> Bool { match.map { rules.contains($0) } ?? false }

    /// Holds that are to be over by now, microseconds since 1970.
    package func overdue(at now: Int64) -> [DeskHold] { holds.filter { $0.until.map { $0 <= now } ?? false } }

    /// When the next hold is to be over.
    package func nextUntil(after now: Int64) -> Int64? { holds.compactMap(\.until).filter { $0 > now }.min() }

    /// Whether one of these destinations is held: no file that needs it is claimed.
    package func holds(anyOf names: [String]) -> Bool { names.contains { destinations.contains($0) } }

    /// Whether an open drop with these destinations cannot go on anywhere.
    package func holds(_ drop: Int, _ names: [String]) -> Bool {
        guard !cancelled.contains(drop) else { return false }
        return drops.contains(drop) || !names.isEmpty && names.allSatisfy { destinations.contains($0) }
    }
}

/// What the desk's commands mean now, for whoever decides what is claimed and begun.
package struct Standing: Sendable, Equatable {
    /// False: the commands could not be read; nothing new may begin before they are.
    package var isKnown = false
    package var isInboxHeld = false
    /// Destinations that are held.
    package var destinations: Set<String> = []
    /// Drops that are held.
    package var drops: Set<Int> = []
    /// Drops that are given up and not closed yet.
    package var cancelled: Set<Int> = []
    /// Files in the inbox that are to be claimed and given up.
    package var cancelledFiles: Set<String> = []

    /// Nothing is held or cancelled, and nothing is known yet.
    package init() {}

    /// Whether the inbox, a destination or a drop is held.
    package var holdsAnything: Bool { isInboxHeld || !destinations.isEmpty || !drops.isEmpty }

    /// Whether one of these destinations is held: no file that needs it is claimed.
    package func holds(anyOf names: [String]) -> Bool { names.contains { destinations.contains($0) } }

    /// Whether an open drop with these destinations cannot go on anywhere.
    package func holds(_ drop: Int, _ names: [String]) -> Bool {
        guard !cancelled.contains(drop) else { return false }
        return drops.contains(drop) || !names.isEmpty && names.allSatisfy { destinations.contains($0) }
    }
}

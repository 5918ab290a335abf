/// Where files of the inbox go, by their names, and which tables they need; asked once while they wait.
struct DestinationsOfNames: Sendable {
    /// Some rule's files go before others'.
    let hasPriorities: Bool
    private(set) var known: [String: [String]] = [:]
    /// By name: the rule's `match`.
    private(set) var rules: [String: String] = [:]
    /// Of those that need some.
    private(set) var tables: [String: [String]] = [:]
    private var said = SaidOnce()

    init(_ settings: Settings) {
        hasPriorities = settings.rules.contains { ($0.priority ?? 0) != 0 }
    }

    /// The file goes to these. The desk is told once when one of them is missing.
    mutating func found(
        _ name: String, _ destinations: [String], tables needed: [String], rule: String? = nil, _ lanes: LaneBook
    ) -> Told? {
        known[name] = destinations
        rules[name] = rule
        if !needed.isEmpty { tables[name] = needed }
        guard let missing = destinations.first(where: { !lanes.has($0) }), said.isNew(name) else { return nil }
        return .alert(
            Alert(
                event: .destinationMissing,
                message:
                    "\(name) is for the destination \(missing), which the configuration no longer has; put it back to contribute the file",
                facts: ["file": name, "destination": missing]))
    }

    /// The file was claimed: another one of its name is asked for anew.
    mutating func forget(_ name: String) {
        known[name] = nil
        rules[name] = nil
        if !tables.isEmpty { tables[name] = nil }
    }

    /// Whether a file is for a destination that the configuration no longer has.
    func hasGone(_ lanes: LaneBook) -> Bool { known.values.contains { !$0.allSatisfy { lanes.has($0) } } }
}

/// Which files of the inbox may be claimed now.
///
/// What cannot go is parked until something changes for it, and costs nothing more till then.
package struct ClaimChoice: Sendable {
    /// Files in work at once.
    static let openMax = 128
    /// Files that are claimed together while others are in work: their commits and syncs are shared.
    static let claimMin = 64
    /// Files that are looked at before it is heard what else happened.
    static let looksMax = 1024

    /// What decides whether files may go.
    package struct Outlook: Sendable, Equatable {
        /// Destinations that are logged in.
        package var ready: Set<String>
        /// Destinations that files of an earlier run wait for.
        package var blocked: Set<String>
        package var standing: Standing
        /// Tables that cannot be used.
        package var missingTables: Set<String>

        package init(
            ready: Set<String>, blocked: Set<String>, standing: Standing, missingTables: Set<String> = []
        ) {
            self.ready = ready
            self.blocked = blocked
            self.standing = standing
            self.missingTables = missingTables
        }

        /// Whether a file for these destinations may go.
        package func lets(_ destinations: [String]) -> Bool {
            destinations.allSatisfy { ready.contains($0) && !blocked.contains($0) }
                && !standing.holds(anyOf: destinations)
        }
    }

    /// What is done about files that are ready, in their order.
    package struct Choice: Sendable, Equatable {
        /// Those that are claimed.
        package var claimed: [String] = []
        /// Those that are parked.
        package var parked: [String] = []
        /// Of these the ones that wait for a destination, which is told.
        package var told: [String] = []
        /// Of these the ones that wait for a table, which is told: all that could go otherwise.
        package var withoutTable: [String] = []
    }

    /// Under which files were parked.
    package private(set) var outlook: Outlook?
    /// A claim came to nothing as a whole: the next one is of a single file.
    private var isTriedSingly = false
    /// Files were parked since `forgetParked`.
    package private(set) var hasParked = false
    /// Files that were looked at since it was last heard what else happened.
    private var looks = 0
    /// What is claimed just now.
    package private(set) var claiming: [String] = []

    package init() {}

    /// Begins to choose. True: what decides has changed, so that what was parked may go.
    package mutating func begin(_ new: Outlook) -> Bool {
        looks = 0
        defer { outlook = new }
        return outlook != new
    }

    /// How many files are looked at together.
    package var most: Int { isTriedSingly ? 1 : Self.openMax }

    /// Whether more is looked at before it is heard what else happened.
    package var mayLookOn: Bool { looks < Self.looksMax }

    /// How many of these files may be claimed, when so many are in work that are as urgent: 0 also where few could be claimed
    /// together and more will be soon.
    package static func room(for ready: Int, busy: Int) -> Int {
        let room = openMax - busy
        return room > 0 && (room == openMax || room >= min(ready, claimMin)) ? room : 0
    }

    /// Chooses among files that are ready. `destinations`: of each of them, but those that the held inbox keeps. `tables`: of those
    /// that need some. `rules`: their `match`.
    package mutating func choose(
        _ ready: [String], room: Int, _ destinations: [String: [String]], tables: [String: [String]] = [:],
        rules: [String: String] = [:]
    ) -> Choice {
        var choice = Choice()
        guard let outlook else { return choice }
        looks += ready.count
        for name in ready {
            guard choice.claimed.count < room else { break }
            if outlook.standing.cancelledFiles.contains(name) {
                choice.claimed.append(name)
                continue
            }
            guard !outlook.standing.isInboxHeld, !outlook.standing.holds(rule: rules[name]),
                let wanted = destinations[name]
            else {
                choice.parked.append(name)
                continue
            }
            if outlook.lets(wanted) {
                if let needed = tables[name], !outlook.missingTables.isDisjoint(with: needed) {
                    choice.parked.append(name)
                    choice.withoutTable.append(name)
                } else {
                    choice.claimed.append(name)
                }
            } else {
                choice.parked.append(name)
                choice.told.append(name)
            }
        }
        claiming = choice.claimed
        if !choice.parked.isEmpty { hasParked = true }
        return choice
    }

    /// No file waits. True: some did since the last call.
    package mutating func forgetParked() -> Bool {
        defer { hasParked = false }
        return hasParked
    }

    /// The claim was carried out. Returns what it was of.
    package mutating func claimed() -> [String] {
        defer { claiming = [] }
        isTriedSingly = false
        return claiming
    }

    /// The claim came to nothing as a whole; each try costs numbers.
    package mutating func failed() {
        claiming = []
        isTriedSingly = true
    }
}

/// The drops that are not closed: those that wait to go on, those in work, and those that a fault left.
package struct DropBook: Sendable, Equatable {
    /// What is known of a drop for deciding when it may go.
    package struct Drop: Sendable, Equatable {
        package var number: Int
        package var name: String
        package var destinations: [String]
        /// Higher goes first.
        package var priority: Int
        /// Nothing more of it is sent: it was refused, or settled by an earlier run. It needs no destination.
        package var endsAtOnce: Bool

        package init(
            _ number: Int, name: String, destinations: [String], priority: Int = 0, endsAtOnce: Bool = false
        ) {
            self.number = number
            self.name = name
            self.destinations = destinations
            self.priority = priority
            self.endsAtOnce = endsAtOnce
        }
    }

    /// By number; those of an earlier run, or that met a fault.
    package private(set) var waiting: [Drop]
    package private(set) var open: [Int: Drop] = [:]
    /// Those in work when a fault ended their contribution, until the ledger has been asked about them.
    private var faulted: Set<Int> = []
    /// Drops may have been left that nobody works on, by a fault: the ledger knows.
    package private(set) var mustLookAgain = false

    /// `waiting`: what an earlier run left.
    package init(waiting: [Drop] = []) {
        self.waiting = waiting.sorted { $0.number < $1.number }
    }

    /// Nobody works on any, and none waits.
    package var isEmpty: Bool { open.isEmpty && waiting.isEmpty }

    /// How many are not closed.
    package var count: Int { open.count + waiting.count + faulted.count }

    /// Those that the ledger need not be asked about.
    package var known: Set<Int> { Set(open.keys).union(waiting.map(\.number)) }

    /// One that nobody works on goes on when it may.
    package mutating func wait(_ drop: Drop) {
        guard !known.contains(drop.number) else { return }
        waiting.append(drop)
        waiting.sort { $0.number < $1.number }
    }

    /// A contribution begins.
    package mutating func begin(_ drop: Drop) { open[drop.number] = drop }

    /// A contribution ended. `isFaulty`: by a fault; the drop is left.
    package mutating func ended(_ number: Int, isFaulty: Bool) {
        open[number] = nil
        if isFaulty { faulted.insert(number) }
    }

    /// A fault of disk or ledger.
    package mutating func metFault() { mustLookAgain = true }

    /// The ledger was asked what nobody works on. `isAll`: it told all of it.
    package mutating func lookedAgain(_ found: [Drop], isAll: Bool) {
        for drop in found {
            faulted.remove(drop.number)
            waiting.append(drop)
        }
        waiting.sort { $0.number < $1.number }
        guard isAll else { return }
        faulted = []
        mustLookAgain = false
    }

    // MARK: - What goes on

    /// Whether the drop needs no destination any more.
    private func endsAtOnce(_ drop: Drop, _ standing: Standing) -> Bool {
        drop.endsAtOnce || standing.cancelled.contains(drop.number)
    }

    /// Whether every destination that it needs is in the configuration.
    package func canEnd(_ drop: Drop, _ lanes: LaneBook, _ standing: Standing) -> Bool {
        endsAtOnce(drop, standing) || lanes.hasAll(drop.destinations)
    }

    /// Whether one that waits may go on some time, although these destinations are given up.
    package func mayGoOn(_ drop: Drop, without hopeless: Set<String>, _ lanes: LaneBook, _ standing: Standing) -> Bool {
        canEnd(drop, lanes, standing)
            && (endsAtOnce(drop, standing) || hopeless.isDisjoint(with: drop.destinations))
    }

    /// Whether a destination that the configuration no longer has is still needed: by a drop in work or one that goes on, or, where the
    /// ledger has to be asked first, perhaps.
    package func needs(_ destination: String, _ lanes: LaneBook, _ standing: Standing) -> Bool {
        if mustLookAgain || !faulted.isEmpty { return true }
        return open.values.contains { $0.destinations.contains(destination) }
            || waiting.contains { $0.destinations.contains(destination) && canEnd($0, lanes, standing) }
    }

    /// Those that wait for a destination which the configuration no longer has.
    package func stranded(_ lanes: LaneBook, _ standing: Standing) -> [Drop] {
        waiting.filter { !canEnd($0, lanes, standing) }
    }

    /// Destinations that those which wait will need: what an earlier run began goes first, its rows are older.
    package func blocked(_ lanes: LaneBook, _ standing: Standing) -> Set<String> {
        Set(waiting.filter { canEnd($0, lanes, standing) }.flatMap(\.destinations))
    }

    /// Takes those that wait and may go on now, by number, and counts them as in work.
    ///
    /// Those that have a destination in common go on together: of two rows in doubt the newer one has to be known before the older
    /// one may be sent again.
    package mutating func goOn(_ lanes: LaneBook, _ standing: Standing) -> [Drop] {
        var left: [Drop] = []
        var ready: [Drop] = []
        for drop in waiting {
            if canEnd(drop, lanes, standing) { ready.append(drop) } else { left.append(drop) }
        }
        // What waits for a destination that is gone keeps nobody out.
        var needed: Set<String> = []
        while let blocked = ready.firstIndex(where: { drop in
            !endsAtOnce(drop, standing)
                && (!lanes.areReady(drop.destinations) || !needed.isDisjoint(with: drop.destinations))
        }) {
            let drop = ready.remove(at: blocked)
            needed.formUnion(drop.destinations)
            left.append(drop)
        }
        waiting = left.sorted { $0.number < $1.number }
        for drop in ready { begin(drop) }
        return ready
    }

    // MARK: - Room

    /// Files in work of that priority or a higher one that are not held: what is held does not keep others out.
    package func busy(atLeast priority: Int, _ standing: Standing) -> Int {
        open.values.count { $0.priority >= priority && !standing.holds($0.number, $0.destinations) }
    }
}

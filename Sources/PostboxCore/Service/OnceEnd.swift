/// When `--once` is over although something is left: because it is held, or because nobody waits for its destination any longer.
package struct OnceEnd: Sendable {
    /// What only the lanes know.
    package struct LaneFacts: Sendable, Equatable {
        /// Lanes that have something in flight or to be sent.
        package var busy: Set<String>
        /// Drops in work of which nothing can move before something is resumed.
        package var heldUp: Set<Int>

        package init(busy: Set<String> = [], heldUp: Set<Int> = []) {
            self.busy = busy
            self.heldUp = heldUp
        }
    }

    /// Files of the inbox.
    package struct Files: Sendable, Equatable {
        /// Those that are not complete yet.
        package var pending: Int
        /// Where those that are complete go.
        package var destinations: [[String]]
        /// For each complete file that waits for a table: which one. Nothing else is known of it.
        package var withoutTable: [String]

        package init(pending: Int = 0, destinations: [[String]] = [], withoutTable: [String] = []) {
            self.pending = pending
            self.destinations = destinations
            self.withoutTable = withoutTable
        }

        /// Whether all that is left waits for tables, or is held.
        func waitForTables(_ standing: Standing) -> Bool {
            pending == 0 && !withoutTable.isEmpty && destinations.allSatisfy { standing.holds(anyOf: $0) }
        }
    }

    let lanes: LaneBook
    let drops: DropBook
    let standing: Standing
    /// Destinations that nobody waits for any more.
    let hopeless: Set<String>

    // MARK: - Held

    /// Whether all that is left is held, as far as it can be told without the lanes: their word on the drops in work is missing.
    package func mayBeAllHeld(isPausing: Bool) -> Bool {
        standing.holdsAnything && !isPausing && standing.cancelledFiles.isEmpty
            && drops.waiting.allSatisfy { standing.holds($0.number, $0.destinations) }
    }

    /// Whether nothing can go on before somebody resumes what is held. What lies in a held inbox is not asked for.
    package func isAllHeld(_ files: Files, _ facts: LaneFacts) -> Bool {
        guard drops.open.keys.allSatisfy({ facts.heldUp.contains($0) }) else { return false }
        if standing.isInboxHeld { return true }
        return files.pending == 0 && files.withoutTable.isEmpty
            && files.destinations.allSatisfy { standing.holds(anyOf: $0) }
    }

    // MARK: - Given up

    /// Whether destinations that are given up, or that the configuration no longer has, may keep everything that is left.
    /// `hasGoneDestination`: a file of the inbox is for one that the configuration no longer has.
    package func matters(hasGoneDestination: @autoclosure () -> Bool, _ facts: LaneFacts) -> Bool {
        if drops.open.isEmpty {
            return !hopeless.isEmpty || hasGoneDestination() || !drops.stranded(lanes, standing).isEmpty
        }
        return hopeless.contains { !hasWork(besides: $0, facts) }
    }

    /// Destinations that are given up, in order: something that is left needs them, and nothing else goes on.
    package func givenUp(_ files: Files, _ facts: LaneFacts) -> [String] {
        var wanted = Set(drops.waiting.flatMap(\.destinations))
        // Something may still go on: what waits for a destination that is no longer there does not end the run before that.
        var isHopeful =
            files.pending > 0 || drops.waiting.contains { drops.mayGoOn($0, without: hopeless, lanes, standing) }
        if !standing.isInboxHeld {
            for destinations in files.destinations where !standing.holds(anyOf: destinations) {
                wanted.formUnion(destinations)
                if lanes.hasAll(destinations), hopeless.isDisjoint(with: destinations) { isHopeful = true }
            }
        }
        for drop in drops.open.values { wanted.formUnion(drop.destinations) }
        let gone = isHopeful ? [] : wanted.filter { !lanes.has($0) }
        return wanted.intersection(hopeless).union(gone).sorted().filter {
            // Files of other destinations are still on their way.
            drops.open.isEmpty || !hasWork(besides: $0, facts)
        }
    }

    /// Whether a drop in work needs none of the destinations that are given up, and can go on; or whether another destination than
    /// this one is up and may still finish something.
    private func hasWork(besides name: String, _ facts: LaneFacts) -> Bool {
        drops.open.values.contains { drop in
            hopeless.isDisjoint(with: drop.destinations) && !standing.holds(anyOf: drop.destinations)
                && !facts.heldUp.contains(drop.number)
        }
            || facts.busy.contains { other in
                other != name && lanes.isReady(other) && !standing.holds(anyOf: [other])
            }
    }
}

/// Who waits for whom: a drop whose checks compare with last accepted values is judged when every older drop that has a destination
/// in common with it has ended.
///
/// Where it is known of both which RICs their rows are about, and none is the same, nothing that becomes of the older one changes what the
/// newer one is compared with: it is not waited for.
///
/// It waits for those that are open when it asks, and keeps its place in the lanes meanwhile, so that nothing newer goes before it.
/// What is held for release, or on a person's order, ends when somebody wants it to, and is not waited for; nor is what waits for a
/// destination that the configuration no longer has.
///
/// Nobody can wait for ever: a drop waits for older ones alone, and those go before it. An older one that is less urgent would have
/// to wait for its turn until the more urgent one is through: it is *lent* that one's priority, at all of its destinations, and
/// lends it on to those that it waits for itself. So along every wait the priority never falls, and where it stays the same the
/// drop that is waited for is older.
package struct OlderDrops: Sendable {
    /// What a drop that asks has to do.
    package enum Answer: Sendable, Equatable {
        /// All older ones have ended.
        case go
        /// It waits. `lent`: priorities by drop, which these have from now on.
        case wait(lent: [Int: Int])
    }

    private struct Drop {
        var place: DropPlace
        var destinations: Set<String>
        /// Its own, or one that was lent to it.
        var priority: Int
        /// Drops that it waits for; nil: it has not asked, or waits no more.
        var waitsFor: Set<Int>?
        /// Hashes of the RICs that its rows are about, of all that could be sent; nil: not known.
        var rics: Set<UInt64>?

        /// Rows of both may be about the same RIC.
        func mayMeet(_ other: Drop) -> Bool {
            guard let rics, let others = other.rics else { return true }
            return !rics.isDisjoint(with: others)
        }
    }

    /// Drops that are neither closed nor held for release, by number.
    private var open: [Int: Drop] = [:]
    /// Drops that are held on a person's order.
    private var heldUp: Set<Int> = []
    /// Destinations of the configuration.
    private var known: Set<String>

    package init(destinations: [String]) { known = Set(destinations) }

    /// Another configuration came into force: these destinations are there from now on.
    package mutating func know(_ destinations: [String]) { known = Set(destinations) }

    /// A drop is not closed; it may be told again.
    package mutating func opened(_ place: DropPlace, at destinations: [String]) {
        guard open[place.drop] == nil else { return }
        open[place.drop] = Drop(place: place, destinations: Set(destinations), priority: place.priority)
    }

    /// It is known which RICs an open drop's rows are about, by their hashes: of all rows that could be sent. To be told before it asks.
    /// Returns those that need wait no longer.
    package mutating func knows(_ rics: Set<UInt64>, of drop: Int) -> [Int] {
        open[drop]?.rics = rics
        guard let known = open[drop] else { return [] }
        var freed: [Int] = []
        for (number, waiting) in open {
            guard let waitsFor = waiting.waitsFor, waitsFor.contains(drop), !waiting.mayMeet(known) else { continue }
            let left = waitsFor.subtracting([drop])
            open[number]?.waitsFor = left.isEmpty ? nil : left
            if left.isEmpty { freed.append(number) }
        }
        return freed.sorted()
    }

    /// A drop is closed, came to nothing, or is held for release. Returns those that need wait no longer.
    package mutating func ended(_ drop: Int) -> [Int] {
        open[drop] = nil
        return forget { $0 == drop }
    }

    /// These drops, and no others, are held on a person's order. Returns those that need wait no longer.
    package mutating func held(_ drops: Set<Int>) -> [Int] {
        guard drops != heldUp else { return [] }
        heldUp = drops
        return forget { drops.contains($0) }
    }

    /// Nobody waits for these any more.
    private mutating func forget(_ isOver: (Int) -> Bool) -> [Int] {
        var freed: [Int] = []
        for (number, drop) in open {
            guard let waitsFor = drop.waitsFor else { continue }
            let left = waitsFor.filter { !isOver($0) }
            open[number]?.waitsFor = left.isEmpty ? nil : left
            if left.isEmpty { freed.append(number) }
        }
        return freed.sorted()
    }

    /// An open drop wants to be judged.
    package mutating func ask(_ drop: Int) -> Answer {
        guard let asking = open[drop] else { return .go }
        let older = open.values.filter { other in
            asking.place.isNewer(than: other.place) && !other.destinations.isDisjoint(with: asking.destinations)
                && !heldUp.contains(other.place.drop) && other.destinations.isSubset(of: known)
                && asking.mayMeet(other)
        }
        guard !older.isEmpty else { return .go }
        open[drop]?.waitsFor = Set(older.map(\.place.drop))
        var lent: [Int: Int] = [:]
        lend(asking.priority, to: Set(older.map(\.place.drop)), &lent)
        return .wait(lent: lent)
    }

    /// A drop waits no longer, whatever is open: nothing of it is wanted.
    package mutating func stopWaiting(_ drop: Int) { open[drop]?.waitsFor = nil }

    private mutating func lend(_ priority: Int, to drops: Set<Int>, _ lent: inout [Int: Int]) {
        for number in drops {
            guard let drop = open[number], drop.priority < priority else { continue }
            open[number]?.priority = priority
            lent[number] = priority
            if let waitsFor = drop.waitsFor { lend(priority, to: waitsFor, &lent) }
        }
    }

    /// The priority that was lent to a drop; nil: it has its own.
    package func lentPriority(of drop: Int) -> Int? {
        open[drop].flatMap { $0.priority == $0.place.priority ? nil : $0.priority }
    }

    /// It is neither closed nor held for release.
    package func isOpen(_ drop: Int) -> Bool { open[drop] != nil }

    /// Drops that wait, by number.
    package var waiting: Set<Int> { Set(open.values.filter { $0.waitsFor != nil }.map(\.place.drop)) }

    /// The drops that one waits for, by number; none where it does not wait.
    package func waitedFor(by drop: Int) -> Set<Int> { open[drop]?.waitsFor ?? [] }
}

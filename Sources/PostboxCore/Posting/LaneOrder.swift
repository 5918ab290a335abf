/// Whose rows a lane takes next: a machine over the drops that are open at one destination.
///
/// One drop hands rows over at a time: the one of the highest priority, among these the oldest; whoever was told to go is waited
/// for, because what it hands over counts as older than what comes after. Two things can put that order at
/// odds with the promise that nothing old is sent after something newer was accepted, and both are met here:
/// - A drop that goes before an older one *overtakes* it. The older one goes on when the overtaker is closed, and is told whom it
///   has to look at.
/// - Rows that an earlier run may have sent are in doubt. Nothing is sent before every drop that has such rows has presented
///   them, so that of two in doubt the window knows the newer one.
package struct LaneOrder: Sendable {
    /// What a drop is to do when it asks for its turn.
    package enum Turn: Sendable, Equatable {
        /// Hand rows over.
        case go
        /// Present the rows in doubt.
        case present
        /// Newer drops went first and are closed now: whatever they had accepted stands against the rows that are left.
        case overtaken([DropPlace])
        case wait
        /// The drop is not open here, or has handed over all it has.
        case over
    }

    private struct Entry {
        var place: DropPlace
        /// The drop's own, or a higher one that was lent to it.
        var priority: Int
        var isOffering = true
        /// It has handed rows over.
        var hasGone = false
        var isHeld = false
        var presents: Bool
        var overtakers: [DropPlace] = []
        /// Rows that were committed as sent and not handed over yet.
        var committed = 0
        /// All its rows were.
        var isLast = false

        func goesBefore(_ other: Entry) -> Bool {
            priority != other.priority ? priority > other.priority : other.place.isNewer(than: place)
        }
    }

    /// In the order in which they go.
    private var entries: [Entry] = []
    /// It was told to go and has not handed over yet.
    private var going: Int?

    package init() {}

    /// A drop takes its place, or goes on in the one it has. `presents`: it handed rows over in an earlier run, and those without
    /// an answer are in doubt.
    package mutating func open(_ place: DropPlace, presents: Bool = false) {
        // It kept its place while a fault was mended.
        if let at = index(place.drop) {
            entries[at].committed = 0
            entries[at].isLast = false
            return
        }
        var entry = Entry(place: place, priority: place.priority, hasGone: presents, presents: presents)
        if presents { overtake(from: place) }
        entry.overtakers = entries.filter { $0.hasGone && $0.place.isNewer(than: place) }.map(\.place)
        insert(entry)
    }

    private mutating func insert(_ entry: Entry) {
        entries.insert(entry, at: entries.firstIndex { entry.goesBefore($0) } ?? entries.count)
    }

    /// The drop goes as urgently as one that waits for it, if that is more urgent.
    package mutating func lend(_ priority: Int, to drop: Int) {
        guard let at = index(drop), entries[at].priority < priority else { return }
        var entry = entries.remove(at: at)
        entry.priority = priority
        insert(entry)
    }

    /// Whether so many of the drop's rows may be committed as sent before it is its turn, so that many small drops are committed
    /// together: when all that goes before it is committed, and with that no more than `most` rows are. What is held, or comes
    /// after it, does not count. `isLast`: it has no more.
    package mutating func commit(_ drop: Int, rows: Int, isLast: Bool, most: Int) -> Bool {
        guard let at = index(drop), !awaitsDoubts, entries[at].isOffering, !entries[at].isHeld,
            entries[at].overtakers.isEmpty
        else { return false }
        var committed = entries[at].committed
        // Who was told to go waits for nobody, and nobody waits for who stands aside.
        for entry in entries[..<at] where entry.isOffering && !entry.isHeld && entry.overtakers.isEmpty && going != drop
        {
            if !entry.isLast { return false }
            committed += entry.committed
        }
        guard committed == 0 || committed + rows <= most else { return false }
        entries[at].committed += rows
        entries[at].isLast = isLast
        return true
    }

    /// The drop did what it was told to go for: another may be told. So many of the rows committed were handed over, or came to
    /// nothing.
    package mutating func handedOver(_ drop: Int, rows: Int = 0) {
        if going == drop { going = nil }
        guard let at = index(drop) else { return }
        entries[at].committed = max(0, entries[at].committed - rows)
    }

    /// Asks for the drop's turn; `go` takes it.
    package mutating func turn(of drop: Int) -> Turn {
        guard let at = index(drop), entries[at].isOffering else { return .over }
        if entries[at].presents { return .present }
        guard !awaitsDoubts, next == drop else { return .wait }
        let overtakers = entries[at].overtakers
        if !overtakers.isEmpty {
            guard !overtakers.contains(where: { index($0.drop) != nil }) else {
                handedOver(drop)
                return .wait
            }
            entries[at].overtakers = []
            return .overtaken(overtakers)
        }
        going = drop
        entries[at].hasGone = true
        overtake(from: entries[at].place)
        return .go
    }

    /// Older drops that are not through have this one to look at before they go on.
    private mutating func overtake(from place: DropPlace) {
        for other in entries.indices where entries[other].isOffering && place.isNewer(than: entries[other].place) {
            if !entries[other].overtakers.contains(place) { entries[other].overtakers.append(place) }
        }
    }

    /// The drop whose turn it is, or will be when its overtakers are settled; nil: none can hand rows over.
    package var next: Int? {
        going
            ?? entries.first { entry in
                entry.isOffering && !entry.isHeld
                    // Until its overtakers have handed over all they have, it stands aside.
                    && !entry.overtakers.contains { overtaker in
                        index(overtaker.drop).map { entries[$0].isOffering } ?? false
                    }
            }?.place.drop
    }

    /// All that are open, in the order in which they go.
    package var drops: [Int] { entries.map(\.place.drop) }

    /// A drop has still to present its rows in doubt: nothing may be sent.
    package var awaitsDoubts: Bool { entries.contains { $0.presents } }

    /// The drop has still to present its rows in doubt.
    package func presents(_ drop: Int) -> Bool { index(drop).map { entries[$0].presents } ?? false }

    /// The drop's rows in doubt are in.
    package mutating func presented(_ drop: Int) {
        guard let at = index(drop) else { return }
        entries[at].presents = false
    }

    /// Newer drops went first, and the drop has not been told yet.
    package func isOvertaken(_ drop: Int) -> Bool { index(drop).map { !entries[$0].overtakers.isEmpty } ?? false }

    /// All rows of the drop were handed over.
    package mutating func finishOffering(_ drop: Int) {
        handedOver(drop)
        guard let at = index(drop) else { return }
        entries[at].isOffering = false
        entries[at].presents = false
    }

    /// All rows of the drop are settled, or it is given up for now.
    package mutating func close(_ drop: Int) {
        handedOver(drop)
        entries.removeAll { $0.place.drop == drop }
    }

    /// Later drops go past a held one.
    package mutating func setHeld(_ drop: Int, _ isHeld: Bool) {
        guard let at = index(drop) else { return }
        entries[at].isHeld = isHeld
    }

    package func isHeld(_ drop: Int) -> Bool { index(drop).map { entries[$0].isHeld } ?? false }

    private func index(_ drop: Int) -> Int? { entries.firstIndex { $0.place.drop == drop } }
}

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
        var isOffering = true
        /// It has handed rows over.
        var hasGone = false
        var isHeld = false
        var presents: Bool
        var overtakers: [DropPlace] = []
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
        guard index(place.drop) == nil else { return }
        var entry = Entry(place: place, hasGone: presents, presents: presents)
        if presents { overtake(from: place) }
        entry.overtakers = entries.filter { $0.hasGone && $0.place.isNewer(than: place) }.map(\.place)
        let at = entries.firstIndex { place.goesBefore($0.place) } ?? entries.count
        entries.insert(entry, at: at)
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

    /// A drop has still to present its rows in doubt: nothing may be sent.
    package var awaitsDoubts: Bool { entries.contains { $0.presents } }

    /// The drop has still to present its rows in doubt.
    package func presents(_ drop: Int) -> Bool { index(drop).map { entries[$0].presents } ?? false }

    /// The drop's rows in doubt are in.
    package mutating func presented(_ drop: Int) {
        guard let at = index(drop) else { return }
        entries[at].presents = false
    }

    /// The drop did what it was told to go for: another may be told.
    package mutating func handedOver(_ drop: Int) {
        if going == drop { going = nil }
    }

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

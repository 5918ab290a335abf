/// Whose rows a lane takes next: a machine over the drops that are open at one destination.
///
/// One drop hands rows over at a time: the one of the highest priority, among these the oldest; whoever was told to go is waited
/// for, because what it hands over counts as older than what comes after. Two things can put that order at
/// odds with the promise that nothing old is sent after something newer was accepted, and both are met here:
/// - A drop that goes before an older one *overtakes* it. The older one goes on when the overtaker is closed, and is told whom it
///   has to look at.
/// - Rows that an earlier run may have sent are in doubt. Nothing is sent before every drop that has such rows has presented
///   them, so that of two in doubt the window knows the newer one.
///
/// A drop that is held presents nothing and keeps nobody from sending, but older ones: what is in doubt of it may have been accepted.
/// Resumed it presents its rows, and where newer drops have gone since, when these are closed: only then is all known that they
/// had accepted.
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
        /// It has handed rows over, in this run or an earlier one.
        var hasGone = false
        /// In this one: the window has rows of it, or had some.
        var isAtWindow = false
        var isHeld = false
        var presents: Bool
        /// It was told to present its rows in doubt and has not yet.
        var isPresenting = false
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
            entries[at].isPresenting = false
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
        if entries[at].presents { return doubtTurn(at) }
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
        entries[at].isAtWindow = true
        overtake(from: entries[at].place)
        return .go
    }

    /// The turn of a drop that has rows in doubt.
    private mutating func doubtTurn(_ at: Int) -> Turn {
        guard mayPresent(at, before: lastBarrier) else { return .wait }
        // Newer ones that are in doubt themselves are met in the window.
        let closed = entries[at].overtakers.filter { index($0.drop) == nil }
        guard !closed.isEmpty else {
            entries[at].isPresenting = true
            return .present
        }
        entries[at].overtakers.removeAll { closed.contains($0) }
        return .overtaken(closed)
    }

    /// The newest drop that older ones must not present their rows in doubt beside: it has rows at the window, or is held with some in
    /// doubt, of which any may be accepted. nil: there is none.
    private var lastBarrier: DropPlace? {
        entries.reduce(nil) { last, entry in
            guard entry.isAtWindow || entry.presents && entry.isHeld && !entry.isPresenting else { return last }
            return last.map { entry.place.isNewer(than: $0) ? entry.place : $0 } ?? entry.place
        }
    }

    private func mayPresent(_ at: Int, before barrier: DropPlace?) -> Bool {
        let entry = entries[at]
        // Whoever was told so is waited for, held meanwhile or not.
        return entry.presents
            && (entry.isPresenting || !entry.isHeld && barrier.map { !$0.isNewer(than: entry.place) } ?? true)
    }

    /// Drops that have rows in doubt and may present them now, in the order in which they go.
    package var presentable: [Int] {
        guard entries.contains(where: \.presents) else { return [] }
        let barrier = lastBarrier
        return entries.indices.filter { mayPresent($0, before: barrier) }.map { entries[$0].place.drop }
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

    /// A drop has still to present its rows in doubt and can: nothing may be sent.
    package var awaitsDoubts: Bool {
        guard entries.contains(where: \.presents) else { return false }
        let barrier = lastBarrier
        return entries.indices.contains { mayPresent($0, before: barrier) }
    }

    /// The drop has still to present its rows in doubt.
    package func presents(_ drop: Int) -> Bool { index(drop).map { entries[$0].presents } ?? false }

    /// The drop has told its rows in doubt.
    package mutating func presented(_ drop: Int) {
        guard let at = index(drop) else { return }
        entries[at].presents = false
    }

    /// The drop presents nothing any more: what became of its rows in doubt its result tells when it is closed, and older ones that are
    /// in doubt wait for that.
    package mutating func resign(_ drop: Int) {
        guard let at = index(drop), entries[at].presents else { return }
        entries[at].presents = false
        entries[at].isAtWindow = true
    }

    /// The window has the drop's rows in doubt.
    package mutating func admitted(_ drop: Int) {
        guard let at = index(drop) else { return }
        entries[at].isAtWindow = true
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

    /// Whether the drop gets no turn before something is resumed: it is held, or a newer one is that it waits for.
    package func isHeldUp(_ drop: Int) -> Bool {
        guard let at = index(drop) else { return false }
        // Whoever holds up one of these has overtaken the drop as well.
        return entries[at].isHeld
            || entries[at].overtakers.contains { index($0.drop).map { entries[$0].isHeld } ?? false }
    }

    private func index(_ drop: Int) -> Int? { entries.firstIndex { $0.place.drop == drop } }
}

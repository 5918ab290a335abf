import PostboxCore

/// What `GuardBook` does, over the pretend disk.
final class WalkGuards {
    private let world: WalkWorld
    /// Drops that are not closed; true: every row has its outcome.
    private var open: [DropPlace: Bool] = [:]
    private var sending: Set<DropPlace> = []
    private var kept: [DropPlace]
    var oldestWaiting: Int64?
    private var lastAge: [Int: Int64] = [:]

    init(_ world: WalkWorld) {
        self.world = world
        kept = world.disk.guards.keys.map { DropPlace(drop: $0.drop, age: $0.age) }
        kept.sort { $1.isNewer(than: $0) }
    }

    func age(arrival: Int64, priority: Int) -> Int64 {
        let age = lastAge.reduce(arrival) { $1.key <= priority ? max($0, $1.value) : $0 }
        lastAge[priority] = age
        return age
    }

    func opened(_ place: DropPlace) {
        open[place] = false
        lastAge[place.priority] = max(place.age, lastAge[place.priority] ?? 0)
    }

    func sends(_ place: DropPlace) { sending.insert(place) }

    func settled(_ place: DropPlace) { open[place] = true }

    func keep(_ place: DropPlace) {
        let isNeeded =
            open.contains { !$0.value && place.isNewer(than: $0.key) } || oldestWaiting.map { $0 < place.age } ?? false
        guard isNeeded, let result = world.disk.work[place.drop]?.result else { return }
        world.disk.guards[onDisk(place)] = result
        let at = kept.firstIndex { $0.isNewer(than: place) } ?? kept.count
        if !kept.contains(place) { kept.insert(place, at: at) }
    }

    func closed(_ place: DropPlace) {
        open[place] = nil
        sending.remove(place)
        clean()
    }

    func clean() {
        var oldest = open.keys.reduce(nil) { (oldest: DropPlace?, place) in
            oldest.map { $0.isNewer(than: place) ? place : $0 } ?? place
        }
        if let waiting = oldestWaiting, oldest.map({ waiting < $0.age }) ?? true {
            oldest = DropPlace(drop: 0, age: waiting)
        }
        let count = kept.firstIndex { place in oldest.map { place.isNewer(than: $0) } ?? false } ?? kept.count
        for place in kept[..<count] { world.disk.guards[onDisk(place)] = nil }
        kept.removeFirst(count)
    }

    func journals(for place: DropPlace) -> [DropPlace] {
        var found = Set(kept.filter { $0.isNewer(than: place) })
        found.formUnion(open.keys.filter { $0 == place || $0.isNewer(than: place) })
        return found.sorted { $1.isNewer(than: $0) }
    }

    func wasOvertaken(_ place: DropPlace) -> Bool {
        kept.contains { $0.isNewer(than: place) } || sending.contains { $0.isNewer(than: place) }
    }

    func result(of place: DropPlace) -> JournalFile? {
        world.disk.work[place.drop]?.result ?? world.disk.guards[onDisk(place)]
    }

    /// A name in `work/guard/` tells drop and age alone.
    private func onDisk(_ place: DropPlace) -> DropPlace { DropPlace(drop: place.drop, age: place.age) }
}

/// What `Guarded` does: the stale guard of one drop over the journals that the book keeps.
struct WalkGuarded {
    private let place: DropPlace
    private let book: WalkGuards
    private var index = StaleGuard(destination: WalkWorld.destination, services: WalkWorld.services)
    private var journals: [DropPlace] = []

    init(_ place: DropPlace, _ book: WalkGuards) {
        self.place = place
        self.book = book
    }

    mutating func load(_ drops: [DropPlace], again: Bool = false, isWanted: (UInt64) -> Bool = { _ in true }) {
        for drop in drops where again || !journals.contains(drop) {
            guard let file = book.result(of: drop) else { continue }
            _ = index.begin(drop)
            journals.append(drop)
            var journal = ResultJournal(drop: drop.drop, destinations: nil)
            file.bytes.withUnsafeBytes { bytes in
                journal.take(bytes, isLast: true) { line in
                    index.take(line, isWanted: isWanted)
                    return true
                }
            }
        }
        index.seal()
    }

    var isEmpty: Bool { index.isEmpty }
    var count: Int { index.count }

    func verdict(_ row: MappedRow, in batch: PostBatch) -> StaleGuard.Verdict {
        index.verdict(row, in: batch, of: place) { found, length in
            guard let bytes = book.result(of: journals[found.journal])?.bytes else { return [] }
            return Array(bytes[min(found.offset, bytes.count)..<min(found.offset + length, bytes.count)])
        }
    }
}

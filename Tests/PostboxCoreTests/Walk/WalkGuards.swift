import PostboxCore

/// What newer drops had accepted, over the pretend disk: whose results are kept `GuardedDrops` says.
final class WalkGuards {
    private let world: WalkWorld
    var drops: GuardedDrops

    init(_ world: WalkWorld) {
        self.world = world
        drops = GuardedDrops(kept: world.disk.guards.keys.map { DropPlace(drop: $0.drop, age: $0.age) })
    }

    func keep(_ place: DropPlace) {
        guard drops.isToKeep(place), let result = world.disk.work[place.drop]?.result else { return }
        world.disk.guards[onDisk(place)] = result
        drops.keep(place)
    }

    func closed(_ place: DropPlace) { remove(drops.closed(place)) }

    func clean() { remove(drops.forget()) }

    private func remove(_ places: [DropPlace]) {
        for place in places { world.disk.guards[onDisk(place)] = nil }
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

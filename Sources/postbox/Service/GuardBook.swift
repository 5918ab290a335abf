internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Knows which drops may still send, and keeps the results of newer ones for as long: `work/guard/`, by hard link.
final class GuardBook: Sendable {
    private struct State {
        /// Drops that are not closed; true: every row has its outcome.
        var open: [DropPlace: Bool] = [:]
        /// Of these, the ones that may have handed rows over to a lane.
        var sending: Set<DropPlace> = []
        /// Results kept, the oldest first.
        var kept: [DropPlace] = []
        /// When the oldest file in the inbox arrived, microseconds since 1970; nil: none waits that could be overtaken.
        var oldestWaiting: Int64?
        /// The last age given out, by priority.
        var lastAge: [Int: Int64] = [:]
    }

    private let work: String
    private let state: Mutex<State>

    /// `work`: the directory of that name. Reads what an earlier run kept. Throws `DiskError`.
    init(_ work: String) throws {
        self.work = work
        var kept: [DropPlace] = []
        if try Disk.exists(work + "/guard") {
            for name in try Disk.names(in: work + "/guard").names {
                let parts = name.split(separator: ".")
                guard parts.count >= 2, parts.last == "csv", let drop = Int(parts[0]) else { continue }
                kept.append(DropPlace(drop: drop, age: parts.count == 3 ? Int64(parts[1]) ?? 0 : 0))
            }
        }
        kept.sort { $1.isNewer(than: $0) }
        state = Mutex(State(kept: kept))
    }

    /// The age of a file that is claimed now. Files of one priority are claimed in the order in which their values count, so none
    /// is older than one that was claimed before it under its own priority or a lower one.
    func age(arrival: Int64, priority: Int) -> Int64 {
        state.withLock { state in
            let age = state.lastAge.reduce(arrival) { $1.key <= priority ? max($0, $1.value) : $0 }
            state.lastAge[priority] = age
            return age
        }
    }

    func opened(_ place: DropPlace) {
        state.withLock { state in
            state.open[place] = false
            state.lastAge[place.priority] = max(place.age, state.lastAge[place.priority] ?? 0)
        }
    }

    /// The drop hands rows over, or did so in an earlier run.
    func sends(_ place: DropPlace) { state.withLock { _ = $0.sending.insert(place) } }

    /// Every row of the drop has its outcome: it sends nothing any more.
    func settled(_ place: DropPlace) { state.withLock { $0.open[place] = true } }

    func setOldestWaiting(_ arrival: Int64?) { state.withLock { $0.oldestWaiting = arrival } }

    /// Keeps a settled drop's complete result, if an older drop may still send. Returns the directory to sync, if any. Throws
    /// `DiskError`.
    func keep(_ place: DropPlace, from directory: String) throws -> [String] {
        let isNeeded = state.withLock { state in
            state.open.contains { !$0.value && place.isNewer(than: $0.key) }
                || state.oldestWaiting.map { $0 < place.age } ?? false
        }
        let result = directory + "/" + FileMover.Part.result
        guard isNeeded, try Disk.exists(result) else { return [] }
        try Disk.makeDirectory(work + "/guard")
        try Disk.link(result, path(place))
        state.withLock { Self.insert(place, into: &$0) }
        return [work + "/guard"]
    }

    /// Keeps the result of a drop that was moved, or is about to be, because one that is older was opened only now. `paths`: where
    /// it may lie, in the order in which it goes from one to the next. False: it lies nowhere there. Throws `DiskError`.
    func keepAgain(_ place: DropPlace, from paths: [String]) throws(DiskError) -> Bool {
        try Disk.makeDirectory(work + "/guard")
        // It may have been moved between two looks.
        for from in paths + paths {
            guard try Disk.status(from)?.isRegular == true else { continue }
            do throws(DiskError) {
                try Disk.link(from, path(place))
            } catch {
                guard error.code == 2 else { throw error }
                continue
            }
            state.withLock { Self.insert(place, into: &$0) }
            return true
        }
        return false
    }

    private static func insert(_ place: DropPlace, into state: inout State) {
        // Mostly it is the newest.
        let at = (state.kept.lastIndex { !$0.isNewer(than: place) } ?? -1) + 1
        if at == 0 || state.kept[at - 1] != place { state.kept.insert(place, at: at) }
    }

    /// The drop is moved: what no open drop is older than is forgotten. Throws `DiskError`.
    func closed(_ place: DropPlace) throws {
        let forgotten = state.withLock { state in
            state.open[place] = nil
            state.sending.remove(place)
            return Self.forget(&state)
        }
        for place in forgotten { try Disk.remove(path(place)) }
    }

    /// To be called when every drop of an earlier run is known. Throws `DiskError`.
    func clean() throws {
        for place in state.withLock({ Self.forget(&$0) }) { try Disk.remove(path(place)) }
    }

    private static func forget(_ state: inout State) -> [DropPlace] {
        var oldest = state.open.keys.reduce(nil) { (oldest: DropPlace?, place) in
            oldest.map { $0.isNewer(than: place) ? place : $0 } ?? place
        }
        if let waiting = state.oldestWaiting, oldest.map({ waiting < $0.age }) ?? true {
            oldest = DropPlace(drop: 0, age: waiting)
        }
        let count =
            state.kept.firstIndex { place in oldest.map { place.isNewer(than: $0) } ?? false } ?? state.kept.count
        let forgotten = Array(state.kept[..<count])
        state.kept.removeFirst(count)
        return forgotten
    }

    /// Drops whose results may hold newer accepted rows than the one at `place`: its own, and those of newer drops.
    func journals(for place: DropPlace) -> [DropPlace] {
        state.withLock { state in
            var found = Set(state.kept.filter { $0.isNewer(than: place) })
            found.formUnion(state.open.keys.filter { $0 == place || $0.isNewer(than: place) })
            return found.sorted { $1.isNewer(than: $0) }
        }
    }

    /// Whether newer drops went before this one began. A lane knows of those that are open there; one that has all its outcomes
    /// and is not moved yet is known here alone.
    func wasOvertaken(_ place: DropPlace) -> Bool {
        state.withLock { state in
            state.kept.contains { $0.isNewer(than: place) } || state.sending.contains { $0.isNewer(than: place) }
        }
    }

    /// A drop's result, wherever it lies; nil: there is none. Once open it can be read although it is moved. Throws `DiskError`.
    func open(_ place: DropPlace) throws -> SourceFile? {
        // It is linked before it is moved, so one of the two is there.
        for path in ["\(work)/\(place.drop)/" + FileMover.Part.result, path(place)] {
            do throws(DiskError) {
                return try SourceFile(path: path)
            } catch {
                guard error.code == 2 else { throw error }
            }
        }
        return nil
    }

    private func path(_ place: DropPlace) -> String { "\(work)/guard/\(place.drop).\(place.age).csv" }
}

/// The stale guard of one drop at one destination, over the journals that the book keeps.
struct Guarded: Sendable {
    private let place: DropPlace
    private var index: StaleGuard
    private let book: GuardBook
    private var journals: [DropPlace] = []
    /// Of a correction: what the file that it corrects said later of the same RIC.
    var own: [UInt64: Own] = [:]

    /// A row of the original file.
    struct Own: Sendable {
        var ric: [UInt8]
        /// `DROP:ROW`.
        var name: String
    }

    /// Nothing stands against any row.
    init(_ place: DropPlace, destination: String, services: [String], book: GuardBook) {
        self.place = place
        self.book = book
        index = StaleGuard(destination: destination, services: services)
    }

    /// Reads the journals of those drops. `again`: also those that were read before, when they may have been growing still.
    /// `isWanted`: by hash of RIC and service. Throws when one cannot be read.
    mutating func load(_ drops: [DropPlace], again: Bool = false, isWanted: (UInt64) -> Bool) throws {
        var index = index
        for drop in drops where again || !journals.contains(drop) {
            guard let source = try book.open(drop) else { continue }
            _ = index.begin(drop)
            journals.append(drop)
            var journal = ResultJournal(drop: drop.drop, destinations: nil)
            // Its own contribution may go on meanwhile, and cuts off what a crash left of a line.
            try source.eachChunk(isWrittenTo: true) { _, chunk, isLast in
                journal.take(chunk, isLast: isLast) { line in
                    index.take(line, isWanted: isWanted)
                    return true
                }
            }
        }
        index.seal()
        self.index = index
    }

    var isEmpty: Bool { index.isEmpty && own.isEmpty }
    /// Rows it knows of.
    var count: Int { index.count + own.count }

    func verdict(_ row: MappedRow, in batch: PostBatch) throws -> StaleGuard.Verdict {
        if let later = own[row.keyHash],
            later.ric.elementsEqual(batch.bytes[row.ricStart..<row.ricStart + row.ricLength])
        {
            return .overtaken(later.name)
        }
        return try index.verdict(row, in: batch, of: place) { found, length in
            // It stays where it can be found for as long as this drop may send.
            try book.open(journals[found.journal])?.bytes(at: found.offset, upTo: length) ?? []
        }
    }
}

internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Keeps the results of newer drops for as long as older ones may send, as `GuardedDrops` says: `work/guard/`, by hard link.
final class GuardBook: Sendable {
    private let work: String
    private let drops: Mutex<GuardedDrops>

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
        drops = Mutex(GuardedDrops(kept: kept))
    }

    /// The age of a file that is claimed now: see `GuardedDrops`, as for all of these.
    func age(arrival: Int64, priority: Int, name: String? = nil, ofRuleByName rule: String? = nil) -> Int64 {
        drops.withLock { $0.age(arrival: arrival, priority: priority, name: name, ofRuleByName: rule) }
    }

    func pass(_ priorities: [String: Int]) { drops.withLock { $0.pass(priorities) } }

    func letGo() { drops.withLock { $0.letGo() } }

    func forgetPassed() { drops.withLock { $0.forgetPassed() } }

    func isLate(age: Int64) -> Bool { drops.withLock { $0.isLate(age: age) } }

    func done(_ place: DropPlace) { drops.withLock { $0.done(place) } }

    func opened(_ place: DropPlace) { drops.withLock { $0.opened(place) } }

    func sends(_ place: DropPlace) { drops.withLock { $0.sends(place) } }

    func settled(_ place: DropPlace) { drops.withLock { $0.settled(place) } }

    func setOldestWaiting(_ arrival: Int64?) { drops.withLock { $0.oldestWaiting = arrival } }

    func journals(for place: DropPlace) -> [DropPlace] { drops.withLock { $0.journals(for: place) } }

    func wasOvertaken(_ place: DropPlace) -> Bool { drops.withLock { $0.wasOvertaken(place) } }

    func isOlderOpen(than place: DropPlace) -> Bool { drops.withLock { $0.isOlderOpen(than: place) } }

    /// Keeps a settled drop's complete result, if an older drop may still send. Returns the directory to sync, if any. Throws
    /// `DiskError`.
    func keep(_ place: DropPlace, from directory: String) throws -> [String] {
        let result = directory + "/" + FileMover.Part.result
        guard drops.withLock({ $0.isToKeep(place) }), try Disk.exists(result) else { return [] }
        try Disk.makeDirectory(work + "/guard")
        try Disk.link(result, path(place))
        drops.withLock { $0.keep(place) }
        return [work + "/guard"]
    }

    /// Keeps the result of a drop that was moved, or is about to be, because one that is older was opened only now. `paths`: where
    /// it may lie, in the order in which it goes from one to the next. False: it lies nowhere there. Throws `DiskError`.
    func keepAgain(_ place: DropPlace, from paths: [String]) throws -> Bool {
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
            drops.withLock { $0.keep(place) }
            return true
        }
        // Rows are looked up in it by their places, often: packed it would be unpacked as often.
        for from in paths where try ResultBytes(path: from)?.isPacked == true {
            guard try ResultPacker().unpack(from, to: path(place)) else { continue }
            drops.withLock { $0.keep(place) }
            return true
        }
        return false
    }

    /// The drop is moved: what no open drop is older than is forgotten. Throws `DiskError`.
    func closed(_ place: DropPlace, on disk: DiskThreads) async throws {
        let over = drops.withLock { $0.closed(place) }.map(path)
        guard !over.isEmpty else { return }
        try await disk.run { for path in over { try Disk.remove(path) } }
    }

    /// To be called when every drop of an earlier run is known. Throws `DiskError`.
    func clean() throws {
        for place in drops.withLock({ $0.forget() }) { try Disk.remove(path(place)) }
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
    private let own: [UInt64: Own]
    private let known: KnownResults?

    /// A row of the original file.
    struct Own: Sendable {
        var ric: [UInt8]
        /// `DROP:ROW`.
        var name: String
    }

    /// `own`: of a correction: what the file that it corrects said later of the same RIC, by hash of RIC and service. Nothing else
    /// stands against any row. `known`: what stands in these results stands against none.
    init(
        _ place: DropPlace, destination: String, services: [String], book: GuardBook, own: [UInt64: Own] = [:],
        known: KnownResults? = nil
    ) {
        self.known = known
        self.place = place
        self.book = book
        self.own = own
        index = StaleGuard(destination: destination, services: services)
    }

    /// Reads the journals of those drops. `again`: also those that were read before, when they may have been growing still.
    /// `isWanted`: by hash of RIC and service. Throws when one cannot be read.
    mutating func load(_ drops: [DropPlace], again: Bool = false, isWanted: (UInt64) -> Bool) throws {
        var index = index
        for drop in drops where again || !journals.contains(drop) {
            let first = known.map { $0.firstUnknown(of: drop.drop) } ?? 0
            guard let first, let source = try book.open(drop) else { continue }
            _ = index.begin(drop)
            journals.append(drop)
            var journal = ResultJournal(drop: drop.drop, destinations: nil)
            // Its own contribution may go on meanwhile, and cuts off what a crash left of a line.
            try source.eachChunk(isWrittenTo: true) { _, chunk, isLast in
                journal.take(chunk, isLast: isLast) { line in
                    if line.offset >= first { index.take(line, isWanted: isWanted) }
                    return true
                }
            }
        }
        index.seal()
        self.index = index
    }

    /// Whether newer rows that were or may have been accepted explain other values of these fields: see `StaleGuard`.
    func explains(_ fields: [UInt8], of row: MappedRow, in batch: PostBatch) throws -> Bool {
        try index.explains(fields, of: row, in: batch, at: place) { found, length in
            try book.open(journals[found.journal])?.bytes(at: found.offset, upTo: length) ?? []
        }
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

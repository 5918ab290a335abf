internal import PostboxCore
internal import PostboxIO

/// What servers accepted of RICs, and which drop said it: found in the results of all drops, by the index where it can be trusted.
///
/// It is asked by one thread alone.
final class ValueHistory {
    private struct Drop {
        var place: DropPlace
        var path: String
        /// Bytes of its result that count; nil: all.
        var bytes: Int?
        /// What the index has of it; nil: nothing that can be trusted.
        var part: IndexedPart?
    }

    private struct Key: Hashable {
        var ric: [UInt8]
        var service: [UInt8]
        var destination: String
    }

    private let lineage: DropLineage
    private let index: RowIndexReading
    private var drops: [Int: Drop] = [:]
    /// The oldest of what is being withdrawn, by its place and by its number: all that is newer is looked at, by either.
    private var oldest = DropPlace(drop: .max, age: .max)
    private var first = Int.max
    /// Drops of which the index tells nothing, and whose results are gone.
    private var gone: Set<Int> = []
    /// Accepted rows of those of which the index tells nothing.
    private var rows: [Key: [AcceptedPost]] = [:]
    private var open: [Int: ResultBytes] = [:]

    private static let openMax = 64

    /// - Parameters:
    ///   - lineage: whose values drops say, and what is being withdrawn.
    ///   - growing: results of drops in work, as far as they count.
    ///   - destinations: those that are asked for.
    ///   - isWanted: by the hash of a RIC, besides those that the drops had accepted which are being withdrawn; others are not asked for.
    ///
    /// Throws `LedgerError`, `DiskError`, and what is wrong with a packed result.
    init(
        _ lineage: DropLineage, growing: [(place: DropPlace, path: String, bytes: Int)], at destinations: Set<String>,
        in directories: Settings.Directories, isWanted: (UInt64) -> Bool
    ) throws {
        self.lineage = lineage
        index = try RowIndexReading(folder: directories.state + "/index")
        let ledger = try LedgerReading(in: directories)
        let listed = Dictionary(
            (try ledger?.list() ?? []).map { ($0.drop, $0) }, uniquingKeysWith: { one, _ in one })
        for sent in try ledger?.sent(since: .min) ?? [] where !destinations.isDisjoint(with: sent.destinations) {
            let number = sent.place.drop
            var drop = Drop(place: sent.place, path: sent.folder + "/" + FileNames.result(sent.target))
            if let part = index.drops[number], part.check == listed[number]?.resultSHA256.flatMap(IndexedPart.check) {
                drop.part = part
            }
            drops[number] = drop
        }
        for drop in growing {
            drops[drop.place.drop] = Drop(place: drop.place, path: drop.path, bytes: drop.bytes)
        }
        for (number, drop) in drops where lineage.wrong(number) != nil {
            first = min(first, number)
            if oldest.isNewer(than: drop.place) { oldest = drop.place }
            try readRICs(number, drop)
        }
        for (number, drop) in drops where drop.part == nil {
            try read(number, drop) { isWanted($0) || rics.contains($0) }
        }
    }

    /// RICs that the drops had accepted which are being withdrawn, by their hashes.
    private(set) var rics: Set<UInt64> = []

    private func readRICs(_ number: Int, _ drop: Drop) throws {
        guard let result = try ResultBytes(path: drop.path) else { return }
        var journal = ResultJournal(drop: number, destinations: nil)
        try result.eachChunk { chunk, isLast in
            journal.take(chunk, isLast: isLast) { line in
                if line.outcome == .acked { rics.insert(RICHash.of(line.ric)) }
                return true
            }
        }
    }

    /// Notes all accepted rows of a drop that may be asked for.
    private func read(_ number: Int, _ drop: Drop, _ isWanted: (UInt64) -> Bool) throws {
        guard let result = try ResultBytes(path: drop.path) else {
            gone.insert(number)
            return
        }
        var journal = ResultJournal(drop: number, destinations: nil)
        try result.eachChunk { chunk, isLast in
            journal.take(chunk, isLast: isLast) { line in
                if line.outcome == .acked, line.offset < drop.bytes ?? .max, isWanted(RICHash.of(line.ric)) {
                    let key = Key(ric: Array(line.ric), service: Array(line.service), destination: line.destination)
                    rows[key, default: []].append(AcceptedPost(line, of: drop.place))
                }
                return true
            }
        }
    }

    /// The story of a RIC, as far back as it takes to know what replaces the values that are being withdrawn. `holding`: what holds by the
    /// store of last values, and `image` the newest Refresh by it; see `ValueStory.takeHolding`. Throws as `init`.
    func story(
        of ric: [UInt8], at destination: String, service: String, holding: [AcceptedPost], image: AcceptedPost? = nil
    ) throws -> ValueStory {
        let (places, untrusted) = try index.find(ric)
        let known = rows[Key(ric: ric, service: Array(service.utf8), destination: destination)] ?? []
        var candidates = Set(known.map(\.place.drop)).union(gone)
        candidates.formUnion(places.keys.filter { drops[$0]?.part != nil })
        candidates.formUnion(untrusted.filter { drops[$0]?.part != nil })
        let newestFirst = candidates.compactMap { drops[$0] }.sorted { $0.place.isNewer(than: $1.place) }
        var story = ValueStory(at: destination, lineage)
        func take(_ drop: Drop) throws {
            let number = drop.place.drop
            if drop.part == nil {
                if gone.contains(number) {
                    story.takeGone(drop.place)
                } else {
                    story.take(known.filter { $0.place.drop == number })
                }
                return
            }
            let places = untrusted.contains(number) ? nil : places[number] ?? []
            if let lines = try lines(of: drop, at: places, ric, destination, service) {
                story.take(lines)
            } else {
                story.takeGone(drop.place)
            }
        }
        var older: [Drop] = []
        for drop in newestFirst {
            if drop.place.drop >= first || !oldest.isNewer(than: drop.place) {
                try take(drop)
            } else {
                older.append(drop)
            }
        }
        story.takeHolding(holding, image: image)
        for drop in older {
            guard story.needsOlder else { break }
            try take(drop)
        }
        return story
    }

    /// A drop's accepted rows of a RIC; nil: its result is gone. `places`: where they may stand; nil: anywhere.
    private func lines(
        of drop: Drop, at places: Set<RowIndexReading.Place>?, _ ric: [UInt8], _ destination: String, _ service: String
    ) throws -> [AcceptedPost]? {
        guard let result = try result(of: drop) else { return nil }
        let number = drop.place.drop
        var found: [AcceptedPost] = []
        func take(_ line: ResultJournal.Line) {
            guard line.outcome == .acked, line.destination == destination, line.ric.elementsEqual(ric),
                line.service.elementsEqual(service.utf8)
            else { return }
            found.append(AcceptedPost(line, of: drop.place))
        }
        if let places, result.size == drop.part?.size {
            var isTrue = true
            for place in places where !place.isSkipped {
                guard let line = try result.line(at: place.offset) else {
                    isTrue = false
                    break
                }
                if !ResultJournal.line(line, drop: number, take) { isTrue = false }
            }
            if isTrue { return found }
            found = []
        }
        // The index is not one of this result: it tells all by itself.
        var journal = ResultJournal(drop: number, destinations: nil)
        try result.eachChunk { chunk, isLast in
            journal.take(chunk, isLast: isLast) { line in
                take(line)
                return true
            }
        }
        return found
    }

    private func result(of drop: Drop) throws -> ResultBytes? {
        if let known = open[drop.place.drop] { return known }
        guard let result = try ResultBytes(path: drop.path) else { return nil }
        if open.count >= Self.openMax { open.removeAll() }
        open[drop.place.drop] = result
        return result
    }
}

extension AcceptedPost {
    /// A field as the store of last values has it.
    init(_ field: LastField, named name: String) {
        self.init(
            place: DropPlace(drop: field.drop, age: field.age), row: 0, acceptedAt: field.acceptedAt, post: .update,
            fields: [Field(name: name, json: Array(field.json))])
    }

    fileprivate init(_ line: ResultJournal.Line, of place: DropPlace) {
        self.init(
            place: place, row: line.row, settledAt: line.settledAt, post: line.post, object: line.fields)
    }
}

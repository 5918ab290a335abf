internal import PostboxCore
internal import PostboxIO

/// What servers held of a RIC before some drops said otherwise: found in the results of all others, by the index where it can be trusted.
///
/// It is asked by one thread alone.
final class ValueHistory {
    /// What is known of a field.
    enum Answer: Sendable, Equatable {
        /// JSON, as it went on the wire.
        case value([UInt8])
        /// It had no value.
        case nothing
        /// The result that would tell is gone.
        case gone
    }

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

    /// An accepted row.
    private struct Row {
        var drop: Int
        var row: Int
        var post: PostKind
        var fields: [UInt8]
    }

    private let index: RowIndexReading
    private var drops: [Int: Drop] = [:]
    /// Drops of which the index tells nothing, and whose results are gone.
    private var gone: Set<Int> = []
    /// Accepted rows of those of which the index tells nothing.
    private var rows: [Key: [Row]] = [:]
    private var open: [Int: ResultBytes] = [:]

    private static let openMax = 64

    /// - Parameters:
    ///   - besides: Drops that do not count.
    ///   - growing: Results of drops in work, as far as they count.
    ///   - destinations: Those that are asked for.
    ///   - isWanted: By the hash of a RIC; others are not asked for.
    ///
    /// Throws `LedgerError`, `DiskError`, and what is wrong with a packed result.
    init(
        besides: Set<Int>, growing: [(place: DropPlace, path: String, bytes: Int)], at destinations: Set<String>,
        in directories: Settings.Directories, isWanted: (UInt64) -> Bool
    ) throws {
        index = try RowIndexReading(folder: directories.state + "/index")
        let ledger = try LedgerReading(path: directories.state + "/ledger.sqlite")
        let listed = Dictionary(
            (try ledger?.list() ?? []).map { ($0.drop, $0) }, uniquingKeysWith: { one, _ in one })
        for sent in try ledger?.sent(since: .min) ?? []
        where !besides.contains(sent.place.drop) && !destinations.isDisjoint(with: sent.destinations) {
            let number = sent.place.drop
            var drop = Drop(place: sent.place, path: sent.folder + "/" + FileNames.result(sent.target))
            if let part = index.drops[number], part.check == listed[number]?.resultSHA256.flatMap(IndexedPart.check) {
                drop.part = part
            }
            drops[number] = drop
        }
        for drop in growing where !besides.contains(drop.place.drop) {
            drops[drop.place.drop] = Drop(place: drop.place, path: drop.path, bytes: drop.bytes)
        }
        for (number, drop) in drops where drop.part == nil { try read(number, drop, isWanted) }
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
                    rows[key, default: []].append(
                        Row(drop: number, row: line.row, post: line.post, fields: Array(line.fields)))
                }
                return true
            }
        }
    }

    /// What fields of a RIC held before. Throws as `init`.
    func find(
        _ ric: [UInt8], at destination: String, service: String, _ fields: [String]
    ) throws -> [String: Answer] {
        let (places, untrusted) = try index.find(ric)
        let known = rows[Key(ric: ric, service: Array(service.utf8), destination: destination)] ?? []
        var candidates = Set(known.map(\.drop)).union(gone)
        candidates.formUnion(places.keys.filter { drops[$0]?.part != nil })
        candidates.formUnion(untrusted.filter { drops[$0]?.part != nil })
        var earlier = EarlierValues(fields)
        var isGone = false
        let newestFirst = candidates.compactMap { drops[$0] }.sorted { $0.place.isNewer(than: $1.place) }
        for drop in newestFirst where !earlier.isComplete && !isGone {
            let number = drop.place.drop
            var found = known.filter { $0.drop == number }
            if drop.part != nil {
                guard
                    let lines = try lines(
                        of: drop, at: untrusted.contains(number) ? nil : places[number] ?? [], ric, destination, service
                    )
                else {
                    isGone = true
                    continue
                }
                found = lines
            } else if gone.contains(number) {
                isGone = true
                continue
            }
            for row in found.sorted(by: { $0.row > $1.row }) {
                row.fields.withUnsafeBytes { earlier.take(row.post, $0) }
            }
        }
        var answers: [String: Answer] = [:]
        for field in fields {
            answers[field] = earlier.found[field].map { .value($0) } ?? (isGone ? .gone : .nothing)
        }
        return answers
    }

    /// A drop's accepted rows of a RIC; nil: its result is gone. `places`: where they may stand; nil: anywhere.
    private func lines(
        of drop: Drop, at places: Set<RowIndexReading.Place>?, _ ric: [UInt8], _ destination: String, _ service: String
    ) throws -> [Row]? {
        guard let result = try result(of: drop) else { return nil }
        let number = drop.place.drop
        var found: [Row] = []
        func take(_ line: ResultJournal.Line) {
            guard line.outcome == .acked, line.destination == destination, line.ric.elementsEqual(ric),
                line.service.elementsEqual(service.utf8)
            else { return }
            found.append(Row(drop: number, row: line.row, post: line.post, fields: Array(line.fields)))
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

internal import PostboxCore
internal import PostboxIO

/// What newer rows were accepted for the RICs that are in doubt after a restart: an older value is never sent after them.
struct StaleGuard: Sendable {
    enum Verdict: Sendable, Equatable {
        /// Nothing newer was accepted: it may be sent again.
        case free
        /// A newer accepted row covers it: `DROP:ROW`.
        case superseded(String)
        /// A newer row was accepted and does not cover it: `DROP:ROW`.
        case overtaken(String)
    }

    private struct Entry: Sendable {
        var drop: Int
        var row: Int
        var ric: [UInt8]
        var service: [UInt8]
        var post: PostKind
        var fields: [UInt8]
    }

    /// By RIC and service; only those in doubt are kept.
    private var entries: [UInt64: [Entry]] = [:]
    private let services: [String]

    /// Nothing is in doubt.
    static let none = StaleGuard(services: [])

    /// `services`: names by their index in mapped rows.
    init(services: [String]) {
        self.services = services
    }

    /// The rows in doubt of one destination of a drop, as found by reading its file again, and what the journals say about them:
    /// its own and those of newer drops (`journals`: drop and path).
    static func load(
        doubts: Set<UInt64>, services: [String], destination: String, journals: [(drop: Int, path: String)]
    ) throws -> StaleGuard {
        var made = StaleGuard(services: services)
        for (drop, path) in journals {
            guard try Disk.exists(path) else { continue }
            let source = try SourceFile(path: path)
            var journal = ResultJournal(drop: drop, destinations: nil)
            try source.eachChunk { _, chunk, isLast in
                journal.take(chunk, isLast: isLast) { line in
                    guard line.outcome == .acked, line.destination == destination else { return true }
                    let name = String(decoding: line.service, as: UTF8.self)
                    guard let service = services.firstIndex(of: name) else { return true }
                    let hash = keyHash(ric: line.ric, service: service)
                    guard doubts.contains(hash) else { return true }
                    made.entries[hash, default: []].append(
                        Entry(
                            drop: drop, row: line.row, ric: Array(line.ric), service: Array(line.service),
                            post: line.post, fields: Array(line.fields)))
                    return true
                }
            }
        }
        return made
    }

    func verdict(_ row: MappedRow, in batch: PostBatch, drop: Int) -> Verdict {
        guard let candidates = entries[row.keyHash] else { return .free }
        let name = row.service < services.count ? Array(services[row.service].utf8) : []
        return batch.bytes.withUnsafeBytes { bytes in
            let ric = UnsafeRawBufferPointer(rebasing: bytes[row.ricStart..<row.ricStart + row.ricLength])
            let fields = UnsafeRawBufferPointer(rebasing: bytes[row.fieldsStart..<row.fieldsStart + row.fieldsLength])
            var verdict = Verdict.free
            for entry in candidates
            where (entry.drop, entry.row) > (drop, row.row) && ric.elementsEqual(entry.ric) && entry.service == name {
                let isCovered = entry.fields.withUnsafeBytes {
                    covers(newer: entry.post, newerFields: $0, older: row.post, olderFields: fields)
                }
                if isCovered { return .superseded("\(entry.drop):\(entry.row)") }
                verdict = .overtaken("\(entry.drop):\(entry.row)")
            }
            return verdict
        }
    }
}

internal import Glibc
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// The growing `NAME.readback.csv` of one drop. Every start begins it anew: what it tells can be asked for again.
final class ReadBackFile: Sendable {
    let path: String
    private let descriptor: Int32
    /// Bytes so far.
    private let end: Mutex<Int>

    /// Makes it with its header, in the place of one that is there. Throws `DiskError`.
    init(_ path: String, mode: UInt32) throws(DiskError) {
        self.path = path
        descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        end = Mutex(0)
        try append(Array(ReadBackLines.header.utf8))
    }

    deinit {
        // It is synced by its name before anything relies on it.
        _ = Glibc.close(descriptor)
    }

    /// Bytes so far, for `cut`.
    var size: Int { end.withLock { $0 } }

    /// Writes whole lines behind those that are there. Throws `DiskError`.
    func append(_ lines: [UInt8]) throws(DiskError) {
        guard !lines.isEmpty else { return }
        let at = size
        try lines.span.withUnsafeBytes { (bytes) throws(DiskError) in
            try Disk.write(descriptor, bytes, at: at, path: path)
        }
        end.withLock { $0 = at + lines.count }
    }

    /// Takes away what was written behind that place. Throws `DiskError`.
    func cut(to size: Int) throws(DiskError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else {
            throw DiskError(code: errno, call: "ftruncate", path: path)
        }
        end.withLock { $0 = size }
    }
}

/// The rows of a drop that a destination has accepted and that are to be read back, chunk by chunk out of the drop's result: it
/// holds what was sent of each.
final class RowsToReadBack: Sendable {
    private struct State {
        var journal: ResultJournal
        var offset = 0
        var isOver = false
    }

    private static let chunkBytes = 1 << 18

    private let drop: Int
    private let source: SourceFile
    private let destination: String
    private let services: [String]
    private let share: VerifyShare
    private let state: Mutex<State>

    /// - Parameters:
    ///   - path: of the result.
    ///   - services: names by their index in the rows that come.
    ///
    /// Throws `DiskError`.
    init(_ path: String, drop: Int, destination: String, services: [String], share: VerifyShare) throws(DiskError) {
        self.drop = drop
        source = try SourceFile(path: path)
        self.destination = destination
        self.services = services
        self.share = share
        state = Mutex(State(journal: ResultJournal(drop: drop, destinations: nil)))
    }

    /// Those of the next chunk, which may be none; nil: that was all. Throws `DiskError`.
    func next() throws -> PostBatch? {
        try state.withLock { state in
            guard !state.isOver else { return nil }
            let chunk = try source.bytes(at: state.offset, upTo: Self.chunkBytes)
            state.offset += chunk.count
            state.isOver = chunk.count < Self.chunkBytes
            var batch = PostBatch()
            let isLast = state.isOver
            chunk.withUnsafeBytes { bytes in
                state.journal.take(bytes, isLast: isLast) { line in
                    take(line, into: &batch)
                    return true
                }
            }
            return batch
        }
    }

    private func take(_ line: ResultJournal.Line, into batch: inout PostBatch) {
        guard line.outcome == .acked, line.destination == destination,
            let service = services.firstIndex(where: { $0.utf8.elementsEqual(line.service) })
        else { return }
        let hash = keyHash(ric: line.ric, service: service)
        guard share.holds(hash, drop: drop) else { return }
        let start = batch.bytes.count
        batch.bytes.append(contentsOf: line.ric)
        batch.bytes.append(contentsOf: line.fields)
        batch.rows.append(
            MappedRow(
                row: line.row, line: 0, post: line.post, service: service, ricStart: start, ricLength: line.ric.count,
                fieldsStart: start + line.ric.count, fieldsLength: line.fields.count, keyHash: hash))
    }
}

internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Results of files in work, as far as somebody has looked rows up in them: each byte of them is read once, however often somebody asks.
final class GrowingResults: Sendable {
    private let known = Mutex<[Int: GrowingRows]>([:])

    private static let pieceBytes = 1 << 20
    private static let dropsMax = 16

    /// The lines of a RIC in the result of a drop, in order; nil: it does not read as one. Throws `DiskError`.
    func lines(of ric: [UInt8], in result: ResultBytes, of drop: Int) throws -> [[UInt8]]? {
        guard let (parts, taken) = try parts(of: ric, in: result, of: drop) else { return nil }
        var found: [[UInt8]] = []
        func look(_ bytes: [UInt8], _ rows: ResultRows) -> Bool {
            var rows = rows
            return bytes.withUnsafeBytes { text in
                _ = rows.take(text, isLast: true) { name, line in
                    if name.elementsEqual(ric) { found.append(Array(text[line])) }
                }
                return !rows.isBroken
            }
        }
        for part in parts {
            let bytes = try result.read(at: part.lowerBound, count: part.count)
            guard bytes.count == part.count, look(bytes, ResultRows(linesOf: drop)) else {
                forget(drop)
                return nil
            }
        }
        // What was not taken: the last line, and what lies behind very long ones.
        let rest = try result.read(at: taken, count: max(0, result.size - taken))
        guard look(rest, taken > 0 ? ResultRows(linesOf: drop) : ResultRows(resultOf: drop)) else { return nil }
        return found
    }

    /// Files that are no longer in work are looked up by the index.
    func keep(_ open: Set<Int>) { known.withLock { $0 = $0.filter { open.contains($0.key) } } }

    private func forget(_ drop: Int) { known.withLock { $0[drop] = nil } }

    /// Where lines of the RIC may stand, and how many bytes were taken.
    private func parts(
        of ric: [UInt8], in result: ResultBytes, of drop: Int
    ) throws -> (parts: [Range<Int>], taken: Int)? {
        try known.withLock { known in
            var rows = known.removeValue(forKey: drop) ?? GrowingRows(drop: drop)
            let (place, bytes) = rows.witness
            if try result.read(at: place, count: bytes.count) != bytes { rows = GrowingRows(drop: drop) }
            while rows.taken < result.size, !rows.isFull {
                let text = try result.read(
                    at: rows.taken, count: min(Self.pieceBytes, result.size - rows.taken))
                let before = rows.taken
                guard text.withUnsafeBytes({ rows.take($0) }) else { return nil }
                if rows.taken == before { break }
            }
            known[drop] = rows
            if known.count > Self.dropsMax, let oldest = known.keys.min() { known[oldest] = nil }
            return (rows.parts(of: ric), rows.taken)
        }
    }
}

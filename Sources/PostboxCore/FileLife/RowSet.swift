/// Which rows of a file: a bit each.
package struct RowSet: Sendable, Equatable {
    private var words: [UInt64]
    package private(set) var count = 0

    /// For rows 1…`rows`.
    package init(rows: Int) {
        words = Array(repeating: 0, count: rows / 64 + 1)
    }

    /// As it is kept in a file: eight bytes for 64 rows, the lowest first.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for word in words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// Reads `bytes` of another.
    package init(bytes: [UInt8]) {
        words = []
        for start in stride(from: 0, to: bytes.count, by: 8) {
            var word: UInt64 = 0
            for at in (start..<min(start + 8, bytes.count)).reversed() { word = word << 8 | UInt64(bytes[at]) }
            words.append(word)
            count += word.nonzeroBitCount
        }
        if words.isEmpty { words = [0] }
    }

    /// Makes room for rows up to this one.
    package mutating func grow(toHold row: Int) {
        while row / 64 >= words.count { words.append(0) }
    }

    package mutating func insert(_ row: Int) {
        guard row >= 0, row / 64 < words.count else { return }
        let bit: UInt64 = 1 << UInt64(row % 64)
        if words[row / 64] & bit == 0 {
            words[row / 64] |= bit
            count += 1
        }
    }

    package func contains(_ row: Int) -> Bool {
        row >= 0 && row / 64 < words.count && words[row / 64] & (1 << UInt64(row % 64)) != 0
    }
}

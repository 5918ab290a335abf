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

    /// Inserts the rows of another set, and makes room for them.
    package mutating func formUnion(_ other: RowSet) {
        while words.count < other.words.count { words.append(0) }
        for index in other.words.indices { words[index] |= other.words[index] }
        recount()
    }

    /// The rows that are in both.
    package func intersection(_ other: RowSet) -> RowSet {
        var both = self
        for index in words.indices { both.words[index] &= index < other.words.count ? other.words[index] : 0 }
        both.recount()
        return both
    }

    /// The rows that are not in another set.
    package func subtracting(_ other: RowSet) -> RowSet {
        var rest = self
        for index in words.indices where index < other.words.count { rest.words[index] &= ~other.words[index] }
        rest.recount()
        return rest
    }

    private mutating func recount() { count = words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The rows, the lowest first.
    package var sorted: [Int] {
        var rows: [Int] = []
        rows.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                rows.append(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return rows
    }

    package func contains(_ row: Int) -> Bool {
        row >= 0 && row / 64 < words.count && words[row / 64] & (1 << UInt64(row % 64)) != 0
    }
}

extension RowSet: Codable {
    /// Reads what `encode` wrote.
    package init(from decoder: any Decoder) throws {
        let ends = try decoder.singleValueContainer().decode([Int].self)
        self.init(rows: max(0, ends.last ?? 0))
        var at = 0
        while at + 1 < ends.count {
            let (first, last) = (ends[at], ends[at + 1])
            guard first > 0, first <= last, last <= ends[ends.count - 1] else {
                throw DecodingError.dataCorrupted(
                    DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no rows: \(ends)"))
            }
            for row in first...last { insert(row) }
            at += 2
        }
    }

    /// As the first and the last row of each run.
    package func encode(to encoder: any Encoder) throws {
        var ends: [Int] = []
        for row in 1..<max(2, words.count * 64) where contains(row) {
            if ends.last == row - 1 { ends[ends.count - 1] = row } else { ends += [row, row] }
        }
        var container = encoder.singleValueContainer()
        try container.encode(ends)
    }
}

/// What a TZif file of version 2 or later says (RFC 8536): nil where it is none, damaged, or counts leap seconds.
struct TimeZoneFile {
    struct Change: Sendable, Equatable {
        /// Seconds since 1970.
        var at: Int
        /// Seconds ahead of UTC from then on.
        var offset: Int
    }

    var changes: [Change] = []
    /// Before the first change.
    var offsetBefore = 0
    /// For all times behind the last change.
    var rule: TimeZoneRule?

    private struct Counts {
        var utc = 0
        var standard = 0
        var leaps = 0
        var changes = 0
        var types = 0
        var letters = 0

        func size(ofTime bytes: Int) -> Int {
            changes * (bytes + 1) + types * 6 + letters + leaps * (bytes + 4) + standard + utc
        }
    }

    private static let headerSize = 44

    init?(_ bytes: [UInt8]) {
        // The largest file of the database has some 4 KB.
        guard bytes.count <= 1 << 20, let old = Self.counts(bytes, at: 0) else { return nil }
        // The first block has times of 32 bits; the second is the one to read.
        let second = Self.headerSize + old.size(ofTime: 4)
        guard let counts = Self.counts(bytes, at: second), counts.leaps == 0, counts.types > 0 else { return nil }
        let times = second + Self.headerSize
        let indices = times + counts.changes * 8
        let types = indices + counts.changes
        let footer = times + counts.size(ofTime: 8)
        guard footer <= bytes.count else { return nil }
        func offset(ofType type: Int) -> Int? {
            guard type < counts.types else { return nil }
            let offset = Int(Int32(truncatingIfNeeded: Self.number(bytes, at: types + type * 6, size: 4)))
            return offset > -25 * 3600 && offset < 26 * 3600 ? offset : nil
        }
        guard let first = offset(ofType: 0) else { return nil }
        offsetBefore = first
        changes.reserveCapacity(counts.changes)
        for index in 0..<counts.changes {
            let at = Int(Int64(bitPattern: Self.number(bytes, at: times + index * 8, size: 8)))
            guard at > changes.last?.at ?? .min, at.magnitude <= 1 << 60,
                let offset = offset(ofType: Int(bytes[indices + index]))
            else { return nil }
            changes.append(Change(at: at, offset: offset))
        }
        let line = bytes[footer...]
        guard line.first == Byte.lineFeed, let end = line.dropFirst().firstIndex(of: Byte.lineFeed) else { return nil }
        let text = bytes[footer + 1..<end]
        guard !text.isEmpty else { return }
        guard let rule = TimeZoneRule(Array(text)) else { return nil }
        self.rule = rule
    }

    private static func counts(_ bytes: [UInt8], at start: Int) -> Counts? {
        guard start <= bytes.count - headerSize, bytes[start..<start + 4].elementsEqual("TZif".utf8),
            bytes[start + 4] >= UInt8(ascii: "2")
        else { return nil }
        var numbers: [Int] = []
        for index in 0..<6 {
            let number = Int(number(bytes, at: start + 20 + index * 4, size: 4))
            guard number <= bytes.count else { return nil }
            numbers.append(number)
        }
        return Counts(
            utc: numbers[0], standard: numbers[1], leaps: numbers[2], changes: numbers[3], types: numbers[4],
            letters: numbers[5])
    }

    private static func number(_ bytes: [UInt8], at start: Int, size: Int) -> UInt64 {
        bytes[start..<start + size].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Looks through many short words for the one that a mistyped word was most likely meant to be. A file can have a million such
/// words and a dictionary thousands to compare with, so most are told apart at a look.
struct NearestBytes {
    private let word: [UInt8]
    private let letters: UInt64
    private var least: Int
    /// The index of the nearest one so far, the first of several equally near ones; nil: none is near.
    private(set) var best: Int?

    /// - Parameter word: the mistyped one.
    init(to word: [UInt8]) {
        // Nobody mistypes what is longer.
        self.word = word.prefix(64).map(Self.small)
        letters = Self.letters(of: self.word, self.word.indices)
        least = .max
    }

    /// Compares with one word.
    mutating func look(at bytes: [UInt8], _ range: Range<Int>, index: Int) {
        let longer = max(word.count, range.count)
        // Of one letter every other is one change away.
        let limit = min(longer < 2 ? 0 : max(1, longer / 3), least - 1)
        guard limit >= 0, abs(word.count - range.count) <= limit, !range.isEmpty, !word.isEmpty else { return }
        // Each letter that only one of the two has takes a change.
        let others = Self.letters(of: bytes, range)
        guard (letters & ~others).nonzeroBitCount <= limit, (others & ~letters).nonzeroBitCount <= limit else { return }
        let distance = NearestWord.distance(word, bytes[range].map(Self.small))
        if distance <= limit {
            least = distance
            best = index
        }
    }

    private static func letters(of bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
        var letters: UInt64 = 0
        for index in range { letters |= 1 << UInt64(small(bytes[index]) & 63) }
        return letters
    }

    private static func small(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}

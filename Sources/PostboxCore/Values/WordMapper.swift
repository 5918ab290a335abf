/// Makes words of one house those of another: `map`. Words are compared exactly as they stand.
struct WordMapper: Sendable {
    private var table = FlatTable()
    private let otherwise: WordMap.Otherwise
    private let other: [UInt8]

    init(_ map: WordMap) {
        otherwise = map.otherwise
        if case .value(let text) = map.otherwise { other = Array(text.utf8) } else { other = [] }
        for (word, meaning) in map.words {
            for text in [word, meaning] { Array(text.utf8).withUnsafeBytes { table.append($0) } }
            // No word comes twice in a dictionary.
            _ = table.endRow()
        }
    }

    /// Whether it says of this word itself what it becomes.
    func lists(_ word: Span<UInt8>) -> Bool { table.row(word) != nil }

    /// Appends what the word becomes. False: it is not listed, and what is not is rejected (`not_in_map`).
    func convert(_ word: Span<UInt8>, into out: inout [UInt8]) -> Bool {
        if let row = table.row(word) {
            table.append(cell: 1, ofRowAt: row, into: &out)
            return true
        }
        switch otherwise {
        case .keep: out.append(word)
        case .value: out.append(contentsOf: other)
        case .reject: return false
        }
        return true
    }
}

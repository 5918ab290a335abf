/// Counts by a word that may come from elsewhere: so many words and no more, the rest together as `others`.
package struct WordCounts: Sendable, Equatable {
    /// Words that are told apart.
    package static let most = 64
    /// What all further words count as.
    package static let others = "others"

    package private(set) var counts: [String: Int] = [:]

    package init() {}

    package mutating func add(_ word: String, count: Int = 1) {
        let key = counts[word] != nil || counts.count < Self.most ? word : Self.others
        counts[key, default: 0] += count
    }

    /// By word.
    package var sorted: [(word: String, count: Int)] {
        counts.sorted { $0.key < $1.key }.map { (word: $0.key, count: $0.value) }
    }
}

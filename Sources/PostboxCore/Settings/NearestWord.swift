/// The word that a mistyped one was most likely meant to be.
package enum NearestWord {
    /// The word of `words` with the smallest edit distance to `word`, whatever the case of its letters; the first of several
    /// equally near ones. nil when none is near: a hint that leads elsewhere is worse than none.
    package static func of(_ word: String, in words: [String]) -> String? {
        let wanted = Array(word.lowercased())
        return words.map { ($0, Array($0.lowercased())) }
            .map { (word: $0, distance: distance(wanted, $1), length: max(wanted.count, $1.count)) }
            .filter { $0.distance <= max(1, $0.length / 3) }
            .min { $0.distance < $1.distance }?.word
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
    static func distance<Unit: Equatable>(_ a: [Unit], _ b: [Unit]) -> Int {
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                // Swapped letters are the commonest slip, and count once.
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}

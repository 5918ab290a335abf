/// What differs between two texts, line by line.
package enum LineDiff {
    /// `-12 old line` and `+12 new line`, with the line's number in its text, in the order of the texts.
    package static func lines(from old: String, to new: String) -> [String] {
        let (before, after) = (split(old), split(new))
        var (removed, added): (Set<Int>, Set<Int>) = ([], [])
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [String] = []
        var (one, other) = (0, 0)
        while one < before.count || other < after.count {
            if removed.contains(one) {
                lines.append("-\(one + 1) \(before[one])")
                one += 1
            } else if added.contains(other) {
                lines.append("+\(other + 1) \(after[other])")
                other += 1
            } else {
                one += 1
                other += 1
            }
        }
        return lines
    }

    private static func split(_ text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }
}

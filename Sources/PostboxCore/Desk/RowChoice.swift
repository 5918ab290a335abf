/// Which rows of a drop an act is about, by their numbers in the result file.
package enum RowChoice: Sendable, Equatable {
    case all
    /// These, in order, none of them twice.
    case only([ClosedRange<Int>])
    /// All but these.
    case except([ClosedRange<Int>])

    /// Parts of a list that are read; a longer one is none.
    static let partsMax = 10_000

    /// Whether the row is meant.
    package func contains(_ row: Int) -> Bool {
        switch self {
        case .all: true
        case .only(let ranges): Self.holds(ranges, row)
        case .except(let ranges): !Self.holds(ranges, row)
        }
    }

    /// The highest row that is named; nil: none is.
    package var highest: Int? {
        switch self {
        case .all: nil
        case .only(let ranges), .except(let ranges): ranges.last?.upperBound
        }
    }

    /// The same rows out of 1…`count`, written in the one way that all choices of these rows have in common.
    package func plain(of count: Int) -> RowChoice {
        guard count > 0 else { return self }
        func inside(_ ranges: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
            Self.joined(
                ranges.filter { $0.lowerBound <= count && $0.upperBound >= 1 }.map { $0.clamped(to: 1...count) })
        }
        var meant: [ClosedRange<Int>] = []
        switch self {
        case .all: return .all
        case .only(let ranges): meant = inside(ranges)
        case .except(let ranges):
            var next = 1
            for left in inside(ranges) {
                if left.lowerBound > next { meant.append(next...left.lowerBound - 1) }
                next = left.upperBound + 1
            }
            if next <= count { meant.append(next...count) }
        }
        return meant == [1...count] ? .all : .only(meant)
    }

    /// Reads `3,17-20`: numbers from 1 and ranges of them, in any order. nil: it is no such list, or has more than 10,000 parts.
    package static func ranges(_ text: String) -> [ClosedRange<Int>]? {
        var found: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard found.count < partsMax, let range = range(part) else { return nil }
            found.append(range)
        }
        return joined(found)
    }

    /// The same list as `ranges` reads.
    package static func text(_ ranges: [ClosedRange<Int>]) -> String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
    }

    /// For people: `all rows`, `rows 3,17-20`, `all rows but 3`.
    package var words: String {
        switch self {
        case .all: "all rows"
        case .only(let ranges): "rows \(Self.text(ranges))"
        case .except(let ranges): "all rows but \(Self.text(ranges))"
        }
    }

    /// Reads what `words` says; nil: it does not say this.
    package init?(words: String) {
        func ranges(behind beginning: String) -> [ClosedRange<Int>]? {
            words.hasPrefix(beginning) ? Self.ranges(String(words.dropFirst(beginning.count))) : nil
        }
        if words == Self.all.words {
            self = .all
        } else if let left = ranges(behind: "all rows but ") {
            self = .except(left)
        } else if let chosen = ranges(behind: "rows ") {
            self = .only(chosen)
        } else {
            return nil
        }
    }

    private static func range(_ part: Substring) -> ClosedRange<Int>? {
        let ends = part.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = ends.first.flatMap(number), let last = ends.last.flatMap(number), ends.count <= 2,
            first <= last
        else { return nil }
        return first...last
    }

    /// Digits, with blanks around them; no row has a longer number.
    private static func number(_ text: Substring) -> Int? {
        let digits = text.drop { $0 == " " }.reversed().drop { $0 == " " }
        guard !digits.isEmpty, digits.count <= 15, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
        let number = digits.reversed().reduce(0) { $0 * 10 + ($1.wholeNumberValue ?? 0) }
        return number > 0 ? number : nil
    }

    /// In order; those that touch or overlap are one.
    private static func joined(_ ranges: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
        var all: [ClosedRange<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = all.last, range.lowerBound <= last.upperBound + 1 else {
                all.append(range)
                continue
            }
            all[all.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
        return all
    }

    private static func holds(_ ranges: [ClosedRange<Int>], _ row: Int) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < row { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(row)
    }
}

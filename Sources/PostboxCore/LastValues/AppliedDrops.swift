/// Which drops the store of last values holds already: ranges of numbers, so that a drop which closes out of order is neither left
/// out nor applied twice.
package struct AppliedDrops: Sendable, Equatable {
    /// In order; between two of them there is a number that is in none.
    package private(set) var ranges: [ClosedRange<Int>] = []

    package init() {}

    /// Of ranges in any order.
    package init(_ ranges: [ClosedRange<Int>]) {
        for range in ranges { insert(range) }
    }

    package func contains(_ drop: Int) -> Bool {
        // Mostly it is one of the last.
        for range in ranges.reversed() where range.lowerBound <= drop { return drop <= range.upperBound }
        return false
    }

    package mutating func insert(_ drop: Int) { insert(drop...drop) }

    /// Adds all numbers of a range.
    package mutating func insert(_ added: ClosedRange<Int>) {
        var first = ranges.count
        while first > 0, ranges[first - 1].upperBound >= added.lowerBound - 1 { first -= 1 }
        var last = first
        var whole = added
        while last < ranges.count, ranges[last].lowerBound <= whole.upperBound + 1 {
            whole = min(whole.lowerBound, ranges[last].lowerBound)...max(whole.upperBound, ranges[last].upperBound)
            last += 1
        }
        ranges.replaceSubrange(first..<last, with: [whole])
    }

    /// Every number up to the last one that was given is done with, but these.
    package mutating func settle(through last: Int, besides open: some Sequence<Int>) {
        var next = 1
        for drop in Set(open).sorted() where drop >= next && drop <= last {
            if drop > next { insert(next...(drop - 1)) }
            next = drop + 1
        }
        if next <= last { insert(next...last) }
    }

    /// The first number that is in no range.
    package var firstMissing: Int {
        guard let first = ranges.first, first.lowerBound <= 1 else { return 1 }
        return first.upperBound + 1
    }
}

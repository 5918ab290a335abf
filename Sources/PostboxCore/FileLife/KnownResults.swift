/// Which results a drop's values were made of, in the moment when they were looked up: what was accepted since then stands against
/// sending them, and nothing else does.
///
/// A drop of last accepted values is a look back. It may wait, or go on after a restart, while other drops have newer values accepted for
/// the same RICs, whatever their age is. Those it must not replace.
package struct KnownResults: Sendable, Equatable, Codable {
    /// The highest number that a drop had.
    package var through: Int
    /// Drops up to that number that were not finished, or were about to be made: how many bytes of their results were known.
    package var besides: [Int: Int]
    /// When it was: microseconds since 1970.
    package var at: Int64

    package init(through: Int, besides: [Int: Int], at: Int64) {
        self.through = through
        self.besides = besides
        self.at = at
    }

    /// Where in a drop's result begins what is not known; nil: all of it is known.
    package func firstUnknown(of drop: Int) -> Int? { drop > through ? 0 : besides[drop] }

    /// Drops that may have something accepted that is not known ended at that time at the earliest, microseconds since 1970: clocks are
    /// set, by a day at most.
    package var endedSince: Int64 { at - 86_400_000_000 }
}

/// Where a drop stands among others: which of two holds the newer values, and which goes first.
///
/// The two differ where a rule gives priority: an urgent file goes before an older one, whose values stay the older ones.
package struct DropPlace: Sendable, Equatable, Hashable {
    /// The drop's number.
    package var drop: Int
    /// How old its values are: microseconds since 1970. The file's arrival, but never less than that of a file claimed before it
    /// under the same priority.
    package var age: Int64
    /// Higher goes first.
    package var priority: Int

    package init(drop: Int, age: Int64 = 0, priority: Int = 0) {
        self.drop = drop
        self.age = age
        self.priority = priority
    }

    /// Its values are newer than the other's.
    package func isNewer(than other: DropPlace) -> Bool { (age, drop) > (other.age, other.drop) }

    /// Its rows go first.
    package func goesBefore(_ other: DropPlace) -> Bool {
        priority != other.priority ? priority > other.priority : other.isNewer(than: self)
    }
}

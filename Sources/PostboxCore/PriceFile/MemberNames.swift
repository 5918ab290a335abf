/// Names of what the first rows of a document have at their top, for words about a column that none of them has: a reader of paths knows
/// no columns but those that a rule names.
struct MemberNames: Sendable {
    /// In the order in which they came.
    private(set) var names: [String] = []
    private var rows = 0

    /// So many are told.
    static let most = 20
    private static let rowsMax = 100

    /// Whether the names of the row at hand, which is whole, are noted.
    mutating func beginRow() -> Bool {
        guard rows < Self.rowsMax, names.count <= Self.most else { return false }
        rows += 1
        return true
    }

    mutating func note(_ name: String) {
        // One more shows that these are not all.
        if names.count <= Self.most, !names.contains(name) { names.append(name) }
    }
}

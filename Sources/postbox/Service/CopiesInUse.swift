/// Which copies of configurations, tables or dictionaries must stay besides those of drops whose files are kept: what is in force, what
/// drops in work were claimed with, and what came into use since the ledger was last asked for those drops.
///
/// Whoever removes copies begins with `forget`, asks the ledger, and removes then: a drop that is claimed and closed in between is in
/// neither of what both told, and its copies are recent.
struct CopiesInUse: Sendable {
    private var recent: Set<String> = []

    /// These came into use.
    mutating func use(_ hashes: some Sequence<String>) { recent.formUnion(hashes) }

    /// The ledger is asked from now on.
    mutating func forget() { recent = [] }

    /// With those that are in use now.
    func needed(_ now: Set<String>) -> Set<String> { recent.union(now) }
}

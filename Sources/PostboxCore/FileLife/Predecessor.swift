/// The last drop of a name or of a rule of which a row was or may have been sent: what a new file may be the same as.
///
/// A drop that is open counts, also one that has not sent anything yet: it will, and then the new file is no repetition of what
/// was before it.
package struct Predecessor: Sendable, Equatable {
    package var drop: Int
    /// nil: it is open.
    package var verdict: Verdict?
    /// In hexadecimal.
    package var sha256: String
    /// Bytes.
    package var size: Int
    /// Microseconds since 1970.
    package var settledAt: Int64
    /// Where its rows went.
    package var destinations: [String]
    /// Where somebody has withdrawn what it said.
    package var withdrawnAt: Set<String>

    package init(
        drop: Int, verdict: Verdict?, sha256: String, size: Int, settledAt: Int64, destinations: [String],
        withdrawnAt: Set<String> = []
    ) {
        self.drop = drop
        self.verdict = verdict
        self.sha256 = sha256
        self.size = size
        self.settledAt = settledAt
        self.destinations = destinations
        self.withdrawnAt = withdrawnAt
    }

    /// Whether a file with this content says again what the servers hold by this drop: it has the same content, went to all of
    /// these destinations, ended `done`, and did so not before `since` (microseconds since 1970). What failed, was refused or cancelled, or is still in work may be
    /// dropped again as it is, and so may what was withdrawn at one of them: it holds there no more.
    package func isRepeated(bySHA256 sha256: String, size: Int, at destinations: [String], since: Int64) -> Bool {
        verdict == .done && Set(destinations).isSubset(of: self.destinations) && self.sha256 == sha256
            && self.size == size && settledAt >= since && withdrawnAt.isDisjoint(with: destinations)
    }
}

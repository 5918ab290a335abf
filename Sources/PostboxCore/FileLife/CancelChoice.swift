/// Which file somebody means who wants to cancel one by its name. Never a guess: a corrected file often has the name of the wrong
/// one.
package enum CancelChoice: Equatable, Sendable {
    /// It is in work.
    case drop(Int)
    /// It lies in the inbox.
    case file
    /// Several have that name: these drops, and perhaps one in the inbox.
    case ambiguous([Int], isInInbox: Bool)
    case unknown

    /// `open`: unfinished drops of that name.
    package init(open: [Int], isInInbox: Bool) {
        switch (open.count, isInInbox) {
        case (0, false): self = .unknown
        case (0, true): self = .file
        case (1, false): self = .drop(open[0])
        default: self = .ambiguous(open.sorted(), isInInbox: isInInbox)
        }
    }
}

/// What Postbox made a drop for: nobody dropped it, and it is no news that it came. Stable words of the control socket.
package enum MadeFor: String, Sendable, Equatable, CaseIterable {
    case withdrawal
    case republication
    /// Rows of a finished file are sent again.
    case resend
    /// A refused file is tried again.
    case retry
    /// Rows that checks held, while the others went.
    case heldRows = "held_rows"

    /// - Parameters:
    ///   - isMade: Postbox made the drop; else somebody dropped it, and this is nil.
    ///   - act: what a person asked for; nil: nobody asked.
    package init?(isMade: Bool, act: String?) {
        guard isMade else { return nil }
        self =
            switch act.flatMap(DeskVerb.init(rawValue:)) {
            case .withdraw: .withdrawal
            case .republish: .republication
            case .resend: .resend
            case .retry: .retry
            case .release, .refuse, .cancel, .hold, .resume, .noAction, nil: .heldRows
            }
    }

    /// In a list, beside its name.
    package var words: String {
        switch self {
        case .withdrawal: "a withdrawal"
        case .republication: "a republication"
        case .resend: "rows sent again"
        case .retry: "a file tried again"
        case .heldRows: "rows that were held"
        }
    }
}

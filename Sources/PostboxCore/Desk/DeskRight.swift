/// What somebody may do over TCP: `may` of a user.
package enum DeskRight: String, Sendable, Equatable, CaseIterable {
    /// See everything.
    case read
    /// Cancel, hold and resume; have alerts and mute them.
    case stop
    /// Release and refuse what is held; sign off a day.
    case release
    /// Resend, retry, withdraw, republish, and say that nothing is to be done.
    case correct
    /// Have the configuration loaded anew.
    case configure
    /// See the metrics, and nothing else.
    case metrics

    /// With all that goes with them: who acts has to see what he does.
    package static func whole(_ rights: Set<DeskRight>) -> Set<DeskRight> {
        rights.subtracting([.metrics]).isEmpty ? rights : rights.union([.read, .metrics])
    }

    /// Each thing that it allows, as it stands behind `may`; the article Settings lists them.
    package var acts: [String] {
        let verbs = DeskVerb.allCases.filter { $0.right == self }.map(\.words)
        let others: [String] =
            switch self {
            case .read: ["see this"]
            case .stop: ["have alerts", "mute them"]
            case .release: ["sign off a day"]
            case .correct: []
            case .configure: ["change the configuration"]
            case .metrics: ["see the metrics"]
            }
        return verbs + others
    }

    /// For people: `may not release, refuse or sign off a day`.
    package var words: String {
        (acts.count > 1 ? acts.dropLast().joined(separator: ", ") + " or " : "") + (acts.last ?? "")
    }
}

extension DeskVerb {
    /// What somebody has to be allowed who asks for it.
    package var right: DeskRight {
        switch self {
        case .cancel, .hold, .resume: .stop
        case .release, .refuse: .release
        case .retry, .resend, .republish, .withdraw, .noAction: .correct
        }
    }

    /// As it stands behind `may`.
    fileprivate var words: String { self == .noAction ? "say that nothing is to be done" : rawValue }
}

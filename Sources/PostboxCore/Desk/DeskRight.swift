/// What somebody may do over TCP: `may` of a user.
package enum DeskRight: String, Sendable, Equatable, CaseIterable {
    /// See everything.
    case read
    /// Cancel, hold and resume.
    case stop
    /// Release and refuse what is held.
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

    /// For people: `may not release`.
    package var words: String {
        switch self {
        case .read: "see this"
        case .stop: "cancel, hold or resume"
        case .release: "release or refuse"
        case .correct: "resend, retry, withdraw, republish, or say that nothing is to be done"
        case .configure: "change the configuration"
        case .metrics: "see the metrics"
        }
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
}

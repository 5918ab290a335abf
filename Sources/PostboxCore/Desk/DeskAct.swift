/// What a person asks the service to do with a drop.
package enum DeskAct: Sendable, Equatable {
    /// Send what is held; rows that are left out end unsent.
    case release(drop: Int, RowChoice, why: String? = nil)
    /// End a held drop without sending it.
    case refuse(drop: Int, why: String)
    /// Contribute a refused file again, under today's rules.
    case retry(drop: Int, why: String?)
    /// Send rows of a finished drop again that ended so. `force`: as if they were new, and not as old as they are.
    case resend(drop: Int, outcomes: Set<PostOutcome>, why: String?, force: Bool)
    /// Nothing more is to be done about a drop that did not end well.
    case noAction(drop: Int, why: String)

    package var drop: Int {
        switch self {
        case .release(let drop, _, _), .refuse(let drop, _), .retry(let drop, _), .resend(let drop, _, _, _),
            .noAction(let drop, _):
            drop
        }
    }

    /// Its word in the log and in the address that it is asked for at.
    package var verb: DeskVerb {
        switch self {
        case .release: .release
        case .refuse: .refuse
        case .retry: .retry
        case .resend: .resend
        case .noAction: .noAction
        }
    }

    /// Why, in the person's own words.
    package var why: String? {
        switch self {
        case .release(_, _, let why): why
        case .refuse(_, let why), .noAction(_, let why): why
        case .retry(_, let why), .resend(_, _, let why, _): why
        }
    }

    /// What rows it is about, for people; empty where it is about the whole file.
    package var rows: String {
        switch self {
        case .release(_, let rows, _): rows == .all ? "" : rows.words
        case .refuse, .retry, .noAction: ""
        case .resend(_, let outcomes, _, let force):
            PostOutcome.allCases.filter { outcomes.contains($0) }.map(\.word).joined(separator: ",")
                + (force ? " as new" : "")
        }
    }

    /// What is sent again unless it is said: what may not have arrived.
    package static let resent: Set<PostOutcome> = [.nacked, .unknown, .unsent]
}

/// A word for what can be done with a drop.
package enum DeskVerb: String, Sendable, Equatable, CaseIterable {
    case release, refuse, retry, resend, cancel, hold, resume
    case noAction = "no-action"
}

/// What became of an act.
package enum DeskAnswer: Sendable, Equatable {
    /// It is done. `text`: what happened, for people. `facts`: counts by stable words, such as `released`, `left_out`, `overtaken`.
    /// `drop`: the new one, or the one it was about.
    case done(text: String, facts: [String: Int], drop: Int?)
    /// A second person is needed, and has been asked for.
    case proposed(text: String)
    /// It is not done. `text`: why, and what to do.
    case refused(Refusal, text: String)

    /// Why an act is not done: stable words of the control socket.
    package enum Refusal: String, Sendable, Equatable, CaseIterable {
        case unknownDrop = "unknown_drop"
        case wrongStage = "wrong_stage"
        case notAllowed = "not_allowed"
        case needsWhy = "needs_why"
        case unavailable
        /// The configuration is wrong, or cannot come into force while the service runs.
        case badConfiguration = "bad_configuration"
    }
}

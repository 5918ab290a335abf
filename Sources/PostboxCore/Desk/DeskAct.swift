/// What a person asks the service to do.
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
    /// Post last accepted values again.
    case republish(Republication)
    /// Post what was there before in the place of wrong values.
    case withdraw(Withdrawal)

    /// The drop that it is about; nil: it is about more than one.
    package var drop: Int? {
        switch self {
        case .release(let drop, _, _), .refuse(let drop, _), .retry(let drop, _), .resend(let drop, _, _, _),
            .noAction(let drop, _):
            drop
        case .republish: nil
        case .withdraw(let withdrawal): withdrawal.drop
        }
    }

    /// What it is about, where that is no drop; nil: it is a drop.
    package var subject: String? {
        switch self {
        case .release, .refuse, .retry, .resend, .noAction: nil
        case .republish(let republication): "the destination \(republication.destination)"
        case .withdraw(let withdrawal): withdrawal.drop == nil ? withdrawal.subject : nil
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
        case .republish: .republish
        case .withdraw: .withdraw
        }
    }

    /// Why, in the person's own words.
    package var why: String? {
        switch self {
        case .release(_, _, let why): why
        case .refuse(_, let why), .noAction(_, let why): why
        case .retry(_, let why), .resend(_, _, let why, _): why
        case .republish(let republication): republication.why
        case .withdraw(let withdrawal): withdrawal.why
        }
    }

    /// Only what would be done is asked for: a look, and no act.
    package var isPreview: Bool {
        switch self {
        case .republish(let republication): republication.isPreview
        case .withdraw(let withdrawal): withdrawal.isPreview
        case .release, .refuse, .retry, .resend, .noAction: false
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
        case .republish(let republication): republication.words
        case .withdraw(let withdrawal): withdrawal.words
        }
    }

    /// What is sent again unless it is said: what may not have arrived.
    package static let resent: Set<PostOutcome> = [.nacked, .unknown, .unsent]
}

/// A server lost what it had: the last accepted values are posted there again.
package struct Republication: Sendable, Equatable {
    package var destination: String
    /// nil: all of the destination's.
    package var service: String?
    /// A rule's `match`: only RICs of which a value came under it. nil: all.
    package var rule: String?
    package var why: String?
    /// Only what would be posted is told.
    package var isPreview: Bool

    package init(
        destination: String, service: String? = nil, rule: String? = nil, why: String? = nil, isPreview: Bool = false
    ) {
        self.destination = destination
        self.service = service
        self.rule = rule
        self.why = why
        self.isPreview = isPreview
    }

    /// What is left of everything, for people; empty: everything is meant.
    package var words: String {
        [service.map { "service \($0)" }, rule.map { "rule \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }
}

/// Wrong prices went out: what was there before is posted in their place.
package struct Withdrawal: Sendable, Equatable {
    /// What went wrong.
    package enum Subject: Sendable, Equatable {
        case drop(Int)
        /// Every file of a rule, by its `match`, that was claimed since then: microseconds since 1970.
        case rule(String, since: Int64)
    }

    package var what: Subject
    package var why: String?
    /// Fields that had no value before are blanked.
    package var blanks: Bool
    /// Only what would be posted is told.
    package var isPreview: Bool

    package init(_ what: Subject, why: String? = nil, blanks: Bool = false, isPreview: Bool = false) {
        self.what = what
        self.why = why
        self.blanks = blanks
        self.isPreview = isPreview
    }

    /// nil: files of a rule are meant.
    package var drop: Int? { if case .drop(let drop) = what { drop } else { nil } }

    /// For people: `files of eod_*.csv since 2026-11-29T08:00:00.000000Z`.
    package var subject: String {
        switch what {
        case .drop(let drop): "drop \(drop)"
        case .rule(let rule, let since): "files of \(rule) since \(TimeText.text(since))"
        }
    }

    /// What is done besides, for people.
    package var words: String { blanks ? "fields without a value before are blanked" : "" }
}

/// A word for what can be done.
package enum DeskVerb: String, Sendable, Equatable, CaseIterable {
    case release, refuse, retry, resend, cancel, hold, resume, republish, withdraw
    case noAction = "no-action"

    /// It is done with one drop, at `/drops/N/VERB`.
    package var isOfOneDrop: Bool { self != .republish }
}

/// What became of an act.
package enum DeskAnswer: Sendable, Equatable {
    /// It is done. `text`: what happened, for people. `facts`: counts by stable words, such as `released`, `left_out`, `overtaken`.
    /// `drop`: the new one, or the one it was about.
    case done(text: String, facts: [String: Int], drop: Int?)
    /// Nothing is done: this is what would be. `examples`: the first of the values.
    case shown(text: String, facts: [String: Int], examples: [ReplacedValue])
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

/// The Login stream of one connection: from the request to the day it is closed (The wire §2).
///
/// A machine: it sees messages and time, and says what to do. It lives as long as one connection.
package struct LoginStream: Sendable {
    /// What the server allows on this login.
    package struct Limits: Sendable, Equatable {
        /// Bytes of a whole message; 61430 when not told (The wire §2.2).
        package var maxMsgSize: Int
        /// Nanoseconds.
        package var pingTimeout: Int64
        /// Posts a second; nil: not told.
        package var maxMessagesPerSecond: Int?

        package init(maxMsgSize: Int = 61430, pingTimeout: Int64 = 60_000_000_000, maxMessagesPerSecond: Int? = nil) {
            self.maxMsgSize = maxMsgSize
            self.pingTimeout = pingTimeout
            self.maxMessagesPerSecond = maxMessagesPerSecond
        }
    }

    /// How soon another try makes sense.
    package enum Retry: Sendable, Equatable {
        /// With the usual back-off: "System busy" is normal (The wire §2.3).
        case soon
        /// A minute at least: a limit was hit, or an administrator was at work.
        case slow
        /// The server refuses this user or set-up: a minute at least, and people are told.
        case refused
    }

    package enum Action: Sendable, Equatable {
        case none
        case sendLogin
        /// Posts may go.
        case opened(Limits)
        /// No new posts until `resumed`; the connection stays.
        case paused(String)
        case resumed
        /// The connection is of no more use.
        case close(Retry, String)
    }

    enum State: Sendable, Equatable {
        /// Goes to: waiting.
        case idle
        /// The request is out. Goes to: open, suspended, ended.
        case waiting(until: Int64)
        /// Goes to: suspended, ended.
        case open
        /// `Open/Suspect`: the stream survives, what lies behind it is impaired. Goes to: open, ended.
        case suspended(until: Int64)
        case ended
    }

    private(set) var state: State = .idle
    private let profile: Destination.Profile
    private let loginTimeout: Int64
    private let suspectMax: Int64
    private var wasOpen = false
    /// What a Refresh told whose state was not yet Open/Ok.
    private var told: LoginRefresh?

    /// Times in nanoseconds: how long an answer to the login may take, and how long `Open/Suspect` may last.
    package init(
        profile: Destination.Profile, loginTimeout: Int64 = 15_000_000_000, suspectMax: Int64 = 120_000_000_000
    ) {
        self.profile = profile
        self.loginTimeout = loginTimeout
        self.suspectMax = suspectMax
    }

    package var isOpen: Bool { state == .open }

    package mutating func connected(at now: Int64) -> Action {
        precondition(state == .idle, "a connection logs in once")
        state = .waiting(until: now + loginTimeout)
        return .sendLogin
    }

    package mutating func received(_ refresh: LoginRefresh, at now: Int64) -> Action {
        guard refresh.state.isOpenOk else {
            if !wasOpen { told = refresh }
            return received(refresh.state, at: now)
        }
        switch state {
        case .waiting, .suspended, .open:
            if refresh.supportOMMPost == 0 {
                return end(
                    .refused, "the server takes no posts: its login says SupportOMMPost 0; ask for a server that does")
            }
            let wasPaused = wasOpen && !isOpen
            let isFirst = !wasOpen
            state = .open
            wasOpen = true
            guard isFirst else { return wasPaused ? .resumed : .none }
            // RCC says nothing about pings but cuts after three missed ones, 20 s apart (The wire §6).
            let timeout = refresh.pingTimeout.map { Int64(min(max(1, $0), 86_400)) * 1_000_000_000 } ?? 60_000_000_000
            // Numbers beyond all sense are cut: memory and times are made of them.
            return .opened(
                Limits(
                    maxMsgSize: refresh.maxMsgSize.flatMap { $0 > 0 ? min($0, 1 << 30) : nil } ?? 61430,
                    pingTimeout: timeout,
                    maxMessagesPerSecond: refresh.maxMessagesPerSecond.map { min(max(1, $0), 1_000_000) }))
        case .idle, .ended:
            return .none
        }
    }

    package mutating func received(_ status: StreamState, at now: Int64) -> Action {
        switch (state, status.stream) {
        case (.idle, _), (.ended, _):
            return .none
        case (.waiting, "Open") where !status.isOpenOk:
            // Accepted, but the upstream is not well: posts wait for Open/Ok.
            state = .suspended(until: now + suspectMax)
            return .paused(status.words)
        case (_, "Open") where status.isOpenOk:
            guard case .suspended = state else { return .none }
            if wasOpen {
                state = .open
                return .resumed
            }
            guard var refresh = told else { return .none }
            refresh.state = status
            return received(refresh, at: now)
        case (_, "Open"):
            if case .suspended = state { return .none }
            state = .suspended(until: now + suspectMax)
            return .paused(status.words)
        default:
            var retry = Self.retry(status)
            // A token has ended that was good before: the next login brings a new one, and waits if that is refused too.
            if wasOpen, profile == .rcc, retry == .refused { retry = .soon }
            return end(retry, "login \(wasOpen ? "ended" : "refused") by the server: \(status.words)")
        }
    }

    package mutating func timePassed(to now: Int64) -> Action {
        switch state {
        case .waiting(let until) where until <= now:
            return end(.soon, "the server did not answer the login within \(loginTimeout / 1_000_000_000) s")
        case .suspended(let until) where until <= now:
            return end(.soon, "the server's login stayed Open/Suspect for \(suspectMax / 1_000_000_000) s")
        default:
            return .none
        }
    }

    /// Nanoseconds; nil: nothing falls due.
    package var nextDeadline: Int64? {
        switch state {
        case .waiting(let until), .suspended(let until): until
        default: nil
        }
    }

    private mutating func end(_ retry: Retry, _ text: String) -> Action {
        state = .ended
        return .close(retry, text)
    }

    /// What to do about each code of a state (The wire §2.4).
    private static func retry(_ status: StreamState) -> Retry {
        switch status.code {
        case "", "Timeout", "NoResources", "Error", "DacsDown", "NotOpen", "FailoverStarted", "FailoverCompleted":
            .soon
        case "UserUnknownToPermSys", "UserAccessToAppDenied", "AppAuthorizationFailed", "InvalidArgument":
            .refused
        case "NotEntitled":
            // A forced logout may be lifted again; a missing entitlement will not heal by trying.
            status.text.lowercased().contains("force logout") ? .slow : .refused
        case "UsageError":
            status.text.lowercased().contains("pending") ? .slow : .refused
        default:
            .slow
        }
    }
}

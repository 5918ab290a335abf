/// Which of a destination's servers is tried next, and after which pause.
///
/// The servers are tried in the order of the configuration, each round after a pause that grows. A session that was open and
/// ended goes on with the next server after a short one.
package struct ServerRotation: Sendable {
    /// How a session, or the try to begin one, ended.
    package struct End: Sendable, Equatable {
        package var retry: LoginStream.Retry
        /// Why, in a sentence's part.
        package var text: String
        /// The server had accepted the login.
        package var wasOpen: Bool

        package init(retry: LoginStream.Retry, text: String, wasOpen: Bool) {
            self.retry = retry
            self.text = text
            self.wasOpen = wasOpen
        }
    }

    /// What comes before the next try.
    package struct Pause: Sendable, Equatable {
        /// Nanoseconds; 0: none.
        package var length: Int64
        /// How the destination stands meanwhile.
        package var state: LaneState
    }

    /// Nanoseconds before another try where the server refuses this user or set-up, or wants us to wait.
    package static let refusedPause: Int64 = 60_000_000_000
    /// Nanoseconds between two looks whether the first server is well again.
    package static let failbackInterval: Int64 = 5_000_000_000
    /// Nanoseconds within which a session that ended with its token is opened anew at once only once: somebody else may be
    /// signing on with the same machine ID.
    private static let renewalInterval: Int64 = 60_000_000_000

    private let urls: [Destination.URL]
    private let hasToken: Bool
    private let failback: Bool
    private let backoff: ReconnectBackoff
    private var index = 0
    /// The server ended the last login: its credentials are not used again where others can be had.
    package var wereRefused = false
    /// Ends since a session was open, that one counted.
    private var tries = 0
    /// When a session that had ended with its token was last opened anew without a pause.
    private var renewedAt: Int64?

    package init(
        _ destination: Destination,
        backoff: ReconnectBackoff = ReconnectBackoff(first: .seconds(1), most: .seconds(30))
    ) {
        urls = destination.urls
        hasToken = destination.token != nil
        failback = destination.failback
        self.backoff = backoff
    }

    /// The server to try now.
    package var url: Destination.URL { urls[index % urls.count] }

    /// The server that comes before all others.
    package var first: Destination.URL { urls[0] }

    /// While another server is connected it is looked whether the first one is well again.
    package var looksBack: Bool { failback && url != first }

    /// The first server is well again: it is the next.
    package mutating func goBack() { index = -1 }

    /// A session, or the try to begin one, has ended. `jitter` from 0 to 1 picks from the pause's upper half.
    package mutating func ended(_ end: End, at now: Int64, jitter: Double) -> Pause {
        var retry = end.retry
        // A token has run out that was good before: a new one is to be had at once, but not time after time.
        if retry == .refused, hasToken, end.wasOpen, mayRenew(now) { retry = .soon }
        tries = end.wasOpen ? 1 : tries + 1
        index += 1
        switch retry {
        case .soon:
            // The other servers are tried at once, the round after a pause.
            let isRoundOver = index % urls.count == 0
            let length =
                isRoundOver || end.wasOpen
                ? backoff.delay(attempt: max(1, tries / urls.count), jitter: jitter) : 0
            return Pause(length: length, state: .connecting(end.text))
        case .slow, .refused:
            return Pause(length: Self.refusedPause, state: .refused(end.text))
        }
    }

    private mutating func mayRenew(_ now: Int64) -> Bool {
        if let renewedAt, now - renewedAt < Self.renewalInterval { return false }
        renewedAt = now
        return true
    }
}

/// Keeps a connection alive and notices when the other side is gone (The wire §6, What servers do §2.7).
///
/// Our own Ping goes out after a third of the ping timeout without a byte from the server; a server that stays silent for
/// the whole timeout is given up.
package struct KeepAlive: Sendable {
    package enum Action: Sendable, Equatable {
        case none
        case sendPing
        case giveUp
    }

    private var timeout: Int64
    private var lastReceived: Int64
    private var lastPing: Int64

    /// `timeout` in nanoseconds.
    package init(timeout: Int64, now: Int64) {
        self.timeout = timeout
        lastReceived = now
        lastPing = now
    }

    /// When the last byte came, in nanoseconds.
    package var heardAt: Int64 { lastReceived }

    /// The login told another timeout, in nanoseconds.
    package mutating func set(timeout: Int64) {
        self.timeout = timeout
    }

    package mutating func received(at now: Int64) {
        lastReceived = now
    }

    package mutating func timePassed(to now: Int64) -> Action {
        if now - lastReceived >= timeout { return .giveUp }
        if now - max(lastReceived, lastPing) >= timeout / 3 {
            lastPing = now
            return .sendPing
        }
        return .none
    }

    /// Nanoseconds.
    package var nextDeadline: Int64 {
        min(lastReceived + timeout, max(lastReceived, lastPing) + timeout / 3)
    }
}

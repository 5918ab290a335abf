/// How a destination stands, for whoever decides whether to claim files for it.
package enum LaneState: Sendable, Equatable {
    /// Not logged in; why, as far as it is known.
    case connecting(String)
    /// Logged in: posts may go.
    case ready
    /// Logged in, but nothing new may go; why.
    case paused(String)
    /// The server does not want us; why. Tried again at long intervals.
    case refused(String)
    case stopped

    /// Nothing is known yet.
    package static let untried = LaneState.connecting("no answer yet")
}

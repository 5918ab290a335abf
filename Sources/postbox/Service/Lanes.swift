internal import Logging
internal import NIOCore
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// The destinations that are served: a lane each. They come and go with the configuration.
final class Lanes: Sendable {
    private let lanes: Mutex<[String: PostingLane]>

    init(_ lanes: [String: PostingLane] = [:]) { self.lanes = Mutex(lanes) }

    /// The lane of a destination; nil: it is not served.
    subscript(name: String) -> PostingLane? { lanes.withLock { $0[name] } }

    /// All of them, by destination.
    var all: [String: PostingLane] { lanes.withLock { $0 } }

    /// A destination is served from now on; nil: it is no longer.
    func set(_ name: String, _ lane: PostingLane?) { lanes.withLock { $0[name] = lane } }
}

/// Makes lanes: what they all work with.
struct LaneMaker: Sendable {
    let group: any EventLoopGroup
    let logger: Logger
    let environment: [String: String]
    let trace: Trace?
    let alerts: Alerts

    /// The lane of a destination, which does not log in yet, and what its logins are had with.
    func make(_ destination: Destination) -> (lane: PostingLane, credentials: Credentials) {
        let own = credentials(for: destination)
        let lane = PostingLane(
            destination: destination, eventLoop: group.next(), logger: logger, environment: environment, trace: trace,
            credentials: own.source, alert: { [alerts] in alerts.send($0) })
        return (lane, own)
    }

    /// What a destination's logins are had with; tells the desk where nothing is posted, and where its server could be anybody.
    func credentials(for destination: Destination) -> Credentials {
        if destination.rehearses {
            alerts.send(
                Alert(
                    event: .rehearsing, isError: false,
                    message:
                        "\(destination.name) only rehearses (`rehearse: true`): it logs in, files are checked, and nothing is posted there",
                    facts: ["destination": destination.name]))
        }
        if !destination.tls.verify {
            alerts.send(
                Alert(
                    event: .tlsNotVerified, isError: false,
                    message:
                        "TLS certificates of \(destination.name) are not verified: anybody can pose as that server",
                    facts: ["destination": destination.name]))
        }
        return Credentials(for: destination, logger: logger)
    }
}

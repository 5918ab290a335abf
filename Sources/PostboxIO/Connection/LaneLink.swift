internal import Logging
internal import NIOCore
internal import PostboxCore

/// One connection of a lane. A class, so that looking at it copies nothing; it never leaves the lane.
final class LaneLink {
    let number: Int
    let url: Destination.URL
    let channel: any Channel
    var login: LoginStream
    var keepAlive: KeepAlive
    var assembler = MessageAssembler()
    /// The beginning of a frame whose end is still to come.
    var rest = ByteBuffer()
    /// PostIDs of plain Acks that were read and not yet told to the machine.
    var acks: [UInt32] = []
    /// The name that the server's login gave it.
    var applicationName: String?
    /// New credentials that wait until a post that goes alone has its answer.
    var credentials: OutboundMessage.Credentials?
    var directory = ServiceDirectory()
    /// How it ended, as soon as it is over.
    private var ended: ServerRotation.End?
    private var waiter: CheckedContinuation<ServerRotation.End, Never>?

    init(number: Int, url: Destination.URL, channel: any Channel, profile: Destination.Profile, now: Int64) {
        self.number = number
        self.url = url
        self.channel = channel
        login = LoginStream(profile: profile)
        keepAlive = KeepAlive(timeout: LoginStream.Limits().pingTimeout, now: now)
    }

    /// Resumes the continuation when the connection is over; at once when it is already.
    func whenOver(_ continuation: CheckedContinuation<ServerRotation.End, Never>) {
        if let ended { continuation.resume(returning: ended) } else { waiter = continuation }
    }

    /// The connection is over; to be told once.
    func end(_ end: ServerRotation.End) {
        ended = end
        waiter?.resume(returning: end)
        waiter = nil
    }
}

/// Who waits for something that happens on a lane.
struct LaneWaiters {
    typealias Turn = CheckedContinuation<LaneOrder.Turn, Never>
    typealias Commit = CheckedContinuation<Bool, Never>

    /// By drop.
    var turns: [Int: Turn] = [:]
    var commits: [Int: Commit] = [:]
    /// What is stored of rows that are read back, by ticket.
    var readBacks: [Int: CheckedContinuation<[StoredRow], Never>] = [:]
    /// The end of a stop's wait for answers.
    var drained: CheckedContinuation<Void, Never>?
    /// The end of the pause before the next connection.
    var pause: CheckedContinuation<Void, Never>?
    /// The services that the server has; nil: it does not say.
    var directory: CheckedContinuation<[String: Bool]?, Never>?

    mutating func wake(_ wakes: [LaneMachine.Wake]) {
        for wake in wakes {
            switch wake {
            case .turn(let drop, let turn): turns.removeValue(forKey: drop)?.resume(returning: turn)
            case .commit(let drop, let isAllowed): commits.removeValue(forKey: drop)?.resume(returning: isAllowed)
            }
        }
    }

    mutating func endDrain() {
        drained?.resume()
        drained = nil
    }

    mutating func endPause() {
        pause?.resume()
        pause = nil
    }

    mutating func endDirectory(_ services: [String: Bool]?) {
        directory?.resume(returning: services)
        directory = nil
    }
}

/// What a lane works with.
struct LaneSurroundings: Sendable {
    let eventLoop: any EventLoop
    let logger: Logger
    let environment: [String: String]
    let trace: Trace?
    let alert: @Sendable (Alert) -> Void
}

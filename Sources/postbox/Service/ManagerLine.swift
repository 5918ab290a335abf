internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Tells the service manager how the service is. Belongs to the service's loop: when that hangs, nothing more is told.
struct ManagerLine {
    /// What a stop needs besides the wait for answers: alerts that are told at last, files that are closed.
    private static let stopMargin: Duration = .seconds(30)

    private var talk: ManagerTalk
    private let socket: DatagramSocket
    private let logger: Logger
    /// It was said that messages do not go.
    private var isFailing = false

    /// nil: no manager asked to be told.
    init?(environment: [String: String], logger: Logger) {
        guard let talk = ManagerTalk(environment: environment, process: getpid()) else { return nil }
        self.talk = talk
        socket = DatagramSocket(talk.address)
        self.logger = logger
    }

    /// When there is something to tell although nothing happens; nil: never.
    var nextDeadline: Int64? { talk.nextDeadline }

    /// The service is up.
    mutating func started(_ standing: ServiceStanding) {
        talk.started(at: Clock.monotonic())
        tell(standing)
    }

    /// The configuration is loaded anew.
    mutating func reloading(_ standing: ServiceStanding) {
        talk.reloading(at: Clock.monotonic())
        tell(standing)
    }

    /// That is over.
    mutating func reloaded(_ standing: ServiceStanding) {
        talk.reloaded()
        tell(standing)
    }

    /// The service stops, and waits for answers for that long.
    mutating func stopping(_ standing: ServiceStanding, drain: Duration) {
        talk.stopping(within: drain + Self.stopMargin)
        tell(standing)
    }

    /// The loop has done something: tells what is due.
    mutating func tell(_ standing: ServiceStanding) {
        let now = Clock.monotonic()
        guard let message = talk.message(standing, at: now) else { return }
        do throws(DatagramSocket.Fault) {
            try socket.send(message.utf8)
            talk.sent(true, at: now)
            isFailing = false
        } catch {
            talk.sent(false, at: now)
            guard !isFailing else { return }
            isFailing = true
            logger.warning(
                "the service manager cannot be told how the service is, which is tried again: \(error)",
                metadata: ["event": .event(.managerFault)])
        }
    }
}

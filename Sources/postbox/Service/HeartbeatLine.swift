internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Tells a watcher elsewhere that the service lives. Belongs to the service's loop: when that hangs, nothing more is told.
struct HeartbeatLine {
    private struct State {
        var isSending = false
        var isFailing = false
    }

    /// What outlives a turn of the loop.
    private final class Sending: Sendable {
        let state = Mutex(State())
    }

    private var clock: HeartbeatClock
    private let client: WebhookClient
    private let logger: Logger
    private let sending = Sending()

    init(_ rule: HeartbeatRule, logger: Logger) {
        clock = HeartbeatClock(every: rule.every)
        client = WebhookClient(url: rule.url, caFile: rule.caFile, key: "heartbeat", timeout: 10)
        self.logger = logger
    }

    /// When the next one is due, in nanoseconds of the monotonic clock.
    var nextDeadline: Int64? { clock.nextDeadline }

    /// The loop has done something. One request at a time: who answers slowly gets fewer.
    mutating func turn() {
        guard clock.isDue(at: Clock.monotonic()), sending.state.withLock({ begin(&$0) }) else { return }
        Task(priority: .background) { [client, logger, sending] in
            let why: String?
            switch await client.ask() {
            case .status(200..<300, _): why = nil
            case .status(let status, _): why = "it answers HTTP \(status)"
            case .nothing(let text): why = text
            }
            let isNew = sending.state.withLock { state in
                defer { (state.isSending, state.isFailing) = (false, why != nil) }
                return state.isFailing != (why != nil)
            }
            guard isNew else { return }
            if let why {
                logger.warning(
                    "the heartbeat does not reach \(client.host), which is tried again: \(why)",
                    metadata: ["event": .event(.heartbeatFailed), "host": "\(client.host)", "reason": "\(why)"])
            } else {
                logger.notice(
                    "the heartbeat reaches \(client.host) again",
                    metadata: ["event": .event(.heartbeatWorks), "host": "\(client.host)"])
            }
        }
    }

    private func begin(_ state: inout State) -> Bool {
        defer { state.isSending = true }
        return !state.isSending
    }
}

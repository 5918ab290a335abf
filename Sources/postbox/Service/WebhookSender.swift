internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Posts alerts to the site's webhook, one after the other, until each has arrived. Whoever has an alert only leaves it here.
final class WebhookSender: Sendable {
    private struct State {
        var queue = AlertQueue<AlertMessage>()
        var isRunning = false
        var isEnding = false
    }

    private let client: WebhookClient
    private let template: AlertWebhook.Template
    private let logger: Logger
    private let state: Mutex<State>

    init(_ webhook: AlertWebhook, backoff: ReconnectBackoff? = nil, timeout: Int = 20, logger: Logger) {
        client = WebhookClient(
            url: webhook.url, headers: webhook.headers, caFile: webhook.caFile, key: "alert_webhook",
            timeout: timeout)
        template = webhook.template
        self.logger = logger
        state = Mutex(State(queue: backoff.map { AlertQueue(backoff: $0) } ?? AlertQueue()))
    }

    func add(_ message: AlertMessage) {
        let begins = state.withLock { state in
            state.queue.add(message)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if begins { Task(priority: .background) { await self.run() } }
    }

    /// Waits until everything has arrived, for a while at most, and says what is left then.
    func finish(within limit: Duration) async {
        let end = ContinuousClock.now + limit
        while state.withLock({ !$0.queue.isEmpty }), ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
        let left = state.withLock { state in
            state.isEnding = true
            return state.queue.count
        }
        guard left > 0 else { return }
        logger.error(
            "\(Plural.text(left, "alert was", "alerts were")) not delivered to \(client.host); the log has \(Plural.word(left, "it", "them"))",
            metadata: ["event": .event(.alertWebhookFailed), "alerts": "\(left)"])
    }

    private func run() async {
        while true {
            let step = state.withLock { state -> AlertQueue<AlertMessage>.Step in
                let step = state.isEnding ? .nothing : state.queue.next(at: Clock.monotonic())
                if case .nothing = step { state.isRunning = false }
                return step
            }
            switch step {
            case .nothing: return
            case .wait(let until):
                do {
                    try await Task.sleep(for: .nanoseconds(max(1_000_000, until - Clock.monotonic())))
                } catch {
                    return
                }
            case .send(let message, let missed): await send(message, missed: missed)
            }
        }
    }

    private func send(_ message: AlertMessage, missed: Int) async {
        let answer: AlertQueue<AlertMessage>.Answer
        switch await client.post(message.body(template, missed: missed)) {
        case .status(let status, let retryAfter):
            answer = AlertQueue<AlertMessage>.answer(status: status, retryAfter: retryAfter)
        case .nothing(let why): answer = .later(why, after: nil)
        }
        let said = state.withLock {
            $0.queue.answered(answer, at: Clock.monotonic(), jitter: .random(in: 0...1))
        }
        switch said {
        case nil: break
        case .failing(let why):
            logger.error(
                "alerts do not reach \(client.host), which is tried until they do: \(why)",
                metadata: ["event": .event(.alertWebhookFailed), "host": "\(client.host)", "reason": "\(why)"])
        case .lost(let why):
            logger.error(
                "\(client.host) does not take an alert, which only the log has: \(why)",
                metadata: [
                    "event": .event(.alertWebhookFailed), "host": "\(client.host)", "reason": "\(why)", "alerts": "1",
                ])
        case .works(let span, let missed):
            let lost =
                missed > 0
                ? "; \(Plural.text(missed, "is", "are")) lost, the log has \(Plural.word(missed, "it", "them"))" : ""
            logger.notice(
                "alerts reach \(client.host) again after \(SettingsText.words(.nanoseconds(span)))\(lost)",
                metadata: [
                    "event": .event(.alertWebhookWorks), "host": "\(client.host)", "missed": "\(missed)",
                ])
        }
    }
}

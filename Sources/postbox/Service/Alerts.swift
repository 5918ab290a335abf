internal import Dispatch
internal import Foundation
internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Tells the desk: a log line with a stable word, and the site's own command and webhook with the same facts.
///
/// The command runs for one alert after the other, a few at once; however many files go wrong, it is never the command that
/// brings the machine down.
final class Alerts: Sendable {
    private struct Queue {
        var waiting: [String] = []
        /// The numbers of the runs that go on.
        var running: Set<Int> = []
        var runs = 0
        /// Alerts that the command was not run for since it was last said.
        var dropped = 0
    }

    /// Commands at once, and alerts that wait for theirs.
    private static let runningMax = 4
    private static let waitingMax = 1000
    /// All that the command gets of the program's environment: the service's secrets are none of its business.
    private static let passedOn = ["PATH", "HOME", "LANG", "TZ"]

    private let command: Mutex<String?>
    private let environment: [String: String]
    /// How long a command may run: one that hangs must not keep the next alerts back.
    private let patience: Duration
    private let logger: Logger
    private let queue = Mutex(Queue())
    private let told = Mutex<[Event: Int]>([:])
    /// nil: there is none.
    private let webhook: Mutex<WebhookSender?>
    /// What stands, and who is called.
    let book: Mutex<AlertBook>
    /// Keeps the book in the ledger; nil: not yet.
    private let store = Mutex<AlertStore?>(nil)

    init(
        command: String?, environment: [String: String], patience: Duration = .seconds(60), rules: [AlertRule] = [],
        webhook: WebhookSender? = nil, logger: Logger
    ) {
        self.patience = patience
        self.command = Mutex(command)
        self.webhook = Mutex(webhook)
        self.logger = logger
        self.environment = environment.filter { Self.passedOn.contains($0.key) }
            .merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { own, _ in own }
        book = Mutex(AlertBook(rules))
    }

    /// Another command is run from now on, nil: none; and other rules say who is called.
    func use(command new: String?, rules: [AlertRule]) {
        command.withLock { $0 = new }
        book.withLock { $0.use(rules) }
    }

    /// Another webhook gets alerts from now on; nil: none. The one before gets those that wait for it, for a while at most.
    func use(webhook new: WebhookSender?) {
        let old = webhook.withLock { webhook in
            defer { webhook = new }
            return webhook
        }
        guard let old else { return }
        Task(priority: .background) { await old.finish(within: .seconds(60)) }
    }

    /// Alerts so far, by event.
    var counts: [Event: Int] { told.withLock { $0 } }

    /// Tells it: the log always, the desk as the book of alerts says.
    func send(_ alert: Alert) {
        told.withLock { $0[alert.event, default: 0] += 1 }
        let now = Clock.wall()
        let raised = book.withLock { $0.raise(alert, at: now) }
        var metadata: Logger.Metadata = ["event": .event(alert.event)]
        for (key, value) in alert.facts { metadata[key] = "\(value)" }
        if let id = raised.id { metadata["alert"] = "\(id)" }
        if !alert.reasons.isEmpty { metadata["reasons"] = "\(Self.words(alert.reasons))" }
        logger.log(level: alert.isError ? .error : .warning, "\(alert.message)", metadata: metadata)
        store.withLock { $0 }?.wake()
        if raised.isCalled { call(AlertMessage(alert, id: raised.id, at: now, host: Self.host)) }
    }

    /// What these alerts tell is over, and nobody has to be told.
    func isOver(_ events: [Event], _ facts: [String: String]) {
        let ended = book.withLock { $0.end(events, about: facts, at: Clock.wall()) }
        if !ended.isEmpty { store.withLock { $0 }?.wake() }
    }

    /// Tells again what nobody has yet, until its task is cancelled.
    func repeatUntilCancelled() async {
        while !Task.isCancelled {
            tellAgain()
            do { try await Task.sleep(for: .seconds(5)) } catch { return }
        }
    }

    private func tellAgain() {
        let now = Clock.wall()
        for again in book.withLock({ $0.due(at: now) }) {
            logger.notice(
                "alert \(again.id) is told again: nobody has it",
                metadata: ["event": .event(.alertRepeated), "alert": "\(again.id)", "times": "\(again.times)"])
            call(AlertMessage(again.alert, id: again.id, at: now, times: again.times, host: Self.host))
        }
    }

    /// Runs the command and posts to the webhook, soon.
    private func call(_ message: AlertMessage) {
        webhook.withLock { $0 }?.add(message)
        guard command.withLock({ $0 }) != nil else { return }
        let isTaken = queue.withLock { queue in
            guard queue.waiting.count < Self.waitingMax else {
                queue.dropped += 1
                return false
            }
            queue.waiting.append(message.line)
            return true
        }
        if isTaken { runNext() }
    }

    /// What this machine is called.
    private static let host = MachineNames.longest ?? "this machine"

    /// `WORD:COUNT,WORD:COUNT`, the most frequent first.
    static func words(_ reasons: [String: Int]) -> String {
        FileSummary.byCount(reasons).map { "\($0.word):\($0.count)" }.joined(separator: ",")
    }

    /// Waits until the command was begun for every alert, for a while at most.
    func finish(within limit: Duration) async {
        let end = ContinuousClock.now + limit
        while queue.withLock({ !$0.waiting.isEmpty }), ContinuousClock.now < end {
            do {
                try await Task.sleep(for: .milliseconds(20))
            } catch {
                return
            }
        }
        let left = queue.withLock { $0.waiting.count }
        if left > 0 { sayDropped(left) }
        await webhook.withLock { $0 }?.finish(within: max(.milliseconds(1), end - .now))
        await store.withLock { $0 }?.finish()
    }

    /// Keeps the book in a ledger from here on.
    func keep(in store: AlertStore) { self.store.withLock { $0 = store } }

    private func runNext() {
        while true {
            let (next, number, dropped) = queue.withLock { queue -> (String?, Int, Int) in
                guard queue.running.count < Self.runningMax, !queue.waiting.isEmpty else { return (nil, 0, 0) }
                queue.runs += 1
                queue.running.insert(queue.runs)
                let dropped = queue.dropped
                queue.dropped = 0
                return (queue.waiting.removeFirst(), queue.runs, dropped)
            }
            if dropped > 0 { sayDropped(dropped) }
            guard let next else { return }
            run(next, number)
        }
    }

    private func sayDropped(_ count: Int) {
        logger.error(
            "the alert command was not run for \(Plural.text(count, "alert")): it does not keep up; the log has \(Plural.word(count, "it", "them"))",
            metadata: ["event": .event(.alertCommandFailed), "alerts": "\(count)"])
    }

    private func ended(_ number: Int) {
        _ = queue.withLock { $0.running.remove(number) }
        runNext()
    }

    /// Ends a run that hangs, with what it started.
    private func end(_ number: Int, _ process: Int32) {
        guard queue.withLock({ $0.running.contains(number) }) else { return }
        logger.error(
            "the alert command hangs and is ended",
            metadata: ["event": .event(.alertCommandFailed), "seconds": "\(patience.components.seconds)"])
        if kill(-process, SIGKILL) != 0 { kill(process, SIGKILL) }
    }

    private func run(_ input: String, _ number: Int) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command.withLock { $0 } ?? ""]
        process.environment = environment
        let pipe = Pipe()
        process.standardInput = pipe
        process.terminationHandler = { [weak self, logger] process in
            if process.terminationStatus != 0 {
                logger.error(
                    "the alert command failed",
                    metadata: ["event": .event(.alertCommandFailed), "status": "\(process.terminationStatus)"])
            }
            self?.ended(number)
        }
        do {
            try process.run()
        } catch {
            logger.error(
                "the alert command does not run",
                metadata: ["event": .event(.alertCommandFailed), "error": "\(Words.of(error))"])
            ended(number)
            return
        }
        let identifier = process.processIdentifier
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(patience.nanoseconds))) { [weak self] in
            self?.end(number, identifier)
        }
        // Whoever does not read the facts may be gone by now; whether it failed is told by its status.
        try? pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try? pipe.fileHandleForWriting.close()
    }
}

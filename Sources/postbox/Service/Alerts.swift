internal import Dispatch
internal import Foundation
internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Tells the desk: a log line with a stable word, and the site's own command with the same facts as JSON.
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

    init(command: String?, environment: [String: String], patience: Duration = .seconds(60), logger: Logger) {
        self.patience = patience
        self.command = Mutex(command)
        self.logger = logger
        self.environment = environment.filter { Self.passedOn.contains($0.key) }
            .merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { own, _ in own }
    }

    /// Another command is run from now on; nil: none.
    func use(command new: String?) { command.withLock { $0 = new } }

    /// Alerts so far, by event.
    var counts: [Event: Int] { told.withLock { $0 } }

    func send(_ alert: Alert) {
        told.withLock { $0[alert.event, default: 0] += 1 }
        var metadata: Logger.Metadata = ["event": .event(alert.event)]
        for (key, value) in alert.facts { metadata[key] = "\(value)" }
        if !alert.reasons.isEmpty { metadata["reasons"] = "\(Self.words(alert.reasons))" }
        logger.log(level: alert.isError ? .error : .warning, "\(alert.message)", metadata: metadata)
        guard command.withLock({ $0 }) != nil else { return }
        let input = Self.json(alert, at: Clock.wall())
        let isTaken = queue.withLock { queue in
            guard queue.waiting.count < Self.waitingMax else {
                queue.dropped += 1
                return false
            }
            queue.waiting.append(input)
            return true
        }
        if isTaken { runNext() }
    }

    /// `WORD:COUNT,WORD:COUNT`, the most frequent first.
    static func words(_ reasons: [String: Int]) -> String {
        FileSummary.byCount(reasons).map { "\($0.word):\($0.count)" }.joined(separator: ",")
    }

    /// The alert as one line of JSON.
    static func json(_ alert: Alert, at now: Int64) -> String {
        var members = [
            ("event", alert.event.word), ("level", alert.isError ? "error" : "warning"), ("message", alert.message),
            ("time", TimeText.text(now)),
        ].map { (key: $0.0, value: VisibleText.quoted($0.1)) }
        members += alert.facts.sorted { $0.key < $1.key }.map { (key: $0.key, value: VisibleText.quoted($0.value)) }
        if !alert.reasons.isEmpty {
            let counts = FileSummary.byCount(alert.reasons).map { VisibleText.quoted($0.word) + ":\($0.count)" }
            members.append((key: "reasons", value: "{" + counts.joined(separator: ",") + "}"))
        }
        return "{" + members.map { VisibleText.quoted($0.key) + ":" + $0.value }.joined(separator: ",") + "}\n"
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
    }

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
            "the alert command was not run for \(count) alerts: it does not keep up; the log has them",
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

internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Log lines for people and scripts: time, level, event, message, then the facts as `key=value`.
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    /// Lines and the progress line take turns on one terminal.
    static let terminal = Mutex(ProgressLine())

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        for (key, value) in event.metadata ?? [:] { all[key] = value }
        let word = all.removeValue(forKey: "event").map { "\($0)" } ?? "-"
        var line =
            "\(TimeText.text(Clock.wall())) \(event.level.rawValue.padded(7)) \(VisibleText.line(word)) \(VisibleText.quoted("\(event.message)"))"
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            let text = "\(value)"
            let isPlain =
                !text.isEmpty && !text.contains { $0.isWhitespace || $0 == "\"" || $0 == "=" || $0 == "\\" }
                && VisibleText.isVisible(text)
            line += " \(key)=" + (isPlain ? text : VisibleText.quoted(text))
        }
        Self.terminal.withLock { $0.print(line) }
    }

    /// Says nothing.
    static var silent: Logger { logger(level: .critical) }

    static func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "postbox") { _ in LineLog() }
        logger.logLevel = level
        return logger
    }
}

/// The live line at the bottom of a terminal.
struct ProgressLine: Sendable {
    private var shown = ""

    /// A log line above the progress line.
    mutating func print(_ line: String) {
        let again = shown
        if !again.isEmpty { Terminal.raw("\r\u{1b}[K") }
        Terminal.error(line)
        if !again.isEmpty { Terminal.raw(again) }
    }

    mutating func show(_ text: String) {
        guard text != shown else { return }
        shown = text
        Terminal.raw("\r\u{1b}[K" + text)
    }

    mutating func end() {
        if !shown.isEmpty { Terminal.raw("\r\u{1b}[K") }
        shown = ""
    }
}

extension Progress {
    /// Shows rows, rate, acks, bad rows and the remaining time until it is cancelled.
    func showWhileRunning() async {
        var last = now
        var lastAt = Clock.monotonic()
        var rate = 0.0
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            let totals = now
            let at = Clock.monotonic()
            let current = Double(totals.settled - last.settled) * 1e9 / Double(max(1, at - lastAt))
            rate = rate == 0 ? current : rate * 0.7 + current * 0.3
            (last, lastAt) = (totals, at)
            let left = totals.expected - totals.settled
            guard totals.files > 0 || left > 0 else {
                LineLog.terminal.withLock { $0.end() }
                continue
            }
            let remaining = rate >= 1 ? ", \(Self.time(Double(left) / rate)) left" : ""
            LineLog.terminal.withLock {
                $0.show(
                    "\(totals.files) file\(totals.files == 1 ? "" : "s"): \(totals.settled)/\(totals.expected) rows, \(Int(rate))/s, \(totals.acked) acked, \(totals.bad) bad\(remaining)"
                )
            }
        }
        LineLog.terminal.withLock { $0.end() }
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999).rounded(.up))
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return whole >= 3600
            ? "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))" : "\(whole / 60):\(two(whole % 60))"
    }
}

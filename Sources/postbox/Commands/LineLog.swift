internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Log lines for people and scripts: time, level, event, message, then the facts; as text, as an object of JSON, or as an entry of
/// the journal.
struct LineLog: LogHandler {
    /// How a line is written.
    enum Form: String, Sendable, CaseIterable {
        case lines = "text"
        case objects = "json"
    }

    var form = Form.lines
    /// Takes the lines in place of standard error; nil: nothing does.
    var journal: Journal?
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
        let now = Clock.wall()
        let line = line(at: now, event.level, "\(event.message)", all)
        // What the journal does not take, a line that is too long or more than it can keep up with, is written all the same.
        if journal?.take(Self.entry(event.level, "\(event.message)", all)) != true {
            Self.terminal.withLock { $0.print(line) }
        }
        guard Self.followers.isFollowed else { return }
        // Who follows gets the object that `--log json` writes.
        let object =
            form == .objects ? line : LineLog(form: .objects).line(at: now, event.level, "\(event.message)", all)
        Self.followers.tell(DeskEvent(.log, object))
    }

    /// One line, without its end.
    ///
    /// - Parameters:
    ///   - time: microseconds since 1970.
    ///   - facts: with the event's word under `event`.
    func line(at time: Int64, _ level: Logger.Level, _ message: String, _ facts: Logger.Metadata) -> String {
        var facts = facts.mapValues { "\($0)" }
        let word = facts.removeValue(forKey: "event")
        let sorted = facts.sorted { $0.key < $1.key }
        return switch form {
        case .lines: Self.text(time, level, word ?? "-", message, sorted)
        case .objects: Self.json(time, level, word, message, sorted)
        }
    }

    /// The line as the journal takes it: what a text says behind its time and level, then the facts one by one.
    private static func entry(_ level: Logger.Level, _ message: String, _ facts: Logger.Metadata) -> [UInt8] {
        var facts = facts.mapValues { "\($0)" }
        let word = facts.removeValue(forKey: "event")
        let sorted = facts.sorted { $0.key < $1.key }
        return JournalEntry.datagram(
            level.forJournal, event: word, words(word ?? "-", message, sorted), sorted)
    }

    private static func text(
        _ time: Int64, _ level: Logger.Level, _ word: String, _ message: String, _ facts: [(key: String, value: String)]
    ) -> String {
        "\(TimeText.text(time)) \(level.rawValue.padded(7)) \(words(word, message, facts))"
    }

    private static func words(_ word: String, _ message: String, _ facts: [(key: String, value: String)]) -> String {
        var line = "\(VisibleText.line(word)) \(VisibleText.quoted(message))"
        for (key, text) in facts {
            let isPlain =
                !text.isEmpty && !text.contains { $0.isWhitespace || $0 == "\"" || $0 == "=" || $0 == "\\" }
                && VisibleText.isVisible(text)
            line += " \(key)=" + (isPlain ? text : VisibleText.quoted(text))
        }
        return line
    }

    /// One object; facts are members of it as they are of an alert's, every value a text.
    private static func json(
        _ time: Int64, _ level: Logger.Level, _ word: String?, _ message: String,
        _ facts: [(key: String, value: String)]
    ) -> String {
        var members = [(key: "time", value: TimeText.text(time)), (key: "level", value: level.rawValue)]
        if let word { members.append((key: "event", value: word)) }
        members.append((key: "message", value: message))
        // A name stands once in an object: no fact takes the place of these.
        let taken = Set(members.map(\.key))
        members += facts.map { (key: taken.contains($0.key) ? "fact_" + $0.key : $0.key, value: $0.value) }
        return "{"
            + members.map { VisibleText.quoted($0.key) + ":" + VisibleText.quoted($0.value) }
            .joined(separator: ",") + "}"
    }

    /// Those who follow what happens at the page or over the API.
    static let followers = EventHub()

    /// Says nothing.
    static var silent: Logger { logger(level: .critical) }

    static func logger(level: Logger.Level, form: Form = .lines, journal: Journal? = nil) -> Logger {
        var logger = Logger(label: "postbox") { _ in LineLog(form: form, journal: journal) }
        logger.logLevel = level
        return logger
    }
}

extension Logger.Level {
    /// As the journal counts.
    fileprivate var forJournal: JournalEntry.Priority {
        switch self {
        case .trace, .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
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
                    "\(Plural.text(totals.files, "file")): \(totals.settled)/\(Plural.text(totals.expected, "row")), \(Int(rate))/s, \(totals.acked) acked, \(totals.bad) bad\(remaining)"
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

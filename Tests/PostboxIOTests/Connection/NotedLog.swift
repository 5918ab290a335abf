import Logging

/// A log whose lines go to a closure.
struct NotedLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let note: @Sendable (LogEvent) -> Void

    init(level: Logger.Level, _ note: @escaping @Sendable (LogEvent) -> Void) {
        logLevel = level
        self.note = note
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { note(event) }
}

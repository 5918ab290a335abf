internal import Logging
internal import PostboxCore
internal import PostboxIO

extension Context {
    /// Tells the log, or the desk, too.
    func tell(_ told: Told) {
        switch told {
        case .alert(let alert): alerts.send(alert)
        case .line(let line):
            alerts.isOver(line.event.ends, line.facts)
            var metadata: Logger.Metadata = ["event": .event(line.event)]
            for (key, value) in line.facts { metadata[key] = "\(value)" }
            logger.log(level: line.level.forLog, "\(line.message)", metadata: metadata)
        }
    }
}

extension LogLine.Level {
    fileprivate var forLog: Logger.Level {
        switch self {
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}

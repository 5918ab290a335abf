internal import Logging
internal import PostboxCore

/// Who is told that the service lives: the manager that started it, and whoever waits for its heartbeat.
struct SignsOfLife {
    /// nil: no service manager asked to be told.
    private var manager: ManagerLine?
    /// nil: nobody wants it.
    private var heartbeat: HeartbeatLine?

    init(_ settings: Settings, environment: [String: String], logger: Logger) {
        manager = ManagerLine(environment: environment, logger: logger)
        heartbeat = settings.heartbeat.map { HeartbeatLine($0, logger: logger) }
    }

    /// Another heartbeat is wanted, or none.
    mutating func use(_ settings: Settings, logger: Logger) {
        heartbeat = settings.heartbeat.map { HeartbeatLine($0, logger: logger) }
    }

    /// Once a round, before the loop waits.
    mutating func turn(_ standing: ServiceStanding) {
        manager?.tell(standing)
        heartbeat?.turn()
    }

    /// The first time, nanoseconds of the monotonic clock, that one of them is to be told again; nil: nobody waits.
    var nextDeadline: Int64? {
        [manager?.nextDeadline, heartbeat?.nextDeadline].compactMap(\.self).min()
    }

    mutating func started(_ standing: ServiceStanding) { manager?.started(standing) }

    mutating func reloading(_ standing: ServiceStanding) { manager?.reloading(standing) }

    mutating func reloaded(_ standing: ServiceStanding) { manager?.reloaded(standing) }

    mutating func stopping(_ standing: ServiceStanding, drain: Duration) { manager?.stopping(standing, drain: drain) }
}

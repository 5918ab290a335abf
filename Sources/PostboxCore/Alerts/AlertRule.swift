/// Who is told of an alert beside the log.
package enum AlertRoute: String, Sendable, Equatable, CaseIterable {
    /// `alert_command` and `alert_webhook`: somebody is called.
    case page
    /// Nobody is called: it stands in the log, on the page, in status and metrics.
    case note
}

/// An entry of `alerts:`: which alerts, and who is told of them. The first that fits decides.
package struct AlertRule: Sendable, Equatable {
    /// Patterns of a rule's `match`; nil: alerts of any rule, and of none.
    package var rules: [String]?
    /// nil: any event.
    package var events: [Event]?
    /// A file with so many bad rows or more; nil: any number, and alerts that are about no file.
    package var badRows: Int?
    package var route: AlertRoute
    /// It is told again so often until somebody has it, or it is over; nil: once.
    package var again: Duration?

    package init(
        rules: [String]? = nil, events: [Event]? = nil, badRows: Int? = nil, route: AlertRoute, again: Duration? = nil
    ) {
        self.rules = rules
        self.events = events
        self.badRows = badRows
        self.route = route
        self.again = again
    }

    /// Without a rule of its own an alert goes to everybody, once.
    package static let usual = AlertRule(route: .page)

    package func fits(_ alert: Alert) -> Bool {
        if let events, !events.contains(alert.event) { return false }
        if let badRows, (alert.badRows ?? -1) < badRows { return false }
        guard let rules else { return true }
        guard let rule = alert.rule else { return false }
        return rules.contains { $0 == rule || TextPattern($0).matches(rule) }
    }
}

extension [AlertRule] {
    /// What holds for an alert.
    package func rule(for alert: Alert) -> AlertRule { first { $0.fits(alert) } ?? .usual }
}

/// `alert_webhook`: where alerts are posted.
package struct AlertWebhook: Sendable, Equatable {
    /// What a message looks like.
    package enum Template: String, Sendable, Equatable, CaseIterable {
        case slack, teams
        case object = "json"
    }

    /// A header that each message carries; its value may be a secret.
    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// May be a secret itself.
    package var url: String
    package var headers: [Header]
    package var template: Template
    package var caFile: String?

    package init(url: String, headers: [Header] = [], template: Template = .object, caFile: String? = nil) {
        self.url = url
        self.headers = headers
        self.template = template
        self.caFile = caFile
    }
}

/// `heartbeat`: who is told regularly that the service lives.
package struct HeartbeatRule: Sendable, Equatable {
    /// May be a secret itself.
    package var url: String
    package var every: Duration
    package var caFile: String?

    package init(url: String, every: Duration = .seconds(60), caFile: String? = nil) {
        self.url = url
        self.every = every
        self.caFile = caFile
    }
}

/// When the next heartbeat is due. Times are nanoseconds of the monotonic clock.
package struct HeartbeatClock: Sendable {
    private let every: Int64
    /// nil: none was sent yet.
    private var last: Int64?

    package init(every: Duration) { self.every = every.nanoseconds }

    /// The service is alive now. True: that is to be told.
    package mutating func isDue(at now: Int64) -> Bool {
        if let last, now - last < every { return false }
        last = now
        return true
    }

    /// When the next one is due; nil: at once.
    package var nextDeadline: Int64? { last.map { $0 + every } }
}

/// An alert as it stands: told, and perhaps somebody has it, or it is over. Times are microseconds since 1970.
package struct StandingAlert: Sendable, Equatable {
    /// Never used again.
    package let id: Int
    /// As it was told last.
    package var alert: Alert
    /// When it was told first, and last.
    package var at: Int64
    package var lastAt: Int64
    /// How often it came.
    package var times = 1
    package var route: AlertRoute
    /// Who has it, so that it is told no more.
    package var acknowledged: PersonNote?
    /// Since when what it tells is over; nil: it is not, or nothing tells when it is.
    package var overAt: Int64?
    /// Somebody had it muted when it came last.
    package var isMuted = false

    package init(id: Int, _ alert: Alert, at now: Int64, route: AlertRoute) {
        self.id = id
        self.alert = alert
        self.route = route
        at = now
        lastAt = now
    }

    /// Somebody should look at it.
    package var isOpen: Bool { overAt == nil && acknowledged == nil }

    /// An object, as status and API show it.
    package var json: String {
        let (quoted, alert) = (VisibleText.quoted, alert)
        let facts = alert.facts.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
        let members = [
            "\"id\":\(id)", "\"event\":\(quoted(alert.event.word))",
            "\"level\":\"\(alert.isError ? "error" : "warning")\"", "\"message\":\(quoted(alert.message))",
            "\"at\":\"\(TimeText.text(at))\"", "\"last\":\"\(TimeText.text(lastAt))\"", "\"times\":\(times)",
            "\"route\":\"\(route.rawValue)\"", "\"muted\":\(isMuted)", alert.rule.map { "\"rule\":\(quoted($0))" },
            "\"facts\":{\(facts.joined(separator: ","))}",
            overAt.map { "\"over\":\"\(TimeText.text($0))\"" },
            acknowledged.map { "\"ack\":\($0.json)" },
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }

    /// As the ledger keeps it; nil: it is none. What `json` says of its counts by reason is gone then.
    package init?(json: String) {
        let value = JSONValue.parse(json)
        guard let id = value?["id"]?.integer, let event = value?["event"]?.text.flatMap(Event.named),
            let message = value?["message"]?.text, let at = Self.time(value?["at"]),
            let last = Self.time(value?["last"]), let times = value?["times"]?.integer,
            let route = value?["route"]?.text.flatMap(AlertRoute.init)
        else { return nil }
        var facts: [String: String] = [:]
        if case .object(let members)? = value?["facts"] {
            for (key, value) in members { facts[key] = value.text }
        }
        var alert = Alert(event: event, isError: value?["level"]?.text == "error", message: message, facts: facts)
        alert.rule = value?["rule"]?.text
        self.init(id: id, alert, at: at, route: route)
        lastAt = last
        self.times = times
        isMuted = value?["muted"]?.flag == true
        overAt = Self.time(value?["over"])
    }

    private static func time(_ value: JSONValue?) -> Int64? { value?.text.flatMap(TimeText.microseconds) }
}

/// Somebody wants not to be called for some alerts, until a time. Times are microseconds since 1970.
package struct AlertMute: Sendable, Equatable {
    /// Of the same numbers as alerts.
    package var id: Int
    package var about: About
    package var by: String
    package var at: Int64
    package var until: Int64
    package var why: String

    /// Which alerts: all of it has to fit, and something is said.
    package struct About: Sendable, Equatable {
        package var event: Event?
        /// A rule's `match`.
        package var rule: String?
        package var destination: String?

        package init(event: Event? = nil, rule: String? = nil, destination: String? = nil) {
            self.event = event
            self.rule = rule
            self.destination = destination
        }

        package var isEmpty: Bool { event == nil && rule == nil && destination == nil }

        /// `destination_down of the destination cache`
        package var words: String {
            let places = [rule.map { "the rule \($0)" }, destination.map { "the destination \($0)" }].compactMap(\.self)
            let what = event?.word ?? "all alerts"
            return places.isEmpty ? what : "\(what) of \(places.joined(separator: " and "))"
        }

        func fits(_ alert: Alert) -> Bool {
            (event == nil || event == alert.event) && (rule == nil || rule == alert.rule)
                && (destination == nil || destination == alert.facts["destination"])
        }
    }

    /// The longest that somebody may mute: microseconds.
    package static let longest: Int64 = 31 * 86_400_000_000

    package init(id: Int, _ about: About, by: String, at: Int64, until: Int64, why: String) {
        self.id = id
        self.about = about
        self.by = by
        self.at = at
        self.until = until
        self.why = why
    }

    /// An object, as status, API and ledger have it.
    package var json: String {
        let quoted = VisibleText.quoted
        let members = [
            "\"id\":\(id)", about.event.map { "\"event\":\(quoted($0.word))" },
            about.rule.map { "\"rule\":\(quoted($0))" },
            about.destination.map { "\"destination\":\(quoted($0))" }, "\"by\":\(quoted(by))",
            "\"at\":\"\(TimeText.text(at))\"", "\"until\":\"\(TimeText.text(until))\"", "\"why\":\(quoted(why))",
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }

    /// nil: it is none.
    package init?(json: String) {
        let value = JSONValue.parse(json)
        guard let id = value?["id"]?.integer, let by = value?["by"]?.text,
            let at = value?["at"]?.text.flatMap(TimeText.microseconds),
            let until = value?["until"]?.text.flatMap(TimeText.microseconds), let why = value?["why"]?.text
        else { return nil }
        let about = About(
            event: value?["event"]?.text.flatMap(Event.named), rule: value?["rule"]?.text,
            destination: value?["destination"]?.text)
        guard !about.isEmpty else { return nil }
        self.init(id: id, about, by: by, at: at, until: until, why: why)
    }
}

/// What somebody asks to be done with alerts.
package enum AlertCall: Sendable, Equatable {
    /// He has it.
    case acknowledge(Int)
    /// Nobody is called for some alerts.
    case mute
    /// A mute ends before its time.
    case unmute(Int)

    /// Its word in the log and the record.
    package var word: String {
        switch self {
        case .acknowledge: "ack"
        case .mute: "mute"
        case .unmute: "unmute"
        }
    }

    /// Looks an address below `/api/v1/` or of the page up, by its parts; nil: it is none of these.
    package init?(_ parts: [Substring]) {
        switch (parts.count, parts.first ?? "", parts.last ?? "") {
        case (2, "alerts", "mute"): self = .mute
        case (3, "alerts", "ack"):
            guard let id = DeskCall.number(parts[1]) else { return nil }
            self = .acknowledge(id)
        case (3, "mutes", "end"):
            guard let id = DeskCall.number(parts[1]) else { return nil }
            self = .unmute(id)
        default: return nil
        }
    }

    /// The address of it in the API.
    package var target: String {
        switch self {
        case .acknowledge(let id): "/api/v1/alerts/\(id)/ack"
        case .mute: "/api/v1/alerts/mute"
        case .unmute(let id): "/api/v1/mutes/\(id)/end"
        }
    }
}

/// What the body of a request for such an act says, or a form of the page.
package struct AlertOrder: Sendable, Equatable {
    package var why: String?
    package var about = AlertMute.About()
    /// Microseconds since 1970.
    package var until: Int64?

    package init() {}

    private static func words(of call: AlertCall) -> [String] {
        switch call {
        case .acknowledge, .unmute: ["why"]
        case .mute: ["event", "rule", "destination", "until", "why"]
        }
    }

    /// Reads the body of a request.
    package init(_ body: [UInt8], for call: AlertCall) throws(DeskOrder.Fault) {
        var members: [(key: String, value: JSONValue)] = []
        if !body.isEmpty {
            guard let text = String(validating: body, as: UTF8.self), case .object(let found)? = JSONValue.parse(text)
            else { throw DeskOrder.Fault("the body is no JSON object") }
            members = found
        }
        var texts: [String: String] = [:]
        for (key, value) in members {
            guard Self.words(of: call).contains(key) else {
                throw DeskOrder.Fault(
                    "\(call.word) takes \(Self.words(of: call).joined(separator: ", ")), not \(VisibleText.line(key))")
            }
            guard let text = value.text else { throw DeskOrder.Fault("\(key) is no text") }
            guard texts.updateValue(text, forKey: key) == nil else { throw DeskOrder.Fault("\(key) stands twice") }
        }
        try self.init(texts, for: call)
    }

    /// Reads texts by their names, as a form has them.
    package init(_ texts: [String: String], for call: AlertCall) throws(DeskOrder.Fault) {
        why = try texts["why"].flatMap { (text) throws(DeskOrder.Fault) in try DeskOrder.why(text) }
        if let word = texts["event"] {
            guard let event = Event.named(word) else {
                let nearest = NearestWord.of(word, in: Event.all.map(\.word)).map { "; the nearest is \($0)" } ?? ""
                throw DeskOrder.Fault("there is no event \(VisibleText.quoted(word))\(nearest)")
            }
            about.event = event
        }
        about.rule = texts["rule"]
        about.destination = texts["destination"]
        if let text = texts["until"] {
            until = try DeskOrder.instant(text, "until")
        }
        switch call {
        case .acknowledge where why == nil: throw DeskOrder.Fault("say why, or what is done about it", needsWhy: true)
        case .mute where why == nil: throw DeskOrder.Fault("say why nobody is to be called", needsWhy: true)
        case .mute where until == nil: throw DeskOrder.Fault("say until when nobody is to be called")
        case .mute where about.isEmpty:
            throw DeskOrder.Fault("say which alerts: an event, a rule or a destination, or several of these")
        default: break
        }
    }

    /// The body of a request.
    package var body: String {
        let members = [
            about.event.map { ("event", $0.word) }, about.rule.map { ("rule", $0) },
            about.destination.map { ("destination", $0) }, until.map { ("until", TimeText.text($0)) },
            why.map { ("why", $0) },
        ].compactMap(\.self)
        return "{" + members.map { "\"\($0.0)\":\(VisibleText.quoted($0.1))" }.joined(separator: ",") + "}"
    }
}

/// What is asked for at the control socket or over TCP, by method and address.
package enum DeskCall: Sendable, Equatable {
    /// The service is alive.
    case health
    /// It is logged in everywhere, and nothing keeps files from going.
    case ready
    case metrics
    case status
    case held
    /// The last accepted values of a RIC, of all services and destinations unless they are named.
    case last(ric: String, service: String?, destination: String?)
    /// Every row that was posted for a RIC, or was not.
    case ricRows(RICQuery)
    /// A list of drops.
    case drops(DropQuery)
    case drop(Int)
    /// Lines of a drop's result. `page`: where it begins, as the page before names it; nil: at the beginning.
    case rows(drop: Int, ResultFilter, page: Int?)
    /// A file that lies beside a finished drop's.
    case file(drop: Int, DropFile)
    /// What happens, as it happens.
    case events
    /// What all of this is, for programs.
    case description
    /// Something is to be done with a drop.
    case act(DeskVerb, drop: Int)
    /// Last accepted values are to be posted again.
    case republish(destination: String)
    /// What files of a rule said is to be withdrawn.
    case withdraw(rule: String)
    /// More than a drop is to be held, or to go on.
    case hold(HoldSubject, isHold: Bool)
    /// The configuration is to be loaded anew.
    case reload
    /// Something is to be done with alerts.
    case alert(AlertCall)

    /// A file that lies beside a finished drop's.
    package enum DropFile: Sendable, Equatable {
        case result
        case summary
        /// Rows to be corrected. `destination`: where the drop had several.
        case rejects(destination: String?)
    }

    /// What can be held besides a drop.
    package enum HoldSubject: Sendable, Equatable {
        case inbox
        case destination(String)
        /// Files of a rule, by its `match`.
        case rule(String)

        /// The rule that it is about, by its `match`; nil: files of all.
        package var rule: String? { if case .rule(let match) = self { match } else { nil } }

        /// The command that does it.
        package var command: DeskCommand {
            switch self {
            case .inbox: .holdInbox
            case .destination(let name): .holdDestination(name)
            case .rule(let match): .holdRule(match)
            }
        }
    }

    /// What an address turned out to be.
    package enum Found: Sendable, Equatable {
        case call(DeskCall)
        /// There is nothing at that address.
        case nothing
        /// It takes another method.
        case wrongMethod(allowed: String)
        /// What stands behind the question mark is wrong; why.
        case wrongQuery(String)
    }

    /// What somebody has to be allowed who asks for it; nil: nothing, anybody may.
    package var right: DeskRight? {
        switch self {
        case .health: nil
        case .metrics: .metrics
        case .ready, .status, .held, .last, .drops, .drop, .rows, .ricRows, .file, .events, .description: .read
        case .act(let verb, _): verb.right
        case .hold, .alert: .stop
        case .reload: .configure
        case .republish, .withdraw: .correct
        }
    }

    private static let root = "/api/v1/"

    /// Looks an address up. It is taken as it stands: there is one way to write each, and nothing is unescaped in its path but the
    /// names of destinations.
    ///
    /// - Parameter target: path and query, as the request has them.
    package static func find(method: String, target: String) -> Found {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let place = Place(String(parts[0])) else { return .nothing }
        guard method == place.method else { return .wrongMethod(allowed: place.method) }
        do throws(DeskQuery.Fault) {
            if parts.count > 1, place.keys.isEmpty {
                throw DeskQuery.Fault("\(parts[0]) takes nothing behind a question mark")
            }
            let query = try DeskQuery(parts.count > 1 ? parts[1] : nil, keys: place.keys)
            return .call(try place.make(query))
        } catch {
            return .wrongQuery(error.text)
        }
    }

    /// An address without its query.
    private struct Place {
        var method = "GET"
        /// What may stand in its query.
        var keys: [String] = []
        var make: (DeskQuery) throws(DeskQuery.Fault) -> DeskCall

        init(
            _ method: String = "GET", keys: [String] = [],
            _ make: @escaping (DeskQuery) throws(DeskQuery.Fault) -> DeskCall
        ) {
            self.method = method
            self.keys = keys
            self.make = make
        }

        init?(_ path: String) {
            switch path {
            case "/healthz": self.init { _ in .health }
            case "/readyz": self.init { _ in .ready }
            case "/metrics": self.init { _ in .metrics }
            case "/api/openapi.json": self.init { _ in .description }
            default:
                guard path.hasPrefix(DeskCall.root) else { return nil }
                let parts = path.dropFirst(DeskCall.root.count).split(separator: "/", omittingEmptySubsequences: false)
                self.init(parts)
            }
        }

        private init?(_ parts: [Substring]) {
            switch (parts.first ?? "", parts.count) {
            case ("status", 1): self.init { _ in .status }
            case ("held", 1): self.init { _ in .held }
            case ("events", 1): self.init { _ in .events }
            case ("reload", 1): self.init("POST") { _ in .reload }
            case ("last", 1): self.init(keys: ["ric", "service", "destination"], DeskCall.last)
            case ("drops", 1):
                self.init(keys: DropQuery.keys) { (query) throws(DeskQuery.Fault) in .drops(try DropQuery(query)) }
            case ("drops", 2...3):
                guard let drop = DeskCall.number(parts[1]) else { return nil }
                self.init(drop, parts.count == 3 ? String(parts[2]) : nil)
            case ("alerts", 2...3), ("mutes", 3):
                guard let call = AlertCall(parts) else { return nil }
                self.init("POST") { _ in .alert(call) }
            case ("rics", 2):
                guard let ric = DeskQuery.unescaped(parts[1]), !ric.isEmpty else { return nil }
                self.init(keys: RICQuery.keys) { (query) throws(DeskQuery.Fault) in
                    .ricRows(try RICQuery(ric: ric, query))
                }
            case ("inbox", 2): self.init(.inbox, parts[1])
            case ("destinations", 3):
                guard let name = DeskQuery.unescaped(parts[1]), !name.isEmpty else { return nil }
                if parts[2] == DeskVerb.republish.rawValue {
                    self.init("POST") { _ in .republish(destination: name) }
                } else {
                    self.init(.destination(name), parts[2])
                }
            case ("rules", 3):
                guard let name = DeskQuery.unescaped(parts[1]), !name.isEmpty else { return nil }
                if parts[2] == DeskVerb.withdraw.rawValue {
                    self.init("POST") { _ in .withdraw(rule: name) }
                } else {
                    self.init(.rule(name), parts[2])
                }
            default: return nil
            }
        }

        private init?(_ subject: HoldSubject, _ word: Substring) {
            guard word == "hold" || word == "resume" else { return nil }
            self.init("POST") { _ in .hold(subject, isHold: word == "hold") }
        }

        private init?(_ drop: Int, _ word: String?) {
            switch word {
            case nil: self.init { _ in .drop(drop) }
            case "rows":
                self.init(keys: ResultFilter.keys) { (query) throws(DeskQuery.Fault) in
                    .rows(drop: drop, try ResultFilter(query), page: try query.number("page"))
                }
            case "result": self.init { _ in .file(drop: drop, .result) }
            case "summary": self.init { _ in .file(drop: drop, .summary) }
            case "rejects":
                self.init(keys: ["destination"]) { .file(drop: drop, .rejects(destination: $0["destination"])) }
            case let word?:
                guard let verb = DeskVerb(rawValue: word), verb.isOfOneDrop else { return nil }
                self.init("POST") { _ in .act(verb, drop: drop) }
            }
        }
    }

    /// One way to write a number: `007` is none.
    static func number(_ text: Substring) -> Int? {
        guard text.utf8.count <= 15, let number = Int(text), number > 0, String(number) == text else { return nil }
        return number
    }

    private static func last(_ query: DeskQuery) throws(DeskQuery.Fault) -> DeskCall {
        guard let ric = query["ric"] else { throw DeskQuery.Fault("name the RIC: ?ric=VOD.L") }
        return .last(ric: ric, service: query["service"], destination: query["destination"])
    }

    /// The address of a question for a RIC's last values.
    package static func target(ofLast ric: String, service: String?, destination: String?) -> String {
        root + "last" + DeskQuery.text([("ric", ric), ("service", service), ("destination", destination)])
    }

    /// The address of an act with a drop.
    package static func target(of verb: DeskVerb, drop: Int) -> String { "\(root)drops/\(drop)/\(verb.rawValue)" }

    /// The address of an act.
    package static func target(of act: DeskAct) -> String {
        switch act {
        case .release(let drop, _, _), .refuse(let drop, _), .retry(let drop, _), .resend(let drop, _, _, _),
            .noAction(let drop, _):
            return target(of: act.verb, drop: drop)
        case .republish(let republication):
            return "\(root)destinations/\(DeskQuery.escaped(republication.destination))/republish"
        case .withdraw(let withdrawal):
            switch withdrawal.what {
            case .drop(let drop): return target(of: .withdraw, drop: drop)
            case .rule(let rule, _): return "\(root)rules/\(DeskQuery.escaped(rule))/withdraw"
            }
        }
    }

    /// The address of what is read as a whole.
    package static let statusTarget = root + "status"
    package static let heldTarget = root + "held"
    /// The address of a drop.
    package static func target(ofDrop drop: Int) -> String { root + "drops/\(drop)" }
    /// The address at which the configuration is loaded anew.
    package static let reloadTarget = root + "reload"
}

/// What an act's body says: an object of `why`, `rows`, `except`, `outcome`, `force`, `service`, `rule`, `since`, `until`, `blank` and
/// `preview`,
/// each where it belongs.
package struct DeskOrder: Sendable, Equatable {
    package var why: String?
    package var rows: RowChoice
    package var outcomes: Set<PostOutcome>
    package var force: Bool
    package var service: String?
    package var rule: String?
    /// Microseconds since 1970, as `until`.
    package var since: Int64?
    package var until: Int64?
    package var blanks = false
    package var isPreview = false

    package init(
        why: String? = nil, rows: RowChoice = .all, outcomes: Set<PostOutcome> = DeskAct.resent, force: Bool = false
    ) {
        self.why = why
        self.rows = rows
        self.outcomes = outcomes
        self.force = force
    }

    /// Bytes of `why` at most.
    package static let whyMax = 1000

    /// What is wrong with a body, for people.
    package struct Fault: Error, Sendable, Equatable {
        package var text: String
        /// Only the reason is missing.
        package var needsWhy = false

        init(_ text: String, needsWhy: Bool = false) {
            self.text = text
            self.needsWhy = needsWhy
        }
    }

    /// The words that may stand beside a verb.
    private static func words(of verb: DeskVerb) -> [String] {
        switch verb {
        case .release: ["rows", "except", "why"]
        case .refuse, .retry, .cancel, .resume, .noAction: ["why"]
        case .hold: ["why", "until"]
        case .resend: ["outcome", "why", "force"]
        case .republish: ["service", "rule", "why", "preview"]
        case .withdraw: ["since", "why", "blank", "preview"]
        }
    }

    /// Reads the body of a request; an empty one says nothing.
    package init(_ body: [UInt8], for verb: DeskVerb) throws(Fault) {
        try self.init(body, of: verb.rawValue, allowed: Self.words(of: verb))
        try checkWhy(for: verb)
    }

    /// Reads the body of a request for a reload.
    package init(ofReload body: [UInt8]) throws(Fault) { try self.init(body, of: "reload", allowed: ["why"]) }

    private init(_ body: [UInt8], of act: String, allowed: [String]) throws(Fault) {
        self.init()
        var members: [(key: String, value: JSONValue)] = []
        if !body.isEmpty {
            // A text that is no UTF-8 would be read as another one.
            guard let text = String(validating: body, as: UTF8.self), case .object(let found)? = JSONValue.parse(text)
            else { throw Fault("the body is no JSON object") }
            members = found
        }
        var seen: Set<String> = []
        for (key, value) in members {
            guard allowed.contains(key) else {
                throw Fault(
                    "\(act) takes \(allowed.joined(separator: ", ")), not \(VisibleText.line(key))")
            }
            guard seen.insert(key).inserted else { throw Fault("\(key) stands twice") }
            try take(key, value)
        }
        if seen.contains("rows"), seen.contains("except") { throw Fault("rows and except do not go together") }
    }

    /// Throws where an act needs a reason, and there is none.
    package func checkWhy(for verb: DeskVerb) throws(Fault) {
        guard why == nil else { return }
        if verb == .refuse { throw Fault("say why it is refused", needsWhy: true) }
        if verb == .noAction { throw Fault("say why nothing is to be done about it", needsWhy: true) }
        if verb == .republish || verb == .withdraw, !isPreview {
            throw Fault("say why, it stands in the summary", needsWhy: true)
        }
    }

    private mutating func take(_ key: String, _ value: JSONValue) throws(Fault) {
        switch key {
        case "why":
            guard let text = value.text else { throw Fault("why is no text") }
            why = try Self.why(text)
        case "rows", "except":
            guard let ranges = value.text.flatMap({ RowChoice.ranges($0) }) else {
                throw Fault("\(key) is no list of rows such as \"3,17-20\", of \(RowChoice.partsMax) parts at most")
            }
            rows = key == "rows" ? .only(ranges) : .except(ranges)
        case "service", "rule":
            guard let text = value.text, !text.isEmpty else { throw Fault("\(key) is no text") }
            if key == "service" { service = text } else { rule = text }
        case "since", "until":
            let time = try Self.instant(value.text ?? "", key)
            if key == "since" { since = time } else { until = time }
        case "blank", "preview":
            guard let flag = value.flag else { throw Fault("\(key) is neither true nor false") }
            if key == "blank" { blanks = flag } else { isPreview = flag }
        case "outcome":
            guard let text = value.text else { throw Fault("outcome is no text such as \"nacked,unknown\"") }
            outcomes = try Self.outcomes(text)
        default:
            guard let flag = value.flag else { throw Fault("\(key) is true or false") }
            force = flag
        }
    }

    /// An instant in a body: microseconds since 1970. Whoever asks may be in another zone, and what he sends may be on its way for a
    /// while: a time of a zone and a span are for command lines.
    static func instant(_ text: String, _ key: String) throws(Fault) -> Int64 {
        guard let time = GivenTime(text)?.instant else {
            throw Fault("\(key) is no instant such as \"2026-11-29T08:00:00Z\"")
        }
        return time
    }

    /// A reason as it may be recorded: some words, not too many. nil: there are none.
    package static func why(_ text: String) throws(Fault) -> String? {
        guard text.utf8.count <= whyMax else { throw Fault("why is longer than \(whyMax) bytes") }
        let isBlank = text.unicodeScalars.allSatisfy { $0.properties.isWhitespace || !VisibleText.isVisible("\($0)") }
        return isBlank ? nil : text
    }

    /// Outcomes whose rows may be sent again, by their words.
    package static func outcomes(_ text: String) throws(Fault) -> Set<PostOutcome> {
        var found: Set<PostOutcome> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = String(word.drop { $0 == " " })
            guard let outcome = PostOutcome(word: word) else {
                let all = PostOutcome.allCases.map(\.word).joined(separator: ", ")
                throw Fault("there is no outcome \(VisibleText.quoted(word)); there are \(all)")
            }
            guard outcome != .rejected else {
                throw Fault("rejected rows cannot be sent as they are: correct them in the rejects file and drop it")
            }
            found.insert(outcome)
        }
        return found
    }

    /// The act that it is; nil: one that is done by a file in `state/control/`.
    package func act(_ verb: DeskVerb, drop: Int) -> DeskAct? {
        switch verb {
        case .release: .release(drop: drop, rows, why: why)
        case .refuse: .refuse(drop: drop, why: why ?? "")
        case .retry: .retry(drop: drop, why: why)
        case .resend: .resend(drop: drop, outcomes: outcomes, why: why, force: force)
        case .noAction: .noAction(drop: drop, why: why ?? "")
        case .withdraw: .withdraw(Withdrawal(.drop(drop), why: why, blanks: blanks, isPreview: isPreview))
        case .cancel, .hold, .resume, .republish: nil
        }
    }

    /// The body of a request for a reload.
    package static func bodyOfReload(why: String?) -> String {
        "{" + (why.map { "\"why\":\(VisibleText.quoted($0))" } ?? "") + "}"
    }

    /// The act that posts last accepted values of a destination again.
    package func republication(at destination: String) -> DeskAct {
        .republish(
            Republication(destination: destination, service: service, rule: rule, why: why, isPreview: isPreview))
    }

    /// The act that withdraws what a rule's files said.
    package func withdrawal(ofRule rule: String) throws(Fault) -> DeskAct {
        guard let since else { throw Fault("say since when: since") }
        return .withdraw(
            Withdrawal(.rule(rule, since: since), why: why, blanks: blanks, isPreview: isPreview))
    }

    /// The body of a request for an act.
    package static func body(of act: DeskAct) -> String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        var members: [String] = []
        switch act {
        case .release(_, .all, _): break
        case .release(_, .only(let ranges), _): members.append("\"rows\":\(quoted(RowChoice.text(ranges)))")
        case .release(_, .except(let ranges), _): members.append("\"except\":\(quoted(RowChoice.text(ranges)))")
        case .refuse, .retry, .noAction: break
        case .resend(_, let outcomes, _, let force):
            let words = PostOutcome.allCases.filter { outcomes.contains($0) }.map(\.word)
            members.append("\"outcome\":\(quoted(words.joined(separator: ",")))")
            if force { members.append("\"force\":true") }
        case .republish(let republication):
            if let service = republication.service { members.append("\"service\":\(quoted(service))") }
            if let rule = republication.rule { members.append("\"rule\":\(quoted(rule))") }
            if republication.isPreview { members.append("\"preview\":true") }
        case .withdraw(let withdrawal):
            if case .rule(_, let since) = withdrawal.what {
                members.append("\"since\":\(quoted(TimeText.text(since)))")
            }
            if withdrawal.blanks { members.append("\"blank\":true") }
            if withdrawal.isPreview { members.append("\"preview\":true") }
        }
        if let why = act.why { members.append("\"why\":\(quoted(why))") }
        return "{" + members.joined(separator: ",") + "}"
    }
}

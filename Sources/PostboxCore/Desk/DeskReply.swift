/// An answer of the control socket or over TCP: a status of HTTP and a text, JSON mostly.
package struct DeskReply: Sendable, Equatable {
    /// What the text is.
    package enum Kind: String, Sendable, Equatable {
        case data = "application/json"
        /// What went wrong (RFC 9457).
        case problem = "application/problem+json"
        case page = "text/html; charset=utf-8"
        case style = "text/css; charset=utf-8"
        case script = "text/javascript; charset=utf-8"
        case table = "text/csv; charset=utf-8"
        case events = "text/event-stream"
        case image = "image/svg+xml"
        /// As `MetricsText.Form` has them.
        case prometheus = "text/plain; version=0.0.4; charset=utf-8"
        case openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"
        /// Whatever it is: nobody is to look at it as anything.
        case bytes = "application/octet-stream"
    }

    package var status: Int
    package var body: String
    package var kind: Kind
    /// The method that the address takes, where another one was used.
    package var allowed: String?
    /// Other lines of the head.
    package var headers: [DeskRequest.Header] = []
    /// What went wrong, for people; nil: it is no problem.
    package private(set) var detail: String?
    /// It is the same for everybody for as long as the program runs, and may be kept for so many seconds.
    package var keptSeconds: Int?

    /// An answer that is no problem.
    package init(_ body: String, status: Int = 200, kind: Kind = .data) {
        self.status = status
        self.body = body
        self.kind = kind
    }

    /// Sends a browser to another page, which it is to get. `path`: of this host.
    package init(seeOther path: String) {
        self.init("", status: 303, kind: .page)
        headers = [DeskRequest.Header("Location", path)]
    }

    /// It tells what went wrong (RFC 9457).
    package var isProblem: Bool { kind == .problem }

    /// What went wrong. `detail`: a sentence for people. `refusal`: its stable word; nil: the status says it all.
    package init(
        problem status: Int, _ detail: String, refusal: DeskAnswer.Refusal? = nil, allowed: String? = nil
    ) {
        self.status = status
        self.allowed = allowed
        self.detail = detail
        kind = .problem
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        let members = [
            "\"type\":\"about:blank\"", "\"title\":\(quoted(Self.title(status)))", "\"status\":\(status)",
            refusal.map { "\"reason\":\(quoted($0.rawValue))" }, "\"detail\":\(quoted(detail))",
        ]
        body = "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }

    package var contentType: String { kind.rawValue }

    /// Lines of the head that every answer has, as OWASP recommends them: whatever a browser could be made to do with it, it does not.
    package static let guards: [DeskRequest.Header] = [
        .init(
            "Content-Security-Policy",
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"),
        .init("X-Content-Type-Options", "nosniff"), .init("X-Frame-Options", "DENY"),
        .init("Referrer-Policy", "no-referrer"), .init("Cross-Origin-Opener-Policy", "same-origin"),
        .init("Cross-Origin-Resource-Policy", "same-origin"),
        .init("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ]

    /// What a gate refused.
    package init(_ refusal: DeskGate.Refusal) {
        switch refusal {
        case .wrongHost:
            self.init(problem: 421, "the request names another host; `http.hosts` has further names of this one")
        case .wrongToken:
            self.init(problem: 401, "there is no such user and token, or their time is over")
            headers = [Self.challenge]
        case .tooManyTries(let seconds):
            self.init(problem: 429, "too many logins failed; try again in \(seconds) s")
            headers = [.init("Retry-After", "\(seconds)")]
        case .unknownUser(let name):
            self.init(
                problem: 403, "\(VisibleText.line(name)) is no user of this service, or may no more",
                refusal: .notAllowed)
        }
    }

    /// That somebody who did not say who he is has to.
    package static var needsLogin: DeskReply {
        var reply = DeskReply(problem: 401, "say who you are: log in, or send a token (Authorization: Bearer TOKEN)")
        reply.headers = [challenge]
        return reply
    }

    /// That somebody may not have what he asks for.
    package static func notAllowed(_ caller: DeskCaller, _ right: DeskRight) -> DeskReply {
        let name = caller.person.map { ReleaseRule.name($0.text) } ?? "nobody in particular"
        return DeskReply(problem: 403, "\(name) may not \(right.words)", refusal: .notAllowed)
    }

    private static let challenge = DeskRequest.Header("WWW-Authenticate", "Bearer realm=\"postbox\"")

    /// What became of an act.
    package init(_ answer: DeskAnswer) {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        switch answer {
        case .done(let text, let facts, let drop):
            let counts = facts.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\($0.value)" }
            let members = [
                "\"done\":true", "\"text\":\(quoted(text))", "\"facts\":{\(counts.joined(separator: ","))}",
                drop.map { "\"drop\":\($0)" },
            ]
            self.init("{" + members.compactMap { $0 }.joined(separator: ",") + "}")
        case .shown(let text, let facts, let examples):
            let counts = facts.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\($0.value)" }
            self.init(
                "{\"done\":false,\"preview\":true,\"text\":\(quoted(text)),\"facts\":{\(counts.joined(separator: ","))},"
                    + "\"examples\":[\(examples.map(\.json).joined(separator: ","))]}")
        case .proposed(let text):
            self.init("{\"done\":false,\"proposed\":true,\"text\":\(quoted(text))}", status: 202)
        case .refused(let refusal, let text):
            self.init(problem: Self.status(refusal), text, refusal: refusal)
        }
    }

    /// That an address leads nowhere; nil: it leads somewhere.
    package init?(_ found: DeskCall.Found) {
        switch found {
        case .call: return nil
        case .nothing: self.init(problem: 404, "there is nothing at this address")
        case .wrongMethod(let allowed):
            self.init(problem: 405, "this address takes \(allowed)", allowed: allowed)
        case .wrongQuery(let why): self.init(problem: 400, why)
        }
    }

    /// What is wrong with an act's body.
    package init(_ fault: DeskOrder.Fault) {
        self.init(
            problem: fault.needsWhy ? Self.status(.needsWhy) : 400, fault.text,
            refusal: fault.needsWhy ? .needsWhy : nil)
    }

    private static func status(_ refusal: DeskAnswer.Refusal) -> Int {
        switch refusal {
        case .unknownDrop: 404
        case .wrongStage: 409
        case .notAllowed: 403
        case .needsWhy: 422
        case .unavailable: 503
        case .badConfiguration: 422
        }
    }

    private static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 416: "Range Not Satisfiable"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        default: "Internal Server Error"
        }
    }
}

/// An answer of the control socket: a status of HTTP and a JSON text.
package struct DeskReply: Sendable, Equatable {
    package var status: Int
    package var body: String
    /// It tells what went wrong (RFC 9457).
    package var isProblem: Bool
    /// The method that the address takes, where another one was used.
    package var allowed: String?

    /// An answer that is no problem.
    package init(_ body: String, status: Int = 200) {
        self.status = status
        self.body = body
        isProblem = false
    }

    /// What went wrong. `detail`: a sentence for people. `refusal`: its stable word; nil: the status says it all.
    package init(
        problem status: Int, _ detail: String, refusal: DeskAnswer.Refusal? = nil, allowed: String? = nil
    ) {
        self.status = status
        self.allowed = allowed
        isProblem = true
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        let members = [
            "\"type\":\"about:blank\"", "\"title\":\(quoted(Self.title(status)))", "\"status\":\(status)",
            refusal.map { "\"reason\":\(quoted($0.rawValue))" }, "\"detail\":\(quoted(detail))",
        ]
        body = "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }

    package var contentType: String { isProblem ? "application/problem+json" : "application/json" }

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
        }
    }

    private static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        default: "Internal Server Error"
        }
    }
}

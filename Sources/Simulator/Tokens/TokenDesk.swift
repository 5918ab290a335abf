import Foundation

/// A request for a token as it came.
struct TokenRequest {
    var method: String
    /// With its query, as in the request line.
    var path: String
    /// Lower-case names.
    var headers: [String: String]
    var body: String
}

/// An HTTP answer.
struct TokenAnswer {
    var status: Int
    var headers: [(String, String)] = []
    var body: String
    /// Waits so long before it goes.
    var delay: Duration = .zero
    /// Never goes.
    var hangs = false
}

/// Gives out access tokens, as the two versions of the token endpoint do, and knows which of them are good.
struct TokenDesk {
    private let endpoint: Scenario.TokenEndpoint
    private var issued: [String: Token] = [:]
    /// User names by refresh token.
    private var refreshTokens: [String: String] = [:]
    private var answersGiven = 0
    private var scriptUses: [Int]
    private var serial = 0

    private struct Token {
        var user: String
        var expiresAt: Int64
        var isEvicted = false
    }

    /// Whether a token logs in.
    enum Standing: Equatable {
        /// Until this moment, in nanoseconds.
        case good(until: Int64)
        case unknown
        case expired
        case evicted
    }

    init(_ endpoint: Scenario.TokenEndpoint) {
        self.endpoint = endpoint
        scriptUses = Array(repeating: 0, count: endpoint.script.count)
    }

    func standing(of token: String, at now: Moment) -> Standing {
        guard let found = issued[token] else { return .unknown }
        if found.isEvicted { return .evicted }
        return found.expiresAt <= now.nanoseconds ? .expired : .good(until: found.expiresAt)
    }

    /// What became of a request, for the report.
    struct Outcome {
        var answer: TokenAnswer
        var isIssued = false
        var hasEvicted = false
        /// What was wrong with the request.
        var fault: String?
    }

    mutating func answer(_ request: TokenRequest, at now: Moment) -> Outcome {
        let form = TokenDesk.form(request.body)
        let grant = form["grant_type"] ?? ""
        var delay: Duration = .zero
        if let scripted = nextScripted(grant) {
            delay = scripted.delay
            if scripted.status != nil || scripted.hangs {
                var headers: [(String, String)] = []
                if let type = scripted.contentType { headers.append(("Content-Type", type)) }
                if let retryAfter = scripted.retryAfter { headers.append(("Retry-After", retryAfter)) }
                if let location = scripted.location {
                    let own = location.hasPrefix("/") ? "https://" + (request.headers["host"] ?? "") : ""
                    headers.append(("Location", own + location))
                }
                return Outcome(
                    answer: TokenAnswer(
                        status: scripted.status ?? 500, headers: headers, body: scripted.body, delay: delay,
                        hangs: scripted.hangs))
            }
        }
        var outcome = own(request, form, at: now)
        outcome.answer.delay = delay
        return outcome
    }

    private mutating func nextScripted(_ grant: String) -> Scenario.TokenEndpoint.Scripted? {
        for (index, scripted) in endpoint.script.enumerated()
        where scriptUses[index] < scripted.times && (scripted.grant ?? grant) == grant {
            scriptUses[index] += 1
            return scripted
        }
        return nil
    }

    private mutating func own(_ request: TokenRequest, _ form: [String: String], at now: Moment) -> Outcome {
        guard request.method == "POST" else { return refused(405, "invalid_request", "Use POST.") }
        guard request.headers["content-type"]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
        else {
            return refused(415, "invalid_request", "Content-Type has to be application/x-www-form-urlencoded.")
        }
        let path = request.path.split(separator: "?").first.map { String($0) } ?? ""
        if path.hasSuffix("/v1/token") { return version1(request, form, at: now) }
        if path.hasSuffix("/v2/token") { return version2(form, at: now) }
        return refused(404, "not_found", "There is nothing at \(path).")
    }

    // MARK: Version 1

    private mutating func version1(_ request: TokenRequest, _ form: [String: String], at now: Moment) -> Outcome {
        guard let client = form["client_id"], !client.isEmpty else {
            return refused(400, "invalid_request", "client_id is missing.")
        }
        // The client ID with an empty secret (The wire §11).
        let basic = "Basic " + Data("\(client):".utf8).base64EncodedString()
        guard request.headers["authorization"] == basic else {
            return refused(401, "invalid_client", "The Basic header is not that of the client.")
        }
        switch form["grant_type"] {
        case "password":
            guard let user = form["username"], let password = form["password"] else {
                return refused(400, "invalid_request", "username or password is missing.")
            }
            if let users = endpoint.users, users[user] != password {
                return refused(400, "access_denied", "Invalid username or password.")
            }
            guard isScopeGood(form) else { return refused(403, "insufficient_scope", "Another scope is needed.") }
            var hasEvicted = false
            if form["takeExclusiveSignOnControl"]?.lowercased() == "true" { hasEvicted = evict(user) }
            let refresh = token("refresh")
            refreshTokens[refresh] = user
            return given(user, refresh: refresh, version: 1, hasEvicted: hasEvicted, at: now)
        case "refresh_token":
            guard let refresh = form["refresh_token"], let user = refreshTokens[refresh], form["username"] == user
            else {
                return refused(400, "invalid_grant", "The refresh token is not good, or no longer.")
            }
            return given(user, refresh: refresh, version: 1, hasEvicted: false, at: now)
        default:
            return refused(400, "unsupported_grant_type", "grant_type is password or refresh_token.")
        }
    }

    private mutating func evict(_ user: String) -> Bool {
        let evicted = issued.filter { $0.value.user == user && !$0.value.isEvicted }.keys
        for token in evicted { issued[token]?.isEvicted = true }
        refreshTokens = refreshTokens.filter { $0.value != user }
        return !evicted.isEmpty
    }

    // MARK: Version 2

    private mutating func version2(_ form: [String: String], at now: Moment) -> Outcome {
        guard form["grant_type"] == "client_credentials" else {
            return refused(400, "unsupported_grant_type", "grant_type is client_credentials.")
        }
        guard let client = form["client_id"], !client.isEmpty else {
            return refused(400, "invalid_request", "client_id is missing.")
        }
        if let assertion = form["client_assertion"] {
            guard form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" else {
                return refused(400, "invalid_request", "client_assertion_type is another one.")
            }
            guard let key = endpoint.keys[client] else {
                return refused(401, "invalid_client", "There is no key for this client.")
            }
            do throws(ClientAssertion.Refusal) {
                try ClientAssertion.check(
                    assertion, key: key, client: client, audience: endpoint.audience,
                    at: Double(now.epochMicroseconds) / 1_000_000)
            } catch {
                return refused(401, "invalid_client", error.reason)
            }
        } else {
            guard let secret = form["client_secret"] else {
                return refused(401, "invalid_client", "Neither a secret nor an assertion.")
            }
            if let clients = endpoint.clients, clients[client] != secret {
                return refused(401, "invalid_client", "Invalid client or secret.")
            }
        }
        guard isScopeGood(form) else { return refused(403, "insufficient_scope", "Another scope is needed.") }
        return given(client, refresh: nil, version: 2, hasEvicted: false, at: now)
    }

    // MARK: Answers

    private func isScopeGood(_ form: [String: String]) -> Bool {
        endpoint.scope == nil || form["scope"] == endpoint.scope
    }

    private mutating func given(
        _ user: String, refresh: String?, version: Int, hasEvicted: Bool, at now: Moment
    ) -> Outcome {
        let turns: [Scenario.TokenEndpoint.ExpiresIn] =
            endpoint.expiresIn ?? (version == 1 ? [.text("600"), .text("300")] : [.number(7200)])
        let expiresIn = turns.isEmpty ? .number(300) : turns[min(answersGiven, turns.count - 1)]
        answersGiven += 1
        let access = token("access")
        let lifetime = endpoint.lifetime ?? .seconds(expiresIn.seconds)
        issued[access] = Token(user: user, expiresAt: now.nanoseconds + lifetime.nanoseconds)
        var json = JSONText()
        json.raw("{\"access_token\":")
        json.string(access)
        if let refresh {
            json.raw(",\"refresh_token\":")
            json.string(refresh)
        }
        json.raw(",\"expires_in\":")
        switch expiresIn {
        case .text(let text): json.string(text)
        case .number(let number): json.number(number)
        }
        json.raw(",\"scope\":")
        json.string(endpoint.scope ?? "")
        json.raw(",\"token_type\":\"Bearer\"}")
        return Outcome(
            answer: TokenAnswer(status: 200, body: String(decoding: json.bytes, as: UTF8.self)), isIssued: true,
            hasEvicted: hasEvicted)
    }

    private func refused(_ status: Int, _ error: String, _ description: String) -> Outcome {
        var json = JSONText()
        json.raw("{\"error\":")
        json.string(error)
        json.raw(",\"error_description\":")
        json.string(description)
        json.raw("}")
        return Outcome(
            answer: TokenAnswer(status: status, body: String(decoding: json.bytes, as: UTF8.self)),
            fault: "\(status) \(error): \(description)")
    }

    /// As long as real ones are, so that no client counts on short ones.
    private mutating func token(_ kind: String) -> String {
        serial += 1
        return "simulated-\(kind)-\(serial)-\(UUID().uuidString)-" + String(repeating: "x", count: 900)
    }

    /// Decodes `application/x-www-form-urlencoded`.
    static func form(_ body: String) -> [String: String] {
        var form: [String: String] = [:]
        for pair in body.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { part -> String in
                let spaced = part.replacing("+", with: " ")
                return spaced.removingPercentEncoding ?? String(spaced)
            }
            if let name = decoded.first { form[name] = decoded.count > 1 ? decoded[1] : "" }
        }
        return form
    }
}

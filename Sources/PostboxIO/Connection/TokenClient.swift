internal import Foundation
internal import JWTKit
package import Logging
package import PostboxCore

/// Keeps an access token fresh (The wire §11, §12): a token is at hand before it is needed, and a slow or dead endpoint
/// never holds up a session that is alive.
package actor TokenClient {
    private let token: Destination.Token
    private let tls: Destination.TLS
    private let proxy: String?
    private let logger: Logger
    private let backoff: ReconnectBackoff
    private var access: Access?
    private var refreshToken: String?
    private var asking: Task<Access, any Error>?
    /// Why the last try failed, while it is tried again; and who waits to know.
    private var lastTrouble: String?
    private var tellTrouble: (@Sendable (String) -> Void)?

    private struct Access: Sendable {
        var token: String
        /// Nanoseconds of the monotonic clock: when to ask for the next one, and when this one ends.
        var renewAt: Int64
        var expiresAt: Int64
    }

    /// The endpoint refuses for good: asking again at once is of no use.
    private struct Refused: Error {
        var text: String
    }

    /// It may be well again in a while.
    private struct Passing: Error, CustomStringConvertible {
        var description: String
    }

    package init(
        token: Destination.Token, tls: Destination.TLS, proxy: String?, logger: Logger,
        backoff: ReconnectBackoff = ReconnectBackoff(first: .seconds(5), most: .seconds(60))
    ) {
        self.token = token
        self.tls = tls
        self.proxy = proxy
        self.logger = logger
        self.backoff = backoff
    }

    /// A token that is valid for a while. Throws `ConnectionError` with the code `credentials`.
    ///
    /// `isRefused`: the server did not take the last one, whatever its life; a new one is asked for. `trouble` is told why it
    /// takes long, in a sentence.
    package func current(
        isRefused: Bool = false, trouble: (@Sendable (String) -> Void)? = nil
    ) async throws -> String {
        if isRefused { access = nil }
        if let access, Clock.monotonic() < access.renewAt { return access.token }
        if let trouble {
            tellTrouble = trouble
            if asking != nil, let lastTrouble { trouble(lastTrouble) }
        }
        do {
            return try await ask().token
        } catch let refused as Refused {
            throw ConnectionError(code: .credentials, message: refused.text)
        } catch {
            if let access, Clock.monotonic() < access.expiresAt - 5_000_000_000 { return access.token }
            throw ConnectionError(code: .unreachable, message: "no token from \(host): \(Self.words(error))")
        }
    }

    /// When the token of now ends, in nanoseconds of the monotonic clock; nil: there is none.
    package var expiresAt: Int64? { access?.expiresAt }

    /// Renews the token in time for as long as it runs and hands each new one on; ends when its task is cancelled.
    package func run(renewed: @escaping @Sendable (String) async -> Void) async {
        var failures = 0
        while !Task.isCancelled {
            let now = Clock.monotonic()
            guard let access else {
                try? await Task.sleep(for: .milliseconds(200))
                continue
            }
            if access.renewAt > now {
                try? await Task.sleep(for: .nanoseconds(min(access.renewAt - now, 1_000_000_000)))
                continue
            }
            do {
                await renewed(try await ask().token)
                failures = 0
            } catch {
                failures += 1
                let pause = backoff.delay(attempt: failures, jitter: .random(in: 0...1))
                logger.warning(
                    "the token could not be renewed",
                    metadata: [
                        "event": .event(.tokenFailed),
                        "reason": "\((error as? Refused)?.text ?? "no token from \(host): \(Self.words(error))")",
                    ])
                try? await Task.sleep(for: .nanoseconds(pause))
            }
        }
    }

    private var host: String { URLComponents(string: token.url)?.host ?? "the token's url" }

    /// One request at a time, however many ask. It ends with the task of one of them: then the program stops.
    private func ask() async throws -> Access {
        if let asking { return try await value(of: asking) }
        let task = Task { try await self.request() }
        asking = task
        lastTrouble = nil
        defer {
            asking = nil
            tellTrouble = nil
        }
        let access = try await value(of: task)
        self.access = access
        return access
    }

    private func value(of task: Task<Access, any Error>) async throws -> Access {
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func request() async throws -> Access {
        switch token.grant {
        case .password(let username, let password):
            let basic = (user: token.clientID, password: "")
            if let refresh = refreshToken {
                let form = [
                    ("grant_type", "refresh_token"), ("username", username), ("refresh_token", refresh),
                    ("client_id", token.clientID),
                ]
                do {
                    return try await exchange(form, basic)
                } catch let refused as Refused {
                    // A refresh token lives a quarter of an hour; the password opens a new round.
                    logger.info(
                        "the refresh was refused; the password is used again",
                        metadata: ["event": .event(.tokenRefreshRefused), "reason": "\(refused.text)"])
                    refreshToken = nil
                }
            }
            var form = [
                ("grant_type", "password"), ("username", username), ("password", password),
                ("client_id", token.clientID), ("takeExclusiveSignOnControl", "true"),
            ]
            if let scope = token.scope { form.append(("scope", scope)) }
            return try await exchange(form, basic)
        case .secret(let secret):
            return try await exchange(clientForm([("client_secret", secret)]), nil)
        case .keyFile(let path):
            let assertion = try await assertion(path)
            return try await exchange(
                clientForm([
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", assertion),
                ]), nil)
        }
    }

    private func clientForm(_ proof: [(String, String)]) -> [(String, String)] {
        [("grant_type", "client_credentials"), ("client_id", token.clientID)] + proof
            + (token.scope.map { [("scope", $0)] } ?? [])
    }

    /// Posts the form, follows redirects by posting it again, tries again where that helps.
    private func exchange(_ form: [(String, String)], _ basic: (user: String, password: String)?) async throws -> Access
    {
        var url = token.url
        var redirects = 0
        var tries = 0
        while true {
            let asked = Clock.monotonic()
            tries += 1
            let answer: CurlRequest.Answer
            do {
                answer = try await CurlRequest(
                    url: url, content: .form(form), basic: basic, caFile: tls.caFile, verify: tls.verify, proxy: proxy
                ).send()
            } catch {
                guard tries < 4, !Task.isCancelled else { throw error }
                let pause = backoff.delay(attempt: tries, jitter: .random(in: 0...1))
                tellTry(Self.words(error), pause)
                try await Task.sleep(for: .nanoseconds(pause))
                continue
            }
            let trouble: String
            switch answer.status {
            case 200:
                // A captive portal, or a gateway in front of the endpoint: it passes.
                if let access = read(answer.body, asked) { return access }
                trouble = "what came is no token: " + Self.kind(of: answer.body, hiding: form)
            case 301, 302, 307, 308:
                redirects += 1
                guard redirects <= 5, let location = answer.location, Self.isTrusted(location, from: token.url) else {
                    throw Refused(
                        text:
                            "the token endpoint \(host) redirects to a place the credentials are not sent to: only https on the same domain is followed"
                    )
                }
                url = location
                continue
            case 400, 401, 403, 404, 410, 451:
                throw Refused(
                    text: "the token endpoint \(host) refuses: HTTP \(answer.status)\(Self.word(answer.body))")
            default:
                trouble = "it answers HTTP \(answer.status)"
            }
            guard tries < 6 else { throw Passing(description: trouble) }
            let pause =
                answer.retryAfter.map { Int64(min(max(0, $0), 300)) * 1_000_000_000 }
                ?? backoff.delay(attempt: tries, jitter: .random(in: 0...1))
            tellTry(trouble, pause)
            try await Task.sleep(for: .nanoseconds(pause))
        }
    }

    /// Never a library's own words.
    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as CurlRequest.Failure: error.description
        case let error as Passing: error.description
        case is CancellationError: "it was not waited for"
        default: "\(type(of: error))"
        }
    }

    private func tellTry(_ reason: String, _ pause: Int64) {
        let trouble = "no token from \(host): \(reason)"
        lastTrouble = trouble
        tellTrouble?(trouble)
        logger.warning(
            "no token yet",
            metadata: [
                "event": .event(.tokenFailed), "reason": "\(host): \(reason)", "retry_in_ms": "\(pause / 1_000_000)",
            ])
    }

    /// nil: it is no token.
    private func read(_ body: [UInt8], _ asked: Int64) -> Access? {
        guard let tree = body.withUnsafeBytes({ JSONValue.parse($0) }), let text = tree["access_token"]?.text,
            !text.isEmpty,
            let seconds = tree["expires_in"]?.integer, seconds > 0
        else { return nil }
        if case .password = token.grant { refreshToken = tree["refresh_token"]?.text ?? refreshToken }
        let life = Int64(min(seconds, 365 * 86_400)) * 1_000_000_000
        // A long life leaves five minutes, a short one a tenth, and never less than it takes to ask.
        let margin = seconds > 3000 ? 300_000_000_000 : max(life / 10, min(life / 2, 2_000_000_000))
        return Access(token: text, renewAt: asked + life - margin, expiresAt: asked + life)
    }

    /// What came instead of a token, in a few words. Its own words only where they can hold neither a token nor what was sent.
    static func kind(of body: [UInt8], hiding form: [(String, String)]) -> String {
        if let tree = body.withUnsafeBytes({ JSONValue.parse($0) }) {
            guard let token = tree["access_token"]?.text, !token.isEmpty else { return "JSON without access_token" }
            return "an access_token without expires_in"
        }
        let words = excerpt(body, most: 80)
        guard let first = words.first else { return "an empty answer" }
        let text = String(decoding: body, as: UTF8.self)
        let secrets = form.filter { $0.0 != "grant_type" && $0.0 != "takeExclusiveSignOnControl" }.map(\.1)
        guard first != "{", first != "[", !text.lowercased().contains("token"),
            !secrets.contains(where: { text.contains($0) || text.contains(CurlRequest.encode([("", $0)]).dropFirst()) })
        else { return Plural.text(body.count, "byte that is no JSON", "bytes that are no JSON") }
        return "\"\(words)\""
    }

    /// OAuth's own word for the refusal; the description may repeat what was sent and is left out.
    private static func word(_ body: [UInt8]) -> String {
        guard let tree = body.withUnsafeBytes({ JSONValue.parse($0) }), let word = tree["error"]?.text,
            word.count < 64, word.allSatisfy({ $0.isLetter || $0 == "_" })
        else { return "" }
        return " \(word)"
    }

    /// https on the same registered domain: the form holds a password.
    static func isTrusted(_ location: String, from origin: String) -> Bool {
        guard let to = URLComponents(string: location), let from = URLComponents(string: origin),
            to.scheme?.lowercased() == "https", let toHost = to.host?.lowercased(),
            let fromHost = from.host?.lowercased(), to.user == nil
        else { return false }
        if toHost == fromHost { return true }
        func domain(_ host: String) -> String? {
            let parts = host.split(separator: ".")
            guard parts.count >= 2, parts.last?.contains(where: \.isLetter) == true else { return nil }
            return parts.suffix(2).joined(separator: ".")
        }
        guard let domain = domain(fromHost) else { return false }
        return toHost == domain || toHost.hasSuffix("." + domain)
    }

    private struct Claims: JWTPayload {
        var iss: String
        var sub: String
        var aud: String
        var iat: Int
        var exp: Int

        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    /// A JWT signed with the site's own key (The wire §12).
    private func assertion(_ path: String) async throws -> String {
        do {
            let bytes = try Disk.contents(path)
            let jwk = try JSONDecoder().decode(JWK.self, from: Data(bytes))
            let keys = try await JWTKeyCollection().add(jwk: jwk)
            let now = Int(Clock.wall() / 1_000_000)
            return try await keys.sign(
                Claims(iss: token.clientID, sub: token.clientID, aud: token.audience, iat: now, exp: now + 3600),
                kid: jwk.keyIdentifier)
        } catch {
            throw Refused(
                text:
                    "the key file \(path) cannot be used to sign: it must be a JWK with kid, alg and the private part (\(type(of: error)))"
            )
        }
    }
}

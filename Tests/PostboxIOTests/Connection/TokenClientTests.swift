import Foundation
import PostboxCore
import PostboxIO
import Simulator
import Synchronization
import TestSupport
import Testing

@Suite("A token client with the real endpoint's ways", .serialized, .ownThreads)
struct TokenClientTests {
    @Test(
        "Version 1: the password gives a token, whose life may be a text or a number, and it is asked for once",
        arguments: [Scenario.TokenEndpoint.ExpiresIn.text("600"), .number(600)])
    func password(life: Scenario.TokenEndpoint.ExpiresIn) async throws {
        try await withTokens {
            $1.expiresIn = [life]
        } _: { (bench) async throws in
            let client = bench.client()
            async let one = client.current()
            async let two = client.current()
            let tokens = try await [one, two, client.current()]
            #expect(!tokens[0].isEmpty)
            #expect(Set(tokens).count == 1)
            #expect(bench.server.report().tokenRequests == 1)
            #expect(bench.server.report().tokensIssued == 1)
            #expect(bench.server.report().violations == [])
        }
    }

    private final class Tokens: Sendable {
        private let list = Mutex<[String]>([])

        var all: [String] { list.withLock { $0 } }

        func add(_ token: String) { list.withLock { $0.append(token) } }
    }

    /// Collects the tokens that are handed on until there are so many.
    private func renewed(_ count: Int, _ client: TokenClient) async throws -> [String] {
        let tokens = Tokens()
        let running = Task(executorPreference: TestThreads.waiting) { await client.run { token in tokens.add(token) } }
        defer { running.cancel() }
        try await eventually("\(count) new tokens") { tokens.all.count >= count }
        return tokens.all
    }

    @Test("Version 1: the next token comes before the end of the last, by refresh and without the password")
    func refresh() async throws {
        // A machine that is too busy to wake anybody in time says nothing about the client: then with a longer life.
        for life in [6, 40, 120] where try await isRefreshedInTime(life: life) { return }
        Issue.record("this machine wakes nobody in time")
    }

    /// False: the client did not renew its token in time, and a timer of the test's own was late as well.
    private func isRefreshedInTime(life: Int) async throws -> Bool {
        var isInTime = true
        try await withTokens {
            $1.expiresIn = [.number(life), .text("600")]
            $1.script = [.init(grant: "password"), .init(grant: "password", status: 400, times: 100)]
        } _: { (bench) async throws in
            let client = bench.client()
            let first = try await client.current()
            let start = ContinuousClock.now
            // The client asks two seconds, or a tenth of the life, before the end.
            let due = Duration.seconds(life - max(2, life / 10))
            let timer = Task(executorPreference: TestThreads.waiting) {
                try await Task.sleep(for: due)
                return ContinuousClock.now - start
            }
            let tokens = try await renewed(1, client)
            let took = ContinuousClock.now - start
            let lateness = try await timer.value - due
            isInTime = took < .seconds(life) - .milliseconds(100)
            #expect(
                isInTime || lateness > .milliseconds(500),
                "the timer was \(lateness) late, the token came after \(took)")
            #expect(tokens[0] != first)
            #expect(bench.server.report().tokenRequests == 2)
            #expect(try await client.current() == tokens[0])
        }
        return isInTime
    }

    @Test("Version 1: a refused refresh goes back to the password")
    func refreshRefused() async throws {
        try await withTokens {
            $1.expiresIn = [.number(1), .text("600")]
            $1.script = [
                .init(grant: "refresh_token", status: 400, body: #"{"error":"invalid_grant"}"#, times: 100)
            ]
        } _: { (bench) async throws in
            let client = bench.client()
            let first = try await client.current()
            let tokens = try await renewed(1, client)
            #expect(tokens[0] != first)
            #expect(bench.server.report().tokenRequests == 3)
            #expect(bench.server.report().tokensIssued == 2)
            #expect(bench.log.text.contains("token_refresh_refused"))
            #expect(bench.log.text.contains("HTTP 400 invalid_grant"))
            for secret in [TokenBench.password, first, tokens[0]] { #expect(!bench.log.text.contains(secret)) }
        }
    }

    @Test("Version 1: a renewal that fails is tried again while the old token still counts")
    func renewalLater() async throws {
        try await withTokens {
            $1.expiresIn = [.number(2), .text("600")]
            $1.script = [
                .init(grant: "refresh_token", status: 500, times: 7), .init(grant: "password"),
            ]
        } _: { (bench) async throws in
            let client = bench.client()
            _ = try await client.current()
            let tokens = try await renewed(1, client)
            #expect(!tokens[0].isEmpty)
            #expect(bench.log.text.contains("no token from 127.0.0.1: it answers HTTP 500"))
            #expect(bench.server.report().tokenRequests == 9)
        }
    }

    @Test("Version 2: the client's secret gives a token")
    func secret() async throws {
        try await withTokens {
            $1.clients = ["GE-1": "se cret&"]
            $1.scope = "trapi.contrib"
        } _: { (bench) async throws in
            var token = bench.token(.secret("se cret&"))
            let narrow = await refusal(bench.client(token))
            #expect(narrow?.message.contains("HTTP 403 insufficient_scope") == true)
            token.scope = "trapi.contrib"
            #expect(try await !bench.client(token).current().isEmpty)
            #expect(bench.server.report().tokensIssued == 1)
        }
    }

    @Test("Version 2: an assertion signed with the site's own key gives a token", arguments: ["EC", "RSA"])
    func assertion(kind: String) async throws {
        let key = kind == "EC" ? SiteKey.ellipticCurve() : try SiteKey.rsa()
        try await withTokens {
            $1.keys = ["GE-1": key.publicJWK]
            $1.clients = [:]
        } _: { (bench) async throws in
            let file = try bench.folder.write(key.privateJWK, to: "key.json")
            #expect(try await !bench.client(bench.token(.keyFile(file))).current().isEmpty)
            #expect(bench.server.report().violations == [])
            let other = try bench.folder.write(SiteKey.ellipticCurve().privateJWK, to: "other.json")
            let refused = await refusal(bench.client(bench.token(.keyFile(other))))
            #expect(refused?.code == .credentials)
            #expect(refused?.message.contains("HTTP 401 invalid_client") == true)
        }
    }

    @Test("Version 2: a key file that is none is told with its path, and nothing of what it holds")
    func badKey() async throws {
        try await withTokens { (bench) async throws in
            let file = try bench.folder.write(#"{"kty":"EC","d":"s3cret"}"#, to: "key.json")
            for path in [file, bench.folder.path("absent.json")] {
                let refused = await refusal(bench.client(bench.token(.keyFile(path))))
                #expect(refused?.code == .credentials)
                #expect(refused?.message.contains(path) == true)
                #expect(refused?.message.contains("s3cret") == false)
            }
            #expect(bench.server.report().tokenRequests == 0)
        }
    }

    @Test("A refusal is told once, in OAuth's word and without secrets", arguments: [400, 401, 403, 404, 410, 451])
    func refused(status: Int) async throws {
        try await withTokens {
            $1.script = [
                .init(
                    status: status,
                    body:
                        #"{"error":"access_denied","error_description":"username GE-A-1 password \#(TokenBench.password.replacing("\"", with: "\\\""))"}"#
                )
            ]
        } _: { (bench) async throws in
            let error = await refusal(bench.client())
            #expect(error?.code == .credentials)
            #expect(error?.message == "the token endpoint 127.0.0.1 refuses: HTTP \(status) access_denied")
            #expect(bench.server.report().tokenRequests == 1)
        }
    }

    @Test("A wrong password is refused in the endpoint's word, and the lane waits long before it asks again")
    func wrongPassword() async throws {
        try await withTokens { (bench) async throws in
            let client = bench.client(bench.token(.password(username: "GE-A-1", password: "wr0ng")))
            try await withLane(bench.contribution(), credentials: { _, _ in .token(try await client.current()) }) {
                courier in
                let state = try await courier.state("refused") { if case .refused = $0 { true } else { false } }
                #expect("\(state)".contains("HTTP 400 access_denied"))
                #expect(!"\(state)".contains("wr0ng"))
                #expect(bench.server.report().tokenRequests == 1)
                #expect(bench.server.report().connections == 0)
            }
        }
    }

    @Test("Too many requests and a failing endpoint are tried again, as late as it asks for")
    func triedAgain() async throws {
        try await withTokens {
            $1.script = [
                .init(status: 503, times: 2), .init(status: 429, body: "{}", retryAfter: "1"), .init(status: 500),
            ]
        } _: { (bench) async throws in
            let start = ContinuousClock.now
            #expect(try await !bench.client().current().isEmpty)
            #expect(ContinuousClock.now - start >= .seconds(1))
            #expect(bench.server.report().tokenRequests == 5)
        }
    }

    @Test("An endpoint that goes on failing is told with its status")
    func failing() async throws {
        try await withTokens {
            $1.script = [.init(status: 503, times: 100)]
        } _: { (bench) async throws in
            let error = await refusal(bench.client())
            #expect(error?.code == .unreachable)
            #expect(error?.message == "no token from 127.0.0.1: it answers HTTP 503")
            #expect(bench.server.report().tokenRequests == 6)
        }
    }

    @Test("A redirect on the same host is followed with the same form", arguments: [301, 302, 307, 308])
    func redirect(status: Int) async throws {
        try await withTokens {
            $1.script = [.init(status: status, location: "/auth/oauth2/v1/token")]
        } _: { (bench) async throws in
            #expect(try await !bench.client().current().isEmpty)
            #expect(bench.server.report().tokenRequests == 2)
            #expect(bench.server.report().violations == [])
        }
    }

    @Test(
        "A redirect to elsewhere, to plain http or in a circle gets no credentials",
        arguments: [
            "http://127.0.0.1:1/token", "https://elsewhere.example/token", "https://127.0.0.2/token",
            "https://user@127.0.0.1/token", "/auth/oauth2/v1/token",
        ])
    func strayRedirect(location: String) async throws {
        try await withTokens {
            $1.script = [.init(status: 307, location: location, times: 100)]
        } _: { (bench) async throws in
            let error = await refusal(bench.client())
            #expect(error?.code == .credentials)
            #expect(error?.message.contains("only https on the same domain is followed") == true)
            #expect(bench.server.report().tokenRequests == (location.hasPrefix("/") ? 6 : 1))
        }
    }

    private static let portal = "<html>\r\n <head><title>Guest &amp; Visitor WiFi</title>"

    /// What comes instead of a token, and what is told of it.
    private static let nonsense = [
        ("", "an empty answer"), ("  \n", "an empty answer"), ("{}", "JSON without access_token"),
        (#"{"access_token":"S3CRET"}"#, "an access_token without expires_in"),
        (#"{"access_token":"","expires_in":300}"#, "JSON without access_token"),
        ("[1]", "JSON without access_token"), ("null", "JSON without access_token"),
        (#"{"access_token":"S3CRET","expi"#, "30 bytes that are no JSON"),
        ("access_token=S3CRET&expires_in=300", "34 bytes that are no JSON"),
        (portal, "\"<html> <head><title>Guest &amp; Visitor WiFi</title>\""),
    ]

    @Test("An answer without a token or its life passes: it is asked for again", arguments: nonsense)
    func portalPasses(body: String, words: String) async throws {
        try await withTokens {
            $1.script = [.init(status: 200, body: body, times: 2)]
        } _: { (bench) async throws in
            let told = CapturedWords()
            let token = try await bench.client().current { told.add($0) }
            #expect(!token.isEmpty)
            #expect(bench.server.report().tokenRequests == 3)
            #expect(told.all == ["no token from 127.0.0.1: what came is no token: \(words)"].cycled(2))
            #expect(bench.log.text.contains("what came is no token"))
            #expect(!bench.log.text.contains("S3CRET") && !bench.log.text.contains("\n "))
        }
    }

    @Test("An endpoint that goes on sending something else is no refusal, and what it sends is told without secrets")
    func portalStays() async throws {
        for body in [Self.portal, "<p>GE-A-1 \(TokenBench.password)</p>"] {
            try await withTokens {
                $1.script = [.init(status: 200, body: body, times: 100)]
            } _: { (bench) async throws in
                let error = await refusal(bench.client())
                #expect(error?.code == .unreachable)
                #expect(error?.message.hasPrefix("no token from 127.0.0.1: what came is no token: ") == true)
                #expect(error?.message.contains(TokenBench.password) == false)
                #expect(error?.message.contains("Guest") == (body == Self.portal))
                #expect(bench.server.report().tokenRequests == 6)
            }
        }
    }

    @Test("While a token is waited for, the lane says why; it says no answer yet only as long as nothing is known")
    func waitingLane() async throws {
        try await withTokens {
            $1.script = [.init(status: 503, times: 100)]
        } _: { (bench) async throws in
            let client = TokenClient(
                token: bench.token(), tls: bench.tls, proxy: nil, logger: bench.log.logger,
                backoff: ReconnectBackoff(first: .seconds(600), most: .seconds(600)))
            try await withLane(
                bench.contribution(), credentials: { .token(try await client.current(isRefused: $0, trouble: $1)) }
            ) { courier in
                #expect(await courier.lane.state == .untried)
                try await courier.state("waiting for a token") {
                    $0 == .connecting("no token from 127.0.0.1: it answers HTTP 503")
                }
                #expect(bench.server.report().connections == 0)
            }
        }
    }

    @Test("An authority that is not trusted, and a name that is not in the certificate, are told as such")
    func notTrusted() async throws {
        try await withTokens {
            $0.tls?.names = ["localhost"]
            $1.expiresIn = [.number(600)]
        } _: { (bench) async throws in
            let other =
                await refusal(bench.client(bench.token(host: "localhost"), tls: Destination.TLS()))
                .map { $0.message } ?? ""
            #expect(
                other
                    == "no token from localhost: its certificate is not trusted; is the certificate's authority in `tls.ca_file`?"
            )
            let name = await refusal(bench.client())
            #expect(
                name?.message
                    == "no token from 127.0.0.1: its certificate is for another name than 127.0.0.1: check the host in the token's `url`"
            )
            let file = bench.folder.path("absent.pem")
            let missing = await refusal(bench.client(tls: Destination.TLS(caFile: file)))
            #expect(missing?.message == "no token from 127.0.0.1: `tls.ca_file` cannot be read: \(file)")
            #expect(bench.server.report().tokenRequests == 0)
            #expect(try await !bench.client(bench.token(host: "localhost")).current().isEmpty)
            #expect(try await !bench.client(tls: Destination.TLS(verify: false)).current().isEmpty)
        }
    }

    @Test("An absent endpoint is told, and its password is not")
    func absent() async throws {
        let port = try await freePort()
        try await withTokens { (bench) async throws in
            var token = bench.token()
            token.url = "https://127.0.0.1:\(port)/auth/oauth2/v1/token"
            let error = await refusal(bench.client(token))
            #expect(error?.code == .unreachable)
            #expect(error?.message.hasPrefix("no token from 127.0.0.1: ") == true)
            #expect(error?.message.contains(TokenBench.password) == false)
        }
    }

    @Test("A host that does not exist is told with the name and with what to check, the proxy's likewise")
    func noSuchHost() async throws {
        try await withTokens { (bench) async throws in
            var token = bench.token()
            token.url = "https://no-such-host.invalid/token"
            let error = await refusal(bench.client(token))
            #expect(
                error?.message
                    == "no token from no-such-host.invalid: there is no host of the name no-such-host.invalid: check the host in the token's `url`"
            )
            let proxy = await refusal(bench.client(proxy: "http://desk:s3cret@no-such-proxy.invalid:3128"))
            #expect(
                proxy?.message
                    == "no token from 127.0.0.1: there is no host of the proxy's name: check `proxy`")
            let server = try await reason(bench.contribution(host: "no-such-host.invalid"))
            #expect(
                server
                    == "wss://no-such-host.invalid:\(bench.server.port)/WebSocket cannot be reached: there is no host of the name no-such-host.invalid; check the host in `urls`"
            )
            let way = try await reason(
                bench.contribution { $0.proxy = "http://desk:s3cret@no-such-proxy.invalid:3128" })
            #expect(
                way
                    == "the proxy no-such-proxy.invalid:3128 cannot be reached: there is no host of the name no-such-proxy.invalid; check the host in `proxy`"
            )
        }
    }

    @Test("An answer that is too long is not read to its end, and told")
    func longAnswer() async throws {
        try await withTokens {
            $1.script = [.init(status: 200, body: String(repeating: "x", count: (1 << 20) + 1), times: 100)]
        } _: { (bench) async throws in
            let error = await refusal(bench.client())
            #expect(error?.message == "no token from 127.0.0.1: its answer is too long: 1 MB at most are read")
        }
    }

    @Test(
        "Who is cancelled waits neither for a silent endpoint's answer nor for the next try", .timeLimit(.minutes(3)),
        arguments: [true, false])
    func cancelled(isSilent: Bool) async throws {
        try await withTokens { (bench) async throws in
            // It takes a TLS greeting for the beginning of a request, and waits for the rest.
            let silent = isSilent ? try await OddServer.start { _ in nil } : nil
            let port = if let silent { silent.port } else { try await freePort() }
            var token = bench.token()
            token.url = "https://127.0.0.1:\(port)/auth/oauth2/v1/token"
            let client = TokenClient(
                token: token, tls: bench.tls, proxy: nil, logger: bench.log.logger,
                backoff: ReconnectBackoff(first: .seconds(600), most: .seconds(600)))
            let asking = Task { try await client.current() }
            if !isSilent {
                try await eventually("the first try failed, and is told") {
                    bench.log.text.contains("token_failed")
                }
            }
            asking.cancel()
            await #expect(throws: ConnectionError.self) { try await asking.value }
            try await silent?.stop()
        }
    }
}

@Suite("A lane with tokens over TLS", .serialized, .ownThreads)
struct TokenLoginTests {
    @Test("A token logs in over wss, and posts are acknowledged")
    func login() async throws {
        try await withTokens { (bench) async throws in
            let client = bench.client()
            try await withLane(bench.contribution(), credentials: { _, _ in .token(try await client.current()) }) {
                courier in
                await courier.send((1...200).map { Parcel("R\($0)") })
                try await courier.settled(200)
                #expect(courier.endings.allSatisfy { $0.outcome == .acked })
                #expect(bench.server.report().violations == [])
                #expect(bench.server.report().updatePosts == 200)
            }
        }
    }

    @Test("A slow endpoint holds up no post, and the new token goes on the live session")
    func slowRenewal() async throws {
        try await withTokens {
            $1.expiresIn = [.number(2), .text("600")]
            $1.lifetime = .seconds(600)
            $1.script = [.init(grant: "refresh_token", delay: .seconds(8))]
        } _: { (bench) async throws in
            let client = bench.client()
            try await withLane(bench.contribution(), credentials: { _, _ in .token(try await client.current()) }) {
                courier in
                try await courier.ready()
                let lane = courier.lane
                let renewing = Task { await client.run { await lane.reissue(.token($0)) } }
                defer { renewing.cancel() }
                _ = try await bench.server.report { $0.tokenRequests == 2 }
                await courier.send((1...100).map { Parcel("R\($0)") })
                try await courier.settled(100)
                #expect(bench.server.report().reissues == 0)
                let report = try await bench.server.report { $0.reissues == 1 }
                await courier.send([Parcel("AFTER")], drop: 2)
                try await courier.settled(101)
                #expect(courier.endings.allSatisfy { $0.outcome == .acked && $0.attempts == 1 })
                #expect(report.logins == 1)
                #expect(bench.server.report().connections == 1)
            }
        }
    }

    @Test("A token that ends in the middle of a drop costs a login and no row")
    func expiry() async throws {
        // A machine that is too busy to log in while a token lasts tells nothing: then with a longer life.
        for life in [6, 30, 90] where try await isRenewedInMidDrop(life: life) { return }
        Issue.record("no login within a minute and a half")
    }

    /// False: a token had ended before the login that it was asked for, by the test's own clock.
    private func isRenewedInMidDrop(life: Int) async throws -> Bool {
        var isInTime = true
        try await withTokens {
            // The server reads on only when the token has ended, so that it ends in the middle on any machine; before and
            // after that all goes as fast as it can.
            $0.stall = .init(afterPosts: 100, duration: .seconds(life + 1))
            $1.expiresIn = [.number(600)]
            $1.lifetime = .seconds(life)
        } _: { (bench) async throws in
            let client = bench.client()
            let target = bench.contribution {
                $0.window = 50
                $0.ackTimeout = .seconds(300)
            }
            let asked = Mutex(ContinuousClock.now)
            let source: CredentialSource = { wereRefused, _ in
                asked.withLock { $0 = .now }
                return .token(try await client.current(isRefused: wereRefused))
            }
            try await withLane(target, credentials: source) { courier in
                await courier.send((1...300).map { Parcel("R\($0)") })
                func isRefused() -> Bool { courier.states.contains { if case .refused = $0 { true } else { false } } }
                try await eventually("all rows have ended", within: .seconds(240)) {
                    courier.endings.count >= 300 || isRefused()
                }
                guard !isRefused() else {
                    #expect(asked.withLock { ContinuousClock.now - $0 } >= .seconds(life), "\(courier.states)")
                    isInTime = false
                    return
                }
                #expect(courier.endings.map(\.row).sorted() == Array(1...300))
                #expect(courier.endings.allSatisfy { $0.outcome == .acked })
                #expect(bench.server.report().logins >= 2)
                #expect(bench.server.report().tokensIssued >= 2)
            }
        }
        return isInTime
    }

    @Test("TLS is verified: the authority, and the server's name")
    func verification() async throws {
        try await withTokens { scenario, _ in
            scenario.tls?.names = ["localhost"]
            scenario.login.requiresTokens = false
        } _: { (bench) async throws in
            let stranger = try await reason(bench.contribution(host: "localhost") { $0.tls.caFile = nil })
            #expect(
                stranger
                    == "TLS with localhost:\(bench.server.port) failed: its certificate is not trusted, or has expired; is the certificate's authority in tls.ca_file?"
            )
            let name = try await reason(bench.contribution())
            #expect(
                name
                    == "TLS with 127.0.0.1:\(bench.server.port) failed: its certificate is for another name; check the host in `urls`"
            )
            let absent = bench.folder.path("absent.pem")
            let missing = try await reason(bench.contribution { $0.tls.caFile = absent })
            #expect(missing.hasPrefix("a TLS file cannot be read: tls.ca_file \(absent): "))
            #expect(bench.server.report().logins == 0)
            for good in [
                bench.contribution(host: "localhost"),
                bench.contribution {
                    $0.tls.caFile = nil
                    $0.tls.verify = false
                },
            ] {
                try await withLane(good, credentials: { _, _ in .token("any") }) { try await $0.ready() }
            }
            #expect(bench.server.report().logins == 2)
        }
    }

    @Test("A client certificate is shown where the site asks for one")
    func clientCertificate() async throws {
        try await withTokens { scenario, _ in
            scenario.tls?.asksForClientCertificate = true
            scenario.login.requiresTokens = false
        } _: { (bench) async throws in
            let without = try await reason(bench.contribution())
            // Whether the refusal or the end of the connection is seen first is the network's matter.
            let words = without.replacing("://", with: "").replacing("/WebSocket", with: "")
            #expect(!words.isEmpty && !words.contains("OPENSSL") && !words.contains("/"), "\(without)")
            let identity = try bench.server.makeClientIdentity(name: "desk")
            let certificate = try bench.folder.write(identity.certificatePEM, to: "desk.pem")
            let key = try bench.folder.write(identity.keyPEM, to: "desk.key")
            let target = bench.contribution {
                $0.tls.certificateFile = certificate
                $0.tls.keyFile = key
            }
            try await withLane(target, credentials: { _, _ in .token("any") }) { courier in
                try await courier.ready()
                #expect(bench.server.report().logins == 1)
            }
        }
    }

    @Test("A TLS server behind ws is told")
    func mixedUp() async throws {
        try await withTokens { (bench) async throws in
            let text = try await reason(bench.contribution { $0.urls[0].isTLS = false })
            #expect(text.contains("ws://127.0.0.1:\(bench.server.port)/WebSocket"))
            #expect(bench.server.report().logins == 0)
        }
    }

    @Test("WebSocket and token endpoint go through a CONNECT proxy with its credentials")
    func proxy() async throws {
        try await withTokens { scenario, _ in
            scenario.proxy = Scenario.Proxy()
            scenario.proxy?.user = "desk"
            scenario.proxy?.password = "s3cret"
        } _: { (bench) async throws in
            let proxy = try #require(bench.server.proxy)
            let refused = await refusal(bench.client(proxy: "http://desk:wr0ng@127.0.0.1:\(proxy.port)"))
            #expect(
                refused?.message
                    == "no token from 127.0.0.1: the proxy wants other credentials (HTTP 407): check the user and password of `proxy`"
            )
            let url = "http://desk:s3cret@127.0.0.1:\(proxy.port)"
            let client = bench.client(proxy: url)
            let target = bench.contribution { $0.proxy = url }
            try await withLane(target, credentials: { _, _ in .token(try await client.current()) }) { courier in
                await courier.send((1...20).map { Parcel("R\($0)") })
                try await courier.settled(20)
                #expect(courier.endings.allSatisfy { $0.outcome == .acked })
                #expect(
                    proxy.report().targets == [
                        "127.0.0.1:\(bench.server.tokenPort ?? 0)", "127.0.0.1:\(bench.server.port)",
                    ])
            }
        }
    }

    @Test("A proxy that refuses is told without its password; the environment names one, and no_proxy passes it by")
    func proxyTrouble() async throws {
        try await withSimulator {
            $0.proxy = Scenario.Proxy()
            $0.proxy?.user = "desk"
            $0.proxy?.password = "s3cret"
        } _: { server in
            let proxy = try #require(server.proxy)
            let text = try await reason(
                destination(server.port) { $0.proxy = "http://desk:wr0ng@127.0.0.1:\(proxy.port)" })
            #expect(
                text.hasPrefix("the proxy 127.0.0.1:\(proxy.port) does not connect to 127.0.0.1:\(server.port): "))
            #expect(
                text.hasSuffix(": it wants other credentials (HTTP 407); check the user and password of `proxy`"))
            #expect(!text.contains("wr0ng"))
            #expect(proxy.report().refusedCredentials >= 1)

            let environment = ["http_proxy": "http://desk:s3cret@127.0.0.1:\(proxy.port)"]
            try await withLane(destination(server.port), environment: environment) { try await $0.ready() }
            #expect(proxy.report().tunnels == 1)
            let around = environment.merging(["no_proxy": "localhost, 127.0.0.1"]) { $1 }
            try await withLane(destination(server.port), environment: around) { try await $0.ready() }
            #expect(proxy.report().tunnels == 1)
            #expect(server.report().logins == 2)

            let gone = try await freePort()
            let nobody = try await reason(destination(server.port) { $0.proxy = "http://127.0.0.1:\(gone)" })
            #expect(nobody == "the proxy 127.0.0.1:\(gone) cannot be reached: Connection refused")
        }
    }
}

/// What the client throws.
private func refusal(_ client: TokenClient) async -> ConnectionError? {
    do {
        let token = try await client.current()
        Issue.record("there is a token: \(token.prefix(8))…")
        return nil
    } catch {
        return error as? ConnectionError
    }
}

/// The reason that a lane gives for not being logged in.
private func reason(_ destination: Destination, environment: [String: String] = [:]) async throws -> String {
    var text = ""
    try await withLane(destination, environment: environment, credentials: { _, _ in .token("any") }) { courier in
        let state = try await courier.state("connecting with a reason") {
            if case .connecting(let why) = $0 { why != "no answer yet" } else { false }
        }
        if case .connecting(let why) = state { text = why }
    }
    return text
}

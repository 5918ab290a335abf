import Foundation
import TestSupport
import Testing

@testable import Simulator

@Suite("TLS, tokens and proxies on the wire", .serialized, .ownThreads)
struct SecureTests {
    private func login(_ token: String, more: String = "") -> String {
        #"{"ID":1,"Domain":"Login","Key":{"NameType":"AuthnToken","Elements":{"ApplicationId":"256","Position":"1.1.1.1","AuthenticationToken":"\#(token)"}}\#(more)}"#
    }

    /// Asks the endpoint with a password grant; gives back status line and body.
    private func askForToken(_ server: SimulatorServer, form: String? = nil) async throws -> (
        head: String, body: String
    ) {
        let authority = try #require(server.certificateAuthorityPEM)
        let client = RawClient(try await TLSStream(port: try #require(server.tokenPort), authority: authority))
        let form =
            form ?? "grant_type=password&username=GE-A-1&password=x&client_id=GE-A-1&takeExclusiveSignOnControl=true"
        try client.sendBytes(
            Array(
                """
                POST /auth/oauth2/v1/token HTTP/1.1\r
                Host: localhost:\(server.tokenPort ?? 0)\r
                Authorization: Basic \(Data("GE-A-1:".utf8).base64EncodedString())\r
                Content-Type: application/x-www-form-urlencoded\r
                Content-Length: \(form.utf8.count)\r
                \r
                \(form)
                """.utf8))
        let head = try client.head()
        let length = head.components(separatedBy: "\r\n").compactMap { line in
            line.lowercased().hasPrefix("content-length: ") ? Int(line.dropFirst(16)) : nil
        }
        return (head, try client.text(length.first ?? 0))
    }

    @Test("A token endpoint can answer 200 with something else than a token, as a portal does that wants a sign-in")
    func portal() async throws {
        let page = "<!DOCTYPE html><html><body>Please sign in</body></html>"
        try await withTokens {
            $0.tokenEndpoint?.script = [.init(status: 200, body: page, contentType: "text/html; charset=utf-8")]
        } _: { (server, _) async throws in
            let answer = try await askForToken(server)
            #expect(answer.head.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.head.lowercased().contains("content-type: text/html; charset=utf-8"))
            #expect(answer.body == page)
            let token = try await askForToken(server)
            #expect(token.head.lowercased().contains("content-type: application/json"))
            #expect(token.body.contains("access_token"))
        }
    }

    private func accessToken(_ server: SimulatorServer) async throws -> String {
        let body = try await askForToken(server).body
        let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return try #require(object?["access_token"] as? String)
    }

    private func withTokens(
        _ change: (inout Scenario) -> Void = { _ in },
        _ body: (SimulatorServer, RawClient) async throws -> Void
    ) async throws {
        var scenario = Scenario()
        scenario.login.shape = .rcc
        scenario.login.requiresTokens = true
        scenario.tls = Scenario.TLS()
        scenario.tokenEndpoint = Scenario.TokenEndpoint()
        change(&scenario)
        let server = try await SimulatorServer.start(scenario: scenario)
        do {
            let stream = try await TLSStream(
                port: server.port, name: "127.0.0.1", authority: try #require(server.certificateAuthorityPEM))
            try await body(server, RawClient(stream))
            try await server.stop()
        } catch {
            try await server.stop()
            throw error
        }
    }

    @Test("A token from the endpoint logs in over wss, and a post is acknowledged without a Key")
    func tokenLogin() async throws {
        try await withTokens { (server, client) async throws in
            #expect(server.url.hasPrefix("wss://127.0.0.1:"))
            let refresh = try client.logIn(login(try await accessToken(server)))
            #expect(refresh.contains(#""Private":true"#))
            #expect(try client.ask(RawClient.post(1)) == #"[{"ID":1,"Type":"Ack","AckID":1}]"#)
            #expect(server.report().tokensIssued == 1)
        }
    }

    @Test("A token that the endpoint did not give, or no token, ends the session with a Status")
    func foreignToken() async throws {
        try await withTokens { (server, client) async throws in
            #expect(try client.logIn(login("made-up")).contains(#""Stream":"Closed""#))
            #expect(try client.next() == .close(1000))
            #expect(server.report().loginRejections == 1)
        }
    }

    @Test("An expired token ends the session with a Status, and a reissue in time keeps it")
    func expiry() async throws {
        try await withTokens {
            $0.tokenEndpoint?.lifetime = .seconds(8)
        } _: { (server, client) async throws in
            _ = try client.logIn(login(try await accessToken(server)))
            try client.sendText(login(try await accessToken(server), more: #","Refresh":false"#))
            #expect(try client.ask(#"{"Type":"Ping"}"#).contains("Pong"))
            #expect(server.report().reissues == 1)
            let status = try client.message()
            #expect(status.contains(#""Type":"Status","Domain":"Login","State":{"Stream":"Closed""#))
            #expect(status.contains("Token expired."))
            #expect(try client.next() == .close(1000))
        }
    }

    @Test("Exclusive sign-on elsewhere ends an open session where the scenario wants it")
    func eviction() async throws {
        try await withTokens {
            $0.tokenEndpoint?.evictsOpenSessions = true
        } _: { (server, client) async throws in
            _ = try client.logIn(login(try await accessToken(server)))
            _ = try await accessToken(server)
            #expect(try client.message().contains("Signed on elsewhere."))
            #expect(try client.next() == .close(1000))
        }
    }

    @Test("The endpoint's script is answered over HTTPS")
    func script() async throws {
        try await withTokens {
            $0.tokenEndpoint?.script = [.init(status: 429, body: "{}", retryAfter: "1")]
        } _: { (server, _) async throws in
            let busy = try await askForToken(server)
            #expect(busy.head.hasPrefix("HTTP/1.1 429 "))
            #expect(busy.head.contains("Retry-After: 1"))
            #expect(try await askForToken(server).head.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("A reset and a frame above the limit end TLS connections as they end plain ones")
    func reset() async throws {
        try await withTokens {
            $0.login.requiresTokens = false
        } _: { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText(String(repeating: " ", count: 64_000))
            guard case .end = try client.next() else {
                Issue.record("the connection is still there")
                return
            }
            #expect(server.report().violations.map(\.kind) == [.frameTooLarge])
        }
    }

    @Test("A client certificate is asked for where the scenario says so")
    func clientCertificate() async throws {
        try await withTokens {
            $0.login.requiresTokens = false
            $0.tls?.asksForClientCertificate = true
        } _: { (server, bare) async throws in
            #expect(throws: (any Error).self) { try bare.logIn() }
            let identity = try server.makeClientIdentity(name: "desk")
            let authority = try #require(server.certificateAuthorityPEM)
            let stream = try await TLSStream(port: server.port, authority: authority, identity: identity)
            #expect(try RawClient(stream).logIn().contains(#""Stream":"Open""#))
        }
    }

    @Test("Connections that are broken off end without a word")
    func broken() async throws {
        try await withTokens {
            $0.login.requiresTokens = false
        } _: { (server, client) async throws in
            _ = try client.logIn()
            server.breakConnections()
            #expect(try client.next() == .end(reset: false))
        }
    }

    @Test("A CONNECT proxy lets through who has its credentials, and counts")
    func proxy() async throws {
        var scenario = Scenario()
        scenario.proxy = Scenario.Proxy()
        scenario.proxy?.user = "desk"
        scenario.proxy?.password = "s3cret"
        try await withSimulator(scenario) { (server, _) async throws in
            let proxy = try #require(server.proxy)
            let target = "127.0.0.1:\(server.port)"
            let stranger = try RawClient(port: proxy.port)
            try stranger.sendBytes(Array("CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\r\n".utf8))
            #expect(try stranger.head().hasPrefix("HTTP/1.1 407 "))

            let client = try RawClient(port: proxy.port)
            let basic = Data("desk:s3cret".utf8).base64EncodedString()
            try client.sendBytes(
                Array("CONNECT \(target) HTTP/1.1\r\nProxy-Authorization: Basic \(basic)\r\n\r\n".utf8))
            #expect(try client.head().hasPrefix("HTTP/1.1 200 "))
            #expect(try client.logIn().contains(#""Stream":"Open""#))
            #expect(try client.ask(RawClient.post(1)).contains(#""AckID":1"#))

            let lost = try RawClient(port: proxy.port)
            try lost.sendBytes(
                Array("CONNECT 127.0.0.1:1 HTTP/1.1\r\nProxy-Authorization: Basic \(basic)\r\n\r\n".utf8))
            #expect(try lost.head().hasPrefix("HTTP/1.1 502 "))

            let report = proxy.report()
            #expect(report.tunnels == 1)
            #expect(report.targets == [target])
            #expect(report.refusedCredentials == 1)
            #expect(report.failures == 1)
            #expect(report.bytes > 500)
        }
    }
}

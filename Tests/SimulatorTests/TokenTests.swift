import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import Simulator

@Suite("The token endpoint, as the wire has it (The wire §11 and §12)")
struct TokenTests {
    private let now = Moment(nanoseconds: 1_000_000_000, epochMicroseconds: 1_790_000_000_000_000)

    private func later(_ seconds: Int64) -> Moment {
        Moment(
            nanoseconds: now.nanoseconds + seconds * 1_000_000_000,
            epochMicroseconds: now.epochMicroseconds + seconds * 1_000_000)
    }

    private func request(_ form: [String: String], version: Int = 1, basic: String? = "GE-A-1:") -> TokenRequest {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let body = form.map { "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")" }
        var headers = ["content-type": "application/x-www-form-urlencoded", "host": "token.example"]
        if let basic { headers["authorization"] = "Basic " + Data(basic.utf8).base64EncodedString() }
        return TokenRequest(
            method: "POST", path: "/auth/oauth2/v\(version)/token", headers: headers, body: body.joined(separator: "&"))
    }

    private let password = [
        "grant_type": "password", "username": "GE-A-1", "password": "p&+% ü", "client_id": "GE-A-1",
        "takeExclusiveSignOnControl": "true",
    ]

    private func object(_ answer: TokenAnswer) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    }

    @Test("A password grant gives tokens, and a refresh grant a new one with another expires_in, both as texts")
    func version1() throws {
        var endpoint = Scenario.TokenEndpoint()
        endpoint.users = ["GE-A-1": "p&+% ü"]
        var desk = TokenDesk(endpoint)
        let first = desk.answer(request(password), at: now)
        #expect(first.answer.status == 200)
        let tokens = try object(first.answer)
        #expect(tokens["expires_in"] as? String == "600")
        let refresh = try #require(tokens["refresh_token"] as? String)
        let second = desk.answer(
            request([
                "grant_type": "refresh_token", "username": "GE-A-1", "refresh_token": refresh, "client_id": "GE-A-1",
            ]), at: later(1))
        let renewed = try object(second.answer)
        #expect(renewed["expires_in"] as? String == "300")
        let access = try #require(renewed["access_token"] as? String)
        #expect(access != tokens["access_token"] as? String)
        #expect(desk.standing(of: access, at: later(2)) == .good(until: later(301).nanoseconds))
        #expect(desk.standing(of: access, at: later(301)) == .expired)
    }

    @Test(
        "What is wrong with a request of version 1 is told",
        arguments: [
            (["password": "other"], "GE-A-1:", 400), (["client_id": "x"], "GE-A-1:", 401), ([:], nil, 401),
            (["grant_type": "magic"], "GE-A-1:", 400),
            (["grant_type": "refresh_token", "refresh_token": "stale"], "GE-A-1:", 400),
        ] as [([String: String], String?, Int)])
    func refused(change: [String: String], basic: String?, status: Int) {
        var endpoint = Scenario.TokenEndpoint()
        endpoint.users = ["GE-A-1": "p&+% ü"]
        var desk = TokenDesk(endpoint)
        let outcome = desk.answer(request(password.merging(change) { $1 }, basic: basic), at: now)
        #expect(outcome.answer.status == status)
        #expect(outcome.fault != nil)
    }

    @Test("Exclusive sign-on evicts the tokens of other sessions of the same user")
    func eviction() throws {
        var desk = TokenDesk(Scenario.TokenEndpoint())
        let first = try object(desk.answer(request(password), at: now).answer)
        let other = try object(desk.answer(request(password.merging(["username": "GE-A-2"]) { $1 }), at: now).answer)
        let outcome = desk.answer(request(password), at: later(1))
        #expect(outcome.hasEvicted)
        #expect(desk.standing(of: try #require(first["access_token"] as? String), at: later(2)) == .evicted)
        #expect(desk.standing(of: try #require(other["access_token"] as? String), at: later(2)) != .evicted)
        let refresh = try #require(first["refresh_token"] as? String)
        let stale = [
            "grant_type": "refresh_token", "username": "GE-A-1", "refresh_token": refresh, "client_id": "GE-A-1",
        ]
        #expect(desk.answer(request(stale), at: later(2)).answer.status == 400)
    }

    @Test("Version 2 takes a client's secret, and asks for its scope")
    func version2() throws {
        var endpoint = Scenario.TokenEndpoint()
        endpoint.clients = ["GE-1": "s3cret"]
        endpoint.scope = "trapi.contribution"
        var desk = TokenDesk(endpoint)
        let good = [
            "grant_type": "client_credentials", "client_id": "GE-1", "client_secret": "s3cret",
            "scope": "trapi.contribution",
        ]
        let answer = desk.answer(request(good, version: 2, basic: nil), at: now).answer
        #expect(try object(answer)["expires_in"] as? Int == 7200)
        #expect(try object(answer)["refresh_token"] == nil)
        let wrong = desk.answer(request(good.merging(["client_secret": "x"]) { $1 }, version: 2), at: now)
        #expect(wrong.answer.status == 401)
        let scopeless = desk.answer(request(good.merging(["scope": ""]) { $1 }, version: 2), at: now)
        #expect(scopeless.answer.status == 403)
        #expect(scopeless.answer.body.contains("insufficient_scope"))
    }

    @Test("Answers by script come first, each for its grant and so many times")
    func script() {
        var endpoint = Scenario.TokenEndpoint()
        endpoint.script = [
            .init(grant: "refresh_token", status: 401),
            .init(status: 503, retryAfter: "2", times: 2),
            .init(status: 307, location: "/auth/oauth2/v1/token"),
            .init(delay: .seconds(3)),
            .init(hangs: true),
        ]
        var desk = TokenDesk(endpoint)
        let answers = (0..<6).map { _ in desk.answer(request(password), at: now).answer }
        #expect(answers.map(\.status) == [503, 503, 307, 200, 500, 200])
        #expect(answers[0].headers.map(\.1) == ["2"])
        #expect(answers[2].headers.map(\.1) == ["https://token.example/auth/oauth2/v1/token"])
        #expect(answers[3].delay == .seconds(3))
        #expect(answers[4].hangs)
        let refresh = ["grant_type": "refresh_token", "refresh_token": "x", "client_id": "GE-A-1"]
        #expect(desk.answer(request(refresh), at: now).answer.status == 401)
    }

    // MARK: Assertions

    private func base64url(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func assertion(
        _ algorithm: String, claims change: [String: Any] = [:], sign: (Data) throws -> Data
    ) throws -> String {
        let time = Double(now.epochMicroseconds / 1_000_000)
        let claims: [String: Any] = [
            "iss": "GE-1", "sub": "GE-1", "aud": "https://login.ciam.refinitiv.com/as/token.oauth2", "iat": time,
            "exp": time + 3600,
        ].merging(change) { $1 }
        let header = try JSONSerialization.data(withJSONObject: ["alg": algorithm, "kid": "k1", "typ": "JWT"])
        let body = try JSONSerialization.data(withJSONObject: claims)
        let signed = base64url(header) + "." + base64url(body)
        return signed + "." + base64url(try sign(Data(signed.utf8)))
    }

    private func status(_ assertion: String, key: String) -> Int {
        var endpoint = Scenario.TokenEndpoint()
        endpoint.keys = ["GE-1": key]
        var desk = TokenDesk(endpoint)
        let form = [
            "grant_type": "client_credentials", "client_id": "GE-1", "client_assertion": assertion,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ]
        return desk.answer(request(form, version: 2, basic: nil), at: now).answer.status
    }

    @Test("An ES256 assertion is verified, with its claims")
    func es256() throws {
        let key = P256.Signing.PrivateKey()
        let point = key.publicKey.rawRepresentation
        let jwk =
            #"{"kty":"EC","crv":"P-256","alg":"ES256","kid":"k1","x":"\#(base64url(point.prefix(32)))","y":"\#(base64url(point.suffix(32)))"}"#
        let sign = { (data: Data) in try key.signature(for: data).rawRepresentation }
        #expect(status(try assertion("ES256", sign: sign), key: jwk) == 200)
        #expect(status(try assertion("ES256", claims: ["aud": "other"], sign: sign), key: jwk) == 401)
        #expect(status(try assertion("ES256", claims: ["exp": 5], sign: sign), key: jwk) == 401)
        #expect(status(try assertion("ES256", claims: ["iss": "GE-2"], sign: sign), key: jwk) == 401)
        #expect(status(try assertion("RS256", sign: sign), key: jwk) == 401)
        let other = P256.Signing.PrivateKey()
        #expect(status(try assertion("ES256") { try other.signature(for: $0).rawRepresentation }, key: jwk) == 401)
        #expect(status("a.b", key: jwk) == 401)
    }

    @Test("RS256 and PS256 assertions are verified", arguments: ["RS256", "PS256"])
    func rsa(algorithm: String) throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let numbers = try key.publicKey.getKeyPrimitives()
        let jwk =
            #"{"kty":"RSA","alg":"\#(algorithm)","kid":"k1","n":"\#(base64url(numbers.modulus))","e":"\#(base64url(numbers.publicExponent))"}"#
        let padding: _RSA.Signing.Padding = algorithm == "RS256" ? .insecurePKCS1v1_5 : .PSS
        let sign = { (data: Data) in
            try key.signature(for: SHA256.hash(data: data), padding: padding).rawRepresentation
        }
        #expect(status(try assertion(algorithm, sign: sign), key: jwk) == 200)
        #expect(status(try assertion(algorithm) { try sign($0 + [1]) }, key: jwk) == 401)
    }
}

import Crypto
import CryptoExtras
import Foundation
import Logging
import PostboxCore
import PostboxIO
import Simulator
import Synchronization
import TestSupport

/// A simulator with TLS and a token endpoint, its authority in a file, and everything that a token client logs.
final class TokenBench: Sendable {
    let server: SimulatorServer
    let folder: TemporaryFolder
    let tls: Destination.TLS
    let log = CapturedLog()

    fileprivate init(_ server: SimulatorServer) throws {
        self.server = server
        folder = try TemporaryFolder()
        tls = Destination.TLS(caFile: try folder.write(server.certificateAuthorityPEM ?? "", to: "ca.pem"))
    }

    static let password = "p&+% ü=\"x"

    /// What a destination's `token:` says.
    func token(
        _ grant: Destination.Token.Grant = .password(username: "GE-A-1", password: TokenBench.password),
        host: String = "127.0.0.1"
    ) -> Destination.Token {
        let version = if case .password = grant { 1 } else { 2 }
        let url = server.tokenURL(version: version) ?? ""
        return Destination.Token(
            url: url.replacing("127.0.0.1", with: host), clientID: version == 1 ? "GE-A-1" : "GE-1", grant: grant)
    }

    /// A client that does not wait long between its tries.
    func client(
        _ token: Destination.Token? = nil, tls: Destination.TLS? = nil, proxy: String? = nil
    ) -> TokenClient {
        TokenClient(
            token: token ?? self.token(), tls: tls ?? self.tls, proxy: proxy, logger: log.logger,
            backoff: ReconnectBackoff(first: .milliseconds(10), most: .milliseconds(40)))
    }

    /// The Contributions Channel of the simulator.
    func contribution(host: String = "127.0.0.1", change: (inout Destination) -> Void = { _ in }) -> Destination {
        var destination = Destination(
            name: "rcc", profile: .rcc, urls: [address(server.port, isTLS: true, host: host)], service: "DDS_TRCE",
            tls: tls)
        change(&destination)
        return destination
    }
}

/// Runs a simulator of the Contributions Channel with its token endpoint, and stops it whatever happens.
func withTokens(
    _ change: (inout Scenario, inout Scenario.TokenEndpoint) -> Void = { _, _ in },
    _ body: (TokenBench) async throws -> Void
) async throws {
    try await withSimulator { scenario in
        scenario.login.shape = .rcc
        scenario.login.requiresTokens = true
        scenario.tls = Scenario.TLS()
        var endpoint = Scenario.TokenEndpoint()
        endpoint.users = ["GE-A-1": TokenBench.password]
        change(&scenario, &endpoint)
        scenario.tokenEndpoint = endpoint
    } _: { server in
        try await body(try TokenBench(server))
    }
}

/// Everything that was logged, as text.
final class CapturedLog: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    var logger: Logger {
        Logger(label: "test") { _ in
            NotedLog(level: .trace) { event in self.note(event) }
        }
    }

    func note(_ event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }

    /// Lines that hold these words.
    func count(_ words: String) -> Int { lines.withLock { $0.count { $0.contains(words) } } }
}

/// A key of a site: the private part for Postbox, the public one for the server.
struct SiteKey {
    var privateJWK: String
    var publicJWK: String

    static func ellipticCurve() -> SiteKey {
        let key = P256.Signing.PrivateKey()
        let point = key.publicKey.rawRepresentation
        let common =
            #""kty":"EC","crv":"P-256","alg":"ES256","kid":"k1","x":"\#(base64url(point.prefix(32)))","y":"\#(base64url(point.suffix(32)))""#
        return SiteKey(
            privateJWK: "{\(common),\"d\":\"\(base64url(key.rawRepresentation))\"}", publicJWK: "{\(common)}")
    }

    static func rsa() throws -> SiteKey {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        // RSAPrivateKey of RFC 8017 §A.1.2: version, n, e, d, p, q, and what follows from them.
        let numbers = integers(Array(key.derRepresentation))
        guard numbers.count >= 6 else { throw NeverSo(description: "the key is no RSAPrivateKey") }
        let common =
            #""kty":"RSA","alg":"RS256","kid":"k1","n":"\#(base64url(Data(numbers[1])))","e":"\#(base64url(Data(numbers[2])))""#
        return SiteKey(
            privateJWK:
                #"{\#(common),"d":"\#(base64url(Data(numbers[3])))","p":"\#(base64url(Data(numbers[4])))","q":"\#(base64url(Data(numbers[5])))"}"#,
            publicJWK: "{\(common)}")
    }

    /// The integers of a DER sequence, without leading zeros.
    private static func integers(_ der: [UInt8]) -> [[UInt8]] {
        var at = 0
        func length() -> Int {
            let first = Int(der[at])
            at += 1
            guard first >= 0x80 else { return first }
            var value = 0
            for _ in 0..<first & 0x7f {
                value = value << 8 | Int(der[at])
                at += 1
            }
            return value
        }
        at += 1
        _ = length()
        var out: [[UInt8]] = []
        while at < der.count, der[at] == 2 {
            at += 1
            let count = length()
            out.append(Array(der[at..<at + count].drop { $0 == 0 }))
            at += count
        }
        return out
    }

    private static func base64url(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

/// Words that were told, in order.
final class CapturedWords: Sendable {
    private let words = Mutex<[String]>([])

    var all: [String] { words.withLock { $0 } }

    func add(_ text: String) { words.withLock { $0.append(text) } }
}

extension [String] {
    /// All of them again and again.
    func cycled(_ times: Int) -> [String] { (0..<times).flatMap { _ in self } }
}

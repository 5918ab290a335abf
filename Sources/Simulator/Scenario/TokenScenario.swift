extension Scenario {
    /// TLS on the WebSocket port, with certificates of the simulator's own authority.
    package struct TLS: Sendable, Equatable {
        /// DNS names and IPv4 addresses in the server's certificate.
        package var names = ["localhost", "127.0.0.1"]
        /// Whether a client has to show a certificate of the simulator's authority
        /// (``SimulatorServer/makeClientIdentity(name:)``).
        package var asksForClientCertificate = false

        package init() {}
    }

    /// The HTTPS endpoint that gives out access tokens (The wire §11, §12). Always TLS, with the simulator's own
    /// authority.
    package struct TokenEndpoint: Sendable, Equatable {
        /// `expires_in` of an answer: written as a text or as a number.
        package enum ExpiresIn: Sendable, Equatable {
            case text(String)
            case number(Int)

            var seconds: Int {
                switch self {
                case .text(let text): Int(text) ?? 0
                case .number(let number): number
                }
            }
        }

        /// An answer that stands in for the endpoint's own.
        package struct Scripted: Sendable, Equatable {
            /// Only for requests with this `grant_type`; nil for each.
            package var grant: String?
            /// HTTP status; nil for the endpoint's own answer, which may still be delayed.
            package var status: Int?
            package var body: String
            /// The header's text: seconds or an HTTP date.
            package var retryAfter: String?
            /// For a redirect; a path is completed with the endpoint's own address.
            package var location: String?
            /// Of the body; nil for JSON.
            package var contentType: String?
            /// How long the answer waits.
            package var delay: Duration
            /// Whether it never comes.
            package var hangs: Bool
            /// How many requests it answers.
            package var times: Int

            package init(
                grant: String? = nil, status: Int? = nil, body: String = "", retryAfter: String? = nil,
                location: String? = nil, contentType: String? = nil, delay: Duration = .zero, hangs: Bool = false,
                times: Int = 1
            ) {
                self.grant = grant
                self.status = status
                self.body = body
                self.retryAfter = retryAfter
                self.location = location
                self.contentType = contentType
                self.delay = delay
                self.hangs = hangs
                self.times = times
            }
        }

        /// 0 for a free one.
        package var port = 0
        /// `expires_in` of the answers in turn; the last stays. Nil for what was seen: 600 and then 300, as texts, in version 1,
        /// and 7200 as a number in version 2.
        package var expiresIn: [ExpiresIn]?
        /// How long tokens really last; nil for what the answer said.
        package var lifetime: Duration?
        /// Passwords by user name for version 1; nil takes any.
        package var users: [String: String]?
        /// Secrets by client ID for version 2; nil takes any.
        package var clients: [String: String]?
        /// JWKs as JSON texts by client ID, that assertions of version 2 are verified with.
        package var keys: [String: String] = [:]
        /// `aud` that an assertion has to name (The wire §12).
        package var audience = "https://login.ciam.refinitiv.com/as/token.oauth2"
        /// Scope that has to be asked for, else 403 `insufficient_scope`; nil for none.
        package var scope: String?
        /// Whether sessions that are open end when `takeExclusiveSignOnControl` evicts their tokens.
        package var evictsOpenSessions = false
        /// Answers to requests in turn; a request that none is for gets the endpoint's own.
        package var script: [Scripted] = []

        package init() {}
    }

    /// An HTTP CONNECT proxy.
    package struct Proxy: Sendable, Equatable {
        /// 0 for a free one.
        package var port = 0
        /// Credentials that it demands; nil for none.
        package var user: String?
        package var password = ""

        package init() {}
    }
}

/// What a simulated server is like and which troubles it makes. Without any change: a strict and friendly ADS that takes every
/// post that a real one would take.
///
/// From YAML, with every key, its type and default (durations are `250ms`, `2s`, `5m`; globs know `*` and `?`):
///
/// ```yaml
/// services:                    # name: number, or name: {id: number, up: bool}
///   NIPROV: 1
///   DDS_TRCE: 2
///   TRCC: {id: 3, up: true}    # a service that is down refuses posts with SourceDown
/// default_service: NIPROV      # for a Key without Service; default: the lowest number
/// known: all                   # all | list of globs: RICs that exist before anyone posts a Refresh
/// unknown: []                  # list of globs taken out of `known`
/// naks: []                     # list of {ric: glob, service: name, code: name or number, text: text, times: count}
///                              # the first that matches answers; after `times` (default: always) it matches no more.
///                              # Instead of `code`: `nak_code_json: '[12]'`, any JSON text in the NakCode's place, or
///                              # `ack_json: '{"ID":1,"Type":"Ack","AckID":"$PostID"}'`, the whole answer as it goes over
///                              # the wire, JSON or not; `$PostID` stands for the post's
/// silent: []                   # list of globs: posts for these RICs are taken and never answered
/// ack_delay: 0ms               # how long every Ack waits
/// ack_delays: {}               # glob: duration, instead of ack_delay
/// lose_acks_every: 0           # every nth Ack is never sent; 0: none
/// duplicate_acks_every: 0      # every nth Ack is sent twice; 0: none
/// reorder_acks: {window: 1, seed: 1}   # Acks leave in groups of `window`, shuffled
/// pack_acks: false             # Acks that are ready together, and answers to requests, share one frame
/// key_in_ack: true             # false with the rcc shape: its Acks have no Key
/// nak_code_as: name            # name | number
/// ack_text: ""                 # text of every positive Ack
/// domain_answers: true         # false: posts of other domains than MarketPrice are dropped without an answer
/// disconnect:                  # absent: never
///   after_posts: 100           # of one connection; the last one is applied and not answered
///   after_items: 500           # items requested of one connection; the request that reaches it is not answered
///   after: 5s                  # from the connection's start
///   times: 1                   # for so many connections, or all
///   how: reset                 # reset (TCP) | close (Close frame 1000)
/// half_open: {after_posts: 100, times: 1}    # then says nothing more, not even to pings, and keeps the TCP connection
/// stall: {after_posts: 100, for: 300ms, times: 1}   # then neither reads nor writes for a while, and goes on
/// oversize: {after_posts: 100, how: fragments, bytes: 65536, times: 1}   # then sends a message that no one can hold, and
///                              # nothing else: fragments (default) of so many bytes each, none of them the last, until
///                              # 256 MiB were sent; or header: that of one frame of so many bytes (default: 1 TiB), no more
/// suspect: {after_posts: 100, for: 1s, times: 1}    # a Login Status Open/Suspect, and Open/Ok after a while
///                              # times: for so many connections, or all; default: 1
/// read_buffer: 61690           # bytes of the buffer that a connection is read into: a frame of
///                              # more than half of it resets the connection when there is no room for it behind others
///                              # that came just before; 0: there is always room
/// read_limit: 0                # bytes per second that are read from a connection; 0: no limit
/// refuse_connections: 0        # the first n connections are closed when they arrive
/// max_messages_per_second: 0   # what the police enforces; the rcc shape tells it at login as well; 0: no limit
/// over_rate: record            # record | nak (NoResources) | close: what follows a post above the rate
/// dictionary: FOLDER           # the site's RDMFieldDictionary and enumtype.def, in place of the built-in list of fields; or
///                              # {fields: FILE, enums: FILE}. A path that is not absolute begins beside the scenario's file
/// any_field: false             # true: any name that looks like a field is one, its type told by its value
/// fields: {}                   # name: real | int | uint | text (RMTES) | ascii | date | time | datetime | enum | any, or
///                              # name: {DISPLAY: number, ...}. Known without it: ``FieldDictionary``
/// items:                       # requests for items, which read back what is stored
///   batch: true                # false: a request for several items gets UnableToRequestAsBatch
///   delay: 0ms                 # how long every answer waits; it tells what is stored when it leaves
///   max_open: 0                # streams of a connection that are open or wait: more get TooManyItems; 0: no limit
///   gone: []                   # list of globs: RICs that take posts and are not found by a request
///   instead: []                # list of {ric: glob, field: name, json: '1.26'}: what is read back in place of what was
///                              # stored; without json: nothing of that field
///   enum_texts: false          # true: an ENUM reads back as its display text where it has one
///   count_in_rate: false       # true: each item requested counts in max_messages_per_second as a post does
///   reject: {code: NotEntitled, text: "", times: 1}    # every request; times absent: always, as of a server without them
///   silent: false              # true: a request is never answered
/// login:
///   shape: ads                 # ads | rcc
///   users: all                 # all | list of names; others get UserUnknownToPermSys
///   support_omm_post: true     # SupportOMMPost in the ads shape; absent: the element is not sent
///   max_msg_size: 61430        # bytes, told at login; a frame more than 260 bytes larger resets the connection
///   ping_timeout: 30s          # told at login in seconds; rcc pings every third of it as well
///   silent: false              # true: a Login request is never answered
///   reject: {code: UserUnknownToPermSys, text: "fred, unknown to system.", times: 1}   # times absent: always
///   system_busy: 0             # the first n logins get NoResources "System busy", and the connection is closed
///   tokens: false              # true: only access tokens that the token endpoint gave out log in (AuthnToken),
///                              # and a session is closed with a Login Status when its token expires
/// tls:                         # absent: no TLS; `tls: {}` is enough. Certificates are of the simulator's own authority
///   names: [localhost, 127.0.0.1]    # in the server's certificate: DNS names and IPv4 addresses
///   client_certificate: false  # true: a client has to show a certificate of the same authority
/// token_endpoint:              # absent: none. HTTPS; /auth/oauth2/v1/token and /auth/oauth2/v2/token
///   port: 0                    # 0: a free one
///   expires_in: ["600", "300"] # of the answers in turn, the last stays; a quoted number is written as a text.
///                              # Default: "600" and then "300" in version 1, 7200 in version 2
///   lifetime: 5s               # how long tokens really last; default: what the answer says
///   users: {GE-A-1: password}  # version 1; default: any
///   clients: {GE-1: secret}    # version 2; default: any
///   keys: {GE-1: '{"kty":"EC",...}'}   # version 2: the JWK that assertions are verified with (RS256, PS256, ES256)
///   audience: https://login.ciam.refinitiv.com/as/token.oauth2
///   scope: name                # asked for, or else 403; default: none
///   evict_open_sessions: false # true: sessions that are open end when takeExclusiveSignOnControl evicts their tokens
///   script:                    # answers in the endpoint's stead, for the requests that come first
///     - {grant: password, status: 503, body: "", retry_after: "2", times: 2}   # grant: only that grant_type
///     - {status: 307, location: /auth/oauth2/v1/token}
///     - {status: 200, body: "<html>Sign in</html>", content_type: text/html}   # default: application/json
///     - {delay: 3s}            # the endpoint's own answer, late
///     - {hang: true}           # no answer at all
/// ca_file: /tmp/ca.pem         # where the authority's certificate is written at start, for clients to trust; default: nowhere
/// proxy: {port: 0, user: name, password: text}   # absent: none. An HTTP CONNECT proxy; no user: it asks for none
/// ```
package struct Scenario: Sendable, Equatable {
    /// A service of the server.
    package struct Service: Sendable, Equatable {
        package var number: UInt16
        /// A service that is down refuses every post with SourceDown (The wire §4.3).
        package var isUp: Bool

        package init(number: UInt16, isUp: Bool = true) {
            self.number = number
            self.isUp = isUp
        }
    }

    /// Which RICs there are.
    package enum RICs: Sendable, Equatable {
        case all
        case matching([String])

        func contains(_ ric: String) -> Bool {
            switch self {
            case .all: true
            case .matching(let globs): globs.contains { Glob.matches($0, ric) }
            }
        }
    }

    /// A refusal of posts.
    package struct Nak: Sendable, Equatable {
        /// Glob of the RICs it is for.
        package var ric: String
        /// Name of the service it is for; nil for each.
        package var service: String?
        package var code: NakCode
        package var text: String
        /// What is written as it stands here; nil for what a server writes.
        package var literal: Literal?
        /// How often it answers before it stands back; nil for always.
        package var times: Int?

        /// JSON text that no server would write, or none that is JSON.
        package enum Literal: Sendable, Equatable {
            /// Stands where the NakCode does.
            case nakCode(String)
            /// The whole Ack, in which `$PostID` is the post's.
            case ack(String)
        }

        package init(
            ric: String, service: String? = nil, code: NakCode = NakCode(rawValue: 0), text: String = "",
            literal: Literal? = nil, times: Int? = nil
        ) {
            self.ric = ric
            self.service = service
            self.code = code
            self.text = text
            self.literal = literal
            self.times = times
        }
    }

    /// An own delay for the Acks of some RICs.
    package struct AckDelay: Sendable, Equatable {
        /// Glob of the RICs it is for.
        package var ric: String
        package var delay: Duration

        package init(ric: String, delay: Duration) {
            self.ric = ric
            self.delay = delay
        }
    }

    /// Acks leave in groups of `window`, each shuffled; a group that does not fill up leaves after 20 ms.
    package struct Reordering: Sendable, Equatable {
        package var window: Int
        package var seed: UInt64

        package init(window: Int, seed: UInt64 = 1) {
            self.window = window
            self.seed = seed
        }
    }

    /// How a NakCode is written.
    package enum NakCodeForm: String, Sendable, Equatable {
        case name
        case number
    }

    /// The end of connections.
    package struct Disconnect: Sendable, Equatable {
        /// How a connection ends.
        package enum Manner: String, Sendable, Equatable {
            /// TCP reset without a word.
            case reset
            /// A Close frame with 1000.
            case close
        }

        /// So many posts of one connection; the last is applied and never answered.
        package var afterPosts: Int?
        /// So many items requested of one connection; the request that reaches them is never answered.
        package var afterItems: Int?
        /// So long after the connection came.
        package var after: Duration?
        /// For so many connections; nil for every one.
        package var times: Int?
        package var manner: Manner

        package init(
            afterPosts: Int? = nil, afterItems: Int? = nil, after: Duration? = nil, times: Int? = 1,
            manner: Manner = .reset
        ) {
            self.afterPosts = afterPosts
            self.afterItems = afterItems
            self.after = after
            self.times = times
            self.manner = manner
        }
    }

    /// A trouble that begins after so many posts of one connection.
    package struct Trouble: Sendable, Equatable {
        package var afterPosts: Int
        /// How long it lasts; what never ends ignores it.
        package var duration: Duration
        /// For so many connections; nil for every one.
        package var times: Int?

        package init(afterPosts: Int, duration: Duration = .zero, times: Int? = 1) {
            self.afterPosts = afterPosts
            self.duration = duration
            self.times = times
        }
    }

    /// A message of the server that no client can hold, after so many posts of one connection. Nothing else comes after it.
    package struct Oversize: Sendable, Equatable {
        /// How it is too large.
        package enum Manner: String, Sendable, Equatable {
            /// In fragments of which none is the last.
            case fragments
            /// In one frame, of which only the header comes.
            case header
        }

        package var afterPosts: Int
        package var manner: Manner
        /// Of each fragment, or what the header tells.
        package var bytes: Int
        /// For so many connections; nil for every one.
        package var times: Int?

        package init(afterPosts: Int, manner: Manner = .fragments, bytes: Int? = nil, times: Int? = 1) {
            self.afterPosts = afterPosts
            self.manner = manner
            self.bytes = bytes ?? (manner == .fragments ? 1 << 16 : 1 << 40)
            self.times = times
        }
    }

    /// What follows a post above the rate.
    package enum OverRate: String, Sendable, Equatable {
        /// Taken and answered; the report tells of it.
        case record
        /// NAK NoResources.
        case nak
        /// Close frame 1000.
        case close
    }

    /// How logins go.
    package struct Login: Sendable, Equatable {
        /// Whose Login Refresh it is (The wire §2.2).
        package enum Shape: String, Sendable, Equatable {
            case ads
            case rcc
        }

        /// A refusal of logins.
        package struct Rejection: Sendable, Equatable {
            /// Name of the state code (The wire §2.4).
            package var code: String
            package var text: String
            /// How many logins; nil for each.
            package var times: Int?

            package init(code: String, text: String = "", times: Int? = nil) {
                self.code = code
                self.text = text
                self.times = times
            }
        }

        package var shape: Shape = .ads
        /// Names that may log in; nil for every name.
        package var users: [String]?
        /// `SupportOMMPost` in the ads shape; nil leaves the element out.
        package var supportsOMMPost: Bool? = true
        /// Bytes; what is told at login.
        package var maxMsgSize = 61430
        package var pingTimeout: Duration = .seconds(30)
        package var isSilent = false
        package var rejection: Rejection?
        /// So many logins find the system busy (The wire §2.3).
        package var systemBusyTimes = 0
        /// Whether an access token of the token endpoint is asked for.
        package var requiresTokens = false

        package init() {}
    }

    package var services: [String: Service] = [
        "NIPROV": Service(number: 1), "DDS_TRCE": Service(number: 2), "TRCC": Service(number: 3),
    ]
    /// For a Key without a service; nil for the lowest number.
    package var defaultService: String?
    package var known: RICs = .all
    /// Globs of RICs that do not exist although `known` matches them.
    package var unknown: [String] = []
    package var naks: [Nak] = []
    /// Globs of RICs whose posts are never answered.
    package var silent: [String] = []
    package var ackDelay: Duration = .zero
    package var ackDelays: [AckDelay] = []
    /// Every nth Ack is lost; 0 for none.
    package var loseAcksEvery = 0
    /// Every nth Ack is sent twice; 0 for none.
    package var duplicateAcksEvery = 0
    package var reordering: Reordering?
    package var packsAcks = false
    /// Nil for what the login shape does: the key in ads, none in rcc (The wire §4.1).
    package var keyInAck: Bool?
    package var nakCodeForm: NakCodeForm = .name
    package var ackText = ""
    package var answersOtherDomains = true
    package var disconnect: Disconnect?
    package var halfOpen: Trouble?
    package var oversize: Oversize?
    package var stall: Trouble?
    package var suspect: Trouble?
    /// Bytes per second; 0 for no limit.
    package var readLimit = 0
    /// Size of the buffer that a connection is read into; 0 for one in which there is always room.
    package var readBufferBytes = 61690
    package var refusedConnections = 0
    /// 0 for no limit.
    package var maxMessagesPerSecond = 0
    package var overRate: OverRate = .record
    /// A site's dictionary; nil for the built-in list.
    package var dictionary: DictionaryFiles?
    package var acceptsAnyField = false
    /// In addition to the built-in names, or instead of them.
    package var fields: [String: FieldType] = [:]
    package var items = Items()
    package var login = Login()
    /// TLS on the WebSocket port; nil for none.
    package var tls: TLS?
    package var tokenEndpoint: TokenEndpoint?
    /// Where the certificate of the simulator's authority is written; nil for nowhere.
    package var certificateAuthorityFile: String?
    package var proxy: Proxy?

    package init() {}

    /// A server reads 260 bytes more than it tells: 61430 were told and 61690 read (What servers do §2.6).
    var maxFrameBytes: Int { login.maxMsgSize + 260 }

    /// How many bytes the buffer holds that a connection is read into: the largest frame fits when it is alone.
    var readBufferCapacity: Int { readBufferBytes > 0 ? max(readBufferBytes, maxFrameBytes) : .max }
}

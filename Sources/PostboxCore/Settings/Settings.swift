/// The whole configuration, checked: what `postbox.yaml` says once every default stands and every secret is expanded.
package struct Settings: Sendable, Equatable {
    package var directories: Directories
    /// How long a file must have been quiet before it is taken.
    package var settle: Duration
    /// How often the inbox is listed although nothing was reported.
    package var rescan: Duration
    package var archive: Archive
    /// How long a stop waits for posts in flight.
    package var drainTimeout: Duration
    /// Run for every alert, with its facts as JSON on standard input.
    package var alertCommand: String?
    /// Where alerts are posted; nil: nowhere.
    package var alertWebhook: AlertWebhook?
    /// Who is told of which alert; the first that fits decides.
    package var alerts: [AlertRule] = []
    /// Who is told regularly that the service lives; nil: nobody.
    package var heartbeat: HeartbeatRule?
    /// A destination that is down for so long is an alert, and so is a file that waits so long in the inbox.
    package var downAlert: Duration
    /// What happens to a file that was contributed before.
    package var duplicates: Duplicates
    /// How far back a file counts as contributed before.
    package var duplicatesWithin: Duration
    /// Patterns of names in the inbox that are never taken, besides those that nobody has to name.
    package var ignored: [String]
    /// How long a file that no rule is for and whose ending is no price file's must lie unchanged before it is refused.
    package var unmatchedAfter: Duration
    /// The last accepted values of every RIC are kept.
    package var keepsLastValues = true
    /// How much must be free where the spool lies before a file is claimed; nil: it does not matter.
    package var minFree: MinFree?
    /// How long the archive keeps what.
    package var retention = Retention()
    /// The file of the key that signs each day's last line of the record; nil: they are not signed.
    package var recordKey: String?
    /// Run with each day's last hash of the record, as JSON on standard input.
    package var anchorCommand: String?
    /// In the order of the file.
    package var destinations: [Destination]
    /// `files:` in the order of the file; empty: the plain mapping for every file with a known extension.
    package var rules: [MappingRule]
    /// What rules take values from, by a key.
    package var tables: [TableRule]
    /// The dictionary of destinations that have none of their own. nil: none.
    package var dictionary: DictionaryFiles?
    /// When files are expected and have to be through, by rule.
    package var schedules: [RuleSchedule] = []
    /// Where the control socket lies, where that is not in `state`.
    package var socket: String?
    /// The page and the API over TCP; nil: there are none.
    package var http: HTTPSettings?
    /// Another configuration comes into force in a service that runs when two people want it.
    package var reloadNeedsTwo = false

    package init(
        directories: Directories, settle: Duration = .seconds(5), rescan: Duration = .seconds(10),
        archive: Archive = .flat, drainTimeout: Duration = .seconds(20), alertCommand: String? = nil,
        downAlert: Duration = .seconds(300), duplicates: Duplicates = .reject,
        duplicatesWithin: Duration = .seconds(24 * 3600), ignored: [String] = [],
        unmatchedAfter: Duration = .seconds(60),
        destinations: [Destination], rules: [MappingRule] = [], tables: [TableRule] = []
    ) {
        self.directories = directories
        self.settle = settle
        self.rescan = rescan
        self.archive = archive
        self.drainTimeout = drainTimeout
        self.alertCommand = alertCommand
        self.downAlert = downAlert
        self.duplicates = duplicates
        self.duplicatesWithin = duplicatesWithin
        self.ignored = ignored
        self.unmatchedAfter = unmatchedAfter
        self.destinations = destinations
        self.rules = rules
        self.tables = tables
    }

    /// Where the control socket lies.
    package var socketPath: String { socket ?? DeskSocketPath.usual(state: directories.state) }

    /// The rule for a file of that name: the first that matches, or without rules the plain mapping to the only destination. Rejects
    /// go by the name of the file that they come from, as `forRejects` says. nil: there is none.
    package func rule(for name: String) -> MappingRule? {
        let root = RejectsName.root(of: name)
        let plain = destinations.count == 1 ? MappingRule(match: "", destinations: [destinations[0].name]) : nil
        guard let rule = rules.isEmpty ? plain : rules.first(where: { $0.matches(root) }) else { return nil }
        return RejectsName(name).map { rule.forRejects(at: $0.destination) } ?? rule
    }

    /// Why a file that matches no rule is refused.
    package func noRule(_ name: String) -> FileProblem {
        let patterns = rules.prefix(8).map(\.match).joined(separator: ", ")
        let more = rules.count > 8 ? " and \(rules.count - 8) more" : ""
        return FileProblem(
            reason: "no_rule", what: "\(name) matches no rule of the configuration's files:",
            hint: rules.isEmpty
                ? "with several destinations files: must say which one a file is for"
                : "the rules match \(patterns)\(more)")
    }

    /// Absolute paths, without a slash at the end.
    package struct Directories: Sendable, Equatable {
        package var spool: String
        package var inbox: String
        package var work: String
        package var done: String
        package var failed: String
        package var state: String

        package init(
            spool: String, inbox: String? = nil, work: String? = nil, done: String? = nil, failed: String? = nil,
            state: String? = nil
        ) {
            self.spool = spool
            self.inbox = inbox ?? spool + "/inbox"
            self.work = work ?? spool + "/work"
            self.done = done ?? spool + "/done"
            self.failed = failed ?? spool + "/failed"
            self.state = state ?? spool + "/state"
        }

        package var ledger: String { state + "/ledger.sqlite" }

        /// Where the record lies: beside `done`.
        package var recordFolder: String { String(done[..<(done.lastIndex(of: "/") ?? done.startIndex)]) }

        /// A path as the record has it: from the record's folder on, where it lies below that.
        package func recordedPath(_ path: String) -> String {
            path.hasPrefix(recordFolder + "/") ? String(path.dropFirst(recordFolder.utf8.count + 1)) : path
        }

        /// The path that the record has so.
        package func path(recorded path: String) -> String { path.hasPrefix("/") ? path : recordFolder + "/" + path }
    }

    /// How `done/` and `failed/` are laid out.
    package enum Archive: String, Sendable, Equatable, CaseIterable {
        case flat
        /// A folder a day (UTC): `done/2026-11-21/`.
        case day
    }

    /// Whether something is kept.
    package enum Keeping: String, Sendable, Equatable, CaseIterable {
        case on
        case off
    }

    /// What happens to a file that says again what was contributed last under its name or its rule.
    package enum Duplicates: String, Sendable, Equatable, CaseIterable {
        case reject
        case warn
        case process
    }
}

/// A server that takes posts: an entry of `destinations:`.
package struct Destination: Sendable, Equatable {
    package enum Profile: String, Sendable, Equatable, CaseIterable {
        /// An ADS / RTDS: posts to its internal cache.
        case rtds
        /// The Contributions Channel behind an ADS: Update only, payload Key equal to the post's Key (The wire §3.5).
        case rccViaRTDS = "rcc_via_rtds"
        /// The Contributions Channel directly: token login, Update only (The wire §3.5).
        case rcc

        /// Only Updates may be posted (The wire §3.5).
        package var isUpdateOnly: Bool { self != .rtds }
    }

    /// What stands in `PostUserInfo`.
    package enum PostUserInfo: Sendable, Equatable {
        /// The local IPv4 address and the application's number; `none` for `rcc`.
        case auto
        case none
        case given(address: String, userID: UInt32)
    }

    /// What happens to posts in flight when their connection is lost.
    package enum Resend: String, Sendable, Equatable, CaseIterable {
        case newest
        case never
    }

    package struct URL: Sendable, Equatable {
        package var isTLS: Bool
        /// A name or an address; an IPv6 address without brackets.
        package var host: String
        package var port: Int
        /// Begins with a slash.
        package var path: String

        package init(isTLS: Bool, host: String, port: Int, path: String) {
            self.isTLS = isTLS
            self.host = host
            self.port = port
            self.path = path
        }

        package var text: String {
            "\(isTLS ? "wss" : "ws")://\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)"
        }
    }

    /// Where the credentials of a token login come from (The wire §11, §12).
    package struct Token: Sendable, Equatable {
        package enum Grant: Sendable, Equatable {
            /// Version 1, machine ID.
            case password(username: String, password: String)
            /// Version 2 with a secret.
            case secret(String)
            /// Version 2 with a signed assertion; the path of a JWK file.
            case keyFile(String)
        }

        package var url: String
        package var clientID: String
        package var grant: Grant
        package var scope: String?
        /// The `aud` of a signed assertion.
        package var audience: String

        package init(
            url: String, clientID: String, grant: Grant, scope: String? = nil,
            audience: String = "https://login.ciam.refinitiv.com/as/token.oauth2"
        ) {
            self.url = url
            self.clientID = clientID
            self.grant = grant
            self.scope = scope
            self.audience = audience
        }
    }

    package struct TLS: Sendable, Equatable {
        package var caFile: String?
        package var certificateFile: String?
        package var keyFile: String?
        package var verify: Bool

        package init(
            caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, verify: Bool = true
        ) {
            self.caFile = caFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.verify = verify
        }
    }

    /// What is done about a NakCode (The wire §4.2).
    package enum NakClass: String, Sendable, Equatable, CaseIterable {
        /// Another try after a pause.
        case retry
        /// The row is `nacked`.
        case final
        /// The destination itself is at fault: posting pauses.
        case stop
    }

    /// An entry of `nak_rules:`; the first that fits decides.
    package struct NakRule: Sendable, Equatable {
        /// A NakCode's name or number, or `Error`.
        package var code: String
        /// Part of the server's text, any case; nil: any text.
        package var text: String?
        package var nakClass: NakClass

        package init(code: String, text: String? = nil, nakClass: NakClass) {
            self.code = code
            self.text = text
            self.nakClass = nakClass
        }
    }

    package var name: String
    package var profile: Profile
    /// Tried in this order; never empty.
    package var urls: [URL]
    package var user: String
    package var applicationID: String
    /// nil: the local IPv4 address.
    package var position: String?
    package var service: String
    /// Other services that a row may name.
    package var services: [String]
    /// Posts in flight at most.
    package var window: Int
    package var ackTimeout: Duration
    package var maxPostsPerSecond: Int?
    package var postUserInfo: PostUserInfo
    package var resend: Resend
    package var token: Token?
    package var tls: TLS
    /// `http://host:port`, credentials allowed; nil: from the environment.
    package var proxy: String?
    /// Go back to the first URL when it is well again and nothing is in flight.
    package var failback: Bool
    package var nakRules: [NakRule]
    /// Tries of a row whose NakCode is of the class `retry`, the first one counted.
    package var attemptsMax: Int
    /// Posting pauses after this many ack timeouts in a row.
    package var ackTimeoutsBeforePause: Int
    /// nil: that of the configuration as a whole, if it has one.
    package var dictionary: DictionaryFiles?
    /// Which accepted rows are read back.
    package var verify = VerifyShare.none
    /// Items that are asked for at once at most.
    package var verifyWindow = 500
    /// How long a file's rows are read back at most.
    package var verifyWithin = Duration.seconds(300)
    /// When it may be down without an alert.
    package var quiet: [QuietTime] = []
    /// It logs in, and everything is checked; nothing is posted.
    package var rehearses = false

    package init(
        name: String, profile: Profile = .rtds, urls: [URL], user: String = "", applicationID: String = "256",
        position: String? = nil, service: String, services: [String] = [], window: Int = 1000,
        ackTimeout: Duration = .seconds(15), maxPostsPerSecond: Int? = nil, postUserInfo: PostUserInfo = .auto,
        resend: Resend = .newest, token: Token? = nil, tls: TLS = TLS(), proxy: String? = nil, failback: Bool = false,
        nakRules: [NakRule] = [], attemptsMax: Int = 5, ackTimeoutsBeforePause: Int = 20
    ) {
        self.name = name
        self.profile = profile
        self.urls = urls
        self.user = user
        self.applicationID = applicationID
        self.position = position
        self.service = service
        self.services = services
        self.window = window
        self.ackTimeout = ackTimeout
        self.maxPostsPerSecond = maxPostsPerSecond
        self.postUserInfo = postUserInfo
        self.resend = resend
        self.token = token
        self.tls = tls
        self.proxy = proxy
        self.failback = failback
        self.nakRules = nakRules
        self.attemptsMax = attemptsMax
        self.ackTimeoutsBeforePause = ackTimeoutsBeforePause
    }

    /// The service of rows that name none, and behind it the others that a row may name.
    package var allServices: [String] { [service] + services }

    /// Who logs in, as people know it; never a secret.
    package var loginName: String {
        guard let token else { return user }
        return if case .password(let username, _) = token.grant { username } else { token.clientID }
    }
}

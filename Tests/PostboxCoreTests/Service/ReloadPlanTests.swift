import PostboxCore
import TestSupport
import Testing

@Suite("What another configuration means for a service that runs", .computing)
struct ReloadPlanTests {
    private static func destination(_ name: String, _ change: (inout Destination) -> Void = { _ in }) -> Destination {
        var destination = Destination(
            name: name, urls: [.init(isTLS: false, host: "h", port: 1, path: "/")], service: "S")
        change(&destination)
        return destination
    }

    private static let base: Settings = {
        var settings = Settings(
            directories: .init(spool: "/s"), destinations: [destination("a"), destination("b")],
            rules: [
                MappingRule(match: "a*", destinations: ["a"]),
                MappingRule(match: "b*", destinations: ["b"]),
            ],
            tables: [TableRule(name: "rics", path: "/t/rics.csv", key: "ISIN")])
        settings.http = HTTPSettings(listen: .init(host: "127.0.0.1", port: 9180))
        return settings
    }()

    private static func plan(_ change: (inout Settings) -> Void) -> ReloadPlan {
        var new = base
        change(&new)
        return ReloadPlan(from: base, served: base.destinations, to: new)
    }

    /// What changes a destination's connection or what goes over it.
    private static let changes: [(String, @Sendable (inout Destination) -> Void)] = [
        ("urls", { $0.urls = [.init(isTLS: true, host: "h", port: 1, path: "/")] }), ("user", { $0.user = "u" }),
        ("application_id", { $0.applicationID = "1" }), ("position", { $0.position = "p" }),
        ("service", { $0.service = "T" }), ("services", { $0.services = ["T"] }), ("window", { $0.window = 7 }),
        ("ack_timeout", { $0.ackTimeout = .seconds(1) }), ("max_posts_per_second", { $0.maxPostsPerSecond = 5 }),
        ("resend", { $0.resend = .never }), ("post_user_info", { $0.postUserInfo = .none }),
        ("profile", { $0.profile = .rccViaRTDS }), ("tls", { $0.tls.verify = false }),
        ("proxy", { $0.proxy = "http://p:1" }),
        ("failback", { $0.failback = true }), ("attempts", { $0.attemptsMax = 1 }),
        ("nak_rules", { $0.nakRules = [.init(code: "Error", nakClass: .retry)] }),
        ("token", { $0.token = .init(url: "https://t", clientID: "c", grant: .secret("new")) }),
        ("verify_window", { $0.verifyWindow = 3 }),
    ]

    @Test("A destination of which anything changed logs in anew, and no other one does", arguments: changes.indices)
    func changed(index: Int) {
        let plan = Self.plan { Self.changes[index].1(&$0.destinations[0]) }
        #expect(plan.destinations == ["a": .change, "b": .keep], "\(Self.changes[index].0)")
        #expect(plan.restartKeys == [] && plan.needsRestart == nil)
        #expect(plan.words == "a logs in anew")
    }

    @Test("Destinations come and go; one that comes back before it was left is kept, or changes")
    func comeAndGo() {
        let added = Self.plan { $0.destinations.append(Self.destination("c")) }
        #expect(added.destinations == ["a": .keep, "b": .keep, "c": .add] && added.words == "c is new")
        var without = Self.base
        without.destinations.removeLast()
        let left = ReloadPlan(from: Self.base, served: Self.base.destinations, to: without)
        #expect(left.destinations == ["a": .keep, "b": .leave] && left.words == "b is left")
        let back = ReloadPlan(from: without, served: Self.base.destinations, to: Self.base)
        #expect(back.destinations == ["a": .keep, "b": .keep] && back.words == "")
        var other = Self.base
        other.destinations[1].user = "u"
        #expect(ReloadPlan(from: without, served: Self.base.destinations, to: other).destinations["b"] == .change)
        #expect(ReloadPlan(from: without, served: without.destinations, to: other).destinations["b"] == .add)
    }

    @Test("Rules, alerts, users and times change without any login; so does a dictionary, by which rows are mapped")
    func quiet() {
        let plan = Self.plan {
            $0.rules[0].match = "x*"
            $0.alertCommand = "true"
            $0.settle = .seconds(1)
            $0.http?.users = [.init(name: "alice", tokenSHA256: nil, may: [.read])]
            $0.destinations[0].dictionary = DictionaryFiles(fields: "/f", enums: "/e")
            $0.destinations[1].quiet = [QuietTime(days: [6, 7])]
            $0.alerts = [AlertRule(route: .note)]
            $0.minFree = .bytes(1)
            $0.retention = Retention(done: .seconds(1), failed: nil, packAfter: nil)
        }
        #expect(plan.destinations == ["a": .keep, "b": .keep] && plan.needsRestart == nil && plan.words == "")
    }

    @Test("A table stands as long as its file is the same and is read in the same way")
    func tables() {
        #expect(Self.plan { $0.settle = .zero }.keptTables == ["rics"])
        #expect(Self.plan { $0.tables[0].path = "/t/other.csv" }.keptTables == [])
        #expect(Self.plan { $0.tables[0].key = "RIC" }.keptTables == [])
        let more = Self.plan { $0.tables.append(TableRule(name: "more", path: "/t/more.csv", key: "K")) }
        #expect(more.keptTables == ["rics"])
    }

    /// What needs a restart, and how that is said.
    private static let restarts: [(String, @Sendable (inout Settings) -> Void)] = [
        ("inbox", { $0.directories.inbox = "/x" }), ("work", { $0.directories.work = "/x" }),
        ("done", { $0.directories.done = "/x" }), ("failed", { $0.directories.failed = "/x" }),
        ("state", { $0.directories.state = "/x" }), ("spool", { $0.directories = .init(spool: "/x") }),
        ("socket", { $0.socket = "/x" }), ("last_values", { $0.keepsLastValues = false }),
        ("record_key", { $0.recordKey = "/k" }), ("http.listen", { $0.http?.listen?.port = 1 }),
        ("http.listen", { $0.http = nil }),
        ("http.tls", { $0.http?.tls = .init(certificateFile: "/c", keyFile: "/k") }),
    ]

    @Test(
        "What the running service holds on to needs a restart; the sentence names the key", arguments: restarts.indices)
    func restart(index: Int) {
        let (key, change) = Self.restarts[index]
        let plan = Self.plan(change)
        #expect(plan.restartKeys == [key])
        #expect(
            plan.needsRestart
                == "`\(key)` cannot change while the service runs: restart it, or put the old value back")
    }

    @Test("Whether a destination is rehearsed is a matter of a restart, both ways, and named with it; a new one may be")
    func rehearsed() {
        let plan = Self.plan { $0.destinations[0].rehearses = true }
        #expect(plan.restartKeys == ["destinations.a.rehearse"])
        #expect(plan.needsRestart?.hasPrefix("`destinations.a.rehearse` cannot change") == true)
        var rehearsed = Self.base
        rehearsed.destinations[0].rehearses = true
        #expect(
            ReloadPlan(from: rehearsed, served: rehearsed.destinations, to: Self.base).restartKeys
                == ["destinations.a.rehearse"])
        let new = Self.plan { settings in settings.destinations.append(Self.destination("c") { $0.rehearses = true }) }
        #expect(new.restartKeys.isEmpty && new.destinations["c"] == .add)
    }

    @Test("Several keys that need a restart are named together")
    func several() {
        let plan = Self.plan {
            $0.socket = "/x"
            $0.recordKey = "/k"
            $0.directories.done = "/x"
        }
        #expect(plan.needsRestart?.hasPrefix("`done`, `socket` and `record_key` cannot change") == true)
    }
}

import PostboxCore
import Testing

@Suite("Settings that do not fit together")
struct SettingsFaultTests {
    private static func destination(_ name: String, _ profile: Destination.Profile = .rtds) -> Destination {
        let token = Destination.Token(url: "https://t", clientID: "c", grant: .secret("MARKED"))
        return Destination(
            name: name, profile: profile, urls: [.init(isTLS: false, host: "a", port: 1, path: "/")], user: "u",
            service: "S", token: profile == .rcc ? token : nil)
    }

    private static func settings(_ destinations: [Destination], _ rules: [MappingRule] = []) -> Settings {
        Settings(directories: .init(spool: "/s"), destinations: destinations, rules: rules)
    }

    @Test("One plain destination without rules is fine")
    func fine() {
        #expect(Self.settings([Self.destination("a")]).faults.isEmpty)
    }

    @Test("Several destinations need rules")
    func severalWithoutRules() {
        let faults = Self.settings([Self.destination("a"), Self.destination("b")]).faults
        #expect(faults.map(\.place) == [.top(.files)])
    }

    @Test("A Refresh is refused on each Update-only destination", arguments: [Destination.Profile.rcc, .rccViaRTDS])
    func refresh(profile: Destination.Profile) {
        let posts: [PostRule] = [.refresh, .column("A", refresh: ["N"], update: []), .update, .plain]
        let rules = posts.map { MappingRule(destinations: ["a"], post: $0) }
        let faults = Self.settings([Self.destination("a", profile)], rules).faults
        #expect(faults.map(\.place) == [.rule(0, .post), .rule(1, .post)])
    }

    @Test("Only a server of the profile rtds is read back", arguments: Destination.Profile.allCases)
    func verify(profile: Destination.Profile) {
        var destination = Self.destination("a", profile)
        destination.verify = .all
        let places = Self.settings([destination], [MappingRule(destinations: ["a"])]).faults.map(\.place)
        #expect(places == (profile == .rtds ? [] : [.destination(0, .verify)]))
    }

    @Test("A login needs what its profile logs in with")
    func logins() {
        var rcc = Self.destination("a", .rcc)
        rcc.token = nil
        var rtds = Self.destination("b")
        rtds.user = ""
        rtds.service = ""
        let rules = [MappingRule(destinations: ["a", "b"])]
        let places = Self.settings([rcc, rtds], rules).faults.map(\.place)
        #expect(places == [.destination(0, .token), .destination(1, .user), .destination(1, .service)])
    }

    @Test("A rule names destinations that exist, each once")
    func unknownDestination() {
        let rules = [MappingRule(destinations: ["cahce"]), MappingRule(destinations: ["cache", "cache"])]
        let faults = Self.settings([Self.destination("cache")], rules).faults
        #expect(faults.map(\.place) == [.rule(0, .destination), .rule(1, .destination)])
        #expect(faults.first?.what == "there is no destination `cahce`; the nearest is `cache`")
    }

    @Test("Folders lie apart")
    func folders() {
        var settings = Self.settings([Self.destination("a")])
        settings.directories.work = "/s/inbox/work"
        settings.directories.state = "/s/inbox2"
        #expect(settings.faults.map(\.place) == [.top(.work)])
    }

    @Test("The summary names what is in force and no secret")
    func summary() {
        var settings = Self.settings([Self.destination("a", .rcc)], [MappingRule(match: "*.csv", destinations: ["a"])])
        settings.alertCommand = "MARKED"
        settings.destinations[0].proxy = "http://u:MARKED@proxy:3128"
        settings.rules[0].tolerate = ["SymbolUnknown": .percent(value: 5, decimals: 2)]
        let text = SettingsSummary.lines(settings).joined(separator: "\n")
        #expect(!text.contains("MARKED"))
        for words in [
            "spool: /s", "destination a: rcc", "ws://a:1/", "window 1000", "http://proxy:3128", "files *.csv -> a",
            "SymbolUnknown 0.05%",
        ] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
    }

    @Test("Who logs in has a name: the user, the machine ID or the service ID, and never a secret")
    func loginNames() {
        var destination = Self.destination("a")
        #expect(destination.loginName == "u")
        destination.token = Destination.Token(
            url: "https://t", clientID: "app", grant: .password(username: "GE-A-1", password: "MARKED"))
        #expect(destination.loginName == "GE-A-1")
        destination.token = Destination.Token(url: "https://t", clientID: "GE-1", grant: .secret("MARKED"))
        #expect(destination.loginName == "GE-1")
        destination.token = Destination.Token(url: "https://t", clientID: "GE-2", grant: .keyFile("/MARKED"))
        #expect(destination.loginName == "GE-2")
    }
}

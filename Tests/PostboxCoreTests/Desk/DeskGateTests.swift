import PostboxCore
import TestSupport
import Testing

@Suite("The gate of the page", .computing)
struct DeskGateTests {
    private static let settings = HTTPSettings(
        listen: .init(host: "127.0.0.1", port: 9180),
        users: [
            .init(name: "alice", tokenSHA256: "#secret", may: [.read, .stop], rules: ["eod_*"], until: 1000),
            .init(name: "bob", tokenSHA256: "#other", may: [.metrics]),
            .init(name: "carol", tokenSHA256: nil, may: [.release]),
        ], trustedUserHeader: "x-remote-user")

    private static func gate(_ settings: HTTPSettings? = settings) -> DeskGate {
        DeskGate(settings, hosts: HostNames(listen: settings?.listen)) { "#" + $0 }
    }

    private static func request(
        _ headers: [(String, String)] = [], host: String = "localhost:9180", address: String = "10.0.0.9",
        isSecure: Bool = false
    ) -> DeskRequest {
        DeskRequest(
            method: "POST", target: "/", headers: [.init("Host", host)] + headers.map { .init($0.0, $0.1) },
            source: .network(address: address, isSecure: isSecure))
    }

    private static func ask(
        _ gate: inout DeskGate, _ request: DeskRequest, account: Person? = nil, wall: Int64 = 0, at now: Int64 = 0
    ) -> Result<DeskCaller, DeskGate.Refusal> {
        do throws(DeskGate.Refusal) {
            return .success(try gate.caller(of: request, account: account, wall: wall, at: now, chance: { "key" }))
        } catch {
            return .failure(error)
        }
    }

    private static func caller(_ result: Result<DeskCaller, DeskGate.Refusal>) -> DeskCaller? { try? result.get() }

    @Test("A token tells who asks, what he may and of which rules; on the day after the last one it is worth nothing")
    func tokens() {
        var gate = Self.gate()
        let request = Self.request([("Authorization", "Bearer secret")])
        let alice = Self.caller(Self.ask(&gate, request))
        #expect(
            alice?.person?.text == "page:alice" && alice?.person?.isNamed == true
                && alice?.way == .token(sha256: "#secret"))
        #expect(alice?.rights == [.read, .stop, .metrics])
        #expect(alice?.mayAct(onRule: "eod_*.csv") == true && alice?.mayAct(onRule: "fx.csv") == false)
        #expect(alice?.mayAct(onRule: nil) == false)
        #expect(Self.ask(&gate, request, wall: 1000) == .failure(.wrongToken))
        #expect(Self.ask(&gate, Self.request([("Authorization", "Bearer #secret")])) == .failure(.wrongToken))
        #expect(Self.ask(&gate, Self.request([("Authorization", "Basic secret")])) == .failure(.wrongToken))
        let bob = Self.caller(Self.ask(&gate, Self.request([("authorization", "bearer other")])))
        #expect(bob?.rights == [.metrics])
    }

    @Test("Users are those of the configuration in force: a login ends with the token that it was made with")
    func otherUsers() throws {
        var gate = Self.gate()
        func cookie(_ name: String, _ token: String) throws -> String {
            let line = try gate.login(name, token: token, from: Self.request(), wall: 0, at: 0, chance: { token })
            return String(line.split(separator: ";")[0])
        }
        let (alice, bob) = (try cookie("alice", "secret"), try cookie("bob", "other"))
        func who(_ cookie: String) -> String? {
            Self.caller(Self.ask(&gate, Self.request([("Cookie", cookie)])))?.person?.text
        }
        #expect(who(alice) == "page:alice" && who(bob) == "page:bob")
        var new = Self.settings
        new.users[0].tokenSHA256 = "#fresh"
        new.users[1].may = [.read]
        gate.use(new, hosts: HostNames(listen: new.listen))
        #expect(who(alice) == nil && who(bob) == "page:bob")
        #expect(Self.ask(&gate, Self.request([("Authorization", "Bearer secret")])) == .failure(.wrongToken))
        let fresh = Self.caller(Self.ask(&gate, Self.request([("Authorization", "Bearer fresh")])))
        #expect(fresh?.person?.text == "page:alice")
        new.users.removeFirst(2)
        gate.use(new, hosts: HostNames(listen: new.listen))
        #expect(who(bob) == nil)
    }

    @Test("Who follows what happens may do so as long as what let him in holds, and he may still read")
    func following() throws {
        func caller(_ gate: inout DeskGate, _ headers: (String, String)...) throws -> DeskCaller {
            try #require(Self.caller(Self.ask(&gate, Self.request(headers))))
        }
        var gate = Self.gate()
        let token = try caller(&gate, ("Authorization", "Bearer secret"))
        let line = try gate.login("alice", token: "secret", from: Self.request(), wall: 0, at: 0, chance: { "one" })
        let session = try caller(&gate, ("Cookie", String(line.split(separator: ";")[0])))
        let proxied = Self.caller(
            Self.ask(
                &gate,
                DeskRequest(
                    method: "GET", target: "/", headers: [.init("X-Remote-User", "carol")], source: .socket(uid: 33)),
                account: Person(uid: 33, name: "www-data", service: 999)))
        let carol = try #require(proxied)
        let nobody = try caller(&gate)
        #expect(
            gate.mayFollow(token, wall: 999) && gate.mayFollow(session, wall: 999) && gate.mayFollow(carol, wall: 0))
        #expect(!gate.mayFollow(nobody, wall: 0))
        // His last day is over.
        #expect(!gate.mayFollow(token, wall: 1000) && !gate.mayFollow(session, wall: 1000))
        // He logs out; his token still counts.
        var other = gate
        _ = other.logout(session, isSecure: false)
        #expect(!other.mayFollow(session, wall: 0) && other.mayFollow(token, wall: 0))
        // His token is another one, he may read no more, or he is no user any more.
        for change: (inout HTTPSettings) -> Void in [
            { $0.users[0].tokenSHA256 = "#fresh" }, { $0.users[0].may = [.metrics] }, { $0.users.removeFirst() },
        ] {
            var (other, new) = (gate, Self.settings)
            change(&new)
            other.use(new, hosts: HostNames(listen: new.listen))
            #expect(!other.mayFollow(token, wall: 0) && !other.mayFollow(session, wall: 0))
            #expect(other.mayFollow(carol, wall: 0))
        }
        // The proxy is believed no more; everybody may read.
        var new = Self.settings
        new.trustedUserHeader = nil
        new.isOpenForReading = true
        gate.use(new, hosts: HostNames(listen: new.listen))
        #expect(!gate.mayFollow(carol, wall: 0) && gate.mayFollow(nobody, wall: 0))
    }

    @Test("Without a token nobody may anything, unless everybody may read")
    func anonymous() {
        var gate = Self.gate()
        #expect(Self.caller(Self.ask(&gate, Self.request()))?.rights == [])
        var open = Self.settings
        open.isOpenForReading = true
        gate = Self.gate(open)
        let caller = Self.caller(Self.ask(&gate, Self.request()))
        #expect(caller?.rights == [.read, .metrics] && caller?.person == nil)
    }

    @Test(
        "A login is known by its cookie until it is ended, or its user may no more; an answer's cookie is for this host alone"
    )
    func logins() throws {
        var gate = Self.gate()
        var made = ["one", "two"].makeIterator()
        let cookie = try gate.login(
            "alice", token: "secret", from: Self.request(isSecure: true), wall: 0, at: 0,
            chance: { made.next() ?? "more" })
        #expect(cookie == "__Host-postbox=one; Path=/; HttpOnly; SameSite=Strict; Secure")
        let request = Self.request([("Cookie", "a=b; __Host-postbox=one")], isSecure: true)
        let alice = try #require(Self.caller(Self.ask(&gate, request)))
        #expect(alice.person?.text == "page:alice" && alice.formKey == "two")
        // The cookie of the one way is none of the other, and one that stands there twice is nobody's.
        #expect(Self.caller(Self.ask(&gate, Self.request([("Cookie", "postbox=one")], isSecure: true)))?.person == nil)
        let twice = Self.request([("Cookie", "__Host-postbox=one"), ("Cookie", "__Host-postbox=x")], isSecure: true)
        #expect(Self.caller(Self.ask(&gate, twice))?.person == nil)
        #expect(Self.caller(Self.ask(&gate, request, wall: 1000))?.person == nil)
        gate.say(.init("done"), to: alice)
        #expect(gate.takeSaid(alice)?.text == "done" && gate.takeSaid(alice) == nil)
        #expect(gate.logout(alice, isSecure: true).hasSuffix("Max-Age=0"))
        #expect(Self.caller(Self.ask(&gate, request))?.person == nil)
        #expect(throws: DeskGate.Refusal.wrongToken) {
            try gate.login("bob", token: "secret", from: Self.request(), wall: 0, at: 0, chance: { "x" })
        }
    }

    @Test("Ten wrong tokens of an address within a minute keep that address out, and no other one")
    func tries() {
        var gate = Self.gate()
        let wrong = Self.request([("Authorization", "Bearer guess")])
        for _ in 0..<LoginTries.most { #expect(Self.ask(&gate, wrong) == .failure(.wrongToken)) }
        let right = [("Authorization", "Bearer secret")]
        #expect(Self.ask(&gate, Self.request(right)) == .failure(.tooManyTries(seconds: 60)))
        #expect(Self.caller(Self.ask(&gate, Self.request(right, address: "10.0.0.10"))) != nil)
        #expect(Self.caller(Self.ask(&gate, Self.request(right), at: 60_000_000_000)) != nil)
        var tries = LoginTries()
        for number in 0..<5000 { tries.fail("a\(number)", at: 0) }
        #expect(tries.wait("b", at: 0) == 60 && tries.wait("b", at: 60_000_000_000) == nil)
    }

    @Test(
        "A request has to name this host",
        arguments: [
            ("localhost:9180", true), ("127.0.0.1", true), ("[::1]:9180", true), ("LOCALHOST", true),
            ("evil.example", false), ("localhost.evil.example", false), ("", false), ("localhost:99x", false),
            ("[::1", false), ("desk.example", true), ("a.desk.example", true), ("a.b.desk.example", false),
        ])
    func hosts(_ host: String, _ isOurs: Bool) {
        let names = HostNames(
            listen: .init(host: "127.0.0.1", port: 9180), more: ["desk.example", "*.desk.example"])
        #expect(names.contain(host) == isOurs)
        #expect(!names.contain(nil))
    }

    @Test("A proxy is believed from a system account; a person's own account speaks for itself")
    func proxies() {
        var gate = Self.gate()
        let request = DeskRequest(
            method: "GET", target: "/", headers: [.init("X-Remote-User", "carol")], source: .socket(uid: 33))
        let proxy = Person(uid: 33, name: "www-data", service: 999)
        let carol = Self.caller(Self.ask(&gate, request, account: proxy))
        #expect(carol?.person?.text == "page:carol" && carol?.rights == [.release, .read, .metrics])
        let dave = Person(uid: 1001, name: "dave", service: 999)
        #expect(Self.caller(Self.ask(&gate, request, account: dave))?.person?.text == "unix:dave")
        var other = request
        other.headers = [.init("X-Remote-User", "mallory")]
        #expect(Self.ask(&gate, other, account: proxy) == .failure(.unknownUser("mallory")))
        other.headers = [.init("X-Remote-User", "carol"), .init("x-remote-user", "alice")]
        #expect(Self.caller(Self.ask(&gate, other, account: proxy))?.person?.text == "unix:www-data")
        var none = Self.gate(nil)
        #expect(Self.caller(Self.ask(&none, request, account: proxy))?.person?.text == "unix:www-data")
    }

    @Test(
        "An act of a login comes from our own page, or not at all",
        arguments: [
            ([("Origin", "http://localhost:9180")], nil, true), ([("Origin", "http://evil.example")], nil, false),
            ([], nil, false), ([], "key", true), ([], "other", false), ([("Origin", "null")], nil, false),
            ([("Origin", "null"), ("Sec-Fetch-Site", "same-origin")], nil, true),
            ([("Sec-Fetch-Site", "cross-site")], nil, false), ([("Origin", "localhost:9180")], nil, false),
        ] as [([(String, String)], String?, Bool)])
    func own(_ headers: [(String, String)], _ key: String?, _ isOwn: Bool) {
        let caller = DeskCaller(person: nil, way: .session("s"), rights: [], formKey: "key")
        #expect(DeskGate.isOwn(Self.request(headers), by: caller, formKey: key) == isOwn)
        let token = DeskCaller(person: nil, way: .token(sha256: "#secret"), rights: [])
        #expect(DeskGate.isOwn(Self.request(headers), by: token, formKey: nil))
        let account = DeskCaller(person: nil, way: .account, rights: [])
        #expect(DeskGate.isOwn(Self.request(headers), by: account, formKey: nil) == (headers.isEmpty || isOwn))
        let empty = DeskCaller(person: nil, way: .session("s"), rights: [])
        #expect(!DeskGate.isOwn(Self.request(), by: empty, formKey: ""))
    }
}

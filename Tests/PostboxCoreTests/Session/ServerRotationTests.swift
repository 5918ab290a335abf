import PostboxCore
import Testing

@Suite("Which server comes next, and when")
struct ServerRotationTests {
    private static func rotation(servers: Int, failback: Bool = false, hasToken: Bool = false) -> ServerRotation {
        let urls = (1...servers).map {
            Destination.URL(isTLS: false, host: "s\($0)", port: 15000, path: "/WebSocket")
        }
        let token = Destination.Token(url: "https://localhost", clientID: "me", grant: .secret("s"))
        return ServerRotation(
            Destination(
                name: "cache", urls: urls, service: "NIPROV", token: hasToken ? token : nil, failback: failback))
    }

    fileprivate static func end(
        _ retry: LoginStream.Retry = .soon, wasOpen: Bool = false
    ) -> ServerRotation.End { ServerRotation.End(retry: retry, text: "why", wasOpen: wasOpen) }

    @Test("The servers are tried one after the other at once, each round after a longer pause")
    func rounds() {
        var rotation = Self.rotation(servers: 3)
        var tried: [String] = []
        var pauses: [Int64] = []
        for _ in 1...7 {
            tried.append(rotation.url.host)
            let pause = rotation.ended(Self.end(), at: 0, jitter: 1)
            #expect(pause.state == .connecting("why"))
            pauses.append(pause.length / 1_000_000)
        }
        #expect(tried == ["s1", "s2", "s3", "s1", "s2", "s3", "s1"])
        #expect(pauses == [0, 0, 1000, 0, 0, 2000, 0])
    }

    @Test("A session that was open goes on with the next server after a short pause, and the pauses begin anew")
    func afterOpen() {
        var rotation = Self.rotation(servers: 2)
        for _ in 1...8 { _ = rotation.ended(Self.end(), at: 0, jitter: 1) }
        #expect(rotation.url.host == "s1")
        #expect(rotation.next(Self.end(wasOpen: true), at: 0, jitter: 1).length == 1_000_000_000)
        #expect(rotation.url.host == "s2")
        #expect(rotation.next(Self.end(), at: 0, jitter: 1).length == 1_000_000_000)
    }

    @Test(
        "A server that refuses, or wants us to wait, is not asked again within a minute",
        arguments: [LoginStream.Retry.slow, .refused])
    func refused(retry: LoginStream.Retry) {
        var rotation = Self.rotation(servers: 1)
        let pause = rotation.ended(Self.end(retry), at: 0, jitter: 0)
        #expect(pause.length == 60_000_000_000 && pause.state == .refused("why"))
    }

    @Test("A session that ended with its token goes on at once with a new one, but not twice within a minute")
    func renewal() {
        var rotation = Self.rotation(servers: 1, hasToken: true)
        #expect(rotation.next(Self.end(.refused, wasOpen: true), at: 0, jitter: 1).state == .connecting("why"))
        let second = rotation.ended(Self.end(.refused, wasOpen: true), at: 59_000_000_000, jitter: 1)
        #expect(second.state == .refused("why"))
        let later = rotation.ended(Self.end(.refused, wasOpen: true), at: 61_000_000_000, jitter: 1)
        #expect(later.state == .connecting("why"))
        // A login that was refused from the start has nothing to renew.
        #expect(rotation.next(Self.end(.refused), at: 200_000_000_000, jitter: 1).state == .refused("why"))
        var password = Self.rotation(servers: 1)
        #expect(password.next(Self.end(.refused, wasOpen: true), at: 0, jitter: 1).state == .refused("why"))
    }

    @Test("With failback another server than the first is left for it")
    func failback() {
        var rotation = Self.rotation(servers: 3, failback: true)
        #expect(!rotation.looksBack)
        _ = rotation.ended(Self.end(), at: 0, jitter: 1)
        #expect(rotation.looksBack && rotation.url.host == "s2")
        rotation.goBack()
        _ = rotation.ended(Self.end(wasOpen: true), at: 0, jitter: 1)
        #expect(rotation.url == rotation.first && !rotation.looksBack)
        var without = Self.rotation(servers: 2)
        _ = without.ended(Self.end(), at: 0, jitter: 1)
        #expect(!without.looksBack)
    }
}

extension ServerRotation {
    /// `ended`, for `#expect`.
    fileprivate mutating func next(_ end: End, at now: Int64, jitter: Double) -> Pause {
        ended(end, at: now, jitter: jitter)
    }
}

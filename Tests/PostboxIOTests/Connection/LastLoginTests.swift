import PostboxCore
import Testing

@testable import PostboxIO

@Suite("What a lane's last login was like")
struct LastLoginTests {
    private static let url = Destination.URL(isTLS: false, host: "localhost", port: 1, path: "/WebSocket")
    private static let wall: Int64 = 1_795_000_000_000_000

    private func words(_ login: LastLogin) -> [String] {
        login.facts.map { name, value in "\(name)=\(value)" }
    }

    @Test("Before the server's answer it is known where and as whom; then since when, and what the server tells")
    func facts() {
        var login = LastLogin()
        #expect(login.facts.isEmpty)
        login.began(at: Self.url, as: "desk")
        let beginning = ["url=\(Self.url.text)", "user=desk"]
        #expect(words(login) == beginning)
        let at = "at=\(TimeText.text(Self.wall))"
        login.opened(.init(), at: Self.url, as: "desk", server: nil, rate: nil, now: Self.wall)
        #expect(words(login) == beginning + [at])
        // The same connection may tell it again.
        login.opened(.init(), at: Self.url, as: "desk", server: "ADS", rate: 500, now: Self.wall)
        #expect(words(login) == beginning + [at, "server=ADS", "posts_per_second=500"])
        login.began(at: Self.url, as: "desk")
        #expect(words(login) == beginning)
    }

    @Test("What the server allows holds until the next login is open")
    func limits() {
        var login = LastLogin()
        #expect(login.limits == .init())
        login.opened(.init(maxMsgSize: 5000), at: Self.url, as: "desk", server: nil, rate: nil, now: Self.wall)
        login.began(at: Self.url, as: "desk")
        #expect(login.limits.maxMsgSize == 5000)
        login.opened(.init(), at: Self.url, as: "desk", server: nil, rate: nil, now: Self.wall)
        #expect(login.limits == .init())
    }
}

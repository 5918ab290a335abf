import Foundation
import PostboxCore
import PostboxIO
import Synchronization
import TestSupport
import Testing

@Suite("The control socket", .ownThreads)
struct DeskServerTests {
    /// A server in a folder of its own, which says back what it was asked.
    private final class Echo: Sendable {
        let folder: TemporaryFolder
        let path: String
        let news = Mutex<[DeskServer.News]>([])
        private let task = Mutex<Task<Void, Never>?>(nil)

        init(_ limits: DeskServer.Limits = DeskServer.Limits(), folder: TemporaryFolder? = nil) throws {
            self.folder = try folder ?? TemporaryFolder()
            // Made once: where much else runs it takes its time.
            let long =
                "\"" + String(decoding: [UInt8](repeating: UInt8(ascii: "a"), count: 16 << 20), as: UTF8.self) + "\""
            path = self.folder.path("postbox.sock")
            let server = DeskServer(
                .socket(DeskSocket(path)), limits: limits,
                news: { [weak self] new in self?.news.withLock { $0.append(new) } },
                answer: { request in
                    // Longer than a client may take.
                    if request.target == "/slow" { try? await Task.sleep(for: limits.patience + .seconds(1)) }
                    if request.target == "/long" {
                        return .whole(DeskReply(long))
                    }
                    let uid = request.uid.map { "\($0)" } ?? "nobody"
                    return .whole(
                        DeskReply(
                            "{\"asked\":\"\(request.method) \(request.target) \(request.body.count) by \(uid)\"}"))
                })
            task.withLock { $0 = Task { await server.run() } }
        }

        func listens() async throws {
            try await eventually("it listens") { UnixClient(path) != nil }
        }

        func stop() async {
            let task = task.withLock { $0 }
            task?.cancel()
            await task?.value
        }
    }

    /// - Parameter patience: longer where a client's request has to come in time on a busy machine.
    private static func impatient(_ patience: Duration = .milliseconds(600)) -> DeskServer.Limits {
        var limits = DeskServer.Limits()
        limits.patience = patience
        return limits
    }

    @Test(
        "A request is answered, with the account that speaks; the socket is its owner's and its group's, and gone at the end"
    )
    func answers() async throws {
        let echo = try Echo()
        try await echo.listens()
        let answer = try #require(UnixClient.ask(echo.path, "POST", "/x?y=1", body: "{}"))
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(answer.contains("POST /x?y=1 2 by \(geteuid())"))
        #expect(answer.lowercased().contains("content-type: application/json\r\n"))
        let attributes = try FileManager.default.attributesOfItem(atPath: echo.path)
        #expect((attributes[.posixPermissions] as? Int) == 0o660)
        #expect(FileManager.default.names(in: URL(fileURLWithPath: echo.folder.path)) == ["postbox.sock"])
        await echo.stop()
        #expect(FileManager.default.names(in: URL(fileURLWithPath: echo.folder.path)).isEmpty)
        #expect(echo.news.withLock { $0 } == [.listens])
    }

    @Test("A connection may ask several times, also at once")
    func keepsAlive() async throws {
        let echo = try Echo()
        try await echo.listens()
        let client = try #require(UnixClient(echo.path))
        client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.send("GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let all = client.receiveAll()
        for number in 1...3 { #expect(all.contains("GET /\(number) 0 by"), "\(all)") }
        await echo.stop()
    }

    @Test("What a dead run left is replaced; what somebody else has is left alone, and that is told once")
    func stale() async throws {
        let folder = try TemporaryFolder()
        let first = try Echo(folder: folder)
        try await first.listens()
        let second = try Echo(folder: folder)
        try await eventually("it is told") { second.news.withLock { !$0.isEmpty } }
        #expect(
            second.news.withLock { $0 } == [
                .failed("another program listens at \(first.path); set `socket` to another path")
            ])
        #expect(UnixClient.ask(first.path, "GET", "/still")?.contains("GET /still") == true)
        await second.stop()
        #expect(UnixClient.ask(first.path, "GET", "/still")?.contains("GET /still") == true)

        // A hard link keeps the socket of a run that is over.
        let kept = folder.path("kept")
        #expect(link(first.path, kept) == 0)
        await first.stop()
        #expect(rename(kept, first.path) == 0)
        #expect(UnixClient(first.path) == nil && FileManager.default.fileExists(atPath: first.path))
        let third = try Echo(folder: folder)
        try await third.listens()
        #expect(third.news.withLock { $0 } == [.listens])
        await third.stop()

        try folder.write("mine", to: "postbox.sock")
        let fourth = try Echo(folder: folder)
        try await eventually("it is told") { fourth.news.withLock { !$0.isEmpty } }
        await fourth.stop()
        #expect(try folder.text("postbox.sock") == "mine")
    }

    @Test("A socket that cannot be made is made as soon as it can be")
    func comesLater() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("later/postbox.sock")
        let news = Mutex<[DeskServer.News]>([])
        let server = DeskServer(
            .socket(DeskSocket(path)), news: { new in news.withLock { $0.append(new) } },
            answer: { _ in .whole(DeskReply("1")) })
        let task = Task { await server.run() }
        try await eventually("it is told") { news.withLock { !$0.isEmpty } }
        try FileManager.default.createDirectory(atPath: folder.path("later"), withIntermediateDirectories: false)
        try await eventually("it listens") { UnixClient(path) != nil }
        #expect(news.withLock { $0.count } == 2 && news.withLock { $0.last } == .listens)
        task.cancel()
        await task.value
    }

    @Test("Who sends too much is told, and cut off")
    func limits() async throws {
        let echo = try Echo()
        try await echo.listens()
        let long = String(repeating: "a", count: 20_000)
        let many = (1...200).map { "H\($0): x\r\n" }.joined()
        for (request, status) in [
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n", "431"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n", "431"),
            ("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n", "431"),
            ("nonsense\r\n\r\n", "400"), ("GET / HTTP/9.9\r\n\r\n", "400"), ("\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"),
        ] {
            let client = try #require(UnixClient(echo.path))
            client.send(request)
            let answer = client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(request.prefix(60)): \(answer)")
            #expect(answer.contains("application/problem+json"))
        }
        let client = try #require(UnixClient(echo.path))
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(2 << 20)\r\n\r\n")
        client.send([UInt8](repeating: 0x20, count: 2 << 20))
        let answer = client.receiveAll()
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 413"), "\(answer)")
        #expect(
            UnixClient.ask(echo.path, "POST", "/", body: String(repeating: " ", count: 1 << 20))?
                .contains("POST / \(1 << 20) by") == true)
        await echo.stop()
    }

    @Test("Who does not send a request whole is cut off")
    func halfSent() async throws {
        let echo = try Echo(Self.impatient())
        try await echo.listens()
        for start in [
            "", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab",
        ] {
            let client = try #require(UnixClient(echo.path))
            client.send(start)
            #expect(client.receiveAll().isEmpty)
        }
        // One byte every now and then does not keep a connection.
        let dripping = try #require(UnixClient(echo.path))
        dripping.send("POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
        try await eventually("it is cut off") { !dripping.send("a") }
        await echo.stop()
    }

    @Test("Who does not take his answer is cut off; a slow answer is no fault of the client's")
    func deaf() async throws {
        let echo = try Echo(Self.impatient(.seconds(5)))
        try await echo.listens()
        let deaf = try #require(UnixClient(echo.path))
        deaf.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(UnixClient.ask(echo.path, "GET", "/slow")?.contains("GET /slow 0 by") == true)
        // An answer of 16 MB has begun to come, and is not taken on.
        try await eventually("an answer begins", within: .seconds(300)) { !deaf.receive().isEmpty }
        try await eventually("it is cut off") { !deaf.send("G") }
        #expect(deaf.receiveAll().utf8.count < 16 << 20)
        await echo.stop()
    }

    @Test("Many connections that do nothing keep nobody out for long")
    func crowded() async throws {
        var limits = Self.impatient(.seconds(2))
        limits.connections = 8
        let echo = try Echo(limits)
        try await echo.listens()
        let idle = (1...40).compactMap { _ in UnixClient(echo.path) }
        #expect(idle.count > 8)
        #expect(UnixClient.ask(echo.path, "GET", "/now")?.contains("GET /now") == true)
        withExtendedLifetime(idle) {}
        await echo.stop()
    }

    @Test("Ten thousand requests that are none end nothing but their own connections")
    func hostile() async throws {
        let echo = try Echo()
        try await echo.listens()
        var chance = SystemRandomNumberGenerator()
        let pieces: [String] = [
            "GET ", "POST ", "/", "/../", "%00", "%2e%2e/", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "\r\n", "\r\n\r\n", "\n",
            "Host: a\r\n", "Content-Length: 5\r\n", "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: chunked\r\n", "5\r\nabcde\r\n", "ffffffffffffffff\r\n", "0\r\n\r\n", "\u{0}", "\u{ff}",
            "Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Expect: 100-continue\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            ": x\r\n", "a\r\n", "{\"why\":1}",
        ]
        for _ in 0..<10_000 {
            guard let client = UnixClient(echo.path) else {
                Issue.record("nobody listens any more")
                break
            }
            let count = Int.random(in: 1...12, using: &chance)
            let text = (0..<count).map { _ in pieces.randomElement(using: &chance) ?? "" }.joined()
            client.send(text)
            if Bool.random(using: &chance) { client.endSending() }
        }
        #expect(UnixClient.ask(echo.path, "GET", "/after")?.contains("GET /after 0 by \(geteuid())") == true)
        await echo.stop()
    }

    @Test("The client hears answers, problems, and why there is none")
    func client() async throws {
        let echo = try Echo()
        try await echo.listens()
        let client = DeskClient(echo.path)
        let answer = try client.call("/a?b=c", within: 30)
        #expect(answer.status == 200)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("GET /a?b=c 0 by \(geteuid())"))
        let long = String(repeating: "ä", count: 100_000)
        let posted = try client.call("/a", body: long, within: 30)
        #expect(String(decoding: posted.body, as: UTF8.self).contains("POST /a 200000 by"))
        #expect(try client.call("/../a", within: 30).body.count > 0)
        await echo.stop()
        #expect(throws: DeskClient.Failure.noService) { try client.call("/", within: 5) }
        #expect(throws: DeskClient.Failure.noService) {
            try DeskClient("/" + String(repeating: "a", count: 200)).call("/", within: 5)
        }
    }

    @Test("Accounts have names")
    func accounts() {
        #expect(Accounts.name(of: 0) == "root")
        #expect(Accounts.name(of: 4_000_000_123) == nil)
        #expect(Accounts.own == geteuid())
    }
}

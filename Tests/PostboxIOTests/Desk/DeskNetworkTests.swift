import Foundation
import PostboxCore
import PostboxIO
import Synchronization
import TestSupport
import Testing

@Suite("The page's port", .ownThreads)
struct DeskNetworkTests {
    /// A server at a free port of this machine, which says back what it was asked.
    private final class Echo: Sendable {
        let news = Mutex<[DeskServer.News]>([])
        private let task = Mutex<Task<Void, Never>?>(nil)

        init(_ limits: DeskServer.Limits = DeskServer.Limits(), tls: HTTPSettings.TLS? = nil) {
            let server = DeskServer(
                .network(.init(host: "127.0.0.1", port: 0), tls), limits: limits,
                news: { [weak self] new in self?.news.withLock { $0.append(new) } },
                answer: { request in
                    switch request.target {
                    case "/pieces":
                        let left = Mutex(3)
                        let head = DeskReply("", kind: .table)
                        return .stream(
                            DeskStream(head: head, length: 9) {
                                let number = left.withLock { left in
                                    left -= 1
                                    return left
                                }
                                return number >= 0 ? Array("ab\(number)".utf8) : nil
                            })
                    case "/endless":
                        return .stream(
                            DeskStream(head: DeskReply("", kind: .events), length: nil) {
                                Task.isCancelled ? nil : [UInt8](repeating: 0x61, count: 1 << 16)
                            })
                    case "/silent":
                        return .stream(
                            DeskStream(head: DeskReply("", kind: .events), length: nil) {
                                do {
                                    try await Task.sleep(for: .seconds(3600))
                                    return [1]
                                } catch {
                                    return nil
                                }
                            })
                    default:
                        return .whole(DeskReply(#"{"asked":"\#(request.target) from \#(request.source)"}"#))
                    }
                })
            task.withLock { $0 = Task { await server.run() } }
        }

        func port() async throws -> Int {
            try await eventually("it listens") { self.news.withLock { !$0.isEmpty } }
            guard case .serves(let address)? = news.withLock({ $0.first }) else {
                Issue.record("\(news.withLock { $0 })")
                return 0
            }
            return try HTTPSettings.Address(address).port
        }

        func stop() async {
            let task = task.withLock { $0 }
            task?.cancel()
            await task?.value
        }
    }

    @Test("An answer has the lines that keep a browser from being misled")
    func guards() async throws {
        let echo = Echo()
        let port = try await echo.port()
        let answer = try #require(UnixClient.ask(port: port, "GET", "/x"))
        #expect(
            answer.hasPrefix("HTTP/1.1 200")
                && answer.contains("/x from network(address: \"127.0.0.1\", isSecure: false)"))
        let head = answer.lowercased()
        for line in [
            "content-security-policy: default-src 'self'", "frame-ancestors 'none'", "x-content-type-options: nosniff",
            "referrer-policy: no-referrer", "cache-control: no-store", "x-frame-options: deny",
        ] { #expect(head.contains(line), "\(line)") }
        #expect(!head.contains("strict-transport") && !head.contains("server:"))
        await echo.stop()
    }

    @Test("Pieces come one after the other; a stream that nobody reads on, or that nobody ends, ends with the server")
    func streams() async throws {
        var limits = DeskServer.Limits()
        // His request has to come in time on a busy machine too.
        limits.patience = .seconds(5)
        let echo = Echo(limits)
        let port = try await echo.port()
        let pieces = try #require(UnixClient.ask(port: port, "GET", "/pieces"))
        #expect(pieces.lowercased().contains("content-length: 9\r\n") && pieces.hasSuffix("ab2ab1ab0"))
        let deaf = try #require(UnixClient(port: port))
        deaf.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(!deaf.receive().isEmpty)
        try await eventually("it is cut off") { !deaf.send("G") }
        let silent = try #require(UnixClient(port: port))
        silent.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(!silent.receive().isEmpty)
        await echo.stop()
        #expect(silent.receiveAll().hasSuffix("0\r\n\r\n"))
    }

    @Test("With a certificate it speaks TLS alone; one that cannot be used is told")
    func secure() async throws {
        let folder = try TemporaryFolder()
        let script = """
            import subprocess, sys
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=desk",
                "-addext", "subjectAltName=DNS:desk.example,DNS:*.pages.example,IP:127.0.0.1",
                "-keyout", sys.argv[2], "-out", sys.argv[1]], check=True, capture_output=True)
            """
        let tls = HTTPSettings.TLS(certificateFile: folder.path("c.pem"), keyFile: folder.path("k.pem"))
        try Self.python(script, tls.certificateFile, tls.keyFile)
        #expect(Set(DeskCertificate.names(tls)) == ["desk.example", "*.pages.example", "127.0.0.1"])
        let echo = Echo(tls: tls)
        let port = try await echo.port()
        let ask = """
            import ssl, sys, http.client
            c = ssl.create_default_context(cafile=sys.argv[1])
            h = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[2]), context=c)
            h.request("GET", "/tls")
            r = h.getresponse()
            t = r.read().decode()
            assert r.status == 200 and "isSecure: true" in t and "max-age" in r.getheader("Strict-Transport-Security"), t
            """
        try Self.python(ask, tls.certificateFile, "\(port)")
        #expect(UnixClient.ask(port: port, "GET", "/plain")?.contains("200") != true)
        await echo.stop()
        let none = Echo(tls: HTTPSettings.TLS(certificateFile: tls.keyFile, keyFile: folder.path("none")))
        try await eventually("it is told") { none.news.withLock { !$0.isEmpty } }
        guard case .failed(let why)? = none.news.withLock({ $0.first }) else {
            Issue.record("it listens without a certificate")
            return
        }
        #expect(why.contains("cannot be used"))
        await none.stop()
    }

    private static func python(_ script: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script] + arguments
        let output = Pipe()
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: text, as: UTF8.self))")
    }

    @Test("Ten thousand requests that are none end nothing but their own connections")
    func hostile() async throws {
        let echo = Echo()
        let port = try await echo.port()
        let pieces = [
            "GET ", "POST ", "HEAD ", "OPTIONS * ", "/", "/../", "/%2e%2e/%2e%2e/etc/passwd", "\\..\\",
            "//evil.example/",
            "http://evil.example/", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "\r\n", "\r\n\r\n", "\n", "\r", "Host: a\r\n",
            "Host: b\r\n", "Host : c\r\n", "Content-Length: 5\r\n", "Content-Length: 6\r\n", "Content-Length: +5\r\n",
            "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity, chunked\r\n", "5\r\nabcde\r\n", "ffffffffffffffff\r\n", "0\r\n\r\n", "\u{0}",
            "\u{ff}", "Upgrade: h2c\r\n", "Connection: Upgrade, close\r\n", "Expect: 100-continue\r\n",
            "Range: bytes=0-,1-,2-\r\n", "Cookie: postbox=\(String(repeating: "a", count: 3000))\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ": x\r\n", " folded\r\n", "<script>", "{\"why\":1}", "\u{16}\u{3}\u{1}",
        ]
        var state: UInt64 = 2026
        func number(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        for _ in 0..<10_000 {
            guard let client = UnixClient(port: port) else {
                Issue.record("nobody listens any more")
                break
            }
            client.send((0..<1 + number(12)).map { _ in pieces[number(pieces.count)] }.joined())
            if number(2) == 0 { client.endSending() }
        }
        #expect(UnixClient.ask(port: port, "GET", "/after")?.contains("/after from") == true)
        await echo.stop()
    }
}

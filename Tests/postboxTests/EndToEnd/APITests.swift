import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("The API over TCP, end to end", .serialized, .ownThreads)
struct APITests {
    static func value(_ answer: String?) -> JSONValue? {
        guard let answer, let end = answer.range(of: "\r\n\r\n") else { return nil }
        return JSONValue.parse(String(answer[end.upperBound...]))
    }

    @Test("Each user may what the configuration says, of the rules that it says, and nobody else anything")
    func users() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let made = try await desk.command(["token", "alice"])
        #expect(made.code == 0, "\(made.errorOutput)")
        let token = try #require(
            made.output.split(separator: "\n").first?.split(separator: " ").last.map(String.init))
        let hash = try #require(made.output.split(separator: "\"").dropFirst().first.map(String.init))
        #expect(try await desk.command(["token", "1 2"]).code == 64)
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: """
                users:
                  alice: {token_sha256: "\(hash)", may: [stop], rules: ["eod_*"]}
                  old: {token_sha256: "\(ServedDesk.hash("old"))", may: [read], until: 2020-01-01}
                  meter: {token_sha256: "\(ServedDesk.hash("meter"))", may: [metrics]}
                """,
            destination: "window: 10\nmax_posts_per_second: 10",
            files: "  - {match: \"eod_*\", destination: cache}\n  - {match: \"fx*\", destination: cache}")
        try desk.drop("eod_1.csv", ServedDesk.file(rows: 400))
        try desk.drop("fx_1.csv", ServedDesk.file(rows: 400))
        func ask(_ method: String, _ target: String, as token: String?, body: String = "") -> String {
            page.ask(method, target, headers: token.map { "Authorization: Bearer \($0)\r\n" } ?? "", body: body)
        }
        #expect(ask("GET", "/healthz", as: nil).hasPrefix("HTTP/1.1 200"))
        #expect(ask("GET", "/api/v1/status", as: nil).hasPrefix("HTTP/1.1 401"))
        #expect(ask("GET", "/api/v1/status", as: nil).lowercased().contains("www-authenticate: bearer"))
        #expect(ask("GET", "/api/v1/status", as: "old").hasPrefix("HTTP/1.1 401"))
        #expect(ask("GET", "/api/v1/status", as: "meter").hasPrefix("HTTP/1.1 403"))
        #expect(ask("GET", "/api/v1/status", as: token).hasPrefix("HTTP/1.1 200"))
        let wrong = UnixClient(port: page.port)
        wrong?.send("GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        #expect(wrong?.receiveAll().hasPrefix("HTTP/1.1 421") == true)
        var drops: [String: Int] = [:]
        try await eventually("both are in work") {
            guard case .array(let files)? = Self.value(ask("GET", "/api/v1/status", as: token))?["work"]?["files"]
            else {
                return false
            }
            for file in files { drops[file["file"]?.text ?? ""] = file["drop"]?.integer }
            return drops.count == 2
        }
        let (own, other) = (drops["eod_1.csv"] ?? 0, drops["fx_1.csv"] ?? 0)
        #expect(ask("POST", "/api/v1/drops/\(own)/hold", as: nil).hasPrefix("HTTP/1.1 401"))
        #expect(ask("POST", "/api/v1/drops/\(own)/release", as: token).hasPrefix("HTTP/1.1 403"))
        #expect(ask("POST", "/api/v1/drops/\(other)/hold", as: token).hasPrefix("HTTP/1.1 403"))
        #expect(ask("POST", "/api/v1/drops/\(own)/hold", as: token, body: #"{"why":"odd"}"#).hasPrefix("HTTP/1.1 200"))
        #expect(ask("GET", "/api/v1/drops/\(own)/cancel", as: token).hasPrefix("HTTP/1.1 405"))
        try await page.stop()
        let lines = page.service.errorOutput.split(separator: "\n").filter { $0.contains(" desk_act ") }
        #expect(lines.contains { $0.contains("by=page:alice") && $0.contains("from=127.0.0.1") && $0.contains("odd") })
    }
}

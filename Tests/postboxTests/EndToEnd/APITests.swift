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

    @Test(
        "What the API answers is what it says of itself; drops, rows and files are paged, filtered and cut as they are asked for"
    )
    func answers() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("naks:\n  - {ric: \"R7.TST\", code: 2, text: no}")
        let page = try await ServedDesk.start(
            desk, simulator.url, destination: "window: 100\nmax_posts_per_second: 4000",
            files: "  - {match: \"*.csv\", destination: cache}")
        let document = try #require(Self.value(page.ask("GET", "/api/openapi.json")))
        let check = OpenAPICheck(document)
        #expect(document["openapi"]?.text == "3.1.0")
        @discardableResult
        func get(_ target: String, as path: String, status: Int = 200) -> JSONValue {
            let answer = page.ask("GET", target)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(target): \(answer.prefix(200))")
            let body = Self.value(answer) ?? .null
            #expect(check.faults("GET", path, status: status, body) == [], "\(target): \(answer)")
            return body
        }
        try desk.drop("many.csv", ServedDesk.file(rows: 700))
        try desk.drop("odd<b>&\"x\".csv", "RIC,BID\n")
        let many = try await desk.finish("many.csv", in: .failed)
        _ = try await desk.finish("odd<b>&\"x\".csv", in: .failed)
        let drop = many.summary.drop
        get("/healthz", as: "/healthz")
        get("/api/v1/status", as: "/api/v1/status")
        get("/api/v1/held", as: "/api/v1/held")
        get("/api/v1/last?ric=R1.TST", as: "/api/v1/last")
        let all = get("/api/v1/drops", as: "/api/v1/drops")
        #expect(all["drops"]?.items.count == 2 && all["next"] == .null)
        let refused = get("/api/v1/drops?verdict=refused&state=open", as: "/api/v1/drops")["drops"]?.items ?? []
        #expect(refused.map { $0["file"]?.text } == ["odd<b>&\"x\".csv"])
        #expect(get("/api/v1/drops?name=MANY&from=2020-01-01", as: "/api/v1/drops")["drops"]?.items.count == 1)
        #expect(get("/api/v1/drops?name=any*", as: "/api/v1/drops")["drops"]?.items.isEmpty == true)
        #expect(get("/api/v1/drops?name=%25", as: "/api/v1/drops")["drops"]?.items.isEmpty == true)
        #expect(get("/api/v1/drops?page=1", as: "/api/v1/drops")["drops"]?.items.isEmpty == true)
        let one = get("/api/v1/drops/\(drop)", as: "/api/v1/drops/{drop}")
        #expect(one["summary"]?["rows"]?.integer == 700 && one["outcomes"]?["nacked"]?.integer == 1)
        get("/api/v1/drops/999", as: "/api/v1/drops/{drop}", status: 404)
        var (rows, next): (Set<Int>, Int?) = ([], nil)
        repeat {
            let body = get(
                "/api/v1/drops/\(drop)/rows" + (next.map { "?page=\($0)" } ?? ""), as: "/api/v1/drops/{drop}/rows")
            for row in body["rows"]?.items ?? [] {
                let isNew = rows.insert(row["row"]?.integer ?? 0).inserted
                #expect(isNew)
            }
            next = body["next"]?.integer
        } while next != nil
        #expect(rows == Set(1...700))
        let nacked = get("/api/v1/drops/\(drop)/rows?outcome=nacked", as: "/api/v1/drops/{drop}/rows")
        #expect(nacked["rows"]?.items.map { $0["ric"]?.text } == ["R7.TST"])
        get("/api/v1/drops/\(drop)/rows?page=5", as: "/api/v1/drops/{drop}/rows", status: 400)
        get("/api/v1/drops/\(drop)/rows?page=999999999", as: "/api/v1/drops/{drop}/rows", status: 400)

        // All rows of a RIC, the newest first, page by page.
        try desk.drop("twice.csv", "RIC,BID\n" + (1...600).map { "T.TST,\($0)\n" }.joined())
        _ = try await desk.finish("twice.csv", in: .done)
        try desk.drop("thrice.csv", "RIC,BID\nT.TST,601\n")
        let last = try await desk.finish("thrice.csv", in: .done).summary.drop
        var (values, page2): ([Int], String?) = ([], nil)
        repeat {
            let body = get(
                "/api/v1/rics/T.TST" + (page2.map { "?page=\($0)" } ?? ""), as: "/api/v1/rics/{ric}")
            #expect((body["rows"]?.items.count ?? 0) <= RICQuery.pageSize)
            values += (body["rows"]?.items ?? []).compactMap { $0["fields"]?["BID"]?.integer }
            page2 = body["next"]?.text
        } while page2 != nil
        #expect(values == Array((1...601).reversed()))
        let shown = page.ask("GET", "/ric?ric=T.TST")
        #expect(shown.contains("These are the newest 500 rows, and there are older ones"))
        let first = get("/api/v1/rics/T.TST?to=2020-01-01", as: "/api/v1/rics/{ric}")
        #expect(first["rows"]?.items.isEmpty == true && first["next"] == .null)
        #expect(
            get("/api/v1/rics/T.TST?from=2020-01-01", as: "/api/v1/rics/{ric}")["rows"]?.items.first?["drop"]?.integer
                == last)
        get("/api/v1/rics/NONE?from=yesterday", as: "/api/v1/rics/{ric}", status: 400)
        // Nobody can tell what stands in a file that was refused as it is no price file; an empty one has nothing.
        try desk.drop("page.csv", "<html>no prices</html>\n")
        _ = try await desk.finish("page.csv", in: .failed)
        let unlisted = get("/api/v1/rics/NONE", as: "/api/v1/rics/{ric}")["unlisted"]?.items ?? []
        #expect(unlisted.map { $0["file"]?.text } == ["page.csv"])
        #expect(unlisted.first?["state"]?.text == "refused" && unlisted.first?["has_row"]?.flag == false)
        #expect(
            get("/api/v1/rics/R7.TST", as: "/api/v1/rics/{ric}")["rows"]?.items.map { $0["outcome"]?.text } == [
                "nacked"
            ])

        let result = try Data(contentsOf: desk.path(.failed).appendingPathComponent("many.csv.result.csv"))
        let whole = page.ask("GET", "/api/v1/drops/\(drop)/result")
        #expect(whole.hasSuffix(String(decoding: result, as: UTF8.self)))
        #expect(whole.contains("filename*=UTF-8''many.csv.result.csv"))
        let part = page.ask("GET", "/api/v1/drops/\(drop)/result", headers: "Range: bytes=5-8\r\n")
        #expect(part.hasPrefix("HTTP/1.1 206") && part.hasSuffix("\r\n\r\nrow,"))
        #expect(part.contains("bytes 5-8/\(result.count)"))
        let outside = page.ask("GET", "/api/v1/drops/\(drop)/result", headers: "Range: bytes=99999999-\r\n")
        #expect(outside.hasPrefix("HTTP/1.1 416"))
        #expect(page.ask("GET", "/api/v1/drops/\(drop)/rejects").hasPrefix("HTTP/1.1 200"))
        #expect(Self.value(page.ask("GET", "/api/v1/drops/\(drop)/summary"))?["drop"]?.integer == drop)
        #expect(page.ask("GET", "/api/v1/drops/\(drop)/result/../../../postbox.yaml").hasPrefix("HTTP/1.1 404"))
        #expect(page.ask("HEAD", "/api/v1/status").hasPrefix("HTTP/1.1 200"))
        try await page.stop()
    }

    @Test(
        "Who follows events is told what the log says and how things change; the inbox and destinations are held and go on"
    )
    func events() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: "users: {a: {token_sha256: \"\(ServedDesk.hash("a"))\", may: [stop]}}")
        let token = "Authorization: Bearer a\r\n"
        let follower = try #require(UnixClient(port: page.port))
        follower.send("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\(token)\r\n")
        var heard = ""
        func hear(_ text: String) async throws {
            try await eventually("\(text) is heard") {
                if !heard.contains(text) { heard += String(decoding: follower.receive(), as: UTF8.self) }
                return heard.contains(text)
            }
        }
        try await hear("event: status")
        try desk.drop("a.csv", ServedDesk.file(rows: 3))
        try await hear("\"event\":\"file_done\"")
        for (target, code) in [
            ("inbox/hold", 200), ("inbox/hold", 200), ("inbox/resume", 200), ("inbox/resume", 409),
            ("destinations/cache/hold", 200), ("destinations/none/hold", 404), ("destinations/cache/resume", 200),
        ] {
            let answer = page.ask("POST", "/api/v1/\(target)", headers: token, body: "{\"why\":\"test\"}")
            #expect(answer.hasPrefix("HTTP/1.1 \(code)"), "\(target): \(answer)")
        }
        try await hear("\"what\":\"resume\"")
        try await page.stop()
        #expect(follower.receiveAll().contains("0\r\n\r\n"))
    }

    @Test("Who is no user any more hears nothing more; others go on")
    func userGone() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        func user(_ name: String) -> String { "\(name): {token_sha256: \"\(ServedDesk.hash(name))\", may: [read]}" }
        let page = try await ServedDesk.start(
            desk, simulator.url, http: "users: {\(user("a")), \(user("b"))}")
        let followers = try ["a", "b"].map { name in
            let follower = try #require(UnixClient(port: page.port))
            follower.send(
                "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(name)\r\n\r\n")
            return follower
        }
        let path = desk.folder.appendingPathComponent("postbox.yaml")
        let yaml = try String(contentsOf: path, encoding: .utf8)
        try desk.write(yaml.replacingOccurrences(of: "\(user("a")), ", with: ""))
        let reloaded = try await desk.command(["reload"])
        #expect(reloaded.code == 0, "\(reloaded.errorOutput)")
        #expect(followers[0].receiveAll().hasSuffix("0\r\n\r\n"))
        try desk.drop("a.csv", ServedDesk.file(rows: 3))
        var heard = ""
        try await eventually("the other one hears it") {
            heard += String(decoding: followers[1].receive(), as: UTF8.self)
            return heard.contains("\"event\":\"file_done\"")
        }
        try await page.stop()
    }
}

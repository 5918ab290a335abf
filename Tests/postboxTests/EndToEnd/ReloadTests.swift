import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@Suite("Another configuration while the service runs, end to end", .serialized, .ownThreads)
struct ReloadTests {
    private static let slow = "window: 10\n    max_posts_per_second: 10"

    private static func file(_ prefix: String, rows: Int) -> String {
        "RIC,BID\n" + (1...rows).map { "\(prefix)\($0).TST,\($0)\n" }.joined()
    }

    /// Destinations with lines of their own, and rules; each destination's name is that of its server.
    private static func configuration(
        _ destinations: [(name: String, url: String, lines: String)], rules: [String], top: String = ""
    ) -> String {
        var yaml = "spool: spool\nsettle: 0s\n" + (top.isEmpty ? "" : top + "\n") + "destinations:\n"
        for (name, url, lines) in destinations {
            yaml += "  \(name):\n    urls: [\"\(url)\"]\n    user: tester\n    position: 127.0.0.1/net\n"
            yaml += "    service: NIPROV\n    post_user_info: {address: 127.0.0.1, user_id: 7}\n"
            if !lines.isEmpty { yaml += "    \(lines)\n" }
        }
        return yaml + "files:\n" + rules.map { "  - \($0)\n" }.joined()
    }

    private static func sha256(_ desk: Desk) throws -> String {
        SHA256Text.of(try [UInt8](Data(contentsOf: desk.folder.appendingPathComponent("postbox.yaml"))))
    }

    private static func reload(_ desk: Desk, _ words: [String] = [], code: Int32 = 0) async throws -> String {
        let end = try await desk.command(["reload"] + words)
        #expect(end.code == code, "\(end.output)\(end.errorOutput)\n\(desk.log())")
        return end.output + end.errorOutput
    }

    private static func loadings(_ desk: Desk) throws -> [(sha256: String, by: RecordEntry.Loading?)] {
        let path = desk.folder.appendingPathComponent("spool/record.jsonl").path
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap {
            guard case .inUse(.configuration, _, let sha256, let by)? = RecordLine(String($0))?.entry else {
                return nil
            }
            return (sha256, by)
        }
    }

    private static func status(_ desk: Desk) async throws -> JSONValue? {
        JSONValue.parse(try await desk.command(["status", "--json"]).output)
    }

    private static func stop(_ service: ChildProcess) async throws {
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("In the middle of a file: it ends by the rule that it was claimed under, the next one goes by the new rule")
    func midFile() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let cache = (name: "cache", url: simulator.url, lines: Self.slow)
        try desk.write(
            Self.configuration([cache], rules: ["{match: \"*\", destination: cache, fields: {BID: {column: BID}}}"]))
        let first = try Self.sha256(desk)
        try desk.drop("a.csv", Self.file("A", rows: 60))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        try desk.write(
            Self.configuration([cache], rules: ["{match: \"*\", destination: cache, fields: {ASK: {column: BID}}}"]))
        let second = try Self.sha256(desk)
        let said = try await Self.reload(desk, ["--why", "asks"])
        #expect(said.contains("the configuration \(second.prefix(12)) is in force"), "\(said)")
        try desk.drop("b.csv", Self.file("B", rows: 5))
        let (a, b) = (try await desk.finish("a.csv", in: .done), try await desk.finish("b.csv", in: .done))
        let posts = try simulator.posts()
        #expect(posts.count == 65)
        #expect(posts.allSatisfy { $0.fields?.contains($0.ric.hasPrefix("A") ? "BID" : "ASK") == true })
        // The rules alone changed: the login stands.
        #expect(Set(posts.map(\.connection)).count == 1)
        #expect(a.summary.configSHA256 == first && b.summary.configSHA256 == second)
        let shown = try await Self.status(desk)?["service"]
        #expect(shown?["config_sha256"]?.text == second)
        let (since, started) = (shown?["config_since"]?.text ?? "", shown?["started"]?.text ?? "")
        #expect(since > started)
        try await Self.stop(service)
        let loadings = try Self.loadings(desk)
        #expect(loadings.map(\.sha256) == [first, second])
        #expect(loadings[0].by == nil)
        #expect(loadings[1].by?.by?.hasPrefix("unix:") == true && loadings[1].by?.why == "asks")
        #expect(loadings[1].by?.from == "control socket")
        #expect(try await desk.command(["audit", "verify"]).code == 0)
    }

    @Test(
        "A changed rate: that destination answers what is in flight and logs in anew, no row goes twice, the other one is not disturbed"
    )
    func changedRate() async throws {
        let desk = try Desk()
        let first = try await desk.simulate(name: "first")
        let second = try await desk.simulate(name: "second")
        let rules = ["{match: \"a*\", destination: cache}", "{match: \"b*\", destination: second}"]
        func write(_ lines: String) throws {
            try desk.write(
                Self.configuration(
                    [
                        (name: "cache", url: first.url, lines: lines),
                        (name: "second", url: second.url, lines: Self.slow),
                    ],
                    rules: rules))
        }
        try write(Self.slow)
        try desk.drop("a.csv", Self.file("A", rows: 2000))
        try desk.drop("b.csv", Self.file("B", rows: 80))
        let service = try desk.start()
        try await eventually("both post") { try first.posts().count >= 10 && second.posts().count >= 10 }
        try write("window: 100")
        #expect(try await Self.reload(desk).contains("cache logs in anew"))
        // At ten a second it would take more than three minutes.
        let a = try await desk.finish("a.csv", in: .done, within: .seconds(120))
        #expect(a.summary.outcomes["acked"] == 2000)
        let b = try await desk.finish("b.csv", in: .done)
        #expect(b.summary.outcomes["acked"] == 80)
        let posts = try first.posts()
        #expect(posts.count == 2000 && Set(posts.map(\.ric)).count == 2000)
        #expect(Set(posts.map(\.connection)).count == 2)
        #expect(try Set(second.posts().map(\.connection)).count == 1)
        #expect(!desk.log().contains(" in_doubt "))
        #expect(desk.log().components(separatedBy: " logged_in ").count == 4, "\(desk.log())")
        try await Self.stop(service)
    }

    @Test(
        "A wrong configuration is refused with every problem and its line, as is one that needs a restart; the old one stays in every part"
    )
    func wrong() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let heard = desk.folder.appendingPathComponent("heard")
        let cache = (name: "cache", url: simulator.url, lines: "window: 10")
        let rule = "{match: \"*\", destination: cache}"
        let alert = "alert_command: cat >> \(heard.path)"
        let good = Self.configuration([cache], rules: [rule], top: alert)
        try desk.write(good)
        let hash = try Self.sha256(desk)
        let service = try desk.start()
        try await eventually("it is logged in") { desk.log().contains(" logged_in ") || !service.isRunning }
        try desk.write(
            Self.configuration(
                [(name: "cache", url: simulator.url, lines: "windoww: 10")],
                rules: ["{match: \"x*\", destination: nowhere}"], top: alert))
        let said = try await Self.reload(desk, code: 78)
        #expect(said.contains("postbox.yaml:11: ") && said.contains("windoww"), "\(said)")
        #expect(said.contains("nowhere"), "\(said)")
        try await eventually("the desk is told") {
            (try? String(contentsOf: heard, encoding: .utf8))?.contains("config_refused") == true
        }
        #expect(try String(contentsOf: heard, encoding: .utf8).contains("postbox.yaml:11: "))
        // Parts that cannot change, and a table that is not there.
        try desk.write(Self.configuration([cache], rules: [rule], top: "last_values: off"))
        let json = try await Self.reload(desk, ["--json"], code: 78)
        let problem = try #require(JSONValue.parse(json.split(separator: "\n").first.map(String.init) ?? ""))
        #expect(problem["reason"]?.text == "bad_configuration")
        #expect(problem["detail"]?.text?.contains("`last_values` cannot change while the service runs") == true)
        try desk.write(
            Self.configuration([cache], rules: [rule], top: "tables: {rics: {file: gone.csv, key: ISIN}}"))
        #expect(try await Self.reload(desk, code: 78).contains("the table `rics`: there is no such file"))
        try desk.write(
            Self.configuration(
                [(name: "cache", url: "wss://127.0.0.1:1/WebSocket", lines: "tls: {ca_file: gone.pem}")],
                rules: [rule]))
        #expect(try await Self.reload(desk, code: 78).contains("the destination `cache`: a TLS file cannot be read"))
        #expect(desk.log().components(separatedBy: " config_refused ").count == 5, "\(desk.log())")
        func refusals() async throws -> [JSONValue] {
            try await Self.status(desk)?["alerts"]?.items.filter { $0["event"]?.text == "config_refused" } ?? []
        }
        let refused = try await refusals()
        #expect(refused.map { $0["times"]?.integer } == [4] && refused.first?["over"] == nil, "\(refused)")
        // All of that changed nothing.
        #expect(try await Self.status(desk)?["service"]?["config_sha256"]?.text == hash)
        try desk.drop("a.csv", Self.file("A", rows: 3))
        #expect(try await desk.finish("a.csv", in: .done).summary.configSHA256 == hash)
        try desk.write(good)
        #expect(try await Self.reload(desk).contains("nothing in it has changed"))
        #expect(try await refusals().first?["over"]?.text != nil)
        #expect(try Set(simulator.posts().map(\.connection)).count == 1)
        try await Self.stop(service)
        #expect(try Self.loadings(desk).map(\.sha256) == [hash])
    }

    @Test(
        "A destination that leaves the configuration finishes its files first; a new one starts; one that comes back goes on"
    )
    func comeAndGo() async throws {
        let desk = try Desk()
        let first = try await desk.simulate("login: {ping_timeout: 300s}", name: "first")
        let second = try await desk.simulate(name: "second")
        let one = (name: "one", url: first.url, lines: Self.slow + "\n    ack_timeout: 300s")
        let two = (name: "two", url: second.url, lines: "window: 10")
        try desk.write(Self.configuration([one], rules: ["{match: \"*\", destination: one}"]))
        try desk.drop("a.csv", Self.file("A", rows: 50))
        let service = try desk.start()
        try await eventually("a part is posted") { try first.posts().count >= 5 }
        // The rest of the file waits for its server until the status was read, however long that takes.
        first.process.send(SIGSTOP)
        try desk.write(Self.configuration([two], rules: ["{match: \"*\", destination: two}"]))
        #expect(try await Self.reload(desk).contains("two is new; one is left"))
        try desk.drop("b.csv", Self.file("B", rows: 5))
        #expect(try await desk.finish("b.csv", in: .done).summary.destinations == ["two"])
        // It is shown as long as it is served.
        let shown = try #require(try await Self.status(desk)?["destinations"]).items
        #expect(shown.map { $0["name"]?.text } == ["one", "two"] && shown[0]["leaving"]?.flag == true)
        first.process.send(SIGCONT)
        let a = try await desk.finish("a.csv", in: .done)
        #expect(a.summary.outcomes["acked"] == 50 && a.summary.destinations == ["one"])
        try await eventually("it is left") { desk.log().contains(" destination_left ") }
        #expect(try Set(first.posts().map(\.connection)).count == 1)
        try desk.write(
            Self.configuration(
                [one, two], rules: ["{match: \"a*\", destination: one}", "{match: \"*\", destination: two}"]))
        #expect(try await Self.reload(desk).contains("one is new"))
        try desk.drop("a2.csv", Self.file("C", rows: 5))
        #expect(try await desk.finish("a2.csv", in: .done).summary.destinations == ["one"])
        #expect(try Set(first.posts().map(\.connection)).count == 2)
        #expect(try Set(second.posts().map(\.connection)).count == 1)
        try await Self.stop(service)
    }

    @Test("A destination that cannot be reached is given another address while files wait for it")
    func otherAddress() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rules = ["{match: \"*\", destination: cache}"]
        try desk.write(
            Self.configuration([(name: "cache", url: "ws://127.0.0.1:1/WebSocket", lines: "window: 10")], rules: rules))
        try desk.drop("a.csv", Self.file("A", rows: 5))
        let service = try desk.start()
        try await eventually("it is tried") { desk.log().contains(" disconnected ") || !service.isRunning }
        try desk.write(Self.configuration([(name: "cache", url: simulator.url, lines: "window: 10")], rules: rules))
        #expect(try await Self.reload(desk).contains("cache logs in anew"))
        #expect(try await desk.finish("a.csv", in: .done).summary.outcomes["acked"] == 5)
        try await Self.stop(service)
    }

    @Test(
        "Killed in the midst of a reload, it starts with the file as it lies there, and nothing is lost",
        arguments: [
            "reload_recorded", "reload_used",
        ])
    func killed(label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rules = ["{match: \"*\", destination: cache}"]
        try desk.write(Self.configuration([(name: "cache", url: simulator.url, lines: Self.slow)], rules: rules))
        let first = try Self.sha256(desk)
        try desk.drop("a.csv", Self.file("A", rows: 40))
        let service = try desk.start(environment: ["POSTBOX_FAIL_POINT": label])
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        try desk.write(Self.configuration([(name: "cache", url: simulator.url, lines: "window: 20")], rules: rules))
        let second = try Self.sha256(desk)
        _ = try await desk.command(["reload"])
        #expect(try await service.exitCode() == 137)
        try desk.drop("b.csv", Self.file("B", rows: 5))
        #expect(try await desk.once() == 0, "\(desk.log())")
        let (a, b) = (try desk.finished("a.csv", in: .done), try desk.finished("b.csv", in: .done))
        #expect(a.rows.count == 40 && Set(a.column("outcome")) == ["acked"])
        #expect(a.summary.configSHA256 == first && b.summary.configSHA256 == second)
        #expect(try Self.loadings(desk).map(\.sha256) == [first, second])
        #expect(try await desk.command(["audit", "verify"]).code == 0)
    }

    @Test("Two reloads quickly one after the other: the last one's configuration is in force, nothing goes twice")
    func twice() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("login: {ping_timeout: 300s}")
        let rules = ["{match: \"*\", destination: cache}"]
        func write(_ lines: String) throws {
            try desk.write(
                Self.configuration(
                    [(name: "cache", url: simulator.url, lines: lines + "\n    ack_timeout: 300s")], rules: rules))
        }
        try write(Self.slow)
        try desk.drop("a.csv", Self.file("A", rows: 300))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 10 }
        // The second one meets a destination that still answers what is in flight.
        simulator.process.send(SIGSTOP)
        try write("window: 20")
        _ = try await Self.reload(desk)
        try write("window: 30")
        let last = try Self.sha256(desk)
        _ = try await Self.reload(desk)
        simulator.process.send(SIGCONT)
        #expect(try await desk.finish("a.csv", in: .done).summary.outcomes["acked"] == 300)
        #expect(try await Self.status(desk)?["service"]?["config_sha256"]?.text == last)
        let posts = try simulator.posts()
        #expect(Set(posts.map(\.ric)).count == 300 && posts.count == 300)
        try await Self.stop(service)
        #expect(try Self.loadings(desk).count == 3)
    }

    @Test("SIGHUP loads it as well, and the service manager is told that it is loaded and that this is over")
    func signal() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let cache = (name: "cache", url: simulator.url, lines: "window: 10")
        try desk.write(Self.configuration([cache], rules: ["{match: \"a*\", destination: cache}"]))
        let name = desk.folder.appendingPathComponent("notify").path
        let manager = try #require(DatagramListener(name))
        let service = try desk.start(environment: ["NOTIFY_SOCKET": name])
        try await eventually("it is up") { desk.log().contains(" logged_in ") || !service.isRunning }
        try desk.write(Self.configuration([cache], rules: ["{match: \"b*\", destination: cache}"]))
        service.send(SIGHUP)
        try await eventually("it is in force") { desk.log().contains(" reloaded ") || !service.isRunning }
        try desk.drop("b.csv", Self.file("B", rows: 2))
        #expect(try await desk.finish("b.csv", in: .done).summary.rule == "b*")
        try await eventually("the manager is told") {
            manager.look().count { $0.contains("READY=1") } == 2 || !service.isRunning
        }
        #expect(manager.messages.contains { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") }, "\(manager.messages)")
        try await Self.stop(service)
        let last = try #require(try Self.loadings(desk).last)
        #expect(last.by?.by == nil && last.by?.from == "signal")
    }

    @Test("Over the API it takes the right to configure, for all rules; users are those of the configuration in force")
    func rights() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        func http(_ bob: String) -> String {
            """
            users:
              alice: {token_sha256: "\(ServedDesk.hash("alice"))", may: [configure]}
              bob: {token_sha256: "\(ServedDesk.hash("bob"))", may: [\(bob)]}
              carol: {token_sha256: "\(ServedDesk.hash("carol"))", may: [configure], rules: ["a*"]}
            """
        }
        let page = try await ServedDesk.start(desk, simulator.url, http: http("stop, release, correct"))
        func reload(_ user: String) -> String {
            page.ask(
                "POST", "/api/v1/reload", headers: "Authorization: Bearer \(user)\r\n", body: #"{"why":"users"}"#)
        }
        #expect(reload("bob").hasPrefix("HTTP/1.1 403") && reload("carol").hasPrefix("HTTP/1.1 403"))
        #expect(reload("nobody").hasPrefix("HTTP/1.1 401"))
        let yaml = try String(contentsOf: desk.folder.appendingPathComponent("postbox.yaml"), encoding: .utf8)
        try desk.write(yaml.replacingOccurrences(of: "may: [stop, release, correct]", with: "may: [configure]"))
        let done = reload("alice")
        #expect(done.hasPrefix("HTTP/1.1 200"), "\(done)")
        let answer = try #require(APITests.value(done))
        #expect(answer["done"]?.flag == true && answer["facts"]?["changed"]?.integer == 1)
        #expect(reload("bob").contains("nothing in it has changed"))
        try desk.write(yaml.replacingOccurrences(of: "listen: 127.0.0.1:0", with: "listen: 127.0.0.1:9"))
        let refused = reload("alice")
        #expect(refused.hasPrefix("HTTP/1.1 422") && refused.contains("bad_configuration"), "\(refused)")
        #expect(refused.contains("`http.listen` cannot change while the service runs"))
        try await page.stop()
        #expect(try Self.loadings(desk).last?.by?.by == "page:alice")
    }

    @Test(
        "Where two people are needed one proposes the file and sees what changes, another one takes it; the record has both, and nobody in particular may neither"
    )
    func fourEyes() async throws {
        let (desk, simulator) = try await Desk.withSimulator()
        func http(_ name: String) -> String {
            "\(name): {token_sha256: \"\(ServedDesk.hash(name))\", may: [configure]}"
        }
        let users = "users:\n  \(http("alice"))\n  \(http("bob"))"
        let page = try await ServedDesk.start(
            desk, simulator.url, http: users, top: "reload: {four_eyes: true}", files: "  - {match: \"a*\"}")
        let yaml = desk.folder.appendingPathComponent("postbox.yaml")
        let first = try String(contentsOf: yaml, encoding: .utf8)
        func ask(_ name: String, _ why: String, status: Int) -> JSONValue? {
            let answer = page.ask(
                "POST", "/api/v1/reload", headers: "Authorization: Bearer \(name)\r\n", body: #"{"why":"\#(why)"}"#)
            #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(answer)\n\(desk.log())")
            return APITests.value(answer)
        }
        func write(_ match: String) throws -> String {
            try desk.write(first.replacing("\"a*\"", with: "\"\(match)\""))
            return try Self.sha256(desk)
        }
        func acts() throws -> [String?] {
            let path = desk.folder.appendingPathComponent("spool/record.jsonl").path
            return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
                .compactMap { JSONValue.parse(String($0)) }.filter { $0["act"]?.text == "propose_reload" }
                .map { $0["by"]?.text }
        }
        func alerts() async throws -> [JSONValue] {
            try await Self.status(desk)?["alerts"]?.items.filter { $0["event"]?.text == "reload_proposed" } ?? []
        }
        let old = try Self.sha256(desk)
        #expect(ask("alice", "same", status: 200)?["text"]?.text?.contains("nothing in it has changed") == true)

        _ = try write("b*")
        let proposed = ask("alice", "new rule", status: 202)
        let text = try #require(proposed?["text"]?.text)
        #expect(proposed?["proposed"]?.flag == true && text.contains("needs a second person"), "\(text)")
        #expect(text.contains("{match: \"a*\"}") && text.contains("{match: \"b*\"}") && !text.contains("spool: spool"))
        // Said again it is the same; and root, or a signal, is nobody in particular.
        _ = ask("alice", "again", status: 202)
        #expect(try await Self.reload(desk, code: 77).contains("two people are needed"))
        page.service.send(SIGHUP)
        try await eventually("the signal is refused") { desk.log().contains(" config_refused ") }
        #expect(try await alerts().map { $0["times"]?.integer } == [1])
        #expect(try await Self.status(desk)?["service"]?["config_sha256"]?.text == old)

        // Another file is another proposal: nobody takes what he was not asked for.
        let third = try write("c*")
        _ = ask("bob", "other rule", status: 202)
        let taken = ask("alice", "", status: 200)
        #expect(taken?["text"]?.text?.contains("the configuration \(third.prefix(12)) is in force") == true)
        #expect(try await alerts().allSatisfy { $0["over"]?.text != nil })
        try desk.drop("c.csv", Self.file("C", rows: 2))
        #expect(try await desk.finish("c.csv", in: .done).summary.rule == "c*")

        // What is in force says whether two are needed: the first one cannot leave it out.
        try desk.write(first.replacing("reload: {four_eyes: true}", with: ""))
        _ = ask("bob", "alone", status: 202)
        #expect(try await Self.status(desk)?["service"]?["config_sha256"]?.text == third)
        // The file that is in force lies there again: the proposal is over.
        _ = try write("c*")
        _ = ask("bob", "never mind", status: 200)
        #expect(try await alerts().allSatisfy { $0["over"]?.text != nil })
        try desk.write(first.replacing("reload: {four_eyes: true}", with: ""))
        _ = ask("alice", "it is new again", status: 202)
        try await page.stop()
        let last = try #require(try Self.loadings(desk).last)
        #expect(last.sha256 == third && last.by?.by == "page:bob" && last.by?.approvedBy == "page:alice")
        #expect(last.by?.why == "other rule")
        #expect(try acts() == ["page:alice", "page:bob", "page:bob", "page:alice"])
        #expect(try await desk.command(["audit", "verify"]).code == 0)
    }

    @Test("Killed as soon as somebody proposed it, the proposal stands after the start")
    func killedProposal() async throws {
        let (desk, simulator) = try await Desk.withSimulator()
        func http(_ name: String) -> String {
            "\(name): {token_sha256: \"\(ServedDesk.hash(name))\", may: [configure]}"
        }
        func start(_ environment: [String: String] = [:]) async throws -> (ChildProcess, Int) {
            let service = try desk.start(environment: environment)
            var port: Int?
            try await eventually("the page is served") {
                port = ServedDesk.port(service.errorOutput)
                return port != nil || !service.isRunning
            }
            return (service, try #require(port, "\(service.errorOutput)"))
        }
        func ask(_ port: Int, _ name: String) -> String {
            UnixClient.ask(
                port: port, "POST", "/api/v1/reload", headers: "Authorization: Bearer \(name)\r\n",
                body: #"{"why":"w"}"#, type: "application/json") ?? ""
        }
        let top =
            "reload: {four_eyes: true}\nhttp:\n  listen: 127.0.0.1:0\n  users:\n    \(http("alice"))\n    \(http("bob"))"
        try desk.configure([simulator.url], top: top, files: "  - {match: \"a*\"}")
        let old = try String(contentsOf: desk.folder.appendingPathComponent("postbox.yaml"), encoding: .utf8)
        let (first, port) = try await start(["POSTBOX_FAIL_POINT": "reload_proposed"])
        try desk.configure([simulator.url], top: top, files: "  - {match: \"b*\"}")
        let new = try String(contentsOf: desk.folder.appendingPathComponent("postbox.yaml"), encoding: .utf8)
        _ = ask(port, "alice")
        #expect(try await first.exitCode() == 137)
        // The same is in force again, and the same is wanted.
        try desk.write(old)
        let (second, other) = try await start()
        try desk.write(new)
        let answer = ask(other, "bob")
        #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)\n\(desk.log())")
        try await Self.stop(second)
        #expect(try Self.loadings(desk).last?.by?.approvedBy == "page:bob")
    }
}

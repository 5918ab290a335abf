import Foundation
import PostboxCore
import TestSupport
import Testing

/// A rule is held: its files stay where they are, in the inbox and in work, until somebody resumes it.
@Suite("Rules that are held, end to end", .serialized, .ownThreads)
struct HoldRuleTests {
    private static let files = """
          - {match: "eod_*.csv", destination: cache}
          - {match: "fx_*.csv", destination: cache}
        """

    private static func status(_ desk: Desk) -> JSONValue {
        let path = desk.path(.state).appendingPathComponent("postbox.sock").path
        return APITests.value(UnixClient.ask(path, "GET", "/api/v1/status")) ?? .null
    }

    private static func hold(_ desk: Desk, _ arguments: [String]) async throws -> (
        code: Int32, output: String, errorOutput: String
    ) {
        try await desk.command(["hold", "rule", "eod_*.csv", "--config", "postbox.yaml"] + arguments)
    }

    @Test(
        "A file that waited for a hold does not go over newer values that went meanwhile, with a start between or without",
        arguments: [false, true])
    func passed(isStartedAnew: Bool) async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        var service = try desk.start()
        try desk.drop("fx_0.csv", "RIC,BID\nA.TST,0\n")
        _ = try await desk.finish("fx_0.csv", in: .done)
        #expect(try await Self.hold(desk, ["--why", "t"]).code == 0)
        try desk.drop("eod_1.csv", "RIC,BID\nA.TST,1\nB.TST,1\n")
        try await eventually("it waits") {
            Self.status(desk)["inbox"]?["files"]?.items.contains { $0["file"]?.text == "eod_1.csv" } == true
        }
        try desk.drop("fx_1.csv", "RIC,BID\nA.TST,2\n")
        _ = try await desk.finish("fx_1.csv", in: .done)
        if isStartedAnew {
            service.send(SIGTERM)
            #expect(try await service.exitCode() == 0)
            service = try desk.start()
            try await eventually("it waits again") {
                Self.status(desk)["inbox"]?["files"]?.items.contains { $0["file"]?.text == "eod_1.csv" } == true
            }
        }
        #expect(try await desk.command(["resume", "rule", "eod_*.csv", "--config", "postbox.yaml"]).code == 0)
        let file = try await desk.finish("eod_1.csv", in: .done)
        #expect(file.column("outcome") == ["superseded", "acked"])
        #expect(try simulator.posts().last { $0.ric == "A.TST" }?.fields == #"{"BID":2}"#)
        let last = try await desk.command(["last", "A.TST", "--config", "postbox.yaml"])
        #expect(last.output.contains("2"), "\(last.output)")
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test(
        "Files of a held rule are not claimed, those in work send nothing more, others go on; that outlives a kill, and is told when it is overdue, once"
    )
    func held() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            destination: "window: 5\nmax_posts_per_second: 20", files: Self.files)
        #expect(try await desk.command(["hold", "rule", "none", "--config", "postbox.yaml"]).code == 64)
        #expect(try await Self.hold(desk, ["--until", "yesterday"]).code == 64)
        var service = try desk.start()
        try desk.drop("eod_1.csv", "RIC,BID\n" + (1...1000).map { "R\($0).TST,\($0)\n" }.joined())
        try await eventually("a part of it is posted") { try simulator.posts().count >= 10 }
        let held = try await Self.hold(desk, ["--why", "wrong day", "--until", "2020-01-01T17:30Z"])
        #expect(
            held.code == 0
                && held.output.contains(
                    "the rule eod_*.csv is held, to be over at 2020-01-01T17:30:00.000000Z, which is past"),
            "\(held)")
        try desk.drop("eod_2.csv", "RIC,BID\nA.TST,1\n")
        try desk.drop("fx_1.csv", "RIC,BID\nB.TST,1\n")
        _ = try await desk.finish("fx_1.csv", in: .done)
        try await eventually("what is held is shown") {
            let board = Self.status(desk)
            let waits = board["inbox"]?["files"]?.items.contains {
                $0["file"]?.text == "eod_2.csv" && $0["why"]?.text == "held" && $0["held"]?.text == "the rule eod_*.csv"
            }
            let works = board["work"]?["files"]?.items.contains {
                $0["file"]?.text == "eod_1.csv" && $0["state"]?.text == "held"
            }
            return waits == true && works == true
        }
        let line = try #require(Self.status(desk)["holds"]?.items.first)
        #expect(line["what"]?.text == "the rule eod_*.csv" && line["why"]?.text == "wrong day")
        #expect(line["until"]?.text?.hasPrefix("2020-01-01T17:30") == true && line["by"]?.text?.isEmpty == false)
        let table = try await desk.command(["status", "--config", "postbox.yaml"])
        #expect(table.output.contains("on hold by the desk") && table.output.contains("wrong day"), "\(table.output)")
        #expect(table.output.contains("eod_2.csv  the rule eod_*.csv to be resumed"), "\(table.output)")
        #expect(table.output.contains("drop 1: the rule eod_*.csv is held since "), "\(table.output)")
        let files = try await desk.command(["files", "eod_1.csv", "--config", "postbox.yaml"])
        #expect(files.output.contains("posting, held"), "\(files.output)")
        let shown = try await desk.command(["show", "1", "--config", "postbox.yaml"])
        #expect(shown.output.contains("it waits: the rule eod_*.csv is held by "), "\(shown.output)")
        try await eventually("it is told to be overdue") { service.errorOutput.contains(" hold_overdue ") }
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        let before = try simulator.posts().count { $0.ric.hasPrefix("R") }

        service = try desk.start()
        try await eventually("it is held again") {
            Self.status(desk)["work"]?["files"]?.items.contains { $0["state"]?.text == "held" } == true
        }
        try desk.drop("fx_2.csv", "RIC,BID\nC.TST,1\n")
        _ = try await desk.finish("fx_2.csv", in: .done)
        // The file itself is not held: resuming it does nothing, and says what holds it.
        let none = try await desk.command(["resume", "drop", "1", "--config", "postbox.yaml"])
        let holder =
            "drop 1 itself is not held; it goes on when what holds it is resumed: the rule eod_*.csv is held by "
        #expect(none.code == 64 && none.errorOutput.contains(holder), "\(none)")
        let socket = desk.path(.state).appendingPathComponent("postbox.sock").path
        let refused = UnixClient.ask(socket, "POST", "/api/v1/drops/1/resume") ?? ""
        #expect(refused.hasPrefix("HTTP/1.1 409") && refused.contains(holder), "\(refused)")
        // Nor does what may have been sent before: it is in doubt until somebody resumes the rule.
        let posted = try simulator.posts().count { $0.ric.hasPrefix("R") }
        #expect(posted == before && posted < 1000)
        #expect(!simulator.hasPosted("A.TST"))
        #expect(!service.errorOutput.contains(" hold_overdue "))
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)

        // A run that drains the inbox does not wait for it.
        #expect(try await desk.once() == 75, "\(desk.log())")
        let resumed = try await desk.command(
            ["resume", "rule", "eod_*.csv", "--why", "looked at", "--config", "postbox.yaml"])
        #expect(resumed.code == 0 && resumed.output.contains("goes on"), "\(resumed)")
        try desk.configure([simulator.url], files: Self.files)
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try desk.finished("eod_1.csv", in: .done).summary.rows == 1000)
        _ = try desk.finished("eod_2.csv", in: .done)
        let record = try String(contentsOf: desk.folder.appendingPathComponent("spool/record.jsonl"), encoding: .utf8)
            .split(separator: "\n").compactMap { JSONValue.parse(String($0)) }
        let acts = record.filter { $0["subject"]?.text == "the rule eod_*.csv" }
        #expect(acts.map { $0["act"]?.text } == ["hold", "resume"])
        #expect(acts.map { $0["why"]?.text } == ["wrong day", "looked at"])
        #expect(acts.allSatisfy { $0["by"]?.text?.hasPrefix("unix:") == true })
    }

    @Test("What was held and let go on while no service ran stands in the record, with who, when and why of each")
    func betweenRuns() async throws {
        let (desk, _) = try await Desk.withSimulator(files: Self.files)
        #expect(try await desk.once() == 0)
        func act(_ words: String...) async throws {
            let end = try await desk.command([words[0], "inbox", "--why", words[1], "--config", "postbox.yaml"])
            #expect(end.code == 0, "\(end)")
        }
        func acts() throws -> [JSONValue] {
            try String(contentsOf: desk.folder.appendingPathComponent("spool/record.jsonl"), encoding: .utf8)
                .split(separator: "\n").compactMap { JSONValue.parse(String($0)) }
                .filter { $0["subject"]?.text == "the inbox" }
        }
        try await act("hold", "first")
        try await act("resume", "first over")
        try await act("hold", "second")
        _ = try await desk.once()
        #expect(try acts().map { $0["act"]?.text } == ["hold", "resume", "hold"], "\(desk.log())")
        try await act("resume", "second over")
        try await act("hold", "third")
        try await act("resume", "third over")
        for _ in 1...2 { #expect(try await desk.once() == 0) }
        let told = try acts()
        #expect(told.map { $0["act"]?.text } == ["hold", "resume", "hold", "resume", "hold", "resume"])
        #expect(
            told.map { $0["why"]?.text } == ["first", "first over", "second", "second over", "third", "third over"])
        #expect(told.allSatisfy { $0["by"]?.text?.hasPrefix("unix:") == true })
        let given = told.compactMap { $0["given_at"]?.text }
        #expect(given.count == 6 && given == given.sorted())
        let line = try #require(told.first)
        #expect(try #require(line["given_at"]?.text) < #require(line["at"]?.text))
        let proof = try await desk.command(["audit", "verify", "--config", "postbox.yaml"])
        #expect(proof.code == 0, "\(proof)")
    }

    @Test("A held rule's corrections wait as well, and at the API each acts on his own rules alone")
    func corrections() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: """
                anonymous: read
                users:
                  a: {token_sha256: "\(ServedDesk.hash("a"))", may: [stop], rules: ["eod_*.csv"]}
                  b: {token_sha256: "\(ServedDesk.hash("b"))", may: [release, correct]}
                """, files: Self.files)
        func ask(_ token: String, _ target: String, _ body: String = "") -> String {
            page.ask("POST", "/api/v1/rules/\(target)", headers: "Authorization: Bearer \(token)\r\n", body: body)
        }
        try desk.drop("eod_1.csv", "RIC,BID\nA.TST,1\nB.TST,1e5\n")
        let drop = try await desk.finish("eod_1.csv", in: .failed).summary.drop
        #expect(ask("b", "eod_%2A.csv/hold").hasPrefix("HTTP/1.1 403"))
        #expect(ask("a", "fx_%2A.csv/hold").hasPrefix("HTTP/1.1 403"))
        #expect(ask("a", "none/hold").hasPrefix("HTTP/1.1 404"))
        for until in ["17:30", "2h", "2099-01-01", "2099-01-01T17:30"] {
            #expect(ask("a", "eod_%2A.csv/hold", #"{"until":"\#(until)"}"#).hasPrefix("HTTP/1.1 400"), "\(until)")
        }
        let held = ask("a", "eod_%2A.csv/hold", #"{"why":"wait","until":"2099-01-01T00:00:00Z"}"#)
        #expect(held.hasPrefix("HTTP/1.1 200"), "\(held)")
        let document = try #require(APITests.value(page.ask("GET", "/api/openapi.json")))
        let check = OpenAPICheck(document)
        #expect(check.faults("POST", "/api/v1/rules/{name}/hold", status: 200, APITests.value(held) ?? .null) == [])
        try desk.drop("eod_1.csv.rejects-\(drop).csv", "RIC,BID\nB.TST,2\n")
        try desk.drop("fx_1.csv", "RIC,BID\nC.TST,1\n")
        _ = try await desk.finish("fx_1.csv", in: .done)
        var status: JSONValue = .null
        try await eventually("the correction waits") {
            status = APITests.value(page.ask("GET", "/api/v1/status")) ?? .null
            return status["inbox"]?["files"]?.items.contains { $0["why"]?.text == "held" } == true
        }
        #expect(check.faults("GET", "/api/v1/status", status: 200, status) == [])
        #expect(status["holds"]?.items.first?["by"]?.text == "page:a")
        let html = page.ask("GET", "/held")
        #expect(html.contains("rule eod_*.csv") && html.contains("wait") && html.contains("2099"), "\(html)")
        #expect(ask("a", "eod_%2A.csv/resume").hasPrefix("HTTP/1.1 200"))
        #expect(ask("a", "eod_%2A.csv/resume").hasPrefix("HTTP/1.1 409"))
        _ = try await desk.finish("eod_1.csv.rejects-\(drop).csv", in: .done)
        try await page.stop()
    }

    @Test("Each hold that is overdue stands as an alert of its own until it is resumed, also while no service runs")
    func overdue() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        var service = try desk.start()
        let subjects = [["inbox"], ["destination", "cache"], ["rule", "eod_*.csv"]]
        for subject in subjects {
            let held = try await desk.command(["hold"] + subject + ["--until", "2020-01-01T17:30Z"])
            #expect(held.code == 0, "\(held)")
        }
        /// What is held of the alerts that stand.
        func standing() -> Set<String> {
            let alerts = Self.status(desk)["alerts"]?.items ?? []
            return Set(
                alerts.filter { $0["event"]?.text == "hold_overdue" && $0["over"] == nil }.compactMap {
                    $0["facts"]?["what"]?.text
                })
        }
        try await eventually("all are told") {
            standing() == ["the inbox", "the destination cache", "the rule eod_*.csv"]
        }
        #expect(try await desk.command(["resume", "inbox"]).code == 0)
        try await eventually("one is over") { standing() == ["the destination cache", "the rule eod_*.csv"] }
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(try await desk.command(["resume", "destination", "cache"]).code == 0)
        service = try desk.start()
        try await eventually("another one is over") { standing() == ["the rule eod_*.csv"] }
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        withExtendedLifetime(simulator) {}
    }
}

extension RunningSimulator {
    /// Whether a post for the RIC came.
    fileprivate func hasPosted(_ ric: String) -> Bool { (try? posts().contains { $0.ric == ric }) ?? false }
}

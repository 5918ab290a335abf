import Foundation
import PostboxCore
import TestSupport
import Testing

/// A server that lost its cache gets it filled again with what was accepted last, and nothing newer is replaced by that.
@Suite("Last accepted values posted again, end to end", .serialized, .ownThreads)
struct RepublishTests {
    private static let files = """
          - {match: "u_*.csv", destination: cache, post: update}
          - match: "r_*.csv"
            destination: cache
            post: refresh
            ric: RIC
            fields: {BID: bid, GEN_TEXT16: {column: t, type: text}}
          - {match: "p_*.csv", destination: cache}
        """

    private static func command(
        _ desk: Desk, _ more: [String] = [], environment: [String: String] = [:]
    ) async throws -> (code: Int32, output: String, errorOutput: String) {
        try await desk.command(
            ["republish", "cache", "--why", "the cache was lost", "--config", "postbox.yaml"] + more,
            environment: environment)
    }

    private static func last(_ desk: Desk, _ rics: [String]) async throws -> [String] {
        var all: [String] = []
        for ric in rics {
            all.append(try await desk.command(["last", ric, "--json", "--config", "postbox.yaml"]).output)
        }
        return all
    }

    private static func listens(_ desk: Desk) async throws {
        try await eventually("the service listens") {
            UnixClient.ask(desk.path(.state).appendingPathComponent("postbox.sock").path, "GET", "/readyz")?
                .hasPrefix("HTTP/1.1 200") == true
        }
    }

    private static func record(_ desk: Desk) throws -> [JSONValue] {
        let path = desk.folder.appendingPathComponent("spool/record.jsonl")
        return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").compactMap {
            JSONValue.parse(String($0))
        }
    }

    @Test(
        "Every RIC goes with the values that were accepted last, byte by byte, as a Refresh where its rules allow one; the count is shown first, and last values stay as they are"
    )
    func again() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            "naks:\n  - {ric: \"N.TST\", code: 2, text: no}", files: Self.files)
        try desk.drop("r_1.csv", "RIC,bid,t\nA.TST,1.50,\"Zürich \"\"x\"\"\"\nB.TST,2,\nN.TST,3,x\n")
        #expect(try await desk.once() == 2, "\(desk.log())")
        try desk.drop("u_1.csv", "RIC,BID\nA.TST,3.10\nU.TST,7\n")
        try desk.drop("p_1.csv", "RIC,ASK\nP.TST,-0.050\n")
        #expect(try await desk.once() == 0, "\(desk.log())")
        let rics = ["A.TST", "B.TST", "N.TST", "P.TST", "U.TST"]
        let before = try await Self.last(desk, rics)
        let posted = try simulator.posts()
        let text = try #require(posted.first { $0.ric == "A.TST" }?.fields?.split(separator: "\"GEN_TEXT16\":").last)

        let service = try desk.start()
        try await Self.listens(desk)
        // Nobody is there to be asked.
        let asked = try await Self.command(desk)
        #expect(
            asked.code == 64 && asked.output.contains("4 RICs would be posted again: 3 as Refresh, 1 as Update"),
            "\(asked)")
        let shown = try await Self.command(desk, ["--json"])
        let preview = try #require(JSONValue.parse(shown.output))
        #expect(preview["preview"]?.flag == true && preview["facts"]?["rics"]?.integer == 4)
        #expect(try simulator.posts().count == posted.count)
        #expect(try await Self.command(desk, ["--yes", "--service", "OTHER"]).code == 64)
        let noRule = try await Self.command(desk, ["--yes", "--rule", "none"])
        #expect(noRule.code == 64 && noRule.errorOutput.contains("there is no rule none"), "\(noRule)")
        let none = try await desk.command(["republish", "none", "--why", "x", "--yes", "--config", "postbox.yaml"])
        #expect(none.code == 64 && none.errorOutput.contains("no destination none"))

        let done = try await Self.command(desk, ["--yes", "--json"])
        let drop = try #require(JSONValue.parse(done.output)?["drop"]?.integer, "\(done)")
        let file = try await desk.finish("republish-cache-\(drop).jsonl", in: .done)
        #expect(file.summary.rule == "republish" && file.summary.outcomes["acked"] == 4)
        let again = try simulator.posts().dropFirst(posted.count)
        #expect(
            again.map { "\($0.ric) \($0.kind ?? "")" }.sorted() == [
                "A.TST Refresh", "B.TST Refresh", "P.TST Refresh", "U.TST Update",
            ])
        let a = try #require(again.first { $0.ric == "A.TST" }?.fields)
        #expect(a.contains("\"BID\":3.10") && a.contains("\"GEN_TEXT16\":" + text.dropLast()), "\(a)")
        let b = try #require(again.first { $0.ric == "B.TST" }?.fields)
        #expect(b.contains("\"BID\":2") && b.contains("\"GEN_TEXT16\":null"))
        #expect(again.first { $0.ric == "P.TST" }?.fields == #"{"ASK":-0.050}"#)

        // Of one rule alone.
        let one = try await Self.command(desk, ["--yes", "--rule", "u_*.csv"])
        #expect(one.code == 0 && one.output.contains("2 RICs will be posted again"), "\(one)")
        try await eventually("these are finished") {
            desk.names(in: .done).count { $0.hasSuffix(".summary.json") } == 4
        }
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(try await Self.last(desk, rics) == before)

        let act = try #require(try Self.record(desk).first { $0["act"]?.text == "republish" })
        #expect(act["subject"]?.text == "the destination cache" && act["why"]?.text == "the cache was lost")
        #expect(act["by"]?.text?.hasPrefix("unix:") == true)
        let summary = try HeldByChecks.json(desk, "republish-cache-\(drop).jsonl", in: .done)
        #expect((summary["asked"] as? [String: Any])?["why"] as? String == "the cache was lost")
        #expect(try await desk.command(["audit", "verify", "--config", "postbox.yaml"]).code == 0)
        let audit = try await desk.command(["audit", "--ric", "P.TST", "--csv", "--config", "postbox.yaml"])
        #expect(audit.output.split(separator: "\n").count == 3, "\(audit.output)")
    }

    @Test(
        "What newer files have accepted while it runs is not replaced, and what a file in work had accepted before goes again"
    )
    func newer() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            destination: "window: 10\nmax_posts_per_second: 200", files: Self.files)
        try desk.drop("p_old.csv", "RIC,BID\n" + (1...300).map { "R\($0).TST,1\n" }.joined())
        #expect(try await desk.once() == 0)
        let service = try desk.start()
        try await Self.listens(desk)
        // Long enough that it is in work for all that follows.
        try desk.drop("p_long.csv", "RIC,BID\nR1.TST,2\n" + (1...600).map { "L\($0).TST,1\n" }.joined())
        try await eventually("its first row has its line") {
            let path = desk.path(.work).appendingPathComponent("2/.result.part")
            return (try? String(contentsOf: path, encoding: .utf8))?.contains(",R1.TST,") == true
        }
        let done = try await Self.command(desk, ["--yes", "--json"])
        let drop = try #require(JSONValue.parse(done.output)?["drop"]?.integer, "\(done)")
        let marks = try simulator.posts().count
        // The last one does not cover a Refresh.
        try desk.drop(
            "p_new.csv",
            "RIC,Post,BID\n" + (100...300).map { "R\($0).TST,\($0 < 300 ? "Refresh" : "Update"),3\n" }.joined())
        _ = try await desk.finish("p_new.csv", in: .done)
        _ = try await desk.finish("p_long.csv", in: .done)
        let name = "republish-cache-\(drop).jsonl"
        try await eventually("it is finished") {
            (desk.names(in: .done) + desk.names(in: .failed)).contains(name + ".summary.json")
        }
        let folder: Desk.Folder = desk.names(in: .done).contains(name) ? .done : .failed
        let file = try desk.finished(name, in: folder)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        var held: [String: String] = [:]
        var seen: [String: [String]] = [:]
        for post in try simulator.posts() {
            held[post.ric] = post.fields
            seen[post.ric, default: []].append(post.fields ?? "")
        }
        #expect(held["R1.TST"] == #"{"BID":2}"#)
        for row in 100...300 { #expect(held["R\(row).TST"] == #"{"BID":3}"#) }
        // It is the file's own that goes again, and what is new since is no loss.
        #expect(try simulator.posts().dropFirst(marks).contains { $0.ric == "R1.TST" && $0.fields == #"{"BID":2}"# })
        let outcomes = Dictionary(
            zip(file.column("ric"), file.column("outcome")), uniquingKeysWith: { one, _ in one })
        #expect(outcomes["R1.TST"] == "acked" && outcomes["R50.TST"] == "acked")
        #expect((100...299).allSatisfy { outcomes["R\($0).TST"] == "superseded" }, "\(file.summary.outcomes)")
        let overtaken = file.rows.filter { $0["outcome"] == "unsent" }
        #expect(overtaken.map { $0["ric"] } == ["R300.TST"] && overtaken.first?["reason"] == "overtaken")
        #expect(
            file.summary.outcomes["superseded", default: 0] + file.summary.outcomes["acked", default: 0]
                == file.summary.rows - 1)
    }

    @Test(
        "Killed at any step, it is there once and whole, or not at all, and goes on by itself",
        arguments: [
            "asked_written", "asked_recorded", "made_placed", "planned", "advanced", "offered", "outcomes_written",
            "result_complete", "settled", "moved", "closed",
        ])
    func killed(label: String) async throws {
        let (desk, _) = try await Desk.withSimulator()
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nB.TST,2\n")
        #expect(try await desk.once() == 0)
        let before = try await Self.last(desk, ["A.TST", "B.TST"])
        let service = try desk.start(environment: ["POSTBOX_FAIL_POINT": label])
        try await Self.listens(desk)
        _ = try await Self.command(desk, ["--yes"])
        #expect(try await service.exitCode() == 137)
        #expect(try await desk.once() == 0, "\(desk.log())")
        let isThere = label != "asked_written"
        let names = desk.names(in: .done).filter { $0.hasPrefix("republish-") && $0.hasSuffix(".jsonl") }
        #expect(names.count == (isThere ? 1 : 0), "\(names)")
        for name in names {
            let file = try desk.finished(name, in: .done)
            #expect(file.summary.rows == 2 && file.column("ric").sorted() == ["A.TST", "B.TST"])
            let good = file.summary.outcomes["acked", default: 0] + file.summary.outcomes["superseded", default: 0]
            #expect(good == 2)
        }
        #expect(try HeldByChecks.work(desk).isEmpty)
        #expect(try await Self.last(desk, ["A.TST", "B.TST"]) == before)
        #expect(try Self.record(desk).count { $0["act"]?.text == "republish" } == (isThere ? 1 : 0))
        #expect(try await desk.command(["audit", "verify", "--config", "postbox.yaml"]).code == 0)
    }

    @Test(
        "What was withdrawn and had no value before is not sent again, and a rule's RICs are those of which a file of it said what holds"
    )
    func withdrawn() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        for (name, text) in [
            ("p_1.csv", "RIC,BID\nA.TST,1\nB.TST,5\n"), ("u_2.csv", "RIC,BID,ASK\nA.TST,2,3\nC.TST,7,8\n"),
        ] {
            try desk.drop(name, text)
            #expect(try await desk.once() == 0, "\(desk.log())")
        }
        let service = try desk.start()
        try await Self.listens(desk)
        func finish(_ answer: (code: Int32, output: String, errorOutput: String), _ act: String) async throws {
            let drop = try #require(JSONValue.parse(answer.output)?["drop"]?.integer, "\(answer)")
            _ = try await desk.finish("\(act)-cache-\(drop).jsonl", in: .done)
        }
        try await finish(
            try await desk.command([
                "withdraw", "2", "--yes", "--json", "--why", "wrong", "--config", "postbox.yaml",
            ]), "withdraw")
        let posted = try simulator.posts().count
        // No value of drop 2 holds that was not withdrawn.
        let none = try await Self.command(desk, ["--yes", "--rule", "u_*.csv"])
        #expect(
            none.code == 64 && none.errorOutput.contains("that was not withdrawn; 3 fields are left out"), "\(none)")
        let shown = try await Self.command(desk)
        #expect(shown.output.contains("2 RICs would be posted again"), "\(shown)")
        #expect(shown.output.contains("3 fields are left out: what they hold was withdrawn"), "\(shown)")
        try await finish(try await Self.command(desk, ["--yes", "--json", "--rule", "p_*.csv"]), "republish")
        let again = try simulator.posts().dropFirst(posted)
        #expect(
            again.map { "\($0.ric) \($0.fields ?? "")" }.sorted() == [#"A.TST {"BID":1}"#, #"B.TST {"BID":5}"#])
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("Who may not correct may not republish, and nobody may without saying why")
    func rights() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: """
                users:
                  a: {token_sha256: "\(ServedDesk.hash("a"))", may: [stop, release]}
                  b: {token_sha256: "\(ServedDesk.hash("b"))", may: [correct]}
                  c: {token_sha256: "\(ServedDesk.hash("c"))", may: [correct], rules: ["p_*.csv"]}
                """, files: Self.files)
        try desk.drop("p_1.csv", "RIC,BID\nA.TST,1\n")
        _ = try await desk.finish("p_1.csv", in: .done)
        func ask(_ token: String, _ body: String) -> String {
            page.ask(
                "POST", "/api/v1/destinations/cache/republish", headers: "Authorization: Bearer \(token)\r\n",
                body: body)
        }
        let document = try #require(
            APITests.value(page.ask("GET", "/api/openapi.json", headers: "Authorization: Bearer b\r\n")))
        func faults(_ answer: String, _ status: Int) -> [String] {
            OpenAPICheck(document).faults(
                "POST", "/api/v1/destinations/{name}/republish", status: status, APITests.value(answer) ?? .null)
        }
        #expect(ask("a", #"{"why":"lost"}"#).hasPrefix("HTTP/1.1 403"))
        #expect(ask("b", "").hasPrefix("HTTP/1.1 422"))
        #expect(ask("c", #"{"why":"lost"}"#).hasPrefix("HTTP/1.1 403"))
        #expect(ask("b", #"{"why":"lost","force":true}"#).hasPrefix("HTTP/1.1 400"))
        let shown = ask("b", #"{"preview":true}"#)
        #expect(shown.hasPrefix("HTTP/1.1 200") && faults(shown, 200) == [], "\(shown)")
        let done = ask("c", #"{"why":"lost","rule":"p_*.csv"}"#)
        #expect(done.hasPrefix("HTTP/1.1 200") && faults(done, 200) == [], "\(done)")
        let drop = try #require(APITests.value(done)?["drop"]?.integer)
        _ = try await desk.finish("republish-cache-\(drop).jsonl", in: .done)
        try await page.stop()
        #expect(try Self.record(desk).first { $0["act"]?.text == "republish" }?["by"]?.text == "page:c")
    }
}

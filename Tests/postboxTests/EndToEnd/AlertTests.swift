import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

@Suite("Alerts, end to end", .serialized, .ownThreads)
struct AlertTests {
    private static let files = "  - {match: \"eod_*\", destination: cache}\n  - {match: \"test_*\", destination: cache}"

    private static func status(_ page: ServedDesk, _ key: String) -> [JSONValue] {
        APITests.value(page.ask("GET", "/api/v1/status"))?[key]?.items ?? []
    }

    private static func acts(_ desk: Desk) throws -> [RecordAct] {
        let path = desk.path(.done).deletingLastPathComponent().appendingPathComponent("record.jsonl").path
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap {
            if case .act(let act)? = RecordLine(String($0))?.entry { act } else { nil }
        }
    }

    @Test(
        "Alerts are routed by event, rule and bad rows; each has a number; who has one stands in status, page and record, also after a restart"
    )
    func routed() async throws {
        let desk = try Desk()
        let hook = try #require(HookServer())
        try Data("Bearer very-secret".utf8).write(to: desk.folder.appendingPathComponent("secret"))
        let simulator = try await desk.simulate("unknown: [R2.TST, R3.TST]")
        let told = desk.folder.appendingPathComponent("told").path
        let top = """
            alert_command: "cat >> '\(told)'"
            alert_webhook: {url: "\(hook.url)", headers: {Authorization: "${file:secret}"}}
            heartbeat: {url: "\(hook.url)", every: 1s}
            alerts:
              - {rule: "test_*", to: note}
              - {event: file_partial, bad_rows: 2, to: page}
              - {event: file_partial, to: note}
            """
        let page = try await ServedDesk.start(desk, simulator.url, top: top, files: Self.files)
        try desk.drop("test_1.csv", ServedDesk.file(rows: 3))
        try desk.drop("eod_1.csv", ServedDesk.file(rows: 2))
        try desk.drop("eod_2.csv", ServedDesk.file(rows: 3))
        try await eventually("all three stand") { Self.status(page, "alerts").count == 3 }
        func posted() -> [JSONValue] { hook.bodies.compactMap { JSONValue.parse($0) } }
        try await eventually("one is posted") { !posted().isEmpty }
        #expect(posted().count == 1 && posted()[0]["file"]?.text == "eod_2.csv" && posted()[0]["rule"]?.text == "eod_*")
        let number = try #require(posted()[0]["alert"]?.integer)
        try await eventually("the command has it too") {
            (try? String(contentsOfFile: told, encoding: .utf8))?.contains("eod_2.csv") == true
        }
        #expect(try String(contentsOfFile: told, encoding: .utf8).split(separator: "\n").count == 1)
        try await eventually("the heartbeat is heard twice") {
            hook.requests.count { $0.hasPrefix("GET ") } >= 2
        }
        // Reading is all that nobody in particular may.
        let refused = page.ask("POST", "/api/v1/alerts/\(number)/ack", body: #"{"why":"mine"}"#)
        #expect(refused.hasPrefix("HTTP/1.1 401"), "\(refused)")
        #expect(try await desk.command(["ack", "\(number)", "--why", " "]).code == 64)
        #expect(try await desk.command(["ack", "999", "--why", "x"]).code == 64)
        let acked = try await desk.command(["ack", "\(number)", "--why", "I call the vendor"])
        #expect(acked.code == 0 && acked.output.contains("has alert \(number)"), "\(acked.errorOutput)")
        #expect(try await desk.command(["ack", "\(number)", "--why", "me too"]).code == 64)
        let muted = try await desk.command([
            "mute", "file_failed", "--rule", "eod_*", "--until", "2h", "--why", "trial",
        ])
        #expect(muted.code == 0, "\(muted.errorOutput)")
        #expect(try await desk.command(["mute", "--until", "2h", "--why", "trial"]).code == 64)
        #expect(try await desk.command(["mute", "file_failed", "--until", "40d", "--why", "trial"]).code == 64)
        let misspelt = try await desk.command(["mute", "--rule", "oed_*", "--until", "2h", "--why", "trial"])
        #expect(
            misspelt.code == 64 && misspelt.errorOutput.contains("there is no rule oed_*; the nearest is eod_*"),
            "\(misspelt)")
        let shown = try await desk.command(["status"])
        #expect(shown.output.contains("I call the vendor") && shown.output.contains("nobody is called for"))
        let now = page.ask("GET", "/")
        #expect(now.contains("I call the vendor") && now.contains("file_failed of the rule eod_*"))
        try await page.stop()

        let again = try await ServedDesk.start(desk, simulator.url, top: top, files: Self.files)
        var kept: JSONValue?
        try await eventually("the alert is as it was") {
            kept = Self.status(again, "alerts").first { $0["id"]?.integer == number }
            return kept != nil
        }
        #expect(kept?["ack"]?["why"]?.text == "I call the vendor" && kept?["event"]?.text == "file_partial")
        let mute = try #require(Self.status(again, "mutes").first)
        #expect(mute["rule"]?.text == "eod_*" && mute["why"]?.text == "trial")
        // Its rows are all refused: the file fails, which is muted.
        try desk.drop("eod_3.csv", "RIC,BID\nR2.TST,5\n")
        try await eventually("it stands") {
            Self.status(again, "alerts").contains { $0["event"]?.text == "file_failed" && $0["muted"]?.flag == true }
        }
        #expect(!posted().contains { $0["event"]?.text == "file_failed" })
        let ended = try await desk.command(["unmute", "\(mute["id"]?.integer ?? 0)"])
        #expect(ended.code == 0 && Self.status(again, "mutes").isEmpty, "\(ended.errorOutput)")
        try await again.stop()
        let acts = try Self.acts(desk)
        #expect(acts.map(\.act) == ["ack", "mute", "unmute"] && acts[0].why == "I call the vendor")
        #expect(acts[0].subject == "alert \(number): file_partial" && acts.allSatisfy { $0.by.hasPrefix("unix:") })
        #expect(!desk.log().contains("very-secret") && !desk.log().contains("secret-path"))
        hook.stop()
    }

    @Test(
        "Killed as soon as the ledger has it: who has the alert, or what is muted, is known after the start",
        arguments: ["ack", "mute"])
    func killed(what: String) async throws {
        let (desk, simulator) = try await Desk.withSimulator("unknown: [R2.TST]", files: Self.files)
        let service = try desk.start(environment: ["POSTBOX_FAIL_POINT": "\(what)_recorded"])
        try desk.drop("eod_1.csv", ServedDesk.file(rows: 2))
        _ = try await desk.finish("eod_1.csv", in: .failed)
        // What was told is written soon after.
        let ledger = desk.path(.state).appendingPathComponent("ledger.sqlite").path
        try await eventually("the alert is kept") { try LedgerReading(path: ledger)?.standing(.alert).isEmpty == false }
        let arguments = what == "ack" ? ["ack", "1"] : ["mute", "file_partial", "--until", "2h"]
        _ = try await desk.command(arguments + ["--why", "mine"])
        #expect(try await service.exitCode() == 137)
        let page = try await ServedDesk.start(desk, simulator.url, files: Self.files)
        if what == "ack" {
            #expect(Self.status(page, "alerts").first?["ack"]?["why"]?.text == "mine")
        } else {
            #expect(Self.status(page, "mutes").first?["event"]?.text == "file_partial")
        }
        try await page.stop()
        #expect(try Self.acts(desk).map(\.act) == [what])
    }

    @Test("A user who may not stop may not have alerts, and one of other rules has none of theirs")
    func rights() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [R2.TST]")
        let http = """
            users:
              reader: {token_sha256: "\(ServedDesk.hash("reader"))", may: [read]}
              other: {token_sha256: "\(ServedDesk.hash("other"))", may: [stop], rules: ["test_*"]}
              own: {token_sha256: "\(ServedDesk.hash("own"))", may: [stop], rules: ["eod_*"]}
            """
        let page = try await ServedDesk.start(desk, simulator.url, http: http, files: Self.files)
        try desk.drop("eod_1.csv", ServedDesk.file(rows: 2))
        _ = try await desk.finish("eod_1.csv", in: .failed)
        func post(_ path: String, _ token: String, _ body: String) -> String {
            String(page.ask("POST", path, headers: "Authorization: Bearer \(token)\r\n", body: body).prefix(12))
        }
        let until = TimeText.text(Clock.wall() + 3_600_000_000)
        let mute = #"{"rule":"eod_*","why":"w","until":"\#(until)"}"#
        for token in ["reader", "other"] {
            #expect(post("/api/v1/alerts/1/ack", token, #"{"why":"w"}"#) == "HTTP/1.1 403", "\(token)")
            #expect(post("/api/v1/alerts/mute", token, mute) == "HTTP/1.1 403", "\(token)")
        }
        #expect(post("/api/v1/alerts/1/ack", "own", "{}") == "HTTP/1.1 422")
        #expect(post("/api/v1/alerts/1/ack", "own", #"{"why":"w"}"#) == "HTTP/1.1 200")
        #expect(post("/api/v1/alerts/mute", "own", mute) == "HTTP/1.1 200")
        #expect(
            post("/api/v1/alerts/mute", "own", #"{"event":"fault","why":"w","until":"\#(until)"}"#) == "HTTP/1.1 403")
        let document = try #require(
            APITests.value(page.ask("GET", "/api/openapi.json", headers: "Authorization: Bearer own\r\n")))
        let board = try #require(
            APITests.value(page.ask("GET", "/api/v1/status", headers: "Authorization: Bearer own\r\n")))
        #expect(board["alerts"]?.items.first?["ack"]?["by"]?.text == "page:own")
        #expect(OpenAPICheck(document).faults("GET", "/api/v1/status", status: 200, board).isEmpty)
        try await page.stop()
    }

    @Test(
        "What is wrong with these settings is said with its line",
        arguments: [
            ("alert_webhook: {template: slack}", "lacks the required key `url`"),
            ("alert_webhook: {url: \"http://hooks.example/x\"}", "a URL with https"),
            ("alert_webhook: {url: \"https://u:secretword@hooks.example/x\"}", "a URL without credentials"),
            ("alert_webhook: {url: \"https://h.example\", template: irc}", "one of slack, teams, json"),
            (
                "alert_webhook: {url: \"https://h.example\", headers: {Host: x}}",
                "no header that a message may bring along"
            ),
            ("alerts: [{event: file_partail, to: page}]", "the nearest is `file_partial`"),
            ("alerts: [{event: file_partial}]", "lacks the required key `to`"),
            ("alerts: [{to: note, repeat: 5m}]", "`repeat` goes with `to: page`"),
            ("alerts: [{to: page, bad_rows: 0}]", "a whole number, 1 or more"),
            ("heartbeat: {every: 1m}", "lacks the required key `url`"),
        ])
    func faulty(top: String, words: String) async throws {
        let desk = try Desk()
        try desk.configure(["ws://127.0.0.1:1/WebSocket"], top: top)
        let end = try await desk.command(["config", "check", "postbox.yaml"])
        #expect(end.code == 78 && end.errorOutput.contains(words), "\(end.errorOutput)")
        #expect(!end.errorOutput.contains("secretword"))
    }

    @Test("A destination that may be down is not told; one that may not is")
    func quiet() async throws {
        let desk = try Desk()
        try desk.configure(
            ["ws://127.0.0.1:1/WebSocket", "ws://127.0.0.1:1/WebSocket"], top: "down_alert: 100ms",
            files: "  - {match: \"a*\", destination: cache}\n  - {match: \"b*\", destination: second}")
        let path = desk.folder.appendingPathComponent("postbox.yaml")
        let yaml = try String(contentsOf: path, encoding: .utf8)
        // Every time of the week is quiet for the first.
        try desk.write(
            yaml.replacing("  cache:\n", with: "  cache:\n    quiet: [{days: mon-sun, zone: Europe/London}]\n"))
        let service = try desk.start()
        try await eventually("the other is told") { service.errorOutput.contains(" destination_down ") }
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        let told = service.errorOutput.split(separator: "\n").filter { $0.contains(" destination_down ") }
        #expect(told.count == 1 && told[0].contains("destination=second"), "\(told)")
    }
}

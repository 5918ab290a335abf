import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

@Suite("The day's report, end to end", .serialized, .ownThreads)
struct DayTests {
    private static let files = """
          - match: "eod_*"
            calendar: all
            expected: {by: "00:00", count: 2}
            checks: [{universe: {table: bonds, key: RIC}, missing: 100%, on_fail: warn}]
          - {match: "fx_*"}
        """
    private static let top = "calendars:\n  all: {days: mon-sun}\ntables:\n  bonds: {file: bonds.csv, key: RIC}"

    private static func desk() throws -> Desk {
        let desk = try Desk()
        try Data("RIC,NAME\nR1.TST,a\nR2.TST,b\nR9.TST,c\n".utf8).write(
            to: desk.folder.appendingPathComponent("bonds.csv"))
        return desk
    }

    @Test(
        "A day is told with and without a service: files, rows, what is open, instruments without a price, acts, and who signed"
    )
    func told() async throws {
        let desk = try Self.desk()
        let simulator = try await desk.simulate("unknown: [R2.TST]")
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: """
                users:
                  reader: {token_sha256: "\(ServedDesk.hash("reader"))", may: [read]}
                """, top: Self.top, files: Self.files)
        try desk.drop("eod_1.csv", ServedDesk.file(rows: 3))
        _ = try await desk.finish("eod_1.csv", in: .failed)
        try desk.drop("fx_1.csv", "RIC,BID\nF.TST,1\n")
        _ = try await desk.finish("fx_1.csv", in: .done)
        #expect(try await desk.command(["hold", "destination", "cache"]).code == 0)
        let told = desk.path(.done).deletingLastPathComponent().appendingPathComponent("record.jsonl")
        try await eventually("it is in the record") {
            try String(contentsOf: told, encoding: .utf8).contains("\"act\":\"hold\"")
        }
        func day(_ more: [String] = []) async throws -> JSONValue? {
            let end = try await desk.command(["day", "--json"] + more)
            #expect(end.code == 2, "\(end.errorOutput)")
            return JSONValue.parse(end.output)
        }
        let report = try await day()
        let rules = report?["rules"]?.items ?? []
        #expect(rules.map { $0["rule"]?.text } == ["eod_*", "fx_*"])
        #expect(rules[0]["expected"]?.integer == 2 && rules[0]["arrived"]?.integer == 1)
        #expect(rules[0]["rows"]?.integer == 3 && rules[0]["bad"]?.integer == 1)
        #expect(rules[0]["open"]?.items.first?["state"]?.text == "partial")
        #expect(rules[1]["rows"]?.integer == 1 && rules[1]["open"]?.items.isEmpty == true)
        #expect(report?["unpriced"]?.items.first?["instruments"]?.items.map(\.text) == ["R2.TST", "R9.TST"])
        #expect(report?["acts"]?.items.contains { $0["act"]?.text == "hold" } == true)
        #expect(report?["signed"]?.items.isEmpty == true)
        let shown = page.ask("GET", "/day", headers: "Authorization: Bearer reader\r\n")
        #expect(shown.hasPrefix("HTTP/1.1 200") && shown.contains("not complete") && shown.contains("R9.TST"))
        #expect(!shown.contains("/sign"))
        #expect(
            page.ask("GET", "/day?day=never", headers: "Authorization: Bearer reader\r\n").hasPrefix("HTTP/1.1 400"))
        let today = report?["day"]?.text ?? ""
        let refused = page.ask(
            "POST", "/day/\(today)/sign", headers: "Authorization: Bearer reader\r\n", body: "why=x",
            type: "application/x-www-form-urlencoded")
        #expect(refused.hasPrefix("HTTP/1.1 403"), "\(refused)")
        try await page.stop()
        let signed = try await day(["--sign", "--why", "R9 has left the market"])
        #expect(signed?["signed"]?.items.first?["why"]?.text == "R9 has left the market")
        // No service has brought it into the record's file yet.
        #expect(signed?["acts"]?.items.last?["act"]?.text == "sign_day")
        let csv = try await desk.command(["day", "--csv"])
        #expect(csv.output.contains("rule,eod_*,2,1,3,1,1,") && csv.output.contains("unpriced,bonds,"))
        let text = try await desk.command(["day"])
        #expect(text.output.contains("signed off by unix:"), "\(text.output)")
        #expect(try await desk.command(["day", "2026-13-01"]).code == 64)
        #expect(try await desk.command(["day", "2199-01-01", "--sign"]).code == 64)
        // Nothing came on another day.
        let other = try await desk.command(["day", "2020-01-03", "--json"])
        #expect(JSONValue.parse(other.output)?["rules"]?.items.first?["arrived"]?.integer == 0)
        let unknown = try await desk.command(["day", "2020-01-03"])
        #expect(
            unknown.code == 2 && unknown.output.hasPrefix("2020-01-03: nothing is known of that day: this spool is"))
        #expect(!unknown.output.contains("missing") && !unknown.output.contains("R9.TST"), "\(unknown.output)")
        // Of a day that has not come nothing is missing, and no instrument lacks a price.
        let ahead = try await desk.command(["day", "2199-01-02"])
        #expect(ahead.code == 0 && ahead.output.hasPrefix("2199-01-02: has not come yet\n"), "\(ahead.output)")
        #expect(ahead.output.contains("eod_*: 2 not due yet (by 00:00 UTC)") && !ahead.output.contains("R9.TST"))
        // A start brings the record's file up to the ledger.
        _ = try await desk.once()
        let record = desk.path(.done).deletingLastPathComponent().appendingPathComponent("record.jsonl").path
        let acts = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n").compactMap { line in
            if case .act(let act)? = RecordLine(String(line))?.entry { act } else { nil }
        }
        let sign = try #require(acts.first { $0.act == "sign_day" })
        #expect(sign.subject == today && sign.why == "R9 has left the market" && sign.by.hasPrefix("unix:"))
    }

    @Test("Somebody who may release signs on the page; the record says so")
    func signedOnThePage() async throws {
        let desk = try Self.desk()
        let simulator = try await desk.simulate()
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: """
                users:
                  alice: {token_sha256: "\(ServedDesk.hash("alice"))", may: [release]}
                """, top: Self.top, files: Self.files)
        let head = "Authorization: Bearer alice\r\n"
        #expect(page.ask("GET", "/day?day=2026-11-27", headers: head).contains("/day/2026-11-27/sign"))
        let answer = page.ask(
            "POST", "/day/2026-11-27/sign", headers: head, body: "why=all+seen",
            type: "application/x-www-form-urlencoded")
        #expect(answer.hasPrefix("HTTP/1.1 303"), "\(answer)")
        let shown = page.ask("GET", "/day?day=2026-11-27", headers: head)
        #expect(shown.contains("all seen") && shown.contains("alice"))
        try await page.stop()
    }
}

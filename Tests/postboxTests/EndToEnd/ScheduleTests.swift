import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("Expected files and deadlines, end to end", .serialized, .ownThreads)
struct ScheduleTests {
    @Test("What is missing is told, what comes late too, and status shows how the rule stands")
    func missing() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [R2.TST]")
        let page = try await ServedDesk.start(
            desk, simulator.url, top: "calendars:\n  all: {days: mon-sun}",
            files: """
                  - match: "eod_*"
                    calendar: all
                    expected: {by: "00:00", count: 2}
                    deadline: "00:00"
                """)
        try await eventually("it is told") { page.service.errorOutput.contains(" file_missing ") }
        try await eventually("it is told") { page.service.errorOutput.contains(" deadline_missed ") }
        func line() -> JSONValue? {
            guard case .array(let lines)? = APITests.value(page.ask("GET", "/api/v1/status"))?["schedule"] else {
                return nil
            }
            return lines.first
        }
        try await eventually("status shows it") { line()?["why"]?.text == "2 missing" }
        #expect(line()?["state"]?.text == "late" && line()?["by_local"]?.text == "00:00 UTC")
        try desk.drop("eod_1.csv", ServedDesk.file(rows: 1))
        try desk.drop("eod_2.csv", ServedDesk.file(rows: 3))
        try await eventually("the last one came") { page.service.errorOutput.contains(" file_arrived_late ") }
        try await eventually("one is done, one is not") {
            line()?["why"]?.text?.hasSuffix(") ended partial") == true && line()?["done"]?.integer == 1
        }
        let partial = try desk.finished("eod_2.csv", in: .failed).summary.drop
        #expect(line()?["arrived"]?.integer == 2 && line()?["why"]?.text == "eod_2.csv (drop \(partial)) ended partial")
        #expect(try await desk.command(["no-action", "\(partial)", "--why", "delisted"]).code == 0)
        try await eventually("what a person closed is done") { line()?["state"]?.text == "done" }
        try await eventually("the missed deadline and the bad file stand no more, and nobody is called for it again") {
            let alerts = APITests.value(page.ask("GET", "/api/v1/status"))?["alerts"]?.items ?? []
            return ["deadline_missed", "file_partial"].allSatisfy { word in
                alerts.contains { $0["event"]?.text == word && $0["over"] != nil }
            }
        }
        let log = page.service.errorOutput
        for event in ["file_missing", "deadline_missed", "file_arrived_late"] {
            #expect(log.components(separatedBy: " \(event) ").count == 2, "\(event)")
        }
        try await page.stop()
    }

    private static let top = "calendars:\n  all: {days: mon-sun}"
    private static let files = """
          - match: "eod_*"
            calendar: all
            expected: {by: "00:00"}
            deadline: "00:00"
        """

    @Test("What was told today is not told again after a restart, also after kill -9")
    func restarted() async throws {
        let desk = try Desk()
        try desk.configure(["ws://127.0.0.1:1/WebSocket"], top: Self.top, files: Self.files)
        let first = try desk.start(environment: ["POSTBOX_FAIL_POINT": "told_kept"])
        #expect(try await first.exitCode() == 137)
        for event in [" file_missing ", " deadline_missed "] {
            #expect(first.errorOutput.components(separatedBy: event).count == 2, "\(event)")
        }
        let page = try await ServedDesk.start(desk, "ws://127.0.0.1:1/WebSocket", top: Self.top, files: Self.files)
        try await eventually("it has looked") {
            APITests.value(page.ask("GET", "/api/v1/status"))?["schedule"]?.items.first?["state"]?.text == "late"
        }
        try await page.stop()
        for event in [" file_missing ", " deadline_missed "] { #expect(!page.service.errorOutput.contains(event)) }
    }

    @Test("A day that somebody skips is not missed, and the record says who skipped it; it can be undone")
    func skipped() async throws {
        let desk = try Desk()
        try desk.configure(["ws://127.0.0.1:1/WebSocket"], top: Self.top, files: Self.files)
        #expect(try await desk.command(["expect", "skip", "eod_*", "--why", "x"]).code == 74)
        let page = try await ServedDesk.start(desk, "ws://127.0.0.1:1/WebSocket", top: Self.top, files: Self.files)
        func state() -> String? {
            APITests.value(page.ask("GET", "/api/v1/status"))?["schedule"]?.items.first?["state"]?.text
        }
        try await eventually("it is late") { state() == "late" }
        #expect(try await desk.command(["expect", "skip", "eod", "--why", "x"]).code == 64)
        #expect(try await desk.command(["expect", "skip", "eod_*", "--why", " "]).code == 64)
        #expect(try await desk.command(["expect", "undo", "eod_*", "--why", "x"]).code == 64)
        let skipped = try await desk.command(["expect", "skip", "eod_*", "--why", "exchange holiday"])
        #expect(skipped.code == 0, "\(skipped.errorOutput)")
        try await eventually("it is skipped") { state() == "skipped" }
        let board = try #require(APITests.value(page.ask("GET", "/api/v1/status")))
        #expect(board["schedule"]?.items.first?["why"]?.text?.contains("exchange holiday") == true)
        let alerts = board["alerts"]?.items ?? []
        #expect(alerts.count == 2 && alerts.allSatisfy { $0["over"] != nil }, "\(alerts)")
        let undone = try await desk.command(["expect", "undo", "eod_*", "--why", "it comes"])
        #expect(undone.code == 0, "\(undone.errorOutput)")
        try await eventually("it is late again") { state() == "late" }
        try await page.stop()
        let record = desk.path(.done).deletingLastPathComponent().appendingPathComponent("record.jsonl").path
        let acts = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n").compactMap { line in
            if case .act(let act)? = RecordLine(String(line))?.entry { act } else { nil }
        }
        #expect(acts.map(\.act) == ["expect_skip", "expect_undo"] && acts[0].why == "exchange holiday")
    }

    @Test("A file that waits in the inbox when the service starts is not missing")
    func waiting() async throws {
        let desk = try Desk()
        try desk.configure(
            ["ws://127.0.0.1:1/WebSocket"], top: "calendars:\n  all: {days: mon-sun}",
            files: """
                  - match: "eod_*"
                    calendar: all
                    expected: {by: "00:00"}
                    deadline: "00:00"
                """)
        try desk.drop("eod_1.csv", "RIC,BID\nR1.TST,1\n")
        let service = try desk.start()
        try await eventually("its deadline is told") { service.errorOutput.contains(" deadline_missed ") }
        #expect(service.errorOutput.contains("eod_1.csv waits in the inbox"))
        #expect(!service.errorOutput.contains(" file_missing "))
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test(
        "What is wrong with a calendar or a time is told with its line",
        arguments: [
            ("calendars: {a: {early: {2026-12-24: \"12:30\"}}}", "", "need `close`"),
            ("calendars: {a: {holidays: [2026-13-01]}}", "", "a day such as 2026-12-25"),
            ("calendars: {a: {holidays: nothing.txt}}", "", "a text file of them that can be read"),
            ("", "calendar: b", "one of `calendars`"), ("", "expected: {zone: UTC}", "lacks the required key `by`"),
            ("", "expected: {by: \"25:00\"}", "a time of the day"), ("", "deadline: noon", "a time of the day"),
            ("", "expected: {by: \"10:00\", zone: Mars/Base}", "a time zone"),
        ])
    func faulty(top: String, rule: String, words: String) async throws {
        let desk = try Desk()
        try desk.configure(
            ["ws://127.0.0.1:1/WebSocket"], top: top,
            files: "  - match: \"*\"\n" + (rule.isEmpty ? "" : "    \(rule)\n"))
        let end = try await desk.command(["config", "check", "postbox.yaml"])
        #expect(end.code == 78 && end.errorOutput.contains(words), "\(end.errorOutput)")
    }
}

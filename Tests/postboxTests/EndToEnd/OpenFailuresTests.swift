import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

/// Files that ended badly stay to be done until each of their bad rows has been put right.
@Suite("Open failures, end to end", .serialized, .ownThreads)
struct OpenFailuresTests {
    private static func open(_ desk: Desk) async throws -> [JSONValue] {
        let command = try await desk.command(["files", "--open", "--json"])
        #expect(command.code == (command.output.isEmpty ? 2 : 0), "\(command.errorOutput)")
        return command.output.split(separator: "\n").compactMap { JSONValue.parse(String($0)) }
    }

    private static func day(_ desk: Desk) async throws -> JSONValue? {
        JSONValue.parse(try await desk.command(["day", "--json"]).output)
    }

    private static func directories(_ desk: Desk) -> Settings.Directories {
        Settings.Directories(spool: desk.path(.inbox).deletingLastPathComponent().path)
    }

    private static func noted(_ desk: Desk) throws -> [Int] {
        let ledger = try #require(try LedgerReading(path: directories(desk).state + "/ledger.sqlite"))
        return try ledger.standing(.putRight).keys.compactMap(Int.init).sorted()
    }

    @Test(
        "One corrected row takes no other one off the list; the last one takes the file off, and the ledger keeps that")
    func corrected() async throws {
        let (desk, simulator) = try await Desk.withSimulator("unknown: [BAD.TST]")
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nBAD.TST,2\nX.TST,1e5\nY.TST,1e5\n")
        #expect(try await desk.once() == 2)
        #expect(try await Self.open(desk).map { $0["drop"]?.integer } == [1])
        let name = "a.csv.rejects-1.csv"
        // The same row twice is not two rows.
        for value in [3, 4] {
            try desk.drop(name, "RIC,BID\nX.TST,\(value)\n")
            #expect(try await desk.once() == 0, "\(desk.log())")
            let open = try await Self.open(desk)
            #expect(open.map { $0["drop"]?.integer } == [1] && open.first?["bad_rows_left"]?.integer == 2)
            let day = try await Self.day(desk)
            #expect(day?["complete"]?.flag == false)
            #expect(day?["rules"]?.items.first?["open"]?.items.first?["state"]?.text == "partial")
        }
        let shown = try await desk.command(["show", "1"])
        #expect(shown.output.contains("not put right: 2 rows"), "\(shown.output)")
        // The row that was refused gets another RIC; the other one is still wrong, and right in a correction of the correction.
        try desk.drop(name, "RIC,BID\nGOOD.TST,2\nY.TST,1e5\n")
        #expect(try await desk.once() == 2)
        // That row counts once, at the drop that brought it last.
        let left = try await Self.open(desk).compactMap { $0["drop"]?.integer }
        let last = try #require(left.first)
        #expect(last > 1 && left == [last])
        #expect(
            try await desk.command(["show", "1"]).output.contains("not put right: 1 row, bad again in a later drop"))
        #expect(try Self.noted(desk).isEmpty)
        try desk.drop("\(name).rejects-\(last).csv", "RIC,BID\nY.TST,5\n")
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try await Self.open(desk).isEmpty)
        #expect(try await Self.day(desk)?["complete"]?.flag == true)
        // A service notes it, so that nobody has to read results for it any more.
        let page = try await ServedDesk.start(desk, simulator.url)
        try await eventually("it is noted") { try Self.noted(desk) == [1, last] }
        let api = APITests.value(page.ask("GET", "/api/v1/drops?verdict=partial"))?["drops"]?.items ?? []
        #expect(api.map { $0["corrected"]?.flag } == [true, true])
        try await page.stop()
        for path in [Self.directories(desk).failed + "/a.csv.result.csv"] {
            try FileManager.default.removeItem(atPath: path)
        }
        #expect(try await Self.open(desk).isEmpty)
    }

    @Test(
        "Rows that wait for a release keep their file on the list, as held; a refusal does too, until a person closes it"
    )
    func held() async throws {
        let (desk, simulator) = try await HeldByChecks.contributed()
        var open = try await Self.open(desk)
        #expect(open.map { $0["drop"]?.integer } == [1])
        #expect(open[0]["bad_rows_left"]?.integer == 2 && open[0]["bad_rows_held"]?.integer == 2)
        #expect(try await desk.command(["files", "--open"]).output.contains("partial (held)"))
        let day = try await Self.day(desk)
        #expect(day?["complete"]?.flag == false)
        #expect(day?["rules"]?.items.first?["open"]?.items.first?["state"]?.text == "held")
        // The drop that holds them has as many rows.
        let files = try await desk.command(["files", "--json"]).output.split(separator: "\n").compactMap {
            JSONValue.parse(String($0))
        }
        #expect(files.map { $0["rows"]?.integer } == [2, 4])
        let held = try await desk.command(["show", "1"])
        #expect(held.output.contains("  2 rows of it are held as drop 2\n"), "\(held.output)")
        #expect(try await HeldByChecks.act(desk, .release(drop: 2, .only([1...1]))) != "")
        #expect(try await desk.once() == 2, "\(desk.log())")
        let ended = try await desk.command(["show", "1"])
        #expect(
            ended.output.contains("  2 rows of it were held as drop 2: released by ")
                && ended.output.contains(": 1 of 2 rows, row 1; 1 row was left out\n"), "\(ended.output)")
        open = try await Self.open(desk)
        // What was left out of the release counts at the drop that held it.
        #expect(open.map { $0["drop"]?.integer } == [2])
        let file = try await desk.command(["show", "1", "--json"]).output
        let listed = JSONValue.parse(file)?["drop"]
        #expect(listed?["bad_rows_left"]?.integer == 1 && listed?["bad_rows_held"]?.integer == 0)
        #expect(listed?["bad_rows_again"]?.integer == 1)
        #expect(try await desk.command(["no-action", "2", "--why", "delisted"]).code == 0)
        #expect(try await Self.open(desk).isEmpty)
        #expect(try await Self.day(desk)?["complete"]?.flag == true)
        withExtendedLifetime(simulator) {}
    }

    @Test("Rows of a file whose rule asks for all instruments of a table can be sent again, and put it right")
    func universe() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [B.TST]")
        try Data("RIC\nA.TST\nB.TST\n".utf8).write(to: desk.folder.appendingPathComponent("rics.csv"))
        let top = "tables: {rics: {file: rics.csv, key: RIC}}\n"
        let files = "  - {match: \"*.csv\", checks: [{universe: {table: rics, key: RIC}}]}"
        try desk.configure([simulator.url], top: top, files: files)
        var service = try desk.start()
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nB.TST,2\n")
        _ = try await desk.finish("a.csv", in: .failed)
        let name = "a.csv.rejects-1.csv"
        let again = try await desk.command(["resend", "1"])
        #expect(again.code == 0 && again.output.contains("1 row will be sent again"), "\(again)")
        // The server still does not know it.
        _ = try await desk.finish("a.csv.rejects-1.2.csv", in: .failed)
        #expect(try await Self.open(desk).map { $0["drop"]?.integer } == [2])
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        let other = try await desk.simulate(name: "other")
        try desk.configure([other.url], top: top, files: files)
        service = try desk.start()
        try await eventually("it is there") {
            UnixClient.ask(desk.path(.state).appendingPathComponent("postbox.sock").path, "GET", "/readyz")?
                .hasPrefix("HTTP/1.1 200") == true
        }
        let last = try await desk.command(["resend", "1"])
        #expect(last.code == 0, "\(last)")
        _ = try await desk.finish(name, in: .done)
        // Nor is anything to be done about the drop that sent it in vain.
        #expect(try await Self.open(desk).isEmpty)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("Rows of a file that is held, and refused, are counted wherever files and rows are")
    func refused() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let page = try await ServedDesk.start(
            desk, simulator.url, files: "  - {match: \"*.csv\", checks: [{rows: {min: 4}}]}")
        try desk.drop("a.csv", HeldByChecks.three)
        func rows() -> Int? {
            APITests.value(page.ask("GET", "/api/v1/drops"))?["drops"]?.items.first?["rows"]?.integer
        }
        try await eventually("it is held") {
            APITests.value(page.ask("GET", "/api/v1/drops?state=held"))?["drops"]?.items.isEmpty == false
        }
        #expect(rows() == 3)
        #expect(try await desk.command(["refuse", "1", "--why", "too few"]).code == 0)
        _ = try await desk.finish("a.csv", in: .failed)
        #expect(rows() == 3)
        try await eventually("its rows are counted") {
            page.ask("GET", "/metrics").contains(#"postbox_rows_total{destination="cache",outcome="unsent"} 3"#)
        }
        // They can be sent again all the same.
        let again = try await desk.command(["resend", "1"])
        #expect(again.code == 0 && again.output.contains("3 rows"), "\(again)")
        _ = try await desk.finish("a.csv.rejects-1.csv", in: .done)
        #expect(try await Self.open(desk).isEmpty)
        try await page.stop()
    }
}

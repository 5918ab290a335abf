import Foundation
import TestSupport
import Testing

@Suite("Plausible prices, end to end", .serialized, .ownThreads)
struct PlausibilityTests {
    private static func object(_ file: Desk.Finished) throws -> [String: Any] {
        let data = try Data(contentsOf: file.folder.appendingPathComponent(file.name + ".summary.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test(
        "What fails is rejected, what may be wrong goes with a warning in result, summary and alert; the rest as ever")
    func rows() async throws {
        let (desk, _) = try await Desk.withSimulator(
            files: """
                  - match: "a*.csv"
                    checks:
                      - {field: BID, min: 1}
                      - {field: BID, max: 100, on_fail: warn}
                      - {rows: {min: 4}, on_fail: warn}
                  - match: "b*.csv"
                """)
        try desk.drop("a.csv", "RIC,BID\nA.TST,0.5\nB.TST,50\nC.TST,100.5\n")
        let service = try desk.start(["--once"])
        #expect(try await service.exitCode() == 2)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.column("outcome") == ["rejected", "acked", "acked"])
        #expect(file.column("reason") == ["below_min", "", ""])
        #expect(
            file.column("check_warnings")
                == ["", "", "above_max: BID: 100.5 is above 100, the most that the rule allows."])
        let summary = try Self.object(file)
        #expect(summary["check_warnings"] as? [String: Int] == ["above_max": 1])
        #expect((summary["warnings"] as? [String])?.first?.contains("The file has 3 rows") == true)
        #expect(service.errorOutput.contains("event=check_warnings") || service.errorOutput.contains("check_warnings"))
        #expect(service.errorOutput.contains("above_max:1,too_few_rows:1"))

        // The corrected row goes without being asked whether it is all of the file.
        try desk.drop(file.rejectsName, "RIC,BID\nA.TST,5\n")
        #expect(try await desk.once() == 0)
        #expect(try desk.finished(file.rejectsName, in: .done).column("check_warnings") == [""])

        // A rule without checks has no such column.
        try desk.drop("b.csv", "RIC,BID\nA.TST,1\n")
        #expect(try await desk.once() == 0)
        let plain = try desk.finished("b.csv", in: .done)
        #expect(plain.rows.first?["check_warnings"] == nil)
        #expect(try Self.object(plain)["check_warnings"] == nil)
    }

    @Test("A text that goes although it is too long is told of in the result, the summary, an alert and `check`")
    func longText() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let samples = try BuiltProgram.packageFolder().appendingPathComponent("samples/dictionary").path
        try desk.configure(
            [simulator.url],
            top: "dictionary: {fields: \(samples)/RDMFieldDictionary, enums: \(samples)/enumtype.def}\n",
            files: "  - {match: \"*.csv\", too_long: warn}\n")
        let text = "RIC,BID,CTBTR_1\nA.TST,1,short\nB.TST,2,12345678901234567\n"
        try desk.drop("a.csv", text)
        let service = try desk.start(["--once"])
        #expect(try await service.exitCode() == 0)
        let file = try desk.finished("a.csv", in: .done)
        #expect(file.column("outcome") == ["acked", "acked"])
        let told = file.column("check_warnings")
        #expect(told.first == "" && told.last?.hasPrefix("text_too_long: ") == true, "\(told)")
        #expect(try Self.object(file)["check_warnings"] as? [String: Int] == ["text_too_long": 1])
        #expect(service.errorOutput.contains("check_warnings"))

        try Data(text.utf8).write(to: desk.folder.appendingPathComponent("x.csv"))
        let check = try await desk.command(
            ["check", "--config", "postbox.yaml", "--json", "x.csv"], workingFolder: desk.folder)
        #expect(check.code == 0)
        #expect(check.errorOutput.contains("\"reason\": \"text_too_long\""))
        #expect(check.errorOutput.contains("\"warning\": true"))
    }

    @Test("A file that lacks instruments is refused; nothing of it is sent, and each row says so")
    func universe() async throws {
        let (desk, _) = try await Desk.withSimulator(
            top: "tables: {rics: {file: rics.csv, key: RIC}}\n",
            files: """
                  - match: "*.csv"
                    checks: [{universe: {table: rics, key: RIC}, on_fail: reject}]
                """)
        try Data("RIC\nA.TST\nB.TST\n".utf8).write(to: desk.folder.appendingPathComponent("rics.csv"))
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nC.TST,2\n")
        #expect(try await desk.once() == 3)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.verdict == "refused" && file.summary.reason == "missing_instruments")
        #expect(file.column("outcome") == ["unsent", "unsent"])
        #expect(file.column("reason") == ["missing_instruments", "missing_instruments"])
        try desk.drop("b.csv", "RIC,BID\nA.TST,1\nB.TST,2\n")
        #expect(try await desk.once() == 0)
    }

    @Test("A file is compared with the last good one of its rule, not with one that was refused")
    func lastFile() async throws {
        let (desk, _) = try await Desk.withSimulator(
            files: """
                  - match: "*.csv"
                    checks:
                      - {layout: unchanged, on_fail: reject}
                      - {rows: {against_last: 50%}, on_fail: reject}
                """)
        func outcome(_ name: String, _ text: String) async throws -> String {
            try desk.drop(name, text)
            let code = try await desk.once()
            if code == 0 { return "done" }
            return try desk.finished(name, in: .failed).summary.reason
        }
        #expect(try await outcome("a.csv", "RIC,BID\nA.TST,1\nB.TST,2\n") == "done")
        #expect(try await outcome("b.csv", "RIC,BID\nA.TST,x\nB.TST,2\n") == "layout_changed")
        #expect(try await outcome("c.csv", "RIC,BID,ASK\nA.TST,1,2\nB.TST,2,3\n") == "layout_changed")
        #expect(try await outcome("d.csv", "RIC,BID\nA.TST,1\n") == "done")
        #expect(try await outcome("e.csv", "RIC,BID\nA.TST,7\nB.TST,8\nC.TST,9\n") == "done")
        #expect(try await outcome("f.csv", "RIC,BID\nA.TST,6\n") == "too_few_rows")
        // `check` looks at the same.
        try Data("RIC,BID\nA.TST,1\nB.TST,2\nC.TST,x\n".utf8).write(to: desk.folder.appendingPathComponent("x.csv"))
        let check = try await desk.command(
            ["check", "--config", "postbox.yaml", "--json", "x.csv"], workingFolder: desk.folder)
        #expect(check.code == 3)
        #expect(check.errorOutput.contains("layout_changed") && !check.errorOutput.contains("too_few_rows"))
    }

    @Test("A file of which the server refuses too many rows stops itself, and stays stopped over a restart")
    func nacked() async throws {
        let (desk, _) = try await Desk.withSimulator(
            "naks:\n  - {ric: \"BAD*\", code: SymbolUnknown}\n", destination: "window: 10\nmax_posts_per_second: 500",
            files: "  - {match: \"*.csv\", max_nacked: 1%}\n")
        let rows = (1...2000).map { "\($0 % 2 == 0 ? "BAD" : "GOOD")\($0).TST,\($0)\n" }.joined()
        try desk.drop("a.csv", "RIC,BID\n" + rows)
        let service = try desk.start(["--once"])
        #expect(try await service.exitCode() == 2)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.reason == "too_many_nacked" && file.summary.verdict == "partial")
        let refused = file.summary.outcomes["nacked"] ?? 0
        #expect(refused > 20 && refused < 1000)
        let unsent = file.rows.filter { $0["outcome"] == "unsent" }
        #expect(!unsent.isEmpty && unsent.allSatisfy { $0["reason"] == "too_many_nacked" })
        #expect(file.summary.outcomes.values.reduce(0, +) == 2000)
        #expect(service.errorOutput.contains("too_many_nacked"))
    }
}

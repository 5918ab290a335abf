import Foundation
import TestSupport
import Testing

@Suite("Tables, end to end", .serialized, .ownThreads)
struct TableTests {
    private static let tables = "tables:\n  rics: {file: rics.csv, key: ISIN}"
    private static let files = """
          - match: "*.csv"
            ric: {lookup: {table: rics, by: ISIN, take: RIC}}
            fields: {BID: {column: bid, type: real}}
        """

    private static func configure(_ desk: Desk, _ url: String, settle: String = "0s", destination: String = "") throws {
        try desk.configure(
            [url], top: "settle: \(settle)\nrescan: 100ms\n" + tables, destination: destination, files: files)
    }

    /// Replaces the table in one step.
    private static func place(_ desk: Desk, _ text: String) throws {
        let part = desk.folder.appendingPathComponent("rics.part")
        try Spawning.write(Data(text.utf8), to: part)
        #expect(rename(part.path, desk.folder.appendingPathComponent("rics.csv").path) == 0)
    }

    private static func copies(_ desk: Desk) -> [String] {
        FileManager.default.names(in: desk.path(.state).appendingPathComponent("tables")).filter { $0.utf8.count == 64 }
    }

    /// What the summary says of the table.
    private static func sha256(_ file: Desk.Finished) throws -> String? {
        let data = try Data(contentsOf: file.folder.appendingPathComponent(file.name + ".summary.json"))
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        return (object?["tables"] as? [String: String])?["rics"]
    }

    @Test(
        "A table that is replaced while the service runs counts for the next file; a broken one for none, and the good one stays"
    )
    func replaced() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try Self.configure(desk, simulator.url)
        try Self.place(desk, "ISIN,RIC\nX1,A.TST\n")
        let service = try desk.start()
        try desk.drop("a.csv", "ISIN,bid\nX1,1\n")
        let first = try await desk.finish("a.csv", in: .done)
        #expect(first.column("ric") == ["A.TST"])

        try Self.place(desk, "ISIN,RIC\nX1,B.TST\nX2,C.TST\n")
        try desk.drop("b.csv", "ISIN,bid\nX1,1\nX2,2\n")
        let second = try await desk.finish("b.csv", in: .done)
        #expect(second.column("ric") == ["B.TST", "C.TST"])
        let sums = try (Self.sha256(first), Self.sha256(second))
        #expect(sums.0?.count == 64 && sums.0 != sums.1)
        // Both are kept as long as their files are.
        #expect(Set(Self.copies(desk)) == Set([sums.0, sums.1].compactMap { $0 }))

        try Self.place(desk, "ISIN,RIC\nX1,D.TST\nX1,E.TST\n")
        try desk.drop("c.csv", "ISIN,bid\nX1,3\nX3,4\n")
        let third = try await desk.finish("c.csv", in: .failed)
        #expect(third.column("ric").first == "B.TST" && third.column("outcome") == ["acked", "rejected"])
        #expect(third.column("reason") == ["", "not_in_table"])
        #expect(try Self.sha256(third) == sums.1)
        #expect(service.errorOutput.contains("table_fault") && service.errorOutput.contains("line 3"))
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)

        // At the next start too, and what is corrected is looked up in the table of then.
        #expect(try await desk.once() == 0)
        try Self.place(desk, "ISIN,RIC\nX3,F.TST\n")
        try desk.drop(third.rejectsName, "ISIN,bid\nX3,4\n")
        #expect(try await desk.once() == 0)
        #expect(try desk.finished(third.rejectsName, in: .done).column("ric") == ["F.TST"])
    }

    @Test("The last good table stands at a start whose file is broken or gone", arguments: [true, false])
    func lastGood(isGone: Bool) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try Self.configure(desk, simulator.url)
        try Self.place(desk, "ISIN,RIC\nX1,A.TST\n")
        #expect(try await desk.once() == 0)
        if isGone {
            try FileManager.default.removeItem(at: desk.folder.appendingPathComponent("rics.csv"))
        } else {
            try Self.place(desk, "ISIN;RIC\nX1;B.TST\n")
        }
        try desk.drop("a.csv", "ISIN,bid\nX1,1\n")
        #expect(try await desk.once() == 0)
        #expect(try desk.finished("a.csv", in: .done).column("ric") == ["A.TST"])
        #expect(desk.log().contains("table_fault"))
        // Only those who look at the configuration end with 78.
        for command in [
            ["config", "check", "postbox.yaml"], ["check", "--config", "postbox.yaml", "spool/done/a.csv"],
        ] {
            let found = try await desk.command(command)
            #expect(found.code == 78 && found.errorOutput.contains("rics.csv"), "\(found.errorOutput)")
        }
    }

    @Test("Without a table the files of its rules wait, until it comes; with --once they are given up after a while")
    func missing() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try Self.configure(desk, simulator.url)
        try desk.drop("a.csv", "ISIN,bid\nX1,1\n")
        #expect(try await desk.once(["--wait", "1s"]) == 69)
        #expect(desk.names(in: .inbox) == ["a.csv"])
        let service = try desk.start()
        try await eventually("it waits") { service.errorOutput.contains("a.csv waits in the inbox for its table") }
        // Cut off behind half a key: it is no table.
        try Self.place(desk, "ISIN,RIC\nX1,A.T")
        try await eventually("it is told") { service.errorOutput.contains("has no line end") }
        #expect(desk.names(in: .inbox) == ["a.csv"])
        try Self.place(desk, "ISIN,RIC\nX1,A.TST\n")
        #expect(try await desk.finish("a.csv", in: .done).column("ric") == ["A.TST"])
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test(
        "A file is looked up in the table as it was at its claim, also after it was replaced and the service was killed"
    )
    func restart() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rows = 300
        func table(_ ending: String) -> String {
            "ISIN,RIC\n" + (1...rows).map { "X\($0),R\($0).\(ending)\n" }.joined()
        }
        try Self.configure(desk, simulator.url, destination: "window: 10\nmax_posts_per_second: 30")
        try Self.place(desk, table("OLD"))
        try desk.drop("a.csv", "ISIN,bid\n" + (1...rows).map { "X\($0),\($0)\n" }.joined())
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        try Self.place(desk, table("NEW"))
        try await eventually("the new table is in force") {
            service.errorOutput.components(separatedBy: " table_read ").count >= 3
        }
        #expect(Self.copies(desk).count == 2)
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        try #require(try simulator.posts().count < rows)
        try Self.configure(desk, simulator.url)
        try desk.drop("b.csv", "ISIN,bid\nX1,1000\n")
        #expect(try await desk.once() == 0)
        let file = try desk.finished("a.csv", in: .done)
        #expect(file.column("ric") == (1...rows).map { "R\($0).OLD" })
        #expect(try desk.finished("b.csv", in: .done).column("ric") == ["R1.NEW"])
        #expect(Self.copies(desk).count == 2)
    }

    @Test("A file that is cancelled while it waits for its table ends without it")
    func cancelled() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try Self.configure(desk, simulator.url)
        try desk.drop("a.csv", "ISIN,bid\nX1,1\n")
        let service = try desk.start()
        try await eventually("it waits") { service.errorOutput.contains("a.csv waits in the inbox for its table") }
        _ = try await desk.command(["cancel", "--config", "postbox.yaml", "a.csv"])
        let file = try await desk.finish("a.csv", in: .failed)
        #expect(file.summary.reason == "cancelled" && file.rows.isEmpty)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }
}

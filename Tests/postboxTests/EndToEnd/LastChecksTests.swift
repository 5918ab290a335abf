import Foundation
import PostboxCore
import TestSupport
import Testing

/// Checks that compare with what servers accepted last: what they say, whom they wait for, and that their word holds.
@Suite("Checks against last accepted values, end to end", .serialized, .ownThreads)
struct LastChecksTests {
    private static let slow = "window: 10\nmax_posts_per_second: 100"
    private static let move = """
          - match: "*.csv"
            checks: [{field: BID, move: 10%}]
        """
    /// `plain` has no checks.
    private static let urgent = """
          - {match: "plain*", destination: cache}
          - match: "urgent*"
            destination: cache
            priority: 10
            checks: [{field: BID, move: 10%}]
          - match: "*.csv"
            destination: cache
            checks: [{field: BID, move: 10%}]
        """

    @Test("Beside a held row stands what holds now, also when something newer was accepted since it was held")
    func holdsNow() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            files: """
                  - {match: "plain*", destination: cache}
                  - match: "*.csv"
                    destination: cache
                    checks: [{field: BID, move: 10%, on_fail: hold}]
                    hold_file_above: 100%
                """)
        let service = try desk.start()
        try desk.drop("a.csv", "RIC,BID\nR1.TST,100\nR2.TST,5\n")
        _ = try await desk.finish("a.csv", in: .done)
        try desk.drop("b.csv", "RIC,BID\nR1.TST,200\nR2.TST,5\n")
        _ = try await desk.finish("b.csv", in: .failed)
        func shown() throws -> String? {
            let reply = UnixClient.ask(
                desk.path(.state).appendingPathComponent("postbox.sock").path, "GET", "/api/v1/held")
            let example = APITests.value(reply)?["held"]?.items.first?["examples"]?.items.first
            #expect(example?["new"]?.text == "200")
            return example?["old"]?.text
        }
        #expect(try shown() == "100")
        try desk.drop("plain.csv", "RIC,BID\nR1.TST,150\n")
        _ = try await desk.finish("plain.csv", in: .done)
        try await eventually("what holds now is shown") { try shown() == "150" }
        #expect(try await desk.command(["held"]).output.contains("150"))
        #expect(try simulator.posts().count == 4)
        service.send(SIGTERM)
        _ = try await service.exitCode()
    }

    private static func file(_ rows: Int, _ bid: String = "100") -> String {
        "RIC,BID\n" + (1...rows).map { "R\($0).TST,\(bid)\n" }.joined()
    }

    private static func values(_ simulator: RunningSimulator, _ ric: String) throws -> [String?] {
        try simulator.posts().filter { $0.ric == ric }.map(\.fields)
    }

    private static func isWaiting(_ desk: Desk, _ drop: Int) -> Bool {
        desk.log().split(separator: "\n").contains {
            $0.contains("waits until older files have ended")
                && ($0.contains("drop=\(drop) ") || $0.hasSuffix("drop=\(drop)") || $0.contains("\"drop\":\"\(drop)\""))
        }
    }

    /// A desk whose service is just posting a long file slowly, `a.csv`.
    private static func busy(
        rows: Int = 300, files: String = move
    ) async throws -> (desk: Desk, simulator: RunningSimulator, service: ChildProcess) {
        let (desk, simulator) = try await Desk.withSimulator(destination: slow, files: files)
        try desk.drop("a.csv", file(rows))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        return (desk, simulator, service)
    }

    @Test(
        "A price that is too far from the last accepted one is rejected and told of with both; a RIC seen first goes with a warning"
    )
    func moved() async throws {
        let (desk, simulator) = try await Desk.withSimulator("unknown: [R3.TST]", files: Self.move)
        try desk.drop("a.csv", "RIC,BID\nR1.TST,100\nR2.TST,100\nR3.TST,100\n")
        #expect(try await desk.once() == 2)
        let first = try desk.finished("a.csv", in: .failed)
        #expect(first.column("outcome") == ["acked", "acked", "nacked"])
        #expect(first.column("check_warnings").allSatisfy { $0.hasPrefix("no_last_value: BID cannot be compared") })

        try desk.drop("b.csv", "RIC,BID\nR1.TST,110\nR2.TST,110.01\nR3.TST,7\n")
        #expect(try await desk.once() == 2)
        let file = try desk.finished("b.csv", in: .failed)
        #expect(file.column("outcome") == ["acked", "rejected", "nacked"])
        #expect(file.column("reason").prefix(2) == ["", "moved_too_far"])
        let text = file.column("text")[1]
        #expect(
            text.hasPrefix(
                "BID: 110.01 is 10.01 % away from the old value 100, more than 10 %; that is from drop 1, accepted by cache at 20"
            ),
            "\(text)")
        // What the server refused was never accepted.
        #expect(file.column("check_warnings")[2].hasPrefix("no_last_value: "))
        #expect(try Self.values(simulator, "R2.TST") == [#"{"BID":100}"#])

        // Of a row that was rejected nothing was accepted, and the next one is compared with what was.
        try desk.drop("c.csv", "RIC,BID\nR1.TST,121\nR2.TST,110\n")
        #expect(try await desk.once() == 0)
        #expect(try Self.values(simulator, "R1.TST").last == #"{"BID":121}"#)
    }

    @Test("A strict rule rejects a RIC seen first; pounds for pence are told")
    func strict() async throws {
        let (desk, _) = try await Desk.withSimulator(
            files: """
                  - {match: "plain*"}
                  - match: "*.csv"
                    checks: [{field: BID, factor: 100, first: reject}]
                """)
        try desk.drop("plain.csv", "RIC,BID\nR1.TST,150\n")
        #expect(try await desk.once() == 0)
        try desk.drop("a.csv", "RIC,BID\nR1.TST,1.5\nR2.TST,2\nR1.TST,160\n")
        #expect(try await desk.once() == 2)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.column("reason") == ["off_by_factor", "no_last_value", ""])
        #expect(file.column("outcome") == ["rejected", "rejected", "acked"])
    }

    @Test(
        "The fifth file in a row with the same value is stale, however many starts lie between; another value begins anew"
    )
    func unchanged() async throws {
        let (desk, _) = try await Desk.withSimulator(
            top: "duplicates: process",
            files: """
                  - match: "*.csv"
                    checks: [{field: BID, unchanged: 5}]
                """)
        func outcome(_ bid: String) async throws -> String {
            let name = "\(UUID().uuidString).csv"
            try desk.drop(name, "RIC,BID\nR1.TST,\(bid)\n")
            let code = try await desk.once()
            return try desk.finished(name, in: code == 0 ? .done : .failed).column("reason")[0]
        }
        for bid in ["1.5", "1.50", "1.5", "1.5"] { #expect(try await outcome(bid) == "") }
        #expect(try await outcome("1.500") == "unchanged")
        #expect(try await outcome("1.5") == "unchanged")
        #expect(try await outcome("1.6") == "")
        #expect(try await outcome("1.5") == "")
    }

    @Test("A file waits for the end of the older one, and is judged by it")
    func waits() async throws {
        let (desk, _, service) = try await Self.busy()
        try desk.drop("b.csv", "RIC,BID\nR1.TST,120\nR300.TST,120\nR299.TST,105\n")
        try await eventually("it waits") { Self.isWaiting(desk, 2) }
        let status = try await desk.command(["status", "--config", "postbox.yaml"])
        #expect(status.output.contains("waiting"), "\(status.output)")
        let older = try await desk.finish("a.csv", in: .done)
        let file = try await desk.finish("b.csv", in: .failed)
        #expect(file.column("reason") == ["moved_too_far", "moved_too_far", ""])
        #expect(file.column("check_warnings") == ["", "", ""])
        #expect(older.summary.settledAt < file.summary.settledAt)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("A small file is not waited for of which no RIC is the same; one of which any is, is")
    func others() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.slow, files: Self.move)
        try desk.drop("a.csv", Self.file(300))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        try desk.drop("b.csv", "RIC,BID\nX1.TST,120\nX2.TST,120\n")
        try await eventually("b.csv is in work") { desk.names(in: .work).contains("2") }
        try desk.drop("c.csv", "RIC,BID\nX1.TST,121\nX2.TST,200\n")
        try await eventually("c.csv waits for b.csv alone") {
            desk.log().split(separator: "\n").contains { $0.contains("waits until older") && $0.contains("drop 2") }
        }
        #expect(!Self.isWaiting(desk, 2))
        let file = try await desk.finish("c.csv", in: .failed)
        #expect(file.column("reason") == ["", "moved_too_far"])
        #expect(try await desk.finish("b.csv", in: .done).summary.rows == 2)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test(
        "While it waits a file can be cancelled, a stop ends it for now, and an older one that is held is not waited for"
    )
    func ends() async throws {
        let (desk, simulator, first) = try await Self.busy(rows: 2000)
        try desk.drop("b.csv", "RIC,BID\nR1.TST,120\n")
        try await eventually("it waits") { Self.isWaiting(desk, 2) }
        #expect(try await desk.command(["cancel", "2", "--config", "postbox.yaml"]).code == 0)
        let cancelled = try await desk.finish("b.csv", in: .failed)
        #expect(cancelled.column("reason") == ["cancelled"])

        try desk.drop("c.csv", "RIC,BID\nR2000.TST,120\n")
        try await eventually("it waits") { Self.isWaiting(desk, 3) }
        first.send(SIGTERM)
        #expect(try await first.exitCode() == 0)
        #expect(desk.names(in: .done).isEmpty)

        let service = try desk.start()
        try await eventually("it goes on") { try simulator.posts().count >= 200 }
        #expect(try await desk.command(["hold", "drop", "1", "--config", "postbox.yaml"]).code == 0)
        // Of the older one nothing is known of this RIC: it is not waited for.
        let file = try await desk.finish("c.csv", in: .done)
        #expect(file.column("check_warnings")[0].hasPrefix("no_last_value: "))
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("An urgent file waits for an older one that is less urgent, which goes before it then")
    func priority() async throws {
        let (desk, _, service) = try await Self.busy(files: Self.urgent)
        try desk.drop("plain.csv", Self.file(100, "101"))
        try desk.drop("urgent.csv", "RIC,BID\nR300.TST,120\nR299.TST,105\n")
        let file = try await desk.finish("urgent.csv", in: .failed)
        #expect(file.column("reason") == ["moved_too_far", ""])
        let older = try await desk.finish("a.csv", in: .done)
        #expect(older.summary.settledAt < file.summary.settledAt)
        _ = try await desk.finish("plain.csv", in: .done)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("`--once` ends with what waits for something that is held, and does not wait for it")
    func once() async throws {
        let (desk, _, service) = try await Self.busy()
        try desk.drop("b.csv", "RIC,BID\nR300.TST,120\n")
        try await eventually("it waits") { Self.isWaiting(desk, 2) }
        #expect(try await desk.command(["hold", "destination", "cache", "--config", "postbox.yaml"]).code == 0)
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        let code = try await desk.once()
        #expect(code == 75, "\(desk.log())")
        #expect(try await desk.command(["resume", "destination", "cache", "--config", "postbox.yaml"]).code == 0)
        #expect(try await desk.once() == 3)
        #expect(try desk.finished("b.csv", in: .failed).column("reason") == ["moved_too_far"])
    }

    @Test("More files than may be in work at once are judged one after the other")
    func many() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.move)
        for number in 100..<250 { try desk.drop("f\(number).csv", "RIC,BID\nR1.TST,\(number)\n") }
        #expect(try await desk.once() == 0, "\(desk.log().suffix(3000))")
        #expect(try Self.values(simulator, "R1.TST").count == 150)
        // From 249 to 100 no step is allowed.
        try desk.drop("last.csv", "RIC,BID\nR1.TST,100\n")
        #expect(try await desk.once() == 3)
        #expect(try desk.finished("last.csv", in: .failed).column("reason") == ["moved_too_far"])
    }

    @Test(
        "What was found before the first post holds, whatever is known of last values after a kill; before that it is found anew",
        arguments: [
            ("checks_written", "!no_last_value"), ("checks_kept", "moved_too_far"), ("planned", "moved_too_far"),
            ("advanced", "moved_too_far"), ("offered", "moved_too_far"), ("outcomes_written", "moved_too_far"),
            ("rejects_written", "moved_too_far"), ("result_complete", "moved_too_far"), ("settled", "moved_too_far"),
            ("placed", "moved_too_far"), ("moved", "moved_too_far"),
        ])
    func killed(_ step: String, _ wanted: String) async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.move)
        try desk.drop("a.csv", "RIC,BID\nR1.TST,100\nR2.TST,100\n")
        #expect(try await desk.once() == 0)
        try desk.drop("b.csv", "RIC,BID\nR1.TST,150\nR2.TST,101\n")
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": step]) == 137, "\(desk.log())")
        // Nothing is known any more.
        try FileManager.default.removeItem(at: desk.path(.state).appendingPathComponent("last"))
        for name in desk.names(in: .done) where name.hasPrefix("a.csv") {
            try FileManager.default.removeItem(at: desk.path(.done).appendingPathComponent(name))
        }
        let code = try await desk.once()
        guard wanted == "moved_too_far" else {
            #expect(code == 0)
            let file = try desk.finished("b.csv", in: .done)
            #expect(file.column("check_warnings").allSatisfy { $0.hasPrefix("no_last_value") })
            return
        }
        let file = try desk.finished("b.csv", in: .failed)
        #expect(file.column("outcome") == ["rejected", "acked"])
        #expect(file.column("reason") == ["moved_too_far", ""])
        #expect(file.column("text")[0].contains("the old value 100"))
        #expect(try Self.values(simulator, "R1.TST") == [#"{"BID":100}"#])
        for folder in [Desk.Folder.work, .inbox] { #expect(desk.names(in: folder).isEmpty) }
    }

    @Test("A row fails at all destinations when it fails at one")
    func destinations() async throws {
        let desk = try Desk()
        let (one, other) = (try await desk.simulate(), try await desk.simulate(name: "other"))
        try desk.configure(
            [one.url, other.url],
            files: """
                  - {match: "plain*", destination: second}
                  - match: "*.csv"
                    destination: [cache, second]
                    checks: [{field: BID, move: 10%}]
                """)
        try desk.drop("plain.csv", "RIC,BID\nR1.TST,100\nR2.TST,100\n")
        #expect(try await desk.once() == 0)
        try desk.drop("a.csv", "RIC,BID\nR1.TST,150\nR2.TST,101\n")
        let check = try await desk.command(
            ["check", "--config", "postbox.yaml", "spool/inbox/a.csv"], workingFolder: desk.folder)
        #expect(check.code == 2)
        #expect(check.output.components(separatedBy: "moved_too_far").count == 3, "\(check.output)")
        #expect(try await desk.once() == 2)
        let file = try desk.finished("a.csv", in: .failed)
        for row in file.rows {
            let isFar = row["ric"] == "R1.TST"
            #expect(row["outcome"] == (isFar ? "rejected" : "acked"))
            if isFar { #expect(row["text"]?.contains("accepted by second at") == true) }
        }
        #expect(try Self.values(one, "R1.TST").isEmpty)
    }

    @Test("A row that is too far may wait for a person, who sees the old value beside the new one; a release sends it")
    func held() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            files: """
                  - match: "*.csv"
                    checks: [{field: BID, move: 10%, first: hold, on_fail: hold}, {field: BID, unchanged: 3}]
                    hold_file_above: 100%
                """)
        let service = try desk.start()
        try desk.drop("a.csv", "RIC,BID\nR1.TST,100\nR2.TST,100\n")
        let first = try await desk.finish("a.csv", in: .failed)
        #expect(first.column("reason") == ["held", "held"])
        #expect(first.column("text")[0].hasPrefix("no_last_value: BID cannot be compared"))
        #expect(try await desk.command(["release", "2"]).code == 0)
        let released = try await desk.finish("a.csv.rejects-1.csv", in: .done)
        #expect(released.column("outcome") == ["acked", "acked"])
        #expect(released.column("check_warnings").allSatisfy { $0.hasPrefix("no_last_value: ") })

        try desk.drop("b.csv", "RIC,BID\nR1.TST,150\nR2.TST,100\n")
        let file = try await desk.finish("b.csv", in: .failed)
        #expect(file.column("outcome") == ["unsent", "acked"])
        #expect(file.column("text")[0].hasPrefix("moved_too_far: BID: 150 is 50 % away from the old value 100"))
        let shown = try await desk.command(["held", "--json"])
        #expect(shown.output.contains(#""old":"100","new":"150","reason":"moved_too_far""#), "\(shown.output)")
        // Two files brought R2's value: a third one would be stale. Who releases R1 is not asked for that.
        let drop = try #require(shown.output.firstMatch(of: /"drop":(\d+)/).flatMap { Int($0.1) })
        let answer = try await desk.command(["release", "\(drop)"])
        #expect(
            answer.code == 0 && answer.output.contains("the row still fails a check"),
            "\(answer.output) \(answer.errorOutput)")
        let again = try await desk.finish("b.csv.rejects-3.csv", in: .done)
        #expect(again.column("check_warnings")[0].hasPrefix("moved_too_far: "))
        #expect(try Self.values(simulator, "R1.TST").last == #"{"BID":150}"#)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test(
        "A whole file that is held keeps what was found, whatever is known at its release",
        arguments: [nil, "hold_recorded"])
    func heldFile(label: String?) async throws {
        let (desk, _) = try await Desk.withSimulator(
            files: """
                  - match: "*.csv"
                    checks: [{field: BID, move: 10%, on_fail: hold}, {field: ASK, move: 10%}]
                """)
        try desk.drop("a.csv", "RIC,BID,ASK\nR1.TST,100,100\nR2.TST,100,100\n")
        #expect(try await desk.once() == 0)
        try desk.drop("b.csv", "RIC,BID,ASK\nR1.TST,150,100\nR2.TST,100,150\n")
        if let label { #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137) }
        #expect(try await desk.once() == 75, "\(desk.log())")
        #expect(desk.names(in: .failed).isEmpty)
        // Nothing is known any more.
        try FileManager.default.removeItem(at: desk.path(.state).appendingPathComponent("last"))
        for name in desk.names(in: .done) where name.hasPrefix("a.csv") {
            try FileManager.default.removeItem(at: desk.path(.done).appendingPathComponent(name))
        }
        let service = try desk.start()
        let socket = desk.path(.state).appendingPathComponent("postbox.sock").path
        try await eventually("it listens") { UnixClient(socket) != nil || !service.isRunning }
        #expect(try await desk.command(["release", "2"]).code == 0)
        let file = try await desk.finish("b.csv", in: .failed)
        #expect(file.column("outcome") == ["acked", "rejected"], "\(desk.log())")
        #expect(file.column("check_warnings")[0].contains("the old value 100"))
        #expect(file.column("reason")[1] == "moved_too_far")
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(desk.names(in: .work).isEmpty)
    }

    @Test("`check` shows what the service would say, beside it or alone, and says so where nothing is known")
    func check() async throws {
        let (desk, _) = try await Desk.withSimulator(files: Self.move)
        try Data("RIC,BID\nR1.TST,150\nR2.TST,1\n".utf8).write(to: desk.folder.appendingPathComponent("x.csv"))
        func check() async throws -> (code: Int32, output: String) {
            let end = try await desk.command(
                ["check", "--config", "postbox.yaml", "x.csv"], workingFolder: desk.folder)
            return (end.code, end.output + end.errorOutput)
        }
        let before = try await check()
        #expect(before.code == 0)
        #expect(before.output.contains("no_last_value: No last accepted values are known here"), "\(before.output)")
        try desk.drop("a.csv", "RIC,BID\nR1.TST,100\n")
        let service = try desk.start()
        _ = try await desk.finish("a.csv", in: .done)
        for isRunning in [true, false] {
            let now = try await check()
            #expect(now.code == 2)
            #expect(
                now.output.contains(":2:8: moved_too_far: BID: 150 is 50 % away from the old value 100"),
                "\(now.output)")
            #expect(now.output.contains(":3:8: warning: no_last_value: BID cannot be compared"))
            if isRunning {
                service.send(SIGTERM)
                #expect(try await service.exitCode() == 0)
            }
        }
    }
}

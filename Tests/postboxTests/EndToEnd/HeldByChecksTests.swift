import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

/// Rows that checks hold until a person decides.
@Suite("Rows held by checks, end to end", .serialized, .ownThreads)
struct HeldByChecksTests {
    @Test("Rows that fail wait while the others go; a person at the socket sees why, and releases some of them")
    func released() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: HeldByChecks.below1)
        let service = try desk.start()
        try desk.drop("a.csv", HeldByChecks.four)
        let file = try await desk.finish("a.csv", in: .failed)
        #expect(file.column("outcome") == ["acked", "unsent", "unsent", "acked"])
        #expect(file.column("reason") == ["", "held", "held", ""])
        #expect(file.column("text")[1] == "below_min: BID: 0.5 is below 1, the least that the rule allows.")
        #expect(file.rejects == nil && file.summary.verdict == "partial")
        let parts = try #require(try HeldByChecks.json(desk, "a.csv", in: .failed)["held"] as? [[String: Any]])
        #expect(parts.count == 1 && parts[0]["drop"] as? Int == 2 && parts[0]["rows"] as? Int == 2)
        #expect(try HeldByChecks.bytes(desk, 2, HeldByChecks.held) == "RIC,BID\nB.TST,0.5\nC.TST,0.2\n")
        #expect(service.errorOutput.contains(" held_for_release "))

        let shown = try await desk.command(["held"])
        #expect(shown.code == 0, "\(shown.errorOutput)")
        for part in ["B.TST", "0.2", "below_min", "checks hold 2 of its rows: 2 below_min", "of drop 1"] {
            #expect(shown.output.contains(part), "\(part) is missing in \(shown.output)")
        }
        #expect(try await desk.command(["status"]).output.contains("1 held"))
        // What lets go on what somebody stopped is no release.
        #expect(try await desk.command(["resume", "2"]).code != 0)

        let slip = try await desk.command(["release", "2", "--rows", "1,99"])
        #expect(slip.code == 64 && slip.errorOutput.contains("there is no row 99 in drop 2, which has rows 1 to 2"))
        let released = try await desk.command(["release", "2", "--rows", "1"])
        #expect(released.code == 0, "\(released.errorOutput)")
        #expect(released.output.contains("released, 1 of 2 rows; the row still fails a check"), "\(released.output)")
        let again = try await desk.finish(HeldByChecks.held, in: .failed)
        #expect(again.column("outcome") == ["acked", "unsent"] && again.column("reason") == ["", "left_out"])
        #expect(again.column("check_warnings").first?.hasPrefix("below_min: ") == true)
        #expect(try HeldByChecks.posts(simulator, "B.TST") == [#"{"BID":0.5}"#])
        #expect(try HeldByChecks.posts(simulator, "C.TST").isEmpty)
        let late = try await desk.command(["release", "2"])
        #expect(late.code == 64)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(try HeldByChecks.work(desk).isEmpty)
    }

    @Test(
        "Killed at every step from the verdict to the end, the others go, nothing that is held does, and it is held once",
        arguments: [
            "claimed", "checks_noted", "planned", "advanced", "offered", "outcomes_written", "verifying", "read_back",
            "rejects_written", "held_written", "summary_written", "result_complete", "settled", "made_placed",
            "placed", "moved", "closed",
        ])
    func killed(label: String) async throws {
        let (desk, simulator) = try await HeldByChecks.contributed(killedAt: label, destination: "verify: all")
        #expect(try await desk.once() == 75, "\(desk.log())")
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.column("outcome") == ["acked", "unsent", "unsent", "acked"], "\(desk.log())")
        #expect(file.column("reason") == ["", "held", "held", ""])
        #expect(file.column("text")[2].hasPrefix("below_min: BID: 0.2 is below 1"))
        let held = try await HeldByChecks.held(desk)
        #expect(held.map(\.name) == [HeldByChecks.held] && held.map(\.rows) == [2] && held.map(\.original) == [1])
        #expect(held.first?.why == "checks hold 2 of its rows: 2 below_min")
        #expect(held.first?.examples.map(\.ric) == ["B.TST", "C.TST"])
        #expect(held.first?.examples.map(\.new) == ["0.5", "0.2"])
        #expect(held.first?.examples.map(\.reason) == ["below_min", "below_min"])
        let drop = try #require(held.first?.drop)
        #expect(try HeldByChecks.work(desk) == ["\(drop)"])
        #expect(try HeldByChecks.bytes(desk, drop, HeldByChecks.held) == "RIC,BID\nB.TST,0.5\nC.TST,0.2\n")
        for ric in ["B.TST", "C.TST"] { #expect(try HeldByChecks.posts(simulator, ric).isEmpty) }
        // Nobody lets go of it but a person.
        #expect(try await desk.once() == 75)
        #expect(try await HeldByChecks.act(desk, .release(drop: drop, .all)) == "done failing 2 released 2")
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try desk.finished(HeldByChecks.held, in: .done).column("outcome") == ["acked", "acked"])
        for ric in ["B.TST", "C.TST"] { #expect(try HeldByChecks.posts(simulator, ric).count == 1) }
        #expect(try HeldByChecks.work(desk).isEmpty)
    }

    @Test("Refused, nothing of it is sent; its time over, neither; a refused one may be contributed again")
    func refused() async throws {
        let (desk, simulator) = try await HeldByChecks.contributed(rule: "release: {within: 1h}")
        #expect(try await HeldByChecks.act(desk, .refuse(drop: 2, why: "pence")) == "done refused 2")
        #expect(try await desk.once() == 3)
        let file = try desk.finished(HeldByChecks.held, in: .failed)
        #expect(file.summary.verdict == "refused" && file.summary.reason == "refused_by_desk")
        #expect(file.column("reason") == ["refused_by_desk", "refused_by_desk"])
        #expect(try HeldByChecks.posts(simulator, "B.TST").isEmpty)

        // It fails again, and is held again.
        #expect(try await HeldByChecks.act(desk, .retry(drop: 2, why: "right after all")) == "done")
        #expect(try await desk.once() == 75, "\(desk.log())")
        let held = try await HeldByChecks.held(desk)
        #expect(held.map(\.rows) == [2] && held.first?.original == 3)
        let last = try #require(held.first?.drop)
        #expect(try await HeldByChecks.act(desk, .release(drop: last, .all)) == "done failing 2 released 2")
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try HeldByChecks.posts(simulator, "B.TST") == [#"{"BID":0.5}"#])
        #expect(try HeldByChecks.work(desk).isEmpty)
    }

    @Test("What nobody releases in time is refused")
    func timedOut() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: HeldByChecks.below1 + "\n    release: {within: 2s}")
        let service = try desk.start()
        try desk.drop("a.csv", HeldByChecks.four)
        let file = try await desk.finish(HeldByChecks.held, in: .failed)
        #expect(file.summary.reason == "not_released" && file.column("reason") == ["not_released", "not_released"])
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(service.errorOutput.contains(" release_at_risk "))
        #expect(try HeldByChecks.posts(simulator, "B.TST").isEmpty)
    }

    @Test("A row that is held at two destinations is one row for a person, and goes to both")
    func twoDestinations() async throws {
        let desk = try Desk()
        let first = try await desk.simulate(name: "first")
        let second = try await desk.simulate(name: "second")
        try desk.configure([first.url, second.url], files: HeldByChecks.below1 + "\n    destination: [cache, second]")
        try desk.drop("a.csv", HeldByChecks.four)
        #expect(try await desk.once() == 75)
        #expect(try desk.finished("a.csv", in: .failed).column("reason").count { $0 == "held" } == 4)
        let held = try await HeldByChecks.held(desk)
        #expect(held.map(\.rows) == [2] && held.map(\.name) == [HeldByChecks.held])
        #expect(
            try await HeldByChecks.act(desk, .release(drop: 2, .except([2...2])))
                == "done failing 1 left_out 1 released 1")
        _ = try await desk.once()
        for simulator in [first, second] {
            #expect(try HeldByChecks.posts(simulator, "B.TST") == [#"{"BID":0.5}"#])
            #expect(try HeldByChecks.posts(simulator, "C.TST").isEmpty)
        }
    }

    @Test("Old value beside new, by the table of the claim, whatever stands in it by now")
    func oldValue() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            top: "tables: {closes: {file: closes.csv, key: RIC}}\n",
            files: """
                  - match: "*.csv"
                    checks: [{field: BID, move: 10%, from: {table: closes, by: RIC, take: CLOSE}, on_fail: hold}]
                    hold_file_above: 2
                """)
        let table = desk.folder.appendingPathComponent("closes.csv")
        try Data("RIC,CLOSE\nA.TST,100\nB.TST,100\n".utf8).write(to: table)
        try desk.drop("a.csv", "RIC,BID\nA.TST,101\nB.TST,150\n")
        #expect(try await desk.once() == 75)
        let row = try #require(try await HeldByChecks.held(desk).first?.examples.first)
        #expect(row.ric == "B.TST" && row.field == "BID" && row.old == "100" && row.new == "150")
        #expect(row.reason == "moved_too_far" && row.text?.contains("50 % away") == true)
        try Data("RIC,CLOSE\nA.TST,100\nB.TST,150\n".utf8).write(to: table)
        #expect(try await desk.once() == 75)
        #expect(try await HeldByChecks.act(desk, .release(drop: 2, .all)) == "done failing 1 released 1")
        #expect(try await desk.once() == 0)
        #expect(try HeldByChecks.posts(simulator, "B.TST") == [#"{"BID":150}"#])
    }

    @Test(
        "Beside rejected and skipped rows, of unpivoted and of grouped files: what is held is in the file's own bytes")
    func shapes() async throws {
        for (rule, text, bytes, rics) in [
            (
                "fields: {BID: BID}\n    where: [{column: T, is: P}]",
                "RIC,T,BID\nA.TST,P,5\nB.TST,X,0.5\nC.TST,P,0.5\nD.TST,P,1e5\n",
                "RIC,T,BID\nC.TST,P,0.5\n", ["C.TST"]
            ),
            (
                "ric: {template: \"{S}.{$F}\"}\n    unpivot: {columns: [X, Y], name: $F, value: $V}\n    fields: {BID: $V}",
                "S,X,Y\nA,5,0.5\nB,6,7\n", "S,X,Y\nA,,0.5\n", ["A.Y"]
            ),
            (
                "ric: S\n    group: {by: [S], field: M, value: V}\n    fields: {BID: BID, ASK: ASK}",
                "S,M,V\nA.TST,BID,5\nA.TST,ASK,6\nB.TST,BID,0.5\nB.TST,ASK,7\n",
                "S,M,V\nB.TST,BID,0.5\nB.TST,ASK,7\n", ["B.TST"]
            ),
        ] {
            let (desk, simulator) = try await Desk.withSimulator(files: HeldByChecks.below1 + "\n    " + rule)
            try desk.drop("a.csv", text)
            #expect(try await desk.once() == 75, "\(desk.log())")
            let held = try await HeldByChecks.held(desk)
            #expect(held.map(\.rows) == [1] && held.first?.examples.map(\.ric) == rics)
            #expect(try HeldByChecks.bytes(desk, 2, HeldByChecks.held) == bytes)
            #expect(try await HeldByChecks.act(desk, .release(drop: 2, .all)) == "done failing 1 released 1")
            #expect(try await desk.once() == 0, "\(desk.log())")
            #expect(try simulator.posts().map(\.ric).last == rics.last)
            #expect(try simulator.posts().count { $0.ric == rics.last } == 1)
        }
    }

    @Test(
        "Rows that are released by numbers are those that people are shown, also where good cells of their lines are left out: these are rows of their own, or none where cells become groups",
        arguments: [
            (
                "ric: {template: \"{S}.{$F}\"}\n    unpivot: {columns: [X, Y], keep: [S], name: $F, value: $V}\n    fields: {BID: $V}",
                "S,X,Y\nA,5,0.5\nB,6,7\nC,0.4,8\nD,9,0.3\n", ["A.Y", "C.X", "D.Y"], #"{"BID":0.4}"#, [2, 3, 6]
            ),
            (
                "unpivot: {keep: [S], name: $N, value: $V}\n    let: {$I: {column: $N, extract: \"^(.)_\"}, $F: {column: $N, extract: \"_(.*)$\"}}\n    "
                    + "group: {by: [S, $I], field: $F, value: $V}\n    ric: {template: \"{S}.{$I}\"}\n    fields: {BID: B, ASK: A}",
                "S,X_B,X_A,Y_B,Y_A\nA,5,6,0.5,7\nB,6,7,8,9\nC,0.4,,8,9\nD,9,9,0.3,1\n", ["A.Y", "C.X", "D.Y"],
                #"{"BID":0.4}"#, [1, 2, 3]
            ),
        ])
    func numbers(rule: String, text: String, rics: [String], fields: String, rows: [Int]) async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: HeldByChecks.below1 + "\n    " + rule)
        try desk.drop("a.csv", text)
        #expect(try await desk.once() == 75, "\(desk.log())")
        let held = try await HeldByChecks.held(desk)
        #expect(held.first?.examples.map(\.ric) == rics && held.first?.examples.map(\.row) == rows)
        #expect(held.first?.rows == 3)
        let before = try simulator.posts().count
        #expect(try await HeldByChecks.act(desk, .release(drop: 2, .only([rows[1]...rows[1]]))).hasPrefix("done"))
        _ = try await desk.once()
        #expect(try simulator.posts().count == before + 1)
        #expect(try simulator.posts().last?.ric == "C.X" && simulator.posts().last?.fields == fields)
        let file = try #require(
            try ["done", "failed"].compactMap { folder in
                let folder = folder == "done" ? Desk.Folder.done : .failed
                return desk.names(in: folder).contains(HeldByChecks.held)
                    ? try desk.finished(HeldByChecks.held, in: folder) : nil
            }.first)
        #expect(file.column("row") == rows.map { "\($0)" } && file.column("outcome") == ["unsent", "acked", "unsent"])
    }

    @Test("Rows of a correction may be held, too: a file of rejects is never held as a whole for it")
    func correction() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            files: "  - {match: \"*\", checks: [{field: BID, min: 1, on_fail: hold}]}")
        try desk.drop("a.csv", "RIC,BID\nA.TST,5\nB.TST,1e5\nC.TST,1e5\n")
        #expect(try await desk.once() == 2)
        try desk.drop(HeldByChecks.held, "RIC,BID\nB.TST,0.5\nC.TST,7\n")
        #expect(try await desk.once() == 75)
        let file = try desk.finished("a.csv.rejects-1.2.csv", in: .failed)
        #expect(file.column("outcome") == ["unsent", "acked"] && file.column("reason") == ["held", ""])
        let held = try await HeldByChecks.held(desk)
        #expect(held.map(\.original) == [2] && held.map(\.rows) == [1])
        let drop = try #require(held.first?.drop)
        #expect(try await HeldByChecks.act(desk, .release(drop: drop, .all)) == "done failing 1 released 1")
        #expect(try await desk.once() == 0)
        #expect(try HeldByChecks.posts(simulator, "B.TST") == [#"{"BID":0.5}"#])
    }

    @Test(
        "Of a correction what checks hold and what was overtaken are two drops: the one is as old as it was, the other goes as new"
    )
    func bothKinds() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            files: "  - {match: \"*\", checks: [{field: BID, min: 1, on_fail: hold}]}")
        try desk.drop("a.csv", "RIC,BID\nA.TST,5\nB.TST,1e5\nC.TST,1e5\n")
        #expect(try await desk.once() == 2)
        try desk.drop("b.csv", "RIC,BID\nC.TST,9\n")
        #expect(try await desk.once() == 0)
        try desk.drop(HeldByChecks.held, "RIC,BID\nB.TST,0.5\nC.TST,7\n")
        #expect(try await desk.once() == 75)
        let held = try await HeldByChecks.held(desk)
        #expect(held.map(\.rows) == [1, 1] && held.map(\.original) == [3, 3])
        #expect(held.map { $0.examples.map(\.reason) } == [["below_min"], ["overtaken"]])
        #expect(held.map { $0.examples.map(\.ric) } == [["B.TST"], ["C.TST"]])
        #expect(try await HeldByChecks.act(desk, .release(drop: held[0].drop, .all)) == "done failing 1 released 1")
        #expect(try await HeldByChecks.act(desk, .release(drop: held[1].drop, .all)) == "done overtaken 1 released 1")
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try HeldByChecks.posts(simulator, "B.TST") == [#"{"BID":0.5}"#])
        #expect(try HeldByChecks.posts(simulator, "C.TST") == [#"{"BID":9}"#, #"{"BID":7}"#])
    }

    @Test("Rows of every format are held in a file of that format")
    func formats() async throws {
        let json = #"[{"RIC":"A.TST","BID":5},{"RIC":"B.TST","BID":0.5}]"# + "\n"
        var files: [(name: String, content: Data)] = [
            ("a.json", Data(json.utf8)),
            ("a.jsonl", Data((#"{"RIC":"A.TST","BID":5}"# + "\n" + #"{"RIC":"B.TST","BID":0.5}"# + "\n").utf8)),
            ("a.xml", Data("<d><r RIC='A.TST' BID='5'/><r RIC='B.TST' BID='0.5'/></d>\n".utf8)),
        ]
        if PackingTool.endings.contains("gz") {
            files.append(("a.csv.gz", try PackingTool.pack(Data("RIC,BID\nA.TST,5\nB.TST,0.5\n".utf8), "gz")))
        }
        for (name, content) in files {
            let (desk, simulator) = try await Desk.withSimulator(
                files: "  - {match: \"*\", checks: [{field: BID, min: 1, on_fail: hold}], hold_file_above: 1}")
            try desk.drop(name, content)
            #expect(try await desk.once() == 75, "\(name) \(desk.log())")
            #expect(try simulator.posts().map(\.ric) == ["A.TST"])
            #expect(try await HeldByChecks.act(desk, .release(drop: 2, .all)) == "done failing 1 released 1")
            #expect(try await desk.once() == 0, "\(name) \(desk.log())")
            #expect(try simulator.posts().map(\.ric) == ["A.TST", "B.TST"])
            #expect(try HeldByChecks.work(desk).isEmpty)
        }
    }

    @Test("A released row that something newer has overtaken is counted in the answer, and held once more as such")
    func overtaken() async throws {
        let (desk, simulator) = try await HeldByChecks.contributed()
        try desk.drop("b.csv", "RIC,BID\nB.TST,9\n")
        #expect(try await desk.once() == 75)
        #expect(try await HeldByChecks.act(desk, .release(drop: 2, .all)) == "done failing 1 overtaken 1 released 2")
        #expect(try await desk.once() == 75, "\(desk.log())")
        let file = try desk.finished(HeldByChecks.held, in: .failed)
        #expect(file.column("outcome") == ["unsent", "acked"] && file.column("reason") == ["held", ""])
        #expect(try HeldByChecks.posts(simulator, "B.TST") == [#"{"BID":9}"#])
        let held = try await HeldByChecks.held(desk)
        #expect(held.map(\.rows) == [1] && held.first?.examples.map(\.reason) == ["overtaken"])
        let drop = try #require(held.first?.drop)
        #expect(try await HeldByChecks.act(desk, .release(drop: drop, .all)) == "done failing 1 overtaken 1 released 1")
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try HeldByChecks.posts(simulator, "B.TST") == [#"{"BID":9}"#, #"{"BID":0.5}"#])
    }

    @Test(
        "When the ledger is lost, what waits is held again: before a release, in the midst of a refusal and of its file's posts"
    )
    func ledgerLost() async throws {
        for moment in ["waits", "refused", "posts"] {
            let (desk, simulator) = try await Desk.withSimulator(files: HeldByChecks.below1)
            try desk.drop("a.csv", HeldByChecks.four)
            if moment == "posts" {
                #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": "advanced"]) == 137)
                try HeldByChecks.loseLines(desk, 1)
            } else {
                #expect(try await desk.once() == 75)
            }
            if moment == "refused" {
                #expect(try await HeldByChecks.act(desk, .refuse(drop: 2, why: "wrong")) == "done refused 2")
                #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": "rejects_written"]) == 137)
            }
            try HeldByChecks.loseLedger(desk)
            #expect(try await desk.once() == 75, "\(desk.log())")
            for ric in ["B.TST", "C.TST"] { #expect(try HeldByChecks.posts(simulator, ric).isEmpty, "\(moment)") }
            let held = try await HeldByChecks.held(desk)
            #expect(held.map(\.name) == [HeldByChecks.held] && held.map(\.rows) == [2], "\(moment)")
            let drop = try #require(held.first?.drop)
            _ = try await HeldByChecks.act(desk, .release(drop: drop, .all))
            #expect(try await desk.once() == 0, "\(desk.log())")
            for ric in ["B.TST", "C.TST"] { #expect(try HeldByChecks.posts(simulator, ric).count == 1) }
        }
    }

    @Test(
        "When the ledger is lost in the midst of a release, what may have been sent is in doubt, and what was left out is held",
        arguments: ["advanced", "outcomes_written"])
    func ledgerLostInRelease(label: String) async throws {
        let (desk, simulator) = try await HeldByChecks.contributed()
        #expect(
            try await HeldByChecks.act(desk, .release(drop: 2, .only([1...1])))
                == "done failing 1 left_out 1 released 1")
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        try HeldByChecks.loseLines(desk, 2)
        try HeldByChecks.loseLedger(desk)
        #expect(try await desk.once() == 75, "\(desk.log())")
        let file = try desk.finished(HeldByChecks.held, in: .failed)
        #expect(file.column("outcome") == ["acked", "unsent"] && file.column("reason") == ["", "held"])
        #expect(try HeldByChecks.posts(simulator, "C.TST").isEmpty)
        #expect(try await HeldByChecks.held(desk).map(\.rows) == [1])
    }

    @Test(
        "When a file is gone in mid-work, rows that were held are not in doubt, and the summary says that no drop has them"
    )
    func fileGone() async throws {
        let (desk, simulator) = try await HeldByChecks.contributed(killedAt: "advanced")
        let directory = desk.path(.work).appendingPathComponent("1")
        try FileManager.default.moveItem(
            at: directory.appendingPathComponent("a.csv"), to: desk.folder.appendingPathComponent("a.csv"))
        // As after a power cut: no line of it was durable.
        try FileManager.default.removeItem(at: directory.appendingPathComponent(".result.part"))
        #expect(try await desk.once() == 4, "\(desk.log())")
        let summary = desk.path(.failed).appendingPathComponent("a.csv.result.csv")
        let lines = try DelimitedText(String(contentsOf: summary, encoding: .utf8)).lines
        #expect(lines.map { $0["outcome"] } == ["unknown", "unsent", "unsent", "unknown"])
        #expect(try await HeldByChecks.held(desk).isEmpty && HeldByChecks.work(desk).isEmpty)
        #expect(try simulator.posts().isEmpty)
    }

    @Test("A file that changed in mid-work leaves held rows in its result alone, and the summary says so")
    func fileChanged() async throws {
        let (desk, simulator) = try await HeldByChecks.contributed(killedAt: "outcomes_written")
        try Data("RIC,BID\nA.TST,5\nB.TST,9\nC.TST,8\nD.TST,7\n".utf8).write(
            to: desk.path(.work).appendingPathComponent("1/a.csv"))
        _ = try await desk.once()
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.column("reason")[1] == "held" && file.column("reason")[2] == "held")
        let warnings = try #require(try HeldByChecks.json(desk, "a.csv", in: .failed)["warnings"] as? [String])
        #expect(warnings.contains { $0.hasPrefix("no drop holds the rows that ended `held` (2)") }, "\(warnings)")
        #expect(try await HeldByChecks.held(desk).isEmpty)
        for ric in ["B.TST", "C.TST"] { #expect(try HeldByChecks.posts(simulator, ric).isEmpty) }
    }

    // MARK: - check

    @Test("check tells what would be held, and ends with 75")
    func check() async throws {
        let desk = try Desk()
        try desk.configure(["ws://127.0.0.1:1/WebSocket"], files: HeldByChecks.below1)
        try Data(HeldByChecks.four.utf8).write(to: desk.folder.appendingPathComponent("a.csv"))
        let rows = try await desk.command(["check", "--config", "postbox.yaml", "a.csv"], workingFolder: desk.folder)
        #expect(rows.code == 75)
        #expect(rows.output.contains("4 rows: 2 would be posted, 0 rejected, 2 held"), "\(rows.output)")
        #expect(rows.output.contains("held: below_min: BID: 0.5") && !rows.output.contains("Update   B.TST"))
        try desk.configure(
            ["ws://127.0.0.1:1/WebSocket"],
            files: "  - {match: \"*.csv\", checks: [{field: BID, min: 1, on_fail: hold}]}")
        let whole = try await desk.command(
            ["check", "--json", "--config", "postbox.yaml", "a.csv"], workingFolder: desk.folder)
        #expect(whole.code == 75 && whole.output.isEmpty, "\(whole.output)")
        #expect(whole.errorOutput.contains("the whole file would be held: checks hold 2 of its 4 rows"))
        #expect(whole.errorOutput.split(separator: "\n").count { $0.contains("\"held\": true") } == 3)
    }
}

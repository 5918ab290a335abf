import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

/// Files that checks hold as a whole until a person decides.
@Suite("Files held by checks, end to end", .serialized, .ownThreads)
struct HeldFilesTests {
    @Test(
        "A check of the whole file, and too many rows that fail, hold all of it, with a kill on the way or without",
        arguments: ["universe", "rows", "limit"],
        [nil, "claimed", "hold_written", "hold_recorded"] as [String?])
    func whole(_ why: String, _ label: String?) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let checks = [
            "universe": "{universe: {table: rics, key: RIC}}", "rows": "{rows: {min: 4}}",
            "limit": "{field: BID, min: 1, on_fail: hold}",
        ]
        try desk.configure(
            [simulator.url], top: "tables: {rics: {file: rics.csv, key: RIC}}\n",
            files: "  - {match: \"*.csv\", checks: [\(checks[why] ?? "")]}")
        try Data("RIC\nA.TST\nZ.TST\n".utf8).write(to: desk.folder.appendingPathComponent("rics.csv"))
        try desk.drop("a.csv", HeldByChecks.three)
        if let label { #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137) }
        #expect(try await desk.once() == 75, "\(desk.log())")
        #expect(try simulator.posts().isEmpty)
        let held = try await HeldByChecks.held(desk)
        #expect(held.map(\.name) == ["a.csv"] && held.map(\.drop) == [1] && held.map(\.rows) == [3])
        #expect(held.first?.original == nil)
        let words = ["universe": "Z.TST", "rows": "has 3 rows", "limit": "checks hold 1 of its 3 rows"]
        #expect(held.first?.why.contains(words[why] ?? "?") == true, "\(held)")
        if why == "limit" { #expect(held.first?.examples.map(\.row) == [2]) }
        #expect(desk.log().contains(" held_for_release ") || label != nil)

        // It keeps nobody waiting, and no start lets it go.
        try desk.drop("note.txt", "")
        #expect(try await desk.once() == 75)
        let failing = why == "limit" ? "failing 1 " : ""
        #expect(
            try await HeldByChecks.act(desk, .release(drop: 1, .except([3...3])))
                == "done \(failing)left_out 1 released 2")
        _ = try await desk.once()
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.column("outcome") == ["acked", "acked", "unsent"] && file.column("reason").last == "left_out")
        #expect(try simulator.posts().map(\.ric) == ["A.TST", "B.TST"])
        let summary = try HeldByChecks.json(desk, "a.csv", in: .failed)
        let story = try #require(summary["hold"] as? [String: Any])
        #expect(story["released_by"] as? String == "unix:alice")
        // What was said against it is told of what went.
        if why == "limit" {
            #expect(file.column("check_warnings")[1].hasPrefix("below_min"))
        } else {
            #expect((summary["warnings"] as? [String])?.isEmpty == false)
        }
        #expect(try HeldByChecks.work(desk).isEmpty)
    }

    @Test("Warnings are counted of the rows that a release sends, and not of those that it left out")
    func warnedOfWhatGoes() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let checks = "[{rows: {min: 4}}, {field: BID, min: 6, on_fail: warn}]"
        try desk.configure([simulator.url], files: "  - {match: \"*.csv\", checks: \(checks)}")
        try desk.drop("a.csv", HeldByChecks.three)
        #expect(try await desk.once() == 75)
        // Both A.TST, 5, and B.TST, 0.5, are below 6.
        #expect(
            try await HeldByChecks.act(desk, .release(drop: 1, .except([2...2])))
                == "done left_out 1 released 2")
        _ = try await desk.once()
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.column("outcome") == ["acked", "unsent", "acked"], "\(desk.log())")
        let summary = try HeldByChecks.json(desk, "a.csv", in: .failed)
        #expect(summary["check_warnings"] as? [String: Int] == ["below_min": 1])
        #expect(desk.log().contains("1 row goes with warnings."), "\(desk.log())")

        // Refused, none of its rows went.
        try desk.drop("b.csv", "RIC,BID\nD.TST,2\n")
        #expect(try await desk.once() == 75)
        let next = try #require(try await HeldByChecks.held(desk).first)
        #expect(try await HeldByChecks.act(desk, .refuse(drop: next.drop, why: "cut off")) == "done refused 1")
        #expect(try await desk.once() == 3)
        let refused = try HeldByChecks.json(desk, "b.csv", in: .failed)
        #expect((refused["check_warnings"] as? [String: Int] ?? [:]).isEmpty, "\(refused)")
    }

    @Test("A whole file that is refused, or that nobody releases, ends refused with a line for each row")
    func wholeRefused() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rule = "  - {match: \"*.csv\", checks: [{rows: {min: 4}}], release: {within: 1s}}"
        try desk.configure([simulator.url], files: rule)
        try desk.drop("a.csv", HeldByChecks.three)
        #expect(try await desk.once() == 75)
        #expect(try await HeldByChecks.act(desk, .refuse(drop: 1, why: "cut off")) == "done refused 3")
        #expect(try await desk.once() == 3)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.verdict == "refused" && file.summary.reason == "refused_by_desk")
        #expect(file.column("reason") == Array(repeating: "refused_by_desk", count: 3))

        // Contributed again it is held again; without the check it would go.
        #expect(try await HeldByChecks.act(desk, .retry(drop: 1, why: nil)) == "done")
        #expect(try await desk.once() == 75, "\(desk.log())")
        let again = try #require(try await HeldByChecks.held(desk).first)
        try await eventually("its time is over") { Clock.wall() > again.until }
        #expect(try await desk.once() == 3, "\(desk.log())")
        #expect(try desk.finished("a.2.csv", in: .failed).summary.reason == "not_released")
        try desk.configure([simulator.url], files: "  - {match: \"*.csv\"}")
        #expect(try await HeldByChecks.act(desk, .retry(drop: again.drop, why: nil)) == "done")
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try simulator.posts().count == 3)
        #expect(try HeldByChecks.work(desk).isEmpty)
    }

    @Test("What came with a file stays with it while it is held, and ends beside it")
    func companions() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url],
            files: "  - {match: \"*.csv\", checksum: sha256, ready: {suffix: .ok}, checks: [{rows: {min: 4}}]}")
        try desk.drop("a.csv.sha256", SHA256Text.of(Array(HeldByChecks.three.utf8)) + "\n")
        try desk.drop("a.csv.ok", "")
        try desk.drop("a.csv", HeldByChecks.three)
        #expect(try await desk.once() == 75)
        #expect(try await HeldByChecks.act(desk, .release(drop: 1, .all)) == "done released 3")
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try simulator.posts().count == 3)
        let names = desk.names(in: .done)
        #expect(names.contains("a.csv.ok") && names.contains("a.csv.sha256"), "\(names)")
        #expect(try HeldByChecks.work(desk).isEmpty)
    }

    @Test(
        "A file that was held as a whole is as old as it was: a row that newer files have overtaken is held once more")
    func wholeOvertaken() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url], files: "  - {match: \"a*\", checks: [{rows: {min: 4}}]}\n  - {match: \"*\"}")
        try desk.drop("a.csv", HeldByChecks.three)
        #expect(try await desk.once() == 75)
        try desk.drop("b.csv", "RIC,BID\nB.TST,9\n")
        #expect(try await desk.once() == 75)
        _ = try desk.finished("b.csv", in: .done)
        #expect(try await HeldByChecks.act(desk, .release(drop: 1, .all)) == "done overtaken 1 released 3")
        #expect(try await desk.once() == 75, "\(desk.log())")
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.column("outcome") == ["acked", "unsent", "acked"] && file.column("reason")[1] == "held")
        #expect(try HeldByChecks.posts(simulator, "B.TST") == [#"{"BID":9}"#])
        #expect(try await HeldByChecks.held(desk).map(\.name) == [HeldByChecks.held])
        let cancel = try await desk.command(["cancel", "3"])
        #expect(cancel.code == 64 && cancel.errorOutput.contains("postbox refuse 3"), "\(cancel.errorOutput)")
    }

    @Test(
        "Killed at every step of a release of a whole file, each row has its outcome once and none ends held",
        arguments: ["release_recorded", "planned", "advanced", "offered", "outcomes_written", "settled", "moved"])
    func wholeKilled(label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url], files: "  - {match: \"*.csv\", checks: [{field: BID, min: 1, on_fail: hold}]}")
        try desk.drop("a.csv", HeldByChecks.three)
        #expect(try await desk.once() == 75)
        #expect(try await HeldByChecks.act(desk, .release(drop: 1, .all)) == "done failing 1 released 3")
        if label != "release_recorded" {
            #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        }
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(try desk.finished("a.csv", in: .done).column("outcome") == ["acked", "acked", "acked"])
        #expect(Set(try simulator.posts().map(\.ric)) == ["A.TST", "B.TST", "C.TST"])
        #expect(try HeldByChecks.work(desk).isEmpty)
    }
}

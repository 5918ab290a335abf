import Foundation
import TestSupport
import Testing

/// Bad rows, corrected and dropped again: by the drop that they come from.
@Suite("Corrected rejects, end to end", .serialized, .ownThreads)
struct RejectsTests {
    private static func text(_ data: Data?) -> String? { data.map { String(decoding: $0, as: UTF8.self) } }

    /// What was overtaken is not sent.
    private static let skipping = "  - {match: \"*\", corrections: skip}"

    private static func text(_ desk: Desk, _ name: String) throws -> String {
        try String(contentsOf: desk.path(.failed).appendingPathComponent(name), encoding: .utf8)
    }

    @Test("With several destinations each that needs it gets rejects of its own, and they go to that one alone")
    func destinations() async throws {
        let desk = try Desk()
        let first = try await desk.simulate(name: "first")
        let second = try await desk.simulate("naks: [{ric: NO.TST, code: AccessDenied}]", name: "second")
        try desk.configure([first.url, second.url], files: "  - {match: \"*.csv\", destination: [cache, second]}")
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nNO.TST,2\nC.TST,3\n")
        try desk.drop("b.csv", "RIC,BID\nB.TST,1\nX.TST,1e5\n")
        #expect(try await desk.once() == 2)
        #expect(
            desk.names(in: .failed).filter { $0.contains("rejects") } == [
                "a.csv.rejects-1@second.csv", "b.csv.rejects-2@cache.csv", "b.csv.rejects-2@second.csv",
            ])
        #expect(try Self.text(desk, "a.csv.rejects-1@second.csv") == "RIC,BID\nNO.TST,2\n")
        for name in ["cache", "second"] {
            #expect(try Self.text(desk, "b.csv.rejects-2@\(name).csv") == "RIC,BID\nX.TST,1e5\n")
        }
        let before = try (first.posts().count, second.posts().count)

        try desk.drop("a.csv.rejects-1@second.csv", "RIC,BID\nYES.TST,2\n")
        try desk.drop("b.csv.rejects-2@cache.csv", "RIC,BID\nX.TST,10000\nY.TST,1e6\n")
        #expect(try await desk.once() == 2)
        let file = try desk.finished("a.csv.rejects-1@second.csv", in: .done)
        #expect(file.column("destination") == ["second"] && file.summary.destinations == ["second"])
        #expect(file.summary.rule == "*.csv")
        // Of one destination are its own rejects as well.
        let again = try desk.finished("b.csv.rejects-2@cache.2.csv", in: .failed)
        #expect(again.column("destination") == ["cache", "cache"])
        #expect(Self.text(again.rejects) == "RIC,BID\nY.TST,1e6\n")
        #expect(try first.posts().count == before.0 + 1 && second.posts().count == before.1 + 1)
    }

    @Test(
        "Rejects that name no drop of ours, or a destination it did not have, are refused: nothing of them is sent",
        arguments: [
            "a.csv.rejects-77.csv", "b.csv.rejects-1.csv", "a.csv.rejects-1@second.csv", "a.csv.rejects-0.csv",
            "a.csv.rejects-01.csv", "a.csv.rejects-99999999999999999999.csv",
        ])
    func unknownOriginal(name: String) async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: "  - {match: \"*\"}")
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nX.TST,1e5\n")
        #expect(try await desk.once() == 2)
        try desk.drop(name, "RIC,BID\nX.TST,2\n")
        #expect(try await desk.once() == 3)
        let file = try desk.finished(name, in: .failed)
        #expect(file.summary.verdict == "refused" && file.summary.reason == "unknown_original")
        #expect(try simulator.posts().count == 1)
        // The number is told as it stands in the name.
        let number = try #require(name.split(separator: "-").last?.prefix { $0.isNumber })
        #expect(desk.log().contains("these are rows of drop \(number) ("))
        let check = try await desk.command(["check", "--config", "postbox.yaml", "spool/failed/" + name])
        #expect(check.code == 3 && check.output.contains("rows of drop \(number) ("), "\(check)")
    }

    @Test("Rejects of a file with lines that are no rows have those that say what the rows mean, and are read alike")
    func lines() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rule = """
              - match: "*.txt"
                format: csv
                delimiter: ";"
                skip_lines: 1
                comment: "#"
                header: {after: TABLE}
                rows: {after: BEGIN, before: "END*"}
                drop: ["TOTAL*"]
                carry: [{heading: "* FUT", as: $product}]
                ragged: blank_tail
                ric: RIC
                fields: {BID: bid, GEN_TEXT16: {column: $product, type: text}}
            """
        try desk.configure([simulator.url], files: rule)
        try desk.drop(
            "a.txt",
            "title; \"\nTABLE\nRIC;bid;\nTIN FUT\nBEGIN\nA.TST;1;\n# x\nB.TST;1,5;\nTOTAL;2\nZINC FUT\nC.TST;3\n"
                + "LEAD FUT\nD.TST;4;x\nE.TST;5\nEND OF DATA\nbehind\n")
        #expect(try await desk.once() == 2)
        let first = try desk.finished("a.txt", in: .failed)
        let text = try #require(Self.text(first.rejects))
        #expect(
            text
                == "title; \"\nTABLE\nRIC;bid;\nTIN FUT\nBEGIN\nB.TST;1,5;\nZINC FUT\nLEAD FUT\nD.TST;4;x\nEND OF DATA\n"
        )
        try desk.drop(first.rejectsName, text.replacing("1,5", with: "1.5").replacing(";x", with: ";"))
        #expect(try await desk.once() == 0)
        let again = try desk.finished(first.rejectsName, in: .done)
        #expect(
            again.column("fields") == [
                "{\"BID\":1.5,\"GEN_TEXT16\":\"TIN FUT\"}", "{\"BID\":4,\"GEN_TEXT16\":\"LEAD FUT\"}",
            ])
    }

    @Test("A corrected row is the latest only where it is that among all rows of the file that it comes from")
    func latestOfOriginal() async throws {
        let rule = "  - {match: \"*.csv\", take: {latest: Day}, ric: RIC, fields: {BID: bid}}"
        let (desk, simulator) = try await Desk.withSimulator(files: rule)
        try desk.drop(
            "eod.csv",
            "RIC,Day,bid\nA.TST,2026-03-04,1\nX.TST,2026-02-30,2\nY.TST,?,3\nZ.TST,2026-03-04,1e5\nB.TST,2026-03-03,5\n"
        )
        #expect(try await desk.once() == 2)
        let name = try desk.finished("eod.csv", in: .failed).rejectsName
        // The row of an older day is none that counts, in a file that has no other one and in one that has.
        try desk.drop(name, "RIC,Day,bid\nX.TST,2026-03-03,2\nY.TST,?,3\nZ.TST,2026-03-04,4\n")
        #expect(try await desk.once() == 2)
        let second = try desk.finished("eod.csv.rejects-1.2.csv", in: .failed)
        #expect(second.column("row") == ["2", "3"] && second.column("outcome") == ["rejected", "acked"])
        try desk.drop(second.rejectsName, "RIC,Day,bid\nY.TST,2026-03-02,3\n")
        #expect(try await desk.once() == 3)
        #expect(try simulator.posts().map(\.ric) == ["A.TST", "Z.TST"])
    }

    @Test("A row that comes again has the number that it had, or it does not go")
    func rowNumbers() async throws {
        let rule = """
              - match: "*.csv"
                ric: {template: "R{$row}.TST"}
                fields: {BID: {column: BID, type: real}}
                checks: [{field: BID, max: 100, on_fail: hold}]
                hold_file_above: 100%
            """
        let (desk, simulator) = try await Desk.withSimulator(files: rule)
        try desk.drop("n.csv", "ISIN,BID\nA,1\nB,2\nC,x\nD,4\nE,y\nF,500\nG,z\n")
        #expect(try await desk.once() == 75)
        let name = try desk.finished("n.csv", in: .failed).rejectsName
        try desk.drop(name, "ISIN,BID\nC,3\nG,7\n")
        #expect(try await desk.once() == 75)
        #expect(try desk.finished("n.csv.rejects-1.2.csv", in: .failed).summary.reason == "rows_differ")
        try desk.drop(name, "ISIN,BID\nC,3\nE,y\nG,z\n")
        #expect(try await desk.once() == 75)
        // Rejects of rejects have the first file's numbers, too.
        try desk.drop(name + ".rejects-4.csv", "ISIN,BID\nE,5\nG,7\n")
        #expect(try await desk.once() == 75)
        let service = try desk.start()
        let socket = desk.path(.state).appendingPathComponent("postbox.sock").path
        try await eventually("it listens") { UnixClient(socket) != nil || !service.isRunning }
        #expect(try await desk.command(["release", "2"]).code == 0)
        _ = try await desk.finish(name, in: .done)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(
            try simulator.posts().map { "\($0.ric) \($0.fields ?? "")" } == [
                #"R1.TST {"BID":1}"#, #"R2.TST {"BID":2}"#, #"R4.TST {"BID":4}"#, #"R3.TST {"BID":3}"#,
                #"R5.TST {"BID":5}"#,
                #"R7.TST {"BID":7}"#, #"R6.TST {"BID":500}"#,
            ])
    }

    @Test(
        "Cells that rejects of a wide file leave out are rows that are skipped, and each row has the number that it had"
    )
    func leftOutCells() async throws {
        let rule = """
              - match: "*.csv"
                unpivot: {keep: [Date], name: $ccy, value: $rate}
                ric: {template: "{$ccy}{$row}.TST"}
                fields: {BID: {column: $rate, type: real}}
                skipped: list
            """
        let (desk, simulator) = try await Desk.withSimulator(files: rule)
        try desk.drop("w.csv", "Date,A,B,C\nm,1,2,3\nn,x,5,x\no,7,8,9\np,10,x,12\n")
        #expect(try await desk.once() == 2)
        let name = try desk.finished("w.csv", in: .failed).rejectsName
        try desk.drop(name, "Date,A,B,C\nn,4,,x\np,,11,\n")
        #expect(try await desk.once() == 2)
        let second = try desk.finished("w.csv.rejects-1.2.csv", in: .failed)
        #expect(second.column("row") == ["1", "3", "5"] && second.column("outcome") == ["acked", "rejected", "acked"])
        #expect(second.summary.rows == 6 && second.summary.skipped == 3)
        let list = try String(
            contentsOf: desk.path(.failed).appendingPathComponent("w.csv.rejects-1.2.csv.skipped.csv"), encoding: .utf8)
        let lines = list.split(separator: "\r\n").dropFirst()
        #expect(lines.count == 3 && lines.allSatisfy { $0.hasSuffix(",the cell is empty") }, "\(list)")
        try desk.drop(name + ".rejects-2.csv", "Date,A,B,C\nn,,,6\n")
        #expect(try await desk.once() == 0)
        let third = try desk.finished(name + ".rejects-2.csv", in: .done)
        #expect(third.column("row") == ["3"] && third.summary.rows == 3 && third.summary.skipped == 2)
        #expect(
            try simulator.posts().map(\.ric) == [
                "A1.TST", "B2.TST", "C3.TST", "B5.TST", "A7.TST", "B8.TST", "C9.TST", "A10.TST", "C12.TST", "A4.TST",
                "B11.TST", "C6.TST",
            ])
    }

    @Test("A correction goes under the rule that its drop was claimed with, whatever the configuration says by then")
    func oldRule() async throws {
        let (desk, simulator) = try await Desk.withSimulator(
            files: "  - {match: \"eod.csv\", ric: ISIN, fields: {BID: bid}}")
        try desk.drop("eod.csv", "ISIN,bid\nA.TST,1\nX.TST,1e5\n")
        #expect(try await desk.once() == 2)
        let first = try desk.finished("eod.csv", in: .failed)
        try desk.configure([simulator.url], files: "  - {match: \"*\", ric: ISIN, fields: {ASK: bid}}")
        try desk.drop(first.rejectsName, "ISIN,bid\nX.TST,2\n")
        #expect(try await desk.once() == 0)
        let file = try desk.finished(first.rejectsName, in: .done)
        #expect(file.column("fields") == ["{\"BID\":2}"])
        #expect(file.summary.rule == "eod.csv" && file.summary.configSHA256 == first.summary.configSHA256)
    }

    /// Thursday's file with two rows to be corrected, of which Friday's has one.
    private static func twoDays(_ desk: Desk) async throws {
        try desk.drop("eod.csv", "RIC,BID\nA.TST,1\nX.TST,1e5\nY.TST,1e5\n")
        #expect(try await desk.once() == 2)
        try desk.drop("eod.csv", "RIC,BID\nA.TST,20\nX.TST,30\n")
        #expect(try await desk.once() == 0)
    }

    @Test(
        "Thursday's rejects, corrected on Friday, do not go over Friday's values, with a kill on the way or without",
        arguments: [nil, "claimed", "planned", "advanced", "outcomes_written", "settled"] as [String?])
    func older(label: String?) async throws {
        let (desk, simulator) = try await Desk.withSimulator(top: "archive: day", files: Self.skipping)
        try await Self.twoDays(desk)
        try desk.drop("eod.csv.rejects-1.csv", "RIC,BID\nX.TST,3\nY.TST,4\n")
        if let label { #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137) }
        #expect(try await desk.once() == 0)
        let day = try #require(desk.names(in: .done).first)
        let file = try desk.finished("eod.csv.rejects-1.csv", in: desk.path(.done).appendingPathComponent(day))
        #expect(file.column("outcome") == ["superseded", "acked"])
        #expect(file.column("superseded_by") == ["2:2", ""])
        #expect(try simulator.posts().map(\.ric).filter { $0 == "X.TST" }.count == 1)
        #expect(try simulator.posts().last { $0.ric == "Y.TST" }?.fields == "{\"BID\":4}")
        // Nothing is kept any longer than the correction is in work.
        #expect(FileManager.default.names(in: desk.path(.work).appendingPathComponent("guard")).isEmpty)
    }

    @Test("Friday's rejects go over Thursday's correction: of two the newer file's values stand")
    func newer() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.skipping)
        for value in ["1", "2"] {
            try desk.drop("eod.csv", "RIC,BID\nA.TST,\(value)\nX.TST,1e5\n")
            #expect(try await desk.once() == 2)
        }
        try desk.drop("eod.csv.rejects-2.csv", "RIC,BID\nX.TST,22\n")
        #expect(try await desk.once() == 0)
        try desk.drop("eod.csv.rejects-1.csv", "RIC,BID\nX.TST,11\n")
        #expect(try await desk.once() == 0)
        #expect(try desk.finished("eod.csv.rejects-1.csv", in: .done).column("superseded_by") == ["3:1"])
        #expect(try simulator.posts().last { $0.ric == "X.TST" }?.fields == "{\"BID\":22}")
    }

    @Test("A correction goes over what its own file said before it, never over what it said later of the same RIC")
    func sameFile() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.skipping)
        try desk.drop("one.csv", "RIC,BID\nX.TST,1e5\nY.TST,3\nX.TST,2.0\nZ.TST,7\nZ.TST,1e5\n")
        #expect(try await desk.once() == 2)
        try desk.drop("one.csv.rejects-1.csv", "RIC,BID\nX.TST,1.0\nZ.TST,8\n")
        #expect(try await desk.once() == 2)
        let file = try desk.finished("one.csv.rejects-1.2.csv", in: .failed)
        #expect(file.column("outcome") == ["unsent", "acked"])
        #expect(file.column("reason") == ["overtaken", ""])
        #expect(try simulator.posts().last { $0.ric == "X.TST" }?.fields == #"{"BID":2.0}"#)
        #expect(try simulator.posts().last { $0.ric == "Z.TST" }?.fields == #"{"BID":8}"#)
    }

    @Test("The same rows, corrected for one destination and then for the other, go to both")
    func oneAfterTheOther() async throws {
        let desk = try Desk()
        let first = try await desk.simulate()
        let second = try await desk.simulate(name: "second")
        try desk.configure([first.url, second.url], files: "  - {match: \"*\", destination: [cache, second]}")
        try desk.drop("two.csv", "RIC,BID\nA.TST,1.1\nX.TST,1e5\n")
        #expect(try await desk.once() == 2)
        for name in ["cache", "second"] {
            try desk.drop("two.csv.rejects-1@\(name).csv", "RIC,BID\nX.TST,5.5\n")
            #expect(try await desk.once() == 0)
        }
        #expect(try first.posts().map(\.fields) == [#"{"BID":1.1}"#, #"{"BID":5.5}"#])
        #expect(try second.posts().map(\.fields) == [#"{"BID":1.1}"#, #"{"BID":5.5}"#])
    }

    @Test("When newer results were taken away, nothing of the correction is sent: nobody can know what is newer")
    func resultsTakenAway() async throws {
        let (desk, simulator) = try await Desk.withSimulator()
        try await Self.twoDays(desk)
        try FileManager.default.removeItem(at: desk.path(.done).appendingPathComponent("eod.csv.result.csv"))
        try desk.drop("eod.csv.rejects-1.csv", "RIC,BID\nX.TST,3\n")
        #expect(try await desk.once() == 3)
        // The first one still lies there.
        let file = try desk.finished("eod.csv.rejects-1.2.csv", in: .failed)
        #expect(file.summary.reason == "results_missing")
        #expect(file.column("outcome") == ["unsent"])
        #expect(try simulator.posts().allSatisfy { $0.fields != #"{"BID":3}"# })
    }

    @Test(
        "A correction for a destination that is no longer configured stays in the inbox, is told, and holds up no other"
    )
    func destinationGone() async throws {
        let (desk, simulator) = try await Desk.withSimulator()
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nX.TST,1e5\n")
        #expect(try await desk.once() == 2)
        try desk.write(
            "spool: spool\nsettle: 0s\ndestinations:\n  other:\n    urls: [\"\(simulator.url)\"]\n    user: tester\n    service: NIPROV\n"
        )
        try desk.drop("a.csv.rejects-1.csv", "RIC,BID\nX.TST,2\n")
        try desk.drop("b.csv", "RIC,BID\nB.TST,1\n")
        #expect(try await desk.once() == 69)
        _ = try desk.finished("b.csv", in: .done)
        #expect(desk.names(in: .inbox) == ["a.csv.rejects-1.csv"])
        #expect(desk.log().components(separatedBy: " destination_missing ").count == 2)
    }

    @Test(
        "Killed between the rejects of two destinations, each is there once and whole in the end",
        arguments: ["rejects_of_one_written", "rejects_written", "summary_written", "settled", "placed", "moved"])
    func killed(label: String) async throws {
        let desk = try Desk()
        let first = try await desk.simulate(name: "first")
        let second = try await desk.simulate("naks: [{ric: NO.TST, code: AccessDenied}]", name: "second")
        try desk.configure([first.url, second.url], files: "  - {match: \"*.csv\", destination: [cache, second]}")
        try desk.drop("a.csv", "RIC,BID\nNO.TST,2\nX.TST,1e5\n")
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        #expect(try await desk.once() == (label == "closed" ? 0 : 2))
        #expect(
            desk.names(in: .failed) == [
                "a.csv", "a.csv.rejects-1@cache.csv", "a.csv.rejects-1@second.csv", "a.csv.result.csv",
                "a.csv.summary.json",
            ])
        #expect(try Self.text(desk, "a.csv.rejects-1@cache.csv") == "RIC,BID\nX.TST,1e5\n")
        #expect(try Self.text(desk, "a.csv.rejects-1@second.csv") == "RIC,BID\nNO.TST,2\nX.TST,1e5\n")
        #expect(desk.names(in: .work).isEmpty)
    }
}

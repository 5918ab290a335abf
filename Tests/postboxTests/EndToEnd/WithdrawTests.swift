import Foundation
import PostboxCore
import TestSupport
import Testing

/// Wrong prices went out, and are taken back: what was there before is posted in their place, and nothing newer is touched.
@Suite("Wrong prices taken back, end to end", .serialized, .ownThreads)
struct WithdrawTests {
    private static let files = """
          - {match: "eod_*.csv", destination: cache, post: refresh}
          - {match: "fx_*.csv", destination: cache, post: update}
        """

    private static func withdraw(
        _ desk: Desk, _ arguments: [String]
    ) async throws -> (code: Int32, output: String, errorOutput: String) {
        try await desk.command(["withdraw", "--why", "wrong scale", "--config", "postbox.yaml"] + arguments)
    }

    private static func listens(_ desk: Desk) async throws {
        try await eventually("the service listens") {
            UnixClient.ask(desk.path(.state).appendingPathComponent("postbox.sock").path, "GET", "/readyz")?
                .hasPrefix("HTTP/1.1 200") == true
        }
    }

    /// A good file, a wrong one, and a newer one that mends one field of it.
    private static func spoil(_ desk: Desk) async throws {
        for (name, text) in [
            ("eod_1.csv", "RIC,BID,ASK\nA.TST,1.50,2\nB.TST,5,6\n"),
            ("eod_2.csv", "RIC,BID,ASK\nA.TST,150,200\nB.TST,500,600\nC.TST,9,10\n"),
            ("fx_1.csv", "RIC,ASK\nA.TST,3\n"),
        ] {
            try desk.drop(name, text)
            #expect(try await desk.once() == 0, "\(desk.log())")
        }
    }

    private static func last(_ desk: Desk, _ ric: String) async throws -> JSONValue {
        JSONValue.parse(try await desk.command(["last", ric, "--json", "--config", "postbox.yaml"]).output)?["fields"]
            ?? .null
    }

    private static func incidents(_ desk: Desk, _ name: String) throws -> [[String: String]] {
        let path = desk.path(.done).appendingPathComponent(name + ".incident.csv")
        return try DelimitedText(String(contentsOf: path, encoding: .utf8)).lines
    }

    @Test(
        "Each field that still holds a wrong value gets the one before, what is newer stays, what had none is listed or blanked; the list of it all lies beside the result"
    )
    func withdrawn() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        try await Self.spoil(desk)
        let posted = try simulator.posts().count
        let service = try desk.start()
        try await Self.listens(desk)
        #expect(try await Self.withdraw(desk, ["9", "--yes"]).code == 64)
        #expect(try await Self.withdraw(desk, ["--rule", "eod_*.csv"]).code == 64)
        let shown = try await Self.withdraw(desk, ["2"])
        #expect(shown.code == 64 && shown.output.contains("3 fields of 2 RICs would be replaced"), "\(shown)")
        #expect(shown.output.contains("2 had no value before and stay as they are (they can be blanked instead)"))
        #expect(shown.output.contains("  --blank blanks 2 fields that had no value before"))
        #expect(shown.output.contains("(no value before)"))
        #expect(try simulator.posts().count == posted)

        let done = try await Self.withdraw(desk, ["2", "--yes", "--json"])
        let answer = try #require(JSONValue.parse(done.output), "\(done)")
        let drop = try #require(answer["drop"]?.integer, "\(done)")
        #expect(answer["facts"]?["fields"]?.integer == 3 && answer["facts"]?["without_value"]?.integer == 2)
        let name = "withdraw-cache-\(drop).jsonl"
        let file = try await desk.finish(name, in: .done)
        let again = try simulator.posts().dropFirst(posted)
        #expect(again.allSatisfy { $0.kind == "Update" })
        var values: [String: JSONValue] = [:]
        for post in again { values[post.ric] = post.fields.flatMap { JSONValue.parse($0) } }
        #expect(again.count == 2 && again.first { $0.ric == "A.TST" }?.fields == #"{"BID":1.50}"#)
        #expect(values["B.TST"]?["BID"]?.integer == 5 && values["B.TST"]?["ASK"]?.integer == 6)

        let settled = Dictionary(
            zip(file.column("ric"), file.column("settled_at")), uniquingKeysWith: { one, _ in one })
        let list = try Self.incidents(desk, name)
        #expect(list.count == 6 && list.allSatisfy { $0["drop"] == "2" && $0["from"]?.isEmpty == false })
        let a = try #require(list.first { $0["ric"] == "A.TST" && $0["field"] == "BID" })
        #expect(
            a["field"] == "BID" && a["wrong"] == "150" && a["replaced_by"] == "1.50" && a["until"] == settled["A.TST"])
        let newer = try desk.finished("fx_1.csv", in: .done).column("settled_at").first
        let ask = list.first { $0["ric"] == "A.TST" && $0["field"] == "ASK" }
        #expect(ask?["wrong"] == "200" && ask?["replaced_by"] == "3" && ask?["until"] == newer)
        #expect(list.filter { $0["ric"] == "C.TST" }.allSatisfy { $0["replaced_by"] == "" && $0["until"] == "" })
        let bid = try await Self.last(desk, "A.TST")
        #expect(bid["BID"]?["value"]?.word == "1.50" && bid["BID"]?["drop"]?.integer == drop)
        #expect(bid["ASK"]?["value"]?.integer == 3 && bid["ASK"]?["file"]?.text == "fx_1.csv")
        let summary = try HeldByChecks.json(desk, name, in: .done)
        #expect(
            summary["original"] as? Int == 2 && (summary["asked"] as? [String: Any])?["act"] as? String == "withdraw")

        // What is left are fields that had no value.
        #expect(try await Self.withdraw(desk, ["2", "--yes"]).errorOutput.contains("there is nothing to post"))
        let blanked = try await Self.withdraw(
            desk, ["--rule", "eod_*.csv", "--since", "2020-01-01", "--blank", "--yes"])
        #expect(blanked.code == 0, "\(blanked)")
        // The first file's values hold by the withdrawal, and had none before them.
        try await eventually("it is blanked") {
            let last = try simulator.posts().dropFirst(posted + 2)
            return Set(last.map(\.ric)) == ["A.TST", "B.TST", "C.TST"]
        }
        let blanks = try simulator.posts().dropFirst(posted + 2)
        #expect(blanks.first { $0.ric == "A.TST" }?.fields == #"{"BID":null}"#)
        for ric in ["B.TST", "C.TST"] {
            let fields = try #require(blanks.first { $0.ric == ric }?.fields)
            #expect(fields.contains("\"BID\":null") && fields.contains("\"ASK\":null"))
        }
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        // Four acts were asked for, of which two were refused. The look was none.
        #expect(service.errorOutput.split(separator: "\n").count { $0.contains(" desk_act ") } == 4)
        let record = try String(contentsOf: desk.folder.appendingPathComponent("spool/record.jsonl"), encoding: .utf8)
            .split(separator: "\n").compactMap { JSONValue.parse(String($0)) }
        let act = try #require(record.first { $0["act"]?.text == "withdraw" })
        #expect(act["drop"]?.integer == 2 && act["why"]?.text == "wrong scale")
        #expect(
            record.contains {
                $0["what"]?.text == "made" && $0["drop"]?.integer == drop && $0["original"]?.integer == 2
            })
        #expect(record.contains { $0["subject"]?.text?.hasPrefix("files of eod_*.csv since 2020-01-01") == true })
        #expect(try await desk.command(["audit", "verify", "--config", "postbox.yaml"]).code == 0)
    }

    @Test("While the destination is held the answer says that it waits for that, and that nothing is posted yet")
    func waits() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        for (name, bid) in [("fx_1.csv", "1"), ("fx_2.csv", "2")] {
            try desk.drop(name, "RIC,BID\nA.TST,\(bid)\n")
            #expect(try await desk.once() == 0, "\(desk.log())")
        }
        let service = try desk.start()
        try await Self.listens(desk)
        #expect(try await desk.command(["hold", "destination", "cache", "--config", "postbox.yaml"]).code == 0)
        let posted = try simulator.posts().count
        let misspelt = try await Self.withdraw(desk, ["--rule", "fx_*.cvs", "--since", "2h", "--yes"])
        #expect(
            misspelt.code == 64
                && misspelt.errorOutput.contains(
                    "there is no rule fx_*.cvs; the nearest is fx_*.csv; the configuration has"),
            "\(misspelt)")
        let shown = try await Self.withdraw(desk, ["2"])
        #expect(
            shown.output.contains(
                "The destination cache is held: nothing would be posted there before somebody resumes it"), "\(shown)")
        let done = try await Self.withdraw(desk, ["2", "--yes", "--json"])
        let answer = try #require(JSONValue.parse(done.output), "\(done)")
        let drop = try #require(answer["drop"]?.integer, "\(done)")
        let text = answer["text"]?.text ?? ""
        #expect(text.contains("1 field of 1 RIC will be replaced by what was there before. "), "\(text)")
        #expect(
            text.contains("The destination cache is held: drop \(drop) waits, and nothing of it is posted there before")
        )
        #expect(text.hasSuffix("postbox show \(drop)"))
        #expect(try simulator.posts().count == posted)
        // The file's own page says so, too, and the withdrawal's says what it is.
        func show(_ drop: Int) async throws -> String {
            try await desk.command(["show", "\(drop)", "--config", "postbox.yaml"]).output
        }
        let file = try await show(2)
        #expect(file.contains("Withdrawn at cache by drop \(drop), as "), "\(file)")
        #expect(file.contains(": wrong scale. It is not through yet"), "\(file)")
        #expect(file.contains("drop \(drop) was made to withdraw drop 2") && !file.contains("rows of"), "\(file)")
        let own = try await show(drop)
        #expect(own.contains("Withdraws what drop 2 (fx_2.csv) said, as "), "\(own)")
        #expect(try await desk.command(["resume", "destination", "cache", "--config", "postbox.yaml"]).code == 0)
        _ = try await desk.finish("withdraw-cache-\(drop).jsonl", in: .done)
        #expect(try simulator.posts().last?.fields == #"{"BID":1}"#)
        let through = try await show(2)
        #expect(through.contains(": wrong scale. It is through."), "\(through)")
        let undone = try await Self.withdrawn(desk, drop)
        let again = try await show(2)
        #expect(
            again.contains("It counts no more.")
                && again.contains("The withdrawal by drop \(drop) was undone at cache by drop \(undone.drop), as "),
            "\(again)")
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("What one withdrawal took back at two servers is taken back at both, whichever of its drops is named")
    func bothServers() async throws {
        let desk = try Desk()
        let servers = [try await desk.simulate(name: "first"), try await desk.simulate(name: "second")]
        try desk.configure(
            servers.map(\.url), files: #"  - {match: "*.csv", destination: [cache, second], post: update}"#)
        for (name, bid) in [("a_1.csv", "1"), ("a_2.csv", "100")] {
            try desk.drop(name, "RIC,BID\nA.TST,\(bid)\n")
            #expect(try await desk.once() == 0, "\(desk.log())")
        }
        let service = try desk.start()
        try await Self.listens(desk)
        func holds(_ bid: Int) async throws {
            try await eventually("both servers have \(bid)") {
                try servers.allSatisfy { try $0.posts().last?.fields == #"{"BID":\#(bid)}"# }
            }
        }
        try await holds(100)
        let answer = try await Self.withdraw(desk, ["2", "--yes", "--json"])
        let made = try #require(JSONValue.parse(answer.output)?["drop"]?.integer, "\(answer)")
        try await holds(1)
        _ = try await desk.finish("withdraw-cache-\(made).jsonl", in: .done)
        _ = try await desk.finish("withdraw-second-\(made + 1).jsonl", in: .done)
        let undone = try await Self.withdraw(desk, ["\(made)", "--yes", "--json"])
        #expect(undone.code == 0, "\(undone)")
        try await holds(100)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test(
        "Undone at both servers it is also where one of them had no value before, and the withdrawal there posted nothing"
    )
    func nothingBefore() async throws {
        let desk = try Desk()
        let servers = [try await desk.simulate(name: "first"), try await desk.simulate(name: "second")]
        try desk.configure(
            servers.map(\.url),
            files: """
                  - {match: "one_*.csv", destination: cache, post: update}
                  - {match: "two_*.csv", destination: [cache, second], post: update}
                """)
        for (name, bid) in [("one_1.csv", "1"), ("two_2.csv", "2")] {
            try desk.drop(name, "RIC,BID\nA.TST,\(bid)\n")
            #expect(try await desk.once() == 0, "\(desk.log())")
        }
        let service = try desk.start()
        try await Self.listens(desk)
        let answer = try await Self.withdraw(desk, ["2", "--yes", "--json"])
        let made = try #require(JSONValue.parse(answer.output)?["drop"]?.integer, "\(answer)")
        _ = try await desk.finish("withdraw-cache-\(made).jsonl", in: .done)
        _ = try await desk.finish("withdraw-second-\(made + 1).jsonl", in: .done)
        let undone = try await Self.withdraw(desk, ["\(made)", "--yes", "--json"])
        #expect(undone.code == 0, "\(undone)")
        try await eventually("the first server has 2 again") {
            try servers[0].posts().last?.fields == #"{"BID":2}"#
        }
        // What is withdrawn next finds 2 at both.
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        try desk.drop("two_3.csv", "RIC,BID\nA.TST,3\n")
        #expect(try await desk.once() == 0, "\(desk.log())")
        let again = try desk.start()
        try await Self.listens(desk)
        let next = try desk.finished("two_3.csv", in: .done).summary.drop
        _ = try await Self.withdraw(desk, ["\(next)", "--yes"])
        try await eventually("both servers have 2") {
            try servers.allSatisfy { try $0.posts().last?.fields == #"{"BID":2}"# }
        }
        again.send(SIGTERM)
        #expect(try await again.exitCode() == 0)
    }

    /// Has a withdrawal done. Returns the first drop that it made, and its finished file.
    private static func withdrawn(_ desk: Desk, _ drop: Int) async throws -> (drop: Int, file: Desk.Finished) {
        let answer = try await withdraw(desk, ["\(drop)", "--yes", "--json"])
        let made = try #require(JSONValue.parse(answer.output)?["drop"]?.integer, "\(answer)")
        return (made, try await desk.finish("withdraw-cache-\(made).jsonl", in: .done))
    }

    @Test(
        "A value that a withdrawal or a republication posted again goes with the file that said it; what was withdrawn comes back by no other withdrawal, and may be dropped again"
    )
    func followed() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        for (name, bid) in [("eod_1.csv", "1.50"), ("eod_2.csv", "150"), ("eod_3.csv", "15")] {
            try desk.drop(name, "RIC,BID\nA.TST,\(bid)\n")
            #expect(try await desk.once() == 0, "\(desk.log())")
        }
        let service = try desk.start()
        try await Self.listens(desk)
        func last() throws -> String? { try simulator.posts().last?.fields }
        _ = try await Self.withdrawn(desk, 3)
        #expect(try last() == #"{"BID":150}"#)
        let again = try await desk.command(
            ["republish", "cache", "--why", "the cache was lost", "--yes", "--json", "--config", "postbox.yaml"])
        let republished = try #require(JSONValue.parse(again.output)?["drop"]?.integer, "\(again)")
        _ = try await desk.finish("republish-cache-\(republished).jsonl", in: .done)

        let second = try await Self.withdrawn(desk, 2)
        #expect(try last() == #"{"BID":1.50}"#)
        let list = try Self.incidents(desk, second.file.name).sorted { ($0["from"] ?? "") < ($1["from"] ?? "") }
        #expect(list.map { $0["wrong"] } == ["150", "150"] && list.allSatisfy { $0["drop"] == "2" }, "\(list)")
        #expect(list.map { $0["replaced_by"] } == ["15", "1.50"], "\(list)")
        #expect(list.last?["until"] == second.file.column("settled_at").first)
        #expect(try await Self.last(desk, "A.TST")["BID"]?["value"]?.word == "1.50")

        // Its content is no duplicate any more: a desk that thinks better of it drops it again.
        try desk.drop("eod_4.csv", "RIC,BID\nA.TST,15\n")
        #expect(try await desk.finish("eod_4.csv", in: .done).column("outcome") == ["acked"])
        _ = try await Self.withdrawn(desk, try desk.finished("eod_4.csv", in: .done).summary.drop)
        #expect(try last() == #"{"BID":1.50}"#)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(try await desk.command(["audit", "verify", "--config", "postbox.yaml"]).code == 0)
    }

    @Test(
        "A Refresh that lacked a column had blanked it: the whole image comes back, and the list tells it; withdrawing that takes it away again"
    )
    func blankedByRefresh() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        for (name, text) in [
            ("eod_1.csv", "RIC,BID,ASK\nA.TST,1,2\nB.TST,5,6\n"), ("eod_2.csv", "RIC,BID\nA.TST,10\nB.TST,50\n"),
        ] {
            try desk.drop(name, text)
            #expect(try await desk.once() == 0, "\(desk.log())")
        }
        let service = try desk.start()
        try await Self.listens(desk)
        func posted(_ count: Int) throws -> [String: JSONValue] {
            Dictionary(
                try simulator.posts().suffix(count).map {
                    ($0.ric, $0.fields.flatMap { JSONValue.parse($0) } ?? .null)
                },
                uniquingKeysWith: { one, _ in one })
        }
        let shown = try await Self.withdraw(desk, ["2"])
        #expect(shown.output.contains("4 fields of 2 RICs would be replaced by what was there before"), "\(shown)")
        let made = try await Self.withdrawn(desk, 2)
        let back = try posted(2)
        #expect(back["A.TST"]?["BID"]?.integer == 1 && back["A.TST"]?["ASK"]?.integer == 2)
        #expect(back["B.TST"]?["BID"]?.integer == 5 && back["B.TST"]?["ASK"]?.integer == 6)
        let list = try Self.incidents(desk, made.file.name)
        let ask = try #require(list.first { $0["ric"] == "A.TST" && $0["field"] == "ASK" }, "\(list)")
        #expect(list.count == 4 && ask["drop"] == "2" && ask["wrong"] == "null" && ask["replaced_by"] == "2")
        #expect(try await Self.last(desk, "B.TST")["ASK"]?["value"]?.integer == 6)
        // Better of it: what the Refresh had said is there again, and then not.
        let undone = try await Self.withdrawn(desk, made.drop)
        #expect(try posted(2)["A.TST"]?["BID"]?.integer == 10 && posted(2)["A.TST"]?["ASK"] == .null)
        #expect(try Self.incidents(desk, undone.file.name).allSatisfy { $0["drop"] == "\(made.drop)" })
        _ = try await Self.withdrawn(desk, 2)
        #expect(try posted(2)["A.TST"]?["BID"]?.integer == 1 && posted(2)["A.TST"]?["ASK"]?.integer == 2)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(try await desk.command(["audit", "verify", "--config", "postbox.yaml"]).code == 0)
    }

    @Test(
        "What was blanked is blanked again after the next wrong value; and a file that two withdrawals withdrew counts again when both are withdrawn, with no needless post"
    )
    func blankedAgain() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        for (name, text) in [
            ("eod_1.csv", "RIC,BID\nA.TST,1\n"), ("fx_2.csv", "RIC,BID,ASK\nA.TST,2,5\n"),
        ] {
            try desk.drop(name, text)
            #expect(try await desk.once() == 0, "\(desk.log())")
        }
        let service = try desk.start()
        try await Self.listens(desk)
        func last() throws -> String? { try simulator.posts().last?.fields }
        let first = try await Self.withdrawn(desk, 2)
        #expect(try last() == #"{"BID":1}"#)
        let answer = try await Self.withdraw(desk, ["2", "--blank", "--yes", "--json"])
        let second = try #require(JSONValue.parse(answer.output), "\(answer)")
        #expect(second["text"]?.text?.contains("1 field of 1 RIC had no value before and will be blanked") == true)
        #expect(second["facts"]?["fields"]?.integer == 1 && second["facts"]?["blanked"]?.integer == 1)
        let blanked = try #require(second["drop"]?.integer)
        _ = try await desk.finish("withdraw-cache-\(blanked).jsonl", in: .done)
        #expect(try last() == #"{"ASK":null}"#)
        // The blank is what was there before.
        try desk.drop("fx_3.csv", "RIC,ASK\nA.TST,7\n")
        _ = try await desk.finish("fx_3.csv", in: .done)
        _ = try await Self.withdrawn(desk, try desk.finished("fx_3.csv", in: .done).summary.drop)
        #expect(try last() == #"{"ASK":null}"#)
        // The second one counts still: nothing is posted.
        let posted = try simulator.posts().count
        let shown = try await Self.withdraw(desk, ["\(first.drop)"])
        #expect(shown.output.contains("drop 2 stays withdrawn by drop \(blanked)"), "\(shown)")
        let undone = try await Self.withdrawn(desk, first.drop)
        let posts = try simulator.posts().count
        #expect(undone.file.summary.rows == 0 && posts == posted)
        #expect(try Self.incidents(desk, undone.file.name).isEmpty)
        // None counts any more: what both had replaced is there again.
        let both = try await Self.withdraw(desk, ["\(blanked)", "--yes", "--json"])
        #expect(JSONValue.parse(both.output)?["facts"]?["fields"]?.integer == 2, "\(both)")
        try await eventually("both are posted") { try simulator.posts().count >= posted + 2 }
        let again = try simulator.posts().dropFirst(posted).compactMap(\.fields)
        #expect(Set(again) == [#"{"BID":2}"#, #"{"ASK":5}"#])
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(try await desk.command(["audit", "verify", "--config", "postbox.yaml"]).code == 0)
    }

    @Test(
        "Of a file that newer ones have replaced nothing is posted; it is withdrawn all the same, and the list tells each value from its Ack to the Ack of what replaced it"
    )
    func replacedMeanwhile() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        var acks: [[String]] = []
        for (name, text) in [
            ("fx_0.csv", "RIC,BID\nA.TST,1\n"), ("fx_1.csv", "RIC,BID\nA.TST,10\nA.TST,11\n"),
            ("fx_2.csv", "RIC,BID\nA.TST,2\n"),
        ] {
            try desk.drop(name, text)
            #expect(try await desk.once() == 0, "\(desk.log())")
            acks.append(try desk.finished(name, in: .done).column("settled_at"))
        }
        let service = try desk.start()
        try await Self.listens(desk)
        let posted = try simulator.posts().count
        let shown = try await Self.withdraw(desk, ["2"])
        #expect(
            shown.output.contains("no field holds one of the values any more; the values would be withdrawn"),
            "\(shown)")
        let made = try await Self.withdrawn(desk, 2)
        #expect(made.file.summary.rows == 0 && made.file.summary.verdict == "done")
        #expect(try simulator.posts().count == posted)
        let list = try Self.incidents(desk, made.file.name)
        #expect(list.map { $0["wrong"] } == ["10", "11"] && list.map { $0["replaced_by"] } == ["11", "2"], "\(list)")
        #expect(list.map { $0["from"] } == acks[1] && list.map { $0["until"] } == [acks[1][1], acks[2][0]], "\(list)")
        // It is withdrawn: once is enough, and what is withdrawn next is not replaced by it.
        #expect(
            try await Self.withdraw(desk, ["2", "--yes"]).errorOutput.contains(
                "no field holds one of the values any more"))
        _ = try await Self.withdrawn(desk, 3)
        #expect(try simulator.posts().last?.fields == #"{"BID":1}"#)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(try await desk.command(["audit", "verify", "--config", "postbox.yaml"]).code == 0)
    }

    @Test("A withdrawal at a destination that is down says wherever it is looked at that it waits for that, and why")
    func waitsForDestination() async throws {
        let (desk, simulator) = try await Desk.withSimulator(files: Self.files)
        try await Self.spoil(desk)
        // Nobody listens there.
        let page = try await ServedDesk.start(desk, "ws://127.0.0.1:1/WebSocket", files: Self.files)
        func ask(_ target: String) -> JSONValue { APITests.value(page.ask("GET", target)) ?? .null }
        try await eventually("it is tried") {
            ask("/api/v1/status")["destinations"]?.items.first?["last_error"] != nil
        }
        let made = try await Self.withdraw(desk, ["2", "--yes", "--json"])
        let drop = try #require(JSONValue.parse(made.output)?["drop"]?.integer, "\(made)")
        try await eventually("it is in work") {
            ask("/api/v1/status")["work"]?["files"]?.items.first?["waits_for"]?.items.isEmpty == false
        }
        let check = OpenAPICheck(ask("/api/openapi.json"))
        #expect(check.faults("GET", "/api/v1/status", status: 200, ask("/api/v1/status")) == [])
        let one = ask("/api/v1/drops/\(drop)")
        #expect(check.faults("GET", "/api/v1/drops/{drop}", status: 200, one) == [])
        #expect(one["waits_for"]?.items.map { $0["state"]?.text } == ["down"], "\(one)")
        let words = "waits for cache, which is down: ws://127.0.0.1:1/WebSocket"
        let status = try await desk.command(["status"])
        #expect(status.output.contains("drop \(drop) \(words)"), "\(status)")
        let shown = try await desk.command(["show", "\(drop)"])
        #expect(shown.output.contains("it \(words)") && shown.output.contains("It goes on by itself"), "\(shown)")
        let json = try await desk.command(["show", "\(drop)", "--json"])
        #expect(
            JSONValue.parse(json.output)?["drop"]?["waits_for"]?.items.map { $0["destination"]?.text } == ["cache"])
        let own = page.ask("GET", "/drops/\(drop)", headers: "Accept: text/html\r\n")
        #expect(own.contains("It \(words)"), "\(own)")
        page.service.send(SIGTERM)
        _ = try await page.service.exitCode()
        let stopped = try await desk.command(["show", "\(drop)"])
        #expect(stopped.code == 0 && !stopped.output.contains("waits for"), "\(stopped)")
        withExtendedLifetime(simulator) {}
    }

    @Test(
        "Where the rule wants four eyes one proposes, and another one who may sends it; a rule's user acts on his files alone"
    )
    func fourEyes() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rules = Self.files.replacing("post: refresh}", with: "post: refresh, release: {four_eyes: true}}")
        try desk.configure([simulator.url], files: rules)
        try await Self.spoil(desk)
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: """
                users:
                  a: {token_sha256: "\(ServedDesk.hash("a"))", may: [correct, release], rules: ["eod_*.csv"]}
                  b: {token_sha256: "\(ServedDesk.hash("b"))", may: [correct, release], rules: ["eod_*.csv"]}
                  c: {token_sha256: "\(ServedDesk.hash("c"))", may: [correct, release], rules: ["fx_*.csv"]}
                  d: {token_sha256: "\(ServedDesk.hash("d"))", may: [release]}
                """, files: rules)
        func ask(_ token: String, _ target: String, _ body: String) -> String {
            page.ask("POST", "/api/v1/\(target)", headers: "Authorization: Bearer \(token)\r\n", body: body)
        }
        let why = #"{"why":"wrong scale"}"#
        let posted = try simulator.posts().count
        #expect(ask("c", "drops/2/withdraw", why).hasPrefix("HTTP/1.1 403"))
        #expect(ask("d", "drops/2/withdraw", why).hasPrefix("HTTP/1.1 403"))
        #expect(ask("a", "drops/2/withdraw", "").hasPrefix("HTTP/1.1 422"))
        #expect(
            ask("a", "rules/fx_%2A.csv/withdraw", #"{"why":"x","since":"2020-01-01T00:00:00Z"}"#).hasPrefix(
                "HTTP/1.1 403"))
        #expect(ask("a", "rules/eod_%2A.csv/withdraw", why).hasPrefix("HTTP/1.1 400"))
        // Root is nobody in particular.
        #expect(try await Self.withdraw(desk, ["2", "--yes"]).code == 77)
        let document = try #require(
            APITests.value(page.ask("GET", "/api/openapi.json", headers: "Authorization: Bearer a\r\n")))
        let check = OpenAPICheck(document)
        let shown = ask("a", "drops/2/withdraw", #"{"preview":true}"#)
        #expect(shown.hasPrefix("HTTP/1.1 200"), "\(shown)")
        #expect(
            check.faults("POST", "/api/v1/drops/{drop}/withdraw", status: 200, APITests.value(shown) ?? .null) == [])
        #expect(shown.contains("Two people are needed: nothing would be posted before another person releases it"))
        let proposed = ask("a", "drops/2/withdraw", why)
        #expect(proposed.hasPrefix("HTTP/1.1 202"), "\(proposed)")
        #expect(
            proposed.contains("3 fields of 2 RICs would be replaced")
                && proposed.contains("is posted yet: a second person has to release it (postbox release "))
        #expect(ask("b", "drops/2/withdraw", why).contains("postbox release"))
        // Nor is it offered again.
        #expect(ask("a", "drops/2/withdraw", #"{"preview":true}"#).contains("page:a has proposed it already"))
        let offered = page.ask("GET", "/drops/2/withdraw", headers: "Authorization: Bearer a\r\n")
        #expect(offered.contains("page:a has proposed it already") && !offered.contains("Propose to withdraw"))
        let wrong = APITests.value(page.ask("GET", "/api/v1/drops/2", headers: "Authorization: Bearer a\r\n")) ?? .null
        #expect(check.faults("GET", "/api/v1/drops/{drop}", status: 200, wrong) == [])
        let withdrawal = wrong["withdrawals"]?.items.first
        #expect(withdrawal?["state"]?.text == "held" && withdrawal?["by"]?.text == "page:a", "\(wrong)")
        #expect(wrong["corrections"]?.items.isEmpty == true)
        let held = APITests.value(page.ask("GET", "/api/v1/held", headers: "Authorization: Bearer a\r\n"))?["held"]?
            .items.first
        let drop = try #require(held?["drop"]?.integer)
        #expect(
            held?["proposed_by"]?.text == "page:a" && held?["rows"]?.integer == 2 && held?["original"]?.integer == 2)
        #expect(held?["examples"]?.items.first { $0["ric"]?.text == "A.TST" }?["new"]?.text == "1.50")
        #expect(ask("a", "drops/\(drop)/release", "").hasPrefix("HTTP/1.1 202"))
        #expect(ask("c", "drops/\(drop)/release", "").hasPrefix("HTTP/1.1 403"))
        #expect(try simulator.posts().count == posted)
        // What is newer by the time of the release stays, and the list tells that it did replace the wrong value.
        try desk.drop("fx_2.csv", "RIC,BID\nA.TST,7\n")
        let newer = try await desk.finish("fx_2.csv", in: .done)
        #expect(ask("b", "drops/\(drop)/release", "").hasPrefix("HTTP/1.1 200"))
        let file = try await desk.finish("withdraw-cache-\(drop).jsonl", in: .done)
        #expect(file.summary.outcomes["acked"] == 1 && file.summary.outcomes["superseded"] == 1)
        let list = try Self.incidents(desk, file.name)
        let a = list.first { $0["ric"] == "A.TST" && $0["field"] == "BID" }
        #expect(
            list.count == 6 && a?["replaced_by"] == "7" && a?["until"] == newer.column("settled_at").first, "\(list)")
        try await page.stop()
    }

    @Test("Under four eyes a withdrawal that has nothing to post is done by one, and the record says that it was")
    func nothingToPropose() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rules = Self.files.replacing("post: refresh}", with: "post: refresh, release: {four_eyes: true}}")
        try desk.configure([simulator.url], files: rules)
        // What the wrong file said is replaced already.
        for (name, text) in [("eod_1.csv", "RIC,BID\nA.TST,150\n"), ("fx_1.csv", "RIC,BID\nA.TST,1.50\n")] {
            try desk.drop(name, text)
            #expect(try await desk.once() == 0, "\(desk.log())")
        }
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: """
                users:
                  a: {token_sha256: "\(ServedDesk.hash("a"))", may: [correct, release]}
                """, files: rules)
        let answer = page.ask(
            "POST", "/api/v1/drops/1/withdraw", headers: "Authorization: Bearer a\r\n", body: #"{"why":"w"}"#)
        #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
        try await page.stop()
        let record = desk.path(.done).deletingLastPathComponent().appendingPathComponent("record.jsonl")
        let acts = try String(contentsOf: record, encoding: .utf8).split(separator: "\n").compactMap { line in
            if case .act(let act)? = RecordLine(String(line))?.entry { act.act } else { nil }
        }
        #expect(acts == ["withdraw"])
    }

    @Test("A withdrawal that a second person refused is not sent again by one")
    func refusedIsNotResent() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let rules = Self.files.replacing("post: refresh}", with: "post: refresh, release: {four_eyes: true}}")
        try desk.configure([simulator.url], files: rules)
        try await Self.spoil(desk)
        let page = try await ServedDesk.start(
            desk, simulator.url,
            http: """
                users:
                  a: {token_sha256: "\(ServedDesk.hash("a"))", may: [correct, release]}
                  b: {token_sha256: "\(ServedDesk.hash("b"))", may: [correct, release]}
                """, files: rules)
        func ask(_ token: String, _ target: String) -> String {
            page.ask(
                "POST", "/api/v1/drops/\(target)", headers: "Authorization: Bearer \(token)\r\n", body: #"{"why":"w"}"#)
        }
        let posted = try simulator.posts().count
        #expect(ask("a", "2/withdraw").hasPrefix("HTTP/1.1 202"))
        let held = APITests.value(page.ask("GET", "/api/v1/held", headers: "Authorization: Bearer a\r\n"))?["held"]
        let drop = try #require(held?.items.first?["drop"]?.integer)
        #expect(ask("b", "\(drop)/refuse").hasPrefix("HTTP/1.1 200"))
        _ = try await desk.finish("withdraw-cache-\(drop).jsonl", in: .failed)
        let answer = ask("a", "\(drop)/resend")
        #expect(answer.hasPrefix("HTTP/1.1 409") && answer.contains("withdraw the file again"), "\(answer)")
        #expect(try simulator.posts().count == posted)
        #expect(ask("a", "2/withdraw").hasPrefix("HTTP/1.1 202"))
        try await page.stop()
    }

    @Test(
        "Killed at any step, it is there once and whole, or not at all, and goes on by itself",
        arguments: [
            "asked_written", "asked_recorded", "made_placed", "planned", "offered", "outcomes_written",
            "incidents_written", "result_complete", "settled", "moved", "closed",
        ])
    func killed(label: String) async throws {
        let (desk, _) = try await Desk.withSimulator(files: Self.files)
        try await Self.spoil(desk)
        let service = try desk.start(environment: ["POSTBOX_FAIL_POINT": label])
        try await Self.listens(desk)
        _ = try await Self.withdraw(desk, ["2", "--yes"])
        #expect(try await service.exitCode() == 137)
        #expect(try await desk.once() == 0, "\(desk.log())")
        let isThere = label != "asked_written"
        let names = desk.names(in: .done).filter { $0.hasPrefix("withdraw-") && $0.hasSuffix(".jsonl") }
        #expect(names.count == (isThere ? 1 : 0), "\(names)")
        for name in names {
            let file = try desk.finished(name, in: .done)
            #expect(file.summary.rows == 2 && file.column("ric").sorted() == ["A.TST", "B.TST"])
            #expect(try Self.incidents(desk, name).count == 6)
        }
        #expect(try HeldByChecks.work(desk).isEmpty)
        let value = try await Self.last(desk, "A.TST")["BID"]?["value"]?.word
        #expect(value == (isThere ? "1.50" : "150"))
        #expect(try await desk.command(["audit", "verify", "--config", "postbox.yaml"]).code == 0)
    }
}

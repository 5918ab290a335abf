import Foundation
import TestSupport
import Testing

/// An Ack is no proof of a value: with `verify` it is read back.
@Suite("What a server stores is read back, end to end", .serialized, .ownThreads)
struct VerifyTests {
    private static let verify = "verify: all"
    private static let three = "RIC,BID\nA.TST,1.50\nB.TST,2\nC.TST,3\n"

    /// The lines of `NAME.readback.csv` in the order of rows, or nil where there is none.
    private static func lines(_ file: Desk.Finished) -> [[String]]? {
        let path = file.folder.appendingPathComponent(file.name + ".readback.csv")
        guard let data = try? Data(contentsOf: path),
            let text = try? DelimitedText(String(decoding: data, as: UTF8.self))
        else { return nil }
        return text.lines.sorted { Int($0["row"] ?? "") ?? 0 < Int($1["row"] ?? "") ?? 0 }.map {
            [$0["row"] ?? "", $0["ric"] ?? "", $0["verified"] ?? "", $0["stored"] ?? ""]
        }
    }

    private static func verified(_ file: Desk.Finished) throws -> [String: Int]? {
        try summary(file)["verified"] as? [String: Int]
    }

    private static func warnings(_ file: Desk.Finished) throws -> [String] {
        try summary(file)["warnings"] as? [String] ?? []
    }

    private static func summary(_ file: Desk.Finished) throws -> [String: Any] {
        let data = try Data(contentsOf: file.folder.appendingPathComponent(file.name + ".summary.json"))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    @Test("What is stored otherwise or not at all is named row by row, and makes the file partial")
    func storedDifferently() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(
            """
            items:
              instead: [{ric: B.TST, field: BID, json: "-2.00"}]
              gone: [C.TST]
            """)
        try desk.configure([simulator.url], destination: Self.verify)
        try desk.drop("a.csv", Self.three)
        #expect(try await desk.once() == 2)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.verdict == "partial" && file.column("outcome") == ["acked", "acked", "acked"])
        #expect(
            Self.lines(file) == [
                ["1", "A.TST", "same", ""], ["2", "B.TST", "differs", #"{"BID":-2.00}"#], ["3", "C.TST", "absent", ""],
            ])
        #expect(
            try Self.verified(file) == ["same": 1, "differs": 1, "absent": 1, "overwritten": 0, "unverified": 0])
        #expect(desk.log().contains("stored_differently"))
        #expect(file.rejects == nil && desk.names(in: .work).isEmpty)
    }

    @Test("Values of every type read back equal, however the server writes them", arguments: [false, true])
    func types(enumTexts: Bool) async throws {
        let desk = try Desk()
        let fields = """
            !tag Version   7.1
            MY_REAL   "R"   1  NULL  PRICE        17       REAL64        8
            MY_INT    "I"   2  NULL  INTEGER      15       INT64         8
            MY_TEXT   "X"   3  NULL  ALPHANUMERIC 60       RMTES_STRING 60
            MY_ASCII  "A"   4  NULL  ALPHANUMERIC 60       ASCII_STRING 60
            MY_RATING "E"   5  NULL  ENUMERATED   5 ( 3 )  ENUM          2
            MY_DATE   "D"   6  NULL  DATE         11       DATE          4
            MY_TIME   "T"   7  NULL  TIME_SECONDS 8        TIME          8

            """
        let enums = """
            !tag DT_Version   1.1
            MY_RATING 5
                  1  "AAA"  best
               1431  "431"  number
              32692  "NR "  none

            """
        for (name, text) in [("RDMFieldDictionary", fields), ("enumtype.def", enums)] {
            try Spawning.write(Data(text.utf8), to: desk.folder.appendingPathComponent(name))
        }
        let files = "dictionary: {fields: RDMFieldDictionary, enums: enumtype.def}"
        let simulator = try await desk.simulate("\(files)\nitems: {enum_texts: \(enumTexts)}")
        try desk.configure(
            [simulator.url], top: files, destination: Self.verify, files: "  - {match: \"*\", post: refresh}")
        try desk.drop(
            "a.csv",
            #"""
            RIC,MY_REAL,MY_INT,MY_TEXT,MY_ASCII,MY_RATING,MY_DATE,MY_TIME
            A.TST,24.50,-7,é€日本,a/b,NR,2026-11-21,12:34
            B.TST,-0.00000000000001,922337203685477580,1 + 1 = 2 \\ x,x,AAA,21 NOV 2026,23:59:59.5
            C.TST,92233720368547758.07,,,,AAA,,
            D.TST,0.0,0,"say ""x""",~,AAA,20261121,1:02:03

            """#)
        #expect(try await desk.once() == 0)
        let file = try desk.finished("a.csv", in: .done)
        #expect(Self.lines(file)?.map { $0[2] } == Array(repeating: "same", count: 4), "\(Self.lines(file) ?? [])")
    }

    @Test("A row whose value a later one of the same file replaced is overwritten, and spoils nothing")
    func overwritten() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: Self.verify)
        try desk.drop("a.csv", "RIC,BID,ASK\nA.TST,1,5\nB.TST,7,8\nA.TST,2,5\n")
        #expect(try await desk.once() == 0)
        let file = try desk.finished("a.csv", in: .done)
        let outcomes = file.column("outcome")
        let first = outcomes.first == "acked" ? [["1", "A.TST", "overwritten", #"{"BID":2}"#]] : []
        #expect(Self.lines(file) == first + [["2", "B.TST", "same", ""], ["3", "A.TST", "same", ""]])
    }

    @Test("A row whose value a newer file replaced while it was read back is overwritten")
    func overwrittenByNewer() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("items: {delay: 3s}")
        try desk.configure([simulator.url], destination: Self.verify)
        try desk.drop("a.csv", Self.three)
        let service = try desk.start()
        try await eventually("a.csv is read back") { desk.log().contains("reading back") }
        // It holds no newer file back.
        try desk.drop("b.csv", "RIC,BID\nB.TST,20\n")
        let file = try await desk.finish("a.csv", in: .done)
        #expect(
            Self.lines(file) == [
                ["1", "A.TST", "same", ""], ["2", "B.TST", "overwritten", #"{"BID":20}"#], ["3", "C.TST", "same", ""],
            ])
        service.send(SIGTERM)
        _ = try await service.exitCode()
    }

    @Test("After a lost connection what had no answer is asked for again")
    func reconnect() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("disconnect: {after_items: 100, times: 1}")
        try desk.configure([simulator.url], destination: Self.verify + "\nverify_window: 30")
        try desk.drop("a.csv", "RIC,BID\n" + (1...300).map { "R\($0).TST,\($0)\n" }.joined())
        #expect(try await desk.once() == 0)
        let file = try desk.finished("a.csv", in: .done)
        #expect(try Self.verified(file)?["same"] == 300)
        #expect(Self.lines(file)?.count == 300 && desk.log().contains("disconnected"))
    }

    @Test(
        "Killed while it is read back, it is read back anew, and no row is sent again",
        arguments: ["verifying", "read_back", "summary_written", "settled", "placed"])
    func kill(label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("items: {gone: [C.TST]}\nunknown: [D.TST]")
        try desk.configure([simulator.url], destination: Self.verify)
        try desk.drop("a.csv", Self.three + "D.TST,4\nE.TST,#N/A\n")
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        #expect(try await desk.once() == 2)
        let file = try desk.finished("a.csv", in: .failed)
        #expect(try simulator.posts().count == 4)
        #expect(file.column("outcome") == ["acked", "acked", "acked", "nacked", "rejected"])
        #expect(Self.lines(file)?.map { $0[2] } == ["same", "same", "absent"])
        #expect(file.rejects.map { String(decoding: $0, as: UTF8.self) } == "RIC,BID\nD.TST,4\nE.TST,#N/A\n")
        #expect(desk.names(in: .work).isEmpty)
    }

    @Test(
        "Killed while it is read back, its summary has the warnings of its checks and its layout is kept, as without a kill",
        arguments: [nil, "layout_kept", "verifying", "read_back", "summary_written", "settled"])
    func killWithChecks(label: String?) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure(
            [simulator.url], destination: Self.verify,
            files: """
                  - match: "*.csv"
                    destination: cache
                    checks:
                      - {field: BID, max: 2, on_fail: warn}
                      - {rows: {min: 10}, on_fail: warn}
                      - {layout: unchanged, on_fail: reject}
                """)
        try desk.drop("a.csv", Self.three)
        if let label { #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137) }
        #expect(try await desk.once() == 0)
        let file = try desk.finished("a.csv", in: .done)
        #expect(try simulator.posts().count == 3)
        #expect(try Self.verified(file)?["same"] == 3)
        #expect(file.column("check_warnings").map { $0.hasPrefix("above_max: ") } == [false, false, true])
        #expect(try Self.summary(file)["check_warnings"] as? [String: Int] == ["above_max": 1])
        let warnings = try Self.warnings(file)
        #expect(warnings.count { $0.contains("3 rows") } == 1, "\(warnings)")
        // The next file is held to what it looked like.
        try desk.drop("b.csv", "RIC,BID,ASK\nA.TST,1,2\n")
        #expect(try await desk.once() == 3)
        #expect(try desk.finished("b.csv", in: .failed).summary.reason == "layout_changed")
    }

    @Test("A stop leaves it for the next start")
    func stop() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("items: {delay: 20s}")
        try desk.configure([simulator.url], destination: Self.verify)
        try desk.drop("a.csv", Self.three)
        let service = try desk.start()
        try await eventually("a.csv is read back") { desk.log().contains("reading back") }
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(desk.names(in: .work).count == 1 && desk.names(in: .done).isEmpty)
        let friendly = try await desk.simulate("known: all", name: "friendly")
        try desk.configure([friendly.url], destination: Self.verify)
        #expect(try await desk.once() == 2)
        // The other server has none of it.
        let file = try desk.finished("a.csv", in: .failed)
        #expect(try simulator.posts().count == 3 && friendly.posts().isEmpty)
        #expect(try Self.verified(file).map { ($0["differs"] ?? 0) + ($0["absent"] ?? 0) } == 3)
    }

    @Test(
        "A server that answers no request for an item is told once, and files end by their Acks",
        arguments: ["silent: true", "reject: {code: UsageError, text: no}"])
    func unsupported(items: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("items: {\(items)}")
        try desk.configure([simulator.url], destination: Self.verify + "\nack_timeout: 1s")
        try desk.drop("a.csv", Self.three)
        try desk.drop("b.csv", "RIC,BID\nD.TST,1\n")
        #expect(try await desk.once() == 0)
        for name in ["a.csv", "b.csv"] {
            let file = try desk.finished(name, in: .done)
            #expect(Self.lines(file) == nil && file.summary.verdict == "done")
            #expect(try Self.warnings(file).contains { $0.contains("cache answers no request for an item") })
        }
        #expect(desk.log().components(separatedBy: "verify_unsupported").count == 2)
    }

    @Test("What has no answer within `verify_within` is blank, with a warning, and the file is done")
    func late() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("items: {delay: 60s}")
        try desk.configure([simulator.url], destination: Self.verify + "\nverify_within: 1s")
        try desk.drop("a.csv", Self.three)
        #expect(try await desk.once() == 0)
        let file = try desk.finished("a.csv", in: .done)
        #expect(Self.lines(file)?.map { $0[2] } == ["", "", ""])
        #expect(try Self.verified(file)?["unverified"] == 3)
        #expect(try Self.warnings(file).contains { $0.contains("3 rows were not read back in time") })
        #expect(desk.log().contains("verify_incomplete"))
    }

    @Test("Requests keep within the rate where the server counts them, one by one where it takes no batches")
    func rate() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(
            "max_messages_per_second: 200\nover_rate: close\nitems: {count_in_rate: true, batch: false}")
        try desk.configure([simulator.url], destination: Self.verify + "\nmax_posts_per_second: 200")
        try desk.drop("a.csv", "RIC,BID\n" + (1...300).map { "R\($0).TST,\($0)\n" }.joined())
        #expect(try await desk.once() == 0)
        #expect(try Self.verified(desk.finished("a.csv", in: .done))?["same"] == 300)
        #expect(!desk.log().contains("disconnected"))
    }

    @Test("A share of the RICs is read back")
    func share() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: "verify: 10%")
        try desk.drop("a.csv", "RIC,BID\n" + (1...1000).map { "R\($0).TST,\($0)\n" }.joined())
        #expect(try await desk.once() == 0)
        let count = try Self.verified(desk.finished("a.csv", in: .done))?["same"] ?? 0
        #expect((50...160).contains(count), "\(count)")
    }
}

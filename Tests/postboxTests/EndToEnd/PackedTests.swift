import Foundation
import PostboxIO
import TestSupport
import Testing

/// Packed files through the whole program.
@Suite(
    "Packed files, end to end", .serialized, .ownThreads,
    .enabled(if: PackingTool.endings.contains("gz"), "python3 is missing"))
struct PackedTests {
    private func rows(_ count: Int) -> String {
        "RIC,BID\n" + (1...count).map { "R\($0).TST,\($0)\($0 == 7 ? "e5" : "")\n" }.joined()
    }

    @Test(
        "A packed file killed in the middle goes on where it was; its rejects are plain, and go by its rule",
        arguments: [("gz", "offered"), ("zip", "advanced"), ("xz", "outcomes_written"), ("bz2", "rejects_written")])
    func killed(_ ending: String, _ label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: "window: 10", files: "  - {match: \"*.csv.\(ending)\"}")
        let packed = try PackingTool.pack(Data(rows(200).utf8), ending)
        try desk.drop("eod.csv.\(ending)", packed)
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        _ = try await desk.once()
        let file = try desk.finished("eod.csv.\(ending)", in: .failed)
        #expect(file.column("row") == (1...200).map(String.init))
        #expect(file.summary.rows == 200 && file.summary.outcomes["rejected"] == 1)
        #expect(file.summary.sha256 == SHA256Text.of(Array(packed)) && file.summary.size == packed.count)
        #expect(file.summary.format == "csv")
        let rejects = "eod.csv.\(ending).rejects-1.csv"
        let text = try String(contentsOf: desk.path(.failed).appendingPathComponent(rejects), encoding: .utf8)
        #expect(text == "RIC,BID\nR7.TST,7e5\n")
        try desk.drop(rejects, "RIC,BID\nR7.TST,7\n")
        #expect(try await desk.once() == 0)
        #expect(try desk.finished(rejects, in: .done).column("outcome") == ["acked"])
        // The same name again is another drop, beside the first one.
        try desk.drop("eod.csv.\(ending)", try PackingTool.pack(Data(rows(9).utf8), ending))
        _ = try await desk.once()
        #expect(try desk.finished("eod.2.csv.\(ending)", in: .failed).summary.rows == 9)
    }

    @Test("A cut one is refused and nothing of it is sent, with its checksum of the packed file beside it")
    func cut() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let packed = try PackingTool.pack(Data(rows(20_000).utf8), "gz")
        try desk.drop("cut.csv.gz", packed.prefix(packed.count - 3))
        #expect(try await desk.once() == 3)
        #expect(try desk.finished("cut.csv.gz", in: .failed).summary.reason == "archive_damaged")
        try Data("\(SHA256Text.of(Array(packed)))  whole.csv.gz\n".utf8)
            .write(to: desk.path(.inbox).appendingPathComponent("whole.csv.gz.sha256"))
        try desk.drop("whole.csv.gz", packed)
        #expect(try await desk.once() == 2)
        #expect(try desk.finished("whole.csv.gz", in: .failed).summary.rows == 20_000)
        #expect(try simulator.posts().count == 19_999)
    }
}

import Foundation
import TestSupport
import Testing

@Suite("A spool that an older version left, end to end", .ownThreads)
struct OlderLedgerTests {
    @Test("A drop of every stage goes on from a ledger of schema 1")
    func schema1() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        func put(_ text: String, _ path: String) throws {
            let file = desk.folder.appendingPathComponent("spool/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Spawning.write(Data(text.utf8), to: file)
        }
        // What stands in that file, `LedgerTests` says.
        let kept = try BuiltProgram.packageFolder()
            .appendingPathComponent("Tests/PostboxIOTests/Ledger/ledger-1.sqlite")
        try FileManager.default.createDirectory(at: desk.path(.state), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: kept, to: desk.path(.state).appendingPathComponent("ledger.sqlite"))
        let prices = "RIC,BID\nA.N,1.5\nB.N,2.5\nC.N,3.5\n"
        try put(prices, "work/3/settled.csv")
        try put("its lines\n", "work/3/.result.part")
        try put("its summary\n", "work/3/.summary.part")
        try put(prices, "work/4/posting.csv")
        try put("RIC,BID\nE.N,9\n", "work/5/claimed.csv")
        try put("RIC,BID\nD.N,7\n", "work/6/closed.csv.rejects-1.csv")

        #expect(try await desk.once() == 0)
        #expect(desk.names(in: .work).filter { $0 != "guard" } + desk.names(in: .inbox) == [])
        let posting = try desk.finished("posting.csv", in: .done)
        #expect(posting.summary.drop == 4)
        #expect(posting.column("outcome") == ["acked", "acked", "acked"])
        #expect(posting.column("post_id") == ["401", "402", "403"])
        #expect(try desk.finished("claimed.csv", in: .done).column("fields") == [#"{"BID":9}"#])
        let correction = try desk.finished("closed.csv.rejects-1.csv", in: .done)
        #expect(correction.summary.drop == 6)
        #expect(correction.column("outcome") == ["acked"])
        for (name, text) in [("settled.csv", prices), ("settled.csv.result.csv", "its lines\n")] {
            let moved = desk.path(.done).appendingPathComponent(name)
            #expect(try String(contentsOf: moved, encoding: .utf8) == text)
        }
        #expect(desk.names(in: .done).contains("settled.csv.summary.json"))
        // Numbers go on behind the last one, which was forgotten.
        try desk.drop("new.csv", "RIC,BID\nF.N,1\n")
        #expect(try await desk.once() == 0)
        #expect(try desk.finished("new.csv", in: .done).summary.drop == 8)
    }
}

import Foundation
import TestSupport
import Testing

@Suite("Priority, end to end", .serialized, .ownThreads)
struct PriorityTests {
    private static let rows = 1500
    /// A quarter of a minute until the urgent file's RICs are handed over, however late it is seen on a busy machine.
    private static let slow = "window: 10\nmax_posts_per_second: 100"
    private static let quick = "window: 10\nmax_posts_per_second: 500"
    private static let files = """
          - {match: "urgent*", destination: cache, priority: 10}
          - {match: "*", destination: cache}
        """

    private static let big = "RIC,BID,ASK\n" + (1...rows).map { "R\($0).TST,1,2\n" }.joined()

    /// Of two RICs at the big file's end: one row covers the big one's, the other does not.
    private static let urgent = "RIC,BID,ASK\nR1400.TST,10,20\nR1450.TST,10,\n"

    private static func expectRight(_ desk: Desk, _ simulator: RunningSimulator) throws {
        let urgent = try desk.finished("urgent.csv", in: .done)
        #expect(urgent.column("outcome") == ["acked", "acked"])
        let big = try desk.finished("big.csv", in: .failed)
        #expect(big.rows.count == rows)
        let outcomes = Dictionary(big.rows.map { ($0["ric"] ?? "", $0) }) { first, _ in first }
        #expect(outcomes["R1400.TST"]?["outcome"] == "superseded")
        #expect(outcomes["R1400.TST"]?["superseded_by"] == "2:1")
        #expect(outcomes["R1400.TST"]?["reason"] == "never_sent")
        #expect(outcomes["R1400.TST"]?["post_id"] == "")
        #expect(outcomes["R1450.TST"]?["post_id"] == "")
        #expect(outcomes["R1450.TST"]?["outcome"] == "unsent")
        #expect(outcomes["R1450.TST"]?["reason"] == "overtaken")
        #expect(big.summary.outcomes["acked"] == rows - 2)
        let posts = try simulator.posts()
        for ric in ["R1400.TST", "R1450.TST"] {
            #expect(posts.filter { $0.ric == ric }.allSatisfy { $0.fields?.contains("\"BID\":10") == true })
        }
    }

    @Test("An urgent file goes in the middle of a big one, whose older values are not sent after it")
    func midFile() async throws {
        let (desk, simulator) = try await Desk.withSimulator(destination: Self.slow, files: Self.files)
        try desk.drop("big.csv", Self.big)
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 30 }
        try desk.drop("urgent.csv", Self.urgent)
        let urgent = try await desk.finish("urgent.csv", in: .done)
        let big = try await desk.finish("big.csv", in: .failed)
        #expect(urgent.summary.settledAt < big.summary.settledAt)
        try Self.expectRight(desk, simulator)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("Killed after the urgent file was done, the big one still sends nothing that is older")
    func killed() async throws {
        let (desk, simulator) = try await Desk.withSimulator(destination: Self.slow, files: Self.files)
        try desk.drop("big.csv", Self.big)
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 30 }
        try desk.drop("urgent.csv", Self.urgent)
        _ = try await desk.finish("urgent.csv", in: .done)
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        try desk.configure([simulator.url], destination: Self.quick, files: Self.files)
        #expect(try await desk.once() == 2)
        try Self.expectRight(desk, simulator)
    }

    @Test("Of files that wait together the urgent one goes first, and the older one's values stay the older ones")
    func waiting() async throws {
        let (desk, simulator) = try await Desk.withSimulator(destination: Self.quick, files: Self.files)
        try desk.drop("big.csv", Self.big)
        try desk.drop("urgent.csv", Self.urgent)
        #expect(try await desk.once() == 2)
        #expect(try simulator.posts().prefix(2).map(\.ric) == ["R1400.TST", "R1450.TST"])
        let urgent = try desk.finished("urgent.csv", in: .done)
        #expect(urgent.column("outcome") == ["acked", "acked"])
        let big = try desk.finished("big.csv", in: .failed)
        let outcomes = Dictionary(big.rows.map { ($0["ric"] ?? "", $0["outcome"] ?? "") }) { first, _ in first }
        #expect(outcomes["R1400.TST"] == "superseded" && outcomes["R1450.TST"] == "unsent")
    }
}

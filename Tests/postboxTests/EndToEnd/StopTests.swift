import Foundation
import TestSupport
import Testing

@Suite("Stops, crashes and lost connections, end to end", .serialized, .ownThreads)
struct StopTests {
    private static let rows = 300

    private static let file =
        "RIC,BID\n" + (1...rows).map { "R\($0).TST,\($0)\n" }.joined()

    /// Slow enough to be met in mid-file: ten posts at a time, each answered after a while.
    private static let slow = "ack_delay: 100ms"

    private static let small = "window: 10"

    /// Slow enough to be stopped in mid-file on a busy machine: a third of a minute.
    private static let slower = small + "\nmax_posts_per_second: 15"

    /// Reads and answers no more after so many posts of the first connection, until whoever made it is gone.
    private static func stopping(after posts: Int) -> String {
        slow + "\nstall: {after_posts: \(posts), for: 100s}\nlogin: {ping_timeout: 300s}"
    }

    /// Every row has exactly one line, and its value is its own.
    private static func expectWhole(_ file: Desk.Finished, outcomes: Set<String> = ["acked"]) {
        #expect(file.column("row") == (1...rows).map(String.init))
        #expect(file.column("ric") == (1...rows).map { "R\($0).TST" })
        #expect(file.column("fields") == (1...rows).map { "{\"BID\":\($0)}" })
        #expect(Set(file.column("outcome")).isSubset(of: outcomes), "\(Set(file.column("outcome")))")
        #expect(file.summary.rows == rows)
        #expect(file.summary.outcomes.values.reduce(0, +) == rows)
    }

    @Test("SIGTERM in mid-file drains and ends with 0; the rest goes on at the next start, no row lost or sent twice")
    func terminate() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.slow)
        try desk.configure([simulator.url], destination: Self.slower)
        try desk.drop("a.csv", Self.file)
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 40 }
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
        let before = try simulator.events()
        let posted = before.filter { $0.event == "post" }.count
        try #require(posted < Self.rows)
        #expect(before.filter { $0.event == "answer" }.count == posted)
        #expect(desk.names(in: .inbox).isEmpty && desk.names(in: .done).isEmpty && desk.names(in: .failed).isEmpty)

        try desk.configure([simulator.url], destination: Self.small)
        #expect(try await desk.once() == 0)
        Self.expectWhole(try desk.finished("a.csv", in: .done))
        #expect(try simulator.posts().count == Self.rows)
        #expect(desk.names(in: .work).isEmpty)
    }

    @Test("SIGTERM during run --once is 75: resumable")
    func interrupted() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.slow)
        try desk.configure([simulator.url], destination: Self.slower)
        try desk.drop("a.csv", Self.file)
        let once = try desk.start(["--once"])
        try await eventually("a part is posted") { try simulator.posts().count >= 40 }
        once.send(SIGINT)
        #expect(try await once.exitCode() == 75)
        try desk.configure([simulator.url], destination: Self.small)
        #expect(try await desk.once() == 0)
        Self.expectWhole(try desk.finished("a.csv", in: .done))
        #expect(try simulator.posts().count == Self.rows)
    }

    @Test("kill -9 in mid-file: after the restart every row has exactly one line", arguments: [20, 150, 280])
    func killed(after count: Int) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.stopping(after: count))
        try desk.configure([simulator.url], destination: Self.small + "\nack_timeout: 300s")
        try desk.drop("a.csv", Self.file)
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= count }
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)
        let posted = Set(try simulator.posts().map(\.ric))
        try #require(posted.count < Self.rows)

        #expect(try await desk.once() == 0)
        Self.expectWhole(try desk.finished("a.csv", in: .done))
        // At least once on the wire, and twice only for what was in doubt: a few windows at most.
        let all = try simulator.posts()
        #expect(Set(all.map(\.ric)).count == Self.rows)
        #expect(all.count - Self.rows <= 40)
        #expect(desk.names(in: .work).isEmpty && desk.names(in: .inbox).isEmpty)
    }

    @Test("resend: never leaves rows in doubt unknown after kill -9 and sends none of them twice")
    func neverResent() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.stopping(after: 100))
        try desk.configure([simulator.url], destination: Self.small + "\nack_timeout: 300s\nresend: never")
        try desk.drop("a.csv", Self.file)
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 100 }
        service.send(SIGKILL)
        #expect(try await service.exitCode() == 137)

        let code = try await desk.once()
        #expect(code == 4)
        let file = try desk.finished("a.csv", in: .failed)
        Self.expectWhole(file, outcomes: ["acked", "unknown"])
        let posts = Dictionary(grouping: try simulator.posts(), by: \.ric)
        #expect(posts.values.allSatisfy { $0.count == 1 })
        for row in file.rows where row["outcome"] == "acked" { #expect(posts[row["ric"] ?? ""] != nil) }
    }

    @Test(
        "Power fails between two steps of a file's life: the next start finishes it, each row once",
        arguments: [
            "claim_recorded", "claim_renamed", "claimed", "planned", "outcomes_written", "result_complete",
            "rejects_written", "settled", "guarded", "moved", "closed",
        ])
    func failPoint(label: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("unknown: [R7.TST]")
        try desk.configure([simulator.url], destination: Self.small)
        try desk.drop("a.csv", Self.file)
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        let code = try await desk.once()
        // Whoever closes a file tells its verdict, also where only its moves were left to do.
        #expect(code == (label == "closed" ? 0 : 2))
        let file = try desk.finished("a.csv", in: .failed)
        Self.expectWhole(file, outcomes: ["acked", "nacked"])
        #expect(file.summary.outcomes["nacked"] == 1)
        #expect(file.rejects.map { String(decoding: $0, as: UTF8.self) } == "RIC,BID\nR7.TST,7\n")
        #expect(desk.names(in: .work).isEmpty && desk.names(in: .inbox).isEmpty && desk.names(in: .done).isEmpty)
        #expect(desk.names(in: .failed).count == 4)
    }

    @Test("A connection that is lost in mid-file is made again, and the file is done", arguments: ["reset", "close"])
    func disconnected(how: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate("disconnect: {after_posts: 60, times: 2, how: \(how)}")
        try desk.configure([simulator.url], destination: Self.small)
        try desk.drop("a.csv", Self.file)
        #expect(try await desk.once() == 0)
        let file = try desk.finished("a.csv", in: .done)
        Self.expectWhole(file)
        let posts = try simulator.posts()
        #expect(Set(posts.map(\.connection)) == [1, 2, 3])
        #expect(Set(posts.map(\.ric)).count == Self.rows)
        // Nothing older is sent after something newer for its RIC: each RIC has one value, so twice is the worst.
        #expect(Dictionary(grouping: posts, by: \.ric).values.allSatisfy { $0.count <= 3 })
        #expect(desk.log().contains(" disconnected "))
    }

    @Test("A server that goes away for good in mid-file: 75, and the next start goes on")
    func gone() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.stopping(after: 40))
        try desk.configure([simulator.url], destination: Self.small + "\nack_timeout: 300s")
        try desk.drop("a.csv", Self.file)
        let once = try desk.start(["--once", "--wait", "8s"])
        try await eventually("a part is posted") { try simulator.posts().count >= 40 }
        simulator.process.send(SIGKILL)
        #expect(try await once.exitCode() == 75)
        #expect(desk.names(in: .done).isEmpty && desk.names(in: .failed).isEmpty)

        let second = try await desk.simulate(name: "second")
        try desk.configure([second.url], destination: Self.small)
        #expect(try await desk.once() == 0)
        Self.expectWhole(try desk.finished("a.csv", in: .done))
    }

    @Test("Acks that are late, packed, doubled and in any order all find their rows")
    func acksInDisorder() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(
            "unknown: [R100.TST]\nreorder_acks: {window: 7, seed: 3}\npack_acks: true\nduplicate_acks_every: 5")
        try desk.configure([simulator.url], destination: "window: 50")
        try desk.drop("a.csv", Self.file)
        #expect(try await desk.once() == 2)
        let file = try desk.finished("a.csv", in: .failed)
        Self.expectWhole(file, outcomes: ["acked", "nacked"])
        #expect(file.rows.filter { $0["outcome"] == "nacked" }.map { $0["ric"] } == ["R100.TST"])
    }
}

import Foundation
import TestSupport
import Testing

@Suite("Files that are not still, end to end", .serialized, .ownThreads)
struct GrowingFileTests {
    private func serve(_ desk: Desk) async throws -> ChildProcess {
        let service = try desk.start()
        try await eventually("the service has started") { service.errorOutput.contains(" started ") }
        return service
    }

    private func stop(_ service: ChildProcess) async throws {
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    private static func time(_ text: String) throws -> Date {
        try Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// Runs a program to its end.
    private static func run(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        try Spawning.start(process)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(arguments)")
    }

    @Test("A producer that comes back within the settle time is waited for", arguments: [200, 1500])
    func reopened(gapMilliseconds: Int) async throws {
        // A producer that was late, on a machine that is too busy, tells nothing: then it has more time.
        for settle in [6, 30, 120] where try await isWaitedFor(gapMilliseconds: gapMilliseconds, settle: settle) {
            return
        }
        Issue.record("the producer was late by two minutes")
    }

    /// False: the producer came back later than after half of the settle time.
    private func isWaitedFor(gapMilliseconds: Int, settle: Int) async throws -> Bool {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "settle: \(settle)s\nrescan: 100ms")
        let service = try await serve(desk)
        let path = desk.path(.inbox).appendingPathComponent("a.csv")
        var text = "RIC,BID\n"
        var closing = ContinuousClock.now
        var gaps: [Duration] = []
        for round in 1...3 {
            // The gap is what is tested, not a state that is waited for.
            if round > 1 { try await Task.sleep(for: .milliseconds(gapMilliseconds)) }
            let writer = Result { try round == 1 ? desk.create("a.csv") : FileHandle(forWritingTo: path) }
            gaps.append(.now - closing)
            guard gaps[round - 1] < .seconds(settle) / 2 else {
                try await stop(service)
                return false
            }
            guard case .success(let writer) = writer else {
                Issue.record("it was not waited for: settle \(settle) s, the producer's gaps \(gaps)\n\(desk.log())")
                try await stop(service)
                return true
            }
            text += "\(round).TST,1\n"
            try writer.seekToEnd()
            try writer.write(contentsOf: Data(text.utf8))
            text = ""
            closing = .now
            try writer.close()
        }
        #expect(try await desk.finish("a.csv", in: .done).column("ric") == ["1.TST", "2.TST", "3.TST"])
        try await stop(service)
        return true
    }

    @Test("A copy that keeps its old modification time is taken after settle, not at once", arguments: [true, false])
    func copied(isRunning: Bool) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "settle: 1s")
        let old = desk.folder.appendingPathComponent("old.csv")
        try Data("RIC,BID\nA.TST,1\n".utf8).write(to: old)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)], ofItemAtPath: old.path)
        let service = isRunning ? try await serve(desk) : nil
        let copiedAt = Date()
        try Self.run("cp", "-p", old.path, desk.path(.inbox).appendingPathComponent("a.csv").path)
        let copy = desk.path(.inbox).appendingPathComponent("a.csv")
        let modified = try FileManager.default.attributesOfItem(atPath: copy.path)[.modificationDate] as? Date
        #expect(modified == Date(timeIntervalSince1970: 1_000_000_000))
        if service == nil { #expect(try await desk.once() == 0) }
        let file = try await desk.finish("a.csv", in: .done)
        #expect(try Self.time(file.summary.claimedAt).timeIntervalSince(copiedAt) >= 0.99)
        if let service { try await stop(service) }
    }

    @Test("A file that grows while it is read for the first time is refused, and nothing of it is sent")
    func growsInFirstPass() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let service = try await serve(desk)
        let outside = desk.folder.appendingPathComponent("outside.csv")
        let row = "A.TST,1.1\n"
        try Data(("RIC,BID\n" + String(repeating: row, count: 800_000)).utf8).write(to: outside)
        let writer = try FileHandle(forWritingTo: outside)
        try writer.seekToEnd()
        // Renamed into place with its writer still at it: taken at once.
        try FileManager.default.moveItem(at: outside, to: desk.path(.inbox).appendingPathComponent("a.csv"))
        let summary = desk.path(.failed).appendingPathComponent("a.csv.summary.json").path
        try await eventually("it is claimed") {
            desk.names(in: .inbox).isEmpty || FileManager.default.fileExists(atPath: summary)
        }
        try await eventually("the growing file is finished") {
            try writer.write(contentsOf: Data(row.utf8))
            return FileManager.default.fileExists(atPath: summary)
        }
        try writer.close()
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.verdict == "refused" && file.summary.reason == "changed_while_read")
        #expect(try simulator.posts().isEmpty)
        try await stop(service)
    }

    /// A file of two megabytes with long rows, posted slowly: when its first row has been sent, its end is not read again yet.
    ///
    /// `ackDelay`: what forty posts wait; about five hundred rows are read ahead of their posts.
    private func changed(
        ackDelay: String = "1s", _ change: (FileHandle, _ size: Int) throws -> Void
    ) async throws -> (Desk.Finished, posts: Int) {
        let desk = try Desk()
        let simulator = try await desk.simulate("ack_delay: \(ackDelay)")
        try desk.configure([simulator.url], destination: "window: 40")
        let service = try await serve(desk)
        let rows = (1...1000).map { "\($0).TST,\($0),\(String(repeating: "x", count: 2000))\n" }.joined()
        let text = "RIC,BID,GEN_TEXT16\n" + rows
        try desk.drop("a.csv", text)
        try await eventually("a row was sent") { try !simulator.posts().isEmpty }
        let inWork = try #require(desk.names(in: .work).first { Int($0) != nil })
        let writer = try FileHandle(forUpdating: desk.path(.work).appendingPathComponent(inWork + "/a.csv"))
        try change(writer, text.utf8.count)
        try writer.close()
        let ended = desk.path(.failed).appendingPathComponent("a.csv.summary.json").path
        let done = desk.path(.done).appendingPathComponent("a.csv.summary.json").path
        try await eventually("the file is finished") {
            FileManager.default.fileExists(atPath: ended) || FileManager.default.fileExists(atPath: done)
        }
        try await stop(service)
        let file = try desk.finished("a.csv", in: FileManager.default.fileExists(atPath: done) ? .done : .failed)
        #expect(try simulator.posts().allSatisfy { $0.fields?.contains("changed") == false })
        return (file, try simulator.posts().count)
    }

    @Test("What is overwritten before its second reading is not sent, and nothing after it")
    func overwritten() async throws {
        let (file, posts) = try await changed { writer, size in
            try writer.seek(toOffset: UInt64(size - 100))
            try writer.write(contentsOf: Data("changed".utf8))
        }
        #expect(file.summary.verdict == "partial" && file.summary.reason == "changed_while_read")
        let outcomes = file.column("outcome")
        #expect(outcomes.count == 1000 && outcomes.last == "unsent" && outcomes.first == "acked")
        #expect(outcomes.filter { $0 == "acked" }.count == posts)
        #expect(file.rows.filter { $0["outcome"] == "unsent" }.allSatisfy { $0["reason"] == "changed_while_read" })
    }

    @Test("What is cut off before its second reading ends unsent")
    func cutOff() async throws {
        let (file, posts) = try await changed { writer, size in try writer.truncate(atOffset: UInt64(size / 2)) }
        #expect(file.summary.verdict == "partial" && file.summary.reason == "changed_while_read")
        let outcomes = file.column("outcome")
        #expect(outcomes.count == 1000 && outcomes.last == "unsent" && outcomes.first == "acked")
        #expect(outcomes.filter { $0 == "acked" }.count == posts)
    }

    @Test("What is written behind the end after the first reading is not sent: the rows are those that were read")
    func appended() async throws {
        let (file, posts) = try await changed(ackDelay: "500ms") { writer, _ in
            try writer.seekToEnd()
            try writer.write(contentsOf: Data("LATE.TST,1,changed\n".utf8))
        }
        #expect(file.summary.verdict == "done" && file.summary.rows == 1000 && posts == 1000)
    }

    @Test("A file that was spoilt between a kill and the next start keeps the outcomes that it had")
    func spoiltAfterKill() async throws {
        let desk = try Desk()
        // The first outcome is written before the others are there.
        let simulator = try await desk.simulate("ack_delay: 1s")
        try desk.configure([simulator.url], destination: "window: 1")
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\nB.TST,2\nC.TST,3\n")
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": "outcomes_written"]) == 137)
        // No longer whole: as a file that was never sent it would be refused.
        let inWork = try #require(desk.names(in: .work).first { Int($0) != nil })
        try Data("RIC,BID\nA.TST,\"1".utf8).write(to: desk.path(.work).appendingPathComponent(inWork + "/a.csv"))
        _ = try await desk.once()
        let file = try desk.finished("a.csv", in: .failed)
        #expect(file.summary.verdict != "refused" && file.summary.reason == "changed_while_read")
        #expect(file.rows.count == 3 && file.column("outcome").contains("acked"))
        #expect(Set(file.column("outcome")).isSubset(of: ["acked", "unknown", "unsent"]))
    }
}

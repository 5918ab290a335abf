import Foundation
import TestSupport
import Testing

@Suite("The inbox, end to end", .serialized, .ownThreads)
struct InboxTests {
    /// A writer of ours that keeps its file open.
    private struct Writer {
        private let handle: FileHandle

        init(_ name: String, at desk: Desk) throws { handle = try desk.create(name) }

        func write(_ text: String) throws { try handle.write(contentsOf: Data(text.utf8)) }
        func close() throws { try handle.close() }
    }

    @Test("Names that producers use while they write stay in the inbox, and so do folders and links")
    func ignored() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let names = [".hidden.csv", "a.csv.tmp", "b.part", "c.csv.partial", "d.filepart", "e.csv~"]
        for name in names { try desk.drop(name, "RIC,BID\nA.TST,1\n") }
        let inbox = desk.path(.inbox)
        try FileManager.default.createDirectory(
            at: inbox.appendingPathComponent("folder.csv"), withIntermediateDirectories: false)
        let target = desk.folder.appendingPathComponent("elsewhere.csv")
        try Data("RIC,BID\nLINK.TST,1\n".utf8).write(to: target)
        try FileManager.default.createSymbolicLink(
            at: inbox.appendingPathComponent("link.csv"), withDestinationURL: target)
        try desk.drop("good.csv", "RIC,BID\nA.TST,1\n")

        #expect(try await desk.once() == 0)
        _ = try desk.finished("good.csv", in: .done)
        #expect(desk.names(in: .inbox) == (names + ["folder.csv", "link.csv"]).sorted())
        #expect(FileManager.default.fileExists(atPath: target.path))
        #expect(try simulator.posts().map(\.ric) == ["A.TST"])
        let warnings = desk.log().split(separator: "\n").filter { $0.contains("link.csv") }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(" ignored ") == true)
    }

    @Test("A file that was renamed into place is taken at once, however long settle is")
    func renamed() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "settle: 1h")
        let service = try desk.start()
        try await eventually("the service has started") { service.errorOutput.contains(" started ") }
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
        #expect(try await desk.finish("a.csv", in: .done).summary.verdict == "done")
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("A file that is written slowly is taken only after its close and settle")
    func slowWriter() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "settle: 400ms\nrescan: 200ms")
        let service = try desk.start()
        try await eventually("the service has started") { service.errorOutput.contains(" started ") }

        let slow = try Writer("slow.csv", at: desk)
        try slow.write("RIC,BID\nA.TST,1\n")
        // Another file is written and closed later; when that one is done, settle has passed for the first as well.
        for round in 1...2 {
            let quick = try Writer("quick\(round).csv", at: desk)
            try quick.write("RIC,BID\nQ\(round).TST,1\n")
            try quick.close()
            _ = try await desk.finish("quick\(round).csv", in: .done)
            #expect(desk.names(in: .inbox) == ["slow.csv"])
        }
        try slow.write("B.TST,2\n")
        let closing = Date()
        try slow.close()
        let file = try await desk.finish("slow.csv", in: .done)
        #expect(file.column("ric") == ["A.TST", "B.TST"])
        let claimed = try Date(
            file.summary.claimedAt, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        #expect(claimed.timeIntervalSince(closing) >= 0.39)
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("A file that its producer opens again after a close is not taken in between")
    func reopened() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "settle: 2s")
        let service = try desk.start()
        try await eventually("the service has started") { service.errorOutput.contains(" started ") }
        let path = desk.path(.inbox).appendingPathComponent("a.csv")
        let first = try Writer("a.csv", at: desk)
        try first.write("RIC,BID\nA.TST,1\n")
        try first.close()
        let second = try FileHandle(forWritingTo: path)
        try second.seekToEnd()
        try second.write(contentsOf: Data("B.TST,2\n".utf8))
        try second.close()
        let file = try await desk.finish("a.csv", in: .done)
        #expect(file.column("ric") == ["A.TST", "B.TST"])
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test("Files that lie in the inbox at the start are taken in the order of their arrival")
    func order() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let names = ["c.csv", "a.csv", "b.csv"]
        for name in names { try desk.drop(name, "RIC,BID\n\(name.uppercased()),1\n") }
        #expect(try await desk.once() == 0)
        let drops = try names.map { try desk.finished($0, in: .done).summary.drop }
        #expect(drops == drops.sorted())
    }
}

import Foundation
import TestSupport
import Testing

/// The service runs and the machine around it fails: what is in flight settles, nothing new is taken, the log says what is
/// needed, and work goes on by itself when it is given.
@Suite("A spool in trouble, end to end", .serialized, .ownThreads)
struct SpoolTroubleTests {
    private static let rows = 200
    /// Three seconds for a file.
    private static let slow = "ack_delay: 150ms"
    private static let small = "window: 10"

    private static func text(_ first: Int) -> String {
        "RIC,BID\n" + (1...rows).map { "R\($0).TST,\(first + $0)\n" }.joined()
    }

    private static func expectWhole(_ file: Desk.Finished, _ first: Int) {
        #expect(file.column("row") == (1...rows).map(String.init))
        #expect(file.column("fields") == (1...rows).map { "{\"BID\":\(first + $0)}" })
        #expect(Set(file.column("outcome")) == ["acked"])
    }

    private static func disk(_ desk: Desk) -> WatchedDisk {
        WatchedDisk(desk.path(.inbox).deletingLastPathComponent(), in: desk.folder)
    }

    private static func stop(_ service: ChildProcess) async throws {
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    /// Every post that came was answered, and no more come.
    private static func isQuiet(_ simulator: RunningSimulator) throws -> Bool {
        let events = try simulator.events()
        guard let last = events.last else { return false }
        let posts = events.count { $0.event == "post" }
        return events.count == 2 * posts && Date().timeIntervalSince1970 - Double(last.time) / 1e6 > 0.5
    }

    @Test(
        "The disk is full, fails, or is read-only in mid-file: answers are kept, nothing is claimed, all goes on by itself",
        arguments: [
            (ENOSPC, "free some space"), (EIO, "Input/output error"), (EROFS, "make the file system writable again"),
        ])
    func disk(errno: Int32, words: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.slow)
        let told = desk.folder.appendingPathComponent("told").path
        try desk.configure([simulator.url], top: "alert_command: cat >> \(told)", destination: Self.small)
        let disk = Self.disk(desk)
        try desk.drop("a.csv", Self.text(1000))
        let service = try desk.start(environment: disk.environment(onceBroken: errno))
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        try disk.breakDown()
        try desk.drop("b.csv", Self.text(2000))
        try await eventually("an alert says what is needed") {
            (try? String(contentsOfFile: told, encoding: .utf8))?.contains(words) == true
        }
        #expect(service.errorOutput.contains(words))
        try await eventually("what is in flight is answered") { try Self.isQuiet(simulator) }
        #expect(desk.names(in: .inbox) == ["b.csv"])
        #expect(service.isRunning)

        try disk.mend()
        Self.expectWhole(try await desk.finish("a.csv", in: .done), 1000)
        Self.expectWhole(try await desk.finish("b.csv", in: .done), 2000)
        try await Self.stop(service)
        // Nothing that was answered was sent again.
        #expect(try simulator.posts().count == 2 * Self.rows)
    }

    @Test("Answers of two destinations for one file that cannot be written for now do not overwrite each other")
    func twoDestinations() async throws {
        let desk = try Desk()
        let simulators = [
            try await desk.simulate(Self.slow, name: "one"), try await desk.simulate("ack_delay: 120ms", name: "two"),
        ]
        try desk.configure(
            simulators.map(\.url), destination: "window: 10",
            files: """
                  - match: "*.csv"
                    destination: [cache, second]
                    ric: {column: RIC}
                    fields: {BID: BID}
                """)
        let disk = Self.disk(desk)
        try desk.drop("a.csv", Self.text(1000))
        let service = try desk.start(environment: disk.environment(onceBroken: ENOSPC))
        try await eventually("a part is posted") { try simulators[0].posts().count >= 20 }
        try disk.breakDown()
        try await eventually("the log tells") { service.errorOutput.contains("free some space") }
        try await eventually("what is in flight is answered") { try simulators.allSatisfy(Self.isQuiet) }
        try disk.mend()
        let file = try await desk.finish("a.csv", in: .done)
        for name in ["cache", "second"] {
            let rows = file.rows.filter { $0["destination"] == name }
            #expect(rows.map { $0["row"] ?? "" } == (1...Self.rows).map(String.init))
            #expect(rows.allSatisfy { $0["outcome"] == "acked" })
        }
        try await Self.stop(service)
        for simulator in simulators { #expect(try simulator.posts().count == Self.rows) }
    }

    @Test("A stop while the disk is full ends with 74 after drain_timeout; the next start finishes the file")
    func stopOnFullDisk() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.slow)
        try desk.configure([simulator.url], top: "drain_timeout: 1s", destination: Self.small)
        let disk = Self.disk(desk)
        try desk.drop("a.csv", Self.text(1000))
        let service = try desk.start(environment: disk.environment(onceBroken: ENOSPC))
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        try disk.breakDown()
        try await eventually("the log tells") { service.errorOutput.contains("free some space") }
        service.send(SIGTERM)
        #expect(try await service.exitCode(within: .seconds(100)) == 74)
        #expect(service.errorOutput.contains(" gave_up "))
        #expect(try await desk.once() == 0)
        Self.expectWhole(try desk.finished("a.csv", in: .done), 1000)
    }

    @Test("run --once gives a full disk the time of --wait, then ends with 74; the next start finishes the file")
    func onceOnFullDisk() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.slow)
        try desk.configure([simulator.url], destination: Self.small)
        let disk = Self.disk(desk)
        try desk.drop("a.csv", Self.text(1000))
        let once = try desk.start(["--once", "--wait", "8s"], environment: disk.environment(onceBroken: ENOSPC))
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        try disk.breakDown()
        #expect(try await once.exitCode(within: .seconds(100)) == 74)
        #expect(try await desk.once() == 0)
        Self.expectWhole(try desk.finished("a.csv", in: .done), 1000)
    }

    @Test("Too few open files are allowed: the log says so, and work goes on when more are")
    func openFiles() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.slow)
        try desk.configure([simulator.url], top: "rescan: 1s", destination: Self.small)
        try desk.drop("a.csv", Self.text(1000))
        // Its open files are looked at from outside.
        let service = try desk.start(environment: ["POSTBOX_TRACEABLE": "1"])
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        // A few are left: the program takes none of the last ones for files, as libdispatch could not go on without any.
        try Self.limitOpenFiles(of: service, to: try Self.lowestFreeFile(of: service) + 3)
        try desk.drop("b.csv", Self.text(2000))
        try await eventually("the log says what is needed") {
            service.errorOutput.contains("raise the limit of open files (ulimit -n)")
        }
        try await eventually("what is in flight is answered") { try Self.isQuiet(simulator) }
        #expect(service.isRunning)
        #expect(!desk.names(in: .done).contains { $0.hasSuffix(".summary.json") })

        try Self.limitOpenFiles(of: service, to: 1024)
        Self.expectWhole(try await desk.finish("a.csv", in: .done), 1000)
        Self.expectWhole(try await desk.finish("b.csv", in: .done), 2000)
        try await Self.stop(service)
        #expect(try simulator.posts().count == 2 * Self.rows)
    }

    private static func lowestFreeFile(of service: ChildProcess) throws -> Int {
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.processIdentifier)/fd")
        let open = Set(names.compactMap { Int($0) })
        return (0...open.count).first { !open.contains($0) } ?? open.count
    }

    private static func limitOpenFiles(of service: ChildProcess, to count: Int) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
        process.arguments = ["--pid", "\(service.processIdentifier)", "--nofile=\(count):"]
        try Spawning.start(process)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test(
        "done/ or inbox/ is removed while a file is in work: it is made again", arguments: [Desk.Folder.done, .inbox])
    func folderGone(folder: Desk.Folder) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate(Self.slow)
        try desk.configure([simulator.url], destination: Self.small)
        try desk.drop("a.csv", Self.text(1000))
        let service = try desk.start()
        try await eventually("a part is posted") { try simulator.posts().count >= 20 }
        try FileManager.default.removeItem(at: desk.path(folder))
        Self.expectWhole(try await desk.finish("a.csv", in: .done), 1000)
        try await eventually("it is there again") { FileManager.default.fileExists(atPath: desk.path(folder).path) }
        try desk.drop("b.csv", Self.text(2000))
        Self.expectWhole(try await desk.finish("b.csv", in: .done), 2000)
        try await Self.stop(service)
        #expect(try simulator.posts().count == 2 * Self.rows)
    }
}

import Foundation
import TestSupport
import Testing

/// One call after the other that the program makes on its spool fails, the ledger's among them, once or until the disk is
/// mended; afterwards nothing may be lost, doubled or out of order.
///
/// `POSTBOX_FAULTS=all` takes every call; a sample else.
@Suite("A disk that fails, end to end", .serialized, .ownThreads)
struct DiskFaultTests {
    private static let isWhole = ProcessInfo.processInfo.environment["POSTBOX_FAULTS"] == "all"
    private static let atOnce = 8

    /// Words that tell an operator what is wrong with the disk.
    private static let words = [
        "No space left on device", "Input/output error", "disk is full", "disk I/O error", "unable to open",
    ]

    /// The calls of a run without any fault.
    private static func calls() async throws -> [WatchedDisk.Entry] {
        let (desk, simulator) = try await Desk.withSimulator(SmallContribution.scenario)
        try SmallContribution.drop(at: desk)
        let disk = WatchedDisk(desk.path(.inbox).deletingLastPathComponent(), in: desk.folder)
        let code = try await desk.once(environment: disk.environment())
        try #require(code == 2, "\(desk.log())")
        try SmallContribution.verify(desk, simulator.events())
        return try disk.entries()
    }

    private static func sample(_ faults: [WatchedDisk.Fault], every step: Int) -> [WatchedDisk.Fault] {
        guard !isWhole else { return faults }
        let offset = Int.random(in: 0..<step)
        return faults.enumerated().filter { $0.offset % step == offset }.map(\.element)
    }

    private static func expectNone(_ broken: [String?]) {
        let broken = broken.compactMap { $0 }
        for text in broken.prefix(20) { Issue.record("\(text)") }
        if broken.count > 20 { Issue.record("and \(broken.count - 20) more") }
    }

    @Test("Any call on the spool fails: run --once ends well or with 74, and the next one finishes it")
    func once() async throws {
        let count = try #require(try await Self.calls().last).number
        #expect(count > 150)
        var faults: [WatchedDisk.Fault] = []
        for at in 1...count + 3 {
            for errno in [ENOSPC, EIO] {
                for lasts in [false, true] { faults.append(.init(at: at, errno: errno, lasts: lasts)) }
            }
            for errno in [0, EINTR] { faults.append(.init(at: at, errno: errno, call: "pwrite")) }
        }
        let some = Self.sample(faults, every: 37)
        let broken = await SmallContribution.few(some, at: Self.atOnce) { fault in
            do {
                try await Self.once(fault)
                return String?.none
            } catch {
                return "\(fault): \(error)"
            }
        }
        print("disk faults: \(some.count) of \(faults.count) tried, \(broken.count { $0 != nil }) not survived")
        Self.expectNone(broken)
    }

    private static func once(_ fault: WatchedDisk.Fault) async throws {
        let (desk, simulator) = try await Desk.withSimulator(SmallContribution.scenario)
        try SmallContribution.drop(at: desk)
        let disk = WatchedDisk(desk.path(.inbox).deletingLastPathComponent(), in: desk.folder)
        do {
            let first = try desk.start(["--once"], environment: disk.environment(fault))
            if fault.lasts { try await untilTold(first, disk) }
            try disk.mend()
            let code = try await first.exitCode()
            guard code == 2 || code == 74 else { throw SmallContribution.Broken(description: "exit code \(code)") }
            if code == 74, !words.contains(where: first.errorOutput.contains) {
                throw SmallContribution.Broken(description: "74 and not a word why")
            }
            // What only had to be tidied up is left to the next start, too.
            if code == 74 || !FileManager.default.names(in: desk.path(.work).appendingPathComponent("guard")).isEmpty {
                let next = try await desk.once()
                guard next == 0 || next == 2 else {
                    throw SmallContribution.Broken(description: "exit code \(next) of the second run")
                }
            }
            try SmallContribution.verify(desk, simulator.events())
        } catch {
            let failed = (try? disk.entries().filter { $0.errno != 0 }.prefix(3).map { "\($0.call) \($0.path)" }) ?? []
            throw SmallContribution.Broken(description: "\(failed): \(error)\n\(desk.log())")
        }
    }

    /// Waits until the log tells what is wrong with the disk, or the program has ended.
    private static func untilTold(_ process: ChildProcess, _ disk: WatchedDisk) async throws {
        try await eventually("a call fails") { try !process.isRunning || disk.hasFailed() }
        try await eventually("the log tells what is wrong with the disk") {
            !process.isRunning || words.contains(where: process.errorOutput.contains)
        }
    }

    /// What happens to calls on a large file's result, and whether pages can be written past the page cache.
    private enum Trouble: CaseIterable {
        case none, halfWrites, interrupted, fullOnce, brokenOnce, syncsFail, noDirectOpening, noDirectWriting

        var environment: [String: String] {
            switch self {
            case .none: [:]
            case .halfWrites: Self.every(0, "pwrite")
            case .interrupted: Self.every(EINTR, "pwrite")
            case .fullOnce: Self.every(ENOSPC, "pwrite")
            case .brokenOnce: Self.every(EIO, "pwrite")
            case .syncsFail: Self.every(EIO, "fdatasync")
            case .noDirectOpening: ["DISK_FAULTS_DIRECT": "open"]
            case .noDirectWriting: ["DISK_FAULTS_DIRECT": "write"]
            }
        }

        private static func every(_ errno: Int32, _ call: String) -> [String: String] {
            [
                "DISK_FAULTS_PATH": "/.result.part", "DISK_FAULTS_CALL": call, "DISK_FAULTS_ERRNO": "\(errno)",
                "DISK_FAULTS_TIMES": "3",
            ]
        }
    }

    @Test(
        "Writes of a large result fail, are cut short or cannot go past the page cache: every row has its line",
        arguments: Trouble.allCases)
    private func large(_ trouble: Trouble) async throws {
        // Not only the first ones: those that follow begin in the midst of a page.
        let starts = trouble.environment["DISK_FAULTS_CALL"] == nil ? [1] : [1, 60, 75, 90]
        let broken = await SmallContribution.few(starts, at: Self.atOnce) { at in
            do {
                try await Self.large(trouble, at: at)
                return String?.none
            } catch {
                return "from call \(at): \(error)"
            }
        }
        Self.expectNone(broken)
    }

    private static func large(_ trouble: Trouble, at: Int) async throws {
        let (desk, _) = try await Desk.withSimulator(destination: "ack_timeout: 120s")
        let file = LargeContribution(rows: 4000)
        try desk.drop(LargeContribution.name, file.text)
        let disk = WatchedDisk(desk.path(.inbox).deletingLastPathComponent(), in: desk.folder)
        let environment = try disk.environment().merging(["DISK_FAULTS_AT": "\(at)"]) { $1 }
            .merging(trouble.environment) { $1 }
        let code = try await desk.once(environment: environment)
        guard code == 0 else { throw SmallContribution.Broken(description: "exit code \(code)\n\(desk.log())") }
        try file.verify(desk)
        let entries = try disk.entries()
        let isAsMeant =
            switch trouble {
            case .none: file.isWrittenInPages(entries)
            case .halfWrites: true
            default: at > 1 || entries.contains { $0.errno != 0 }
            }
        guard isAsMeant else { throw SmallContribution.Broken(description: "the trouble did not come") }
    }

    @Test("When the file system cannot be synced as a whole, each file is by itself")
    func noSyncOfAll() async throws {
        try await Self.burst(
            64, at: 1, EIO, ["DISK_FAULTS_CALL": "syncfs", "DISK_FAULTS_TIMES": "1000000"])
    }

    @Test(
        "The ledger fails for a moment while very many small files are finished: each is finished once, and no directory is left"
    )
    func ledgerFailsInBurst() async throws {
        try await Self.burst(300, at: 4000, ENOSPC, ["DISK_FAULTS_PATH": "-wal", "DISK_FAULTS_TIMES": "4"])
    }

    /// Contributes so many small files on a disk that fails with `errno` from the `at`-th call on, as `fault` says; all end well.
    private static func burst(_ count: Int, at: Int, _ errno: Int32, _ fault: [String: String]) async throws {
        let (desk, _) = try await Desk.withSimulator()
        let files = ManySmallFiles(count)
        try files.drop(at: desk)
        let disk = WatchedDisk(desk.path(.inbox).deletingLastPathComponent(), in: desk.folder)
        let environment = try disk.environment().merging(fault) { $1 }
            .merging(["DISK_FAULTS_AT": "\(at)", "DISK_FAULTS_ERRNO": "\(errno)"]) { $1 }
        #expect(try await desk.once(environment: environment) == 0, "\(desk.log())")
        #expect(try disk.hasFailed())
        try files.verify(desk)
    }

    @Test("Any call on the spool fails while the service runs: it goes on by itself when the disk is mended")
    func service() async throws {
        let calls = try await Self.calls()
        // Before the first claim the program has only begun: it says why not, and ends.
        let first = try #require(calls.first { $0.call == "mkdir" && $0.path.hasPrefix("work/") }).number
        let last = try #require(calls.last).number
        var faults: [WatchedDisk.Fault] = []
        for at in first - 6...last {
            for errno in [ENOSPC, EIO] { faults.append(.init(at: at, errno: errno, lasts: true)) }
        }
        let some = Self.sample(faults, every: 29)
        let broken = await SmallContribution.few(some, at: Self.atOnce) { fault in
            do {
                try await Self.service(fault)
                return String?.none
            } catch {
                return "\(fault): \(error)"
            }
        }
        print(
            "disk faults in a service: \(some.count) of \(faults.count) tried, \(broken.count { $0 != nil }) not survived"
        )
        Self.expectNone(broken)
    }

    private static func service(_ fault: WatchedDisk.Fault) async throws {
        let (desk, simulator) = try await Desk.withSimulator(SmallContribution.scenario)
        try SmallContribution.drop(at: desk)
        let disk = WatchedDisk(desk.path(.inbox).deletingLastPathComponent(), in: desk.folder)
        do {
            let service = try desk.start(environment: disk.environment(fault))
            func isFinished() -> Bool {
                SmallContribution.files.allSatisfy {
                    FileManager.default.fileExists(atPath: desk.path($0.folder).path + "/\($0.name).summary.json")
                }
            }
            // The last calls are those of the stop: by then all is finished.
            try await eventually("a call fails") {
                try isFinished() || !service.isRunning || disk.hasFailed()
            }
            try await Task.sleep(for: .milliseconds(300))
            try disk.mend()
            try await eventually("the files are finished") { isFinished() || !service.isRunning }
            try await eventually("nothing is left in work") {
                !service.isRunning || desk.names(in: .work).filter { $0 != "guard" }.isEmpty
            }
            guard service.isRunning else { throw SmallContribution.Broken(description: "the service ended") }
            service.send(SIGTERM)
            let code = try await service.exitCode()
            guard code == 0 else { throw SmallContribution.Broken(description: "exit code \(code)") }
            let next = try await desk.once()
            // 2: of a file that was moved, the ledger's last word was left to it.
            guard [0, 2].contains(next) else {
                throw SmallContribution.Broken(description: "exit code \(next) of the next run")
            }
            try SmallContribution.verify(desk, simulator.events())
        } catch {
            let failed = (try? disk.entries().filter { $0.errno != 0 }.prefix(3).map { "\($0.call) \($0.path)" }) ?? []
            throw SmallContribution.Broken(description: "\(failed): \(error)\n\(desk.log())")
        }
    }
}

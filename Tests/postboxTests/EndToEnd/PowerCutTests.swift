import Foundation
import TestSupport
import Testing

/// The power fails between any two calls that the program makes on its spool: what a disk may hold then is made a spool of its
/// own, and the program finishes it.
///
/// `POSTBOX_FAULTS=all` takes every moment; a sample else. `POSTBOX_FAULT_SEED` repeats a run's losses.
@Suite("Power cuts, end to end", .serialized, .ownThreads)
struct PowerCutTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let isWhole = environment["POSTBOX_FAULTS"] == "all"

    /// Spools at once, each with a record of its own: a ledger holds the paths of its spool, so that what is made of a record
    /// has to lie where that was made.
    private static let slots = 4

    private struct Slot: Sendable {
        var number: Int
        var isTroubled: Bool
    }

    @Test(
        "The power fails between two calls on the spool: each row ends with one line, and no durable line is lost",
        arguments: [false, true])
    func anyMoment(syncsFailAsWell: Bool) async throws {
        let seed = Self.environment["POSTBOX_FAULT_SEED"].flatMap(UInt64.init) ?? .random(in: 1...1_000_000_000)
        let slots = (0..<Self.slots).map { Slot(number: $0, isTroubled: syncsFailAsWell) }
        let ends = await SmallContribution.few(slots, at: Self.slots) { slot in
            do {
                return try await Self.run(slot, seed: seed)
            } catch {
                return (tried: 0, broken: ["\(error)"])
            }
        }
        let broken = ends.flatMap(\.broken)
        let tried = ends.reduce(0) { $0 + $1.tried }
        print("power cuts: POSTBOX_FAULT_SEED=\(seed), \(tried) tried, \(broken.count) not survived")
        for text in broken.prefix(20) { Issue.record("POSTBOX_FAULT_SEED=\(seed), \(text)") }
        #expect(broken.count <= 20)
    }

    private static func run(_ slot: Slot, seed: UInt64) async throws -> (tried: Int, broken: [String]) {
        let desk = try Desk()
        let simulator = try await desk.simulate(SmallContribution.scenario)
        try desk.configure([simulator.url])
        let entries = try await record(desk, simulator, isTroubled: slot.isTroubled)
        var random = SeededRandom(seed: seed &+ UInt64(slot.number))
        var cases: [(at: Int, loss: PowerCut.Loss)] = []
        for at in 0...entries.count {
            for loss in PowerCut.Loss.allCases { cases.append((at, loss)) }
        }
        cases = cases.filter { _ in Int.random(in: 0..<(isWhole ? slots : 120), using: &random) == 0 }
        var broken: [String] = []
        for (at, loss) in cases {
            do {
                try await recover(desk, simulator, entries[..<at], loss, &random)
            } catch {
                let last = at > 0 ? "\(entries[at - 1].call) \(entries[at - 1].path)" : "the start"
                broken.append("after call \(at) (\(last)), lost: \(loss.rawValue): \(error)")
            }
        }
        return (cases.count, broken)
    }

    /// What the program does to its spool, from an inbox with three files to the end. Troubled: the first syncs of
    /// results fail.
    private static func record(
        _ desk: Desk, _ simulator: RunningSimulator, isTroubled: Bool
    ) async throws -> [WatchedDisk.Entry] {
        try SmallContribution.drop(at: desk)
        var disk = WatchedDisk(desk.path(.inbox).deletingLastPathComponent(), in: desk.folder)
        disk.isWithData = true
        var environment = try disk.environment(withData: true)
        if isTroubled {
            environment["DISK_FAULTS_AT"] = "1"
            environment["DISK_FAULTS_PATH"] = "/.result.part"
            environment["DISK_FAULTS_ERRNO"] = "\(EIO)"
            environment["DISK_FAULTS_CALL"] = "fdatasync"
            environment["DISK_FAULTS_TIMES"] = "4"
        }
        try #require(try await desk.once(environment: environment) == 2, "\(desk.log())")
        try SmallContribution.verify(desk, simulator.events())
        return try disk.entries()
    }

    private static func recover(
        _ desk: Desk, _ simulator: RunningSimulator, _ entries: ArraySlice<WatchedDisk.Entry>, _ loss: PowerCut.Loss,
        _ random: inout SeededRandom
    ) async throws {
        let cut = PowerCut(
            first: Dictionary(
                uniqueKeysWithValues: SmallContribution.files.map { ("inbox/" + $0.name, Data($0.text.utf8)) }),
            entries)
        let spool = desk.path(.inbox).deletingLastPathComponent()
        try FileManager.default.removeItem(at: spool)
        try cut.leave(loss, in: spool, random: &random)
        let before = try simulator.events().count
        let process = try desk.start(["--once"])
        do {
            let code = try await process.exitCode()
            guard code == 0 || code == 2 else { throw SmallContribution.Broken(description: "exit code \(code)") }
            try SmallContribution.verify(desk, Array(simulator.events().dropFirst(before)))
            try verify(desk, cut)
            try verify(Array(simulator.events().dropFirst(before)), cut)
        } catch let error as SmallContribution.Broken {
            throw SmallContribution.Broken(description: "\(error)\n\(process.errorOutput)")
        }
    }

    /// Of very many small files, whose directories are passed on from closed drops to new ones and which are synced together.
    @Test(
        "The power fails while very many small files are contributed: each ends in done/ with its row, and nothing is left over"
    )
    func manySmallFiles() async throws {
        let seed = Self.environment["POSTBOX_FAULT_SEED"].flatMap(UInt64.init) ?? .random(in: 1...1_000_000_000)
        var random = SeededRandom(seed: seed)
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let files = ManySmallFiles(170)
        try files.drop(at: desk)
        let spool = desk.path(.inbox).deletingLastPathComponent()
        var disk = WatchedDisk(spool, in: desk.folder)
        disk.isWithData = true
        try #require(try await desk.once(environment: disk.environment(withData: true)) == 0, "\(desk.log())")
        let entries = try disk.entries()
        #expect(entries.contains { $0.call == "syncfs" })
        let reused = entries.indices.filter {
            entries[$0].call == "rename" && !entries[$0].path.dropFirst(5).contains("/")
        }
        let first = try #require(reused.first { entries[$0].path.hasPrefix("work/") })
        let dropped = Dictionary(
            uniqueKeysWithValues: files.names.enumerated().map { ("inbox/" + $1, Data(files.text($0).utf8)) })
        for number in 0..<(Self.isWhole ? 200 : 6) {
            // Half of them where directories are passed on.
            let at = number % 2 == 0 ? .random(in: 0...entries.count, using: &random) : first + number * 7
            let loss = PowerCut.Loss.allCases[number % PowerCut.Loss.allCases.count]
            try FileManager.default.removeItem(at: spool)
            try PowerCut(first: dropped, entries[..<min(at, entries.count)]).leave(loss, in: spool, random: &random)
            let what = "POSTBOX_FAULT_SEED=\(seed), after call \(at), lost: \(loss.rawValue)"
            #expect(try await desk.once() == 0, "\(what)\n\(desk.log())")
            try files.verify(desk, what)
        }
    }

    /// Of a file whose result is written past the page cache.
    @Test("The power fails while a large result is written: each row ends with one line, and no durable line is lost")
    func largeFile() async throws {
        let seed = Self.environment["POSTBOX_FAULT_SEED"].flatMap(UInt64.init) ?? .random(in: 1...1_000_000_000)
        var random = SeededRandom(seed: seed)
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        let file = LargeContribution(rows: 4000)
        let text = file.text
        try desk.drop(LargeContribution.name, text)
        let spool = desk.path(.inbox).deletingLastPathComponent()
        var disk = WatchedDisk(spool, in: desk.folder)
        disk.isWithData = true
        try #require(try await desk.once(environment: disk.environment(withData: true)) == 0, "\(desk.log())")
        let entries = try disk.entries()
        #expect(file.isWrittenInPages(entries))
        // Where the result is written, and everywhere.
        let written = entries.indices.filter { entries[$0].path.hasSuffix("/.result.part") }
        let (first, last) = (try #require(written.first), try #require(written.last))
        for number in 0..<(Self.isWhole ? 300 : 8) {
            let at = Int.random(in: number % 4 == 0 ? 0...entries.count : first...last, using: &random)
            let loss = PowerCut.Loss.allCases[number % PowerCut.Loss.allCases.count]
            let cut = PowerCut(first: ["inbox/" + LargeContribution.name: Data(text.utf8)], entries[..<at])
            try FileManager.default.removeItem(at: spool)
            try cut.leave(loss, in: spool, random: &random)
            let what = "POSTBOX_FAULT_SEED=\(seed), after call \(at), lost: \(loss.rawValue)"
            #expect(try await desk.once() == 0, "\(what)\n\(desk.log())")
            do {
                try file.verify(desk)
                let path = desk.path(.done).appendingPathComponent(LargeContribution.name + ".result.csv")
                let lines = Set(try String(contentsOf: path, encoding: .utf8).split(separator: "\n"))
                for line in Self.sureLines(of: cut) where !lines.contains(line) {
                    throw SmallContribution.Broken(description: "a durable line is gone: \(line)")
                }
            } catch {
                Issue.record("\(what): \(error)\n\(desk.log())")
                return
            }
        }
    }

    /// The whole lines of results, headers left out, that are sure.
    private static func sureLines(of cut: PowerCut) -> [Substring] {
        cut.sure { $0.hasSuffix("/.result.part") }.flatMap { _, bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
                .dropFirst().dropLast()
        }
    }

    /// What a durable line says to be accepted, nothing older follows.
    private static func verify(_ events: [RunningSimulator.Event], _ cut: PowerCut) throws {
        var accepted: [String: Int] = [:]
        // Made once: making a pattern takes as long as looking for it in many lines.
        let (acked, bid) = (/,([A-Z]+\.TST),.*,acked,.*"\{""BID"":(\d+)\}"/, /\{"BID":(\d+)\}/)
        for line in sureLines(of: cut) {
            guard let match = line.firstMatch(of: acked),
                let value = Int(match.2)
            else { continue }
            accepted[String(match.1)] = max(value, accepted[String(match.1)] ?? 0)
        }
        for event in events where event.event == "post" {
            guard let value = event.fields?.wholeMatch(of: bid).flatMap({ Int($0.1) }) else { continue }
            if let newer = accepted[event.ric], newer > value {
                throw SmallContribution.Broken(
                    description: "\(event.ric): \(value) was sent although \(newer) was durably accepted before the cut"
                )
            }
        }
    }

    /// Durable lines are still there, and no number that a file had is another's.
    private static func verify(_ desk: Desk, _ cut: PowerCut) throws {
        var results: [Int: (file: String, text: String)] = [:]
        for file in SmallContribution.files {
            let finished = try desk.finished(file.name, in: file.folder)
            let path = desk.path(file.folder).appendingPathComponent(file.name + ".result.csv")
            results[finished.summary.drop] = (file.name, try String(contentsOf: path, encoding: .utf8))
        }
        for line in sureLines(of: cut) where !results.values.contains(where: { $0.text.contains(line + "\n") }) {
            throw SmallContribution.Broken(description: "a durable line is gone: \(line)")
        }
        for (from, to) in cut.moves where from.hasPrefix("inbox/") {
            let parts = to.split(separator: "/").map(String.init)
            guard parts.count == 3, let drop = Int(parts[1]), let now = results[drop] else { continue }
            guard now.file == parts[2] else {
                throw SmallContribution.Broken(description: "drop \(drop) was \(parts[2]) and is \(now.file)")
            }
        }
    }
}

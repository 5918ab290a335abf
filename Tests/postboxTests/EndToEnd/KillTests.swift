import Foundation
import PostboxIO
import TestSupport
import Testing

/// The real program is killed at random moments, again and again, until its files are through; then the files and the
/// simulator's record tell whether the promise held.
///
/// `POSTBOX_KILLS` sets how many kills there are in all, `POSTBOX_KILL_SEED` repeats a run's files and moments.
@Suite("kill -9 at any moment, end to end", .serialized, .ownThreads)
struct KillTests {
    private static let formats = ["csv", "json", "xml"]
    private static let killsOfRound = 25
    private static let window = 50

    @Test("Killed at random moments: no row is lost, none settled twice, nothing old is sent after something newer")
    func randomMoments() async throws {
        let environment = ProcessInfo.processInfo.environment
        let kills = environment["POSTBOX_KILLS"].flatMap(Int.init) ?? Self.formats.count * Self.killsOfRound
        let seed = environment["POSTBOX_KILL_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 1...1_000_000_000)
        print("kills: POSTBOX_KILL_SEED=\(seed)")
        let total = try await withThrowingTaskGroup(of: Count.self) { group in
            let rounds = (kills + Self.killsOfRound - 1) / Self.killsOfRound
            var next = 0
            func begin() {
                let round = next
                next += 1
                group.addTask {
                    let format = Self.formats[round % Self.formats.count]
                    do {
                        let series = try Series(format: format, seed: seed &+ UInt64(round))
                        let count = try await series.run(
                            kills: min(Self.killsOfRound, kills - round * Self.killsOfRound))
                        print("kills: round \(round + 1), \(format): \(count)")
                        return count
                    } catch {
                        throw Broken(description: "POSTBOX_KILL_SEED=\(seed &+ UInt64(round)), \(format): \(error)")
                    }
                }
            }
            // A long run uses the machine; a short one is run beside other tests.
            while next < min(rounds, kills > 1000 ? 6 : 1) { begin() }
            var total = Count()
            while let count = try await group.next() {
                total.add(count)
                if next < rounds { begin() }
            }
            return total
        }
        print("kills: POSTBOX_KILL_SEED=\(seed) in all: \(total)")
        #expect(total.kills >= kills)
        #expect(total.doubles <= total.kills * 2 * Self.window)
    }

    @Test(
        "Killed at every step of a file's life: each row has its outcome once, and nothing is left over",
        arguments: [
            "claim_recorded", "directories_made", "claim_renamed", "claimed", "planned", "advanced", "offered",
            "outcomes_written", "rejects_of_one_written", "rejects_written", "summary_written", "result_complete",
            "settled", "guarded", "placed",
            "moved", "closed",
        ], formats)
    func everyStep(label: String, format: String) async throws {
        let (desk, _) = try await Desk.withSimulator("unknown: [R7.TST]", destination: "window: 10")
        var random = SeededRandom(seed: 1)
        let prices = PriceRows(number: 1, count: 100, rics: 100, random: &random)
        try desk.drop(prices.name(format), prices.text(format))
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        _ = try await desk.once()
        let isRefused = prices.rics.contains("R7.TST")
        let file = try desk.finished(prices.name(format), in: isRefused ? .failed : .done)
        try prices.verify(file, outcomes: ["acked", "superseded", "nacked"])
        for folder in [Desk.Folder.work, .inbox] { #expect(desk.names(in: folder).isEmpty) }
    }

    @Test(
        "Killed while very many small files pass directories on to each other: none is lost, left over or finished twice",
        arguments: ["directory_kept", "directory_reused"])
    func manySmallFiles(label: String) async throws {
        let (desk, _) = try await Desk.withSimulator()
        let files = ManySmallFiles(400)
        try files.drop(at: desk)
        #expect(try await desk.once(environment: ["POSTBOX_FAIL_POINT": label]) == 137)
        for more in [1, 60] {
            let before = desk.names(in: .done).count
            let service = try desk.start()
            try await eventually("more files are done") { desk.names(in: .done).count >= before + more }
            service.send(SIGKILL)
            #expect(try await service.exitCode() == 137)
        }
        #expect(try await desk.once() == 0)
        try files.verify(desk)
    }

    /// What a series came to.
    struct Count: CustomStringConvertible {
        var kills = 0
        var files = 0
        var rows = 0
        var posts = 0
        /// Posts beyond the first of a row.
        var doubles = 0
        var superseded = 0

        mutating func add(_ other: Count) {
            kills += other.kills
            files += other.files
            rows += other.rows
            posts += other.posts
            doubles += other.doubles
            superseded += other.superseded
        }

        var description: String {
            "\(kills) kills, \(files) files, \(rows) rows, \(posts) posts, \(doubles) of them doubles, \(superseded) rows superseded"
        }
    }

    /// One spool, one simulator, one format.
    private final class Series {
        let format: String
        let desk: Desk
        var random: SeededRandom
        var files: [PriceRows] = []
        /// Numbers of drops in work that the last kill left as they were.
        var stuck: [String] = []

        init(format: String, seed: UInt64) throws {
            self.format = format
            desk = try Desk()
            random = SeededRandom(seed: seed)
        }

        func run(kills: Int) async throws -> Count {
            let simulator = try await desk.simulate("ack_delay: 15ms")
            try desk.configure(
                [simulator.url], top: "duplicates: process",
                destination: "window: \(KillTests.window)\nack_timeout: 15s")
            for _ in 0..<kills {
                while open() < 2 { try drop() }
                let before = results()
                let service = try desk.start()
                // A file whose contribution was begun three times without an answer is set aside, rightly: what was killed
                // so once gets on before it is killed again.
                for name in stuck {
                    do {
                        try await eventually("there is progress") {
                            (results()[name] ?? .max) > before[name] ?? 0 || !service.isRunning
                        }
                    } catch let error as TimedOut {
                        throw Broken(description: "\(error)\n\(service.errorOutput)")
                    }
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...700, using: &random)))
                service.send(SIGKILL)
                let code = try await service.exitCode()
                guard code == 137 else { throw Broken(description: "ended by itself with \(code)\n\(desk.log())") }
                stuck = results().filter { $0.value <= before[$0.key] ?? 0 }.map(\.key)
            }
            let code = try await desk.start(["--once"]).exitCode(within: .seconds(120))
            guard code == 0 else { throw Broken(description: "the last run ended with \(code)\n\(badLines())") }
            var count = try verify(simulator)
            count.kills = kills
            guard count.doubles <= kills * 2 * KillTests.window else {
                throw Broken(description: "more was sent twice than was in flight: \(count)")
            }
            return count
        }

        /// A few lines of what should not be in `failed/`.
        private func badLines() -> String {
            desk.names(in: .failed).filter { $0.hasSuffix(".csv") }.flatMap { name in
                let text = try? String(contentsOf: desk.path(.failed).appendingPathComponent(name), encoding: .utf8)
                return (text ?? "").split(separator: "\n").filter { $0.contains("unknown,") || $0.contains("unsent,") }
                    .prefix(5).map { "\(name): \($0)" }
            }
            .joined(separator: "\n")
        }

        /// Files that are not finished.
        private func open() -> Int {
            desk.names(in: .inbox).count + desk.names(in: .work).count { $0 != "guard" }
        }

        private func drop() throws {
            let file = PriceRows(
                number: files.count + 1, count: .random(in: 800...2500, using: &random), rics: 150, random: &random)
            files.append(file)
            try desk.drop(file.name(format), file.text(format))
        }

        /// Bytes of the result of each drop in work, by its number; they only ever grow by outcomes.
        private func results() -> [String: Int] {
            var bytes: [String: Int] = [:]
            for number in desk.names(in: .work) where number != "guard" {
                let folder = desk.path(.work).appendingPathComponent(number)
                bytes[number] = 0
                for name in FileManager.default.names(in: folder) where name.contains("result") {
                    if let status = try? Disk.status(folder.appendingPathComponent(name).path) {
                        // A header alone is no progress.
                        bytes[number] = max(0, Int(status.size) - 256)
                    }
                }
            }
            return bytes
        }

        private func verify(_ simulator: RunningSimulator) throws -> Count {
            var count = Count()
            for folder in [Desk.Folder.inbox, .work, .failed] {
                let guarded = desk.path(.work).appendingPathComponent("guard")
                let left = desk.names(in: folder).filter { $0 != "guard" } + FileManager.default.names(in: guarded)
                guard left.isEmpty else {
                    throw Broken(description: "left in \(folder.rawValue)/: \(left)\n\(desk.log())")
                }
            }
            for file in files {
                let finished = try desk.finished(file.name(format), in: .done)
                try file.verify(finished, outcomes: ["acked", "superseded"])
                count.files += 1
                count.rows += file.rics.count
                count.superseded += finished.summary.outcomes["superseded"] ?? 0
            }
            guard desk.names(in: .done).count == 3 * files.count else {
                throw Broken(description: "done/ holds more than it should: \(desk.names(in: .done))")
            }
            var wire = PostedWire()
            for file in files { wire.expect(file) }
            for event in try simulator.events() { try wire.take(event) }
            try wire.verify()
            (count.posts, count.doubles) = (wire.posts, wire.doubles)
            return count
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

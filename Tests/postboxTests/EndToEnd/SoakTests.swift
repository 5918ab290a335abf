import Foundation
import PostboxIO
import TestSupport
import Testing

private let soakMinutes = ProcessInfo.processInfo.environment["POSTBOX_SOAK"].flatMap(Double.init)

/// Hours of work at 1,000 posts a second, with everything that goes wrong in hours: the service is killed and stopped, lines are cut, the
/// disk is full for a while, the clock is set, the configuration is read again, and retention packs and removes.
///
/// `POSTBOX_SOAK` says how long, in minutes; `POSTBOX_SOAK_SEED` repeats a run's files and moments.
@Suite(
    "A soak", .serialized, .ownThreads,
    .enabled(if: soakMinutes != nil, "POSTBOX_SOAK=20 asks for twenty minutes of it"))
struct SoakTests {
    @Test("For hours nothing is lost, stale, settled twice or sent twice beyond what was in flight, and nothing grows")
    func hours() async throws {
        let seed =
            ProcessInfo.processInfo.environment["POSTBOX_SOAK_SEED"].flatMap(UInt64.init) ?? .random(in: 1...1_000_000)
        Soak.tell("POSTBOX_SOAK_SEED=\(seed)")
        let soak = try await Soak(minutes: soakMinutes ?? 20, seed: seed)
        try await soak.run()
    }
}

/// A service that is tormented, and what is seen of it from outside.
private final class Soak {
    private static let (window, rate, rics) = (200, 1000, 3000)
    /// Memory counts from here on, in seconds after the last start.
    private static let warm = 600.0

    private let desk: Desk
    private let simulator: RunningSimulator
    private let disk: WatchedDisk
    private let clock: OddMachine
    private let length: Double
    private var random: SeededRandom
    private var service: ChildProcess
    private var record: GrowingWire
    private let begin = ContinuousClock.now

    /// Files that are not finished, by name.
    private var open: [String: PriceRows] = [:]
    private var (files, rows, superseded, ends) = (0, 0, 0, 0)
    private var (fullDisks, clockSteps, reloads) = (0, 0, 0)
    private var (started, nextFile, nextTrouble, nextSample, nextLine) = (0.0, 0.0, 10.0, 0.0, 60.0)
    private var diskIsFullUntil: Double?
    /// Of the last start.
    private var samples: [Sample] = []

    /// What the service holds at a moment.
    private struct Sample {
        /// Seconds since it was started.
        var at: Double
        /// Bytes of memory of its own, and open descriptors.
        var (memory, descriptors): (Int, Int)
    }

    init(minutes: Double, seed: UInt64) async throws {
        length = minutes * 60
        random = SeededRandom(seed: seed)
        desk = try Desk()
        simulator = try await desk.simulate("ack_delay: 5ms\ndisconnect: {after: 97s, times: all}")
        try desk.configure(
            [simulator.url], top: "duplicates: process\nretention: {done: 3m, failed: 3m, pack_after: 1m}",
            destination: "window: \(Self.window)\nmax_posts_per_second: \(Self.rate)\nack_timeout: 15s")
        disk = WatchedDisk(desk.path(.inbox).deletingLastPathComponent(), in: desk.folder)
        clock = OddMachine(in: desk.folder)
        record = GrowingWire(desk.folder.appendingPathComponent("simulator.record.jsonl"))
        service = try Self.start(desk, disk, clock)
    }

    private static func start(_ desk: Desk, _ disk: WatchedDisk, _ clock: OddMachine) throws -> ChildProcess {
        var environment = try clock.environment().merging(try disk.environment(onceBroken: ENOSPC)) { $1 }
        // Every call of hours.
        environment["DISK_FAULTS_LOG"] = nil
        return try desk.start(environment: environment)
    }

    private var now: Double { (ContinuousClock.now - begin) / .seconds(1) }

    func run() async throws {
        while now < length {
            try step()
            try await Task.sleep(for: .milliseconds(200))
        }
        try mend()
        let rest = ContinuousClock.now + .seconds(300)
        while !open.isEmpty, ContinuousClock.now < rest {
            try look()
            try await Task.sleep(for: .milliseconds(200))
        }
        guard open.isEmpty else {
            throw Broken(description: "not finished: \(open.keys.sorted())\n\(desk.log().suffix(3000))")
        }
        let idle = try await restingDescriptors()
        service.send(SIGTERM)
        let code = try await service.exitCode()
        guard code == 0 else {
            throw Broken(description: "the service ended with \(code)\n\(service.errorOutput.suffix(3000))")
        }
        try record.read()
        try record.wire.verify()
        let proof = try await desk.command(["audit", "verify", "--config", "postbox.yaml"])
        guard proof.code == 0 else { throw Broken(description: "the record is not proved: \(proof)") }
        say()
        let beyond = (record.wire.connections + ends) * Self.window
        guard record.wire.doubles <= beyond else {
            throw Broken(description: "\(record.wire.doubles) posts went twice; in flight were \(beyond) at most")
        }
        try verifyGrowth(idle)
    }

    // MARK: - What happens

    private func step() throws {
        guard service.isRunning else {
            throw Broken(description: "the service ended by itself\n\(service.errorOutput.suffix(3000))")
        }
        let now = now
        if now >= nextFile {
            nextFile = now + 2
            // What a fault held up is made good first, as a desk would.
            if open.count < 20 { try drop() }
        }
        if let until = diskIsFullUntil, now >= until { try mend() }
        if now >= nextTrouble { try trouble() }
        try look()
        if now >= nextSample {
            nextSample = now + 5
            try sample()
        }
        if now >= nextLine {
            nextLine = now + 60
            say()
        }
    }

    private func drop() throws {
        files += 1
        let format = ["csv", "json", "xml"][files % 3]
        let file = PriceRows(number: files, count: 2 * Self.rate * 8 / 10, rics: Self.rics, random: &random)
        open[file.name(format)] = file
        rows += file.rics.count
        record.wire.expect(file)
        try desk.drop(file.name(format), file.text(format))
    }

    private func trouble() throws {
        // Whoever is restarted has no memory that could grow.
        let mayEnd = now < length / 5
        nextTrouble = now + .random(in: 10...25, using: &random)
        switch Int.random(in: mayEnd ? 0...4 : 2...4, using: &random) {
        case 0...1:
            let signal = Bool.random(using: &random) ? SIGKILL : SIGTERM
            ends += 1
            try mend()
            service.send(signal)
            let end = ContinuousClock.now + .seconds(60)
            while service.isRunning, ContinuousClock.now < end { usleep(10_000) }
            service = try Self.start(desk, disk, clock)
            (started, samples) = (now, [])
        case 2:
            fullDisks += 1
            try disk.breakDown()
            diskIsFullUntil = now + .random(in: 2...6, using: &random)
        case 3:
            clockSteps += 1
            try clock.setClock(ahead: .random(in: -7200...7200, using: &random))
        default:
            reloads += 1
            service.send(SIGHUP)
        }
    }

    private func mend() throws {
        diskIsFullUntil = nil
        try disk.mend()
    }

    // MARK: - What is seen

    private func look() throws {
        for (name, file) in open {
            let summary = desk.path(.done).appendingPathComponent(name + ".summary.json")
            guard FileManager.default.fileExists(atPath: summary.path) else {
                if FileManager.default.fileExists(atPath: desk.path(.failed).appendingPathComponent(name).path) {
                    throw Broken(description: "\(name) failed\n\(desk.log().suffix(3000))")
                }
                continue
            }
            let finished = try desk.finished(name, in: .done)
            try file.verify(finished, outcomes: ["acked", "superseded"])
            superseded += finished.summary.outcomes["superseded"] ?? 0
            open[name] = nil
        }
        try record.read()
    }

    private func sample() throws {
        let process = "/proc/\(service.processIdentifier)"
        let status = try String(contentsOfFile: process + "/status", encoding: .utf8)
        guard let own = status.firstMatch(of: /RssAnon:\s+(\d+) kB/).flatMap({ Int($0.1) }) else { return }
        samples.append(Sample(at: now - started, memory: own << 10, descriptors: try descriptors()))
    }

    /// The least that are open within a minute of rest: results are packed and connections begun anew meanwhile, but what leaks stays.
    private func restingDescriptors() async throws -> Int {
        let end = ContinuousClock.now + .seconds(60)
        var least = try descriptors()
        while ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(200))
            least = min(least, try descriptors())
        }
        return least
    }

    private func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.processIdentifier)/fd").count
    }

    private func samples(from start: Double) -> [Sample] {
        samples.filter { $0.at >= start && $0.at < start + 120 }
    }

    /// Bytes by which its memory has grown: the middle of the last two minutes beside that of the first two that count.
    private var growth: Int? {
        func middle(_ samples: [Sample]) -> Int? {
            samples.isEmpty ? nil : samples.map(\.memory).sorted()[samples.count / 2]
        }
        guard let last = samples.last?.at, last >= Self.warm + 120, let before = middle(samples(from: Self.warm)),
            let after = middle(samples(from: last - 120))
        else { return nil }
        return after - before
    }

    /// `idle`: descriptors that are open when nothing is in work.
    private func verifyGrowth(_ idle: Int) throws {
        let ledger = try bytesOfLedger()
        // A drop stays in the ledger, as long as anybody may ask for it.
        guard ledger < 8 << 20 + files * 4096 else { throw Broken(description: "the ledger has \(ledger) bytes") }
        guard length >= 1200 else { return }
        guard let growth, let least = samples(from: Self.warm).map(\.descriptors).min() else {
            throw Broken(description: "the service was not long enough in one piece")
        }
        Self.tell("grew by \(growth >> 10) KiB; \(idle) descriptors at rest, \(least) at least before")
        guard growth <= 2 << 20 else { throw Broken(description: "it grew by \(growth) bytes") }
        guard idle <= least else {
            throw Broken(description: "\(idle) descriptors are open at rest, \(least) were with files in work")
        }
    }

    private func bytesOfLedger() throws -> Int {
        try ["", "-wal"].reduce(0) {
            let path = desk.path(.state).appendingPathComponent("ledger.sqlite" + $1).path
            return $0 + Int(try Disk.status(path)?.size ?? 0)
        }
    }

    private func say() {
        let memory = samples.last.map { "\($0.memory >> 10) KiB, \($0.descriptors) descriptors" } ?? "-"
        let grown = growth.map { ", grew by \($0 >> 10) KiB" } ?? ""
        Self.tell(
            """
            \(Int(now)) s: \(files) files, \(open.count) open, \(rows) rows, \(record.wire.posts) posts, \(record.wire.doubles) twice, \
            \(superseded) superseded; \(ends) ends, \(record.wire.connections) connections, \(fullDisks) full disks, \(clockSteps) clock steps, \
            \(reloads) SIGHUP; \(memory)\(grown), ledger \((try? bytesOfLedger()).map { "\($0 >> 10) KiB" } ?? "-")
            """)
    }

    /// At once, whatever standard output waits for.
    static func tell(_ text: String) { FileHandle.standardError.write(Data("soak: \(text)\n".utf8)) }
}

/// The simulator's record while it grows: each line is looked at once, and forgotten.
private struct GrowingWire {
    private let file: URL
    private var offset = 0
    var wire = PostedWire()

    init(_ file: URL) { self.file = file }

    mutating func read() throws {
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(offset))
        let bytes = try handle.readToEnd() ?? Data()
        guard let end = bytes.lastIndex(of: 0x0a) else { return }
        offset += end + 1
        let decoder = JSONDecoder()
        for line in bytes[...end].split(separator: 0x0a) {
            try wire.take(try decoder.decode(RunningSimulator.Event.self, from: Data(line)))
        }
    }
}

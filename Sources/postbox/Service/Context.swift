internal import Foundation
internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// This build's version, as summaries name it.
enum Version {
    static let text = "0.1.0"
}

/// What every contribution of a running Postbox shares.
struct Context: Sendable {
    var settings: Settings
    var configSHA256: String
    var ledger: Ledger
    var lanes: [String: PostingLane]
    var names: NameBook
    var bases: PostIDBases
    var guardBook: GuardBook
    var syncs: SyncGroup
    var spares: SpareDirectories
    var results: DiskThread
    var trouble: ResultTrouble
    var alerts: Alerts
    var progress: Progress
    var logger: Logger
}

/// Names given out in `done/` and `failed/` whose files have not arrived there yet.
actor NameBook {
    private var reserved: Set<String> = []
    private let mover = FileMover()

    /// A free name in the folder, kept for the caller until `release`; with those suffixes it is free as well. Throws
    /// `DiskError`.
    func reserve(_ name: String, in folder: String, suffixes: [String]) throws -> String {
        try Disk.makeDirectory(folder)
        let free = try mover.freeName(name, in: folder, suffixes: suffixes) { reserved.contains($0) }
        reserved.insert(folder + "/" + free)
        return free
    }

    /// Keeps a name that an earlier run chose.
    func keep(_ name: String, in folder: String) {
        reserved.insert(folder + "/" + name)
    }

    func release(_ name: String, in folder: String) {
        reserved.remove(folder + "/" + name)
    }
}

/// Result files that cannot be written for now.
final class ResultTrouble: Sendable {
    private let state = Mutex((files: 0, since: Int64(0)))

    /// One more fails, or one fails no longer.
    func changed(_ isFailing: Bool) {
        state.withLock {
            if isFailing, $0.files == 0 { $0.since = Clock.monotonic() }
            $0.files += isFailing ? 1 : -1
        }
    }

    /// Since when, nanoseconds of the monotonic clock; nil: all can be written.
    var since: Int64? { state.withLock { $0.files > 0 ? $0.since : nil } }
}

/// Gives every open drop a range of PostIDs of its own at each destination, so that none is in flight twice.
actor PostIDBases {
    private var next: UInt64

    /// `next`: behind every range of a drop that is still open.
    init(next: UInt64) {
        self.next = next
    }

    /// The base for a drop of that many rows.
    func take(rows: Int) -> UInt32 {
        defer { next = (next + UInt64(rows)) % Postbox.postIDs }
        return UInt32(next)
    }
}

/// Tells the desk: a log line with a stable word, and the site's own command with the same facts as JSON.
final class Alerts: Sendable {
    private let command: String?
    private let logger: Logger

    init(command: String?, logger: Logger) {
        self.command = command
        self.logger = logger
    }

    func send(_ alert: Alert) {
        var metadata: Logger.Metadata = ["event": "\(alert.event)"]
        for (key, value) in alert.facts { metadata[key] = "\(value)" }
        logger.log(level: alert.isError ? .error : .warning, "\(alert.message)", metadata: metadata)
        guard let command else { return }
        let facts =
            ["event", "level", "message", "time"].map { key in
                let value =
                    switch key {
                    case "event": alert.event
                    case "level": alert.isError ? "error" : "warning"
                    case "message": alert.message
                    default: TimeText.text(Clock.wall())
                    }
                return JSONText.quoted(key) + ":" + JSONText.quoted(value)
            } + alert.facts.sorted { $0.key < $1.key }.map { JSONText.quoted($0.key) + ":" + JSONText.quoted($0.value) }
        run(command, "{" + facts.joined(separator: ",") + "}\n")
    }

    private func run(_ command: String, _ input: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let pipe = Pipe()
        process.standardInput = pipe
        process.terminationHandler = { [logger] process in
            guard process.terminationStatus != 0 else { return }
            logger.error(
                "the alert command failed",
                metadata: ["event": "alert_command_failed", "status": "\(process.terminationStatus)"])
        }
        do {
            try process.run()
        } catch {
            logger.error(
                "the alert command does not run", metadata: ["event": "alert_command_failed", "error": "\(error)"])
            return
        }
        // Whoever does not read the facts may be gone by now; whether it failed is told by its status.
        try? pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try? pipe.fileHandleForWriting.close()
    }
}

/// Running totals for the progress line.
final class Progress: Sendable {
    struct Totals: Sendable {
        /// Result lines expected of the files in work.
        var expected = 0
        var settled = 0
        var acked = 0
        var bad = 0
        var files = 0
    }

    private let totals = Mutex(Totals())

    func beginFile() { totals.withLock { $0.files += 1 } }

    func add(expected: Int) { totals.withLock { $0.expected += expected } }

    func add(settled: Int, acked: Int, bad: Int) {
        totals.withLock {
            $0.settled += settled
            $0.acked += acked
            $0.bad += bad
        }
    }

    func endFile() { totals.withLock { $0.files -= 1 } }

    var now: Totals { totals.withLock { $0 } }
}

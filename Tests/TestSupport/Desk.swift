package import Foundation

/// A spool of its own in a temporary folder with a configuration for simulators on loopback: what an end-to-end test stands
/// on. Everything is gone when nobody holds it any more.
package final class Desk {
    /// The folders of a spool.
    package enum Folder: String {
        case inbox, work, done, failed, state
    }

    /// A finished file: what lies beside it.
    package struct Finished {
        /// The file's name there.
        package var name: String
        package var folder: URL
        package var result: DelimitedText
        package var summary: Summary
        /// The rows to be corrected; nil when there is no such file.
        package var rejects: Data?
        /// What that file is called, or would be.
        package var rejectsName: String { rejectsName(at: nil) }

        /// The same where the file has several destinations.
        package func rejectsName(at destination: String?) -> String {
            let parts = summary.file.split(separator: ".")
            return summary.file + ".rejects-\(summary.drop)" + (destination.map { "@" + $0 } ?? "")
                + (parts.count > 1 ? "." + (parts.last ?? "") : "")
        }

        /// The result's lines in the order of the file's rows.
        package var rows: [[String: String]] {
            result.lines.sorted {
                let (a, b) = (Int($0["row"] ?? "") ?? 0, Int($1["row"] ?? "") ?? 0)
                return a != b ? a < b : $0["destination"] ?? "" < $1["destination"] ?? ""
            }
        }

        /// A column in the order of the file's rows.
        package func column(_ name: String) -> [String] { rows.map { $0[name] ?? "" } }
    }

    /// `NAME.summary.json`.
    package struct Summary: Decodable, Sendable {
        package var schema: Int
        package var drop: Int
        package var file: String
        package var size: Int
        package var sha256: String
        package var format: String
        package var rule: String
        package var destinations: [String]
        package var login: [String: [String: String]]
        package var verdict: String
        package var reason: String
        package var rows: Int
        package var skipped: Int?
        package var outcomes: [String: Int]
        package var claimedAt: String
        package var firstSentAt: String?
        package var settledAt: String
        package var rowsPerSecond: Double
        package var postbox: String
        package var configSHA256: String

        private enum CodingKeys: String, CodingKey {
            case schema, drop, file, size, sha256, format, rule, destinations, login, verdict, reason, rows, skipped,
                outcomes
            case claimedAt = "claimed_at"
            case firstSentAt = "first_sent_at"
            case settledAt = "settled_at"
            case rowsPerSecond = "rows_per_second"
            case postbox
            case configSHA256 = "config_sha256"
        }
    }

    package let folder: URL
    private var runs = 0
    private var simulators: [RunningSimulator] = []

    package init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("postbox-\(UUID().uuidString)")
        for name in ["spool/inbox", "spool/done", "spool/failed"] {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    package func path(_ folder: Folder) -> URL { self.folder.appendingPathComponent("spool/\(folder.rawValue)") }

    package func names(in folder: Folder) -> [String] { FileManager.default.names(in: path(folder)) }

    /// A desk whose configuration leads to a simulator; see `simulate` and `configure`.
    package static func withSimulator(
        _ scenario: String = "", top: String = "", destination: String = "", files: String = ""
    ) async throws -> (desk: Desk, simulator: RunningSimulator) {
        let desk = try Desk()
        let simulator = try await desk.simulate(scenario)
        try desk.configure([simulator.url], top: top, destination: destination, files: files)
        return (desk, simulator)
    }

    /// Starts a simulator, which runs as long as the desk is held.
    package func simulate(_ scenario: String = "", name: String = "simulator") async throws -> RunningSimulator {
        let simulator = try await RunningSimulator.start(scenario, in: folder, name: name)
        simulators.append(simulator)
        return simulator
    }

    /// Writes `postbox.yaml` for the destination `cache` at the first URL, and `second` where there is a second one.
    ///
    /// - Parameters:
    ///   - top: lines for the top of the file; `settle: 0s` unless they say otherwise.
    ///   - destination: lines for every destination.
    ///   - files: everything below `files:`; empty for the plain mapping.
    package func configure(
        _ urls: [String], top: String = "", destination: String = "", files: String = ""
    ) throws {
        var yaml = "spool: spool\n"
        if !top.contains("settle:") { yaml += "settle: 0s\n" }
        yaml += top + "\ndestinations:\n"
        for (name, url) in zip(["cache", "second"], urls) {
            yaml += "  \(name):\n    urls: [\"\(url)\"]\n    user: tester\n    position: 127.0.0.1/net\n"
            yaml += "    service: NIPROV\n    post_user_info: {address: 127.0.0.1, user_id: 7}\n"
            for line in destination.split(separator: "\n") { yaml += "    \(line)\n" }
        }
        if !files.isEmpty { yaml += "files:\n" + files + "\n" }
        try write(yaml)
    }

    /// Writes `postbox.yaml` as it is given.
    package func write(_ yaml: String) throws {
        try Data(yaml.utf8).write(to: folder.appendingPathComponent("postbox.yaml"))
    }

    /// Puts a whole file into the inbox in one step, as a rename does.
    package func drop(_ name: String, _ content: String) throws {
        try drop(name, Data(content.utf8))
    }

    /// Puts a whole file into the inbox in one step, as a rename does.
    package func drop(_ name: String, _ content: Data) throws {
        let outside = folder.appendingPathComponent("outside-\(UUID().uuidString)")
        try Spawning.write(content, to: outside)
        try FileManager.default.moveItem(at: outside, to: path(.inbox).appendingPathComponent(name))
    }

    /// Makes an empty file in the inbox as a producer does that goes on to write it, and leaves it open; Foundation's
    /// `createFile` would rename one into place, which makes it complete.
    package func create(_ name: String) throws -> FileHandle {
        let path = path(.inbox).appendingPathComponent(name).path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Starts `postbox run` on this spool.
    package func start(_ arguments: [String] = [], environment: [String: String] = [:]) throws -> ChildProcess {
        runs += 1
        return try ChildProcess(
            ["run", "--config", "postbox.yaml"] + arguments, in: folder, name: "run-\(runs)", environment: environment)
    }

    /// `postbox run --once` to its end; the exit code.
    package func once(_ arguments: [String] = [], environment: [String: String] = [:]) async throws -> Int32 {
        try await start(["--once"] + arguments, environment: environment).exitCode()
    }

    /// Any command to its end.
    package func command(
        _ arguments: [String], environment: [String: String] = [:], workingFolder: URL? = nil
    ) async throws -> (code: Int32, output: String, errorOutput: String) {
        runs += 1
        let process = try ChildProcess(
            arguments, in: folder, name: "command-\(runs)", environment: environment, workingFolder: workingFolder)
        let code = try await process.exitCode()
        return (code, process.output, process.errorOutput)
    }

    /// Waits for a file's summary, which comes last.
    package func finish(_ name: String, in folder: Folder, within limit: Duration = .seconds(300)) async throws
        -> Finished
    {
        let summary = path(folder).appendingPathComponent(name + ".summary.json").path
        do {
            try await eventually("\(name) is in \(folder.rawValue)/", within: limit) {
                FileManager.default.fileExists(atPath: summary)
            }
        } catch let error as TimedOut {
            throw TimedOut(description: "\(error)\n\(log())")
        }
        return try finished(name, in: path(folder))
    }

    /// A file that is finished by now.
    package func finished(_ name: String, in folder: Folder) throws -> Finished {
        do {
            return try finished(name, in: path(folder))
        } catch {
            throw BuiltProgram.Missing(
                description:
                    "\(name) is not finished in \(folder.rawValue)/: \(error)\ndone: \(names(in: .done))\nfailed: \(names(in: .failed))\n\(log())"
            )
        }
    }

    /// A file that is finished by now, in any folder.
    package func finished(_ name: String, in folder: URL) throws -> Finished {
        func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }
        guard FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path) else {
            throw BuiltProgram.Missing(description: "\(name) itself is missing")
        }
        var finished = Finished(
            name: name, folder: folder,
            result: try DelimitedText(String(decoding: data(name + ".result.csv"), as: UTF8.self)),
            summary: try JSONDecoder().decode(Summary.self, from: data(name + ".summary.json")),
            rejects: nil)
        finished.rejects = try? data(finished.rejectsName)
        return finished
    }

    /// What every run has logged, for a failure's text.
    package func log() -> String {
        FileManager.default.names(in: folder).filter { $0.hasSuffix(".stderr") }
            .map { name in
                let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
                return "-- \(name)\n\(text ?? "")"
            }
            .joined(separator: "\n")
    }
}

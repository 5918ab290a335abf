package import Foundation

/// `postbox simulate` as a child process on a free port, with a record of every post.
package final class RunningSimulator {
    /// A line of the record: a post that came, or the answer to one.
    package struct Event: Decodable, Sendable {
        package var event: String
        /// Microseconds since 1970.
        package var time: Int
        package var connection: Int
        package var postID: Int
        package var ric: String
        package var service: String
        package var kind: String?
        package var fields: String?
        package var outcome: String?
        package var nakCode: String?

        private enum CodingKeys: String, CodingKey {
            case event, time, connection, kind, outcome
            case postID = "PostID"
            case ric = "RIC"
            case service = "Service"
            case fields = "Fields"
            case nakCode = "NakCode"
        }
    }

    package let port: Int
    package let process: ChildProcess
    private let recordFile: URL

    /// Starts it and waits until it listens.
    ///
    /// - Parameter scenario: YAML; empty for a friendly server.
    package static func start(_ scenario: String = "", in folder: URL, name: String) async throws -> RunningSimulator {
        let scenarioFile = folder.appendingPathComponent(name + ".yaml")
        let recordFile = folder.appendingPathComponent(name + ".record.jsonl")
        try Data(scenario.utf8).write(to: scenarioFile)
        let process = try ChildProcess(
            [
                "simulate", "--listen", "127.0.0.1:0", "--scenario", scenarioFile.path, "--record", recordFile.path,
            ], in: folder, name: name)
        do {
            try await eventually("the simulator listens") {
                process.output.contains("\n") || !process.isRunning
            }
        } catch let error as TimedOut {
            throw TimedOut(description: "\(error)\n\(process.errorOutput)")
        }
        let line = process.output.prefix { $0 != "\n" }
        let words = "listening on ws://127.0.0.1:"
        guard line.hasPrefix(words), line.hasSuffix("/WebSocket"),
            let port = Int(line.dropFirst(words.count).dropLast("/WebSocket".count))
        else {
            throw BuiltProgram.Missing(
                description: "the simulator's first line is no address: '\(line)'\n\(process.errorOutput)")
        }
        return RunningSimulator(port: port, process: process, recordFile: recordFile)
    }

    private init(port: Int, process: ChildProcess, recordFile: URL) {
        self.port = port
        self.process = process
        self.recordFile = recordFile
    }

    package var url: String { "ws://127.0.0.1:\(port)/WebSocket" }

    /// What it has recorded so far, whole lines only.
    package func events() throws -> [Event] {
        try Self.events(in: recordFile)
    }

    /// The whole lines of a record.
    package static func events(in recordFile: URL) throws -> [Event] {
        guard FileManager.default.fileExists(atPath: recordFile.path) else { return [] }
        let bytes = try Data(contentsOf: recordFile)
        guard let end = bytes.lastIndex(of: 0x0a) else { return [] }
        let decoder = JSONDecoder()
        return try bytes[...end].split(separator: 0x0a).map { try decoder.decode(Event.self, from: Data($0)) }
    }

    /// The posts that came so far.
    package func posts() throws -> [Event] {
        try events().filter { $0.event == "post" }
    }
}

package import Foundation
import Synchronization

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
        /// What would be read back of each field: a number as its literal's text, nil for a blank. Nil when there are no fields
        /// or the post drew an Error.
        package var stored: [String: String?]?
        package var outcome: String?
        package var nakCode: String?

        private enum CodingKeys: String, CodingKey {
            case event, time, connection, kind, outcome, stored
            case postID = "PostID"
            case ric = "RIC"
            case service = "Service"
            case fields = "Fields"
            case nakCode = "NakCode"
        }
    }

    package let port: Int
    package let process: ChildProcess
    private let record: PostedRecord

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
        return RunningSimulator(port: port, process: process, record: PostedRecord(recordFile))
    }

    private init(port: Int, process: ChildProcess, record: PostedRecord) {
        self.port = port
        self.process = process
        self.record = record
    }

    package var url: String { "ws://127.0.0.1:\(port)/WebSocket" }

    /// What it has recorded so far, whole lines only.
    package func events() throws -> [Event] { try record.events() }

    /// The posts that came so far.
    package func posts() throws -> [Event] { try record.posts() }
}

/// A simulator's record, of which each line is read once: it is looked at every few milliseconds while it grows.
package final class PostedRecord: Sendable {
    private struct State {
        var events: [RunningSimulator.Event] = []
        var bytes = 0
    }

    package let file: URL
    private let state = Mutex(State())

    package init(_ file: URL) {
        self.file = file
    }

    /// What was recorded so far, whole lines only.
    package func events() throws -> [RunningSimulator.Event] {
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        return try state.withLock { state in
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            try handle.seek(toOffset: UInt64(state.bytes))
            let bytes = try handle.readToEnd() ?? Data()
            guard let end = bytes.lastIndex(of: 0x0a) else { return state.events }
            let decoder = JSONDecoder()
            state.events += try bytes[...end].split(separator: 0x0a).map {
                try decoder.decode(RunningSimulator.Event.self, from: Data($0))
            }
            state.bytes += end + 1
            return state.events
        }
    }

    /// The posts that came so far.
    package func posts() throws -> [RunningSimulator.Event] {
        try events().filter { $0.event == "post" }
    }

    /// By how much the way to the server varied, in seconds: a rate is promised as long as that is below half a second, and a
    /// machine that is too busy to let the server read makes it longer.
    ///
    /// `sent`: when each post left, in microseconds since 1970, by its PostID.
    package func wayVariation(sent: [Int: Int]) throws -> Double {
        let ways = try posts().compactMap { post in sent[post.postID].map { post.time - $0 } }
        guard let least = ways.min(), let most = ways.max() else { return 0 }
        return Double(most - least) / 1e6
    }
}

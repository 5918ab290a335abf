internal import Foundation

/// What the posts go to: a process of its own on a free port.
final class Server {
    enum Kind {
        /// Answers everything and checks nothing.
        case fast
        /// As strict as a real server, with a record of what came and when.
        case recording
    }

    let port: Int
    private let process: Child
    /// For ``Kind/recording``.
    let record: String

    /// Postbox's own simulator.
    init(_ kind: Kind, _ desk: Desk) throws {
        let files = desk.scratch.path + "/server"
        record = files + ".record.jsonl"
        try? FileManager.default.removeItem(atPath: record)
        let options = kind == .fast ? ["--fast"] : ["--record", record]
        let child = try Child(desk.postbox, ["simulate", "--listen", "127.0.0.1:0"] + options, files: files)
        try child.wait(until: "the simulator listens") { child.output.contains("\n") }
        let line = child.output.prefix { $0 != "\n" }
        guard let port = line.split(separator: ":").last?.split(separator: "/").first.flatMap({ Int($0) }) else {
            throw BenchError("the simulator's first line names no port: \(line)")
        }
        self.port = port
        process = child
    }

    /// A server that prints its port on the first line.
    init(program: String, _ options: [String], _ desk: Desk) throws {
        let files = desk.scratch.path + "/server"
        record = ""
        let child = try Child(program, options, files: files)
        try child.wait(until: "the server listens") { child.output.contains("\n") }
        guard let port = Int(child.output.prefix { $0 != "\n" }) else {
            throw BenchError("the server's first line is no port: \(child.output)")
        }
        self.port = port
        process = child
    }

    func stop() throws {
        try process.stop()
    }
}

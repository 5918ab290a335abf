internal import Foundation

/// Programs outside this package that say how fast the same can be done: a server that only answers, and other clients.
struct Yardsticks {
    /// A client, as it is run.
    struct Client {
        var name: String
        /// Its rows, as a share of the large file's.
        var share: Double
        var command: @Sendable (_ csv: String, _ port: Int, _ result: String) -> [String]
    }

    /// The server that only answers.
    let server: String
    let clients: [Client]
    /// Why some clients are missing.
    let missing: [String]

    /// Builds what is to be built in a copy: the folder itself may be read-only.
    init(from folder: String, scratch: Scratch) throws {
        guard FileManager.default.fileExists(atPath: folder + "/ackserver") else {
            throw BenchError("there are no yardsticks in \(folder)")
        }
        let copy = scratch.path + "/yardsticks"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        for name in ["ackserver", "peers"] {
            try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: "\(copy)/\(name)")
            // The copy of a folder that is read-only is read-only.
            chmod("\(copy)/\(name)", 0o755)
        }
        server = copy + "/ackserver/ackserver"
        guard Self.succeeds("make", ["-s", "-C", copy + "/ackserver"], scratch) else {
            throw BenchError("\(folder)/ackserver cannot be built; it needs g++ and make")
        }
        var clients: [Client] = []
        var missing: [String] = []
        if let python = Self.python(folder, scratch) {
            let peer = { (name: String, options: [String]) in
                { @Sendable (csv: String, port: Int, result: String) in
                    [python, "\(copy)/peers/\(name)", "--csv", csv, "--port", "\(port)", "--result", result] + options
                }
            }
            clients += [
                Client(name: "websocket-client, window 1", share: 0.005, command: peer("wsclient_post.py", [])),
                Client(
                    name: "websocket-client, window 1,000", share: 0.1,
                    command: peer("wsclient_post.py", ["--window", "1000"])),
                Client(
                    name: "picows + orjson, window 1", share: 0.02, command: peer("picows_post.py", ["--window", "1"])),
                Client(
                    name: "picows + orjson, window 1,000", share: 0.1,
                    command: peer("picows_post.py", ["--window", "1000"])),
            ]
        } else {
            missing.append("no Python with the yardsticks' requirements (BENCH_PYTHON names one)")
        }
        if Self.succeeds("make", ["-s", "-C", copy + "/peers"], scratch) {
            let peer = { (engine: String, window: Int) in
                { @Sendable (csv: String, port: Int, result: String) in
                    [
                        "\(copy)/peers/cpppost", "--csv", csv, "--port", "\(port)", "--result", result, "--engine",
                        engine,
                        "--window", "\(window)",
                    ]
                }
            }
            clients += [
                Client(name: "C++ Beast, window 1", share: 0.02, command: peer("beast", 1)),
                Client(name: "C++ Beast, window 1,000", share: 1, command: peer("beast", 1000)),
                Client(name: "C++ own frames, window 1,000", share: 1, command: peer("raw", 1000)),
            ]
        } else {
            missing.append("no C++ clients: they need g++, make and Boost")
        }
        self.clients = clients
        self.missing = missing
    }

    private static func python(_ folder: String, _ scratch: Scratch) -> String? {
        let own = ProcessInfo.processInfo.environment["BENCH_PYTHON"]
        return [own, folder + "/.venv/bin/python", "python3"].compactMap(\.self)
            .first { succeeds($0, ["-c", "import websocket, picows, orjson"], scratch) }
    }

    private static func succeeds(_ program: String, _ arguments: [String], _ scratch: Scratch) -> Bool {
        let child = try? Child(program, arguments, files: scratch.path + "/make")
        return (try? child?.wait(seconds: 300))?.exitCode == 0
    }
}

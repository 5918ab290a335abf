internal import Foundation
internal import PostboxCore

/// A fresh spool with its configuration.
struct Spool {
    let folder: String
    let configuration: String
    private let desk: Desk

    /// - Parameters:
    ///   - port: where the server listens.
    ///   - window: posts in flight.
    ///   - postsPerSecond: the destination's limit; nil: as fast as it goes.
    ///   - files: what else the configuration says, such as the section of that name.
    init(_ desk: Desk, port: Int, window: Int = 1000, postsPerSecond: Int? = nil, files: String = "") throws {
        self.desk = desk
        let limit = postsPerSecond.map { "    max_posts_per_second: \($0)" } ?? ""
        folder = try desk.scratch.makeFolder("spool")
        configuration = desk.scratch.path + "/postbox.yaml"
        for name in ["inbox", "staging"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        let yaml = """
            spool: \(folder)
            settle: 0s
            destinations:
              server:
                urls: ["ws://127.0.0.1:\(port)/WebSocket"]
                user: bench
                service: NIPROV
                window: \(window)
            \(limit)
            \(files)

            """
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: configuration))
    }

    /// Puts files into a folder of the spool without copying them.
    ///
    /// - Parameter prefix: what their names begin with there.
    func put(_ paths: [String], into name: String = "inbox", prefix: String = "") throws {
        for path in paths {
            let target = "\(folder)/\(name)/" + prefix + (path as NSString).lastPathComponent
            guard link(path, target) == 0 else { throw BenchError("\(target) cannot be made: errno \(errno)") }
        }
    }

    /// Renames a staged file into the inbox.
    func enter(_ name: String) throws {
        guard rename("\(folder)/staging/\(name)", "\(folder)/inbox/\(name)") == 0 else {
            throw BenchError("\(name) cannot be renamed into the inbox: errno \(errno)")
        }
    }

    /// `postbox run` with it.
    func start(once: Bool, isDurable: Bool = true) throws -> Child {
        try Child(
            desk.postbox, ["run", "--config", configuration] + (once ? ["--once"] : []),
            files: desk.scratch.path + "/postbox", environment: isDurable ? [:] : ["POSTBOX_UNSAFE_NO_SYNC": "1"])
    }

    /// When a file's summary came into `done/`, microseconds since 1970; nil: it is not there.
    func finishedAt(_ name: String) -> Int? {
        var status = stat()
        guard stat("\(folder)/done/\(name).summary.json", &status) == 0 else { return nil }
        return status.st_ctim.tv_sec * 1_000_000 + status.st_ctim.tv_nsec / 1000
    }

    /// Summaries in `done/`: files that are finished, and the time of the last one in microseconds since 1970.
    func finished() throws -> (files: Int, last: Int) {
        var last = 0
        let count = try finished { folder, name in
            var status = stat()
            guard fstatat(folder, name, &status, 0) == 0 else { return }
            last = max(last, status.st_ctim.tv_sec * 1_000_000 + status.st_ctim.tv_nsec / 1000)
        }
        return (count, last)
    }

    /// Counts the summaries in `done/`; `body` gets the folder's descriptor and each name.
    private func finished(_ body: (Int32, UnsafePointer<CChar>) -> Void) throws -> Int {
        guard let folder = opendir(folder + "/done") else { return 0 }
        defer { closedir(folder) }
        var files = 0
        while let entry = readdir(folder) {
            withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    let length = strlen(name)
                    guard length > 13, name[0] != 0x2e, strcmp(name + length - 13, ".summary.json") == 0 else { return }
                    files += 1
                    body(dirfd(folder), name)
                }
            }
        }
        return files
    }

    /// A finished file's summary.
    func summary(of name: String) throws -> Summary {
        let path = "\(folder)/done/\(name).summary.json"
        return try JSONDecoder().decode(Summary.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

/// What a bench reads of a summary.
struct Summary: Decodable {
    var drop: Int
    var rows: Int
    var outcomes: [String: Int]
    /// RFC 3339 with microseconds.
    var firstSentAt: String
    /// The same, of its last outcome.
    var settledAt: String
    /// How often checks warned of a row, by what they said; nil: the rule has no checks.
    var checkWarnings: [String: Int]?
    /// From the first post to the last answer.
    var rowsPerSecond: Double

    private enum CodingKeys: String, CodingKey {
        case drop, rows, outcomes
        case firstSentAt = "first_sent_at"
        case settledAt = "settled_at"
        case checkWarnings = "check_warnings"
        case rowsPerSecond = "rows_per_second"
    }

    /// Microseconds since 1970.
    var firstSent: Int64? { TimeText.microseconds(firstSentAt) }

    /// Microseconds since 1970.
    var settled: Int64? { TimeText.microseconds(settledAt) }
}

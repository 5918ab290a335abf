internal import Foundation

/// A whole run of `postbox run --once`: from its start to its exit, every row acked.
struct PostboxRun {
    var rows: Int
    var files: Int
    var end: Child.End
    /// Of result files, moved files and folders.
    var syncs: Int
    /// Each is a sync of its own.
    var commits: Int
    /// Seconds from the start to the first post.
    var firstPostSeconds: Double
    /// Seconds from the start to the last file's summary.
    var lastFileSeconds: Double
    /// Rows a second of the last one of the files, from its first post to its last answer.
    var postedPerSecond: Double
    /// Seconds from the end of the first file to that of the last one.
    var secondsAfterFirst: Double
    /// How often checks warned of a row of the last one of the files.
    var checkWarnings: Int

    /// - Parameters:
    ///   - paths: the files, of `rows` rows together; they are linked, not copied.
    ///   - window: posts in flight.
    ///   - rules: what else the configuration says, such as the section `files`.
    static func measure(
        _ desk: Desk, _ paths: [String], rows: Int, port: Int, window: Int = 1000, isDurable: Bool = true,
        rules: String = ""
    ) throws -> PostboxRun {
        let spool = try Spool(desk, port: port, window: window, files: rules)
        try spool.put(paths)
        let child = try spool.start(once: true, isDurable: isDurable)
        let end = try child.wait()
        let log = child.errors
        guard end.exitCode == 0 else { throw BenchError("postbox ended with \(end.exitCode):\n\(log.suffix(2000))") }
        let done = try spool.finished()
        guard done.files == paths.count else { throw BenchError("\(done.files) of \(paths.count) files are in done/") }
        let first = try spool.summary(of: ((paths.first ?? "") as NSString).lastPathComponent)
        if paths.count == 1, first.outcomes["acked"] != rows {
            throw BenchError("of \(rows) rows these came about: \(first.outcomes)")
        }
        let last = try spool.summary(of: ((paths.last ?? "") as NSString).lastPathComponent)
        return PostboxRun(
            rows: rows, files: paths.count, end: end, syncs: fact("syncs", of: log),
            commits: fact("ledger_commits", of: log),
            firstPostSeconds: Double(Int(first.firstSent ?? 0) - child.startedAt) / 1e6,
            lastFileSeconds: Double(done.last - child.startedAt) / 1e6, postedPerSecond: last.rowsPerSecond,
            secondsAfterFirst: Double((last.settled ?? 0) - (first.settled ?? 0)) / 1e6,
            checkWarnings: last.checkWarnings?.values.reduce(0, +) ?? 0)
    }

    /// A number in the log's last line.
    private static func fact(_ name: String, of log: String) -> Int {
        let line = log.split(separator: "\n").last ?? ""
        let word = line.split(separator: " ").first { $0.hasPrefix(name + "=") }
        return word.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    }
}

extension [PostboxRun] {
    func median(_ value: (PostboxRun) -> Double) -> Double { map(value).median }

    var rowsPerSecond: [Double] { map { Double($0.rows) / $0.end.seconds } }

    var cpuSecondsPerMillion: Double { median { $0.end.cpuSeconds / Double($0.rows) * 1e6 } }

    var peakMegabytes: String { Figure.megabytes(Int(median { Double($0.end.peakBytes) })) }
}

internal import PostboxCore
internal import PostboxIO

/// What an earlier run settled of a drop, and how much of its journal holds.
struct Recovered: Sendable {
    private(set) var rows: SettledRows
    /// Rows of the file.
    private let rowCount: Int
    /// Rows of these that do not count, and have no line.
    private let skippedCount: Int
    /// Bytes of the result file that hold; nil: there is none worth keeping.
    private var goodBytes: Int?

    /// Nothing is left of an earlier run.
    init(rows: Int, skipped: RowSet?, destinations: [String]) {
        rowCount = rows
        skippedCount = skipped?.count ?? 0
        self.rows = SettledRows(rows: rows, destinations: destinations)
    }

    /// What an earlier run left of a file, if it had it. Throws when there is a journal that cannot be read. `disk`: where is read.
    static func find(
        _ file: ClaimedFile, rows: Int, skipped: RowSet?, on disk: DiskThreads
    ) async throws -> Recovered {
        guard file.record != nil else {
            return Recovered(rows: rows, skipped: skipped, destinations: file.rule.destinations)
        }
        return try await disk.run { try Recovered(journalOf: file, rows: rows, skipped: skipped) }
    }

    private init(journalOf file: ClaimedFile, rows: Int, skipped: RowSet?) throws {
        let destinations = file.rule.destinations
        self.init(rows: rows, skipped: skipped, destinations: destinations)
        let path = file.directory + "/" + FileMover.Part.result
        guard try Disk.exists(path) else { return }
        let source = try SourceFile(path: path)
        var journal = ResultJournal(drop: file.drop, destinations: destinations)
        var settled = self.rows
        try source.eachChunk { _, chunk, isLast in
            journal.take(chunk, isLast: isLast) { settled.take($0) }
        }
        self.rows = settled
        goodBytes = journal.goodBytes > 0 ? journal.goodBytes : nil
    }

    /// There is a journal to go on with.
    var hasJournal: Bool { goodBytes != nil }

    /// Rows that an earlier run settled at a destination; nil: there is no journal to tell.
    func settled(at destination: String) -> RowSet? { hasJournal ? rows.settled[destination] : nil }

    /// Rows that a server refused in an earlier run.
    func refused(at destination: String) -> Int { rows.refused[destination] ?? 0 }

    /// The drop's result file, to go on with, or a new one.
    ///
    /// - Parameters:
    ///   - hasLines: Rows have line numbers of their own.
    ///   - known: Names of services by their index in posts, of destinations whose lanes were asked.
    ///
    /// Throws `DiskError`.
    func resultFile(
        of file: ClaimedFile, hasLines: Bool, services known: [String: [String]] = [:], in context: Context
    ) async throws -> ResultFile {
        var lines: [String: ResultLines] = [:]
        for name in file.rule.destinations {
            var services = known[name]
            if services == nil { services = await context.lanes[name]?.words.services }
            lines[name] = ResultLines(
                drop: file.drop, destination: name, services: services ?? file.snapshot.services[name] ?? [],
                hasLines: hasLines, hasWarnings: file.rule.mayWarn)
        }
        return try await context.disk.run { [lines] in
            try ResultFile(
                path: file.directory + "/" + FileMover.Part.result, rows: rowCount, skipped: skippedCount, lines: lines,
                keeping: goodBytes ?? 0,
                tally: ResultTally(
                    rows: rowCount, destinations: lines.keys, outcomes: rows.outcomes, bad: rows.bad, held: rows.held,
                    sent: rows.sent, firstSentAt: TimeText.microseconds(rows.firstSentAt) ?? 0),
                mode: try file.mode(),
                thread: context.results.thread,
                alert: { [alerts = context.alerts] in alerts.send($0) },
                failing: { [trouble = context.results.trouble] in trouble.changed($0) })
        }
    }
}

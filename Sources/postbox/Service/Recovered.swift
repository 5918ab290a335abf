internal import Glibc
internal import PostboxCore
internal import PostboxIO

/// What an earlier run settled of a drop, as its growing result file tells.
struct Recovered: Sendable {
    /// By destination: rows with a whole line.
    var settled: [String: RowSet] = [:]
    var outcomes = OutcomeCounts()
    var bad: RowSet
    /// Microseconds since 1970 of the first post; 0: none.
    var firstSentAt: Int64 = 0
    /// Bytes of the result file that hold; 0: there is none worth keeping.
    var goodBytes = 0

    /// Nothing is left of an earlier run.
    init(rows: Int) {
        bad = RowSet(rows: rows)
    }

    /// Reads the journal in a drop's directory. Throws when it is there and cannot be read.
    init(_ file: ClaimedFile, rows: Int) throws {
        bad = RowSet(rows: rows)
        let path = file.directory + "/" + FileMover.Part.result
        guard file.record != nil, try Disk.exists(path) else { return }
        let source = try SourceFile(path: path)
        var journal = ResultJournal(drop: file.drop, destinations: file.snapshot.rule.destinations)
        var settled: [String: RowSet] = [:]
        for name in file.snapshot.rule.destinations { settled[name] = RowSet(rows: rows) }
        var outcomes = OutcomeCounts()
        var bad = bad
        var first = ""
        try source.eachChunk { _, chunk, isLast in
            journal.take(chunk, isLast: isLast) { line in
                guard line.row <= rows, settled[line.destination]?.contains(line.row) == false else { return false }
                settled[line.destination]?.insert(line.row)
                outcomes.add(line.outcome, word: line.nakCode.isEmpty ? line.reason : line.nakCode)
                if !line.outcome.isGood { bad.insert(line.row) }
                if !line.sentAt.isEmpty, first.isEmpty || line.sentAt < first { first = line.sentAt }
                return true
            }
        }
        self.settled = settled
        self.outcomes = outcomes
        self.bad = bad
        firstSentAt = TimeText.microseconds(first) ?? 0
        goodBytes = journal.goodBytes
    }
}

internal import PostboxCore
internal import PostboxIO

/// What an earlier run settled of a drop, and how much of its journal holds.
struct Recovered: Sendable {
    var rows: SettledRows
    /// Bytes of the result file that hold; 0: there is none worth keeping.
    var goodBytes = 0

    /// Nothing is left of an earlier run.
    init(rows: Int, destinations: [String]) {
        self.rows = SettledRows(rows: rows, destinations: destinations)
    }

    /// Reads the journal in a drop's directory. Throws when it is there and cannot be read.
    init(_ file: ClaimedFile, rows: Int) throws {
        let destinations = file.snapshot.rule.destinations
        self.init(rows: rows, destinations: destinations)
        let path = file.directory + "/" + FileMover.Part.result
        guard file.record != nil, try Disk.exists(path) else { return }
        let source = try SourceFile(path: path)
        var journal = ResultJournal(drop: file.drop, destinations: destinations)
        var settled = self.rows
        try source.eachChunk { _, chunk, isLast in
            journal.take(chunk, isLast: isLast) { settled.take($0) }
        }
        self.rows = settled
        goodBytes = journal.goodBytes
    }

    /// Microseconds since 1970 of the first post; 0: none.
    var firstSentAt: Int64 { TimeText.microseconds(rows.firstSentAt) ?? 0 }
}

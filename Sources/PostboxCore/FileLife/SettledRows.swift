/// What an earlier run settled of a drop, as its growing result file tells.
package struct SettledRows: Sendable, Equatable {
    /// By destination: rows with a whole line.
    package private(set) var settled: [String: RowSet] = [:]
    package private(set) var outcomes = OutcomeCounts()
    /// By destination: rows with a bad outcome that are not held.
    package private(set) var bad: [String: RowSet] = [:]
    /// By destination: rows that the server refused.
    package private(set) var refused: [String: Int] = [:]
    /// By destination: rows that are held.
    package private(set) var held: [String: RowSet] = [:]
    /// Lines of rows that were sent.
    package private(set) var sent = 0
    /// `sent_at` of the first post; empty: none.
    package private(set) var firstSentAt = ""
    private let rows: Int

    /// Nothing is settled of a drop of that many rows.
    package init(rows: Int, destinations: [String]) {
        self.rows = rows
        for name in destinations {
            settled[name] = RowSet(rows: rows)
            bad[name] = RowSet(rows: rows)
        }
    }

    /// Takes a line of the journal. False: it is no line of this drop's rows, or its row was settled before.
    package mutating func take(_ line: ResultJournal.Line) -> Bool {
        guard line.row <= rows, settled[line.destination]?.contains(line.row) == false else { return false }
        settled[line.destination]?.insert(line.row)
        outcomes.add(line.outcome, word: line.nakCode.isEmpty ? line.reason : line.nakCode)
        if line.outcome == .nacked { refused[line.destination, default: 0] += 1 }
        if line.outcome == .unsent, line.reason == Hold.held {
            held[line.destination, default: RowSet(rows: rows)].insert(line.row)
        } else if !line.outcome.isGood {
            bad[line.destination]?.insert(line.row)
        }
        guard !line.sentAt.isEmpty else { return true }
        sent += 1
        if firstSentAt.isEmpty || line.sentAt < firstSentAt { firstSentAt = line.sentAt }
        return true
    }
}

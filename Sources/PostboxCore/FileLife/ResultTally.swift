/// What the lines of a result say, counted as they are written.
package struct ResultTally: Sendable {
    /// Settled rows so far, over all destinations; good rows as well as bad ones.
    package private(set) var outcomes: OutcomeCounts
    /// By destination: rows with a bad outcome that are not held.
    package private(set) var bad: [String: RowSet]
    /// By destination: rows that are held.
    package private(set) var held: [String: RowSet]
    /// Lines of rows that were sent.
    package private(set) var sent: Int
    /// Microseconds since 1970 of the first post and the last answer; 0: none.
    package private(set) var firstSentAt: Int64
    package private(set) var lastSettledAt: Int64 = 0
    private let rows: Int

    /// - Parameters:
    ///   - rows: Of the file.
    ///   - bad: Of an earlier run, as what stands behind it; nil: nothing was written.
    package init(
        rows: Int, destinations: some Sequence<String>, outcomes: OutcomeCounts = OutcomeCounts(),
        bad: [String: RowSet]? = nil, held: [String: RowSet] = [:], sent: Int = 0, firstSentAt: Int64 = 0
    ) {
        self.rows = rows
        self.outcomes = outcomes
        self.bad =
            bad
            ?? Dictionary(
                destinations.map { ($0, RowSet(rows: rows)) }, uniquingKeysWith: { one, _ in one })
        self.held = held
        self.sent = sent
        self.firstSentAt = firstSentAt
    }

    /// Rows that a lane has settled.
    package mutating func count(_ run: SettledRun, of destination: String) {
        var acked = 0
        var others = 0
        var first = Int64.max
        var last: Int64 = 0
        for settled in run.rows {
            if settled.sentAt > 0 { first = min(first, settled.sentAt) }
            if settled.outcome == .acked {
                acked += 1
                last = max(last, settled.settledAt)
            } else {
                if settled.sentAt > 0 { others += 1 }
                count(
                    settled.outcome, settled.detail < 0 ? nil : run.details[settled.detail],
                    row: run.handover.rows[settled.index].row, of: destination, settledAt: settled.settledAt)
            }
        }
        outcomes.add(.acked, count: acked)
        sent += acked + others
        if first < .max, firstSentAt == 0 || first < firstSentAt { firstSentAt = first }
        lastSettledAt = max(lastSettledAt, last)
    }

    /// A row. `settledAt`: microseconds since 1970.
    package mutating func count(
        _ outcome: PostOutcome, _ detail: OutcomeDetail?, row: Int, of destination: String, settledAt: Int64
    ) {
        // As it stands in the line, from where the next start counts it.
        let word = detail.map { $0.nakCode.isEmpty ? $0.reason : VisibleText.line($0.nakCode) } ?? ""
        outcomes.add(outcome, word: word)
        if outcome == .unsent, word == Hold.held {
            held[destination, default: RowSet(rows: rows)].insert(row)
        } else if !outcome.isGood {
            bad[destination]?.insert(row)
        }
        lastSettledAt = max(lastSettledAt, settledAt)
    }
}

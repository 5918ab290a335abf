/// Lets a few log lines of one kind through in a minute and counts the others: a server may send any number of answers that
/// nothing waits for.
package struct LogLimit: Sendable {
    /// Lines a minute.
    package static let most = 5
    /// Nanoseconds.
    private static let minute: Int64 = 60_000_000_000

    private var begun: Int64?
    private var written = 0
    private var leftOut = 0

    package init() {}

    /// A line is to be written: how many were left out since the last one; nil: this one is left out, too.
    package mutating func line(at now: Int64) -> Int? {
        if isOver(now) {
            begun = now
            written = 0
        }
        guard written < Self.most else {
            leftOut += 1
            return nil
        }
        written += 1
        defer { leftOut = 0 }
        return leftOut
    }

    /// How many were left out that no later line has told, once their minute is over; nil: none.
    package mutating func rest(at now: Int64) -> Int? {
        guard leftOut > 0, isOver(now) else { return nil }
        defer { leftOut = 0 }
        return leftOut
    }

    private func isOver(_ now: Int64) -> Bool { begun.map { now - $0 >= Self.minute } ?? true }
}

/// `LogLimit`s by their lines' event.
package struct LogLimits: Sendable {
    private var limits: [Event: LogLimit] = [:]

    package init() {}

    /// A line of that event is to be written: how many were left out since the last one; nil: this one is left out, too.
    package mutating func line(_ event: Event, at now: Int64) -> Int? {
        limits[event, default: LogLimit()].line(at: now)
    }

    /// Events of which lines were left out that no later one counted, once their minute is over.
    package mutating func rest(at now: Int64) -> [(event: Event, leftOut: Int)] {
        limits.keys.sorted { $0.word < $1.word }.compactMap { event in
            limits[event]?.rest(at: now).map { (event, $0) }
        }
    }
}

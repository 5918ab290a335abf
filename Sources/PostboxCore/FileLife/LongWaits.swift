/// Says once that a destination has been down for long, and once when it is up again.
package struct DownWatch: Sendable {
    /// Nanoseconds.
    var limit: Int64
    private var down: [String: Outage] = [:]

    private struct Outage: Sendable {
        var since: Int64
        var isTold = false
        /// It is nobody's business before.
        var notBefore: Int64 = .min
    }

    /// A destination that was down for `limit` nanoseconds is told.
    package init(limit: Int64) {
        self.limit = limit
    }

    /// It is down from now on, or still. An outage counts from its beginning, whatever is tried meanwhile.
    package mutating func isDown(_ name: String, at now: Int64) {
        if down[name] == nil { down[name] = Outage(since: now) }
    }

    /// It is up. How long it was down, in nanoseconds, when that was told; nil: nobody has to know.
    package mutating func isUp(_ name: String, at now: Int64) -> Int64? {
        guard let outage = down.removeValue(forKey: name), outage.isTold else { return nil }
        return now - outage.since
    }

    /// Destinations that have been down for long by now, with nanoseconds, in order; each outage once.
    package mutating func due(at now: Int64) -> [(name: String, for: Int64)] {
        let due = pending(at: now)
        for name in due { down[name]?.isTold = true }
        return due.map { name in (name: name, for: now - (down[name]?.since ?? now)) }
    }

    /// Those that are about to be told, in order.
    package func pending(at now: Int64) -> [String] {
        down.filter { !$1.isTold && now - $1.since >= limit && now >= $1.notBefore }.keys.sorted()
    }

    /// Its outage is not told before a time.
    package mutating func wait(_ name: String, until: Int64) { down[name]?.notBefore = until }

    /// When the next one will have been down for long.
    package var nextDeadline: Int64? {
        down.values.filter { !$0.isTold }.map { max($0.since + limit, $0.notBefore) }.min()
    }
}

/// Says that files have waited in the inbox for long, and once when none does any more.
///
/// However many there are, and however they come: one alert at most for each `limit`.
package struct WaitWatch: Sendable {
    package enum Told: Sendable, Equatable {
        /// These have waited for long and were not told yet, in order; so many do in all.
        case waiting([String], all: Int)
        /// None of those that were told waits any more.
        case over
    }

    /// Nanoseconds.
    var limit: Int64
    private var since: [String: Int64] = [:]
    private var told: Set<String> = []
    /// One that was told was claimed since.
    private var owesEnd = false
    private var lastTold: Int64?

    /// A file that waits for `limit` nanoseconds is told.
    package init(limit: Int64) {
        self.limit = limit
    }

    /// The file was claimed: another one of its name begins to wait anew.
    package mutating func taken(_ name: String) {
        since[name] = nil
        if told.remove(name) != nil { owesEnd = true }
    }

    /// All price files that lie in the inbox now.
    package mutating func look(_ files: [String], at now: Int64) -> Told? {
        let before = since
        since = [:]
        var isAnyTold = false
        var long = 0
        var new: [String] = []
        for name in files {
            let began = before[name] ?? now
            since[name] = began
            if told.contains(name) {
                isAnyTold = true
                long += 1
            } else if now - began >= limit {
                long += 1
                new.append(name)
            }
        }
        if !new.isEmpty, lastTold.map({ now - $0 >= limit }) ?? true {
            lastTold = now
            told = told.filter { since[$0] != nil }
            told.formUnion(new)
            return .waiting(new.sorted(), all: long)
        }
        guard !told.isEmpty || owesEnd, !isAnyTold else { return nil }
        told = []
        owesEnd = false
        return .over
    }
}

/// Says now and then how far the work is.
package struct ProgressReport: Sendable {
    package struct Line: Sendable, Equatable {
        /// Result lines so far, and those that are expected, of the files that are in work together.
        package var rows: Int
        package var of: Int
        /// Result lines a second since the last report.
        package var rate: Int
        /// Seconds until the rest is done at that rate; nil: there is no telling.
        package var remaining: Int?
    }

    /// Nanoseconds.
    private let every: Int64
    /// Of the present work: when it was last told of, or began, and what was settled and expected by then.
    private var last: (at: Int64, settled: Int)?
    private var first = (settled: 0, expected: 0)

    /// A line for each `every` nanoseconds of work.
    package init(every: Int64) {
        self.every = every
    }

    /// `settled` and `expected` count since the program's start. A line when it is time for one.
    package mutating func look(isBusy: Bool, settled: Int, expected: Int, at now: Int64) -> Line? {
        guard isBusy else {
            last = nil
            first = (settled, expected)
            return nil
        }
        guard let before = last else {
            last = (now, first.settled)
            return nil
        }
        guard now - before.at >= every else { return nil }
        last = (now, settled)
        let seconds = Double(now - before.at) / 1e9
        let rate = Int((Double(settled - before.settled) / seconds).rounded())
        let left = max(0, expected - settled)
        return Line(
            rows: settled - first.settled, of: expected - first.expected, rate: rate,
            remaining: rate > 0 ? (left + rate - 1) / rate : left == 0 ? 0 : nil)
    }

    /// When the next line is due.
    package var nextDeadline: Int64? { last.map { $0.at + every } }
}

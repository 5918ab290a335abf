/// When the clocks of a zone are set, as the system's tz database has it.
package struct TimeZoneRules: Sendable, Equatable {
    /// A time between two changes of the clocks.
    struct Interval: Sendable, Equatable {
        /// Seconds since 1970; the end is the first second that is no longer in it.
        var start: Int
        var end: Int
        /// Seconds that local time is ahead of UTC.
        var offset: Int
    }

    /// What a local time is.
    enum Instant: Sendable, Equatable {
        /// Seconds since 1970.
        case one(Int)
        /// The clocks were set forward over it.
        case none
        /// The clocks were set back to it.
        case twice
    }

    /// Changes of the offset in seconds since 1970, ascending.
    private let changes: [Int]
    /// The offset before the first change, and from each change on: one more than there are changes.
    private let offsets: [Int]
    /// The second from which on the changes of the 400 years before repeat. Nil: the last offset stands for ever.
    private let repeatsFrom: Int?

    package static let utc = TimeZoneRules(offset: 0)

    private static let secondsPerEra = DateCalendar.daysPerEra * DateCalendar.secondsPerDay
    /// No local time is further from UTC than so many seconds, behind or ahead (RFC 8536 §3.2).
    private static let offsetMax = 26 * 3600

    private init(offset: Int) {
        changes = []
        offsets = [offset]
        repeatsFrom = nil
    }

    /// Reads a file of the tz database, TZif version 2 or later (RFC 8536), with the rule in its last line for the years behind
    /// its table. Files with leap seconds are refused: no clock that writes price files counts them.
    package init(parsing bytes: [UInt8]) throws(SettingsMistake) {
        let mistake = SettingsMistake("a time zone of the system's tz database: its file is none (TZif 2) or damaged")
        guard let file = TimeZoneFile(bytes) else { throw mistake }
        var changes: [Int] = []
        var offsets = [file.offsetBefore]
        func add(_ change: TimeZoneFile.Change) {
            // Where only the name changes, no clock does.
            guard change.offset != offsets[offsets.count - 1] else { return }
            changes.append(change.at)
            offsets.append(change.offset)
        }
        for change in file.changes { add(change) }
        guard let rule = file.rule, let summer = rule.summer, summer.offset != rule.offset else {
            if let rule = file.rule, file.changes.isEmpty { offsets = [rule.offset] }
            self.changes = changes
            self.offsets = offsets
            repeatsFrom = nil
            return
        }
        // The rule is written out for one round of the calendar.
        var last = file.changes.last?.at ?? .min
        let year = file.changes.last.map { change in
            DateCalendar.date(ofDay: DateCalendar.floorDivide(change.at, DateCalendar.secondsPerDay)).year
        }
        let first = year ?? 1900
        for year in first...first + 402 {
            for change in summer.changes(in: year, winterOffset: rule.offset) {
                if year == first, change.at <= last { continue }
                // A rule whose summers overlap is none.
                guard change.at >= last else { throw mistake }
                add(change)
                last = change.at
            }
        }
        self.changes = changes
        self.offsets = offsets
        repeatsFrom = DateCalendar.number(year: first + 402, month: 1, day: 1) * DateCalendar.secondsPerDay
    }

    /// Whether it may be the name of a zone, `Europe/Zurich`: then it leads to no file outside the database's folder.
    package static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 64 else { return false }
        return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            part.first.map(isLetterOrDigit) == true
                && part.allSatisfy {
                    isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+")
                }
        }
    }

    /// Seconds ahead of UTC where the clocks are never set; nil: they are, or were.
    var constantOffset: Int? { changes.isEmpty ? offsets[0] : nil }

    /// The interval in which a second since 1970 lies.
    func interval(at instant: Int) -> Interval {
        if let repeatsFrom, instant >= repeatsFrom {
            let shift = ((instant - repeatsFrom) / Self.secondsPerEra + 1) * Self.secondsPerEra
            var interval = interval(at: instant - shift)
            interval.start += shift
            interval.end += shift
            return interval
        }
        var low = 0
        var high = changes.count
        // The number of changes up to the instant.
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return Interval(
            start: low == 0 ? .min : changes[low - 1], end: low == changes.count ? .max : changes[low],
            offset: offsets[low])
    }

    /// The second since 1970 of a local time, which is given as if it were UTC.
    func instant(ofLocal local: Int) -> Instant {
        var found: Int?
        var interval = interval(at: local - Self.offsetMax)
        while true {
            let candidate = local - interval.offset
            if candidate >= interval.start, candidate < interval.end {
                if found != nil { return .twice }
                found = candidate
            }
            guard interval.end <= local + Self.offsetMax else { break }
            interval = self.interval(at: interval.end)
        }
        return found.map(Instant.one) ?? .none
    }
}

/// A zone, and the interval that was asked for last: successive rows ask for the same.
struct TimeZoneCursor: Sendable {
    private let rules: TimeZoneRules
    private var last: TimeZoneRules.Interval
    /// Further from its ends than this, a local time of the interval is one of no other: more than twice the largest offset.
    private static let margin = 3 * DateCalendar.secondsPerDay

    init(_ rules: TimeZoneRules) {
        self.rules = rules
        last = rules.interval(at: 0)
    }

    /// Seconds that local time is ahead of UTC at a second since 1970.
    mutating func offset(at instant: Int) -> Int {
        if instant < last.start || instant >= last.end { last = rules.interval(at: instant) }
        return last.offset
    }

    /// See `TimeZoneRules.instant(ofLocal:)`.
    mutating func instant(ofLocal local: Int) -> TimeZoneRules.Instant {
        let candidate = local - last.offset
        // Both sums are of times within some ten thousand years, or the interval's end is none.
        if candidate &- Self.margin >= last.start, last.end == .max || candidate &+ Self.margin < last.end {
            return .one(candidate)
        }
        let instant = rules.instant(ofLocal: local)
        if case .one(let second) = instant { last = rules.interval(at: second) }
        return instant
    }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") <= 9 || (byte | 0x20) &- UInt8(ascii: "a") <= 25
}

/// A time as people and programs give it, on a command line and at the API. What it means is the same everywhere:
///
/// | form | as `since` | as `to` | as `until` |
/// | --- | --- | --- | --- |
/// | `2026-12-24T17:30Z`, `2026-12-24T17:30:00+01:00` | that instant | that instant | that instant |
/// | `2026-12-24T17:30` | that time of the zone | the same | the same |
/// | `2026-12-24` | the day's start in the zone | the day's end | the day's end |
/// | `17:30` | the last time that clocks of the zone showed it | the same | the next time that they will |
/// | `90m`, `2h`, `7d` | so long ago | so long ago | so long from now |
package struct GivenTime: Sendable, Equatable {
    /// Which end of something a time is.
    package enum Bound: Sendable, CaseIterable {
        /// What was from then on.
        case since
        /// What was before then.
        case to
        /// What is to last until then.
        case until
    }

    private enum Form: Sendable, Equatable {
        /// Microseconds since 1970.
        case instant(Int64)
        /// A day since 1970-01-01, and microseconds of it by the zone's clocks.
        case local(day: Int, Int64)
        case day(Int)
        /// Microseconds since midnight.
        case clock(Int64)
        /// Microseconds.
        case span(Int64)
    }

    private let form: Form

    /// What such a text may be, for people.
    package static let forms = """
        a time such as 2026-12-24T17:30Z or 2026-12-24T17:30:00+01:00, one of this machine's zone (2026-12-24T17:30, 2026-12-24, 17:30) \
        or a span such as 90m, 2h or 7d
        """

    /// Reads a text; nil: it has none of the forms.
    package init?(_ text: String) {
        if let span = try? SettingsText.duration(text) {
            form = .span(span.nanoseconds / 1000)
        } else if let day = Self.day(text) {
            form = .day(day)
        } else if let time = Self.timeOfDay(text[...]) {
            form = .clock(time)
        } else if let found = Self.dateAndTime(text) {
            form = found
        } else {
            return nil
        }
    }

    /// The time that it is: microseconds since 1970.
    ///
    /// - Parameters:
    ///   - now: microseconds since 1970.
    ///   - zone: asked for where the text says none.
    package func at<Fault: Error>(
        _ bound: Bound, now: Int64, zone: () throws(Fault) -> TimeZoneRules
    ) throws(Fault) -> Int64 {
        switch form {
        case .instant(let time): return time
        case .local(let day, let time): return BusinessCalendar.time(microseconds: time, on: day, in: try zone())
        case .day(let day):
            return BusinessCalendar.time(0, on: bound == .since ? day : day + 1, in: try zone())
        case .clock(let clock):
            let zone = try zone()
            let today = BusinessCalendar.today(at: now, in: zone)
            let time = BusinessCalendar.time(microseconds: clock, on: today, in: zone)
            switch bound {
            case .since, .to:
                return time <= now ? time : BusinessCalendar.time(microseconds: clock, on: today - 1, in: zone)
            case .until:
                return time > now ? time : BusinessCalendar.time(microseconds: clock, on: today + 1, in: zone)
            }
        case .span(let span): return bound == .until ? now + span : now - span
        }
    }

    /// The time that it is, whatever the clock shows and wherever it is read; nil: it is no instant. Microseconds since 1970.
    package var instant: Int64? { if case .instant(let time) = form { time } else { nil } }

    /// The same of an instant, or a day of UTC; nil: it is neither.
    package func inUTC(_ bound: Bound) -> Int64? {
        switch form {
        case .instant, .day: at(bound, now: 0) { .utc }
        case .local, .clock, .span: nil
        }
    }

    /// A day's number, counted from 1970-01-01, of `2026-12-24`; nil: the text is no day.
    package static func day(_ text: String) -> Int? {
        DayText.start(text).map { Int($0 / DayText.microseconds) }
    }

    /// `2026-12-24T17:30:00.5`, with a zone behind it or without one. Where RFC 3339 has a T, people write a blank.
    private static func dateAndTime(_ text: String) -> Form? {
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { "Tt ".contains($0) }
        guard parts.count == 2, let day = day(String(parts[0])) else { return nil }
        let end = parts[1].firstIndex { "Zz+-".contains($0) } ?? parts[1].endIndex
        guard let time = timeOfDay(parts[1][..<end]) else { return nil }
        let zone = parts[1][end...]
        if zone.isEmpty { return .local(day: day, time) }
        guard let offset = offset(zone) else { return nil }
        return .instant(Int64(day) * DayText.microseconds + time - offset)
    }

    /// Microseconds ahead of UTC of `Z` or `+01:00`; nil: it is none.
    private static func offset(_ text: Substring) -> Int64? {
        if text == "Z" || text == "z" { return 0 }
        guard text.utf8.count == 6, let size = timeOfDay(text.dropFirst()) else { return nil }
        return text.first == "-" ? -size : size
    }

    /// Microseconds since midnight of `8:00`, `08:00:30` or `08:00:30.25`; nil: it is none.
    private static func timeOfDay(_ text: Substring) -> Int64? {
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { SettingsText.wholeNumber(String($0), in: 0...59) }
        guard halves.count <= 2, parts.count == 2 || parts.count == 3, numbers.count == parts.count, numbers[0] < 24,
            (1...2).contains(parts[0].utf8.count), parts.dropFirst().allSatisfy({ $0.utf8.count == 2 })
        else { return nil }
        let seconds = numbers[0] * 3600 + numbers[1] * 60 + (parts.count == 3 ? numbers[2] : 0)
        var microseconds = Int64(seconds) * 1_000_000
        if halves.count == 2 {
            let digits = String(halves[1])
            guard parts.count == 3, (1...6).contains(digits.utf8.count),
                let fraction = SettingsText.wholeNumber(
                    digits + String(repeating: "0", count: 6 - digits.utf8.count), in: 0...999_999)
            else { return nil }
            microseconds += Int64(fraction)
        }
        return microseconds
    }
}

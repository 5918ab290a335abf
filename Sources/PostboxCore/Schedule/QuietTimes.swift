/// An entry of a destination's `quiet`: a time of the week in which it may be down without an alert.
package struct QuietTime: Sendable, Equatable {
    /// The days on which it begins: 1 for Monday to 7 for Sunday.
    package var days: Set<Int>
    /// Minutes past midnight. It lasts until `to`, on the day after where that is not later than `from`.
    package var from: Int
    package var to: Int
    /// The zone's name and its rules.
    package var zone: String
    package var zoneRules: TimeZoneRules

    package init(
        days: Set<Int> = Set(1...7), from: Int = 0, to: Int = 0, zone: String = "UTC", zoneRules: TimeZoneRules = .utc
    ) {
        self.days = days
        self.from = from
        self.to = to
        self.zone = zone
        self.zoneRules = zoneRules
    }

    /// `mon,sat 22:00 to 05:30 Europe/London`
    package var words: String {
        let days = days == Set(1...7) ? "daily" : ScheduleText.text(days)
        return from == to
            ? "\(days), \(zone)" : "\(days) \(ScheduleText.text(from)) to \(ScheduleText.text(to)) \(zone)"
    }

    /// When it ends, where it holds at a time; microseconds since 1970. nil: it does not hold.
    func end(at now: Int64) -> Int64? {
        let today = BusinessCalendar.today(at: now, in: zoneRules)
        return [today - 1, today].compactMap { day -> Int64? in
            guard days.contains(DateCalendar.weekday(ofDay: day)) else { return nil }
            let begin = BusinessCalendar.time(from, on: day, in: zoneRules)
            let end = BusinessCalendar.time(to, on: to > from ? day : day + 1, in: zoneRules)
            return begin <= now && now < end ? end : nil
        }.max()
    }
}

extension [QuietTime] {
    /// Until when it is quiet, where it is at a time; times that follow on each other count as one. Microseconds since 1970. nil: it is not
    /// quiet.
    package func quietUntil(at now: Int64) -> Int64? {
        var until: Int64?
        // A week of days that follow on each other, and then it is looked at again.
        for _ in 0..<8 {
            guard let end = compactMap({ $0.end(at: until ?? now) }).max() else { break }
            until = end
        }
        return until
    }
}

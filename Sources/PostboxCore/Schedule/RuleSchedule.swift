/// When files of a rule are expected, and by when they have to be through: `expected` and `deadline` of a rule.
package struct RuleSchedule: Sendable, Equatable {
    /// On which days.
    package enum Days: Sendable, Equatable {
        /// Every business day of the calendar.
        case business
        /// 1 for Monday to 7 for Sunday, holidays excepted.
        case weekdays(Set<Int>)
        /// The last business day of each month.
        case monthEnd
    }

    /// The rule's `match`.
    package var rule: String
    /// Minutes of the day by which files have to be there; nil: none are expected.
    package var by: Int?
    /// So many files.
    package var count: Int
    /// Minutes of the day by which they have to be `done`; nil: there is no deadline.
    package var deadline: Int?
    package var days: Days
    package var calendar: BusinessCalendar
    /// The zone's name and its rules.
    package var zone: String
    package var zoneRules: TimeZoneRules

    package init(
        rule: String, by: Int? = nil, count: Int = 1, deadline: Int? = nil, days: Days = .business,
        calendar: BusinessCalendar = .plain, zone: String = "UTC", zoneRules: TimeZoneRules = .utc
    ) {
        self.rule = rule
        self.by = by
        self.count = count
        self.deadline = deadline
        self.days = days
        self.calendar = calendar
        self.zone = zone
        self.zoneRules = zoneRules
    }

    /// Whether files are expected on a day.
    package func isDue(on day: Int) -> Bool {
        switch days {
        case .business: calendar.isBusinessDay(day)
        case .weekdays(let weekdays):
            weekdays.contains(DateCalendar.weekday(ofDay: day)) && !calendar.holidays.contains(day)
        case .monthEnd: calendar.isMonthEnd(day)
        }
    }

    /// When a time of the day is on a day, microseconds since 1970; on days of an early close it is as much earlier as the close.
    package func time(_ minutes: Int, on day: Int) -> Int64 {
        BusinessCalendar.time(minutes - calendar.minutesEarlier(on: day), on: day, in: zoneRules)
    }

    /// The day that it is, by the zone's clock.
    package func day(at time: Int64) -> Int { BusinessCalendar.today(at: time, in: zoneRules) }

    /// When a file that came at a time is to be done: on the day on which it came. nil: the rule has no deadline.
    package func deadlineTime(cameAt time: Int64) -> ScheduleBook.Deadline? {
        deadline.map { minutes in
            let day = day(at: time)
            return ScheduleBook.Deadline(at: self.time(minutes, on: day), text: text(minutes, on: day))
        }
    }

    /// `17:30 Europe/London`, on a day.
    package func text(_ minutes: Int, on day: Int) -> String {
        let shown = max(0, minutes - calendar.minutesEarlier(on: day))
        return "\(ScheduleText.text(shown)) \(zone)"
    }
}

/// Times and days as the configuration has them.
package enum ScheduleText {
    /// Minutes since midnight of `17:30`.
    package static func minutes(_ text: String) throws(SettingsMistake) -> Int {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [2, 2], let hours = SettingsText.wholeNumber(String(parts[0]), in: 0...23),
            let minutes = SettingsText.wholeNumber(String(parts[1]), in: 0...59)
        else { throw SettingsMistake("a time of the day such as \"17:30\"") }
        return hours * 60 + minutes
    }

    /// The number of a day such as `2026-12-25`.
    package static func day(_ text: String) throws(SettingsMistake) -> Int {
        guard let day = GivenTime.day(text) else { throw SettingsMistake("a day such as 2026-12-25") }
        return day
    }

    /// `17:30`
    package static func text(_ minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    /// `mon,tue`
    package static func text(_ weekdays: Set<Int>) -> String {
        weekdays.sorted().compactMap { names.indices.contains($0 - 1) ? names[$0 - 1] : nil }.joined(separator: ",")
    }

    private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// `mon-fri`, `mon,wed,fri`, `daily`, `business` or `month-end`.
    package static func days(_ text: String) throws(SettingsMistake) -> RuleSchedule.Days {
        switch text {
        case "business": return .business
        case "month-end": return .monthEnd
        case "daily": return .weekdays(Set(1...7))
        default: return .weekdays(try weekdays(text))
        }
    }

    /// `mon-fri` or `mon,wed,fri`.
    package static func weekdays(_ text: String) throws(SettingsMistake) -> Set<Int> {
        let mistake = SettingsMistake("days such as mon-fri or mon,wed,fri")
        func number(_ name: Substring) throws(SettingsMistake) -> Int {
            let name = name.split(separator: " ").joined()
            guard let at = names.firstIndex(of: name.lowercased()) else { throw mistake }
            return at + 1
        }
        var out: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard let first = ends.first, ends.count <= 2 else { throw mistake }
            let (from, to) = (try number(first), try number(ends[ends.count - 1]))
            guard from <= to else { throw mistake }
            out.formUnion(from...to)
        }
        return out
    }

    /// A file of holidays: a day a line, behind it the time of an early close if business only ends earlier; `#` begins a comment.
    /// Throws what is wrong, with its line.
    package static func holidays(
        _ text: String
    ) throws(SettingsMistake) -> (holidays: Set<Int>, early: [Int: Int]) {
        var holidays: Set<Int> = []
        var early: [Int: Int] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)
            guard let first = words.first else { continue }
            do throws(SettingsMistake) {
                let day = try day(first)
                switch words.count {
                case 1: holidays.insert(day)
                case 2: early[day] = try minutes(words[1])
                default: throw SettingsMistake("a day, and a time where business ends earlier")
                }
            } catch {
                throw SettingsMistake("a list of holidays: its line \(index + 1) is not \(error.expected)")
            }
        }
        return (holidays, early)
    }
}

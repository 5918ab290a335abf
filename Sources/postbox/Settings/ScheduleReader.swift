internal import PostboxCore
internal import PostboxIO
internal import Yams

/// Reads `calendars`, and `calendar`, `expected` and `deadline` of a rule.
enum ScheduleReader {
    /// Calendars by name.
    static func calendars(_ value: SettingsValue) -> [String: BusinessCalendar]? {
        guard let entries = value.entries("a mapping such as {london: {holidays: holidays.txt}}") else { return nil }
        var out: [String: BusinessCalendar] = [:]
        for (name, value) in entries {
            guard let section = value.section(CalendarKey.self) else { continue }
            var calendar = BusinessCalendar()
            calendar.name = name
            section.read(.days) { $0.parsed(as: "days such as mon-fri", ScheduleText.weekdays) }
                .map { calendar.weekdays = $0 }
            calendar.close = section.read(.close) { $0.parsed(as: "a time of the day", ScheduleText.minutes) }
            read(section.value(.holidays), into: &calendar)
            for (day, value) in section.read(.early, { $0.entries("a mapping such as {2026-12-24: \"12:30\"}") }) ?? []
            {
                guard let time = value.parsed(as: "a time of the day", ScheduleText.minutes) else { continue }
                do throws(SettingsMistake) {
                    calendar.early[try ScheduleText.day(day)] = time
                } catch {
                    section.report("`\(VisibleText.line(day))` is not \(error.expected)", at: .early)
                }
            }
            if calendar.close == nil, !calendar.early.isEmpty {
                section.report(
                    "days with an early close need `close`, the time of all others: by the difference everything is earlier",
                    at: .early)
            }
            out[name] = calendar
        }
        return out
    }

    /// A rule's times; nil: it has none. `zone`: the rule's.
    static func schedule(
        _ section: SettingsSection<RuleKey>, _ calendars: [String: BusinessCalendar], zone: String?
    ) -> (calendar: BusinessCalendar?, schedule: RuleSchedule?) {
        var schedule = RuleSchedule(rule: section.text(.match) ?? "", zone: zone ?? "UTC")
        let calendar: BusinessCalendar? = section.read(.calendar) { value in
            guard let name = value.text("the name of a calendar") else { return nil }
            guard let found = calendars[name] else {
                let nearest = NearestWord.of(name, in: calendars.keys.sorted())
                value.refuse("one of `calendars`" + (nearest.map { "; the nearest is `\($0)`" } ?? ""))
                return nil
            }
            return found
        }
        calendar.map { schedule.calendar = $0 }
        section.read(.expected) { read($0, &schedule) }
        schedule.deadline = section.read(.deadline) { $0.parsed(as: "a time of the day", ScheduleText.minutes) }
        if schedule.zone != "UTC" {
            do throws(SettingsMistake) {
                schedule.zoneRules = try ZoneFiles.rules(schedule.zone)
            } catch {
                section.report("the zone of `expected` is not \(error.expected)", at: .expected)
            }
        }
        return (calendar, schedule.by == nil && schedule.deadline == nil ? nil : schedule)
    }

    private static func read(_ value: SettingsValue, _ schedule: inout RuleSchedule) -> Void? {
        guard let section = value.section(ExpectedKey.self) else { return nil }
        section.require(.by)
        schedule.by = section.read(.by) { $0.parsed(as: "a time of the day", ScheduleText.minutes) }
        section.text(.zone).map { schedule.zone = $0 }
        section.read(.days) { $0.parsed(as: "days such as mon-fri", ScheduleText.days) }.map { schedule.days = $0 }
        section.number(.count, 1...100_000).map { schedule.count = $0 }
        read(section.value(.holidays), into: &schedule.calendar)
        return ()
    }

    /// A list of days, or a file of them.
    private static func read(_ value: SettingsValue?, into calendar: inout BusinessCalendar) {
        guard let value else { return }
        if value.node.sequence != nil {
            for item in value.items() ?? [] {
                item.parsed(as: "a day such as 2026-12-25", ScheduleText.day).map { _ = calendar.holidays.insert($0) }
            }
            return
        }
        let found = value.parsed(as: "a list of days, or a file of them") { (path) throws(SettingsMistake) in
            let place = absolutePath(path, from: value.folder)
            guard let bytes = SettingsLoader.contents(place, atMost: 1 << 20),
                let text = String(validating: bytes, as: UTF8.self)
            else { throw SettingsMistake("a list of days, or the path of a text file of them that can be read") }
            return try ScheduleText.holidays(text)
        }
        guard let found else { return }
        calendar.holidays.formUnion(found.holidays)
        calendar.early.merge(found.early) { $1 }
    }
}

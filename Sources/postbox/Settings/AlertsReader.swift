internal import PostboxCore
internal import PostboxIO
internal import Yams

/// Reads `alert_webhook`, `alerts`, `heartbeat`, and `quiet` of a destination.
enum AlertsReader {
    static func webhook(_ value: SettingsValue) -> AlertWebhook? {
        guard let section = value.section(AlertWebhookKey.self) else { return nil }
        section.require(.url)
        let url = section.read(.url) { $0.parsed(as: "a URL", SettingsText.webhookURL) }
        let headers = section.read(.headers, headers) ?? []
        guard let url else { return nil }
        return AlertWebhook(
            url: url, headers: headers, template: section.word(.template) ?? .object, caFile: section.path(.caFile))
    }

    private static func headers(_ value: SettingsValue) -> [AlertWebhook.Header]? {
        value.entries("a mapping such as {Authorization: \"${file:/run/secrets/alerts}\"}")?.compactMap { name, value in
            let isName = name.utf8.allSatisfy { $0 == UInt8(ascii: "-") || isLetterOrDigit($0) }
            guard isName, !["host", "content-type", "content-length"].contains(name.lowercased()) else {
                value.log.add(
                    line: value.line, "`\(VisibleText.line(name))` is no header that a message may bring along")
                return nil
            }
            if let written = value.node.scalar?.string, !written.contains("${"), name.lowercased() == "authorization" {
                value.log.warnOfLiteral(line: value.line, "the header `\(name)`")
            }
            guard let text = value.text("a header's value") else { return nil }
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else {
                value.refuse("a header's value, which is printable ASCII on one line")
                return nil
            }
            return AlertWebhook.Header(name: name, value: text)
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }

    static func rules(_ value: SettingsValue) -> [AlertRule]? {
        value.items("a list of entries such as {event: file_partial, bad_rows: 100, to: page}")?.compactMap { item in
            guard let section = item.section(AlertKey.self) else { return nil }
            section.require(.to)
            let events = section.read(.event) { value in
                value.items("an event or a list of events", single: true)?.compactMap(event)
            }
            let again = section.duration(.again, least: .seconds(60))
            guard let route: AlertRoute = section.word(.to) else { return nil }
            if again != nil, route == .note {
                section.report("`repeat` goes with `to: page`: of what is noted nobody is told", at: .again)
            }
            return AlertRule(
                rules: section.texts(.rule), events: events, badRows: section.number(.badRows, 1...Int.max),
                route: route, again: again)
        }
    }

    private static func event(_ value: SettingsValue) -> Event? {
        guard let word = value.text("the word of an event") else { return nil }
        guard let event = Event.named(word) else {
            let nearest = NearestWord.of(word, in: Event.all.map(\.word)).map { "; the nearest is `\($0)`" } ?? ""
            value.refuse("the word of an event, as the article Events has them" + nearest)
            return nil
        }
        return event
    }

    static func heartbeat(_ value: SettingsValue) -> HeartbeatRule? {
        guard let section = value.section(HeartbeatKey.self) else { return nil }
        section.require(.url)
        guard let url = section.read(.url, { $0.parsed(as: "a URL", SettingsText.webhookURL) }) else { return nil }
        return HeartbeatRule(
            url: url, every: section.duration(.every, least: .seconds(1)) ?? .seconds(60), caFile: section.path(.caFile)
        )
    }

    static func quiet(_ value: SettingsValue) -> [QuietTime]? {
        value.items("a list of times such as {days: sat-sun}", single: false)?.compactMap { item in
            guard let section = item.section(QuietKey.self) else { return nil }
            var quiet = QuietTime()
            section.read(.days) { $0.parsed(as: "days such as sat-sun", ScheduleText.weekdays) }.map { quiet.days = $0 }
            section.read(.from) { $0.parsed(as: "a time of the day", ScheduleText.minutes) }.map { quiet.from = $0 }
            section.read(.to) { $0.parsed(as: "a time of the day", ScheduleText.minutes) }.map { quiet.to = $0 }
            if section.has(.from) != section.has(.to) {
                section.report("`from` and `to` go together; without both it is the whole day", at: .from)
            }
            if section.has(.from), quiet.from == quiet.to {
                section.report("`from` and `to` are the same time; leave both out for the whole day", at: .to)
            }
            section.read(.zone) { value -> (String, TimeZoneRules)? in
                value.parsed(as: "a time zone") { (name) throws(SettingsMistake) in (name, try ZoneFiles.rules(name)) }
            }.map { (quiet.zone, quiet.zoneRules) = $0 }
            if section.has(.zone), !section.has(.from), !section.has(.days) {
                section.report("`zone` goes with `days`, or with `from` and `to`", at: .zone)
            }
            return quiet
        }
    }
}

internal import PostboxCore
internal import PostboxIO

/// Reads `files`.
enum RuleReader {
    typealias Result = (rule: MappingRule, section: SettingsSection<RuleKey>, schedule: RuleSchedule?)

    /// - Parameter settings: what stands above them: a rule without a destination means the only one.
    static func read(
        _ value: SettingsValue, _ settings: Settings, _ calendars: [String: BusinessCalendar], _ log: SettingsProblemLog
    ) -> [Result] {
        let items = value.items("a list of rules, each beginning with `- match:`") ?? []
        return items.enumerated().compactMap { index, item in
            let whole = SettingsValue(item.node, line: item.line, name: "rule \(index + 1) of `files`", log)
            return whole.section(RuleKey.self).map { section in
                let (read, zone) = rule(section, settings)
                var rule = read
                let (calendar, schedule) = ScheduleReader.schedule(section, calendars, zone: zone)
                rule.calendar = calendar
                return (rule, section, schedule)
            }
        }
    }

    private static func rule(
        _ section: SettingsSection<RuleKey>, _ settings: Settings
    ) -> (rule: MappingRule, zone: String?) {
        section.require(.match)
        var rule = MappingRule(match: section.read(.match, match) ?? "", destinations: [])
        if section.has(.destination) {
            rule.destinations = section.texts(.destination) ?? []
        } else if settings.destinations.count == 1 {
            rule.destinations = settings.destinations.map(\.name)
        }
        section.read(.post, post).map { rule.post = $0 }
        section.read(.ric, ric).map { rule.ric = $0 }
        rule.format = section.word(.format)
        let number = number(section)
        let zone = section.read(.zone, Self.zone)
        let to = section.read(.to, Self.zone)
        rule.tooLong = section.word(.tooLong)
        rule.lineBreaks = section.word(.lineBreaks)
        let reader = FieldReader(
            number: number, zone: zone, to: to, tooLong: rule.tooLong, lineBreaks: rule.lineBreaks,
            hasDictionary: !settings.dictionaries.isEmpty)
        rule.fields = section.read(.fields, reader.read)
        if rule.fields == nil, !number.isEmpty { rule.number = number }
        rule.empty = section.word(.empty)
        rule.maxRejected = section.read(.maxRejected, limit)
        section.read(.tolerate, tolerate).map { rule.tolerate = $0 }
        rule.maxNacked = section.read(.maxNacked, limit)
        rule.maxAge = section.duration(.maxAge)
        section.read(.delimiter) { $0.parsed(as: "a delimiter", SettingsText.delimiter) }.map { rule.delimiter = $0 }
        section.read(.encoding) { $0.parsed(as: "an encoding", TextEncoding.init(parsing:)) }.map { rule.encoding = $0 }
        section.word(.finalNewline).map { rule.finalNewline = $0 }
        rule.rowElement = section.text(.rowElement)
        rule.readySuffix = section.read(.ready, ready)
        rule.checksum = section.word(.checksum)
        rule.trailer = section.read(.trailer) { TrailerReader.read($0, format: rule.knownFormat) }
        // A sum's column need not be a field's.
        if rule.trailer?.sum != nil, !number.isEmpty { rule.number = number }
        rule.order = section.word(.order)
        rule.priority = section.number(.priority, -1000...1000)
        rule.noRows = section.word(.noRows)
        rule.corrections = section.word(.corrections)
        rule.release = section.read(.release, release)
        rule.layout = LayoutReader(section: section, format: rule.knownFormat).read()
        rule.shape = ShapeReader(section: section).read()
        if rule.layout?.lines?.headings != nil, rule.maxRejected?.allows(1, of: 1_000_000) ?? true {
            section.warn(
                "a line that should be a heading and fits none leaves the rows below it under the one before: "
                    + "write `max_rejected: 0`, so that such a file is refused",
                at: .carry)
        }
        rule.checks = section.read(.checks, ChecksReader(zone: zone, hasColumnRIC: rule.usesColumn("RIC")).read)
        rule.holdFileAbove = section.read(.holdFileAbove, limit)
        if section.has(.holdFileAbove), !rule.holdsRows {
            section.report("`hold_file_above` needs a check of rows with `on_fail: hold`", at: .holdFileAbove)
        }
        for (key, path, mistake) in rule.pathMistakes {
            section.report(
                "\"\(path)\" is not \(mistake.expected); a name that has such signs stands in quotes, as in 'px.last'.bid",
                at: key)
        }
        // A key that could not be read may be the one that makes a column, or names it.
        let makers: [RuleKey] = [.match, .header, .columns, .rows, .arrays, .carry, .unpivot, .let, .group]
        if !makers.contains(where: section.isBroken) {
            for (key, what) in rule.absentColumnFaults { section.report(what, at: key) }
            for (key, what) in rule.unmadeColumns { section.warn(what, at: key) }
        }
        return (rule, zone)
    }

    /// The name of a zone that there is, of the rule or of a field.
    static func zone(_ value: SettingsValue) -> String? {
        value.parsed(as: "a time zone") { (name) throws(SettingsMistake) in
            if name != "UTC" { _ = try ZoneFiles.rules(name) }
            return name
        }
    }

    private static func release(_ value: SettingsValue) -> ReleaseRule? {
        guard let section = value.section(ReleaseKey.self) else { return nil }
        var rule = ReleaseRule()
        section.texts(.by).map { rule.by = $0 }
        section.bool(.fourEyes).map { rule.fourEyes = $0 }
        section.duration(.within, least: .seconds(1)).map { rule.within = $0 }
        if section.has(.by), rule.by.isEmpty {
            section.report("`by` names nobody: nothing could ever be released", at: .by)
        }
        if rule.fourEyes, Set(rule.by).count == 1 {
            section.report("`four_eyes` needs two people, and `by` names one", at: .fourEyes)
        }
        return rule
    }

    private static func ready(_ value: SettingsValue) -> String? {
        guard let section = value.section(ReadyKey.self) else { return nil }
        section.require(.suffix)
        return section.read(.suffix) { $0.parsed(as: "a marker's suffix", SettingsText.markerSuffix) }
    }

    private static func match(_ value: SettingsValue) -> String? {
        let expected = "a pattern for a file's name such as \"eod_*.csv\", without a folder"
        guard let text = value.text(expected) else { return nil }
        if text.contains("/") { value.refuse(expected) }
        return text
    }

    private static func post(_ value: SettingsValue) -> PostRule? {
        let expected = "refresh, update or {column: ACTION, refresh: [NEW], update: [CHG]}"
        guard value.isMapping else {
            switch value.text(expected) {
            case "refresh": return .refresh
            case "update": return .update
            case nil: return nil
            default:
                value.refuse(expected)
                return nil
            }
        }
        guard let section = value.section(PostKey.self) else { return nil }
        section.require(.column)
        let refresh = section.texts(.refresh) ?? []
        let update = section.texts(.update) ?? []
        if !section.has(.refresh), !section.has(.update) {
            section.report(
                "`post` by column needs `refresh`, `update` or both: the column's values that mean it", at: .refresh)
        }
        let both = Set(refresh).intersection(update).sorted()
        if !both.isEmpty { section.report("`post` gives a value both as `refresh` and as `update`", at: .update) }
        return section.text(.column).map { .column($0, refresh: refresh, update: update) }
    }

    private static func ric(_ value: SettingsValue) -> RICRule? {
        guard value.isMapping else {
            return value.text("a column's name, {column: NAME} or {template: \"{isin}.TST\"}").map { .column($0) }
        }
        guard let section = value.section(TextKey.self) else { return nil }
        if !section.has(.lookup), section.has(.column) == section.has(.template) {
            section.report("`ric` needs `column` or `template`, one of them", at: .template)
            return nil
        }
        guard let made = MadeValueReader(section).read() else { return nil }
        if case .column(let name) = made.source, made.value.isEmpty { return .column(name) }
        var rest = made.value
        rest.template = nil
        if case .none = made.source, rest.isEmpty, let parts = made.value.template.flatMap(plainParts) {
            return .template(parts)
        }
        return .derived(made.source, made.value)
    }

    /// A template that changes nothing of its columns.
    private static func plainParts(_ pieces: [TemplatePiece]) -> [RICRule.TemplatePart]? {
        var parts: [RICRule.TemplatePart] = []
        for piece in pieces {
            switch piece {
            case .text(let text): parts.append(.text(text))
            case .column(let name, let changes):
                guard changes.isEmpty else { return nil }
                parts.append(.column(name))
            }
        }
        return parts
    }

    /// How the rule's numbers are written.
    private static func number(_ section: SettingsSection<RuleKey>) -> NumberForm {
        var form = NumberForm()
        form.decimal = section.read(.decimal) { $0.parsed(as: "a decimal sign", SettingsText.decimalSign) }
        form.thousands = section.read(.thousands) { $0.parsed(as: "a separator", SettingsText.thousandsSign) }
        form.isIndian = section.bool(.indian)
        form.exponent = section.bool(.exponent)
        if let thousands = form.thousands, thousands == form.decimal ?? "." {
            section.report(
                form.decimal == nil
                    ? "`thousands` is the decimal point: write `decimal`, too"
                    : "`decimal` and `thousands` are the same sign",
                at: .thousands)
        }
        return form
    }

    private static func limit(_ value: SettingsValue) -> RowLimit? {
        value.parsed(as: "a number of rows or a percentage", SettingsText.rowLimit)
    }

    private static func tolerate(_ value: SettingsValue) -> [String: RowLimit]? {
        guard let entries = value.entries("a mapping such as {SymbolUnknown: 0.1%}") else { return nil }
        var result: [String: RowLimit] = [:]
        for (word, value) in entries {
            guard NakCode.isKnown(word) || Reason.words.contains(word) else {
                let known = NakCode.knownNames + [NakCode.error.name] + Reason.words
                let nearest = NearestWord.of(word, in: known).map { "; the nearest is `\($0)`" } ?? ""
                value.log.add(
                    line: value.line,
                    "`\(VisibleText.line(word))` in `tolerate` is neither a NakCode's name or number nor a reason\(nearest)"
                )
                continue
            }
            limit(value).map { result[word] = $0 }
        }
        return result
    }
}

/// Reads `trailer` of a rule.
private enum TrailerReader {
    /// - Parameter format: how the rule's files are written; nil: it does not tell, which is a fault of its own.
    static func read(_ value: SettingsValue, format: PriceFileFormat?) -> TrailerRule? {
        guard let section = value.section(TrailerKey.self) else { return nil }
        section.require(.match)
        let count = section.read(.count) { place($0, format) }
        let sum = section.read(.sum) { readSum($0, format) }
        if let count, count == sum?.field {
            section.report("`count` and `sum` of a `trailer` stand at the same place", at: .sum)
        }
        return section.text(.match).map { TrailerRule(match: $0, count: count, sum: sum) }
    }

    private static func readSum(_ value: SettingsValue, _ format: PriceFileFormat?) -> TrailerRule.Sum? {
        guard let section = value.section(TrailerSumKey.self) else { return nil }
        section.require(.column)
        section.require(.field)
        let field = section.read(.field) { place($0, format) }
        guard let column = section.text(.column), let field else { return nil }
        return TrailerRule.Sum(column: column, field: field)
    }

    /// A cell's number, where the first cell holds the match; else a member's name.
    private static func place(_ value: SettingsValue, _ format: PriceFileFormat?) -> TrailerRule.Place? {
        switch format?.traits.trailer {
        case .firstCell: return value.number(2...100_000).map { .cell($0) }
        case .member: return value.text("a member's name").map { .member($0) }
        case nil: return nil
        }
    }
}

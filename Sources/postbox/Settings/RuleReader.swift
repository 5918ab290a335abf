internal import PostboxCore
internal import Yams

/// Reads `files`.
enum RuleReader {
    typealias Result = (rule: MappingRule, section: SettingsSection<RuleKey>)

    /// - Parameter destinations: a rule without a destination means the only one.
    static func read(
        _ value: SettingsValue, destinations: [Destination], _ log: SettingsProblemLog
    ) -> [Result] {
        let items = value.items("a list of rules, each beginning with `- match:`") ?? []
        return items.enumerated().compactMap { index, item in
            let whole = SettingsValue(item.node, line: item.line, name: "rule \(index + 1) of `files`", log)
            return whole.section(RuleKey.self).map { (rule($0, destinations: destinations), $0) }
        }
    }

    private static func rule(_ section: SettingsSection<RuleKey>, destinations: [Destination]) -> MappingRule {
        section.require(.match)
        var rule = MappingRule(match: section.read(.match, match) ?? "", destinations: [])
        if section.has(.destination) {
            rule.destinations = section.texts(.destination) ?? []
        } else if destinations.count == 1 {
            rule.destinations = destinations.map(\.name)
        }
        section.read(.post, post).map { rule.post = $0 }
        section.read(.ric, ric).map { rule.ric = $0 }
        rule.fields = section.read(.fields, FieldReader.read)
        rule.empty = section.word(.empty)
        rule.maxRejected = section.read(.maxRejected, limit)
        section.read(.tolerate, tolerate).map { rule.tolerate = $0 }
        rule.maxAge = section.duration(.maxAge)
        section.read(.delimiter) { $0.parsed(as: "a delimiter", SettingsText.delimiter) }.map { rule.delimiter = $0 }
        section.word(.encoding).map { rule.encoding = $0 }
        section.word(.finalNewline).map { rule.finalNewline = $0 }
        rule.format = section.word(.format)
        rule.rowElement = section.text(.rowElement)
        rule.readySuffix = section.read(.ready, ready)
        rule.checksum = section.word(.checksum)
        rule.trailer = section.read(.trailer) { TrailerReader.read($0, format: rule.knownFormat) }
        rule.order = section.word(.order)
        rule.priority = section.number(.priority, -1000...1000)
        rule.lineBreaks = section.word(.lineBreaks)
        rule.noRows = section.word(.noRows)
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
        guard value.node.mapping != nil else {
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
        guard value.node.mapping != nil else {
            return value.text("a column's name, {column: NAME} or {template: \"{isin}.TST\"}").map { .column($0) }
        }
        guard let section = value.section(RICKey.self) else { return nil }
        if section.has(.column) == section.has(.template) {
            section.report("`ric` needs `column` or `template`, one of them", at: .template)
            return nil
        }
        if section.has(.column) { return section.text(.column).map { .column($0) } }
        let parts = section.read(.template) { $0.parsed(as: "a template", SettingsText.ricTemplate) }
        return parts.map { .template($0) }
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

/// Reads `fields` of a rule.
private enum FieldReader {
    static func read(_ value: SettingsValue) -> [FieldRule]? {
        guard let entries = value.entries("a mapping from a field's name to a column") else { return nil }
        if entries.isEmpty { value.refuse("a mapping with at least one field") }
        return entries.compactMap { name, value in
            do throws(SettingsMistake) {
                _ = try SettingsText.fieldName(name)
            } catch {
                value.log.add(line: value.line, "`\(name)` in `fields` is not \(error.expected)")
            }
            return field(name, value)
        }
    }

    private static func field(_ name: String, _ value: SettingsValue) -> FieldRule? {
        guard value.node.mapping != nil else {
            return value.text("a column's name or {column: NAME, …}").map { FieldRule(name: name, source: .column($0)) }
        }
        guard let section = value.section(FieldKey.self) else { return nil }
        var type: FieldType? = section.word(.type)
        let values = section.read(.values, values)
        if values != nil, type == nil, !section.isBroken(.type) { type = .enum }
        let isOptional = section.bool(.optional)
        let scale = section.read(.scale) { $0.parsed(as: "a plain decimal", SettingsText.scale) }
        let round = section.number(.round, 0...14)
        if values != nil, type != .enum { section.report("`values` goes with `type: enum`", at: .values) }
        if scale != nil, type != nil, ![.real, .int, .uint].contains(type) {
            section.report("`scale` goes with numbers: `type: real`, `int` or `uint`", at: .scale)
        }
        if isOptional == true, section.has(.value) {
            section.report("`optional` goes with `column`: a constant is never missing", at: .optional)
        }
        if round != nil, type != nil, type != .real { section.report("`round` goes with `type: real`", at: .round) }
        guard let source = source(section, type: type) else { return nil }
        let field = FieldRule(
            name: name, source: source, scale: scale, type: type, round: round, values: values?.listed,
            takesAnyText: values.map { $0.listed == nil }.flatMap { $0 ? true : nil },
            isOptional: isOptional == true ? true : nil)
        if case .value = source {
            for problem in RowMapper.check(MappingRule(destinations: [], fields: [field]))
            where problem.path.last == "value" {
                section.report("`value` cannot be sent: \(problem.what)", at: .value)
            }
        }
        return field
    }

    private static func source(_ section: SettingsSection<FieldKey>, type: FieldType?) -> FieldRule.Source? {
        if section.has(.column) == section.has(.value) {
            section.report("a field needs `column` or `value`, one of them", at: .value)
            return nil
        }
        if section.has(.column) { return section.text(.column).map { .column($0) } }
        return section.read(.value) { value in
            guard let text = value.text("a constant", mayBeEmpty: true) else { return nil }
            let isNumber =
                value.node.tag.description == Tag.Name.float.rawValue
                || value.node.tag.description == Tag.Name.int.rawValue
            // What came from outside has no type of its own in YAML: its look decides.
            let isOutside = value.node.scalar?.string != text
            let isText = value.isQuoted || type == .text || type == .ascii || !(isNumber || isOutside)
            let isOdd = !text.isEmpty && text.allSatisfy { "0123456789+-.,eE".contains($0) }
            if !isText, isOdd, !SettingsText.isPlainDecimal(text) {
                value.refuse("a plain decimal; put it in quotes where text is meant")
            }
            return .value(text, isText: isText)
        }
    }

    /// What `values` says: display texts and their numbers, or `any` (nothing is listed).
    private struct Values {
        var listed: [String: Int]?
    }

    private static func values(_ value: SettingsValue) -> Values? {
        let expected = "a mapping from a display text to its number such as {USD: 840}, or any"
        if value.node.scalar != nil {
            guard let text = value.text(expected) else { return nil }
            if text != "any" { value.refuse(expected) }
            return Values()
        }
        guard let entries = value.entries(expected) else { return nil }
        if entries.isEmpty { value.refuse("a mapping with at least one display text") }
        var result: [String: Int] = [:]
        for (text, value) in entries { value.number(0...65535).map { result[text] = $0 } }
        return Values(listed: result)
    }
}

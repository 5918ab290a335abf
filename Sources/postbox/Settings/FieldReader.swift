internal import PostboxCore
internal import PostboxIO
internal import Yams

/// Reads `fields` of a rule.
struct FieldReader {
    /// What the rule says of all its fields.
    let number: NumberForm
    let zone: String?
    let to: String?
    let tooLong: TooLong?
    let lineBreaks: LineBreaks?
    /// A dictionary tells the types of fields, and what is wrong with a constant.
    let hasDictionary: Bool

    func read(_ value: SettingsValue) -> [FieldRule]? {
        guard let entries = value.entries("a mapping from a field's name to a column") else { return nil }
        if entries.isEmpty { value.refuse("a mapping with at least one field") }
        var fields = entries.compactMap { name, value in
            do throws(SettingsMistake) {
                _ = try SettingsText.fieldName(name)
            } catch {
                value.log.add(line: value.line, "`\(name)` in `fields` is not \(error.expected)")
            }
            return field(name, value)
        }
        for index in fields.indices where fields[index].date != nil { checkDate(&fields[index].rule, in: fields) }
        if !hasDictionary { for field in fields { checkWritten(field) } }
        return fields.map(\.rule)
    }

    /// A field, its keys, and where its date is written, if it is one.
    private typealias Read = (rule: FieldRule, section: SettingsSection<FieldKey>?, date: SettingsValue?)

    /// What the rule writes itself is to be something that can be sent: else each row with it would be rejected.
    private func checkWritten(_ field: Read) {
        guard let section = field.section else { return }
        var rule = MappingRule(destinations: [], fields: [field.rule])
        rule.lineBreaks = lineBreaks
        if case .value = field.rule.source {
            for problem in RowMapper.check(rule) where problem.path.last == "value" {
                section.report("`value` cannot be sent: \(problem.what)", at: .value)
            }
            return
        }
        var zones: [String: TimeZoneRules] = [:]
        // One that cannot be read is told with the pattern.
        for name in rule.zoneNames { zones[name] = try? ZoneFiles.rules(name) }
        for problem in writtenValueProblems(rule, nil, zones: zones) {
            problem.path.last.flatMap { FieldKey(rawValue: $0) }.map { section.report(problem.what, at: $0) }
        }
    }

    /// A date whose pattern has an offset is not alone where a time of the same source stands beside it: both go to UTC.
    private func checkDate(_ field: inout FieldRule, in fields: [Read]) {
        guard case .derived(let source, var value) = field.source, var form = value.date,
            let place = fields.first(where: { $0.rule.name == field.name })?.date
        else { return }
        func isRead(_ form: DateForm) -> SettingsMistake? {
            do throws(SettingsMistake) {
                _ = try DateReader(form, zones: { (name) throws(SettingsMistake) in try ZoneFiles.rules(name) })
                return nil
            } catch {
                return error
            }
        }
        guard let mistake = isRead(form) else { return }
        let hasTime = fields.contains { other in
            guard case .derived(source, let beside) = other.rule.source, let time = beside.date else { return false }
            return time.target == .time && time.pattern == form.pattern && beside.template == value.template
        }
        if form.target == .date, form.to == nil, form.zone == nil, hasTime {
            form.to = "UTC"
            if isRead(form) == nil {
                value.date = form
                field.source = .derived(source, value)
                return
            }
        }
        place.log.add(line: place.line, "\(place.name) of the field \(field.name) is not \(mistake.expected)")
    }

    private func field(_ name: String, _ value: SettingsValue) -> Read? {
        guard value.isMapping else {
            return value.text("a column's name or {column: NAME, …}").map {
                let made = MadeValue(source: .column($0), value: ValueRule())
                return (FieldRule(name: name, source: source(made, type: nil)), nil, nil)
            }
        }
        guard let section = value.section(FieldKey.self) else { return nil }
        let date = date(section)
        var type: FieldType? = section.word(.type)
        if let date, let type { checkType(type, of: date, section) }
        if type == nil, let date { type = date.target == .date ? .date : .time }
        let values = section.read(.values, values)
        if values != nil, type == nil, !section.isBroken(.type) { type = .enum }
        let isOptional = section.bool(.optional)
        let scale = section.read(.scale) { $0.parsed(as: "a plain decimal", SettingsText.scale) }
        let round = section.number(.round, 0...14)
        let rounding: Rounding? = section.word(.rounding)
        if values != nil, type != .enum { section.report("`values` goes with `type: enum`", at: .values) }
        if scale != nil, type?.isNumber == false {
            section.report("`scale` goes with numbers: `type: real`, `int` or `uint`", at: .scale)
        }
        if isOptional == true, section.has(.value) {
            section.report("`optional` goes with `column`: a constant is never missing", at: .optional)
        }
        if round != nil, type != nil, type != .real { section.report("`round` goes with `type: real`", at: .round) }
        let formula = section.read(.formula, formula)
        if let formula, formula.divides, round == nil, !section.isBroken(.round) {
            section.report(
                "the formula divides: `round: N` says how many decimals are kept, or round(…, N) around each division",
                at: .formula)
        }
        if rounding != nil, round == nil, formula?.rounds != true, !section.isBroken(.round) {
            section.report("`rounding` goes with `round`, the decimals that are kept", at: .rounding)
        }
        guard let source = source(section, type: type, date: date, formula: formula?.text) else { return nil }
        let field = FieldRule(
            name: name, source: source, scale: scale, type: type, round: round, values: values?.listed,
            takesAnyText: values.map { $0.listed == nil }.flatMap { $0 ? true : nil },
            isOptional: isOptional == true ? true : nil, rounding: rounding, tooLong: section.word(.tooLong) ?? tooLong)
        return (field, section, section.value(.date) ?? section.value(.time))
    }

    /// A date or a time is sent as one, or as a text.
    private func checkType(_ type: FieldType, of date: DateForm, _ section: SettingsSection<FieldKey>) {
        let (key, own): (FieldKey, FieldType) = date.target == .date ? (.date, .date) : (.time, .time)
        guard ![own, .text, .ascii].contains(type) else { return }
        section.report("`\(key.rawValue)` goes with `type: \(own.rawValue)`, `text` or `ascii`", at: .type)
    }

    /// Keys that change what a column holds.
    private static let keysOfColumns: [FieldKey] = [
        .strip, .extract, .map, .otherwise, .whenEmpty, .decimal, .thousands, .indian, .exponent, .percent, .fraction,
        .fractionTail, .date, .time, .locale, .zone, .to, .cut,
    ]
    /// Keys that make a text of a text.
    private static let keysOfTexts: [FieldKey] = [.strip, .extract, .map, .otherwise, .lookup, .cut]

    private func source(
        _ section: SettingsSection<FieldKey>, type: FieldType?, date: DateForm?, formula: String?
    ) -> FieldRule.Source? {
        if section.has(.value) {
            if let key = Self.keysOfColumns.first(where: section.has) {
                section.report("`\(key.rawValue)` goes with `column`: a constant is sent as it stands there", at: key)
            }
            guard let other = [FieldKey.column, .template, .formula, .lookup].first(where: section.has) else {
                return section.read(.value) { constant($0, type: type) }
            }
            section.report(
                "a field needs `column` or `\(other == .column ? "value" : other.rawValue)`, one of them", at: .value)
            return nil
        }
        let reader = MadeValueReader(section, others: ["formula", "value"])
        guard [FieldKey.column, .template, .formula, .lookup].contains(where: section.has) else {
            section.report("a field needs `column` or `value`, one of them", at: .value)
            return nil
        }
        guard var made = reader.read(isMade: section.has(.formula)) else { return nil }
        if section.has(.formula), let key = Self.keysOfTexts.first(where: section.has) {
            section.report(
                "`\(key.rawValue)` makes a text, a `formula` takes numbers: make a column of it in `let`, and name that "
                    + "in the formula", at: key)
        }
        made.value.formula = formula
        made.value.date = date
        made.value.cut = section.number(.cut, 1...65535)
        if made.value.cut != nil, type != .text, type != .ascii, type != nil || !hasDictionary {
            section.report("`cut` goes with `type: text` or `ascii`", at: .cut)
        }
        if date != nil, made.value.formula != nil {
            section.report("a `formula` makes a number, no date", at: .formula)
        }
        let form = NumberKeys(section).read()
        if let form, type?.isNumber == false {
            section.report("how a number is written goes with numbers: `type: real`, `int` or `uint`", at: form.key)
        }
        made.value.number = form?.form
        let source = source(made, type: type)
        if case .derived(_, let value) = source, let number = value.number, let thousands = number.thousands,
            thousands == number.decimal ?? "."
        {
            section.report(
                "the field's `decimal` and `thousands`, with what the rule says of them, are the same sign",
                at: section.has(.thousands) ? .thousands : .decimal)
        }
        if section.bool(.indian) == true, case .derived(_, let value) = source, value.number?.thousands == nil {
            section.report("`indian` goes with `thousands`, which says what parts the groups", at: .indian)
        }
        return source
    }

    /// The simplest form of it, with what the rule says of all its fields.
    private func source(_ made: MadeValue, type: FieldType?) -> FieldRule.Source {
        var value = made.value
        if value.date == nil, type?.isNumber ?? true {
            let own = value.number ?? NumberForm()
            let form = own.over(number)
            value.number = form.isEmpty ? nil : form
        }
        if case .column(let name) = made.source, value.isEmpty { return .column(name) }
        return .derived(made.source, value)
    }

    private func date(_ section: SettingsSection<FieldKey>) -> DateForm? {
        if section.has(.date), section.has(.time) {
            section.report("a field has `date` or `time`: each is a field of its own", at: .time)
        }
        let keys: [(FieldKey, DateForm.Target)] = [(.date, .date), (.time, .time)]
        guard let (key, target) = keys.first(where: { section.has($0.0) }) else {
            for key in [FieldKey.locale, .zone, .to] where section.has(key) {
                section.report("`\(key.rawValue)` goes with `date` or `time`", at: key)
            }
            return nil
        }
        return section.text(key).map {
            DateForm(
                target: target, pattern: $0, locale: section.text(.locale),
                zone: known(.zone, section) ?? zone, to: known(.to, section) ?? to)
        }
    }

    /// A zone that the field names; nil: it names none.
    private func known(_ key: FieldKey, _ section: SettingsSection<FieldKey>) -> String? {
        let zone = section.read(key, RuleReader.zone)
        // One that there is not is told at its own key: the pattern is looked at as if there were one.
        return zone ?? (section.isBroken(key) ? "UTC" : nil)
    }

    private func formula(_ value: SettingsValue) -> Formula? {
        value.parsed(as: "a formula") { text throws(SettingsMistake) in try Formula(parsing: text) }
    }

    private func constant(_ value: SettingsValue, type: FieldType?) -> FieldRule.Source? {
        guard let text = value.text("a constant", mayBeEmpty: true) else { return nil }
        let isNumber =
            value.node.tag.description == Tag.Name.float.rawValue || value.node.tag.description == Tag.Name.int.rawValue
        // What came from outside has no type of its own in YAML: its look decides.
        let isOutside = value.node.scalar?.string != text
        let isText = value.isQuoted || type == .text || type == .ascii || !(isNumber || isOutside)
        let isOdd = !text.isEmpty && text.allSatisfy { "0123456789+-.,eE".contains($0) }
        // `1,5` is a text to YAML, and a wrong number to whoever reads it.
        let isLikeNumber = !isText || !value.isQuoted && type == nil && !hasDictionary && text.contains(",")
        if isLikeNumber, isOdd, !SettingsText.isPlainDecimal(text) {
            value.refuse("a plain decimal; put it in quotes where text is meant")
        }
        return .value(text, isText: isText)
    }

    /// What `values` says: display texts and their numbers, or `any` (nothing is listed).
    private struct Values {
        var listed: [String: Int]?
    }

    private func values(_ value: SettingsValue) -> Values? {
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

/// Reads the keys that say how a number is written, of a field.
private struct NumberKeys {
    let section: SettingsSection<FieldKey>

    init(_ section: SettingsSection<FieldKey>) { self.section = section }

    /// With the key that stands first, for a message.
    func read() -> (form: NumberForm, key: FieldKey)? {
        var form = NumberForm()
        form.decimal = section.read(.decimal) { $0.parsed(as: "a decimal sign", SettingsText.decimalSign) }
        form.thousands = section.read(.thousands) { $0.parsed(as: "a separator", SettingsText.thousandsSign) }
        form.isIndian = section.bool(.indian)
        form.exponent = section.bool(.exponent)
        form.percent = section.bool(.percent)
        form.fraction = section.read(.fraction) { value in
            let fraction = value.number(1...256)
            if let fraction, ![8, 32, 64, 128, 256].contains(fraction) {
                value.refuse("one of 8, 32, 64, 128 and 256")
            }
            return fraction
        }
        form.fractionTail = section.word(.fractionTail)
        if form.fractionTail != nil, form.fraction == nil, !section.isBroken(.fraction) {
            section.report("`fraction_tail` goes with `fraction: 32`", at: .fractionTail)
        }
        if form.fractionTail != nil, form.fraction == 8 {
            section.report(
                "`fraction_tail` goes with `fraction: 32`: behind eighths stands one digit", at: .fractionTail)
        }
        let keys: [FieldKey] = [.decimal, .thousands, .indian, .exponent, .percent, .fraction, .fractionTail]
        guard let key = keys.first(where: section.has) else { return nil }
        return (form, key)
    }
}

extension NumberForm {
    /// This form, and for what it leaves open that of the rule.
    fileprivate func over(_ rule: NumberForm) -> NumberForm {
        var form = self
        form.decimal = decimal ?? rule.decimal
        form.thousands = thousands ?? rule.thousands
        form.isIndian = isIndian ?? rule.isIndian
        form.exponent = exponent ?? rule.exponent
        return form
    }
}

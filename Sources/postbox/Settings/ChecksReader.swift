internal import PostboxCore
internal import PostboxIO

/// Reads `checks` of a rule.
///
/// What this version cannot check is refused with what to write instead: a check that is silently none is worse than no check.
struct ChecksReader {
    /// The rule's zone, which says what day it is.
    let zone: String?
    /// The rule takes something else than its RIC from a column of the name RIC.
    let hasColumnRIC: Bool

    /// Several checks may stand in one entry.
    func read(_ value: SettingsValue) -> [CheckRule]? {
        value.items("a list of checks such as {field: BID, min: 0.0001}")?.flatMap { item in
            let before = item.log.problems.count
            return item.section(CheckKey.self).map { entry($0, problemsBefore: before) } ?? []
        }
    }

    /// - Parameter before: Problems of the whole file before the entry was looked at.
    private func entry(_ section: SettingsSection<CheckKey>, problemsBefore before: Int) -> [CheckRule] {
        let field = section.text(.field)
        let ofField: [CheckKey] = [.min, .max, .move, .factor, .unchanged, .age, .future]
        let isSpread = section.has(.spread)
        let asked = ofField.filter { section.has($0) && !(isSpread && $0 == .max) }
        if let first = asked.first, !section.has(.field) {
            section.report("`\(first.rawValue)` of a check needs `field`: what it looks at", at: first)
        }
        var checks: [CheckRule] = []
        let said = action(section, .onFail)
        func add(_ kind: CheckRule.Kind?) { if let kind { checks.append(CheckRule(kind, said ?? .reject)) } }
        if let field {
            add(range(section, field, isSpread: isSpread))
            add(move(section, field))
            add(factor(section, field))
            add(unchanged(section, field))
            add(day(section, field))
        }
        add(section.texts(.ordered).map { .ordered($0) })
        add(spread(section))
        checks += universe(section, said ?? .hold)
        checks += rows(section, said ?? .hold)
        checks += layout(section, said ?? .hold)
        refuseStrays(section, isSpread: isSpread)
        if checks.isEmpty, section.problemCount == before {
            section.report(
                "a check needs what it looks for: `min`, `max`, `move`, `factor`, `unchanged`, `age` or `future` of a `field`, or `ordered`, "
                    + "`spread`, `universe`, `rows` or `layout`", at: .field)
        }
        return checks
    }

    // MARK: - Checks of a row

    private func range(_ section: SettingsSection<CheckKey>, _ field: String, isSpread: Bool) -> CheckRule.Kind? {
        let decimal = { (value: SettingsValue) in value.parsed(as: "a plain decimal", SettingsText.decimal) }
        let min = section.read(.min, decimal)
        let max = isSpread ? nil : section.read(.max, decimal)
        return min == nil && max == nil ? nil : .range(field: field, min: min, max: max)
    }

    private func move(_ section: SettingsSection<CheckKey>, _ field: String) -> CheckRule.Kind? {
        let percent = section.read(.move) { $0.parsed(as: "a percentage", SettingsText.percent) }
        guard let percent else { return nil }
        guard section.has(.from) else { return .lastMove(field: field, percent: percent, first: first(section)) }
        return known(section).map { .move(field: field, percent: percent, $0) }
    }

    private func factor(_ section: SettingsSection<CheckKey>, _ field: String) -> CheckRule.Kind? {
        let factor = section.read(.factor) { $0.parsed(as: "a plain decimal", SettingsText.decimal) }
        guard let factor else { return nil }
        guard section.has(.from) else { return .lastFactor(field: field, factor: factor, first: first(section)) }
        return known(section).map { .factor(field: field, factor: factor, $0) }
    }

    private func unchanged(_ section: SettingsSection<CheckKey>, _ field: String) -> CheckRule.Kind? {
        section.number(.unchanged, 2...Self.filesMax).map { .unchanged(field: field, files: $0) }
    }

    /// So many files in a row may be asked for.
    private static let filesMax = 1000

    /// What becomes of a row of which nothing is known.
    private func first(_ section: SettingsSection<CheckKey>) -> CheckRule.Action { action(section, .first) ?? .warn }

    private func day(_ section: SettingsSection<CheckKey>, _ field: String) -> CheckRule.Kind? {
        let days = { (value: SettingsValue) in value.parsed(as: "business days", SettingsText.businessDays) }
        let age = section.read(.age, days)
        let future = section.read(.future, days)
        guard age != nil || future != nil else { return nil }
        guard let zone = knownZone(section, age == nil ? .future : .age) else { return nil }
        return .day(field: field, age: age, future: future, zone: zone)
    }

    private func spread(_ section: SettingsSection<CheckKey>) -> CheckRule.Kind? {
        guard section.has(.spread) else { return nil }
        let fields = section.read(.spread) { value in
            let texts = value.texts()
            if let texts, texts.count != 2 { value.refuse("a list of two fields such as [BID, ASK]") }
            return texts
        }
        if !section.has(.max) {
            section.report("`spread` of a check needs `max`, a percentage of the middle", at: .spread)
        }
        let percent = section.read(.max) { $0.parsed(as: "a percentage", SettingsText.percent) }
        guard let fields, fields.count == 2, let percent else { return nil }
        return .spread(low: fields[0], high: fields[1], percent: percent)
    }

    /// Where the value is found that a field is compared with.
    private func known(_ section: SettingsSection<CheckKey>) -> CheckRule.Known? {
        let lookup: Lookup? = section.read(.from) { value in
            guard let from = value.section(CheckFromKey.self) else { return nil }
            for key in [CheckFromKey.table, .by, .take] { from.require(key) }
            guard let table = from.text(.table), let by = from.text(.by), let take = from.text(.take) else {
                return nil
            }
            return Lookup(table: table, by: by, take: take)
        }
        guard let lookup else { return nil }
        // The post's RIC, unless that is the name of a column that the rule knows.
        let by = lookup.by == "RIC" && !hasColumnRIC ? nil : lookup.by
        return CheckRule.Known(table: lookup.table, by: by, take: lookup.take, first: first(section))
    }

    // MARK: - Checks of the whole file

    private func universe(_ section: SettingsSection<CheckKey>, _ action: CheckRule.Action) -> [CheckRule] {
        guard section.has(.universe) else { return [] }
        let place: (table: String, key: String)? = section.read(.universe) { value in
            guard let universe = value.section(UniverseKey.self) else { return nil }
            universe.require(.table)
            universe.require(.key)
            guard let table = universe.text(.table), let key = universe.text(.key) else { return nil }
            return (table, key)
        }
        let missing = section.read(.missing) { $0.parsed(as: "a number or a percentage", SettingsText.rowLimit) }
        let extra: CheckRule.Action? = section.read(.extra) { value in
            guard let text = value.text("allow, reject, hold or warn"), text != "allow" else { return nil }
            guard let action = CheckRule.Action(rawValue: text) else {
                value.refuse("allow, reject, hold or warn")
                return nil
            }
            return action
        }
        guard let place else { return [] }
        var checks = [
            CheckRule(.universe(table: place.table, key: place.key, missing: missing ?? .rows(0)), action)
        ]
        if let extra { checks.append(CheckRule(.listed(table: place.table, key: place.key), extra)) }
        return checks
    }

    private func rows(_ section: SettingsSection<CheckKey>, _ action: CheckRule.Action) -> [CheckRule] {
        guard section.has(.rows) else { return [] }
        let asked: [CheckRule.Kind]? = section.read(.rows) { value in
            guard let rows = value.section(CheckRowsKey.self) else { return nil }
            if !rows.has(.min), !rows.has(.againstLast) {
                rows.report("`rows` of a check needs `min` or `against_last`", at: .min)
            }
            var kinds: [CheckRule.Kind] = []
            if let min = rows.number(.min, 1...Int.max) { kinds.append(.rows(min: min)) }
            let percent = rows.read(.againstLast) { $0.parsed(as: "a percentage", SettingsText.percent) }
            if let percent, let zone = knownZone(rows, .againstLast) {
                kinds.append(.rowsAgainstLast(percent: percent, zone: zone))
            }
            return kinds
        }
        return (asked ?? []).map { CheckRule($0, action) }
    }

    private func layout(_ section: SettingsSection<CheckKey>, _ action: CheckRule.Action) -> [CheckRule] {
        guard section.has(.layout) else { return [] }
        let isAsked: Bool? = section.read(.layout) { value in
            guard let text = value.text("unchanged") else { return nil }
            if text != "unchanged" { value.refuse("unchanged") }
            return text == "unchanged"
        }
        return isAsked == true ? [CheckRule(.layout, action)] : []
    }

    /// The rule's zone, by which days are told: `.some(nil)` is UTC. nil: it is none, which is reported at `key`.
    private func knownZone<Key: SettingsKey>(_ section: SettingsSection<Key>, _ key: Key) -> String?? {
        guard let zone, zone != "UTC" else { return .some(nil) }
        do {
            _ = try ZoneFiles.rules(zone)
            return zone
        } catch {
            section.report("`zone` of the rule is not \(error.expected)", at: key)
            return nil
        }
    }

    /// Keys that belong to another check.
    private func refuseStrays(_ section: SettingsSection<CheckKey>, isSpread: Bool) {
        let isCompared = section.has(.move) || section.has(.factor)
        let strays: [(CheckKey, Bool, String)] = [
            (.from, isCompared, "`move` or `factor`"), (.first, isCompared, "`move` or `factor`"),
            (.missing, section.has(.universe), "`universe`"), (.extra, section.has(.universe), "`universe`"),
        ]
        for (key, belongs, to) in strays where section.has(key) && !belongs {
            section.report("`\(key.rawValue)` of a check goes with \(to)", at: key)
        }
    }

    /// `reject`, `hold` or `warn`.
    private func action(_ section: SettingsSection<CheckKey>, _ key: CheckKey) -> CheckRule.Action? {
        section.read(key) { value in
            guard let text = value.text("reject, hold or warn") else { return nil }
            guard let action = CheckRule.Action(rawValue: text) else {
                value.refuse("reject, hold or warn")
                return nil
            }
            return action
        }
    }
}

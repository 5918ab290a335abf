internal import PostboxCore
internal import PostboxIO

/// Reads the keys of a rule that say what becomes of the file's lines before fields take their values.
struct ShapeReader {
    let section: SettingsSection<RuleKey>

    /// Nil: the rule has none of these keys.
    func read() -> RowShape? {
        var shape = RowShape()
        var spellings: [[String]] = []
        shape.carried = section.read(.carry) { value in
            let names = (value.items("a list of columns", single: true) ?? []).filter { !$0.isMapping }
                .compactMap { column($0, &spellings) }
            return names.isEmpty ? nil : names
        }
        shape.unpivot = section.read(.unpivot) { unpivot($0, &spellings) }
        shape.lets = section.read(.let, lets)
        shape.conditions = section.read(.where) { value in
            value.items("a list of conditions such as {column: Status, is: [ACTIVE]}")?.compactMap(condition)
        }
        shape.group = section.read(.group) { group($0, &spellings) }
        if !spellings.isEmpty { shape.spellings = spellings }
        shape.take = section.read(.take, take)
        shape.listsSkipped = section.read(.skipped) { value in
            let text = value.text("list")
            if let text, text != "list" { value.refuse("list") }
            return text == "list" ? true : nil
        }
        return shape.isEmpty ? nil : shape
    }

    /// A column by its name, or by a list of names of which the file has one; that is noted, and the first of them is its name here.
    private func column(_ value: SettingsValue, _ spellings: inout [[String]]) -> String? {
        guard value.isList else { return value.text("a column's name") }
        guard let names = value.texts() else { return nil }
        guard let first = names.first else {
            value.refuse("a list with at least one column's name")
            return nil
        }
        if names.count == 1 || spellings.contains(names) { return first }
        if spellings.contains(where: { !Set($0).isDisjoint(with: names) }) || Set(names).count != names.count {
            value.refuse("a list of names of one column, each once and in the same order wherever the rule names it")
        }
        spellings.append(names)
        return first
    }

    /// Columns, each as `column` reads it.
    private func columns(_ value: SettingsValue, _ spellings: inout [[String]]) -> [String]? {
        guard let items = value.items("a list of columns", single: true) else { return nil }
        let names = items.compactMap { column($0, &spellings) }
        return names.count == items.count ? names : nil
    }

    private func unpivot(_ value: SettingsValue, _ spellings: inout [[String]]) -> Unpivot? {
        guard let section = value.section(UnpivotKey.self) else { return nil }
        section.require(.name)
        section.require(.value)
        var columns = Unpivot.Columns.others
        if section.has(.columns), section.has(.like) {
            section.report("`unpivot` has `columns` or `like`, not both", at: .like)
        }
        section.texts(.columns).map { columns = .named($0) }
        section.text(.like).map { columns = .like($0) }
        let name = section.read(.name, own)
        let cell = section.read(.value, own)
        guard let name, let cell else { return nil }
        if name == cell { section.report("`name` and `value` of `unpivot` are the same column", at: .value) }
        let keep = section.read(.keep) { self.columns($0, &spellings) }
        if case .named(let names) = columns {
            let both = names.first { name in (keep ?? []).contains { all($0, spellings).contains(name) } }
            if names.isEmpty {
                section.report(
                    "`columns` of `unpivot` names no column: leave it out, and all that `keep` does not name become rows",
                    at: .columns)
            } else if let both {
                section.report(
                    "`unpivot` has the column `\(VisibleText.line(both))` in `keep` and in `columns`: each row has it, or it becomes rows",
                    at: .columns)
            }
        }
        return Unpivot(keep: keep ?? [], name: name, value: cell, columns: columns)
    }

    /// All names that a column may have.
    private func all(_ column: String, _ spellings: [[String]]) -> [String] {
        spellings.first { $0.first == column } ?? [column]
    }

    private func own(_ value: SettingsValue) -> String? {
        value.parsed(as: "a name of its own such as $ccy", SettingsText.ownColumn)
    }

    private func lets(_ value: SettingsValue) -> [DerivedColumn]? {
        guard let entries = value.entries("a mapping from a name such as $side to a column") else { return nil }
        let columns = entries.compactMap { (name, value) -> DerivedColumn? in
            do throws(SettingsMistake) {
                _ = try SettingsText.ownColumn(name)
            } catch {
                value.log.add(line: value.line, "`\(VisibleText.line(name))` in `let` is not \(error.expected)")
            }
            guard let section = value.section(TextKey.self) else { return nil }
            guard let made = MadeValueReader(section).read() else { return nil }
            return DerivedColumn(name: name, source: made.source, value: made.value)
        }
        return inOrder(columns, value)
    }

    /// Each behind those that it is made of: a mapping has no order of its own.
    private func inOrder(_ columns: [DerivedColumn], _ value: SettingsValue) -> [DerivedColumn] {
        var left = columns
        var ordered: [DerivedColumn] = []
        while !left.isEmpty {
            let open = Set(left.map(\.name))
            let next = left.firstIndex { open.isDisjoint(with: $0.source.names + $0.value.columns) }
            guard let next else {
                let names = left.map { "`\($0.name)`" }.joined(separator: ", ")
                value.log.add(
                    line: value.line, "`let`: \(names) cannot be made: one needs itself, or they need each other")
                return columns
            }
            ordered.append(left.remove(at: next))
        }
        return ordered
    }

    private func condition(_ value: SettingsValue) -> RowCondition? {
        guard let section = value.section(ConditionKey.self) else { return nil }
        section.require(.column)
        let tests = [ConditionKey.isOneOf, .not, .empty, .like].filter { section.has($0) }
        guard tests.count == 1, let key = tests.first else {
            section.report("a condition needs one of `is`, `not`, `empty` and `like`", at: .isOneOf)
            return nil
        }
        let test: RowCondition.Test? =
            switch key {
            case .isOneOf: section.texts(.isOneOf).map { .isOneOf($0) }
            case .not: section.texts(.not).map { .isNoneOf($0) }
            case .empty: section.bool(.empty).map { .isEmpty($0) }
            default: section.text(.like).map { .like($0) }
            }
        switch test {
        case .isOneOf(let values)? where values.isEmpty:
            section.report(
                "`is` lists no value, so that no row would count: write those of the rows that do", at: .isOneOf)
        case .isNoneOf(let values)? where values.isEmpty:
            section.report("`not` lists no value, so that every row would count: leave the condition out", at: .not)
        default: break
        }
        let rejects = section.read(.otherwise) { value -> Bool? in
            let text = value.text("reject")
            if let text, text != "reject" { value.refuse("reject") }
            return text == nil ? nil : true
        }
        guard let column = section.read(.column, MadeValue.source), let test else { return nil }
        return RowCondition(column: column, test: test, rejects: rejects)
    }

    private func group(_ value: SettingsValue, _ spellings: inout [[String]]) -> RowGroup? {
        guard let section = value.section(GroupKey.self) else { return nil }
        for key in [GroupKey.by, .field, .value] { section.require(key) }
        let by = section.read(.by) { columns($0, &spellings) }
        let field = section.read(.field) { column($0, &spellings) }
        let cell = section.read(.value) { column($0, &spellings) }
        guard let by, let field, let cell else { return nil }
        let names = by.flatMap { all($0, spellings) }
        let (ofField, ofValue) = (all(field, spellings), all(cell, spellings))
        if by.isEmpty {
            section.report(
                "`by` of `group` names no column: where all lines of a file are one row, write `by: [$file]`", at: .by)
        }
        if !Set(ofField).isDisjoint(with: ofValue) {
            section.report(
                "`field` and `value` of `group` are the same column: one names the value, the other has it", at: .value)
        } else if let both = names.first(where: { ofField.contains($0) || ofValue.contains($0) }) {
            section.report(
                "`by` of `group` has the column `\(VisibleText.line(both))`, which `\(ofField.contains(both) ? "field" : "value")` takes: "
                    + "the lines of one row differ in it",
                at: .by)
        }
        // The cells of an unpivoted line have one line, and belong together.
        if let number = names.first(where: { $0 == "$row" || $0 == "$line" && !self.section.has(.unpivot) }) {
            section.report(
                "`by` of `group` has `\(number)`, in which all lines differ: name the columns that the lines of one row have in common",
                at: .by)
        }
        return RowGroup(by: by, field: field, value: cell)
    }

    private func take(_ value: SettingsValue) -> TakeRule? {
        guard let section = value.section(TakeKey.self) else { return nil }
        let keys = [TakeKey.first, .last, .latest].filter { section.has($0) }
        guard keys.count == 1, let key = keys.first else {
            section.report("`take` needs one of `first`, `last` and `latest`", at: .first)
            return nil
        }
        if key != .latest, section.has(.date) { section.report("`date` goes with `latest`", at: .date) }
        switch key {
        case .first: return section.number(.first, 1...Int(UInt32.max)).map { .first($0) }
        case .last: return section.number(.last, 1...10_000_000).map { .last($0) }
        default:
            let date = section.read(.date) { value in
                value.parsed(as: "a pattern") { (text) throws(SettingsMistake) in
                    let form = DateForm(target: .date, pattern: text)
                    _ = try DateReader(ordering: form) { (name) throws(SettingsMistake) in try ZoneFiles.rules(name) }
                    return form
                }
            }
            return section.read(.latest, MadeValue.source).map { .latest(column: $0, date: date) }
        }
    }
}

extension MappingRule {
    /// The columns of the file that decide which rows there are, and what looks into each.
    var shapingColumns:
        (watched: [(name: String, use: String)], choices: [(names: [String], use: String, isOptional: Bool)])
    {
        let checked = columnsForChecks.map { (name: $0, use: "`checks`") }.filter { !isMade($0.name) }
        guard let shape else { return (checked, []) }
        var watched = checked
        var choices: [(names: [String], use: String, isOptional: Bool)] = []
        func watch(_ source: ColumnSource, _ use: String) {
            if case .anyOf(let names) = source {
                choices.append((names, use, false))
            } else {
                watched += source.names.map { ($0, use) }
            }
        }
        func watch(_ columns: [String], _ use: String) {
            for column in columns {
                let names = shape.names(of: column)
                watch(names.count > 1 ? .anyOf(names) : .column(column), use)
            }
        }
        watch(shape.carried ?? [], MappingPlan.carryUse)
        if let unpivot = shape.unpivot {
            watch(unpivot.keep, MappingPlan.unpivotUse)
            if case .named(let names) = unpivot.columns { watched += names.map { ($0, MappingPlan.unpivotUse) } }
        }
        for made in shape.lets ?? [] {
            watch(made.source, "`let`")
            watched += made.value.columns.map { ($0, "`let`") }
        }
        for condition in shape.conditions ?? [] { watch(condition.column, "`where`") }
        if let group = shape.group {
            watch(group.by + [group.field, group.value], "`group`")
        }
        if case .latest(let column, _)? = shape.take { watch(column, "`take`") }
        return (watched.filter { !isMade($0.name) }, choices)
    }

    /// Whether some of the file's rows may not count.
    package var maySkipRows: Bool {
        guard let shape else { return false }
        return shape.conditions?.isEmpty == false || shape.take != nil
            || isForRejects == true && shape.unpivot != nil
    }

    /// Whether its file of rejects has rows for the cells that it leaves out: they are skipped when it is dropped, and rows behind them have
    /// the numbers that they would have with them. Cells that become groups have no rows of their own.
    package var skipsLeftOutCells: Bool { shape?.unpivot != nil && shape?.group == nil }

    /// Names of all zones that its dates are converted from or to.
    package var zoneNames: Set<String> {
        var names: Set<String> = []
        func add(_ form: DateForm?) {
            for name in [form?.zone, form?.to] { if let name { names.insert(name) } }
        }
        for field in fields ?? [] { if case .derived(_, let value) = field.source { add(value.date) } }
        for made in shape?.lets ?? [] { add(made.value.date) }
        if case .derived(_, let value) = ric { add(value.date) }
        if case .latest(_, let date)? = shape?.take { add(date) }
        for check in checks ?? [] {
            switch check.kind {
            case .day(_, _, _, let zone?), .rowsAgainstLast(_, let zone?): names.insert(zone)
            default: break
            }
        }
        return names.subtracting(["UTC"])
    }

    /// The columns that `take` looks into.
    var takenColumns: [String] {
        guard case .latest(let column, _)? = shape?.take else { return [] }
        return column.names
    }

    /// Whether a column of that name is none of the file's: it is made by the rule, or Postbox's own.
    func isMade(_ name: String) -> Bool {
        guard name.hasPrefix("$") else { return false }
        return shape?.makes(name) == true || isOwn(name)
    }

    /// Whether a column of that name is Postbox's own.
    func isOwn(_ name: String) -> Bool {
        ["$file", "$row", "$line", "$claimed"].contains(name)
            || name.hasPrefix("$") && match.contains("{\(name.dropFirst())}")
    }
}

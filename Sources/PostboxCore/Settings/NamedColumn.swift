/// A column that a rule names: where it stands in the rule, and what for.
struct NamedColumn: Sendable {
    /// The rule's key under which it is named.
    var key: RuleKey
    /// Its name, or several of which the file has one.
    var names: [String]
    /// What needs it, as a sentence says it: `the field BID`.
    var use: String
    /// A file may lack it.
    var isOptional = false

    /// Whether it is looked for behind `group`, where cells have the names that the file's lines give them.
    var isBehindGroup: Bool { [.take, .ric, .post, .fields, .checks].contains(key) }
}

extension MappingRule {
    /// All columns that the rule names, those first that rows are made with.
    var columnsByUse: [NamedColumn] {
        var found: [NamedColumn] = []
        func add(_ key: RuleKey, _ use: String, _ names: [String], isOptional: Bool = false) {
            if names.isEmpty { return }
            found.append(NamedColumn(key: key, names: names, use: use, isOptional: isOptional))
        }
        func addMade(
            _ key: RuleKey, _ use: String, _ source: ColumnSource, _ value: ValueRule, isOptional: Bool = false
        ) {
            add(key, use, source.names, isOptional: isOptional)
            for name in value.columns { add(key, use, [name], isOptional: isOptional) }
        }
        if let shape {
            for name in shape.carried ?? [] { add(.carry, "`carry`", shape.names(of: name)) }
            if let unpivot = shape.unpivot {
                for name in unpivot.keep { add(.unpivot, "`keep` of `unpivot`", shape.names(of: name)) }
                if case .named(let names) = unpivot.columns {
                    for name in names { add(.unpivot, "`columns` of `unpivot`", [name]) }
                }
            }
            for made in shape.lets ?? [] { addMade(.let, "`let`", made.source, made.value) }
            for condition in shape.conditions ?? [] { add(.where, "`where`", condition.column.names) }
            if let group = shape.group {
                for name in group.by { add(.group, "`by` of `group`", shape.names(of: name)) }
                add(.group, "`field` of `group`", shape.names(of: group.field))
                add(.group, "`value` of `group`", shape.names(of: group.value))
            }
            add(.take, "`take`", takenColumns)
        }
        switch ric {
        case .plain: break
        case .column(let name): add(.ric, "the RIC", [name])
        case .template(let parts): for case .column(let name) in parts { add(.ric, "the RIC", [name]) }
        case .derived(let source, let value): addMade(.ric, "the RIC", source, value)
        }
        if case .column(let name, _, _) = post { add(.post, "`post`", [name]) }
        for field in fields ?? [] {
            let (use, isOptional) = ("the field \(field.name)", field.isOptional == true)
            switch field.source {
            case .column(let name): add(.fields, use, [name], isOptional: isOptional)
            case .derived(let source, let value): addMade(.fields, use, source, value, isOptional: isOptional)
            case .value: break
            }
        }
        for name in checkedColumns { add(.checks, "`checks`", [name]) }
        if let sum = trailer?.sum { add(.trailer, "the sum of `trailer`", [sum.column]) }
        return found
    }
}

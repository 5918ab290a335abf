/// Something wrong with a mapping rule itself, whatever the files hold.
package struct MappingRuleProblem: Sendable, Equatable {
    /// The keys that lead to it within the rule: `["fields", "ASK", "scale"]`.
    package var path: [String]
    /// One sentence for people.
    package var what: String

    package init(path: [String], what: String) {
        self.path = path
        self.what = what
    }
}

/// What is wrong with a rule's `ric`, `post` and `fields`, in their order; empty when a `RowMapper` can follow it.
package func mappingRuleProblems(_ rule: MappingRule) -> [MappingRuleProblem] {
    var problems: [MappingRuleProblem] = []
    if case .template(let parts) = rule.ric {
        let hasColumn = parts.contains { if case .column = $0 { true } else { false } }
        if !hasColumn {
            problems.append(
                MappingRuleProblem(
                    path: ["ric", "template"],
                    what: "the template names no column, so every row would have the same RIC"))
        }
    }
    if case .column(_, let refresh, let update) = rule.post {
        for word in refresh where update.contains(word) {
            problems.append(MappingRuleProblem(path: ["post"], what: "\"\(word)\" stands for refresh and for update"))
        }
        if refresh.isEmpty && update.isEmpty {
            problems.append(MappingRuleProblem(path: ["post"], what: "no value stands for refresh or update"))
        }
    }
    if let fields = rule.fields, fields.isEmpty {
        problems.append(MappingRuleProblem(path: ["fields"], what: "the rule has no field, so no row could be posted"))
    }
    for field in rule.fields ?? [] { problems += fieldRuleProblems(field) }
    return problems
}

private func fieldRuleProblems(_ field: FieldRule) -> [MappingRuleProblem] {
    var problems: [MappingRuleProblem] = []
    func report(_ key: String?, _ what: String) {
        problems.append(MappingRuleProblem(path: ["fields", field.name] + (key.map { [$0] } ?? []), what: what))
    }
    if !isFieldName(field.name) {
        report(nil, "a field's name is printable ASCII without spaces, quotes and backslashes, such as BID")
    }
    let takesDecimals = field.type == nil || [.real, .int, .uint].contains(field.type)
    if let scale = field.scale {
        if DecimalText.Scale(scale) == nil {
            report("scale", "\"\(scale)\" is not a plain decimal other than 0 with at most 14 decimals and 18 digits")
        }
        if !takesDecimals { report("scale", "only a real or an int can be scaled") }
    }
    if let round = field.round {
        if !(0...DecimalText.decimalsMax).contains(round) {
            report("round", "\(round) is not a number of decimals from 0 to \(DecimalText.decimalsMax)")
        }
        if !takesDecimals { report("round", "only a real or an int can be rounded") }
    }
    if field.isOptional == true, case .value = field.source {
        report("optional", "only a column can be missing, a constant never is")
    }
    if field.takesAnyText == true, field.type != .enum {
        report("values", "only an enum has display texts: write type: enum as well")
    }
    if let values = field.values {
        if field.type != .enum { report("values", "only an enum has display texts: write type: enum as well") }
        if values.isEmpty { report("values", "there is no display text in it") }
        for (text, number) in values.sorted(by: { $0.key < $1.key }) where !(0...65535).contains(number) {
            report("values", "\"\(text)\" stands for \(number), but an enum's number is from 0 to 65535")
        }
    }
    if problems.isEmpty, case .value(let text, let isText) = field.source {
        var conversion = FieldConversion(field)
        var displays = DisplayTable()
        if let values = field.values { conversion.displays = displays.add(values) }
        if case .faulty(let fault) = constantJSON(text, isText: isText, conversion, displays).outcome {
            report("value", explanation(of: fault, for: shown(Array(text.utf8).span), Array(text.utf8).span).what)
        }
    }
    return problems
}

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
///
/// - Parameter dictionary: what the servers know of fields; nil: it is not known here.
package func mappingRuleProblems(
    _ rule: MappingRule, _ dictionary: FieldDictionary? = nil
) -> [MappingRuleProblem] {
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
    for field in rule.fields ?? [] {
        problems += fieldRuleProblems(field, dictionary, lineBreaks: rule.lineBreaks ?? .reject)
    }
    return problems
}

private func fieldRuleProblems(
    _ field: FieldRule, _ dictionary: FieldDictionary?, lineBreaks: LineBreaks
) -> [MappingRuleProblem] {
    var problems: [MappingRuleProblem] = []
    func report(_ key: String?, _ what: String) {
        problems.append(MappingRuleProblem(path: ["fields", field.name] + (key.map { [$0] } ?? []), what: what))
    }
    if !isFieldName(field.name) {
        report(nil, "a field's name is printable ASCII without spaces, quotes and backslashes, such as BID")
    }
    let takesDecimals = field.type?.isNumber ?? true
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
    let known = dictionary?.field(field.name)
    if let dictionary, problems.isEmpty {
        for (key, what) in contradictions(field, known, dictionary) { report(key, what) }
    }
    if problems.isEmpty, case .value(let text, let isText) = field.source {
        var conversion = FieldConversion(field, as: known)
        conversion.lineBreaks = lineBreaks
        var displays = DisplayTable()
        if let dictionary { displays.enums = dictionary.enums }
        if let values = field.values { conversion.displays = displays.add(values) }
        if case .faulty(let fault) = constantJSON(text, isText: isText, conversion, displays).outcome {
            let utf8 = Array(text.utf8)
            let detail = conversion.detail(of: fault, utf8.span, displays).first
            report("value", explanation(of: fault, for: shown(utf8.span), utf8.span, detail: detail).what)
        }
    }
    return problems
}

/// Where a field's rule goes against the dictionary: the key, and half a sentence.
private func contradictions(
    _ field: FieldRule, _ known: FieldDictionary.Field?, _ dictionary: FieldDictionary
) -> [(key: String?, what: String)] {
    guard let known else {
        return [(nil, "the dictionary has no field \(field.name)\(dictionary.words(ofNearestTo: field.name))")]
    }
    var found: [(key: String?, what: String)] = []
    let type = known.type.fieldType
    let words = "\(known.name) is of the type \(known.type.rawValue) by the dictionary"
    if let own = field.type, own != type {
        let instead = type.map { "leave `type` out, or write `type: \($0.rawValue)`" } ?? "leave `type` out"
        return [
            (
                "type",
                "`type: \(own.rawValue)` contradicts the dictionary, where \(known.name) is of the type \(known.type.rawValue): "
                    + instead
            )
        ]
    }
    let isNumber = known.type.isNumber
    if field.scale != nil, !isNumber { found.append(("scale", "\(words), which cannot be scaled")) }
    if field.round != nil, !isNumber { found.append(("round", "\(words), which cannot be rounded")) }
    if case .derived(_, let value) = field.source {
        if value.formula != nil, !isNumber { found.append(("formula", "\(words), and a formula makes a number")) }
        if value.cut != nil, type != .text, type != .ascii {
            found.append(("cut", "\(words), and `cut` shortens a text"))
        }
    }
    if field.takesAnyText == true {
        found.append(("values", "the dictionary has the display texts of \(known.name): leave `values: any` out"))
    }
    for (text, number) in (field.values ?? [:]).sorted(by: { $0.key < $1.key })
    where !(known.table.map { dictionary.enums.has(number, in: $0) } ?? false) {
        found.append(
            ("values", "\"\(text)\" stands for \(number), which is no value of \(known.name) in the dictionary"))
    }
    return found
}

extension MappingRule {
    /// The rule with the type of each field as the dictionary has it. How numbers are written is no matter of a field that is none.
    package func typed(by dictionary: FieldDictionary?) -> MappingRule {
        guard let dictionary, fields != nil else { return self }
        var rule = self
        rule.fields = fields?.map { field in
            var field = field
            guard let known = dictionary.field(field.name) else { return field }
            field.type = field.type ?? known.type.fieldType
            if !known.type.isNumber, case .derived(let source, var value) = field.source,
                value.formula == nil
            {
                value.number = nil
                field.source = .derived(source, value)
            }
            return field
        }
        return rule
    }
}

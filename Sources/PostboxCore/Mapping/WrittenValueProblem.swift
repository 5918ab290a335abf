/// What is wrong with the values that a rule itself writes in place of the file's, `default`, `map` and its `otherwise`: values that their
/// fields do not take, so that each row with one would be rejected.
///
/// - Parameters:
///   - dictionary: what the servers know of fields; nil: the rule's types and a value's look decide.
///   - zones: those that the rule names, by name.
package func writtenValueProblems(
    _ rule: MappingRule, _ dictionary: FieldDictionary?, zones: [String: TimeZoneRules]
) -> [MappingRuleProblem] {
    let sources = RowSources(zones: zones, dictionary: dictionary)
    var problems: [MappingRuleProblem] = []
    for field in rule.typed(by: dictionary).fields ?? [] {
        guard case .derived(_, let value) = field.source else { continue }
        let known = dictionary?.field(field.name)
        // What the dictionary does not have is told as that.
        if dictionary != nil, known == nil { continue }
        var written = WrittenValue(field: field, value: value, known: known, sources: sources)
        written.lineBreaks = rule.lineBreaks ?? .reject
        for (key, text) in value.writtenInPlace(isTyped: written.conversion.target != .look) {
            guard let what = written.problem(with: text) else { continue }
            // What else is read so is a number as people write it, and yet none by the file's marks.
            let advice =
                key == "default" && value.date == nil && value.number?.saysMarks == true
                ? ", read by the rule's `decimal` and `thousands`: write it as the file does" : ""
            problems.append(
                MappingRuleProblem(
                    path: ["fields", field.name, key],
                    what: "`\(key)` of the field \(field.name) cannot be sent: \(what)\(advice)"))
        }
    }
    return problems
}

/// A field, and what becomes of a text that the rule writes for it.
private struct WrittenValue {
    let field: FieldRule
    let value: ValueRule
    let known: FieldDictionary.Field?
    let sources: RowSources
    var lineBreaks = LineBreaks.reject

    /// As the mapper has it.
    var conversion: FieldConversion {
        var rule = field
        // A formula's result is scaled and rounded already, and a number by that.
        if value.formula != nil {
            rule = FieldRule(name: field.name, source: field.source, type: field.type ?? .real, tooLong: field.tooLong)
        }
        var conversion = FieldConversion(rule, as: known)
        conversion.lineBreaks = lineBreaks
        conversion.doubtsPoints = value.formula == nil && value.number?.saysMarks != true
        return conversion
    }

    /// Half a sentence; nil: it can be sent.
    func problem(with text: String) -> String? {
        // It stands behind all that is made of the file's values.
        var rest = value
        rest.strip = nil
        rest.extract = nil
        rest.map = nil
        rest.lookup = nil
        rest.template = nil
        rest.whenEmpty = text
        var needed = field
        needed.isOptional = nil
        let makers = ValueMakers(
            blanks: nil, keepsLineBreaks: lineBreaks == .keep, readsNumbers: true, sources: sources, slot: { _ in 0 })
        let date = makers.date(rest)
        // A pattern that cannot be followed is told as that.
        if rest.date != nil, date == nil { return nil }
        let maker = makers.maker(.column(""), rest, of: needed)
        if case .formula(let step) = maker.origin, let fault = step.standIn(text).fault {
            return words(fault, text, nil)
        }
        var stage = ValueStage()
        stage.add(maker, date: date)
        var batch = RowBatch()
        let cell = stage.make(0, [ShapeColumns.none], [""], LinePlace(number: 0, start: .max), &batch)
        let told = batch.problemIndex(of: cell)
        if told >= 0 { return ValueFault(rawValue: batch.problems[told].reason).map { words($0, text, nil) } }
        var conversion = conversion
        var displays = DisplayTable()
        if let enums = sources.dictionary?.enums { displays.enums = enums }
        if let values = field.values { conversion.displays = displays.add(values) }
        let made = batch.text.span.extracting(cell.bytes)
        var out = MappedBytes()
        guard case .faulty(let fault) = conversion.write(made, kind: cell.kind, displays: displays, into: &out) else {
            return nil
        }
        return words(fault, text, conversion.detail(of: fault, made, displays).first)
    }

    private func words(_ fault: ValueFault, _ text: String, _ detail: String?) -> String {
        let utf8 = Array(text.utf8)
        // What is read by the rule's marks is told with these.
        if fault == .notADecimal, value.date == nil, let form = value.number, !form.saysMarks,
            let what = NumberReader(form, isTyped: true).words(of: fault, utf8.span)?.what
        {
            return "\(shown(utf8.span)) \(what)"
        }
        return explanation(of: fault, for: shown(utf8.span), utf8.span, detail: detail).what
    }
}

extension ValueRule {
    /// What the rule writes in place of the file's values, each with its key.
    ///
    /// - Parameter isTyped: else a text of `map` goes where another one went, by its look.
    fileprivate func writtenInPlace(isTyped: Bool) -> [(key: String, text: String)] {
        var texts: [(key: String, text: String)] = []
        if let whenEmpty { texts.append(("default", whenEmpty)) }
        if isTyped, let map {
            texts += map.words.values.sorted().map { ("map", $0) }
            if case .value(let text) = map.otherwise { texts.append(("otherwise", text)) }
        }
        return texts.filter { !$0.text.isEmpty }
    }
}

/// Makes the steps of a rule's values.
struct ValueMakers {
    let blanks: BlankValues?
    /// A line break around a number does not matter.
    let keepsLineBreaks: Bool
    /// Numbers are read; else a value ends as the text that would be read as one.
    let readsNumbers: Bool
    let sources: RowSources
    /// Gives a column's slot.
    let slot: (String) -> Int

    /// What reads a value that is a date.
    func date(_ value: ValueRule) -> DateReader? { value.date.flatMap { try? DateReader($0, zones: sources.zone) } }

    /// What is made of a field's column.
    func maker(_ source: ColumnSource, _ value: ValueRule, of field: FieldRule) -> ValueStage.Maker {
        let isTyped = field.type?.isNumber ?? (field.scale != nil || field.round != nil)
        guard let text = value.formula, let formula = try? Formula(parsing: text) else {
            let maker = maker(source, value, isTyped: isTyped)
            maker.isOptional = field.isOptional ?? false
            maker.isWhole = field.type == .int || field.type == .uint
            return maker
        }
        let step = FormulaStep(
            formula: formula, slots: formula.columns.map(slot),
            number: NumberStep(value.number ?? NumberForm(), isTyped: true, keepsLineBreaks: keepsLineBreaks),
            scale: field.scale.flatMap(DecimalText.Scale.init), round: field.round ?? -1,
            rounding: field.rounding ?? value.rounding ?? .halfUp)
        let maker = ValueStage.Maker(origin: .formula(step))
        if let text = value.whenEmpty { maker.steps.append(.whenEmpty(step.standIn(text).text)) }
        maker.place = step.slots.first ?? -1
        maker.isOptional = field.isOptional ?? false
        maker.isNumber = true
        return maker
    }

    /// What is made of a column, or of several, for the RIC, `let`, or a field that is no formula.
    func maker(_ source: ColumnSource, _ value: ValueRule, isTyped: Bool = false) -> ValueStage.Maker {
        let maker: ValueStage.Maker
        switch source {
        case .column(let name):
            let slot = slot(name)
            maker = ValueStage.Maker(origin: .slot(slot), place: slot)
        case .anyOf(let names):
            maker = ValueStage.Maker(origin: .anyOf(names.map(slot)))
        case .none:
            if let pieces = value.template {
                let writer = TemplateWriter(pieces)
                let step = TemplateStep(writer: writer, slots: writer.columns.map(slot))
                maker = ValueStage.Maker(origin: .template(step), place: step.slots.first ?? -1)
            } else {
                // The key of a lookup is the value that it begins with.
                let slot = slot(value.lookup?.by ?? "")
                maker = ValueStage.Maker(origin: .slot(slot), place: slot)
            }
        }
        maker.keepsLineBreaks = keepsLineBreaks
        addSteps(
            value, isTyped: isTyped, hasOwnKey: { if case .none = source { value.template != nil } else { true } }(),
            maker)
        return maker
    }

    private func addSteps(_ value: ValueRule, isTyped: Bool, hasOwnKey: Bool, _ maker: ValueStage.Maker) {
        let nulls = blanks?.nulls.map(NullTexts.init)
        if let strip = value.strip {
            maker.steps.append(.strip(Stripper(strip)))
            if let nulls { maker.steps.append(.nulls(nulls)) }
        }
        if let pattern = value.extract, let extractor = try? Extractor(pattern) {
            maker.steps.append(.extract(extractor))
            if let nulls { maker.steps.append(.nulls(nulls)) }
        }
        if let map = value.map { maker.steps.append(.map(WordMapper(map), takesEmpty: map.words[""] != nil)) }
        if let lookup = value.lookup {
            let table = sources.tables[lookup.table]
            maker.lookup = lookup
            let by = hasOwnKey ? lookup.by.map(slot) ?? -1 : -1
            maker.steps.append(.lookup(table, column: table?.column(lookup.take) ?? 0, by: by))
            if by >= 0 { maker.place = by }
        }
        if let text = value.whenEmpty { maker.steps.append(.whenEmpty(Array(text.utf8))) }
        if let form = value.number, value.date == nil, readsNumbers {
            maker.steps.append(.number(NumberStep(form, isTyped: isTyped, keepsLineBreaks: keepsLineBreaks)))
            maker.isNumber = form.percent == true || form.fraction != nil
        }
        if let most = value.cut { maker.steps.append(.cut(most)) }
    }
}

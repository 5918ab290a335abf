/// Numbers of a rule without fields: every column that becomes a field is read as the rule says, by its look.
struct PlainNumbers: Sendable {
    private let step: NumberStep
    /// Of fields that are numbers by the dictionary.
    private let typed: NumberStep
    private let plan: MappingPlan
    private let dictionary: FieldDictionary?

    init?(_ form: NumberForm, plan: MappingPlan, _ dictionary: FieldDictionary?) {
        guard !form.isEmpty else { return nil }
        step = NumberStep(form, isTyped: false, keepsLineBreaks: plan.lineBreaks == .keep)
        typed = NumberStep(form, isTyped: true, keepsLineBreaks: plan.lineBreaks == .keep)
        self.plan = plan
        self.dictionary = dictionary
    }

    func converted(
        _ cell: RowBatch.Cell, _ shape: ShapeColumns, _ line: LinePlace, _ batch: inout RowBatch
    ) -> RowBatch.Cell {
        guard cell.kind == .plain || cell.kind == .padded || cell.kind == .string, cell.length > 0 else { return cell }
        let name = shape.all[Int(cell.column)].name
        guard !plan.takes(name), !["ric", "post", "service"].contains(name.lowercased()) else { return cell }
        var step = step
        var isWhole = false
        if let dictionary {
            guard let field = dictionary.field(name), field.type.isNumber else { return cell }
            step = typed
            isWhole = field.type.fieldType == .int || field.type.fieldType == .uint
        }
        var out: [UInt8] = []
        let value = cell.text(in: batch.text)
        if let fault = step.reader.convert(batch.text.span.extracting(value), into: &out) {
            let said = step.reader.words(of: fault, batch.text.span.extracting(value), isWhole: isWhole)
            let problem = batch.problem(.value(fault), on: line, at: cell, name, said: said)
            var faulty = batch.faulty(problem)
            faulty.column = cell.column
            return faulty
        }
        guard out != Array(batch.text[cell.bytes]) else { return cell }
        let start = batch.text.count
        batch.text.append(contentsOf: out)
        return RowBatch.Cell(
            column: cell.column, start: UInt32(truncatingIfNeeded: start),
            length: UInt32(truncatingIfNeeded: out.count),
            kind: cell.kind == .padded ? .plain : cell.kind)
    }
}

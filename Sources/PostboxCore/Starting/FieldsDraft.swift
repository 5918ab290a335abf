/// The lines of a drafted rule that say which columns are fields, and what is asked about them.
struct FieldsDraft {
    /// From `fields:` on.
    private(set) var lines: [String] = []
    /// Columns may be fields, and no column is one for certain: no row is posted until somebody has said more.
    private(set) var isOpen = false

    private let sketch: FileSketch
    private let looks: ColumnLooks
    /// Keys that the rule has for all its fields.
    private let common: [String]

    private static let question = RuleDraft.question

    /// What is said of a column.
    private enum Finding {
        /// The line of its field.
        case field(String)
        /// Its name is a field's, but nothing tells how its values are read: the remarks, and the column as a rule writes it. It is
        /// not posted until one of the remarks has become a line.
        case open([String], column: String)
        /// The index of a column whose name is no field's.
        case unnamed(Int)

        var isField: Bool { if case .field = self { true } else { false } }
        var openColumn: String? { if case .open(_, let column) = self { column } else { nil } }
    }

    /// - Parameters:
    ///   - ric: the column that names the instruments, which is no field.
    ///   - wide: columns that are rows; they have one field together.
    ///   - common: keys that the rule has for all its fields.
    init(_ sketch: FileSketch, _ looks: ColumnLooks, ric: Int?, wide: WideForm, common: [String]) {
        self.sketch = sketch
        self.looks = looks
        self.common = common
        var findings: [Finding] = []
        var taken: Set<String> = []
        if !wide.columns.isEmpty {
            let field = (field: "TRDPRC_1", kind: LikelyFields.Kind.number)
            let doubtful = wide.columns.first { looks.looks[$0].isOpen }
            findings.append(
                doubtful.map { finding($0, as: field, from: wide.value) }
                    ?? .field("\(field.field): {column: \(wide.value), type: real}"))
            taken.insert(field.field)
        }
        for index in sketch.columns.indices where index != ric && !wide.columns.contains(index) {
            findings.append(finding(index, &taken))
        }
        write(findings)
    }

    // MARK: - All of them

    private mutating func write(_ findings: [Finding]) {
        let fields = findings.compactMap { if case .field(let line) = $0 { line } else { nil } }
        guard fields.isEmpty else {
            lines = ["fields:"] + (fields + findings.flatMap(remarks)).map { "  " + $0 }
            return
        }
        // Each column would be the field of its own name, so how it is read matters whatever it is called.
        let asked = findings.map { finding in
            if case .unnamed(let index) = finding, looks.looks[index].isOpen { ask(index) } else { finding }
        }
        guard let column = asked.lazy.compactMap(\.openColumn).first else {
            let hint =
                Self.question
                + "No column has the likely name of a field. Until `fields` names them, each column is the field of its own name."
            lines =
                [hint, "# fields:"] + asked.flatMap(remarks).map { "#   " + $0.drop { $0 == "#" || $0 == " " } }
            return
        }
        let named = asked.map { finding in
            if case .unnamed(let index) = finding, let line = ownLine(index) { Finding.field(line) } else { finding }
        }
        let own = named.compactMap { if case .field(let line) = $0 { line } else { nil } }
        var rest = named.flatMap(remarks)
        if own.isEmpty {
            isOpen = true
            if !rest.contains(where: { $0.hasPrefix(Self.question) }) {
                rest.insert(Self.question + "Which column is which field, and how are its values read?", at: 0)
            }
            lines =
                rest + [
                    "# No row is posted while the next line is there. Write the fields in its place:",
                    "CHANGE_ME: {column: \(column), map: {CHANGE_ME: CHANGE_ME}, otherwise: reject}",
                ]
        } else {
            let remark =
                "# Postbox knows no field by the next names: each column is posted as the field of its own name."
            lines = [remark] + own + rest
        }
        lines = ["fields:"] + lines.map { "  " + $0 }
    }

    private func remarks(_ finding: Finding) -> [String] {
        switch finding {
        case .field: []
        case .open(let remarks, _): remarks
        case .unnamed(let index): [unnamed(index)]
        }
    }

    /// The column with the first of its values, for somebody who knows what it is.
    private func unnamed(_ index: Int) -> String {
        let column = sketch.columns[index]
        let example =
            column.values.first { !$0.trimmed.isEmpty }.map { "   # \(VisibleText.line(String($0.prefix(30))))" } ?? ""
        return "# FIELD: {column: \(yaml(column.name))}\(example)"
    }

    // MARK: - Columns that are fields by their own names

    /// The name, where a field may have it; nil: it is a path's, or the look's own, or no name of a field.
    private func ownName(_ index: Int) -> String? {
        let column = sketch.columns[index]
        guard !sketch.namesAreMade, !column.isOneOfMany, column.name.first?.isLetter == true,
            !sketch.hasPaths || !column.name.contains(where: { ".@/[$'".contains($0) })
        else { return nil }
        return try? SettingsText.fieldName(column.name)
    }

    /// Of a column whose name is no field's what is asked of those whose name is one.
    private func ask(_ index: Int) -> Finding {
        let kind: LikelyFields.Kind = if case .ambiguousDate = looks.looks[index] { .date } else { .number }
        return finding(
            index, as: (field: ownName(index) ?? "FIELD", kind: kind), from: yaml(sketch.columns[index].name))
    }

    /// Its line as the field of its own name; nil: no field may have it.
    private func ownLine(_ index: Int) -> String? {
        guard let name = ownName(index) else { return nil }
        var keys = ["column: \(yaml(name))"]
        if case .numberOfForm(let form) = looks.looks[index] {
            keys += form.filter { !common.contains($0) && !(sketch.isWorkbook && RuleDraft.isOfMarks($0)) }
        }
        return "\(yaml(name)): {\(keys.joined(separator: ", "))}"
    }

    // MARK: - One column

    private func finding(_ index: Int, _ taken: inout Set<String>) -> Finding {
        let column = sketch.columns[index]
        var found = LikelyFields.field(for: column.name)
        if found?.kind == .time {
            // A time may be a day.
            switch looks.looks[index] {
            case .date, .ambiguousDate: found = LikelyFields.day
            default: break
            }
        }
        guard let likely = found, !taken.contains(likely.field) else { return .unnamed(index) }
        if column.isOneOfMany {
            // No field of a document has the name of a place in it.
            return sketch.hasPaths ? .unnamed(index) : .open([unnamed(index)], column: yaml(column.name))
        }
        let result = finding(index, as: likely, from: yaml(column.name))
        if result.isField { taken.insert(likely.field) }
        return result
    }

    /// - Parameter column: what the rule writes for it.
    private func finding(
        _ index: Int, as likely: (field: String, kind: LikelyFields.Kind), from column: String
    ) -> Finding {
        let lines = text(index, as: likely, from: column)
        guard let line = lines.first, !line.hasPrefix("#") else { return .open(lines, column: column) }
        return .field(line)
    }

    /// The line of the field, or remarks.
    private func text(
        _ index: Int, as likely: (field: String, kind: LikelyFields.Kind), from column: String
    ) -> [String] {
        let name = sketch.columns[index].name
        func write(_ keys: [String]) -> String {
            "\(yaml(likely.field)): {\((["column: \(column)"] + keys).joined(separator: ", "))}"
        }
        func ask(_ text: String, _ choices: [[String]]) -> [String] {
            [Self.question + text] + choices.map { "#   " + write($0) }
        }
        let number = ["type: real"] + (looks.strips[index].map { [$0] } ?? [])
        if likely.kind == .number, let example = textOfWorkbook(index) {
            return ask(
                "The cells of \(VisibleText.line(name)) are texts such as \(example): make numbers of them in the workbook, or save the sheet as CSV and look at that. Then:",
                [number])
        }
        switch (likely.kind, looks.looks[index]) {
        case (.number, .number), (.number, .numberOfForm):
            var own: [String] = []
            if case .numberOfForm(let keys) = looks.looks[index] { own = keys.filter { !common.contains($0) } }
            let line = write(number + own)
            if let per, LikelyFields.prices.contains(likely.field) {
                let formula = "[\(name)] / [\(sketch.columns[per].name)]"
                return ask(
                    "Is \(VisibleText.line(name)) the price of as many units as \(VisibleText.line(sketch.columns[per].name)) says? As it is, or of one:",
                    []) + ["#   " + line, "#   \(likely.field): {formula: \(yaml(formula)), round: 8}"]
            }
            return [line]
        case (.number, .percent): return [write(["percent: true"])]
        case (.number, .fraction(let isOpen)):
            return isOpen
                ? ask(
                    "What does the third digit mean: eighths of a 32nd (cash Treasuries) or quarters (futures)?",
                    ["eighths", "quarters"].map { ["fraction: 32", "fraction_tail: \($0)"] })
                : [write(["fraction: 32"])]
        case (.number, .ambiguousNumber(let example)):
            return ask(
                "Is \(example) a thousand, or a number with a decimal comma?",
                [number + ["thousands: \",\""], number + ["decimal: \",\""]])
        case (.number, .ambiguousPoint(let example)):
            return ask(
                "Is \(example) a thousand, in a file with decimal commas, or a number with a decimal point?",
                [number + ["decimal: \",\"", "thousands: \".\""], number + ["decimal: \".\""]])
        case (.number, .mixedMarks):
            return ask(
                "Which is the decimal sign, the comma or the point? The column has both.",
                [number + ["decimal: \",\""], number + ["decimal: \".\""]])
        case (.number, .eighths): return [write(["fraction: 8"])]
        case (.date, .date(let date)):
            return [write(["date: \(yaml(date.patterns[0]))"] + (date.hasOffset ? ["to: UTC"] : []))]
        case (.date, .ambiguousDate(let example, let patterns)):
            return ask(
                "Is \(example) written with the day or the month first?", patterns.map { ["date: \(yaml($0))"] })
        case (.time, .time(let pattern)): return [write(["time: \(yaml(pattern))"])]
        case (.text, .text), (.text, .ric), (.text, .isin): return [write(["type: text"])]
        case (_, .empty): return ["# \(write([]))   # no value was seen"]
        default: return ["# \(write([]))   # its values do not look like this field's"]
        }
    }

    /// The first of a workbook's numbers that are texts, with marks that no key may read there; nil: they are none.
    private func textOfWorkbook(_ index: Int) -> String? {
        guard sketch.isWorkbook else { return nil }
        switch looks.looks[index] {
        case .numberOfForm(let keys) where !keys.contains(where: RuleDraft.isOfMarks): return nil
        case .numberOfForm, .ambiguousNumber, .ambiguousPoint, .mixedMarks:
            let values = sketch.columns[index].values
            return VisibleText.line((values.first { $0.contains(",") } ?? values.first { !$0.isEmpty } ?? "").trimmed)
        default: return nil
        }
    }

    /// The column that says of how many units the prices are: powers of ten, not all of them 1.
    private var per: Int? {
        sketch.columns.indices.first { index in
            let values = sketch.columns[index].values.map(\.trimmed).filter { !$0.isEmpty }
            return LikelyFields.isNumberOfUnits(sketch.columns[index].name) && values.contains { $0 != "1" }
                && values.allSatisfy { $0.first == "1" && $0.dropFirst().allSatisfy { $0 == "0" } }
        }
    }
}

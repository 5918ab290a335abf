/// A file whose columns may be rows: a currency or an instrument each, a day, a maturity.
struct WideForm {
    /// Columns that are rows for certain: their names name instruments, and nothing else does.
    private(set) var columns: [Int] = []
    /// The rule's lines that make rows of them, or ask whether they are.
    private(set) var lines: [FileSketch.Line] = []

    /// What the rule calls the value of such a row. In a document `$value` is a member that is a value by itself.
    let value: String

    private let sketch: FileSketch
    private let looks: [ColumnLook]

    /// - Parameter ric: the column that names instruments; nil: there is none.
    init(_ sketch: FileSketch, _ looks: [ColumnLook], ric: Int?) {
        self.sketch = sketch
        value = sketch.hasPaths ? "$cell" : "$value"
        self.looks = looks
        let named = ric == nil ? instruments : []
        if !named.isEmpty {
            columns = named
            lines = [
                .key(unpivot(named), remark: "a row for every other column" + future),
                .key("where: [{column: \(value), empty: false}]"),
            ]
        } else if !sketch.namesAreMade {
            lines = question(ric: ric).map { [$0] } ?? []
        }
    }

    /// Columns of numbers whose names are those of currencies or instruments.
    private var instruments: [Int] {
        let wide = sketch.columns.indices.filter { index in
            guard isNumber(index), let name = ownName(index), LikelyFields.field(for: sketch.columns[index].name) == nil
            else { return false }
            return name.count == 3 && name.allSatisfy { $0.isASCII && $0.isUppercase } || ValueLook.isRIC(name)
                || ValueLook.isISIN(name)
        }
        // A point alone may part a name as well.
        let isSure = wide.allSatisfy { index in
            ownName(index).map { $0.contains("=") || ValueLook.isISIN($0) } ?? false
        }
        return wide.count >= (isSure ? 2 : 3) && wide.count * 2 > sketch.columns.count ? wide : []
    }

    private func isNumber(_ index: Int) -> Bool {
        switch looks[index] {
        case .number, .numberOfForm, .empty, .ambiguousNumber, .ambiguousPoint, .mixedMarks: true
        default: false
        }
    }

    /// The column's name as the file has it; nil: it is the end of a path.
    private func ownName(_ index: Int) -> String? {
        let name = sketch.columns[index].name
        guard sketch.hasPaths else { return name }
        if name.count > 2, name.first == "'", name.last == "'" {
            return String(name.dropFirst().dropLast()).replacing("''", with: "'")
        }
        return name.contains { ".@/[$".contains($0) } ? nil : name
    }

    private var future: String {
        sketch.hasPaths ? "; what comes later must be named here, too" : ""
    }

    private func unpivot(_ wide: [Int]) -> String {
        let keep = sketch.columns.indices.filter { !wide.contains($0) && !sketch.columns[$0].name.hasPrefix("/") }
            .map { yaml(sketch.columns[$0].name) }
        // Of a document only those are found that are named.
        let list = wide.map { yaml(ownName($0) ?? sketch.columns[$0].name) }.joined(separator: ", ")
        let named = sketch.hasPaths ? "columns: [\(list)], " : ""
        return "unpivot: {keep: [\(keep.joined(separator: ", "))], \(named)name: $name, value: \(value)}"
    }

    // MARK: - Columns that may be rows

    private func question(ric: Int?) -> FileSketch.Line? {
        let odd = sketch.columns.indices.filter { index in
            let column = sketch.columns[index]
            return index != ric && isNumber(index) && looks[index] != .empty && !column.isOneOfMany
                && !column.name.hasPrefix("/") && !column.name.hasPrefix("$")
                && LikelyFields.field(for: column.name) == nil
        }
        guard odd.count > 1 else { return nil }
        let price = "fields: {TRDPRC_1: {column: \(value), type: real}}"
        let days = odd.compactMap { ownName($0).flatMap(ValueLook.date) }
        if days.count == odd.count, let patterns = Self.common(days) {
            let takes = patterns.map { "take: {latest: $name, date: \(yaml($0))}" }
            return .question(
                "Is each of the columns \(names(odd)) a day? Then the newest is posted so, as the field that it is:",
                choices: [unpivot(odd)] + takes + [price])
        }
        // What else may name what the numbers are of.
        let text = sketch.columns.indices.first { index in
            looks[index] == .text && Set(sketch.columns[index].values.filter { !$0.trimmed.isEmpty }).count > 1
        }
        if let ric = ric ?? text {
            // Maturities, strikes, years: names of fields begin with no digit.
            let alike = odd.filter { ownName($0)?.first.map { $0.isASCII && $0.isNumber } ?? false }
            guard alike.count > 1 else { return nil }
            let name = sketch.columns[ric].name
            return .question(
                "Is each of the columns \(names(alike)) an instrument of its own? Then a row is made of each, whose RIC must be told:",
                choices: [unpivot(alike), "ric: {template: \(yaml("{\(name)}{$name}"))}", price])
        }
        let isDeep = odd.contains { ownName($0) == nil }
        return .question(
            "Is each of the columns \(names(odd)) an instrument of its own? Then a row is made of each:",
            choices: [
                unpivot(odd),
                isDeep ? "ric: {column: $name, extract: \"^([^.]+)\"}" : "ric: {column: $name}", price,
            ])
    }

    /// Patterns that read all of these dates; nil: there is none.
    private static func common(_ days: [DateLook]) -> [String]? {
        var patterns = days.first?.patterns ?? []
        for day in days { patterns.removeAll { !day.patterns.contains($0) } }
        return patterns.isEmpty ? nil : patterns
    }

    private func names(_ indices: [Int]) -> String {
        let shown = indices.prefix(3).map { VisibleText.line(String(sketch.columns[$0].name.prefix(40))) }
        return shown.joined(separator: ", ") + (indices.count > 3 ? " …" : "")
    }
}

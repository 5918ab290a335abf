/// A file of one value a line: one column names the value's field, another has it, and others say what it is of.
struct LongForm {
    /// The file as if each field were a column of its own; without the values where lines cannot be joined.
    let sketch: FileSketch
    /// The rule's lines that join those of one instrument, or ask about it.
    let lines: [FileSketch.Line]

    private static let namesOfFields: Set<String> = [
        "field", "fieldname", "fieldid", "fieldmnemonic", "mnemonic", "fid", "fld", "feld", "attribute",
    ]
    private static let namesOfValues: Set<String> = ["value", "val", "fieldvalue", "wert"]

    /// Nil: the file has another form.
    init?(_ sketch: FileSketch) {
        let columns = sketch.columns
        guard let field = columns.indices.first(where: { Self.namesFields(columns[$0]) }),
            let value = Self.value(in: columns, besides: field),
            let key = Self.key(in: columns, besides: [field, value]),
            let rows = columns.first?.values.count, rows > 1, columns.allSatisfy({ $0.values.count == rows })
        else { return nil }
        let others = columns.indices.filter { ![field, value, key].contains($0) }
        // What is of a day may have as many groups as days.
        let by = ([[key]] + others.map { [key, $0] }).first { Self.groups(columns, by: $0, field: field) != nil }
        var long = sketch
        guard let by, let groups = Self.groups(columns, by: by, field: field) else {
            long.columns.removeAll { $0.name == columns[value].name }
            self.sketch = long
            lines = [
                .question(
                    "Each line has one value, and those of one \(columns[key].name) do not follow each other, or name a field twice. "
                        + "Can the file be sorted? Then the lines of one instrument are one post:",
                    choices: [Self.text([key], field, value, columns)])
            ]
            return
        }
        let differing = others.filter { index in
            groups.contains { rows in Set(rows.map { columns[index].values[$0] }).count > 1 }
        }
        long.columns = columns.indices.filter { index in index != field && index != value && !differing.contains(index)
        }
        .map { index in
            var column = columns[index]
            column.values = groups.compactMap { $0.first.map { columns[index].values[$0] } }
            return column
        }
        for name in Self.distinct(columns[field].values) {
            long.columns.append(
                FileSketch.Column(
                    name: name,
                    values: (0..<rows).filter { columns[field].values[$0].trimmed == name }
                        .map { columns[value].values[$0] },
                    literals: columns[value].literals))
        }
        self.sketch = long
        let left = differing.map { columns[$0].name }.joined(separator: ", ")
        lines = [
            .key(
                Self.text(by, field, value, columns),
                remark: "the lines of one instrument are one post"
                    + (left.isEmpty ? "" : "; what differs among them, no field can take: \(VisibleText.line(left))"))
        ]
    }

    private static func text(_ by: [Int], _ field: Int, _ value: Int, _ columns: [FileSketch.Column]) -> String {
        let names = by.map { yaml(columns[$0].name) }.joined(separator: ", ")
        return "group: {by: [\(names)], field: \(yaml(columns[field].name)), value: \(yaml(columns[value].name))}"
    }

    /// Whether the column's values are names of fields: by its own name, or by what they are likely to mean.
    private static func namesFields(_ column: FileSketch.Column) -> Bool {
        let names = distinct(column.values)
        guard !names.isEmpty, names.count <= 500, !column.values.contains(where: \.trimmed.isEmpty),
            names.allSatisfy({ !ValueLook.isNumber($0) })
        else { return false }
        if namesOfFields.contains(word(column)) { return true }
        return names.count > 1 && names.count < column.values.count
            && names.allSatisfy { LikelyFields.field(for: $0) != nil }
    }

    private static func value(in columns: [FileSketch.Column], besides field: Int) -> Int? {
        let others = columns.indices.filter { $0 != field }
        if let named = others.first(where: { namesOfValues.contains(word(columns[$0])) }) { return named }
        let numbers = others.filter { index in
            let values = columns[index].values.filter { !$0.trimmed.isEmpty }
            return !values.isEmpty && values.allSatisfy { ValueLook.isNumber($0) && ValueLook.date($0) == nil }
        }
        return numbers.count == 1 ? numbers[0] : nil
    }

    /// The column that names what the values are of.
    private static func key(in columns: [FileSketch.Column], besides taken: [Int]) -> Int? {
        let others = columns.indices.filter { index in
            !taken.contains(index) && !columns[index].values.contains(where: \.trimmed.isEmpty)
        }
        let ranked = others.compactMap { index in
            LikelyFields.rankAsRIC(columns[index].name).map { (rank: $0, index: index) }
        }
        if let best = ranked.min(by: { $0.rank < $1.rank }) { return best.index }
        let named = others.first { columns[$0].values.allSatisfy { ValueLook.isISIN($0) || ValueLook.isRIC($0) } }
        return named ?? (others.count == 1 ? others[0] : nil)
    }

    /// The rows of each group; nil: a group comes again, or names a field twice.
    private static func groups(_ columns: [FileSketch.Column], by: [Int], field: Int) -> [[Int]]? {
        var groups: [[Int]] = []
        var seen: Set<[String]> = []
        var last: [String]?
        var fields: Set<String> = []
        for row in columns[field].values.indices {
            let key = by.map { columns[$0].values[row] }
            if key != last {
                guard seen.insert(key).inserted else { return nil }
                groups.append([])
                fields = []
                last = key
            }
            guard fields.insert(columns[field].values[row].trimmed).inserted else { return nil }
            groups[groups.count - 1].append(row)
        }
        return groups
    }

    /// Each once, in their order.
    private static func distinct(_ values: [String]) -> [String] {
        var seen: Set<String> = []
        return values.map(\.trimmed).filter { seen.insert($0).inserted }
    }

    private static func word(_ column: FileSketch.Column) -> String {
        String(column.name.lowercased().filter { $0.isLetter || $0.isNumber })
    }
}

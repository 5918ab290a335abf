/// A file that names its columns one a line, between two marks, and has its rows between two others, as Bloomberg's replies have.
struct FieldListSketch {
    let sketch: FileSketch

    private static let (fields, fieldsEnd) = ("START-OF-FIELDS", "END-OF-FIELDS")
    private static let (data, dataEnd) = ("START-OF-DATA", "END-OF-DATA")

    init?(_ lines: [String]) {
        let bare = lines.map(\.trimmed)
        guard let first = bare.firstIndex(of: Self.fields), let last = bare.firstIndex(of: Self.fieldsEnd),
            let begin = bare.firstIndex(of: Self.data), first < last, first < begin
        else { return nil }
        let end = bare.firstIndex(of: Self.dataEnd) ?? lines.count
        guard begin < end else { return nil }
        func isRemark(_ line: String) -> Bool { line.hasPrefix("#") }
        let fields = bare[(first + 1)..<last].filter { !$0.isEmpty && !isRemark($0) }
        let rows = lines[(begin + 1)..<end].filter { !$0.trimmed.isEmpty && !isRemark($0) }
        let signs: [Character] = ["|", ",", ";", "\t"]
        let sign =
            signs.max { one, other in
                rows.count { $0.contains(one) } < rows.count { $0.contains(other) }
            } ?? "|"
        let cells = rows.prefix(FileSketch.rowsMax).map { row in
            row.split(separator: sign, omittingEmptySubsequences: false).map(String.init)
        }
        guard let width = cells.first?.count else { return nil }
        let isClosed = cells.allSatisfy { $0.last?.trimmed.isEmpty ?? false }
        let lead = width - (isClosed ? 1 : 0) - fields.count
        guard lead >= 0 else { return nil }
        let own = lead == 3 ? ["SECURITY", "ERROR", "NUMBER"] : (0..<lead).map { "C\($0 + 1)" }
        let names = UniqueNames(own + fields).names
        var layout: [FileSketch.Line] = []
        if sign != "," { layout.append(.key("delimiter: \(sign == "\t" ? "tab" : yaml(String(sign)))")) }
        if bare.contains(where: isRemark) { layout.append(.key("comment: \"#\"")) }
        layout.append(.key("header: {after: \(Self.fields), before: \(Self.fieldsEnd)}"))
        if lead > 0 {
            layout.append(
                .key("columns: [\(own.joined(separator: ", "))]", remark: "what stands in a row before its fields"))
        }
        layout.append(
            .key("rows: {after: \(Self.data)\(end < lines.count ? ", before: \(Self.dataEnd)" : "")}"))
        if isClosed { layout.append(.key("ragged: blank_tail", remark: "rows end in a delimiter")) }
        if lead == 3 {
            layout.append(
                .question(
                    "Is a row whose ERROR is not 0 to be rejected? It has no values:",
                    choices: ["where: [{column: ERROR, is: [\"0\"], otherwise: reject}]"]))
        }
        var sketch = FileSketch(
            layout: layout,
            columns: names.enumerated().map { index, name in
                FileSketch.Column(name: name, values: cells.map { $0.count > index ? $0[index] : "" })
            })
        sketch.hasSemicolons = sign == ";"
        self.sketch = sketch
    }
}

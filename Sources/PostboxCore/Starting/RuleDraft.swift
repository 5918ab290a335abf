/// A configuration that reads a file which was looked at, with remarks and questions.
package struct RuleDraft {
    private let name: String
    private let sketch: FileSketch
    private let looks: ColumnLooks
    /// The column that names the instruments; nil: none does.
    private let ricColumn: Int?
    private let wide: WideForm
    /// The keys that all columns of numbers have alike.
    private let common: [String]
    private let fields: FieldsDraft
    /// What joins lines of one value each; empty: a line is a row, or many.
    private let group: [FileSketch.Line]
    /// Remarks that do not come from the columns: the file's encoding.
    private let head: [FileSketch.Line]
    private let destination: String?

    /// What questions begin with.
    static let question = "# ? "

    /// - Parameters:
    ///   - name: the file's name.
    ///   - head: keys that were found out elsewhere, first.
    ///   - destination: the server's URL; nil: it is left to be filled in.
    package init(of sketch: FileSketch, name: String, head: [FileSketch.Line] = [], destination: String? = nil) {
        let long = LongForm(sketch)
        self.name = name
        self.sketch = long?.sketch ?? sketch
        self.head = head
        self.destination = destination
        group = long?.lines ?? []
        looks = ColumnLooks(self.sketch)
        ricColumn = Self.ricColumn(self.sketch, looks)
        // Lines that are joined are in no need of being parted.
        var parted = self.sketch
        if long != nil { parted.columns = [] }
        wide = WideForm(parted, looks.looks, ric: ricColumn)
        common = Self.commonForm(self.sketch, looks.looks)
        fields = FieldsDraft(self.sketch, looks, ric: ricColumn, wide: wide, common: common)
    }

    /// No row is posted until somebody has answered a question about a field.
    package var isOpen: Bool { fields.isOpen }

    /// The whole configuration.
    package var text: String {
        var lines = [
            "# Written by `postbox init` from \(VisibleText.line(name)).",
            "# Lines that begin with \"\(Self.question.dropLast())\" are questions: Postbox could not tell, and does not guess.",
            "# `postbox check --config THIS FILE…` shows what would be posted.",
        ]
        lines += Self.top(destination: destination)
        lines += ["files:", "  - match: \(yaml(FileNamePattern(of: name).text))"]
        var rule: [String] = []
        for line in head + sketch.layout { rule += text(of: line) }
        if looks.isPadded { rule.append("trim: true") }
        if !looks.nulls.isEmpty { rule.append("nulls: [\(looks.nulls.map(yaml).joined(separator: ", "))]") }
        rule += common
        for line in group { rule += text(of: line) }
        for line in wide.lines { rule += text(of: line) }
        if group.isEmpty, wide.columns.isEmpty, let ricColumn,
            let line = HistoryLook.question(sketch, looks, ric: ricColumn)
        {
            rule += text(of: line)
        }
        rule += ricLines
        rule += fields.lines
        lines += rule.map { "    " + $0 }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The smallest configuration that is useful: the plain mapping.
    package static func smallest(destination: String?) -> String {
        let lines =
            [
                "# Written by `postbox init`. Files need a column RIC; every other column is the field of its name (BID, ASK, …).",
                "# `postbox init FILE` looks at a file of yours and writes a rule for it.",
            ] + top(destination: destination)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func top(destination: String?) -> [String] {
        [
            "spool: spool                 # the folder that holds inbox, work, done, failed and state",
            "destinations:",
            "  cache:",
            "    urls: [\(yaml(destination ?? "ws://localhost:15000/WebSocket"))]"
                + (destination == nil ? "   # your server's address" : ""),
            "    user: CHANGE_ME          # the DACS user",
            "    service: CHANGE_ME       # the service that is posted to",
        ]
    }

    private func text(of line: FileSketch.Line) -> [String] {
        switch line {
        case .key(let key, let remark): [key + (remark.map { "   # \($0)" } ?? "")]
        case .question(let text, let choices):
            [Self.question + text] + choices.map { "#   \($0)" }
        }
    }

    /// The keys that all columns of numbers may have alike.
    private static func commonForm(_ sketch: FileSketch, _ looks: [ColumnLook]) -> [String] {
        let forms = looks.compactMap { if case .numberOfForm(let keys) = $0 { keys } else { nil } }
        guard !forms.isEmpty else { return [] }
        // The answer to a question about a column's signs must not meet those of others.
        if looks.contains(where: \.hasOpenSigns), forms.contains(where: { $0.contains(where: isOfMarks) }) { return [] }
        let isComma = forms.contains { $0.contains(decimalComma) }
        // A column of points would be read by a comma's keys, too.
        let hasPoint = zip(sketch.columns, looks).contains { column, look in
            look == .number && column.values.contains { $0.contains(".") }
        }
        if isComma,
            hasPoint
                || forms.contains(where: { !$0.contains(decimalComma) && $0.contains { $0.contains("thousands") } })
        {
            return []
        }
        var keys: [String] = []
        for key in forms.flatMap({ $0 }) where !keys.contains(key) {
            if !sketch.isWorkbook || !isOfMarks(key) { keys.append(key) }
        }
        return keys.count { $0.hasPrefix("thousands") } > 1 ? [] : keys
    }

    /// Whether the key says which signs numbers have.
    static func isOfMarks(_ key: String) -> Bool { key.hasPrefix("decimal") || key.hasPrefix("thousands") }

    private static let decimalComma = "decimal: \",\""

    // MARK: - The RIC

    private static func ricColumn(_ sketch: FileSketch, _ looks: ColumnLooks) -> Int? {
        let named = sketch.columns.indices.compactMap { index in
            LikelyFields.rankAsRIC(sketch.columns[index].name).map { (rank: $0, index: index) }
        }
        let most = sketch.columns.map(\.values.count).max() ?? 0
        func best(_ rank: Range<Int>, _ looksOfIt: [ColumnLook]) -> Int? {
            named.filter { ranked in
                let column = sketch.columns[ranked.index]
                return rank.contains(ranked.rank) && looksOfIt.contains(looks.looks[ranked.index])
                    && !column.isOneOfMany && column.values.allSatisfy { $0.isEmpty || ValueLook.isKey($0) }
            }
            .min { $0.rank < $1.rank }?.index
        }
        // What is the same in every row names none of them.
        let ric = looks.looks.indices.first { index in
            let values = sketch.columns[index].values
            return looks.looks[index] == .ric && values.count * 10 >= most * 9 && (most == 1 || Set(values).count > 1)
        }
        let ranks = LikelyFields.ranksOfRICs
        // A column that is called so, before one that only looks so; what only might be called so comes last.
        return best(0..<ranks.names, [.ric, .text, .isin, .empty]) ?? best(0..<ranks.likely, [.ric, .isin]) ?? ric
            ?? looks.looks.firstIndex(of: .isin) ?? best(0..<ranks.all, [.ric, .text, .isin])
    }

    private var ricLines: [String] {
        if !wide.columns.isEmpty {
            return [
                Self.question + "Is the column's name the RIC? Else write what stands around it: \"EUR{$name}=\".",
                "ric: {column: $name}",
            ]
        }
        guard let index = ricColumn else {
            return [
                Self.question + "No column looks like a RIC or an ISIN. Which one is it, or what is it made of?",
                "#   ric: {column: NAME}", "#   ric: {template: \"{NAME}.TST\"}",
                "#   ric: {lookup: {table: rics, by: NAME, take: RIC}}",
            ]
        }
        let key = "ric: {column: \(yaml(sketch.columns[index].name))}"
        guard looks.looks[index] == .isin else { return [key] }
        return [key + "   # ISINs: where the server knows other names, use a template or a lookup"]
    }
}

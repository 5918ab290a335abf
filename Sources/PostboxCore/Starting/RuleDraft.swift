/// A configuration that reads a file which was looked at, with remarks and questions.
package struct RuleDraft {
    private let name: String
    private let sketch: FileSketch
    private let looks: ColumnLooks
    /// The column that names the instruments; nil: none does.
    private let ricColumn: Int?
    private let wide: WideForm
    /// What joins lines of one value each; empty: a line is a row, or many.
    private let group: [FileSketch.Line]
    /// Remarks that do not come from the columns: the file's encoding.
    private let head: [FileSketch.Line]
    private let destination: String?

    private static let question = "# ? "

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
    }

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
        let common = commonForm
        rule += common
        for line in group { rule += text(of: line) }
        for line in wide.lines { rule += text(of: line) }
        rule += ricLines
        rule += fieldLines(common)
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
    private var commonForm: [String] {
        let forms = looks.looks.compactMap { if case .numberOfForm(let keys) = $0 { keys } else { nil } }
        guard !forms.isEmpty else { return [] }
        // The answer to a question about a column's signs must not meet those of others.
        if looks.looks.contains(where: \.hasOpenSigns), forms.contains(where: { $0.contains(where: isOfMarks) }) {
            return []
        }
        let isComma = forms.contains { $0.contains(decimalComma) }
        // A column of points would be read by a comma's keys, too.
        let hasPoint = zip(sketch.columns, looks.looks).contains { column, look in
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

    private func isOfMarks(_ key: String) -> Bool { key.hasPrefix("decimal") || key.hasPrefix("thousands") }

    private var decimalComma: String { "decimal: \",\"" }

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

    // MARK: - Fields

    private func fieldLines(_ common: [String]) -> [String] {
        var fields: [String] = []
        var open: [String] = []
        var taken: Set<String> = []
        if !wide.columns.isEmpty {
            fields.append("TRDPRC_1: {column: \(wide.value), type: real}")
            taken.insert("TRDPRC_1")
        }
        for (index, column) in sketch.columns.enumerated() where index != ricColumn {
            if wide.columns.contains(index) { continue }
            for line in field(index, column, common, &taken) {
                if line.hasPrefix("#") { open.append(line) } else { fields.append(line) }
            }
        }
        guard !fields.isEmpty else {
            let hint =
                Self.question
                + "No column has the likely name of a field. Until `fields` names them, each column is the field of its own name."
            return [hint, "# fields:"]
                + open.map { $0.hasPrefix(Self.question) ? $0 : "#   " + $0.drop { $0 == "#" || $0 == " " } }
        }
        return ["fields:"] + (fields + open).map { "  " + $0 }
    }

    /// The first of a workbook's numbers that are texts, with marks that no key may read there; nil: they are none.
    private func textOfWorkbook(_ index: Int) -> String? {
        guard sketch.isWorkbook else { return nil }
        switch looks.looks[index] {
        case .numberOfForm(let keys) where !keys.contains(where: isOfMarks): return nil
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

    /// The lines of one column.
    private func field(
        _ index: Int, _ column: FileSketch.Column, _ common: [String], _ taken: inout Set<String>
    ) -> [String] {
        let name = yaml(column.name)
        var found = LikelyFields.field(for: column.name)
        if found?.kind == .time {
            // A time may be a day.
            switch looks.looks[index] {
            case .date, .ambiguousDate: found = LikelyFields.day
            default: break
            }
        }
        guard let likely = found, !column.isOneOfMany, !taken.contains(likely.field) else {
            let example =
                column.values.first { !$0.trimmed.isEmpty }.map { "   # \(VisibleText.line(String($0.prefix(30))))" }
                ?? ""
            return ["# FIELD: {column: \(name)}\(example)"]
        }
        func write(_ keys: [String]) -> String {
            "\(likely.field): {\((["column: \(name)"] + keys).joined(separator: ", "))}"
        }
        func ask(_ text: String, _ choices: [[String]]) -> [String] {
            [Self.question + text] + choices.map { "#   " + write($0) }
        }
        let number = ["type: real"] + (looks.strips[index].map { [$0] } ?? [])
        if likely.kind == .number, let example = textOfWorkbook(index) {
            return ask(
                "The cells of \(VisibleText.line(column.name)) are texts such as \(example): make numbers of them in the workbook, or save the sheet as CSV and look at that. Then:",
                [number])
        }
        var lines: [String]
        switch (likely.kind, looks.looks[index]) {
        case (.number, .number), (.number, .numberOfForm):
            var own: [String] = []
            if case .numberOfForm(let keys) = looks.looks[index] { own = keys.filter { !common.contains($0) } }
            let line = write(number + own)
            if let per, LikelyFields.prices.contains(likely.field) {
                let formula = "[\(column.name)] / [\(sketch.columns[per].name)]"
                return ask(
                    "Is \(VisibleText.line(column.name)) the price of as many units as \(VisibleText.line(sketch.columns[per].name)) says? As it is, or of one:",
                    []) + ["#   " + line, "#   \(likely.field): {formula: \(yaml(formula)), round: 8}"]
            }
            lines = [line]
        case (.number, .percent): lines = [write(["percent: true"])]
        case (.number, .fraction(let isOpen)):
            lines =
                isOpen
                ? ask(
                    "What does the third digit mean: eighths of a 32nd (cash Treasuries) or quarters (futures)?",
                    ["eighths", "quarters"].map { ["fraction: 32", "fraction_tail: \($0)"] })
                : [write(["fraction: 32"])]
        case (.number, .ambiguousNumber(let example)):
            lines = ask(
                "Is \(example) a thousand, or a number with a decimal comma?",
                [number + ["thousands: \",\""], number + ["decimal: \",\""]])
        case (.number, .ambiguousPoint(let example)):
            lines = ask(
                "Is \(example) a thousand, in a file with decimal commas, or a number with a decimal point?",
                [number + ["decimal: \",\"", "thousands: \".\""], number + ["decimal: \".\""]])
        case (.number, .mixedMarks):
            lines = ask(
                "Which is the decimal sign, the comma or the point? The column has both.",
                [number + ["decimal: \",\""], number + ["decimal: \".\""]])
        case (.number, .eighths): lines = [write(["fraction: 8"])]
        case (.date, .date(let date)):
            lines = [write(["date: \(yaml(date.patterns[0]))"] + (date.hasOffset ? ["to: UTC"] : []))]
        case (.date, .ambiguousDate(let example, let patterns)):
            lines = ask(
                "Is \(example) written with the day or the month first?", patterns.map { ["date: \(yaml($0))"] })
        case (.time, .time(let pattern)): lines = [write(["time: \(yaml(pattern))"])]
        case (.text, .text), (.text, .ric), (.text, .isin): lines = [write(["type: text"])]
        case (_, .empty): return ["# \(write([]))   # no value was seen"]
        default: return ["# \(write([]))   # its values do not look like this field's"]
        }
        if !(lines.first?.hasPrefix("#") ?? true) { taken.insert(likely.field) }
        return lines
    }
}

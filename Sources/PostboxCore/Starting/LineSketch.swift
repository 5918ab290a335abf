/// How a file of lines lies: its delimiter, where its header is, which lines are no rows.
struct LineSketch {
    let sketch: FileSketch

    private static let linesMax = 3000
    private static let delimiters: [(sign: Character, word: String)] = [
        (",", "\",\""), (";", "\";\""), ("\t", "tab"), ("|", "\"|\""),
    ]

    /// - Parameter isWorkbook: the text was made of a sheet, in one way only.
    init(_ text: String, isWhole: Bool, isWorkbook: Bool = false) {
        var text = text[...]
        if text.first == "\u{feff}" { text.removeFirst() }
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(Self.linesMax)
            .map(String.init)
        let endsWell = text.last?.isNewline ?? true
        if endsWell { while lines.last?.isEmpty == true { lines.removeLast() } }
        // What was cut off by the look is no line.
        if !isWhole, lines.count > 1 { lines.removeLast() }
        // Excel's own line is obeyed where the rule names no delimiter.
        let told =
            isWorkbook ? "," : lines.first.flatMap { $0.count == 5 && $0.hasPrefix("sep=") ? $0.last : nil }
        if told != nil, !isWorkbook { lines[0] = "" }

        var sketch = FieldListSketch(lines)?.sketch ?? Self.sketch(lines, told, isWorkbook: isWorkbook)
        if isWhole, !endsWell, !isWorkbook, !sketch.layout.contains(.key("format: fixed")) {
            sketch.layout.append(
                .question(
                    "The last line has no line end: is the file cut off, or is it always written so?",
                    choices: ["final_newline: optional"]))
        }
        self.sketch = sketch
    }

    private static func sketch(_ lines: [String], _ told: Character?, isWorkbook: Bool) -> FileSketch {
        let tables = delimiters.filter { told == nil || told == $0.sign }.map { delimiter in
            (
                table: LineTable(lines, .sign(delimiter.sign), isWorkbook: isWorkbook),
                word: told == nil && delimiter.sign != "," ? delimiter.word : nil
            )
        }
        let best = tables.max { $0.table.score < $1.table.score }
        if let best, best.table.isGood || told != nil { return FileSketch(TableSketch(best.table, word: best.word)) }
        // Where each line has as many values between blanks, these part them, wherever they stand.
        let table = LineTable(lines, .blanks)
        let fixed = FixedSketch(lines)
        if table.isEven {
            let sketch = FileSketch(TableSketch(table, word: "blanks"))
            // Names of several words, which their places alone give to columns.
            if sketch.namesAreMade, let fixed, fixed.namesAll, fixed.width == table.width { return fixed.sketch }
            return sketch
        }
        if let fixed { return fixed.sketch }
        return tables.first.map { FileSketch(TableSketch($0.table, word: $0.word)) }
            ?? FileSketch(layout: [], columns: [])
    }
}

extension FileSketch {
    fileprivate init(_ table: TableSketch) {
        self.init(layout: table.layout, columns: table.columns)
        namesAreMade = table.namesAreMade
        hasSemicolons = table.hasSemicolons
    }
}

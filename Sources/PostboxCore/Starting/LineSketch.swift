/// How a file of lines lies: its delimiter, where its header is, which lines are no rows.
struct LineSketch {
    let sketch: FileSketch

    private static let linesMax = 3000
    private static let delimiters: [(sign: Character, word: String)] = [
        (",", "\",\""), (";", "\";\""), ("\t", "tab"), ("|", "\"|\""),
    ]

    init(_ text: String, isWhole: Bool) {
        var text = text[...]
        if text.first == "\u{feff}" { text.removeFirst() }
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(Self.linesMax)
            .map(String.init)
        let endsWell = text.last?.isNewline ?? true
        if endsWell { while lines.last?.isEmpty == true { lines.removeLast() } }
        // What was cut off by the look is no line.
        if !isWhole, lines.count > 1 { lines.removeLast() }
        // Excel's own line is obeyed where the rule names no delimiter.
        let told = lines.first.flatMap { $0.count == 5 && $0.hasPrefix("sep=") ? $0.last : nil }
        if told != nil { lines[0] = "" }

        let tables = Self.delimiters.filter { told == nil || told == $0.sign }.map {
            Table(lines, .sign($0.sign), word: told == nil && $0.sign != "," ? $0.word : nil)
        }
        var best = tables.max { $0.score < $1.score }
        if let table = best, !table.isGood { best = nil }
        if best == nil {
            // Where each line has as many values between blanks, these part them, wherever they stand.
            let table = Table(lines, .blanks, word: "blanks")
            if table.isEven { best = table }
        }
        if best == nil, let fixed = FixedSketch(lines) {
            sketch = fixed.sketch
            return
        }
        guard let table = best ?? tables.first else {
            sketch = FileSketch(layout: [], columns: [])
            return
        }
        var layout = table.layout
        if isWhole, !endsWell {
            layout.append(
                .question(
                    "The last line has no line end: is the file cut off, or is it always written so?",
                    choices: ["final_newline: optional"]))
        }
        sketch = FileSketch(layout: layout, columns: table.columns)
    }
}

/// The lines, parted by one delimiter.
private struct Table {
    enum Parting {
        case sign(Character)
        /// Runs of blanks and tabs; at both ends of a line they part nothing.
        case blanks
    }

    let score: Int
    let isGood: Bool
    /// Nearly all lines but remarks have as many cells.
    let isEven: Bool
    private(set) var layout: [FileSketch.Line] = []
    private(set) var columns: [FileSketch.Column] = []

    /// Characters that remarks begin with.
    private static let remarks = ["#", "//", "%", "*"]

    /// - Parameter word: the delimiter as the rule has to write it; nil: it need not.
    init(_ lines: [String], _ parting: Parting, word: String?) {
        let rows = lines.map { Self.cells($0, parting) }
        var counts: [Int: Int] = [:]
        for row in rows where row.count > 1 { counts[row.count, default: 0] += 1 }
        let full = lines.count { !$0.allSatisfy(\.isWhitespace) }
        guard let (width, count) = counts.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }) else {
            score = 0
            isGood = false
            isEven = false
            return
        }
        score = count * min(width, 20)
        isGood = count * 5 >= full * 2
        let data = zip(lines, rows).filter { line, row in
            !line.allSatisfy(\.isWhitespace) && !Self.remarks.contains { line.hasPrefix($0) }
        }
        isEven = data.count > 1 && data.count { $0.1.count == width } * 10 >= data.count * 9
        if let word { layout.append(.key("delimiter: \(word)")) }

        let marks = Self.remarks.filter { mark in lines.contains { $0.hasPrefix(mark) } }
        let comment = marks.first { mark in
            zip(lines, rows).allSatisfy { !$0.0.hasPrefix(mark) || $0.1.count != width || mark == "#" }
        }
        if let comment { layout.append(.key("comment: \(yaml(comment))")) }
        func isRow(_ index: Int) -> Bool {
            rows[index].count == width && comment.map { !lines[index].hasPrefix($0) } ?? true
        }
        guard let first = rows.indices.first(where: isRow) else { return }
        var header = first
        var names = rows[first]
        let looksLikeData = names.contains { ValueLook.isNumber($0) || ValueLook.date($0) != nil }
        if looksLikeData {
            // A header without the closing delimiter that the rows have.
            if first > 0, rows[first - 1].count == width - 1,
                !rows[first - 1].contains(where: { ValueLook.isNumber($0) })
            {
                header = first - 1
                names = rows[header]
                layout.append(.key("ragged: blank_tail", remark: "rows end in one delimiter more than the header"))
            } else {
                header = -1
                names = (1...width).map { "C\($0)" }
                let list = names.joined(separator: ", ")
                layout.append(.key("header: none"))
                layout.append(.key("columns: [\(list)]", remark: "the file names no columns: give them names"))
            }
        }
        let before = lines[..<max(header, 0)].count { line in
            comment.map { !line.hasPrefix($0) } ?? true
                && !(line.isEmpty && !lines[..<max(header, 0)].contains { !$0.isEmpty })
        }
        if header > 0, before > 0 {
            layout.append(.key("skip_lines: \(header)", remark: "what stands before the header"))
        }
        if header < 0, first > 0, lines[..<first].contains(where: { !$0.isEmpty }) {
            layout.append(.key("skip_lines: \(first)", remark: "what stands before the first row"))
        }
        layout += Self.leftovers(lines, rows, after: max(header, first - 1), width, comment)
        columns = names.indices.filter { !names[$0].allSatisfy(\.isWhitespace) }.map { index in
            FileSketch.Column(
                name: names[index].trimmed,
                values: rows.indices.dropFirst(header + 1).filter(isRow).prefix(FileSketch.rowsMax).map {
                    rows[$0][index]
                })
        }
    }

    /// Lines behind the header that have another number of cells.
    private static func leftovers(
        _ lines: [String], _ rows: [[String]], after header: Int, _ width: Int, _ comment: String?
    ) -> [FileSketch.Line] {
        var patterns: [String] = []
        for index in rows.indices where index > header && rows[index].count != width {
            let line = lines[index]
            if line.allSatisfy(\.isWhitespace) || comment.map(line.hasPrefix) ?? false { continue }
            let word = rows[index].first?.prefix { !$0.isNumber && $0 != ":" } ?? ""
            let pattern = (word.isEmpty ? line.prefix(10) : word) + "*"
            if !patterns.contains(String(pattern)) { patterns.append(String(pattern)) }
        }
        guard !patterns.isEmpty else { return [] }
        let key = "drop: [\(patterns.prefix(8).map(yaml).joined(separator: ", "))]"
        return [
            .question("Some lines have another number of cells than the header. Are these no rows?", choices: [key])
        ]
    }

    /// A line's cells; quotes are taken off.
    private static func cells(_ line: String, _ parting: Parting) -> [String] {
        let delimiter: Character
        switch parting {
        case .sign(let sign): delimiter = sign
        case .blanks:
            // One tab for each run of them outside quotes, and none at the ends.
            return cells(joined(line), .sign("\t"))
        }
        var cells: [String] = []
        var cell = ""
        var isQuoted = false
        var endedQuote = false
        for character in line {
            defer { endedQuote = character == "\"" && !isQuoted }
            if character == "\"" {
                // Two of them are one of the value's own.
                if !isQuoted, endedQuote { cell.append(character) }
                isQuoted.toggle()
            } else if character == delimiter, !isQuoted {
                cells.append(cell)
                cell = ""
            } else {
                cell.append(character)
            }
        }
        return cells + [cell]
    }
}

extension Table {
    /// The line with a tab in place of each run of blanks outside quotes, and without those at its ends.
    private static func joined(_ line: String) -> String {
        var text = ""
        var isQuoted = false
        var isBehindBlank = false
        for character in line {
            if !isQuoted, character == " " || character == "\t" {
                isBehindBlank = !text.isEmpty
                continue
            }
            if isBehindBlank { text.append("\t") }
            isBehindBlank = false
            if character == "\"" { isQuoted.toggle() }
            text.append(character)
        }
        return text
    }
}

/// Lines whose columns stand at fixed places.
private struct FixedSketch {
    let sketch: FileSketch

    init?(_ lines: [String]) {
        let full = lines.filter { $0.count > 5 }
        guard full.count >= 3 else { return nil }
        let width = full.map(\.count).max() ?? 0
        guard width <= 2000 else { return nil }
        var filled = Array(repeating: 0, count: width)
        for line in full { for (at, character) in line.enumerated() where character != " " { filled[at] += 1 } }
        // A place where nearly every line is blank parts two columns.
        let most = full.count / 50
        var places: [ClosedRange<Int>] = []
        var start: Int?
        for at in 0...width {
            if at < width, filled[at] > most {
                start = start ?? at
            } else if let begin = start {
                places.append(begin + 1...at)
                start = nil
            }
        }
        guard places.count > 1 else { return nil }
        let names = places.indices.map { "C\($0 + 1)" }
        let list = zip(names, places).map { "\($0): \($1.lowerBound)-\($1.upperBound)" }.joined(separator: ", ")
        let columns = zip(names, places).map { name, place in
            FileSketch.Column(
                name: name,
                values: full.prefix(FileSketch.rowsMax).map { line in
                    let cell = line.dropFirst(place.lowerBound - 1).prefix(place.count)
                    return String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
                })
        }
        sketch = FileSketch(
            layout: [
                .key("format: fixed"),
                .key(
                    "columns: {\(list)}",
                    remark: "the places of the columns as the first lines show them: give them names"),
                .question(
                    "Are the borders right, and which lines are no rows?",
                    choices: ["skip_lines: 1", "drop: [\"TOTAL*\"]"]),
            ], columns: columns)
    }
}

/// A file whose lines say by their first cell what they are: `H` a header of the whole, `D` a row, `T` its end.
struct RecordKind {
    /// That of the rows.
    let word: String

    init?(_ table: LineTable, first: Int) {
        let cells = table.records[first].cells
        let below = table.rows(from: first).dropFirst()
        guard below.count > 1, let own = cells.first, let word = below.first?.first, own != word,
            [own, word].allSatisfy({ Self.isKind($0) }), cells.contains(where: HeaderLook.isFigure),
            Self.isShort(own) == Self.isShort(word),
            below.dropLast().allSatisfy({ $0.first == word })
        else { return nil }
        self.word = word
    }

    private static func isShort(_ cell: String) -> Bool { cell.count <= 2 }

    private static func isKind(_ cell: String) -> Bool {
        isShort(cell) && !cell.isEmpty && cell.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
            && !HeaderLook.isLikelyName(cell) && !ValueLook.isNumber(cell)
            || ["HDR", "DTL", "TRL", "HEADER", "DETAIL", "DATA", "TRAILER", "REC"].contains(cell)
    }

    var question: FileSketch.Line {
        .question(
            "Are only the lines that begin with \(word) rows?", choices: ["where: [{column: C1, is: [\(yaml(word))]}]"])
    }
}

/// Lines below the header that hold words where those below hold numbers or dates: units, and other names.
struct LinesOfWords {
    let begin: Int
    /// The first record behind them.
    let end: Int
    /// The first cell of one that may be the header.
    var firstCell: String?

    private static let most = 12

    init?(_ table: LineTable, from begin: Int) {
        let places = table.records.indices.dropFirst(begin).filter(table.isRow)
        let rows = places.map { table.records[$0].cells }
        let lower = rows.suffix(max(1, rows.count / 3)).prefix(500)
        guard rows.count > 1, !lower.isEmpty else { return nil }
        func column(_ index: Int, _ isOf: (String) -> Bool) -> Bool {
            let values = lower.map { $0[index].trimmed }.filter { !$0.isEmpty && !nullWords.contains($0) }
            return !values.isEmpty && values.allSatisfy(isOf)
        }
        let columns = 0..<table.width
        let dates = columns.filter { column($0) { ValueLook.date($0) != nil } }
        let numbers = columns.filter { column($0, HeaderLook.isFigure) }
        let instruments = columns.filter { column($0) { ValueLook.isRIC($0) || ValueLook.isISIN($0) } }
        guard !numbers.isEmpty else { return nil }
        func isOfWords(_ row: [String]) -> Bool {
            if instruments.contains(where: { ValueLook.isRIC(row[$0].trimmed) || ValueLook.isISIN(row[$0].trimmed) }) {
                return false
            }
            func isWord(_ cell: String) -> Bool {
                !cell.isEmpty && !nullWords.contains(cell) && !HeaderLook.isFigure(cell)
            }
            let cells = numbers.filter { !dates.contains($0) }.map { row[$0].trimmed }
            if let date = dates.first, !row[date].trimmed.isEmpty { return isWord(row[date].trimmed) }
            return cells.contains(where: isWord) && !cells.contains(where: HeaderLook.isFigure)
        }
        let count = rows.prefix { isOfWords($0) }.count
        guard (1...Self.most).contains(count), count < rows.count else { return nil }
        self.begin = begin
        end = places[count]
        let last = rows[count - 1].map(\.trimmed)
        firstCell = !last.contains("") && Set(last).count == last.count ? last.first : nil
    }
}

/// Lines that are no rows, or may be none.
struct LeftLines {
    private(set) var lines: [FileSketch.Line] = []

    init(_ table: LineTable, from begin: Int, words: LinesOfWords? = nil) {
        var rulers: [String] = []
        var patterns: [String] = []
        var wide: [Int] = []
        let start = words?.begin ?? begin
        for index in table.records.indices.dropFirst(start) {
            let record = table.records[index]
            let isWord = words.map { index < $0.end && table.isRow(index) } ?? false
            if record.isBlank || table.isRemark(index) || !isWord && table.isRow(index) { continue }
            if record.isRuler {
                rulers.append(PatternText.ruler(record.text))
            } else if record.cells.count > table.width {
                wide.append(record.line + 1)
            } else {
                patterns.append(Self.pattern(record, table))
            }
        }
        rulers = UniqueNames.distinct(rulers)
        // A pattern that fits a row would take it away.
        let rows = table.records.indices.dropFirst(begin).filter(table.isRow).map { table.records[$0].text }
        let safe = UniqueNames.distinct(patterns).prefix(8).filter { pattern in
            let pattern = TextPattern(pattern)
            return !rows.contains(where: pattern.matches)
        }
        let drop = rulers + safe
        let key = "drop: [\(drop.map(yaml).joined(separator: ", "))]"
        if let words {
            lines.append(question(words, table, drop.isEmpty ? [] : [key]))
        } else if !patterns.isEmpty {
            lines.append(
                .question(
                    "Some lines have another number of cells than the header. Are these no rows?",
                    choices: safe.isEmpty ? [] : [key]))
        } else if !rulers.isEmpty {
            lines.append(.key(key, remark: "lines that are drawn"))
        }
        if let first = wide.first {
            let more = wide.count == 1 ? "" : ", and \(wide.count - 1) of those below it,"
            lines.append(
                .question(
                    "Why has line \(first)\(more) more cells than the header? As it stands such a row is rejected: perhaps a value there holds the delimiter, and has no quotes."
                ))
        }
    }

    private func question(_ words: LinesOfWords, _ table: LineTable, _ drop: [String]) -> FileSketch.Line {
        let (first, last) = (table.records[words.begin].line + 1, table.records[words.end].line)
        let which = first == last ? "Line \(first) holds" : "Lines \(first) to \(last) hold"
        guard let cell = words.firstCell else {
            return .question("\(which) words where those below hold numbers. Is this no row?", choices: drop)
        }
        return .question(
            "\(which) words where those below hold numbers. Are these no rows, or is the last of them the header?",
            choices: drop + ["header: {first_cell: \(yaml(cell))}"])
    }

    /// What fits the line, and others of its kind.
    private static func pattern(_ record: LineRecord, _ table: LineTable) -> String {
        let text = String(record.text.prefix { !$0.isNewline })
        let (cell, delimiter) = table.parting.firstCell(text)
        let word = record.cells.count == 1 ? record.cells[0] : cell
        let head = word.prefix { !$0.isNumber && $0 != ":" && !$0.isNewline }
        if head.count == word.count, !delimiter.isEmpty {
            return PatternText.literal(word + delimiter) + "*"
        }
        return PatternText.literal(head.isEmpty ? text.prefix(10) : head) + "*"
    }
}

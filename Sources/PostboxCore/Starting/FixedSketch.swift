/// Lines whose columns stand at fixed places.
struct FixedSketch {
    private(set) var sketch: FileSketch
    /// The header names each of the columns.
    private(set) var namesAll = false
    let width: Int

    private static let places = "the places of the columns as the first lines show them"

    init?(_ lines: [String]) {
        let full = lines.indices.filter { lines[$0].count > 5 }
        guard full.count >= 3 else { return nil }
        guard full.allSatisfy({ lines[$0].count <= 2000 }) else { return nil }
        let rulers = full.filter { Self.isRuler(lines[$0]) }
        let header = Self.header(lines, full.filter { !rulers.contains($0) })
        let below = full.filter { index in !rulers.contains(index) && header.map { index > $0 } ?? true }
        // What has no number below a header is likely to be no row.
        let rows = header == nil ? below : below.filter { Self.hasFigure(lines[$0]) }
        let others = below.filter { !rows.contains($0) }.map { index in
            PatternText.literal(lines[index].prefix { !$0.isNumber }.prefix(30)) + "*"
        }
        guard !rows.isEmpty else { return nil }
        // What is drawn below the header shows each column whole.
        let drawn = rulers.first.flatMap { ruler in
            header.map { $0 < ruler } ?? false ? Self.words(lines[ruler]) : nil
        }
        var places = drawn ?? []
        if places.count < 2 { places = Self.places(rows.map { lines[$0] }) }
        guard places.count > 1 else { return nil }
        var names = places.indices.map { "C\($0 + 1)" }
        if let header, let named = Self.names(Array(lines[header]), &places) {
            for (index, name) in named.enumerated() {
                if let name { names[index] = name }
            }
            namesAll = named.allSatisfy { $0 != nil }
        }
        names = UniqueNames(names).names
        width = places.count
        sketch = FileSketch(
            layout: Self.layout(lines, names, places, header, rulers, others, namesAll),
            columns: zip(names, places).map { name, place in
                FileSketch.Column(
                    name: name,
                    values: rows.prefix(FileSketch.rowsMax).map { index in
                        String(lines[index].dropFirst(place.lowerBound - 1).prefix(place.count)).trimmed
                    })
            })
        sketch.namesAreMade = !namesAll
    }

    private static func layout(
        _ lines: [String], _ names: [String], _ places: [ClosedRange<Int>], _ header: Int?, _ rulers: [Int],
        _ others: [String], _ namesAll: Bool
    ) -> [FileSketch.Line] {
        let list = zip(names, places).map { "\(yaml($0)): \($1.lowerBound)-\($1.upperBound)" }
            .joined(separator: ", ")
        var layout: [FileSketch.Line] = [
            .key("format: fixed"),
            .key("columns: {\(list)}", remark: Self.places + (namesAll ? "" : ": give them names")),
        ]
        if let header {
            layout.append(PatternText.key(header: lines[header]))
        }
        let drawn = rulers.isEmpty ? [] : UniqueNames.distinct(rulers.map { PatternText.ruler(lines[$0]) })
        if !drawn.isEmpty { layout.append(.key("drop: [\(drawn.map(yaml).joined(separator: ", "))]")) }
        let others = others.isEmpty ? ["TOTAL*"] : Array(UniqueNames.distinct(others).prefix(8))
        let dropped = "drop: [\((drawn + others).map(yaml).joined(separator: ", "))]"
        layout.append(
            .question(
                "Are the borders right, and which lines are no rows?",
                choices: (header == nil ? ["skip_lines: 1"] : []) + [dropped]))
        return layout
    }

    private static func isRuler(_ line: String) -> Bool {
        LineRecord(text: line, cells: [], line: 0).isRuler
    }

    private static func hasFigure(_ line: String) -> Bool { figures(line) > 0 }

    private static func figures(_ line: String) -> Int {
        line.split(separator: " ").count { HeaderLook.isFigure(String($0)) }
    }

    /// The last line of words before the first with numbers.
    private static func header(_ lines: [String], _ full: [Int]) -> Int? {
        guard !full.isEmpty else { return nil }
        let figures = full.map { Self.figures(lines[$0]) }
        // A title has a date, and fewer numbers than a row.
        let usual = figures.sorted()[figures.count / 2]
        guard let first = figures.firstIndex(where: { $0 * 2 > usual }), first > 0, figures[first - 1] == 0
        else { return nil }
        let header = full[first - 1]
        return words(lines[header]).count > 1 ? header : nil
    }

    /// A place where nearly every line is blank parts two columns.
    private static func places(_ rows: [String]) -> [ClosedRange<Int>] {
        let width = rows.map(\.count).max() ?? 0
        var filled = Array(repeating: 0, count: width)
        for line in rows { for (at, character) in line.enumerated() where character != " " { filled[at] += 1 } }
        let most = rows.count / 50
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
        return places
    }

    /// The places of a line's words, from 1.
    private static func words(_ line: String) -> [ClosedRange<Int>] {
        var words: [ClosedRange<Int>] = []
        var start: Int?
        for (at, character) in (line + " ").enumerated() {
            if character != " " {
                start = start ?? at
            } else if let begin = start {
                words.append(begin + 1...at)
                start = nil
            }
        }
        return words
    }

    /// The header's words above each column, or above the blanks beside it; the columns grow as wide as their names. Nil: for some word
    /// nothing tells whose it is.
    private static func names(_ header: [Character], _ places: inout [ClosedRange<Int>]) -> [String?]? {
        let words = words(String(header))
        var wordsOf: [[ClosedRange<Int>]] = places.map { _ in [] }
        var loose: [ClosedRange<Int>] = []
        for word in words {
            let over = places.indices.filter { places[$0].overlaps(word) }
            guard over.count < 2 else { return nil }
            if let one = over.first { wordsOf[one].append(word) } else { loose.append(word) }
        }
        for word in loose {
            let next = places.firstIndex { $0.lowerBound > word.upperBound }
            let before = places.lastIndex { $0.upperBound < word.lowerBound }
            // Of the two columns beside it the one that has no name yet, or that whose name it goes on.
            let open = [before, next].compactMap { $0 }.filter { index in
                wordsOf[index].isEmpty
                    || wordsOf[index].contains {
                        abs($0.lowerBound - word.upperBound) == 2 || abs(word.lowerBound - $0.upperBound) == 2
                    }
            }
            guard open.count == 1 else { return nil }
            wordsOf[open[0]].append(word)
        }
        var wide = places
        for (index, found) in wordsOf.enumerated() {
            guard let low = found.map(\.lowerBound).min(), let high = found.map(\.upperBound).max() else { continue }
            wide[index] = min(low, places[index].lowerBound)...max(high, places[index].upperBound)
        }
        guard zip(wide, wide.dropFirst()).allSatisfy({ $0.upperBound < $1.lowerBound }) else { return nil }
        places = wide
        return wordsOf.map { found in
            guard let low = found.map(\.lowerBound).min(), let high = found.map(\.upperBound).max() else { return nil }
            return String(header[(low - 1)..<high])
        }
    }
}

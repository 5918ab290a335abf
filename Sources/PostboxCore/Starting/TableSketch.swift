/// What the rule says of a table of lines: where its header is, what its columns are called, which lines are no rows.
struct TableSketch {
    private(set) var layout: [FileSketch.Line] = []
    private(set) var columns: [FileSketch.Column] = []
    /// The names of the columns are none of the file's.
    private(set) var namesAreMade = false

    private let table: LineTable
    private var records: [LineRecord] { table.records }
    var hasSemicolons: Bool { table.parting.delimiter == .sign(";") }

    /// Where the names of the columns stand.
    private enum Header {
        /// In a line that the reader takes for the header.
        case line(Int, cells: [String])
        /// In a line that the rule tells again, since some column has no name there, or two have one.
        case told(Int, names: [String], why: String)
        case none
    }

    /// - Parameter word: the delimiter as the rule has to write it; nil: it need not.
    init(_ table: LineTable, word: String?) {
        self.table = table
        if let word { layout.append(.key("delimiter: \(word)")) }
        if let quote = table.parting.quoteKey { layout.append(quote) }
        guard let first = Self.firstRow(table) else { return }
        if let kind = RecordKind(table, first: first) {
            write(.none, first: first)
            layout.append(kind.question)
            layout += LeftLines(table, from: first).lines
            take(rows: table.rows(from: first).filter { $0[0] == kind.word }, header: .none)
            return
        }
        let (header, isOpen) = Self.header(table, first: first)
        write(header, first: first)
        if isOpen {
            let list = (1...table.width).map { "C\($0)" }.joined(separator: ", ")
            layout.append(
                .question(
                    "Is line \(records[first].line + 1) the header, or the first row? It is read as the header until this is said:",
                    choices: ["header: none", "columns: [\(list)]"]))
        }
        var begin = first
        if case .line(let index, _) = header { begin = max(begin, index + 1) }
        if case .told(let index, _, _) = header { begin = max(begin, index + 1) }
        var words: LinesOfWords?
        if case .none = header {} else { words = LinesOfWords(table, from: begin) }
        // Where the rule tells the names, none of these lines is the header.
        if case .told = header { words?.firstCell = nil }
        if let words { begin = words.end }
        layout += LeftLines(table, from: begin, words: words).lines
        take(rows: table.rows(from: begin), header: header)
    }

    private mutating func take(rows: [[String]], header: Header) {
        let names: [String]
        var twice: Set<Int> = []
        switch header {
        case .line(_, let cells): names = cells.map(\.trimmed)
        case .told(let index, let given, _):
            names = given
            let cells = records[index].cells.map(\.trimmed)
            if cells.count == given.count {
                twice = Set(cells.indices.filter { place in cells.count { $0 == cells[place] } > 1 })
            }
        case .none:
            names = (1...table.width).map { "C\($0)" }
            namesAreMade = true
        }
        columns = names.indices.filter { !names[$0].isEmpty }.map { index in
            var column = FileSketch.Column(name: names[index], values: rows.map { $0[index] })
            column.isOneOfMany = twice.contains(index)
            return column
        }
    }

    // MARK: - Where the header is

    /// The first line of the table that has the prices: behind others that have none, and a line of its own name.
    private static func firstRow(_ table: LineTable) -> Int? {
        guard let first = table.records.indices.first(where: table.isRow) else { return nil }
        var begin = first
        while begin < table.records.count {
            let end =
                table.records.indices.dropFirst(begin).first { !table.isRow($0) && !table.isRemark($0) }
                ?? table.records.count
            let rows = (begin..<end).filter(table.isRow).map { table.records[$0].cells }
            if rows.contains(where: { $0.contains(where: HeaderLook.isFigure) }) {
                // A heading between a header and its rows begins no other table.
                return begin == first
                    || HeaderLook.verdict(of: rows[0], over: Array(rows.dropFirst())) == .header
                        && !rows[0].contains(where: HeaderLook.isFigure)
                    ? begin : first
            }
            guard let next = table.records.indices.dropFirst(end).first(where: table.isRow) else { break }
            begin = next
        }
        return first
    }

    private static func header(_ table: LineTable, first: Int) -> (Header, isOpen: Bool) {
        let cells = table.records[first].cells
        let below = Array(table.rows(from: first).dropFirst())
        let verdict = HeaderLook.verdict(of: cells, over: below)
        guard verdict == .row else { return (told(table, first, cells, below), verdict == .open) }
        let rows = [cells] + below
        if let remark = remark(table, before: first, rows) { return (remark, false) }
        // A header without the closing delimiter that the rows have.
        if first > 0, table.records[first - 1].cells.count == table.width - 1,
            rows.allSatisfy({ $0.last?.trimmed.isEmpty ?? false }),
            !table.records[first - 1].cells.contains(where: HeaderLook.isFigure)
        {
            return (told(table, first - 1, table.records[first - 1].cells, rows), false)
        }
        return (.none, false)
    }

    /// A remark right before the rows that names their columns: `#RIC;BID;ASK`.
    private static func remark(_ table: LineTable, before first: Int, _ rows: [[String]]) -> Header? {
        guard let mark = table.comment,
            let index = table.records.indices.prefix(first).last(where: { !table.records[$0].isBlank }),
            table.isRemark(index)
        else { return nil }
        let text = table.records[index].text
        let bare = table.parting.cells(String(text.dropFirst(mark.count))).cells
        let names =
            bare.first?.trimmed.isEmpty == true && bare.count == table.width + 1 ? Array(bare.dropFirst()) : bare
        guard names.count == table.width,
            names.contains(where: { HeaderLook.isLikelyName($0.trimmed) }),
            HeaderLook.verdict(of: names, over: rows) == .header
        else { return nil }
        let own = table.records[index].cells
        if own.count == table.width { return told(table, index, own, rows) }
        return .told(
            index, names: UniqueNames(names.map(\.trimmed)).names, why: "the header's names, without its \(mark)")
    }

    /// The header in that line; where the reader would refuse a column of it, the rule tells all names.
    private static func told(_ table: LineTable, _ index: Int, _ cells: [String], _ rows: [[String]]) -> Header {
        let names = cells.map(\.trimmed)
        let nameless = names.indices.filter { column in
            names[column].isEmpty && rows.contains { !$0[column].trimmed.isEmpty }
        }
        let isTwice = Set(names.filter { !$0.isEmpty }).count < names.count { !$0.isEmpty }
        guard !nameless.isEmpty || isTwice else { return .line(index, cells: cells) }
        let own = UniqueNames(names).names
        let places = nameless.map { own[$0] }.joined(separator: ", ")
        return .told(
            index, names: own,
            why: nameless.isEmpty
                ? "the header's names, of which some came twice" : "the header's names; it has none for \(places)")
    }

    // MARK: - What the rule says of it

    private mutating func write(_ header: Header, first: Int) {
        let named: Int? =
            switch header {
            case .line(let index, _), .told(let index, _, _): index
            case .none: nil
            }
        let hasRemarks = records.indices.contains { $0 != named && table.isRemark($0) }
        if hasRemarks, let comment = table.comment { layout.append(.key("comment: \(yaml(comment))")) }
        switch header {
        case .line(let index, let cells): writeLine(index, cells)
        case .told(let index, let names, let why):
            layout.append(.key("header: none"))
            layout.append(.key("columns: [\(names.map(yaml).joined(separator: ", "))]", remark: why))
            if names.count < table.width { layout.append(Self.closed) }
            let next = index + 1 < records.count ? records[index + 1].line : records[index].line + 1
            if next - records[index].line == 1 {
                layout.append(PatternText.key(header: records[index].text))
            } else {
                layout.append(.key("skip_lines: \(next)", remark: "the header, and what stands before it"))
            }
        case .none:
            let list = (1...table.width).map { "C\($0)" }.joined(separator: ", ")
            layout.append(.key("header: none"))
            layout.append(.key("columns: [\(list)]", remark: "the file names no columns: give them names"))
            if first > 0, records[..<first].contains(where: { !$0.text.isEmpty }) {
                layout.append(.key("skip_lines: \(records[first].line)", remark: "what stands before the first row"))
            }
        }
    }

    private static let closed = FileSketch.Line.key(
        "ragged: blank_tail", remark: "rows end in one delimiter more than the header")

    private mutating func writeLine(_ index: Int, _ cells: [String]) {
        if cells.count < table.width {
            layout.append(Self.closed)
        }
        if table.isRemark(index) {
            layout.append(.key("header: {first_cell: \(yaml(cells[0].trimmed))}", remark: "no remark, but the header"))
            return
        }
        // A line of one word above it, behind another table.
        let above = records.indices.prefix(index).last { !records[$0].isBlank }
        if let above, records[..<above].contains(where: { $0.cells.count > 1 }), records[above].cells.count == 1,
            records.count(where: { $0.cells == records[above].cells }) == 1, above == index - 1
        {
            let marker = PatternText.line(records[above].cells[0])
            layout.append(.key("header: {after: \(yaml(marker))}", remark: "the line above the header"))
            return
        }
        let before = records[..<index].contains { record in
            !(table.comment.map(record.text.hasPrefix) ?? false) && !record.text.isEmpty
        }
        if before { layout.append(.key("skip_lines: \(records[index].line)", remark: "what stands before the header")) }
    }
}

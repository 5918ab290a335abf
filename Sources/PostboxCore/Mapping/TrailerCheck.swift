/// Takes the trailer out of a price file's rows, and holds them against what it says.
///
/// Data rows keep numbers from 1 without a gap, so that the same rows come out however they fell into batches.
package struct TrailerCheck: Sendable {
    private let rule: TrailerRule
    private let form: FormatTraits.Trailer
    private let hasHeader: Bool
    private let match: [UInt8]
    /// How the numbers of the sum's column are written; nil: with a decimal point.
    private let numbers: NumberReader?
    /// Values of the column that mean empty.
    private let nulls: NullTexts?

    /// Trailers seen so far; more than one is one too many.
    package private(set) var trailers = 0
    /// The columns that they have.
    package private(set) var columns: Set<Int> = []
    private var dataRows = 0
    /// By column: whether only a trailer has it, where a member tells it.
    private var isTrailers: [Bool] = []
    private var sumColumn: UInt32?
    private var sum = ExactSum()
    /// Values that could not be added, and the line of the first.
    private var unadded = 0
    private var unaddedLine = 0

    private var line = 0
    private var countText: String?
    private var sumText: String?
    private var sumKind = RowBatch.Kind.plain
    /// The line of a trailer that something followed; 0: none.
    private var misplacedLine = 0

    /// nil: the rule has no trailer.
    package init?(_ rule: MappingRule, format: PriceFileFormat) {
        guard let trailer = rule.trailer else { return nil }
        self.rule = trailer
        // The settings refuse a trailer where the format has none: a rule that has one all the same finds none in the file.
        form = format.traits.trailer ?? .member
        hasHeader = format.traits.hasHeader
        match = Array(trailer.match.utf8)
        numbers = trailer.sum.flatMap { rule.numberForm(ofColumn: $0.column) }.map { NumberReader($0, isTyped: true) }
        nulls = rule.layout?.blanks?.nulls.map { NullTexts($0) }
    }

    /// Takes trailers out of a batch that a reader has filled, in the order of the file.
    package mutating func take(_ batch: inout RowBatch, columns: [Column]) {
        learn(columns)
        var kept = 0
        for index in batch.rows.indices {
            var row = batch.rows[index]
            if trailers > 0, misplacedLine == 0 { misplacedLine = line }
            if isTrailer(row, batch) {
                trailers += 1
                read(row, batch, columns)
                continue
            }
            dataRows += 1
            addUp(row, batch)
            row.number -= trailers
            batch.rows[kept] = row
            kept += 1
        }
        batch.rows.removeLast(batch.rows.count - kept)
    }

    /// What the trailer says against the file, once all of it was taken; nil: they agree.
    package var problem: FileProblem? {
        let name =
            switch form {
            case .firstCell: "begins with \(rule.match)"
            case .member: "has the member \(rule.match)"
            }
        if trailers == 0 {
            return FileProblem(
                reason: "trailer_missing", what: "the file has no trailer: its last row is none that \(name)",
                hint: "the file may have been cut off")
        }
        if misplacedLine > 0 {
            return FileProblem(
                reason: "trailer_misplaced", line: misplacedLine,
                what: "a row follows the trailer, which must be the file's last row and its only one that \(name)",
                hint: "two files may have been put together")
        }
        return countProblem ?? sumProblem
    }

    private var countProblem: FileProblem? {
        guard let place = rule.count else { return nil }
        func problem(_ what: String) -> FileProblem {
            FileProblem(reason: "trailer_count", line: line, what: what, hint: "the file may have been cut off")
        }
        guard let text = countText else { return problem("the trailer has no row count: no \(words(place))") }
        guard let count = SettingsText.wholeNumber(text, in: 0...Int.max) else {
            return problem("the trailer's row count is \(shown(Array(text.utf8).span)), which is no whole number")
        }
        guard count == dataRows else {
            return problem("the trailer counts \(Plural.text(count, "row")), the file has \(dataRows)")
        }
        return nil
    }

    private var sumProblem: FileProblem? {
        guard let wanted = rule.sum else { return nil }
        func problem(_ what: String, at line: Int? = nil) -> FileProblem {
            FileProblem(
                reason: "trailer_sum", line: line ?? self.line, what: what,
                hint: "a value may have been changed, or a row lost, on the way: ask for the file again")
        }
        guard let text = sumText else { return problem("the trailer has no sum: no \(words(wanted.field))") }
        var said = ExactSum()
        guard let decimal = decimal(Array(text.utf8).span, sumKind), said.add(decimal) else {
            return problem("the trailer's sum is \(shown(Array(text.utf8).span)), which is no decimal")
        }
        // Without a header a column is known from the first row that has it: without one the sum is zero.
        if hasHeader, sumColumn == nil { return problem("the file has no column \(wanted.column) to add up") }
        if unadded > 0 {
            return problem(
                "\(unadded) of the values of \(wanted.column) \(Plural.word(unadded, "is no decimal: it stands here", "are no decimals, the first of them here"))",
                at: unaddedLine)
        }
        guard said.equals(sum) else {
            return problem("the trailer's sum of \(wanted.column) is \(said.text), the rows add up to \(sum.text)")
        }
        return nil
    }

    private func words(_ place: TrailerRule.Place) -> String {
        switch place {
        case .cell(let number): "cell \(number)"
        case .member(let name): "member \(name)"
        }
    }

    private mutating func learn(_ columns: [Column]) {
        guard columns.count > isTrailers.count else { return }
        for (index, column) in columns.enumerated().dropFirst(isTrailers.count) {
            isTrailers.append(column.name == rule.match || column.name.hasPrefix(rule.match + "."))
            if sumColumn == nil, column.name == rule.sum?.column { sumColumn = UInt32(index) }
        }
    }

    private func isTrailer(_ row: RowBatch.Row, _ batch: borrowing RowBatch) -> Bool {
        let cells = row.firstCell..<row.firstCell + row.cellCount
        guard form == .firstCell else { return cells.contains { isTrailers[Int(batch.cells[$0].column)] } }
        guard let first = cells.first else { return false }
        let cell = batch.cells[first]
        guard Int(cell.length) == match.count else { return false }
        for index in match.indices where batch.text[Int(cell.start) + index] != match[index] { return false }
        return true
    }

    private mutating func read(_ row: RowBatch.Row, _ batch: borrowing RowBatch, _ columns: [Column]) {
        line = row.line
        for cell in batch.cells[row.firstCell..<row.firstCell + row.cellCount] { self.columns.insert(Int(cell.column)) }
        countText = rule.count.flatMap { value(at: $0, row, batch, columns)?.text }
        let sum = rule.sum.flatMap { value(at: $0.field, row, batch, columns) }
        sumText = sum?.text
        sumKind = sum?.kind ?? .plain
    }

    private func value(
        at place: TrailerRule.Place, _ row: RowBatch.Row, _ batch: borrowing RowBatch, _ columns: [Column]
    ) -> (text: String, kind: RowBatch.Kind)? {
        for index in row.firstCell..<row.firstCell + row.cellCount {
            let cell = batch.cells[index]
            let isIt =
                switch place {
                case .cell(let number): form == .firstCell && index - row.firstCell == number - 1
                case .member(let name): form == .member && columns[Int(cell.column)].name == name
                }
            guard isIt else { continue }
            let bytes = batch.text[Int(cell.start)..<Int(cell.start) + Int(cell.length)]
            let text = String(decoding: bytes, as: UTF8.self)
            return (String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()), cell.kind)
        }
        return nil
    }

    /// Adds a data row's value, also that of a row which will be rejected: its writer counted it too.
    private mutating func addUp(_ row: RowBatch.Row, _ batch: borrowing RowBatch) {
        guard let sumColumn else { return }
        for index in row.firstCell..<row.firstCell + row.cellCount where batch.cells[index].column == sumColumn {
            let cell = batch.cells[index]
            guard cell.length > 0 else { continue }
            let text = batch.text.span.extracting(Int(cell.start)..<Int(cell.start) + Int(cell.length))
            let isNumber = cell.kind == .plain || cell.kind == .number || cell.kind == .string
            if let nulls, nulls.contains(text) { continue }
            if isNumber, let decimal = decimal(text, cell.kind), sum.add(decimal) { continue }
            unadded += 1
            if unaddedLine == 0 { unaddedLine = row.line }
        }
    }

    private func decimal(_ text: Span<UInt8>, _ kind: RowBatch.Kind) -> DecimalText? {
        // JSON writes its numbers in one way, whatever the rule says of texts.
        guard let numbers, kind != .number else { return DecimalText(text) }
        var scratch: [UInt8] = []
        guard case .number(let decimal) = numbers.operand(text, scratch: &scratch) else { return nil }
        return decimal
    }
}

extension MappingRule {
    /// How the numbers of a column are written by what its field says, or the rule; nil: with a decimal point.
    fileprivate func numberForm(ofColumn name: String) -> NumberForm? {
        for field in fields ?? [] {
            if case .derived(let source, let value) = field.source, source.names.contains(name), let form = value.number
            {
                return form
            }
        }
        return number
    }
}

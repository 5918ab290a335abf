/// Whether a column of numbers is written with two decimal marks, `1,0845` and `24.150`: then nobody knows which values mean
/// what they seem to, and the file may not be sent.
///
/// A mark with three digits behind it may part thousands instead: `1,234` beside `99.5` is only a value that cannot be read,
/// but beside `24.150` it makes that one doubtful, as `1.234.567` does.
package struct DecimalMarks {
    /// Where a value of a kind was seen first; line 0: nowhere.
    private typealias Example = (line: Int, value: String)

    private struct Use {
        var type: Kind?
        /// Values whose comma is a decimal mark, and whose comma may be one.
        var comma: Example = (0, "")
        var commaPerhaps: Example = (0, "")
        /// Values whose point is a decimal mark, and whose point may be one.
        var point: Example = (0, "")
        var pointPerhaps: Example = (0, "")
        /// A value whose points part thousands.
        var pointsPart: Example = (0, "")
    }

    /// What a column's values are.
    private enum Kind {
        /// Numbers where they look like some.
        case look
        case real
        case int
    }

    /// By name; nil: the plain mapping, every column may be a number.
    private let numbers: [String: Kind]?
    /// nil: what a column of the plain mapping holds is told by its look.
    private let dictionary: FieldDictionary?
    /// The column whose numbers `group` makes many columns of: they are written alike.
    private let grouped: String?
    private var uses: [Use] = []
    private var names: [String] = []

    /// - Parameter dictionary: what the servers know of fields; nil: the rule's types and a value's look decide.
    package init(_ rule: MappingRule, dictionary: FieldDictionary? = nil) {
        self.dictionary = dictionary
        grouped = rule.shape?.group?.value
        guard let fields = rule.typed(by: dictionary).fields else {
            // Where the rule says which mark is which, none is doubtful.
            numbers = rule.number?.saysMarks == true ? [:] : nil
            return
        }
        var numbers: [String: Kind] = [:]
        let lets = rule.shape?.lets ?? []
        // Where a value is read as a number before it comes here, the file's own columns say how it was written.
        func note(_ names: [String]) {
            for name in names {
                guard let made = lets.first(where: { $0.name == name }) else {
                    numbers[name] = numbers[name] ?? .real
                    continue
                }
                // No `let` is made of one that comes later.
                if made.value.isReadHere { note(made.source.names.filter { $0 != name }) }
            }
        }
        for field in fields {
            if case .derived(let source, let value) = field.source, field.type?.isNumber ?? true {
                if value.isReadHere { note(source.names) }
                if value.leavesOperandsOpen, let text = value.formula, let formula = try? Formula(parsing: text) {
                    note(formula.columns)
                }
            }
            let name: String
            switch field.source {
            case .column(let column): name = column
            case .derived(_, let value) where value.leavesMarksOpen: name = DerivedColumn.name(ofField: field.name)
            case .derived, .value: continue
            }
            switch field.type {
            case nil: numbers[name] = numbers[name] ?? (field.scale == nil && field.round == nil ? .look : .real)
            case .real: numbers[name] = .real
            case .int, .uint: numbers[name] = .int
            case .text, .ascii, .enum, .date, .time: break
            }
        }
        // Values of lines whose field nobody named are written by the same hand.
        if let shape = rule.shape, let group = shape.group, !numbers.isEmpty {
            for name in shape.names(of: group.value) { numbers[name] = numbers[name] ?? .look }
        }
        self.numbers = numbers
    }

    /// Takes the rows of a batch that was shaped for its marks (`RowShaper.Purpose.marks`), or that a reader has filled.
    package mutating func take(_ batch: borrowing RowBatch, columns: [Column]) {
        for column in columns[uses.count...] {
            names.append(column.name)
            uses.append(Use(type: numbers.map { $0[column.name] } ?? plainKind(column.name)))
        }
        let text = batch.text.span
        for row in batch.rows where row.problem < 0 {
            for index in row.firstCell..<row.firstCell + row.cellCount {
                let cell = batch.cells[index]
                let column = Int(cell.column)
                guard let type = uses[column].type else { continue }
                switch cell.kind {
                // JSON writes its numbers in one way.
                case .bool, .null, .nested, .faulty, .number: continue
                // A text by its look, whatever it looks like.
                case .string: if type == .look { continue }
                case .plain, .padded: break
                }
                take(text.extracting(cell.bytes), line: row.line, of: column)
            }
        }
    }

    /// What a column is that is a field by its name.
    private func plainKind(_ name: String) -> Kind? {
        guard let dictionary else { return .look }
        guard let field = dictionary.field(name), field.type.isNumber else { return nil }
        return field.type.fieldType == .real ? .real : .int
    }

    /// Why the file is refused; nil: no column has both marks.
    package var problem: FileProblem? {
        var all = Array(zip(names, uses))
        if let grouped { all.append((grouped, together)) }
        for (name, use) in all {
            // A point that cannot part thousands leaves no doubt about its value.
            let posted = use.pointPerhaps
            let other = [use.comma, use.pointsPart, use.point.line > 0 ? (0, "") : use.commaPerhaps]
                .first { $0.line > 0 }
            guard posted.line > 0, let other else { continue }
            return FileProblem(
                reason: "mixed_decimal_marks", line: min(posted.line, other.line),
                what: "The \(Self.words(name)) has \(other.value) in line \(other.line) and \(posted.value) in line "
                    + "\(posted.line): nobody can tell which mark is the decimal one.",
                hint:
                    "Say in the rule which mark is which, `decimal: \",\"` with `thousands: \".\"` or `decimal: \".\"`; or write all "
                    + "numbers of the column with a decimal point and without thousands separators.")
        }
        return nil
    }

    /// All columns as one.
    private var together: Use {
        var all = Use()
        for use in uses where use.type != nil {
            for place in [\Use.comma, \.commaPerhaps, \.point, \.pointPerhaps, \.pointsPart] {
                let (known, found) = (all[keyPath: place], use[keyPath: place])
                if found.line > 0, known.line == 0 || found.line < known.line { all[keyPath: place] = found }
            }
        }
        return all
    }

    /// What people call the column.
    private static func words(_ name: String) -> String {
        name.first == "\u{1}" ? "field \(name.dropFirst())" : "column \(name)"
    }

    private mutating func take(_ value: Span<UInt8>, line: Int, of column: Int) {
        var core = withoutSpaces(value)
        if uses[column].type == .real, let last = core.last, value[last] == UInt8(ascii: "%") {
            let before = withoutSpaces(value.extracting(core.lowerBound..<last))
            core = core.lowerBound + before.lowerBound..<core.lowerBound + before.upperBound
        }
        var groups: [Int] = [0]
        var marks: [UInt8] = []
        var firstDigit: UInt8 = 0
        var isWhole = true
        var isPlain = true
        for index in core {
            let byte = value[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if groups == [0] { firstDigit = byte }
                groups[groups.count - 1] += 1
                if !marks.isEmpty, byte != UInt8(ascii: "0") { isWhole = false }
            case UInt8(ascii: ","), UInt8(ascii: "."):
                marks.append(byte)
                groups.append(0)
            case UInt8(ascii: "-"), UInt8(ascii: "+"): if index > core.lowerBound { isPlain = false }
            // `1 234,50`, `EUR 1,0845`: no number for us, and yet a sign of what the column's marks mean.
            default: isPlain = false
            }
        }
        guard isPlain || uses[column].type != .look else { return }
        guard let mark = marks.last, groups.dropFirst().allSatisfy({ $0 > 0 }),
            isPlain || groups[0] > 0 || marks == [UInt8(ascii: ",")]
        else { return }
        let example = (line: line, value: shown(value.extracting(core)))
        func note(_ place: inout Example) { if place.line == 0 { place = example } }
        let isPoint = mark == UInt8(ascii: ".")
        if marks.count == 1 {
            let mayPart = groups[1] == 3 && (1...3).contains(groups[0]) && firstDigit != UInt8(ascii: "0")
            // What is not posted says nothing about the values that are, but for a comma.
            guard isPlain || !isPoint else { return }
            if isPoint, mayPart, !isWhole, uses[column].type == .int { return note(&uses[column].pointsPart) }
            switch (isPoint, mayPart) {
            case (true, true): note(&uses[column].pointPerhaps)
            case (true, false): note(&uses[column].point)
            case (false, true): note(&uses[column].commaPerhaps)
            case (false, false): note(&uses[column].comma)
            }
        } else if Set(marks).count == 1 {
            guard isPlain, groups.dropFirst().allSatisfy({ $0 == 3 }), groups[0] <= 3 else { return }
            if isPoint { note(&uses[column].pointsPart) } else { note(&uses[column].commaPerhaps) }
        } else if marks.dropLast().allSatisfy({ $0 != mark }) {
            // `1.234,50` or `1,234.50`: the last mark is the decimal one, but the value with the point is not posted.
            if !isPoint { note(&uses[column].comma) }
        }
    }
}

extension ValueRule {
    /// It makes a number, and says neither which sign its decimal sign is nor what it is computed from.
    fileprivate var leavesMarksOpen: Bool {
        formula == nil && date == nil && leavesOperandsOpen && number?.fraction == nil
    }

    /// Its column's values are read as they stand, and nothing says which sign their decimal sign is.
    fileprivate var isReadHere: Bool {
        formula == nil && date == nil && leavesOperandsOpen && strip == nil && extract == nil && map == nil
            && lookup == nil && template == nil
    }

    /// It is computed from numbers of which nothing says which sign their decimal sign is.
    fileprivate var leavesOperandsOpen: Bool { number?.saysMarks != true }
}

/// Whether a value has digits, and a comma or more points than one: marks that a number on the wire does not have.
///
/// - Parameter points: so many more are counted.
func holdsOddMarks(_ value: Span<UInt8>, points: Int = 0) -> Bool {
    var (digits, points, commas) = (0, points, 0)
    for index in value.indices {
        if value[index] == UInt8(ascii: ",") { commas += 1 }
        if value[index] == UInt8(ascii: ".") { points += 1 }
        if value[index] &- UInt8(ascii: "0") <= 9 { digits += 1 }
    }
    return digits > 0 && (commas > 0 || points > 1)
}

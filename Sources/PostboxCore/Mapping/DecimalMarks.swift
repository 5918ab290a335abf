/// Whether a column of numbers is written with two decimal marks, `1,0845` and `24.150`: then nobody knows which values mean
/// what they seem to, and the file may not be sent.
///
/// A mark with three digits behind it may part thousands instead: `1,234` beside `99.5` is only a value that cannot be read,
/// but beside `24.150` it makes that one doubtful, as `1.234.567` does.
///
/// What counts is every text of the file that the rule reads as a number, as it stands where it is read: a column's value, what a field
/// or a column of `let` makes of it, the operands of a formula. Rows that are rejected count as all others do. Rows that `where` and
/// `take` skip were written by the same hand and are witnesses against the others, where no value among these has a point that can
/// only be a decimal one; what stands there may be no price, so that only what looks like a number tells.
package struct DecimalMarks: Sendable {
    /// Where a value of a kind was seen first; line 0: nowhere.
    private typealias Example = (line: Int, value: String)

    /// What a value's marks are, as far as it tells.
    enum Mark: Sendable {
        case comma
        /// It may part thousands.
        case commaPerhaps
        case point
        case pointPerhaps
        case pointsPart

        /// A number on the wire does not have it, or it makes one with a point doubtful.
        var isOdd: Bool { self != .point && self != .pointPerhaps }
    }

    private struct Use: Sendable {
        var type: Kind?
        /// Values whose comma is a decimal mark, and whose comma may be one.
        var comma: Example = (0, "")
        var commaPerhaps: Example = (0, "")
        /// Values whose point is a decimal mark, and whose point may be one.
        var point: Example = (0, "")
        var pointPerhaps: Example = (0, "")
        /// A value whose points part thousands.
        var pointsPart: Example = (0, "")
        /// A value of a row that is skipped, which makes those with a point doubtful.
        var skipped: Example = (0, "")
    }

    /// What a column's values are.
    enum Kind: Sendable {
        /// Numbers where they look like some.
        case look
        case real
        case int
    }

    /// By name; nil: the plain mapping, every column may be a number.
    private let numbers: [String: Kind]?
    /// Columns of which a value is made that is a number only then: what stands there has perhaps more than the number in it.
    private let origins: [String: Kind]
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
            origins = [:]
            return
        }
        var numbers: [String: Kind] = [:]
        var origins: [String: Kind] = [:]
        let lets = rule.shape?.lets ?? []
        // Where a value is read as a number before it comes here, the file's own columns say how it was written.
        func note(_ names: [String]) {
            for name in names {
                guard let made = lets.first(where: { $0.name == name }) else {
                    numbers[name] = numbers[name] ?? .real
                    continue
                }
                // No `let` is made of one that comes later.
                if made.value.isReadHere {
                    note(made.source.names.filter { $0 != name })
                } else {
                    numbers[name] = numbers[name] ?? .real
                    noteOrigins(made, .real)
                }
            }
        }
        func noteOrigins(of source: ColumnSource, _ value: ValueRule, _ kind: Kind, besides own: String = "") {
            for name in source.names + value.columnsOfTemplate where name != own {
                if let made = lets.first(where: { $0.name == name }) {
                    noteOrigins(made, kind)
                } else if origins[name] != .int {
                    origins[name] = kind
                }
            }
        }
        func noteOrigins(_ made: DerivedColumn, _ kind: Kind) {
            noteOrigins(of: made.source, made.value, kind, besides: made.name)
        }
        for field in fields {
            guard let kind = Self.kind(of: field) else { continue }
            switch field.source {
            case .column(let name):
                // A column of `let` has its name in each row.
                numbers[name] = kind == .look ? numbers[name] ?? kind : kind
                if let made = lets.first(where: { $0.name == name }) { noteOrigins(made, kind) }
            case .derived(let source, let value) where value.leavesMarksOpen:
                if value.isReadHere { note(source.names) }
                numbers[DerivedColumn.name(ofField: field.name)] = kind
                noteOrigins(of: source, value, kind)
            case .derived(_, let value) where value.leavesOperandsOpen:
                if let text = value.formula, let formula = try? Formula(parsing: text) { note(formula.columns) }
            case .derived, .value: continue
            }
        }
        // Values of lines whose field nobody named are written by the same hand.
        if let shape = rule.shape, let group = shape.group, !numbers.isEmpty {
            for name in shape.names(of: group.value) { numbers[name] = numbers[name] ?? .look }
        }
        self.numbers = numbers
        self.origins = origins
    }

    /// What a field's value is, before a dictionary has its say; nil: no number.
    private static func kind(of field: FieldRule) -> Kind? {
        // What it is computed from is read as numbers, whatever becomes of the result.
        if case .derived(_, let value) = field.source, value.formula != nil { return .real }
        switch field.type {
        case .real: return .real
        case .int, .uint: return .int
        case .text, .ascii, .enum, .date, .time: return nil
        case nil: break
        }
        guard field.scale == nil, field.round == nil else { return .real }
        // A text that is read as a number is one, whatever it is in JSON.
        if case .derived(_, let value) = field.source, value.number != nil { return .real }
        return .look
    }

    /// Whether no column's marks are open.
    var watchesNothing: Bool { numbers?.isEmpty == true }

    /// What a column's values are; nil: none of them is read as a number as it stands.
    func kind(of column: String) -> Kind? { numbers.map { $0[column] } ?? plainKind(column) }

    /// The same of what numbers are made of.
    func kind(ofOrigin column: String) -> Kind? { origins[column] }

    /// Takes the rows of a batch that was shaped for its marks (`RowShaper.Purpose.marks`), or that a reader has filled.
    ///
    /// - Parameter skipped: rows that do not count, which the batch has all the same.
    package mutating func take(_ batch: borrowing RowBatch, columns: [Column], skipped: RowSet? = nil) {
        for column in columns[uses.count...] {
            names.append(column.name)
            uses.append(Use(type: kind(of: column.name)))
        }
        let text = batch.text.span
        for row in batch.rows where row.problem < 0 {
            let byLook = skipped?.contains(row.number) ?? false
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
                take(text.extracting(cell.bytes), line: row.line, of: column, byLook: byLook)
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
            let perhaps = use.point.line > 0 ? [] : [use.commaPerhaps, use.skipped]
            let other = ([use.comma, use.pointsPart] + perhaps).first { $0.line > 0 }
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
            for place in [\Use.comma, \.commaPerhaps, \.point, \.pointPerhaps, \.pointsPart, \.skipped] {
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

    private mutating func take(_ value: Span<UInt8>, line: Int, of column: Int, byLook: Bool) {
        guard let type = uses[column].type, let (mark, core) = Self.mark(of: value, type, byLook: byLook) else {
            return
        }
        guard !byLook || mark.isOdd else { return }
        let place = byLook ? \Use.skipped : Self.place(of: mark)
        if uses[column][keyPath: place].line == 0 {
            uses[column][keyPath: place] = (line: line, value: shown(value.extracting(core)))
        }
    }

    private static func place(of mark: Mark) -> WritableKeyPath<Use, Example> {
        switch mark {
        case .comma: \.comma
        case .commaPerhaps: \.commaPerhaps
        case .point: \.point
        case .pointPerhaps: \.pointPerhaps
        case .pointsPart: \.pointsPart
        }
    }

    /// What a value's marks are; nil: it has none, or says nothing of them.
    ///
    /// - Parameter byLook: it may be something else than a price, and only what looks like a number tells.
    /// - Returns: also where the value stands without what is around it.
    static func mark(of value: Span<UInt8>, _ type: Kind, byLook: Bool) -> (mark: Mark, core: Range<Int>)? {
        var core = withoutSpaces(value)
        if type == .real, let last = core.last, value[last] == UInt8(ascii: "%") {
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
        guard isPlain || type != .look && !byLook else { return nil }
        guard let mark = marks.last, groups.dropFirst().allSatisfy({ $0 > 0 }),
            isPlain || groups[0] > 0 || marks == [UInt8(ascii: ",")]
        else { return nil }
        let isPoint = mark == UInt8(ascii: ".")
        if marks.count == 1 {
            let mayPart = groups[1] == 3 && (1...3).contains(groups[0]) && firstDigit != UInt8(ascii: "0")
            // What is not posted says nothing about the values that are, but for a comma.
            guard isPlain || !isPoint else { return nil }
            if isPoint, mayPart, !isWhole, type == .int { return (.pointsPart, core) }
            switch (isPoint, mayPart) {
            case (true, true): return (.pointPerhaps, core)
            case (true, false): return (.point, core)
            case (false, true): return (.commaPerhaps, core)
            case (false, false): return (.comma, core)
            }
        }
        if Set(marks).count == 1 {
            guard isPlain, groups.dropFirst().allSatisfy({ $0 == 3 }), groups[0] <= 3 else { return nil }
            return (isPoint ? .pointsPart : .commaPerhaps, core)
        }
        // `1.234,50` or `1,234.50`: the last mark is the decimal one, but the value with the point is not posted.
        return marks.dropLast().allSatisfy({ $0 != mark }) && !isPoint ? (.comma, core) : nil
    }
}

extension ValueRule {
    /// It makes a number, and says neither which sign its decimal sign is nor what it is computed from.
    fileprivate var leavesMarksOpen: Bool { formula == nil && date == nil && leavesOperandsOpen }

    /// Its column's values are read as they stand, and nothing says which sign their decimal sign is.
    fileprivate var isReadHere: Bool {
        formula == nil && date == nil && leavesOperandsOpen && strip == nil && extract == nil && map == nil
            && lookup == nil && template == nil
    }

    /// The columns of its template.
    fileprivate var columnsOfTemplate: [String] {
        (template ?? []).compactMap { if case .column(let name, _) = $0 { name } else { nil } }
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

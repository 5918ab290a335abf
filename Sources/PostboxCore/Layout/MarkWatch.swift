/// Looks for decimal marks in rows that no mapper sees, as they are skipped or something was wrong with them before: a file whose columns
/// have two marks is to be found by them, too.
struct MarkWatch: Sendable {
    /// What is looked for in a column.
    private enum Look {
        case nothing
        /// It is read as a number.
        case number(DecimalMarks.Kind)
        /// A number is made of it.
        case origin(DecimalMarks.Kind)
    }

    private let marks: DecimalMarks
    /// By place of a column behind the shaper.
    private var looks: [Look] = []
    /// The rule's own columns, by their slots.
    private let own: [(slot: Int, look: Look)]

    /// nil: the rule says of all its numbers which mark is the decimal one.
    ///
    /// - Parameter own: the rule's own columns and their slots.
    init?(_ rule: MappingRule, _ dictionary: FieldDictionary?, own: [(slot: Int, name: String)]) {
        let marks = DecimalMarks(rule, dictionary: dictionary)
        if marks.watchesNothing { return nil }
        self.marks = marks
        self.own = own.map { ($0.slot, Self.look($0.name, marks)) }
    }

    /// Whether the row has a value with marks that a number on the wire does not have.
    ///
    /// - Parameters:
    ///   - base: the file's cells, those of the columns at these places.
    ///   - work: the cells by slot.
    ///   - isSkipped: it does not count, and what stands there may be no price.
    mutating func isOdd(
        _ base: [RowBatch.Cell], _ work: [RowBatch.Cell], _ columns: [Column], isSkipped: Bool, in text: [UInt8]
    ) -> Bool {
        while looks.count < columns.count { looks.append(Self.look(columns[looks.count].name, marks)) }
        func isOdd(_ cell: RowBatch.Cell, _ look: Look) -> Bool {
            guard Self.isText(cell) else { return false }
            let value = text.span.extracting(cell.bytes)
            return switch look {
            case .nothing: false
            case .number(let kind): Self.isOdd(value, kind, byLook: isSkipped)
            // What the rule would take away from it is still there.
            case .origin(let kind): holdsOddMarks(value, points: kind == .int ? 1 : 0)
            }
        }
        return base.contains { isOdd($0, looks[Int($0.column)]) }
            || own.contains { work[$0.slot].column != .max && isOdd(work[$0.slot], $0.look) }
    }

    private static func look(_ column: String, _ marks: DecimalMarks) -> Look {
        // Both, where one field takes it as it stands and another one makes something of it.
        if let kind = marks.kind(ofOrigin: column) { return .origin(kind) }
        return marks.kind(of: column).map { .number($0) } ?? .nothing
    }

    private static func isOdd(_ value: Span<UInt8>, _ kind: DecimalMarks.Kind, byLook: Bool) -> Bool {
        // Most have none, and that is told faster.
        guard holdsOddMarks(value, points: kind == .int ? 1 : 0) else { return false }
        return DecimalMarks.mark(of: value, kind, byLook: byLook)?.mark.isOdd == true
    }

    private static func isText(_ cell: RowBatch.Cell) -> Bool {
        switch cell.kind {
        case .plain, .padded, .string: cell.length > 0
        // JSON writes its numbers in one way.
        case .number, .bool, .null, .nested, .faulty: false
        }
    }
}

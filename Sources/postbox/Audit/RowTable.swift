internal import PostboxCore

/// Rows as a table whose columns are as wide as its first hundred rows need. Destinations are told where there are several. When the first
/// row of a second one comes behind those, the head is told again, with a column for them.
struct RowTable {
    private struct Column: Sendable {
        var name: String
        var cell: @Sendable (AuditRow) -> String

        init(_ name: String, _ cell: @escaping @Sendable (AuditRow) -> String) {
            self.name = name
            self.cell = cell
        }
    }

    private static let destination = Column("destination") { $0[.destination] }
    private static let place = [
        Column("settled at") { String($0[.settledAt].prefix(23)) }, Column("drop") { $0[.drop] },
        Column("row") { $0[.row] }, Column("file") { $0.file },
    ]
    private static let post = [
        Column("ric") { $0[.ric] }, Column("service") { $0[.service] }, Column("post") { $0[.post] },
        Column("outcome") { $0[.outcome] }, Column("why") { $0[.nakCode].isEmpty ? $0[.reason] : $0[.nakCode] },
        Column("fields") { $0[.fields].isEmpty ? $0[.text] : $0[.fields] },
    ]
    private static let gathered = 100

    private var isOfSeveral: Bool
    /// The only one so far. A skipped row has none.
    private var first: String?
    private var waiting: [AuditRow] = []
    /// nil: the head is not told yet.
    private var head: (columns: [Column], widths: [Int])?

    /// - Parameter isOfSeveral: rows of several destinations are sure to come.
    init(isOfSeveral: Bool = false) { self.isOfSeveral = isOfSeveral }

    /// The lines that can be printed now.
    mutating func lines(with row: AuditRow) -> [String] {
        let destination = row[.destination]
        if !isOfSeveral, !destination.isEmpty {
            if let first, first != destination {
                isOfSeveral = true
                head = nil
            }
            first = destination
        }
        guard let head else {
            waiting.append(row)
            return waiting.count >= Self.gathered ? rest() : []
        }
        return [Self.line(Self.cells(of: row, head.columns), head.widths)]
    }

    /// Those that wait.
    mutating func rest() -> [String] {
        guard head == nil, !waiting.isEmpty else { return [] }
        let columns = Self.place + (isOfSeveral ? [Self.destination] : []) + Self.post
        let all = [columns.map(\.name)] + waiting.map { Self.cells(of: $0, columns) }
        let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        head = (columns, widths)
        waiting = []
        return all.map { Self.line($0, widths) }
    }

    private static func cells(of row: AuditRow, _ columns: [Column]) -> [String] {
        columns.map { VisibleText.line($0.cell(row)) }
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        zip(cells, widths).enumerated().map { index, cell in
            index == cells.count - 1 ? cell.0 : cell.0.padded(cell.1)
        }.joined(separator: "  ")
    }
}

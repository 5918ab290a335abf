import PostboxCore
import Testing

/// A cell as a test writes it.
enum TestCell: ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    case plain(String)
    case padded(String)
    case string(String)
    case number(String)
    case bool(String)
    case nested(String)
    case null
    /// The row has no cell for the column.
    case missing

    init(stringLiteral value: String) { self = .plain(value) }
    init(nilLiteral: ()) { self = .null }

    var parts: (text: String, kind: RowBatch.Kind)? {
        switch self {
        case .plain(let text): (text, .plain)
        case .padded(let text): (text, .padded)
        case .string(let text): (text, .string)
        case .number(let text): (text, .number)
        case .bool(let text): (text, .bool)
        case .nested(let text): (text, .nested)
        case .null: ("", .null)
        case .missing: nil
        }
    }
}

/// A row as it was mapped, in words.
struct Mapped: Equatable, CustomStringConvertible {
    var ric: String
    var post: PostKind = .update
    var service = 0
    /// The Fields, or the reason of a rejection.
    var result: String

    var description: String { "\(ric) \(post.word) \(service) \(result)" }

    init(_ ric: String, service: Int = 0, _ result: String) {
        self.init(ric, .update, service: service, result)
    }

    init(_ ric: String, _ post: PostKind, service: Int = 0, _ result: String) {
        self.ric = ric
        self.post = post
        self.service = service
        self.result = result
    }

    init(_ row: MappedRow, of batch: PostBatch) {
        ric = String(decoding: batch.bytes[row.ricStart..<row.ricStart + row.ricLength], as: UTF8.self)
        post = row.post
        service = row.service
        result =
            row.problem >= 0
            ? batch.problems[row.problem].reason
            : String(decoding: batch.bytes[row.fieldsStart..<row.fieldsStart + row.fieldsLength], as: UTF8.self)
    }
}

func rowBatch(_ rows: [[TestCell]], firstRow: Int = 1) -> RowBatch {
    var batch = RowBatch()
    for (index, row) in rows.enumerated() {
        let first = batch.cells.count
        for (column, cell) in row.enumerated() {
            guard let parts = cell.parts else { continue }
            batch.cells.append(
                RowBatch.Cell(
                    column: UInt32(column), start: UInt32(batch.text.count), length: UInt32(parts.text.utf8.count),
                    kind: parts.kind))
            batch.text += Array(parts.text.utf8)
        }
        batch.rows.append(
            RowBatch.Row(
                number: firstRow + index, line: firstRow + index + 1, sourceStart: 0, sourceLength: 0, firstCell: first,
                cellCount: batch.cells.count - first))
    }
    return batch
}

/// Column names as a test writes them: one with a dot is nested.
func testColumns(_ names: [String]) -> [Column] {
    names.map { Column(name: $0, isNested: $0.contains(".")) }
}

func mapToBatch(
    _ rule: MappingRule, columns: [String], _ rows: [[TestCell]], services: [String] = ["DEFAULT"],
    updateOnly: Bool = false, fixed: Bool = true
) -> PostBatch {
    mapToBatch(rowBatch(rows)) {
        (
            RowMapper(rule: rule, services: services, updateOnly: updateOnly, columnsAreFixed: fixed),
            testColumns(columns)
        )
    }
}

/// Maps a batch twice, and asks once which rows are doubtful: values with bytes behind them are looked at in whole words,
/// those without go the longer way, and neither way may say anything that the other does not.
func mapToBatch(_ batch: RowBatch, _ make: () -> (RowMapper, [Column])) -> PostBatch {
    var (mapper, columns) = make()
    var out = PostBatch()
    for row in batch.rows.indices { mapper.map(batch.alone(row), columns: columns, into: &out) }

    var roomy = batch
    roomy.text += Array(repeating: UInt8(ascii: "7"), count: 16)
    (mapper, columns) = make()
    var looked = PostBatch()
    mapper.map(roomy, columns: columns, into: &looked)
    #expect(looked.rows == out.rows)
    #expect(looked.bytes == out.bytes)
    #expect(looked.problems.map(\.reason) == out.problems.map(\.reason))

    (mapper, columns) = make()
    var doubtful = PostBatch()
    mapper.mapDoubtful(roomy, columns: columns, bytesMax: 60_000, into: &doubtful)
    let wanted = out.rows.filter { $0.problem >= 0 || $0.fieldsLength + 4 * $0.ricLength > 60_000 }.map(\.row)
    #expect(Set(doubtful.rows.map(\.row)).isSuperset(of: wanted))
    #expect(doubtful.problems == looked.problems)
    return looked
}

extension RowBatch {
    /// One of its rows, whose last value ends with the text.
    fileprivate func alone(_ index: Int) -> RowBatch {
        var alone = RowBatch()
        var row = rows[index]
        alone.sourceBytes = 0
        for var cell in cells[row.firstCell..<row.firstCell + row.cellCount] {
            let bytes = text[Int(cell.start)..<Int(cell.start) + Int(cell.length)]
            cell.start = UInt32(alone.text.count)
            alone.text += bytes
            alone.cells.append(cell)
        }
        row.firstCell = 0
        if row.problem >= 0 { alone.problems = [problems[row.problem]] }
        row.problem = min(row.problem, 0)
        alone.rows = [row]
        return alone
    }
}

func map(
    _ rule: MappingRule, columns: [String], _ rows: [[TestCell]], services: [String] = ["DEFAULT"],
    updateOnly: Bool = false, fixed: Bool = true
) -> [Mapped] {
    let out = mapToBatch(
        rule, columns: columns, rows, services: services, updateOnly: updateOnly, fixed: fixed)
    return out.rows.map { Mapped($0, of: out) }
}

/// The rule with nothing configured.
func plainRule() -> MappingRule { MappingRule(destinations: ["cache"]) }

func rule(
    post: PostRule = .plain, ric: RICRule = .plain, _ fields: [FieldRule]?, empty: EmptyRule? = nil
) -> MappingRule {
    MappingRule(destinations: ["cache"], post: post, ric: ric, fields: fields, empty: empty)
}

/// What one value becomes under a field rule with the source column `v`: its JSON, `-` when it is left out, or the reason.
func value(_ cell: TestCell, _ field: FieldRule? = nil, lineBreaks: LineBreaks? = nil) -> String {
    let marker = FieldRule(name: "M", source: .column("m"))
    let fields = field.map { [marker, $0] }
    let columns = field == nil ? ["RIC", "F", "M"] : ["RIC", "v", "m"]
    var rule = rule(fields)
    rule.lineBreaks = lineBreaks
    guard let result = map(rule, columns: columns, [["A", cell, "1"]]).first?.result else { return "no row" }
    guard result.hasPrefix("{") else { return result }
    if result == "{\"M\":1}" { return "-" }
    return field == nil
        ? String(result.dropFirst("{\"F\":".count).dropLast(",\"M\":1}".count))
        : String(result.dropFirst("{\"M\":1,\"F\":".count).dropLast(1))
}

func field(
    _ type: FieldType?, scale: String? = nil, round: Int? = nil, values: [String: Int]? = nil,
    takesAnyText: Bool? = nil
) -> FieldRule {
    FieldRule(
        name: "F", source: .column("v"), scale: scale, type: type, round: round, values: values,
        takesAnyText: takesAnyText)
}

import PostboxCore

/// Rows judged by a rule's checks, in words: `posted`, or the reasons against a row; a warning begins with `!`, what holds the row with `?`.
func judged(
    _ checks: [CheckRule], columns: [String], _ rows: [[TestCell]], tables: [String: LookupTable] = [:],
    claimedAt: Int64 = 0, zones: [String: TimeZoneRules] = [:], fields: [FieldRule]? = nil, tellsAll: Bool = false,
    isReleased: Bool = false
) -> [String] {
    let batch = judgedBatch(
        checks, columns: columns, rows, tables: tables, claimedAt: claimedAt, zones: zones, fields: fields,
        tellsAll: tellsAll, isReleased: isReleased)
    return batch.rows.map { row in
        if row.problem >= 0 {
            let problem = batch.problems[row.problem]
            return ([problem] + problem.more).map(\.reason).joined(separator: " ")
        }
        if let holds = batch.holds[row.row] { return holds.map { "?" + $0.problem.reason }.joined(separator: " ") }
        let warnings = batch.warnings[row.row] ?? []
        return warnings.isEmpty ? "posted" : warnings.map { "!" + $0.reason }.joined(separator: " ")
    }
}

/// The same, as it was mapped. Values are read with bytes behind them, as those of a file are.
func judgedBatch(
    _ checks: [CheckRule], columns: [String], _ rows: [[TestCell]], tables: [String: LookupTable] = [:],
    claimedAt: Int64 = 0, zones: [String: TimeZoneRules] = [:], fields: [FieldRule]? = nil, tellsAll: Bool = false,
    isReleased: Bool = false
) -> PostBatch {
    var rule = MappingRule(destinations: ["cache"], fields: fields)
    rule.checks = checks
    var sources = RowSources(context: RowContext(claimedAt: claimedAt), tables: tables, zones: zones)
    sources.tellsAll = tellsAll
    sources.isReleased = isReleased
    var batch = rowBatch(rows)
    batch.text += Array(repeating: UInt8(ascii: "7"), count: 16)
    let named = testColumns(columns)
    var mapper = RowMapper(rule: rule, services: ["S"], updateOnly: false, columnsAreFixed: true)
    var posts = PostBatch()
    mapper.map(batch, columns: named, into: &posts)
    var judge = RowChecks(rule, sources: sources)
    judge?.judge(&posts, from: 0, batch, columns: named)
    return posts
}

/// A table of the configuration.
func lookupTable(_ text: String, key: String, columns: [String]) throws -> LookupTable {
    var reader = LookupTableReader(key: key, columns: columns, delimiter: UInt8(ascii: ","))
    try Array(text.utf8).span.withUnsafeBytes { chunk in try reader.take(chunk, isLast: true) }
    return reader.finish(sha256: "abc")
}

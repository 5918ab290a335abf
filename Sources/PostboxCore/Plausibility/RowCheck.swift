/// A check of a row, ready for use: fields are indexes into those that are looked at.
enum RowCheck: Sendable {
    case range(field: Int, min: Limit?, max: Limit?)
    case ordered([Int])
    case spread(low: Int, high: Int, Limit)
    case move(field: Int, Limit, Source)
    case factor(field: Int, Limit, Source)
    case day(field: Int, earliest: Int?, latest: Int?)
    case listed(TableKeys, table: String, key: String)
    case lastMove(field: Int, Limit)
    case lastFactor(field: Int, Limit)
    case unchanged(field: Int, files: Int)

    /// A number of the rule, and how it is written there.
    struct Limit: Sendable {
        let number: CheckNumber
        let text: String

        init?(_ text: String) {
            guard let number = CheckNumber(text) else { return nil }
            self.number = number
            self.text = text
        }
    }

    /// Where a known value is found.
    struct Source: Sendable {
        let table: LookupTable
        let column: Int
        let name: (table: String, column: String)
        /// The row's column that holds the key; nil: the RIC is the key.
        let by: String?
        let first: CheckRule.Action
    }

    /// Throws why the check cannot be made.
    init(
        _ kind: CheckRule.Kind, field: (String) -> Int, sources: RowSources
    ) throws(SettingsMistake) {
        switch kind {
        case .range(let name, let min, let max):
            self = .range(
                field: field(name), min: try min.map { (text) throws(SettingsMistake) in try Self.limit(text) },
                max: try max.map { (text) throws(SettingsMistake) in try Self.limit(text) })
        case .ordered(let names): self = .ordered(names.map(field))
        case .spread(let low, let high, let percent):
            self = .spread(low: field(low), high: field(high), try Self.limit(percent))
        case .move(let name, let percent, let known):
            self = .move(field: field(name), try Self.limit(percent), try Self.source(known, sources))
        case .factor(let name, let factor, let known):
            self = .factor(field: field(name), try Self.limit(factor), try Self.source(known, sources))
        case .day(let name, let age, let future, let zone):
            let rules = try zone.map { (name) throws(SettingsMistake) in try sources.zone(name) } ?? .utc
            let today = BusinessCalendar.today(at: sources.context.claimedAt, in: rules)
            self = .day(
                field: field(name), earliest: age.map { sources.calendar.before(today, $0) },
                latest: future.map { sources.calendar.before(today, -$0) })
        case .listed(let table, let key):
            let (found, column) = try Self.column(key, ofTable: table, sources)
            self = .listed(TableKeys(found, column: column), table: table, key: key)
        case .lastMove(let name, let percent, _): self = .lastMove(field: field(name), try Self.limit(percent))
        case .lastFactor(let name, let factor, _): self = .lastFactor(field: field(name), try Self.limit(factor))
        case .unchanged(let name, let files): self = .unchanged(field: field(name), files: files)
        case .universe, .rows, .rowsAgainstLast, .layout: throw SettingsMistake("a check of a row")
        }
    }

    /// A number of the rule. Throws when it is none.
    static func limit(_ text: String) throws(SettingsMistake) -> Limit {
        guard let limit = Limit(text) else { throw SettingsMistake("a plain decimal: \(text)") }
        return limit
    }

    private static func source(_ known: CheckRule.Known, _ sources: RowSources) throws(SettingsMistake) -> Source {
        let (table, column) = try column(known.take, ofTable: known.table, sources)
        return Source(table: table, column: column, name: (known.table, known.take), by: known.by, first: known.first)
    }

    /// A column of a table of the drop. Throws when there is none.
    static func column(
        _ name: String, ofTable table: String, _ sources: RowSources
    ) throws(SettingsMistake) -> (table: LookupTable, column: Int) {
        guard let found = sources.tables[table], let column = found.column(name) else {
            throw SettingsMistake("a column of a table: \(name) of \(table)")
        }
        return (found, column)
    }
}

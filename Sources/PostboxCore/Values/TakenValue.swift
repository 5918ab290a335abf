/// A value that a rule takes from a table, for words about what is wrong with it: that stands in the table, not in the row.
struct TakenValue: Sendable {
    /// A place in one of the configuration's tables.
    struct Place: Sendable, Equatable {
        var table: String
        /// 0: it is not known.
        var line: Int
        var column: String
    }

    private let lookup: Lookup
    /// nil: a file that needs it does not come so far.
    private let table: LookupTable?
    /// What an empty value of the table becomes.
    private let whenEmpty: String?
    /// The key is a column's value as it stands.
    private let isKeyPlain: Bool
    /// The columns of the key, of which a row has one.
    let keys: [String]

    /// nil: the rule takes nothing from a table.
    init?(_ source: ColumnSource, _ value: ValueRule, tables: [String: LookupTable]) {
        guard let lookup = value.lookup else { return nil }
        self.lookup = lookup
        table = tables[lookup.table]
        whenEmpty = value.whenEmpty
        let isOfRow = lookup.by != nil && (value.template != nil || !source.names.isEmpty)
        isKeyPlain = isOfRow || value.template == nil && value.strip == nil && value.extract == nil
        keys = lookup.by.map { [$0] } ?? source.names
    }

    /// Where the value stands that the row with this key has; nil: it is not the table's.
    func place(ofKey key: [UInt8], value: Span<UInt8>) -> Place? {
        guard let table, !key.isEmpty else { return nil }
        let unknown = Place(table: lookup.table, line: 0, column: lookup.take)
        guard isKeyPlain else { return whenEmpty == nil ? unknown : nil }
        guard let row = table.row(key.span), let column = table.column(lookup.take) else { return nil }
        return Self.place(lookup, table, column: column, row: row, isEmpty: value.isEmpty)
    }

    /// The place of a value that was taken; nil: the table has nothing there, and the value comes from elsewhere.
    static func place(
        _ lookup: Lookup, _ table: LookupTable, column: Int, row: Int, isEmpty: Bool
    ) -> Place? {
        var taken: [UInt8] = []
        table.append(column, ofRowAt: row, into: &taken)
        guard taken.isEmpty == isEmpty else { return nil }
        return Place(table: lookup.table, line: table.line(ofRowAt: row), column: lookup.take)
    }
}

/// Whether a price is plausible: an entry of a rule's `checks`, or one of several things that an entry asks for.
package struct CheckRule: Sendable, Equatable, Codable {
    /// What becomes of a row that fails, or of the file where the check is of the whole file.
    package enum Action: String, Sendable, Equatable, CaseIterable, Codable {
        /// The row is rejected, the file refused.
        case reject
        /// It is kept back until somebody releases it, while the others go.
        case hold
        /// It goes, and the result, the summary and an alert say so.
        case warn
    }

    package enum Kind: Sendable, Equatable, Codable {
        /// `field` is not below `min`, nor above `max`: plain decimals, one of them at least.
        case range(field: String, min: String?, max: String?)
        /// Each field is at most the next; empty ones are passed over.
        case ordered([String])
        /// The two are no further apart than so many per cent (a plain decimal) of their middle.
        case spread(low: String, high: String, percent: String)
        /// `field` is no further than so many per cent (a plain decimal) from the value of a table.
        case move(field: String, percent: String, Known)
        /// `field` is not about so many times the value of a table (a plain decimal), nor about that part of it.
        case factor(field: String, factor: String, Known)
        /// `field` is no further than so many per cent (a plain decimal) from the value that was accepted last of the row's RIC at the
        /// destination. `first`: what becomes of a row of which none was.
        case lastMove(field: String, percent: String, first: Action)
        /// `field` is not about so many times that value (a plain decimal), nor about that part of it. `first` as above.
        case lastFactor(field: String, factor: String, first: Action)
        /// `field` has not had one value in so many files in a row, this one among them.
        case unchanged(field: String, files: Int)
        /// A date that is not older than so many business days, nor later than so many ahead; today in `zone`, nil: in UTC.
        case day(field: String, age: Int?, future: Int?, zone: String?)
        /// The row's RIC stands in this column of a table.
        case listed(table: String, key: String)
        /// All but so many of the RICs in this column of a table are in the file.
        case universe(table: String, key: String, missing: RowLimit)
        /// The file has at least so many rows that count.
        case rows(min: Int)
        /// It has at most so many per cent (a plain decimal) fewer rows than the last good file of the rule that was claimed on a day
        /// of the same kind; days in `zone`, nil: in UTC.
        case rowsAgainstLast(percent: String, zone: String?)
        /// It looks as the last good file of the rule did.
        case layout
    }

    /// A value that is known of each instrument: that of a table.
    package struct Known: Sendable, Equatable, Codable {
        package var table: String
        /// The row's column that holds the key; nil: the RIC is the key.
        package var by: String?
        /// The table's column.
        package var take: String
        /// What becomes of a row of which nothing is known.
        package var first: Action

        package init(table: String, by: String?, take: String, first: Action = .warn) {
            self.table = table
            self.by = by
            self.take = take
            self.first = first
        }
    }

    package var kind: Kind
    package var action: Action

    package init(_ kind: Kind, _ action: Action = .reject) {
        self.kind = kind
        self.action = action
    }
}

extension CheckRule {
    /// The fields of the post that it looks at.
    var fields: [String] {
        switch kind {
        case .range(let field, _, _), .move(let field, _, _), .factor(let field, _, _), .day(let field, _, _, _),
            .lastMove(let field, _, _), .lastFactor(let field, _, _), .unchanged(let field, _):
            [field]
        case .ordered(let fields): fields
        case .spread(let low, let high, _): [low, high]
        case .listed, .universe, .rows, .rowsAgainstLast, .layout: []
        }
    }

    var known: Known? {
        switch kind {
        case .move(_, _, let known), .factor(_, _, let known): known
        default: nil
        }
    }

    /// What becomes of a row of which nothing is known that it could be compared with.
    var first: Action {
        switch kind {
        case .move(_, _, let known), .factor(_, _, let known): known.first
        case .lastMove(_, _, let first), .lastFactor(_, _, let first): first
        default: .warn
        }
    }

    /// It compares with what was accepted last.
    var comparesWithLast: Bool {
        switch kind {
        case .lastMove, .lastFactor, .unchanged: true
        default: false
        }
    }

    /// It is of the file as a whole.
    var isOfFile: Bool {
        switch kind {
        case .universe, .rows, .rowsAgainstLast, .layout: true
        default: false
        }
    }

    /// The table that it looks into, and the column that it takes from it.
    var lookup: Lookup? {
        switch kind {
        case .move(_, _, let known), .factor(_, _, let known):
            Lookup(table: known.table, by: known.by, take: known.take)
        case .listed(let table, let key), .universe(let table, let key, _): Lookup(table: table, by: nil, take: key)
        default: nil
        }
    }
}

extension MappingRule {
    /// The rule asks whether its prices are plausible.
    package var isChecked: Bool { checks?.isEmpty == false }

    /// Some of its checks compare with what was accepted last: they are made when every older drop has ended.
    package var comparesWithLast: Bool { checks?.contains { $0.comparesWithLast } == true }

    /// Rows may go although something is said against them: by its checks, or of texts that are longer than their fields.
    package var mayWarn: Bool { isChecked || tooLong == .warn || fields?.contains { $0.tooLong == .warn } == true }

    /// Some of its checks hold rows, or a row of which nothing is known.
    package var holdsRows: Bool {
        checks?.contains { !$0.isOfFile && ($0.action == .hold || $0.known?.first == .hold) } == true
    }

    /// More rows than this that checks hold mean that the file as a whole is held. nil: never; a file of rejects has some rows of a file
    /// alone, of which nothing follows for the others.
    var holdFileLimit: RowLimit? {
        isForRejects == true ? nil : holdFileAbove ?? .percent(value: 1, decimals: 0)
    }

    /// Columns of the file that its checks look into, besides the fields' own.
    var checkedColumns: [String] { (checks ?? []).compactMap { $0.known?.by } }

    /// Columns of the file that its checks cannot do without: these, and what they look at where columns are fields by their names.
    var columnsForChecks: [String] {
        let fields = self.fields == nil ? (checks ?? []).flatMap(\.fields) : []
        return checkedColumns + fields
    }

    /// Whether the rule takes something from a column of that name, besides a RIC that is the column's value as it stands.
    package func usesColumn(_ name: String) -> Bool {
        var rule = self
        if case .column = ric { rule.ric = .plain }
        return rule.namedColumns.isWritten(name)
    }
}

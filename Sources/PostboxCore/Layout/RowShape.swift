/// What becomes of the file's lines before a rule's fields take their values: in this order `carry`, `unpivot`, `let`, `where`,
/// `group`, `take`. Rows are numbered after `unpivot` and `group`, skipped ones too.
package struct RowShape: Sendable, Equatable, Codable {
    /// Columns whose empty value takes the one above it.
    package var carried: [String]?
    package var unpivot: Unpivot?
    /// Columns of the rule's own.
    package var lets: [DerivedColumn]?
    /// All must hold.
    package var conditions: [RowCondition]?
    package var group: RowGroup?
    package var take: TakeRule?
    /// Lists of names of which the file has one. What stands above calls such a column by the first of its list.
    package var spellings: [[String]]?
    /// `skipped: list`: what was not sent is written to a file.
    package var listsSkipped: Bool?

    package init() {}

    package var isEmpty: Bool { self == RowShape() }

    /// Whether the rule makes a column of that name, in place of one that every file has.
    func makes(_ name: String) -> Bool {
        unpivot?.name == name || unpivot?.value == name || lets?.contains { $0.name == name } == true
    }

    /// The names of which the file has one for a column of `carry`, `unpivot` and `group`.
    func names(of column: String) -> [String] { spellings?.first { $0.first == column } ?? [column] }

    /// `unpivot` with all names that the columns it keeps may have.
    var spelledUnpivot: Unpivot? {
        guard var spelled = unpivot else { return nil }
        spelled.keep = spelled.keep.flatMap(names)
        return spelled
    }
}

/// One line of many columns becomes many rows.
package struct Unpivot: Sendable, Equatable, Codable {
    /// Which columns become rows.
    package enum Columns: Sendable, Equatable, Codable {
        /// All that are not kept.
        case others
        case named([String])
        /// Those whose name fits the pattern.
        case like(String)
    }

    /// Columns that every row of the line has.
    package var keep: [String]
    /// The column that gets the header, `$ccy`.
    package var name: String
    /// The column that gets the cell, `$rate`.
    package var value: String
    package var columns: Columns

    package init(keep: [String], name: String, value: String, columns: Columns = .others) {
        self.keep = keep
        self.name = name
        self.value = value
        self.columns = columns
    }

    /// Whether a column of that name becomes rows. `kept`: columns of all spellings that every row has.
    func makesRows(of name: String, besides kept: Set<String>) -> Bool {
        switch columns {
        case .others: !kept.contains(name) && !name.hasPrefix("/")
        case .named(let names): names.contains(name) && !keep.contains(name)
        case .like(let pattern): !kept.contains(name) && TextPattern(pattern).matches(name)
        }
    }
}

/// Several lines become one post.
package struct RowGroup: Sendable, Equatable, Codable {
    /// Lines that follow each other with the same values in these columns are one row.
    package var by: [String]
    /// The column that names the value.
    package var field: String
    /// The column that has it.
    package var value: String

    package init(by: [String], field: String, value: String) {
        self.by = by
        self.field = field
        self.value = value
    }
}

/// Which rows count.
package struct RowCondition: Sendable, Equatable, Codable {
    package enum Test: Sendable, Equatable, Codable {
        case isOneOf([String])
        case isNoneOf([String])
        case isEmpty(Bool)
        /// A pattern.
        case like(String)
    }

    package var column: ColumnSource
    package var test: Test
    /// `otherwise: reject`: a row that fails is rejected, not skipped.
    package var rejects: Bool?

    package init(column: ColumnSource, test: Test, rejects: Bool? = nil) {
        self.column = column
        self.test = test
        self.rejects = rejects
    }
}

/// Which of the rows that count are posted.
package enum TakeRule: Sendable, Equatable, Codable {
    case first(Int)
    case last(Int)
    /// Those with the greatest value of the column. `date`: its pattern; nil: ISO dates.
    case latest(column: ColumnSource, date: DateForm?)
}

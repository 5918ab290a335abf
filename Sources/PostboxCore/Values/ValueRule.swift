/// Where a rule takes a text from.
package enum ColumnSource: Sendable, Equatable, Codable {
    /// A column as the rule writes it: a header's name, a path below the row, `/path` from the document's root, or one of
    /// Postbox's own (`$file`, `$row`, `$NAME` …).
    case column(String)
    /// The one of these that the file has.
    case anyOf([String])
    /// No column: `value` makes the text (a template, a formula, a lookup by its own column).
    case none

    /// The names that the rule writes.
    package var names: [String] {
        switch self {
        case .column(let name): [name]
        case .anyOf(let names): names
        case .none: []
        }
    }
}

/// What becomes of a value between the file and its field: the keys of a field, of `ric`, and of `let`. In the order in which they
/// are applied: trim, strip, nulls, extract, nulls again, map or lookup, default, parse, formula, scale, round, type.
package struct ValueRule: Sendable, Equatable, Codable {
    /// Characters that go at both ends.
    package var strip: String?
    /// A regular expression whose first group is the value.
    package var extract: String?
    package var map: WordMap?
    package var lookup: Lookup?
    /// What an empty value becomes.
    package var whenEmpty: String?
    package var template: [TemplatePiece]?
    package var number: NumberForm?
    package var date: DateForm?
    /// The formula as it is written.
    package var formula: String?
    package var rounding: Rounding?
    /// Grapheme clusters of a text that are kept.
    package var cut: Int?

    package init() {}

    package var isEmpty: Bool { self == ValueRule() }

    /// The columns that it takes something from, besides its source.
    package var columns: [String] {
        var names: [String] = []
        for case .column(let name, _) in template ?? [] { names.append(name) }
        if let by = lookup?.by { names.append(by) }
        // One that cannot be read was refused with the configuration.
        if let formula, let formula = try? Formula(parsing: formula) { names += formula.columns }
        return names
    }
}

/// A column that the file does not have: `let`, or what a field or the RIC is made of.
package struct DerivedColumn: Sendable, Equatable, Codable {
    package var name: String
    package var source: ColumnSource
    package var value: ValueRule

    package init(name: String, source: ColumnSource, value: ValueRule) {
        self.name = name
        self.source = source
        self.value = value
    }

    /// The name under which the mapper finds what the rule made for a field: no file's column has it.
    package static func name(ofField field: String) -> String { "\u{1}\(field)" }
    /// The same of the RIC.
    package static let nameOfRIC = "\u{1}"
    /// The column of what else is wrong with a row, where all of it is told.
    static let nameOfFaults = "\u{1}\u{1}"
    /// Whether a column is one of these, which no file has.
    static func isName(_ column: String) -> Bool { column.utf8.first == 1 }
}

/// Words of one house and those of another.
package struct WordMap: Sendable, Equatable, Codable {
    /// What a word becomes that is not listed.
    package enum Otherwise: Sendable, Equatable, Codable {
        case keep
        case reject
        case value(String)
    }

    package var words: [String: String]
    package var otherwise: Otherwise

    package init(words: [String: String], otherwise: Otherwise = .keep) {
        self.words = words
        self.otherwise = otherwise
    }
}

/// A value from one of the configuration's tables.
package struct Lookup: Sendable, Equatable, Codable {
    package var table: String
    /// The row's column that holds the key. Nil: the value itself is the key.
    package var by: String?
    /// The table's column.
    package var take: String

    package init(table: String, by: String?, take: String) {
        self.table = table
        self.by = by
        self.take = take
    }
}

/// A piece of a template.
package enum TemplatePiece: Sendable, Equatable, Codable {
    package enum Change: Sendable, Equatable, Codable {
        case upper, lower, trim
        /// The column may be empty; without it, the whole is empty then.
        case optional
        case left(Int)
        case right(Int)
        /// Filled up in front to so many characters.
        case pad(Int, String)
    }

    case text(String)
    case column(String, [Change])
}

/// How numbers are written in the file.
package struct NumberForm: Sendable, Equatable, Codable {
    /// What the third digit behind `99-16` means.
    package enum FractionTail: String, Sendable, Equatable, CaseIterable, Codable {
        case eighths
        case quarters
    }

    /// `,` or `.`; nil is `.`.
    package var decimal: String?
    /// What parts groups of three digits: one character.
    package var thousands: String?
    /// Groups as in 12,34,567.
    package var isIndian: Bool?
    /// `1.5e-7` is read.
    package var exponent: Bool?
    /// `1.25%` is 1.25.
    package var percent: Bool?
    /// 8, 32, 64, 128 or 256.
    package var fraction: Int?
    package var fractionTail: FractionTail?

    package init() {}

    package var isEmpty: Bool { self == NumberForm() }
    /// It says which sign is the decimal one: by itself, or as the other one parts thousands.
    package var saysMarks: Bool { decimal != nil || thousands != nil }
}

/// How dates and times are written in the file, and where they go.
package struct DateForm: Sendable, Equatable, Codable {
    package enum Target: String, Sendable, Equatable, Codable {
        case date
        case time
    }

    /// What the field takes.
    package var target: Target
    /// Unicode letters, or `epoch_s`, `epoch_ms`, `excel`.
    package var pattern: String
    /// Of month names. Nil: English.
    package var locale: String?
    /// Where the value was written.
    package var zone: String?
    /// Where it goes.
    package var to: String?

    package init(target: Target, pattern: String, locale: String? = nil, zone: String? = nil, to: String? = nil) {
        self.target = target
        self.pattern = pattern
        self.locale = locale
        self.zone = zone
        self.to = to
    }
}

/// What becomes of decimals that are not kept.
package enum Rounding: String, Sendable, Equatable, CaseIterable, Codable {
    /// Away from zero. The default.
    case halfUp = "half_up"
    case halfEven = "half_even"
    case down
    /// Nothing may be lost: the value is rejected.
    case none
}

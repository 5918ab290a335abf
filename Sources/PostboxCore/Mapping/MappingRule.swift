/// A number of rows, or a share of all of them.
package enum RowLimit: Sendable, Equatable, Codable {
    case rows(Int)
    /// `value / 10^decimals` percent of all rows: 0.1 % is `.percent(value: 1, decimals: 1)`.
    case percent(value: Int, decimals: Int)

    /// Whether `count` rows of `total` are within the limit.
    package func allows(_ count: Int, of total: Int) -> Bool {
        switch self {
        case .rows(let most): return count <= most
        case .percent(let value, let decimals):
            var scale = 100
            for _ in 0..<decimals { scale *= 10 }
            return count * scale <= value * total
        }
    }
}

/// What a field's value is on the wire (The wire §8.1).
package enum FieldType: String, Sendable, Equatable, CaseIterable, Codable {
    case real
    case int
    /// A whole number without a sign, up to 2⁶⁴−1.
    case uint
    case text
    /// Text of a field that knows no character sets (ASCII_STRING): the RMTES switch would be stored as text.
    case ascii
    case `enum`
    case date
    case time

    /// Whether its values are numbers.
    package var isNumber: Bool {
        switch self {
        case .real, .int, .uint: true
        case .text, .ascii, .enum, .date, .time: false
        }
    }
}

/// What becomes of a text that is longer than the dictionary says that its field is.
package enum TooLong: String, Sendable, Equatable, CaseIterable, Codable {
    /// The row is rejected.
    case reject
    /// It goes as it is, and somebody is told: a server does not enforce the length, and readers of the old format cut it.
    case warn
    /// As many of its characters go as fit.
    case cut
}

/// Where a field's value comes from and what it becomes: an entry of a rule's `fields:`.
package struct FieldRule: Sendable, Equatable, Codable {
    package enum Source: Sendable, Equatable, Codable {
        /// A column's name, or a path (`quote.bid`) in JSON and XML.
        case column(String)
        /// A constant; `isText` says it was written as text in the configuration, else its look decides.
        case value(String, isText: Bool)
        /// What the rule makes of a column, or of several.
        indirect case derived(ColumnSource, ValueRule)
    }

    /// The field's name on the wire.
    package var name: String
    package var source: Source
    /// A plain decimal that the value is multiplied by, exactly.
    package var scale: String?
    /// nil: by the dictionary or by look.
    package var type: FieldType?
    /// Decimals kept when the value has more, rounded half away from zero.
    package var round: Int?
    /// For an enum: display texts and the numbers they stand for; nil: no display text can be checked.
    package var values: [String: Int]?
    // Each of the following is absent in ledgers of older versions, which decodes as nil.

    /// An enum's display text goes as it is, unchecked (`values: any`).
    package var takesAnyText: Bool?
    /// A file, or a row, may lack the column: the field is skipped then, never blanked.
    package var isOptional: Bool?
    /// What becomes of decimals beyond `round`. nil: half away from zero.
    package var rounding: Rounding?
    /// nil: it is rejected.
    package var tooLong: TooLong?

    package init(
        name: String, source: Source, scale: String? = nil, type: FieldType? = nil, round: Int? = nil,
        values: [String: Int]? = nil, takesAnyText: Bool? = nil, isOptional: Bool? = nil, rounding: Rounding? = nil,
        tooLong: TooLong? = nil
    ) {
        self.name = name
        self.source = source
        self.scale = scale
        self.type = type
        self.round = round
        self.values = values
        self.takesAnyText = takesAnyText
        self.isOptional = isOptional
        self.rounding = rounding
        self.tooLong = tooLong
    }
}

/// What a line break inside a value that is used means.
package enum LineBreaks: String, Sendable, Equatable, CaseIterable, Codable {
    /// The row is rejected: a stray quote makes one value of several lines.
    case reject
    /// It belongs to the text.
    case keep
}

/// Whether a row becomes a Refresh or an Update.
package enum PostRule: Sendable, Equatable, Codable {
    case refresh
    case update
    /// By a column's value: the values that mean Refresh and those that mean Update, compared exactly.
    case column(String, refresh: [String], update: [String])
    /// The plain mapping: the column `Post` (any case) where present, with `Refresh` or `Update` (any case), else Update.
    case plain
}

/// Where the RIC comes from.
package enum RICRule: Sendable, Equatable, Codable {
    case column(String)
    /// Text with columns in braces: `{isin}.TST`.
    case template([TemplatePart])
    /// What the rule makes of a column, or of several.
    indirect case derived(ColumnSource, ValueRule)
    /// The plain mapping: the column `RIC` in any case.
    case plain

    package enum TemplatePart: Sendable, Equatable, Codable {
        case text(String)
        case column(String)
    }
}

/// What an empty value becomes.
package enum EmptyRule: String, Sendable, Equatable, CaseIterable, Codable {
    /// The field is left out: the default for an Update.
    case skip
    /// The field is sent as null: the default for a Refresh.
    case blank
}

/// What a file is that has no row.
package enum NoRowsRule: String, Sendable, Equatable, CaseIterable, Codable {
    /// Refused: somebody forgot the rows. The default.
    case refuse
    /// Done: there was nothing to tell.
    case ok
}

/// How the files that match a pattern become posts: an entry of `files:`, checked.
///
/// Each file in work holds several of it where it waits, and thousands may wait: what is large and seldom there is kept apart.
package struct MappingRule: Sendable, Equatable, Codable {
    /// A shell pattern (`*`, `?`, `[…]`) for the file's name.
    package var match: String
    /// Names of destinations; every row has an outcome for each.
    package var destinations: [String]
    package var post: PostRule
    package var ric: RICRule
    /// nil: the plain mapping, every other column is the field of its name.
    package var fields: [FieldRule]?
    /// nil: skip for an Update, blank for a Refresh.
    package var empty: EmptyRule?
    /// More rejected rows than this refuse the file. nil: no limit.
    package var maxRejected: RowLimit?
    /// Bad rows by NakCode (name or number) or reason that do not keep the file from `done`.
    package var tolerate: [String: RowLimit]
    /// How long after the file's arrival its rows may be sent; those that were not sent by then end `unsent`. nil: no limit.
    package var maxAge: Duration?
    /// CSV's separator, one ASCII character.
    package var delimiter: UInt8
    package var encoding: TextEncoding
    package var finalNewline: FinalNewline
    /// nil: by the file's extension.
    package var format: PriceFileFormat?
    /// XML: the name of the element that is a row; nil: the repeated element below the root.
    package var rowElement: String?
    // Each of the following is absent in ledgers of older versions, which decodes as nil.

    /// A file is taken when its name with this behind it stands beside it. nil: no marker is waited for.
    package var readySuffix: String?
    /// A file is taken when a companion with its digest stands beside it. nil: none is waited for.
    package var checksum: ChecksumKind?
    /// nil: the last row is data as any other.
    @Apart package var trailer: TrailerRule? = nil
    /// nil: by arrival.
    package var order: FileOrder?
    /// Higher goes first; nil is 0.
    package var priority: Int?
    /// nil: they reject.
    package var lineBreaks: LineBreaks?
    /// The file holds rejected rows of another one: in JSON and XML they may lack a column that the others had.
    package var isForRejects: Bool?
    /// nil: refused.
    package var noRows: NoRowsRule?
    /// nil: the file lies as its format says.
    @Apart package var layout: FileLayout? = nil
    /// nil: each row of the file is a row.
    @Apart package var shape: RowShape? = nil
    /// How numbers are written, of a rule without `fields` and of a trailer's sum; each field has its own. nil: with a decimal
    /// point.
    @Apart package var number: NumberForm? = nil
    /// Of a rule without `fields`; each field has its own. nil: it is rejected.
    package var tooLong: TooLong?
    /// nil: nothing is asked about its prices.
    package var checks: [CheckRule]?
    /// More rows than this that checks hold mean that all of the file is held. nil: one in a hundred.
    @Apart package var holdFileAbove: RowLimit? = nil
    /// More rows than this that a server refuses stop the file (`NackLimit`). nil: no limit.
    package var maxNacked: RowLimit?
    /// nil: they are held.
    package var corrections: CorrectionRule?
    /// nil: anybody may release, within a day.
    package var release: ReleaseRule?
    /// What its business days are; nil: Monday to Friday.
    @Apart package var calendar: BusinessCalendar? = nil
    /// Values stand in the file as they go on the wire, and nothing is made of them: see `WireFile`. nil: they do not.
    package var sendsAsIs: Bool?

    package init(
        match: String = "*", destinations: [String], post: PostRule = .plain, ric: RICRule = .plain,
        fields: [FieldRule]? = nil, empty: EmptyRule? = nil, maxRejected: RowLimit? = nil,
        tolerate: [String: RowLimit] = [:], maxAge: Duration? = nil, delimiter: UInt8 = UInt8(ascii: ","),
        encoding: TextEncoding = .utf8, finalNewline: FinalNewline = .required, format: PriceFileFormat? = nil,
        rowElement: String? = nil, readySuffix: String? = nil, checksum: ChecksumKind? = nil,
        trailer: TrailerRule? = nil, order: FileOrder? = nil, priority: Int? = nil, lineBreaks: LineBreaks? = nil,
        noRows: NoRowsRule? = nil
    ) {
        self.match = match
        self.destinations = destinations
        self.post = post
        self.ric = ric
        self.fields = fields
        self.empty = empty
        self.maxRejected = maxRejected
        self.tolerate = tolerate
        self.maxAge = maxAge
        self.delimiter = delimiter
        self.encoding = encoding
        self.finalNewline = finalNewline
        self.format = format
        self.rowElement = rowElement
        self.readySuffix = readySuffix
        self.checksum = checksum
        self.trailer = trailer
        self.order = order
        self.priority = priority
        self.lineBreaks = lineBreaks
        self.noRows = noRows
    }
}

extension MappingRule {
    /// What is wrong with a file in which so many data rows were found: nil where there are some, or where it may have none. A
    /// file without any byte is refused by whoever reads it.
    ///
    /// - Parameter skipped: those of them that do not count.
    package func problem(ofRows count: Int, skipped: Int = 0) -> FileProblem? {
        guard count == skipped, noRows != .ok else { return nil }
        guard count == 0 else {
            return FileProblem(
                reason: "no_rows",
                what:
                    "\(Plural.word(count, "the file's only row does not count", "none of the file's \(count) rows counts")) by the rule's `where` and `take`"
                    + (isForRejects == true && skipsLeftOutCells ? ", or has no value" : ""),
                hint: "check them; a rule that says `no_rows: ok` takes such a file as done")
        }
        return FileProblem(
            reason: "no_rows", what: "the file has no rows",
            hint: "a rule that says `no_rows: ok` takes such a file as done")
    }
}

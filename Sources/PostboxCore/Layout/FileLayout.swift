/// How a price file lies, beyond what every rule says of it. A rule without any of these keys has none: its files are read on the
/// plain path.
package struct FileLayout: Sendable, Equatable, Codable {
    /// What parts and skips lines of CSV and of fixed columns; nil: as RFC 4180 has it.
    package var lines: LineLayout?
    /// Where the rows of JSON and XML are, and in which form; nil: the array's elements, the root's children.
    package var rows: RowsPath?
    /// How the values look that are none; nil: empty ones alone.
    package var blanks: BlankValues?
    /// Of a packed file, or a workbook; nil: by the file's name.
    package var container: ContainerRule?

    package init(
        lines: LineLayout? = nil, rows: RowsPath? = nil, blanks: BlankValues? = nil, container: ContainerRule? = nil
    ) {
        self.lines = lines
        self.rows = rows
        self.blanks = blanks
        self.container = container
    }

    package var isEmpty: Bool { self == FileLayout() }
}

/// How lines of text become rows and cells.
package struct LineLayout: Sendable, Equatable, Codable {
    /// What a value may stand in, so that it can hold the delimiter.
    package enum Quote: String, Sendable, Equatable, CaseIterable, Codable {
        case double = "\""
        case single = "'"
        case none
    }

    /// Where the columns' names are.
    package enum Header: Sendable, Equatable, Codable {
        /// The first line after `skip_lines` that is no comment. The default.
        case first
        /// Nowhere: the rule's `columns` names them.
        case none
        /// The line whose first cell is this.
        case firstCell(String)
        /// The line behind the line that fits this pattern.
        case after(String)
        /// One name a line between the lines that fit these patterns.
        case between(after: String, before: String)
    }

    /// A column by its place in the line.
    package struct FixedColumn: Sendable, Equatable, Codable {
        package var name: String
        /// Characters from 1, both ends in.
        package var first: Int
        package var last: Int

        package init(name: String, first: Int, last: Int) {
            self.name = name
            self.first = first
            self.last = last
        }
    }

    /// Lines that are no rows but give the rows below them a value.
    package struct Heading: Sendable, Equatable, Codable {
        /// Patterns; a line that fits one of them is such a heading.
        package var patterns: [String]
        /// The column of that value, `$product`.
        package var name: String

        package init(patterns: [String], name: String) {
            self.patterns = patterns
            self.name = name
        }
    }

    /// What cells beyond the header's last column are.
    package enum Ragged: String, Sendable, Equatable, CaseIterable, Codable {
        case reject
        /// None, while they are empty.
        case blankTail = "blank_tail"
    }

    /// A run of blanks or tabs is one delimiter (`delimiter: blanks`). Nil: `MappingRule.delimiter` is.
    package var partsAtBlanks: Bool?
    /// The rule names a delimiter: a first line `sep=;` is then a line as any other.
    package var hasOwnDelimiter: Bool?
    package var quote: Quote?
    /// Lines before the header, whatever they hold.
    package var skipped: Int?
    /// Lines that begin with it are no rows.
    package var comment: String?
    package var header: Header?
    /// Names of all columns (`header: none`), or of those before the ones that the header names (`Header.between`).
    package var columns: [String]?
    /// Columns by position (`format: fixed`).
    package var fixed: [FixedColumn]?
    /// The marker line behind which the rows begin.
    package var after: String?
    /// The marker line before which they end.
    package var before: String?
    /// Patterns of lines that are no rows.
    package var dropped: [String]?
    package var headings: [Heading]?
    package var ragged: Ragged?

    package init() {}

    package var isEmpty: Bool { self == LineLayout() }

    /// Whether such files are read as CSV without any of these keys is.
    package var isPlain: Bool {
        var others = self
        others.hasOwnDelimiter = nil
        return others.isEmpty
    }
}

/// Where rows are in a document of JSON or XML.
package enum RowsPath: Sendable, Equatable, Codable {
    /// The elements of the array, or the members (`quotes.*`), or the elements of XML (`/Envelope/Cube/Cube`) at that path.
    case path(String)
    /// JSON whose rows are arrays: the path of the array of rows, and of that of their names; nil: `columns` are the names.
    case arrays(rows: String, names: String?, columns: [String]?)
    /// JSON that holds a column an array: the paths of these arrays, read side by side.
    case zip([String])
}

/// Values that mean empty.
package struct BlankValues: Sendable, Equatable, Codable {
    /// Blanks around every value go.
    package var trims: Bool?
    /// These texts are empty values, compared after trimming.
    package var nulls: [String]?

    package init(trims: Bool? = nil, nulls: [String]? = nil) {
        self.trims = trims
        self.nulls = nulls
    }
}

/// How a file is packed, and which part of it is read.
package struct ContainerRule: Sendable, Equatable, Codable {
    /// `compression: none`: whatever the name says, it is not packed.
    package var isPlain: Bool?
    /// A pattern for the one member of an archive that is read.
    package var member: String?
    /// Bytes it may unpack to. Nil: `expandedMax`.
    package var maxExpanded: Int?
    /// The workbook's sheet. Nil: the first.
    package var sheet: String?

    /// 20 GB.
    package static let expandedMax = 20_000_000_000

    package init(isPlain: Bool? = nil, member: String? = nil, maxExpanded: Int? = nil, sheet: String? = nil) {
        self.isPlain = isPlain
        self.member = member
        self.maxExpanded = maxExpanded
        self.sheet = sheet
    }
}

/// Rows read from one chunk of a price file: values as bytes in one buffer, no object per row or value.
///
/// A batch is filled by a reader, used by the mapper, and filled again; its buffers keep their capacity.
package struct RowBatch: Sendable {
    /// How a value was written; the mapper decides by it what the value may become.
    package enum Kind: UInt8, Sendable {
        /// CSV and XML text: its look decides.
        case plain
        /// XML text with white space before or behind it: its writer may have set the element out in lines, so only a text
        /// takes it as it is.
        case padded
        /// A JSON string, unescaped.
        case string
        /// A JSON number, its literal unchanged.
        case number
        /// A JSON `true` or `false`, its literal.
        case bool
        /// A JSON `null`; no bytes.
        case null
        /// A JSON array (its literal), which no column can hold.
        case nested
        /// What a rule could not make of the row: its bytes are the index of a problem (``RowBatch/faulty(_:)``).
        case faulty
    }

    /// A value of a row: where its UTF-8 bytes lie in `text`, and whose column it is.
    package struct Cell: Sendable {
        /// Index into the reader's `columns`.
        package var column: UInt32
        /// First byte in `text`.
        package var start: UInt32
        /// Bytes.
        package var length: UInt32
        package var kind: Kind

        package init(column: UInt32, start: UInt32, length: UInt32, kind: Kind) {
            self.column = column
            self.start = start
            self.length = length
            self.kind = kind
        }
    }

    /// One data row.
    package struct Row: Sendable {
        /// Data rows from 1.
        package var number: Int
        /// The line where the row starts, from 1.
        package var line: Int
        /// Where the row's bytes begin in the file as decoded to UTF-8, byte order mark included.
        package var sourceStart: Int
        /// Bytes of the row as decoded to UTF-8; a CSV or JSON-lines row has its line end with it.
        package var sourceLength: Int
        /// Index of its first cell in `cells`.
        package var firstCell: Int
        package var cellCount: Int
        /// Index into `problems`, or -1: a row the reader could not make sense of has a problem, and its cells do not count.
        package var problem: Int

        package init(
            number: Int, line: Int, sourceStart: Int, sourceLength: Int, firstCell: Int, cellCount: Int,
            problem: Int = -1
        ) {
            self.number = number
            self.line = line
            self.sourceStart = sourceStart
            self.sourceLength = sourceLength
            self.firstCell = firstCell
            self.cellCount = cellCount
            self.problem = problem
        }
    }

    package var text: [UInt8] = []
    /// So many bytes of `text` are the file's own, line by line; cells in them have a place in their line. 0: none are.
    package var sourceBytes = 0
    /// Where the first byte of `text` lies in the file as decoded to UTF-8; below 0: what it holds are not the file's bytes.
    package var sourceOffset = -1
    package var cells: [Cell] = []
    package var rows: [Row] = []
    package var problems: [RowProblem] = []
    /// Indices in `problems` of rows of which nothing is wrong but single cells: bytes that are no text, or what `cellProblems` has. Their
    /// cells are those of any row, and each can be judged by itself. None on the plain path.
    package var spoiled: Set<Int> = []
    /// What is wrong with single cells of such rows, by their indices, where their bytes do not tell. None on the plain path.
    package var cellProblems: [Int: RowProblem] = [:]
    /// Places in the file as decoded to UTF-8 that are no rows and must stand in a file of its rejects, in order: headings, the tags
    /// and brackets that enclose rows. None on the plain path.
    package var kept: [Range<Int>] = []

    /// Where values lie in the file that are not in `sourceBytes`, by their first byte in `text`. None on the plain path.
    package var places: [UInt32: RowPlace] = [:]
    /// Where values lie in the file whose cells do not tell, by their cell's index. None but where that is asked for.
    package var origins: [Int: ValueOrigin] = [:]
    /// What must stand in a file of rejects in place of parts of the file, in order. None but where that is asked for.
    package var edits: [SourceEdit] = []
    /// A rule's values were made and its rows shaped: rows share values, and not all of these lie in the file.
    package var isShaped = false
    /// Its rows are those of a workbook's sheet: each is one line, whatever its cells hold.
    package var isSheet = false

    package init() {}

    /// Empties the batch; capacity stays.
    package mutating func removeAll() {
        text.removeAll(keepingCapacity: true)
        sourceBytes = 0
        sourceOffset = -1
        cells.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        problems.removeAll(keepingCapacity: true)
        if !spoiled.isEmpty { spoiled.removeAll(keepingCapacity: true) }
        if !cellProblems.isEmpty { cellProblems.removeAll(keepingCapacity: true) }
        if !kept.isEmpty { kept.removeAll(keepingCapacity: true) }
        if !places.isEmpty { places.removeAll(keepingCapacity: true) }
        if !origins.isEmpty { origins.removeAll(keepingCapacity: true) }
        if !edits.isEmpty { edits.removeAll(keepingCapacity: true) }
        isShaped = false
        isSheet = false
    }
}

/// What stands in place of a part of a price file.
package struct SourceEdit: Sendable, Equatable {
    package enum Change: Sendable, Equatable {
        case bytes([UInt8])
        /// Of an element of XML, where its content is another; else of the start tag that begins there.
        case tag(TagEdit)
    }

    /// In the file as decoded to UTF-8.
    package var range: Range<Int>
    package var change: Change
    /// Where the row begins that it is in: an empty range may lie between two.
    package var rowStart = 0

    package init(range: Range<Int>, bytes: [UInt8]) {
        self.range = range
        change = .bytes(bytes)
    }

    package init(range: Range<Int>, tag: TagEdit) {
        self.range = range
        change = .tag(tag)
    }
}

/// Where a value lies in a price file as decoded to UTF-8.
package enum ValueOrigin: Sendable, Equatable {
    /// A string of JSON, with its quotes.
    case literal(Range<Int>)
    /// An element of XML, from its start tag on; what lies in it is the value.
    case element(start: Int, end: Int)
    /// An attribute of this local name in the start tag that begins there.
    case attribute(String, tag: Int)
}

/// A place in a price file: line, and character in that line, both from 1.
package struct RowPlace: Sendable, Equatable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A column of a price file: a CSV header's name, a JSON member's path, an XML attribute or child element's path.
package struct Column: Sendable, Equatable {
    /// Path parts are joined by a dot.
    package var name: String
    /// Below the top level of the row (`quote.bid`): used only when a rule names it.
    package var isNested: Bool
    /// An XML attribute: what it belongs to may have a value of its own, or none.
    package var isAttribute: Bool

    package init(name: String, isNested: Bool = false, isAttribute: Bool = false) {
        self.name = name
        self.isNested = isNested
        self.isAttribute = isAttribute
    }
}

/// How a price file of rejected rows is put together so that it can be dropped again.
package struct RowFrame: Sendable, Equatable {
    /// Bytes of the source, as decoded to UTF-8, that come first unchanged: a CSV header with its byte order mark, all of an
    /// XML file before its first row.
    package var prologue: Range<Int>
    /// What comes after that and before the first row.
    package var opening: String
    /// What stands between two rows.
    package var separator: String
    /// What comes after the last row.
    package var closing: String

    package init(prologue: Range<Int> = 0..<0, opening: String = "", separator: String = "", closing: String = "") {
        self.prologue = prologue
        self.opening = opening
        self.separator = separator
        self.closing = closing
    }
}

/// The ways a price file can be written.
///
/// A new one is added here, with its traits; beside its reader; and where the readers are made (``PriceFileReaders``).
package enum PriceFileFormat: String, Sendable, Equatable, CaseIterable, Codable {
    /// RFC 4180 with a header line.
    case csv
    /// JSON: an array of objects; a file whose first object stands on a line of its own is read as `jsonLines`.
    case json
    /// One JSON object a line.
    case jsonLines = "jsonl"
    /// The repeated element below the root; attributes and child elements are its columns.
    case xml
    /// Lines of text whose columns are told by their place in the line.
    case fixed
    /// A workbook of Excel 2007 and later: one of its sheets, read as CSV.
    case xlsx

    /// What is known of the format outside its reader.
    package var traits: FormatTraits {
        switch self {
        case .csv:
            FormatTraits(
                title: "CSV", endings: ["csv"], chunkBytes: 256 << 10, hasHeader: true, isByLine: true,
                trailer: .firstCell)
        case .json:
            FormatTraits(
                title: "JSON", endings: ["json"], chunkBytes: 512 << 10, mayBeOneLine: true, hasPaths: true,
                trailer: .member)
        case .jsonLines:
            FormatTraits(
                title: "JSON lines", endings: ["jsonl", "ndjson"], chunkBytes: 512 << 10, isByLine: true,
                hasPaths: true, trailer: .member)
        case .xml:
            FormatTraits(
                title: "XML", endings: ["xml"], chunkBytes: 512 << 10, declaresEncoding: true, hasRowElement: true,
                hasPaths: true)
        case .fixed:
            // No ending of a name is theirs: the rule says so.
            FormatTraits(
                title: "fixed columns", endings: [], chunkBytes: 256 << 10, hasHeader: true, isByLine: true,
                hasColumnsByPosition: true, trailer: .firstCell)
        case .xlsx:
            FormatTraits(
                title: "xlsx", endings: ["xlsx", "xlsm"], chunkBytes: 256 << 10, hasHeader: true, isByLine: true,
                isWorkbook: true, trailer: .firstCell)
        }
    }

    /// The format that a file's extension stands for (any case), or nil when it says nothing. What says how the file is packed
    /// (`.gz`) is not looked at.
    package init?(fileName: String) {
        let fileName = Packing.unpackedName(fileName)
        guard let dot = fileName.lastIndex(of: ".") else { return nil }
        let ending = fileName[fileName.index(after: dot)...].lowercased()
        guard let format = Self.allCases.first(where: { $0.traits.endings.contains(ending) }) else { return nil }
        self = format
    }
}

/// What the program knows of a format of price files outside the format's reader: nothing else asks which format it is.
package struct FormatTraits: Sendable, Equatable {
    /// What tells a trailer from the rows, and where it has its values.
    package enum Trailer: Sendable, Equatable {
        /// Its first cell holds the rule's `match`; its values have a cell's number.
        case firstCell
        /// It alone has the member that is the rule's `match`; its values have a member's name.
        case member
    }

    /// How a sentence names the format.
    package var title: String
    /// Endings of such files' names: small letters, without the dot.
    package var endings: [String]
    /// Bytes that are read at once: where every row says its columns' names, as many rows as of CSV take twice as many.
    package var chunkBytes: Int
    /// All columns are known before the first row: by a header, one text whose cells a delimiter parts, or by the rule.
    package var hasHeader = false
    /// Each row is one or more whole lines of its own, so a row ends in a line end.
    package var isByLine = false
    /// The whole file may stand on one line, which then tells no row's place.
    package var mayBeOneLine = false
    /// The file says by itself how its characters are encoded.
    package var declaresEncoding = false
    /// A container of parts, one of which is turned into lines of CSV in UTF-8 before anything reads it.
    package var isWorkbook = false
    /// The rule may name which elements are the rows.
    package var hasRowElement = false
    /// Values lie in each other: a column's name may be a path.
    package var hasPaths = false
    /// The rule says in which characters of a line each column stands.
    package var hasColumnsByPosition = false
    /// Nil: such files have no trailer.
    package var trailer: Trailer?
}

extension PriceFileFormat {
    /// What a file of text is taken for that begins with `<`, with a bracket of JSON, or with anything else.
    static let (withElements, withMembers, withLines) = (Self.xml, Self.json, Self.csv)

    /// The words for a file whose name tells none of these formats.
    package static var unknown: String {
        "the name's ending tells no format: \(list(allCases.flatMap(\.traits.endings), "or"))"
    }

    /// The words for a rule with a trailer whose format has none.
    static var withTrailerOnly: String {
        let (with, without) = (
            allCases.filter { $0.traits.trailer != nil }, allCases.filter { $0.traits.trailer == nil }
        )
        return "`trailer` goes with \(list(with.map(\.traits.title), "and")), "
            + "not with \(list(without.map(\.traits.title), "and"))"
    }

    /// Why a rule with other decimal marks is none for workbooks; the keys themselves are named around it.
    static let marksOfWorkbooks = "a workbook stores its numbers with a decimal point, however it shows them"

    /// The words for a rule with a trailer that tells no format.
    static var trailerNeedsFormat: String {
        let with = allCases.filter { $0.traits.trailer != nil }
        return
            "`trailer` needs a `format` (\(list(with.map(\.rawValue), "or"))): the ending of `match` does not tell it"
    }

    /// The words for a rule with a row's element whose format has none.
    static var withRowElementOnly: String {
        "`row_element` goes with \(list(allCases.filter(\.traits.hasRowElement).map { "`format: \($0.rawValue)`" }, "or")) only"
    }

    /// `a, b or c`.
    private static func list(_ words: [String], _ conjunction: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.joined() }
        return "\(words.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
    }
}

internal import CLibXML2

/// Why libxml2 cannot read on, in its own words.
struct XMLParserFault {
    private var code: Int
    private var line: Int
    private var column: Int
    private var words: String

    /// Characters of libxml2's own words: it may quote a name of any length.
    private static let wordsMax = 300

    /// - Parameter depth: Elements open now.
    init(_ error: xmlError, _ feed: XMLFeed, depth: Int) {
        let message = error.message.map { Self.wordsInSource(String(cString: $0), error, feed, depth) }
        let place = feed.place(of: error)
        code = Int(error.code)
        line = place.line
        column = place.column
        words = Self.singleLine(String((message ?? "no reason given").prefix(Self.wordsMax)))
    }

    /// The same in ours.
    var problem: FileProblem {
        if code == Int(XML_ERR_UNDECLARED_ENTITY.rawValue) {
            return FileProblem(
                reason: "unknown_entity", line: line, column: column,
                what: "The file uses an entity that XML does not have by itself: \(words).",
                hint: "Only &amp; &lt; &gt; &quot; &apos; and character references such as &#233; are read.")
        }
        return FileProblem(reason: "bad_xml", line: line, column: column, what: "The XML is broken: \(words).")
    }

    /// libxml2's words for an error, which also name the line of the start tag that an end tag does not fit.
    private static func wordsInSource(_ words: String, _ error: xmlError, _ feed: XMLFeed, _ depth: Int) -> String {
        guard error.code == Int32(bitPattern: XML_ERR_TAG_NAME_MISMATCH.rawValue) else { return words }
        // The root was begun before any row was kept from libxml2, a row and what lies in it after all that were.
        let line = depth > 1 ? feed.sourceLine(Int(error.int1)) : Int(error.int1)
        return words.replacing(" line \(error.int1) and ", with: " line \(line) and ", maxReplacements: 1)
    }

    private static func singleLine(_ message: String) -> String {
        var words = message.unicodeScalars.map { $0 == "\n" ? " " : $0 }
        while let last = words.last, last == " " || last == "." { words.removeLast() }
        var line = ""
        line.unicodeScalars.append(contentsOf: words)
        return line
    }
}

/// The words for what is wrong with XML, whoever reads its rows.
extension XMLFeed {
    func truncated(at end: TextPlace, root: String) -> FileProblem {
        FileProblem(
            reason: "truncated", line: end.line, column: end.column,
            what: root.isEmpty
                ? "The file ends before its root element is open."
                : "The file ends before its root element \(root) is closed.",
            hint: "The file may have been cut off; send it again.")
    }

    func tooLong(_ line: Int) -> FileProblem {
        FileProblem(
            reason: "row_too_long", line: line, what: "A row is longer than \(rowBytesMax) bytes.",
            hint: "Its element may not be closed, or the rows lie deeper than right below the root.")
    }

    /// libxml2 waits for the semicolon behind an `&`, however far the next one is.
    var loneAmpersand: FileProblem? {
        guard rest.first == UInt8(ascii: "&"), rest.contains(where: { $0 <= Byte.space || $0 == UInt8(ascii: "<") })
        else { return nil }
        return FileProblem(
            reason: "bad_xml", line: line, column: restColumn,
            what: "The XML is broken: the & that stands here begins no reference.", hint: "Write &amp; for it.")
    }

    /// What is wrong, at the end of a file, with the bytes that libxml2 has kept waiting for more: it would only find that there
    /// are no more. `root`: the root element's name; empty: it has none yet.
    func problemOfRest(root: String) -> FileProblem? {
        if let problem = loneAmpersand { return problem }
        guard root.isEmpty, let first = rest.first(where: { $0 > Byte.space }), first != UInt8(ascii: "<")
        else { return nil }
        return FileProblem(
            reason: "bad_xml", line: line, what: "The file is no XML: it does not begin with an element.")
    }

    var doctype: FileProblem {
        FileProblem(
            reason: "doctype", line: tag.line, column: tagColumn,
            what: "The file has a document type declaration (DOCTYPE), which is not read for safety.",
            hint: "Take the <!DOCTYPE ...> out of the file.")
    }

    func tooDeep(_ most: Int) -> FileProblem {
        FileProblem(
            reason: "too_deep", line: tag.line, column: tagColumn,
            what: "More than \(most) elements stand inside each other.",
            hint: "No price file is so deep: see where it comes from.")
    }

    var tooManyColumns: FileProblem {
        FileProblem(
            reason: "too_many_columns", line: tag.line, column: tagColumn,
            what: "The rows have more than \(ColumnTree.nodesMax) different element and attribute names.")
    }

    func mixedElements(_ first: String, _ other: String) -> FileProblem {
        FileProblem(
            reason: "mixed_elements", line: tag.line, column: tagColumn,
            what: "The root has children of different names: \(first) and \(other).",
            hint: "Name the one that is a row as `row_element` in the file's rule.")
    }

    var textBetweenRows: FileProblem {
        FileProblem(
            reason: "stray_text", line: line, what: "Text stands between the rows, outside of every row's element.")
    }

    static var empty: FileProblem {
        FileProblem(
            reason: "empty_file", what: "The file is empty: it holds no XML.",
            hint: "It must hold a root element with one element a row.")
    }
}

internal import CLibXML2

/// Reads XML: each child element of the root is a row; its attributes and child elements are the columns.
///
/// No DTD, no entities but the five, nothing from outside the file. Deeper elements become columns with dotted names. An
/// element that has attributes, but neither text nor children, has no value of its own. Attributes of XML's own namespace and
/// of XML Schema's for documents (`xsi`) are no columns; an element that such a one says is nil has the value null.
///
/// Copies share one parser; use one of them, and from one task at a time.
package struct XMLReader: PriceFileReader {
    package var columns: [Column] { parser.context.pointee.tree.columns }
    package var frame: RowFrame { parser.context.pointee.frame }
    package var rowCount: Int { parser.context.pointee.rowCount }

    private let parser: XMLParser

    /// - Parameters:
    ///   - rowElement: The local name of the row elements; other children of the root are skipped. Nil: all children of the
    ///     root are rows and must have the same name.
    ///   - usedColumns: The others may come twice in a row, or hold both text and elements. Nil: all columns are used.
    ///   - pieceBytes: Where a row is not plain, at least so many bytes go to libxml2 before rows are read without it again
    ///     (libxml2 judges what is broken better when it sees what follows). Nil: all bytes of the file go to it.
    package init(rowElement: String? = nil, usedColumns: UsedColumns? = nil, pieceBytes: Int? = 1 << 10) {
        parser = XMLParser(
            XMLRowContext(rowElement: rowElement, usedColumns: usedColumns), pieceBytes: pieceBytes)
    }

    /// See ``PriceFileReader``. Throws `empty_file`, `bad_xml`, `truncated`, `bad_byte`, `doctype`, `unknown_entity`,
    /// `too_deep`, `mixed_elements`, `stray_text`, `too_many_columns` and `row_too_long`.
    package mutating func read(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into batch: inout RowBatch
    ) throws(FileProblem) {
        batch.removeAll()
        try parser.read(chunk, isLast: isLast)
        parser.context.pointee.deliver(into: &batch)
    }
}

/// Owns libxml2's push parser and the context of its callbacks.
private final class XMLParser {
    let context: UnsafeMutablePointer<XMLRowContext>
    private let parser: xmlParserCtxtPtr?
    private var carry: [UInt8] = []
    private var place = TextPlace(countsCarriageReturns: false)
    private var isPastByteOrderMark = false
    private var isEmpty = true
    private let pieceBytes: Int?
    /// How often in succession no plain row stood where one could begin.
    private var misses = 0

    /// Smaller pieces keep libxml2's buffer in the cache.
    private static let pieceBytesMax = 32 << 10
    /// So much of a row that may be plain waits for more.
    private static let unfinishedMax = 64 << 10
    private static let library: Void = xmlInitParser()

    init(_ rows: XMLRowContext, pieceBytes: Int?) {
        _ = Self.library
        self.pieceBytes = pieceBytes
        context = .allocate(capacity: 1)
        context.initialize(to: rows)
        var handler = XMLRowContext.handler()
        parser = xmlCreatePushParserCtxt(&handler, context, nil, 0, nil)
        guard let parser else { return }
        // NOENT: without it, &amp; in an attribute would come out as &#38;. As no DTD is read, there is nothing else to replace.
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue | XML_PARSE_NOENT.rawValue
        xmlCtxtUseOptions(parser, Int32(bitPattern: options))
        xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8)
        context.pointee.feed.parser = parser
    }

    deinit {
        if let parser {
            // Frees the document, if there is one.
            xmlCtxtReset(parser)
            xmlFreeParserCtxt(parser)
        }
        context.pointee.free()
        context.deinitialize(count: 1)
        context.deallocate()
    }

    func read(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws(FileProblem) {
        guard carry.isEmpty && isPastByteOrderMark else {
            carry.append(contentsOf: chunk)
            let bytes = carry
            carry.removeAll(keepingCapacity: true)
            return try bytes.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
                try take(bytes, isLast: isLast)
            }
        }
        try take(
            UnsafeBufferPointer(start: chunk.bindMemory(to: UInt8.self).baseAddress, count: chunk.count), isLast: isLast
        )
    }

    private func take(_ text: UnsafeBufferPointer<UInt8>, isLast: Bool) throws(FileProblem) {
        var text = text
        if !isPastByteOrderMark {
            guard let hasMark = startsWithByteOrderMark(text, isLast: isLast) else {
                carry.append(contentsOf: text)
                return
            }
            isPastByteOrderMark = true
            if hasMark {
                context.pointee.feed.skip(byteOrderMark.count)
                text = UnsafeBufferPointer(rebasing: text[byteOrderMark.count...])
            }
        }
        // libxml2 takes half a character at a chunk's end for a broken one.
        let whole = text.count - (isLast ? 0 : unfinishedCharacter(text))
        let badByte = firstBadByte(UnsafeBufferPointer(rebasing: text[..<whole]))
        let sound = UnsafeBufferPointer(rebasing: text[..<(badByte ?? whole)])
        let taken = try feed(sound, keepsUnfinished: !isLast && badByte == nil)
        if let badByte {
            let (what, hint) = badByteWords(text, at: badByte)
            throw FileProblem(reason: "bad_byte", line: place.line, column: place.column, what: what, hint: hint)
        }
        carry.append(contentsOf: text[taken...])
        if isLast { try finish() }
    }

    /// Reads the text; returns how many of its bytes, all but an unfinished row that may turn out a plain one.
    private func feed(_ text: UnsafeBufferPointer<UInt8>, keepsUnfinished: Bool) throws(FileProblem) -> Int {
        guard let parser, let base = text.baseAddress, !text.isEmpty else { return 0 }
        if isEmpty { isEmpty = text.allSatisfy { $0 <= Byte.space } }
        var start = 0
        defer { place.advance(over: UnsafeBufferPointer(rebasing: text[..<start])) }
        while start < text.count {
            if pieceBytes != nil && context.pointee.isBetweenRows {
                let rows = context.pointee.takePlainRows(UnsafeBufferPointer(rebasing: text[start...]))
                start += rows.taken
                if start == text.count { break }
                if keepsUnfinished && rows.isUnfinished && text.count - start <= Self.unfinishedMax { break }
                misses = rows.taken > 0 ? 0 : misses + 1
            }
            let length = pieceLength(UnsafeBufferPointer(rebasing: text[start...]))
            let piece = UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self)
            context.pointee.feed.give(UnsafeBufferPointer(start: base + start, count: length))
            xmlParseChunk(parser, piece, Int32(length), 0)
            context.pointee.feed.hold()
            try context.pointee.check()
            start += length
        }
        return start
    }

    /// How many of these bytes libxml2 is to get at once: up to the end of a row, so that the next one may be read without it;
    /// the more, the less plain the rows have been.
    private func pieceLength(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        let most = min(text.count, Self.pieceBytesMax)
        guard let pieceBytes else { return most }
        var end = min(most, pieceBytes << min(misses, 8)) - 1
        while end < most {
            if text[end] == UInt8(ascii: ">") && context.pointee.mayEndRow(text, at: end) { return end + 1 }
            end += 1
        }
        return most
    }

    private func finish() throws(FileProblem) {
        guard let parser, !isEmpty else {
            throw XMLFeed.empty
        }
        try context.pointee.checkRest()
        xmlParseChunk(parser, nil, 0, 1)
        context.pointee.feed.hold()
        try context.pointee.check(endOfFile: place)
    }
}

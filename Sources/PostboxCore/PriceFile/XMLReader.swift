internal import CLibXML2

/// Reads XML: each child element of the root is a row; its attributes and child elements are the columns.
///
/// No DTD, no entities but the five, nothing from outside the file. Deeper elements become columns with dotted names. An
/// element that has attributes, but neither text nor children, has no value of its own.
///
/// Copies share one parser; use one of them, and from one task at a time.
package struct XMLReader: PriceFileReader {
    package var columns: [Column] { parser.context.pointee.tree.columns }
    package var frame: RowFrame { parser.context.pointee.frame }
    package var rowCount: Int { parser.context.pointee.rowCount }

    private let parser: XMLParser

    /// - Parameter rowElement: The local name of the row elements; other children of the root are skipped. Nil: all children
    ///   of the root are rows and must have the same name.
    package init(rowElement: String? = nil) {
        parser = XMLParser(rowElement: rowElement)
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

    /// Smaller pieces keep libxml2's buffer in the cache.
    private static let pieceBytes = 32 << 10
    private static let library: Void = xmlInitParser()

    init(rowElement: String?) {
        _ = Self.library
        context = .allocate(capacity: 1)
        context.initialize(to: XMLRowContext(rowElement: rowElement))
        var handler = XMLRowContext.handler()
        parser = xmlCreatePushParserCtxt(&handler, context, nil, 0, nil)
        guard let parser else { return }
        // NOENT: without it, &amp; in an attribute would come out as &#38;. As no DTD is read, there is nothing else to replace.
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue | XML_PARSE_NOENT.rawValue
        xmlCtxtUseOptions(parser, Int32(bitPattern: options))
        xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8)
        context.pointee.parser = parser
    }

    deinit {
        if let parser {
            if let document = parser.pointee.myDoc { xmlFreeDoc(document) }
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
                context.pointee.sourceStart = byteOrderMark.count
                text = UnsafeBufferPointer(rebasing: text[byteOrderMark.count...])
            }
        }
        if !isLast {
            // libxml2 takes half a character at a chunk's end for a broken one.
            let rest = unfinishedCharacter(text)
            carry.append(contentsOf: text[(text.count - rest)...])
            text = UnsafeBufferPointer(rebasing: text[..<(text.count - rest)])
        }
        let badByte = firstBadByte(text)
        try feed(UnsafeBufferPointer(rebasing: text[..<(badByte ?? text.count)]))
        if let badByte {
            throw FileProblem(
                reason: "bad_byte", line: place.line, column: place.column, what: badByteWords(text[badByte]),
                hint: badByteHint(text[badByte]))
        }
        if isLast { try finish() }
    }

    private func feed(_ text: UnsafeBufferPointer<UInt8>) throws(FileProblem) {
        guard let parser, let base = text.baseAddress, !text.isEmpty else { return }
        if isEmpty { isEmpty = text.allSatisfy { $0 <= Byte.space } }
        var start = 0
        while start < text.count {
            let length = min(text.count - start, Self.pieceBytes)
            let piece = UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self)
            xmlParseChunk(parser, piece, Int32(length), 0)
            try context.pointee.check()
            start += length
        }
        place.advance(over: text)
    }

    private func finish() throws(FileProblem) {
        guard let parser, !isEmpty else {
            throw FileProblem(
                reason: "empty_file", what: "The file is empty: it holds no XML.",
                hint: "It must hold a root element with one element a row.")
        }
        try context.pointee.checkRest()
        xmlParseChunk(parser, nil, 0, 1)
        try context.pointee.check(endOfFile: place)
    }
}

internal import CLibXML2

/// Owns libxml2's push parser and the context of its callbacks, for readers of whole XML documents.
final class XMLTreeParser {
    let context: UnsafeMutablePointer<XMLTreeContext>
    private let parser: xmlParserCtxtPtr?
    private var carry: [UInt8] = []
    private var place = TextPlace(countsCarriageReturns: false)
    private var isPastByteOrderMark = false
    private var isEmpty = true

    /// Smaller pieces keep libxml2's buffer in the cache.
    private static let pieceBytes = 32 << 10
    private static let library: Void = xmlInitParser()

    init(_ rows: XMLTreeContext) {
        _ = Self.library
        context = .allocate(capacity: 1)
        context.initialize(to: rows)
        var handler = XMLTreeContext.handler()
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
        context.deinitialize(count: 1)
        context.deallocate()
    }

    /// Gives libxml2 the next bytes of the file. Throws what is wrong with it.
    func read(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws(FileProblem) {
        carry.append(contentsOf: chunk)
        let bytes = carry
        carry.removeAll(keepingCapacity: true)
        try bytes.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
            try take(bytes, isLast: isLast)
        }
    }

    private func take(_ text: UnsafeBufferPointer<UInt8>, isLast: Bool) throws(FileProblem) {
        var text = text
        if !isPastByteOrderMark {
            guard let hasMark = startsWithByteOrderMark(text, isLast: isLast) else {
                return carry.append(contentsOf: text)
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
        try feed(UnsafeBufferPointer(rebasing: text[..<(badByte ?? whole)]))
        if let badByte {
            throw FileProblem(
                reason: "bad_byte", line: place.line, column: place.column, what: badByteWords(text[badByte]),
                hint: badByteHint(text[badByte]))
        }
        carry.append(contentsOf: text[whole...])
        if isLast { try finish() }
    }

    private func feed(_ text: UnsafeBufferPointer<UInt8>) throws(FileProblem) {
        guard let parser, let base = text.baseAddress, !text.isEmpty else { return }
        if isEmpty { isEmpty = text.allSatisfy { $0 <= Byte.space } }
        var start = 0
        while start < text.count {
            let length = min(text.count - start, Self.pieceBytes)
            let piece = UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self)
            context.pointee.feed.give(UnsafeBufferPointer(start: base + start, count: length))
            xmlParseChunk(parser, piece, Int32(length), 0)
            context.pointee.feed.hold()
            try context.pointee.check()
            start += length
        }
        place.advance(over: text)
    }

    private func finish() throws(FileProblem) {
        guard let parser, !isEmpty else { throw XMLFeed.empty }
        if let problem = context.pointee.feed.problemOfRest(root: context.pointee.rootName) { throw problem }
        xmlParseChunk(parser, nil, 0, 1)
        context.pointee.feed.hold()
        try context.pointee.check(endOfFile: place)
    }
}

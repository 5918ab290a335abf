internal import CLibXML2

/// Owns libxml2's push parser: no DTD, no entities but the five, nothing from outside of what it is given.
final class XMLPushParser {
    let parser: xmlParserCtxtPtr?

    private static let library: Void = xmlInitParser()

    /// - Parameters:
    ///   - handler: The callbacks, each of which gets `context`, which must outlive the parser.
    ///   - isUTF8: What it is given is UTF-8, whatever the document says of itself.
    init(_ handler: xmlSAXHandler, _ context: UnsafeMutableRawPointer, isUTF8: Bool) {
        _ = Self.library
        var handler = handler
        parser = xmlCreatePushParserCtxt(&handler, context, nil, 0, nil)
        guard let parser else { return }
        // NOENT: without it, &amp; in an attribute would come out as &#38;. As no DTD is read, there is nothing else to replace.
        var options = XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue
        if isUTF8 { options |= XML_PARSE_IGNORE_ENC.rawValue }
        xmlCtxtUseOptions(parser, Int32(bitPattern: options))
        if isUTF8 { xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8) }
    }

    deinit {
        guard let parser else { return }
        // Frees the document, if there is one.
        xmlCtxtReset(parser)
        xmlFreeParserCtxt(parser)
    }

    /// Parses the next bytes, which are less than 2 GB.
    func take(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
        let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress
        xmlParseChunk(parser, start, Int32(truncatingIfNeeded: bytes.count), isLast ? 1 : 0)
    }
}

extension xmlSAXHandler {
    /// The callbacks for elements and their text, CDATA too, for a document type, which nobody reads, and for faults.
    init(
        start: @escaping startElementNsSAX2Func, end: @escaping endElementNsSAX2Func,
        text: @escaping charactersSAXFunc, doctype: @escaping internalSubsetSAXFunc,
        fault: @escaping xmlStructuredErrorFunc
    ) {
        self.init()
        initialized = XML_SAX2_MAGIC
        startElementNs = start
        endElementNs = end
        characters = text
        ignorableWhitespace = text
        cdataBlock = text
        internalSubset = doctype
        serror = fault
    }
}

/// What takes a document's elements from libxml2's callbacks.
protocol XMLContext {
    var feed: XMLFeed { get set }
    /// The root element's name; empty: none was opened yet.
    var rootName: String { get }
    /// The callbacks, each of which gets a pointer to the context.
    static func handler() -> xmlSAXHandler

    /// Takes what it reads by itself of the text's beginning; how many bytes, and whether those behind are to wait for more.
    mutating func takeAhead(_ text: UnsafeBufferPointer<UInt8>, mayWait: Bool) -> (taken: Int, waits: Bool)
    /// How many of these bytes libxml2 is to get at once; at least one.
    func pieceLength(_ text: UnsafeBufferPointer<UInt8>) -> Int
    /// Throws what the callbacks found wrong. `endOfFile`: where the file ends, once it has.
    func check(endOfFile: TextPlace?) throws(FileProblem)
    func free()
}

/// Gives libxml2 a document's text, piece by piece, and owns the context of its callbacks.
final class XMLDocumentParser<Context: XMLContext> {
    let context: UnsafeMutablePointer<Context>
    private let push: XMLPushParser
    private var intake = XMLIntake()

    init(_ context: Context) {
        self.context = .allocate(capacity: 1)
        self.context.initialize(to: context)
        push = XMLPushParser(Context.handler(), self.context, isUTF8: true)
        self.context.pointee.feed.parser = push.parser
    }

    deinit {
        context.pointee.free()
        context.deinitialize(count: 1)
        context.deallocate()
    }

    /// Takes the next bytes of the file. Throws what is wrong with it.
    func read(_ chunk: UnsafeRawBufferPointer, isLast: Bool) throws(FileProblem) {
        try intake.take(chunk, isLast: isLast) { (piece) throws(FileProblem) in
            context.pointee.feed.skip(piece.skipped)
            context.pointee.feed.note(piece.badBytes)
            return try parse(piece.text, mayWait: piece.mayWait)
        }
        guard isLast else { return }
        guard push.parser != nil, !intake.isEmpty else { throw XMLFeed.empty }
        if let problem = context.pointee.feed.problemOfRest(root: context.pointee.rootName) {
            throw context.pointee.feed.cause(of: problem, behind: nil)
        }
        push.take(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
        context.pointee.feed.hold()
        try context.pointee.check(endOfFile: intake.place)
    }

    /// Returns how much of the text was taken: all but what is to wait.
    private func parse(_ text: UnsafeBufferPointer<UInt8>, mayWait: Bool) throws(FileProblem) -> Int {
        var start = 0
        while start < text.count {
            let ahead = context.pointee.takeAhead(UnsafeBufferPointer(rebasing: text[start...]), mayWait: mayWait)
            start += ahead.taken
            if ahead.waits || start == text.count { break }
            let rest = UnsafeBufferPointer(rebasing: text[start...])
            let length = XMLCut.length(in: rest, wanted: context.pointee.pieceLength(rest), mayWait: mayWait)
            if length == 0 { break }
            let piece = UnsafeBufferPointer(rebasing: rest[..<length])
            context.pointee.feed.give(piece)
            push.take(UnsafeRawBufferPointer(piece), isLast: false)
            context.pointee.feed.hold()
            try context.pointee.check(endOfFile: nil)
            start += piece.count
        }
        return start
    }
}

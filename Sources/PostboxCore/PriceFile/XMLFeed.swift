internal import CLibXML2

/// What libxml2 was given of a file, and where in the file it stands.
///
/// libxml2 says how many bytes it has taken, and which of its lines it is in. Plain rows are kept from it: what it says is put
/// right here by what was kept. Bytes that it was given and has not taken are held, as it shows them to nobody.
struct XMLFeed {
    var parser: xmlParserCtxtPtr?
    /// Bytes of the decoded source that libxml2 was not given: its byte order mark, and plain rows.
    private var kept = 0
    /// Lines of those.
    private var linesKept = 0
    /// Bytes that libxml2 was given.
    private(set) var given = 0

    /// So many of the given bytes it had taken after the last piece; those behind are known here, in `held` and then `piece`.
    private var start = 0
    /// The column there.
    private var startColumn = 1
    private var held: [UInt8] = []
    /// What it is being given; empty between two pieces.
    private var piece = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

    /// libxml2's line behind the bytes that were kept last, and what to add to its columns there.
    private var shiftedLine = 0
    private var shift = 0

    /// Bytes in the file that are no text, those behind the last row that ended: see ``XMLIntake``.
    private var badBytes: ArraySlice<XMLBadByte> = []

    /// Leaves out bytes that come before all others and begin no column.
    mutating func skip(_ count: Int) { kept += count }

    /// To be called before libxml2 gets a piece, which must stay until `hold`.
    mutating func give(_ piece: UnsafeBufferPointer<UInt8>) {
        self.piece = piece
        given += piece.count
    }

    /// To be called when libxml2 has done with a piece: holds what it has not taken.
    mutating func hold() {
        let taken = taken
        startColumn = column(at: taken)
        let rest = given - taken
        if rest <= piece.count {
            held.removeAll(keepingCapacity: true)
            held.append(contentsOf: piece.suffix(rest))
        } else {
            held.removeFirst(taken - start)
            held.append(contentsOf: piece)
        }
        start = taken
        piece = UnsafeBufferPointer(start: nil, count: 0)
    }

    /// Counts bytes as read that libxml2 is not given. To be called when it has taken all that it was given.
    ///
    /// - Parameter line: The source's line behind them.
    mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>, line: Int) {
        let lineStart = bytes.lastIndex(of: Byte.lineFeed).map { $0 + 1 }
        if lineStart != nil { startColumn = 1 }
        startColumn += characterCount(UnsafeBufferPointer(rebasing: bytes[(lineStart ?? 0)...]))
        kept += bytes.count
        shiftedLine = Int(xmlSAX2GetLineNumber(parser))
        linesKept = line - shiftedLine
        shift = startColumn - Int(xmlSAX2GetColumnNumber(parser))
    }

    // MARK: Bytes that are no text

    /// To be called before the text that has them is given or kept.
    mutating func note(_ badBytes: [XMLBadByte]) {
        if !badBytes.isEmpty { self.badBytes += badBytes }
    }

    /// Whether any is still to come, or in what was begun and has not ended.
    var hasBadBytes: Bool { !badBytes.isEmpty }

    /// The first one in front of this place of the decoded source.
    func badByte(before offset: Int) -> XMLBadByte? {
        badBytes.first.flatMap { $0.offset < offset ? $0 : nil }
    }

    /// The first one in front of that place; it and all others there are forgotten.
    mutating func takeBadByte(before offset: Int) -> XMLBadByte? {
        guard let first = badByte(before: offset) else { return nil }
        while let next = badBytes.first, next.offset < offset { badBytes.removeFirst() }
        return first
    }

    /// What is told of a fault: a byte that is no text, up to where it was found, may be why. `behind`: so much has come of what
    /// libxml2 is about to take. Nil: the file has ended.
    func cause(of fault: FileProblem, behind: Int? = 0) -> FileProblem {
        badByte(before: behind.map { offset + $0 + 1 } ?? .max)?.fileProblem ?? fault
    }

    /// The same of a fault of libxml2's own finding, whose columns are only nearly right; nil: no such byte is why.
    func cause(of error: xmlError) -> FileProblem? {
        let place = place(of: error)
        return badBytes.first.flatMap { ($0.line, $0.column) <= (place.line, place.column + 2) ? $0.fileProblem : nil }
    }

    // MARK: Where libxml2 stands

    /// Bytes that libxml2 has taken; one that was stopped says nothing of use.
    var taken: Int { min(max(xmlByteConsumed(parser), start), given) }

    /// As `taken`, in bytes of the decoded source.
    var offset: Int { kept + taken }

    /// As `offset`, with all that libxml2 was given.
    var endOffset: Int { kept + given }

    /// The line in the source.
    var line: Int { sourceLine(Int(xmlSAX2GetLineNumber(parser))) }

    /// The line in the source of one of libxml2's lines, if no more was kept from it since.
    func sourceLine(_ line: Int) -> Int { linesKept + line }

    /// What libxml2 waits with, between two pieces.
    var rest: [UInt8] { held }

    /// The column where that begins.
    var restColumn: Int { startColumn }

    /// Where in the source a fault is, of which libxml2 says the place: its own columns are only nearly right.
    func place(of error: xmlError) -> (line: Int, column: Int) {
        let column = Int(error.int2)
        let isShifted = column > 0 && Int(error.line) == shiftedLine
        return (sourceLine(Int(error.line)), isShifted ? column + shift : column)
    }

    /// Where the tag begins that libxml2 stands at the end of, in the source and by its line. No `<` can stand inside a tag, also
    /// not in an attribute.
    var tag: (offset: Int, line: Int) {
        let end = taken
        let at = tagStart(before: end)
        return (kept + at, line - count(at..<end) { $0.count(where: { $0 == Byte.lineFeed }) })
    }

    /// The column of that.
    var tagColumn: Int { column(at: tagStart(before: taken)) }

    private func tagStart(before end: Int) -> Int { last(UInt8(ascii: "<"), before: end) ?? start }

    private func column(at place: Int) -> Int {
        let lineStart = last(Byte.lineFeed, before: place).map { $0 + 1 }
        return (lineStart == nil ? startColumn : 1) + count((lineStart ?? start)..<place) { characterCount($0) }
    }

    // MARK: The bytes from `start` on

    private func last(_ byte: UInt8, before end: Int) -> Int? {
        var at = end - start
        while at > held.count {
            at -= 1
            if piece[at - held.count] == byte { return start + at }
        }
        return held[..<at].lastIndex(of: byte).map { start + $0 }
    }

    private func count(_ range: Range<Int>, _ count: (UnsafeBufferPointer<UInt8>) -> Int) -> Int {
        let (first, end, middle) = (range.lowerBound - start, range.upperBound - start, held.count)
        var total = 0
        if first < middle {
            total += held.withUnsafeBufferPointer {
                count(UnsafeBufferPointer(rebasing: $0[first..<min(end, middle)]))
            }
        }
        if end > middle {
            total += count(UnsafeBufferPointer(rebasing: piece[(max(first, middle) - middle)..<(end - middle)]))
        }
        return total
    }
}

/// The file's text as it comes, for readers of whole JSON documents: what is not done with stays for the next call, and a place
/// in it has its line, column and offset in the file.
struct JSONSource {
    /// Bytes of the file before the text.
    private(set) var offset = 0
    private var place = TextPlace(countsCarriageReturns: false)
    private var rest: [UInt8] = []
    /// Bytes of the byte order mark that the file begins with; nil: too few bytes came yet.
    private(set) var markBytes: Int?

    /// The line where the text begins.
    var line: Int { place.line }

    /// Makes the next text: what was left, and the chunk. Its first bytes, so many, are a byte order mark; nil: too few came yet.
    mutating func begin(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ text: inout [UInt8]
    ) -> Int? {
        text.append(contentsOf: rest)
        text.append(contentsOf: chunk)
        if let markBytes { return offset == 0 ? markBytes : 0 }
        guard let hasMark = text.withUnsafeBufferPointer({ startsWithByteOrderMark($0, isLast: isLast) }) else {
            return nil
        }
        markBytes = hasMark ? byteOrderMark.count : 0
        return markBytes
    }

    /// Keeps what is not done with.
    mutating func end(_ text: [UInt8], consumed: Int) {
        text.withUnsafeBufferPointer { place.advance(over: UnsafeBufferPointer(rebasing: $0[..<consumed])) }
        rest.removeAll(keepingCapacity: true)
        rest.append(contentsOf: text[consumed...])
        offset += consumed
    }

    func place(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> TextPlace {
        var place = place
        place.advance(over: UnsafeBufferPointer(rebasing: text[..<index]))
        return place
    }

    /// The words for a fault of the document. `isCutOff` is told as the end of the file.
    func problem(_ fault: JSONFault, _ text: UnsafeBufferPointer<UInt8>) -> FileProblem {
        switch fault {
        case .isCutOff:
            var problem = problem("truncated", text, at: text.count, what: "The file ends before its document does.")
            problem.hint = "The file may have been cut off; send it again."
            return problem
        case .syntax(let at, let what): return problem("bad_json", text, at: at, what: what)
        case .goesOn(let at):
            var problem = problem(
                "bad_json", text, at: at, what: "Something stands after the document's closing bracket.")
            problem.hint = Self.goesOnHint
            return problem
        case .isTooDeep(let at):
            var problem = problem(
                "too_deep", text, at: at,
                what: "More than \(JSONCursor.depthMax) objects and arrays stand inside each other.")
            problem.hint = "No price file is so deep: see where it comes from."
            return problem
        case .hasTooManyColumns(let at):
            return problem(
                "too_many_columns", text, at: at,
                what: "The rows have more than \(ColumnTree.nodesMax) different member names.")
        }
    }

    /// What to do about something behind the end of all rows.
    static let goesOnHint =
        "Two files may have been put together: write each as a file of its own, or remove what does not belong there."

    func problem(
        _ reason: String, _ text: UnsafeBufferPointer<UInt8>, at index: Int, what: String
    ) -> FileProblem {
        let at = place(text, at: index)
        return FileProblem(reason: reason, line: at.line, column: at.column, what: what)
    }

    /// Throws when what is waited for is longer than a row can be.
    func limit(_ length: Int, line: Int) throws(FileProblem) {
        guard length > rowBytesMax else { return }
        throw FileProblem(
            reason: "row_too_long", line: line, what: "A row or value is longer than \(rowBytesMax) bytes.",
            hint: "A quote or bracket in it may not be closed.")
    }

    /// Throws `bad_byte` when these bytes of the text hold one that is no UTF-8. `cleanEnd`: all before it is ASCII.
    func check(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, cleanEnd: Int) throws(FileProblem) {
        guard let bad = badByte(text, range, cleanEnd: cleanEnd) else { return }
        throw FileProblem(reason: bad.reason, line: bad.line, column: bad.column, what: bad.what, hint: bad.hint)
    }

    /// The first byte of these that is no UTF-8, as the problem of its row. `cleanEnd`: all before it is ASCII.
    @inline(__always)
    func badByte(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, cleanEnd: Int) -> RowProblem? {
        guard range.upperBound > cleanEnd,
            let bad = firstBadByte(UnsafeBufferPointer(rebasing: text[range]))
        else { return nil }
        let index = range.lowerBound + bad
        let (what, hint) = badByteWords(text, at: index)
        return rowProblem("bad_byte", text, at: index, what: what, hint: hint)
    }

    func rowProblem(
        _ reason: String, _ text: UnsafeBufferPointer<UInt8>, at index: Int, columnName: String? = nil, what: String,
        hint: String? = nil
    ) -> RowProblem {
        let at = place(text, at: index)
        return RowProblem(
            reason: reason, line: at.line, column: at.column, columnName: columnName, what: what, hint: hint)
    }

    var isEmpty: FileProblem {
        FileProblem(
            reason: "empty_file", what: "The file is empty: it holds no JSON.",
            hint: "It must hold an object or an array with the rows in it.")
    }
}

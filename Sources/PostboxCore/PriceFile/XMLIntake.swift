/// A document's text on its way to libxml2, which takes nothing that is no UTF-8: bytes that are none get letters in their place, and
/// are told, where a value must be what they stand in. The row that has one is rejected. Where it may be markup that they
/// damaged, nobody knows where a row ends, and the file is refused.
struct XMLIntake {
    /// What goes to libxml2 next.
    struct Piece {
        /// Bytes of a byte order mark before it.
        var skipped: Int
        var text: UnsafeBufferPointer<UInt8>
        /// In the text, in its order; of those between two tags the first alone.
        var badBytes: [XMLBadByte]
        /// More of the file comes, and the end of the text may wait for it.
        var mayWait: Bool
    }

    /// Where what was taken so far ends.
    private(set) var place = TextPlace(countsCarriageReturns: false)
    /// Nothing but white space was taken so far.
    private(set) var isEmpty = true
    private var offset = 0
    private var carry: [UInt8] = []
    private var isPastByteOrderMark = false
    private var surroundings = Surroundings.nothing
    /// A bad byte that came last, and the bracket that must be the next one.
    private var awaited: (bracket: UInt8, problem: FileProblem)?

    /// What stands around a byte of a document.
    private enum Surroundings {
        /// No tag was begun yet.
        case nothing
        case tag
        case content
        /// A comment, CDATA, or what is told to a program.
        case other
        /// The first byte behind a `<` will tell.
        case opened
    }

    private static let opening = UInt8(ascii: "<")
    private static let closing = UInt8(ascii: ">")

    /// Takes the next bytes of the file, and gives text to `body`, once at most, which returns how much of it was taken.
    /// Throws `bad_byte`, and what `body` throws.
    mutating func take(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, _ body: (Piece) throws(FileProblem) -> Int
    ) throws(FileProblem) {
        guard carry.isEmpty && isPastByteOrderMark else {
            carry.append(contentsOf: chunk)
            let bytes = carry
            carry.removeAll(keepingCapacity: true)
            return try bytes.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
                try take(bytes, isLast: isLast, body)
            }
        }
        let bytes = UnsafeBufferPointer(start: chunk.bindMemory(to: UInt8.self).baseAddress, count: chunk.count)
        try take(bytes, isLast: isLast, body)
    }

    private mutating func take(
        _ text: UnsafeBufferPointer<UInt8>, isLast: Bool, _ body: (Piece) throws(FileProblem) -> Int
    ) throws(FileProblem) {
        var (text, skipped) = (text, 0)
        if !isPastByteOrderMark {
            guard let hasMark = startsWithByteOrderMark(text, isLast: isLast) else {
                return carry.append(contentsOf: text)
            }
            isPastByteOrderMark = true
            if hasMark { skipped = byteOrderMark.count }
            offset = skipped
            text = UnsafeBufferPointer(rebasing: text[skipped...])
        }
        // libxml2 takes half a character at a chunk's end for a broken one.
        let whole = UnsafeBufferPointer(
            rebasing: text[..<(text.count - (isLast ? 0 : unfinishedCharacter(text)))])
        if isEmpty { isEmpty = whole.allSatisfy { $0 <= Byte.space } }
        if let awaited, let next = bracket(whole, from: 0) {
            self.awaited = nil
            guard whole[next] == awaited.bracket else { throw awaited.problem }
        }
        var taken = whole.count
        if let bad = firstBadByte(whole) {
            try mend(whole, from: bad, skipped: skipped, body)
        } else {
            taken = try body(Piece(skipped: skipped, text: whole, badBytes: [], mayWait: !isLast))
        }
        let done = UnsafeBufferPointer(rebasing: whole[..<taken])
        surroundings = surroundings(of: done.count, in: done)
        place.advance(over: done)
        offset += taken
        carry.append(contentsOf: text[taken...])
        if isLast, let awaited { throw awaited.problem }
    }

    // MARK: - Bytes that are no text

    /// Gives the text on with letters where it has bytes that are no UTF-8, from `first` on; up to one that may stand in
    /// markup, of which `bad_byte` is thrown.
    private mutating func mend(
        _ text: UnsafeBufferPointer<UInt8>, from first: Int, skipped: Int, _ body: (Piece) throws(FileProblem) -> Int
    ) throws(FileProblem) {
        var mended = Array(text)
        var found: [XMLBadByte] = []
        var doubt: (at: Int, problem: FileProblem)?
        var place = place
        var (placed, bad) = (0, first)
        while true {
            place.advance(over: UnsafeBufferPointer(rebasing: text[placed..<bad]))
            placed = bad
            let byte = XMLBadByte(text, at: bad, offset: offset + bad, place)
            let expected: UInt8? =
                switch surroundings(of: bad, in: text) {
                case .content: Self.opening
                case .tag: Self.closing
                case .nothing, .other, .opened: nil
                }
            let next = bracket(text, from: bad)
            guard let expected, next.map({ text[$0] == expected }) ?? true else {
                doubt = (bad, byte.fileProblem)
                break
            }
            if next == nil { awaited = (expected, byte.fileProblem) }
            found.append(byte)
            let end = next ?? text.count
            var at: Int? = bad
            while let index = at, index < end {
                let count = replace(text, index, &mended)
                at = firstBadByte(text, from: index + count)
            }
            guard let other = at else { break }
            bad = other
        }
        _ = try mended.withUnsafeBufferPointer { (mended) throws(FileProblem) in
            let sound = UnsafeBufferPointer(rebasing: mended[..<(doubt?.at ?? mended.count)])
            return try body(Piece(skipped: skipped, text: sound, badBytes: found, mayWait: false))
        }
        if let doubt { throw doubt.problem }
    }

    /// Puts a letter of the same length in the place of what is wrong there, and returns its length.
    private func replace(_ text: UnsafeBufferPointer<UInt8>, _ index: Int, _ mended: inout [UInt8]) -> Int {
        guard BadByteMark.byte(text, at: index) != nil else {
            mended[index] = UInt8(ascii: "X")
            return 1
        }
        for (place, byte) in UTF8.encodedReplacementCharacter.enumerated() { mended[index + place] = byte }
        return 3
    }

    private func bracket(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        text[start...].firstIndex { $0 == Self.opening || $0 == Self.closing }
    }

    /// What the byte there stands in.
    private func surroundings(of index: Int, in text: UnsafeBufferPointer<UInt8>) -> Surroundings {
        guard let last = text[..<index].lastIndex(where: { $0 == Self.opening || $0 == Self.closing }) else {
            guard case .opened = surroundings, index > 0 else { return surroundings }
            return behindOpening(text[0])
        }
        if text[last] == Self.closing { return .content }
        return last + 1 < index ? behindOpening(text[last + 1]) : .opened
    }

    private func behindOpening(_ byte: UInt8) -> Surroundings {
        byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?") ? .other : .tag
    }
}

/// A byte of a document that is no text of its encoding.
struct XMLBadByte {
    /// In the decoded source.
    let offset: Int
    let line: Int
    let column: Int
    private let byte: UInt8
    /// The file's own encoding does not have it.
    private let isMarked: Bool

    init(_ text: UnsafeBufferPointer<UInt8>, at index: Int, offset: Int, _ place: TextPlace) {
        self.offset = offset
        line = place.line
        column = place.column
        let marked = BadByteMark.byte(text, at: index)
        byte = marked ?? text[index]
        isMarked = marked != nil
    }

    var rowProblem: RowProblem {
        let (what, hint) = badByteWords(byte, isMarked: isMarked)
        return RowProblem(reason: "bad_byte", line: line, column: column, what: what, hint: hint)
    }

    var fileProblem: FileProblem {
        let (what, hint) = badByteWords(byte, isMarked: isMarked)
        return FileProblem(reason: "bad_byte", line: line, column: column, what: what, hint: hint)
    }
}

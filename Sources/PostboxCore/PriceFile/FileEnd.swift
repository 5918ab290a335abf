/// Keeps from a reader what ends a file and is no text of it: the Ctrl-Z (0x1A) that DOS programs write behind the last line,
/// and the NULs that stand where text was to come, when the disk was full or the writer got no further.
struct FileEnd: Sendable {
    /// Such bytes that came last, and may be the end.
    private var held: [UInt8] = []
    /// So many there were in all: no more than `heldMax` are kept.
    private var heldCount = 0
    private var nuls = 0
    /// The last two bytes before them.
    private var before: (UInt8, UInt8) = (UInt8.max, UInt8.max)

    private static let ctrlZ: UInt8 = 0x1A
    /// Bytes of a NUL in the file: two in UTF-16.
    var bytesOfNUL = 1
    /// The last NUL is only its first half.
    var isLastHalved = false

    /// So many NULs in the middle of a file are more than a row can have.
    private static let heldMax = rowBytesMax + 1

    /// Whether the last byte so far is a NUL.
    var isNUL: Bool { held.last == 0 }

    /// Hands text on, once, and says whether it is the file's last; what may be the file's end waits for more.
    ///
    /// Throws `padded_with_nuls` when the file ends in NULs and nothing is wrong before them, `row_too_long` when text follows
    /// more of such bytes than a row can have, and what `body` throws.
    mutating func pass(
        _ text: UnsafeRawBufferPointer, isLast: Bool,
        _ body: (UnsafeRawBufferPointer, Bool) throws(FileProblem) -> Void
    ) throws(FileProblem) {
        var end = text.count
        while end > 0, text[end - 1] == 0 || text[end - 1] == Self.ctrlZ { end -= 1 }
        var joined: [UInt8]?
        if end > 0, heldCount > 0 { joined = try released() + text[..<end] }
        if let joined {
            before = (joined[joined.count - 2], joined[joined.count - 1])
        } else if end > 0 {
            before = (end > 1 ? text[end - 2] : before.1, text[end - 1])
        }
        hold(UnsafeRawBufferPointer(rebasing: text[end...]))
        if isLast, isHalfOfLastCharacter {
            let half = try released()
            joined = (joined ?? Array(text[..<end])) + half
        }

        let isPadded = isLast && nuls > 0
        if let joined {
            try joined.withUnsafeBufferPointer { (joined) throws(FileProblem) in
                try body(UnsafeRawBufferPointer(joined), isLast && !isPadded)
            }
        } else {
            try body(UnsafeRawBufferPointer(rebasing: text[..<end]), isLast && !isPadded)
        }
        if isPadded { throw paddedWithNULs }
    }

    /// Whether the one NUL at the end may be half of a character of UTF-16, as there is another two bytes before it: the
    /// reader has words for that.
    private var isHalfOfLastCharacter: Bool { heldCount == 1 && nuls == 1 && before.0 == 0 }

    private mutating func hold(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        held.append(contentsOf: bytes.prefix(Self.heldMax - held.count))
        heldCount += bytes.count
        nuls += bytes.count(where: { $0 == 0 })
    }

    /// What was held back, once it has turned out not to be the end.
    private mutating func released() throws(FileProblem) -> [UInt8] {
        guard heldCount <= rowBytesMax else {
            throw FileProblem(
                reason: "row_too_long", what: "A row is longer than \(rowBytesMax) bytes.",
                hint: "So many NUL or Ctrl-Z bytes stand in the middle of the file: it may be damaged, send it again.")
        }
        defer { (held, heldCount, nuls) = ([], 0, 0) }
        return held
    }

    private var paddedWithNULs: FileProblem {
        let bytes = nuls * bytesOfNUL - (isLastHalved ? 1 : 0)
        return FileProblem(
            reason: "padded_with_nuls",
            what:
                "The file ends in \(Plural.word(bytes, "a NUL byte", "\(bytes) NUL bytes")), where more text was to come.",
            hint: "Its writer did not get to the end, or its disk was full: send the whole file again.")
    }
}

internal import Glibc

/// Where a text may be cut for libxml2.
///
/// A comment that begins with `<!-->` or `<!--->` is one as any other: it goes on to the next `-->`. libxml2 waits for the end of
/// a comment before it reads it, but takes the beginning of such a one for an end, and then finds none. So it gets it whole.
enum XMLCut {
    /// How many bytes from the text's beginning libxml2 may get: as many as are wanted, more, or fewer where the rest is to wait for
    /// what comes behind it.
    ///
    /// - Parameters:
    ///   - wanted: at least one.
    ///   - mayWait: More of the file comes.
    static func length(in text: UnsafeBufferPointer<UInt8>, wanted: Int, mayWait: Bool) -> Int {
        guard let start = doubtfulComment(in: text, before: wanted) else { return wanted }
        if let end = endOfComment(in: text, from: start + 4) { return max(wanted, end) }
        // One longer than a row is not waited for.
        return mayWait && text.count - start <= rowBytesMax ? start : wanted
    }

    /// Where the last such comment begins, or what may be the beginning of one that the text ends in. It need not be a comment: within
    /// another one, or in CDATA, it is none, and does no harm.
    private static func doubtfulComment(in text: UnsafeBufferPointer<UInt8>, before end: Int) -> Int? {
        var last: Int?
        var at = 0
        while let mark = find(UInt8(ascii: "!"), in: text, from: at), mark <= end {
            at = mark + 1
            guard mark > 0, text[mark - 1] == UInt8(ascii: "<") else { continue }
            let behind = text[at...].prefix(4)
            if behind.starts(with: "-->".utf8) || behind.elementsEqual("--->".utf8) { last = mark - 1 }
        }
        for count in 1...5 where count <= text.count && text.count - count < end {
            if text.suffix(count).elementsEqual("<!---".utf8.prefix(count)) { last = text.count - count }
        }
        return last
    }

    /// Where the first `-->` from there on ends.
    private static func endOfComment(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var at = start
        while let mark = find(UInt8(ascii: ">"), in: text, from: at) {
            at = mark + 1
            if mark - 2 >= start, text[mark - 1] == UInt8(ascii: "-"), text[mark - 2] == UInt8(ascii: "-") { return at }
        }
        return nil
    }

    private static func find(_ byte: UInt8, in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let base = text.baseAddress, start < text.count,
            let found = memchr(base + start, Int32(byte), text.count - start)
        else { return nil }
        return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
    }
}

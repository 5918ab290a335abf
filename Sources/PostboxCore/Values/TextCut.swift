/// Counts and parts a text by what people call a character: a letter with its marks, a flag, a joined emoji is one (Unicode's
/// extended grapheme clusters).
enum TextCut {
    /// Bytes of the first `count` characters, or of the whole text where it has no more.
    static func bytes(ofFirst count: Int, in text: Span<UInt8>) -> Int {
        guard count < text.count else { return text.count }
        guard count > 0 else { return 0 }
        if isPlain(text) { return count }
        let string = string(text)
        guard let end = string.index(string.startIndex, offsetBy: count, limitedBy: string.endIndex) else {
            return text.count
        }
        return string.utf8.distance(from: string.startIndex, to: end)
    }

    /// Bytes of so many of the first characters as take no more than `most` bytes.
    static func bytes(within most: Int, of text: Span<UInt8>) -> Int {
        guard most < text.count else { return text.count }
        guard most > 0 else { return 0 }
        if isPlain(text) { return most }
        var kept = 0
        for character in string(text) {
            let count = character.utf8.count
            guard kept + count <= most else { break }
            kept += count
        }
        return kept
    }

    /// Bytes of the last `count` characters, or of the whole text where it has no more.
    static func bytes(ofLast count: Int, in text: Span<UInt8>) -> Int {
        guard count < text.count else { return text.count }
        guard count > 0 else { return 0 }
        if isPlain(text) { return count }
        let string = string(text)
        guard let start = string.index(string.endIndex, offsetBy: -count, limitedBy: string.startIndex) else {
            return text.count
        }
        return string.utf8.distance(from: start, to: string.endIndex)
    }

    /// How many characters a text has.
    static func count(_ text: Span<UInt8>) -> Int {
        isPlain(text) ? text.count : string(text).count
    }

    /// Whether each byte is a character: ASCII, where only a CR and its LF are one.
    private static func isPlain(_ text: Span<UInt8>) -> Bool {
        for index in text.indices where text[index] >= 0x80 || text[index] == 0x0D { return false }
        return true
    }

    static func string(_ text: Span<UInt8>) -> String {
        text.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}

extension [UInt8] {
    /// Appends the bytes of a span.
    mutating func append(_ text: Span<UInt8>) {
        text.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}

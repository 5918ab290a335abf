/// What goes at both ends of a text.
enum TextEnds {
    /// What is left of a text without the blanks at its ends: white space of Unicode, so also no-break blanks and line ends.
    static func trimmed(_ text: Span<UInt8>) -> Range<Int> {
        var start = 0
        var end = text.count
        // Most texts begin and end with what is no blank at a look.
        if end > 0, isNoBlank(text[0]), isNoBlank(text[end - 1]) { return 0..<end }
        while start < end {
            let length = blankLength(text, at: start)
            guard length > 0 else { break }
            start += length
        }
        while end > start {
            // A blank of several bytes begins at the only byte before it that is no continuation.
            var first = end - 1
            while first > start, end - first < 3, text[first] & 0xC0 == 0x80 { first -= 1 }
            guard blankLength(text, at: first) == end - first else { break }
            end = first
        }
        return start..<end
    }

    @inline(__always)
    static func isNoBlank(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x80 }

    /// Bytes of the blank at that place; 0: there is none.
    private static func blankLength(_ text: Span<UInt8>, at index: Int) -> Int {
        let first = text[index]
        if first < 0x80 { return first == 0x20 || first >= 0x09 && first <= 0x0D ? 1 : 0 }
        guard index + 1 < text.count else { return 0 }
        let second = text[index + 1]
        // NEL and the no-break blank.
        if first == 0xC2 { return second == 0xA0 || second == 0x85 ? 2 : 0 }
        guard index + 2 < text.count else { return 0 }
        let third = text[index + 2]
        let isBlank =
            switch (first, second) {
            case (0xE1, 0x9A): third == 0x80
            // U+2000 to U+200A, line and paragraph separators, the narrow no-break blank.
            case (0xE2, 0x80): third >= 0x80 && third <= 0x8A || third == 0xA8 || third == 0xA9 || third == 0xAF
            case (0xE2, 0x81): third == 0x9F
            // The blank as wide as a Chinese character.
            case (0xE3, 0x80): third == 0x80
            default: false
            }
        return isBlank ? 3 : 0
    }
}

/// Characters that go at both ends of a text: `strip: "AB%"`.
struct Stripper: Sendable {
    private let characters: [[UInt8]]

    init(_ characters: String) {
        self.characters = characters.unicodeScalars.map { Array(String($0).utf8) }
    }

    /// What is left of the text.
    func stripped(_ text: Span<UInt8>) -> Range<Int> {
        var start = 0
        var end = text.count
        while let length = length(text, start, end, atEnd: false) { start += length }
        while let length = length(text, start, end, atEnd: true) { end -= length }
        return start..<end
    }

    private func length(_ text: Span<UInt8>, _ start: Int, _ end: Int, atEnd: Bool) -> Int? {
        for character in characters {
            let count = character.count
            guard count <= end - start else { continue }
            let place = atEnd ? end - count : start
            var isEqual = true
            for index in 0..<count where text[place + index] != character[index] {
                isEqual = false
                break
            }
            if isEqual { return count }
        }
        return nil
    }
}

/// Texts that mean that there is no value: `nulls`. Both they and a value are compared without the blanks at their ends.
struct NullTexts: Sendable {
    /// Which bytes one of them, or a blank in front of it, may begin with.
    struct Firsts: Sendable {
        /// A bit for each byte of ASCII: the first 64, and the others.
        private var low: UInt64 = 0
        private var high: UInt64 = 0

        fileprivate mutating func insert(_ byte: UInt8) {
            guard byte < 0x80 else { return }
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte & 63) }
        }

        @inline(__always)
        func mayBegin(with byte: UInt8) -> Bool {
            !TextEnds.isNoBlank(byte) || (byte < 64 ? low : high) &>> UInt64(byte & 63) & 1 == 1
        }
    }

    private let texts: [[UInt8]]
    let firsts: Firsts

    init(_ texts: [String]) {
        var firsts = Firsts()
        self.texts = texts.map {
            let bytes = Array($0.utf8)
            let text = Array(bytes[TextEnds.trimmed(bytes.span)])
            if let first = text.first { firsts.insert(first) }
            return text
        }
        self.firsts = firsts
    }

    func contains(_ value: Span<UInt8>) -> Bool {
        if value.count > 0, !firsts.mayBegin(with: value[0]) { return false }
        let range = TextEnds.trimmed(value)
        for text in texts where text.count == range.count {
            var index = 0
            while index < text.count, text[index] == value[range.lowerBound + index] { index += 1 }
            if index == text.count { return true }
        }
        return false
    }
}

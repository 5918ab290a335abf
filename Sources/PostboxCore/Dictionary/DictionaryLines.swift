/// The lines of a dictionary's file that say something, piece by piece. Remarks begin with `!`; among them are tags.
struct DictionaryLines {
    let part: DictionaryPart
    private let bytes: [UInt8]
    /// Of the line at hand, from 1.
    private(set) var number = 0
    /// By name: what `!tag NAME VALUE` says, the first where a tag comes again.
    private(set) var tags: [String: String] = [:]
    private var at = 0
    /// Where the line at hand ends.
    private var end = 0
    private var next = 0

    init(_ part: DictionaryPart, _ bytes: [UInt8]) {
        self.part = part
        self.bytes = bytes
    }

    /// Goes on to the next line that says something; false: there is none. Throws `DictionaryFault` for a file that ends within a line.
    mutating func advance() throws(DictionaryFault) -> Bool {
        while next < bytes.count {
            at = next
            number += 1
            end = at
            while end < bytes.count, bytes[end] != Byte.lineFeed { end += 1 }
            let isEnded = end < bytes.count
            next = end + 1
            if end > at, bytes[end - 1] == Byte.carriageReturn { end -= 1 }
            skipBlanks()
            guard at < end else { continue }
            guard bytes[at] != UInt8(ascii: "!") else {
                takeTag()
                continue
            }
            guard isEnded else { throw fault("the file ends within this line: it may have been cut off") }
            return true
        }
        return false
    }

    func fault(_ what: String) -> DictionaryFault { DictionaryFault(part, line: number, what) }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func piece(_ range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

    /// Whether the next word is a whole number. Some acronyms begin with a digit: 52WK_HIGH.
    var isAtNumber: Bool {
        var index = at
        while index < end, bytes[index] &- UInt8(ascii: "0") <= 9 { index += 1 }
        return index > at && (index == end || isBlank(bytes[index]))
    }

    /// Whether nothing is left of the line.
    var isAtEnd: Bool { at >= end }

    /// What is left of the line.
    var rest: Range<Int> { at..<end }

    /// The next word, up to a blank. Throws `DictionaryFault` when the line has no more.
    mutating func word(_ what: String) throws(DictionaryFault) -> Range<Int> {
        let start = at
        while at < end, !isBlank(bytes[at]) { at += 1 }
        guard at > start else { throw fault("the line has no \(what)") }
        defer { skipBlanks() }
        return start..<at
    }

    /// The next word as a whole number. Throws `DictionaryFault` for another or none.
    mutating func number(_ what: String, _ allowed: ClosedRange<Int>) throws(DictionaryFault) -> Int {
        let word = try word(what)
        var digits = word
        let isNegative = bytes[word.lowerBound] == UInt8(ascii: "-")
        if isNegative { digits = word.lowerBound + 1..<word.upperBound }
        var value = 0
        var isNumber = !digits.isEmpty && digits.count <= 9
        if isNumber {
            for index in digits {
                let digit = bytes[index] &- UInt8(ascii: "0")
                if digit > 9 { isNumber = false }
                value = value &* 10 &+ Int(digit)
            }
        }
        if isNegative { value = -value }
        guard isNumber, allowed.contains(value) else {
            throw fault(
                "the \(what) is \(shown(bytes[word].span)), which is no whole number from \(allowed.lowerBound) to "
                    + "\(allowed.upperBound)")
        }
        return value
    }

    /// The next piece between two of these signs. Throws `DictionaryFault` where there is none.
    mutating func enclosed(_ what: String, by sign: UInt8) throws(DictionaryFault) -> Range<Int> {
        guard at < end, bytes[at] == sign else {
            throw fault("the \(what) does not stand between two \(Character(Unicode.Scalar(sign)))")
        }
        let start = at + 1
        var close = start
        while close < end, bytes[close] != sign { close += 1 }
        guard close < end else { throw fault("the \(what) is not ended by \(Character(Unicode.Scalar(sign)))") }
        at = close + 1
        guard at >= end || isBlank(bytes[at]) else { throw fault("there is no blank behind the \(what)") }
        skipBlanks()
        return start..<close
    }

    /// The next piece is this sign, which is passed over.
    mutating func skip(_ sign: UInt8) -> Bool {
        guard at < end, bytes[at] == sign else { return false }
        at += 1
        skipBlanks()
        return true
    }

    var isAtHash: Bool { at < end && bytes[at] == UInt8(ascii: "#") }

    private mutating func skipBlanks() {
        while at < end, isBlank(bytes[at]) { at += 1 }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == Byte.space || byte == Byte.tab }

    private mutating func takeTag() {
        let words = text(at..<end).split(maxSplits: 2, whereSeparator: \.isWhitespace)
        guard words.count == 3, words[0] == "!tag" else { return }
        let value = words[2].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        tags[String(words[1]), default: value] += ""
    }
}

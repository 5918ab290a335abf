/// Why a JSON text cannot be read on.
enum JSONFault: Error {
    /// The text ends before the value does.
    case isCutOff
    /// It breaks RFC 8259 at this byte.
    case syntax(at: Int, what: String)
    /// Something stands behind the document.
    case goesOn(at: Int)
    /// More than `JSONCursor.depthMax` objects and arrays stand inside each other.
    case isTooDeep(at: Int)
    /// More member names than `ColumnTree.nodesMax`.
    case hasTooManyColumns(at: Int)
}

/// A place in a JSON text, and the steps that RFC 8259's grammar allows from it.
struct JSONCursor {
    /// Objects and arrays inside each other, the row's object included.
    static let depthMax = 32

    let bytes: UnsafePointer<UInt8>
    let count: Int
    var at: Int
    /// Line ends passed over. They can only stand between values.
    var line: Int

    init(_ bytes: UnsafePointer<UInt8>, count: Int, at: Int, line: Int) {
        self.bytes = bytes
        self.count = count
        self.at = at
        self.line = line
    }

    /// The byte here, once white space is passed over; nil at the end of the text.
    @inline(__always)
    mutating func nextByte() -> UInt8? {
        while at < count {
            let byte = bytes[at]
            if byte > Byte.space { return byte }
            switch byte {
            case Byte.lineFeed: line &+= 1
            case Byte.space, Byte.tab, Byte.carriageReturn: break
            default: return byte
            }
            at &+= 1
        }
        return nil
    }

    /// As `nextByte`, where the text must not end yet.
    @inline(__always)
    mutating func neededByte() throws(JSONFault) -> UInt8 {
        guard let byte = nextByte() else { throw .isCutOff }
        return byte
    }

    /// Passes a string, from its opening quote on, and tells whether it holds escapes. Its content lies between the quotes.
    @inline(__always)
    mutating func passString() throws(JSONFault) -> (start: Int, length: Int, hasEscapes: Bool) {
        let start = at &+ 1
        var index = start
        var hasEscapes = false
        while true {
            while index &+ 8 <= count {
                let word = UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let stops = Self.stringStops(word)
                index &+= stops.trailingZeroBitCount >> 3
                if stops != 0 { break }
            }
            while index < count, bytes[index] != Byte.quote, bytes[index] != Byte.backslash, bytes[index] >= Byte.space
            {
                index &+= 1
            }
            guard index < count else { throw .isCutOff }
            switch bytes[index] {
            case Byte.quote:
                at = index &+ 1
                return (start, index &- start, hasEscapes)
            case Byte.backslash:
                hasEscapes = true
                index = try endOfEscape(index)
            default:
                throw .syntax(
                    at: index,
                    what: "A control character (\(hexByte(bytes[index]))) stands inside a text; it must be escaped.")
            }
        }
    }

    /// The high bit of each byte that may be a quote, a backslash or a control character; only the lowest one counts.
    @inline(__always)
    private static func stringStops(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(Byte.quote))
        let backslashes = word ^ (ones &* UInt64(Byte.backslash))
        let found =
            ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
            | ((word &- ones &* UInt64(Byte.space)) & ~word)
        return found & 0x8080_8080_8080_8080
    }

    private func endOfEscape(_ backslash: Int) throws(JSONFault) -> Int {
        guard backslash + 1 < count else { throw .isCutOff }
        switch bytes[backslash + 1] {
        case UInt8(ascii: "u"):
            for index in (backslash + 2)..<(backslash + 6) {
                guard index < count else { throw .isCutOff }
                guard hexDigit(bytes[index]) != nil else {
                    throw .syntax(at: index, what: "An escape \\u needs four hexadecimal digits.")
                }
            }
            return backslash + 6
        case Byte.quote, Byte.backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return backslash + 2
        default:
            throw .syntax(at: backslash, what: "A backslash stands before a character that cannot be escaped.")
        }
    }

    /// Passes a number as prices are mostly written, without sign and exponent, eight bytes at once; false: it is one of another
    /// kind, or none, and the cursor stays.
    @inline(__always)
    mutating func passPlainNumber() -> Bool {
        guard at &+ 8 < count else { return false }
        let word = UInt64(
            littleEndian: UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: at, as: UInt64.self))
        // The high bit of each byte that is no digit. Only behind one that is no ASCII may a bit be wrong.
        let others = ((word ^ repeated(0x30)) &+ repeated(0x76) | word) & repeated(0x80)
        let whole = others.trailingZeroBitCount &>> 3
        guard whole > 0, whole < 8, whole == 1 || UInt8(truncatingIfNeeded: word) != UInt8(ascii: "0") else {
            return false
        }
        var end = whole
        if bytes[at &+ whole] == UInt8(ascii: ".") {
            end = (others & (others &- 1)).trailingZeroBitCount &>> 3
            guard end > whole &+ 1 else { return false }
            while end > 7, at &+ end < count, bytes[at &+ end] &- UInt8(ascii: "0") < 10 { end &+= 1 }
        }
        guard at &+ end < count, bytes[at &+ end] | 0x20 != UInt8(ascii: "e") else { return false }
        at &+= end
        return true
    }

    /// Passes a number.
    @inline(__always)
    mutating func passNumber() throws(JSONFault) {
        var index = at
        if bytes[index] == UInt8(ascii: "-") { index &+= 1 }
        let whole = try passDigits(&index)
        let wholeStart = index &- whole
        if whole > 1 && bytes[wholeStart] == UInt8(ascii: "0") {
            throw .syntax(at: wholeStart, what: "A number must not begin with a superfluous zero.")
        }
        if index < count && bytes[index] == UInt8(ascii: ".") {
            index &+= 1
            _ = try passDigits(&index)
        }
        if index < count && bytes[index] | 0x20 == UInt8(ascii: "e") {
            index &+= 1
            if index < count && (bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")) { index &+= 1 }
            _ = try passDigits(&index)
        }
        at = index
    }

    @inline(__always)
    private func passDigits(_ index: inout Int) throws(JSONFault) -> Int {
        let start = index
        while index < count && bytes[index] &- UInt8(ascii: "0") < 10 { index &+= 1 }
        if index == start {
            guard index < count else { throw .isCutOff }
            throw .syntax(at: index, what: "A digit is missing in a number.")
        }
        return index &- start
    }

    /// Passes exactly this word.
    mutating func passWord(_ word: StaticString) throws(JSONFault) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard at + offset < count else { throw .isCutOff }
            guard bytes[at + offset] == word.utf8Start[offset] else { throw unexpected() }
        }
        at += word.utf8CodeUnitCount
    }

    /// What passes as a value beside objects, arrays and strings.
    @inline(__always)
    mutating func passScalar(_ first: UInt8) throws(JSONFault) -> RowBatch.Kind {
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            try passNumber()
            return .number
        case UInt8(ascii: "-"):
            guard at + 1 < count else { throw .isCutOff }
            if bytes[at + 1] == UInt8(ascii: "I") {
                try passWord("-Infinity")
                return .plain
            }
            try passNumber()
            return .number
        case UInt8(ascii: "t"):
            try passWord("true")
            return .bool
        case UInt8(ascii: "f"):
            try passWord("false")
            return .bool
        case UInt8(ascii: "n"):
            try passWord("null")
            return .null
        case UInt8(ascii: "N"):
            try passWord("NaN")
            return .plain
        case UInt8(ascii: "I"):
            try passWord("Infinity")
            return .plain
        default: throw unexpected()
        }
    }

    /// Passes a value of any kind, `depth` objects and arrays deep.
    mutating func passValue(depth: Int) throws(JSONFault) {
        let first = try neededByte()
        switch first {
        case Byte.quote: _ = try passString()
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            if depth >= Self.depthMax { throw .isTooDeep(at: at) }
            let isObject = first == UInt8(ascii: "{")
            let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
            at += 1
            if try neededByte() == close {
                at += 1
                return
            }
            while true {
                if isObject {
                    _ = try passName()
                    _ = try neededByte()
                }
                try passValue(depth: depth + 1)
                if try passSeparator(orClose: close) { return }
                _ = try neededByte()
            }
        default: _ = try passScalar(first)
        }
    }

    /// Passes a member's name and its colon.
    @inline(__always)
    mutating func passName() throws(JSONFault) -> (start: Int, length: Int, hasEscapes: Bool) {
        guard try neededByte() == Byte.quote else {
            throw .syntax(at: at, what: "A member's name in double quotes is missing.")
        }
        let name = try passString()
        guard try neededByte() == UInt8(ascii: ":") else {
            throw .syntax(at: at, what: "A colon is missing after a member's name.")
        }
        at &+= 1
        return name
    }

    /// Passes a comma (false) or the closing bracket (true).
    @inline(__always)
    mutating func passSeparator(orClose close: UInt8) throws(JSONFault) -> Bool {
        let byte = try neededByte()
        guard byte == close || byte == UInt8(ascii: ",") else {
            throw .syntax(at: at, what: "A comma or the closing \(Character(UnicodeScalar(close))) is missing.")
        }
        at &+= 1
        return byte == close
    }

    /// The fault that the byte here cannot begin a value.
    func unexpected() -> JSONFault {
        let byte = bytes[at]
        let isVisible = byte > Byte.space && byte < 0x7F
        return .syntax(
            at: at,
            what: "\(isVisible ? "The character \(Character(UnicodeScalar(byte)))" : "The byte \(hexByte(byte))")"
                + " cannot stand here.")
    }
}

/// The value of a hexadecimal digit; nil when it is none.
func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
}

/// The text that the content of a JSON string stands for, with U+FFFD for what is no character. The content must have passed
/// `JSONCursor.passString`, which tells `hasEscapes`.
func textOfJSON(_ content: UnsafeBufferPointer<UInt8>, hasEscapes: Bool) -> [UInt8] {
    guard hasEscapes else { return Array(content) }
    var text: [UInt8] = []
    _ = appendUnescaped(content, to: &text)
    return text
}

/// Appends the text that the content of a JSON string stands for; false when it holds what is no character of a text: half a surrogate
/// pair, in whose place comes U+FFFD, or `\u0000`, which ends texts elsewhere. The content must have passed `JSONCursor.passString`.
func appendUnescaped(_ content: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) -> Bool {
    var isWhole = true
    var index = 0
    while index < content.count {
        let byte = content[index]
        guard byte == Byte.backslash else {
            output.append(byte)
            index += 1
            continue
        }
        let escaped = content[index + 1]
        index += 2
        switch escaped {
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "n"): output.append(Byte.lineFeed)
        case UInt8(ascii: "r"): output.append(Byte.carriageReturn)
        case UInt8(ascii: "t"): output.append(Byte.tab)
        case UInt8(ascii: "u"):
            var code = codeUnit(content, at: index)
            index += 4
            if (0xD800...0xDBFF).contains(code), index + 6 <= content.count, content[index] == Byte.backslash,
                content[index + 1] == UInt8(ascii: "u")
            {
                let low = codeUnit(content, at: index + 2)
                if (0xDC00...0xDFFF).contains(low) {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                    index += 6
                }
            }
            let scalar = UnicodeScalar(code)
            if scalar == nil || code == 0 { isWhole = false }
            output.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
        default: output.append(escaped)
        }
    }
    return isWhole
}

private func codeUnit(_ content: UnsafeBufferPointer<UInt8>, at start: Int) -> UInt32 {
    content[start..<start + 4].reduce(0) { code, byte in code << 4 | (hexDigit(byte) ?? 0) }
}

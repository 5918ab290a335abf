/// Bytes that price files are made of.
enum Byte {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let semicolon: UInt8 = 0x3B
    static let backslash: UInt8 = 0x5C
}

/// The byte order mark U+FEFF as UTF-8.
let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

/// Whether these bytes, a file's first ones, begin with a byte order mark; nil while too few have come to tell.
func startsWithByteOrderMark(_ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool) -> Bool? {
    for (index, byte) in byteOrderMark.enumerated() {
        guard index < bytes.count else { return isLast ? false : nil }
        guard bytes[index] == byte else { return false }
    }
    return true
}

/// Index of the first byte that is NUL or no ASCII; the count when there is none.
func firstUnusualByte(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    let raw = UnsafeRawPointer(base)
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var index = start
    while index &+ 32 <= bytes.count {
        let a = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let b = raw.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self)
        let c = raw.loadUnaligned(fromByteOffset: index &+ 16, as: UInt64.self)
        let d = raw.loadUnaligned(fromByteOffset: index &+ 24, as: UInt64.self)
        // For ASCII bytes, subtracting one sets the high bit exactly when a byte was NUL.
        let found = (a | (a &- ones)) | (b | (b &- ones)) | (c | (c &- ones)) | (d | (d &- ones))
        guard found & highs == 0 else { break }
        index &+= 32
    }
    while index < bytes.count, base[index] < 0x80, base[index] != 0 { index &+= 1 }
    return index
}

/// Index of the first byte that is NUL or stands where valid UTF-8 cannot have it; nil when there is none.
///
/// A character cut off at the end is reported at its first byte.
func firstBadByte(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Int? {
    var index = start
    while true {
        index = firstUnusualByte(bytes, from: index)
        guard index < bytes.count else { return nil }
        let length = utf8CharacterLength(bytes, at: index)
        guard length > 0 else { return index }
        index &+= length
    }
}

/// Bytes of the character (not ASCII) that starts at `index`; 0 when it is none, or is cut off.
private func utf8CharacterLength(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    let first = bytes[index]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0:
        length = 3
        second = 0xA0...0xBF
    case 0xED:
        length = 3
        second = 0x80...0x9F
    case 0xE1...0xEF: length = 3
    case 0xF0:
        length = 4
        second = 0x90...0xBF
    case 0xF4:
        length = 4
        second = 0x80...0x8F
    case 0xF1...0xF3: length = 4
    default: return 0
    }
    guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return 0 }
    for next in (index + 2)..<(index + max(length, 2)) where bytes[next] & 0xC0 != 0x80 { return 0 }
    return length
}

/// Bytes at the end that begin a UTF-8 character without finishing it (0 to 3).
func unfinishedCharacter(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    for back in 1...3 where back <= bytes.count {
        let byte = bytes[bytes.count - back]
        if byte & 0xC0 == 0x80 { continue }
        let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
        return length > back ? back : 0
    }
    return 0
}

/// A place in a text: line, and character in that line, both from 1.
struct TextPlace: Equatable {
    var line = 1
    var column = 1
    private let countsCarriageReturns: Bool
    private var isAfterCarriageReturn = false

    /// - Parameter countsCarriageReturns: Whether CR ends a line as LF and CRLF do; else only LF does.
    init(line: Int = 1, countsCarriageReturns: Bool) {
        self.line = line
        self.countsCarriageReturns = countsCarriageReturns
    }

    /// Moves past these bytes of UTF-8 text.
    mutating func advance(over bytes: UnsafeBufferPointer<UInt8>) {
        guard let last = bytes.last else { return }
        var lineStart = -1
        var lines = 0
        if countsCarriageReturns {
            var before: UInt8 = isAfterCarriageReturn ? Byte.carriageReturn : 0
            for index in 0..<bytes.count {
                let byte = bytes[index]
                if byte == Byte.carriageReturn || (byte == Byte.lineFeed && before != Byte.carriageReturn) {
                    lines &+= 1
                }
                if byte == Byte.carriageReturn || byte == Byte.lineFeed { lineStart = index &+ 1 }
                before = byte
            }
            isAfterCarriageReturn = last == Byte.carriageReturn
        } else {
            lines = count(of: Byte.lineFeed, in: bytes)
            if lines > 0 { lineStart = (bytes.lastIndex(of: Byte.lineFeed) ?? -1) + 1 }
        }
        line += lines
        if lineStart >= 0 { column = 1 }
        column += characterCount(UnsafeBufferPointer(rebasing: bytes[max(lineStart, 0)...]))
    }
}

/// How often a byte occurs.
private func count(of wanted: UInt8, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    let raw = UnsafeRawPointer(base)
    let pattern = repeated(wanted)
    var total = 0
    var index = 0
    while index &+ 8 <= bytes.count {
        // A counter a byte, which must not overflow.
        let end = min(bytes.count, index &+ 255 * 8)
        var counters: UInt64 = 0
        while index &+ 8 <= end {
            let others = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ pattern
            counters &+= (~nonzeroBytes(others) & repeated(0x80)) &>> 7
            index &+= 8
        }
        let pairs = (counters & 0x00FF_00FF_00FF_00FF) &+ (counters &>> 8 & 0x00FF_00FF_00FF_00FF)
        total &+= Int(truncatingIfNeeded: (pairs &* 0x0001_0001_0001_0001) &>> 48)
    }
    while index < bytes.count {
        total &+= base[index] == wanted ? 1 : 0
        index &+= 1
    }
    return total
}

/// Characters (code points) that these bytes of UTF-8 begin; a byte order mark counts as none.
func characterCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    for byte in bytes { count &+= byte & 0xC0 == 0x80 ? 0 : 1 }
    if startsWithByteOrderMark(bytes, isLast: true) == true { count -= 1 }
    return count
}

/// A byte as people write it: `0xE9`.
func hexByte(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count < 2 ? "0x0\(digits)" : "0x\(digits)"
}

/// What is wrong at that place of a text, and what to do about it: no UTF-8, or a byte that the file's own encoding does not have.
func badByteWords(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (what: String, hint: String) {
    let marked = BadByteMark.byte(text, at: index)
    return badByteWords(marked ?? text[index], isMarked: marked != nil)
}

/// The same of a byte; `isMarked`: the file's own encoding does not have it.
func badByteWords(_ byte: UInt8, isMarked: Bool) -> (what: String, hint: String) {
    if isMarked {
        return (
            "The byte \(hexByte(byte)) stands for no character in the file's encoding here.",
            "Check `encoding:` in the file's rule, or the encoding that the file itself names."
        )
    }
    guard byte != 0 else {
        return (
            "The byte 0x00 (NUL) cannot be part of a text.",
            "The file may be UTF-16 (set `encoding: utf-16`) or damaged."
        )
    }
    return (
        "The byte \(hexByte(byte)) is not valid UTF-8 here.",
        "Set `encoding:` in the file's rule (latin1, cp1252, utf-16 or another one) when the file is not written in UTF-8."
    )
}

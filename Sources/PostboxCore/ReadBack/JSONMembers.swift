/// The members of a JSON object where they lie, one after the other: for texts of which a tree would cost more than what is looked
/// for in them.
struct JSONMembers {
    /// A member, as its bytes stand there.
    struct Member {
        /// Between its quotes, escapes as they are.
        var name: UnsafeRawBufferPointer
        /// The literal, with the quotes of a text.
        var value: UnsafeRawBufferPointer
    }

    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    /// What was looked at so far is no JSON object; nothing more comes of it.
    private(set) var isBroken = false

    /// The members of the object that the bytes are; nil: they do not begin like one.
    init?(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        skipBlanks()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "{") else { return nil }
        at += 1
    }

    /// The next member; nil: there is none, or what comes is no JSON.
    mutating func next() -> Member? {
        guard !isBroken else { return nil }
        skipBlanks()
        if at < bytes.count, bytes[at] == UInt8(ascii: ",") {
            at += 1
            skipBlanks()
        }
        guard at < bytes.count, bytes[at] != UInt8(ascii: "}") else {
            isBroken = at >= bytes.count
            return nil
        }
        let nameStart = at + 1
        guard bytes[at] == Byte.quote, skipValue() else { return broken() }
        let name = UnsafeRawBufferPointer(rebasing: bytes[nameStart..<at - 1])
        skipBlanks()
        guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { return broken() }
        at += 1
        skipBlanks()
        let start = at
        guard skipValue(), at > start else { return broken() }
        return Member(name: name, value: UnsafeRawBufferPointer(rebasing: bytes[start..<at]))
    }

    private mutating func broken() -> Member? {
        isBroken = true
        return nil
    }

    private mutating func skipBlanks() {
        while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
    }

    /// Goes behind the value that begins here. False: it does not end.
    private mutating func skipValue() -> Bool {
        guard at < bytes.count else { return false }
        switch bytes[at] {
        case Byte.quote: return skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var depth = 0
            while at < bytes.count {
                switch bytes[at] {
                case Byte.quote:
                    guard skipString() else { return false }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                at += 1
                if depth == 0 { return true }
            }
            return false
        default:
            while at < bytes.count, bytes[at] > 0x20, bytes[at] != UInt8(ascii: ","), bytes[at] != UInt8(ascii: "}"),
                bytes[at] != UInt8(ascii: "]")
            {
                at += 1
            }
            return true
        }
    }

    /// Goes behind the text whose opening quote is here. False: it does not end.
    private mutating func skipString() -> Bool {
        at += 1
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == Byte.quote { return true }
            if byte == Byte.backslash { at += 1 }
        }
        return false
    }
}

/// Whether bytes are these.
func matches(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where bytes[index] != word.utf8Start[index] { return false }
    return true
}

/// Whether two pieces have the same bytes.
func matches(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    guard one.count == other.count else { return false }
    for index in 0..<one.count where one[index] != other[index] { return false }
    return true
}

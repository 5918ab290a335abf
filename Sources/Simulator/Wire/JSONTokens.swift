/// One token of a JSON text: what it is, where its bytes stand, and where the next token after its content is.
struct JSONToken {
    /// What the tokenizer tells apart; numbers, `true`, `false` and `null` are all primitives.
    enum Kind: String {
        case object = "OBJECT"
        case array = "ARRAY"
        case string = "STRING"
        case primitive = "PRIMITIVE"
    }

    let kind: Kind
    /// Offset of the first byte; of a string, the byte after its opening quote.
    let start: Int
    /// Offset behind the last byte; of a string, its closing quote.
    var end: Int
    /// Index of the first token that is not inside this one.
    var next: Int
}

/// A JSON text cut into tokens as tolerantly as the converter of a real server does it, and no more tolerantly.
///
/// The server's tokenizer takes commas and colons for blanks, so that missing and superfluous ones pass, and looks only at
/// the first byte of a primitive, so that `01`, `1.` and `1e` pass and `NaN`, `+1` and `.5` do not
/// (What servers do §2.4, last rows of the table).
struct JSONTokens {
    /// The text is no JSON, even to this tokenizer. The server answers it with a Close frame (What servers do §2.4).
    struct Broken: Error {}

    let bytes: [UInt8]
    private(set) var tokens: [JSONToken] = []

    init(_ bytes: [UInt8]) throws(Broken) {
        self.bytes = bytes
        tokens.reserveCapacity(bytes.count / 8 + 8)
        try cut()
    }

    private mutating func cut() throws(Broken) {
        var open: [Int] = []
        var at = 0
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open.append(tokens.count)
                let kind: JSONToken.Kind = bytes[at] == UInt8(ascii: "{") ? .object : .array
                tokens.append(JSONToken(kind: kind, start: at, end: at, next: 0))
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                let kind: JSONToken.Kind = bytes[at] == UInt8(ascii: "}") ? .object : .array
                guard let container = open.popLast(), tokens[container].kind == kind else { throw Broken() }
                at += 1
                tokens[container].end = at
                tokens[container].next = tokens.count
            case UInt8(ascii: "\""):
                at = try string(from: at + 1) + 1
            case UInt8(ascii: " "), 9, 10, 13, UInt8(ascii: ","), UInt8(ascii: ":"):
                at += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "t"), UInt8(ascii: "f"),
                UInt8(ascii: "n"):
                at = try primitive(from: at)
            default:
                throw Broken()
            }
        }
        guard open.isEmpty else { throw Broken() }
    }

    /// Adds the string whose first byte stands at `start`; returns the offset of its closing quote.
    private mutating func string(from start: Int) throws(Broken) -> Int {
        var at = start
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                tokens.append(JSONToken(kind: .string, start: start, end: at, next: tokens.count + 1))
                return at
            case UInt8(ascii: "\\"):
                guard at + 1 < bytes.count else { throw Broken() }
                switch bytes[at + 1] {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
                    UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                    at += 2
                case UInt8(ascii: "u"):
                    guard at + 6 <= bytes.count, bytes[(at + 2)..<(at + 6)].allSatisfy({ hexDigit($0) != nil }) else {
                        throw Broken()
                    }
                    at += 6
                default:
                    throw Broken()
                }
            default:
                at += 1
            }
        }
        throw Broken()
    }

    /// Adds the primitive that begins at `start`; returns the offset behind it.
    private mutating func primitive(from start: Int) throws(Broken) -> Int {
        var at = start
        loop: while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: " "), 9, 10, 13, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "]"),
                UInt8(ascii: "}"):
                break loop
            case 33...126:
                at += 1
            default:
                throw Broken()
            }
        }
        tokens.append(JSONToken(kind: .primitive, start: start, end: at, next: tokens.count + 1))
        return at
    }

    /// The bytes of a token as they stand in the text: of a string, what is between its quotes, escapes and all.
    func raw(_ index: Int) -> ArraySlice<UInt8> {
        bytes[tokens[index].start..<tokens[index].end]
    }

    /// The same as text.
    func text(_ index: Int) -> String {
        String(decoding: raw(index), as: UTF8.self)
    }

    /// Whether the token's bytes are exactly these: names are compared unescaped and case-sensitively
    /// (What servers do §2.4).
    func isExactly(_ index: Int, _ name: StaticString) -> Bool {
        let token = tokens[index]
        guard token.end - token.start == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { bytes[token.start..<token.end].elementsEqual($0) }
    }

    /// Indices of the tokens directly inside a container.
    func children(of index: Int) -> [Int] {
        var found: [Int] = []
        var child = index + 1
        while child < tokens[index].next {
            found.append(child)
            child = tokens[child].next
        }
        return found
    }

    /// Indices of the outermost tokens: more than one where a frame holds several messages without an array.
    var roots: [Int] {
        var found: [Int] = []
        var root = 0
        while root < tokens.count {
            found.append(root)
            root = tokens[root].next
        }
        return found
    }

    /// Index of the value of the last member with this name: of duplicate members, the last wins
    /// (What servers do §2.2).
    func member(_ name: StaticString, of object: Int) -> Int? {
        guard tokens[object].kind == .object else { return nil }
        var found: Int?
        var key = object + 1
        while key < tokens[object].next {
            let value = tokens[key].next
            guard value < tokens[object].next else { break }
            if tokens[key].kind == .string, isExactly(key, name) { found = value }
            key = tokens[value].next
        }
        return found
    }
}

func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
}

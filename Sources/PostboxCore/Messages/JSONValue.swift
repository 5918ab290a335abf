/// A JSON text as a tree: for the few messages that are no Acks. Acks are scanned where they lie.
package indirect enum JSONValue: Sendable, Equatable {
    case object([(key: String, value: JSONValue)])
    case array([JSONValue])
    case string(String)
    /// The literal.
    case number(String)
    case bool(Bool)
    case null

    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.object(let a), .object(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value == $1.value }
        case (.array(let a), .array(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        case (.null, .null): true
        default: false
        }
    }

    /// The member of that name; the last one counts when it stands twice.
    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    /// All members of that name, in order: where it stands twice, the two may differ.
    package func members(_ key: String) -> [JSONValue] {
        guard case .object(let members) = self else { return [] }
        return members.filter { $0.key == key }.map(\.value)
    }

    /// The names of an object's members, in order.
    package var keys: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.key)
    }

    /// The values of an array; none of anything else.
    package var items: [JSONValue] {
        if case .array(let items) = self { items } else { [] }
    }

    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A whole number, or text made of one: servers differ in this.
    package var integer: Int? {
        switch self {
        case .number(let literal): Int(literal)
        case .string(let text): Int(text)
        default: nil
        }
    }

    package var flag: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    /// A text, or a number's literal: what a name-or-number member holds.
    package var word: String? {
        switch self {
        case .string(let text): text
        case .number(let literal): literal
        default: nil
        }
    }

    /// Parses one JSON text. Bytes that are no UTF-8 become U+FFFD (The wire §1: a client should tolerate them).
    /// nil: it is not JSON, nests deeper than 64 levels, or has more than a million values.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> JSONValue? {
        var parser = JSONTreeParser(bytes: bytes)
        guard let value = parser.value(depth: 0) else { return nil }
        parser.skipBlanks()
        return parser.at == bytes.count ? value : nil
    }

    package static func parse(_ text: String) -> JSONValue? {
        Array(text.utf8).withUnsafeBytes { parse($0) }
    }
}

private struct JSONTreeParser {
    let bytes: UnsafeRawBufferPointer
    var at = 0

    private static let depthMax = 64
    /// A value takes far more memory than its two bytes of text.
    private var left = 1 << 20

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func skipBlanks() {
        while at < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[at]) { at += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    mutating func value(depth: Int) -> JSONValue? {
        guard depth < Self.depthMax, left > 0 else { return nil }
        left -= 1
        skipBlanks()
        guard at < bytes.count else { return nil }
        switch bytes[at] {
        case UInt8(ascii: "{"):
            at += 1
            var members: [(key: String, value: JSONValue)] = []
            if take(UInt8(ascii: "}")) { return .object(members) }
            repeat {
                skipBlanks()
                guard let key = string(), take(UInt8(ascii: ":")), let item = value(depth: depth + 1) else {
                    return nil
                }
                members.append((key, item))
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "}")) ? .object(members) : nil
        case UInt8(ascii: "["):
            at += 1
            var items: [JSONValue] = []
            if take(UInt8(ascii: "]")) { return .array(items) }
            repeat {
                guard let item = value(depth: depth + 1) else { return nil }
                items.append(item)
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "]")) ? .array(items) : nil
        case UInt8(ascii: "\""):
            return string().map(JSONValue.string)
        default:
            let start = at
            while at < bytes.count, !",]} \t\r\n".utf8.contains(bytes[at]) { at += 1 }
            let word = String(decoding: bytes[start..<at], as: UTF8.self)
            switch word {
            case "true": return .bool(true)
            case "false": return .bool(false)
            case "null": return .null
            default:
                guard let first = word.utf8.first, first == 0x2d || (0x30...0x39).contains(first) else { return nil }
                return .number(word)
            }
        }
    }

    mutating func string() -> String? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
        at += 1
        var out: [UInt8] = []
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                return String(decoding: out, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard at < bytes.count else { return nil }
                let escape = bytes[at]
                at += 1
                switch escape {
                case UInt8(ascii: "n"): out.append(0x0a)
                case UInt8(ascii: "t"): out.append(0x09)
                case UInt8(ascii: "r"): out.append(0x0d)
                case UInt8(ascii: "b"): out.append(0x08)
                case UInt8(ascii: "f"): out.append(0x0c)
                case UInt8(ascii: "u"):
                    guard let scalar = unicodeEscape() else { return nil }
                    out.append(contentsOf: Array(String(Character(scalar)).utf8))
                default: out.append(escape)
                }
            default:
                out.append(byte)
            }
        }
        return nil
    }

    private mutating func unicodeEscape() -> Unicode.Scalar? {
        guard let high = hex4() else { return nil }
        if (0xd800..<0xdc00).contains(high), at + 6 <= bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u")
        {
            let mark = at
            at += 2
            if let low = hex4(), (0xdc00..<0xe000).contains(low) {
                return Unicode.Scalar(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            }
            at = mark
        }
        return Unicode.Scalar(high) ?? "\u{fffd}"
    }

    private mutating func hex4() -> UInt32? {
        guard at + 4 <= bytes.count else { return nil }
        let digits = String(decoding: bytes[at..<at + 4], as: UTF8.self)
        at += 4
        return UInt32(digits, radix: 16)
    }
}

import Foundation

/// JSON strings as the server's converter takes them.
enum TextValue {
    /// An RMTES string: its length is not checked, and `null` and the empty string are blanks (observed.md §2.5).
    static func stored(_ literal: FieldLiteral) throws(ConversionError) -> String {
        guard literal.kind == .string else { throw literal.wrongToken(expected: .string) }
        guard let bytes = unescaped(literal.bytes) else { throw literal.unexpected }
        return bytes.isEmpty ? "null" : JSONText.literal(readBack(bytes))
    }

    /// Takes the escapes out of a JSON string; nil for a `\uXXXX` of 0x80 or above, which the converter cannot hold
    /// although the character itself as raw UTF-8 passes (observed.md §2.5).
    static func unescaped(_ raw: ArraySlice<UInt8>) -> [UInt8]? {
        guard raw.contains(UInt8(ascii: "\\")) else { return Array(raw) }
        var bytes: [UInt8] = []
        var at = raw.startIndex
        while at < raw.endIndex {
            guard raw[at] == UInt8(ascii: "\\"), at + 1 < raw.endIndex else {
                bytes.append(raw[at])
                at += 1
                continue
            }
            switch raw[at + 1] {
            case UInt8(ascii: "b"): bytes.append(8)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "f"): bytes.append(12)
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "u"):
                let value = raw[(at + 2)..<(at + 6)].reduce(UInt32(0)) { $0 << 4 | (hexDigit($1) ?? 0) }
                guard value < 0x80 else { return nil }
                bytes.append(UInt8(value))
                at += 4
            default: bytes.append(raw[at + 1])
            }
            at += 2
        }
        return bytes
    }

    /// What an RMTES string reads back as: single bytes in the default set, until ESC % 0 turns to UTF-8.
    private static func readBack(_ bytes: [UInt8]) -> String {
        guard let turn = bytes.firstRange(of: [0x1B, 0x25, 0x30]) else { return defaultSet(bytes) }
        return defaultSet(bytes[..<turn.lowerBound]) + String(decoding: bytes[turn.upperBound...], as: UTF8.self)
    }

    private static func defaultSet(_ bytes: some Sequence<UInt8>) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}

import Foundation

/// JSON strings as the server's converter takes them.
enum TextValue {
    /// An RMTES string: its length is not checked, and the empty string is a blank (What servers do §2.5).
    static func stored(_ literal: FieldLiteral) throws(ConversionError) -> String {
        let text = readBack(try content(of: literal))
        return text.isEmpty ? "null" : JSONText.literal(text)
    }

    /// An ASCII string: bytes as they came, UTF-8 too, and ESC % 0 means nothing in it (What servers do §2.9).
    static func storedASCII(_ literal: FieldLiteral) throws(ConversionError) -> String {
        let bytes = try content(of: literal)
        return bytes.isEmpty ? "null" : JSONText.literal(String(decoding: bytes, as: UTF8.self))
    }

    /// A BUFFER, which is written in base64.
    static func storedBase64(_ literal: FieldLiteral) throws(ConversionError) -> String {
        let text = String(decoding: try content(of: literal), as: UTF8.self)
        guard Data(base64Encoded: text) != nil else { throw literal.unexpected }
        return text.isEmpty ? "null" : JSONText.literal(text)
    }

    private static func content(of literal: FieldLiteral) throws(ConversionError) -> [UInt8] {
        guard literal.kind == .string else { throw literal.wrongToken(expected: .string) }
        guard let bytes = unescaped(literal.bytes) else { throw literal.unexpected }
        return bytes
    }

    /// Takes the escapes out of a JSON string; nil for a `\uXXXX` of 0x80 or above, which the converter cannot hold
    /// although the character itself as raw UTF-8 passes (What servers do §2.5).
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

    /// What an RMTES string reads back as: single bytes in the default set, until ESC % 0 turns to UTF-8. Any other ESC is a
    /// sequence that is not understood, and the whole text reads back blank (What servers do §2.9).
    private static func readBack(_ bytes: [UInt8]) -> String {
        let parts = bytes.split(separator: turnToUTF8)
        guard !parts.contains(where: { $0.contains(0x1B) }) else { return "" }
        if bytes.starts(with: turnToUTF8) { return String(decoding: Array(parts.joined()), as: UTF8.self) }
        return defaultSet(parts.first ?? []) + String(decoding: Array(parts.dropFirst().joined()), as: UTF8.self)
    }

    private static let turnToUTF8: [UInt8] = [0x1B, 0x25, 0x30]

    /// Single bytes of the default set, each the character of its number. NUL, SO, SI and DEL come out as other characters;
    /// which ones was not noted, so a replacement character stands for each. The server's output takes a backslash before
    /// a backslash or a quote for one that escapes it, so that the reader sees one fewer (What servers do §2.9).
    private static func defaultSet(_ bytes: some Collection<UInt8>) -> String {
        // Most texts have none of it.
        if bytes.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        var text = String.UnicodeScalarView()
        var afterBackslash = false
        for byte in bytes {
            if afterBackslash {
                afterBackslash = false
                if byte != UInt8(ascii: "\\"), byte != UInt8(ascii: "\"") { text.append("\\") }
            } else if byte == UInt8(ascii: "\\") {
                afterBackslash = true
                continue
            }
            switch byte {
            case 0x00, 0x0E, 0x0F, 0x7F: text.append("\u{FFFD}")
            default: text.append(Unicode.Scalar(byte))
            }
        }
        if afterBackslash { text.append("\\") }
        return String(text)
    }
}

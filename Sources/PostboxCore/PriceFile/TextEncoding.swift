/// How a price file's bytes stand for text, as a rule says it.
package enum TextEncoding: Sendable, Equatable {
    case utf8
    case latin1
    case cp1252
    case utf16
    /// One of iconv's, by its name in small letters: `windows-1251`, `shift_jis`.
    case named(String)
}

extension TextEncoding: RawRepresentable {
    package var rawValue: String {
        switch self {
        case .utf8: "utf-8"
        case .latin1: "latin1"
        case .cp1252: "cp1252"
        case .utf16: "utf-16"
        case .named(let name): name
        }
    }

    /// Any text is a name: whether iconv knows it shows when a file is read.
    package init(rawValue: String) {
        switch rawValue {
        case "utf-8": self = .utf8
        case "latin1": self = .latin1
        case "cp1252": self = .cp1252
        case "utf-16": self = .utf16
        default: self = .named(rawValue)
        }
    }
}

// As its raw value: ledgers of older versions have one of the first four.
extension TextEncoding: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension TextEncoding {
    /// Reads a name as people write it, in any case. Throws for one that iconv does not know, or that text cannot be written back
    /// in piece by piece.
    package init(parsing text: String) throws(SettingsMistake) {
        let name = text.lowercased()
        switch name {
        case "utf-8", "utf8", "us-ascii", "ascii": self = .utf8
        case "latin1", "latin-1", "iso-8859-1", "iso8859-1", "iso_8859-1": self = .latin1
        case "cp1252", "windows-1252": self = .cp1252
        case "utf-16", "utf16": self = .utf16
        default:
            guard Iconv.isKnown(name) else {
                let nearest = NearestWord.of(name, in: Self.usual).map { "; the nearest is `\($0)`" } ?? ""
                throw SettingsMistake(
                    "an encoding that iconv knows, such as \(Self.usual.prefix(6).joined(separator: ", "))\(nearest)")
            }
            self = .named(name)
        }
    }

    /// Names that price files have been seen in; iconv knows some hundreds more.
    private static let usual = [
        "utf-8", "latin1", "cp1252", "utf-16", "windows-1250", "windows-1251", "windows-1253", "windows-1254",
        "windows-1255",
        "windows-1256", "windows-1257", "windows-1258", "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-9",
        "iso-8859-15",
        "koi8-r", "koi8-u", "shift_jis", "cp932", "euc-jp", "iso-2022-jp", "gb18030", "gbk", "gb2312", "big5",
        "big5-hkscs",
        "euc-kr", "cp949", "euc-tw", "cp437", "cp850", "cp852", "cp866", "macintosh", "tis-620", "utf-16le", "utf-16be",
        "windows-1252", "iso-8859-1",
    ]

    /// ASCII's bytes stand for themselves and for nothing else.
    var isASCIIBased: Bool {
        switch self {
        case .utf8, .latin1, .cp1252: true
        case .utf16: false
        case .named(let name):
            ["windows-", "cp125", "iso-8859", "koi8", "euc-", "gb", "big5", "shift", "sjis", "cp9", "tis"]
                .contains { name.hasPrefix($0) }
        }
    }
}

/// How a file's bytes stand for text, its byte order included.
package enum SourceEncoding: Sendable, Equatable {
    case utf8
    case latin1
    case cp1252
    case utf16LittleEndian
    case utf16BigEndian
    /// Each byte is a character.
    case table(ByteTable)
    /// Several bytes may be one character; the name is iconv's.
    case iconv(String)

    /// Nil: iconv does not know the name.
    init?(named name: String) {
        switch name {
        case "utf-16le", "utf16le": self = .utf16LittleEndian
        case "utf-16be", "utf16be": self = .utf16BigEndian
        default:
            guard Iconv.isKnown(name) else { return nil }
            self = ByteTable(name).map { .table($0) } ?? .iconv(name)
        }
    }
}

/// The characters of an encoding in which each byte stands for one.
package struct ByteTable: Sendable, Equatable {
    let name: String
    /// By byte; nil: it stands for none.
    let scalars: [UnicodeScalar?]

    /// Nil: iconv does not know the name, or a character may have several bytes.
    init?(_ name: String) {
        guard let iconv = Iconv(from: name, to: "utf-8") else { return nil }
        var scalars: [UnicodeScalar?] = []
        for byte in UInt8.min...UInt8.max {
            switch iconv.character(of: byte) {
            case .some(let scalar): scalars.append(scalar)
            case .none: return nil
            }
        }
        self.name = name
        self.scalars = scalars
    }

    package static func == (a: ByteTable, b: ByteTable) -> Bool { a.name == b.name }
}

/// A byte that stands for no character, as the decoder hands it on: three bytes that no UTF-8 has, so that the reader finds its
/// row wrong there, and whoever writes the row again finds the byte.
enum BadByteMark {
    static let lead: UInt8 = 0xFF

    static func append(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(lead)
        output.append(0x80 | byte >> 4)
        output.append(0x80 | byte & 0x0F)
    }

    /// The byte that is marked there; nil: none is.
    static func byte(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt8? {
        guard index + 2 < text.count, text[index] == lead, text[index + 1] & 0xF0 == 0x80,
            text[index + 2] & 0xF0 == 0x80
        else { return nil }
        return text[index + 1] << 4 | text[index + 2] & 0x0F
    }
}

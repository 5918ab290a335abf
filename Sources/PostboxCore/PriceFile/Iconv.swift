internal import Glibc

/// One of the C library's converters between encodings.
final class Iconv {
    private let converter: iconv_t

    /// Nil: one of the names is not known, or is none that may be read.
    init?(from: String, to: String) {
        guard Self.mayBeRead(from), Self.mayBeRead(to) else { return nil }
        guard let converter = iconv_open(to, from), converter != iconv_t(bitPattern: -1) else { return nil }
        self.converter = converter
    }

    deinit {
        iconv_close(converter)
    }

    /// Whether it converts from and to an encoding of that name.
    static func isKnown(_ name: String) -> Bool {
        Iconv(from: name, to: "utf-8") != nil && Iconv(from: "utf-8", to: name) != nil
    }

    /// What stands behind a slash would have it leave out what is wrong. Encodings that begin every text with a mark, or know more
    /// than one way to write it, cannot be written back row by row.
    private static func mayBeRead(_ name: String) -> Bool {
        let isName = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || "-_.:+()".utf8.contains(byte)
        }
        let marked = [
            "utf-7", "utf7", "utf-32", "utf32", "ucs-2", "ucs2", "ucs-4", "ucs4", "unicode", "iso-10646", "utf-16",
            "utf16",
        ]
        return isName && (1...40).contains(name.utf8.count) && !marked.contains(name.lowercased())
    }

    /// How a piece of text ended.
    enum Stop: Equatable {
        case whole
        /// What is left is the beginning of a character.
        case unfinished
        /// What comes next stands for none.
        case bad
    }

    /// Appends what the bytes stand for, as far as they do; how many were used, and why no more.
    func convert(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) -> (used: Int, stop: Stop) {
        var used = 0
        while used < bytes.count {
            let room = max(64, (bytes.count - used) * 2)
            var (stop, left) = (Stop.whole, 0)
            let piece = [UInt8](unsafeUninitializedCapacity: room) { memory, count in
                var input = bytes.baseAddress.map {
                    UnsafeMutableRawPointer(mutating: $0 + used).assumingMemoryBound(to: CChar.self)
                }
                var output = memory.baseAddress.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: CChar.self) }
                left = bytes.count - used
                var free = room
                if iconv(converter, &input, &left, &output, &free) == -1 {
                    switch errno {
                    case E2BIG: break
                    case EINVAL: stop = .unfinished
                    default: stop = .bad
                    }
                }
                count = room - free
            }
            output.append(contentsOf: piece)
            used = bytes.count - left
            guard stop == .whole else { return (used, stop) }
        }
        return (used, .whole)
    }

    /// Appends what ends a text: a character that waited for another one, or bytes that lead back to the first character set.
    func finish(into output: inout [UInt8]) {
        let piece = [UInt8](unsafeUninitializedCapacity: 64) { memory, count in
            var output = memory.baseAddress.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: CChar.self) }
            var free = 64
            _ = iconv(converter, nil, nil, &output, &free)
            count = 64 - free
        }
        output.append(contentsOf: piece)
    }

    /// The one character that a byte alone stands for, or that it stands for none; nil: it is the beginning of a longer one.
    func character(of byte: UInt8) -> UnicodeScalar?? {
        var text: [UInt8] = []
        let result = withUnsafeBytes(of: byte) { convert($0, into: &text) }
        finish(into: &text)
        switch result.stop {
        case .unfinished: return nil
        case .bad: return .some(nil)
        case .whole:
            let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
            return scalars.count == 1 ? .some(scalars.first) : nil
        }
    }
}

/// Turns UTF-8 back into the bytes of the file it was decoded from: what ``SourceDecoder`` made of a file comes out byte
/// for byte as it was.
package struct SourceEncoder: Sendable {
    private let encoding: SourceEncoding
    /// Of an encoding by table: the byte of each character.
    private let bytes: [UnicodeScalar: UInt8]

    package init(_ encoding: SourceEncoding) {
        self.encoding = encoding
        guard case .table(let table) = encoding else {
            bytes = [:]
            return
        }
        let pairs = table.scalars.enumerated().compactMap { byte, scalar in
            scalar.map { ($0, UInt8(truncatingIfNeeded: byte)) }
        }
        bytes = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// Appends the bytes that stand for this text, which must begin and end with whole characters.
    ///
    /// A character that the encoding does not have becomes `?`; none can come from a file in that encoding. What the decoder marked
    /// as a byte that stands for none is that byte again.
    package func encode(_ text: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        guard encoding != .utf8 else {
            output.append(contentsOf: text)
            return
        }
        text.withMemoryRebound(to: UInt8.self) { text in
            var start = 0
            var index = 0
            while index < text.count {
                guard let byte = BadByteMark.byte(text, at: index) else {
                    index += 1
                    continue
                }
                encodeSound(UnsafeBufferPointer(rebasing: text[start..<index]), into: &output)
                output.append(byte)
                index += 3
                start = index
            }
            encodeSound(UnsafeBufferPointer(rebasing: text[start...]), into: &output)
        }
    }

    private func encodeSound(_ text: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        guard !text.isEmpty else { return }
        if case .iconv(let name) = encoding { return encode(text, by: name, into: &output) }
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars { append(scalar, to: &output) }
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>, by name: String, into output: inout [UInt8]) {
        guard let converter = Iconv(from: "utf-8", to: name) else { return }
        var used = 0
        while used < text.count {
            used +=
                converter.convert(
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[used...]), into: &output
                ).used
            guard used < text.count else { break }
            _ = withUnsafeBytes(of: UInt8(ascii: "?")) { converter.convert($0, into: &output) }
            used += 1
            while used < text.count, text[used] & 0xC0 == 0x80 { used += 1 }
        }
        converter.finish(into: &output)
    }

    private func append(_ scalar: UnicodeScalar, to output: inout [UInt8]) {
        switch encoding {
        case .utf8: output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        case .latin1: output.append(UInt8(exactly: scalar.value) ?? UInt8(ascii: "?"))
        case .cp1252: output.append(windowsByte(scalar))
        case .table: output.append(bytes[scalar] ?? UInt8(ascii: "?"))
        // By its own way above.
        case .iconv: break
        case .utf16LittleEndian:
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                output.append(UInt8(truncatingIfNeeded: unit))
                output.append(UInt8(truncatingIfNeeded: unit >> 8))
            }
        case .utf16BigEndian:
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                output.append(UInt8(truncatingIfNeeded: unit >> 8))
                output.append(UInt8(truncatingIfNeeded: unit))
            }
        }
    }

    private func windowsByte(_ scalar: UnicodeScalar) -> UInt8 {
        if let byte = UInt8(exactly: scalar.value), !(0x80...0x9F).contains(byte) { return byte }
        guard let index = windowsCodes.firstIndex(of: scalar.value) else { return UInt8(ascii: "?") }
        return 0x80 + UInt8(index)
    }
}

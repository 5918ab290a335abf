/// Turns UTF-8 back into the bytes of the file it was decoded from: what ``SourceDecoder`` made of a file comes out byte
/// for byte as it was.
package struct SourceEncoder: Sendable {
    private let encoding: SourceEncoding

    package init(_ encoding: SourceEncoding) {
        self.encoding = encoding
    }

    /// Appends the bytes that stand for this text, which must begin and end with whole characters.
    ///
    /// A character that the encoding does not have becomes `?`; none can come from a file in that encoding.
    package func encode(_ text: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        guard encoding != .utf8 else {
            output.append(contentsOf: text)
            return
        }
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars { append(scalar, to: &output) }
    }

    private func append(_ scalar: UnicodeScalar, to output: inout [UInt8]) {
        switch encoding {
        case .utf8: output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        case .latin1: output.append(UInt8(exactly: scalar.value) ?? UInt8(ascii: "?"))
        case .cp1252: output.append(windowsByte(scalar))
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

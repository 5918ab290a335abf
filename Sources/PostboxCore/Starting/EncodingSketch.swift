/// How a file's bytes are likely to stand for text, and that text.
package struct EncodingSketch {
    package let text: String
    /// What the rule says about it.
    package let lines: [FileSketch.Line]

    /// - Parameters:
    ///   - bytes: the beginning of the file, unpacked.
    ///   - isWhole: it is all of the file; else its last character may be cut off.
    ///   - format: a format that tells its encoding by itself is believed.
    package init(_ bytes: [UInt8], isWhole: Bool, format: PriceFileFormat?) {
        let utf16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        let whole = bytes.withUnsafeBufferPointer { isWhole ? bytes.count : bytes.count - unfinishedCharacter($0) }
        let isUTF8 = bytes[..<whole].withUnsafeBufferPointer { firstBadByte($0) } == nil
        if utf16 {
            text = Self.decoded(bytes, .utf16, format)
            lines = [.key("encoding: utf-16")]
        } else if isUTF8 || format?.traits.declaresEncoding == true {
            text = Self.decoded(Array(bytes[..<whole]), .utf8, format)
            lines = []
        } else {
            // Bytes that are control characters in ISO 8859 are letters and quotes in Windows.
            let isWindows = bytes.contains { (0x80...0x9F).contains($0) }
            text = Self.decoded(bytes, .cp1252, format)
            lines = [
                .key(
                    "encoding: \(isWindows ? "cp1252" : "latin1")",
                    remark: "western; other letters need windows-1250, windows-1251, …")
            ]
        }
    }

    private static func decoded(_ bytes: [UInt8], _ encoding: TextEncoding, _ format: PriceFileFormat?) -> String {
        var decoder = SourceDecoder(encoding: encoding, format: format ?? .csv)
        var text: [UInt8] = []
        do throws(FileProblem) {
            try bytes.withUnsafeBufferPointer { (bytes) throws(FileProblem) in
                try decoder.decode(UnsafeRawBufferPointer(bytes), isLast: true) { (part, _) throws(FileProblem) in
                    text.append(contentsOf: part)
                }
            }
        } catch {
            // The look goes on with what there is; reading the file tells what is wrong with it.
            text = bytes
        }
        return String(decoding: text, as: UTF8.self)
    }
}

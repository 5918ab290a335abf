import PostboxCore
import Testing

/// What stands behind a file's last line and is no text, through decoder and reader.
@Suite("The end of a file")
struct FileEndTests {
    private static let formats: [PriceFileFormat] = [.csv, .json, .jsonLines, .xml]

    /// Two rows, as whole as a file can be.
    private static func text(_ format: PriceFileFormat) -> String {
        switch format {
        case .csv, .fixed, .xlsx: "RIC,BID\nA,1\nB,2\n"
        case .json: #"[{"RIC":"A","BID":1},{"RIC":"B","BID":2}]"#
        case .jsonLines: "{\"RIC\":\"A\",\"BID\":1}\n{\"RIC\":\"B\",\"BID\":2}\n"
        case .xml: "<d>\n<r RIC='A'><BID>1</BID></r><r RIC='B'><BID>2</BID></r></d>\n"
        }
    }

    private enum Way: CaseIterable {
        case utf8, latin1, littleEndian, bigEndian

        var encoding: TextEncoding {
            switch self {
            case .utf8: .utf8
            case .latin1: .latin1
            case .littleEndian, .bigEndian: .utf16
            }
        }

        func bytes(_ text: String) -> [UInt8] {
            switch self {
            case .utf8, .latin1: Array(text.utf8)
            case .littleEndian: text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            case .bigEndian: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
            }
        }
    }

    /// How many rows come out, or what is wrong with the file; the same whatever the chunks.
    private func outcome(
        _ bytes: [UInt8], _ format: PriceFileFormat, _ encoding: TextEncoding = .utf8,
        finalNewline: FinalNewline = .required, sourceLocation: SourceLocation = #_sourceLocation
    ) -> String {
        let outcomes = [max(bytes.count, 1), 1, 2, 3, 5].map { size in
            var decoder = SourceDecoder(encoding: encoding, format: format)
            var reader = PriceFileReaders.make(format: format, finalNewline: finalNewline)
            var batch = RowBatch()
            var bad: [String] = []
            var start = 0
            do throws(FileProblem) {
                repeat {
                    let end = min(start + size, bytes.count)
                    try bytes[start..<end].withUnsafeBufferPointer { (chunk) throws(FileProblem) in
                        try decoder.decode(UnsafeRawBufferPointer(chunk), isLast: end == bytes.count) {
                            (text, isLast) throws(FileProblem) in try reader.read(text, isLast: isLast, into: &batch)
                        }
                    }
                    bad += batch.problems.map(\.reason)
                    start = end
                } while start < bytes.count
            } catch { return "\(error.reason): \(error.what)" }
            return (["\(reader.rowCount)"] + bad).joined(separator: " ")
        }
        #expect(Set(outcomes).count == 1, "\(outcomes)", sourceLocation: sourceLocation)
        return outcomes[0]
    }

    @Test("Ctrl-Z at the end is no row and no missing line end", arguments: formats)
    func ctrlZ(_ format: PriceFileFormat) {
        for way in Way.allCases {
            for end in ["", "\u{1A}", "\u{1A}\u{1A}\u{1A}"] {
                #expect(outcome(way.bytes(Self.text(format) + end), format, way.encoding) == "2", "\(way)")
            }
        }
    }

    @Test("Ctrl-Z elsewhere is a character as any other")
    func ctrlZInTheMiddle() {
        #expect(outcome(Array("RIC,BID\nA,1\n\u{1A}B,2\nC,3\n".utf8), .csv) == "3")
        #expect(outcome(Array("RIC,BID\nA,1\nB,2\n\u{1A}\n".utf8), .csv) == "3 ragged_row")
        #expect(outcome(Array("{\"RIC\":\"A\"}\n\u{1A}\n".utf8), .jsonLines) == "2 bad_json")
    }

    @Test("Ctrl-Z does not make a cut-off line whole, nor an empty file a full one")
    func ctrlZBehindCutOffLine() {
        #expect(outcome(Array("RIC,BID\nA,1\nB,2\u{1A}".utf8), .csv).hasPrefix("no_final_newline"))
        #expect(outcome(Array("RIC,BID\nA,1\nB,2\u{1A}".utf8), .csv, finalNewline: .optional) == "2")
        for format in Self.formats { #expect(outcome([0x1A], format).hasPrefix("empty_file")) }
    }

    @Test("NULs at the end are told as what they are, wherever the text before them ends", arguments: formats)
    func padded(_ format: PriceFileFormat) {
        for way in Way.allCases {
            let unit = way.encoding == .utf16 ? 2 : 1
            for cut in [0, 1, 2, 9, Self.text(format).utf8.count] {
                for (nuls, isCtrlZBefore) in [(1, false), (2, true), (4096, false)] {
                    let text = Self.text(format).dropLast(cut) + (isCtrlZBefore ? "\u{1A}" : "")
                    let bytes = way.bytes(text + String(repeating: "\0", count: nuls))
                    let words = nuls * unit == 1 ? "a NUL byte" : "\(nuls * unit) NUL bytes"
                    #expect(
                        outcome(bytes, format, way.encoding)
                            == "padded_with_nuls: The file ends in \(words), where more text was to come.",
                        "\(way), without its last \(cut)")
                }
            }
        }
    }

    @Test("NULs that end in half a character of UTF-16 are NULs as well")
    func oddNULs() {
        let text = Way.littleEndian.bytes(Self.text(.csv))
        #expect(outcome(text + [0, 0, 0], .csv, .utf16).hasPrefix("padded_with_nuls: The file ends in 3 NUL bytes"))
        #expect(outcome(text + [0x41], .csv, .utf16).hasPrefix("bad_byte"))
        // The first half of a character of big-endian text.
        #expect(outcome(Way.bigEndian.bytes(Self.text(.csv)) + [0], .csv, .utf16).hasPrefix("bad_byte"))
    }

    @Test("NULs in the middle spoil their row, as before")
    func nulsInTheMiddle() {
        #expect(outcome(Array("RIC,BID\nA,1\n\0\0B,2\nC,3\n".utf8), .csv) == "3 bad_byte")
        #expect(outcome(Array("RIC,BID\nA,1\0\nC,3\n\u{1A}".utf8), .csv) == "2 bad_byte")
        #expect(outcome(Array("<d><r a='1'/>\0\0<r a='2'/></d>".utf8), .xml).hasPrefix("bad_byte"))
    }

    @Test("What is wrong before the NULs is told first: UTF-16 that is read as UTF-8 is no padded file")
    func misreadUTF16() {
        let bytes = Way.littleEndian.bytes("RIC,BID\r\nA,1\r\n")
        #expect(outcome(bytes, .csv).hasPrefix("bad_byte: In the header"))
        let lines = Way.littleEndian.bytes("{\"RIC\":\"A\"}\r\n{\"RIC\":\"B\"}\r\n")
        #expect(outcome(lines, .jsonLines, finalNewline: .optional) == "3 bad_byte bad_byte bad_byte")
    }

    @Test("A hole of NULs as large as no row ends the reading")
    func hugeHole() {
        let hole = [UInt8](repeating: 0, count: rowBytesMax + 10)
        let bytes = Array("RIC,BID\nA,1\n".utf8) + hole
        for size in [65_536, 10_000_000] {
            var decoder = SourceDecoder(encoding: .utf8, format: .csv)
            var reader = PriceFileReaders.make(format: .csv)
            var batch = RowBatch()
            for (file, expected) in [(bytes, "padded_with_nuls"), (bytes + Array("B,2\n".utf8), "row_too_long")] {
                (decoder, reader) = (SourceDecoder(encoding: .utf8, format: .csv), PriceFileReaders.make(format: .csv))
                var reason = "none"
                var start = 0
                do throws(FileProblem) {
                    repeat {
                        let end = min(start + size, file.count)
                        try file[start..<end].withUnsafeBufferPointer { (chunk) throws(FileProblem) in
                            try decoder.decode(UnsafeRawBufferPointer(chunk), isLast: end == file.count) {
                                (text, isLast) throws(FileProblem) in
                                try reader.read(text, isLast: isLast, into: &batch)
                            }
                        }
                        start = end
                    } while start < file.count
                } catch { reason = error.reason }
                #expect(reason == expected, "in chunks of \(size)")
            }
        }
    }
}

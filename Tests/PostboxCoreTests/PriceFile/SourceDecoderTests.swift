import PostboxCore
import Testing

@Suite("Source decoder and encoder")
struct SourceDecoderTests {
    /// What the bytes decode to, with any chunks, and the encoding that encodes it back to the same bytes.
    private func decode(
        _ bytes: [UInt8], _ encoding: TextEncoding, _ format: PriceFileFormat = .csv,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws(FileProblem) -> String {
        var results: Set<String> = []
        for size in [max(bytes.count, 1), 1, 2, 3, 7] {
            var decoder = SourceDecoder(encoding: encoding, format: format)
            var text: [UInt8] = []
            var start = 0
            repeat {
                let end = min(start + size, bytes.count)
                try bytes[start..<end].withUnsafeBufferPointer { (chunk) throws(FileProblem) in
                    try decoder.decode(UnsafeRawBufferPointer(chunk), isLast: end == bytes.count) { (decoded, _) in
                        text += decoded
                    }
                }
                start = end
            } while start < bytes.count
            results.insert(String(decoding: text, as: UTF8.self))
            var encoded: [UInt8] = []
            text.withUnsafeBytes { SourceEncoder(decoder.encoding ?? .utf8).encode($0, into: &encoded) }
            #expect(encoded == bytes, "encoded back, in chunks of \(size)", sourceLocation: sourceLocation)
        }
        #expect(results.count == 1, sourceLocation: sourceLocation)
        return results.first ?? ""
    }

    private func problem(_ bytes: [UInt8], _ encoding: TextEncoding, _ format: PriceFileFormat = .csv) -> String {
        do throws(FileProblem) {
            _ = try decode(bytes, encoding, format)
            return "none"
        } catch { return summary(error) }
    }

    private func utf16(_ text: String, isBigEndian: Bool) -> [UInt8] {
        text.utf16.flatMap { unit in
            let bytes = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
            return isBigEndian ? bytes : bytes.reversed()
        }
    }

    @Test("Every byte of latin1 is a character and comes back")
    func latin1() throws {
        let bytes = Array(UInt8.min...UInt8.max)
        #expect(try decode(bytes, .latin1).unicodeScalars.map(\.value) == (0...255).map { UInt32($0) })
    }

    @Test("Every byte of cp1252 that is a character comes back")
    func cp1252() throws {
        let undefined: [UInt8] = [0x81, 0x8D, 0x8F, 0x90, 0x9D]
        let bytes = (UInt8.min...UInt8.max).filter { !undefined.contains($0) }
        let text = try decode(bytes, .cp1252)
        #expect(text.contains("€") && text.contains("Ÿ") && text.contains("“”•–—˜™š") && text.contains("ÿ"))
        for byte in undefined { #expect(problem(Array("é\na".utf8) + [byte], .cp1252) == "bad_byte@2:2") }
    }

    @Test("UTF-8 passes as it is, broken bytes and all")
    func utf8() throws {
        #expect(try decode(Array("\u{FEFF}Zürich".utf8), .utf8) == "\u{FEFF}Zürich")
        #expect(try decode([], .utf8) == "")
    }

    @Test("UTF-16 keeps its byte order and its mark", arguments: [false, true])
    func utf16(_ isBigEndian: Bool) throws {
        #expect(try decode(utf16("\u{FEFF}a,Zürich 😀\n", isBigEndian: isBigEndian), .utf16) == "\u{FEFF}a,Zürich 😀\n")
    }

    @Test("UTF-16 without a mark is little-endian")
    func utf16WithoutMark() throws {
        #expect(try decode(utf16("a,b\n", isBigEndian: false), .utf16) == "a,b\n")
    }

    @Test("Half a character of UTF-16 is a fault, with its place")
    func brokenUTF16() {
        let good = utf16("\u{FEFF}é\né", isBigEndian: false)
        #expect(problem(good + [0x41], .utf16) == "bad_byte@2:2")
        #expect(problem(good + [0x00, 0xD8, 0x41, 0x00], .utf16) == "bad_byte@2:2")
        #expect(problem(good + [0x00, 0xDC], .utf16) == "bad_byte@2:2")
        #expect(problem(good + [0x00, 0xD8], .utf16) == "bad_byte@2:2")
    }

    @Test(
        "XML says by itself how it is written",
        arguments: [
            ("<d>é</d>", "utf-8"), ("<?xml version='1.0'?><d>é</d>", "utf-8"),
            ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><d>é</d>", "utf-8"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?><d>é</d>", "latin1"),
            ("<?xml version='1.0'\n encoding = 'windows-1252' ?><d>é</d>", "latin1"),
            ("<?xml version='1.0' encoding='utf-16'?><d>é</d>", "utf-16"),
            ("\u{FEFF}<d>é</d>", "utf-8"), ("\u{FEFF}<d>é</d>", "utf-16"), ("<d>é</d>", "utf-16"),
            ("<d>é</d>", "utf-16be"),
        ])
    func xml(_ text: String, _ written: String) throws {
        let bytes: [UInt8] =
            switch written {
            case "latin1": text.unicodeScalars.map { UInt8($0.value) }
            case "utf-16": utf16(text, isBigEndian: false)
            case "utf-16be": utf16(text, isBigEndian: true)
            default: Array(text.utf8)
            }
        #expect(try decode(bytes, .utf8, .xml) == text)
    }

    @Test("The rule's encoding wins over XML's own word")
    func ruleWins() throws {
        let head = "<?xml version='1.0' encoding='utf-8'?><d>"
        #expect(try decode(Array(head.utf8) + [0xE9], .latin1, .xml) == head + "é")
        #expect(try decode(Array(head.utf8) + [0x80], .cp1252, .xml) == head + "€")
    }

    @Test("An encoding that is not known is refused, and a declaration that never ends is read")
    func declarations() throws {
        #expect(
            problem(Array("<?xml version='1.0' encoding='EBCDIC'?><d/>".utf8), .utf8, .xml) == "unknown_encoding@1:0")
        let endless = "<?xml " + String(repeating: "x", count: 5000)
        #expect(try decode(Array(endless.utf8), .utf8, .xml) == endless)
        #expect(try decode(Array("<?x".utf8), .utf8, .xml) == "<?x")
    }

    @Test("A file in latin1 is read through decoder and reader, and its bytes are found again")
    func throughReader() throws {
        let bytes = "a,b\nZürich,2\n".unicodeScalars.map { UInt8($0.value) }
        let file = readInEveryWay(try decode(bytes, .latin1)) { CSVReader() }
        #expect(file.values == [["Zürich", "2"]])
    }
}

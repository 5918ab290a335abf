import Foundation
import TestSupport
import Testing

@testable import PostboxCore

@Suite("Source decoder and encoder", .computing)
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
        for byte in undefined { #expect(problem(Array("é\na".utf8) + [byte], .cp1252) == "none") }
    }

    @Test(
        "A byte that stands for no character spoils its row, with its place, and comes back in the rejects",
        arguments: [
            ("cp1252", 0x81), ("windows-1253", 0xD2), ("iso-8859-7", 0xAE), ("shift_jis", 0xFF), ("euc-jp", 0xFF),
            ("gb18030", 0xFF),
            ("big5", 0xFF), ("shift_jis", 0x81),
        ] as [(String, UInt8)])
    func badByte(_ name: String, _ byte: UInt8) throws {
        let encoding = try TextEncoding(parsing: name)
        let bytes = Array("RIC,BID\nA,1\nB".utf8) + [byte] + Array(",2\nC,3\n".utf8)
        let text = try decodedBytes(bytes, encoding)
        let file = readInEveryWay(text) { CSVReader() }
        #expect(file.rows.map { $0.problem?.reason } == [nil, "bad_byte", nil])
        #expect(file.rows[1].problem?.line == 3 && file.rows[1].problem?.column == 2)
        #expect(file.rows[1].problem?.what.contains(byte == 0x81 ? "0x81" : "0x") == true)
    }

    /// The bytes that they decode to, however they are cut; encoded back they are the same.
    private func decodedBytes(_ bytes: [UInt8], _ encoding: TextEncoding, _ format: PriceFileFormat = .csv) throws
        -> [UInt8]
    {
        var results: Set<[UInt8]> = []
        for size in [bytes.count, 1, 2, 3, 7] {
            var decoder = SourceDecoder(encoding: encoding, format: format)
            var text: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let end = min(start + size, bytes.count)
                try bytes[start..<end].withUnsafeBytes { chunk in
                    try decoder.decode(chunk, isLast: end == bytes.count) { (decoded, _) in text += decoded }
                }
            }
            results.insert(text)
            var encoded: [UInt8] = []
            text.withUnsafeBytes { SourceEncoder(decoder.encoding ?? .utf8).encode($0, into: &encoded) }
            #expect(encoded == bytes, "encoded back, in chunks of \(size)")
        }
        #expect(results.count == 1)
        return results.first ?? []
    }

    @Test(
        "Whatever iconv reads is read, and comes back byte for byte",
        arguments: [
            ("windows-1251", "Пробный талер,1\n"), ("koi8-r", "Пробный,1\n"), ("windows-1250", "Žluťoučký,Łódź\n"),
            ("iso-8859-15", "€,œ\n"), ("shift_jis", "価格,東京,ｱ\n"), ("euc-jp", "価格,東京\n"), ("gb18030", "价格,€,😀\n"),
            ("big5", "價格,台北\n"), ("euc-kr", "가격,서울\n"), ("iso-2022-jp", "価格,A,東京\n"), ("utf-16le", "é,€\n"),
            ("windows-1255", "מחיר\n"), ("cp850", "Zürich,£\n"), ("gbk", "价格\n"), ("tis-620", "ราคา\n"),
        ])
    func iconv(_ name: String, _ text: String) throws {
        let encoding = try TextEncoding(parsing: name)
        let python = name.replacing("windows-", with: "cp")
        guard let bytes = try? PythonCodec.encode(text, python) else { return }
        #expect(String(decoding: try decodedBytes(bytes, encoding), as: UTF8.self) == text)
        let snapshot = try JSONDecoder().decode([TextEncoding].self, from: JSONEncoder().encode([encoding]))
        #expect(snapshot == [encoding])
    }

    @Test(
        "Each character of an encoding is what Python's codec of that name says", .enabled(if: PythonCodec.isInstalled))
    func python() throws {
        let names = [
            "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15", "windows-1250", "windows-1251",
            "windows-1253",
            "windows-1254", "windows-1257", "koi8-r", "koi8-u", "cp437", "cp850", "cp866",
        ]
        let tables = try PythonCodec.tables(names.map { $0.replacing("windows-", with: "cp") })
        for (name, characters) in zip(names, tables) {
            let table = try #require(ByteTable(name), "\(name)")
            for byte in 0..<256 where characters[byte] >= 0 {
                #expect(table.scalars[byte]?.value == UInt32(characters[byte]), "\(name), byte \(byte)")
            }
        }
    }

    @Test(
        "Names are taken as people write them; one that iconv does not know is refused with one that it may have meant",
        arguments: [
            ("UTF8", TextEncoding.utf8), ("ISO-8859-1", .latin1), ("Windows-1252", .cp1252), ("UTF-16", .utf16),
            ("Windows-1251", .named("windows-1251")), ("Shift_JIS", .named("shift_jis")),
        ])
    func names(_ name: String, _ expected: TextEncoding) throws {
        #expect(try TextEncoding(parsing: name) == expected)
    }

    @Test(
        "Names that no file can be read by",
        arguments: [
            ("windows-1215", "windows-1251"), ("koi8r-", "koi8-r"), ("utf-9", "utf-8"), ("latin1//ignore", "latin1"),
            ("utf-8//translit", ""),
            ("utf-32", ""), ("utf-7", ""), ("", ""), ("../../x", ""),
        ])
    func unknownNames(_ name: String, _ nearest: String) {
        #expect {
            _ = try TextEncoding(parsing: name)
        } throws: { error in
            let text = (error as? SettingsMistake)?.expected ?? ""
            return text.contains("iconv") && (nearest.isEmpty || text.contains(nearest))
        }
    }

    @Test(
        "Old snapshots hold one of four names",
        arguments: [("utf-8", TextEncoding.utf8), ("latin1", .latin1), ("cp1252", .cp1252), ("utf-16", .utf16)])
    func snapshots(_ text: String, _ expected: TextEncoding) throws {
        #expect(try JSONDecoder().decode([TextEncoding].self, from: Data("[\"\(text)\"]".utf8)) == [expected])
        #expect(String(decoding: try JSONEncoder().encode([expected]), as: UTF8.self) == "[\"\(text)\"]")
    }

    @Test("XML's declaration counts without the rule's word")
    func declared() throws {
        let head = "<?xml version='1.0' encoding='windows-1251'?><d a='"
        let bytes = Array(head.utf8) + [0xCF, 0xF0] + Array("'/>".utf8)
        #expect(String(decoding: try decodedBytes(bytes, .utf8, .xml), as: UTF8.self) == head + "Пр'/>")
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

    @Test("Half a pair of UTF-16 spoils its row, with its place, and comes back in the rejects")
    func halfPairs() throws {
        for isBigEndian in [false, true] {
            for half in [[0xD800], [0xDC00], [0xDC00, 0xD800], [0xD83D, 0xD83D]] as [[UInt16]] {
                let units = half.flatMap { unit in
                    let bytes = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
                    return isBigEndian ? bytes : bytes.reversed()
                }
                let before = utf16("\u{FEFF}RIC,BID\nA,1\né", isBigEndian: isBigEndian)
                let bytes = before + units + utf16("x,2\nC,3\n", isBigEndian: isBigEndian)
                let file = readInEveryWay(try decodedBytes(bytes, .utf16)) { CSVReader() }
                #expect(file.rows.map { summary($0.problem) } == ["none", "bad_byte@3:2", "none"])
            }
        }
    }

    @Test("UTF-16 of an odd number of bytes is a fault of the file: where one is missing, line ends are wrong too")
    func oddUTF16() throws {
        let good = utf16("\u{FEFF}é\né", isBigEndian: false)
        #expect(problem(good + [0x41], .utf16) == "bad_byte@2:2")
        #expect(problem(good + [0x00, 0xD8, 0x41], .utf16) == "bad_byte@2:2")
        #expect(problem(good + [0x00, 0xD8], .utf16) == "none")
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
            problem(Array("<?xml version='1.0' encoding='EBCDIC-XY'?><d/>".utf8), .utf8, .xml) == "unknown_encoding@1:0"
        )
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

private enum PythonCodec {
    static let isInstalled = (try? run("print('yes')")) == "yes\n"

    static func encode(_ text: String, _ codec: String) throws -> [UInt8] {
        let hex = Array(text.utf8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let out = try run("print(bytes.fromhex('\(hex)').decode().encode('\(codec)').hex())").filter {
            !$0.isWhitespace
        }
        return stride(from: 0, to: out.count, by: 2).compactMap { UInt8(out.dropFirst($0).prefix(2), radix: 16) }
    }

    /// The code of each byte; -1: it has none.
    static func tables(_ codecs: [String]) throws -> [[Int]] {
        let script = """
            for c in '\(codecs.joined(separator: " "))'.split():
                r = []
                for b in range(256):
                    try: r.append(ord(bytes([b]).decode(c)))
                    except UnicodeDecodeError: r.append(-1)
                print(*r)
            """
        return try run(script).split(separator: "\n")
            .map { $0.split(separator: " ").compactMap { Int($0) } }
    }

    private static func run(_ script: String) throws -> String {
        String(
            decoding: try PackingTool.python(
                "import io\nsys.stdout = io.TextIOWrapper(o)\n\(script)\nsys.stdout.flush()"), as: UTF8.self)
    }
}

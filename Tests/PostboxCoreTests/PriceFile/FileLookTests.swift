import PostboxCore
import Testing

@Suite("What a file looks like")
struct FileLookTests {
    private func reason(
        _ bytes: [UInt8], _ format: PriceFileFormat = .csv, encoding: TextEncoding = .utf8, delimiter: UInt8 = 0x2C
    ) -> String? {
        let rule = MappingRule(destinations: [], delimiter: delimiter, encoding: encoding)
        return bytes.withUnsafeBytes { FileLook(rule, format: format).problem(of: $0)?.reason }
    }

    private static func utf16(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }

    @Test(
        "A web page under any other name is one",
        arguments: [
            "<!DOCTYPE html><html>", "\u{FEFF} \r\n<!doctype HTML PUBLIC \"-//W3C//DTD\">", "<HTML>\n<head>",
            "<html lang=\"en\">",
            "<!-- saved from url --><html>", "<!DOCTYPE html", "<html",
        ])
    func webPages(_ text: String) {
        for format in [PriceFileFormat.csv, .json, .jsonLines, .xml, .xlsx] {
            #expect(reason(Array(text.utf8), format) == "looks_like_html", "\(format)")
            #expect(reason(Self.utf16(text), format, encoding: .utf16) == "looks_like_html", "\(format)")
        }
    }

    @Test(
        "A page of XHTML is one by its declaration alone: prices may stand in XML that is called so",
        arguments: [
            ("<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\"><html>", true),
            ("<?xml version=\"1.0\"?><html:quotes xmlns:html=\"urn:q\"><html:quote/></html:quotes>", false),
            ("<?xml version=\"1.0\"?><html><row bid=\"1\"/></html>", false), ("<htmlquotes><q/></htmlquotes>", false),
            ("<html:quotes xmlns:html=\"urn:q\"/>", false), ("<quotes><html>x</html></quotes>", false),
            ("<?xml version=\"1.0\"?><!-- <html> --><quotes/>", false), ("<!DOCTYPE htmlquotes><q/>", false),
        ])
    func xhtml(_ text: String, _ isPage: Bool) {
        #expect((reason(Array(text.utf8), .xml) == "looks_like_html") == isPage)
    }

    @Test(
        "Prices are no page and not packed, however they look",
        arguments: [
            "<TICKER>,<PER>,<DATE>\nA,D,20260304\n", "RIC,NAME\nA.TST,<html>\n", "PK,BID\n", "BZh,1\n", "%,BID\n",
            "ustar\n", "",
            "Märkte,Ü\n", "{\"a\":\"<html>\"}", "[]", "<quotes/>", "RIC\u{1}BID", "RIC,NAME\nA,\u{1B}%0é\n",
            "RIC,BID\nA.TST,\u{0}1\n",
            "\u{1A}", "RIC,BID\r\n\u{C}A.TST,1\r\n",
        ])
    func prices(_ text: String) {
        for format in PriceFileFormat.allCases { #expect(reason(Array(text.utf8), format) == nil, "\(format)") }
        #expect(reason(Self.utf16(text), encoding: .utf16) == nil)
        // Who forgot to say so gets the decoder's words.
        #expect(reason(Self.utf16(text)) == nil)
        #expect(reason(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }, encoding: .latin1) == nil)
    }

    @Test(
        "A workbook and a packed file are known by their first bytes",
        arguments: [
            ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0], "looks_like_a_spreadsheet"),
            (Array("PK\u{3}\u{4}..........................[Content_Types].xml".utf8), "looks_like_a_spreadsheet"),
            (Array("PK\u{3}\u{4}..........................xl/workbook.xml".utf8), "looks_like_a_spreadsheet"),
            (
                Array(
                    "PK\u{3}\u{4}..........................mimetypeapplication/vnd.oasis.opendocument.spreadsheet".utf8),
                "looks_like_a_spreadsheet"
            ),
            (Array("PK\u{3}\u{4}..........................eod.csv".utf8), "looks_packed"),
            (Array("PK\u{5}\u{6}".utf8), "looks_packed"),
            ([0x1F, 0x8B, 8, 0], "looks_packed"), ([0x28, 0xB5, 0x2F, 0xFD, 4], "looks_packed"),
            (Array("BZh91AY&SY".utf8), "looks_packed"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "looks_packed"),
            ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "looks_packed"),
            ([0x52, 0x61, 0x72, 0x21, 0x1A, 7], "looks_packed"),
            (Array(repeating: 0x41, count: 257) + Array("ustar".utf8), "looks_packed"),
            (Array("%PDF-1.7".utf8), "is_binary"),
            ([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73], "is_binary"),
        ] as [([UInt8], String)])
    func marks(_ bytes: [UInt8], _ expected: String) {
        for format in PriceFileFormat.allCases { #expect(reason(bytes, format) == expected) }
    }

    @Test("Noise is binary in every encoding whose letters are ASCII's; NULs at the end are another matter")
    func noise() {
        var state: UInt64 = 7
        let noise = (0..<5000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        for encoding in [TextEncoding.utf8, .latin1, .cp1252] {
            #expect(reason([0x41] + noise, encoding: encoding) == "is_binary")
        }
        #expect(reason(Array("RIC,BID\n".utf8) + Array(repeating: 0, count: 4096)) == nil)
        // A delimiter may be a control character.
        #expect(reason(Array("RIC\u{1}BID\nA\u{1}1\nB\u{1}2\nC\u{1}3\n".utf8), delimiter: 1) == nil)
    }

    @Test(
        "The ending of a packed file's name is no price file's",
        arguments: [
            ("eod.csv.gz", Packing.gz, "eod.csv", PriceFileFormat.csv), ("EOD.JSON.ZST", .zst, "EOD.JSON", .json),
            ("eod.xml.xz", .xz, "eod.xml", .xml), ("eod.jsonl.bz2", .bz2, "eod.jsonl", .jsonLines),
            ("eod.zip", .zip, "eod", nil),
            ("eod.csv", nil, "eod.csv", .csv), ("eod.gz.csv", nil, "eod.gz.csv", .csv), (".gz", nil, ".gz", nil),
        ] as [(String, Packing?, String, PriceFileFormat?)])
    func endings(_ name: String, _ packing: Packing?, _ inner: String, _ format: PriceFileFormat?) {
        #expect(Packing(fileName: name) == packing)
        #expect(Packing.unpackedName(name) == inner)
        #expect(PriceFileFormat(fileName: name) == format)
    }

    @Test(
        "What lies between bytes and text is told by the file's own name, unless its rule says that nothing does",
        arguments: [
            ("eod.csv.gz", PriceFileFormat.csv, false, Wrapping.packed(.gz, ContainerRule())),
            ("eod.csv", .csv, false, .none), ("eod.xlsx", .xlsx, false, .workbook(ContainerRule(), delimiter: 0x2C)),
            ("eod.dat", .xlsx, false, .workbook(ContainerRule(), delimiter: 0x2C)), ("eod.csv.gz", .csv, true, .none),
            // Rejects of both are plain, but somebody may save them as a workbook.
            ("eod.csv.gz.rejects-7.csv", .csv, false, .none), ("eod.xlsx.rejects-7.csv", .xlsx, false, .none),
            ("eod.xlsx.rejects-7.xlsx", .xlsx, false, .workbook(ContainerRule(), delimiter: 0x2C)),
            ("eod.zip.rejects-7.txt", .csv, false, .none),
        ])
    func wrappings(_ name: String, _ format: PriceFileFormat, _ isPlain: Bool, _ expected: Wrapping) {
        var rule = MappingRule(destinations: [])
        if isPlain { rule.layout = FileLayout(container: ContainerRule(isPlain: true)) }
        #expect(Wrapping(fileName: name, format: format, rule: rule) == expected)
    }
}

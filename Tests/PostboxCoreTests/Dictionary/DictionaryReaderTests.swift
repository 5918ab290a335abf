import PostboxCore
import TestSupport
import Testing

@Suite("A dictionary's files", .computing)
struct DictionaryReaderTests {
    private static let fields = """
        !tag Filename  RWF.DAT
        !tag Version   4.20.51
        !tag Version   5
        ! a remark
        BID        "BID"                  22  BID_1       PRICE              17  REAL64           7

        CURRENCY   "CURRENCY"             15  NULL        ENUMERATED    5 ( 3 )  ENUM             2
        CURR_2  "CURRENCY 2 ! no remark"  -16  NULL  ENUMERATED  5 (3 )  ENUM  1
        52W_HIGH   "52 WEEK HIGH"       3449  NULL        ENUMERATED    5 ( 3 )  ENUM             2
        \tPNAC\t""\t78\tNULL\tALPHANUMERIC\t11\tASCII_STRING\t11

        """
    private static let enums = """
        !tag RT_Version  4.20.51
        !tag DT_Version  22.21
        CURRENCY      15
        NOT_THERE     7
        ! VALUE  DISPLAY  MEANING
            840  "USD"   US dollar
             36  "AUD"
             76  "BRL"   a thing of the past (DePreCated)
              0  "   "
            986  "BRL"   not deprecate
        CURR_2  -16
        52W_HIGH  3449
              7  #42DE#  "quoted" #and# more
              8  ""

        """

    private func read(_ fields: String = fields, _ enums: String = enums) throws(DictionaryFault) -> FieldDictionary {
        try DictionaryReader.read(fields: Array(fields.utf8), enums: Array(enums.utf8))
    }

    @Test("Fields have name, number, type and length; the versions are those of the tags")
    func whole() throws {
        let dictionary = try read(Self.fields, Self.enums)
        #expect(dictionary.count == 5)
        #expect(dictionary.versions == DictionaryVersions(fields: "4.20.51", enums: "22.21"))
        let bid = try #require(dictionary.field("BID"))
        #expect(bid.name == "BID" && bid.title == "BID" && bid.number == 22 && bid.table == nil)
        #expect(bid.type == .real64 && bid.length == 7)
        let second = try #require(dictionary.field("CURR_2"))
        #expect(second.title == "CURRENCY 2 ! no remark" && second.number == -16 && second.length == 1)
        #expect(dictionary.field("PNAC")?.type == .asciiString && dictionary.field("PNAC")?.title == "")
        for name in ["bid", "BI", "BIDD", "", "NOT_THERE"] { #expect(dictionary.field(name) == nil) }

        let currency = try #require(dictionary.field("CURRENCY")?.table)
        let values = dictionary.enums.values(of: currency)
        #expect(values.map(\.number) == [0, 36, 76, 840, 986])
        #expect(values.map(\.shown) == ["\"   \"", "\"AUD\"", "\"BRL\"", "\"USD\"", "\"BRL\""])
        #expect(values.map(\.isDeprecated) == [false, false, true, false, false])
        let shared = try #require(second.table)
        #expect(dictionary.enums.values(of: shared).map(\.shown) == ["#42DE#", "\"\""])
        #expect(dictionary.field("52W_HIGH")?.table == shared)
        #expect(dictionary.enums.count == 2 && dictionary.enums.valueCount == 7)
    }

    @Test("Lines that end in CR and LF are read alike")
    func carriageReturns() throws {
        let enums = Self.enums
        let dictionary = try read(Self.fields.replacing("\n", with: "\r\n"), enums.replacing("\n", with: "\r\n"))
        #expect(dictionary.count == 5 && dictionary.versions.enums == "22.21" && dictionary.enums.valueCount == 7)
    }

    @Test(
        "A line that is none of a field dictionary is a fault with its number",
        arguments: [
            ("BID \"BID\" 22 NULL PRICE 17 REAL64 7", 3, "cut off"),
            ("BID \"BID\" 22 NULL PRICE 17 REAL64\n", 3, "no RWF length"),
            ("BID \"BID\" 22 NULL PRICE 17\n", 3, "no RWF type"),
            ("BID \"BID\"\n", 3, "no FID"), ("BID\n", 3, "DDE acronym"), ("BID \"BID 22 NULL\n", 3, "not ended"),
            ("BID BID 22 NULL PRICE 17 REAL64 7\n", 3, "DDE acronym"),
            ("BID \"BID\"22 NULL PRICE 17 REAL64 7\n", 3, "no blank"),
            ("BID \"BID\" 2x2 NULL PRICE 17 REAL64 7\n", 3, "\"2x2\""),
            ("BID \"BID\" 40000 NULL PRICE 17 REAL64 7\n", 3, "\"40000\""),
            ("BID \"BID\" 99999999999999999999 NULL PRICE 17 REAL64 7\n", 3, "FID"),
            ("BID \"BID\" 22 NULL PRICE 17 REAL65 7\n", 3, "\"REAL65\""),
            ("BID \"BID\" 22 NULL PRICE 17 real64 7\n", 3, "unknown"),
            ("BID \"BID\" 22 NULL PRICE 17 REAL64 -1\n", 3, "\"-1\""),
            ("BID \"BID\" 22 NULL PRICE 17 REAL64 65536\n", 3, "\"65536\""),
            ("BID \"BID\" 22 NULL PRICE 17 REAL64 7 7\n", 3, "more behind"),
            ("BID \"BID\" 22 NULL PRICE 17 ( 3 REAL64 7\n", 3, "bracket"),
            ("BID \"BID\" 22 NULL PRICE ( 3 ) REAL64 7\n", 3, "length"),
            ("B\u{e4}D \"BID\" 22 NULL PRICE 17 REAL64 7\n", 3, "field's name"),
            ("ASK \"BID\" 22 NULL PRICE 17 REAL64 7\n", 3, "line 1 already"),
            ("\n!\nBID \"ASK\" 25 NULL PRICE 17 REAL64 7\n", 5, "line 1 already"),
        ])
    func faultsOfFields(_ lines: String, _ line: Int, _ words: String) throws {
        let head =
            lines.hasPrefix("ASK") || lines.contains("\"ASK\"")
            ? "BID \"BID\" 22 NULL PRICE 17 REAL64 7\n!\n" : "!\n!\n"
        let fault = #expect(throws: DictionaryFault.self) { try read(head + lines) }
        #expect(fault?.part == .fields && fault?.line == line, "\(fault?.text ?? "")")
        #expect(fault?.what.contains(words) == true, "\(fault?.what ?? "")")
    }

    @Test(
        "A line that is none of an enumeration is a fault with its number",
        arguments: [
            ("  840  \"USD\"", 4, "cut off"), ("  840  \"USD\n", 4, "not ended"), ("  840  USD\n", 4, "display text"),
            ("  840\n", 4, "display text"), ("  840 #4#\n", 4, "pairs"), ("  840 #4X#\n", 4, "pairs"),
            ("  840 #42\n", 4, "not ended"), ("  840  \"USD\"x\n", 4, "no blank"), ("  65536 \"X\"\n", 4, "\"65536\""),
            ("  84x0 \"X\"\n", 4, "the FID is"), ("  1 \"A\"\nBID\n", 5, "no FID"),
            ("  1 \"A\"\nBID 22 1\n", 5, "more behind"),
            ("  1 \"A\"\nBID 23\n", 5, "the FID 23 here and 22"), ("  1 \"A\"\nCURRENCY 15\n", 5, "line 3"),
            ("  1 \"A\"\nBID 22\n! the end\n", 5, "no value"),
        ])
    func faultsOfEnums(_ lines: String, _ line: Int, _ words: String) throws {
        let fault = #expect(throws: DictionaryFault.self) { try read(Self.fields, "!\n!\nCURRENCY 15\n" + lines) }
        #expect(fault?.part == .enums && fault?.line == line, "\(fault?.text ?? "")")
        #expect(fault?.what.contains(words) == true, "\(fault?.what ?? "")")
    }

    @Test("Files without fields, without enumerations, and values before any field are faults")
    func empty() {
        for text in ["", "! nothing\n", "\n\n"] {
            #expect(throws: DictionaryFault(.fields, "there is no field in the file")) { try read(text) }
            #expect(throws: DictionaryFault(.enums, "there is no enumeration in the file")) {
                try read(Self.fields, text)
            }
        }
        #expect(throws: DictionaryFault(.enums, line: 1, "a value stands before any field that has it")) {
            try read(Self.fields, "1 \"A\"\n")
        }
    }

    @Test("A file that is cut anywhere is a fault, or was whole up to there")
    func cut() throws {
        let bytes = Array(Self.enums.utf8)
        for count in bytes.indices {
            let part = Array(bytes[..<count])
            do throws(DictionaryFault) {
                _ = try DictionaryReader.read(fields: Array(Self.fields.utf8), enums: part)
                // Nothing of a line is missing that says something.
                let last = String(decoding: part, as: UTF8.self).split(
                    separator: "\n", omittingEmptySubsequences: false
                ).last
                #expect(last.map { $0.isEmpty || $0.hasPrefix("!") || $0.allSatisfy { $0 == " " } } == true)
            } catch {
                #expect(error.part == .enums)
            }
        }
    }

    @Test("The words tell a fault's line")
    func words() {
        #expect(DictionaryFault(.enums, line: 3, "it is odd").text == "line 3, it is odd")
        #expect(DictionaryFault(.enums, "it is odd").text == "it is odd")
    }

    @Test("Fields are found by pattern and by a name that is nearly theirs")
    func search() throws {
        let dictionary = try SampleDictionary.load()
        #expect(dictionary.fields(like: "*bid*").map(\.name) == ["BID", "BID_1"])
        #expect(dictionary.fields(like: "CURR?NCY").map(\.name) == ["CURRENCY"])
        #expect(dictionary.fields(like: "nothing").isEmpty)
        for (word, name) in [
            ("BIDD", "BID"), ("bid", "BID"), ("TRDPRC1", "TRDPRC_1"), ("CURENCY", "CURRENCY"), ("CURRENYC", "CURRENCY"),
            ("DSPLYNAME", "DSPLY_NAME"), ("X", nil), ("", nil), ("ENTIRELY_OTHER", nil),
            (String(repeating: "BID", count: 1000), nil),
        ] as [(String, String?)] {
            #expect(dictionary.nearest(to: word) == name, "\(word)")
        }
    }

    @Test("The dictionary of the samples has each type, and each text of its enumerations has a number or several")
    func samples() throws {
        let dictionary = try SampleDictionary.load()
        #expect(dictionary.versions == DictionaryVersions(fields: "1.0.0", enums: "1.1"))
        let types = Set(dictionary.fields(like: "*").map(\.type))
        #expect(
            types == [
                .uint64, .int64, .real64, .date, .time, .dateTime, .enum, .rmtesString, .asciiString, .buffer, .array,
                .map,
                .vector, .series, .elementList,
            ])
        try lookThrough(dictionary)
    }

    @Test("A real dictionary is read whole", .enabled(if: SampleDictionary.real != nil))
    func real() throws {
        let dictionary = try SampleDictionary.load(try #require(SampleDictionary.real))
        #expect(dictionary.count > 10_000 && dictionary.enums.valueCount > 10_000)
        #expect(dictionary.field("BID")?.number == 22 && dictionary.field("CURRENCY")?.type == .enum)
        try lookThrough(dictionary)
    }

    /// Each text, as it is and without its blanks, stands for the number that it stands at, or for several of which that is one, or for
    /// others because its own is no longer used.
    private func lookThrough(_ dictionary: FieldDictionary) throws {
        for table in 0..<dictionary.enums.count {
            for value in dictionary.enums.values(of: table) {
                #expect(dictionary.enums.has(value.number, in: table))
                guard value.shown.hasPrefix("\"") else { continue }
                let text = Array(value.shown.utf8.dropFirst().dropLast())
                for text in [text, Array(text[withoutBlanks(text)])] {
                    switch dictionary.enums.reading(of: text, in: table) {
                    case .number(let number):
                        #expect(number == value.number || isShared(text, value, table, dictionary))
                    case .ambiguous(let numbers):
                        #expect(
                            numbers.count > 1
                                && (numbers.contains(value.number) || value.isDeprecated || numbers == numbers.sorted())
                        )
                    case .none: #expect(text.allSatisfy { $0 == 0x20 } && text.count < value.shown.utf8.count - 2)
                    }
                }
            }
        }
    }

    private func isShared(
        _ text: [UInt8], _ value: EnumTables.Value, _ table: Int, _ dictionary: FieldDictionary
    ) -> Bool {
        let core = text[withoutBlanks(text)]
        return dictionary.enums.values(of: table).filter {
            let other = Array($0.shown.utf8.dropFirst().dropLast())
            return other[withoutBlanks(other)] == core
        }.count > 1
    }

    private func withoutBlanks(_ text: [UInt8]) -> Range<Int> {
        let first = text.firstIndex { $0 != 0x20 } ?? text.count
        let last = text.lastIndex { $0 != 0x20 } ?? first - 1
        return first..<max(first, last + 1)
    }
}

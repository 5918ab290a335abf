import PostboxCore
import Testing

@Suite("CSV reader")
struct CSVReaderTests {
    private func csv(
        _ text: String, delimiter: UInt8 = UInt8(ascii: ","), finalNewline: FinalNewline = .required,
        using usedColumns: UsedColumns? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) -> ReadFile {
        readInEveryWay(text, sourceLocation: sourceLocation) {
            CSVReader(delimiter: delimiter, finalNewline: finalNewline, usedColumns: usedColumns)
        }
    }

    @Test(
        "Cells come out as they are written",
        arguments: [
            ("plain", "a,b\n1,2\n", [["1", "2"]]),
            ("CRLF", "a,b\r\n1,2\r\n3,4\r\n", [["1", "2"], ["3", "4"]]),
            ("CR", "a,b\r1,2\r3,4\r", [["1", "2"], ["3", "4"]]),
            ("spaces kept", "a,b\n 1 , 2\t\n", [[" 1 ", " 2\t"]]),
            ("empty cells", "a,b\nx,\n\"\",x\n", [["x", ""], ["", "x"]]),
            ("quoted delimiter", "a,b\n\"1,5\",2\n", [["1,5", "2"]]),
            ("quoted line breaks", "a,b\n\"1\r\n2\n3\r4\",x\n", [["1\r\n2\n3\r4", "x"]]),
            ("doubled quotes", "a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", [["say \"hi\"", "\""]]),
            ("quote inside a cell", "a,b\n5\" nail,x\"y\"\n", [["5\" nail", "x\"y\""]]),
            ("blank lines anywhere", "\n\r\na,b\n\n1,2\n\r\n\r\r3,4\n\n", [["1", "2"], ["3", "4"]]),
            ("byte order mark", "\u{FEFF}a,b\n1,2\n", [["1", "2"]]),
            ("beyond ASCII", "a,b\nZürich,😀\n", [["Zürich", "😀"]]),
            (
                "long line", "a,b\n\(String(repeating: "x", count: 3000)),2\n",
                [[String(repeating: "x", count: 3000), "2"]]
            ),
        ])
    func cells(_ name: String, _ text: String, _ expected: [[String]]) {
        let file = csv(text)
        #expect(file.problem == nil)
        #expect(file.values == expected, "\(name)")
        #expect(file.rows.allSatisfy { $0.problem == nil })
        #expect(file.columns == [Column(name: "a"), Column(name: "b")])
    }

    @Test(
        "Rows whose every cell is empty are skipped wherever they stand",
        arguments: [
            ("a,b,c\n1,2,3\n,,\n4,,\n", ","), ("a,b,c\r\n1,2,3\r\n,,\r\n4,,\r\n,,\r\n", ","),
            (",,\n\"\",,\na,b,c\n1,2,3\n\"\",\"\",\"\"\n,\"\",\n4,,\n", ","), ("a,b,c\r,,\r1,2,3\r4,,\r\"\"\r", ","),
            ("a;b;c\n;;\n1;2;3\n;\n;;;;;\n4;;\n", ";"), ("a\tb\tc\n1\t2\t3\n\t\t\n4\t\t\n", "\t"),
        ])
    func emptyRows(_ text: String, _ delimiter: String) {
        let file = csv(text, delimiter: Array(delimiter.utf8)[0])
        #expect(file.problem == nil)
        #expect(file.values == [["1", "2", "3"], ["4", "", ""]])
        #expect(file.rows.map(\.number) == [1, 2])
        #expect(file.rows.map(\.problem) == [nil, nil])
    }

    @Test("Rows with the least in them are no empty ones")
    func nearlyEmptyRows() {
        #expect(
            csv("a,b,c\n,,1\n2,,\n, ,\n,3,\r\n\"\",\" \",\n").values
                == [["", "", "1"], ["2", "", ""], ["", " ", ""], ["", "3", ""], ["", " ", ""]])
        #expect(csv("a\n1\n\n\"\"\n2\r\n").values == [["1"], ["2"]])
        #expect(summary(csv("a,b\n1,2\n\"\"x,\n").rows.last?.problem) == "bad_quote@3:3")
    }

    @Test("A last line of empty cells without a line end may be the beginning of a row")
    func emptyRowCutOff() {
        #expect(summary(csv("a,b,c\n1,2,3\n,,").problem) == "no_final_newline@3:3")
        #expect(csv("a,b,c\n1,2,3\n,,", finalNewline: .optional).values == [["1", "2", "3"]])
    }

    @Test("Columns that no rule uses may have the same name")
    func unusedColumns() {
        let rule = MappingRule(
            destinations: ["cache"], ric: .column("Code"),
            fields: [FieldRule(name: "BID", source: .column("Bid"))])
        let file = csv("Code,x,,Bid,x,\nA,1,,3,4,\n", using: rule.usedColumns)
        #expect(file.problem == nil)
        #expect(file.columns.map(\.name) == ["Code", "x", "", "Bid", "x"])
        #expect(file.values == [["A", "1", "", "3", "4"]])
        #expect(summary(csv("Code,Bid,x,Bid\n", using: rule.usedColumns).problem) == "duplicate_column@1:12")
        #expect(summary(csv("Code,Bid,Code\n", using: rule.usedColumns).problem) == "duplicate_column@1:10")
    }

    @Test(
        "A column without a name between others is none while it is empty",
        arguments: [
            ("a,,b\n1,,2\n3,,4\n", ["none", "none"]), ("a,,,b,\n1,,,2,\n3,\"\", ,4,\n", ["none", "none"]),
            ("a,\"\",b\r\n1,,2\r\n3,x,4\r\n", ["none", "ragged_row@3:3"]),
            ("a, ,b\n1,,2\n3,\"x\"\"\",4\n", ["none", "ragged_row@3:0"]),
            ("\na,,b\n1,0,2\n3,,4\n", ["ragged_row@3:3", "none"]),
        ])
    func nameless(_ text: String, _ expected: [String]) {
        let rule = rule([FieldRule(name: "BID", source: .column("b"))])
        for used in [nil, rule.usedColumns] {
            let file = csv(text, using: used)
            #expect(file.problem == nil)
            #expect(file.columns.filter { !$0.name.isEmpty }.map(\.name) == ["a", "b"])
            #expect(file.rows.map { summary($0.problem) } == expected)
        }
    }

    @Test(
        "A column without a name at the end of the header is none while it is empty",
        arguments: [
            ("a,b,\n1,2,\n3,4,\n", ["none", "none"]), ("a,b,,,\n1,2,,,\n3,4,\n", ["none", "none"]),
            ("a,b, ,\r\n1,2,,\r\n3,4\r\n", ["none", "none"]), ("a,\"b\",\"\"\n1,2,\n3,4,\"\"\n", ["none", "none"]),
            ("a,b,\n1,2,x\n3,4, \n", ["ragged_row@2:5", "none"]),
            ("a,b,,\n1,2,,x\n3,4,,,\n", ["ragged_row@2:6", "none"]),
            ("a,b,\n1\n3,4,\n", ["ragged_row@2:0", "none"]), ("a,b\n1,2,\n3,4\n", ["ragged_row@2:0", "none"]),
        ])
    func namelessTail(_ text: String, _ expected: [String]) {
        let file = csv(text)
        #expect(file.problem == nil)
        #expect(file.columns.map(\.name) == ["a", "b"])
        #expect(file.rows.map { summary($0.problem) } == expected)
        let values = zip([["1", "2"], ["3", "4"]], expected).map { $1 == "none" ? $0 : [] }
        #expect(file.values == values)
    }

    @Test("Excel's first line says what the delimiter is, where the rule does not")
    func separatorLine() {
        func read(_ text: String, obeys: Bool = true) -> ReadFile {
            readInEveryWay(text) { CSVReader(obeysSeparatorLine: obeys) }
        }
        for text in [
            "sep=;\na;b\n1,5;2\n", "\u{FEFF}sep=;\r\na;b\r\n1,5;2\r\n", "SEP=;\ra;b\r1,5;2\r", "sep=\t\na\tb\n1,5\t2\n",
        ] {
            let file = read(text)
            #expect(file.values == [["1,5", "2"]])
            #expect(file.rows.map(\.line) == [3])
            #expect(file.prologue + file.sources.joined() == text)
        }
        #expect(read("sep=,\na,b\n1,2\n").values == [["1", "2"]])
        #expect(read("sep=;\na;b\n", obeys: false).columns.map(\.name) == ["sep=;"])
        #expect(read("\nsep=;\na;b\n").columns.map(\.name) == ["sep=;"])
        #expect(read("sep=x\na;b\n").columns.map(\.name) == ["sep=x"])
        #expect(summary(read("sep=;").problem) == "no_final_newline@1:6")
        #expect(summary(read("sep=;\n").problem) == "empty_file@0:0")
    }

    @Test("Very many rows come out as they are written, whatever stands between the plain ones")
    func manyRows() {
        let odd = [
            "\"q,\"\"\",x,y\n", "r,\"two\nlines\",z\r\n", "\n", "s,t\n", "u,v,w\r", "ü,5\" nail,\n", "a,b,c,d\n",
        ]
        var text = "a,b,c\n"
        var expected: [[String]] = []
        for number in 1...1500 {
            text += "R\(number),\(number),text\(number % 3 == 0 ? "\r\n" : "\n")"
            expected.append(["R\(number)", "\(number)", "text"])
            guard number % 11 == 0 else { continue }
            text += odd[number / 11 % odd.count]
            switch number / 11 % odd.count {
            case 0: expected.append(["q,\"", "x", "y"])
            case 1: expected.append(["r", "two\nlines", "z"])
            case 4: expected.append(["u", "v", "w"])
            case 5: expected.append(["ü", "5\" nail", ""])
            // Ragged: no values, but a problem.
            case 3, 6: expected.append([])
            default: break
            }
        }
        let file = csv(text)
        #expect(file.problem == nil)
        #expect(file.values == expected)
        #expect(file.rows.map(\.number) == Array(1...expected.count))
        #expect(file.sources.joined().utf8.count == text.utf8.count - "a,b,c\n".utf8.count - (1500 / 11 + 4) / 7)
        #expect(file.rows.filter { $0.problem != nil }.count == expected.filter(\.isEmpty).count)
    }

    @Test("A file may have more columns than are gathered at once")
    func wide() {
        let names = (1...1500).map { "c\($0)" }
        let rows = (1...3).map { row in (1...1500).map { "\(row * $0)" } }
        let file = csv(([names] + rows).map { $0.joined(separator: ",") + "\n" }.joined())
        #expect(file.values == rows)
    }

    @Test("A row knows its number, its line and its bytes")
    func places() {
        let file = csv("\u{FEFF}a,b\r\n\r\n1,\"x\ny\"\r\n\n2,z\r3,\n")
        #expect(file.rows.map(\.number) == [1, 2, 3])
        #expect(file.rows.map(\.line) == [3, 6, 7])
        #expect(file.sources == ["1,\"x\ny\"\r\n", "2,z\r", "3,\n"])
    }

    @Test("Header names lose the spaces around them, and may be quoted")
    func header() {
        let file = csv(" RIC ,\"BI\"\"D\",\tASK\n1,2,3\n")
        #expect(file.columns.map(\.name) == ["RIC", "BI\"D", "ASK"])
    }

    @Test("Any delimiter may be set")
    func delimiter() {
        #expect(csv("a;b\n1,5;\"x;y\"\n", delimiter: UInt8(ascii: ";")).values == [["1,5", "x;y"]])
        #expect(csv("a\tb\n1\t\n", delimiter: UInt8(ascii: "\t")).values == [["1", ""]])
    }

    @Test("The header, with its byte order mark, comes first in a file of rejected rows")
    func frame() {
        let file = csv("\u{FEFF}\na,b\r\n1,2\r\n")
        #expect(file.prologue == "\u{FEFF}\na,b\r\n")
        #expect(file.frame.opening + file.frame.separator + file.frame.closing == "")
    }

    @Test(
        "A broken file is refused with the place",
        arguments: [
            ("", "empty_file@0:0"), ("\n\r\n", "empty_file@0:0"), ("\u{FEFF}", "empty_file@0:0"),
            ("é,b,é\n1,2,3\n", "duplicate_column@1:5"), ("a,\"a\"\n", "duplicate_column@1:4"),
            ("a,M\u{FFFD}ller\n1,2\n", "damaged_text@1:3"), ("a,\"b\"c\n", "bad_quote@1:6"),
            ("a,\0\n1,2\n", "bad_byte@1:3"),
            ("a,b\n1,\"x\n2,3\n", "unclosed_quote@2:3"), ("a,\"b\n", "unclosed_quote@1:3"),
            ("a,b\n1,\"x\"\"\n", "unclosed_quote@2:3"), ("a,b\n\"x\n\",\"é", "unclosed_quote@3:3"),
            ("a,b\n1,2", "no_final_newline@2:4"), ("a,b", "no_final_newline@1:4"),
            ("a,b\n1,2\n3,\"4\"", "no_final_newline@3:6"), ("a,b\n1,", "no_final_newline@2:3"),
        ])
    func brokenFile(_ text: String, _ expected: String) {
        #expect(summary(csv(text).problem) == expected)
    }

    @Test("A bad row does not hide that a quote after it is never closed")
    func badRowBeforeUnclosedQuote() {
        #expect(summary(csv("a,b\n1\n2,3,4\n5,\"6\n").problem) == "unclosed_quote@4:3")
    }

    @Test(
        "A last line without a line end is read where the rule allows it",
        arguments: [("a,b\n1,2", ["1", "2"]), ("a,b\n1,", ["1", ""]), ("a,b\n1,\"2\"", ["1", "2"])])
    func optionalFinalNewline(_ text: String, _ expected: [String]) {
        #expect(csv(text, finalNewline: .optional).values == [expected])
    }

    @Test(
        "A bad row is named, and the rows around it are read",
        arguments: [
            ("1", "ragged_row@3:0"), ("1,2,3", "ragged_row@3:0"), ("\"1\"x,2", "bad_quote@3:4"),
            ("é,\"\"x", "bad_quote@3:5"), ("é,a\0", "bad_byte@3:4"), ("\"\n\n\"y,2", "bad_quote@5:2"),
            ("\"\r\n\r\",\0", "bad_byte@5:3"),
        ])
    func badRow(_ row: String, _ expected: String) {
        let file = csv("a,b\nx,y\n\(row)\nv,w\n")
        #expect(file.problem == nil)
        #expect(file.cells == [["a=plain:x", "b=plain:y"], [], ["a=plain:v", "b=plain:w"]])
        #expect(summary(file.rows.dropFirst().first?.problem) == expected)
        #expect(file.sources == ["x,y\n", "\(row)\n", "v,w\n"])
    }

    @Test("A ragged row's problem says how many cells were expected and found")
    func raggedRowWords() {
        let problem = csv("a,b\n1\n").rows.first?.problem
        #expect(problem?.what == "The row has 1 cell, but the header names 2.")
    }

    @Test(
        "A byte that is no UTF-8 spoils its row alone",
        arguments: [
            [0xE9], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
        ] as [[UInt8]])
    func badByte(_ bytes: [UInt8]) {
        let text = Array("a,b\nü,w\nZü".utf8) + bytes + Array(",1\nx,y\n".utf8)
        let file = readInEveryWay(text) { CSVReader() }
        let problem = file.rows.dropFirst().first?.problem
        #expect(summary(problem) == "bad_byte@3:3")
        #expect(problem?.what.contains("0x" + String(bytes[0], radix: 16, uppercase: true)) == true)
        #expect(problem?.hint?.contains("encoding:") == true)
        #expect(file.values == [["ü", "w"], [], ["x", "y"]])
    }

    @Test("A row without end is refused, and its open quote is named", arguments: [65_536, 10_000_000])
    func longRow(_ size: Int) {
        let text = "a,b\n1,\"" + String(repeating: "x\n", count: rowBytesMax)
        let file = read(Array(text.utf8), inChunksOf: size) { CSVReader() }
        #expect(summary(file.problem) == "row_too_long@2:0")
        #expect(file.problem?.hint?.contains("line 2, column 3") == true)
    }

    @Test("A row of just under the limit is read", arguments: [65_536, 10_000_000])
    func almostLongRow(_ size: Int) {
        let cell = String(repeating: "x", count: rowBytesMax - 3)
        let file = read(Array("a,b\n1,\(cell)\n".utf8), inChunksOf: size) { CSVReader() }
        #expect(file.values == [["1", cell]])
    }

    @Test("In a workbook's text a row is one line, whatever its cells hold; a short one is filled up")
    func sheet() {
        let text = "a,b\n\"x\ny\",1\n2\n\n\"z\n\n\",3,4\n5,6\n"
        let readers: [() -> any PriceFileReader] = [
            { CSVReader(fillsRows: true) }, { LineReader(LineLayout(), fillsRows: true) },
        ]
        for make in readers {
            let file = readInEveryWay(text, with: make)
            #expect(file.values == [["x\ny", "1"], ["2", ""], [], ["5", "6"]])
            #expect(file.rows.map(\.line) == [2, 3, 5, 6])
            #expect(file.rows.compactMap(\.problem).map { summary($0) } == ["ragged_row@5:0"])
        }
    }
}

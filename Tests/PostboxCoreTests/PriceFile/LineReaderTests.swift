import PostboxCore
import Testing

/// A layout with these keys.
func lines(_ set: (inout LineLayout) -> Void) -> LineLayout {
    var layout = LineLayout()
    set(&layout)
    return layout
}

@Suite("Line reader")
struct LineReaderTests {
    private func read(
        _ text: String, _ layout: LineLayout, delimiter: UInt8 = UInt8(ascii: ","),
        finalNewline: FinalNewline = .required, sourceLocation: SourceLocation = #_sourceLocation
    ) -> ReadFile {
        readInEveryWay(text, sourceLocation: sourceLocation) {
            LineReader(layout, delimiter: delimiter, finalNewline: finalNewline)
        }
    }

    @Test("Blanks in any number part cells, and those at a line's ends part none")
    func blanks() {
        let layout = lines {
            $0.partsAtBlanks = true
            $0.comment = "#"
            $0.header = LineLayout.Header.none
            $0.columns = ["DATE", "KEY", "VALUE"]
        }
        let text = """
            ###### Invented rates #########
            20260304 FX/AAA 1.0725
            20260304   FX/BBB\t0.00337
            # a remark with words in it

              \t
             20260305\tFX/CCC 9.753 \t
            20260305 "FX DDD" "" \r
            20260305 FX/EEE
            20260305 "FX/EEE"x 1

            """
        let file = read(text, layout)
        #expect(file.problem == nil)
        #expect(file.columns.map(\.name) == ["DATE", "KEY", "VALUE"])
        #expect(
            file.values == [
                ["20260304", "FX/AAA", "1.0725"], ["20260304", "FX/BBB", "0.00337"], ["20260305", "FX/CCC", "9.753"],
                ["20260305", "FX DDD", ""], [], [],
            ])
        #expect(file.rows.map(\.line) == [2, 3, 7, 8, 9, 10])
        #expect(file.rows.map { summary($0.problem) }.suffix(2) == ["ragged_row@9:0", "bad_quote@10:18"])
        #expect(file.rows[4].problem?.what == "The row has 2 cells, but the rule names 3.")
        #expect(file.prologue == "###### Invented rates #########\n")
    }

    @Test("A price list with lines before its header, remarks and another quote")
    func quotesAndRemarks() {
        let layout = lines {
            $0.skipped = 2
            $0.comment = "%"
            $0.quote = .single
        }
        let text = """
            Prices, "as of today

            RIC,bid,name
            % desk one
            ALFA.TST,1.5,'Alfa, Bravo'
            BRAV.TST,2.5,'It''s "B"'
            %CHAR.TST,3.5,x
            DELT.TST,4.5,"Delta"
            ECHO.TST,'5
            .5',e

            """
        let file = read(text, layout)
        #expect(
            file.values == [
                ["ALFA.TST", "1.5", "Alfa, Bravo"], ["BRAV.TST", "2.5", "It's \"B\""],
                ["DELT.TST", "4.5", "\"Delta\""],
                ["ECHO.TST", "5\n.5", "e"],
            ])
        #expect(file.rows.map(\.line) == [5, 6, 8, 9])
        #expect(summary(read("a,b\n1,'x\n", lines { $0.quote = .single }).problem) == "unclosed_quote@2:3")
        #expect(
            read("a,b\n1,'x'y\n", lines { $0.quote = .single }).rows.first?.problem?.hint
                == "A quote inside a quoted cell is written twice ('').")
        let bare = read("a,b\n1,\"x\n'2','\"\n", lines { $0.quote = LineLayout.Quote.none })
        #expect(bare.values == [["1", "\"x"], ["'2'", "'\""]])
    }

    private static let getdata = """
        START-OF-FILE
        FIRMNAME=dl0001

        START-OF-FIELDS
        PX_BID
        # PX_MID
         PX_ASK\t

        END-OF-FIELDS

        TIMESTARTED=Wed Mar  4 10:42:10 GMT 2026
        START-OF-DATA
        ALF US Equity |0|3|101.250000|101.37500|
        BRV Index |0|3|16450.31|| |
        CHR "Corp" |10|3|1.5|1.6|x|
        END-OF-DATA
        TIMEFINISHED=Wed Mar  4 10:42:12 GMT 2026
        END-OF-FILE
        """

    private static var getdataLayout: LineLayout {
        lines {
            $0.hasOwnDelimiter = true
            $0.quote = LineLayout.Quote.none
            $0.comment = "#"
            $0.header = .between(after: "START-OF-FIELDS", before: "END-OF-FIELDS")
            $0.columns = ["SECURITY", "ERROR", "NUMBER"]
            $0.after = "START-OF-DATA"
            $0.before = "END-OF-DATA"
            $0.ragged = .blankTail
        }
    }

    @Test("Names that stand one a line between two marker lines, and rows between two others")
    func namesBetweenMarkers() {
        let pipe = UInt8(ascii: "|")
        let file = read(Self.getdata, Self.getdataLayout, delimiter: pipe, finalNewline: .optional)
        #expect(file.problem == nil)
        #expect(file.columns.map(\.name) == ["SECURITY", "ERROR", "NUMBER", "PX_BID", "PX_ASK"])
        #expect(
            file.values == [
                ["ALF US Equity ", "0", "3", "101.250000", "101.37500"], ["BRV Index ", "0", "3", "16450.31", ""], [],
            ])
        #expect(summary(file.rows.last?.problem) == "ragged_row@15:26")
        #expect(file.rows.map(\.line) == [13, 14, 15])
        #expect(file.frame.closing == "END-OF-DATA\n")
        #expect(summary(read(Self.getdata, Self.getdataLayout, delimiter: pipe).problem) == "no_final_newline@18:12")
        for (without, reason) in [
            ("START-OF-FIELDS", "header_missing@0:0"), ("END-OF-FIELDS", "header_missing@0:0"),
            ("START-OF-DATA", "start_marker_missing@0:0"), ("END-OF-DATA", "end_marker_missing@0:0"),
        ] {
            let text = Self.getdata.replacing(without, with: "REMARK")
            let file = read(text, Self.getdataLayout, delimiter: pipe, finalNewline: .optional)
            #expect(summary(file.problem) == reason)
        }
        let twice = Self.getdata + "\n" + Self.getdata
        #expect(
            summary(read(twice, Self.getdataLayout, delimiter: pipe, finalNewline: .optional).problem)
                == "trailer_misplaced@22:0")
    }

    @Test(
        "A line that ends the rows is missed behind the one where they begin, whatever stood before that",
        arguments: [
            ("a\nSTART\n1\nEND\nSTART\n2\n", "START", "no line behind the \"START\" in line 5 was \"END\""),
            ("a\nEND\nSTART\n2\n", "START", "no line behind the \"START\" in line 3 was \"END\""),
            ("START\na\n1\n", "START", "no line behind line 2, where the rows begin, was \"END\""),
            ("a\n1\n", nil, "no line behind line 1, where the rows begin, was \"END\""),
        ] as [(String, String?, String)])
    func endMarkerMissing(_ text: String, _ after: String?, _ words: String) {
        let file = read(
            text,
            lines {
                $0.after = after
                $0.before = "END"
            })
        #expect(summary(file.problem) == "end_marker_missing@0:0")
        #expect(file.problem?.what == "The file ends, and \(words), which ends the rows.")
    }

    @Test("Where rows begin with the file, no line at all was the one that ends them")
    func endMarkerMissingOfAll() {
        let file = read(
            "1\n",
            lines {
                $0.columns = ["a"]
                $0.header = LineLayout.Header.none
                $0.before = "END"
            })
        #expect(file.problem?.what == "The file ends, and no line was \"END\", which ends the rows.")
    }

    @Test("Rows go on behind another start marker, if no header comes again")
    func severalBlocks() {
        let layout = lines {
            $0.after = "BEGIN*"
            $0.before = "END"
        }
        let file = read("a,b\nx\nBEGIN 1\n1,2\nEND\ny,z\nBEGIN 2\n3,4\nEND\nx,y\n", layout)
        #expect(file.problem == nil)
        #expect(file.values == [["1", "2"], ["3", "4"]])
        #expect(file.rows.map(\.line) == [4, 8])
        #expect(file.frame.closing == "END\n")
    }

    @Test(
        "The header is found by its first cell, or behind a line; what comes before it is passed over",
        arguments: [
            (
                "\u{FEFF}\"TERMS \"\"AND\"\n\"id\",\"x\n\n\"OBSERVATIONS\"\n",
                LineLayout.Header.after("\"OBSERVATIONS\"")
            ),
            ("\u{FEFF}\"TERMS\n\"OBSERVATIONS\" \t\r\n\n# no header\n", .after("OBSERVATIONS")),
            ("x\nOBSERVATIONS 1\n", .after("OBS*[0-9]")), ("dates,a,b\n\"date\n\n", .firstCell("date")),
            ("a,date\n,,\n#date,1,2\n", .firstCell(" date")),
            ("x\n[OBSERVATIONS]\n", .after("[OBSERVATIONS]")),
        ])
    func header(_ before: String, _ header: LineLayout.Header) {
        let layout = lines {
            $0.header = header
            $0.comment = "#"
        }
        for line in ["date,A,B\n", " \"date\" ,\"A\",B\r\n"]
        where !line.hasPrefix(" ") || !"\(header)".contains("first") {
            let file = read(before + line + "2026-03-04,1,2\n", layout)
            #expect(file.problem == nil)
            #expect(file.values == [["2026-03-04", "1", "2"]])
            #expect(file.prologue == before + line)
        }
        let missing = read(before.replacing("OBS", with: "OPS"), layout)
        #expect(missing.problem?.reason == "header_missing")
    }

    @Test("A header may begin as remarks do, where the rule names its first cell")
    func headerLikeRemark() {
        let file = read("# x\n#RIC,bid\n# y\nA,1\n", lines { ($0.comment, $0.header) = ("#", .firstCell("#RIC")) })
        #expect(file.columns.map(\.name) == ["#RIC", "bid"])
        #expect(file.values == [["A", "1"]])
    }

    @Test("Where the header is not found, the first lines of the file are shown, cut")
    func missingHeader() {
        let long = String(repeating: "ä", count: 80)
        let file = read(
            "\u{FEFF}<html>\n\n\(long)\n\t\u{1B}x\n3\n4\n5\n6\n", lines { $0.header = .firstCell("Series ID") })
        #expect(
            file.problem?.text
                == "No line's first cell is \"Series ID\", so the header is not found. The file begins: \"<html>\", "
                + "\"\(String(repeating: "ä", count: 60))…\", \"\\t\\u001bx\", \"3\", \"4\". (Check `header` and "
                + "`skip_lines` of the file's rule, or whether it is the right file.)")
        #expect(summary(read("", lines { $0.header = .firstCell("x") }).problem) == "empty_file@0:0")
        #expect(summary(read("\n\n", lines { $0.skipped = 3 }).problem) == "empty_file@0:0")
        #expect(summary(read("a\nb\n", lines { $0.skipped = 3 }).problem) == "header_missing@0:0")
        #expect(summary(read("a\nb\n", lines { $0.skipped = 2 }).problem) == "header_missing@0:0")
    }

    @Test("Lines that fit a pattern are no rows, whatever they hold")
    func dropped() {
        let layout = lines { $0.dropped = ["File Creation Time*", "TOTAL*", "*---*"] }
        let text = """
            Symbol|Name
            A|Alfa "x
            ---|----
            "TOTAL of all"
            B|Bravo
            TOTAL|"2
            C|TOTAL
            File Creation Time: 0304202617:01|||||

            """
        let file = read(text, layout, delimiter: UInt8(ascii: "|"))
        #expect(file.values == [["A", "Alfa \"x"], ["B", "Bravo"], ["C", "TOTAL"]])
        // A header that comes again on each page.
        let pages = read("Day,Bid\n1,2\nDay,Bid\n3,4\n", lines { $0.dropped = ["Day*"] })
        #expect(pages.values == [["1", "2"], ["3", "4"]])
    }

    @Test("Headings give the rows below them a value, wherever they stand")
    func headings() {
        let layout = lines {
            $0.skipped = 2
            $0.comment = "#"
            $0.dropped = ["TOTAL*"]
            $0.header = .after("Table")
            $0.after = "BEGIN"
            $0.before = "END"
            $0.headings = [
                LineLayout.Heading(patterns: ["* FUT*", "* OPT *"], name: "$product"),
                LineLayout.Heading(patterns: ["[A-Z][A-Z] Exchange"], name: "$venue"),
            ]
        }
        let text = """
            x
            XA Exchange
              GOLD FUT 1 \t
            Table
            Day,Bid
            "XB Exchange"
            BEGIN
            1,2
            # SILVER FUT
            TOTAL FUT 1
            \tIRON OPT 2
            3,4
            5
            XC Exchange
            6,7
            END
            XD Exchange

            """
        let file = read(text, layout)
        #expect(file.problem == nil)
        #expect(file.columns.map(\.name) == ["Day", "Bid", "$product", "$venue"])
        #expect(
            file.values == [
                ["1", "2", "GOLD FUT 1", "XB Exchange"], ["3", "4", "IRON OPT 2", "XB Exchange"], [],
                ["6", "7", "IRON OPT 2", "XC Exchange"],
            ])
        let first = read("a\n1\nX FUT 1\n2\n", lines { $0.headings = [.init(patterns: ["* FUT *"], name: "$p")] })
        #expect(first.values == [["1", ""], ["2", "X FUT 1"]])
        let named = read("a,$p\n1,2\n", lines { $0.headings = [.init(patterns: ["* FUT *"], name: "$p")] })
        #expect(summary(named.problem) == "duplicate_column@1:0")
    }

    @Test("A heading that is no text spoils the rows below it, up to the next")
    func badHeading() {
        let layout = lines { $0.headings = [.init(patterns: ["* FUT"], name: "$p")] }
        let text = Array("a\n1\nG".utf8) + [0xE9] + Array("LD FUT\n2\n3\nIRON FUT\n4\n".utf8)
        let file = readInEveryWay(text) { LineReader(layout) }
        #expect(file.rows.map { summary($0.problem) } == ["none", "bad_byte@4:0", "bad_byte@5:0", "none"])
        #expect(file.values == [["1", ""], [], [], ["4", "IRON FUT"]])
        let problem = file.rows[1].problem
        #expect(problem?.columnName == "$p")
        #expect(problem?.what == "\"$p\" comes from the heading above, in line 3, which cannot be read.")
        #expect(problem?.hint?.contains("`encoding:`") == true)
    }

    @Test("Lines that are passed over may hold any byte")
    func badBytesBefore() {
        let text = Array("x".utf8) + [0xE9, 0] + Array("\na\n1\n".utf8)
        #expect(readInEveryWay(text) { LineReader(lines { $0.skipped = 1 }) }.values == [["1"]])
        let header = Array("skip\na,".utf8) + [0xE9] + Array("\n1,2\n".utf8)
        #expect(summary(readInEveryWay(header) { LineReader(lines { $0.skipped = 1 }) }.problem) == "bad_byte@2:3")
    }

    @Test(
        "Cells beyond the header are fine while they are empty, where the rule says so",
        arguments: [
            ("1,2,,", "none"), ("1,2,\"\", ", "none"), ("1,2", "none"), ("1,2,,x", "ragged_row@2:6"),
            ("1,2,\"x\"", "ragged_row@2:6"), ("1", "ragged_row@2:0"), ("1,2,\"\"\"\"", "ragged_row@2:1"),
        ])
    func blankTail(_ row: String, _ expected: String) {
        let file = read("a,b\n\(row)\n", lines { $0.ragged = .blankTail })
        #expect(file.rows.map { summary($0.problem) } == [expected])
        #expect(file.values == [expected == "none" ? ["1", "2"] : []])
    }

    @Test("Excel's first line is obeyed where the rule names no delimiter, and is one of the lines to skip")
    func separator() {
        func values(_ text: String, _ set: (inout LineLayout) -> Void) -> [[String]] { read(text, lines(set)).values }
        #expect(values("\u{FEFF}sep=;\r\na;b\r\n1,5;2;;\r\n") { $0.ragged = .blankTail } == [["1,5", "2"]])
        #expect(values("sep=\t\na\tb\n1\t2\n") { $0.comment = "#" } == [["1", "2"]])
        #expect(values("sep=;\ntitle\na;b\n1;2\n") { $0.skipped = 2 } == [["1", "2"]])
        #expect(
            values("sep=;\n1;2\n") {
                $0.header = LineLayout.Header.none
                $0.columns = ["a", "b"]
            } == [["1", "2"]])
        let own = read("sep=;\n1\n", lines { ($0.hasOwnDelimiter, $0.comment) = (true, "#") })
        #expect(own.columns.map(\.name) == ["sep=;"])
    }

    @Test("A rule's layout chooses the reader; a delimiter of its own is none")
    func choice() {
        func reader(_ format: PriceFileFormat, _ layout: LineLayout?) -> any PriceFileReader {
            PriceFileReaders.make(format: format, layout: FileLayout(lines: layout))
        }
        #expect(reader(.csv, nil) is CSVReader)
        #expect(reader(.csv, lines { $0.hasOwnDelimiter = true }) is CSVReader)
        #expect(reader(.csv, lines { $0.comment = "#" }) is LineReader)
        #expect(reader(.fixed, nil) is LineReader)
        #expect(PriceFileReaders.make(format: .csv) is CSVReader)
    }

    @Test("A row without end is refused, wherever it stands", arguments: [65_536, 10_000_000])
    func longRow(_ size: Int) {
        let long = String(repeating: "x", count: rowBytesMax + 2)
        for (text, layout) in [
            ("a,b\n1,\"\(long)", lines { $0.ragged = .blankTail }), ("\(long)\na\n1\n", lines { $0.skipped = 1 }),
            ("a\n#\(long)\n1\n", lines { $0.comment = "#" }),
        ] {
            let file = PostboxCoreTests.read(Array(text.utf8), inChunksOf: size) { LineReader(layout) }
            #expect(file.problem?.reason == "row_too_long")
        }
    }

    @Test(
        "Lines of a workbook's text that are no rows are whole rows of the sheet, also where a cell has several lines")
    func sheetLines() {
        let text = "\"Prices\nof the day\",x\nmore\na,b\n\"# x\ny\",1\n1,2\n\"TOTAL\n\",3\n3,4\n"
        let file = readInEveryWay(text) {
            LineReader(
                lines { ($0.skipped, $0.comment, $0.dropped) = (2, "\"#", ["*TOTAL*"]) }, fillsRows: true)
        }
        #expect(file.columns.map(\.name) == ["a", "b"])
        #expect(file.values == [["1", "2"], ["3", "4"]])
        #expect(file.rows.map(\.line) == [5, 7])
    }
}

import PostboxCore
import Testing

/// Where the names of a file's columns are looked for, and what the rule says where the reader would not find them.
@Suite("The header of a drafted rule")
struct HeaderDraftTests {
    private static func rule(_ text: String, _ name: String = "p.csv") -> [String] { RuleDraftTests.rule(name, text) }

    @Test("A column without a name, as pandas writes its index, is given one, and the header's line is told")
    func index() {
        let rule = Self.rule(",RIC,BID,ASK\n0,EUR=,1.1,1.2\n1,JPY=,150.1,150.2\n")
        #expect(
            rule.dropFirst() == [
                "header: none", "columns: [C1, RIC, BID, ASK]   # the header's names; it has none for C1",
                "rows: {after: \",RIC,BID,ASK\"}   # the header's own line: a file with another one is refused",
                "ric: {column: RIC}", "fields:", "BID: {column: BID, type: real}", "ASK: {column: ASK, type: real}",
                "# FIELD: {column: C1}   # 0",
            ], "\(rule)")
        let quoted = Self.rule("\"\";BID;ASK\nEUR=;1,1;1,2\nJPY=;150,1;150,2\n")
        #expect(quoted.contains("ric: {column: C1}"), "\(quoted)")
        #expect(quoted.contains { $0.hasPrefix(#"rows: {after: "\"\";BID;ASK"}"#) }, "\(quoted)")
    }

    @Test("A name that comes twice: which column is meant is not guessed")
    func twice() {
        let rule = Self.rule("RIC,Bid,Bid,Ask*\nEUR=,1.1,1.11,1.2\nJPY=,1,2,3\n")
        #expect(rule.contains { $0.hasPrefix("columns: [RIC, Bid, Bid_2, \"Ask*\"]") }, "\(rule)")
        #expect(rule.contains { $0.hasPrefix("rows: {after: \"RIC,Bid,Bid,Ask[*]\"}") }, "\(rule)")
        #expect(
            !rule.contains { $0.hasPrefix("BID: ") } && rule.contains("ASK: {column: \"Ask*\", type: real}"), "\(rule)")
    }

    @Test("A nameless column that is empty needs no name")
    func closed() {
        let rule = Self.rule("RIC,BID,\nEUR=,1.1,\nJPY=,150.1,\n")
        #expect(rule.dropFirst() == ["ric: {column: RIC}", "fields:", "BID: {column: BID, type: real}"], "\(rule)")
    }

    @Test(
        "Numbers and dates among the names make no row of the header",
        arguments: [
            "RIC,2024-01-31,2024-02-29\nA.TST,1.5,1.6\nB.TST,2.5,2.6\n", "RIC,1,2,3\nA.TST,1.5,1.6,1.7\n",
            "RIC,field,2024,2025\nA.TST,EPS,1.5,1.6\n", "Date,1,2,3\n2024-01-31,1.5,1.6,1.7\n",
            "EXPIRY,95.0,97.5\n2026-06-19,12.1,11.9\n", "Ticket,2024\nA.TST,1.5\nB.TST,1.6\n",
        ])
    func numbersAsNames(text: String) {
        let rule = Self.rule(text)
        #expect(!rule.contains { $0.hasPrefix("header") || $0.contains("C1") }, "\(rule)")
    }

    @Test(
        "Words in the first row make no header of it",
        arguments: [
            "A.TST,1.5,2024\nB.TST,2.5,2024\n", "2024-01-31,A.TST,1.5\n2024-01-31,B.TST,2.5\n", "ALFA,1.5\nBETA,2.5\n",
            "A.TST,N/A,N/A\nB.TST,1.5,1.6\n", "A.TST,BID,1.5\nA.TST,ASK,1.6\n",
        ])
    func wordsInRows(text: String) {
        let rule = Self.rule(text)
        #expect(rule.contains("header: none"), "\(rule)")
    }

    @Test("Where nothing tells whether the first line is the header it is asked")
    func open() {
        for text in ["Curve,1,2\nEUR,1.5,1.6\nUSD,2.5,2.6\n", "A.TST,n.q.,1.5\nB.TST,1.6,1.7\n"] {
            let rule = Self.rule(text)
            #expect(rule.contains { $0.hasPrefix("# ? Is line 1 the header, or the first row?") }, "\(rule)")
            #expect(rule.contains("#   header: none"), "\(rule)")
        }
    }

    @Test("A title above rows without a header is none")
    func title() {
        let rule = Self.rule("Prices of the day\nA.TST,1.5\nB.TST,1.6\n")
        #expect(rule.contains("header: none") && !rule.contains { $0.hasPrefix("ragged") }, "\(rule)")
        let closed = Self.rule("RIC,BID\nA.TST,1.5,\nB.TST,1.6,\n")
        #expect(closed.contains { $0.hasPrefix("ragged: blank_tail") }, "\(closed)")
        #expect(closed.contains("BID: {column: BID, type: real}"), "\(closed)")
    }

    @Test("A header that looks like a remark is found by its first cell; other remarks stay remarks")
    func remark() {
        let rule = Self.rule("#RIC;BID;ASK\nEUR=;1.1;1.2\nJPY=;150;151\n")
        #expect(
            rule.dropFirst() == [
                "delimiter: \";\"", "header: {first_cell: \"#RIC\"}   # no remark, but the header",
                "ric: {column: \"#RIC\"}", "fields:", "BID: {column: BID, type: real}",
                "ASK: {column: ASK, type: real}",
            ], "\(rule)")
        let both = Self.rule("# made today\n#RIC;BID\nEUR=;1.1\n# half\nJPY=;150\n")
        #expect(both.contains("comment: \"#\"") && both.contains("BID: {column: BID, type: real}"), "\(both)")
        let blanks = Self.rule("# saved\n# RIC BID ASK\nEUR= 1.1 1.2\nJPY= 150.1 150.2\n", "p.txt")
        #expect(blanks.contains { $0.hasPrefix("columns: [RIC, BID, ASK]") }, "\(blanks)")
        #expect(blanks.contains { $0.hasPrefix("rows: {after: \"# RIC BID ASK\"}") }, "\(blanks)")
        #expect(blanks.contains("ric: {column: RIC}"), "\(blanks)")
        let plain = Self.rule("# made by, desk, x\nRIC,BID,ASK\nEUR=,1.1,1.2\n")
        #expect(plain.dropFirst().prefix(2) == ["comment: \"#\"", "ric: {column: RIC}"], "\(plain)")
    }

    @Test("The table with prices is found behind one without, by the line above it")
    func sections() {
        let rule = Self.rule(
            "\"TERMS\"\n\"https://x.test/\"\n\n\"SERIES\"\n\"id\",\"label\"\n\"FXUSDCAD\",\"USD/CAD\"\n\n\"OBSERVATIONS\"\n\"date\",\"FXUSDCAD\"\n\"2026-03-03\",\"1.3571\"\n\"2026-03-04\",\"1.3568\"\n"
        )
        #expect(rule.contains { $0.hasPrefix("header: {after: OBSERVATIONS}") }, "\(rule)")
        #expect(rule.contains("TRADE_DATE: {column: date, date: yyyy-MM-dd}"), "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("skip_lines") }, "\(rule)")
    }

    @Test("Units and other names below the header are asked about, and do not hide what the columns hold")
    func units() {
        let units = Self.rule("RIC,BID,ASK\nunits,EUR,EUR\nEUR=,1.1,1.2\nJPY=,150.1,150.2\n")
        #expect(units.contains { $0.hasPrefix("# ? Line 2 holds words") }, "\(units)")
        #expect(units.contains("#   drop: [\"units,*\"]"), "\(units)")
        #expect(units.contains("BID: {column: BID, type: real}"), "\(units)")
        let series = Self.rule(
            "Title,AUD in USD,AUD in JPY\nUnits,USD,JPY\nSeries ID,FXRUSD,FXRJY\n03-Mar-2026,0.6512,97.4\n04-Mar-2026,0.6533,97.6\n"
        )
        #expect(series.contains { $0.hasPrefix("# ? Lines 2 to 3 hold words") }, "\(series)")
        #expect(series.contains("#   header: {first_cell: Series ID}"), "\(series)")
    }

    @Test("Rows that say by their first cell what they are")
    func kinds() {
        let rule = Self.rule(
            "H|20260304|PRICES|1\nD|XS0000000009|101.25|101.50\nD|DE0001102333|99.10|99.15\nT|2\n", "p.txt")
        #expect(rule.contains("# ? Are only the lines that begin with D rows?"), "\(rule)")
        #expect(rule.contains("#   where: [{column: C1, is: [D]}]"), "\(rule)")
        #expect(rule.contains("#   drop: [\"T|*\"]") && rule.contains { $0.hasPrefix("ric: {column: C2}") }, "\(rule)")
    }

    @Test("Lines that are drawn are dropped; what would take a row away is not offered")
    func left() {
        let drawn = Self.rule(" ric  |  bid\n------+--------\n EUR= | 1.1000\n JPY= | 150.10\n", "p.txt")
        #expect(drawn.contains { $0.hasPrefix("drop: [\"-----*\"]") }, "\(drawn)")
        let total = Self.rule("RIC;BID;ASK\nT1.TST;1;2\nT2.TST;1;2\nT3\n")
        #expect(total.contains { $0.hasPrefix("# ? Some lines have another number of cells") }, "\(total)")
        #expect(!total.contains { $0.contains("drop:") }, "\(total)")
        let wide = Self.rule("RIC,NAME,BID\nA.TST,Alpha, Inc.,1\nB.TST,Beta,2\nC.TST,Gamma,3\n")
        #expect(wide.contains { $0.hasPrefix("# ? Why has line 2 more cells than the header?") }, "\(wide)")
        #expect(!wide.contains { $0.contains("drop:") }, "\(wide)")
    }

    @Test("Cells between single quotes; an apostrophe is none")
    func quotes() {
        let rule = Self.rule("'RIC','NAME','BID'\n'EUR=','Euro, dollar','1,1'\n'JPY=','Yen','150,1'\n")
        #expect(rule.contains("quote: \"'\"") && rule.contains("decimal: \",\""), "\(rule)")
        #expect(rule.contains("ric: {column: RIC}") && rule.contains("BID: {column: BID, type: real}"), "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("thousands") }, "\(rule)")
        let apostrophe = Self.rule("RIC,NAME,BID\nA.TST,'tis,1\nB.TST,O'Neil,2\n")
        #expect(!apostrophe.contains { $0.hasPrefix("quote") }, "\(apostrophe)")
        let open = Self.rule("RIC,NAME,BID\nA.TST,\"never closed,1\nB.TST,Beta,2\n")
        #expect(open.contains { $0.hasPrefix("quote: none") }, "\(open)")
    }

    @Test("A name over two lines")
    func lineBreak() {
        let rule = Self.rule("RIC,\"Bid\nPrice\",Ask\nEUR=,1.1,1.2\nJPY=,150,151\n")
        #expect(
            rule.dropFirst() == [
                "ric: {column: RIC}", "fields:", #"BID: {column: "Bid\nPrice", type: real}"#,
                "ASK: {column: Ask, type: real}",
            ], "\(rule)")
    }

    @Test("Fields that are named one a line, between marks")
    func fieldList() {
        let rule = Self.rule(
            "START-OF-FILE\nRUNDATE=20260304\nSTART-OF-FIELDS\n# a remark\nPX_BID\nPX_LAST\nEND-OF-FIELDS\nSTART-OF-DATA\nXS0000000009|0|2|101.5|101.6|\nDE0001102333|0|2|99|N.A.|\nEND-OF-DATA\nEND-OF-FILE\n",
            "px.out")
        for line in [
            "delimiter: \"|\"", "comment: \"#\"", "header: {after: START-OF-FIELDS, before: END-OF-FIELDS}",
            "rows: {after: START-OF-DATA, before: END-OF-DATA}", "nulls: [N.A.]",
            "BID: {column: PX_BID, type: real}", "TRDPRC_1: {column: PX_LAST, type: real}",
            "#   where: [{column: ERROR, is: [\"0\"], otherwise: reject}]",
        ] {
            #expect(rule.contains(line), "\(line) in \(rule)")
        }
        #expect(rule.contains { $0.hasPrefix("columns: [SECURITY, ERROR, NUMBER]") }, "\(rule)")
        #expect(rule.contains { $0.hasPrefix("ragged: blank_tail") }, "\(rule)")
    }
}

import PostboxCore
import Testing

/// What a look at a file becomes.
@Suite("A rule drafted from a file")
struct RuleDraftTests {
    static func rule(_ name: String, _ text: String, format: PriceFileFormat? = nil) -> [String] {
        let sketch = FileSketch(of: text, isWhole: true, format: format ?? PriceFileFormat(fileName: name))
        let lines = RuleDraft(of: sketch, name: name).text.split(separator: "\n").map(String.init)
        let start = lines.firstIndex { $0.hasPrefix("  - match:") } ?? 0
        return lines[start...].map { String($0.drop { $0 == " " }) }
    }

    @Test("Tidy CSV needs a RIC and fields, nothing else")
    func tidy() {
        #expect(
            Self.rule("eod_20260304.csv", "RIC,BID,Ask Price\nA.TST,1.5,1.6\nB.TST,1.25,1.7\n") == [
                "- match: \"eod_*.csv\"", "ric: {column: RIC}", "fields:", "BID: {column: BID, type: real}",
                "ASK: {column: Ask Price, type: real}",
            ])
    }

    @Test("Excel's own file with decimal commas and dates: its first line names the delimiter, where the rule does not")
    func german() {
        let rule = Self.rule(
            "kurse.csv", "sep=;\nRIC;Geld;Brief;Datum\nA.TST;1.234,50;1,6;04.03.2026\nB.TST;0,5;;28.02.2026\n")
        #expect(
            rule.dropFirst() == [
                "decimal: \",\"", "thousands: \".\"", "ric: {column: RIC}", "fields:",
                "BID: {column: Geld, type: real}", "ASK: {column: Brief, type: real}",
                "TRADE_DATE: {column: Datum, date: dd.MM.yyyy}",
            ])
    }

    @Test("Where instruments come again with another day, it is asked whether the latest is meant")
    func history() {
        let asks =
            "# ? Instruments come again with another Day: each row is posted, and the last one stays. Is the latest one meant?"
        let text = "RIC,Day,Bid\nA.TST,04.03.2026,1\nA.TST,23.02.2026,2\nB.TST,04.03.2026,3\n"
        let rule = Self.rule("p.csv", text)
        #expect(rule.contains(asks) && rule.contains("#   take: {latest: Day, date: dd.MM.yyyy}"), "\(rule)")
        let iso = Self.rule("p.csv", "RIC,Day,Bid\nA.TST,2026-03-04,1\nA.TST,2026-02-23,2\n")
        #expect(iso.contains(asks) && iso.contains("#   take: {latest: Day}"), "\(iso)")
        // The same day twice is another matter, and so are other instruments.
        for other in ["A.TST,2026-03-04,1\nA.TST,2026-03-04,2\n", "A.TST,2026-03-04,1\nB.TST,2026-03-05,2\n"] {
            #expect(!Self.rule("p.csv", "RIC,Day,Bid\n" + other).contains(asks))
        }
    }

    @Test("In names of columns a middle is no last price, and a change in per cent no net change")
    func namesOfFields() {
        let rule = Self.rule("p.csv", "RIC,Mid,Chg%\nA.TST,1.5,0.25\nB.TST,1.6,-0.5\n")
        #expect(rule.contains("MID_PRICE: {column: Mid, type: real}"), "\(rule)")
        #expect(rule.contains { $0.hasPrefix("PCTCHNG: {column: ") }, "\(rule)")
    }

    @Test("What can be read in two ways is asked, and nothing is chosen")
    func questions() {
        let rule = Self.rule("p.csv", "RIC,Bid,Date\nA.TST,\"1,234\",03/04/2026\nB.TST,\"2,345\",05/06/2026\n")
        #expect(rule.contains("# ? Is 1,234 a thousand, or a number with a decimal comma?"))
        #expect(rule.contains("# ? Is 03/04/2026 written with the day or the month first?"))
        #expect(rule.contains("#   TRADE_DATE: {column: Date, date: dd/MM/yyyy}"))
        #expect(rule.contains("#   TRADE_DATE: {column: Date, date: MM/dd/yyyy}"))
        #expect(!rule.contains { $0.hasPrefix("TRADE_DATE") || $0.hasPrefix("BID") })
    }

    @Test(
        "One column's marks are seen with the others'",
        arguments: [
            ("1,234", "1.000", "1,234 a thousand, or", "1.000 a thousand, in a file"), ("1,5", "1.5", "", ""),
            ("1,234", "1.5", "1,234 a thousand, or", ""), ("1,5", "1.000", "", ""),
        ])
    func marks(bid: String, ask: String, ofBid: String, ofAsk: String) {
        let rule = Self.rule("p.csv", "RIC;Bid;Ask\nA.TST;\(bid);\(ask)\n")
        for question in [ofBid, ofAsk] where !question.isEmpty {
            #expect(rule.contains { $0.hasPrefix("# ? Is \(question)") }, "\(rule)")
        }
        #expect(rule.contains { $0.hasPrefix("BID: ") } == ofBid.isEmpty, "\(rule)")
        #expect(rule.contains { $0.hasPrefix("ASK: ") } == ofAsk.isEmpty, "\(rule)")
    }

    @Test(
        "A point in another column does not make a thousand of 1,234: that is asked",
        arguments: [
            "RIC;bid;vol\nA.TST;1,234;10.5\nB.TST;2,345;11.5\n", "RIC;bid;x\nA.TST;1,234;1.5\n",
            "RIC,bid,vol\nA.TST,\"1,234\",10.5\n", "RIC;bid;x;y\nA.TST;1,234;1,5;1,234,567\n",
        ])
    func openComma(text: String) {
        let rule = Self.rule("p.csv", text)
        #expect(rule.contains("# ? Is 1,234 a thousand, or a number with a decimal comma?"), "\(rule)")
        #expect(rule.contains("#   BID: {column: bid, type: real, thousands: \",\"}"), "\(rule)")
        #expect(rule.contains("#   BID: {column: bid, type: real, decimal: \",\"}"), "\(rule)")
        #expect(
            !rule.contains { $0.hasPrefix("BID") || $0.hasPrefix("thousands") || $0.hasPrefix("decimal") }, "\(rule)")
    }

    @Test(
        "A column that shows its sign by itself settles what 1,234 is in another",
        arguments: [
            ("1,5", "decimal: \",\""), ("0,125", "decimal: \",\""), ("1234,567", "decimal: \",\""),
            ("1,234.5", "thousands: \",\""), ("1,234,567", "thousands: \",\""),
        ])
    func settledComma(ask: String, key: String) {
        let rule = Self.rule("p.csv", "RIC;Bid;Ask\nA.TST;1,234;\(ask)\n")
        #expect(rule.contains(key) && rule.contains("BID: {column: Bid, type: real}"), "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("# ? ") }, "\(rule)")
    }

    @Test(
        "1.234 is asked about where the file may have decimal commas: by its semicolons, its dates, its other points",
        arguments: [
            "RIC;Kurs;Datum\nA.TST;1.234;04.03.2026\nB.TST;2.345;13.03.2026\n", "RIC;Kurs\nA.TST;1.234\nB.TST;999\n",
            "RIC,Kurs,Datum\nA.TST,1.234,4.3.2026\n", "RIC,Kurs,Volume\nA.TST,1.234,1.234.567\n",
        ])
    func openPoint(text: String) {
        let rule = Self.rule("p.csv", text)
        #expect(
            rule.contains("# ? Is 1.234 a thousand, in a file with decimal commas, or a number with a decimal point?"),
            "\(rule)")
        #expect(
            rule.contains("#   TRDPRC_1: {column: Kurs, type: real, decimal: \",\", thousands: \".\"}"), "\(rule)")
        #expect(rule.contains("#   TRDPRC_1: {column: Kurs, type: real, decimal: \".\"}"), "\(rule)")
        // Either answer must be able to stand beside the rule's own keys.
        #expect(
            !rule.contains { $0.hasPrefix("TRDPRC_1") || $0.hasPrefix("decimal") || $0.hasPrefix("thousands") },
            "\(rule)")
    }

    @Test(
        "1.234 is a decimal where nothing speaks against it",
        arguments: [
            "RIC,Kurs\nA.TST,1.234\n", "RIC,Kurs,Datum\nA.TST,1.234,2026-03-04\n", "RIC;Kurs\nA.TST;0.125\n",
            "RIC;Kurs\nA.TST;1.234\nB.TST;1234\n", "RIC;Kurs;Ask\nA.TST;1.234;10.5\n",
            "RIC;Kurs;Volume\nA.TST;1.234;1,234,567\n",
            "RIC;Kurs;Datum\nA.TST;1.234;04.03.2026\nB.TST;0.5;13.03.2026\n",
        ])
    func plainPoint(text: String) {
        let rule = Self.rule("p.csv", text)
        #expect(rule.contains { $0.hasPrefix("TRDPRC_1: {column: Kurs, type: real") }, "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("# ? ") }, "\(rule)")
    }

    @Test("Commas and points that no reading brings together are asked")
    func mixed() {
        let both = Self.rule("p.csv", "RIC;Bid\nA.TST;1,5\nB.TST;1.25\n")
        #expect(both.contains("# ? Which is the decimal sign, the comma or the point? The column has both."), "\(both)")
        let doubtful = Self.rule("p.csv", "RIC;Bid\nA.TST;1,5\nB.TST;1.500\n")
        #expect(doubtful.contains { $0.hasPrefix("# ? Is 1.500 a thousand, in a file with") }, "\(doubtful)")
        let sure = Self.rule("p.csv", "RIC;Bid\nA.TST;1,5\nB.TST;1.500\nC.TST;2.500,25\n")
        #expect(sure.contains("thousands: \".\""), "\(sure)")
        let marks = Self.rule("p.csv", "RIC;Bid;Ask;Last\nA.TST;1,5;1.5;1,234\n")
        #expect(marks.contains { $0.hasPrefix("# ? Is 1,234 a thousand") }, "\(marks)")
        for odd in ["1.2.3", "1,234.567,8", "1.234.567,8,9", "46085.5.1", "1,2,3.5"] {
            let rule = Self.rule("p.csv", "RIC;Bid\nA.TST;\(odd)\nB.TST;1.5\n")
            #expect(!rule.contains { $0.hasPrefix("BID") || $0.hasPrefix("thousands") }, "\(odd): \(rule)")
        }
        let grouped = Self.rule("p.csv", "RIC;Bid\nA.TST;1.234.567\nB.TST;1\n")
        #expect(grouped.contains("decimal: \",\"") && grouped.contains("thousands: \".\""), "\(grouped)")
        let percents = Self.rule("p.csv", "RIC;Yield\nA.TST;1.25%\nB.TST;2.5\n")
        #expect(!percents.contains { $0.hasPrefix("YIELD") }, "\(percents)")
    }

    @Test("The point of JSON's own numbers tells nothing of its texts")
    func literals() {
        let rule = Self.rule("p.json", #"[{"RIC": "A.TST", "Bid": "1,234", "Ask": 1.6}]"#)
        #expect(rule.contains("# ? Is 1,234 a thousand, or a number with a decimal comma?"), "\(rule)")
        #expect(rule.contains("ASK: {column: Ask, type: real}"), "\(rule)")
        let mixed = Self.rule("p.json", #"[{"RIC": "A.TST", "Bid": "1.234,5"}, {"RIC": "B.TST", "Bid": 1.6}]"#)
        #expect(mixed.contains("decimal: \",\"") && mixed.contains("thousands: \".\""), "\(mixed)")
        let texts = Self.rule("p.json", #"[{"RIC": "A.TST", "Bid": 1.234, "Datum": "04.03.2026"}]"#)
        #expect(texts.contains("BID: {column: Bid, type: real}"), "\(texts)")
        let zip = Self.rule("p.json", #"{"ric": ["A.TST", "B.TST"], "bid": ["1,234", "2,345"], "ask": [1.5, 1.6]}"#)
        #expect(zip.contains { $0.hasPrefix("# ? Is 1,234") }, "\(zip)")
    }

    @Test("Eighths behind an apostrophe are no thousands")
    func eighths() {
        let rule = Self.rule("p.csv", "RIC,Bid\nA.TST,384'6\nB.TST,1385'2\n")
        #expect(rule.contains("BID: {column: Bid, fraction: 8}"), "\(rule)")
    }

    @Test(
        "The pattern takes the file of any day",
        arguments: [
            ("eod 2026-03-04.csv", "\"eod *.csv\""), ("eod_04.03.2026.csv", "\"eod_*.csv\""), ("p_1.csv", "p_1.csv"),
            ("eod_20260304_1030.csv", "\"eod_*_*.csv\""), ("a-2026-03.csv", "\"a-*-03.csv\""),
        ])
    func pattern(name: String, pattern: String) {
        #expect(Self.rule(name, "RIC,BID\nA.TST,1.5\n").first == "- match: \(pattern)")
    }

    @Test("An ISIN comes before a name that only might be a RIC; a column that is called RIC needs no value")
    func whichRIC() {
        let names = Self.rule("p.csv", "ISIN,Security,Bid\nXS0000000009,Alpha,1.5\n")
        #expect(names.contains { $0.hasPrefix("ric: {column: ISIN}") }, "\(names)")
        #expect(Self.rule("p.csv", "Symbol,Bid\nALFA,1.5\n").contains("ric: {column: Symbol}"))
        #expect(Self.rule("p.csv", "RIC,Bid\n").contains("ric: {column: RIC}"))
    }

    @Test("Names of the header as the reader has them: without blanks around them, with quotes of their own")
    func names() {
        let rule = Self.rule("p.csv", "RIC, Bid ,\"The \"\"last\"\"\"\nA.TST,1.5,1.6\n")
        #expect(rule.contains("BID: {column: Bid, type: real}"), "\(rule)")
        #expect(rule.contains { $0.contains(#"{column: "The \"last\""}"#) }, "\(rule)")
    }

    @Test("One value decides which comes first")
    func decided() {
        let rule = Self.rule("p.csv", "RIC,Bid,Date\nA.TST,1.5,03/04/2026\nB.TST,1.6,13/04/2026\n")
        #expect(rule.contains("TRADE_DATE: {column: Date, date: dd/MM/yyyy}"), "\(rule)")
    }

    @Test("Remarks, lines before the header, words for no value")
    func around() {
        let rule = Self.rule(
            "p.csv", "# made up\nThe day's prices\nRIC|Bid|Ask\nA.TST|1.5|N/A\nB.TST|N/A|1.6\nTOTAL|2\n")
        for line in ["delimiter: \"|\"", "comment: \"#\"", "nulls: [N/A]", "#   drop: [\"TOTAL|*\"]"] {
            #expect(rule.contains(line), "\(line) in \(rule)")
        }
        #expect(rule.contains { $0.hasPrefix("skip_lines: 2") }, "\(rule)")
    }

    @Test("A wide file becomes a row a currency")
    func wide() {
        let rule = Self.rule("rates.csv", "Date,USD,JPY,GBP\n2026-03-04,1.0725,164.2,0.8391\n")
        #expect(rule.contains { $0.hasPrefix("unpivot: {keep: [Date], name: $name, value: $value}") }, "\(rule)")
        #expect(rule.contains("TRDPRC_1: {column: $value, type: real}"))
        #expect(rule.contains("TRADE_DATE: {column: Date, date: yyyy-MM-dd}"))
    }

    @Test("Lines of one value each are joined: their fields are columns as any other")
    func long() {
        let rule = Self.rule(
            "q.csv", "RIC;field;value\nA.TST;BID;1,5\nA.TST;ASK;1,6\nB.TST;BID;2,5\nB.TST;TIME;x\n")
        #expect(
            rule.dropFirst() == [
                "delimiter: \";\"", "decimal: \",\"",
                "group: {by: [RIC], field: field, value: value}   # the lines of one instrument are one post",
                "ric: {column: RIC}", "fields:", "BID: {column: BID, type: real}", "ASK: {column: ASK, type: real}",
                "# SALTIM: {column: TIME}   # its values do not look like this field's",
            ])
        let days = Self.rule(
            "q.csv",
            "Security,Date,Mnemonic,px\nA,2026-03-03,PX_LAST,1.5\nA,2026-03-04,PX_LAST,1.6\nB,2026-03-04,PX_LAST,2\n")
        #expect(days.contains { $0.hasPrefix("group: {by: [Security, Date], field: Mnemonic, value: px}") }, "\(days)")
        #expect(days.contains("TRDPRC_1: {column: PX_LAST, type: real}"), "\(days)")
        #expect(days.contains("TRADE_DATE: {column: Date, date: yyyy-MM-dd}"), "\(days)")
        let times = Self.rule(
            "q.csv", "RIC,Time,field,value\nA.TST,09:00,BID,1\nA.TST,09:01,ASK,2\nB.TST,09:01,BID,1\n")
        #expect(
            times.contains { $0.hasPrefix("group: {by: [RIC]") && $0.hasSuffix("no field can take: Time") }, "\(times)")
        #expect(!times.contains { $0.hasPrefix("SALTIM") }, "\(times)")
    }

    @Test("Lines of one value each that do not follow each other are asked about, and no value is drafted")
    func longSplit() {
        let rule = Self.rule("q.csv", "RIC,field,value\nA.TST,BID,1\nB.TST,BID,2\nA.TST,ASK,1\n")
        #expect(rule.contains { $0.hasPrefix("# ? Each line has one value") }, "\(rule)")
        #expect(rule.contains("#   group: {by: [RIC], field: field, value: value}"), "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("TRDPRC_1") || $0.hasPrefix("group") }, "\(rule)")
        let wide = Self.rule("q.csv", "RIC,field,bid,ask\nA.TST,x,1,2\nB.TST,x,1,2\n")
        #expect(!wide.contains { $0.contains("group") }, "\(wide)")
    }

    @Test("Values between blanks stand at no fixed places")
    func blanks() {
        let rule = Self.rule(
            "md.csv", "# made by hand\nRIC   BID\tASK\nA.TST 1.5  1.6\nLONGER.TST 2.5 2.6\nB.TST   3 4\n")
        #expect(
            rule.dropFirst() == [
                "delimiter: blanks", "comment: \"#\"", "ric: {column: RIC}", "fields:",
                "BID: {column: BID, type: real}",
                "ASK: {column: ASK, type: real}",
            ])
        let fixed = Self.rule("s.csv", "A.TST  1.5  1.6\nB.TST       2.6\nC.TST  3.5  3.6\n")
        #expect(fixed.contains("format: fixed") && !fixed.contains("delimiter: blanks"), "\(fixed)")
    }

    @Test("Rows of JSON are found where they are")
    func json() {
        let inner = Self.rule(
            "p.json", #"{"meta": {"day": "x"}, "data": {"items": [{"ric": "A.TST", "px": {"bid": 1.5}}]}}"#)
        #expect(inner.contains("rows: \"data.items\"") || inner.contains("rows: data.items"), "\(inner)")
        #expect(inner.contains("BID: {column: px.bid, type: real}"), "\(inner)")
        let members = Self.rule("p.json", #"{"q": {"A.TST": {"bid": 1.5}, "B.TST": {"bid": 1.6}}}"#)
        #expect(members.contains { $0.hasPrefix("rows: \"q.*\"") }, "\(members)")
        let flat = Self.rule("p.json", #"[{"RIC": "A.TST", "BID": 1.5}]"#)
        #expect(!flat.contains { $0.hasPrefix("rows") })
        let zip = Self.rule("p.json", #"{"ric": ["A.TST", "B.TST"], "bid": [1.5, 1.6]}"#)
        #expect(zip.contains("arrays: {zip: [ric, bid]}"), "\(zip)")
    }

    @Test("Rows of XML are the elements that come most often")
    func xml() {
        let rule = Self.rule(
            "p.xml", "<r><meta a='1'/><day date='x'><q ric='A.TST' bid='1.5'/><q ric='B.TST' bid='1.6'/></day></r>")
        #expect(rule.contains("rows: \"/r/day/q\""), "\(rule)")
        #expect(rule.contains("ric: {column: \"@ric\"}"))
        #expect(rule.contains("BID: {column: \"@bid\", type: real}"))
    }

    /// The lines of a rule that say where rows, RIC and fields come from.
    static func found(_ name: String, _ text: String) -> [String] {
        rule(name, text).dropFirst().filter { !$0.hasPrefix("#") && $0 != "fields:" }
    }

    @Test(
        "Rows are those that look like prices, not those that come most often; what the document says of them comes along"
    )
    func likelyRows() {
        let nested =
            #"{"status": {"warnings": [{"w": 1}, {"w": 2}, {"w": 3}]}, "asof": "2026-03-04", "data": {"quotes": [{"instrument": {"ric": "A.TST"}, "price": {"bid": 1.5}}]}}"#
        #expect(
            Self.found("p.json", nested) == [
                "rows: data.quotes", "ric: {column: instrument.ric}", "BID: {column: price.bid, type: real}",
                "TRADE_DATE: {column: \"/asof\", date: yyyy-MM-dd}",
            ])
        let feed =
            "<feed><link rel='a'/><link rel='b'/><link rel='c'/><entry><ric>A.TST</ric><c t='x'><bid>1.5</bid></c></entry></feed>"
        #expect(
            Self.found("p.xml", feed) == [
                "rows: \"/feed/entry\"", "ric: {column: ric}", "BID: {column: c.bid, type: real}",
            ])
        let cubes =
            "<E><Cube><Cube time='2026-03-04'><Cube currency='USD' rate='1.07'/><Cube currency='JPY' rate='164.2'/></Cube></Cube></E>"
        #expect(
            Self.found("p.xml", cubes) == [
                "rows: \"/E/Cube/Cube/Cube\"", "TRDPRC_1: {column: \"@rate\", type: real}",
                "TRADE_DATE: {column: \"/E/Cube/Cube@time\", date: yyyy-MM-dd}",
            ])
    }

    @Test("Columns of a chart are found wherever they lie, with the name of what they are of")
    func chart() {
        let text =
            #"{"chart": {"result": [{"meta": {"symbol": "A.TST"}, "timestamp": [1, 2, 3], "indicators": {"quote": [{"close": [1.5, 2, 3.5]}]}}]}}"#
        #expect(
            Self.found("p.json", text) == [
                "arrays: {zip: [\"chart.result[0].timestamp\", \"chart.result[0].indicators.quote[0].close\"]}",
                "ric: {column: \"/chart.result[0].meta.symbol\"}",
                "TRDPRC_1: {column: \"chart.result[0].indicators.quote[0].close\", type: real}",
            ])
    }

    @Test(
        "What comes several times in a row is told apart by what it says; which price is meant is asked, where its name does not tell"
    )
    func repeated() {
        let named =
            #"[{"id": "A.TST", "f": [{"name": "ASK", "v": 1.6}, {"name": "BID", "v": 1.5}]}, {"id": "B.TST", "f": [{"name": "BID", "v": 2.5}]}]"#
        #expect(
            Self.found("p.json", named) == [
                "ric: {column: id}", "ASK: {column: \"f[name=ASK].v\", type: real}",
                "BID: {column: \"f[name=BID].v\", type: real}",
            ])
        let typed =
            "<d><m><i Sym='A.T'/><Full Typ='6' Px='1.5'/><Full Typ='B' Px='7'/></m><m><i Sym='B.T'/><Full Typ='6' Px='2.5'/></m></d>"
        let rule = Self.rule("p.xml", typed)
        #expect(Self.found("p.xml", typed) == ["rows: \"/d/m\"", "ric: {column: \"i@Sym\"}"])
        #expect(rule.contains { $0.hasPrefix("#   FIELD: {column: \"Full[@Typ=6]@Px\"}") }, "\(rule)")
        let untold = "<d><m ric='A.T'><l px='1.5'/><l px='2.5'/></m><m ric='B.T'><l px='1.7'/></m></d>"
        #expect(!Self.found("p.xml", untold).contains { $0.contains("l[0]") })
    }

    @Test("Single values are rows, and a currency is no RIC")
    func singleValues() {
        #expect(
            Self.found("p.json", #"{"base": "EUR", "rates": {"USD": 1.07, "JPY": 164.2}}"#) == [
                "rows: \"rates.*\"   # each member is a row: $key and $value",
                "TRDPRC_1: {column: \"$value\", type: real}",
            ])
        let days = Self.found("p.json", #"{"rates": {"d1": {"USD": 1.07, "JPY": 2}, "d2": {"USD": 1.08, "JPY": 3}}}"#)
        #expect(days.first == "rows: \"rates.*\"   # each member is a row, its name is $key")
    }

    @Test("Rows that are arrays and have no names are asked about, and so is a document without a price")
    func asked() {
        for text in [#"[[1, "2.5"], [2, "3.5"]]"#, #"{"a": [{"id": "X"}, {"id": "Y"}]}"#] {
            let rule = Self.rule("p.json", text)
            #expect(rule.dropFirst().first?.hasPrefix("# ? ") == true, "\(rule)")
        }
    }

    @Test(
        "Nothing that a file holds brings the look down",
        arguments: ["", "\n", "{", "[", "<", "<a", "\u{0}", "a,b", ",,,\n,,,"])
    func odd(text: String) {
        for format in [nil, PriceFileFormat.csv, .json, .xml] {
            #expect(!Self.rule("x", text, format: format).isEmpty)
        }
    }
}

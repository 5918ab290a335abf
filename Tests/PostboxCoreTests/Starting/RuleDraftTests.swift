import PostboxCore
import Testing

/// What a look at a file becomes.
@Suite("A rule drafted from a file")
struct RuleDraftTests {
    private static func rule(_ name: String, _ text: String, format: PriceFileFormat? = nil) -> [String] {
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

    @Test("A semicolon file with decimal commas and dates")
    func german() {
        let rule = Self.rule(
            "kurse.csv", "sep=;\nRIC;Geld;Brief;Datum\nA.TST;1.234,50;1,6;04.03.2026\nB.TST;0,5;;28.02.2026\n")
        #expect(
            rule.dropFirst() == [
                "delimiter: \";\"", "decimal: \",\"", "thousands: \".\"", "ric: {column: RIC}", "fields:",
                "BID: {column: Geld, type: real}", "ASK: {column: Brief, type: real}",
                "TRADE_DATE: {column: Datum, date: dd.MM.yyyy}",
            ])
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

    @Test("One value decides which comes first")
    func decided() {
        let rule = Self.rule("p.csv", "RIC,Bid,Date\nA.TST,1.5,03/04/2026\nB.TST,1.6,13/04/2026\n")
        #expect(rule.contains("TRADE_DATE: {column: Date, date: dd/MM/yyyy}"), "\(rule)")
    }

    @Test("Remarks, lines before the header, words for no value")
    func around() {
        let rule = Self.rule(
            "p.csv", "# made up\nThe day's prices\nRIC|Bid|Ask\nA.TST|1.5|N/A\nB.TST|N/A|1.6\nTOTAL|2\n")
        for line in ["delimiter: \"|\"", "comment: \"#\"", "nulls: [N/A]", "#   drop: [\"TOTAL*\"]"] {
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

    @Test(
        "Nothing that a file holds brings the look down",
        arguments: ["", "\n", "{", "[", "<", "<a", "\u{0}", "a,b", ",,,\n,,,"])
    func odd(text: String) {
        for format in [nil, PriceFileFormat.csv, .json, .xml] {
            #expect(!Self.rule("x", text, format: format).isEmpty)
        }
    }
}

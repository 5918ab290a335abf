import PostboxCore
import Testing

@Suite("The values of a drafted rule")
struct ValueDraftTests {
    private static func rule(_ name: String, _ text: String, format: PriceFileFormat? = nil) -> [String] {
        RuleDraftTests.rule(name, text, format: format)
    }

    @Test("The steps of a path tell together what a value is")
    func paths() {
        let rule = Self.rule(
            "p.json",
            #"[{"ric": "A.TST", "bid": {"value": 1.5}, "ask": {"price": 1.6}, "price": {"last": 1.55}}, {"ric": "B.TST", "bid": {"value": 2.5}, "ask": {"price": 2.6}, "price": {"last": 2.55}}]"#
        )
        for line in [
            "BID: {column: bid.value, type: real}", "ASK: {column: ask.price, type: real}",
            "TRDPRC_1: {column: price.last, type: real}",
        ] {
            #expect(rule.contains(line), "\(line) in \(rule)")
        }
    }

    @Test(
        "What a path's steps make of a price is none, or nobody knows",
        arguments: ["yield.bid", "spread.ask", "volume.bid", "interest.value", "bid.time.value"])
    func otherValues(path: String) {
        let names = path.split(separator: ".")
        let inner = names.reversed().reduce("1.5") { #"{"\#($1)": \#($0)}"# }
        let rule = Self.rule("p.json", #"[{"ric": "A.TST", "x": \#(inner)}, {"ric": "B.TST", "x": \#(inner)}]"#)
        #expect(!rule.contains { $0.contains("x.\(path)") && !$0.hasPrefix("#") }, "\(rule)")
    }

    @Test("A header with a slash means neither side")
    func slash() {
        let rule = Self.rule("p.csv", "RIC,Bid/Ask,High/Low\nA.TST,1.5,1.6\n")
        #expect(!rule.contains { $0.hasPrefix("BID") || $0.hasPrefix("ASK") || $0.hasPrefix("LOW") }, "\(rule)")
    }

    @Test("The sign of a currency goes; of two nobody knows what they mean")
    func currencies() {
        let rule = Self.rule("p.csv", "RIC,Bid,Ask,Last\nA.TST,$1.50,€ 1.5,€2\nB.TST,$2.50,€ 2.5,$2\n")
        #expect(rule.contains("BID: {column: Bid, type: real, strip: \"$\"}"), "\(rule)")
        #expect(rule.contains("ASK: {column: Ask, type: real, strip: \"€ \"}"), "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("TRDPRC_1") }, "\(rule)")
    }

    @Test("A price of so many units is asked about")
    func units() {
        let rule = Self.rule("p.csv", "Code|Amount|Rate\nAUD|1|15.123\nJPY|100|15.456\n")
        #expect(rule.contains { $0.hasPrefix("# ? Is Rate the price of as many units as Amount says?") }, "\(rule)")
        #expect(rule.contains("#   TRDPRC_1: {column: Rate, type: real}"), "\(rule)")
        #expect(rule.contains("#   TRDPRC_1: {formula: \"[Rate] / [Amount]\", round: 8}"), "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("TRDPRC_1") }, "\(rule)")
        let ones = Self.rule("p.csv", "Code|Amount|Rate\nAUD|1|15.123\nCAD|1|15.456\n")
        #expect(ones.contains("TRDPRC_1: {column: Rate, type: real}"), "\(ones)")
    }

    @Test("A workbook's numbers that are texts are asked about, and no key is written that a workbook may not have")
    func workbook() {
        for cells in [
            ("\"1,5\"", "\"150,25\""), ("\"1,5\"", "150.25"), ("\"1,500\"", "150.25"), ("\"1,234\"", "\"2,345\""),
        ] {
            let rule = Self.rule("p.xlsx", "RIC,BID,ASK\nEUR=,\(cells.0),1.6\nJPY=,\(cells.1),2.6\n", format: .xlsx)
            #expect(rule.contains { $0.hasPrefix("# ? The cells of BID are texts such as 1,") }, "\(rule)")
            #expect(rule.contains("ASK: {column: ASK, type: real}"), "\(rule)")
            #expect(!rule.contains { $0.contains("decimal") || $0.contains("thousands") }, "\(rule)")
        }
        let points = Self.rule("p.xlsx", "RIC,BID,Datum\nEUR=,1.234,04.03.2026\n", format: .xlsx)
        #expect(points.contains("BID: {column: BID, type: real}"), "\(points)")
        let semicolons = Self.rule("p.xlsx", "RIC,BID,NAME\nEUR=,1.5,a;b;c\nJPY=,1.6,a;b;c\n", format: .xlsx)
        #expect(semicolons.contains("ric: {column: RIC}"), "\(semicolons)")
    }
}

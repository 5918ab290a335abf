import PostboxCore
import Testing

/// Which columns a drafted rule posts, and which it leaves until somebody has answered.
@Suite("The fields of a drafted rule")
struct FieldsDraftTests {
    private static func draft(_ text: String, _ name: String = "p.csv") -> RuleDraft {
        RuleDraft(of: FileSketch(of: text, isWhole: true, format: PriceFileFormat(fileName: name)), name: name)
    }

    private static let noLikelyName =
        "# ? No column has the likely name of a field. Until `fields` names them, each column is the field of its own name."

    @Test("Columns without a likely name are the fields of their own names, and that is said")
    func ownNames() {
        let text = "RIC,MYVAL,OTHER\nA.TST,7,1.5\n"
        let rule = RuleDraftTests.rule("p.csv", text)
        #expect(
            rule.dropFirst() == [
                "ric: {column: RIC}", Self.noLikelyName, "# fields:", "#   FIELD: {column: MYVAL}   # 7",
                "#   FIELD: {column: OTHER}   # 1.5",
            ], "\(rule)")
        #expect(!Self.draft(text).isOpen)
    }

    @Test("What is asked about is not posted meanwhile; the other columns are, by their own names")
    func besideOwnNames() {
        let text = "RIC;TRADE_DATE;MYVAL;note\nA.TST;03/04/2026;7;x\nB.TST;05/06/2026;8;y\n"
        let rule = RuleDraftTests.rule("p.csv", text)
        #expect(
            rule.dropFirst() == [
                "delimiter: \";\"", "ric: {column: RIC}", "fields:",
                "# Postbox knows no field by the next names: each column is posted as the field of its own name.",
                "MYVAL: {column: MYVAL}", "# ? Is 03/04/2026 written with the day or the month first?",
                "#   TRADE_DATE: {column: TRADE_DATE, date: MM/dd/yyyy}",
                "#   TRADE_DATE: {column: TRADE_DATE, date: dd/MM/yyyy}", "# FIELD: {column: note}   # x",
            ], "\(rule)")
        #expect(!Self.draft(text).isOpen)
    }

    @Test("Where each column is the field of its own name, each is asked about that can be read in two ways")
    func askedByOwnName() {
        let rule = RuleDraftTests.rule("p.csv", "RIC;MYVAL;MYDAY;OTHER\nA.TST;1.234;03/04/2026;7\n")
        #expect(rule.contains("OTHER: {column: OTHER}"), "\(rule)")
        #expect(rule.contains("#   MYVAL: {column: MYVAL, type: real, decimal: \".\"}"), "\(rule)")
        #expect(rule.contains("#   MYDAY: {column: MYDAY, date: dd/MM/yyyy}"), "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("MYVAL") || $0.hasPrefix("MYDAY") }, "\(rule)")
        let forms = RuleDraftTests.rule("p.csv", "RIC;TRADE_DATE;MYVAL;OTHER\nA.TST;03/04/2026;1,5;1.5\n")
        #expect(forms.contains("MYVAL: {column: MYVAL, decimal: \",\"}"), "\(forms)")
        #expect(forms.contains("OTHER: {column: OTHER}"), "\(forms)")
    }

    @Test(
        "Where every column is open no row is posted, and the columns' names are not called unlikely",
        arguments: [
            ("RIC;Bid\nA.TST;1,234\n", "Bid"), ("RIC,bid\nA.TST,99-162\n", "bid"), ("RIC,bid\n", "bid"),
            ("RIC,bid\nA.TST,(1.5)\n", "bid"), ("RIC;Px Bid;Px Ask\nA.TST;101,125;101.250\n", "Px Bid"),
            ("RIC,Bid,Bid\nA.TST,1.5,1.6\n", "Bid"), ("RIC;datum;note\nA.TST;03/04/2026;7\n", "datum"),
            ("Code|Amount|Rate\nAUD|1|15.123\nJPY|100|15.456\n", "Rate"),
        ])
    func allOpen(text: String, column: String) {
        let rule = RuleDraftTests.rule("p.csv", text)
        #expect(!rule.contains(Self.noLikelyName) && rule.contains("fields:"), "\(rule)")
        #expect(rule.contains { $0.hasPrefix("# ? ") }, "\(rule)")
        #expect(
            rule.suffix(2) == [
                "# No row is posted while the next line is there. Write the fields in its place:",
                "CHANGE_ME: {column: \(column), map: {CHANGE_ME: CHANGE_ME}, otherwise: reject}",
            ], "\(rule)")
        #expect(Self.draft(text).isOpen)
    }

    @Test("The one field of columns that are rows is asked about as any other")
    func wide() {
        let rule = RuleDraftTests.rule("p.csv", "Date;USD;JPY;GBP\n2026-03-04;1,072;164,200;1,839\n")
        #expect(rule.contains("# ? Is 1,072 a thousand, or a number with a decimal comma?"), "\(rule)")
        #expect(rule.contains("#   TRDPRC_1: {column: $value, type: real, decimal: \",\"}"), "\(rule)")
        #expect(rule.contains("TRADE_DATE: {column: Date, date: yyyy-MM-dd}"), "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("TRDPRC_1") }, "\(rule)")
    }
}

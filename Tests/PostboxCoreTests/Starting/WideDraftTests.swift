import PostboxCore
import Testing

/// Columns, and members of a document, that may be rows.
@Suite("A drafted rule for wide files")
struct WideDraftTests {
    private static func rule(_ name: String, _ text: String) -> [String] { RuleDraftTests.rule(name, text) }

    @Test("Columns that are days are asked about: the newest may be meant")
    func days() {
        let rule = Self.rule("p.csv", "RIC,2024-01-31,2024-02-29\nA.TST,1.5,1.6\nB.TST,2.5,2.6\n")
        for line in [
            "# ? Is each of the columns 2024-01-31, 2024-02-29 a day? Then the newest is posted so, as the field that it is:",
            "#   unpivot: {keep: [RIC], name: $name, value: $value}",
            "#   take: {latest: $name, date: yyyy-MM-dd}", "ric: {column: RIC}",
        ] {
            #expect(rule.contains(line), "\(line) in \(rule)")
        }
        let open = Self.rule("p.csv", "RIC,01/02/2024,02/03/2024\nA.TST,1.5,1.6\n")
        #expect(open.contains("#   take: {latest: $name, date: dd/MM/yyyy}"), "\(open)")
        #expect(open.contains("#   take: {latest: $name, date: MM/dd/yyyy}"), "\(open)")
    }

    @Test("Maturities and numbers as names are asked about: their RICs are made of two")
    func maturities() {
        for text in ["RIC;1Y;2Y\nEURIRS;2.1;2.2\nUSDIRS;4.1;4.0\n", "RIC,1,2\nA.TST,1.5,1.6\nB.TST,2.5,2.6\n"] {
            let rule = Self.rule("p.csv", text)
            #expect(rule.contains("#   ric: {template: \"{RIC}{$name}\"}"), "\(rule)")
            #expect(rule.contains("ric: {column: RIC}") && !rule.contains { $0.hasPrefix("unpivot") }, "\(rule)")
        }
        let curve = Self.rule("p.csv", "Curve;1M;3M\nEUR;1.5;1.6\nUSD;2.5;2.6\n")
        #expect(curve.contains("#   ric: {template: \"{Curve}{$name}\"}"), "\(curve)")
    }

    @Test("Columns whose names nobody knows are asked about where nothing else names an instrument")
    func series() {
        let rule = Self.rule("p.csv", "Date,XUDLUSS,XUDLERS\n02 Jan 26,1.2623,1.1512\n05 Jan 26,1.2712,1.1602\n")
        #expect(rule.contains { $0.hasPrefix("# ? Is each of the columns XUDLUSS, XUDLERS an instrument") }, "\(rule)")
        #expect(rule.contains("#   ric: {column: $name}"), "\(rule)")
        #expect(!rule.contains { $0.hasPrefix("unpivot") }, "\(rule)")
    }

    @Test("Columns that are called by RICs are rows, in a file without names for its days, too")
    func pivot() {
        let rule = Self.rule("p.csv", ",EUR=,JPY=\n2026-03-03,1.1,150.1\n2026-03-04,1.2,151\n")
        #expect(rule.contains { $0.hasPrefix("unpivot: {keep: [C1], name: $name, value: $value}") }, "\(rule)")
        #expect(rule.contains { $0.hasPrefix("rows: {after: \",EUR=,JPY=\"}") }, "\(rule)")
        let fields = Self.rule("p.csv", "Name,Px.Bid,Px.Ask,Px.Last\nA,1,2,3\nB,1,2,3\n")
        #expect(!fields.contains { $0.hasPrefix("unpivot") }, "\(fields)")
        #expect(fields.contains("BID: {column: Px.Bid, type: real}"), "\(fields)")
    }

    @Test("Members of an object that are called by RICs are rows")
    func members() {
        let one = Self.rule("p.json", #"{"EUR=": {"BID": 1.1}}"#)
        #expect(one.contains { $0.hasPrefix("rows: \"*\"") } && one.contains("ric: {column: \"$key\"}"), "\(one)")
        #expect(one.contains("BID: {column: BID, type: real}"), "\(one)")
        let values = Self.rule("p.json", #"{"EUR=": 1.1, "A.TST": 150.1}"#)
        #expect(
            values.contains { $0.hasPrefix("rows: \"*\"") } && values.contains("ric: {column: \"$key\"}"), "\(values)")
        #expect(values.contains("TRDPRC_1: {column: \"$value\", type: real}"), "\(values)")
    }

    @Test("What stands beside such members is no row")
    func besideMembers() {
        let values = Self.rule("p.json", #"{"date": "2024-01-31", "EUR=": 1.1, "JPY=": 150.1}"#)
        #expect(values.contains { $0.hasPrefix("where: [{column: $key, not: [date]}]") }, "\(values)")
        #expect(values.contains("TRADE_DATE: {column: \"/date\", date: yyyy-MM-dd}"), "\(values)")
        let objects = Self.rule("p.json", #"{"date": "2024-01-31", "EUR=": {"BID": 1.1}, "JPY=": {"BID": 150.1}}"#)
        #expect(objects.contains { $0.hasPrefix("rows: \"*\"") }, "\(objects)")
        #expect(objects.contains("#   tolerate: {not_an_object: 1}"), "\(objects)")
        #expect(objects.contains("BID: {column: BID, type: real}"), "\(objects)")
    }

    @Test("Rows of many instruments in a document are parted by name, as the file spells it")
    func rowsOfMany() {
        let rule = Self.rule(
            "p.json",
            #"[{"date": "2024-01-31", "EUR=": 1.1, "A.T=": 2}, {"date": "2024-02-29", "EUR=": 1.2, "A.T=": 3}]"#)
        #expect(
            rule.contains {
                $0.hasPrefix("unpivot: {keep: [date], columns: [\"EUR=\", \"A.T=\"], name: $name, value: $cell}")
            }, "\(rule)")
        let deep = Self.rule(
            "p.json",
            #"{"observations": [{"d": "2026-03-03", "FXA": {"v": "1.3"}, "FXB": {"v": "1.4"}}, {"d": "2026-03-04", "FXA": {"v": "1.3"}, "FXB": {"v": "1.4"}}]}"#
        )
        #expect(
            deep.contains("#   unpivot: {keep: [d], columns: [FXA.v, FXB.v], name: $name, value: $cell}"), "\(deep)")
        #expect(deep.contains { $0.hasPrefix("#   ric: {column: $name, extract: ") }, "\(deep)")
    }

    @Test("A document whose columns are objects is read by nothing, and that is said")
    func columnsOfMembers() {
        for text in [
            #"{"RIC": {"0": "EUR=", "1": "JPY="}, "BID": {"0": 1.1, "1": 150.1}}"#,
            #"{"BID": {"EUR=": 1.1, "JPY=": 150.1}, "ASK": {"EUR=": 1.2, "JPY=": 150.2}}"#,
        ] {
            let rule = Self.rule("p.json", text)
            #expect(
                rule.contains { $0.hasPrefix("# ? Each member is a column, whose members are the rows.") }, "\(rule)")
            #expect(!rule.contains { $0.hasPrefix("rows") || $0.hasPrefix("BID") }, "\(rule)")
        }
    }
}

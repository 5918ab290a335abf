import PostboxCore
import Testing

@Suite("A drafted rule for columns at fixed places")
struct FixedDraftTests {
    private static func rule(_ text: String) -> [String] { RuleDraftTests.rule("p.txt", text) }

    @Test("The header names the columns, and its line is told")
    func header() {
        let rule = Self.rule(
            "RIC         BID      ASK      DATE\nEUR=        1.1000   1.2000   2024-01-31\nJPY=      150.1000 150.2000   2024-01-31\nGBP=        0.8000            2024-01-31\n"
        )
        #expect(rule.contains { $0.hasPrefix("columns: {RIC: 1-4, BID: 11-18, ASK: 20-27, DATE: 31-40}") }, "\(rule)")
        #expect(rule.contains { $0.hasPrefix("rows: {after: \"RIC         BID      ASK      DATE\"}") }, "\(rule)")
        #expect(rule.contains("ric: {column: RIC}") && rule.contains("BID: {column: BID, type: real}"), "\(rule)")
        #expect(rule.contains("TRADE_DATE: {column: DATE, date: yyyy-MM-dd}"), "\(rule)")
        #expect(rule.contains("# ? Are the borders right, and which lines are no rows?"), "\(rule)")
    }

    @Test("Names of several words, beside their columns")
    func words() {
        let rule = Self.rule(
            "RIC         BID PRICE  ASK PRICE\nEUR=           1.1000     1.2000\nJPY=         150.1000           \nGBP=           0.8000     0.8100\n"
        )
        #expect(rule.contains("BID: {column: BID PRICE, type: real}"), "\(rule)")
        #expect(rule.contains("ASK: {column: ASK PRICE, type: real}"), "\(rule)")
    }

    @Test("Where nothing tells whose a word of the header is, no column is named by it")
    func untold() {
        let rule = Self.rule(
            "RIC    LEFT MID RIGHT\nA.TST  1.5           1.6\nB.TST                2.6\nC.TST  3.5           3.6\n")
        #expect(rule.contains { $0.hasPrefix("columns: {C1: ") }, "\(rule)")
    }

    @Test("What is drawn below the header shows the columns whole; a line below the rows is none")
    func drawn() {
        let rule = Self.rule(
            "RIC        BID        ASK\n---------- ---------- ----------\nEUR=           1.1000     1.2000\nJPY=         150.1000           \n\n(2 rows affected)\n"
        )
        #expect(rule.contains { $0.hasPrefix("columns: {RIC: 1-10, BID: 12-21, ASK: 23-32}") }, "\(rule)")
        #expect(rule.contains("drop: [\"-----*\"]") && rule.contains("#   drop: [\"-----*\", \"(*\"]"), "\(rule)")
        #expect(rule.contains("BID: {column: BID, type: real}"), "\(rule)")
    }
}

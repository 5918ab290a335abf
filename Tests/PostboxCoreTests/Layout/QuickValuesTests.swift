import TestSupport
import Testing

@testable import PostboxCore

@Suite("Values made a column at a time are those made row by row", .computing)
struct QuickValuesTests {
    private static func field(
        _ name: String, _ column: String?, type: FieldType? = nil, round: Int? = nil, optional: Bool? = nil,
        _ change: (inout ValueRule) -> Void
    ) -> FieldRule {
        var value = ValueRule()
        value.number = NumberForm()
        value.number?.decimal = ","
        value.number?.thousands = "."
        change(&value)
        return FieldRule(
            name: name, source: .derived(column.map { .column($0) } ?? .none, value), type: type, round: round,
            isOptional: optional)
    }

    private static func dated(_ name: String, _ column: String, _ pattern: String, type: FieldType = .date) -> FieldRule
    {
        field(name, column, type: type) { $0.date = DateForm(target: .date, pattern: pattern) }
    }

    /// A decimal comma, dates, words that mean empty, a look-up and formulas, and what is made row by row beside them.
    private static func rule(nulls: [String]?, trims: Bool?) throws -> MappingRule {
        var ric = ValueRule()
        ric.lookup = Lookup(table: "rics", by: "Key", take: "RIC")
        var rule = MappingRule(destinations: ["d"], post: .update, ric: .derived(.none, ric), delimiter: 0x3B)
        rule.fields = [
            field("BID", "Bid") { _ in }, field("ASK", "Ask", type: .real) { _ in },
            field("SHARE", "Ask", optional: true) { $0.number?.percent = true },
            dated("DAY", "Day", "dd.MM.yyyy"), dated("SHORT", "Day", "yyyyMMdd"), dated("LONG", "Day", "d.M.yy"),
            dated("TEXT", "Day", "dd.MM.yyyy", type: .text),
            field("MID", nil, round: 3) { $0.formula = "(Bid + Ask) / 2" },
            field("NAME", "Name", type: .text) { $0.strip = "*" },
            field("OTHER", "Name") { $0.whenEmpty = "0,5" },
            FieldRule(name: "PLAIN", source: .column("Name"), type: .text),
        ]
        rule.layout = FileLayout(blanks: BlankValues(trims: trims, nulls: nulls))
        return rule
    }

    private static func table() throws -> LookupTable {
        var reader = LookupTableReader(key: "K", columns: ["X", "RIC"], delimiter: UInt8(ascii: ","))
        let long = String(repeating: "k", count: 200)
        let rows = (0..<100).map { "K\($0),x,R\($0).T" } + ["\(long),x,LONG.T", "-,x,DASH.T"]
        try Array(("K,X,RIC\n" + rows.joined(separator: "\n") + "\n").utf8).withUnsafeBytes {
            try reader.take($0, isLast: true)
        }
        return reader.finish(sha256: "")
    }

    /// No row of any file fails it, but values are made row by row where a rule has it.
    private static func rowByRow(_ rule: MappingRule) -> MappingRule {
        var rule = rule
        rule.shape = RowShape()
        rule.shape?.conditions = [RowCondition(column: .column("Key"), test: .isNoneOf(["no key is this"]))]
        return rule
    }

    @Test("Usual values, and a problem beside them")
    func usual() throws {
        let text = """
            Key;Day;Bid;Ask;Name
            K1;20.11.2026;1,5;2,5;a
            K2;-;N/A;1.234,50;*b*
            K3;31.02.2026;1,5;2,5;a
            gone;01.12.2026;1,5;2,5;a

            """
        var rule = try Self.rule(nulls: ["N/A", "-"], trims: nil)
        rule.fields?.removeAll { ["SHARE", "SHORT", "LONG", "OTHER"].contains($0.name) }
        let shaping = Shaping(rule: rule, tables: ["rics": try Self.table()])
        #expect(
            shapedRows(text, shaping) == [
                #"1 2 R1.T {"BID":1.5,"ASK":2.5,"DAY":"2026-11-20","TEXT":"2026-11-20","MID":2,"NAME":"a","PLAIN":"a"}"#,
                #"2 3 R2.T {"ASK":1234.50,"NAME":"b","PLAIN":"*b*"}"#, "3 4 not_a_date@4:4", "4 5 not_in_table@5:1",
            ])
    }

    @Test(
        "Files of usual and odd values become the same rows either way",
        arguments: [nil, ["N/A", "-", "0"]], [nil, true])
    func odd(_ nulls: [String]?, _ trims: Bool?) throws {
        let rule = try Self.rule(nulls: nulls, trims: trims)
        let tables = ["rics": try Self.table()]
        for seed in 1...5 {
            var random = ValueRandom(state: UInt64(seed))
            let text = Self.file(&random)
            for tellsAll in [false, true] {
                for fields in [rule.fields?.count ?? 0, 4] {
                    var rule = rule
                    rule.fields = Array((rule.fields ?? []).prefix(fields))
                    // Batches of some ten lines.
                    let quick = Shaping(rule: rule, tellsAll: tellsAll, tables: tables, chunk: 400)
                    let slow = Shaping(rule: Self.rowByRow(rule), tellsAll: tellsAll, tables: tables, chunk: 400)
                    let rows = try quick.rows(text)
                    #expect(rows == (try slow.rows(text)), "seed \(seed)")
                    #expect(rows.count > 20, "seed \(seed)")
                }
            }
        }
    }

    private static func file(_ random: inout ValueRandom) -> String {
        let numbers = ["0", "1", "12", "345", "-", "+", ",", ".", "0,5", "1.234,5", "9,99", " ", "%", "e2", "x", "N/A"]
        let days = [
            "20.11.2026", "20261120", "1.2.26", "31.02.2026", "29.02.2028", "00.00.0000", "", "-", "2026-11-20",
        ]
        let names = ["*a*", "b", " c ", "-", "N/A", "\u{e4}", "0", "7", "1,5", "\u{a0}"]
        var lines = ["Key;Day;Bid;Ask;Name"]
        for _ in 0..<40 {
            // Most values are usual ones.
            let isOdd = Int.random(in: 0..<3, using: &random) == 0
            func number() -> String {
                isOdd ? random.text(of: numbers, upTo: 4) : "\(Int.random(in: 0..<5000, using: &random)),25"
            }
            let key =
                isOdd
                ? ["", "-", "gone", " K1", String(repeating: "k", count: 200)].randomElement(using: &random) ?? ""
                : "K\(Int.random(in: 0..<100, using: &random))"
            let day = (isOdd ? days.randomElement(using: &random) : days[0]) ?? ""
            let row = [key, day, number(), number(), names.randomElement(using: &random) ?? ""]
            lines.append(row.joined(separator: ";"))
            switch Int.random(in: 0..<30, using: &random) {
            case 0: lines.append("K1;too;few")
            case 1: lines.append(lines[0])
            case 2: lines.append("\"K2\";\"20.11.2026\";\"1,5\";\"\(number())\";\"a;\"\"b\"\"\"")
            default: break
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test("A key that many rows have, and keys that share a slot, are found together as they are alone")
    func together() throws {
        let table = try Self.table()
        var text: [UInt8] = []
        var cells: [RowBatch.Cell] = []
        let keys = (0..<300).map { "K\($0 % 130)" } + ["", "-", String(repeating: "k", count: 200), "kk"]
        for key in keys {
            cells.append(
                RowBatch.Cell(column: 0, start: UInt32(text.count), length: UInt32(key.utf8.count), kind: .plain))
            text += Array(key.utf8)
        }
        var found: [Int] = []
        table.find(cells, in: text, into: &found)
        #expect(found.count == keys.count)
        for (key, row) in zip(keys, found) {
            var (alone, together): ([UInt8], [UInt8]) = ([], [])
            let isThere = table.take(1, by: Array(key.utf8).span, into: &alone)
            if row >= 0 { table.append(1, ofRowAt: row, into: &together) }
            #expect(isThere == (row >= 0), "\(key)")
            #expect(alone == together, "\(key)")
        }
    }
}

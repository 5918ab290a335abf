import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("What checks hold", .computing)
struct HeldRowsTests {
    private static func held(_ rows: [Int: String]) -> HeldRows {
        var held = HeldRows()
        for (row, reason) in rows.sorted(by: { $0.key < $1.key }) {
            held.insert(row, for: reason)
            held.show(HeldRow(row: row, ric: "R\(row)", field: "BID", old: nil, new: "1", reason: reason))
        }
        return held
    }

    private static func rule(_ limit: RowLimit?, rejects: Bool = false) -> MappingRule {
        var rule = MappingRule(destinations: ["cache"])
        rule.holdFileAbove = limit
        if rejects { rule = rule.forRejects() }
        return rule
    }

    @Test(
        "More held rows than the rule says hold the file; one in a hundred where it says nothing; never a file of rejects",
        arguments: [
            (nil, 1, 100, false), (nil, 2, 199, true), (nil, 1, 99, true), (nil, 0, 1, false), (.rows(3), 3, 5, false),
            (.rows(3), 4, 5, true), (.percent(value: 100, decimals: 0), 5, 5, false), (.rows(0), 1, 1000, true),
        ] as [(RowLimit?, Int, Int, Bool)])
    func limit(_ limit: RowLimit?, _ count: Int, _ counted: Int, _ isHeld: Bool) {
        let held = Self.held(Dictionary(uniqueKeysWithValues: (0..<count).map { ($0 + 1, "below_min") }))
        func hold(_ rule: MappingRule, _ held: [HeldRows]) -> FileHold? {
            FileHold(rule, findings: [], held: held, counted: counted)
        }
        let found = hold(Self.rule(limit), [HeldRows(), held])
        #expect((found != nil) == isHeld)
        if let found {
            #expect(found.reason == "below_min" && found.examples == held.examples)
            #expect(found.text.hasPrefix("checks hold \(count) of its \(counted) rows"), "\(found.text)")
            #expect(found.text.hasSuffix("\(count) below_min"))
        }
        #expect(hold(Self.rule(limit, rejects: true), [held]) == nil)
    }

    @Test("A file of one row is told by that row, and not as one of several")
    func onlyRow() {
        let hold = FileHold(Self.rule(nil), findings: [], held: [Self.held([1: "below_min"])], counted: 1)
        #expect(hold?.text.hasPrefix("checks hold its only row, more than") == true, "\(hold?.text ?? "")")
    }

    @Test("A check of the whole file that holds says why, before all rows")
    func ofFile() {
        func finding(_ reason: String, _ action: CheckRule.Action) -> CheckFinding {
            CheckFinding(problem: FileProblem(reason: reason, what: "the \(reason)"), action: action)
        }
        let rule = Self.rule(nil)
        let held = Self.held([1: "below_min"])
        let hold = FileHold(
            rule,
            findings: [finding("a", .warn), finding("b", .hold), finding("c", .hold), finding("d", .reject)],
            held: [held], counted: 1)
        #expect(hold == FileHold(reason: "b", text: "the b the c", examples: held.examples))
        #expect(FileHold(rule, findings: [finding("a", .warn)], held: [], counted: 1) == nil)
    }

    @Test("Rows are told by what most of them are held for, each counted once")
    func told() {
        var held = Self.held([1: "above_max", 2: "below_min", 7: "below_min", 9: "not_ordered"])
        held.insert(7, for: "above_max")
        #expect(held.rows.count == 4)
        let all = held.told(of: held.rows)
        #expect(all.reason == "below_min" && all.text == "2 below_min, 1 above_max, 1 not_ordered")
        var some = RowSet(rows: 9)
        some.insert(9)
        #expect(held.told(of: some).text == "1 not_ordered")
        #expect(held.told(of: RowSet(rows: 9)).reason == "held")
    }

    @Test("It is written and read again as it was")
    func coded() throws {
        var held = Self.held([1: "above_max", 64: "below_min", 65: "below_min"])
        held.texts[64] = "a text"
        let again = try JSONDecoder().decode(HeldRows.self, from: JSONEncoder().encode(held))
        #expect((1...70).filter { again.rows.contains($0) } == [1, 64, 65] && again.rows.count == 3)
        #expect(again.examples == held.examples && again.texts == held.texts)
        #expect(again.told(of: again.rows) == held.told(of: held.rows))
    }

    @Test("Of mapped rows those that are held are noted, each of its findings shown, and its line says all of them")
    func noted() throws {
        let checks = [
            CheckRule(.range(field: "BID", min: "1", max: nil), .hold), CheckRule(.ordered(["BID", "ASK"]), .hold),
        ]
        let posts = judgedBatch(
            checks, columns: ["RIC", "BID", "ASK"], [["A", "0.5", "0.1"], ["B", "2", "3"], ["C", "5", "4"]])
        var held = HeldRows()
        held.take(posts)
        #expect((1...3).filter { held.rows.contains($0) } == [1, 3])
        #expect(held.told(of: held.rows).text == "1 below_min, 1 not_ordered")
        #expect(held.examples.map(\.ric) == ["A", "A", "C"])
        #expect(held.examples.map(\.new) == ["0.5", "0.5 0.1", "5 4"])
        let text = try #require(held.keptBack.detail(of: 1, in: posts)?.text)
        #expect(text.hasPrefix("below_min: BID: 0.5 is below 1") && text.contains("not_ordered: BID is 0.5"))
        #expect(held.keptBack.detail(of: 1, in: posts)?.reason == "held")
        #expect(held.keptBack.detail(of: 2, in: posts) == nil)
        // As it was found before the first row went, where that is noted.
        held.texts[3] = "moved_too_far: as it was"
        #expect(held.keptBack.detail(of: 3, in: posts)?.text == "moved_too_far: as it was")
        #expect(held.keptBack.detail(of: 1, in: PostBatch())?.text == "it waits until somebody releases it")
    }

    @Test("No more rows are shown than a person could look at")
    func examples() {
        let many = Self.held(Dictionary(uniqueKeysWithValues: (1...1500).map { ($0, "below_min") }))
        #expect(many.examples.count == HeldDrop.examplesMax && many.rows.count == 1500)
    }
}

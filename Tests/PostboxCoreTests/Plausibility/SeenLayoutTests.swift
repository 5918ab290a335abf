import Testing

@testable import PostboxCore

@Suite("What a file looks like")
struct SeenLayoutTests {
    private typealias Column = SeenLayout.Column

    @Test(
        "A value is a number, a date, a text or none by its look",
        arguments: [
            ("", .empty), ("  ", .empty), ("1", .number), ("-1.5", .number), ("1,234.50", .number),
            ("1.234.567", .number), ("1'234", .number), ("5-", .number), ("1e5", .number), ("1.5E-7", .number),
            ("5 %", .number), ("20261124", .number), (" 7 ", .number), ("+0", .number),
            ("2026-11-24", .date), ("24 NOV 2026", .date), ("24-Nov-2026", .date), ("24/11/2026", .date),
            ("24.11.2026", .date), ("1.2.2026", .date), ("2026-11-24T10:00:00Z", .date), ("2026-11-24 10:00", .date),
            ("2026-13-24", .text), ("abc", .text), ("e5", .text), ("1-2", .text), ("N/A", .text), ("-", .text),
            ("12:30:00", .text), ("2026-11-24x", .text), ("5 %x", .text), ("%5", .text),
        ] as [(String, SeenLayout.Kind)])
    func kinds(_ text: String, _ kind: SeenLayout.Kind) {
        #expect(SeenLayout.Kind(Array(text.utf8).span) == kind)
    }

    private func seen(
        _ columns: [String], _ rows: [[TestCell]], nulls: [String] = [], format: PriceFileFormat = .csv,
        lengths: [Int] = []
    ) throws -> SeenLayout {
        var rule = MappingRule(destinations: ["cache"])
        rule.checks = [CheckRule(.layout)]
        if !nulls.isEmpty { rule.layout = FileLayout(blanks: BlankValues(nulls: nulls)) }
        var notes = try #require(LayoutNotes(rule, format.traits))
        for (index, row) in rows.enumerated() {
            var batch = rowBatch([row])
            batch.rows[0].sourceLength = lengths.isEmpty ? 0 : lengths[index]
            notes.take(batch, columns: columns.count)
        }
        return notes.seen(testColumns(columns))
    }

    @Test("A column is what all of its values are; one of several kinds is text, and empty ones say nothing")
    func columns() throws {
        let found = try seen(
            ["A", "B", "C", "D", "E", "$F"],
            [
                ["1", "", "2026-11-24", "1", "n/a"], ["2", nil, "", "x", ""],
                [.number("3"), "", "2026-11-25", "2", .missing],
            ],
            nulls: ["n/a"])
        #expect(
            found.columns == [
                Column(name: "A", kind: .number), Column(name: "B", kind: .empty), Column(name: "C", kind: .date),
                Column(name: "D", kind: .text), Column(name: "E", kind: .empty),
            ])
        #expect(!found.isUnordered && found.lineBytes == nil)
        #expect(try seen(["A"], [[.string("1")]], format: .json).isUnordered)
    }

    @Test("Lines of columns by their place have a length, while it is the same")
    func lines() throws {
        #expect(try seen(["A"], [["1"], ["2"]], format: .fixed, lengths: [81, 81]).lineBytes == 81)
        #expect(try seen(["A"], [["1"], ["2"]], format: .fixed, lengths: [81, 80]).lineBytes == nil)
        #expect(try seen(["A"], [["1"], ["2"]], lengths: [81, 81]).lineBytes == nil)
    }

    @Test("A rule that does not ask notes nothing")
    func silent() {
        #expect(LayoutNotes(MappingRule(destinations: ["cache"]), PriceFileFormat.csv.traits) == nil)
    }

    @Test("What is other than before is told in words")
    func differences() {
        func layout(_ names: String, _ kinds: [SeenLayout.Kind] = [], bytes: Int? = nil, isUnordered: Bool = false)
            -> SeenLayout
        {
            SeenLayout(
                columns: names.enumerated().map {
                    Column(name: String($1), kind: kinds.indices.contains($0) ? kinds[$0] : .number)
                }, isUnordered: isUnordered, lineBytes: bytes)
        }
        let old = layout("ABC")
        #expect(old.differences(from: old).isEmpty)
        #expect(
            layout("ABD").differences(from: old) == ["no longer C", "newly D"])
        #expect(layout("AB").differences(from: old) == ["2 columns in place of 3", "no longer C"])
        #expect(layout("ACB").differences(from: old) == ["the columns in another order, A, C, B"])
        #expect(layout("ACB", isUnordered: true).differences(from: layout("ABC", isUnordered: true)).isEmpty)
        #expect(
            layout("ABC", [.number, .text, .empty]).differences(from: old)
                == ["B holds text in place of numbers", "C holds nothing in place of numbers"])
        #expect(
            layout("ABC", bytes: 81).differences(from: layout("ABC", bytes: 80)) == [
                "lines of 81 bytes in place of 80 bytes"
            ])
        #expect(
            layout("ABC").differences(from: layout("ABC", bytes: 80)) == [
                "lines of different lengths in place of 80 bytes"
            ])
        let all = layout("ABCDEFG", Array(repeating: .date, count: 7)).differences(from: layout("ABCDEFG"))
        #expect(all.count == 6 && all.last == "so do 2 other columns")
    }

    @Test(
        "A file is compared with the last one of a business day on a business day, and of a week-end on one",
        arguments: [
            // 2026-11-28 is a Saturday. Hours from its midnight in UTC: a Saturday noon, a Sunday, a Friday, a Monday.
            (12, "sat"), (36, "sat"), (-12, "fri"), (60, "fri"), (1000, nil),
        ] as [(Int, String?)])
    func past(_ hours: Int, _ wanted: String?) {
        let midnight = Int64(DateCalendar.number(year: 2026, month: 11, day: 28)) * 86_400
        func at(_ hours: Int) -> Int64 { (midnight + Int64(hours) * 3600) * 1_000_000 }
        var past = RulePast()
        past.files = [
            RulePast.File(drop: 9, name: "sat", rows: 1, claimedAt: at(1)),
            RulePast.File(drop: 8, name: "fri", rows: 1, claimedAt: at(-2)),
            RulePast.File(drop: 7, name: "older", rows: 1, claimedAt: at(-20)),
        ]
        if wanted == nil { past.files = [] }
        #expect(past.file(ofDayLike: at(hours), in: .utc, .plain)?.name == wanted)
    }
}

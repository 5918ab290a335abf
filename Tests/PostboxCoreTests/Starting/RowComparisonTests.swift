import PostboxCore
import TestSupport
import Testing

@Suite("What another configuration makes of a file's rows", .computing)
struct RowComparisonTests {
    private static func notes(_ notes: [(Int, String, String)]) -> () -> CheckedRow? {
        var left = notes[...]
        return {
            left.popFirst().map { CheckedRow(row: $0.0, line: $0.0 + 1, outcome: $0.1, text: $0.2) }
        }
    }

    private static func compare(
        _ old: [(Int, String, String)], _ new: [(Int, String, String)], most: Int? = nil
    ) -> RowComparison { RowComparison(notes(old), notes(new), most: most) }

    @Test("Rows that are the same are counted, those that are not are told with both sides")
    func differences() {
        let found = Self.compare(
            [(1, "posted", "A"), (2, "posted", "B"), (3, "rejected", "no_ric")],
            [(1, "posted", "A"), (2, "posted", "C"), (3, "posted", "D")])
        #expect(found.rows == 3 && found.differing == 2)
        #expect(found.first.map(\.row) == [2, 3])
        #expect(found.first[0].old?.text == "B" && found.first[0].new?.text == "C")
        #expect(found.first[1].old?.outcome == "rejected" && found.first[1].new?.outcome == "posted")
    }

    @Test("A row that only one of them has differs, wherever it stands")
    func missing() {
        let found = Self.compare(
            [(1, "posted", "A"), (3, "posted", "C")], [(2, "posted", "B"), (3, "posted", "C"), (4, "posted", "D")])
        #expect(found.rows == 4 && found.differing == 3)
        #expect(found.first.map(\.row) == [1, 2, 4])
        #expect(found.first.map { $0.old == nil } == [false, true, true])
        #expect(Self.compare([], []).rows == 0)
        #expect(Self.compare([], [(1, "posted", "A")]).differing == 1)
    }

    @Test("So many are kept as are wanted, all are counted")
    func bounded() {
        let old = (1...100).map { ($0, "posted", "A") }
        let found = Self.compare(old, old.map { ($0.0, $0.1, "B") }, most: 3)
        #expect(found.differing == 100 && found.first.count == 3)
    }

    @Test("A note reads back as it was written")
    func written() {
        let note = CheckedRow(row: 3, line: 4, outcome: "posted", text: "{\"BID\":\t1}")
        #expect(CheckedRow(note.written) == note)
        #expect(CheckedRow("x\t1\tposted\t") == nil && CheckedRow("1\t1") == nil)
    }
}

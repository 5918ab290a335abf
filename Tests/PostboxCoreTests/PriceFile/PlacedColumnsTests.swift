import PostboxCore
import Testing

@Suite("Columns by position")
struct PlacedColumnsTests {
    private static func layout(_ columns: (String, Int, Int)..., set: (inout LineLayout) -> Void = { _ in })
        -> LineLayout
    {
        lines {
            $0.fixed = columns.map { LineLayout.FixedColumn(name: $0.0, first: $0.1, last: $0.2) }
            set(&$0)
        }
    }

    private func read(_ text: String, _ layout: LineLayout) -> ReadFile {
        readInEveryWay(text) { LineReader(layout) }
    }

    private static let report = """
                INVENTED CLOSING PRICES, AS OF 03/04/26 10:15 PM
        MTH/               ---- DAILY ----                            PT
        STRIKE                  HIGH                LAST      SETT    CHGE    ACT VOL
        9ZX Gold Test Futures
        JLY26                    ----                ----    1702.3   +13.3
        AUG26                 1711.9B             1710.4B    1708.0   +12.6         30
        TOTAL                                                                       64
        8ZY Silver Test Futures
        MAR26                    ----             12.105A      12.1    ----          7
        *** END OF THE LIST ***

        """

    @Test("A settlement report is read by its columns, with headings, totals and short lines")
    func settlements() {
        let layout = Self.layout(
            ("MTH", 1, 8), ("HIGH", 20, 29), ("LAST", 40, 49), ("SETT", 50, 59), ("CHGE", 60, 67), ("VOL", 68, 78)
        ) {
            $0.skipped = 3
            $0.header = LineLayout.Header.none
            $0.dropped = ["TOTAL*", "*END OF THE LIST*"]
            $0.headings = [.init(patterns: ["* Futures"], name: "$product")]
        }
        let file = read(Self.report, layout)
        #expect(file.problem == nil)
        #expect(file.columns.map(\.name) == ["MTH", "HIGH", "LAST", "SETT", "CHGE", "VOL", "$product"])
        #expect(
            file.values == [
                ["JLY26", "----", "----", "1702.3", "+13.3", "", "9ZX Gold Test Futures"],
                ["AUG26", "1711.9B", "1710.4B", "1708.0", "+12.6", "30", "9ZX Gold Test Futures"],
                ["MAR26", "----", "12.105A", "12.1", "----", "7", "8ZY Silver Test Futures"],
            ])
        #expect(file.rows.map(\.line) == [5, 6, 9])
    }

    @Test(
        "A line that does not lie as the columns do is rejected with the place",
        arguments: [
            // Columns: 1-4, 7-10, 11-14.
            ("ABCD  1861  17", "none"), ("ABCD  1861  17  ", "none"), ("ABCD  1861", "none"),
            ("ABCD  1861 ", "ragged_row@1:11"), ("ABCD  186", "ragged_row@1:9"), ("ABCD ", "none"), ("ABCD", "none"),
            ("AB", "ragged_row@1:2"), ("ABCDE 1861", "ragged_row@1:5"), ("ABC E 1861", "none"),
            ("ABCD 21861.7  ", "ragged_row@1:6"), ("ABCD 2 861.7  ", "none"), ("ABCD  1861.7  9", "none"),
            ("ABCD  1861.7 99", "ragged_row@1:15"), ("ABCD\t  1861.7  ", "ragged_row@1:5"),
            ("ABCD  1861.7  \tx", "none"), ("ÄBCD  1861.7  é", "none"), ("ÄBCDé 1861.7  ", "ragged_row@1:5"),
            ("ÄBCD é1861.7  ", "ragged_row@1:6"), ("ÄBCD  1861.7 éé", "ragged_row@1:15"), ("ÄBC", "ragged_row@1:3"),
            ("ÄBCD\t 1861.7  ", "ragged_row@1:5"), ("ABCD  €€€€", "none"), ("ÄBCD  1861.7 \t", "ragged_row@1:14"),
        ])
    func borders(_ line: String, _ expected: String) {
        let file = read(line + "\n", Self.layout(("NAME", 1, 4), ("BID", 7, 10), ("ASK", 11, 14)))
        #expect(file.problem == nil)
        #expect(file.rows.map { summary($0.problem) } == [expected])
        #expect(file.sources == [line + "\n"])
    }

    @Test("The words of a wrong border name the column")
    func words() {
        let layout = Self.layout(("NAME", 1, 4), ("BID", 7, 10))
        #expect(
            read("ABCD 21861\n", layout).rows.first?.problem?.text
                == "Character 6 is outside of all columns and touches the value of BID (7-10). "
                + "(A border in `columns` may be one character off.)")
        #expect(
            read("ABCD  18\n", layout).rows.first?.problem?.what
                == "The line ends with character 8, inside the column BID (7-10).")
    }

    @Test("Characters are counted, not bytes, and values lose the blanks around them; columns may lie in one another")
    func characters() {
        let file = read(
            "\u{FEFF}Zürich€ 1.50 x\r\n\r\n   \t\nBern     2.5  \r\n",
            Self.layout(("A", 1, 7), ("B", 8, 12), ("C", 1, 2)))
        #expect(file.values == [["Zürich€", "1.50", "Zü"], ["Bern", "2.5", "Be"]])
        #expect(file.rows.map(\.line) == [1, 4])
        #expect(file.prologue == "\u{FEFF}")
    }

    @Test("A line with something outside of the columns alone is a row, so that nothing is lost")
    func outsideAlone() {
        #expect(read("   xx\n", Self.layout(("A", 1, 2))).values == [[""]])
    }
}

import PostboxCore
import Testing

@Suite("Text that was decoded wrongly before it came here")
struct DamagedTextTests {
    @Test(
        "The mark U+FFFD in a value is its row's problem, whatever the field's type",
        arguments: [
            ("M\u{FFFD}ller", nil), ("\u{FFFD}", nil), ("M\u{FFFD}ller", .text), ("1\u{FFFD}234", .real),
            ("\u{FFFD}7", .int),
            ("1\u{FFFD}", nil), ("04\u{FFFD}03", .date), ("1\u{FFFD}0", .time), ("\u{FFFD}A", .enum),
        ] as [(String, FieldType?)])
    func values(_ text: String, _ type: FieldType?) {
        for cell in [TestCell.plain(text), .string(text)] {
            #expect(value(cell, type.map { field($0) }) == "damaged_text")
        }
    }

    @Test("Characters beside it are characters", arguments: ["\u{FFFC}", "\u{FF3D}", "Ｂ", "\u{EFBD}é", "﹀"])
    func others(_ text: String) {
        #expect(value(.plain(text), field(.text)) == "\"\\u001b%0\(text)\"")
    }

    @Test("A RIC with it is none")
    func names() {
        let mapped = map(plainRule(), columns: ["RIC", "BID"], [["A\u{FFFD}.TST", "1"], ["Ä.TST", "1"]])
        #expect(mapped.map(\.result) == ["damaged_text", "{\"BID\":1}"])
    }
}

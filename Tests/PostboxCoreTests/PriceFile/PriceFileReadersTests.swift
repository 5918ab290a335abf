import PostboxCore
import Testing

@Suite("Choosing a reader")
struct PriceFileReadersTests {
    @Test(
        "Each format has its reader",
        arguments: [
            (PriceFileFormat.csv, "a\n1\n", "a=plain:1"), (.json, "[{\"a\":1}]", "a=number:1"),
            (.json, "\n{\"a\":1}\n", "a=number:1"),
            (.jsonLines, "{\"a\":1}\n", "a=number:1"), (.xml, "<d><r><a>1</a></r></d>", "a=plain:1"),
        ])
    func formats(_ format: PriceFileFormat, _ text: String, _ expected: String) {
        #expect(readInEveryWay(text) { PriceFileReaders.make(format: format) }.cells == [[expected]])
    }

    @Test("Delimiter, line end and row element reach the reader")
    func settings() {
        let csv = readInEveryWay("a;b\n1;2") {
            PriceFileReaders.make(format: .csv, delimiter: UInt8(ascii: ";"), finalNewline: .optional)
        }
        #expect(csv.values == [["1", "2"]])
        let xml = readInEveryWay("<d><x/><r a='1'/></d>") { PriceFileReaders.make(format: .xml, rowElement: "r") }
        #expect(xml.values == [["1"]])
    }
}

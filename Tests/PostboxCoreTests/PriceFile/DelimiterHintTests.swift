import PostboxCore
import Testing

@Suite("Delimiter hint")
struct DelimiterHintTests {
    @Test(
        "A header of one column with another delimiter in it says what to set",
        arguments: [
            ("RIC;BID;ASK", ",", "\";\""), ("RIC\tBID", ",", "tab"), ("RIC|BID", ",", "\"|\""),
            ("RIC,BID", ";", "\",\""), ("RIC;BID;ASK|x", ",", "\";\""),
        ])
    func oneColumn(_ name: String, _ delimiter: String, _ expected: String) {
        let hint = delimiterHint(columns: [Column(name: name)], delimiter: Array(delimiter.utf8)[0])
        #expect(hint == "Set `delimiter: \(expected)` in the file's rule.")
    }

    @Test(
        "Any other header says nothing",
        arguments: [["RIC"], ["RIC", "BID"], ["RIC;BID", "ASK"], ["a b"], []])
    func otherHeaders(_ names: [String]) {
        #expect(delimiterHint(columns: names.map { Column(name: $0) }, delimiter: UInt8(ascii: ",")) == nil)
    }
}

import Testing

@testable import PostboxCore

@Suite("Entries of the journal")
struct JournalEntryTests {
    private static func entry(_ facts: [(key: String, value: String)], message: String = "done") -> [UInt8] {
        JournalEntry.datagram(.warning, event: "file_done", message, facts)
    }

    @Test("Message, priority, program and word come first, then each fact as a field")
    func fields() {
        let text = String(decoding: Self.entry([("file", "a.csv"), ("rows", "12")]), as: UTF8.self)
        #expect(
            text == "MESSAGE=done\nPRIORITY=4\nSYSLOG_IDENTIFIER=postbox\nPOSTBOX_EVENT=file_done\n"
                + "POSTBOX_FILE=a.csv\nPOSTBOX_ROWS=12\n")
    }

    @Test("A value with line ends in it says how long it is, so that it makes no field of its own")
    func lines() {
        let entry = Self.entry([("file", "a\nPRIORITY=0")])
        let field: [UInt8] =
            Array("POSTBOX_FILE\n".utf8) + [12, 0, 0, 0, 0, 0, 0, 0] + Array("a\nPRIORITY=0\n".utf8)
        #expect(Array(entry.suffix(field.count)) == field)
        #expect(Self.entry([], message: "a\nb").starts(with: Array("MESSAGE\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0]))
    }

    @Test(
        "A fact's name is one that the journal takes",
        arguments: [
            ("p99_ms", "POSTBOX_P99_MS"), ("a-b c", "POSTBOX_A_B_C"), ("é", "POSTBOX___"),
            ("event", "POSTBOX_FACT_EVENT"),
            (String(repeating: "x", count: 90), "POSTBOX_" + String(repeating: "X", count: 56)),
        ])
    func names(fact: String, name: String) {
        #expect(JournalEntry.name(of: fact) == name)
        #expect(name.utf8.count <= 64)
    }
}

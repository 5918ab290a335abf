import PostboxCore
import Testing

/// Values of XML with white space around them, as its writers set them out in lines.
@Suite("Padded values")
struct PaddedValueTests {
    @Test(
        "A value on a line of its own is taken without what stands around it",
        arguments: [
            ("\n  6.85\n", nil, "6.85"), ("\r\n\t-1\r\n", nil, "-1"), ("\n6.85 ", .real, "6.85"), ("\n 7\n", .int, "7"),
            ("\n 2026-11-05\n", .date, "\"2026-11-05\""), ("\n12:34:56\n", .time, "\"12:34:56\""),
            ("\n 840\n", .enum, "840"), (" 6.85 ", nil, "6.85"), ("\n1e5\n", nil, "not_a_decimal"),
            ("\n", nil, "-"), (" \n ", .real, "-"), ("\n 1\n2\n", .real, "line_break"), ("\n Foo\n", nil, "line_break"),
            ("\n Foo\n", .text, "line_break"),
        ] as [(String, FieldType?, String)])
    func values(_ text: String, _ type: FieldType?, _ expected: String) {
        #expect(value(.padded(text), type.map { field($0) }) == expected)
    }

    @Test("An enum's text is looked up without the line break, and with the blanks that may belong to it")
    func enumTexts() {
        let rule = field(.enum, values: ["USD": 840, "EUR": 978])
        #expect(value(.padded("\n  USD\n"), rule) == "840")
        #expect(value(.padded(" EUR"), rule) == "978")
    }

    @Test("A text is taken as it is", arguments: [" Foo ", "Foo ", " 12:00 Foo"])
    func texts(_ text: String) {
        #expect(value(.padded(text)) == "\"\(text)\"")
        #expect(value(.padded(text), field(.text)) == "\"\(text)\"")
    }

    @Test("RIC, post and service are taken without what stands around them")
    func names() {
        let mapped = map(
            plainRule(), columns: ["RIC", "Post", "Service", "BID"],
            [
                [.padded("\n  A.TST\n"), .padded("\nRefresh\n"), .padded("\r\n\tOTHER "), "1"],
                [.padded(" \n "), .padded("\n"), .padded("\n"), "1"], [.padded("\n A B\n"), "", "", "1"],
            ], services: ["DEFAULT", "OTHER"])
        #expect(
            mapped == [
                Mapped("A.TST", .refresh, service: 1, "{\"BID\":1}"), Mapped("", "no_ric"),
                Mapped("A B", "{\"BID\":1}"),
            ])
        let byColumn = rule(post: .column("Action", refresh: ["N"], update: [""]), nil)
        #expect(
            map(
                byColumn, columns: ["RIC", "Action", "BID"],
                [["A", .padded("\n N\n"), "1"], ["A", .padded("\n"), "1"], ["A", " N ", "1"]]
            ).map { "\($0.post.word) \($0.result)" }
                == ["Refresh {\"BID\":1}", "Update {\"BID\":1}", "Update bad_post"])
        let template = rule(
            post: .update, ric: .template([.column("Code"), .text(".TST")]),
            [FieldRule(name: "BID", source: .column("BID"))])
        #expect(
            map(template, columns: ["Code", "BID"], [[.padded("\n A\n"), "1"]]) == [Mapped("A.TST", "{\"BID\":1}")])
    }
}

import PostboxCore
import TestSupport
import Testing

@Suite("Rows that are posts at a look", .computing)
struct SureRowsTests {
    /// Values on both sides of every line that a look draws.
    static let texts = [
        "", " ", "\t", "0", "1", "-1", "-0", "-0.0", "00", "01", "0.5", "-0.5", ".5", "5.", "1.2.3", "1.0634", "+1",
        "1e5", "E5",
        "12345678", "123456789", "1234567.8", "-12345678.25", "99999999999999999999", "0.123456789012345", "1 234",
        " 1", "1 ",
        "1,5", "-", "--1", "n", "N", "nan", "NaN", "nan ", "-nan", "inf", "Inf ", "infinity", "INFINITY", "infinite",
        "i", "nano",
        "NANO TEXT", "INDICATIVE", "FIRM", "some text", "said \"firm\"", "back\\slash", "Zürich close", "ü", "日本",
        "a\u{1}b",
        "tab\there", "\u{7f}", "2026-11-21", "12:30:00", "abcdefgh", "abcdefghi", "\"", "\\", "eight\"by", "~~~~~~~~",
        "a ", "A\n", "Info", "INFLATION", "INTC", "In", "na", "#N/A", "#1", "=1", "=", "=A1+B1", "-Info", "+5", "<5",
        ":5", "@x",
        "a\u{1b}b", "a\u{7f}b", "eightby\u{7f}", "nan%", "-.", "\u{e}", "\0", "\\\\",
    ]
    static let numbers = ["0", "-1", "1.5", "1e5", "-0", "1.0E-3", "12345678.123", "123456789012345678901"]
    static let names = [
        "EUR=", "A", "AB", "ABC", "ABCD", "IBM.N", "ABCDEFGH", "ABCDEFGHI.LONG", "", " A", "A ", "A B", "ü", "A\u{1}",
        "A\u{7f}",
        "RIC", "RICX", "#N/A", "#1", "=X", "9.13E+13", "12345", "1AB2", "0005.HK", "9.13E+13.TST", "1.TO", "-A",
        "2E10.L", "A\u{a0}", "\u{200b}A", "A\u{85}",
        "A\u{202e}B", "A\n",
        "ABCDEFGH\u{7f}JKLMNOPQ", "ABCDEFGHIJKLMNOP\u{1f}", String(repeating: "R", count: 255),
        String(repeating: "R", count: 256),
    ]

    struct Choices: SeededChoices {
        var state: UInt64
    }

    static func cell(_ choices: inout Choices) -> TestCell {
        switch choices.number(20) {
        case 0: .null
        case 1: .bool("true")
        case 2: .nested("[1]")
        case 3...5: .string(choices.pick(texts))
        case 6...8: .number(choices.pick(numbers))
        default: .plain(choices.pick(texts))
        }
    }

    static let rules: [MappingRule] = [
        plainRule(),
        rule(post: .refresh, nil),
        rule(nil, empty: .blank),
        rule(post: .refresh, nil, empty: .skip),
        rule(
            post: .update,
            [
                FieldRule(name: "BID", source: .column("F1")),
                FieldRule(name: "ASK", source: .column("F2"), type: .real),
                FieldRule(name: "TEXT", source: .column("F3"), type: .text),
                FieldRule(name: "CONSTANT", source: .value("12.50", isText: false)),
                FieldRule(name: "END", source: .column("Z")),
                FieldRule(name: "A_NAME_OF_MORE_THAN_THIRTY_TWO_BYTES", source: .column("F1"), type: .real),
            ]),
        rule(
            post: .refresh,
            [
                FieldRule(name: "BID", source: .column("F1"), type: .real, round: 2),
                FieldRule(name: "COUNT", source: .column("F2"), type: .int),
                FieldRule(name: "END", source: .column("Z")),
            ]),
        rule(
            post: .refresh,
            [
                FieldRule(name: "A", source: .column("F3")), FieldRule(name: "B", source: .column("F1"), type: .text),
                FieldRule(name: "END", source: .column("Z"), type: .real),
            ], empty: .skip),
    ]

    @Test("Whatever the values, a row told at a look is the post that the longer way makes of it", arguments: 0..<70)
    func sameEitherWay(seed: Int) {
        var choices = Choices(state: UInt64(seed))
        let rule = Self.rules[seed % Self.rules.count]
        let isCSV = seed / Self.rules.count % 2 == 0
        let rows = (0..<200).map { _ in
            let name = choices.number(4) > 0 ? "IBM.N" : choices.pick(Self.names)
            var row: [TestCell] = [.plain(name)]
            for _ in 0..<3 {
                let good = choices.number(3) > 0
                row.append(good ? choices.pick(["1.25", "FIRM", "some text", "", "-7"]) : Self.cell(&choices))
                if !isCSV, choices.number(8) == 0 { row[row.count - 1] = .missing }
            }
            row.append("1")
            return row
        }
        let out = mapToBatch(
            rule, columns: ["RIC", "F1", "F2", "F3", "Z"], rows, updateOnly: seed % 5 == 0, fixed: isCSV)
        #expect(out.rows.count == rows.count)
    }

    @Test("Rows of prices and plain words are all told at a look", arguments: [0, 1, 2, 3, 4, 6], [true, false])
    func toldAtALook(rule: Int, isCSV: Bool) {
        let rows: [[TestCell]] = (1...50).map {
            ["IBM.N", .plain("\($0).25"), "-7.5", $0 % 2 == 0 ? "INDICATIVE" : "1234567.125", "1"]
        }
        var batch = rowBatch(rows)
        batch.text += Array(repeating: UInt8(ascii: " "), count: 8)
        var mapper = RowMapper(
            rule: Self.rules[rule], services: ["S"], updateOnly: false, columnsAreFixed: isCSV)
        var out = PostBatch()
        mapper.mapDoubtful(
            batch, columns: testColumns(["RIC", "F1", "F2", "F3", "Z"]), bytesMax: 60_000, into: &out)
        #expect(out.rows.isEmpty)
    }

    @Test("What a row may take is counted to the byte where nothing is escaped")
    func edge() {
        let batch = rowBatch([["A", "1"], ["LONGER", "12345678"]])
        func doubtful(_ bytesMax: Int) -> [Int] {
            var mapper = RowMapper(rule: plainRule(), services: ["S"], updateOnly: false, columnsAreFixed: true)
            var out = PostBatch()
            mapper.mapDoubtful(batch, columns: testColumns(["RIC", "BID"]), bytesMax: bytesMax, into: &out)
            return out.rows.map(\.row)
        }
        // {"BID":1} and four bytes for the RIC's one.
        #expect(doubtful(13) == [2])
        #expect(doubtful(12) == [1, 2])
    }

    @Test("A row is doubtful where its post could be longer than is allowed")
    func longPosts() {
        let text = String(repeating: "x", count: 5000)
        var mapper = RowMapper(rule: plainRule(), services: ["S"], updateOnly: false, columnsAreFixed: true)
        var out = PostBatch()
        let batch = rowBatch([["A", "1", "1"], ["B", .plain(text), "1"], ["C", "2", "12345678"]])
        mapper.mapDoubtful(batch, columns: testColumns(["RIC", "BID", "TEXT"]), bytesMax: 5000, into: &out)
        #expect(out.rows.map(\.row) == [2])
        #expect(out.problems.isEmpty)
        #expect(out.rows[0].fieldsLength > 5000)
    }
}

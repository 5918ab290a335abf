import PostboxCore
import Testing

@Suite("Two decimal marks in a column")
struct DecimalMarksTests {
    static func problem(_ values: [TestCell], _ rule: MappingRule = plainRule()) -> FileProblem? {
        var marks = DecimalMarks(rule)
        for (index, value) in values.enumerated() {
            marks.take(rowBatch([["A", value]], firstRow: index + 1), columns: testColumns(["RIC", "bid"]))
        }
        return marks.problem
    }

    @Test(
        "A column has two decimal marks where no reading gives all its values one",
        arguments: [
            (["1,0845", "24.150"], true), (["24.150", "1,0845"], true), (["1,5", "1.500"], true),
            (["-1,5", "+1.500"], true), ([" 1,5 ", "1.500"], true), (["0,125", "1.500"], true),
            (["1.234,50", "24.150"], true), (["1,234", "24.150"], true), (["1.234.567", "24.150"], true),
            (["12345,678", "1.500"], true), (["1,234,567", "24.150"], true),
            // A point that cannot part thousands leaves no doubt about its own value: the row with the comma is rejected.
            (["1,5", "1.5"], false), (["1,0845", "24.15"], false), (["0,125", "1.5"], false),
            (["12345,678", "1.5"], false),
            // Thousands in English: `1,234` cannot be read, and no other value is doubtful.
            (["1,234", "99.5"], false), (["1,234,567", "99.5", "24.150"], false), (["1,234.50", "24.150"], false),
            (["1,5", "7"], false), (["1,5", "2,5"], false), (["1.5", "24.150"], false), (["1.234.567", "1,5"], false),
            (["1,5", ""], false), (["1,5", "a.b"], false), (["1,5", "1.5x"], false),
            (["1.2.3", "1.5"], false), (["1,2,3", "1.5"], false), (["1,2.3,4", "1.5"], false),
        ])
    func marks(values: [String], isMixed: Bool) {
        #expect((Self.problem(values.map { .plain($0) })?.reason == "mixed_decimal_marks") == isMixed)
        let real = rule([FieldRule(name: "BID", source: .column("bid"), type: .real)])
        #expect((Self.problem(values.map { .string($0) }, real) != nil) == isMixed)
        #expect((Self.problem(values.reversed().map { .plain($0) }) != nil) == isMixed)
    }

    @Test(
        "Where a number is wanted, a comma among anything else tells of the column's marks, too",
        arguments: [
            "1 234,50", "1\u{a0}234,50", "1'234,50", "1,0845%", "EUR 1,0845", "(1,0845)", "0,5-", ",5", "-,5",
            "1,0845e2",
        ])
    func odd(value: String) {
        let real = rule([FieldRule(name: "BID", source: .column("bid"), type: .real)])
        #expect(Self.problem([.plain(value), "24.150"], real)?.reason == "mixed_decimal_marks")
        #expect(Self.problem([.plain(value), "24"], real) == nil)
    }

    @Test(
        "A row that does not count tells of the marks, where it holds what looks like a number",
        arguments: [
            ("1,5", true), ("1.234,50", true), ("-1,0845", true), ("EUR 1,0845", false), ("Alpha 1,5 of 2", false),
            ("04.03.2026", false), ("1,234.50", false), ("1.5", false), ("", false),
        ])
    func skipped(value: String, isMixed: Bool) {
        var marks = DecimalMarks(rule([FieldRule(name: "BID", source: .column("bid"), type: .real)]))
        var skipped = RowSet(rows: 2)
        skipped.insert(2)
        marks.take(
            rowBatch([["A", "24.150"], ["B", .plain(value)]]), columns: testColumns(["RIC", "bid"]), skipped: skipped)
        #expect((marks.problem?.reason == "mixed_decimal_marks") == isMixed)
    }

    @Test("A text is no number, whatever it looks like")
    func texts() {
        #expect(Self.problem([.string("1,0845"), .string("24.150")]) == nil)
        #expect(Self.problem(["about 1,5", "1.500"]) == nil)
        #expect(Self.problem([.string("1,0845"), .number("24.150")]) == nil)
    }

    @Test("A number of JSON has one mark, whatever texts of its column have")
    func literals() {
        let real = rule([FieldRule(name: "BID", source: .column("bid"), type: .real)])
        #expect(Self.problem([.string("1,0845"), .number("24.150")], real) == nil)
        #expect(Self.problem([.string("1,0845"), .string("24.150")], real) != nil)
    }

    @Test("In a column of whole numbers a point that parts thousands makes the others doubtful")
    func whole() {
        let int = rule([FieldRule(name: "VOL", source: .column("bid"), type: .int)])
        #expect(Self.problem(["1.234", "24.000"], int)?.reason == "mixed_decimal_marks")
        #expect(Self.problem(["100.0", "24.000"], int) == nil)
        #expect(Self.problem(["100.5", "24"], int) == nil)
    }

    @Test("The problem names both values, their lines and what to do")
    func words() {
        let problem = Self.problem(["24.150", "7", "1,0845"])
        #expect(problem?.line == 2)
        #expect(
            problem?.what
                == "The column bid has \"1,0845\" in line 4 and \"24.150\" in line 2: nobody can tell which mark is the decimal one."
        )
        #expect(problem?.hint != nil)
    }

    @Test("Only a rule's columns of numbers count")
    func rules() {
        func isMixed(_ type: FieldType?) -> Bool {
            Self.problem(["1,5", "1.000"], rule([FieldRule(name: "BID", source: .column("bid"), type: type)])) != nil
        }
        for type in [nil, FieldType.real, .int, .uint] { #expect(isMixed(type)) }
        for type in [FieldType.text, .ascii, .enum, .date, .time] { #expect(!isMixed(type)) }
        #expect(Self.problem(["1,5", "1.500"], rule([FieldRule(name: "ASK", source: .column("ask"))])) == nil)
    }

    @Test("A mapper has seen odd marks only where a number was wanted and none could be read for them")
    func trigger() {
        func hasSeen(_ value: TestCell, _ type: FieldType?) -> Bool {
            var mapper = RowMapper(
                rule: rule([FieldRule(name: "BID", source: .column("bid"), type: type)]), services: ["S"],
                updateOnly: false, columnsAreFixed: true)
            var out = PostBatch()
            mapper.map(rowBatch([["A", value]]), columns: testColumns(["RIC", "bid"]), into: &out)
            return mapper.hasSeenOddMarks
        }
        for type in [nil, FieldType.real, .int, .uint] {
            #expect(hasSeen("1,5", type))
            #expect(hasSeen("1.234.567", type))
            // Where a whole number is wanted, one point may part thousands.
            #expect(hasSeen("1.5", type) == (type == .int || type == .uint))
            #expect(!hasSeen("15", type))
        }
        #expect(!hasSeen("1,5", .text))
        var mapper = RowMapper(rule: plainRule(), services: ["S"], updateOnly: false, columnsAreFixed: true)
        var out = PostBatch()
        // Rejected for its RIC, and its price tells all the same.
        mapper.map(rowBatch([["", "1,5"]]), columns: testColumns(["RIC", "bid"]), into: &out)
        #expect(mapper.hasSeenOddMarks)
        #expect(hasSeen(.string("1,5"), .real))
    }
}

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
            (["1,5", "1.5"], true),
            (["1,0845", "24.15"], true), (["-1,5", "+1.5"], true), ([" 1,5 ", "1.5"], true), (["0,125", "1.5"], true),
            (["1.234,50", "24.150"], true), (["1,234", "24.150"], true), (["1.234.567", "24.150"], true),
            (["12345,678", "1.5"], true), (["1,234,567", "24.150"], true),
            // Thousands in English: `1,234` cannot be read, and no other value is doubtful.
            (["1,234", "99.5"], false), (["1,234,567", "99.5", "24.150"], false), (["1,234.50", "24.150"], false),
            (["1,5", "7"], false), (["1,5", "2,5"], false), (["1.5", "24.150"], false), (["1.234.567", "1,5"], false),
            (["1,5", ""], false), (["1,5", "a.b"], false), (["1,5", "1.5x"], false), (["1,5", ".5"], false),
            (["1.2.3", "1.5"], false), (["1,2,3", "1.5"], false), (["1,2.3,4", "1.5"], false),
        ])
    func marks(values: [String], isMixed: Bool) {
        #expect((Self.problem(values.map { .plain($0) })?.reason == "mixed_decimal_marks") == isMixed)
        #expect((Self.problem(values.map { .string($0) }) != nil) == isMixed)
        #expect((Self.problem(values.reversed().map { .plain($0) }) != nil) == isMixed)
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
            Self.problem(["1,5", "1.5"], rule([FieldRule(name: "BID", source: .column("bid"), type: type)])) != nil
        }
        for type in [nil, FieldType.real, .int, .uint] { #expect(isMixed(type)) }
        for type in [FieldType.text, .ascii, .enum, .date, .time] { #expect(!isMixed(type)) }
        #expect(Self.problem(["1,5", "1.5"], rule([FieldRule(name: "ASK", source: .column("ask"))])) == nil)
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
            #expect(!hasSeen("1.5", type))
            #expect(!hasSeen("+1.5e", type))
        }
        #expect(!hasSeen("1,5", .text))
        #expect(hasSeen(.string("1,5"), .real))
    }
}

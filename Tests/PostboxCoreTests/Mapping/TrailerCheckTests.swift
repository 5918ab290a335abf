import Foundation
import PostboxCore
import Testing

@Suite("Trailers")
struct TrailerCheckTests {
    private static let csv = TrailerRule(
        match: "TRL", count: .cell(2), sum: .init(column: "bid", field: .cell(3)))
    private static let json = TrailerRule(
        match: "end", count: .member("end.rows"), sum: .init(column: "q.bid", field: .member("end.sum")))

    /// What a file came to, read in chunks of so many bytes.
    private struct Read: Equatable {
        var rows: [Int] = []
        var lines: [Int] = []
        var problem: FileProblem?
    }

    private static func read(
        _ text: String, _ trailer: TrailerRule, _ format: PriceFileFormat, chunk: Int,
        _ change: (inout MappingRule) -> Void = { _ in }
    ) throws -> Read {
        var rule = MappingRule(destinations: ["a"], trailer: trailer)
        change(&rule)
        var check = try #require(TrailerCheck(rule, format: format))
        var reader = PriceFileReaders.make(format: format)
        var batch = RowBatch()
        var out = Read()
        let bytes = Array(text.utf8)
        var at = 0
        repeat {
            let end = min(bytes.count, at + chunk)
            try bytes[at..<end].withUnsafeBytes { try reader.read($0, isLast: end == bytes.count, into: &batch) }
            check.take(&batch, columns: reader.columns)
            out.rows += batch.rows.map(\.number)
            out.lines += batch.rows.map(\.line)
            at = end
        } while at < bytes.count
        out.problem = check.problem
        #expect(reader.rowCount - check.trailers == out.rows.count)
        return out
    }

    /// The same whatever the chunks.
    private static func read(_ text: String, _ trailer: TrailerRule, _ format: PriceFileFormat) throws -> Read {
        let whole = try read(text, trailer, format, chunk: .max)
        for chunk in [1, 2, 7, 16] { #expect(try read(text, trailer, format, chunk: chunk) == whole) }
        return whole
    }

    @Test(
        "A trailer that agrees is no data row, and nothing is wrong",
        arguments: [
            "ric,bid\nA,1.10\nB,2.205\nTRL,2,3.305\n",
            "ric,bid\r\nA,1.10\r\nB,2.205\r\nTRL,0002,3.3050\r\n\r\n",
            "ric,bid\nA,\nB,3.305\n\"TRL\", 2 ,\"3.305\"\n",
            "ric,bid,ask\nA,1.1,7\nB,2.205,8\nTRL,2,3.305\n",
            "bid\n1.1\n2.205\nTRL,2,3.305,and,more\n",
        ])
    func agrees(text: String) throws {
        let read = try Self.read(text, Self.csv, .csv)
        #expect(read == Read(rows: [1, 2], lines: [2, 3]))
    }

    @Test(
        "What does not agree is told with its line and reason",
        arguments: [
            ("ric,bid\nA,1\nB,2\n", "trailer_missing", 0),
            ("ric,bid\nA,1\nTRLX,1,1\n", "trailer_missing", 0),
            ("ric,bid\nTRL,2,3\nA,1\nB,2\n", "trailer_misplaced", 2),
            ("ric,bid\nA,1\nTRL,1,1\nB,2\nTRL,2,3\n", "trailer_misplaced", 3),
            ("ric,bid\nA,1\nB,2\nTRL,2,3\nTRL,2,3\n", "trailer_misplaced", 4),
            ("ric,bid\nA,1\nB,2\nTRL,3,3\n", "trailer_count", 4),
            ("ric,bid\nA,1\nB,2\nTRL\n", "trailer_count", 4),
            ("ric,bid\nA,1\nB,2\nTRL,two,3\n", "trailer_count", 4),
            ("ric,bid\nA,1\nB,2\nTRL,,3\n", "trailer_count", 4),
            ("ric,bid\nA,1\nB,2\nTRL,2,3.00000000000001\n", "trailer_sum", 4),
            ("ric,bid\nA,1\nB,2\nTRL,2\n", "trailer_sum", 4),
            ("ric,bid\nA,1\nB,2\nTRL,2,three\n", "trailer_sum", 4),
            ("ric,ask\nA,1\nB,2\nTRL,2,3\n", "trailer_sum", 4),
            ("ric,bid\nA,1\nB,n/a\nTRL,2,1\n", "trailer_sum", 3),
            ("ric,bid\nTRL,1,0\n", "trailer_count", 2),
        ])
    func disagrees(text: String, reason: String, line: Int) throws {
        let problem = try #require(try Self.read(text, Self.csv, .csv).problem)
        #expect(problem.reason == reason)
        #expect(problem.line == line)
    }

    @Test("Rows that will be rejected count, and so do their values")
    func rejectedRows() throws {
        // One cell too many, one too few, and a price with an exponent.
        let text = "ric,bid,ask\nA,1,2,3\nB,2\nC,1e1,1\nTRL,3,13\n"
        #expect(try Self.read(text, Self.csv, .csv) == Read(rows: [1, 2, 3], lines: [2, 3, 4]))
    }

    @Test("Rows keep their numbers without a gap, also around a trailer in the wrong place")
    func numbers() throws {
        let read = try Self.read("ric,bid\nA,1\nTRL,1,1\nB,2\nC,3\n", Self.csv, .csv)
        #expect(read.rows == [1, 2, 3] && read.lines == [2, 4, 5])
    }

    @Test(
        "In JSON the trailer is the object that has the member",
        arguments: [
            (
                PriceFileFormat.json,
                "[{\"RIC\":\"A\",\"q\":{\"bid\":1.10}},{\"RIC\":\"B\",\"q\":{\"bid\":\"2.2\"}},{\"end\":{\"rows\":2,\"sum\":3.3}}]"
            ),
            (
                .jsonLines,
                "{\"RIC\":\"A\",\"q\":{\"bid\":1.10}}\n{\"RIC\":\"B\",\"q\":{\"bid\":2.2}}\n{\"end\":{\"rows\":\"2\",\"sum\":\"3.30\"}}\n"
            ),
        ])
    func json(format: PriceFileFormat, text: String) throws {
        #expect(try Self.read(text, Self.json, format).rows == [1, 2])
        #expect(try Self.read(text, Self.json, format).problem == nil)
        func reason(_ old: String, _ new: String) throws -> String? {
            try Self.read(text.replacingOccurrences(of: old, with: new), Self.json, format).problem?.reason
        }
        #expect(try reason("\"end\"", "\"RIC\"") == "trailer_missing")
        #expect(try reason("\"RIC\":\"A\"", "\"end\":1") == "trailer_misplaced")
        #expect(try reason("\"rows\":", "\"row\":") == "trailer_count")
        #expect(try reason("1.10", "1.11") == "trailer_sum")
        #expect(try reason("1.10", "true") == "trailer_sum")
    }

    @Test("The sum is of numbers as the column's field or the rule has them, without those that mean empty")
    func forms() throws {
        var form = NumberForm()
        form.decimal = ","
        form.thousands = "."
        var value = ValueRule()
        value.number = form
        func problem(_ sum: String, _ change: (inout MappingRule) -> Void) throws -> String? {
            let text = "ric,bid\nA,\"1.234,50\"\nB, n/a\nC,\"0,5\"\nTRL,3,\"\(sum)\"\n"
            return try Self.read(text, Self.csv, .csv, chunk: 7) { rule in
                change(&rule)
                rule.layout = FileLayout(blanks: BlankValues(nulls: ["n/a"]))
            }.problem?.what
        }
        #expect(try problem("1.235,00") { $0.number = form } == nil)
        let field = FieldRule(name: "BID", source: .derived(.column("bid"), value))
        #expect(try problem("1235") { $0.fields = [field] } == nil)
        #expect(try problem("1235.00") { $0.fields = [field] }?.contains("which is no decimal") == true)
        #expect(try problem("1.235,01") { $0.fields = [field] }?.contains("the rows add up to 1235") == true)
        let json =
            "[{\"RIC\":\"A\",\"q\":{\"bid\":\"1.234,5\"}},{\"RIC\":\"B\",\"q\":{\"bid\":1.25}},"
            + "{\"end\":{\"rows\":2,\"sum\":1235.75}}]"
        #expect(try Self.read(json, Self.json, .json, chunk: 9) { $0.number = form }.problem == nil)
        #expect(try problem("1235") { _ in }?.contains("1 of the values") == false)
    }

    @Test("A trailer may hold the count alone, or nothing but that it is there")
    func less() throws {
        let text = "ric,bid\nA,x\nEND,1\n"
        #expect(try Self.read(text, TrailerRule(match: "END", count: .cell(2)), .csv).problem == nil)
        #expect(try Self.read(text, TrailerRule(match: "END"), .csv).problem == nil)
        #expect(try Self.read(text, TrailerRule(match: "TRL"), .csv).problem?.reason == "trailer_missing")
    }

    @Test("A rule of an older ledger, which knows nothing of markers and trailers, is read as it was")
    func olderLedger() throws {
        var rule = MappingRule(
            match: "*.csv", destinations: ["a"], readySuffix: ".ok", checksum: .sha256, trailer: Self.csv, order: .name)
        let encoded = try JSONEncoder().encode(rule)
        #expect(try JSONDecoder().decode(MappingRule.self, from: encoded) == rule)
        var object = try #require(JSONSerialization.jsonObject(with: encoded) as? [String: Any])
        for key in ["readySuffix", "checksum", "trailer", "order"] { #expect(object.removeValue(forKey: key) != nil) }
        rule.readySuffix = nil
        rule.checksum = nil
        rule.trailer = nil
        rule.order = nil
        let older = try JSONSerialization.data(withJSONObject: object)
        #expect(try JSONDecoder().decode(MappingRule.self, from: older) == rule)
    }
}

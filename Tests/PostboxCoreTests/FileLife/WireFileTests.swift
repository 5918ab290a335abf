import PostboxCore
import Testing

@Suite("Values that go again as they went")
struct WireFileTests {
    private static func posts(_ lines: [UInt8]) -> [String] {
        var mapper = RowMapper(
            rule: WireFile.rule(of: .republish, to: "cache", priority: 0), services: ["A", "B"], updateOnly: false,
            columnsAreFixed: false)
        var reader = JSONReader(layout: .lines)
        var batch = RowBatch()
        var posts = PostBatch()
        do throws(FileProblem) {
            try lines.withUnsafeBufferPointer { (chunk) throws(FileProblem) in
                try reader.read(UnsafeRawBufferPointer(chunk), isLast: true, into: &batch)
            }
        } catch {
            Issue.record("\(error)")
        }
        mapper.map(batch, columns: reader.columns, into: &posts)
        return posts.rows.map { row in
            guard row.problem < 0 else { return posts.problems[row.problem].reason }
            let fields = posts.bytes[row.fieldsStart..<row.fieldsStart + row.fieldsLength]
            return "\(row.post) \(row.service) \(String(decoding: fields, as: UTF8.self))"
        }
    }

    @Test(
        "Every value that can go on the wire goes again byte by byte, whatever it looks like",
        arguments: [
            "1.50", "-0.050", "0", "18446744073709551615", "1E5", "null", "\"2026-11-29\"", "\"#N/A\"", "\"Info\"",
            "\" x \"",
            "\"\\u001b%0Z\u{fc}rich\"", "\"\u{fc}\"", "\"a\\\\\\\"b\\n\"", "\"\"", "\"1,5\"", "\"-\"",
        ])
    func again(json: String) {
        var lines: [UInt8] = []
        Array("VOD.L".utf8).withUnsafeBytes {
            WireFile.add(
                ric: $0, service: "B", post: .refresh, fields: [("BID", Array(json.utf8)), ("ASK", Array("2".utf8))],
                to: &lines)
        }
        #expect(Self.posts(lines) == ["refresh 1 {\"BID\":\(json),\"ASK\":2}"])
    }

    @Test("A RIC goes as a Refresh wherever one is allowed")
    func post() {
        #expect(WireFile.post(isUpdateOnly: true, isImage: true, rule: .refresh) == .update)
        #expect(WireFile.post(isUpdateOnly: false, isImage: true, rule: .update) == .refresh)
        #expect(WireFile.post(isUpdateOnly: false, isImage: false, rule: .update) == .update)
        #expect(WireFile.post(isUpdateOnly: false, isImage: false, rule: .plain) == .refresh)
        #expect(WireFile.post(isUpdateOnly: false, isImage: true, rule: nil) == .refresh)
        #expect(WireFile.post(isUpdateOnly: false, isImage: false, rule: nil) == .update)
    }

    @Test("A file's name tells its drop, whatever the destination is called")
    func names() {
        #expect(WireFile.name(of: .republish, to: "a/b-1", drop: 812) == "republish-a%2Fb-1-812.jsonl")
        #expect(WireFile.drop(ofName: "republish-a%2Fb-1-812.jsonl") == 812)
        #expect(WireFile.drop(ofName: "withdraw-cache-7.2.jsonl") == 7)
        for name in ["republish-cache-812.csv", "eod-812.jsonl", "republish-cache.jsonl", "republish-cache-07.jsonl"] {
            #expect(WireFile.drop(ofName: name) == nil)
        }
    }

    @Test("What was looked at does not stand against a row, and what came since does")
    func known() {
        let known = KnownResults(through: 9, besides: [7: 120, 8: 0], at: 0)
        #expect([6, 7, 8, 9, 10].map { known.firstUnknown(of: $0) } == [nil, 120, 0, nil, 0])
    }

    @Test("A wrong value's line tells until when it held when that is known")
    func incidents() throws {
        let value = ReplacedValue(
            destination: "cache", service: "S", ric: "A,B", field: "BID", wrong: "\"x\"", replacedBy: "1.50")
        func note(_ incident: Incident) throws -> IncidentNote {
            try #require(Array(incident.note.utf8).withUnsafeBytes { IncidentNote($0) })
        }
        let noted = try note(Incident(row: 3, drop: 2, value: value, from: 1))
        #expect(noted.row == 3 && noted.ric == "A,B" && noted.service == "S" && noted.field == "BID" && noted.from == 1)
        let start = "2,cache,S,\"A,B\",BID,\"\"\"x\"\"\",1970-01-01T00:00:00.000001Z,"
        #expect(noted.line(until: "T") == start + "T,1.50\n")
        // The row came to nothing: what did replace the value is told, or that nothing did.
        #expect(noted.line(replaced: (at: 2, json: Array("7".utf8))) == start + "1970-01-01T00:00:00.000002Z,7\n")
        #expect(noted.line(replaced: nil) == start + ",\n")
        // It was replaced before.
        let before = try note(Incident(row: 0, drop: 2, value: value, from: 1, until: 3))
        #expect(before.row == 0 && before.line() == start + "1970-01-01T00:00:00.000003Z,1.50\n")
    }

    @Test("A file that posts nothing is a good one without rows")
    func withoutRows() {
        let rule = WireFile.ruleWithoutRows(WireFile.rule(of: .withdraw, to: "cache", priority: 0))
        #expect(rule.format == .json && rule.problem(ofRows: 0) == nil && rule.sendsAsIs == true)
        #expect(JSONValue.parse(String(decoding: WireFile.withoutRows, as: UTF8.self))?.items.isEmpty == true)
    }
}

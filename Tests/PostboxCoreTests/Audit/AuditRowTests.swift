import PostboxCore
import TestSupport
import Testing

@Suite("Rows of an audit", .computing)
struct AuditRowTests {
    private static let line =
        #"7,3,4,cache,"A,""B"".TST",NIPROV,Update,nacked,SymbolUnknown,,"F1, not ""there""",,9,1,2026-11-29T08:00:00.000001Z,2026-11-29T08:00:01.000000Z,"{""BID"":1.20,""DSPLY_NAME"":""A, B""}""#
        + "\n"

    private static func row(_ line: String = line) -> AuditRow? {
        Array(line.utf8).withUnsafeBytes { AuditRow(resultLine: $0, drop: 7, file: "a.csv") }
    }

    @Test("A line of a result is read by its columns, and goes out as CSV and JSON with the same values")
    func reads() throws {
        let row = try #require(Self.row())
        #expect(row[.ric] == "A,\"B\".TST" && row[.outcome] == "nacked" && row.row == 3 && row.drop == 7)
        #expect(row[.fields] == #"{"BID":1.20,"DSPLY_NAME":"A, B"}"#)
        #expect("a.csv," + Self.line.dropLast() == row.csv)
        let value = try #require(JSONValue.parse(row.json))
        #expect(value["ric"]?.text == row[.ric] && value["fields"]?["DSPLY_NAME"]?.text == "A, B")
        #expect(value["row"]?.integer == 3 && value["superseded_by"] == .null)
        #expect(AuditRow.csvHeader.split(separator: ",").count == 18)
        for broken in [
            "", "8" + Self.line.dropFirst(), "7,3\n", "7,x" + Self.line.dropFirst(3), String(Self.line.dropLast(3)),
        ] {
            #expect(Self.row(broken) == nil, "\(broken)")
        }
    }

    @Test("A query takes what it says: values as numbers and texts, times of the row")
    func query() throws {
        let row = try #require(Self.row())
        func matches(_ change: (inout AuditQuery) -> Void) -> Bool {
            var query = AuditQuery()
            change(&query)
            return query.matches(row)
        }
        #expect(matches { $0.value = ("BID", "1.2") } && !matches { $0.value = ("BID", "1.3") })
        #expect(matches { $0.value = ("DSPLY_NAME", "A, B") } && !matches { $0.value = ("ASK", "1.2") })
        #expect(matches { $0.outcomes = ["nacked", "acked"] } && !matches { $0.outcomes = ["acked"] })
        #expect(matches { $0.service = "NIPROV" } && !matches { $0.destination = "second" })
        let at = try #require(TimeText.microseconds(row[.settledAt]))
        #expect(matches { $0.from = at } && !matches { $0.from = at + 1 })
        #expect(matches { $0.to = at + 1 } && !matches { $0.to = at })
        #expect(matches { $0.ric = row[.ric] } && !matches { $0.ric = "A" })
    }

    @Test("Lines are found with their RICs, however the text comes in pieces; a line end inside a text ends none")
    func lines() throws {
        let lines = [
            Self.line, Self.line.replacing(#""A,""B"".TST""#, with: "VOD.L"),
            Self.line.replacing("cache", with: "\"a,\n1\""), Self.line.replacing("7,3,", with: "7,44,"),
        ]
        let text = Array((ResultLines.header + lines.joined()).utf8)
        for size in [1, 7, 100, 1000, text.count] {
            var rows = ResultRows(resultOf: 7)
            var found: [(ric: String, line: String)] = []
            var rest: [UInt8] = []
            for start in stride(from: 0, to: text.count, by: size) {
                rest += text[start..<min(text.count, start + size)]
                let taken = rest.withUnsafeBytes { bytes in
                    rows.take(bytes, isLast: start + size >= text.count) { ric, line in
                        found.append(
                            (String(decoding: ric, as: UTF8.self), String(decoding: bytes[line], as: UTF8.self)))
                    }
                }
                rest.removeFirst(taken)
            }
            #expect(!rows.isBroken && rest.isEmpty)
            #expect(found.map(\.line) == lines, "\(size)")
            #expect(found.map(\.ric) == ["A,\"B\".TST", "VOD.L", "A,\"B\".TST", "A,\"B\".TST"])
        }
        for broken in ["x" + ResultLines.header, ResultLines.header + "8,1\n"] {
            var rows = ResultRows(resultOf: 7)
            _ = Array(broken.utf8).withUnsafeBytes { rows.take($0, isLast: true) { _, _ in } }
            #expect(rows.isBroken)
        }
    }
}

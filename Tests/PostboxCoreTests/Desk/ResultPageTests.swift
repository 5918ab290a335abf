import PostboxCore
import TestSupport
import Testing

@Suite("Pages of a result", .computing)
struct ResultPageTests {
    private static let header = String(ResultLines.header.dropLast())

    private static func line(_ row: Int, _ outcome: String, ric: String = "VOD.L", text: String = "") -> String {
        "7,\(row),\(row + 1),cache,\(ric),NIPROV,Refresh,\(outcome),,,\(text),,9,1,2026-11-27T17:00:00.000000Z,,\"{\"\"BID\"\":1.5}\"\n"
    }

    /// The page that begins at `from`, of bytes that come in pieces of some size.
    private static func page(
        _ text: String, _ filter: ResultFilter = ResultFilter(), from: Int = 0, pieces: Int = 1000
    ) -> ResultPage {
        var page = ResultPage(filter, header: header, from: from)
        var rest = Array(text.utf8)[from...]
        while !rest.isEmpty {
            let goesOn = Array(rest.prefix(pieces)).withUnsafeBytes { page.take($0) }
            guard goesOn else { break }
            rest = rest.dropFirst(pieces)
        }
        return page
    }

    @Test(
        "Lines are read with their cells, whatever stands in them and however the bytes come",
        arguments: [1, 7, 100, 5000])
    func cells(pieces: Int) {
        let text =
            Self.line(1, "acked") + Self.line(2, "nacked", ric: "\"A,\"\"B\"\"\"", text: "\"no, \"\"never\"\"\"")
            + "7,3,torn"
        let page = Self.page(text, pieces: pieces)
        #expect(page.rows.count == 2 && page.next == nil)
        #expect(
            page.rows[1]["ric"] == "A,\"B\"" && page.rows[1]["text"] == "no, \"never\"" && page.rows[1]["nope"] == "")
        #expect(page.rows[1].fields.map(\.name) == ["BID"] && page.rows[1].fields.first?.value == "1.5")
        let value = JSONValue.parse(page.json)
        #expect(value?["next"] == .null)
        #expect(value?["rows"]?.items.first?["row"]?.integer == 1)
    }

    @Test("Pages go on where the one before ended, and together have each line once")
    func pages() {
        let count = 2 * ResultPage.pageSize + 5
        let text = (1...count).map { Self.line($0, $0 % 3 == 0 ? "nacked" : "acked") }.joined()
        var (rows, at): ([String], Int?) = ([], 0)
        while let from = at {
            let page = Self.page(text, from: from)
            rows += page.rows.map { $0["row"] }
            at = page.next
        }
        #expect(rows == (1...count).map(String.init))
        let nacked = Self.page(text, ResultFilter(outcome: .nacked))
        #expect(nacked.rows.count == count / 3 && nacked.next == nil)
        #expect(Self.page(text, ResultFilter(ric: "VOD.LX")).rows.isEmpty)
        #expect(Self.page(text, ResultFilter(outcome: .acked, ric: "VOD.L")).rows.count == ResultPage.pageSize)
    }

    @Test(
        "A part of a file is asked for as HTTP has it",
        arguments: [
            (nil, .whole), ("bytes=0-", .part(0..<10)), ("bytes=2-4", .part(2..<5)), ("bytes=-3", .part(7..<10)),
            ("bytes=9-99", .part(9..<10)), ("bytes=-99", .part(0..<10)), ("bytes=10-", .outside),
            ("bytes=-0", .outside), ("bytes=4-2", .whole), ("bytes=0-1,3-4", .whole), ("lines=1-2", .whole),
            ("bytes=a-b", .whole), ("bytes=-", .whole), ("bytes=0-9223372036854775807", .part(0..<10)),
            ("bytes=99999999999999999999-", .whole),
        ] as [(String?, ByteRange)])
    func ranges(_ text: String?, _ range: ByteRange) {
        #expect(ByteRange(text, of: 10) == range)
    }

    @Test("Who is slow to take events loses the oldest, is told how many, and goes on")
    func events() {
        var backlog = EventBacklog()
        #expect(backlog.take() == nil)
        for number in 1...EventBacklog.most + 3 { backlog.add(DeskEvent(.log, "\(number)")) }
        let text = backlog.take() ?? ""
        #expect(text.hasPrefix("event: lost\ndata: {\"lost\":3}\n\nevent: log\ndata: 4\n\n"))
        #expect(backlog.take() == nil)
        for number in 1...3 { backlog.add(DeskEvent(.status, "\(number)")) }
        #expect(backlog.take() == "event: status\ndata: 3\n\n")
    }
}

import Foundation
import Simulator
import TestSupport
import Testing

/// A server's read buffer has no room for a large post behind others, and breaks the connection.
@Suite("Large posts among small ones, end to end", .serialized, .ownThreads)
struct LargePostTests {
    @Test("A file with large rows among 2,000 small ones is done on one connection", arguments: ["csv", "jsonl"])
    func among(format: String) async throws {
        let desk = try Desk()
        try await SimulatedChannel.with("", desk: desk) { channel in
            try desk.configure([channel.server.url])
            let texts = (1...2003).map { row in
                // 30,845 bytes of a frame are half the buffer; the largest is near the largest message.
                let count = [200: 40_000, 201: 40_000, 700: 31_000, 1200: 40_000, 1700: 61_000][row] ?? 20
                return String(repeating: "x", count: count)
            }
            let lines = texts.enumerated().map { row, text in
                format == "csv"
                    ? "R\(row).TST,1.5,\(text)\n" : #"{"RIC":"R\#(row).TST","BID":1.5,"MY_TEXT":"\#(text)"}"# + "\n"
            }
            try desk.drop("a.\(format)", (format == "csv" ? "RIC,BID,MY_TEXT\n" : "") + lines.joined())
            #expect(try await desk.once() == 0)
            let file = try desk.finished("a.\(format)", in: .done)
            #expect(file.summary.outcomes["acked"] == 2003)
            let report = channel.server.report()
            #expect(report.violations == [])
            #expect(report.logins == 1)
            let stored = Dictionary(try channel.posts().map { ($0.ric, $0.stored?["MY_TEXT"] ?? nil) }) { $1 }
            #expect(texts.enumerated().allSatisfy { row, text in stored["R\(row).TST"] == text })
        }
    }
}

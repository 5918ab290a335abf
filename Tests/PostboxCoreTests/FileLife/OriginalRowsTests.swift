import PostboxCore
import Testing

@Suite("What a corrected file's original said later")
struct OriginalRowsTests {
    private typealias Said = (row: Int, ric: String, outcome: PostOutcome)

    /// Row numbers by RIC, of the journal with those lines in that order.
    private static func later(
        _ rows: [Said], service: String = "ELEKTRON_DD", destination: String = "cache", reason: String = ""
    ) throws -> [String: Int] {
        var text = ResultLines.header
        for (row, ric, outcome) in rows {
            text +=
                "7,\(row),\(row + 1),\(destination),\(ric),\(service),Update,\(outcome.word),,\(reason),,,1,1,,"
                + "2026-01-02T03:04:05.000000Z,{}\n"
        }
        var original = OriginalRows(destination: "cache", services: ["OTHER", "ELEKTRON_DD"])
        var count = 0
        for reading in [0, 1] {
            var journal = ResultJournal(drop: 7, destinations: nil)
            Array(text.utf8).withUnsafeBytes { bytes in
                journal.take(bytes, isLast: true) { line in
                    if reading == 0 { original.noteBad(line) } else { original.noteLater(line) }
                    count += 1
                    return true
                }
            }
        }
        try #require(count == 2 * rows.count, "every line is read, twice")
        for (key, row) in original.later {
            #expect(row.ric.withUnsafeBytes { keyHash(ric: $0, service: 1) } == key)
        }
        return Dictionary(
            original.later.values.map { (String(decoding: $0.ric, as: UTF8.self), $0.number) },
            uniquingKeysWith: { first, _ in first })
    }

    @Test("An accepted row behind a bad one of its RIC is newer, also when it ended first")
    func behind() throws {
        #expect(try Self.later([(1, "A", .nacked), (2, "A", .acked)]) == ["A": 2])
        #expect(try Self.later([(2, "A", .acked), (1, "A", .nacked)]) == ["A": 2])
    }

    @Test("One before the last bad row, or of another RIC, is not")
    func before() throws {
        #expect(try Self.later([(1, "A", .acked), (2, "A", .nacked)]) == [:])
        #expect(try Self.later([(1, "A", .nacked), (2, "A", .acked), (3, "A", .rejected)]) == [:])
        #expect(try Self.later([(1, "A", .nacked), (2, "B", .acked)]) == [:])
    }

    @Test("Every kind of bad row is corrected; of good rows those count that may be what the server holds")
    func kinds() throws {
        for bad in [PostOutcome.nacked, .rejected, .unknown, .unsent] {
            #expect(try Self.later([(1, "A", bad), (2, "A", .acked)]) == ["A": 2])
        }
        // The row may be accepted, and is bad itself: it is corrected, too.
        #expect(try Self.later([(1, "A", .nacked), (2, "A", .unknown)]) == [:])
        #expect(try Self.later([(1, "A", .nacked), (2, "A", .superseded)]) == [:])
    }

    @Test("Rows of other destinations and services are of no interest")
    func others() throws {
        let rows: [Said] = [(1, "A", .nacked), (2, "A", .acked)]
        #expect(try Self.later(rows, destination: "rcc") == [:])
        #expect(try Self.later(rows, service: "NOBODYS") == [:])
    }
}

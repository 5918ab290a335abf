import PostboxCore
import TestSupport
import Testing

@Suite("Where rows of a RIC may stand in a result that grows", .computing)
struct GrowingRowsTests {
    private static func line(_ row: Int, _ ric: String) -> String {
        "7,\(row),\(row + 1),cache,\(ric),NIPROV,Update,acked,,,,,\(row),1,2026-03-04T08:00:00.000000Z,2026-03-04T08:00:00.001000Z,\"{\"\"BID\"\":1}\"\n"
    }

    /// A result of so many rows, and the bytes at which each of its lines begins.
    private static func result(_ rows: Int) -> (text: [UInt8], starts: [Int]) {
        var text = Array(ResultLines.header.utf8)
        var starts: [Int] = []
        for row in 1...rows {
            starts.append(text.count)
            text += Array(line(row, "R\(row).TST").utf8)
        }
        return (text, starts)
    }

    @Test(
        "However the result comes, each line stands in a part that is told, parts are whole lines, and few are told for nothing",
        arguments: [1 << 20, 100_000, 4_321])
    func parts(step: Int) {
        let (text, starts) = Self.result(10_000)
        var rows = GrowingRows(drop: 7)
        var end = 0
        while end < text.count {
            end = min(text.count, end + step)
            let isRead = text[rows.taken..<end].withUnsafeBytes { rows.take($0) }
            #expect(isRead)
        }
        // The last line is looked through as it is: whether it is whole nobody knows before the next one comes.
        #expect(rows.taken == starts.last && rows.count > 4)
        var told = 0
        for row in stride(from: 1, to: 10_000, by: 37) {
            let parts = rows.parts(of: Array("R\(row).TST".utf8))
            #expect(parts.contains { $0.contains(starts[row - 1]) })
            #expect(parts.allSatisfy { starts.contains($0.lowerBound) && text[$0.upperBound - 1] == 0x0A })
            told += parts.count
            let others = rows.parts(of: Array("X\(row).TST".utf8)).count
            told += others
        }
        #expect(told < 400, "\(told) for 270 that are there")
    }

    @Test("What is no result is told, and the last bytes before the place where it goes on are kept")
    func witness() {
        let (text, _) = Self.result(3)
        var rows = GrowingRows(drop: 7)
        #expect(rows.witness.bytes.isEmpty && text.withUnsafeBytes { rows.take($0) })
        let witness = rows.witness
        #expect(witness.bytes.count == 128 && Array(text[witness.place..<rows.taken]) == witness.bytes)
        var other = GrowingRows(drop: 8)
        #expect(!text.withUnsafeBytes { other.take($0) })
    }
}

import Testing

@testable import PostboxCore

@Suite("What newer rows explain of values that differ")
struct StaleGuardTests {
    /// A line of a result: `ROW RIC Refresh|Update OUTCOME FIELD,FIELD`.
    private func journal(_ drop: Int, _ lines: [String]) -> [UInt8] {
        let rows = lines.map { line -> String in
            let words = line.split(separator: " ").map(String.init)
            let fields = words[4].split(separator: ",").map { "\"\"\($0)\"\":1" }.joined(separator: ",")
            return
                "\(drop),\(words[0]),,cache,\(words[1]),S,\(words[2]),\(words[3]),,,,,1,1,,2026-11-21T00:00:00.000000Z,\"{\(fields)}\"\n"
        }
        return Array((ResultLines.header + rows.joined()).utf8)
    }

    private func explains(
        _ fields: String, row: Int, own: [String], newer: [String], newerService: String = "S", age: Int64 = 2
    ) -> Bool {
        var index = StaleGuard(destination: "cache", services: [newerService])
        let place = DropPlace(drop: 7, age: 1)
        let texts = [journal(7, own), journal(8, newer)]
        for (place, text) in zip([place, DropPlace(drop: 8, age: age)], texts) {
            _ = index.begin(place)
            var journal = ResultJournal(drop: place.drop, destinations: nil)
            text.withUnsafeBytes { bytes in
                journal.take(bytes, isLast: true) {
                    index.take($0) { _ in true }
                    return true
                }
            }
        }
        index.seal()
        var batch = PostBatch()
        batch.bytes = Array("A.TST".utf8)
        let hash = batch.bytes.withUnsafeBytes { keyHash(ric: $0, service: 0) }
        let mapped = MappedRow(
            row: row, line: 0, post: .update, service: 0, ricStart: 0, ricLength: 5, fieldsStart: 5, fieldsLength: 0,
            keyHash: hash)
        return index.explains(Array(fields.utf8), of: mapped, in: batch, at: place) { found, length in
            Array(texts[found.journal].dropFirst(found.offset).prefix(length))
        }
    }

    @Test(
        "Only rows that are newer, were or may have been accepted, and have every field that differs",
        arguments: [
            (["3 A.TST Update acked BID"], [], true), (["1 A.TST Update acked BID"], [], false),
            (["3 B.TST Update acked BID"], [], false), (["3 A.TST Update acked ASK"], [], false),
            (["3 A.TST Refresh acked ASK"], [], true), (["3 A.TST Update nacked BID"], [], false),
            (["3 A.TST Update unknown BID"], [], true), ([], ["1 A.TST Update acked ASK,BID"], true),
            ([], ["1 A.TST Update acked ASK"], false), ([], [], false),
        ] as [([String], [String], Bool)])
    func newer(own: [String], newer: [String], expected: Bool) {
        #expect(explains(#"{"BID":9}"#, row: 2, own: own, newer: newer) == expected)
    }

    @Test("Several newer rows may explain it together; an older drop and another service explain nothing")
    func together() {
        let rows = ["3 A.TST Update acked BID"]
        let newer = ["1 A.TST Update acked ASK"]
        #expect(explains(#"{"BID":9,"ASK":null}"#, row: 2, own: rows, newer: newer))
        #expect(!explains(#"{"BID":9,"ASK":null}"#, row: 2, own: rows, newer: newer, age: 0))
        #expect(!explains(#"{"BID":9}"#, row: 2, own: rows, newer: [], newerService: "T"))
    }
}

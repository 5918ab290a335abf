import TestSupport
import Testing

@testable import PostboxCore

@Suite("Runs of last accepted values", .computing)
struct LastMergeTests {
    private struct Choices: SeededChoices { var state: UInt64 }

    /// A run in memory.
    private struct Run {
        var bytes: [UInt8] = []
        var index: LastRunIndex

        var records: [UInt8] { Array(bytes[..<index.recordBytes]) }
    }

    /// Rows with values that tell which ones they are, in any order.
    private func rows(_ keys: [Int], ordinal: Int = 0, _ random: inout Choices) -> [(key: Int, row: Int, ordinal: Int)]
    {
        var rows = keys.enumerated().map { (key: $1, row: $0 + 1, ordinal: ordinal) }
        for index in rows.indices.dropFirst() { rows.swapAt(index, random.number(index + 1)) }
        return rows
    }

    private func ric(_ key: Int) -> [UInt8] { Array("R\(key).TST".utf8) }

    private func bytes(_ rows: ArraySlice<(key: Int, row: Int, ordinal: Int)>) -> [UInt8] {
        var sorted = LastRows()
        for row in rows {
            ric(row.key).withUnsafeBytes {
                sorted.begin(
                    target: 0, ric: $0, row: UInt32(row.row), ordinal: row.ordinal, acceptedAt: 1_790_000_000_000_000,
                    isRefresh: false)
            }
            Array("\(row.ordinal).\(row.row)".utf8).withUnsafeBytes { sorted.add(field: 0, value: $0) }
            // Some rows are longer than what is read at once.
            if row.key % 50 == 0 {
                [UInt8](repeating: 0x37, count: 300).withUnsafeBytes { sorted.add(field: 1, textBetweenQuotes: $0) }
            }
            sorted.end()
        }
        sorted.sort()
        var out = [UInt8](repeating: 0, count: sorted.textBytes)
        var filled = 0
        while filled < out.count {
            // However it is asked for.
            let got = out.withUnsafeMutableBytes {
                sorted.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled..<min($0.count, filled + 100)]))
            }
            guard got > 0 else { break }
            filled += got
        }
        #expect(filled == out.count)
        return out
    }

    private func sorted(_ pieces: [[UInt8]], pieceBytes: Int = 64) throws -> SortedRows {
        var places = pieces.map { _ in 0 }
        return try SortedRows(pieces: pieces.count, pieceBytes: pieceBytes) { piece, room in
            let count = min(room.count, pieces[piece].count - places[piece])
            let range = places[piece]..<places[piece] + count
            pieces[piece].withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
            places[piece] += count
            return count
        }
    }

    private func merged(
        _ pieces: [[UInt8]], over runs: [Run] = [], drops: Int = 1, lookUp: LastMerge.LookUp? = nil
    ) throws -> Run {
        var places = runs.map { _ in 0 }
        let texts = runs.map(\.records)
        let records = try SortedRecords(runs: runs.count, runBytes: 64) { run, room in
            let count = min(room.count, texts[run].count - places[run])
            let range = places[run]..<places[run] + count
            texts[run].withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
            places[run] += count
            return count
        }
        var merge = LastMerge(
            rows: try sorted(pieces), records: records,
            places: (1...drops).map { DropPlace(drop: runs.count * 10 + $0, age: Int64(runs.count * 10 + $0)) },
            lookUp: lookUp)
        var text = LastRunText()
        var out: [UInt8] = []
        while try merge.run(to: &text, until: 500) {
            text.take(pieces: 16) { bytes, at in
                #expect(at == out.count)
                out.append(contentsOf: bytes)
            }
        }
        let end = text.finish(magic: 0) { bytes, _ in out.append(contentsOf: bytes) }
        #expect(end.size == out.count)
        var sum = RawSum()
        out.withUnsafeBytes { sum.take($0) }
        #expect(sum.value == end.sum)
        return Run(bytes: out, index: end.index)
    }

    @Test("Rows of any number of pieces come in one order, each once", arguments: 0..<40)
    func order(_ seed: Int) throws {
        var random = Choices(state: UInt64(seed))
        let count = random.pick([0, 1, 2, 3, 5, 8, 13])
        let all = rows((0..<count * 40).map { _ in random.number(60) }, &random)
        let pieces = (0..<count).map { piece in bytes(all[(piece * 40)..<(piece * 40 + random.pick([40, 40, 0]))]) }
        var sorted = try sorted(pieces, pieceBytes: random.pick([32, 64, 1000]))
        var seen = 0
        var before: [UInt8]?
        while !sorted.isAtEnd, let row = sorted.row {
            #expect(sorted.hash == row.hash)
            if let before {
                before.withUnsafeBytes { bytes in
                    #expect(LastRow(bytes, at: 0)?.comesBefore(row) == true, "seed \(seed)")
                }
            }
            before = Array(row.bytes)
            seen += row.bytes.count
            try sorted.step()
        }
        #expect(seen == pieces.reduce(0) { $0 + $1.count })
    }

    @Test("A piece that ends in the middle of a row is no piece")
    func cut() throws {
        var random = Choices(state: 5)
        let piece = bytes(rows(Array(0..<30), &random)[...])
        #expect(throws: SortedRows.Damaged.self) {
            var sorted = try sorted([Array(piece.dropLast(3))])
            while !sorted.isAtEnd { try sorted.step() }
        }
        var broken = try merged([piece]).records
        broken.removeLast(2)
        #expect(throws: SortedRecords.Damaged.self) {
            var place = 0
            var records = try SortedRecords(runs: 1, runBytes: 64) { _, room in
                let count = min(room.count, broken.count - place)
                broken.withUnsafeBytes {
                    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place..<place + count]))
                }
                place += count
                return count
            }
            while !records.isAtEnd { try records.step() }
        }
    }

    @Test("A record has what the last row said, be it written at once or folded row by row", arguments: 0..<40)
    func folded(_ seed: Int) throws {
        var random = Choices(state: UInt64(seed))
        var runs: [Run] = []
        var model: [Int: (value: String, drop: Int)] = [:]
        for round in 0..<3 {
            let all = rows((0..<200).map { _ in random.number(150) }, &random)
            // In the order of their rows the last one counts.
            for row in all.sorted(by: { $0.row < $1.row }) {
                model[row.key] = ("0.\(row.row)", round * 10 + 1)
            }
            runs.insert(try merged([bytes(all[..<90]), bytes(all[90...])], over: runs), at: 0)
        }
        let words = LastWords(targets: [], fields: ["BID", "TEXT"])
        for (key, wanted) in model {
            var seen: LastValues?
            var fields = 0
            let window = LastWindow()
            var isRead = false
            let isKnown = try find(key, in: runs[0], window) { record in
                seen = record.values(words)
                isRead = record.eachField { _ in fields += 1 }
            }
            #expect(isKnown && isRead)
            #expect(seen?["BID"].map { String(decoding: $0.json, as: UTF8.self) } == wanted.value, "seed \(seed)")
            #expect(seen?["BID"]?.drop == wanted.drop)
            #expect(fields == seen?.fields.count)
        }
    }

    private func find(
        _ key: Int, in run: Run, _ window: LastWindow, _ body: (LastRecord) -> Void
    ) throws -> Bool {
        var keys = LastKeys()
        ric(key).withUnsafeBytes { keys.add(target: 0, ric: $0, number: 0) }
        var isKnown = false
        try keys.each { hash, key, _ in isKnown = try find(hash, key, in: run, window, body) }
        return isKnown
    }

    private func find(
        _ hash: UInt64, _ key: UnsafeRawBufferPointer, in run: Run, _ window: LastWindow, _ body: (LastRecord) -> Void
    ) throws -> Bool {
        try window.find(
            hash, key, in: run.index,
            read: { at, room in
                run.bytes.withUnsafeBytes {
                    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[at..<at + room.count]))
                }
            }, body)
    }

    @Test("Keys are found in any order, together and one by one, and no other ones are", arguments: 0..<20)
    func keys(_ seed: Int) throws {
        var random = Choices(state: UInt64(seed))
        let count = random.pick([1, 20, 3000])
        let run = try merged([bytes(rows(Array(0..<count), &random)[...])])
        let window = LastWindow()
        for size in [1, 7, count] {
            var keys = LastKeys()
            var wanted: [Int: Int] = [:]
            for number in 0..<size {
                let key = random.number(2 * count)
                if key < count { wanted[number] = key }
                ric(key).withUnsafeBytes { keys.add(target: 0, ric: $0, number: number) }
            }
            if random.number(2) == 0 || size == count { keys.sort() }
            var found: [Int: Int] = [:]
            try keys.each { hash, key, number in
                _ = try find(hash, key, in: run, window) { record in
                    let name = LastKey.ric(record.key).map { String(decoding: $0, as: UTF8.self) } ?? ""
                    found[number] = Int(name.dropFirst().dropLast(4))
                }
            }
            #expect(found == wanted, "seed \(seed), \(size) keys")
        }
    }
}

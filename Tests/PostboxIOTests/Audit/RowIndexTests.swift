import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@Suite("The index of rows")
struct RowIndexTests {
    private let folder: TemporaryFolder
    private var index: String { folder.path("index") }

    init() throws { folder = try TemporaryFolder() }

    /// Writes a result of a drop, and says what is indexed of it.
    private func result(_ drop: Int, _ rics: [String], skipped: [String] = []) throws -> RowIndexStore.Closed {
        let lines = rics.enumerated().map { row, ric in
            "\(drop),\(row + 1),,cache,\(ric),S,Update,acked,,,,,1,1,,2026-11-29T08:00:01.000000Z,\"{\"\"BID\"\":1}\"\n"
        }
        let text = ResultLines.header + lines.joined()
        let path = try folder.write(text, to: "\(drop).result.csv")
        var list: String?
        if !skipped.isEmpty {
            list = try folder.write(
                "row,line,ric,why\r\n" + skipped.map { "1,2,\($0),why\r\n" }.joined(), to: "\(drop).skipped.csv")
        }
        return RowIndexStore.Closed(
            drop: drop, result: path, skipped: list, resultSHA256: SHA256Text.of(Array(text.utf8)))
    }

    /// The rows of a RIC by the index: `DROP:ROW`, or `DROP:skipped`.
    private func find(_ ric: String, _ closed: [RowIndexStore.Closed]) throws -> Set<String> {
        let (places, _) = try RowIndexReading(folder: index).find(Array(ric.utf8))
        var found: Set<String> = []
        for (drop, places) in places {
            let paths = try #require(closed.first { $0.drop == drop })
            for place in places {
                let bytes = try #require(try ResultBytes(path: place.isSkipped ? paths.skipped ?? "" : paths.result))
                let line = try #require(try bytes.line(at: place.offset))
                let cells = String(decoding: line, as: UTF8.self).split(
                    separator: ",", omittingEmptySubsequences: false)
                guard place.isSkipped || cells[4] == ric else { continue }
                found.insert("\(drop):\(place.isSkipped ? "skipped" : String(cells[1]))")
            }
        }
        return found
    }

    @Test(
        "Every row is found by its RIC, of many drops, in pieces and merged, and the runs stay few",
        arguments: [4, 1000])
    func found(rowsMax: Int) async throws {
        let store = RowIndexStore(folder: index, rowsMax: rowsMax)
        #expect(try await store.open() == [])
        var random = IndexRandom(state: 5)
        var closed: [RowIndexStore.Closed] = []
        var expected: [String: Set<String>] = [:]
        for drop in 1...40 {
            let rics = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                "R\(Int.random(in: 0...50, using: &random)).TST"
            }
            let skipped = drop % 5 == 0 ? ["R7.TST", "S\(drop).TST"] : []
            closed.append(try result(drop, rics, skipped: skipped))
            for (row, ric) in rics.enumerated() { expected[ric, default: []].insert("\(drop):\(row + 1)") }
            for ric in skipped { expected[ric, default: []].insert("\(drop):skipped") }
            if drop % 3 == 0 || drop == 40 {
                let from = closed.count - (drop % 3 == 0 ? 3 : drop % 3)
                #expect(try await store.add(Array(closed[from...])).isEmpty)
            }
        }
        let size = await store.size
        #expect(size.runs <= 6 && size.rows == expected.values.reduce(0) { $0 + $1.count })
        #expect(await store.indexed == Set(1...40))
        for ric in (0...50).map({ "R\($0).TST" }) + ["S5.TST", "none"] {
            #expect(try find(ric, closed) == expected[ric] ?? [], "\(ric)")
        }
        // Opened again it is the same.
        let again = RowIndexStore(folder: index)
        #expect(try await again.open() == [])
        #expect(await again.indexed == Set(1...40))
    }

    @Test("A result that is gone, or is none, is passed over; the others are indexed")
    func unreadable() async throws {
        let store = RowIndexStore(folder: index)
        _ = try await store.open()
        let good = [try result(1, ["A"]), try result(4, ["A", "B"])]
        var other = try result(2, ["A"])
        other.drop = 3
        let gone = RowIndexStore.Closed(
            drop: 2, result: folder.path("none"), skipped: nil, resultSHA256: String(repeating: "0", count: 64))
        #expect(try await Set(store.add([good[0], gone, other, good[1]])) == [2, 3])
        #expect(await store.indexed == [1, 4])
        #expect(try find("A", good) == ["1:1", "4:1"])
    }

    private struct Killed: Error {}

    @Test(
        "Killed at any step, the index is the old one or the new one, and adding again makes it whole",
        arguments: RowIndexStore.Step.allCases)
    func killed(at step: RowIndexStore.Step) async throws {
        let closed = try (1...6).map { try result($0, ["A", "B\($0)"]) }
        do {
            let first = RowIndexStore(folder: index)
            _ = try await first.open()
            _ = try await first.add([closed[0]])
            _ = try await first.add([closed[1]])
            let killed = RowIndexStore(folder: index) { if $0 == step { throw Killed() } }
            _ = try await killed.open()
            await #expect(throws: Killed.self) {
                for drop in closed[2...] { _ = try await killed.add([drop]) }
            }
        }
        let store = RowIndexStore(folder: index)
        #expect(try await store.open() == [])
        let indexed = await store.indexed
        #expect(indexed.isSuperset(of: [1, 2]))
        #expect(try find("A", closed) == Set(indexed.map { "\($0):1" }))
        _ = try await store.add(closed.filter { !indexed.contains($0.drop) })
        #expect(try find("A", closed) == Set((1...6).map { "\($0):1" }))
        let names = FileManager.default.names(in: URL(fileURLWithPath: index))
        #expect(names.count == (await store.size.runs) + 1)
    }

    @Test("A bit that is not as it was: that part of the index is not trusted, and says so; nothing wrong is found")
    func damaged() async throws {
        let closed = try (1...3).map { drop in try result(drop, (0..<400).map { "R\($0 % 100).TST" }) }
        let store = RowIndexStore(folder: index)
        _ = try await store.open()
        _ = try await store.add(closed)
        let name = try #require(
            FileManager.default.names(in: URL(fileURLWithPath: index)).first { $0.hasSuffix(".rows") })
        let path = URL(fileURLWithPath: index + "/" + name)
        let whole = try Data(contentsOf: path)
        let expected = try find("R7.TST", closed)
        #expect(expected.count == 12)
        var random = IndexRandom(state: 3)
        for _ in 0..<200 {
            var bytes = whole
            let bit = Int.random(in: 0..<bytes.count * 8, using: &random)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            try bytes.write(to: path)
            let reading = try RowIndexReading(folder: index)
            let (places, untrusted) = try reading.find(Array("R7.TST".utf8))
            let isKnown = Set(reading.drops.keys).subtracting(untrusted)
            #expect(isKnown.isEmpty || places.values.reduce(0) { $0 + $1.count } >= 12)
        }
        try whole.prefix(whole.count - 3).write(to: path)
        #expect(try RowIndexReading(folder: index).drops.isEmpty)
        let opened = RowIndexStore(folder: index)
        #expect(try await opened.open().count == 1)
        #expect(await opened.indexed.isEmpty)
    }

    @Test("Without an index nothing is indexed, and nothing is made")
    func none() throws {
        #expect(try RowIndexReading(folder: index).drops.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: index))
    }
}

/// The same numbers in each run (SplitMix64).
private struct IndexRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

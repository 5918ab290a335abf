import Foundation
import PostboxCore
import PostboxIO
import Testing

@Suite("The growing result file of a drop")
struct ResultFileTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path(".result.part")
    }

    private func open(
        keeping: Int = 0, outcomes: OutcomeCounts = OutcomeCounts(), bad: [String: RowSet]? = nil
    ) throws -> ResultFile {
        try ResultFile(
            path: path, rows: 100,
            lines: [
                "cache": ResultLines(drop: 7, destination: "cache", services: ["NIPROV"], hasLines: true),
                "rcc": ResultLines(drop: 7, destination: "rcc", services: ["DDS_TRCE"], hasLines: true),
            ], keeping: keeping,
            tally: ResultTally(rows: 100, destinations: ["cache", "rcc"], outcomes: outcomes, bad: bad),
            thread: DiskThread(label: "test"), alert: { _ in })
    }

    /// Rows that the lane settled, all alike.
    private func run(_ rows: ClosedRange<Int>, _ outcome: PostOutcome = .acked, sentAt: Int64 = 2_000_000) -> SettledRun
    {
        let shared = handover(rows.map { Parcel("R\($0)") }, drop: 7, firstRow: rows.lowerBound)
        return SettledRun(
            handover: shared,
            rows: shared.rows.indices.map {
                SettledRow(
                    index: $0, outcome: outcome, attempts: 1, sentAt: sentAt, settledAt: 3_000_000,
                    detail: outcome == .acked ? -1 : 0)
            }, details: outcome == .acked ? [] : [OutcomeDetail(nakCode: "SymbolUnknown", text: "a, \"b\"")])
    }

    private func lines() throws -> [String] {
        try folder.text(".result.part").split(separator: "\n").map(String.init)
    }

    @Test("A long result holds every line, although what is durable leaves the page cache")
    func long() async throws {
        let file = try open()
        for first in stride(from: 1, to: 40_000, by: 1000) {
            await file.append([run(first...first + 999)], of: "cache")
        }
        await file.sync()
        await file.append([run(40_001...40_001)], of: "cache")
        await file.sync()
        let lines = try lines()
        #expect(lines.count == 40_002)
        for number in [1, 2, 9_999, 25_000, 40_000, 40_001] {
            #expect(lines[number].hasPrefix("7,\(number),\(number + 1),cache,R\(number),NIPROV,Update,acked,"))
        }
        #expect(await file.syncs > 3)
    }

    @Test("Lines of all numbers and lengths lie in the file as they came, at once, also when it is gone on with")
    func sizes() async throws {
        var lines = ResultLines(drop: 7, destination: "cache", services: ["NIPROV"], hasLines: true)
        var expected = LineBuffer()
        expected.append(contentsOf: ResultLines.header.utf8)
        var file = try ResultFile(
            path: path, rows: 100_000, lines: ["cache": lines], thread: DiskThread(label: "test"), alert: { _ in })
        var row = 1
        var state: UInt64 = 42
        for round in 0..<40 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let count = round % 3 == 0 ? Int(state >> 60) + 1 : Int(state >> 53) + 1
            let length = Int(state >> 40) % 200
            let shared = handover(
                (0..<count).map { _ in Parcel("R", fields: "{\"T\":\"\(String(repeating: "x", count: length))\"}") },
                drop: 7, firstRow: row)
            let run = SettledRun(
                handover: shared,
                rows: shared.rows.indices.map {
                    SettledRow(index: $0, outcome: .acked, attempts: 1, sentAt: 2_000_000, settledAt: 3_000_000)
                })
            row += count
            await file.append([run], of: "cache")
            lines.append(run, to: &expected)
            if round % 7 == 3 { await file.sync() }
            #expect(FileManager.default.contents(atPath: path) == Data(expected.bytes), "round \(round)")
            if round % 13 == 12 {
                try await file.finish(in: SyncGroup(on: folder.path))
                file = try ResultFile(
                    path: path, rows: 100_000,
                    lines: ["cache": ResultLines(drop: 7, destination: "cache", services: ["NIPROV"], hasLines: true)],
                    keeping: expected.count, thread: DiskThread(label: "test"), alert: { _ in })
            }
        }
        #expect(await file.tally.lastSettledAt == 3_000_000)
    }

    @Test("It begins with the header, and every settled row adds its line, at once")
    func append() async throws {
        let file = try open()
        #expect(try folder.text(".result.part") == ResultLines.header)
        await file.append([run(1...2)], of: "cache")
        #expect(try lines().count == 3)
        await file.append([run(3...3, .nacked, sentAt: 1_000_000)], of: "rcc")
        let batch = handover([Parcel("R9")], drop: 7, firstRow: 9).batch
        await file.append(
            [RowEnd(batch.rows[0], .rejected, OutcomeDetail(reason: "decimal_too_long", text: "15 decimals"))],
            in: batch,
            of: "cache", at: 4_000_000)
        let lines = try lines()
        #expect(lines.count == 5)
        #expect(lines[1].hasPrefix("7,1,2,cache,R1,NIPROV,Update,acked,,,,,7000001,1,1970-01-01T00:00:02.000000Z,"))
        #expect(lines[3].hasPrefix(#"7,3,4,rcc,R3,DDS_TRCE,Update,nacked,SymbolUnknown,,"a, ""b""",,7000003,1,"#))
        #expect(lines[4].hasPrefix("7,9,10,cache,R9,NIPROV,Update,rejected,,decimal_too_long,15 decimals,,,0,,"))
        let bad = await file.tally.bad
        #expect(bad["cache"]?.count == 1 && bad["rcc"]?.count == 1)
        #expect(bad["rcc"]?.contains(3) == true && bad["cache"]?.contains(9) == true)
        #expect(await file.tally.sent == 3)
        #expect(await file.tally.firstSentAt == 1_000_000)
        #expect(await file.tally.lastSettledAt == 4_000_000)
        try await file.finish(in: SyncGroup(on: folder.path))
    }

    @Test("A result that is gone on with keeps its good lines and loses what was torn behind them")
    func keeping() async throws {
        let first = try open()
        await first.append([run(1...3)], of: "cache")
        try await first.finish(in: SyncGroup(on: folder.path))
        let whole = try folder.text(".result.part")
        try folder.write(whole + "7,4,5,cache,R4,NIP", to: ".result.part")
        let second = try open(keeping: whole.utf8.count)
        #expect(try folder.text(".result.part") == whole)
        await second.append([run(4...5)], of: "cache")
        try await second.finish(in: SyncGroup(on: folder.path))
        #expect(try lines().map { $0.split(separator: ",")[1] } == ["row", "1", "2", "3", "4", "5"])
        #expect(try folder.text(".result.part").hasPrefix(whole))
    }

    @Test("What it was told is synced when that is asked for, and goes through the group at its end")
    func syncs() async throws {
        let file = try open()
        await file.append([run(1...1)], of: "cache")
        let before = await file.syncs
        await file.sync()
        #expect(await file.syncs == before + 1)
        try await file.finish(in: SyncGroup(on: folder.path))
        #expect(await file.syncs == before + 1)
    }

    @Test("A folder that is not there is told with its path")
    func absent() {
        let path = folder.path("none/.result.part")
        #expect(throws: DiskError(code: ENOENT, call: "open", path: path)) {
            try ResultFile(path: path, rows: 1, lines: [:], thread: DiskThread(label: "test"), alert: { _ in })
        }
    }

    @Test("A set of rows counts each row once and knows its bounds")
    func rowSet() {
        var rows = RowSet(rows: 64)
        for row in [1, 64, 64, 63, -1, 1000] { rows.insert(row) }
        #expect(rows.count == 3)
        #expect([1, 63, 64].allSatisfy(rows.contains))
        #expect(![0, 2, 65, 1000, -1].contains(where: rows.contains))
    }
}

import Foundation
import PostboxCore
import TestSupport
import Testing

@testable import PostboxIO
@testable import postbox

/// An archive of many results, of which only the lines that are looked up are written: their files have holes, and the index has all rows.
///
/// `POSTBOX_AUDIT_RESULTS` and `POSTBOX_AUDIT_ROWS` (of each) make it as large as wanted; the figures of Performance are of 10,000 results.
@Suite("A RIC in a large archive", .serialized, .ownThreads)
struct AuditScaleTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let results = environment["POSTBOX_AUDIT_RESULTS"].flatMap(Int.init) ?? 300
    private static let rows = environment["POSTBOX_AUDIT_ROWS"].flatMap(Int.init) ?? 200
    /// Microseconds.
    private static let day: Int64 = 86_400_000_000
    private static let begin: Int64 = 1_767_225_600_000_000
    private static let perDay = 30

    private static func time(_ drop: Int) -> Int64 { begin + Int64(drop) * day / Int64(perDay) }

    private static func line(_ drop: Int, _ ric: String) -> String {
        let at = TimeText.text(time(drop))
        return
            "\(drop),7,8,cache,\(ric),NIPROV,Update,acked,,,,,7,1,\(at),\(at),\"{\"\"BID\"\":\(drop).25,\"\"ASK\"\":\(drop).5}\"\n"
    }

    /// One packed, one plain, and so on.
    private static func makeResult(_ drop: Int, _ ric: String, in folder: String) throws -> (sha256: String, size: Int)
    {
        let line = Array(line(drop, ric).utf8)
        let size = ResultLines.header.utf8.count + rows * 200
        let path = "\(folder)/\(drop).csv.result.csv"
        let place = offset(drop)
        let descriptor = try Disk.open(path, O_RDWR | O_CREAT | O_TRUNC)
        try Disk.write(descriptor, Array(ResultLines.header.utf8), path: path)
        try line.withUnsafeBytes { try Disk.write(descriptor, $0, at: place, path: path) }
        #expect(ftruncate(descriptor, off_t(size)) == 0)
        try Disk.close(descriptor, path: path)
        guard drop.isMultiple(of: 2) else { return (String(repeating: "ab", count: 32), size) }
        let sha256 = try SHA256Text.ofFile(path)
        _ = try ResultPacker().pack(path, sha256: sha256)
        return (sha256, size)
    }

    private static func offset(_ drop: Int) -> Int { ResultLines.header.utf8.count + (drop * 7 % rows) * 200 }

    @Test("Its rows of a month are found among all results, packed or not, by the index alone")
    func month() async throws {
        let desk = try Desk()
        let directories = Settings.Directories(spool: desk.path(.inbox).deletingLastPathComponent().path)
        try FileManager.default.createDirectory(atPath: directories.state + "/index", withIntermediateDirectories: true)
        let ric = "VOD.L"
        let hash = Array(ric.utf8).withUnsafeBytes { RICHash.of($0) }
        var parts: [IndexedPart] = []
        do {
            let ledger = try Ledger(in: directories, firstNumber: 1)
            let snapshot = DropSnapshot(
                rule: MappingRule(match: "*", destinations: ["cache"]), services: [:], updateOnly: [:])
            var drops: [Int] = []
            for number in 1...Self.results {
                drops += try await ledger.claim([("\(number).csv", snapshot)], at: Self.time(number))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for drop in drops {
                    let (sha256, size) = try Self.makeResult(drop, ric, in: directories.done)
                    parts.append(
                        IndexedPart(
                            drop: drop, size: size, check: IndexedPart.check(sha256) ?? 0, bytes: 0..<size,
                            skippedSize: -1))
                    group.addTask {
                        try await ledger.settle(
                            drop, verdict: .done, folder: directories.done, target: "\(drop).csv", summary: [], size: 1,
                            sha256: "", firstSentAt: Self.time(drop), isSent: true,
                            proof: SettledProof(path: "done/\(drop).csv", resultSHA256: sha256), at: Self.time(drop))
                        try await ledger.close([drop])
                    }
                }
                try await group.waitForAll()
            }
        }
        var hashes =
            (1..<Self.rows).map { row in Array("R\(row).TST".utf8).withUnsafeBytes { RICHash.of($0) } } + [hash]
        hashes.sort()
        let bytes: Int
        do {
            var writer = try IndexRunWriter(number: 1, folder: directories.state + "/index", parts: parts)
            for other in hashes {
                for drop in 0..<Self.results {
                    let place = other == hash ? Self.offset(drop + 1) : 100 + drop % 1000 * 200
                    try writer.add(IndexEntry(hash: other, drop: UInt32(drop), offset: place, isSkipped: false))
                }
            }
            bytes = try writer.finish().size
            try Data(IndexFiles.text(runs: [1], next: 2)).write(
                to: URL(fileURLWithPath: directories.state + "/index/" + IndexFiles.manifest))
        }
        let all = Self.results * Self.rows
        #expect(bytes < 12 * all + 60 * Self.results)
        var query = AuditQuery(ric: ric)
        query.from = Self.begin + 2 * Self.day
        query.to = Self.begin + 8 * Self.day
        for round in 0..<3 {
            let start = ContinuousClock.now
            var found: [Int] = []
            let facts = try AuditLookup(directories).rows(query) { row in
                found.append(row.drop)
                return true
            }
            print(
                "audit: \(all) rows in \(Self.results) results, \(bytes) bytes of index, round \(round): \(found.count) rows in \(ContinuousClock.now - start)"
            )
            #expect(facts == AuditLookup.Facts())
            #expect(found == (1...Self.results).filter { (2 * Self.perDay..<8 * Self.perDay).contains($0) }.reversed())
        }
        let start = ContinuousClock.now
        var count = 0
        _ = try AuditLookup(directories).rows(AuditQuery(ric: ric)) { _ in
            count += 1
            return true
        }
        print("audit: all \(count) rows of a RIC in \(ContinuousClock.now - start)")
        #expect(count == Self.results)
    }
}

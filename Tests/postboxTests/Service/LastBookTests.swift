import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@testable import postbox

@Suite("What is put away of closed drops", .ownThreads)
struct LastBookTests {
    /// Results of drops from 1 on, each with one accepted row of its own RIC.
    private static func results(_ count: Int, in folder: String) throws -> [(place: DropPlace, path: String)] {
        try (1...count).map { drop in
            let path = "\(folder)/\(drop).result.csv"
            let line =
                "\(drop),1,2,a,R\(drop).TST,NIPROV,Update,acked,,,,,1,1,2026-03-04T08:00:00.000000Z,2026-03-04T08:00:00.001000Z,\"{\"\"BID\"\":\(drop)}\"\n"
            try Data((ResultLines.header + line).utf8).write(to: URL(fileURLWithPath: path))
            return (DropPlace(drop: drop, age: Int64(drop)), path)
        }
    }

    /// How many results this process has open.
    private static func heldOpen(in folder: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)
            return target?.hasPrefix(folder + "/") == true && target?.hasSuffix(".result.csv") == true
        }
    }

    @Test(
        "However many drops wait to be put away, few results are held open; all of them are put away, but what was taken away"
    )
    func many() async throws {
        let desk = try Desk()
        let directories = Settings.Directories(spool: desk.folder.appendingPathComponent("own").path)
        let results = desk.folder.appendingPathComponent("results").path
        for path in [directories.work, directories.state, results] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        _ = try Ledger(in: directories, firstNumber: 1)
        let book = LastBook(
            state: directories.state, guardBook: try GuardBook(directories.work), logger: LineLog.silent)
        // Nothing is put away before the store is open.
        for (place, path) in try Self.results(600, in: results) {
            await book.closed(place, result: try AppliedResult(path: path))
        }
        let held = try Self.heldOpen(in: results)
        #expect(held > 0 && held <= 256)
        // Of the first one the file is open still, of the last one it is not.
        for drop in [1, 600] { try FileManager.default.removeItem(atPath: "\(results)/\(drop).result.csv") }
        await book.start(in: directories, open: [], last: 0)
        await book.finish()
        #expect(try Self.heldOpen(in: results) == 0)
        let reading = try LastReading(folder: directories.state + "/last")
        for drop in [1, 2, 256, 257, 599] {
            let found = try reading.find(Array("R\(drop).TST".utf8))
            #expect(found.count == 1, "drop \(drop)")
        }
        #expect(try reading.find(Array("R600.TST".utf8)).isEmpty && reading.applied.contains(600))
        // Its folder goes with it.
        withExtendedLifetime(desk) {}
    }
}

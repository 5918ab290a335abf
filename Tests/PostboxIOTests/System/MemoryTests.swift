import Foundation
import PostboxIO
import Testing

@Suite("Memory of the process")
struct MemoryTests {
    @Test("The code of the start can be let go, and what runs on comes back")
    func forgetStart() throws {
        let before = try residentFileKilobytes()
        #expect(Memory.forgetStart() == 0)
        #expect(try residentFileKilobytes() < before)
        #expect([3, 1, 2].sorted() == [1, 2, 3])
    }

    /// Pages of files that the process holds in memory: mostly its code.
    private func residentFileKilobytes() throws -> Int {
        let status = try String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(Int(line.split(separator: " ")[1]))
    }
}

import Foundation
import TestSupport
import Testing

@Suite("The bench", .ownThreads)
struct BenchTests {
    @Test("Every group measures with tiny sizes, has its place in the page, and leaves nothing behind")
    func groups() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = folder.appendingPathComponent("page.md")
        try Data("# Words before\n\n<!-- bench idle -->\nold\n<!-- end of bench idle -->\n\nWords after\n".utf8).write(
            to: page)
        let arguments = ["--rows", "100", "--runs", "1", "--directory", folder.path, "--markdown", page.path]

        let bench = try ChildProcess(program: "bench", arguments, in: folder, name: "bench")
        let code = try await bench.exitCode(within: .seconds(300))

        #expect(code == 0, "\(bench.errorOutput)")
        let text = try String(contentsOf: page, encoding: .utf8)
        let groups = [
            "end-to-end", "growth", "small-files", "latency", "memory", "idle", "last", "desk", "audit", "mapping",
            "readers", "parts",
        ]
        for group in groups {
            #expect(text.components(separatedBy: "<!-- bench \(group) -->").count == 2, "\(group) has one place")
        }
        #expect(text.hasPrefix("# Words before"))
        #expect(text.contains("Words after"))
        #expect(!text.contains("old\n"), "figures are replaced in their place")
        #expect(text.contains("| XML "))
        #expect(text.contains("| 2 event streams, 50 calls a second "))
        #expect(!FileManager.default.names(in: folder).contains { $0.hasPrefix("bench-") })
    }

    @Test("A group that does not exist is wrong usage")
    func usage() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }

        let bench = try ChildProcess(program: "bench", ["speed"], in: folder, name: "bench")

        #expect(try await bench.exitCode() == 64)
    }
}

import Foundation
import PostboxCore
import TestSupport
import Testing

@Suite("Room where the spool lies, end to end", .serialized, .ownThreads)
struct RoomTests {
    @Test(
        "A disk with less room than min_free: nothing is claimed, files in work end, it is told once, and once when it is well",
        .enabled(if: SmallDisk.isPossible))
    func low() async throws {
        let desk = try Desk()
        let spool = desk.path(.inbox).deletingLastPathComponent()
        let disk = try SmallDisk(at: spool, bytes: 32 << 20)
        try FileManager.default.createDirectory(at: desk.path(.inbox), withIntermediateDirectories: true)
        let simulator = try await desk.simulate()
        let page = try await ServedDesk.start(
            desk, simulator.url, top: "min_free: 30%", destination: "window: 10\nmax_posts_per_second: 20")
        try desk.drop("a.csv", ServedDesk.file(rows: 100))
        try await eventually("it is in work") { page.service.errorOutput.contains(" posting ") }
        let filler = spool.appendingPathComponent("filler")
        try Data(count: 24 << 20).write(to: filler)
        try await eventually("it is told") { page.service.errorOutput.contains(" disk_low ") }
        try desk.drop("b.csv", ServedDesk.file(rows: 1))
        func board() -> JSONValue? { APITests.value(page.ask("GET", "/api/v1/status")) }
        try await eventually("it waits for room") { board()?["inbox"]?["files"]?.items.first?["why"]?.text == "room" }
        #expect(board()?["service"]?["disk_low"]?.flag == true)
        let ready = page.ask("GET", "/readyz")
        #expect(ready.hasPrefix("HTTP/1.1 503") && ready.contains("min_free"), "\(ready)")
        #expect(page.ask("GET", "/metrics").contains("postbox_spool_low 1\n"))
        #expect(page.ask("GET", "/").contains("nothing is claimed"))
        _ = try await desk.finish("a.csv", in: .done)
        #expect(desk.names(in: .inbox) == ["b.csv"])
        try FileManager.default.removeItem(at: filler)
        _ = try await desk.finish("b.csv", in: .done)
        try await page.stop()
        for event in ["disk_low", "disk_well"] {
            #expect(page.service.errorOutput.components(separatedBy: " \(event) ").count == 2, "\(event)")
        }
        withExtendedLifetime(disk) {}
    }

    @Test("A run with --once leaves the files and ends with 74")
    func once() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], top: "min_free: 100%")
        try desk.drop("a.csv", ServedDesk.file(rows: 1))
        #expect(try await desk.once() == 74)
        #expect(desk.names(in: .inbox) == ["a.csv"] && desk.log().contains("min_free"))
    }

    @Test("What is no size and no share is told with its line", arguments: ["5", "101%", "much"])
    func faulty(text: String) async throws {
        let desk = try Desk()
        try desk.configure(["ws://127.0.0.1:1/WebSocket"], top: "min_free: \(text)")
        let end = try await desk.command(["config", "check", "postbox.yaml"])
        #expect(end.code == 78 && end.errorOutput.contains("a size such as 5GB, or a share such as 10%"))
    }
}

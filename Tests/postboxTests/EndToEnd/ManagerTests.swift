import Foundation
import TestSupport
import Testing

@Suite("A service manager is told how the service is, end to end", .serialized, .ownThreads)
struct ManagerTests {
    private static let file = "RIC,BID\n" + (1...300).map { "R\($0).TST,\($0)\n" }.joined()
    private static let loggedIn = "STATUS=0 files in work, 1 of 1 destination logged in"

    @Test(
        "It is ready, alive, how far it is and that it stops, at a socket of any kind", arguments: ["path", "abstract"])
    func life(kind: String) async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url], destination: "window: 10\nmax_posts_per_second: 10")
        let name =
            kind == "path" ? desk.folder.appendingPathComponent("notify").path : "@postbox-\(UUID().uuidString)"
        let manager = try #require(DatagramListener(name))
        let service = try desk.start(environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "200000"])
        try await eventually("it is ready and logged in") { manager.has(Self.loggedIn) || !service.isRunning }
        #expect(
            manager.messages.first?.hasPrefix("READY=1\nMAINPID=\(service.processIdentifier)\nSTATUS=") == true,
            "\(manager.messages)")
        #expect(desk.log().contains(" started "))
        // Nothing happens, and it lives.
        let signs = manager.look().count { $0.contains("WATCHDOG=1") }
        try await eventually("signs of life come") {
            manager.look().count { $0.contains("WATCHDOG=1") } >= signs + 3
        }
        try desk.drop("a.csv", Self.file)
        try await eventually("the file in work is told") {
            manager.has("STATUS=1 file in work, 1 of 1 destination logged in")
        }
        service.send(SIGTERM)
        // A socket that nobody reads is soon full of signs of life.
        try await eventually("it says that it stops") { manager.has("STOPPING=1") || !service.isRunning }
        #expect(try await service.exitCode() == 0)
        #expect(manager.has("STOPPING=1") && manager.has("EXTEND_TIMEOUT_USEC=50000000"), "\(manager.messages)")
        #expect(manager.has("STATUS=stopping: 1 file in work, 1 of 1 destination logged in"))
        #expect(manager.messages.count { $0.contains("READY=1") } == 1)
        #expect(manager.messages.count { $0.contains("STOPPING=1") } == 1)
    }

    @Test("A manager that is not there keeps nothing from going; it is told once, and nothing without the variable")
    func nobody() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        try desk.configure([simulator.url])
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
        let gone = desk.folder.appendingPathComponent("gone").path
        #expect(try await desk.once(environment: ["NOTIFY_SOCKET": gone, "WATCHDOG_USEC": "100000"]) == 0)
        #expect(desk.log().components(separatedBy: " manager_fault ").count == 2, "\(desk.log())")
        try desk.drop("b.csv", "RIC,BID\nB.TST,1\n")
        #expect(try await desk.once(environment: ["NOTIFY_SOCKET": "vsock:2:1"]) == 0)
        #expect(desk.log().contains("NOTIFY_SOCKET is neither a path nor a name that begins with @: vsock:2:1"))
    }
}

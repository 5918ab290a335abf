import Foundation
import PostboxCore
import PostboxIO
import TestSupport
import Testing

@Suite("What drops were claimed with is kept under its hash, end to end", .serialized, .ownThreads)
struct CopiesTests {
    private static func configuration(_ url: String, top: String = "", more: String = "") -> String {
        """
        # Ours, and hunter2222 it is.
        spool: spool
        settle: 0s
        \(top)
        destinations:
          cache:
            urls: ["\(url)"]
            user: tester
            service: NIPROV
            post_user_info: {address: 127.0.0.1, user_id: 7}
        \(more)
        files:
          - {match: "*", destination: cache}
        """
    }

    private static func hash(_ text: String) -> String { SHA256Text.of(Array(text.utf8)) }

    private static func copies(_ desk: Desk) -> [String] {
        FileManager.default.names(in: desk.path(.state).appendingPathComponent("configurations"))
            .filter { $0.utf8.count == 64 }
    }

    private static func copy(_ desk: Desk, _ sha256: String) throws -> String {
        let path = desk.path(.state).appendingPathComponent("configurations/\(sha256)")
        return try String(contentsOf: path, encoding: .utf8)
    }

    @Test(
        "A configuration is kept as it was read; show names it, and the passwords that stood in it are not in the copy")
    func kept() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let plain = Self.configuration(simulator.url)
        try desk.write(plain)
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
        #expect(try await desk.once() == 0, "\(desk.log())")
        let secret = """
              second:
                urls: ["ws://127.0.0.1:1/WebSocket"]
                user: tester
                service: NIPROV
                proxy: http://me:hunter2222@127.0.0.1:1
            """
        let wary = Self.configuration(simulator.url, top: "alert_command: \"true https://hook/s3cr3t\"", more: secret)
        try desk.write(wary)
        try desk.drop("b.csv", "RIC,BID\nB.TST,1\n")
        #expect(try await desk.once() == 0, "\(desk.log())")
        #expect(Self.copies(desk).sorted() == [Self.hash(plain), Self.hash(wary)].sorted())
        #expect(try Self.copy(desk, Self.hash(plain)) == plain)
        let kept = try Self.copy(desk, Self.hash(wary))
        #expect(!kept.contains("hunter2222") && !kept.contains("s3cr3t"), "\(kept)")
        #expect(
            kept.contains("proxy: http://REPLACED:REPLACED@127.0.0.1:1")
                && kept.contains("alert_command: \"REPLACED\""), "\(kept)")
        let shown = try await desk.command(["show", "1"])
        #expect(
            shown.output.contains("configuration: \(Self.hash(plain).prefix(12)) ("),
            "\(shown.output)\(shown.errorOutput)")
        #expect(shown.output.contains("/state/configurations/\(Self.hash(plain))"))
        let value = JSONValue.parse(try await desk.command(["show", "2", "--json"]).output)
        let items = try #require(value?["claimed_with"]).items
        #expect(items.map { $0["what"]?.text } == ["configuration"])
        #expect(items.first?["sha256"]?.text == Self.hash(wary))
    }

    @Test("A copy goes when retention has removed the files of the last drop that was claimed with it, and not before")
    func removed() async throws {
        let desk = try Desk()
        let simulator = try await desk.simulate()
        let first = Self.configuration(simulator.url)
        try desk.write(first)
        try desk.drop("a.csv", "RIC,BID\nA.TST,1\n")
        #expect(try await desk.once() == 0, "\(desk.log())")
        let second = Self.configuration(simulator.url, top: "duplicates: process")
        try desk.write(second)
        try desk.drop("b.csv", "RIC,BID\nB.TST,1\n")
        #expect(try await desk.once() == 0)
        #expect(Self.copies(desk).count == 2)
        let third = Self.configuration(simulator.url, top: "retention: {done: 1ms}")
        try desk.write(third)
        let service = try desk.start()
        try await eventually("the old ones are gone") { Self.copies(desk) == [Self.hash(third)] || !service.isRunning }
        #expect(desk.names(in: .done).filter { $0.hasSuffix(".csv") } == [], "\(desk.names(in: .done))")
        let shown = try await desk.command(["show", "1"])
        #expect(shown.output.contains("(no copy is kept any more)"), "\(shown.output)")
        service.send(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }
}

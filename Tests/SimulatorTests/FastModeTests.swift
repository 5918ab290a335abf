import Testing

@testable import Simulator

@Suite("Fast mode")
struct FastModeTests {
    @Test(
        "Posts one to a frame, in arrays and of changing shape all get their Acks, and the report says that nothing is checked"
    )
    func acks() async throws {
        let server = try await SimulatorServer.start(scenario: Scenario(), fast: true)
        let client = try RawClient(port: server.port)
        #expect(try client.logIn().contains(#""Stream":"Open""#))
        for id in [1, 2, 30_000, 4_294_967_295] { try client.sendText(RawClient.post(id)) }
        try client.sendText("[" + (5...300).map { RawClient.post($0) }.joined(separator: ",") + "]")
        try client.sendText(RawClient.post(7, more: #","SeqNumber":3"#))
        try client.sendText(#"{ "PostID": 8, "ID":1 }"#)
        let ids = try client.messages(302).compactMap { $0["AckID"] as? Int }
        #expect(ids == [1, 2, 30_000, 4_294_967_295] + Array(5...300) + [7, 8])
        #expect(try client.ask(#"{"Type":"Ping"}"#) == #"[{"Type":"Pong"}]"#)
        let report = server.report()
        #expect(report.posts == 302)
        #expect(report.acks == 302)
        #expect(!report.isStrict)
        try await server.stop()
    }

    @Test("A request reads back what the posts hold that came so far, converted as ever")
    func items() async throws {
        var scenario = Scenario()
        scenario.items.rejection = .init(code: "NotEntitled")
        scenario.unknown = ["NONE"]
        let server = try await SimulatorServer.start(scenario: scenario, fast: true)
        let client = try RawClient(port: server.port)
        _ = try client.logIn()
        _ = try client.ask(RawClient.post(1, fields: #"{"BID":1.50,"CURRENCY":"USD","ASK":1}"#))
        try client.sendText("[\(RawClient.post(2, fields: #"{"ASK":2}"#)),\(RawClient.post(3, ric: "NONE"))]")
        _ = try client.messages(2)
        _ = try client.ask(RawClient.post(4, ric: "B", fields: #"{"NOPE":1}"#))
        try client.sendText(#"{"ID":5,"Key":{"Name":["KNOWN.TST","NONE","B"],"Service":"NIPROV"},"Streaming":false}"#)
        #expect(try client.message().contains("Processed 3"))
        #expect(try client.message().contains(#""ID":6,"Type":"Refresh""#))
        #expect(try client.message().contains(#""ID":7,"Type":"Status""#))
        #expect(try client.message().contains(#""ID":8,"Type":"Refresh""#))
        _ = try client.ask(RawClient.post(5, fields: #"{"BID":7}"#))
        let again = try client.ask(#"{"ID":5,"Key":{"Name":"KNOWN.TST"},"Streaming":false}"#)
        #expect(again.contains(#""Fields":{"BID":7,"CURRENCY":840,"ASK":2}"#))
        #expect(try client.ask(#"{"ID":5,"Key":{"Name":"A","Service":"NO"}}"#).contains(#""ID":5,"Type":"Error""#))
        #expect(server.report().itemRequests == 4)
        try await server.stop()
    }

    @Test("So much is kept and no more: what is older is forgotten")
    func kept() {
        var kept = KeptPosts()
        let frame = [UInt8](repeating: 1, count: 400_000)
        for first in 0..<200 {
            var bytes = frame
            bytes[0] = UInt8(first)
            bytes.withUnsafeBytes { kept.append($0) }
        }
        let chunks = kept.takeAll()
        // Two frames fit into each.
        #expect(chunks.count == 64)
        #expect(chunks.first?.first == 72)
        #expect(chunks.last?[400_000] == 199)
        #expect(kept.takeAll().isEmpty)
    }

    @Test("Packed Acks share frames of both sizes")
    func packed() async throws {
        var scenario = Scenario()
        scenario.packsAcks = true
        let server = try await SimulatorServer.start(scenario: scenario, fast: true)
        let client = try RawClient(port: server.port)
        _ = try client.logIn()
        #expect(try client.ask(RawClient.post(1)) == #"[{"ID":1,"Type":"Ack","AckID":1}]"#)
        try client.sendText("[" + (1...200).map { RawClient.post($0) }.joined(separator: ",") + "]")
        #expect(try client.messages(200).compactMap { $0["AckID"] as? Int } == Array(1...200))
        try await server.stop()
    }
}

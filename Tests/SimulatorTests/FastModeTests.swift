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

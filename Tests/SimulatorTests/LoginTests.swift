import Testing

@testable import Simulator

/// Starts a simulator, hands over a client that is connected to it, and stops it.
func withSimulator(
    _ scenario: Scenario = Scenario(), _ body: (SimulatorServer, RawClient) async throws -> Void
) async throws {
    let server = try await SimulatorServer.start(scenario: scenario)
    do {
        try await body(server, try RawClient(port: server.port))
        try await server.stop()
    } catch {
        try await server.stop()
        throw error
    }
}

@Suite("Login, as observed.md §2.1 has it")
struct LoginTests {
    @Test("A login is accepted with the name, elements and limits of an ADS")
    func accepted() async throws {
        try await withSimulator { server, client in
            let refresh = try client.logIn()
            #expect(
                refresh == #"[{"ID":1,"Type":"Refresh","Domain":"Login","Key":{"Name":"tester","Elements":"#
                    + #"{"ApplicationId":"256","Position":"127.0.0.1/net","ApplicationName":"ADS","SingleOpen":0,"#
                    + #""SupportOMMPost":1}},"State":{"Stream":"Open","Data":"Ok","Text":"Login accepted by host simulator."},"#
                    + #""Elements":{"MaxMsgSize":61430,"PingTimeout":30}}]"#)
            #expect(server.report().logins == 1)
        }
    }

    @Test("A post to a known RIC is acknowledged with its Key")
    func post() async throws {
        try await withSimulator { server, client in
            _ = try client.logIn()
            let ack = try client.ask(RawClient.post(1))
            #expect(ack == #"[{"ID":1,"Type":"Ack","AckID":1,"Key":{"Service":1,"Name":"KNOWN.TST"}}]"#)
            #expect(server.values(of: "KNOWN.TST") == ["BID": "22.1"])
        }
    }
}

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

@Suite("Login, as real servers do it (What servers do §2.1)")
struct LoginTests {
    @Test("A login is accepted with the name, elements and limits of an ADS")
    func accepted() async throws {
        try await withSimulator { (server, client) async throws in
            let refresh = try client.logIn()
            #expect(
                refresh == #"[{"ID":1,"Type":"Refresh","Domain":"Login","Key":{"Name":"tester","Elements":"#
                    + #"{"ApplicationId":"256","Position":"127.0.0.1/net","ApplicationName":"ADS","SingleOpen":0,"SupportBatchRequests":7,"#
                    + #""SupportOMMPost":1}},"State":{"Stream":"Open","Data":"Ok","Text":"Login accepted by host simulator."},"#
                    + #""Elements":{"MaxMsgSize":61430,"PingTimeout":30}}]"#)
            #expect(server.report().logins == 1)
        }
    }

    @Test("A token login answers with the numeric NameType and without the token")
    func token() async throws {
        try await withSimulator { (_, client) async throws in
            let refresh = try client.logIn(
                #"{"ID":1,"Domain":"Login","Key":{"NameType":"AuthnToken","Elements":{"ApplicationId":"256","Position":"1.1.1.1","AuthenticationToken":"s3cret"}}}"#
            )
            #expect(refresh.contains(#""Key":{"NameType":5,"#))
            #expect(!refresh.contains("s3cret"))
        }
    }

    @Test("ApplicationId as a number is answered with a Status Closed")
    func numericApplicationID() async throws {
        try await withSimulator { (server, client) async throws in
            let status = try client.logIn(
                #"{"ID":1,"Domain":"Login","Key":{"Name":"tester","Elements":{"ApplicationId":256}}}"#)
            #expect(
                status.hasPrefix(
                    #"[{"ID":1,"Type":"Status","Domain":"Login","State":{"Stream":"Closed","Data":"Suspect","Code":"UsageError""#
                ))
            #expect(server.report().loginRejections == 1)
        }
    }

    @Test("A Login without Key draws an Error; without Domain it is a request for an item and not a login")
    func incomplete() async throws {
        try await withSimulator { (server, client) async throws in
            let error = try client.logIn(#"{"ID":1,"Domain":"Login"}"#)
            #expect(error.contains("JSON Missing required key 'Key'"))
            try client.sendText(#"{"ID":1,"Key":{"Name":"tester","Elements":{"ApplicationId":"256"}}}"#)
            #expect(try client.ask(#"{"Type":"Ping"}"#).contains("Pong"))
            #expect(server.report().logins == 0)
        }
    }

    @Test("A reissue with Refresh false gets no answer, one with Refresh gets it")
    func reissue() async throws {
        try await withSimulator { (server, client) async throws in
            let first = try client.logIn()
            try client.sendText(RawClient.login.dropLast() + #","Refresh":false}"#)
            #expect(try client.ask(#"{"Type":"Ping"}"#).contains("Pong"))
            #expect(server.report().reissues == 1)
            #expect(try client.ask(RawClient.login) == first)
        }
    }

    @Test("Another login ID works, and posts then have to use it")
    func otherID() async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.logIn(RawClient.login.replacing(#""ID":1"#, with: #""ID":5"#))
            #expect(try client.ask(RawClient.post(1)).contains(#""NakCode":"NotOpen""#))
            #expect(
                try client.ask(RawClient.post(2).replacing(#"{"ID":1,"#, with: #"{"ID":5,"#))
                    == #"[{"ID":5,"Type":"Ack","AckID":2,"Key":{"Service":1,"Name":"KNOWN.TST"}}]"#)
        }
    }

    @Test("Login and posts in one array are accepted: the Refresh, then the Acks")
    func array() async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.upgrade()
            try client.sendText("[\(RawClient.login),\(RawClient.post(1)),\(RawClient.post(2))]")
            let answers = try client.messages(3)
            #expect(answers.map { $0["Type"] as? String } == ["Refresh", "Ack", "Ack"])
        }
    }

    @Test("A Close without Domain leaves the login open; one for the Login domain closes it without a reply")
    func loginClose() async throws {
        try await withSimulator { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText(#"{"ID":1,"Type":"Close"}"#)
            #expect(try !client.ask(RawClient.post(1)).contains("NakCode"))
            try client.sendText(#"{"ID":1,"Type":"Close","Domain":"Login"}"#)
            #expect(try client.ask(RawClient.post(2)).contains(#""NakCode":"InvalidContent""#))
            #expect(server.report().loginCloses == 1)
        }
    }

    @Test("A post before any login is refused, and told in the report")
    func beforeLogin() async throws {
        try await withSimulator { (server, client) async throws in
            _ = try client.upgrade()
            #expect(try client.ask(RawClient.post(1)).contains(#""NakCode":"InvalidContent""#))
            #expect(server.report().violations.map(\.kind) == [.postWithoutStream])
        }
    }

    @Test("Names outside the list of users are unknown to the system")
    func users() async throws {
        var scenario = Scenario()
        scenario.login.users = ["umer"]
        try await withSimulator(scenario) { (_, client) async throws in
            let status = try client.logIn()
            #expect(status.contains(#""Code":"UserUnknownToPermSys","Text":"tester, unknown to system.""#))
        }
    }

    @Test("System busy is a Status and the end of the connection, so many times and no more")
    func systemBusy() async throws {
        var scenario = Scenario()
        scenario.login.systemBusyTimes = 1
        try await withSimulator(scenario) { (server, client) async throws in
            #expect(
                try client.logIn().contains(
                    #""Private":true,"State":{"Stream":"Closed","Data":"Suspect","Code":"NoResources","Text":"System busy"}"#
                ))
            #expect(try client.next() == .close(1000))
            #expect(try RawClient(port: server.port).logIn().contains(#""Stream":"Open""#))
        }
    }

    @Test("A rejection has the code and text of the scenario, and stands back after its times")
    func rejection() async throws {
        var scenario = Scenario()
        scenario.login.rejection = .init(code: "DacsDown", text: "later", times: 1)
        try await withSimulator(scenario) { (_, client) async throws in
            #expect(try client.logIn().contains(#""Code":"DacsDown","Text":"later""#))
            #expect(try client.ask(RawClient.login).contains(#""Stream":"Open""#))
        }
    }

    @Test("The shape of the Contributions Channel is private, tells the rate, and no elements at the top")
    func rcc() async throws {
        var scenario = Scenario()
        scenario.login.shape = .rcc
        scenario.maxMessagesPerSecond = 1000
        try await withSimulator(scenario) { (_, client) async throws in
            let refresh = try client.logIn()
            #expect(refresh.contains(#""Private":true"#))
            #expect(refresh.contains(#""Elements":{"TRCE:MaxMessagesPerSecond":1000}}"#))
            #expect(!refresh.contains("MaxMsgSize"))
            #expect(!refresh.contains("SupportOMMPost"))
            #expect(try client.ask(RawClient.post(1)) == #"[{"ID":1,"Type":"Ack","AckID":1}]"#)
            #expect(try client.ask(RawClient.post(2, type: "Refresh")).contains(#""NakCode":"InvalidContent""#))
        }
    }
}

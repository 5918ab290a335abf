import Testing

@testable import Simulator

@Suite("Posts, as real servers do it (What servers do §2.2 and §2.3)")
struct PostTests {
    private func inSession(_ scenario: Scenario = Scenario(), _ body: (SimulatorServer, RawClient) async throws -> Void)
        async throws
    {
        var scenario = scenario
        if scenario.unknown.isEmpty { scenario.unknown = ["DAVE*"] }
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            try await body(server, client)
        }
    }

    @Test("An Update is acknowledged with its Key and changes the fields it gives")
    func update() async throws {
        try await inSession { (server, client) async throws in
            let fields = #"{"BID":22.1,"ASK":24.5,"TRDPRC_1":23.3,"GEN_TEXT16":"some text"}"#
            #expect(
                try client.ask(RawClient.post(1, fields: fields))
                    == #"[{"ID":1,"Type":"Ack","AckID":1,"Key":{"Service":1,"Name":"KNOWN.TST"}}]"#)
            _ = try client.ask(RawClient.post(2, fields: #"{"BID":22.2}"#))
            #expect(
                server.values(of: "KNOWN.TST")
                    == ["BID": "22.2", "ASK": "24.5", "TRDPRC_1": "23.3", "GEN_TEXT16": "\"some text\""])
        }
    }

    @Test(
        "Many ways of writing a post are good",
        arguments: [
            #"{"ID":1,"Type":"Post","Ack":true,"PostID":1,"PostUserInfo":{"Address":"127.0.0.1","UserID":7},"Key":{"Name":"A","Service":"NIPROV"},"Message":{"ID":0,"Type":"Refresh","Solicited":false,"State":{"Stream":"Open","Data":"Ok"},"Fields":{"BID":1}}}"#,
            #"{"ID":1,"Type":"Post","Ack":true,"PostID":1,"Key":{"Name":"A","Service":1},"Message":{"ID":0,"Type":"Refresh","Fields":{"BID":1}}}"#,
            #"{"ID":1,"Type":"Post","Domain":6,"Ack":true,"PostID":1,"Key":{"Name":"A"},"Message":{"ID":0,"Type":"Update","Fields":{}}}"#,
            #"{"ID":1,"Type":8,"Ack":true,"PostID":1,"Key":{"Name":"A","Service":"NIPROV"},"Message":{"ID":0,"Type":"Update","Key":{"Name":"A","Service":"NIPROV"},"Fields":{"BID":1}}}"#,
            #"{"ID":1,"Type":"Post","Ack":true,"PostID":1,"Key":{"Name":"A","Service":"NIPROV"},"Fields":{"BID":1}}"#,
            #"{"ID":1,"Type":"Post","Ack":true,"PostID":1,"Key":{"Name":"A","Service":"NIPROV"},"Message":{"ID":0,"Type":"Status"}}"#,
            #"{"ID":1,"Type":"Post","Ack":true,"PostID":99,"PostID":1,"Foo":{"a":[1,2]},"Key":{"Name":"A","Service":"NIPROV"},"Message":{"ID":0,"Type":"Update","Solicited":false,"Fields":{"BID":1,"BID":2}}}"#,
        ])
    func good(post: String) async throws {
        try await inSession { (_, client) async throws in
            #expect(try client.ask(post) == #"[{"ID":1,"Type":"Ack","AckID":1,"Key":{"Service":1,"Name":"A"}}]"#)
        }
    }

    @Test("The sequence number is echoed, under its own name alone")
    func sequenceNumber() async throws {
        try await inSession { (_, client) async throws in
            #expect(try client.ask(RawClient.post(1, more: #","SeqNumber":77"#)).contains(#","SeqNumber":77,"#))
            #expect(try !client.ask(RawClient.post(1, more: #","SeqNum":77"#)).contains("77"))
        }
    }

    @Test("Without Ack there is no answer, and without PostID the AckID is 0")
    func unasked() async throws {
        try await inSession { (server, client) async throws in
            try client.sendText(RawClient.post(1).replacing(#""Ack":true"#, with: #""Ack":false"#))
            try client.sendText(RawClient.post(2).replacing(#""Ack":true,"#, with: ""))
            #expect(
                try client.ask(RawClient.post(3).replacing(#""PostID":3,"#, with: "")).hasPrefix(
                    #"[{"ID":1,"Type":"Ack","AckID":0,"#))
            #expect(server.report().posts == 3)
        }
    }

    @Test("An Update of an unknown item is refused, and a Refresh makes the item")
    func unknownItem() async throws {
        try await inSession { (server, client) async throws in
            #expect(
                try client.ask(RawClient.post(4, ric: "DAVE.TST"))
                    == #"[{"ID":1,"Type":"Ack","AckID":4,"NakCode":"SymbolUnknown","Text":"F44: Unable to find item on post update.","Key":{"Service":1,"Name":"DAVE.TST"}}]"#
            )
            #expect(server.values(of: "DAVE.TST") == nil)
            #expect(
                try !client.ask(RawClient.post(5, ric: "DAVE.TST", type: "Refresh", fields: #"{"ASK":1}"#)).contains(
                    "Nak"))
            #expect(try !client.ask(RawClient.post(6, ric: "DAVE.TST")).contains("Nak"))
            #expect(server.values(of: "DAVE.TST") == ["ASK": "1", "BID": "22.1"])
            _ = try client.ask(RawClient.post(7, ric: "DAVE.TST", type: "Refresh", fields: #"{"BID":3}"#))
            #expect(server.values(of: "DAVE.TST") == ["BID": "3"])
        }
    }

    @Test("A post without Key is refused, in an Ack without Key")
    func withoutKey() async throws {
        try await inSession { (_, client) async throws in
            #expect(
                try client.ask(
                    #"{"ID":1,"Type":"Post","Ack":true,"PostID":9,"Message":{"ID":0,"Type":"Update","Fields":{}}}"#)
                    == #"[{"ID":1,"Type":"Ack","AckID":9,"NakCode":"InvalidContent","Text":"Off-stream post without Key"}]"#
            )
        }
    }

    @Test("Another domain is in the Ack with its NakCode; a domain without a name gets no answer")
    func otherDomain() async throws {
        try await inSession { (_, client) async throws in
            let post = RawClient.post(1, more: #","Domain":"MarketByPrice""#)
            let ack = try client.ask(post)
            #expect(ack.contains(#""Domain":"MarketByPrice""#))
            #expect(ack.contains("NakCode"))
            try client.sendText(RawClient.post(2, more: #","Domain":200"#))
            #expect(try client.ask(RawClient.post(3)).contains(#""AckID":3"#))
        }
    }

    @Test("An unknown service number and a service that is down are refused with their texts")
    func services() async throws {
        var scenario = Scenario()
        scenario.services["DOWN"] = .init(number: 7, isUp: false)
        try await inSession(scenario) { (_, client) async throws in
            let unknown = try client.ask(RawClient.post(1).replacing("\"NIPROV\"", with: "9999"))
            #expect(unknown.contains(#""NakCode":"DeniedBySrc","Text":"Unable to find service for post message.""#))
            #expect(unknown.contains(#""Service":9999"#))
            let down = try client.ask(RawClient.post(2).replacing("NIPROV", with: "DOWN"))
            #expect(down.contains(#""NakCode":"SourceDown","Text":"A9: Service is unavailable.""#))
        }
    }

    @Test("Posts in one frame are answered one frame each, in order, and a NAK or a Ping among them stops nothing")
    func array() async throws {
        try await inSession { (_, client) async throws in
            try client.sendText("[\(RawClient.post(101)),{\"Type\":\"Ping\"},\(RawClient.post(102))]")
            #expect(try client.message().contains(#""AckID":101"#))
            #expect(try client.message() == #"[{"Type":"Pong"}]"#)
            #expect(try client.message().contains(#""AckID":102"#))
            try client.sendText("[\(RawClient.post(121)),\(RawClient.post(122, ric: "DAVE")),\(RawClient.post(123))]")
            let acks = try client.messages(3)
            #expect(acks.map { $0["AckID"] as? Int } == [121, 122, 123])
            #expect(acks[1]["NakCode"] as? String == "SymbolUnknown")
            try client.sendText("[" + (1...300).map { RawClient.post($0) }.joined(separator: ",") + "]")
            #expect(try client.messages(300).compactMap { $0["AckID"] as? Int } == Array(1...300))
        }
    }

    @Test("An Error stops its array, says where and repeats the frame; the connection stays")
    func errorInArray() async throws {
        try await inSession { (server, client) async throws in
            let frame = "[\(RawClient.post(111)),\(RawClient.post(112, fields: #"{"NOPE":1}"#)),\(RawClient.post(113))]"
            try client.sendText(frame)
            #expect(try client.message().contains(#""AckID":111"#))
            let error = try client.messages(1)[0]
            #expect(error["Type"] as? String == "Error")
            #expect(error["ID"] as? Int == 1)
            #expect(error["Text"] as? String == "JSON Unexpected FID. Received 'NOPE' for key 'Fields'")
            let debug = try #require(error["Debug"] as? [String: Any])
            #expect(debug["Message"] as? String == frame)
            let offset = try #require(debug["Offset"] as? Int)
            #expect(frame.dropFirst(offset).hasPrefix("NOPE"))
            #expect(error["AckID"] == nil)
            #expect(try client.ask(RawClient.post(114)).contains(#""AckID":114"#))
            #expect(server.report().droppedPosts == 1)
        }
    }

    @Test("Objects without an array are all taken, and empty frames and arrays are nothing")
    func looseObjects() async throws {
        try await inSession { (_, client) async throws in
            try client.sendText(RawClient.post(1) + RawClient.post(2))
            #expect(try client.messages(2).compactMap { $0["AckID"] as? Int } == [1, 2])
            for nothing in ["[]", "", "  \n"] { try client.sendText(nothing) }
            #expect(try client.ask("[[\(RawClient.post(3))]]").hasPrefix(#"[{"ID":0,"Type":"Error""#))
            #expect(try client.ask("[{}]").contains("Missing required key 'Key'"))
        }
    }

    @Test("Acks that are ready together share a frame where the scenario packs")
    func packed() async throws {
        var scenario = Scenario()
        scenario.packsAcks = true
        try await inSession(scenario) { (_, client) async throws in
            try client.sendText("[\(RawClient.post(1)),\(RawClient.post(2, ric: "DAVE")),\(RawClient.post(3))]")
            let frame = try client.message()
            #expect(frame.contains(#""AckID":1"#) && frame.contains(#""AckID":2"#) && frame.contains(#""AckID":3"#))
        }
    }

    @Test("An item can be requested, posted to on its stream without a Key, and its Update comes back")
    func onStream() async throws {
        try await inSession { (_, client) async throws in
            _ = try client.ask(
                RawClient.post(1, ric: "IMG.TST", type: "Refresh", fields: #"{"BID":1.25,"CURRENCY":"USD"}"#))
            #expect(
                try client.ask(#"{"ID":2,"Key":{"Name":"IMG.TST","Service":"NIPROV"}}"#)
                    == #"[{"ID":2,"Type":"Refresh","Key":{"Service":1,"Name":"IMG.TST"},"State":{"Stream":"Open","Data":"Ok"},"Qos":{"Timeliness":"Realtime","Rate":"TickByTick"},"Fields":{"BID":1.25,"CURRENCY":840}}]"#
            )
            try client.sendText(
                #"{"ID":2,"Type":"Post","Ack":true,"PostID":5,"Message":{"ID":2,"Type":"Update","Fields":{"BID":1.26}}}"#
            )
            #expect(try client.message() == #"[{"ID":2,"Type":"Ack","AckID":5}]"#)
            #expect(
                try client.message()
                    == #"[{"ID":2,"Type":"Update","UpdateType":"Unspecified","PostUserInfo":{"Address":"0.0.0.0","UserID":0},"Fields":{"BID":1.26}}]"#
            )
        }
    }

    @Test("The Source directory tells each service's name, number and state")
    func directory() async throws {
        var scenario = Scenario()
        scenario.services = ["NIPROV": .init(number: 1), "OLD": .init(number: 4, isUp: false)]
        try await inSession(scenario) { (_, client) async throws in
            let reply = try client.ask(#"{"ID":7,"Domain":"Source","Key":{"Filter":3}}"#)
            #expect(reply.contains(#""Domain":"Source""#))
            #expect(reply.contains(#"{"Action":"Add","Key":1,"FilterList":{"Entries":[{"ID":1,"#))
            #expect(reply.contains(#""Name":"OLD""#))
            #expect(reply.contains(#""ServiceState":0"#))
        }
    }
}

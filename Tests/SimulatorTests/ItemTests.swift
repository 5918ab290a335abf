import Testing

@testable import Simulator

@Suite("Requests for items (What servers do §2.8, The wire §9)")
struct ItemTests {
    private func inSession(_ scenario: Scenario = Scenario(), _ body: (SimulatorServer, RawClient) async throws -> Void)
        async throws
    {
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            try await body(server, client)
        }
    }

    private func request(_ id: Int, _ name: String, more: String = #","Streaming":false"#) -> String {
        #"{"ID":\#(id),"Key":{"Name":\#(name),"Service":"NIPROV"}\#(more)}"#
    }

    /// The refresh of a snapshot.
    private func refresh(_ id: Int, _ ric: String, _ fields: String, stream: String = "NonStreaming") -> String {
        #"{"ID":\#(id),"Type":"Refresh","Key":{"Service":1,"Name":"\#(ric)"},"State":{"Stream":"\#(stream)","Data":"Ok"},"#
            + #""Qos":{"Timeliness":"Realtime","Rate":"TickByTick"},"Fields":{\#(fields)}}"#
    }

    private func closed(_ id: Int, _ code: String, _ text: String) -> String {
        #"{"ID":\#(id),"Type":"Status","State":{"Stream":"Closed","Data":"Suspect","Code":"\#(code)","Text":"\#(text)"}}"#
    }

    @Test("A snapshot reads back what posts have stored, in their order, and opens no stream")
    func snapshot() async throws {
        try await inSession { (server, client) async throws in
            _ = try client.ask(RawClient.post(1, fields: #"{"BID":1.50,"ASK":null,"CURRENCY":"usd"}"#))
            _ = try client.ask(RawClient.post(2, fields: #"{"ASK":2,"DSPLY_NAME":"a\\\\b"}"#))
            let answer = "[\(refresh(5, "KNOWN.TST", #""BID":1.50,"ASK":2,"CURRENCY":null,"DSPLY_NAME":"a\\b""#))]"
            #expect(try client.ask(request(5, #""KNOWN.TST""#)) == answer)
            // Nothing but the Ack comes: no stream is open.
            #expect(try client.ask(RawClient.post(3)).contains(#""AckID":3"#))
            #expect(try client.ask(request(5, #""KNOWN.TST""#)).contains(#""BID":22.1"#))
            #expect(server.report().highestOpenItems == 0)
            #expect(server.report().itemRefreshes == 2)
        }
    }

    @Test("An item that is only known has no fields, and an unknown one or an unknown service is not found")
    func unknown() async throws {
        var scenario = Scenario()
        scenario.unknown = ["NO*"]
        try await inSession(scenario) { (server, client) async throws in
            #expect(try client.ask(request(2, #""A""#)) == "[\(refresh(2, "A", ""))]")
            #expect(try client.ask(request(3, #""NONE""#)) == "[\(closed(3, "NotFound", "Item not found."))]")
            _ = try client.ask(RawClient.post(1, ric: "NONE", type: "Refresh"))
            #expect(try client.ask(request(4, #""NONE""#)).contains(#""BID":22.1"#))
            let number = try client.ask(#"{"ID":5,"Key":{"Name":"A","Service":99}}"#)
            #expect(number == "[\(closed(5, "NotFound", "Item not found."))]")
            #expect(try client.ask(#"{"ID":6,"Key":{"Name":"A","Service":"NO"}}"#).contains(#""ID":6,"Type":"Error""#))
            #expect(server.report().itemStatuses == 2)
        }
    }

    @Test("A batch is closed on its own stream, and its items come on those that follow")
    func batch() async throws {
        var scenario = Scenario()
        scenario.unknown = ["B"]
        try await inSession(scenario) { (server, client) async throws in
            _ = try client.ask(RawClient.post(1, ric: "A"))
            try client.sendText(request(10, #"["A","B","C"]"#))
            #expect(
                try client.message()
                    == #"[{"ID":10,"Type":"Status","State":{"Stream":"Closed","Data":"Ok","Text":"Processed 3 total items from Batch Request.  3 Ok."}}]"#
            )
            #expect(try client.message() == "[\(refresh(11, "A", #""BID":22.1"#))]")
            #expect(try client.message() == "[\(closed(12, "NotFound", "Item not found."))]")
            #expect(try client.message() == "[\(refresh(13, "C", ""))]")
            #expect(server.report().itemRequests == 3)
            for bad in [#"["A",5]"#, #"["A","\u00e9"]"#, #"{"A":1}"#, "5"] {
                #expect(try client.ask(request(20, bad)).contains(#""ID":20,"Type":"Error""#), "\(bad)")
            }
            #expect(try client.ask(request(20, "[]")).contains("Processed 0 total items"))
        }
    }

    @Test("A server without batches says so, at login too")
    func noBatches() async throws {
        var scenario = Scenario()
        scenario.items.takesBatches = false
        try await withSimulator(scenario) { (_, client) async throws in
            #expect(try !client.logIn().contains("SupportBatchRequests"))
            let answer = try client.ask(request(10, #"["A","B"]"#))
            #expect(answer == "[\(closed(10, "UnableToRequestAsBatch", "No batch requests."))]")
            #expect(try client.ask(request(11, #""A""#)) == "[\(refresh(11, "A", ""))]")
        }
    }

    @Test("Streams that are open get each post as an Update, until they are closed, one by one or several at once")
    func streaming() async throws {
        try await inSession { (server, client) async throws in
            for id in 2...5 {
                let answer = try client.ask(request(id, #""KNOWN.TST""#, more: ""))
                #expect(answer == "[\(refresh(id, "KNOWN.TST", "", stream: "Open"))]")
            }
            try client.sendText(#"{"ID":[2,4],"Type":"Close"}"#)
            try client.sendText(#"{"ID":5,"Type":"Close"}"#)
            #expect(try client.ask(RawClient.post(1)).contains(#""AckID":1"#))
            #expect(try client.message().hasPrefix(#"[{"ID":3,"Type":"Update""#))
            #expect(try client.ask(RawClient.post(2, ric: "OTHER")).contains(#""AckID":2"#))
            #expect(try client.ask(#"{"Type":"Ping"}"#) == #"[{"Type":"Pong"}]"#)
            #expect(server.report().highestOpenItems == 4)
            // The stream is open, so a post on it needs no Key; on a closed one it is not taken.
            let post =
                #"{"ID":ID,"Type":"Post","Ack":true,"PostID":9,"Message":{"ID":0,"Type":"Update","Fields":{"BID":7}}}"#
            #expect(try client.ask(post.replacing("ID\":ID", with: "ID\":3")) == #"[{"ID":3,"Type":"Ack","AckID":9}]"#)
            #expect(try client.message().hasPrefix(#"[{"ID":3,"Type":"Update""#))
            #expect(try client.ask(post.replacing("ID\":ID", with: "ID\":4")).contains("NotOpen"))
        }
    }

    @Test("An answer that waits tells what is stored when it leaves")
    func delayed() async throws {
        var scenario = Scenario()
        scenario.items.delay = .seconds(2)
        try await inSession(scenario) { (server, client) async throws in
            try client.sendText(request(2, #"["KNOWN.TST","B","C"]"#, more: ""))
            #expect(try client.message().contains("Processed 3"))
            try client.sendText(#"{"ID":4,"Type":"Close"}"#)
            #expect(try client.ask(RawClient.post(1)).contains(#""AckID":1"#))
            #expect(try client.message() == "[\(refresh(3, "KNOWN.TST", #""BID":22.1"#, stream: "Open"))]")
            #expect(try client.message() == "[\(refresh(5, "C", "", stream: "Open"))]")
            #expect(server.report().highestOpenItems == 3)
        }
    }

    @Test("Beyond the limit of open items a request is refused, and one that was closed makes room")
    func limit() async throws {
        var scenario = Scenario()
        scenario.items.maxOpen = 2
        try await inSession(scenario) { (_, client) async throws in
            try client.sendText(request(2, #"["A","B","C"]"#, more: ""))
            _ = try client.message()
            #expect(try client.message().contains(#"{"ID":3,"Type":"Refresh""#))
            #expect(try client.message().contains(#"{"ID":4,"Type":"Refresh""#))
            #expect(try client.message() == "[\(closed(5, "TooManyItems", "Too many open items."))]")
            try client.sendText(#"{"ID":3,"Type":"Close"}"#)
            #expect(try client.ask(request(6, #""C""#, more: "")).contains(#"{"ID":6,"Type":"Refresh""#))
        }
    }

    @Test("A server without requests refuses them or says nothing, and takes posts all the same")
    func withoutRequests() async throws {
        var scenario = Scenario()
        scenario.items.rejection = .init(code: "NotEntitled", text: "No requests.", times: 2)
        try await inSession(scenario) { (_, client) async throws in
            try client.sendText(request(2, #"["A","B","C"]"#))
            _ = try client.message()
            #expect(try client.message() == "[\(closed(3, "NotEntitled", "No requests."))]")
            #expect(try client.message() == "[\(closed(4, "NotEntitled", "No requests."))]")
            #expect(try client.message() == "[\(refresh(5, "C", ""))]")
        }
        scenario = Scenario()
        scenario.items.isSilent = true
        try await inSession(scenario) { (server, client) async throws in
            try client.sendText(request(2, #""A""#))
            #expect(try client.ask(RawClient.post(1)).contains(#""AckID":1"#))
            #expect(server.report().itemRequests == 1)
        }
    }

    @Test("Items count in the rate where the server counts them")
    func rate() async throws {
        var scenario = Scenario()
        scenario.maxMessagesPerSecond = 3
        scenario.overRate = .nak
        try await inSession(scenario) { (server, client) async throws in
            try client.sendText(request(2, #"["A","B","C","D"]"#))
            for _ in 0..<5 { #expect(try !client.message().contains("NoResources")) }
            #expect(server.report().violationCount == 0)
        }
        scenario.items.countsInRate = true
        try await inSession(scenario) { (server, client) async throws in
            _ = try client.ask(request(2, #""A""#))
            try client.sendText(request(2, #"["A","B","C"]"#))
            _ = try client.message()
            for id in 3...5 { #expect(try client.message() == "[\(closed(id, "NoResources", "Too many messages."))]") }
            #expect(try client.ask(RawClient.post(1)).contains(#""NakCode":"NoResources""#))
            #expect(server.report().violations.map(\.kind) == [.rate, .rate])
        }
        scenario.overRate = .close
        try await inSession(scenario) { (_, client) async throws in
            try client.sendText(request(2, #"["A","B","C","D"]"#))
            #expect(try client.next() == .close(1000))
        }
    }

    @Test("A Status with the right to delete takes the item away and closes its streams; a Refresh makes it anew")
    func deleted() async throws {
        try await inSession { (_, client) async throws in
            func status(_ id: Int, rights: Int, stream: String = #""Closed""#) -> String {
                RawClient.post(id, type: "Status", fields: "{}", more: #","PostUserRights":\#(rights)"#)
                    .replacing(
                        #""Type":"Status","#, with: #""Type":"Status","State":{"Stream":\#(stream),"Data":"Suspect"},"#)
            }
            _ = try client.ask(RawClient.post(1))
            _ = try client.ask(request(2, #""KNOWN.TST""#, more: ""))
            #expect(
                try client.ask(status(2, rights: 1)).contains(#""NakCode":"InvalidContent","Text":"Client has insuf"#))
            #expect(
                try client.ask(status(3, rights: 2, stream: "1"))
                    == #"[{"ID":1,"Type":"Ack","AckID":3,"Key":{"Service":1,"Name":"KNOWN.TST"}}]"#)
            #expect(try client.ask(request(3, #""KNOWN.TST""#)).contains("22.1"))
            #expect(try client.ask(status(4, rights: 3)).contains(#""AckID":4,"Key""#))
            #expect(
                try client.message()
                    == #"[{"ID":2,"Type":"Status","State":{"Stream":"Closed","Data":"Suspect","Text":"Item closed."}}]"#
            )
            #expect(try client.ask(request(3, #""KNOWN.TST""#)).contains("NotFound"))
            #expect(try client.ask(RawClient.post(5)).contains("SymbolUnknown"))
            #expect(try client.ask(status(6, rights: 2)).contains("SymbolUnknown"))
            #expect(
                try client.ask(RawClient.post(7, type: "Refresh", fields: #"{"ASK":2}"#)).contains(#""AckID":7,"Key""#))
            #expect(try client.ask(request(3, #""KNOWN.TST""#)) == "[\(refresh(3, "KNOWN.TST", #""ASK":2"#))]")
        }
    }

    @Test("A scenario makes items be gone, and read back another value than was stored")
    func otherwise() async throws {
        let scenario = try Scenario.load(
            yaml: """
                items:
                  gone: ["G*"]
                  instead:
                    - {ric: "A*", field: BID, json: '1.26'}
                    - {ric: AB, field: ASK}
                    - {ric: AC, field: DSPLY_NAME, json: '"x"'}
                  enum_texts: true
                """, file: "s.yaml")
        try await inSession(scenario) { (_, client) async throws in
            for (id, ric) in [(1, "GONE"), (2, "AB"), (3, "AC"), (4, "B")] {
                let fields = #"{"BID":1.25,"ASK":2,"CURRENCY":986,"MY_RATING":2,"MY_SIDE":99}"#
                #expect(try client.ask(RawClient.post(id, ric: ric, fields: fields)).contains(#""AckID":\#(id),"Key""#))
            }
            #expect(try client.ask(request(2, #""GONE""#)) == "[\(closed(2, "NotFound", "Item not found."))]")
            let rest = #""CURRENCY":"BRL","MY_RATING":"AA ","MY_SIDE":99"#
            #expect(try client.ask(request(2, #""AB""#)) == "[\(refresh(2, "AB", #""BID":1.26,"# + rest))]")
            #expect(
                try client.ask(request(2, #""AC""#))
                    == "[\(refresh(2, "AC", #""BID":1.26,"ASK":2,"# + rest + #","DSPLY_NAME":"x""#))]")
            #expect(try client.ask(request(2, #""B""#)) == "[\(refresh(2, "B", #""BID":1.25,"ASK":2,"# + rest))]")
        }
    }

    @Test("What was stored outlives the connection, and its streams do not")
    func reconnect() async throws {
        try await withSimulator { (server, first) async throws in
            _ = try first.logIn()
            _ = try first.ask(RawClient.post(1))
            _ = try first.ask(request(2, #""KNOWN.TST""#, more: ""))
            server.breakConnections()
            let second = try RawClient(port: server.port)
            _ = try second.logIn()
            #expect(try second.ask(RawClient.post(2, fields: #"{"ASK":3}"#)).contains(#""AckID":2"#))
            let answer = try second.ask(request(2, #""KNOWN.TST""#))
            #expect(answer == "[\(refresh(2, "KNOWN.TST", #""BID":22.1,"ASK":3"#))]")
        }
    }

    @Test("A connection can end at a request, which is then not answered")
    func disconnected() async throws {
        var scenario = Scenario()
        scenario.disconnect = .init(afterItems: 3)
        try await inSession(scenario) { (server, client) async throws in
            #expect(try client.ask(request(2, #""A""#)).contains(#"{"ID":2,"Type":"Refresh""#))
            try client.sendText(request(3, #"["A","B"]"#))
            #expect(try client.next() == .end(reset: true))
            let second = try RawClient(port: server.port)
            _ = try second.logIn()
            try second.sendText(request(2, #"["A","B","C"]"#))
            #expect(try second.message().contains("Processed 3"))
            #expect(server.report().disconnects == 1)
        }
    }

    @Test("Answers to requests share frames with Acks where the scenario packs, in their order")
    func packed() async throws {
        var scenario = Scenario()
        scenario.packsAcks = true
        try await inSession(scenario) { (_, client) async throws in
            try client.sendText("[\(RawClient.post(1)),\(request(2, #"["KNOWN.TST","B"]"#)),\(RawClient.post(2))]")
            let messages = try client.messages(5)
            #expect(messages.map { $0["Type"] as? String } == ["Ack", "Status", "Refresh", "Refresh", "Ack"])
            let names = (1...3000).map { "\"RIC.NUMBER.\($0)\"" }.joined(separator: ",")
            try client.sendText(request(10, "[\(names)]"))
            #expect(try client.messages(3001).compactMap { $0["ID"] as? Int } == Array(10...3010))
        }
    }

    @Test("Before login and after it is closed a request is not answered")
    func withoutLogin() async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.upgrade()
            try client.sendText(request(2, #""A""#))
            #expect(try client.ask(#"{"Type":"Ping"}"#) == #"[{"Type":"Pong"}]"#)
        }
    }
}

import Foundation
import TestSupport
import Testing

@testable import Simulator

@Suite("The troubles of a scenario", .serialized, .ownThreads)
struct TroubleTests {
    @Test("A NAK per RIC answers so many times, by name or number, and then stands back")
    func naks() async throws {
        var scenario = Scenario()
        scenario.naks = [
            .init(ric: "BUSY*", code: .noResources, text: "later", times: 2),
            .init(ric: "ODD", code: NakCode(rawValue: 132), text: "[900]: Service Denied"),
        ]
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            for id in 1...2 {
                #expect(
                    try client.ask(RawClient.post(id, ric: "BUSY.X")).contains(
                        #""NakCode":"NoResources","Text":"later""#))
            }
            #expect(try !client.ask(RawClient.post(3, ric: "BUSY.X")).contains("Nak"))
            #expect(try client.ask(RawClient.post(4, ric: "ODD")).contains(#""NakCode":132,"#))
            #expect(server.report().naks == 3)
            #expect(server.report().acks == 1)
        }
        scenario.nakCodeForm = .number
        try await withSimulator(scenario) { (_, client) async throws in
            _ = try client.logIn()
            #expect(try client.ask(RawClient.post(1, ric: "BUSY")).contains(#""NakCode":5,"#))
        }
    }

    @Test(
        "Anything can stand where the NakCode does, and the record has it as it went",
        arguments: [
            #"{"Code":12}"#, "[12]", "true", "false", "null", #""""#, "12.5", "-1", #""Weird""#,
            #""Symbol\u0055nknown""#,
            "nonsense",
        ]
    )
    func oddNakCodes(json: String) async throws {
        var scenario = Scenario()
        scenario.naks = [.init(ric: "ODD", text: "tab\tbell\u{7}\"line\nnul\0", literal: .nakCode(json))]
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            #expect(
                try client.ask(RawClient.post(7, ric: "ODD"))
                    == #"[{"ID":1,"Type":"Ack","AckID":7,"NakCode":\#(json),"Text":"tab\tbell\u0007\"line\nnul\u0000","#
                    + #""Key":{"Service":1,"Name":"ODD"}}]"#)
            #expect(server.report().naks == 1)
            // What is refused is not stored, whatever the client makes of the answer.
            #expect(server.values(of: "ODD") == nil)
        }
    }

    @Test("An Ack can go over the wire as the scenario has it, with the post's number where it wants it")
    func literalAck() async throws {
        var scenario = Scenario()
        scenario.naks = [
            .init(
                ric: "ODD",
                literal: .ack(#"{"AckID":"$PostID","Type":["Ack"],"NakCode":null,"NakCode":"NoResponse"}"#)),
            .init(ric: "BAD", literal: .ack("{\"AckID\":$PostID,\"Text\":\"a\u{1}\n")),
        ]
        try await withSimulator(scenario) { (_, client) async throws in
            _ = try client.logIn()
            #expect(
                try client.ask(RawClient.post(7, ric: "ODD"))
                    == #"[{"AckID":"7","Type":["Ack"],"NakCode":null,"NakCode":"NoResponse"}]"#)
            #expect(try client.ask(RawClient.post(8, ric: "BAD")) == "[{\"AckID\":8,\"Text\":\"a\u{1}\n]")
        }
    }

    @Test("Fragments of which none is the last come as long as someone reads, and hold up no other connection")
    func endlessFragments() async throws {
        var scenario = Scenario()
        scenario.oversize = .init(afterPosts: 2, bytes: 65536)
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            _ = try client.ask(RawClient.post(1))
            try client.sendText(RawClient.post(2))
            for first: UInt8 in [1] + Array(repeating: 0, count: 300) {
                #expect(try client.bytes(10) == [first, 127, 0, 0, 0, 0, 0, 1, 0, 0])
                #expect(try client.bytes(65536).allSatisfy { $0 == UInt8(ascii: " ") })
            }
            let other = try RawClient(port: server.port)
            _ = try other.logIn()
            for id in 1...3 { #expect(try other.ask(RawClient.post(id)).contains(#""AckID":\#(id)"#)) }
            #expect(server.report().posts == 5)
            #expect(server.report().acks == 4)
        }
    }

    @Test("A message without end ends after all, so that no machine runs out of memory, and the connection stays")
    func endOfFragments() async throws {
        var scenario = Scenario()
        scenario.oversize = .init(afterPosts: 1, bytes: 16 << 20)
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText(RawClient.post(1))
            for _ in 0..<16 { _ = try client.bytes(10 + (16 << 20)) }
            try client.sendText(RawClient.post(2))
            let report = try await server.report { $0.posts == 2 }
            #expect(report.openConnections == 1)
            #expect(report.acks == 0)
        }
    }

    @Test("A header can announce a frame that never comes")
    func hugeFrame() async throws {
        var scenario = Scenario()
        scenario.oversize = .init(afterPosts: 1, manner: .header)
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText(RawClient.post(1))
            #expect(try client.bytes(10) == [0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0])
            try client.sendText(RawClient.post(2))
            #expect(try await server.report { $0.posts == 2 }.acks == 0)
        }
    }

    @Test("Silent RICs are never answered, and lost and doubled Acks come round")
    func silence() async throws {
        var scenario = Scenario()
        scenario.silent = ["MUTE"]
        scenario.loseAcksEvery = 3
        scenario.duplicateAcksEvery = 4
        scenario.ackText = "[1]: Contribution Accepted"
        scenario.keyInAck = false
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText(RawClient.post(9, ric: "MUTE"))
            for id in 1...5 { try client.sendText(RawClient.post(id)) }
            let acks = try client.messages(5)
            #expect(acks.compactMap { $0["AckID"] as? Int } == [1, 2, 4, 4, 5])
            #expect(acks.allSatisfy { $0["Text"] as? String == "[1]: Contribution Accepted" && $0["Key"] == nil })
            let report = server.report()
            #expect(report.silentPosts == 1)
            #expect(report.lostAcks == 1)
        }
    }

    @Test("Delayed Acks leave in the order of their delays")
    func delays() async throws {
        var scenario = Scenario()
        scenario.ackDelay = .milliseconds(60)
        scenario.ackDelays = [.init(ric: "QUICK", delay: .milliseconds(5)), .init(ric: "NOW", delay: .zero)]
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText(
                "[\(RawClient.post(1)),\(RawClient.post(2, ric: "QUICK")),\(RawClient.post(3)),\(RawClient.post(4, ric: "NOW"))]"
            )
            #expect(try client.messages(4).compactMap { $0["AckID"] as? Int } == [4, 2, 1, 3])
            #expect(server.report().highestInFlight == 4)
        }
    }

    @Test("Reordered Acks all come, in another order that the seed repeats")
    func reordering() async throws {
        var scenario = Scenario()
        scenario.reordering = .init(window: 8, seed: 5)
        var orders: [[Int]] = []
        for _ in 0..<2 {
            try await withSimulator(scenario) { (_, client) async throws in
                _ = try client.logIn()
                try client.sendText("[" + (1...19).map { RawClient.post($0) }.joined(separator: ",") + "]")
                orders.append(try client.messages(19).compactMap { $0["AckID"] as? Int })
            }
        }
        #expect(orders[0] == orders[1])
        #expect(orders[0] != Array(1...19))
        #expect(orders[0].sorted() == Array(1...19))
    }

    @Test(
        "A connection breaks off at its nth post, whose answer is never sent",
        arguments: [Scenario.Disconnect.Manner.reset, .close])
    func disconnect(manner: Scenario.Disconnect.Manner) async throws {
        var scenario = Scenario()
        scenario.disconnect = .init(afterPosts: 3, times: 1, manner: manner)
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            for id in 1...2 { _ = try client.ask(RawClient.post(id)) }
            try client.sendText(RawClient.post(3, ric: "LAST"))
            #expect(try client.next() == (manner == .reset ? .end(reset: true) : .close(1000)))
            #expect(server.values(of: "LAST") == ["BID": "22.1"])
            let again = try RawClient(port: server.port)
            _ = try again.logIn()
            for id in 3...6 { #expect(try again.ask(RawClient.post(id)).contains(#""AckID":\#(id)"#)) }
            #expect(server.report().disconnects == 1)
        }
    }

    @Test("A connection ends by the clock, and the first connections are refused")
    func byTheClock() async throws {
        var scenario = Scenario()
        scenario.refusedConnections = 1
        scenario.disconnect = .init(after: .seconds(2), manner: .close)
        try await withSimulator(scenario) { (server, client) async throws in
            #expect(throws: (any Error).self) { try client.upgrade() }
            let second = try RawClient(port: server.port)
            _ = try second.logIn()
            #expect(try second.next() == .close(1000))
            #expect(server.report().refusedConnections == 1)
        }
    }

    @Test("A half-open connection takes everything and says nothing, pings included")
    func halfOpen() async throws {
        var scenario = Scenario()
        scenario.halfOpen = .init(afterPosts: 2)
        scenario.login.pingTimeout = .seconds(5)
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            #expect(try client.ask(RawClient.post(1)).contains(#""AckID":1"#))
            try client.sendText(RawClient.post(2))
            try client.sendText(RawClient.post(3))
            try client.sendText(#"{"Type":"Ping"}"#)
            let report = try await server.report { $0.posts == 3 && $0.pingsReceived == 1 }
            #expect(report.acks == 1)
            #expect(report.openConnections == 1)
        }
    }

    @Test("A stalled connection goes on where it was")
    func stall() async throws {
        var scenario = Scenario()
        scenario.stall = .init(afterPosts: 1, duration: .milliseconds(100))
        try await withSimulator(scenario) { (_, client) async throws in
            _ = try client.logIn()
            let start = ContinuousClock.now
            for id in 1...3 { try client.sendText(RawClient.post(id)) }
            #expect(try client.messages(3).compactMap { $0["AckID"] as? Int } == [1, 2, 3])
            #expect(ContinuousClock.now - start >= .milliseconds(90))
        }
    }

    @Test("A stalled connection with an Ack that is due holds up no other, and gets it in the end")
    func stallOfOne() async throws {
        var scenario = Scenario()
        scenario.ackDelay = .milliseconds(50)
        scenario.stall = .init(afterPosts: 2, duration: .seconds(8))
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            for id in 1...2 { try client.sendText(RawClient.post(id)) }
            _ = try await server.report { $0.posts == 2 }
            let other = try RawClient(port: server.port)
            _ = try other.logIn()
            for id in 3...4 { #expect(try other.ask(RawClient.post(id)).contains(#""AckID":\#(id)"#)) }
            #expect(server.report().acks == 2)
            #expect(try client.messages(2).compactMap { $0["AckID"] as? Int } == [1, 2])
        }
    }

    @Test("A Suspect phase begins and ends with a Login Status")
    func suspect() async throws {
        var scenario = Scenario()
        scenario.suspect = .init(afterPosts: 1, duration: .milliseconds(50))
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText(RawClient.post(1))
            #expect(try client.message().contains(#""State":{"Stream":"Open","Data":"Suspect""#))
            #expect(try client.message().contains(#""AckID":1"#))
            #expect(try client.message().contains(#""State":{"Stream":"Open","Data":"Ok""#))
            _ = server
        }
    }

    @Test(
        "The police sees any second, and does what the scenario says",
        arguments: [Scenario.OverRate.record, .nak, .close])
    func police(reaction: Scenario.OverRate) async throws {
        var scenario = Scenario()
        scenario.maxMessagesPerSecond = 3
        scenario.overRate = reaction
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.logIn()
            try client.sendText("[" + (1...5).map { RawClient.post($0) }.joined(separator: ",") + "]")
            switch reaction {
            case .record: #expect(try client.messages(5).allSatisfy { $0["NakCode"] == nil })
            case .nak: #expect(try client.messages(5).filter { $0["NakCode"] as? String == "NoResources" }.count == 2)
            case .close:
                _ = try client.messages(3)
                #expect(try client.next() == .close(1000))
            }
            #expect(server.report().violations.first?.kind == .rate)
            #expect(server.report().maxPostsInAnySlidingSecond >= 4)
        }
    }

    @Test("A second slides: what is just a second old no longer counts")
    func slidingSecond() {
        var second = SlidingSecond()
        #expect(second.add(2, at: 0) == 2)
        #expect(second.add(1, at: 999_999_999) == 3)
        #expect(second.add(1, at: 1_000_000_000) == 2)
        #expect(second.add(1, at: 3_000_000_000) == 1)
    }

    @Test("Slow reads take their time")
    func readLimit() async throws {
        var scenario = Scenario()
        scenario.readLimit = 20_000
        try await withSimulator(scenario) { (_, client) async throws in
            _ = try client.logIn()
            let start = ContinuousClock.now
            for id in 1...20 { _ = try client.ask(RawClient.post(id)) }
            #expect(ContinuousClock.now - start > .milliseconds(80))
        }
    }
}

@Suite("The record of posts and answers", .serialized, .ownThreads)
struct PostRecordTests {
    @Test("Each post and each answer has its line, in the order in which they came and went")
    func record() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "record-\(UUID()).jsonl").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var scenario = Scenario()
        scenario.silent = ["MUTE"]
        scenario.unknown = ["DAVE"]
        let server = try await SimulatorServer.start(scenario: scenario, recordPath: path)
        let client = try RawClient(port: server.port)
        _ = try client.logIn()
        _ = try client.ask(RawClient.post(1, fields: #"{"BID":1.10,  "GEN_TEXT16":"a\"b"}"#))
        try client.sendText(RawClient.post(2, ric: "MUTE"))
        _ = try client.ask(RawClient.post(3, ric: "DAVE"))
        _ = try client.ask("[\(RawClient.post(4, fields: #"{"nope":1}"#)),\(RawClient.post(5))]")

        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let objects = try lines.compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        #expect(
            objects.map { "\($0["event"] ?? "") \($0["PostID"] ?? "") \($0["outcome"] ?? $0["kind"] ?? "")" } == [
                "post 1 Update", "answer 1 ack", "post 2 Update", "answer 2 silent", "post 3 Update", "answer 3 nak",
                "post 4 Error", "answer 4 error", "post 5 Dropped", "answer 5 dropped",
            ])
        #expect(objects[0]["Fields"] as? String == #"{"BID":1.10,  "GEN_TEXT16":"a\"b"}"#)
        #expect(objects[0]["RIC"] as? String == "KNOWN.TST")
        #expect(objects[0]["Service"] as? String == "NIPROV")
        #expect(objects[0]["connection"] as? Int == 1)
        #expect(objects[5]["NakCode"] as? String == "SymbolUnknown")
        try await server.stop()
    }

    @Test("The record has what would be read back of each field of a post, whatever is answered to it")
    func stored() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "record-\(UUID()).jsonl")
        defer { try? FileManager.default.removeItem(at: path) }
        var scenario = Scenario()
        scenario.unknown = ["DAVE"]
        scenario.naks = [.init(ric: "ODD", literal: .nakCode("[12]"))]
        let server = try await SimulatorServer.start(scenario: scenario, recordPath: path.path)
        let client = try RawClient(port: server.port)
        _ = try client.logIn()
        let fields =
            #"{"BID":24.50,"ASK":1.23456789012e5,"MY_REAL":"Info","MY_INT":-1,"MY_UINT":18446744073709551615,"#
            + #""MY_TEXT":"é\\\\","MY_ASCII":"\u001b%0é","MY_SIDE":"BUY","MY_RATING":"NR","MY_DATE":"21/11/2026","#
            + #""MY_TIME":"24:00:00","TRDPRC_1":null}"#
        _ = try client.ask(RawClient.post(1, fields: fields))
        _ = try client.ask(RawClient.post(2, ric: "DAVE", fields: #"{"BID":1,"BID":2,"ASK":true}"#))
        _ = try client.ask(RawClient.post(3, ric: "ODD", type: "Refresh", fields: "{}"))
        _ = try client.ask(RawClient.post(4, fields: #"{"nope":1}"#))
        _ = try client.ask(
            #"{"ID":1,"Type":"Post","Ack":true,"PostID":5,"Key":{"Name":"A"},"Message":{"ID":0,"Type":"Status"}}"#)

        let posts = try PostedRecord(path).posts()
        #expect(posts.map(\.postID) == Array(1...5))
        #expect(
            posts[0].stored == [
                "BID": "24.50", "ASK": "21309.305364", "MY_REAL": "Inf", "MY_INT": "-1",
                "MY_UINT": "18446744073709551615", "MY_TEXT": "Ã©\\", "MY_ASCII": "\u{1B}%0é", "MY_SIDE": "1",
                "MY_RATING": nil, "MY_DATE": "Invalid date", "MY_TIME": "24:00:00", "TRDPRC_1": nil,
            ])
        #expect(posts[1].stored == ["BID": "2", "ASK": "0"])
        #expect(posts[2].stored == [:])
        #expect(posts[3].stored == nil)
        #expect(posts[4].stored == nil)
        #expect(try PostedRecord(path).events().first { $0.postID == 3 && $0.event == "answer" }?.nakCode == "[12]")
        try await server.stop()
    }
}

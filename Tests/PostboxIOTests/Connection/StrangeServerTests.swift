import Foundation
import PostboxCore
import PostboxIO
import Simulator
import TestSupport
import Testing

@Suite("A lane whose server answers strangely", .serialized, .ownThreads)
struct StrangeServerTests {
    @Test("An answer that may be a refusal ends its row unknown with the answer's text, and no other")
    func unreadable() async throws {
        try await withScript { message, _ in
            guard let id = ScriptedServer.postID(message) else { return [] }
            return ScriptedServer.ack(id, message.contains("ODD") ? #","NakCode":{"Code":"SymbolUnknown"}"# : "")
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                await courier.send([Parcel("A"), Parcel("ODD"), Parcel("B")])
                try await courier.settled(3)
                #expect(courier.outcomes() == [1: .acked, 2: .unknown, 3: .acked])
                let detail = courier.endings.first { $0.row == 2 }?.detail
                #expect(detail?.reason == "unreadable_answer")
                #expect(
                    detail?.text
                        == #"{"ID":1,"Type":"Ack","AckID":1000002,"NakCode":{"Code":"SymbolUnknown"}}"#)
                #expect(courier.captured.count("unreadable_answer") == 1)
                #expect(await courier.lane.counts.acked == 2)
                #expect(server.received.count { ScriptedServer.postID($0) != nil } == 3)
            }
        }
    }

    @Test("A server of which no answer can be read pauses the destination instead of spoiling every row")
    func allUnreadable() async throws {
        try await withScript { message, _ in
            ScriptedServer.postID(message).map { ScriptedServer.ack($0, #","NakCode":false"#) } ?? []
        } _: { server in
            let target = destination(server.port) {
                $0.window = 1
                $0.ackTimeoutsBeforePause = 3
            }
            try await withLane(target) { courier in
                await courier.send((1...9).map { Parcel("R\($0)") })
                try await courier.state("paused") { if case .paused = $0 { true } else { false } }
                try await courier.settled(3)
                #expect(courier.endings.map(\.outcome) == [.unknown, .unknown, .unknown])
            }
        }
    }

    @Test(
        "A message longer than 16 MB ends the connection with a clear word, and what was in flight goes again",
        arguments: ["fragments", "announced", "ping"])
    func tooLong(kind: String) async throws {
        let part = [UInt8](repeating: 0x20, count: 1 << 20)
        try await withScript { message, connection in
            guard let id = ScriptedServer.postID(message) else { return [] }
            guard connection == 1 else { return ScriptedServer.ack(id) }
            switch kind {
            case "announced": return ScriptedServer.header(17 << 20)
            case "ping": return ScriptedServer.frame([UInt8](repeating: 0x61, count: 126), opcode: 9)
            default:
                return (0..<20).flatMap { ScriptedServer.frame(part, opcode: $0 == 0 ? 1 : 0, isFinal: false) }
            }
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                await courier.send([Parcel("A")])
                try await courier.settled(1)
                #expect(courier.endings[0].outcome == .acked)
                #expect(courier.endings[0].attempts == 2)
                let words = "the server broke the WebSocket protocol: "
                let why =
                    kind == "ping"
                    ? "it sent a ping, pong or close frame longer than 125 bytes"
                    : "message_too_large: it sent a message longer than 16 MB"
                #expect(courier.states.contains(.connecting(words + why)))
                #expect(courier.captured.count(words + why) >= 1)
            }
        }
    }

    @Test("A message in fragments of 16 MB in all is read")
    func longest() async throws {
        let part = [UInt8](repeating: 0x20, count: 1 << 20)
        try await withScript { message, _ in
            guard let id = ScriptedServer.postID(message) else { return [] }
            let ack = Array(#"[{"ID":1,"Type":"Ack","AckID":\#(id)}]"#.utf8)
            return ScriptedServer.frame(part, isFinal: false)
                + (0..<14).flatMap { _ in ScriptedServer.frame(part, opcode: 0, isFinal: false) }
                + ScriptedServer.frame([UInt8](repeating: 0x20, count: (1 << 20) - ack.count) + ack, opcode: 0)
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                await courier.send([Parcel("A")])
                try await courier.settled(1)
                #expect(courier.endings[0].outcome == .acked)
                #expect(courier.endings[0].attempts == 1)
            }
        }
    }

    @Test("A frame that is no JSON is told in words")
    func noJSON() async throws {
        try await withScript { message, connection in
            guard let id = ScriptedServer.postID(message) else { return [] }
            return connection == 1 ? ScriptedServer.frame("hello") : ScriptedServer.ack(id)
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                await courier.send([Parcel("A")])
                try await courier.settled(1)
                #expect(
                    courier.states.contains(
                        .connecting("the server broke the WebSocket protocol: it sent a message that is no JSON")))
            }
        }
    }

    @Test("Answers that nothing waits for are logged five times a minute, and the others counted")
    func strays() async throws {
        try await withScript { message, _ in
            guard let id = ScriptedServer.postID(message) else { return [] }
            var out: [UInt8] = []
            for n in 0..<100 {
                out += ScriptedServer.ack(4_000_000 + n)
                out += ScriptedServer.frame(#"[{"ID":1,"Type":"Error","Text":"odd\u0007 \#(n)"}]"#)
            }
            out += ScriptedServer.frame(#"[{"ID":1,"Type":"Ack","AckID":"x"}]"#)
            return out + ScriptedServer.ack(id)
        } _: { server in
            let courier = Courier(destination(server.port))
            await courier.send([Parcel("A")])
            try await courier.settled(1)
            #expect(courier.captured.count("\"event\": late_answer") == 5)
            #expect(courier.captured.count("\"event\": unmapped_error") == 5)
            #expect(courier.captured.count("odd 4") == 1)
            await courier.stop()
            // What was left out is told at the end at the latest: 96 late ones, one of which names no post, and 95 Errors.
            #expect(courier.captured.count("\"left_out\": 96") == 1)
            #expect(courier.captured.count("\"left_out\": 95") == 1)
        }
    }
}

@Suite("A lane with large posts", .serialized, .ownThreads)
struct LargePostTests {
    private struct Event: Decodable {
        var event: String
        var postID: Int

        private enum CodingKeys: String, CodingKey {
            case event
            case postID = "PostID"
        }
    }

    @Test("Among 2,000 small rows three of 40 KB go alone: nothing is in flight beside them", arguments: [nil, 2000])
    func alone(rate: Int?) async throws {
        let folder = try TemporaryFolder()
        let large: Set = [500, 501, 1500]
        let text = String(repeating: "x", count: 40_000)
        try await withSimulator(
            {
                $0.ackDelay = .milliseconds(2)
                $0.readBufferBytes = 61_690
            }, recordPath: folder.path("record.jsonl")
        ) { server in
            try await withLane(destination(server.port) { $0.maxPostsPerSecond = rate }) { courier in
                let parcels = (1...2000).map { row in
                    large.contains(row) ? Parcel("L\(row)", fields: #"{"GEN_TEXT16":"\#(text)"}"#) : Parcel("R\(row)")
                }
                await courier.send(parcels)
                try await courier.settled(2000)
                #expect(courier.endings.allSatisfy { $0.outcome == .acked && $0.attempts == 1 })
                #expect(server.report().connections == 1)
                #expect(server.report().violations == [])
            }
        }
        var inFlight: Set<Int> = []
        var order: [Int] = []
        for line in try folder.text("record.jsonl").split(separator: "\n") {
            let event = try JSONDecoder().decode(Event.self, from: Data(line.utf8))
            let row = event.postID - 1_000_000
            guard event.event == "post" else {
                inFlight.remove(row)
                continue
            }
            order.append(row)
            inFlight.insert(row)
            if !inFlight.isDisjoint(with: large) { #expect(inFlight.count == 1, "\(inFlight.sorted().prefix(5))") }
        }
        #expect(order == Array(1...2000))
        #expect(inFlight == [])
    }

    @Test("After a lost connection a large post in doubt goes again, alone")
    func lost() async throws {
        let text = String(repeating: "x", count: 40_000)
        try await withSimulator {
            $0.disconnect = .init(afterPosts: 3, times: 2)
            $0.readBufferBytes = 61_690
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                await courier.send(
                    (1...40).map { row in
                        row % 4 == 0 ? Parcel("L\(row)", fields: #"{"GEN_TEXT16":"\#(text)"}"#) : Parcel("R\(row)")
                    })
                try await courier.settled(40)
                #expect(courier.endings.allSatisfy { $0.outcome == .acked })
                #expect(server.report().logins == 3)
                #expect(server.report().violations == [])
            }
        }
    }

    @Test("New credentials wait until a large post has its answer")
    func reissue() async throws {
        let text = String(repeating: "x", count: 40_000)
        try await withScript { message, _ in
            guard let id = ScriptedServer.postID(message), message.utf8.count < 40_000 else { return [] }
            return ScriptedServer.ack(id)
        } _: { server in
            try await withLane(destination(server.port)) { courier in
                await courier.send([Parcel("L", fields: #"{"GEN_TEXT16":"\#(text)"}"#), Parcel("A")])
                try await eventually("the large post is there") { server.received.count == 2 }
                await courier.lane.reissue(.token("next"))
                try await server.push(ScriptedServer.ack(1_000_001))
                try await courier.settled(2)
                let kinds = server.received.map { message in
                    ScriptedServer.postID(message).map { "post \($0)" }
                        ?? (message.contains(#""Refresh":false"#) ? "reissue" : "login")
                }
                #expect(kinds == ["login", "post 1000001", "reissue", "post 1000002"])
            }
        }
    }
}

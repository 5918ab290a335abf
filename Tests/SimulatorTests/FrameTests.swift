import TestSupport
import Testing

@testable import Simulator

@Suite("Frames, sizes and pings, as real servers do it (What servers do §2.6 and §2.7)", .serialized, .ownThreads)
struct FrameTests {
    private func post(ofBytes count: Int) -> String {
        let empty = RawClient.post(1, fields: #"{"GEN_TEXT16":""}"#).utf8.count
        return RawClient.post(1, fields: "{\"GEN_TEXT16\":\"\(String(repeating: "x", count: count - empty))\"}")
    }

    @Test("A frame up to 61,690 bytes with its header is taken")
    func large() async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.logIn()
            #expect(try client.ask(post(ofBytes: 61_682)).contains(#""AckID":1"#))
        }
    }

    @Test("A larger one resets the connection, and none of its posts is done", arguments: [61_683, 64_000, 70_000])
    func tooLarge(bytes: Int) async throws {
        try await withSimulator { (server, client) async throws in
            _ = try client.logIn()
            // The reset may overtake the end of what is being sent.
            try? client.sendText(post(ofBytes: bytes))
            #expect(try client.next() == .end(reset: true))
            #expect(server.report().posts == 0)
            #expect(server.report().violations.map(\.kind) == [.frameTooLarge])
        }
    }

    @Test("Fragments and binary frames are accepted")
    func fragments() async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.logIn()
            let bytes = Array(RawClient.post(1).utf8)
            try client.sendFrame(opcode: 1, Array(bytes[..<20]), final: false)
            try client.sendFrame(opcode: 9, [])
            try client.sendFrame(opcode: 0, Array(bytes[20..<40]), final: false)
            try client.sendFrame(opcode: 0, Array(bytes[40...]))
            #expect(try client.next() == .pong([]))
            #expect(try client.message().contains(#""AckID":1"#))
            try client.sendFrame(opcode: 2, Array(RawClient.post(2).utf8))
            #expect(try client.message().contains(#""AckID":2"#))
        }
    }

    @Test("A frame that comes byte by byte is waited for")
    func slowFrame() async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.logIn()
            var frame: [UInt8] = [0x81, 0x80 | 15, 0, 0, 0, 0]
            frame += Array(#"{"Type":"Ping"}"#.utf8)
            for byte in frame { try client.sendBytes([byte]) }
            #expect(try client.message() == #"[{"Type":"Pong"}]"#)
        }
    }

    @Test("An unmasked frame drops the connection")
    func unmasked() async throws {
        try await withSimulator { (server, client) async throws in
            _ = try client.logIn()
            try client.sendFrame(Array(RawClient.post(1).utf8), masked: false)
            guard case .end = try client.next() else {
                Issue.record("the connection is still there")
                return
            }
            #expect(server.report().violations.map(\.kind) == [.malformedFrame])
        }
    }

    @Test("A WebSocket ping is answered with an empty pong, whatever it carried")
    func webSocketPing() async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.upgrade()
            try client.sendFrame(opcode: 9, Array("payload".utf8))
            #expect(try client.next() == .pong([]))
        }
    }

    @Test("A client's Ping is answered before login as well, and a Pong that no one asked for is ignored")
    func ping() async throws {
        try await withSimulator { (_, client) async throws in
            _ = try client.upgrade()
            try client.sendText(#"{"Type":"Pong"}"#)
            #expect(try client.ask(#"[{"Type":"Ping"}]"#) == #"[{"Type":"Pong"}]"#)
        }
    }

    @Test("The server pings every third of the ping timeout from the start on, and closes with 1000 after silence")
    func silence() async throws {
        var scenario = Scenario()
        scenario.login.pingTimeout = .milliseconds(1500)
        try await withSimulator(scenario) { (server, client) async throws in
            _ = try client.upgrade()
            #expect(try client.next() == .text(#"[{"Type":"Ping"}]"#))
            #expect(try client.next() == .text(#"[{"Type":"Ping"}]"#))
            var event = try client.next()
            while event == .text(#"[{"Type":"Ping"}]"#) { event = try client.next() }
            #expect(event == .close(1000))
            #expect(server.report().violations.map(\.kind) == [.silence])
        }
    }

    @Test("Any frame keeps the session alive")
    func anyFrameIsLife() async throws {
        var scenario = Scenario()
        scenario.login.pingTimeout = .seconds(6)
        try await withSimulator(scenario) { (_, client) async throws in
            _ = try client.upgrade()
            for _ in 0..<6 {
                #expect(try client.next() == .text(#"[{"Type":"Ping"}]"#))
                try client.sendFrame(opcode: 10, [])
            }
        }
    }
}

import Testing

@testable import Simulator

@Suite("Handshake, as real servers do it (What servers do §2.1)")
struct HandshakeTests {
    @Test("The sub-protocol is echoed, the accept key is right, and no extension is granted")
    func accepted() async throws {
        try await withSimulator { (_, client) async throws in
            let head = try client.upgrade(extra: ["Sec-WebSocket-Extensions: permessage-deflate"])
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            #expect(head.contains("\r\nSec-WebSocket-Protocol: tr_json2\r\n"))
            #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            #expect(!head.lowercased().contains("extensions"))
        }
    }

    @Test(
        "What is not asked for rightly gets 400 and is closed",
        arguments: [
            ("/WebSocket", nil, "13"), ("/WebSocket", "chat", "13"), ("/other", "tr_json2", "13"),
            ("/WebSocketX", "tr_json2", "13"), ("/WebSocket", "tr_json2", "8"),
        ] as [(String, String?, String)])
    func refused(path: String, subprotocol: String?, version: String) async throws {
        try await withSimulator { (server, client) async throws in
            let head = try client.upgrade(path: path, subprotocol: subprotocol, version: version)
            #expect(head.hasPrefix("HTTP/1.1 400 "))
            #expect(try client.next() == .end(reset: false))
            #expect(server.report().refusedHandshakes == 1)
        }
    }

    @Test("Of a list the known name is taken, an older spelling means the same, and the path's case does not matter")
    func lenient() async throws {
        try await withSimulator { (server, client) async throws in
            #expect(try client.upgrade(subprotocol: "chat, tr_json2").contains("Protocol: tr_json2\r\n"))
            let older = try RawClient(port: server.port)
            #expect(try older.upgrade(subprotocol: "rssl.json.v2").contains("Protocol: tr_json2\r\n"))
            let lower = try RawClient(port: server.port)
            #expect(try lower.upgrade(path: "/websocket").hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test("A client's Close 1000 is answered with 1001")
    func close() async throws {
        try await withSimulator { (server, client) async throws in
            _ = try client.logIn()
            try client.sendFrame(opcode: 8, [0x03, 0xE8])
            #expect(try client.next() == .close(1001))
            #expect(try client.next() == .end(reset: false))
            #expect(server.report().closes == 1)
        }
    }

    @Test("An HTTP head that comes byte by byte is waited for")
    func slowHead() async throws {
        try await withSimulator { (_, client) async throws in
            try client.sendBytes(Array("GET /WebSocket HTTP/1.1\r\nUpgrade: websocket\r\nConn".utf8))
            #expect(try client.upgrade(path: "/WebSocket").hasPrefix("HTTP/1.1 "))
        }
    }
}

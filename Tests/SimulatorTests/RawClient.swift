import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A WebSocket client for tests, on a plain socket, that can do what no decent client does.
final class RawClient {
    /// What came from the server.
    enum Event: Equatable {
        case text(String)
        case ping
        case pong([UInt8])
        case close(UInt16)
        /// The connection ended without a Close frame; `reset` when TCP was reset.
        case end(reset: Bool)
    }

    struct Failure: Error {
        let what: String
    }

    private let stream: any ByteStream
    private var received: [UInt8] = []

    init(_ stream: any ByteStream) {
        self.stream = stream
    }

    convenience init(port: Int) throws {
        self.init(try SocketStream(port: port))
    }

    func sendBytes(_ bytes: [UInt8]) throws {
        try stream.send(bytes)
    }

    /// Reads more; false at the end of the stream.
    private func fill() throws -> Bool {
        let chunk = try stream.receive()
        received += chunk
        return !chunk.isEmpty
    }

    // MARK: Handshake

    /// Sends an upgrade request and gives back the head of the answer.
    func upgrade(
        path: String = "/WebSocket", subprotocol: String? = "tr_json2", version: String = "13", extra: [String] = []
    ) throws -> String {
        var lines = [
            "GET \(path) HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: \(version)",
        ]
        if let subprotocol { lines.append("Sec-WebSocket-Protocol: \(subprotocol)") }
        try sendBytes(Array(((lines + extra).joined(separator: "\r\n") + "\r\n\r\n").utf8))
        return try head()
    }

    /// The head of an HTTP answer.
    func head() throws -> String {
        while true {
            if let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
                received.removeFirst(end.upperBound)
                return head
            }
            guard try fill() else { throw Failure(what: "no answer to the handshake") }
        }
    }

    /// The first `count` bytes of what comes, as text.
    func text(_ count: Int) throws -> String {
        String(decoding: try bytes(count), as: UTF8.self)
    }

    /// The first `count` bytes of what comes.
    func bytes(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try fill() else { throw Failure(what: "the end after \(received.count) bytes") }
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    // MARK: Frames

    func sendFrame(opcode: UInt8 = 1, _ payload: [UInt8], final: Bool = true, masked: Bool = true) throws {
        try sendBytes(RawClient.frame(opcode: opcode, payload, final: final, masked: masked))
    }

    /// The bytes of a frame.
    static func frame(
        opcode: UInt8 = 1, _ payload: [UInt8], final: Bool = true, masked: Bool = true
    ) -> [UInt8] {
        var frame: [UInt8] = [(final ? 0x80 : 0) | opcode]
        let bit: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case 0..<126: frame.append(bit | UInt8(payload.count))
        case 126..<65536: frame += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: frame += [bit | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        if masked {
            let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
            frame += mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
        } else {
            frame += payload
        }
        return frame
    }

    func sendText(_ text: String) throws {
        try sendFrame(Array(text.utf8))
    }

    func next() throws -> Event {
        while true {
            if let event = takeFrame() { return event }
            do {
                guard try fill() else { return .end(reset: false) }
            } catch let failure as Failure where failure.what == "reset" {
                return .end(reset: true)
            }
        }
    }

    private func takeFrame() -> Event? {
        guard received.count >= 2 else { return nil }
        var header = 2
        var length = Int(received[1])
        if length == 126 {
            guard received.count >= 4 else { return nil }
            length = Int(received[2]) << 8 | Int(received[3])
            header = 4
        } else if length == 127 {
            guard received.count >= 10 else { return nil }
            length = received[2..<10].reduce(0) { $0 << 8 | Int($1) }
            header = 10
        }
        guard received.count >= header + length else { return nil }
        let opcode = received[0] & 0x0F
        let payload = Array(received[header..<(header + length)])
        received.removeFirst(header + length)
        switch opcode {
        case 8: return .close(payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : 1005)
        case 9: return .ping
        case 10: return .pong(payload)
        default: return .text(String(decoding: payload, as: UTF8.self))
        }
    }

    // MARK: Messages

    /// The next text that is no Ping of the server.
    func message() throws -> String {
        while true {
            switch try next() {
            case .text(#"[{"Type":"Ping"}]"#): continue
            case .text(let text): return text
            case let other: throw Failure(what: "\(other) instead of a message")
            }
        }
    }

    /// The next messages as objects, out of as many frames as it takes.
    func messages(_ count: Int) throws -> [[String: Any]] {
        var messages: [[String: Any]] = []
        while messages.count < count {
            let parsed = try JSONSerialization.jsonObject(with: Data(try message().utf8))
            guard let array = parsed as? [[String: Any]] else { throw Failure(what: "no array of objects") }
            messages += array
        }
        return messages
    }

    func ask(_ text: String) throws -> String {
        try sendText(text)
        return try message()
    }

    static let login =
        #"{"ID":1,"Domain":"Login","Key":{"Name":"tester","Elements":{"ApplicationId":"256","Position":"127.0.0.1/net"}}}"#

    func logIn(_ request: String = RawClient.login) throws -> String {
        _ = try upgrade()
        return try ask(request)
    }

    static func post(
        _ postID: Int, ric: String = "KNOWN.TST", type: String = "Update", fields: String = #"{"BID":22.1}"#,
        more: String = ""
    ) -> String {
        #"{"ID":1,"Type":"Post","Ack":true,"PostID":\#(postID)\#(more),"Key":{"Name":"\#(ric)","Service":"NIPROV"},"#
            + #""Message":{"ID":0,"Type":"\#(type)","Fields":\#(fields)}}"#
    }
}

import Foundation
import NIOCore

/// The server's side of the WebSocket upgrade (protocol.md §1, observed.md §2.1).
enum Handshake {
    /// What the bytes received so far come to.
    enum Verdict {
        case incomplete
        /// Answer with these bytes and go on with frames.
        case accept(response: String)
        /// Answer with these bytes and close.
        case reject(response: String)
    }

    private static let maxHeaderBytes = 16 * 1024

    /// Judges the request at the reader index of `buffer` and takes it out when it is complete.
    static func judge(_ buffer: inout ByteBuffer) -> Verdict {
        let view = buffer.readableBytesView
        guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else {
            return view.count > maxHeaderBytes ? .reject(response: refusal("413 Payload Too Large")) : .incomplete
        }
        let head = String(decoding: view[view.startIndex..<end.lowerBound], as: UTF8.self)
        buffer.moveReaderIndex(to: end.upperBound)

        var lines = head.components(separatedBy: "\r\n")[...]
        let request = (lines.popFirst() ?? "").split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[name] = headers[name].map { $0 + ", " + value } ?? value
        }
        guard request.count == 3, request[0] == "GET", isWebSocketPath(request[1].lowercased()),
            headers["upgrade"]?.lowercased() == "websocket",
            tokens(headers["connection"]).contains("upgrade"),
            let key = headers["sec-websocket-key"], !key.isEmpty,
            let version = headers["sec-websocket-version"].flatMap({ Int($0) }), version >= 13,
            // The second name is the older spelling of the same protocol; the answer is always the first.
            tokens(headers["sec-websocket-protocol"]).contains(where: { $0 == "tr_json2" || $0 == "rssl.json.v2" })
        else {
            return .reject(response: refusal("400 Bad Request"))
        }
        let accept = Data(sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))).base64EncodedString()
        return .accept(
            response: """
                HTTP/1.1 101 Switching Protocols\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Protocol: tr_json2\r
                Sec-WebSocket-Accept: \(accept)\r
                \r

                """)
    }

    private static func isWebSocketPath(_ lowercased: String) -> Bool {
        lowercased == "/websocket" || lowercased.hasPrefix("/websocket?") || lowercased.hasPrefix("/websocket/")
    }

    private static func tokens(_ header: String?) -> [String] {
        (header ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    }

    private static func refusal(_ status: String) -> String {
        "HTTP/1.1 \(status)\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    }

    /// SHA-1 as RFC 6455 §1.3 asks for it; nothing here depends on its strength.
    static func sha1(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        padded += (0..<8).map { UInt8(truncatingIfNeeded: (message.count * 8) >> (56 - 8 * $0)) }
        for block in stride(from: 0, to: padded.count, by: 64) {
            var words = (0..<16).map { word in
                padded[(block + 4 * word)..<(block + 4 * word + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
            for index in 16..<80 {
                let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
                words.append(mixed << 1 | mixed >> 31)
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for index in 0..<80 {
                let (function, constant): (UInt32, UInt32) =
                    switch index {
                    case 0..<20: ((b & c) | (~b & d), 0x5A82_7999)
                    case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                    case 40..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                    default: (b ^ c ^ d, 0xCA62_C1D6)
                    }
                let next = (a << 5 | a >> 27) &+ function &+ e &+ constant &+ words[index]
                (e, d, c, b, a) = (d, c, b << 30 | b >> 2, a, next)
            }
            for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
        }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
    }
}

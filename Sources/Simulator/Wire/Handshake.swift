import Crypto
import Foundation
import NIOCore

/// The server's side of the WebSocket upgrade (The wire §1, What servers do §2.1).
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
            tokens(headers["connection"]).contains(where: { $0.lowercased() == "upgrade" }),
            let key = headers["sec-websocket-key"], !key.isEmpty,
            let version = headers["sec-websocket-version"].flatMap({ Int($0) }), version >= 13,
            // The second name is the older spelling of the same protocol; the answer is always the first.
            tokens(headers["sec-websocket-protocol"]).contains(where: { $0 == "tr_json2" || $0 == "rssl.json.v2" })
        else {
            return .reject(response: refusal("400 Bad Request"))
        }
        // RFC 6455 §1.3 asks for SHA-1; nothing here depends on its strength.
        let hash = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        let accept = Data(hash).base64EncodedString()
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
        (header ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private static func refusal(_ status: String) -> String {
        "HTTP/1.1 \(status)\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    }
}

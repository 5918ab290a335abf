import Crypto
import Foundation
import NIOCore
import NIOPosix

/// A server that is none: it answers every request with one text, or closes the connection.
final class OddServer: Sendable {
    let port: Int
    private let listener: any Channel

    /// `answer` makes the bytes from the request's head; nil closes without a word.
    static func start(_ answer: @escaping @Sendable (String) -> String?) async throws -> OddServer {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(OddHandler(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return OddServer(port: listener.localAddress?.port ?? 0, listener: listener)
    }

    private init(port: Int, listener: any Channel) {
        self.port = port
        self.listener = listener
    }

    func stop() async throws {
        try await listener.close()
    }

    /// A right `Sec-WebSocket-Accept` for a request.
    static func accept(_ head: String) -> String {
        let key =
            head.components(separatedBy: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") }?
            .dropFirst("Sec-WebSocket-Key: ".count) ?? ""
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return Data(digest).base64EncodedString()
    }

    /// The head of an upgrade's answer.
    static func switching(_ accept: String, _ more: String...) -> String {
        let lines = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(accept)",
        ]
        return (lines + more).joined(separator: "\r\n") + "\r\n\r\n"
    }
}

private final class OddHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (String) -> String?
    private var head = ""

    init(_ answer: @escaping @Sendable (String) -> String?) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        head += String(buffer: unwrapInboundIn(data))
        guard head.hasSuffix("\r\n\r\n") else { return }
        guard let text = answer(head) else {
            context.close(promise: nil)
            return
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}

import NIOCore
import NIOPosix
import Synchronization

/// A server that says what a test wants: it takes every upgrade and login, and answers each other message with bytes.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: any Channel
    private let shared: Shared

    fileprivate final class Shared: Sendable {
        let received = Mutex<[String]>([])
        let newest = Mutex<(any Channel)?>(nil)
    }

    /// `answer` gets each message but logins, and the connection's number from 1.
    static func start(_ answer: @escaping @Sendable (String, Int) -> [UInt8]) async throws -> ScriptedServer {
        let shared = Shared()
        let connections = Mutex(0)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let number = connections.withLock {
                    $0 += 1
                    return $0
                }
                shared.newest.withLock { $0 = channel }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptedHandler(shared) { answer($0, number) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedServer(port: listener.localAddress?.port ?? 0, listener: listener, shared: shared)
    }

    private init(port: Int, listener: any Channel, shared: Shared) {
        self.port = port
        self.listener = listener
        self.shared = shared
    }

    /// Messages that came, logins too, in order.
    var received: [String] { shared.received.withLock { $0 } }

    /// Writes on the newest connection.
    func push(_ bytes: [UInt8]) async throws {
        guard let channel = shared.newest.withLock({ $0 }) else { return }
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func stop() async throws {
        try await listener.close()
    }

    /// A server's frame.
    static func frame(_ payload: [UInt8], opcode: UInt8 = 1, isFinal: Bool = true) -> [UInt8] {
        header(payload.count, opcode: opcode, isFinal: isFinal) + payload
    }

    static func frame(_ text: String) -> [UInt8] { frame(Array(text.utf8)) }

    static func header(_ payload: Int, opcode: UInt8 = 1, isFinal: Bool = true) -> [UInt8] {
        let first = (isFinal ? 0x80 : 0) | opcode
        if payload < 126 { return [first, UInt8(payload)] }
        if payload < 65536 { return [first, 126, UInt8(payload >> 8), UInt8(payload & 255)] }
        return [first, 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload >> (56 - $0 * 8)) }
    }

    /// The PostID of a post; nil: it is none.
    static func postID(_ message: String) -> Int? {
        guard message.contains(#""Type":"Post""#), let name = message.firstRange(of: #""PostID":"#) else { return nil }
        return Int(message[name.upperBound...].prefix { $0.isNumber })
    }

    /// An Ack with these members besides.
    static func ack(_ postID: Int, _ more: String = "") -> [UInt8] {
        frame(#"[{"ID":1,"Type":"Ack","AckID":\#(postID)\#(more)}]"#)
    }
}

private final class ScriptedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let login =
        #"[{"ID":1,"Type":"Refresh","Domain":"Login","Key":{"Elements":{"SupportOMMPost":1}},"State":{"Stream":"Open","Data":"Ok"},"Elements":{"PingTimeout":60}}]"#

    private let shared: ScriptedServer.Shared
    private let answer: (String) -> [UInt8]
    private var isUpgraded = false
    private var bytes: [UInt8] = []

    init(_ shared: ScriptedServer.Shared, _ answer: @escaping (String) -> [UInt8]) {
        self.shared = shared
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += Array(buffer: unwrapInboundIn(data))
        if !isUpgraded {
            let head = String(decoding: bytes, as: UTF8.self)
            guard head.hasSuffix("\r\n\r\n") else { return }
            isUpgraded = true
            bytes = []
            let text = OddServer.switching(OddServer.accept(head), "Sec-WebSocket-Protocol: tr_json2")
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            return
        }
        while let message = nextMessage() {
            shared.received.withLock { $0.append(message) }
            let isLogin = message.contains(#""Domain":"Login""#) && !message.contains(#""Refresh":false"#)
            let out = isLogin ? ScriptedServer.frame(Self.login) : answer(message)
            if !out.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: out)), promise: nil) }
        }
    }

    /// The next whole frame's text, unmasked.
    private func nextMessage() -> String? {
        guard bytes.count >= 2 else { return nil }
        let short = Int(bytes[1] & 0x7f)
        let wide = short == 126 ? 2 : short == 127 ? 8 : 0
        guard bytes.count >= 2 + wide + 4 else { return nil }
        let length = wide == 0 ? short : bytes[2..<2 + wide].reduce(0) { $0 << 8 | Int($1) }
        let start = 2 + wide + 4
        guard bytes.count >= start + length else { return nil }
        let mask = Array(bytes[start - 4..<start])
        let payload = bytes[start..<start + length].enumerated().map { $1 ^ mask[$0 % 4] }
        bytes.removeFirst(start + length)
        return String(decoding: payload, as: UTF8.self)
    }
}

/// Runs a scripted server, and stops it whatever happens.
func withScript(
    _ answer: @escaping @Sendable (String, Int) -> [UInt8], _ body: (ScriptedServer) async throws -> Void
) async throws {
    let server = try await ScriptedServer.start(answer)
    do {
        try await body(server)
        try await server.stop()
    } catch {
        try? await server.stop()
        throw error
    }
}

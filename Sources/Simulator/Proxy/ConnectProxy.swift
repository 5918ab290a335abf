import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// An HTTP CONNECT proxy that counts who came and, where told, demands Basic credentials.
package final class ConnectProxy: Sendable {
    /// What a proxy saw since its start.
    package struct Report: Sendable, Equatable {
        /// Tunnels that were opened.
        package var tunnels = 0
        /// Requests that were answered with 407.
        package var refusedCredentials = 0
        /// Requests that were no CONNECT, or whose target was not to be reached.
        package var failures = 0
        /// `host:port` of every tunnel, in the order of opening.
        package var targets: [String] = []
        /// Bytes that went through, in both directions.
        package var bytes = 0
    }

    /// The port it listens on.
    package let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let counts: Counts

    /// Starts a proxy.
    /// - Parameters:
    ///   - host: the address it listens on.
    ///   - port: 0 for a free one.
    ///   - user: demanded together with `password` in a Basic `Proxy-Authorization`; nil for none.
    /// - Throws: what the system says when it cannot listen.
    package static func start(
        host: String = "127.0.0.1", port: Int = 0, user: String? = nil, password: String = ""
    ) async throws -> ConnectProxy {
        let counts = Counts()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let credentials = user.map { "Basic " + Data("\($0):\(password)".utf8).base64EncodedString() }
        do {
            let listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ConnectHandler(credentials: credentials, counts: counts))
                    }
                }
                .bind(host: host, port: port).get()
            return ConnectProxy(
                port: listener.localAddress?.port ?? port, group: group, listener: listener, counts: counts)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    private init(port: Int, group: MultiThreadedEventLoopGroup, listener: any Channel, counts: Counts) {
        self.port = port
        self.group = group
        self.listener = listener
        self.counts = counts
    }

    /// What was seen so far.
    package func report() -> Report {
        counts.report.withLock { $0 }
    }

    /// Closes every tunnel and the port.
    package func stop() async throws {
        try? await listener.close()
        try await group.shutdownGracefully()
    }
}

private final class Counts: Sendable {
    let report = Mutex(ConnectProxy.Report())
}

/// Reads the CONNECT request, connects to its target and then steps aside for two ``TunnelHandler``s.
private final class ConnectHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let credentials: String?
    private let counts: Counts
    private var received = ByteBuffer()
    private var isConnecting = false

    init(credentials: String?, counts: Counts) {
        self.credentials = credentials
        self.counts = counts
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        guard !isConnecting else { return }
        let view = received.readableBytesView
        guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else {
            if view.count > 16 * 1024 { context.close(promise: nil) }
            return
        }
        let lines = String(decoding: view[view.startIndex..<end.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        received.moveReaderIndex(to: end.upperBound)
        isConnecting = true
        connect(lines, context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func connect(_ lines: [String], _ context: ChannelHandlerContext) {
        let request = lines[0].split(separator: " ")
        guard request.count == 3, request[0] == "CONNECT", let colon = request[1].lastIndex(of: ":"),
            let port = Int(request[1][request[1].index(after: colon)...])
        else {
            refuse("400 Bad Request", context)
            return
        }
        if let credentials {
            let given = lines.dropFirst().first { $0.lowercased().hasPrefix("proxy-authorization:") }
                .map { $0.dropFirst("proxy-authorization:".count).trimmingCharacters(in: .whitespaces) }
            guard given == credentials else {
                counts.report.withLock { $0.refusedCredentials += 1 }
                answer(
                    "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"simulator\"\r\n"
                        + "Content-Length: 0\r\nConnection: close\r\n\r\n", context)
                context.close(promise: nil)
                return
            }
        }
        let host = request[1][..<colon].trimmingCharacters(in: ["[", "]"])
        let target = String(request[1])
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connect(host: host, port: port)
            .hop(to: context.eventLoop)
            .whenComplete { result in
                let (handler, context) = bound.value
                switch result {
                case .success(let peer): handler.open(peer, target, context)
                case .failure: handler.refuse("502 Bad Gateway", context)
                }
            }
    }

    private func open(_ peer: any Channel, _ target: String, _ context: ChannelHandlerContext) {
        counts.report.withLock { report in
            report.tunnels += 1
            report.targets.append(target)
        }
        answer("HTTP/1.1 200 Connection established\r\n\r\n", context)
        let channel = context.channel
        do {
            try peer.pipeline.syncOperations.addHandler(TunnelHandler(to: channel, counts: counts))
            try context.pipeline.syncOperations.addHandler(TunnelHandler(to: peer, counts: counts))
        } catch {
            context.close(promise: nil)
            peer.close(promise: nil)
            return
        }
        if received.readableBytes > 0 { context.fireChannelRead(NIOAny(received)) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        peer.setOption(.autoRead, value: true).whenComplete { _ in peer.read() }
    }

    private func refuse(_ status: String, _ context: ChannelHandlerContext) {
        counts.report.withLock { $0.failures += 1 }
        answer("HTTP/1.1 \(status)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", context)
        context.close(promise: nil)
    }

    private func answer(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}

/// Hands what comes in on one channel to another, and its end too.
private final class TunnelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let peer: any Channel
    private let counts: Counts

    init(to peer: any Channel, counts: Counts) {
        self.peer = peer
        self.counts = counts
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        counts.report.withLock { $0.bytes += bytes.readableBytes }
        peer.writeAndFlush(bytes, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
        peer.close(promise: nil)
    }
}

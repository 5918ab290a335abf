import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The HTTPS side of the token endpoint: reads requests, asks the provider's ``TokenDesk``, writes answers.
enum TokenServer {
    static func start(
        _ endpoint: Scenario.TokenEndpoint, host: String, provider: Provider, context: NIOSSLContext,
        group: MultiThreadedEventLoopGroup, children: Children
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let transport = TransportEnd()
                    children.add(channel, transport)
                    try pipeline.addHandler(transport)
                    try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(TokenHandler(provider: provider))
                }
            }
            .bind(host: host, port: endpoint.port).get()
    }
}

private final class TokenHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let provider: Provider
    private var request: TokenRequest?

    /// No honest request is as large.
    private static let maxBodyBytes = 1 << 20

    init(provider: Provider) {
        self.provider = provider
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $0 + ", " + $1 }
            request = TokenRequest(method: head.method.rawValue, path: head.uri, headers: headers, body: "")
        case .body(let bytes):
            request?.body += String(buffer: bytes)
            if let request, request.body.utf8.count > TokenHandler.maxBodyBytes { context.close(promise: nil) }
        case .end:
            guard let request else { return }
            self.request = nil
            answer(request, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ request: TokenRequest, _ context: ChannelHandlerContext) {
        let now = Moment.now()
        let (answer, wakers) = provider.withState { state in state.answer(request, at: now) }
        for waker in wakers { waker() }
        guard !answer.hangs else { return }
        guard answer.delay > .zero else {
            write(answer, context)
            return
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .nanoseconds(answer.delay.nanoseconds)) {
            let (handler, context) = bound.value
            handler.write(answer, context)
        }
    }

    private func write(_ answer: TokenAnswer, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders(answer.headers)
        headers.replaceOrAdd(name: "Content-Length", value: String(answer.body.utf8.count))
        if !answer.body.isEmpty, headers["Content-Type"].isEmpty {
            headers.replaceOrAdd(name: "Content-Type", value: "application/json")
        }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

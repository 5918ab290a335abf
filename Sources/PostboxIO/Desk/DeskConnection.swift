internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import PostboxCore

/// A connection of the control socket, or of the port: HTTP/1.1, one request after the other, within limits of size and time.
final class DeskConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Nothing of a request has come yet.
        case idle
        case reading(HTTPRequestHead, body: [UInt8])
        /// The request came whole: the service takes its time.
        case answering
        /// The client has to take its answer. Goes to: idle, where the connection goes on, else ending.
        case sending
        /// Whatever comes is read by nobody.
        case ending
    }

    private let limits: DeskServer.Limits
    private let answers: AnswersInWork
    private let answer: DeskServer.Answer
    private let isSecure: Bool
    private var state = State.idle
    private var timer: Scheduled<Void>?
    private var source = DeskRequest.Source.socket(uid: nil)
    /// Makes what goes out piece by piece.
    private var stream: Task<Void, Never>?

    private init(
        _ limits: DeskServer.Limits, _ answers: AnswersInWork, isSecure: Bool, _ answer: @escaping DeskServer.Answer
    ) {
        self.limits = limits
        self.answers = answers
        self.isSecure = isSecure
        self.answer = answer
    }

    /// Makes a client's channel one that speaks HTTP.
    static func set(
        up channel: any Channel, _ limits: DeskServer.Limits, _ answers: AnswersInWork, isSecure: Bool,
        _ answer: @escaping DeskServer.Answer
    ) throws {
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldSize = limits.headerBytes
        decoder.maxHeaderListSize = limits.headerBytes
        decoder.maxHeaderFieldCount = limits.headers
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: true, withErrorHandling: false, withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: decoder)
        try channel.pipeline.syncOperations.addHandler(
            DeskConnection(limits, answers, isSecure: isSecure, answer))
    }

    // MARK: - The client's time

    func handlerAdded(context: ChannelHandlerContext) { wait(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    /// Ends the connection unless something else comes about in time.
    private func wait(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(limits.patience.nanoseconds)) {
            context.close(promise: nil)
        }
    }

    // MARK: - Requests

    func channelActive(context: ChannelHandlerContext) {
        if let address = context.channel.remoteAddress?.ipAddress {
            source = .network(address: address, isSecure: isSecure)
        } else if let options = context.channel as? any SocketOptionProvider {
            let found: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
                level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED))
            found.assumeIsolated().whenSuccess { self.source = .socket(uid: $0.uid == .max ? nil : $0.uid) }
        }
        context.fireChannelActive()
    }

    /// ucred of unix(7): who is at the other end, as it was when he connected.
    private struct Credentials {
        var pid: Int32 = 0
        var uid: UInt32 = .max
        var gid: UInt32 = .max
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle):
            state = .reading(head, body: [])
        case (.body(let part), .reading(let head, var body)):
            // Else it would be copied.
            state = .idle
            body.append(contentsOf: part.readableBytesView)
            guard body.count <= limits.bodyBytes else {
                let text = "the body is longer than \(limits.bodyBytes) bytes"
                return send(DeskReply(problem: 413, text), to: head, endsWithIt: true, context)
            }
            state = .reading(head, body: body)
        case (.end, .reading(let head, let body)):
            state = .answering
            timer?.cancel()
            find(
                DeskRequest(
                    method: head.method.rawValue, target: head.uri,
                    headers: head.headers.map { DeskRequest.Header($0.name, $0.value) }, body: body, source: source),
                for: head, context)
        default:
            break
        }
    }

    private func find(_ request: DeskRequest, for head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let own = NIOLoopBound((connection: self, context: context), eventLoop: context.eventLoop)
        answers.begin()
        // Whatever it is, posting goes first.
        Task(priority: .background) { [answer, answers, eventLoop = context.eventLoop] in
            let output = await answer(request)
            eventLoop.execute {
                let (connection, context) = own.value
                if case .answering = connection.state {
                    switch output {
                    case .whole(let reply): connection.send(reply, to: head, endsWithIt: !head.isKeepAlive, context)
                    case .stream(let stream): connection.send(stream, to: head, context)
                    }
                }
                answers.end()
            }
        }
    }

    private func head(_ reply: DeskReply, length: Int?, endsWithIt: Bool) -> HTTPResponseHead {
        var headers = HTTPHeaders([("Content-Type", reply.contentType)])
        if let length { headers.add(name: "Content-Length", value: "\(length)") }
        headers.add(name: "Cache-Control", value: reply.keptSeconds.map { "max-age=\($0)" } ?? "no-store")
        for line in DeskReply.guards + reply.headers { headers.add(name: line.name, value: line.value) }
        // Whoever was here over TLS once comes so from then on.
        if isSecure { headers.add(name: "Strict-Transport-Security", value: "max-age=31536000") }
        if let allowed = reply.allowed { headers.add(name: "Allow", value: allowed) }
        if endsWithIt { headers.add(name: "Connection", value: "close") }
        return HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
    }

    private func send(
        _ reply: DeskReply, to head: HTTPRequestHead?, endsWithIt: Bool, _ context: ChannelHandlerContext
    ) {
        guard context.channel.isActive else { return state = .ending }
        state = .sending
        let ends = reply.kind == .data || reply.isProblem
        let body = ByteBuffer(string: ends ? reply.body + "\n" : reply.body)
        let first = self.head(reply, length: body.readableBytes, endsWithIt: endsWithIt)
        wait(context)
        context.write(wrapOutboundOut(.head(first)), promise: nil)
        let last = head?.method == .HEAD ? ByteBuffer() : body
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(last)))).assumeIsolated().whenComplete { result in
            self.sent(result, endsWithIt: endsWithIt, context)
        }
    }

    /// The client has taken its answer. Its end is written only now: the next request comes with it, and nobody is to collect
    /// answers that he does not take.
    private func sent(_ result: Result<Void, any Error>, endsWithIt: Bool, _ context: ChannelHandlerContext) {
        guard case .success = result, case .sending = state else { return context.close(promise: nil) }
        state = endsWithIt ? .ending : .idle
        wait(context)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if endsWithIt { context.close(promise: nil) }
    }

    // MARK: - Streams

    /// Sends piece after piece; the connection ends with the last one.
    private func send(_ stream: DeskStream, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return state = .ending }
        state = .sending
        wait(context)
        context.writeAndFlush(
            wrapOutboundOut(.head(self.head(stream.head, length: stream.length, endsWithIt: true))), promise: nil)
        guard head.method != .HEAD else { return sent(.success(()), endsWithIt: true, context) }
        let own = NIOLoopBound((connection: self, context: context), eventLoop: context.eventLoop)
        answers.begin()
        let task = Task(priority: .background) { [answers, eventLoop = context.eventLoop] in
            while let piece = await stream.next(), !Task.isCancelled {
                let isTaken = eventLoop.flatSubmit {
                    let (connection, context) = own.value
                    return connection.write(piece, context)
                }
                // Whoever takes nothing gets nothing more, and is cut off.
                guard (try? await isTaken.get()) != nil else { break }
            }
            eventLoop.execute {
                let (connection, context) = own.value
                if case .sending = connection.state { connection.sent(.success(()), endsWithIt: true, context) }
                answers.end()
            }
        }
        self.stream = task
        let number = answers.add(task)
        context.channel.closeFuture.whenComplete { [answers] _ in answers.remove(number) }
    }

    private func write(_ piece: [UInt8], _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        guard case .sending = state, context.channel.isActive else {
            return context.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        wait(context)
        let taken = context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))))
        // The next piece takes as long as it takes.
        taken.assumeIsolated().whenSuccess { self.timer?.cancel() }
        return taken
    }

    // MARK: - The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            switch state {
            // What comes is not whole, and the client says nothing more.
            case .idle, .reading: context.close(promise: nil)
            // Who follows what happens has gone.
            case .sending where stream != nil: context.close(promise: nil)
            case .answering, .sending, .ending: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        switch state {
        case .idle, .reading:
            let reply =
                error == .headerOverflow
                ? DeskReply(problem: 431, "the request's head is too long")
                : DeskReply(problem: 400, "this is no request of HTTP/1.1")
            send(reply, to: nil, endsWithIt: true, context)
        case .answering, .sending, .ending:
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        stream?.cancel()
        state = .ending
        context.fireChannelInactive()
    }
}

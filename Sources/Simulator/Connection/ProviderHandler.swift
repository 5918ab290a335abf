import NIOCore

/// Translates between one channel and its ``ProviderSession``: bytes to events, decisions to writes, one timer for the next
/// deadline.
final class ProviderHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case upgrading
        case open(ProviderSession)
        /// The connection is ending; what still comes is thrown away.
        case ending
    }

    private let provider: Provider
    private let scenario: Scenario
    private let number: Int
    private let transport: TransportEnd
    private var phase = Phase.upgrading
    private var received = ByteBuffer()
    private var reader: FrameReader
    private var timer: Scheduled<Void>?
    private var timerAt: Int64?
    private var isStalled = false
    private var isReadPaused = false
    /// A message without end that is being sent.
    private var flood: Flood?

    init(provider: Provider, scenario: Scenario, number: Int, transport: TransportEnd) {
        self.provider = provider
        self.scenario = scenario
        self.number = number
        self.transport = transport
        reader = FrameReader(
            maxBytes: scenario.maxFrameBytes, buffer: ReadBuffer(capacity: scenario.readBufferCapacity))
    }

    // MARK: Events

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .ending = phase { return }
        var bytes = unwrapInboundIn(data)
        let count = bytes.readableBytes
        received.writeBuffer(&bytes)
        process(context)
        if scenario.readLimit > 0 { pauseReading(context, after: count) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pour(context)
        context.fireChannelWritabilityChanged()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        provider.withState { state in
            state.setWaker(
                {
                    loop.execute {
                        let (handler, context) = bound.value
                        handler.timePassed(context)
                    }
                }, of: number)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        provider.withState { $0.setWaker(nil, of: number) }
        timer?.cancel()
        phase = .ending
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that goes away in any manner is nothing that a server complains about.
        context.close(promise: nil)
    }

    private func process(_ context: ChannelHandlerContext) {
        if case .upgrading = phase { upgrade(context) }
        guard case .open(var session) = phase, !isStalled else { return }
        // Let go of the copy in `phase`, so that the session's arrays change in place.
        phase = .ending
        let now = Moment.now()
        let output = provider.withState { state in
            var output = SessionOutput()
            do throws(FrameReader.Fault) {
                while output.ending == nil, output.stall == nil, let frame = try reader.next(from: &received) {
                    session.received(frame, at: now, state: &state, into: &output)
                }
            } catch {
                session.failed(error, at: now, state: &state, into: &output)
            }
            return output
        }
        received.discardReadBytes()
        phase = .open(session)
        run(output, context)
    }

    private func upgrade(_ context: ChannelHandlerContext) {
        switch Handshake.judge(&received) {
        case .incomplete:
            return
        case .accept(let response):
            let now = Moment.now()
            let session = provider.withState { state in
                ProviderSession(number: number, at: now, state: &state)
            }
            phase = .open(session)
            context.write(wrapOutboundOut(ByteBuffer(string: response)), promise: nil)
            schedule(context)
        case .reject(let response):
            provider.withState { $0.report.refusedHandshakes += 1 }
            context.write(wrapOutboundOut(ByteBuffer(string: response)), promise: nil)
            end(context)
        }
    }

    private func timePassed(_ context: ChannelHandlerContext) {
        timerAt = nil
        guard case .open(var session) = phase, !isStalled else { return }
        phase = .ending
        let now = Moment.now()
        let output = provider.withState { state in
            var output = SessionOutput()
            session.timePassed(to: now, state: &state, into: &output)
            return output
        }
        phase = .open(session)
        run(output, context)
        context.flush()
    }

    // MARK: Actions

    private func run(_ output: SessionOutput, _ context: ChannelHandlerContext) {
        if output.bytes.readableBytes > 0 {
            context.write(wrapOutboundOut(output.bytes), promise: nil)
        }
        switch output.ending {
        case .close(let code)?:
            var frame = ByteBuffer()
            frame.writeCloseFrame(code: code)
            context.write(wrapOutboundOut(frame), promise: nil)
            end(context)
        case .reset?:
            reset(context)
        case .drop?:
            phase = .ending
            context.flush()
            transport.close()
        case nil:
            if let oversize = output.oversize {
                flood = Flood(oversize)
                pour(context)
            }
            if let pause = output.stall { stall(context, for: pause) }
            schedule(context)
        }
    }

    /// Closes so that what was written arrives: a plain close with unread bytes would reset the connection under it.
    private func end(_ context: ChannelHandlerContext) {
        phase = .ending
        timer?.cancel()
        context.flush()
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    private func reset(_ context: ChannelHandlerContext) {
        phase = .ending
        context.flush()
        transport.reset(context.channel)
    }

    /// Sends some more of the message without end, as long as the client reads.
    private func pour(_ context: ChannelHandlerContext) {
        guard case .open = phase, context.channel.isWritable, let some = flood?.next() else { return }
        context.writeAndFlush(wrapOutboundOut(some), promise: nil)
        // One piece a turn, so that a client that reads fast does not hold up every other connection.
        guard flood?.isPouring == false else { return }
        flood?.isPouring = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let (handler, context) = bound.value
            handler.flood?.isPouring = false
            handler.pour(context)
        }
    }

    private func stall(_ context: ChannelHandlerContext, for nanoseconds: Int64) {
        isStalled = true
        setReading(false, context)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .nanoseconds(nanoseconds)) {
            let (handler, context) = bound.value
            handler.isStalled = false
            if !handler.isReadPaused { handler.setReading(true, context) }
            handler.process(context)
            handler.timePassed(context)
            context.flush()
        }
    }

    private func pauseReading(_ context: ChannelHandlerContext, after count: Int) {
        isReadPaused = true
        setReading(false, context)
        let pause = Int64(count) * 1_000_000_000 / Int64(scenario.readLimit)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .nanoseconds(pause)) {
            let (handler, context) = bound.value
            handler.isReadPaused = false
            if !handler.isStalled { handler.setReading(true, context) }
        }
    }

    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        // What is due while the connection is stalled waits for the stall's end: a timer for it would fire again and again,
        // and hold up every other connection.
        guard !isStalled, case .open(let session) = phase, let deadline = session.nextDeadline else { return }
        // A timer that comes too early does no harm and sets the next one.
        if let timerAt, timerAt <= deadline { return }
        timer?.cancel()
        timerAt = deadline
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let pause = max(0, deadline - Moment.now().nanoseconds)
        timer = context.eventLoop.scheduleTask(in: .nanoseconds(pause)) {
            let (handler, context) = bound.value
            handler.timePassed(context)
            handler.schedule(context)
        }
    }
}

/// A message without end, as far as it has been sent.
private struct Flood {
    private let oversize: Scenario.Oversize
    private var sent = 0
    /// Whether the next piece is on its way to be sent.
    var isPouring = false

    /// No client can need more to show that it has no limit, and a machine may run out of memory.
    private static let maxBytes = 256 << 20
    /// So much is sent at once, about.
    private static let pieceBytes = 1 << 16

    init(_ oversize: Scenario.Oversize) {
        self.oversize = oversize
    }

    /// The next piece; nil when it is enough.
    mutating func next() -> ByteBuffer? {
        var piece = ByteBuffer()
        switch oversize.manner {
        case .header:
            guard sent == 0 else { return nil }
            piece.writeFrameHeader(first: 0x81, length: oversize.bytes)
        case .fragments:
            guard sent < Flood.maxBytes else { return nil }
            let payload = [UInt8](repeating: UInt8(ascii: " "), count: oversize.bytes)
            repeat {
                // The first is text, what follows goes on with it, and none is the last.
                let isFirst = sent + piece.readableBytes == 0
                piece.writeFrameHeader(first: isFirst ? 0x01 : 0x00, length: payload.count)
                piece.writeBytes(payload)
            } while piece.readableBytes < Flood.pieceBytes
        }
        sent += piece.readableBytes
        return piece
    }
}

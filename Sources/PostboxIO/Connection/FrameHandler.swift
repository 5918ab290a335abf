internal import NIOCore
internal import PostboxCore

/// Hands what happens on a connection to its lane, which runs on the same thread: a translator, nothing more.
final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let lane: PostingLane
    private let connection: Int

    init(lane: PostingLane, connection: Int) {
        self.lane = lane
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        let connection = connection
        lane.assumeIsolated { $0.received(buffer, on: connection) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        lane.assumeIsolated { $0.pump() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        // Not at once: this may be called from inside the lane's own write.
        let lane = lane
        context.eventLoop.execute { lane.assumeIsolated { $0.pump() } }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let connection = connection
        lane.assumeIsolated { $0.connectionEnded(connection, "the server closed the connection") }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let words = ConnectionMaker.words(error)
        let connection = connection
        lane.assumeIsolated { $0.connectionEnded(connection, "the connection failed: \(words)") }
        context.close(promise: nil)
    }
}

/// Takes what comes and forgets it: for a connection that only asks whether somebody is there.
final class DiscardHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}

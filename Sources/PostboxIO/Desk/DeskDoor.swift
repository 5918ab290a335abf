internal import NIOCore

/// Lets so many clients in at once; others wait at the door until one has gone.
final class DeskDoor: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = any Channel
    typealias OutboundOut = any Channel

    private let most: Int
    private var inside = 0
    /// Somebody may wait outside.
    private var isShut = false

    init(_ most: Int) {
        self.most = most
    }

    func read(context: ChannelHandlerContext) {
        if inside < most { context.read() } else { isShut = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let client = unwrapInboundIn(data)
        inside += 1
        let own = NIOLoopBound((door: self, context: context), eventLoop: context.eventLoop)
        // One thread has them all.
        client.closeFuture.hop(to: context.eventLoop).whenComplete { _ in own.value.door.left(own.value.context) }
        context.fireChannelRead(data)
    }

    private func left(_ context: ChannelHandlerContext) {
        inside -= 1
        guard isShut, inside < most else { return }
        isShut = false
        context.read()
    }

    /// What is wrong with one client, or with there being too many files open, is no reason to close the door.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

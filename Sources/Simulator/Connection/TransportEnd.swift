import NIOCore

/// Stands below TLS in the pipeline, so that a connection can end without a word of TLS either.
final class TransportEnd: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    /// Closes TCP at once.
    func close() {
        context?.close(promise: nil)
    }
}

import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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

    /// Resets TCP.
    func reset(_ channel: any Channel) {
        guard let options = channel as? any SocketOptionProvider else {
            close()
            return
        }
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in bound.value.close() }
    }

    /// Closes TCP at once.
    func close() {
        context?.close(promise: nil)
    }
}

import NIOCore

/// Answers at full speed for measuring a client: finds each `"PostID":` in the bytes and sends its Ack; checks nothing.
final class FastHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    init(provider: Provider, scenario: Scenario) {}
}

import NIOCore

/// Answers at full speed for measuring a client; not there yet, so a connection in fast mode gets no answer.
final class FastHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    init(provider: Provider, scenario: Scenario) {}
}

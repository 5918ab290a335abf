/// Makes messages of a server's frames, whole or in fragments (RFC 6455 §5.4).
///
/// It is given what has come and was not taken yet, and says what its first bytes are: whoever holds the bytes goes on behind
/// them. Only fragments of messages are kept here.
package struct MessageAssembler: Sendable {
    /// What stood at the beginning of the bytes. Ranges are places in them.
    package enum Piece: Sendable, Equatable {
        /// A whole message, where it lies.
        case message(Range<Int>)
        /// The last fragment came: the whole message.
        case assembled([UInt8])
        /// A fragment was kept, or the frame means nothing to us.
        case nothing
        /// To be answered with a pong of the same payload.
        case ping(Range<Int>)
        /// The server closes the connection; its code, where it tells one.
        case close(UInt16?)
    }

    private var fragments: [UInt8] = []
    private var lengths = FrameCodec.Fragments()
    private var isFragmented = false

    package init() {}

    /// The frame at the beginning, and its bytes; nil: it is not all there yet. Throws where the server breaks the protocol.
    package mutating func next(
        _ bytes: UnsafeRawBufferPointer
    ) throws(FrameCodec.Violation) -> (piece: Piece, count: Int)? {
        let frame = try FrameCodec.inbound(bytes, payloadMax: FrameCodec.messageBytesMax)
        guard let frame else { return nil }
        let isControl = frame.opcode >= 8
        if isControl, frame.payload > 125 || !frame.isFinal { throw .control }
        let end = frame.header + frame.payload
        guard bytes.count >= end else { return nil }
        let payload = frame.header..<end
        if !isControl, !frame.isFinal || isFragmented {
            try lengths.take(frame.payload, isFinal: frame.isFinal)
            fragments += bytes[payload]
            isFragmented = !frame.isFinal
            guard frame.isFinal else { return (.nothing, end) }
            let whole = fragments
            fragments = []
            return (.assembled(whole), end)
        }
        switch frame.opcode {
        case FrameCodec.Opcode.text, FrameCodec.Opcode.binary:
            return (.message(payload), end)
        case FrameCodec.Opcode.ping:
            return (.ping(payload), end)
        case FrameCodec.Opcode.close:
            let code =
                frame.payload >= 2
                ? UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: frame.header, as: UInt16.self)) : nil
            return (.close(code), end)
        default:
            return (.nothing, end)
        }
    }

    /// Takes the frames at the beginning that hold plain Acks alone, which is nearly all that ever comes: their PostIDs go into
    /// `ids`. Returns the bytes taken. Throws where the server breaks the protocol.
    package func plainAcks(
        _ bytes: UnsafeRawBufferPointer, _ scanner: MessageScanner, into ids: inout [UInt32]
    ) throws(FrameCodec.Violation) -> Int {
        guard !isFragmented else { return 0 }
        var at = 0
        while let frame = try FrameCodec.inbound(
            UnsafeRawBufferPointer(rebasing: bytes[at...]), payloadMax: FrameCodec.messageBytesMax),
            frame.isFinal, frame.opcode == FrameCodec.Opcode.text
        {
            let start = at + frame.header
            guard bytes.count - start >= frame.payload,
                scanner.scanAcks(UnsafeRawBufferPointer(rebasing: bytes[start..<start + frame.payload]), into: &ids)
            else { break }
            at = start + frame.payload
        }
        return at
    }
}

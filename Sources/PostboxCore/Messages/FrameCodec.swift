/// Masks for client frames (RFC 6455 §5.3): xorshift from a seed the caller draws, so that tests can fix it.
package struct FrameMasks: Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed | 1
    }

    package mutating func next() -> UInt32 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt32(truncatingIfNeeded: state >> 16)
    }
}

/// WebSocket frames in bytes (RFC 6455 §5): many client frames in one buffer, server frames where they lie.
package enum FrameCodec {
    package enum Opcode {
        package static let continuation: UInt8 = 0
        package static let text: UInt8 = 1
        package static let binary: UInt8 = 2
        package static let close: UInt8 = 8
        package static let ping: UInt8 = 9
        package static let pong: UInt8 = 10
    }

    /// A client frame's header is at most this long, in bytes.
    package static let headerBytesMax = 14

    /// Bytes of a client frame's header for a payload of that many bytes.
    package static func headerBytes(payload: Int) -> Int {
        payload < 126 ? 6 : payload < 65536 ? 8 : 14
    }

    /// Writes the header of a final, masked client frame; its bytes follow, to be masked by `mask`.
    package static func writeHeader(
        opcode: UInt8, payload: Int, mask: UInt32, to out: UnsafeMutableRawPointer
    ) {
        out.storeBytes(of: 0x80 | opcode, as: UInt8.self)
        var at = 2
        if payload < 126 {
            out.storeBytes(of: 0x80 | UInt8(payload), toByteOffset: 1, as: UInt8.self)
        } else if payload < 65536 {
            out.storeBytes(of: 0x80 | 126, toByteOffset: 1, as: UInt8.self)
            out.storeBytes(of: UInt16(payload).bigEndian, toByteOffset: 2, as: UInt16.self)
            at = 4
        } else {
            out.storeBytes(of: 0x80 | 127, toByteOffset: 1, as: UInt8.self)
            out.storeBytes(of: UInt64(payload).bigEndian, toByteOffset: 2, as: UInt64.self)
            at = 10
        }
        out.storeBytes(of: mask, toByteOffset: at, as: UInt32.self)
    }

    /// Masks a payload in place. `mask` in memory order, as it stands in the header.
    package static func mask(_ payload: UnsafeMutableRawPointer, count: Int, with mask: UInt32) {
        let wide = UInt64(mask) | UInt64(mask) << 32
        let widest = SIMD4<UInt64>(repeating: wide)
        var at = 0
        while at + 32 <= count {
            let words = payload.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self)
            payload.storeBytes(of: words ^ widest, toByteOffset: at, as: SIMD4<UInt64>.self)
            at += 32
        }
        while at + 8 <= count {
            let word = payload.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            payload.storeBytes(of: word ^ wide, toByteOffset: at, as: UInt64.self)
            at += 8
        }
        var rest = wide
        while at < count {
            let byte = payload.load(fromByteOffset: at, as: UInt8.self)
            payload.storeBytes(of: byte ^ UInt8(truncatingIfNeeded: rest), toByteOffset: at, as: UInt8.self)
            rest >>= 8
            at += 1
        }
    }

    /// One client frame of a payload, as bytes of its own.
    package static func frame(opcode: UInt8, payload: [UInt8], mask: UInt32) -> [UInt8] {
        let header = headerBytes(payload: payload.count)
        var out = [UInt8](repeating: 0, count: header)
        out.append(contentsOf: payload)
        out.withUnsafeMutableBytes { raw in
            guard let base = raw.baseAddress else { return }
            writeHeader(opcode: opcode, payload: payload.count, mask: mask, to: base)
            Self.mask(base + header, count: payload.count, with: mask)
        }
        return out
    }

    /// A server frame's header, read where it lies.
    package struct Inbound: Equatable {
        package var isFinal: Bool
        package var opcode: UInt8
        /// Bytes of the header.
        package var header: Int
        /// Bytes of the payload.
        package var payload: Int
    }

    /// What a server may not send.
    package enum Violation: Error, Equatable, CustomStringConvertible {
        /// A masked frame (RFC 6455 §5.1).
        case masked
        /// Reserved bits without an extension.
        case reservedBits
        /// A message above the limit, in bytes.
        case tooLong(Int)
        /// A ping, pong or close above 125 bytes, or in fragments (RFC 6455 §5.5).
        case control

        package var description: String {
            switch self {
            case .masked: "it sent a masked frame"
            case .reservedBits: "it sent a frame with reserved bits"
            case .tooLong: "message_too_large: it sent a message longer than \(FrameCodec.messageBytesMax >> 20) MB"
            case .control: "it sent a ping, pong or close frame longer than 125 bytes"
            }
        }
    }

    /// Bytes of a server's message, in one frame or in fragments: no server sends more.
    package static let messageBytesMax = 16 << 20

    /// Counts a message in fragments, so that one which never ends is noticed.
    package struct Fragments: Sendable {
        private var bytes = 0

        package init() {}

        /// One more fragment of that many bytes.
        package mutating func take(_ payload: Int, isFinal: Bool) throws(Violation) {
            guard payload <= messageBytesMax - bytes else { throw .tooLong(bytes + payload) }
            bytes = isFinal ? 0 : bytes + payload
        }
    }

    /// The frame that begins at the first byte, as soon as its header is there; nil: more bytes are needed.
    package static func inbound(
        _ bytes: UnsafeRawBufferPointer, payloadMax: Int
    ) throws(Violation) -> Inbound? {
        guard bytes.count >= 2 else { return nil }
        guard bytes[0] & 0x70 == 0 else { throw .reservedBits }
        guard bytes[1] & 0x80 == 0 else { throw .masked }
        var length = Int(bytes[1] & 0x7f)
        var header = 2
        if length == 126 {
            guard bytes.count >= 4 else { return nil }
            length = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            header = 4
        } else if length == 127 {
            guard bytes.count >= 10 else { return nil }
            let long = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            length = Int(clamping: long)
            header = 10
        }
        guard length <= payloadMax else { throw .tooLong(length) }
        return Inbound(isFinal: bytes[0] & 0x80 != 0, opcode: bytes[0] & 0x0f, header: header, payload: length)
    }
}

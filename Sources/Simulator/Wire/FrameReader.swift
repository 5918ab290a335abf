import NIOCore

/// What a client sent in one WebSocket message or control frame.
enum InboundFrame: Equatable {
    /// A whole text or binary message, fragments joined: a server takes both alike (What servers do §2.6).
    case message([UInt8])
    case ping
    case pong
    case close
}

/// Cuts the inbound bytes of one connection into frames.
struct FrameReader {
    /// Why the connection has to end.
    enum Fault: Error {
        /// Larger than the server reads: the connection is reset without a word (What servers do §2.6).
        case tooLarge
        /// Too large for what is left of the read buffer (What servers do §2.9).
        case doesNotFit
        /// Unmasked, or not a frame at all: the connection is dropped (What servers do §2.6, The wire §1).
        case malformed
    }

    /// Largest message in bytes, its WebSocket headers included (What servers do §2.6).
    let maxBytes: Int
    private var buffer: ReadBuffer
    private var fragments: [UInt8]?
    private var fragmentBytes = 0

    /// - Parameters:
    ///   - maxBytes: see ``maxBytes``.
    ///   - buffer: what the connection is read into.
    init(maxBytes: Int, buffer: ReadBuffer) {
        self.maxBytes = maxBytes
        self.buffer = buffer
    }

    /// The next frame, or nil when more bytes are needed.
    mutating func next(from bytes: inout ByteBuffer) throws(Fault) -> InboundFrame? {
        while true {
            let start = bytes.readerIndex
            guard let first: UInt8 = bytes.getInteger(at: start),
                let second: UInt8 = bytes.getInteger(at: start + 1)
            else { return nil }
            let isFinal = first & 0x80 != 0
            let opcode = first & 0x0F
            guard first & 0x70 == 0, second & 0x80 != 0 else { throw .malformed }

            var header = 2
            var length = Int(second & 0x7F)
            if length == 126 {
                guard let long: UInt16 = bytes.getInteger(at: start + 2) else { return nil }
                length = Int(long)
                header = 4
            } else if length == 127 {
                guard let long: UInt64 = bytes.getInteger(at: start + 2) else { return nil }
                guard long <= UInt64(Int32.max) else { throw .tooLarge }
                length = Int(long)
                header = 10
            }
            if opcode >= 8, length > 125 || !isFinal { throw .malformed }
            // Told by the header alone: the server does not read what it will not take.
            guard fragmentBytes + header + 4 + length <= maxBytes else { throw .tooLarge }
            guard buffer.makeRoom(for: header + 4 + length) else { throw .doesNotFit }
            guard bytes.readableBytes >= header + 4 + length else { return nil }
            guard let mask = bytes.getBytes(at: start + header, length: 4),
                var payload = bytes.getBytes(at: start + header + 4, length: length)
            else { return nil }
            bytes.moveReaderIndex(forwardBy: header + 4 + length)
            buffer.take(header + 4 + length, isLast: bytes.readableBytes == 0)
            payload.withUnsafeMutableBufferPointer { bytes in
                for index in bytes.indices { bytes[index] ^= mask[index & 3] }
            }

            switch opcode {
            case 8: return .close
            case 9: return .ping
            case 10: return .pong
            case 1, 2:
                guard fragments == nil else { throw .malformed }
                if isFinal { return .message(payload) }
                fragments = payload
                fragmentBytes = header + 4 + length
            case 0:
                guard let before = fragments else { throw .malformed }
                fragments = before + payload
                fragmentBytes += header + 4 + length
                if isFinal, let whole = fragments {
                    fragments = nil
                    fragmentBytes = 0
                    return .message(whole)
                }
            default:
                throw .malformed
            }
        }
    }
}

extension ByteBuffer {
    /// Appends one text frame as a server writes it: final, unmasked.
    mutating func writeTextFrame(_ payload: [UInt8]) {
        writeFrameHeader(first: 0x81, length: payload.count)
        writeBytes(payload)
    }

    /// Appends the header of an unmasked frame.
    /// - Parameter first: the byte with the opcode, and 0x80 for the last frame of its message.
    mutating func writeFrameHeader(first: UInt8, length: Int) {
        writeInteger(first)
        switch length {
        case 0..<126:
            writeInteger(UInt8(length))
        case 126..<65536:
            writeInteger(UInt8(126))
            writeInteger(UInt16(length))
        default:
            writeInteger(UInt8(127))
            writeInteger(UInt64(length))
        }
    }

    /// Appends a Close frame with its code and no reason.
    mutating func writeCloseFrame(code: UInt16) {
        writeInteger(UInt8(0x88))
        writeInteger(UInt8(2))
        writeInteger(code)
    }

    /// Appends a WebSocket pong: always empty, whatever the ping carried (What servers do §2.7).
    mutating func writeEmptyPong() {
        writeInteger(UInt8(0x8A))
        writeInteger(UInt8(0))
    }
}

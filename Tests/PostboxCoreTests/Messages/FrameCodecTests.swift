import Testing

@testable import PostboxCore

@Suite("WebSocket frames")
struct FrameCodecTests {
    private func inbound(_ bytes: [UInt8], payloadMax: Int = 1 << 20) throws -> FrameCodec.Inbound? {
        let result = bytes.withUnsafeBytes { raw in
            Result { () throws(FrameCodec.Violation) in try FrameCodec.inbound(raw, payloadMax: payloadMax) }
        }
        return try result.get()
    }

    @Test(
        "A client frame's header has the length that its payload asks for",
        arguments: [
            (0, [0x80]), (125, [0x80 | 125]), (126, [0xfe, 0, 126]), (65535, [0xfe, 0xff, 0xff]),
            (65536, [0xff, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])])
    func headers(payload: Int, length: [UInt8]) {
        let frame = FrameCodec.frame(
            opcode: FrameCodec.Opcode.text, payload: Array(repeating: 0, count: payload), mask: 0x0403_0201)
        #expect(Array(frame.prefix(1 + length.count)) == [0x81] + length)
        #expect(Array(frame[(1 + length.count)..<(5 + length.count)]) == [1, 2, 3, 4])
        #expect(FrameCodec.headerBytes(payload: payload) == 5 + length.count)
        #expect(frame.count == payload + 5 + length.count)
    }

    @Test("Masking agrees with masking byte by byte", arguments: 0...40)
    func masking(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
        let frame = FrameCodec.frame(opcode: FrameCodec.Opcode.binary, payload: payload, mask: 0xdead_beef)
        let mask: [UInt8] = [0xef, 0xbe, 0xad, 0xde]
        #expect(Array(frame[2..<6]) == mask)
        #expect(Array(frame[6...]) == payload.enumerated().map { $1 ^ mask[$0 % 4] })
    }

    @Test("Masks differ from one to the next, and a seed repeats them")
    func masks() {
        var one = FrameMasks(seed: 7)
        var two = FrameMasks(seed: 7)
        let first = (0..<100).map { _ in one.next() }
        let second = (0..<100).map { _ in two.next() }
        #expect(first == second)
        #expect(Set(first).count == 100)
    }

    @Test(
        "A server frame's header is read as soon as it is whole",
        arguments: [
            ([0x81, 5], 5), ([0x81, 126, 1, 0], 256), ([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 1], 65537),
        ] as [([UInt8], Int)])
    func reading(header: [UInt8], payload: Int) throws {
        for count in 0..<header.count { #expect(try inbound(Array(header.prefix(count))) == nil) }
        let expected = FrameCodec.Inbound(isFinal: true, opcode: 1, header: header.count, payload: payload)
        #expect(try inbound(header) == expected)
        #expect(try inbound(header + [1, 2, 3]) == expected)
    }

    @Test("A continuation, a Close and a Ping are told by their opcode")
    func opcodes() throws {
        #expect(try inbound([0x00, 0]) == FrameCodec.Inbound(isFinal: false, opcode: 0, header: 2, payload: 0))
        #expect(try inbound([0x88, 2])?.opcode == FrameCodec.Opcode.close)
        #expect(try inbound([0x89, 0])?.opcode == FrameCodec.Opcode.ping)
    }

    @Test("What a server may not send is refused")
    func violations() {
        #expect(throws: FrameCodec.Violation.masked) { try inbound([0x81, 0x85]) }
        for bits: UInt8 in [0x40, 0x20, 0x10] {
            #expect(throws: FrameCodec.Violation.reservedBits) { try inbound([0x81 | bits, 5]) }
        }
        #expect(throws: FrameCodec.Violation.tooLong(101)) { try inbound([0x81, 101], payloadMax: 100) }
        #expect(throws: FrameCodec.Violation.tooLong(.max)) {
            try inbound([0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
        }
    }

    @Test("A message in fragments that goes on and on is too long at 16 MB, one after the other is not")
    func fragments() throws {
        var lengths = FrameCodec.Fragments()
        let part = FrameCodec.messageBytesMax / 4
        for _ in 1...3 {
            for at in 1...4 { try lengths.take(part, isFinal: at == 4) }
        }
        for _ in 1...4 { try lengths.take(part, isFinal: false) }
        try lengths.take(0, isFinal: false)
        #expect(throws: FrameCodec.Violation.tooLong(FrameCodec.messageBytesMax + 1)) {
            try lengths.take(1, isFinal: true)
        }
        var whole = FrameCodec.Fragments()
        #expect(throws: FrameCodec.Violation.tooLong(.max)) { try whole.take(.max, isFinal: false) }
        #expect(
            FrameCodec.Violation.tooLong(.max).description
                == "message_too_large: it sent a message longer than 16 MB")
    }
}

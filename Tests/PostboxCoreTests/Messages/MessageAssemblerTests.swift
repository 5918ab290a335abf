import PostboxCore
import Testing

@Suite("Messages from a server's frames")
struct MessageAssemblerTests {
    /// An unmasked frame with a short header.
    private static func frame(_ opcode: UInt8, _ text: String, isFinal: Bool = true) -> [UInt8] {
        [(isFinal ? 0x80 : 0) | opcode, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    /// What a stream of bytes holds, given in pieces of that length.
    private static func texts(_ bytes: [UInt8], piece: Int) throws -> [String] {
        var assembler = MessageAssembler()
        var rest: [UInt8] = []
        var found: [String] = []
        var at = 0
        while at < bytes.count {
            rest += bytes[at..<min(bytes.count, at + piece)]
            at += piece
            while let (one, count) = try rest.withUnsafeBytes({ try assembler.next($0) }) {
                switch one {
                case .message(let range): found.append(String(decoding: rest[range], as: UTF8.self))
                case .assembled(let whole): found.append("= " + String(decoding: whole, as: UTF8.self))
                case .nothing: found.append("-")
                case .ping(let range): found.append("ping " + String(decoding: rest[range], as: UTF8.self))
                case .close(let code): found.append("close \(code.map(String.init) ?? "without a code")")
                }
                rest.removeFirst(count)
            }
        }
        #expect(rest.isEmpty)
        return found
    }

    @Test("Frames come out whole however they were cut, control frames between the fragments of a message, too")
    func cuts() throws {
        let bytes =
            frames(
                Self.frame(1, "[1]"), Self.frame(1, "[2", isFinal: false), Self.frame(9, "hey"),
                Self.frame(0, ",", isFinal: false), Self.frame(0, "3]"), Self.frame(10, ""), Self.frame(2, "[4]"),
                [0x88, 2, 3, 0xe8], [0x88, 0])
        for piece in [1, 2, 3, 5, 1000] {
            #expect(
                try Self.texts(bytes, piece: piece) == [
                    "[1]", "-", "ping hey", "-", "= [2,3]", "-", "[4]", "close 1000", "close without a code",
                ])
        }
    }

    private func frames(_ all: [UInt8]...) -> [UInt8] { all.flatMap { $0 } }

    @Test(
        "What a server may not send is refused",
        arguments: [
            ([0x81, 0x80, 0, 0, 0, 0], FrameCodec.Violation.masked), ([0xc1, 0], .reservedBits),
            ([0x09, 0], .control), ([0x89, 126, 0, 126], .control),
            ([0x81, 127, 0, 0, 0, 0, 2, 0, 0, 0], .tooLong(33_554_432)),
        ] as [([UInt8], FrameCodec.Violation)])
    func violations(bytes: [UInt8], expected: FrameCodec.Violation) {
        var assembler = MessageAssembler()
        #expect(throws: expected) { _ = try bytes.withUnsafeBytes { try assembler.next($0) } }
    }

    @Test("Plain Acks are taken from the beginning alone, and none of them while a message is in fragments")
    func plainAcks() throws {
        let ack = #"[{"ID":1,"Type":"Ack","AckID":7}]"#
        let bytes = Self.frame(1, ack) + Self.frame(1, ack) + Self.frame(1, "[{}]") + Self.frame(1, ack)
        var ids: [UInt32] = []
        var assembler = MessageAssembler()
        let taken = try bytes.withUnsafeBytes { try assembler.plainAcks($0, MessageScanner(), into: &ids) }
        #expect(ids == [7, 7] && taken == 2 * (ack.utf8.count + 2))
        _ = try Self.frame(1, "[", isFinal: false).withUnsafeBytes { try assembler.next($0) }
        let none = try bytes.withUnsafeBytes { try assembler.plainAcks($0, MessageScanner(), into: &ids) }
        #expect(none == 0 && ids.count == 2)
    }
}

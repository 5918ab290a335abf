import Testing

@testable import PostboxCore

@Suite("Lines being written")
struct LineBufferTests {
    @Test("What is written stays as memory grows, wherever in its page it begins", arguments: [0, 1, 4095, 4096, 5000])
    func grows(_ offset: Int) {
        var buffer = LineBuffer(offset: offset)
        var expected: [UInt8] = []
        for number in 0..<60_000 {
            buffer.append(16) { line in
                line.append(number)
                line.append(Byte.lineFeed)
            }
            expected += Array("\(number)\n".utf8)
        }
        #expect(buffer.count == expected.count)
        #expect(buffer.bytes == expected)
        buffer.removeFirst(4321)
        #expect(buffer.bytes == Array(expected[4321...]))
    }

    @Test("All the room that was made can be written to")
    func room() {
        var buffer = LineBuffer()
        buffer.append(3) { line in for byte in Array("abc".utf8) { line.append(byte) } }
        buffer.append(0) { _ in }
        #expect(buffer.bytes == Array("abc".utf8))
    }
}

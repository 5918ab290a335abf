import Testing

@testable import PostboxCore

@Suite("Numbers written one after the other")
struct CountingTextTests {
    private func texts(_ numbers: [UInt64]) -> [String] {
        var counting = CountingText()
        return numbers.map { number in
            var room = [UInt8](repeating: UInt8(ascii: "x"), count: 40)
            let count = room.withUnsafeMutableBytes { raw in
                raw.baseAddress.map { counting.write(number, to: $0) } ?? 0
            }
            // What lies behind the digits may be anything, but only so far.
            #expect(room[20...].allSatisfy { $0 == UInt8(ascii: "x") })
            return String(decoding: room[..<count], as: UTF8.self)
        }
    }

    @Test(
        "Counting up, every number is written as it is",
        arguments: [0, 1, 8, 95, 996, 99_995, 4_294_967_290, 9_999_999_995])
    func countingUp(first: UInt64) {
        let numbers = (0..<1200).map { first + $0 }
        #expect(texts(numbers) == numbers.map(String.init))
    }

    @Test("Whatever comes after whatever, every number is written as it is")
    func anyOrder() {
        let numbers: [UInt64] = [
            5, 6, 6, 7, 3, 0, 0, 1, 9, 10, 11, 9, 10, 99, 100, 99, 100, 4_294_967_295, 1, 2, 999_999_999_999_999,
            1_000_000_000_000_000, 9_999_999_999_999_999, 10_000_000_000_000_000, 10_000_000_000_000_001, 12, 13,
            9_999_999_999_999_999_998, 9_999_999_999_999_999_999, 1,
        ]
        #expect(texts(numbers) == numbers.map(String.init))
    }
}

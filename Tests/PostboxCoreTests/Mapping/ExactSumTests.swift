import Testing

@testable import PostboxCore

@Suite("Sums of decimals, exact")
struct ExactSumTests {
    private static func decimal(_ text: String) throws -> DecimalText {
        let bytes = Array(text.utf8)
        let decimal = DecimalText(bytes.span)
        return try #require(decimal)
    }

    private static func sum(_ texts: [String]) throws -> ExactSum {
        var sum = ExactSum()
        for text in texts {
            let isAdded = sum.add(try decimal(text))
            #expect(isAdded, "\(text)")
        }
        return sum
    }

    @Test(
        "What binary fractions get wrong is right",
        arguments: [
            (["0.1", "0.2"], "0.3"), ([], "0"), (["1.10", "-1.1"], "0"), (["-0.5", "0.25"], "-0.25"),
            (["999999999999999999.99999999999999", "0.00000000000001"], "1000000000000000000"),
            (["1e20", "-1e-18"], "99999999999999999999.999999999999999999"),
            (["99999999999999999999999999999999999999", "1"], "100000000000000000000000000000000000000"),
            (
                ["0.0000000000000000000000000000000000000000000000000001"],
                "0." + String(repeating: "0", count: 51) + "1"
            ),
            (["007", "+5", "-0", "-.5"], "11.5"),
        ])
    func exact(texts: [String], expected: String) throws {
        let sum = try Self.sum(texts)
        #expect(sum.text == expected)
        #expect(sum.equals(try Self.sum([expected])))
        #expect(!sum.equals(try Self.sum([expected, "0.00000000000001"])))
    }

    @Test("Millions of rows of the longest values do not overflow, and order does not matter")
    func many() throws {
        var sum = ExactSum()
        let value = try Self.decimal("999999999999999999")
        for _ in 0..<1_000_000 { _ = sum.add(value) }
        #expect(sum.text == "999999999999999999000000")
        var back = sum
        let opposite = try Self.decimal("-999999999999999999")
        for _ in 0..<1_000_000 { _ = back.add(opposite) }
        #expect(back.text == "0")
    }

    @Test("Random sums agree with 128-bit integers")
    func random() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var expected: Int128 = 0
            var texts: [String] = []
            for _ in 0..<50 {
                let units = Int64.random(in: -1_000_000_000_000_000...1_000_000_000_000_000, using: &random)
                let decimals = Int.random(in: 0...14, using: &random)
                var factor: Int128 = 1
                for _ in decimals..<14 { factor *= 10 }
                expected += Int128(units) * factor
                let digits = String(units.magnitude)
                let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
                texts.append((units < 0 ? "-" : "") + padded.dropLast(decimals) + "." + padded.suffix(decimals))
            }
            let sum = try Self.sum(texts)
            let whole = try Self.sum(["\(expected)e-14"])
            #expect(sum.equals(whole), "\(texts)")
            #expect(sum.text == whole.text, "\(texts)")
        }
    }

    @Test(
        "A value that is too long to be exact is not added",
        arguments: ["1e70", "1e-70", String(repeating: "1", count: 39) + "2"])
    func tooLong(text: String) throws {
        var sum = ExactSum()
        let isAdded = sum.add(try Self.decimal(text))
        #expect(!isAdded)
        #expect(sum.text == "0")
    }
}

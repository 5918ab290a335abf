import Testing

@testable import PostboxCore

@Suite("Whether two values say the same")
struct SameValueTests {
    @Test(
        "Numbers are compared by their value, everything else by its bytes",
        arguments: [
            ("1.5", "1.50", true), ("1.5", "1.5", true), ("1.5", "1.51", false), ("0", "-0", true),
            ("0.0", "-0.000", true), ("-1", "1", false), ("007", "7", true), ("10", "1", false), ("1", "1.0", true),
            ("100", "1", false), ("0.01", "0.1", false), ("12345678901234567890123", "12345678901234567890124", false),
            ("\"a\"", "\"a\"", true), ("\"a\"", "\"b\"", false), ("\"1.5\"", "\"1.50\"", false), ("null", "null", true),
            ("null", "0", false), ("", "0", false), ("1.", "1", false), (".5", "0.5", false), ("1e1", "10", false),
            ("-", "0", false), ("true", "true", true),
        ])
    func pairs(_ one: String, _ other: String, _ isSame: Bool) {
        func compare(_ a: String, _ b: String) -> Bool {
            Array(a.utf8).withUnsafeBytes { a in Array(b.utf8).withUnsafeBytes { b in isSameValue(a, b) } }
        }
        #expect(compare(one, other) == isSame)
        #expect(compare(other, one) == isSame)
    }
}

import PostboxCore
import Testing

@Suite("Counts in words")
struct PluralTests {
    @Test(
        "One is one; none and many are many",
        arguments: [
            (0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1200, "1200 rows"),
        ])
    func rows(number: Int, text: String) {
        #expect(Plural.text(number, "row") == text)
    }

    @Test("Numbers of drops are no count: one is named as one, and of very many those that a person reads")
    func drops() {
        #expect(Plural.drops([15]) == "drop 15" && Plural.drops([3, 15]) == "drops 3, 15")
        #expect(Plural.drops([3, 4, 5], most: 2) == "drops 3, 4 …")
    }

    @Test("A word that is more than its letters and an s is named, as verbs are")
    func words() {
        #expect(Plural.text(1, "entry", "entries") == "1 entry" && Plural.text(3, "entry", "entries") == "3 entries")
        #expect(Plural.word(1, "is", "are") == "is" && Plural.word(0, "is", "are") == "are")
    }
}

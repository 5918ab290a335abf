/// A number with what it counts, as events, answers, commands and the page say it: whether one is meant or several is decided here.
package enum Plural {
    /// `1 row`, `1200 rows`; for people's eyes on the page `PageWords` writes the number.
    ///
    /// - Parameter many: what several are called; nil: the same with an s behind it.
    package static func text(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(word(number, one, many))"
    }

    /// The word that goes with so many: `row` or `rows`, `is` or `are`.
    package static func word(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        number == 1 ? one : many ?? one + "s"
    }

    /// `drop 15`, `drops 15, 16`: which drops are meant, and not how many.
    ///
    /// - Parameter most: as many of them as a person reads; `…` stands for the rest.
    package static func drops(_ numbers: [Int], most: Int = 10) -> String {
        word(numbers.count, "drop") + " " + numbers.prefix(most).map(String.init).joined(separator: ", ")
            + (numbers.count > most ? " …" : "")
    }
}

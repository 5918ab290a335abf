/// How a hold of a drop ended, as its summary tells it: who decided, when, and how many of its rows went.
package struct HoldEnd {
    /// Microseconds since 1970; 0: it is not told.
    private(set) var at: Int64
    /// For people, to go on with: `released by unix:alice: 2 of 3 rows; row 2 was left out`.
    private(set) var words: String
    /// Nothing of it went.
    private(set) var isBad: Bool

    /// nil: it was not held, or nobody has decided yet.
    init?(_ drop: DropLine) {
        guard let hold = drop.summary?["hold"] else { return nil }
        func time(_ key: String) -> Int64 { hold[key]?.text.flatMap(TimeText.microseconds) ?? 0 }
        let rows = PageWords.count(drop.rows)
        // Where the number of rows is not known nothing is said of it.
        let none =
            drop.rows > 0
            ? Plural.word(drop.rows, "its only row was not sent", "none of its \(rows) rows was sent") : ""
        if let by = hold["released_by"]?.text {
            at = time("released_at")
            isBad = false
            let proposal = hold["proposed_by"]?.text.map { ", as \($0) proposed" } ?? ""
            words =
                "released by \(by)\(proposal): "
                + Self.released(
                    hold["rows"]?.text ?? "", of: drop.rows - (drop.summary?["skipped"]?.integer ?? 0))
        } else if let by = hold["refused_by"]?.text {
            at = time("refused_at")
            isBad = true
            let why = hold["why"]?.text ?? ""
            words = "refused by \(by)" + (none.isEmpty ? "" : ", \(none)") + (why.isEmpty ? "" : ": \(why)")
        } else if hold["timed_out_at"] != nil {
            at = time("timed_out_at")
            isBad = true
            words = "refused, because nobody released it in time" + (none.isEmpty ? "" : "; \(none)")
        } else {
            return nil
        }
    }

    /// What became of rows of a file that were held as a drop of their own, for people: `2 rows of it were held as drop 3: released by
    /// unix:alice: all 2 rows`. nil: that drop holds none of its rows, or has not ended yet.
    package static func text(ofRowsHeldAs held: DropLine) -> String? {
        // What withdraws a file is none of its rows.
        guard held.rule != DeskVerb.withdraw.rawValue else { return nil }
        if let end = HoldEnd(held) {
            let were = PageWords.count(held.rows, "row of it was", "rows of it were")
            return "\(were) held as drop \(held.drop): \(end.words)"
        }
        guard held.stage == .held else { return nil }
        return "\(PageWords.count(held.rows, "row of it is", "rows of it are")) held as drop \(held.drop)"
    }

    /// The same as a sentence of its own, without its point.
    var sentence: String { words.prefix(1).uppercased() + words.dropFirst() }

    /// Which rows went, as the summary says, and how many of all these are.
    private static func released(_ text: String, of rows: Int) -> String {
        guard rows > 0, let choice = RowChoice(words: text) else { return text }
        let count =
            switch choice {
            case .all: rows
            // Whoever names rows names some that count; their numbers may be higher than there are rows that do.
            case .only(let ranges): min(rows, ranges.reduce(0) { $0 + $1.count })
            case .except(let ranges): max(0, rows - ranges.reduce(0) { $0 + $1.count })
            }
        let part = "\(PageWords.count(count)) of \(PageWords.count(rows, "row"))"
        func named(_ ranges: [ClosedRange<Int>]) -> String {
            Plural.word(ranges.reduce(0) { $0 + $1.count }, "row", "rows") + " " + RowChoice.text(ranges)
        }
        switch choice {
        case .all: return Plural.word(rows, "its only row", "all \(PageWords.count(rows)) rows")
        case .except(let ranges):
            return "\(part); \(named(ranges)) \(Plural.word(rows - count, "was", "were")) left out"
        case .only(let ranges):
            let left = PageWords.count(rows - count, "row was", "rows were")
            return "\(part), \(named(ranges))" + (count < rows ? "; \(left) left out" : "")
        }
    }
}

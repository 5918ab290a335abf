/// What would become of a row: how, and with which values.
package struct CheckedRow: Sendable, Equatable {
    package var row: Int
    /// 0: there is no such place.
    package var line: Int
    /// `posted`, `rejected`, `held` or `unsent`.
    package var outcome: String
    /// The post as it would go, or the reasons why it would not.
    package var text: String

    package init(row: Int, line: Int, outcome: String, text: String) {
        self.row = row
        self.line = line
        self.outcome = outcome
        self.text = text
    }

    /// One line, without its line feed: no value of it holds one.
    package var written: String { "\(row)\t\(line)\t\(outcome)\t\(text)" }

    /// Reads such a line; nil: it is none.
    package init?(_ line: some StringProtocol) {
        let parts = line.split(separator: "\t", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let row = Int(parts[0]), let place = Int(parts[1]) else { return nil }
        self.init(row: row, line: place, outcome: String(parts[2]), text: String(parts[3]))
    }
}

/// Holds what would become of a file's rows by one configuration against what would by another.
package struct RowComparison: Sendable, Equatable {
    /// A row that is not the same; nil: there is no such row by that configuration, or it does not count.
    package struct Difference: Sendable, Equatable {
        package var old: CheckedRow?
        package var new: CheckedRow?

        package var row: Int { old?.row ?? new?.row ?? 0 }
    }

    /// Rows that either has.
    package private(set) var rows = 0
    package private(set) var differing = 0
    /// The first of those that differ.
    package private(set) var first: [Difference] = []

    /// Goes through both, each in the order of its rows, to their ends.
    ///
    /// - Parameter most: so many differences are kept; nil: all.
    package init(
        _ old: () throws -> CheckedRow?, _ new: () throws -> CheckedRow?, most: Int?
    ) rethrows {
        var (one, other) = (try old(), try new())
        while one != nil || other != nil {
            rows += 1
            let (a, b) = (one?.row ?? .max, other?.row ?? .max)
            let difference = Difference(old: a <= b ? one : nil, new: b <= a ? other : nil)
            if difference.old?.outcome != difference.new?.outcome || difference.old?.text != difference.new?.text {
                differing += 1
                if most.map({ first.count < $0 }) ?? true { first.append(difference) }
            }
            if a <= b { one = try old() }
            if b <= a { other = try new() }
        }
    }
}

/// Why a drop is or was held for release, until when, and what people decided about it: its story in the stage `held`, as the ledger
/// keeps it.
package struct Hold: Sendable, Equatable, Codable {
    /// Somebody wants its release, and a second person is needed.
    package struct Proposal: Sendable, Equatable, Codable {
        /// As `Person.text`.
        package var by: String
        /// Microseconds since 1970.
        package var at: Int64
        package var rows: RowChoice

        package init(by: String, at: Int64, rows: RowChoice) {
            self.by = by
            self.at = at
            self.rows = rows
        }
    }

    /// How it ended. Times are microseconds since 1970.
    package enum Decision: Sendable, Equatable, Codable {
        /// `by`, `proposedBy`: as `Person.text`; nil: no second person was needed. `isNew`: its values go as new ones, and not as old as
        /// the file that they were in.
        case released(by: String, proposedBy: String?, at: Int64, rows: RowChoice, isNew: Bool)
        /// `by`: as `Person.text`.
        case refused(by: String, at: Int64, why: String)
        /// Nobody released it in time.
        case timedOut(at: Int64)
    }

    /// A stable word: what most of it is held for.
    package var reason: String
    /// The same for people.
    package var text: String
    /// Rows of the drop that are held.
    package var rows: Int
    /// The numbers that these have in the drop, where it has others between them: cells that a file of rejects leaves out. nil: 1 to
    /// `rows`.
    package var numbers: RowSet?
    /// Microseconds since 1970.
    package var since: Int64
    /// It is refused then unless somebody releases it: microseconds since 1970.
    package var until: Int64
    package var proposal: Proposal?
    /// nil: it is held.
    package var decision: Decision?

    package init(reason: String, text: String, rows: Int, since: Int64, within: Duration) {
        self.reason = reason
        self.text = text
        self.rows = rows
        self.since = since
        let (until, isTooLate) = since.addingReportingOverflow(within.nanoseconds / 1000)
        self.until = isTooLate ? .max : until
    }

    /// The reason of a row that is held, in the result of the file that it came in.
    package static let held = "held"

    /// Rows that newer ones have overtaken: whoever releases them wants them to go as new ones.
    package var isOfOvertaken: Bool { reason == Self.overtaken }

    /// The reason of a hold for what replaces wrong values: a second person is needed.
    package static let withdrawal = "withdrawal"

    /// The reason of a hold for rows that newer ones have overtaken.
    package static let overtaken = "overtaken"

    /// What a person's wish to release rows of it comes to: the same rows are the same wish, however they are named.
    package func answer(by person: Person, rows wanted: RowChoice, under rule: ReleaseRule) -> ReleaseRule.Answer {
        var before = proposal
        if let named = proposal?.rows { before?.rows = plain(named) }
        return rule.answer(before, by: person, rows: plain(wanted))
    }

    private func plain(_ choice: RowChoice) -> RowChoice {
        count(of: choice) == rows ? .all : choice.plain(of: highestRow)
    }

    /// Why nothing of it is sent; nil: it is held still, or was released.
    package var refusal: FileTrouble? {
        switch decision {
        case .refused(let by, _, let why):
            FileTrouble(.refusedByDesk, "\(by) refused it: \(why)")
        case .timedOut:
            FileTrouble(.notReleased, "it was held, and nobody released it until \(TimeText.text(until))")
        case .released, nil: nil
        }
    }

    /// Rows that are sent; nil: it was not released.
    package var released: RowChoice? {
        guard case .released(_, _, _, let rows, _) = decision else { return nil }
        return rows
    }

    /// How many of its rows are meant.
    package func count(of choice: RowChoice) -> Int { choice.count(of: rows, numbered: numbers) }

    /// The highest number that one of its rows has.
    package var highestRow: Int { numbers?.sorted.last ?? rows }

    /// Rows of the file that a release left out, and what is said of them; nil: none.
    package func leftOut(rows count: Int) -> KeptBack? {
        guard case .released(let by, _, _, let choice, _) = decision, choice != .all else { return nil }
        var rows = RowSet(rows: count)
        for row in 1..<count + 1 where !choice.contains(row) { rows.insert(row) }
        guard rows.count > 0 else { return nil }
        return KeptBack(
            rows: rows, detail: OutcomeDetail(reason: "left_out", text: "\(by) left it out when others were released"))
    }
}

/// What the line of a row says that is held because something newer has overtaken it.
package enum HeldText {
    private static let lead = "row "
    private static let tail = ", which is newer, was accepted before this one was sent"

    /// `by`: `DROP:ROW` of the newer row.
    static func overtaken(by newer: String) -> String { lead + newer + tail }

    /// The newer row; nil: the text says something else.
    package static func newer(in text: String) -> (drop: Int, row: Int)? {
        guard text.hasPrefix(lead), text.hasSuffix(tail) else { return nil }
        let parts = text.dropFirst(lead.count).dropLast(tail.count).split(separator: ":").map { Int($0) }
        guard parts.count == 2, let drop = parts[0], let row = parts[1] else { return nil }
        return (drop, row)
    }
}

/// Rows of a file that are certainly not sent, and what their lines say.
package struct KeptBack: Sendable, Equatable {
    package var rows: RowSet
    package var detail: OutcomeDetail
    /// Of some of the rows: what is said instead of the detail's text.
    package var texts: [Int: String]

    package init(rows: RowSet, detail: OutcomeDetail, texts: [Int: String] = [:]) {
        self.rows = rows
        self.detail = detail
        self.texts = texts
    }

    /// What the line of a row says; nil: it is not one of them. `batch`: its rows as they were read again.
    package func detail(of row: Int, in batch: PostBatch) -> OutcomeDetail? {
        guard rows.contains(row) else { return nil }
        var detail = detail
        if let text = texts[row] {
            detail.text = text
        } else if detail.reason == Hold.held, let holds = batch.holds[row] {
            detail.text = RowHold.text(of: holds)
        }
        return detail
    }
}

extension RowChoice: Codable {
    /// Reads what `encode` wrote.
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let parts = text.split(separator: " ", maxSplits: 1)
        if text == "all" {
            self = .all
        } else if parts.count == 2, parts[0] == "only", let ranges = Self.ranges(String(parts[1])) {
            self = .only(ranges)
        } else if parts.count == 2, parts[0] == "except", let ranges = Self.ranges(String(parts[1])) {
            self = .except(ranges)
        } else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no rows: \(text)"))
        }
    }

    /// As one text: `all`, `only 3,17-20`, `except 3`.
    package func encode(to encoder: any Encoder) throws {
        let text =
            switch self {
            case .all: "all"
            case .only(let ranges): "only " + Self.text(ranges)
            case .except(let ranges): ranges.isEmpty ? "all" : "except " + Self.text(ranges)
            }
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// How many of so many rows are meant.
    ///
    /// - Parameter numbers: those that the rows have; nil: 1…`count`.
    package func count(of count: Int, numbered numbers: RowSet? = nil) -> Int {
        if let numbers { return numbers.sorted.count { contains($0) } }
        func inside(_ ranges: [ClosedRange<Int>]) -> Int {
            ranges.reduce(0) { $0 + max(0, min($1.upperBound, count) - max($1.lowerBound, 1) + 1) }
        }
        return switch self {
        case .all: count
        case .only(let ranges): inside(ranges)
        case .except(let ranges): count - inside(ranges)
        }
    }
}

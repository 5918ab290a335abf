/// A drop that waits for a person, as it is shown to him.
package struct HeldDrop: Sendable, Equatable {
    package var drop: Int
    /// Its file's name.
    package var name: String
    /// The drop that its rows were in before; nil: it is the file itself.
    package var original: Int?
    /// The rule's `match`; empty: the plain mapping.
    package var rule: String
    /// Why it is held, for people.
    package var why: String
    /// Rows that are held.
    package var rows: Int
    /// The numbers that these have, as in `Hold`.
    package var numbers: RowSet?
    /// Microseconds since 1970.
    package var since: Int64
    /// When it will be refused unless somebody releases it, microseconds since 1970.
    package var until: Int64
    /// When it is to be done by its rule; nil: its rule has no deadline, or that was not looked up yet.
    package private(set) var deadline: ScheduleBook.Deadline?
    /// Who proposed its release, where a second person is needed.
    package var proposedBy: Person?
    /// The rows that were proposed.
    package var proposedRows: RowChoice?
    /// Who may release it, and whether that takes two.
    package var release = ReleaseRule()
    /// Rows that need a look, at most `examplesMax`.
    package var examples: [HeldRow]

    /// Rows of a held drop that are shown.
    package static let examplesMax = 1000

    package init(
        drop: Int, name: String, original: Int? = nil, rule: String = "", why: String, rows: Int, since: Int64,
        until: Int64, proposedBy: Person? = nil, examples: [HeldRow] = []
    ) {
        self.drop = drop
        self.name = name
        self.original = original
        self.rule = rule
        self.why = why
        self.rows = rows
        self.since = since
        self.until = until
        self.proposedBy = proposedBy
        self.examples = Array(examples.prefix(Self.examplesMax))
    }

    /// It withdraws what another drop said.
    package var isWithdrawal: Bool { rule == DeskVerb.withdraw.rawValue && original != nil }

    /// Takes when files are to be done, by drop. Rows of a file are to be done with it; what withdraws it is none of its rows.
    package mutating func take(_ deadlines: [Int: ScheduleBook.Deadline]) {
        let file = isWithdrawal ? nil : original
        deadline = deadlines[drop] ?? file.flatMap { deadlines[$0] }
    }

    /// An object on one line, as the control socket answers it.
    package var json: String {
        brief.dropLast() + ",\"examples\":[\(examples.map(\.json).joined(separator: ","))]}"
    }

    /// The same without the rows that need a look.
    var brief: String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        let members = [
            "\"drop\":\(drop)", "\"file\":\(quoted(name))", original.map { "\"original\":\($0)" },
            "\"rule\":\(quoted(rule))", "\"why\":\(quoted(why))", "\"rows\":\(rows)",
            "\"since\":\(quoted(TimeText.text(since)))", "\"until\":\(quoted(TimeText.text(until)))",
            deadline.map { "\"deadline\":\(quoted(TimeText.text($0.at)))" },
            proposedBy.map { "\"proposed_by\":\(quoted($0.text))" },
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }
}

/// A row that needs a look: what it would change, and why that is doubted.
package struct HeldRow: Sendable, Equatable, Codable {
    package var row: Int
    package var ric: String
    /// Empty: the row as a whole.
    package var field: String
    /// What holds now, as it was sent; nil: nothing is known.
    package var old: String?
    /// What the row would send.
    package var new: String?
    /// A stable word.
    package var reason: String
    /// The same for people; nil: the values tell it.
    package var text: String?
    /// Index among the destination's services, 0 the default; nil: it was not noted.
    package var service: Int?

    package init(
        row: Int, ric: String, field: String, old: String?, new: String?, reason: String, text: String? = nil,
        service: Int? = nil
    ) {
        self.row = row
        self.ric = ric
        self.field = field
        self.old = old
        self.new = new
        self.reason = reason
        self.text = text
        self.service = service
    }

    fileprivate var json: String {
        func quoted(_ text: String?) -> String { text.map { VisibleText.quoted($0) } ?? "null" }
        return "{\"row\":\(row),\"ric\":\(quoted(ric)),\"field\":\(quoted(field)),\"old\":\(quoted(old)),"
            + "\"new\":\(quoted(new)),\"reason\":\(quoted(reason))"
            + (text.map { ",\"text\":\(quoted($0))" } ?? "") + "}"
    }
}

/// Which drops are looked for.
package struct DropQuery: Sendable, Equatable {
    /// How far they are.
    package enum State: String, Sendable, Equatable, CaseIterable {
        case work
        case held
        case finished
        /// Ended `partial`, `failed` or `refused`, and not each of its bad rows has been put right.
        case open
    }

    package var state: State?
    /// A part of the file's name, or a pattern with stars; capital or small letters alike.
    package var name: String?
    package var verdict: Verdict?
    /// Claimed from then on, before then: microseconds since 1970.
    package var from: Int64?
    package var before: Int64?
    /// Those below this number: where the page before ended.
    package var page: Int?

    /// Drops of a page.
    package static let pageSize = 300

    package init(
        state: State? = nil, name: String? = nil, verdict: Verdict? = nil, from: Int64? = nil, before: Int64? = nil,
        page: Int? = nil
    ) {
        self.state = state
        self.name = name
        self.verdict = verdict
        self.from = from
        self.before = before
        self.page = page
    }

    package static let keys = ["state", "name", "verdict", "from", "to", "page"]

    /// Reads it; `to` is the last day.
    package init(_ query: DeskQuery) throws(DeskQuery.Fault) {
        func word<T: RawRepresentable<String> & CaseIterable>(_ key: String, _: T.Type) throws(DeskQuery.Fault) -> T? {
            guard let text = query[key] else { return nil }
            guard let value = T(rawValue: text) else {
                throw DeskQuery.Fault(
                    "there is no \(key) \(VisibleText.line(text)); there are \(T.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            return value
        }
        state = try word("state", State.self)
        verdict = try word("verdict", Verdict.self)
        name = query["name"]
        from = try query.day("from")
        before = try query.day("to").map { $0 + DayText.microseconds }
        try DeskQuery.checkOrder(from, before)
        page = try query.number("page")
    }

    /// The same from another page on, as it stands in an address.
    package func text(page: Int?) -> String {
        DeskQuery.text([
            ("state", state?.rawValue), ("name", name), ("verdict", verdict?.rawValue),
            ("from", from.map(TimeText.day)),
            ("to", before.map { TimeText.day($0 - 1) }), ("page", page.map { "\($0)" }),
        ])
    }
}

/// A drop as it is listed: what the ledger knows, and its summary where that was read.
package struct DropLine: Sendable, Equatable {
    package var drop: Int
    package var name: String
    /// The rule's `match`; empty: the plain mapping.
    package var rule: String
    /// Those of its rule; empty: they were not asked for.
    package var destinations: [String]
    package var stage: FileStage
    /// nil: it is not finished.
    package var verdict: Verdict?
    /// Microseconds since 1970; 0: not yet.
    package var claimedAt: Int64
    package var settledAt: Int64
    package var size: Int
    package var rows: Int
    /// The drop that its rows were in before.
    package var original: Int?
    /// Each of its bad rows has been put right.
    package var isCorrected: Bool
    /// Postbox made it, and it never lay in the inbox; false where its destinations were not asked for.
    package var isMade = false
    /// Drops were made of its rows, and the ledger does not know yet that each has been put right.
    package var hasLater = false
    /// What is left of its bad rows; nil: that is not known, or it ended well.
    package var left: RowsLeft?
    /// When it came: when the file was last changed in the inbox, else when it was claimed.
    package var arrivedAt: Int64 = 0
    /// nil: it is not settled, or was before hashes were kept.
    package var resultSHA256: String?
    /// Its files were removed because their time was over, all but the summary.
    package var removedAt: Int64?
    /// Why nothing more is to be done about it, and who said so; nil: nobody did.
    package var noAction: PersonNote?
    /// The directory that it went to and its name there; empty while it is not settled.
    package var folder: String
    package var target: String
    /// `NAME.summary.json`; nil: it is not finished.
    package private(set) var summary: JSONValue?
    /// The same as it stands there.
    package private(set) var summaryText = ""

    package init(
        drop: Int, name: String, rule: String, destinations: [String], stage: FileStage, verdict: Verdict?,
        claimedAt: Int64, settledAt: Int64, size: Int, rows: Int, original: Int?, isCorrected: Bool, folder: String,
        target: String
    ) {
        self.drop = drop
        self.name = name
        self.rule = rule
        self.destinations = destinations
        self.stage = stage
        self.verdict = verdict
        self.claimedAt = claimedAt
        self.settledAt = settledAt
        self.size = size
        self.rows = rows
        self.original = original
        self.isCorrected = isCorrected
        self.folder = folder
        self.target = target
    }

    /// Takes what its summary says; nothing of what is none.
    package mutating func take(summary text: String) {
        summary = JSONValue.parse(text)
        summaryText = summary == nil ? "" : text
    }

    /// Every row has its outcome.
    package var isFinished: Bool { stage == .settled || stage == .closed }

    /// The hold that keeps it from going on while it is in work; nil: none does. `holds`: what the desk holds.
    package func hold(among holds: [DeskHold]) -> DeskHold? {
        guard !isFinished, stage != .held else { return nil }
        return DeskHold.of(drop: drop, rule: rule, destinations: destinations, among: holds)
    }

    /// It ended badly, not each of its bad rows has been put right, and nobody said that nothing is to be done about it.
    package var isOpen: Bool { endedBadly && !isCorrected && noAction == nil }

    /// It is open, and not each row that is left counts at a later drop: it is on the desk's list.
    package var isToDo: Bool { isOpen && left.map { $0.isNone || $0.here > 0 } ?? true }

    /// Some of its rows are bad.
    package var endedBadly: Bool { verdict != nil && verdict != .done }

    /// It is open, and nothing but a release of what is held is wanting.
    package var waitsForRelease: Bool { isOpen && left?.isHeld == true }

    /// Takes what is left of its bad rows.
    package mutating func take(left: RowsLeft) {
        self.left = left
        if left.isNone { isCorrected = true }
    }

    /// Where its result lies, and its summary.
    package var resultPath: String { folder + "/" + FileNames.result(target) }
    package var summaryPath: String { folder + "/" + FileNames.summary(target) }

    /// Why it ended as it did: a stable word, and the same for people; empty: nothing was wrong with the file as a whole.
    package var reason: String { summary?["reason"]?.text ?? "" }
    package var text: String { summary?["text"]?.text ?? "" }

    /// Lines of its result that ended so.
    package func count(_ outcome: PostOutcome) -> Int { summary?["outcomes"]?[outcome.word]?.integer ?? 0 }

    /// What is said where no line of its result tells how a row ended.
    package var withoutOutcomes: String {
        guard let verdict else { return "no row has its outcome yet" }
        guard summary != nil else { return "its summary cannot be read: how its rows ended is not known here" }
        return verdict == .done ? "nothing was to be posted" : "nothing of it was posted"
    }

    /// Lines of its result that ended badly.
    package var badCount: Int { FileSummary.outcomes(of: summary).badLines }

    /// What was wrong with rows, the most frequent first.
    package var reasons: [(word: String, count: Int)] {
        guard case .object(let members)? = summary?["reasons"] else { return [] }
        return members.map { (word: $0.key, count: $0.value.integer ?? 0) }
    }

    /// An object on one line, as the API answers it.
    package var json: String {
        func quoted(_ text: String) -> String { VisibleText.quoted(text) }
        func time(_ value: Int64) -> String { value > 0 ? quoted(TimeText.text(value)) : "null" }
        let counts = PostOutcome.allCases.map { "\"\($0.word)\":\(count($0))" }.joined(separator: ",")
        let members = [
            "\"drop\":\(drop)", "\"file\":\(quoted(name))", "\"rule\":\(quoted(rule))",
            "\"destinations\":[\(destinations.map(quoted).joined(separator: ","))]",
            "\"stage\":\(quoted(stage.rawValue))",
            "\"verdict\":\(verdict.map { quoted($0.rawValue) } ?? "null")", "\"claimed_at\":\(time(claimedAt))",
            "\"settled_at\":\(time(settledAt))", "\"size\":\(size)", "\"rows\":\(rows)",
            original.map { "\"original\":\($0)" }, "\"corrected\":\(isCorrected)",
            left.map { "\"bad_rows_left\":\($0.rows),\"bad_rows_held\":\($0.held),\"bad_rows_again\":\($0.again)" },
            summary.map { _ in "\"reason\":\(quoted(reason)),\"text\":\(quoted(text)),\"outcomes\":{\(counts)}" },
        ]
        return "{" + members.compactMap { $0 }.joined(separator: ",") + "}"
    }
}

/// A page of a list of drops, the last one first.
package struct DropList: Sendable, Equatable {
    package var drops: [DropLine]
    /// Where the next page begins; nil: this is the last one.
    package var next: Int?

    package init(drops: [DropLine], next: Int?) {
        self.drops = drops
        self.next = next
    }

    package var json: String {
        "{\"drops\":[\(drops.map(\.json).joined(separator: ","))],\"next\":\(next.map { "\($0)" } ?? "null")}"
    }
}

/// One drop, with what came of it.
package struct DropDetail: Sendable, Equatable {
    package var line: DropLine
    /// Drops that were made of its rows.
    package var corrections: [Int]
    package var withdrawals: DropWithdrawals
    /// Destinations that it waits for while it is in work.
    package var waits: [DestinationWait] = []

    package init(line: DropLine, corrections: [Int], withdrawals: DropWithdrawals = DropWithdrawals()) {
        self.line = line
        self.corrections = corrections
        self.withdrawals = withdrawals
    }

    /// The listed line, with the drop's summary where it is finished.
    package var json: String {
        let summary = line.summary == nil ? "null" : line.summaryText.filter { $0 != "\n" }
        let waits = waits.isEmpty ? "" : ",\"waits_for\":[\(waits.map(\.json).joined(separator: ","))]"
        let (head, made) = (String(line.json.dropLast()), corrections.map(String.init).joined(separator: ","))
        return
            "\(head)\(waits),\"corrections\":[\(made)],\(withdrawals.members.joined(separator: ",")),\"summary\":\(summary)}"
    }
}

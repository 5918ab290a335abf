/// Something that the record tells, one line each. The article Audit has the lines' words.
package enum RecordEntry: Sendable, Equatable {
    /// The record begins, or begins anew because the ledger was lost. `last`: the highest number that was given before; `open`: the
    /// drops up to it that are not settled.
    case began(last: Int, open: [Int], version: String)
    /// Every row of a drop has its outcome.
    case settled(Settled)
    /// A number that was given to a file whose claim came to nothing.
    case forgotten(drop: Int)
    /// Numbers that were kept for drops to be made. One that is not made costs its number.
    case reserved(first: Int, last: Int)
    /// A drop was made of rows of another one.
    case made(drop: Int, original: Int?)
    /// What a person did.
    case act(RecordAct)
    /// The configuration, a table or a dictionary came into use. `by`: who had it loaded into a service that ran; nil: it was there at
    /// a start, or a table's file changed.
    case inUse(RecordedThing, name: String, sha256: String, by: Loading? = nil)
    /// How well the clock is that all times come from.
    case clock(ClockState)
    /// A day's last line was signed. `key`: the public key, `signature`: of the 64 hexadecimal digits; both in hexadecimal digits.
    case signed(day: String, line: Int, sha256: String, key: String, signature: String)
    /// Files of a drop were removed because their time was over. `files`: their paths as ``Settled/path`` has them.
    case removed(drop: Int, files: [String])

    /// Who had something loaded.
    package struct Loading: Sendable, Equatable {
        /// See `Person`; nil: nobody can tell, a signal came.
        package var by: String?
        /// From where: `control socket`, `page`, `signal`.
        package var from: String
        package var why: String?
        /// Who agreed, where two people were needed.
        package var approvedBy: String?

        package init(by: String?, from: String, why: String? = nil, approvedBy: String? = nil) {
            self.by = by
            self.from = from
            self.why = why
            self.approvedBy = approvedBy
        }
    }

    /// How a drop ended, and what proves it.
    package struct Settled: Sendable, Equatable {
        package var drop: Int
        /// The name that it had in the inbox.
        package var file: String
        package var verdict: Verdict
        /// Where the file lies: from the record's own folder on, where it lies below that, else the whole path. Result and summary lie
        /// beside it.
        package var path: String
        package var summarySHA256: String
        /// Of the result, unpacked.
        package var resultSHA256: String

        package init(
            drop: Int, file: String, verdict: Verdict, path: String, summarySHA256: String, resultSHA256: String
        ) {
            self.drop = drop
            self.file = file
            self.verdict = verdict
            self.path = path
            self.summarySHA256 = summarySHA256
            self.resultSHA256 = resultSHA256
        }
    }

    /// The line's word for it.
    package var what: String {
        switch self {
        case .began: "began"
        case .settled: "settled"
        case .forgotten: "forgotten"
        case .reserved: "reserved"
        case .made: "made"
        case .act: "act"
        case .inUse(let thing, _, _, _): thing.rawValue
        case .clock: "clock"
        case .signed: "signed"
        case .removed: "removed"
        }
    }
}

/// What comes into use and is told by its hash.
package enum RecordedThing: String, Sendable, Equatable, CaseIterable {
    case configuration, table, dictionary
}

/// What a person did, as the record tells it.
package struct RecordAct: Sendable, Equatable {
    /// The act's word, such as `release` or `hold`.
    package var act: String
    /// What it was about, where that is no drop: `the inbox`.
    package var subject: String?
    package var drop: Int?
    /// Who; see `Person`.
    package var by: String
    /// From where: `control socket`, `command`, an address.
    package var from: String
    package var why: String?
    /// Which rows, for people; nil: all, or it is about no rows.
    package var rows: String?
    /// When it was done, microseconds since 1970, of what is told later, when a service finds it; nil: at the time of its line.
    package var givenAt: Int64?

    package init(
        _ act: String, subject: String? = nil, drop: Int? = nil, by: String, from: String, why: String? = nil,
        rows: String? = nil
    ) {
        self.act = act
        self.subject = subject
        self.drop = drop
        self.by = by
        self.from = from
        self.why = why
        self.rows = rows
    }

    /// What an act is called, by the word that stands in the record: earlier versions of Postbox had two for one.
    static func word(of recorded: String) -> String { recorded == "no_action" ? DeskVerb.noAction.rawValue : recorded }

    /// The act, for people: `propose to withdraw`, `no action`. Its own word is for programs.
    package var words: String {
        let proposal = "propose_"
        if act.hasPrefix(proposal) { return "propose to " + Self.words(of: String(act.dropFirst(proposal.count))) }
        return Self.words(of: act)
    }

    private static func words(of act: String) -> String {
        switch act {
        case "expect_skip": "expect no file"
        case "expect_undo": "expect the file again"
        case "sign_day": "sign off"
        case DeskVerb.noAction.rawValue: "no action"
        // A word of a later version.
        default: act.replacing("_", with: " ")
        }
    }

    /// An act at the control socket.
    package init(_ act: DeskAct, by person: Person, proposed: Bool = false) {
        self.init(
            proposed ? "propose_" + act.verb.rawValue : act.verb.rawValue, subject: act.subject, drop: act.drop,
            by: person.text,
            from: person.text.hasPrefix("page:") ? "page" : "control socket", why: act.why,
            rows: act.rows.isEmpty ? nil : act.rows)
    }
}

/// What the kernel knows about its clock (adjtimex(2)).
package struct ClockState: Sendable, Equatable {
    /// Something keeps it in step with a better one.
    package var isSynchronised: Bool
    /// Microseconds that it may be wrong by, as far as the kernel was told.
    package var estimatedError: Int

    package init(isSynchronised: Bool, estimatedError: Int) {
        self.isSynchronised = isSynchronised
        self.estimatedError = estimatedError
    }
}

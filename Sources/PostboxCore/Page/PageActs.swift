/// Acts on the page: buttons for those who may, and what opens in place, says what will happen, and asks why.
enum PageActs {
    /// A button that does at once what can be undone. `name`: what it is about, for those who cannot see where it stands.
    static func plain(_ word: String, of name: String, _ action: String, _ facts: PageFacts, isText: Bool = true)
        -> HTML
    {
        """
        <form method="post" action="\(action)">\(PageFrame.key(facts))<button\(isText ? " class=\"text\"" as HTML : "") aria-label="\(word) \(name)">\(word)</button></form>
        """
    }

    /// How a button looks.
    enum Kind: String {
        case main, danger
        case usual = ""
    }

    /// An act that opens in place.
    ///
    /// - Parameters:
    ///   - what: what will happen.
    ///   - button: repeats it.
    ///   - more: further fields.
    ///   - needsWhy: it is not done without a reason.
    static func opening(
        _ word: String, _ action: String, what: HTML, button: String, kind: Kind, more: HTML = "", asksWhy: Bool = true,
        needsWhy: Bool = false, _ facts: PageFacts
    ) -> HTML {
        let required: HTML = needsWhy ? " required" : ""
        let why: HTML = asksWhy ? "<label>Why<input name=\"why\"\(required) maxlength=\"200\"></label>" : ""
        return """
            <details class="act"><summary class="button">\(word)</summary>
            <form method="post" action="\(action)">\(PageFrame.key(facts))\(more)<p>\(what)</p>\(why)<div class="acts"><button class="\(kind.rawValue)">\(button)</button></div></form></details>
            """
    }

    /// Hold or Resume of something.
    static func hold(_ isHeld: Bool, of name: String, at path: String, _ facts: PageFacts) -> HTML {
        plain(isHeld ? "Resume" : "Hold", of: name, path + (isHeld ? "/resume" : "/hold"), facts)
    }

    /// Resend of a finished drop; nil: nothing of it can be sent again, or somebody may not.
    static func resend(_ drop: DropLine, _ facts: PageFacts) -> HTML? {
        let bad: [PostOutcome] = [.nacked, .unknown, .unsent]
        // Rows that are held are in a drop of their own.
        let held = drop.reasons.first { $0.word == Hold.held }?.count ?? 0
        let count = bad.reduce(0) { $0 + drop.count($1) } - held
        // What was put right is sent again by nobody who has not looked.
        guard facts.may(.correct, rule: drop.rule), drop.verdict != nil, count > 0, !drop.isCorrected else {
            return nil
        }
        // A withdrawal of which nothing went is decided anew.
        if isOwn(drop), drop.summary?["first_sent_at"]?.text == nil { return nil }
        let rejected = drop.count(.rejected)
        let rest: HTML =
            rejected > 0
            ? " The \(PageWords.count(rejected, "rejected row has", "rejected rows have")) to be corrected first." : ""
        // A row counts at each destination, and each gets a drop of its own.
        let rows = PageWords.rows(count, at: drop.destinations)
        let drops = drop.destinations.count > 1 ? "New drops send" : "A new drop sends"
        return opening(
            "Resend", "/drops/\(drop.drop)/resend",
            what:
                "\(drops) \(rows) again that \(Plural.word(count, "is", "are")) nacked, unknown or unsent, in the file's own bytes, linked to the old one in both summaries. Rows that something newer has changed since are held.\(rest)",
            button: "Resend \(rows)", kind: .main, facts)
    }

    /// Whether Postbox made the drop of last accepted values: no rule of today's is for it.
    private static func isOwn(_ drop: DropLine) -> Bool {
        [DeskVerb.withdraw, .republish].contains { $0.rawValue == drop.rule }
    }

    /// Retry of a refused drop; nil: it is none, or somebody may not.
    static func retry(_ drop: DropLine, _ facts: PageFacts) -> HTML? {
        guard facts.may(.correct, rule: drop.rule), drop.verdict == .refused, !isOwn(drop), !drop.isCorrected else {
            return nil
        }
        return opening(
            "Retry", "/drops/\(drop.drop)/retry",
            what: "The file is contributed again as a new drop, under the rules of today.",
            button: "Retry \(drop.name)",
            kind: .main, facts)
    }

    /// What takes a drop from the open failures without sending anything; nil: it is none of them, or somebody may not.
    static func noAction(_ drop: DropLine, _ facts: PageFacts) -> HTML? {
        guard facts.may(.correct, rule: drop.rule), drop.isOpen else { return nil }
        return opening(
            "No action", "/drops/\(drop.drop)/no-action",
            what: "\(drop.name) is no open failure any more. Nothing is sent, and its files stay where they are.",
            button: "Close \(drop.name)", kind: .usual, needsWhy: true, facts)
    }

    /// What leads to a withdrawal of a finished drop; nil: nothing of it was sent, or somebody may not.
    static func withdraw(_ drop: DropLine, _ facts: PageFacts) -> HTML? {
        guard facts.may(.correct, rule: drop.rule), drop.verdict != nil, drop.summary?["first_sent_at"]?.text != nil
        else { return nil }
        return "<a class=\"button\" href=\"/drops/\(drop.drop)/withdraw\">Withdraw…</a>"
    }

    /// Hold, or Resume, and Cancel of a drop in work. What another hold keeps is not resumed here: that one is named.
    ///
    /// - Parameter isHeld: it is held as a whole, be it by itself, with its rule, or at all of its destinations.
    static func ofWork(_ drop: DropLine, isHeld: Bool, _ facts: PageFacts) -> HTML? {
        guard facts.may(.stop, rule: drop.rule) else { return nil }
        let hold = drop.hold(among: facts.board.holds)
        let isOwn = hold?.command == .holdDrop(drop.drop)
        let stop: HTML
        if isHeld, !isOwn, let hold {
            stop = "<span>\(hold.words)</span>"
        } else {
            let isResumed = isHeld || isOwn
            stop = plain(
                isResumed ? "Resume" : "Hold", of: drop.name,
                "/drops/\(drop.drop)/\(isResumed ? "resume" : "hold")", facts, isText: false)
        }
        return stop
            + opening(
                "Cancel", "/drops/\(drop.drop)/cancel",
                what:
                    "Nothing more of \(drop.name) is sent. Rows that are not sent yet end unsent; what was sent stays.",
                button: "Cancel \(drop.name)", kind: .danger, facts)
    }
}

/// What a withdrawal of a file would post, as it was looked up.
package struct WithdrawalLook: Sendable, Equatable {
    /// What it would post, or why it cannot be done.
    package var answer: DeskAnswer
    /// Fields that had no value before would be blanked.
    package var blanks: Bool
    /// Two people are needed, as the file's rule says.
    package var needsTwo: Bool

    package init(_ answer: DeskAnswer, blanks: Bool, needsTwo: Bool) {
        self.answer = answer
        self.blanks = blanks
        self.needsTwo = needsTwo
    }
}

/// A withdrawal on the file's own page: what it would post, in figures and by its first values, and what has it done.
enum WithdrawalPanel {
    /// Values that are shown.
    private static let shown = 20

    static func html(_ look: WithdrawalLook, _ drop: DropLine, _ facts: PageFacts) -> HTML {
        let body: HTML =
            switch look.answer {
            case .shown(let text, let counts, let examples):
                "<p>\(text).</p>\(table(examples))\(blanks(look, counts, drop))\(form(look, counts, drop, facts))"
            case .refused(_, let text), .done(let text, _, _), .proposed(let text): "<p>\(text).</p>"
            }
        return """
            <details class="panel" id="withdraw" open><summary class="note">Withdraw what \(drop.name) said: each field that still holds a value of it gets what was there before</summary><div class="body stackv">\(body)</div></details>
            """
    }

    private static func form(
        _ look: WithdrawalLook, _ counts: [String: Int], _ drop: DropLine, _ facts: PageFacts
    ) -> HTML? {
        guard facts.may(.correct, rule: drop.rule) else { return nil }
        let fields = counts["fields"] ?? 0
        let posts = fields > 0 ? ": post \(PageWords.count(fields, "field"))" : " \(drop.name)"
        // Nobody has to release what posts nothing.
        let button = (look.needsTwo && fields > 0 ? "Propose to withdraw" : "Withdraw") + posts
        if look.needsTwo, facts.caller.person?.isNamed != true {
            return
                "<div class=\"acts\"><button disabled>\(button)</button><span>Two people are needed: act under a name of your own.</span></div>"
        }
        let blank: HTML? = look.blanks ? "<input type=\"hidden\" name=\"blank\" value=\"1\">" : nil
        return """
            <form method="post" action="/drops/\(drop.drop)/withdraw" class="acts">\(PageFrame.key(facts))\(blank)<label>Why<input name="why" required maxlength="200"></label><button class="danger">\(button)</button></form>
            """
    }

    /// The other choice for fields that had no value before.
    private static func blanks(_ look: WithdrawalLook, _ counts: [String: Int], _ drop: DropLine) -> HTML? {
        let without = counts["without_value"] ?? 0
        guard without > 0 else { return nil }
        let fields = PageWords.count(without, "field")
        return look.blanks
            ? "<p>\(fields) had no value before. <a href=\"/drops/\(drop.drop)/withdraw\">Leave as they are</a></p>"
            : "<p>\(fields) had no value before. <a href=\"/drops/\(drop.drop)/withdraw?blank=1\">Blank, too</a></p>"
    }

    private static func table(_ examples: [ReplacedValue]) -> HTML? {
        guard !examples.isEmpty else { return nil }
        let rows = examples.prefix(shown).map { value -> HTML in
            """
            <tr><th scope="row"><a href="/ric?ric=\(DeskQuery.escaped(value.ric))">\(value.ric)</a></th><td data-h="field">\(value.field)</td><td class="dec old" data-h="holds">\(PageWords.decimal(JSONText.shown(value.wrong)))</td><td class="dec" data-h="gets">\(replacement(value))</td><td data-h="service">\(value.service)</td><td data-h="destination">\(value.destination)</td></tr>
            """
        }
        let more: HTML? = examples.count > shown ? "<p class=\"note\">The first ones of them.</p>" : nil
        return """
            <table class="cards"><thead><tr><th scope="col">RIC</th><th scope="col">field</th><th scope="col" class="dec">holds</th><th scope="col" class="dec">gets</th><th scope="col">service</th><th scope="col">destination</th></tr></thead><tbody>\(rows)</tbody></table>\(more)
            """
    }

    private static func replacement(_ value: ReplacedValue) -> HTML {
        switch value.fate {
        case .replaced: PageWords.decimal(value.replacedBy.map(JSONText.shown) ?? "")
        case .blanked: "blank"
        case .left: "stays, no value before"
        case .unknown: "stays, nobody can tell what was before"
        }
    }
}

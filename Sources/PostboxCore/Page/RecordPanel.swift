/// The record's state of proof, as far as a short look at its end tells, and what people did last.
enum RecordPanel {
    /// `look`: nil: there is no record.
    static func html(_ look: RecordLook?, _ facts: PageFacts) -> HTML {
        guard let look else {
            return """
                <section class="panel" aria-labelledby="h-proof"><header><h2 id="h-proof">Record</h2></header><p class="note">There is no record yet: nothing has happened.</p></section>
                """
        }
        let standing = facts.board.alerts.first { $0.alert.event == .recordFault && $0.overAt == nil }
        let lamp =
            look.fault != nil
            ? PageWords.lamp(.down, "not proved")
            : standing != nil ? PageWords.lamp(.warn, "waits") : PageWords.lamp(.ok, "unbroken at its end")
        let lines = look.last == 0 ? 0 : look.last - look.first + 1
        let which =
            look.first == 1
            ? Plural.word(lines, "its only line", "all \(PageWords.count(lines)) lines")
            : Plural.word(lines, "its last line", "the last \(PageWords.count(lines)) lines")
        let sight: HTML =
            lines == 1
            ? "\(which), of \(facts.time(look.lastAt))"
            : "\(which), from \(facts.time(look.firstAt)) to \(facts.time(look.lastAt))"
        let ledger =
            look.isHeldAgainstLedger
            ? ", and they end where the ledger says" : "; the ledger is gone, which would tell where they end"
        var items: [(String, HTML)] = []
        if let fault = look.fault { items.append(("wrong", "<b class=\"bad\">\(fault)</b>")) }
        if let standing { items.append(("alert", "\(standing.alert.message)")) }
        if lines > 0 { items.append(("looked at", sight)) }
        if look.fault == nil { items.append(("found", "each line follows from the one before\(ledger)")) }
        if lines > 0 {
            items.append(
                (
                    "last line",
                    "\(PageWords.count(look.last)), <span class=\"mono\">\(look.hash.prefix(8)) … \(look.hash.suffix(8))</span>"
                ))
            let signed: HTML =
                look.signature.map { signature -> HTML in
                    "to \(signature.day), key <span class=\"mono\">\(signature.key.prefix(8)) …</span>"
                }
                ?? "no day among these lines"
            items.append(("signed", signed))
        }
        items.append(
            (
                "not looked at",
                "\(look.first > 1 ? "lines before these, " : "")results, summaries and price files: <code>postbox audit verify</code> proves all of it"
            ))
        return """
            <section class="panel" aria-labelledby="h-proof">
              <header><h2 id="h-proof">Record</h2> <span class="push">\(lamp)</span></header>
              <dl class="body facts list">\(items.map { name, words -> HTML in "<div><dt>\(name)</dt><dd>\(words)</dd></div>" })</dl>
            </section>
            \(acts(look, facts))
            """
    }

    private static func acts(_ look: RecordLook, _ facts: PageFacts) -> HTML? {
        guard !look.acts.isEmpty else { return nil }
        return """
            <section class="panel" aria-labelledby="h-did">
              <header><h2 id="h-did">Acts of the desk</h2> <a class="push" href="/day">all of today</a></header>
              \(DayPage.acts(look.acts, facts))
            </section>
            """
    }
}

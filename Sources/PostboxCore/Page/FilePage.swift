/// A file's own page: how its rows ended, its story, its rows, and what can be done with it.
package enum FilePage {
    /// - Parameters:
    ///   - rows: a page of its result; nil: there is none yet, or it was removed.
    ///   - filter: which lines they are.
    ///   - isHeld: the desk holds it while it is in work.
    ///   - withdrawal: what a withdrawal of it would post; nil: nobody asked.
    ///   - later: drops that were made of its rows, by number; those that are not there are told by their numbers alone.
    package static func html(
        _ detail: DropDetail, _ rows: ResultPage?, _ filter: ResultFilter, isHeld: Bool, working: StatusBoard.File?,
        withdrawal: WithdrawalLook? = nil, later: [Int: DropLine] = [:], _ facts: PageFacts
    ) -> String {
        let drop = detail.line
        return PageFrame.page(
            nil, title: drop.name, kind: "with-rail file", facts,
            """
            <div class="wide stackv">
            <div class="title" data-live="title"><h1>\(drop.name)</h1> \(FilesPage.state(drop, facts))\(withdrawn(detail)) <span class="dim">drop \(PageWords.count(drop.drop)) → \(drop.destinations.joined(separator: ", "))</span>
              <div class="push acts">\(acts(drop, isHeld: isHeld, facts))</div>
            </div>
            \(withdrawal.map { WithdrawalPanel.html($0, drop, facts) })
            </div>
            \(counts(drop, working))
            \(story(detail, later, facts))
            \(table(drop, rows, filter, facts))
            """
        ).text
    }

    /// That what it said counts as withdrawn.
    private static func withdrawn(_ detail: DropDetail) -> HTML? {
        guard detail.withdrawals.isWithdrawn else { return nil }
        return " \(PageWords.lamp(.warn, detail.withdrawals.own == nil ? "withdrawn" : "undone"))"
    }

    private static func acts(_ drop: DropLine, isHeld: Bool, _ facts: PageFacts) -> HTML {
        guard drop.verdict == nil else {
            return
                "\(PageActs.resend(drop, facts))\(PageActs.retry(drop, facts))\(PageActs.noAction(drop, facts))\(PageActs.withdraw(drop, facts))"
        }
        guard drop.stage == .held else {
            return "\(PageActs.ofWork(drop, isHeld: isHeld, facts))"
        }
        return "<a class=\"button\" href=\"/held#d\(drop.drop)\">Look at what is held</a>"
    }

    // MARK: - Counts

    private static func counts(_ drop: DropLine, _ working: StatusBoard.File?) -> HTML {
        let counts = PostOutcome.allCases.enumerated().map { index, outcome in
            let now = working.flatMap { index < $0.outcomes.count ? $0.outcomes[index] : nil }
            return (outcome, now ?? drop.count(outcome))
        }
        let lines = counts.reduce(0) { $0 + $1.1 }
        let bad = counts.filter { !$0.0.isGood }.reduce(0) { $0 + $1.1 }
        let all = max(lines, working?.lines ?? 0)
        let links: HTML? =
            drop.verdict == nil
            ? nil
            : "<span class=\"push\"><a href=\"/api/v1/drops/\(drop.drop)/result\" download>result</a></span> <span><a href=\"/api/v1/drops/\(drop.drop)/summary\" download>summary</a></span> <span>\(FilesPage.rejects(drop))</span>"
        let places = drop.destinations.count > 1 ? " at \(drop.destinations.count) destinations" : ""
        let good: HTML =
            lines == 0
            ? "\(drop.withoutOutcomes)"
            : "\(PageWords.count(lines - bad)) good, <span class=\"\(bad > 0 ? "bad" : "dim")\">\(PageWords.count(bad)) bad</span>\(places)"
        return """
            <section class="panel wide" aria-labelledby="h-rows-all" data-live="counts">
              <header><h2 id="h-rows-all">\(PageWords.count(drop.rows, "row"))</h2> <span class="dim">\(good)</span>
                \(links)</header>
              <div class="body">
              \(OutcomeBar.html(counts, of: all))
              <dl class="legend">\(counts.map { outcome, count -> HTML in "<div><dt>\(PageWords.outcome(outcome))</dt><dd>\(PageWords.count(count))</dd><dd>\(PageWords.exactPercent(count, of: all))</dd></div>" })</dl>
              </div>
            </section>
            """
    }

    // MARK: - Story

    private static func story(_ detail: DropDetail, _ later: [Int: DropLine], _ facts: PageFacts) -> HTML {
        let drop = detail.line
        var steps: [HTML] = []
        func step(_ time: Int64?, _ kind: String = "", _ words: HTML) {
            let at = time.map { $0 > 0 ? facts.time($0) : "<time></time>" } ?? "<time>not yet</time>"
            steps.append("<li class=\"\(kind)\">\(at)<div>\(words)</div></li>")
        }
        func time(_ value: JSONValue?) -> Int64 { value?.text.flatMap(TimeText.microseconds) ?? 0 }
        let summary = drop.summary
        let rule: HTML = drop.rule.isEmpty ? "the plain mapping" : "rule <b>\(drop.rule)</b>"
        if let own = detail.withdrawals.own {
            step(own.at, "", own.html)
        } else if let original = drop.original {
            step(
                drop.claimedAt, "",
                "Made of rows of <a href=\"/drops/\(original)\">drop \(PageWords.count(original))</a>.")
        }
        let number = PageWords.count(drop.drop)
        // What never lay in the inbox is nobody's file. How large one is, is known once it was read.
        let isOwn = drop.isMade || WireFile.drop(ofName: drop.name) == drop.drop
        let size: HTML? = drop.size > 0 ? ", \(PageWords.size(drop.size))" : nil
        step(
            drop.claimedAt, "",
            isOwn ? "Made by Postbox as drop \(number)." : "Claimed as drop \(number) by \(rule)\(size).")
        if let hold = summary?["hold"] {
            step(time(hold["since"]), "s-late", "Held: \(hold["text"]?.text ?? "")")
            if let end = HoldEnd(drop) { step(end.at, end.isBad ? "s-bad" : "", "\(end.sentence).") }
        }
        if time(summary?["first_sent_at"]) > 0 { step(time(summary?["first_sent_at"]), "", "First post.") }
        if let verdict = drop.verdict {
            let kind = verdict == .done ? "s-end" : verdict == .partial ? "s-late" : "s-bad"
            let why: HTML = drop.reason.isEmpty ? "" : " <b>\(drop.reason)</b>: \(drop.text)"
            step(drop.settledAt, kind, "<b>\(verdict.rawValue)</b>.\(why)")
        } else if drop.stage == .held {
            step(nil, "s-next", "Released or refused by a person.")
        } else {
            if let hold = drop.hold(among: facts.board.holds) {
                let (subject, more) = (hold.command.subject, PageWords.hold(hold, facts))
                step(
                    hold.since, "s-late", "It waits: \(subject) is held\(more). It goes on when somebody resumes that.")
            }
            for wait in facts.board.waits(ofDrop: drop.drop) {
                step(wait.since ?? 0, "s-late", "It \(wait.words). \(wait.end)")
            }
            step(nil, "s-next", "Every row has its outcome.")
        }
        for correction in detail.corrections {
            let name: HTML = "<a href=\"/drops/\(correction)\">drop \(PageWords.count(correction))</a>"
            // What withdraws a file is none of its rows.
            let held = later[correction].flatMap { $0.rule == DeskVerb.withdraw.rawValue ? nil : $0 }
            if let held, let end = HoldEnd(held) {
                let were = PageWords.count(held.rows, "row of it was", "rows of it were")
                step(end.at, end.isBad ? "s-bad" : "", "\(were) held as \(name): \(end.words).")
            } else if let held, held.stage == .held {
                step(0, "", "\(PageWords.count(held.rows, "row of it is", "rows of it are")) held as \(name).")
            } else {
                step(0, "", "Rows of it went into \(name).")
            }
        }
        for sentence in detail.withdrawals.sentences { step(sentence.at, "s-late", sentence.html) }
        if let note = drop.noAction {
            step(note.at, "s-end", "Closed without action by \(note.by): \(note.why)")
        }
        if drop.isOpen {
            step(
                nil, "s-next",
                "Corrected: when each of its bad rows was sent again, released, or dropped again corrected\(left(drop))."
            )
        }
        return """
            <section class="panel rail" aria-labelledby="h-story" data-live="story">
              <header><h2 id="h-story">Story</h2></header>
              <ol class="body story">\(steps)</ol>
              <dl class="body facts list">\(particulars(drop))</dl>
            </section>
            """
    }

    /// `; 2 rows are left, 1 of them held`
    private static func left(_ drop: DropLine) -> String {
        drop.hasLater ? drop.left.map { "; left: \($0.words)" } ?? "" : ""
    }

    private static func particulars(_ drop: DropLine) -> HTML {
        let summary = drop.summary
        var facts: [(String, String)] = [("rule", drop.rule.isEmpty ? "the plain mapping" : drop.rule)]
        if case .object(let logins)? = summary?["login"] {
            for (name, login) in logins {
                guard case .object(let members) = login else { continue }
                facts.append(
                    ("login at \(name)", members.map { "\($0.key) \($0.value.word ?? "")" }.joined(separator: ", ")))
            }
        }
        facts.append(("format", summary?["format"]?.text ?? ""))
        facts.append(("rows a second", summary?["rows_per_second"]?.word ?? ""))
        facts.append(("SHA-256", summary?["sha256"]?.text ?? ""))
        facts.append(("configuration", summary?["config_sha256"]?.text.map { String($0.prefix(8)) } ?? ""))
        facts.append(("lies at", drop.folder.isEmpty ? "" : drop.folder + "/" + drop.target))
        return .all(
            facts.filter { !$0.1.isEmpty }.map { name, text in
                "<div><dt>\(name)</dt><dd class=\"\(name == "SHA-256" || name == "lies at" ? "mono" : "")\">\(text)</dd></div>"
            })
    }

    // MARK: - Rows

    private static func table(_ drop: DropLine, _ page: ResultPage?, _ filter: ResultFilter, _ facts: PageFacts) -> HTML
    {
        let picks = [nil] + PostOutcome.allCases.map { Optional($0) }
        let links = picks.map { outcome -> HTML in
            let text = ResultFilter(outcome: outcome, ric: filter.ric).text(page: nil)
            let isHere: HTML = outcome == filter.outcome ? " aria-current=\"true\"" : ""
            let count: HTML? = outcome.map {
                drop.verdict == nil ? "" : " <span class=\"n\">\(PageWords.count(drop.count($0)))</span>"
            }
            return "<a href=\"/drops/\(drop.drop)\(text)\"\(isHere)>\(outcome?.word ?? "all")\(count)</a>"
        }
        let hidden: HTML? = filter.outcome.map { "<input type=\"hidden\" name=\"outcome\" value=\"\($0.word)\">" }
        let rows = page?.rows ?? []
        // A row has a line for each: without their names these look the same.
        let isOfSeveral = drop.destinations.count > 1
        let destination: HTML? = isOfSeveral ? "<th scope=\"col\" class=\"c-dest\">destination</th>" : nil
        let body: HTML =
            rows.isEmpty
            ? "<p class=\"note\">\(none(drop, page, filter))</p>"
            : """
            <table class="cards sticky rows" id="rows">
              <caption class="sr">Rows of \(drop.name)</caption>
              <thead><tr><th scope="col" class="num c-row">row</th><th scope="col" class="c-ric">RIC</th><th scope="col" class="c-out">outcome</th><th scope="col" class="c-code">code or reason</th><th scope="col">text</th><th scope="col" class="c-val">values</th><th scope="col" class="c-sent">sent at</th><th scope="col" class="num c-try">tries</th>\(destination)</tr></thead>
              <tbody>\(rows.map { row($0, isOfSeveral: isOfSeveral) })</tbody>
            </table>
            """
        let next: HTML? = page?.next.map {
            "<a rel=\"next\" href=\"/drops/\(drop.drop)\(filter.text(page: $0))#rows\">next rows</a>"
        }
        return """
            <section class="panel" aria-labelledby="h-bad">
              <header><h2 id="h-bad">Rows</h2>
                <nav class="pick" aria-label="Outcome">\(links)</nav>
                <form class="push" role="search" method="get" action="/drops/\(drop.drop)">\(hidden)<input name="ric" type="search" aria-label="RIC" placeholder="RIC" aria-keyshortcuts="/" value="\(filter.ric ?? "")"></form>
              </header>
              \(body)
              <div class="pages"><a href="/drops/\(drop.drop)\(filter.text(page: nil))">first</a>\(next)<span class="push">\(PageWords.count(rows.count, "row")) here, in the order in which they were settled</span></div>
            </section>
            """
    }

    /// Why no row is shown.
    private static func none(_ drop: DropLine, _ page: ResultPage?, _ filter: ResultFilter) -> String {
        guard let page else { return drop.verdict == nil ? "There is no result yet." : "There is no result." }
        if page.next != nil { return "None among those looked through so far; go on to the next page." }
        return filter == ResultFilter() ? "No row is in its result." : "No row is like that."
    }

    private static func row(_ row: ResultRow, isOfSeveral: Bool) -> HTML {
        let outcome = PostOutcome(word: row["outcome"]).map { PageWords.outcome($0) } ?? "\(row["outcome"])"
        let code = row["nak_code"].isEmpty ? row["reason"] : row["nak_code"]
        let values = row.fields.map { "\($0.name) \($0.value)" }.joined(separator: "  ")
        let key = "\(row["destination"]) \(row["row"])"
        let destination: HTML? = isOfSeveral ? "<td data-h=\"destination\">\(row["destination"])</td>" : nil
        return """
            <tr data-key="\(key)"><td class="num dim" data-h="row">\(row["row"])</td><th scope="row"><a href="/ric?ric=\(DeskQuery.escaped(row["ric"]))">\(row["ric"])</a></th><td>\(outcome)</td><td>\(code)</td><td class="full">\(row["text"])</td><td class="dim">\(values)</td><td class="dim" data-h="sent">\(String(row["sent_at"].dropFirst(11).prefix(12)))</td><td class="num" data-h="attempts">\(row["attempts"])</td>\(destination)</tr>
            """
    }
}

/// How rows ended, as areas of one bar. Each outcome that occurs has 1.5 % at least: it is no scale, and the figures stand under it.
enum OutcomeBar {
    private static let least = 1.5

    static func html(_ counts: [(PostOutcome, Int)], of all: Int) -> HTML {
        guard all > 0 else { return "" }
        let shown = counts.filter { $0.1 > 0 && $0.0 != .unsent }
        var widths = shown.map { max(least, Double($0.1) * 100 / Double(all)) }
        let over = widths.reduce(0, +) - 100
        // The widest one gives what the narrow ones have too much.
        if over > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }) { widths[widest] -= over }
        var (pieces, at): ([HTML], Double) = ([], 0)
        for ((outcome, count), width) in zip(shown, widths) {
            let (x, w) = (percent(at), percent(width))
            pieces.append(
                "<rect class=\"f-\(outcome.word)\" x=\"\(x)\" width=\"\(w)\" height=\"100%\"><title>\(outcome.word): \(PageWords.count(count))</title></rect>"
            )
            if let pattern = pattern(outcome) {
                pieces.append("<rect fill=\"url(#\(pattern))\" x=\"\(x)\" width=\"\(w)\" height=\"100%\"/>")
            }
            if at > 0 { pieces.append("<rect class=\"f-gap\" x=\"\(x)\" width=\"2\" height=\"100%\"/>") }
            at += width
        }
        let words = counts.map { "\(PageWords.count($0.1)) \($0.0.word)" }.joined(separator: ", ")
        return """
            <svg class="defs" width="0" height="0" aria-hidden="true"><defs>
            <pattern id="p-s" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="f-ink" width="2" height="8"/></pattern>
            <pattern id="p-r" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect class="f-ink" width="1.5" height="5"/></pattern>
            <pattern id="p-u" width="5" height="5" patternUnits="userSpaceOnUse"><circle class="f-ink" cx="2.5" cy="2.5" r="1.2"/></pattern>
            </defs></svg>
            <svg class="counts" role="img" aria-label="All rows: \(words)">\(pieces)</svg>
            """
    }

    private static func pattern(_ outcome: PostOutcome) -> String? {
        switch outcome {
        case .superseded: "p-s"
        case .rejected: "p-r"
        case .unknown: "p-u"
        case .acked, .nacked, .unsent: nil
        }
    }

    private static func percent(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
    }
}

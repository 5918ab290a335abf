/// Files: search by name, day and how they ended. And the desk's list of what is to be done: files that ended badly.
package enum FilesPage {
    /// Drops that were found.
    package static func html(_ list: DropList, _ query: DropQuery, _ facts: PageFacts) -> String {
        let form = search { key in
            switch key {
            case "name": query.name
            case "from": query.from.map(TimeText.day)
            case "to": query.before.map { TimeText.day($0 - 1) }
            case "state": query.state?.rawValue
            default: query.verdict?.rawValue
            }
        }
        return PageFrame.page(.files, title: "Files", facts, "\(form)\(found(list, query, facts))").text
    }

    /// The search as somebody filled it in wrongly.
    package static func html(_ form: FilledForm, _ facts: PageFacts) -> String {
        PageFrame.page(.files, title: "Files", facts, search { form.typed[$0] }).text
    }

    /// `text`: what stands in its fields, by their keys.
    private static func search(_ text: (_ key: String) -> String?) -> HTML {
        """
        <div class="title"><h1>Files</h1></div>
        <section class="panel" aria-label="Search">
          <form class="body ask" role="search" method="get" action="/files">
            <label class="grow">Name<input name="name" type="search" placeholder="part of a name, or a pattern such as eod_*" aria-keyshortcuts="/" value="\(text("name") ?? "")"></label>
            \(day("From", "from", text("from")))
            \(day("To", "to", text("to")))
            \(choice("Stands", "state", DropQuery.State.allCases.map { ($0.rawValue, words($0)) }, text("state")))
            \(choice("Verdict", "verdict", Verdict.allCases.map { ($0.rawValue, $0.rawValue) }, text("verdict")))
            <button class="main">Search</button>
          </form>
        </section>
        """
    }

    private static func found(_ list: DropList, _ query: DropQuery, _ facts: PageFacts) -> HTML {
        let next: HTML? = list.next.map { "<a rel=\"next\" href=\"/files\(query.text(page: $0))\">older</a>" }
        let first: HTML? = query.page.map { _ in "<a href=\"/files\(query.text(page: nil))\">newest</a>" }
        let table: HTML =
            list.drops.isEmpty
            ? "<p class=\"note\">No file is like that.</p>"
            : """
            <table class="cards sticky brief" id="files">
              <thead><tr><th scope="col" class="num gone">drop</th><th scope="col">file</th><th scope="col">state</th><th scope="col" class="num">rows</th><th scope="col" class="num">nacked</th><th scope="col" class="num">rejected</th><th scope="col" class="num">unknown</th><th scope="col" class="num">unsent</th><th scope="col">destination</th><th scope="col">claimed</th><th scope="col">finished</th><th scope="col">note</th></tr></thead>
              <tbody>
              \(list.drops.map { row($0, facts) })
              </tbody>
            </table>
            """
        return """
            <section class="panel" aria-label="Files found" data-live="files">
              \(table)
              <div class="pages">\(first)\(next)<span class="push">\(PageWords.count(list.drops.count, "file")) here</span></div>
            </section>
            """
    }

    private static func words(_ state: DropQuery.State) -> String {
        switch state {
        case .work: "in work"
        case .held: "held"
        case .finished: "finished"
        case .open: "open failure"
        }
    }

    /// A day, typed as text: a browser's own field for days shows them in its order.
    static func day(_ label: String, _ name: String, _ text: String?) -> HTML {
        """
        <label>\(label)<input name="\(name)" inputmode="numeric" pattern="\\d{4}-\\d{2}-\\d{2}" placeholder="2026-11-27" size="10" value="\(text ?? "")"></label>
        """
    }

    static func choice(_ label: String, _ name: String, _ values: [(value: String, words: String)], _ chosen: String?)
        -> HTML
    {
        let options = values.map { value, words -> HTML in
            "<option value=\"\(value)\"\(value == chosen ? " selected" as HTML : "")>\(words)</option>"
        }
        return "<label>\(label)<select name=\"\(name)\"><option value=\"\">any</option>\(options)</select></label>"
    }

    /// How a drop stands, in a word. One in work may be held.
    static func state(_ drop: DropLine, _ facts: PageFacts) -> HTML {
        if let verdict = drop.verdict {
            return PageWords.verdict(verdict, isCorrected: drop.isCorrected, isHeld: drop.waitsForRelease)
        }
        if drop.stage == .held { return PageWords.lamp(.held, "held") }
        // What is claimed is not read before its destinations are there.
        let waits = drop.stage == .claimed && !facts.board.waits(ofDrop: drop.drop).isEmpty
        let word = waits ? "waiting" : stage(drop.stage)
        return drop.hold(among: facts.board.holds) == nil
            ? PageWords.lamp(.wait, word) : PageWords.lamp(.held, "\(word), held")
    }

    static func stage(_ stage: FileStage) -> String {
        switch stage {
        case .claimed: "reading"
        case .held: "held"
        case .posting: "posting"
        case .verifying: "read back"
        case .settled, .closed: "finished"
        }
    }

    private static func row(_ drop: DropLine, _ facts: PageFacts) -> HTML {
        let counts = [PostOutcome.nacked, .rejected, .unknown, .unsent].map { outcome -> HTML in
            let count = drop.count(outcome)
            return
                "<td class=\"num \(count == 0 ? "zero" : "bad")\" data-h=\"\(outcome.word)\">\(PageWords.count(count))</td>"
        }
        return """
            <tr data-key="d\(drop.drop)"><td class="num dim gone">\(PageWords.count(drop.drop))</td><th scope="row"><a class="name" href="/drops/\(drop.drop)">\(drop.name)</a></th><td>\(state(drop, facts))</td><td class="num" data-h="rows">\(PageWords.count(drop.rows))</td>\(counts)<td class="nowrap" data-h="destination">\(drop.destinations.joined(separator: ", "))</td><td data-h="claimed" class="nowrap">\(facts.time(drop.claimedAt))</td><td data-h="finished" class="nowrap">\(facts.time(drop.settledAt))</td><td class="fill full dim">\(note(drop))</td></tr>
            """
    }

    private static func note(_ drop: DropLine) -> HTML {
        let original: HTML? = drop.original.map { "rows of <a href=\"/drops/\($0)\">\(PageWords.count($0))</a>. " }
        return "\(original)\(drop.reason.isEmpty ? "" : "\(drop.reason): \(drop.text)")"
    }

    // MARK: - Open failures

    /// Files that ended badly, and of which not each bad row has been put right.
    package static func failures(_ list: DropList, _ facts: PageFacts) -> String {
        let bad = list.drops.reduce(0) { $0 + ($1.left?.here ?? $1.badCount) }
        let more = list.next == nil ? "" : " and more"
        let title =
            list.drops.isEmpty
            ? "none" : "\(PageWords.count(list.drops.count, "file"))\(more), \(PageWords.count(bad, "bad row"))"
        let table: HTML =
            list.drops.isEmpty
            ? "<p class=\"note\">Every file that ended badly has been corrected, or there was none.</p>"
            : """
            <table class="cards">
              <thead><tr><th scope="col">file</th><th scope="col">verdict</th><th scope="col">bad rows</th><th scope="col">mostly</th><th scope="col">to do</th></tr></thead>
              <tbody>\(list.drops.map { failure($0, facts) })</tbody>
            </table>
            """
        return PageFrame.page(
            .failures, title: "Open failures", facts,
            """
            <div class="title"><h1>Open failures</h1> <span class="dim">\(title)</span></div>
            <section class="panel" aria-label="Open failures" data-live="failures">
              \(table)
            </section>
            """
        ).text
    }

    private static func failure(_ drop: DropLine, _ facts: PageFacts) -> HTML {
        let tally = PostOutcome.allCases.filter { !$0.isGood && drop.count($0) > 0 }.map { outcome -> HTML in
            "\(PageWords.outcome(outcome))<span>\(PageWords.count(drop.count(outcome)))</span>"
        }
        let mostly = drop.reasons.prefix(2).map { word, count -> HTML in
            "<div><b>\(word)</b> \(PageWords.count(count))</div>"
        }
        let why: HTML? = drop.reason.isEmpty ? nil : "<b>\(drop.reason)</b>: \(drop.text)"
        // What was put right, or waits for a release, is told beside how the rows ended.
        let left: HTML? = drop.hasLater ? drop.left.map { "<div class=\"dim small\">left: \($0.words)</div>" } : nil
        return """
            <tr data-key="d\(drop.drop)">
              <th scope="row"><a class="name" href="/drops/\(drop.drop)">\(drop.name)</a><div class="dim small">\(PageWords.count(drop.drop)) → \(drop.destinations.joined(separator: ", ")), \(PageWords.count(drop.rows, "row"))</div></th>
              <td>\(state(drop, facts))<div class="dim small">\(facts.time(drop.settledAt))</div></td>
              <td class="full"><div class="tally">\(tally)</div>\(left)</td>
              <td class="full fill">\(why)\(Array(mostly))</td>
              <td class="full todo"><div class="acts">\(rejects(drop))\(PageActs.resend(drop, facts))\(PageActs.retry(drop, facts))\(PageActs.noAction(drop, facts))</div></td>
            </tr>
            """
    }

    /// Where the rows are that are to be corrected; nil: there are none.
    static func rejects(_ drop: DropLine) -> HTML? {
        guard drop.verdict != nil, drop.badCount > 0, drop.verdict != .refused else { return nil }
        guard drop.destinations.count > 1 else {
            return "<a class=\"button\" href=\"/api/v1/drops/\(drop.drop)/rejects\" download>Rejects</a>"
        }
        return .all(
            drop.destinations.map { name in
                "<a class=\"button\" href=\"/api/v1/drops/\(drop.drop)/rejects?destination=\(DeskQuery.escaped(name))\" download>Rejects of \(name)</a>"
            })
    }
}

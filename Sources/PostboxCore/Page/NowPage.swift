/// Now: destinations, files in work, what waits and why, what is held, and what was finished last.
package enum NowPage {
    package static func html(_ facts: PageFacts) -> String {
        PageFrame.page(.now, title: title(facts), kind: "now", facts, main(facts)).text
    }

    private static func title(_ facts: PageFacts) -> String {
        let down = facts.board.lanes.count { $0.state != .ready }
        let first = down == 0 ? "All is logged in" : "\(PageWords.count(down, "destination")) not logged in"
        let count = facts.toDo.count
        return first + (count == 0 ? ", nothing needs you" : ", \(PageWords.count(count, "thing")) to do")
    }

    private static func main(_ facts: PageFacts) -> HTML {
        """
        <h1 class="sr">\(title(facts))</h1>
        <div class="stackv">
        \(destinations(facts))
        \(work(facts))
        </div>
        <div class="stackv">
        \(inbox(facts))
        \(held(facts))
        </div>
        <div class="stackv">
        \(AlertsPanel.html(facts))
        \(finished(facts))
        </div>
        """
    }

    private static let fresh: HTML =
        "<p class=\"fresh dim\" hidden>There are new ones; leave this table to see them.</p>"

    // MARK: - Destinations

    private static func destinations(_ facts: PageFacts) -> HTML {
        let lanes = facts.board.lanes
        return """
            <section class="panel" id="destinations" aria-labelledby="h-dest" data-live="destinations">
              <header><h2 id="h-dest">Destinations</h2> <span class="dim">\(lanes.count)</span></header>
              <table class="cards lanes four">
                <thead><tr><th scope="col">name</th><th scope="col" class="c-state">state</th><th scope="col" class="c-bar">posts a second</th><th scope="col" class="num c-n">in flight</th><th scope="col" class="num c-n">queued</th><th scope="col" class="num c-n">refused</th><th scope="col" class="num c-n">ack p99, ms</th><th scope="col" class="c-n5"><span class="sr">acts</span></th></tr></thead>
                <tbody>
                \(lanes.map { lane($0, facts) })
                </tbody>
              </table>
            </section>
            """
    }

    private static func state(_ lane: StatusBoard.Lane) -> HTML {
        if lane.isHeld, lane.state == .ready { return PageWords.lamp(.held, "held") }
        return switch lane.state {
        case .ready: PageWords.lamp(.ok, "logged in")
        case .connecting: PageWords.lamp(.down, "down")
        case .paused: PageWords.lamp(.warn, "paused")
        case .refused: PageWords.lamp(.down, "refused")
        case .stopped: PageWords.lamp(.wait, "stopped")
        }
    }

    private static func lane(_ lane: StatusBoard.Lane, _ facts: PageFacts) -> HTML {
        let traffic = lane.traffic
        let rate = Int(traffic.postsPerSecond.rounded())
        let says =
            traffic.rateLimit.map { "\(PageWords.count(rate)) of \(PageWords.count($0))/s" }
            ?? "\(PageWords.count(rate))/s"
        let bar: HTML? = traffic.rateLimit.map { limit -> HTML in
            "<meter value=\"\(min(rate, limit))\" max=\"\(limit)\" aria-label=\"\(lane.name): posts a second\">\(says)</meter>"
        }
        let act: HTML? =
            facts.may(.stop, rule: nil)
            ? PageActs.hold(lane.isHeld, of: lane.name, at: "/destinations/\(DeskQuery.escaped(lane.name))", facts)
            : nil
        let hold = facts.board.hold(of: lane)
        var whys: [HTML] = []
        if lane.state != .ready, let trouble = lane.state.trouble ?? lane.lastTrouble {
            whys.append("<b class=\"bad\">\(trouble)</b> ")
        } else if lane.rehearses {
            whys.append("<b>A rehearsal: files are checked, and nothing is posted (<code>rehearse: true</code>).</b> ")
        }
        if lane.isHeld {
            whys.append(
                "<span>Held\(PageWords.hold(hold, facts)).</span> <span class=\"dim\">Nothing is sent, no file for it is claimed.</span>"
            )
        }
        let why: HTML? = whys.isEmpty ? nil : HTML.all(whys)
        let since: Int64 =
            switch lane.state {
            case .ready: hold?.since ?? lane.since
            // Its lamp says "down", whatever it was between.
            case .connecting: lane.downSince ?? lane.since
            case .paused, .refused, .stopped: lane.since
            }
        let isBad: HTML = lane.state == .ready || lane.state == .stopped ? "" : "row-bad "
        let key = lane.name
        return """
            <tr class="\(isBad)\(why == nil ? "" : "has-sub" as HTML)" data-key="\(key)">
              <th scope="row"><span class="name">\(lane.name)</span><div class="dim small name">\(traffic.url)</div></th>
              <td class="c-live" data-cell="\(key) state">\(state(lane)) <div class="dim small">since \(facts.time(since))</div></td>
              <td class="rate-cell full" data-cell="\(key) rate"><div class="gauge"><div class="text"><span>\(says)</span><span class="dim">\(traffic.rateLimit == nil ? "no limit" : "limit")</span></div>\(bar)</div></td>
              \(figure(traffic.inFlight, "in flight", key))
              \(figure(traffic.queued, "queued", key))
              \(figure(traffic.nacked, "refused", key))
              <td class="num" data-h="ack p99, ms" data-cell="\(key) p99">\(traffic.p99.map(StatusBoard.milliseconds) ?? "")</td>
              <td class="num full">\(act)</td>
            </tr>
            \(why.map { why -> HTML in "<tr class=\"sub\"><td colspan=\"8\" class=\"full\"><span>\(why)</span></td></tr>" })
            """
    }

    private static func figure(_ number: Int, _ head: String, _ key: String) -> HTML {
        "<td class=\"num\(number == 0 ? " zero" : "")\" data-h=\"\(head)\" data-cell=\"\(key) \(head)\">\(PageWords.count(number))</td>"
    }

    // MARK: - Files in work

    private static func work(_ facts: PageFacts) -> HTML {
        let board = facts.board
        let body: HTML =
            board.files.isEmpty
            ? "<p class=\"note\">No file is in work. \(last(facts))</p>"
            : """
            <table class="cards lanes">
              <thead><tr><th scope="col">file</th><th scope="col" class="c-state gone">stage</th><th scope="col" class="c-bar">rows settled</th><th scope="col" class="num c-a">bad rows</th><th scope="col" class="num c-b">a second</th><th scope="col" class="num c-c">time left</th><th scope="col" class="c-d">deadline</th><th scope="col" class="c-act"><span class="sr">acts</span></th></tr></thead>
              <tbody>
              \(board.files.map { file($0, facts) })
              </tbody>
            </table>
            """
        let more: HTML? =
            board.filesInAll > board.files.count
            ? "<p class=\"note\">and \(PageWords.count(board.filesInAll - board.files.count)) more</p>" : nil
        return """
            <section class="panel" id="work" aria-labelledby="h-work" data-live="work">
              <header><h2 id="h-work">Files in work</h2> <span class="dim">\(PageWords.count(board.filesInAll))</span></header>
              \(fresh)\(body)\(more)
            </section>
            """
    }

    private static func last(_ facts: PageFacts) -> HTML {
        facts.board.lastFile.map { "Last file ended at \(facts.time($0.at)): \($0.name)." } ?? ""
    }

    private static func next(_ facts: PageFacts) -> HTML {
        facts.board.nextExpected.map { " Next expected: \($0.rule) by \($0.by.text)." } ?? ""
    }

    private static func file(_ file: StatusBoard.File, _ facts: PageFacts) -> HTML {
        let (settled, key) = (file.settled, "d\(file.drop)")
        let stage: String
        let bar: HTML
        switch (file.state, file.lines) {
        case (.waiting, _), (.reading, _):
            stage = file.state == .waiting ? "waiting" : "reading"
            bar =
                "<div class=\"gauge\"><div class=\"text\"><span>\(stage)</span><span class=\"dim\">nothing sent yet</span></div></div>"
        case (_, let lines):
            stage = file.state == .held ? "held" : "posting"
            let all = lines ?? 0
            bar =
                all > 0
                ? "<div class=\"gauge\"><div class=\"text\"><span>\(PageWords.percent(settled, of: all))</span><span class=\"dim\">\(PageWords.count(settled)) of \(PageWords.count(all))</span></div><progress value=\"\(min(settled, all))\" max=\"\(all)\" aria-label=\"\(file.name): rows settled\">\(PageWords.percent(settled, of: all))</progress></div>"
                : "<div class=\"gauge\"><div class=\"text\"><span>\(stage)</span><span class=\"dim\">\(PageWords.count(settled)) settled</span></div></div>"
        }
        let bad = zip(PostOutcome.allCases, file.outcomes).filter { !$0.0.isGood && $0.1 > 0 }
        let act: HTML? =
            facts.may(.stop, rule: nil)
            ? PageActs.hold(file.state == .held, of: file.name, at: "/drops/\(file.drop)", facts) : nil
        return """
            <tr data-key="\(key)">
              <th scope="row"><a class="name" href="/drops/\(file.drop)">\(file.name)</a><div class="dim small">\(PageWords.count(file.drop)) → \(file.destinations.joined(separator: ", "))</div>\(file.hold.map { hold -> HTML in "<div class=\"small\">\(hold.command.subject) is held\(PageWords.hold(hold, facts))</div>" })\(facts.board.waits(of: file).map { wait -> HTML in "<div class=\"small\">\(wait.brief)</div>" })</th>
              <td class="gone" data-cell="\(key) stage">\(file.state == .held ? PageWords.lamp(.held, "held") : "\(stage)")</td>
              <td class="prog-cell full" data-cell="\(key) bar">\(bar)</td>
              <td data-h="bad rows" class="num \(bad.isEmpty ? "zero" : "bad")" data-cell="\(key) bad">\(bad.isEmpty ? "0" : bad.map { "\(PageWords.count($0.1)) \($0.0.word)" }.joined(separator: ", "))</td>
              <td class="num" data-h="a second" data-cell="\(key) rate">\(file.rowsPerSecond.map { PageWords.count(Int($0.rounded())) } ?? "")</td>
              <td class="num" data-h="time left" data-cell="\(key) left">\(file.secondsLeft.map { PageWords.duration(seconds: $0) } ?? "")</td>
              \(deadline(file, key, facts))
              <td class="num full">\(act)</td>
            </tr>
            """
    }

    /// When it is to be done, and how much time is to spare, or by how much it misses.
    private static func deadline(_ file: StatusBoard.File, _ key: String, _ facts: PageFacts) -> HTML {
        guard let deadline = file.deadline else {
            return "<td data-h=\"deadline\" data-cell=\"\(key) deadline\"><span class=\"dim\">none</span></td>"
        }
        let seconds = Int((deadline.at - facts.now) / 1_000_000) - (file.secondsLeft ?? 0)
        let span = PageWords.duration(seconds: abs(seconds))
        guard file.isLate else {
            let spare: HTML? = file.secondsLeft.map { _ in "<div class=\"small dim\">\(span) to spare</div>" }
            return "<td data-h=\"deadline\" data-cell=\"\(key) deadline\">\(deadline.text)\(spare)</td>"
        }
        return
            "<td data-h=\"deadline\" class=\"late\" data-cell=\"\(key) deadline\">\(PageWords.lamp(.warn, deadline.text))<div class=\"small\">misses by \(span)</div></td>"
    }

    // MARK: - What waits

    private static func inbox(_ facts: PageFacts) -> HTML {
        let board = facts.board
        let act: HTML? =
            facts.may(.stop, rule: nil)
            ? "<div class=\"push\">\(PageActs.plain(board.isInboxHeld ? "Resume inbox" : "Hold inbox", of: "", board.isInboxHeld ? "/inbox/resume" : "/inbox/hold", facts))</div>"
            : nil
        let state: HTML =
            board.lowRoom.map { PageWords.lamp(.down, $0) }
            ?? (board.isInboxHeld
                ? "\(PageWords.lamp(.held, "held: nothing new is claimed")) <span class=\"small\">\(PageWords.hold(board.inboxHold, facts))</span>"
                : "")
        let rows = board.waiting.map { file -> HTML in
            "<tr data-key=\"\(file.name)\"><th scope=\"row\"><span class=\"name\">\(file.name)</span></th><td class=\"full\"><span class=\"lamp wait\">\(PageWords.waiting(file))</span></td></tr>"
        }
        let body: HTML =
            rows.isEmpty
            ? "<p class=\"note\">Nothing waits. \(last(facts))\(next(facts))</p>"
            : "<table class=\"cards\"><thead><tr><th scope=\"col\" class=\"c-name\">file</th><th scope=\"col\" class=\"c-why\">why</th></tr></thead><tbody>\(rows)</tbody></table>"
        let more: HTML? =
            board.waitingInAll > board.waiting.count
            ? "<p class=\"note\">and \(PageWords.count(board.waitingInAll - board.waiting.count)) more</p>" : nil
        return """
            <section class="panel" aria-labelledby="h-in" data-live="inbox">
              <header><h2 id="h-in">Inbox</h2> <span class="dim">\(PageWords.count(board.waitingInAll, "waits", "wait"))</span> \(state)\(act)</header>
              \(fresh)\(body)\(more)
            </section>
            """
    }

    private static func held(_ facts: PageFacts) -> HTML {
        let held = facts.board.held
        guard !held.isEmpty else { return "<section data-live=\"held\"></section>" }
        let rows = held.map { drop -> HTML in
            let deadline: HTML =
                drop.deadline.map { deadline -> HTML in
                    "\(deadline.text)<div class=\"small late\">\(PageWords.distance(to: deadline.at, at: facts.now))</div>"
                } ?? "<span class=\"dim\">none</span>"
            return """
                <tr data-key="h\(drop.drop)"><th scope="row"><a class="name" href="/held#d\(drop.drop)">\(drop.name)</a><div class="dim small">\(PageWords.count(drop.drop))\(drop.rule.isEmpty ? "" : " · rule \(drop.rule)")</div></th><td class="full fill">\(drop.why)</td><td class="num" data-h="rows">\(PageWords.count(drop.rows))</td><td data-h="deadline">\(deadline)</td><td class="nowrap" data-h="refused at">\(facts.time(drop.until))<div class="dim small">in \(PageWords.duration(seconds: Int((drop.until - facts.now) / 1_000_000)))</div></td><td class="num"><a class="button" href="/held#d\(drop.drop)">Look</a></td></tr>
                """
        }
        return """
            <section class="panel" aria-labelledby="h-held" data-live="held">
              <header><h2 id="h-held">Held for release</h2> <span class="dim">\(held.count)</span></header>
              <table class="cards">
                <thead><tr><th scope="col">file</th><th scope="col">why</th><th scope="col" class="num">rows</th><th scope="col">deadline</th><th scope="col">refused at</th><th><span class="sr">go</span></th></tr></thead>
                <tbody>\(rows)</tbody>
              </table>
            </section>
            """
    }

    private static func finished(_ facts: PageFacts) -> HTML {
        let rows = facts.board.finished.prefix(20).map { drop -> HTML in
            let made: HTML? = drop.made.map { "\($0.words), " }
            return """
                <li data-key="f\(drop.drop)">\(facts.time(drop.at))<div><p><a class="name" href="/drops/\(drop.drop)">\(drop.name)</a></p><p class="line dim">\(PageWords.verdict(drop.verdict))<span class="push">\(made)drop \(PageWords.count(drop.drop))</span></p></div></li>
                """
        }
        let body: HTML =
            rows.isEmpty
            ? "<p class=\"note\">No file was finished since the service started.</p>"
            : "<ol class=\"alerts tight\">\(rows)</ol>"
        return """
            <section class="panel" aria-labelledby="h-fin" data-live="finished">
              <header><h2 id="h-fin">Finished</h2> <a class="push" href="/day">the day</a> <a href="/files">all files</a></header>
              \(body)
            </section>
            """
    }
}

/// Held: rows that need a look, the value that holds now beside the new one; released or refused by those who may.
package enum HeldPage {
    /// - Parameter originals: drops that held rows were in before, by number; of those that are not there nothing is told.
    package static func html(_ facts: PageFacts, originals: [Int: DropLine] = [:]) -> String {
        let held = facts.board.held
        let title =
            held.isEmpty
            ? "nothing"
            : PageWords.count(held.count, "file") + ", " + PageWords.count(held.reduce(0) { $0 + $1.rows }, "row")
        let none: HTML? =
            held.isEmpty ? "<section class=\"panel\"><p class=\"note\">Nothing is held for release.</p></section>" : nil
        return PageFrame.page(
            .held, title: "Held for release", facts,
            """
            <div class="title"><h1>Held for release</h1> <span class="dim">\(title)</span></div>
            <div class="stackv" data-live="held">\(none)\(held.map { drop($0, $0.original.flatMap { originals[$0] }, facts) })</div>
            \(standing(facts))
            """
        ).text
    }

    private static func drop(_ drop: HeldDrop, _ whole: DropLine?, _ facts: PageFacts) -> HTML {
        let form = "f\(drop.drop)"
        // Who waits for a second person has no button that ticks would count for.
        let mayRelease =
            facts.may(.release, rule: drop.rule) && mayRelease(drop, facts)
            && !(facts.caller.person.map { isOwn(drop, of: $0) } ?? false)
        let isWithdrawal = drop.isWithdrawal
        let original: HTML? = drop.original.map {
            " · \(isWithdrawal ? "withdraws drop" : "rows of") <a href=\"/drops/\($0)\">\(PageWords.count($0))</a>"
        }
        let releasers = drop.release.by.isEmpty ? "whoever may act" : drop.release.by.joined(separator: ", ")
        let needsTwo = drop.release.fourEyes ? "; two people are needed" : ""
        let examples = drop.examples
        let rows: HTML? =
            examples.isEmpty
            ? nil
            : """
            <table class="cards d4">
              <caption class="sr">Rows of \(drop.name) that need a look</caption>
              <thead><tr><th scope="col">\(mayRelease ? "leave out row" : "row")</th><th scope="col">RIC</th><th scope="col">field</th><th scope="col" class="dec">holds now</th><th scope="col" class="dec">new</th><th scope="col" class="num">move</th><th scope="col">why</th></tr></thead>
              <tbody>\(examples.enumerated().map { row($1, drop, mayRelease ? form : nil, isFirst: $0 == 0 || examples[$0 - 1].row != $1.row) })</tbody>
            </table>
            """
        let more: HTML? =
            examples.count >= HeldDrop.examplesMax
            ? "<p class=\"note\">More rows need a look than are shown here.</p>" : nil
        return """
            <section class="panel" id="d\(drop.drop)" aria-labelledby="h\(drop.drop)">
              <header><h2 id="h\(drop.drop)"><a href="/drops/\(drop.drop)">\(drop.name)</a></h2> <span class="dim">drop \(PageWords.count(drop.drop))\(drop.rule.isEmpty ? "" : " · rule \(drop.rule)")\(original)</span> <span class="push lamp held">nothing of it is sent</span></header>
              <dl class="body facts"><div><dt>held since</dt><dd>\(facts.time(drop.since))</dd></div><div><dt>why</dt><dd>\(drop.why)</dd></div><div><dt>rows</dt><dd>\(PageWords.count(drop.rows))</dd></div>\(whole.flatMap { went($0, drop, facts) })<div><dt>may release</dt><dd>\(releasers)\(needsTwo)</dd></div>\(deadline(drop, facts))<div><dt>refused by itself</dt><dd>\(facts.time(drop.until)), <span class="late">in \(PageWords.duration(seconds: Int((drop.until - facts.now) / 1_000_000)))</span></dd></div></dl>
              \(rows)\(more)
              \(acts(drop, form, facts))
            </section>
            """
    }

    /// How many rows of the file went while these are held. What withdraws a file is none of its rows.
    private static func went(_ whole: DropLine, _ drop: HeldDrop, _ facts: PageFacts) -> HTML? {
        let count = whole.count(.acked)
        guard drop.rule != DeskVerb.withdraw.rawValue, count > 0 else { return nil }
        return
            "<div><dt>went already</dt><dd>\(PageWords.rows(count, at: whole.destinations)) of it, until \(facts.time(whole.settledAt))</dd></div>"
    }

    /// By when its rule wants it done.
    private static func deadline(_ drop: HeldDrop, _ facts: PageFacts) -> HTML? {
        drop.deadline.map { deadline in
            "<div><dt>deadline of its rule</dt><dd>\(deadline.text), <span class=\"late\">\(PageWords.distance(to: deadline.at, at: facts.now))</span></dd></div>"
        }
    }

    private static func row(_ row: HeldRow, _ drop: HeldDrop, _ form: String?, isFirst: Bool) -> HTML {
        let tick: HTML =
            form.flatMap { form -> HTML? in
                guard isFirst else { return nil }
                return
                    "<label class=\"check\"><input type=\"checkbox\" name=\"except\" value=\"\(row.row)\" form=\"\(form)\" aria-label=\"leave out row \(row.row), \(row.ric)\"><span class=\"dim\">\(PageWords.count(row.row))</span></label>"
            } ?? "<span class=\"dim\">\(PageWords.count(row.row))</span>"
        let old: HTML =
            row.old.map { PageWords.decimal(JSONText.shown($0)) } ?? "<span class=\"dim\">nothing known</span>"
        let new: HTML = row.new.map { "<b>\(PageWords.decimal(JSONText.shown($0)))</b>" } ?? ""
        return """
            <tr data-key="\(drop.drop) \(row.row) \(row.field)"><td>\(tick)</td><th scope="row"><a href="/ric?ric=\(DeskQuery.escaped(row.ric))">\(row.ric)</a></th><td data-h="field">\(row.field)</td><td class="dec old" data-h="holds now">\(old)</td><td class="dec" data-h="new">\(new)</td><td class="num move late" data-h="move">\(PageWords.move(from: row.old, to: row.new))</td><td class="fill full">\(row.reason)</td></tr>
            """
    }

    /// Whether the rule lets this person release it.
    private static func mayRelease(_ drop: HeldDrop, _ facts: PageFacts) -> Bool {
        guard let person = facts.caller.person else { return false }
        let name = ReleaseRule.name(person.text)
        guard drop.release.by.isEmpty || drop.release.by.contains(name) else { return false }
        return !drop.release.fourEyes || person.isNamed
    }

    /// Whether this person proposed its release, and somebody else has to release it.
    private static func isOwn(_ drop: HeldDrop, of person: Person) -> Bool {
        guard drop.release.fourEyes, let proposer = drop.proposedBy, drop.proposedRows != nil else { return false }
        return ReleaseRule.name(proposer.text) == ReleaseRule.name(person.text)
    }

    private static func acts(_ drop: HeldDrop, _ form: String, _ facts: PageFacts) -> HTML? {
        guard facts.may(.release, rule: drop.rule) else { return nil }
        let refuse = PageActs.opening(
            "Refuse", "/drops/\(drop.drop)/refuse",
            what:
                "Nothing of it is sent. \(PageWords.count(drop.rows, "row ends", "rows end")) unsent, and the file ends refused.",
            button: "Refuse \(drop.name)", kind: .danger, needsWhy: true, facts)
        guard mayRelease(drop, facts), let person = facts.caller.person else {
            return """
                <div class="pages"><p>\(drop.release.by.isEmpty ? "Two people are needed: act under a name of your own." : "It is for \(drop.release.by.joined(separator: ", ")) to release.")</p><button disabled>Release</button>\(refuse)</div>
                """
        }
        return "<div class=\"pages\">\(release(drop, form, person, facts))\(refuse)</div>"
    }

    private static func release(_ drop: HeldDrop, _ form: String, _ person: Person, _ facts: PageFacts) -> HTML {
        let action = "/drops/\(drop.drop)/release"
        let verb = drop.release.fourEyes ? "Propose to release" : "Release"
        let all = (drop.rows == 1 ? "" : "all ") + PageWords.count(drop.rows, "row")
        let why: HTML = "<label>Why<input name=\"why\" maxlength=\"200\"></label>"
        let own: HTML =
            """
            <form id="\(form)" method="post" action="\(action)" class="acts">\(PageFrame.key(facts))\(why)<button class="main" data-rows="\(drop.rows)" data-verb="\(verb)">\(verb) \(all)</button></form>
            """
        guard drop.release.fourEyes, let proposer = drop.proposedBy, let rows = drop.proposedRows else { return own }
        guard !isOwn(drop, of: person) else {
            return
                "<p>You propose: release \(rows.words). Another person releases it.</p><button disabled>Waits for a second person</button>"
        }
        let chosen: HTML =
            switch rows {
            case .all: ""
            case .only(let ranges): "<input type=\"hidden\" name=\"rows\" value=\"\(RowChoice.text(ranges))\">"
            case .except(let ranges): "<input type=\"hidden\" name=\"except\" value=\"\(RowChoice.text(ranges))\">"
            }
        return """
            <p>\(ReleaseRule.name(proposer.text)) proposes: release \(rows.words).</p>
            <form method="post" action="\(action)" class="acts">\(PageFrame.key(facts))\(chosen)\(why)<button class="main">Release \(PageWords.count(rows.count(of: drop.rows, numbered: drop.numbers), "row")), as \(ReleaseRule.name(proposer.text)) proposes</button></form>
            """
    }

    /// What the desk holds besides.
    private static func standing(_ facts: PageFacts) -> HTML {
        var rows: [HTML] = []
        func add(_ what: String, _ path: String, _ command: DeskCommand) {
            let hold = facts.board.holds.first { $0.command == command }
            let since: HTML? = hold.map { "since \(facts.time($0.since))" }
            let until: HTML? = hold?.until.map { ", until \(facts.time($0))\($0 < facts.now ? ", overdue" : "")" }
            let act: HTML? =
                facts.may(.stop, rule: nil)
                ? PageActs.plain("Resume", of: what, path + "/resume", facts, isText: false) : nil
            rows.append(
                "<tr data-key=\"\(what)\"><th scope=\"row\" class=\"nowrap\">\(what)</th><td class=\"full fill\">\(hold?.why ?? "")</td><td>\(hold?.by.map { ReleaseRule.name($0) } ?? "")<div class=\"dim small\">\(since)\(until)</div></td><td class=\"num\">\(act)</td></tr>"
            )
        }
        if facts.board.isInboxHeld { add("the inbox", "/inbox", .holdInbox) }
        for hold in facts.board.holds {
            guard case .holdRule(let match) = hold.command else { continue }
            add("rule \(match)", "/rules/\(DeskQuery.escaped(match))", hold.command)
        }
        for lane in facts.board.lanes where lane.isHeld {
            add(
                "destination \(lane.name)", "/destinations/\(DeskQuery.escaped(lane.name))", .holdDestination(lane.name)
            )
        }
        for file in facts.board.files where file.state == .held {
            // Of one that its rule or its destinations hold, these stand above.
            guard facts.board.hold(.holdDrop(file.drop)) != nil || file.hold == nil else { continue }
            add("drop \(file.drop), \(file.name)", "/drops/\(file.drop)", .holdDrop(file.drop))
        }
        guard !rows.isEmpty else { return "<section data-live=\"standing\"></section>" }
        return """
            <section class="panel" aria-labelledby="h-hold" data-live="standing">
              <header><h2 id="h-hold">On hold by the desk</h2> <span class="dim">\(rows.count)</span></header>
              <table class="cards"><thead><tr><th scope="col">what</th><th scope="col">why</th><th scope="col">by</th><th><span class="sr">acts</span></th></tr></thead><tbody>\(rows)</tbody></table>
            </section>
            """
    }
}

extension JSONText {
    /// A value as it stands in JSON, for people: without the quotes of a text.
    static func shown(_ json: String) -> String {
        guard json.hasPrefix("\""), let text = JSONValue.parse(json)?.text else { return json }
        return text
    }
}

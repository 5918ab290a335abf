/// The day: what each rule expected and got, what is open, what people did, and who answers for it.
package enum DayPage {
    package static func html(_ report: DayReport, _ facts: PageFacts) -> String {
        let day = BusinessCalendar.text(ofDay: report.day)
        let state = PageWords.lamp(
            report.isComplete ? .ok : report.isClear || report.unknownBefore != nil ? .wait : .warn, report.state)
        return PageFrame.page(
            nil, title: "The day \(day)", facts,
            """
            <div class="title"><h1>The day \(day)</h1> \(state)</div>
            \(another(day))
            <section class="panel" aria-labelledby="h-rules"><header><h2 id="h-rules">Rules</h2></header>\(rules(report))</section>
            \(unpriced(report))
            <section class="panel" aria-labelledby="h-acts"><header><h2 id="h-acts">What people did</h2> <span class="dim">\(PageWords.count(report.acts.count))</span></header>\(acts(report.acts, facts))</section>
            <section class="panel" aria-labelledby="h-sign"><header><h2 id="h-sign">Signed off</h2></header>\(signed(report, day, facts))</section>
            """
        ).text
    }

    /// The day as somebody named it wrongly.
    package static func html(_ form: FilledForm, _ facts: PageFacts) -> String {
        PageFrame.page(
            nil, title: "The day", facts, "<div class=\"title\"><h1>The day</h1></div>\(another(form.text("day")))"
        ).text
    }

    private static func another(_ day: String) -> HTML {
        """
        <section class="panel" aria-label="Another day">
          <form class="body ask" method="get" action="/day">\(FilesPage.day("Day", "day", day))<button>Show</button></form>
        </section>
        """
    }

    private static func rules(_ report: DayReport) -> HTML {
        let rows = report.rules.map { rule -> HTML in
            let open = rule.open.map { file -> HTML in
                let name: HTML =
                    file.drop.map { "<a class=\"name\" href=\"/drops/\($0)\">\(file.name)</a>" }
                    ?? "<span class=\"name\">\(file.name)</span>"
                return "<div>\(name) <span class=\"dim\">\(file.place.word)</span></div>"
            }
            let lacks: HTML? = rule.lacks.map { "<div class=\"\(rule.missing > 0 ? "bad" : "dim")\">\($0)</div>" }
            let skipped: HTML? = rule.skipped.map { "<div class=\"dim\">nothing is expected, says \($0)</div>" }
            return """
                <tr><th scope="row"><span class="name">\(rule.rule.isEmpty ? "plain mapping" : rule.rule)</span></th><td class="num" data-h="expected">\(rule.expected.map { PageWords.count($0) } ?? "")</td><td class="num" data-h="arrived">\(PageWords.count(rule.arrived))</td><td class="num" data-h="rows">\(PageWords.count(rule.rows))</td><td class="num \(rule.bad > 0 ? "bad" : "zero")" data-h="bad">\(PageWords.count(rule.bad))</td><td class="full fill">\(lacks)\(skipped)\(open)</td></tr>
                """
        }
        return """
            <table class="cards"><thead><tr><th scope="col">rule</th><th scope="col" class="num">expected</th><th scope="col" class="num">arrived</th><th scope="col" class="num">rows</th><th scope="col" class="num">bad</th><th scope="col">open</th></tr></thead><tbody>\(rows)</tbody></table>
            """
    }

    private static func unpriced(_ report: DayReport) -> HTML {
        HTML.all(
            report.unpriced.map { table -> HTML in
                let words: HTML =
                    table.fault.map { "<p class=\"note\">It cannot be told: \($0)</p>" }
                    ?? (table.count == 0
                        ? "<p class=\"note\">All have an accepted price.</p>"
                        : "<p class=\"note\">\(table.instruments.joined(separator: ", "))\(table.count > table.instruments.count ? " …" : "")</p>")
                return """
                    <section class="panel"><header><h2>Instruments of \(table.table) without an accepted price</h2> <span class="dim">\(PageWords.count(table.count))</span></header>\(words)</section>
                    """
            })
    }

    /// What people did.
    static func acts(_ acts: [DayReport.Act], _ facts: PageFacts) -> HTML {
        guard !acts.isEmpty else { return "<p class=\"note\">Nobody did anything.</p>" }
        let rows = acts.map { entry -> HTML in
            let what = entry.act.drop.map { "drop \($0)" } ?? entry.act.subject ?? ""
            let why: HTML? = entry.act.why.map { "<p class=\"dim\">\($0)</p>" }
            return
                "<li>\(facts.time(entry.at))<div><p class=\"line\"><b>\(entry.act.words)</b> <span>\(what)</span><span class=\"push dim\">\(ReleaseRule.name(entry.act.by))</span></p>\(why)</div></li>"
        }
        return "<ol class=\"alerts tight\">\(rows)</ol>"
    }

    private static func signed(_ report: DayReport, _ day: String, _ facts: PageFacts) -> HTML {
        let rows = report.signatures.map { one -> HTML in
            let why: HTML? = one.why.isEmpty ? nil : "<p class=\"dim\">\(one.why)</p>"
            return "<li>\(facts.time(one.at))<div><p>\(ReleaseRule.name(one.by))</p>\(why)</div></li>"
        }
        let list: HTML =
            rows.isEmpty ? "<p class=\"note\">Nobody has signed it off.</p>" : "<ol class=\"alerts tight\">\(rows)</ol>"
        guard facts.may(.release, rule: nil), !report.isAhead else { return list }
        let act = PageActs.opening(
            "Sign off", "/day/\(day)/sign",
            what:
                "You answer for \(day)\(report.isComplete ? "" : ", which is not complete"). It stands in the record.",
            button: "Sign off \(day)", kind: .main, facts)
        return "\(list)<div class=\"body\">\(act)</div>"
    }
}

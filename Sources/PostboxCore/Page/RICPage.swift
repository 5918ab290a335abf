/// A row that was posted for a RIC, or was to be, or was skipped.
package struct RICPost: Sendable, Equatable {
    package var drop: Int
    /// The file's name.
    package var name: String
    package var row: Int
    package var destination: String
    /// nil: it was skipped, as its rule says.
    package var outcome: PostOutcome?
    /// Microseconds since 1970; 0: it was skipped.
    package var settledAt: Int64
    /// What it had to say: code or reason, and text.
    package var text: String
    package var fields: [(name: String, value: String)]
    /// Who had it sent, in words; empty: nobody, it came through the inbox.
    package var who = ""

    package static func == (left: RICPost, right: RICPost) -> Bool {
        left.drop == right.drop && left.row == right.row && left.destination == right.destination
            && left.outcome == right.outcome && left.settledAt == right.settledAt
    }

    package init(
        drop: Int, name: String, row: Int, destination: String, outcome: PostOutcome?, settledAt: Int64, text: String,
        fields: [(name: String, value: String)]
    ) {
        self.drop = drop
        self.name = name
        self.row = row
        self.destination = destination
        self.outcome = outcome
        self.settledAt = settledAt
        self.text = text
        self.fields = fields
    }
}

/// What was found of a RIC's rows.
package struct RICFound: Sendable, Equatable {
    /// As many as a person looks through.
    package static let most = 500

    /// The newest first.
    package var posts: [RICPost]
    /// There are older ones.
    package var isCut = false
    /// Drops of whose rows not all have a line, the newest first.
    package var unlisted: [UnlistedDrop]
    /// Drops whose results are gone, and with them rows that they had or may have had.
    package var gone: [Int]
    /// What cannot be read, for people; nil: nothing.
    package var fault: String?

    package init(_ posts: [RICPost], unlisted: [UnlistedDrop] = [], gone: [Int] = [], fault: String? = nil) {
        self.posts = posts
        self.unlisted = unlisted
        self.gone = gone
        self.fault = fault
    }
}

/// A RIC: what the servers accepted last of it, and its history.
package enum RICPage {
    /// - Parameters:
    ///   - ric: nil: nobody has asked yet.
    ///   - last: as ``DeskCall/last`` answers it; nil: it cannot be told, and `fault` says why.
    ///   - found: its rows; nil: nobody has asked yet.
    ///   - fault: why last values cannot be told; nil: they can.
    package static func html(
        _ ric: String?, last: [JSONValue]?, _ found: RICFound?, fault: String? = nil, _ facts: PageFacts
    ) -> String {
        page(ric, typed: ric ?? "", facts, body(ric, last, found, fault, facts))
    }

    /// The RIC as somebody asked for it wrongly.
    package static func html(_ form: FilledForm, _ facts: PageFacts) -> String {
        page(nil, typed: form.text("ric"), facts, "")
    }

    private static func page(_ ric: String?, typed: String, _ facts: PageFacts, _ body: HTML) -> String {
        PageFrame.page(
            .ric, title: ric ?? "RIC", facts,
            """
            <div class="title"><h1>\(ric ?? "RIC")</h1>
              <form class="push ask" role="search" method="get" action="/ric"><label><span class="sr">RIC</span><input name="ric" type="search" value="\(typed)" placeholder="VOD.L" aria-keyshortcuts="/"></label><button>Show</button></form>
            </div>
            \(body)
            """
        ).text
    }

    private static func body(
        _ ric: String?, _ last: [JSONValue]?, _ found: RICFound?, _ fault: String?, _ facts: PageFacts
    ) -> HTML {
        guard let ric else {
            return
                "<section class=\"panel\"><p class=\"note\">Name a RIC as it is sent: capital and small letters differ.</p></section>"
        }
        var parts: [HTML] = []
        for fault in [fault, found?.fault].compactMap(\.self) {
            parts.append("<p class=\"alert bad-line\" role=\"alert\">\(fault)</p>")
        }
        for held in facts.board.held {
            for row in held.examples where row.ric == ric {
                // What something newer has overtaken is held because it is the older one.
                let what = row.reason == Hold.overtaken ? "An older row" : "A newer row"
                // A row that is held as a whole has no field, and may have no value.
                let value = [row.field, JSONText.shown(row.new ?? "")].filter { !$0.isEmpty }.joined(separator: " ")
                parts.append(
                    "<p class=\"alert\">\(PageWords.lamp(.held, "held")) <span>\(what) is held in <a class=\"name\" href=\"/drops/\(held.drop)\">\(held.name)</a>: \(value.isEmpty ? "" : value + ", ")\(row.reason).</span> <a class=\"push\" href=\"/held#d\(held.drop)\">Look at \(PageWords.count(held.drop))</a></p>"
                )
            }
        }
        parts += (last ?? []).map { table($0, facts) }
        if last?.isEmpty == true {
            parts.append(
                "<section class=\"panel\"><p class=\"note\">No server has accepted a value of it, as far as is known.</p></section>"
            )
        }
        if let found {
            // What is known of held rows is said above.
            let said = facts.board.held.filter { $0.examples.contains { $0.ric == ric } }.map(\.drop)
            parts.append(unlisted(found.unlisted.filter { !said.contains($0.drop) }, of: ric, facts))
            parts.append(gone(found))
            parts.append(history(ric, found, facts))
        }
        return .all(parts)
    }

    private static func table(_ found: JSONValue, _ facts: PageFacts) -> HTML {
        guard case .object(let fields)? = found["fields"] else { return "" }
        let rows = fields.map { name, value -> HTML in
            let at = value["accepted_at"]?.text.flatMap(TimeText.microseconds) ?? 0
            let drop = value["drop"]?.integer ?? 0
            let text = value["value"]?.text ?? value["value"]?.word ?? "blank"
            // A drop that a lost ledger knew has no page.
            let source = value["file"]?.text ?? ""
            let file: HTML =
                source.isEmpty ? "not known any more" : "<a class=\"name\" href=\"/drops/\(drop)\">\(source)</a>"
            return """
                <tr data-key="\(name)"><th scope="row">\(name)</th><td class="dec" data-h="value">\(PageWords.decimal(text))</td><td data-h="accepted" class="nowrap">\(facts.time(at))</td><td class="num" data-h="files in a row">\(PageWords.count(value["files"]?.integer ?? 0))</td><td>\(file)</td><td class="num dim" data-h="drop">\(PageWords.count(drop))</td></tr>
                """
        }
        return """
            <section class="panel" aria-label="\(found["service"]?.text ?? "") at \(found["destination"]?.text ?? "")">
              <header><h2>What the server took last</h2> <span class="dim">service \(found["service"]?.text ?? "") at \(found["destination"]?.text ?? "")</span></header>
              <table class="cards d4"><thead><tr><th scope="col">field</th><th scope="col" class="dec">value</th><th scope="col">accepted</th><th scope="col" class="num">files in a row</th><th scope="col">file</th><th scope="col" class="num">drop</th></tr></thead><tbody>\(rows)</tbody></table>
            </section>
            """
    }

    /// Files without lines that are shown.
    private static let shown = 20

    /// Files of whose rows not all have a line: those in work, those that are held, and behind them those that were refused.
    static func unlisted(_ drops: [UnlistedDrop], of ric: String, _ facts: PageFacts) -> HTML {
        func name(_ drop: UnlistedDrop) -> HTML {
            "<a class=\"name\" href=\"/drops/\(drop.drop)\">\(drop.file)</a>"
        }
        func words(_ drop: UnlistedDrop) -> String {
            (drop.why.isEmpty ? "" : drop.why + "; ") + drop.outlook(ofRIC: ric)
        }
        func more(_ some: [UnlistedDrop]) -> HTML? {
            some.count > shown ? "<p class=\"note\">and \(PageWords.count(some.count - shown)) more</p>" : nil
        }
        let working = drops.filter { $0.state == .work }
        let notes = working.prefix(shown).map { drop -> HTML in
            "<p class=\"note\">\(PageWords.lamp(.wait, "in work")) \(name(drop)) since \(facts.time(drop.since)): \(words(drop)).</p>"
        }
        let inWork: HTML? =
            notes.isEmpty
            ? nil : "<section class=\"panel\" aria-label=\"Files in work\">\(notes)\(more(working))</section>"
        let held = drops.filter { $0.state == .held }
        let lines = held.prefix(shown).map { drop -> HTML in
            "<p class=\"alert\">\(PageWords.lamp(.held, "held")) <span>\(name(drop)) since \(facts.time(drop.since)): \(words(drop)).</span> <a class=\"push\" href=\"/held#d\(drop.drop)\">Look at \(PageWords.count(drop.drop))</a></p>"
        }
        let refused = drops.filter { $0.state == .refused }
        guard !refused.isEmpty else { return "\(inWork)\(lines)\(more(held))" }
        let items = refused.prefix(shown).map { drop -> HTML in
            "<li>\(facts.time(drop.since))<div><p>\(name(drop)) <span class=\"dim\">drop \(PageWords.count(drop.drop))</span></p><p class=\"dim\">\(words(drop))</p></div></li>"
        }
        let title = PageWords.count(refused.count, "file was", "files were")
        return """
            \(inWork)\(lines)\(more(held))
            <details class="panel"><summary class="note">\(title) refused as a whole and may have had rows of it</summary><ol class="alerts tight">\(items)</ol>\(more(refused))</details>
            """
    }

    /// That results are gone; empty: none is.
    static func gone(_ found: RICFound) -> HTML {
        found.gone.isEmpty
            ? ""
            : "<section class=\"panel\" aria-label=\"Results that are gone\"><p class=\"note\">\(UnreadResult.text(ofGone: found.gone))</p></section>"
    }

    /// That there are older rows than those that are shown, and where they are; nil: these are all.
    static func older(_ found: RICFound, _ search: AuditSearch) -> HTML? {
        guard found.isCut else { return nil }
        return
            "<p class=\"note\">These are the newest \(PageWords.count(found.posts.count)) rows, and there are older ones: <a href=\"\(search.addressOfCSV)\" download>all as CSV</a>.</p>"
    }

    private static func history(_ ric: String, _ found: RICFound, _ facts: PageFacts) -> HTML {
        let posts = found.posts
        guard !posts.isEmpty else {
            return "<section class=\"panel\"><p class=\"note\">\(nothing(found))</p></section>"
        }
        let fields = StepChart.fields(posts)
        let rows = posts.map { post -> HTML in
            let cells = fields.map { field -> HTML in
                let value = post.fields.first { $0.name == field }?.value ?? ""
                return "<td class=\"dec\" data-h=\"\(field)\">\(PageWords.decimal(value))</td>"
            }
            return """
                <tr data-key="\(post.drop) \(post.row) \(post.destination)"><td class="nowrap">\(facts.time(post.settledAt))</td>\(cells)<td>\(PageWords.outcome(orSkipped: post.outcome))</td><th scope="row"><a href="/drops/\(post.drop)" class="name">\(post.name)</a></th><td class="fill" data-h="who">\(post.who)</td><td class="dim num" data-h="drop:row">\(PageWords.count(post.drop)):\(post.row)</td><td class="nowrap" data-h="at">\(post.destination)</td><td class="full fill">\(post.text)</td></tr>
                """
        }
        return """
            \(StepChart.html(posts, at: facts.now))
            <section class="panel" aria-labelledby="h-hist">
              <header><h2 id="h-hist">\(found.isCut ? "The newest rows of it" : "Every row of it")</h2> <span class="dim">newest first</span></header>
              <table class="cards sticky d2 posts">
                <thead><tr><th scope="col">settled</th>\(fields.map { field -> HTML in "<th scope=\"col\" class=\"dec\">\(field)</th>" })<th scope="col">outcome</th><th scope="col">file</th><th scope="col">who</th><th scope="col" class="num">drop:row</th><th scope="col">destination</th><th scope="col">text</th></tr></thead>
                <tbody>\(rows)</tbody>
              </table>
              \(older(found, AuditSearch(ric: ric)))
            </section>
            """
    }
}

extension RICPage {
    /// That no row was found. With a file before one's eyes that may have one, no more is said than is known.
    static func nothing(_ found: RICFound, isNarrowed: Bool = false) -> String {
        if isNarrowed { return "No row of it is like that." }
        return found.unlisted.isEmpty && found.gone.isEmpty
            ? "No row was posted for it." : "No result has a row of it."
    }
}

/// What a server took of a RIC, as steps over time: two fields at most, and a mark for each row that it did not take.
enum StepChart {
    /// The fields that are drawn: those that stand in the most rows and are numbers.
    static func fields(_ posts: [RICPost]) -> [String] {
        var counts: [String: Int] = [:]
        for post in posts {
            for field in post.fields where Double(field.value)?.isFinite == true { counts[field.name, default: 0] += 1 }
        }
        let preferred = ["BID", "ASK"].filter { counts[$0] != nil }
        if preferred.count == 2 { return preferred }
        return counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.prefix(2).map(\.key)
    }

    static func html(_ posts: [RICPost], at now: Int64) -> HTML {
        let fields = fields(posts)
        // Of rows of one time the newest comes first in the list, and is drawn last.
        let taken = posts.filter { $0.outcome == .acked }.enumerated()
            .sorted { ($0.element.settledAt, $1.offset) < ($1.element.settledAt, $0.offset) }
            .map(\.element)
        let lines = fields.map { field in
            (
                field,
                taken.compactMap { post in
                    post.fields.first { $0.name == field }.flatMap { Double($0.value) }.map { (post.settledAt, $0) }
                }
            )
        }
        let values = lines.flatMap { $0.1.map(\.1) }
        guard let low = values.min(), let high = values.max(), let first = taken.first?.settledAt,
            let last = taken.last,
            first < now
        else { return "" }
        let scale = Scale(
            low: low == high ? low - 1 : low, high: low == high ? high + 1 : high, first: first,
            last: max(now, last.settledAt))
        let paths = zip(lines, ["bid", "ask"]).map { line, kind -> HTML in
            "<path class=\"\(kind)\" d=\"\(scale.path(line.1))\"/>"
        }
        let bad = posts.filter { $0.outcome?.isGood == false && $0.settledAt >= first }
        let marks = bad.map { post -> HTML in
            let value = fields.first.flatMap { field in post.fields.first { $0.name == field } }.flatMap {
                Double($0.value)
            }
            let y = value.map { scale.y(min(max($0, scale.low), scale.high)) } ?? 50
            let kind = post.outcome == .rejected ? "m-rejected" : "m-nacked"
            return
                "<svg class=\"mark\" x=\"\(Scale.text(scale.x(post.settledAt) / 10))%\" y=\"\(Scale.text(y * 0.84 + 5))%\" overflow=\"visible\"><title>\(PageWords.time(post.settledAt, at: now)) \(post.outcome?.word ?? ""): \(post.text)</title><rect class=\"\(kind)\" x=\"-7\" y=\"-7\" width=\"14\" height=\"14\" rx=\"2\"/><text dy=\"0.35em\">\(post.outcome == .rejected ? "R" : "N")</text></svg>"
        }
        let keys = zip(fields, ["bid", "ask"]).map { field, kind -> HTML in
            "<span><svg aria-hidden=\"true\"><line class=\"\(kind)\" x1=\"0\" x2=\"100%\" y1=\"50%\" y2=\"50%\"/></svg>\(field), \(kind == "bid" ? "solid" : "dashed")</span>"
        }
        let newest = zip(lines, ["bid", "ask"]).compactMap { line, _ in
            line.1.last.map { "\(line.0) \(Scale.text($0.1))" }
        }
        .joined(separator: ", ")
        return """
            <section class="panel" aria-labelledby="h-ch">
              <header><h2 id="h-ch">What the server took</h2><div class="key push">\(keys)<span>\(PageWords.outcome(.nacked, word: false))not taken</span></div></header>
              <figure class="chart">
                <svg role="img" aria-label="Step chart of \(fields.joined(separator: " and ")) accepted since \(PageWords.time(first, at: now)): from \(Scale.text(low)) to \(Scale.text(high)), now \(newest).">
                <line class="grid" x1="0" x2="100%" y1="5%" y2="5%"/><line class="grid" x1="0" x2="100%" y1="47%" y2="47%"/><line class="grid" x1="0" x2="100%" y1="89%" y2="89%"/>
                <svg x="0" y="5%" width="100%" height="84%" viewBox="0 0 1000 100" preserveAspectRatio="none" overflow="visible">\(paths)</svg>
                \(marks)
                <text class="axis" x="0%" y="98%" text-anchor="start">\(PageWords.time(first, at: now))</text>
                <text class="axis" x="100%" y="98%" text-anchor="end">\(PageWords.time(scale.last, at: now))</text>
                </svg>
                <svg aria-hidden="true"><text class="axis" x="8" y="5%" dy="0.32em">\(Scale.text(scale.high))</text><text class="axis" x="8" y="89%" dy="0.32em">\(Scale.text(scale.low))</text></svg>
              </figure>
            </section>
            """
    }

    /// Where times and values lie: 1,000 wide, 100 high.
    private struct Scale {
        var low: Double
        var high: Double
        var first: Int64
        var last: Int64

        func x(_ time: Int64) -> Double { Double(time - first) * 1000 / Double(max(1, last - first)) }

        func y(_ value: Double) -> Double { 100 - (value - low) * 100 / (high - low) }

        /// Each value stands until the next one.
        func path(_ points: [(Int64, Double)]) -> String {
            guard let start = points.first else { return "" }
            var text = "M\(Self.text(x(start.0))) \(Self.text(y(start.1)))"
            for point in points.dropFirst() { text += "H\(Self.text(x(point.0)))V\(Self.text(y(point.1)))" }
            return text + "H1000"
        }

        /// Without an exponent, with two decimals where it has any.
        static func text(_ value: Double) -> String {
            guard value.isFinite, value.magnitude < 1e15 else { return "0" }
            let hundredths = Int((value.magnitude * 100).rounded())
            let (whole, rest) = (hundredths / 100, hundredths % 100)
            let sign = value < 0 && hundredths > 0 ? "-" : ""
            return sign + (rest == 0 ? "\(whole)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)")
        }
    }
}

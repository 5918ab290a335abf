/// What every view shares: who looks, how everything stands, and when.
package struct PageFacts: Sendable {
    package var caller: DeskCaller
    package var board: StatusBoard
    /// Files that ended badly, and of which not each bad row has been put right; nil: the ledger cannot be read.
    package var failures: Int?
    /// The machine's name.
    package var host: String
    /// Microseconds since 1970.
    package var now: Int64
    /// How long a destination may be down before somebody is needed, in microseconds.
    package var downAlert: Int64
    /// Destinations that may be down just now without anybody being called.
    package var quiet: Set<String>
    /// What became of the last act.
    package var said: DeskSessions.Said?

    package init(
        caller: DeskCaller, board: StatusBoard, failures: Int?, host: String, now: Int64, downAlert: Int64,
        quiet: Set<String> = [], said: DeskSessions.Said? = nil
    ) {
        self.caller = caller
        self.board = board
        self.failures = failures
        self.host = host
        self.now = now
        self.downAlert = downAlert
        self.quiet = quiet
        self.said = said
    }

    /// Whether the one who looks may do that with files of a rule; nil: with all files.
    func may(_ right: DeskRight, rule: String?) -> Bool {
        caller.person != nil && caller.rights.contains(right) && caller.mayAct(onRule: rule)
    }

    func time(_ time: Int64) -> HTML { PageWords.timeElement(time, at: now) }

    /// Destinations that are down for so long that somebody is needed.
    var longDown: [StatusBoard.Lane] {
        board.lanes.filter {
            $0.state != .ready && !$0.isHeld && !quiet.contains($0.name)
                && now - ($0.downSince ?? $0.since) >= downAlert
        }
    }

    /// What only a person can end, and what somebody has to take.
    var toDo: ToDo { ToDo(self) }
}

/// A view in its place.
enum PageView: CaseIterable {
    case now, failures, files, held, ric, audit

    var path: String {
        switch self {
        case .now: "/"
        case .failures: "/failures"
        case .files: "/files"
        case .held: "/held"
        case .ric: "/ric"
        case .audit: "/audit"
        }
    }

    var name: String {
        switch self {
        case .now: "Now"
        case .failures: "Failures"
        case .files: "Files"
        case .held: "Held"
        case .ric: "RIC"
        case .audit: "Audit"
        }
    }
}

/// The page around a view.
package enum PageFrame {
    /// - Parameters:
    ///   - view: where it stands in the bar; nil: nowhere.
    ///   - title: what it is about.
    ///   - kind: the class of its `main`.
    static func page(_ view: PageView?, title: String, kind: String = "", _ facts: PageFacts, _ main: HTML) -> HTML {
        let count = facts.toDo.count
        let toDo = count > 0 ? "■ \(count) to do · " : ""
        let act: HTML? = facts.said.map { said in
            "<p class=\"alert \(said.isFault ? "bad-line" : "said")\" role=\"\(said.isFault ? "alert" : "status")\">\(said.text)</p>"
        }
        return """
            \(head("\(toDo)\(title) · Postbox"))
            <body>
            <a class="skip" href="#main">To the content</a>
            <header class="bar">
              <a class="brand" href="/">Postbox</a> <span class="where">\(facts.host)</span>
              <nav aria-label="Views" data-live="views"><ul>\(PageView.allCases.map { link($0, isHere: $0 == view, facts) })</ul></nav>
              <div class="who"><span class="user">\(facts.caller.words)</span>\(logout(facts))\(live)<time id="clock" datetime="\(TimeText.text(facts.now))">\(PageWords.time(facts.now, at: facts.now)) UTC</time><span id="own"></span></div>
            </header>
            <section class="state" aria-label="State of the service">
            <p class="stale-note" role="alert"></p>
            \(PageAnswers.html(facts, isLarge: view == .now))
            </section>
            <main id="main" class="\(kind)">
            \(act)\(main)
            </main>
            \(footer(facts))
            </body>
            </html>

            """
    }

    private static let live: HTML = "<span class=\"lamp ok live\">live</span>"

    static func head(_ title: String) -> HTML {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="icon" href="/icon.svg">
        <link rel="stylesheet" href="/page.css">
        <script src="/page.js" defer></script>
        </head>
        """
    }

    private static func link(_ view: PageView, isHere: Bool, _ facts: PageFacts) -> HTML {
        let current: HTML = isHere ? " aria-current=\"page\"" : ""
        let count: Int? =
            switch view {
            case .failures: facts.failures
            case .held: facts.board.held.count
            case .now, .files, .ric, .audit: nil
            }
        let shown: HTML? = count.flatMap { $0 > 0 ? " <span class=\"n\">\($0)</span>" : nil }
        return "<li><a href=\"\(view.path)\"\(current)>\(view.name)\(shown)</a></li>"
    }

    private static func logout(_ facts: PageFacts) -> HTML {
        switch facts.caller.way {
        case .session:
            "<form method=\"post\" action=\"/logout\">\(key(facts))<button class=\"text\">Log out</button></form>"
        case .nobody: "<a href=\"/login\">Log in</a>"
        case .account, .token, .proxy: ""
        }
    }

    /// What each form brings along.
    static func key(_ facts: PageFacts) -> HTML {
        facts.caller.formKey.isEmpty ? "" : "<input type=\"hidden\" name=\"key\" value=\"\(facts.caller.formKey)\">"
    }

    private static func footer(_ facts: PageFacts) -> HTML {
        let service = facts.board.service
        let keys: [(String, String)] = [
            ("1 to 6", "Now, Failures, Files, Held, RIC, Audit"), ("/", "search"), ("j k", "next, previous row"),
            ("Enter", "open"), ("Esc", "close what is open"), ("?", "these"),
        ]
        return """
            <footer><span>Postbox \(service.version)</span><span>configuration \(service.configSHA256.prefix(8)), since \(facts.time(service.configSince))</span><span>Times are UTC</span><span>Keys: <kbd>?</kbd></span></footer>
            <div id="keys" class="keys" role="dialog" aria-label="Keys" hidden><dl>\(keys.map { key, words -> HTML in "<dt><kbd>\(key)</kbd></dt><dd>\(words)</dd>" })</dl><label class="check"><input type="checkbox" id="keys-off">Keys off</label></div>
            """
    }

    /// The page for somebody who gets nothing of what he asked for.
    ///
    /// - Parameters:
    ///   - text: why, for people.
    ///   - status: the answer's, of HTTP.
    ///   - facts: nil: nobody knows who asks, or he may not read; he is shown nothing else.
    package static func problem(_ text: String, status: Int, _ facts: PageFacts?) -> HTML {
        let sentence = text.hasSuffix(".") ? text : text + "."
        let title =
            switch status {
            case 403: "Not allowed"
            case 404: "Not there"
            case 503: "Not for now"
            default: "Not done"
            }
        guard let facts else {
            return """
                \(head("\(title) · Postbox"))
                <body>
                <main id="main" class="login">
                <h1>\(title)</h1>
                <p class="alert bad-line" role="alert">\(sentence)</p>
                <p><a href="/">To the page</a></p>
                </main>
                </body>
                </html>

                """
        }
        return page(
            nil, title: title, facts,
            """
            <div class="title"><h1>\(title)</h1></div>
            <section class="panel"><p class="note" role="alert">\(sentence)</p></section>
            """)
    }

    /// The page for somebody who has to say who he is. `name`: what he said.
    package static func login(fault: String?, name: String = "") -> HTML {
        """
        \(head("Log in · Postbox"))
        <body>
        <main id="main" class="login">
        <h1>Postbox</h1>
        \(fault.map { text -> HTML in "<p class=\"alert bad-line\" role=\"alert\">\(text)</p>" })
        <form method="post" action="/login" class="panel body">
        <label>Name<input name="name" value="\(name)" required autocomplete="username" autofocus></label>
        <label>Token<input name="token" type="password" required autocomplete="current-password"></label>
        <div><button class="main">Log in</button></div>
        </form>
        <p class="dim small">A token is made with <code>postbox token NAME</code>, and its hash stands in the configuration.</p>
        </main>
        </body>
        </html>

        """
    }
}

/// The three answers at the top of each view.
enum PageAnswers {
    static func html(_ facts: PageFacts, isLarge: Bool) -> HTML {
        """
        <dl class="answers\(isLarge ? "" : " slim")" aria-live="polite" data-live="answers">
        \(logins(facts))
        \(late(facts))
        \(needs(facts))
        </dl>
        """
    }

    private static func answer(
        _ name: String, _ path: String, _ lamp: PageWords.Lamp, _ says: String, _ why: HTML
    ) -> HTML {
        let kind = lamp == .down ? "is-bad" : lamp == .ok ? "" : "is-late"
        return
            "<div class=\"\(kind)\"><dt>\(name)</dt><dd class=\"says\"><a href=\"\(path)\" class=\"lamp \(lamp.rawValue)\">\(says)</a></dd><dd class=\"why\">\(why)</dd></div>"
    }

    private static func logins(_ facts: PageFacts) -> HTML {
        let lanes = facts.board.lanes
        let down = lanes.filter { $0.state != .ready }
        let held = lanes.count { $0.isHeld }
        let heldWords = held > 0 ? ", \(held) held" : ""
        guard let first = down.first else {
            let hold: HTML? = lanes.first { $0.isHeld }.map { lane -> HTML in
                "<b>\(lane.name)</b> is held\(PageWords.hold(facts.board.hold(of: lane), facts))"
            }
            return answer(
                "Logged in", "/#destinations", .ok, (lanes.count == 1 ? "1 of 1" : "all \(lanes.count)") + heldWords,
                hold ?? "nothing")
        }
        let why: HTML =
            "<b>\(first.name)</b> \(first.state.word) since \(facts.time(first.since))\(first.state.trouble.map { ": " + $0 } ?? "")"
        return answer(
            "Logged in", "/#destinations", .down, "\(lanes.count - down.count) of \(lanes.count)\(heldWords)", why)
    }

    private static func late(_ facts: PageFacts) -> HTML {
        let lines = facts.board.schedule
        let missing = lines.count { $0.state == .missing }
        let late = lines.count { $0.state == .late }
        let atRisk = lines.count { $0.state == .atRisk }
        guard
            let worst = lines.first(where: { $0.state == .late })
                ?? lines.first(where: { $0.state == .atRisk || $0.state == .missing })
        else {
            return answer("Late", "/#work", .ok, "nothing", next(lines, at: facts.now))
        }
        let words = [
            (missing, "missing"), (late, Plural.word(late, "past its deadline", "past their deadlines")),
            (atRisk, "will miss"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return answer(
            "Late", "/#work", late + missing > 0 ? .down : .warn, words.joined(separator: ", "),
            "<b>\(worst.rule)</b> \(worst.html)")
    }

    /// What comes next, where nothing is late: what is open, else what comes first of the times that are still to come.
    private static func next(_ lines: [ScheduleBook.Line], at now: Int64) -> HTML {
        if let open = lines.first(where: { $0.state == .open }) { return "\(open.rule): \(open.html)" }
        func coming(_ line: ScheduleBook.Line) -> [(at: Int64, words: String)] {
            var times: [(at: Int64, words: String)] = []
            if line.state == .expected, let by = line.by, let text = line.byText { times.append((by, "by \(text)")) }
            if let at = line.deadline, let text = line.deadlineText { times.append((at, "done by \(text)")) }
            return times.filter { $0.at > now }
        }
        func first(_ line: ScheduleBook.Line) -> Int64 { coming(line).first?.at ?? Int64.max }
        let awaited = lines.filter { $0.state == .expected || $0.state == .inWork }
        guard let next = awaited.min(by: { first($0) < first($1) }) else {
            if lines.isEmpty { return "no rule has a time" }
            return lines.contains { $0.state == .done } ? "all of today is done" : "nothing is due today"
        }
        let times = coming(next).map(\.words).joined(separator: ", ")
        let what = next.state == .inWork ? "\(next.rule) is in work" : "next: \(next.rule)"
        let rest = times.isEmpty ? "" : (next.state == .inWork ? ", to be " : " ") + times
        return "\(what)\(rest)"
    }

    private static func needs(_ facts: PageFacts) -> HTML {
        let toDo = facts.toDo
        guard toDo.count > 0 else {
            if toDo.failures == nil {
                return answer("Needs you", "/failures", .warn, "unknown", "the ledger cannot be read for now")
            }
            let why = toDo.words.isEmpty ? "nothing is held, nothing failed" : toDo.words.joined(separator: "; ")
            return answer("Needs you", "/failures", .ok, "nothing", "\(why)")
        }
        // The worst of it is what comes first.
        let nearest: HTML? = toDo.nearest.map {
            "<b>\($0.name)</b> \($0.words), \(PageWords.distance(to: $0.at, at: facts.now)); "
        }
        return answer(
            "Needs you", toDo.path, .warn, "\(toDo.count) to do", "\(nearest)\(toDo.words.joined(separator: "; "))")
    }
}

import PostboxCore
import TestSupport
import Testing

@Suite("The page", .computing)
struct PageTests {
    private static let nasty = "px<img src=x onerror=alert(1)>&\"'\u{202E}\u{0}\n</script>.csv"

    private static func facts(
        may: Set<DeskRight> = [.read, .stop, .release, .correct], person: String? = "page:alice", held: [HeldDrop] = [],
        rules: [String] = []
    ) -> PageFacts {
        var lane = StatusBoard.Lane(
            name: nasty, state: .connecting(nasty), isHeld: true, since: 1, lastTrouble: nasty)
        lane.traffic.url = nasty
        lane.traffic.rateLimit = 10
        var file = StatusBoard.File(drop: 7, name: nasty, destinations: [nasty], state: .posting(lines: 10))
        file.outcomes = [3, 0, 2, 0, 0, 0]
        var board = StatusBoard(
            service: .init(version: nasty, spool: nasty, configSHA256: nasty, startedAt: 1), lanes: [lane],
            files: [file], filesInAll: 1, waiting: [.init(name: nasty, why: nasty)], waitingInAll: 1, isInboxHeld: true)
        board.held = held
        board.finished = [FinishedDrop(drop: 6, name: nasty, verdict: .partial, at: 1)]
        let person = person.map { Person(text: $0, isNamed: true) }
        return PageFacts(
            caller: DeskCaller(person: person, way: .session("s"), rights: may, rules: rules, formKey: "k"),
            board: board, failures: 1, host: nasty, now: 1_000_000_000, downAlert: 1, said: .init(nasty, isFault: true))
    }

    private static func held(_ release: ReleaseRule = ReleaseRule(), proposedBy: String? = nil) -> HeldDrop {
        var drop = HeldDrop(
            drop: 5, name: nasty, original: 3, rule: "eod_*", why: nasty, rows: 4, since: 1, until: 2_000_000_000,
            proposedBy: proposedBy.map { Person(text: $0, isNamed: true) },
            examples: [HeldRow(row: 2, ric: nasty, field: nasty, old: "71.42", new: "7142.00", reason: nasty)])
        drop.release = release
        drop.proposedRows = proposedBy == nil ? nil : .except([2...2])
        return drop
    }

    private static func line() -> DropLine {
        var line = DropLine(
            drop: 7, name: nasty, rule: nasty, destinations: [nasty, "b"], stage: .closed, verdict: .partial,
            claimedAt: 1, settledAt: 2, size: 10, rows: 5, original: 3, isCorrected: false, folder: nasty, target: nasty
        )
        let text = VisibleText.quoted(nasty)
        line.take(
            summary: """
                {"reason":\(text),"text":\(text),"outcomes":{"acked":3,"nacked":2},"reasons":{\(text):2},
                "login":{\(text):{\(text):\(text)}},"hold":{"text":\(text),"released_by":\(text),"rows":\(text)}}
                """)
        return line
    }

    private static func record() -> RecordLook {
        var look = RecordLook(end: nil)
        var act = RecordAct("hold", subject: nasty, by: "page:\(nasty)", from: nasty, why: nasty)
        act.givenAt = 5
        for entry in [RecordEntry.act(act), .forgotten(drop: 3)] {
            let line = RecordLine(number: look.last + 1, previous: look.hash, at: 5, entry: entry)
            look.take(line.text, sha256: String(repeating: "ab", count: 32)) { _, _, _ in true }
        }
        return look
    }

    private static func withdrawal(
        _ counts: [String: Int] = ["fields": 2, "rics": 1, "without_value": 1], blanks: Bool = false,
        needsTwo: Bool = false
    ) -> WithdrawalLook {
        let values = ReplacedValue.Fate.allCases.map {
            ReplacedValue(
                destination: nasty, service: nasty, ric: nasty, field: nasty, wrong: "7.5",
                replacedBy: VisibleText.quoted(nasty), fate: $0)
        }
        return WithdrawalLook(
            .shown(text: nasty, facts: counts, examples: values), blanks: blanks, needsTwo: needsTwo)
    }

    private static let typed = Dictionary(
        uniqueKeysWithValues: ["name", "from", "to", "day", "ric", "value", "file"].map { ($0, nasty) })

    /// The view of a form that was filled in wrongly.
    private static func mistaken(_ form: FilledForm, _ facts: PageFacts) -> String {
        switch form.place {
        case .files: FilesPage.html(form, facts)
        case .day: DayPage.html(form, facts)
        case .ric: RICPage.html(form, facts)
        case .audit: AuditPage.html(AuditSearch(form), nil, record: nil, facts)
        case .rows: ""
        }
    }

    private static func views(_ facts: PageFacts) -> [String] {
        let line = line()
        let list = DropList(drops: [line], next: 3)
        let query = DropQuery(name: nasty)
        let rows = ResultPage(ResultFilter(), header: "row,ric", from: 0)
        let post = RICPost(
            drop: 1, name: nasty, row: 1, destination: nasty, outcome: .nacked, settledAt: 5, text: nasty,
            fields: [("BID", "1"), (nasty, nasty)])
        var good = post
        good.outcome = .acked
        let unlisted = UnlistedDrop.State.allCases.map {
            UnlistedDrop(drop: 8, file: nasty, state: $0, since: 1, why: nasty)
        }
        let places: [FilledForm.Place] = [.files, .day, .ric, .audit]
        let mistakes = places.map { mistaken(FilledForm($0, typed: typed, fault: nasty), facts) }
        let views = [
            NowPage.html(facts), HeldPage.html(facts), FilesPage.html(list, query, facts),
            FilesPage.failures(list, facts),
            FilePage.html(
                DropDetail(line: line, corrections: [9]), rows, ResultFilter(outcome: .nacked, ric: nasty),
                isHeld: true, working: facts.board.files.first, withdrawal: withdrawal(), facts),
            RICPage.html(nasty, last: [], RICFound([good, post], unlisted: unlisted, fault: nasty), facts),
            AuditPage.html(AuditSearch(ric: nasty), RICFound([post], unlisted: unlisted), record: record(), facts),
        ]
        let others = [
            PageFrame.problem(nasty, status: 404, facts).text, PageFrame.problem(nasty, status: 403, nil).text,
            PageFrame.login(fault: nasty, name: nasty).text,
        ]
        return views + mistakes + others
    }

    @Test("No name from outside becomes markup in any view, and none is left out")
    func escaping() {
        for view in Self.views(Self.facts(held: [Self.held(proposedBy: Self.nasty)])) {
            #expect(!view.contains("<img") && !view.contains("</script>.csv") && !view.contains("\u{202E}"))
            #expect(!view.contains("alert(1)>"))
            #expect(
                view.contains(
                    "px&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;\\u202e\\u0000\\n&lt;/script&gt;.csv"))
            // Nothing runs or looks otherwise than our own files say.
            let bare = view.replacing(/"[^"]*"/, with: "")
            #expect(bare.firstMatch(of: /<[^>]*\s(?:style|on[a-z]+)=/) == nil)
            #expect(view.matches(of: /<script/).count == 1)
        }
        #expect("\("a<b")<i>\(1)</i>\(["<u>" as HTML])" as HTML == "a&lt;b<i>1</i><u>")
    }

    @Test("Tags are closed in the order in which they were opened")
    func wellFormed() {
        let alone: Set<String> = ["meta", "link", "input", "!doctype", "path", "line", "br"]
        for view in Self.views(Self.facts(held: [Self.held()])) {
            var open: [String] = []
            for tag in view.matches(of: /<(\/?)([a-z!0-9]+)((?:"[^"]*"|[^">])*)>/) {
                let name = String(tag.2)
                if tag.1 == "/" {
                    #expect(open.popLast() == name, "\(open.suffix(5)) before </\(name)>")
                } else if !alone.contains(name), !tag.3.hasSuffix("/") {
                    open.append(name)
                }
            }
            #expect(open.isEmpty)
        }
    }

    @Test("Who may not act has no buttons; who may act on other rules has none for these")
    func rights() {
        for facts in [
            Self.facts(may: [.read], held: [Self.held()]), Self.facts(person: nil, held: [Self.held()]),
        ] {
            for view in Self.views(facts).dropLast() {
                #expect(view.firstMatch(of: /<button[^>]*>(?!Log out|Search|Show)/) == nil, "\(view)")
            }
        }
        let other = Self.views(Self.facts(held: [Self.held()], rules: ["fx_*"]))
        #expect(!other[1].contains("/drops/5/release") && !other[0].contains("/inbox/resume"))
        let own = Self.views(Self.facts(held: [Self.held()], rules: ["eod_*"]))
        #expect(own[1].contains("/drops/5/release") && own[1].contains("name=\"key\" value=\"k\""))
    }

    @Test(
        "A file that ended badly is closed from the list and on its own page, with a reason, by those who may, while it is open"
    )
    func noAction() {
        func pages(_ facts: PageFacts, _ change: (inout DropLine) -> Void = { _ in }) -> [String] {
            var line = Self.line()
            change(&line)
            return [
                FilesPage.failures(DropList(drops: [line], next: nil), facts),
                FilePage.html(
                    DropDetail(line: line, corrections: []), nil, ResultFilter(), isHeld: false, working: nil, facts),
            ]
        }
        let form = /action="\/drops\/7\/no-action">.*<input name="why" required/
        for page in pages(Self.facts()) { #expect(page.firstMatch(of: form) != nil) }
        let closed = PersonNote(by: "page:alice", at: 3, why: "delisted")
        let others =
            pages(Self.facts(may: [.read, .stop, .release])) + pages(Self.facts(rules: ["fx_*"]))
            + [pages(Self.facts()) { $0.noAction = closed }[1], pages(Self.facts()) { $0.isCorrected = true }[1]]
        for page in others { #expect(!page.contains("/no-action")) }
        #expect(
            pages(Self.facts()) { $0.noAction = closed }[1].contains("Closed without action by page:alice: delisted"))
    }

    @Test(
        "Now tells of each file in work by when it is to be done, and by how much it misses that; of each destination how long Acks take"
    )
    func deadlines() {
        func now(_ at: Int64?, secondsLeft: Int?) -> String {
            var facts = Self.facts()
            facts.board.lanes[0].traffic.p99 = 118_240
            facts.board.files[0].secondsLeft = secondsLeft
            if let at { facts.board.take([7: .init(at: at, text: "17:45 Europe/London")], at: facts.now) }
            return NowPage.html(facts)
        }
        #expect(now(nil, secondsLeft: 5).contains("<span class=\"dim\">none</span>"))
        #expect(
            now(1_100_000_000, secondsLeft: 40).contains("17:45 Europe/London<div class=\"small dim\">1 min to spare"))
        #expect(now(1_100_000_000, secondsLeft: 130).contains("misses by 30 s"))
        #expect(now(990_000_000, secondsLeft: nil).contains("misses by 10 s"))
        #expect(now(nil, secondsLeft: nil).contains(">118.2</td>"))
    }

    @Test("What is held shows the deadline of its rule, and how far that is")
    func heldDeadline() {
        func pages(_ at: Int64) -> [String] {
            var drop = Self.held()
            drop.take([3: .init(at: at, text: "17:45 Europe/London")])
            return [NowPage.html(Self.facts(held: [drop])), HeldPage.html(Self.facts(held: [drop]))]
        }
        for page in pages(1_720_000_000) { #expect(page.contains("17:45 Europe/London") && page.contains("in 12 min")) }
        for page in pages(940_000_000) { #expect(page.contains("passed 1 min ago")) }
        #expect(NowPage.html(Self.facts(held: [Self.held()])).contains("<span class=\"dim\">none</span>"))
    }

    @Test(
        "Now says who holds a destination, since when, until when and why, and what waits for that; so does the file's own page"
    )
    func holds() {
        var facts = Self.facts()
        facts.board.isInboxHeld = false
        facts.board.lanes = [.init(name: "cache", state: .ready, isHeld: true, since: 61_000_000, lastTrouble: nil)]
        let note = CommandNote(by: "unix:alice", why: "a test", until: 900_000_000)
        facts.board.holds = [DeskHold(.holdDestination("cache"), note, since: 500_000_000)]
        facts.board.files[0].hold = facts.board.holds[0]
        facts.board.waiting = [.init(name: "e.csv", why: "held", held: "the destination cache")]
        let now = NowPage.html(facts)
        #expect(now.contains("Held by alice since ") && now.contains("overdue: a test.</span>"), "\(now)")
        #expect(
            now.contains("<b>cache</b> is held by alice since ")
                && now.contains("the destination cache is held by alice"))
        #expect(now.contains("waits for the destination cache to be resumed"))
        // 1970-01-01 00:08:20 is when it was held, 00:01:01 when it was logged in.
        #expect(now.contains(">00:08:20<") && !now.contains("00:01:01"))
        let line = DropLine(
            drop: 7, name: "a.csv", rule: "eod_*", destinations: ["cache"], stage: .posting, verdict: nil, claimedAt: 1,
            settledAt: 0, size: 10, rows: 5, original: nil, isCorrected: false, folder: "", target: "")
        let own = FilePage.html(
            DropDetail(line: line, corrections: []), nil, ResultFilter(), isHeld: true,
            working: facts.board.files.first, facts)
        #expect(
            own.contains("posting, held") && own.contains("It waits: the destination cache is held by alice"), "\(own)")
        // Nobody can resume the file itself: what holds it stands in the button's place.
        #expect(own.contains("<span>the destination cache is held by alice: a test</span>"))
        #expect(!own.contains("/drops/7/resume") && !own.contains("/drops/7/hold") && own.contains("/drops/7/cancel"))
        facts.board.holds.append(DeskHold(.holdDrop(7), note, since: 500_000_000))
        let both = FilePage.html(
            DropDetail(line: line, corrections: []), nil, ResultFilter(), isHeld: true,
            working: facts.board.files.first, facts)
        #expect(both.contains("/drops/7/resume"))
        #expect(HeldPage.html(facts).contains("since <time"))
    }

    @Test(
        "A file in work that waits for a destination says so on Now, in its list and on its own page, with what ends that"
    )
    func waits() {
        var facts = Self.facts()
        facts.board.lanes = [
            .init(name: "cache", state: .connecting(Self.nasty), isHeld: false, since: 61_000_000, lastTrouble: nil)
        ]
        facts.board.files = [
            .init(drop: 7, name: "withdraw-cache-7.jsonl", destinations: ["cache"], state: .waiting)
        ]
        let now = NowPage.html(facts)
        #expect(now.contains("<div class=\"small\">waits for cache, which is down</div>"), "\(now)")
        let line = DropLine(
            drop: 7, name: "withdraw-cache-7.jsonl", rule: "withdraw", destinations: ["cache"], stage: .claimed,
            verdict: nil, claimedAt: 1, settledAt: 0, size: 0, rows: 0, original: 3, isCorrected: false, folder: "",
            target: "")
        let own = FilePage.html(
            DropDetail(line: line, corrections: []), nil, ResultFilter(), isHeld: false,
            working: facts.board.files.first, facts)
        #expect(own.contains("It waits for cache, which is down: px&lt;img") && own.contains(">00:01:01<"), "\(own)")
        #expect(own.contains("It goes on by itself when that is over.") && own.contains("lamp wait\">waiting<"))
        let list = FilesPage.html(DropList(drops: [line], next: nil), DropQuery(), facts)
        #expect(list.contains("lamp wait\">waiting<"))
        facts.board.lanes[0].state = .ready
        #expect(!NowPage.html(facts).contains("waits for cache"))
    }

    @Test("One row is one, and many are many, in what acts say and on their buttons")
    func oneRow() {
        func page(_ rows: Int, fourEyes: Bool = false) -> String {
            var drop = Self.held(ReleaseRule(by: [], fourEyes: fourEyes))
            drop.rows = rows
            return HeldPage.html(Self.facts(held: [drop]))
        }
        #expect(page(1).contains(">Release 1 row</button>") && page(1).contains(" 1 row ends unsent,"))
        #expect(page(4).contains(">Release all 4 rows</button>") && page(4).contains(" 4 rows end unsent,"))
        // What the script writes there when rows are ticked begins with the same word.
        #expect(page(4).contains("data-rows=\"4\" data-verb=\"Release\""))
        #expect(page(1, fourEyes: true).contains("data-verb=\"Propose to release\">Propose to release 1 row</button>"))
        func resend(_ rejected: Int) -> String {
            var line = Self.line()
            line.destinations = ["cache"]
            line.take(summary: "{\"outcomes\":{\"nacked\":\(rejected),\"rejected\":\(rejected)}}")
            return FilesPage.failures(DropList(drops: [line], next: nil), Self.facts())
        }
        #expect(resend(1).contains("sends 1 row again that is nacked, unknown or unsent"))
        #expect(resend(1).contains("The 1 rejected row has to be corrected first."))
        #expect(resend(2).contains("sends 2 rows again that are nacked, unknown or unsent"))
        #expect(resend(2).contains("The 2 rejected rows have to be corrected first."))
        // Nothing is left of one that was put right.
        func own(isCorrected: Bool) -> String {
            var line = Self.line()
            line.isCorrected = isCorrected
            line.take(summary: "{\"outcomes\":{\"nacked\":1}}")
            return FilePage.html(
                DropDetail(line: line, corrections: []), nil, ResultFilter(), isHeld: false, working: nil,
                Self.facts())
        }
        #expect(
            own(isCorrected: false).contains("/drops/7/resend") && !own(isCorrected: true).contains("/drops/7/resend"))
    }

    @Test("Where two people are needed, the one who proposed waits, and the other one's button says what was proposed")
    func fourEyes() {
        let rule = ReleaseRule(by: [], fourEyes: true)
        let own = HeldPage.html(Self.facts(held: [Self.held(rule, proposedBy: "unix:alice")]))
        #expect(own.contains("You propose: release all rows but 2. Another person releases it."))
        #expect(own.contains("<button disabled>Waits for a second person</button>"))
        #expect(!own.contains("Propose to release") && !own.contains("name=\"except\""))
        let other = HeldPage.html(Self.facts(held: [Self.held(rule, proposedBy: "page:bob")]))
        #expect(other.contains("Release 3 rows, as bob proposes") && other.contains("name=\"except\" value=\"2\""))
        let not = HeldPage.html(Self.facts(held: [Self.held(ReleaseRule(by: ["carol"]))]))
        #expect(not.contains("It is for carol to release.") && !not.contains("/drops/5/release"))
    }

    @Test(
        "Each address of the page is one view or one form",
        arguments: [
            ("GET", "/", .now), ("GET", "/failures", .failures),
            ("GET", "/files?name=&from=&verdict=", .files(DropQuery())),
            ("GET", "/files?name=a+b%26", .files(DropQuery(name: "a b&"))), ("GET", "/ric?ric=VOD.L", .ric("VOD.L")),
            (
                "GET", "/drops/7?outcome=nacked&page=12",
                .file(drop: 7, ResultFilter(outcome: .nacked), page: 12, all: false)
            ),
            ("POST", "/login", .doLogin), ("POST", "/drops/7/cancel", .act(.cancel, drop: 7)),
            ("GET", "/drops/7/withdraw", .withdrawal(drop: 7, blanks: false)),
            ("GET", "/drops/7/withdraw?blank=1", .withdrawal(drop: 7, blanks: true)),
            ("POST", "/drops/7/withdraw", .act(.withdraw, drop: 7)),
            ("POST", "/inbox/hold", .hold(.inbox, isHold: true)),
            ("POST", "/destinations/a%20b/resume", .hold(.destination("a b"), isHold: false)),
        ] as [(String, String, PageCall)])
    func addresses(_ method: String, _ target: String, _ call: PageCall) {
        #expect(PageCall.find(method: method, target: target) == .call(call))
    }

    @Test("No act is done by GET, and nothing else is there")
    func nothing() {
        #expect(PageCall.find(method: "GET", target: "/drops/7/cancel") == .wrongMethod(allowed: "POST"))
        #expect(PageCall.find(method: "POST", target: "/files") == .wrongMethod(allowed: "GET"))
        #expect(PageCall.find(method: "DELETE", target: "/") == .wrongMethod(allowed: "GET"))
        for target in [
            "", "//", "/../", "/drops/07", "/drops/7/", "/drops/x", "/drops/07/withdraw", "/drops/withdraw",
            "/drops//withdraw", "/page.css/", "/index.html", "/api/v1/status",
        ] {
            #expect(PageCall.find(method: "GET", target: target) == .nothing)
        }
        for target in [
            "/drops/7/withdraw?x=1", "/files?x=1", "/?x=1", "/files?from=1", "/drops/7?page=x", "/ric?ric=%ff",
        ] {
            guard case .wrongQuery = PageCall.find(method: "GET", target: target) else {
                Issue.record("\(target) is taken")
                continue
            }
        }
    }

    @Test(
        "A form that was filled in wrongly comes back as it was, with what is wrong in words and nothing looked up",
        arguments: [
            ("/files?name=eod&from=never&state=open", .files, ["name": "eod", "from": "never", "state": "open"]),
            ("/day?day=Friday", .day, ["day": "Friday"]), ("/ric?ric=A+B&x=1", .ric, ["ric": "A B"]),
            ("/audit?ric=A&value=%2E&to=%ff&as=csv", .audit, ["ric": "A", "value": ".", "as": "csv"]),
            ("/drops/7?ric=A&outcome=lost", .rows(drop: 7), ["ric": "A", "outcome": "lost"]),
        ] as [(String, FilledForm.Place, [String: String])])
    func mistakes(target: String, place: FilledForm.Place, typed: [String: String]) throws {
        guard case .wrongQuery(let why) = PageCall.find(method: "GET", target: target) else {
            Issue.record("\(target) is taken")
            return
        }
        let form = try #require(FilledForm(target: target, fault: why))
        #expect(form == FilledForm(place, typed: typed, fault: why) && form.said.hasSuffix(": \(why)."))
        let page = Self.mistaken(form, Self.facts())
        if case .rows = place { return }
        for (key, text) in typed where key != "as" {
            #expect(page.contains("value=\"\(text)\""), "\(key)")
        }
        #expect(!page.contains("No row") && !page.contains("No file is like that") && !page.contains("as=csv"))
        #expect(
            FilledForm(target: "/held?x=1", fault: "") == nil && FilledForm(target: "/drops/07?x=1", fault: "") == nil)
    }

    @Test("Who gets nothing is told why on the page, and a stranger is shown nothing else")
    func problems() {
        let page = PageFrame.problem("there is no drop 99", status: 404, Self.facts()).text
        #expect(page.contains("<h1>Not there</h1>") && page.contains("role=\"alert\">there is no drop 99.</p>"))
        #expect(page.contains("action=\"/logout\""))
        let bare = PageFrame.problem("the request names another host", status: 421, nil).text
        #expect(bare.contains("the request names another host.</p>") && !bare.contains("class=\"user\""))
        #expect(PageFrame.login(fault: "no", name: "alice").text.contains("name=\"name\" value=\"alice\""))
    }

    @Test("A form says what an act's body would say")
    func forms() throws {
        func order(_ text: String, _ verb: DeskVerb) throws -> DeskOrder? {
            try PageForm(Array(text.utf8))?.order(for: verb)
        }
        #expect(
            try order("key=k&except=3&except=5&why=a+b", .release)
                == DeskOrder(why: "a b", rows: .except([3...3, 5...5])))
        #expect(try order("rows=3-4", .release) == DeskOrder(rows: .only([3...4])))
        #expect(try order("", .release) == DeskOrder())
        var blank = DeskOrder(why: "wrong")
        blank.blanks = true
        #expect(try order("why=wrong&blank=1", .withdraw) == blank)
        #expect(throws: DeskOrder.Fault.self) { try order("blank=1", .withdraw) }
        #expect(throws: DeskOrder.Fault.self) { try order("why=+", .refuse) }
        #expect(throws: DeskOrder.Fault.self) { try order("except=x", .release) }
        #expect(PageForm([0xff]) == nil && PageForm(Array("a=%zz".utf8)) == nil)
    }

    @Test("That no row was posted is said only where no file is in work or held, or was refused, that may have one")
    func unlisted() {
        func pages(_ drops: [UnlistedDrop], held: [HeldDrop] = []) -> [String] {
            let found = RICFound([], unlisted: drops)
            return [
                RICPage.html("A", last: [], found, Self.facts(held: held)),
                AuditPage.html(AuditSearch(ric: "A"), found, record: nil, Self.facts(held: held)),
            ]
        }
        for page in pages([]) { #expect(page.contains("No row was posted for it.")) }
        let held = UnlistedDrop(drop: 5, file: "a.csv", state: .held, since: 1, why: "too few rows")
        let refused = UnlistedDrop(drop: 4, file: "b.csv", state: .refused, since: 1, why: "no header")
        for page in pages([held, refused]) {
            #expect(!page.contains("No row was posted for it.") && page.contains("No result has a row of it."))
            #expect(page.contains("too few rows; nothing of it is sent, and it may have rows of A."))
            #expect(page.contains("1 file was refused as a whole and may have had rows of it"))
            #expect(page.contains("no header; nothing of it was sent, and it may have rows of A"))
        }
        let working = UnlistedDrop(drop: 6, file: "c.csv", state: .work, since: 1, why: "")
        for page in pages([working]) {
            #expect(!page.contains("No row was posted for it.") && page.contains("No result has a row of it."))
            #expect(page.contains("in work</span> <a class=\"name\" href=\"/drops/6\">c.csv</a> since "))
            #expect(page.contains(": rows of it are shown once they have their outcomes, and those that have none yet"))
            #expect(!page.contains("refused as a whole") && !page.contains("nothing of it"))
        }
        // Its held row stands there already, with both values.
        var drop = Self.held()
        drop.examples = [HeldRow(row: 2, ric: "A", field: "BID", old: "1", new: "2", reason: "moved_too_far")]
        var sure = held
        sure.hasRow = true
        #expect(!pages([sure], held: [drop])[0].contains("has a row of A"))
        #expect(pages([sure])[0].contains("nothing of it is sent, and it has a row of A."))
        let many = pages((1...25).map { UnlistedDrop(drop: $0, file: "\($0)", state: .refused, since: 1, why: "") })
        #expect(many.allSatisfy { $0.contains("25 files were refused") && $0.contains("and 5 more") })
    }

    @Test("Each row of a RIC names its file and leads to it, those that are held and the last values too")
    func filesOfRIC() {
        func page(_ rows: [HeldRow], last: [JSONValue] = []) -> String {
            var drop = Self.held()
            (drop.name, drop.examples) = ("corrected.csv", rows)
            let posts = [
                RICPost(
                    drop: 3, name: "eod.csv", row: 1, destination: "c", outcome: .acked, settledAt: 2, text: "",
                    fields: [("BID", "1")]),
                RICPost(
                    drop: 2, name: "old.csv", row: 1, destination: "", outcome: nil, settledAt: 0, text: "no",
                    fields: []),
            ]
            return RICPage.html("A", last: last, RICFound(posts), Self.facts(held: [drop]))
        }
        let held = page([HeldRow(row: 2, ric: "A", field: "BID", old: "1", new: "2", reason: "moved_too_far")])
        let link = "<a class=\"name\" href=\"/drops/5\">corrected.csv</a>"
        #expect(held.contains("A newer row is held in \(link): BID 2, moved_too_far."))
        #expect(held.contains("<th scope=\"row\"><a href=\"/drops/3\" class=\"name\">eod.csv</a></th>"))
        #expect(held.contains("<th scope=\"row\"><a href=\"/drops/2\" class=\"name\">old.csv</a></th>"))
        // What was overtaken is older than what holds; a row may be held as a whole.
        let other = page([
            HeldRow(row: 2, ric: "A", field: "", old: nil, new: nil, reason: "overtaken"),
            HeldRow(row: 3, ric: "A", field: "", old: nil, new: nil, reason: "missing"),
        ])
        #expect(other.contains("An older row is held in \(link): overtaken."))
        #expect(other.contains("A newer row is held in \(link): missing."))
        func last(_ file: String) -> [JSONValue] {
            [
                "{\"service\":\"S\",\"destination\":\"c\",\"fields\":{\"BID\":{\"value\":1,\"accepted_at\":\"\",\"files\":1,\"drop\":9,\"file\":\"\(file)\"}}}"
            ].compactMap { JSONValue.parse($0) }
        }
        #expect(page([], last: last("day.csv")).contains("<a class=\"name\" href=\"/drops/9\">day.csv</a>"))
        let lost = page([], last: last(""))
        #expect(lost.contains("not known any more") && !lost.contains("href=\"/drops/9\""))
    }

    @Test("Where there are older rows of a RIC than those that are shown, that is said, with the way to all")
    func older() {
        let post = RICPost(
            drop: 3, name: "eod.csv", row: 1, destination: "c", outcome: .acked, settledAt: 2, text: "", fields: [])
        func pages(isCut: Bool) -> [String] {
            var found = RICFound([post])
            found.isCut = isCut
            return [
                RICPage.html("A B", last: [], found, Self.facts()),
                AuditPage.html(AuditSearch(ric: "A B"), found, record: nil, Self.facts()),
            ]
        }
        for page in pages(isCut: true) {
            #expect(
                page.contains(
                    "These are the newest 1 rows, and there are older ones: <a href=\"/audit?ric=A%20B&amp;as=csv\" download>"
                ))
            #expect(!page.contains("Every row of it"))
        }
        let whole = pages(isCut: false)
        #expect(whole.allSatisfy { !$0.contains("older ones") } && whole[0].contains("Every row of it"))
    }

    @Test("There is a place for the reader's own time beside UTC, which is empty without the script")
    func ownZone() {
        #expect(NowPage.html(Self.facts()).contains("UTC</time><span id=\"own\"></span>"))
        #expect(PageScript.text.contains("getElementById(\"own\")"))
    }

    @Test("A withdrawal is shown on the file's page before anybody can have it done, and its button repeats it")
    func withdraw() {
        func page(_ look: WithdrawalLook?, _ facts: PageFacts? = nil, sent: Bool = true) -> String {
            var line = Self.line()
            if sent {
                line.take(summary: "{\"first_sent_at\":\"2026-11-27T17:00:00Z\"}")
            }
            return FilePage.html(
                DropDetail(line: line, corrections: []), nil, ResultFilter(), isHeld: false, working: nil,
                withdrawal: look, facts ?? Self.facts())
        }
        let link = "href=\"/drops/7/withdraw\">Withdraw…</a>"
        #expect(page(nil).contains(link) && !page(nil, sent: false).contains(link))
        #expect(!page(nil, Self.facts(may: [.read, .stop, .release])).contains(link))
        let one = page(Self.withdrawal())
        #expect(one.contains(">Withdraw: post 2 fields</button>") && one.contains("name=\"why\" required"))
        #expect(one.contains("1 field had no value before. <a href=\"/drops/7/withdraw?blank=1\">"))
        #expect(
            one.contains(">blank</td>") && one.contains("stays, no value before") && !one.contains("name=\"blank\""))
        #expect(page(Self.withdrawal(blanks: true)).contains("name=\"blank\" value=\"1\""))
        // Where the rule wants two people, the first one proposes; nobody does without a name.
        let two = page(Self.withdrawal(needsTwo: true))
        #expect(two.contains(">Propose to withdraw: post 2 fields</button>"))
        // What posts nothing is done at once.
        #expect(page(Self.withdrawal(["fields": 0], needsTwo: true)).contains(">Withdraw px"))
        var service = Self.facts()
        service.caller.person = Person(text: "unix:postbox", isNamed: false)
        let account = page(Self.withdrawal(needsTwo: true), service)
        #expect(!account.contains("action=\"/drops/7/withdraw\"") && account.contains("<button disabled>"))
        let none = page(
            WithdrawalLook(.refused(.wrongStage, text: "it is still in work"), blanks: false, needsTwo: false))
        #expect(none.contains("it is still in work.") && !none.contains("action=\"/drops/7/withdraw\""))
    }

    @Test("Audit tells what was looked at of the record, and what was not")
    func recordPanel() {
        func page(_ look: RecordLook?, _ alerts: [StandingAlert] = []) -> String {
            var facts = Self.facts()
            facts.board.alerts = alerts
            return AuditPage.html(AuditSearch(), nil, record: look, facts)
        }
        #expect(page(nil).contains("There is no record yet"))
        let whole = page(Self.record())
        #expect(whole.contains("unbroken at its end") && whole.contains("all 2 lines"))
        #expect(whole.contains("the ledger is gone") && whole.contains("no day among these lines"))
        #expect(whole.contains("abababab … abababab") && whole.contains("<code>postbox audit verify</code>"))
        #expect(whole.contains("Acts of the desk") && whole.contains("<b>hold</b>"))
        var short = RecordLook(end: nil)
        let only = RecordLine(number: 1, previous: short.hash, at: 5, entry: .forgotten(drop: 3))
        short.take(only.text, sha256: String(repeating: "ab", count: 32)) { _, _, _ in true }
        #expect(page(short).contains("its only line, of <time"))
        let broken = page(RecordLook(unread: "no such file"))
        #expect(broken.contains("not proved") && broken.contains("it cannot be read: no such file"))
        #expect(!broken.contains("unbroken") && !broken.contains("each line follows"))
        let alert = StandingAlert(
            id: 1, Alert(event: .recordFault, message: "the record waits for the ledger", facts: [:]), at: 1,
            route: .page)
        #expect(page(Self.record(), [alert]).contains("the record waits for the ledger"))
    }

    @Test("A row counts at each destination, and where there are several that is said")
    func severalDestinations() {
        func page(_ destinations: [String]) -> String {
            var line = Self.line()
            line.destinations = destinations
            return FilePage.html(
                DropDetail(line: line, corrections: []), nil, ResultFilter(), isHeld: false, working: nil, Self.facts())
        }
        let both = page(["cache", "rcc"])
        #expect(
            both.contains("2 bad</span> at 2 destinations") && both.contains("New drops send 2 rows at 2 destinations"))
        #expect(both.contains(">Resend 2 rows at 2 destinations</button>"))
        let one = page(["cache"])
        #expect(!one.contains("2 destinations") && one.contains("A new drop sends 2 rows again"))
        #expect(one.contains(">Resend 2 rows</button>"))
    }

    @Test("Rows of a file that went to several destinations tell theirs in a column of their own")
    func destinationsOfRows() {
        func page(_ destinations: [String]) -> String {
            var line = Self.line()
            line.destinations = destinations
            var rows = ResultPage(ResultFilter(), header: "row,destination,ric,outcome", from: 0)
            _ = Array("1,cache,A.TST,acked\n1,rcc,A.TST,acked\n".utf8).withUnsafeBytes { rows.take($0) }
            return FilePage.html(
                DropDetail(line: line, corrections: []), rows, ResultFilter(), isHeld: false, working: nil,
                Self.facts())
        }
        let both = page(["cache", "rcc"])
        #expect(both.contains("class=\"c-dest\">destination</th></tr>"))
        #expect(both.contains("data-h=\"destination\">cache</td></tr>"))
        #expect(both.contains("data-h=\"destination\">rcc</td></tr>"))
        let one = page(["cache"])
        #expect(!one.contains("c-dest") && !one.contains("data-h=\"destination\""))
    }

    @Test(
        "How a hold ended stands on the page: who decided it, how many rows went and which did not",
        arguments: [
            (#""released_by":"unix:alice","rows":"all rows""#, 3, "eleased by unix:alice: all 3 rows."),
            (#""released_by":"unix:alice","rows":"all rows""#, 1, "eleased by unix:alice: its only row."),
            (
                #""released_by":"unix:alice","proposed_by":"page:bob","rows":"all rows but 2""#, 3,
                "eleased by unix:alice, as page:bob proposed: 2 of 3 rows; row 2 was left out."
            ),
            (
                #""released_by":"unix:alice","rows":"all rows but 2,4-5""#, 5,
                "eleased by unix:alice: 2 of 5 rows; rows 2,4-5 were left out."
            ),
            (
                #""released_by":"unix:alice","rows":"rows 1,3""#, 3,
                "eleased by unix:alice: 2 of 3 rows, rows 1,3; 1 row was left out."
            ),
            (#""refused_by":"unix:alice","why":"bad""#, 3, "efused by unix:alice, none of its 3 rows was sent: bad."),
            (#""refused_by":"unix:alice","why":"bad""#, 1, "efused by unix:alice, its only row was not sent: bad."),
            (#""refused_by":"unix:alice","why":"bad""#, 0, "efused by unix:alice: bad."),
            (
                #""timed_out_at":"2026-11-27T17:00:00.000000Z""#, 2,
                "efused, because nobody released it in time; none of its 2 rows was sent."
            ),
        ])
    func holdEnd(members: String, rows: Int, words: String) {
        func line(_ drop: Int) -> DropLine {
            var line = DropLine(
                drop: drop, name: "a.csv", rule: "eod_*", destinations: ["cache"], stage: .closed, verdict: .partial,
                claimedAt: 1, settledAt: 2, size: 10, rows: rows, original: nil, isCorrected: false, folder: "/f",
                target: "a.csv")
            let time = "2026-11-27T17:00:00.000000Z"
            let at = #""released_at":"\#(time)","refused_at":"\#(time)""#
            line.take(summary: "{\"hold\":{\"text\":\"too many\",\(at),\(members)}}")
            return line
        }
        func page(_ drop: DropLine, later: [Int: DropLine] = [:]) -> String {
            FilePage.html(
                DropDetail(line: drop, corrections: [9]), nil, ResultFilter(), isHeld: false, working: nil,
                later: later, Self.facts())
        }
        let own = page(line(7))
        #expect(own.contains("R" + words) && own.contains("datetime=\"2026-11-27T17:00:00.000000Z\""))
        // The file that its rows come from tells it, too.
        var whole = line(7)
        whole.take(summary: "{}")
        let named = "held as <a href=\"/drops/9\">drop 9</a>: r\(words)"
        #expect(
            page(whole, later: [9: line(9)]).contains(
                "\(rows) row\(rows == 1 ? " of it was" : "s of it were") \(named)"))
        #expect(page(whole).contains("Rows of it went into <a href=\"/drops/9\">drop 9</a>."))
        var held = line(9)
        (held.stage, held.verdict) = (.held, nil)
        held.take(summary: "{}")
        #expect(page(whole, later: [9: held]).contains("held as <a href=\"/drops/9\">drop 9</a>."))
    }

    @Test("A panel of held rows tells how many of their file went already; of a withdrawal it does not")
    func wentAlready() {
        var whole = Self.line()
        whole.destinations = ["cache"]
        let page = HeldPage.html(Self.facts(held: [Self.held()]), originals: [3: whole])
        #expect(page.contains("<dt>went already</dt><dd>3 rows of it, until <time"))
        #expect(!HeldPage.html(Self.facts(held: [Self.held()])).contains("went already"))
        var withdrawal = Self.held()
        withdrawal.rule = "withdraw"
        #expect(!HeldPage.html(Self.facts(held: [withdrawal]), originals: [3: whole]).contains("went already"))
    }

    @Test("A chart has a step for each value that was taken, and a mark for each that was not")
    func chart() {
        func post(_ at: Int64, _ bid: String, _ outcome: PostOutcome = .acked) -> RICPost {
            RICPost(
                drop: 1, name: "a", row: 1, destination: "c", outcome: outcome, settledAt: at, text: "no",
                fields: [("BID", bid), ("TEXT", "x")])
        }
        let page = RICPage.html(
            "A", last: [], RICFound([post(3, "9", .nacked), post(2, "2"), post(1, "1")]), Self.facts())
        var resent = post(1, "1")
        resent.who = "resend by alice"
        #expect(
            RICPage.html("A", last: [], RICFound([resent]), Self.facts()).contains(">resend by alice</td>"))
        #expect(page.contains("class=\"bid\" d=\"M0 100H0V0H1000\"") && page.matches(of: /class="m-nacked"/).count == 1)
        // At one time the newest, which comes first, is what holds now.
        let atOnce = RICPage.html("A", last: [], RICFound([post(2, "8"), post(2, "7"), post(1, "6")]), Self.facts())
        #expect(atOnce.contains("from 6 to 8, now BID 8."))
        let none = RICPage.html("A", last: [], RICFound([post(1, "nan"), post(1, "1e999")]), Self.facts())
        #expect(!none.contains("class=\"chart\""))
    }

    @Test("What people did that day stands on the page in words")
    func actsOfTheDay() {
        var report = DayReport(day: 20_784, matches: [], schedules: [], skips: [], files: [], at: 5)
        report.acts = ["propose_withdraw", "sign_day", "no-action"].map {
            DayReport.Act(at: 5, act: RecordAct($0, drop: 7, by: "unix:alice", from: "control socket"))
        }
        let page = DayPage.html(report, Self.facts())
        for words in ["<b>propose to withdraw</b>", "<b>sign off</b>", "<b>no action</b>"] {
            #expect(page.contains(words))
        }
        #expect(!page.contains("propose_withdraw") && !page.contains("sign_day"))
    }

    @Test(
        "A file's story tells that it was withdrawn and by which drop; that drop's tells what it withdraws, and is of no rows of it"
    )
    func withdrawn() {
        let file = DropWithdrawals.Link(
            number: 7, name: Self.nasty, lineage: nil, destinations: ["b"], stage: .closed, verdict: .done, rows: 2)
        var drop = file
        (drop.number, drop.name) = (1_008, "withdraw-b-1008.jsonl")
        drop.lineage = DropLineage.Drop(
            number: 1_008, maker: .withdrawal(of: 7, act: 5, isInForce: true), destinations: ["b"])
        (drop.by, drop.at, drop.why) = ("page:alice", 5, Self.nasty)
        func page(_ number: Int, _ name: String) -> String {
            var line = Self.line()
            (line.drop, line.name, line.original) = (number, name, number == 7 ? nil : 7)
            return FilePage.html(
                DropDetail(line: line, corrections: [], withdrawals: DropWithdrawals(of: number, in: [file, drop])),
                nil,
                ResultFilter(), isHeld: false, working: nil, Self.facts())
        }
        let wrong = page(7, "a.csv")
        #expect(
            wrong.contains("Withdrawn at b by <a href=\"/drops/1008\">drop 1,008</a>, as alice wanted: px&lt;img")
                && wrong.contains("<span class=\"lamp warn\">withdrawn</span>"))
        let withdrawal = page(1_008, drop.name)
        #expect(withdrawal.contains("Withdraws what <a href=\"/drops/7\">drop 7</a> (px&lt;img"))
        #expect(withdrawal.contains("Made by Postbox as drop 1,008") && !withdrawal.contains("Made of rows of"))
        #expect(!withdrawal.contains("lamp warn\">withdrawn") && !wrong.contains("Rows of it went into"))
        for view in [wrong, withdrawal] { #expect(!view.contains("<img")) }
    }

    @Test("What Postbox made has no size of its own, and where nothing was to be posted no outcome is still to come")
    func made() {
        func page(
            _ verdict: Verdict?, summary: String? = "{}", size: Int = 0, isMade: Bool = true, ric: String? = nil
        ) -> String {
            var line = DropLine(
                drop: 5, name: "a.csv", rule: "eod_*", destinations: ["cache"],
                stage: verdict == nil ? .claimed : .closed, verdict: verdict, claimedAt: 1, settledAt: 2, size: size,
                rows: 0, original: 3, isCorrected: false, folder: "", target: "")
            line.isMade = isMade
            if let summary { line.take(summary: summary) }
            let filter = ResultFilter(ric: ric)
            let rows = verdict == nil ? nil : ResultPage(filter, header: "row,ric", from: 0)
            return FilePage.html(
                DropDetail(line: line, corrections: []), rows, filter, isHeld: false, working: nil, Self.facts())
        }
        let done = page(.done, size: 3)
        #expect(done.contains("Made by Postbox as drop 5.<") && done.contains(">nothing was to be posted<"), "\(done)")
        #expect(done.contains("No row is in its result.") && page(.done, ric: "A").contains("No row is like that."))
        #expect(page(.refused).contains(">nothing of it was posted<"))
        #expect(
            page(.done, summary: nil).contains(">its summary cannot be read: how its rows ended is not known here<"))
        let waits = page(nil, summary: nil, isMade: false)
        #expect(waits.contains(">no row has its outcome yet<") && waits.contains("There is no result yet."))
        // It was not read yet.
        #expect(waits.contains("Claimed as drop 5 by rule <b>eod_*</b>.<"))
        #expect(page(.done, size: 3, isMade: false).contains("by rule <b>eod_*</b>, 3 B.<"))
    }

    @Test("What is held to withdraw a file is called so, and no rows of it")
    func heldWithdrawal() {
        var drop = Self.held()
        #expect(HeldPage.html(Self.facts(held: [drop])).contains("rows of <a href=\"/drops/3\">"))
        drop.rule = DeskVerb.withdraw.rawValue
        let page = HeldPage.html(Self.facts(held: [drop]))
        #expect(page.contains("withdraws drop <a href=\"/drops/3\">") && !page.contains("rows of <a"))
    }
}

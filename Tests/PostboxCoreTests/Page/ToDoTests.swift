import Testing

@testable import PostboxCore

@Suite("What needs somebody")
struct ToDoTests {
    private static let minute: Int64 = 60_000_000
    private static let now = 1000 * minute

    private static func line(_ rule: String, _ state: ScheduleBook.Line.State, arrived: Int = 0) -> ScheduleBook.Line {
        ScheduleBook.Line(
            rule: rule, state: state, count: 1, arrived: arrived, done: 0, by: now - minute,
            deadline: now + 30 * minute,
            byText: "17:30 UTC", deadlineText: "17:45 UTC")
    }

    private static func alert(
        _ id: Int, _ event: Event, _ facts: [String: String], by person: String? = nil
    ) -> StandingAlert {
        var alert = StandingAlert(id: id, Alert(event: event, message: "", facts: facts), at: now, route: .page)
        alert.acknowledged = person.map { PersonNote(by: $0, at: now, why: "I look") }
        return alert
    }

    /// A destination that has been down for so many minutes, and one that is up.
    private static func facts(down: Int64 = 0, failures: Int? = 0, quiet: Set<String> = []) -> PageFacts {
        var lanes = [
            StatusBoard.Lane(name: "cache", state: .ready, isHeld: false, since: 0, lastTrouble: nil)
        ]
        if down > 0 {
            lanes.append(
                StatusBoard.Lane(
                    name: "rcc", state: .connecting("no route"), isHeld: false, since: now - down * minute,
                    lastTrouble: nil))
        }
        let board = StatusBoard(
            service: .init(version: "1", spool: "/s", configSHA256: "ab", startedAt: 0), lanes: lanes, files: [],
            filesInAll: 0, waiting: [], waitingInAll: 0, isInboxHeld: false)
        return PageFacts(
            caller: DeskCaller(person: nil, way: .nobody, rights: [.read], rules: [], formKey: ""), board: board,
            failures: failures, host: "h", now: now, downAlert: 5 * minute, quiet: quiet)
    }

    @Test("Of rules that are late it is said how many, in words that go with the number")
    func late() {
        func page(_ count: Int) -> String {
            var facts = Self.facts()
            facts.board.schedule = (1...count).map { Self.line("eod_\($0)", .late, arrived: 1) }
            return NowPage.html(facts)
        }
        #expect(page(1).contains(">1 past its deadline</a>") && page(3).contains(">3 past their deadlines</a>"))
    }

    @Test("Where nothing waits Now names the last file that somebody dropped, and what is expected next and by when")
    func quiet() {
        var facts = Self.facts()
        var line = Self.line("eod_*", .expected)
        line.next = .init(at: Self.now + Self.minute, text: "17:30 UTC")
        facts.board.schedule = [line]
        facts.board.finished = [
            FinishedDrop(drop: 3, name: "withdraw-cache-3.jsonl", verdict: .done, at: 2, made: .withdrawal),
            FinishedDrop(drop: 2, name: "a.csv", verdict: .done, at: 1),
        ]
        let page = NowPage.html(facts)
        #expect(page.contains(": a.csv. Next expected: eod_* by 17:30 UTC.</p>"), "\(page)")
        #expect(!page.contains(": withdraw-cache-3.jsonl.") && page.contains("a withdrawal, drop 3<"))
        facts.board.schedule = []
        #expect(!NowPage.html(facts).contains("Next expected"))
    }

    @Test("What ended badly has a link to its drop in the answer about what is late, before its deadline and behind it")
    func fate() {
        for state in [ScheduleBook.Line.State.open, .late] {
            var facts = Self.facts()
            var line = Self.line("eod_*", state, arrived: 1)
            line.story = [.words("<e>.csv ("), .drop(1_012), .words(") ended failed")]
            facts.board.schedule = [line]
            let page = NowPage.html(facts)
            #expect(page.contains("&lt;e&gt;.csv (<a href=\"/drops/1012\">drop 1,012</a>) ended failed"), "\(page)")
        }
    }

    @Test("A missing file counts until somebody has it, whose name is told; it is that of today")
    func missing() {
        var facts = Self.facts()
        facts.board.schedule = [
            Self.line("eod_*", .missing), Self.line("fx_*", .late), Self.line("c_*", .late, arrived: 1),
            Self.line("d_*", .expected),
        ]
        #expect(facts.toDo.missing == ["eod_*", "fx_*"] && facts.toDo.count == 2)
        let by = TimeText.text(Self.now - Self.minute)
        let yesterday = TimeText.text(Self.now - 1440 * Self.minute)
        facts.board.alerts = [
            Self.alert(3, .fileMissing, ["rule": "eod_*", "by": by], by: "unix:alice"),
            Self.alert(2, .fileMissing, ["rule": "fx_*", "by": by]),
            Self.alert(1, .fileMissing, ["rule": "fx_*", "by": yesterday], by: "unix:bob"),
        ]
        #expect(facts.toDo.missing == ["fx_*"] && facts.toDo.words == ["1 missing", "alice has eod_*"])
        // What came late is over, whoever had it.
        facts.board.alerts[0].overAt = Self.now
        #expect(facts.toDo.count == 2)
    }

    @Test("A file of an earlier day that never came counts until somebody has it, beside that of today")
    func missingEarlier() {
        var facts = Self.facts()
        var line = Self.line("eod_*", .missing)
        line.missingDays = [MissingDay(rule: "eod_*", day: 20784, lacking: 1)]
        facts.board.schedule = [line]
        #expect(facts.toDo.missing == ["eod_*", "eod_* of 2026-11-27"] && facts.toDo.words == ["2 missing"])
        let before = TimeText.text(Self.now - 1440 * Self.minute)
        facts.board.schedule[0].missingDays = []
        facts.board.alerts = [
            Self.alert(
                1, .fileMissing, ["rule": "eod_*", "by": before, "day": "2026-11-27"], by: "unix:alice")
        ]
        #expect(facts.toDo.words == ["1 missing", "alice has eod_* of 2026-11-27"])
        // It came.
        facts.board.alerts[0].overAt = Self.now
        #expect(facts.toDo.words == ["1 missing"])
    }

    @Test("Where nothing is late, what comes first is named, with times that are still to come")
    func next() {
        func line(_ rule: String, _ state: ScheduleBook.Line.State, by: Int64, deadline: Int64) -> ScheduleBook.Line {
            var line = Self.line(rule, state)
            line.by = Self.now + by * Self.minute
            line.deadline = Self.now + deadline * Self.minute
            return line
        }
        var facts = Self.facts()
        facts.board.schedule = [
            line("late_*", .expected, by: 60, deadline: 90), line("work_*", .inWork, by: -5, deadline: 20),
        ]
        #expect(NowPage.html(facts).contains("work_* is in work, to be done by 17:45 UTC<"))
        facts.board.schedule.append(line("soon_*", .expected, by: 10, deadline: 30))
        #expect(NowPage.html(facts).contains("next: soon_* by 17:30 UTC, done by 17:45 UTC<"))
        facts.board.schedule = [line("work_*", .inWork, by: -9, deadline: -1)]
        #expect(NowPage.html(facts).contains(">work_* is in work<"))
        facts.board.schedule = [line("fx_*", .idle, by: 1, deadline: 1)]
        #expect(NowPage.html(facts).contains("nothing is due today"))
        facts.board.schedule.append(line("eod_*", .done, by: 1, deadline: 1))
        #expect(NowPage.html(facts).contains("all of today is done"))
    }

    @Test("A destination counts when it is down for long, is not quiet just now, and nobody has it")
    func down() {
        #expect(Self.facts(down: 4).toDo.count == 0)
        var facts = Self.facts(down: 6)
        #expect(facts.toDo.words == ["1 destination down for long"] && facts.toDo.path == "/#alerts")
        #expect(Self.facts(down: 6, quiet: ["rcc"]).toDo.count == 0)
        facts.board.alerts = [Self.alert(1, .destinationDown, ["destination": "rcc", "why": "x"], by: "page:bob")]
        #expect(facts.toDo.count == 0 && facts.toDo.words == ["bob has rcc"])
        // It was refused in between, and is down all the same.
        var flipping = Self.facts(down: 1)
        #expect(flipping.toDo.count == 0)
        flipping.board.lanes[1].downSince = Self.now - 6 * Self.minute
        #expect(flipping.toDo.words == ["1 destination down for long"])
        let page = NowPage.html(facts)
        #expect(page.contains("bob has rcc") && page.contains("nothing needs you") && !page.contains("to do ·"))
    }

    @Test("A hold counts when it should be over")
    func overdue() {
        var facts = Self.facts()
        func hold(_ until: Int64?) -> DeskHold {
            DeskHold(.holdInbox, CommandNote(by: "unix:alice", why: "w", until: until), since: 0)
        }
        facts.board.holds = [hold(nil)]
        #expect(facts.toDo.count == 0)
        facts.board.holds = [hold(Self.now + 1)]
        #expect(facts.toDo.count == 0)
        facts.board.holds = [hold(Self.now - 1)]
        #expect(facts.toDo.words == ["1 hold overdue"])
        facts.board.alerts = [Self.alert(1, .holdOverdue, ["what": DeskCommand.holdInbox.subject], by: "unix:alice")]
        #expect(facts.toDo.count == 0)
    }

    @Test("What comes next if nobody does anything stands first")
    func nearest() {
        var facts = Self.facts(failures: 3)
        #expect(facts.toDo.nearest == nil && facts.toDo.path == "/failures")
        facts.board.held = [
            HeldDrop(
                drop: 5, name: "a.csv", original: 3, why: "w", rows: 1, since: 0, until: Self.now + 90 * Self.minute)
        ]
        #expect(facts.toDo.nearest?.name == "a.csv" && facts.toDo.path == "/held")
        #expect(NowPage.html(facts).contains("in 1 h 30 min; 1 held; 3 open failures"))
        facts.board.schedule = [Self.line("eod_*", .missing), Self.line("in_time", .inWork)]
        #expect(NowPage.html(facts).contains("<b>eod_*</b> is to be done by 17:45 UTC, in 30 min; 1 held"))
        facts.board.held[0].take([3: .init(at: Self.now + 10 * Self.minute, text: "17:40 UTC")])
        #expect(facts.toDo.nearest?.words == "is to be done by 17:40 UTC")
        // What has passed is told by Late.
        facts.board.held[0].take([3: .init(at: Self.now - Self.minute, text: "17:00 UTC")])
        #expect(facts.toDo.nearest?.name == "eod_*")
        #expect(
            Self.facts(failures: nil).toDo.count == 0 && NowPage.html(Self.facts(failures: nil)).contains("unknown"))
    }
}

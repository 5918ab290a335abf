import Testing

@testable import PostboxCore

@Suite("How everything stands, as it is shown")
struct StatusBoardTests {
    private static let empty = StatusBoard(
        service: .init(version: "1", spool: "/s", configSHA256: "ab", startedAt: 0), lanes: [], files: [],
        filesInAll: 0, waiting: [], waitingInAll: 0, isInboxHeld: false)

    private static var full: StatusBoard {
        var board = empty
        var up = StatusBoard.Lane(name: "cache", state: .ready, isHeld: true, since: 1_000_000, lastTrouble: "no route")
        up.traffic.url = "ws://ads1:15000/WebSocket"
        up.traffic.inFlight = 7
        up.traffic.queued = 40
        up.traffic.acked = 1000
        let down = StatusBoard.Lane(
            name: "rcc", state: .refused("not entitled"), isHeld: false, since: 2_000_000, lastTrouble: "not entitled")
        board.lanes = [up, down]
        var posting = StatusBoard.File(drop: 3, name: "a.csv", destinations: ["cache"], state: .posting(lines: 90))
        posting.outcomes = [50, 1, 2, 0, 0, 0]
        board.files = [posting, StatusBoard.File(drop: 4, name: "<b>.csv", destinations: ["rcc"], state: .reading)]
        board.filesInAll = 2
        board.waiting = [StatusBoard.Waiting(name: "c\n.csv", why: "destination")]
        board.waitingInAll = 31
        board.held = [
            HeldDrop(
                drop: 2, name: "h.csv", original: 1, why: "2 rows", rows: 2, since: 0, until: 0,
                examples: [HeldRow(row: 1, ric: "A", field: "BID", old: "1", new: "2", reason: "moved_too_far")])
        ]
        board.finished = [FinishedDrop(drop: 1, name: "h.csv", verdict: .partial, at: 5_000_000)]
        return board
    }

    @Test("A program finds each fact under its name")
    func json() throws {
        let board = try #require(JSONValue.parse(Self.full.json))
        func items(_ value: JSONValue?) -> [JSONValue] { if case .array(let items)? = value { items } else { [] } }
        let lanes = items(board["destinations"])
        #expect(lanes.map { $0["state"]?.text } == ["ready", "refused"])
        #expect(lanes[0]["held"]?.flag == true && lanes[0]["in_flight"]?.integer == 7)
        #expect(lanes[0]["queued"]?.integer == 40 && lanes[0]["last_error"]?.text == "no route")
        #expect(lanes[0]["why"] == nil && lanes[1]["why"]?.text == "not entitled")
        #expect(lanes[1]["since"]?.text == "1970-01-01T00:00:02.000000Z")
        let files = items(board["work"]?["files"])
        #expect(files.map { $0["state"]?.text } == ["posting", "reading"])
        #expect(files[0]["lines"]?.integer == 90 && files[0]["settled"]?.integer == 53)
        #expect(files[0]["outcomes"]?["acked"]?.integer == 50 && files[0]["outcomes"]?["unsent"] == nil)
        #expect(board["inbox"]?["count"]?.integer == 31)
        #expect(items(board["inbox"]?["files"])[0]["file"]?.text == "c\n.csv")
        #expect(items(board["held"])[0]["rows"]?.integer == 2)
        // Nobody reads the rows for it: /api/v1/held has them.
        #expect(items(board["held"])[0]["examples"] == nil && Self.full.held[0].json.contains("\"examples\":[{"))
        #expect(items(board["finished"])[0]["verdict"]?.text == "partial")
        #expect(!Self.full.json.contains("\n"))
    }

    @Test("A file in work has the deadline of its rule, and is late when that has passed or will at the present rate")
    func late() throws {
        func file(_ now: Int64, secondsLeft: Int?) throws -> JSONValue? {
            var board = Self.full
            board.files[0].secondsLeft = secondsLeft
            board.take([3: .init(at: 100_000_000, text: "17:30 UTC"), 9: .init(at: 1, text: "17:30 UTC")], at: now)
            let text = StatusText.lines(try #require(JSONValue.parse(board.json))).joined(separator: "\n")
            #expect(text.contains("posting, late") == board.files[0].isLate && board.files[1].deadline == nil)
            return JSONValue.parse(board.json)?["work"]?["files"]?.items.first
        }
        // What is held is to be done with the file that it was in.
        var board = Self.full
        board.take([1: .init(at: 100_000_000, text: "17:30 UTC")], at: 0)
        #expect(board.held[0].deadline?.at == 100_000_000)
        var withdrawal = HeldDrop(
            drop: 3, name: "w", original: 1, rule: "withdraw", why: "w", rows: 1, since: 0, until: 0)
        withdrawal.take([1: .init(at: 100_000_000, text: "17:30 UTC")])
        #expect(withdrawal.deadline == nil)
        let held = JSONValue.parse(board.json)?["held"]?.items.first
        #expect(held?["deadline"]?.text == "1970-01-01T00:01:40.000000Z")
        let lines = StatusText.lines(try #require(JSONValue.parse(board.json)))
        #expect(lines.contains { $0.contains(", to be done by 1970-01-01 00:01:40: 2 rows") })
        let good = try file(90_000_000, secondsLeft: 10)
        #expect(good?["deadline"]?.text == "1970-01-01T00:01:40.000000Z" && good?["late"]?.flag == false)
        #expect(try file(90_000_000, secondsLeft: 11)?["late"]?.flag == true)
        #expect(try file(99_000_000, secondsLeft: nil)?["late"]?.flag == false)
        #expect(try file(100_000_000, secondsLeft: nil)?["late"]?.flag == true)
        #expect(JSONValue.parse(Self.full.json)?["work"]?["files"]?.items.first?["late"] == nil)
    }

    @Test("It is ready when every destination is, and nothing keeps files from going")
    func ready() {
        var board = Self.empty
        #expect(board.notReady == nil)
        board.trouble = "results cannot be written"
        #expect(board.notReady == "results cannot be written")
        #expect(Self.full.notReady == "rcc is refused")
        for (state, word) in [
            (LaneState.untried, "connecting"), (.paused("x"), "paused"), (.stopped, "stopped"), (.ready, "ready"),
        ] { #expect(state.word == word) }
    }

    @Test("It is not ready while a person holds the inbox or every destination, and says who and why")
    func heldByAPerson() {
        var board = Self.empty
        board.isInboxHeld = true
        #expect(board.notReady == "the inbox is held")
        board.holds = [DeskHold(.holdInbox, CommandNote(by: "page:alice", why: "a test"), since: 0)]
        #expect(board.notReady == "the inbox is held by alice: a test")
        board.isInboxHeld = false
        let lanes = [true, false].map { isHeld in
            StatusBoard.Lane(
                name: isHeld ? "cache" : "rcc", state: .ready, isHeld: isHeld, since: 0, lastTrouble: nil)
        }
        board.lanes = lanes
        #expect(board.notReady == nil)
        board.lanes[1].isHeld = true
        #expect(board.notReady == "the destination cache is held, the destination rcc is held")
        // One that is on its way out keeps nothing ready.
        board.lanes = lanes
        board.lanes[1].isLeaving = true
        board.holds = [DeskHold(.holdDestination("cache"), CommandNote(by: "unix:bob"), since: 0)]
        #expect(board.notReady == "the destination cache is held by bob")
        #expect(board.brief(at: 0).contains(#""ready":false"#) && board.json.contains(#""ready":false"#))
    }

    @Test(
        "What is held is told with who held it, since when, until when and why: in the hold's own time, not in that of the login"
    )
    func holds() throws {
        var board = Self.full
        let cache = DeskHold(
            .holdDestination("cache"), CommandNote(by: "unix:alice", why: "a test", until: 90_000_000),
            since: 60_000_000)
        let rule = DeskHold(.holdRule("eod_*"), CommandNote(by: "bob"), since: 70_000_000)
        board.holds = [cache, rule]
        func hold(_ drop: Int, _ rule: String?, _ destinations: [String]) -> DeskHold? {
            DeskHold.of(drop: drop, rule: rule, destinations: destinations, among: board.holds)
        }
        #expect(hold(3, "fx_*", ["rcc", "cache"]) == cache && hold(4, "eod_*", ["cache"]) == rule)
        #expect(hold(4, nil, ["rcc"]) == nil)
        board.files[0].hold = cache
        board.files[1].hold = rule
        board.waiting = [.init(name: "e.csv", why: "held", held: "the rule eod_*")]
        let json = try #require(JSONValue.parse(board.json))
        let lane = json["destinations"]?.items.first
        #expect(lane?["since"]?.text == "1970-01-01T00:00:01.000000Z")
        #expect(
            lane?["hold"]?["since"]?.text == "1970-01-01T00:01:00.000000Z" && lane?["hold"]?["by"]?.text == "unix:alice"
        )
        #expect(
            lane?["hold"]?["until"]?.text == "1970-01-01T00:01:30.000000Z" && lane?["hold"]?["why"]?.text == "a test")
        #expect(
            json["work"]?["files"]?.items.map { $0["hold"]?["what"]?.text } == [
                "the destination cache", "the rule eod_*",
            ])
        #expect(json["work"]?["files"]?.items.first?["why"]?.text == "a test")
        #expect(json["inbox"]?["files"]?.items.first?["held"]?.text == "the rule eod_*")
        let words = " since 1970-01-01 00:01:00, until 1970-01-01 00:01:30, by alice: a test"
        let lines = StatusText.lines(json)
        for line in [
            "  cache: held" + words, "  drop 3: the destination cache is held" + words,
            "  drop 4: the rule eod_* is held since 1970-01-01 00:01:10, by bob",
        ] { #expect(lines.contains(line), "\(line) is missing in\n\(lines.joined(separator: "\n"))") }
        #expect(lines.contains { $0.hasSuffix("e.csv  the rule eod_* to be resumed") })
        #expect(lines.contains { $0.contains("ready, held") && $0.contains("00:01:00") && !$0.contains("00:00:01") })

        // All is logged in: that is not what keeps it from being ready.
        board.lanes.removeLast()
        let held = StatusText.lines(try #require(JSONValue.parse(board.json)))
        #expect(held.first?.hasSuffix(": the destination cache is held by alice: a test") == true, "\(held)")
        board.isInboxHeld = true
        board.holds = [DeskHold(.holdInbox, CommandNote(why: "odd"), since: 0)]
        let inbox = StatusText.lines(try #require(JSONValue.parse(board.json)))
        #expect(inbox.contains("31 in the inbox, which is held since 1970-01-01 00:00:00: odd"), "\(inbox)")
    }

    @Test("A file in work says which of its destinations it waits for, why, and what ends it, whoever made the file")
    func waits() throws {
        var board = Self.full
        board.files.append(
            StatusBoard.File(
                drop: 5, name: "withdraw-rcc-5.jsonl", destinations: ["cache", "rcc", "old"], state: .waiting))
        board.lanes[1].state = .connecting("no\nroute")
        board.lanes[1].downSince = 1_000_000
        let waits = board.waits(ofDrop: 5)
        #expect(waits.map(\.destination) == ["rcc", "old"] && waits.map(\.state) == [.down, .gone])
        #expect(board.waits(ofDrop: 3).isEmpty && board.waits(ofDrop: 9).isEmpty)
        let json = try #require(JSONValue.parse(board.json))
        let told = json["work"]?["files"]?.items.map { $0["waits_for"]?.items.compactMap { DestinationWait($0) } ?? [] }
        #expect(told == [[], board.waits(ofDrop: 4), waits])
        #expect(waits.first?.since == 1_000_000 && waits.first?.why == "no\nroute")
        let lines = StatusText.lines(json)
        #expect(lines.contains("  drop 5 waits for rcc, which is down: no\\nroute"), "\(lines)")
        #expect(lines.contains("  drop 5 waits for old, which the configuration does not have any more"))
        for (state, words) in [
            (LaneState.paused("no answers"), "waits for rcc, which is paused: no answers"),
            (.refused("not entitled"), "waits for rcc, where the login is refused: not entitled"),
        ] {
            board.lanes[1].state = state
            #expect(board.waits(ofDrop: 4).map(\.words) == [words])
        }
        for state in [LaneState.ready, .stopped] {
            board.lanes[1].state = state
            #expect(board.waits(ofDrop: 4).isEmpty)
        }
        var detail = DropDetail(
            line: DropLine(
                drop: 5, name: "w", rule: "", destinations: [], stage: .claimed, verdict: nil, claimedAt: 1,
                settledAt: 0, size: 0, rows: 0, original: nil, isCorrected: false, folder: "", target: ""),
            corrections: [7])
        #expect(JSONValue.parse(detail.json)?["waits_for"] == nil)
        detail.waits = waits
        let own = JSONValue.parse(detail.json)
        #expect(own?["waits_for"]?.items.compactMap { DestinationWait($0) } == waits)
        #expect(own?["corrections"]?.items.map(\.integer) == [7])
    }

    @Test("People see the same in lines")
    func lines() throws {
        let lines = StatusText.lines(try #require(JSONValue.parse(Self.full.json)))
        let text = lines.joined(separator: "\n")
        for part in [
            "postbox 1 on /s since 1970-01-01 00:00:00: not logged in everywhere", "ready, held", "rcc: not entitled",
            "2 in work", "50 acked, 1 superseded, 2 nacked", "31 in the inbox", "c\\n.csv", "its destination",
            "1 held", "drop 2 (h.csv, of drop 1): 2 rows held", "finished last", "partial",
        ] { #expect(text.contains(part), "\(part) is missing in\n\(text)") }
        #expect(lines.allSatisfy { !$0.hasSuffix(" ") && !$0.contains("\n") })
        let nothing = StatusText.lines(try #require(JSONValue.parse(Self.empty.json)))
        #expect(nothing.contains("0 in work") && nothing.contains("0 in the inbox"))
    }

    @Test("Held rows are shown old beside new, with what to do about them; the rest is counted")
    func held() throws {
        let row = HeldRow(
            row: 17, ric: "VOD.L", field: "BID", old: "1.20", new: "12.0", reason: "moved_too_far",
            text: "BID: much more")
        let drop = HeldDrop(
            drop: 8, name: "eod.csv", original: 7, why: "31 rows moved too far", rows: 31, since: 0, until: 0,
            proposedBy: Person(text: "unix:alice", isNamed: true), examples: Array(repeating: row, count: 31))
        let lines = StatusText.heldLines(try #require(JSONValue.parse("{\"held\":[\(drop.json)]}")))
        #expect(lines.count { $0.contains("17") && $0.contains("1.20") && $0.contains("12.0") } == 20)
        #expect(lines.count { $0.hasSuffix("moved_too_far  BID: much more") } == 20)
        #expect(lines.contains { $0.contains("and 11 more") })
        #expect(lines.contains { $0.contains("unix:alice proposes") })
        #expect(lines.last?.contains("postbox release 8") == true)
        #expect(StatusText.heldLines(try #require(JSONValue.parse("{\"held\":[]}"))) == ["nothing is held"])
    }

    @Test("The last file is one that somebody dropped; what Postbox made is called what it is")
    func made() throws {
        #expect(MadeFor(isMade: false, act: "resend") == nil && MadeFor(isMade: true, act: nil) == .heldRows)
        for (act, made) in [
            (DeskVerb.withdraw, MadeFor.withdrawal), (.republish, .republication), (.resend, .resend),
            (.retry, .retry),
        ] { #expect(MadeFor(isMade: true, act: act.rawValue) == made) }
        var board = Self.empty
        board.finished = [
            FinishedDrop(drop: 5, name: "withdraw-cache-5.jsonl", verdict: .done, at: 9, made: .withdrawal),
            FinishedDrop(drop: 4, name: "a.csv", verdict: .done, at: 8, made: .heldRows),
            FinishedDrop(drop: 3, name: "a.csv", verdict: .partial, at: 7),
        ]
        #expect(board.lastFile?.drop == 3 && Self.empty.lastFile == nil)
        let json = try #require(JSONValue.parse(board.json))
        #expect(json["finished"]?.items.map { $0["made"]?.text } == ["withdrawal", "held_rows", nil])
        let lines = StatusText.lines(json)
        #expect(lines.contains { $0.contains("withdraw-cache-5.jsonl (a withdrawal)") }, "\(lines)")
        #expect(lines.contains { $0.contains("a.csv (rows that were held)") })
    }

    @Test("What is expected next is named where nothing waits, with its rule and by when")
    func next() throws {
        var board = Self.empty
        board.schedule = [
            ScheduleBook.Line(rule: "a", state: .done, count: 1, arrived: 1, done: 1, next: .init(at: 9, text: "late")),
            ScheduleBook.Line(rule: "b", state: .idle, count: 0, arrived: 0, done: 0, next: .init(at: 8, text: "soon")),
            ScheduleBook.Line(rule: "c", state: .idle, count: 0, arrived: 0, done: 0),
        ]
        #expect(board.nextExpected?.rule == "b" && board.nextExpected?.by.text == "soon")
        let json = try #require(JSONValue.parse(board.json))
        #expect(json["schedule"]?.items.map { $0["next_local"]?.text } == ["late", "soon", nil])
        #expect(StatusText.lines(json).contains("  next expected: b by soon"))
        board.waitingInAll = 1
        let waiting = StatusText.lines(try #require(JSONValue.parse(board.json)))
        #expect(!waiting.contains { $0.contains("next expected") })
        #expect(Self.empty.nextExpected == nil)
    }

    @Test("The fifty files that were finished last are known, the last one first")
    func finished() {
        var recent = RecentlyFinished()
        for drop in 1...60 { recent.add(FinishedDrop(drop: drop, name: "\(drop)", verdict: .done, at: 0)) }
        #expect(recent.all.map(\.drop) == (11...60).reversed())
    }
}

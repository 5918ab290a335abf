import Testing

@testable import PostboxCore

/// One life of a queue: its rows, what happens, and what is to come of it.
struct QueueLife: CustomTestStringConvertible {
    /// Row by row as in `RowNote`, without the RIC: `u BID,ASK` is an Update, `r BID` a Refresh; `u BID @2`: of drop 2.
    var rows: [String]
    /// Words with the number of a row:
    /// - `new1` a new row, `doubt1` one that an earlier run may have sent, `go` the next one is sent;
    /// - `ack1`, `unknown1`, `nak1` refused for now, `mute1` by a NoResponse, `stop1` without counting, `lose1` lost;
    /// - `bad1` refused for good, `last1` refused for now for the last time, `cancel2` drop 2 is given up.
    var events: String
    /// Which rows went, waited and ended, in order; then, behind a semicolon, what the queue wants.
    var expected: String

    init(_ rows: [String], _ events: String, _ expected: String) {
        self.rows = rows
        self.events = events
        self.expected = expected
    }

    var testDescription: String { "\(rows.joined(separator: " | ")): \(events)" }
}

/// A queue with the handovers of its rows, spoken to in the words of `QueueLife`.
struct QueueDesk {
    private(set) var queue = RICQueue()
    private var handovers = HandoverTable()
    private var attempts: [Int: Attempt] = [:]
    private var log: [String] = []
    private var now: Int64 = 0

    init(_ rows: [String]) {
        for (offset, text) in rows.enumerated() {
            let words = text.split(separator: "@")
            let drop = words.count > 1 ? Int(words[1]) ?? 0 : 1
            let handover = makeHandover(drop: drop, firstRow: offset + 1, [RowNote("A \(words[0])")], base: 0)
            let handle = handovers.add(handover, isTaken: true)
            attempts[offset + 1] = Attempt(handover: handle, index: 0, sequence: UInt64(offset + 1))
        }
    }

    static func run(_ life: QueueLife) -> String {
        var desk = QueueDesk(life.rows)
        for event in life.events.split(separator: " ") { desk.happen(event) }
        return desk.log.joined(separator: ", ") + "; " + desk.wanted
    }

    /// What is known of a row.
    func attempt(_ row: Int) -> Attempt? { attempts[row] }

    mutating func happen(_ event: Substring) {
        now += 1
        let word = event.prefix { $0.isLetter }
        let number = Int(event.dropFirst(word.count)) ?? 0
        guard let attempt = attempts[number] ?? attempts[1] else { return }
        switch word {
        case "new":
            if let sent = queue.admit(attempt, at: now) { went(sent) } else { log.append("\(number) waits") }
        case "doubt":
            attempts[number]?.number = 1
            queue.admitInDoubt(attempts[number] ?? attempt)
        case "go":
            guard case .send(let next, _) = queue.turn(handovers) else {
                log.append("none goes")
                return
            }
            went(queue.send(next, at: now))
        case "ack": end(attempt, .acked, nil)
        case "unknown": end(attempt, .unknown, OutcomeDetail(reason: "ack_timeout"))
        case "bad": end(attempt, .nacked, Self.refusal(.symbolUnknown), isAboutRow: true)
        case "last": end(attempt, .nacked, Self.refusal(.noResources))
        case "nak": note(queue.refused(attempt, Self.refusal(.noResources), until: 9, counts: true, handovers), attempt)
        case "mute": note(queue.refused(attempt, Self.refusal(.noResponse), until: 9, counts: true, handovers), attempt)
        case "stop":
            note(queue.refused(attempt, Self.refusal(.noResources), until: 9, counts: false, handovers), attempt)
        case "lose": note(queue.lost(attempt, handovers), attempt)
        case "cancel": note(queue.giveUp(drop: number, OutcomeDetail(reason: "cancelled"), handovers), nil)
        default: log.append("no such event: \(event)")
        }
    }

    private mutating func went(_ sent: Attempt) {
        attempts[Int(sent.sequence)] = sent
        log.append("\(sent.sequence) goes")
    }

    private mutating func end(
        _ attempt: Attempt, _ outcome: PostOutcome, _ detail: OutcomeDetail?, isAboutRow: Bool = false
    ) {
        let ends = queue.ended(attempt, outcome, detail, isAboutRow: isAboutRow, handovers)
        note([ends.own] + ends.overtaken, nil)
    }

    private mutating func note(_ ends: [RICQueue.End], _ changed: Attempt?) {
        for end in ends {
            attempts[Int(end.attempt.sequence)] = end.attempt
            let reason = end.outcome == .superseded ? "" : end.detail?.reason ?? ""
            let words = [end.outcome.word, end.detail?.supersededBy ?? "", end.detail?.nakCode ?? "", reason]
            log.append("\(end.attempt.sequence) " + words.filter { !$0.isEmpty }.joined(separator: " "))
        }
        // What waits is seen in full when it goes next.
        if case .send(let next, _) = queue.turn(handovers) { attempts[Int(next.sequence)] = next }
    }

    private static func refusal(_ code: NakCode) -> OutcomeDetail { OutcomeDetail(nakCode: code.name) }

    private var wanted: String {
        switch queue.turn(handovers) {
        case .over: "over"
        case .alone(let attempt): "alone \(attempt.sequence)"
        case .answer: "answer"
        case .send(let attempt, at: 0): "next \(attempt.sequence)"
        case .send(let attempt, let at): "next \(attempt.sequence) at \(at)"
        }
    }
}

@Suite("The queue of one RIC")
struct RICQueueTests {
    @Test(
        "Posts fly together until one waits for another try; then later rows wait behind it",
        arguments: [
            QueueLife(["u BID"], "", "; over"),
            QueueLife(["u BID"], "new1 ack1", "1 goes, 1 acked; over"),
            QueueLife(["u BID", "u BID"], "new1 new2", "1 goes, 2 goes; answer"),
            QueueLife(["u BID", "u BID"], "new1 new2 ack1", "1 goes, 2 goes, 1 acked; alone 2"),
            QueueLife(["u BID", "u ASK"], "new1 nak1 new2", "1 goes, 2 waits; next 1 at 9"),
            QueueLife(["u BID", "u ASK"], "new1 lose1 new2", "1 goes, 2 waits; next 1"),
            QueueLife(["u BID", "u ASK"], "doubt1 new2", "2 waits; next 1"),
            QueueLife(["u BID", "u ASK"], "new1 nak1 new2 go", "1 goes, 2 waits, 1 goes; answer"),
            QueueLife(
                ["u BID", "u ASK", "u BID"], "new1 nak1 new2 go new3", "1 goes, 2 waits, 1 goes, 3 waits; answer"),
            QueueLife(["u BID", "u ASK"], "new1 nak1 new2 go ack1", "1 goes, 2 waits, 1 goes, 1 acked; next 2"),
            QueueLife(
                ["u BID", "u ASK"], "new1 nak1 new2 go bad1 go",
                "1 goes, 2 waits, 1 goes, 1 nacked SymbolUnknown, 2 goes; alone 2"),
        ])
    func order(life: QueueLife) {
        #expect(QueueDesk.run(life) == life.expected)
    }

    @Test(
        "While a post is in flight, none that waits is sent",
        arguments: [
            QueueLife(["u BID", "u ASK"], "new1 new2 nak1 go", "1 goes, 2 goes, none goes; answer"),
            QueueLife(["u BID", "u ASK"], "new1 new2 nak2 go", "1 goes, 2 goes, none goes; answer"),
            QueueLife(["u BID", "u ASK"], "new1 doubt2 go", "1 goes, none goes; answer"),
        ])
    func oneAtATime(life: QueueLife) {
        #expect(QueueDesk.run(life) == life.expected)
    }

    @Test(
        "Of posts that are tried again the newest that covers the older ones goes; what it does not cover goes before it",
        arguments: [
            QueueLife(["u BID", "u BID,ASK"], "new1 new2 lose1 lose2", "1 goes, 2 goes; next 2"),
            QueueLife(["u BID,ASK", "u BID"], "new1 new2 lose1 lose2", "1 goes, 2 goes; next 1"),
            QueueLife(["u BID", "r ASK"], "new1 new2 lose1 lose2", "1 goes, 2 goes; next 2"),
            QueueLife(["r BID", "r ASK"], "new1 new2 lose1 lose2", "1 goes, 2 goes; next 2"),
            QueueLife(["r BID", "u BID"], "new1 new2 lose1 lose2", "1 goes, 2 goes; next 1"),
            QueueLife(["u BID", "u ASK", "u BID"], "doubt1 doubt2 doubt3", "; next 2"),
            QueueLife(
                ["u BID", "u BID,ASK"], "new1 new2 lose1 lose2 go ack2",
                "1 goes, 2 goes, 2 goes, 2 acked, 1 superseded 1:2; over"),
            QueueLife(
                ["u BID,ASK", "u BID"], "new1 new2 lose1 lose2 go ack1 go ack2",
                "1 goes, 2 goes, 1 goes, 1 acked, 2 goes, 2 acked; over"),
            // One that was refused waits for its time also when the one that it replaces could go.
            QueueLife(["u BID", "u BID"], "new1 new2 nak2 lose1", "1 goes, 2 goes; next 2 at 9"),
        ])
    func covering(life: QueueLife) {
        #expect(QueueDesk.run(life) == life.expected)
    }

    @Test(
        "A row that was never sent is sent itself, and replaces the older ones that were",
        arguments: [
            QueueLife(["u BID", "u BID", "u BID"], "new1 nak1 new2 new3", "1 goes, 2 waits, 3 waits; next 2"),
            QueueLife(
                ["u BID", "u BID", "u BID"], "new1 nak1 new2 new3 go ack2",
                "1 goes, 2 waits, 3 waits, 2 goes, 2 acked, 1 superseded 1:2 NoResources; next 3"),
        ])
    func neverSent(life: QueueLife) {
        #expect(QueueDesk.run(life) == life.expected)
    }

    @Test(
        "A post older than one that was acked is not sent again",
        arguments: [
            QueueLife(
                ["u BID", "u BID,ASK"], "new1 new2 nak1 ack2",
                "1 goes, 2 goes, 2 acked, 1 superseded 1:2 NoResources; over"),
            QueueLife(
                ["u BID", "u BID,ASK"], "new1 new2 ack2 nak1",
                "1 goes, 2 goes, 2 acked, 1 superseded 1:2 NoResources; over"),
            QueueLife(["u BID", "r ASK"], "new1 new2 ack2 lose1", "1 goes, 2 goes, 2 acked, 1 superseded 1:2; over"),
            QueueLife(
                ["u BID", "u ASK"], "new1 new2 nak1 ack2", "1 goes, 2 goes, 2 acked, 1 nacked NoResources; over"),
            QueueLife(
                ["u BID", "u ASK"], "new1 new2 mute1 ack2", "1 goes, 2 goes, 2 acked, 1 unknown NoResponse; over"),
            QueueLife(
                ["u BID", "u ASK"], "new1 new2 ack2 lose1", "1 goes, 2 goes, 2 acked, 1 unknown connection_lost; over"),
            // In doubt first and refused afterwards: it may have been applied.
            QueueLife(
                ["u BID", "u ASK"], "doubt1 go new2 ack2 nak1",
                "1 goes, 2 goes, 2 acked, 1 nacked NoResources in_doubt_before; over"),
            // Its own Ack counts whenever it comes.
            QueueLife(["u BID", "u ASK"], "new1 new2 ack2", "1 goes, 2 goes, 2 acked; answer"),
            QueueLife(["u BID", "u ASK"], "new1 new2 ack2 ack1", "1 goes, 2 goes, 2 acked, 1 acked; over"),
            // A newer one is not older.
            QueueLife(["u BID", "u BID"], "new1 new2 nak2 ack1", "1 goes, 2 goes, 1 acked; next 2 at 9"),
        ])
    func overtaken(life: QueueLife) {
        #expect(QueueDesk.run(life) == life.expected)
    }

    @Test(
        "The same holds where the newer one may have been applied and is not sent again itself, but nothing is superseded by it",
        arguments: [
            QueueLife(
                ["u BID", "u BID"], "new1 new2 nak1 unknown2",
                "1 goes, 2 goes, 2 unknown ack_timeout, 1 nacked NoResources; over"),
            QueueLife(
                ["u BID", "u BID"], "new1 new2 lose1 lose2 go last2",
                "1 goes, 2 goes, 2 goes, 2 nacked NoResources in_doubt_before, 1 unknown connection_lost; over"),
            QueueLife(
                ["u BID", "u BID"], "new1 new2 nak1 mute2 go last2",
                "1 goes, 2 goes, 2 goes, 2 nacked NoResources in_doubt_before, 1 nacked NoResources; over"),
            // For good: its earlier try met that, too.
            QueueLife(
                ["u BID", "u BID"], "new1 new2 lose1 lose2 go bad2",
                "1 goes, 2 goes, 2 goes, 2 nacked SymbolUnknown; next 1"),
            QueueLife(
                ["u BID", "u BID"], "new1 new2 nak1 last2", "1 goes, 2 goes, 2 nacked NoResources; next 1 at 9"),
        ])
    func mayBeApplied(life: QueueLife) {
        #expect(QueueDesk.run(life) == life.expected)
    }

    @Test(
        "One that may not go any more waits for the end of a newer one that covers it",
        arguments: [
            QueueLife(
                ["u BID", "u ASK", "u BID"], "new1 new2 new3 nak1 ack2", "1 goes, 2 goes, 3 goes, 2 acked; answer"),
            QueueLife(
                ["u BID", "u ASK", "u BID"], "new1 new2 new3 nak1 ack2 ack3",
                "1 goes, 2 goes, 3 goes, 2 acked, 3 acked, 1 superseded 1:3 NoResources; over"),
            QueueLife(
                ["u BID", "u ASK", "u BID"], "new1 new2 new3 nak1 ack2 bad3",
                "1 goes, 2 goes, 3 goes, 2 acked, 3 nacked SymbolUnknown, 1 nacked NoResources; over"),
            // The one that covers it may not go any more either.
            QueueLife(
                ["u BID", "u BID,ASK", "u TRDPRC_1"], "new1 new2 new3 nak1 nak2 ack3",
                "1 goes, 2 goes, 3 goes, 3 acked, 2 nacked NoResources, 1 nacked NoResources; over"),
        ])
    func coveredByOpen(life: QueueLife) {
        #expect(QueueDesk.run(life) == life.expected)
    }

    @Test(
        "A queue of one post is needed only while there is something to remember of it",
        arguments: [
            QueueLife(["u BID"], "new1 nak1 go", "1 goes, 1 goes; alone 1"),
            QueueLife(["u BID"], "new1 mute1 go", "1 goes, 1 goes; answer"),
            QueueLife(["u BID"], "new1 lose1 go", "1 goes, 1 goes; answer"),
            QueueLife(["u BID"], "doubt1 go", "1 goes; answer"),
            QueueLife(["u BID", "u BID"], "new1 new2 ack2", "1 goes, 2 goes, 2 acked; answer"),
            QueueLife(["u BID", "u BID"], "new1 new2 bad2", "1 goes, 2 goes, 2 nacked SymbolUnknown; alone 1"),
            QueueLife(
                ["u BID"], "new1 mute1 go last1", "1 goes, 1 goes, 1 nacked NoResources in_doubt_before; over"),
        ])
    func needed(life: QueueLife) {
        #expect(QueueDesk.run(life) == life.expected)
    }

    @Test(
        "When a drop is given up, its rows that wait end by what is known of them; those in flight end by themselves",
        arguments: [
            QueueLife(
                ["u BID", "u ASK @2"], "new1 nak1 new2 cancel2", "1 goes, 2 waits, 2 unsent cancelled; next 1 at 9"),
            QueueLife(
                ["u BID", "u ASK @2"], "new1 nak1 new2 cancel1", "1 goes, 2 waits, 1 nacked NoResources; next 2"),
            QueueLife(["u BID", "u BID @2"], "new1 new2 cancel2", "1 goes, 2 goes; answer"),
            QueueLife(["u BID", "u BID @2"], "new1 new2 cancel3", "1 goes, 2 goes; answer"),
            QueueLife(
                ["u BID", "u BID @2"], "new1 new2 lose1 lose2 cancel2",
                "1 goes, 2 goes, 2 unknown cancelled, 1 unknown connection_lost; over"),
            QueueLife(
                ["u BID", "u BID @2"], "new1 new2 nak1 nak2 cancel2",
                "1 goes, 2 goes, 2 nacked NoResources; next 1 at 9"),
            QueueLife(
                ["u BID", "u BID @2"], "new1 new2 nak1 mute2 cancel2",
                "1 goes, 2 goes, 2 unknown NoResponse, 1 nacked NoResources; over"),
            QueueLife(
                ["u BID", "u BID", "u ASK @2"], "doubt1 doubt2 doubt3 cancel1",
                "1 unknown cancelled, 2 unknown cancelled; next 3"),
        ])
    func givenUp(life: QueueLife) {
        #expect(QueueDesk.run(life) == life.expected)
    }

    @Test("An attempt counts its sendings, the refusals that count, and the connections lost")
    func counted() {
        var desk = QueueDesk(["u BID"])
        for event in ["new1", "nak1", "go", "stop1", "go", "lose1", "go"] { desk.happen(event[...]) }
        #expect(
            desk.attempt(1)
                == Attempt(handover: 0, index: 0, sequence: 1, sentWall: 7, number: 4, refusals: 1, losses: 1))
        desk.happen("nak1")
        #expect(
            desk.attempt(1)
                == Attempt(handover: 0, index: 0, sequence: 1, sentWall: 7, number: 4, refusals: 2, losses: 1))
    }
}

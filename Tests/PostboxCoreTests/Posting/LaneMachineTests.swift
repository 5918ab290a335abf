import PostboxCore
import Testing

/// A lane machine with a clock of its own, and what came out of it.
private struct Bench {
    var machine: LaneMachine
    var now = Moment(monotonic: 1_000_000_000, wall: 1_795_000_000_000_000)
    /// The last byte from the server.
    var heardAt: Int64 = 1_000_000_000

    /// Logged in, unless `isLoggedIn` says otherwise.
    init(isLoggedIn: Bool = true, rate: Int? = nil, lead: Int = 4, _ change: (inout Destination) -> Void = { _ in }) {
        let url = Destination.URL(isTLS: false, host: "localhost", port: 1, path: "/WebSocket")
        var destination = Destination(name: "cache", urls: [url], service: "NIPROV", window: 4)
        destination.attemptsMax = 3
        destination.ackTimeoutsBeforePause = 3
        change(&destination)
        machine = LaneMachine(destination, bounds: LaneMachine.Bounds(flightStart: 2, leadRows: lead))
        machine.connected()
        if isLoggedIn { machine.opened(rate: rate) }
    }

    mutating func pass(seconds: Double) {
        now.monotonic += Int64(seconds * 1e9)
        now.wall += Int64(seconds * 1e6)
    }

    mutating func open(_ place: DropPlace, presents: Bool) -> Bool { machine.open(place, presents: presents) }
    mutating func turn(of drop: Int) -> LaneOrder.Turn { machine.turn(of: drop) }
    mutating func mayCommit(_ drop: Int, rows: Int, isLast: Bool) -> Bool? {
        machine.mayCommit(drop, rows: rows, isLast: isLast)
    }
    mutating func offer(_ handover: Handover, now: Moment) -> Bool { machine.offer(handover, now: now) }
    mutating func cancel(_ drop: Int, _ why: OutcomeDetail, now: Moment) -> [LaneMachine.Wake] {
        machine.cancel(drop, why, now: now)
    }
    mutating func drain() -> [LaneMachine.Wake] { machine.drain() }
    mutating func stop() -> [LaneMachine.Wake] { machine.stop() }
    mutating func mayReissue() -> Bool { machine.mayReissue() }
    mutating func acked(_ postIDs: [UInt32], now: Moment) -> [UInt32] { machine.acked(postIDs, now: now) }
    mutating func answered(_ ack: Ack, now: Moment, jitter: Double) -> [LaneMachine.Action] {
        machine.answered(ack, now: now, jitter: jitter)
    }
    mutating func failed(_ postID: UInt32, text: String, now: Moment, jitter: Double) -> [LaneMachine.Action]? {
        machine.failed(postID, text: text, now: now, jitter: jitter)
    }
    mutating func timePassed(to now: Moment, heardAt: Int64) -> [LaneMachine.Action] {
        machine.timePassed(to: now, heardAt: heardAt)
    }

    /// Everything that may be done now.
    mutating func pump(room: Int = 512) -> [LaneMachine.Action] {
        var pump = LaneMachine.Pump()
        var actions: [LaneMachine.Action] = []
        while let action = machine.next(&pump, now: now, room: room) { actions.append(action) }
        return actions
    }

    /// PostIDs of what goes now.
    mutating func sent(room: Int = 512) -> [UInt32] { Self.sent(pump(room: room)) }

    static func sent(_ actions: [LaneMachine.Action]) -> [UInt32] {
        actions.flatMap { action -> [UInt32] in
            if case .send(let sends) = action { sends.map(\.postID) } else { [] }
        }
    }

    /// Outcomes that go out now, as `DROP:ROW word`.
    mutating func settled() -> [String] {
        pump(room: 0).flatMap { action -> [String] in
            guard case .deliver(let outcomes) = action else { return [] }
            return outcomes.flatMap { one in
                one.runs.flatMap { run in
                    run.rows.map { "\(one.drop):\(run.handover.rows[$0.index].row) \($0.outcome.word)" }
                }
            }
        }
    }

    /// Opens the drop, takes its turn and offers a row of each RIC; the first row's number is `first`.
    @discardableResult
    mutating func offer(_ rics: String..., drop: Int = 1, first: Int = 1, isInDoubt: Bool = false) -> Bool {
        _ = machine.open(DropPlace(drop: drop), presents: false)
        #expect(machine.turn(of: drop) == .go)
        return machine.offer(handover(rics, drop: drop, first: first, isInDoubt: isInDoubt), now: now)
    }

    mutating func answer(_ postID: UInt32, _ code: NakCode? = nil, text: String = "") -> [LaneMachine.Action] {
        machine.answered(Ack(ackID: postID, nakCode: code, text: text), now: now, jitter: 1)
    }
}

private func handover(_ rics: [String], drop: Int = 1, first: Int = 1, isInDoubt: Bool = false) -> Handover {
    var batch = PostBatch()
    for (offset, ric) in rics.enumerated() {
        let bytes = Array(ric.utf8)
        let fields = Array("{\"BID\":1}".utf8)
        let start = batch.bytes.count
        batch.bytes += bytes + fields
        batch.rows.append(
            MappedRow(
                row: first + offset, line: first + offset + 1, post: .update, service: 0, ricStart: start,
                ricLength: bytes.count, fieldsStart: start + bytes.count, fieldsLength: fields.count,
                keyHash: bytes.withUnsafeBytes { keyHash(ric: $0, service: 0) }))
    }
    return Handover(drop: drop, batch: batch, rows: batch.rows, postIDBase: UInt32(drop * 1000), isInDoubt: isInDoubt)
}

@Suite("What one login decides: its machine")
struct LaneMachineTests {
    // MARK: - When posts go

    @Test("A login begins with few posts in flight and gets one more with every answer, up to the window")
    func slowStart() {
        var bench = Bench()
        bench.offer("A", "B", "C", "D", "E", "F", "G", "H")
        #expect(bench.sent() == [1001, 1002])
        #expect(bench.answer(1001) == [])
        #expect(bench.sent() == [1003, 1004])
        #expect(bench.acked([1002, 1003], now: bench.now) == [])
        #expect(bench.sent() == [1005, 1006, 1007])
        #expect(bench.machine.inFlight == 4)
        #expect(bench.acked([1004], now: bench.now) == [])
        #expect(bench.sent() == [1008])
        // Another login begins anew: what was in flight goes again, two at a time.
        bench.machine.lost(now: bench.now)
        bench.machine.connected()
        bench.machine.opened(rate: nil)
        #expect(bench.sent() == [1005, 1006])
    }

    @Test(
        "A login with a smaller window begins with no more than that, and with as many as before when the window is wide"
    )
    func otherWindow() {
        var bench = Bench()
        bench.offer("A", "B", "C", "D")
        #expect(bench.sent() == [1001, 1002])
        for (window, posts) in [(1, 1), (4, 2)] {
            bench.machine.lost(now: bench.now)
            let url = Destination.URL(isTLS: false, host: "localhost", port: 1, path: "/WebSocket")
            bench.machine.use(Destination(name: "cache", urls: [url], service: "NIPROV", window: window))
            bench.machine.connected()
            bench.machine.opened(rate: nil)
            #expect(bench.sent().count == posts && bench.machine.inFlight == posts)
        }
    }

    @Test("The socket's room bounds what goes at once")
    func room() {
        var bench = Bench { $0.window = 8 }
        bench.machine.opened(rate: nil)
        bench.offer("A", "B", "C")
        #expect(bench.sent(room: 0) == [])
        var pump = LaneMachine.Pump()
        guard case .send(let sends)? = bench.machine.next(&pump, now: bench.now, room: 1) else {
            Issue.record("nothing was sent")
            return
        }
        #expect(sends.map(\.postID) == [1001])
    }

    enum Obstacle: CaseIterable {
        case noConnection, noLogin, suspect, held, pause, doubts, goingBack, draining, stopped
    }

    @Test("Nothing new goes while one thing stands against it", arguments: Obstacle.allCases)
    func obstacles(obstacle: Obstacle) {
        var bench = Bench(isLoggedIn: obstacle != .noLogin) {
            $0.nakRules = [Destination.NakRule(code: "DeniedBySrc", nakClass: .stop)]
        }
        if obstacle == .noConnection { bench.machine.lost(now: bench.now) }
        if obstacle == .pause {
            bench.offer("Z", drop: 9)
            #expect(bench.sent() == [9001])
            let actions = bench.answer(9001, .deniedBySrc, text: "no permission")
            #expect(actions == [.pause("the server refuses the destination itself: DeniedBySrc no permission")])
            bench.machine.finishOffering(9, now: bench.now)
        }
        bench.offer("A", "B", drop: 10)
        if obstacle == .goingBack { #expect(bench.sent() == [10001, 10002]) }
        switch obstacle {
        case .suspect: bench.machine.suspended()
        case .held: bench.machine.setHeld(true)
        case .doubts: _ = bench.open(DropPlace(drop: 20), presents: true)
        case .goingBack: bench.machine.goBack()
        case .draining: #expect(bench.drain() == [])
        case .stopped: #expect(bench.stop() == [])
        case .noConnection, .noLogin, .pause: break
        }
        #expect(bench.machine.maySend == false)
        #expect(bench.sent() == [])
    }

    @Test("What stood against it is over: posts go again")
    func obstaclesEnd() {
        var bench = Bench()
        bench.offer("A")
        bench.machine.suspended()
        #expect(bench.machine.isLoggedIn && !bench.machine.isReady)
        #expect(bench.sent() == [])
        bench.machine.resumed()
        bench.machine.setHeld(true)
        #expect(bench.machine.isReady)
        #expect(bench.sent() == [])
        bench.machine.setHeld(false)
        _ = bench.open(DropPlace(drop: 2), presents: true)
        #expect(bench.sent() == [])
        bench.machine.present([handover(["B"], drop: 2, isInDoubt: true)], of: DropPlace(drop: 2), now: bench.now)
        // What was handed over before keeps its place.
        #expect(bench.sent() == [1001, 2001])
    }

    @Test("A limited login's posts go at its rate, and time is set for the next one")
    func rate() {
        var bench = Bench(rate: 100)
        bench.offer("A", "B", "C", "D")
        #expect(bench.sent() == [1001])
        let next = bench.machine.nextDeadline(now: bench.now.monotonic, heardAt: bench.heardAt, isWritable: true)
        let wait = (next ?? 0) - bench.now.monotonic
        #expect(wait > 5_000_000 && wait <= 10_000_000, "\(wait)")
        #expect(bench.sent() == [])
        bench.pass(seconds: 0.011)
        #expect(bench.sent() == [1002])
    }

    // MARK: - Turns and commits

    @Test("Whoever waits for a turn or a commit is woken when it may, or when it never will")
    func wakes() {
        var bench = Bench(lead: 2)
        bench.offer("A", "B", "C")
        // More than the lead waits to be sent: two go at once, one is left.
        #expect(bench.turn(of: 1) == .wait)
        #expect(bench.pump(room: 0) == [])
        #expect(bench.pump().contains(.wake([.turn(drop: 1, .go)])) == true)

        _ = bench.open(DropPlace(drop: 2), presents: false)
        #expect(bench.mayCommit(2, rows: 1, isLast: true) == nil)
        #expect(bench.pump(room: 0) == [])
        bench.machine.finishOffering(1, now: bench.now)
        #expect(bench.pump(room: 0) == [.wake([.commit(drop: 2, isAllowed: true)])])

        _ = bench.open(DropPlace(drop: 3), presents: false)
        #expect(bench.turn(of: 3) == .wait)
        _ = bench.open(DropPlace(drop: 4), presents: false)
        #expect(bench.mayCommit(4, rows: 9, isLast: false) == nil)
        #expect(
            bench.drain() == [.turn(drop: 3, .over), .commit(drop: 4, isAllowed: false)])
        #expect(bench.turn(of: 3) == .over)
        #expect(bench.mayCommit(4, rows: 1, isLast: false) == false)
    }

    @Test("A held destination gives no turn and allows no commit")
    func heldTurns() {
        var bench = Bench()
        _ = bench.open(DropPlace(drop: 1), presents: false)
        bench.machine.setHeld(true)
        #expect(bench.mayCommit(1, rows: 1, isLast: true) == nil)
        #expect(bench.machine.isHeldUp(1))
        #expect(bench.pump() == [])
        bench.machine.setHeld(false)
        #expect(bench.pump() == [.wake([.commit(drop: 1, isAllowed: true)])])
        #expect(!bench.machine.isHeldUp(1))
    }

    @Test("With resend never, no more than a window is committed, what waits to be sent counted")
    func commitsOfNever() {
        var bench = Bench { $0.resend = .never }
        bench.offer("A", "B", "C")
        #expect(bench.machine.leadRows == 4)
        #expect(bench.mayCommit(1, rows: 2, isLast: false) == nil)
        #expect(bench.mayCommit(1, rows: 1, isLast: false) == true)
    }

    @Test(
        "The lead follows window and rate",
        arguments: [
            (10, nil, Destination.Resend.newest, 512), (1000, nil, .newest, 8000), (5000, nil, .newest, 13_192),
            (1000, 1000, .newest, 250), (1000, 10, .newest, 64), (300, nil, .never, 300),
        ])
    func lead(window: Int, rate: Int?, resend: Destination.Resend, expected: Int) {
        let url = Destination.URL(isTLS: false, host: "localhost", port: 1, path: "/WebSocket")
        let machine = LaneMachine(
            Destination(
                name: "cache", urls: [url], service: "NIPROV", window: window, maxPostsPerSecond: rate,
                resend: resend))
        #expect(machine.leadRows == expected)
    }

    // MARK: - Cancellation

    @Test("Cancelled, a drop's rows that were not sent end unsent, whoever waits is told, and later rows end at once")
    func cancelled() {
        var bench = Bench()
        bench.offer("A", "B", "C")
        #expect(bench.sent() == [1001, 1002])
        #expect(bench.mayCommit(1, rows: 4, isLast: false) == true)
        #expect(bench.mayCommit(1, rows: 9, isLast: true) == nil)
        let why = OutcomeDetail(reason: "cancelled", text: "by a test")
        #expect(bench.cancel(1, why, now: bench.now) == [.commit(drop: 1, isAllowed: false)])
        #expect(bench.settled() == ["1:3 unsent"])
        #expect(bench.machine.cancellation(of: 1) == why)
        #expect(bench.turn(of: 1) == .over)
        #expect(bench.mayCommit(1, rows: 1, isLast: true) == false)
        #expect(bench.offer(handover(["D"], first: 4), now: bench.now) == true)
        #expect(bench.settled() == ["1:4 unsent"])
        #expect(bench.acked([1001, 1002], now: bench.now) == [])
        #expect(bench.settled() == ["1:1 acked", "1:2 acked"])
        bench.machine.close(1, now: bench.now)
        #expect(bench.machine.isOver(1))
        #expect(bench.cancel(1, why, now: bench.now) == [])
        #expect(bench.machine.cancellation(of: 1) == nil)
    }

    @Test("A cancelled drop with rows in doubt presents them first; then they end unknown and nothing is sent")
    func cancelledInDoubt() {
        var bench = Bench()
        _ = bench.open(DropPlace(drop: 1), presents: true)
        _ = bench.cancel(1, OutcomeDetail(reason: "cancelled"), now: bench.now)
        #expect(bench.turn(of: 1) == .present)
        bench.machine.present([handover(["A"], isInDoubt: true)], of: DropPlace(drop: 1), now: bench.now)
        let actions = bench.pump()
        #expect(Bench.sent(actions) == [])
        #expect(bench.machine.isBusy == false)
    }

    @Test(
        "Held, a drop with rows in doubt waits, and newer ones go; resumed it is woken to present them, and cancelled to end them"
    )
    func heldInDoubt() {
        for isResumed in [true, false] {
            var bench = Bench()
            _ = bench.open(DropPlace(drop: 1), presents: true)
            bench.machine.setHeld(1, true, now: bench.now)
            #expect(bench.turn(of: 1) == .wait)
            #expect(bench.machine.isHeldUp(1) && bench.machine.awaitsDoubts(of: 1))
            bench.offer("B", drop: 2)
            #expect(bench.sent() == [2001])
            #expect(bench.acked([2001], now: bench.now) == [])
            bench.machine.close(2, now: bench.now)
            if isResumed {
                bench.machine.setHeld(1, false, now: bench.now)
                #expect(bench.pump().last == .wake([.turn(drop: 1, .overtaken([DropPlace(drop: 2)]))]))
                #expect(bench.turn(of: 1) == .present)
                bench.machine.present([handover(["A"], isInDoubt: true)], of: DropPlace(drop: 1), now: bench.now)
                #expect(bench.sent() == [1001])
            } else {
                #expect(
                    bench.cancel(1, OutcomeDetail(reason: "cancelled"), now: bench.now) == [.turn(drop: 1, .over)])
                #expect(bench.turn(of: 1) == .over)
                // It ends by itself: told so once, it is not asked for its rows in doubt when it is resumed.
                bench.machine.setHeld(1, false, now: bench.now)
                #expect(bench.turn(of: 1) == .over)
            }
        }
    }

    @Test("What others presented goes as soon as the last one that they wait for is held")
    func heldBesideOthers() {
        var bench = Bench()
        _ = bench.open(DropPlace(drop: 1), presents: true)
        _ = bench.open(DropPlace(drop: 2), presents: true)
        bench.machine.present([handover(["B"], drop: 2, isInDoubt: true)], of: DropPlace(drop: 2), now: bench.now)
        #expect(bench.sent() == [])
        bench.machine.setHeld(1, true, now: bench.now)
        #expect(bench.sent() == [2001])
    }

    @Test("A cancel after the stop changes nothing: what was not sent is the next start's")
    func cancelledAfterStop() {
        var bench = Bench()
        bench.offer("A", "B", "C")
        #expect(bench.sent() == [1001, 1002])
        #expect(bench.stop() == [])
        #expect(bench.cancel(1, OutcomeDetail(reason: "cancelled"), now: bench.now) == [])
        #expect(bench.machine.cancellation(of: 1) == nil)
        #expect(bench.settled() == [])
        #expect(bench.machine.firstUntaken(of: 1) == 3)
        #expect(bench.machine.isOver(1) && !bench.machine.isHeldUp(1))
    }

    @Test("New credentials that waited go, and in the same round the lane goes back to the first server")
    func reissueAndGoBack() {
        var bench = Bench()
        bench.machine.lonePosts = LonePosts(around: 1 << 30, ricTimes: 1)
        bench.offer("A")
        #expect(bench.sent() == [1001])
        #expect(bench.mayReissue() == false)
        bench.machine.goBack()
        _ = bench.answer(1001)
        let actions = bench.pump()
        #expect(actions.contains(.reissue) && actions.contains(.goBack))
    }

    @Test("After a fault a drop keeps its place, and goes on in it")
    func suspended() {
        var bench = Bench()
        bench.offer("A")
        _ = bench.sent()
        _ = bench.acked([1001], now: bench.now)
        bench.machine.suspend(1)
        #expect(bench.machine.isOver(1))
        _ = bench.open(DropPlace(drop: 2), presents: false)
        #expect(bench.turn(of: 2) == .wait)
        #expect(bench.open(DropPlace(drop: 1), presents: false) == true)
        #expect(bench.turn(of: 1) == .go)
    }

    // MARK: - Answers

    @Test("An answer that nothing waits for is late and changes nothing")
    func late() {
        var bench = Bench()
        bench.offer("A")
        #expect(bench.sent() == [1001])
        #expect(bench.answer(77) == [.late(postID: 77, answer: "Ack")])
        #expect(bench.answer(77, .symbolUnknown) == [.late(postID: 77, answer: "SymbolUnknown")])
        #expect(bench.acked([77, 1001], now: bench.now) == [77])
        #expect(bench.answer(1001) == [.late(postID: 1001, answer: "Ack")])
        #expect(bench.failed(1001, text: "", now: bench.now, jitter: 1) == nil)
        let counts = bench.machine.counts
        #expect(counts.sent == 1 && counts.acked == 1 && counts.nacked == 0 && counts.naks.counts.isEmpty)
    }

    @Test(
        "What was sent and how it was answered is counted, refusals by their codes; a post that goes again counts again"
    )
    func counts() {
        var bench = Bench()
        bench.offer("A", "B", "C")
        #expect(bench.sent() == [1001, 1002])
        bench.machine.lost(now: bench.now)
        bench.machine.connected()
        bench.machine.opened(rate: nil)
        #expect(bench.sent() == [1001, 1002])
        #expect(bench.acked([1001], now: bench.now) == [])
        #expect(bench.answer(1002, .symbolUnknown) == [])
        let counts = bench.machine.counts
        #expect(counts.sent == 4 && counts.acked == 1 && counts.nacked == 1)
        #expect(counts.naks.counts == ["SymbolUnknown": 1])
    }

    @Test("An unreadable answer ends its row unknown; so many in a row pause the destination")
    func unreadable() {
        var bench = Bench()
        bench.offer("A", "B", "C", "D")
        var actions: [LaneMachine.Action] = []
        for postID in UInt32(1001)...1003 {
            _ = bench.sent()
            actions += bench.answered(
                Ack(ackID: postID, verdict: .unreadable, text: "?"), now: bench.now, jitter: 1)
        }
        #expect(
            actions == [
                .unreadable(postID: 1001, text: "?"), .unreadable(postID: 1002, text: "?"),
                .unreadable(postID: 1003, text: "?"), .pause("3 posts in a row got no answer that can be read"),
            ])
        #expect(bench.machine.pausedUntil == bench.now.monotonic + 30_000_000_000)
        #expect(bench.sent() == [])
        bench.pass(seconds: 30)
        bench.heardAt = bench.now.monotonic
        // The fourth row was in flight and had no answer either.
        let after = bench.timePassed(to: bench.now, heardAt: bench.heardAt)
        #expect(after == [.resume])
    }

    @Test(
        "One refusal of twenty different RICs in a row pauses the destination; nineteen do not, and an Ack begins anew")
    func refusalsOfAll() {
        var bench = Bench { $0.window = 64 }
        func refuse(_ count: Int, drop: Int) -> [LaneMachine.Action] {
            _ = bench.open(DropPlace(drop: drop), presents: false)
            _ = bench.turn(of: drop)
            _ = bench.offer(handover((1...count).map { "R\($0)" }, drop: drop), now: bench.now)
            var actions: [LaneMachine.Action] = []
            for row in 1...count {
                _ = bench.sent()
                actions += bench.answer(UInt32(drop * 1000 + row), .deniedBySrc, text: "no permission")
            }
            bench.machine.finishOffering(drop, now: bench.now)
            return actions
        }
        #expect(refuse(19, drop: 1) == [])
        bench.offer("GOOD", drop: 2)
        bench.machine.finishOffering(2, now: bench.now)
        _ = bench.sent()
        #expect(bench.answer(2001) == [])
        #expect(refuse(19, drop: 3) == [])
        // The twentieth, of another RIC than the one before.
        #expect(
            refuse(1, drop: 4) == [.pause("the server refuses the destination itself: DeniedBySrc no permission")])
    }

    // MARK: - Silence

    @Test("A post without an answer: first the server is asked, then its row is unknown, or the link is dead")
    func silence() {
        var bench = Bench()
        bench.offer("A")
        _ = bench.sent()
        let sentAt = bench.now.monotonic
        #expect(
            bench.machine.nextDeadline(now: sentAt, heardAt: sentAt - 1, isWritable: true)
                == sentAt + 7_500_000_000)
        bench.pass(seconds: 7.5)
        #expect(bench.timePassed(to: bench.now, heardAt: sentAt - 1) == [.ask])
        // Once.
        #expect(bench.timePassed(to: bench.now, heardAt: sentAt - 1) == [])
        #expect(
            bench.machine.nextDeadline(now: sentAt, heardAt: sentAt - 1, isWritable: true)
                == sentAt + 15_000_000_000)
        bench.pass(seconds: 7.5)
        var dead = bench
        #expect(
            dead.timePassed(to: dead.now, heardAt: sentAt - 1)
                == [.giveUp("the server was silent for the whole ack timeout")])
        #expect(bench.timePassed(to: bench.now, heardAt: sentAt) == [])
        #expect(bench.settled() == ["1:1 unknown"])
    }

    // MARK: - The session

    @Test(
        "The first server is well again: the lane goes back when nothing is in flight, and nothing new goes meanwhile")
    func goBack() {
        var bench = Bench()
        bench.offer("A", "B", "C")
        #expect(bench.sent() == [1001, 1002])
        bench.machine.goBack()
        #expect(bench.pump() == [])
        _ = bench.acked([1001], now: bench.now)
        #expect(bench.pump().contains(.goBack) == false)
        _ = bench.acked([1002], now: bench.now)
        #expect(bench.pump().contains(.goBack) == true)
        bench.machine.lost(now: bench.now)
        bench.machine.connected()
        bench.machine.opened(rate: nil)
        #expect(bench.sent() == [1003])
    }

    @Test("A lane that drains says when the last answer is in, or when its connection is gone")
    func drained() {
        var bench = Bench()
        bench.offer("A", "B", "C")
        #expect(bench.sent() == [1001, 1002])
        #expect(bench.drain() == [])
        _ = bench.acked([1001], now: bench.now)
        #expect(bench.pump().contains(.drained) == false)
        var gone = bench
        gone.machine.lost(now: gone.now)
        #expect(gone.pump() == [.drained])
        // What was in flight stays in doubt for the next start.
        #expect(gone.machine.inFlight == 1)
        _ = bench.acked([1002], now: bench.now)
        #expect(bench.pump().contains(.drained) == true)
        #expect(bench.pump() == [])
        #expect(bench.machine.firstUntaken(of: 1) == 3)
    }

    @Test("New credentials wait until a post that goes alone has its answer")
    func reissue() {
        var bench = Bench()
        #expect(bench.mayReissue() == true)
        bench.machine.lonePosts = LonePosts(around: 1 << 30, ricTimes: 1)
        bench.offer("A")
        #expect(bench.sent() == [1001])
        #expect(bench.mayReissue() == false)
        #expect(bench.pump() == [])
        _ = bench.answer(1001)
        #expect(bench.pump().contains(.reissue) == true)
        bench.machine.suspended()
        #expect(bench.mayReissue() == false)
    }

    @Test("A pause that ends while the login is Suspect does not make the destination ready")
    func pauseUnderSuspect() {
        var bench = Bench { $0.nakRules = [Destination.NakRule(code: "DeniedBySrc", nakClass: .stop)] }
        bench.offer("A")
        _ = bench.sent()
        #expect(bench.answer(1001, .deniedBySrc).count == 1)
        bench.machine.suspended()
        bench.pass(seconds: 30)
        #expect(bench.timePassed(to: bench.now, heardAt: bench.now.monotonic) == [])
        #expect(!bench.machine.isReady)
        bench.machine.resumed()
        #expect(bench.machine.isReady)
    }

    // MARK: - Reading back

    @Test("What is read back is asked for behind the posts that may go, and while the destination is held by the desk")
    func readBackBehindPosts() {
        var bench = Bench { $0.verifyWindow = 2 }
        let ticket = bench.machine.readBack(job("X", "Y", "Z"))
        bench.offer("A", "B", "C")
        #expect(bench.requested() == ["post", "post"], "slow start leaves one waiting, and nothing passes it")
        _ = bench.acked([1001], now: bench.now)
        #expect(bench.requested() == ["post", "X Y"])
        #expect(bench.machine.isBusy && bench.machine.awaitsItems)
        _ = bench.acked([1002, 1003], now: bench.now)
        bench.machine.setHeld(true)
        let taken = [4, 5, 99].map { bench.itemAnswer($0) }
        #expect(taken == [true, true, false])
        #expect(bench.requested() == ["Z"])
        let isTaken = bench.itemAnswer(6)
        #expect(isTaken)
        let told = bench.pump()
        #expect(told.contains(.readBack([ItemRequests.Finished(ticket: ticket, rows: [.same, .same, .same])])))
        #expect(!bench.machine.awaitsItems)
    }

    @Test("Items count in the rate as posts do")
    func readBackRate() {
        var bench = Bench(rate: 100) { $0.verifyWindow = 50 }
        _ = bench.machine.readBack(job("A", "B", "C"))
        #expect(bench.requested() == ["A"])
        let due = bench.machine.nextDeadline(
            now: bench.now.monotonic, heardAt: bench.heardAt, isWritable: true)
        #expect(due.map { $0 - bench.now.monotonic < 11_000_000 } == true)
        bench.pass(seconds: 0.01)
        #expect(bench.timePassed(to: bench.now, heardAt: bench.now.monotonic) == [])
        #expect(bench.requested() == ["B"])
    }

    @Test("A post that goes alone waits for items that were asked for, and none is asked for before its answer")
    func readBackAndLonePosts() {
        var bench = Bench()
        _ = bench.machine.readBack(job("X"))
        #expect(bench.requested() == ["X"])
        bench.machine.lonePosts = LonePosts(around: 1 << 30, ricTimes: 1)
        bench.offer("A")
        _ = bench.machine.readBack(job("Y"))
        #expect(bench.requested() == [])
        let isTaken = bench.itemAnswer(4)
        #expect(isTaken)
        #expect(bench.requested() == ["post"])
        _ = bench.acked([1001], now: bench.now)
        #expect(bench.requested() == ["Y"])
    }

    @Test("After a lost connection items are asked for again; a lane that ends reads nothing back")
    func readBackEnds() {
        var bench = Bench()
        let first = bench.machine.readBack(job("X"))
        #expect(bench.requested() == ["X"])
        bench.machine.lost(now: bench.now)
        #expect(bench.requested() == [])
        bench.machine.connected()
        bench.machine.opened(rate: nil)
        #expect(bench.requested() == ["X"])
        _ = bench.drain()
        let told = bench.pump()
        #expect(told.contains(.readBack([ItemRequests.Finished(ticket: first, rows: [.unanswered])])))
        let second = bench.machine.readBack(job("Y"))
        let toldAtOnce = bench.pump()
        #expect(toldAtOnce.contains(.readBack([ItemRequests.Finished(ticket: second, rows: [.unanswered])])))
    }

    private func job(_ rics: String...) -> ItemRequests.Job {
        ItemRequests.Job(rows: handover(rics).batch, comparison: StoredFields(nil))
    }
}

extension Bench {
    /// What goes now, in order: a post, or the RICs of a request.
    fileprivate mutating func requested() -> [String] {
        pump().flatMap { action -> [String] in
            switch action {
            case .send(let sends): return sends.map { _ in "post" }
            case .request(let request):
                return [request.rics.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")]
            default: return []
            }
        }
    }

    /// An image with the value that was sent. False: nobody asked for it.
    fileprivate mutating func itemAnswer(_ id: Int32) -> Bool {
        Array(#"{"ID":\#(id),"Type":"Refresh","Fields":{"BID":1.0}}"#.utf8).withUnsafeBytes { bytes in
            ItemAnswer(bytes).map { machine.itemAnswered($0, now: now) } ?? false
        }
    }
}

import PostboxCore

/// Runs the production's `LaneMachine` against the pretend server: what `PostingLane` does, without socket, thread and clock.
final class WalkLane {
    let world: WalkWorld
    private var machine: LaneMachine
    /// Outcomes by drop that its contribution has not taken yet.
    private var sinks: [Int: [[SettledRun]]] = [:]
    /// Drops that wait for their turn, or for a commit; with what they were told since.
    private var turns: [Int: LaneOrder.Turn?] = [:]
    private var commits: [Int: Bool?] = [:]
    private(set) var isLinked = false
    private var heardAt: Int64 = 0
    /// Posts that the server may still answer, as the world knows it.
    private(set) var inFlight: [UInt32: RowID] = [:]
    private var sentAt: [RowID: Int64] = [:]
    /// Refusals in a row of different RICs by the same words: the rule of twenty as the promise knows it.
    private var sameRefusal = (code: "", key: "", count: 0)

    init(_ world: WalkWorld) {
        self.world = world
        let settings = world.settings
        let url = Destination.URL(isTLS: false, host: "localhost", port: 1, path: "/WebSocket")
        machine = LaneMachine(
            Destination(
                name: WalkWorld.destination, urls: [url], service: WalkWorld.services[0],
                services: Array(WalkWorld.services.dropFirst()), window: settings.window,
                maxPostsPerSecond: settings.rate, resend: settings.resend, attemptsMax: settings.attemptsMax,
                ackTimeoutsBeforePause: settings.unansweredMax),
            bounds: LaneMachine.Bounds(
                flightStart: settings.flightStart, leadRows: settings.lead,
                backoff: ReconnectBackoff(first: .seconds(2), most: .seconds(8))))
    }

    var isReady: Bool { isLinked && machine.isReady && !machine.isEnding }
    var isDraining: Bool { machine.isEnding }
    var isStopped: Bool { machine.isStopped }
    var leadRows: Int { machine.leadRows }

    // MARK: - Drops and rows

    func open(_ place: DropPlace, presents: Bool) {
        if machine.open(place, presents: presents) { sinks[place.drop] = [] }
    }

    /// nil: it has to wait; asked again, it learns what it was woken for.
    func turn(of drop: Int) -> LaneOrder.Turn? {
        if let told = turns[drop] {
            if told != nil { turns[drop] = nil }
            return told
        }
        let turn = machine.turn(of: drop)
        guard turn == .wait else { return turn }
        turns[drop] = .some(nil)
        return nil
    }

    /// Whether the drop may commit its next rows; nil: it has to wait, and asks again.
    func mayCommit(_ drop: Int, rows: Int, isLast: Bool) -> Bool? {
        if let told = commits[drop] {
            if told != nil { commits[drop] = nil }
            return told
        }
        if let isAllowed = machine.mayCommit(drop, rows: rows, isLast: isLast) { return isAllowed }
        commits[drop] = .some(nil)
        return nil
    }

    func present(_ handovers: [Handover], of place: DropPlace) {
        machine.present(handovers, of: place, now: world.now)
        pump()
    }

    /// False: the lane stops, and has not taken them.
    func offer(_ handover: Handover, committed: Int = 0) -> Bool {
        let isTaken = machine.offer(handover, committed: committed, now: world.now)
        pump()
        return isTaken
    }

    func finishOffering(_ drop: Int) {
        machine.finishOffering(drop, now: world.now)
        pump()
    }

    func suspend(_ drop: Int) {
        sinks[drop] = nil
        machine.suspend(drop)
        pump()
    }

    func close(_ drop: Int) {
        sinks[drop] = nil
        machine.close(drop, now: world.now)
        pump()
    }

    func cancel(_ drop: Int, reason: String) {
        guard !machine.isOver(drop) else { return }
        world.tell("cancel \(drop): \(reason)")
        wake(machine.cancel(drop, OutcomeDetail(reason: reason, text: reason), now: world.now))
        pump()
    }

    func setHeld(_ drop: Int, _ isHeld: Bool) {
        world.tell("\(isHeld ? "hold" : "resume") \(drop)")
        if isHeld { world.held.insert(drop) } else { world.held.remove(drop) }
        machine.setHeld(drop, isHeld, now: world.now)
        pump()
    }

    /// The desk holds the destination, or lets it go on.
    func setHeld(_ isHeld: Bool) {
        world.tell("\(isHeld ? "hold" : "resume") the destination")
        machine.setHeld(isHeld)
        pump()
    }

    func cancellation(of drop: Int) -> OutcomeDetail? { machine.cancellation(of: drop) }
    func awaitsDoubts(of drop: Int) -> Bool { machine.awaitsDoubts(of: drop) }
    func firstUntaken(of drop: Int) -> Int? { machine.firstUntaken(of: drop) }
    func isNext(_ drop: Int) -> Bool { machine.isNext(drop) }

    /// The next outcomes of a drop; nil: none are there.
    func nextOutcomes(of drop: Int) -> [SettledRun]? {
        guard sinks[drop]?.isEmpty == false else { return nil }
        return sinks[drop]?.removeFirst()
    }

    /// No more outcomes of the drop will come.
    func hasEnded(_ drop: Int) -> Bool { sinks[drop].map { isStopped && $0.isEmpty } ?? true }

    // MARK: - The connection

    func connect() {
        world.tell("logged in")
        isLinked = true
        heardAt = world.now.monotonic
        machine.connected()
        machine.opened(rate: world.settings.rate)
        pump()
    }

    func lose() {
        guard isLinked else { return }
        world.tell("connection lost, \(inFlight.count) in flight")
        isLinked = false
        world.server.hangUp(world)
        if !machine.isEnding {
            for id in inFlight.values { world.promise.lost(id) }
            inFlight = [:]
        }
        machine.lost(now: world.now)
        pump()
    }

    /// The login becomes Open/Suspect, or well again.
    func setSuspect(_ isSuspect: Bool) {
        guard isLinked else { return }
        world.tell("the login is \(isSuspect ? "suspect" : "well")")
        if isSuspect { machine.suspended() } else { machine.resumed() }
        pump()
    }

    /// The first server is well again: the machine goes there when nothing is in flight.
    func goBack() {
        guard isLinked else { return }
        machine.goBack()
        pump()
    }

    /// One of the server's answers is read.
    func answer(_ answer: PretendServer.Answer) {
        heardAt = world.now.monotonic
        let isOpen = inFlight.removeValue(forKey: answer.postID).map { $0 == answer.id } ?? false
        if isOpen, let code = answer.code {
            world.promise.refused(answer.id, isFinal: answer.nakClass == .final && !isForAll(answer.id, code))
        } else if isOpen {
            sameRefusal.count = 0
        }
        let ack = Ack(ackID: answer.postID, nakCode: answer.code)
        let actions = machine.answered(ack, now: world.now, jitter: 1)
        let isTaken = !actions.contains { if case .late = $0 { true } else { false } }
        if isTaken != isOpen { world.promise.fault("an answer to \(answer.id) was \(isOpen ? "not " : "")taken") }
        for action in actions { run(action) }
        pump()
    }

    private func isForAll(_ id: RowID, _ code: NakCode) -> Bool {
        guard code == .deniedBySrc, let key = world.promise.rows[id]?.key else {
            if code != .symbolUnknown { sameRefusal.count = 0 }
            return false
        }
        if sameRefusal.count == 0 {
            sameRefusal = (code.name, key, 1)
        } else if sameRefusal.key != key {
            sameRefusal = (code.name, key, sameRefusal.count + 1)
        }
        return sameRefusal.count >= 20
    }

    /// `isHeard`: a sign of life came just now.
    func timePassed(isHeard: Bool) {
        if isLinked {
            let heardAt = isHeard ? world.now.monotonic : heardAt
            let actions = machine.timePassed(to: world.now, heardAt: heardAt)
            if !actions.contains(where: { if case .giveUp = $0 { true } else { false } }) {
                for (postID, id) in inFlight where (sentAt[id] ?? 0) + 15_000_000_000 <= world.now.monotonic {
                    inFlight[postID] = nil
                }
            }
            for action in actions { run(action) }
        }
        pump()
    }

    // MARK: - What the machine wants

    func pump() {
        var pump = LaneMachine.Pump()
        // The socket may take nothing, or less than all.
        var room = 0
        if machine.maySend, world.isCalm || world.chance(2) { room = world.isCalm ? 512 : world.int(1...4) }
        while let action = machine.next(&pump, now: world.now, room: room) {
            run(action)
            if case .send = action { room = 0 }
        }
        if machine.inFlight != inFlight.count {
            world.promise.fault("the machine counts \(machine.inFlight) in flight, the world \(inFlight.count)")
        }
    }

    private func run(_ action: LaneMachine.Action) {
        switch action {
        case .deliver(let outcomes): for one in outcomes { deliver(one) }
        case .send(let sends): for send in sends { self.send(send) }
        case .wake(let wakes): wake(wakes)
        case .goBack:
            world.tell("back to the first server")
            world.trouble.goneBack += 1
            if !inFlight.isEmpty { world.promise.fault("went back with \(inFlight.count) in flight") }
            lose()
        case .giveUp(let why):
            world.tell(why)
            lose()
        case .pause(let why):
            world.tell("pause: \(why)")
            world.trouble.pauses += 1
        case .resume: world.tell("posting resumes")
        // The walk reads nothing back.
        case .drained, .reissue, .ask, .late, .unreadable, .request, .readBack, .lacksRequests: break
        }
    }

    private func wake(_ wakes: [LaneMachine.Wake]) {
        for wake in wakes {
            switch wake {
            case .turn(let drop, let turn): if turns.keys.contains(drop) { turns[drop] = .some(turn) }
            case .commit(let drop, let isAllowed): if commits.keys.contains(drop) { commits[drop] = .some(isAllowed) }
            }
        }
    }

    private func send(_ send: PostingWindow.Send) {
        guard let handover = machine.handover(send.handover) else {
            return world.promise.fault("a post without a handover")
        }
        let id = RowID(drop: handover.drop, row: handover.rows[Int(send.index)].row)
        if let other = inFlight[send.postID] { world.promise.fault("\(id) has the PostID of \(other) in flight") }
        world.tell("send \(id) \(world.promise.words(id))")
        world.promise.sends(id, inFlight: inFlight.values, resend: world.settings.resend)
        inFlight[send.postID] = id
        sentAt[id] = world.now.monotonic
        world.server.wire.append(PretendServer.Post(id: id, postID: send.postID))
        if inFlight.count > world.settings.window { world.promise.fault("\(inFlight.count) posts are in flight") }
    }

    private func deliver(_ outcomes: LaneMachine.Outcomes) {
        for run in outcomes.runs {
            for row in run.rows {
                let id = RowID(drop: outcomes.drop, row: run.handover.rows[row.index].row)
                world.tell("settled \(id) \(row.outcome.word)")
                world.promise.settled(id, row.outcome)
            }
        }
        sinks[outcomes.drop]?.append(outcomes.runs)
    }

    // MARK: - The end

    func drain() {
        wake(machine.drain())
    }

    /// The answers are in, or not waited for any longer.
    func stop() {
        world.tell("stopped with \(inFlight.count) in flight")
        isLinked = false
        world.server.hangUp(world)
        wake(machine.stop())
        var pump = LaneMachine.Pump()
        while let action = machine.next(&pump, now: world.now, room: 0) { run(action) }
    }
}

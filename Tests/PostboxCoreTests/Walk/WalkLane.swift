import PostboxCore

/// What `PostingLane` does around window, order and pacer, without socket, thread and clock.
final class WalkLane {
    let world: WalkWorld
    var window: PostingWindow
    private var pacer: PostPacer
    private(set) var order = LaneOrder()
    private var presented: [(place: DropPlace, lots: [PostLot])] = []
    /// Outcomes by drop that its contribution has not taken yet.
    private var sinks: [Int: [[SettledRun]]] = [:]
    /// Drops that wait for their turn.
    private(set) var turns: Set<Int> = []
    /// What those that were woken are to do.
    private var granted: [Int: LaneOrder.Turn] = [:]
    /// Drops that wait to be allowed to commit rows, and what those that were woken were told.
    private var commits: [Int: (rows: Int, isLast: Bool)] = [:]
    private var allowed: [Int: Bool] = [:]
    private(set) var cancelled: [Int: OutcomeDetail] = [:]
    private var queued = 0
    private(set) var isLinked = false
    private var flightMax = 0
    private(set) var pausedUntil: Int64?
    private(set) var isDraining = false
    private(set) var isStopped = false
    var inFlight: [UInt32: RowID] = [:]

    init(_ world: WalkWorld) {
        self.world = world
        let settings = world.settings
        window = PostingWindow(
            capacity: settings.window, ackTimeout: 15_000_000_000, resend: settings.resend,
            attemptsMax: settings.attemptsMax, backoff: ReconnectBackoff(first: .seconds(2), most: .seconds(8)))
        pacer = PostPacer(limit: settings.rate)
    }

    var isReady: Bool { isLinked && pausedUntil == nil && !isDraining }

    // MARK: - Drops and rows

    func open(_ place: DropPlace, presents: Bool) {
        guard !isStopped else { return }
        sinks[place.drop] = []
        order.open(place, presents: presents)
    }

    /// nil: it has to wait; asked again, it learns what it was woken for.
    func turn(of drop: Int) -> LaneOrder.Turn? {
        if turns.contains(drop) {
            guard let turn = granted.removeValue(forKey: drop) else { return nil }
            turns.remove(drop)
            return turn
        }
        let now = turnNow(of: drop)
        guard now == .wait else { return now }
        turns.insert(drop)
        return nil
    }

    var leadRows: Int { world.settings.resend == .never ? world.settings.window : world.settings.lead }

    private func turnNow(of drop: Int) -> LaneOrder.Turn {
        guard !isDraining, !isStopped else { return .over }
        guard cancelled[drop] == nil || order.presents(drop) else { return .over }
        guard queued < (world.settings.resend == .never ? 1 : leadRows) || order.awaitsDoubts else { return .wait }
        return order.turn(of: drop)
    }

    /// Whether the drop may commit its next rows; nil: it has to wait, and asks again.
    func mayCommit(_ drop: Int, rows: Int, isLast: Bool) -> Bool? {
        if commits[drop] != nil {
            guard let answer = allowed.removeValue(forKey: drop) else { return nil }
            commits[drop] = nil
            return answer
        }
        guard !isDraining, !isStopped, cancelled[drop] == nil, !order.isOvertaken(drop) else { return false }
        if commitNow(drop, rows, isLast) { return true }
        commits[drop] = (rows, isLast)
        return nil
    }

    private func commitNow(_ drop: Int, _ rows: Int, _ isLast: Bool) -> Bool {
        let window = world.settings.window
        if world.settings.resend == .never {
            guard queued == 0 || queued + rows <= window else { return false }
            return order.commit(drop, rows: rows, isLast: isLast, most: window - queued)
        }
        return order.commit(drop, rows: rows, isLast: isLast, most: leadRows)
    }

    private func wakeCommits() {
        for drop in order.drops {
            guard let wanted = commits[drop], allowed[drop] == nil else { continue }
            if order.isOvertaken(drop) {
                allowed[drop] = false
            } else if commitNow(drop, wanted.rows, wanted.isLast) {
                allowed[drop] = true
            }
        }
    }

    func present(_ lots: [PostLot], of place: DropPlace) {
        guard !isStopped, !isDraining else { return }
        presented.append((place, lots))
        order.presented(place.drop)
        admitPresented()
        pump()
    }

    private func admitPresented() {
        guard !order.awaitsDoubts, !presented.isEmpty else { return }
        presented.sort { $1.place.isNewer(than: $0.place) }
        for (_, lots) in presented {
            for lot in lots { _ = window.add(lot, now: world.now) }
        }
        for (place, _) in presented {
            guard let why = cancelled[place.drop] else { continue }
            window.cancel(drop: place.drop, reason: why.reason, text: why.text, now: world.now)
        }
        presented = []
    }

    /// False: the lane stops, and has not taken them.
    func offer(_ lot: PostLot, committed: Int = 0) -> Bool {
        order.handedOver(lot.drop, rows: committed)
        guard !isStopped, !isDraining else { return false }
        guard !lot.rows.isEmpty else {
            pump()
            return true
        }
        _ = window.add(lot, now: world.now)
        if !lot.isInDoubt { queued += lot.rows.count }
        order.handedOver(lot.drop)
        if let why = cancelled[lot.drop] { cancel(lot.drop, reason: why.reason) } else { pump() }
        return true
    }

    func finishOffering(_ drop: Int) {
        order.finishOffering(drop)
        admitPresented()
        pump()
    }

    func suspend(_ drop: Int) {
        sinks[drop] = nil
        order.handedOver(drop)
        pump()
    }

    func close(_ drop: Int) {
        order.close(drop)
        sinks[drop] = nil
        cancelled[drop] = nil
        admitPresented()
        pump()
    }

    func cancel(_ drop: Int, reason: String) {
        guard sinks[drop] != nil else { return }
        world.tell("cancel \(drop): \(reason)")
        cancelled[drop] = OutcomeDetail(reason: reason, text: reason)
        window.cancel(drop: drop, reason: reason, text: reason, now: world.now)
        // The window gives up its groups in the order of a dictionary; a life has to be the same every time.
        window.settled.sort { ($0.lot, $0.row.index) < ($1.lot, $1.row.index) }
        queued = window.queued
        if turns.contains(drop) { granted[drop] = .over }
        if commits[drop] != nil { allowed[drop] = false }
        pump()
    }

    func setHeld(_ drop: Int, _ isHeld: Bool) {
        world.tell("\(isHeld ? "hold" : "resume") \(drop)")
        order.setHeld(drop, isHeld)
        pump()
    }

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
        pausedUntil = nil
        flightMax = min(world.settings.window, world.settings.flightStart)
        pump()
    }

    func lose() {
        guard isLinked else { return }
        world.tell("connection lost, \(inFlight.count) in flight")
        isLinked = false
        world.server.hangUp(world)
        if !isDraining {
            for id in inFlight.values { world.promise.lost(id) }
            inFlight = [:]
            window.connectionLost(now: world.now)
        }
        deliver()
    }

    /// One of the server's answers is read.
    func answer(_ answer: PretendServer.Answer) {
        let isOpen = inFlight[answer.postID] == answer.id
        if world.settings.rate != nil, let place = window.pacedNumber(answer.postID) {
            pacer.answered(place, at: world.now.monotonic)
        }
        if isOpen { inFlight[answer.postID] = nil }
        let isTaken: Bool
        if let code = answer.code {
            if isOpen { world.promise.refused(answer.id, isFinal: answer.nakClass == .final) }
            isTaken = window.nacked(
                answer.postID, code: code, text: "", nakClass: answer.nakClass, now: world.now, jitter: 1)
            if isTaken, answer.nakClass == .stop, pausedUntil == nil {
                pausedUntil = world.now.monotonic + 30_000_000_000
            }
        } else {
            isTaken = window.acked(answer.postID, now: world.now)
            if isTaken, flightMax < window.capacity { flightMax += 1 }
        }
        if isTaken != isOpen { world.promise.fault("an answer to \(answer.id) was \(isOpen ? "not " : "")taken") }
        pump()
    }

    func timePassed() {
        if isLinked, !isDraining || window.inFlight > 0 {
            for (postID, id) in inFlight where (sentAt[id] ?? 0) + 15_000_000_000 <= world.now.monotonic {
                inFlight[postID] = nil
            }
            _ = window.timePassed(now: world.now)
        }
        if let until = pausedUntil, until <= world.now.monotonic { pausedUntil = nil }
        pump()
    }

    private var sentAt: [RowID: Int64] = [:]

    // MARK: - Posts and outcomes go out

    func pump() {
        deliver()
        if isLinked, pausedUntil == nil, !isDraining, !order.awaitsDoubts, world.isCalm || world.chance(2) { fill() }
        wakeTurns()
    }

    private func fill() {
        // The socket may take less than all.
        let wanted = min(world.isCalm ? 512 : world.int(1...4), flightMax - window.inFlight)
        guard wanted > 0 else { return }
        let allowance = pacer.allowance(wanted, at: world.now.monotonic)
        guard allowance.count > 0 else { return }
        var sends: [PostingWindow.Send] = []
        window.take(allowance.count, now: world.now, into: &sends)
        if sends.count < allowance.count { pacer.giveBack(allowance.count - sends.count) }
        for send in sends {
            if world.settings.rate != nil {
                window.paced(send.postID, number: pacer.sent(at: world.now.monotonic))
            }
            guard let lot = window.lot(send.lot) else { return world.promise.fault("a post without a lot") }
            let id = RowID(drop: lot.drop, row: lot.rows[Int(send.index)].row)
            if let other = inFlight[send.postID] { world.promise.fault("\(id) has the PostID of \(other) in flight") }
            world.tell("send \(id) \(world.promise.words(id))")
            world.promise.sends(id, inFlight: inFlight.values, resend: world.settings.resend)
            inFlight[send.postID] = id
            sentAt[id] = world.now.monotonic
            world.server.wire.append(PretendServer.Post(id: id, postID: send.postID))
        }
        queued = window.hasQueued ? window.queued : 0
        if window.inFlight != inFlight.count {
            world.promise.fault("the window counts \(window.inFlight) in flight, the lane \(inFlight.count)")
        }
    }

    private func deliver() {
        guard !window.settled.isEmpty else { return }
        var runs: [SettledRun] = []
        var handles: [Int32] = []
        var last: Int32 = -1
        for (handle, settled) in window.settled {
            if handle != last {
                guard let lot = window.lot(handle) else { return world.promise.fault("a settled row without a lot") }
                runs.append(SettledRun(lot: lot))
                handles.append(handle)
                last = handle
            }
            var row = settled
            if row.detail >= 0 {
                let detail = window.details[row.detail]
                row.detail = runs[runs.count - 1].details.count
                runs[runs.count - 1].details.append(detail)
            }
            let lot = runs[runs.count - 1].lot
            world.tell("settled \(lot.drop):\(lot.rows[row.index].row) \(row.outcome.word)")
            world.promise.settled(RowID(drop: lot.drop, row: lot.rows[row.index].row), row.outcome)
            runs[runs.count - 1].rows.append(row)
        }
        window.settled.removeAll(keepingCapacity: true)
        window.details.removeAll(keepingCapacity: true)
        window.releaseLots(handles)
        var at = 0
        while at < runs.count {
            let drop = runs[at].lot.drop
            var next = at + 1
            while next < runs.count, runs[next].lot.drop == drop { next += 1 }
            sinks[drop]?.append(Array(runs[at..<next]))
            at = next
        }
    }

    private func wakeTurns() {
        wakeCommits()
        guard let next = order.next, turns.contains(next), granted[next] == nil else { return }
        let now = turnNow(of: next)
        if now != .wait { granted[next] = now }
    }

    // MARK: - The end

    func drain() {
        isDraining = true
        for drop in commits.keys { allowed[drop] = false }
        for drop in turns { granted[drop] = .over }
    }

    /// The answers are in, or not waited for any longer.
    func stop() {
        world.tell("stopped with \(inFlight.count) in flight")
        isStopped = true
        isLinked = false
        world.server.hangUp(world)
        deliver()
        for drop in turns { granted[drop] = .over }
        for drop in commits.keys { allowed[drop] = false }
    }
}

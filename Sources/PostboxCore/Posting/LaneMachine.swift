/// What one login decides: whose rows it takes, which of them it sends when, and what an answer, a silence or a lost connection
/// means for the rest.
///
/// A machine: it reads no clock, draws no chance and touches no socket. Each method is an event. What is to be done about it at
/// once is what the method returns; what may be done now, in its order, `next` hands out one action at a time. Whoever runs
/// the machine calls `next` until there is nothing more, after every event.
///
/// Posts go while all of this holds: the login is open; nothing pauses, holds or drains the lane; no drop has still to present
/// rows in doubt; fewer posts are in flight than window and slow start allow; and the rate allows one.
package struct LaneMachine: Sendable {
    private enum Life {
        case running
        /// No row is taken any more; answers to what is in flight are waited for.
        case draining
        case drained
        case stopped
    }

    private var ackTimeout: Int64
    private var window: PostingWindow
    private var pacer: PostPacer
    private var order = LaneOrder()
    private var drops = LaneDrops()
    private var lead: LaneLead
    private var login: LaneLogin
    private var life = Life.running
    /// By the desk: nothing is sent, other tries included; answers are read.
    private var isHeld = false
    private var health: DestinationHealth
    /// What is read back.
    private var requests: ItemRequests
    /// Since the start.
    package private(set) var counts = PostCounts()

    package init(_ destination: Destination, bounds: Bounds = Bounds()) {
        health = DestinationHealth(
            NakRules(destination.nakRules, service: destination.service),
            unansweredMax: destination.ackTimeoutsBeforePause)
        ackTimeout = destination.ackTimeout.nanoseconds
        window = PostingWindow(
            capacity: destination.window, ackTimeout: ackTimeout, resend: destination.resend,
            attemptsMax: destination.attemptsMax, backoff: bounds.backoff)
        pacer = PostPacer(limit: destination.maxPostsPerSecond)
        lead = LaneLead(destination, bound: bounds.leadRows)
        requests = ItemRequests(window: destination.verifyWindow, timeout: ackTimeout)
        login = LaneLogin(window: destination.window, flightStart: bounds.flightStart)
    }

    // MARK: - What whoever runs it may ask

    /// What tells the posts that go alone: it depends on how posts are laid down.
    package var lonePosts: LonePosts {
        get { window.lonePosts }
        set { window.lonePosts = newValue }
    }

    /// The rows that a post to send is one of.
    package func handover(_ handle: Int32) -> Handover? { window.handover(handle) }

    package var inFlight: Int { window.inFlight }

    /// Rows that wait to be sent and never were.
    package var queued: Int { lead.queued }

    /// How long posts waited for their Acks, since the start.
    package var latency: AckLatency { window.latency }

    /// Posts a second that the server allows or the configuration; nil: no limit.
    package var rateLimit: Int? { pacer.limit }

    /// Something is in flight or waits to be sent, or is read back.
    package var isBusy: Bool { !window.isIdle || !requests.isIdle }

    /// When the oldest post in flight was sent, in nanoseconds; nil: none is.
    package var oldestSentAt: Int64? { window.oldestSentAt }

    /// It is known that the server answers no request for an item.
    package var lacksRequests: Bool { requests.isUnsupported }

    /// Answers to requests for items may come.
    package var awaitsItems: Bool { !requests.isIdle }

    /// No row is taken any more.
    package var isEnding: Bool {
        if case .running = life { return false }
        return true
    }

    package var isStopped: Bool {
        if case .stopped = life { return true }
        return false
    }

    /// The server has accepted the login, well or not.
    package var isLoggedIn: Bool { login.isLoggedIn }

    /// Posts may go as far as login and pauses go.
    package var isReady: Bool { login.isReady }

    /// When the pause ends, in nanoseconds; nil: nothing pauses.
    package var pausedUntil: Int64? { login.pausedUntil }

    /// Rows that are committed as sent at once.
    package var leadRows: Int { lead.rows(rate: pacer.limit) }

    /// Whether the drop's rows are the next to go.
    package func isNext(_ drop: Int) -> Bool { order.next == drop }

    /// Whether the drop has rows in doubt that it has not presented yet.
    package func awaitsDoubts(of drop: Int) -> Bool { order.presents(drop) }

    /// Whether the drop has rows left here and none of them can move before it, or the lane, is resumed.
    package func isHeldUp(_ drop: Int) -> Bool {
        guard drops.isTaken(drop) else { return false }
        let waits = drops.wait(of: drop) != nil
        if isHeld { return window.inFlight == 0 && (waits || !window.isIdle) }
        return order.isHeldUp(drop) && waits && window.isIdle
    }

    /// Nothing more of the drop is to be settled here.
    package func isOver(_ drop: Int) -> Bool { !drops.isTaken(drop) }

    /// The number of the drop's first row that was handed over and certainly never sent; nil: there is none.
    package func firstUntaken(of drop: Int) -> Int? { window.firstUntaken(of: drop) }

    /// Why a drop was cancelled on this lane; nil: it was not.
    package func cancellation(of drop: Int) -> OutcomeDetail? { drops.cancellation(of: drop) }

    // MARK: - Drops and rows

    /// A drop takes its place in the order; `presents`: it has rows in doubt from an earlier run. False: the lane is stopped.
    package mutating func open(_ place: DropPlace, presents: Bool) -> Bool {
        guard !isStopped else { return false }
        drops.open(place.drop)
        order.open(place, presents: presents)
        return true
    }

    /// Asks for the drop's turn, which it has when few of the lane's rows wait to be sent. `wait`: it is woken with another answer.
    /// `over`: the lane ends, or the drop was cancelled.
    package mutating func turn(of drop: Int) -> LaneOrder.Turn {
        let now = turnNow(of: drop)
        if now == .wait { drops.wait(drop, for: .turn) }
        return now
    }

    private mutating func turnNow(of drop: Int) -> LaneOrder.Turn {
        guard !isEnding, drops.isOpen(drop) else { return .over }
        // Of a cancelled drop, too, it has to be known what may have been accepted; those that wait for that learn it from its result.
        guard !drops.isCancelled(drop) || order.presentable.contains(drop) else {
            order.resign(drop)
            return .over
        }
        // Only `go` depends on what is queued; a drop that presents rows in doubt is not held up.
        guard !isHeld && lead.hasRoom(rate: pacer.limit) || order.awaitsDoubts else { return .wait }
        return order.turn(of: drop)
    }

    /// Whether so many of the drop's next rows may be committed as sent, in its turn or shortly before; nil: it waits and is woken
    /// with the answer. False: the lane ends, the drop was cancelled, or was overtaken and has to take its turn first.
    package mutating func mayCommit(_ drop: Int, rows: Int, isLast: Bool) -> Bool? {
        guard !isEnding, drops.isOpen(drop), !drops.isCancelled(drop), !order.isOvertaken(drop) else { return false }
        if commitNow(drop, rows: rows, isLast: isLast) { return true }
        drops.wait(drop, for: .commit(rows: rows, isLast: isLast))
        return nil
    }

    private mutating func commitNow(_ drop: Int, rows: Int, isLast: Bool) -> Bool {
        guard !isHeld, let most = lead.most(with: rows, rate: pacer.limit) else { return false }
        return order.commit(drop, rows: rows, isLast: isLast, most: most)
    }

    /// Takes a drop's rows in doubt, all at once. They are sent when every other drop has presented its own.
    package mutating func present(_ handovers: [Handover], of place: DropPlace, now: Moment) {
        guard !isEnding else { return }
        drops.present(handovers, of: place)
        order.presented(place.drop)
        admitPresented(now)
    }

    private mutating func admitPresented(_ now: Moment) {
        guard drops.havePresented, !order.awaitsDoubts else { return }
        let presented = drops.takePresented()
        for (place, handovers) in presented {
            for handover in handovers { _ = window.add(handover, now: now) }
            order.admitted(place.drop)
        }
        // Only now does the window know what a cancelled drop's rows mean for older ones.
        for (place, _) in presented {
            if let why = drops.cancellation(of: place.drop) { giveUp(place.drop, why, now) }
        }
    }

    /// Takes rows that may be sent: in the drop's turn only. `committed`: rows that were committed for it. False: the lane ends,
    /// and has not taken them.
    package mutating func offer(_ handover: Handover, committed: Int = 0, now: Moment) -> Bool {
        order.handedOver(handover.drop, rows: committed)
        guard !isEnding else { return false }
        guard !handover.rows.isEmpty else { return true }
        _ = window.add(handover, now: now)
        if !handover.isInDoubt { lead.queued += handover.rows.count }
        // The cancellation came between the turn and these rows.
        if let why = drops.cancellation(of: handover.drop) { giveUp(handover.drop, why, now) }
        return true
    }

    /// All rows of the drop were offered: the next drop's turn may come.
    package mutating func finishOffering(_ drop: Int, now: Moment) {
        order.finishOffering(drop)
        admitPresented(now)
    }

    /// All rows that were offered are settled, and others follow once a fault is mended: the drop keeps its place, so that no
    /// newer drop's rows are sent before them.
    package mutating func suspend(_ drop: Int) {
        drops.leave(drop)
        order.handedOver(drop)
    }

    /// All rows of the drop are settled.
    package mutating func close(_ drop: Int, now: Moment) {
        order.close(drop)
        drops.close(drop)
        admitPresented(now)
    }

    // MARK: - Holds and cancellations

    /// Gives up what was not sent of a drop; what is in flight settles. False: the drop is not open here, nothing happens.
    package mutating func cancel(_ drop: Int, _ why: OutcomeDetail, now: Moment) -> [Wake] {
        guard drops.cancel(drop, why) else { return [] }
        giveUp(drop, why, now)
        guard let wait = drops.endWait(of: drop) else { return [] }
        if wait == .turn { order.resign(drop) }
        return [wait.over(drop)]
    }

    private mutating func giveUp(_ drop: Int, _ why: OutcomeDetail, _ now: Moment) {
        window.cancel(drop: drop, reason: why.reason, text: why.text, now: now)
        // The window looks through its RICs in no order; what is written down has one.
        window.settled.sort { ($0.handover, $0.row.index) < ($1.handover, $1.row.index) }
        lead.queued = window.queued
    }

    /// Held, nothing new goes and other tries wait; the login, answers and timeouts go on.
    package mutating func setHeld(_ isHeld: Bool) { self.isHeld = isHeld }

    /// The drop goes as urgently as one that waits for it, if that is more urgent.
    package mutating func lend(_ priority: Int, to drop: Int) { order.lend(priority, to: drop) }

    /// Held, the drop gets no further turn and presents no rows in doubt; what it handed over goes on, and later drops may go past it.
    package mutating func setHeld(_ drop: Int, _ isHeld: Bool, now: Moment) {
        order.setHeld(drop, isHeld)
        // The others that have presented theirs may have waited for it alone.
        admitPresented(now)
    }

    // MARK: - Reading back

    /// Takes rows whose stored values are wanted, and returns their ticket; `readBack` tells what is stored. A lane that ends reads
    /// nothing back.
    package mutating func readBack(_ job: ItemRequests.Job) -> Int {
        let ticket = requests.add(job)
        if isEnding { requests.end(ticket) }
        return ticket
    }

    /// These rows are waited for no longer.
    package mutating func endReadBack(_ ticket: Int) { requests.end(ticket) }

    /// A message about an item came. False: it is for no request of ours.
    package mutating func itemAnswered(_ answer: ItemAnswer, now: Moment) -> Bool {
        let event = requests.answered(answer, at: now.monotonic)
        paceItems(now)
        return event == .taken
    }

    /// An Error that names a stream. False: it is no item's of ours.
    package mutating func itemFailed(_ stream: Int32, now: Moment) -> Bool {
        defer { paceItems(now) }
        return requests.failed(stream)
    }

    private mutating func paceItems(_ now: Moment) {
        guard !requests.answeredInRate.isEmpty else { return }
        for number in requests.answeredInRate { pacer.answered(number, at: now.monotonic) }
        requests.answeredInRate.removeAll(keepingCapacity: true)
    }

    // MARK: - The connection

    /// There is a connection, and the login is on its way.
    package mutating func connected() { login.connected() }

    /// The login is open: posts may go, at that many a second; nil: as fast as they can.
    package mutating func opened(rate: Int?) {
        pacer.set(limit: rate)
        health.opened()
        login.opened()
    }

    /// The login is Open/Suspect.
    package mutating func suspended() { login.setSuspect(true) }

    /// The login is well again.
    package mutating func resumed() { login.setSuspect(false) }

    /// The first server takes connections again, and this connection is to another one; or other settings came. Nothing more goes
    /// on this connection, and when nothing is in flight it is left.
    package mutating func goBack() { login.goBack() }

    /// Goes by other settings of the destination; to be called while there is no connection. Drops keep their places, and rows that
    /// wait go by these.
    package mutating func use(_ new: Destination) {
        precondition(!login.isConnected, "a connection is left before other settings come")
        ackTimeout = new.ackTimeout.nanoseconds
        health = DestinationHealth(
            NakRules(new.nakRules, service: new.service), unansweredMax: new.ackTimeoutsBeforePause)
        window.use(
            capacity: new.window, ackTimeout: ackTimeout, resend: new.resend, attemptsMax: new.attemptsMax)
        pacer.set(limit: new.maxPostsPerSecond)
        requests.use(window: new.verifyWindow, timeout: ackTimeout)
        lead.use(new)
        login.use(window: new.window)
    }

    /// Whether new credentials may go on the live session now. False: there is none; or a post goes alone, and `reissue` comes when
    /// it has its answer.
    package mutating func mayReissue() -> Bool {
        guard login.isWell else { return false }
        if window.isLone { login.isReissueDue = true }
        return !window.isLone
    }

    /// The connection is gone: what was in flight is in doubt.
    package mutating func lost(now: Moment) {
        login.lost()
        requests.connectionLost()
        if !isEnding { window.connectionLost(now: now) }
    }

    // MARK: - The end

    /// Takes no more rows.
    package mutating func drain() -> [Wake] {
        if case .running = life { life = .draining }
        requests.stop()
        return drops.endWaits()
    }

    /// Nothing is waited for any more.
    package mutating func stop() -> [Wake] {
        life = .stopped
        login.lost()
        requests.stop()
        // Nobody takes outcomes any more, so that nothing is given up either: what was not sent is the next start's.
        drops.leaveAll()
        return drops.endWaits()
    }

    // MARK: - Answers

    /// Plain Acks that came together, by their PostIDs. Returns those that nothing in flight has.
    package mutating func acked(_ postIDs: [UInt32], now: Moment) -> [UInt32] {
        if pacer.limit != nil {
            for postID in postIDs { paceAnswer(postID, now) }
        }
        let foreign = window.acked(postIDs, now: now)
        accepted(postIDs.count - foreign.count)
        return foreign
    }

    private mutating func accepted(_ count: Int) {
        guard count > 0 else { return }
        counts.acked += count
        health.accepted()
        login.accepted(count)
    }

    private mutating func paceAnswer(_ postID: UInt32, _ now: Moment) {
        if let place = window.pacedNumber(postID) { pacer.answered(place, at: now.monotonic) }
    }

    /// An answer to a post. `jitter` from 0 to 1 spaces another try.
    package mutating func answered(_ ack: Ack, now: Moment, jitter: Double) -> [Action] {
        if pacer.limit != nil { paceAnswer(ack.ackID, now) }
        switch ack.verdict {
        case .accepted:
            guard window.acked(ack.ackID, now: now) else { return [.late(postID: ack.ackID, answer: "Ack")] }
            accepted(1)
            return []
        case .refused(let code):
            return refused(ack.ackID, code, text: ack.text, now: now, jitter: jitter)
        case .unreadable:
            guard window.answeredUnreadably(ack.ackID, text: ack.text, now: now) else {
                return [.late(postID: ack.ackID, answer: "unreadable")]
            }
            return [.unreadable(postID: ack.ackID, text: ack.text)] + unanswered(1, now)
        }
    }

    /// An Error that names a post; nil: nothing with that PostID is in flight.
    package mutating func failed(_ postID: UInt32, text: String, now: Moment, jitter: Double) -> [Action]? {
        guard window.post(postID) != nil else { return nil }
        if pacer.limit != nil { paceAnswer(postID, now) }
        return refused(postID, .error, text: text, now: now, jitter: jitter)
    }

    private mutating func refused(
        _ postID: UInt32, _ code: NakCode, text: String, now: Moment, jitter: Double
    ) -> [Action] {
        guard let post = window.post(postID), let handover = window.handover(post.handover) else {
            return [.late(postID: postID, answer: code.name)]
        }
        let nakClass = health.refused(code, text: text, key: handover.rows[Int(post.index)].keyHash)
        _ = window.nacked(postID, code: code, text: text, nakClass: nakClass, now: now, jitter: jitter)
        counts.refused(code)
        guard nakClass == .stop else { return [] }
        return pause("the server refuses the destination itself: \(code.name) \(text)", now)
    }

    /// Posts got no answer, or none that can be read.
    private mutating func unanswered(_ posts: Int, _ now: Moment) -> [Action] {
        health.unanswered(posts).map { pause($0, now) } ?? []
    }

    private mutating func pause(_ why: String, _ now: Moment) -> [Action] {
        login.pause(at: now.monotonic) ? [.pause(why)] : []
    }

    // MARK: - Time

    /// Time has passed. `heardAt`: when the last byte came from the server, in nanoseconds.
    package mutating func timePassed(to now: Moment, heardAt: Int64) -> [Action] {
        guard login.isConnected else { return [] }
        login.pacerAt = nil
        var actions: [Action] = []
        if let sentAt = window.oldestSentAt {
            if sentAt + ackTimeout <= now.monotonic {
                // Nothing at all since that post: the link is dead, which says nothing about the post.
                guard heardAt >= sentAt else { return [.giveUp("the server was silent for the whole ack timeout")] }
                actions += unanswered(window.timePassed(now: now), now)
            } else if isUnheard(since: sentAt, heardAt), sentAt + ackTimeout / 2 <= now.monotonic {
                // Where nothing else is in flight, a post that stays unanswered looks like a dead link: a living one answers this.
                login.askedAt = sentAt
                actions.append(.ask)
            }
        }
        if !requests.isIdle {
            if requests.timePassed(to: now.monotonic, heardAt: heardAt) { actions.append(.ask) }
            paceItems(now)
        }
        if login.endPause(at: now.monotonic) { actions.append(.resume) }
        return actions
    }

    /// Whether nothing was heard since the oldest post in flight was sent, and nobody asked the server yet.
    private func isUnheard(since sentAt: Int64, _ heardAt: Int64) -> Bool {
        heardAt < sentAt && login.askedAt != sentAt
    }

    /// When time is to pass next, in nanoseconds; nil: nothing falls due. `isWritable`: the socket takes more.
    package func nextDeadline(now: Int64, heardAt: Int64, isWritable: Bool) -> Int64? {
        guard login.isConnected else { return nil }
        var next = Int64.max
        if let at = window.oldestSentAt {
            next = min(next, at + ackTimeout)
            if isUnheard(since: at, heardAt) { next = min(next, at + ackTimeout / 2) }
        }
        if let until = login.pausedUntil {
            next = min(next, until)
        } else if login.isWell, !isHeld, !isEnding, isWritable, window.inFlight < login.most,
            let retry = window.nextRetry
        {
            // What could not go just now will not go at once either: held back by the rate it waits for the pacer, and nobody is
            // kept busy with asking.
            next = min(next, max(retry, login.pacerAt ?? retry, now + 1_000_000))
        }
        if let at = login.pacerAt { next = min(next, at) }
        if !requests.isIdle, let at = requests.nextDeadline { next = min(next, max(at, now + 1_000_000)) }
        return next < .max ? next : nil
    }

    // MARK: - What may be done now

    /// The next thing to do; nil: there is nothing more for now. `room`: posts that the socket takes. What `send` says is sent before
    /// the next call, and a connection that is lost by it is told.
    package mutating func next(_ pump: inout Pump, now: Moment, room: Int) -> Action? {
        if pump.step == .outcomes {
            pump.step = .login
            if !window.settled.isEmpty { return .deliver(takeOutcomes()) }
        }
        if pump.step == .login {
            if login.isReissueDue, !window.isLone {
                login.isReissueDue = false
                return .reissue
            }
            if login.isGoingBack, window.inFlight == 0, login.isConnected {
                pump.step = .posts
                return .goBack
            }
            pump.step = .posts
        }
        if pump.step == .posts {
            if let sends = takePosts(room, now) {
                if sends.count < room { pump.step = .requests }
                return .send(sends)
            }
            pump.step = .requests
        }
        if pump.step == .requests {
            if let action = nextOfItems(room, now) { return action }
            pump.step = .ends
        }
        if pump.step == .ends {
            pump.step = .over
            if case .draining = life, !login.isConnected || window.inFlight == 0 {
                life = .drained
                return .drained
            }
            let wakes = takeWakes()
            if !wakes.isEmpty { return .wake(wakes) }
        }
        return nil
    }

    /// Nothing stands against sending but window, slow start and rate.
    package var maySend: Bool { isReady && !isHeld && !isEnding && !login.isGoingBack && !order.awaitsDoubts }

    /// nil: nothing may go, or nothing is there.
    private mutating func takePosts(_ room: Int, _ now: Moment) -> [PostingWindow.Send]? {
        guard room > 0, maySend else { return nil }
        window.othersUnread = requests.openCount > 0
        let wanted = min(room, login.most - window.inFlight)
        guard wanted > 0 else { return nil }
        let allowance = pacer.allowance(wanted, at: now.monotonic)
        var pacerAt = allowance.count < wanted ? allowance.next : nil
        var sends: [PostingWindow.Send] = []
        if allowance.count > 0 {
            window.take(allowance.count, now: now, into: &sends)
            if sends.count < allowance.count {
                pacer.giveBack(allowance.count - sends.count)
                pacerAt = nil
            }
        }
        login.pacerAt = pacerAt
        guard !sends.isEmpty else { return nil }
        if pacer.limit != nil {
            for send in sends { window.paced(send.postID, number: pacer.sent(at: now.monotonic)) }
        }
        counts.sent += sends.count
        lead.queued = window.hasQueued ? window.queued : 0
        return sends
    }

    /// What is read back, behind the posts: nil: nothing may be asked for, and nothing is known.
    private mutating func nextOfItems(_ room: Int, _ now: Moment) -> Action? {
        if !requests.finished.isEmpty {
            defer { requests.finished = [] }
            return .readBack(requests.finished)
        }
        if requests.tellsLack() { return .lacksRequests }
        guard !requests.isIdle, room > 0, login.isWell, !isEnding, !login.isGoingBack, !window.keepsAlone,
            !(maySend && (window.hasQueued || (window.nextRetry ?? .max) <= now.monotonic))
        else { return nil }
        let wanted = requests.room(at: now.monotonic)
        guard wanted > 0 else { return nil }
        let allowance = pacer.allowance(wanted, at: now.monotonic)
        let request = allowance.count > 0 ? requests.take(allowance.count, at: now.monotonic) : nil
        pacer.giveBack(allowance.count - (request?.rics.count ?? 0))
        if allowance.count < wanted { login.pacerAt = allowance.next }
        guard let request else { return nil }
        if pacer.limit != nil {
            for id in request.items { requests.paced(id, number: pacer.sent(at: now.monotonic)) }
        }
        return .request(request)
    }

    /// What has ended, as runs of rows that were handed over together.
    private mutating func takeOutcomes() -> [Outcomes] {
        var outcomes: [Outcomes] = []
        var handles: [Int32] = []
        let settled = window.settled
        var at = 0
        while at < settled.count {
            let handle = settled[at].handover
            guard let handover = window.handover(handle) else { preconditionFailure("a settled row has a handover") }
            let end = settled[at...].firstIndex { $0.handover != handle } ?? settled.count
            var run = SettledRun(handover: handover, rows: settled[at..<end].map(\.row))
            if !window.details.isEmpty {
                for index in run.rows.indices where run.rows[index].detail >= 0 {
                    run.details.append(window.details[run.rows[index].detail])
                    run.rows[index].detail = run.details.count - 1
                }
            }
            if outcomes.last?.drop == handover.drop {
                outcomes[outcomes.count - 1].runs.append(run)
            } else {
                outcomes.append(Outcomes(drop: handover.drop, runs: [run]))
            }
            handles.append(handle)
            at = end
        }
        window.settled.removeAll(keepingCapacity: true)
        window.details.removeAll(keepingCapacity: true)
        window.releaseHandovers(handles)
        return outcomes
    }

    private mutating func takeWakes() -> [Wake] {
        guard drops.haveWaits else { return [] }
        var wakes: [Wake] = []
        for drop in order.drops {
            guard case .commit(let rows, let isLast)? = drops.wait(of: drop) else { continue }
            if order.isOvertaken(drop) {
                drops.endWait(of: drop)
                wakes.append(.commit(drop: drop, isAllowed: false))
            } else if commitNow(drop, rows: rows, isLast: isLast) {
                drops.endWait(of: drop)
                wakes.append(.commit(drop: drop, isAllowed: true))
            }
        }
        for drop in order.presentable where drops.wait(of: drop) == .turn {
            drops.endWait(of: drop)
            wakes.append(.turn(drop: drop, turnNow(of: drop)))
        }
        if let next = order.next, drops.wait(of: next) == .turn {
            let now = turnNow(of: next)
            if now != .wait {
                drops.endWait(of: next)
                wakes.append(.turn(drop: next, now))
            }
        }
        return wakes
    }
}

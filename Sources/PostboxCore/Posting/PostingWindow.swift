/// What is in flight, what waits for another try, and in which order the posts of one RIC may go.
///
/// A machine: it reads no clock and touches no socket. Rows come in as handovers, in the order they may be posted; `take` says what to
/// send now; acks, refusals, time and lost connections come in as events; ended rows come out in `settled`.
///
/// **Order per RIC and service.** Posts go out in order. As soon as two posts of one RIC have not ended, or one waits for another
/// try, a `RICQueue` says which of them go, wait, or may not go any more.
///
/// **Large posts go alone** (`LonePosts`): such a post is sent when nothing is in flight, and until it has ended nothing else is.
/// While it waits for that, nothing passes it.
package struct PostingWindow {
    /// A post to send now.
    package struct Send: Equatable {
        /// The handover's handle.
        package var handover: Int32
        /// Index into the handover's rows.
        package var index: Int32
        package var postID: UInt32
    }

    /// Why nothing goes before what is in flight has ended.
    private enum Pause {
        /// A large post is in flight.
        case lone
        /// A large post is the next of the rows not taken yet.
        case queue
        /// A large post is the next of those that are due again.
        case due
    }

    private var ackTimeout: Int64
    private var resend: Destination.Resend
    private var attemptsMax: Int
    private let backoff: ReconnectBackoff
    /// Lost connections a post may be in flight on before it ends `unknown`.
    private static let lostMax = 20

    private var handovers = HandoverTable()
    private var flight: PostsInFlight
    private var queues = RICQueues()
    /// Rows admitted so far.
    private var sequence: UInt64 = 0
    private var pause: Pause?

    /// What tells the posts that go alone: it depends on how posts are laid down.
    package var lonePosts = LonePosts(around: 0, ricTimes: 4)
    /// Something else than posts is on its way to the server: a post that goes alone waits for that, too.
    package var othersUnread = false
    /// Posts that wait for another try, or behind one that does.
    package private(set) var waiting = 0
    /// How long posts waited for their Acks.
    package private(set) var latency = AckLatency()
    /// Rows that ended since the caller last emptied it, by handover.
    package var settled: [(handover: Int32, row: SettledRow)] = []
    /// What the ended rows' `detail` is an index into; emptied with `settled`.
    package var details: [OutcomeDetail] = []

    /// `ackTimeout` in nanoseconds; `backoff` spaces the tries of a refused post.
    package init(
        capacity: Int, ackTimeout: Int64, resend: Destination.Resend, attemptsMax: Int,
        backoff: ReconnectBackoff = ReconnectBackoff(first: .milliseconds(250), most: .seconds(30))
    ) {
        self.ackTimeout = ackTimeout
        self.resend = resend
        self.attemptsMax = attemptsMax
        self.backoff = backoff
        flight = PostsInFlight(capacity: capacity)
    }

    /// Goes by other settings from now on; to be called when nothing is in flight. What waits for another try keeps its place.
    package mutating func use(capacity: Int, ackTimeout: Int64, resend: Destination.Resend, attemptsMax: Int) {
        precondition(flight.count == 0, "what is in flight is answered, or in doubt, before other settings come")
        self.ackTimeout = ackTimeout
        self.resend = resend
        self.attemptsMax = attemptsMax
        flight = PostsInFlight(capacity: capacity)
    }

    /// How many posts may be in flight or wait.
    package var capacity: Int { flight.capacity }

    /// Posts sent and not answered.
    package var inFlight: Int { flight.count }

    // MARK: - Rows come in

    /// Appends rows to what is to be posted and returns the handover's handle.
    package mutating func add(_ handover: Handover, now: Moment) -> Int32 {
        // Rows in doubt keep their place behind what was added before them and not taken yet.
        let isAdmitted = handover.isInDoubt && (resend == .never || !hasQueued)
        let handle = handovers.add(handover, isTaken: isAdmitted)
        if isAdmitted { admitInDoubt(handle, handover, now) }
        return handle
    }

    /// The handover of a handle; nil: it was released.
    package func handover(_ handle: Int32) -> Handover? { handovers[handle] }

    /// Rows that were added and not taken yet.
    package var queued: Int { handovers.queued }

    /// The number of the drop's first row that was never taken, so certainly never sent; nil: all that were added were taken.
    package func firstUntaken(of drop: Int) -> Int? { handovers.firstUntaken(of: drop) }

    /// Rows were added and not taken yet.
    package var hasQueued: Bool { handovers.hasQueued }

    /// Nothing is in flight, waiting or queued.
    package var isIdle: Bool { inFlight == 0 && waiting == 0 && !hasQueued }

    /// Forgets those of the handovers whose rows are all settled. To be called after `settled` was emptied.
    package mutating func releaseHandovers(_ handles: some Sequence<Int32>) { handovers.release(handles) }

    // MARK: - Posts go out

    /// Takes at most `limit` posts that may be sent now, other tries first, and counts them as in flight. A post that goes alone
    /// is the only one.
    package mutating func take(_ limit: Int, now: Moment, into sends: inout [Send]) {
        var left = limit
        if let pause {
            // One that went alone has ended by now; one that is still to go waits for everything.
            guard inFlight == 0, pause == .lone || !othersUnread else { return }
            self.pause = nil
            // It has waited, and goes before other tries that fell due meanwhile.
            if pause == .queue { takeQueued(&left, now, &sends) }
        }
        takeDue(&left, now, &sends)
        takeQueued(&left, now, &sends)
    }

    /// Rows that were not taken yet, in their order.
    private mutating func takeQueued(_ left: inout Int, _ now: Moment, _ sends: inout [Send]) {
        while left > 0, pause == nil, inFlight + waiting < capacity, let (handle, handover, first) = handovers.first {
            if handover.isInDoubt {
                handovers.took(before: handover.rows.count)
                admitInDoubt(handle, handover, now)
                takeDue(&left, now, &sends)
                continue
            }
            var next = first
            let fieldsMax = lonePosts.fieldsMax
            handover.rows.withUnsafeBufferPointer { rows in
                while left > 0, inFlight + waiting < capacity, next < rows.count {
                    let isLone = rows[next].fieldsLength > fieldsMax && lonePosts.holds(rows[next])
                    if isLone, inFlight > 0 || othersUnread {
                        pause = .queue
                        break
                    }
                    if let send = admit(handle, Int32(next), rows[next], handover, now) {
                        sends.append(send)
                        left -= 1
                        if isLone { pause = .lone }
                    }
                    next += 1
                    if isLone { break }
                }
            }
            handovers.took(before: next)
        }
    }

    /// Other tries whose time has come.
    private mutating func takeDue(_ left: inout Int, _ now: Moment, _ sends: inout [Send]) {
        while left > 0, pause == nil, !flight.isFull, let key = queues.popDue(at: now.monotonic) {
            if let send = sendNext(of: key, now) {
                sends.append(send)
                left -= 1
            }
        }
    }

    /// A new row: sent at once, or nil when it has to wait behind an older post of its RIC.
    private mutating func admit(
        _ handle: Int32, _ index: Int32, _ row: MappedRow, _ handover: Handover, _ now: Moment
    ) -> Send? {
        sequence += 1
        let attempt = Attempt(handover: handle, index: index, sequence: sequence)
        guard let key = queue(for: row, handover) else {
            return launch(attempt.sent(at: now.wall), row, handover, now, isQueued: false)
        }
        guard let sent = queues.byKey[key]?.admit(attempt, at: now.wall) else {
            waiting += 1
            return nil
        }
        return launch(sent, row, handover, now, isQueued: true)
    }

    /// Rows that an earlier run may have sent: all of a handover.
    private mutating func admitInDoubt(_ handle: Int32, _ handover: Handover, _ now: Moment) {
        for (index, row) in handover.rows.enumerated() {
            sequence += 1
            let attempt = Attempt(handover: handle, index: Int32(index), sequence: sequence, number: 1)
            if resend == .never {
                settle(
                    attempt, .unknown, now,
                    OutcomeDetail(reason: "connection_lost", text: "in flight when an earlier run ended"))
                continue
            }
            let key: ItemKey
            if let known = queue(for: row, handover) {
                key = known
            } else {
                key = ItemKey(of: row, in: handover)
                queues.add(RICQueue(), key)
            }
            queues.byKey[key]?.admitInDoubt(attempt)
            waiting += 1
            queues.wait(key, for: attempt, until: 0)
        }
    }

    /// The queue of the row's RIC: it has one, or gets one because a post of it is in flight. Nil: no other has not ended.
    @inline(__always)
    private mutating func queue(for row: MappedRow, _ handover: Handover) -> ItemKey? {
        if queues.has(hash: row.keyHash) {
            let key = ItemKey(of: row, in: handover)
            if queues.byKey[key] != nil { return key }
        }
        let twin = flight.twin(of: row, in: handover, handovers)
        return twin < 0 ? nil : makeQueue(of: twin)
    }

    /// Sends the next post of a queue if it is due.
    private mutating func sendNext(of key: ItemKey, _ now: Moment) -> Send? {
        guard case .send(let attempt, let due)? = queues.byKey[key]?.turn(handovers) else { return nil }
        guard due <= now.monotonic else {
            queues.wait(key, for: attempt, until: due)
            return nil
        }
        let row = handovers.row(of: attempt)
        if lonePosts.holds(row) {
            guard inFlight == 0, !othersUnread else {
                pause = .due
                queues.wait(key, for: attempt, until: due)
                return nil
            }
            pause = .lone
        }
        guard let sent = queues.byKey[key]?.send(attempt, at: now.wall) else { return nil }
        waiting -= 1
        return launch(sent, row, handovers.handover(of: sent), now, isQueued: true)
    }

    @inline(__always)
    private mutating func launch(
        _ attempt: Attempt, _ row: MappedRow, _ handover: Handover, _ now: Moment, isQueued: Bool
    ) -> Send {
        let postID = handover.postID(of: row.row)
        flight.launch(attempt, keyHash: row.keyHash, postID: postID, at: now.monotonic, isQueued: isQueued)
        return Send(handover: attempt.handover, index: attempt.index, postID: postID)
    }

    /// Notes the pacer's number of a post that was just taken.
    package mutating func paced(_ postID: UInt32, number: UInt64) { flight.paced(postID, number: number) }

    /// The pacer's number of a post in flight.
    package func pacedNumber(_ postID: UInt32) -> UInt64? { flight.pacedNumber(postID) }

    // MARK: - Answers

    /// The in-flight post with that PostID, as handover and row index; nil: nothing of the kind is in flight (late or foreign).
    package func post(_ postID: UInt32) -> (handover: Int32, index: Int32)? {
        let slot = flight.find(postID)
        guard slot >= 0 else { return nil }
        let attempt = flight.slots[Int(slot)].attempt
        return (attempt.handover, attempt.index)
    }

    /// An Ack without NakCode. False: nothing with that PostID is in flight.
    package mutating func acked(_ postID: UInt32, now: Moment) -> Bool {
        let slot = flight.find(postID)
        guard slot >= 0 else { return false }
        latency.add(now.monotonic - flight.slots[Int(slot)].sentMonotonic)
        end(slot, .acked, now, nil)
        return true
    }

    /// Acks without NakCode, as they came. Returns those that nothing in flight has.
    package mutating func acked(_ postIDs: [UInt32], now: Moment) -> [UInt32] {
        var foreign: [UInt32] = []
        for postID in postIDs where !acked(postID, now: now) { foreign.append(postID) }
        return foreign
    }

    /// A refusal and its class. False: nothing with that PostID is in flight.
    ///
    /// `retry`: another try after a pause, up to the bound; `stop`: another try that does not count; `final`: `nacked`.
    package mutating func nacked(
        _ postID: UInt32, code: NakCode, text: String, nakClass: Destination.NakClass, now: Moment,
        jitter: Double = 0.5
    ) -> Bool {
        let slot = flight.find(postID)
        guard slot >= 0 else { return false }
        let attempt = flight.slots[Int(slot)].attempt
        let detail = OutcomeDetail(nakCode: code.name, text: text)
        switch nakClass {
        case .final:
            end(slot, .nacked, now, detail, isAboutRow: code.isAboutRow)
        case .retry where Int(attempt.refusals) + 1 >= attemptsMax:
            end(slot, code == .noResponse ? .unknown : .nacked, now, detail)
        case .retry, .stop:
            let pause = backoff.delay(attempt: Int(attempt.refusals) + 1, jitter: jitter)
            let key = waitAgain(slot)
            let ends = queues.byKey[key]?.refused(
                attempt, detail, until: now.monotonic + pause, counts: nakClass == .retry, handovers)
            settleWaiting(ends ?? [], now)
            advance(key)
        }
        return true
    }

    /// An answer of which nobody can tell whether it is a refusal: the post ends `unknown`. False: nothing with that PostID is in
    /// flight.
    package mutating func answeredUnreadably(_ postID: UInt32, text: String, now: Moment) -> Bool {
        let slot = flight.find(postID)
        guard slot >= 0 else { return false }
        end(slot, .unknown, now, OutcomeDetail(reason: "unreadable_answer", text: text))
        return true
    }

    /// Ends posts that got no answer in time; returns how many.
    package mutating func timePassed(now: Moment) -> Int {
        var count = 0
        while let sentAt = oldestSentAt, sentAt + ackTimeout <= now.monotonic {
            end(
                flight.oldest, .unknown, now,
                OutcomeDetail(reason: "ack_timeout", text: "no answer within \(ackTimeout / 1_000_000) ms"))
            count += 1
        }
        return count
    }

    /// When the post that was sent first was sent, in nanoseconds.
    package var oldestSentAt: Int64? { flight.oldest < 0 ? nil : flight.slots[Int(flight.oldest)].sentMonotonic }

    /// A post that goes alone is in flight.
    package var isLone: Bool { pause == .lone && inFlight > 0 }

    /// A post that goes alone is in flight, or is the next one to go: nothing else may be on its way to the server.
    package var keepsAlone: Bool { pause != nil && (inFlight > 0 || pause != .lone) }

    /// When something falls due, in nanoseconds: an ack timeout or another try.
    package var nextDeadline: Int64? {
        let timeout = oldestSentAt.map { $0 + ackTimeout }
        guard let retry = nextRetry else { return timeout }
        return timeout.map { min($0, retry) } ?? retry
    }

    /// When another try falls due, in nanoseconds; nil: none, or nothing can go before an answer makes room.
    package var nextRetry: Int64? {
        flight.isFull || pause != nil && (inFlight > 0 || othersUnread) ? nil : queues.nextDue
    }

    /// Everything in flight is in doubt: it waits to be sent again, or ends as the destination's `resend` says.
    package mutating func connectionLost(now: Moment) {
        let detail = OutcomeDetail(reason: "connection_lost", text: "the connection was lost before an answer came")
        while flight.oldest >= 0 {
            let slot = flight.oldest
            let attempt = flight.slots[Int(slot)].attempt
            if resend == .never || Int(attempt.losses) + 1 >= Self.lostMax {
                end(slot, .unknown, now, detail)
            } else {
                let key = waitAgain(slot)
                settleWaiting(queues.byKey[key]?.lost(attempt, handovers) ?? [], now)
                advance(key)
            }
        }
    }

    /// Gives up the drop's rows that wait or were not taken; those in flight settle by themselves. What was never sent ends
    /// `unsent` with this reason, what was refused `nacked`, what is in doubt `unknown`.
    package mutating func cancel(drop: Int, reason: String, text: String, now: Moment) {
        let detail = OutcomeDetail(reason: reason, text: text)
        // Every queue is looked at anew, also where no row ended: a row that came behind a refused one may replace that now.
        for key in Array(queues.byKey.keys) {
            settleWaiting(queues.byKey[key]?.giveUp(drop: drop, detail, handovers) ?? [], now)
            advance(key)
        }
        for (handle, handover, rows) in handovers.withdraw(drop: drop) {
            for index in rows {
                let attempt = Attempt(
                    handover: handle, index: Int32(index), sequence: sequence, number: handover.isInDoubt ? 1 : 0)
                settle(attempt, handover.isInDoubt ? .unknown : .unsent, now, detail)
            }
        }
        // A large post that something waited for may be gone; of the next one it is found out anew.
        if pause != .lone { pause = nil }
    }

    // MARK: - Queues

    /// The post's RIC gets a queue.
    private mutating func makeQueue(of slot: Int32) -> ItemKey {
        let attempt = flight.slots[Int(slot)].attempt
        let key = key(of: attempt)
        flight.joinQueue(slot)
        queues.add(RICQueue(inFlight: attempt), key)
        return key
    }

    /// A post in flight is to wait for another try in its RIC's queue, which is returned.
    private mutating func waitAgain(_ slot: Int32) -> ItemKey {
        let isQueued = flight.slots[Int(slot)].isQueued
        let key = isQueued ? key(of: flight.slots[Int(slot)].attempt) : makeQueue(of: slot)
        flight.land(slot)
        waiting += 1
        return key
    }

    /// Does what a queue wants after a change.
    private mutating func advance(_ key: ItemKey) {
        guard let queue = queues.byKey[key] else { return }
        switch queue.turn(handovers) {
        case .over:
            queues.remove(key)
        case .alone(let attempt):
            queues.remove(key)
            flight.leaveQueue(flight.find(handovers.postID(of: attempt)))
        case .answer:
            break
        case .send(let attempt, let due):
            queues.wait(key, for: attempt, until: due)
        }
    }

    private func key(of attempt: Attempt) -> ItemKey {
        ItemKey(of: handovers.row(of: attempt), in: handovers.handover(of: attempt))
    }

    // MARK: - Rows end

    /// A post in flight ends. `isAboutRow`: by a refusal that is about the row itself.
    @inline(__always)
    private mutating func end(
        _ slot: Int32, _ outcome: PostOutcome, _ now: Moment, _ detail: OutcomeDetail?, isAboutRow: Bool = false
    ) {
        let attempt = flight.slots[Int(slot)].attempt
        if flight.slots[Int(slot)].isQueued {
            flight.land(slot)
            endQueued(attempt, outcome, now, detail, isAboutRow: isAboutRow)
        } else {
            flight.land(slot)
            settle(attempt, outcome, now, detail)
        }
    }

    private mutating func endQueued(
        _ attempt: Attempt, _ outcome: PostOutcome, _ now: Moment, _ detail: OutcomeDetail?, isAboutRow: Bool
    ) {
        let key = key(of: attempt)
        guard let ends = queues.byKey[key]?.ended(attempt, outcome, detail, isAboutRow: isAboutRow, handovers) else {
            preconditionFailure("a post that is in a queue has one")
        }
        settle(ends.own.attempt, ends.own.outcome, now, ends.own.detail)
        settleWaiting(ends.overtaken, now)
        advance(key)
    }

    private mutating func settleWaiting(_ ends: [RICQueue.End], _ now: Moment) {
        waiting -= ends.count
        for end in ends { settle(end.attempt, end.outcome, now, end.detail) }
    }

    private mutating func settle(
        _ attempt: Attempt, _ outcome: PostOutcome, _ now: Moment, _ detail: OutcomeDetail?
    ) {
        var at = -1
        if let detail {
            at = details.count
            details.append(detail)
        }
        settled.append(
            (
                attempt.handover,
                SettledRow(
                    index: Int(attempt.index), outcome: outcome, attempts: Int(attempt.number),
                    sentAt: attempt.sentWall, settledAt: now.wall, detail: at)
            ))
        handovers.settled(attempt.handover)
    }
}

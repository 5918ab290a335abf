/// What is in flight, what waits for another try, and in which order the posts of one RIC may go.
///
/// A machine: it reads no clock and touches no socket. Rows come in as lots, in the order they may be posted; `take` says what to
/// send now; acks, refusals, time and lost connections come in as events; ended rows come out in `settled`.
///
/// **Order per RIC and service.** Posts go out in order. As soon as two posts of one RIC are unsettled they form a *group*:
/// - while one of a group waits for another try, later rows of that RIC wait too;
/// - of posts that were sent before and wait, only the newest that covers the older ones is sent again; what it does not
///   cover goes before it, one after the other; a covered one is `superseded` once its successor is acked;
/// - a post older than one that was acked is never sent again: `superseded` when covered, else `nacked` (it was refused) or
///   `unknown` (it was in doubt, or the refusal was a NoResponse).
///
/// **Large posts go alone** (`LonePosts`): such a post is sent when nothing is in flight, and until it has ended nothing else is.
/// While it waits for that, nothing passes it.
package struct PostingWindow {
    /// A post to send now.
    package struct Send: Equatable {
        package var lot: Int32
        /// Index into the lot's rows.
        package var index: Int32
        package var postID: UInt32
    }

    /// As long as a line of a cache: there are as many as posts in flight.
    struct Slot {
        var keyHash: UInt64 = 0
        var sequence: UInt64 = 0
        var sentMonotonic: Int64 = 0
        var sentWall: Int64 = 0
        var lot: Int32 = -1
        var index: Int32 = 0
        var postID: UInt32 = 0
        var attempts: Int32 = 0
        var older: Int32 = -1
        var newer: Int32 = -1
        /// Refusals that count against the bound, and connections lost with it in flight.
        var refusals: Int16 = 0
        var losses: Int16 = 0
        var isGrouped = false
    }

    struct Lot {
        var shared: PostLot
        /// The next row that was not taken yet.
        var next: Int
    }

    /// RIC and service, compared by their bytes: only then may one post stand for another.
    struct Key: Hashable {
        var hash: UInt64
        var ric: [UInt8]
        var service: Int

        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }

    struct Member {
        var lot: Int32
        var index: Int32
        var sequence: UInt64
        var attempts: Int32
        var refusals: Int16 = 0
        var losses: Int16 = 0
        var sentWall: Int64
        /// In flight in this slot; -1: waiting.
        var slot: Int32
        var dueAt: Int64
        /// The refusal it waits for; nil when it is in doubt or was never sent.
        var refusal: OutcomeDetail?
        /// A newer post of the group was acked and covers this one.
        var successor: String = ""
        /// A newer post of the group was acked, or may have been, and does not cover this one.
        var isOvertaken = false
        /// One of its tries has no answer that can be relied on: whatever a later one says, it may have been applied.
        var wasInDoubt = false

        var isWaiting: Bool { slot < 0 }

        /// It was sent, and no answer says that it was not applied: a NoResponse may merely be late (The wire §4.2).
        var mayBeApplied: Bool {
            attempts > 0 && (refusal.map { $0.nakCode == NakCode.noResponse.name } ?? true)
        }
    }

    /// Why nothing goes before what is in flight has ended.
    private enum Pause {
        /// A large post is in flight.
        case lone
        /// A large post is the next of the queue.
        case queue
        /// A large post is the next of those that are due again.
        case due
    }

    struct Group {
        /// In the order of admission.
        var members: [Member]
        var waiting: Int { members.reduce(0) { $0 + ($1.isWaiting ? 1 : 0) } }
    }

    package let capacity: Int
    private let ackTimeout: Int64
    private let resend: Destination.Resend
    private let attemptsMax: Int
    private let backoff: ReconnectBackoff
    /// Lost connections a post may be in flight on before it ends `unknown`.
    private let lostMax = 20

    private var slots: [Slot]
    private var freeSlots: [Int32]
    /// For each slot the pacer's number of this sending; empty where there is no pacer.
    private var pacedNumbers: [UInt64] = []
    private var byPostID: PostIDTable
    private var byKey: SlotTable
    private var oldest: Int32 = -1
    private var newest: Int32 = -1
    private var lots: [Lot?] = []
    /// Of each lot the rows taken and not settled, plus the rows not taken.
    private var open: [Int] = []
    private var freeLots: [Int32] = []
    private var queue: [Int32] = []
    private var queueHead = 0
    private var groups: [Key: Group] = [:]
    private var groupHashes: [UInt64: Int] = [:]
    /// How many groups' hashes end in each byte: most rows are told from all of them by that.
    private var groupMarks = [UInt32](repeating: 0, count: 256)
    private var due = DueHeap()
    private var sequence: UInt64 = 0
    private var pause: Pause?

    /// What tells the posts that go alone: it depends on how posts are laid down.
    package var lonePosts = LonePosts(around: 0, ricTimes: 4)
    /// Posts sent and not answered.
    package private(set) var inFlight = 0
    /// Posts that wait for another try, or behind one that does.
    package private(set) var waiting = 0
    /// Rows that ended since the caller last emptied it, by lot.
    package var settled: [(lot: Int32, row: SettledRow)] = []
    package var details: [OutcomeDetail] = []

    /// `ackTimeout` in nanoseconds; `backoff` spaces the tries of a refused post.
    package init(
        capacity: Int, ackTimeout: Int64, resend: Destination.Resend, attemptsMax: Int,
        backoff: ReconnectBackoff = ReconnectBackoff(first: .milliseconds(250), most: .seconds(30))
    ) {
        self.capacity = capacity
        self.ackTimeout = ackTimeout
        self.resend = resend
        self.attemptsMax = attemptsMax
        self.backoff = backoff
        slots = Array(repeating: Slot(), count: capacity)
        freeSlots = (0..<Int32(capacity)).reversed()
        byPostID = PostIDTable(slots: capacity)
        byKey = SlotTable(slots: capacity)
    }

    // MARK: - Rows come in

    /// Appends rows to what is to be posted and returns the lot's handle.
    package mutating func add(_ lot: PostLot, now: Moment) -> Int32 {
        let handle: Int32
        // Rows in doubt keep their place behind what was added before them and not taken yet.
        let isAdmitted = lot.isInDoubt && (resend == .never || !hasQueued)
        let entry = Lot(shared: lot, next: isAdmitted ? lot.rows.count : 0)
        if let free = freeLots.popLast() {
            handle = free
            lots[Int(free)] = entry
            open[Int(free)] = lot.rows.count
        } else {
            handle = Int32(lots.count)
            lots.append(entry)
            open.append(lot.rows.count)
        }
        if isAdmitted {
            for index in lot.rows.indices { admitInDoubt(handle, Int32(index), now) }
        } else if !lot.rows.isEmpty {
            queue.append(handle)
        }
        return handle
    }

    package func lot(_ handle: Int32) -> PostLot? { lots[Int(handle)]?.shared }

    /// Rows that were added and not taken yet.
    package var queued: Int {
        queue[queueHead...].reduce(0) { sum, handle in
            sum + (lots[Int(handle)].map { $0.shared.rows.count - $0.next } ?? 0)
        }
    }

    /// The number of the drop's first row that was never taken, so certainly never sent; nil: all that were added were taken.
    package func firstUntaken(of drop: Int) -> Int? {
        for handle in queue[queueHead...] {
            guard let lot = lots[Int(handle)], lot.shared.drop == drop, !lot.shared.isInDoubt,
                lot.next < lot.shared.rows.count
            else { continue }
            return lot.shared.rows[lot.next].row
        }
        return nil
    }

    package var hasQueued: Bool { queueHead < queue.count }

    /// Nothing is in flight, waiting or queued.
    package var isIdle: Bool { inFlight == 0 && waiting == 0 && !hasQueued }

    /// Lots whose rows are all settled; forgets them. To be called after `settled` was emptied.
    package mutating func releaseLots(_ handles: some Sequence<Int32>) {
        for handle in handles {
            guard lots[Int(handle)] != nil, open[Int(handle)] == 0 else { continue }
            lots[Int(handle)] = nil
            freeLots.append(handle)
        }
    }

    // MARK: - Posts go out

    /// Takes at most `limit` posts that may be sent now, other tries first, and counts them as in flight. A post that goes alone
    /// is the only one.
    package mutating func take(_ limit: Int, now: Moment, into sends: inout [Send]) {
        var left = limit
        if let pause {
            guard inFlight == 0 else { return }
            self.pause = nil
            // It has waited, and goes before other tries that fell due meanwhile.
            if pause == .queue { takeQueued(&left, now, &sends) }
        }
        takeDue(&left, now, &sends)
        takeQueued(&left, now, &sends)
    }

    /// Rows of the queue, in its order.
    private mutating func takeQueued(_ left: inout Int, _ now: Moment, _ sends: inout [Send]) {
        while left > 0, pause == nil, inFlight + waiting < capacity, queueHead < queue.count {
            let handle = queue[queueHead]
            guard let lot = lots[Int(handle)], lot.next < lot.shared.rows.count else {
                advanceQueue()
                continue
            }
            let shared = lot.shared
            if shared.isInDoubt {
                lots[Int(handle)]?.next = shared.rows.count
                advanceQueue()
                for index in shared.rows.indices { admitInDoubt(handle, Int32(index), now) }
                takeDue(&left, now, &sends)
                continue
            }
            var next = lot.next
            let fieldsMax = lonePosts.fieldsMax
            shared.rows.withUnsafeBufferPointer { rows in
                while left > 0, inFlight + waiting < capacity, next < rows.count {
                    let isLone = rows[next].fieldsLength > fieldsMax && lonePosts.holds(rows[next])
                    if isLone, inFlight > 0 {
                        pause = .queue
                        break
                    }
                    if let send = admit(handle, Int32(next), rows[next], shared, now) {
                        sends.append(send)
                        left -= 1
                        if isLone { pause = .lone }
                    }
                    next += 1
                    if isLone { break }
                }
            }
            lots[Int(handle)]?.next = next
            if next == shared.rows.count { advanceQueue() }
        }
    }

    /// Other tries whose time has come.
    private mutating func takeDue(_ left: inout Int, _ now: Moment, _ sends: inout [Send]) {
        while left > 0, pause == nil, !freeSlots.isEmpty, let key = due.popDue(at: now.monotonic) {
            if let send = sendNext(of: key, now) {
                sends.append(send)
                left -= 1
            }
        }
    }

    private mutating func advanceQueue() {
        queueHead += 1
        if queueHead > 64, queueHead * 2 > queue.count {
            queue.removeFirst(queueHead)
            queueHead = 0
        }
    }

    /// A new row: sent at once, or nil when it has to wait behind an older post of its RIC.
    private mutating func admit(
        _ handle: Int32, _ index: Int32, _ row: MappedRow, _ lot: PostLot, _ now: Moment
    ) -> Send? {
        sequence += 1
        let hash = row.keyHash
        if groupMarks[Int(hash & 255)] > 0, groupHashes[hash] != nil {
            let key = Self.key(of: row, in: lot)
            if let group = groups[key] {
                if group.waiting > 0 {
                    waiting += 1
                    groups[key]?.members.append(
                        Member(
                            lot: handle, index: index, sequence: sequence, attempts: 0, sentWall: 0, slot: -1,
                            dueAt: 0))
                    return nil
                }
                let slot = fly(handle, index, row, lot, sequence, attempts: 1, now, isGrouped: true)
                groups[key]?.members.append(
                    Member(
                        lot: handle, index: index, sequence: sequence, attempts: 1, sentWall: now.wall, slot: slot,
                        dueAt: 0))
                return Send(lot: handle, index: index, postID: slots[Int(slot)].postID)
            }
        }
        let twin = twin(of: row, in: lot)
        if twin >= 0 {
            let key = Self.key(of: row, in: lot)
            makeGroup(key, of: twin)
            let slot = fly(handle, index, row, lot, sequence, attempts: 1, now, isGrouped: true)
            groups[key]?.members.append(
                Member(
                    lot: handle, index: index, sequence: sequence, attempts: 1, sentWall: now.wall, slot: slot,
                    dueAt: 0))
            return Send(lot: handle, index: index, postID: slots[Int(slot)].postID)
        }
        let slot = fly(handle, index, row, lot, sequence, attempts: 1, now, isGrouped: false)
        return Send(lot: handle, index: index, postID: slots[Int(slot)].postID)
    }

    /// The slot of a post of the same RIC and service that is in flight alone, or -1.
    @inline(__always)
    private func twin(of row: MappedRow, in lot: PostLot) -> Int32 {
        // No closure: one that reads the window has all of it copied first.
        let key = Self.tableKey(row.keyHash)
        var place = byKey.home(key)
        while true {
            let slot = byKey.slot(key, from: &place)
            if slot < 0 || isSame(slots[Int(slot)], row, lot) { return slot }
        }
    }

    /// `groupMarks` goes by the other half.
    @inline(__always)
    private static func tableKey(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash &>> 32) }

    private func isSame(_ s: Slot, _ row: MappedRow, _ lot: PostLot) -> Bool {
        guard let other = lots[Int(s.lot)]?.shared else { return false }
        let match = other.rows[Int(s.index)]
        return match.service == row.service
            && other.batch.bytes[match.ricStart..<match.ricStart + match.ricLength]
                .elementsEqual(lot.batch.bytes[row.ricStart..<row.ricStart + row.ricLength])
    }

    /// A row that an earlier run may have sent.
    private mutating func admitInDoubt(_ handle: Int32, _ index: Int32, _ now: Moment) {
        guard let lot = lots[Int(handle)]?.shared else { return }
        sequence += 1
        let row = lot.rows[Int(index)]
        if resend == .never {
            settle(
                handle, index, .unknown, attempts: 1, sentWall: 0, now,
                OutcomeDetail(reason: "connection_lost", text: "in flight when an earlier run ended"))
            return
        }
        let key = Self.key(of: row, in: lot)
        if groups[key] == nil {
            let twin = twin(of: row, in: lot)
            if twin >= 0 {
                makeGroup(key, of: twin)
            } else {
                groups[key] = Group(members: [])
                rememberHash(key.hash)
            }
        }
        waiting += 1
        groups[key]?.members.append(
            Member(
                lot: handle, index: index, sequence: sequence, attempts: 1, sentWall: 0, slot: -1, dueAt: 0,
                wasInDoubt: true))
        due.push(at: 0, key, sequence)
    }

    /// Sends the first post of a group that is due, if the group has none in flight.
    private mutating func sendNext(of key: Key, _ now: Moment) -> Send? {
        guard let group = groups[key], !group.members.contains(where: { !$0.isWaiting }),
            let at = firstToSend(group)
        else { return nil }
        let member = group.members[at]
        guard member.dueAt <= now.monotonic else {
            due.push(at: member.dueAt, key, member.sequence)
            return nil
        }
        guard let lot = lots[Int(member.lot)]?.shared else { return nil }
        if lonePosts.holds(lot.rows[Int(member.index)]) {
            guard inFlight == 0 else {
                pause = .due
                due.push(at: member.dueAt, key, member.sequence)
                return nil
            }
            pause = .lone
        }
        waiting -= 1
        let slot = fly(
            member.lot, member.index, lot.rows[Int(member.index)], lot, member.sequence,
            attempts: member.attempts + 1, now, isGrouped: true)
        slots[Int(slot)].refusals = member.refusals
        slots[Int(slot)].losses = member.losses
        groups[key]?.members[at].slot = slot
        groups[key]?.members[at].attempts += 1
        groups[key]?.members[at].sentWall = now.wall
        return Send(lot: member.lot, index: member.index, postID: slots[Int(slot)].postID)
    }

    /// The oldest waiting member that no newer waiting one covers. A row that was never sent stands for itself.
    private func firstToSend(_ group: Group) -> Int? {
        for at in group.members.indices where group.members[at].isWaiting {
            let member = group.members[at]
            if member.attempts > 0,
                group.members[(at + 1)...].contains(where: { $0.isWaiting && covers($0, member) })
            {
                continue
            }
            return at
        }
        return nil
    }

    /// Notes the pacer's number of a post that was just taken.
    package mutating func paced(_ postID: UInt32, number: UInt64) {
        let slot = byPostID.find(postID)
        guard slot >= 0 else { return }
        if pacedNumbers.isEmpty { pacedNumbers = Array(repeating: 0, count: capacity) }
        pacedNumbers[Int(slot)] = number
    }

    /// The pacer's number of a post in flight.
    package func pacedNumber(_ postID: UInt32) -> UInt64? {
        let slot = byPostID.find(postID)
        return slot < 0 || pacedNumbers.isEmpty ? nil : pacedNumbers[Int(slot)]
    }

    // MARK: - Answers

    /// The in-flight post with that PostID, as lot and row index; nil: nothing of the kind is in flight (late or foreign).
    package func post(_ postID: UInt32) -> (lot: Int32, index: Int32)? {
        let slot = byPostID.find(postID)
        return slot < 0 ? nil : (slots[Int(slot)].lot, slots[Int(slot)].index)
    }

    /// An Ack without NakCode. False: nothing with that PostID is in flight.
    package mutating func acked(_ postID: UInt32, now: Moment) -> Bool {
        let slot = byPostID.find(postID)
        guard slot >= 0 else { return false }
        if slots[Int(slot)].isGrouped {
            endMember(of: slots[Int(slot)], slot, .acked, now, nil)
        } else {
            // Its fields alone: all of it would be copied.
            let (lot, index, sentWall) = (
                slots[Int(slot)].lot, slots[Int(slot)].index, slots[Int(slot)].sentWall
            )
            let attempts = Int(slots[Int(slot)].attempts)
            land(slot)
            settle(lot, index, .acked, attempts: attempts, sentWall: sentWall, now, nil)
        }
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
        let slot = byPostID.find(postID)
        guard slot >= 0 else { return false }
        let s = slots[Int(slot)]
        let detail = OutcomeDetail(nakCode: code.name, text: text)
        switch nakClass {
        case .final:
            // It is about the row itself: an earlier try that got no answer met it, too.
            if s.isGrouped { forgetDoubt(of: s, slot) }
            end(s, slot, .nacked, now, detail)
        case .retry where Int(s.refusals) + 1 >= attemptsMax:
            end(s, slot, code == .noResponse ? .unknown : .nacked, now, detail)
        case .retry, .stop:
            let pause = backoff.delay(attempt: Int(s.refusals) + 1, jitter: jitter)
            waitAgain(
                s, slot, dueAt: now.monotonic + pause, refusals: nakClass == .retry ? 1 : 0, losses: 0, detail, now)
        }
        return true
    }

    /// An answer of which nobody can tell whether it is a refusal: the post ends `unknown`. False: nothing with that PostID is in
    /// flight.
    package mutating func answeredUnreadably(_ postID: UInt32, text: String, now: Moment) -> Bool {
        let slot = byPostID.find(postID)
        guard slot >= 0 else { return false }
        end(slots[Int(slot)], slot, .unknown, now, OutcomeDetail(reason: "unreadable_answer", text: text))
        return true
    }

    /// Ends posts that got no answer in time; returns how many.
    package mutating func timePassed(now: Moment) -> Int {
        var count = 0
        while oldest >= 0 {
            let s = slots[Int(oldest)]
            guard s.sentMonotonic + ackTimeout <= now.monotonic else { break }
            end(
                s, oldest, .unknown, now,
                OutcomeDetail(reason: "ack_timeout", text: "no answer within \(ackTimeout / 1_000_000) ms"))
            count += 1
        }
        return count
    }

    /// When the post that was sent first was sent, in nanoseconds.
    package var oldestSentAt: Int64? { oldest < 0 ? nil : slots[Int(oldest)].sentMonotonic }

    /// A post that goes alone is in flight.
    package var isLone: Bool { pause == .lone && inFlight > 0 }

    /// When something falls due, in nanoseconds: an ack timeout or another try.
    package var nextDeadline: Int64? {
        let timeout = oldestSentAt.map { $0 + ackTimeout }
        guard let retry = nextRetry else { return timeout }
        return timeout.map { min($0, retry) } ?? retry
    }

    /// When another try falls due, in nanoseconds; nil: none, or nothing can go before an answer makes room.
    package var nextRetry: Int64? { freeSlots.isEmpty || pause != nil && inFlight > 0 ? nil : due.first }

    /// Everything in flight is in doubt: it waits to be sent again, or ends as the destination's `resend` says.
    package mutating func connectionLost(now: Moment) {
        let lost = OutcomeDetail(reason: "connection_lost", text: "the connection was lost before an answer came")
        while oldest >= 0 {
            let slot = oldest
            let s = slots[Int(slot)]
            if resend == .never || Int(s.losses) + 1 >= lostMax {
                end(s, slot, .unknown, now, lost)
            } else {
                waitAgain(s, slot, dueAt: 0, refusals: 0, losses: 1, nil, now)
            }
        }
    }

    /// Gives up the drop's rows that wait or were not taken; those in flight settle by themselves. What was never sent ends
    /// `unsent` with this reason, what was refused `nacked`, what is in doubt `unknown`.
    package mutating func cancel(drop: Int, reason: String, text: String, now: Moment) {
        for (key, group) in groups {
            for member in group.members where member.isWaiting && lots[Int(member.lot)]?.shared.drop == drop {
                giveUp(key, member, now, OutcomeDetail(reason: reason, text: text))
            }
            advance(key, now)
        }
        for handle in queue[queueHead...] {
            guard let lot = lots[Int(handle)], lot.shared.drop == drop else { continue }
            for index in lot.next..<lot.shared.rows.count {
                let isInDoubt = lot.shared.isInDoubt
                settle(
                    handle, Int32(index), isInDoubt ? .unknown : .unsent, attempts: isInDoubt ? 1 : 0, sentWall: 0,
                    now, OutcomeDetail(reason: reason, text: text))
            }
            lots[Int(handle)]?.next = lot.shared.rows.count
        }
        // A large post that something waited for may be gone; of the next one it is found out anew.
        if pause != .lone { pause = nil }
        // Its handle may soon be another lot's.
        queue.removeSubrange(..<queueHead)
        queueHead = 0
        queue.removeAll { lots[Int($0)]?.shared.drop == drop }
    }

    // MARK: - Groups

    private mutating func giveUp(_ key: Key, _ member: Member, _ now: Moment, _ never: OutcomeDetail) {
        guard let at = groups[key]?.members.firstIndex(where: { $0.sequence == member.sequence }) else { return }
        groups[key]?.members.remove(at: at)
        waiting -= 1
        if member.attempts == 0 {
            settle(member.lot, member.index, .unsent, attempts: 0, sentWall: 0, now, never)
        } else {
            settleOvertaken(member, now, never)
            if member.successor.isEmpty, member.mayBeApplied || member.wasInDoubt {
                for older in 0..<at where groups[key]?.members[older].attempts ?? 0 > 0 {
                    groups[key]?.members[older].isOvertaken = true
                }
            }
        }
    }

    /// A post that may not be sent again: refused before, or in doubt.
    private mutating func settleOvertaken(_ member: Member, _ now: Moment, _ inDoubt: OutcomeDetail? = nil) {
        if !member.successor.isEmpty {
            var detail = member.refusal ?? OutcomeDetail()
            detail.reason = OutcomeDetail.mayHaveBeenSent
            detail.supersededBy = member.successor
            settle(
                member.lot, member.index, .superseded, attempts: Int(member.attempts), sentWall: member.sentWall, now,
                detail)
        } else if var refusal = member.refusal {
            if member.wasInDoubt, !member.mayBeApplied { refusal.reason = OutcomeDetail.refusedAfterDoubt }
            settle(
                member.lot, member.index, member.mayBeApplied ? .unknown : .nacked, attempts: Int(member.attempts),
                sentWall: member.sentWall, now, refusal)
        } else {
            settle(
                member.lot, member.index, .unknown, attempts: Int(member.attempts), sentWall: member.sentWall, now,
                inDoubt
                    ?? OutcomeDetail(
                        reason: "connection_lost", text: "in doubt, and a newer post makes another try unsafe"))
        }
    }

    private mutating func end(
        _ s: Slot, _ slot: Int32, _ outcome: PostOutcome, _ now: Moment, _ detail: OutcomeDetail?
    ) {
        if s.isGrouped {
            endMember(of: s, slot, outcome, now, detail)
        } else {
            land(slot)
            settle(s.lot, s.index, outcome, attempts: Int(s.attempts), sentWall: s.sentWall, now, detail)
        }
    }

    /// A member in flight ends; what that means for the older ones of its group is done here.
    private mutating func endMember(
        of s: Slot, _ slot: Int32, _ outcome: PostOutcome, _ now: Moment, _ detail: OutcomeDetail?
    ) {
        let key = key(of: s)
        land(slot)
        guard var group = groups[key], let at = group.members.firstIndex(where: { $0.slot == slot }) else {
            preconditionFailure("a grouped post is a member of its group")
        }
        let ended = group.members.remove(at: at)
        var detail = detail
        if outcome == .nacked, ended.wasInDoubt { detail?.reason = OutcomeDetail.refusedAfterDoubt }
        settle(s.lot, s.index, outcome, attempts: Int(s.attempts), sentWall: s.sentWall, now, detail)
        if outcome == .acked || outcome == .unknown || ended.wasInDoubt {
            let name = outcome == .acked ? label(ended) : ""
            for older in group.members.indices
            where group.members[older].sequence < ended.sequence && group.members[older].attempts > 0 {
                if !name.isEmpty, covers(ended, group.members[older]) {
                    group.members[older].successor = name
                } else {
                    group.members[older].isOvertaken = true
                }
            }
        }
        groups[key] = group
        advance(key, now)
    }

    private mutating func forgetDoubt(of s: Slot, _ slot: Int32) {
        let key = key(of: s)
        guard let at = groups[key]?.members.firstIndex(where: { $0.slot == slot }) else { return }
        groups[key]?.members[at].wasInDoubt = false
    }

    /// A post leaves its slot and waits for another try, unless a newer one has settled the matter.
    private mutating func waitAgain(
        _ s: Slot, _ slot: Int32, dueAt: Int64, refusals: Int16, losses: Int16, _ refusal: OutcomeDetail?,
        _ now: Moment
    ) {
        let key = key(of: s)
        if !s.isGrouped { makeGroup(key, of: slot) }
        land(slot)
        guard let at = groups[key]?.members.firstIndex(where: { $0.slot == slot }) else { return }
        groups[key]?.members[at].slot = -1
        groups[key]?.members[at].dueAt = dueAt
        groups[key]?.members[at].refusals += refusals
        groups[key]?.members[at].losses += losses
        groups[key]?.members[at].refusal = refusal
        if groups[key]?.members[at].mayBeApplied == true { groups[key]?.members[at].wasInDoubt = true }
        waiting += 1
        advance(key, now)
    }

    private mutating func makeGroup(_ key: Key, of slot: Int32) {
        let s = slots[Int(slot)]
        slots[Int(slot)].isGrouped = true
        byKey.remove(Self.tableKey(s.keyHash), slot: slot)
        let member = Member(
            lot: s.lot, index: s.index, sequence: s.sequence, attempts: s.attempts, refusals: s.refusals,
            losses: s.losses, sentWall: s.sentWall, slot: slot, dueAt: 0)
        groups[key] = Group(members: [member])
        rememberHash(key.hash)
    }

    /// After a change: the group's next post is put on the list of what is due, or the group ends.
    private mutating func advance(_ key: Key, _ now: Moment) {
        settleWhatMayNotGo(key, now)
        guard let group = groups[key] else { return }
        if group.members.isEmpty {
            groups[key] = nil
            forgetHash(key.hash)
            return
        }
        if group.members.contains(where: { !$0.isWaiting }) {
            // One post in flight that nothing newer has overtaken needs no group, unless there is something to remember of it.
            if group.members.count == 1, let only = group.members.first, !only.isOvertaken, only.successor.isEmpty,
                !only.wasInDoubt
            {
                groups[key] = nil
                forgetHash(key.hash)
                slots[Int(only.slot)].isGrouped = false
                byKey.insert(Self.tableKey(key.hash), slot: only.slot)
            }
            return
        }
        if let at = firstToSend(group) {
            due.push(at: group.members[at].dueAt, key, group.members[at].sequence)
        }
    }

    /// Waiting members that a newer post has overtaken end here, unless a newer one that is still open covers them.
    private mutating func settleWhatMayNotGo(_ key: Key, _ now: Moment) {
        guard let group = groups[key] else { return }
        var left = group.members
        for at in group.members.indices.reversed() {
            let member = group.members[at]
            guard member.isWaiting, member.isOvertaken || !member.successor.isEmpty else { continue }
            if member.successor.isEmpty, left[(at + 1)...].contains(where: { covers($0, member) }) { continue }
            left.remove(at: at)
            waiting -= 1
            settleOvertaken(member, now)
        }
        groups[key]?.members = left
    }

    private mutating func rememberHash(_ hash: UInt64) {
        groupHashes[hash, default: 0] += 1
        groupMarks[Int(hash & 255)] += 1
    }

    private mutating func forgetHash(_ hash: UInt64) {
        groupMarks[Int(hash & 255)] -= 1
        let left = (groupHashes[hash] ?? 0) - 1
        groupHashes[hash] = left > 0 ? left : nil
    }

    private func covers(_ newer: Member, _ older: Member) -> Bool {
        guard let newLot = lots[Int(newer.lot)]?.shared, let oldLot = lots[Int(older.lot)]?.shared else { return false }
        let new = newLot.rows[Int(newer.index)]
        let old = oldLot.rows[Int(older.index)]
        if new.post == .refresh { return true }
        guard old.post == .update else { return false }
        return newLot.batch.bytes.withUnsafeBytes { newBytes in
            oldLot.batch.bytes.withUnsafeBytes { oldBytes in
                fieldsCover(
                    UnsafeRawBufferPointer(rebasing: newBytes[new.fieldsStart..<new.fieldsStart + new.fieldsLength]),
                    UnsafeRawBufferPointer(rebasing: oldBytes[old.fieldsStart..<old.fieldsStart + old.fieldsLength]))
            }
        }
    }

    private func label(_ member: Member) -> String {
        guard let lot = lots[Int(member.lot)]?.shared else { return "" }
        return "\(lot.drop):\(lot.rows[Int(member.index)].row)"
    }

    private static func key(of row: MappedRow, in lot: PostLot) -> Key {
        Key(
            hash: row.keyHash, ric: Array(lot.batch.bytes[row.ricStart..<row.ricStart + row.ricLength]),
            service: row.service)
    }

    private func key(of s: Slot) -> Key {
        guard let lot = lots[Int(s.lot)]?.shared else { preconditionFailure("a slot in use has a lot") }
        return Self.key(of: lot.rows[Int(s.index)], in: lot)
    }

    // MARK: - Slots

    private mutating func fly(
        _ handle: Int32, _ index: Int32, _ row: MappedRow, _ lot: PostLot, _ sequence: UInt64, attempts: Int32,
        _ now: Moment, isGrouped: Bool
    ) -> Int32 {
        let slot = freeSlots.removeLast()
        let postID = lot.postID(of: row.row)
        slots[Int(slot)] = Slot(
            keyHash: row.keyHash, sequence: sequence, sentMonotonic: now.monotonic, sentWall: now.wall, lot: handle,
            index: index, postID: postID, attempts: attempts, older: newest, newer: -1, isGrouped: isGrouped)
        if newest >= 0 { slots[Int(newest)].newer = slot } else { oldest = slot }
        newest = slot
        byPostID.insert(postID, slot: slot)
        if !isGrouped { byKey.insert(Self.tableKey(row.keyHash), slot: slot) }
        inFlight += 1
        return slot
    }

    private mutating func land(_ slot: Int32) {
        let (older, newer) = (slots[Int(slot)].older, slots[Int(slot)].newer)
        let (postID, keyHash) = (slots[Int(slot)].postID, slots[Int(slot)].keyHash)
        let isGrouped = slots[Int(slot)].isGrouped
        if older >= 0 { slots[Int(older)].newer = newer } else { oldest = newer }
        if newer >= 0 { slots[Int(newer)].older = older } else { newest = older }
        byPostID.remove(postID, slot: slot)
        if !isGrouped { byKey.remove(Self.tableKey(keyHash), slot: slot) }
        freeSlots.append(slot)
        inFlight -= 1
    }

    private mutating func settle(
        _ handle: Int32, _ index: Int32, _ outcome: PostOutcome, attempts: Int, sentWall: Int64, _ now: Moment,
        _ detail: OutcomeDetail?
    ) {
        var at = -1
        if let detail {
            at = details.count
            details.append(detail)
        }
        settled.append(
            (
                handle,
                SettledRow(
                    index: Int(index), outcome: outcome, attempts: attempts, sentAt: sentWall, settledAt: now.wall,
                    detail: at)
            ))
        open[Int(handle)] -= 1
    }
}

/// A place in a table of slots.
private struct SlotEntry {
    var key: UInt32 = 0
    /// -1: nothing is there.
    var slot: Int32 = -1

    /// Empty places for so many slots: a power of two, of which a half at most is used.
    static func places(forSlots slots: Int) -> [SlotEntry] {
        var size = 16
        while size < slots * 2 { size *= 2 }
        return Array(repeating: SlotEntry(), count: size)
    }
}

/// Slots by PostID. PostIDs come one after the other, so each has a place of its own, side by side with its neighbours'.
struct PostIDTable {
    private var entries: [SlotEntry]
    private let mask: Int
    /// Those whose place another one has: of two drops whose PostIDs are far apart.
    private var others: [UInt32: Int32] = [:]

    init(slots: Int) {
        entries = SlotEntry.places(forSlots: slots)
        mask = entries.count - 1
    }

    mutating func insert(_ postID: UInt32, slot: Int32) {
        let place = Int(postID) & mask
        if entries[place].slot < 0 {
            entries[place] = SlotEntry(key: postID, slot: slot)
        } else {
            others[postID] = slot
        }
    }

    /// -1: there is none.
    @inline(__always)
    func find(_ postID: UInt32) -> Int32 {
        let entry = entries[Int(postID) & mask]
        if entry.slot >= 0, entry.key == postID { return entry.slot }
        return others.isEmpty ? -1 : others[postID] ?? -1
    }

    mutating func remove(_ postID: UInt32, slot: Int32) {
        let place = Int(postID) & mask
        if entries[place].slot == slot, entries[place].key == postID {
            entries[place].slot = -1
        } else if others[postID] == slot {
            others[postID] = nil
        }
    }
}

/// Slots by a key whose bits are well mixed: open addressing.
struct SlotTable {
    private var entries: [SlotEntry]
    private let mask: Int

    init(slots: Int) {
        entries = SlotEntry.places(forSlots: slots)
        mask = entries.count - 1
    }

    /// Where the search for a key begins.
    @inline(__always)
    func home(_ key: UInt32) -> Int { Int(key) & mask }

    /// The next slot under that key, or -1; `place` goes behind it.
    @inline(__always)
    func slot(_ key: UInt32, from place: inout Int) -> Int32 {
        while true {
            let entry = entries[place]
            if entry.slot < 0 { return -1 }
            place = (place &+ 1) & mask
            if entry.key == key { return entry.slot }
        }
    }

    mutating func insert(_ key: UInt32, slot: Int32) {
        let mask = mask
        entries.withUnsafeMutableBufferPointer { entries in
            var at = Int(key) & mask
            while entries[at].slot >= 0 { at = (at &+ 1) & mask }
            entries[at] = SlotEntry(key: key, slot: slot)
        }
    }

    mutating func remove(_ key: UInt32, slot: Int32) {
        let mask = mask
        entries.withUnsafeMutableBufferPointer { entries in
            var at = Int(key) & mask
            while entries[at].slot != slot {
                if entries[at].slot < 0 { return }
                at = (at &+ 1) & mask
            }
            var hole = at
            var next = (at &+ 1) & mask
            while entries[next].slot >= 0 {
                // An entry may move back to the hole when the hole is not before its home.
                if (next &- Int(entries[next].key)) & mask >= (next &- hole) & mask {
                    entries[hole] = entries[next]
                    hole = next
                }
                next = (next &+ 1) & mask
            }
            entries[hole] = SlotEntry()
        }
    }
}

/// Groups by when their next post is due. An entry may be out of date: who takes it out looks again.
struct DueHeap {
    private struct Entry {
        var at: Int64
        var sequence: UInt64
        var key: PostingWindow.Key

        static func < (left: Entry, right: Entry) -> Bool {
            left.at != right.at ? left.at < right.at : left.sequence < right.sequence
        }
    }

    private var entries: [Entry] = []

    /// When the first is due, in nanoseconds.
    var first: Int64? { entries.first?.at }

    mutating func push(at: Int64, _ key: PostingWindow.Key, _ sequence: UInt64) {
        entries.append(Entry(at: at, sequence: sequence, key: key))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child] < entries[parent] else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popDue(at now: Int64) -> PostingWindow.Key? {
        guard let first = entries.first, first.at <= now else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [parent * 2 + 1, parent * 2 + 2] where child < entries.count {
                    if entries[child] < entries[least] { least = child }
                }
                if least == parent { break }
                entries.swapAt(parent, least)
                parent = least
            }
        }
        return first.key
    }
}

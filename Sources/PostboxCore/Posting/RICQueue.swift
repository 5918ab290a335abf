/// The posts of one RIC and service that have not ended, oldest first: which may go, which must wait, which may not go any more.
///
/// A RIC has a queue as soon as two of its posts have not ended, or one waits for another try. A post *covers* an older one when
/// it makes that needless: see `covers(newer:newerFields:older:olderFields:)`.
/// - While a post waits for another try, later rows of its RIC wait behind it.
/// - While a post is in flight, none that waits is sent.
/// - Of posts that were sent before and wait, only the newest that covers the older ones is sent again. What it does not cover
///   goes before it, one after the other. A row that was never sent is always sent itself.
/// - A post older than one that was acked is never sent again. If that covers it, it is `superseded`. Else it is `nacked` when
///   it was refused, and `unknown` when it is in doubt or its refusal was a NoResponse: such an answer may merely be late
///   (The wire §4.2).
/// - The same holds, without `superseded`, where the newer post may have been applied and cannot be sent again itself: it ended
///   `unknown`, or one of its tries had no answer that can be relied on. But while a newer post that has not ended covers the
///   older one, that waits for its end.
struct RICQueue {
    /// A row's end.
    struct End: Equatable {
        var attempt: Attempt
        var outcome: PostOutcome
        var detail: OutcomeDetail?
    }

    /// What the queue wants next.
    enum Turn: Equatable {
        /// Nothing is left: it is needed no longer.
        case over
        /// Only this post in flight is left, and nothing has to be remembered of it: the queue is needed no longer.
        case alone(Attempt)
        /// What is in flight must end first.
        case answer
        /// This post goes next, at that time in nanoseconds or later.
        case send(Attempt, at: Int64)
    }

    private enum State {
        case inFlight
        /// Certainly never sent: it waits behind an older post.
        case unsent
        /// It waits for another try: a connection was lost, or an earlier run ended, before an answer came.
        case inDoubt
        /// It waits for another try at that time, in nanoseconds: the server refused it.
        case refused(OutcomeDetail, until: Int64)
    }

    private struct Entry {
        var attempt: Attempt
        var state: State
        /// `DROP:ROW` of a newer post that was acked and covers this one.
        var successor: String?
        /// A newer post was acked, or may have been applied, and does not cover this one.
        var isOvertaken = false
        /// One of its tries has no answer that can be relied on: whatever a later one says, it may have been applied.
        var wasInDoubt = false

        var isWaiting: Bool {
            if case .inFlight = state { false } else { true }
        }

        var mayNotGo: Bool { isWaiting && (isOvertaken || successor != nil) }

        /// When it may go, in nanoseconds.
        var due: Int64 {
            if case .refused(_, let until) = state { until } else { 0 }
        }
    }

    private var entries: [Entry] = []

    /// Without posts: the first will be one in doubt.
    init() {}

    /// With the post in flight that is there so far.
    init(inFlight attempt: Attempt) {
        entries = [Entry(attempt: attempt, state: .inFlight)]
    }

    // MARK: - Rows come in

    /// A new row. Returns the post to send now, at that time in microseconds since 1970; nil: the row waits behind an older one.
    mutating func admit(_ attempt: Attempt, at wall: Int64) -> Attempt? {
        if entries.contains(where: \.isWaiting) {
            entries.append(Entry(attempt: attempt, state: .unsent))
            return nil
        }
        let sent = attempt.sent(at: wall)
        entries.append(Entry(attempt: sent, state: .inFlight))
        return sent
    }

    /// A row that an earlier run may have sent: it waits for another try.
    mutating func admitInDoubt(_ attempt: Attempt) {
        entries.append(Entry(attempt: attempt, state: .inDoubt, wasInDoubt: true))
    }

    // MARK: - What to do next

    /// What the queue wants now. To be asked after each change; `handovers`: where the rows are.
    func turn(_ handovers: HandoverTable) -> Turn {
        guard let first = entries.first else { return .over }
        if entries.contains(where: { !$0.isWaiting }) {
            let isNeeded = entries.count > 1 || first.isOvertaken || first.successor != nil || first.wasInDoubt
            return isNeeded ? .answer : .alone(first.attempt)
        }
        let next = entries.indices.first { !isReplaced($0, handovers) } ?? entries.count - 1
        return .send(entries[next].attempt, at: entries[next].due)
    }

    /// The post of `Turn.send` goes out at that time, in microseconds since 1970. Returns it as it is in flight.
    mutating func send(_ attempt: Attempt, at wall: Int64) -> Attempt {
        let at = place(of: attempt)
        entries[at].attempt = attempt.sent(at: wall)
        entries[at].state = .inFlight
        return entries[at].attempt
    }

    /// Whether a newer post that waits as well makes it needless. A row that was never sent stands for itself.
    private func isReplaced(_ at: Int, _ handovers: HandoverTable) -> Bool {
        if case .unsent = entries[at].state { return false }
        return entries[(at + 1)...].contains { $0.isWaiting && handovers.covers($0.attempt, entries[at].attempt) }
    }

    // MARK: - Answers

    /// A post in flight was refused and waits for another try until that time, in nanoseconds. `counts`: against the bound.
    /// Returns the rows that end by that, waiting ones: itself perhaps.
    mutating func refused(
        _ attempt: Attempt, _ detail: OutcomeDetail, until due: Int64, counts: Bool, _ handovers: HandoverTable
    ) -> [End] {
        let at = place(of: attempt)
        entries[at].state = .refused(detail, until: due)
        if counts { entries[at].attempt.refusals += 1 }
        if Self.mayBeApplied(detail) { entries[at].wasInDoubt = true }
        return endOvertaken(handovers)
    }

    /// The connection was lost with the post in flight: it waits for another try. Returns the rows that end by that, waiting ones:
    /// itself perhaps.
    mutating func lost(_ attempt: Attempt, _ handovers: HandoverTable) -> [End] {
        let at = place(of: attempt)
        entries[at].state = .inDoubt
        entries[at].attempt.losses += 1
        entries[at].wasInDoubt = true
        return endOvertaken(handovers)
    }

    /// A post in flight ends: `acked`, `nacked` or `unknown`. `isAboutRow`: the refusal is about the row itself; an earlier try that
    /// got no answer met it, too. Returns its end, and those of the waiting rows that end by that.
    mutating func ended(
        _ attempt: Attempt, _ outcome: PostOutcome, _ detail: OutcomeDetail?, isAboutRow: Bool,
        _ handovers: HandoverTable
    ) -> (own: End, overtaken: [End]) {
        let at = place(of: attempt)
        let entry = entries.remove(at: at)
        let mayBeAppliedBefore = entry.wasInDoubt && !isAboutRow
        var detail = detail
        if outcome == .nacked, mayBeAppliedBefore { detail?.reason = OutcomeDetail.refusedAfterDoubt }
        if outcome != .nacked || mayBeAppliedBefore {
            overtake(before: at, acked: outcome == .acked ? attempt : nil, handovers)
        }
        return (End(attempt: attempt, outcome: outcome, detail: detail), endOvertaken(handovers))
    }

    /// Gives up the drop's rows that wait; those in flight end by themselves. What was never sent, and what is in doubt, ends with
    /// this detail. Returns all rows that end by that, waiting ones.
    mutating func giveUp(drop: Int, _ detail: OutcomeDetail, _ handovers: HandoverTable) -> [End] {
        var ends: [End] = []
        for at in entries.indices
        where entries[at].isWaiting && handovers.handover(of: entries[at].attempt).drop == drop {
            let entry = entries[at]
            ends.append(end(of: entry, inDoubt: detail))
            if entry.wasInDoubt { overtake(before: at, acked: nil, handovers) }
        }
        if ends.isEmpty { return [] }
        entries.removeAll { $0.isWaiting && handovers.handover(of: $0.attempt).drop == drop }
        return ends + endOvertaken(handovers)
    }

    /// A newer post was acked, or may have been applied (`acked` is nil): those that were sent before it may not go any more.
    private mutating func overtake(before at: Int, acked: Attempt?, _ handovers: HandoverTable) {
        for older in 0..<at where entries[older].attempt.number > 0 {
            if let acked, handovers.covers(acked, entries[older].attempt) {
                entries[older].successor = handovers.name(of: acked)
            } else {
                entries[older].isOvertaken = true
            }
        }
    }

    /// Ends what waits and may not go any more, unless a newer post that has not ended covers it.
    private mutating func endOvertaken(_ handovers: HandoverTable) -> [End] {
        guard entries.contains(where: \.mayNotGo) else { return [] }
        var ends: [End] = []
        // From the newest: one that ends covers none.
        for at in entries.indices.reversed() where entries[at].mayNotGo {
            let entry = entries[at]
            if entry.successor == nil,
                entries[(at + 1)...].contains(where: { handovers.covers($0.attempt, entry.attempt) })
            {
                continue
            }
            entries.remove(at: at)
            ends.append(end(of: entry, inDoubt: Self.unsafe))
        }
        return ends
    }

    /// How a row ends that waits and is not sent again. `inDoubt`: what is said of one that was never sent or has no answer.
    private func end(of entry: Entry, inDoubt: OutcomeDetail) -> End {
        switch (entry.successor, entry.state) {
        case (let successor?, let state):
            var detail = OutcomeDetail()
            if case .refused(let refusal, _) = state { detail = refusal }
            detail.reason = OutcomeDetail.mayHaveBeenSent
            detail.supersededBy = successor
            return End(attempt: entry.attempt, outcome: .superseded, detail: detail)
        case (nil, .refused(var refusal, _)):
            let mayBeApplied = Self.mayBeApplied(refusal)
            if entry.wasInDoubt, !mayBeApplied { refusal.reason = OutcomeDetail.refusedAfterDoubt }
            return End(attempt: entry.attempt, outcome: mayBeApplied ? .unknown : .nacked, detail: refusal)
        case (nil, .unsent):
            return End(attempt: entry.attempt, outcome: .unsent, detail: inDoubt)
        case (nil, .inDoubt), (nil, .inFlight):
            return End(attempt: entry.attempt, outcome: .unknown, detail: inDoubt)
        }
    }

    private func place(of attempt: Attempt) -> Int {
        guard let at = entries.firstIndex(where: { $0.attempt.sequence == attempt.sequence }) else {
            preconditionFailure("a post whose RIC has a queue is in it")
        }
        return at
    }

    /// A NoResponse may merely be late; any other refusal says that the post was not applied.
    private static func mayBeApplied(_ refusal: OutcomeDetail) -> Bool {
        refusal.nakCode == NakCode.noResponse.name
    }

    private static let unsafe = OutcomeDetail(
        reason: "connection_lost", text: "in doubt, and a newer post makes another try unsafe")
}

/// One drop on its way to one destination: which of its rows are read, committed, handed over or ended now, and in which order.
///
/// `next()` tells the one thing to do. What asks something is answered by the event that its action names, anything else is
/// done when `next()` is called again; whatever cannot be done is `failed()`. While rows are handed over their outcomes come
/// in: `settled(_:)` and `stopped()` may be called at any time.
///
/// What the order is for:
/// - Rows that an earlier run may have sent go first, all at once, so that nothing new is sent before they are known.
/// - A row is judged by what newer drops had accepted before it is committed, and again when more of that became known since.
/// - A row is committed as sent before the lane has it: whatever a crash cuts short is in doubt, and nothing that was sent is
///   taken for unsent.
/// - The turn is asked for after the commit, which takes a while: what went first or was cancelled meanwhile is heard of before
///   the rows go.
/// - Of rows that were committed and not handed over the first is remembered: when the program stops the ledger goes back to it.
package struct DeliveryMachine: Sendable {
    private enum State {
        /// → findingDoubts, guarding, reading
        case unbegun
        /// → doubtTurn, unreadable
        case findingDoubts
        /// The rows in doubt wait for their turn. → doubts, leaving
        case doubtTurn([PostBatch])
        /// → reading
        case doubts(Doubts)
        /// What stands against the rows is read before the first of them. → reading
        case guarding
        /// → handing, leaving, unreadable
        case reading
        /// The rows of one batch are handed over. → reading, leaving
        case handing(Hand)
        /// The rest can no longer be read. → leaving
        case unreadable(String)
        /// Nothing more will be handed over. → awaiting
        case leaving(End)
        /// The last outcomes are to come. → rewinding, over
        case awaiting(End)
        /// → over
        case rewinding(Int)
        case over(End)
    }

    /// The rows in doubt, in their turn.
    private struct Doubts {
        enum Step {
            case loading
            case judging
            case beginning
            case handing
        }

        let batches: [PostBatch]
        let presents: Bool
        var step = Step.loading
        /// How many of the batches were judged.
        var judged = 0
        /// What may be handed over, and was not yet.
        var handovers: [Handover] = []
    }

    /// A batch on its way, a lead at a time. `until` is where the lead ends.
    private struct Hand {
        enum Step {
            /// The rest is judged.
            case judging
            case waiting
            case asking(until: Int)
            /// Its turn is to tell why nothing may be committed.
            case refused
            case advancing(until: Int)
            /// The lead is committed and waits for its turn.
            case committed(until: Int)
            case judgingLead(until: Int)
            case offering(until: Int, [MappedRow])
            case offered(until: Int, [MappedRow])
        }

        let batch: PostBatch
        let isLast: Bool
        /// Rows that were not ended by this run or an earlier one.
        var rows: [MappedRow]
        /// How many of them are through.
        var at = 0
        /// The drop's first row is to be committed.
        var isFirst: Bool
        /// What was known of newer rows when the rest was judged; nil: it was not yet.
        var judgedBy: Int?
        var step = Step.judging

        var rest: [MappedRow] { at == 0 ? rows : Array(rows[at...]) }
        func lead(_ until: Int) -> [MappedRow] {
            at == 0 && until == rows.count ? rows : Array(rows[at..<until])
        }
    }

    /// That the drop hands rows over.
    private enum Sending {
        case unknown
        /// It has its turn: this is to be noted.
        case begins
        case noted
    }

    /// Rows between the reading and the answering side.
    private struct Tally {
        var offered = 0
        var settled = 0
        /// No more will be settled by this run.
        var isStopped = false

        var open: Int { offered - settled }
    }

    private let drop: Drop
    /// Rows that are committed at once.
    private var lead: Int
    /// Posts that may be in flight; so many rows and two leads may be handed over and not settled when more is committed.
    private let window: Int
    private var state = State.unbegun
    private var tally = Tally()
    /// RICs and services of a correction, by hash; nil: any. Of what it is held against, others are of no interest.
    private var wanted: Set<UInt64>?
    /// How many newer rows are known that may stand against the drop's.
    private var newerRows = 0
    /// Newer drops that went first, whose results are to be read before the turn is asked for again.
    private var overtakers: [DropPlace]?
    private var sending = Sending.unknown
    /// Nothing more is sent: why.
    private var givenUp: OutcomeDetail?
    /// Rows that are settled, and those in doubt that were handed over; nil: none.
    private var handed: RowSet?
    /// Rows that are to get their lines before anything else happens.
    private var ends: [(rows: [RowEnd], batch: PostBatch)] = []
    /// All rows up to this one were handed over or ended.
    private var handled = 0
    /// The first row that was committed as sent and never handed over.
    private var notOffered: Int?
    /// nil: however many rows the server refuses, or it was said that they are too many.
    private var nackLimit: NackLimit?

    /// `window`: posts that may be in flight; `lead`: rows that are committed at once.
    package init(_ drop: Drop, window: Int, lead: Int) {
        self.drop = drop
        self.lead = lead
        self.window = window
        nackLimit = drop.nackLimit
        handed = drop.postedThrough > 0 ? drop.settled ?? RowSet(rows: drop.rows) : drop.settled
    }

    // MARK: - What is to be done

    /// The one thing to do now.
    package mutating func next() -> Action {
        if !ends.isEmpty {
            let (rows, batch) = ends.removeFirst()
            return .end(rows, in: batch)
        }
        if let overtakers { return .loadOvertakers(overtakers, wanted: wanted) }
        if sending == .begins {
            sending = .noted
            return .noteSending
        }
        switch state {
        case .unbegun: preconditionFailure("a delivery is begun before it is asked what to do")
        case .findingDoubts: return .findDoubts
        case .doubtTurn: return .takeTurn
        case .doubts(let doubts): return next(doubts)
        case .guarding: return .loadNewer(wanted: wanted)
        case .reading: return .read
        case .handing(let hand): return next(hand)
        case .unreadable(let text):
            state = .leaving(.changed(text))
            let detail = OutcomeDetail(reason: "changed_while_read", text: text)
            return .endUnread(after: handled, besides: handed, detail)
        case .leaving(let end):
            // From here on whoever settles the last row leaves the lane.
            state = .awaiting(end)
            if tally.open == 0 || tally.isStopped { return leave(end) }
            return end == .faulty ? .awaitAnswers : .finishOffering
        case .awaiting: return .awaitAnswers
        case .rewinding(let row):
            state = .over(.interrupted)
            return .rewind(to: row)
        case .over(let end): return .done(end)
        }
    }

    private mutating func next(_ doubts: Doubts) -> Action {
        var doubts = doubts
        switch doubts.step {
        case .loading:
            // Rows that were never sent may have been overtaken, too.
            let isAll = drop.postedThrough >= drop.rows
            return .loadNewer(wanted: isAll ? Set(doubts.batches.flatMap { $0.rows.map(\.keyHash) }) : wanted)
        case .judging:
            let batch = doubts.batches[doubts.judged]
            return .judge(batch.rows, in: batch)
        case .beginning:
            doubts.step = .handing
            state = .doubts(doubts)
            return .begin
        case .handing where doubts.presents:
            state = .reading
            // Their outcomes may come before the lane has answered.
            tally.offered += doubts.handovers.reduce(0) { $0 + $1.rows.count }
            return .present(doubts.handovers)
        case .handing:
            let handover = doubts.handovers.removeFirst()
            state = doubts.handovers.isEmpty ? .reading : .doubts(doubts)
            tally.offered += handover.rows.count
            return .offer(handover, committed: 0)
        }
    }

    private mutating func next(_ hand: Hand) -> Action {
        switch hand.step {
        case .judging: return .judge(hand.rest, in: hand.batch)
        case .waiting: return .waitUntilFew
        case .asking(let until):
            return .askCommit(rows: until - hand.at, isLast: hand.isLast && until == hand.rows.count)
        case .refused, .committed: return .takeTurn
        case .advancing(let until): return .advance(through: hand.rows[until - 1].row, isFirst: hand.isFirst)
        case .judgingLead(let until): return .judge(hand.lead(until), in: hand.batch)
        case .offering(let until, let rows):
            // Their outcomes may come before the lane has answered.
            tally.offered += rows.count
            set(hand, .offered(until: until, rows))
            let handover = Handover(drop: drop.number, batch: hand.batch, rows: rows, postIDBase: drop.postIDBase)
            return .offer(handover, committed: until - hand.at)
        case .offered: preconditionFailure("the lane says first whether it took the rows")
        }
    }

    private func leave(_ end: End) -> Action { end == .faulty ? .suspend : .close }

    // MARK: - What was there before

    /// Begins. `presents`: the lane waits for the drop's rows in doubt. `wasOvertaken`: newer drops may have gone before it.
    /// `newerRows`: how many rows are known to stand against some of it. `wanted`: RICs and services of a correction, by hash; nil:
    /// it is none.
    package mutating func begin(presents: Bool, wasOvertaken: Bool, newerRows: Int, wanted: Set<UInt64>?) {
        self.newerRows = newerRows
        self.wanted = wanted
        if presents || drop.postedThrough > 0 {
            state = .findingDoubts
        } else {
            state = wasOvertaken ? .guarding : .reading
        }
    }

    /// The rows in doubt, batch by batch, and no others.
    package mutating func foundDoubts(_ batches: [PostBatch]) { state = .doubtTurn(batches) }

    /// So many newer rows are known now that may stand against the drop's.
    package mutating func loaded(newerRows: Int) {
        self.newerRows = newerRows
        guard overtakers == nil else {
            overtakers = nil
            return
        }
        switch state {
        case .doubts(let doubts): judgeNext(doubts)
        case .guarding: state = .reading
        default: preconditionFailure("newer rows are loaded when that was asked for")
        }
    }

    /// Goes on to the next batch of rows in doubt that has to be judged, or hands them over.
    private mutating func judgeNext(_ doubts: Doubts) {
        var doubts = doubts
        while doubts.judged < doubts.batches.count {
            guard newerRows == 0 else {
                doubts.step = .judging
                state = .doubts(doubts)
                return
            }
            take(&doubts, verdicts: nil)
        }
        if doubts.handovers.isEmpty, !doubts.presents {
            state = .reading
        } else {
            doubts.step = doubts.handovers.isEmpty ? .handing : .beginning
            state = .doubts(doubts)
        }
    }

    /// `verdicts`: of each row; nil: nothing stands against any.
    private mutating func take(_ doubts: inout Doubts, verdicts: [StaleGuard.Verdict]?) {
        let batch = doubts.batches[doubts.judged]
        doubts.judged += 1
        var free: [MappedRow] = []
        var ended: [RowEnd] = []
        for (index, row) in batch.rows.enumerated() {
            handed?.insert(row.row)
            switch verdicts?[index] ?? .free {
            case .free where givenUp == nil:
                free.append(row)
            case .free:
                ended.append(RowEnd(row, .unknown, Self.inDoubt()))
            case .superseded(let by):
                let detail = OutcomeDetail(reason: OutcomeDetail.mayHaveBeenSent, supersededBy: by)
                ended.append(RowEnd(row, .superseded, detail))
            case .overtaken(let by):
                ended.append(RowEnd(row, .unknown, Self.inDoubt(", and row \(by) was accepted since")))
            }
        }
        end(ended, in: batch)
        if !free.isEmpty {
            doubts.handovers.append(
                Handover(
                    drop: drop.number, batch: batch, rows: free, postIDBase: drop.postIDBase, isInDoubt: true))
        }
    }

    private static func inDoubt(_ more: String = "") -> OutcomeDetail {
        OutcomeDetail(reason: "in_doubt", text: "in flight when an earlier run ended" + more)
    }

    // MARK: - The turn

    /// So many rows are committed at once from now on: a server's rate, and with it the lane's lead, may change with each login.
    package mutating func set(lead: Int) { self.lead = lead }

    /// The lane's answer to a drop that took its turn. `givenUp`: why it is over, if the drop was cancelled; nil: the lane stops.
    package mutating func turned(_ turn: LaneOrder.Turn, givenUp why: OutcomeDetail? = nil) {
        switch turn {
        case .wait:
            return
        case .overtaken(let drops):
            overtakers = drops
            return
        case .go, .present:
            if sending == .unknown { sending = .begins }
        case .over:
            givenUp = why
        }
        let isStopping = turn == .over && why == nil
        switch state {
        case .doubtTurn where isStopping:
            state = .leaving(.interrupted)
        case .doubtTurn(let batches):
            // What may have been accepted has to be known of a cancelled drop, too.
            state = .doubts(Doubts(batches: batches, presents: turn == .present))
        case .handing(let hand):
            if isStopping {
                if case .committed = hand.step { notOffered = hand.rows[hand.at].row }
                state = .leaving(.interrupted)
            } else if let why {
                end(hand.rest.map { RowEnd($0, .unsent, why) }, in: hand.batch)
                finish(hand)
            } else if case .committed(let until) = hand.step {
                // Rows that overtook it meanwhile may have brought news.
                let isNews = hand.judgedBy != newerRows
                set(hand, isNews ? .judgingLead(until: until) : .offering(until: until, hand.lead(until)))
            } else {
                goOn(hand)
            }
        default:
            preconditionFailure("a turn comes when it was asked for")
        }
    }

    // MARK: - Rows that were never sent

    /// The rows of the next chunk; `isLast`: there are no others.
    package mutating func read(_ batch: PostBatch, isLast: Bool) {
        var rows = batch.rows
        if handed != nil || !batch.problems.isEmpty || !drop.keptBack.isEmpty {
            rows = []
            var ended: [RowEnd] = []
            for row in batch.rows where handed?.contains(row.row) != true {
                if row.problem >= 0 {
                    let problem = batch.problems[row.problem]
                    let detail = OutcomeDetail(reason: problem.reason, text: problem.text)
                    ended.append(RowEnd(row, .rejected, detail))
                } else if let detail = drop.keptBack.lazy.compactMap({ $0.detail(of: row.row, in: batch) }).first {
                    ended.append(RowEnd(row, .unsent, detail))
                } else {
                    rows.append(row)
                }
            }
            end(ended, in: batch)
        }
        goOn(Hand(batch: batch, isLast: isLast, rows: rows, isFirst: rows.first?.row == 1))
    }

    /// There are no more rows.
    package mutating func readAll() { state = .leaving(.complete) }

    /// Goes on with the next lead of a batch.
    private mutating func goOn(_ hand: Hand) {
        var hand = hand
        guard hand.at < hand.rows.count else { return finish(hand) }
        let isNews = hand.judgedBy != newerRows
        hand.judgedBy = newerRows
        if isNews, newerRows > 0 {
            set(hand, .judging)
        } else {
            set(hand, isFull ? .waiting : .asking(until: min(hand.rows.count, hand.at + lead)))
        }
    }

    private mutating func set(_ hand: Hand, _ step: Hand.Step) {
        var hand = hand
        hand.step = step
        state = .handing(hand)
    }

    /// The batch is through.
    private mutating func finish(_ hand: Hand) {
        handled = hand.batch.rows.last?.row ?? handled
        state = .reading
    }

    /// What stands against each of the rows that were to be judged.
    package mutating func judged(_ verdicts: [StaleGuard.Verdict]) {
        switch state {
        case .doubts(var doubts):
            take(&doubts, verdicts: verdicts)
            judgeNext(doubts)
        case .handing(var hand):
            if case .judgingLead(let until) = hand.step {
                set(hand, .offering(until: until, free(hand.lead(until), verdicts, in: hand.batch)))
            } else {
                hand.rows = free(hand.rest, verdicts, in: hand.batch)
                hand.at = 0
                goOn(hand)
            }
        default:
            preconditionFailure("rows are judged when that was asked for")
        }
    }

    /// The rows that nothing newer stands against; the others end here.
    private mutating func free(
        _ rows: [MappedRow], _ verdicts: [StaleGuard.Verdict], in batch: PostBatch
    ) -> [MappedRow] {
        var free: [MappedRow] = []
        var ended: [RowEnd] = []
        for (row, verdict) in zip(rows, verdicts) {
            switch verdict {
            case .free: free.append(row)
            case .superseded(let by) where drop.holdsOvertaken, .overtaken(let by) where drop.holdsOvertaken:
                let text = HeldText.overtaken(by: by)
                ended.append(RowEnd(row, .unsent, OutcomeDetail(reason: Hold.held, text: text)))
            case .superseded(let by):
                let detail = OutcomeDetail(reason: OutcomeDetail.neverSent, supersededBy: by)
                ended.append(RowEnd(row, .superseded, detail))
            case .overtaken(let by):
                let text = HeldText.overtaken(by: by)
                ended.append(RowEnd(row, .unsent, OutcomeDetail(reason: "overtaken", text: text)))
            }
        }
        end(ended, in: batch)
        return free
    }

    private mutating func end(_ rows: [RowEnd], in batch: PostBatch) {
        if !rows.isEmpty { ends.append((rows, batch)) }
    }

    /// Whether the rows that were asked for may be committed. If not, the drop's turn tells why.
    package mutating func mayCommit(_ isAllowed: Bool) {
        guard case .handing(let hand) = state, case .asking(let until) = hand.step else {
            preconditionFailure("the lane allows what was asked for")
        }
        set(hand, isAllowed ? .advancing(until: until) : .refused)
    }

    /// The rows are committed as sent.
    package mutating func advanced() {
        guard case .handing(var hand) = state, case .advancing(let until) = hand.step else {
            preconditionFailure("the ledger commits what was asked for")
        }
        hand.isFirst = false
        set(hand, .committed(until: until))
    }

    /// Whether the lane took the rows; it does unless it stops.
    package mutating func offered(_ isTaken: Bool) {
        // Rows in doubt stay so when they are not taken, and count as lost.
        guard case .handing(var hand) = state, case .offered(let until, let rows) = hand.step else { return }
        if isTaken {
            hand.at = until
            goOn(hand)
        } else {
            tally.offered -= rows.count
            notOffered = rows.first?.row
            state = .leaving(.interrupted)
        }
    }

    // MARK: - The answering side

    /// So many more rows have their outcome, written down; `refused`: the server refused so many of them. Returns `close` or
    /// `suspend` when they were the last; nil: nothing is to be done.
    package mutating func settled(_ count: Int, refused: Int = 0) -> Action? {
        tally.settled += count
        nackLimit?.add(refused)
        stopWaiting()
        guard case .awaiting(let end) = state, tally.open == 0 else { return nil }
        return leave(end)
    }

    /// Why nothing more of the drop is to be sent: the server refused too many of its rows. It is told once.
    package mutating func takeStop() -> OutcomeDetail? {
        guard let stop = nackLimit?.stop else { return nil }
        nackLimit = nil
        return stop
    }

    /// No more outcomes come: what is open will not be settled by this run.
    package mutating func stopped() {
        tally.isStopped = true
        stopWaiting()
    }

    /// Too many rows are open for more to be committed.
    package var isWaiting: Bool {
        guard case .handing(let hand) = state, case .waiting = hand.step else { return false }
        return true
    }

    private mutating func stopWaiting() {
        guard isWaiting, !isFull, case .handing(let hand) = state else { return }
        goOn(hand)
    }

    /// So many rows are open that nothing more is committed; not when nobody will settle them.
    private var isFull: Bool { tally.open > window + 2 * lead && !tally.isStopped }

    // MARK: - The end

    /// The file is no longer the one that was read first: how that was noticed.
    package mutating func changed(_ text: String) { state = .unreadable(text) }

    /// Something could not be done: nothing more is handed over, and the answers of what was are still taken.
    package mutating func failed() {
        overtakers = nil
        state = .leaving(.faulty)
    }

    /// Whether rows may have to be taken back, now that no more outcomes come: only then `firstUntaken` counts.
    package var asksForUntaken: Bool {
        guard case .awaiting(let end) = state else { return false }
        return end == .interrupted || tally.open > 0 && end != .faulty
    }

    /// All outcomes are in that will come. `firstUntaken`: the first row that the lane has and that it never sent; nil: none.
    package mutating func answersEnded(firstUntaken: Int?) {
        guard case .awaiting(var end) = state else { preconditionFailure("answers end when they were waited for") }
        if tally.open > 0, end != .faulty { end = .interrupted }
        guard end == .interrupted, let first = [firstUntaken, notOffered].compactMap({ $0 }).min() else {
            state = .over(end)
            return
        }
        state = .rewinding(first - 1)
    }
}

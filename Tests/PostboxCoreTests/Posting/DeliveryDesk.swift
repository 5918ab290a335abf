import PostboxCore

/// A delivery's machine as tests speak to it: an event in, the next action out in words, such as `offer 1 2, committed 2`.
struct DeliveryDesk {
    var machine: DeliveryMachine

    /// `lead`: rows that are committed at once; with the window of 2 up to 2 + twice the lead may be open.
    init(
        rows: Int, lead: Int = 2, settled: [Int]? = nil, postedThrough: Int = 0, keptBack: [Int] = [],
        holdsOvertaken: Bool = false
    ) {
        var set = settled.map { _ in RowSet(rows: rows) }
        for row in settled ?? [] { set?.insert(row) }
        var kept = KeptBack(rows: RowSet(rows: rows), detail: OutcomeDetail(reason: "left_out"))
        for row in keptBack { kept.rows.insert(row) }
        let drop = DeliveryMachine.Drop(
            number: 7, rows: rows, postIDBase: 100, settled: set, postedThrough: postedThrough,
            keptBack: keptBack.isEmpty ? [] : [kept], holdsOvertaken: holdsOvertaken)
        machine = DeliveryMachine(drop, window: 2, lead: lead)
    }

    /// A chunk of rows; those `rejected` were refused by our own validation.
    static func batch(_ rows: ClosedRange<Int>, rejected: Set<Int> = []) -> PostBatch {
        let notes = rows.map { _ in RowNote("A u BID") }
        var batch = makeHandover(drop: 7, firstRow: rows.lowerBound, notes, base: 100).batch
        for index in batch.rows.indices where rejected.contains(batch.rows[index].row) {
            batch.rows[index].problem = 0
        }
        if !rejected.isEmpty {
            batch.problems = [RowProblem(reason: "not_a_decimal", line: 1, what: "a pretend problem")]
        }
        return batch
    }

    mutating func next() -> String { Self.words(machine.next()) }

    mutating func next(after event: (inout DeliveryMachine) -> Void) -> String {
        event(&machine)
        return next()
    }

    /// A batch of doubts for each range.
    mutating func foundDoubts(_ rows: ClosedRange<Int>...) -> String {
        next { $0.foundDoubts(rows.map { Self.batch($0) }) }
    }

    mutating func begin(presents: Bool = false, wasOvertaken: Bool = false, newerRows: Int = 0) -> String {
        next {
            $0.begin(presents: presents, wasOvertaken: wasOvertaken, newerRows: newerRows, wanted: nil)
        }
    }

    mutating func read(_ rows: ClosedRange<Int>, rejected: Set<Int> = [], isLast: Bool = false) -> String {
        next { $0.read(Self.batch(rows, rejected: rejected), isLast: isLast) }
    }

    mutating func turned(_ turn: LaneOrder.Turn, givenUp: String? = nil) -> String {
        next { $0.turned(turn, givenUp: givenUp.map { OutcomeDetail(reason: $0) }) }
    }

    /// Begins and comes as far as to the offer of the first lead, which it returns.
    mutating func firstOffer(_ rows: ClosedRange<Int>, isLast: Bool = true) -> String {
        _ = begin()
        _ = read(rows, isLast: isLast)
        _ = next { $0.mayCommit(true) }
        _ = next { $0.advanced() }
        _ = turned(.go)
        return next()
    }

    static func words(_ action: DeliveryMachine.Action) -> String {
        func words(_ rows: [MappedRow]) -> String { rows.map { "\($0.row)" }.joined(separator: " ") }
        func words(_ wanted: Set<UInt64>?) -> String { wanted.map { " of \($0.count) RICs" } ?? "" }
        switch action {
        case .findDoubts: return "find doubts"
        case .loadNewer(let wanted): return "load newer" + words(wanted)
        case .loadOvertakers(let drops, let wanted): return "load \(drops.map(\.drop))" + words(wanted)
        case .takeTurn: return "take turn"
        case .noteSending: return "note sending"
        case .read: return "read"
        case .judge(let rows, _): return "judge \(words(rows))"
        case .end(let rows, _):
            return "end "
                + rows.map { row in
                    "\(row.row.row) \(row.outcome.word) \(row.detail.reason)"
                        + (row.detail.supersededBy.isEmpty ? "" : " by \(row.detail.supersededBy)")
                }.joined(separator: ", ")
        case .waitUntilFew: return "wait"
        case .askCommit(let rows, let isLast): return "ask for \(rows)" + (isLast ? ", the last" : "")
        case .begin: return "begin"
        case .advance(let row, let isFirst): return "commit through \(row)" + (isFirst ? ", the first" : "")
        case .present(let handovers): return "present \(handovers.map { words($0.rows) }.joined(separator: " | "))"
        case .offer(let handover, let committed): return "offer \(words(handover.rows)), committed \(committed)"
        case .endUnread(let row, _, let detail): return "end after \(row): \(detail.reason)"
        case .finishOffering: return "finish offering"
        case .close: return "close"
        case .suspend: return "suspend"
        case .awaitAnswers: return "await answers"
        case .rewind(let row): return "rewind to \(row)"
        case .done(let end): return "\(end)"
        }
    }
}

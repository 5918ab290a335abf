import PostboxCore

/// A delivery whose surroundings answer at random: what it wants done is held against a model of a few lines.
struct DeliveryWalk {
    private let rows: Int
    private let lead: Int
    private let window: Int
    private let chunk: Int
    private let rejected: Set<Int>
    private let through: Int
    private var random: SplitMix64
    private var machine: DeliveryMachine
    private(set) var faults: [String] = []
    private(set) var end: DeliveryMachine.End?
    /// Actions, in words.
    private(set) var trace: [String] = []

    // What happened so far.
    private var nextRow = 1
    /// The lane waits for the rows in doubt.
    private var presents = false
    private var ended: Set<Int>
    private var handed: Set<Int> = []
    /// Rows in doubt that the lane did not take, because it had stopped.
    private var untakenDoubts: Set<Int> = []
    private var committed: Int
    private var isNoted = false
    /// What the drop has: nothing, rows that are committed, and these in its turn.
    private var permit = Permit.none
    private var news = 0
    /// By row: how much was known when it was judged last.
    private var judged: [Int: Int] = [:]
    private var open = 0
    private var isStopped = false
    private var isCancelled = false
    private var hasFailed = false
    private var isOffering = true
    private var leaves = 0
    private var rewound: Int?

    private enum Permit: Equatable {
        case none
        case allowed(Int)
        case committed(Int)
        case turn(Int)
    }

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
        let rows = int(1...20)
        let through = int(0...1) == 0 ? 0 : int(0...rows)
        let ended = (1...rows).filter { $0 <= through && int(0...1) == 0 }
        lead = int(1...4)
        window = int(1...4)
        chunk = int(1...6)
        rejected = Set((1...rows).filter { _ in int(0...7) == 0 })
        var settled = RowSet(rows: rows)
        for row in ended { settled.insert(row) }
        let drop = DeliveryMachine.Drop(
            number: 7, rows: rows, postIDBase: 100, settled: ended.isEmpty ? nil : settled, postedThrough: through)
        machine = DeliveryMachine(drop, window: window, lead: lead)
        self.rows = rows
        self.through = through
        self.ended = Set(ended)
        committed = through
        self.random = random
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    private mutating func expect(_ isTrue: Bool, _ text: String) {
        if !isTrue { faults.append(text) }
    }

    mutating func run() {
        presents = through > 0 && chance(2)
        let wasOvertaken = chance(3)
        machine.begin(presents: presents, wasOvertaken: wasOvertaken, newerRows: 0, wanted: nil)
        for _ in 0..<2000 where end == nil && faults.isEmpty {
            let action = machine.next()
            trace.append(DeliveryDesk.words(action))
            perform(action)
            if chance(2) { settle(Int.random(in: 0...open, using: &random)) }
            if !isStopped, chance(120) { stop() }
        }
        guard faults.isEmpty else { return }
        expect(end != nil, "it does not end")
        check()
    }

    /// Outcomes come.
    private mutating func settle(_ count: Int) {
        guard count > 0, !isStopped else { return }
        open -= count
        if let action = machine.settled(count) {
            trace.append("settled: \(DeliveryDesk.words(action))")
            left(action)
        }
    }

    private mutating func stop() {
        isStopped = true
        machine.stopped()
    }

    private mutating func left(_ action: DeliveryMachine.Action) {
        leaves += 1
        expect(open == 0 || isStopped, "left the lane with \(open) rows open")
        expect(!isOffering, "left the lane before all rows were handed over")
        expect((action == .suspend) == hasFailed, "\(action) after \(hasFailed ? "a" : "no") fault")
    }

    private mutating func perform(_ action: DeliveryMachine.Action) {
        switch action {
        case .findDoubts: findDoubts()
        case .loadNewer, .loadOvertakers:
            if chance(40) { return fail() }
            if chance(2) { news += 1 }
            machine.loaded(newerRows: news)
        case .takeTurn: takeTurn()
        case .noteSending: isNoted = true
        case .read: read()
        case .judge(let rows, _): judge(rows)
        case .end(let rows, _): for row in rows { end(row) }
        case .waitUntilFew:
            while machine.isWaiting, faults.isEmpty {
                expect(open > 0 && !isStopped, "waits for ever")
                settle(1)
            }
        case .askCommit(let count, let isLast): askCommit(count, isLast)
        case .begin: if chance(40) { fail() }
        case .advance(let row, _): advance(row)
        case .present(let handovers):
            expect(isNoted, "presented and not noted")
            for handover in handovers {
                if isStopped { untakenDoubts.formUnion(handover.rows.map(\.row)) } else { handOver(handover) }
            }
        case .offer(let handover, let committed): offer(handover, committed)
        case .endUnread(let after, let besides, _):
            for row in after + 1..<max(after + 1, rows + 1) where besides?.contains(row) != true { end(row: row) }
            isOffering = false
        case .finishOffering:
            isOffering = false
            expect(!hasFailed, "no more rows come after a fault")
        case .close, .suspend:
            isOffering = false
            left(action)
        case .awaitAnswers:
            isOffering = false
            if open > 0, !isStopped { return settle(1) }
            if !isStopped { stop() }
            machine.answersEnded(firstUntaken: untaken)
        case .rewind(let row): rewound = row
        case .done(let end): self.end = end
        }
    }

    /// The lane had not sent the rows without an outcome.
    private var untaken: Int? { open > 0 ? handed.subtracting(ended).min() : nil }

    private mutating func fail() {
        hasFailed = true
        isOffering = false
        machine.failed()
    }

    private mutating func findDoubts() {
        var found: [PostBatch] = []
        for first in stride(from: 1, through: through, by: chunk) {
            let all = DeliveryDesk.batch(first...min(through, first + chunk - 1))
            let rows = all.rows.filter { !ended.contains($0.row) && !rejected.contains($0.row) }
            if !rows.isEmpty { found.append(all.only(rows)) }
        }
        machine.foundDoubts(found)
    }

    private mutating func takeTurn() {
        if !isCancelled, chance(15) { isCancelled = true }
        if isStopped {
            machine.turned(.over)
        } else if presents {
            presents = false
            machine.turned(.present)
        } else if isCancelled {
            machine.turned(.over, givenUp: OutcomeDetail(reason: "cancelled"))
        } else if chance(4) {
            machine.turned(.overtaken([DropPlace(drop: 8, age: 8, priority: 1)]))
        } else {
            if case .committed(let row) = permit { permit = .turn(row) }
            machine.turned(.go)
        }
    }

    private mutating func read() {
        if chance(40) {
            machine.changed("other bytes")
        } else if nextRow > rows {
            machine.readAll()
        } else {
            let last = min(rows, nextRow + chunk - 1)
            machine.read(DeliveryDesk.batch(nextRow...last, rejected: rejected), isLast: last == rows)
            nextRow = last + 1
        }
    }

    private mutating func judge(_ rows: [MappedRow]) {
        var verdicts: [StaleGuard.Verdict] = []
        for row in rows {
            judged[row.row] = news
            verdicts.append(chance(4) ? chance(2) ? .superseded("8:1") : .overtaken("8:1") : .free)
        }
        machine.judged(verdicts)
    }

    private mutating func askCommit(_ count: Int, _ isLast: Bool) {
        expect(open <= window + 2 * lead, "asks for more with \(open) rows open")
        expect(count > 0 && count <= lead, "asks for \(count)")
        let isAllowed = !isStopped && !isCancelled && !chance(5)
        permit = isAllowed ? .allowed(count) : .none
        machine.mayCommit(isAllowed)
        let gone = ended.union(handed).union(untakenDoubts).union(rejected)
        let left = (1...rows).filter { !gone.contains($0) }
        expect(isLast == (nextRow > rows && left.count == count), "asks for \(count) of \(left), last: \(isLast)")
    }

    private mutating func advance(_ row: Int) {
        guard case .allowed = permit else { return expect(false, "commits through \(row) and may not") }
        if chance(40) { return fail() }
        expect(row > committed, "commits through \(row) again")
        committed = row
        permit = .committed(row)
        machine.advanced()
    }

    private mutating func offer(_ handover: Handover, _ count: Int) {
        expect(isNoted, "offered and not noted")
        if !handover.isInDoubt {
            expect(permit == .turn(committed), "offers \(handover.rows.map(\.row)) with \(permit)")
            permit = .none
        }
        let isTaken = !isStopped && !chance(60)
        if isTaken {
            handOver(handover)
        } else {
            if handover.isInDoubt { untakenDoubts.formUnion(handover.rows.map(\.row)) }
            if !isStopped { stop() }
        }
        // Their outcomes may come first.
        if chance(3) { settle(open) }
        machine.offered(isTaken)
    }

    private mutating func handOver(_ handover: Handover) {
        open += handover.rows.count
        for row in handover.rows {
            expect(row.row <= committed, "\(row.row) is handed over and not committed")
            expect(!ended.contains(row.row), "\(row.row) is handed over after its end")
            expect(handed.insert(row.row).inserted, "\(row.row) is handed over again")
            expect(news == 0 || judged[row.row] == news, "\(row.row) is handed over by old news")
            expect(handover.isInDoubt == (row.row <= through), "\(row.row) is in doubt: \(handover.isInDoubt)")
        }
    }

    private mutating func end(_ end: RowEnd) {
        self.end(row: end.row.row)
        let isRejected = end.outcome == .rejected
        expect(isRejected == rejected.contains(end.row.row), "\(end.row.row) ends \(end.outcome.word)")
        // What may have been sent is never called unsent.
        expect(end.outcome != .unsent || end.row.row > through, "\(end.row.row) ends unsent")
        expect(end.outcome != .unknown || end.row.row <= through, "\(end.row.row) ends unknown")
    }

    private mutating func end(row: Int) {
        expect(!handed.contains(row), "\(row) ends and was handed over")
        expect(ended.insert(row).inserted, "\(row) ends twice")
    }

    private mutating func check() {
        guard let end else { return }
        expect(leaves <= 1 && (leaves == 1 || isStopped), "left the lane \(leaves) times")
        let isLost = open > 0
        switch end {
        case .complete, .changed:
            expect(ended.union(handed).count == rows && !isLost, "\(end), and not every row has its end")
        case .interrupted:
            let notOffered = (1...rows).first {
                $0 > through && $0 <= committed && !handed.contains($0) && !ended.contains($0)
                    && !rejected.contains($0)
            }
            let first = [notOffered, untaken].compactMap { $0 }.min()
            expect(rewound == first.map { $0 - 1 }, "went back to \(rewound ?? -1), not before \(first ?? -1)")
        case .faulty:
            expect(hasFailed && rewound == nil, "faulty")
        }
        expect(hasFailed == (end == .faulty), "\(end)")
    }
}

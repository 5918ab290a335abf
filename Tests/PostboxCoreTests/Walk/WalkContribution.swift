import PostboxCore

/// What `FileContribution` and its `Feed` do with one drop, one step at a time: between any two the program may be killed.
final class WalkContribution {
    enum End {
        case closed
        case interrupted
        case fault
    }

    private enum Phase {
        case firstPass
        case results
        case begin
        case doubtTurn
        case doubts(LaneOrder.Turn)
        case doubtHand(LaneOrder.Turn, [PostLot])
        case chunk
        case rows
        case commit(Int)
        case turn
        case advance(Int)
        case committed(Int)
        case offer(Int, [MappedRow])
        case fed
        case drained
        case rewind(Int)
        case interrupt
        case finish
        case settle
        case keep
        case move
        case close
        case forget
        case over(End)
    }

    let drop: Int
    let file: WalkFile
    let place: DropPlace
    private let world: WalkWorld
    private let lane: WalkLane
    private let book: WalkGuards
    private unowned let program: WalkProgram
    private let isNew: Bool
    private let wasPosting: Bool
    private let through: Int
    private var phase = Phase.firstPass

    // `Feed`'s way.
    private var settled: RowSet?
    private var guarded: WalkGuarded
    private var givenUp: OutcomeDetail?
    private var handed: RowSet?
    private var nextRow = 1
    private var batch = PostBatch()
    private var rows: [MappedRow] = []
    private var at = 0
    private var known = -1
    private var isComplete = true
    /// Committed, and certainly not handed over.
    private var notOffered: Int?
    private var isFault = false

    // `Tally`.
    private var offered = 0
    private var answered = 0
    private var isOffered = false
    /// Outcomes that are written down and not counted yet.
    private var written = 0
    private var lines: ResultLines

    init(_ program: WalkProgram, drop: Int, record: PretendDisk.LedgerRow, isNew: Bool) {
        self.program = program
        self.drop = drop
        file = record.file
        place = record.place
        world = program.world
        lane = program.lane
        book = program.book
        self.isNew = isNew
        wasPosting = record.stage == .posting
        through = record.through
        guarded = WalkGuarded(record.place, program.book)
        lines = ResultLines(
            drop: drop, destination: WalkWorld.destination, services: WalkWorld.services, hasLines: true)
    }

    var end: End? {
        if case .over(let end) = phase { return end }
        return nil
    }

    /// Where it stands: for whoever looks at a life that is stuck.
    var words: String { "\(drop) at \(phase), offered \(offered), answered \(answered)" }

    // MARK: - The answering side

    /// Takes outcomes from the lane. False: there are none.
    func receive() -> Bool {
        if written > 0 {
            answered += written
            written = 0
            if isOffered, offered == answered { leave() }
            return true
        }
        guard let runs = lane.nextOutcomes(of: drop) else { return false }
        for run in runs {
            var out = LineBuffer()
            lines.append(run, to: &out)
            journal.bytes += out.bytes
            written += run.rows.count
        }
        return true
    }

    private var isDrained: Bool { written == 0 && lane.hasEnded(drop) }

    private var journal: JournalFile {
        if let result = world.disk.work[drop]?.result { return result }
        let made = JournalFile()
        world.disk.work[drop]?.result = made
        return made
    }

    /// After a fault the drop keeps its place.
    private func leave() { if isFault { lane.suspend(drop) } else { lane.close(drop) } }

    // MARK: - The reading side

    /// Does one step. False: it has to wait.
    func step() -> Bool {
        switch phase {
        case .firstPass:
            if !wasPosting {
                world.disk.ledger[drop]?.stage = .posting
                let base = program.takeBase(rows: file.notes.count)
                world.disk.ledger[drop]?.base = base
            }
            phase = .results
        case .results:
            openResults()
            if let most = file.maxAge, file.arrival + most <= world.now.wall { lane.cancel(drop, reason: "max_age") }
            phase = .begin
        case .begin:
            handed = through > 0 ? settled ?? RowSet(rows: file.notes.count) : settled
            if through > 0 || lane.awaitsDoubts(of: drop) {
                phase = .doubtTurn
            } else {
                if book.wasOvertaken(place) { guarded.load(book.journals(for: place)) }
                phase = .chunk
            }
        case .doubtTurn:
            guard let turn = turn() else { return false }
            if case .over = turn, givenUp == nil {
                isComplete = false
                phase = .fed
            } else if case .overtaken = turn {
                return true
            } else {
                phase = .doubts(turn)
            }
        case .doubts(let turn):
            phase = .doubtHand(turn, endDoubts())
        case .doubtHand(let turn, let lots):
            offered += lots.reduce(0) { $0 + $1.rows.count }
            for lot in lots { for row in lot.rows { handed?.insert(row.row) } }
            if turn == .present {
                world.tell("present \(drop): \(lots.flatMap { $0.rows.map(\.row) })")
                lane.present(lots, of: place)
            } else {
                for lot in lots { _ = lane.offer(lot) }
            }
            phase = .chunk
        case .chunk:
            readChunk()
        case .rows:
            return nextRows()
        case .commit(let next):
            let isEnd = nextRow > file.notes.count && next == rows.count
            guard let isAllowed = lane.mayCommit(drop, rows: next - at, isLast: isEnd) else { return false }
            phase = isAllowed ? .advance(next) : .turn
        case .turn:
            guard let turn = turn() else { return false }
            if case .overtaken = turn { return true }
            phase = .rows
            if case .over = turn { giveUp() }
        case .advance(let next):
            if !world.isCalm, world.settings.orders > 0, world.chance(world.settings.orders) {
                world.tell("the ledger refuses a change of \(drop)")
                isFault = true
                phase = .fed
                return true
            }
            let through = max(committed, rows[next - 1].row)
            world.disk.ledger[drop]?.through = through
            phase = .committed(next)
        case .committed(let next):
            guard let turn = turn() else { return false }
            if case .overtaken = turn { return true }
            if case .over = turn {
                if givenUp == nil { notOffered = rows[at].row }
                phase = .rows
                giveUp()
                return true
            }
            let slice = rows[at..<next]
            phase = .offer(next, guarded.count == known ? Array(slice) : stillFree(slice))
        case .offer(let next, let slice):
            offered += slice.count
            world.tell("offer \(drop): \(slice.map(\.row))")
            let lot = PostLot(drop: drop, batch: batch, rows: slice, postIDBase: base)
            if lane.offer(lot, committed: next - at) {
                at = next
                phase = .rows
            } else {
                offered -= slice.count
                notOffered = slice.first?.row
                isComplete = false
                phase = .fed
            }
        case .fed:
            isOffered = true
            if offered == answered { leave() } else if !isFault { lane.finishOffering(drop) }
            phase = .drained
        default:
            return endStep()
        }
        return true
    }

    private func endStep() -> Bool {
        switch phase {
        case .drained:
            guard isDrained else { return false }
            if isFault {
                lane.suspend(drop)
                phase = .over(.fault)
                return true
            }
            if offered != answered { isComplete = false }
            if !isComplete, let first = [lane.firstUntaken(of: drop), notOffered].compactMap({ $0 }).min() {
                phase = .rewind(first - 1)
            } else {
                phase = isComplete ? .finish : .interrupt
            }
        case .rewind(let row):
            let through = min(committed, row)
            world.disk.ledger[drop]?.through = through
            phase = .interrupt
        case .interrupt:
            journal.sync()
            lane.close(drop)
            phase = .over(.interrupted)
        case .finish:
            journal.sync()
            phase = .settle
        case .settle:
            book.settled(place)
            world.disk.ledger[drop]?.stage = .settled
            phase = .keep
        case .keep:
            book.keep(place)
            phase = .move
        case .move:
            world.disk.moved[drop] = world.disk.work.removeValue(forKey: drop)?.result
            phase = .close
        case .close:
            world.disk.ledger[drop]?.stage = .closed
            phase = .forget
        case .forget:
            book.closed(place)
            lane.close(drop)
            world.tell("closed \(drop)")
            phase = .over(.closed)
        default:
            return false
        }
        return true
    }

    private var committed: Int { world.disk.ledger[drop]?.through ?? 0 }
    private var base: UInt32 { world.disk.ledger[drop]?.base ?? 0 }

    /// Its age counts from now on.
    var mayAge: Bool {
        switch phase {
        case .begin, .doubtTurn, .doubts, .doubtHand, .chunk, .rows, .commit, .turn, .advance, .committed, .offer, .fed,
            .drained:
            true
        default: false
        }
    }

    private func openResults() {
        let recovered = Self.recovered(drop, file, isNew ? nil : world.disk.work[drop]?.result)
        settled = recovered.goodBytes > 0 ? recovered.rows.settled[WalkWorld.destination] : nil
        journal.bytes.removeLast(journal.bytes.count - recovered.goodBytes)
        if recovered.goodBytes == 0 {
            journal.bytes = Array(ResultLines.header.utf8)
            journal.synced = 0
        } else {
            journal.sync()
        }
    }

    /// What an earlier run settled.
    static func recovered(_ drop: Int, _ file: WalkFile, _ result: JournalFile?) -> (rows: SettledRows, goodBytes: Int)
    {
        var rows = SettledRows(rows: file.notes.count, destinations: [WalkWorld.destination])
        guard let result else { return (rows, 0) }
        var journal = ResultJournal(drop: drop, destinations: [WalkWorld.destination])
        result.bytes.withUnsafeBytes { bytes in journal.take(bytes, isLast: true) { rows.take($0) } }
        return (rows, journal.goodBytes)
    }

    /// nil: it has to wait. What overtook it is read first.
    private func turn() -> LaneOrder.Turn? {
        guard let turn = lane.turn(of: drop) else { return nil }
        switch turn {
        case .overtaken(let drops):
            world.tell("overtaken \(drop) by \(drops.map(\.drop))")
            guarded.load(drops, again: true)
        case .over:
            givenUp = lane.cancellation(of: drop)
        case .go, .present, .wait:
            book.sends(place)
        }
        return turn
    }

    private func endDoubts() -> [PostLot] {
        let doubts = doubtfulBatches()
        let wanted = through < file.notes.count ? nil : Set(doubts.flatMap { $0.rows.map(\.keyHash) })
        guarded.load(book.journals(for: place)) { wanted?.contains($0) ?? true }
        var lots: [PostLot] = []
        for batch in doubts {
            var free: [MappedRow] = []
            for row in batch.rows {
                switch guarded.verdict(row, in: batch) {
                case .free where givenUp == nil: free.append(row)
                case .free: end(row, batch, .unknown, OutcomeDetail(reason: "in_doubt"))
                case .superseded(let by): end(row, batch, .superseded, OutcomeDetail(supersededBy: by))
                case .overtaken: end(row, batch, .unknown, OutcomeDetail(reason: "in_doubt"))
                }
            }
            for row in batch.rows { handed?.insert(row.row) }
            if !free.isEmpty {
                lots.append(PostLot(drop: drop, batch: batch, rows: free, postIDBase: base, isInDoubt: true))
            }
        }
        return lots
    }

    private func doubtfulBatches() -> [PostBatch] {
        var found: [PostBatch] = []
        var first = 1
        while first <= through {
            let batch = file.batch(from: first)
            let rows = batch.rows.filter { $0.row <= through && $0.problem < 0 && settled?.contains($0.row) != true }
            if !rows.isEmpty { found.append(batch.only(rows)) }
            first += file.chunk
        }
        return found
    }

    private func readChunk() {
        guard nextRow <= file.notes.count else {
            phase = .fed
            return
        }
        batch = file.batch(from: nextRow)
        nextRow += file.chunk
        rows = []
        for row in batch.rows where handed?.contains(row.row) != true {
            if row.problem >= 0 {
                let problem = batch.problems[row.problem]
                end(row, batch, .rejected, OutcomeDetail(reason: problem.reason, text: problem.text))
            } else {
                rows.append(row)
            }
        }
        at = 0
        known = -1
        phase = .rows
    }

    /// The next rows to be committed.
    private func nextRows() -> Bool {
        guard at < rows.count else {
            phase = .chunk
            return true
        }
        guard guarded.count == known else {
            known = guarded.count
            rows = stillFree(rows[at...])
            at = 0
            return true
        }
        if offered - answered > world.settings.window + 2 * lane.leadRows { return false }
        phase = .commit(min(rows.count, at + lane.leadRows))
        return true
    }

    /// It gets no turn any more: the rest was cancelled, or the program stops.
    private func giveUp() {
        guard let givenUp else {
            isComplete = false
            phase = .fed
            return
        }
        for row in rows[at...] { end(row, batch, .unsent, givenUp) }
        at = rows.count
    }

    private func stillFree(_ rows: ArraySlice<MappedRow>) -> [MappedRow] {
        guard !guarded.isEmpty else { return Array(rows) }
        var free: [MappedRow] = []
        for row in rows {
            switch guarded.verdict(row, in: batch) {
            case .free: free.append(row)
            case .superseded(let by): end(row, batch, .superseded, OutcomeDetail(supersededBy: by))
            case .overtaken(let by): end(row, batch, .unsent, OutcomeDetail(reason: "overtaken", text: "row \(by)"))
            }
        }
        return free
    }

    private func end(_ row: MappedRow, _ batch: PostBatch, _ outcome: PostOutcome, _ detail: OutcomeDetail) {
        var out = LineBuffer()
        lines.append(
            row, in: batch, outcome: outcome, detail: detail, settledAt: world.now.wall, to: &out)
        journal.bytes += out.bytes
        let id = RowID(drop: drop, row: row.row)
        world.tell("ended \(id) \(outcome.word) \(detail.reason) \(detail.supersededBy)")
        world.promise.settled(id, outcome)
    }
}

import PostboxCore

/// One drop from its first pass to its close, one step at a time: between any two the program may be killed. What is read,
/// committed, handed over and ended its `DeliveryMachine` says.
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
        case delivering(DeliveryMachine.Action)
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
    private var machine: DeliveryMachine
    private var guarded: WalkGuarded
    private var settled: RowSet?
    /// The first row that was not read yet.
    private var nextRow = 1
    /// Outcomes that are written down and not counted yet.
    private var written = 0
    /// No more outcomes come.
    private var hasAll = false
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
        machine = Self.machine(drop, record, settled: nil, program.lane)
        guarded = WalkGuarded(record.place, program.book)
        lines = ResultLines(
            drop: drop, destination: WalkWorld.destination, services: WalkWorld.services, hasLines: true)
    }

    private static func machine(
        _ drop: Int, _ record: PretendDisk.LedgerRow, settled: RowSet?, _ lane: WalkLane
    ) -> DeliveryMachine {
        let drop = DeliveryMachine.Drop(
            number: drop, rows: record.file.notes.count, postIDBase: record.base, settled: settled,
            postedThrough: record.through)
        return DeliveryMachine(drop, window: lane.world.settings.window, lead: lane.leadRows)
    }

    var end: End? {
        if case .over(let end) = phase { return end }
        return nil
    }

    /// Where it stands: for whoever looks at a life that is stuck.
    var words: String { "\(drop) at \(phase)" }

    // MARK: - The answering side

    /// Takes outcomes from the lane. False: there are none.
    func receive() -> Bool {
        if written > 0 {
            let left = machine.settled(written)
            written = 0
            if let left { leave(left) }
            return true
        }
        guard let runs = lane.nextOutcomes(of: drop) else {
            guard case .delivering = phase, !hasAll, lane.hasEnded(drop) else { return false }
            hasAll = true
            machine.stopped()
            return true
        }
        for run in runs {
            var out = LineBuffer()
            lines.append(run, to: &out)
            journal.bytes += out.bytes
            written += run.rows.count
        }
        return true
    }

    private func leave(_ action: DeliveryMachine.Action) {
        if action == .suspend { lane.suspend(drop) } else { lane.close(drop) }
    }

    private var journal: JournalFile {
        if let result = world.disk.work[drop]?.result { return result }
        let made = JournalFile()
        world.disk.work[drop]?.result = made
        return made
    }

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
            guard let record = world.disk.ledger[drop] else { return false }
            machine = Self.machine(drop, record, settled: settled, lane)
            machine.begin(
                presents: lane.awaitsDoubts(of: drop), wasOvertaken: book.drops.wasOvertaken(place), newerRows: 0,
                wanted: nil
            )
            phase = .delivering(machine.next())
        case .delivering(let action):
            guard deliver(action) else { return false }
            if case .delivering = phase { phase = .delivering(machine.next()) }
        case .interrupt:
            journal.sync()
            lane.close(drop)
            phase = .over(.interrupted)
        case .finish:
            journal.sync()
            phase = .settle
        case .settle:
            book.drops.settled(place)
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
        case .over:
            return false
        }
        return true
    }

    /// Does what the machine wants. False: it has to wait.
    private func deliver(_ action: DeliveryMachine.Action) -> Bool {
        switch action {
        case .findDoubts:
            machine.foundDoubts(doubtfulBatches())
        case .loadNewer(let wanted):
            guarded.load(book.drops.journals(for: place)) { wanted?.contains($0) ?? true }
            machine.loaded(newerRows: guarded.count)
        case .loadOvertakers(let drops, let wanted):
            world.tell("overtaken \(drop) by \(drops.map(\.drop))")
            guarded.load(drops, again: true) { wanted?.contains($0) ?? true }
            machine.loaded(newerRows: guarded.count)
        case .takeTurn:
            guard let turn = lane.turn(of: drop) else { return false }
            machine.turned(turn, givenUp: turn == .over ? lane.cancellation(of: drop) : nil)
        case .noteSending:
            book.drops.sends(place)
        case .read:
            if nextRow > file.notes.count {
                machine.readAll()
            } else {
                let batch = file.batch(from: nextRow)
                nextRow += file.chunk
                machine.read(batch, isLast: nextRow > file.notes.count)
            }
        case .judge(let rows, let batch):
            machine.judged(rows.map { guarded.verdict($0, in: batch) })
        case .end(let rows, let batch):
            for row in rows { end(row, batch) }
        case .waitUntilFew:
            return !machine.isWaiting
        case .askCommit(let rows, let isLast):
            guard let isAllowed = lane.mayCommit(drop, rows: rows, isLast: isLast) else { return false }
            machine.mayCommit(isAllowed)
        case .advance(let row, _):
            if !world.isCalm, world.settings.orders > 0, world.chance(world.settings.orders) {
                world.tell("the ledger refuses a change of \(drop)")
                machine.failed()
            } else {
                let through = max(committed, row)
                world.disk.ledger[drop]?.through = through
                machine.advanced()
            }
        case .present(let handovers):
            world.tell("present \(drop): \(handovers.flatMap { $0.rows.map(\.row) })")
            lane.present(handovers, of: place)
        case .offer(let handover, let committed):
            world.tell("offer \(drop): \(handover.rows.map(\.row))")
            machine.offered(lane.offer(handover, committed: committed))
        case .finishOffering:
            lane.finishOffering(drop)
        case .close, .suspend:
            leave(action)
        case .awaitAnswers:
            guard hasAll else { return false }
            machine.answersEnded(firstUntaken: lane.firstUntaken(of: drop))
        case .rewind(let row):
            let through = min(committed, row)
            world.disk.ledger[drop]?.through = through
        case .done(let end):
            if end == .faulty { lane.suspend(drop) }
            phase = end == .faulty ? .over(.fault) : end == .interrupted ? .interrupt : .finish
        case .begin:
            // Starts are counted for files that bring the program down: here it is killed.
            break
        case .endUnread:
            world.promise.fault("the file of \(drop) did not change")
        }
        return true
    }

    private var committed: Int { world.disk.ledger[drop]?.through ?? 0 }

    /// Its age counts from now on.
    var mayAge: Bool {
        switch phase {
        case .begin, .delivering: true
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

    private func end(_ end: RowEnd, _ batch: PostBatch) {
        var out = LineBuffer()
        lines.append(
            end.row, in: batch, outcome: end.outcome, detail: end.detail, settledAt: world.now.wall, to: &out)
        journal.bytes += out.bytes
        let id = RowID(drop: drop, row: end.row.row)
        world.tell("ended \(id) \(end.outcome.word) \(end.detail.reason) \(end.detail.supersededBy)")
        world.promise.settled(id, end.outcome)
    }
}

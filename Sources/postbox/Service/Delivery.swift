internal import Logging
internal import PostboxCore
internal import PostboxIO

/// The second pass for one destination: does what a `DeliveryMachine` wants done with the rows, and takes their outcomes into
/// the result file meanwhile.
struct Delivery: Sendable {
    let file: ClaimedFile
    let context: Context
    let drop: OpenDrop
    let lane: PostingLane
    let destination: String
    let target: DestinationMapper.Target
    let format: PriceFileFormat
    /// What the rule's values are made with.
    let sources: RowSources
    let digests: SourceFile.Digests
    let rows: Int
    /// Rows of these that do not count, and have no line; nil: all count.
    let skipped: RowSet?
    let base: UInt32
    /// Rows that an earlier run settled.
    let settled: RowSet?
    /// Rows up to this one may have been sent by an earlier run.
    let postedThrough: Int
    /// Rows that the server refused in an earlier run.
    let refused: Int
    /// Rows that are certainly not sent.
    let keptBack: [KeptBack]
    let results: ResultFile

    /// What is read while the rows are handed over.
    private struct Sources {
        let file: SourceFile
        /// What stands against sending rows.
        var guarded: Guarded
    }

    /// Does all of it. Throws on a fault of the disk or the ledger, when the answers to what was handed over are written down.
    func run(_ outcomes: OutcomeStream) async throws -> DeliveryMachine.End {
        let rowsOfDrop = DeliveryMachine.Drop(
            number: file.drop, rows: rows, postIDBase: base, settled: settled, postedThrough: postedThrough,
            nackLimit: file.rule.maxNacked.map {
                NackLimit($0, rows: rows - (skipped?.count ?? 0), refused: refused)
            },
            keptBack: keptBack, holdsOvertaken: file.snapshot.holdsOvertaken)
        let start = await lane.start(of: file.drop)
        let machine = SharedDelivery(
            DeliveryMachine(rowsOfDrop, window: lane.destination.window, lead: start.leadRows))
        await stopIfRefused(machine)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await receive(outcomes, machine, on: results) }
            var action: DeliveryMachine.Action
            var fault: (any Error)?
            do {
                action = try await handOver(machine, start)
            } catch {
                fault = error
                action = machine.next { $0.failed() }
            }
            while true {
                switch action {
                case .awaitAnswers:
                    try await group.waitForAll()
                    let untaken = machine.asksForUntaken ? await lane.firstUntaken(of: file.drop) : nil
                    action = machine.next { $0.answersEnded(firstUntaken: untaken) }
                case .done(let end):
                    if let fault { throw fault }
                    return end
                default:
                    try await leave(action)
                    action = machine.next()
                }
            }
        }
    }

    /// What is done when nothing more is handed over.
    private func leave(_ action: DeliveryMachine.Action) async throws {
        switch action {
        case .endUnread(let row, let ended, let detail):
            await BareRows(
                results: results, destination: destination, settled: ended, skipped: skipped,
                postedThrough: postedThrough, keptBack: keptBack
            ) { [progress = context.progress] in progress.add($0, at: $1) }
            .end(after: row, rows: rows, reason: detail.reason, text: detail.text)
        case .finishOffering: await lane.finishOffering(file.drop)
        case .close: await drop.leave(destination, keepsPlace: false)
        case .suspend: await drop.leave(destination, keepsPlace: true)
        case .rewind(let row):
            try await context.ledger.rewind(file.drop, destination: destination, to: row)
        default: preconditionFailure("rows are handed over before the lane is left: \(action)")
        }
    }

    /// Writes outcomes down as they come, until the last one or until the lane stops; on the result file's own thread, so that
    /// a batch of them changes threads once.
    private func receive(
        _ outcomes: OutcomeStream, _ machine: SharedDelivery, on results: isolated ResultFile
    ) async {
        var isNew = file.record != nil
        for await runs in outcomes {
            var counts = Progress.none
            for run in runs {
                for row in run.rows { counts[Int(row.outcome.rawValue)] += 1 }
            }
            let count = counts.reduce(0, +)
            let refused = file.rule.maxNacked == nil ? 0 : counts[Int(PostOutcome.nacked.rawValue)]
            await results.append(runs, of: destination)
            FailPoint.reach("outcomes_written")
            if isNew {
                isNew = false
                do {
                    try await context.ledger.progressed(file.drop)
                } catch {
                    context.logger.warning(
                        "\(Words.of(error))", metadata: ["event": .event(.ledgerFault), "drop": "\(file.drop)"])
                }
            }
            context.progress.add(counts, at: destination)
            drop.has(results.tally.outcomes)
            let left = machine.settled(count, refused: refused)
            if refused > 0 { await stopIfRefused(machine) }
            switch left {
            case .suspend: await drop.leave(destination, keepsPlace: true)
            case .some: await drop.leave(destination, keepsPlace: false)
            case nil: break
            }
        }
        machine.stopped()
    }

    /// Gives up what was not sent, at all destinations, where the server refused too many rows.
    private func stopIfRefused(_ machine: SharedDelivery) async {
        guard let stop = machine.takeStop(), await drop.giveUp(stop) else { return }
        context.alerts.send(
            Alert(
                event: .tooManyNacked, message: "\(file.name): the rest is not sent: \(stop.text)",
                facts: [
                    "drop": "\(file.drop)", "file": file.name, "destination": destination, "text": stop.text,
                ]
            ).of(rule: file.rule.match))
    }

    // MARK: - Rows

    /// Reads the file and hands its rows over. Returns what is to be done when that is through.
    private func handOver(
        _ machine: SharedDelivery, _ start: PostingLane.Start
    ) async throws -> DeliveryMachine.Action {
        let own = try await Correction(context: context, file: file).newerRowsOfOriginal(
            at: destination, services: start.services)
        let guarded = Guarded(
            file.place, destination: destination, services: start.services, book: context.guardBook, own: own,
            known: file.snapshot.known)
        do {
            let opened = try await context.disk.run { try open() }
            var sources = Sources(file: opened.file, guarded: guarded)
            let keys = opened.keys
            let wasOvertaken = context.guardBook.wasOvertaken(file.place)
            var action = try await run(
                machine.next {
                    $0.begin(
                        presents: start.awaitsDoubts, wasOvertaken: wasOvertaken, newerRows: guarded.count, wanted: keys
                    )
                }, machine, &sources)
            guard action == .read else { return action }
            let reading = try opened.reading.get()
            var upcoming = try reading.takeAhead()
            while let (batch, isLast) = upcoming {
                guard !isLast else {
                    action = try await run(machine.next { $0.read(batch, isLast: true) }, machine, &sources)
                    guard action == .read else { return action }
                    break
                }
                async let following = context.disk.run { try reading.next() }
                action = try await run(machine.next { $0.read(batch, isLast: false) }, machine, &sources)
                // What is wrong with the rest is the next start's business: not all of this batch was handed over.
                guard action == .read else { return action }
                upcoming = try await following
            }
            return machine.next { $0.readAll() }
        } catch let changed as SourceFile.Changed {
            return machine.next { $0.changed(changed.description) }
        }
    }

    /// What is read before the first row is handed over.
    private struct Opened: Sendable {
        let file: SourceFile
        /// RICs and services of a correction, by hash; nil: it is none.
        let keys: Set<UInt64>?
        /// The second pass, its first chunk read; or what stands against it.
        let reading: Result<SecondPass, any Error>
    }

    /// Waits for the disk once, which for a small file is all.
    private func open() throws -> Opened {
        let source = try file.source(format)
        let keys = !file.snapshot.isCorrection ? nil : try Correction.keys(pass, SecondReading(source, digests))
        let reading = Result {
            let reading = try SecondPass(pass, SecondReading(source, digests))
            reading.readAhead()
            return reading
        }
        return Opened(file: source, keys: keys, reading: reading)
    }

    /// Does what the machine wants until it wants to read on, or hands nothing more over.
    private func run(
        _ first: DeliveryMachine.Action, _ machine: SharedDelivery, _ sources: inout Sources
    ) async throws -> DeliveryMachine.Action {
        var action = first
        // As the lane said when it allowed a commit: that is asked for right before.
        var isNext = false
        while true {
            switch action {
            case .findDoubts:
                let found = try await context.disk.run { [source = sources.file] in try doubts(source) }
                action = machine.next { $0.foundDoubts(found) }
            case .loadNewer(let wanted):
                try await load(context.guardBook.journals(for: file.place), wanted: wanted, &sources)
                let count = sources.guarded.count
                action = machine.next { $0.loaded(newerRows: count) }
            case .loadOvertakers(let drops, let wanted):
                try await load(drops, again: true, wanted: wanted, &sources)
                let count = sources.guarded.count
                action = machine.next { $0.loaded(newerRows: count) }
            case .takeTurn:
                let answer = await lane.turn(of: file.drop)
                action = machine.next {
                    $0.set(lead: answer.leadRows)
                    $0.turned(answer.turn, givenUp: answer.turn == .over ? answer.cancellation : nil)
                }
            case .noteSending:
                context.guardBook.sends(file.place)
                action = machine.next()
            case .judge(let rows, let batch):
                let verdicts = try await context.disk.run { [guarded = sources.guarded] in
                    try rows.map { try guarded.verdict($0, in: batch) }
                }
                action = machine.next { $0.judged(verdicts) }
            case .end(let rows, let batch):
                await end(rows, batch)
                action = machine.next()
            case .waitUntilFew:
                await machine.waitUntilFew()
                action = machine.next()
            case .askCommit(let rows, let isLast):
                let answer = await lane.mayCommit(file.drop, rows: rows, isLast: isLast)
                isNext = answer.isNext
                action = machine.next { $0.mayCommit(answer.isAllowed) }
            case .begin:
                if await lane.isNext(file.drop) { try await context.ledger.begin(file.drop) }
                action = machine.next()
            case .advance(let row, let isFirst):
                try await context.ledger.advance(
                    file.drop, destination: destination, through: row, isFirst: isFirst && isNext)
                FailPoint.reach("advanced")
                action = machine.next { $0.advanced() }
            case .present(let handovers):
                await lane.present(handovers, of: file.place)
                action = machine.next()
            case .offer(let handover, let committed):
                let isTaken = await lane.offer(handover, committed: committed)
                if isTaken, !handover.isInDoubt { FailPoint.reach("offered") }
                action = machine.next { $0.offered(isTaken) }
            case .read, .endUnread, .finishOffering, .close, .suspend, .awaitAnswers, .rewind, .done:
                return action
            }
        }
    }

    private var pass: PriceFilePass {
        PriceFilePass(rule: file.snapshot.rule, format: format, target: target, sources: sources)
    }

    /// Reads what newer drops had accepted of the wanted RICs and services, by hash; nil: of all.
    private func load(
        _ drops: [DropPlace], again: Bool = false, wanted: Set<UInt64>?, _ sources: inout Sources
    ) async throws {
        sources.guarded = try await context.disk.run { [guarded = sources.guarded] in
            var guarded = guarded
            try guarded.load(drops, again: again) { wanted?.contains($0) ?? true }
            return guarded
        }
    }

    /// The rows in doubt alone, chunk by chunk. Waits for the disk.
    private func doubts(_ source: SourceFile) throws -> [PostBatch] {
        var found: [PostBatch] = []
        let pass = self.pass
        let reading = try SecondReading(source, digests)
        while pass.rowCount < postedThrough, let (chunk, isLast) = try reading.next() {
            let mapped = try pass.mapped(chunk, isLast: isLast)
            let rows = mapped.rows.filter {
                $0.row <= postedThrough && $0.problem < 0 && settled?.contains($0.row) != true
                    && !isKeptBack($0.row)
            }
            if !rows.isEmpty { found.append(mapped.only(rows)) }
        }
        if !found.isEmpty {
            context.logger.warning(
                "rows are in doubt from an earlier run",
                metadata: [
                    "event": .event(.recoveredInDoubt), "rows": "\(found.reduce(0) { $0 + $1.rows.count })",
                    "destination": "\(destination)", "drop": "\(file.drop)", "file": "\(file.name)",
                ])
        }
        return found
    }

    private func isKeptBack(_ row: Int) -> Bool { keptBack.contains { $0.rows.contains(row) } }

    private func end(_ rows: [RowEnd], _ batch: PostBatch) async {
        await results.append(rows, in: batch, of: destination, at: Clock.wall(), postIDBase: base)
        context.progress.add(Progress.counts(rows), at: destination)
    }
}

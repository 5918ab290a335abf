internal import Logging
internal import PostboxCore
internal import PostboxIO

/// The second pass for one destination: the rows go to its lane, the outcomes into the result file.
struct Feed: Sendable {
    struct Result: Sendable {
        /// Every row has its outcome at this destination.
        var isComplete: Bool
        /// The file was no longer the one that was read first.
        var changed: String?
    }

    let file: ClaimedFile
    let context: Context
    let lane: PostingLane
    let destination: String
    let target: PriceFilePass.Target
    let format: PriceFileFormat
    let digests: SourceFile.Digests
    let rows: Int
    let base: UInt32
    /// Rows that an earlier run settled.
    let settled: RowSet?
    /// Rows up to this one may have been sent by an earlier run.
    let postedThrough: Int
    /// What stands against sending rows in doubt again.
    let guarded: StaleGuard
    let results: ResultFile
    /// Nothing more is sent: why.
    let givenUp: OutcomeDetail?

    func run(_ path: String, _ outcomes: AsyncStream<[SettledRun]>) async throws -> Result {
        let tally = Tally()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await receive(outcomes, tally) }
            var result = Result(isComplete: false)
            var fault: (any Error)?
            do {
                result = try await feed(path, tally)
            } catch {
                fault = error
            }
            if tally.complete(isFaulty: fault != nil) {
                await leave(tally)
            } else if fault == nil {
                await lane.finishOffering(file.drop)
            }
            try await group.waitForAll()
            if let fault { throw fault }
            if tally.lost > 0 { result.isComplete = false }
            if !result.isComplete, let first = await lane.firstUntaken(of: file.drop) {
                try await context.ledger.rewind(file.drop, destination: destination, to: first - 1)
            }
            return result
        }
    }

    /// Every row that was offered is settled. After a fault the drop keeps its place: the rest follows before newer drops do.
    private func leave(_ tally: Tally) async {
        if tally.isFaulty {
            await lane.suspend(drop: file.drop)
        } else {
            await lane.close(drop: file.drop)
        }
    }

    /// Writes outcomes down as they come, until the last one or until the lane stops.
    private func receive(_ outcomes: AsyncStream<[SettledRun]>, _ tally: Tally) async {
        var isNew = file.record != nil
        for await runs in outcomes {
            var count = 0
            var acked = 0
            for run in runs {
                count += run.rows.count
                acked += run.rows.reduce(0) { $0 + ($1.outcome.isGood ? 1 : 0) }
            }
            await results.append(runs, of: destination)
            FailPoint.reach("outcomes_written")
            if isNew {
                isNew = false
                do {
                    try await context.ledger.progressed(file.drop)
                } catch {
                    context.logger.warning("\(error)", metadata: ["event": "ledger_fault", "drop": "\(file.drop)"])
                }
            }
            context.progress.add(settled: count, acked: acked, bad: count - acked)
            if tally.settled(count) { await leave(tally) }
        }
        tally.stop()
    }

    private func feed(_ path: String, _ tally: Tally) async throws -> Result {
        var givenUp = givenUp
        var handled = 0
        var isInterrupted = false
        do {
            let source = try SourceFile(path: path)
            let pass = PriceFilePass(rule: file.snapshot.rule, format: format, target: target)
            let reading = try SecondReading(source, digests)
            while !isInterrupted, let (chunk, isLast) = try reading.next() {
                let mapped = try pass.mapped(chunk, isLast: isLast)
                isInterrupted = try await !hand(mapped, tally, &givenUp)
                handled = mapped.rows.last?.row ?? handled
            }
        } catch let changed as SourceFile.Changed {
            await endRest(after: handled, changed.description)
            return Result(isComplete: true, changed: changed.description)
        }
        return Result(isComplete: !isInterrupted)
    }

    /// Hands one batch's rows on. False: the program stops.
    private func hand(_ batch: PostBatch, _ tally: Tally, _ givenUp: inout OutcomeDetail?) async throws -> Bool {
        var ended: [(row: MappedRow, outcome: PostOutcome, detail: OutcomeDetail)] = []
        var doubts: [MappedRow] = []
        var fresh: [MappedRow] = []
        if settled == nil, batch.problems.isEmpty {
            fresh = batch.rows
        } else {
            for row in batch.rows where settled?.contains(row.row) != true {
                if row.problem >= 0 {
                    let problem = batch.problems[row.problem]
                    ended.append((row, .rejected, OutcomeDetail(reason: problem.reason, text: problem.text)))
                } else if row.row <= postedThrough {
                    switch guarded.verdict(row, in: batch, drop: file.drop) {
                    case .free where givenUp == nil: doubts.append(row)
                    case .free:
                        ended.append(
                            (
                                row, .unknown,
                                OutcomeDetail(reason: "in_doubt", text: "in flight when an earlier run ended")
                            ))
                    case .superseded(let by):
                        ended.append((row, .superseded, OutcomeDetail(supersededBy: by)))
                    case .overtaken(let by):
                        ended.append(
                            (
                                row, .unknown,
                                OutcomeDetail(
                                    reason: "in_doubt",
                                    text: "in flight when an earlier run ended, and row \(by) was accepted since")
                            ))
                    }
                } else {
                    fresh.append(row)
                }
            }
        }
        await end(ended, batch)
        if !doubts.isEmpty {
            guard await lane.turn(of: file.drop) else {
                guard let reason = await lane.cancellation(of: file.drop) else { return false }
                givenUp = reason
                await end(doubts.map { ($0, .unknown, OutcomeDetail(reason: "in_doubt", text: reason.text)) }, batch)
                doubts = []
                return try await hand(fresh: fresh, batch, tally, &givenUp)
            }
            try await context.ledger.begin(file.drop)
            tally.offered(doubts.count)
            await lane.offer(
                PostLot(drop: file.drop, batch: batch, rows: doubts, postIDBase: base, isInDoubt: true))
        }
        return try await hand(fresh: fresh, batch, tally, &givenUp)
    }

    /// Rows that were never sent: committed ahead of the send path, a lead at a time.
    private func hand(
        fresh rows: [MappedRow], _ batch: PostBatch, _ tally: Tally, _ givenUp: inout OutcomeDetail?
    ) async throws -> Bool {
        var at = 0
        var isFirst = rows.first?.row == 1
        while at < rows.count {
            if let givenUp {
                await end(rows[at...].map { ($0, .unsent, givenUp) }, batch)
                return true
            }
            let next = min(rows.count, at + lane.leadRows)
            await tally.wait(untilOpen: lane.destination.window + 4 * lane.leadRows)
            guard await lane.turn(of: file.drop) else {
                guard let reason = await lane.cancellation(of: file.drop) else { return false }
                givenUp = reason
                continue
            }
            try await context.ledger.advance(
                file.drop, destination: destination, through: rows[next - 1].row, isFirst: isFirst)
            isFirst = false
            FailPoint.reach("advanced")
            tally.offered(next - at)
            let slice = at == 0 && next == rows.count ? rows : Array(rows[at..<next])
            await lane.offer(PostLot(drop: file.drop, batch: batch, rows: slice, postIDBase: base))
            FailPoint.reach("offered")
            at = next
        }
        return true
    }

    private func end(
        _ rows: [(row: MappedRow, outcome: PostOutcome, detail: OutcomeDetail)], _ batch: PostBatch
    ) async {
        guard !rows.isEmpty else { return }
        await results.append(rows, in: batch, of: destination, at: Clock.wall())
        context.progress.add(settled: rows.count, acked: 0, bad: rows.count)
    }

    /// Rows that can no longer be read: what may have been sent is unknown, the rest was never sent.
    private func endRest(after handled: Int, _ text: String) async {
        await BareRows(results: results, destination: destination, settled: settled, postedThrough: postedThrough)
            .end(after: handled, rows: rows, reason: "changed_while_read", text: text)
    }
}

/// Result lines for rows of which nothing but the number is known.
struct BareRows: Sendable {
    let results: ResultFile
    let destination: String
    let settled: RowSet?
    let postedThrough: Int

    func end(after handled: Int, rows: Int, reason: String, text: String) async {
        var batch: [(row: MappedRow, outcome: PostOutcome, detail: OutcomeDetail)] = []
        guard handled < rows else { return }
        for number in handled + 1...rows where settled?.contains(number) != true {
            let row = MappedRow(
                row: number, line: 0, post: .update, service: -1, ricStart: 0, ricLength: 0, fieldsStart: 0,
                fieldsLength: 0, keyHash: 0)
            batch.append((row, number <= postedThrough ? .unknown : .unsent, OutcomeDetail(reason: reason, text: text)))
            if batch.count == 4096 {
                await results.append(batch, in: PostBatch(), of: destination, at: Clock.wall())
                batch = []
            }
        }
        await results.append(batch, in: PostBatch(), of: destination, at: Clock.wall())
    }
}

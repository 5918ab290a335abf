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
        /// The first row that was committed as sent and never handed over; nil: there is none.
        var notOffered: Int?
    }

    let file: ClaimedFile
    let context: Context
    let lane: PostingLane
    let destination: String
    let target: DestinationMapper.Target
    let format: PriceFileFormat
    let digests: SourceFile.Digests
    let rows: Int
    let base: UInt32
    /// Rows that an earlier run settled.
    let settled: RowSet?
    /// Rows up to this one may have been sent by an earlier run.
    let postedThrough: Int
    let results: ResultFile

    /// What changes while the rows are handed over.
    private struct Way {
        /// What stands against sending rows.
        var guarded: Guarded
        /// RICs and services of a correction, by hash; nil: any. Of what it is held against, others are of no interest.
        var keys: Set<UInt64>?
        /// Nothing more is sent: why.
        var givenUp: OutcomeDetail?
        /// Rows that are settled, and those in doubt that were handed over.
        var handed: RowSet?
        /// The first row that was committed as sent and never handed over.
        var notOffered: Int?
    }

    func run(_ path: String, _ outcomes: OutcomeStream) async throws -> Result {
        let tally = Tally()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await receive(outcomes, tally, on: results) }
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
            let untaken = await lane.firstUntaken(of: file.drop)
            if !result.isComplete, let first = [untaken, result.notOffered].compactMap({ $0 }).min() {
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

    /// Writes outcomes down as they come, until the last one or until the lane stops; on the result file's own thread, so that
    /// a batch of them changes threads once.
    private func receive(
        _ outcomes: OutcomeStream, _ tally: Tally, on results: isolated ResultFile
    ) async {
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
                    context.logger.warning(
                        "\(Words.of(error))", metadata: ["event": "ledger_fault", "drop": "\(file.drop)"])
                }
            }
            context.progress.add(settled: count, acked: acked, bad: count - acked)
            if tally.settled(count) { await leave(tally) }
        }
        tally.stop()
    }

    private func feed(_ path: String, _ tally: Tally) async throws -> Result {
        var handled = 0
        var isInterrupted = false
        var way = Way(
            guarded: Guarded(
                file.place, destination: destination, services: await lane.serviceNames(), book: context.guardBook),
            handed: postedThrough > 0 ? settled ?? RowSet(rows: rows) : settled)
        way.guarded.own = try Correction(context: context, file: file).newerRowsOfOriginal(
            at: destination, services: await lane.serviceNames())
        do {
            let source = try SourceFile(path: path, chunkBytes: format.traits.chunkBytes)
            if file.snapshot.original != nil {
                way.keys = try Correction.keys(
                    PriceFilePass(rule: file.snapshot.rule, format: format, target: target),
                    SecondReading(source, digests))
            }
            if await lane.awaitsDoubts(of: file.drop) || postedThrough > 0 {
                guard try await handDoubts(try doubts(source), tally, &way) else { return Result(isComplete: false) }
            } else if context.guardBook.wasOvertaken(file.place) {
                let keys = way.keys
                try way.guarded.load(context.guardBook.journals(for: file.place)) { keys?.contains($0) ?? true }
            }
            let reading = try SecondPass(
                PriceFilePass(rule: file.snapshot.rule, format: format, target: target),
                SecondReading(source, digests))
            var upcoming = try await reading.next()
            while let (mapped, isLast) = upcoming {
                async let following = reading.next()
                isInterrupted = try await !hand(mapped, isLast: isLast, tally, &way)
                // What is wrong with the rest is the next start's business: not all of this batch was handed over.
                if isInterrupted { break }
                handled = mapped.rows.last?.row ?? handled
                upcoming = try await following
            }
        } catch let changed as SourceFile.Changed {
            await endRest(after: handled, way.handed, changed.description)
            return Result(isComplete: true, changed: changed.description)
        }
        return Result(isComplete: !isInterrupted, notOffered: way.notOffered)
    }

    // MARK: - What an earlier run may have sent

    /// The rows in doubt alone, chunk by chunk.
    private func doubts(_ source: SourceFile) throws -> [PostBatch] {
        var found: [PostBatch] = []
        let pass = PriceFilePass(rule: file.snapshot.rule, format: format, target: target)
        let reading = try SecondReading(source, digests)
        while pass.rowCount < postedThrough, let (chunk, isLast) = try reading.next() {
            let mapped = try pass.mapped(chunk, isLast: isLast)
            let rows = mapped.rows.filter {
                $0.row <= postedThrough && $0.problem < 0 && settled?.contains($0.row) != true
            }
            if !rows.isEmpty { found.append(mapped.only(rows)) }
        }
        return found
    }

    /// Hands the rows in doubt over. False: the program stops.
    private func handDoubts(_ batches: [PostBatch], _ tally: Tally, _ way: inout Way) async throws -> Bool {
        if !batches.isEmpty {
            context.logger.warning(
                "rows are in doubt from an earlier run",
                metadata: [
                    "event": "recovered_in_doubt", "rows": "\(batches.reduce(0) { $0 + $1.rows.count })",
                    "destination": "\(destination)", "drop": "\(file.drop)", "file": "\(file.name)",
                ])
        }
        let turn = try await turn(&way)
        if case .over = turn, way.givenUp == nil { return false }
        // Rows that were never sent may have been overtaken, too.
        let wanted = postedThrough < rows ? way.keys : Set(batches.flatMap { $0.rows.map(\.keyHash) })
        try way.guarded.load(context.guardBook.journals(for: file.place)) { wanted?.contains($0) ?? true }
        var lots: [PostLot] = []
        for batch in batches {
            var free: [MappedRow] = []
            var ended: [Ended] = []
            for row in batch.rows {
                switch try way.guarded.verdict(row, in: batch) {
                case .free where way.givenUp == nil:
                    free.append(row)
                case .free:
                    ended.append((row, .unknown, Self.inDoubt()))
                case .superseded(let by):
                    let detail = OutcomeDetail(reason: OutcomeDetail.mayHaveBeenSent, supersededBy: by)
                    ended.append((row, .superseded, detail))
                case .overtaken(let by):
                    ended.append((row, .unknown, Self.inDoubt(", and row \(by) was accepted since")))
                }
            }
            await end(ended, batch)
            if !free.isEmpty {
                lots.append(
                    PostLot(drop: file.drop, batch: batch, rows: free, postIDBase: base, isInDoubt: true))
            }
        }
        if !lots.isEmpty {
            // Of many that present their rows only the one that goes first can be what brings the program down.
            if await lane.isNext(file.drop) { try await context.ledger.begin(file.drop) }
            tally.offered(lots.reduce(0) { $0 + $1.rows.count })
        }
        if turn == .present {
            await lane.present(lots, of: file.place)
        } else {
            for lot in lots { await lane.offer(lot) }
        }
        for batch in batches {
            for row in batch.rows { way.handed?.insert(row.row) }
        }
        return true
    }

    private static func inDoubt(_ more: String = "") -> OutcomeDetail {
        OutcomeDetail(reason: "in_doubt", text: "in flight when an earlier run ended" + more)
    }

    // MARK: - What was never sent

    /// Waits for the drop's turn: `go`, `present`, or `over`. Overtaken, it learns first what stands against its rows; given up,
    /// it learns why.
    private func turn(_ way: inout Way) async throws -> LaneOrder.Turn {
        while true {
            let turn = await lane.turn(of: file.drop)
            switch turn {
            case .go, .present, .wait:
                context.guardBook.sends(file.place)
                return turn
            case .overtaken(let drops):
                let keys = way.keys
                try way.guarded.load(drops, again: true) { keys?.contains($0) ?? true }
            case .over:
                way.givenUp = await lane.cancellation(of: file.drop)
                return turn
            }
        }
    }

    /// Hands one batch's rows on. False: the program stops.
    private func hand(
        _ batch: PostBatch, isLast: Bool, _ tally: Tally, _ way: inout Way
    ) async throws -> Bool {
        guard way.handed != nil || !batch.problems.isEmpty else {
            return try await hand(fresh: batch.rows, batch, isLast: isLast, tally, &way)
        }
        var ended: [Ended] = []
        var fresh: [MappedRow] = []
        for row in batch.rows where way.handed?.contains(row.row) != true {
            if row.problem >= 0 {
                let problem = batch.problems[row.problem]
                ended.append((row, .rejected, OutcomeDetail(reason: problem.reason, text: problem.text)))
            } else {
                fresh.append(row)
            }
        }
        await end(ended, batch)
        return try await hand(fresh: fresh, batch, isLast: isLast, tally, &way)
    }

    /// Rows that were never sent: committed ahead of the send path, a lead at a time.
    private func hand(
        fresh rows: [MappedRow], _ batch: PostBatch, isLast: Bool, _ tally: Tally, _ way: inout Way
    ) async throws -> Bool {
        var rows = rows
        var known = -1
        var at = 0
        var isFirst = rows.first?.row == 1
        while at < rows.count {
            if way.guarded.count != known {
                known = way.guarded.count
                rows = try await stillFree(rows[at...], batch, way.guarded)
                at = 0
                continue
            }
            let lead = await lane.leadRows
            await tally.wait(untilOpen: lane.destination.window + 2 * lead)
            let next = min(rows.count, at + lead)
            let isEnd = isLast && next == rows.count
            guard await lane.mayCommit(file.drop, rows: next - at, isLast: isEnd) else {
                if case .over = try await turn(&way) {
                    guard let givenUp = way.givenUp else { return false }
                    await end(rows[at...].map { ($0, .unsent, givenUp) }, batch)
                    return true
                }
                continue
            }
            // A drop that only waits for its turn is not blamed for a crash.
            let isBegun = isFirst ? await lane.isNext(file.drop) : false
            try await context.ledger.advance(
                file.drop, destination: destination, through: rows[next - 1].row, isFirst: isBegun)
            isFirst = false
            FailPoint.reach("advanced")
            if case .over = try await turn(&way) {
                guard let givenUp = way.givenUp else {
                    way.notOffered = rows[at].row
                    return false
                }
                await end(rows[at...].map { ($0, .unsent, givenUp) }, batch)
                return true
            }
            var slice = at == 0 && next == rows.count ? rows : Array(rows[at..<next])
            if way.guarded.count != known { slice = try await stillFree(slice[...], batch, way.guarded) }
            tally.offered(slice.count)
            let lot = PostLot(drop: file.drop, batch: batch, rows: slice, postIDBase: base)
            guard await lane.offer(lot, committed: next - at) else {
                tally.offered(-slice.count)
                way.notOffered = slice.first?.row
                return false
            }
            FailPoint.reach("offered")
            at = next
        }
        return true
    }

    /// The rows that nothing newer stands against; the others end here.
    private func stillFree(
        _ rows: ArraySlice<MappedRow>, _ batch: PostBatch, _ guarded: Guarded
    ) async throws -> [MappedRow] {
        guard !guarded.isEmpty else { return Array(rows) }
        var free: [MappedRow] = []
        var ended: [Ended] = []
        for row in rows {
            switch try guarded.verdict(row, in: batch) {
            case .free: free.append(row)
            case .superseded(let by):
                ended.append((row, .superseded, OutcomeDetail(reason: OutcomeDetail.neverSent, supersededBy: by)))
            case .overtaken(let by):
                ended.append(
                    (
                        row, .unsent,
                        OutcomeDetail(
                            reason: "overtaken",
                            text: "row \(by), which is newer, was accepted before this one was sent")
                    ))
            }
        }
        await end(ended, batch)
        return free
    }

    private typealias Ended = (row: MappedRow, outcome: PostOutcome, detail: OutcomeDetail)

    private func end(_ rows: [Ended], _ batch: PostBatch) async {
        guard !rows.isEmpty else { return }
        await results.append(rows, in: batch, of: destination, at: Clock.wall(), postIDBase: base)
        let good = rows.reduce(0) { $0 + ($1.outcome.isGood ? 1 : 0) }
        context.progress.add(settled: rows.count, acked: good, bad: rows.count - good)
    }

    /// Rows that can no longer be read: what may have been sent is unknown, the rest was never sent.
    private func endRest(after handled: Int, _ handed: RowSet?, _ text: String) async {
        await BareRows(results: results, destination: destination, settled: handed, postedThrough: postedThrough)
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

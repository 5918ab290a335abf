internal import Logging
internal import PostboxCore
internal import PostboxIO

/// The end of a file, from its last row's outcome to where it lies when it is closed.
struct FileEnding: Sendable {
    let file: ClaimedFile
    let context: Context
    let drop: OpenDrop
    private let report: FileReport

    init(_ file: ClaimedFile, _ drop: OpenDrop, in context: Context, _ logger: Logger) {
        self.file = file
        self.context = context
        self.drop = drop
        report = FileReport(file: file, context: context, logger: logger)
    }

    /// Nothing of it is sent. `read`: its rows get their lines: rejected, or unsent; nil: there are none to be had. Throws on a
    /// fault of disk or ledger, as all of these.
    func refuse(_ why: FileTrouble, read: (source: SourceFile, plan: FilePlan)? = nil) async throws -> ContributionEnd {
        let results = try await fresh(
            rows: read?.plan.rows ?? 0, skipped: read?.plan.skipped, hasLines: read?.plan.hasLines ?? true)
        var ended: [String: [Int]] = [:]
        if let read {
            for (name, target) in zip(file.rule.destinations, read.plan.targets) {
                let reading = SecondPass(
                    PriceFilePass(
                        rule: file.rule, format: read.plan.format, target: target, sources: read.plan.sources),
                    try SecondReading(read.source, read.plan.digests))
                while let (mapped, _) = try await context.disk.run({ try reading.next() }) {
                    let rows = mapped.rows.map { row in
                        guard row.problem >= 0 else { return RowEnd(row, .unsent, why.detail) }
                        let problem = mapped.problems[row.problem]
                        return RowEnd(row, .rejected, OutcomeDetail(reason: problem.reason, text: problem.text))
                    }
                    await results.append(rows, in: mapped, of: name, at: Clock.wall())
                    let counts = Progress.counts(rows)
                    ended[name] = ended[name].map { before in zip(before, counts).map { $0 + $1 } } ?? counts
                }
            }
        }
        let end = try await close(.refused(why), results, source: read?.source, plan: read?.plan)
        // After a fault of the disk the rows end again: they are counted once.
        for (name, counts) in ended { context.progress.add(unexpected: counts, at: name) }
        return end
    }

    /// It has no rows, and may have none.
    func closeEmpty(_ source: SourceFile?, _ plan: FilePlan?) async throws -> ContributionEnd {
        let results = try await fresh(rows: 0, hasLines: plan?.hasLines ?? true)
        return try await close(.posted(nil), results, source: source, plan: plan)
    }

    private func fresh(rows: Int, skipped: RowSet? = nil, hasLines: Bool) async throws -> ResultFile {
        try await Recovered(rows: rows, skipped: skipped, destinations: file.rule.destinations)
            .resultFile(of: file, hasLines: hasLines, in: context)
    }

    /// The file is gone or no longer the one that was read: rows without a line are unknown or unsent, by their numbers.
    /// `source`: it is there, and the one that was read if its digest says so; it is only that nobody posts it any more.
    func endBare(_ record: DropRecord, _ why: FileTrouble, source: SourceFile?) async throws -> ContributionEnd {
        let skipped = try await context.disk.run { [file] in try file.skippedRows() }
        let recovered = try await Recovered.find(file, rows: record.rows, skipped: skipped, on: context.disk)
        let results = try await recovered.resultFile(of: file, hasLines: true, in: context)
        var plan = FilePlan(record, skipped: skipped, format: file.format ?? .csv)
        plan.heldRows = try await context.disk.run { [file] in try file.heldRows() }
        for name in file.rule.destinations {
            await BareRows(
                results: results, destination: name, settled: recovered.settled(at: name), skipped: skipped,
                postedThrough: record.postings.first { $0.destination == name }?.postedThrough ?? 0,
                keptBack: plan.keptBack(at: name)
            ) { [progress = context.progress] in progress.add(unexpected: $0, at: $1) }
            .end(after: 0, rows: record.rows, reason: why.reason.word, text: why.text)
        }
        var known: SourceFile?
        if let source, try await context.disk.run({ [file] in try file.digest() }) == record.sha256 { known = source }
        return try await close(
            .posted(why), results, source: known, plan: plan)
    }

    /// Every row has its outcome.
    ///
    /// - Parameters:
    ///   - course: How the file came to its end.
    ///   - source: The file that was read; nil: its rows are no longer to be had.
    ///   - plan: What was read; nil: nothing.
    ///   - readsBack: What destinations store of the rows is read back first, where they say so.
    func close(
        _ course: FileFate.Course, _ results: ResultFile, source: SourceFile?, plan: FilePlan?, readsBack: Bool = false
    ) async throws -> ContributionEnd {
        var seen: ReadBack.Seen?
        if readsBack, let readBack = ReadBack(file, drop, in: context), await results.tally.outcomes[.acked] > 0 {
            if file.record?.stage != .verifying { try await beginReadingBack(course, results, plan) }
            drop.isReadingBack()
            switch try await readBack.run() {
            case .stopped: return .interrupted
            case .seen(let all): seen = all
            }
            FailPoint.reach("read_back")
        }
        let facts = try await report.facts(plan: plan, isGivenUp: drop.givenUp != nil)
        let completed = try await complete(course, facts, seen, source: source, plan: plan, on: results)
        FailPoint.reach("result_complete")
        try await settle(completed)
        FailPoint.reach("settled")
        try await MadeDrops(context: context).place(completed.made)
        for drop in completed.made {
            if let hold = drop.hold {
                context.alerts.send(.held(drop.name, drop: drop.number, of: drop.snapshot.rule, hold))
            }
        }
        try await Closing(context: context).finish(
            file.place, file.moved(isReadBack: seen?.hasLines == true), directory: file.directory,
            folder: completed.folder, target: completed.target, summary: nil)
        let summary = completed.summary
        report.say(
            completed.fate, outcomes: summary.outcomes, reasons: summary.outcomes.reasons,
            rowsPerSecond: summary.rowsPerSecond > 0 ? summary.rowsPerSecond : nil,
            path: completed.folder + "/" + completed.target)
        return .closed(
            completed.fate.verdict, unknown: summary.outcomes[.unknown], isHeldInPart: !completed.made.isEmpty)
    }

    /// From here on nothing of it is sent any more, whatever happens. What only its reading has told is kept: it is not read again.
    private func beginReadingBack(
        _ course: FileFate.Course, _ results: ResultFile, _ plan: FilePlan?
    ) async throws {
        await results.sync()
        var note = ReadBackNote(warned: file.rule.mayWarn ? plan?.warned : nil)
        if case .posted(let why) = course { note.trouble = why }
        // A good file stays one, and one that is read back differently is still partial.
        let verdict = FileFate(course, outcomes: await results.tally.outcomes, tolerate: file.rule.tolerate).verdict
        try await context.disk.run { try keepLayout(of: plan, after: verdict) }
        try await context.ledger.verify(file.drop, note)
        FailPoint.reach("verifying")
    }

    /// What a file comes to, and where it goes.
    private struct Completed: Sendable {
        var fate: FileFate
        var summary: FileSummary
        /// The summary as it is written.
        var bytes: [UInt8]
        /// Of the result, in hexadecimal digits.
        var resultSHA256: String
        var folder: String
        /// The name that the file gets there; kept for it.
        var target: String
        /// Drops of the rows that are held.
        var made: [MadeDrop]
    }

    /// Writes down what came of the file, durably, beside it; on the result file's own thread, so that the drop changes threads
    /// once for it.
    private func complete(
        _ course: FileFate.Course, _ facts: FileReport.Facts, _ seen: ReadBack.Seen?, source: SourceFile?,
        plan: FilePlan?, on results: isolated ResultFile
    ) async throws -> Completed {
        var fate = FileFate(course, outcomes: results.tally.outcomes, tolerate: file.rule.tolerate)
        let bad = fate.verdict == .done ? [:] : results.tally.bad
        // Else there is nothing to be written, and nothing that an earlier try may have written.
        if file.record != nil || bad.values.contains(where: { $0.count > 0 }) {
            let written = try await context.disk.run { try writeRejects(bad, of: source, plan) }
            let numbers = written.compactMapValues { file.snapshot.originalNumbers(of: $0) }
            if !numbers.isEmpty { try await context.ledger.note(file.drop, rejected: numbers) }
        }
        if listsSkipped {
            try await context.disk.run { try listSkipped(of: source, plan) }
            FailPoint.reach("skipped_listed")
        }
        FailPoint.reach("rejects_written")
        var hasIncidents = false
        if IncidentWriter.isWanted(of: file.snapshot) {
            hasIncidents = try await IncidentWriter(file: file, context: context).write()
            FailPoint.reach("incidents_written")
        }
        let made = try await HeldRowsWriter(file: file, context: context).write(results.tally.held, of: source, plan)
        if !made.isEmpty { FailPoint.reach("held_written") }
        if let seen { fate.readBack(seen.counts) }
        let verdict = fate.verdict
        // Of one that was read back it is kept already.
        if seen == nil { try await context.disk.run { try keepLayout(of: plan, after: verdict) } }
        var summary = report.summary(of: fate, facts, plan: plan, source: source, results: results)
        if let seen { seen.tell(&summary) }
        let heldRows = results.tally.held.values.reduce(0) { $0 + $1.count }
        if heldRows > 0, made.isEmpty {
            summary.warnings.append(
                "no drop holds the rows that ended `held` (\(heldRows)): the file is gone or was changed, so that their bytes are not to be had; the result has their values"
            )
        }
        summary.heldAs = made.map {
            FileSummary.HeldPart(
                drop: $0.number, destinations: $0.snapshot.rule.destinations, rows: $0.hold?.rows ?? 0)
        }
        let folder = folder(for: fate.verdict)
        let bytes = Array(summary.json.utf8)
        let part = file.directory + "/" + FileMover.Part.summary
        try FileMover().write(bytes, to: part, mode: try file.mode(), syncing: false)
        FailPoint.reach("summary_written")
        let companions = CompanionFiles(in: file.directory, known: file.companions)
        let target = try context.folders.names.reserve(
            file.name, in: folder,
            suffixes: try companions.suffixes(of: file.name) + (listsSkipped ? [FileNames.skippedSuffix] : [])
                + (seen?.hasLines == true ? [FileNames.readBackSuffix] : [])
                + (hasIncidents ? [FileNames.incidentSuffix] : []))
        do {
            try await results.finish(with: [part] + (seen?.files ?? []), in: context.folders.syncs)
        } catch {
            context.folders.names.release(target, in: folder)
            throw error
        }
        return Completed(
            fate: fate, summary: summary, bytes: bytes, resultSHA256: results.sha256, folder: folder, target: target,
            made: made)
    }

    /// Verdict and target stand in the ledger from here on.
    private func settle(_ completed: Completed) async throws {
        let summary = completed.summary
        context.guardBook.settled(file.place)
        do {
            try await context.ledger.settle(
                file.drop, verdict: summary.verdict, folder: completed.folder, target: completed.target,
                summary: completed.bytes,
                size: summary.size, sha256: summary.sha256, rows: summary.rows, firstSentAt: summary.firstSentAt,
                isSent: summary.outcomes.hasSent(sentLines: summary.sent, presents: file.presents),
                made: completed.made,
                proof: SettledProof(
                    path: context.settings.directories.recordedPath(completed.folder + "/" + completed.target),
                    resultSHA256: completed.resultSHA256),
                at: summary.settledAt)
        } catch {
            // The next try is to get the same name.
            context.folders.names.release(completed.target, in: completed.folder)
            throw error
        }
    }

    /// It was settled before a fault: only its moves are left.
    func moveOn(_ record: DropRecord) async throws -> ContributionEnd {
        context.folders.names.keep(record.target, in: record.folder)
        context.guardBook.settled(file.place)
        try await MadeDrops(context: context).placeLeft(of: file.drop, removing: true)
        try await Closing(context: context).finish(
            file.place, file.moved(), directory: file.directory, folder: record.folder, target: record.target,
            summary: record.summary)
        let verdict = record.verdict ?? .failed
        let outcomes = FileSummary.outcomes(in: record.summary)
        report.say(
            FileFate(settledAs: verdict), outcomes: outcomes, reasons: FileSummary.reasons(in: record.summary),
            rowsPerSecond: nil, path: record.folder + "/" + record.target)
        return .closed(verdict, unknown: outcomes[.unknown], isHeldInPart: true)
    }

    /// A file for each destination at which rows were bad. None for a file that was changed so that its rows are no longer to be
    /// had; the result tells what became of them. Returns the rows that each has, by destination, where the rule takes `$row`. Waits for the
    /// disk.
    private func writeRejects(
        _ bad: [String: RowSet], of source: SourceFile?, _ plan: FilePlan?
    ) throws -> [String: RowSet] {
        var written: [String: RowSet] = [:]
        let isOne = file.rule.destinations.count == 1
        for name in file.rule.destinations {
            let path = file.directory + "/" + (isOne ? FileMover.Part.rejects : FileMover.Part.rejects(of: name))
            guard let source, let plan, let rows = bad[name], rows.count > 0 else {
                // An earlier try may have got as far as here, and some of its outcomes were lost since.
                if file.record != nil { try Disk.remove(path) }
                continue
            }
            do {
                let writer = RejectsWriter(rule: file.rule, format: plan.format, sources: plan.sources)
                try writer.write(rows, of: source, to: path, mode: try file.mode())
                if file.rule.takesRowNumbers { written[name] = try writer.rowsWritten(rows, of: source) }
            } catch is SourceFile.Changed, is FileProblem {
                try Disk.remove(path)
            }
            FailPoint.reach("rejects_of_one_written")
        }
        return written
    }

    /// Keeps what a good file looked like for those that come. Waits for the disk.
    private func keepLayout(of plan: FilePlan?, after verdict: Verdict) throws {
        guard let layout = plan?.layout, verdict == .done || verdict == .partial else { return }
        try LayoutFiles(state: context.settings.directories.state).keep(
            layout, ofRule: file.rule.match, drop: file.drop, file: file.name)
        FailPoint.reach("layout_kept")
    }

    private var listsSkipped: Bool { file.rule.shape?.listsSkipped == true }

    /// A line for each row that does not count. None for a file that is no longer the one that was read. Waits for the disk.
    private func listSkipped(of source: SourceFile?, _ plan: FilePlan?) throws {
        let path = file.directory + "/" + FileMover.Part.skipped
        guard let source, let plan, let target = plan.targets.first else {
            if file.record != nil { try Disk.remove(path) }
            return
        }
        do {
            try SkippedWriter(rule: file.rule, format: plan.format, sources: plan.sources, target: target).write(
                of: source, to: path, mode: try file.mode())
        } catch is SourceFile.Changed, is FileProblem {
            try Disk.remove(path)
        }
    }

    private func folder(for verdict: Verdict) -> String {
        let directories = context.settings.directories
        let base = verdict == .done ? directories.done : directories.failed
        return context.settings.archive == .day ? base + "/" + TimeText.day(Clock.wall()) : base
    }
}

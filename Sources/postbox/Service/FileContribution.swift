internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// One file from claim to close: finds out what `Admission` asks for, posts what nothing stands against, and hands over to
/// `FileEnding`.
struct FileContribution: Sendable {
    let file: ClaimedFile
    let context: Context
    let drop: OpenDrop
    private let admission: Admission
    private let ending: FileEnding
    private let logger: Logger

    init(file: ClaimedFile, context: Context, drop: OpenDrop) {
        self.file = file
        self.context = context
        self.drop = drop
        var logger = context.logger
        logger[metadataKey: "drop"] = "\(file.drop)"
        logger[metadataKey: "file"] = "\(file.name)"
        self.logger = logger
        admission = Admission(name: file.name, past: file.past, rule: file.rule)
        ending = FileEnding(file, drop, in: context, logger)
    }

    private var rule: MappingRule { file.rule }

    /// Does all of it; throws nothing: every end is a value.
    func run() async -> ContributionEnd {
        context.progress.beginFile()
        defer { context.progress.endFile() }
        let end: ContributionEnd
        do {
            end = try await contribute()
        } catch {
            // The desk is told once, the log of every try.
            if file.wasFaulty {
                logger.error("cannot go on yet: \(Words.of(error))", metadata: ["event": .event(.contributionFault)])
            } else {
                context.alerts.send(
                    Alert(
                        event: .contributionFault, message: "\(file.name) cannot go on: \(Words.of(error))",
                        facts: ["drop": "\(file.drop)", "file": file.name]
                    ).of(rule: file.rule.match))
            }
            end = .fault(Words.of(error))
        }
        if case .fault = end { await drop.leave(keepsPlace: true) } else { await drop.leave(keepsPlace: false) }
        return end
    }

    // MARK: - Whether it is posted

    /// What reading it has decided. `indirect`: what waits for its rows' outcomes holds one reference, and not the room of all of it.
    private indirect enum Decided {
        case ended(ContributionEnd)
        case goes(SourceFile, FilePlan)
    }

    private func contribute() async throws -> ContributionEnd {
        // One after the other: thousands of small files wait in the second, with nothing of the first behind them.
        switch try await decide() {
        case .ended(let end): return end
        case .goes(let source, let plan): return try await post(source, plan)
        }
    }

    private func decide() async throws -> Decided {
        if let record = file.record, record.stage == .verifying { return .ended(try await readBackAnew(record)) }
        if let refusal = file.record?.hold?.refusal { await drop.giveUp(refusal.detail) }
        if let end = judge(.claim(refusal: file.refusal.map(FileTrouble.init))) { return .ended(try await bring(end)) }
        // What tells no format is refused before anything is read.
        let format = file.format ?? .csv
        let reader: FirstPassReader
        do {
            reader = try await open(format)
        } catch let error as DiskError {
            guard error.code == ENOENT || error.code == EACCES || error.code == ELOOP else { throw error }
            return .ended(try await bring(admission.end(at: .cannotOpen(directory: file.directory, why: "\(error)"))))
        }
        let source = reader.source
        let opened = Admission.Finding.opened(
            isRegular: source.status.isRegular, hasFormat: file.format != nil, hasDestinations: hasAllLanes)
        if let end = judge(opened) { return .ended(try await bring(end, opened: source)) }

        var sources: RowSources
        do {
            sources = try file.sources(in: context)
        } catch let fault where fault is TableFault || fault is DictionaryFault {
            // Nothing of what nobody wants any more is looked up.
            guard let why = drop.givenUp.map(FileTrouble.init) else { throw fault }
            return .ended(try await bring(admission.endUnread(why), opened: source))
        }
        if rule.checksLayout || rule.comparesRows { sources.past = try await past() }
        let targets = try await makeTargets()
        let look: FirstPass.Look?
        switch try await LastJudging(file: file, context: context, drop: drop).look(
            targets, format: format, sources: sources, goesOn: admission.goesOn)
        {
        case .none: look = nil
        case .look(let found): look = found
        case .stopped:
            logger.info(
                "interrupted while it waits for older files; it goes on at the next start",
                metadata: ["event": .event(.interrupted)])
            return .ended(.interrupted)
        }
        if file.record != nil { try await context.ledger.begin(file.drop) }
        let plan: FilePlan
        do {
            plan = try await FilePlan(
                reader, on: context.disk, rule, format: format, targets: targets, sources: sources, look: look)
        } catch let problem as FileProblem {
            var damage: FileProblem?
            if !admission.goesOn, let digest = try await context.disk.run({ [file] in try file.digest() }) {
                damage = try await self.damage(digest)
            }
            return .ended(try await bring(admission.end(at: .unreadable(problem, damage: damage))))
        } catch let changed as SourceFile.Changed {
            return .ended(try await bring(admission.end(at: .changed(changed.description))))
        } catch {
            // The disk's fault, not one that brings the program down.
            if file.record != nil { try await context.ledger.readThrough(file.drop) }
            throw error
        }
        if let taken = plan.sources.scan?.rows { try await context.ledger.note(file.drop, taken: taken) }
        var damage: FileProblem?
        if !admission.goesOn { damage = try await self.damage(plan.digests.sha256) }
        if let end = judge(.read(plan.reading, damage: damage)) {
            return .ended(try await bring(end, opened: source, read: plan))
        }
        if !admission.goesOn {
            if let end = try await judgeAmongOthers(plan) {
                return .ended(try await bring(end, opened: source, read: plan))
            }
            if let hold = plan.fileHold, try await !mayHaveSent(plan) { return .ended(try await holdWhole(hold, plan)) }
        }
        return .goes(source, plan)
    }

    /// Opens the file and reads its first chunk at once, which of a small one is all.
    private func open(_ format: PriceFileFormat) async throws -> FirstPassReader {
        let isRead = file.format != nil && hasAllLanes
        return try await context.disk.run { [file] in
            let reader = FirstPassReader(try file.source(format), FileLook(file.rule, format: format))
            if isRead, reader.source.status.isRegular { reader.readAhead() }
            return reader
        }
    }

    private func judge(_ finding: Admission.Finding) -> Admission.End? {
        admission.end(finding, givenUp: drop.givenUp.map(FileTrouble.init))
    }

    /// What other files stand against it: newer ones that a correction must not undo, and one that said the same.
    private func judgeAmongOthers(_ plan: FilePlan) async throws -> Admission.End? {
        let missing = try await Correction(context: context, file: file).missingResults()
        if let end = judge(.newerResults(missing: missing)) { return end }
        let duplicates = context.settings.duplicates
        guard duplicates != .process, !file.mayRepeat, let earlier = try await repeated(plan) else { return nil }
        if let end = judge(.repetition(of: earlier, duplicates)) { return end }
        context.alerts.send(
            Alert(
                event: .duplicateFile, isError: false,
                message: "\(file.name): \(Admission.text(ofRepeated: earlier))",
                facts: ["drop": "\(file.drop)", "file": file.name, "earlier": "\(earlier)"]
            ).of(rule: file.rule.match))
        return nil
    }

    /// The earlier drop that the file says again.
    private func repeated(_ plan: FilePlan) async throws -> Int? {
        let since = Clock.wall() - context.settings.duplicatesWithin.nanoseconds / 1000
        return try await context.ledger.predecessors(of: file.drop, name: file.name, rule: rule.match)
            .first {
                $0.isRepeated(
                    bySHA256: plan.digests.sha256, size: plan.digests.size, at: rule.destinations, since: since)
            }?.drop
    }

    private func damage(_ sha256: String) async throws -> FileProblem? {
        let isNeeded = admission.needsChecksum
        // Nothing came with it.
        if !isNeeded, file.companions?.isEmpty == true { return nil }
        return try await context.disk.run { [file] in try file.damage(sha256, isNeeded: isNeeded) }
    }

    /// Of a file whose ledger was lost: rows of it may have been sent, so that it goes on.
    private func mayHaveSent(_ plan: FilePlan) async throws -> Bool {
        guard file.record != nil else { return false }
        let recovered = try await Recovered.find(file, rows: plan.rows, skipped: plan.skipped, on: context.disk)
        return file.isAdopted && recovered.hasJournal || recovered.rows.sent > 0
    }

    /// Nothing of it is sent before somebody releases it.
    private func holdWhole(_ why: FileHold, _ plan: FilePlan) async throws -> ContributionEnd {
        let hold = Hold(
            reason: why.reason, text: why.text, rows: plan.rows, since: Clock.wall(), within: rule.holdWithin)
        try await context.disk.run { [file] in
            try HeldFiles.write(why.examples, ofRows: plan.rows, to: file.directory, mode: try file.mode())
        }
        FailPoint.reach("hold_written")
        try await context.ledger.hold(file.drop, hold)
        FailPoint.reach("hold_recorded")
        // It takes no place among those that may send.
        try await context.guardBook.closed(file.place, on: context.disk)
        context.older.ended(file.drop)
        context.alerts.send(.held(file.name, drop: file.drop, of: rule, hold))
        return .held
    }

    /// Brings a file that is not posted to its end. `source`, `plan`: nil as long as it was not opened, or read.
    private func bring(
        _ end: Admission.End, opened source: SourceFile? = nil, read plan: FilePlan? = nil
    ) async throws -> ContributionEnd {
        switch end {
        case .moveOn:
            return try await ending.moveOn(try record())
        case .endBare(let why, let isThere):
            return try await ending.endBare(try record(), why, source: isThere ? source : nil)
        case .closeEmpty:
            return try await ending.closeEmpty(source, plan)
        case .refuse(let why, let withRows):
            guard withRows, let source, let plan else { return try await ending.refuse(why) }
            return try await ending.refuse(why, read: (source, plan))
        }
    }

    /// What earlier files of the rule were like, as far as its checks ask. Throws on a fault of ledger or disk.
    private func past() async throws -> RulePast {
        var past = RulePast()
        if rule.comparesRows { past.files = try await context.ledger.goodFiles(ofRule: rule.match, before: file.drop) }
        if rule.checksLayout {
            past.layout = try await context.disk.run { [context, rule] in
                try LayoutFiles(state: context.settings.directories.state).last(ofRule: rule.match)
            }
        }
        return past
    }

    private func record() throws -> DropRecord {
        guard let record = file.record else {
            throw LedgerError(message: "the ledger does not know drop \(file.drop), of which rows may have been sent")
        }
        return record
    }

    /// False: the configuration no longer has one of its destinations.
    private var hasAllLanes: Bool { rule.destinations.allSatisfy { context.lanes[$0] != nil } }

    private func makeTargets() async throws -> [DestinationMapper.Target] {
        var targets: [DestinationMapper.Target] = []
        for name in rule.destinations {
            guard let lane = context.lanes[name] else {
                // Nothing of it is sent: to be read it needs no destination.
                if drop.givenUp != nil {
                    targets.append(unsentTarget(name))
                    continue
                }
                throw LedgerError(
                    message:
                        "it was claimed for the destination \(name), which the configuration no longer has; put it back to finish the file"
                )
            }
            let services = file.snapshot.services[name] ?? [lane.destination.service]
            let sizing = await lane.sizing(services)
            targets.append(
                DestinationMapper.Target(
                    services: services, updateOnly: file.snapshot.updateOnly[name] ?? false,
                    laneServices: sizing.services, codec: sizing.codec, maxMsgSize: sizing.maxMsgSize))
        }
        return targets
    }

    private func unsentTarget(_ name: String) -> DestinationMapper.Target {
        let services = file.snapshot.services[name] ?? []
        return DestinationMapper.Target(
            services: services, updateOnly: file.snapshot.updateOnly[name] ?? false,
            laneServices: Array(services.indices),
            codec: MessageCodec(profile: .rtds, services: services, postUserInfo: nil),
            maxMsgSize: LoginStream.Limits().maxMsgSize)
    }

    // MARK: - Posting

    private func post(_ source: SourceFile, _ plan: FilePlan) async throws -> ContributionEnd {
        var plan = plan
        if !admission.goesOn, let checks = plan.checks { warn(checks) }
        let recovered = try await Recovered.find(
            file, rows: plan.rows, skipped: plan.skipped, on: context.disk)
        try await Correction(context: context, file: file).keepNewerResults()
        if admission.goesOn || file.isAdopted && recovered.hasJournal {
            // What was held when the first row went is not judged again.
            plan.heldRows = try await context.disk.run { [file] in try file.heldRows() }
        }
        var services: [String: [String]] = [:]
        var logins: [String: String] = [:]
        for name in rule.destinations {
            guard let words = await context.lanes[name]?.words else { continue }
            services[name] = words.services
            logins[name] = FileSummary.text(ofLogin: words.login)
        }
        let postings = try await postings(plan, recovered, logins)
        FailPoint.reach("planned")
        let results = try await recovered.resultFile(
            of: file, hasLines: plan.hasLines, services: services, in: context)
        drop.willHave(lines: plan.counted * rule.destinations.count, recovered.rows.outcomes)
        context.progress.add(expected: plan.counted * rule.destinations.count - recovered.rows.outcomes.total)
        logger.info(
            "contributing",
            metadata: ["event": .event(.posting), "rows": "\(plan.rows)", "rejected": "\(plan.rejected)"])

        let age = AgeWatch(file, drop, in: context)
        if admission.setAside(givenUp: nil) == nil { await age?.look() }
        let setAside = admission.setAside(givenUp: drop.givenUp.map(FileTrouble.init))
        if let detail = setAside?.detail { await drop.endRest(detail) }
        var deliveries: [Delivery] = []
        for (posting, target) in zip(postings, plan.targets) {
            guard let lane = context.lanes[posting.destination] else { continue }
            deliveries.append(
                Delivery(
                    file: file, context: context, drop: drop, lane: lane, destination: posting.destination,
                    target: target,
                    format: plan.format, sources: plan.sources, digests: plan.digests, rows: plan.rows,
                    skipped: plan.skipped, base: posting.postIDBase,
                    settled: recovered.settled(at: posting.destination), postedThrough: posting.postedThrough,
                    refused: recovered.refused(at: posting.destination),
                    keptBack: keptBack(plan, at: posting.destination)
                        + rehearsed(plan, posting, at: lane.destination), results: results))
        }
        let deadline = age?.start()
        defer { deadline?.cancel() }
        let ends = try await run(deliveries)
        guard ends.allSatisfy(\.isComplete) else {
            try await results.finish(in: context.folders.syncs)
            logger.info("interrupted; it goes on at the next start", metadata: ["event": .event(.interrupted)])
            return .interrupted
        }
        let trouble = FileFate.trouble(
            changed: ends.compactMap(\.changed).last, setAside: setAside,
            givenUp: drop.givenUp.map(FileTrouble.init))
        deadline?.cancel()
        return try await ending.close(.posted(trouble), results, source: source, plan: plan, readsBack: true)
    }

    /// An earlier run has posted it: what is stored of its rows is read back from the beginning, and nothing is sent.
    private func readBackAnew(_ record: DropRecord) async throws -> ContributionEnd {
        await drop.leave(keepsPlace: false)
        let format = file.format ?? .csv
        let (skipped, source) = try await context.disk.run { [file] in
            let isTheOne = try file.digest() == record.sha256
            return (try file.skippedRows(), isTheOne ? try file.source(format) : nil)
        }
        let recovered = try await Recovered.find(file, rows: record.rows, skipped: skipped, on: context.disk)
        let note = ReadBackNote(ofText: record.summary)
        var plan = FilePlan(record, skipped: skipped, format: format, warned: note.warned)
        plan.sources = (try? file.sources(in: context)) ?? RowSources()
        plan.heldRows = try await context.disk.run { [file] in try file.heldRows() }
        if hasAllLanes { plan.targets = try await makeTargets() }
        let results = try await recovered.resultFile(of: file, hasLines: true, in: context)
        // Nothing is added unless somebody took lines away.
        for posting in record.postings {
            await BareRows(
                results: results, destination: posting.destination, settled: recovered.settled(at: posting.destination),
                skipped: skipped, postedThrough: posting.postedThrough,
                keptBack: plan.keptBack(at: posting.destination)
            ) { [progress = context.progress] in progress.add(unexpected: $0, at: $1) }
            .end(
                after: 0, rows: record.rows, reason: Reason.fileMissing.word,
                text: "the row's line in the result is missing")
        }
        return try await ending.close(.posted(note.trouble), results, source: source, plan: plan, readsBack: true)
    }

    /// Tells the desk what goes although checks of the rule say that it may be wrong.
    private func warn(_ checks: CheckReport) {
        guard checks.warnedRows > 0 || !checks.fileWarnings.isEmpty else { return }
        var reasons = checks.warnings
        for problem in checks.fileWarnings { reasons[problem.reason, default: 0] += 1 }
        let sentences =
            (checks.warnedRows > 0
                ? ["\(Plural.text(checks.warnedRows, "row goes", "rows go")) with warnings."] : [])
            + checks.fileWarnings.map(\.text)
        context.alerts.send(
            Alert(
                event: .checkWarnings, isError: false, message: "\(file.name): \(sentences.joined(separator: " "))",
                facts: ["drop": "\(file.drop)", "file": file.name, "rows": "\(checks.warnedRows)"], reasons: reasons
            ).of(rule: file.rule.match, badRows: checks.warnedRows))
    }

    /// Rows that are not sent there: what checks hold back, and what a release left out.
    private func keptBack(_ plan: FilePlan, at destination: String) -> [KeptBack] {
        if file.record?.hold?.released != nil {
            return [file.record?.hold?.leftOut(rows: plan.rows)].compactMap { $0 }
        }
        return plan.keptBack(at: destination)
    }

    /// Rows that are not sent there because it only rehearses. Of a file that was claimed to be posted, those that may have been sent before
    /// are in doubt, and stay so.
    private func rehearsed(
        _ plan: FilePlan, _ posting: DropRecord.Posting, at destination: Destination
    ) -> [KeptBack] {
        let isClaimedSo = file.snapshot.rehearsed?.contains(destination.name) == true
        guard isClaimedSo || destination.rehearses else { return [] }
        let first = isClaimedSo ? 1 : posting.postedThrough + 1
        guard first <= plan.rows else { return [] }
        var rows = RowSet(rows: plan.rows)
        for row in first...plan.rows { rows.insert(row) }
        return [KeptBack(rows: rows, detail: Self.rehearsal)]
    }

    private static let rehearsal = OutcomeDetail(
        reason: Reason.rehearsed.word, text: "a rehearsal: all was checked, and nothing was posted (`rehearse: true`)")

    /// By destination: these rows, as they are noted.
    private func notSent(_ plan: FilePlan) -> [String: HeldRows] {
        guard let left = file.record?.hold?.leftOut(rows: plan.rows) else { return plan.heldRows }
        var held = HeldRows()
        for row in 1..<plan.rows + 1 where left.rows.contains(row) { held.insert(row, for: left.detail.reason) }
        return Dictionary(uniqueKeysWithValues: rule.destinations.map { ($0, held) })
    }

    /// Where each destination's PostIDs begin, and which rows may have been sent there: as an earlier run planned it, or as the
    /// ledger holds it from here on; in the rule's order. `logins`: how its destinations are logged in.
    private func postings(
        _ plan: FilePlan, _ recovered: Recovered, _ logins: [String: String]
    ) async throws -> [DropRecord.Posting] {
        var postings: [DropRecord.Posting] = []
        for name in rule.destinations {
            if let known = file.record?.postings.first(where: { $0.destination == name }) {
                postings.append(known)
                continue
            }
            var posting = DropRecord.Posting(
                destination: name, postIDBase: await context.bases.take(rows: plan.rows),
                postedThrough: file.isAdopted && recovered.hasJournal ? plan.rows : 0)
            posting.login = logins[name] ?? posting.login
            postings.append(posting)
        }
        if admission.goesOn {
            try await context.ledger.readThrough(file.drop)
        } else {
            if let skipped = plan.skipped, skipped.count > 0 {
                try await context.disk.run { [file] in try file.note(skipped: skipped) }
                FailPoint.reach("skipped_noted")
            }
            let held = notSent(plan)
            if file.record != nil || !held.isEmpty {
                try await context.disk.run { [file] in try file.note(held: held) }
                if !held.isEmpty { FailPoint.reach("checks_noted") }
            }
            try await context.ledger.plan(
                file.drop, size: plan.digests.size, sha256: plan.digests.sha256, digests: plan.digests.chunks,
                rows: plan.rows, postings: postings)
        }
        return postings
    }

    /// Runs all, and returns their ends as they came. A delivery that meets a fault cancels no other: that one's answers are written
    /// down first. Throws the first fault.
    private func run(_ deliveries: [Delivery]) async throws -> [DeliveryMachine.End] {
        // A task of its own would change threads for nothing.
        if deliveries.count == 1, let stream = drop.outcomes[deliveries[0].destination] {
            return [try await deliveries[0].run(stream)]
        }
        let ends = await withTaskGroup(of: Swift.Result<DeliveryMachine.End, any Error>.self) { group in
            for delivery in deliveries {
                guard let stream = drop.outcomes[delivery.destination] else { continue }
                group.addTask {
                    do {
                        return .success(try await delivery.run(stream))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var ends: [Swift.Result<DeliveryMachine.End, any Error>] = []
            for await end in group { ends.append(end) }
            return ends
        }
        return try ends.map { try $0.get() }
    }
}

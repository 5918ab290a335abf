internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// A file that lies in its own directory below `work/`, and what is known about it.
struct ClaimedFile: Sendable {
    var drop: Int
    var name: String
    /// `work/N`.
    var directory: String
    /// Microseconds since 1970.
    var claimedAt: Int64
    var snapshot: DropSnapshot
    /// Why it is refused whatever it holds: it matches no rule.
    var refusal: OutcomeDetail?
    /// What an earlier run left; nil: claimed just now.
    var record: DropRecord?
    /// The ledger was lost: everything without a line may have been sent.
    var isAdopted = false
    /// It met a fault before, and the desk was told.
    var wasFaulty = false

    var path: String { directory + "/" + name }
    var moved: FileMover.Moved {
        FileMover.Moved(drop: drop, name: name, destinations: snapshot.rule.destinations)
    }
    var place: DropPlace { snapshot.place(of: drop) }
    /// Rows of it may have been sent by a run that ended: nothing is sent before these are known.
    var presents = false
}

/// How a contribution ended, for the exit code.
enum ContributionEnd: Sendable {
    case closed(Verdict, unknown: Int)
    /// The program stops; the drop goes on at the next start.
    case interrupted
    /// A fault of the disk or the ledger; the drop goes on when it is mended.
    case fault(String)
}

/// One file from claim to close.
struct FileContribution: Sendable {
    /// Times a file may be begun: one that brought the program down that often is set aside.
    static let startsMax = 3
    private static let crashed = "its contribution was begun \(startsMax) times and brought the program down each time"

    let file: ClaimedFile
    let context: Context
    /// By destination: the file's place in the lane, taken when it was claimed.
    let outcomes: [String: OutcomeStream]
    /// Whether it was cancelled, or became too old.
    let givenUp: GivenUp
    private let logger: Logger

    init(file: ClaimedFile, context: Context, outcomes: [String: OutcomeStream], givenUp: GivenUp) {
        self.file = file
        self.context = context
        self.outcomes = outcomes
        self.givenUp = givenUp
        var logger = context.logger
        logger[metadataKey: "drop"] = "\(file.drop)"
        logger[metadataKey: "file"] = "\(file.name)"
        self.logger = logger
    }

    private var rule: MappingRule { file.snapshot.rule }

    /// What the first pass learned.
    private struct Plan {
        var format: PriceFileFormat
        var digests: SourceFile.Digests
        var rows: Int
        /// Rows rejected at the destination that rejects most.
        var rejected: Int
        /// Rows have line numbers of their own: not so in a JSON array on one line.
        var hasLines: Bool
        /// What the file's trailer says against it.
        var control: FileProblem?
    }

    /// The file's story as a whole, where it is not that of its rows.
    private struct Trouble {
        var reason = ""
        var text = ""
        var isRefusal = false
    }

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
                logger.error("cannot go on yet: \(Words.of(error))", metadata: ["event": "contribution_fault"])
            } else {
                context.alerts.send(
                    Alert(
                        event: "contribution_fault", message: "\(file.name) cannot go on: \(Words.of(error))",
                        facts: ["drop": "\(file.drop)", "file": file.name]))
            }
            end = .fault(Words.of(error))
        }
        for name in rule.destinations {
            if case .fault = end {
                await context.lanes[name]?.suspend(drop: file.drop)
            } else {
                await context.lanes[name]?.close(drop: file.drop)
            }
        }
        return end
    }

    private func contribute() async throws -> ContributionEnd {
        if let record = file.record, record.stage == .settled { return try await moveOn(record) }
        if let refusal = file.refusal { return try await refuse(refusal.reason, refusal.text, nil, nil) }
        let named = format
        let source: SourceFile
        do throws(DiskError) {
            source = try SourceFile(path: file.path, chunkBytes: (named ?? .csv).traits.chunkBytes)
        } catch {
            if error.code == ENOENT || error.code == EACCES || error.code == ELOOP {
                if let record = file.record, record.stage == .posting {
                    return try await endBare(record, "file_missing", "the file is gone from \(file.directory)")
                }
                return try await refuse("unreadable", "\(error)", nil, nil)
            }
            throw error
        }
        guard source.status.isRegular else {
            return try await refuse("not_a_file", "\(file.name) is no regular file", nil, nil)
        }
        guard let format = named else {
            return try await refuse("unknown_format", PriceFileFormat.unknown, nil, nil)
        }
        if let record = file.record, record.starts >= Self.startsMax, record.stage == .claimed {
            return try await refuse("crashed", Self.crashed, nil, nil)
        }
        if let detail = givenUp.detail, let record = file.record, record.stage == .posting, !hasAllLanes {
            return try await endBare(record, detail.reason, detail.text, readable: (source, format))
        }
        let targets = try await makeTargets()
        if file.record != nil { try await context.ledger.begin(file.drop) }
        let plan: Plan
        do {
            plan = try await firstPass(source, format, targets)
        } catch let problem as FileProblem {
            // It could be read before its first row was sent.
            if let record = file.record, record.stage == .posting {
                return try await endBare(record, "changed_while_read", Self.words(problem))
            }
            // What was damaged on its way may be broken anywhere: then the damage is the reason.
            let digest = try digest()
            let cause = digest.isEmpty ? problem : try damage(digest) ?? problem
            return try await refuse(cause.reason, Self.words(cause), nil, nil)
        } catch let changed as SourceFile.Changed {
            if let record = file.record, record.stage == .posting {
                return try await endBare(record, "changed_while_read", changed.description)
            }
            return try await refuse("changed_while_read", changed.description, nil, nil)
        } catch {
            // The disk's fault, not one that brings the program down.
            if file.record != nil { try await context.ledger.readThrough(file.drop) }
            throw error
        }
        let isGoingOn = file.record?.stage == .posting
        // Not the chunks' digests: how a file is cut into chunks may change from one version to the next.
        if let record = file.record, isGoingOn,
            record.size != plan.digests.size || record.sha256 != plan.digests.sha256
        {
            return try await endBare(
                record, "changed_while_read", "the file holds other bytes than when it was first read")
        }
        if !isGoingOn, let problem = try damage(plan.digests.sha256) ?? plan.control {
            return try await refuse(problem.reason, Self.words(problem), source, plan)
        }
        if let problem = rule.problem(ofRows: plan.rows) {
            return try await refuse(problem.reason, Self.words(problem), nil, nil)
        }
        if plan.rows == 0 {
            let fresh = Recovered(rows: 0, destinations: rule.destinations)
            return try await close(source, plan, makeResults(0, plan.hasLines, fresh), Trouble())
        }
        if !isGoingOn {
            if let detail = givenUp.detail { return try await refuse(detail.reason, detail.text, source, plan) }
            if let limit = rule.maxRejected, !limit.allows(plan.rejected, of: plan.rows) {
                return try await refuse(
                    "too_many_rejected",
                    "\(plan.rejected) of \(plan.rows) rows are rejected, more than the rule allows", source, plan)
            }
            if let text = try Correction(context: context, file: file).missingResults() {
                return try await refuse("results_missing", text, source, plan)
            }
            if let text = try await duplicate(plan) { return try await refuse("duplicate", text, source, plan) }
        }
        return try await post(source, plan, targets)
    }

    /// What the checksum that came with the file says against it. A file whose claim the ledger lost may have come without.
    private func damage(_ sha256: String) throws -> FileProblem? {
        try CompanionFiles(in: file.directory).problem(
            sha256: sha256, of: file.name, isNeeded: rule.checksum != nil && !file.isAdopted)
    }

    static func words(_ problem: FileProblem) -> String {
        var place = ""
        if problem.line > 0 {
            place = "line \(problem.line)" + (problem.column > 0 ? ", column \(problem.column)" : "") + ": "
        }
        return place + problem.what + (problem.hint.map { " (\($0))" } ?? "")
    }

    private func makeTargets() async throws -> [DestinationMapper.Target] {
        var targets: [DestinationMapper.Target] = []
        for name in rule.destinations {
            guard let lane = context.lanes[name] else {
                // Nothing of it is sent: to be read it needs no destination.
                if givenUp.detail != nil {
                    targets.append(unsentTarget(name))
                    continue
                }
                throw LedgerError(
                    message:
                        "it was claimed for the destination \(name), which the configuration no longer has; put it back to finish the file"
                )
            }
            let services = file.snapshot.services[name] ?? [lane.destination.service]
            var indexes: [Int] = []
            for service in services { indexes.append(await lane.serviceIndex(service)) }
            let sizing = await lane.sizing()
            targets.append(
                DestinationMapper.Target(
                    services: services, updateOnly: file.snapshot.updateOnly[name] ?? false, laneServices: indexes,
                    codec: sizing.codec, maxMsgSize: sizing.maxMsgSize))
        }
        return targets
    }

    /// False: the configuration no longer has one of its destinations.
    private var hasAllLanes: Bool { rule.destinations.allSatisfy { context.lanes[$0] != nil } }

    private func unsentTarget(_ name: String) -> DestinationMapper.Target {
        let services = file.snapshot.services[name] ?? []
        return DestinationMapper.Target(
            services: services, updateOnly: file.snapshot.updateOnly[name] ?? false,
            laneServices: Array(services.indices),
            codec: MessageCodec(profile: .rtds, services: services, postUserInfo: nil),
            maxMsgSize: LoginStream.Limits().maxMsgSize)
    }

    // MARK: - Pass 1

    /// Reads and maps everything, sends nothing.
    private func firstPass(
        _ source: SourceFile, _ format: PriceFileFormat, _ targets: [DestinationMapper.Target]
    ) async throws -> Plan {
        let found = try await FirstPass(rule: rule, format: format, targets: targets).run(source)
        return Plan(
            format: format, digests: found.digests, rows: found.rows, rejected: found.rejected.max() ?? 0,
            hasLines: !(format.traits.mayBeOneLine && found.lastLine <= 1), control: found.control)
    }

    private func duplicate(_ plan: Plan) async throws -> String? {
        guard context.settings.duplicates != .process else { return nil }
        let since = Clock.wall() - context.settings.duplicatesWithin.nanoseconds / 1000
        let earlier = try await context.ledger.predecessors(of: file.drop, name: file.name, rule: rule.match)
            .first {
                $0.isRepeated(
                    bySHA256: plan.digests.sha256, size: plan.digests.size, at: rule.destinations, since: since)
            }?.drop
        guard let earlier else { return nil }
        let text = "the same file was contributed before, as drop \(earlier)"
        if context.settings.duplicates == .reject { return text }
        context.alerts.send(
            Alert(
                event: "duplicate_file", isError: false, message: "\(file.name): \(text)",
                facts: ["drop": "\(file.drop)", "file": file.name, "earlier": "\(earlier)"]))
        return nil
    }

    // MARK: - Pass 2

    private func post(
        _ source: SourceFile, _ plan: Plan, _ targets: [DestinationMapper.Target]
    ) async throws -> ContributionEnd {
        let recovered = try Recovered(file, rows: plan.rows)
        try Correction(context: context, file: file).keepNewerResults()
        var bases: [String: UInt32] = [:]
        var through: [String: Int] = [:]
        for posting in file.record?.postings ?? [] {
            bases[posting.destination] = posting.postIDBase
            through[posting.destination] = posting.postedThrough
        }
        for name in rule.destinations where bases[name] == nil {
            bases[name] = await context.bases.take(rows: plan.rows)
            through[name] = file.isAdopted && recovered.goodBytes > 0 ? plan.rows : 0
        }
        if file.record?.stage != .posting {
            var logins: [String: String] = [:]
            for name in rule.destinations {
                guard let lane = context.lanes[name] else { continue }
                logins[name] = FileSummary.text(ofLogin: await lane.loginFacts)
            }
            try await context.ledger.plan(
                file.drop, size: plan.digests.size, sha256: plan.digests.sha256, digests: plan.digests.chunks,
                rows: plan.rows,
                postings: rule.destinations.map {
                    DropRecord.Posting(
                        destination: $0, postIDBase: bases[$0] ?? 0, postedThrough: through[$0] ?? 0,
                        login: logins[$0] ?? "")
                })
        }
        if file.record?.stage == .posting { try await context.ledger.readThrough(file.drop) }
        FailPoint.reach("planned")
        let results = try await makeResults(plan.rows, plan.hasLines, recovered)
        context.progress.add(expected: plan.rows * rule.destinations.count - recovered.rows.outcomes.total)
        logger.info(
            "contributing",
            metadata: ["event": "posting", "rows": "\(plan.rows)", "rejected": "\(plan.rejected)"])
        var trouble = Trouble()
        var giveUp: OutcomeDetail?
        if let starts = file.record?.starts, starts >= Self.startsMax {
            trouble.reason = "crashed"
            trouble.text = Self.crashed
            giveUp = OutcomeDetail(reason: trouble.reason, text: trouble.text)
        }
        if giveUp == nil, givenUp.detail == nil, let left = ageLeft, left <= 0 {
            sayTooOld()
            givenUp.set(Self.tooOld)
        }
        if let detail = giveUp ?? givenUp.detail {
            for name in rule.destinations {
                await context.lanes[name]?.cancel(drop: file.drop, reason: detail.reason, text: detail.text)
            }
        }
        var feeds: [Feed] = []
        for (index, name) in rule.destinations.enumerated() {
            guard let lane = context.lanes[name] else { continue }
            feeds.append(
                Feed(
                    file: file, context: context, lane: lane, destination: name, target: targets[index],
                    format: plan.format, digests: plan.digests, rows: plan.rows, base: bases[name] ?? 0,
                    settled: recovered.goodBytes > 0 ? recovered.rows.settled[name] : nil,
                    postedThrough: through[name] ?? 0, results: results))
        }
        let deadline = ageLimit()
        defer { deadline?.cancel() }
        var isComplete = true
        // A feed that meets a fault cancels no other: that one's answers are written down first.
        let ends = await withTaskGroup(of: Swift.Result<Feed.Result, any Error>.self) { group in
            for feed in feeds {
                guard let stream = outcomes[feed.destination] else { continue }
                let path = source.path
                group.addTask {
                    do {
                        return .success(try await feed.run(path, stream))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var ends: [Swift.Result<Feed.Result, any Error>] = []
            for await end in group { ends.append(end) }
            return ends
        }
        for end in ends {
            let result = try end.get()
            if !result.isComplete { isComplete = false }
            if let text = result.changed {
                trouble.reason = "changed_while_read"
                trouble.text = text
            }
        }
        if let detail = givenUp.detail, trouble.reason.isEmpty {
            trouble.reason = detail.reason
            trouble.text = detail.text
        }
        guard isComplete else {
            try await results.finish(in: context.syncs)
            logger.info("interrupted; it goes on at the next start", metadata: ["event": "interrupted"])
            return .interrupted
        }
        return try await close(source, plan, results, trouble)
    }

    private func makeResults(_ rows: Int, _ hasLines: Bool, _ recovered: Recovered) async throws -> ResultFile {
        var lines: [String: ResultLines] = [:]
        for name in rule.destinations {
            let services = await context.lanes[name]?.serviceNames() ?? file.snapshot.services[name] ?? []
            lines[name] = ResultLines(drop: file.drop, destination: name, services: services, hasLines: hasLines)
        }
        return try ResultFile(
            path: file.directory + "/" + FileMover.Part.result, rows: rows, lines: lines,
            keeping: recovered.goodBytes, outcomes: recovered.rows.outcomes, bad: recovered.rows.bad,
            sent: recovered.rows.sent, firstSentAt: recovered.firstSentAt, mode: try mode(),
            thread: context.results,
            alert: { [alerts = context.alerts] in alerts.send($0) },
            failing: { [trouble = context.trouble] in trouble.changed($0) })
    }

    /// The permission bits of what lies beside the file: nobody may read there what they may not read in the file itself.
    private func mode() throws(DiskError) -> UInt32 {
        ((try Disk.status(file.path)?.mode ?? 0o640) & 0o066) | 0o600
    }

    private static let tooOld = OutcomeDetail(reason: "max_age", text: "not sent within the rule's max_age")

    /// Microseconds until the file is older than its rule allows, counted from its arrival; nil: it may be of any age.
    private var ageLeft: Int64? {
        rule.maxAge.map { (file.snapshot.arrivedAt ?? file.claimedAt) + $0.nanoseconds / 1000 - Clock.wall() }
    }

    /// Gives up what is not sent when the rule's `max_age` is over.
    private func ageLimit() -> Task<Void, Never>? {
        guard let left = ageLeft, left > 0 else { return nil }
        let lanes = rule.destinations.compactMap { context.lanes[$0] }
        return Task {
            try? await Task.sleep(for: .microseconds(left))
            guard !Task.isCancelled, givenUp.detail == nil else { return }
            sayTooOld()
            givenUp.set(Self.tooOld)
            for lane in lanes {
                await lane.cancel(drop: file.drop, reason: Self.tooOld.reason, text: Self.tooOld.text)
            }
        }
    }

    private func sayTooOld() {
        context.alerts.send(
            Alert(
                event: "max_age", message: "\(file.name): what was not sent yet is too old to be sent",
                facts: ["drop": "\(file.drop)", "file": file.name]))
    }

    // MARK: - The end

    /// Nothing of it is sent. Where its rows could be read each gets its line: rejected, or unsent.
    private func refuse(
        _ reason: String, _ text: String, _ source: SourceFile?, _ plan: Plan?
    ) async throws -> ContributionEnd {
        let fresh = Recovered(rows: plan?.rows ?? 0, destinations: rule.destinations)
        let results = try await makeResults(plan?.rows ?? 0, plan?.hasLines ?? true, fresh)
        if let source, let plan {
            let targets = try await makeTargets()
            let detail = OutcomeDetail(reason: reason, text: text)
            for (index, name) in rule.destinations.enumerated() {
                let pass = PriceFilePass(rule: rule, format: plan.format, target: targets[index])
                let reading = try SecondReading(source, plan.digests)
                while let (chunk, isLast) = try reading.next() {
                    let mapped = try pass.mapped(chunk, isLast: isLast)
                    let rows = mapped.rows.map { row -> (MappedRow, PostOutcome, OutcomeDetail) in
                        guard row.problem >= 0 else { return (row, .unsent, detail) }
                        let problem = mapped.problems[row.problem]
                        return (row, .rejected, OutcomeDetail(reason: problem.reason, text: problem.text))
                    }
                    await results.append(rows, in: mapped, of: name, at: Clock.wall())
                }
            }
        }
        return try await close(source, plan, results, Trouble(reason: reason, text: text, isRefusal: true))
    }

    /// The file is gone or no longer the one that was read: rows without a line are unknown or unsent, by their numbers.
    /// `readable`: it is there, and the one that was read if its digest says so; it is only that nobody posts it any more.
    private func endBare(
        _ record: DropRecord, _ reason: String, _ text: String,
        readable: (source: SourceFile, format: PriceFileFormat)? = nil
    ) async throws -> ContributionEnd {
        let recovered = try Recovered(file, rows: record.rows)
        let results = try await makeResults(record.rows, true, recovered)
        for name in rule.destinations {
            await BareRows(
                results: results, destination: name, settled: recovered.rows.settled[name],
                postedThrough: record.postings.first { $0.destination == name }?.postedThrough ?? 0
            ).end(after: 0, rows: record.rows, reason: reason, text: text)
        }
        let source = try? SourceFile(path: file.path)
        let plan = Plan(
            format: format ?? .csv, digests: .init(chunks: record.digests, sha256: record.sha256, size: record.size),
            rows: record.rows, rejected: 0, hasLines: true)
        var known: SourceFile?
        if let readable, try digest() == record.sha256 { known = readable.source }
        return try await close(known, plan, results, Trouble(reason: reason, text: text), isThere: source != nil)
    }

    private func close(
        _ source: SourceFile?, _ plan: Plan?, _ results: ResultFile, _ trouble: Trouble, isThere: Bool = true
    ) async throws -> ContributionEnd {
        let counts = await results.outcomes
        let bad = await results.bad
        var trouble = trouble
        if trouble.reason == CommandDesk.cancelled {
            // It came too late, or early enough for nothing to be sent.
            if counts.good == counts.total { trouble = Trouble() }
            if counts[.rejected] + counts[.unsent] == counts.total { trouble.isRefusal = counts.total > 0 }
        }
        let verdict = verdict(counts, tolerate: rule.tolerate, refused: trouble.isRefusal)
        let folder = folder(for: verdict)
        try writeRejects(verdict == .done ? [:] : bad, source, plan?.format)
        FailPoint.reach("rejects_written")
        var summary = FileSummary(drop: file.drop, file: file.name)
        summary.size = try plan?.digests.size ?? Disk.status(file.path)?.size ?? 0
        summary.sha256 = try plan?.digests.sha256 ?? digest()
        summary.format = (plan?.format ?? format)?.rawValue ?? ""
        summary.rule = rule.match
        summary.destinations = rule.destinations
        summary.verdict = verdict
        summary.reason = trouble.reason
        summary.text = trouble.text
        summary.rows = plan?.rows ?? 0
        summary.outcomes = counts
        summary.sent = await results.sent
        summary.claimedAt = file.claimedAt
        summary.version = Version.text
        summary.configSHA256 = file.snapshot.configSHA256 ?? context.configSHA256
        for name in rule.destinations {
            let facts = await login(name)
            if !facts.isEmpty || context.lanes[name] != nil { summary.login.append((name, facts)) }
            guard let lane = context.lanes[name] else { continue }
            if !lane.destination.tls.verify {
                summary.warnings.append("TLS certificates of \(name) are not verified (tls.verify is false)")
            }
        }
        if let source { noteLateWrite(source, &summary) }
        summary.firstSentAt = await results.firstSentAt
        let settledAt = await results.lastSettledAt
        summary.settledAt = settledAt > 0 ? settledAt : Clock.wall()
        let bytes = Array(summary.json.utf8)
        let part = file.directory + "/" + FileMover.Part.summary
        try FileMover().write(bytes, to: part, mode: try mode(), syncing: false)
        FailPoint.reach("summary_written")
        try await results.finish(with: [part], in: context.syncs)
        FailPoint.reach("result_complete")
        let target = try await context.names.reserve(
            file.name, in: folder, suffixes: CompanionFiles(in: file.directory).suffixes(of: file.name))
        context.guardBook.settled(file.place)
        do {
            try await context.ledger.settle(
                file.drop, verdict: verdict, folder: folder, target: target, summary: bytes, size: summary.size,
                sha256: summary.sha256, firstSentAt: summary.firstSentAt, isSent: isSent(counts, summary.sent),
                at: summary.settledAt)
        } catch {
            // The next try is to get the same name.
            await context.names.release(target, in: folder)
            throw error
        }
        FailPoint.reach("settled")
        try await Closing(context: context).finish(
            file.place, file.moved, directory: file.directory, folder: folder, target: target, summary: nil)
        log(verdict, counts, counts.reasons, summary.rowsPerSecond, trouble, folder + "/" + target)
        return .closed(verdict, unknown: counts[.unknown])
    }

    /// A file for each destination at which rows were bad. None for a file that was changed so that its rows are no longer to be
    /// had; the result tells what became of them.
    private func writeRejects(_ bad: [String: RowSet], _ source: SourceFile?, _ format: PriceFileFormat?) throws {
        let isOne = rule.destinations.count == 1
        for name in rule.destinations {
            let path = file.directory + "/" + (isOne ? FileMover.Part.rejects : FileMover.Part.rejects(of: name))
            guard let source, let format, let rows = bad[name], rows.count > 0 else {
                // An earlier try may have got as far as here, and some of its outcomes were lost since.
                if file.record != nil { try Disk.remove(path) }
                continue
            }
            do {
                try RejectsWriter(rule: rule, format: format).write(rows, of: source, to: path, mode: try mode())
            } catch is SourceFile.Changed, is FileProblem {
                try Disk.remove(path)
            }
            FailPoint.reach("rejects_of_one_written")
        }
    }

    /// How a destination was logged in when the rows went there; empty: not known.
    private func login(_ destination: String) async -> [(String, String)] {
        let now = await context.lanes[destination]?.loginFacts ?? []
        // What an earlier run posted, and this one does not go on with, was not posted with what holds now.
        let posting = file.record?.postings.first { $0.destination == destination }
        let known = FileSummary.login(ofText: posting?.login ?? "")
        return known.isEmpty || givenUp.detail == nil && !now.isEmpty ? now : known
    }

    /// Whether a row was or may have been sent.
    private func isSent(_ counts: OutcomeCounts, _ sent: Int) -> Bool {
        sent > 0 || counts[.acked] + counts[.nacked] + counts[.unknown] > 0
            || file.presents && counts[.superseded] > 0
    }

    /// How the file is written; nil: neither its rule nor its name tells.
    private var format: PriceFileFormat? {
        rule.format ?? PriceFileFormat(fileName: RejectsName.root(of: file.name))
    }

    /// It was settled before a fault: only its moves are left.
    private func moveOn(_ record: DropRecord) async throws -> ContributionEnd {
        await context.names.keep(record.target, in: record.folder)
        context.guardBook.settled(file.place)
        try await Closing(context: context).finish(
            file.place, file.moved, directory: file.directory, folder: record.folder, target: record.target,
            summary: record.summary)
        let verdict = record.verdict ?? .failed
        let counts = FileSummary.outcomes(in: record.summary)
        log(verdict, counts, FileSummary.reasons(in: record.summary), 0, Trouble(), record.folder + "/" + record.target)
        return .closed(verdict, unknown: counts[.unknown])
    }

    /// What was posted stands in the result file; the file itself may no longer say the same.
    private func noteLateWrite(_ source: SourceFile, _ summary: inout FileSummary) {
        do {
            try source.checkUnchanged()
        } catch {
            let text = "the file was written to after it was read; the result file tells what was posted"
            summary.warnings.append(text)
            context.alerts.send(
                Alert(
                    event: "changed_after_read", message: "\(file.name): \(text)",
                    facts: ["drop": "\(file.drop)", "file": file.name]))
        }
    }

    private func folder(for verdict: Verdict) -> String {
        let directories = context.settings.directories
        let base = verdict == .done ? directories.done : directories.failed
        return context.settings.archive == .day ? base + "/" + TimeText.day(Clock.wall()) : base
    }

    /// Empty for a file that cannot be read, or that its writer is still at: that one has no digest yet.
    private func digest() throws -> String {
        guard let source = try? SourceFile(path: file.path), source.status.isRegular else { return "" }
        do {
            return try source.readAll { _, _ in }.sha256
        } catch is SourceFile.Changed {
            return ""
        }
    }

    private func log(
        _ verdict: Verdict, _ counts: OutcomeCounts, _ reasons: [String: Int], _ rate: Double, _ trouble: Trouble,
        _ path: String
    ) {
        var facts = ["path": path]
        for outcome in PostOutcome.allCases where counts[outcome] > 0 { facts[outcome.word] = "\(counts[outcome])" }
        if rate > 0 { facts["rows_per_second"] = "\(Int(rate.rounded()))" }
        if !trouble.reason.isEmpty {
            facts["reason"] = trouble.reason
            facts["text"] = trouble.text
        }
        let event = "file_\(verdict.rawValue)"
        let message = "\(file.name) is \(verdict.rawValue)"
        guard verdict == .done else {
            facts["drop"] = "\(file.drop)"
            facts["file"] = file.name
            return context.alerts.send(
                Alert(event: event, isError: false, message: message, facts: facts, reasons: reasons))
        }
        var metadata: Logger.Metadata = ["event": "\(event)"]
        for (key, value) in facts { metadata[key] = "\(value)" }
        if !reasons.isEmpty { metadata["reasons"] = "\(Alerts.words(reasons))" }
        logger.info("\(message)", metadata: metadata)
    }
}

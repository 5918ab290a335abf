internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// Makes drops that people ask for of finished ones: of a refused file as it is, or of some rows of a file that was posted.
struct AskedDrops: Sendable {
    let context: Context
    let act: DeskAct
    let person: Person
    /// Tells the service that a drop goes on, by its number.
    let goesOn: @Sendable (Int) -> Void

    private var made: MadeDrops { MadeDrops(context: context) }

    /// Why it is not done, for people.
    private struct Refused: Error {
        var refusal: DeskAnswer.Refusal
        var text: String
    }

    /// Does it. Throws on a fault of ledger or disk; then there is no new drop, or it goes on all the same.
    func answer() async throws -> DeskAnswer {
        do {
            switch act {
            case .retry(let drop, _): return try await retry(try await finished(drop))
            case .resend(let drop, let outcomes, _, let force):
                return try await resend(try await finished(drop), outcomes, force: force)
            case .release, .refuse, .republish, .withdraw, .noAction:
                return .refused(.unavailable, text: "nothing is made for that")
            }
        } catch let refused as Refused {
            return .refused(refused.refusal, text: refused.text)
        }
    }

    /// A drop that is closed.
    private func finished(_ drop: Int) async throws -> DropRecord {
        guard let record = try await context.ledger.record(of: drop) else {
            throw Refused(refusal: .unknownDrop, text: "there is no drop \(drop)")
        }
        guard record.stage == .closed else {
            let what = record.stage == .held ? "held: release or refuse it" : "not finished yet"
            throw Refused(refusal: .wrongStage, text: "drop \(drop) (\(record.name)) is \(what)")
        }
        return record
    }

    private func wrong(_ record: DropRecord, _ why: String) -> Refused {
        Refused(refusal: .wrongStage, text: "drop \(record.number) (\(record.name)) \(why)")
    }

    /// Somebody had the same rows sent again before, as that drop.
    private func again(_ record: DropRecord, _ by: DropRecord) -> Refused {
        wrong(record, by.snapshot.asked?.already(as: by.number, by.stage, by.verdict) ?? "was sent again already")
    }

    // MARK: - Retry

    private func retry(_ record: DropRecord) async throws -> DeskAnswer {
        guard record.verdict == .refused else {
            throw wrong(
                record,
                "was not refused but ended \(record.verdict?.rawValue ?? ""): correct its rejects, or send rows again with `resend`"
            )
        }
        let before = try await SentAgain(context: context, isForced: false).find(record)
        if let by = before.by { throw again(record, by) }
        let claims = Claims(context: context)
        var (snapshot, refusal) = try await claims.snapshot(for: record.name)
        if let refusal { throw wrong(record, "would be refused again: \(refusal.text)") }
        try check(record, snapshot.rule)
        // Its values are as old as they were.
        snapshot.age = snapshot.age ?? record.snapshot.age ?? record.snapshot.arrivedAt ?? record.claimedAt
        snapshot.arrivedAt = record.snapshot.arrivedAt
        snapshot.original = record.number
        snapshot.isNew = snapshot.rule.corrections == .send ? true : nil
        snapshot.configSHA256 = context.configSHA256
        let drop = try await number(1).map {
            MadeDrop(number: $0, name: record.name, snapshot: fill(snapshot), hold: nil)
        }
        try await make(drop, of: record, seen: before.made) { drop, directory in
            let source = try Self.open(record, wrapping: .none)
            try Self.copy(source, to: directory + "/" + record.name)
            guard try record.sha256.isEmpty || Self.digest(record) == record.sha256 else {
                throw wrong(record, "is no longer the file that was refused: drop the corrected file into the inbox")
            }
            let suffixes = [drop.snapshot.rule.readySuffix, InboxNames.checksumSuffix].compactMap { $0 }
            try CompanionFiles(in: directory).copy(
                of: record.name, suffixes, from: record.folder + "/" + record.target)
        }
        guard let number = drop.first?.number else { throw wrong(record, "cannot be made again") }
        say("\(record.name) is contributed again, as drop \(number)", record)
        let outlook = await PostingLook(context: context).outlook(of: drop)
        return .done(
            text:
                "drop \(record.number) (\(record.name)): will be contributed again under today's rules, as drop \(number). \(outlook.text)",
            facts: [:], drop: number)
    }

    // MARK: - Resend

    private func resend(
        _ record: DropRecord, _ outcomes: Set<PostOutcome>, force: Bool
    ) async throws -> DeskAnswer {
        let rule = record.snapshot.rule
        // Else one person could post what a second one refused.
        if record.snapshot.asked?.isWithdrawal == true, record.firstSentAt == 0 {
            throw wrong(
                record,
                "is a withdrawal of which nothing was posted: withdraw the file again, so that it is decided anew")
        }
        let found = try await context.disk.run { try rows(record, outcomes) }
        let before = try await SentAgain(context: context, isForced: force).find(record)
        let wanted = found.reduce(into: [String: RowSet]()) { wanted, part in
            wanted[part.key] = before.rows[part.key].map { part.value.subtracting($0) } ?? part.value
        }
        let names = rule.destinations.filter { (wanted[$0]?.count ?? 0) > 0 }
        if names.isEmpty, found.values.contains(where: { $0.count > 0 }), let by = before.by {
            throw again(record, by)
        }
        guard !names.isEmpty else {
            let words = PostOutcome.allCases.filter { outcomes.contains($0) }.map(\.word).joined(separator: ", ")
            throw wrong(record, "has no row to be sent again that ended \(words)")
        }
        let format = try format(of: record)
        let sources = try sources(record)
        // With what the new drops have besides: rows of the cells that are left out.
        let written = try await context.disk.run {
            try rule.takesRowNumbers || rule.skipsLeftOutCells
                ? wanted.mapValues { try rowsWritten($0, of: record, format, sources) } : wanted
        }
        let now = Clock.wall()
        var drops: [MadeDrop] = []
        for (name, number) in zip(names, try await number(names.count)) {
            let destination = rule.destinations.count > 1 ? name : nil
            var snapshot = MadeDrops.snapshot(
                record.snapshot, of: record.number, claimedAt: record.claimedAt,
                rows: written[name] ?? RowSet(rows: 0), destination: destination)
            try check(record, snapshot.rule)
            if force || rule.corrections == .send {
                snapshot.isNew = true
                snapshot.age = context.guardBook.age(arrival: now, priority: rule.priority ?? 0)
            }
            drops.append(
                MadeDrop(
                    number: number,
                    name: RejectsName(original: record.name, drop: record.number, destination: destination).text,
                    snapshot: fill(snapshot, numbers: written[name]), hold: nil))
        }
        try await make(drops, of: record, seen: before.made) { drop, directory in
            let destination = drop.snapshot.rule.destinations.first ?? ""
            guard let rows = wanted[destination] else { return }
            let source = try source(of: record, format)
            do {
                try RejectsWriter(rule: rule, format: format, sources: sources).write(
                    rows, of: source, to: directory + "/" + drop.name, mode: Self.mode(source))
            } catch let error where error is SourceFile.Changed || error is FileProblem {
                throw wrong(record, "cannot be read as it was: \(Words.of(error))")
            }
            guard try Self.digest(record) == record.sha256 else {
                throw wrong(record, "is no longer the file that was posted: drop the corrected file into the inbox")
            }
        }
        let counts = zip(names, drops).map { name, drop in
            ResentCount.Part(destination: name, rows: wanted[name]?.count ?? 0, drop: drop.number)
        }
        let asked = found.values.reduce(0) { $0 + $1.count }
        let count = ResentCount(
            counts, leftOut: asked - counts.reduce(0) { $0 + $1.rows }, sentBy: before.by?.number)
        say("\(record.name): \(count.text)", record)
        let outlook = await PostingLook(context: context).outlook(of: drops)
        return .done(
            text: "drop \(record.number) (\(record.name)): \(count.text). \(outlook.text)",
            facts: ["rows": count.rows], drop: drops.first?.number)
    }

    private func source(of record: DropRecord, _ format: PriceFileFormat) throws -> SourceFile {
        let wrapping = Wrapping(fileName: record.name, format: format, rule: record.snapshot.rule)
        return try Self.open(record, wrapping: wrapping, chunkBytes: format.traits.chunkBytes)
    }

    /// The rows that a file of these has. Waits for the disk.
    private func rowsWritten(
        _ rows: RowSet, of record: DropRecord, _ format: PriceFileFormat, _ sources: RowSources
    ) throws -> RowSet {
        let source = try source(of: record, format)
        do {
            return try RejectsWriter(rule: record.snapshot.rule, format: format, sources: sources)
                .rowsWritten(rows, of: source)
        } catch let error where error is SourceFile.Changed || error is FileProblem {
            throw wrong(record, "cannot be read as it was: \(Words.of(error))")
        }
    }

    /// By destination: rows that ended so. Those that are held are in a drop of their own. Waits for the disk.
    private func rows(_ record: DropRecord, _ outcomes: Set<PostOutcome>) throws -> [String: RowSet] {
        let path = record.folder + "/" + FileNames.result(record.target)
        guard let result = try ResultBytes(path: path) else {
            throw wrong(record, "has no result in \(record.folder) any more: nobody knows how its rows ended")
        }
        var wanted: [String: RowSet] = [:]
        var journal = ResultJournal(drop: record.number, destinations: record.snapshot.rule.destinations)
        let rows = record.rows
        try result.eachChunk { chunk, isLast in
            journal.take(chunk, isLast: isLast) { line in
                guard line.row <= rows else { return false }
                if outcomes.contains(line.outcome), line.reason != Hold.held {
                    wanted[line.destination, default: RowSet(rows: rows)].insert(line.row)
                }
                return true
            }
        }
        if journal.isBroken { throw wrong(record, "has a result that was changed: nobody knows how its rows ended") }
        return wanted
    }

    // MARK: - What both need

    /// Everything that the new drop needs is there.
    private func check(_ record: DropRecord, _ rule: MappingRule) throws {
        let known = Set(context.settings.destinations.map(\.name))
        if let gone = rule.destinations.first(where: { !known.contains($0) }) {
            throw wrong(record, "goes to \(gone), which the configuration no longer has")
        }
        let tables = context.shelves.tables.copies(for: rule) ?? [:]
        if let missing = rule.tables.keys.sorted().first(where: { tables[$0] == nil }) {
            throw wrong(record, "needs the table \(missing), which cannot be read for now")
        }
    }

    /// `numbers`: of its rows in the drop that they were in; nil: it has all of them.
    private func fill(_ snapshot: DropSnapshot, numbers: RowSet? = nil) -> DropSnapshot {
        var snapshot = snapshot
        context.shelves.fill(&snapshot)
        snapshot.isMade = true
        // Whoever wants it sent wants it by what is configured now: a rehearsal that is over binds nobody.
        snapshot.rehearsed = context.rehearsed(of: snapshot.rule.destinations)
        snapshot.asked = AskedFor(act, by: person, at: Clock.wall(), numbers: numbers)
        return snapshot
    }

    private func number(_ count: Int) async throws -> [Int] { try await context.ledger.reserve(count) }

    /// Makes these drops, all or none: `write` puts a drop's file into its directory, synced. They go on from here. `seen`: what had been
    /// made of the record when this was decided.
    private func make(
        _ drops: [MadeDrop], of record: DropRecord, seen: Set<Int>,
        _ write: @escaping @Sendable (MadeDrop, String) throws -> Void
    ) async throws {
        do {
            try await made.make(drops, by: RecordAct(act, by: person), seen: seen, write)
        } catch is MadeDrops.TooLate {
            throw wrong(record, "is just being sent again by somebody else: look at it, and ask again if rows are left")
        }
        for drop in drops { goesOn(drop.number) }
    }

    private func format(of record: DropRecord) throws -> PriceFileFormat {
        guard
            let format = record.snapshot.rule.format ?? PriceFileFormat(fileName: RejectsName.root(of: record.name))
        else { throw wrong(record, "has no known format") }
        return format
    }

    /// What the rows of a finished drop are found with: they have the numbers that they had. That takes all that its own rule needs,
    /// also what the rule of some of its rows does without, such as the table of a `universe`.
    private func sources(_ record: DropRecord) throws -> RowSources {
        var snapshot = record.snapshot
        context.shelves.fill(&snapshot)
        // Its own copies may be gone with it; they do where today there are none.
        snapshot.tables = (record.snapshot.tables ?? [:]).merging(snapshot.tables ?? [:]) { $1 }
        let file = ClaimedFile(
            drop: record.number, name: record.name, directory: record.folder, claimedAt: record.claimedAt,
            snapshot: snapshot)
        do {
            return try file.sources(in: context)
        } catch let fault where fault is TableFault || fault is DictionaryFault {
            throw wrong(record, "cannot be read as it was: \(Words.of(fault))")
        }
    }

    private static func open(
        _ record: DropRecord, wrapping: Wrapping, chunkBytes: Int = PriceFileFormat.csv.traits.chunkBytes
    ) throws -> SourceFile {
        do throws(DiskError) {
            return try SourceFile(
                path: record.folder + "/" + record.target, chunkBytes: chunkBytes, wrapping: wrapping)
        } catch {
            guard error.code == ENOENT else { throw error }
            throw Refused(
                refusal: .wrongStage,
                text: "drop \(record.number) (\(record.name)) no longer lies in \(record.folder), where Postbox put it")
        }
    }

    /// SHA-256 in hexadecimal of the file as it lies there.
    private static func digest(_ record: DropRecord) throws -> String {
        try open(record, wrapping: .none).readAll { _, _ in }.sha256
    }

    private static func mode(_ source: SourceFile) -> UInt32 { (source.status.mode & 0o066) | 0o600 }

    /// Copies all bytes, synced.
    private static func copy(_ source: SourceFile, to path: String) throws {
        let descriptor = try Disk.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode(source))
        do {
            try source.eachChunk { _, chunk, _ in try Disk.write(descriptor, Array(chunk), path: path) }
            try Disk.fsync(descriptor, path: path)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        try Disk.close(descriptor, path: path)
    }

    private func say(_ message: String, _ record: DropRecord) {
        context.logger.notice(
            "\(message)",
            metadata: [
                "event": .event(.sentAgain), "drop": "\(record.number)", "file": "\(record.name)",
                "by": "\(person.text)",
            ])
    }
}

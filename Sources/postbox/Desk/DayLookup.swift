internal import PostboxCore
internal import PostboxIO

/// A day's report, of ledger, results, record and inbox as they lie in the spool: with and without a running service.
struct DayLookup {
    let settings: Settings
    /// What earlier looks at failures found.
    var known = KnownFailures()

    private static let dayLength = DayText.microseconds
    /// Days of all zones begin and end within so much of UTC's.
    private static let zones: Int64 = 15 * 3600 * 1_000_000

    /// Throws `LedgerError`, `DiskError`.
    func report(_ day: Int, now: Int64) throws -> DayReport {
        let directories = settings.directories
        let ledger = try LedgerReading(in: directories)
        let begin = Int64(day) * Self.dayLength
        let end = begin + Self.dayLength
        var choice = LedgerReading.Choice()
        // What came late in the day may be claimed on the next.
        choice.below = try ledger.map { try $0.lastNumber(claimedBefore: end + Self.zones + Self.dayLength) + 1 }
        choice.above = try ledger?.lastNumber(claimedBefore: begin - Self.zones)
        let drops = try ledger.map { try FailureLookup($0, in: directories, known: known).list(choice) } ?? []
        // What lies in the inbox is of the day on which it came, as everything else: it may be yesterday's, or of a zone that is ahead.
        let files = try drops.map(Self.file) + waiting()
        let skips = try ledger?.standing(.skip).compactMap { ScheduleSkip(name: $0.key, json: $0.value) } ?? []
        var report = DayReport(
            day: day, matches: settings.rules.map(\.match), schedules: settings.schedules, skips: skips, files: files,
            knownSince: try knownSince(end + Self.zones, ledger, now: now), at: now)
        // Before it begins, by UTC, no instrument lacks a price, and none that anybody knows of long ago.
        if now >= begin, report.unknownBefore == nil {
            report.unpriced = try unpriced(drops.filter { drop in (begin..<end).contains(drop.arrivedAt) })
        }
        report.acts = try acts(from: begin, to: end, ledger)
        let signed = try ledger?.standing(.signedDay)[BusinessCalendar.text(ofDay: day)]
        report.signatures = signed.map(PersonNote.all) ?? []
        return report
    }

    /// Since when the spool is used, as far as ledger and record tell; nil: since before `end`, where its ledger has drops of then.
    private func knownSince(_ end: Int64, _ ledger: LedgerReading?, now: Int64) throws -> Int64? {
        if let ledger, try ledger.lastNumber(claimedBefore: end) > 0 { return nil }
        let folder = settings.directories.recordFolder
        guard try Disk.exists(folder + "/" + RecordFile.name) else { return now }
        var since = now
        try RecordFile(folder: folder).eachLine { text, _, _ in
            if let line = RecordLine(text) { since = line.at }
            return false
        }
        return since
    }

    private static func file(_ drop: DropLine) throws -> DayFile {
        let place: DayFile.Place
        if drop.stage == .held || drop.waitsForRelease {
            place = .held
        } else if let verdict = drop.verdict, drop.isFinished {
            place = .ended(verdict)
        } else {
            place = .work
        }
        return DayFile(
            drop: drop.drop, name: drop.name, rule: drop.rule, at: drop.arrivedAt, place: place, rows: drop.rows,
            bad: try bad(drop), original: drop.original, isClosed: drop.isCorrected || drop.noAction != nil)
    }

    /// Bad rows, as the summary counts them; one that is gone, or not there yet, counts none.
    private static func bad(_ drop: DropLine) throws -> Int {
        guard drop.isFinished, try Disk.exists(drop.summaryPath) else { return 0 }
        return FileSummary.outcomes(in: try Disk.contents(drop.summaryPath)).badLines
    }

    /// Price files that lie in the inbox.
    private func waiting() throws -> [DayFile] {
        let inbox = settings.directories.inbox
        guard try Disk.exists(inbox) else { return [] }
        let names = InboxNames(rules: settings.rules, ignored: settings.ignored)
        return try Disk.names(in: inbox).names.compactMap { name in
            guard !FileNames.isIgnored(name), !names.isIgnored(name), let rule = settings.rule(for: name),
                let status = try Disk.status(inbox + "/" + name), status.isRegular
            else { return nil }
            return DayFile(drop: nil, name: name, rule: rule.match, at: status.changedAt / 1000, place: .inbox)
        }
    }

    /// Instruments of the tables that checks name, of which no row was accepted in these drops.
    private func unpriced(_ drops: [DropLine]) throws -> [DayReport.Unpriced] {
        var wanted: [(table: String, key: String)] = []
        for rule in settings.rules {
            for check in rule.checks ?? [] {
                guard case .universe(let table, let key, _) = check.kind,
                    !wanted.contains(where: { $0.table == table && $0.key == key })
                else { continue }
                wanted.append((table, key))
            }
        }
        guard !wanted.isEmpty else { return [] }
        var priced: Set<String> = []
        let lookup = try AuditLookup(settings.directories)
        var unread: [UnreadResult] = []
        for drop in drops {
            var query = AuditQuery()
            query.drop = drop.drop
            query.outcomes = [PostOutcome.acked.word]
            unread += try lookup.rows(query) { row in
                priced.insert(row[.ric])
                return true
            }.unread
        }
        return wanted.map { table, key in
            if let first = unread.first {
                return DayReport.Unpriced(table: table, key: key, count: 0, instruments: [], fault: first.text)
            }
            guard let rule = settings.tables.first(where: { $0.name == table }) else {
                return DayReport.Unpriced(
                    table: table, key: key, count: 0, instruments: [], fault: "there is no such table")
            }
            do {
                let read = try TableFiles.table(rule, columns: settings.columns(ofTable: table))
                guard let left = read.keys(key, besides: priced, most: DayReport.named) else {
                    return DayReport.Unpriced(
                        table: table, key: key, count: 0, instruments: [], fault: "it has no column \(key)")
                }
                return DayReport.Unpriced(table: table, key: key, count: left.count, instruments: left.first)
            } catch {
                let why = (error as? TableFault)?.what ?? Words.of(error)
                return DayReport.Unpriced(table: table, key: key, count: 0, instruments: [], fault: why)
            }
        }
    }

    /// What people did in that time, as the record has it, with what its file has not got yet from the ledger.
    private func acts(from begin: Int64, to end: Int64, _ ledger: LedgerReading?) throws -> [DayReport.Act] {
        // Asked for first: what is appended meanwhile is found in both, and not missed.
        let pending = try ledger?.recordState()?.pending ?? []
        let folder = settings.directories.recordFolder
        var acts: [DayReport.Act] = []
        var last = 0
        func take(_ text: String, isPending: Bool = false) {
            guard text.contains("\"what\":\"act\""), let line = RecordLine(text), case .act(let act) = line.entry,
                !isPending || line.number > last
            else { return }
            last = line.number
            // What was done while no service ran is told later.
            let at = act.givenAt ?? line.at
            if (begin..<end).contains(at) { acts.append(DayReport.Act(at: at, act: act)) }
        }
        if try Disk.exists(folder + "/" + RecordFile.name) {
            try RecordFile(folder: folder).eachLine { text, _, _ in
                take(text)
                return true
            }
        }
        for line in pending { take(line.line, isPending: true) }
        return acts
    }
}

extension Ledger {
    /// Somebody answers for a day, which the record tells. Throws `LedgerError`.
    func sign(_ day: Int, _ signature: PersonNote, from: String) async throws {
        let text = BusinessCalendar.text(ofDay: day)
        let before = try standing(.signedDay)[text].map(PersonNote.all) ?? []
        let act = RecordAct(
            "sign_day", subject: text, by: signature.by, from: from, why: signature.why.isEmpty ? nil : signature.why)
        try await keep(
            [StandingThing(.signedDay, text, PersonNote.json(before + [signature]))], by: act, at: signature.at
        )
    }
}

internal import Logging
internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Looks every few seconds whether expected files came and deadlines are met, and tells what is wrong. It reads the ledger beside the
/// service, so that no file waits for it.
actor ScheduleWatch {
    private static let pause = Duration.seconds(5)

    private let context: Context
    private let reading: DiskThreads
    private let failures: KnownFailures
    private var book: ScheduleBook
    private var seen = SeenFiles()
    /// As they were told last.
    private var lines: [ScheduleBook.Line] = []
    /// Of files in work, by drop.
    private(set) var deadlines: [Int: ScheduleBook.Deadline] = [:]
    /// The ledger could not be read, which was said.
    private var isBlind = false
    /// What an earlier run told is known.
    private var isRecalled = false
    /// What was told could not be kept, which was said.
    private var isForgetful = false

    /// `known`: what looks at failures found.
    init(_ context: Context, reading: DiskThreads, known failures: KnownFailures) {
        self.context = context
        self.reading = reading
        self.failures = failures
        book = ScheduleBook(context.settings.schedules)
    }

    /// Looks until its task is cancelled. `board`: how everything stands.
    func run(_ board: @escaping @Sendable () async -> StatusBoard) async {
        while !Task.isCancelled {
            let schedules = context.settings.schedules
            if schedules != book.schedules {
                book.use(schedules)
                // Of other rules nothing was read yet.
                seen = SeenFiles()
            }
            if book.schedules.isEmpty {
                (lines, deadlines) = ([], [:])
                for over in book.unexpected(missingDays.all) { context.alerts.isOver(over.events, over.facts) }
            } else {
                let now = await board()
                // What waits in an inbox that was not read yet is not missing.
                if now.isInboxKnown { await look(now) }
            }
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    private func look(_ board: StatusBoard) async {
        let now = Clock.wall()
        do {
            let directories = context.settings.directories
            let rules = Set(book.schedules.map(\.rule))
            let (since, known, recalls) = (book.begin(at: now), seen, !isRecalled)
            let (new, skips, told) = try await reading.run { [failures] () -> (SeenFiles, [String: String], [String]) in
                var seen = known
                guard let ledger = try LedgerReading(in: directories) else { return (seen, [:], []) }
                let lookup = FailureLookup(ledger, in: directories, known: failures)
                try seen.read(ledger, rules: rules, since: since) { try lookup.open() }
                try seen.close { drops in try lookup.list(.init(numbers: drops)) }
                return (seen, try ledger.standing(.skip), recalls ? Array(try ledger.standing(.told).keys) : [])
            }
            seen = new
            book.recall(told.compactMap { ScheduleTold(name: $0) })
            isRecalled = true
            take(skips.compactMap { ScheduleSkip(name: $0.key, json: $0.value) })
            isBlind = false
        } catch {
            if !isBlind {
                context.logger.warning(
                    "expected files and deadlines cannot be looked at: \(Words.of(error))",
                    metadata: ["event": .event(.ledgerFault)])
            }
            isBlind = true
            return
        }
        let files = files(board, at: now)
        for alert in book.alerts(files, at: now) { context.alerts.send(alert) }
        for over in book.over(files, at: now) { context.alerts.isOver(over.events, over.facts) }
        let missing = missingDays.all
        for over in book.unexpected(missing) { context.alerts.isOver(over.events, over.facts) }
        for alert in book.arrivals(of: missing, files, at: now) { context.alerts.send(alert) }
        tell(files, at: now)
        await keep()
    }

    /// How the rules stand by now, and when files in work are to be done, by drop: what was read of the ledger, and what the board knows
    /// since. It is asked for several times a second, and reads nothing.
    func standing(
        _ board: StatusBoard, at now: Int64
    ) -> (lines: [ScheduleBook.Line], deadlines: [Int: ScheduleBook.Deadline]) {
        // What was never read is not known to be missing.
        if seen.isRead { tell(files(board, at: now), at: now) }
        return (lines, deadlines)
    }

    private func tell(_ files: [ScheduledFile], at now: Int64) {
        (lines, deadlines) = (book.lines(files, missing: missingDays.open, at: now), book.deadlines(files))
    }

    /// Days on which files were missing, as alerts of them stand; `open`: those that nobody has.
    private var missingDays: (all: [MissingDay], open: [MissingDay]) {
        let standing = context.alerts.book.withLock { $0.standing(.fileMissing) }
        return (
            standing.compactMap { MissingDay($0.alert) }, standing.filter(\.isOpen).compactMap { MissingDay($0.alert) }
        )
    }

    /// What was told for a rule that nothing is expected of any more is over.
    private func take(_ skips: [ScheduleSkip]) {
        for skip in skips where !book.skips.contains(skip) {
            context.alerts.isOver(
                [.fileMissing, .deadlineAtRisk, .deadlineMissed],
                ScheduleBook.facts(skip.rule, skip.day))
        }
        book.skips = skips
    }

    /// Keeps what was told, behind the telling: a program that is killed in between tells it again, and never fails to.
    private func keep() async {
        let changes = book.takeChanges()
        let things =
            changes.new.map { StandingThing(.told, $0.name, "") }
            + changes.gone.map { StandingThing(.told, $0.name, nil) }
        do {
            try await context.ledger.keep(things, at: Clock.wall())
            if !things.isEmpty { FailPoint.reach("told_kept") }
            isForgetful = false
        } catch {
            book.giveBack(changes)
            if !isForgetful {
                context.logger.warning(
                    "what was told of expected files cannot be kept, a restart would tell it again: \(Words.of(error))",
                    metadata: ["event": .event(.ledgerFault)])
            }
            isForgetful = true
        }
    }

    private func files(_ board: StatusBoard, at now: Int64) -> [ScheduledFile] {
        let fresh = FreshFiles(board, rules: Set(book.schedules.map(\.rule)))
        let inbox = board.waiting.compactMap { file in
            context.settings.rule(for: file.name).map {
                ScheduledFile(drop: nil, name: file.name, rule: $0.match, at: now, place: .inbox)
            }
        }
        return seen.files(fresh) + inbox
    }
}

/// What the ledger has of the rules' files since some time. Those that are done are counted together.
private struct SeenFiles: Sendable {
    /// By drop; those that are not done.
    private var open: [Int: ScheduledFile] = [:]
    /// Done ones: by rule and day of UTC hours, since days of zones begin on whole hours or parts of them.
    private var done: [Place: ScheduledFile] = [:]
    private var last = 0
    private var since = Int64.max

    private struct Place: Hashable {
        var rule: String
        var quarter: Int64
    }

    /// The ledger was read.
    var isRead: Bool { since != .max }

    /// As they stand by what is known besides.
    func files(_ fresh: FreshFiles) -> [ScheduledFile] { fresh.over(open, after: last) + done.values }

    /// Reads what is new or not done. `failures`: drops that ended badly and are not dealt with; asked for once. Throws `LedgerError`, and
    /// what `failures` throws.
    mutating func read(
        _ ledger: LedgerReading, rules: Set<String>, since begin: Int64, failures: () throws -> [Int]
    ) throws {
        var changing = open.filter { !$0.value.hasEnded }.keys.sorted()
        if since == .max {
            last = try ledger.lastNumber(claimedBefore: begin)
            // However old they are, they are not done.
            let left = try ledger.open().map(\.place.drop) + failures()
            changing = Set(left.filter { $0 <= last }).sorted()
        }
        since = begin
        open = open.filter { $0.value.at >= begin || !$0.value.isClosed }
        done = done.filter { $0.value.at >= begin }
        let (found, newest) = try ledger.scheduled(after: last, besides: changing, rules: rules)
        last = max(last, newest)
        for file in found { add(file) }
    }

    /// Asks which of those that ended badly are closed by now: each until it is. Throws what `list` throws.
    mutating func close(_ list: ([Int]) throws -> [DropLine]) throws {
        let ended = open.filter { $0.value.hasEnded && !$0.value.isClosed }.keys.sorted()
        guard !ended.isEmpty else { return }
        for line in try list(ended) where !line.isOpen { open[line.drop]?.isClosed = true }
    }

    private mutating func add(_ file: ScheduledFile) {
        guard let drop = file.drop else { return }
        guard file.place == .ended(.done) else {
            open[drop] = file
            return
        }
        open[drop] = nil
        let place = Place(rule: file.rule, quarter: file.at / 900_000_000)
        guard let before = done[place] else {
            done[place] = file
            return
        }
        var both = before.at > file.at ? before : file
        both.count = before.count + file.count
        both.drop = nil
        done[place] = both
    }
}

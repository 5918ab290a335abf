internal import Glibc
internal import Logging
internal import PostboxCore
internal import PostboxIO

/// What a stopped run left behind, dealt with before anything new is taken.
struct Recovery: Sendable {
    let context: Context

    private var work: String { context.settings.directories.work }

    /// Forgets what never began, and returns the drops that go on, by number. Throws on a fault of ledger or disk.
    func run(_ open: [DropRecord]) async throws -> [ClaimedFile] {
        try await MadeDrops(context: context).placeLeft(removing: true)
        let records = Dictionary(open.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        let entries = try entries()
        var closed: Set<Int> = []
        for number in entries.compactMap({ Int($0.name) }) where records[number] == nil {
            if try await context.ledger.isClosed(number) { closed.insert(number) }
        }
        let plan = RecoveryPlan(
            known: open.map(\.known), work: entries,
            isClosed: { closed.contains($0) })
        if let newest = try await context.ledger.newestSent() { context.guardBook.done(newest) }
        // What is held takes no place before somebody releases it.
        for record in open where record.stage != .held {
            context.guardBook.opened(record.place)
            context.opened(record.place, record.snapshot)
        }
        var files: [ClaimedFile] = []
        for told in plan.steps { try await carryOut(told, records, &files) }
        for file in files {
            if file.record?.stage != .settled { context.guardBook.opened(file.place) }
            context.opened(file.place, file.snapshot)
        }
        try context.guardBook.clean()
        return files.sorted { $0.drop < $1.drop }
    }

    /// A drop that nobody works on after a fault: how it goes on. nil: its claim came to nothing. Throws as `run`.
    func goOn(_ record: DropRecord) async throws -> ClaimedFile? {
        if record.snapshot.isMade == true {
            try await MadeDrops(context: context).placeLeft(of: record.snapshot.original, removing: false)
        }
        let name = String(record.number)
        let entry = try await context.disk.run { try Disk.exists(work + "/" + name) ? [try self.entry(name)] : [] }
        let plan = RecoveryPlan(
            known: [record.known], work: entry,
            isClosed: { _ in false })
        var files: [ClaimedFile] = []
        for told in plan.steps { try await carryOut(told, [record.number: record], &files) }
        // Whatever it had sent is answered: its rows in doubt are none that a newer drop's could meet.
        files.indices.forEach { files[$0].presents = false }
        return files.first
    }

    private func entries() throws -> [RecoveryPlan.Entry] {
        try Disk.names(in: work).names.filter { $0 != "guard" && !$0.hasPrefix(".") }.map { try entry($0) }
    }

    private func entry(_ name: String) throws -> RecoveryPlan.Entry {
        let path = work + "/" + name
        guard try Disk.status(path)?.isDirectory == true else {
            return RecoveryPlan.Entry(name: name, isDirectory: false)
        }
        return RecoveryPlan.Entry(name: name, files: try Disk.names(in: path).names.filter { !$0.hasPrefix(".") })
    }

    private func carryOut(
        _ told: RecoveryPlan.Told, _ records: [Int: DropRecord], _ files: inout [ClaimedFile]
    ) async throws {
        switch told.step {
        case .leave(let name):
            context.alerts.send(
                Alert(event: .foreignFile, isError: false, message: told.text, facts: ["path": work + "/" + name]))
        case .clearAway(let name):
            try await context.disk.run { try clearAway(work + "/" + name) }
        case .adopt(let drop, let name):
            context.logger.warning(
                "\(told.text)", metadata: ["event": .event(.recovery), "drop": "\(drop)", "file": "\(name)"])
            if let file = try await adopt(drop, name) { files.append(file) }
        case .keepHeld(let drop):
            guard let record = records[drop] else { return }
            context.shelves.opened(drop, record.snapshot)
            context.logger.notice(
                "\(told.text)",
                metadata: ["event": .event(.recovery), "drop": "\(drop)", "stage": "\(record.stage.rawValue)"])
        case .move(let drop), .forget(let drop), .begin(let drop), .goOn(let drop), .readBack(let drop),
            .endWithoutFile(let drop):
            guard let record = records[drop] else { return }
            context.logger.notice(
                "\(told.text)",
                metadata: ["event": .event(.recovery), "drop": "\(drop)", "stage": "\(record.stage.rawValue)"])
            if let file = try await begin(told.step, record) { files.append(file) }
        }
    }

    private func begin(_ step: RecoveryPlan.Step, _ record: DropRecord) async throws -> ClaimedFile? {
        let directories = context.settings.directories
        let directory = work + "/\(record.number)"
        switch step {
        case .move:
            context.guardBook.settled(record.place)
        case .forget:
            try await context.disk.run { try clearAway(directory) }
            try await context.ledger.forget(record.number)
            try await context.guardBook.closed(record.place, on: context.disk)
            context.older.ended(record.number)
            context.shelves.closed(record.number)
            return nil
        case .begin:
            // The claim's moves may be younger than the last sync.
            try await context.disk.run {
                for path in [directory, work, directories.inbox] { try Disk.syncDirectory(path) }
            }
        default:
            break
        }
        context.shelves.opened(record.number, record.snapshot)
        return ClaimedFile(
            drop: record.number, name: record.name, directory: directory, claimedAt: record.claimedAt,
            snapshot: record.snapshot,
            refusal: record.snapshot.rule.destinations.isEmpty ? Claims.noRule(record.name, context.settings) : nil,
            record: record,
            presents: record.stage == .posting && record.postings.contains { $0.postedThrough > 0 })
    }

    /// Removes a directory of ours and our parts in it.
    private func clearAway(_ directory: String) throws {
        if try Disk.exists(directory) {
            for name in try Disk.names(in: directory).names where FileMover.Part.isOne(name) {
                try Disk.remove(directory + "/" + name)
            }
        }
        try CompanionFiles(in: directory).putBack(to: context.settings.directories.inbox)
        do throws(DiskError) {
            try Disk.removeDirectory(directory)
        } catch {
            guard error.code == ENOTEMPTY || error.code == EEXIST else { throw error }
            context.alerts.send(.foreign(directory))
        }
    }

    /// The ledger was lost: the file is taken as one that may have been sent, and what was held is held again; nil: it is.
    private func adopt(_ drop: Int, _ name: String) async throws -> ClaimedFile? {
        // Rejects go by today's rules as well: the drop that they name is lost with the ledger.
        var (snapshot, refusal) = Claims(context: context).snapshotByToday(for: name)
        context.shelves.fill(&snapshot)
        context.shelves.opened(drop, snapshot)
        let now = Clock.wall()
        if refusal == nil, try await context.disk.run({ try HeldFiles.tellsHeld(work + "/\(drop)") }) {
            // It may have been about to be refused.
            try await context.disk.run { try Disk.remove(work + "/\(drop)/" + FileMover.Part.result) }
            // Of what was accepted since the ledger knows nothing any more: whoever releases it says that it is new.
            snapshot.original = RejectsName(name)?.drop
            snapshot.isMade = true
            let rows = await context.disk.run { HeldFiles.rows(in: work + "/\(drop)") }
            var hold = Hold(
                reason: Hold.overtaken, text: "it was held when the ledger was lost", rows: rows?.count ?? 1,
                since: now, within: snapshot.rule.holdWithin)
            hold.numbers = rows?.numbers
            let made = MadeDrop(number: drop, name: name, snapshot: snapshot, hold: hold)
            try await context.ledger.make([made], at: now)
            context.alerts.send(.held(name, drop: drop, of: snapshot.rule, hold))
            return nil
        }
        try await context.ledger.adopt(drop, name: name, snapshot: snapshot, at: now)
        let record = try await context.ledger.open().first { $0.number == drop }
        var file = ClaimedFile(
            drop: drop, name: name, directory: work + "/\(drop)", claimedAt: now, snapshot: snapshot,
            refusal: refusal, record: record, isAdopted: true, presents: true)
        // It was held and then released: rows of it may have been sent since.
        file.wasReleased = try await context.disk.run {
            try Disk.exists(work + "/\(drop)/" + FileMover.Part.heldRows)
        }
        return file
    }
}

extension DropRecord {
    /// What decides how it goes on.
    fileprivate var known: RecoveryPlan.Known {
        RecoveryPlan.Known(
            drop: number, name: name, stage: stage, wasHeld: hold != nil || snapshot.isMade == true)
    }

    /// Where it stands among others.
    var place: DropPlace { snapshot.place(of: number) }
}

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
        let records = Dictionary(open.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        let entries = try entries()
        var closed: Set<Int> = []
        for number in entries.compactMap({ Int($0.name) }) where records[number] == nil {
            if try await context.ledger.isClosed(number) { closed.insert(number) }
        }
        let plan = RecoveryPlan(
            known: open.map { RecoveryPlan.Known(drop: $0.number, name: $0.name, stage: $0.stage) }, work: entries,
            isClosed: { closed.contains($0) })
        for record in open { context.guardBook.opened(record.place) }
        var files: [ClaimedFile] = []
        for told in plan.steps { try await carryOut(told, records, &files) }
        for file in files where file.record?.stage != .settled { context.guardBook.opened(file.place) }
        try context.guardBook.clean()
        return files.sorted { $0.drop < $1.drop }
    }

    /// A drop that nobody works on after a fault: how it goes on. nil: its claim came to nothing. Throws as `run`.
    func goOn(_ record: DropRecord) async throws -> ClaimedFile? {
        let name = String(record.number)
        let entry = try await context.disk.run { try Disk.exists(work + "/" + name) ? [try self.entry(name)] : [] }
        let plan = RecoveryPlan(
            known: [RecoveryPlan.Known(drop: record.number, name: record.name, stage: record.stage)], work: entry,
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
            files.append(try await adopt(drop, name))
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
            try context.shelves.closed(record.number)
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

    /// The ledger was lost: the file is taken as one that may have been sent.
    private func adopt(_ drop: Int, _ name: String) async throws -> ClaimedFile {
        // Rejects go by today's rules as well: the drop that they name is lost with the ledger.
        var (snapshot, refusal) = Claims(context: context).snapshotByToday(for: name)
        context.shelves.fill(&snapshot)
        context.shelves.opened(drop, snapshot)
        let now = Clock.wall()
        try await context.ledger.adopt(drop, name: name, snapshot: snapshot, at: now)
        let record = try await context.ledger.open().first { $0.number == drop }
        return ClaimedFile(
            drop: drop, name: name, directory: work + "/\(drop)", claimedAt: now, snapshot: snapshot,
            refusal: refusal, record: record, isAdopted: true, presents: true)
    }
}

extension DropRecord {
    /// Where it stands among others.
    var place: DropPlace { snapshot.place(of: number) }
}

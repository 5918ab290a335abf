internal import PostboxCore
internal import PostboxIO

/// A held drop, looked at once more when somebody wants it released: which of its rows fail checks of its rule still, and which ones
/// newer files have overtaken meanwhile.
struct ReleaseLook: Sendable {
    let context: Context
    let record: DropRecord
    /// What it is claimed under once it is released.
    let snapshot: DropSnapshot
    /// The rows that are to be released.
    let rows: RowChoice

    /// Looks. `isNew`: the rows go as new ones, whatever newer files said. Throws on a fault of ledger or disk, and when the file can no
    /// longer be read.
    func run(isNew: Bool) async throws -> ReleaseCount {
        let rule = snapshot.rule
        var found = ReleaseCount(rule: rule.corrections ?? .hold)
        guard rule.isChecked || !isNew else { return found }
        let file = ClaimedFile(
            drop: record.number, name: record.name,
            directory: context.settings.directories.work + "/\(record.number)", claimedAt: record.claimedAt,
            snapshot: snapshot, record: record)
        guard let format = file.format else { return found }
        let targets = rule.destinations.map { name in
            let services = snapshot.services[name] ?? []
            return DestinationMapper.Target(
                services: services, updateOnly: snapshot.updateOnly[name] ?? false,
                laneServices: Array(services.indices),
                codec: MessageCodec(profile: .rtds, services: services, postUserInfo: nil),
                maxMsgSize: LoginStream.Limits().maxMsgSize)
        }
        let sources = try file.sources(in: context)
        let plan = try await FilePlan(
            FirstPassReader(try file.source(format), FileLook(rule, format: format)), on: context.disk, rule,
            format: format, targets: targets, sources: sources,
            look: try await LastJudging.look(atHeld: file, targets, format: format, in: context))
        var failing = RowSet(rows: plan.rows)
        for held in plan.heldRows.values { failing.formUnion(held.rows) }
        var overtaken = RowSet(rows: plan.rows)
        if !isNew {
            // As if it were open: the results of newer drops are kept for as long.
            context.guardBook.opened(file.place)
            do {
                overtaken = try await self.overtaken(file, plan)
            } catch {
                try await context.guardBook.closed(file.place, on: context.disk)
                throw error
            }
            try await context.guardBook.closed(file.place, on: context.disk)
        }
        for row in 1..<plan.rows + 1 where rows.contains(row) {
            found.take(isFailing: failing.contains(row), isOvertaken: overtaken.contains(row))
        }
        return found
    }

    /// Rows of these for whose RIC something newer was accepted, at any destination.
    private func overtaken(_ file: ClaimedFile, _ plan: FilePlan) async throws -> RowSet {
        let correction = Correction(context: context, file: file)
        try await correction.keepNewerResults()
        var found = RowSet(rows: plan.rows)
        for (name, target) in zip(snapshot.rule.destinations, plan.targets) {
            let own = try await correction.newerRowsOfOriginal(at: name, services: target.services)
            let guarded = Guarded(
                file.place, destination: name, services: target.services, book: context.guardBook, own: own,
                known: file.snapshot.known)
            found.formUnion(try await context.disk.run { try look(file, plan, target, guarded) })
        }
        return found
    }

    /// The same at one destination. Waits for the disk.
    private func look(
        _ file: ClaimedFile, _ plan: FilePlan, _ target: DestinationMapper.Target, _ guarded: Guarded
    ) throws -> RowSet {
        func pass() -> PriceFilePass {
            PriceFilePass(rule: snapshot.rule, format: plan.format, target: target, sources: plan.sources)
        }
        let source = try file.source(plan.format)
        let keys = try Correction.keys(pass(), SecondReading(source, plan.digests))
        var guarded = guarded
        try guarded.load(context.guardBook.journals(for: file.place)) { keys.contains($0) }
        var found = RowSet(rows: plan.rows)
        guard !guarded.isEmpty else { return found }
        let again = pass()
        let reading = try SecondReading(source, plan.digests)
        while let (chunk, isLast) = try reading.next() {
            let mapped = try again.mapped(chunk, isLast: isLast)
            for row in mapped.rows where row.problem < 0 && rows.contains(row.row) {
                if try guarded.verdict(row, in: mapped) != .free { found.insert(row.row) }
            }
        }
        return found
    }
}

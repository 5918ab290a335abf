internal import PostboxCore
internal import PostboxIO

/// Makes drops of the rows of a file that are held: see `HeldPart`.
struct HeldRowsWriter: Sendable {
    let file: ClaimedFile
    let context: Context

    private var made: MadeDrops { MadeDrops(context: context) }

    /// Writes the files of the drops that the file's held rows become, durably; the ledger does not have them yet. None for a file
    /// that was changed so that its rows are no longer to be had: the result tells what became of them. `held`: by destination.
    /// Throws on a fault of ledger or disk.
    func write(_ held: [String: RowSet], of source: SourceFile?, _ plan: FilePlan?) async throws -> [MadeDrop] {
        // What an earlier try left is of no use: the outcomes may be others since.
        if file.record != nil, held.values.contains(where: { $0.count > 0 }) {
            try await made.placeLeft(of: file.drop, removing: true)
        }
        guard let source, let plan else { return [] }
        let parts = HeldPart.parts(of: held, checked: plan.heldRows, at: file.rule.destinations)
        guard !parts.isEmpty else { return [] }
        let numbers = try await context.ledger.reserve(parts.count)
        let now = Clock.wall()
        var drops: [MadeDrop] = []
        for (part, number) in zip(parts, numbers) {
            guard let rows = try await context.disk.run({ try rowsWritten(part, of: source, plan) }) else { continue }
            var hold = hold(part, plan, at: now)
            if rows.count > part.rows.count { hold.numbers = RowNumbers(rows).places(of: part.rows) }
            let drop = MadeDrop(
                number: number,
                name: RejectsName(original: file.name, drop: file.drop, destination: part.destination).text,
                snapshot: MadeDrops.snapshot(
                    file.snapshot, of: file.drop, claimedAt: file.claimedAt, rows: rows,
                    destination: part.destination),
                hold: hold)
            if try await context.disk.run({ try write(drop, part, of: source, plan) }) { drops.append(drop) }
        }
        let all = drops
        try await context.disk.run { try made.finish(all) }
        return all
    }

    /// A destination that the rows are held at.
    private func destination(of part: HeldPart) -> String { part.destination ?? file.rule.destinations.first ?? "" }

    private func hold(_ part: HeldPart, _ plan: FilePlan, at now: Int64) -> Hold {
        let within = file.rule.holdWithin
        let rows = part.rows
        if part.isOfChecks {
            let (reason, words) = (plan.heldRows[destination(of: part)] ?? HeldRows()).told(of: rows)
            return Hold(
                reason: reason,
                text: "checks hold \(rows.count == 1 ? "one" : "\(rows.count)") of its rows: \(words)",
                rows: rows.count, since: now, within: within)
        }
        return Hold(
            reason: Hold.overtaken,
            text: (rows.count == 1 ? "one" : "\(rows.count)") + " of its rows \(Plural.word(rows.count, "is", "are"))"
                + " older than what was accepted since", rows: rows.count, since: now,
            within: within)
    }

    private func writer(_ plan: FilePlan) -> RejectsWriter {
        RejectsWriter(rule: file.rule, format: plan.format, sources: plan.sources)
    }

    /// The numbers in the file of the rows that a drop has; nil: they are no longer to be had.
    private func rowsWritten(_ part: HeldPart, of source: SourceFile, _ plan: FilePlan) throws -> RowSet? {
        do {
            return try writer(plan).rowsWritten(part.rows, of: source)
        } catch let error where error is SourceFile.Changed || error is FileProblem {
            return nil
        }
    }

    /// False: the rows are no longer to be had.
    private func write(
        _ drop: MadeDrop, _ part: HeldPart, of source: SourceFile, _ plan: FilePlan
    ) throws -> Bool {
        let directory = try made.begin(drop.number, of: file.drop)
        let mode = try file.mode()
        do {
            try writer(plan).write(part.rows, of: source, to: directory + "/" + drop.name, mode: mode)
        } catch let error where error is SourceFile.Changed || error is FileProblem {
            try MadeDrops.remove(directory)
            return false
        }
        let numbers = drop.hold?.numbers
        try HeldFiles.write(
            try examples(part, numbers, plan), ofRows: part.rows.count, numbered: numbers, to: directory, mode: mode)
        return true
    }

    // MARK: - What needs a look

    /// The first rows that are held, by the numbers that they have in their own drop, each beside what holds now.
    ///
    /// - Parameter own: those numbers; nil: from 1 on, without gaps.
    private func examples(_ part: HeldPart, _ own: RowSet?, _ plan: FilePlan) throws -> [HeldRow] {
        let destination = destination(of: part)
        let own = own.map { Array($0.sorted.prefix(HeldDrop.examplesMax)) }
        var numbers: [Int: Int] = [:]
        for row in 1..<plan.rows + 1 where part.rows.contains(row) {
            if let own, numbers.count >= own.count { break }
            numbers[row] = own.map { $0[numbers.count] } ?? numbers.count + 1
            if numbers.count == HeldDrop.examplesMax { break }
        }
        guard !part.isOfChecks else {
            return (plan.heldRows[destination]?.examples ?? []).compactMap { example in
                guard let number = numbers[example.row] else { return nil }
                var example = example
                example.row = number
                return example
            }
        }
        // What was overtaken is told by the lines that it has.
        var found: [HeldRow] = []
        var newer: [Int: Set<Int>] = [:]
        var overtaken: [(example: HeldRow, by: (drop: Int, row: Int))] = []
        try lines(of: file.directory + "/" + FileMover.Part.result, drop: file.drop) { line in
            guard line.destination == destination, line.outcome == .unsent, line.reason == Hold.held,
                let number = numbers[line.row],
                let by = HeldText.newer(in: String(decoding: line.text, as: UTF8.self))
            else { return }
            newer[by.drop, default: []].insert(by.row)
            let example = HeldRow(
                row: number, ric: String(decoding: line.ric, as: UTF8.self), field: "", old: nil,
                new: String(decoding: line.fields, as: UTF8.self), reason: Hold.overtaken,
                service: file.snapshot.services[destination]?.firstIndex { line.service.elementsEqual($0.utf8) })
            overtaken.append((example, by))
        }
        var old: [Int: [Int: String]] = [:]
        for (drop, rows) in newer {
            guard let path = try result(of: drop) else { continue }
            try lines(of: path, drop: drop) { line in
                guard line.destination == destination, rows.contains(line.row) else { return }
                old[drop, default: [:]][line.row] = String(decoding: line.fields, as: UTF8.self)
            }
        }
        for var entry in overtaken {
            entry.example.old = old[entry.by.drop]?[entry.by.row]
            found.append(entry.example)
        }
        return found.sorted { $0.row < $1.row }
    }

    /// Where a drop's result lies; nil: it lies nowhere.
    private func result(of drop: Int) throws -> String? {
        let directories = context.settings.directories
        let ledger = try LedgerReading(in: directories)
        let known = try ledger?.drop(drop)
        let places =
            ["\(directories.work)/\(drop)/" + FileMover.Part.result]
            + (known.map { $0.isFinished ? [$0.folder + "/" + FileNames.result($0.target)] : [] } ?? [])
        // It may have been moved between two looks.
        return try (places + places).first { try ResultBytes(path: $0) != nil }
    }

    private func lines(of path: String, drop: Int, _ body: (ResultJournal.Line) -> Void) throws {
        guard let result = try ResultBytes(path: path) else { return }
        var journal = ResultJournal(drop: drop, destinations: nil)
        // It may grow meanwhile: what stands there now counts.
        try result.eachChunk { chunk, isLast in
            journal.take(chunk, isLast: isLast) { line in
                body(line)
                return true
            }
        }
    }
}

internal import PostboxCore
internal import PostboxIO

/// Tells which rows of a finished drop somebody had sent again before, by what became of them: what is on its way, or has arrived, is not
/// sent twice.
struct SentAgain: Sendable {
    let context: Context
    /// What arrived may go once more: only what is on its way counts.
    let isForced: Bool

    /// What was found of one drop.
    struct Found: Sendable {
        /// By destination: its rows that are on their way, or have arrived.
        var rows: [String: RowSet] = [:]
        /// The newest drop that has some of them.
        var by: DropRecord?
        /// All drops that were made of it.
        var made: Set<Int> = []
    }

    /// Rows of a drop by destination; nil: all of it.
    private typealias Taken = [String: RowSet]?

    /// Looks it up. Throws on a fault of ledger or disk.
    func find(_ record: DropRecord) async throws -> Found {
        var found = Found()
        for child in try await children(of: record) {
            found.made.insert(child.number)
            guard let asked = child.snapshot.asked, asked.isOfRows else { continue }
            let taken = try await taken(of: child)
            for destination in child.snapshot.rule.destinations {
                let own = taken.map { $0[destination] ?? RowSet(rows: 0) }
                guard own.map({ $0.count > 0 }) ?? true else { continue }
                found.by = child
                let rows = asked.originals(of: own, rows: child.rows, among: record.rows)
                found.rows[destination, default: RowSet(rows: record.rows)].formUnion(rows)
            }
        }
        return found
    }

    private func children(of record: DropRecord) async throws -> [DropRecord] {
        let numbers = try await context.disk.run { [directories = context.settings.directories] in
            try LedgerReading(in: directories)?.corrections(of: record.number).map(\.number) ?? []
        }
        var records: [DropRecord] = []
        // What is made of a drop has a higher number.
        for number in numbers where number > record.number {
            if let child = try await context.ledger.record(of: number) { records.append(child) }
        }
        return records
    }

    /// Rows of a drop that are on their way or have arrived, be it by drops that were made of it.
    private func taken(of record: DropRecord) async throws -> Taken {
        guard record.stage == .closed else { return nil }
        let own = try await context.disk.run { try ended(record) }
        guard let own else { return isForced || record.firstSentAt == 0 ? [:] : nil }
        var taken = try await find(record).rows
        if !isForced {
            for (destination, rows) in own.arrived {
                taken[destination, default: RowSet(rows: record.rows)].formUnion(rows)
            }
        }
        for child in try await children(of: record) where child.snapshot.isHeldPart {
            let rest = try await self.taken(of: child)
            for destination in child.snapshot.rule.destinations {
                guard let held = own.held[destination] else { continue }
                guard let rest else {
                    taken[destination, default: RowSet(rows: record.rows)].formUnion(held)
                    continue
                }
                guard let rows = rest[destination], rows.count > 0 else { continue }
                let numbers = RowNumbers(held)
                // Where they do not match nobody can tell which is which.
                let gone = numbers.count == child.rows ? numbers.numbers(of: rows) : held
                taken[destination, default: RowSet(rows: record.rows)].formUnion(gone)
            }
        }
        return taken
    }

    /// By destination: rows of a closed drop that ended well, and those that were held in a drop of their own. nil: nobody can tell any more.
    /// Waits for the disk.
    private func ended(_ record: DropRecord) throws -> (arrived: [String: RowSet], held: [String: RowSet])? {
        let path = record.folder + "/" + FileNames.result(record.target)
        guard let result = try ResultBytes(path: path) else { return nil }
        var (arrived, held): ([String: RowSet], [String: RowSet]) = ([:], [:])
        var journal = ResultJournal(drop: record.number, destinations: record.snapshot.rule.destinations)
        let rows = record.rows
        try result.eachChunk { chunk, isLast in
            journal.take(chunk, isLast: isLast) { line in
                guard line.row <= rows else { return false }
                if line.outcome.isGood {
                    arrived[line.destination, default: RowSet(rows: rows)].insert(line.row)
                } else if line.reason == Hold.held {
                    held[line.destination, default: RowSet(rows: rows)].insert(line.row)
                }
                return true
            }
        }
        return journal.isBroken ? nil : (arrived, held)
    }
}

extension DropSnapshot {
    /// It holds rows of another drop that were held there.
    fileprivate var isHeldPart: Bool { original != nil && isMade == true && asked == nil }
}

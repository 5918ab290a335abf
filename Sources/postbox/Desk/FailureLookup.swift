internal import PostboxCore
internal import PostboxIO
internal import Synchronization

/// Tells which files that ended badly are still to be dealt with: for commands, page and day alike. It reads the ledger, and the results
/// of those few files of which rows were sent again or corrected, until the ledger has it that each of their rows has been put right.
struct FailureLookup {
    private let ledger: LedgerReading
    private let directories: Settings.Directories
    private let known: KnownFailures

    /// - Parameter known: What earlier looks found.
    init(_ ledger: LedgerReading, in directories: Settings.Directories, known: KnownFailures = KnownFailures()) {
        self.ledger = ledger
        self.directories = directories
        self.known = known
    }

    /// As the ledger lists them; of open ones those alone of which rows are left that count with them: a row that a later drop brought
    /// again, where it was bad as well, counts there. Throws `LedgerError`.
    func list(_ choice: LedgerReading.Choice) throws -> [DropLine] {
        guard choice.state == .open else { return try ledger.list(choice).map { try judged($0) } }
        var choice = choice
        var found: [DropLine] = []
        let most = choice.most ?? .max
        while true {
            let some = try ledger.list(choice)
            for line in some where found.count < most {
                let line = try judged(line)
                if line.isToDo { found.append(line) }
            }
            guard let last = some.last, some.count == most, found.count < most else { return found }
            choice.below = last.drop
        }
    }

    /// Open ones by number, also those whose rows count at later drops: their files are not done. Throws `LedgerError`.
    func open() throws -> [Int] {
        try ledger.list(LedgerReading.Choice(state: .open)).map { try judged($0) }.filter(\.isOpen).map(\.drop)
    }

    /// The same drop, with what is left of its bad rows where that takes more than its own outcomes to tell. Rows that were another
    /// drop's have been put right when all of that one's have. Throws `LedgerError`.
    func judged(_ line: DropLine) throws -> DropLine {
        var line = try judgedByLater(line)
        guard line.isOpen else { return line }
        var (child, original) = (line.drop, line.original)
        while let number = original, number < child, let parent = try ledger.line(of: number), parent.endedBadly {
            if try judgedByLater(parent).isCorrected,
                try ledger.later(than: number).contains(where: { $0.drop == line.drop })
            {
                line.take(left: RowsLeft(rows: 0))
                return line
            }
            (child, original) = (number, parent.original)
        }
        return line
    }

    private func judgedByLater(_ line: DropLine) throws -> DropLine {
        let isOfOthers = line.original != nil && line.endedBadly && !line.isCorrected
        guard line.hasLater || isOfOthers else { return line }
        let later = try line.hasLater ? ledger.later(than: line.drop) : []
        let newer = try siblings(of: line)
        guard line.hasLater || !newer.isEmpty else { return line }
        var line = line
        line.take(left: try left(of: line, later, newer))
        return line
    }

    /// Newer drops of rows of a drop that the rows of this one were in before, nearest first.
    private struct Siblings {
        var before: DropLine
        var drops: [LaterDrop]
    }

    /// What was held is in one drop alone: nobody else has rows of it.
    private func siblings(of line: DropLine) throws -> [Siblings] {
        var found: [Siblings] = []
        var (child, original) = (line.drop, line.original)
        while let number = original, number < child, let before = try ledger.line(of: number), before.endedBadly {
            let family = try ledger.later(than: number)
            // A withdrawal has none of its rows.
            guard let own = family.first(where: { $0.drop == line.drop }), own.origin != .held else { break }
            let others = try Set(ledger.later(than: line.drop).map(\.drop))
            let newer = family.filter { $0.drop > line.drop && $0.origin != .held && !others.contains($0.drop) }
            if !newer.isEmpty { found.append(Siblings(before: before, drops: newer)) }
            (child, original) = (number, before.original)
        }
        return found
    }

    /// Open ones each of whose bad rows has been put right by now. Throws `LedgerError`.
    func newlyRight() throws -> [Int] {
        var choice = LedgerReading.Choice(state: .open)
        choice.withFamily = true
        return try ledger.list(choice).map { try judged($0) }.filter(\.isCorrected).map(\.drop)
    }

    // MARK: - What is left

    private func left(of line: DropLine, _ later: [LaterDrop], _ siblings: [Siblings]) throws -> RowsLeft {
        let all = later + siblings.flatMap(\.drops)
        if let left = known.left(of: line.drop, all) { return left }
        let left = try read(line, later, siblings)
        // While its own files are moved, less is told of it than soon.
        if line.stage == .closed { known.note(left, of: line.drop, all) }
        return left
    }

    private func read(_ line: DropLine, _ later: [LaterDrop], _ siblings: [Siblings]) throws -> RowsLeft {
        let held = later.reduce(0) { $0 + $1.heldLines }
        let path = line.resultPath
        var rows = PutRight()
        // One that is gone or damaged is told by its summary alone; `audit verify` names it.
        guard eachLine(of: path, line.drop, { rows.noteBad($0) }), !rows.isEmpty else {
            return try leftUnread(of: line, later, held: held)
        }
        for (index, drop) in later.enumerated() {
            note(drop, in: &rows)
            if index + 1 == later.count || later[index + 1].branch != drop.branch {
                rows.endBranch(later.first { $0.drop == drop.branch }?.origin ?? drop.origin)
            }
        }
        for one in siblings { note(one, in: &rows) }
        // What it cannot be asked about puts nothing right.
        if rows.needsGood, !eachLine(of: path, line.drop, { rows.noteGood($0) }) {
            return try leftUnread(of: line, later, held: held)
        }
        return rows.left(held: held)
    }

    /// Takes what a later drop has put right.
    private func note(_ drop: LaterDrop, in rows: inout PutRight) {
        // While its files are moved it has put nothing right yet.
        guard drop.stage == .closed else { return }
        let path = drop.folder + "/" + FileNames.result(drop.target)
        defer { rows.endDrop() }
        if eachLine(of: path, drop.drop, { rows.noteLater($0, isClosed: drop.isClosed) }) { return }
        let counts = outcomes(of: drop)
        rows.noteUnread(counts.right, bad: counts.bad)
    }

    /// Takes what siblings have put right, or have as well. Where the drop before cannot be read, nobody can tell whose rows they are.
    private func note(_ siblings: Siblings, in rows: inout PutRight) {
        guard eachLine(of: siblings.before.resultPath, siblings.before.drop, { rows.noteBefore($0) }) else { return }
        for drop in siblings.drops where drop.stage == .closed {
            let path = drop.folder + "/" + FileNames.result(drop.target)
            _ = eachLine(of: path, drop.drop) { rows.noteSibling($0, isClosed: drop.isClosed) }
            rows.endBranch(.dropped)
        }
    }

    /// Lines of a later drop that need nothing more, and those that do, as its summary counts them.
    private func outcomes(of drop: LaterDrop) -> (right: Int, bad: Int) {
        let counts = outcomes(in: drop.folder + "/" + FileNames.summary(drop.target))
        return drop.isClosed ? (counts.total, 0) : (counts.good, counts.badLines)
    }

    /// What is left of a file of which no line tells: as many rows as its summary counts bad, and itself where it counts none. Nothing is
    /// when a drop that was made of it needs nothing more.
    private func leftUnread(of line: DropLine, _ later: [LaterDrop], held: Int) throws -> RowsLeft {
        let bad = outcomes(in: line.summaryPath).badLines
        let counts = later.filter { $0.stage == .closed }.map { outcomes(of: $0) }
        let right = counts.reduce(0) { $0 + $1.right }
        if bad > 0 {
            let again = counts.map { $0.bad }.max() ?? 0
            return RowsLeft(rows: max(0, bad - right), held: held, again: max(0, again - right))
        }
        var isAgain = false
        for drop in later where drop.drop == drop.branch {
            if drop.isClosed { return RowsLeft(rows: 0) }
            if let next = try ledger.line(of: drop.drop), next.stage == .closed {
                if try judgedByLater(next).isCorrected { return RowsLeft(rows: 0) }
                isAgain = isAgain || next.isOpen
            }
        }
        return RowsLeft(rows: 1, held: held, again: isAgain ? 1 : 0)
    }

    /// Gives `body` each line of a result. False: it is not there, or cannot be read to its end.
    private func eachLine(of path: String, _ drop: Int, _ body: (ResultJournal.Line) -> Void) -> Bool {
        do {
            guard let result = try ResultBytes(path: path) else { return false }
            var journal = ResultJournal(drop: drop, destinations: nil)
            try result.eachChunk { chunk, isLast in
                journal.take(chunk, isLast: isLast) { line in
                    body(line)
                    return true
                }
            }
            return !journal.isBroken
        } catch {
            return false
        }
    }

    private func outcomes(in summary: String) -> OutcomeCounts {
        // Where it is gone it counts nothing.
        FileSummary.outcomes(in: (try? Disk.contents(summary)) ?? [])
    }
}

/// What looks at files that ended badly have found, as long as nothing has changed since.
final class KnownFailures: Sendable {
    private static let most = 10_000

    private let found = Mutex<[Int: (later: [LaterDrop], left: RowsLeft)]>([:])

    /// What is left of a drop of whose rows these drops were made; nil: that is not known.
    func left(of drop: Int, _ later: [LaterDrop]) -> RowsLeft? {
        found.withLock { $0[drop].flatMap { $0.later == later ? $0.left : nil } }
    }

    func note(_ left: RowsLeft, of drop: Int, _ later: [LaterDrop]) {
        found.withLock { found in
            if found.count >= Self.most { found = [:] }
            found[drop] = (later, left)
        }
    }
}

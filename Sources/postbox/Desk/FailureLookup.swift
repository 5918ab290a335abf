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

    /// As the ledger lists them; of open ones those alone of which rows are left. Throws `LedgerError`.
    func list(_ choice: LedgerReading.Choice) throws -> [DropLine] {
        guard choice.state == .open else { return try ledger.list(choice).map { try judged($0) } }
        var choice = choice
        var found: [DropLine] = []
        let most = choice.most ?? .max
        while true {
            let some = try ledger.list(choice)
            for line in some where found.count < most {
                let line = try judged(line)
                if line.isOpen { found.append(line) }
            }
            guard let last = some.last, some.count == most, found.count < most else { return found }
            choice.below = last.drop
        }
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
        guard line.hasLater else { return line }
        var line = line
        line.take(left: try left(of: line))
        return line
    }

    /// Open ones each of whose bad rows has been put right by now. Throws `LedgerError`.
    func newlyRight() throws -> [Int] {
        var choice = LedgerReading.Choice(state: .open)
        choice.withFamily = true
        return try ledger.list(choice).map { try judged($0) }.filter(\.isCorrected).map(\.drop)
    }

    // MARK: - What is left

    private func left(of line: DropLine) throws -> RowsLeft {
        let later = try ledger.later(than: line.drop)
        if let left = known.left(of: line.drop, later) { return left }
        let left = try left(of: line, later)
        // While its own files are moved, less is told of it than soon.
        if line.stage == .closed { known.note(left, of: line.drop, later) }
        return left
    }

    private func left(of line: DropLine, _ later: [LaterDrop]) throws -> RowsLeft {
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
        if eachLine(of: path, drop.drop, { rows.noteLater($0, isClosed: drop.isClosed) }) { return }
        rows.noteUnread(rightLines(of: drop))
    }

    /// Lines of a later drop that need nothing more, as its summary counts them.
    private func rightLines(of drop: LaterDrop) -> Int {
        let counts = outcomes(in: drop.folder + "/" + FileNames.summary(drop.target))
        return drop.isClosed ? counts.total : counts.good
    }

    /// What is left of a file of which no line tells: as many rows as its summary counts bad, and itself where it counts none. Nothing is
    /// when a drop that was made of it needs nothing more.
    private func leftUnread(of line: DropLine, _ later: [LaterDrop], held: Int) throws -> RowsLeft {
        let bad = outcomes(in: line.summaryPath).badLines
        let right = later.reduce(0) { $0 + ($1.stage == .closed ? rightLines(of: $1) : 0) }
        if bad > 0 { return RowsLeft(rows: max(0, bad - right), held: held) }
        for drop in later where drop.drop == drop.branch {
            if drop.isClosed { return RowsLeft(rows: 0) }
            if let next = try ledger.line(of: drop.drop), try judgedByLater(next).isCorrected {
                return RowsLeft(rows: 0)
            }
        }
        return RowsLeft(rows: 1, held: held)
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

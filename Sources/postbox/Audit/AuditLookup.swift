internal import PostboxCore
internal import PostboxIO

/// Looks rows up in results, by the index where it can be trusted, and in the results themselves where it cannot: read beside a running
/// service, or without one.
struct AuditLookup {
    let directories: Settings.Directories
    private let ledger: LedgerReading?

    /// What was looked at besides the rows that were found.
    struct Facts: Sendable, Equatable {
        /// Drops whose results were read whole, because the index does not have them or does not match them.
        var read: [Int] = []
        /// Drops whose results are gone: what retention removed, and what somebody took away.
        var gone: [Int] = []
        /// Drops of whose rows not all have a line, the newest first. Those that certainly have no further row of the RIC are left out.
        var unlisted: [UnlistedDrop] = []
        /// Drops of which the result ends with something that is no line of it.
        var broken: [Int] = []
        /// Results that are there and cannot be read, or not to their end.
        var unread: [UnreadResult] = []
    }

    /// What is known of results that grow; nil: they are read from their beginnings.
    private let growing: GrowingResults?

    /// Throws `LedgerError`.
    init(_ directories: Settings.Directories, growing: GrowingResults? = nil) throws {
        self.directories = directories
        self.growing = growing
        ledger = try LedgerReading(in: directories)
    }

    /// Gives `body` the rows that a query asks for, until it returns false: those of a RIC the newest first, others by their drops, the
    /// newest drop first, and within a drop in the order of the result, so that a whole file is never in memory. A result that cannot be
    /// read is told in the facts, and the others are looked at. Throws `LedgerError`, `DiskError` for the index, and what `body` throws.
    func rows(_ query: AuditQuery, _ body: (AuditRow) throws -> Bool) throws -> Facts {
        if let ric = query.ric { return try newest(ric, query, from: nil) { row, _ in try body(row) } }
        var facts = Facts()
        let drops = try drops(query)
        facts.unlisted = try unlisted(drops, query)
        for drop in drops {
            guard try lookOrTell(drop, query, nil, &facts, body) else { break }
        }
        return facts
    }

    /// Gives `body` rows of a RIC and where each stands, the newest first whatever drops they are of, until it returns false. Throws as
    /// `rows`.
    ///
    /// - Parameter first: where the first one stands that is wanted; nil: all are.
    func newest(
        _ ric: String, _ query: AuditQuery, from first: RICQuery.Place?,
        _ body: (AuditRow, RICQuery.Place) throws -> Bool
    ) throws -> Facts {
        var facts = Facts()
        let all = try drops(query)
        let reading = try RowIndexReading(folder: directories.state + "/index")
        let index: Index = (reading, try reading.find(Array(ric.utf8)))
        if query.drop == nil, query.file == nil, query.from == nil {
            growing?.keep(Set(all.lazy.filter { !$0.isFinished }.map(\.drop)))
        }
        // A further page follows one that has named them.
        if first == nil { facts.unlisted = try unlisted(all, query) }
        let wanted = all.map { (drop: $0, span: NewestRows.span(of: $0)) }
            .filter { $0.span.lowerBound <= first?.at ?? .max }
            .sorted { ($0.span.upperBound, $0.drop.drop) > ($1.span.upperBound, $1.drop.drop) }
        var newest = NewestRows(from: first)
        for (drop, span) in wanted {
            while let (row, place) = newest.next(above: span.upperBound) {
                guard try body(row, place) else { return facts }
            }
            var rows: [AuditRow] = []
            _ = try lookOrTell(drop, query, index, &facts) { row in
                rows.append(row)
                return true
            }
            newest.take(rows, of: drop)
        }
        while let (row, place) = newest.next(above: nil) {
            guard try body(row, place) else { break }
        }
        return facts
    }

    /// Drops that may have rows that are asked for, the newest first. Throws `LedgerError`.
    private func drops(_ query: AuditQuery) throws -> [DropLine] {
        var choice = LedgerReading.Choice(numbers: query.drop.map { [$0] }, name: query.file)
        // Rows of a drop get their outcomes between its claim and its end.
        choice.from = query.from
        let drops = try ledger?.list(choice).filter { drop in query.to.map { drop.claimedAt < $0 } ?? true } ?? []
        // Those in work have no end yet.
        let open = query.from == nil ? [] : try openDrops(query)
        return (open + drops).sorted { $0.drop > $1.drop }
    }

    private func openDrops(_ query: AuditQuery) throws -> [DropLine] {
        let numbers = try ledger?.open().map(\.place.drop) ?? []
        guard !numbers.isEmpty else { return [] }
        return try ledger?.list(LedgerReading.Choice(numbers: numbers, name: query.file)).filter {
            !$0.isFinished && (query.drop == nil || query.drop == $0.drop)
        } ?? []
    }

    // MARK: - Drops without lines

    /// Those of whose rows not all have a line, and that may have one that is asked for. Throws `LedgerError`.
    private func unlisted(_ drops: [DropLine], _ query: AuditQuery) throws -> [UnlistedDrop] {
        let holds = drops.contains { $0.stage == .held } ? try ledger?.holds() ?? [:] : [:]
        var found: [UnlistedDrop] = []
        var refused = 0
        for drop in drops {
            switch drop.stage {
            case .claimed, .posting:
                found.append(
                    UnlistedDrop(drop: drop.drop, file: drop.name, state: .work, since: drop.claimedAt, why: ""))
            case .held:
                let hold = holds[drop.drop]
                let shown = query.ric == nil ? [] : HeldFiles.read(in: "\(directories.work)/\(drop.drop)")
                let hasRow = query.ric.flatMap { UnlistedDrop.hasRow(of: $0, in: shown, of: hold?.rows) }
                guard hasRow != false else { continue }
                found.append(
                    UnlistedDrop(
                        drop: drop.drop, file: drop.name, state: .held, since: hold?.since ?? drop.claimedAt,
                        why: hold?.text ?? "", hasRow: hasRow == true))
            case .settled, .closed:
                guard drop.verdict == .refused, drop.rows == 0 else { continue }
                var drop = drop
                if refused < UnlistedDrop.explained { take(summaryOf: &drop) }
                refused += 1
                // It was read, and none of its rows was to be posted.
                if drop.size == 0 || drop.reason == "no_rows" { continue }
                found.append(
                    UnlistedDrop(
                        drop: drop.drop, file: drop.name, state: .refused, since: drop.settledAt, why: drop.text))
            // Every row has its outcome, and its line.
            case .verifying: continue
            }
        }
        return found
    }

    /// One that is gone, or cannot be read, tells nothing.
    private func take(summaryOf drop: inout DropLine) {
        guard let bytes = try? Disk.contents(drop.summaryPath) else { return }
        drop.take(summary: String(decoding: bytes, as: UTF8.self))
    }

    // MARK: - Rows

    private typealias Index = (
        reading: RowIndexReading, found: (places: [Int: Set<RowIndexReading.Place>], untrusted: Set<Int>)
    )

    /// As `look`. A result that cannot be read is told in the facts.
    private func lookOrTell(
        _ drop: DropLine, _ query: AuditQuery, _ index: Index?, _ facts: inout Facts,
        _ body: (AuditRow) throws -> Bool
    ) throws -> Bool {
        do {
            return try look(drop, query, index, &facts, body)
        } catch let error where error is ResultBytes.Damaged || error is DiskError {
            facts.unread.append(UnreadResult(drop: drop.drop, file: drop.name, why: Words.of(error)))
            return true
        }
    }

    /// False: `body` has seen enough.
    private func look(
        _ drop: DropLine, _ query: AuditQuery, _ index: Index?, _ facts: inout Facts,
        _ body: (AuditRow) throws -> Bool
    ) throws -> Bool {
        if drop.stage == .held { return true }
        // While its files are moved they lie here or there.
        let inWork = "\(directories.work)/\(drop.drop)/"
        if drop.stage == .closed, let index, let part = index.reading.drops[drop.drop],
            part.check == drop.resultSHA256.flatMap(IndexedPart.check), !index.found.untrusted.contains(drop.drop)
        {
            let places = index.found.places[drop.drop] ?? []
            if places.isEmpty {
                // It is not in there. A result of another size than the one that was indexed is read all the same.
                let size = try ResultBytes.size(path: drop.resultPath)
                if size == part.size || (size == nil && drop.removedAt != nil) { return true }
            }
            if let rows = try rows(at: places, of: drop, part, query) {
                for row in rows where query.matches(row) {
                    guard try body(row) else { return false }
                }
                return true
            }
        }
        guard let result = try ResultBytes(path: drop.resultPath) ?? ResultBytes(path: inWork + FileMover.Part.result)
        else {
            if drop.isFinished { facts.gone.append(drop.drop) }
            return true
        }
        if drop.stage == .closed { facts.read.append(drop.drop) }
        if !drop.isFinished, let growing, let ric = query.ric,
            let lines = try growing.lines(of: Array(ric.utf8), in: result, of: drop.drop)
        {
            for line in lines {
                let row = line.withUnsafeBytes { AuditRow(resultLine: $0, drop: drop.drop, file: drop.name) }
                if let row, query.matches(row) { guard try body(row) else { return false } }
            }
            return try lookAtSkipped(drop, query, &facts, body)
        }
        var lines = ResultRows(resultOf: drop.drop)
        guard
            try read(
                result, &lines, drop, query, &facts, isGrowing: !drop.isFinished, body,
                { line in
                    AuditRow(resultLine: line, drop: drop.drop, file: drop.name)
                })
        else { return false }
        return try lookAtSkipped(drop, query, &facts, body)
    }

    /// False: `body` has seen enough.
    private func lookAtSkipped(
        _ drop: DropLine, _ query: AuditQuery, _ facts: inout Facts, _ body: (AuditRow) throws -> Bool
    ) throws -> Bool {
        let skipped = try ResultBytes(path: drop.folder + "/" + FileNames.skipped(drop.target))
        guard let skipped, !drop.target.isEmpty else { return true }
        var skippedLines = ResultRows.skipped
        return try read(skipped, &skippedLines, drop, query, &facts, isGrowing: false, body) { line in
            AuditRow(skippedLine: line, drop: drop.drop, file: drop.name)
        }
    }

    /// Rows by their places; nil: the index is not one of this result.
    private func rows(
        at places: Set<RowIndexReading.Place>, of drop: DropLine, _ part: IndexedPart, _ query: AuditQuery
    ) throws -> [AuditRow]? {
        guard let result = try ResultBytes(path: drop.resultPath), result.size == part.size else { return nil }
        var skipped: ResultBytes?
        if part.skippedSize >= 0 {
            skipped = try ResultBytes(path: drop.folder + "/" + FileNames.skipped(drop.target))
            guard skipped?.size == part.skippedSize else { return nil }
        }
        var rows: [AuditRow] = []
        for place in places.sorted(by: { ($0.isSkipped ? 1 : 0, $0.offset) < ($1.isSkipped ? 1 : 0, $1.offset) }) {
            guard let bytes = place.isSkipped ? skipped : result,
                let line = try bytes.line(at: place.offset)
            else { return nil }
            let row = line.withUnsafeBytes { line in
                place.isSkipped
                    ? AuditRow(skippedLine: line, drop: drop.drop, file: drop.name)
                    : AuditRow(resultLine: line, drop: drop.drop, file: drop.name)
            }
            // No line begins there, or one whose RIC has another place in the index.
            guard let row, Self.hash(row[.ric]) == query.ric.map(Self.hash) else { return nil }
            rows.append(row)
        }
        return rows
    }

    private static func hash(_ ric: String) -> UInt64 { Array(ric.utf8).withUnsafeBytes { RICHash.of($0) } }

    /// Reads a file whole. False: `body` has seen enough.
    private func read(
        _ file: ResultBytes, _ lines: inout ResultRows, _ drop: DropLine, _ query: AuditQuery,
        _ facts: inout Facts, isGrowing: Bool, _ body: (AuditRow) throws -> Bool,
        _ row: (UnsafeRawBufferPointer) -> AuditRow?
    ) throws -> Bool {
        let ric = query.ric.map { Array($0.utf8) }
        var isEnough = false
        do {
            try file.eachPiece(&lines) { found, line, text, _ in
                guard !isEnough, ric.map({ found.elementsEqual($0) }) ?? true,
                    let row = row(UnsafeRawBufferPointer(rebasing: text[line])), query.matches(row)
                else { return }
                isEnough = try !body(row)
            }
        } catch is ResultBytes.Broken {
            // One that grows ends where its next line will be.
            if !isGrowing { facts.broken.append(drop.drop) }
        }
        return !isEnough
    }
}
